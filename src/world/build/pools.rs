//! Pools: what stands, what comes, what goes, at what price. Judges each pool alone.

use super::desk::Desk;
use super::hardware::Hardware;
use super::time::{Times, date_text};
use super::{blocks, failures, initial, outages, prices, shares, sizes};
use crate::spec::{self, Leaf, Named};
use crate::units::{Date, Id, IdVec, SimTime};
use crate::world::failures::Interruption;
use crate::world::model::{Chip, Delivery, Domain, DomainId, Param, Pool, Site};

/// Share of a delivery paid at order, unless given.
const DEPOSIT: f64 = 0.3;

/// Pools in order of name.
pub(super) fn pools(
    desk: &mut Desk<'_>,
    times: &Times,
    sites: &IdVec<Site>,
    hardware: &[Hardware],
    chips: &IdVec<Chip>,
    domains: &IdVec<Domain>,
    interruptions: &IdVec<Interruption>,
) -> IdVec<Pool> {
    let spec = desk.spec;
    initial::check_names(desk);
    let pools = spec.pools.iter().zip(hardware).enumerate().map(|(index, (pool, hardware))| {
        let chip = chips.iter().position(|chip| chip.name == hardware.chip).expect("every pool's chip is listed");
        let domain = domains.iter().position(|domain| domain.pools.contains(&Id::new(index)));
        let domain = Id::new(domain.expect("every pool has a domain"));
        let mut built = one(desk, times, sites, pool, hardware, Id::new(chip), domain);
        failing(desk, times, pool, hardware, &mut built, (sites, domains, interruptions));
        built
    });
    IdVec(pools.collect())
}

fn one(
    desk: &mut Desk<'_>,
    times: &Times,
    sites: &IdVec<Site>,
    pool: &Named<spec::Pool>,
    hardware: &Hardware,
    chip: Id<Chip>,
    domain: DomainId,
) -> Pool {
    let table = &pool.table;
    let initial = initial::vintages(desk, times, pool, hardware);
    let deliveries = deliveries(desk, times, pool, hardware);
    let unlimited = table.unlimited.as_ref().is_some_and(|at| at.value);
    let sized = table.size.is_some() || !table.deliveries.is_empty() || !initial.is_empty();
    if unlimited && sized {
        let message = format!("pool `{}` is unlimited and has a size", pool.name);
        desk.problem(pool.origin, &pool.path, message, "leave out its size, or `unlimited`");
    }
    if !unlimited && initial.is_empty() && deliveries.is_empty() && table.size.is_none() {
        let message = format!("pool `{}` has no size", pool.name);
        desk.problem(pool.origin, &pool.path, message, "write `nodes`, `chips`, `mw` or `usd`, or `deliveries`");
    }
    let prices = prices::paths(desk, times, sites, pool, hardware);
    let built = Pool {
        name: pool.name.clone(),
        path: pool.path.clone(),
        site: hardware.site,
        instance: hardware.instance.clone(),
        chip,
        // Chips of a cloud without limit come one by one: on which of its nodes is its own affair.
        chips_per_node: if unlimited { 1 } else { hardware.chips_per_node },
        ultraserver_nodes: table.ultraserver_nodes.as_ref().map_or(1, |at| at.value.clamp(1, 100_000) as u32),
        domain,
        unlimited,
        initial,
        deliveries,
        retirements: retirements(desk, times, pool, hardware),
        slip_h: slip(desk, times, pool),
        power: if unlimited { crate::world::model::ChipPower::default() } else { hardware.power },
        reserved_busy: reserved_busy(desk, pool, hardware),
        cost_usd_per_chip: hardware.cost_usd_per_chip.clone(),
        useful_life_years: hardware.useful_life_years,
        spot: super::spot::spot(desk, times, sites, pool, hardware, &prices),
        blocks: blocks::blocks(desk, times, pool, hardware, &prices),
        prices,
        failures_per_chip_hour: hardware.failures_per_chip_hour,
        causes: Vec::new(),
        rack_nodes: None,
        outages: Vec::new(),
        maintenance: Vec::new(),
        repair_crews: None,
        spares: None,
        guaranteed: shares::shares(desk, times, &table.guaranteed),
        borrowable: shares::shares(desk, times, &table.borrowable),
        reserved: shares::shares(desk, times, &table.reserved),
    };
    check_whole_life(desk, pool, &built);
    check_whole_ultraservers(desk, pool, &built);
    shares::check_whole_nodes(desk, pool, &built);
    built
}

