//! Megawatts by pool through time, and how many of each pool's are used.
use super::Drawn;
use super::data::{Data, Monthly, Summary};
use super::find::{Cell, month_end, once};
use super::tables;
use super::words::{percent, short, with_error};
use crate::report::chart::{Axis, Chart, Kind, Part};
use crate::report::html::TableView;

/// Pools with an area of their own; the smallest beyond them are one.
const MOST: usize = 6;

/// Used and unused megawatts stacked by pool; first strategy, first future.
pub fn build(data: &Data) -> Option<Drawn> {
    let cell = data.first_cell()?;
    let rows: Vec<&Monthly> = data.pools_of(cell).collect();
    let pools = once(rows.iter().map(|r| r.pool.as_str()));
    let figure =
        |pool: &str, month: &str, metric: &str| rows.iter().find(|r| r.pool == pool && r.month == month)?.mean(metric);
    // A month that lacks a pool's figure is left out: a stack without one of its layers would read as less power.
    let whole = |month: &&str| {
        pools.iter().all(|p| ["mw_used", "mw_installed"].iter().all(|metric| figure(p, month, metric).is_some()))
    };
    let months: Vec<&str> = once(rows.iter().map(|r| r.month.as_str())).into_iter().filter(whole).collect();
    // The mean of a month holds from its beginning to its end.
    let ends: Vec<f64> = months.iter().map(|m| month_end(m)).collect::<Option<_>>()?;
    let x: Vec<f64> = ends.iter().flat_map(|end| [end - 1.0 / 12.0, *end]).collect();
    let at = |pool: &str, metric: &str| months.iter().map(|month| figure(pool, month, metric)).collect::<Option<_>>();
    let each: Vec<Pool> = pools
        .iter()
        .map(|p| Some(Pool { name: (*p).to_string(), used: at(p, "mw_used")?, installed: at(p, "mw_installed")? }))
        .collect::<Option<Vec<Pool>>>()?
        .into_iter()
        .filter(|p| p.installed.iter().any(|mw| *mw > 0.0))
        .collect();
    let sum = |of: &dyn Fn(&Pool, usize) -> f64, k: usize| -> f64 { each.iter().map(|p| of(p, k)).sum() };
    let used: Vec<f64> = (0..months.len()).map(|k| sum(&|p, k| p.used[k], k)).collect();
    let installed: Vec<f64> = (0..months.len()).map(|k| sum(&|p, k| p.installed[k], k)).collect();
    let total: f64 = installed.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let share = |k: usize| used[k] / installed[k];
    let lowest = (0..months.len()).filter(|k| installed[*k] > 0.0).min_by(|a, b| share(*a).total_cmp(&share(*b)))?;
    let title = format!(
        "Chips draw {} of the megawatts installed for them; at the lowest, in {}, {}",
        percent(used.iter().sum::<f64>() / total),
        months[lowest],
        percent(share(lowest))
    );
    let n = rows.iter().find_map(|r| r.n);
    let areas = fold(each).into_iter().enumerate().flat_map(|(slot, p)| areas(p, slot));
    let key = Part::of("paler: installed, not used", vec![None; x.len()]).in_slot(6).light();
    let chart = Chart {
        title,
        subtitle: format!(
            "{}mean over runs, MW at the meter, by month; a pool's height is what is installed; {}",
            data.shown(cell),
            data.dated_provenance(n)
        ),
        x: Axis::dates(),
        y: Axis::linear("Power [MW]"),
        kind: Kind::StackedArea { x, areas: areas.chain([key]).collect(), overlays: Vec::new() },
        empty_reason: "no pool has a stated power".to_string(),
    };
    Some(Drawn { chart, table: table(data, cell, &pools), notes: Vec::new() })
}

struct Pool {
    name: String,
    used: Vec<f64>,
    installed: Vec<f64>,
}

/// The smallest pools as one, at the end.
fn fold(mut pools: Vec<Pool>) -> Vec<Pool> {
    if pools.len() <= MOST {
        return pools;
    }
    let size = |p: &Pool| p.installed.iter().sum::<f64>();
    let mut sizes: Vec<f64> = pools.iter().map(size).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let small: Vec<Pool> = pools.extract_if(.., |p| size(p) < sizes[MOST - 2]).collect();
    let months = small.first().map_or(0, |p| p.used.len());
    let sum = |of: fn(&Pool) -> &Vec<f64>| (0..months).map(|k| small.iter().map(|p| of(p)[k]).sum()).collect();
    let name = format!("{} others", small.len());
    pools.push(Pool { name, used: sum(|p| &p.used), installed: sum(|p| &p.installed) });
    pools
}

/// What a pool uses, and over it, paler, what it does not.
fn areas(pool: Pool, slot: usize) -> [Part; 2] {
    let idle = pool.installed.iter().zip(&pool.used).map(|(i, u)| (i - u).max(0.0)).collect::<Vec<_>>();
    [Part::new(pool.name, held(&pool.used)).in_slot(slot), Part::new("", held(&idle)).in_slot(slot).light()]
}

/// Each month's value at its beginning and at its end.
fn held(values: &[f64]) -> Vec<f64> {
    values.iter().flat_map(|value| [*value, *value]).collect()
}

/// Pools down, years across: installed and used as means of the year with their interval.
fn table(data: &Data, cell: Cell, pools: &[&str]) -> TableView {
    let of = |metric| data.by_year(cell, "pool", metric).collect::<Vec<&Summary>>();
    let (installed, used) = (of("mw_installed"), of("mw_used"));
    let years = once(installed.iter().map(|r| r.period.as_str()));
    let cells = |rows: &[&Summary], pool: &str| -> Vec<String> {
        let at = |year: &&str| rows.iter().find(|r| r.scope == pool && r.period == *year).map(|r| r.figure);
        years.iter().map(|y| at(y).map(|f| with_error(f.mean, f.half_width())).unwrap_or_default()).collect()
    };
    let row = |name: &str, what: &str, cells: Vec<String>| -> Vec<String> {
        [name, what].map(str::to_string).into_iter().chain(cells).collect()
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    let is_there = |pool: &str| installed.iter().any(|r| r.scope == pool && r.figure.mean.is_some_and(|m| m > 0.0));
    for pool in pools.iter().filter(|p| is_there(p)) {
        rows.push(row(pool, "installed", cells(&installed, pool)));
        rows.push(row("", "used", cells(&used, pool)));
    }
    let sum = |rows: &[&Summary], year: &str| -> f64 {
        rows.iter().filter(|r| r.period == year).filter_map(|r| r.figure.mean).sum()
    };
    for (name, what, of) in [("all pools", "installed", &installed), ("", "used", &used)] {
        rows.push(row(name, what, years.iter().map(|y| short(sum(of, y))).collect()));
    }
    let headers = ["Pool", "MW"].into_iter().chain(years.iter().copied()).map(str::to_string).collect();
    let caption = "Megawatts, mean of each year over runs, with the 95\u{a0}% interval of the mean where runs differ";
    tables::table(caption.to_string(), headers, 2, rows)
}
