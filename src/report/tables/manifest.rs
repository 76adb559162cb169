//! `manifest.json`: what was run on what. No clock, thread count or path, so that the same input gives the same bytes.

use crate::report::digest::sha256;
use crate::spec::{Read, print_config};
use crate::study::{Outcome, Plan};
use serde_json::{Value, json};

/// What no scenario of this version models, whatever its file says.
const NOT_MODELLED: [&str; 8] = [
    "conditional equity: tranches with conditions are listed, never paid; stakes have no value",
    "re-letting of freed capacity",
    "the market: who chooses which model",
    "the router and what it resells",
    "tokens' prices: what services earn is valued where it is stated, and moves no money",
    "shocks: exits, price wars",
    "failures of idle and reserved nodes",
    "taxes and financing",
];

/// The manifest as pretty JSON.
pub fn manifest(plan: &Plan, outcome: &Outcome, read: &Read, files: &[(String, String)]) -> String {
    let world = &plan.cells[0].world;
    let date = |at| world.calendar.date(at).date().to_string();
    let mut same_as: Vec<Value> = Vec::new();
    for (at, cell) in outcome.cells.iter().enumerate() {
        if let Some(of) = cell.same_as {
            let only = super::summary::only(plan, at);
            let text = format!("= {} (differs only in: {only})", outcome.cells[of].strategy);
            same_as.push(json!({ "strategy": cell.strategy, "future": cell.future, "same_as": text }));
        }
    }
    let rows: serde_json::Map<String, Value> =
        files.iter().map(|(name, text)| (name.clone(), json!(text.lines().count().saturating_sub(1)))).collect();
    let hashes: serde_json::Map<String, Value> =
        files.iter().map(|(name, text)| (name.clone(), json!(sha256(text.as_bytes())))).collect();
    let inputs: Vec<Value> =
        inputs(read).iter().map(|(file, sha256)| json!({ "file": file, "sha256": sha256 })).collect();
    let money = plan.cells.iter().any(|cell| !cell.world.sites.is_empty());
    let mut not_modelled: Vec<String> = NOT_MODELLED.iter().filter(|_| money).map(|what| (*what).to_owned()).collect();
    not_modelled.extend(read.spec.not_modelled.iter().map(|at| at.value.clone()));
    // What the file says and nothing models is a note of the world too: told once.
    let told = |note: &&String| !not_modelled.contains(note);
    let without: serde_json::Map<String, Value> = read
        .spec
        .strategies
        .iter()
        .map(|s| (s.name.clone(), json!(s.table.without.iter().map(|bet| &bet.value).collect::<Vec<_>>())))
        .collect();
    let mut notes: Vec<&String> = plan.cells.iter().flat_map(|cell| &cell.world.notes).filter(told).collect();
    notes.sort();
    notes.dedup();
    let manifest = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "name": world.name,
        "title": world.title,
        "question": world.question,
        "start": date(world.start),
        "end": date(world.end),
        "decide_at": world.decide_at.map(date),
        "seed": world.seed,
        "draws": outcome.draws,
        "replications": outcome.replications,
        "fixed": plan.fixed,
        "strategies": plan.strategies,
        "bets": read.spec.bets.iter().map(|bet| &bet.name).collect::<Vec<_>>(),
        "without": without,
        "futures": plan.futures,
        "fleet": if world.fleet_sized { "sized" } else { "same" },
        "same_as": same_as,
        "not_modelled": not_modelled,
        "notes": notes,
        "inputs": inputs,
        "rows": rows,
        "sha256": hashes,
        "config": config(read),
    });
    let mut text = serde_json::to_string_pretty(&manifest).expect("a manifest is JSON");
    text.push('\n');
    text
}

/// Files that were read, by their names alone, and their SHA-256.
pub fn inputs(read: &Read) -> Vec<(String, String)> {
    read.sources.inputs().map(|(name, bytes)| (file_name(name), sha256(bytes))).collect()
}

/// The resolved scenario; origins by file name, so that where the files lie changes no byte.
fn config(read: &Read) -> String {
    let from = |name: &str| format!("  # from {name}:");
    read.sources.inputs().fold(print_config(read), |text, (name, _)| text.replace(&from(name), &from(&file_name(name))))
}

fn file_name(path: &str) -> String {
    std::path::Path::new(path).file_name().map_or_else(|| path.into(), |name| name.to_string_lossy().into_owned())
}
