//! What one run leaves behind: integer integrals by month, counters, histograms, postings, events.
//! The seam: everything after it can be redone from these rows; nothing here knows the kernel.

use crate::stats::histogram::Histogram;
use crate::units::{Money, Rate, SimTime};
use crate::world::{
    CellId, Change, ContractId, InvestmentId, PartyId, PoolId, PriceKind, ServiceId, TenantId, WorkloadId,
};

/// Which run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct RunKey {
    /// Draw of what is not known.
    pub draw: u32,
    /// Replication within the draw.
    pub replication: u32,
}

/// Everything a run writes.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RunRecord {
    /// The runs in here, in the order they were merged.
    pub keys: Vec<RunKey>,
    /// Values of the unknowns, by run then `UnknownId`.
    pub drawn: Vec<Vec<f64>>,
    /// By pool, then month.
    pub pools: Vec<Vec<PoolMonth>>,
    /// By cell (workload x pool), then month.
    pub cells: Vec<Vec<CellMonth>>,
    /// By pool, then tenant, then month; empty for pairs that never have a guarantee or reservation.
    pub shares: Vec<Vec<Vec<ShareMonth>>>,
    /// By service, then month.
    pub services: Vec<Vec<ServiceMonth>>,
    /// Each tick of each service, when asked for.
    pub service_ticks: Vec<ServiceTickRow>,
    /// Each tick of each pool with services, when asked for.
    pub pool_ticks: Vec<PoolTickRow>,
    /// By workload.
    pub workloads: Vec<WorkloadTotals>,
    /// By workload, then `InterruptionId`.
    pub interruptions: Vec<Vec<InterruptionTotals>>,
    /// Campaigns, in order of submission.
    pub campaigns: Vec<CampaignRow>,
    /// Money.
    pub postings: Vec<Posting>,
    /// What each metered line counted, as the kernel's meters saw it: the ground of the second route of design 6.
    pub meters: Vec<MeterRow>,
    /// Closed contract periods.
    pub periods: Vec<PeriodRow>,
    /// Closing balance by party [micro-USD].
    pub balances: Vec<Money>,
    /// Effects and dated changes, in order.
    pub events: Vec<EventRow>,
    /// Job rows, when asked for.
    pub jobs: Vec<JobRow>,
    /// Events handled: arrivals, finishes, failures and dated changes.
    pub events_handled: u64,
}

/// Integrals of a pool over a month [chip-us], each metered where its level changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct PoolMonth {
    /// In the ground.
    pub installed: u128,
    /// Not down.
    pub up: u128,
    /// Failed and not yet repaired.
    pub down: u128,
    /// Held by gangs.
    pub gangs: u128,
    /// Held by replicas that are ready.
    pub ready: u128,
    /// Held by replicas that are starting.
    pub starting: u128,
    /// Of the ready: at work.
    pub at_work: u128,
    /// Reserved, billed and not simulated.
    pub reserved: u128,
    /// Up and held by nobody.
    pub idle: u128,
    /// Of those, on nodes of which a part is held: no gang of whole nodes finds room there.
    pub fragmented: u128,
    /// Energy at the meter [mW us].
    pub energy_mw_us: u128,
    /// Installed power at the meter: full power of installed chips [mW us].
    pub installed_mw_us: u128,
}

/// Integrals of a workload on a pool over a month [chip-us].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CellMonth {
    /// Held; metered where the level changes.
    pub allocated: u128,
    /// Held beyond the tenant's guarantee and billed at the workload's price kind.
    pub billed: u128,
    /// Held under the tenant's guarantee or in its blocks, which pay for it.
    pub covered: u128,
    /// Work that was kept; booked when an attempt ends.
    pub productive: u128,
    /// Writing checkpoints that were completed.
    pub checkpoint: u128,
    /// Work and unfinished checkpoints that a failure destroyed.
    pub lost: u128,
    /// Loading after a failure.
    pub restart: u128,
    /// Checkpointing to yield.
    pub yielding: u128,
    /// Replicas ready; counted tick by tick.
    pub ready: u128,
    /// Replicas starting.
    pub starting: u128,
    /// Of the ready: at work.
    pub at_work: u128,
}

