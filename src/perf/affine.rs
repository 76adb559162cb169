//! Iterations whose time is a sum of constants: queueing limits, worked examples, and what a user states instead of measuring.

use super::step::{Iteration, StepTimes};

/// seconds = step + prompt tokens x a + decodes x b + context tokens x c. Eq. (130).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Affine {
    /// Of every iteration [s].
    pub step_s: f64,
    /// Of a prompt token [s].
    pub prompt_token_s: f64,
    /// Of a request that decodes [s].
    pub decode_s: f64,
    /// Of a token in the context of a request that decodes [s].
    pub context_token_s: f64,
}

impl StepTimes for Affine {
    fn seconds(&self, iteration: &Iteration) -> f64 {
        self.step_s
            + self.prompt_token_s * iteration.prompt_tokens as f64
            + self.decode_s * iteration.decodes as f64
            + self.context_token_s * iteration.context_tokens as f64
    }

    fn decode_seconds(&self, decodes: u64, context_tokens: u64, steps: u64) -> f64 {
        let (first, more) = self.first_and_more(decodes, context_tokens);
        let steps = steps as f64;
        steps * first + more * (0.5 * steps * (steps - 1.0))
    }

    fn decode_steps_within(&self, decodes: u64, context_tokens: u64, seconds: f64) -> u64 {
        let (first, more) = self.first_and_more(decodes, context_tokens);
        if more <= 0.0 {
            return (seconds / first).floor() as u64;
        }
        // more/2 k^2 + (first - more/2) k = seconds, without the difference of near equals.
        let half = first - 0.5 * more;
        (2.0 * seconds / (half + (half * half + 2.0 * more * seconds).sqrt())).floor() as u64
    }
}

impl Affine {
    /// Seconds of the first step, and how much longer each next one is.
    fn first_and_more(&self, decodes: u64, context_tokens: u64) -> (f64, f64) {
        let decodes = decodes as f64;
        (
            self.step_s + self.decode_s * decodes + self.context_token_s * context_tokens as f64,
            self.context_token_s * decodes,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 ms a step, 1 ms a decode, 1 us a token: 2 decodes with 1,000 tokens take 13 ms, then 13.002, 13.004.
    #[test]
    fn steps_grow_with_the_context() {
        let times = Affine { step_s: 10e-3, prompt_token_s: 1e-4, decode_s: 1e-3, context_token_s: 1e-6 };
        let one = times.seconds(&Iteration { decodes: 2, context_tokens: 1_000, ..Iteration::default() });
        assert!((one - 13e-3).abs() < 1e-15 && (times.decode_seconds(2, 1_000, 3) - 39.006e-3).abs() < 1e-15);
        for steps in [1, 2, 77, 12_345] {
            let all = times.decode_seconds(2, 1_000, steps);
            assert_eq!(times.decode_steps_within(2, 1_000, all * (1.0 + 1e-12)), steps);
            assert_eq!(times.decode_steps_within(2, 1_000, all * (1.0 - 1e-12)), steps - 1);
        }
    }
}
