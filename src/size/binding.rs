//! What stands in the way of fewer instances: each constraint is taken away in turn, and what then would do is tried. Eq. (181).

use super::load::Load;
use super::offer::{Mix, usd_per_hour};
use super::smallest::smallest;
use super::trial::{Yard, is_enough};
use crate::perf::StepTimes;

/// What may bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// The target for the first token.
    Ttft,
    /// The target for each token after it.
    Tpot,
    /// Memory of the KV cache.
    Memory,
    /// That requests come in bursts.
    Bursts,
}

impl Constraint {
    /// Every one.
    pub const ALL: [Constraint; 4] = [Constraint::Ttft, Constraint::Tpot, Constraint::Memory, Constraint::Bursts];

    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Constraint::Ttft => "TTFT",
            Constraint::Tpot => "TPOT",
            Constraint::Memory => "memory",
            Constraint::Bursts => "bursts",
        }
    }

    /// How it is taken away.
    pub fn without(self) -> &'static str {
        match self {
            Constraint::Ttft => "without a TTFT target",
            Constraint::Tpot => "without a TPOT target",
            Constraint::Memory => "with twice the memory for keys and values",
            Constraint::Bursts => "with the same requests at equal distances",
        }
    }
}

/// What would do without a constraint.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// Taken away.
    pub constraint: Constraint,
    /// (offer, instances) that would do, of those that stand in the answer.
    pub parts: Vec<(usize, u32)>,
    /// Their price \[USD/h\].
    pub usd_per_hour: f64,
    /// Less than the answer's \[USD/h\]; 0: it does not bind.
    pub saves_usd_per_hour: f64,
}

/// Each constraint that there is, taken away alone from the answer.
pub fn bindings<S: StepTimes + Clone>(yard: &mut Yard<'_, S>, answer: &Mix) -> Vec<Binding> {
    let even = yard.load.even();
    let promise = yard.promise;
    let stands = |constraint: &Constraint| match constraint {
        Constraint::Ttft => promise.ttft_s.is_some(),
        Constraint::Tpot => promise.tpot_s.is_some(),
        Constraint::Memory | Constraint::Bursts => true,
    };
    let of = |constraint: Constraint, yard: &mut Yard<'_, S>| {
        let parts = fewest(yard, answer, |yard, parts| keeps_without(yard, constraint, parts, &even));
        let usd = usd_per_hour(yard.offers, &parts);
        Binding { constraint, parts, usd_per_hour: usd, saves_usd_per_hour: answer.usd_per_hour - usd }
    };
    Constraint::ALL.into_iter().filter(stands).map(|constraint| of(constraint, yard)).collect()
}

fn keeps_without<S: StepTimes + Clone>(
    yard: &mut Yard<'_, S>,
    constraint: Constraint,
    parts: &[(usize, u32)],
    even: &Load,
) -> bool {
    match constraint {
        Constraint::Ttft => {
            let trial = yard.trial(parts);
            is_enough(trial.attained_tpot, trial.requests, yard.promise.share)
        }
        Constraint::Tpot => {
            let trial = yard.trial(parts);
            is_enough(trial.attained_ttft, trial.requests, yard.promise.share)
        }
        Constraint::Memory => yard.keeps_otherwise(parts, yard.load, 2),
        Constraint::Bursts => yard.keeps_otherwise(parts, even, 1),
    }
}

/// The cheapest that keeps, where one offer of the answer has fewer instances and the other as many; the answer itself where none does.
fn fewest<S: StepTimes + Clone>(
    yard: &mut Yard<'_, S>,
    answer: &Mix,
    mut keeps: impl FnMut(&mut Yard<'_, S>, &[(usize, u32)]) -> bool,
) -> Vec<(usize, u32)> {
    let mut best = (answer.usd_per_hour, answer.parts.clone());
    for at in 0..answer.parts.len() {
        let with = |instances: u32| {
            let mut parts = answer.parts.clone();
            parts[at].1 = instances;
            parts.retain(|part| 0 < part.1);
            parts
        };
        let now = answer.parts[at].1;
        let mut enough = |instances: u32| {
            let parts = with(instances);
            instances == now || !parts.is_empty() && keeps(yard, &parts)
        };
        let least = if 1 < answer.parts.len() && enough(0) { Some(0) } else { smallest(now, now, &mut enough) };
        if let Some(least) = least {
            let usd = usd_per_hour(yard.offers, &with(least));
            best = if usd < best.0 { (usd, with(least)) } else { best };
        }
    }
    best.1
}