/// Integrals of a tenant's share of a pool over a month [chip-us], each on a meter of its own: guaranteed = offered + late + blocked,
/// offered = held under the guarantee + unused, reserved = offered + late + blocked, block = offered + late + blocked, block offered = held in
/// blocks + unused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ShareMonth {
    /// Guaranteed by contract.
    pub guaranteed: u128,
    /// Guaranteed, and held by its gangs or free for them: what is billed.
    pub offered: u128,
    /// Guaranteed and not there: late or down.
    pub late: u128,
    /// Guaranteed and up, but other labs' gangs still sit there: not billed, excused.
    pub blocked: u128,
    /// Offered and held by nobody.
    pub unused: u128,
    /// Reserved by contract.
    pub reserved: u128,
    /// Reserved and handed over: what is billed.
    pub reserved_offered: u128,
    /// Reserved and not there: late or down.
    pub reserved_late: u128,
    /// Reserved and up, but gangs still sit there: not billed, excused.
    pub reserved_blocked: u128,
    /// In capacity blocks in force, which are paid up front.
    pub block: u128,
    /// Of that: held by its gangs in blocks, or free for them.
    pub block_offered: u128,
    /// Of that: late or down.
    pub block_late: u128,
    /// Of that: up, and others' gangs still sit there.
    pub block_blocked: u128,
    /// Offered and held by nobody.
    pub block_unused: u128,
}

/// What a service was asked for and did over a month: tokens, and replica time [replica-us]. Each is counted where it happens: demanded =
/// first + spilled + lost, shed = spilled + lost, deferrable = deferrable_served + expired + backlog - backlog_from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ServiceMonth {
    /// Interactive tokens that users asked for and that are ours.
    pub demanded: u128,
    /// Tokens of users and of work that may wait that went elsewhere after a contract's end.
    pub left: u128,
    /// Served by the first choice.
    pub first: u128,
    /// Not served by it.
    pub shed: u128,
    /// Of those: served by the second choice.
    pub spilled: u128,
    /// Of those: by nobody.
    pub lost: u128,
    /// Served for others whose second choice this is.
    pub received: u128,
    /// Tokens that may wait, as they come.
    pub deferrable: u128,
    /// Of them: served.
    pub deferrable_served: u128,
    /// Of them: past their deadline.
    pub expired: u128,
    /// Waiting when the month, or the window, began.
    pub backlog_from: u128,
    /// Waiting at its end.
    pub backlog: u128,
    /// Replica time ready.
    pub ready: u128,
    /// Replica time starting.
    pub starting: u128,
    /// Replica time that the demanded tokens need.
    pub required: u128,
    /// Replica time that what was served took.
    pub served: u128,
    /// Of those served by the first choice: tokens of requests that had what was promised.
    pub attained: u128,
    /// Tokens served by the first choice x 99th percentile of the time to first token of their tick [token-us].
    pub ttft_p99: u128,
    /// Tokens served by the first choice x mean time per token of their tick [token-us].
    pub tpot: u128,
}

/// A service in one tick, as a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceTickRow {
    /// Service.
    pub service: ServiceId,
    /// Beginning of the tick.
    pub at: SimTime,
    /// What it was asked for and did.
    pub did: ServiceMonth,
    /// Run it belongs to, by position in `keys`.
    pub run: u32,
}

/// Chips of a pool in one tick [chip-us].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolTickRow {
    /// Pool.
    pub pool: PoolId,
    /// Beginning of the tick.
    pub at: SimTime,
    /// Ready, starting, gangs, reserved, idle, down.
    pub chips: [u128; 6],
    /// Run it belongs to, by position in `keys`.
    pub run: u32,
}

