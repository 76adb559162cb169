//! Tables of the page that stand without a chart: the decision, the inputs, concentration, the tail, the assumptions.
use super::data::{Assumption, Data, Figure, Risk};
use super::find::once;
use super::verdict::{self, Standing};
use super::words::{Unit, error, maybe, percent, percent_span, plain, short, span, with_error, with_interval};
use crate::report::chart::Interval;
use crate::report::html::TableView;

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|s| (*s).to_string()).collect()
}

/// A table whose columns from `first_number` on are numbers.
pub fn table(caption: String, headers: Vec<String>, first_number: usize, rows: Vec<Vec<String>>) -> TableView {
    let numeric = (0..headers.len()).map(|k| k >= first_number).collect();
    TableView { caption, headers, numeric, rows, ..TableView::default() }
}

/// NPV of every strategy in every future: the mean with its simulation error, and the spread of the runs.
pub fn decision(data: &Data) -> TableView {
    let usd = data.dollars();
    let mut rows = Vec::new();
    for cell in data.cells(&data.distinct_strategies()) {
        let Some(npv) = data.money(cell, "npv_total") else { continue };
        let (f, mean) = (&npv.figure, |metric| usd.maybe(data.money(cell, metric).and_then(|r| r.figure.mean)));
        rows.push(vec![
            cell.future.to_string(),
            cell.strategy.to_string(),
            usd.with_error(f.mean, f.half_width()),
            usd.maybe(f.p05),
            usd.maybe(f.p50),
            usd.maybe(f.p95),
            npv.param_share.map(percent).unwrap_or_default(),
            mean("npv_operations"),
            mean("npv_equity"),
        ]);
    }
    let headers =
        words(&["Future", "Strategy", "Mean \u{b1}", "p05", "Median", "p95", "Not known", "Operations", "Equity"]);
    let n = data.first_cell().and_then(|c| data.money(c, "npv_total")).and_then(|r| r.figure.n);
    let caption = format!(
        "NPV total of {} [{}], pre-tax, from {}; operations and equity are means; {}",
        data.cloud().unwrap_or_default(),
        usd.of_dollars(),
        data.manifest.start,
        data.provenance(n)
    );
    let mut view = table(caption, headers, 2, rows);
    view.strong = vec![3, 5];
    view
}

/// NPV of every strategy less that of the baseline, run by run; `None` without a baseline.
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
            usd.signed(d.figure.mean, d.figure.half_width()),
            usd.maybe(d.figure.p05),
            usd.maybe(d.figure.p50),
            usd.maybe(d.figure.p95),
            data.higher_in(d).map(percent).unwrap_or_default(),
            reads.to_string(),
        ]);
    }
    let mut headers = words(&["Future", "Strategy", "Difference, mean \u{b1}", "p05", "Median", "p95"]);
    headers.extend([data.higher_words().to_string(), "Reads as".to_string()]);
    let n = data.differences.iter().find(|d| d.metric == "npv_total").and_then(|d| d.figure.n);
    let caption = format!(
        "NPV total less that of {base} [{}], paired: each run less the run of the same draw and the same chance; {}",
        usd.of_dollars(),
        data.provenance(n)
    );
    let mut view = table(caption, headers, 2, rows);
    view.strong = vec![3, 5];
    view.numeric[7] = false;
    (!view.rows.is_empty()).then_some(view)
}

/// Paired differences of a study without money; `None` where there is one strategy.
pub fn against_in_queues(data: &Data) -> Option<TableView> {
    let base = data.baseline()?;
    let row = |d: &super::data::Difference| {
        let f = &d.figure;
        let plus = if f.mean.is_some_and(|m| m > 0.0) { "+" } else { "" };
        vec![
            d.future.clone(),
            d.strategy.clone(),
            d.scope.clone(),
            plain(&d.metric),
            format!("{plus}{}", with_error(f.mean, f.half_width())),
            if f.n == Some(1.0) { String::new() } else { span(f.p05, f.p95) },
            d.unit.clone(),
        ]
    };
    let known = data.differences.iter().filter(|d| d.versus == base && d.figure.mean.is_some());
    let rows: Vec<Vec<String>> = known.map(row).collect();
    let headers = words(&["Future", "Strategy", "Of", "Measure", "Difference, mean \u{b1}", "p05 to p95", "Unit"]);
    let n = data.differences.first().and_then(|d| d.figure.n);
    let caption = format!("Each strategy less {base}, paired run by run; {}", data.provenance(n));
    let mut view = table(caption, headers, 4, rows);
    view.numeric[6] = false;
    (!view.rows.is_empty()).then_some(view)
}

