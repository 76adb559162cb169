//! Records to figures: one run's value of every metric. Averages nothing over runs (study does) and knows no dollar (finance does).

mod chips;
mod goodput;
mod jobs;
mod services;

pub use goodput::is_goodput;

use crate::record::RunRecord;
use crate::world::{
    CellId, CloudId, ContractId, InterruptionId, Param, PoolId, ServiceId, TenantId, WorkloadId, World,
};
use std::ops::Range;

/// A figure with a name: what it means, in which unit, of what.
#[derive(Debug)]
pub struct Metric {
    /// Column value of `metric`.
    pub name: &'static str,
    /// Unit, `-` for fractions.
    pub unit: &'static str,
    /// Definition in one sentence.
    pub what: &'static str,
    /// Which way is better.
    pub better: Better,
}

/// Which way a figure is better, all else equal, for the cloud whose choice a strategy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More is.
    More,
    /// Less is.
    Less,
    /// Neither: a size, a memo, or a part of a figure that is judged whole.
    Neither,
}

impl Better {
    /// As written in tables and manuals; empty for neither.
    pub fn name(self) -> &'static str {
        match self {
            Better::More => "more",
            Better::Less => "less",
            Better::Neither => "",
        }
    }
}

/// What a figure is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// A cloud's provider group.
    Cloud(CloudId),
    /// A pool.
    Pool(PoolId),
    /// A lab.
    Tenant(TenantId),
    /// A workload.
    Workload(WorkloadId),
    /// A workload on a pool.
    Cell(CellId),
    /// A tenant's guaranteed and reserved chips on a pool.
    Share(PoolId, TenantId),
    /// The n-th campaign of a workload.
    Campaign(WorkloadId, u16),
    /// A contract.
    Contract(ContractId),
    /// A service.
    Service(ServiceId),
    /// What interrupts a lab's gangs.
    LabReason(TenantId, InterruptionId),
    /// What interrupts a workload's gangs.
    WorkloadReason(WorkloadId, InterruptionId),
}

impl Scope {
    /// `scope_kind` of the tables.
    pub fn kind(self) -> &'static str {
        match self {
            Scope::Cloud(_) => "cloud",
            Scope::Pool(_) => "pool",
            Scope::Tenant(_) => "lab",
            Scope::Workload(_) => "workload",
            Scope::Cell(_) => "workload@pool",
            Scope::Share(..) => "lab@pool",
            Scope::Campaign(..) => "campaign",
            Scope::Contract(_) => "contract",
            Scope::Service(_) => "service",
            Scope::LabReason(..) => "lab/reason",
            Scope::WorkloadReason(..) => "workload/reason",
        }
    }

    /// `scope` of the tables.
    pub fn name(self, world: &World) -> String {
        let workload = |id: WorkloadId| {
            let workload = &world.workloads[id];
            format!("{}.{}", world.tenants[workload.tenant].name, workload.name)
        };
        match self {
            Scope::Cloud(id) => world.clouds[id].name.clone(),
            Scope::Pool(id) => world.pools[id].name.clone(),
            Scope::Tenant(id) => world.tenants[id].name.clone(),
            Scope::Workload(id) => workload(id),
            Scope::Cell(id) => world.cell_label(id),
            Scope::Share(pool, tenant) => format!("{}@{}", world.tenants[tenant].name, world.pools[pool].name),
            Scope::Campaign(id, n) => format!("{}#{n}", workload(id)),
            Scope::Contract(id) => world.contracts[id].name.clone(),
            Scope::Service(id) => {
                format!("{}.{}", world.tenants[world.services[id].tenant].name, world.services[id].name)
            }
            Scope::LabReason(id, reason) => format!("{}/{}", world.tenants[id].name, world.interruptions[reason].name),
            Scope::WorkloadReason(id, reason) => format!("{}/{}", workload(id), world.interruptions[reason].name),
        }
    }
}

/// Over which stretch of the study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// All of it.
    All,
    /// A fiscal (calendar) year.
    Year(i16),
    /// The n-th month.
    Month(u16),
}

impl Period {
    /// `period` of the tables: `all`, `2026`, `2026-01`.
    pub fn name(self, world: &World) -> String {
        match self {
            Period::All => "all".to_owned(),
            Period::Year(year) => year.to_string(),
            Period::Month(month) => world.month_names[usize::from(month)].clone(),
        }
    }

