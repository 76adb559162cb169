//! Which month of the study an instant belongs to. Knows neither money nor meters.

use super::model::World;
use crate::units::{SimTime, Span};

impl World {
    /// Month [a, b) that contains `at`; the end of the study counts into the last one, the spin-up into the first.
    pub fn month_of(&self, at: SimTime) -> u16 {
        assert!(!self.months.is_empty(), "a study has at least one month");
        let begun = self.months.partition_point(|month| *month <= at);
        begun.saturating_sub(1) as u16
    }

    /// Month of the time a meter counted before it was read at `at`: usage in [a, b) belongs to a's month.
    pub fn month_before(&self, at: SimTime) -> u16 {
        self.month_of(SimTime(at.0.saturating_sub(1)))
    }

    /// End of a month: the start of the next one, or the end of the study.
    pub fn month_end(&self, month: u16) -> SimTime {
        self.months.get(usize::from(month) + 1).copied().unwrap_or(self.end)
    }

    /// Length of a month [us].
    pub fn month_span(&self, month: u16) -> Span {
        self.month_end(month).since(self.months[usize::from(month)])
    }
}
