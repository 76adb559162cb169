//! Gangs that run on more or fewer chips: which sizes, and how fast on each. Eq. (104). Draws nothing and places nobody.

use super::model::Param;
use crate::stats::math::pow;

/// Terms of a workload whose gangs change their size.
#[derive(Clone, Debug, PartialEq)]
pub struct Elastic {
    /// Smallest gang [chips].
    pub min: u32,
    /// Largest gang [chips]; `min` and a whole number of steps.
    pub max: u32,
    /// Sizes are `min`, `min + step`, ..., `max` [chips].
    pub step: u32,
    /// The gang in whose time the workload's work is stated [chips].
    pub reference: u32,
    /// Throughput by size.
    pub scaling: Scaling,
    /// What a change of size costs: the gang holds its new chips and does nothing for so long [h].
    pub resize_cost_h: Param,
}

/// Throughput of a gang by its size, in any unit: only ratios are used. Rises, and never by more than before (concave).
#[derive(Clone, Debug, PartialEq)]
pub enum Scaling {
    /// 1 / (s + (1 - s) / n) with serial share s. Amdahl 1967.
    Amdahl {
        /// s [0..1].
        serial_share: f64,
    },
    /// n^exponent; 1 is linear.
    Power {
        /// In (0, 1].
        exponent: f64,
    },
    /// (chips, throughput), both rising; straight lines between, and from nothing at 0 chips to the first.
    Table(Vec<(u32, f64)>),
}

impl Scaling {
    /// Throughput on `chips`, beyond the last row of a table that of the last.
    pub fn throughput(&self, chips: u32) -> f64 {
        let n = f64::from(chips);
        match self {
            Scaling::Amdahl { serial_share } => 1.0 / (serial_share + (1.0 - serial_share) / n),
            Scaling::Power { exponent } if *exponent == 1.0 => n,
            Scaling::Power { exponent } => pow(n, *exponent),
            Scaling::Table(rows) => {
                let above = rows.partition_point(|(size, _)| *size < chips);
                let Some((right, high)) = rows.get(above).copied() else { return rows.last().map_or(n, |row| row.1) };
                let (left, low) = if above == 0 { (0, 0.0) } else { rows[above - 1] };
                low + (high - low) * f64::from(chips - left) / f64::from(right - left)
            }
        }
    }
}

impl Elastic {
    /// Speed on `chips` relative to the reference gang: work is the time of that.
    pub fn speed(&self, chips: u32) -> f64 {
        self.scaling.throughput(chips) / self.scaling.throughput(self.reference)
    }

    /// The largest size of at most `chips`; None below the smallest.
    pub fn size_within(&self, chips: u64) -> Option<u32> {
        let most = chips.min(u64::from(self.max)) as u32;
        (self.min <= most).then(|| self.min + (most - self.min) / self.step * self.step)
    }
}

/// A gang that shares chips with others: what is asked when chips are divided.
#[derive(Clone, Copy, Debug)]
pub struct Claimant<'e> {
    /// Its terms.
    pub terms: &'e Elastic,
    /// Work done in an hour on the reference gang, in the common unit of all claimants.
    pub weight: f64,
}

impl Claimant<'_> {
    /// What the step to `steps` steps above the smallest size adds, per chip.
    fn gain(&self, steps: u32) -> f64 {
        let terms = self.terms;
        let (to, from) = (terms.min + steps * terms.step, terms.min + (steps - 1) * terms.step);
        self.weight * (terms.speed(to) - terms.speed(from)) / f64::from(terms.step)
    }

    fn most_steps(&self) -> u32 {
        (self.terms.max - self.terms.min) / self.terms.step
    }

    /// Steps that add at least `level` a chip: gains never rise, so that they are the first ones.
    fn steps_worth(&self, level: f64) -> u32 {
        let (mut worth, mut not) = (0, self.most_steps() + 1);
        while worth + 1 < not {
            let middle = worth + (not - worth) / 2;
            if level <= self.gain(middle) { worth = middle } else { not = middle }
        }
        worth
    }
}

