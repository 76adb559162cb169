//! Rules of a scheduler and checkpoints' intervals as written. Resolves no name.

use super::model::{At, LawSpec, Leaf, Tables};

/// `schedule = { ... }`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Schedule {
    /// `fifo | sjf | srtf | priority | las | fair_share`.
    pub order: Option<At<String>>,
    /// `strict | skip_ahead | easy | conservative`.
    pub backfill: Option<At<String>>,
    /// `off | class | order_key`.
    pub preemption: Option<At<String>>,
    /// `graceful | abrupt`.
    pub yields: Option<At<String>>,
    /// Borrowers leave within this [h].
    pub notice: Option<Leaf>,
    /// Loading and saving over a lease, at most [0..1].
    pub lend_overhead: Option<Leaf>,
    /// Share of a pool that is not lent [0..1].
    pub lend_margin: Option<Leaf>,
    /// Shortest lease from services to gangs [h].
    pub serving_lease: Option<Leaf>,
    /// Share of a pool that services keep beyond their forecast [0..1].
    pub serving_margin: Option<Leaf>,
    /// `least_lost | hash`.
    pub victim: Option<At<String>>,
    /// `first_fit | best_fit | spread | whole_node | ultraserver`.
    pub placement: Option<At<String>>,
    /// `in_order | cheapest_feasible | fastest | least_loaded | throughput_matrix`.
    pub pool_choice: Option<At<String>>,
    /// Policies see true durations.
    pub oracle: Option<At<bool>>,
    /// Levels of order `las`.
    pub las: Option<LasSpec>,
    /// By lab, order `fair_share`.
    pub weights: Tables<Leaf>,
    /// Jobs that `conservative` plans for.
    pub plan_depth: Option<At<i64>>,
    /// Where those go that have waited for long.
    pub overflow: Option<OverflowSpec>,
    /// Elastic gangs change their size at multiples of this [h].
    pub resize_every: Option<Leaf>,
    /// Jobs that may wait in the domain; one more is refused and counted. Absent: no limit.
    pub queue_limit: Option<At<i64>>,
}

/// `schedule.las`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LasSpec {
    /// Where a job falls to the next level [chip-hours].
    pub levels_chip_hours: Vec<Leaf>,
    /// Turn within a level [h].
    pub quantum: Option<Leaf>,
}

/// `schedule.overflow`.
#[derive(Clone, PartialEq, Debug)]
pub struct OverflowSpec {
    /// How long a job waits [h].
    pub after: Leaf,
    /// Pool; absent: those it has already, at another price.
    pub to: Option<At<String>>,
    /// Price kind; default `on_demand`.
    pub price: Option<At<String>>,
}

impl Schedule {
    /// Its numbers.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        let las = self.las.iter().flat_map(|las| las.levels_chip_hours.iter().chain(&las.quantum));
        let overflow = self.overflow.iter().map(|overflow| &overflow.after);
        let weights = self.weights.iter().map(|weight| &weight.table);
        let lending = self.notice.iter().chain(&self.lend_overhead).chain(&self.lend_margin).chain(&self.resize_every);
        let serving = self.serving_lease.iter().chain(&self.serving_margin);
        las.chain(overflow).chain(weights).chain(lending).chain(serving)
    }
}

/// Work between checkpoints [h].
#[derive(Clone, PartialEq, Debug)]
pub enum Interval {
    /// Always the same.
    Equal(Box<Leaf>),
    /// Drawn for each cycle of a job.
    Drawn(Box<LawSpec>),
}
