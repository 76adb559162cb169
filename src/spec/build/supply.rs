//! Clouds, sites and pools from judged tables.

use super::*;

pub(super) fn cloud(mut t: Record) -> Cloud {
    Cloud { discount_rate: t.leaf("discount_rate"), at_end: t.text("at_end") }
}

pub(super) fn site(mut t: Record) -> Site {
    Site {
        cloud: t.text("cloud"),
        region: t.text("region"),
        pue: t.leaf("pue"),
        mw: t.list("mw", |t| dated(t, "mw")),
        power_usd_per_mwh: t.leaf("power_usd_per_mwh"),
        facility_usd_per_mw_year: t.leaf("facility_usd_per_mw_year"),
        operations_usd_per_mw_year: t.leaf("operations_usd_per_mw_year"),
        escalator_per_year: t.leaf("escalator_per_year"),
        outages: t.tables("outages", failures::outage),
    }
}

fn dated(mut t: Record, amount: &'static str) -> Dated {
    Dated { at: t.must_date("at"), amount: t.must_leaf(amount) }
}

pub(super) fn pool(mut t: Record) -> Pool {
    let chips = |cooked: Cooked| records(cooked).into_iter().map(|t| dated(t, "chips")).collect::<Vec<_>>();
    let mut written = t.record("prices");
    let spot = written.as_mut().and_then(|prices| prices.record("spot")).map(spot);
    let prices = written.map(prices).unwrap_or_default();
    Pool {
        site: t.text("site"),
        instance: t.text("instance"),
        chips_per_node: t.integer("chips_per_node"),
        size: t.size(),
        deliveries: t.list("deliveries", delivery),
        retirements: t.list("retirements", |mut t| Retirement {
            name: t.text("name"),
            at: t.must_date("at"),
            size: t.must_size(),
        }),
        slip: t.leaf("slip"),
        ultraserver_nodes: t.integer("ultraserver_nodes"),
        unlimited: t.bool("unlimited"),
        schedule: t.record("schedule").map(schedule).unwrap_or_default(),
        domain: t.text("domain"),
        prices,
        spot: spot.map(Box::new),
        blocks: t.tables("blocks", block),
        reserved_busy: t.leaf("reserved_busy"),
        failures: failures::of_pool(&mut t),
        cost_usd_per_chip: t.leaf("cost_usd_per_chip"),
        lead: t.leaf("lead"),
        useful_life_years: t.leaf("useful_life_years"),
        tdp_w: t.leaf("tdp_w"),
        host_overhead: t.leaf("host_overhead"),
        idle_power_share: t.leaf("idle_power_share"),
        guaranteed: t.map("guaranteed", |named| rename(named, chips)),
        reserved: t.map("reserved", |named| rename(named, chips)),
        borrowable: t.map("borrowable", |named| rename(named, chips)),
    }
}

fn delivery(mut t: Record) -> Delivery {
    Delivery {
        name: t.text("name"),
        at: t.must_date("at"),
        ordered: t.date("ordered"),
        size: t.must_size(),
        deposit: t.leaf("deposit"),
        cancel_fee: t.leaf("cancel_fee"),
        for_bet: t.text("for_bet"),
    }
}

fn schedule(mut t: Record) -> Schedule {
    Schedule {
        order: t.text("order"),
        backfill: t.text("backfill"),
        preemption: t.text("preemption"),
        yields: t.text("yield"),
        notice: t.leaf("notice"),
        lend_overhead: t.leaf("lend_overhead"),
        lend_margin: t.leaf("lend_margin"),
        serving_lease: t.leaf("serving_lease"),
        serving_margin: t.leaf("serving_margin"),
        victim: t.text("victim"),
        placement: t.text("placement"),
        pool_choice: t.text("pool_choice"),
        oracle: t.bool("oracle"),
        las: t
            .record("las")
            .map(|mut t| LasSpec { levels_chip_hours: t.leaves("levels_chip_hours"), quantum: t.leaf("quantum") }),
        weights: t.leaves_by_name("weights"),
        plan_depth: t.integer("plan_depth"),
        overflow: t.record("overflow").map(|mut t| OverflowSpec {
            after: t.must_leaf("after"),
            to: t.text("to"),
            price: t.text("price"),
        }),
        resize_every: t.leaf("resize_every"),
        queue_limit: t.integer("queue_limit"),
    }
}

fn spot(mut t: Record) -> SpotSpec {
    SpotSpec {
        mean_ratio: t.leaf("mean_ratio"),
        sd_ratio: t.leaf("sd_ratio"),
        relaxation: t.leaf("relaxation"),
        step: t.leaf("step"),
        least_ratio: t.leaf("least_ratio"),
        most_ratio: t.leaf("most_ratio"),
        reclaims_per_node_hour: t.leaf("reclaims_per_node_hour"),
        notice: t.leaf("notice"),
        chips: t.list("chips", |t| dated(t, "chips")),
        path: t.path,
        origin: t.origin,
    }
}

fn block(mut t: Record) -> BlockSpec {
    BlockSpec {
        lab: t.must_text("lab"),
        at: t.must_date("at"),
        length: t.must_leaf("length"),
        nodes: t.must_integer("nodes"),
        booked: t.date("booked"),
        terms: t.text("terms"),
        stopped_before: t.leaf("stopped_before"),
        warning: t.leaf("warning"),
    }
}

fn prices(mut t: Record) -> Tables<PriceSpec> {
    let mut out = Vec::new();
    for kind in ["capacity_block", "committed", "on_demand"] {
        if let Some(record) = t.record(kind) {
            let (path, origin) = (record.path.clone(), record.origin);
            out.push(Named { name: kind.into(), path, origin, table: price(record) });
        }
    }
    out
}

fn price(mut t: Record) -> PriceSpec {
    let step = |mut t: Record| PriceStep {
        name: t.text("name"),
        at: t.must_date("at"),
        times: t.leaf("times"),
        usd_per_chip_hour: t.leaf("usd_per_chip_hour"),
    };
    PriceSpec { usd_per_chip_hour: t.leaf("usd_per_chip_hour"), steps: t.list("steps", step) }
}