    /// Months it covers.
    pub fn months(self, world: &World) -> Range<u16> {
        match self {
            Period::All => 0..world.months.len() as u16,
            Period::Year(year) => {
                let first = world.month_years.partition_point(|y| *y < year) as u16;
                first..world.month_years.partition_point(|y| *y <= year) as u16
            }
            Period::Month(month) => month..month + 1,
        }
    }

    /// All, each fiscal year and each month of a study.
    pub fn every(world: &World) -> Vec<Period> {
        let mut years = world.month_years.clone();
        years.dedup();
        let months = 0..world.months.len() as u16;
        std::iter::once(Period::All)
            .chain(years.into_iter().map(Period::Year))
            .chain(months.map(Period::Month))
            .collect()
    }

    /// All and each fiscal year.
    pub fn yearly(world: &World) -> Vec<Period> {
        Period::every(world).into_iter().filter(|period| !matches!(period, Period::Month(_))).collect()
    }
}

/// Which figure: the same in every run of a world, in the same order.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// What.
    pub metric: &'static Metric,
    /// Of what.
    pub scope: Scope,
    /// Over which stretch.
    pub period: Period,
}

impl PartialEq for Key {
    fn eq(&self, other: &Key) -> bool {
        self.metric.name == other.metric.name && self.scope == other.scope && self.period == other.period
    }
}

/// One run's figures, in the order of their keys. Empty is not zero.
#[derive(Debug, Default)]
pub struct Sheet {
    /// Which.
    pub keys: Vec<Key>,
    /// How much; None: there is none in this run.
    pub values: Vec<Option<f64>>,
}

impl Sheet {
    /// Adds a figure.
    pub fn put(&mut self, metric: &'static Metric, scope: Scope, period: Period, value: Option<f64>) {
        assert!(value.is_none_or(f64::is_finite), "{} of {scope:?} over {period:?} is {value:?}", metric.name);
        self.keys.push(Key { metric, scope, period });
        self.values.push(value);
    }

    /// The figure under a metric's name, scope and period.
    pub fn get(&self, metric: &str, scope: Scope, period: Period) -> Option<f64> {
        let at = self.keys.iter().position(|k| k.metric.name == metric && k.scope == scope && k.period == period)?;
        self.values[at]
    }
}

/// Every physical metric.
pub fn registry() -> Vec<&'static Metric> {
    let gangs = chips::METRICS.iter().chain(jobs::METRICS).chain(goodput::METRICS);
    gangs.chain(services::METRICS).copied().collect()
}

/// Physical figures of one run.
pub fn measure(world: &World, record: &RunRecord, sheet: &mut Sheet) {
    let every = Period::every(world);
    chips::measure(world, record, &every, sheet);
    jobs::measure(world, record, sheet);
    goodput::measure(world, record, sheet);
    services::measure(world, record, &every, sheet);
}

/// Value of a parameter in the one run of `record`: as drawn; the median where it varies by event. A record without draws is our mistake.
pub fn value(record: &RunRecord, param: &Param) -> f64 {
    assert!(record.keys.len() <= 1, "a view is of one run, not of {}", record.keys.len());
    match param {
        Param::Fixed(value) => *value,
        Param::Unknown(id) => record.drawn[0][id.index()],
        Param::Varies(law, _) => law.median(),
    }
}

/// `part / whole`; None when there is no whole.
pub fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// Sum of `field` over some months; a record without them is our bug.
pub fn sum<T>(rows: &[T], months: &Range<u16>, field: impl Fn(&T) -> u128) -> u128 {
    let (from, to) = (usize::from(months.start), usize::from(months.end));
    assert!(from <= to && to <= rows.len(), "months {from}..{to} of a record of {}", rows.len());
    rows[from..to].iter().map(field).sum()
}

/// Chip-microseconds to chip-hours.
pub fn chip_hours(chip_us: u128) -> f64 {
    chip_us as f64 / 3.6e9
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of months worth 1, 2 and 4, the last two are 6.
    #[test]
    fn months_are_summed() {
        assert_eq!(sum(&[1, 2, 4], &(1..3), |row| *row), 6);
        assert_eq!(sum(&[1, 2, 4], &(3..3), |row| *row), 0);
    }

    #[test]
    #[should_panic(expected = "months 1..4 of a record of 3")]
    fn months_that_are_not_there_are_no_zero() {
        sum(&[1, 2, 4], &(1..4), |row| *row);
    }
}
