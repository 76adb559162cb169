//! The answer in at most three sentences, each from figures of the tables.
//! It never says "better" where an interval spans zero, and never pools over futures.
use super::data::{Data, Difference, Figure};
use super::find::{Cell, range};
use super::together;
use super::words::{error, list, percent, short, signed, with_error};

/// How a paired difference to the baseline reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Above zero in nearly all runs, and not by chance of the simulation.
    Better,
    /// Below zero in nearly all runs, and not by chance of the simulation.
    Worse,
    /// An interval spans zero.
    CannotBeToldApart,
}

/// Better or worse only if both the spread of the runs and the 95 % interval of the mean exclude zero.
pub fn standing(difference: &Difference) -> Option<Standing> {
    let (p05, _, p95) = range(&difference.figure)?;
    // Without an interval (one draw) nothing can be told apart.
    let (low, high) = difference.figure.interval().unwrap_or((f64::MIN, f64::MAX));
    Some(match (p05.min(low) > 0.0, p95.max(high) < 0.0) {
        (true, _) => Standing::Better,
        (_, true) => Standing::Worse,
        _ => Standing::CannotBeToldApart,
    })
}

/// At most three sentences. Where the study holds a pair of labs, how their margins move together comes first.
pub fn sentences(data: &Data) -> Vec<String> {
    let found = if let Some(patience) = super::frontier::sentence(data) {
        [Some(patience), waiting(data), use_of_chips(data), None]
    } else if data.cloud().is_some() {
        [together::sentence(data), ranking(data), spread(data), dependence(data)]
    } else {
        [waiting(data), use_of_chips(data), None, None]
    };
    let mut said: Vec<String> = found.into_iter().flatten().take(3).collect();
    if let (Some(first), Some(words)) = (said.first_mut(), data.first_look()) {
        *first = format!("{}. {first}", super::words::sentence(&words));
    }
    said
}

/// Which strategies can be told from the baseline, future by future.
fn ranking(data: &Data) -> Option<String> {
    let (base, futures) = (data.baseline()?, data.futures());
    let mut told: Vec<(Standing, &str, Vec<&str>)> = Vec::new();
    for strategy in data.distinct_strategies().into_iter().filter(|s| *s != base) {
        for want in [Standing::Better, Standing::Worse, Standing::CannotBeToldApart] {
            let is = |future: &&str| data.npv_difference(Cell { strategy, future }).and_then(standing) == Some(want);
            let where_: Vec<&str> = futures.iter().copied().filter(is).collect();
            if !where_.is_empty() {
                told.push((want, strategy, where_));
            }
        }
    }
    let places = |found: &[&str]| match found.len() {
        k if k == futures.len() && k > 1 => format!("in all {k} futures"),
        1 if futures.len() == 1 => String::new(),
        _ => format!("in {}", list(found)),
    };
    let mut parts = Vec::new();
    for (want, verb) in [
        (Standing::Better, "has the higher NPV"),
        (Standing::Worse, "has the lower NPV"),
        (Standing::CannotBeToldApart, "cannot be told apart from it"),
    ] {
        // Strategies of the same fate in the same futures share one clause.
        let of_kind: Vec<_> = told.iter().filter(|t| t.0 == want).collect();
        let mut fates: Vec<&Vec<&str>> = Vec::new();
        for t in &of_kind {
            if !fates.contains(&&t.2) {
                fates.push(&t.2);
            }
        }
        for fate in fates {
            let names: Vec<&str> = of_kind.iter().filter(|t| t.2 == *fate).map(|t| t.1).collect();
            let verb = if names.len() > 1 { verb.replacen("has", "have", 1) } else { verb.to_string() };
            parts.push(format!("{} {verb} {}", list(&names), places(fate)).trim().to_string());
        }
    }
    (!parts.is_empty()).then(|| format!("Against strategy {base}, run by run: {}.", parts.join("; ")))
}

/// How wide the range of the first strategy is, and what it comes from.
fn spread(data: &Data) -> Option<String> {
    let cell = data.first_cell()?;
    let npv = data.money(cell, "npv_total")?;
    let (p05, p50, p95) = range(&npv.figure)?;
    let (f, usd) = (&npv.figure, data.dollars());
    let place = if data.futures().len() > 1 { format!("In {}, ", cell.future) } else { String::new() };
    let of = if data.strategies().len() > 1 { format!("NPV of {}", cell.strategy) } else { "NPV".to_string() };
    let sign = if p05 < 0.0 && 0.0 < p95 { ", so its sign is not known" } else { "" };
    let shares = match npv.param_share {
        Some(share) => format!("; {} of the variance is what nobody knows, the rest is chance", percent(share)),
        None => String::new(),
    };
    if f.n == Some(1.0) {
        return Some(format!("{place}{of} is USD {} in the one run.", usd.words(p50)));
    }
    let error = f.half_width().map(|h| format!(" \u{b1}{} (95\u{a0}% interval)", error(usd.of(h)))).unwrap_or_default();
    let mean = usd.words(f.mean?);
    let spread = format!("{} to {} from p05 to p95 of the runs", usd.show(p05), usd.words(p95));
    Some(format!(
        "{place}{of} is USD {mean}{error} in the mean, {} in the median and {spread}{sign}{shares}.",
        usd.words(p50)
    ))
}

