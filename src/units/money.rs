//! Money in integer micro-dollars and prices in integer nano-dollars. Knows no party and no ledger.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

/// An amount [micro-USD].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Money(pub i128);

/// A price [nano-USD per unit]; the unit is stated where the rate is used (chip-hour, MWh, node ...).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Rate(pub i64);

/// `numerator / denominator` rounded half to even; the denominator must be positive.
pub fn div_round_half_even(numerator: i128, denominator: i128) -> i128 {
    assert!(denominator > 0, "rounding by {denominator}");
    let quotient = numerator.div_euclid(denominator);
    let twice = 2 * numerator.rem_euclid(denominator);
    let up = twice > denominator || (twice == denominator && quotient & 1 == 1);
    quotient + i128::from(up)
}

/// Nearest integer, halves to even: the rounding of every drawn price.
fn round_half_even_f64(x: f64) -> f64 {
    x.round_ties_even()
}

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);

    /// `usd` rounded half to even to the micro-dollar; a non-finite amount is our mistake and panics.
    pub fn from_usd(usd: f64) -> Money {
        assert!(usd.is_finite(), "an amount cannot be {usd}");
        Money(round_half_even_f64(usd * 1e6) as i128)
    }

    /// In dollars, for tables and charts only [USD].
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// `quantity` units at `rate`, `units_per_rate_unit` of them to one priced unit; half to even, once. Eq. (15).
    ///
    /// For chip-hours the quantity is chip-microseconds and `units_per_rate_unit` 3.6e9.
    pub fn of(quantity: i128, rate: Rate, units_per_rate_unit: i128) -> Money {
        let nano = quantity
            .checked_mul(i128::from(rate.0))
            .unwrap_or_else(|| panic!("{quantity} units at {} nano-USD overflow", rate.0));
        Money(div_round_half_even(nano, units_per_rate_unit * 1000))
    }
}

impl Rate {
    /// `usd` per unit, rounded half to even to the nano-dollar; negative or non-finite prices are our mistake.
    pub fn from_usd(usd: f64) -> Rate {
        assert!(usd.is_finite() && usd >= 0.0, "a price cannot be {usd}");
        Rate(round_half_even_f64(usd * 1e9) as i64)
    }
    /// In dollars per unit, for tables only.
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0 + other.0)
    }
}
impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        self.0 += other.0;
    }
}
impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money(self.0 - other.0)
    }
}
impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money(-self.0)
    }
}
impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, abs) = if self.0 < 0 { ("-", -self.0) } else { ("", self.0) };
        write!(f, "{sign}{}.{:06}", abs / 1_000_000, abs % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2.5 -> 2, 3.5 -> 4, -2.5 -> -2, 2.6 -> 3: halves go to the even neighbour on both sides of zero.
    #[test]
    fn halves_go_to_even() {
        for (n, d, want) in [(5, 2, 2), (7, 2, 4), (-5, 2, -2), (-7, 2, -4), (26, 10, 3), (-26, 10, -3), (0, 7, 0)] {
            assert_eq!(div_round_half_even(n, d), want, "{n}/{d}");
        }
    }

    /// 1.5 chip-hours (5.4e9 chip-us) at 2.235 USD = 3.3525 USD.
    #[test]
    fn chip_hours_are_priced_exactly() {
        let money = Money::of(5_400_000_000, Rate::from_usd(2.235), 3_600_000_000);
        assert_eq!(money.to_string(), "3.352500");
    }
}
