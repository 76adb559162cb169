//! The scenario file as written: one struct a table, names not yet resolved, every leaf with where it came from.
//! Does not judge across tables: that is `world`.

pub use super::buying::{BlockSpec, SpotSpec};
pub use super::elastic::{ElasticSpec, ScalingSpec};
pub use super::equity::{Investment, Tranche};
pub use super::failures::{CauseSpec, FailureSpec, MaintenanceSpec, OutageSpec, Region, Repair, SparesSpec};
pub use super::schedule::{Interval, LasSpec, OverflowSpec, Schedule};
pub use super::services::{
    AutoscalerSpec, DeferrableSpec, DemandSpec, ForecastSpec, MeasuredSpec, MeasuredWhat, PopulationSpec, ReplicaSpec,
    ServiceSpec, SloSpec,
};
use crate::units::Date;

/// Where a value came from: an index into [`Sources`](super::Sources) (file, line and column, `--set`, or a default).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Origin(pub u32);

/// A value and where it was written.
#[derive(Clone, PartialEq, Debug)]
pub struct At<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub origin: Origin,
    /// Full dotted path of the leaf, as the user would write it after `--set`.
    pub path: String,
}

/// A table of the file whose key is a name chosen by the user, e.g. `[pools.rainier]`.
#[derive(Clone, PartialEq, Debug)]
pub struct Named<T> {
    /// The key.
    pub name: String,
    /// Full dotted path of the table: the entity's name in every random-number key.
    pub path: String,
    /// Where the table's header or first key stands.
    pub origin: Origin,
    /// The table.
    pub table: T,
}

/// Tables in the order of their names (so that the order of writing changes nothing).
pub type Tables<T> = Vec<Named<T>>;

/// Shape of a distribution given by quantiles or parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dist {
    /// Two quantiles with 0 < p5.
    Lognormal,
    /// Two quantiles.
    Normal,
    /// p5 and p95 of a uniform.
    Uniform,
    /// p5 and p95 of a symmetric triangle.
    Triangular,
}

/// `{ p5, p95 }`: what is drawn, and what it loads on.
#[derive(Clone, PartialEq, Debug)]
pub struct Spread {
    /// Shape.
    pub dist: Dist,
    /// 5 % quantile, in the leaf's unit.
    pub p5: f64,
    /// 95 % quantile, in the leaf's unit.
    pub p95: f64,
    /// Common factors and weights; the sum of squared weights is at most 1.
    pub loads_on: Vec<(String, f64)>,
    /// With a wildcard path: a draw for each leaf instead of one for all.
    pub each: bool,
    /// The dotted path as written (a wildcard pattern included): the key of an `unknown`'s draw.
    pub key: String,
}

/// A number that may be fixed, not known (one value a draw), or varying (one value an event).
#[derive(Clone, PartialEq, Debug)]
pub enum Quantity {
    /// One number.
    Fixed(f64),
    /// Once per draw, the same in all strategies and futures.
    Unknown(Spread),
    /// Once per event.
    Varies(Spread),
}

/// A numeric leaf with its provenance; `quantity` is in the unit its field's documentation names.
#[derive(Clone, PartialEq, Debug)]
pub struct Leaf {
    /// The number.
    pub quantity: Quantity,
    /// Where written.
    pub origin: Origin,
    /// Dotted path.
    pub path: String,
    /// `source`, `as_of`, `confidence`, `reason` and range as written beside the value, for assumptions.csv.
    pub note: Note,
}

/// What stands beside a value: its source and how far it may be off.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Note {
    /// Where the number was read, or `estimate`.
    pub source: Option<String>,
    /// Date of the source, as written.
    pub as_of: Option<String>,
    /// `high | medium | low | estimate`.
    pub confidence: Option<String>,
    /// Why this estimate.
    pub reason: Option<String>,
    /// Lower end of the plausible range.
    pub low: Option<f64>,
    /// Upper end of the plausible range.
    pub high: Option<f64>,
}

