//! What the tiers of serving make of each other: the table of windows, the summary by figure and stratum, and `model_error.csv`. Plays nothing.

use super::csv_out::{self, to_csv};
use super::table::{Cell, Column, Table, show};
use crate::measure::{Period, Scope};
use crate::study::{CellOutcome, Played, TierCheck};
use crate::tiers::{FIGURES, Figure, Found, Verdict, Why};
use crate::world::World;

fn why(why: Why) -> &'static str {
    match why {
        Why::Highest => "highest load",
        Why::Steepest => "steepest ramp",
        Why::Stratum => "stratum",
    }
}

/// An error on the scale of its tolerance, for people: `+1.2 %`, or points.
fn off(found: &Found) -> String {
    let scaled = 100.0 * found.scaled();
    let unit = if found.figure.relative() { "%" } else { "pt" };
    if scaled.is_finite() { format!("{scaled:+.1} {unit}") } else { format!("{:+.3}", found.error()) }
}

/// One line a window: what the fluid tier says, what requests say with the half-width of its interval, and the difference of each figure.
pub fn windows(world: &World, check: &TierCheck) -> Table {
    let mut columns = ["service", "tick", "why"].map(Column::left).to_vec();
    columns.extend(["load", "replicas", "idc", "ramp", "requests"].map(Column::right));
    columns.extend(FIGURES.map(|figure| Column::left(figure.name())));
    let mut table =
        Table::new("fluid tier against request tier, by window: fluid | request ± half-width, error", columns);
    for window in &check.windows {
        let (candidate, compared) = (&window.candidate, &window.compared);
        let tick = &candidate.tick;
        let fixed = |value: f64, digits: usize| Cell::Number { value, shown: format!("{value:.digits$}") };
        let mut row = vec![
            Cell::text(&world.services[candidate.row.service].path),
            Cell::text(&world.calendar.date(candidate.row.at).to_string()),
            Cell::text(why(window.chosen.why)),
            fixed(tick.peak(), 3),
            fixed(tick.replicas, 1),
            Cell::number(candidate.idc),
            fixed(tick.ramp(), 3),
            Cell::number(compared.requests as f64),
        ];
        row.extend(
            FIGURES.map(|figure| compared.found.iter().find(|one| one.figure == figure).map_or(Cell::Blank, cell)),
        );
        table.push(row);
    }
    for (service, reason) in &check.refused {
        table.note(format!("{} is not played: {reason}", world.services[*service].path));
    }
    table
}

fn cell(found: &Found) -> Cell {
    let word = match found.verdict() {
        Verdict::Ok => "",
        Verdict::Unsure => " unsure",
        Verdict::Miss => " MISS",
    };
    let text =
        format!("{} | {} ± {}, {}{word}", show(found.fluid), show(found.request), show(found.half_width), off(found));
    Cell::text(&text)
}

/// One line a figure, of all windows and of each stratum of load, burst and ramp.
pub fn summary(check: &TierCheck) -> Table {
    let mut columns = ["figure", "of"].map(Column::left).to_vec();
    columns.extend(
        ["windows", "tolerance", "mean_abs", "max_abs", "mean", "within", "unsure", "missed"].map(Column::right),
    );
    let mut table = Table::new("model error of the fluid tier, on the scale of its tolerance", columns);
    for figure in FIGURES {
        let found = |of: &dyn Fn(&Played) -> bool| -> Vec<Found> {
            let windows = check.windows.iter().filter(|window| of(window));
            windows
                .flat_map(|window| window.compared.found.iter().filter(|one| one.figure == figure))
                .copied()
                .collect()
        };
        table.push(line(figure, "all", &found(&|_| true)));
        for (axis, name) in ["load", "idc", "ramp"].into_iter().enumerate() {
            let mut bands: Vec<(usize, String)> = check.windows.iter().map(|window| band(window, axis)).collect();
            bands.sort();
            bands.dedup();
            for one in bands {
                let found = found(&|window: &Played| band(window, axis) == one);
                table.push(line(figure, &format!("{name} {}", one.1), &found));
            }
        }
    }
    table.note("busy_fraction, tpot and ttft: share of the request tier's figure; slo_attainment and shed_fraction: of the whole".to_owned());
    table.note(
        "unsure: beyond the tolerance by less than the 95 % interval of the request tier; missed: by more".to_owned(),
    );
    table
}

fn band(window: &Played, axis: usize) -> (usize, String) {
    let band = window.candidate.band;
    let [load, burst, ramp] = band.words();
    [(band.load, load), (band.burst, burst), (band.ramp, ramp)][axis].clone()
}

