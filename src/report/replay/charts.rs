//! Charts of a replay: allocation through time, waits by size, one window, free chips, what became of the chip-time. Each with its numbers.
//! Computes no result: everything was counted as the replay went on.

use super::about::About;
use super::gantt;
use crate::replay::{Outcome, SizeClass, Tariff, Watch};
use crate::report::chart::{Axis, Chart, Kind, Line, Part, Step, percent, short};
use crate::report::html::{Section, TableView};

/// A chart, its name as a file, its numbers and what to know of them.
pub struct Drawn {
    /// `charts/<name>.svg`.
    pub name: &'static str,
    /// The picture.
    pub chart: Chart,
    /// Its numbers.
    pub table: TableView,
    /// Small print.
    pub notes: Vec<String>,
}

impl Drawn {
    /// The part of a page that shows it, drawn as `svg`.
    pub fn section(&self, svg: &str) -> Section {
        Section {
            heading: self.chart.title.clone(),
            paragraphs: Vec::new(),
            chart: Some(svg.to_owned()),
            table: Some(self.table.clone()),
            notes: self.notes.clone(),
        }
    }
}

/// Every chart, in reading order.
pub fn charts(about: &About<'_>, outcome: &Outcome, watch: &Watch) -> Vec<Drawn> {
    vec![
        waits(about, watch),
        allocation(about, outcome, watch),
        gantt::window(about, outcome, watch),
        fragmentation(about, outcome, watch),
        waterfall(about, outcome),
    ]
}

/// Name, quantile, jobs it needs: of fewer than 100 there is no one in a hundred.
const QUANTILES: [(&str, f64, u64); 3] = [("p50", 0.5, 1), ("p90", 0.9, 10), ("p99", 0.99, 100)];

/// Waits by size of the gang.
fn waits(about: &About<'_>, watch: &Watch) -> Drawn {
    let sizes: Vec<_> = watch.sizes().collect();
    let quantile = |p: f64, least: u64| -> Vec<Option<f64>> {
        let of = |size: &&SizeClass| size.quantile_us(p).filter(|_| least <= size.jobs).map(|us| us / 1e6);
        sizes.iter().map(of).collect()
    };
    let all: Vec<Vec<Option<f64>>> = QUANTILES.iter().map(|(_, p, least)| quantile(*p, *least)).collect();
    let longest = all.iter().flatten().flatten().copied().fold(0.0, f64::max);
    let (unit, seconds) = unit_of(longest);
    let positive = || all.iter().flatten().flatten().copied().filter(|v| 0.0 < *v);
    let log = positive().fold(0.0, f64::max) > 50.0 * positive().fold(f64::MAX, f64::min);
    let in_unit = |values: &Vec<Option<f64>>| values.iter().map(|v| v.map(|v| v / seconds)).collect::<Vec<_>>();
    // A quantile of which nothing is known has no bar and no key.
    let known = |which: &usize| all[*which].iter().any(Option::is_some);
    let parts: Vec<Part> = (0..QUANTILES.len())
        .filter(known)
        .map(|which| Part::of(QUANTILES[which].0, in_unit(&all[which])).in_slot(which))
        .collect();
    let one_in = ["two", "ten", "a hundred"][(0..QUANTILES.len()).rev().find(known).unwrap_or(0)];
    let title = match longest_wait(&all) {
        Some((at, which, wait)) => format!(
            "Jobs of {} wait longest: {} for at least {} {unit}",
            sizes[at].name(),
            ["half of them", "one in ten", "one in a hundred"][which],
            short(wait / seconds)
        ),
        None if longest == 0.0 && !sizes.is_empty() => format!("Not one job in {one_in} waits, of any size"),
        None => "Waits by size of the job".to_owned(),
    };
    let label = format!("Wait [{unit}]{}", if log { ", log scale; an open dot is 0 or next to it" } else { "" });
    let count = |n: u64| short(n as f64);
    let chart = Chart {
        title,
        subtitle: format!("Submission to first start, quantiles over jobs; {}", about.provenance()),
        x: Axis::categories(""),
        y: if log { Axis::log(label) } else { Axis::linear(label) },
        kind: Kind::Bars {
            categories: sizes.iter().map(|size| format!("{} (n = {})", size.name(), count(size.jobs))).collect(),
            parts,
        },
        empty_reason: "no job started".into(),
    };
    let rows = sizes.iter().enumerate().map(|(at, size)| {
        let mut row = vec![size.name(), count(size.jobs)];
        row.extend(all.iter().map(|values| values[at].map(|v| short(v / seconds)).unwrap_or_default()));
        row
    });
    let table = TableView {
        caption: format!("Waits [{unit}]"),
        headers: ["Size", "jobs", "p50", "p90", "p99"].map(str::to_owned).to_vec(),
        numeric: vec![false, true, true, true, true],
        rows: rows.collect(),
        ..TableView::default()
    };
    let notes = vec!["p90 is blank where fewer than 10 jobs started, p99 where fewer than 100".into()];
    Drawn { name: "waits", chart, table, notes }
}

