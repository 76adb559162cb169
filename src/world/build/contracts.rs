//! Contracts: parties, contract years, commitment, and a price for each pool they reach. Bills nothing.

use super::commit::{anniversary, commit_inside, shares};
use super::desk::{Desk, did_you_mean};
use super::hardware::ABSTRACT;
use super::shares::in_force;
use super::sizes::megawatts;
use super::time::{Times, date_text};
use crate::spec::{self, At, Leaf, Named};
use crate::units::{Date, IdVec, SimTime, Span};
use crate::world::model::{
    Chip, Cloud, CloudId, Contract, ContractPeriod, ContractPrice, Param, Pool, PoolId, PriceKind, Share, Site,
    TenantId,
};

/// Commitments per guaranteed gigawatt-year outside this range are told [USD].
const USD_PER_GW_YEAR: (f64, f64) = (4e9, 16e9);

/// Contracts in order of name.
pub(super) fn contracts(
    desk: &mut Desk<'_>,
    times: &Times,
    clouds: &IdVec<Cloud>,
    sites: &IdVec<Site>,
    pools: &IdVec<Pool>,
    chips: &IdVec<Chip>,
) -> IdVec<Contract> {
    let spec = desk.spec;
    let mut built: Vec<Contract> = Vec::new();
    for contract in &spec.contracts {
        let next = one(desk, times, clouds, sites, pools, chips, contract);
        if let Some(before) = built.iter().find(|before| before.tenant == next.tenant) {
            let message = format!("contracts `{}` and `{}` are both of one lab", before.name, contract.name);
            desk.problem(contract.origin, &contract.path, message, "a lab has one contract for now: keep one");
        }
        built.push(next);
    }
    IdVec(built)
}

fn one(
    desk: &mut Desk<'_>,
    times: &Times,
    clouds: &IdVec<Cloud>,
    sites: &IdVec<Site>,
    pools: &IdVec<Pool>,
    chips: &IdVec<Chip>,
    contract: &Named<spec::Contract>,
) -> Contract {
    let table = &contract.table;
    let (tenant, cloud) = parties(desk, contract);
    let signed = signed(desk, times, contract);
    let rate = clouds.0.get(cloud.index()).map_or(0.0, |cloud| desk.median_of(&cloud.discount_rate));
    let (ramp, periods, inside, over) = table.commit.as_ref().map_or_else(Default::default, |commit| {
        let weights = years(desk, commit);
        let end = times.calendar.date(times.end);
        let inside = commit_inside(signed, &shares(weights.len(), &weights), times.calendar.start_date(), end, rate);
        let over = anniversary(signed, weights.len());
        (ramp(&weights), periods(desk, times, contract, signed, weights.len()), inside, Some(over))
    });
    Contract {
        name: contract.name.clone(),
        tenant,
        cloud,
        signed,
        ramp,
        periods,
        start: times.calendar.time(signed),
        end: over.map(|over| times.clip(over)),
        priced: priced(desk, times, contract, signed, over),
        inside,
        commit_usd: table.commit.as_ref().map(|commit| desk.param(&commit.usd, (0.0, 1e14))),
        prices: prices(desk, cloud, sites, pools, chips, contract),
        internal: table.internal.as_ref().is_some_and(|at| at.value),
    }
}

/// The lab and the cloud, written in either order.
fn parties(desk: &mut Desk<'_>, contract: &Named<spec::Contract>) -> (TenantId, CloudId) {
    let spec = desk.spec;
    let between = &contract.table.between;
    let lab = between.iter().find_map(|name| spec.labs.iter().position(|lab| lab.name == name.value));
    let cloud = between.iter().find_map(|name| spec.clouds.iter().position(|cloud| cloud.name == name.value));
    for name in between {
        let parties =
            || spec.labs.iter().map(|lab| lab.name.as_str()).chain(spec.clouds.iter().map(|cloud| cloud.name.as_str()));
        if !parties().any(|party| party == name.value) {
            let remedy = did_you_mean(&name.value, parties(), "lab or cloud");
            desk.problem(name.origin, &name.path, format!("there is no lab or cloud `{}`", name.value), remedy);
        }
    }
    if between.len() != 2 || lab.is_none() || cloud.is_none() {
        let path = format!("{}.between", contract.path);
        let message = format!("contract `{}` is not between one lab and one cloud", contract.name);
        desk.problem(contract.origin, &path, message, "write `between = [\"LAB\", \"CLOUD\"]`");
    }
    (TenantId::new(lab.unwrap_or(0)), CloudId::new(cloud.unwrap_or(0)))
}

fn signed(desk: &mut Desk<'_>, times: &Times, contract: &Named<spec::Contract>) -> Date {
    let Some(start) = &contract.table.start else {
        let message = format!("contract `{}` has no `start`", contract.name);
        desk.problem(contract.origin, &contract.path, message, "write the first day of its first year");
        return times.calendar.start_date();
    };
    start.value
}

