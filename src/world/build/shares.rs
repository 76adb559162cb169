//! Guaranteed and reserved chips of tenants: dates, sums, and whose contract prices them. Schedules nothing.

use super::desk::{Desk, did_you_mean};
use super::sites::last_at_each_instant;
use super::sizes::{level_at, most_planned, planned};
use super::time::Times;
use crate::spec::{self, Dated, Named, Tables};
use crate::units::{IdVec, SimTime};
use crate::world::model::{Contract, Pool, PoolId, Share, Site, Tenant, TenantId};

/// Dated shares of every tenant, sorted by time; of what was in force before the run only the last stands.
pub(super) fn shares(desk: &mut Desk<'_>, times: &Times, written: &Tables<Vec<Dated>>) -> Vec<Share> {
    let labs = &desk.spec.labs;
    let mut all = Vec::new();
    for tenant in written {
        let Some(lab) = labs.iter().position(|lab| lab.name == tenant.name) else {
            let remedy = did_you_mean(&tenant.name, labs.iter().map(|lab| lab.name.as_str()), "lab");
            desk.problem(tenant.origin, &tenant.path, format!("there is no lab `{}`", tenant.name), remedy);
            continue;
        };
        let mut steps: Vec<&Dated> = tenant.table.iter().collect();
        steps.sort_by_key(|step| step.at.value);
        if let Some(pair) = steps.windows(2).find(|pair| pair[0].at.value == pair[1].at.value) {
            let at = &pair[1].at;
            desk.problem(at.origin, &at.path, "two entries of one tenant have the same date", "keep one");
        }
        let steps = steps.into_iter().map(|step| (times.in_force(step.at.value), whole_chips(desk, step)));
        let steps = last_at_each_instant(steps.collect::<Vec<_>>().into_iter());
        all.extend(steps.into_iter().map(|(at, chips)| Share { tenant: TenantId::new(lab), at, chips }));
    }
    all.sort_by_key(|share| (share.at, share.tenant));
    all
}

pub(super) fn whole_chips(desk: &mut Desk<'_>, step: &Dated) -> u32 {
    let leaf = &step.amount;
    let chips = desk.number(leaf);
    if chips != chips.floor() || !(0.0..=4e9).contains(&chips) {
        let message = format!("`{}` = {chips} is not a whole number of chips", leaf.path);
        desk.problem(leaf.origin, &leaf.path, message, format!("write {} or {}", chips.floor(), chips.ceil()));
    }
    chips as u32
}

/// Reserved chips leave the simulated pool, so they must be whole nodes.
pub(super) fn check_whole_nodes(desk: &mut Desk<'_>, pool: &Named<spec::Pool>, built: &Pool) {
    let Some(share) = built.reserved.iter().find(|share| share.chips % built.chips_per_node != 0) else { return };
    let each = built.chips_per_node;
    let below = share.chips / each * each;
    let message = format!("{} reserved chips of pool `{}` are not whole nodes of {each}", share.chips, pool.name);
    let path = format!("{}.reserved", pool.path);
    let origin = pool.table.reserved.first().map_or(pool.origin, |reserved| reserved.origin);
    desk.problem(origin, &path, message, format!("write {below} or {}", u64::from(below) + u64::from(each)));
}

/// Shares against what is planned, and against the contracts that must price them.
pub(super) fn check(
    desk: &mut Desk<'_>,
    times: &Times,
    sites: &IdVec<Site>,
    pools: &IdVec<Pool>,
    tenants: &IdVec<Tenant>,
    contracts: &IdVec<Contract>,
) {
    for (id, pool) in pools.enumerate() {
        check_sum(desk, times, id, pool);
        check_prices(desk, times, sites, id, pool, tenants, contracts);
    }
}

/// More than is ever planned is a problem; more than is planned at a date is told, since late delivery is an event of the model.
fn check_sum(desk: &mut Desk<'_>, times: &Times, id: PoolId, pool: &Pool) {
    let levels = planned(pool);
    let mut instants: Vec<SimTime> = pool.guaranteed.iter().chain(&pool.reserved).map(|share| share.at).collect();
    instants.extend(pool.blocks.iter().map(|block| block.from));
    instants.extend(levels.iter().map(|level| level.0));
    instants.sort();
    let most = most_planned(pool) * u64::from(pool.chips_per_node);
    let mut told = false;
    for at in instants {
        let of_blocks = pool.blocks.iter().filter(|block| block.is_in_force(at)).map(|block| u64::from(block.chips));
        let promised = in_force(&pool.guaranteed, at) + in_force(&pool.reserved, at) + of_blocks.sum::<u64>();
        let there = level_at(&levels, at, 0) * u64::from(pool.chips_per_node);
        let on = times.date(at.max(times.start));
        if most < promised {
            let table = &desk.spec.pools[id.index()];
            let how = if pool.blocks.is_empty() {
                "guaranteed or reserved"
            } else {
                "guaranteed, reserved or sold in blocks"
            };
            let message = format!(
                "{promised} chips of pool `{}` are {how} on {on}, and at most {most} are ever planned",
                pool.name
            );
            return desk.problem(table.origin, &table.path, message, "promise fewer, or plan more");
        }
        if there < promised && !told {
            told = true;
            desk.note(format!(
                "pool {}: {promised} chips are promised on {on}, and {there} are planned by then",
                pool.name
            ));
        }
    }
}

