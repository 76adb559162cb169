//! The manual of the scenario file (docs/scenario.md), from its one definition.

use super::cook::{END_KEYS, NOTE_KEYS};
use super::define::{Kind, ROOT, Range, Table};
use super::leaf::number;
use std::fmt::Write;

/// docs/scenario.md: every table and key, its type, unit and range.
pub fn manual() -> String {
    let mut tables: Vec<&'static Table> = Vec::new();
    collect(&ROOT, &mut tables);
    let mut out = String::from(OPENING);
    let mut later = Vec::new();
    for table in tables {
        let _ = write!(out, "\n## {}\n{}\n\n| key | type | meaning |\n|---|---|---|\n", table.title, table.doc);
        for key in table.keys {
            match &key.kind {
                Kind::Later(feature) => later.push(format!("| `{}` in {} | {feature} |", key.name, table.title)),
                kind => {
                    let needed = if key.required { " **required**" } else { "" };
                    let _ = writeln!(
                        out,
                        "| `{}`{needed} | {} | {} |",
                        key.name,
                        describe(kind).replace('|', "\\|"),
                        key.doc.replace('|', "\\|")
                    );
                    if let Kind::Choice(_, words) | Kind::Variant(_, words) = kind {
                        later.extend(words.iter().map(|(word, feature)| {
                            format!("| `{} = \"{word}\"` in {} | {feature} |", key.name, table.title)
                        }));
                    }
                }
            }
        }
        for group in table.groups {
            let amount = if group.required { "Exactly one" } else { "At most one" };
            let _ = writeln!(out, "\n{amount} of `{}`.", group.keys.join("`, `"));
        }
        if table.noted {
            let _ = writeln!(
                out,
                "\n`{}` may stand beside its numbers, for all of them that have no `source` of their own; `{}` beside its one number.",
                NOTE_KEYS.join("`, `"),
                END_KEYS.join("` and `")
            );
        }
    }
    later.sort();
    later.dedup();
    let _ = write!(
        out,
        "\n## What comes later\nThese are refused by name today.\n\n| key | comes with |\n|---|---|\n{}\n",
        later.join("\n")
    );
    out
}

const OPENING: &str = "# The scenario file

Made from the definitions in `src/spec/define`; do not edit. TOML; a key that is not listed here is an error, and every
error of a file is reported at once.

* A **number** is `3.0`, `1_000` or `6e26`, in the unit of its key. A **duration** is a text: `\"9mo\"`, `\"1.5h\"`, `\"1y 3mo\"`;
  y = 365.25 d, q = y/4, mo = y/12 = 30.4375 d, w, d, h, min, s. A **date** is `2026-12-31`, UTC, without quotes.
* With a source: `{ value = 3.0, source = \"...\", as_of = 2026-01-01, confidence = \"high | medium | low | estimate\", low = 2.0, high = 4.0, reason = \"...\" }`.
* Not known, one value a draw: `{ unknown = { p5 = 1.5, p95 = 6.0 }, loads_on = { ai_demand = 0.8 } }`. Varying, one value an event:
  `{ varies = { p5 = \"4mo\", p95 = \"9mo\" } }`. With 0 < p5 the pair is lognormal; `dist = \"normal\" | \"uniform\" | \"triangular\"`
  says otherwise. Squared loads add up to at most 1; what is loaded on is named in `[factors]`.
* `extends = \"base.toml\"` (or a list, later ones over earlier ones) joins tables and replaces everything else. Giving one of several
  keys that say the same thing takes the others out.
* `--set path=value` and the `set` of strategies and futures change leaves: `pools.x.slip`, `pools.x.deliveries.second.at` (by `name`),
  `pools.x.deliveries[0].at`. `*` stands for any one name; an `unknown` set through it is one draw for all it matches, unless `each = true`.
";

fn collect(table: &'static Table, out: &mut Vec<&'static Table>) {
    if out.iter().any(|known| std::ptr::eq(*known, table)) {
        return;
    }
    out.push(table);
    for key in table.keys {
        collect_kind(&key.kind, out);
    }
}

fn collect_kind(kind: &'static Kind, out: &mut Vec<&'static Table>) {
    match kind {
        Kind::Table(table) | Kind::IntegerOr(_, _, table) | Kind::DurationOr(_, table) => collect(table, out),
        Kind::Variant(tables, _) => tables.iter().for_each(|(_, table)| collect(table, out)),
        Kind::Map(_, of) | Kind::List(of) | Kind::NumberOrMap(_, of) => collect_kind(of, out),
        _ => {}
    }
}

fn in_range(range: &Range) -> String {
    let unit = if range.unit == "-" { String::new() } else { format!("{}, ", range.unit) };
    format!("{unit}{} to {}", number(range.min), number(range.max))
}

fn describe(kind: &Kind) -> String {
    match kind {
        Kind::Number(range) => format!("number [{}]", in_range(range)),
        Kind::Duration(_) => "duration".into(),
        Kind::DurationOr(_, table) => format!("duration, or {}", table.title),
        Kind::Integer(min, max) => format!("whole number [{min} to {max}]"),
        Kind::IntegerOr(min, max, table) => {
            format!("whole number [{min} to {max}], or {}", table.doc.to_lowercase().trim_end_matches('.'))
        }
        Kind::Date => "date".into(),
        Kind::Text => "text".into(),
        Kind::Bool => "true or false".into(),
        Kind::Choice(words, _) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" | "),
        Kind::Name(refers) => format!("name ({})", format!("{refers:?}").to_lowercase()),
        Kind::Names(refers) => format!("list of names ({})", format!("{refers:?}").to_lowercase()),
        Kind::Numbers(range) => format!("list of numbers [{}]", in_range(range)),
        Kind::Integers(min, max) => format!("list of whole numbers [{min} to {max}]"),
        Kind::Table(table) => format!("table: {}", table.title),
        Kind::Variant(tables, _) => {
            format!("table by `kind`: {}", tables.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "))
        }
        Kind::Map(_, of) => format!("name = {}", describe(of)),
        Kind::NumberOrMap(range, _) => format!("number [{}], or by name", in_range(range)),
        Kind::List(of) => format!("list of {}", describe(of)),
        Kind::Set => "\"path\" = value".into(),
        Kind::Extends => "file or list of files".into(),
        Kind::Later(feature) => format!("comes with {feature}"),
    }
}
