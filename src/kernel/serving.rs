//! What a run keeps of its services, and how they stand at the start. Serves nobody and plans nothing.

use super::growth::GrowthPath;
use super::replicas::Place;
use super::tick::{real, whole_below};
use super::tier::Bench;
use crate::perf::{Admission, Served};
use crate::record::ServiceMonth;
use crate::stats::draw::{Prefix, Purpose, RunKey};
use crate::stats::math;
use crate::units::{SimTime, Span};
use crate::world::{Forecast, InTick, Live, PoolId, Service, ServiceId, Tier, World};

/// What a service was asked for and did in a tick: [`ServiceMonth`] says what each is [tokens], [replica-us]. First what every tick counts.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(super) struct TickCounts {
    pub demanded: u64,
    pub first: u64,
    pub ready: u64,
    pub starting: u64,
    pub required: u64,
    pub served: u64,
    pub shed: u64,
    pub left: u64,
    pub spilled: u64,
    pub lost: u64,
    pub received: u64,
    pub deferrable: u64,
    pub deferrable_served: u64,
    pub expired: u64,
    pub backlog_from: u64,
    pub backlog: u64,
    pub attained: u64,
    /// 99th percentile of the time to first token, mean time per token [us].
    pub ttft_p99_us: u64,
    pub tpot_us: u64,
}

impl TickCounts {
    /// Adds it to its month. The backlog is that at the month's begin, and at the end of the last tick.
    pub fn add_to(&self, month: &mut ServiceMonth) {
        // Nothing was asked of it before, and nothing stood ready: the month's first tick.
        if month.backlog_from + month.deferrable + month.demanded + month.ready == 0 {
            month.backlog_from = u128::from(self.backlog_from);
        }
        month.deferrable += u128::from(self.deferrable);
        month.deferrable_served += u128::from(self.deferrable_served);
        month.expired += u128::from(self.expired);
        month.backlog = u128::from(self.backlog);
        month.demanded += u128::from(self.demanded);
        month.first += u128::from(self.first);
        month.ready += u128::from(self.ready);
        month.starting += u128::from(self.starting);
        month.required += u128::from(self.required);
        month.served += u128::from(self.served);
        month.left += u128::from(self.left);
        month.shed += u128::from(self.shed);
        month.spilled += u128::from(self.spilled);
        month.lost += u128::from(self.lost);
        month.received += u128::from(self.received);
        month.attained += u128::from(self.attained);
        month.ttft_p99 += u128::from(self.first) * u128::from(self.ttft_p99_us);
        month.tpot += u128::from(self.first) * u128::from(self.tpot_us);
    }
}

/// What ticks without anything but demand and replicas have counted since it was last put into the record, in 64 bits: four ticks of five have no more
/// than that, and a row of the record is five times as much memory.
#[derive(Clone, Copy, Default)]
pub(super) struct Plain {
    demanded: u64,
    first: u64,
    ready: u64,
    starting: u64,
    required: u64,
    served: u64,
}

impl Plain {
    /// Adds a tick that has nothing else. Returns whether there may be no room for another.
    #[inline]
    pub fn add(&mut self, did: &TickCounts) -> bool {
        self.demanded += did.demanded;
        self.first += did.first;
        self.ready += did.ready;
        self.starting += did.starting;
        self.required += did.required;
        self.served += did.served;
        let any = self.demanded | self.first | self.ready | self.starting | self.required | self.served;
        1 << 62 <= any
    }

    /// Puts it into its month and begins anew.
    pub fn empty_into(&mut self, month: &mut ServiceMonth) {
        let Plain { demanded, first, ready, starting, required, served } = std::mem::take(self);
        let plain = TickCounts { demanded, first, ready, starting, required, served, ..TickCounts::default() };
        // It had no backlog.
        let backlog = month.backlog;
        plain.add_to(month);
        month.backlog = backlog;
    }
}

/// What is planned by.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Foresight<'w> {
    /// Relative demand by tick, the last one staying.
    Path(&'w [f64]),
    /// The level that is learned, on the profile of the week.
    Profile,
    /// That level alone.
    Level,
}

