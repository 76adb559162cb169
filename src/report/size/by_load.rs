//! Charts of sizing over load: percentiles of latencies by chip, and what speed costs. Each with its numbers; computes no result.

use super::About;
use super::charts::provenance;
use crate::report::chart::{Axis, Chart, Kind, Line, Panel, Reference, Row, short};
use crate::report::html::TableView;
use crate::report::replay::Drawn;
use crate::report::table::show;
use crate::size::{Curve, Level, Levels};
use crate::stats::batches::Estimate;

/// Columns of the percentiles.
const NAMES: [&str; 3] = ["p50", "p90", "p99"];

/// `h100, 1 x p5.48xlarge TP 2`.
fn named(about: &About<'_>, curve: &Curve) -> String {
    let offer = &about.offers[curve.offer];
    format!("{}, {} x {}", offer.chip, curve.instances, offer.name())
}

/// What has no curve.
fn left_out(levels: &Levels) -> String {
    match &levels.left_out[..] {
        [] => String::new(),
        chips => format!(" Dearer chips without a line: {}.", chips.join(", ")),
    }
}

/// Where a promise has a target, its line.
fn target(name: &str, of: Option<f64>, unit: (f64, &str)) -> Vec<Reference> {
    let line = |s: f64| Reference { name: format!("{name} target {} {}", show(s * unit.0), unit.1), value: s * unit.0 };
    of.map(line).into_iter().collect()
}

/// Time to first token and time per token after it at three percentiles against load, a line a chip.
pub fn latency(about: &About<'_>, levels: &Levels) -> Drawn {
    let best: Vec<&Curve> = levels.curves.iter().filter(|curve| curve.best_of_chip).collect();
    let row = |label: &str, unit: f64, references: Vec<Reference>, of: fn(&Level) -> &[Option<Estimate>; 3]| Row {
        y: Axis::log(label),
        references,
        uprights: Vec::new(),
        shade: None,
        cells: (0..NAMES.len()).map(|p| percentile(&best, |level| Some(of(level)[p]?.value * unit))).collect(),
    };
    let (ttft, tpot) = (about.promise.ttft_s, about.promise.tpot_s);
    let rows = vec![
        row("Time to first token [s], log scale", 1.0, target("TTFT", ttft, (1.0, "s")), |level| &level.ttft_s),
        row("Time per token after it [ms], log scale", 1e3, target("TPOT", tpot, (1e3, "ms")), |level| &level.tpot_s),
    ];
    let chart = Chart {
        title: latency_title(about, &best),
        subtitle: format!(
            "{}. Of each chip the cheapest fleet that keeps the promise; the same arrivals closer together or further apart, {} requests a run",
            provenance(about),
            show(levels.requests as f64)
        ),
        x: Axis::filled("Requests a second over what the saturated replicas serve [-]"),
        y: Axis::linear("Latency"),
        kind: Kind::Panels {
            keys: best.iter().map(|curve| named(about, curve)).collect(),
            columns: NAMES.map(str::to_owned).to_vec(),
            rows,
        },
        empty_reason: "nobody was answered".into(),
    };
    let notes = vec![
        format!("Intervals by batch means (Eq. (139)) in load.csv.{}", left_out(levels)),
        "At a load of 1 and above no queue settles: it grows for as long as the requests come, and its times are those of a run of this length."
            .into(),
    ];
    Drawn { name: "latency", chart, table: latency_table(about, &best), notes }
}

fn percentile(curves: &[&Curve], of: impl Fn(&Level) -> Option<f64>) -> Panel {
    let line = |curve: &Curve| {
        let points = curve.levels.iter().map(|level| (level.load, of(level)));
        Line { points: points.collect(), ..Line::new("", []) }
    };
    Panel { lines: curves.iter().map(|curve| line(curve)).enumerate().collect(), ..Panel::default() }
}

/// How the cheapest fares between two loads.
fn latency_title(about: &About<'_>, best: &[&Curve]) -> String {
    let found = best.first().and_then(|curve| {
        let at = |load: f64| curve.levels.iter().find(|level| (level.load - load).abs() < 1e-9);
        let ttft = |load: f64| Some(at(load)?.ttft_s[2]?.value);
        Some((curve, ttft(0.6)?, ttft(1.0)?))
    });
    match found {
        Some((curve, low, high)) => format!(
            "From load 0.6 to 1 the TTFT p99 of {} goes from {} to {} s",
            about.offers[curve.offer].name(),
            short(low),
            short(high)
        ),
        None => "Latency against load".into(),
    }
}

fn estimate(found: Option<Estimate>, unit: f64) -> String {
    let Some(Estimate { value, ends }) = found.map(|found| found.scaled(unit)) else { return String::new() };
    let ends = ends.map(|(low, high)| format!(" ({} to {})", short(low), short(high)));
    format!("{}{}", short(value), ends.unwrap_or_default())
}

fn latency_table(about: &About<'_>, best: &[&Curve]) -> TableView {
    let mut headers: Vec<String> = ["", "Load", "Requests/s"].map(str::to_owned).to_vec();
    headers.extend(NAMES.map(|name| format!("TTFT {name} [s]")));
    headers.extend(NAMES.map(|name| format!("TPOT {name} [ms]")));
    headers.extend(["Attained [%]".to_owned(), "Gave up".to_owned()]);
    let mut rows = Vec::new();
    for curve in best {
        for level in &curve.levels {
            let mut row = vec![named(about, curve), loaded(level), short(level.per_s)];
            row.extend(level.ttft_s.iter().map(|found| estimate(*found, 1.0)));
            row.extend(level.tpot_s.iter().map(|found| estimate(*found, 1e3)));
            row.extend([format!("{:.2}", 100.0 * level.trial.share()), level.trial.shed.to_string()]);
            rows.push(row);
        }
    }
    let numeric = (0..headers.len()).map(|column| 0 < column).collect();
    let caption = "Latency by load, with 95\u{a0}% intervals by batch means where there are requests enough".into();
    TableView { caption, headers, numeric, rows, ..TableView::default() }
}

