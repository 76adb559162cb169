//! Measured rates and steps of a replica and what they say of lengths between them.

use super::card::{Card, Lengths};
use crate::stats::math;

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
    /// Measured speed over that of a card of these lengths \[-\]. Eq. (117).
    pub fn over(&self, card: &Card) -> f64 {
        match self.what {
            Point::OutputPerS(rate) => rate / card.saturated().output_tokens_per_s,
            Point::Step { batch, context_tokens, seconds } => card.step_seconds(batch, context_tokens) / seconds,
        }
    }
}

/// Speed at `lengths`, from (lengths, measured over modelled): at a point its own ratio, elsewhere their geometric mean, each weighed with
/// the inverse square of its distance in the logarithms of both lengths (Shepard 1968). Eq. (117).
///
/// `ratios` are positive and at least one. A point that stands twice counts twice.
pub fn speed(ratios: &[(Lengths, f64)], lengths: Lengths) -> f64 {
    let at: Vec<f64> = ratios.iter().filter(|(point, _)| *point == lengths).map(|(_, ratio)| *ratio).collect();
    if !at.is_empty() {
        return math::exp(at.iter().map(|&ratio| math::ln(ratio)).sum::<f64>() / at.len() as f64);
    }
    let log = |a: u64, b: u64| math::ln(a as f64 / b as f64);
    let (mut sum, mut weights) = (0.0, 0.0);
    for (point, ratio) in ratios {
        let square = math::square(log(point.input_tokens, lengths.input_tokens))
            + math::square(log(point.output_tokens, lengths.output_tokens));
        sum += math::ln(*ratio) / square;
        weights += 1.0 / square;
    }
    math::exp(sum / weights)
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
        let near = |lengths, want: f64| assert!((speed(&ratios, lengths) / want - 1.0).abs() < 1e-12);
        near(at(100, 100), 2.0);
        near(at(400, 100), 0.5);
        near(at(200, 100), 1.0);
        near(at(800, 100), math::pow(2.0, -0.8));
    }
}
