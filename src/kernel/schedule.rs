//! The scheduling pass of a domain: the policy's view of it, and the jobs it starts. Chooses nothing itself.

use super::sim::{Counter, DomainState, Sim};
use crate::policy::{self, Chips, View};
use crate::world::{CellId, PoolId};

/// A domain as a policy sees it. Its tenants are those that submit here, by number of their queue.
struct Pass<'a, 'w> {
    sim: &'a mut Sim<'w>,
    domain: usize,
}

impl View for Pass<'_, '_> {
    #[inline]
    fn tenants(&self) -> usize {
        self.state().queues.len()
    }

    #[inline]
    fn guaranteed(&self, tenant: usize) -> bool {
        let domain = self.state();
        let entitled = |pool: &PoolId| self.sim.pools[pool.index()].shares[domain.tenants[tenant]].entitled > 0;
        domain.any_committed && domain.pools.iter().any(entitled)
    }

    #[inline]
    fn key(&self, tenant: usize, place: usize) -> Option<u64> {
        self.state().queues[tenant].get(place).map(|entry| entry.0)
    }

    #[inline]
    fn start(&mut self, tenant: usize, place: usize, chips: Chips) -> bool {
        let Some((_, slot)) = self.state().queues[tenant].get(place) else { return false };
        let Some(cell) = self.sim.cell_with_room(slot, chips == Chips::Any) else { return false };
        let domain = &mut self.sim.domains[self.domain];
        domain.queues[tenant].remove(place);
        domain.waiting -= 1;
        if let Some(at) = domain.fresh.iter().position(|fresh| *fresh == slot) {
            domain.fresh.remove(at);
        }
        self.sim.start(slot, cell);
        true
    }

    #[inline]
    fn any_free(&self) -> bool {
        self.state().pools.iter().any(|pool| self.sim.pools[pool.index()].nodes.free_chips() > 0)
    }
}

impl<'w> Pass<'_, 'w> {
    #[inline]
    fn state(&self) -> &DomainState<'w> {
        &self.sim.domains[self.domain]
    }
}

impl Sim<'_> {
    /// The first of the job's pools, in its order of preference, where the tenant may take that many chips and they fit.
    #[inline(always)]
    fn cell_with_room(&self, slot: u32, any: bool) -> Option<CellId> {
        let job = &self.jobs[slot];
        let workload = &self.workloads[job.workload as usize];
        for cell in workload.cells {
            let pool = &self.pools[self.cells[cell.index()].pool];
            if u64::from(job.chips) <= pool.available(workload.tenant, any) && pool.nodes.has_room(job.chips) {
                return Some(*cell);
            }
        }
        None
    }

    /// Nobody waits in the domain, nothing is promised there and nothing else happens at this instant: under every policy a pass
    /// would start nobody, or the one job in hand if there is room.
    #[inline]
    pub(super) fn at_rest(&self, domain: usize) -> bool {
        let state = &self.domains[domain];
        state.waiting == 0 && !state.any_committed && self.changed.is_empty() && self.instant_is_over()
    }

    /// Starts a job that arrives in a domain at rest, without a pass; false where there is no room or a pass must look.
    #[inline]
    pub(super) fn start_lone(&mut self, slot: u32, domain: usize) -> bool {
        if self.at_rest(domain)
            && let Some(cell) = self.cell_with_room(slot, true)
        {
            self.start(slot, cell);
            return true;
        }
        false
    }

    /// One pass per changed domain. What it starts ends at a later instant, so no pass changes a domain at this one.
    #[inline]
    pub(super) fn schedule_changed_domains(&mut self) {
        for next in 0..self.changed.len() {
            let domain = self.changed[next] as usize;
            let state = &mut self.domains[domain];
            state.changed = false;
            let (any_committed, anyone) = (state.any_committed, 0 < state.waiting);
            if any_committed {
                self.fill_reserved(domain);
            }
            // Most finishes of a pool with room leave nobody to start.
            if anyone {
                self.pass(domain);
            }
        }
        self.changed.clear();
    }

    fn pass(&mut self, domain: usize) {
        let mut cursors = std::mem::take(&mut self.cursors);
        let backfill = self.domains[domain].backfill;
        // A refused head may have been in the way of those behind it: the pass repeats.
        loop {
            policy::pass(backfill, &mut Pass { sim: self, domain }, &mut cursors);
            if !self.refuse_beyond_limit(domain) {
                break;
            }
        }
        self.domains[domain].fresh.clear();
        self.cursors = cursors;
    }

    /// Reservations take their chips before any gang does.
    fn fill_reserved(&mut self, domain: usize) {
        for pool in self.domains[domain].pools {
            let state = &mut self.pools[pool.index()];
            if !state.any_committed {
                continue;
            }
            state.fill_reserved(self.now);
            if self.silent == Some(Counter::Reserved) {
                let chips = state.reserved.level();
                state.reserved.sub(self.now, chips);
                state.assert_conserved(self.now);
            }
        }
    }

    /// A queue above its limit refuses the newest of this instant's arrivals; false when there is nobody to refuse.
    #[inline]
    fn refuse_beyond_limit(&mut self, domain: usize) -> bool {
        let state = &mut self.domains[domain];
        if state.queue_limit.is_none_or(|limit| state.waiting as u64 <= limit) {
            return false;
        }
        let Some(slot) = state.fresh.pop() else { return false };
        let (now, in_system, job) = (self.now, !self.silenced(Counter::InSystem), &self.jobs[slot]);
        let in_window = self.in_window(job.submit);
        let state = &mut self.domains[domain];
        let workload = &mut self.workloads[job.workload as usize];
        let removed = state.queues[workload.queue].remove_key(job.key);
        assert_eq!(removed, slot, "the refused job is the one that waits under its key");
        state.waiting -= 1;
        workload.totals.refused += u64::from(in_window);
        if in_system {
            workload.in_system.sub(now, 1);
        }
        self.write_row(slot, None);
        self.jobs.remove(slot);
        true
    }
}
