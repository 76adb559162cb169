//! The scheduling pass of a domain: the policy's view of it, and the jobs it starts. Chooses nothing itself.

use super::job::Jobs;
use super::sim::{Counter, Sim};
use crate::policy::{self, Chips, View};
use crate::world::{CellId, WorkloadId};

/// A domain as a policy sees it.
struct Pass<'a, 'w> {
    sim: &'a mut Sim<'w>,
    domain: usize,
}

impl View for Pass<'_, '_> {
    fn tenants(&self) -> usize {
        self.sim.domains[self.domain].queues.len()
    }

    fn guaranteed(&self, tenant: usize) -> bool {
        let pools = &self.sim.world.domains.0[self.domain].pools;
        pools.iter().any(|pool| self.sim.pools[pool.index()].shares[tenant].entitled > 0)
    }

    #[inline]
    fn key(&self, tenant: usize, place: usize) -> Option<u64> {
        self.sim.domains[self.domain].queues[tenant].get(place).map(|entry| entry.0)
    }

    #[inline]
    fn start(&mut self, tenant: usize, place: usize, chips: Chips) -> bool {
        let Some((_, slot)) = self.sim.domains[self.domain].queues[tenant].get(place) else { return false };
        let Some(cell) = self.cell_with_room(&self.sim.jobs, slot, tenant, chips == Chips::Any) else { return false };
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
        let pools = &self.sim.world.domains.0[self.domain].pools;
        pools.iter().any(|pool| self.sim.pools[pool.index()].nodes.free_chips() > 0)
    }
}

impl Pass<'_, '_> {
    /// The first of the job's pools, in its order of preference, where the tenant may take that many chips and they fit.
    #[inline]
    fn cell_with_room(&self, jobs: &Jobs, slot: u32, tenant: usize, any: bool) -> Option<CellId> {
        let job = jobs.get(slot);
        let workload = &self.sim.world.workloads[WorkloadId::new(job.workload as usize)];
        workload.cells.iter().copied().find(|cell| {
            let pool = &self.sim.pools[self.sim.cells[cell.index()].pool];
            u64::from(job.chips) <= pool.available(tenant, any) && pool.nodes.has_room(job.chips)
        })
    }
}

impl Sim<'_> {
    /// One pass per changed domain. What it starts ends at a later instant, so no pass changes a domain at this one.
    pub(super) fn schedule_changed_domains(&mut self) {
        let mut next = 0;
        while next < self.changed.len() {
            let domain = self.changed[next] as usize;
            next += 1;
            self.domains[domain].changed = false;
            self.fill_reserved(domain);
            let mut cursors = std::mem::take(&mut self.cursors);
            let backfill = self.world.domains.0[domain].backfill;
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
        self.changed.clear();
    }

    /// Reservations take their chips before any gang does.
    fn fill_reserved(&mut self, domain: usize) {
        for n in 0..self.world.domains.0[domain].pools.len() {
            let pool = self.world.domains.0[domain].pools[n].index();
            if !self.pools[pool].any_committed {
                continue;
            }
            self.pools[pool].fill_reserved(self.now);
            if self.silenced(Counter::Reserved) {
                let chips = self.pools[pool].reserved.level();
                self.pools[pool].reserved.sub(self.now, chips);
                self.pools[pool].assert_conserved(self.now);
            }
        }
    }

    /// A queue above its limit refuses the newest of this instant's arrivals; false when there is nobody to refuse.
    fn refuse_beyond_limit(&mut self, domain: usize) -> bool {
        let Some(limit) = self.world.domains.0[domain].queue_limit else { return false };
        if self.domains[domain].waiting as u64 <= limit {
            return false;
        }
        let Some(slot) = self.domains[domain].fresh.pop() else { return false };
        let job = *self.jobs.get(slot);
        let workload = WorkloadId::new(job.workload as usize);
        let tenant = self.world.workloads[workload].tenant.index();
        let removed = self.domains[domain].queues[tenant].remove_key(job.key);
        assert_eq!(removed, slot, "the refused job is the one that waits under its key");
        self.domains[domain].waiting -= 1;
        let in_window = self.in_window(job.submit);
        let now = self.now;
        let state = &mut self.workloads[workload.index()];
        state.totals.refused += u64::from(in_window);
        state.in_system.sub(now, 1);
        self.write_row(slot, None);
        self.jobs.remove(slot);
        true
    }
}