/// Waits that differ by less are as long: quantiles come from histograms.
const AS_LONG: f64 = 0.99;

/// Size, quantile and wait of whoever waits longest [s]. Where more of another size wait as long, such as until they overflow, that size.
fn longest_wait(all: &[Vec<Option<f64>>]) -> Option<(usize, usize, f64)> {
    let known =
        || all.iter().enumerate().flat_map(|(which, of)| of.iter().enumerate().map(move |(at, w)| (at, which, *w)));
    let waits = || known().filter_map(|(at, which, wait)| Some((at, which, wait?)));
    let longest = waits().map(|found| found.2).fold(0.0, f64::max);
    let as_long = waits().filter(|found| 0.0 < longest && AS_LONG * longest <= found.2);
    as_long.min_by(|a, b| a.1.cmp(&b.1).then(b.2.total_cmp(&a.2)).then(a.0.cmp(&b.0)))
}

/// Seconds, minutes, hours or days, whichever reads well up to `longest` seconds.
pub(super) fn unit_of(longest: f64) -> (&'static str, f64) {
    match longest {
        _ if longest >= 10.0 * 86_400.0 => ("days", 86_400.0),
        _ if longest >= 2.0 * 3_600.0 => ("h", 3_600.0),
        _ if longest >= 120.0 => ("min", 60.0),
        _ => ("s", 1.0),
    }
}

/// Chips held by queue through time, the cloud above the capacity of the fleet.
fn allocation(about: &About<'_>, outcome: &Outcome, watch: &Watch) -> Drawn {
    let capacity = outcome.all.chips as f64;
    let (axis, x) = about.axis(&watch.middles_us());
    let held = watch.held();
    let areas = held.iter().enumerate().map(|(at, (name, cloud, means))| {
        let part = Part::new(if *cloud { "overflow (cloud)" } else { name }, means.iter().copied());
        if *cloud { part.in_slot(6).light() } else { part.in_slot(if at < 6 { at } else { at + 1 }) }
    });
    let areas: Vec<Part> = areas.collect();
    let own = |at: usize| held.iter().filter(|row| !row.1).filter_map(|row| row.2.get(at)).sum::<f64>();
    let most = (0..x.len()).map(own).fold(0.0, f64::max);
    let mean = outcome.all.spent.allocated as f64 / watch.end_us().max(1) as f64;
    let of = |chips: f64| if capacity > 0.0 { percent(chips / capacity) } else { "none".into() };
    let ends: Vec<(f64, f64)> =
        about.axis(&[0.0, watch.end_us() as f64]).1.into_iter().map(|at| (at, capacity)).collect();
    let bin = about.bin(watch.end_us(), x.len());
    let chart = Chart {
        title: format!("{} of the chips are held on average, {} in the fullest {bin}", of(mean), of(most)),
        subtitle: format!("Chips held by queue, means of {bin}; {}", about.provenance()),
        x: axis,
        y: Axis::linear("Chips"),
        kind: Kind::StackedArea { x, areas, overlays: vec![Line::new("chips of the fleet", ends).dashed()] },
        empty_reason: "no job started".into(),
    };
    let row = |queue: &crate::replay::QueueOutcome| {
        let hours = |us: u128| short(us as f64 / 3.6e9);
        vec![
            queue.name.clone(),
            short(queue.chips as f64),
            hours(queue.spent.allocated),
            hours(queue.overflow_chip_us),
            queue.allocated_fraction().map(percent).unwrap_or_default(),
        ]
    };
    let table = TableView {
        caption: "Chip-hours held by queue".into(),
        headers: ["Queue", "chips", "on the fleet [chip-h]", "in the cloud [chip-h]", "allocated"]
            .map(str::to_owned)
            .to_vec(),
        numeric: vec![false, true, true, true, true],
        rows: outcome.queues.iter().chain([&outcome.all]).map(row).collect(),
        ..TableView::default()
    };
    let notes = vec![
        "allocated: chip-time held over that of the queue's chips, from the first submission to its last end".into(),
    ];
    Drawn { name: "allocation", chart, table, notes }
}

