//! Chips of replicas: asked for, taken, ready, given back. Chips of gangs that stand in their way come from `arbitrate`; how many replicas are
//! wanted is decided in `serving`.

use super::event::{Class, When};
use super::nodes::Piece;
use super::serving::{Serving, TickCounts};
use super::sim::{Counter, READY_DUE, Release, Sabotage, Sim};
use super::tick::{real, whole_below};
use crate::stats::math;
use crate::units::{Id, SimTime, Span};
use crate::world::{Live, ServingPlace, World};
use std::collections::VecDeque;

/// A service on a pool during a run. In the order in which a tick reads it: a line of memory to serve, one to plan, one to come and go.
#[repr(C, align(64))]
pub(super) struct Place {
    /// Replicas ready, starting.
    pub ready: u64,
    pub starting: u64,
    /// Of the tick under way [replica-us], and up to when they count.
    pub ready_us: u64,
    pub starting_us: u64,
    counted: SimTime,
    /// What a replica does, less the share of time lost to failures, and the rest of that share; both ways, for a product takes a fifth of the time of a
    /// quotient.
    pub tokens_per_us: f64,
    up: f64,
    pub us_per_token_up: f64,
    /// Of the ticks that are closed and not in the record yet.
    pub booked: Booked,
    /// Chips of a replica.
    pub chips: u64,
    /// Planned for the tick under way, and for the next.
    pub goal: u64,
    pub next: u64,
    pub group: usize,
    /// Replicas asked for but not there.
    pub wanted: u64,
    /// When those may be taken.
    take_from: SimTime,
    pub service: usize,
    pub cell: usize,
    pub pool: usize,
    pub tenant: usize,
    pub domain: usize,
    start_up: Span,
    /// Replicas that come and go together.
    pub together: u64,
    /// When the starting are ready.
    batches: VecDeque<(SimTime, u64)>,
    /// It is among those of its lead that start.
    listed: bool,
    pub pieces: Vec<Piece>,
    /// What a replica does in its service's mix, and how long a token takes it, failures apart.
    pub tokens_per_hour: u64,
    pub us_per_token: f64,
}

/// Replicas through time [replica-us].
#[derive(Clone, Copy, Default)]
pub(super) struct Booked {
    pub ready: u64,
    pub starting: u64,
    pub at_work: u64,
}

impl Place {
    pub fn new(world: &World, live: &Live, service: usize, terms: &ServingPlace, group: usize) -> Place {
        let of = &world.services.0[service];
        let speed = of.card_speed.as_ref().map_or(1.0, |z| math::exp(terms.sigma * live.value(z)));
        let per_hour = (speed * terms.rates.tokens_per_hour(of.input_tokens, of.output_tokens)).round().max(1.0);
        let up = 1.0 - down(world, live, terms);
        let tokens_per_us = per_hour / 3.6e9 * up;
        Place {
            service,
            cell: terms.cell.index(),
            pool: terms.pool.index(),
            tenant: of.tenant.index(),
            domain: world.pools[terms.pool].domain.index(),
            group,
            chips: u64::from(terms.chips),
            together: u64::from(terms.together),
            tokens_per_hour: per_hour as u64,
            tokens_per_us,
            up,
            us_per_token_up: 1.0 / tokens_per_us,
            us_per_token: 3.6e9 / per_hour,
            start_up: of.scaler.start_up,
            ready: 0,
            starting: 0,
            wanted: 0,
            take_from: SimTime::ZERO,
            goal: 0,
            next: 0,
            ready_us: 0,
            starting_us: 0,
            counted: SimTime::ZERO,
            booked: Booked::default(),
            batches: VecDeque::new(),
            listed: false,
            pieces: Vec::new(),
        }
    }

    /// Replica time up to now.
    #[inline]
    pub fn count(&mut self, now: SimTime) {
        let us = now.since(self.counted).0;
        self.ready_us += self.ready * us;
        self.starting_us += self.starting * us;
        self.counted = now;
    }

    /// Tokens that so much ready time does, that lost to failures left out. Eq. (154), (155).
    #[inline]
    pub fn tokens_in(&self, ready_us: u64) -> u64 {
        let tokens = real(ready_us) * self.tokens_per_us;
        // A whole number of tokens must not be lost to rounding.
        whole_below(tokens + tokens * 4.0 * f64::EPSILON)
    }

