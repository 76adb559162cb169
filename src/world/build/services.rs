//! Services: pools, replicas, demand through time, plans. Knows no gang and simulates nothing.

use super::cards::{self, Replica};
use super::desk::{Desk, did_you_mean};
use super::gangs::{Supply, has_price, kind_named, own_cloud};
use super::points;
use super::time::Times;
use crate::perf::Range;
use crate::spec::{At, Leaf, Named, ServiceSpec, Tables};
use crate::stats::math;
use crate::units::{IdVec, SimTime, Span};
use crate::world::arrivals::OverEstimate;
use crate::world::bursts::{Bursts, rate_scv};
use crate::world::model::{
    Cell, CellId, Failures, Param, PoolId, PriceKind, Source, Tenant, TenantId, Workload, WorkloadId,
};
use crate::world::service::{
    Autoscaler, Deferrable, Demand, Forecast, Growth, Rates, Service, ServiceId, ServingPlace, Tier,
};
use crate::world::shape::{Between, Line, Points, Shape};

const ANY: (f64, f64) = (0.0, 1e18);
const HOURS_OF_A_WEEK: f64 = 168.0;
/// Most tokens of a tick: a ninth of what 63 bits hold, the rest for noise and what is not known.
const MOST_TOKENS: f64 = 1e18;

/// Window of bursts where none is stated [h].
const BURST_WINDOW_H: f64 = 1.0 / 60.0;
/// Exponent of the shares of clients where none is stated; reference coupling, table of inputs.
const ZIPF: f64 = 1.1;

/// Step of all services; it must divide the day and every month of the study where there are services.
pub(super) fn tick(desk: &mut Desk<'_>, times: &Times) -> Span {
    let Some(leaf) = &desk.spec.run.tick else {
        check_grid(desk, times, Span::HOUR);
        return Span::HOUR;
    };
    let tick = Span(Span::from_hours(desk.number(leaf)).0.max(1));
    if !any(desk) {
        return tick;
    }
    if !Span::DAY.0.is_multiple_of(tick.0) {
        let message = format!("a tick of {} h does not divide the day", tick.hours());
        desk.problem(leaf.origin, &leaf.path, message, "write one that does, e.g. \"1h\", \"30min\" or \"10min\"");
        return Span::HOUR;
    }
    check_grid(desk, times, tick);
    tick
}

fn any(desk: &Desk<'_>) -> bool {
    desk.spec.labs.iter().any(|lab| !lab.table.services.is_empty())
}

/// The run, its months and its window begin and end with ticks.
fn check_grid(desk: &mut Desk<'_>, times: &Times, tick: Span) {
    if !any(desk) {
        return;
    }
    let from_midnight = {
        let start = times.calendar.start_date();
        let seconds = u64::from(start.hour() as u8) * 3_600 + u64::from(start.minute() as u8) * 60;
        Span(
            (seconds + u64::from(start.second() as u8)) * 1_000_000
                + u64::from(start.subsec_nanosecond() as u32 / 1_000),
        )
    };
    let off = |at: SimTime| !(at.0 + tick.0 * times.start.0.div_ceil(tick.0) - times.start.0).is_multiple_of(tick.0);
    let named = [("start", times.start), ("end", times.end), ("warm_up", times.measure_from)];
    let wrong = named.into_iter().find(|(name, at)| match *name {
        "start" => !times.start.0.is_multiple_of(tick.0) || !from_midnight.0.is_multiple_of(tick.0),
        _ => off(*at),
    });
    if let Some((name, at)) = wrong {
        let message = format!(
            "services are stepped every {} h from 00:00 UTC, and `{name}` is {}, between two steps",
            tick.hours(),
            times.date(at)
        );
        let scenario = &desk.spec.scenario;
        let origin = match name {
            "start" => scenario.start.as_ref().map(|at| at.origin),
            "end" => scenario.end.as_ref().map(|at| at.origin),
            _ => scenario.warm_up.as_ref().map(|leaf| leaf.origin),
        };
        let origin = origin.unwrap_or_default();
        let remedy = "move it to a whole step, give `spin_up` in whole steps, or shorten `tick`";
        desk.problem(origin, &format!("scenario.{name}"), message, remedy);
    }
}

