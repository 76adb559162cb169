//! The scheduling pass of a domain: the policy's view of it, and the jobs it starts. Chooses nothing itself.

use super::outlook::Outlook;
use super::queue::{Cursor, Queue, Waiting};
use super::sim::{Counter, Sim};
use super::state::{DomainState, Right};
use crate::policy::pool_choice::{Offer, score};
use crate::policy::{self, Chips, Room, Turn, View};
use crate::units::{SimTime, Span};
use crate::world::{CellId, Order, PoolId};

/// A domain as a policy sees it. Its tenants are those that submit here, by number of their queue.
struct Pass<'a, 'w> {
    sim: &'a mut Sim<'w>,
    domain: usize,
}

impl View for Pass<'_, '_> {
    type Cursor = Cursor;

    #[inline]
    fn tenants(&self) -> usize {
        self.state().queues.len()
    }

    #[inline]
    fn guaranteed(&self, tenant: usize) -> bool {
        let domain = self.state();
        let of = domain.tenants[tenant];
        let entitled = |pool: &PoolId| {
            let pool = &self.sim.pools[pool.index()];
            pool.standing.tenants[of].entitled > 0 || pool.shares[of].blocks.is_some_and(|blocks| blocks.open > 0)
        };
        domain.any_committed && domain.pools.iter().any(entitled)
    }

    #[inline]
    fn any_free(&self) -> bool {
        self.state().pools.iter().any(|pool| self.sim.pools[pool.index()].nodes.free_chips() > 0)
    }

    #[inline]
    fn preempts(&self) -> bool {
        self.state().preempts || self.state().resizing
    }

    #[inline]
    fn turn(&mut self, tenant: usize, cursor: &mut Cursor) -> Option<Turn> {
        let found = self.waiting(tenant, cursor)?;
        Some(self.turn_of(tenant, &found))
    }

    #[inline]
    fn fitting(&mut self, tenant: usize, cursor: &mut Cursor, chips: Chips) -> Option<Turn> {
        if self.state().coming[tenant].is_some() {
            return None;
        }
        let most = self.most(tenant, chips, None);
        let found = self.seek(tenant, cursor, most, |_| true)?;
        Some(self.turn_of(tenant, &found))
    }

    fn filling(&mut self, tenant: usize, cursor: &mut Cursor, chips: Chips) -> Option<Turn> {
        if self.state().coming[tenant].is_some() {
            return None;
        }
        let Some(kept) = self.state().reservation.pool else { return self.fitting(tenant, cursor, chips) };
        let here = self.most(tenant, chips, Some(kept));
        let elsewhere = self.most_elsewhere(tenant, chips, kept);
        let reservation = &self.state().reservation;
        // A first look, on the safe side: the fastest chip, and as many chips as the reserved start leaves.
        let window_us = reservation.start.since(self.sim.now).0 as f64 * self.state().fastest;
        let spare = reservation.then.nodes.free_chips().saturating_sub(u64::from(reservation.chips));
        let movable = !reservation.as_early.is_empty();
        let (window_us, spare) = (window_us.min(1e18) as u64, spare.min(u64::from(u32::MAX)) as u32);
        let wanted = |job: &Waiting| {
            let leaves = movable || job.expected_us <= window_us || job.chips <= spare;
            job.chips <= elsewhere || job.chips <= here && leaves
        };
        let found = self.seek(tenant, cursor, here.max(elsewhere), wanted)?;
        Some(self.turn_of(tenant, &found))
    }

    #[inline]
    fn step(&self, cursor: &mut Cursor) {
        Queue::step(cursor);
    }

    #[inline]
    fn start(&mut self, tenant: usize, mut cursor: Cursor, chips: Chips) -> bool {
        let Some(waiting) = self.waiting(tenant, &mut cursor) else { return false };
        let Some(cell) = self.sim.cell_with_room(waiting.slot, chips == Chips::Any) else { return false };
        self.leave_queue(tenant, cursor, waiting.slot);
        self.sim.start(waiting.slot, cell);
        self.sim.again |= chips == Chips::Any && self.state().any_committed;
        true
    }

