//! `assumptions.csv`, `events.csv` and `jobs.csv`: rows as they are, no statistic.

use super::own;
use crate::report::csv_out::{Cell, to_csv};
use crate::study::{Outcome, Plan};
use crate::world::{Change, EventKind, LISTED, World};

/// `assumptions.csv`: every leaf of the first cell with its source.
pub fn assumptions(plan: &Plan) -> String {
    let headers = ["path", "value", "range", "source", "as_of", "confidence", "reason"];
    let rows = plan.cells[0].world.assumptions.iter().map(|a| {
        [&a.path, &a.value, &a.range, &a.source, &a.as_of, &a.confidence, &a.reason]
            .map(|s| Cell::from(s.as_str()))
            .to_vec()
    });
    to_csv(&headers, rows)
}

/// `events.csv`: effects of draw 0, replication 0 of each cell.
pub fn events(plan: &Plan, outcome: &Outcome) -> String {
    let headers =
        ["strategy", "future", "draw", "replication", "at", "class", "kind", "subject", "object", "value", "unit"];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (planned, cell) in own(plan, outcome) {
        let world = &planned.world;
        for event in &cell.first.events {
            let key = cell.first.keys[event.run as usize];
            let (kind, subject, object, value, unit) = words(world, event.change);
            let mut row: Vec<Cell> = vec![cell.strategy.as_str().into(), cell.future.as_str().into()];
            row.extend([i64::from(key.draw).into(), i64::from(key.replication).into()]);
            row.extend([world.calendar.date(event.at).to_string().into(), i64::from(event.class).into()]);
            row.extend([kind.into(), subject.into(), object.into(), value.into(), unit.into()]);
            rows.push(row);
        }
    }
    to_csv(&headers, rows)
}

/// (kind, subject, object, value, unit) of a change.
fn words(world: &World, change: Change) -> (&'static str, String, String, f64, &'static str) {
    let (s, o) = (change.subject as usize, change.object as usize);
    let value = change.value as f64;
    let pool = |i: usize| world.pools.0[i].name.clone();
    let tenant = |i: usize| world.tenants.0[i].name.clone();
    let contract = |i: usize| world.contracts.0[i].name.clone();
    let delivery = |p: usize, n: usize| world.pools.0[p].deliveries[n].name.clone();
    match change.kind {
        EventKind::Delivery => ("delivery", pool(s), delivery(s, o), value, "chips"),
        EventKind::Retirement => ("retirement", pool(s), String::new(), value, "chips"),
        EventKind::DeliveryCancelled => ("delivery_cancelled", pool(s), delivery(s, o), value, "chips"),
        EventKind::Price => ("price", pool(s), LISTED[o].name().to_owned(), value / 1e9, "USD/chip-h"),
        EventKind::ContractPrice => ("contract_price", contract(s), pool(o), value / 1e9, "USD/chip-h"),
        EventKind::PowerPrice => ("power_price", pool(s), String::new(), value / 1e9, "USD/MWh"),
        EventKind::FacilityRate => ("facility_rate", pool(s), String::new(), value / 1e9, "USD/MWh"),
        EventKind::OperationsRate => ("operations_rate", pool(s), String::new(), value / 1e9, "USD/MWh"),
        EventKind::ChipCost => ("chip_cost", pool(s), String::new(), value / 1e9, "USD/chip"),
        EventKind::Guaranteed => ("guaranteed", pool(s), tenant(o), value, "chips"),
        EventKind::Borrowable => ("borrowable", pool(s), tenant(o), value, "chips"),
        EventKind::Reserved => ("reserved", pool(s), tenant(o), value, "chips"),
        EventKind::SpotChips => ("spot_chips", pool(s), String::new(), value, "chips"),
        EventKind::BlockChips => ("block_chips", pool(s), tenant(o), value, "chips"),
        EventKind::BlockBought => ("block_bought", pool(s), world.pools.0[s].blocks[o].name.clone(), value, "chips"),
        EventKind::SiteMw => ("site_mw", world.sites.0[s].name.clone(), String::new(), value / 1e3, "MW"),
        EventKind::Volume => ("volume", world.workloads.0[s].path.clone(), String::new(), value / 1e9, "-"),
        EventKind::ContractStart => ("contract_start", contract(s), String::new(), value, "-"),
        EventKind::ContractEnd => ("contract_end", contract(s), String::new(), value, "-"),
        EventKind::Decide => ("decide", String::new(), String::new(), value, "-"),
        EventKind::Marker => ("marker", String::new(), String::new(), value, "-"),
    }
}

/// `jobs.csv`: jobs of draw 0, replication 0 of each cell.
pub fn jobs(plan: &Plan, outcome: &Outcome) -> String {
    let headers = [
        "strategy",
        "future",
        "workload",
        "item",
        "submit_h",
        "start_h",
        "finish_h",
        "chips",
        "pool",
        "failures",
        "preemptions",
    ];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (planned, cell) in own(plan, outcome) {
        let world = &planned.world;
        let hours = |at: crate::units::SimTime| (at.0 as f64 - world.start.0 as f64) / 3.6e9;
        for job in &cell.first.jobs {
            let pool = job.cell.map(|cell| world.pools[world.cells[cell].pool].name.clone());
            rows.push(vec![
                cell.strategy.as_str().into(),
                cell.future.as_str().into(),
                world.workloads[job.workload].path.as_str().into(),
                job.item.into(),
                hours(job.submitted).into(),
                job.started.map(hours).into(),
                job.finished.map(hours).into(),
                i64::from(job.chips).into(),
                pool.into(),
                i64::from(job.failures).into(),
                i64::from(job.preemptions).into(),
            ]);
        }
    }
    to_csv(&headers, rows)
}
