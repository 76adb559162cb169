//! Net present value by strategy in one future: the spread of the runs, and the mean with its simulation error.
use super::Drawn;
use super::data::Data;
use super::find::{Cell, range};
use super::tables;
use crate::report::chart::{Axis, Chart, Interval, Kind};

/// One row a strategy; first future.
pub fn build(data: &Data) -> Option<Drawn> {
    let first = data.first_cell()?;
    let cells: Vec<Cell> = data.distinct_strategies().into_iter().map(|strategy| Cell { strategy, ..first }).collect();
    let rows: Vec<Interval> = cells.iter().filter_map(|c| row(data, *c, c.strategy.to_string())).collect();
    let title = match rows.iter().filter(|r| r.p05 < 0.0 && 0.0 < r.p95).count() {
        _ if rows.is_empty() => return None,
        // A spread of few runs tells no sign.
        _ if data.runs().is_none_or(|n| n < 20.0) => "NPV by strategy".to_string(),
        0 => "The sign of NPV is the same in nearly all runs, whatever the strategy".to_string(),
        k if k == rows.len() => "No strategy has an NPV whose sign is known".to_string(),
        k => format!("For {k} of {} strategies the sign of NPV is not known", rows.len()),
    };
    let n = cells.iter().find_map(|c| data.money(*c, "npv_total")?.figure.n);
    let future = if data.futures().len() > 1 { format!("future {}; ", first.future) } else { String::new() };
    let cloud = data.cloud()?;
    let words = format!("{future}NPV total of {cloud} from {}, pre-tax; ", data.manifest.start);
    Some(drawn(data, title, words, n, rows, "Strategy"))
}

/// The figure of some rows, with its table.
pub fn drawn(data: &Data, title: String, words: String, n: Option<f64>, rows: Vec<Interval>, what: &str) -> Drawn {
    let unit = data.dollars().of_dollars();
    let table = tables::intervals(&rows, what, &format!("NPV total [{unit}]; {}", data.provenance(n)));
    let chart = Chart {
        title,
        subtitle: format!("{words}{unit}; {}; {}", data.spread_of(), data.dated_provenance(n)),
        x: Axis::categories(""),
        y: Axis::linear(format!("NPV total [{unit}]")),
        kind: Kind::Intervals { rows },
        empty_reason: "no strategy has a net present value".to_string(),
    };
    Drawn { chart, table, notes: vec![explained(data)] }
}

/// What the columns of a spread and of a mean are.
pub fn explained(data: &Data) -> String {
    let mut said = format!(
        "p05, median and p95: the spread {}, which is the risk. Mean \u{b1}: the 95\u{a0}% interval of the mean over {}, \
         the simulation error, which more runs would remove.",
        data.spread_of(),
        if data.manifest.fixed || data.manifest.draws == Some(1) { "runs" } else { "draws" }
    );
    if data.summary.iter().any(|r| r.metric == "npv_total" && r.param_share.is_some()) {
        said += " Not known: the share of the variance that a draw fixes and nobody knows, the rest being chance.";
    }
    said
}

/// The NPV of a cell as a row of intervals, in the unit of every NPV.
pub fn row(data: &Data, cell: Cell, name: String) -> Option<Interval> {
    let (of, unit) = (data.money(cell, "npv_total")?, data.dollars());
    let (p05, p50, p95) = range(&of.figure)?;
    Some(Interval {
        name,
        p05: unit.of(p05),
        p50: unit.of(p50),
        p95: unit.of(p95),
        mean: of.figure.mean.map(|m| unit.of(m)),
        param_share: of.param_share,
        simulation_ci: of.figure.interval().map(|(low, high)| (unit.of(low), unit.of(high))),
    })
}
