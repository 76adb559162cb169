//! Where ticks stand and what they say: linear, logarithmic, calendar.
//! The only file of the charts that takes a logarithm; it goes through `libm`, so that bytes do not depend on the machine.
use super::Scale;

/// Ticks of one axis and the domain they span.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticks {
    /// Lower end of the axis.
    pub lo: f64,
    /// Upper end of the axis.
    pub hi: f64,
    /// (value, label), ascending.
    pub marks: Vec<(f64, String)>,
    scale: Scale,
}

impl Ticks {
    /// About `count` ticks for data in lo..=hi. Dates keep the ends of the data, values are widened to whole ticks.
    pub fn new(scale: Scale, lo: f64, hi: f64, count: f64) -> Self {
        assert!(lo <= hi && lo.is_finite() && hi.is_finite(), "ticks need a domain: {lo}..{hi}");
        let (lo, hi) = if lo == hi && matches!(scale, Scale::Linear | Scale::Whole) { around(lo) } else { (lo, hi) };
        match scale {
            Scale::Linear | Scale::FromZero => Self::linear(lo, hi, nice_step((hi - lo) / count)),
            Scale::Whole => Self::linear(lo, hi, nice_step((hi - lo) / count).ceil()),
            Scale::Log => Self::log(lo, hi, count),
            Scale::Dates => Self::dates(lo, hi, count),
            Scale::Clock => Self::clock(lo, hi, count),
        }
    }

    /// Position of `value` between the ends, 0..=1 within the domain.
    pub fn share(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Log => libm::log(value / self.lo) / libm::log(self.hi / self.lo),
            _ => (value - self.lo) / (self.hi - self.lo),
        }
    }

    fn linear(lo: f64, hi: f64, step: f64) -> Self {
        let (first, last) = ((lo / step + 1e-9).floor(), (hi / step - 1e-9).ceil());
        let largest = (first * step).abs().max((last * step).abs());
        let marks = (0..=(last - first) as usize)
            .map(|i| (first + i as f64) * step)
            .map(|v| (v, label(v, step, largest)))
            .collect();
        Self { lo: first * step, hi: last * step, marks, scale: Scale::Linear }
    }

    fn log(lo: f64, hi: f64, count: f64) -> Self {
        assert!(lo > 0.0, "a log axis needs positive data, got {lo}");
        let (lo, hi) = if lo == hi { (lo / 2.0, hi * 2.0) } else { (lo, hi) };
        let (first, last) = (libm::floor(libm::log10(lo)) as i32, libm::ceil(libm::log10(hi)) as i32);
        let at = |digits: &'static [f64]| {
            (first..=last).flat_map(move |e| digits.iter().map(move |d| d * libm::exp10(f64::from(e))))
        };
        // The axis ends at 1, 2 or 5 times a power of ten, so that data fill it.
        let fine: Vec<f64> = at(&[1.0, 2.0, 5.0]).collect();
        let low = fine.iter().copied().rfind(|v| *v <= lo * (1.0 + 1e-9)).unwrap_or(lo);
        let high = fine.iter().copied().find(|v| *v >= hi * (1.0 - 1e-9)).unwrap_or(hi);
        let within = |v: &f64| low <= *v && *v <= high;
        let decades: Vec<f64> = at(&[1.0]).filter(within).collect();
        let fine: Vec<f64> = fine.into_iter().filter(within).collect();
        let stride = (decades.len() as f64 / (1.3 * count)).ceil().max(1.0) as usize;
        let marks = if decades.len() < 3 && fine.len() as f64 <= 2.0 * count + 2.0 || decades.len() < 2 {
            fine
        } else {
            decades.into_iter().step_by(stride).collect()
        };
        let marks = marks.into_iter().map(|v| (v, plain(v))).collect();
        Self { lo: low, hi: high, marks, scale: Scale::Log }
    }

    fn clock(lo: f64, hi: f64, count: f64) -> Self {
        let hi = if hi > lo { hi } else { lo + 1.0 };
        let steps = [0.25, 0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0];
        let rough = (hi - lo) / count;
        // Beyond two days of hours they are days, or a count of anything.
        let hours = 0.1 <= rough && hi - lo <= 48.0;
        let step = steps.into_iter().find(|step| hours && 0.8 * rough <= *step).unwrap_or_else(|| nice_step(rough));
        let (first, last) = ((lo / step - 1e-9).ceil() as i64, (hi / step + 1e-9).floor() as i64);
        let largest = lo.abs().max(hi.abs());
        let marks = (first..=last).map(|i| i as f64 * step).map(|v| (v, label(v, step, largest))).collect();
        Self { lo, hi, marks, scale: Scale::Clock }
    }

    fn dates(lo: f64, hi: f64, count: f64) -> Self {
        let (lo, hi) = if hi - lo < 1.0 / 24.0 { (lo - 1.0 / 24.0, hi + 1.0 / 24.0) } else { (lo, hi) };
        let months_wanted = (hi - lo) * 12.0 / count;
        let step = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1200];
        let step = step.into_iter().find(|s| f64::from(*s) >= months_wanted).unwrap_or(1200);
        let (first, last) = ((lo * 12.0 - 1e-6).ceil() as i64, (hi * 12.0 + 1e-6).floor() as i64);
        // Months and quarters are dated by their end: a tick shortly before the first of them is where it begins.
        let near = 1..=i64::from(step / 4).max(i64::from(step > 1));
        let before = near.map(|k| first - k).find(|m| m.rem_euclid(i64::from(step)) == 0);
        let first = before.filter(|_| first.rem_euclid(i64::from(step)) != 0).unwrap_or(first);
        let lo = lo.min(first as f64 / 12.0);
        let marks = (first..=last)
            .filter(|m| m.rem_euclid(i64::from(step)) == 0)
            .map(|m| (m as f64 / 12.0, month_label(m, step)))
            .collect();
        Self { lo, hi, marks, scale: Scale::Dates }
    }
}