/// Free chips: on completely free nodes, and on nodes that are partly used.
fn fragmentation(about: &About<'_>, outcome: &Outcome, watch: &Watch) -> Drawn {
    let (axis, x) = about.axis(&watch.middles_us());
    let [partly, wholly] = watch.free();
    let [partly_us, wholly_us] = watch.free_chip_us().map(|us| us as f64);
    let free = partly_us + wholly_us;
    let share = if free > 0.0 { percent(partly_us / free) } else { "none".into() };
    let bin = about.bin(watch.end_us(), x.len());
    let chart = Chart {
        title: format!("{share} of the free chips stand on partly used nodes"),
        subtitle: format!(
            "Free chips, means of {bin}; a gang that needs whole nodes can use the upper part only; {}",
            about.provenance()
        ),
        x: axis,
        y: Axis::linear(format!("Free chips (of {})", short(outcome.all.chips as f64))),
        kind: Kind::StackedArea {
            x,
            areas: vec![
                Part::new("free on partly used nodes", partly).in_slot(1),
                Part::new("on completely free nodes", wholly).in_slot(0).light(),
            ],
            overlays: Vec::new(),
        },
        empty_reason: "no job started, or no chip was free".into(),
    };
    let row = |name: &str, us: f64| {
        let of = |whole: f64| if whole > 0.0 { percent(us / whole) } else { String::new() };
        let capacity = outcome.all.chips as f64 * watch.end_us() as f64;
        vec![name.to_owned(), short(us / 3.6e9), of(free), of(capacity)]
    };
    let table = TableView {
        caption: "Free chip-hours".into(),
        headers: ["Free", "chip-h", "of the free", "of capacity"].map(str::to_owned).to_vec(),
        numeric: vec![false, true, true, true],
        rows: vec![
            row("on partly used nodes", partly_us),
            row("on completely free nodes", wholly_us),
            row("together", free),
        ],
        ..TableView::default()
    };
    Drawn { name: "fragmentation", chart, table, notes: Vec::new() }
}