/// What each strategy puts in; `None` when there is but one.
pub fn inputs(data: &Data) -> Option<TableView> {
    let inputs = verdict::inputs(data);
    let usd = Unit::fit(inputs.iter().flat_map(|i| [i.capex, i.equity]).flatten());
    let base = data.baseline().and_then(|b| inputs.iter().find(|i| i.strategy == b));
    let row = |i: &verdict::Input| {
        let against = base.filter(|b| b.strategy != i.strategy).map(|b| i.against(b)).unwrap_or_default();
        vec![i.strategy.to_string(), maybe(i.mw), usd.maybe(i.capex), usd.maybe(i.equity), against]
    };
    let mut headers = words(&["Strategy", "MW at the end"]);
    headers.extend(["capex", "equity paid"].map(|what| format!("{what} [{}]", usd.of_dollars())));
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
            let shares = of_base().filter(|r| r.measure == "share").filter_map(|r| Some((r, r.figure.mean?)));
            let Some((largest, _)) = shares.max_by(|a, b| a.1.total_cmp(&b.1)) else {
                continue;
            };
            let f = &largest.figure;
            rows.push(vec![
                plain(axis),
                plain(base),
                last.to_string(),
                largest.name.clone(),
                share_with_error(*f),
                percent_span(f.p05, f.p95),
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
        "Its share \u{b1}",
        "p05 to p95",
        "HHI",
        "Effective number",
        "Of chip-hours",
    ]);
    let mut view = table(format!("Concentration, {}{}", data.shown(cell), data.mean_words()), headers, 4, rows);
    view.strong = vec![5];
    (!view.rows.is_empty()).then_some(view)
}

/// The tail of NPV by future and strategy; a refusal in words.
pub fn tail(data: &Data) -> Option<TableView> {
    let usd = data.dollars();
    let mut rows = Vec::new();
    for cell in data.cells(&data.distinct_strategies()) {
        let of = |measure: &str| {
            let is = |r: &&Risk| r.measure == measure && r.strategy == cell.strategy && r.future == cell.future;
            data.risk.iter().filter(is).find(|r| data.cloud().is_none_or(|cloud| r.name == cloud))
        };
        let (var, es) = (of("npv_loss_var"), of("npv_loss_es"));
        let loss =
            |r: Option<&Risk>| r.map(|r| r.value.map_or("refused".to_string(), |v| usd.show(v))).unwrap_or_default();
        let n_tail = es.and_then(|r| r.n_tail).map(short).unwrap_or_default();
        let n = es.and_then(|r| r.n).map(short).unwrap_or_default();
        rows.push(vec![cell.future.to_string(), cell.strategy.to_string(), loss(var), loss(es), n_tail, n]);
    }
    let level = data.risk.iter().find(|r| r.measure == "npv_loss_es").and_then(|r| r.level)?;
    let mut headers = words(&["Future", "Strategy"]);
    headers.extend(["VaR", "ES"].map(|what| format!("{what} at {level} [{}]", usd.of_dollars())));
    headers.extend(words(&["Runs in the tail", "Runs"]));
    let caption = format!("Loss of NPV total {}; a loss is positive, a gain negative", data.spread_of());
    Some(table(caption, headers, 2, rows))
}

