//! The tick of all services: what was asked for in the one that ends, what is asked for in the one that begins, what is planned for the next.
//! Steps T0 to T10 of the coupled model, section B. Takes no chip: `replicas` does.

use super::event::{Class, When};
use super::growth::GrowthPath;
use super::replicas::Place;
use super::sim::{Counter, Sim};
use crate::record::{PoolTickRow, ServiceMonth, ServiceTickRow};
use crate::stats::draw::{Prefix, Purpose, RunKey};
use crate::stats::math;
use crate::stats::quantile::normal_quantile;
use crate::units::{Id, SimTime, Span};
use crate::world::{Forecast, Live, PoolId, Service, ServiceId, World};

/// A service during a run.
pub(super) struct ServiceState<'w> {
    pub terms: &'w Service,
    /// Number of its lead.
    pub lead: usize,
    /// Its places, [from, to) of all.
    pub places: (usize, usize),
    /// They in the order in which they fill.
    pub order: Vec<u32>,
    /// Level at the start [tokens/us].
    per_us: f64,
    growth: GrowthPath,
    own_noise: Option<Prefix>,
    /// Tokens of others' mix that take as long as one of its own, by the service that asks: see `claims`.
    second: Option<(usize, f64)>,
    /// The tick under way: tokens asked for, those that went elsewhere, peak over mean.
    offered: u64,
    left: u64,
    peak: f64,
    new_deferrable: u64,
    /// Parts of tokens, carried from tick to tick.
    carry: [f64; 3],
    /// Learned level: decayed sums of tokens and of the profile's time [tokens], [us].
    seen: (f64, f64),
    decay: f64,
    /// Waiting tokens by the tick that brought them, oldest first from `oldest` on.
    waiting: Vec<u64>,
    oldest: usize,
    backlog: u64,
    deferrable_per_us: f64,
    /// New ones of the tick that was closed last.
    deferrable_seen: u64,
    /// Scale-in waits until then.
    hold_until: SimTime,
    /// Largest profile peak of the ticks ahead within a lease, by tick of the profile; empty: no lease.
    ahead: Vec<f64>,
    /// Of the tick that is closed: room for more [own tokens], and what of it others' tokens took.
    room: u64,
    taken: u64,
    did: ServiceMonth,
}

/// A tenant's services on a pool: they plan from the same chips.
pub(super) struct Group {
    pub pool: usize,
    pub tenant: usize,
    /// Chips that its replicas hold, and wait for.
    pub held: u64,
    pub waits: u64,
    pub ahead: u64,
    /// Time that a forecast must leave to gangs.
    pub lease: Span,
    /// Chips kept beyond it.
    pub margin: f64,
    /// While it is planned: chips still to be had.
    budget: u64,
    planned: u64,
}

/// How long before a tick some services order their replicas.
pub(super) struct Lead {
    /// What a replica takes to start.
    pub start_up: Span,
    /// What gangs are told before their chips are taken.
    pub notice: Span,
    pub services: Vec<u32>,
}

/// A claim of one service on its second choice.
#[derive(Clone, Copy)]
struct Claim {
    from: usize,
    to: usize,
    tokens: u64,
    /// In tokens of the second choice.
    work: u64,
}

/// What a run keeps of its services.
pub(super) struct Serving<'w> {
    pub services: Vec<ServiceState<'w>>,
    pub places: Vec<Place>,
    pub groups: Vec<Group>,
    /// How long before a tick replicas are ordered.
    pub leads: Vec<Lead>,
    /// In the order in which they plan: by priority, then name.
    planning: Vec<u32>,
    pub tick: Span,
    /// The tick under way, from the scenario's start; its beginning.
    pub k: i64,
    pub from: SimTime,
    /// It is not closed yet.
    pub open: bool,
    /// Prices have moved since the cheapest place was looked for.
    pub prices_moved: bool,
    common_noise: Option<Prefix>,
    claims: Vec<Claim>,
    weights: Vec<u64>,
    parts: Vec<u64>,
    /// Rows of each tick are written, and what pools' meters had counted of the month at the last.
    rows: bool,
    counted: Vec<(usize, usize, [u128; 6])>,
    /// Some replicas are waited for.
    pub replicas_waiting: bool,
}

/// Tokens of a real number of them, and the part that is carried on.
#[inline]
fn whole(tokens: f64, carry: &mut f64) -> u64 {
    let sum = tokens + *carry;
    let whole = sum.floor();
    *carry = sum - whole;
    whole as u64
}

