//! What installed chips do: the four fractions by pool.
use super::Drawn;
use super::data::{Data, Figure};
use super::find::once;
use super::tables;
use super::words::percent;
use crate::report::chart::{Axis, Chart, Kind, Part};

const FRACTIONS: [(&str, &str); 4] =
    [("allocated", "allocated_fraction"), ("busy", "busy_fraction"), ("goodput", "goodput_fraction"), ("MFU", "mfu")];

/// Allocated, busy, goodput and MFU by pool over the whole study; the strategies side by side where they are few.
pub fn build(data: &Data) -> Option<Drawn> {
    let first = data.first_cell()?;
    let found = |cell| once(FRACTIONS.iter().flat_map(|f| data.of_kind(cell, "pool", f.1)).map(|r| r.0));
    let cells = data.side_by_side(found(first).len());
    let rows: Vec<_> = found(first).into_iter().flat_map(|pool| cells.iter().map(move |c| (pool, *c))).collect();
    let figure = |(pool, cell): &(&str, _), metric: &'static str| -> Option<Figure> {
        Some(data.of_kind(*cell, "pool", metric).into_iter().find(|r| r.0 == *pool)?.1.figure)
    };
    let part = |(name, metric): &(&str, &'static str)| {
        let figures: Vec<_> = rows.iter().map(|r| figure(r, metric)).collect();
        Part::of(*name, figures.iter().map(|f| Some(100.0 * (*f)?.mean?)).collect()).with_ends(
            figures.iter().map(|f| (*f)?.interval().map(|(a, b)| (100.0 * a.max(0.0), 100.0 * b.min(1.0)))).collect(),
        )
    };
    let mean = |pool, metric| figure(&(pool, first), metric)?.mean;
    let both = |pool| Some((pool, mean(pool, "allocated_fraction")?, mean(pool, "goodput_fraction")?));
    let pools = found(first);
    let title = match pools.iter().copied().filter_map(both).max_by(|a, b| (a.1 - a.2).total_cmp(&(b.1 - b.2))) {
        Some((pool, allocated, goodput)) if cells.len() == 1 && allocated - goodput >= 0.005 => {
            format!("{pool}: {} of chip-time is allocated, {} is productive", percent(allocated), percent(goodput))
        }
        Some(_) | None => "What the chips of each pool do".to_string(),
    };
    // A pool without chips of its own has no figure in any run: another says how many there are.
    let n = data.of_kind(first, "pool", "allocated_fraction").iter().filter_map(|r| r.1.figure.n).reduce(f64::max);
    let names: Vec<String> = rows.iter().map(|(pool, cell)| data.named_in(pool, *cell, cells.len())).collect();
    let parts: Vec<Part> = FRACTIONS.iter().map(part).filter(|p| p.values.iter().any(Option::is_some)).collect();
    let mut headers = vec!["Pool".to_string()];
    headers.extend(parts.iter().map(|p| p.name.clone()));
    let shown = |r| {
        let of = FRACTIONS.iter().filter(|f| parts.iter().any(|p| p.name == f.0));
        of.map(|f| figure(r, f.1).map(tables::share_with_error).unwrap_or_default()).collect::<Vec<String>>()
    };
    let body = rows.iter().zip(&names).map(|(r, name)| std::iter::once(name.clone()).chain(shown(r)).collect());
    let caption = format!("Fractions of chip-time over the whole study, {}", data.mean_words());
    let table = tables::table(caption, headers, 1, body.collect());
    let chart = Chart {
        title,
        subtitle: format!(
            "{}share of up chip-time that is not reserved; MFU is useful FLOP over BF16 peak of allocated chip-time; {}{}",
            data.shown_of(&cells),
            if data.runs() == Some(1.0) { "" } else { "mean over runs, whiskers: its 95\u{a0}% interval; " },
            data.dated_provenance(n)
        ),
        x: Axis::categories(""),
        y: Axis::linear("Share of chip-time [%]"),
        kind: Kind::Bars { categories: names, parts },
        empty_reason: "no chip was installed".to_string(),
    };
    Some(Drawn { chart, table, notes: Vec::new() })
}
