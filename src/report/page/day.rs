//! A day of one pool: how many chips serve, train, start, stand idle and are down at each hour, over the days of the study.
use super::Drawn;
use super::data::{Data, PoolTick};
use super::find::{Cell, once};
use super::tables;
use crate::report::chart::{Axis, Chart, Kind, Part};
use std::collections::BTreeMap;

/// Parts from the ground up: name, column, place in the palette.
const PARTS: [(&str, usize, usize); 6] =
    [("serving", 0, 0), ("starting", 1, 3), ("training", 2, 1), ("reserved", 3, 4), ("idle", 4, 5), ("down", 5, 6)];

/// Mean chips by hour of the day of the pool with most replicas, in the first cell.
pub fn build(data: &Data) -> Option<Drawn> {
    let cell = data.first_cell()?;
    let of = |row: &&PoolTick| row.strategy == cell.strategy && row.future == cell.future;
    let pools = once(data.pool_ticks.iter().filter(of).map(|row| row.pool.as_str()));
    let serving = |pool: &str| -> f64 { rows(data, cell, pool).map(|row| row.chips[0]).sum() };
    let pool = pools.into_iter().max_by(|a, b| serving(a).total_cmp(&serving(b)))?;
    let mut hours: BTreeMap<u32, ([f64; 6], f64)> = BTreeMap::new();
    for row in rows(data, cell, pool) {
        let (sum, n) = hours.entry(row.minute_of_day).or_default();
        sum.iter_mut().zip(row.chips).for_each(|(sum, chips)| *sum += chips);
        *n += 1.0;
    }
    let mean = |place: usize| -> Vec<f64> { hours.values().map(|(sum, n)| sum[place] / n).collect() };
    let used = PARTS.into_iter().filter(|part| mean(part.1).iter().any(|chips| *chips > 0.0));
    let used: Vec<(&str, usize, usize)> = used.collect();
    let middle = if hours.len() > 1 { 12.0 / hours.len() as f64 } else { 0.0 };
    let x: Vec<f64> = hours.keys().map(|minute| f64::from(*minute) / 60.0 + middle).collect();
    let areas = used.iter().map(|(name, place, slot)| Part::new(*name, mean(*place)).in_slot(*slot)).collect();
    let share = |place: usize, hour: f64| -> Option<f64> {
        let (sum, _) = hours.get(&((hour * 60.0) as u32))?;
        Some(100.0 * sum[place] / sum.iter().sum::<f64>())
    };
    let (most, least) = peak_hours(&mean(0), &x);
    // What training leaves by day; where nothing trains, what serving takes.
    let (part, word) =
        if mean(2).iter().any(|chips| 0.0 < *chips) { (2, "training holds") } else { (0, "serving takes") };
    let title = match (share(part, least.floor()), share(part, most.floor())) {
        (Some(night), Some(day)) => format!(
            "{pool}: {word} {night:.0}\u{a0}% of the chips at {:02.0}:00 UTC and {day:.0}\u{a0}% at {:02.0}:00",
            least.floor(),
            most.floor()
        ),
        _ => format!("A day of {pool}"),
    };
    let mut headers = vec!["Hour [UTC]".to_string()];
    headers.extend(used.iter().map(|part| part.0.to_string()));
    let body = hours.iter().map(|(minute, (sum, n))| {
        let start = vec![format!("{:02}:{:02}", minute / 60, minute % 60)];
        start.into_iter().chain(used.iter().map(|part| format!("{:.0}", sum[part.1] / n))).collect::<Vec<String>>()
    });
    let days = hours.values().map(|(_, n)| *n).fold(0.0, f64::max);
    let table = tables::table(format!("Chips of {pool} by hour of the day"), headers, 1, body.collect());
    let chart = Chart {
        title,
        subtitle: format!(
            "{}mean over {days:.0} days of one run; {}",
            data.shown_of(&[cell]),
            data.dated_provenance(Some(1.0))
        ),
        x: Axis::clock("Hour of the day [UTC]"),
        y: Axis::linear("Chips"),
        kind: Kind::StackedArea { x, areas, overlays: Vec::new() },
        empty_reason: "no tick was written".to_string(),
    };
    Some(Drawn { chart, table, notes: Vec::new() })
}

fn rows<'d>(data: &'d Data, cell: Cell<'d>, pool: &'d str) -> impl Iterator<Item = &'d PoolTick> {
    let here = move |row: &&PoolTick| row.strategy == cell.strategy && row.future == cell.future && row.pool == pool;
    data.pool_ticks.iter().filter(here)
}

/// Hours at which most and fewest chips serve.
fn peak_hours(serving: &[f64], x: &[f64]) -> (f64, f64) {
    let by = |a: &usize, b: &usize| serving[*a].total_cmp(&serving[*b]);
    let at = |place: Option<usize>| place.map_or(0.0, |place| x[place]);
    (at((0..x.len()).max_by(by)), at((0..x.len()).min_by(by)))
}