/// `total` split in proportion to integer `weights`, which add up to at least as much: no part exceeds its weight. Largest remainder; of equal
/// remainders the first. Eq. (152).
pub(super) fn apportion(total: u64, weights: &[u64], parts: &mut Vec<u64>) {
    parts.clear();
    if let [only] = weights {
        assert!(total <= *only, "{total} of {only}");
        return parts.push(total);
    }
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    assert!(u128::from(total) <= sum, "{total} of {sum}");
    if sum == 0 {
        return parts.resize(weights.len(), 0);
    }
    let mut left = total;
    for weight in weights {
        let part = (u128::from(total) * u128::from(*weight) / sum) as u64;
        left -= part;
        parts.push(part);
    }
    while left > 0 {
        let remainder = |n: usize| u128::from(total) * u128::from(weights[n]) - u128::from(parts[n]) * sum;
        let mut best: Option<(u128, usize)> = None;
        for n in (0..weights.len()).filter(|n| parts[*n] < weights[*n]) {
            // One that has had its extra token has a remainder below zero.
            let given = u128::from(parts[n]) * sum > u128::from(total) * u128::from(weights[n]);
            let rest = if given { 0 } else { remainder(n) };
            if best.is_none_or(|(most, _)| most < rest) {
                best = Some((rest, n));
            }
        }
        parts[best.expect("the weights hold the total").1] += 1;
        left -= 1;
    }
}

pub(super) fn serving<'w>(world: &'w World, live: &Live, key: RunKey, first_run: bool) -> Option<Box<Serving<'w>>> {
    if world.services.is_empty() {
        return None;
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut places: Vec<Place> = Vec::new();
    let mut services = Vec::new();
    let mut leads: Vec<Lead> = Vec::new();
    let tick = world.tick;
    for (id, terms) in world.services.enumerate() {
        let first = places.len();
        let mut notice = Span::ZERO;
        for place in &terms.places {
            let group = group_of(world, live, &mut groups, place.pool, terms);
            notice = notice.max(notice_of(world, live, place.pool, terms));
            places.push(Place::new(world, live, id.index(), place, group));
        }
        let start_up = terms.scaler.start_up;
        let found = leads.iter().position(|lead| (lead.start_up, lead.notice) == (start_up, notice));
        let lead = found.unwrap_or_else(|| {
            leads.push(Lead { start_up, notice, services: Vec::new() });
            leads.len() - 1
        });
        leads[lead].services.push(id.index() as u32);
        let lease = (first..places.len()).map(|place| groups[places[place].group].lease).max().unwrap_or(Span::ZERO);
        services.push(ServiceState { lead, ..state(world, live, key, terms, (first, places.len()), lease) });
    }
    let mut planning: Vec<u32> = (0..services.len() as u32).collect();
    planning.sort_by_key(|at| (std::cmp::Reverse(services[*at as usize].terms.priority), *at));
    let common = services.iter().any(|service| service.terms.demand.common_sd > 0.0);
    let counted = {
        let mut pools: Vec<usize> = groups.iter().map(|group| group.pool).collect();
        pools.sort_unstable();
        pools.dedup();
        pools.into_iter().map(|pool| (pool, usize::MAX, [0; 6])).collect()
    };
    Some(Box::new(Serving {
        services,
        places,
        groups,
        leads,
        planning,
        tick,
        k: -((world.start.0 / tick.0) as i64),
        from: SimTime::ZERO,
        open: false,
        prices_moved: true,
        common_noise: common.then(|| key.prefix(Purpose::Demand, "services", 0)),
        claims: Vec::new(),
        weights: Vec::new(),
        parts: Vec::new(),
        rows: world.tick_rows && first_run,
        counted,
        replicas_waiting: false,
    }))
}

fn group_of(world: &World, live: &Live, groups: &mut Vec<Group>, pool: PoolId, terms: &Service) -> usize {
    let tenant = terms.tenant.index();
    let found = groups.iter().position(|group| group.pool == pool.index() && group.tenant == tenant);
    found.unwrap_or_else(|| {
        let domain = world.pools[pool].domain;
        let rules = &world.domains[domain].rules;
        let lease = rules.serving_lease.unwrap_or_else(|| {
            super::state::min_lease_of(world, live, domain, |workload| workload.tenant == terms.tenant)
        });
        let margin = rules.serving_margin.unwrap_or(if lease == Span::ZERO { 0.0 } else { 0.05 });
        let (pool, budget) = (pool.index(), 0);
        groups.push(Group { pool, tenant, held: 0, waits: 0, ahead: 0, lease, margin, budget, planned: 0 });
        groups.len() - 1
    })
}