impl Note {
    /// This note, with what it leaves out taken from the table around it; one with a source of its own takes nothing: a reason
    /// belongs to its source.
    pub(super) fn or(self, outer: &Note) -> Note {
        if self.source.is_some() {
            return self;
        }
        Note {
            source: outer.source.clone(),
            as_of: self.as_of.or_else(|| outer.as_of.clone()),
            confidence: self.confidence.or_else(|| outer.confidence.clone()),
            reason: self.reason.or_else(|| outer.reason.clone()),
            ..self
        }
    }
}

/// A law given by its mean (job sizes, work, times, repair).
#[derive(Clone, PartialEq, Debug)]
pub struct LawSpec {
    /// `constant | exponential | erlang | gamma | weibull | lognormal | hyperexponential`.
    pub dist: At<String>,
    /// Mean, in the unit of the field (hours for durations, chip-hours for work).
    pub mean: Leaf,
    /// Squared coefficient of variation, where the shape leaves it open ...
    pub scv: Option<Leaf>,
    /// ... or its root; never both.
    pub cv: Option<Leaf>,
}

/// The whole file after `extends` and `--set`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Spec {
    /// `[scenario]`.
    pub scenario: Scenario,
    /// `[run]`.
    pub run: RunSpec,
    /// `[clouds.X]`.
    pub clouds: Tables<Cloud>,
    /// `[sites.X]`.
    pub sites: Tables<Site>,
    /// `[regions.X]`.
    pub regions: Tables<Region>,
    /// `[pools.X]`.
    pub pools: Tables<Pool>,
    /// `[labs.X]`.
    pub labs: Tables<Lab>,
    /// `[contracts.X]`.
    pub contracts: Tables<Contract>,
    /// `[investments.X]`.
    pub investments: Tables<Investment>,
    /// `[bets.X]`.
    pub bets: Tables<Bet>,
    /// `[strategies.X]`; empty means one strategy `base`.
    pub strategies: Tables<Strategy>,
    /// `[futures.X]`; empty means one future `base`.
    pub futures: Tables<Future>,
    /// `[factors]`: name and description.
    pub factors: Vec<At<(String, String)>>,
    /// `[initial]`.
    pub initial: Initial,
    /// What was read and is not modelled yet: conditional tranches, resale. Value: a sentence.
    pub not_modelled: Vec<At<String>>,
}

/// `[scenario]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Scenario {
    /// Folder name of the output: letters, digits, `-`, `_`.
    pub name: Option<At<String>>,
    /// Headline.
    pub title: Option<At<String>>,
    /// The question the file answers.
    pub question: Option<At<String>>,
    /// First instant.
    pub start: Option<At<Date>>,
    /// Last instant.
    pub end: Option<At<Date>>,
    /// Strategies may differ only after this.
    pub decide_at: Option<At<Date>>,
    /// `terminating` (default) or `steady`.
    pub analysis: Option<At<String>>,
    /// Deleted from the start of a steady analysis [h].
    pub warm_up: Option<Leaf>,
    /// Simulated before the start to fill queues [h]; default 8 weeks for streams in dated studies, else 0.
    pub spin_up: Option<Leaf>,
}

/// `[run]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RunSpec {
    /// Draws of what is not known.
    pub draws: Option<At<i64>>,
    /// Plays of chance within each draw.
    pub replications: Option<At<i64>>,
    /// Study seed.
    pub seed: Option<At<i64>>,
    /// Tick [h]; here it only sets the threshold of goodput mode.
    pub tick: Option<Leaf>,
    /// Rows of each tick.
    pub ticks: Option<At<bool>>,
    /// Windows of the request tier beside each cell.
    pub model_error_windows: Option<At<i64>>,
    /// `auto | sampled | goodput | off`.
    pub failures: Option<At<String>>,
    /// `sized | same`: whether a strategy without a bet's host cancels the deliveries tagged for it.
    pub fleet: Option<At<String>>,
    /// Write jobs.csv (draw 0, replication 0 of each cell).
    pub jobs: Option<At<bool>>,
}

/// `[clouds.X]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cloud {
    /// Effective annual discount rate [1/y].
    pub discount_rate: Option<Leaf>,
    /// `none | book` (`going_concern` is refused for now).
    pub at_end: Option<At<String>>,
}

