//! What a replay leaves: a line a job as it goes, tables by queue, what chips were spent on, charts and a page. Knows no file and no clock.

mod about;
mod charts;
mod gantt;
mod page;
mod timeline;

pub use about::About;
pub use charts::{Drawn, charts};
pub use page::page;
pub use timeline::{MOST_EVENTS, Timeline};

use super::csv_out::{Cell, harmless, to_csv};
use super::table::{Cell as Shown, Column, Table};
use crate::replay::{Fleet, JobLine, Lines, Outcome, Place, QueueOutcome, Tariff};
use std::io::Write;

/// Header of `jobs.csv`.
const JOB_COLUMNS: [&str; 9] =
    ["job_id", "queue", "submit_s", "start_s", "end_s", "chips", "duration_s", "preemptions", "placed_on"];

/// Writes `jobs.csv`, a line a job in order of submission.
pub struct JobsFile<W: Write> {
    out: csv::Writer<W>,
    /// Names of the queues and of the pools, harmless to a spreadsheet.
    queues: Vec<String>,
    pools: Vec<String>,
    text: Vec<u8>,
}

impl<W: Write> JobsFile<W> {
    /// Begins with the header.
    pub fn new(out: W, fleet: &Fleet) -> Result<JobsFile<W>, String> {
        let mut out = csv::Writer::from_writer(out);
        out.write_record(JOB_COLUMNS).map_err(|error| error.to_string())?;
        let pools = (0..fleet.nodes.len()).map(|pool| harmless(fleet.pool_name(pool))).collect();
        Ok(JobsFile { out, queues: fleet.queues.iter().map(|name| harmless(name)).collect(), pools, text: Vec::new() })
    }

    /// Ends the file.
    pub fn finish(mut self) -> Result<(), String> {
        self.out.flush().map_err(|error| error.to_string())
    }

    fn fields(&mut self, line: &JobLine<'_>) -> csv::Result<()> {
        if line.id.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            self.out.write_field(line.id)?;
        } else {
            self.out.write_field(harmless(line.id))?;
        }
        self.out.write_field(&self.queues[usize::from(line.queue)])?;
        for at in [Some(line.submit_us), line.start_us, line.end_us] {
            self.seconds(at)?;
        }
        self.integer(u64::from(line.chips))?;
        self.seconds(Some(line.duration_us))?;
        self.integer(u64::from(line.preemptions))?;
        match line.place {
            Some(Place::Pool(pool)) => self.out.write_field(&self.pools[pool])?,
            Some(Place::Overflow) => self.out.write_field("overflow")?,
            None => self.out.write_field("")?,
        }
        self.out.write_record(None::<&[u8]>)
    }

    fn integer(&mut self, value: u64) -> csv::Result<()> {
        self.text.clear();
        digits(value, 1, &mut self.text);
        self.out.write_field(&self.text)
    }

    /// Seconds to the millisecond, without trailing zeros; a job that takes no time lasts a microsecond, which is not shown.
    fn seconds(&mut self, us: Option<u64>) -> csv::Result<()> {
        self.text.clear();
        if let Some(us) = us {
            let millis = (us + 500) / 1_000;
            digits(millis / 1_000, 1, &mut self.text);
            if millis % 1_000 > 0 {
                self.text.push(b'.');
                digits(millis % 1_000, 3, &mut self.text);
                while self.text.last() == Some(&b'0') {
                    self.text.pop();
                }
            }
        }
        self.out.write_field(&self.text)
    }
}

/// Decimal digits, at least so many. By hand: the formatter of the standard library took 4 % of the replay of 68,503 jobs.
fn digits(mut value: u64, least: usize, into: &mut Vec<u8>) {
    let mut buffer = [b'0'; 20];
    let mut at = buffer.len();
    while 0 < value || buffer.len() - at < least {
        at -= 1;
        buffer[at] = b'0' + (value % 10) as u8;
        value /= 10;
    }
    into.extend_from_slice(&buffer[at..]);
}

