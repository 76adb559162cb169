//! How many replicas each place is to have in the next tick, from what is known when the one before begins: steps T9 and T10 of the coupled model,
//! section B. Takes no chip: `replicas` does.

use super::event::{Class, When};
use super::replicas::Place;
use super::serving::{Foresight, Group, ServiceState, Serving};
use super::sim::Sim;
use super::tick::{real, whole_above, whole_below};
use crate::units::{Id, SimTime, Span};
use crate::world::Forecast;
use std::cmp::Ordering;

impl Sim<'_> {
    /// T9: replicas for tick `k`, from what is known when the one before begins; and what gangs must leave for the time of a lease.
    pub(super) fn plan_replicas(&mut self, serving: &mut Serving<'_>, k: i64) {
        if std::mem::take(&mut serving.prices_moved) {
            self.order_by_price(serving);
        }
        let Serving { services, places, groups, planning, fewer, more, keeps, leases, .. } = serving;
        fewer.clear();
        more.clear();
        for group in groups.iter_mut() {
            group.budget = self.chips_to_be_had(group);
        }
        for at in planning.iter() {
            let service = &mut services[*at as usize];
            let peak = service.forecast_peak(k);
            let wanted = service.tokens_per_us(peak, serving.tick);
            let looked_at = plan_service(service, places, groups, wanted, self.now);
            for at in &service.order[..looked_at] {
                let place = &places[*at as usize];
                match place.next.cmp(&place.goal) {
                    Ordering::Less => fewer.push(*at),
                    Ordering::Equal => {}
                    Ordering::Greater => more.push(*at),
                }
            }
        }
        fewer.sort_unstable();
        more.sort_unstable();
        if !*keeps {
            return;
        }
        for group in groups.iter_mut() {
            group.planned = 0;
        }
        for place in places.iter() {
            groups[place.group].planned += place.next * place.chips;
        }
        for at in planning.iter().filter(|_| *leases) {
            let service = &mut services[*at as usize];
            if let Some(peak) = service.peak_ahead(k) {
                let least = service.forecast_peak(k);
                let wanted = service.tokens_per_us(peak.max(least), serving.tick);
                forecast_ahead(service, places, groups, wanted);
            }
        }
        for group in groups.iter_mut() {
            let margin = if group.lease > Span::ZERO || group.margin > 0.0 {
                whole_below(group.margin * real(self.pools[group.pool].usable()))
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
            let domain = self.world.pools.0[group.pool].domain.index();
            if group.ahead < before && 0 < self.domains[domain].waiting {
                self.touch(domain);
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
        let leaving = u64::from(pool.retiring_nodes) * pool.chips_per_node;
        let all = pool.standing.to_be_had(group.tenant, pool.usable());
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
            service.filled = service.order.len();
        }
    }

    /// Orders for the tick that begins at `at`: so long before it as a replica takes to start and a gang to be told.
    pub(super) fn post_orders(&mut self, at: SimTime) {
        let Some(serving) = &self.serving else { return };
        for (n, lead) in serving.leads.iter().enumerate() {
            let more = |at: &u32| {
                let place = &serving.places[*at as usize];
                serving.services[place.service].lead == n && place.goal < place.next
            };
            let before = lead.start_up + lead.notice;
            if before > Span::ZERO && serving.more.iter().any(more) {
                let order = SimTime(at.0.saturating_sub(before.0)).max(self.now);
                self.heap.push(When::new(order, Class::ReplicaOrder), 2 * n as u32);
            }
        }
    }
}

impl ServiceState<'_> {
    /// Tokens in its backlog, counted anew.
    pub fn backlog_again(&self) -> (u64, u64) {
        (self.backlog, self.waiting.iter().sum())
    }

    /// Peak of tick `k` over the level, as far as it is known.
    #[inline]
    fn forecast_peak(&mut self, k: i64) -> f64 {
        match self.foresight {
            Foresight::Profile => {
                let place = self.place_at(k);
                self.ticks[place].peak
            }
            Foresight::Level => 1.0,
            Foresight::Path(points) => points[(k.max(0) as usize).min(points.len() - 1)],
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
    #[inline]
    fn tokens_per_us(&self, peak: f64, tick: Span) -> f64 {
        let learned = !matches!(self.foresight, Foresight::Path(_)) && self.seen.1 > 0.0;
        let level = if learned { self.seen.0 / self.seen.1 } else { self.per_us };
        let rate = level * peak;
        let mut beta = self.headroom;
        if self.burst + self.burst_fixed > 0.0 && rate > 0.0 {
            // What the rate shares out, and what it does not: burst_sds^2 (idc/(lambda W) + scv).
            let own = self.burst / rate.sqrt();
            beta += if self.burst_fixed > 0.0 { (own * own + self.burst_fixed).sqrt() } else { own };
        }
        let wanted = rate * (1.0 + beta);
        let deferrable = if 0 < self.deferrable_seen { real(self.deferrable_seen) / real(tick.0) } else { 0.0 };
        (wanted + deferrable) * self.per_target
    }
}

/// Share of a replica below which a need is rounding.
const DUST: f64 = 1e-9;

/// Replicas of each place for so many tokens per microsecond, in the order in which places fill, as its `next`. Eq. (158). Returns their sum, and how
/// far the order was filled.
fn fill(service: &ServiceState<'_>, places: &mut [Place], groups: &mut [Group], mut wanted: f64) -> (u64, usize) {
    let (mut total, mut filled) = (0, 0);
    for (n, at) in service.order.iter().enumerate() {
        let done = wanted <= 0.0;
        if done && service.filled <= n {
            break;
        }
        let place = &mut places[*at as usize];
        place.next = 0;
        if done {
            continue;
        }
        let need = whole_above((wanted * place.us_per_token_up - DUST).max(0.0));
        let group = &mut groups[place.group];
        let here = place.rounded(need, group.budget);
        place.next = here;
        wanted -= real(here) * place.tokens_per_us;
        group.budget -= here * place.chips;
        total += here;
        filled = n + 1;
    }
    (total, filled)
}

/// More replicas, in the order of places, or fewer, from the last on.
fn move_to(service: &ServiceState<'_>, places: &mut [Place], groups: &mut [Group], total: &mut u64, to: u64) {
    for at in &service.order {
        let place = &mut places[*at as usize];
        let more = place.rounded(to.saturating_sub(*total), groups[place.group].budget);
        place.next += more;
        *total += more;
        groups[place.group].budget -= more * place.chips;
    }
    for at in service.order.iter().rev() {
        let place = &mut places[*at as usize];
        let fewer = total.saturating_sub(to).min(place.next);
        let fewer = fewer - fewer % place.together;
        place.next -= fewer;
        *total -= fewer;
        groups[place.group].budget += fewer * place.chips;
    }
}

/// Plans one service. Returns how far its order has something in this plan or in the one before.
fn plan_service(
    service: &mut ServiceState<'_>,
    places: &mut [Place],
    groups: &mut [Group],
    wanted: f64,
    now: SimTime,
) -> usize {
    let (mut total, mut filled) = fill(service, places, groups, wanted);
    let mut to = (total + service.warm).max(service.min).min(service.max);
    // Nobody else asks how many there are.
    if service.max_step < u64::MAX || service.cool_down > Span::ZERO {
        let before = &service.order[..service.filled];
        let current: u64 = before.iter().map(|at| places[*at as usize].goal).sum();
        to = to.min(current.saturating_add(service.max_step));
        if service.cool_down > Span::ZERO {
            if to < current && now < service.hold_until {
                to = current.min(service.max);
            } else if current <= to {
                service.hold_until = now + service.cool_down;
            }
        }
    }
    if to != total {
        move_to(service, places, groups, &mut total, to);
        filled = service.order.iter().rposition(|at| 0 < places[*at as usize].next).map_or(0, |last| last + 1);
    }
    let looked_at = service.filled.max(filled);
    service.filled = filled;
    looked_at
}

/// What the service will need beyond its plan within a lease, from what is left of the budgets.
fn forecast_ahead(service: &ServiceState<'_>, places: &mut [Place], groups: &mut [Group], mut wanted: f64) {
    for at in &service.order[..service.filled] {
        wanted -= real(places[*at as usize].next) * places[*at as usize].tokens_per_us;
    }
    for at in &service.order {
        let place = &places[*at as usize];
        if wanted <= DUST * place.tokens_per_us {
            return;
        }
        let need = whole_above(wanted * place.us_per_token_up - DUST);
        let more = place.rounded(need, groups[place.group].budget);
        wanted -= real(more) * place.tokens_per_us;
        groups[place.group].budget -= more * place.chips;
        groups[place.group].planned += more * place.chips;
    }
}
