//! The validated world: names resolved to ids, sizes converted, immutable for the whole study.
//! Holds what is known before a run; what a run draws or changes lives in `Live`.

use super::arrivals::{Estimate, Modulated, OverEstimate};
use super::elastic::Elastic;
use super::failures::{Cause, Interruption, Spares};
use super::outages::{Maintenance, Outage};
use super::rules::Rules;
use super::service::{Service, ServiceId};
use super::spot::{Block, Spot};
use crate::stats::law::Law;
use crate::units::{Calendar, Date, Id, IdVec, SimTime, Span};

/// A lab as a user of pools and a payer of bills.
pub type TenantId = Id<Tenant>;
/// A pool.
pub type PoolId = Id<Pool>;
/// A site.
pub type SiteId = Id<Site>;
/// A cloud.
pub type CloudId = Id<Cloud>;
/// A workload.
pub type WorkloadId = Id<Workload>;
/// Checkpoints of a gang.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Work between two, drawn for each cycle unless constant [h].
    pub interval: LawOf,
    /// Time to write one [h].
    pub cost: Param,
}

/// Pools that share a scheduler.
pub type DomainId = Id<Domain>;
/// A contract.
pub type ContractId = Id<Contract>;
/// An investment.
pub type InvestmentId = Id<Investment>;
/// Something not known, drawn once per draw.
pub type UnknownId = Id<Unknown>;
/// Someone with a cash balance.
pub type PartyId = Id<Party>;
/// A kind of chip used by a pool of this world.
pub type ChipId = Id<Chip>;
/// A workload on a pool: the key of usage meters.
pub type CellId = Id<Cell>;

/// One scenario under one strategy and one future.
#[derive(Clone, Debug)]
pub struct World {
    /// Scenario name: the output folder.
    pub name: String,
    /// Headline.
    pub title: String,
    /// The question the scenario answers; empty when the file states none.
    pub question: String,
    /// Name of the strategy this world is built under.
    pub strategy: String,
    /// Name of the future this world is built under.
    pub future: String,
    /// Civil dates against simulated time.
    pub calendar: Calendar,
    /// Scenario start (spin-up before it).
    pub start: SimTime,
    /// Scenario end.
    pub end: SimTime,
    /// Jobs submitted in [measure_from, end) count; the start, or the start plus the warm-up.
    pub measure_from: SimTime,
    /// Strategies may differ only after this.
    pub decide_at: Option<SimTime>,
    /// Steady-state question (no calendar effects wanted) rather than a dated study.
    pub steady: bool,
    /// Starts of the months of the study: `months[0]` is `start`; month k is [months[k], months[k+1]), the last one ends at `end`.
    pub months: Vec<SimTime>,
    /// Calendar label of each month, `2026-01`.
    pub month_names: Vec<String>,
    /// Fiscal (calendar) year of each month.
    pub month_years: Vec<i16>,
    /// Study seed.
    pub seed: u64,
    /// Draws of what is not known.
    pub draws: u32,
    /// Plays of chance within a draw.
    pub replications: u32,
    /// Write a row for each job.
    pub job_rows: bool,
    /// Clouds.
    pub clouds: IdVec<Cloud>,
    /// Sites.
    pub sites: IdVec<Site>,
    /// Chips that pools use.
    pub chips: IdVec<Chip>,
    /// Pools.
    pub pools: IdVec<Pool>,
    /// Scheduling domains.
    pub domains: IdVec<Domain>,
    /// Tenants (labs).
    pub tenants: IdVec<Tenant>,
    /// Workloads.
    pub workloads: IdVec<Workload>,
    /// Services.
    pub services: IdVec<Service>,
    /// Step of all services.
    pub tick: Span,
    /// Write a row for each tick.
    pub tick_rows: bool,
    /// Windows of the request tier beside the first run of a cell.
    pub model_error_windows: u32,
    /// Workload x pool pairs.
    pub cells: IdVec<Cell>,
    /// Why gangs are interrupted; those of every world first.
    pub interruptions: IdVec<Interruption>,
    /// Contracts.
    pub contracts: IdVec<Contract>,
    /// Investments.
    pub investments: IdVec<Investment>,
    /// Everyone money moves between.
    pub parties: IdVec<Party>,
    /// Common factors.
    pub factors: Vec<String>,
    /// What is not known.
    pub unknowns: IdVec<Unknown>,
    /// What the strategy switches off, and when.
    pub without: Without,
    /// `sized`: deliveries tagged for a bet whose host is off are cancelled.
    pub fleet_sized: bool,
    /// What the reader must be told: read but not modelled, defaults taken, prorations.
    pub notes: Vec<String>,
    /// Every assumption of the file and of the catalog rows it uses.
    pub assumptions: Vec<Assumption>,
}

