//! Figures as logs write them: seconds, whole numbers. Says what is wrong with one; knows neither its column nor its place.

use super::fault::Kind;

/// Longest duration and length of a log [us]: 100 years, within the 142 that simulated time holds.
pub(super) const LONGEST_US: u64 = 100 * 8_766 * 3_600_000_000;
/// Latest instant in seconds of its own origin [us]: as Unix time the year 2286; milliseconds are found out.
pub(super) const LATEST_US: u64 = 10_000_000_000_000_000;
/// Most chips of a job, as in scenario files.
pub(super) const MOST_CHIPS: u64 = 1_000_000_000;

/// Microseconds of a text in units of `seconds_per_unit`, to the nearest; at most `most_us`.
#[inline]
pub(super) fn micros(text: &[u8], seconds_per_unit: u32, most_us: u64) -> Result<u64, Kind> {
    let us = match plain_micros(text) {
        Some(us) if seconds_per_unit == 1 => us,
        _ => return micros_of_float(text, seconds_per_unit, most_us),
    };
    if us <= most_us { Ok(us) } else { Err(Kind::TooLarge) }
}

/// Of digits with at most six behind the point, exactly; None of anything else.
#[inline]
fn plain_micros(text: &[u8]) -> Option<u64> {
    let (mut value, mut behind) = (0, None);
    if 12 < text.len() || !text.first()?.is_ascii_digit() {
        return None;
    }
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                value = value * 10 + u64::from(byte - b'0');
                behind = behind.map(|n: usize| n + 1);
            }
            b'.' if behind.is_none() => behind = Some(0),
            _ => return None,
        }
    }
    const SCALE: [u64; 7] = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    Some(value * SCALE.get(behind.unwrap_or(0))?)
}

fn micros_of_float(text: &[u8], seconds_per_unit: u32, most_us: u64) -> Result<u64, Kind> {
    let us = not_negative(text)? * f64::from(seconds_per_unit) * 1e6;
    if most_us as f64 + 0.5 < us { Err(Kind::TooLarge) } else { Ok(us.round() as u64) }
}

/// A number that is 0 or more.
fn not_negative(text: &[u8]) -> Result<f64, Kind> {
    if text.is_empty() {
        return Err(Kind::Empty);
    }
    let value: f64 = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(Kind::NotANumber)?;
    match value {
        _ if value.is_nan() => Err(Kind::NotANumber),
        _ if value < 0.0 => Err(Kind::Negative),
        _ => Ok(value),
    }
}

/// A gang size, and whether it was a share of one chip and is rounded up to it.
pub(super) fn chips(text: &[u8]) -> Result<(u32, bool), Kind> {
    let value = match digits(text) {
        Some(value) => value,
        None => match not_negative(text)? {
            share if 0.0 < share && share < 1.0 => return Ok((1, true)),
            whole if whole < 1e18 && whole == whole.trunc() => whole as u64,
            large if MOST_CHIPS as f64 <= large => return Err(Kind::TooLarge),
            _ => return Err(Kind::NotWhole),
        },
    };
    if value <= MOST_CHIPS { Ok((value as u32, false)) } else { Err(Kind::TooLarge) }
}

/// A whole number of 0 or more, at most 18 digits.
fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || 18 < text.len() {
        return None;
    }
    text.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0')))
}

/// A priority: a whole number of either sign, at most a million as in scenario files.
pub(super) fn priority(text: &[u8]) -> Result<i32, Kind> {
    let (negative, size) = match text.strip_prefix(b"-") {
        Some(size) => (true, size),
        None => (false, text),
    };
    let value = match digits(size) {
        Some(value) => value,
        None => match not_negative(size)? {
            whole if whole < 1e18 && whole == whole.trunc() => whole as u64,
            whole if 1e18 <= whole => return Err(Kind::TooLarge),
            _ => return Err(Kind::NotWhole),
        },
    };
    if 1_000_000 < value {
        return Err(Kind::TooLarge);
    }
    Ok(if negative { -(value as i32) } else { value as i32 })
}

/// A number of nodes of a queue.
pub(super) fn nodes(text: &[u8]) -> Result<u64, Kind> {
    match chips(text)? {
        (_, true) => Err(Kind::NotWhole),
        (nodes, false) => Ok(u64::from(nodes)),
    }
}