/// Divides `chips` so that together the gangs do most: each has its smallest size, and chips go where the next step adds most for each
/// chip, of equals to the first. Exact for concave throughputs and one step size (Fox 1966, marginal allocation). The smallest sizes
/// must fit.
pub fn divide(chips: u64, claimants: &[Claimant<'_>]) -> Vec<u32> {
    let least: u64 = claimants.iter().map(|c| u64::from(c.terms.min)).sum();
    assert!(least <= chips, "{chips} chips for gangs of at least {least} in all");
    let spare = chips - least;
    let cost = |steps: &[u32]| -> u64 {
        steps.iter().zip(claimants).map(|(n, c)| u64::from(*n) * u64::from(c.terms.step)).sum()
    };
    let at = |level: f64| -> Vec<u32> { claimants.iter().map(|c| c.steps_worth(level)).collect() };
    // The lowest level whose steps all fit, by bisection to the last bit; those of the level below are shared out in order.
    let mut taken = at(0.0);
    if spare < cost(&taken) {
        let (mut low, mut high) = (0.0f64, f64::MAX);
        loop {
            let middle = f64::from_bits(low.to_bits() + (high.to_bits() - low.to_bits()) / 2);
            if middle == low || middle == high {
                break;
            }
            if cost(&at(middle)) <= spare { high = middle } else { low = middle }
        }
        taken = at(high);
        let wanted = at(low);
        let mut left = spare - cost(&taken);
        for ((n, most), claimant) in taken.iter_mut().zip(wanted).zip(claimants) {
            let step = u64::from(claimant.terms.step);
            let more = u64::from(most - *n).min(left / step);
            *n += more as u32;
            left -= more * step;
        }
    }
    taken.iter().zip(claimants).map(|(n, c)| c.terms.min + n * c.terms.step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn elastic(min: u32, max: u32, step: u32, scaling: Scaling) -> Elastic {
        Elastic { min, max, step, reference: max, scaling, resize_cost_h: Param::Fixed(0.0) }
    }

    /// Amdahl with a fifth serial: on 4 chips 2.5 times one chip, on 16 four times; a table halfway between its rows.
    #[test]
    fn throughputs_by_hand() {
        let amdahl = Scaling::Amdahl { serial_share: 0.2 };
        assert!((amdahl.throughput(4) - 2.5).abs() < 1e-12);
        assert!((amdahl.throughput(16) - 4.0).abs() < 1e-12);
        let table = Scaling::Table(vec![(2, 2.0), (4, 3.0), (8, 4.0)]);
        assert_eq!([1, 2, 3, 6, 8, 9].map(|n| table.throughput(n)), [1.0, 2.0, 2.5, 3.5, 4.0, 4.0]);
        let gang = elastic(2, 8, 2, Scaling::Power { exponent: 1.0 });
        assert_eq!(
            [1, 2, 3, 7, 8, 100].map(|n| gang.size_within(n)),
            [None, Some(2), Some(2), Some(6), Some(8), Some(8)]
        );
    }

    /// Every way to divide, by enumeration.
    fn best(chips: u64, claimants: &[Claimant<'_>]) -> f64 {
        let Some((first, rest)) = claimants.split_first() else { return 0.0 };
        let least: u64 = rest.iter().map(|c| u64::from(c.terms.min)).sum();
        let sizes = (0..=first.most_steps()).map(|n| first.terms.min + n * first.terms.step);
        let fitting = sizes.filter(|size| u64::from(*size) + least <= chips);
        fitting.map(|n| first.weight * first.terms.speed(n) + best(chips - u64::from(n), rest)).fold(f64::MIN, f64::max)
    }

    proptest! {
        #[test]
        fn no_division_does_more(shapes in prop::collection::vec((1u32..4, 0u32..6, 0.05..0.9f64, any::<bool>(), 0.5..2.0f64), 1..5),
                                 step in 1u32..3, extra in 0u64..16) {
            let gangs: Vec<(Elastic, f64)> = shapes.iter().map(|(min, steps, x, amdahl, weight)| {
                let scaling = if *amdahl { Scaling::Amdahl { serial_share: *x } } else { Scaling::Power { exponent: *x } };
                (elastic(*min, min + steps * step, step, scaling), *weight)
            }).collect();
            let claimants: Vec<Claimant> = gangs.iter().map(|(terms, weight)| Claimant { terms, weight: *weight }).collect();
            let chips = gangs.iter().map(|(gang, _)| u64::from(gang.min)).sum::<u64>() + extra;
            let sizes = divide(chips, &claimants);
            prop_assert!(sizes.iter().map(|n| u64::from(*n)).sum::<u64>() <= chips);
            let done: f64 = sizes.iter().zip(&claimants).map(|(n, c)| c.weight * c.terms.speed(*n)).sum();
            let most = best(chips, &claimants);
            prop_assert!((done - most).abs() <= 1e-12 * most, "{:?} does {} of {}", sizes, done, most);
        }
    }
}
