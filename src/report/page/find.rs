//! Questions to the tables that several charts and texts ask: which cell is shown, which figure stands there, what its source line says.
//! It computes no result.
use super::data::{Concentration, Data, Difference, Figure, Goodput, Monthly, Risk, Summary};
use super::words::{Unit, list, percent};

/// Share of jobs that the end may cut off before the reader is told.
const MOST_CENSORED: f64 = 0.01;

/// A strategy in a future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell<'a> {
    /// Strategy.
    pub strategy: &'a str,
    /// Future.
    pub future: &'a str,
}

impl Data {
    /// Strategies in the order of the study; of a study without any, the one name its rows bear.
    pub fn strategies(&self) -> Vec<&str> {
        named(&self.manifest.strategies, self.summary.iter().map(|r| r.strategy.as_str()))
    }

    /// Futures in the order of the study.
    pub fn futures(&self) -> Vec<&str> {
        named(&self.manifest.futures, self.summary.iter().map(|r| r.future.as_str()))
    }

    /// Strategies with runs of their own: not the same as an earlier one.
    pub fn distinct_strategies(&self) -> Vec<&str> {
        let own = once(self.summary.iter().map(|r| r.strategy.as_str()));
        self.strategies().into_iter().filter(|s| own.contains(s)).collect()
    }

    /// "X = both (differs only in: ..)" of every cell that has no runs of its own; with its futures where that is not so in all.
    pub fn same(&self) -> Vec<String> {
        let mut by_words: Vec<((&str, &str), Vec<&str>)> = Vec::new();
        for (strategy, future, words) in &self.manifest.same_as {
            let key = (strategy.as_str(), words.as_str());
            match by_words.iter_mut().find(|(of, _)| *of == key) {
                Some((_, futures)) => futures.push(future),
                None => by_words.push((key, vec![future])),
            }
        }
        let all = self.futures().len();
        let line = |((strategy, words), futures): ((&str, &str), Vec<&str>)| match futures.len() == all {
            true => format!("{strategy} {words}"),
            false => format!("{strategy} {words} in {}", list(&futures)),
        };
        by_words.into_iter().map(line).collect()
    }

