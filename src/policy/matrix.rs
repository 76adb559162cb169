//! What combines: every part of the composition, and each pair that is refused with its reason. Refuses nothing itself: `world::refused` does.

use super::order::ORDERS;
use super::placement::PLACEMENTS;
use super::pool_choice::POOL_CHOICES;
use super::{BACKFILLS, Entry, PREEMPTIONS, VICTIMS, YIELDS};
use crate::units::Span;
use crate::world::{Backfill, Order, Placement, PoolChoice, Preemption, Rules, Victim, Yield, refused};
use std::collections::BTreeSet;

/// One choice of one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Order of a queue.
    Order(Order),
    /// Order `las` whose jobs take turns within a level.
    Turns,
    /// Backfill.
    Backfill(Backfill),
    /// Preemption.
    Preemption(Preemption),
    /// How a job leaves.
    Yield(Yield),
    /// Who goes first.
    Victim(Victim),
    /// Placement.
    Placement(Placement),
    /// Choice of the pool.
    PoolChoice(PoolChoice),
}

impl Choice {
    /// The rules with this choice in its place.
    pub fn set(self, rules: &mut Rules) {
        match self {
            Choice::Order(order) => rules.order = order,
            Choice::Turns => (rules.order, rules.las_quantum) = (Order::Las, Some(Span::HOUR)),
            Choice::Backfill(backfill) => rules.backfill = backfill,
            Choice::Preemption(preemption) => rules.preemption = preemption,
            Choice::Yield(yields) => rules.yields = yields,
            Choice::Victim(victim) => rules.victim = victim,
            Choice::Placement(placement) => rules.placement = placement,
            Choice::PoolChoice(choice) => rules.pool_choice = choice,
        }
    }
}

/// A choice as scenario files write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Key of `schedule`.
    pub key: &'static str,
    /// Word.
    pub name: &'static str,
    /// One sentence.
    pub what: &'static str,
    /// Where it is described.
    pub source: &'static str,
    /// What it chooses.
    pub choice: Choice,
}

/// Every entry of every registry.
pub fn parts() -> Vec<Part> {
    fn of<T: Copy>(key: &'static str, registry: &[Entry<T>], choice: fn(T) -> Choice) -> Vec<Part> {
        let part = |entry: &Entry<T>| {
            let Entry { name, value, what, source } = *entry;
            Part { key, name, what, source, choice: choice(value) }
        };
        registry.iter().map(part).collect()
    }
    [
        of("order", &ORDERS, Choice::Order),
        of("backfill", &BACKFILLS, Choice::Backfill),
        of("preemption", &PREEMPTIONS, Choice::Preemption),
        of("yield", &YIELDS, Choice::Yield),
        of("victim", &VICTIMS, Choice::Victim),
        of("placement", &PLACEMENTS, Choice::Placement),
        of("pool_choice", &POOL_CHOICES, Choice::PoolChoice),
    ]
    .concat()
}

/// Two choices of different parts that have no meaning together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The earlier in the list of parts.
    pub one: Part,
    /// The later.
    pub other: Part,
    /// Why, as `check` says it.
    pub why: &'static str,
}

/// Every pair that is refused whatever the other parts are, but for those that follow from others.
pub fn refusals() -> Vec<Refusal> {
    let mut all = parts();
    let las = *all.iter().find(|part| part.choice == Choice::Order(Order::Las)).expect("registered");
    all.insert(ORDERS.len(), Part { name: "las with a quantum", choice: Choice::Turns, ..las });
    let mut found: Vec<Refusal> = Vec::new();
    for (at, one) in all.iter().enumerate() {
        for other in all[at + 1..].iter().filter(|other| other.key != one.key) {
            let mut rules = Rules::default();
            one.choice.set(&mut rules);
            other.choice.set(&mut rules);
            // Alone each has a meaning beside some choice of the others: the default of a third part is not to blame.
            let Some(why) =
                refused(&rules).filter(|_| all.iter().all(|third| still_refused(&rules, third, one, other)))
            else {
                continue;
            };
            let known = |refusal: &Refusal| {
                one.choice == Choice::Turns && refusal.one.choice == las.choice && refusal.other == *other
            };
            if !found.iter().any(known) {
                found.push(Refusal { one: *one, other: *other, why });
            }
        }
    }
    let direct = |pair: &Refusal| !follows(pair, &found, &all);
    found.iter().copied().filter(direct).collect()
}

/// Whatever a third key has, one of the two does not go with it: the pair says nothing that those do not.
fn follows(pair: &Refusal, found: &[Refusal], all: &[Part]) -> bool {
    let apart = |a: &Part, b: &Part| {
        found.iter().any(|pair| [(pair.one, pair.other), (pair.other, pair.one)].contains(&(*a, *b)))
    };
    let keys: BTreeSet<&str> = all.iter().map(|part| part.key).collect();
    let others = keys.into_iter().filter(|key| ![pair.one.key, pair.other.key].contains(key));
    others.into_iter().any(|key| {
        let mut thirds = all.iter().filter(|part| part.key == key);
        thirds.all(|third| apart(&pair.one, third) || apart(&pair.other, third))
    })
}

fn still_refused(rules: &Rules, third: &Part, one: &Part, other: &Part) -> bool {
    if [one.key, other.key].contains(&third.key) {
        return true;
    }
    let mut rules = rules.clone();
    third.choice.set(&mut rules);
    refused(&rules).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every combination of parts is refused if and only if a pair of it is.
    #[test]
    fn pairs_say_all() {
        let refusals = refusals();
        let of = |key: &str| -> Vec<Part> { parts().into_iter().filter(|part| part.key == key).collect() };
        let turns = Part { choice: Choice::Turns, ..parts()[0] };
        for order in of("order").into_iter().chain([turns]) {
            for backfill in of("backfill") {
                for preemption in of("preemption") {
                    for (victim, placement) in of("victim")
                        .iter()
                        .flat_map(|victim| of("placement").into_iter().map(|placement| (*victim, placement)))
                    {
                        let mut rules = Rules::default();
                        let chosen = [order, backfill, preemption, victim, placement].map(|part| part.choice);
                        chosen.iter().for_each(|choice| choice.set(&mut rules));
                        let has = |choice: Choice| {
                            chosen.contains(&choice)
                                || choice == Choice::Order(Order::Las) && chosen.contains(&Choice::Turns)
                        };
                        let pair = refusals.iter().find(|pair| has(pair.one.choice) && has(pair.other.choice));
                        assert_eq!(pair.is_some(), refused(&rules).is_some(), "{chosen:?}: {pair:?}");
                    }
                }
            }
        }
    }
}
