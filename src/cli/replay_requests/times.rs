//! How long iterations of a replica take, by measurements or by a card. Knows no file and no flag.

use crate::perf::{Card, Iteration, StepTable, StepTimes};

/// One of the two.
#[derive(Clone, Debug)]
pub(super) enum Times {
    /// Lines through measurements.
    Table(StepTable),
    /// The card of a model on a chip.
    Card(Box<Card>),
}

impl StepTimes for Times {
    #[inline]
    fn seconds(&self, iteration: &Iteration) -> f64 {
        match self {
            Times::Table(table) => table.seconds(iteration),
            Times::Card(card) => card.seconds(iteration),
        }
    }
    #[inline]
    fn decode_seconds(&self, decodes: u64, context_tokens: u64, steps: u64) -> f64 {
        match self {
            Times::Table(table) => table.decode_seconds(decodes, context_tokens, steps),
            Times::Card(card) => card.decode_seconds(decodes, context_tokens, steps),
        }
    }
    #[inline]
    fn decode_steps_within(&self, decodes: u64, context_tokens: u64, seconds: f64) -> u64 {
        match self {
            Times::Table(table) => table.decode_steps_within(decodes, context_tokens, seconds),
            Times::Card(card) => card.decode_steps_within(decodes, context_tokens, seconds),
        }
    }
}
