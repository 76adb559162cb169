//! The chips behind the meters, from rows of events and the plan alone: what is promised, installed and entitled, against the monthly
//! integrals that the run's meters left. Knows no price and reads no meter row.

use super::Second;
use crate::record::ShareMonth;
use crate::units::SimTime;
use crate::world::{EventKind, PoolId};

/// A level through time: (from, chips), in order.
type Steps = Vec<(SimTime, u64)>;

/// The level in force at an instant; 0 before the first step.
fn level(steps: &Steps, at: SimTime) -> u64 {
    steps[..steps.partition_point(|step| step.0 <= at)].last().map_or(0, |step| step.1)
}

/// Running sums of dated changes.
fn summed(mut changes: Vec<(SimTime, i64)>) -> Steps {
    changes.sort_by_key(|change| change.0);
    let mut sum = 0;
    changes
        .into_iter()
        .map(|(at, by)| {
            sum += by;
            (at, u64::try_from(sum).expect("nothing leaves that is not there"))
        })
        .collect()
}

impl Second<'_> {
    /// Chips promised and installed = the integrals, month by month; where no chip was down, entitlements too. Megawatts and energy = chips
    /// x their power.
    pub fn chips_again(&mut self) {
        for pool in self.world.pools.ids() {
            let installed = self.installed(pool);
            let planned: Vec<(SimTime, i64)> = {
                let terms = &self.world.pools[pool];
                let per_node = i64::from(terms.chips_per_node);
                terms.retirements.iter().map(|(at, nodes)| (*at, i64::from(*nodes) * per_node)).collect()
            };
            let (planned, gone) = (summed(planned), summed(self.changes(EventKind::Retirement, pool)));
            let promised: Vec<[Steps; 3]> = (0..self.world.tenants.len())
                .map(|tenant| {
                    let kinds = [EventKind::Guaranteed, EventKind::Reserved, EventKind::BlockChips];
                    kinds.map(|kind| self.promised(kind, pool, tenant))
                })
                .collect();
            let mut cuts: Vec<SimTime> = promised
                .iter()
                .flatten()
                .chain([&installed, &planned, &gone])
                .flat_map(|steps| steps.iter().map(|step| step.0))
                .collect();
            cuts.sort_unstable();
            cuts.dedup();
            for month in 0..self.world.months.len() {
                self.pool_month(pool, month, &cuts, &installed, &(&planned, &gone), &promised);
            }
        }
    }

    fn pool_month(
        &mut self,
        pool: PoolId,
        month: usize,
        cuts: &[SimTime],
        installed: &Steps,
        (planned, gone): &(&Steps, &Steps),
        promised: &[[Steps; 3]],
    ) {
        let from = self.world.months[month].max(self.world.measure_from);
        let to = self.world.month_end(month as u16);
        let Some(row) = self.record.pools.get(pool.index()).and_then(|months| months.get(month)).copied() else {
            return;
        };
        let terms = &self.world.pools[pool];
        let stand_by = terms.spares.as_ref().map_or(0, |spares| u64::from(spares.nodes * terms.chips_per_node));
        let mut stood = 0;
        let mut again = vec![ShareMonth::default(); promised.len()];
        let mut instants: Vec<SimTime> = cuts.iter().copied().filter(|at| from < *at && *at < to).collect();
        instants.insert(0, from);
        for (n, at) in instants.iter().enumerate().filter(|_| from < to) {
            let us = u128::from(instants.get(n + 1).unwrap_or(&to).since(*at).0);
            let there = level(installed, *at);
            stood += u128::from(there) * us;
            let leaving = level(planned, *at).saturating_sub(level(gone, *at));
            let up = there.saturating_sub(leaving + stand_by);
            let all: u64 = promised.iter().flatten().map(|steps| level(steps, *at)).sum();
            let per_node = u64::from(self.world.pools[pool].chips_per_node);
            for (share, [guaranteed, reserved, block]) in again.iter_mut().zip(promised) {
                share.block += u128::from(level(block, *at)) * us;
                let (guaranteed, reserved) = (level(guaranteed, *at), level(reserved, *at));
                let cut = |chips: u64| {
                    if all <= up { chips } else { (u128::from(chips) * u128::from(up) / u128::from(all)) as u64 }
                };
                share.guaranteed += u128::from(guaranteed) * us;
                share.reserved += u128::from(reserved) * us;
                share.late += u128::from(guaranteed - cut(guaranteed)) * us;
                share.reserved_late += u128::from(reserved - cut(reserved) / per_node * per_node) * us;
            }
        }
        let terms = &self.world.pools[pool];
        if terms.unlimited {
            // Chips come with each gang and go with it: no event says so, the meters of the gangs' own cells do.
            let here = self.world.cells.ids().filter(|cell| self.world.cells[*cell].pool == pool);
            stood = here.map(|cell| self.record.cells[cell.index()][month].allocated).sum();
        }
        let (power, reserved_mw) = (terms.power, u128::from(terms.reserved_mw()));
        let name = terms.name.clone();
        let quiet = row.idle + row.ready + row.starting;
        let drawn = quiet * u128::from(power.idle_mw)
            + row.gangs * u128::from(power.full_mw)
            + row.at_work * u128::from(power.full_mw - power.idle_mw)
            + row.reserved * reserved_mw;
        let what = |of: &str| format!("{name}, month {month}, {of}");
        self.must_equal("chips", what("installed"), "chip-us", stood as i128, row.installed as i128);
        let full = stood * u128::from(power.full_mw);
        self.must_equal("chips", what("installed power"), "mW us", full as i128, row.installed_mw_us as i128);
        self.must_equal("chips", what("energy"), "mW us", drawn as i128, row.energy_mw_us as i128);
        for (tenant, again) in again.iter().enumerate() {
            let months = self.record.shares.get(pool.index()).and_then(|tenants| tenants.get(tenant));
            let Some(share) = months.and_then(|months| months.get(month)).copied() else { continue };
            let lab = self.world.tenants.0[tenant].name.clone();
            let what = |of: &str| format!("{name}, month {month}, {lab}, {of}");
            self.must_equal("chips", what("guaranteed"), "chip-us", again.guaranteed as i128, share.guaranteed as i128);
            self.must_equal("chips", what("reserved"), "chip-us", again.reserved as i128, share.reserved as i128);
            self.must_equal("chips", what("in blocks"), "chip-us", again.block as i128, share.block as i128);
            // A chip down is no event of its own; the audits of the run tie it to the others' meters.
            if row.down == 0 {
                let reserved = again.reserved_late as i128;
                self.must_equal("chips", what("late"), "chip-us", again.late as i128, share.late as i128);
                self.must_equal("chips", what("late, reserved"), "chip-us", reserved, share.reserved_late as i128);
            }
        }
    }

    /// Chips in the ground: what stood at the start, deliveries that took place, nodes that left.
    fn installed(&self, pool: PoolId) -> Steps {
        let terms = &self.world.pools[pool];
        let nodes: u32 = terms.initial.iter().map(|vintage| vintage.nodes).sum();
        let mut changes = vec![(SimTime::ZERO, i64::from(nodes) * i64::from(terms.chips_per_node))];
        for row in self.rows(EventKind::Delivery, pool) {
            let nodes = terms.deliveries[row.change.object as usize].nodes;
            changes.push((row.at, i64::from(nodes) * i64::from(terms.chips_per_node)));
        }
        changes.extend(self.changes(EventKind::Retirement, pool).into_iter().map(|(at, chips)| (at, -chips)));
        summed(changes)
    }

    fn changes(&self, kind: EventKind, pool: PoolId) -> Vec<(SimTime, i64)> {
        self.rows(kind, pool).map(|row| (row.at, row.change.value)).collect()
    }

    fn promised(&self, kind: EventKind, pool: PoolId, tenant: usize) -> Steps {
        let mine = self.rows(kind, pool).filter(|row| row.change.object as usize == tenant);
        mine.map(|row| (row.at, row.change.value as u64)).collect()
    }

    fn rows(&self, kind: EventKind, pool: PoolId) -> impl Iterator<Item = &crate::record::EventRow> {
        let rows = self.record.events.iter();
        rows.filter(move |row| row.change.kind == kind && row.change.subject as usize == pool.index())
    }
}
