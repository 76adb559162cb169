//! What no software gets past on a chip: its peak of arithmetic and its bandwidth of memory. Fits nothing and knows no efficiency.

use super::architecture::Architecture;
use super::card::{Deployment, Lengths};
use super::hardware::Hardware;

/// A model on the chips of a replica at 100 % of their peaks. Eq. (123).
#[derive(Clone, Copy, Debug)]
pub struct Bound<'a> {
    /// Chip.
    pub chip: &'a Hardware,
    /// Model.
    pub model: &'a Architecture,
    /// Chips and formats.
    pub deployment: Deployment,
}

/// What must be done at least.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Least {
    matmul_flop: f64,
    attention_flop: f64,
    bytes: f64,
}

impl Bound<'_> {
    /// Seconds that a step takes at least in which `batch` requests decode with so much context each; None where the chip has no peak at the
    /// precision.
    pub fn step_seconds(&self, batch: u64, context_tokens: f64) -> Option<f64> {
        let batch = batch as f64;
        self.seconds(&Least {
            matmul_flop: 2.0 * self.model.multiplied_params() * batch,
            attention_flop: 4.0 * self.model.attention_layers * self.model.decode_width * batch * context_tokens,
            bytes: self.weight_bytes() + self.kv_bytes() * batch * context_tokens,
        })
    }

    /// Output tokens a second of requests of these lengths at most, one of every request a step: the more requests, the less often weights are
    /// read, up to what all of the memory holds. What the prefix cache has of a prompt is neither computed nor, where requests share it, kept or
    /// read for each. None where the chip has no peak at the precision.
    pub fn output_per_s(&self, lengths: Lengths) -> Option<f64> {
        let (input, output) = (lengths.input_tokens as f64, lengths.output_tokens as f64);
        let hit = self.deployment.cache_hit;
        let (computed, context) = (input * (1.0 - hit), input + output / 2.0);
        let own = computed + output / 2.0;
        let memory = f64::from(self.deployment.tensor_parallel) * self.chip.memory_bytes;
        let batch = ((memory - self.weight_bytes()) / (self.kv_bytes() * own)).max(1.0);
        let pairs = computed * (2.0 * (input - computed) + computed);
        let layers = self.model.attention_layers;
        let each = self.seconds(&Least {
            matmul_flop: 2.0 * self.model.multiplied_params() * (1.0 + computed / output),
            attention_flop: 4.0 * layers * self.model.decode_width * context
                + 2.0 * layers * self.model.prefill_width * pairs / output,
            bytes: self.weight_bytes() / batch + self.kv_bytes() * own,
        })?;
        Some(1.0 / each)
    }

    /// Arithmetic of all kinds runs on the same units, traffic on the same memory; the two may overlap wholly.
    fn seconds(&self, least: &Least) -> Option<f64> {
        let Deployment { tensor_parallel, weights, kv, .. } = self.deployment;
        let flop =
            least.matmul_flop / self.chip.peak(weights)? + least.attention_flop / self.chip.attention_peak(kv)?;
        Some(flop.max(least.bytes / self.chip.memory_bytes_s) / f64::from(tensor_parallel))
    }

    /// Weights that a step reads at least: those of no expert, and the experts of one token.
    fn weight_bytes(&self) -> f64 {
        let unread = self.model.experts.map_or(0.0, |of| (of.count - of.per_token) * of.params);
        (self.model.total_params - self.model.lookup_params - unread) * self.deployment.weights.bytes()
    }

    /// Of one token, each head once.
    fn kv_bytes(&self) -> f64 {
        self.model.kv_values() * self.deployment.kv.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{chip, toy};
    use super::super::{Precision, card};
    use super::*;
    use crate::perf::Efficiency;

    fn near(found: Option<f64>, want: f64) {
        assert!((found.unwrap() / want - 1.0).abs() < 1e-12, "{found:?} {want}");
    }

    /// FP8, 1e8 B of weights at 1 GB/s: 100 ms; 4 requests of 150 tokens of 1 kB: 0.6 ms more. Their arithmetic, 8e8 + 4 x 10 x 100 x 600 at 2 GFLOP/s, is
    /// longer: 401.2 ms. One request: 100.15 ms of reading against 100.3 ms. On two chips half of it.
    #[test]
    fn steps_by_hand() {
        let (chip, model) = (chip(), toy());
        let of = |chips| Bound { chip: &chip, model: &model, deployment: Deployment::new(chips, Precision::Fp8) };
        near(of(1).step_seconds(4, 150.0), 0.4012);
        near(of(2).step_seconds(4, 150.0), 0.2006);
        near(of(1).step_seconds(1, 150.0), 0.1003);
        let slow = Hardware { memory_bytes_s: 1e8, ..chip.clone() };
        near(Bound { chip: &slow, ..of(1) }.step_seconds(4, 150.0), 1.006);
        assert_eq!(
            Bound { chip: &chip, model: &model, deployment: Deployment::new(1, Precision::Fp4) }.step_seconds(1, 1.0),
            None
        );
    }

    /// 100 in and 100 out: 2 x 1e8 x 2 for the token and its part of the prompt, 4,000 x 150 and 2,000 x 100 for attention, 400.8e6 FLOP at 2 GFLOP/s. No
    /// card, whatever its shares, is faster.
    #[test]
    fn rates_by_hand_and_no_card_above() {
        let (chip, model) = (chip(), toy());
        let lengths = Lengths { input_tokens: 100, output_tokens: 100 };
        let deployment = Deployment::new(1, Precision::Fp8);
        let bound = Bound { chip: &chip, model: &model, deployment };
        near(bound.output_per_s(lengths), 2e9 / 400.8e6);
        let best = Efficiency { mfu: 1.0, mbu: 1.0, overhead_s_per_layer: 0.0, link_share: 1.0, software: 1.0 };
        for cache_hit in [0.0, 0.7] {
            let deployment = Deployment { cache_hit, ..deployment };
            let card = card(&chip, &model, deployment, lengths, &best, true, &[]).unwrap();
            let most = Bound { deployment, ..bound }.output_per_s(lengths).unwrap();
            assert!(card.saturated().output_tokens_per_s <= most * (1.0 + 1e-12), "{most}");
            let least = bound.step_seconds(7, 300.0).unwrap();
            assert!(least <= card.step_seconds(7, 300.0) * (1.0 + 1e-12), "{least}");
        }
    }
}
