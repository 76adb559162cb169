//! The tick of all services: what was asked for in the one that ends and who served it, what is asked for in the one that begins. Steps T0 and T3 to
//! T8 of the coupled model, section B. Plans nothing and takes no chip.

use super::event::{Class, When};
use super::serving::{Claim, ServiceState, Serving, TickCounts};
use super::sim::{Counter, Sim};
use super::tier::Tick;
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
        let volumes = &self.live.volumes[..];
        for service in &mut serving.services {
            let mut noise = 1.0;
            if service.common_sd > 0.0 {
                // Most services share its spread too.
                if common.0 != service.common_sd {
                    common = (service.common_sd, math::exp(service.common_sd * (z - 0.5 * service.common_sd)));
                }
                noise *= common.1;
            }
            if let Some(draws) = service.own_noise {
                noise *= math::exp(service.sd * (normal_quantile(draws.unit(k)) - 0.5 * service.sd));
            }
            service.under_way = service.place_at(k);
            let growth = service.growth.at(years);
            let ours = volumes[service.workload];
            let tokens = service.per_us * growth * service.ticks[service.under_way].mean * noise * tick_us;
            service.offered = whole(tokens * ours, &mut service.carry[0]);
            let all = tokens + service.deferrable_per_us * growth * tick_us;
            service.left = if ours < 1.0 { whole(all * (1.0 - ours), &mut service.carry[1]) } else { 0 };
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
        let mut shed = 0;
        for at in 0..serving.services.len() {
            shed |= admit(&mut serving, at, self.now);
        }
        if 0 < shed {
            spill(&mut serving);
        }
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
        let Serving { services, places, tick, .. } = serving;
        let service = &mut services[at];
        let used = if 0 < service.taken { real(service.taken) / real(service.capacity) } else { 0.0 };
        let metered = self.open_month.is_some();
        let (mut gone, mut full) = (false, false);
        (service.did.ready, service.did.starting, service.did.served) = (0, 0, 0);
        for place in &service.active {
            let place = &mut places[*place as usize];
            full |= place.book(used, metered, &mut service.did);
            gone |= place.held() == 0;
        }
        if gone {
            service.active.retain(|place| 0 < places[*place as usize].held());
        }
        service.deferrable_seen = service.new_deferrable;
        // Learned: tokens that were ours over the profile's time.
        let mean = if service.profile { service.ticks[service.under_way].mean } else { 1.0 };
        service.seen.0 = service.decay * service.seen.0 + real(service.offered);
        service.seen.1 = service.decay * service.seen.1 + mean * real(tick.0);
        if let Some(month) = self.open_month {
            if service.more_to_count || self.silent.is_some() {
                silenced(self.silent, &service.did).add_to(&mut self.record.services[at][month]);
            } else {
                full |= service.plain.add(&service.did);
            }
            if serving.rows {
                self.write_service_tick(serving, at);
            }
            if full {
                self.book_sums(serving, month);
            }
        }
        let service = &mut serving.services[at];
        if std::mem::take(&mut service.more_to_count) {
            service.did = TickCounts::default();
        }
    }

    /// What a service did in the tick that ends.
    fn write_service_tick(&mut self, serving: &Serving<'_>, at: usize) {
        let mut did = ServiceMonth::default();
        silenced(self.silent, &serving.services[at].did).add_to(&mut did);
        self.record.service_ticks.push(ServiceTickRow { service: Id::new(at), at: serving.from, did, run: 0 });
    }

    /// Puts what services and places have counted since into the record: sums beside what a tick reads anyway cost a fifth of a row in the record at each
    /// tick.
    fn book_sums(&mut self, serving: &mut Serving<'_>, month: usize) {
        for (service, rows) in serving.services.iter_mut().zip(&mut self.record.services) {
            service.plain.empty_into(&mut rows[month]);
        }
        let heard = |counter: Counter| self.silent != Some(counter);
        for place in &mut serving.places {
            let booked = std::mem::take(&mut place.booked);
            let row = &mut self.record.cells[place.cell][month];
            let chip_us = |replica_us: u64| u128::from(replica_us) * u128::from(place.chips);
            row.ready += chip_us(booked.ready);
            row.starting += chip_us(booked.starting);
            row.at_work += if heard(Counter::CellAtWork) { chip_us(booked.at_work) } else { 0 };
            self.pools[place.pool].at_work += if heard(Counter::AtWork) { chip_us(booked.at_work) } else { 0 };
        }
    }

    /// The same, before somebody reads what is in the record or a month ends.
    pub(super) fn book_ticks(&mut self, month: usize) {
        if let Some(mut serving) = self.serving.take() {
            self.book_sums(&mut serving, month);
            self.serving = Some(serving);
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

/// T4 to T6 of one service: what its replicas can do, what they serve of its own users, what is shed, which is returned. Eq. (154), (156).
fn admit(serving: &mut Serving<'_>, at: usize, now: SimTime) -> u64 {
    let Serving { services, places, tick, k, key, .. } = serving;
    let service = &mut services[at];
    let tick_us = real(tick.0);
    let (mut capacity, mut ready_us) = (0, 0);
    for place in &service.active {
        let place = &mut places[*place as usize];
        place.count(now);
        capacity += if 0 < place.ready_us { place.tokens_in(place.ready_us) } else { 0 };
        ready_us += place.ready_us;
    }
    let demanded = service.offered;
    let (mut shed, mut required) = (if capacity == 0 { demanded } else { 0 }, 0.0);
    if 0 < demanded && 0 < capacity {
        let load = real(demanded) / real(capacity);
        let replicas = real(ready_us) / tick_us;
        let played = service.bench.as_deref().and_then(|bench| {
            bench.meets(service.terms.tier, &Tick::new(service.terms, *k, *tick, load, replicas), *key)
        });
        let meets = played.unwrap_or_else(|| service.meets(load, replicas));
        shed = if 0.0 < meets.shed { nearest(real(demanded) * meets.shed) } else { 0 };
        shed = shed.max(demanded.saturating_sub(capacity)).min(demanded);
        required = load * real(ready_us);
        if service.measured || service.bench.is_some() {
            service.more_to_count = true;
            service.did.attained = nearest(real(demanded - shed) * meets.attained);
            service.did.ttft_p99_us = nearest(meets.ttft_p99_s * 1e6);
            service.did.tpot_us = nearest(meets.tpot_s * 1e6);
        }
    } else if 0 < demanded {
        let place = places[service.places.0..service.places.1].first();
        required = place.map_or(0.0, |place| real(demanded) * place.us_per_token);
    }
    service.capacity = capacity;
    service.taken = demanded - shed;
    service.more_to_count |= 0 < shed + service.left;
    let did = &mut service.did;
    did.demanded = demanded;
    did.left = service.left;
    did.first = demanded - shed;
    did.shed = shed;
    did.required = nearest(required);
    shed
}

/// T7: all that is shed asks the second choices at once, which take what they have room for, in proportion. Eq. (159).
fn spill(serving: &mut Serving<'_>) {
    let Serving { services, claims, weights, parts, .. } = serving;
    claims.clear();
    for (from, service) in services.iter_mut().enumerate() {
        let tokens = service.did.shed;
        match service.second {
            Some((to, exchange)) if tokens > 0 => {
                let work = whole_above(real(tokens) * exchange);
                claims.push(Claim { from, to, tokens, work });
            }
            _ => service.did.lost = tokens,
        }
    }
    // Those of one second choice side by side, in the order in which they ask.
    claims.sort_by_key(|claim| claim.to);
    for claims in claims.chunk_by(|a, b| a.to == b.to) {
        let to = claims[0].to;
        weights.clear();
        weights.extend(claims.iter().map(|claim| claim.work));
        let asked: u64 = weights.iter().sum();
        apportion(asked.min(services[to].room()), weights, parts);
        for (claim, work) in claims.iter().zip(parts.iter()) {
            let exchange = services[claim.from].second.map_or(1.0, |(_, exchange)| exchange);
            let tokens = if *work == claim.work { claim.tokens } else { whole_below(real(*work) / exchange) };
            let tokens = tokens.min(claim.tokens);
            services[claim.from].did.spilled = tokens;
            services[claim.from].did.lost = claim.tokens - tokens;
            let second = &mut services[to];
            second.did.received += tokens;
            second.taken += work;
            second.more_to_count = true;
        }
    }
}

/// T8: work that may wait takes what room is left, the oldest first; what has waited for too long expires.
fn serve_deferrable(service: &mut ServiceState<'_>) {
    let slots = service.waiting.len();
    if slots == 0 {
        return;
    }
    service.more_to_count = true;
    service.did.backlog_from = service.backlog;
    service.did.deferrable = service.new_deferrable;
    let newest = (service.oldest + slots - 1) % slots;
    service.waiting[newest] = service.new_deferrable;
    service.backlog += service.new_deferrable;
    let mut room = service.room();
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
        service.did.deferrable_served += served;
    }
    let expired = std::mem::take(&mut service.waiting[service.oldest]);
    service.backlog -= expired;
    service.did.expired = expired;
    service.oldest = (service.oldest + 1) % slots;
    service.did.backlog = service.backlog;
}

/// Tokens of a real number of them, and the part that is carried on.
#[inline]
fn whole(tokens: f64, carry: &mut f64) -> u64 {
    let sum = tokens + *carry;
    let whole = whole_below(sum);
    *carry = sum - real(whole);
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
    let owed = |weight: u64, part: u64| i128::from(total) * i128::from(weight) - i128::from(part) * i128::from(sum);
    if (1 << 52) <= sum {
        return largest_remainders(
            total,
            weights,
            parts,
            |weight| (u128::from(total) * u128::from(weight) / u128::from(sum)) as u64,
            owed,
        );
    }
    // Below 2^52 a quotient in floats is off by one or two, and what is owed then fits 64 bits, whatever the products wrap to: a division of 128
    // bits takes ten times as long.
    let short = |weight: u64, part: u64| total.wrapping_mul(weight).wrapping_sub(part.wrapping_mul(sum)) as i64;
    let per_weight = real(total) / real(sum);
    let part_of = |weight: u64| {
        let mut part = whole_below(real(weight) * per_weight);
        while short(weight, part) < 0 {
            part -= 1;
        }
        while sum as i64 <= short(weight, part) {
            part += 1;
        }
        part
    };
    largest_remainders(total, weights, parts, part_of, |weight, part| i128::from(short(weight, part)));
}

/// Whole parts first, then one more for those that are owed most.
fn largest_remainders(
    total: u64,
    weights: &[u64],
    parts: &mut Vec<u64>,
    part_of: impl Fn(u64) -> u64,
    owed: impl Fn(u64, u64) -> i128,
) {
    parts.extend(weights.iter().map(|weight| part_of(*weight)));
    let mut left = total - parts.iter().sum::<u64>();
    while left > 0 {
        let rest = |n: usize| {
            let owed = owed(weights[n], parts[n]);
            // One that has had its extra token is owed less than nothing.
            (parts[n] < weights[n] && 0 < owed).then_some((owed, std::cmp::Reverse(n)))
        };
        let (_, std::cmp::Reverse(n)) = (0..weights.len()).filter_map(rest).max().expect("the weights hold the total");
        parts[n] += 1;
        left -= 1;
    }
}

/// Counts below 2^63 as floats and back. Through signed numbers: the processor converts those in one step and unsigned ones in six.
#[inline]
pub(super) fn real(count: u64) -> f64 {
    count as i64 as f64
}

/// The largest whole number of at most that, of what is not negative. A cast rounds down and calls nobody.
#[inline]
pub(super) fn whole_below(x: f64) -> u64 {
    x as i64 as u64
}

/// The nearest whole number.
#[inline]
fn nearest(x: f64) -> u64 {
    whole_below(x + 0.5)
}

/// The least whole number of at least that.
#[inline]
pub(super) fn whole_above(x: f64) -> u64 {
    let below = whole_below(x);
    below + u64::from(real(below) < x)
}

/// What is counted where one counter of services is silent: mutation tests only.
#[inline]
fn silenced(silent: Option<Counter>, did: &TickCounts) -> TickCounts {
    let mut did = *did;
    let Some(counter) = silent else { return did };
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
    did
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
