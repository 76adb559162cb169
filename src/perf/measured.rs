//! Measured rates and steps of a replica and what they say of lengths between them.

use super::card::{Card, Lengths};
use super::efficiency::Basis;
use crate::stats::accumulate::Accumulator;
use crate::stats::math;
use crate::stats::quantile::normal_quantile;
use std::collections::BTreeMap;

/// What somebody measured of a replica.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Of the requests.
    pub lengths: Lengths,
    /// What.
    pub what: Point,
}

/// A quantity that was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Point {
    /// Output of the whole replica where more than enough requests wait [tokens/s].
    OutputPerS(f64),
    /// A step in which so many requests decode and no prompt is read.
    Step {
        /// Requests, at least 1.
        batch: u64,
        /// Context of each, at least 1 [tokens].
        context_tokens: f64,
        /// How long it took, above 0 \[s\].
        seconds: f64,
    },
}

impl Measured {
    /// Whether one replica cannot have done both: a step that takes longer with no more requests and no more context each, or a lower rate with
    /// prompts no longer and the same answers, by more than two measurements differ by chance. Eq. (124). The first of the two is `self`: the one with
    /// less to do.
    pub fn contradicts(&self, more: &Measured) -> bool {
        let slower = match (self.what, more.what) {
            (
                Point::Step { batch, context_tokens, seconds },
                Point::Step { batch: batch_of, context_tokens: context_of, seconds: seconds_of },
            ) if batch <= batch_of && context_tokens <= context_of => seconds / seconds_of,
            (Point::OutputPerS(rate), Point::OutputPerS(rate_of))
                if self.lengths.output_tokens == more.lengths.output_tokens
                    && self.lengths.input_tokens <= more.lengths.input_tokens =>
            {
                rate_of / rate
            }
            _ => return false,
        };
        let chance = normal_quantile(0.975) * std::f64::consts::SQRT_2 * Basis::Measured.uncertainty_sigma();
        chance < math::ln(slower)
    }

    /// Measured speed over that of a card of these lengths \[-\]. Eq. (117).
    pub fn over(&self, card: &Card) -> f64 {
        match self.what {
            Point::OutputPerS(rate) => rate / card.saturated().output_tokens_per_s,
            Point::Step { batch, context_tokens, seconds } => card.step_seconds(batch, context_tokens) / seconds,
        }
    }
}

/// A factor on the speed of a card, and how far the points it comes from are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    /// Measured over modelled \[-\].
    pub value: f64,
    /// Standard deviation of the logarithm of what one more measurement would say \[-\]; 0 of one point, which does not tell. Eq. (122).
    pub scatter: f64,
}

/// Speed at `lengths`, from (lengths, measured over modelled): at a point its own ratio, elsewhere their geometric mean, each weighed with
/// the inverse square of its distance in the logarithms of both lengths (Shepard 1968). Eq. (117).
///
/// `ratios` are positive and at least one. A point that stands twice counts twice. The scatter is that of Eq. (122).
pub fn speed(ratios: &[(Lengths, f64)], lengths: Lengths) -> Speed {
    let here = ratios.iter().any(|(point, _)| *point == lengths);
    let log = |a: u64, b: u64| math::ln(a as f64 / b as f64);
    // Distance squared; where something was measured at these very lengths, nothing else counts.
    let square = |point: &Lengths| match (here, *point == lengths) {
        (true, true) => 1.0,
        (true, false) => f64::INFINITY,
        (false, _) => {
            math::square(log(point.input_tokens, lengths.input_tokens))
                + math::square(log(point.output_tokens, lengths.output_tokens))
        }
    };
    let (mut sum, mut weights) = (0.0, 0.0);
    for (point, ratio) in ratios {
        sum += math::ln(*ratio) / square(point);
        weights += 1.0 / square(point);
    }
    let mean = sum / weights;
    let groups = groups(ratios);
    let repeat = repeat_variance(&groups);
    let variance: f64 = groups
        .iter()
        .map(|(point, of)| {
            let new = repeat * (1.0 + 1.0 / of.count() as f64);
            let share = of.count() as f64 / square(point) / weights;
            share * (math::square(of.mean().expect("a point") - mean) + new)
        })
        .sum();
    Speed { value: math::exp(mean), scatter: variance.sqrt() }
}

/// Logarithms of the ratios by their lengths.
fn groups(ratios: &[(Lengths, f64)]) -> BTreeMap<Lengths, Accumulator> {
    let mut groups: BTreeMap<Lengths, Accumulator> = BTreeMap::new();
    for (lengths, ratio) in ratios {
        groups.entry(*lengths).or_default().push(math::ln(*ratio));
    }
    groups
}

