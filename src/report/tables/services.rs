//! `services.csv`, by month with the range over runs; `services_by_tick.csv` and `pools_by_tick.csv`, rows as they are.

use super::own;
use super::series::{Index, months};
use crate::measure::Scope;
use crate::record::ServiceMonth;
use crate::report::csv_out::{Cell, to_csv};
use crate::study::{Outcome, Plan};
use crate::units::{SimTime, Span};
use crate::world::World;

/// Figures of a service by month.
const FIGURES: [&str; 20] = [
    "tokens_demanded",
    "tokens_served",
    "tokens_shed",
    "tokens_spilled",
    "tokens_lost",
    "tokens_received",
    "shed_fraction",
    "slo_attainment",
    "ttft_p99_s",
    "tpot_mean_s",
    "tokens_deferrable",
    "deferrable_served",
    "deferrable_expired",
    "deferrable_backlog",
    "replicas_ready",
    "replicas_starting",
    "replicas_required",
    "replicas_at_work",
    "replica_load",
    "token_value_usd",
];

/// `services.csv`.
pub fn services(months_of: &[Index<'_>]) -> String {
    let mut headers: Vec<String> = ["strategy", "future", "month", "lab", "service", "n"].map(str::to_owned).to_vec();
    headers.extend(FIGURES.iter().flat_map(|m| [(*m).to_owned(), format!("{m}_p05"), format!("{m}_p95")]));
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for index in months_of {
        let (world, cell) = (&index.planned.world, index.cell);
        for month in months(world) {
            for (id, terms) in world.services.enumerate() {
                let mut row: Vec<Cell> = vec![
                    cell.strategy.as_str().into(),
                    cell.future.as_str().into(),
                    world.month_names[usize::from(month)].as_str().into(),
                    world.tenants[terms.tenant].name.as_str().into(),
                    terms.name.as_str().into(),
                ];
                let figures: Vec<([Cell; 3], usize)> =
                    FIGURES.iter().map(|metric| index.three(metric, Scope::Service(id), month)).collect();
                row.push((figures.iter().map(|f| f.1).max().unwrap_or(0) as i64).into());
                row.extend(figures.into_iter().flat_map(|f| f.0));
                rows.push(row);
            }
        }
    }
    to_csv(&headers.iter().map(String::as_str).collect::<Vec<_>>(), rows)
}

fn at(world: &World, at: SimTime) -> Cell {
    Cell::from(world.calendar.date(at).to_string())
}

/// `services_by_tick.csv`: draw 0, replication 0 of each cell.
pub fn services_by_tick(plan: &Plan, outcome: &Outcome) -> String {
    let headers = [
        "strategy",
        "future",
        "tick",
        "lab",
        "service",
        "demanded_tokens",
        "served_tokens",
        "shed_tokens",
        "spilled_tokens",
        "lost_tokens",
        "received_tokens",
        "deferrable_tokens",
        "deferrable_served_tokens",
        "expired_tokens",
        "backlog_tokens",
        "ready_replica_hours",
        "starting_replica_hours",
        "required_replica_hours",
        "work_replica_hours",
    ];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (planned, cell) in own(plan, outcome) {
        let world = &planned.world;
        for row in &cell.first.service_ticks {
            let terms = &world.services[row.service];
            let mut line: Vec<Cell> = vec![
                cell.strategy.as_str().into(),
                cell.future.as_str().into(),
                at(world, row.at),
                world.tenants[terms.tenant].name.as_str().into(),
                terms.name.as_str().into(),
            ];
            let ServiceMonth { demanded, first, shed, spilled, lost, received, .. } = row.did;
            let ServiceMonth { deferrable, deferrable_served, expired, backlog, .. } = row.did;
            let tokens =
                [demanded, first, shed, spilled, lost, received, deferrable, deferrable_served, expired, backlog];
            line.extend(tokens.map(|tokens| Cell::from(tokens as i64)));
            let replicas = [row.did.ready, row.did.starting, row.did.required, row.did.served];
            line.extend(replicas.map(|us| Cell::from(us as f64 / Span::HOUR.0 as f64)));
            rows.push(line);
        }
    }
    to_csv(&headers, rows)
}

/// `pools_by_tick.csv`: draw 0, replication 0 of each cell.
pub fn pools_by_tick(plan: &Plan, outcome: &Outcome) -> String {
    let headers = [
        "strategy",
        "future",
        "tick",
        "pool",
        "ready_chips",
        "starting_chips",
        "gang_chips",
        "reserved_chips",
        "idle_chips",
        "down_chips",
    ];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (planned, cell) in own(plan, outcome) {
        let world = &planned.world;
        for row in &cell.first.pool_ticks {
            let mut line: Vec<Cell> = vec![
                cell.strategy.as_str().into(),
                cell.future.as_str().into(),
                at(world, row.at),
                world.pools[row.pool].name.as_str().into(),
            ];
            line.extend(row.chips.map(|chip_us| Cell::from(chip_us as f64 / world.tick.0 as f64)));
            rows.push(line);
        }
    }
    to_csv(&headers, rows)
}