/// A service during a run. What each tick reads stands first, in the order in which a tick reads it: to ask, to serve, to plan. The scenario's terms
/// of it lie on twenty lines of memory, these on eight.
#[repr(C, align(64))]
pub(super) struct ServiceState<'w> {
    /// Level at the start [tokens/us].
    pub per_us: f64,
    pub growth: GrowthPath,
    pub own_noise: Option<Prefix>,
    /// Standard deviations of the noise of all services, and of its own.
    pub common_sd: f64,
    pub sd: f64,
    /// Its demand's shape; the tick looked at last and its place there.
    pub ticks: &'w [InTick],
    looked_at: (i64, usize),
    /// Number of the share of its volume that is its lab's.
    pub workload: usize,
    /// Parts of tokens, carried from tick to tick.
    pub carry: [f64; 3],
    pub deferrable_per_us: f64,
    /// The tick under way: tokens asked for, those that went elsewhere, those that may wait; its place in the shape.
    pub offered: u64,
    pub left: u64,
    pub new_deferrable: u64,
    pub under_way: usize,
    /// Those of its places that hold replicas, or held some in the tick under way, ascending.
    pub active: Vec<u32>,
    /// What they can do in the tick that is closed, what of it is taken [tokens].
    pub capacity: u64,
    pub taken: u64,
    /// The tick has something to count beyond demand and replicas.
    pub more_to_count: bool,
    /// What becomes of its requests is in a table.
    pub measured: bool,
    /// Its demand has a profile.
    pub profile: bool,
    pub foresight: Foresight<'w>,
    pub did: TickCounts,
    pub plain: Plain,
    /// Learned level: decayed sums of tokens and of the profile's time [tokens], [us].
    pub seen: (f64, f64),
    pub decay: f64,
    /// New ones of the tick that was closed last.
    pub deferrable_seen: u64,
    /// Headroom for bursts: x the root of the rate [(tokens/us)^1/2], and the square of what no rate shares out [-]; more than the forecast [-]; one over the
    /// load planned for. Eq. (158).
    pub burst: f64,
    pub burst_fixed: f64,
    pub headroom: f64,
    pub per_target: f64,
    /// They in the order in which they fill.
    pub order: Vec<u32>,
    /// Of that order, how many may have something planned: nobody looks at the rest.
    pub filled: usize,
    /// Replicas beyond the plan, fewest, most, and most added for a tick.
    pub warm: u64,
    pub min: u64,
    pub max: u64,
    pub max_step: u64,
    pub cool_down: Span,
    /// Largest profile peak of the ticks ahead within a lease, by tick of the profile; empty: no lease.
    pub ahead: Vec<f64>,
    /// What a load means for its requests at this draw's speed of its first place. Eq. (174).
    pub admission: Admission,
    /// Rates through which its clients go, over their mean; empty: they stay. Eq. (153).
    pub rates: Vec<f64>,
    pub terms: &'w Service,
    /// Number of its lead.
    pub lead: usize,
    /// Its places, [from, to) of all.
    pub places: (usize, usize),
    /// Tokens of others' mix that take as long as one of its own, by the service that asks: see `claims`.
    pub second: Option<(usize, f64)>,
    /// Its replicas in the request tier; None: the table says all.
    pub bench: Option<Box<Bench>>,
    /// Waiting tokens by the tick that brought them, oldest first from `oldest` on.
    pub waiting: Vec<u64>,
    pub oldest: usize,
    pub backlog: u64,
    /// Scale-in waits until then.
    pub hold_until: SimTime,
}

impl ServiceState<'_> {
    /// Place of tick `k` in its demand's shape. Planned for, then asked for, then the next: the place in the week is seldom divided for.
    #[inline]
    pub fn place_at(&mut self, k: i64) -> usize {
        let (before, at) = self.looked_at;
        if before != k {
            let next = at + 1;
            let steps = k == before + 1 && 0 <= before && next < self.ticks.len();
            self.looked_at = (k, if steps { next } else { self.terms.demand.shape.place(k) });
        }
        self.looked_at.1
    }

    /// What its requests meet in the tick under way by what is known of them, at a mean load on so many replicas. Eq. (156), (168).
    #[inline]
    pub fn meets(&self, load: f64, replicas: f64) -> Served {
        let (shape, admission) = (&self.ticks[self.under_way], &self.admission);
        if !self.measured {
            return admission.at(load * shape.peak_over_mean, replicas);
        }
        let (low, high) = shape.levels_over_mean;
        let loads = (load * low, load * high);
        if self.rates.is_empty() {
            admission.over(loads, replicas)
        } else {
            admission.through(&self.rates, loads, replicas)
        }
    }

    /// Room for others' tokens and for work that may wait, in the tick that is closed [own tokens].
    pub fn room(&self) -> u64 {
        whole_below(real(self.capacity) * self.terms.accepts_up_to).saturating_sub(self.taken)
    }
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
    pub budget: u64,
    pub planned: u64,
}

/// How long before a tick some services order their replicas.
pub(super) struct Lead {
    /// What a replica takes to start.
    pub start_up: Span,
    /// What gangs are told before their chips are taken.
    pub notice: Span,
    /// When those ordered last are ready: one event for all.
    pub ready_at: SimTime,
    /// Places with replicas that start.
    pub starting: Vec<u32>,
}

/// A claim of one service on its second choice.
#[derive(Clone, Copy)]
pub(super) struct Claim {
    pub from: usize,
    pub to: usize,
    pub tokens: u64,
    /// In tokens of the second choice.
    pub work: u64,
}