/// A load with the one that was asked for marked.
fn loaded(level: &Level) -> String {
    let asked = if level.rate_scale == 1.0 { " (asked)" } else { "" };
    format!("{:.2}{asked}", level.load)
}

/// Output a chip and cost of a token against the time per token, over loads and numbers of chips a replica, by chip.
pub fn frontier(about: &About<'_>, levels: &Levels) -> Drawn {
    let timed = levels.curves.iter().flat_map(|curve| &curve.levels).any(|level| level.tpot_s[2].is_some());
    let (unit, what) = if timed { (1e3, "TPOT p99 [ms]") } else { (1.0, "TTFT p99 [s]") };
    let uprights = match timed {
        true => target("TPOT", about.promise.tpot_s, (1e3, "ms")),
        false => target("TTFT", about.promise.ttft_s, (1.0, "s")),
    };
    let chips = chips(about, levels);
    let row = |label: &str, value: fn(&Level) -> Option<f64>, dear: fn(&Level) -> Option<f64>| {
        let best = levels.choices(&about.promise, dear);
        let lines = levels.curves.iter().map(|curve| {
            let points = curve.levels.iter().filter_map(|level| Some((level.slow_s()? * unit, value(level))));
            let key = chips.iter().position(|chip| *chip == about.offers[curve.offer].chip);
            (key.expect("its chip has a key"), Line { points: points.collect(), ..Line::new("", []) })
        });
        let at = |(curve, level): &(usize, usize)| {
            let level = &levels.curves[*curve].levels[*level];
            Some((level.slow_s()? * unit, value(level)?))
        };
        let best = best.iter().filter_map(at).collect();
        let cells = vec![Panel { lines: lines.collect(), best, ..Panel::default() }];
        Row { y: Axis::log(label), references: Vec::new(), uprights: uprights.clone(), shade: None, cells }
    };
    let usd = |level: &Level| level.usd_per_million_tokens;
    let rows = vec![
        row(
            "Tokens of answers a second by a chip of the fleet, log scale",
            |level| Some(level.output_tokens_per_s_per_chip),
            |level| Some(-level.output_tokens_per_s_per_chip),
        ),
        row("USD per million tokens of prompts and answers, log scale", usd, usd),
    ];
    let chart = Chart {
        title: frontier_title(about, levels),
        subtitle: format!(
            "{}. A line a number of chips of a replica, its points the loads from 0.3 to 1.1; the frontier is of those that keep the target of the first token",
            provenance(about)
        ),
        x: Axis::log(format!("{what}, log scale")),
        y: Axis::linear("Output and cost"),
        kind: Kind::Panels { keys: chips.into_iter().map(str::to_owned).collect(), columns: vec![String::new()], rows },
        empty_reason: "nobody was answered".into(),
    };
    let untried = match levels.untried {
        0 => String::new(),
        n => format!(" {n} other numbers of chips of a replica were not run."),
    };
    let notes = vec![
        format!("The cards are wrong by a factor of exp(sigma), one standard deviation, along both axes.{untried}{}", left_out(levels)),
        "Fleets are those that keep the promise at the load that was asked for; numbers of chips of a replica too slow for it are not among them."
            .into(),
    ];
    Drawn { name: "frontier", chart, table: frontier_table(about, levels), notes }
}

/// Chips that have a curve, the cheapest first.
fn chips<'a>(about: &'a About<'_>, levels: &Levels) -> Vec<&'a str> {
    let best = levels.curves.iter().filter(|curve| curve.best_of_chip);
    best.map(|curve| about.offers[curve.offer].chip.as_str()).collect()
}

/// The least that a kept promise costs, of the loads up to the first that breaks it.
fn frontier_title(about: &About<'_>, levels: &Levels) -> String {
    let kept = levels.curves.iter().flat_map(|curve| curve.within().map(move |level| (curve, level)));
    let priced = kept.filter_map(|(curve, level)| Some((curve, level, level.usd_per_million_tokens?)));
    match priced.min_by(|a, b| a.2.total_cmp(&b.2)) {
        Some((curve, level, usd)) => format!(
            "A million tokens within the promise cost USD {} at least: {} at load {:.2}",
            short(usd),
            about.offers[curve.offer].name(),
            level.load
        ),
        None => "What speed costs".into(),
    }
}

fn frontier_table(about: &About<'_>, levels: &Levels) -> TableView {
    let best = levels.choices(&about.promise, |level| level.usd_per_million_tokens);
    let row = |(curve, level): (usize, usize)| {
        let curve = &levels.curves[curve];
        let level = &curve.levels[level];
        vec![
            named(about, curve),
            loaded(level),
            estimate(level.ttft_s[2], 1.0),
            estimate(level.tpot_s[2], 1e3),
            short(level.output_tokens_per_s_per_chip),
            level.usd_per_million_tokens.map(short).unwrap_or_default(),
            format!("{:.2}", 100.0 * level.trial.share()),
        ]
    };
    let headers = ["", "Load", "TTFT p99 [s]", "TPOT p99 [ms]", "Output tokens/s a chip", "USD/Mtok", "Attained [%]"];
    TableView {
        caption: "The frontier of latency and cost, from the fastest".into(),
        headers: headers.map(str::to_owned).to_vec(),
        numeric: (0..headers.len()).map(|column| 0 < column).collect(),
        rows: best.into_iter().map(row).collect(),
        ..TableView::default()
    }
}