/// A number in force from a date.
#[derive(Clone, PartialEq, Debug)]
pub struct Dated {
    /// From when.
    pub at: At<Date>,
    /// The number (MW for sites, chips for guarantees and reservations).
    pub amount: Leaf,
}

/// `[sites.X]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Site {
    /// Cloud that owns it.
    pub cloud: Option<At<String>>,
    /// Region, e.g. `us-east-2`: key of regional prices and a concentration axis.
    pub region: Option<At<String>>,
    /// Power usage effectiveness [-].
    pub pue: Option<Leaf>,
    /// Megawatts available at the meter, `mw = [{ at, mw }]`.
    pub mw: Vec<Dated>,
    /// Electricity [USD/MWh].
    pub power_usd_per_mwh: Option<Leaf>,
    /// Shell, mechanical and electrical, as a yearly charge [USD per MW installed at the meter and year].
    pub facility_usd_per_mw_year: Option<Leaf>,
    /// Staff, maintenance, network [USD per MW installed at the meter and year].
    pub operations_usd_per_mw_year: Option<Leaf>,
    /// Yearly rise of the three, stepping at each 1 January after the start [1/y].
    pub escalator_per_year: Option<Leaf>,
    /// Outages of all its pools.
    pub outages: Tables<OutageSpec>,
}

/// Size given in one of four units.
#[derive(Clone, PartialEq, Debug)]
pub struct Size {
    /// `nodes | chips | mw | usd`.
    pub unit: SizeUnit,
    /// How much.
    pub amount: Leaf,
}

/// Unit of a pool's size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SizeUnit {
    /// Nodes.
    Nodes,
    /// Chips.
    Chips,
    /// Megawatts at the meter.
    Mw,
    /// USD at unit cost.
    Usd,
}

/// `[pools.X]`. Without `instance` the pool is abstract (queueing studies): no chip, power or prices.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Pool {
    /// Site.
    pub site: Option<At<String>>,
    /// Instance type of the catalog.
    pub instance: Option<At<String>>,
    /// Chips on a node, abstract pools only.
    pub chips_per_node: Option<At<i64>>,
    /// What stands at the start.
    pub size: Option<Size>,
    /// What comes later.
    pub deliveries: Vec<Delivery>,
    /// What goes.
    pub retirements: Vec<Retirement>,
    /// Delay of every delivery due after `decide_at` [h].
    pub slip: Option<Leaf>,
    /// Nodes that share one scale-up network.
    pub ultraserver_nodes: Option<At<i64>>,
    /// A cloud without limit.
    pub unlimited: Option<At<bool>>,
    /// Scheduling rules; pools of one `domain` have one.
    pub schedule: Schedule,
    /// Pools that share a scheduler name the same domain; default: the pool's own name.
    pub domain: Option<At<String>>,
    /// Prices by kind: `[pools.X.prices.on_demand]`.
    pub prices: Tables<PriceSpec>,
    /// Share of reserved chips at work, for power [0..1].
    pub reserved_busy: Option<Leaf>,
    /// What fails and how it comes back.
    pub failures: FailureSpec,
    /// Purchase cost of a chip with its share of the server [USD]; default from the catalog.
    pub cost_usd_per_chip: Option<Leaf>,
    /// From order to delivery [h]; default from the catalog.
    pub lead: Option<Leaf>,
    /// Straight-line life for the books [y]; default from the catalog.
    pub useful_life_years: Option<Leaf>,
    /// Chip power [W]; default from the catalog.
    pub tdp_w: Option<Leaf>,
    /// Server power over chips' TDP [-]; default from the catalog.
    pub host_overhead: Option<Leaf>,
    /// Power of an idle chip over its TDP [0..1]; default from the catalog.
    pub idle_power_share: Option<Leaf>,
    /// Guaranteed chips by tenant, `[pools.X.guaranteed] anthropic = [{ at, chips }]`.
    pub guaranteed: Tables<Vec<Dated>>,
    /// Reserved (billed, not simulated) chips by tenant.
    pub reserved: Tables<Vec<Dated>>,
    /// Idle guaranteed chips others may use, by tenant; above 0 is refused for now.
    pub borrowable: Tables<Vec<Dated>>,
    /// `[pools.X.prices.spot]`.
    pub spot: Option<Box<SpotSpec>>,
    /// Capacity blocks.
    pub blocks: Tables<BlockSpec>,
}

