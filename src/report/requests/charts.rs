//! Charts of a replay of requests: latencies by percentile, by class, batches and memory through time. Each with its numbers.

use super::About;
use crate::kernel::request::Totals;
use crate::replay::requests::{Figures, Goal, QUANTILES, Served, Tally, of_class};
use crate::report::chart::{Axis, Chart, Kind, Line, Panel, Reference, Row, percent, short};
use crate::report::html::TableView;
use crate::report::replay::Drawn;
use crate::stats::batches::Batches;
use crate::stats::histogram::Histogram;

/// Every chart, in reading order.
pub fn charts(about: &About<'_>, figures: &Figures, tally: &Tally<'_>) -> Vec<Drawn> {
    let mut drawn = vec![latency(about, figures, tally)];
    if 1 < about.goals.len() {
        drawn.push(by_class(about, figures, tally));
    }
    if 1 < about.served.len() {
        drawn.push(chips_by_model(about, figures, tally));
    }
    drawn.extend([batches(about, figures, tally), memory(about, figures, tally)]);
    drawn
}

fn provenance(about: &About<'_>) -> String {
    format!("n = {} requests; {}", crate::report::table::show(about.requests as f64), about.rules)
}

/// Percentiles at which a line has its points: enough in the tail to see the last of a thousand.
fn percentiles() -> impl Iterator<Item = f64> {
    (1..=98).map(|p| f64::from(p) / 100.0).chain((0..20).map(|p| 0.981 + f64::from(p) * 0.001))
}

/// A line of quantiles in seconds; zeros have no place on a log axis and are left out.
fn line(name: &str, batches: &Batches) -> Line {
    let histogram: Histogram = batches.histogram();
    let least = batches.count();
    let known = percentiles().filter(|p| 1.0 <= least as f64 * (1.0 - p) || *p <= 0.5);
    let points = known.filter_map(|p| Some((p * 100.0, histogram.quantile(p)? / 1e9))).filter(|point| 0.0 < point.1);
    Line::new(name, points)
}

fn latency(about: &About<'_>, figures: &Figures, tally: &Tally<'_>) -> Drawn {
    let all = tally.classes.last().expect("one at least");
    let series = vec![
        line("E2E: to the last token", &all.e2e_ns),
        line("TTFT: to the first token", &all.ttft_ns),
        line("TPOT: per token after it", &all.tpot_ns),
    ];
    let mut references = Vec::new();
    if let [goal] = about.goals {
        let mut add = |name: &str, value: Option<f64>| {
            references
                .extend(value.map(|value| Reference { name: format!("{name} target {} s", short(value)), value }));
        };
        add("TTFT", goal.ttft_s);
        add("TPOT", goal.tpot_s);
    }
    let value = |metric: &str| figures.find("all", metric).and_then(|figure| figure.value);
    let title = match (value("ttft_s_p99").or(value("ttft_s_p50")), value("attainment")) {
        (Some(_), Some(attained)) if about.goals.iter().any(Goal::aims) => {
            format!("{} of the requests meet their targets", percent(attained))
        }
        (Some(ttft), _) => format!(
            "One request in {} waits at least {} s for its first token",
            if value("ttft_s_p99").is_some() { "a hundred" } else { "two" },
            short(ttft)
        ),
        _ => "Latency by percentile".into(),
    };
    let chart = Chart {
        title,
        subtitle: format!("Quantiles over requests; {}", provenance(about)),
        x: Axis::linear("Requests that take no longer [%]"),
        y: Axis::log("Time [s], log scale"),
        kind: Kind::Lines { series, references },
        empty_reason: "no request was answered".into(),
    };
    let names = ["TTFT", "TPOT", "E2E"].into_iter().zip(["ttft", "tpot", "e2e"]);
    let rows = names.map(|(shown, metric)| row(shown, "all", metric, figures)).collect();
    Drawn { name: "latency", chart, table: numbers("Latencies [s]", "", rows), notes: interval_notes() }
}

fn interval_notes() -> Vec<String> {
    vec![
        "in brackets the 95 % interval by batch means (Eq. (139)); without it there are too few requests for one"
            .into(),
        "the run begins with empty replicas and no warm-up is taken off".into(),
    ]
}

