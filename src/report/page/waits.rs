//! How long jobs wait for chips, by workload.
use super::data::{Data, Summary};
use super::words::{percent, short};
use crate::report::chart::{Axis, Chart, Kind, Part};

const DAY: f64 = 86_400.0;

/// Median, p90 and p99 of the wait by workload; first strategy, first future.
pub fn build(data: &Data) -> Option<Chart> {
    let cell = data.first_cell()?;
    let of = |metric: &'static str| -> Vec<(&str, &Summary)> { data.of_kind(cell, "workload", metric) };
    let means = of("wait_mean");
    let (unit, divisor) = unit_of(&means);
    let value = |metric, scope: &str| Some(of(metric).into_iter().find(|r| r.0 == scope)?.1.figure.mean? / divisor);
    let part = |name: &str, metric: &'static str| Part {
        name: name.to_string(),
        values: means.iter().map(|(scope, _)| value(metric, scope)).collect(),
    };
    let parts =
        vec![part("mean", "wait_mean"), part("p50", "wait_p50"), part("p90", "wait_p90"), part("p99", "wait_p99")];
    let (worst, row) = means
        .iter()
        .filter(|r| r.1.figure.mean.is_some())
        .max_by(|a, b| a.1.figure.mean.unwrap_or(0.0).total_cmp(&b.1.figure.mean.unwrap_or(0.0)))?;
    let longest = row.figure.mean? / divisor;
    let title = match value("p_wait", worst).map(|p| p * divisor) {
        _ if longest == 0.0 => "No job waited".to_string(),
        Some(p) => {
            format!("{worst} waits longest: {} {unit} on average, {} of its jobs at all", short(longest), percent(p))
        }
        None => format!("{worst} waits longest: {} {unit} on average", short(longest)),
    };
    // Waits of different work differ by powers of ten.
    let positive: Vec<f64> = parts.iter().flat_map(|p| &p.values).flatten().copied().filter(|v| *v > 0.0).collect();
    let (low, high) = positive.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    let label = format!("Wait [{unit}]");
    Some(Chart {
        title,
        subtitle: format!(
            "{}time from submission to first start, mean over runs; jobs that never started count up to the end{}; {}",
            data.shown(cell),
            match data.censored(cell).len() {
                0 => "",
                _ => " (lower bounds: see the notes)",
            },
            data.provenance(row.figure.n)
        ),
        x: Axis::categories(""),
        y: if high > 50.0 * low { Axis::log(label) } else { Axis::linear(label) },
        kind: Kind::Bars { categories: means.iter().map(|r| r.0.to_string()).collect(), parts },
        empty_reason: "no job was submitted".to_string(),
    })
}

/// A unit in which the longest mean wait reads well, and how many of the table's units it holds.
pub fn unit_of(means: &[(&str, &Summary)]) -> (String, f64) {
    let longest = means.iter().filter_map(|r| r.1.figure.mean).fold(0.0, f64::max);
    match means.first().map_or("", |r| r.1.unit.as_str()) {
        "s" if longest >= 2.0 * DAY => ("d".to_string(), DAY),
        "s" if longest >= 7_200.0 => ("h".to_string(), 3_600.0),
        "h" if longest >= 48.0 => ("d".to_string(), 24.0),
        unit => (unit.to_string(), 1.0),
    }
}
