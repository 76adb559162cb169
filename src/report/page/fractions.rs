//! What installed chips do: the four fractions by pool.
use super::data::Data;
use super::find::once;
use super::words::percent;
use crate::report::chart::{Axis, Chart, Kind, Part};

const FRACTIONS: [(&str, &str); 4] =
    [("allocated", "allocated_fraction"), ("busy", "busy_fraction"), ("goodput", "goodput_fraction"), ("MFU", "mfu")];

/// Allocated, busy, goodput and MFU by pool over the whole study; first strategy, first future.
pub fn build(data: &Data) -> Option<Chart> {
    let cell = data.first_cell()?;
    let pools = once(FRACTIONS.iter().flat_map(|f| data.of_kind(cell, "pool", f.1)).map(|r| r.0));
    let value = |pool: &str, metric: &'static str| {
        data.of_kind(cell, "pool", metric).into_iter().find(|r| r.0 == pool)?.1.figure.mean
    };
    let part = |(name, metric): &(&str, &'static str)| Part {
        name: (*name).to_string(),
        values: pools.iter().map(|p| value(p, metric).map(|v| 100.0 * v)).collect(),
    };
    let both = |pool| Some((pool, value(pool, "allocated_fraction")?, value(pool, "goodput_fraction")?));
    let known = pools.iter().copied().filter_map(both);
    let title = match known.max_by(|a, b| (a.1 - a.2).total_cmp(&(b.1 - b.2))) {
        Some((pool, allocated, goodput)) => {
            format!("{pool}: {} of chip-time is allocated, {} is productive", percent(allocated), percent(goodput))
        }
        None => "What the chips of each pool do".to_string(),
    };
    let n = data.of_kind(cell, "pool", "allocated_fraction").first().and_then(|r| r.1.figure.n);
    Some(Chart {
        title,
        subtitle: format!(
            "{}share of up chip-time that is not reserved; MFU is useful FLOP over BF16 peak of allocated chip-time; mean over runs; {}",
            data.shown(cell),
            data.provenance(n)
        ),
        x: Axis::categories(""),
        y: Axis::linear("Share of chip-time [%]"),
        kind: Kind::Bars {
            categories: pools.iter().map(ToString::to_string).collect(),
            parts: FRACTIONS.iter().map(part).filter(|p| p.values.iter().any(Option::is_some)).collect(),
        },
        empty_reason: "no chip was installed".to_string(),
    })
}