/// Services in order of lab and name, each with a workload without jobs that holds its chips, and a cell for each of its pools.
pub(super) fn services(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    tenants: &IdVec<Tenant>,
    tick: Span,
    workloads: &mut IdVec<Workload>,
    cells: &mut IdVec<Cell>,
) -> IdVec<Service> {
    let spec = desk.spec;
    let mut services = IdVec::default();
    for (lab, (tenant, terms)) in spec.labs.iter().zip(tenants.enumerate()) {
        for written in &lab.table.services {
            let place = Place { written, tenant, terms, tick };
            let (service, workload) = place.build(desk, supply, &services, workloads.len(), cells);
            services.0.push(service);
            workloads.0.push(workload);
        }
    }
    let paths: Vec<String> = services.iter().map(|service: &Service| service.path.clone()).collect();
    for (at, written) in spec.labs.iter().flat_map(|lab| &lab.table.services).enumerate() {
        services.0[at].second_choice = second_choice(desk, written, &paths);
    }
    services
}

/// The service that is asked for what this one sheds: another one.
fn second_choice(desk: &mut Desk<'_>, written: &Named<ServiceSpec>, paths: &[String]) -> Option<ServiceId> {
    let at = written.table.second_choice.as_ref()?;
    if at.value == written.path {
        let message = format!("the second choice of `{}` is itself", written.path);
        desk.problem(at.origin, &at.path, message, "name another service, or leave it out");
        return None;
    }
    let found = paths.iter().position(|path| *path == at.value);
    if found.is_none() {
        let remedy = did_you_mean(&at.value, paths.iter().map(String::as_str), "service");
        desk.problem(at.origin, &at.path, format!("there is no service `{}`", at.value), remedy);
    }
    found.map(ServiceId::new)
}

/// A service of the file, and whose it is.
struct Place<'p> {
    written: &'p Named<ServiceSpec>,
    tenant: TenantId,
    terms: &'p Tenant,
    tick: Span,
}