fn numbers(caption: &str, first: &str, rows: Vec<Vec<String>>) -> TableView {
    let headers = [first].into_iter().chain(QUANTILES.map(|(name, _)| name)).map(str::to_owned).collect();
    TableView {
        caption: caption.into(),
        headers,
        numeric: vec![false, true, true, true, true, true],
        rows,
        ..TableView::default()
    }
}

fn row(shown: &str, class: &str, metric: &str, figures: &Figures) -> Vec<String> {
    let cell = |statistic: &str| {
        let Some(figure) = figures.find(class, &format!("{metric}_s_{statistic}")) else { return String::new() };
        match (figure.value, figure.ends) {
            (None, _) => String::new(),
            (Some(value), None) => short(value),
            (Some(value), Some((low, high))) => format!("{} ({} to {})", short(value), short(low), short(high)),
        }
    };
    [shown.to_owned()].into_iter().chain(QUANTILES.map(|(statistic, _)| cell(statistic))).collect()
}

fn by_class(about: &About<'_>, figures: &Figures, tally: &Tally<'_>) -> Drawn {
    let classes = about.goals.iter().zip(&tally.classes);
    let series = classes.map(|(goal, class)| line(&goal.name, &class.ttft_ns)).collect();
    let value = |at: usize| figures.find(of_class(about.goals, at), "attainment").and_then(|figure| figure.value);
    let shares: Vec<String> = (0..about.goals.len())
        .filter_map(|at| Some(format!("{} {}", about.goals[at].name, percent(value(at)?))))
        .collect();
    let chart = Chart {
        title: format!("Targets met by class: {}", shares.join(", ")),
        subtitle: format!("Time to first token, quantiles over requests of a class; {}", provenance(about)),
        x: Axis::linear("Requests that take no longer [%]"),
        y: Axis::log("Time to first token [s], log scale"),
        kind: Kind::Lines { series, references: Vec::new() },
        empty_reason: "no request was answered".into(),
    };
    Drawn { name: "classes", chart, table: classes_table(about, figures), notes: interval_notes() }
}

/// What each class was promised and what of it was kept, and its time to first token.
fn classes_table(about: &About<'_>, figures: &Figures) -> TableView {
    let cells = |goal: &Goal| {
        let seconds = |value: Option<f64>| value.map(short).unwrap_or_default();
        let value = |metric: &str| figures.find(&goal.name, metric).and_then(|figure| figure.value);
        let mut cells = row(&goal.name, &goal.name, "ttft", figures);
        cells.extend([seconds(goal.ttft_s), seconds(goal.tpot_s), seconds(goal.patience_s)]);
        let attained = value("attainment").map(|share| format!("{:.2}", 100.0 * share)).unwrap_or_default();
        cells.extend([attained, value("gave_up").map(short).unwrap_or_default()]);
        cells
    };
    let mut table = numbers("Time to first token by class, targets and what was kept [s]", "Class", Vec::new());
    let more = ["TTFT target", "TPOT target", "patience", "attained [%]", "gave up"];
    table.headers.extend(more.map(str::to_owned));
    table.numeric.extend(more.map(|_| true));
    table.rows = about.goals.iter().map(cells).collect();
    table
}