    fn make_room(&mut self, tenant: usize, cursor: &mut Cursor, chips: Chips) -> Room {
        let (preempts, lends) = (self.state().preempts, self.state().lends && chips == Chips::Own);
        // Borrowed chips come back at once, others at the domain's instants.
        let shrinks = self.state().resizing || lends && self.state().resizes;
        if !preempts && !lends && !shrinks {
            return Room::None;
        }
        let Some(waiting) = self.waiting(tenant, cursor) else { return Room::None };
        if shrinks && self.sim.shrink_for(self.domain, tenant, &waiting, chips == Chips::Any) {
            *cursor = self.queue(tenant).find(waiting.key);
            return Room::Now;
        }
        let mut room = if lends { self.sim.reclaim(self.domain, tenant, &waiting) } else { Room::None };
        if room == Room::None && preempts {
            room = self.sim.make_room(self.domain, tenant, &waiting, chips == Chips::Any);
        }
        // Those taken off wait again, behind it.
        *cursor = self.queue(tenant).find(waiting.key);
        let coming = &mut self.sim.domains[self.domain].coming[tenant];
        match room {
            Room::Soon => *coming = Some(waiting.key),
            Room::Now | Room::None if chips == Chips::Any && *coming == Some(waiting.key) => *coming = None,
            // There may be more for it beyond the guarantee.
            Room::Now | Room::None => {}
        }
        room
    }

    fn reserve(&mut self, tenant: usize, mut cursor: Cursor) {
        let Some(waiting) = self.waiting(tenant, &mut cursor) else { return };
        self.sim.reserve(self.domain, waiting.slot);
        if self.sim.watch.is_some() {
            self.sim.watch_reserved(self.domain, waiting.slot);
        }
    }

    fn fill(&mut self, tenant: usize, mut cursor: Cursor, chips: Chips) -> bool {
        let Some(waiting) = self.waiting(tenant, &mut cursor) else { return false };
        let Some(cell) = self.sim.cell_that_leaves_the_reservation(self.domain, waiting.slot, chips == Chips::Any)
        else {
            return false;
        };
        let head = self.sim.watch.is_some().then(|| self.sim.watch_head());
        self.leave_queue(tenant, cursor, waiting.slot);
        self.sim.start(waiting.slot, cell);
        self.sim.again |= chips == Chips::Any && self.state().any_committed;
        if let Some(before) = head {
            self.sim.watch_filled(waiting.slot, before);
        }
        true
    }

    fn start_as_planned(&mut self) {
        self.sim.start_as_planned(self.domain);
    }
}

