//! Times of iterations from peaks and shares of them: each kind of kernel takes the longer of its arithmetic and its memory traffic, and kinds
//! follow one another. Knows no limit of memory and no lengths.

use super::architecture::Architecture;
use super::efficiency::Efficiency;
use super::hardware::Hardware;
use super::precision::Precision;
use super::step::{Iteration, StepTimes};

/// All-reduces of a layer: one after attention, one after the feed-forward part.
const ALL_REDUCES: f64 = 2.0;
/// Bytes of a value that goes between chips: activations stay in 16 bits.
const ACTIVATION_BYTES: f64 = 2.0;

/// A replica's kernels on its chips.
#[derive(Clone, Debug, PartialEq)]
pub struct Roofline {
    architecture: Architecture,
    weight_bytes: f64,
    matmul_flop_s: f64,
    attention_flop_s: f64,
    memory_bytes_s: f64,
    decode_s_per_context_token: f64,
    prefill_s_per_pair: f64,
    link_s_per_token: f64,
    overhead_s: f64,
    speed: f64,
}

/// What an iteration does, in expectation. As [`Iteration`], and fractions are allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// Prompt tokens.
    pub prompt_tokens: f64,
    /// Pairs of prompt tokens as [`Iteration::prompt_pairs`] counts them.
    pub prompt_pairs: f64,
    /// Requests that decode.
    pub decodes: f64,
    /// Tokens in their contexts, summed.
    pub context_tokens: f64,
}

/// Where an iteration's time goes [s]; all but the last two of `matmul_*` add up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Parts {
    /// Multiplication with weights: the longer of the next two.
    pub matmul_s: f64,
    /// Its arithmetic.
    pub matmul_flop_s: f64,
    /// Its reading of weights.
    pub matmul_bytes_s: f64,
    /// Attention of decode steps.
    pub decode_attention_s: f64,
    /// Attention of prompts.
    pub prefill_attention_s: f64,
    /// Sums over the chips of the replica.
    pub link_s: f64,
    /// What does not depend on the work.
    pub overhead_s: f64,
}

impl Parts {
    /// So much of others beside it.
    pub(super) fn add(&mut self, other: &Parts, weight: f64) {
        self.matmul_s += weight * other.matmul_s;
        self.matmul_flop_s += weight * other.matmul_flop_s;
        self.matmul_bytes_s += weight * other.matmul_bytes_s;
        self.decode_attention_s += weight * other.decode_attention_s;
        self.prefill_attention_s += weight * other.prefill_attention_s;
        self.link_s += weight * other.link_s;
        self.overhead_s += weight * other.overhead_s;
    }

    /// Their sum [s].
    pub fn total_s(&self) -> f64 {
        self.matmul_s + self.decode_attention_s + self.prefill_attention_s + self.link_s + self.overhead_s
    }
}

/// Chips of a replica and formats of its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Layout {
    pub tensor_parallel: u32,
    pub weights: Precision,
    pub kv: Precision,
    pub matmul_peak: f64,
    pub attention_peak: f64,
    /// One way, Eq. (126); None where one chip is all.
    pub link_bytes_s: Option<f64>,
}

impl Roofline {
    /// Eq. (110) with its coefficients worked out once.
    pub(super) fn new(chip: &Hardware, model: &Architecture, layout: Layout, shares: &Efficiency) -> Roofline {
        let chips = f64::from(layout.tensor_parallel);
        let memory_bytes_s = chips * chip.memory_bytes_s * shares.mbu;
        let attention_flop_s = chips * layout.attention_peak * shares.mfu;
        let kv_bytes = model.kv_values() * layout.kv.bytes() * model.kv_copies(layout.tensor_parallel);
        let decode_flop = 4.0 * model.attention_layers * model.decode_width;
        // A sum over c chips in a ring sends 2 (c - 1)/c of its bytes one way from every chip.
        let ring = ALL_REDUCES * 2.0 * (chips - 1.0) / chips;
        let link_bytes = ring * model.layers * model.hidden * ACTIVATION_BYTES;
        Roofline {
            weight_bytes: layout.weights.bytes(),
            matmul_flop_s: chips * layout.matmul_peak * shares.mfu,
            attention_flop_s,
            memory_bytes_s,
            decode_s_per_context_token: (decode_flop / attention_flop_s).max(kv_bytes / memory_bytes_s),
            prefill_s_per_pair: 2.0 * model.attention_layers * model.prefill_width / attention_flop_s,
            link_s_per_token: layout.link_bytes_s.map_or(0.0, |one_way| link_bytes / (one_way * shares.link_share)),
            overhead_s: shares.overhead_s_per_layer * model.layers,
            speed: shares.software,
            architecture: model.clone(),
        }
    }

