//! Whether a log can be meant for a fleet: demand over capacity, jobs that never fit, gaps, and what was left out. Prints nothing.

use super::clock::date_at;
use super::log::Facts;
use super::tally::{Demand, Gap, Month};
use crate::units::{Span, thousands};
use std::collections::BTreeMap;

/// What a log asks of a queue in a month.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Load {
    /// What is asked for.
    pub demand: Demand,
    /// Chips times the part of the month that the log covers [chip-us].
    pub capacity_chip_us: u128,
}

impl Load {
    /// Demand over capacity [-]; None without capacity.
    pub fn ratio(&self) -> Option<f64> {
        (0 < self.capacity_chip_us).then(|| self.demand.chip_us as f64 / self.capacity_chip_us as f64)
    }
}

/// A queue and what is asked of it.
#[derive(Clone, PartialEq, Debug)]
pub struct QueueLoad {
    /// Its name.
    pub queue: String,
    /// Its chips.
    pub chips: u64,
    /// By month, as [`Sanity::months`].
    pub by_month: Vec<Load>,
    /// In all that the log covers.
    pub all: Load,
}

/// Jobs of one size in one queue that no state of the fleet can start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NeverFit {
    /// Their queue.
    pub queue: String,
    /// Their gang [chips].
    pub chips: u32,
    /// How many they are.
    pub jobs: u64,
}

/// The capacity sanity report.
#[derive(Clone, PartialEq, Debug)]
pub struct Sanity {
    /// What was found in the log.
    pub facts: Facts,
    /// Names of the months in which jobs were submitted, in order: calendar months, or 30 days each where the log has no dates.
    pub months: Vec<String>,
    /// Every queue of the log, in order of first appearance.
    pub queues: Vec<QueueLoad>,
    /// The queues together.
    pub together: QueueLoad,
    /// Jobs that never fit, by queue and size.
    pub never_fit: Vec<NeverFit>,
    /// They go to a cloud after their wait; else they do not run.
    pub overflows: bool,
    /// The longest stretches without a submission that last longer than a day, or than 1 % of the log; at most 5, longest first.
    pub gaps: Vec<Gap>,
}

impl Sanity {
    /// Holds a log against a fleet: `chips` of each queue by its number in the log, and `fits`, whether a gang of so many chips can ever
    /// start in that queue (for whole gangs: [`gang_fits`]).
    pub fn of(facts: &Facts, chips: &[u64], fits: &dyn Fn(u16, u32) -> bool) -> Sanity {
        assert_eq!(chips.len(), facts.queues.len(), "a number of chips for each queue of the log");
        let months = &facts.tally.months;
        let numbered = || facts.queues.iter().zip(chips).enumerate();
        let queues: Vec<QueueLoad> =
            numbered().map(|(number, (name, chips))| load(facts, number, name.clone(), *chips)).collect();
        let never_fit = facts.tally.sizes.iter().enumerate().flat_map(|(number, sizes)| {
            let lost = sizes.iter().filter(move |(chips, _)| !fits(number as u16, **chips));
            lost.map(move |(chips, jobs)| NeverFit { queue: facts.queues[number].clone(), chips: *chips, jobs: *jobs })
        });
        let length = facts.length().0;
        let long = |gap: &&Gap| Span::DAY.0 < gap.length_us || length / 100 < gap.length_us;
        Sanity {
            months: months.iter().map(|month| month.name.clone()).collect(),
            together: together(&queues, facts),
            never_fit: never_fit.collect(),
            overflows: false,
            gaps: facts.tally.gaps.iter().filter(long).copied().collect(),
            queues,
            facts: facts.clone(),
        }
    }

    /// Jobs that never fit.
    pub fn jobs_that_never_fit(&self) -> u64 {
        self.never_fit.iter().map(|lost| lost.jobs).sum()
    }
}

/// Whether a gang of `chips` can ever start on `nodes` of `chips_per_node` each: it may span nodes and share them.
pub fn gang_fits(chips: u32, nodes: u64, chips_per_node: u64) -> bool {
    u64::from(chips) <= nodes.saturating_mul(chips_per_node)
}

fn load(facts: &Facts, number: usize, queue: String, chips: u64) -> QueueLoad {
    let of = |month: &Month| Load {
        demand: month.by_queue.get(number).copied().unwrap_or_default(),
        capacity_chip_us: u128::from(chips) * covered_us(facts, month),
    };
    let by_month: Vec<Load> = facts.tally.months.iter().map(of).collect();
    let whole = facts.covers_us.1.saturating_sub(facts.covers_us.0).max(0) as u128;
    let demand = sum(by_month.iter().map(|load| load.demand));
    QueueLoad { queue, chips, by_month, all: Load { demand, capacity_chip_us: u128::from(chips) * whole } }
}