/// Counters and histograms of a workload over a run. Waits are of jobs submitted in [measure_from, end).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct WorkloadTotals {
    /// Submitted to us in the window.
    pub submitted: u64,
    /// Of those: started.
    pub started: u64,
    /// Of those: finished.
    pub finished: u64,
    /// Of those: refused by a full queue.
    pub refused: u64,
    /// Of those: not started at the end (their wait is a lower bound).
    pub unstarted: u64,
    /// Of those: waiting or running at the end (their completion time is a lower bound).
    pub unfinished: u64,
    /// Of those: started later than submitted.
    pub waited: u64,
    /// Not ours in the window: thinned by the volume.
    pub thinned: u64,
    /// Sent elsewhere in the window: ours but for a contract that the strategy ended.
    pub left: u64,
    /// Failures in the window.
    pub failures: u64,
    /// Stopped by an outage of their pool, in the window.
    pub outages: u64,
    /// Taken off for another job, in the window.
    pub preemptions: u64,
    /// Given notice by spot or at the end of a capacity block, in the window.
    pub reclaims: u64,
    /// Changes of the size of running gangs, in the window.
    pub resizes: u64,
    /// Jobs finished by their deadline.
    pub on_time: u64,
    /// Jobs not finished by their deadline, which was before the end.
    pub late: u64,
    /// Of those submitted in the window: went to the overflow pool, or its price, after a wait: every time.
    pub overflowed: u64,
    /// Of those: stopped for outlasting what was expected of them.
    pub killed: u64,
    /// Goodput mode: failures expected of gangs for their time in the window [1e-6 failures].
    pub expected_failures_e6: u64,
    /// Sum of waits of the started [us].
    pub wait_us: u128,
    /// Sum of the times so far of the unstarted [us].
    pub unstarted_us: u128,
    /// Waits of the started [us]; the unstarted enter with their time so far.
    pub waits: Histogram,
    /// Sum of completion times of the finished [us].
    pub jct_us: u128,
    /// Sum of the times so far of the unfinished [us].
    pub unfinished_us: u128,
    /// Completion times of the finished [us]; the unfinished enter with their time so far.
    pub jcts: Histogram,
    /// First submission in the window.
    pub first_submit: Option<SimTime>,
    /// Last finish of a job submitted in the window.
    pub last_finish: Option<SimTime>,
    /// Whole run: integral of the number of jobs in the system [job us], metered where the number changes.
    pub in_system_us: u128,
    /// Whole run: time in the system of jobs that left, plus that of those still there at the end [us].
    pub sojourn_us: u128,
}

/// What one reason of interruptions cost a workload from the opening of the books on: a row of the goodput table. Its lost and restart chip-time
/// add up, over reasons, to that of the workload's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct InterruptionTotals {
    /// Gangs interrupted by it.
    pub count: u64,
    /// Goodput mode: interruptions expected [1e-6].
    pub expected_e6: u64,
    /// Work and unfinished checkpoints that it destroyed [chip-us].
    pub lost: u128,
    /// Loading after it [chip-us].
    pub restart: u128,
}

/// A campaign.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CampaignRow {
    /// Workload.
    pub workload: WorkloadId,
    /// Number, from 0 at the start; negative in the spin-up.
    pub number: i64,
    /// Submitted.
    pub submitted: SimTime,
    /// Start of the first attempt.
    pub started: Option<SimTime>,
    /// Finished.
    pub finished: Option<SimTime>,
    /// Submission plus the time it needs alone, unfailed, on its first pool.
    pub planned_finish: SimTime,
    /// Failures so far.
    pub failures: u32,
    /// Run it belongs to, by position in `keys`.
    pub run: u32,
}

