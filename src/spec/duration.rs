//! Dates and durations as written. Does not know when anything happens.

use crate::units::Date;
use jiff::civil;
use toml::value::{Datetime, Offset};

/// Units of durations and their hours: y = 365.25 d, q = y/4, mo = y/12.
const UNITS: [(&str, f64); 9] = [
    ("y", 8766.0),
    ("q", 2191.5),
    ("mo", 730.5),
    ("w", 168.0),
    ("d", 24.0),
    ("h", 1.0),
    ("min", 1.0 / 60.0),
    ("s", 1.0 / 3600.0),
    ("ms", 1.0 / 3_600_000.0),
];

/// What a duration looks like, for remedies.
pub(super) const LOOKS: &str =
    "a duration is a number and a unit, e.g. \"9mo\", \"1.5h\" or \"1y 3mo\" (y, q, mo, w, d, h, min, s, ms)";

/// Hours of `"9mo"`, `"1.5h"`, `"1y 3mo"`; the error says what is wrong.
pub fn hours(text: &str) -> Result<f64, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("an empty duration".into());
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after.trim_start();
        let end = letters.find(|c: char| !c.is_alphabetic()).unwrap_or(letters.len());
        let (unit, after) = letters.split_at(end);
        let value: f64 = number.replace('_', "").parse().map_err(|_| format!("`{text}` is not a duration"))?;
        if unit.is_empty() {
            return Err(format!("`{text}` has no unit"));
        }
        let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| factor);
        total += value * factor.ok_or_else(|| unknown_unit(unit))?;
        rest = after.trim_start();
    }
    Ok(total)
}

fn unknown_unit(unit: &str) -> String {
    let meant = match unit.to_ascii_lowercase().as_str() {
        "m" => "`min` or `mo`".to_owned(),
        "years" | "year" | "yr" | "yrs" | "a" => "`y`".into(),
        "quarter" | "quarters" => "`q`".into(),
        "months" | "month" | "mon" | "mth" => "`mo`".into(),
        "weeks" | "week" | "wk" => "`w`".into(),
        "days" | "day" => "`d`".into(),
        "hours" | "hour" | "hr" | "hrs" => "`h`".into(),
        "minutes" | "minute" | "mins" => "`min`".into(),
        "seconds" | "second" | "sec" | "secs" => "`s`".into(),
        _ => return format!("`{unit}` is not a unit of time"),
    };
    format!("`{unit}` is not a unit of time; did you mean {meant}?")
}

/// The civil date and time, UTC, of a TOML date; the error says what is wrong.
pub(super) fn date(written: &Datetime) -> Result<Date, String> {
    let day = written.date.ok_or("a time of day is not a date")?;
    let day = civil::Date::new(day.year as i16, day.month as i8, day.day as i8)
        .map_err(|_| format!("there is no day {written}"))?;
    let time = match written.time {
        None => civil::Time::midnight(),
        Some(time) => {
            let (second, nanosecond) = (time.second.unwrap_or(0) as i8, time.nanosecond.unwrap_or(0) as i32);
            civil::Time::new(time.hour as i8, time.minute as i8, second, nanosecond)
                .map_err(|_| format!("there is no time {written}"))?
        }
    };
    if !(1970..=2200).contains(&day.year()) {
        return Err(format!("the year {} is out of range", day.year()));
    }
    let minutes = match written.offset {
        Some(Offset::Custom { minutes }) => i64::from(minutes),
        Some(Offset::Z) | None => 0,
    };
    Ok(day.to_datetime(time).saturating_sub(jiff::SignedDuration::from_mins(minutes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A year is 8766 h, a month 730.5 h; units add.
    #[test]
    fn units_of_time_are_fixed_lengths() {
        for (text, want) in
            [("9mo", 6574.5), ("1q", 2191.5), ("1.5h", 1.5), ("1y 3mo", 10957.5), ("90min", 1.5), ("1_000 d", 24_000.0)]
        {
            assert_eq!(hours(text), Ok(want), "{text}");
        }
        for text in ["", "9", "mo", "9m", "9 parsecs", "-3h", "1..2h", "∞h"] {
            assert!(hours(text).is_err(), "{text}");
        }
    }

    /// 01:00 at +02:00 is 23:00 UTC of the day before.
    #[test]
    fn offsets_become_utc() {
        assert_eq!(date(&"2026-01-01T01:00:00+02:00".parse().unwrap()).unwrap().to_string(), "2025-12-31T23:00:00");
    }
}
