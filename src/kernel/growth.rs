//! A demand's growth through time, cheap tick by tick: exact at days' ends, straight lines between. Draws nothing.

use crate::stats::math;
use crate::world::{Growth, Live};

/// Days of a year.
const DAYS: f64 = 365.25;

/// Growth of a run.
#[derive(Clone, Debug)]
pub(super) struct GrowthPath {
    /// Logarithmic rate [1/y] and the limit over the start.
    rate: f64,
    ceiling: Option<f64>,
    /// The day it knows, from the start: growth at its beginning, and its rise to the end.
    day: f64,
    begins: f64,
    rises: f64,
}

impl GrowthPath {
    pub fn new(live: &Live, growth: &Growth) -> GrowthPath {
        let rate = math::ln(live.value(&growth.per_year));
        let ceiling = growth.ceiling.as_ref().map(|ceiling| live.value(ceiling));
        // The same growth at the start: r (1 - 1/C) = ln m.
        let rate = match ceiling {
            Some(ceiling) if 1.0 < ceiling => rate * ceiling / (ceiling - 1.0),
            Some(_) => 0.0,
            None => rate,
        };
        GrowthPath { rate, ceiling, day: f64::NAN, begins: 1.0, rises: 0.0 }
    }

    /// Over the level at the start, so many years after it. Eq. (150).
    pub fn exactly(&self, years: f64) -> f64 {
        match self.ceiling {
            Some(ceiling) => ceiling / (1.0 + (ceiling - 1.0) * math::exp(-self.rate * years)),
            None => math::exp(self.rate * years),
        }
    }

    /// The same, on a straight line between the ends of the day.
    #[inline]
    pub fn at(&mut self, years: f64) -> f64 {
        if self.rate == 0.0 {
            return 1.0;
        }
        let days = years * DAYS;
        // Days are not negative but within the spin-up's rounding: a cast calls nobody.
        let below = days as i64 as f64;
        let day = if days < below { below - 1.0 } else { below };
        if day != self.day {
            self.day = day;
            self.begins = self.exactly(day / DAYS);
            self.rises = self.exactly((day + 1.0) / DAYS) - self.begins;
        }
        self.begins + (days - day) * self.rises
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Param;

    fn path(per_year: f64, ceiling: Option<f64>) -> GrowthPath {
        GrowthPath::new(
            &Live::default(),
            &Growth { per_year: Param::Fixed(per_year), ceiling: ceiling.map(Param::Fixed) },
        )
    }

    /// Twice a year is 4 after two; a ceiling of 3 is reached in the end, from 1, with the same slope ln 2 at the start.
    #[test]
    fn growth_by_hand() {
        assert!((path(2.0, None).at(2.0) - 4.0).abs() < 1e-5);
        let logistic = path(2.0, Some(3.0));
        assert_eq!(logistic.exactly(0.0), 1.0);
        assert!((logistic.exactly(1e-6) - 1.0 - 1e-6 * math::ln(2.0)).abs() < 1e-11);
        assert!((logistic.exactly(60.0) - 3.0).abs() < 1e-9);
        assert_eq!((path(1.0, None).at(5.0), path(9.0, Some(1.0)).at(5.0)), (1.0, 1.0));
    }
}
