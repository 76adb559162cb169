//! When training campaigns finish.
use super::data::{Data, Figure};
use super::find::{month_end, once};
use crate::report::chart::{Axis, Chart, Kind, Line, Scale};

/// Finish date of each campaign in turn, one line a workload; first strategy, first future.
pub fn build(data: &Data) -> Option<Chart> {
    let cell = data.first_cell()?;
    let start = month_end(data.manifest.start.get(..7)?)? - 1.0 / 12.0;
    let rows: Vec<(&str, f64, Figure, Option<f64>)> = data
        .of_kind(cell, "campaign", "campaign_finish")
        .into_iter()
        .filter_map(|(scope, row)| {
            let (workload, number) = scope.rsplit_once('#')?;
            Some((workload, number.parse().ok()?, row.figure, row.param_share))
        })
        .collect();
    let line = |workload: &str| {
        let of = || rows.iter().filter(move |r| r.0 == workload);
        let at = |years: f64| start + years;
        Line {
            name: workload.to_string(),
            points: of().map(|r| (r.1, r.2.p50.map(at))).collect(),
            band: of().filter_map(|r| Some((r.1, at(r.2.p05?), at(r.2.p95?)))).collect(),
            dashed: false,
        }
    };
    let latest = |workload: &str| rows.iter().filter(|r| r.0 == workload).max_by(|a, b| a.1.total_cmp(&b.1));
    let names = once(rows.iter().map(|r| r.0));
    let said: Vec<String> = names.iter().filter_map(|n| latest(n).map(|r| format!("{} of {n}", r.1))).collect();
    let n = rows.first()?.2.n;
    let m = &data.manifest;
    let runs = m.draws.zip(m.replications).map(|(draws, each)| (draws * each) as f64).or(n)?;
    let always = rows.iter().filter(|r| r.2.n == Some(runs)).count();
    let title = if always == rows.len() {
        format!("Campaigns that finish by the end: {}", said.join(", "))
    } else {
        format!("{always} of {} campaigns finish by {} in every run", rows.len(), m.end)
    };
    let censored = if always < rows.len() { ", of the runs in which it ends in time" } else { "" };
    Some(Chart {
        title,
        subtitle: format!(
            "{}date of the end, median and p05 to p95{censored}; {}",
            data.shown(cell),
            data.provenance(n)
        ),
        x: Axis::linear("Campaign, in order"),
        y: Axis { label: "Finished".to_string(), scale: Scale::Dates },
        kind: Kind::Lines { series: names.into_iter().map(line).collect(), references: Vec::new() },
        empty_reason: "no campaign finished".to_string(),
    })
}
