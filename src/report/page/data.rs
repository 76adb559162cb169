//! The tables of a finished study as typed rows, read from their CSV text and `manifest.json` alone.
//! It computes nothing: a blank cell stays `None`, and the order of rows is that of the files.
use std::collections::BTreeMap;

use super::manifest::Manifest;
use super::sheet::{Row, Sheet};
use crate::report::folder::MANIFEST;

/// Why the tables of a study cannot be read: the file, the place in it, and the cure.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// No manifest among the files.
    #[error(
        "there is no {MANIFEST} here, so this is not the output of a study; run the study again or name its folder"
    )]
    NoManifest,
    /// The manifest is not what a run writes.
    #[error("{MANIFEST} cannot be read: {message}; run the study again")]
    Manifest {
        /// What is wrong with it.
        message: String,
    },
    /// The folder is of another command.
    #[error(
        "this folder is of `hedgerow {kind}`, which draws more than its tables hold: run that command again for its charts and page"
    )]
    NotAStudy {
        /// The command.
        kind: String,
    },
    /// Tables are missing or not those that the run wrote.
    #[error("{}; nothing was written: run the study again, or undo the change", .faults.join("; "))]
    Damaged {
        /// One a file, with its name.
        faults: Vec<String>,
    },
    /// A table is not CSV.
    #[error("{file} cannot be read: {message}; run the study again, or undo the change made to that file")]
    Csv {
        /// The table.
        file: String,
        /// What the reader said, with the line.
        message: String,
    },
    /// A table lacks a column.
    #[error("{file} has no column {column:?}; it may come from another version of hedgerow: run the study again")]
    MissingColumn {
        /// The table.
        file: String,
        /// The column.
        column: String,
    },
    /// A cell that should hold a number holds words.
    #[error(
        "{file}, line {line}: {text:?} in column {column:?} is not a number; run the study again, or undo the change"
    )]
    NotANumber {
        /// The table.
        file: String,
        /// Line of the file, the header being line 1.
        line: usize,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
    },
}

/// A figure over the runs of a cell: its mean with the simulation error, and its range over draws.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figure {
    /// Runs.
    pub n: Option<f64>,
    /// Mean over the runs.
    pub mean: Option<f64>,
    /// Low end of the interval of the mean.
    pub ci_low: Option<f64>,
    /// High end of the interval of the mean.
    pub ci_high: Option<f64>,
    /// 5th percentile over the runs.
    pub p05: Option<f64>,
    /// Median over the runs.
    pub p50: Option<f64>,
    /// 95th percentile over the runs.
    pub p95: Option<f64>,
}

impl Figure {
    /// Half the width of the interval of the mean.
    pub fn half_width(&self) -> Option<f64> {
        Some((self.ci_high? - self.ci_low?) / 2.0)
    }

    /// The interval of the mean.
    pub fn interval(&self) -> Option<(f64, f64)> {
        Some((self.ci_low?, self.ci_high?))
    }
}

/// A row of `summary.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Strategy.
    pub strategy: String,
    /// Future.
    pub future: String,
    /// cloud, pool, lab, workload, workload@pool, lab@pool, campaign or contract.
    pub scope_kind: String,
    /// Whose figure it is.
    pub scope: String,
    /// `all` or a year.
    pub period: String,
    /// What is measured.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// The figure.
    pub figure: Figure,
    /// Share of the variance that is not known rather than chance, 0..=1.
    pub param_share: Option<f64>,
}

/// A month of a pool or of a lab in a pool: mean with p05 and p95 by metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Monthly {
    /// Strategy.
    pub strategy: String,
    /// Future.
    pub future: String,
    /// As `2026-12`.
    pub month: String,
    /// Pool.
    pub pool: String,
    /// Lab; empty in rows of pools.
    pub lab: String,
    /// guaranteed, reserved, or the kind of price paid for use; empty in rows of pools.
    pub price_kind: String,
    /// Runs.
    pub n: Option<f64>,
    /// By metric; a metric without a mean is absent.
    pub values: BTreeMap<String, Spread>,
}

impl Monthly {
    /// Mean of a metric.
    pub fn mean(&self, metric: &str) -> Option<f64> {
        self.values.get(metric).map(|of| of.mean)
    }
}