/// A number for people, three significant digits: "0.0123", "12.3", "12,300"; from a million on with M, bn, tn.
pub fn short(value: f64) -> String {
    let size = value.abs();
    if size >= 1e16 || 0.0 < size && size < 1e-6 {
        return far(value);
    }
    let (unit, suffix) = unit_of(size);
    let scaled = size / unit;
    let decimals = if scaled == 0.0 { 0 } else { (2 - libm::floor(libm::log10(scaled)) as i32).clamp(0, 6) };
    let digits = trim(format!("{scaled:.*}", decimals as usize));
    signed(value, &format!("{}{suffix}", group(&digits)))
}

/// Half the width of an interval, two significant digits, as errors are written.
pub fn error(half_width: f64) -> String {
    if half_width == 0.0 || !half_width.is_finite() {
        return short(half_width);
    }
    let unit = libm::exp10(libm::floor(libm::log10(half_width.abs())) - 1.0);
    short((half_width / unit).round() * unit)
}

/// A share as a whole percentage: "61 %"; never 0 % or 100 % unless it is.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        p if 0.0 < p && p < 0.5 => "below 1\u{a0}%".to_string(),
        p if 99.5 <= p && p < 100.0 => "over 99\u{a0}%".to_string(),
        p => format!("{}\u{a0}%", signed(p, &format!("{:.0}", p.abs()))),
    }
}

/// A number beyond every word, as 1.5e-9.
fn far(value: f64) -> String {
    signed(value, &format!("{:.1e}", value.abs()))
}

fn around(value: f64) -> (f64, f64) {
    let pad = if value == 0.0 { 1.0 } else { value.abs() / 2.0 };
    (value - pad, value + pad)
}

/// 1, 2, 2.5 or 5 times a power of ten, about `rough` or the next above.
fn nice_step(rough: f64) -> f64 {
    let power = libm::exp10(libm::floor(libm::log10(rough)));
    let digit = [1.0, 2.0, 2.5, 5.0].into_iter().find(|d| d * power >= 0.8 * rough).unwrap_or(10.0);
    digit * power
}

/// The label of a linear tick: as many decimals as the step needs, and the same for the whole axis.
fn label(value: f64, step: f64, largest: f64) -> String {
    if value.abs() < step / 2.0 {
        return "0".to_string();
    }
    if !(1e-6..1e16).contains(&largest) {
        return far(value);
    }
    let (unit, suffix) = unit_of(largest);
    let step = step / unit;
    let decimals = (0..=9).find(|d| {
        let shifted = step * libm::exp10(f64::from(*d));
        (shifted - shifted.round()).abs() < 1e-6 * shifted
    });
    let digits = format!("{:.*}", decimals.unwrap_or(9) as usize, value.abs() / unit);
    signed(value, &format!("{}{suffix}", group(&digits)))
}