/// What a run keeps of its services.
pub(super) struct Serving<'w> {
    pub services: Vec<ServiceState<'w>>,
    pub places: Vec<Place>,
    pub groups: Vec<Group>,
    /// How long before a tick replicas are ordered.
    pub leads: Vec<Lead>,
    /// In the order in which they plan: by priority, then name.
    pub planning: Vec<u32>,
    pub tick: Span,
    /// Chance of requests.
    pub key: RunKey,
    /// The tick under way, from the scenario's start; its beginning.
    pub k: i64,
    pub from: SimTime,
    /// It is not closed yet.
    pub open: bool,
    /// Some group keeps chips from gangs, for a lease or as a margin; some service looks ahead for the time of a lease.
    pub keeps: bool,
    pub leases: bool,
    /// Prices have moved since the cheapest place was looked for.
    pub prices_moved: bool,
    pub common_noise: Option<Prefix>,
    pub claims: Vec<Claim>,
    pub weights: Vec<u64>,
    pub parts: Vec<u64>,
    /// Rows of each tick are written, and what pools' meters had counted of the month at the last.
    pub rows: bool,
    pub counted: Vec<(usize, usize, [u128; 6])>,
    /// Places for which the plan of the next tick has fewer replicas than that of this one, and more, ascending.
    pub fewer: Vec<u32>,
    pub more: Vec<u32>,
    /// Places that an order looks at.
    pub ordered: Vec<u32>,
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
            leads.push(Lead { start_up, notice, ready_at: SimTime::NEVER, starting: Vec::new() });
            leads.len() - 1
        });
        let lease = (first..places.len()).map(|place| groups[places[place].group].lease).max().unwrap_or(Span::ZERO);
        let bench = (terms.tier != Tier::Fluid).then(|| {
            let z = terms.card_speed.as_ref().map_or(0.0, |z| live.value(z));
            Box::new(Bench::new(world, id, z).expect("the world has checked it"))
        });
        services.push(ServiceState { lead, bench, ..state(world, live, key, terms, (first, places.len()), lease) });
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
        keeps: groups.iter().any(|group| group.lease > Span::ZERO || group.margin > 0.0),
        leases: services.iter().any(|service| !service.ahead.is_empty()),
        services,
        places,
        groups,
        leads,
        planning,
        tick,
        key,
        k: -((world.start.0 / tick.0) as i64),
        from: SimTime::ZERO,
        open: false,
        prices_moved: true,
        common_noise: common.then(|| key.prefix(Purpose::Demand, "services", 0)),
        claims: Vec::new(),
        weights: Vec::new(),
        parts: Vec::new(),
        rows: (world.tick_rows || 0 < world.model_error_windows) && first_run,
        counted,
        fewer: Vec::new(),
        more: Vec::new(),
        ordered: Vec::new(),
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
    let sigma = terms.places.first().map_or(0.0, |place| place.sigma);
    let speed = terms.card_speed.as_ref().map_or(1.0, |z| math::exp(sigma * live.value(z)));
    let scaler = &terms.scaler;
    let window_us = scaler.burst_window.0.max(1) as f64;
    let burst = scaler.burst_sds * (terms.bursts.idc * terms.tokens_per_request() / window_us).sqrt();
    let decay = math::exp(-math::ln(2.0) * world.tick.0 as f64 / half_life.0.max(1) as f64);
    let deferrable = terms.deferrable.as_ref();
    let admission = terms.admission.faster(speed);
    let foresight = match (&terms.forecast, demand.shape.phase) {
        (Forecast::Path(points), _) => Foresight::Path(points),
        (Forecast::Learned(_), Some(_)) => Foresight::Profile,
        (Forecast::Learned(_), None) => Foresight::Level,
    };
    ServiceState {
        per_us,
        growth: GrowthPath::new(live, &demand.growth),
        own_noise: (demand.sd > 0.0).then(|| key.prefix(Purpose::Demand, &terms.path, 0)),
        common_sd: demand.common_sd,
        sd: demand.sd,
        ticks: &demand.shape.ticks,
        looked_at: (0, demand.shape.place(0)),
        workload: terms.workload.index(),
        carry: [0.0; 3],
        deferrable_per_us: deferrable.map_or(0.0, |terms| live.value(&terms.tokens_per_second) / 1e6),
        offered: 0,
        left: 0,
        new_deferrable: 0,
        under_way: 0,
        active: Vec::new(),
        capacity: 0,
        taken: 0,
        more_to_count: false,
        measured: admission.is_measured(),
        profile: demand.shape.phase.is_some(),
        foresight,
        did: TickCounts::default(),
        plain: Plain::default(),
        // What is known before anything was seen: the level itself.
        seen: (per_us * world.tick.0 as f64, world.tick.0 as f64),
        decay,
        deferrable_seen: 0,
        burst,
        burst_fixed: scaler.burst_sds * scaler.burst_sds * terms.bursts.rate_scv,
        headroom: scaler.headroom,
        per_target: 1.0 / scaler.target,
        order: (places.0 as u32..places.1 as u32).collect(),
        filled: places.1 - places.0,
        warm: scaler.warm,
        min: scaler.min,
        max: scaler.max,
        max_step: scaler.max_step,
        cool_down: scaler.cool_down,
        ahead: ahead(world, terms, lease),
        admission,
        rates: terms.bursts.rates(),
        terms,
        lead: 0,
        places,
        second: terms.second_choice.map(|of| (of.index(), exchange(world, terms, of))),
        bench: None,
        waiting: vec![0; deferrable.map_or(0, |terms| terms.ticks as usize + 1)],
        oldest: 0,
        backlog: 0,
        hold_until: SimTime::ZERO,
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
