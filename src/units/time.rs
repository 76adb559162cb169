//! Simulated time and spans in integer microseconds. Does not know the calendar (see `calendar`).

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// Microseconds in one hour.
pub(crate) const MICROS_PER_HOUR: u64 = 3_600_000_000;

/// A moment of a run [us since the run began]; zero is the scenario's start less the spin-up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct SimTime(pub u64);

/// A length of simulated time [us].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span(pub u64);

impl SimTime {
    /// The first moment of a run.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than every event: the calendar key holds 52 bits of microseconds (142 years).
    pub const NEVER: SimTime = SimTime((1 << 52) - 1);

    /// Time since `earlier`; an `earlier` that is later is our mistake and panics with both.
    #[inline]
    pub fn since(self, earlier: SimTime) -> Span {
        if self < earlier {
            ran_backwards(earlier, self);
        }
        Span(self.0 - earlier.0)
    }
}

/// Apart, so that a difference of times is small enough to be inlined.
#[cold]
fn ran_backwards(from: SimTime, to: SimTime) -> ! {
    panic!("time ran backwards: {} us to {} us", from.0, to.0)
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// One hour.
    pub const HOUR: Span = Span(MICROS_PER_HOUR);
    /// One day of 24 hours.
    pub const DAY: Span = Span(24 * MICROS_PER_HOUR);

    /// Nearest whole microsecond; negative or non-finite hours are our mistake and panic.
    pub fn from_hours(hours: f64) -> Span {
        Span::from_micros_f64(hours * MICROS_PER_HOUR as f64)
    }

    /// Nearest whole microsecond; negative or non-finite seconds are our mistake and panic.
    pub fn from_seconds(seconds: f64) -> Span {
        Span::from_micros_f64(seconds * 1e6)
    }

    /// Nearest whole microsecond; saturates at the end of representable time (142 years).
    #[inline]
    pub fn from_micros_f64(us: f64) -> Span {
        assert!(us >= 0.0, "a span cannot be {us} us");
        // Adding a half and cutting is `round` for what is not negative, without a call where the CPU has no instruction for it;
        // by way of i64, for which it has one.
        Span(((us + 0.5) as i64 as u64).min(SimTime::NEVER.0))
    }

    /// Length in hours [h].
    pub fn hours(self) -> f64 {
        self.0 as f64 / MICROS_PER_HOUR as f64
    }

    /// Length in seconds [s].
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Add<Span> for SimTime {
    type Output = SimTime;
    fn add(self, span: Span) -> SimTime {
        SimTime((self.0 + span.0).min(SimTime::NEVER.0))
    }
}

impl AddAssign<Span> for SimTime {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0 + other.0)
    }
}

impl Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        Span(self.0.checked_sub(other.0).expect("a span cannot be negative"))
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} us", self.0)
    }
}