impl<W: Write> Lines for JobsFile<W> {
    fn line(&mut self, line: &JobLine<'_>) -> Result<(), String> {
        self.fields(line).map_err(|error| format!("cannot write jobs.csv: {error}"))
    }
}

/// Hours of a chip-time.
fn chip_hours(chip_us: u128) -> f64 {
    chip_us as f64 / 3.6e9
}

/// What a queue's jobs would cost at a price.
#[derive(Clone, Copy, Debug)]
pub struct Bill {
    /// Every job that runs on rented chips for as long as it does; who can never fit and has no cloud runs nowhere, so that owning saves no
    /// rent for it [USD].
    pub all_rented_usd: f64,
    /// What went to the cloud [USD].
    pub overflow_usd: f64,
    /// What an owned chip may cost an hour, used or not, for owning to cost as much as renting: the difference of the two over the fleet's
    /// chip-hours from first submission to last end [USD]; None for one of several queues on the same chips.
    pub owning_breaks_even_usd: Option<f64>,
}

impl Bill {
    /// The bill of a queue, or of all.
    pub fn of(queue: &QueueOutcome, outcome: &Outcome, tariff: &Tariff) -> Bill {
        let (all_rented_usd, overflow_usd) = (tariff.usd(queue.played_chip_us), tariff.usd(queue.overflow_chip_us));
        let owned = chip_hours(u128::from(queue.chips) * u128::from(queue.window_us));
        let part = outcome.shared && 1 < outcome.queues.len() && !std::ptr::eq(queue, &outcome.all);
        let owning = (!part && 0.0 < owned).then(|| (all_rented_usd - overflow_usd) / owned);
        Bill { all_rented_usd, overflow_usd, owning_breaks_even_usd: owning }
    }
}

/// `queues.csv`: jobs, waits and chips of each queue and of all; with a price, what they would cost.
pub fn queues_csv(outcome: &Outcome, tariff: Option<&Tariff>) -> String {
    let mut headers = vec![
        "queue",
        "nodes",
        "chips",
        "jobs",
        "never_fit",
        "started",
        "finished",
        "overflowed",
        "killed",
        "preemptions",
        "p_wait",
        "wait_mean_s",
        "wait_p50_s",
        "wait_p90_s",
        "wait_p99_s",
        "jct_mean_s",
        "jct_p50_s",
        "jct_p90_s",
        "jct_p99_s",
        "makespan_s",
        "allocated_chip_hours",
        "overflow_chip_hours",
        "allocated_fraction",
        "demand_chip_hours",
    ];
    if tariff.is_some() {
        headers.extend(["usd_per_chip_hour", "all_rented_usd", "overflow_usd", "owning_breaks_even_usd_per_chip_hour"]);
    }
    let count = |n: u64| Cell::Integer(n as i64);
    let row = |queue: &QueueOutcome| {
        let totals = &queue.totals;
        let waited = (totals.started > 0).then(|| totals.waited as f64 / totals.started as f64);
        let makespan = totals.last_finish.zip(totals.first_submit).map(|(last, first)| last.since(first).seconds());
        let mut row = vec![
            queue.name.as_str().into(),
            count(queue.nodes),
            count(queue.chips),
            count(queue.jobs()),
            count(queue.never_fit),
            count(totals.started),
            count(totals.finished),
            count(totals.overflowed),
            count(totals.killed),
            count(totals.preemptions),
            waited.into(),
            queue.wait_mean_s().into(),
            queue.wait_quantile_s(0.5).into(),
            queue.wait_quantile_s(0.9).into(),
            queue.wait_quantile_s(0.99).into(),
            queue.jct_mean_s().into(),
            queue.jct_quantile_s(0.5).into(),
            queue.jct_quantile_s(0.9).into(),
            queue.jct_quantile_s(0.99).into(),
            makespan.into(),
            chip_hours(queue.spent.allocated).into(),
            chip_hours(queue.overflow_chip_us).into(),
            queue.allocated_fraction().into(),
            chip_hours(queue.demand_chip_us).into(),
        ];
        if let Some(tariff) = tariff {
            let bill = Bill::of(queue, outcome, tariff);
            row.extend([
                tariff.rate.usd().into(),
                bill.all_rented_usd.into(),
                bill.overflow_usd.into(),
                bill.owning_breaks_even_usd.into(),
            ]);
        }
        row
    };
    to_csv(&headers, outcome.queues.iter().chain([&outcome.all]).map(row))
}