/// Correlation of the margins of two labs, with and without the common factors; `None` where no pair is known.
pub fn correlations(data: &Data) -> Option<TableView> {
    let mut rows = Vec::new();
    // Under the first strategy: others end what is to be correlated.
    for cell in data.cells(&[data.first_cell()?.strategy]) {
        for (measure, words) in
            [("margin_correlation", "as in the study"), ("margin_correlation_no_loadings", "without common factors")]
        {
            let is = |r: &&Risk| r.measure == measure && r.strategy == cell.strategy && r.future == cell.future;
            for r in data.risk.iter().filter(is) {
                let value = r.value.map_or_else(|| r.note.clone(), |v| with_interval(v, r.low, r.high));
                let row = [cell.future, cell.strategy, &r.name, words, &value, &r.n.map(short).unwrap_or_default()];
                rows.push(row.map(str::to_string).to_vec());
            }
        }
    }
    let headers =
        words(&["Future", "Strategy", "Margins of", "Runs played", "Correlation [95\u{a0}% interval]", "Runs"]);
    let caption = "How the margins of two labs move together over the runs".to_string();
    let view = table(caption, headers, 4, rows);
    (!view.rows.is_empty()).then_some(view)
}

/// Why tails are refused, each reason once.
pub fn refusals(data: &Data) -> Vec<String> {
    let refused = data.risk.iter().filter(|r| r.measure == "npv_loss_es" && r.value.is_none());
    once(refused.map(|r| r.note.as_str())).into_iter().map(str::to_string).collect()
}

/// The other rows of `risk.csv`, which are about what stands at the decision; first cell.
pub fn at_decide(data: &Data) -> Option<TableView> {
    let cell = data.first_cell()?;
    let others = |r: &&Risk| !r.measure.starts_with("npv_loss_") && !r.measure.starts_with("margin_correlation");
    let of_cell = |r: &&Risk| r.strategy == cell.strategy && r.future == cell.future;
    let row = |r: &Risk| {
        let value = r.value.map_or_else(|| "refused".to_string(), short);
        vec![plain(&r.measure), r.name.clone(), value, span(r.low, r.high), r.unit.clone(), maybe(r.n)]
    };
    let rows: Vec<Vec<String>> = data.risk.iter().filter(others).filter(of_cell).map(row).collect();
    let headers = words(&["Measure", "Of", "Mean", "p05 to p95", "Unit", "Runs"]);
    let caption = format!("What stands at the decision; {}means over runs", data.shown(cell));
    let mut view = table(caption, headers, 2, rows);
    view.numeric[4] = false;
    view.strong = vec![3];
    (!view.rows.is_empty()).then_some(view)
}

/// What to know of those rows, each once.
pub fn decide_notes(data: &Data) -> Vec<String> {
    let notes = |r: &&Risk| r.measure.ends_with("_at_decide") && !r.note.is_empty();
    let said = data.risk.iter().filter(notes).map(|r| (plain(&r.measure), r.note.as_str()));
    let mut lines: Vec<String> = said.map(|(measure, note)| format!("{measure}: {note}.")).collect();
    lines.dedup();
    lines.sort();
    lines.dedup();
    lines
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

/// The rows of a chart of intervals: the spread by its three quantiles, and the mean with its 95 % interval.
pub fn intervals(rows: &[Interval], what: &str, caption: &str) -> TableView {
    let headers = [what, "Mean \u{b1}", "p05", "Median", "p95", "Not known"].map(str::to_string).to_vec();
    let row = |r: &Interval| {
        vec![
            r.name.clone(),
            with_error(r.mean, r.simulation_ci.map(|c| (c.1 - c.0) / 2.0)),
            short(r.p05),
            short(r.p50),
            short(r.p95),
            r.param_share.map(percent).unwrap_or_default(),
        ]
    };
    let mut view = table(caption.to_string(), headers, 1, rows.iter().map(row).collect());
    view.strong = vec![2, 4];
    view
}

/// A share with half the width of its interval in points: "61 % ±2".
pub fn share_with_error(figure: Figure) -> String {
    let Some(mean) = figure.mean else { return String::new() };
    let half = figure.half_width().filter(|h| *h >= 5e-4);
    half.map_or_else(|| percent(mean), |h| format!("{} \u{b1}{}", percent(mean), error(100.0 * h)))
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
    }
}
