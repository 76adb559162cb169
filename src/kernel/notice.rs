//! Jobs that hold chips for a while only: on spot until it is taken back, in a capacity block until it ends. Who is told, when, and how they
//! leave. Decides no price and no date.

use super::event::{Class, When};
use super::job::exposure;
use super::sim::Sim;
use super::state::Right;
use crate::stats::draw::failure_item;
use crate::stats::quantile::exponential_quantile;
use crate::units::{SimTime, Span};
use crate::world::{CellId, Effect, Interruption, PoolId, PriceKind, TenantId};

/// Clock of reclaims and notice of a job, beside the job: only where there is spot or blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notice {
    /// Exposure left until it is taken back [node-us x reclaims per 1e12 node-hours]; None: to be drawn.
    left: Option<u128>,
    /// How often its clock has rung.
    rung: u32,
    /// Nodes held.
    nodes: u64,
    /// Since when.
    since: SimTime,
    /// It must be gone by then.
    stops_at: SimTime,
}

impl Default for Notice {
    fn default() -> Notice {
        Notice { left: None, rung: 0, nodes: 0, since: SimTime::ZERO, stops_at: SimTime::NEVER }
    }
}

impl Sim<'_> {
    /// A new job is in the slot.
    #[inline]
    pub(super) fn forget_notice(&mut self, slot: u32) {
        if let Some(notice) = self.notices.get_mut(slot as usize) {
            *notice = Notice::default();
        }
    }

    fn notice_of(&mut self, slot: u32) -> &mut Notice {
        let len = self.notices.len().max(slot as usize + 1);
        self.notices.resize(len, Notice::default());
        &mut self.notices[slot as usize]
    }

    /// The job has taken chips that are not its own for good: its clock goes on where it stood.
    #[cold]
    pub(super) fn begin_notice(&mut self, slot: u32) {
        let (now, nodes) = (self.now, self.nodes_of(slot) as u64);
        let (item, workload) = (self.jobs[slot].item, self.jobs[slot].workload as usize);
        let threshold = self.workloads[workload].reclaim;
        let notice = self.notice_of(slot);
        (notice.since, notice.nodes, notice.stops_at) = (now, nodes, SimTime::NEVER);
        let rung = notice.rung;
        notice.left.get_or_insert_with(|| exposure(exponential_quantile(threshold.unit(failure_item(item, rung)))));
    }

    /// It gives them back.
    #[cold]
    pub(super) fn end_notice(&mut self, slot: u32) {
        let (now, rate) = (self.now, self.cells[self.jobs[slot].cell as usize].reclaim_rate);
        let notice = self.notice_of(slot);
        let used = u128::from(now.since(notice.since).0) * u128::from(notice.nodes) * u128::from(rate);
        notice.left = notice.left.map(|left| left.saturating_sub(used).max(1));
        notice.stops_at = SimTime::NEVER;
    }

    /// When a running job is told that it must go, or must be gone: [`When::NEVER`] where nothing is known.
    #[cold]
    pub(super) fn notice_due(&self, slot: u32) -> When {
        let job = &self.jobs[slot];
        let notice = &self.notices[slot as usize];
        if notice.stops_at < SimTime::NEVER {
            return When::new(notice.stops_at, Class::Reclaim);
        }
        let rate = u128::from(self.cells[job.cell as usize].reclaim_rate) * u128::from(notice.nodes);
        match notice.left {
            Some(left) if 0 < rate && !job.leaving => {
                let until = left.div_ceil(rate).clamp(1, u128::from(SimTime::NEVER.0)) as u64;
                let at = SimTime(notice.since.0.saturating_add(until).min(SimTime::NEVER.0));
                if at < SimTime::NEVER { When::new(at, Class::Reclaim) } else { When::NEVER }
            }
            _ => When::NEVER,
        }
    }

    /// Something is due of a running job on spot or in a block: true when it was this.
    pub(super) fn notice_rings(&mut self, slot: u32) -> bool {
        let job = &self.jobs[slot];
        if self.cells[job.cell as usize].right == Right::Own {
            return false;
        }
        let saved =
            job.attempt.yields_from.is_some_and(|from| from + Span(self.jobs.aside(slot).leaves_in_us) == self.now);
        if saved || self.notice_due(slot) != When::new(self.now, Class::Reclaim) {
            return false;
        }
        if self.notices[slot as usize].stops_at < SimTime::NEVER {
            // What it has not saved by now is lost.
            self.jobs[slot].loses = true;
            self.leave(slot);
            return true;
        }
        let notice = self.notice_of(slot);
        (notice.left, notice.rung) = (None, notice.rung + 1);
        let pool = self.cells[self.jobs[slot].cell as usize].pool;
        let spot = self.world.pools.0[pool].spot.as_ref().expect("its clock is that of spot");
        self.give_notice(slot, spot.notice);
        true
    }

    /// The job must be gone when the notice is over. One whose checkpoint fits into it writes that and leaves; any other works on to the end and
    /// loses what it has done since its last. Eq. (97).
    fn give_notice(&mut self, slot: u32, length: Span) {
        let end = self.now + length;
        let in_window = self.in_window(self.now);
        let job = &self.jobs[slot];
        let state = &mut self.workloads[job.workload as usize];
        state.totals.reclaims += u64::from(in_window);
        state.interrupted(Interruption::RECLAIM, in_window);
        state.apart.reclaimed += u64::from(!job.leaving);
        let (saves, cost_us) = (0 < state.interval_us && state.cost_us <= length.0, state.cost_us);
        let (leaving, finish) = (job.leaving, job.attempt.finish());
        self.jobs.aside_mut(slot).why = Interruption::RECLAIM.index() as u16;
        if !leaving && saves {
            let job = &mut self.jobs[slot];
            (job.leaving, job.loses) = (true, false);
            self.jobs.aside_mut(slot).leaves_in_us = cost_us;
            if cost_us == 0 {
                return self.leave(slot);
            }
            // One that finishes before its checkpoint is written just finishes.
            if self.now + Span(cost_us) < finish {
                self.jobs[slot].attempt.yields_from = Some(self.now);
            }
        } else if length == Span::ZERO {
            self.jobs[slot].loses = true;
            return self.leave(slot);
        } else {
            self.jobs[slot].leaving = true;
            let notice = self.notice_of(slot);
            notice.stops_at = notice.stops_at.min(end);
        }
        self.post_next(slot);
    }

    /// The spot price is at most what jobs of the cell bid for it.
    pub(super) fn is_within_bid(&self, cell: CellId) -> bool {
        let state = &self.cells[cell.index()];
        let pool = PoolId::new(state.pool);
        let (Some(spot), Some(list)) =
            (self.live.price(pool, PriceKind::Spot), self.live.price(pool, PriceKind::OnDemand))
        else {
            return false;
        };
        spot.rate.0 <= (list.rate.0 as f64 * state.bid).round() as i64
    }

    /// What of its jobs each workload may start on the pool's domain has changed, with a price or a block: a pass looks again.
    fn reopen(&mut self, pool: PoolId) {
        let domain = self.world.pools[pool].domain.index();
        for workload in 0..self.workloads.len() {
            let state = &self.workloads[workload];
            if state.domain == domain && state.for_a_while {
                let open = state.cells.iter().map(|cell| self.open_to(*cell)).max();
                self.workloads[workload].most_open = open.unwrap_or(u32::MAX);
            }
        }
        self.touch(domain);
    }

    /// The largest gang that could start on the cell if all chips were free.
    fn open_to(&self, cell: CellId) -> u32 {
        let state = &self.cells[cell.index()];
        let pool = &self.pools[state.pool];
        let chips = match state.right {
            Right::Own => u64::MAX,
            Right::Spot if self.is_within_bid(cell) => pool.spot.expect("a cell on spot").chips,
            Right::Spot => 0,
            Right::Block => {
                let tenant = self.workloads[self.world.cells[cell].workload.index()].tenant;
                pool.shares[tenant].blocks.expect("a cell in blocks").open
            }
        };
        chips.min(u64::from(u32::MAX)) as u32
    }

    /// A new spot price: who bids less is told, who bids enough may start.
    pub(super) fn on_spot_price(&mut self, pool: PoolId) {
        let Some(spot) = &self.world.pools[pool].spot else { return };
        for slot in self.holders(pool, Right::Spot) {
            if !self.is_within_bid(CellId::new(self.jobs[slot].cell as usize)) && !self.is_told(slot) {
                self.give_notice(slot, spot.notice);
            }
        }
        self.reopen(pool);
    }

    /// Chips that spot may hold: where it holds more, the lowest bids go first, then the latest submitted.
    pub(super) fn on_spot_chips(&mut self, pool: PoolId, chips: u32) {
        let Some(terms) = &self.world.pools[pool].spot else { return };
        if let Some(spot) = &mut self.pools[pool.index()].spot {
            spot.chips = u64::from(chips);
        }
        let mut holders = self.holders(pool, Right::Spot);
        holders.sort_by(|a, b| {
            let bid = |slot: &u32| self.cells[self.jobs[*slot].cell as usize].bid;
            let latest = |slot: &u32| self.jobs[*slot].key.arrival();
            bid(a).total_cmp(&bid(b)).then(latest(b).cmp(&latest(a)))
        });
        self.tell_as_many(&holders, u64::from(chips), terms.notice);
        self.reopen(pool);
    }

    /// Blocks of a tenant begin or end.
    pub(super) fn on_blocks(&mut self, pool: PoolId, tenant: TenantId, chips: u32, open: u32, class: u8) {
        self.apply(Effect::BlockChips(pool, tenant, chips), class);
        let blocks = &mut self.pools[pool.index()].shares[tenant.index()].blocks;
        let blocks = blocks.as_mut().expect("a tenant with blocks has a claim");
        (blocks.chips, blocks.open) = (u64::from(chips), u64::from(open));
        self.reopen(pool);
        self.after_supply(pool.index());
    }

    /// Some of a tenant's blocks will end: who is more than the others hold is told, the latest submitted first.
    pub(super) fn on_block_warning(&mut self, pool: PoolId, tenant: TenantId, open: u32, warning: Span) {
        let blocks = &mut self.pools[pool.index()].shares[tenant.index()].blocks;
        blocks.as_mut().expect("a tenant with blocks has a claim").open = u64::from(open);
        let mut holders = self.holders(pool, Right::Block);
        holders.retain(|slot| self.workloads[self.jobs[*slot].workload as usize].tenant == tenant.index());
        holders.sort_by_key(|slot| u64::MAX - self.jobs[*slot].key.arrival());
        self.tell_as_many(&holders, u64::from(open), warning);
        self.reopen(pool);
    }

    /// A block is bought and paid.
    pub(super) fn on_buy_block(&mut self, pool: PoolId, n: u32, class: u8) {
        let chips = self.world.pools[pool].blocks[n as usize].chips;
        self.apply(Effect::BlockBought(pool, n, chips), class);
        self.post_block(pool, n);
    }

    /// Tells jobs, the first of the list first, until those who stay hold no more than `chips`.
    fn tell_as_many(&mut self, holders: &[u32], chips: u64, notice: Span) {
        let mut stays: u64 =
            holders.iter().filter(|slot| !self.is_told(**slot)).map(|slot| u64::from(self.jobs[*slot].chips)).sum();
        for slot in holders {
            if stays <= chips {
                break;
            }
            if !self.is_told(*slot) {
                stays -= u64::from(self.jobs[*slot].chips);
                self.give_notice(*slot, notice);
            }
        }
    }

    /// It has had its notice, or is on its way out in time.
    fn is_told(&self, slot: u32) -> bool {
        self.jobs[slot].leaving
    }

    /// Running jobs that hold chips of the pool by that right.
    fn holders(&self, pool: PoolId, right: Right) -> Vec<u32> {
        let here = |slot: &u32| {
            let job = &self.jobs[*slot];
            let cell = &self.cells[job.cell as usize];
            job.running && cell.pool == pool.index() && cell.right == right
        };
        self.jobs.slots().into_iter().filter(here).collect()
    }

    /// Whether a gang of that many chips may start on spot or in its tenant's blocks.
    pub(super) fn has_room_for_a_while(&self, cell: CellId, chips: u64, any: bool) -> bool {
        let open = match self.cells[cell.index()].right {
            Right::Own => panic!("chips of one's own have no end"),
            Right::Spot => any && self.is_within_bid(cell),
            Right::Block => true,
        };
        open && chips <= self.most_on(cell)
    }

    /// Most chips that a job of the cell may take now by its right, whether they are free or not.
    pub(super) fn most_on(&self, cell: CellId) -> u64 {
        let state = &self.cells[cell.index()];
        let pool = &self.pools[state.pool];
        let (held, up) = (pool.standing.tenants[state.claim].held, pool.usable());
        let (limit, any) = match state.right {
            Right::Own => (u64::MAX, true),
            Right::Spot => (pool.spot.expect("a cell on spot").chips, true),
            Right::Block => {
                let tenant = self.workloads[self.world.cells[cell].workload.index()].tenant;
                (pool.shares[tenant].blocks.expect("a cell in blocks").open, false)
            }
        };
        limit.saturating_sub(held).min(pool.standing.available(state.claim, any, up))
    }

    /// Most chips that a gang of the tenant may find on spot or in blocks of the pool.
    pub(super) fn most_for_a_while(&self, pool: usize, tenant: usize, any: bool) -> u64 {
        let state = &self.pools[pool];
        let up = state.usable();
        let spot = state.spot.filter(|_| any).map_or(0, |spot| state.standing.available(spot.claim, true, up));
        let blocks = state.shares[tenant].blocks.map_or(0, |blocks| state.standing.available(blocks.claim, false, up));
        spot.max(blocks)
    }
}