impl Place<'_> {
    fn build(
        &self,
        desk: &mut Desk<'_>,
        supply: &Supply<'_>,
        before: &IdVec<Service>,
        workloads: usize,
        cells: &mut IdVec<Cell>,
    ) -> (Service, Workload) {
        let (path, table) = (&self.written.path, &self.written.table);
        let pools = self.pools(desk);
        let price = self.price(desk, supply, &pools);
        let (id, workload) = (ServiceId::new(before.len()), WorkloadId::new(workloads));
        let first = cells.len();
        let (mut places, mut replicas) = (Vec::new(), Vec::new());
        for pool in pools {
            if let Some(replica) = replica(desk, supply, self.written, pool) {
                let cell = CellId::new(cells.len());
                let (speed, split_speed) = (Param::Fixed(1.0), Param::Fixed(1.0));
                cells.0.push(Cell { workload, pool, price, speed, split_speed, mfu: None });
                let Replica { chips, rates, sigma, .. } = replica;
                let together = self.together(desk, &supply.pools[pool], chips);
                let card = replica.card.clone().map(Box::new);
                places.push(ServingPlace { cell, pool, chips, together, rates, sigma, card });
                replicas.push(replica);
            }
        }
        let workload = Workload {
            name: self.written.name.clone(),
            path: path.clone(),
            tenant: self.tenant,
            domain: places.first().map_or(crate::world::DomainId::new(0), |place| supply.pools[place.pool].domain),
            cells: (first..cells.len()).map(CellId::new).collect(),
            overflow: Vec::new(),
            priority: 0,
            price,
            max_spot_ratio: Param::Fixed(1.0),
            volume: Param::Fixed(1.0),
            checkpoint: None,
            restart_h: Param::Fixed(0.0),
            failures: Failures::Off,
            over_estimate: OverEstimate::Keep,
            elastic: None,
            deadline_h: None,
            source: Source::Service(id),
        };
        let made: Vec<(PoolId, u32)> = places.iter().map(|place: &ServingPlace| (place.pool, place.chips)).collect();
        points::unused(desk, supply, self.written, &made);
        let demand = &table.demand;
        let tokens = |leaf: &Option<Leaf>, desk: &mut Desk<'_>| leaf.as_ref().map_or(0.0, |leaf| desk.number(leaf));
        let (input, output) = (tokens(&demand.input_tokens, desk), tokens(&demand.output_tokens, desk));
        if input + output <= 0.0 {
            let message = format!("a request of `{path}` has no token");
            desk.problem(self.written.origin, &format!("{path}.demand"), message, "give input or output tokens");
        }
        self.check_slo(desk, &places, input);
        let bursts = self.bursts(desk);
        let demand = self.demand(desk, supply.times, (input + output).max(1e-9));
        let scaler = self.scaler(desk, &places);
        let swing = bursts.rates().into_iter().fold(1.0, f64::max);
        let largest = largest_per_second(desk, supply.times, &demand);
        let range = self.range(supply, (largest, swing), &scaler, &places, (input, output));
        let service = Service {
            name: self.written.name.clone(),
            path: path.clone(),
            tenant: self.tenant,
            workload: WorkloadId::new(workloads),
            model: table.model.as_ref().map(|at| at.value.clone()),
            cheapest: table.pool_choice.as_ref().is_some_and(|at| at.value == "cheapest"),
            priority: table.priority.as_ref().map_or(0, |at| at.value as i32),
            input_tokens: input,
            output_tokens: output,
            demand,
            deferrable: self.deferrable(desk),
            second_choice: None,
            accepts_up_to: table.accepts_up_to.as_ref().map_or(1.0, |leaf| desk.number(leaf)),
            bursts,
            admission: cards::admission(desk, self.written, &bursts, (input, output), replicas.first(), &range),
            promises: table
                .slo
                .as_ref()
                .is_some_and(|slo| slo.ttft.is_some() || slo.tpot.is_some() && cards::by_card(table)),
            tier: self.tier(desk, supply.times, &places, (input, output)),
            promised_s: self.promised_s(desk),
            length_scv: cards::length_scv(desk, input, output),
            card_speed: cards::by_card(table).then(|| desk.unknown(cards::SPEED, (-8.0, 8.0))),
            forecast: self.forecast(desk),
            scaler,
            usd_per_million_tokens: self.token_price(desk, input, output),
            places,
        };
        (service, workload)
    }

    /// Pools in order, each once.
    fn pools(&self, desk: &mut Desk<'_>) -> Vec<PoolId> {
        let (spec, path) = (desk.spec, &self.written.path);
        let mut found = Vec::new();
        for name in &self.written.table.pools {
            let Some(index) = desk.find(&spec.pools, name, "pool") else { continue };
            if found.contains(&PoolId::new(index)) {
                let message = format!("`{path}` names pool `{}` twice", name.value);
                desk.problem(name.origin, &name.path, message, "name it once");
            } else if spec.pools[index].table.unlimited.as_ref().is_some_and(|at| at.value) {
                let message =
                    format!("`{path}` runs on `{}`, an unlimited pool that only jobs overflow to", name.value);
                desk.problem(name.origin, &name.path, message, "give that pool a size");
            } else {
                found.push(PoolId::new(index));
            }
        }
        if self.written.table.pools.is_empty() {
            let at = format!("{path}.pools");
            desk.problem(self.written.origin, &at, format!("`{path}` names no pool"), "name at least one");
        }
        found
    }

    /// Price kind of its chips, which all its pools must have.
    fn price(&self, desk: &mut Desk<'_>, supply: &Supply<'_>, pools: &[PoolId]) -> PriceKind {
        let (path, written) = (&self.written.path, &self.written.table.price);
        let billed = |id: &PoolId| supply.pools[*id].site.is_some();
        let origin = written.as_ref().map_or(self.written.origin, |at| at.origin);
        if !pools.iter().any(billed) {
            if let Some(word) = written {
                let message = format!("`{path}` states a price, and its pools stand at no site: nobody bills it");
                desk.problem(word.origin, &word.path, message, "drop `price`, or give the pools a `site`");
            }
            return PriceKind::Free;
        }
        if let Some(free) = pools.iter().find(|id| !billed(id)) {
            let message =
                format!("`{path}` mixes pools at a site with `{}`, which stands at none", supply.pools[*free].name);
            desk.problem(origin, &format!("{path}.pools"), message, "give every pool a `site`, or none of them");
            return PriceKind::Free;
        }
        let default = if own_cloud(supply, self.terms, pools) { PriceKind::Contract } else { PriceKind::OnDemand };
        let kind = written.as_ref().and_then(kind_named).unwrap_or(default);
        for pool in pools.iter().filter(|pool| !has_price(supply, self.terms, **pool, kind)) {
            let name = &supply.pools[*pool].name;
            let message = format!("`{path}` pays the {} price, and pool `{name}` has none", kind.name());
            desk.problem(
                origin,
                &format!("{path}.price"),
                message,
                "give the pool that price, or choose another `price`",
            );
        }
        if let (PriceKind::Contract, Some(contract)) = (kind, self.terms.contract) {
            let times = supply.times;
            let told = super::shares::outside(times, &supply.contracts[contract], times.start, times.end);
            if let Some((message, remedy)) = told {
                let message = format!("replicas of `{path}` {message}");
                desk.problem(origin, &format!("{path}.price"), message, format!("{remedy}, or another `price`"));
            }
        }
        kind
    }

    /// A promise shorter than one step of its fastest replica cannot be kept, nor one shorter than a mean prompt takes alone: by the card, else by the
    /// stated rates, which serve one request at a time.
    fn check_slo(&self, desk: &mut Desk<'_>, places: &[ServingPlace], input: f64) {
        let Some(slo) = &self.written.table.slo else { return };
        let step_s = |place: &ServingPlace| match &place.card {
            Some(card) => card.step_seconds(1, input),
            None => 1.0 / place.rates.decode,
        };
        let prompt_s = |place: &ServingPlace| match &place.card {
            Some(card) => card.prefill_seconds(input.round().max(1.0) as u64),
            None => input / place.rates.prefill,
        };
        let best = |seconds: &dyn Fn(&ServingPlace) -> f64| places.iter().map(seconds).fold(f64::INFINITY, f64::min);
        let least = [
            (&slo.tpot, best(&step_s), "a step of one request on its fastest replica"),
            (&slo.ttft, best(&prompt_s), "reading a mean request on its fastest replica"),
        ];
        for (leaf, least_s, what) in least {
            let Some(leaf) = leaf else { continue };
            let promised_s = desk.number(leaf) * 3_600.0;
            if !places.is_empty() && promised_s < least_s {
                let message = format!("`{}` is {promised_s:.3e} s, and {what} takes {least_s:.3e} s", leaf.path);
                desk.problem(leaf.origin, &leaf.path, message, "promise more time, or run on a faster replica");
            }
        }
    }

    /// Which tier, where it can be played and is not more than a run can hold. Eq. (167).
    fn tier(&self, desk: &mut Desk<'_>, times: &Times, places: &[ServingPlace], (input, output): (f64, f64)) -> Tier {
        let Some(written) = &self.written.table.tier else { return Tier::Fluid };
        let ticks = times.end.0 as f64 / self.tick.0 as f64;
        let tier = match written.value.as_str() {
            "request" => Tier::Request,
            "auto" => Tier::Auto(Tier::AUTO_REQUESTS.min(Tier::MOST_REQUESTS / ticks) as u32),
            _ => return Tier::Fluid,
        };
        let path = &self.written.path;
        if input < 1.0 || output < 1.0 {
            let message = format!("`{path}` has requests of {input} tokens in and {output} out");
            let remedy = "the request tier plays at least one of each: write `tier = \"fluid\"`, or other lengths";
            desk.problem(written.origin, &written.path, message, remedy);
            return Tier::Fluid;
        }
        let Some(place) = places.first() else { return Tier::Fluid };
        let tick_s = self.tick.hours() * 3_600.0;
        let each = place.rates.tokens_per_hour(input, output) / 3_600.0 / (input + output) * tick_s;
        let demand = &self.written.table.demand;
        let level = match (&demand.tokens_per_second, &demand.requests_per_second) {
            (Some(leaf), _) => desk.median(leaf) / (input + output),
            (None, Some(leaf)) => desk.median(leaf),
            (None, None) => 0.0,
        };
        let most = Tier::ENOUGH.max(Tier::FEWEST_REPLICAS * each).min(Tier::MOST_REPLICAS * each);
        let of_tick = (level * tick_s).min(most);
        if tier == Tier::Request && Tier::MOST_REQUESTS < ticks * of_tick {
            let message = format!(
                "`{path}` plays about {of_tick:.2e} requests in each of {ticks:.0} ticks, {:.1e} in a run; at most {:.0e}",
                ticks * of_tick,
                Tier::MOST_REQUESTS
            );
            let remedy = "write `tier = \"auto\"` or `\"fluid\"`, or shorten the scenario";
            desk.problem(written.origin, &written.path, message, remedy);
        }
        tier
    }

    /// Promises [s].
    fn promised_s(&self, desk: &mut Desk<'_>) -> (Option<f64>, Option<f64>) {
        let slo = self.written.table.slo.as_ref();
        let mut seconds = |leaf: Option<&Leaf>| leaf.map(|leaf| desk.number(leaf) * 3_600.0);
        (seconds(slo.and_then(|slo| slo.ttft.as_ref())), seconds(slo.and_then(|slo| slo.tpot.as_ref())))
    }

    fn demand(&self, desk: &mut Desk<'_>, times: &Times, tokens: f64) -> Demand {
        let demand = &self.written.table.demand;
        let (level, tokens_per_unit) = match (&demand.tokens_per_second, &demand.requests_per_second) {
            (Some(leaf), _) => (desk.param(leaf, ANY), 1.0),
            (None, Some(leaf)) => (desk.param(leaf, ANY), tokens),
            (None, None) => (Param::Fixed(1.0), 1.0),
        };
        let demand = Demand {
            level,
            tokens_per_unit,
            growth: Growth {
                per_year: desk.param_or(&demand.multiple_per_year, (1e-3, 1e3), 1.0),
                ceiling: demand.ceiling_multiple.as_ref().map(|leaf| desk.param(leaf, (1.0, 1e9))),
            },
            shape: self.shape(desk, times),
            sd: demand.sd.as_ref().map_or(0.0, |leaf| desk.number(leaf)),
            common_sd: demand.common_sd.as_ref().map_or(0.0, |leaf| desk.number(leaf)),
        };
        self.count_tokens(desk, times, &demand);
        demand
    }

    /// Replicas that the largest tick needs, and its load on the most there may be, at the highest of its rates over their mean.
    fn range(
        &self,
        supply: &Supply<'_>,
        (largest_per_second, swing): (f64, f64),
        scaler: &Autoscaler,
        places: &[ServingPlace],
        (input, output): (f64, f64),
    ) -> Range {
        let per_hour = |place: &ServingPlace| place.rates.tokens_per_hour(input, output);
        let asked = 3_600.0 * largest_per_second;
        let (mut left, mut all) = (scaler.max as f64, 0.0);
        for place in places {
            let pool = &supply.pools[place.pool];
            let chips = super::sizes::most_planned(pool) * u64::from(pool.chips_per_node);
            let replicas = ((chips / u64::from(place.chips)) as f64).min(left);
            (left, all) = (left - replicas, all + replicas * per_hour(place));
        }
        let needed = places.first().map_or(0.0, |place| asked / per_hour(place) / scaler.target);
        Range {
            replicas: (scaler.min.max(1) as f64, needed.max(scaler.min as f64).min(scaler.max as f64)),
            peak_load: if 0.0 < all { asked * swing / all } else { 0.0 },
        }
    }

    /// Refuses demand whose tokens of a tick no counter holds.
    fn count_tokens(&self, desk: &mut Desk<'_>, times: &Times, demand: &Demand) {
        let tokens = largest_per_second(desk, times, demand) * self.tick.hours() * 3_600.0;
        if MOST_TOKENS < tokens {
            let message =
                format!("`{}` asks for {tokens:.1e} tokens in a tick; at most {MOST_TOKENS:.0e}", self.written.path);
            let remedy = "lower its level, growth or points, or shorten `[run] tick`";
            desk.problem(self.written.origin, &self.written.path, message, remedy);
        }
    }

    /// Demand by tick: a profile that repeats, or a path. Eq. (151).
    fn shape(&self, desk: &mut Desk<'_>, times: &Times) -> Shape {
        let demand = &self.written.table.demand;
        let steps = demand.between.as_ref().is_some_and(|at| at.value == "steps");
        let between = if steps { Between::Steps } else { Between::Lines };
        let tick_h = self.tick.hours();
        if !demand.points.is_empty() {
            let values: Vec<f64> = demand.points.iter().map(|leaf| desk.number(leaf)).collect();
            let slot = demand.every.as_ref().map_or(tick_h, |leaf| desk.number(leaf));
            let points = Points { values: &values, slot, repeats: false, between };
            // The last tick lies behind the last middle: there the last point stays.
            let n = (slot * values.len() as f64 / tick_h).ceil() as usize + 1;
            let ticks = points.ticks(tick_h, n.min(2_000_000));
            return Shape { ticks, phase: None, line: Line { values, slot: slot / tick_h, between } };
        }
        let Some((mut values, period_h)) = self.profile(desk) else { return Shape::flat() };
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        if mean <= 0.0 {
            let message = format!("the profile of `{}` is 0 throughout", self.written.path);
            let at = &demand.profile_points[0];
            desk.problem(at.origin, &at.path, message, "give some points above 0");
            return Shape::flat();
        }
        values.iter_mut().for_each(|value| *value /= mean);
        let points = Points { values: &values, slot: period_h / values.len() as f64, repeats: true, between };
        let start = times.calendar.start_date();
        let day = f64::from(start.date().weekday().to_monday_zero_offset()) * 24.0;
        let of_day = f64::from(start.hour()) + f64::from(start.minute()) / 60.0 + f64::from(start.second()) / 3_600.0;
        let phase_h = if period_h == HOURS_OF_A_WEEK { day + of_day } else { of_day };
        let ticks = points.ticks(tick_h, (period_h / tick_h).round() as usize);
        let line = Line { slot: points.slot / tick_h, between, values };
        Shape { ticks, phase: Some((phase_h / tick_h).round() as u64), line }
    }

    /// Points of a profile, and how long it is [h].
    fn profile(&self, desk: &mut Desk<'_>) -> Option<(Vec<f64>, f64)> {
        let demand = &self.written.table.demand;
        if !demand.profile_points.is_empty() {
            let day = demand.period.as_ref().is_some_and(|at| at.value == "day");
            let values = demand.profile_points.iter().map(|leaf| desk.number(leaf)).collect();
            return Some((values, if day { 24.0 } else { HOURS_OF_A_WEEK }));
        }
        let name = demand.profile.as_ref()?;
        match desk.catalog.profile(&name.value) {
            Ok(found) => Some((found.points.clone(), f64::from(found.days) * 24.0)),
            Err(error) => {
                desk.problem(name.origin, &name.path, error.to_string(), "`list profiles` shows what there is");
                None
            }
        }
    }

    fn deferrable(&self, desk: &mut Desk<'_>) -> Option<Deferrable> {
        let written = self.written.table.deferrable.as_ref()?;
        let hours = desk.number(&written.deadline);
        let ticks = (hours / self.tick.hours()).round();
        if (ticks * self.tick.hours() - hours).abs() > 1e-9 || ticks < 1.0 || 1e5 < ticks {
            let leaf = &written.deadline;
            let message = format!("a deadline of {hours} h is no whole number of ticks of {} h", self.tick.hours());
            desk.problem(leaf.origin, &leaf.path, message, "write 1 to 100,000 whole ticks");
            return None;
        }
        Some(Deferrable { tokens_per_second: desk.param(&written.tokens_per_second, ANY), ticks: ticks as u32 })
    }

    /// Bursts of all its requests from those of its clients, and from what they share. Eq. (153), coupling finding 9.
    fn bursts(&self, desk: &mut Desk<'_>) -> Bursts {
        let (demand, scaler) = (&self.written.table.demand, &self.written.table.autoscaler);
        let hours = scaler.burst_window.as_ref().map_or(BURST_WINDOW_H, |leaf| desk.number(leaf));
        let mut number = |leaf: &Option<Leaf>, default: f64| leaf.as_ref().map_or(default, |leaf| desk.number(leaf));
        let common_cv = number(&demand.common_cv, 0.0);
        let (idc, rate_scv) = match &demand.population {
            None => (None, common_cv * common_cv),
            Some(of) => {
                let (idc, cv) = (number(&of.idc, 1.0), number(&of.cv, 0.0));
                let zipf = number(&of.zipf, ZIPF);
                if of.zipf.is_none() && 0.0 < cv {
                    let path = format!("{}.demand.population.zipf", self.written.path);
                    desk.assume(
                        path,
                        ZIPF,
                        (0.8, 1.4),
                        "exponent of the shares of clients: ServeGen has half of its rate from 1 to 7 of them",
                    );
                }
                (Some(idc), rate_scv(of.clients.value.max(1) as u64, zipf, cv, common_cv))
            }
        };
        Bursts { idc: idc.unwrap_or_else(|| self.idc(desk)), rate_scv, window_s: hours * 3_600.0 }
    }

    /// Index of dispersion of all its requests from those of its clients. Eq. (153), coupling finding 9.
    fn idc(&self, desk: &mut Desk<'_>) -> f64 {
        let demand = &self.written.table.demand;
        let clients: Vec<(f64, f64)> =
            demand.clients.iter().map(|(share, idc)| (desk.number(share), desk.number(idc))).collect();
        let all: f64 = clients.iter().map(|(share, _)| share).sum();
        if 0.0 < all {
            return clients.iter().map(|(share, idc)| share * idc).sum::<f64>() / all;
        }
        if let Some((share, _)) = demand.clients.first() {
            let message = format!("no client of `{}` asks for anything", self.written.path);
            desk.problem(share.origin, &share.path, message, "give some client a share above 0");
        }
        demand.idc.as_ref().map_or(1.0, |leaf| desk.number(leaf))
    }

    fn forecast(&self, desk: &mut Desk<'_>) -> Forecast {
        let written = self.written.table.forecast.as_ref();
        let points = written.map_or(&[][..], |forecast| &forecast.points);
        if !points.is_empty() {
            return Forecast::Path(points.iter().map(|leaf| desk.number(leaf)).collect());
        }
        let half_life = written.and_then(|forecast| forecast.half_life.as_ref());
        Forecast::Learned(Span::from_hours(half_life.map_or(6.0, |leaf| desk.number(leaf))))
    }

    /// Replicas of so many chips that come and go together on a pool.
    fn together(&self, desk: &mut Desk<'_>, pool: &crate::world::Pool, chips: u32) -> u32 {
        let Some(at) = self.written.table.autoscaler.whole_nodes.as_ref().filter(|at| at.value) else { return 1 };
        let per_node = pool.chips_per_node;
        if chips.is_multiple_of(per_node) {
            return 1;
        }
        if !per_node.is_multiple_of(chips) {
            let message = format!("replicas of {chips} chips do not fill nodes of {per_node} on pool `{}`", pool.name);
            desk.problem(at.origin, &at.path, message, "state `replica.chips` that divides them, or leave it out");
        }
        (per_node / chips).max(1)
    }

    fn scaler(&self, desk: &mut Desk<'_>, places: &[ServingPlace]) -> Autoscaler {
        let written = &self.written.table.autoscaler;
        let number = |leaf: &Option<Leaf>, default: f64, desk: &mut Desk<'_>| {
            leaf.as_ref().map_or(default, |leaf| desk.number(leaf))
        };
        let count = |at: &Option<At<i64>>, default: u64| at.as_ref().map_or(default, |at| at.value.max(0) as u64);
        let scaler = Autoscaler {
            target: number(&written.target, 0.8, desk),
            headroom: number(&written.headroom, 0.0, desk),
            burst_sds: number(&written.burst_sds, 0.0, desk),
            burst_window: Span::from_hours(number(&written.burst_window, BURST_WINDOW_H, desk)),
            cool_down: Span::from_hours(number(&written.cool_down, 0.0, desk)),
            min: count(&written.min, 1),
            max: count(&written.max, u64::from(u32::MAX)),
            max_step: count(&written.max_step, u64::MAX),
            warm: count(&written.warm, 0),
            start_up: Span::from_hours(number(&written.start_up, 0.0, desk)),
        };
        if scaler.max < scaler.min {
            let at = written.max.as_ref().or(written.min.as_ref()).expect("one of them is written");
            let message =
                format!("`{}` has at least {} and at most {} replicas", self.written.path, scaler.min, scaler.max);
            desk.problem(at.origin, &at.path, message, "raise `max` or lower `min`");
        }
        if written.target.is_none() && !places.is_empty() {
            let path = format!("{}.autoscaler.target", self.written.path);
            desk.assume(path, 0.8, (0.5, 0.95), "load that is planned for at the forecast peak");
        }
        scaler
    }

    /// Price of a token in the mix of a mean request [USD per million].
    fn token_price(&self, desk: &mut Desk<'_>, input: f64, output: f64) -> Option<Param> {
        let (per_input, per_output) = self.written.table.token_price.as_ref()?;
        let (a, b) = (desk.number(per_input), desk.number(per_output));
        Some(Param::Fixed((a * input + b * output) / (input + output).max(1e-9)))
    }
}

