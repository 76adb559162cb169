//! How long jobs wait against what their labs are billed, a point a strategy: what patience is worth where jobs may overflow to a cloud.
use super::Drawn;
use super::data::{Data, Figure};
use super::find::Cell;
use super::tables;
use super::words::{Unit, plain, short, with_error};
use crate::report::chart::{Axis, Chart, Kind, Spot};

/// The finding, for a verdict.
pub fn sentence(data: &Data) -> Option<String> {
    build(data).map(|drawn| format!("{}.", drawn.chart.title))
}

/// A strategy: what labs are billed [USD], how long jobs wait [h].
struct Point<'a> {
    strategy: &'a str,
    bill: f64,
    bill_ends: Option<(f64, f64)>,
    wait: f64,
    wait_ends: Option<(f64, f64)>,
    overflowed: f64,
    /// Work that failures and short notices destroyed [chip-h], with its interval where one row is all there is.
    lost: (f64, Option<(f64, f64)>),
    jobs: f64,
}

/// Every strategy of the first future; None without a pool to overflow to, spot or blocks, without a bill, or without two strategies.
pub fn build(data: &Data) -> Option<Drawn> {
    let first = data.first_cell()?;
    let asked = ["jobs_overflowed", "reclaims_per_day"];
    let asks = |cell: &Cell| asked.iter().any(|metric| !data.of_kind(*cell, "workload", metric).is_empty());
    let cells = cells_of(data);
    if !cells.iter().any(asks) {
        return None;
    }
    let points: Vec<Point> = cells.into_iter().filter_map(|cell| point(data, cell)).collect();
    if points.len() < 2 {
        return None;
    }
    let most = points.iter().map(|p| p.bill).fold(0.0, f64::max);
    let unit = Unit::fit([most]);
    let money = |usd: f64| unit.of(usd);
    let positive = || points.iter().map(|p| p.wait).filter(|wait| 0.0 < *wait);
    let shortest = positive().fold(f64::MAX, f64::min);
    let (wait_unit, hours) = if 48.0 <= shortest && shortest < f64::MAX { ("d", 24.0) } else { ("h", 1.0) };
    let log = positive().fold(0.0, f64::max) > 50.0 * shortest;
    let least = points.iter().min_by(|a, b| (a.bill, a.wait).partial_cmp(&(b.bill, b.wait)).expect("numbers"))?;
    let label = |word: &str| plain(word);
    // Of those that cannot be told from the one that waits least, the cheapest.
    let quick = points.iter().min_by(|a, b| a.wait.total_cmp(&b.wait))?;
    // What reads the same is no shorter wait.
    let shown = |p: &Point| short(p.wait / hours);
    let as_quick = |p: &&Point| {
        p.wait < least.wait && shown(p) != shown(least) && p.wait <= quick.wait_ends.map_or(quick.wait, |ends| ends.1)
    };
    let cheapest = points.iter().filter(|p| unit.words(p.bill) == unit.words(least.bill)).count();
    let best = points.iter().filter(as_quick).min_by(|a, b| a.bill.total_cmp(&b.bill));
    let name = label(least.strategy);
    let title = match (best, cheapest) {
        (None, _) if least.wait <= quick.wait => format!("{name} waits least and costs least"),
        (None, _) => format!("{name} costs least; nobody waits noticeably less than its {} {wait_unit}", shown(least)),
        (Some(best), cheapest) => {
            let first = if cheapest == 1 {
                format!("{name} costs least and waits {} {wait_unit}", shown(least))
            } else {
                format!("Of the cheapest, {name} waits least: {} {wait_unit}", shown(least))
            };
            format!("{first}; waiting {} {wait_unit} costs USD {}", shown(best), unit.words(best.bill))
        }
    };
    let spot = |p: &Point| Spot {
        name: label(p.strategy),
        x: money(p.bill),
        y: p.wait / hours,
        ends: [
            p.bill_ends.map(|(a, b)| (money(a), money(b))),
            p.wait_ends.map(|(a, b)| (a.max(0.0) / hours, b / hours)),
        ],
    };
    let n = data.of_kind(first, "workload", "wait_mean").first().and_then(|r| r.1.figure.n);
    let chart = Chart {
        title,
        subtitle: format!(
            "A point a strategy; less is better both ways, and no strategy is below the dashed line in both; mean wait over all jobs; {}{}",
            data.shown_of(&[first, first]),
            data.provenance(n)
        ),
        x: Axis::linear(format!("Billed to the labs [{}]", unit.of_dollars())),
        y: if log {
            Axis::log(format!("Mean wait [{wait_unit}], log scale; an open dot is 0"))
        } else {
            Axis::linear(format!("Mean wait [{wait_unit}]"))
        },
        kind: Kind::Frontier { points: points.iter().map(spot).collect() },
        empty_reason: "no job started".to_string(),
    };
    let half = |ends: Option<(f64, f64)>| ends.map(|(a, b)| (b - a) / 2.0);
    // Where jobs are taken off with a notice, what that destroys is part of the price.
    let loses = cells_of(data).iter().any(|cell| !data.of_kind(*cell, "workload", "reclaims_per_day").is_empty());
    let row = |p: &Point| {
        let mut row = vec![
            p.strategy.to_owned(),
            unit.show(p.bill),
            with_error(Some(p.wait / hours), half(p.wait_ends).map(|h| h / hours)),
            short(p.overflowed),
            short(p.jobs),
        ];
        if loses {
            row[1] = with_error(Some(money(p.bill)), half(p.bill_ends).map(money));
            row.push(with_error(Some(p.lost.0), half(p.lost.1)));
        }
        row
    };
    let mut headers = vec![
        "Strategy".to_string(),
        format!("billed [{}]", unit.of_dollars()),
        format!("mean wait [{wait_unit}]"),
        "jobs overflowed".into(),
        "jobs started".into(),
    ];
    if loses {
        headers.push("work lost [chip-h]".into());
    }
    let caption = format!("Waits and bills, {}", data.mean_words());
    let table = tables::table(caption, headers, 1, points.iter().map(row).collect());
    let notes = vec![
        "What the nodes cost that all strategies have is in none of these bills unless the scenario prices them."
            .into(),
    ];
    Some(Drawn { chart, table, notes })
}

