//! Cash of the cloud by fiscal year and line, with its net.
use super::Drawn;
use super::data::{CashLine, Data};
use super::find::Cell;
use super::parts::{size, total};
use super::tables;
use super::words::{Unit, plain, short};
use crate::report::chart::{Axis, Chart, Kind, Part};
use crate::report::html::TableView;

/// Lines in the order in which they are stacked, income first, each with the colour it has in every study.
const LINES: [(&str, usize); 12] = [
    ("reserved_inference", 0),
    ("reservation", 5),
    ("shortfall", 2),
    ("usage", 10),
    ("capacity_block", 11),
    ("capex_delivery", 1),
    ("capex_order", 4),
    ("tranche", 3),
    ("facility", 6),
    ("power", 7),
    ("operations", 14),
    ("cancel_fee", 12),
];

/// Figures of `summary.csv` that have an interval by year, and what they are called here.
const WITH_INTERVAL: [(&str, &str); 6] = [
    ("revenue", "revenue"),
    ("capex", "capex"),
    ("power_cost", "power"),
    ("facility_cost", "facility"),
    ("operations_cost", "operations"),
    ("equity_paid", "equity paid"),
];

/// Signed stacked bars by year and the net as a line; first strategy, first future.
pub fn build(data: &Data) -> Option<Drawn> {
    let (cell, cloud) = (data.first_cell()?, data.cloud()?);
    let of_cell = |l: &&CashLine| l.strategy == cell.strategy && l.future == cell.future && l.cloud == cloud;
    let lines: Vec<&CashLine> = data.cash.iter().filter(of_cell).collect();
    let part = |l: &CashLine| Part::of(plain(&l.line), l.by_year.clone());
    let mut parts: Vec<Part> = LINES
        .iter()
        .filter_map(|(name, slot)| Some(part(lines.iter().find(|l| l.line == *name)?).in_slot(*slot)))
        .collect();
    let known = |l: &&&CashLine| LINES.iter().all(|k| k.0 != l.line) && l.line != "net";
    parts.extend(lines.iter().filter(known).map(|l| part(l)));
    parts.retain(|p| size(p) > 0.0);
    let net = lines.iter().find(|l| l.line == "net").map(|l| part(l))?;
    if parts.is_empty() {
        return None;
    }
    let n = data.money(cell, "npv_total").and_then(|r| r.figure.n);
    let chart = Chart {
        title: title(data, cloud, &net),
        subtitle: format!(
            "{}mean over runs, USD, undiscounted, pre-tax; what {cloud} pays is negative; {}",
            data.shown(cell),
            data.dated_provenance(n)
        ),
        x: Axis::categories(""),
        y: Axis::linear("Cash a year [USD]"),
        kind: Kind::StackedBars {
            categories: data.cash_years.clone(),
            parts: parts.clone(),
            net: Some(Part { name: "net".to_string(), ..net.clone() }),
        },
        empty_reason: "no cash moved".to_string(),
    };
    let notes = vec![
        "Lines are means that add up; \u{b1} is the 95\u{a0}% interval of the mean, which sums over several lines have of their own."
            .to_string(),
    ];
    Some(Drawn { chart, table: table(data, cell, &parts, &net), notes })
}

fn title(data: &Data, cloud: &str, net: &Part) -> String {
    let known: Vec<(&str, f64)> =
        data.cash_years.iter().zip(&net.values).filter_map(|(y, v)| Some((y.as_str(), (*v)?))).collect();
    let sum: f64 = known.iter().map(|k| k.1).sum();
    let over = format!("in all years together it is USD {}", short(sum));
    match known.iter().filter(|k| k.1 < 0.0).count() {
        0 => format!("Net cash of {cloud} is positive in every year; {over}"),
        k if k == known.len() => format!("Net cash of {cloud} is negative in every year; {over}"),
        _ => match known.iter().rposition(|k| k.1 < 0.0).and_then(|last| known.get(last + 1)) {
            Some(first_good) => format!("Net cash of {cloud} is positive from {} on; {over}", first_good.0),
            None => format!(
                "Net cash of {cloud} is negative in {}, the last year; {over}",
                known.last().map_or("", |k| k.0)
            ),
        },
    }
}

/// Lines down, years across; then what has an interval.
fn table(data: &Data, cell: Cell, parts: &[Part], net: &Part) -> TableView {
    let unit = Unit::fit(parts.iter().chain([net]).flat_map(|p| p.values.iter().flatten().copied()));
    let row = |p: &Part| {
        let values = p.values.iter().map(|v| unit.among(*v, None)).chain([unit.among(Some(total(p)), None)]);
        std::iter::once(p.name.clone()).chain(values).collect::<Vec<String>>()
    };
    let mut rows: Vec<Vec<String>> = parts.iter().chain([net]).map(row).collect();
    let sign = |metric: &str| if metric == "revenue" { 1.0 } else { -1.0 };
    for (metric, name) in WITH_INTERVAL {
        let by_year: Vec<_> =
            data.by_year(cell, "cloud", metric).filter(|r| Some(r.scope.as_str()) == data.cloud()).collect();
        let at = |year: &String| by_year.iter().find(|r| r.period == *year).map(|r| r.figure);
        let shown = |f: super::data::Figure| unit.with_error(f.mean.map(|m| sign(metric) * m + 0.0), f.half_width());
        let all = data.money(cell, metric).map(|r| shown(r.figure)).unwrap_or_default();
        let years = data.cash_years.iter().map(|y| at(y).map(shown).unwrap_or_default());
        let moves = by_year.iter().any(|r| r.figure.half_width().is_some_and(|h| h > 0.0));
        if moves {
            rows.push(std::iter::once(format!("{name}, with \u{b1}")).chain(years).chain([all]).collect());
        }
    }
    let headers = ["Line"].into_iter().chain(data.cash_years.iter().map(String::as_str)).chain(["all years"]);
    let caption = format!("Cash by fiscal year [{}], means over runs", unit.of_dollars());
    tables::table(caption, headers.map(str::to_string).collect(), 1, rows)
}
