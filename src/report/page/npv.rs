//! Net present value by strategy in one future: the range, what of it is not known, and the simulation error.
use super::data::Data;
use super::find::{Cell, range};
use crate::report::chart::{Axis, Chart, Interval, Kind};

/// One row a strategy; first future.
pub fn build(data: &Data) -> Option<Chart> {
    let first = data.first_cell()?;
    let cells: Vec<Cell> = data.distinct_strategies().into_iter().map(|strategy| Cell { strategy, ..first }).collect();
    let rows: Vec<Interval> = cells.iter().filter_map(|c| row(data, *c, c.strategy.to_string())).collect();
    let ranges: Vec<(f64, f64, f64)> =
        cells.iter().filter_map(|c| range(&data.money(*c, "npv_total")?.figure)).collect();
    let title = match ranges.iter().filter(|r| r.0 < 0.0 && 0.0 < r.2).count() {
        _ if ranges.is_empty() => return None,
        0 => "The sign of NPV is the same in nearly all draws, whatever the strategy".to_string(),
        k if k == ranges.len() => "No strategy has an NPV whose sign is known".to_string(),
        k => format!("For {k} of {} strategies the sign of NPV is not known", ranges.len()),
    };
    let n = cells.iter().find_map(|c| data.money(*c, "npv_total")?.figure.n);
    let future = if data.futures().len() > 1 { format!("future {}; ", first.future) } else { String::new() };
    Some(Chart {
        title,
        subtitle: format!(
            "{future}NPV total of {} from {}, pre-tax, USD; {}",
            data.cloud()?,
            data.manifest.start,
            data.provenance(n)
        ),
        x: Axis::categories(""),
        y: Axis::linear("NPV total [USD]"),
        kind: Kind::Intervals { rows },
        empty_reason: "no strategy has a net present value".to_string(),
    })
}

/// The NPV of a cell as a row of intervals.
pub fn row(data: &Data, cell: Cell, name: String) -> Option<Interval> {
    let of = data.money(cell, "npv_total")?;
    let (p05, p50, p95) = range(&of.figure)?;
    Some(Interval { name, p05, p50, p95, param_share: of.param_share, simulation_ci: of.figure.interval() })
}