/// Why money moved. Each kind names the counter it must equal (design 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PostingKind {
    /// Gang chip-time beyond the guarantee x price path.
    Usage,
    /// Guaranteed chip-time offered x contract price.
    Reservation,
    /// Reserved (not simulated) chip-time offered x contract price.
    ReservedInference,
    /// Commitment less drawn less excused, at a period's end.
    Shortfall,
    /// Deposit at order: nodes ordered x cost x deposit share.
    CapexOrder,
    /// Rest at delivery: nodes delivered x cost x rest.
    CapexDelivery,
    /// Cancellation fee: nodes cancelled x cost x fee.
    CancelFee,
    /// MWh x price.
    Power,
    /// MW-hours installed x rate.
    Facility,
    /// MW-hours installed x rate.
    Operations,
    /// Equity by schedule.
    Tranche,
    /// A capacity block, when it is booked: chips x length x price of that day.
    Block,
}

/// Every kind, in the order of declaration.
pub const POSTING_KINDS: [PostingKind; 12] = [
    PostingKind::Usage,
    PostingKind::Reservation,
    PostingKind::ReservedInference,
    PostingKind::Shortfall,
    PostingKind::CapexOrder,
    PostingKind::CapexDelivery,
    PostingKind::CancelFee,
    PostingKind::Power,
    PostingKind::Facility,
    PostingKind::Operations,
    PostingKind::Tranche,
    PostingKind::Block,
];

impl PostingKind {
    /// As written in tables.
    pub fn name(self) -> &'static str {
        match self {
            PostingKind::Usage => "usage",
            PostingKind::Reservation => "reservation",
            PostingKind::ReservedInference => "reserved_inference",
            PostingKind::Shortfall => "shortfall",
            PostingKind::CapexOrder => "capex_order",
            PostingKind::CapexDelivery => "capex_delivery",
            PostingKind::CancelFee => "cancel_fee",
            PostingKind::Power => "power",
            PostingKind::Facility => "facility",
            PostingKind::Operations => "operations",
            PostingKind::Tranche => "tranche",
            PostingKind::Block => "capacity_block",
        }
    }

    /// Units of quantity to one unit of the rate: chip-us to the chip-hour, mW us to the MWh (and MW-hour), 1 for chips and micro-USD.
    pub fn units_per_rate_unit(self) -> i128 {
        match self {
            PostingKind::Usage | PostingKind::Reservation | PostingKind::ReservedInference => 3_600_000_000,
            PostingKind::Block => 3_600_000_000,
            PostingKind::Power | PostingKind::Facility | PostingKind::Operations => 3_600_000_000_000_000_000,
            PostingKind::CapexOrder | PostingKind::CapexDelivery | PostingKind::CancelFee => 1,
            PostingKind::Shortfall | PostingKind::Tranche => 1,
        }
    }

    /// Whether a meter counts it over time, so that its line stands for the month; else it falls on its own date.
    pub fn is_metered(self) -> bool {
        match self {
            PostingKind::Usage | PostingKind::Reservation | PostingKind::ReservedInference => true,
            PostingKind::Power | PostingKind::Facility | PostingKind::Operations => true,
            PostingKind::CapexOrder | PostingKind::CapexDelivery | PostingKind::CancelFee => false,
            PostingKind::Shortfall | PostingKind::Tranche | PostingKind::Block => false,
        }
    }
}

/// What a posting is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sku {
    /// A workload's chips on a pool.
    Cell(CellId),
    /// A pool (power, facility, operations).
    Pool(PoolId),
    /// A tenant's share of a pool.
    Share(PoolId, TenantId),
    /// The n-th delivery of a pool.
    Delivery(PoolId, u32),
    /// The n-th period of a contract.
    Period(ContractId, u32),
    /// The n-th tranche of an investment.
    Tranche(InvestmentId, u32),
    /// The n-th capacity block of a pool.
    Block(PoolId, u32),
}

