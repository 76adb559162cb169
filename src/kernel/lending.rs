//! Idle guaranteed chips that others use: how many there are, and how they come back. Coupling finding 10.

use super::event::{Class, When};
use super::queue::Waiting;
use super::sim::{DOMAIN_DUE, Release, Sabotage, Sim};
use super::state::Right;
use crate::policy::Room;
use crate::units::{SimTime, Span};
use crate::world::Interruption;
use std::collections::VecDeque;

/// The least level of the last while, exactly, for a level that changes in steps.
#[derive(Clone, Debug, Default)]
pub struct LeastOf {
    /// (from, level), both rising: each level is the least from then on until the next.
    steps: VecDeque<(SimTime, u64)>,
}

impl LeastOf {
    /// The level is `level` from `now` on.
    pub fn set(&mut self, now: SimTime, level: u64) {
        let mut from = now;
        // Whoever looks back as far as a higher level sees this one too.
        while let Some((higher, _)) = self.steps.back().copied().filter(|(_, step)| level <= *step) {
            from = higher;
            self.steps.pop_back();
        }
        self.steps.push_back((from, level));
    }

    /// The least of [now - `back`, now]; before the first step the level was 0.
    pub fn least(&mut self, now: SimTime, back: Span) -> u64 {
        while 1 < self.steps.len() && self.steps[1].0 + back <= now {
            self.steps.pop_front();
        }
        match self.steps.front() {
            Some((from, level)) if *from + back <= now || back == Span::ZERO => *level,
            _ => 0,
        }
    }
}

impl Sim<'_> {
    /// What tenants lend now, before a pass looks.
    pub(super) fn refresh_lending(&mut self, domain: usize) {
        let lease = self.domains[domain].min_lease;
        for pool in self.domains[domain].pools {
            if self.pools[pool.index()].lends {
                self.pools[pool.index()].refresh_lending(self.now, lease);
            }
        }
    }

    /// Chips that have become idle may be lent when they have been idle for the shortest lease: a pass is due then.
    pub(super) fn await_lending(&mut self, domain: usize) {
        let at = self.now + self.domains[domain].min_lease;
        self.heap.push(When::new(at, Class::Reclaim), DOMAIN_DUE + domain as u32);
    }

    /// Takes borrowers off for a gang that is within its own guarantee, as few as make room for it: the lowest priority first, then the least
    /// chip-time lost, then the latest.
    pub(super) fn reclaim(&mut self, domain: usize, queue: usize, waiting: &Waiting) -> Room {
        if self.sabotage == Sabotage::Release(Release::Loan) {
            return Room::None;
        }
        let tenant = self.domains[domain].tenants[queue];
        let cells = self.workloads[self.jobs[waiting.slot].workload as usize].cells;
        for cell in cells {
            if self.cells[cell.index()].right != Right::Own {
                continue;
            }
            let pool = self.cells[cell.index()].pool;
            let state = &self.pools[pool];
            let within = u64::from(waiting.chips) <= state.available(tenant, false);
            if !within || state.is_shut() || state.standing.borrowed(state.usable()) == 0 {
                continue;
            }
            if let Some((victims, mut soon)) = self.borrowers_in_the_way(domain, tenant, waiting.chips, pool) {
                let notice = self.domains[domain].rules.notice;
                for slot in victims {
                    soon |= !self.take_off(slot, Interruption::PREEMPTION, notice);
                }
                if let Some(notice) = notice {
                    self.hurry(domain, tenant, pool, notice);
                }
                if soon {
                    // What comes back is not lent again before its owner has it.
                    self.pools[pool].standing.tenants[tenant].lends = 0;
                    return Room::Soon;
                }
                return Room::Now;
            }
        }
        Room::None
    }

    /// Others that are leaving the pool already, for one of their own, leave within the notice too.
    fn hurry(&mut self, domain: usize, tenant: usize, pool: usize, notice: Span) {
        let late = |slot: &u32| {
            let job = &self.jobs[*slot];
            let here = self.cells[job.cell as usize].pool == pool;
            let due = job
                .attempt
                .yields_from
                .map_or(job.attempt.finish(), |from| from + Span(self.jobs.aside(*slot).leaves_in_us));
            let others = self.workloads[job.workload as usize].tenant != tenant;
            job.leaving && here && others && self.now + notice < due
        };
        let late: Vec<u32> = self.domains[domain].running.iter().flatten().copied().filter(late).collect();
        for slot in late {
            let job = &mut self.jobs[slot];
            job.loses = true;
            if notice == Span::ZERO {
                self.again = true;
                self.leave(slot);
            } else {
                let from = *job.attempt.yields_from.get_or_insert(self.now);
                self.jobs.aside_mut(slot).leaves_in_us = (self.now + notice).since(from).0;
                self.post_next(slot);
            }
        }
    }

    /// The fewest borrowers on the pool, in order, without whom the gang finds room, and whether some are leaving already; None when all of
    /// them do not do.
    fn borrowers_in_the_way(
        &mut self,
        domain: usize,
        tenant: usize,
        chips: u32,
        pool: usize,
    ) -> Option<(Vec<u32>, bool)> {
        let mut then = std::mem::take(&mut self.spare_outlook);
        then.look_at(&self.pools[pool]);
        let (mut soon, mut borrowers) = (false, Vec::new());
        for slot in self.domains[domain].running.iter().flatten() {
            let job = &self.jobs[*slot];
            let of = self.cells[job.cell as usize].claim;
            if self.cells[job.cell as usize].pool != pool {
                continue;
            }
            if job.leaving {
                soon = true;
                then.release(of, job.chips, &job.pieces);
            } else if of != tenant && self.pools[pool].standing.tenants[of].beyond() > 0 {
                let latest = u64::MAX - job.key.arrival();
                borrowers.push(((u32::MAX - job.class, self.lost_by_leaving(*slot), latest), *slot));
            }
        }
        borrowers.sort_unstable();
        let mut victims = Vec::new();
        let mut rest = borrowers.into_iter();
        let mut enough = then.nodes.has_room(chips);
        while !enough && let Some((_, slot)) = rest.next() {
            let job = &self.jobs[slot];
            let of = self.cells[job.cell as usize].claim;
            // Who has given back all it had beyond its own is a borrower no longer.
            if then.standing.tenants[of].beyond() > 0 {
                then.release(of, job.chips, &job.pieces);
                victims.push(slot);
                enough = then.nodes.has_room(chips);
            }
        }
        self.spare_outlook = then;
        enough.then_some((victims, soon))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against the levels of every microsecond.
        #[test]
        fn least_of_a_while(levels in prop::collection::vec(0u64..6, 1..60), back in 0u64..9) {
            let mut least = LeastOf::default();
            for (now, level) in levels.iter().enumerate() {
                least.set(SimTime(now as u64), *level);
                let from = now as i64 - back as i64;
                let seen = (from.max(0) as usize..=now).map(|at| levels[at]).min().expect("now at least");
                let wanted = if from < 0 { 0 } else { seen };
                prop_assert_eq!(least.least(SimTime(now as u64), Span(back)), wanted);
            }
        }
    }
}