/// `fractions.csv`: what the chips of each queue were spent on from its first submission to its last end.
pub fn fractions_csv(outcome: &Outcome) -> String {
    let headers = ["queue", "part", "chip_hours", "of_allocated", "of_capacity"];
    let mut rows = Vec::new();
    for queue in outcome.queues.iter().chain([&outcome.all]) {
        let capacity = chip_hours(u128::from(queue.chips) * u128::from(queue.window_us));
        let spent = &queue.spent;
        for (part, chip_us) in [
            ("allocated", spent.allocated),
            ("productive", spent.productive),
            ("checkpoint", spent.checkpoint),
            ("lost", spent.lost),
            ("restart", spent.restart),
            ("yielding", spent.yielding),
        ] {
            let hours = chip_hours(chip_us);
            let of = |whole: f64| (whole > 0.0).then(|| hours / whole);
            rows.push(vec![
                queue.name.as_str().into(),
                part.into(),
                hours.into(),
                of(chip_hours(spent.allocated)).into(),
                of(capacity).into(),
            ]);
        }
    }
    to_csv(&headers, rows)
}

/// The table on the terminal; with a price, what the same log would have cost.
pub fn table(outcome: &Outcome, title: &str, tariff: Option<&Tariff>) -> Table {
    let columns = [Column::left("queue")].into_iter().chain(
        ["nodes", "jobs", "wait mean [s]", "p90 [s]", "p99 [s]", "JCT mean [s]", "preempted", "overflow", "allocated"]
            .map(Column::right),
    );
    let mut table = Table::new(title, columns.collect());
    let one = outcome.queues.len() == 1;
    for queue in outcome.queues.iter().chain((!one).then_some(&outcome.all)) {
        table.push(vec![
            Shown::text(&queue.name),
            Shown::number(queue.nodes as f64),
            Shown::number(queue.jobs() as f64),
            Shown::maybe(queue.wait_mean_s()),
            Shown::maybe(queue.wait_quantile_s(0.9)),
            Shown::maybe(queue.wait_quantile_s(0.99)),
            Shown::maybe(queue.jct_mean_s()),
            Shown::number(queue.totals.preemptions as f64),
            Shown::number(queue.totals.overflowed as f64),
            Shown::maybe(queue.allocated_fraction()),
        ]);
    }
    let (never_fit, not_run) = (outcome.all.never_fit, outcome.all.not_run);
    if never_fit > 0 {
        table.note(match (never_fit, not_run) {
            (1, 0) => "1 job can never fit: it waited for the cloud".into(),
            (jobs, 0) => format!("{jobs} jobs can never fit: they waited for the cloud"),
            (1, _) => "1 job can never fit and was not run".into(),
            (jobs, _) => format!("{jobs} jobs can never fit and were not run"),
        });
    }
    table.note("allocated: chip-time held over that of the queue's chips, first submission to last end".into());
    if let Some(tariff) = tariff {
        let bill = Bill::of(&outcome.all, outcome, tariff);
        let usd = super::table::show;
        let owning = bill.owning_breaks_even_usd.map_or(String::new(), |usd_per_hour| {
            format!("; owning the fleet is cheaper below USD {} per chip-hour owned", usd(usd_per_hour))
        });
        let all = if not_run > 0 { "all jobs that ran" } else { "all jobs" };
        table.note(format!(
            "at {}, {all} rented: USD {}; overflow: USD {}{owning}",
            tariff.kind.word(),
            usd(bill.all_rented_usd),
            usd(bill.overflow_usd)
        ));
        table.note(tariff.sentence());
    }
    table
}
