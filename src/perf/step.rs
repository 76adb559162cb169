//! How long a replica takes over an iteration: the one question that continuous batching asks, whoever answers it (a roofline, a table of
//! measurements).

/// What one iteration of a replica does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Iteration {
    /// Prompt tokens processed.
    pub prompt_tokens: u64,
    /// Pairs of a prompt token and a token before it or itself that it attends to, counted as if attention were full: for a prompt
    /// processed at once the square of its length, for a chunk its length x (2 x tokens before it + its length), so that the chunks of a
    /// prompt add up to the square of the whole.
    pub prompt_pairs: u64,
    /// Requests that decode one token each.
    pub decodes: u64,
    /// Tokens in the contexts of those that decode, summed.
    pub context_tokens: u64,
}

/// Times of iterations. Seconds; never less for more work.
pub trait StepTimes {
    /// Seconds of one iteration.
    fn seconds(&self, iteration: &Iteration) -> f64;

    /// Seconds of `steps` iterations that only decode: the first with `context_tokens` in all contexts, each later one with `decodes` more.
    fn decode_seconds(&self, decodes: u64, context_tokens: u64, steps: u64) -> f64;

    /// How many such iterations end within `seconds`.
    fn decode_steps_within(&self, decodes: u64, context_tokens: u64, seconds: f64) -> u64;
}