/// A row of `assumptions.csv`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Assumption {
    /// Dotted path of the leaf.
    pub path: String,
    /// As written or resolved.
    pub value: String,
    /// `p5..p95` or `low..high`, when one is stated.
    pub range: String,
    /// Where it was read.
    pub source: String,
    /// Date of the source.
    pub as_of: String,
    /// `high | medium | low | estimate`.
    pub confidence: String,
    /// Why this value.
    pub reason: String,
}

/// What the strategy is without; acts at `decide_at`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Without {
    /// Contracts that end (bets' `host`).
    pub contracts: Vec<ContractId>,
    /// Investments whose later dated tranches are not paid (bets' `invest`).
    pub investments: Vec<InvestmentId>,
    /// Bets whose `host` part is off: their tagged deliveries are cancelled when the fleet is sized.
    pub hosts_of: Vec<String>,
    /// `(workload, share)` and other leaves a strategy sets at `decide_at`.
    pub volumes: Vec<(WorkloadId, Param)>,
}

/// A number of the world: known, drawn once per draw, or drawn per event.
#[derive(Clone, Debug, PartialEq)]
pub enum Param {
    /// Known.
    Fixed(f64),
    /// Drawn once per draw; its value is in `Live::drawn`.
    Unknown(UnknownId),
    /// Drawn per event from this law, loading on factors.
    Varies(Law, Vec<(usize, f64)>),
}

/// Something not known. Value = law quantile at Phi(sum w F + sqrt(1 - sum w^2) e), coupling C1 and design 4.6.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    /// Dotted path as written (wildcard included): key of its draw.
    pub key: String,
    /// Distribution.
    pub law: Law,
    /// (factor, weight).
    pub loads_on: Vec<(usize, f64)>,
    /// Allowed values, from the field's definition: a draw outside counts as the nearest, and `check` says how many do [unit of the field].
    pub range: (f64, f64),
}

/// A cloud.
#[derive(Clone, Debug, PartialEq)]
pub struct Cloud {
    /// Name.
    pub name: String,
    /// Effective annual rate [1/y].
    pub discount_rate: Param,
    /// Headline terminal value: `book` or `none`.
    pub at_end_book: bool,
    /// Its balance.
    pub party: PartyId,
}

/// A site.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Name.
    pub name: String,
    /// Owner.
    pub cloud: CloudId,
    /// Region.
    pub region: String,
    /// Power usage effectiveness [-].
    pub pue: f64,
    /// (from, megawatts at the meter).
    pub mw: Vec<(SimTime, f64)>,
    /// Electricity [USD/MWh].
    pub power_usd_per_mwh: Param,
    /// [USD per MW installed at the meter and year].
    pub facility_usd_per_mw_year: Param,
    /// [USD per MW installed at the meter and year].
    pub operations_usd_per_mw_year: Param,
    /// Yearly rise of the three at each 1 January after the start [1/y].
    pub escalator_per_year: Param,
}

/// A chip as the pools of this world use it.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    /// Catalog name; `abstract` for queueing studies.
    pub name: String,
    /// Silicon vendor; `not published` where the catalog has no row.
    pub vendor: String,
    /// Dense BF16 peak [TFLOP/s]; None when not published.
    pub bf16_tflops: Option<f64>,
}

/// Electrical power of one chip of a pool at the meter [mW]; integers, so that energy is exact.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct ChipPower {
    /// Chip alone (TDP).
    pub tdp_mw: u64,
    /// Idle: TDP x host overhead x idle share x PUE.
    pub idle_mw: u64,
    /// At work: TDP x host overhead x PUE.
    pub full_mw: u64,
}

