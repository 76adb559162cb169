//! `hedgerow explain`: what a metric, a column, a policy or a strategy means, in words. Computes nothing.

use super::args::Format;
use super::failure::Failure;
use super::{card, strategy, terminal};
use crate::replay::{QUIRKS, Quirk};
use crate::report::columns::{self, Column};
use crate::report::listing;
use crate::spec;
use crate::world::catalog::Catalog;
use serde_json::{Value, json};
use std::path::Path;

/// What a metric, a column, an output file, a policy, a strategy or a replica card means
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  hedgerow explain allocated_fraction\n  hedgerow explain summary.csv:param_share\n  hedgerow explain scenarios/gang.toml skip_ahead\n  hedgerow explain card h100 llama-3.3-70b --tp 2 --in 5000 --out 500"
)]
pub struct Explain {
    /// METRIC, COLUMN, FILE.csv[:COLUMN], POLICY or `compat`, one or more; or SCENARIO.toml [STRATEGY ...]; or card CHIP MODEL
    #[arg(required = true, num_args = 1.., value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    card: card::Terms,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints every meaning the name has.
pub fn run(args: &Explain) -> Result<(), Failure> {
    if let [first, names @ ..] = args.names.as_slice()
        && first == "card"
    {
        return card::explain(names, &args.card, args.format);
    }
    if args.card.given() {
        return Err(Failure::input(
            "lengths, precision and chips are told of cards only",
            "`hedgerow explain card CHIP MODEL`",
        ));
    }
    let mut found = Vec::new();
    match args.names.as_slice() {
        [file] if file.ends_with(".toml") => found = strategies(file, None)?,
        [file, names @ ..] if file.ends_with(".toml") => {
            for name in names {
                found.extend(strategies(file, Some(name))?);
            }
        }
        names => {
            for name in names {
                found.extend(words(name)?);
            }
        }
    }
    let text = match args.format {
        Format::Human => found.iter().map(Meaning::text).collect::<Vec<_>>().join("\n"),
        Format::Json => format!("{:#}\n", Value::Array(found.iter().map(Meaning::json).collect())),
    };
    Ok(terminal::say(&text)?)
}

/// One meaning of a name.
struct Meaning {
    kind: &'static str,
    name: String,
    unit: Option<&'static str>,
    text: String,
}

impl Meaning {
    fn text(&self) -> String {
        match self.unit {
            Some(unit) => format!("{} ({}) [{unit}]\n  {}\n", self.name, self.kind, self.text),
            None => format!("{} ({})\n  {}\n", self.name, self.kind, self.text),
        }
    }

    fn json(&self) -> Value {
        json!({ "kind": self.kind, "name": self.name, "unit": self.unit, "meaning": self.text })
    }
}

/// Strategies of a scenario, all or one, as sentences.
fn strategies(file: &str, name: Option<&str>) -> Result<Vec<Meaning>, Failure> {
    let spec = spec::read(Path::new(file), &[])?.spec;
    let meaning = |found: &spec::Named<spec::Strategy>| Meaning {
        kind: "strategy",
        name: found.name.clone(),
        unit: None,
        text: strategy::sentence(&spec, found),
    };
    let wanted = spec.strategies.iter().filter(|found| name.is_none_or(|name| name == found.name));
    let found: Vec<Meaning> = wanted.map(meaning).collect();
    match (name, found.is_empty()) {
        (_, false) => Ok(found),
        (None, true) => Err(Failure::input(
            format!("`{file}` names no strategy: there is only `base`"),
            "write `[strategies.NAME]`",
        )),
        (Some(name), true) => {
            let names = spec.strategies.iter().map(|strategy| strategy.name.clone()).collect();
            Err(unknown(format!("`{file}` has no strategy `{name}`"), name, names))
        }
    }
}

/// Everything called `name`: metrics, files, columns, policies.
fn words(name: &str) -> Result<Vec<Meaning>, Failure> {
    let mut all: Vec<(String, Meaning)> = Vec::new();
    for metric in listing::metric_registry() {
        let better = match metric.better.name() {
            "" => String::new(),
            word => format!(" Better: {word}."),
        };
        let text = format!("{}{better}", metric.what);
        all.push((
            metric.name.to_owned(),
            Meaning { kind: "metric", name: metric.name.to_owned(), unit: Some(metric.unit), text },
        ));
    }
    for file in columns::FILES.iter().chain(columns::REPLAY_FILES) {
        let names: Vec<&str> = file.columns.iter().map(|column| column.name).collect();
        let text = format!("{}\n  columns: {}", file.what, names.join(", "));
        all.push((file.name.to_owned(), Meaning { kind: "output file", name: file.name.to_owned(), unit: None, text }));
        for Column { name, unit, what } in file.columns {
            let full = format!("{}:{name}", file.name);
            let meaning = |full: &str| Meaning {
                kind: "column",
                name: full.to_owned(),
                unit: Some(unit),
                text: (*what).to_owned(),
            };
            all.push(((*name).to_owned(), meaning(&full)));
            all.push((full.clone(), meaning(&full)));
        }
    }
    for policy in crate::policy::matrix::parts() {
        let text = format!("{} ({})", policy.what, policy.source);
        all.push((
            policy.name.to_owned(),
            Meaning { kind: policy.key, name: policy.name.to_owned(), unit: None, text },
        ));
    }
    for cause in &Catalog::embedded().failure_causes {
        let share = cause.share.value().map_or(String::new(), |share| format!(", {share} of that chip's failures"));
        let text =
            format!("a cause of failure of {}: takes a {}{share}. {}", cause.chip, cause.takes.name(), cause.note);
        let name = cause.cause.clone();
        all.push((
            name.clone(),
            Meaning { kind: "cause of failure", name, unit: None, text: text.trim_end().to_owned() },
        ));
    }
    for Quirk { command, of, when, with, without } in QUIRKS {
        let when = if when.is_empty() { String::new() } else { format!("with {when}: ") };
        for name in ["compat", of] {
            let (name, of) = (name.to_owned(), (*of).to_owned());
            let text = format!("{when}{with}\n  without: {without}");
            let kind = if *command == "jobs" { "replay jobs --compat" } else { "replay requests --compat" };
            all.push((name, Meaning { kind, name: of, unit: None, text }));
        }
    }
    let (found, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(word, _)| word == name);
    if found.is_empty() {
        let names = others.into_iter().map(|(word, _)| word).collect();
        return Err(unknown(format!("nothing here is called `{name}`"), name, names));
    }
    Ok(found.into_iter().map(|(_, meaning)| meaning).collect())
}

/// A name that is not there, with those it is part of, then the nearest in spelling.
fn unknown(message: String, name: &str, names: Vec<String>) -> Failure {
    let contains = |known: &str| 4 <= name.chars().count() && known.contains(name);
    let distance = |known: &str| if contains(known) { 0 } else { strsim::osa_distance(name, known) };
    let mut near: Vec<(usize, String)> = names.into_iter().map(|known| (distance(&known), known)).collect();
    near.retain(|(distance, _)| *distance <= name.chars().count() / 3);
    near.sort();
    near.dedup();
    let near: Vec<String> = near.into_iter().take(3).map(|(_, known)| format!("`{known}`")).collect();
    match near.as_slice() {
        [] => Failure::input(
            message,
            "`hedgerow list metrics`, `hedgerow list policies` and docs/records.md have the names",
        ),
        _ => Failure::input(message, format!("did you mean {}?", near.join(" or "))),
    }
}
