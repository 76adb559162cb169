//! Chip-hours by tenant and year: held by guarantee, used beyond it, and reserved outside the simulation.
use super::data::{Data, Monthly};
use super::find::once;
use super::parts::{fold_small, total};
use super::words::percent;
use crate::report::chart::{Axis, Chart, Kind, Part};

/// Stacked bars by year, three parts a lab; first strategy, first future.
pub fn build(data: &Data) -> Option<Chart> {
    data.cloud()?;
    let cell = data.first_cell()?;
    let rows: Vec<&Monthly> = data.tenants_of(cell).collect();
    let years = once(rows.iter().filter_map(|r| r.month.get(..4)));
    let labs = once(rows.iter().map(|r| r.lab.as_str()));
    let part = |lab: &str, name: &str, hours: &dyn Fn(&Monthly) -> Option<f64>| {
        let of = |year: &&str| {
            let of_year = rows.iter().filter(|r| r.lab == lab && r.month.starts_with(*year));
            of_year.filter_map(|r| hours(r)).reduce(|a, b| a + b)
        };
        Part { name: format!("{lab}, {name}"), values: years.iter().map(of).collect() }
    };
    // A row holds one of the two: chips that were held, or promised ones that were not.
    let hours = |r: &Monthly| r.mean("held_chip_hours").or(r.mean("unused_chip_hours"));
    let shares_of = |lab: &str| {
        [
            part(lab, "guaranteed", &|r| hours(r).filter(|_| r.price_kind == "guaranteed")),
            part(lab, "usage billed", &|r| {
                hours(r).filter(|_| !["guaranteed", "reserved"].contains(&r.price_kind.as_str()))
            }),
            part(lab, "reserved", &|r| hours(r).filter(|_| r.price_kind == "reserved")),
        ]
    };
    let of_lab = |lab: &str| shares_of(lab).iter().map(total).sum::<f64>();
    let all: f64 = labs.iter().map(|l| of_lab(l)).sum();
    let largest = labs.iter().copied().max_by(|a, b| of_lab(a).total_cmp(&of_lab(b)))?;
    if all <= 0.0 {
        return None;
    }
    let guaranteed = labs.iter().map(|l| total(&shares_of(l)[0])).sum::<f64>() / all;
    let title = format!(
        "{largest} takes {} of the chip-hours sold; {} of all are held by guarantee",
        percent(of_lab(largest) / all),
        percent(guaranteed)
    );
    Some(Chart {
        title,
        subtitle: format!(
            "{}mean over runs, chip-hours of all chips alike, by calendar year; {}",
            data.shown(cell),
            data.provenance(rows.iter().find_map(|r| r.n))
        ),
        x: Axis::categories(""),
        y: Axis::linear("Chip-hours a year [h]"),
        kind: Kind::StackedBars {
            categories: years.iter().map(ToString::to_string).collect(),
            parts: fold_small(labs.iter().flat_map(|l| shares_of(l)).collect(), 8),
            net: None,
        },
        empty_reason: "no lab held or used a chip".to_string(),
    })
}