    /// The tick that is closed, in which its service used such a share of what its replicas can do: each of them is at work for that share of the time
    /// that failures leave it. What is done in metered time is kept for the record. Returns whether there may be no room for another tick. Eq. (154).
    #[inline]
    pub fn book(&mut self, used: f64, metered: bool, did: &mut TickCounts) -> bool {
        let busy_us = whole_below(real(self.ready_us) * (used * self.up)).min(self.ready_us);
        did.served += busy_us;
        did.ready += self.ready_us;
        did.starting += self.starting_us;
        if metered {
            self.booked.ready += self.ready_us;
            self.booked.starting += self.starting_us;
            self.booked.at_work += busy_us;
        }
        (self.ready_us, self.starting_us) = (0, 0);
        1 << 62 <= self.booked.ready | self.booked.starting
    }

    /// So many replicas rounded up to those that come together, as far as `budget` chips go.
    #[inline]
    pub fn rounded(&self, replicas: u64, budget: u64) -> u64 {
        let replicas = if self.together == 1 { replicas } else { replicas.next_multiple_of(self.together) };
        // A division only where there is less than enough.
        if replicas.saturating_mul(self.chips) <= budget {
            return replicas;
        }
        let most = budget / self.chips;
        if self.together == 1 { most } else { most - most % self.together }
    }

    /// Replicas there.
    #[inline]
    pub fn held(&self) -> u64 {
        self.ready + self.starting
    }

    /// Replicas of its goal that are not there.
    #[inline]
    fn lacks(&self) -> u64 {
        self.goal.saturating_sub(self.held())
    }
}

/// Share of its time for which a replica waits for a chip that failed: rate x chips x mean repair, against the time between. Eq. (155),
/// coupling C5.
fn down(world: &World, live: &Live, place: &ServingPlace) -> f64 {
    let pool = &world.pools[place.pool];
    let mut before = 0.0;
    let repair_h: f64 = (pool.causes.iter())
        .map(|cause| {
            let share = cause.cumulative - std::mem::replace(&mut before, cause.cumulative);
            share * cause.repair.as_ref().map_or(0.0, |repair| live.value(&repair.mean))
        })
        .sum();
    let away = pool.failures_per_chip_hour * f64::from(place.chips) * repair_h;
    away / (1.0 + away)
}