/// A figure of a month over the runs: its mean and its range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Mean over the runs.
    pub mean: f64,
    /// 5th percentile over the runs.
    pub p05: Option<f64>,
    /// 95th percentile over the runs.
    pub p95: Option<f64>,
}

/// A row of `services.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceMonth {
    /// Strategy.
    pub strategy: String,
    /// Future.
    pub future: String,
    /// As `2026-12`.
    pub month: String,
    /// Lab and service: `lab.chat`.
    pub name: String,
    /// Runs.
    pub n: Option<f64>,
    /// By metric; a metric without a mean is absent.
    pub values: BTreeMap<String, Spread>,
}

/// A line of `cashflow.csv` \[USD\].
#[derive(Debug, Clone, PartialEq)]
pub struct CashLine {
    /// Strategy.
    pub strategy: String,
    /// Future.
    pub future: String,
    /// Whose cash.
    pub cloud: String,
    /// usage, capex_order, ..., net.
    pub line: String,
    /// By year, in the order of [`Data::cash_years`].
    pub by_year: Vec<Option<f64>>,
    /// Over all years.
    pub total: Option<f64>,
}

/// A row of `concentration.csv`: the twelve months that end with `period`.
#[derive(Debug, Clone, PartialEq)]
pub struct Concentration {
    /// Strategy.
    pub strategy: String,
    /// Future.
    pub future: String,
    /// As `2026-12`.
    pub period: String,
    /// lab, silicon_vendor or region.
    pub axis: String,
    /// revenue, mw, ...
    pub base: String,
    /// share, hhi, effective_number, cr1, cr2 or covered.
    pub measure: String,
    /// Whose share; empty for indices.
    pub name: String,
    /// The figure.
    pub figure: Figure,
    /// What of the whole it covers, or what else to know of it; may be empty.
    pub note: String,
}

/// A row of `risk.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct Risk {
    /// Strategy.
    pub strategy: String,
    /// Future.
    pub future: String,
    /// npv_loss_var, npv_loss_es, margin_correlation, ...
    pub measure: String,
    /// Of whom.
    pub name: String,
    /// Level of a tail.
    pub level: Option<f64>,
    /// Unit of the value.
    pub unit: String,
    /// Runs.
    pub n: Option<f64>,
    /// Runs in the tail.
    pub n_tail: Option<f64>,
    /// The figure; `None` with a note when it is refused.
    pub value: Option<f64>,
    /// Low end.
    pub low: Option<f64>,
    /// High end.
    pub high: Option<f64>,
    /// Why there is no figure, or what to know of it.
    pub note: String,
}

/// A row of `differences.csv`: `strategy` less `versus`, paired.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Strategy.
    pub strategy: String,
    /// The strategy it is compared with.
    pub versus: String,
    /// Future.
    pub future: String,
    /// As in `summary.csv`; empty where both are the same.
    pub scope_kind: String,
    /// Whose figure it is.
    pub scope: String,
    /// What is measured.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// The figure.
    pub figure: Figure,
    /// Share of draws in which `strategy` is the better one, 0..=1.
    pub share_of_draws_better: Option<f64>,
    /// That both are the same, and in what they differ.
    pub note: String,
}

/// A row of `assumptions.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumption {
    /// Dotted path in the scenario.
    pub path: String,
    /// Value as written.
    pub value: String,
    /// Range as written; empty for none.
    pub range: String,
    /// Where it is from.
    pub source: String,
    /// Of which date.
    pub as_of: String,
    /// high, medium, low, estimate.
    pub confidence: String,
    /// Why this value.
    pub reason: String,
}

/// A row of `goodput.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct Goodput {
    /// Strategy.
    pub strategy: String,
    /// Future.
    pub future: String,
    /// lab or workload.
    pub scope_kind: String,
    /// Whose gangs.
    pub scope: String,
    /// What interrupted them; empty: all.
    pub reason: String,
    /// What is measured.
    pub metric: String,
    /// The figure.
    pub figure: Figure,
}

/// Chips of a pool in a tick.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PoolTick {
    /// Strategy.
    pub strategy: String,
    /// Future.
    pub future: String,
    /// Pool.
    pub pool: String,
    /// When the tick begins, in its day [min].
    pub minute_of_day: u32,
    /// Ready, starting, gangs, reserved, idle, down.
    pub chips: [f64; 6],
}

