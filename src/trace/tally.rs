//! What a log asks for, counted as its jobs pass in order of time: demand by queue and month, gang sizes, gaps. Keeps no job.

use super::clock::{date_at, micros_of};
use jiff::ToSpan;
use std::collections::BTreeMap;

/// Demand of a queue in a month.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Demand {
    /// Jobs submitted.
    pub jobs: u64,
    /// Chips times running time of those jobs [chip-us]; a job counts whole in the month of its submission.
    pub chip_us: u128,
}

/// A month in which jobs were submitted.
#[derive(Clone, PartialEq, Debug)]
pub struct Month {
    /// `2017-10`, or `days 30-60` where the log has no dates.
    pub name: String,
    /// First instant [us, as the log counts].
    pub start_us: i64,
    /// First instant of the next [us].
    pub end_us: i64,
    /// By number of the queue; queues beyond its end have none.
    pub by_queue: Vec<Demand>,
}

/// A stretch without a submission.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// The submission before it [us, as the log counts].
    pub from_us: i64,
    /// Until the next [us].
    pub length_us: u64,
}

/// Counters of a log.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tally {
    /// Months with submissions, in order.
    pub months: Vec<Month>,
    /// Jobs by gang size [chips], by number of the queue.
    pub sizes: Vec<BTreeMap<u32, u64>>,
    /// The longest gaps, longest first, of equal ones the earlier; at most [`Tally::GAPS`].
    pub gaps: Vec<Gap>,
    has_dates: bool,
    first_us: i64,
    last_us: Option<i64>,
}

/// A month of a log without dates [us].
const THIRTY_DAYS_US: i64 = 30 * 86_400 * 1_000_000;

impl Tally {
    /// How many gaps are kept.
    pub const GAPS: usize = 5;

    pub(super) fn new(has_dates: bool) -> Tally {
        Tally { has_dates, ..Tally::default() }
    }

    /// Counts a job submitted no earlier than the last one.
    #[inline]
    pub(super) fn add(&mut self, instant_us: i64, queue: u16, chips: u32, duration_us: u64) {
        match self.last_us {
            None => self.first_us = instant_us,
            Some(last) => self.gap(last, instant_us.abs_diff(last)),
        }
        self.last_us = Some(instant_us);
        if self.months.last().is_none_or(|month| month.end_us <= instant_us) {
            let month = self.month(instant_us);
            self.months.push(month);
        }
        let queue = usize::from(queue);
        let by_queue = &mut self.months.last_mut().expect("just there").by_queue;
        if by_queue.len() <= queue {
            by_queue.resize(queue + 1, Demand::default());
        }
        by_queue[queue].jobs += 1;
        by_queue[queue].chip_us += u128::from(chips) * u128::from(duration_us);
        if self.sizes.len() <= queue {
            self.sizes.resize(queue + 1, BTreeMap::new());
        }
        *self.sizes[queue].entry(chips).or_default() += 1;
    }

    #[inline]
    fn gap(&mut self, from_us: i64, length_us: u64) {
        if self.gaps.len() == Tally::GAPS && length_us <= self.gaps[Tally::GAPS - 1].length_us || length_us == 0 {
            return;
        }
        let at = self.gaps.partition_point(|gap| length_us <= gap.length_us);
        self.gaps.insert(at, Gap { from_us, length_us });
        self.gaps.truncate(Tally::GAPS);
    }

    /// The month of an instant, without demand.
    fn month(&self, instant_us: i64) -> Month {
        let by_queue = Vec::new();
        if !self.has_dates {
            let number = (instant_us - self.first_us) / THIRTY_DAYS_US;
            let start_us = self.first_us + number * THIRTY_DAYS_US;
            let name = format!("days {}-{}", 30 * number, 30 * number + 30);
            return Month { name, start_us, end_us: start_us + THIRTY_DAYS_US, by_queue };
        }
        let first = date_at(instant_us).date().first_of_month();
        let (start_us, end_us) = (micros_of(first.into()), micros_of(first.saturating_add(1.month()).into()));
        Month { name: format!("{:04}-{:02}", first.year(), first.month()), start_us, end_us, by_queue }
    }
}