/// How long before a replica needs its chips gangs are told: the longest checkpoint that one of them may have to write.
fn notice_of(world: &World, live: &Live, pool: PoolId, terms: &Service) -> Span {
    let domain = world.pools[pool].domain;
    if world.domains[domain].rules.yields != crate::world::Yield::Graceful {
        return Span::ZERO;
    }
    let theirs = world.workloads.iter().filter(|w| w.domain == domain && w.tenant == terms.tenant);
    let cost = |w: &crate::world::Workload| w.checkpoint.as_ref().map_or(0.0, |terms| live.value(&terms.cost));
    Span::from_hours(theirs.map(cost).fold(0.0, f64::max))
}

fn state<'w>(
    world: &World,
    live: &Live,
    key: RunKey,
    terms: &'w Service,
    places: (usize, usize),
    lease: Span,
) -> ServiceState<'w> {
    let demand = &terms.demand;
    let per_us = live.value(&demand.level) * demand.tokens_per_unit / 1e6;
    let half_life = match &terms.forecast {
        Forecast::Learned(half_life) => *half_life,
        Forecast::Path(_) => Span::ZERO,
    };
    let decay = math::exp(-math::ln(2.0) * world.tick.0 as f64 / half_life.0.max(1) as f64);
    let deferrable = terms.deferrable.as_ref();
    ServiceState {
        terms,
        lead: 0,
        places,
        order: (places.0 as u32..places.1 as u32).collect(),
        per_us,
        growth: GrowthPath::new(live, &demand.growth),
        own_noise: (demand.sd > 0.0).then(|| key.prefix(Purpose::Demand, &terms.path, 0)),
        second: terms.second_choice.map(|of| (of.index(), exchange(world, terms, of))),
        offered: 0,
        left: 0,
        peak: 1.0,
        new_deferrable: 0,
        carry: [0.0; 3],
        // What is known before anything was seen: the level itself.
        seen: (per_us * world.tick.0 as f64, world.tick.0 as f64),
        decay,
        waiting: vec![0; deferrable.map_or(0, |terms| terms.ticks as usize + 1)],
        oldest: 0,
        backlog: 0,
        deferrable_seen: 0,
        deferrable_per_us: deferrable.map_or(0.0, |terms| live.value(&terms.tokens_per_second) / 1e6),
        hold_until: SimTime::ZERO,
        ahead: ahead(world, terms, lease),
        room: 0,
        taken: 0,
        did: ServiceMonth::default(),
    }
}

/// Tokens of the second choice's own mix that take its first place as long as one token of this service.
fn exchange(world: &World, terms: &Service, second: ServiceId) -> f64 {
    let to = &world.services[second];
    let Some(place) = to.places.first() else { return 1.0 };
    let own = place.rates.tokens_per_hour(to.input_tokens, to.output_tokens);
    own / place.rates.tokens_per_hour(terms.input_tokens, terms.output_tokens)
}

/// Largest peak within a lease from the beginning of each tick of the profile.
fn ahead(world: &World, terms: &Service, lease: Span) -> Vec<f64> {
    let ticks = lease.0.div_ceil(world.tick.0) as usize;
    if ticks == 0 {
        return Vec::new();
    }
    let peaks: Vec<f64> = match &terms.forecast {
        Forecast::Path(points) => points.clone(),
        Forecast::Learned(_) if terms.demand.shape.phase.is_some() => {
            terms.demand.shape.ticks.iter().map(|tick| tick.peak).collect()
        }
        Forecast::Learned(_) => vec![1.0],
    };
    let repeats = matches!(terms.forecast, Forecast::Learned(_));
    let n = peaks.len();
    let at = |k: usize| if repeats { peaks[k % n] } else { peaks[k.min(n - 1)] };
    (0..n).map(|k| (0..ticks.min(n)).map(|j| at(k + j)).fold(0.0, f64::max)).collect()
}

