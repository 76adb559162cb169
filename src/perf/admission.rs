//! What part of a load a service sheds: a monotone table over peak load, replicas, burstiness and mix, never below what a fluid server
//! must shed. Knows no service.

/// Share of the requests shed. Eq. (156); coupling T6.
///
/// Without a table it is the bound F = max(0, 1 - 1/u): what a server that never idles while work waits cannot serve at a peak load u,
/// and the only law that needs no measurement. A table fitted to a finer tier can only add to it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Admission {
    /// Ascending values of load, replicas, index of dispersion and output share of the tokens; empty: no table.
    axes: [Vec<f64>; 4],
    /// Share shed, the last axis fastest [0..1].
    shed: Vec<f64>,
}

impl Admission {
    /// The bound alone.
    pub fn fluid() -> Admission {
        Admission::default()
    }

    /// A table; the error says what is wrong with it: axes ascend, every share lies in [0, 1] and rises with the load.
    pub fn table(axes: [Vec<f64>; 4], shed: Vec<f64>) -> Result<Admission, String> {
        let ascends = |axis: &Vec<f64>| !axis.is_empty() && axis.is_sorted_by(|a, b| a < b);
        if !axes.iter().all(ascends) {
            return Err("an axis does not ascend".to_owned());
        }
        let points: usize = axes.iter().map(Vec::len).product();
        if shed.len() != points {
            return Err(format!("{} shares for {points} points", shed.len()));
        }
        if let Some(share) = shed.iter().find(|share| !(0.0..=1.0).contains(*share)) {
            return Err(format!("a share of {share}"));
        }
        let step = points / axes[0].len();
        if (step..points).any(|at| shed[at] < shed[at - step]) {
            return Err("less is shed at a higher load".to_owned());
        }
        Ok(Admission { axes, shed })
    }

    /// Share shed at a peak load `u` on so many replicas, at that index of dispersion and output share [0..1]. Eq. (156).
    ///
    /// Linear between points of the table; beyond its ends the last point holds. A load below 0 is our mistake; an infinite one sheds all.
    #[inline]
    pub fn shed(&self, u: f64, replicas: f64, idc: f64, mix: f64) -> f64 {
        assert!(0.0 <= u, "a load of {u}");
        let bound = if u <= 1.0 { 0.0 } else { 1.0 - 1.0 / u };
        if self.shed.is_empty() {
            return bound;
        }
        self.between([u, replicas, idc, mix]).max(bound)
    }

    fn between(&self, at: [f64; 4]) -> f64 {
        let mut low = [0; 4];
        let mut part = [0.0; 4];
        for (n, (axis, value)) in self.axes.iter().zip(at).enumerate() {
            let above = axis.partition_point(|point| *point <= value);
            low[n] = above.saturating_sub(1).min(axis.len().saturating_sub(2));
            if let Some(next) = axis.get(low[n] + 1) {
                part[n] = ((value - axis[low[n]]) / (next - axis[low[n]])).clamp(0.0, 1.0);
            }
        }
        let mut sum = 0.0;
        for corner in 0..16_usize {
            let (mut weight, mut index) = (1.0, 0);
            for n in 0..4 {
                let high = corner >> n & 1;
                weight *= if high == 1 { part[n] } else { 1.0 - part[n] };
                index = index * self.axes[n].len() + (low[n] + high).min(self.axes[n].len() - 1);
            }
            sum += weight * self.shed[index];
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At load 26/23 a fluid server sheds 3 of 26.
    #[test]
    fn the_bound_by_hand() {
        let fluid = Admission::fluid();
        assert!((fluid.shed(26.0 / 23.0, 23.0, 1.0, 0.2) - 3.0 / 26.0).abs() < 1e-15);
        assert_eq!((fluid.shed(1.0, 1.0, 1.0, 0.5), fluid.shed(f64::INFINITY, 0.0, 1.0, 0.5)), (0.0, 1.0));
    }

    /// Half way between loads 0.5 (0.1) and 1 (0.3): 0.2; between 1 and 4 replicas the shares fall from x to x/2; above 1 the bound holds.
    #[test]
    fn tables_are_linear_between_points_and_never_below_the_bound() {
        let axes = [vec![0.5, 1.0], vec![1.0, 4.0], vec![1.0], vec![0.0, 1.0]];
        let shed = vec![0.1, 0.1, 0.05, 0.05, 0.3, 0.3, 0.15, 0.15];
        let table = Admission::table(axes, shed).unwrap();
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(table.shed(0.75, 1.0, 1.0, 0.3), 0.2);
        close(table.shed(0.75, 2.5, 9.0, 0.3), 0.15);
        close(table.shed(0.1, 9.0, 1.0, 0.3), 0.05);
        close(table.shed(2.0, 1.0, 1.0, 0.3), 0.5);
    }

    #[test]
    fn tables_that_cannot_be_are_refused() {
        let axes = || [vec![0.5, 1.0], vec![1.0], vec![1.0], vec![1.0]];
        assert_eq!(Admission::table(axes(), vec![0.1]).unwrap_err(), "1 shares for 2 points");
        assert_eq!(Admission::table(axes(), vec![0.3, 0.1]).unwrap_err(), "less is shed at a higher load");
        assert_eq!(Admission::table(axes(), vec![0.3, 1.1]).unwrap_err(), "a share of 1.1");
    }
}
