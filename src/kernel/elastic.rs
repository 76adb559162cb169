//! Gangs that change their size at the instants of their domain. Where jobs wait, gangs shrink for the one whose turn it is, the last
//! in the queue's order first and no further than needed; where nobody waits, chips are divided so that most is done.

use super::event::{Class, When};
use super::outlook::Outlook;
use super::queue::{Key, Waiting};
use super::sim::{DOMAIN_DUE, Release, Sim};
use super::state::Right;
use crate::units::{SimTime, Span};
use crate::world::{CellId, Claimant, Elastic, Interruption, divide};

/// A gang between two sizes: it has given its chips back and holds none.
struct Stopped {
    slot: u32,
    cell: CellId,
    before: u32,
    has_worked: bool,
}

impl<'w> Sim<'w> {
    /// Before a pass: whether gangs of the domain shrink at this instant for those who wait.
    pub(super) fn begin_resizing(&mut self, domain: usize) {
        let now = self.now;
        let state = &mut self.domains[domain];
        state.resizing = state.resize_at == now;
    }

    /// After it: gangs that have just started, and at the domain's instants all, grow where nobody waits for the chips.
    pub(super) fn finish_resizing(&mut self, domain: usize) {
        if self.domains[domain].waiting == 0 {
            for pool in self.domains[domain].pools {
                self.divide_chips(domain, pool.index());
            }
            // Whom the division left without room may find it elsewhere.
            if 0 < self.domains[domain].waiting {
                self.pass(domain);
            }
        }
        self.domains[domain].resizing = false;
        self.await_resizing(domain);
    }

    /// The next whole multiple from the start is awaited as long as an elastic gang runs.
    fn await_resizing(&mut self, domain: usize) {
        let state = &self.domains[domain];
        let elastic = |slot: &u32| self.elastic_of(*slot).is_some();
        if self.now < state.resize_at && state.resize_at < SimTime::NEVER
            || !state.running.iter().flatten().any(elastic)
        {
            return;
        }
        let every = state.rules.resize_every.0;
        let offset = self.world.start.0 % every;
        let at = SimTime((self.now.0 + every - offset) / every * every + offset);
        self.domains[domain].resize_at = at;
        self.heap.push(When::new(at, Class::Reclaim), DOMAIN_DUE + domain as u32);
    }