impl Sim<'_> {
    /// A tick ends and the next begins.
    pub(super) fn on_service_tick(&mut self) {
        self.settle_services();
        let Some(mut serving) = self.serving.take() else { return };
        let first = serving.from == SimTime::ZERO && self.now == SimTime::ZERO && !serving.open;
        if first {
            let k = serving.k;
            self.plan_replicas(&mut serving, k);
        } else {
            serving.k += 1;
        }
        serving.from = self.now;
        self.serving = Some(serving);
        self.follow_plan(first);
        let Some(mut serving) = self.serving.take() else { return };
        self.offer_demand(&mut serving);
        serving.open = true;
        let next = serving.k + 1;
        let end = self.now + serving.tick;
        if end < self.world.end {
            self.plan_replicas(&mut serving, next);
            self.heap.push(When::new(end, Class::ServiceTick), 0);
        }
        self.serving = Some(serving);
        if end < self.world.end {
            self.post_orders(end);
        }
    }

    /// Closes the tick that ends now, if it is not closed yet: whatever reads meters at this instant finds it served. Coupling T0.
    #[inline]
    pub(super) fn settle_services(&mut self) {
        if let Some(serving) = &self.serving
            && serving.open
            && serving.from + serving.tick == self.now
        {
            self.close_tick();
        }
    }

    /// T3: tokens asked for in the tick that begins. Eq. (150), (151).
    fn offer_demand(&mut self, serving: &mut Serving<'_>) {
        let (k, tick_us) = (serving.k, serving.tick.0 as f64);
        let z = serving.common_noise.map_or(0.0, |draws| normal_quantile(draws.unit(k)));
        let years = (self.now.0 as f64 + 0.5 * tick_us - self.world.start.0 as f64) / (8_766.0 * 3.6e9);
        for service in &mut serving.services {
            let demand = &service.terms.demand;
            let mut noise = 1.0;
            if demand.common_sd > 0.0 {
                noise *= math::exp(demand.common_sd * (z - 0.5 * demand.common_sd));
            }
            if let Some(draws) = service.own_noise {
                noise *= math::exp(demand.sd * (normal_quantile(draws.unit(k)) - 0.5 * demand.sd));
            }
            let shape = demand.shape.at(k);
            let growth = service.growth.at(years);
            let ours = self.live.volumes[service.terms.workload.index()];
            let tokens = service.per_us * growth * shape.mean * noise * tick_us;
            service.offered = whole(tokens * ours, &mut service.carry[0]);
            service.left = if ours < 1.0 { whole(tokens * (1.0 - ours), &mut service.carry[1]) } else { 0 };
            service.peak = if shape.mean > 0.0 { shape.peak / shape.mean } else { 1.0 };
            service.new_deferrable = if service.deferrable_per_us > 0.0 {
                whole(service.deferrable_per_us * growth * ours * tick_us, &mut service.carry[2])
            } else {
                0
            };
        }
    }

    /// T4 to T8 of the tick that ends: capacity, admission, spill, work that may wait; and its rows.
    fn close_tick(&mut self) {
        let Some(mut serving) = self.serving.take() else { return };
        serving.open = false;
        let now = self.now;
        for place in &mut serving.places {
            place.count(now);
        }
        for at in 0..serving.services.len() {
            admit(&mut serving, at);
        }
        spill(&mut serving);
        for at in 0..serving.services.len() {
            serve_deferrable(&mut serving.services[at]);
            self.book_service(&mut serving, at);
        }
        if serving.rows {
            self.write_pool_ticks(&mut serving);
        }
        self.serving = Some(serving);
    }

    /// Places at work, counters of the month, what is learned of the level.
    fn book_service(&mut self, serving: &mut Serving<'_>, at: usize) {
        let Serving { services, places, weights, parts, tick, k, from, rows, .. } = serving;
        let service = &mut services[at];
        let places = &mut places[service.places.0..service.places.1];
        weights.clear();
        weights.extend(places.iter().map(|place| place.capacity));
        apportion(service.taken, weights, parts);
        let heard = |counter: Counter| self.silent != Some(counter);
        for (place, tokens) in places.iter_mut().zip(&*parts) {
            let busy_us = place.time_for(*tokens);
            service.did.served += u128::from(busy_us);
            service.did.ready += u128::from(place.ready_us);
            service.did.starting += u128::from(place.starting_us);
            if let Some(month) = self.open_month {
                let row = &mut self.record.cells[place.cell][month];
                row.ready += u128::from(place.ready_us * place.chips);
                row.starting += u128::from(place.starting_us * place.chips);
                let at_work = u128::from(busy_us * place.chips);
                row.at_work += if heard(Counter::CellAtWork) { at_work } else { 0 };
                self.pools[place.pool].at_work += if heard(Counter::AtWork) { at_work } else { 0 };
            }
            (place.ready_us, place.starting_us) = (0, 0);
        }
        service.deferrable_seen = service.new_deferrable;
        // Learned: tokens that were ours over the profile's time.
        let mean =
            if service.terms.demand.shape.phase.is_some() { service.terms.demand.shape.at(*k).mean } else { 1.0 };
        service.seen.0 = service.decay * service.seen.0 + service.offered as f64;
        service.seen.1 = service.decay * service.seen.1 + mean * tick.0 as f64;
        let mut did = std::mem::take(&mut service.did);
        let Some(month) = self.open_month else { return };
        if let Some(counter) = self.silent {
            silence_service(counter, &mut did);
        }
        let row = &mut self.record.services[at][month];
        let (backlog_from, begun) = (row.backlog_from, *row != ServiceMonth::default());
        row.add(&did);
        row.backlog_from = if begun { backlog_from } else { did.backlog_from };
        row.backlog = did.backlog;
        if *rows {
            self.record.service_ticks.push(ServiceTickRow { service: Id::new(at), at: *from, did, run: 0 });
        }
    }

    /// Chips of each pool with services in the tick that ends.
    fn write_pool_ticks(&mut self, serving: &mut Serving<'_>) {
        let Some(month) = self.open_month else { return };
        let now = self.now;
        for (pool, of_month, before) in &mut serving.counted {
            let (state, row) = (&self.pools[*pool], &self.record.pools[*pool][month]);
            let levels = [&state.ready, &state.starting, &state.gangs, &state.reserved, &state.idle, &state.down];
            let booked = [row.ready, row.starting, row.gangs, row.reserved, row.idle, row.down];
            let counted: [u128; 6] = std::array::from_fn(|n| booked[n] + levels[n].peek(now));
            if *of_month != month {
                (*of_month, *before) = (month, [0; 6]);
            }
            let chips = std::array::from_fn(|n| counted[n] - before[n]);
            *before = counted;
            self.record.pool_ticks.push(PoolTickRow { pool: Id::new(*pool), at: serving.from, chips, run: 0 });
        }
    }

    /// T9: replicas for tick `k`, from what is known when the one before begins; and what gangs must leave for the time of a lease.
    fn plan_replicas(&mut self, serving: &mut Serving<'_>, k: i64) {
        if std::mem::take(&mut serving.prices_moved) {
            self.order_by_price(serving);
        }
        let Serving { services, places, groups, planning, .. } = serving;
        for group in groups.iter_mut() {
            group.budget = self.chips_to_be_had(group);
            group.planned = 0;
        }
        for at in planning.iter() {
            let service = &mut services[*at as usize];
            let peak = service.forecast_peak(k);
            let wanted = service.tokens_per_us(peak, serving.tick);
            plan_service(service, places, groups, wanted, self.now);
        }
        for at in planning.iter() {
            let service = &services[*at as usize];
            let least = services[*at as usize].forecast_peak(k);
            if let Some(peak) = service.peak_ahead(k) {
                let wanted = service.tokens_per_us(peak.max(least), serving.tick);
                forecast_ahead(service, places, groups, wanted);
            }
        }
        for at in 0..groups.len() {
            let group = &mut groups[at];
            let margin = if group.lease > Span::ZERO || group.margin > 0.0 {
                (group.margin * self.pools[group.pool].usable() as f64).floor() as u64
            } else {
                0
            };
            let need = group.planned + margin;
            group.ahead =
                if group.lease > Span::ZERO || margin > 0 { need.saturating_sub(group.held + group.waits) } else { 0 };
            let standing = &mut self.pools[group.pool].standing;
            let before = standing.tenants[group.tenant].ahead;
            standing.keep(group.tenant, group.waits, group.ahead);
            // Somebody who waits may start on what is no longer kept.
            if group.ahead < before {
                self.touch(self.world.pools.0[group.pool].domain.index());
            }
        }
    }

    /// Chips that services of the group may plan with: what they and the tenant's gangs hold, and what nobody does.
    fn chips_to_be_had(&self, group: &Group) -> u64 {
        let pool = &self.pools[group.pool];
        if pool.dark > 0 {
            return 0;
        }
        if pool.closed > 0 {
            return group.held;
        }
        let claim = &pool.standing.tenants[group.tenant];
        let leaving = u64::from(pool.retiring_nodes) * pool.chips_per_node;
        let all = claim.held + pool.standing.open_to_replicas(group.tenant, pool.usable());
        if leaving == 0 { all } else { all.min(pool.usable().saturating_sub(leaving)) }
    }

    /// Places of services that take the cheapest first, by what a token costs there now.
    fn order_by_price(&mut self, serving: &mut Serving<'_>) {
        for service in serving.services.iter_mut().filter(|service| service.terms.cheapest) {
            let cost = |place: &u32| {
                let place = &serving.places[*place as usize];
                let price = self.price_in_force(Id::new(place.cell)).map_or(0.0, |price| price.rate.0 as f64);
                price * place.chips as f64 / place.tokens_per_hour as f64
            };
            service.order.sort_by(|a, b| cost(a).total_cmp(&cost(b)).then(a.cmp(b)));
        }
    }

    /// Orders for the tick that begins at `at`: so long before it as a replica takes to start and a gang to be told.
    fn post_orders(&mut self, at: SimTime) {
        let Some(serving) = &self.serving else { return };
        for (n, lead) in serving.leads.iter().enumerate() {
            let more = |service: &u32| {
                let (from, to) = serving.services[*service as usize].places;
                serving.places[from..to].iter().any(|place| place.goal < place.next)
            };
            let before = lead.start_up + lead.notice;
            if before > Span::ZERO && lead.services.iter().any(more) {
                let order = SimTime(at.0.saturating_sub(before.0)).max(self.now);
                self.heap.push(When::new(order, Class::ReplicaOrder), 2 * n as u32);
            }
        }
    }
}