/// What fails in the pool and how it comes back, where the rest of it stands.
fn failing(
    desk: &mut Desk<'_>,
    times: &Times,
    pool: &Named<spec::Pool>,
    hardware: &Hardware,
    built: &mut Pool,
    (sites, domains, interruptions): (&IdVec<Site>, &IdVec<Domain>, &IdVec<Interruption>),
) {
    let written = &pool.table.failures;
    built.causes = failures::causes(desk, pool, hardware, interruptions);
    let crews = written.repair.as_ref().and_then(|repair| repair.crews.as_ref());
    built.repair_crews = crews.map(|at| at.value.clamp(1, 1_000_000) as u32);
    built.outages = outages::of_pool(desk, times, sites, pool, hardware.site);
    built.maintenance = outages::maintenance(desk, times, &written.maintenance);
    let rules = &domains[built.domain].rules;
    built.rack_nodes = failures::rack_nodes(desk, pool, built, rules);
    failures::check_racks(desk, pool, built);
    built.spares = failures::spares(desk, pool, built, rules);
}

/// Share of reserved chips at work; asked only where chips are reserved and draw power.
fn reserved_busy(desk: &mut Desk<'_>, pool: &Named<spec::Pool>, hardware: &Hardware) -> f64 {
    match &pool.table.reserved_busy {
        Some(leaf) => desk.number(leaf),
        None if pool.table.reserved.is_empty() || hardware.site.is_none() => 1.0,
        None => {
            let path = format!("{}.reserved_busy", pool.path);
            desk.assume(path, 1.0, (0.4, 1.0), "reserved chips draw full power day and night: the dearest case")
        }
    }
}

/// UltraServers come, stand and go whole.
fn check_whole_ultraservers(desk: &mut Desk<'_>, pool: &Named<spec::Pool>, built: &Pool) {
    let group = built.ultraserver_nodes;
    let comes = built.initial.iter().map(|vintage| vintage.nodes).chain(built.deliveries.iter().map(|d| d.nodes));
    let counts = comes.chain(built.retirements.iter().map(|(_, nodes)| *nodes));
    if let Some(odd) = counts.into_iter().find(|nodes| nodes % group != 0) {
        let message = format!("pool `{}` has {odd} nodes in UltraServers of {group}", pool.name);
        desk.problem(pool.origin, &pool.path, message, format!("multiples of {group} nodes"));
    }
}

/// The whole plan must fit in counts of chips, and nothing can go that is not there.
fn check_whole_life(desk: &mut Desk<'_>, pool: &Named<spec::Pool>, built: &Pool) {
    let standing: u64 = built.initial.iter().map(|vintage| u64::from(vintage.nodes)).sum();
    let coming: u64 = built.deliveries.iter().map(|delivery| u64::from(delivery.nodes)).sum();
    if 4_000_000_000 < (standing + coming) * u64::from(built.chips_per_node) {
        let message = format!("pool `{}` grows beyond four billion chips", pool.name);
        desk.problem(pool.origin, &pool.path, message, "make it smaller");
    }
    let mut going = 0;
    for (at, nodes) in &built.retirements {
        going += u64::from(*nodes);
        let come = built.deliveries.iter().filter(|d| d.at <= *at).map(|d| u64::from(d.nodes)).sum::<u64>();
        if standing + come < going {
            let message = format!("pool `{}` retires {going} nodes when {} have come", pool.name, standing + come);
            let path = format!("{}.retirements", pool.path);
            return desk.problem(pool.origin, &path, message, "retire fewer, or later");
        }
    }
}

/// Deliveries in order of date.
fn deliveries(desk: &mut Desk<'_>, times: &Times, pool: &Named<spec::Pool>, hardware: &Hardware) -> Vec<Delivery> {
    let mut written: Vec<&spec::Delivery> = pool.table.deliveries.iter().collect();
    written.sort_by_key(|delivery| delivery.at.value);
    let mut built: Vec<Delivery> = Vec::new();
    for delivery in written {
        let mut next = one_delivery(desk, times, pool, hardware, delivery);
        let same = built.iter().filter(|before| before.name == next.name).count();
        if 0 < same {
            match &delivery.name {
                Some(name) => {
                    let message = format!("two deliveries of pool `{}` are named `{}`", pool.name, name.value);
                    desk.problem(name.origin, &name.path, message, "give each its own name");
                }
                None => next.name = format!("{} ({})", next.name, same + 1),
            }
        }
        built.push(next);
    }
    built
}