/// A figure of a tick that was played again request by request.
#[derive(Debug, Clone, PartialEq)]
pub struct TierWindow {
    /// Strategy.
    pub strategy: String,
    /// Future.
    pub future: String,
    /// Lab and service: `lab.chat`.
    pub service: String,
    /// When it begins.
    pub tick: String,
    /// Its peak load.
    pub load: f64,
    /// What is compared.
    pub metric: String,
    /// Request tier.
    pub request: f64,
    /// Half-width of its interval.
    pub half_width: f64,
    /// Fluid less request.
    pub error: f64,
    /// ok, unsure or MISS.
    pub verdict: String,
}

/// A finished study as charts, the page and the terminal table see it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Data {
    /// `manifest.json`.
    pub manifest: Manifest,
    /// `summary.csv`.
    pub summary: Vec<Summary>,
    /// `pools.csv`.
    pub pools: Vec<Monthly>,
    /// `tenants.csv`.
    pub tenants: Vec<Monthly>,
    /// `services.csv`.
    pub services: Vec<ServiceMonth>,
    /// `pools_by_tick.csv`.
    pub pool_ticks: Vec<PoolTick>,
    /// `model_error.csv`.
    pub tier_windows: Vec<TierWindow>,
    /// Years of `cashflow.csv`.
    pub cash_years: Vec<String>,
    /// `cashflow.csv`.
    pub cash: Vec<CashLine>,
    /// `concentration.csv`.
    pub concentration: Vec<Concentration>,
    /// `goodput.csv`.
    pub goodput: Vec<Goodput>,
    /// `risk.csv`.
    pub risk: Vec<Risk>,
    /// `differences.csv`.
    pub differences: Vec<Difference>,
    /// `assumptions.csv`.
    pub assumptions: Vec<Assumption>,
}

impl Data {
    /// The tables `files` (name, text) as typed rows. A table that is not there is empty; names that are not known are passed over.
    pub fn parse(files: &[(String, String)]) -> Result<Data, DataError> {
        let text = |name: &str| files.iter().find(|f| f.0 == name).map(|f| f.1.as_str());
        let sheet = |name: &str| Sheet::parse(name, text(name).unwrap_or_default());
        let manifest = Manifest::parse(text(MANIFEST).ok_or(DataError::NoManifest)?)?;
        let cash = sheet("cashflow.csv")?;
        let cash_years: Vec<String> =
            cash.headers().iter().filter(|h| h.parse::<u16>().is_ok()).map(ToString::to_string).collect();
        Ok(Data {
            manifest,
            summary: sheet("summary.csv")?.map(summary)?,
            pools: months(sheet("pools.csv")?, monthly)?,
            tenants: months(sheet("tenants.csv")?, monthly)?,
            services: months(sheet("services.csv")?, service_month)?,
            pool_ticks: sheet("pools_by_tick.csv")?.map(pool_tick)?,
            tier_windows: sheet("model_error.csv")?.map(tier_window)?,
            cash: cash.map(|row| cash_line(row, &cash_years))?,
            cash_years,
            concentration: sheet("concentration.csv")?.map(concentration)?,
            goodput: sheet("goodput.csv")?.map(goodput)?,
            risk: sheet("risk.csv")?.map(risk)?,
            differences: sheet("differences.csv")?.map(difference)?,
            assumptions: sheet("assumptions.csv")?.map(assumption)?,
        })
    }
}

fn figure(row: &Row) -> Result<Figure, DataError> {
    Ok(Figure {
        n: row.number("n")?,
        mean: row.number("mean")?,
        ci_low: row.number("ci_low")?,
        ci_high: row.number("ci_high")?,
        p05: row.number("p05")?,
        p50: row.number("p50")?,
        p95: row.number("p95")?,
    })
}

fn summary(row: Row) -> Result<Summary, DataError> {
    Ok(Summary {
        strategy: row.text("strategy")?,
        future: row.text("future")?,
        scope_kind: row.text("scope_kind")?,
        scope: row.text("scope")?,
        period: row.text("period")?,
        metric: row.text("metric")?,
        unit: row.text("unit")?,
        figure: figure(&row)?,
        param_share: row.number("param_share")?,
    })
}

