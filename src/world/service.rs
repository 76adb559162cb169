//! Services of the validated world: what is demanded of them, on which pools they run, how they are planned. Simulates nothing.

use super::bursts::Bursts;
use super::model::{CellId, Param, PoolId, TenantId, WorkloadId};
use super::shape::Shape;
use crate::perf::{Admission, Card};
use crate::units::{Id, Span};

/// A service.
pub type ServiceId = Id<Service>;

/// An endpoint of a model. Its chips are held, billed and told as those of its workload, which has no jobs.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Name within the lab.
    pub name: String,
    /// Full dotted path: the entity of its draws.
    pub path: String,
    /// Lab.
    pub tenant: TenantId,
    /// What holds its chips.
    pub workload: WorkloadId,
    /// Name of the model behind it.
    pub model: Option<String>,
    /// Where it may run, in order of preference.
    pub places: Vec<ServingPlace>,
    /// The cheapest per token fills first, not the first of the list.
    pub cheapest: bool,
    /// Larger plans first.
    pub priority: i32,
    /// Mean input of a request [tokens].
    pub input_tokens: f64,
    /// Mean output of a request [tokens].
    pub output_tokens: f64,
    /// What interactive users ask for.
    pub demand: Demand,
    /// Work that may wait.
    pub deferrable: Option<Deferrable>,
    /// Who is asked once for what it sheds.
    pub second_choice: Option<ServiceId>,
    /// Load up to which it takes what others shed and work that may wait [0..1].
    pub accepts_up_to: f64,
    /// How bursty the numbers of its requests are. Eq. (153).
    pub bursts: Bursts,
    /// What a load sheds, and what the answered meet.
    pub admission: Admission,
    /// Something is promised that the table can tell.
    pub promises: bool,
    /// How far the speed of cards is off in a draw, in standard deviations; None: its rates are stated.
    pub card_speed: Option<Param>,
    /// Which tier says what becomes of its requests.
    pub tier: Tier,
    /// Time to first token and time per token after it that are promised \[s\].
    pub promised_s: (Option<f64>, Option<f64>),
    /// Squared coefficients of variation of the lengths of prompts and answers [-].
    pub length_scv: (f64, f64),
    /// What is planned by.
    pub forecast: Forecast,
    /// How many replicas are planned.
    pub scaler: Autoscaler,
    /// Price of its tokens in its mix [USD per million]; None: not told.
    pub usd_per_million_tokens: Option<Param>,
}

impl Service {
    /// Tokens of a mean request.
    pub fn tokens_per_request(&self) -> f64 {
        self.input_tokens + self.output_tokens
    }
}

/// A service on a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct ServingPlace {
    /// Key of its meters.
    pub cell: CellId,
    /// Pool.
    pub pool: PoolId,
    /// Chips of a replica.
    pub chips: u32,
    /// Replicas that come and go together: those of a node, or 1.
    pub together: u32,
    /// What a replica does.
    pub rates: Rates,
    /// Standard deviation of the logarithm of its speed; 0 where its rates are measured.
    pub sigma: f64,
    /// How long its iterations take; None: its rates are stated.
    pub card: Option<Box<Card>>,
}

/// Which tier says what becomes of a service's requests. Eq. (167).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Tier {
    /// The table, or the bound.
    #[default]
    Fluid,
    /// Requests, one by one, in every tick.
    Request,
    /// Requests where the table is least to be believed, in ticks of at most so many; else the table.
    Auto(u32),
}

impl Tier {
    /// Most replicas that are played: of more, so many with their part of the requests.
    pub const MOST_REPLICAS: f64 = 64.0;
    /// Fewest that stand for more of them.
    pub const FEWEST_REPLICAS: f64 = 16.0;
    /// Requests of a tick above which fewer replicas stand for all.
    pub const ENOUGH: f64 = 500_000.0;
    /// `auto` plays ticks of at most so many requests, and no more than [`Tier::MOST_REQUESTS`] if it played every tick, ...
    pub const AUTO_REQUESTS: f64 = 100_000.0;
    /// ... that have fewer replicas than this ...
    pub const AUTO_REPLICAS: f64 = 5.0;
    /// ... or a peak load above this.
    pub const AUTO_LOAD: f64 = 0.9;
    /// Most requests of a run: minutes on one core.
    pub const MOST_REQUESTS: f64 = 2e8;
}

/// What a replica does when it does nothing else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Input [tokens/s].
    pub prefill: f64,
    /// Output [tokens/s].
    pub decode: f64,
}

impl Rates {
    /// Tokens of a mix, so many in and out a request, that a replica does in an hour: the replica-hours of A are A_pre/mu_pre + A_dec/mu_dec.
    /// Eq. (154), coupling T5.
    pub fn tokens_per_hour(&self, input: f64, output: f64) -> f64 {
        3_600.0 * (input + output) / (input / self.prefill + output / self.decode)
    }
}

/// Demand of interactive users.
#[derive(Clone, Debug, PartialEq)]
pub struct Demand {
    /// At the start [tokens/s] or [requests/s], see `per_request`.
    pub level: Param,
    /// Tokens to one unit of the level.
    pub tokens_per_unit: f64,
    /// Growth.
    pub growth: Growth,
    /// Through time, relative to the level.
    pub shape: Shape,
    /// Standard deviation of the logarithm of its own noise.
    pub sd: f64,
    /// The same of the noise that all services share.
    pub common_sd: f64,
}

/// Growth from the start: exponential, or logistic below a ceiling. Eq. (150).
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    /// Demand of a year over that of the year before, at the start [-].
    pub per_year: Param,
    /// Limit over the first level; None: none [-].
    pub ceiling: Option<Param>,
}

/// Work that may wait.
#[derive(Clone, Debug, PartialEq)]
pub struct Deferrable {
    /// At the start; grows with the demand [tokens/s].
    pub tokens_per_second: Param,
    /// From the end of the tick that brings it [ticks].
    pub ticks: u32,
}

/// What is planned by.
#[derive(Clone, Debug, PartialEq)]
pub enum Forecast {
    /// Profile x level; the level is learned from the ticks before with this half-life. Eq. (157).
    Learned(Span),
    /// A path over the demand's level, by tick from the start; the last stays.
    Path(Vec<f64>),
}

/// How many replicas are planned for a tick. Eq. (158), coupling T9.
#[derive(Clone, Debug, PartialEq)]
pub struct Autoscaler {
    /// Load planned for [0..1].
    pub target: f64,
    /// More than the forecast [-].
    pub headroom: f64,
    /// Standard deviations of a count over `burst_window`.
    pub burst_sds: f64,
    /// See `burst_sds`.
    pub burst_window: Span,
    /// No replica goes so long after the last plan that wanted as many.
    pub cool_down: Span,
    /// Fewest replicas.
    pub min: u64,
    /// Most.
    pub max: u64,
    /// Most that are added for a tick.
    pub max_step: u64,
    /// Beyond the plan.
    pub warm: u64,
    /// From the order of a replica to its being ready.
    pub start_up: Span,
}
