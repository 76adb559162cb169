//! What a run keeps of its services, and how they stand at the start. Serves nobody and plans nothing.

use super::growth::GrowthPath;
use super::replicas::Place;
use super::tier::Bench;
use crate::perf::Admission;
use crate::record::ServiceMonth;
use crate::stats::draw::{Prefix, Purpose, RunKey};
use crate::stats::math;
use crate::units::{SimTime, Span};
use crate::world::{Forecast, InTick, Live, PoolId, Service, ServiceId, Tier, World};

/// What a service was asked for and did in a tick: [`ServiceMonth`] says what each is [tokens], [replica-us].
#[derive(Clone, Copy, Default)]
pub(super) struct TickCounts {
    pub demanded: u64,
    pub left: u64,
    pub first: u64,
    pub shed: u64,
    pub spilled: u64,
    pub lost: u64,
    pub received: u64,
    pub deferrable: u64,
    pub deferrable_served: u64,
    pub expired: u64,
    pub backlog_from: u64,
    pub backlog: u64,
    pub ready: u64,
    pub starting: u64,
    pub required: u64,
    pub served: u64,
    pub attained: u64,
    /// 99th percentile of the time to first token, mean time per token [us].
    pub ttft_p99_us: u64,
    pub tpot_us: u64,
}

impl TickCounts {
    /// Adds it to its month, what is not zero as a rule and what is in groups. The backlog is that at the month's begin, and at the end of the last
    /// tick.
    #[inline]
    pub fn add_to(&self, month: &mut ServiceMonth) {
        if 0 < self.deferrable + self.backlog_from + self.backlog + self.expired + self.deferrable_served {
            // Nothing was asked of it before, and nothing stood ready: the month's first tick.
            if month.backlog_from + month.deferrable + month.demanded + month.ready == 0 {
                month.backlog_from = u128::from(self.backlog_from);
            }
            month.deferrable += u128::from(self.deferrable);
            month.deferrable_served += u128::from(self.deferrable_served);
            month.expired += u128::from(self.expired);
        }
        month.backlog = u128::from(self.backlog);
        month.demanded += u128::from(self.demanded);
        month.first += u128::from(self.first);
        month.ready += u128::from(self.ready);
        month.starting += u128::from(self.starting);
        month.required += u128::from(self.required);
        month.served += u128::from(self.served);
        if 0 < self.shed + self.spilled + self.lost + self.received + self.left {
            month.left += u128::from(self.left);
            month.shed += u128::from(self.shed);
            month.spilled += u128::from(self.spilled);
            month.lost += u128::from(self.lost);
            month.received += u128::from(self.received);
        }
        if 0 < self.attained + self.ttft_p99_us + self.tpot_us {
            month.attained += u128::from(self.attained);
            month.ttft_p99 += u128::from(self.first) * u128::from(self.ttft_p99_us);
            month.tpot += u128::from(self.first) * u128::from(self.tpot_us);
        }
    }
}

/// A service during a run.
pub(super) struct ServiceState<'w> {
    pub terms: &'w Service,
    /// Number of its lead.
    pub lead: usize,
    /// Its places, [from, to) of all.
    pub places: (usize, usize),
    /// They in the order in which they fill.
    pub order: Vec<u32>,
    /// Of that order, how many may have something planned: nobody looks at the rest.
    pub filled: usize,
    /// Those that hold replicas, or held some in the tick under way, ascending.
    pub active: Vec<u32>,
    /// Level at the start [tokens/us].
    pub per_us: f64,
    pub growth: GrowthPath,
    pub own_noise: Option<Prefix>,
    /// Tokens of others' mix that take as long as one of its own, by the service that asks: see `claims`.
    pub second: Option<(usize, f64)>,
    /// Its demand's shape in the tick looked at last.
    pub shape: (i64, InTick),
    /// Its replicas in the request tier; None: the table says all.
    pub bench: Option<Box<Bench>>,
    /// The tick under way: tokens asked for, those that went elsewhere, peak over mean.
    pub offered: u64,
    pub left: u64,
    pub peak: f64,
    /// Two levels over the mean that stand for the tick.
    pub levels: (f64, f64),
    pub new_deferrable: u64,
    /// Parts of tokens, carried from tick to tick.
    pub carry: [f64; 3],
    /// What a load means for its requests at this draw's speed of its first place. Eq. (174).
    pub admission: Admission,
    /// Headroom for bursts x the root of the rate [(tokens/us)^1/2], and one over the load planned for. Eq. (158).
    pub burst: f64,
    pub per_target: f64,
    /// Learned level: decayed sums of tokens and of the profile's time [tokens], [us].
    pub seen: (f64, f64),
    pub decay: f64,
    /// Waiting tokens by the tick that brought them, oldest first from `oldest` on.
    pub waiting: Vec<u64>,
    pub oldest: usize,
    pub backlog: u64,
    pub deferrable_per_us: f64,
    /// New ones of the tick that was closed last.
    pub deferrable_seen: u64,
    /// Scale-in waits until then.
    pub hold_until: SimTime,
    /// Largest profile peak of the ticks ahead within a lease, by tick of the profile; empty: no lease.
    pub ahead: Vec<f64>,
    /// Of the tick that is closed: room for more [own tokens], and what of it others' tokens took.
    pub room: u64,
    pub taken: u64,
    pub did: TickCounts,
}

impl ServiceState<'_> {
    /// Shape of the demand in tick `k`. Planned for, then asked for, then learned from: the place in the week is looked up once.
    #[inline]
    pub fn shape_at(&mut self, k: i64) -> InTick {
        if self.shape.0 != k {
            self.shape = (k, self.terms.demand.shape.at(k));
        }
        self.shape.1
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
    /// Neither: nothing is ever kept from gangs.
    pub keeps_nothing: bool,
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
        let keeps_nothing = lease == Span::ZERO && margin <= 0.0;
        groups.push(Group {
            pool,
            tenant,
            held: 0,
            waits: 0,
            ahead: 0,
            lease,
            margin,
            keeps_nothing,
            budget,
            planned: 0,
        });
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
    ServiceState {
        terms,
        lead: 0,
        bench: None,
        places,
        order: (places.0 as u32..places.1 as u32).collect(),
        filled: places.1 - places.0,
        active: Vec::new(),
        per_us,
        growth: GrowthPath::new(live, &demand.growth),
        own_noise: (demand.sd > 0.0).then(|| key.prefix(Purpose::Demand, &terms.path, 0)),
        shape: (0, demand.shape.at(0)),
        second: terms.second_choice.map(|of| (of.index(), exchange(world, terms, of))),
        offered: 0,
        left: 0,
        peak: 1.0,
        levels: (1.0, 1.0),
        new_deferrable: 0,
        carry: [0.0; 3],
        admission: terms.admission.faster(speed),
        burst,
        per_target: 1.0 / scaler.target,
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
        did: TickCounts::default(),
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
