//! Switches that break one thing of the request tier on purpose, so that tests see a law turn red. A real run breaks nothing.

use super::outcome::{Spent, Totals};

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Sabotage {
    /// Nothing.
    #[default]
    None,
    /// This sum is told as 0.
    Counter(Counter),
    /// Something that should be given back is kept.
    Release(Release),
    /// This rule is not followed.
    Rule(Rule),
}

/// Sums of [`Totals`](super::Totals) and [`Spent`](super::Spent) that a mutation may silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Requests that arrived.
    Arrived,
    /// Requests that were answered.
    Finished,
    /// Requests that gave up.
    GaveUp,
    /// Requests that were refused.
    Refused,
    /// Times that a request was set back.
    Preemptions,
    /// Tokens found in caches.
    CachedTokens,
    /// Tokens of prompts of the finished.
    InputTokens,
    /// Tokens of answers of the finished.
    OutputTokens,
    /// Time that a replica is paid for.
    Held,
    /// Time in iterations.
    Busy,
    /// Iterations.
    Iterations,
    /// Tokens of context processed.
    PromptTokens,
    /// Tokens answered by a replica.
    AnswerTokens,
    /// Requests in the batch x time.
    Batch,
    /// Tokens in memory x time.
    Kv,
    /// Most tokens in memory.
    KvMost,
}

/// What a mutation may keep from being given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// Who has its last token keeps its memory.
    Finish,
    /// Who is set back keeps its memory.
    SetBack,
    /// A context that has been sent stays where it was.
    HandOver,
    /// Tokens of a prompt that is done are still outstanding.
    Outstanding,
    /// Who goes keeps its chips.
    Chips,
}

/// Rules that a mutation may break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Who comes last is first in the queue of its class.
    Fifo,
    /// The last class goes first.
    Classes,
    /// Requests join whatever memory is left.
    Memory,
    /// Nobody is set back when memory is full.
    Growth,
    /// Requests join whatever the batch may hold.
    Batch,
    /// Prompts join whatever an iteration may hold.
    Budget,
    /// What is longer than the context is taken.
    Context,
    /// The last model serves everyone.
    Model,
    /// Nobody gives up.
    Patience,
    /// Who is set back waits nowhere.
    Drop,
    /// Who is set back forgets what it was answered.
    TokenTwice,
    /// A token is told as made that is not.
    TokenMissing,
    /// A replica that only prefills answers in full.
    HandOver,
    /// A context is elsewhere at once.
    Transfer,
    /// A replica takes requests as soon as it is ordered.
    ColdStart,
    /// A replica that drains takes requests.
    Drain,
    /// The last replica takes requests whatever waits there.
    ShortestQueue,
    /// Round robin stands still.
    RoundRobin,
    /// Replicas start whatever the pool may hold.
    Pool,
}

impl Counter {
    /// Tells a sum as 0.
    pub(super) fn silence(self, totals: &mut Totals) {
        let mut each = |of: fn(&mut Spent)| totals.replicas.iter_mut().for_each(of);
        match self {
            Counter::Arrived => totals.arrived = 0,
            Counter::Finished => totals.finished = 0,
            Counter::GaveUp => totals.gave_up = 0,
            Counter::Refused => totals.refused = 0,
            Counter::Preemptions => totals.preemptions = 0,
            Counter::CachedTokens => totals.cached_tokens = 0,
            Counter::InputTokens => totals.input_tokens = 0,
            Counter::OutputTokens => totals.output_tokens = 0,
            Counter::Held => each(|spent| spent.held_ns = 0),
            Counter::Busy => each(|spent| spent.busy_ns = 0),
            Counter::Iterations => each(|spent| spent.iterations = 0),
            Counter::PromptTokens => each(|spent| spent.prompt_tokens = 0),
            Counter::AnswerTokens => each(|spent| spent.output_tokens = 0),
            Counter::Batch => each(|spent| spent.batch_ns = 0),
            Counter::Kv => each(|spent| spent.kv_ns = 0),
            Counter::KvMost => each(|spent| spent.kv_most = 0),
        }
    }
}

impl Sabotage {
    /// Whether this rule is broken.
    #[inline]
    pub(super) fn breaks(self, rule: Rule) -> bool {
        self == Sabotage::Rule(rule)
    }

    /// Whether this is kept.
    #[inline]
    pub(super) fn keeps(self, release: Release) -> bool {
        self == Sabotage::Release(release)
    }
}
