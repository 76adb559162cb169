//! The folder of `verify serving`: chart and page of its windows, from `model_error.csv` and `manifest.json` alone. It compares nothing.

use super::data::DataError;
use super::layout::of_chart;
use super::manifest::Manifest;
use super::{CHARTS, MODEL_ERROR, model_error, pictures};
use crate::report::digest::sha256;
use crate::report::folder::MANIFEST;
use crate::report::html::{self, Page};
use serde_json::{Value, json};

/// What stands in `kind` of such a folder's manifest.
pub const KIND: &str = "verify serving";
/// Its only table.
pub(super) const TABLE: &str = "model_error.csv";

/// What was compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Name of the scenario.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Strategy and future.
    pub cell: (String, String),
    /// First and last day.
    pub days: (String, String),
    /// Seed of the study and of the windows.
    pub seed: u64,
    /// Windows asked for.
    pub windows: usize,
    /// What misses its tolerance, one sentence each.
    pub misses: Vec<String>,
    /// What a reader must know.
    pub notes: Vec<String>,
    /// Files read and texts set: name and SHA-256.
    pub inputs: Vec<(String, String)>,
}

/// Every file of the folder: the table, the manifest, the chart, the page.
pub fn files(compared: &Compared, csv: String) -> Vec<(String, Vec<u8>)> {
    let manifest = manifest(compared, &csv);
    let mut files = pages(&manifest, &csv).expect("our own table reads back");
    files.insert(0, (TABLE.into(), csv.into_bytes()));
    files.insert(1, (MANIFEST.into(), manifest.into_bytes()));
    files
}

fn manifest(compared: &Compared, csv: &str) -> String {
    let inputs: Vec<Value> =
        compared.inputs.iter().map(|(file, sha256)| json!({ "file": file, "sha256": sha256 })).collect();
    let manifest = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "kind": KIND,
        "name": compared.name,
        "title": compared.title,
        "strategies": [compared.cell.0],
        "futures": [compared.cell.1],
        "start": compared.days.0,
        "end": compared.days.1,
        "seed": compared.seed,
        "draws": 1,
        "replications": 1,
        "windows": compared.windows,
        "misses": compared.misses,
        "notes": compared.notes,
        "inputs": inputs,
        "rows": { TABLE: csv.lines().count().saturating_sub(1) },
        "sha256": { TABLE: sha256(csv.as_bytes()) },
    });
    format!("{manifest:#}\n")
}

/// Chart and page as (path in the folder, bytes): the same whenever they are drawn. The error says what of the two texts is not ours.
pub fn pages(manifest: &str, csv: &str) -> Result<Vec<(String, Vec<u8>)>, DataError> {
    let told = Manifest::parse(manifest)?;
    let run = format!("{}, seed {}; hedgerow {}", told.name, told.seed, told.version);
    let drawn = model_error::of_csv(csv, &run)?;
    let entry = CHARTS.iter().find(|entry| entry.name == MODEL_ERROR).expect("it is a chart of studies");
    let mut files: Vec<(String, Vec<u8>)> = pictures(MODEL_ERROR, &drawn.chart).into();
    let mut verdict = vec![format!("{}.", drawn.chart.title)];
    verdict.extend(misses(manifest)?);
    let page = Page {
        title: format!("The tiers of serving against each other: {}", told.name),
        question: told.title.clone(),
        verdict,
        sections: vec![of_chart(entry, &drawn)],
        assumptions: None,
        not_modelled: told.notes.clone(),
        footer: format!("hedgerow {} \u{b7} seed {} \u{b7} {} to {}", told.version, told.seed, told.start, told.end),
    };
    files.push(("report.html".into(), html::render(&page).into_bytes()));
    Ok(files)
}

fn misses(manifest: &str) -> Result<Vec<String>, DataError> {
    let value: Value =
        serde_json::from_str(manifest).map_err(|error| DataError::Manifest { message: error.to_string() })?;
    let list = value.get("misses").and_then(Value::as_array).into_iter().flatten();
    Ok(list.filter_map(Value::as_str).map(str::to_owned).collect())
}
