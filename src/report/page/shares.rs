//! Who the revenue depends on, through time, with the lines at which it must be disclosed and limited.
use super::data::{Concentration, Data};
use super::find::{month_end, once};
use super::words::{list, percent};
use crate::report::chart::{Axis, Chart, Kind, Line, Reference};

/// Shares of labs in the revenue of the trailing twelve months; first strategy, first future.
pub fn build(data: &Data) -> Option<Chart> {
    let cell = data.first_cell()?;
    let rows: Vec<&Concentration> =
        data.concentration_of(cell, "lab").filter(|r| r.base == "revenue" && r.measure == "share").collect();
    let months = once(rows.iter().map(|r| r.period.as_str()));
    let line = |name: &str| {
        let of_name = || rows.iter().filter(move |r| r.name == name).map(|r| (month_end(&r.period), r.figure));
        Line {
            name: name.to_string(),
            points: of_name().filter_map(|(x, f)| Some((x?, f.mean.map(|m| 100.0 * m)))).collect(),
            band: of_name().filter_map(|(x, f)| Some((x?, 100.0 * f.p05?, 100.0 * f.p95?))).collect(),
            dashed: false,
        }
    };
    let names = once(rows.iter().map(|r| r.name.as_str()));
    let over = |name: &str| rows.iter().filter(|r| r.name == name && r.figure.mean.is_some_and(|m| m > 0.25)).count();
    let always: Vec<&str> = names.iter().copied().filter(|n| over(n) == months.len()).collect();
    let last = months.last()?;
    let at_the_end = rows.iter().filter(|r| r.period == *last).filter_map(|r| Some((r, r.figure.mean?)));
    let (largest, share) = at_the_end.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let title = if always.is_empty() {
        format!("{} ends with {} of revenue", largest.name, percent(share))
    } else {
        let stays = if always.len() == 1 { "stays" } else { "stay" };
        format!("{} {stays} over 25\u{a0}% of revenue to the end", list(&always))
    };
    let reference = |value: f64| Reference { name: format!("{value}\u{a0}%"), value };
    Some(Chart {
        title,
        subtitle: format!(
            "{}share of what labs are billed over the trailing twelve months, mean and p05 to p95; {}",
            data.shown(cell),
            data.provenance(largest.figure.n)
        ),
        x: Axis::dates(),
        y: Axis::linear("Share of revenue [%]"),
        kind: Kind::Lines {
            series: names.into_iter().map(line).collect(),
            references: vec![reference(10.0), reference(25.0)],
        },
        empty_reason: "no lab was billed".to_string(),
    })
}
