//! What a run of the request tier is given: models, replicas, limits, rules. Plain values; decides nothing.

/// Most classes.
pub const CLASSES: usize = 8;

/// Everything but the requests.
#[derive(Clone, Debug)]
pub struct Terms<S> {
    /// Models, by the number that requests name.
    pub models: Vec<Model<S>>,
    /// Groups of replicas. Each model has one of [`Role::Both`], or one of [`Role::Prefill`] and one of [`Role::Decode`].
    pub fleets: Vec<Fleet>,
    /// Classes in order of who goes first; at most [`CLASSES`], at least one.
    pub classes: Vec<Class>,
    /// Which replica takes a request.
    pub routing: Routing,
    /// Blocks of prompts kept for later ones; None: nothing is kept.
    pub prefixes: Option<Prefixes>,
    /// How the number of replicas follows the load; None: every fleet keeps its least number.
    pub scaling: Option<Scaling>,
    /// Chips that the replicas of all fleets share, Eq. (144): room for every fleet's least and, beside the others' least, for one of each. None: each
    /// fleet's own most is the only limit.
    pub pool: Option<u64>,
    /// Unlike replicas of one model: by fleet, the time that an outstanding token takes on one of its replicas, in any unit. Then every
    /// fleet serves every request, by (175). Empty: each serves its own model. Needs [`Role::Both`], [`Routing::ShortestQueue`], no scaling.
    pub paces: Vec<f64>,
    /// One event a step, for tests that compare.
    pub single_steps: bool,
}

/// A model and the limits of its replicas.
#[derive(Clone, Debug)]
pub struct Model<S> {
    /// How long iterations take.
    pub times: S,
    /// Tokens that fit the memory of a replica.
    pub kv_tokens: u64,
    /// Tokens of it that are left free when a request joins others.
    pub kv_reserve: u64,
    /// Most requests in a batch.
    pub max_batch: u32,
    /// Most tokens of one iteration: prompts (and decodes, where prompts are cut in chunks).
    pub max_batch_tokens: u32,
    /// Most tokens of a prompt and its answer.
    pub max_context: u64,
    /// Whether prompts are cut into chunks that run beside decodes. Else prompts run whole and before decodes, which pause.
    pub chunked: bool,
    /// From a replica that prefills to one that decodes: seconds, and seconds a token of context.
    pub transfer_s: (f64, f64),
}

/// Replicas of a model that do the same.
#[derive(Clone, Copy, Debug)]
pub struct Fleet {
    /// Which model.
    pub model: u16,
    /// What they do.
    pub role: Role,
    /// Least and most of them; equal where nothing scales.
    pub min: u32,
    /// Most.
    pub max: u32,
    /// Chips of one of them.
    pub chips: u32,
    /// From an order to the first request \[ns\].
    pub start_ns: u64,
}

impl Fleet {
    /// So many that do everything, for ever, of a chip each.
    pub fn fixed(model: u16, replicas: u32) -> Fleet {
        Fleet { model, role: Role::Both, min: replicas, max: replicas, chips: 1, start_ns: 0 }
    }
}

/// What a replica does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Prompts and answers.
    Both,
    /// Prompts up to the first token, then hands over.
    Prefill,
    /// Answers from the second token on.
    Decode,
}

/// A class of requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Class {
    /// A request whose prompt has not begun so long after its arrival gives up; None: never [ns]. Eq. (143).
    pub patience_ns: Option<u64>,
}

/// Which replica takes a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Routing {
    /// Where the fewest tokens are outstanding, ties to the first. Eq. (132).
    ShortestQueue,
    /// One after the other.
    RoundRobin,
    /// Where the fewest tokens would be outstanding, less those of the prompt that are in its cache. Eq. (133).
    PrefixAware,
}

/// Blocks of prompts that replicas keep.
#[derive(Clone, Copy, Debug)]
pub struct Prefixes {
    /// Tokens of a block.
    pub block_tokens: u32,
    /// Blocks that a replica keeps, beside the memory of running requests.
    pub blocks: u32,
}

/// How the number of replicas follows the load. Eq. (138), (144).
#[derive(Clone, Copy, Debug)]
pub struct Scaling {
    /// Outstanding tokens that one replica should have; of one that only decodes requests, which count 1 each. Eq. (132).
    pub tokens_per_replica: u64,
    /// How often it is looked at [ns].
    pub every_ns: u64,
    /// How long fewer must have been enough before any is drained [ns].
    pub patience_ns: u64,
}
