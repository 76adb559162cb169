//! Planned starts of waiting jobs, for conservative backfilling: each pass plans them anew in the order in which they were first planned,
//! so that nobody is planned in the way of one planned before. A job keeps the nodes it was planned for while nothing is earlier: who
//! starts beside it cannot move it by changing which nodes it would be given.

use super::nodes::Piece;
use super::outlook::Outlook;
use super::profile::{Gang, Profile};
use super::queue::{Cursor, Queue};
use super::sim::Sim;
use crate::units::{SimTime, Span};
use crate::world::CellId;

/// A planned start.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whose.
    pub slot: u32,
    /// When; NEVER where no pool could take the job, or it has not been planned yet.
    pub start: SimTime,
    /// On which cell.
    pub cell: CellId,
    /// On which nodes; empty where they are interchangeable.
    pub pieces: Vec<Piece>,
}

impl Plan {
    fn none(slot: u32) -> Plan {
        Plan { slot, start: SimTime::NEVER, cell: CellId::new(0), pieces: Vec::new() }
    }
}

impl Sim<'_> {
    /// Plans the waiting jobs of the domain, as many as it plans for, and starts those whose time is now.
    pub(super) fn start_as_planned(&mut self, domain: usize) {
        let pools: Vec<usize> = self.domains[domain].pools.iter().map(|pool| pool.index()).collect();
        let mut profiles: Vec<(usize, Profile)> = pools.iter().map(|pool| (*pool, self.profile(*pool))).collect();
        for before in self.next_to_be_planned(domain) {
            let slot = before.slot;
            let Some((plan, gang)) = self.plan(before, &profiles) else {
                self.domains[domain].planned.push(Plan::none(slot));
                continue;
            };
            let pool = self.cells[plan.cell.index()].pool;
            let profile = &mut profiles.iter_mut().find(|(of, _)| *of == pool).expect("a pool of the domain").1;
            profile.hold(plan.start, gang, &plan.pieces);
            self.jobs.aside_mut(slot).promised.get_or_insert(plan.start);
            if plan.start == self.now {
                let before = self.watch.is_some().then(|| self.watch_planned(domain));
                self.take_from_queue(slot);
                self.jobs[slot].pieces.extend_from_slice(&plan.pieces);
                self.start(slot, plan.cell);
                self.again |= self.domains[domain].any_committed;
                if let Some(before) = before {
                    self.watch_overtaken(domain, slot, &before);
                }
            } else {
                self.domains[domain].planned.push(plan);
            }
        }
    }

    /// The pool if running jobs end when they are expected to; one that has outlasted what was expected may end at any moment.
    fn profile(&self, pool: usize) -> Profile {
        let mut now = Outlook::default();
        now.look_at(&self.pools[pool]);
        let mut profile = Profile::new(self.now, now);
        for (end, slot) in &self.pools[pool].ends {
            let job = &self.jobs[*slot];
            let at = (*end).max(SimTime(self.now.0 + 1));
            profile.release(at, self.cells[job.cell as usize].claim, job.chips, &job.pieces);
        }
        profile
    }

    /// What waiting jobs were planned for, in the order in which they were first planned, then new ones by the order of their queues.
    fn next_to_be_planned(&mut self, domain: usize) -> Vec<Plan> {
        let depth = self.domains[domain].rules.plan_depth;
        let mut planned = std::mem::take(&mut self.domains[domain].planned);
        planned.retain(|plan| self.jobs[plan.slot].planned);
        let mut cursors = vec![Cursor::default(); self.domains[domain].queues.len()];
        while planned.len() < depth {
            let queues = self.domains[domain].queues.iter_mut().zip(&mut cursors);
            let jobs = &self.jobs;
            let next = queues
                .filter_map(|(queue, cursor)| queue.seek(cursor, u32::MAX, |waiting| !jobs[waiting.slot].planned))
                .min_by_key(|waiting| waiting.key);
            let Some(next) = next else { break };
            self.jobs[next.slot].planned = true;
            planned.push(Plan::none(next.slot));
            let queue = self.workloads[self.jobs[next.slot].workload as usize].queue;
            Queue::step(&mut cursors[queue]);
        }
        planned
    }

    /// The pool where the job is expected to start first, when, and on which nodes. Of pools that are equal what it was planned for before stands if
    /// it still can, else the first in its list.
    fn plan(&self, before: Plan, profiles: &[(usize, Profile)]) -> Option<(Plan, Gang)> {
        let slot = before.slot;
        let job = &self.jobs[slot];
        let workload = &self.workloads[job.workload as usize];
        let look = |cell: CellId| {
            let pool = self.cells[cell.index()].pool;
            if self.pools[pool].is_shut() {
                return None;
            }
            let profile = &profiles.iter().find(|(of, _)| *of == pool)?.1;
            let length = Span(self.expected_length_us(slot, cell));
            Some((pool, profile, Gang { tenant: workload.tenant, chips: job.chips, length }))
        };
        let place = |cell: &CellId| {
            let (pool, profile, gang) = look(*cell)?;
            let (start, pieces) = profile.earliest(gang, self.pools[pool].placement)?;
            Some((Plan { slot, start, cell: *cell, pieces }, gang))
        };
        let best = workload.cells.iter().filter_map(place).min_by_key(|(plan, _)| plan.start)?;
        if before.start == best.0.start
            && let Some((_, profile, gang)) = look(before.cell)
            && profile.keeps(before.start, gang, &before.pieces)
        {
            return Some((before, gang));
        }
        Some(best)
    }
}
