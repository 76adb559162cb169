//! What a replay of requests leaves: a line a request as it goes, figures with their intervals, levels through time, charts and a page.
//! Knows no file and no clock.

mod charts;
mod page;

pub use charts::charts;
pub use page::page;

use super::columns::headers;
use super::csv_out::{Cell, harmless, to_csv};
use super::table::{Cell as Shown, Column, Table};
use crate::kernel::request::{Done, Sink};
use crate::replay::requests::{Figures, Goal, Served, Tally, of_class};
use std::io::Write;

/// Header of `requests.csv`; the last column only where several models are served.
const COLUMNS: [&str; 9] =
    ["id", "arrival_s", "input_tokens", "output_tokens", "ttft_s", "tpot_s", "e2e_s", "replica", "model"];

/// Of what a replay was.
pub struct About<'a> {
    /// Name of the log.
    pub log: &'a str,
    /// Model, chips, replicas, rules.
    pub rules: String,
    /// Requests of the log.
    pub requests: u64,
    /// Models and their replicas.
    pub served: &'a [Served],
    /// Chips that all of them share; None: no limit.
    pub pool_chips: Option<u64>,
    /// Targets by class.
    pub goals: &'a [Goal],
}

/// Writes `requests.csv`, a line a request in order of their ends, and counts what passes.
pub struct RequestsFile<'g, W: Write> {
    out: csv::Writer<W>,
    /// What is counted.
    pub tally: Tally<'g>,
    text: Vec<u8>,
    failed: Option<String>,
}

impl<'g, W: Write> RequestsFile<'g, W> {
    /// Begins with the header.
    pub fn new(out: W, tally: Tally<'g>) -> Result<RequestsFile<'g, W>, String> {
        let mut out = csv::Writer::from_writer(out);
        let columns = if tally.served().is_empty() { &COLUMNS[..8] } else { &COLUMNS[..] };
        out.write_record(columns).map_err(|error| error.to_string())?;
        Ok(RequestsFile { out, tally, text: Vec::new(), failed: None })
    }

    /// Ends the file; what was counted.
    pub fn finish(mut self) -> Result<Tally<'g>, String> {
        match self.failed {
            Some(why) => Err(why),
            None => self.out.flush().map(|()| self.tally).map_err(|error| error.to_string()),
        }
    }

    fn fields(&mut self, done: &Done) -> csv::Result<()> {
        self.integer(Some(done.row))?;
        self.seconds(Some(done.at_ns as f64 / 1e9))?;
        self.integer(Some(u64::from(done.input)))?;
        self.integer(Some(u64::from(done.output)))?;
        self.seconds(done.ttft_s())?;
        self.seconds(self.tally.tpot_s(done))?;
        self.seconds(done.e2e_s())?;
        self.integer(done.replica.map(u64::from))?;
        if let Some(served) = self.tally.served().get(usize::from(done.model)) {
            self.out.write_field(harmless(&served.name))?;
        }
        self.out.write_record(None::<&[u8]>)
    }

    fn integer(&mut self, value: Option<u64>) -> csv::Result<()> {
        self.text.clear();
        if let Some(value) = value {
            write!(self.text, "{value}").expect("memory takes it");
        }
        self.out.write_field(&self.text)
    }

    /// To the nanosecond, without trailing zeros.
    fn seconds(&mut self, seconds: Option<f64>) -> csv::Result<()> {
        self.text.clear();
        if let Some(seconds) = seconds {
            write!(self.text, "{seconds:.9}").expect("memory takes it");
            while self.text.last() == Some(&b'0') {
                self.text.pop();
            }
            if self.text.last() == Some(&b'.') {
                self.text.pop();
            }
        }
        self.out.write_field(&self.text)
    }
}

impl<W: Write> Sink for RequestsFile<'_, W> {
    fn done(&mut self, done: &Done) {
        self.tally.done(done);
        if self.failed.is_none() {
            self.failed = self.fields(done).err().map(|error| error.to_string());
        }
    }

    fn span(&mut self, replica: u32, from_ns: u64, to_ns: u64, batch: u32, kv_from: u64, kv_to: u64) {
        self.tally.span(replica, from_ns, to_ns, batch, kv_from, kv_to);
    }

    fn replica(&mut self, replica: u32, at_ns: u64, runs: bool) {
        self.tally.replica(replica, at_ns, runs);
    }
}

/// `summary.csv`: every figure with its interval.
pub fn summary_csv(figures: &Figures, about: &About<'_>) -> String {
    let several = 1 < about.served.len();
    let mut headers = vec!["class", "metric", "unit", "value", "ci_low", "ci_high"];
    if several {
        headers.push("model");
    }
    let rows = figures.list.iter().map(|figure| {
        let mut row = vec![
            figure.class.as_str().into(),
            figure.metric.as_str().into(),
            figure.unit.into(),
            figure.value.into(),
            figure.ends.map(|ends| ends.0).into(),
            figure.ends.map(|ends| ends.1).into(),
        ];
        row.extend(several.then(|| Cell::from(figure.model.as_str())));
        row
    });
    to_csv(&headers, rows)
}

