//! Rules of a scheduler, as a domain has them: the parts of the composition and their numbers. Which parts go together, and what each
//! does, stands in `policy`.

use super::model::{PoolId, PriceKind};
use crate::units::Span;

/// Order of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By submission.
    Fifo,
    /// Shortest expected job first.
    Sjf,
    /// Shortest expected remaining time first.
    Srtf,
    /// By priority, then submission.
    Priority,
    /// Least attained service first, in levels.
    Las,
    /// The tenant with the smallest weighted share first; its own jobs by submission.
    FairShare,
}

/// What a blocked head means for those behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backfill {
    /// They wait.
    Strict,
    /// They may pass.
    SkipAhead,
    /// They may pass if the head's reserved start does not move.
    Easy,
    /// They may pass if nobody's reserved start moves.
    Conservative,
}

/// Who is taken off for a job whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preemption {
    /// Nobody.
    Off,
    /// Jobs of a lower priority.
    Class,
    /// Jobs that the queue's order puts behind.
    OrderKey,
}

/// How a job leaves that is taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yield {
    /// It writes a checkpoint first and loses nothing.
    Graceful,
    /// It loses what it did since its last checkpoint.
    Abrupt,
}

/// Who goes first among those that may be taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    /// Lowest priority, then the least chip-time lost, then the latest submitted. Coupling finding 10.
    LeastLost,
    /// By a hash of the job: any of them, without regard to what it loses.
    Hash,
}

/// Which nodes a job gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Lowest node that has room.
    FirstFit,
    /// Fullest node that has room, then the lowest.
    BestFit,
    /// Emptiest node, then the lowest.
    Spread,
    /// Completely free nodes only, which it has for itself.
    WholeNode,
    /// As `BestFit`, with the rest of a gang above a node on the fullest node too: a quirk of Starburst.
    FullestRest,
    /// As `BestFit`, and a gang that finds no room together is split over as few nodes as can be.
    Split,
    /// Inside one UltraServer if it fits, else whole UltraServers and the rest in one.
    UltraServer,
}

/// Which of its pools a job gets, of those that have room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolChoice {
    /// The first in the workload's list.
    InOrder,
    /// The cheapest for the whole job: price / speed.
    CheapestFeasible,
    /// The fastest.
    Fastest,
    /// The one with the largest share of free chips.
    LeastLoaded,
    /// The one where it is best relative to the other workloads: its speed here over theirs.
    ThroughputMatrix,
}

/// A published simulator whose documented quirks a domain follows, to be compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compat {
    /// Helios (SC'21).
    Helios,
    /// Starburst (ATC'24).
    Starburst,
}

/// What becomes of a job that has waited for long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// How long it waits.
    pub after: Span,
    /// The pool it may go to as well; None: its own pools, at another price.
    pub to: Option<PoolId>,
    /// What it pays there.
    pub price: PriceKind,
}

/// Rules of a scheduler.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Queue order.
    pub order: Order,
    /// Backfill.
    pub backfill: Backfill,
    /// Preemption.
    pub preemption: Preemption,
    /// Placement.
    pub placement: Placement,
    /// Choice of the pool.
    pub pool_choice: PoolChoice,
    /// How a preempted job leaves.
    pub yields: Yield,
    /// What loading costs by size of the gang: (up to so many chips, time), ascending; a larger one, the workload's own `restart`.
    pub restart_costs: Vec<(u32, Span)>,
    /// Borrowers leave within this, saved or not; None: as long as saving takes.
    pub notice: Option<Span>,
    /// Loading and saving of a borrower over its lease, at most: what makes a lease worth it [0..1].
    pub lend_overhead: f64,
    /// Share of a pool's chips that is not lent [0..1].
    pub lend_margin: f64,
    /// Shortest lease from a tenant's services to its gangs; None: by what a lease costs.
    pub serving_lease: Option<Span>,
    /// Share of a pool that services keep beyond their forecast before gangs start; None: 0.05, and 0 without a lease [0..1].
    pub serving_margin: Option<f64>,
    /// Who is preempted.
    pub victim: Victim,
    /// Policies see true durations.
    pub oracle: bool,
    /// Attained service at which a job falls to the next level, ascending [chip-us]; order `las`.
    pub las_levels: Vec<u128>,
    /// Turn of a job within a level, after which it goes to its end; order `las`.
    pub las_quantum: Option<Span>,
    /// By tenant, order `fair_share`; its part is held / weight.
    pub weights: Vec<f64>,
    /// Jobs that hold reservations under `conservative`.
    pub plan_depth: usize,
    /// Jobs that may wait; one more is refused and counted.
    pub queue_limit: Option<u64>,
    /// Where those go that have waited for long.
    pub overflow: Option<Overflow>,
    /// Elastic gangs change their size at whole multiples of this from the scenario's start.
    pub resize_every: Span,
    /// Quirks of a published simulator.
    pub compat: Option<Compat>,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            order: Order::Fifo,
            backfill: Backfill::Strict,
            preemption: Preemption::Off,
            placement: Placement::FirstFit,
            pool_choice: PoolChoice::InOrder,
            yields: Yield::Graceful,
            restart_costs: Vec::new(),
            notice: None,
            lend_overhead: 0.05,
            lend_margin: 0.05,
            serving_lease: None,
            serving_margin: None,
            victim: Victim::LeastLost,
            oracle: false,
            las_levels: Vec::new(),
            las_quantum: None,
            weights: Vec::new(),
            plan_depth: 100,
            queue_limit: None,
            overflow: None,
            resize_every: Span::HOUR,
            compat: None,
        }
    }
}

/// Why these parts have no meaning together; None where they have.
pub fn refused(rules: &Rules) -> Option<&'static str> {
    let conservative = rules.backfill == Backfill::Conservative;
    match (rules.order, rules.preemption) {
        (Order::FairShare, Preemption::OrderKey) => {
            Some("`fair_share` orders tenants and `order_key` takes a tenant's own jobs off: nobody would ever go")
        }
        (Order::Las, Preemption::Off | Preemption::Class) if rules.las_quantum.is_some() => {
            Some("a turn of `las` ends when the next takes a job off: write preemption = \"order_key\"")
        }
        (Order::Las | Order::FairShare, _) if conservative => {
            Some("`conservative` promises starts, and this order changes while jobs wait")
        }
        (_, Preemption::Class | Preemption::OrderKey) if conservative => {
            Some("`conservative` promises starts, and preemption breaks promises")
        }
        (_, _) if conservative && rules.placement == Placement::Split => Some(
            "`conservative` promises starts, and how long a gang takes that may be split depends on what is free then",
        ),
        (_, Preemption::Off | Preemption::OrderKey) if rules.victim == Victim::Hash => Some(
            "`victim` chooses among those that preemption = \"class\" takes off: write that, or leave `victim` out",
        ),
        _ => None,
    }
}