/// When the price holds: from the first contract year to the end of the last, or as the file states.
fn priced(
    desk: &mut Desk<'_>,
    times: &Times,
    contract: &Named<spec::Contract>,
    signed: Date,
    over: Option<Date>,
) -> (SimTime, SimTime) {
    let price = contract.table.price.as_ref();
    let (from, until) = price.map_or((&None, &None), |price| (&price.from, &price.until));
    let begins = from.as_ref().map_or(signed, |at| at.value);
    let ends = until.as_ref().map(|at| at.value).or(over);
    let mut refuse = |at: &spec::At<Date>, message: &str, remedy: String| {
        desk.problem(at.origin, &at.path, format!("the price of contract `{}` {message}", contract.name), remedy);
    };
    if let Some(at) = from.as_ref().filter(|at| signed < at.value) {
        let remedy = format!("write {} or earlier, or drop `from`", date_text(signed));
        refuse(at, &format!("holds from {}, after the contract's start", date_text(at.value)), remedy);
    }
    if let (Some(at), Some(over)) = (until.as_ref(), over)
        && at.value < over
    {
        let remedy = format!("write {} or later, or drop `until`", date_text(over));
        refuse(at, &format!("ends on {}, before its last contract year does", date_text(at.value)), remedy);
    }
    (times.in_force(begins), ends.map_or(SimTime::NEVER, |ends| times.clip(ends)))
}

/// Weights in integers; weights too small to count are equal.
fn ramp(weights: &[f64]) -> Vec<u64> {
    let ramp: Vec<u64> = weights.iter().map(|weight| (weight * 1e6).round() as u64).collect();
    if ramp.iter().all(|weight| *weight == 0) { vec![1; weights.len()] } else { ramp }
}

/// Weights of the contract years.
fn years(desk: &mut Desk<'_>, commit: &spec::Commit) -> Vec<f64> {
    let years = commit.years.value.clamp(1, 100) as usize;
    let ramp: Vec<f64> = commit.ramp.iter().map(|leaf| desk.number(leaf)).collect();
    if !ramp.is_empty() && (ramp.len() != years || ramp.iter().sum::<f64>() <= 0.0) {
        let leaf = &commit.ramp[0];
        let message = format!("the ramp has {} weights for {years} contract years", ramp.len());
        desk.problem(leaf.origin, &leaf.path, message, format!("write {years} weights, one of them above 0"));
        return vec![1.0; years];
    }
    if ramp.is_empty() { vec![1.0; years] } else { ramp }
}

/// Contract years that touch the study; the year under way at its start counts by the days left.
fn periods(
    desk: &mut Desk<'_>,
    times: &Times,
    contract: &Named<spec::Contract>,
    signed: Date,
    years: usize,
) -> Vec<ContractPeriod> {
    let start = times.calendar.start_date();
    let mut periods = Vec::new();
    for year in 0..years {
        let (begin, finish) = (anniversary(signed, year), anniversary(signed, year + 1));
        // Not the run's first instant: what is owed does not depend on the length of the spin-up.
        let (from, to) = (times.clip(begin).max(times.start), times.clip(finish));
        if finish <= start || times.end <= from {
            continue;
        }
        let left = 1.0 - crate::units::fraction_of_year(begin, start).clamp(0.0, 1.0);
        if left < 1.0 {
            desk.note(format!(
                "{}: the contract year from {} is under way at the start; {:.1} % of its commitment is left by days",
                contract.path,
                date_text(begin),
                100.0 * left
            ));
        }
        let elapsed = Span(u64::try_from(start.duration_since(begin).as_micros()).unwrap_or(0));
        periods.push(ContractPeriod { year, from, to, elapsed });
    }
    periods
}

/// A price for each pool of the cloud that the terms reach, in order of pool.
fn prices(
    desk: &mut Desk<'_>,
    cloud: CloudId,
    sites: &IdVec<Site>,
    pools: &IdVec<Pool>,
    chips: &IdVec<Chip>,
    contract: &Named<spec::Contract>,
) -> Vec<(PoolId, ContractPrice)> {
    let Some(price) = &contract.table.price else { return Vec::new() };
    let by_chip = by_chip(desk, price);
    let ratio = ratio(desk, contract, price);
    let ours = pools.enumerate().filter(|(_, pool)| pool.site.is_some_and(|site| sites[site].cloud == cloud));
    let priced = ours.filter_map(|(id, pool)| {
        let name = chips[pool.chip].name.as_str();
        let per_chip =
            by_chip.iter().find(|(chip, _)| chip == name).or_else(|| by_chip.iter().find(|(chip, _)| chip.is_empty()));
        if let Some((_, price)) = per_chip {
            return Some((id, ContractPrice::PerChipHour(price.clone())));
        }
        let (kind, ratio) = ratio.as_ref()?;
        let listed = pool.prices.iter().any(|path| path.kind == *kind);
        listed.then(|| (id, ContractPrice::Ratio(*kind, ratio.clone())))
    });
    priced.collect()
}