/// Capacity, what of it was allocated, and what that was spent on.
fn waterfall(about: &About<'_>, outcome: &Outcome) -> Drawn {
    let all = &outcome.all;
    let spent = &all.spent;
    let hours = |us: u128| us as f64 / 3.6e9;
    let step =
        |name: &str, us: u128, taken: bool, slot: usize| Step { name: name.into(), value: hours(us), taken, slot };
    let steps = vec![
        step("capacity", all.idle_chip_us + spent.allocated, false, 6),
        step("idle", all.idle_chip_us, true, 14),
        step("allocated", spent.allocated, false, 0),
        step("checkpoint", spent.checkpoint, true, 4),
        step("lost", spent.lost, true, 1),
        step("restart", spent.restart, true, 4),
        step("yielding", spent.yielding, true, 4),
        step("productive", spent.productive, false, 2),
    ];
    let of = |part: u128, whole: u128| if whole > 0 { percent(part as f64 / whole as f64) } else { "none".into() };
    let chart = Chart {
        title: format!(
            "{} of capacity is allocated, {} of that is work that was kept",
            of(spent.allocated, all.idle_chip_us + spent.allocated),
            of(spent.productive, spent.allocated)
        ),
        subtitle: format!(
            "Chip-hours of the fleet from the first submission to the last end, each counted where it happens; {}",
            about.provenance()
        ),
        x: Axis::categories(""),
        y: Axis::linear("Chip-hours"),
        kind: Kind::Waterfall { steps: steps.clone() },
        empty_reason: "no job started".into(),
    };
    let capacity = hours(all.idle_chip_us + spent.allocated);
    let share = |value: f64, whole: f64| if whole > 0.0 { percent(value / whole) } else { String::new() };
    let row = |at: usize, step: &Step| {
        let of_allocated = if at < 2 { String::new() } else { share(step.value, hours(spent.allocated)) };
        vec![step.name.clone(), short(step.value), share(step.value, capacity), of_allocated]
    };
    let table = TableView {
        caption: "Chip-hours of the fleet".into(),
        headers: ["Spent on", "chip-h", "of capacity", "of allocated"].map(str::to_owned).to_vec(),
        numeric: vec![false, true, true, true],
        rows: steps.iter().enumerate().map(|(at, step)| row(at, step)).collect(),
        ..TableView::default()
    };
    let notes =
        vec!["allocated = checkpoint + lost + restart + yielding + productive, to the microsecond of a chip".into()];
    Drawn { name: "goodput", chart, table, notes }
}

/// What the log would cost at a price, by queue; None without a price.
pub(super) fn bill(outcome: &Outcome, tariff: Option<&Tariff>) -> Option<TableView> {
    let tariff = tariff?;
    let row = |queue: &crate::replay::QueueOutcome| {
        let bill = super::Bill::of(queue, outcome, tariff);
        vec![
            queue.name.clone(),
            short(queue.demand_chip_us as f64 / 3.6e9),
            short(bill.all_rented_usd),
            short(queue.overflow_chip_us as f64 / 3.6e9),
            short(bill.overflow_usd),
            bill.owning_breaks_even_usd.map(short).unwrap_or_default(),
        ]
    };
    Some(TableView {
        caption: format!("At {} of {} in {}", tariff.kind.word(), tariff.instance, tariff.region),
        headers: [
            "Queue",
            "all jobs [chip-h]",
            "all rented [USD]",
            "overflow [chip-h]",
            "overflow [USD]",
            "owning breaks even [USD per chip-h owned]",
        ]
        .map(str::to_owned)
        .to_vec(),
        numeric: vec![false, true, true, true, true, true],
        rows: outcome.queues.iter().chain([&outcome.all]).map(row).collect(),
        ..TableView::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One in ten of the first size waits 3,600 s, and half of the second: the second waits longest. One in a hundred of the first for longer: the first.
    #[test]
    fn where_all_wait_as_long_it_is_those_of_whom_more_do() {
        let until = |p99: f64| vec![vec![Some(5.0), Some(3_598.0)], vec![Some(3_600.0), None], vec![Some(p99), None]];
        assert_eq!(longest_wait(&until(3_600.0)), Some((1, 0, 3_598.0)));
        assert_eq!(longest_wait(&until(7_200.0)), Some((0, 2, 7_200.0)));
        assert_eq!(longest_wait(&[vec![Some(0.0)], vec![None]]), None);
    }
}
