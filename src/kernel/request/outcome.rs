//! What a run of the request tier leaves: a line a request, sums, and what replicas did meanwhile. Computes no percentile.

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was answered in full.
    Finished,
    /// Its prompt had not begun in time.
    GaveUp,
    /// It is longer than any replica's memory or the context, and was not taken.
    Refused,
}

/// A request that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Its number where it came from.
    pub row: u64,
    /// Its class.
    pub class: u8,
    /// Its model.
    pub model: u16,
    /// Tokens of its prompt.
    pub input: u32,
    /// Tokens of its answer.
    pub output: u32,
    /// When it arrived [ns].
    pub at_ns: u64,
    /// When its first token came; None: never [ns].
    pub first_ns: Option<u64>,
    /// When it ended [ns].
    pub end_ns: u64,
    /// How.
    pub end: End,
    /// The replica that had it last; None: none ever had.
    pub replica: Option<u32>,
    /// How often it was set back for want of memory.
    pub preemptions: u16,
    /// Tokens of its prompt that were in a cache.
    pub cached: u32,
}

impl Done {
    /// Time to first token [s].
    pub fn ttft_s(&self) -> Option<f64> {
        self.first_ns.map(|first| (first - self.at_ns) as f64 / 1e9)
    }

    /// Time per token after the first [s]; None of one token, or of none. Eq. (135).
    pub fn tpot_s(&self) -> Option<f64> {
        let first = self.first_ns.filter(|_| self.end == End::Finished && 1 < self.output)?;
        Some((self.end_ns - first) as f64 / 1e9 / f64::from(self.output - 1))
    }

    /// From arrival to the last token [s]; None of those that did not finish.
    pub fn e2e_s(&self) -> Option<f64> {
        (self.end == End::Finished).then(|| (self.end_ns - self.at_ns) as f64 / 1e9)
    }
}

/// Where results go as they come.
pub trait Sink {
    /// A request has ended; in order of ends, ties in no stated order but always the same.
    fn done(&mut self, done: &Done);

    /// A replica had `batch` requests in its batch from `from_ns` to `to_ns`, and memory of `kv_from` tokens that grew to `kv_to`.
    #[inline]
    fn span(&mut self, _replica: u32, _from_ns: u64, _to_ns: u64, _batch: u32, _kv_from: u64, _kv_to: u64) {}

    /// A replica is paid for from now on (`runs`), or no longer.
    #[inline]
    fn replica(&mut self, _replica: u32, _at_ns: u64, _runs: bool) {}
}

/// What a replica did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Running, cold start and drain included [ns].
    pub held_ns: u64,
    /// In an iteration [ns].
    pub busy_ns: u64,
    /// Iterations.
    pub iterations: u64,
    /// Tokens of context processed, those again after a preemption included.
    pub prompt_tokens: u64,
    /// Tokens answered.
    pub output_tokens: u64,
    /// Requests in the batch x time [ns].
    pub batch_ns: u128,
    /// Tokens in memory x time in iterations [ns].
    pub kv_ns: u128,
    /// Most tokens ever in memory.
    pub kv_most: u64,
}

impl Spent {
    /// Sums, and the larger of what is most.
    pub fn add(&mut self, more: &Spent) {
        self.held_ns += more.held_ns;
        self.busy_ns += more.busy_ns;
        self.iterations += more.iterations;
        self.prompt_tokens += more.prompt_tokens;
        self.output_tokens += more.output_tokens;
        self.batch_ns += more.batch_ns;
        self.kv_ns += more.kv_ns;
        self.kv_most = self.kv_most.max(more.kv_most);
    }
}

/// Sums of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests that arrived; arrived = finished + gave up + refused + in flight.
    pub arrived: u64,
    /// Answered in full.
    pub finished: u64,
    /// Whose prompt had not begun in time.
    pub gave_up: u64,
    /// Longer than memory or context.
    pub refused: u64,
    /// There at the end; 0 unless the run was cut short.
    pub in_flight: u64,
    /// Times that a request was set back for want of memory.
    pub preemptions: u64,
    /// Tokens of prompts found in caches.
    pub cached_tokens: u64,
    /// Tokens of prompts of the finished.
    pub input_tokens: u64,
    /// Tokens of answers of the finished.
    pub output_tokens: u64,
    /// First arrival [ns].
    pub first_ns: u64,
    /// Last event [ns].
    pub end_ns: u64,
    /// Events handled.
    pub events: u64,
    /// By replica.
    pub replicas: Vec<Spent>,
}

impl Totals {
    /// Of all replicas.
    pub fn spent(&self) -> Spent {
        let mut sum = Spent::default();
        self.replicas.iter().for_each(|spent| sum.add(spent));
        sum
    }
}