    /// The cell that charts of a single cell show: the first strategy in the first future.
    pub fn first_cell(&self) -> Option<Cell<'_>> {
        Some(Cell { strategy: self.strategies().first()?, future: self.futures().first()? })
    }

    /// The cloud whose money is told: the first that has a net present value.
    pub fn cloud(&self) -> Option<&str> {
        self.summary.iter().find(|r| r.metric == "npv_total" && r.scope_kind == "cloud").map(|r| r.scope.as_str())
    }

    /// The strategy the others are measured against: `neither` where it exists, else the one that differences name.
    pub fn baseline(&self) -> Option<&str> {
        let versus = |name: &str| self.differences.iter().find(|d| d.versus == name).map(|d| d.versus.as_str());
        versus("neither").or_else(|| self.differences.first().map(|d| d.versus.as_str()))
    }

    /// A figure of the cloud over all years.
    pub fn money(&self, cell: Cell, metric: &str) -> Option<&Summary> {
        let cloud = self.cloud()?;
        self.summary.iter().find(|r| {
            r.metric == metric
                && r.scope_kind == "cloud"
                && r.scope == cloud
                && r.period == "all"
                && is_of(cell, &r.strategy, &r.future)
        })
    }

    /// Figures over the whole study of everything of a kind: (scope, row), in the order of the table.
    pub fn of_kind<'a>(&'a self, cell: Cell<'a>, kind: &'a str, metric: &'a str) -> Vec<(&'a str, &'a Summary)> {
        self.summary
            .iter()
            .filter(|r| r.metric == metric && r.scope_kind == kind && r.period == "all")
            .filter(|r| is_of(cell, &r.strategy, &r.future))
            .map(|r| (r.scope.as_str(), r))
            .collect()
    }

    /// What the end cuts off, workload by workload: those of whose jobs more than 1 % had not started or not finished.
    pub fn censored(&self, cell: Cell) -> Vec<String> {
        let mean = |metric: &str, workload: &str| {
            let rows = self.of_kind(cell, "workload", metric);
            rows.into_iter().find(|(scope, _)| *scope == workload)?.1.figure.mean
        };
        let share = |workload: &str, cut: &str, whole: &str| {
            let (cut, whole) = mean(cut, workload).zip(mean(whole, workload))?;
            Some(cut / (cut + whole)).filter(|share| MOST_CENSORED < *share)
        };
        let line = |(workload, _): (&str, &Summary)| {
            let waits = share(workload, "jobs_unstarted", "jobs_started");
            let times = share(workload, "jobs_unfinished", "jobs_finished");
            let waits = waits.map(|s| format!("{} of its jobs had not started", percent(s)));
            let times = times.map(|s| format!("{} had not finished", percent(s)));
            let said: Vec<String> = [waits, times].into_iter().flatten().collect();
            let bounds = "at the end: they count with their time so far, and the figures are lower bounds";
            (!said.is_empty()).then(|| format!("{workload}: {} {bounds}", said.join(", ")))
        };
        self.of_kind(cell, "workload", "wait_mean").into_iter().filter_map(line).collect()
    }

    /// The unit of every NPV on the page, in charts, tables and sentences alike.
    pub fn dollars(&self) -> Unit {
        let npv = self.summary.iter().filter(|r| r.metric == "npv_total" && r.period == "all");
        Unit::fit(npv.flat_map(|r| [r.figure.p05, r.figure.p95]).flatten())
    }

    /// Figures by year of one thing: (year, figure), in the order of the table.
    pub fn by_year<'a>(&'a self, cell: Cell<'a>, kind: &'a str, metric: &'a str) -> impl Iterator<Item = &'a Summary> {
        let yearly = |r: &&Summary| r.period != "all" && r.period.len() == 4;
        let of = move |r: &&Summary| r.metric == metric && r.scope_kind == kind && is_of(cell, &r.strategy, &r.future);
        self.summary.iter().filter(yearly).filter(of)
    }

    /// Share of draws in which a strategy is the higher one; of one draw there is no share.
    pub fn higher_in(&self, difference: &Difference) -> Option<f64> {
        let several = self.manifest.draws.is_none_or(|m| m > 1);
        difference.share_of_draws_better.filter(|_| several)
    }

    /// The head of that column.
    pub fn higher_words(&self) -> &'static str {
        if self.first_look().is_some() { "Higher in draws, a first look" } else { "Higher in draws" }
    }

    /// Runs of a cell as the study was planned.
    pub fn runs(&self) -> Option<f64> {
        let m = &self.manifest;
        m.draws.zip(m.replications).map(|(draws, each)| (draws * each) as f64)
    }

    /// What a mean with its error is, for captions; of one run there is neither.
    pub fn mean_words(&self) -> &'static str {
        if self.runs() == Some(1.0) { "of the one run" } else { "means over runs with their 95\u{a0}% interval" }
    }

    /// Whether quantiles over the runs say little: fewer than twenty, so that p05 and p95 are near the least and the most.
    pub fn first_look(&self) -> Option<String> {
        let runs = self.runs().filter(|n| 1.0 < *n && *n < 20.0)?;
        Some(format!("a first look: n = {runs} runs"))
    }

    /// What makes the runs of a cell differ, in words.
    pub fn spread_of(&self) -> &'static str {
        let m = &self.manifest;
        match (m.draws.unwrap_or(1) > 1 && !m.fixed, m.replications.unwrap_or(1) > 1) {
            (true, true) => "over runs, draws and chance together",
            (true, false) => "over runs, one a draw",
            (false, _) => "over runs, chance alone",
        }
    }

    /// Rows of `pools.csv` of a cell.
    pub fn pools_of<'a>(&'a self, cell: Cell<'a>) -> impl Iterator<Item = &'a Monthly> {
        self.pools.iter().filter(move |r| is_of(cell, &r.strategy, &r.future))
    }

    /// Rows of `tenants.csv` of a cell.
    pub fn tenants_of<'a>(&'a self, cell: Cell<'a>) -> impl Iterator<Item = &'a Monthly> {
        self.tenants.iter().filter(move |r| is_of(cell, &r.strategy, &r.future))
    }

    /// Rows of `concentration.csv` of a cell on one axis.
    pub fn concentration_of<'a>(&'a self, cell: Cell<'a>, axis: &'a str) -> impl Iterator<Item = &'a Concentration> {
        self.concentration.iter().filter(move |r| r.axis == axis && is_of(cell, &r.strategy, &r.future))
    }

    /// Rows of `goodput.csv` of a cell.
    pub fn goodput_of<'a>(&'a self, cell: Cell<'a>) -> impl Iterator<Item = &'a Goodput> {
        self.goodput.iter().filter(move |r| is_of(cell, &r.strategy, &r.future))
    }

    /// A row of `risk.csv`.
    pub fn risk_of(&self, cell: Cell, measure: &str) -> Option<&Risk> {
        self.risk.iter().find(|r| r.measure == measure && is_of(cell, &r.strategy, &r.future))
    }

    /// NPV total of a cell less that of the baseline, paired; `None` for the baseline itself.
    pub fn npv_difference(&self, cell: Cell) -> Option<&Difference> {
        let versus = self.baseline()?;
        self.differences
            .iter()
            .find(|d| d.versus == versus && d.metric == "npv_total" && is_of(cell, &d.strategy, &d.future))
            .filter(|d| Some(d.scope.as_str()) == self.cloud())
    }

    /// Every strategy in every future, by future.
    pub fn cells<'a>(&'a self, strategies: &[&'a str]) -> Vec<Cell<'a>> {
        let of = |future| strategies.iter().map(move |strategy| Cell { strategy, future });
        self.futures().into_iter().flat_map(of).collect()
    }

    /// The last month of `pools.csv`.
    pub fn last_month(&self) -> Option<&str> {
        self.pools.iter().map(|r| r.month.as_str()).max()
    }

    /// Latest date of a source among the assumptions: what is later, the study cannot know. None where no source is dated.
    pub fn as_of(&self) -> Option<&str> {
        let is_date = |text: &&str| {
            matches!(text.len(), 4 | 7 | 10)
                && text
                    .bytes()
                    .enumerate()
                    .all(|(n, b)| if matches!(n, 4 | 7) { b == b'-' } else { b.is_ascii_digit() })
        };
        self.assumptions.iter().map(|row| row.as_of.as_str()).filter(is_date).max()
    }

    /// Runs, date of the inputs, seed and version: the end of every subtitle.
    pub fn dated_provenance(&self, n: Option<f64>) -> String {
        let as_of = self.as_of().map(|date| format!("inputs as of {date}; ")).unwrap_or_default();
        format!("{as_of}{}", self.provenance(n))
    }

    /// Runs, seed and version.
    pub fn provenance(&self, n: Option<f64>) -> String {
        let m = &self.manifest;
        let split = match (m.draws, m.replications) {
            (Some(draws), Some(replications)) if draws * replications > 1 => {
                format!(" ({draws} draw{} x {replications})", if draws == 1 { "" } else { "s" })
            }
            _ => String::new(),
        };
        let first_look = if self.first_look().is_some() { "a first look: " } else { "" };
        let runs = n.map(|n| format!("{first_look}n = {n} run{}{split}; ", if n == 1.0 { "" } else { "s" }));
        let runs = runs.unwrap_or_default();
        format!("{runs}seed {}, hedgerow {}", m.seed, m.version)
    }

    /// The cells that one chart of `rows` things shows: every strategy of the first future where that stays readable, else the first.
    pub fn side_by_side(&self, rows: usize) -> Vec<Cell<'_>> {
        let Some(first) = self.first_cell() else { return Vec::new() };
        let strategies = self.distinct_strategies();
        if strategies.len() > 4 || rows * strategies.len() > 8 {
            return vec![first];
        }
        strategies.into_iter().map(|strategy| Cell { strategy, ..first }).collect()
    }

    /// A thing's name beside itself under other strategies.
    pub fn named_in(&self, name: &str, cell: Cell, beside: usize) -> String {
        if beside > 1 { format!("{name}: {}", cell.strategy) } else { name.to_string() }
    }

    /// Which cells a chart shows; empty where there is but one.
    pub fn shown_of(&self, cells: &[Cell]) -> String {
        match cells {
            [one] => self.shown(*one),
            [first, ..] if self.futures().len() > 1 => format!("future {}; ", first.future),
            _ => String::new(),
        }
    }

    /// "strategy both, future baseline": which cell a chart shows; empty where there is but one.
    pub fn shown(&self, cell: Cell) -> String {
        match (self.strategies().len() > 1, self.futures().len() > 1) {
            (true, true) => format!("strategy {}, future {}; ", cell.strategy, cell.future),
            (true, false) => format!("strategy {}; ", cell.strategy),
            (false, true) => format!("future {}; ", cell.future),
            (false, false) => String::new(),
        }
    }
}

/// A month label as calendar time in years, at its end: `2026-12` is 2027.
pub fn month_end(label: &str) -> Option<f64> {
    let (year, month) = label.split_once('-')?;
    Some(year.parse::<f64>().ok()? + month.parse::<f64>().ok()? / 12.0)
}

/// The same at its middle, where the mean over a month stands.
pub fn month_middle(label: &str) -> Option<f64> {
    Some(month_end(label)? - 1.0 / 24.0)
}

/// Range and median of a figure, where all three are there.
pub fn range(figure: &Figure) -> Option<(f64, f64, f64)> {
    Some((figure.p05?, figure.p50?, figure.p95?))
}

/// Each name once, in order of appearance.
pub fn once<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        // Neighbours are mostly equal, so the look back is short.
        if seen.iter().rev().all(|s| *s != name) {
            seen.push(name);
        }
    }
    seen
}

fn is_of(cell: Cell, strategy: &str, future: &str) -> bool {
    cell.strategy == strategy && cell.future == future
}

/// The manifest's names, or else those the rows bear.
fn named<'a>(manifest: &'a [String], rows: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    if manifest.is_empty() { once(rows) } else { manifest.iter().map(String::as_str).collect() }
}