fn unit_of(size: f64) -> (f64, &'static str) {
    match size {
        s if s >= 9.995e11 => (1e12, "\u{a0}tn"),
        s if s >= 9.995e8 => (1e9, "\u{a0}bn"),
        s if s >= 9.995e5 => (1e6, "\u{a0}M"),
        _ => (1.0, ""),
    }
}

/// A round number without an exponent.
fn plain(value: f64) -> String {
    if !(1e-6..1.0).contains(&value) { short(value) } else { trim(format!("{value:.9}")) }
}

fn trim(digits: String) -> String {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.').to_string() } else { digits }
}

fn signed(value: f64, digits: &str) -> String {
    if value < 0.0 && digits != "0" { format!("\u{2212}{digits}") } else { digits.to_string() }
}

/// Commas between thousands from 10,000 on.
fn group(digits: &str) -> String {
    let (whole, rest) = digits.split_once('.').map_or((digits, None), |(w, r)| (w, Some(r)));
    let mut out = String::new();
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) && whole.len() > 3 {
            out.push(',');
        }
        out.push(c);
    }
    rest.map_or(out.clone(), |r| format!("{out}.{r}"))
}

fn month_label(month: i64, step: i32) -> String {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, m) = (month.div_euclid(12), month.rem_euclid(12) as usize);
    if step >= 12 { year.to_string() } else { format!("{} {year}", NAMES[m]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, lo: f64, hi: f64) -> String {
        Ticks::new(scale, lo, hi, 5.0).marks.into_iter().map(|m| m.1).collect::<Vec<_>>().join(" ")
    }

    /// Zero is "0", steps share their decimals, minus is a minus, millions carry their word.
    #[test]
    fn ticks_read_as_people_write_them() {
        assert_eq!(labels(Scale::Linear, 0.0, 97.0), "0 20 40 60 80 100");
        assert_eq!(labels(Scale::Linear, -0.3, 0.42), "\u{2212}0.4 \u{2212}0.2 0 0.2 0.4 0.6");
        assert_eq!(labels(Scale::Linear, 0.0, 12_000.0), "0 2,000 4,000 6,000 8,000 10,000 12,000");
        assert_eq!(labels(Scale::Linear, 0.0, 4.4e6), "0 1\u{a0}M 2\u{a0}M 3\u{a0}M 4\u{a0}M 5\u{a0}M");
        assert_eq!(labels(Scale::Linear, 3.0, 3.0), "1.5 2.0 2.5 3.0 3.5 4.0 4.5");
        assert_eq!(labels(Scale::Whole, 0.0, 3.0), "0 1 2 3");
        assert_eq!(labels(Scale::Clock, 0.0, 24.0), "0 6 12 18 24");
        assert_eq!(labels(Scale::Clock, 0.0, 74.8), "0 20 40 60");
        assert_eq!(labels(Scale::Log, 0.02, 700.0), "0.1 1 10 100 1,000");
        assert_eq!(labels(Scale::Log, 3.0, 40.0), "2 5 10 20 50");
        assert_eq!(labels(Scale::Dates, 2026.0, 2031.0), "2026 2027 2028 2029 2030 2031");
        assert_eq!(labels(Scale::Dates, 2026.0 + 1.0 / 12.0, 2031.0), "2026 2027 2028 2029 2030 2031");
        assert_eq!(labels(Scale::Dates, 2026.5, 2027.5), "Jul 2026 Oct 2026 Jan 2027 Apr 2027 Jul 2027");
    }

    #[test]
    fn short_numbers_keep_three_digits_and_errors_two() {
        assert_eq!([12.4, 0.886, 9.96, 0.0].map(error), ["12", "0.89", "10", "0"]);
        assert_eq!((short(2.5e-9), short(3e40)), ("2.5e-9".to_string(), "3.0e40".to_string()));
        let cases =
            [(0.0, "0"), (-0.01234, "\u{2212}0.0123"), (12.34, "12.3"), (1_234.5, "1,234"), (2.5e9, "2.5\u{a0}bn")];
        for (value, text) in cases {
            assert_eq!(short(value), text);
        }
    }
}
