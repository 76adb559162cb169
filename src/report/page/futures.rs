//! Net present value of every strategy in every future, side by side and never averaged.
use super::data::Data;
use super::find::Cell;
use super::npv::row;
use super::words::short;
use crate::report::chart::{Axis, Chart, Kind};

/// One row a strategy and future; strategies that equal an earlier one are left out.
pub fn build(data: &Data) -> Option<Chart> {
    let (strategies, futures) = (data.distinct_strategies(), data.futures());
    if futures.len() < 2 {
        return None;
    }
    let median = |c: Cell| data.money(c, "npv_total")?.figure.p50;
    let widest = |lists: Vec<Vec<Cell>>| -> Option<f64> {
        let spread = |cells: &Vec<Cell>| {
            let medians: Vec<f64> = cells.iter().filter_map(|c| median(*c)).collect();
            let (low, high) = medians.iter().fold((f64::MAX, f64::MIN), |(l, h), m| (l.min(*m), h.max(*m)));
            (medians.len() > 1).then_some(high - low)
        };
        lists.iter().filter_map(spread).reduce(f64::max)
    };
    let by_future = futures.iter().map(|future| strategies.iter().map(|strategy| Cell { strategy, future }).collect());
    let by_strategy =
        strategies.iter().map(|strategy| futures.iter().map(|future| Cell { strategy, future }).collect());
    let across = widest(by_strategy.collect())?;
    let title = match widest(by_future.collect()) {
        Some(within) => format!(
            "The median moves by up to USD {} between futures, by up to USD {} between strategies",
            short(across),
            short(within)
        ),
        None => format!("The median moves by up to USD {} between futures", short(across)),
    };
    let cells = data.cells(&strategies);
    let name =
        |c: &Cell| if strategies.len() > 1 { format!("{}: {}", c.future, c.strategy) } else { c.future.to_string() };
    let n = cells.iter().find_map(|c| data.money(*c, "npv_total")?.figure.n);
    Some(Chart {
        title,
        subtitle: format!(
            "NPV total of {}, pre-tax, USD; futures have no probabilities; {}",
            data.cloud()?,
            data.provenance(n)
        ),
        x: Axis::categories(""),
        y: Axis::linear("NPV total [USD]"),
        kind: Kind::Intervals { rows: cells.iter().filter_map(|c| row(data, *c, name(c))).collect() },
        empty_reason: "no strategy has a net present value".to_string(),
    })
}