/// One dated delivery.
#[derive(Clone, PartialEq, Debug)]
pub struct Delivery {
    /// Name, used in paths and keys.
    pub name: Option<At<String>>,
    /// When it comes, before slip.
    pub at: At<Date>,
    /// When it is ordered; default `at` less the lead.
    pub ordered: Option<At<Date>>,
    /// How much.
    pub size: Size,
    /// Share paid at order [0..1]; default 0.3.
    pub deposit: Option<Leaf>,
    /// Share of the price paid when cancelled after ordering, beside the lost deposit [0..1]; default 0.
    pub cancel_fee: Option<Leaf>,
    /// Bet it is built for: a strategy without that bet's host cancels it when the fleet is `sized`.
    pub for_bet: Option<At<String>>,
}

/// One dated retirement.
#[derive(Clone, PartialEq, Debug)]
pub struct Retirement {
    /// Name, used in paths and keys.
    pub name: Option<At<String>>,
    /// When it goes.
    pub at: At<Date>,
    /// How much.
    pub size: Size,
}

/// `[pools.X.prices.KIND]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PriceSpec {
    /// Base price [USD per chip-hour]; default from the catalog.
    pub usd_per_chip_hour: Option<Leaf>,
    /// Changes.
    pub steps: Vec<PriceStep>,
}

/// A change of a price.
#[derive(Clone, PartialEq, Debug)]
pub struct PriceStep {
    /// Name, used in paths and keys.
    pub name: Option<At<String>>,
    /// When.
    pub at: At<Date>,
    /// The price before is multiplied by this [-] ...
    pub times: Option<Leaf>,
    /// ... or replaced by this [USD per chip-hour].
    pub usd_per_chip_hour: Option<Leaf>,
}

/// `[labs.X]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Lab {
    /// The cloud's own lab: what it pays is internal.
    pub own: Option<At<bool>>,
    /// `[labs.X.workloads.Y]`.
    pub workloads: Tables<Workload>,
    /// `[labs.X.services.Y]`.
    pub services: Tables<ServiceSpec>,
}

/// `[labs.X.workloads.Y]`; which keys are allowed depends on the kind.
#[derive(Clone, PartialEq, Debug)]
pub enum Workload {
    /// `kind = "pretraining"`.
    Pretraining(Box<Pretraining>),
    /// `kind = "stream"`.
    Stream(Box<Stream>),
    /// `kind = "trace"`.
    Trace(Box<Trace>),
}

/// Keys shared by every kind.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Common {
    /// Pools it may run on, in order of preference.
    pub pools: Vec<At<String>>,
    /// `on_demand | committed | capacity_block | contract`; default `contract` when the lab has one, else `on_demand`.
    pub price: Option<At<String>>,
    /// Price kinds it accepts, in order, in place of `price`.
    pub price_kinds: Vec<At<String>>,
    /// Most it pays for spot over the on-demand price [0..1]; default 1.
    pub max_spot_ratio: Option<Leaf>,
    /// Larger goes first under order `priority`.
    pub priority: Option<At<i64>>,
    /// Checkpoints.
    pub checkpoint: Option<Checkpoint>,
    /// Time to load and resume after a failure [h].
    pub restart: Option<Leaf>,
    /// `sampled | goodput | off`; default `[run] failures`.
    pub failures: Option<At<String>>,
    /// Share of the jobs that are ours, by each job's mark [0..1]; default 1.
    pub volume: Option<Leaf>,
    /// Useful FLOP over peak while productive, by chip [0..1].
    pub mfu: Tables<Leaf>,
    /// Speed of a gang that is split over that of one that is not, by chip; name `""` stands for every chip [-].
    pub split_speed: Tables<Leaf>,
}

/// `checkpoint = { interval, cost }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Checkpoint {
    /// Work between checkpoints [h].
    pub interval: Interval,
    /// Time to write one [h].
    pub cost: Leaf,
}