    /// The same, so many times as fast.
    pub(super) fn faster(mut self, speed: f64) -> Roofline {
        self.speed *= speed;
        self
    }

    /// The model.
    pub(super) fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Speed that all times are divided by [-]: of the software and of measured points.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// FLOP/s of multiplications and of attention, bytes/s of memory, all as reached.
    pub fn reached(&self) -> [f64; 3] {
        [self.matmul_flop_s, self.attention_flop_s, self.memory_bytes_s]
    }

    /// Where the time of an iteration goes. Eq. (110).
    pub fn parts(&self, work: &Work) -> Parts {
        let tokens = work.prompt_tokens + work.decodes;
        let matmul_flop_s = 2.0 * self.architecture.multiplied_params() * tokens / self.matmul_flop_s;
        let matmul_bytes_s = self.architecture.params_read(tokens) * self.weight_bytes / self.memory_bytes_s;
        let parts = Parts {
            matmul_s: matmul_flop_s.max(matmul_bytes_s),
            matmul_flop_s,
            matmul_bytes_s,
            decode_attention_s: work.context_tokens * self.decode_s_per_context_token,
            prefill_attention_s: work.prompt_pairs * self.prefill_s_per_pair,
            link_s: tokens * self.link_s_per_token,
            overhead_s: self.overhead_s,
        };
        let each = |seconds: f64| seconds / self.speed;
        Parts {
            matmul_s: each(parts.matmul_s),
            matmul_flop_s: each(parts.matmul_flop_s),
            matmul_bytes_s: each(parts.matmul_bytes_s),
            decode_attention_s: each(parts.decode_attention_s),
            prefill_attention_s: each(parts.prefill_attention_s),
            link_s: each(parts.link_s),
            overhead_s: each(parts.overhead_s),
        }
    }

    /// Seconds of an iteration; 0 of one that does nothing.
    pub fn work_seconds(&self, work: &Work) -> f64 {
        if work.prompt_tokens + work.decodes > 0.0 { self.parts(work).total_s() } else { 0.0 }
    }

    /// (seconds of a decode step without its attention, seconds a token of context). The first does not depend on the context and the
    /// second is one number, since arithmetic and traffic of attention both grow with it: steps are affine in the context.
    fn affine(&self, decodes: u64) -> (f64, f64) {
        let fixed = self.work_seconds(&Work { decodes: decodes as f64, ..Work::default() });
        (fixed, self.decode_s_per_context_token / self.speed)
    }
}

impl StepTimes for Roofline {
    fn seconds(&self, iteration: &Iteration) -> f64 {
        self.work_seconds(&Work {
            prompt_tokens: iteration.prompt_tokens as f64,
            prompt_pairs: iteration.prompt_pairs as f64,
            decodes: iteration.decodes as f64,
            context_tokens: iteration.context_tokens as f64,
        })
    }

    /// Eq. (112).
    fn decode_seconds(&self, decodes: u64, context_tokens: u64, steps: u64) -> f64 {
        let (fixed, each) = self.affine(decodes);
        let (decodes, context, steps) = (decodes as f64, context_tokens as f64, steps as f64);
        steps * (fixed + each * (context + decodes * (steps - 1.0) / 2.0))
    }

    /// The root of Eq. (112), then moved by what rounding took, so that it is the inverse of `decode_seconds` to the step.
    fn decode_steps_within(&self, decodes: u64, context_tokens: u64, seconds: f64) -> u64 {
        assert!(0 < decodes && 0.0 <= seconds, "{decodes} requests decode for {seconds} s");
        let (fixed, each) = self.affine(decodes);
        let square = each * decodes as f64 / 2.0;
        let linear = fixed + each * context_tokens as f64 - square;
        let root = 2.0 * seconds / (linear + (linear * linear + 4.0 * square * seconds).sqrt());
        let mut steps = root as u64;
        while 0 < steps && seconds < self.decode_seconds(decodes, context_tokens, steps) {
            steps -= 1;
        }
        while self.decode_seconds(decodes, context_tokens, steps + 1) <= seconds {
            steps += 1;
        }
        steps
    }
}