/// The part of a month that the log covers [us].
fn covered_us(facts: &Facts, month: &Month) -> u128 {
    let (from, until) = facts.covers_us;
    until.min(month.end_us).saturating_sub(from.max(month.start_us)).max(0) as u128
}

fn together(queues: &[QueueLoad], facts: &Facts) -> QueueLoad {
    let add = |loads: &mut dyn Iterator<Item = Load>| {
        loads.fold(Load { demand: Demand::default(), capacity_chip_us: 0 }, |sum, load| Load {
            demand: self::sum([sum.demand, load.demand].into_iter()),
            capacity_chip_us: sum.capacity_chip_us + load.capacity_chip_us,
        })
    };
    let months = 0..facts.tally.months.len();
    QueueLoad {
        queue: "all".into(),
        chips: queues.iter().map(|queue| queue.chips).fold(0, u64::saturating_add),
        by_month: months.map(|month| add(&mut queues.iter().map(|queue| queue.by_month[month]))).collect(),
        all: add(&mut queues.iter().map(|queue| queue.all)),
    }
}

fn sum(demands: impl Iterator<Item = Demand>) -> Demand {
    demands.fold(Demand::default(), |sum, one| Demand { jobs: sum.jobs + one.jobs, chip_us: sum.chip_us + one.chip_us })
}

/// Queues shown, the fullest first kept; the rest is counted.
const SHOWN_QUEUES: usize = 20;
/// Months shown.
const SHOWN_MONTHS: usize = 8;
/// Names and sizes listed in a line.
const LISTED: usize = 5;

impl Sanity {
    /// The report as lines of text, its table aligned.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.headline()];
        lines.extend(self.order());
        lines.extend(self.left_out());
        if 0 < self.facts.jobs {
            lines.push("demand over capacity, chip-time of the jobs submitted over that of the chips:".into());
            lines.extend(self.table());
            lines.push(self.fit());
            lines.push(self.pauses());
        }
        lines
    }

    fn headline(&self) -> String {
        let facts = &self.facts;
        let (jobs, rows) = (plural(facts.jobs, "job"), plural(facts.rows, "row"));
        let queues = plural(facts.queues.len() as u64, "queue");
        let begins = if facts.has_dates { format!(", from {}", date_text(facts.first_us)) } else { String::new() };
        let length = time_text(facts.length().0);
        match facts.jobs {
            0 => format!("no jobs in {rows}"),
            _ => format!("{jobs} of {rows} in {queues}{begins}, over {length}"),
        }
    }

    fn order(&self) -> Option<String> {
        let facts = &self.facts;
        let line = facts.first_backwards_line?;
        let back = plural(facts.backwards, "time");
        Some(format!(
            "time goes backwards {back}, first in line {line}: sorted in memory, ties in the order of the file"
        ))
    }

    fn left_out(&self) -> Vec<String> {
        let facts = &self.facts;
        let mut lines = Vec::new();
        let mut say = |count: u64, noun: &str, what: &str| {
            if 0 < count {
                lines.push(format!("{} {what}", plural(count, noun)));
            }
        };
        say(facts.outside, "row", "outside `from` <= t < `until` left out");
        let unknown = facts.unknown_queues.values().sum();
        let queues = if facts.unknown_queues.len() == 1 { "an unknown queue" } else { "unknown queues" };
        say(unknown, "row", &format!("of {queues} left out: {}", listed(&facts.unknown_queues)));
        for (why, count) in &facts.left_out {
            say(*count, "row", &format!("left out: {why}"));
        }
        for (kind, count) in &facts.skipped {
            say(*count, "bad row", &format!("left out: {kind}"));
        }
        let share = if facts.shared == 1 {
            "asks for a share of one chip and takes"
        } else {
            "ask for a share of one chip and take"
        };
        say(facts.shared, "job", &format!("{share} a whole one"));
        lines
    }

    /// A row a queue, a column a month; the fullest of both where there are many.
    fn table(&self) -> Vec<String> {
        let queues = fullest(&self.queues, SHOWN_QUEUES, |queue| queue.all.ratio());
        let months = fullest(&self.together.by_month, SHOWN_MONTHS, Load::ratio);
        let mut head: Vec<String> = ["queue", "chips", "jobs"].map(str::to_owned).to_vec();
        head.extend(months.iter().map(|month| self.months[*month].clone()));
        head.push("all".into());
        let row = |load: &QueueLoad| {
            let mut cells = vec![printable(&load.queue), thousands(load.chips), thousands(load.all.demand.jobs)];
            cells.extend(months.iter().map(|month| percent(load.by_month[*month].ratio())));
            cells.push(percent(load.all.ratio()));
            cells
        };
        let mut rows = vec![head];
        rows.extend(queues.iter().map(|queue| row(&self.queues[*queue])));
        if 1 < self.queues.len() {
            rows.push(row(&self.together));
        }
        let mut lines = aligned(&rows);
        let hidden = |all: usize, shown: usize, what: &str| {
            (shown < all).then(|| format!("  the {shown} fullest of {all} {what} are shown"))
        };
        lines.extend(hidden(self.queues.len(), queues.len(), "queues"));
        lines.extend(hidden(self.months.len(), months.len(), "months"));
        lines
    }

    fn fit(&self) -> String {
        let one =
            |lost: &NeverFit| format!("{} of {} chips in {}", thousands(lost.jobs), lost.chips, printable(&lost.queue));
        let shown: Vec<String> = self.never_fit.iter().take(LISTED).map(one).collect();
        let more = self.never_fit.len().saturating_sub(LISTED);
        match self.jobs_that_never_fit() {
            0 => "every job fits its queue".into(),
            jobs => {
                let more = if 0 < more { format!(", and {}", plural(more as u64, "more size")) } else { String::new() };
                let then = match (self.overflows, jobs) {
                    (true, 1) => "never fits and goes to the cloud after its wait",
                    (true, _) => "never fit and go to the cloud after their wait",
                    (false, 1) => "never fits and does not run",
                    (false, _) => "never fit and do not run",
                };
                format!("{} {then}: {}{more}", plural(jobs, "job"), shown.join(", "))
            }
        }
    }

    fn pauses(&self) -> String {
        let one = |gap: &Gap| {
            let from = match self.facts.has_dates {
                true => date_text(gap.from_us),
                false => format!("{} after the first job", time_text(gap.from_us.abs_diff(self.facts.first_us))),
            };
            format!("{} from {from}", time_text(gap.length_us))
        };
        match self.gaps.iter().map(one).collect::<Vec<_>>() {
            none if none.is_empty() => "no gap is longer than a day or 1 % of the log".into(),
            gaps => format!("gaps without a submission: {}", gaps.join(", ")),
        }
    }
}