/// The largest customer, the baseline's difference in dollars and the tail.
fn dependence(data: &Data) -> Option<String> {
    let cell = data.first_cell()?;
    let shares = || data.concentration_of(cell, "lab").filter(|r| r.base == "revenue" && r.measure == "share");
    let last = shares().map(|r| r.period.as_str()).max()?;
    // Of a single lab the share says nothing.
    shares().find(|r| shares().any(|other| other.name != r.name))?;
    let known = shares().filter(|r| r.period == last).filter_map(|r| Some((r, r.figure.mean?)));
    let (largest, share) = known.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let customer = format!(
        "{} is {} of what labs are billed in the twelve months to {last}, in the mean",
        largest.name,
        percent(share)
    );
    let tail = data.risk_of(cell, "npv_loss_es").and_then(|r| Some((r.value?, r.level?, r.n_tail?)));
    let usd = data.dollars();
    let loss = tail.map(|(es, level, n_tail)| {
        let worst = format!("the worst {} of runs", percent(1.0 - level));
        if es > 0.0 {
            format!("; {worst} lose USD {} on average ({n_tail} runs)", usd.words(es))
        } else {
            format!("; even {worst} gain USD {} on average ({n_tail} runs)", usd.words(-es))
        }
    });
    Some(format!("{customer}{}.", loss.unwrap_or_default()))
}

/// The longest wait of a study without money: under every strategy where there are several.
fn waiting(data: &Data) -> Option<String> {
    let cell = data.first_cell()?;
    let means = data.of_kind(cell, "workload", "wait_mean");
    let known = means.iter().filter_map(|(scope, row)| Some((row.figure.mean?, scope, row)));
    let (_, scope, row) = known.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let of = |strategy: &str, metric: &str| -> Option<Figure> {
        let rows = data.of_kind(Cell { strategy, ..cell }, "workload", metric);
        rows.into_iter().find(|r| r.0 == *scope).map(|r| r.1.figure)
    };
    let value = |strategy: &str, metric| of(strategy, metric).and_then(|f| f.mean);
    let longest = if means.len() > 1 { ", the longest mean wait" } else { "" };
    let strategies = data.distinct_strategies();
    if strategies.len() > 1 {
        let each = |strategy: &&str| {
            let f = of(strategy, "wait_mean")?;
            let quantile = |name: &str, metric| value(strategy, metric).map(|p| format!(", {name} {}", short(p)));
            let tail =
                [quantile("p90", "wait_p90"), quantile("p99", "wait_p99")].into_iter().flatten().collect::<String>();
            let share = value(strategy, "p_wait").map(|p| format!(", {} of jobs wait", percent(p))).unwrap_or_default();
            Some(format!("{} {} under {strategy}{tail}{share}", with_error(f.mean, f.half_width()), row.unit))
        };
        let said: Vec<String> = strategies.iter().filter_map(each).collect();
        let against: Vec<String> =
            strategies.iter().filter_map(|s| wait_against(data, Cell { strategy: s, ..cell }, scope)).collect();
        let against = if against.is_empty() { String::new() } else { format!(" {}", against.join(" ")) };
        return Some(format!("{scope} waits on average{longest}: {}.{against}", said.join("; ")));
    }
    let at_all =
        value(cell.strategy, "p_wait").map(|p| format!("; {} of its jobs wait at all", percent(p))).unwrap_or_default();
    let blocked = value(cell.strategy, "blocked_fraction").filter(|b| *b > 0.0);
    let blocked = blocked.map(|b| format!("; {} are turned away", percent(b))).unwrap_or_default();
    let mean = with_error(row.figure.mean, row.figure.half_width());
    Some(format!("{scope} waits {mean} {} on average{longest}{at_all}{blocked}.", row.unit))
}

/// A strategy's mean wait less that of the baseline, paired, and whether the two can be told apart.
fn wait_against(data: &Data, cell: Cell, scope: &str) -> Option<String> {
    let base = data.baseline()?;
    let is = |d: &&Difference| d.metric == "wait_mean" && d.scope == scope && d.versus == base;
    let d = data.differences.iter().filter(is).find(|d| d.strategy == cell.strategy && d.future == cell.future)?;
    let mean = d.figure.mean?;
    let told = match d.figure.interval() {
        _ if mean == 0.0 => "the same",
        None => "one run, so without an interval",
        Some((low, high)) if low <= 0.0 && 0.0 <= high => "the two cannot be told apart",
        Some(_) => "the 95\u{a0}% interval excludes 0",
    };
    let plus = if mean > 0.0 { "+" } else { "" };
    let mean = with_error(Some(mean), d.figure.half_width());
    Some(format!("{} less {base}, run by run: {plus}{mean} {} ({told}).", cell.strategy, d.unit))
}