/// Variance of measurements at the same lengths, pooled; 0 where nothing was measured twice.
fn repeat_variance(groups: &BTreeMap<Lengths, Accumulator>) -> f64 {
    let (mut squares, mut freedom) = (0.0, 0.0);
    for of in groups.values() {
        let more = of.count() as f64 - 1.0;
        squares += more * of.variance().unwrap_or(0.0);
        freedom += more;
    }
    if 0.0 < freedom { squares / freedom } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(input_tokens: u64, output_tokens: u64) -> Lengths {
        Lengths { input_tokens, output_tokens }
    }

    /// Twice as fast at (100, 100) and half as fast at (400, 100): between them, at (200, 100), both are ln 2 away, 2 x 1/2 = 1. At (800, 100)
    /// the distances are 3 ln 2 and ln 2, the weights 1 : 9, the logarithm (1 - 9)/10 ln 2.
    #[test]
    fn points_are_exact_and_fade_with_distance() {
        let ratios = [(at(100, 100), 2.0), (at(400, 100), 0.5)];
        let near = |lengths, want: f64| assert!((speed(&ratios, lengths).value / want - 1.0).abs() < 1e-12);
        near(at(100, 100), 2.0);
        near(at(400, 100), 0.5);
        near(at(200, 100), 1.0);
        near(at(800, 100), math::pow(2.0, -0.8));
    }

    /// Logarithms +-ln 2 of single points: none at a point, where nothing was measured twice; halfway each with a half, ln 2; at the weights 1 : 9 of above
    /// 2 sqrt(0.09) ln 2. Twice at (100, 100), a and -a: variance 2 a^2 of one more, 3 of it with the error of their mean. The other point, measured once,
    /// has that variance too, with its own error 4 of it; halfway, weights 2 : 1 and logarithms 0 and ln 2.
    #[test]
    fn scatter_by_hand() {
        let (two, a) = (math::ln(2.0), 0.1f64);
        let near = |found: Speed, want: f64| assert!((found.scatter - want).abs() < 1e-12, "{found:?} {want}");
        let apart = [(at(100, 100), 2.0), (at(400, 100), 0.5)];
        near(speed(&apart[..1], at(100, 100)), 0.0);
        near(speed(&apart[..1], at(7, 9_000)), 0.0);
        near(speed(&apart, at(100, 100)), 0.0);
        near(speed(&apart, at(200, 100)), two);
        near(speed(&apart, at(800, 100)), 2.0 * 0.3 * two);
        let twice = [(at(100, 100), math::exp(a)), (at(100, 100), math::exp(-a)), (at(400, 100), 2.0)];
        near(speed(&twice[..2], at(100, 100)), 3f64.sqrt() * a);
        near(speed(&twice, at(400, 100)), 2.0 * a);
        near(
            speed(&twice, at(200, 100)),
            (2.0 * (two / 3.0).powi(2) / 3.0 + (2.0 * two / 3.0).powi(2) / 3.0 + (2.0 * 3.0 + 4.0) / 3.0 * a * a)
                .sqrt(),
        );
    }

    /// 95 % of the ratios of two measurements lie within e^(1.96 sqrt 2 x 0.1) = 1.319.
    #[test]
    fn more_work_takes_no_less_time() {
        let step = |batch, context_tokens, seconds| Measured {
            lengths: at(1, 1),
            what: Point::Step { batch, context_tokens, seconds },
        };
        let few = step(8, 1e3, 20e-3);
        assert!(few.contradicts(&step(64, 1e3, 15.1e-3)) && few.contradicts(&step(8, 1e3, 15.1e-3)));
        assert!(!few.contradicts(&step(64, 1e3, 15.2e-3)) && !few.contradicts(&step(64, 999.0, 1e-3)));
        assert!(!few.contradicts(&step(7, 1e3, 1e-3)) && !few.contradicts(&few));
        let rate = |input, output, rate| Measured { lengths: at(input, output), what: Point::OutputPerS(rate) };
        let short = rate(100, 10, 1e3);
        assert!(short.contradicts(&rate(200, 10, 1.32e3)) && short.contradicts(&rate(100, 10, 1.32e3)));
        assert!(!short.contradicts(&rate(200, 10, 1.31e3)) && !short.contradicts(&rate(200, 11, 9e3)));
        assert!(!short.contradicts(&rate(99, 10, 9e3)) && !short.contradicts(&few));
    }
}