    /// Terms of a job whose gang may change its size.
    pub(super) fn elastic_of(&self, slot: u32) -> Option<&'w Elastic> {
        self.workloads[self.jobs[slot].workload as usize].elastic.map(|(terms, _)| terms)
    }

    /// Elastic gangs on the pool that are not on their way out, in the order of their queue.
    fn elastic_on(&self, domain: usize, pool: usize) -> Vec<(Key, u32, &'w Elastic)> {
        let running = self.domains[domain].running.iter().flatten().copied();
        let here = |slot: &u32| self.cells[self.jobs[*slot].cell as usize].pool == pool && !self.jobs[*slot].leaving;
        let with_terms = |slot: u32| Some((self.jobs[slot].key, slot, self.elastic_of(slot)?));
        let mut gangs: Vec<_> = running.filter(here).filter_map(with_terms).collect();
        gangs.sort_unstable_by_key(|(key, slot, _)| (*key, *slot));
        gangs
    }

    /// Divides the chips of a pool: those of tenants' own, then what spot may hold, then each tenant's blocks.
    fn divide_chips(&mut self, domain: usize, pool: usize) {
        self.divide_among(domain, pool, None);
        let state = &self.pools[pool];
        if state.lets_for_a_while {
            for claim in state.shares.len()..state.standing.tenants.len() {
                self.divide_among(domain, pool, Some(claim));
            }
        }
    }

    /// Divides the chips that are free or held by elastic gangs so that most is done (Fox 1966). Those that have worked since their last
    /// start change only at the domain's instants, if what that brings until the next one is more than what it costs, and are left alone
    /// when they are expected to end before it.
    fn divide_among(&mut self, domain: usize, pool: usize, claim: Option<usize>) {
        let state = &self.pools[pool];
        if 0 < state.closed + state.dark {
            return;
        }
        let due = self.domains[domain].resizing;
        let next = self.now + self.domains[domain].rules.resize_every;
        let fresh = |slot: u32| self.jobs[slot].attempt.start == self.now;
        let takes_part = |slot: u32| fresh(slot) || due && next < self.jobs.aside(slot).expected_end;
        let cell_of = |slot: u32| CellId::new(self.jobs[slot].cell as usize);
        let theirs = |slot: u32| {
            let cell = &self.cells[cell_of(slot).index()];
            (cell.right != Right::Own).then_some(cell.claim) == claim
        };
        let gangs = self.elastic_on(domain, pool).into_iter().filter(|gang| theirs(gang.1) && takes_part(gang.1));
        let gangs: Vec<_> = gangs.collect();
        let Some(first) = gangs.first() else { return };
        let limit = if claim.is_some() { self.most_on(cell_of(first.1)) } else { u64::MAX };
        let claimants: Vec<Claimant<'w>> = gangs
            .iter()
            .map(|(_, slot, terms)| {
                let speed = self.cells[self.jobs[*slot].cell as usize].speed;
                Claimant { terms, weight: f64::from(terms.reference) * speed }
            })
            .collect();
        let held: u64 = gangs.iter().map(|(_, slot, _)| u64::from(self.jobs[*slot].chips)).sum();
        let sizes = divide(held + state.nodes.free_chips().min(limit), &claimants);
        let hours = self.domains[domain].rules.resize_every.hours();
        let (mut won, mut lost) = (0.0, 0.0);
        for (((_, slot, terms), claimant), size) in gangs.iter().zip(&claimants).zip(&sizes) {
            let job = &self.jobs[*slot];
            won += claimant.weight * (terms.speed(*size) - terms.speed(job.chips)) * hours;
            if *size != job.chips && !fresh(*slot) {
                let cost_us = self.workloads[job.workload as usize].elastic.map_or(0, |(_, cost)| cost);
                lost += claimant.weight * terms.speed(*size) * Span(cost_us).hours();
            }
        }
        if won <= lost {
            return;
        }
        // Who shrinks gives before the others take.
        for grows in [false, true] {
            for ((_, slot, _), size) in gangs.iter().zip(&sizes) {
                let chips = self.jobs[*slot].chips;
                if chips != *size && grows == (chips < *size) && self.jobs[*slot].running {
                    self.resize(*slot, *size);
                }
            }
        }
    }

    /// The gang goes on with `size` chips, or as many as its tenant may have and find room.
    fn resize(&mut self, slot: u32, size: u32) {
        let cell = CellId::new(self.jobs[slot].cell as usize);
        let Some(size) = self.size_beside_replicas(slot, cell, size) else { return };
        let stopped = self.stop_to_resize(slot);
        self.go_on(stopped, size);
    }

    /// Gives the gang's chips back; what it has done is kept.
    fn stop_to_resize(&mut self, slot: u32) -> Stopped {
        let cell = CellId::new(self.jobs[slot].cell as usize);
        let has_worked = self.jobs[slot].attempt.start < self.now;
        let before = self.jobs[slot].chips;
        if has_worked {
            self.book_attempt(slot, None);
            let (elapsed, speed) = (self.now.since(self.jobs[slot].attempt.start).0, self.speed_of(slot, cell));
            let job = &mut self.jobs[slot];
            job.keep(job.attempt.done_us(elapsed), speed);
            (job.resumes, job.resizing) = (true, true);
            self.end_stretch(slot);
        }
        self.jobs[slot].seq = u64::MAX;
        self.let_go(slot, Release::Yield, None);
        Stopped { slot, cell, before, has_worked }
    }

    /// It goes on where it was. One that finds no room at all, because nodes leave, waits again, and the pass looks at it once more.
    fn go_on(&mut self, Stopped { slot, cell, before, has_worked }: Stopped, size: u32) {
        let lease = self.open_lease(cell);
        let fits = self.size_with_room(slot, cell, size);
        if let Some(size) = fits {
            let workload = self.jobs[slot].workload as usize;
            let elsewhere = self.workloads[workload].apart.started_elsewhere;
            self.jobs[slot].chips = size;
            self.start(slot, cell);
            // A change of size is no other start where it overflows to.
            self.workloads[workload].apart.started_elsewhere = elsewhere;
        }
        self.close_lease(cell, lease);
        let changed = self.in_window(self.now) && fits != Some(before);
        let job = &mut self.jobs[slot];
        job.resizing = false;
        let totals = &mut self.workloads[job.workload as usize].totals;
        let resized = changed && has_worked && fits.is_some();
        totals.resizes += u64::from(resized);
        let is = if fits.is_some() { Interruption::RESIZE } else { Interruption::PREEMPTION };
        self.workloads[job.workload as usize].interrupted(is, resized || changed && fits.is_none());
        if has_worked || fits.is_none() {
            self.jobs.aside_mut(slot).since = is.index() as u16;
        }
        if fits.is_none() {
            let in_window = self.in_window(self.now);
            let state = &mut self.workloads[self.jobs[slot].workload as usize];
            state.totals.preemptions += u64::from(in_window);
            state.apart.preemptions_outside += u64::from(!in_window);
            let job = &mut self.jobs[slot];
            job.resumes = true;
            self.jobs.aside_mut(slot).yields += 1;
            self.enqueue(slot, false);
            self.again = true;
        }
    }

    /// The size that a gang may grow to, where its tenant's replicas keep chips; None: it cannot grow. Smaller sizes stay as they are.
    fn size_beside_replicas(&self, slot: u32, cell: CellId, size: u32) -> Option<u32> {
        let (place, before) = (&self.cells[cell.index()], self.jobs[slot].chips);
        if !self.pools[place.pool].standing.keeps || size <= before {
            return Some(size);
        }
        let terms = self.elastic_of(slot).expect("only elastic gangs change their size");
        let most = (u64::from(before) + self.most_on(cell)).min(u64::from(size));
        terms.size_within(most).filter(|most| before < *most)
    }

    /// While a gang changes its size it keeps what it was lent: what replicas are forecast to need stands back. Returns that.
    fn open_lease(&mut self, cell: CellId) -> u64 {
        let place = &self.cells[cell.index()];
        std::mem::take(&mut self.pools[place.pool].standing.tenants[place.claim].ahead)
    }

    fn close_lease(&mut self, cell: CellId, ahead: u64) {
        let place = &self.cells[cell.index()];
        self.pools[place.pool].standing.tenants[place.claim].ahead = ahead;
    }

    /// The gang goes on with fewer chips.
    pub(super) fn shrink_now(&mut self, slot: u32, size: u32) {
        self.resize(slot, size);
    }

    /// The largest size of at most `size` that finds room on the cell's pool.
    fn size_with_room(&self, slot: u32, cell: CellId, size: u32) -> Option<u32> {
        let terms = self.elastic_of(slot).expect("only elastic gangs change their size");
        let pool = &self.pools[self.cells[cell.index()].pool];
        let mut most = self.most_on(cell).min(pool.nodes.free_chips()).min(u64::from(size));
        // Chips on nodes that are partly used may be fewer together than one by one.
        loop {
            let size = terms.size_within(most)?;
            if pool.nodes.has_room(size) {
                return Some(size);
            }
            most = u64::from(size) - 1;
        }
    }

    /// Shrinks gangs on the first of the waiting job's pools where that makes room for it; false where it does not.
    pub(super) fn shrink_for(&mut self, domain: usize, queue: usize, waiting: &Waiting, any: bool) -> bool {
        let tenant = self.domains[domain].tenants[queue];
        for cell in self.workloads[self.jobs[waiting.slot].workload as usize].cells {
            let pool = self.cells[cell.index()].pool;
            let own = self.cells[cell.index()].right == Right::Own;
            if !own || 0 < self.pools[pool].closed + self.pools[pool].dark {
                continue;
            }
            let mut then = std::mem::take(&mut self.spare_outlook);
            then.look_at(&self.pools[pool]);
            let sizes = self.who_shrinks(domain, pool, &mut then, |then| {
                u64::from(waiting.chips) <= then.standing.available(tenant, any, then.up)
                    && then.nodes.has_room(waiting.chips)
            });
            self.spare_outlook = then;
            if let Some(sizes) = sizes {
                // All give before one takes: where a pool has lost nodes, none alone might keep its smallest size.
                let stopped: Vec<Stopped> = sizes.iter().map(|(slot, _)| self.stop_to_resize(*slot)).collect();
                stopped.into_iter().zip(sizes).for_each(|(stopped, (_, size))| self.go_on(stopped, size));
                return true;
            }
        }
        false
    }

    /// Gangs and the sizes to which they shrink so that there is room, the last in order first; None where that is not enough.
    fn who_shrinks(
        &self,
        domain: usize,
        pool: usize,
        then: &mut Outlook,
        room: impl Fn(&Outlook) -> bool,
    ) -> Option<Vec<(u32, u32)>> {
        let mut sizes = Vec::new();
        let placement = self.pools[pool].placement;
        for (_, slot, terms) in self.elastic_on(domain, pool).into_iter().rev() {
            if room(then) {
                break;
            }
            let job = &self.jobs[slot];
            if job.chips == terms.min {
                continue;
            }
            let claim = self.cells[job.cell as usize].claim;
            then.release(claim, job.chips, &job.pieces);
            let at = |size: u32, then: &mut Outlook, stays: bool| {
                let mut pieces = Vec::new();
                then.nodes.take(size, placement, &mut pieces);
                then.standing.hold(claim, u64::from(size));
                let enough = room(then);
                if !stays {
                    then.release(claim, size, &pieces);
                }
                enough
            };
            // The largest size that leaves room; the smallest where none does.
            let (mut fits, mut not) = (0, (job.chips - terms.min) / terms.step);
            while fits + 1 < not {
                let middle = fits + (not - fits) / 2;
                if at(terms.min + middle * terms.step, then, false) { fits = middle } else { not = middle }
            }
            let size = terms.min + fits * terms.step;
            at(size, then, true);
            sizes.push((slot, size));
        }
        (room(then) && !sizes.is_empty()).then_some(sizes)
    }
}
