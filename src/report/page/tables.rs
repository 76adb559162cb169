//! Tables of the page that stand without a chart: the decision, the inputs, concentration, the tail, the assumptions.
use super::data::{Assumption, Data, Risk};
use super::find::once;
use super::verdict::{self, Standing};
use super::words::{error, maybe, percent, plain, short, span};
use crate::report::chart::{Chart, Kind, Part};
use crate::report::html::TableView;

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|s| (*s).to_string()).collect()
}

/// A table whose columns from `first_number` on are numbers.
fn table(caption: String, headers: Vec<String>, first_number: usize, rows: Vec<Vec<String>>) -> TableView {
    let numeric = (0..headers.len()).map(|k| k >= first_number).collect();
    TableView { caption, headers, numeric, rows, ..TableView::default() }
}

/// NPV of every strategy in every future in three columns of uncertainty.
pub fn decision(data: &Data) -> TableView {
    let usd = data.dollars();
    let mut rows = Vec::new();
    for cell in data.cells(&data.distinct_strategies()) {
        let Some(npv) = data.money(cell, "npv_total") else { continue };
        let (f, mean) = (&npv.figure, |metric| usd.maybe(data.money(cell, metric).and_then(|r| r.figure.mean)));
        rows.push(vec![
            cell.future.to_string(),
            cell.strategy.to_string(),
            usd.maybe(f.p50),
            usd.span(f.p05, f.p95),
            npv.param_share.map(percent).unwrap_or_default(),
            usd.error(f.half_width()),
            mean("npv_operations"),
            mean("npv_equity"),
        ]);
    }
    let headers =
        words(&["Future", "Strategy", "Median", "p05 to p95", "Not known", "Sim. error", "Operations", "Equity"]);
    let n = data.first_cell().and_then(|c| data.money(c, "npv_total")).and_then(|r| r.figure.n);
    let caption = format!(
        "NPV total of {} [{}], pre-tax, from {}; operations and equity are means; {}",
        data.cloud().unwrap_or_default(),
        usd.unit,
        data.manifest.start,
        data.provenance(n)
    );
    let mut view = table(caption, headers, 2, rows);
    (view.strong, view.faint) = (vec![3], vec![5]);
    view
}

/// NPV of every strategy less that of the baseline, draw by draw; `None` without a baseline.
pub fn against(data: &Data) -> Option<TableView> {
    let (base, usd) = (data.baseline()?, data.dollars());
    let mut rows = Vec::new();
    for cell in data.cells(&data.distinct_strategies()) {
        let Some(d) = data.npv_difference(cell) else { continue };
        let reads = match verdict::standing(d) {
            Some(Standing::Better) => "higher",
            Some(Standing::Worse) => "lower",
            Some(Standing::CannotBeToldApart) => "cannot be told apart",
            None => d.note.as_str(),
        };
        rows.push(vec![
            cell.future.to_string(),
            cell.strategy.to_string(),
            d.figure.mean.map(|m| usd.signed(m)).unwrap_or_default(),
            usd.span(d.figure.p05, d.figure.p95),
            usd.error(d.figure.half_width()),
            d.share_of_draws_better.map(percent).unwrap_or_default(),
            reads.to_string(),
        ]);
    }
    let headers = words(&[
        "Future",
        "Strategy",
        "Paired mean",
        "p05 to p95 over draws",
        "Sim. error",
        "Higher in draws",
        "Reads as",
    ]);
    let mut view = table(format!("NPV total less that of {base} [{}], paired", usd.unit), headers, 2, rows);
    (view.strong, view.faint) = (vec![3], vec![4]);
    view.numeric[6] = false;
    (!view.rows.is_empty()).then_some(view)
}

/// What each strategy puts in; `None` when there is but one.
pub fn inputs(data: &Data) -> Option<TableView> {
    let inputs = verdict::inputs(data);
    let base = data.baseline().and_then(|b| inputs.iter().find(|i| i.strategy == b));
    let row = |i: &verdict::Input| {
        let against = base.filter(|b| b.strategy != i.strategy).map(|b| i.against(b)).unwrap_or_default();
        vec![i.strategy.to_string(), maybe(i.mw), maybe(i.capex), maybe(i.equity), against]
    };
    let mut headers = words(&["Strategy", "MW at the end", "capex [USD]", "equity paid [USD]"]);
    headers.push(base.map_or("difference".to_string(), |b| format!("against {}", b.strategy)));
    let future = data.futures().first().map(|f| format!("; future {f}")).unwrap_or_default();
    let caption = format!("What differs in the inputs, means over runs, whole study{future}");
    let mut view = table(caption, headers, 1, inputs.iter().map(row).collect());
    view.numeric[4] = false;
    (inputs.len() > 1).then_some(view)
}

