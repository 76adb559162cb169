//! Every numeric leaf of a scenario, table by table. Judges none.

use crate::spec::{
    ChipsSpec, Common, Contract, Dated, Delivery, Initial, Interval, Investment, LawSpec, Leaf, Pool, Pretraining,
    Site, Spec, Stream, Workload,
};

/// Every leaf that is written, sorted by path.
pub(super) fn leaves(spec: &Spec) -> Vec<&Leaf> {
    let mut found: Vec<&Leaf> = Vec::new();
    let scenario = &spec.scenario;
    found.extend(scenario.warm_up.iter().chain(&scenario.spin_up).chain(&spec.run.tick));
    found.extend(spec.clouds.iter().filter_map(|cloud| cloud.table.discount_rate.as_ref()));
    spec.sites.iter().for_each(|site| of_site(&site.table, &mut found));
    let places = spec.sites.iter().map(|site| &site.table.outages).chain(spec.regions.iter().map(|r| &r.table.outages));
    found.extend(places.flatten().flat_map(|outage| outage.table.leaves()));
    spec.pools.iter().for_each(|pool| of_pool(&pool.table, &mut found));
    let workloads = spec.labs.iter().flat_map(|lab| &lab.table.workloads);
    workloads.for_each(|workload| of_workload(&workload.table, &mut found));
    found.extend(spec.labs.iter().flat_map(|lab| &lab.table.services).flat_map(|service| service.table.leaves()));
    spec.contracts.iter().for_each(|contract| of_contract(&contract.table, &mut found));
    spec.investments.iter().for_each(|investment| of_investment(&investment.table, &mut found));
    of_initial(&spec.initial, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn of_site<'a>(site: &'a Site, found: &mut Vec<&'a Leaf>) {
    dated(&site.mw, found);
    found.extend(site.pue.iter().chain(&site.power_usd_per_mwh).chain(&site.facility_usd_per_mw_year));
    found.extend(site.operations_usd_per_mw_year.iter().chain(&site.escalator_per_year));
}

fn of_pool<'a>(pool: &'a Pool, found: &mut Vec<&'a Leaf>) {
    found.extend(pool.size.iter().map(|size| &size.amount));
    pool.deliveries.iter().for_each(|delivery| of_delivery(delivery, found));
    found.extend(pool.retirements.iter().map(|retirement| &retirement.size.amount));
    found.extend(pool.slip.iter().chain(&pool.reserved_busy).chain(pool.failures.leaves()));
    for price in &pool.prices {
        found.extend(&price.table.usd_per_chip_hour);
        found.extend(price.table.steps.iter().flat_map(|step| step.times.iter().chain(&step.usd_per_chip_hour)));
    }
    pool.failures.laws().for_each(|spec| law(spec, found));
    found.extend(pool.spot.iter().flat_map(|spot| spot.leaves()));
    found.extend(pool.blocks.iter().flat_map(|block| block.table.leaves()));
    found.extend(pool.cost_usd_per_chip.iter().chain(&pool.lead).chain(&pool.useful_life_years).chain(&pool.tdp_w));
    found.extend(pool.host_overhead.iter().chain(&pool.idle_power_share));
    let shares = pool.guaranteed.iter().chain(&pool.reserved).chain(&pool.borrowable);
    shares.for_each(|share| dated(&share.table, found));
    found.extend(pool.schedule.leaves());
}

fn of_delivery<'a>(delivery: &'a Delivery, found: &mut Vec<&'a Leaf>) {
    found.push(&delivery.size.amount);
    found.extend(delivery.deposit.iter().chain(&delivery.cancel_fee));
}

fn of_workload<'a>(workload: &'a Workload, found: &mut Vec<&'a Leaf>) {
    match workload {
        Workload::Pretraining(campaigns) => of_campaigns(campaigns, found),
        Workload::Stream(stream) => of_stream(stream, found),
        Workload::Trace(trace) => of_common(&trace.common, found),
    }
}

fn of_common<'a>(common: &'a Common, found: &mut Vec<&'a Leaf>) {
    if let Some(checkpoint) = &common.checkpoint {
        match &checkpoint.interval {
            Interval::Equal(leaf) => found.push(leaf),
            Interval::Drawn(spec) => law(spec, found),
        }
        found.push(&checkpoint.cost);
    }
    found.extend(common.restart.iter().chain(&common.volume).chain(&common.max_spot_ratio));
    found.extend(common.mfu.iter().chain(&common.split_speed).map(|by_chip| &by_chip.table));
}

fn of_campaigns<'a>(campaigns: &'a Pretraining, found: &mut Vec<&'a Leaf>) {
    of_common(&campaigns.common, found);
    of_sizes(campaigns.chips.as_ref(), found);
    found.extend(&campaigns.deadline);
    found.extend(campaigns.flops.iter().chain(&campaigns.campaign_efficiency).chain(&campaigns.every));
}

fn of_stream<'a>(stream: &'a Stream, found: &mut Vec<&'a Leaf>) {
    of_common(&stream.common, found);
    found.extend(&stream.per_day);
    let laws = stream.interval.iter().chain(&stream.work_chip_hours).chain(&stream.duration).chain(&stream.tokens);
    found.extend(stream.tokens_per_chip_second.iter().map(|rate| &rate.table));
    laws.for_each(|spec| law(spec, found));
    found.extend(&stream.profile);
    found.extend(&stream.deadline);
    of_sizes(stream.chips.as_ref(), found);
    found.extend(stream.speed.iter().map(|speed| &speed.table));
    for state in stream.modulated.iter().flat_map(|modulated| &modulated.states) {
        found.extend([&state.rate, &state.mean_time]);
        found.extend(state.to.iter().map(|weight| &weight.table));
    }
    if let Some(estimate) = &stream.estimate {
        law(&estimate.ratio, found);
        found.extend(&estimate.at_least);
    }
}

fn of_sizes<'a>(chips: Option<&'a ChipsSpec>, found: &mut Vec<&'a Leaf>) {
    match chips {
        Some(ChipsSpec::Mix { weights, .. }) => found.extend(weights),
        Some(ChipsSpec::Elastic(elastic)) => found.extend(elastic.leaves()),
        Some(ChipsSpec::Fixed(_)) | None => {}
    }
}

fn of_contract<'a>(contract: &'a Contract, found: &mut Vec<&'a Leaf>) {
    if let Some(commit) = &contract.commit {
        found.push(&commit.usd);
        found.extend(&commit.ramp);
    }
    if let Some(price) = &contract.price {
        found.extend(&price.ratio);
        found.extend(price.usd_per_chip_hour.iter().map(|price| &price.table));
    }
}

fn of_investment<'a>(investment: &'a Investment, found: &mut Vec<&'a Leaf>) {
    for tranche in &investment.tranches {
        found.push(&tranche.usd);
        found.extend(&tranche.after);
    }
}

fn of_initial<'a>(initial: &'a Initial, found: &mut Vec<&'a Leaf>) {
    found.extend(initial.fleet.iter().flat_map(|fleet| &fleet.table).map(|vintage| &vintage.size.amount));
    found.extend(initial.campaigns.iter().map(|campaign| &campaign.table.age));
    found.extend(initial.cash.iter().map(|cash| &cash.table));
}

fn dated<'a>(entries: &'a [Dated], found: &mut Vec<&'a Leaf>) {
    found.extend(entries.iter().map(|entry| &entry.amount));
}

fn law<'a>(spec: &'a LawSpec, found: &mut Vec<&'a Leaf>) {
    found.push(&spec.mean);
    found.extend(spec.scv.iter().chain(&spec.cv));
}
