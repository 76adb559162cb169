//! Instants as logs write them, in microseconds from 1970 (civil dates) or from the log's own origin. Does not know which job's they are.

use super::fault::Kind;
use super::figure::{self, LATEST_US};
use super::layout::Times;
use crate::units::Date;
use jiff::civil::date;
use std::str::FromStr;

/// Where a log is cut: `from <= t < until`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Bound {
    /// A civil date and time, for logs with dates.
    Date(Date),
    /// Seconds as the log counts them, for logs without.
    Seconds(f64),
}

impl FromStr for Bound {
    type Err = String;
    /// `2017-10-01`, `2017-10-01 07:30:00` or a number of seconds.
    fn from_str(text: &str) -> Result<Bound, String> {
        let text = text.trim();
        match text.parse::<f64>() {
            Ok(seconds) if seconds.is_finite() => return Ok(Bound::Seconds(seconds)),
            _ => {}
        }
        date_of(text).map(Bound::Date).ok_or_else(|| {
            format!("`{text}` is neither a date like 2017-10-01 or 2017-10-01T07:30 nor a number of seconds")
        })
    }
}

/// Reads instants; dates are cheap when they repeat.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    times: Times,
    seconds_per_unit: u32,
    /// Instant of second 0, where the file says which date that is [us since 1970].
    pub origin_us: Option<i64>,
    /// The last day read, and its first instant.
    day: ([u8; 10], i64),
}

const SECOND_US: i64 = 1_000_000;

impl Clock {
    pub fn new(times: Times, seconds_per_unit: u32) -> Clock {
        Clock { times, seconds_per_unit, origin_us: None, day: ([0; 10], 0) }
    }

    /// Whether instants are civil dates.
    pub fn has_dates(&self) -> bool {
        self.times == Times::Civil || self.origin_us.is_some()
    }

    /// The instant of a text [us].
    #[inline]
    pub fn instant(&mut self, text: &[u8]) -> Result<i64, Kind> {
        match self.times {
            Times::Seconds => {
                let us = figure::micros(text, self.seconds_per_unit, LATEST_US)? as i64;
                Ok(us + self.origin_us.unwrap_or(0))
            }
            Times::Civil => self.civil(text),
        }
    }

    /// `2017-10-09 07:01:55` by hand where the day is that of the last call, else through jiff: then 1 % of the time of
    /// reading Philly (benches/traces, perf).
    fn civil(&mut self, text: &[u8]) -> Result<i64, Kind> {
        if let Some(second) = second_of_day(text)
            && text[..10] == self.day.0
        {
            return Ok(self.day.1 + second * SECOND_US);
        }
        if text.is_empty() {
            return Err(Kind::Empty);
        }
        let date = std::str::from_utf8(text).ok().and_then(date_of).ok_or(Kind::NotADate)?;
        if text.len() == 19 {
            self.day = (text[..10].try_into().expect("ten bytes"), micros_of(date.date().into()));
        }
        Ok(micros_of(date))
    }

    /// The instant of a bound [us]; the error says which kind of bound this log needs.
    pub fn bound(&self, bound: Bound) -> Result<i64, String> {
        match bound {
            Bound::Date(date) if self.has_dates() => Ok(micros_of(date)),
            Bound::Date(date) => Err(format!("the log has no dates, so that {date} is nowhere in it")),
            Bound::Seconds(_) if self.times == Times::Civil => Err("the log has dates, not seconds".to_owned()),
            Bound::Seconds(seconds) => {
                let us = (seconds * 1e6).round().clamp(-(LATEST_US as f64), LATEST_US as f64) as i64;
                Ok(us + self.origin_us.unwrap_or(0))
            }
        }
    }
}

/// Seconds since midnight of `....-..-.. hh:mm:ss`; None of anything else, an hour 24 and a leap second included.
#[inline]
fn second_of_day(text: &[u8]) -> Option<i64> {
    let [_, _, _, _, b'-', _, _, b'-', _, _, b' ' | b'T', h, hh, b':', m, mm, b':', s, ss] = text else { return None };
    let two = |tens: &u8, ones: &u8| {
        let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
        (tens <= 9 && ones <= 9).then_some(i64::from(tens) * 10 + i64::from(ones))
    };
    let (hour, minute, second) = (two(h, hh)?, two(m, mm)?, two(s, ss)?);
    (hour < 24 && minute < 60 && second < 60).then_some((hour * 60 + minute) * 60 + second)
}

/// A civil date, with or without the time of day; None with a time zone, which civil dates have not.
fn date_of(text: &str) -> Option<Date> {
    let found = text.parse::<Date>().ok().or_else(|| Some(text.parse::<jiff::civil::Date>().ok()?.into()))?;
    (1800 <= found.year() && found.year() < 2300 && !text.ends_with(['Z', 'z'])).then_some(found)
}

/// Microseconds since 1970.
pub(super) fn micros_of(at: Date) -> i64 {
    at.duration_since(date(1970, 1, 1).at(0, 0, 0, 0)).as_micros() as i64
}

/// The civil date of an instant [us since 1970].
pub fn date_at(us: i64) -> Date {
    use jiff::ToSpan;
    date(1970, 1, 1).at(0, 0, 0, 0).saturating_add(us.microseconds())
}