/// The busiest pool of a study without money.
fn use_of_chips(data: &Data) -> Option<String> {
    let first = data.first_cell()?;
    let busiest = |cell| {
        data.of_kind(cell, "pool", "busy_fraction")
            .into_iter()
            .filter_map(|(pool, row)| Some((pool, row.figure.mean?)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let (pool, share) = busiest(first)?;
    let of = |strategy: &&str| {
        let rows = data.of_kind(Cell { strategy, ..first }, "pool", "busy_fraction");
        rows.into_iter().find(|r| r.0 == pool)?.1.figure.mean.map(|m| format!("{} under {strategy}", percent(m)))
    };
    let strategies = data.distinct_strategies();
    let each: Vec<String> = strategies.iter().filter_map(of).collect();
    if each.len() < 2 {
        return Some(format!("{} of the chip-time of {pool} is busy.", percent(share)));
    }
    Some(format!("Of the chip-time of {pool} is busy: {}.", each.join(", ")))
}

/// What differs in the inputs of two strategies: megawatts at the end, capex and equity, first future; one clause a strategy.
pub fn inputs(data: &Data) -> Vec<Input<'_>> {
    let Some(first) = data.first_cell() else { return Vec::new() };
    let mw = |cell: Cell| {
        let last = data.last_month()?;
        let rows = data.pools_of(cell).filter(|r| r.month == last);
        rows.filter_map(|r| r.mean("mw_installed")).reduce(|a, b| a + b)
    };
    // Spending counts as positive, however the table signs it.
    let spent = |cell: Cell, metric: &str| data.money(cell, metric)?.figure.mean.map(f64::abs);
    let of = |strategy| {
        let cell = Cell { strategy, ..first };
        Input { strategy, mw: mw(cell), capex: spent(cell, "capex"), equity: spent(cell, "equity_paid") }
    };
    data.distinct_strategies().into_iter().map(of).collect()
}

/// What a strategy puts in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Input<'a> {
    /// The strategy.
    pub strategy: &'a str,
    /// Installed in the last month \[MW\].
    pub mw: Option<f64>,
    /// Paid for chips over the study \[USD\].
    pub capex: Option<f64>,
    /// Paid into labs over the study \[USD\].
    pub equity: Option<f64>,
}

impl Input<'_> {
    /// "+820 MW, +31 bn USD of capex and 0 of equity" against `base`.
    pub fn against(&self, base: &Input) -> String {
        let less = |a: Option<f64>, b: Option<f64>| Some(a? - b?);
        let part = |value: Option<f64>, words: &str| value.map(|v| words.replace('#', &signed(v)));
        let parts = [
            part(less(self.mw, base.mw), "# MW at the end"),
            part(less(self.capex, base.capex), "USD # of capex"),
            part(less(self.equity, base.equity), "USD # of equity"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::page::sample;

    /// Two strategies of a queue, 60.2 s and half of it: both waits are said, and their difference by its interval.
    #[test]
    fn strategies_without_money_are_compared() {
        let mut data = Data::parse(&sample::theory()).unwrap();
        data.manifest.strategies = vec!["base".into(), "fast".into()];
        let mut fast = data.summary.clone();
        for r in &mut fast {
            r.strategy = "fast".into();
            r.figure.mean = r.figure.mean.map(|m| m / 2.0);
        }
        data.summary.extend(fast);
        let figure =
            |low| Figure { mean: Some(-30.1), ci_low: Some(low), ci_high: Some(-60.2 - low), ..Figure::default() };
        let mut said = |low| {
            let difference = Difference {
                strategy: "fast".into(),
                versus: "base".into(),
                future: "base".into(),
                scope_kind: "workload".into(),
                scope: "theory.jobs".into(),
                metric: "wait_mean".into(),
                unit: "s".into(),
                figure: figure(low),
                share_of_draws_better: None,
                note: String::new(),
            };
            data.differences = vec![difference];
            sentences(&data)[0].clone()
        };
        let clear = said(-32.0);
        assert!(
            clear.contains("60.2 \u{b1}0.72 s under base") && clear.contains("30.1 \u{b1}0.72 s under fast"),
            "{clear}"
        );
        assert!(
            clear
                .ends_with("fast less base, run by run: \u{2212}30.1 \u{b1}1.9 s (the 95\u{a0}% interval excludes 0)."),
            "{clear}"
        );
        assert!(said(-70.0).contains("the two cannot be told apart"));
    }
}
