//! A strategy as an English sentence: which bets are off, from when, and what that ends. Judges nothing.

use super::summary::day;
use crate::spec::{At, Bet, Named, Spec, Strategy};

/// One paragraph on a strategy of the scenario.
pub fn sentence(spec: &Spec, strategy: &Named<Strategy>) -> String {
    let mut clauses = Vec::new();
    for (bet, parts) in switched_off(spec, &strategy.table) {
        clauses.extend(parts.iter().map(|part| off(spec, bet, *part)));
    }
    let start = spec.scenario.start.as_ref().map_or("the start".to_owned(), |at| day(&at.value.to_string()));
    let when = spec.scenario.decide_at.as_ref().map_or(start, |at| day(&at.value.to_string()));
    clauses.extend(strategy.table.set.iter().map(|leaf| format!("sets {} to {}", leaf.path.value, leaf.toml.trim())));
    let whole: Vec<&str> =
        spec.bets.iter().filter(|bet| is_whole(spec, bet, &strategy.table)).map(|bet| bet.name.as_str()).collect();
    let kept = match (spec.bets.is_empty(), whole.as_slice()) {
        (true, _) => String::new(),
        (false, []) => " It keeps no bet whole.".to_owned(),
        (false, names) if names.len() == spec.bets.len() => format!(" It keeps every bet: {}.", and(names)),
        (false, names) => format!(" It keeps {} whole.", and(names)),
    };
    match clauses.as_slice() {
        [] => format!("Strategy `{}` changes nothing.{kept}", strategy.name),
        _ => format!("Strategy `{}`: from {when} on the cloud {}.{kept}", strategy.name, and_clauses(&clauses)),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Invest,
    Host,
    Resell,
}

const PARTS: [(&str, Part); 3] = [("invest", Part::Invest), ("host", Part::Host), ("resell", Part::Resell)];

/// Bets of which something is off, with the parts that are, in the order of the file.
fn switched_off<'a>(spec: &'a Spec, strategy: &Strategy) -> Vec<(&'a Named<Bet>, Vec<Part>)> {
    let off = |bet: &Named<Bet>, word: &str| {
        strategy.without.iter().any(|name| match name.value.split_once('.') {
            Some((of, part)) => of == bet.name && part == word,
            None => name.value == bet.name,
        })
    };
    let parts = |bet: &'a Named<Bet>| {
        let parts: Vec<Part> = PARTS.iter().filter(|(word, _)| off(bet, word)).map(|(_, part)| *part).collect();
        // A whole bet that is off says nothing of parts it does not have.
        let parts = parts.into_iter().filter(|part| !paths(&bet.table, *part).is_empty()).collect::<Vec<_>>();
        (!parts.is_empty()).then_some((bet, parts))
    };
    spec.bets.iter().filter_map(parts).collect()
}

fn is_whole(spec: &Spec, bet: &Named<Bet>, strategy: &Strategy) -> bool {
    !switched_off(spec, strategy).iter().any(|(off, _)| off.name == bet.name)
}

fn paths(bet: &Bet, part: Part) -> &[At<String>] {
    match part {
        Part::Invest => &bet.invest,
        Part::Host => &bet.host,
        Part::Resell => &bet.resell,
    }
}

/// What one part being off ends.
fn off(spec: &Spec, bet: &Named<Bet>, part: Part) -> String {
    let names: Vec<&str> = paths(&bet.table, part).iter().map(|at| at.value.as_str()).collect();
    let name = &bet.name;
    match part {
        Part::Invest => format!("pays no further tranche of {}", and(&names)),
        Part::Host => {
            let deliveries = tagged(spec, name);
            let sized = spec.run.fleet.as_ref().is_none_or(|fleet| fleet.value == "sized");
            let cancelled = match (deliveries.as_slice(), sized) {
                ([], _) => String::new(),
                (some, true) => format!(", cancelling the deliveries built for it ({})", some.join(", ")),
                (some, false) => format!(", keeping the deliveries built for it ({}) for others", some.join(", ")),
            };
            format!("no longer hosts {name} ({} ends){cancelled}", and(&names))
        }
        Part::Resell => format!("no longer resells {} (read, not modelled yet)", and(&names)),
    }
}

/// Deliveries tagged for a bet, as `pool.delivery`.
fn tagged(spec: &Spec, bet: &str) -> Vec<String> {
    let mut out = Vec::new();
    for pool in &spec.pools {
        for (index, delivery) in pool.table.deliveries.iter().enumerate() {
            if delivery.for_bet.as_ref().is_some_and(|of| of.value == bet) {
                let name = delivery.name.as_ref().map_or(format!("[{index}]"), |name| format!(".{}", name.value));
                out.push(format!("{}{name}", pool.name));
            }
        }
    }
    out
}

/// `a`, `a and b`, `a, b and c`.
fn and(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// The same for clauses that hold commas.
fn and_clauses(clauses: &[String]) -> String {
    match clauses {
        [one] => one.clone(),
        _ => {
            let (last, most) = clauses.split_last().expect("there is a clause");
            format!("{}; and {last}", most.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;

    /// Every key once: strategy `none` is without two parts of its one bet and changes a leaf.
    #[test]
    fn a_strategy_says_what_it_ends_and_when() {
        let text = include_str!("../../tests/full.toml");
        let read = spec::read_text("full.toml", text, &[]).expect("the file is sound");
        let sentences: Vec<String> =
            read.spec.strategies.iter().map(|strategy| sentence(&read.spec, strategy)).collect();
        let want = [
            "Strategy `both` changes nothing. It keeps every bet: anthropic.",
            "Strategy `none`: from 2026-12-01 on the cloud pays no further tranche of investments.anthropic; \
             no longer hosts anthropic (contracts.anthropic ends), cancelling the deliveries built for it (rainier.second); \
             and sets pools.rainier.deliveries.second.nodes to 500. It keeps no bet whole.",
        ];
        assert_eq!(sentences, want);
    }
}