/// A metric, the place of its column and of those of its p05 and p95.
type SpreadColumns = (String, usize, [Option<usize>; 2]);

/// Every column that is no key is a metric, or the p05 or p95 of one. Looked for once a table: a row has thirty of them.
fn spread_columns(headers: &[String]) -> Vec<SpreadColumns> {
    const KEYS: [&str; 10] =
        ["strategy", "future", "month", "pool", "site", "lab", "service", "workload", "price_kind", "n"];
    let is_metric = |h: &str| !KEYS.contains(&h) && !h.ends_with("_p05") && !h.ends_with("_p95");
    let place = |name: String| headers.iter().position(|h| *h == name);
    let metrics = headers.iter().enumerate().filter(|(_, h)| is_metric(h));
    metrics.map(|(n, h)| (h.clone(), n, [place(format!("{h}_p05")), place(format!("{h}_p95"))])).collect()
}

/// The metrics that the row has.
fn spreads(row: &Row, columns: &[SpreadColumns]) -> Result<BTreeMap<String, Spread>, DataError> {
    let mut values = BTreeMap::new();
    for (metric, mean, ends) in columns {
        if let Some(mean) = row.number_at(*mean)? {
            let end = |place: Option<usize>| place.map_or(Ok(None), |place| row.number_at(place));
            values.insert(metric.clone(), Spread { mean, p05: end(ends[0])?, p95: end(ends[1])? });
        }
    }
    Ok(values)
}

/// A sheet with metrics of months.
fn months<T>(
    sheet: Sheet,
    read: impl Fn(&Row, BTreeMap<String, Spread>) -> Result<T, DataError>,
) -> Result<Vec<T>, DataError> {
    let columns = spread_columns(sheet.headers());
    sheet.map(|row| read(&row, spreads(&row, &columns)?))
}

fn service_month(row: &Row, values: BTreeMap<String, Spread>) -> Result<ServiceMonth, DataError> {
    Ok(ServiceMonth {
        strategy: row.text("strategy")?,
        future: row.text("future")?,
        month: row.text("month")?,
        name: format!("{}.{}", row.text("lab")?, row.text("service")?),
        n: row.number("n")?,
        values,
    })
}

fn monthly(row: &Row, values: BTreeMap<String, Spread>) -> Result<Monthly, DataError> {
    let optional = |name: &str| if row.has(name) { row.text(name) } else { Ok(String::new()) };
    Ok(Monthly {
        strategy: row.text("strategy")?,
        future: row.text("future")?,
        month: row.text("month")?,
        pool: row.text("pool")?,
        lab: optional("lab")?,
        price_kind: optional("price_kind")?,
        n: row.number("n")?,
        values,
    })
}

fn pool_tick(row: Row) -> Result<PoolTick, DataError> {
    const COLUMNS: [&str; 6] =
        ["ready_chips", "starting_chips", "gang_chips", "reserved_chips", "idle_chips", "down_chips"];
    let mut chips = [0.0; 6];
    for (chips, column) in chips.iter_mut().zip(COLUMNS) {
        *chips = row.must_number(column)?;
    }
    let tick = row.text("tick")?;
    // As in 2026-01-05T13:10:00.
    let of = |from: usize| {
        let number = tick.get(from..from + 2).and_then(|text| text.parse::<u32>().ok());
        number.ok_or_else(|| row.not_a_number("tick", &tick))
    };
    Ok(PoolTick {
        strategy: row.text("strategy")?,
        future: row.text("future")?,
        pool: row.text("pool")?,
        minute_of_day: 60 * of(11)? + of(14)?,
        chips,
    })
}

/// A line of `model_error.csv`.
pub fn tier_window(row: Row) -> Result<TierWindow, DataError> {
    Ok(TierWindow {
        strategy: row.text("strategy")?,
        future: row.text("future")?,
        service: format!("{}.{}", row.text("lab")?, row.text("service")?),
        tick: row.text("tick")?,
        load: row.must_number("peak_load")?,
        metric: row.text("metric")?,
        request: row.must_number("request")?,
        half_width: row.must_number("request_half_width")?,
        error: row.must_number("model_error")?,
        verdict: row.text("verdict")?,
    })
}

