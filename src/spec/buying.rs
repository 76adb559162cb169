//! Spot and capacity blocks of the scenario file as written. Knows no price.

use super::model::{At, Dated, Leaf, Origin};
use crate::units::Date;

/// `[pools.X.prices.spot]`.
#[derive(Clone, PartialEq, Debug)]
pub struct SpotSpec {
    /// Mean of the process before the clamp, over the on-demand price [-].
    pub mean_ratio: Option<Leaf>,
    /// Its standard deviation in the long run [-].
    pub sd_ratio: Option<Leaf>,
    /// Time after which e^-1 of a deviation is left [h].
    pub relaxation: Option<Leaf>,
    /// Time between two prices [h].
    pub step: Option<Leaf>,
    /// Lowest price over the on-demand price [0..1].
    pub least_ratio: Option<Leaf>,
    /// Highest [0..1].
    pub most_ratio: Option<Leaf>,
    /// Nodes taken back though they are paid for [1 per node-hour].
    pub reclaims_per_node_hour: Option<Leaf>,
    /// Between the notice and the end [h].
    pub notice: Option<Leaf>,
    /// Chips that spot may hold, by date; empty: no limit of its own.
    pub chips: Vec<Dated>,
    /// Dotted path of the table.
    pub path: String,
    /// Where it is written.
    pub origin: Origin,
}

impl SpotSpec {
    /// Its numbers.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        let process = self.mean_ratio.iter().chain(&self.sd_ratio).chain(&self.relaxation).chain(&self.step);
        let bounds = self.least_ratio.iter().chain(&self.most_ratio);
        let reclaim = self.reclaims_per_node_hour.iter().chain(&self.notice);
        process.chain(bounds).chain(reclaim).chain(self.chips.iter().map(|step| &step.amount))
    }
}

/// `[pools.X.blocks.Y]`.
#[derive(Clone, PartialEq, Debug)]
pub struct BlockSpec {
    /// Who buys it.
    pub lab: At<String>,
    /// When it begins.
    pub at: At<Date>,
    /// How long it lasts [h].
    pub length: Leaf,
    /// Nodes.
    pub nodes: At<i64>,
    /// When it is bought; absent: when it begins.
    pub booked: Option<At<Date>>,
    /// `aws | free`.
    pub terms: Option<At<String>>,
    /// How long before its end nothing may run any more [h].
    pub stopped_before: Option<Leaf>,
    /// How long before that jobs are told [h].
    pub warning: Option<Leaf>,
}

impl BlockSpec {
    /// Its numbers.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        [&self.length].into_iter().chain(&self.stopped_before).chain(&self.warning)
    }
}
