//! What a chart of a replay says of its data: how many jobs, which chips, which rules, which days. And its axis of time.

use crate::report::chart::{Axis, short};
use crate::trace::{Facts, date_at};
use crate::units::Span;

/// Of what a replay was.
pub struct About<'a> {
    /// Name of the log.
    pub log: &'a str,
    /// Order, backfill, placement, preemption and what else was asked for.
    pub rules: String,
    /// What was found in the log.
    pub facts: &'a Facts,
    /// Chips and nodes of the fleet.
    pub chips: u64,
    /// Its nodes.
    pub nodes: u64,
    /// The last end of a job, from the first submission [us].
    pub end_us: u64,
}

impl About<'_> {
    /// The small print of every chart.
    pub fn provenance(&self) -> String {
        let facts = self.facts;
        let jobs = if facts.jobs == 1 { "job" } else { "jobs" };
        format!(
            "n = {} {jobs} in {} queue{} on {} chips; {}; {}",
            short_count(facts.jobs),
            facts.queues.len(),
            if facts.queues.len() == 1 { "" } else { "s" },
            short_count(self.chips),
            self.span(),
            self.rules
        )
    }

    /// `2017-10-01 to 2017-12-12`, or how long it lasts.
    pub fn span(&self) -> String {
        match self.facts.first() {
            Some(first) => format!("{} to {}", first.date(), self.date(self.end_us).date()),
            None => {
                let (unit, us) = unit(self.end_us);
                format!("over {} {unit}", short(self.end_us as f64 / us))
            }
        }
    }

    /// The civil date of an instant of the replay, where the log has dates.
    fn date(&self, us: u64) -> crate::units::Date {
        date_at(self.facts.first_us.saturating_add(us as i64))
    }

    /// `2017-10-09 00:00`, or `12.5 days after the first job`.
    pub fn instant(&self, us: u64) -> String {
        if self.facts.has_dates {
            return self.date(us).strftime("%Y-%m-%d %H:%M").to_string();
        }
        let (unit, each) = unit(us);
        if us == 0 { "the first job".into() } else { format!("{} {unit} after the first job", short(us as f64 / each)) }
    }

    /// An axis for instants, and where they stand on it.
    pub fn axis(&self, instants_us: &[f64]) -> (Axis, Vec<f64>) {
        let (name, us) = unit(self.end_us);
        let from = if self.facts.has_dates { format!(", {} UTC", self.instant(0)) } else { String::new() };
        let label = format!("Time since the first submission{from} [{name}]");
        (Axis::clock(label), instants_us.iter().map(|at| at / us).collect())
    }

    /// How long a bin lasts: `4.55 h`.
    pub fn bin(&self, end_us: u64, bins: usize) -> String {
        let us = end_us / (bins as u64).max(1);
        let (name, each) = unit(us);
        format!("{} {name}", short(us as f64 / each))
    }
}

/// A count in full, with commas.
pub fn short_count(n: u64) -> String {
    if n < 1_000 { n.to_string() } else { crate::report::table::show(n as f64) }
}

/// Name and length of a unit in which `us` reads well [us].
pub fn unit(us: u64) -> (&'static str, f64) {
    let of = |span: Span| span.0 as f64;
    match us {
        _ if 3 * Span::DAY.0 <= us => ("days", of(Span::DAY)),
        _ if 3 * Span::HOUR.0 <= us => ("h", of(Span::HOUR)),
        _ if 180_000_000 <= us => ("min", 60e6),
        _ => ("s", 1e6),
    }
}
