//! Shares of silicon vendors on several bases: the unit decides who has the majority (economics F16).
use super::data::{Concentration, Data};
use super::find::once;
use super::words::{list, percent};
use crate::report::chart::{Axis, Chart, Kind, Part};

/// Bars by base, one a vendor, for the last twelve months; first strategy, first future.
pub fn build(data: &Data) -> Option<Chart> {
    let cell = data.first_cell()?;
    let shares = || data.concentration_of(cell, "silicon_vendor").filter(|r| r.measure == "share");
    let last = shares().map(|r| r.period.as_str()).max()?;
    let rows: Vec<&Concentration> = shares().filter(|r| r.period == last).collect();
    let bases = once(rows.iter().map(|r| r.base.as_str()));
    let vendors = once(rows.iter().map(|r| r.name.as_str()));
    let share = |base: &str, vendor: &str| rows.iter().find(|r| r.base == base && r.name == vendor)?.figure.mean;
    let part = |vendor: &&str| Part {
        name: (*vendor).to_string(),
        values: bases.iter().map(|b| share(b, vendor).map(|s| 100.0 * s)).collect(),
    };
    Some(Chart {
        title: title(&bases, &vendors, share)?,
        subtitle: format!(
            "{}mean share, twelve months to {last}; FLOP is dense BF16 at the work's MFU, USD is unit cost at median; {}",
            data.shown(cell),
            data.provenance(rows.iter().find_map(|r| r.figure.n))
        ),
        x: Axis::categories(""),
        y: Axis::linear("Share [%]"),
        kind: Kind::Bars {
            categories: bases.iter().map(|b| unit(b)).collect(),
            parts: vendors.iter().map(part).collect(),
        },
        empty_reason: "no chip was installed".to_string(),
    })
}

/// Who leads on which base: the finding that an index hides.
fn title(bases: &[&str], vendors: &[&str], share: impl Fn(&str, &str) -> Option<f64>) -> Option<String> {
    let of = |base: &str, vendor: &str| share(base, vendor).unwrap_or(0.0);
    let leads = |base: &str| vendors.iter().copied().max_by(|a, b| of(base, a).total_cmp(&of(base, b)));
    let leaders = once(bases.iter().filter_map(|b| leads(b)));
    let by = |leader: &str| {
        let units: Vec<String> = bases.iter().filter(|b| leads(b) == Some(leader)).map(|b| unit(b)).collect();
        format!("{leader} by {}", list(&units.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    match leaders.as_slice() {
        [] => None,
        [one] if vendors.len() == 1 => Some(format!("All silicon is from {one}")),
        [one] => {
            let shares: Vec<f64> = bases.iter().map(|b| of(b, one)).collect();
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