/// The places of the fullest, in their order.
fn fullest<T>(all: &[T], most: usize, ratio: impl Fn(&T) -> Option<f64>) -> Vec<usize> {
    let mut places: Vec<usize> = (0..all.len()).collect();
    let key = |place: &usize| ratio(&all[*place]).unwrap_or(f64::INFINITY);
    places.sort_by(|a, b| key(b).total_cmp(&key(a)));
    places.truncate(most);
    places.sort_unstable();
    places
}

/// `2017-10-01 00:00:45`.
fn date_text(us: i64) -> String {
    date_at(us).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn time_text(us: u64) -> String {
    let hours = Span(us).hours();
    match us {
        _ if 48.0 <= hours => format!("{:.1} days", hours / 24.0),
        _ if 2.0 <= hours => format!("{hours:.1} h"),
        _ => format!("{:.0} s", Span(us).seconds()),
    }
}

fn percent(ratio: Option<f64>) -> String {
    match ratio {
        None => "-".into(),
        Some(ratio) if ratio < 100.0 => format!("{:.1} %", 100.0 * ratio),
        Some(ratio) => format!("{:.3e} %", 100.0 * ratio),
    }
}

fn plural(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", thousands(n), if n == 1 { "" } else { "s" })
}

fn listed(counts: &BTreeMap<String, u64>) -> String {
    let shown: Vec<String> =
        counts.iter().take(LISTED).map(|(name, n)| format!("{} {}", printable(name), thousands(*n))).collect();
    let more = counts.len().saturating_sub(LISTED);
    shown.join(", ") + &if 0 < more { format!(", and {more} more") } else { String::new() }
}

/// Names come from files of others: no control characters, not longer than a cell may be.
fn printable(name: &str) -> String {
    name.chars().take(32).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Columns side by side: the first to the left, the others to the right.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(n, (cell, width))| match n {
            0 => format!("  {cell:<width$}"),
            _ => format!("  {cell:>width$}"),
        });
        cells.collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
