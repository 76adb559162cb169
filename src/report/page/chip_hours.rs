//! Chip-hours by tenant and year: held by guarantee, used beyond it, and reserved outside the simulation.
use super::Drawn;
use super::data::{Data, Monthly, Summary};
use super::find::{Cell, once};
use super::parts::{fold_small, total};
use super::tables;
use super::words::{Unit, percent};
use crate::report::chart::{Axis, Chart, Kind, Part};
use crate::report::html::TableView;

/// Name, metric of `summary.csv` with its interval, kind of scope there.
const KINDS: [(&str, &str, &str); 3] = [
    ("guaranteed", "guaranteed_chip_hours", "lab@pool"),
    ("usage billed", "billed_chip_hours", "workload@pool"),
    ("reserved", "reserved_chip_hours", "lab@pool"),
];

/// Stacked bars by year, three parts a lab; first strategy, first future.
pub fn build(data: &Data) -> Option<Drawn> {
    data.cloud()?;
    let cell = data.first_cell()?;
    let rows: Vec<&Monthly> = data.tenants_of(cell).collect();
    let years = once(rows.iter().filter_map(|r| r.month.get(..4)));
    let labs = once(rows.iter().map(|r| r.lab.as_str()));
    let part = |lab: &str, (name, ..): (&str, &str, &str)| {
        let of = |year: &&str| {
            let of_year = rows.iter().filter(|r| r.lab == lab && r.month.starts_with(*year));
            of_year.filter(|r| kind_of(r) == name).filter_map(|r| hours(r)).reduce(|a, b| a + b)
        };
        Part::of(format!("{lab}, {name}"), years.iter().map(of).collect())
    };
    let shares_of = |lab: &str| KINDS.map(|kind| part(lab, kind));
    let of_lab = |lab: &str| shares_of(lab).iter().map(total).sum::<f64>();
    let all: f64 = labs.iter().map(|l| of_lab(l)).sum();
    let largest = labs.iter().copied().max_by(|a, b| of_lab(a).total_cmp(&of_lab(b)))?;
    if all <= 0.0 {
        return None;
    }
    let guaranteed = labs.iter().map(|l| total(&shares_of(l)[0])).sum::<f64>() / all;
    let title = if labs.len() == 1 {
        format!("{} of the chip-hours sold to {largest} are held by guarantee", percent(guaranteed))
    } else {
        let share = percent(of_lab(largest) / all);
        format!("{largest} takes {share} of the chip-hours sold; {} of all are held by guarantee", percent(guaranteed))
    };
    let chart = Chart {
        title,
        subtitle: format!(
            "{}mean over runs, chip-hours of all chips alike, by calendar year; {}",
            data.shown(cell),
            data.dated_provenance(rows.iter().find_map(|r| r.n))
        ),
        x: Axis::categories(""),
        y: Axis::linear("Chip-hours a year [h]"),
        kind: Kind::StackedBars {
            categories: years.iter().map(ToString::to_string).collect(),
            parts: fold_small(labs.iter().flat_map(|l| shares_of(l)).collect(), 8),
            net: None,
        },
        empty_reason: "no lab held or used a chip".to_string(),
    };
    let notes = vec![
        "\u{b1}: the 95\u{a0}% interval of the mean, at most: half-widths of the pools and workloads of a row are added."
            .to_string(),
    ];
    Some(Drawn { chart, table: table(data, cell, (&labs, &years), part), notes })
}

/// A row holds one of the two: chips that were held, or promised ones that were not.
fn hours(row: &Monthly) -> Option<f64> {
    row.mean("held_chip_hours").or(row.mean("unused_chip_hours"))
}

/// Which of the three kinds a row belongs to: every price of use is usage.
fn kind_of(row: &Monthly) -> &'static str {
    match row.price_kind.as_str() {
        "guaranteed" => KINDS[0].0,
        "reserved" => KINDS[2].0,
        _ => KINDS[1].0,
    }
}

/// Labs down, years across.
fn table(
    data: &Data,
    cell: Cell,
    (labs, years): (&[&str], &[&str]),
    part: impl Fn(&str, (&str, &str, &str)) -> Part,
) -> TableView {
    let kinds = || labs.iter().flat_map(|l| KINDS.map(|k| (*l, k)));
    let parts: Vec<Part> = kinds().map(|(lab, kind)| part(lab, kind)).collect();
    let unit = Unit::fit(parts.iter().flat_map(|p| p.values.iter().flatten().copied()));
    let mut rows = Vec::new();
    for ((lab, (name, metric, scope_kind)), part) in kinds().zip(&parts).filter(|(_, p)| total(p) > 0.0) {
        let of: Vec<&Summary> =
            data.by_year(cell, scope_kind, metric).filter(|r| is_of_lab(&r.scope, scope_kind, lab)).collect();
        // The half-width of a sum is at most the sum of half-widths.
        let half = |year: &str| {
            of.iter().filter(|r| r.period == year).filter_map(|r| r.figure.half_width()).reduce(|a, b| a + b)
        };
        let shown = |(year, value): (&&str, &Option<f64>)| unit.among(*value, half(year).filter(|h| *h > 0.0));
        let cells = years.iter().zip(&part.values).map(shown);
        rows.push([lab, name].map(str::to_string).into_iter().chain(cells).collect());
    }
    let headers = ["Lab", "How held"].into_iter().chain(years.iter().copied()).map(str::to_string).collect();
    let caption = format!("Chip-hours by lab and year [{} chip-h], means over runs", unit.word);
    tables::table(caption.replace("[ ", "["), headers, 2, rows)
}

/// `lab@pool`, or `lab.workload@pool`.
fn is_of_lab(scope: &str, kind: &str, lab: &str) -> bool {
    let end = if kind == "lab@pool" { '@' } else { '.' };
    scope.strip_prefix(lab).is_some_and(|rest| rest.starts_with(end))
}