/// T4 to T6 of one service: what its replicas can do, what they serve of its own users, what is shed. Eq. (154), (156).
fn admit(serving: &mut Serving<'_>, at: usize) {
    let service = &mut serving.services[at];
    let tick_us = serving.tick.0 as f64;
    let (mut capacity, mut ready_us) = (0, 0);
    for place in &mut serving.places[service.places.0..service.places.1] {
        place.capacity = place.tokens_in(place.ready_us);
        capacity += place.capacity;
        ready_us += place.ready_us;
    }
    let demanded = service.offered;
    let terms = service.terms;
    let shed = if demanded == 0 {
        0
    } else if capacity == 0 {
        demanded
    } else {
        let u_peak = demanded as f64 / capacity as f64 * service.peak;
        let share = terms.admission.shed(u_peak, ready_us as f64 / tick_us);
        ((demanded as f64 * share).round() as u64).max(demanded.saturating_sub(capacity)).min(demanded)
    };
    let first = demanded - shed;
    let room = (capacity as f64 * terms.accepts_up_to).floor() as u64;
    service.room = room.saturating_sub(first);
    service.taken = first;
    let required = if capacity > 0 {
        demanded as f64 * ready_us as f64 / capacity as f64
    } else {
        let place = serving.places[service.places.0..service.places.1].first();
        place.map_or(0.0, |place| place.time_for(demanded) as f64)
    };
    service.did.demanded = u128::from(demanded);
    service.did.left = u128::from(service.left);
    service.did.first = u128::from(first);
    service.did.shed = u128::from(shed);
    service.did.required = required.round() as u128;
}