/// Who holds the chips of the pool through time.
fn chips_by_model(about: &About<'_>, figures: &Figures, tally: &Tally<'_>) -> Drawn {
    let chips: Vec<Vec<f64>> =
        (0..about.served.len()).map(|model| tally.chips_through_time(model, figures.totals.end_ns)).collect();
    let (x_axis, x) = axis(chips[0].len(), tally.bin_s(), end_s(figures));
    let line = |(served, chips): (&Served, &Vec<f64>)| {
        Line::new(served.name.as_str(), x.iter().copied().zip(chips.iter().copied()))
    };
    let held = |served: &Served| figures.find_of_model(&served.name, "chip_hours").and_then(|figure| figure.value);
    let known = || about.served.iter().filter_map(|served| Some((served, held(served)?)));
    let all: f64 = known().map(|(_, hours)| hours).sum();
    let title = match known().max_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((served, hours)) if 0.0 < all => {
            format!("{} holds {} of the chip-hours", served.name, percent(hours / all))
        }
        _ => "Chips by model".into(),
    };
    let pool = |chips: u64| Reference { name: format!("the pool's {chips} chips"), value: chips as f64 };
    let chart = Chart {
        title,
        subtitle: format!(
            "Chips of replicas that run, starting and draining included; means of {} s; {}",
            short(tally.bin_s()),
            provenance(about)
        ),
        x: x_axis,
        y: Axis::linear("Chips"),
        kind: Kind::Lines {
            series: about.served.iter().zip(&chips).map(line).collect(),
            references: about.pool_chips.map(pool).into_iter().collect(),
        },
        empty_reason: "no request was served".into(),
    };
    let row = |served: &Served| {
        let cell = |metric: &str, scale: f64| {
            let found = figures.find_of_model(&served.name, metric).and_then(|figure| figure.value);
            found.map(|value| short(value * scale)).unwrap_or_default()
        };
        vec![
            served.name.clone(),
            served.chips.to_string(),
            cell("requests", 1.0),
            cell("chip_hours", 1.0),
            cell("busy_fraction", 1.0),
            cell("ttft_s_p99", 1.0),
            cell("tpot_s_p99", 1e3),
            cell("attainment", 100.0),
            cell("gave_up", 1.0),
        ]
    };
    let headers = [
        "Model",
        "Chips a replica",
        "Requests",
        "Chip-hours",
        "busy",
        "TTFT p99 [s]",
        "TPOT p99 [ms]",
        "attained [%]",
        "gave up",
    ];
    let table = TableView {
        caption: "Models on one pool".into(),
        headers: headers.map(str::to_owned).to_vec(),
        numeric: (0..headers.len()).map(|column| 0 < column).collect(),
        rows: about.served.iter().map(row).collect(),
        ..TableView::default()
    };
    Drawn { name: "models", chart, table, notes: Vec::new() }
}

/// An axis for the middles of bins.
fn axis(bins: usize, bin_s: f64, end_s: f64) -> (Axis, Vec<f64>) {
    let (unit, seconds) = match end_s {
        _ if 3.0 * 86_400.0 <= end_s => ("days", 86_400.0),
        _ if 10_800.0 <= end_s => ("h", 3_600.0),
        _ if 180.0 <= end_s => ("min", 60.0),
        _ => ("s", 1.0),
    };
    let middles = (0..bins).map(|at| {
        let from = at as f64 * bin_s;
        0.5 * (from + (from + bin_s).min(end_s)) / seconds
    });
    (Axis::clock(format!("Time since the first arrival [{unit}]")), middles.collect())
}

fn end_s(figures: &Figures) -> f64 {
    (figures.totals.end_ns - figures.totals.first_ns) as f64 / 1e9
}

fn batches(about: &About<'_>, figures: &Figures, tally: &Tally<'_>) -> Drawn {
    let [batch, _, running, busy] = tally.through_time(figures.totals.end_ns);
    let (x_axis, x) = axis(batch.len(), tally.bin_s(), end_s(figures));
    let along = |values: &[f64]| Line::new("", x.iter().copied().zip(values.iter().copied()));
    // Replicas are few beside requests: each has its own axis.
    let row = |label: &str, lines: Vec<(usize, Line)>| Row {
        y: Axis::from_zero(label),
        references: Vec::new(),
        uprights: Vec::new(),
        shade: None,
        cells: vec![Panel { lines, ..Panel::default() }],
    };
    let keys = ["requests in batches", "replicas running", "replicas in an iteration"];
    let spent = figures.totals.spent();
    let mean = spent.batch_ns as f64 / (figures.totals.end_ns - figures.totals.first_ns).max(1) as f64;
    let most = batch.iter().copied().fold(0.0, f64::max);
    let chart = Chart {
        title: format!(
            "{} requests are in batches on average, {} in the fullest {} s",
            short(mean),
            short(most),
            short(tally.bin_s())
        ),
        subtitle: format!("All replicas, means of {} s; {}", short(tally.bin_s()), provenance(about)),
        x: x_axis,
        y: Axis::linear(""),
        kind: Kind::Panels {
            keys: keys.map(str::to_owned).to_vec(),
            columns: vec![String::new()],
            rows: vec![
                row("Requests in batches", vec![(0, along(&batch))]),
                row("Replicas", vec![(1, along(&running)), (2, along(&busy))]),
            ],
        },
        empty_reason: "no request was served".into(),
    };
    let totals = &figures.totals;
    let rows = totals.replicas.iter().enumerate().filter(|(_, spent)| 0 < spent.held_ns).map(|(at, spent)| {
        let of = |part: f64, whole: f64| if 0.0 < whole { short(part / whole) } else { String::new() };
        let model = Served::of_replica(tally.served(), at as u32).map(|model| &about.served[model].name);
        vec![
            model.map_or_else(|| at.to_string(), |name| format!("{at}, {name}")),
            of(spent.held_ns as f64, 3.6e12),
            of(spent.busy_ns as f64, spent.held_ns as f64),
            of(spent.batch_ns as f64, spent.busy_ns as f64),
            of(spent.output_tokens as f64, spent.busy_ns as f64 / 1e9),
            short(spent.kv_most as f64),
        ]
    });
    let headers =
        ["Replica", "running [h]", "busy", "requests a batch", "tokens/s while busy", "most tokens in memory"];
    let table = TableView {
        caption: "Replicas".into(),
        headers: headers.map(str::to_owned).to_vec(),
        numeric: vec![false, true, true, true, true, true],
        rows: rows.take(64).collect(),
        ..TableView::default()
    };
    let notes = if 64 < totals.replicas.len() { vec!["the first 64 replicas".into()] } else { Vec::new() };
    Drawn { name: "batches", chart, table, notes }
}

