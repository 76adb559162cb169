//! What fails, as written: causes, repair, spares, outages, maintenance. Resolves no name.

use super::model::{At, LawSpec, Leaf, Tables};
use crate::units::Date;

/// `[pools.X.causes.Y]`.
#[derive(Clone, PartialEq, Debug)]
pub struct CauseSpec {
    /// Failures by it [1 per chip-hour] ...
    pub per_chip_hour: Option<Leaf>,
    /// ... or its share of the pool's [0..1].
    pub share: Option<Leaf>,
    /// `job | node | rack`; default `node`.
    pub takes: Option<At<String>>,
    /// Time of its repair [h]; default the pool's.
    pub repair: Option<LawSpec>,
}

/// `repair = { time = {...}, crews = n }`.
#[derive(Clone, PartialEq, Debug)]
pub struct Repair {
    /// Time of one repair [h].
    pub time: LawSpec,
    /// Repairs at once; absent: no limit.
    pub crews: Option<At<i64>>,
}

/// `spares = { nodes = n, after = "10min" }`.
#[derive(Clone, PartialEq, Debug)]
pub struct SparesSpec {
    /// Nodes of the pool that stand by.
    pub nodes: At<i64>,
    /// From a failure to the spare in its place [h]; absent: at once.
    pub after: Option<Leaf>,
}

/// What the pool says of failures.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FailureSpec {
    /// Failures that stop a gang [1 per chip-hour]; default from the catalog.
    pub per_chip_hour: Option<Leaf>,
    /// `[pools.X.causes.Y]`.
    pub causes: Tables<CauseSpec>,
    /// Chip of the catalog whose causes and shares hold.
    pub causes_of: Option<At<String>>,
    /// Repair of a failed node; absent: at once.
    pub repair: Option<Repair>,
    /// Nodes that stand by.
    pub spares: Option<SparesSpec>,
    /// Nodes in a rack.
    pub rack_nodes: Option<At<i64>>,
    /// Outages of the whole pool or of a rack.
    pub outages: Tables<OutageSpec>,
    /// Planned maintenance.
    pub maintenance: Tables<MaintenanceSpec>,
}

/// `[pools.X.outages.Y]`, `[sites.X.outages.Y]`, `[regions.X.outages.Y]`.
#[derive(Clone, PartialEq, Debug)]
pub struct OutageSpec {
    /// When; absent: by chance.
    pub at: Option<At<Date>>,
    /// Mean number a year, by chance [1/y].
    pub per_year: Option<Leaf>,
    /// How long [h].
    pub duration: Leaf,
    /// Only this rack of the pool, counted from 0.
    pub rack: Option<At<i64>>,
    /// Each rack of the pool has its own, by chance.
    pub each_rack: Option<At<bool>>,
}

/// `[pools.X.maintenance.Y]`.
#[derive(Clone, PartialEq, Debug)]
pub struct MaintenanceSpec {
    /// When the nodes go.
    pub at: At<Date>,
    /// How long before nothing starts any more [h].
    pub drain: Option<Leaf>,
    /// How long they are away [h].
    pub duration: Leaf,
}

/// `[regions.X]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Region {
    /// Outages of all pools of all its sites.
    pub outages: Tables<OutageSpec>,
}

impl FailureSpec {
    /// Its numbers but for those of repair times.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        let causes = self.causes.iter().flat_map(|cause| cause.table.per_chip_hour.iter().chain(&cause.table.share));
        let spares = self.spares.iter().flat_map(|spares| &spares.after);
        let outages = self.outages.iter().flat_map(|outage| outage.table.leaves());
        let plans = self.maintenance.iter().flat_map(|plan| plan.table.drain.iter().chain([&plan.table.duration]));
        self.per_chip_hour.iter().chain(causes).chain(spares).chain(outages).chain(plans)
    }

    /// Laws of its repair times.
    pub fn laws(&self) -> impl Iterator<Item = &LawSpec> {
        let causes = self.causes.iter().flat_map(|cause| &cause.table.repair);
        self.repair.iter().map(|repair| &repair.time).chain(causes)
    }
}

impl OutageSpec {
    /// Its numbers.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        self.per_year.iter().chain([&self.duration])
    }
}