fn line(figure: Figure, of: &str, found: &[Found]) -> Vec<Cell> {
    let n = found.len() as f64;
    let percent = |value: f64| Cell::Number { value: 100.0 * value, shown: format!("{:.2}", 100.0 * value) };
    let finite: Vec<f64> = found.iter().map(Found::scaled).filter(|off| off.is_finite()).collect();
    let mean = |of: &dyn Fn(f64) -> f64| {
        if finite.is_empty() {
            Cell::Blank
        } else {
            percent(finite.iter().map(|off| of(*off)).sum::<f64>() / finite.len() as f64)
        }
    };
    let largest = finite.iter().map(|off| off.abs()).reduce(f64::max);
    let count = |verdict: Verdict| found.iter().filter(|one| one.verdict() == verdict).count() as f64;
    let within = if found.is_empty() { Cell::Blank } else { percent(count(Verdict::Ok) / n) };
    vec![
        Cell::text(figure.name()),
        Cell::text(of),
        Cell::number(n),
        percent(figure.tolerance()),
        mean(&f64::abs),
        largest.map_or(Cell::Blank, percent),
        mean(&|off| off),
        within,
        Cell::number(count(Verdict::Unsure)),
        Cell::number(count(Verdict::Miss)),
    ]
}

/// One line a service and figure over a whole run: its mean over runs, and its model error.
pub fn errors(world: &World, cell: &CellOutcome, check: &TierCheck) -> Table {
    let columns = ["service", "metric"].map(Column::left).into_iter();
    let columns = columns.chain(["mean", "model_error", "windows", "covered"].map(Column::right)).collect();
    let title = format!("{}, {}: fluid less request tier over draw 0", cell.strategy, cell.future);
    let mut table = Table::new(&title, columns);
    for error in &check.errors {
        let scope = Scope::Service(error.service);
        let values = cell.series(error.figure.metric(), scope, Period::All).unwrap_or_default();
        let values: Vec<f64> = values.into_iter().flatten().collect();
        let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        table.push(vec![
            Cell::text(&world.services[error.service].path),
            Cell::text(error.figure.metric()),
            Cell::maybe(mean),
            Cell::Number { value: error.error, shown: format!("{:+.4}", error.error) },
            Cell::number(error.windows as f64),
            Cell::Number { value: error.covered, shown: format!("{:.2}", error.covered) },
        ]);
    }
    table.note("covered: share of the run whose strata of load, burst and ramp had a window".to_owned());
    for (service, reason) in &check.refused {
        table.note(format!("{}: {reason}", world.services[*service].path));
    }
    table
}

/// Figures that missed, worst first: (figure, how many of how many, worst in words).
pub fn misses(world: &World, check: &TierCheck) -> Vec<String> {
    let of = |figure: Figure| {
        let all =
            check.windows.iter().flat_map(|window| window.compared.found.iter().map(move |found| (window, found)));
        let all: Vec<(&Played, &Found)> = all.filter(|(_, found)| found.figure == figure).collect();
        let (n, mut missed) = (all.len(), all);
        missed.retain(|(_, found)| found.verdict() == Verdict::Miss);
        let worst = missed.iter().max_by(|a, b| a.1.scaled().abs().total_cmp(&b.1.scaled().abs()))?;
        let tick = &worst.0.candidate;
        Some(format!(
            "{} misses in {} of {n} windows; worst {} (fluid {}, request {} ± {}) of {} at {}, load {:.2}",
            figure.name(),
            missed.len(),
            off(worst.1),
            show(worst.1.fluid),
            show(worst.1.request),
            show(worst.1.half_width),
            world.services[tick.row.service].path,
            world.calendar.date(tick.row.at),
            tick.tick.peak(),
        ))
    };
    FIGURES.into_iter().filter_map(of).collect()
}

/// Columns of `model_error.csv`.
const HEADERS: [&str; 22] = [
    "strategy",
    "future",
    "lab",
    "service",
    "tick",
    "why",
    "peak_load",
    "replicas",
    "idc",
    "ramp",
    "load_stratum",
    "idc_stratum",
    "ramp_stratum",
    "replicas_played",
    "requests",
    "metric",
    "fluid",
    "request",
    "request_half_width",
    "model_error",
    "tolerance",
    "verdict",
];

/// `model_error.csv`: one line a window and figure.
pub fn model_error_csv<'a>(checks: impl Iterator<Item = (&'a str, &'a str, &'a World, &'a TierCheck)>) -> String {
    let mut rows: Vec<Vec<csv_out::Cell>> = Vec::new();
    for (strategy, future, world, check) in checks {
        for window in &check.windows {
            let (candidate, tick) = (&window.candidate, &window.candidate.tick);
            let terms = &world.services[candidate.row.service];
            let [load, burst, ramp] = candidate.band.words();
            for found in &window.compared.found {
                let mut row: Vec<csv_out::Cell> = vec![strategy.into(), future.into()];
                row.extend([world.tenants[terms.tenant].name.as_str().into(), terms.name.as_str().into()]);
                row.push(world.calendar.date(candidate.row.at).to_string().into());
                row.push(why(window.chosen.why).into());
                row.extend([tick.peak(), tick.replicas, candidate.idc, tick.ramp()].map(csv_out::Cell::from));
                row.extend([load.as_str(), burst.as_str(), ramp.as_str()].map(csv_out::Cell::from));
                row.push(i64::from(window.compared.sample.replicas).into());
                row.push((window.compared.requests as i64).into());
                row.push(found.figure.name().into());
                row.extend([found.fluid, found.request, found.half_width, found.error()].map(csv_out::Cell::from));
                row.extend([found.figure.tolerance().into(), found.verdict().word().into()]);
                rows.push(row);
            }
        }
    }
    to_csv(&HEADERS, rows)
}
