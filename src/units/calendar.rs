//! Civil dates (UTC, no leap seconds) against simulated time. Months and anniversaries use it; durations do not.

use super::time::{SimTime, Span};
use jiff::ToSpan;
use jiff::civil::DateTime;

/// A civil date and time, UTC.
pub type Date = DateTime;

/// Microseconds from `from` to `to`; negative when `to` is earlier.
fn micros_between(from: Date, to: Date) -> i128 {
    to.duration_since(from).as_micros()
}

/// Maps civil dates to simulated time: the scenario's `start` lies `spin_up` after [`SimTime::ZERO`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calendar {
    start: Date,
    spin_up: Span,
}

impl Calendar {
    /// A calendar whose `start` falls `spin_up` after the run begins.
    pub fn new(start: Date, spin_up: Span) -> Self {
        Calendar { start, spin_up }
    }
    /// The scenario's start as simulated time.
    pub fn start(&self) -> SimTime {
        SimTime::ZERO + self.spin_up
    }
    /// The scenario's start as a civil date.
    pub fn start_date(&self) -> Date {
        self.start
    }
    /// Simulated time of `date`; None when it lies before the run begins.
    pub fn time(&self, date: Date) -> Option<SimTime> {
        let us = micros_between(self.start, date) + i128::from(self.spin_up.0);
        u64::try_from(us).ok().map(SimTime)
    }
    /// Civil date of `time`, to the microsecond.
    pub fn date(&self, time: SimTime) -> Date {
        let us = time.0 as i64 - self.spin_up.0 as i64;
        self.start.saturating_add(us.microseconds())
    }
    /// Years of 365.25 days from the scenario's start to `time` (F1 of the coupled model); negative in the spin-up.
    pub fn years_from_start(&self, time: SimTime) -> f64 {
        (time.0 as f64 - self.spin_up.0 as f64) / Span::DAY.0 as f64 / 365.25
    }
}

/// First instants of the calendar months that begin in (`from`, `to`], in order.
pub fn months_between(from: Date, to: Date) -> Vec<Date> {
    let first = from.date().first_of_month().to_datetime(jiff::civil::Time::midnight());
    (1..).map(|k: i32| first.saturating_add(k.months())).take_while(|month| *month <= to).collect()
}

/// Fraction of the calendar year that starts at `anniversary` elapsed at `date` [0..1 inside that year]; days over days.
pub fn fraction_of_year(anniversary: Date, date: Date) -> f64 {
    let year = micros_between(anniversary, anniversary.saturating_add(1.years()));
    micros_between(anniversary, date) as f64 / year as f64
}

/// Years of 365.25 days from `from` to `to`.
pub fn year_fraction_days(from: Date, to: Date) -> f64 {
    micros_between(from, to) as f64 / Span::DAY.0 as f64 / 365.25
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn months_are_calendar_months() {
        let months = months_between(date(2026, 1, 1).at(0, 0, 0, 0), date(2026, 4, 1).at(0, 0, 0, 0));
        let text: Vec<String> = months.iter().map(|m| m.date().to_string()).collect();
        assert_eq!(text, ["2026-02-01", "2026-03-01", "2026-04-01"]);
    }

    #[test]
    fn time_and_date_are_inverse() {
        let calendar = Calendar::new(date(2026, 1, 1).at(0, 0, 0, 0), Span(56 * Span::DAY.0));
        let noon = date(2027, 3, 1).at(12, 0, 0, 0);
        assert_eq!(calendar.date(calendar.time(noon).unwrap()), noon);
        assert_eq!(calendar.start(), SimTime(56 * Span::DAY.0));
    }
}
