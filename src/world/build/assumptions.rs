//! Rows of assumptions.csv: every number written and every catalog figure used, sorted by path. Judges none.

use super::desk::{Desk, clamped};
use super::leaves::leaves;
use crate::spec::{Leaf, Quantity};
use crate::world::model::Assumption;

/// Every assumption of this world.
pub(super) fn assumptions(desk: &Desk<'_>) -> Vec<Assumption> {
    let mut rows: Vec<Assumption> = leaves(desk.spec).into_iter().map(|leaf| of_leaf(desk, leaf)).collect();
    rows.extend(desk.used.values().cloned());
    rows.sort_by(|a, b| a.path.cmp(&b.path));
    rows
}

fn of_leaf(desk: &Desk<'_>, leaf: &Leaf) -> Assumption {
    let text = |note: &Option<String>| note.clone().unwrap_or_default();
    let stated = match (leaf.note.low, leaf.note.high) {
        (Some(low), Some(high)) => format!("{}..{}", number(low), number(high)),
        _ => String::new(),
    };
    let range = match &leaf.quantity {
        Quantity::Fixed(_) => stated,
        Quantity::Unknown(spread) | Quantity::Varies(spread) => {
            format!("{}..{}", number(spread.p5), number(spread.p95))
        }
    };
    Assumption {
        path: leaf.path.clone(),
        value: number(desk.median(leaf)),
        range,
        source: text(&leaf.note.source),
        as_of: text(&leaf.note.as_of),
        confidence: text(&leaf.note.confidence),
        reason: [text(&leaf.note.reason), beyond(desk, leaf)]
            .into_iter()
            .filter(|s| !s.is_empty())
            .collect::<Vec<_>>()
            .join("; "),
    }
}

/// How many draws of an unknown count as a bound; empty where none does.
fn beyond(desk: &Desk<'_>, leaf: &Leaf) -> String {
    let Quantity::Unknown(spread) = &leaf.quantity else { return String::new() };
    let unknown = desk.unknowns.iter().find(|unknown| unknown.key == spread.key);
    unknown.and_then(clamped).unwrap_or_default()
}

/// Shortest text that reads back as the same number; powers of ten where zeros would not be read.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value != 0.0 && !(1e-4..1e15).contains(&size) { format!("{value:e}") } else { value.to_string() }
}
