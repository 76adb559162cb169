//! Measured times of iterations by tokens in the batch: lines through medians. Knows no file.

use super::step::{Iteration, StepTimes};
use crate::stats::interval::quantile_type7;
use std::collections::BTreeMap;

/// Batches whose times are kept ready [tokens]; larger ones are computed.
const READY: usize = 8_192;
/// A batch of prompts and decodes takes so many times what as many prompt tokens alone take. Splitwise-sim, reference of Eq. (131).
const MIXED: f64 = 1.1;

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepRow {
    /// Tokens of each prompt.
    pub prompt_size: u32,
    /// Requests in the batch.
    pub batch_size: u32,
    /// Time to process all prompts [s].
    pub prompt_s: f64,
    /// Time of one step of decoding [s].
    pub token_s: f64,
}

/// Times of iterations of n tokens: P(n) of prompts, D(n) of decodes, 1.1 P(n) of both. Eq. (131).
///
/// P and D are straight between the medians of all measurements of equal prompt size x batch size, and go on straight beyond the ends.
#[derive(Clone, Debug, PartialEq)]
pub struct StepTable {
    prompt: Curve,
    decode: Curve,
}

/// A line through points, and its values at 0, 1, 2, ...
#[derive(Clone, Debug, PartialEq)]
struct Curve {
    points: Vec<(f64, f64)>,
    ready: Vec<f64>,
}

impl Curve {
    fn new(points: Vec<(f64, f64)>) -> Curve {
        let mut curve = Curve { points, ready: Vec::new() };
        curve.ready = (0..READY).map(|tokens| curve.line(tokens as f64)).collect();
        curve
    }

    #[inline]
    fn at(&self, tokens: u64) -> f64 {
        match self.ready.get(tokens as usize) {
            Some(seconds) => *seconds,
            None => self.line(tokens as f64),
        }
    }

    fn line(&self, tokens: f64) -> f64 {
        let above = self.points.partition_point(|point| point.0 < tokens).clamp(1, self.points.len() - 1);
        let ((x_0, y_0), (x_1, y_1)) = (self.points[above - 1], self.points[above]);
        y_0 + (y_1 - y_0) / (x_1 - x_0) * (tokens - x_0)
    }
}

/// Measurements of as many tokens.
#[derive(Default)]
struct Group {
    prompt_s: Vec<f64>,
    token_s: Vec<f64>,
}

impl StepTable {
    /// Of these measurements; None of fewer than two different prompt sizes x batch sizes, through which no line goes, or where a line
    /// through them is not above 0 at one token.
    pub fn new(measured: &[StepRow]) -> Option<StepTable> {
        let mut groups: BTreeMap<u64, Group> = BTreeMap::new();
        for one in measured {
            let group = groups.entry(u64::from(one.prompt_size) * u64::from(one.batch_size)).or_default();
            group.prompt_s.push(one.prompt_s);
            group.token_s.push(one.token_s);
        }
        let median = |values: &[f64]| {
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            quantile_type7(&sorted, 0.5)
        };
        let curve = |of: fn(&Group) -> &[f64]| -> Option<Curve> {
            let point = |(tokens, group): (&u64, &Group)| Some((*tokens as f64, median(of(group))?));
            let points: Vec<(f64, f64)> = groups.iter().map(point).collect::<Option<_>>()?;
            let curve = (1 < points.len()).then(|| Curve::new(points))?;
            curve.ready[1..].iter().all(|seconds| 0.0 < *seconds).then_some(curve)
        };
        Some(StepTable { prompt: curve(|group| &group.prompt_s)?, decode: curve(|group| &group.token_s)? })
    }

    /// P(n): an iteration of `tokens` prompt tokens [s].
    #[inline]
    pub fn prompt_s(&self, tokens: u64) -> f64 {
        self.prompt.at(tokens)
    }

    /// D(n): an iteration in which so many requests decode [s].
    #[inline]
    pub fn decode_s(&self, requests: u64) -> f64 {
        self.decode.at(requests)
    }

    /// An iteration of both, n tokens in all [s].
    #[inline]
    pub fn mixed_s(&self, tokens: u64) -> f64 {
        MIXED * self.prompt.at(tokens)
    }
}

impl StepTimes for StepTable {
    #[inline]
    fn seconds(&self, iteration: &Iteration) -> f64 {
        match (iteration.prompt_tokens, iteration.decodes) {
            (0, decodes) => self.decode_s(decodes),
            (tokens, 0) => self.prompt_s(tokens),
            (tokens, decodes) => self.mixed_s(tokens + decodes),
        }
    }

    #[inline]
    fn decode_seconds(&self, decodes: u64, _: u64, steps: u64) -> f64 {
        self.decode_s(decodes) * steps as f64
    }

    #[inline]
    fn decode_steps_within(&self, decodes: u64, _: u64, seconds: f64) -> u64 {
        (seconds / self.decode_s(decodes)).floor() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 tokens 10, 20 and 60 ms (median 20), 200 tokens in two shapes 30 and 50 ms (median 40): P(150) = 30, P(50) = 10, P(300) = 60.
    #[test]
    fn lines_go_through_medians_and_beyond() {
        let one = |prompt_size, batch_size, ms: f64| StepRow {
            prompt_size,
            batch_size,
            prompt_s: ms / 1e3,
            token_s: 5e-3 + ms / 1e5,
        };
        let rows = [one(100, 1, 10.0), one(100, 1, 60.0), one(100, 1, 20.0), one(200, 1, 30.0), one(100, 2, 50.0)];
        let table = StepTable::new(&rows).unwrap();
        for (tokens, ms) in [(150, 30.0), (50, 10.0), (300, 60.0), (20_000, 4000.0)] {
            assert!((table.prompt_s(tokens) * 1e3 - ms).abs() < 1e-9, "{tokens}: {}", table.prompt_s(tokens));
        }
        assert!((table.mixed_s(150) - 33e-3).abs() < 1e-12 && (table.decode_s(100) - 5.2e-3).abs() < 1e-12);
        assert_eq!(StepTable::new(&rows[..3]), None);
    }
}