/// T7: all that is shed asks the second choices at once, which take what they have room for, in proportion. Eq. (159).
fn spill(serving: &mut Serving<'_>) {
    let Serving { services, claims, weights, parts, .. } = serving;
    claims.clear();
    for (from, service) in services.iter_mut().enumerate() {
        let tokens = service.did.shed as u64;
        match service.second {
            Some((to, exchange)) if tokens > 0 => {
                let work = (tokens as f64 * exchange).ceil() as u64;
                claims.push(Claim { from, to, tokens, work });
            }
            _ => service.did.lost = u128::from(tokens),
        }
    }
    for to in 0..if claims.is_empty() { 0 } else { services.len() } {
        weights.clear();
        weights.extend(claims.iter().filter(|claim| claim.to == to).map(|claim| claim.work));
        if weights.is_empty() {
            continue;
        }
        let asked: u64 = weights.iter().sum();
        let given = asked.min(services[to].room);
        apportion(given, weights, parts);
        for (claim, work) in claims.iter().filter(|claim| claim.to == to).zip(parts.iter()) {
            let exchange = services[claim.from].second.map_or(1.0, |(_, exchange)| exchange);
            let tokens = if *work == claim.work { claim.tokens } else { (*work as f64 / exchange).floor() as u64 };
            let tokens = tokens.min(claim.tokens);
            services[claim.from].did.spilled = u128::from(tokens);
            services[claim.from].did.lost = u128::from(claim.tokens - tokens);
            services[to].did.received += u128::from(tokens);
            services[to].room -= work;
            services[to].taken += work;
        }
    }
}

