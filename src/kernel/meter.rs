//! A level and its integral over time, as if the clock counted at each instant. Does not know what it counts.
//!
//! The integral up to now is level x now less the moment, the sum of change x time over all changes: a change costs one product, which
//! neighbours that change by as much share, and nothing is settled (settling each meter at every event took twice the run).

use crate::units::SimTime;

/// An integer level and the integral since it was last taken [unit us].
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    level: u64,
    /// Change x time over the changes, those before the last taking included, as 64 bits and the rest: a number of 128 bits would stand on every second
    /// word only, and a quarter more memory is a quarter more to fetch [unit us].
    moment: (u64, u64),
}

impl Meter {
    /// The level now.
    #[inline]
    pub fn level(&self) -> u64 {
        self.level
    }

    /// The level becomes `level` at `now`.
    #[inline]
    pub fn set(&mut self, now: SimTime, level: u64) {
        self.shift(product(level, now) - product(self.level, now));
        self.level = level;
    }

    /// The level rises by `by` at `now`.
    #[inline]
    pub fn add(&mut self, now: SimTime, by: u64) {
        self.shift(product(by, now));
        self.level += by;
    }

    /// The level falls by `by` at `now`.
    #[inline]
    pub fn sub(&mut self, now: SimTime, by: u64) {
        if self.level < by {
            below_zero(self.level, by);
        }
        self.shift(-product(by, now));
        self.level -= by;
    }

    /// The integral up to `now` since it was last taken.
    pub fn peek(&self, now: SimTime) -> u128 {
        u128::try_from(product(self.level, now) - self.moment()).expect("an integral of a level that is never negative")
    }

    /// The integral up to `now` since it was last taken; starts a new one.
    pub fn take(&mut self, now: SimTime) -> u128 {
        let whole = product(self.level, now);
        let integral = whole - self.moment();
        self.shift(integral);
        u128::try_from(integral).expect("an integral of a level that is never negative")
    }

    #[inline]
    fn moment(&self) -> i128 {
        (u128::from(self.moment.1) << 64 | u128::from(self.moment.0)) as i128
    }

    #[inline]
    fn shift(&mut self, by: i128) {
        let moment = (self.moment() + by) as u128;
        self.moment = (moment as u64, (moment >> 64) as u64);
    }
}

#[inline]
fn product(level: u64, now: SimTime) -> i128 {
    (u128::from(level) * u128::from(now.0)) as i128
}

/// Apart, so that a change of a level is small enough to stand where it is made.
#[cold]
fn below_zero(level: u64, by: u64) -> ! {
    panic!("a level of {level} cannot fall by {by}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 3 for 10 us, 5 for 2 us, taken, 5 for 4 us, 1 for 6 us.
    #[test]
    fn integrals_by_hand() {
        let at = SimTime;
        let mut meter = Meter::default();
        meter.add(at(100), 3);
        meter.set(at(110), 5);
        assert_eq!(meter.take(at(112)), 30 + 10);
        meter.sub(at(116), 4);
        assert_eq!((meter.take(at(122)), meter.take(at(122)), meter.level()), (20 + 6, 0, 1));
    }
}
