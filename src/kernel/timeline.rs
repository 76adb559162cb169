//! What is dated before a run begins: deliveries, price steps, contract days, tranches, month ends, as one sorted list.
//! Draws nothing (its values are drawn) and changes nothing.

use super::event::Class;
use super::spot_path::SpotPath;
use crate::stats::draw::{Purpose, RunKey};
use crate::stats::quantile::exponential_quantile;
use crate::units::{Rate, SimTime, Span};
use crate::world::{
    Block, ContractId, ContractPrice, Effect, InterruptionId, InvestmentId, LISTED, Live, Outage, Place, PoolId,
    PriceChange, PriceKind, TenantId, World,
};

/// Hours of a year of 365.25 days.
const HOURS_PER_YEAR: f64 = 8766.0;

/// Something dated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dated {
    /// Changes [`Live`] and nothing else.
    Takes(Effect),
    /// Nodes enter service: (pool, delivery).
    Delivery(PoolId, u32),
    /// The deposit is due: (pool, delivery).
    Order(PoolId, u32),
    /// A delivery is cancelled; true: it had been ordered.
    Cancel(PoolId, u32, bool),
    /// Nodes leave.
    Retire(PoolId, u32),
    /// A pool, or that rack of it, goes dark.
    Outage(PoolId, Option<u32>, InterruptionId),
    /// Nothing starts on a pool any more.
    Drain(PoolId),
    /// Its nodes go.
    Maintenance(PoolId),
    /// They come back, all or those of that rack.
    Light(PoolId, Option<u32>),
    /// Guaranteed chips of a tenant change.
    Guarantee(PoolId, TenantId, u32),
    /// Reserved chips of a tenant change.
    Reserve(PoolId, TenantId, u32),
    /// What others may use of a tenant's idle guarantee changes.
    Borrow(PoolId, TenantId, u32),
    /// Chips of a tenant's blocks in force, and in which jobs may start.
    Blocks(PoolId, TenantId, u32, u32),
    /// Jobs are told that some of them end: chips in which they may start from now on, and how long before.
    BlockWarning(PoolId, TenantId, u32, Span),
    /// A block is bought.
    BuyBlock(PoolId, u32),
    /// A contract year ends.
    PeriodEnd(ContractId, u32),
    /// A contract ends: early, or with its last year.
    ContractEnd(ContractId),
    /// A tranche is due.
    Tranche(InvestmentId, u32),
    /// Metering begins: everything before was spin-up or warm-up.
    OpenBooks,
    /// A month closes.
    MonthClose,
    /// A test's marker: writes its row and changes nothing.
    Marker,
}

/// When and what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Instant.
    pub at: SimTime,
    /// Class.
    pub class: Class,
    /// What.
    pub what: Dated,
}

/// Every dated entry of a run up to the end, in order of (time, class, as written).
pub fn timeline(world: &World, live: &Live, key: RunKey) -> Vec<Entry> {
    let mut list = List { world, live, key, entries: Vec::new() };
    list.months();
    for pool in world.pools.ids() {
        list.prices(pool);
        list.spot(pool);
        list.blocks(pool);
        list.rates(pool);
        list.shares(pool);
        list.deliveries(pool);
        list.push(SimTime::ZERO, Class::PriceStep, Dated::Takes(Effect::ChipCost(pool, chip_cost(world, live, pool))));
        list.outages(pool);
        for (at, nodes) in &world.pools[pool].retirements {
            list.push(*at, Class::Supply, Dated::Retire(pool, *nodes));
        }
    }
    for (site, terms) in world.sites.enumerate() {
        for (at, mw) in &terms.mw {
            list.push(*at, Class::Supply, Dated::Takes(Effect::SiteMw(site, *mw)));
        }
    }
    list.contracts();
    list.tranches();
    list.decide();
    for workload in world.workloads.ids() {
        let share = live.value(&world.workloads[workload].volume);
        if share != 1.0 {
            list.push(SimTime::ZERO, Class::PriceStep, Dated::Takes(Effect::Volume(workload, share)));
        }
    }
    let mut entries = list.entries;
    // Stable: entries of one instant and class stay in the order written above.
    entries.sort_by_key(|entry| (entry.at, entry.class));
    entries.retain(|entry| entry.at < world.end || entry.at == world.end && entry.class <= Class::MonthClose);
    entries
}