fn one_delivery(
    desk: &mut Desk<'_>,
    times: &Times,
    pool: &Named<spec::Pool>,
    hardware: &Hardware,
    delivery: &spec::Delivery,
) -> Delivery {
    let at = in_horizon(
        desk,
        times,
        &delivery.at,
        "delivery",
        "what stands at the start belongs to [initial.fleet] or the pool's size",
    );
    let (ordered, ordered_before_start) = order(desk, times, pool, hardware, delivery);
    let for_bet = delivery.for_bet.as_ref().filter(|bet| desk.find(&desk.spec.bets, bet, "bet").is_some());
    // A delivery without power or price (an abstract pool's) costs nothing, whatever its deposit.
    let mut share = |leaf: &Option<Leaf>, key: &str, default: f64, range: (f64, f64), reason: &str| match leaf {
        Some(leaf) => desk.number(leaf),
        None if hardware.site.is_none() => default,
        None => desk.assume(format!("{}.deliveries.{key}", pool.path), default, range, reason),
    };
    let deposit = share(&delivery.deposit, "deposit", DEPOSIT, (0.1, 0.5), "where a delivery states none");
    let cancel_fee = share(
        &delivery.cancel_fee,
        "cancel_fee",
        0.0,
        (0.0, 0.3),
        "where a delivery states none: only the deposit is lost",
    );
    Delivery {
        name: delivery.name.as_ref().map_or_else(|| date_text(delivery.at.value), |name| name.value.clone()),
        at,
        ordered,
        ordered_before_start,
        nodes: sizes::nodes(desk, hardware, &delivery.size),
        deposit,
        cancel_fee,
        for_bet: for_bet.map(|bet| bet.value.clone()),
    }
}

/// When a delivery is ordered (None: before the run), and whether that is before the scenario's start.
fn order(
    desk: &mut Desk<'_>,
    times: &Times,
    pool: &Named<spec::Pool>,
    hardware: &Hardware,
    delivery: &spec::Delivery,
) -> (Option<SimTime>, bool) {
    if let Some(ordered) = &delivery.ordered
        && delivery.at.value < ordered.value
    {
        let message = format!("a delivery of pool `{}` is ordered after it comes", pool.name);
        desk.problem(ordered.origin, &ordered.path, message, "order it earlier");
    }
    let lead = jiff::SignedDuration::from_micros((hardware.lead_h * 3.6e9).round() as i64);
    let date: Date = delivery.ordered.as_ref().map_or_else(|| delivery.at.value.saturating_sub(lead), |at| at.value);
    (times.calendar.time(date), times.before_start(date))
}

/// Retirements in the order of the file's dates.
fn retirements(
    desk: &mut Desk<'_>,
    times: &Times,
    pool: &Named<spec::Pool>,
    hardware: &Hardware,
) -> Vec<(SimTime, u32)> {
    let all = pool.table.retirements.iter().map(|retirement| {
        let at = in_horizon(
            desk,
            times,
            &retirement.at,
            "retirement",
            "what went before the start is not in [initial.fleet]",
        );
        (at, sizes::nodes(desk, hardware, &retirement.size))
    });
    let mut all: Vec<(SimTime, u32)> = all.collect();
    all.sort();
    all
}

/// The instant of a change of a fleet; before the start it is a problem.
fn in_horizon(desk: &mut Desk<'_>, times: &Times, at: &spec::At<Date>, what: &str, remedy: &str) -> SimTime {
    if times.before_start(at.value) {
        let message = format!("a {what} on {} lies before the scenario's start", date_text(at.value));
        desk.problem(at.origin, &at.path, message, remedy);
    }
    times.clip(at.value)
}

fn slip(desk: &mut Desk<'_>, times: &Times, pool: &Named<spec::Pool>) -> Param {
    let Some(leaf) = &pool.table.slip else { return Param::Fixed(0.0) };
    let slip = desk.param(leaf, (0.0, f64::MAX));
    if times.decide_at.is_none() && slip != Param::Fixed(0.0) {
        let message = format!("`{}` moves deliveries due after `decide_at`, and there is none", leaf.path);
        desk.problem(leaf.origin, &leaf.path, message, "write `[scenario] decide_at`");
    }
    slip
}
