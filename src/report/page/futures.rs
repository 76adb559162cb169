//! Net present value of every strategy in every future, side by side and never averaged.
use super::Drawn;
use super::data::Data;
use super::find::Cell;
use super::npv::{drawn, row};

/// One row a strategy and future; strategies that equal an earlier one are left out.
pub fn build(data: &Data) -> Option<Drawn> {
    let (strategies, futures) = (data.distinct_strategies(), data.futures());
    if futures.len() < 2 {
        return None;
    }
    let mean = |c: Cell| data.money(c, "npv_total")?.figure.mean;
    let widest = |lists: Vec<Vec<Cell>>| -> Option<f64> {
        let spread = |cells: &Vec<Cell>| {
            let means: Vec<f64> = cells.iter().filter_map(|c| mean(*c)).collect();
            let (low, high) = means.iter().fold((f64::MAX, f64::MIN), |(l, h), m| (l.min(*m), h.max(*m)));
            (means.len() > 1).then_some(high - low)
        };
        lists.iter().filter_map(spread).reduce(f64::max)
    };
    let by_future = futures.iter().map(|future| strategies.iter().map(|strategy| Cell { strategy, future }).collect());
    let by_strategy =
        strategies.iter().map(|strategy| futures.iter().map(|future| Cell { strategy, future }).collect());
    let (usd, across) = (data.dollars(), widest(by_strategy.collect())?);
    let title = match widest(by_future.collect()) {
        Some(within) => format!(
            "Mean NPV moves by up to USD {} between futures, by up to USD {} between strategies",
            usd.words(across),
            usd.words(within)
        ),
        None => format!("Mean NPV moves by up to USD {} between futures", usd.words(across)),
    };
    let cells = data.cells(&strategies);
    let name =
        |c: &Cell| if strategies.len() > 1 { format!("{}: {}", c.future, c.strategy) } else { c.future.to_string() };
    let n = cells.iter().find_map(|c| data.money(*c, "npv_total")?.figure.n);
    let rows = cells.iter().filter_map(|c| row(data, *c, name(c))).collect();
    let words = format!("NPV total of {}, pre-tax; futures have no probabilities; ", data.cloud()?);
    Some(drawn(data, title, words, n, rows, "Future and strategy"))
}