/// A pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Name.
    pub name: String,
    /// Dotted path, key of its draws.
    pub path: String,
    /// Site; None for abstract pools.
    pub site: Option<SiteId>,
    /// Instance type; empty for abstract pools.
    pub instance: String,
    /// Chip.
    pub chip: ChipId,
    /// Chips on a node.
    pub chips_per_node: u32,
    /// Nodes that share one scale-up network; what placement `ultraserver` keeps together.
    pub ultraserver_nodes: u32,
    /// Scheduler.
    pub domain: DomainId,
    /// A cloud from which every gang gets its chips at once: none is bought, none is idle.
    pub unlimited: bool,
    /// What stands at the start, by vintage.
    pub initial: Vec<Vintage>,
    /// Deliveries, before slip.
    pub deliveries: Vec<Delivery>,
    /// (when, nodes); oldest vintages go first.
    pub retirements: Vec<(SimTime, u32)>,
    /// Delay of deliveries due after `decide_at` [h].
    pub slip_h: Param,
    /// Power of a chip.
    pub power: ChipPower,
    /// Share of reserved chips at work [0..1].
    pub reserved_busy: f64,
    /// Purchase cost with its share of the server [USD per chip].
    pub cost_usd_per_chip: Param,
    /// Straight-line life [y].
    pub useful_life_years: f64,
    /// Price paths by kind, but for spot.
    pub prices: Vec<PricePath>,
    /// What is left over, at a price that moves.
    pub spot: Option<Spot>,
    /// Capacity blocks, in order of name.
    pub blocks: Vec<Block>,
    /// Gang failures [1 per chip-hour].
    pub failures_per_chip_hour: f64,
    /// What they come from, at least one.
    pub causes: Vec<Cause>,
    /// Nodes in a rack; None: nobody asks.
    pub rack_nodes: Option<u32>,
    /// Outages of its racks, of the whole pool, of its site and of its region.
    pub outages: Vec<Outage>,
    /// Planned maintenance.
    pub maintenance: Vec<Maintenance>,
    /// Repairs at once; None: no limit.
    pub repair_crews: Option<u32>,
    /// Nodes that stand by.
    pub spares: Option<Spares>,
    /// (tenant, from, chips), guaranteed; sorted by time.
    pub guaranteed: Vec<Share>,
    /// (tenant, from, chips), what others may use of its idle guarantee.
    pub borrowable: Vec<Share>,
    /// (tenant, from, chips), reserved, billed and not simulated.
    pub reserved: Vec<Share>,
}

/// Nodes in service since a date.
#[derive(Clone, Debug, PartialEq)]
pub struct Vintage {
    /// Years in service at the scenario's start [y].
    pub age_years: f64,
    /// How many.
    pub nodes: u32,
}

/// A dated delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Name, in events and postings.
    pub name: String,
    /// When due, before slip.
    pub at: SimTime,
    /// When ordered; None: before the run began (the deposit is sunk).
    pub ordered: Option<SimTime>,
    /// Whether the order lies before the scenario's start (then the deposit is sunk, shown, not posted).
    pub ordered_before_start: bool,
    /// Nodes.
    pub nodes: u32,
    /// Share paid at order [0..1].
    pub deposit: f64,
    /// Share of the price paid on cancellation after ordering [0..1].
    pub cancel_fee: f64,
    /// Bet it is tagged for.
    pub for_bet: Option<String>,
}

/// A tenant's dated share of a pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// Tenant.
    pub tenant: TenantId,
    /// From when.
    pub at: SimTime,
    /// Chips.
    pub chips: u32,
}

/// How a chip-hour is priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PriceKind {
    /// List.
    OnDemand,
    /// Committed (one or three years).
    Committed,
    /// Capacity block.
    CapacityBlock,
    /// What is left over, until it is taken back.
    Spot,
    /// The lab's contract.
    Contract,
    /// Not billed (abstract pools).
    Free,
}

impl PriceKind {
    /// As written in files.
    pub fn name(self) -> &'static str {
        match self {
            PriceKind::OnDemand => "on_demand",
            PriceKind::Committed => "committed",
            PriceKind::CapacityBlock => "capacity_block",
            PriceKind::Spot => "spot",
            PriceKind::Contract => "contract",
            PriceKind::Free => "free",
        }
    }
}

/// A price and its steps.
#[derive(Clone, Debug, PartialEq)]
pub struct PricePath {
    /// Kind; never `Spot`, `Contract` or `Free`.
    pub kind: PriceKind,
    /// At the start [USD per chip-hour].
    pub base: Param,
    /// Changes, in order of time.
    pub steps: Vec<PriceStep>,
}

/// One change of a price.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceStep {
    /// When.
    pub at: SimTime,
    /// How.
    pub change: PriceChange,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub enum PriceChange {
    /// Multiplies the price before.
    Times(Param),
    /// Replaces it [USD per chip-hour].
    To(Param),
}