/// Tokens that fit the replicas that run, by bin.
fn room(about: &About<'_>, tally: &Tally<'_>, end_ns: u64) -> Vec<f64> {
    if let [only] = about.served {
        let [_, _, running, _] = tally.through_time(end_ns);
        return running.into_iter().map(|replicas| replicas * only.kv_tokens as f64).collect();
    }
    let mut room = Vec::new();
    for (model, served) in about.served.iter().enumerate() {
        let chips = tally.chips_through_time(model, end_ns);
        room.resize(chips.len(), 0.0);
        let tokens_per_chip = served.kv_tokens as f64 / f64::from(served.chips);
        room.iter_mut().zip(chips).for_each(|(room, chips)| *room += chips * tokens_per_chip);
    }
    room
}

/// Most of its memory that a replica ever used [-].
fn fullest(about: &About<'_>, totals: &Totals) -> f64 {
    let of = |served: &Served| {
        let replicas = &totals.replicas[served.replicas.start as usize..served.replicas.end as usize];
        let most = replicas.iter().map(|spent| spent.kv_most).max().unwrap_or(0);
        most as f64 / served.kv_tokens as f64
    };
    about.served.iter().map(of).fold(0.0, f64::max)
}

fn memory(about: &About<'_>, figures: &Figures, tally: &Tally<'_>) -> Drawn {
    let [_, kv, _, _] = tally.through_time(figures.totals.end_ns);
    let (x_axis, x) = axis(kv.len(), tally.bin_s(), end_s(figures));
    let room = room(about, tally, figures.totals.end_ns);
    let share = |at: usize| (0.0 < room[at]).then(|| 100.0 * kv[at] / room[at]);
    let points: Vec<(f64, f64)> = (0..kv.len()).filter_map(|at| Some((x[at], share(at)?))).collect();
    let most = figures.totals.spent().kv_most as f64;
    let limits: Vec<String> =
        about.served.iter().map(|served| crate::report::table::show(served.kv_tokens as f64)).collect();
    let chart = Chart {
        title: format!(
            "The fullest replica used {} of its memory for keys and values",
            percent(fullest(about, &figures.totals))
        ),
        subtitle: format!(
            "Mean over running replicas, of {} tokens each; means of {} s; {}",
            limits.join(" and "),
            short(tally.bin_s()),
            provenance(about)
        ),
        x: x_axis,
        y: Axis::linear("Memory for keys and values [%]"),
        kind: Kind::Lines { series: vec![Line::new("used", points)], references: Vec::new() },
        empty_reason: "no request was served".into(),
    };
    let spent = figures.totals.spent();
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let table = TableView {
        caption: "Memory for keys and values of a replica".into(),
        headers: ["Tokens", ""].map(str::to_owned).to_vec(),
        numeric: vec![false, true],
        rows: vec![
            row(
                "limit",
                about.served.iter().map(|served| short(served.kv_tokens as f64)).collect::<Vec<_>>().join("; "),
            ),
            row("mean while busy", short(spent.kv_ns as f64 / spent.busy_ns.max(1) as f64)),
            row("most", short(most)),
            row("times a request was set back", figures.totals.preemptions.to_string()),
        ],
        ..TableView::default()
    };
    Drawn { name: "memory", chart, table, notes: Vec::new() }
}