/// The largest tick's demand at medians, of a run that grows to its end [tokens/s].
fn largest_per_second(desk: &Desk<'_>, times: &Times, demand: &Demand) -> f64 {
    let years = times.end.0 as f64 / 3.6e9 / 8_766.0;
    let grown = math::pow(desk.median_of(&demand.growth.per_year).max(1.0), years);
    let ceiling = demand.growth.ceiling.as_ref().map_or(f64::INFINITY, |ceiling| desk.median_of(ceiling));
    let largest = demand.shape.ticks.iter().map(|tick| tick.mean).fold(0.0, f64::max);
    desk.median_of(&demand.level) * demand.tokens_per_unit * grown.min(ceiling) * largest
}

/// Chips of a replica on that pool and what it does there, as measured; None with a problem where the file does not say.
fn replica(desk: &mut Desk<'_>, supply: &Supply<'_>, service: &Named<ServiceSpec>, pool: PoolId) -> Option<Replica> {
    let terms = &supply.pools[pool];
    let chip = supply.chips[terms.chip].name.clone();
    let replica = &service.table.replica;
    let mut number = |key: &str, table: &Tables<Leaf>| -> Option<f64> {
        let named = |name: &str| table.iter().find(|entry| entry.name == name);
        let found = named(&terms.instance).or_else(|| named(&chip)).or_else(|| named(""));
        if let Some(found) = found {
            return Some(desk.number(&found.table));
        }
        let path = format!("{}.replica.{key}", service.path);
        let message = format!("`{path}` says nothing of {chip}, the chip of pool `{}`", terms.name);
        let remedy = format!("add `{chip} = ...` to it, or leave the pool out of `pools`");
        let origin = table.first().map_or(service.origin, |entry| entry.origin);
        desk.problem(origin, &path, message, remedy);
        None
    };
    let stated = !cards::by_card(&service.table);
    let chips = if stated || !replica.chips.is_empty() { Some(number("chips", &replica.chips)?) } else { None };
    let rates = if stated {
        let prefill = number("prefill_tokens_per_second", &replica.prefill)?;
        Some(Rates { prefill, decode: number("decode_tokens_per_second", &replica.decode)? })
    } else {
        None
    };
    if let Some(chips) = chips.filter(|chips| *chips != chips.floor()) {
        let origin = replica.chips.first().map_or(service.origin, |entry| entry.origin);
        let path = format!("{}.replica.chips", service.path);
        desk.problem(origin, &path, format!("a replica of {chips} chips"), "write a whole number");
        return None;
    }
    let made = match (chips, rates) {
        (Some(chips), Some(rates)) => Replica { chips: chips as u32, rates, sigma: 0.0, card: None },
        _ => cards::replica(desk, supply, service, pool, chips)?,
    };
    let chips = f64::from(made.chips);
    let room = super::sizes::most_planned(terms) * u64::from(terms.chips_per_node);
    let path = format!("{}.replica.chips", service.path);
    let origin = replica.chips.first().map_or(service.origin, |entry| entry.origin);
    if (room as f64) < chips {
        let message = format!(
            "a replica of `{}` takes {chips} chips, and pool `{}` never has more than {room}",
            service.path, terms.name
        );
        desk.problem(origin, &path, message, "make the replica smaller or the pool larger, or leave the pool out");
        return None;
    }
    Some(made)
}
