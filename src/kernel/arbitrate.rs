//! Serving before training inside a tenant: which gangs shrink or leave for replicas, and who gives borrowed chips back. Coupling T10 and
//! finding 10. Takes no chip for replicas: `replicas` does.

use super::nodes::Piece;
use super::outlook::Outlook;
use super::sim::Sim;
use super::state::Right;
use crate::world::Interruption;

/// A gang at a smaller size in an outlook.
struct Smaller {
    slot: u32,
    size: u32,
    pieces: Vec<Piece>,
}

/// What replicas of a place need of a pool.
#[derive(Clone, Copy)]
struct Need {
    domain: usize,
    pool: usize,
    tenant: usize,
    /// Chips that all replicas of the tenant wait for there.
    chips: u64,
    replicas: u64,
    of_chips: u32,
}

impl Need {
    fn is_met(&self, then: &Outlook) -> bool {
        self.chips <= then.standing.open_to_replicas(self.tenant, then.up)
            && self.replicas == then.nodes.replicas(self.of_chips, self.replicas)
    }
}

impl Sim<'_> {
    /// Gangs leave room for the replicas that a place waits for: those that borrow the tenant's own chips, then its elastic gangs, down to their
    /// smallest size, then its gangs, the lowest priority first, then the least chip-time lost, then the latest. All of them where that is not enough.
    pub(super) fn make_room_for_replicas(&mut self, at: usize) {
        let serving = self.serving.as_ref().expect("there are services");
        let place = &serving.places[at];
        if place.wanted == 0 || self.domains[place.domain].running.iter().all(Vec::is_empty) {
            return;
        }
        let (pool, group) = (&self.pools[place.pool], &serving.groups[place.group]);
        let need = Need {
            domain: place.domain,
            pool: place.pool,
            tenant: place.tenant,
            chips: group.waits,
            replicas: place.wanted,
            of_chips: place.chips as u32,
        };
        if pool.is_shut() || pool.has_room_for_replicas(need.tenant, need.chips, need.replicas, place.chips) {
            return;
        }
        let lent = pool.lends && pool.standing.borrowed(pool.usable()) > 0;
        let mut then = std::mem::take(&mut self.spare_outlook);
        then.look_at(&self.pools[need.pool]);
        for slot in self.on_pool(need) {
            let job = &self.jobs[slot];
            if job.leaving {
                then.release(self.cells[job.cell as usize].claim, job.chips, &job.pieces);
            }
        }
        let mut leaving = Vec::new();
        if lent && !need.is_met(&then) && need.chips <= then.standing.tenants[need.tenant].unused() {
            leaving = self.borrowers_for_replicas(need, &mut then);
        }
        let (mut shrink, mut stop) = (Vec::new(), Vec::new());
        if !need.is_met(&then) {
            shrink = self.shrink_for_replicas(need, &mut then);
            if !need.is_met(&then) {
                stop = self.stop_for_replicas(need, &mut then, &shrink);
            }
        }
        self.spare_outlook = then;
        let notice = self.domains[need.domain].rules.notice;
        for slot in leaving {
            self.take_off(slot, Interruption::PREEMPTION, notice);
        }
        for smaller in shrink.iter().filter(|smaller| !stop.contains(&smaller.slot)) {
            self.shrink_now(smaller.slot, smaller.size);
        }
        for slot in stop {
            self.take_off(slot, Interruption::PREEMPTION, None);
        }
        self.touch(need.domain);
    }

    /// Running gangs on the pool.
    fn on_pool(&self, need: Need) -> Vec<u32> {
        let running = self.domains[need.domain].running.iter().flatten().copied();
        running.filter(|slot| self.cells[self.jobs[*slot].cell as usize].pool == need.pool).collect()
    }

    /// Those of the tenant, on its own chips, that are not leaving already.
    fn own_on_pool(&self, need: Need) -> Vec<u32> {
        let own = |slot: &u32| {
            let job = &self.jobs[*slot];
            let cell = &self.cells[job.cell as usize];
            cell.right == Right::Own && cell.claim == need.tenant && !job.leaving
        };
        self.on_pool(need).into_iter().filter(own).collect()
    }

    /// The order in which gangs leave: the smaller first.
    fn leaves_first(&self, slot: u32) -> (u32, u128, u64) {
        let job = &self.jobs[slot];
        (u32::MAX - job.class, self.lost_by_leaving(slot), u64::MAX - job.key.arrival())
    }

    /// The fewest borrowers, in order, without whom the replicas find room; nobody where all of them do not do.
    fn borrowers_for_replicas(&self, need: Need, then: &mut Outlook) -> Vec<u32> {
        let borrows = |slot: &u32| {
            let job = &self.jobs[*slot];
            let of = self.cells[job.cell as usize].claim;
            !job.leaving && of != need.tenant && self.pools[need.pool].standing.tenants[of].beyond() > 0
        };
        let mut borrowers: Vec<u32> = self.on_pool(need).into_iter().filter(borrows).collect();
        borrowers.sort_by_key(|slot| self.leaves_first(*slot));
        let mut leaving = Vec::new();
        for slot in borrowers {
            let job = &self.jobs[slot];
            let of = self.cells[job.cell as usize].claim;
            // Who has given back all it had beyond its own is a borrower no longer.
            if then.standing.tenants[of].beyond() == 0 {
                continue;
            }
            then.release(of, job.chips, &job.pieces);
            leaving.push(slot);
            if need.is_met(then) {
                break;
            }
        }
        leaving
    }

    /// Elastic gangs and the sizes to which they shrink, the last in the queue's order first, no further than needed.
    fn shrink_for_replicas(&self, need: Need, then: &mut Outlook) -> Vec<Smaller> {
        let placement = self.pools[need.pool].placement;
        let mut gangs: Vec<u32> = self.own_on_pool(need);
        gangs.retain(|slot| self.elastic_of(*slot).is_some_and(|terms| terms.min < self.jobs[*slot].chips));
        gangs.sort_by_key(|slot| std::cmp::Reverse((self.jobs[*slot].key, *slot)));
        let mut smaller = Vec::new();
        for slot in gangs {
            let (job, terms) = (&self.jobs[slot], self.elastic_of(slot).expect("kept for that"));
            let claim = self.cells[job.cell as usize].claim;
            then.release(claim, job.chips, &job.pieces);
            let put = |size: u32, then: &mut Outlook| {
                let mut pieces = Vec::new();
                then.nodes.take(size, placement, &mut pieces);
                then.standing.hold(claim, u64::from(size));
                pieces
            };
            let mut at = Smaller { slot, size: terms.min, pieces: put(terms.min, then) };
            // The largest size that leaves enough, by halves.
            let (mut fits, mut not) = (0, (job.chips - terms.min).div_ceil(terms.step));
            while need.is_met(then) && fits + 1 < not {
                let middle = fits + (not - fits) / 2;
                let size = terms.min + middle * terms.step;
                then.release(claim, at.size, &at.pieces);
                let pieces = put(size, then);
                if need.is_met(then) {
                    (fits, at) = (middle, Smaller { slot, size, pieces });
                } else {
                    not = middle;
                    then.release(claim, size, &pieces);
                    at.pieces = put(at.size, then);
                }
            }
            smaller.push(at);
            if need.is_met(then) {
                break;
            }
        }
        smaller
    }

    /// The fewest gangs, in order, without whom the replicas find room, those that shrink at their new size; all where that is not enough.
    fn stop_for_replicas(&self, need: Need, then: &mut Outlook, shrink: &[Smaller]) -> Vec<u32> {
        let mut gangs = self.own_on_pool(need);
        gangs.sort_by_key(|slot| self.leaves_first(*slot));
        let stands = |slot: u32| {
            let smaller = shrink.iter().find(|smaller| smaller.slot == slot);
            let job = &self.jobs[slot];
            let (chips, pieces) = smaller.map_or((job.chips, &job.pieces), |at| (at.size, &at.pieces));
            (self.cells[job.cell as usize].claim, chips, pieces)
        };
        let mut stop = Vec::new();
        for slot in gangs {
            if need.is_met(then) {
                break;
            }
            let (claim, chips, pieces) = stands(slot);
            then.release(claim, chips, pieces);
            stop.push(slot);
        }
        // One taken early may not be needed beside one taken late.
        let mut at = 0;
        while need.is_met(then) && at + 1 < stop.len() {
            let (claim, chips, pieces) = stands(stop[at]);
            then.hold(claim, chips, pieces);
            if need.is_met(then) {
                stop.remove(at);
            } else {
                then.release(claim, chips, pieces);
                at += 1;
            }
        }
        stop
    }
}