/// Chips of all tenants in force at an instant.
pub(super) fn in_force(shares: &[Share], at: SimTime) -> u64 {
    let past = &shares[..shares.partition_point(|share| share.at <= at)];
    let newest =
        past.iter().enumerate().filter(|(i, share)| past[i + 1..].iter().all(|later| later.tenant != share.tenant));
    newest.map(|(_, share)| u64::from(share.chips)).sum()
}

fn check_prices(
    desk: &mut Desk<'_>,
    times: &Times,
    sites: &IdVec<Site>,
    id: PoolId,
    pool: &Pool,
    tenants: &IdVec<Tenant>,
    contracts: &IdVec<Contract>,
) {
    let Some(site) = pool.site else { return };
    let spec = desk.spec;
    let table = &spec.pools[id.index()];
    for share in table.table.guaranteed.iter().chain(&table.table.reserved) {
        let Some(tenant) = tenants.iter().find(|tenant| tenant.name == share.name) else { continue };
        let priced =
            tenant.contract.is_some_and(|contract| contracts[contract].prices.iter().any(|price| price.0 == id));
        if let (true, Some(contract)) = (priced, tenant.contract) {
            check_dates(desk, times, &contracts[contract], share);
        }
        if !priced {
            let cloud = spec.clouds.get(sites[site].cloud.index()).map_or("its cloud", |cloud| &cloud.name);
            let message = format!(
                "`{}` holds chips of pool `{}`, and no contract of theirs with `{cloud}` prices it",
                share.name, pool.name
            );
            desk.problem(share.origin, &share.path, message, contract_remedy(tenant, cloud));
        }
    }
}

/// Chips that a contract prices must lie within the dates of its price: outside them nobody has said what they cost.
fn check_dates(desk: &mut Desk<'_>, times: &Times, contract: &Contract, share: &Named<Vec<Dated>>) {
    let mut steps: Vec<&Dated> = share.table.iter().collect();
    steps.sort_by_key(|step| step.at.value);
    for (n, step) in steps.iter().enumerate() {
        // To the date from which there are none.
        let none = steps[n + 1..].iter().find(|next| desk.number(&next.amount) == 0.0);
        let to = none.map_or(times.end, |next| times.clip(next.at.value)).min(times.end);
        let next = steps.get(n + 1).map_or(to, |next| times.clip(next.at.value));
        let from = times.clip(step.at.value).max(times.start);
        if desk.number(&step.amount) == 0.0 || next.min(to) <= from {
            continue;
        }
        if let Some((message, remedy)) = outside(times, contract, from, to) {
            let chips = format!("chips of `{}` {message}", share.path);
            let remedy = format!("{remedy}, or set `chips = 0` there");
            return desk.problem(step.at.origin, &step.at.path, chips, remedy);
        }
    }
}

/// What is wrong with being billed at a contract's price in [from, to), and the cure; None: it holds all the time.
pub(super) fn outside(times: &Times, contract: &Contract, from: SimTime, to: SimTime) -> Option<(String, String)> {
    let (name, (begins, ends)) = (&contract.name, contract.priced);
    if from < begins.max(times.start) {
        let date = times.date(begins);
        let message =
            format!("are billed from {}, and the price of contract `{name}` holds from {date}", times.date(from));
        return Some((
            message,
            format!("state what holds before: `contracts.{name}.price.from = {}`", times.date(from)),
        ));
    }
    if ends < to {
        let date = times.date(ends);
        let message = format!("are billed until {}, and the price of contract `{name}` ends on {date}", times.date(to));
        return Some((message, format!("state what holds after: `contracts.{name}.price.until = {}`", times.date(to))));
    }
    None
}

/// What makes a tenant's chips of a cloud priced.
fn contract_remedy(tenant: &Tenant, cloud: &str) -> String {
    match tenant.contract {
        None => format!("write a contract `between = [\"{}\", \"{cloud}\"]` with a `price`", tenant.name),
        Some(_) => {
            "give the contract's `price` a `ratio_to` that the pool has, or `usd_per_chip_hour` for its chip".into()
        }
    }
}
