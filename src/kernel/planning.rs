//! Planned starts of waiting jobs, for conservative backfilling: each pass plans them anew in the order in which they were first planned,
//! so that nobody is planned in the way of one planned before.

use super::outlook::Outlook;
use super::profile::{Gang, Profile};
use super::queue::{Cursor, Queue};
use super::sim::Sim;
use crate::units::{SimTime, Span};
use crate::world::CellId;

impl Sim<'_> {
    /// Plans the waiting jobs of the domain, as many as it plans for, and starts those whose time is now.
    pub(super) fn start_as_planned(&mut self, domain: usize) {
        let pools: Vec<usize> = self.domains[domain].pools.iter().map(|pool| pool.index()).collect();
        let mut profiles: Vec<(usize, Profile)> = pools.iter().map(|pool| (*pool, self.profile(*pool))).collect();
        let mut ahead = Vec::new();
        for slot in self.next_to_be_planned(domain) {
            let Some((cell, start, gang, pieces)) = self.plan(slot, &profiles) else {
                ahead.push((slot, None));
                continue;
            };
            let pool = self.cells[cell.index()].pool;
            let profile = &mut profiles.iter_mut().find(|(of, _)| *of == pool).expect("a pool of the domain").1;
            profile.hold(start, gang, &pieces);
            self.jobs.aside_mut(slot).promised.get_or_insert(start);
            if start == self.now {
                let before = self.watch.is_some().then(|| self.watch_planned(&ahead));
                self.take_from_queue(slot);
                self.start(slot, cell);
                self.again |= self.domains[domain].any_committed;
                if let Some(before) = before {
                    self.watch_overtaken(slot, &ahead, &before);
                }
                let placed = &self.jobs[slot].pieces;
                assert!(*placed == pieces, "job {slot} was planned on {pieces:?} and stands on {placed:?}");
            } else {
                ahead.push((slot, Some(start)));
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
            profile.release(at, self.workloads[job.workload as usize].tenant, job.chips, &job.pieces);
        }
        profile
    }

    /// Jobs in the order in which they were first planned, then new ones by the order of their queues.
    fn next_to_be_planned(&mut self, domain: usize) -> Vec<u32> {
        let depth = self.domains[domain].rules.plan_depth;
        let mut planned = std::mem::take(&mut self.domains[domain].planned);
        planned.retain(|slot| self.jobs[*slot].planned);
        let mut cursors = vec![Cursor::default(); self.domains[domain].queues.len()];
        while planned.len() < depth {
            let queues = self.domains[domain].queues.iter_mut().zip(&mut cursors);
            let jobs = &self.jobs;
            let next = queues
                .filter_map(|(queue, cursor)| queue.seek(cursor, u32::MAX, |waiting| !jobs[waiting.slot].planned))
                .min_by_key(|waiting| waiting.key);
            let Some(next) = next else { break };
            self.jobs[next.slot].planned = true;
            planned.push(next.slot);
            let queue = self.workloads[self.jobs[next.slot].workload as usize].queue;
            Queue::step(&mut cursors[queue]);
        }
        self.domains[domain].planned.clone_from(&planned);
        planned
    }

    /// The pool where the job is expected to start first, and when; of equals the first in its list.
    fn plan(
        &self,
        slot: u32,
        profiles: &[(usize, Profile)],
    ) -> Option<(CellId, SimTime, Gang, Vec<super::nodes::Piece>)> {
        let job = &self.jobs[slot];
        let workload = &self.workloads[job.workload as usize];
        let place = |cell: &CellId| {
            let pool = self.cells[cell.index()].pool;
            if 0 < self.pools[pool].closed + self.pools[pool].dark {
                return None;
            }
            let profile = &profiles.iter().find(|(of, _)| *of == pool)?.1;
            let length = Span(self.expected_length_us(slot, *cell));
            let gang = Gang { tenant: workload.tenant, chips: job.chips, length };
            let (start, pieces) = profile.earliest(gang, self.pools[pool].placement)?;
            Some((*cell, start, gang, pieces))
        };
        workload.cells.iter().filter_map(place).min_by_key(|(_, start, ..)| *start)
    }
}
