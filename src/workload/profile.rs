//! The hour-of-week profile of an arrival rate: real time and operational time, each from the other. Draws nothing.

use crate::units::{Date, Span};
use jiff::civil::Date as CivilDate;

/// Relative rate by hour of week; turns flat time into real time and back, both from the start [us]. Eq. (4).
#[derive(Debug)]
pub struct Profile {
    /// Cumulative rate from Monday 00:00 to each hour [flat hours]; empty: flat.
    cumulative: Vec<f64>,
    rate: Vec<f64>,
    /// The start's place in the week [h], and its cumulative rate.
    phase_h: f64,
    phase_flat_h: f64,
}

/// Hours in a week.
const WEEK: usize = 168;

impl Profile {
    /// `rate` has 168 hours from Monday 00:00 UTC and mean 1, or is empty: flat.
    pub fn new(rate: &[f64], start: Date) -> Self {
        if rate.is_empty() {
            return Profile { cumulative: Vec::new(), rate: Vec::new(), phase_h: 0.0, phase_flat_h: 0.0 };
        }
        assert_eq!(rate.len(), WEEK, "a profile has 168 hours");
        let mut cumulative = vec![0.0; WEEK + 1];
        for hour in 0..WEEK {
            cumulative[hour + 1] = cumulative[hour] + rate[hour];
        }
        let day: CivilDate = start.date();
        let phase_h = f64::from(day.weekday().to_monday_zero_offset()) * 24.0
            + f64::from(start.hour())
            + f64::from(start.minute()) / 60.0;
        let hour = phase_h.floor();
        let phase_flat_h = cumulative[hour as usize] + (phase_h - hour) * rate[hour as usize];
        Profile { cumulative, rate: rate.to_vec(), phase_h, phase_flat_h }
    }

    /// Real time at which the integrated rate reaches `flat_us`, both from the start; negative before it. Eq. (4).
    #[inline]
    pub fn invert(&self, flat_us: f64) -> f64 {
        if self.cumulative.is_empty() {
            return flat_us;
        }
        let flat_h = flat_us / Span::HOUR.0 as f64 + self.phase_flat_h;
        let week = self.cumulative[WEEK];
        let weeks = (flat_h / week).floor();
        let rest = flat_h - weeks * week;
        let hour = self.cumulative.partition_point(|c| *c <= rest).clamp(1, WEEK) - 1;
        let into = if self.rate[hour] > 0.0 { (rest - self.cumulative[hour]) / self.rate[hour] } else { 0.0 };
        (weeks * WEEK as f64 + hour as f64 + into.min(1.0) - self.phase_h) * Span::HOUR.0 as f64
    }

    /// Rate integrated from the start to a real time, negative before it: the inverse of [`invert`](Profile::invert). Eq. (4).
    pub fn flat(&self, real_us: f64) -> f64 {
        if self.cumulative.is_empty() {
            return real_us;
        }
        let real_h = real_us / Span::HOUR.0 as f64 + self.phase_h;
        let weeks = (real_h / WEEK as f64).floor();
        let rest = real_h - weeks * WEEK as f64;
        let hour = (rest.floor() as usize).min(WEEK - 1);
        let into = self.cumulative[hour] + (rest - hour as f64) * self.rate[hour];
        (weeks * self.cumulative[WEEK] + into - self.phase_flat_h) * Span::HOUR.0 as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing at night, twice the mean by day; the start is Thursday 2026-01-01 06:30.
    #[test]
    fn flat_and_real_time_invert_each_other() {
        let rate: Vec<f64> = (0..168).map(|hour| if (8..20).contains(&(hour % 24)) { 2.0 } else { 0.0 }).collect();
        let profile = Profile::new(&rate, jiff::civil::date(2026, 1, 1).at(6, 30, 0, 0));
        let hour = Span::HOUR.0 as f64;
        // The first 1.5 h have rate 0; a day has 24 flat hours.
        assert_eq!((profile.flat(0.0), profile.flat(1.5 * hour), profile.flat(2.5 * hour)), (0.0, 0.0, 2.0 * hour));
        assert_eq!((profile.flat(24.0 * hour), profile.flat(-168.0 * hour)), (24.0 * hour, -168.0 * hour));
        for flat_h in [-1000.3, -24.1, -0.1, 0.1, 7.0, 23.9, 500.7] {
            let there = profile.invert(flat_h * hour);
            assert!((profile.flat(there) - flat_h * hour).abs() < 1e-2, "{flat_h}");
        }
        assert_eq!(Profile::new(&[], jiff::civil::date(2026, 1, 1).at(0, 0, 0, 0)).flat(5.0), 5.0);
    }
}
