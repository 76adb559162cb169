//! The JSON Schema of the scenario file (draft-07), from its one definition.

use super::cook::{END_KEYS, NOTE_KEYS};
use super::define::{Kind, ROOT, Range, Table};
use serde_json::{Map, Value, json};

/// JSON Schema of the scenario file, draft-07, for editors that check TOML.
///
/// What may come from an extended file is not required here; `check` is what requires it.
pub fn json_schema() -> Value {
    let mut root = of_table(&ROOT, false);
    root["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    root["title"] = json!("hedgerow scenario");
    root["definitions"] = definitions();
    root
}

/// Leaf forms without their ranges.
fn definitions() -> Value {
    let number = json!({ "type": "number" });
    let duration = json!({ "type": "string", "description": "a number and a unit: y, q, mo, w, d, h, min, s" });
    json!({ "number": leaf_table(&number), "duration": leaf_table(&duration) })
}

fn leaf_table(value: &Value) -> Value {
    let pair = json!({
        "type": "object",
        "properties": {
            "p5": value, "p95": value,
            "dist": { "enum": ["lognormal", "normal", "uniform", "triangular"] },
        },
        "required": ["p5", "p95"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "properties": {
            "value": value,
            "unknown": pair,
            "varies": pair,
            "loads_on": { "type": "object", "additionalProperties": { "type": "number", "minimum": -1, "maximum": 1 } },
            "each": { "type": "boolean" },
            "source": { "type": "string" },
            "as_of": {},
            "confidence": { "enum": ["high", "medium", "low", "estimate"] },
            "reason": { "type": "string" },
            "low": value,
            "high": value,
        },
        "additionalProperties": false,
        "oneOf": [{ "required": ["value"] }, { "required": ["unknown"] }, { "required": ["varies"] }],
    })
}

fn of_table(table: &'static Table, strict: bool) -> Value {
    let mut properties = Map::new();
    for key in table.keys.iter().filter(|key| !matches!(key.kind, Kind::Later(_))) {
        let mut schema = of_kind(&key.kind);
        let needed = if key.required { " Required." } else { "" };
        schema["description"] = json!(format!("{}{needed}{}", key.doc, unit_note(&key.kind)));
        properties.insert(key.name.into(), schema);
    }
    if table.noted {
        for key in NOTE_KEYS {
            properties
                .entry(*key)
                .or_insert_with(|| if *key == "as_of" { json!({}) } else { json!({ "type": "string" }) });
        }
        for key in END_KEYS {
            properties.entry(*key).or_insert_with(|| json!({ "type": ["number", "string"] }));
        }
    }
    let mut out = json!({
        "type": "object",
        "description": table.doc,
        "properties": properties,
        "additionalProperties": false,
    });
    let required: Vec<&str> = table.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    if strict && !required.is_empty() {
        out["required"] = json!(required);
    }
    for group in table.groups.iter().filter(|group| strict && group.required).take(1) {
        out["oneOf"] = group.keys.iter().map(|key| json!({ "required": [key] })).collect();
    }
    out
}

fn unit_note(kind: &Kind) -> String {
    match kind {
        Kind::Number(range) | Kind::Numbers(range) | Kind::NumberOrMap(range, _) if range.unit != "-" => {
            format!(" [{}]", range.unit)
        }
        _ => String::new(),
    }
}

fn plain(range: &Range) -> Value {
    json!({ "type": "number", "minimum": range.min, "maximum": range.max })
}

fn number(range: &Range) -> Value {
    json!({ "anyOf": [plain(range), { "$ref": "#/definitions/number" }] })
}

/// A duration, or any of `others`.
fn duration(others: &[Value]) -> Value {
    let mut any = vec![json!({ "type": "string" }), json!({ "const": 0 }), json!({ "$ref": "#/definitions/duration" })];
    any.extend_from_slice(others);
    json!({ "anyOf": any })
}

fn of_kind(kind: &'static Kind) -> Value {
    match kind {
        Kind::Number(range) => number(range),
        Kind::Duration(_) => duration(&[]),
        Kind::DurationOr(_, table) => duration(&[of_table(table, true)]),
        Kind::Integer(min, max) => integer(*min, *max),
        Kind::IntegerOr(min, max, table) => json!({ "anyOf": [integer(*min, *max), of_table(table, true)] }),
        // TOML dates reach schema checkers as strings, or as nothing JSON knows: no type is claimed.
        Kind::Date => json!({}),
        Kind::Text | Kind::Name(_) => json!({ "type": "string" }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Choice(words, _) => json!({ "enum": words }),
        Kind::Names(_) => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Numbers(range) => json!({ "type": "array", "items": number(range) }),
        Kind::Integers(min, max) => json!({ "type": "array", "items": integer(*min, *max) }),
        Kind::Table(table) => of_table(table, false),
        Kind::Variant(tables, _) => {
            let one = |(name, table): &(&str, &'static Table)| {
                let mut schema = of_table(table, false);
                schema["properties"]["kind"] = json!({ "enum": [name] });
                schema
            };
            json!({ "anyOf": tables.iter().map(one).collect::<Vec<_>>() })
        }
        Kind::Map(_, of) => json!({ "type": "object", "additionalProperties": of_kind(of) }),
        Kind::NumberOrMap(range, of) => {
            json!({ "anyOf": [number(range), { "type": "object", "additionalProperties": of_kind(of) }] })
        }
        Kind::List(of) => {
            let items = if let Kind::Table(table) = of { of_table(table, true) } else { of_kind(of) };
            json!({ "type": "array", "items": items })
        }
        Kind::Set => json!({ "type": "object", "description": "dotted path = value" }),
        Kind::Extends => json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] }),
        Kind::Later(_) => json!(false),
    }
}

fn integer(min: i64, max: i64) -> Value {
    json!({ "type": "integer", "minimum": min, "maximum": max })
}