/// Shares and indices of the last twelve months on every axis and base; first cell.
pub fn concentration(data: &Data) -> Option<TableView> {
    let cell = data.first_cell()?;
    let mut rows = Vec::new();
    for axis in once(data.concentration.iter().map(|r| r.axis.as_str())) {
        let of_axis = || data.concentration_of(cell, axis);
        let Some(last) = of_axis().map(|r| r.period.as_str()).max() else { continue };
        for base in once(of_axis().map(|r| r.base.as_str())) {
            let of_base = || of_axis().filter(|r| r.period == last && r.base == base);
            let index = |measure: &str| of_base().find(|r| r.measure == measure).and_then(|r| r.figure.mean);
            let Some(largest) = of_base()
                .filter(|r| r.measure == "share")
                .max_by(|a, b| a.figure.mean.unwrap_or(0.0).total_cmp(&b.figure.mean.unwrap_or(0.0)))
            else {
                continue;
            };
            let f = &largest.figure;
            let range = f.p05.zip(f.p95).map(|(a, b)| format!("{} to {}", percent(a), percent(b))).unwrap_or_default();
            rows.push(vec![
                plain(axis),
                plain(base),
                last.to_string(),
                largest.name.clone(),
                f.mean.map(percent).unwrap_or_default(),
                range,
                maybe(index("hhi")),
                maybe(index("effective_number")),
                index("covered").map(percent).unwrap_or_default(),
            ]);
        }
    }
    let headers = words(&[
        "Axis",
        "Base",
        "Twelve months to",
        "Largest",
        "its share, mean",
        "p05 to p95",
        "HHI",
        "effective number",
        "of chip-hours",
    ]);
    let mut view = table(format!("Concentration, {}means over runs", data.shown(cell)), headers, 4, rows);
    view.strong = vec![5];
    (!view.rows.is_empty()).then_some(view)
}

/// The tail of NPV and the correlation of margins by future and strategy; a refusal in words.
pub fn tail(data: &Data) -> Option<TableView> {
    let usd = data.dollars();
    let is_pair = |r: &&Risk| r.measure == "margin_correlation";
    let pairs = once(data.risk.iter().filter(is_pair).map(|r| r.name.as_str()));
    let mut rows = Vec::new();
    for cell in data.cells(&data.distinct_strategies()) {
        let of = |measure: &str, name: Option<&str>| {
            data.risk.iter().find(|r| {
                r.measure == measure
                    && r.strategy == cell.strategy
                    && r.future == cell.future
                    && name.is_none_or(|n| r.name == n)
            })
        };
        let cloud = data.cloud();
        let (var, es) = (of("npv_loss_var", cloud), of("npv_loss_es", cloud));
        let loss =
            |r: Option<&Risk>| r.map(|r| r.value.map_or("refused".to_string(), |v| usd.show(v))).unwrap_or_default();
        let n_tail = es.and_then(|r| r.n_tail).map(short);
        let mut row = vec![cell.future.to_string(), cell.strategy.to_string(), loss(var), loss(es)];
        row.push(n_tail.unwrap_or_default());
        row.extend(pairs.iter().map(|pair| of("margin_correlation", Some(pair)).map(correlation).unwrap_or_default()));
        rows.push(row);
    }
    let level = data.risk.iter().find(|r| r.measure == "npv_loss_es").and_then(|r| r.level)?;
    let mut headers = words(&["Future", "Strategy"]);
    headers.extend(["VaR", "ES"].map(|what| format!("{what} at {level} [{}]", usd.unit)));
    headers.push("Runs in the tail".to_string());
    headers.extend(pairs.iter().map(|pair| format!("Margins of {pair}: correlation")));
    let caption = "Loss of NPV total over the runs of a row, chance and draws mixed; a loss is positive".to_string();
    Some(table(caption, headers, 2, rows))
}