/// Prices by chip under the catalog's names; `""` stands for every chip.
fn by_chip(desk: &mut Desk<'_>, price: &spec::ContractPrice) -> Vec<(String, Param)> {
    let mut prices = Vec::new();
    for row in &price.usd_per_chip_hour {
        let param = desk.param(&row.table, (0.0, 1e4));
        if let Some(name) = chip_name(desk, row) {
            prices.push((name, param));
        }
    }
    prices
}

/// The catalog's name of a chip that keys a table; unknown names are problems.
pub(super) fn chip_name(desk: &mut Desk<'_>, row: &Named<Leaf>) -> Option<String> {
    if row.name.is_empty() || row.name == ABSTRACT {
        return Some(row.name.clone());
    }
    match desk.catalog.chip(&row.name) {
        Ok(chip) => Some(chip.name.clone()),
        Err(unknown) => {
            let near = unknown.suggestions.first().map(|near| format!("did you mean `{near}`?"));
            let remedy = near.unwrap_or_else(|| "`hedgerow list chips` shows every chip".into());
            desk.problem(row.origin, &row.path, format!("the catalog has no chip `{}`", row.name), remedy);
            None
        }
    }
}

fn ratio(
    desk: &mut Desk<'_>,
    contract: &Named<spec::Contract>,
    price: &spec::ContractPrice,
) -> Option<(PriceKind, Param)> {
    match (&price.ratio_to, &price.ratio) {
        (Some(kind), Some(ratio)) => Some((listed_kind(kind)?, desk.param(ratio, (0.0, 10.0)))),
        (None, None) => None,
        _ => {
            let message = format!("the price of contract `{}` needs both `ratio_to` and `ratio`", contract.name);
            let path = format!("{}.price", contract.path);
            desk.problem(contract.origin, &path, message, "write both, or `usd_per_chip_hour`");
            None
        }
    }
}

/// The kind a word names; the reader lets no other word pass.
pub(super) fn listed_kind(word: &At<String>) -> Option<PriceKind> {
    crate::world::live::LISTED.into_iter().find(|kind| kind.name() == word.value)
}

/// Tells of commitments that are far from the usual price of guaranteed power.
pub(super) fn note_intensity(
    desk: &mut Desk<'_>,
    times: &Times,
    contracts: &IdVec<Contract>,
    sites: &IdVec<Site>,
    pools: &IdVec<Pool>,
) {
    let spec = desk.spec;
    for (contract, table) in contracts.iter().zip(&spec.contracts) {
        let (Some(commit), Some(usd)) = (&table.table.commit, &contract.commit_usd) else { continue };
        let signed = table.table.start.as_ref().map_or(times.calendar.start_date(), |start| start.value);
        let term = (times.clip(signed), times.clip(anniversary(signed, commit.years.value.clamp(1, 100) as usize)));
        let gw_years: f64 = pools
            .iter()
            .filter(|pool| pool.site.is_some_and(|site| sites[site].cloud == contract.cloud))
            .map(|pool| gw_years(pool, contract.tenant, term))
            .sum();
        let per_gw_year = desk.median_of(usd) / gw_years;
        if 0.0 < gw_years && !(USD_PER_GW_YEAR.0..=USD_PER_GW_YEAR.1).contains(&per_gw_year) {
            desk.note(format!(
                "{}: {:.2} bn USD per guaranteed GW-year, outside the usual 4 to 16 bn; check usd, years and chips",
                table.path,
                per_gw_year / 1e9
            ));
        }
    }
}

/// Gigawatt-years at the meter of a tenant's chips in a pool over a term.
fn gw_years(pool: &Pool, tenant: TenantId, term: (SimTime, SimTime)) -> f64 {
    let mine = |shares: &[Share]| shares.iter().filter(|share| share.tenant == tenant).cloned().collect::<Vec<_>>();
    let (guaranteed, reserved) = (mine(&pool.guaranteed), mine(&pool.reserved));
    let mut cuts: Vec<SimTime> =
        guaranteed.iter().chain(&reserved).map(|share| share.at.clamp(term.0, term.1)).collect();
    cuts.extend([term.0, term.1]);
    cuts.sort();
    let spans = cuts.windows(2).map(|cut| {
        let chips = in_force(&guaranteed, cut[0]) + in_force(&reserved, cut[0]);
        let nodes = chips as f64 / f64::from(pool.chips_per_node);
        megawatts(pool, 1) * nodes / 1000.0 * cut[1].since(cut[0]).0 as f64 / Span::DAY.0 as f64 / 365.25
    });
    spans.sum()
}