impl<'w> Pass<'_, 'w> {
    #[inline]
    fn state(&self) -> &DomainState<'w> {
        &self.sim.domains[self.domain]
    }

    #[inline]
    fn queue(&mut self, tenant: usize) -> &mut Queue {
        &mut self.sim.domains[self.domain].queues[tenant]
    }

    /// The job the cursor stands on, or the first behind it that waits for chips.
    #[inline]
    fn waiting(&mut self, tenant: usize, cursor: &mut Cursor) -> Option<Waiting> {
        self.seek(tenant, cursor, u32::MAX, |_| true)
    }

    /// One that waits for a price or for its block to begin, not for chips, is in nobody's way.
    #[inline]
    fn seek(
        &mut self,
        tenant: usize,
        cursor: &mut Cursor,
        most: u32,
        wanted: impl Fn(&Waiting) -> bool,
    ) -> Option<Waiting> {
        let sim = &mut *self.sim;
        let domain = &mut sim.domains[self.domain];
        if !domain.lets_for_a_while {
            return domain.queues[tenant].seek(cursor, most, wanted);
        }
        let (jobs, workloads) = (&sim.jobs, &sim.workloads);
        let may = |job: &Waiting| job.chips <= workloads[jobs[job.slot].workload as usize].most_open;
        domain.queues[tenant].seek(cursor, most, |job| may(job) && wanted(job))
    }

    #[inline]
    fn turn_of(&self, tenant: usize, job: &Waiting) -> Turn {
        Turn { share: self.sim.share_in_turn(self.domain, tenant), key: job.key.bits() }
    }

    /// The largest gang of the tenant that may find room now, on that pool or on any.
    fn most(&self, tenant: usize, chips: Chips, only: Option<usize>) -> u32 {
        let of = self.state().tenants[tenant];
        let pools = self.state().pools.iter().map(|pool| pool.index());
        let most = pools.filter(|pool| only.is_none_or(|only| only == *pool)).map(|at| {
            let (pool, any) = (&self.sim.pools[at], chips == Chips::Any);
            let own = pool.available(of, any);
            let most = if pool.lets_for_a_while { own.max(self.sim.most_for_a_while(at, of, any)) } else { own };
            most.min(pool.nodes.free_chips())
        });
        most.max().unwrap_or(0).min(u64::from(u32::MAX)) as u32
    }

    fn most_elsewhere(&self, tenant: usize, chips: Chips, kept: usize) -> u32 {
        let others = self.state().pools.iter().map(|pool| pool.index()).filter(|pool| *pool != kept);
        others.map(|pool| self.most(tenant, chips, Some(pool))).max().unwrap_or(0)
    }

    fn leave_queue(&mut self, tenant: usize, cursor: Cursor, slot: u32) {
        let domain = &mut self.sim.domains[self.domain];
        domain.queues[tenant].remove(cursor);
        domain.waiting -= 1;
        self.sim.jobs[slot].planned = false;
        domain.forget_fresh(slot);
    }
}