fn chip_cost(world: &World, live: &Live, pool: PoolId) -> Rate {
    Rate::from_usd(live.value(&world.pools[pool].cost_usd_per_chip))
}

/// Racks of a pool once everything has come.
fn racks_of(world: &World, pool: PoolId) -> u32 {
    let terms = &world.pools[pool];
    let coming: u64 = terms.deliveries.iter().map(|delivery| u64::from(delivery.nodes)).sum();
    let standing: u64 = terms.initial.iter().map(|vintage| u64::from(vintage.nodes)).sum();
    terms.rack_nodes.map_or(0, |nodes| (standing + coming).div_ceil(u64::from(nodes)) as u32)
}

struct List<'a> {
    world: &'a World,
    live: &'a Live,
    key: RunKey,
    entries: Vec<Entry>,
}

impl List<'_> {
    fn push(&mut self, at: SimTime, class: Class, what: Dated) {
        self.entries.push(Entry { at, class, what });
    }

    fn months(&mut self) {
        self.push(self.world.measure_from, Class::MonthClose, Dated::OpenBooks);
        for at in self.world.months.iter().skip(1).chain(std::iter::once(&self.world.end)) {
            if *at > self.world.measure_from {
                self.push(*at, Class::MonthClose, Dated::MonthClose);
            }
        }
    }

    /// Listed price paths, and after each change the contract prices that are ratios to it.
    fn prices(&mut self, pool: PoolId) {
        for path in &self.world.pools[pool].prices {
            let mut usd = self.live.value(&path.base);
            self.price_change(SimTime::ZERO, pool, path.kind, usd);
            for step in &path.steps {
                usd = match &step.change {
                    PriceChange::Times(times) => usd * self.live.value(times),
                    PriceChange::To(price) => self.live.value(price),
                };
                self.price_change(step.at, pool, path.kind, usd);
            }
        }
        for (contract, terms) in self.world.contracts.enumerate() {
            for (priced, price) in &terms.prices {
                if let (true, ContractPrice::PerChipHour(usd)) = (*priced == pool, price) {
                    let rate = Rate::from_usd(self.live.value(usd));
                    self.push(
                        SimTime::ZERO,
                        Class::PriceStep,
                        Dated::Takes(Effect::ContractPrice(contract, pool, rate)),
                    );
                }
            }
        }
    }

    /// Spot prices: at each step of the process, and where the on-demand price steps. Eq. (95).
    fn spot(&mut self, pool: PoolId) {
        let (world, live) = (self.world, self.live);
        let Some(terms) = &world.pools[pool].spot else { return };
        let path = SpotPath {
            mean: live.value(&terms.mean_ratio),
            sd: live.value(&terms.sd_ratio),
            relaxation_steps: live.value(&terms.relaxation_h) / terms.step.hours(),
            bounds: (terms.least_ratio, terms.most_ratio),
        };
        let (before, after) = (world.start.0.div_ceil(terms.step.0), world.end.since(world.start).0 / terms.step.0);
        let draws = self.key.prefix(Purpose::Spot, &world.pools[pool].path, 0);
        let at_step = |n: i64| SimTime((world.start.0 as i64 + n * terms.step.0 as i64).max(0) as u64);
        let ratios = path.ratios(&draws, -(before as i64), after as i64);
        let ratios: Vec<(SimTime, f64)> = ratios.into_iter().map(|(n, ratio)| (at_step(n), ratio)).collect();
        let list = self.list_prices(pool);
        let mut instants: Vec<SimTime> =
            ratios.iter().map(|step| step.0).chain(list.iter().map(|step| step.0)).collect();
        instants.sort_unstable();
        instants.dedup();
        let mut last = None;
        for at in instants {
            let base = list[list.partition_point(|(from, _)| *from <= at) - 1].1;
            let ratio = ratios[ratios.partition_point(|(from, _)| *from <= at) - 1].1;
            let rate = Rate((base.0 as f64 * ratio).round() as i64);
            // A step of the on-demand price moves what is bid for spot, too.
            if last != Some((base, rate)) {
                self.push(at, Class::PriceStep, Dated::Takes(Effect::Price(pool, PriceKind::Spot, rate)));
            }
            last = Some((base, rate));
        }
        for (at, chips) in &terms.chips {
            self.push(*at, Class::Reclaim, Dated::Takes(Effect::SpotChips(pool, *chips)));
        }
    }

    /// On-demand prices of a pool, in force from each instant.
    fn list_prices(&self, pool: PoolId) -> Vec<(SimTime, Rate)> {
        let prices = self.entries.iter().filter_map(|entry| match entry.what {
            Dated::Takes(Effect::Price(of, PriceKind::OnDemand, rate)) if of == pool => Some((entry.at, rate)),
            _ => None,
        });
        prices.collect()
    }

    /// Capacity blocks: bought when they are booked, in force from their start to when nothing may run any more. One that a lab would book after
    /// the strategy has ended its contract is not bought.
    fn blocks(&mut self, pool: PoolId) {
        let world = self.world;
        let bought = |block: &Block| block.booked.is_none_or(|at| !self.ended(block.tenant, at));
        let all: Vec<(usize, &Block)> =
            world.pools[pool].blocks.iter().enumerate().filter(|(_, block)| bought(block)).collect();
        for (n, block) in &all {
            if let Some(at) = block.booked {
                self.push(at, Class::Shock, Dated::BuyBlock(pool, *n as u32));
            }
            let mine = || all.iter().map(|(_, other)| *other).filter(|other| other.tenant == block.tenant);
            let open = |at: SimTime| mine().filter(|other| other.is_open(at)).map(|other| other.chips).sum();
            let chips = |at: SimTime| mine().filter(|other| other.is_in_force(at)).map(|other| other.chips).sum();
            for at in [block.from, block.usable_to] {
                self.push(at, Class::Shock, Dated::Blocks(pool, block.tenant, chips(at), open(at)));
            }
            let told = block.warned_at();
            self.push(told, Class::Reclaim, Dated::BlockWarning(pool, block.tenant, open(told), block.warning));
        }
    }

    fn price_change(&mut self, at: SimTime, pool: PoolId, kind: PriceKind, usd: f64) {
        assert!(LISTED.contains(&kind), "{kind:?} has no path");
        self.push(at, Class::PriceStep, Dated::Takes(Effect::Price(pool, kind, Rate::from_usd(usd))));
        for (contract, terms) in self.world.contracts.enumerate() {
            for (priced, price) in &terms.prices {
                if let ContractPrice::Ratio(to, ratio) = price
                    && *priced == pool
                    && *to == kind
                {
                    let rate = Rate::from_usd(usd * self.live.value(ratio));
                    self.push(at, Class::PriceStep, Dated::Takes(Effect::ContractPrice(contract, pool, rate)));
                }
            }
        }
    }

    /// Electricity, facility and operations: in force from the start, rising at each 1 January after it.
    fn rates(&mut self, pool: PoolId) {
        let Some(site) = self.world.pools[pool].site else { return };
        let site = &self.world.sites[site];
        let rise = 1.0 + self.live.value(&site.escalator_per_year);
        let hours_per_year = 8_766.0;
        let power = self.live.value(&site.power_usd_per_mwh);
        let facility = self.live.value(&site.facility_usd_per_mw_year) / hours_per_year;
        let operations = self.live.value(&site.operations_usd_per_mw_year) / hours_per_year;
        let mut factor = 1.0;
        let mut year = self.world.month_years[0];
        self.rates_at(SimTime::ZERO, pool, [power, facility, operations]);
        for (month, at) in self.world.months.iter().enumerate() {
            if self.world.month_years[month] != year {
                year = self.world.month_years[month];
                factor *= rise;
                if rise != 1.0 {
                    self.rates_at(*at, pool, [power * factor, facility * factor, operations * factor]);
                }
            }
        }
    }

    fn rates_at(&mut self, at: SimTime, pool: PoolId, [power, facility, operations]: [f64; 3]) {
        for effect in [
            Effect::PowerPrice(pool, Rate::from_usd(power)),
            Effect::FacilityRate(pool, Rate::from_usd(facility)),
            Effect::OperationsRate(pool, Rate::from_usd(operations)),
        ] {
            self.push(at, Class::PriceStep, Dated::Takes(effect));
        }
    }

    fn shares(&mut self, pool: PoolId) {
        let terms = &self.world.pools[pool];
        for share in &terms.guaranteed {
            if !self.ended(share.tenant, share.at) {
                self.push(share.at, Class::Shock, Dated::Guarantee(pool, share.tenant, share.chips));
            }
        }
        for share in &terms.reserved {
            if !self.ended(share.tenant, share.at) {
                self.push(share.at, Class::Shock, Dated::Reserve(pool, share.tenant, share.chips));
            }
        }
        for share in &terms.borrowable {
            self.push(share.at, Class::Shock, Dated::Borrow(pool, share.tenant, share.chips));
        }
    }

    /// Outages and maintenance, and their ends.
    fn outages(&mut self, pool: PoolId) {
        let (world, live) = (self.world, self.live);
        for outage in &world.pools[pool].outages {
            match outage.place {
                Place::Pool => self.outage(pool, outage, None, 0),
                Place::Rack(rack) => self.outage(pool, outage, Some(rack), 0),
                // Each rack draws under its own number, so that racks that are added shift no other's.
                Place::EachRack => {
                    (0..racks_of(world, pool)).for_each(|rack| self.outage(pool, outage, Some(rack), rack + 1));
                }
            }
        }
        for plan in &world.pools[pool].maintenance {
            let length = Span::from_hours(live.value(&plan.length_h));
            let drain = Span::from_hours(live.value(&plan.drain_h));
            self.push(SimTime(plan.at.0.saturating_sub(drain.0)), Class::Failure, Dated::Drain(pool));
            self.push(plan.at, Class::Reclaim, Dated::Maintenance(pool));
            self.push(plan.at + length, Class::Supply, Dated::Light(pool, None));
        }
    }

    /// On its date, or by chance at intervals drawn by the place, one after the other.
    fn outage(&mut self, pool: PoolId, outage: &Outage, rack: Option<u32>, attribute: u32) {
        let length = Span::from_hours(self.live.value(&outage.length_h));
        if let Some(at) = outage.at {
            return self.dark(pool, rack, outage.is, at, length);
        }
        let per_year = self.live.value(&outage.per_year);
        if per_year <= 0.0 {
            return;
        }
        let draws = self.key.prefix(Purpose::Outage, &outage.path, attribute);
        let mut at = SimTime::ZERO;
        for n in 0.. {
            at += Span::from_hours(exponential_quantile(draws.unit(n)) / per_year * HOURS_PER_YEAR);
            if self.world.end <= at {
                break;
            }
            self.dark(pool, rack, outage.is, at, length);
            at += length;
        }
    }

    fn dark(&mut self, pool: PoolId, rack: Option<u32>, is: InterruptionId, at: SimTime, length: Span) {
        self.push(at, Class::Failure, Dated::Outage(pool, rack, is));
        self.push(at + Span(length.0.max(1)), Class::Supply, Dated::Light(pool, rack));
    }

    /// Whether the strategy has ended the tenant's contract by `at`.
    fn ended(&self, tenant: TenantId, at: SimTime) -> bool {
        let over = |contract: &ContractId| self.world.contracts[*contract].tenant == tenant;
        self.world.without.contracts.iter().any(over) && self.world.decide_at.is_some_and(|decide| at >= decide)
    }

    /// A delivery due after `decide_at` slips; one tagged for a bet whose host is off is cancelled there.
    fn deliveries(&mut self, pool: PoolId) {
        let terms = &self.world.pools[pool];
        let slip = Span::from_hours(self.live.value(&terms.slip_h));
        let decide = self.world.decide_at.unwrap_or(self.world.start);
        for (n, delivery) in terms.deliveries.iter().enumerate() {
            let n = n as u32;
            let at = if delivery.at > decide { delivery.at + slip } else { delivery.at };
            let host_off = |bet: &String| self.world.without.hosts_of.contains(bet);
            let cancelled = self.world.fleet_sized && at > decide && delivery.for_bet.as_ref().is_some_and(host_off);
            let ordered = delivery.ordered.filter(|_| !delivery.ordered_before_start);
            if let Some(ordered) = ordered
                && !(cancelled && ordered >= decide)
            {
                self.push(ordered, Class::Shock, Dated::Order(pool, n));
            }
            if cancelled {
                let was_ordered = ordered.is_none_or(|ordered| ordered < decide);
                self.push(decide, Class::Shock, Dated::Cancel(pool, n, was_ordered));
            } else {
                self.push(at, Class::Supply, Dated::Delivery(pool, n));
            }
        }
    }

    fn contracts(&mut self) {
        for (contract, terms) in self.world.contracts.enumerate() {
            let from = terms.start.unwrap_or(SimTime::ZERO);
            self.push(from, Class::Shock, Dated::Takes(Effect::ContractStart(contract)));
            let ends = self.ended_early(contract);
            if let Some(end) = terms.end
                && ends.is_none()
            {
                self.push(end, Class::Shock, Dated::ContractEnd(contract));
            }
            for (n, period) in terms.periods.iter().enumerate() {
                if ends.is_none_or(|end| period.to <= end) {
                    self.push(period.to, Class::ContractPeriodEnd, Dated::PeriodEnd(contract, n as u32));
                }
            }
        }
    }

    /// When the strategy ends the contract; None: it does not, or its last year is over by then.
    fn ended_early(&self, contract: ContractId) -> Option<SimTime> {
        let at = self.world.without.contracts.contains(&contract).then_some(self.world.decide_at).flatten()?;
        self.world.contracts[contract].end.is_none_or(|end| at < end).then_some(at)
    }

    fn tranches(&mut self) {
        let decide = self.world.decide_at;
        for (investment, terms) in self.world.investments.enumerate() {
            let off = self.world.without.investments.contains(&investment);
            for (n, tranche) in terms.tranches.iter().enumerate() {
                if !(off && decide.is_some_and(|decide| tranche.at >= decide)) {
                    self.push(tranche.at, Class::Shock, Dated::Tranche(investment, n as u32));
                }
            }
        }
    }

    fn decide(&mut self) {
        let Some(at) = self.world.decide_at else { return };
        self.push(at, Class::Shock, Dated::Takes(Effect::Decide));
        for contract in &self.world.without.contracts {
            let tenant = self.world.contracts[*contract].tenant;
            for (workload, terms) in self.world.workloads.enumerate() {
                if terms.tenant == tenant {
                    self.push(at, Class::Shock, Dated::Takes(Effect::Volume(workload, 0.0)));
                }
            }
            for pool in self.world.pools.ids() {
                self.end_shares(pool, tenant, at);
            }
            if self.ended_early(*contract).is_some() {
                self.push(at, Class::Shock, Dated::ContractEnd(*contract));
            }
        }
        for (workload, share) in &self.world.without.volumes {
            let share = self.live.value(share);
            self.push(at, Class::Shock, Dated::Takes(Effect::Volume(*workload, share)));
        }
    }

    fn end_shares(&mut self, pool: PoolId, tenant: TenantId, at: SimTime) {
        let terms = &self.world.pools[pool];
        if terms.guaranteed.iter().any(|share| share.tenant == tenant) {
            self.push(at, Class::Shock, Dated::Guarantee(pool, tenant, 0));
        }
        if terms.reserved.iter().any(|share| share.tenant == tenant) {
            self.push(at, Class::Shock, Dated::Reserve(pool, tenant, 0));
        }
    }
}
