//! The files of a finished study, as names and bytes: `manifest.json` and `summary.csv`. Touches no disk.

use super::columns;
use super::csv_out::{Cell as CsvCell, to_csv};
use super::folder::MANIFEST;
use super::table::{Cell, Column, Table, show};
use crate::measure::{Key, Period};
use crate::spec::Read;
use crate::study::{CellOutcome, Outcome, Plan, Summary, summarize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Every file of the output folder.
pub fn files(read: &Read, plan: &Plan, outcome: &Outcome) -> Vec<(String, Vec<u8>)> {
    let tables = [("summary.csv", summary_csv(plan, outcome))];
    let manifest = manifest(read, plan, &tables);
    let tables = tables.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes()));
    tables.chain([(MANIFEST.to_owned(), format!("{manifest:#}\n").into_bytes())]).collect()
}

/// What ran, from which inputs: no clock, thread count or path, so that equal studies have equal bytes.
fn manifest(read: &Read, plan: &Plan, tables: &[(&str, String)]) -> Value {
    let world = &plan.cells[0].world;
    let date = |at| world.calendar.date(at).to_string();
    let notes: BTreeSet<&String> = plan.cells.iter().flat_map(|cell| &cell.world.notes).collect();
    let input = |(name, bytes): (&str, &[u8])| {
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        json!({ "file": file, "sha256": hash })
    };
    let rows: Map<String, Value> =
        tables.iter().map(|(name, text)| ((*name).to_owned(), json!(csv_rows(text)))).collect();
    let same: Map<String, Value> = plan.cells.iter().filter_map(|cell| {
        let of = &plan.cells[cell.same_as?];
        Some((cell.strategy.clone(), json!(of.strategy)))
    }).collect();
    json!({
        "name": world.name,
        "title": world.title,
        "question": world.question,
        "start": date(world.start),
        "end": date(world.end),
        "decide_at": world.decide_at.map(date),
        "version": env!("CARGO_PKG_VERSION"),
        "seed": world.seed,
        "draws": plan.draws,
        "replications": plan.replications,
        "fixed": plan.fixed,
        "strategies": plan.strategies,
        "futures": plan.futures,
        "same_as": same,
        "not_modelled": read.spec.not_modelled.iter().map(|at| &at.value).collect::<Vec<_>>(),
        "notes": notes,
        "inputs": read.sources.inputs().map(input).collect::<Vec<_>>(),
        "rows": rows,
        "config": crate::spec::print_config(read),
    })
}

/// Records below the header.
fn csv_rows(text: &str) -> usize {
    csv::Reader::from_reader(text.as_bytes()).records().count()
}

/// Figures of every cell with their statistics; a figure that no run has is left out.
fn summary_csv(plan: &Plan, outcome: &Outcome) -> String {
    let mut rows = Vec::new();
    for (at, cell) in outcome.cells.iter().enumerate() {
        let (world, runs) = (&plan.cells[at].world, outcome.runs_of(at));
        for (key, summary) in summaries(outcome, runs) {
            let low = summary.half_width.map(|half| summary.mean - half);
            let high = summary.half_width.map(|half| summary.mean + half);
            let mut row: Vec<CsvCell> = vec![cell.strategy.as_str().into(), cell.future.as_str().into()];
            row.extend([key.scope.kind().into(), key.scope.name(world).into(), key.period.name(world).into()]);
            row.extend([key.metric.name.into(), key.metric.unit.into()]);
            row.extend([(summary.draws as i64).into(), (summary.n as i64).into(), summary.mean.into()]);
            row.extend([low.into(), high.into(), summary.p05.into(), summary.p50.into(), summary.p95.into()]);
            row.push(summary.param_share.into());
            rows.push(row);
        }
    }
    to_csv(&columns::headers("summary.csv"), rows)
}

/// Figures of a cell over the whole study and its years.
fn summaries<'a>(outcome: &'a Outcome, runs: &'a CellOutcome) -> impl Iterator<Item = (Key, Summary)> + 'a {
    runs.keys.iter().enumerate().filter(|(_, key)| !matches!(key.period, Period::Month(_))).filter_map(|(at, key)| {
        let values: Vec<Option<f64>> = runs.values.iter().map(|run| run[at]).collect();
        Some((*key, summarize(&values, outcome.replications as usize, outcome.independent)?))
    })
}

/// Metrics that a terminal shows, in this order.
const HEADLINES: [&str; 7] =
    ["npv_total", "revenue", "shortfall_usd", "campaign_delay", "wait_mean", "blocked_fraction", "allocated_fraction"];

/// The few figures one looks at first, over the whole study.
pub fn headlines(plan: &Plan, outcome: &Outcome) -> Table {
    let mut columns = ["metric", "unit", "of", "strategy", "future"].map(Column::left).to_vec();
    columns.extend(["p05", "p95", "mean", "error"].map(Column::right));
    let mut table = Table::new(&plan.cells[0].world.title, columns);
    for metric in HEADLINES {
        for (at, cell) in outcome.cells.iter().enumerate() {
            let world = &plan.cells[at].world;
            let wanted = |key: &Key| key.metric.name == metric && key.period == Period::All;
            for (key, summary) in summaries(outcome, outcome.runs_of(at)).filter(|(key, _)| wanted(key)) {
                let error = summary.half_width.map_or(Cell::Blank, |half| Cell::Number {
                    value: half,
                    shown: format!("±{}", show(half)),
                });
                table.push(vec![
                    Cell::text(metric),
                    Cell::text(key.metric.unit),
                    Cell::text(&key.scope.name(world)),
                    Cell::text(&cell.strategy),
                    Cell::text(&cell.future),
                    Cell::number(summary.p05),
                    Cell::number(summary.p95),
                    Cell::number(summary.mean),
                    error,
                ]);
            }
        }
    }
    table.note("p05 to p95: over all runs, the risk; error: 95 % interval of the mean, from the number of draws alone".into());
    table
}