/// Why tails are refused, each reason once.
pub fn refusals(data: &Data) -> Vec<String> {
    let refused = data.risk.iter().filter(|r| r.measure == "npv_loss_es" && r.value.is_none());
    once(refused.map(|r| r.note.as_str())).into_iter().map(str::to_string).collect()
}

fn correlation(r: &Risk) -> String {
    match (r.value, span(r.low, r.high)) {
        (None, _) => r.note.clone(),
        (Some(value), range) if range.is_empty() => short(value),
        (Some(value), range) => format!("{} ({range})", short(value)),
    }
}

/// The other rows of `risk.csv`, which are about what stands at the decision; first cell.
pub fn at_decide(data: &Data) -> Option<TableView> {
    let cell = data.first_cell()?;
    let others = |r: &&Risk| !["npv_loss_var", "npv_loss_es", "margin_correlation"].contains(&r.measure.as_str());
    let of_cell = |r: &&Risk| r.strategy == cell.strategy && r.future == cell.future;
    let row = |r: &Risk| {
        let value = r.value.map_or_else(|| "refused".to_string(), short);
        vec![plain(&r.measure), r.name.clone(), value, span(r.low, r.high), r.unit.clone(), maybe(r.n), r.note.clone()]
    };
    let rows: Vec<Vec<String>> = data.risk.iter().filter(others).filter(of_cell).map(row).collect();
    let headers = words(&["Measure", "Of", "Value", "Low to high", "Unit", "n", "Note"]);
    let caption =
        format!("What stands at the decision, and what is common to the labs; {}means over runs", data.shown(cell));
    let mut view = table(caption, headers, 2, rows);
    (view.numeric[4], view.numeric[6]) = (false, false);
    view.strong = vec![3];
    (!view.rows.is_empty()).then_some(view)
}

/// Assumptions, the widest range first, those without a range in the order of the scenario.
pub fn assumptions(data: &Data) -> Option<TableView> {
    let mut sorted: Vec<&Assumption> = data.assumptions.iter().collect();
    sorted.sort_by(|a, b| width(&b.range, &b.value).total_cmp(&width(&a.range, &a.value)));
    let row = |a: &&Assumption| {
        [&a.path, &a.value, &a.range, &a.source, &a.as_of, &a.confidence, &a.reason].map(Clone::clone).to_vec()
    };
    let headers = words(&["Path", "Value", "Range", "Source", "As of", "Confidence", "Reason"]);
    let view = table(
        "Assumptions with sources, the widest ranges first".to_string(),
        headers,
        7,
        sorted.iter().map(row).collect(),
    );
    (!view.rows.is_empty()).then_some(view)
}

/// How wide a range as written is, against its value: (high - low) / |value|; without two ends 0.
fn width(range: &str, value: &str) -> f64 {
    // "p5 = 0.2" names a percentile, not an end.
    let bare = range.replace("..", " ").replace("p5", "").replace("p05", "").replace("p95", "");
    match numbers(&bare).as_slice() {
        [low, .., high] => {
            let middle = numbers(value).first().copied().filter(|v| *v != 0.0).unwrap_or((low + high) / 2.0);
            let width = (high - low).abs() / middle.abs();
            if width.is_finite() { width } else { 0.0 }
        }
        [] | [_] => 0.0,
    }
}

/// The numbers among words: of "4mo to 9mo", 4 and 9.
fn numbers(text: &str) -> Vec<f64> {
    let inner = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | 'e' | '_');
    let words = text.split(|c: char| !inner(c)).filter(|w| w.contains(|c: char| c.is_ascii_digit()));
    words.filter_map(|w| w.replace('_', "").trim_end_matches(['e', '-', '.']).parse().ok()).collect()
}

