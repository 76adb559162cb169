//! Cash of the cloud by fiscal year and line, with its net.
use super::data::Data;
use super::parts::fold_small;
use super::words::{plain, short};
use crate::report::chart::{Axis, Chart, Kind, Part};

/// Signed stacked bars by year and the net as a line; first strategy, first future.
pub fn build(data: &Data) -> Option<Chart> {
    let (cell, cloud) = (data.first_cell()?, data.cloud()?);
    let of_cell =
        |l: &&super::data::CashLine| l.strategy == cell.strategy && l.future == cell.future && l.cloud == cloud;
    let lines: Vec<_> = data.cash.iter().filter(of_cell).collect();
    let part = |l: &super::data::CashLine| Part { name: plain(&l.line), values: l.by_year.clone() };
    let parts: Vec<Part> = fold_small(lines.iter().filter(|l| l.line != "net").map(|l| part(l)).collect(), 8);
    let net = lines.iter().find(|l| l.line == "net").map(|l| part(l))?;
    if parts.is_empty() {
        return None;
    }
    let known: Vec<(&str, f64)> =
        data.cash_years.iter().zip(&net.values).filter_map(|(y, v)| Some((y.as_str(), (*v)?))).collect();
    let total: f64 = known.iter().map(|k| k.1).sum();
    let over = format!("USD {} over all years", short(total));
    let title = match known.iter().filter(|k| k.1 < 0.0).count() {
        0 => format!("Net cash is positive in every year; {over}"),
        k if k == known.len() => format!("Net cash is negative in every year; {over}"),
        _ => match known.iter().rposition(|k| k.1 < 0.0).and_then(|last| known.get(last + 1)) {
            Some(first_good) => format!("Net cash is positive for good only from {} on; {over}", first_good.0),
            None => format!("Net cash is negative in {}, the last year; {over}", known.last().map_or("", |k| k.0)),
        },
    };
    let n = data.money(cell, "npv_total").and_then(|r| r.figure.n);
    Some(Chart {
        title,
        subtitle: format!(
            "{}cash of {cloud}, mean over runs, USD, undiscounted, pre-tax; out of the cloud is negative; {}",
            data.shown(cell),
            data.provenance(n)
        ),
        x: Axis::categories(""),
        y: Axis::linear("Cash a year [USD]"),
        kind: Kind::StackedBars { categories: data.cash_years.clone(), parts, net: Some(net) },
        empty_reason: "no cash moved".to_string(),
    })
}