/// A pre-training campaign.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Pretraining {
    /// Shared keys; `mfu` must name the chip of every pool.
    pub common: Common,
    /// Useful FLOPs of a campaign [FLOP].
    pub flops: Option<Leaf>,
    /// Gang size, never a mix.
    pub chips: Option<ChipsSpec>,
    /// By when a campaign is to be finished, from its submission [h].
    pub deadline: Option<Leaf>,
    /// Delivered over headline throughput [0..1].
    pub campaign_efficiency: Option<Leaf>,
    /// Interval between submissions, drawn per campaign number [h].
    pub every: Option<Leaf>,
}

/// Job sizes of a stream.
#[derive(Clone, PartialEq, Debug)]
pub enum ChipsSpec {
    /// Every job the same.
    Fixed(At<i64>),
    /// `{ values = [...], weights = [...] }`.
    Mix {
        /// Gang sizes [chips].
        values: Vec<At<i64>>,
        /// Relative frequencies.
        weights: Vec<Leaf>,
    },
    /// `{ min = ..., max = ... }`: gangs that change their size.
    Elastic(Box<ElasticSpec>),
}

/// A stream of gang jobs.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Stream {
    /// Shared keys.
    pub common: Common,
    /// Mean arrivals a day [1/d].
    pub per_day: Option<Leaf>,
    /// Renewal law of the intervals (its mean is 1/per_day when `per_day` is absent) [h]; absent: Poisson.
    pub interval: Option<LawSpec>,
    /// States of the arrival rate; absent: it does not change at random.
    pub modulated: Option<Modulated>,
    /// Relative rate by hour of week, Monday 00:00 UTC first (168 numbers, or 24 for every day alike); absent: flat.
    pub profile: Vec<Leaf>,
    /// Gang sizes; default 1.
    pub chips: Option<ChipsSpec>,
    /// By when a job is to be finished, from its submission [h].
    pub deadline: Option<Leaf>,
    /// Work of a job [chip-hours of the reference chip]; exactly one of this and `duration`.
    pub work_chip_hours: Option<LawSpec>,
    /// Time of a job on the reference chip [h].
    pub duration: Option<LawSpec>,
    /// Batch inference: tokens of a job in place of its work or time.
    pub tokens: Option<LawSpec>,
    /// What a chip does of them, by chip [tokens per chip-second].
    pub tokens_per_chip_second: Tables<Leaf>,
    /// Chip in whose hours work is counted; default the chip of the first pool.
    pub reference_chip: Option<At<String>>,
    /// Speed by chip relative to the reference chip [-]; default the ratio of BF16 peaks (x mfu where given).
    pub speed: Tables<Leaf>,
    /// Users' estimates of durations; absent: they are exact.
    pub estimate: Option<EstimateSpec>,
    /// `keep | kill`: a job that runs beyond its estimate.
    pub over_estimate: Option<At<String>>,
}

/// `[labs.X.workloads.Y.modulated]`.
#[derive(Clone, PartialEq, Debug)]
pub struct Modulated {
    /// Dotted path of the table.
    pub path: String,
    /// Where it stands.
    pub origin: Origin,
    /// Its states, in the order of the file.
    pub states: Vec<StateSpec>,
}

/// One state of a modulated arrival rate.
#[derive(Clone, PartialEq, Debug)]
pub struct StateSpec {
    /// Name, used in paths and by `to`.
    pub name: Option<At<String>>,
    /// Relative rate [-].
    pub rate: Leaf,
    /// Mean time it lasts [h].
    pub mean_time: Leaf,
    /// Relative weights of the states that follow, by name; empty: the next of the list.
    pub to: Tables<Leaf>,
    /// Where it stands.
    pub origin: Origin,
}

/// `estimate = { ratio, at_least }`.
#[derive(Clone, PartialEq, Debug)]
pub struct EstimateSpec {
    /// Estimate over true duration [-].
    pub ratio: LawSpec,
    /// Smallest ratio [-]; absent: none.
    pub at_least: Option<Leaf>,
}

