//! Who the revenue depends on, through time, with the lines at which it must be disclosed and limited.
use super::Drawn;
use super::data::{Concentration, Data};
use super::find::{month_end, once};
use super::tables;
use super::words::{list, percent, percent_span};
use crate::report::chart::{Axis, Chart, Kind, Line, Reference};
use crate::report::html::TableView;

/// Share from which a customer is named in the accounts, ASC 280-10-50-42.
const DISCLOSED: f64 = 0.10;
/// Limit of an exposure to one group in banking, Basel LEX20; a yardstick here, no rule.
const LARGE: f64 = 0.25;

/// Shares of labs in the revenue of the trailing twelve months; first strategy, first future.
pub fn build(data: &Data) -> Option<Drawn> {
    let cell = data.first_cell()?;
    let rows: Vec<&Concentration> =
        data.concentration_of(cell, "lab").filter(|r| r.base == "revenue" && r.measure == "share").collect();
    let months = once(rows.iter().map(|r| r.period.as_str()));
    let line = |name: &str| {
        let of_name = || rows.iter().filter(move |r| r.name == name).map(|r| (month_end(&r.period), r.figure));
        Line {
            name: name.to_string(),
            points: of_name().filter_map(|(x, f)| Some((x?, f.mean.map(|m| 100.0 * m)))).collect(),
            band: of_name().filter_map(|(x, f)| Some((x?, 100.0 * f.p05?, 100.0 * f.p95?))).collect(),
            dashed: false,
        }
    };
    let names = once(rows.iter().map(|r| r.name.as_str()));
    let over = |name: &str| rows.iter().filter(|r| r.name == name && r.figure.mean.is_some_and(|m| m > LARGE)).count();
    let always: Vec<&str> = names.iter().copied().filter(|n| over(n) == months.len()).collect();
    let last = months.last()?;
    let at_the_end = rows.iter().filter(|r| r.period == *last).filter_map(|r| Some((r, r.figure.mean?)));
    let (largest, share) = at_the_end.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let title = if names.len() == 1 {
        "Share of labs in revenue".to_string()
    } else if always.is_empty() {
        format!("{} ends with {} of revenue in the mean", largest.name, percent(share))
    } else {
        let stays = if always.len() == 1 { "stays" } else { "stay" };
        format!("{} {stays} over 25\u{a0}% of revenue throughout, in the mean over runs", list(&always))
    };
    let reference = |name: &str, value: f64| Reference { name: name.to_string(), value: 100.0 * value };
    let chart = Chart {
        title,
        subtitle: format!(
            "{}share of what labs are billed over the trailing twelve months (in the first year: over the months so far), mean and \
             p05 to p95 {}; {}",
            data.shown(cell),
            data.spread_of(),
            data.dated_provenance(largest.figure.n)
        ),
        x: Axis::dates(),
        y: Axis::linear("Share of revenue [%]"),
        kind: Kind::Lines {
            series: names.iter().map(|n| line(n)).collect(),
            references: vec![
                reference("10\u{a0}%: customer to be disclosed", DISCLOSED),
                reference("25\u{a0}%: large exposure", LARGE),
            ],
        },
        empty_reason: "no lab was billed".to_string(),
    };
    let notes = vec![
        "10\u{a0}%: a customer from which on US accounts must disclose the dependence (ASC 280-10-50-42). 25\u{a0}%: the limit of a bank's \
         exposure to one group (Basel LEX20), here a yardstick and no rule."
            .to_string(),
    ];
    Some(Drawn { chart, table: table(&rows, &months, &names), notes })
}

/// Labs across, the last month of each year down: mean with its interval, and p05 to p95.
fn table(rows: &[&Concentration], months: &[&str], names: &[&str]) -> TableView {
    let last_of_year = |(k, m): &(usize, &&str)| months.get(k + 1).is_none_or(|next| next.get(..4) != m.get(..4));
    let mut shown = Vec::new();
    for (_, month) in months.iter().enumerate().filter(last_of_year) {
        let mut row = vec![(*month).to_string()];
        for name in names {
            let of = rows.iter().find(|r| r.period == *month && r.name == *name).map(|r| r.figure);
            row.push(of.map(tables::share_with_error).unwrap_or_default());
            row.push(of.map(|f| percent_span(f.p05, f.p95)).unwrap_or_default());
        }
        shown.push(row);
    }
    let mut headers = vec!["Twelve months to".to_string()];
    headers.extend(names.iter().flat_map(|n| [format!("{n}, mean"), "p05 to p95".to_string()]));
    let caption = "Shares in revenue at the end of each year, mean with its 95\u{a0}% interval, and spread of the runs";
    tables::table(caption.to_string(), headers, 1, shown)
}
