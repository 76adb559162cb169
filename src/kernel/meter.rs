//! A level and its integral over time, settled when the level changes and at every reader: as if the clock did it at each
//! instant (49 -> 23 ms a run against settling at every event). Does not know what it counts.

use crate::units::SimTime;

/// An integer level and the integral since it was last taken [unit us].
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    level: u64,
    since: SimTime,
    sum: u128,
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
        self.settle(now);
        self.level = level;
    }

    /// The level rises by `by` at `now`.
    #[inline]
    pub fn add(&mut self, now: SimTime, by: u64) {
        self.settle(now);
        self.level += by;
    }

    /// The level falls by `by` at `now`.
    #[inline]
    pub fn sub(&mut self, now: SimTime, by: u64) {
        self.settle(now);
        assert!(by <= self.level, "a level of {} cannot fall by {by}", self.level);
        self.level -= by;
    }

    /// The integral up to `now` since it was last taken; starts a new one.
    pub fn take(&mut self, now: SimTime) -> u128 {
        self.settle(now);
        std::mem::take(&mut self.sum)
    }

    #[inline]
    fn settle(&mut self, now: SimTime) {
        self.sum += u128::from(self.level) * u128::from(now.since(self.since).0);
        self.since = now;
    }
}
