//! What a run says of itself in `manifest.json`. It reads no table.
use std::collections::BTreeMap;

use serde_json::Value;

use super::data::DataError;

/// What `manifest.json` says of the study.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manifest {
    /// The command that wrote the folder; empty: `run`.
    pub kind: String,
    /// Name of the scenario.
    pub name: String,
    /// Its title, one line.
    pub title: String,
    /// The question it answers; may be empty.
    pub question: String,
    /// First day, as written.
    pub start: String,
    /// Last day, as written.
    pub end: String,
    /// Strategies may differ only after it; empty where there is none.
    pub decide_at: String,
    /// Version of hedgerow that ran.
    pub version: String,
    /// Study seed.
    pub seed: String,
    /// Draws of what is not known.
    pub draws: Option<u64>,
    /// Plays of chance within each draw.
    pub replications: Option<u64>,
    /// Strategies in the order of the scenario.
    pub strategies: Vec<String>,
    /// Bets of the scenario.
    pub bets: Vec<String>,
    /// By strategy: bets, or parts of bets (`anthropic.invest`), it is without.
    pub without: BTreeMap<String, Vec<String>>,
    /// Futures in the order of the scenario.
    pub futures: Vec<String>,
    /// What the model leaves out.
    pub not_modelled: Vec<String>,
    /// Anything else a reader must know.
    pub notes: Vec<String>,
    /// Cells that are the same as another one, and as which, in words: (strategy, future, "= both (differs only in: ..)").
    pub same_as: Vec<(String, String, String)>,
    /// Input files with their SHA-256.
    pub inputs: Vec<(String, String)>,
    /// Tables with their number of rows.
    pub rows: BTreeMap<String, u64>,
    /// Tables with their SHA-256; empty in a folder of an older version.
    pub hashes: BTreeMap<String, String>,
    /// Everything that is not known at its median: the runs differ by chance alone.
    pub fixed: bool,
}

impl Manifest {
    /// Read JSON; a field that is not there is empty.
    pub fn parse(text: &str) -> Result<Manifest, DataError> {
        let bad = |message: String| DataError::Manifest { message };
        let value: Value = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
        let fields = value.as_object().ok_or_else(|| bad("it is not a JSON object".to_string()))?;
        let words = |v: &Value| {
            v.as_str().map_or_else(|| if v.is_null() { String::new() } else { v.to_string() }, str::to_string)
        };
        let text = |key: &str| fields.get(key).map(words).unwrap_or_default();
        let list = |key: &str| fields.get(key).and_then(Value::as_array).into_iter().flatten();
        let map = |key: &str| fields.get(key).and_then(Value::as_object).into_iter().flatten();
        let count = |key: &str| fields.get(key).and_then(Value::as_u64);
        let member = |v: &Value, key: &str| v.get(key).map(words).unwrap_or_default();
        Ok(Manifest {
            kind: text("kind"),
            name: text("name"),
            title: text("title"),
            question: text("question"),
            start: text("start"),
            end: text("end"),
            decide_at: text("decide_at"),
            version: text("version"),
            seed: text("seed"),
            draws: count("draws"),
            replications: count("replications"),
            strategies: list("strategies").map(words).collect(),
            bets: list("bets").map(words).collect(),
            without: map("without")
                .map(|(k, v)| (k.clone(), v.as_array().into_iter().flatten().map(words).collect()))
                .collect(),
            futures: list("futures").map(words).collect(),
            not_modelled: list("not_modelled").map(words).collect(),
            notes: list("notes").map(words).collect(),
            same_as: list("same_as")
                .map(|v| (member(v, "strategy"), member(v, "future"), member(v, "same_as")))
                .collect(),
            inputs: list("inputs").map(|v| (member(v, "file"), member(v, "sha256"))).collect(),
            hashes: map("sha256").map(|(k, v)| (k.clone(), words(v))).collect(),
            fixed: fields.get("fixed").and_then(Value::as_bool).unwrap_or(false),
            rows: map("rows").filter_map(|(k, v)| Some((k.clone(), v.as_u64()?))).collect(),
        })
    }
}
