//! Shares of silicon vendors on several bases: the unit decides who has the majority (economics F16).
use super::Drawn;
use super::data::{Concentration, Data};
use super::find::once;
use super::tables;
use super::words::{list, percent};
use crate::report::chart::{Axis, Chart, Kind, Part};

/// Bars by base, one a vendor, for the last twelve months; first strategy, first future.
pub fn build(data: &Data) -> Option<Drawn> {
    let cell = data.first_cell()?;
    let shares = || data.concentration_of(cell, "silicon_vendor").filter(|r| r.measure == "share");
    let last = shares().map(|r| r.period.as_str()).max()?;
    let rows: Vec<&Concentration> = shares().filter(|r| r.period == last).collect();
    let bases = once(rows.iter().map(|r| r.base.as_str()));
    let vendors = once(rows.iter().map(|r| r.name.as_str()));
    let share = |base: &str, vendor: &str| rows.iter().find(|r| r.base == base && r.name == vendor)?.figure.mean;
    let figure = |base: &str, vendor: &str| rows.iter().find(|r| r.base == base && r.name == vendor).map(|r| r.figure);
    let part = |vendor: &&str| {
        let ends = |b: &&str| figure(b, vendor)?.interval().map(|(low, high)| (100.0 * low, 100.0 * high));
        Part::of(*vendor, bases.iter().map(|b| share(b, vendor).map(|s| 100.0 * s)).collect())
            .with_ends(bases.iter().map(ends).collect())
    };
    let cells = |b: &&str| {
        vendors.iter().map(|v| figure(b, v).map(tables::share_with_error).unwrap_or_default()).collect::<Vec<_>>()
    };
    let body = bases.iter().map(|b| std::iter::once(unit(b)).chain(cells(b)).collect()).collect();
    let headers = std::iter::once("Unit".to_string()).chain(vendors.iter().map(ToString::to_string)).collect();
    let caption = format!("Shares in the twelve months to {last}, {}", data.mean_words());
    let table = tables::table(caption, headers, 1, body);
    let mut notes = Vec::new();
    if bases.contains(&"effective_flop") {
        let mut of =
            data.concentration_of(cell, "silicon_vendor").filter(|r| r.period == last && r.base == "effective_flop");
        let covered = of.find(|r| r.measure == "covered").and_then(|r| r.figure.mean);
        let covered = covered.map(|c| format!(", {} of the productive chip-hours", percent(c))).unwrap_or_default();
        notes.push(format!(
            "Effective FLOP counts only work that states an mfu{covered}; chips that are reserved have no part in it."
        ));
    }
    notes.extend(once(rows.iter().map(|r| r.note.as_str()).filter(|n| !n.is_empty())).into_iter().map(str::to_string));
    let chart = Chart {
        title: title(&bases, &vendors, share)?,
        subtitle: format!(
            "{}mean share over runs, twelve months to {last}; whiskers: 95\u{a0}% interval; FLOP is dense BF16 at the mfu of the work that \
             states one, other work left out; USD is unit cost at median; {}",
            data.shown(cell),
            data.dated_provenance(rows.iter().find_map(|r| r.figure.n))
        ),
        x: Axis::categories(""),
        y: Axis::linear("Share [%]"),
        kind: Kind::Bars {
            categories: bases.iter().map(|b| unit(b)).collect(),
            parts: vendors.iter().map(part).collect(),
        },
        empty_reason: "no chip was installed".to_string(),
    };
    Some(Drawn { chart, table, notes })
}

/// Who leads on which base: the finding that an index hides.
fn title(bases: &[&str], vendors: &[&str], share: impl Fn(&str, &str) -> Option<f64>) -> Option<String> {
    // A vendor without a share in a unit does not lead in it.
    let leads = |base: &str| {
        let known = vendors.iter().filter_map(|vendor| Some((*vendor, share(base, vendor)?)));
        known.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(vendor, _)| vendor)
    };
    let leaders = once(bases.iter().filter_map(|b| leads(b)));
    let by = |leader: &str| {
        let units: Vec<String> = bases.iter().filter(|b| leads(b) == Some(leader)).map(|b| unit(b)).collect();
        format!("{leader} by {}", list(&units.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    match leaders.as_slice() {
        [] => None,
        [one] if vendors.len() == 1 => Some(format!("All silicon is from {one}")),
        [one] => {
            let shares: Vec<f64> = bases.iter().filter_map(|b| share(b, one)).collect();
            let (low, high) = shares.iter().fold((f64::MAX, f64::MIN), |(l, h), s| (l.min(*s), h.max(*s)));
            Some(format!("{one} leads in every unit, with {} to {}", percent(low), percent(high)))
        }
        several => {
            let each: Vec<String> = several.iter().map(|l| by(l)).collect();
            Some(format!("The largest silicon vendor depends on the unit: {}", each.join("; ")))
        }
    }
}

fn unit(base: &str) -> String {
    match base {
        "mw" => "MW".to_string(),
        "effective_flop" => "effective FLOP".to_string(),
        "usd_at_cost" => "USD at cost".to_string(),
        other => super::words::plain(other),
    }
}
