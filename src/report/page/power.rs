//! Megawatts by pool through time, and how many of them are used.
use super::data::{Data, Monthly};
use super::find::{month_end, once};
use super::parts::fold_small;
use super::words::percent;
use crate::report::chart::{Axis, Chart, Kind, Line, Part};

/// Installed megawatts stacked by pool, used megawatts as a line; first strategy, first future.
pub fn build(data: &Data) -> Option<Chart> {
    let cell = data.first_cell()?;
    let rows: Vec<&Monthly> = data.pools_of(cell).collect();
    let months = once(rows.iter().map(|r| r.month.as_str()));
    let x: Vec<f64> = months.iter().map(|m| month_end(m)).collect::<Option<_>>()?;
    let at = |pool: &str, metric: &str| -> Vec<Option<f64>> {
        let of = |month: &&str| rows.iter().find(|r| r.pool == pool && r.month == *month)?.mean(metric);
        months.iter().map(of).collect()
    };
    let pools = once(rows.iter().map(|r| r.pool.as_str()));
    let areas: Vec<Part> =
        pools.iter().map(|p| Part { name: (*p).to_string(), values: at(p, "mw_installed") }).collect();
    let sum = |metric: &str| -> Vec<f64> {
        let rows: Vec<_> = pools.iter().map(|p| at(p, metric)).collect();
        (0..x.len()).map(|k| rows.iter().filter_map(|r| r[k]).sum()).collect()
    };
    let (installed, used) = (sum("mw_installed"), sum("mw_used"));
    let total: f64 = installed.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let share = |k: usize| used[k] / installed[k];
    let lowest = (0..x.len()).filter(|k| installed[*k] > 0.0).min_by(|a, b| share(*a).total_cmp(&share(*b)))?;
    let title = format!(
        "Chips draw {} of the megawatts installed for them; at the lowest, in {}, {}",
        percent(used.iter().sum::<f64>() / total),
        months[lowest],
        percent(share(lowest))
    );
    let n = rows.iter().find_map(|r| r.n);
    Some(Chart {
        title,
        subtitle: format!("{}mean over runs, MW at the meter, by month; {}", data.shown(cell), data.provenance(n)),
        x: Axis::dates(),
        y: Axis::linear("Power [MW]"),
        kind: Kind::StackedArea {
            overlays: vec![Line::new("used", x.iter().copied().zip(used))],
            x,
            areas: fold_small(areas, 8),
        },
        empty_reason: "no pool has a stated power".to_string(),
    })
}