/// Each strategy under the first future.
fn cells_of(data: &Data) -> Vec<Cell<'_>> {
    let Some(first) = data.first_cell() else { return Vec::new() };
    data.distinct_strategies().into_iter().map(|strategy| Cell { strategy, ..first }).collect()
}

/// What all labs pay and the mean wait of all jobs, with an interval only where one workload is all there is.
fn point<'a>(data: &Data, cell: Cell<'a>) -> Option<Point<'a>> {
    let of = |metric: &'static str| -> Vec<(String, Figure)> {
        data.of_kind(cell, "workload", metric).into_iter().map(|(scope, row)| (scope.to_owned(), row.figure)).collect()
    };
    let (overflowed, waits, started) = (of("jobs_overflowed"), of("wait_mean"), of("jobs_started"));
    // What labs pay is what clouds receive; `cashflow.csv` has means over runs.
    let billed = ["usage", "reservation", "reserved_inference", "shortfall", "capacity_block"];
    let paid = data.cash.iter().filter(|line| {
        line.strategy == cell.strategy && line.future == cell.future && billed.contains(&line.line.as_str())
    });
    let bill = paid.filter_map(|line| line.total).reduce(|a, b| a + b)?;
    let sum = |rows: &[(String, Figure)]| rows.iter().filter_map(|row| row.1.mean).sum::<f64>();
    let jobs = sum(&started);
    // A workload whose jobs never start has no wait; one with a wait and without a count has no place in a mean.
    let weight = |name: &str| started.iter().find(|row| row.0 == name)?.1.mean;
    let timed = waits.iter().filter_map(|(name, wait)| Some((name, wait.mean?)));
    let waited = timed.map(|(name, wait)| Some(weight(name)? * wait)).sum::<Option<f64>>()?;
    let alone = |rows: &[(String, Figure)]| match rows {
        [(_, one)] => one.interval(),
        _ => None,
    };
    let other = |kind: &str, metric: &'static str| -> Vec<(String, Figure)> {
        let rows = data.of_kind(cell, kind, metric).into_iter();
        rows.map(|(scope, row)| (scope.to_owned(), row.figure)).filter(|row| row.1.mean != Some(0.0)).collect()
    };
    let (revenue, lost) = (other("cloud", "revenue"), other("workload@pool", "lost_chip_hours"));
    (jobs > 0.0).then(|| Point {
        strategy: cell.strategy,
        bill,
        // Revenue of the one cloud there is, unless a lab of its own pays it.
        bill_ends: alone(&revenue).filter(|(a, b)| *a <= bill && bill <= *b),
        lost: (sum(&lost), alone(&lost)),
        wait: waited / jobs,
        wait_ends: alone(&waits),
        overflowed: sum(&overflowed),
        jobs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::page::data::Summary;
    use crate::report::page::sample;

    /// Without a pool to overflow to there is no such question; with one there is a point for every strategy that has runs of its own.
    #[test]
    fn a_point_a_strategy_where_jobs_may_overflow() {
        let mut data = Data::parse(&sample::files()).unwrap();
        assert!(build(&data).is_none());
        let waits = data.summary.iter().filter(|r| r.metric == "wait_mean");
        let overflowed: Vec<Summary> =
            waits.map(|r| Summary { metric: "jobs_overflowed".into(), ..r.clone() }).collect();
        data.summary.extend(overflowed);
        let drawn = build(&data).unwrap();
        let Kind::Frontier { points } = &drawn.chart.kind else { panic!("another kind") };
        assert_eq!((points.len(), drawn.table.rows.len()), (3, 3));
        assert!(sentence(&data).unwrap().contains("waits least"));
    }
}