/// One transfer: payer -> payee, on a date, for a reason.
///
/// Amount = quantity x rate / (units of quantity to one of the rate), rounded once to the micro-dollar, half to even.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Instant.
    pub at: SimTime,
    /// Month of the study it belongs to.
    pub month: u16,
    /// Who pays.
    pub payer: PartyId,
    /// Who is paid.
    pub payee: PartyId,
    /// Why.
    pub kind: PostingKind,
    /// For what.
    pub sku: Sku,
    /// Price kind, for chip-hours.
    pub price_kind: Option<PriceKind>,
    /// Price segment: how often that price path had stepped.
    pub segment: u16,
    /// Quantity in the kind's unit (chip-us, mW us, chips; micro-USD for a shortfall or a tranche).
    pub quantity: i128,
    /// Price per unit of the kind [nano-USD per chip-hour, MWh, MW-hour or chip]; 1,000 nano-USD for a micro-dollar.
    pub rate: Rate,
    /// Amount.
    pub amount: Money,
    /// Within the group (the cloud's own lab): eliminated in the provider's view.
    pub internal: bool,
    /// Run it belongs to, by position in `keys`.
    pub run: u32,
}

/// What a meter counted between two readings; the price of its line does not step inside.
///
/// Read at month closes, at steps of its price, at ends of contract periods and at the end of a contract or of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeterRow {
    /// Kind of line it feeds; a metered one.
    pub kind: PostingKind,
    /// Cell (usage), share (reservation, reserved inference) or pool (power, facility, operations).
    pub sku: Sku,
    /// Month of the metered time.
    pub month: u16,
    /// Price segment in force.
    pub segment: u16,
    /// Previous reading.
    pub from: SimTime,
    /// This reading; the metered time is [from, to).
    pub to: SimTime,
    /// Counted [chip-us or mW us].
    pub quantity: u128,
    /// Guaranteed or reserved, yet late or down [chip-us]; 0 for other kinds.
    pub undelivered: u128,
    /// Guaranteed or reserved and up, yet other labs' gangs sit there [chip-us]; 0 for other kinds.
    pub blocked: u128,
    /// Run it belongs to, by position in `keys`.
    pub run: u32,
}

/// A closed contract period: commit = drawn + excused + shortfall, or drawn more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeriodRow {
    /// Contract.
    pub contract: ContractId,
    /// Its n-th period.
    pub period: u32,
    /// When it closed; the end of the run for the one that `end` cuts.
    pub at: SimTime,
    /// Committed for it (prorated when the contract ended inside).
    pub commit: Money,
    /// Usage, reservation and reserved billed in it.
    pub drawn: Money,
    /// Contract price x guaranteed and reserved chip-hours that were late, down or blocked.
    pub excused: Money,
    /// Of that: blocked by other labs' gangs.
    pub blocked: Money,
    /// Posted; zero for a period cut by `end`.
    pub shortfall: Money,
    /// False for a period that `end` cuts: no true-up, its remainder lies beyond the horizon.
    pub closed: bool,
    /// Run it belongs to, by position in `keys`.
    pub run: u32,
}

/// A row of `events.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// When it came into force.
    pub at: SimTime,
    /// Event class number.
    pub class: u8,
    /// What changed.
    pub change: Change,
    /// Run it belongs to, by position in `keys`.
    pub run: u32,
}

/// A row of `jobs.csv`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JobRow {
    /// Workload.
    pub workload: WorkloadId,
    /// Number in its stream; negative in the spin-up.
    pub item: i64,
    /// Submitted.
    pub submitted: SimTime,
    /// Start of the first attempt; None: refused or never started.
    pub started: Option<SimTime>,
    /// End; None: still running or waiting at the end, or stopped for outlasting what was expected of it.
    pub finished: Option<SimTime>,
    /// Gang [chips].
    pub chips: u32,
    /// Cell of the last attempt.
    pub cell: Option<CellId>,
    /// Failures.
    pub failures: u32,
    /// How often it was taken off: for another job, by spot, or at the end of a block.
    pub preemptions: u32,
    /// Run it belongs to, by position in `keys`.
    pub run: u32,
}