/// Jobs from a file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Trace {
    /// Shared keys.
    pub common: Common,
    /// Job log, relative to the scenario file.
    pub file: Option<At<String>>,
    /// `plain | philly | helios | openb | swf`; default `plain`.
    pub layout: Option<At<String>>,
    /// Only the jobs of this queue.
    pub queue: Option<At<String>>,
    /// Only jobs submitted at or after, by the log's dates.
    pub from: Option<At<Date>>,
    /// Only jobs submitted before.
    pub until: Option<At<Date>>,
    /// Column of the submission time.
    pub submit: Option<At<String>>,
    /// Column of the gang size.
    pub chips: Option<At<String>>,
    /// Column of the running time.
    pub duration: Option<At<String>>,
    /// Column of the user's estimate.
    pub estimate: Option<At<String>>,
    /// `keep | kill`: a job that runs beyond its estimate.
    pub over_estimate: Option<At<String>>,
    /// `s | min | h`: unit of all time columns.
    pub time_unit: Option<At<String>>,
}

/// `[contracts.X]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Contract {
    /// Lab and cloud.
    pub between: Vec<At<String>>,
    /// First day of the first contract year.
    pub start: Option<At<Date>>,
    /// Spend commitment.
    pub commit: Option<Commit>,
    /// What a chip-hour costs.
    pub price: Option<ContractPrice>,
    /// What is paid stays in the group (the cloud's own lab).
    pub internal: Option<At<bool>>,
}

/// `commit = { usd, years, ramp }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Commit {
    /// Total [USD].
    pub usd: Leaf,
    /// Contract years.
    pub years: At<i64>,
    /// Relative weight of each year; absent: equal.
    pub ramp: Vec<Leaf>,
}

/// `price = { ratio_to, ratio, usd_per_chip_hour = { CHIP = ... } }`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ContractPrice {
    /// Price kind the ratio refers to.
    pub ratio_to: Option<At<String>>,
    /// Contract price over that price [-].
    pub ratio: Option<Leaf>,
    /// By chip, where no such price row exists [USD per chip-hour]; name `""` stands for every chip.
    pub usd_per_chip_hour: Tables<Leaf>,
    /// It holds from then; default the contract's start.
    pub from: Option<At<Date>>,
    /// It holds until then; default the end of the last contract year.
    pub until: Option<At<Date>>,
}

/// `[bets.X]`: dotted paths of what belongs together.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Bet {
    /// Investments.
    pub invest: Vec<At<String>>,
    /// Contracts.
    pub host: Vec<At<String>>,
    /// Models on our router (read, listed as not modelled).
    pub resell: Vec<At<String>>,
}

/// `[strategies.X]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Strategy {
    /// Bets or `bet.part` switched off at `decide_at`.
    pub without: Vec<At<String>>,
    /// Leaves changed (at `decide_at` when there is one).
    pub set: Vec<SetLeaf>,
}

/// `[futures.X]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Future {
    /// Leaves changed from the start.
    pub set: Vec<SetLeaf>,
}

/// One `"path" = value` of a `set` table; the value is applied by reading the file again with it.
#[derive(Clone, PartialEq, Debug)]
pub struct SetLeaf {
    /// Dotted path; `*` stands for any one name.
    pub path: At<String>,
    /// The value as TOML text.
    pub toml: String,
}

/// `[initial]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Initial {
    /// `[initial.fleet] POOL = [{ in_service, nodes }]`: vintages of what stands at the start.
    pub fleet: Tables<Vec<Vintage>>,
    /// `[initial.campaigns.X]`: running campaigns.
    pub campaigns: Tables<RunningCampaign>,
    /// `[initial.cash] PARTY = usd`.
    pub cash: Tables<Leaf>,
}

/// Nodes that entered service together.
#[derive(Clone, PartialEq, Debug)]
pub struct Vintage {
    /// In-service date.
    pub in_service: At<Date>,
    /// How many.
    pub size: Size,
}

/// A campaign that runs at the start.
#[derive(Clone, PartialEq, Debug)]
pub struct RunningCampaign {
    /// Dotted path of its workload.
    pub workload: At<String>,
    /// How long it has been running [h].
    pub age: Leaf,
}
