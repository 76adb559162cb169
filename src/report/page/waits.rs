//! How long jobs wait for chips, by workload.
use super::Drawn;
use super::data::{Data, Figure, Summary};
use super::find::Cell;
use super::tables;
use super::words::{list, percent, with_error};
use crate::report::chart::{Axis, Chart, Kind, Part};

const DAY: f64 = 86_400.0;

const METRICS: [(&str, &str); 4] =
    [("mean", "wait_mean"), ("p50", "wait_p50"), ("p90", "wait_p90"), ("p99", "wait_p99")];

/// Mean, p50, p90 and p99 of the wait by workload; the strategies side by side where they are few.
pub fn build(data: &Data) -> Option<Drawn> {
    let first = data.first_cell()?;
    let of = |cell, metric: &'static str| -> Vec<(&str, &Summary)> { data.of_kind(cell, "workload", metric) };
    let means = of(first, "wait_mean");
    let (unit, divisor) = unit_of(&means);
    let cells = data.side_by_side(means.len());
    let rows: Vec<(&str, Cell)> = means.iter().flat_map(|r| cells.iter().map(|c| (r.0, *c))).collect();
    let figure = |(scope, cell): &(&str, Cell), metric: &'static str| -> Option<Figure> {
        Some(of_metric(data, *cell, metric, scope)?.figure)
    };
    let part = |(name, metric): (&str, &'static str)| {
        let figures: Vec<_> = rows.iter().map(|r| figure(r, metric)).collect();
        // A wait is not negative, whatever an interval symmetric about its mean says.
        let ends = |f: &Option<Figure>| (*f)?.interval().map(|(a, b)| (a.max(0.0) / divisor, b / divisor));
        Part::of(name, figures.iter().map(|f| Some((*f)?.mean? / divisor)).collect())
            .with_ends(figures.iter().map(ends).collect())
    };
    let parts: Vec<Part> = METRICS.into_iter().map(part).collect();
    let title = title(data, first, &means, &unit, divisor, cells.len())?;
    let n = means.iter().find_map(|r| r.1.figure.n);
    let names: Vec<String> = rows.iter().map(|(scope, cell)| data.named_in(scope, *cell, cells.len())).collect();
    // Waits of different work differ by powers of ten.
    let positive: Vec<f64> = parts.iter().flat_map(|p| &p.values).flatten().copied().filter(|v| *v > 0.0).collect();
    let (low, high) = positive.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    let log = high > 50.0 * low;
    let label = format!("Wait [{unit}]{}", if log { ", log scale; an open dot is 0 or next to it" } else { "" });
    let whiskers = if parts.iter().any(|p| p.ends.iter().any(Option::is_some)) {
        "; whiskers: 95\u{a0}% interval of that mean"
    } else {
        ""
    };
    let averaged = if n == Some(1.0) { "of one run the" } else { "means over runs of each run's" };
    let chart = Chart {
        title,
        subtitle: format!(
            "{}time from submission to first start; {averaged} mean and quantiles, jobs that never started with their time so far{}\
             {whiskers}; {}",
            data.shown_of(&cells),
            if data.censored(first).is_empty() { "" } else { " (lower bounds: see the notes)" },
            data.dated_provenance(n)
        ),
        x: Axis::categories(""),
        y: if log { Axis::log(label) } else { Axis::linear(label) },
        kind: Kind::Bars { categories: names.clone(), parts },
        empty_reason: "no job was submitted".to_string(),
    };
    let mut headers = vec!["Workload".to_string()];
    headers.extend(METRICS.iter().map(|m| m.0.to_string()));
    headers.extend(["jobs that wait", "never started", "jobs"].map(str::to_string));
    let body = rows.iter().zip(&names).map(|(r, name)| {
        let wait = METRICS.iter().map(|m| {
            let f = figure(r, m.1);
            let shown = |f: Figure| match f.mean.map(|v| v / divisor) {
                Some(v) if 0.0 < v && v < 5e-4 => "~0".to_string(),
                v => with_error(v, f.half_width().map(|h| h / divisor)),
            };
            f.map(shown).unwrap_or_default()
        });
        let share = figure(r, "p_wait").map(tables::share_with_error).unwrap_or_default();
        let count = |metric| figure(r, metric).map(|f| with_error(f.mean, f.half_width())).unwrap_or_default();
        let counts = [share, count("jobs_unstarted"), count("jobs_submitted")];
        std::iter::once(name.clone()).chain(wait).chain(counts).collect::<Vec<String>>()
    });
    let caption = format!("Waits [{unit}] and jobs, {}", data.mean_words());
    let table = tables::table(caption, headers, 1, body.collect());
    Some(Drawn { chart, table, notes: notes(data, first) })
}

/// The longest mean wait, by name where there are several workloads.
fn title(
    data: &Data,
    cell: Cell,
    means: &[(&str, &Summary)],
    unit: &str,
    divisor: f64,
    beside: usize,
) -> Option<String> {
    let known = means.iter().filter_map(|r| Some((r.0, r.1.figure, r.1.figure.mean?)));
    let (worst, figure, mean) = known.max_by(|a, b| a.2.total_cmp(&b.2))?;
    if mean == 0.0 {
        return Some("No job waited".to_string());
    }
    if beside > 1 {
        return Some("Waits by workload and strategy".to_string());
    }
    let wait = with_error(Some(mean / divisor), figure.half_width().map(|h| h / divisor));
    let share = of_metric(data, cell, "p_wait", worst).and_then(|r| r.figure.mean);
    let share = share.map(|p| format!("; {} of its jobs wait at all", percent(p))).unwrap_or_default();
    Some(if means.len() > 1 {
        format!("{worst} has the longest mean wait, {wait} {unit}{share}")
    } else {
        format!("{worst} has a mean wait of {wait} {unit}{share}")
    })
}

/// Whose wait is no queue for chips.
fn notes(data: &Data, cell: Cell) -> Vec<String> {
    let campaigns: Vec<&str> = data.of_kind(cell, "workload", "campaigns_finished").into_iter().map(|r| r.0).collect();
    if campaigns.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "{} run{} campaigns one after another: a campaign submitted while its predecessor still runs waits for it, and \
         that wait is counted here too.",
        list(&campaigns),
        if campaigns.len() == 1 { "s" } else { "" }
    )]
}

fn of_metric<'a>(data: &'a Data, cell: Cell<'a>, metric: &'a str, scope: &str) -> Option<&'a Summary> {
    data.of_kind(cell, "workload", metric).into_iter().find(|r| r.0 == scope).map(|r| r.1)
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