/// The numbers of a chart: categories or years down, series across; long lines at the end of each year.
pub fn of_chart(chart: &Chart, caption: &str) -> TableView {
    let by_category = |categories: &[String], parts: &[&Part]| {
        let headers = std::iter::once(String::new()).chain(parts.iter().map(|p| p.name.clone())).collect();
        let value = |p: &&Part, k: usize| maybe(p.values.get(k).copied().flatten());
        let row =
            |(k, c): (usize, &String)| std::iter::once(c.clone()).chain(parts.iter().map(|p| value(p, k))).collect();
        table(caption.to_string(), headers, 1, categories.iter().enumerate().map(row).collect())
    };
    match &chart.kind {
        Kind::Bars { categories, parts } => by_category(categories, &parts.iter().collect::<Vec<_>>()),
        Kind::StackedBars { categories, parts, net } => {
            by_category(categories, &parts.iter().chain(net.iter()).collect::<Vec<_>>())
        }
        Kind::StackedArea { x, areas, overlays } => {
            let over = |l: &crate::report::chart::Line| Part {
                name: l.name.clone(),
                values: x.iter().map(|x| l.points.iter().find(|p| p.0 == *x).and_then(|p| p.1)).collect(),
            };
            let overlays: Vec<Part> = overlays.iter().map(over).collect();
            through_time(x, &areas.iter().chain(&overlays).collect::<Vec<_>>(), caption, true)
        }
        Kind::Lines { series, .. } | Kind::Steps { series, .. } => {
            let mut x: Vec<f64> = series.iter().flat_map(|l| l.points.iter().map(|p| p.0)).collect();
            x.sort_by(f64::total_cmp);
            x.dedup();
            let dates = chart.y.scale == crate::report::chart::Scale::Dates;
            let part = |l: &crate::report::chart::Line| Part {
                name: l.name.clone(),
                values: x.iter().map(|x| l.points.iter().find(|p| p.0 == *x).and_then(|p| p.1)).collect(),
            };
            let parts: Vec<Part> = series.iter().map(part).collect();
            let mut view = through_time(&x, &parts.iter().collect::<Vec<_>>(), caption, !dates);
            if dates {
                view.rows = (0..x.len())
                    .map(|k| {
                        let date = |p: &Part| p.values[k].map(month_of).unwrap_or_default();
                        std::iter::once(short(x[k])).chain(parts.iter().map(date)).collect()
                    })
                    .collect();
            }
            view
        }
        Kind::Intervals { rows } => {
            let headers = words(&["", "p50", "p05 to p95 over draws", "share not known", "sim. error of the mean"]);
            let row = |r: &crate::report::chart::Interval| {
                vec![
                    r.name.clone(),
                    short(r.p50),
                    span(Some(r.p05), Some(r.p95)),
                    r.param_share.map(percent).unwrap_or_default(),
                    error(r.simulation_ci.map(|c| (c.1 - c.0) / 2.0)),
                ]
            };
            let mut view = table(caption.to_string(), headers, 1, rows.iter().map(row).collect());
            (view.strong, view.faint) = (vec![2], vec![4]);
            view
        }
    }
}

/// Rows at the end of each calendar year (or every abscissa), named by their month.
fn through_time(x: &[f64], parts: &[&Part], caption: &str, yearly: bool) -> TableView {
    let last_of_year = |k: &usize| !yearly || *k + 1 == x.len() || (x[*k] - x[*k].round()).abs() < 1e-6;
    let headers = std::iter::once(if yearly { "Month" } else { "" }.to_string());
    let headers = headers.chain(parts.iter().map(|p| p.name.clone())).collect();
    let value = |p: &Part, k: usize| maybe(p.values.get(k).copied().flatten());
    let row = |k| std::iter::once(month_of(x[k] - 1.0 / 12.0)).chain(parts.iter().map(|p| value(p, k))).collect();
    table(caption.to_string(), headers, 1, (0..x.len()).filter(last_of_year).map(row).collect())
}

/// The month that holds a point of calendar time: 2026.99 is in `2026-12`.
fn month_of(x: f64) -> String {
    let months = (x * 12.0 + 1e-6).floor() as i64;
    format!("{}-{:02}", months.div_euclid(12), months.rem_euclid(12) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0.2 to 0.6 around 0.4 is one wide; 4 to 9 months around 6.5 by its middle; 0 to 0.04 around 0.02 is two; one value none.
    #[test]
    fn ranges_are_as_wide_as_their_ends_are_apart() {
        assert!((width("p5 = 0.2, p95 = 0.6", "0.4") - 1.0).abs() < 1e-12);
        assert!((width("4mo to 9mo", "") - 5.0 / 6.5).abs() < 1e-12);
        assert_eq!((width("0..0.04", "0.02"), width("12", "12"), width("", "3")), (2.0, 0.0, 0.0));
        assert_eq!((month_of(2026.999), month_of(2027.0)), ("2026-12".to_string(), "2027-01".to_string()));
    }
}