impl Sim<'_> {
    /// The plan of the tick that begins: replicas that are not in it go, those without a lead come. At the very start all are there at once.
    pub(super) fn follow_plan(&mut self, first: bool) {
        let Some(serving) = &mut self.serving else { return };
        let fewer = std::mem::take(&mut serving.fewer);
        for at in fewer.iter().map(|at| *at as usize) {
            let place = &mut self.serving.as_mut().expect("there are services").places[at];
            if place.next < place.goal {
                place.goal = place.next;
                let surplus = place.held().saturating_sub(place.goal);
                if 0 < place.wanted {
                    self.want(at);
                }
                if surplus > 0 {
                    self.release_replicas(at, surplus);
                }
            }
        }
        let serving = self.serving.as_mut().expect("there are services");
        serving.fewer = fewer;
        let more = std::mem::take(&mut serving.more);
        for at in more.iter().map(|at| *at as usize) {
            let serving = self.serving.as_ref().expect("there are services");
            let place = &serving.places[at];
            let late = first || serving.lead_of(place.service) == Span::ZERO;
            if late && place.goal < place.next {
                self.ask(at, self.now, first);
            }
        }
        self.serving.as_mut().expect("there are services").more = more;
    }

    /// Replicas of a lead are ordered: gangs in their way are told now, and the chips are taken when they have had their notice.
    pub(super) fn on_replica_order(&mut self, order: u32) {
        let (lead, takes) = ((order / 2) as usize, order % 2 == 1);
        let Some(serving) = &mut self.serving else { return };
        let notice = serving.leads[lead].notice;
        let mut ordered = std::mem::take(&mut serving.ordered);
        ordered.clear();
        if !takes {
            ordered.extend_from_slice(&serving.more);
        }
        let plans = ordered.len();
        for domain in self.domains.iter().filter(|domain| !domain.replicas_wait.is_empty()) {
            ordered.extend_from_slice(&domain.replicas_wait);
        }
        let waits = plans < ordered.len();
        if 1 < serving.leads.len() {
            ordered.retain(|at| serving.services[serving.places[*at as usize].service].lead == lead);
        }
        // What is planned is in order, and as a rule nobody waits.
        if waits {
            ordered.sort_unstable();
            ordered.dedup();
        }
        for at in ordered.iter().map(|at| *at as usize) {
            let place = &self.serving.as_ref().expect("there are services").places[at];
            if !takes && place.goal < place.next {
                self.ask(at, self.now + notice, false);
            } else {
                self.come_now(at, false);
            }
        }
        self.serving.as_mut().expect("there are services").ordered = ordered;
        if !takes && Span::ZERO < notice {
            self.heap.push(When::new(self.now + notice, Class::ReplicaOrder), order + 1);
        }
    }

    /// What a token costs has changed somewhere.
    pub(super) fn prices_moved(&mut self) {
        if let Some(serving) = &mut self.serving {
            serving.prices_moved = true;
        }
    }

    /// A place asks for its plan: its chips are nobody else's from now on, gangs in the way leave, and what finds room comes if it may.
    fn ask(&mut self, at: usize, take_from: SimTime, ready: bool) {
        let serving = self.serving.as_mut().expect("there are services");
        let place = &mut serving.places[at];
        place.goal = place.next;
        place.take_from = take_from;
        let wanted = place.lacks();
        let (pool, waits) = (&self.pools[place.pool], serving.groups[place.group].waits);
        // Most orders find room for all at once: nobody waits, and nobody is in the way.
        let at_once = 0 < wanted && place.wanted == 0 && take_from <= self.now && !pool.is_shut();
        if at_once && pool.has_room_for_replicas(place.tenant, waits + wanted * place.chips, wanted, place.chips) {
            return self.take_replicas(at, wanted, ready);
        }
        self.want(at);
        self.make_room_for_replicas(at);
        self.come_now(at, ready);
    }

    /// What the place still lacks of its goal is what it waits for.
    #[inline]
    fn want(&mut self, at: usize) {
        let serving = self.serving.as_mut().expect("there are services");
        if serving.places[at].lacks() != serving.places[at].wanted {
            self.wait_for_another(at);
        }
    }

    /// It waits for more or fewer replicas than before.
    fn wait_for_another(&mut self, at: usize) {
        let serving = self.serving.as_mut().expect("there are services");
        let place = &mut serving.places[at];
        let wanted = place.lacks();
        let group = &mut serving.groups[place.group];
        group.waits = group.waits + wanted * place.chips - place.wanted * place.chips;
        if (wanted == 0) != (place.wanted == 0) {
            let waits = &mut self.domains[place.domain].replicas_wait;
            match waits.binary_search(&(at as u32)) {
                Ok(there) => drop(waits.remove(there)),
                Err(before) => waits.insert(before, at as u32),
            }
        }
        place.wanted = wanted;
        self.pools[group.pool].standing.keep(group.tenant, group.waits, group.ahead);
    }

    /// Takes what of a place's wanted replicas finds room now.
    fn come_now(&mut self, at: usize, ready: bool) {
        let place = &self.serving.as_ref().expect("there are services").places[at];
        let pool = &self.pools[place.pool];
        if place.wanted == 0 || self.now < place.take_from || pool.is_shut() {
            return;
        }
        let open = pool.standing.open_to_replicas(place.tenant, pool.usable());
        if open < place.chips {
            return;
        }
        let replicas = pool.nodes.replicas(place.chips as u32, place.wanted.min(open / place.chips));
        if replicas > 0 {
            self.take_replicas(at, replicas, ready);
        }
    }

    fn take_replicas(&mut self, at: usize, replicas: u64, at_once: bool) {
        let now = self.now;
        let serving = self.serving.as_mut().expect("there are services");
        let place = &mut serving.places[at];
        let chips = replicas * place.chips;
        let ready = at_once || place.start_up == Span::ZERO;
        place.count(now);
        let pool = &mut self.pools[place.pool];
        pool.nodes.take_replicas(replicas, place.chips as u32, &mut place.pieces);
        pool.hold_replicas(now, place.tenant, chips, ready);
        if self.silent != Some(Counter::Allocated) {
            self.cells[place.cell].allocated.add(now, chips);
        }
        serving.groups[place.group].held += chips;
        if place.held() == 0 {
            let active = &mut serving.services[place.service].active;
            if let Err(before) = active.binary_search(&(at as u32)) {
                active.insert(before, at as u32);
            }
        }
        if ready {
            place.ready += replicas;
        } else {
            place.starting += replicas;
            let ready_at = now + place.start_up;
            place.batches.push_back((ready_at, replicas));
            let service = place.service;
            let number = serving.services[service].lead;
            let lead = &mut serving.leads[number];
            if !std::mem::replace(&mut place.listed, true) {
                lead.starting.push(at as u32);
            }
            // One event for all that are ready at once.
            if lead.ready_at != ready_at {
                lead.ready_at = ready_at;
                self.heap.push(When::new(ready_at, Class::Supply), READY_DUE + number as u32);
            }
        }
        let (tenant, at_pool) = (place.tenant, place.pool);
        self.want(at);
        let pool = &mut self.pools[at_pool];
        pool.bill_share(now, tenant, &mut self.cells);
        pool.settle(now);
    }

    /// Replicas with that lead have started.
    pub(super) fn on_replicas_ready(&mut self, lead: usize) {
        let now = self.now;
        let Some(serving) = &mut self.serving else { return };
        let Serving { places, leads, .. } = &mut **serving;
        leads[lead].starting.retain(|at| {
            let place = &mut places[*at as usize];
            place.count(now);
            while place.batches.front().is_some_and(|(at, _)| *at <= now) {
                let (_, replicas) = place.batches.pop_front().expect("looked at");
                place.starting -= replicas;
                place.ready += replicas;
                self.pools[place.pool].replicas_ready(now, replicas * place.chips);
            }
            self.pools[place.pool].assert_conserved(now);
            place.listed = !place.batches.is_empty();
            place.listed
        });
    }

    /// Replicas give their chips back, those that are ready first.
    fn release_replicas(&mut self, at: usize, replicas: u64) {
        let place = &mut self.serving.as_mut().expect("there are services").places[at];
        if self.sabotage == Sabotage::Release(Release::Replica) {
            // The replica is gone, its chips are not.
            place.ready -= replicas.min(place.ready);
            return;
        }
        let pool = &mut self.pools[place.pool];
        pool.nodes.give_some(replicas * place.chips, &mut place.pieces);
        self.let_replicas_go(at, replicas);
    }

    /// Replicas are gone, and their nodes given back already.
    fn let_replicas_go(&mut self, at: usize, replicas: u64) {
        let now = self.now;
        let serving = self.serving.as_mut().expect("there are services");
        let place = &mut serving.places[at];
        place.count(now);
        let ready = replicas.min(place.ready);
        let mut starting = replicas - ready;
        let (chips, of_starting) = (place.chips, starting * place.chips);
        place.ready -= ready;
        place.starting -= starting;
        while starting > 0 {
            let batch = place.batches.back_mut().expect("what starts is in a batch");
            let fewer = starting.min(batch.1);
            batch.1 -= fewer;
            starting -= fewer;
            if batch.1 == 0 {
                place.batches.pop_back();
            }
        }
        serving.groups[place.group].held -= replicas * chips;
        let (cell, pool, tenant, domain) = (place.cell, place.pool, place.tenant, place.domain);
        if self.silent != Some(Counter::Allocated) {
            self.cells[cell].allocated.sub(now, replicas * chips);
        }
        let state = &mut self.pools[pool];
        state.let_replicas_go(now, tenant, ready * chips, of_starting);
        if state.wants_free_nodes() {
            self.after_supply(pool);
        } else {
            state.bill_share(now, tenant, &mut self.cells);
            state.settle(now);
        }
        if self.domains[domain].lends {
            self.await_lending(domain);
        }
        let state = &self.domains[domain];
        if 0 < state.waiting || state.resizes || state.any_committed || !state.replicas_wait.is_empty() {
            self.touch(domain);
        }
    }

    /// An outage: every replica of the pool is gone, or those that stand on the rack. They come back by the next plan.
    pub(super) fn drop_replicas(&mut self, pool: usize, rack: Option<u32>) {
        let Some(serving) = &self.serving else { return };
        for at in 0..serving.places.len() {
            let place = &mut self.serving.as_mut().expect("there are services").places[at];
            if place.pool != pool || place.held() == 0 {
                continue;
            }
            let replicas = match rack {
                None => place.held(),
                Some(rack) => {
                    let (from, to) = self.pools[pool].rack_range(rack);
                    let mut inside = 0;
                    for piece in std::mem::take(&mut place.pieces) {
                        for part in piece.cut(from, to) {
                            if from <= part.node && part.node < to {
                                let whole = u64::from(part.chips) == self.pools[pool].chips_per_node;
                                let step = if whole { part.nodes } else { 1 };
                                for node in (part.node..part.node + part.nodes).step_by(step as usize) {
                                    self.pools[pool].nodes.give(Piece { node, nodes: step, chips: part.chips });
                                }
                                inside += u64::from(part.nodes) * u64::from(part.chips);
                            } else {
                                place.pieces.push(part);
                            }
                        }
                    }
                    let replicas = inside.div_ceil(place.chips);
                    let rest = replicas * place.chips - inside;
                    self.pools[pool].nodes.give_some(rest, &mut place.pieces);
                    replicas
                }
            };
            if replicas == 0 {
                continue;
            }
            // In this tick nobody waits for them here; the plan of the next stands.
            place.goal = place.goal.min(place.held() - replicas);
            if rack.is_none() {
                let place = &mut self.serving.as_mut().expect("there are services").places[at];
                self.pools[pool].nodes.give_some(replicas * place.chips, &mut place.pieces);
            }
            self.let_replicas_go(at, replicas);
            self.want(at);
            self.order_again(at);
        }
    }

    /// A place that has lost replicas to an outage orders those of the next plan when an order for it would have been posted.
    fn order_again(&mut self, at: usize) {
        let serving = self.serving.as_mut().expect("there are services");
        let place = &serving.places[at];
        let end = serving.from + serving.tick;
        if place.next <= place.goal || self.world.end <= end {
            return;
        }
        let (lead, number) = (serving.lead_of(place.service), serving.services[place.service].lead as u32);
        if let Err(before) = serving.more.binary_search(&(at as u32)) {
            serving.more.insert(before, at as u32);
        }
        if Span::ZERO < lead {
            let order = SimTime(end.0.saturating_sub(lead.0)).max(self.now);
            self.heap.push(When::new(order, Class::ReplicaOrder), 2 * number);
        }
    }

    /// Before a pass: replicas that wait take what has become free.
    pub(super) fn take_waiting_replicas(&mut self, domain: usize) {
        let waiting = |sim: &Self, n: usize| sim.domains[domain].replicas_wait.get(n).copied();
        let mut n = 0;
        while let Some(at) = waiting(self, n) {
            self.come_now(at as usize, false);
            // Who has all it waited for is out of the list.
            n += usize::from(waiting(self, n) == Some(at));
        }
    }

    /// What replicas hold, by pool and cell, against what was counted; and waiting tokens.
    pub(super) fn audit_replicas(&self, cells: &mut [u64]) {
        let Some(serving) = &self.serving else { return };
        let mut pools = vec![(0, 0); self.pools.len()];
        for place in &serving.places {
            cells[place.cell] += place.held() * place.chips;
            pools[place.pool].0 += place.ready * place.chips;
            pools[place.pool].1 += place.starting * place.chips;
            if !self.pools[place.pool].nodes.is_counted() {
                let stand: u64 = place.pieces.iter().map(|piece| u64::from(piece.nodes) * u64::from(piece.chips)).sum();
                let held = place.held() * place.chips;
                assert!(stand == held, "replicas at {}: {held} chips held, they stand on {stand}", self.now);
            }
        }
        for (pool, (ready, starting)) in pools.into_iter().enumerate() {
            let counted = (self.pools[pool].ready.level(), self.pools[pool].starting.level());
            assert!(
                counted == (ready, starting),
                "pool {pool} at {}: {counted:?} chips ready and starting, replicas hold {ready} and {starting}",
                self.now
            );
        }
        for group in &serving.groups {
            let waits = self.pools[group.pool].standing.tenants[group.tenant].waits;
            assert!(
                waits == group.waits,
                "pool {} at {}: {waits} chips waited for, {}",
                group.pool,
                self.now,
                group.waits
            );
        }
        for (at, service) in serving.services.iter().enumerate() {
            let (backlog, again) = service.backlog_again();
            let path = &self.world.services[Id::new(at)].path;
            assert!(backlog == again, "{path} at {}: a backlog of {backlog} tokens, {again} by age", self.now);
        }
    }
}

impl super::serving::Serving<'_> {
    /// Lead of a service's orders.
    fn lead_of(&self, service: usize) -> Span {
        let lead = &self.leads[self.services[service].lead];
        lead.start_up + lead.notice
    }
}