fn cash_line(row: Row, years: &[String]) -> Result<CashLine, DataError> {
    Ok(CashLine {
        strategy: row.text("strategy")?,
        future: row.text("future")?,
        cloud: row.text("cloud")?,
        line: row.text("line")?,
        by_year: years.iter().map(|year| row.number(year)).collect::<Result<_, _>>()?,
        total: row.number("total")?,
    })
}

fn concentration(row: Row) -> Result<Concentration, DataError> {
    Ok(Concentration {
        strategy: row.text("strategy")?,
        future: row.text("future")?,
        period: row.text("period")?,
        axis: row.text("axis")?,
        base: row.text("base")?,
        measure: row.text("measure")?,
        name: row.text("name")?,
        figure: figure(&row)?,
        note: if row.has("note") { row.text("note")? } else { String::new() },
    })
}

fn goodput(row: Row) -> Result<Goodput, DataError> {
    Ok(Goodput {
        strategy: row.text("strategy")?,
        future: row.text("future")?,
        scope_kind: row.text("scope_kind")?,
        scope: row.text("scope")?,
        reason: row.text("reason")?,
        metric: row.text("metric")?,
        figure: figure(&row)?,
    })
}

fn risk(row: Row) -> Result<Risk, DataError> {
    Ok(Risk {
        strategy: row.text("strategy")?,
        future: row.text("future")?,
        measure: row.text("measure")?,
        name: row.text("name")?,
        level: row.number("level")?,
        unit: row.text("unit")?,
        n: row.number("n")?,
        n_tail: row.number("n_tail")?,
        value: row.number("value")?,
        low: row.number("low")?,
        high: row.number("high")?,
        note: row.text("note")?,
    })
}

fn difference(row: Row) -> Result<Difference, DataError> {
    Ok(Difference {
        strategy: row.text("strategy")?,
        versus: row.text("versus")?,
        future: row.text("future")?,
        scope_kind: row.text("scope_kind")?,
        scope: row.text("scope")?,
        metric: row.text("metric")?,
        unit: row.text("unit")?,
        figure: figure(&row)?,
        share_of_draws_better: row.number("share_of_draws_better")?,
        note: row.text("note")?,
    })
}

fn assumption(row: Row) -> Result<Assumption, DataError> {
    Ok(Assumption {
        path: row.text("path")?,
        value: row.text("value")?,
        range: row.text("range")?,
        source: row.text("source")?,
        as_of: row.text("as_of")?,
        confidence: row.text("confidence")?,
        reason: row.text("reason")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, text: &str) -> Result<Data, DataError> {
        Data::parse(&[(MANIFEST.into(), r#"{"name": "x", "seed": 7}"#.into()), (name.into(), text.into())])
    }

    /// A blank is not zero, a quoted formula comes back as the name it was, and a metric without a mean is absent.
    #[test]
    fn cells_come_back_as_they_were_meant() {
        let text = "strategy,future,month,pool,site,n,mfu,mfu_p05,mfu_p95,idle_chips,idle_chips_p05,idle_chips_p95\n\
                    '=a,f,2026-01,p,s,4,0.4,0.3,,,,\n";
        let data = parse("pools.csv", text).unwrap();
        assert_eq!((data.pools[0].strategy.as_str(), data.manifest.seed.as_str()), ("=a", "7"));
        assert_eq!(
            data.pools[0].values,
            BTreeMap::from([("mfu".to_string(), Spread { mean: 0.4, p05: Some(0.3), p95: None })])
        );
    }

    #[test]
    fn a_broken_table_is_told_with_its_place() {
        let error = |name: &str, text: &str| parse(name, text).unwrap_err().to_string();
        let risk = "strategy,future,measure,name,level,unit,n,n_tail,value,low,high,note\n";
        assert!(
            error("risk.csv", &format!("{risk}a,b,m,,x,,,,,,,\n"))
                .contains("risk.csv, line 2: \"x\" in column \"level\"")
        );
        assert!(error("risk.csv", &format!("{risk}a,b\n")).contains("risk.csv cannot be read"));
        assert!(error("summary.csv", "strategy\nboth\n").contains("no column \"future\""));
        assert!(matches!(Data::parse(&[]).unwrap_err(), DataError::NoManifest));
    }
}