/// `models.csv`: chips that each model's replicas hold, means in the bins of `levels.csv`.
pub fn models_csv(tally: &Tally<'_>, end_ns: u64) -> String {
    let rows = tally.served().iter().enumerate().flat_map(|(model, served)| {
        let chips = tally.chips_through_time(model, end_ns);
        let bin_s = tally.bin_s();
        chips.into_iter().enumerate().map(move |(at, chips)| {
            let replicas = chips / f64::from(served.chips);
            vec![served.name.as_str().into(), Cell::from(at as f64 * bin_s), Cell::from(replicas), Cell::from(chips)]
        })
    });
    to_csv(&headers("requests/models.csv"), rows)
}

/// `levels.csv`: means in bins of equal width.
pub fn levels_csv(tally: &Tally<'_>, end_ns: u64) -> String {
    let headers = ["from_s", "replicas", "busy_replicas", "batch", "kv_tokens"];
    let [batch, kv, running, busy] = tally.through_time(end_ns);
    let rows = (0..batch.len()).map(|at| {
        let from = at as f64 * tally.bin_s();
        [from, running[at], busy[at], batch[at], kv[at]].map(Cell::from).to_vec()
    });
    to_csv(&headers, rows)
}

/// The table on the terminal: latencies by class, and what it cost.
pub fn table(figures: &Figures, about: &About<'_>) -> Table {
    let names = ["requests", "TTFT p50 [s]", "p90 [s]", "p99 [s]", "TPOT p50 [ms]", "p90 [ms]", "p99 [ms]"];
    let more = ["E2E p50 [s]", "p99 [s]", "attained"];
    let first = if 1 < about.served.len() { "class, model" } else { "class" };
    let columns = [Column::left(first)].into_iter().chain(names.into_iter().chain(more).map(Column::right));
    let mut table = Table::new(&format!("{}: {}", about.log, about.rules), columns.collect());
    let several = if about.goals.len() == 1 { 1 } else { about.goals.len() + 1 };
    let classes = (0..several).map(|at| (of_class(about.goals, at), "all"));
    let models = about.served.iter().filter(|_| 1 < about.served.len()).map(|served| ("all", served.name.as_str()));
    for (class, model) in classes.chain(models) {
        let value = |metric: &str, scale: f64| {
            let found = if model == "all" { figures.find(class, metric) } else { figures.find_of_model(model, metric) };
            Shown::maybe(found.and_then(|figure| figure.value).map(|value| value * scale))
        };
        table.push(vec![
            Shown::text(if model == "all" { class } else { model }),
            value("requests", 1.0),
            value("ttft_s_p50", 1.0),
            value("ttft_s_p90", 1.0),
            value("ttft_s_p99", 1.0),
            value("tpot_s_p50", 1e3),
            value("tpot_s_p90", 1e3),
            value("tpot_s_p99", 1e3),
            value("e2e_s_p50", 1.0),
            value("e2e_s_p99", 1.0),
            value("attainment", 1.0),
        ]);
    }
    notes(figures).into_iter().for_each(|line| table.note(line));
    table
}

/// Drift above which it is told: one stationary run in a thousand has it.
const DRIFTS: f64 = 3.09;

/// Rates, memory and cost, a line each.
fn notes(figures: &Figures) -> Vec<String> {
    let all = |metric: &str| figures.find("all", metric).and_then(|figure| figure.value);
    let show = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), super::table::show);
    let mut lines = vec![format!(
        "{} output tokens/s; replicas busy {}; {} requests a batch, {} tokens in memory (most {})",
        show(all("output_tokens_per_s")),
        show(all("busy_fraction")),
        show(all("batch_mean")),
        show(all("kv_tokens_mean")),
        show(all("kv_tokens_most")),
    )];
    let totals = &figures.totals;
    let count = |n: u64, one: &str, more: &str| match n {
        0 => None,
        1 => Some(format!("1 request {one}")),
        n => Some(format!("{n} requests {more}")),
    };
    lines.extend(count(
        totals.refused,
        "is longer than a replica's memory or context and was refused",
        "are longer than a replica's memory or context and were refused",
    ));
    lines.extend(count(totals.gave_up, "gave up before its first token", "gave up before their first token"));
    lines.extend(count(
        totals.in_flight,
        "never ended: its server's memory was full of prompts whose answers found no room",
        "never ended: their servers' memory was full of prompts whose answers found no room",
    ));
    lines.extend(figures.drift.filter(|drift| DRIFTS < *drift).map(|drift| {
        format!(
            "times to first token drift: batches of them follow one another {} standard deviations more closely than chance has it, Eq. (125); \
             the run is not stationary or too short, and the intervals are too narrow",
            show(Some(drift))
        )
    }));
    if 0 < totals.preemptions {
        lines.push(format!("{} times a request was set back for want of memory and computed anew", totals.preemptions));
    }
    if let Some(cost) = &figures.cost {
        lines.push(format!(
            "per million tokens (prompts and answers) USD {} by allocation, {} by usage; of answers alone {} and {}",
            show(cost.allocation_usd_per_mtok),
            show(cost.usage_usd_per_mtok),
            show(cost.allocation_usd_per_mtok_out),
            show(cost.usage_usd_per_mtok_out)
        ));
    }
    lines
}
