//! The tick of all services: what was asked for in the one that ends and who served it, what is asked for in the one that begins. Steps T0 and T3 to
//! T8 of the coupled model, section B. Plans nothing and takes no chip.

use super::event::{Class, When};
use super::serving::{Claim, ServiceState, Serving};
use super::sim::{Counter, Sim};
use super::tier::{Bench, Tick};
use crate::perf::Served;
use crate::record::{PoolTickRow, ServiceMonth, ServiceTickRow};
use crate::stats::math;
use crate::stats::quantile::normal_quantile;
use crate::units::{Id, SimTime};

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
        let mut common = (0.0, 1.0);
        let z = serving.common_noise.map_or(0.0, |draws| normal_quantile(draws.unit(k)));
        let years = (self.now.0 as f64 + 0.5 * tick_us - self.world.start.0 as f64) / (8_766.0 * 3.6e9);
        for service in &mut serving.services {
            let demand = &service.terms.demand;
            let mut noise = 1.0;
            if demand.common_sd > 0.0 {
                // Most services share its spread too.
                if common.0 != demand.common_sd {
                    common = (demand.common_sd, math::exp(demand.common_sd * (z - 0.5 * demand.common_sd)));
                }
                noise *= common.1;
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
            let (low, high) = shape.levels;
            service.levels = if shape.mean > 0.0 { (low / shape.mean, high / shape.mean) } else { (1.0, 1.0) };
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
            place.capacity = 0;
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
            if place.ready_us + place.starting_us == 0 {
                continue;
            }
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
}

/// T4 to T6 of one service: what its replicas can do, what they serve of its own users, what is shed. Eq. (154), (156).
fn admit(serving: &mut Serving<'_>, at: usize) {
    let (k, tick, key) = (serving.k, serving.tick, serving.key);
    let service = &mut serving.services[at];
    let tick_us = tick.0 as f64;
    let (mut capacity, mut ready_us) = (0, 0);
    for place in serving.places[service.places.0..service.places.1].iter_mut().filter(|place| 0 < place.ready_us) {
        place.capacity = place.tokens_in(place.ready_us);
        capacity += place.capacity;
        ready_us += place.ready_us;
    }
    let demanded = service.offered;
    let terms = service.terms;
    let (mut shed, mut meets) = (if capacity == 0 { demanded } else { 0 }, Served::default());
    if 0 < demanded && 0 < capacity {
        let (u, replicas) = (demanded as f64 / capacity as f64, ready_us as f64 / tick_us);
        let play = |bench: &Bench| bench.meets(terms.tier, &Tick::new(terms, k, tick, u, replicas), key);
        meets = match service.bench.as_deref().and_then(play) {
            Some(played) => played,
            None if terms.admission.is_measured() => {
                terms.admission.over((u * service.levels.0, u * service.levels.1), replicas)
            }
            None => terms.admission.at(u * service.peak, replicas),
        };
        shed = ((demanded as f64 * meets.shed + 0.5) as u64).max(demanded.saturating_sub(capacity)).min(demanded);
    }
    let first = demanded - shed;
    service.did.attained = u128::from((first as f64 * meets.attained + 0.5) as u64);
    service.did.ttft_p99 = u128::from(first) * u128::from((meets.ttft_p99_s * 1e6 + 0.5) as u64);
    service.did.tpot = u128::from(first) * u128::from((meets.tpot_s * 1e6 + 0.5) as u64);
    let room = (capacity as f64 * terms.accepts_up_to) as u64;
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
    service.did.required = (required + 0.5) as u128;
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

/// Tokens of a real number of them, and the part that is carried on.
#[inline]
fn whole(tokens: f64, carry: &mut f64) -> u64 {
    let sum = tokens + *carry;
    // Tokens are not negative: a cast rounds down, and calls nobody.
    let whole = sum as u64;
    *carry = sum - whole as f64;
    whole
}

/// `total` split in proportion to integer `weights`, which add up to at least as much: no part exceeds its weight. Largest remainder; of equal
/// remainders the first. Eq. (152).
pub(super) fn apportion(total: u64, weights: &[u64], parts: &mut Vec<u64>) {
    parts.clear();
    let sum: u64 = weights.iter().sum();
    assert!(total <= sum, "{total} of {sum}");
    // All of it, or all of it from one: most ticks of most services.
    if total == sum || weights.contains(&sum) {
        return parts.extend(weights.iter().map(|weight| if *weight == sum { total } else { *weight }));
    }
    let mut left = total;
    for weight in weights {
        let part = part_of(total, *weight, sum);
        left -= part;
        parts.push(part);
    }
    while left > 0 {
        let rest = |n: usize| {
            let owed = i128::from(total) * i128::from(weights[n]) - i128::from(parts[n]) * i128::from(sum);
            // One that has had its extra token is owed less than nothing.
            (parts[n] < weights[n] && 0 < owed).then_some((owed, std::cmp::Reverse(n)))
        };
        let (_, std::cmp::Reverse(n)) = (0..weights.len()).filter_map(rest).max().expect("the weights hold the total");
        parts[n] += 1;
        left -= 1;
    }
}

/// floor(total x weight / sum), by a quotient in floats that is put right: a division of 128 bits takes ten times as long.
#[inline]
fn part_of(total: u64, weight: u64, sum: u64) -> u64 {
    let product = u128::from(total) * u128::from(weight);
    let mut part = (total as f64 * (weight as f64 / sum as f64)) as u64;
    while product < u128::from(part) * u128::from(sum) {
        part -= 1;
    }
    while u128::from(part + 1) * u128::from(sum) <= product {
        part += 1;
    }
    part
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
