//! Requests whose rate follows a line through points: the same requests, sooner or later. Draws nothing.

use super::{Arrival, Arrivals};

/// Requests of a source of constant rate, moved in time so that the rate is multiplied by a factor that is linear between points.
///
/// Times of the source are operational: a request at s comes at the t for which the integral of the factor from 0 to t is s, so that how
/// bursty they are in numbers stays as it is. Eq. (142).
#[derive(Clone, Debug)]
pub struct Paced<A> {
    source: A,
    /// (seconds, factor), times ascending from 0; after the last the factor holds.
    points: Vec<(f64, f64)>,
    /// The stretch under way, and the integral up to its begin.
    at: usize,
    before: f64,
}

impl<A: Arrivals> Paced<A> {
    /// The error says what is wrong with the points.
    pub fn new(source: A, points: Vec<(f64, f64)>) -> Result<Paced<A>, String> {
        let [first, .., last] = points[..] else { return Err("a line needs two points".into()) };
        if first.0 != 0.0 || !points.is_sorted_by(|a, b| a.0 < b.0) {
            return Err("times of points ascend from 0".into());
        }
        if let Some(point) = points.iter().find(|point| !(0.0 <= point.1 && point.1.is_finite())) {
            return Err(format!("a factor of {}", point.1));
        }
        if last.1 <= 0.0 {
            return Err("the last factor is 0, and it holds for ever".into());
        }
        Ok(Paced { source, points, at: 0, before: 0.0 })
    }

    /// When the integral of the factor is `s`.
    fn time(&mut self, s: f64) -> f64 {
        while let Some((from, to)) = self.points.get(self.at).zip(self.points.get(self.at + 1)) {
            let (length, rise) = (to.0 - from.0, to.1 - from.1);
            let whole = length * (from.1 + to.1) / 2.0;
            let left = s - self.before;
            if left < whole {
                // The root of f x + r x^2 / (2 l) = left that lies within, in the form that does not cancel.
                let slope = rise / length;
                let root = (from.1 * from.1 + 2.0 * slope * left).max(0.0).sqrt();
                return if left <= 0.0 { from.0 } else { from.0 + 2.0 * left / (from.1 + root) };
            }
            self.before += whole;
            self.at += 1;
        }
        let last = self.points.last().expect("two points");
        last.0 + (s - self.before) / last.1
    }
}

impl<A: Arrivals> Arrivals for Paced<A> {
    fn next(&mut self, into: &mut Arrival) -> bool {
        if !self.source.next(into) {
            return false;
        }
        into.at_ns = (self.time(into.at_ns as f64 / 1e9) * 1e9).round() as u64;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One a second.
    struct Clock(u64);
    impl Arrivals for Clock {
        fn next(&mut self, into: &mut Arrival) -> bool {
            self.0 += 1;
            into.at_ns = self.0 * 1_000_000_000;
            self.0 <= 7
        }
    }

    /// Factor 0 to 2 in two seconds, 2 to 1 in two more, then 1: integrals t^2/2, then 2 + 2x - x^2/4, then 5 + x. So 1 and 2 come at the
    /// roots of 2 and 4, 3 and 4 at 2 + 4 - 2 sqrt(3) and 2 + 4 - 2 sqrt(2), 5 at 4, 6 and 7 at 5 and 6.
    #[test]
    fn by_hand() {
        let mut paced = Paced::new(Clock(0), vec![(0.0, 0.0), (2.0, 2.0), (4.0, 1.0)]).unwrap();
        let mut arrival = Arrival::default();
        let expected = [2f64.sqrt(), 2.0, 6.0 - 12f64.sqrt(), 6.0 - 8f64.sqrt(), 4.0, 5.0, 6.0];
        for expected in expected {
            assert!(paced.next(&mut arrival));
            assert!((arrival.at_ns as f64 / 1e9 - expected).abs() < 1e-8, "{} {expected}", arrival.at_ns);
        }
        assert!(!paced.next(&mut arrival));
    }

    #[test]
    fn lines_that_cannot_be_are_refused() {
        for points in [
            vec![(0.0, 1.0)],
            vec![(1.0, 1.0), (2.0, 1.0)],
            vec![(0.0, 1.0), (1.0, 0.0)],
            vec![(0.0, -1.0), (1.0, 1.0)],
        ] {
            assert!(Paced::new(Clock(0), points.clone()).is_err(), "{points:?}");
        }
    }
}