/// A law whose mean may be unknown: values are `shape.quantile(u) * mean` with `shape` of mean 1.
#[derive(Clone, Debug, PartialEq)]
pub struct LawOf {
    /// Law of mean 1.
    pub shape: Law,
    /// Mean, in the unit of the field.
    pub mean: Param,
}

/// Pools that share a scheduler.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// Name.
    pub name: String,
    /// Its pools, in order of id.
    pub pools: Vec<PoolId>,
    /// Its rules.
    pub rules: Rules,
}

/// A lab.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenant {
    /// Name.
    pub name: String,
    /// The cloud's own lab: its payments are internal.
    pub own: bool,
    /// Its balance.
    pub party: PartyId,
    /// Its contract, at most one with a cloud.
    pub contract: Option<ContractId>,
}

/// A workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// Name within the lab.
    pub name: String,
    /// Full dotted path: the entity of its draws.
    pub path: String,
    /// Lab.
    pub tenant: TenantId,
    /// Scheduler of its pools.
    pub domain: DomainId,
    /// Its cells, in order of preference.
    pub cells: Vec<CellId>,
    /// Where its jobs may go as well that have waited for long; one unlimited pool, or cells of its own domain.
    pub overflow: Vec<CellId>,
    /// Larger goes first under order `priority`.
    pub priority: i32,
    /// How usage is priced: the first of the kinds it accepts.
    pub price: PriceKind,
    /// Most it pays for spot, over the on-demand price [0..1].
    pub max_spot_ratio: Param,
    /// Share of the jobs that are ours.
    pub volume: Param,
    /// Checkpoints; None: none is written and a failure loses all work.
    pub checkpoint: Option<Checkpoint>,
    /// Time to resume after a failure [h].
    pub restart_h: Param,
    /// How failures act.
    pub failures: Failures,
    /// What becomes of a job that runs beyond its user's estimate.
    pub over_estimate: OverEstimate,
    /// Its gangs change their size; None: they do not.
    pub elastic: Option<Box<Elastic>>,
    /// By when a job is to be finished, from its submission [h]; None: it has no deadline.
    pub deadline_h: Option<Param>,
    /// What arrives.
    pub source: Source,
}

/// How failures of a workload's gangs are simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failures {
    /// Each failure, on the job's own clock.
    Sampled,
    /// Renewal-reward closed form.
    Goodput,
    /// None.
    Off,
}

/// Where jobs come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Campaigns.
    Campaigns(Campaigns),
    /// Random stream.
    Stream(Stream),
    /// A file, sorted by time.
    Trace(Vec<TraceJob>),
    /// None: it holds the chips of a service's replicas.
    Service(ServiceId),
}

/// Pre-training campaigns.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaigns {
    /// Useful work [FLOP].
    pub flops: Param,
    /// Delivered over headline throughput [0..1].
    pub campaign_efficiency: Param,
    /// Gang [chips].
    pub chips: u32,
    /// Interval between submissions [h].
    pub every_h: Param,
    /// Campaign that runs at the start, and its age then.
    pub running_age: Option<Param>,
}

/// A random stream of gang jobs.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// Mean arrivals a day [1/d], the unit of the file, so that an unknown's draw needs no scaling.
    pub per_day: Param,
    /// Unit-mean renewal law of the intervals in operational time; Exponential is Poisson.
    pub interval: Law,
    /// Relative rate by hour of week from Monday 00:00 UTC, mean 1; empty: flat.
    pub profile: Vec<f64>,
    /// Gang sizes and cumulative probabilities, the last 1.
    pub chips: Vec<(u32, f64)>,
    /// Work.
    pub work: Work,
    /// A rate that changes at random; None: it does not.
    pub modulated: Option<Modulated>,
    /// What users say their jobs take; None: what they take.
    pub estimate: Option<Box<Estimate>>,
}

/// Work of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// Chip-hours of the reference chip: the time is work over gang size.
    ChipHours(LawOf),
    /// Time on the reference chip [h].
    Hours(LawOf),
    /// Tokens, of which a reference chip does so many an hour: the time is their quotient over gang size.
    Tokens(LawOf, f64),
}