/// T8: work that may wait takes what room is left, the oldest first; what has waited for too long expires.
fn serve_deferrable(service: &mut ServiceState<'_>) {
    let slots = service.waiting.len();
    if slots == 0 {
        return;
    }
    service.did.backlog_from = u128::from(service.backlog);
    service.did.deferrable = u128::from(service.new_deferrable);
    let newest = (service.oldest + slots - 1) % slots;
    service.waiting[newest] = service.new_deferrable;
    service.backlog += service.new_deferrable;
    let mut room = service.room;
    for n in 0..slots {
        if room == 0 || service.backlog == 0 {
            break;
        }
        let waiting = &mut service.waiting[(service.oldest + n) % slots];
        let served = room.min(*waiting);
        *waiting -= served;
        room -= served;
        service.taken += served;
        service.backlog -= served;
        service.did.deferrable_served += u128::from(served);
    }
    service.room = room;
    let expired = std::mem::take(&mut service.waiting[service.oldest]);
    service.backlog -= expired;
    service.did.expired = u128::from(expired);
    service.oldest = (service.oldest + 1) % slots;
    service.did.backlog = u128::from(service.backlog);
}

impl ServiceState<'_> {
    /// Tokens in its backlog, counted anew.
    pub fn backlog_again(&self) -> (u64, u64) {
        (self.backlog, self.waiting.iter().sum())
    }

    /// Peak of tick `k` over the level, as far as it is known.
    fn forecast_peak(&self, k: i64) -> f64 {
        match &self.terms.forecast {
            Forecast::Path(points) => points[(k.max(0) as usize).min(points.len() - 1)],
            Forecast::Learned(_) if self.terms.demand.shape.phase.is_some() => self.terms.demand.shape.at(k).peak,
            Forecast::Learned(_) => 1.0,
        }
    }

    /// The largest within a lease from tick `k` on; None: no lease.
    fn peak_ahead(&self, k: i64) -> Option<f64> {
        let n = self.ahead.len();
        if n == 0 {
            return None;
        }
        let at = match (&self.terms.forecast, self.terms.demand.shape.phase) {
            (Forecast::Path(_), _) => (k.max(0) as usize).min(n - 1),
            (Forecast::Learned(_), Some(phase)) => (k + phase as i64).rem_euclid(n as i64) as usize,
            (Forecast::Learned(_), None) => 0,
        };
        Some(self.ahead[at])
    }

    /// Tokens per microsecond to plan for at that peak, headroom and target included. Eq. (157), (158).
    fn tokens_per_us(&self, peak: f64, tick: Span) -> f64 {
        let level = match &self.terms.forecast {
            Forecast::Path(_) => self.per_us,
            Forecast::Learned(_) if self.seen.1 > 0.0 => self.seen.0 / self.seen.1,
            Forecast::Learned(_) => self.per_us,
        };
        let scaler = &self.terms.scaler;
        let rate = level * peak;
        let mut beta = scaler.headroom;
        if scaler.burst_sds > 0.0 && rate > 0.0 {
            let counts = rate * scaler.burst_window.0 as f64 / self.terms.tokens_per_request();
            beta += scaler.burst_sds * (self.terms.idc / counts).sqrt();
        }
        (rate * (1.0 + beta) + self.deferrable_seen as f64 / tick.0 as f64) / scaler.target
    }
}

/// Share of a replica below which a need is rounding.
const DUST: f64 = 1e-9;

/// Replicas of each place for so many tokens per microsecond, in the order in which places fill. Eq. (158).
fn fill(service: &ServiceState<'_>, places: &mut [Place], groups: &mut [Group], mut wanted: f64) -> u64 {
    let mut total = 0;
    for at in &service.order {
        let place = &mut places[*at as usize];
        let most = groups[place.group].budget / place.chips;
        let need = if wanted > 0.0 { (wanted / place.tokens_per_us - DUST).ceil().max(0.0) as u64 } else { 0 };
        place.try_out = need.min(most);
        wanted -= place.try_out as f64 * place.tokens_per_us;
        groups[place.group].budget -= place.try_out * place.chips;
        total += place.try_out;
    }
    total
}

