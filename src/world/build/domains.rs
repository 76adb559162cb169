//! Scheduling domains: which pools share a queue, and by which rules. Knows no node.

use super::desk::Desk;
use crate::spec::{self, Named, Schedule};
use crate::units::IdVec;
use crate::world::model::{Backfill, Domain, Order, Placement, PoolId};
use std::collections::BTreeMap;

/// Domains of the file's pools; a pool without `domain` is one of its own.
pub(super) fn domains(desk: &mut Desk<'_>) -> IdVec<Domain> {
    let spec = desk.spec;
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, pool) in spec.pools.iter().enumerate() {
        members.entry(name(pool)).or_default().push(index);
    }
    IdVec(members.into_iter().map(|(name, pools)| one(desk, name, &pools)).collect())
}

fn name(pool: &Named<spec::Pool>) -> &str {
    pool.table.domain.as_ref().map_or(&pool.name, |domain| &domain.value)
}

fn one(desk: &mut Desk<'_>, name: &str, pools: &[usize]) -> Domain {
    let mut rules: Option<(&Named<spec::Pool>, Rules)> = None;
    for index in pools {
        let pool = &desk.spec.pools[*index];
        let Some(these) = Rules::written(&pool.table.schedule) else { continue };
        match &rules {
            Some((first, before)) if *before != these => {
                let message = format!(
                    "pools `{}` and `{}` share the domain `{name}` but not their schedule",
                    first.name, pool.name
                );
                let path = format!("{}.schedule", pool.path);
                desk.problem(pool.origin, &path, message, format!("write `schedule` on one pool of `{name}` only"));
            }
            Some(_) => {}
            None => rules = Some((pool, these)),
        }
    }
    let rules = rules.map_or(Rules::default(), |(_, rules)| rules);
    Domain {
        name: name.to_owned(),
        pools: pools.iter().map(|index| PoolId::new(*index)).collect(),
        order: rules.order,
        backfill: rules.backfill,
        placement: rules.placement,
        queue_limit: rules.queue_limit,
    }
}

/// A schedule, resolved.
#[derive(PartialEq)]
struct Rules {
    order: Order,
    backfill: Backfill,
    placement: Placement,
    queue_limit: Option<u64>,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { order: Order::Fifo, backfill: Backfill::Strict, placement: Placement::FirstFit, queue_limit: None }
    }
}

impl Rules {
    /// The rules of a schedule of which anything is written.
    fn written(schedule: &Schedule) -> Option<Rules> {
        if *schedule == Schedule::default() {
            return None;
        }
        let says = |at: &Option<spec::At<String>>, word: &str| at.as_ref().is_some_and(|at| at.value == word);
        Some(Rules {
            order: if says(&schedule.order, "priority") { Order::Priority } else { Order::Fifo },
            backfill: if says(&schedule.backfill, "skip_ahead") { Backfill::SkipAhead } else { Backfill::Strict },
            placement: if says(&schedule.placement, "best_fit") { Placement::BestFit } else { Placement::FirstFit },
            queue_limit: schedule.queue_limit.as_ref().map(|at| at.value.max(0) as u64),
        })
    }
}