/// A job of a trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceJob {
    /// Row in the file (0-based).
    pub row: u32,
    /// When submitted, from the scenario's start.
    pub submit: Span,
    /// Gang.
    pub chips: u32,
    /// Running time on the first pool's chip.
    pub duration: Span,
    /// The user's estimate of it; None: the file has none, and the running time is taken.
    pub estimate: Option<Span>,
    /// Added to the workload's; 0 where the file has none.
    pub priority: i32,
}

/// A workload on one of its pools, at one of the price kinds it accepts.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Workload.
    pub workload: WorkloadId,
    /// Pool.
    pub pool: PoolId,
    /// How its usage is priced: one of the kinds the workload accepts, or as the overflow says.
    pub price: PriceKind,
    /// Speed of this pool's chip relative to the workload's reference [-].
    ///
    /// Where this cell and the workload's first both state an mfu, a run multiplies by mfu / mfu of the first: this part leaves it out.
    pub speed: Param,
    /// Speed of a gang that is split over more nodes than it needs, over its speed together [-].
    pub split_speed: Param,
    /// Model FLOP utilization while productive [-], where stated; always for campaigns.
    pub mfu: Option<Param>,
}

/// Someone money moves between.
#[derive(Clone, Debug, PartialEq)]
pub struct Party {
    /// Name.
    pub name: String,
    /// Suppliers, utilities, investors, end customers: outside the balance.
    pub boundary: bool,
    /// Cash at the start [USD].
    pub opening_usd: f64,
}

/// A contract between a lab and a cloud.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    /// Name.
    pub name: String,
    /// Lab.
    pub tenant: TenantId,
    /// Cloud.
    pub cloud: CloudId,
    /// First day of the first contract year.
    pub signed: Date,
    /// Relative weights of the contract years [1e-6 of a weight of the file]; empty without a commitment.
    pub ramp: Vec<u64>,
    /// Contract years that touch the study: half-open, between anniversaries of the signing; the one under way begins with the scenario.
    pub periods: Vec<ContractPeriod>,
    /// First day, simulated time; None: before the run began.
    pub start: Option<SimTime>,
    /// End of the last contract year; None: a contract without a commitment does not end.
    pub end: Option<SimTime>,
    /// Its price holds in [from, until): the contract years unless the file says otherwise. What is paid outside them is not drawn.
    pub priced: (SimTime, SimTime),
    /// Committed within the horizon, linear within each contract year by days [USD at commit.usd = 1] and the share of its present value beyond the end.
    pub inside: CommitInside,
    /// Spend commitment in all [USD].
    pub commit_usd: Option<Param>,
    /// (pool, price) for each pool of the cloud.
    pub prices: Vec<(PoolId, ContractPrice)>,
    /// Payments stay in the group.
    pub internal: bool,
}

/// How much of a commitment lies within the horizon. Coupled-model entry 12, by calendar anniversaries.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct CommitInside {
    /// Share of the total inside [0..1].
    pub share: f64,
    /// Share of the present value beyond the end at the cloud's median discount rate [0..1].
    pub pv_share_outside: f64,
}

/// One contract year.
#[derive(Clone, Debug, PartialEq)]
pub struct ContractPeriod {
    /// Which, from 0 at the signing.
    pub year: usize,
    /// First instant (of the scenario at the earliest).
    pub from: SimTime,
    /// Its end: the true-up falls here; beyond `World::end` it has none.
    pub to: SimTime,
    /// Of the year, before `from`: 0 unless it is under way at the scenario's start.
    pub elapsed: Span,
}

/// What a chip-hour costs under a contract.
#[derive(Clone, Debug, PartialEq)]
pub enum ContractPrice {
    /// Ratio to a price kind of the pool.
    Ratio(PriceKind, Param),
    /// [USD per chip-hour].
    PerChipHour(Param),
}

/// Equity.
#[derive(Clone, Debug, PartialEq)]
pub struct Investment {
    /// Name.
    pub name: String,
    /// Payer.
    pub cloud: CloudId,
    /// Receiver.
    pub tenant: TenantId,
    /// Dated tranches inside the horizon.
    pub tranches: Vec<Tranche>,
    /// Dated before the start: shown, not posted [USD].
    pub sunk_usd: f64,
    /// Conditional: listed as not modelled, never paid [USD].
    pub conditional_usd: f64,
}

/// A dated tranche.
#[derive(Clone, Debug, PartialEq)]
pub struct Tranche {
    /// Name.
    pub name: String,
    /// When.
    pub at: SimTime,
    /// Amount [USD].
    pub usd: Param,
}