/// More replicas, in the order of places, or fewer, from the last on.
fn move_to(service: &ServiceState<'_>, places: &mut [Place], groups: &mut [Group], total: &mut u64, to: u64) {
    for at in &service.order {
        let place = &mut places[*at as usize];
        let more = to.saturating_sub(*total).min(groups[place.group].budget / place.chips);
        place.try_out += more;
        *total += more;
        groups[place.group].budget -= more * place.chips;
    }
    for at in service.order.iter().rev() {
        let place = &mut places[*at as usize];
        let fewer = total.saturating_sub(to).min(place.try_out);
        place.try_out -= fewer;
        *total -= fewer;
        groups[place.group].budget += fewer * place.chips;
    }
}

fn plan_service(service: &mut ServiceState<'_>, places: &mut [Place], groups: &mut [Group], wanted: f64, now: SimTime) {
    let scaler = &service.terms.scaler;
    let mut total = fill(service, places, groups, wanted);
    let current: u64 = places[service.places.0..service.places.1].iter().map(|place| place.goal).sum();
    let mut to = (total + scaler.warm).max(scaler.min).min(scaler.max).min(current.saturating_add(scaler.max_step));
    if scaler.cool_down > Span::ZERO {
        if to < current && now < service.hold_until {
            to = current.min(scaler.max);
        } else if current <= to {
            service.hold_until = now + scaler.cool_down;
        }
    }
    if to != total {
        move_to(service, places, groups, &mut total, to);
    }
    for place in &mut places[service.places.0..service.places.1] {
        place.next = place.try_out;
        groups[place.group].planned += place.next * place.chips;
    }
}

/// What the service will need beyond its plan within a lease, from what is left of the budgets.
fn forecast_ahead(service: &ServiceState<'_>, places: &mut [Place], groups: &mut [Group], mut wanted: f64) {
    for at in &service.order {
        wanted -= places[*at as usize].next as f64 * places[*at as usize].tokens_per_us;
    }
    for at in &service.order {
        let place = &places[*at as usize];
        if wanted <= DUST * place.tokens_per_us {
            return;
        }
        let need = (wanted / place.tokens_per_us - DUST).ceil() as u64;
        let more = need.min(groups[place.group].budget / place.chips);
        wanted -= more as f64 * place.tokens_per_us;
        groups[place.group].budget -= more * place.chips;
        groups[place.group].planned += more * place.chips;
    }
}

/// Mutation tests only: a counter of services that is not counted.
fn silence_service(counter: Counter, did: &mut ServiceMonth) {
    match counter {
        Counter::TokensDemanded => did.demanded = 0,
        Counter::TokensFirst => did.first = 0,
        Counter::TokensShed => did.shed = 0,
        Counter::TokensSpilled => did.spilled = 0,
        Counter::TokensLost => did.lost = 0,
        Counter::TokensReceived => did.received = 0,
        Counter::Deferrable => did.deferrable = 0,
        Counter::DeferrableServed => did.deferrable_served = 0,
        Counter::Expired => did.expired = 0,
        Counter::Backlog => did.backlog = 0,
        Counter::ReplicasAtWork => did.served = 0,
        Counter::ReplicasReady => did.ready = 0,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(total: u64, weights: &[u64]) -> Vec<u64> {
        let mut parts = Vec::new();
        apportion(total, weights, &mut parts);
        parts
    }

    /// 7 over 3, 3, 3: 2.33 each, the first has the extra one. 5 over 1, 9: 0.5 and 4.5, a tie.
    #[test]
    fn largest_remainders_by_hand() {
        assert_eq!(split(7, &[3, 3, 3]), [3, 2, 2]);
        assert_eq!(split(5, &[1, 9]), [1, 4]);
        assert_eq!(split(4, &[0, 9]), [0, 4]);
        assert_eq!(split(0, &[0, 0]), [0, 0]);
    }

    proptest! {
        #[test]
        fn parts_add_up_and_keep_within_their_weights(weights in prop::collection::vec(0u64..1 << 40, 1..8), share in 0.0f64..=1.0) {
            let sum: u64 = weights.iter().sum();
            let total = (sum as f64 * share) as u64;
            let parts = split(total.min(sum), &weights);
            prop_assert_eq!(parts.iter().sum::<u64>(), total.min(sum));
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!(part <= weight);
                prop_assert!((*part as f64 - *weight as f64 * (total as f64 / sum.max(1) as f64)).abs() <= 1.0 + 1e-3);
            }
        }
    }
}