impl Sim<'_> {
    /// Of the job's pools where the tenant may take that many chips and they fit, the one that the rules choose.
    #[inline(always)]
    pub(super) fn cell_with_room(&self, slot: u32, any: bool) -> Option<CellId> {
        let workload = &self.workloads[self.jobs[slot].workload as usize];
        if let [only] = workload.cells {
            return self.has_room(slot, *only, any).then_some(*only);
        }
        self.cell_of_many(slot, any)
    }

    fn cell_of_many(&self, slot: u32, any: bool) -> Option<CellId> {
        let workload = &self.workloads[self.jobs[slot].workload as usize];
        if !self.domains[workload.domain].chooses {
            return workload.cells.iter().copied().find(|cell| self.has_room(slot, *cell, any));
        }
        self.best_cell(slot, &mut |cell| self.has_room(slot, cell, any))
    }

    /// Of those that will do, the one with the highest score; of equals the first in the workload's list.
    fn best_cell(&self, slot: u32, will_do: &mut dyn FnMut(CellId) -> bool) -> Option<CellId> {
        let workload = &self.workloads[self.jobs[slot].workload as usize];
        let choice = self.domains[workload.domain].rules.pool_choice;
        let mut best: Option<(f64, CellId)> = None;
        for cell in workload.cells.iter().copied() {
            if will_do(cell) {
                let score = score(choice, &self.offer(slot, cell));
                if best.is_none_or(|(most, _)| most < score) {
                    best = Some((score, cell));
                }
            }
        }
        best.map(|(_, cell)| cell)
    }

    /// What is known of a cell when its jobs may start there.
    fn offer(&self, slot: u32, cell: CellId) -> Offer {
        let state = &self.cells[cell.index()];
        let pool = &self.pools[state.pool];
        // What is paid already costs nothing more.
        let price = self.price_in_force(cell).filter(|_| state.right != Right::Block);
        let rate = price.map_or(0.0, |price| price.rate.0 as f64 / 1e9);
        let split = pool.nodes.would_split(self.jobs[slot].chips);
        let together = if split { state.split_speed } else { 1.0 };
        Offer {
            usd_per_chip_hour: rate,
            speed: state.speed * together,
            advantage: state.advantage * together,
            free_share: pool.nodes.free_chips() as f64 / pool.up.level().max(1) as f64,
        }
    }

    #[inline(always)]
    pub(super) fn has_room(&self, slot: u32, cell: CellId, any: bool) -> bool {
        let chips = self.jobs[slot].chips;
        let place = &self.cells[cell.index()];
        let pool = &self.pools[place.pool];
        let may = match place.right {
            Right::Own => u64::from(chips) <= pool.available(place.claim, any),
            Right::Spot | Right::Block => self.has_room_for_a_while(cell, u64::from(chips), any),
        };
        may && !pool.is_shut() && pool.nodes.has_room(chips)
    }

    /// What of the tenant decides its turn, before its job does.
    #[inline]
    pub(super) fn share_in_turn(&self, domain: usize, tenant: usize) -> u64 {
        let fair = self.domains[domain].rules.order == Order::FairShare;
        if fair { self.share_of(domain, tenant) } else { 0 }
    }

    /// A tenant's part of its due in the domain: the largest of its shares of a pool, over its weight [2^-32].
    fn share_of(&self, domain: usize, tenant: usize) -> u64 {
        let state = &self.domains[domain];
        let of = state.tenants[tenant];
        let share = |pool: &PoolId| {
            let pool = &self.pools[pool.index()];
            let held = u128::from(pool.standing.tenants[of].held) << 32;
            (held / u128::from(pool.up.level().max(1))) as u64
        };
        let dominant = state.pools.iter().map(share).max().unwrap_or(0);
        let weight = state.rules.weights.get(of).copied().unwrap_or(1.0);
        (dominant as f64 / weight) as u64
    }

    /// The earliest start of the job that the expected ends of running jobs allow, and its pool as it would stand then.
    fn reserve(&mut self, domain: usize, slot: u32) {
        let mut best = std::mem::take(&mut self.domains[domain].reservation);
        let mut next = std::mem::take(&mut self.spare_outlook);
        best.pool = None;
        best.as_early.clear();
        best.start = SimTime::NEVER;
        let workload = &self.workloads[self.jobs[slot].workload as usize];
        (best.tenant, best.chips) = (workload.tenant, self.jobs[slot].chips);
        // Nobody is promised what may be taken back.
        for cell in workload.cells.iter().filter(|cell| self.cells[cell.index()].right == Right::Own) {
            let pool = self.cells[cell.index()].pool;
            if self.pools[pool].is_shut() {
                continue;
            }
            let start = self.earliest_start(pool, best.tenant, best.chips, &mut next);
            if start < best.start {
                (best.pool, best.start) = (Some(pool), start);
                best.as_early.clear();
                std::mem::swap(&mut best.then, &mut next);
            } else if start == best.start && start < SimTime::NEVER {
                best.as_early.push(pool);
            }
        }
        self.domains[domain].reservation = best;
        self.spare_outlook = next;
    }

    /// When a gang of the tenant fits into the pool if jobs end when expected, and no earlier than now; NEVER when even the last end does
    /// not do. A job that has outlasted what was expected of it may end at any moment.
    fn earliest_start(&self, pool: usize, tenant: usize, chips: u32, then: &mut Outlook) -> SimTime {
        let state = &self.pools[pool];
        then.look_at(state);
        let mut ends = state.ends.iter().peekable();
        let mut at = self.now;
        while !then.fits(tenant, chips) {
            let Some((end, _)) = ends.peek() else { return SimTime::NEVER };
            at = (*end).max(SimTime(self.now.0 + 1));
            // All that end at one instant are gone at it.
            while let Some((_, slot)) = ends.next_if(|(end, _)| *end <= at) {
                let job = &self.jobs[*slot];
                then.release(self.cells[job.cell as usize].claim, job.chips, &job.pieces);
            }
        }
        at
    }

    /// The first of the job's pools that has room and where the reserved start does not move: the job is expected to be gone by then, or
    /// what is reserved fits beside it.
    fn cell_that_leaves_the_reservation(&mut self, domain: usize, slot: u32, any: bool) -> Option<CellId> {
        let cells = self.workloads[self.jobs[slot].workload as usize].cells;
        let mut tried: Vec<CellId> = Vec::new();
        // A pool that would delay what is reserved is no choice; the next best may be.
        loop {
            let cell = if self.domains[domain].chooses {
                self.best_cell(slot, &mut |cell| !tried.contains(&cell) && self.has_room(slot, cell, any))?
            } else {
                cells.iter().copied().find(|cell| !tried.contains(cell) && self.has_room(slot, *cell, any))?
            };
            if self.leaves_the_reservation(domain, slot, cell) || self.reserve_elsewhere(domain) {
                return Some(cell);
            }
            tried.push(cell);
        }
    }

    /// Another pool is reserved on which the head can start no later: who stands in its way on the one before may start there. False where there is none.
    fn reserve_elsewhere(&mut self, domain: usize) -> bool {
        while let Some(pool) = self.domains[domain].reservation.as_early.pop() {
            let mut next = std::mem::take(&mut self.spare_outlook);
            let kept = &self.domains[domain].reservation;
            let start = self.earliest_start(pool, kept.tenant, kept.chips, &mut next);
            let kept = &mut self.domains[domain].reservation;
            // Who has started since on that pool may have come in between.
            let as_early = start <= kept.start;
            if as_early {
                (kept.pool, kept.start) = (Some(pool), start);
                std::mem::swap(&mut kept.then, &mut next);
            }
            self.spare_outlook = next;
            if as_early {
                return true;
            }
        }
        false
    }

    pub(super) fn leaves_the_reservation(&mut self, domain: usize, slot: u32, cell: CellId) -> bool {
        let at = self.cells[cell.index()].pool;
        let kept = &self.domains[domain].reservation;
        let expected = self.now + Span(self.expected_length_us(slot, cell));
        if kept.pool != Some(at) || expected <= kept.start {
            return true;
        }
        let job = &self.jobs[slot];
        let (chips, claim) = (job.chips, self.cells[cell.index()].claim);
        // On the very nodes it would get.
        let pool = &mut self.pools[at];
        let mut pieces = std::mem::take(&mut self.spare_pieces);
        pool.nodes.take(chips, pool.placement, &mut pieces);
        let kept = &mut self.domains[domain].reservation;
        let free = kept.then.has_free(chips, &pieces);
        if free {
            kept.then.hold(claim, chips, &pieces);
        }
        let leaves = free && kept.then.fits(kept.tenant, kept.chips);
        if free && !leaves {
            kept.then.release(claim, chips, &pieces);
        }
        pool.nodes.give_back(chips, &mut pieces, None);
        pieces.clear();
        self.spare_pieces = pieces;
        leaves
    }

    /// Nobody waits in the domain, no job and no replica, nothing is promised there and nothing else happens at this instant: under every policy a pass
    /// would start nobody, or the one job in hand if there is room.
    #[inline]
    pub(super) fn at_rest(&self, domain: usize) -> bool {
        let state = &self.domains[domain];
        state.waiting == 0
            && !state.any_committed
            && state.replicas_wait.is_empty()
            && self.changed.is_empty()
            && self.instant_is_over()
    }

    /// Starts a job that arrives in a domain at rest, without a pass; false where there is no room or a pass must look.
    #[inline]
    pub(super) fn start_lone(&mut self, slot: u32, domain: usize) -> bool {
        if self.at_rest(domain)
            && !self.domains[domain].walks
            && !self.domains[domain].resizes
            && let Some(cell) = self.cell_with_room(slot, true)
        {
            self.start(slot, cell);
            return true;
        }
        false
    }

    /// One pass per changed domain. What it starts ends at a later instant, so no pass changes a domain at this one; what it takes off
    /// waits for the pass that is under way.
    #[inline]
    pub(super) fn schedule_changed_domains(&mut self) {
        for next in 0..self.changed.len() {
            let domain = self.changed[next] as usize;
            let state = &self.domains[domain];
            let (any_committed, anyone) = (state.any_committed, 0 < state.waiting);
            if any_committed {
                self.fill_reserved(domain);
            }
            if !self.domains[domain].replicas_wait.is_empty() {
                self.take_waiting_replicas(domain);
            }
            if self.domains[domain].lends {
                self.refresh_lending(domain);
            }
            // Most finishes of a pool with room leave nobody to start.
            let resizes = self.domains[domain].resizes;
            if resizes {
                self.begin_resizing(domain);
            }
            if anyone {
                self.pass(domain);
            }
            if resizes {
                self.finish_resizing(domain);
            }
            self.domains[domain].changed = false;
        }
        self.changed.clear();
    }

    pub(super) fn pass(&mut self, domain: usize) {
        let mut cursors = std::mem::take(&mut self.cursors);
        let backfill = self.domains[domain].rules.backfill;
        let mut turns = 0;
        loop {
            turns += 1;
            assert!(turns < 100_000, "a pass at {} repeats for ever", self.now);
            self.again = false;
            self.watch_begins();
            if self.domains[domain].walks {
                self.helios_walk(domain);
            } else {
                policy::pass(backfill, &mut Pass { sim: self, domain }, &mut cursors);
            }
            // Whoever was taken off may have held more than was needed, whoever is refused or overflows may have been in the way of others, and
            // a head that started, of one within its guarantee or of those that may not pass it: the pass repeats. It comes to an end, for each time those who run are more urgent, or those who wait are fewer.
            let others = |sim: &mut Self| {
                sim.refuse_beyond_limit(domain)
                    || sim.overflow_at_once(domain)
                    || sim.start_overflowing(domain)
                    || sim.forget_who_came(domain)
            };
            if !(self.again || others(self)) {
                break;
            }
        }
        self.domains[domain].fresh.clear();
        self.cursors = cursors;
        if self.watch.is_some() && !self.domains[domain].walks {
            self.watch_pass(domain);
        }
    }

    /// Forgets jobs whose chips were on their way that have started, or for whom nobody leaves any more: the turn that is over was the last that
    /// kept others behind them. True when there were any.
    fn forget_who_came(&mut self, domain: usize) -> bool {
        let state = &self.domains[domain];
        if state.coming.iter().all(Option::is_none) {
            return false;
        }
        let leaves = state.running.iter().flatten().any(|slot| self.jobs[*slot].leaving);
        let state = &mut self.domains[domain];
        let mut forgotten = false;
        for (coming, queue) in state.coming.iter_mut().zip(&state.queues) {
            let kept = coming.filter(|key| leaves && queue.holds(*key));
            forgotten |= *coming != kept;
            *coming = kept;
        }
        forgotten
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
        if state.rules.queue_limit.is_none_or(|limit| state.waiting as u64 <= limit) {
            return false;
        }
        let Some(slot) = state.fresh.pop() else { return false };
        let (now, in_system, job) = (self.now, !self.silenced(Counter::InSystem), &self.jobs[slot]);
        let in_window = self.in_window(job.submit);
        self.take_from_queue(slot);
        let workload = &mut self.workloads[self.jobs[slot].workload as usize];
        workload.totals.refused += u64::from(in_window);
        if in_system {
            workload.in_system.sub(now, 1);
        }
        self.write_row(slot, None);
        self.jobs.remove(slot);
        true
    }

    /// Takes a waiting job out of its queue.
    pub(super) fn take_from_queue(&mut self, slot: u32) {
        let job = &self.jobs[slot];
        let workload = &self.workloads[job.workload as usize];
        let state = &mut self.domains[workload.domain];
        let removed = state.queues[workload.queue].remove_key(job.key).slot;
        assert_eq!(removed, slot, "the job that leaves is the one that waits under its key");
        state.waiting -= 1;
        state.forget_fresh(slot);
        self.jobs[slot].planned = false;
    }
}
