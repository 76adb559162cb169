//! Words of `replay requests` as values: counts of replicas, targets, windows. Reads no file.

use crate::replay::requests::Goal;
use crate::spec::duration_hours;
use crate::trace::Bound;
use std::fmt;
use std::str::FromStr;

/// Most replicas of a fleet.
const MOST_REPLICAS: u32 = 100_000;

/// A number of replicas, or its least and its most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replicas {
    /// Least.
    pub min: u32,
    /// Most.
    pub max: u32,
}

impl fmt::Display for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.min == self.max { write!(f, "{}", self.min) } else { write!(f, "{}..{}", self.min, self.max) }
    }
}

impl FromStr for Replicas {
    type Err = String;
    fn from_str(text: &str) -> Result<Replicas, String> {
        let one = |text: &str| text.trim().parse::<u32>().ok().filter(|n| *n <= MOST_REPLICAS);
        let (min, max) = match text.split_once("..") {
            Some((min, max)) => (one(min), one(max)),
            None => (one(text), one(text)),
        };
        match (min, max) {
            (Some(min), Some(max)) if min <= max && 0 < max => Ok(Replicas { min, max }),
            _ => Err(format!("a number from 1 to {MOST_REPLICAS}, or least and most: 2..8")),
        }
    }
}

/// Targets of a class.
#[derive(Clone, Debug, PartialEq)]
pub struct Slo(pub Goal);

impl FromStr for Slo {
    type Err = String;
    /// `ttft=2s,tpot=50ms`, with or without `CLASS:` before it; `CLASS:none` of a class without targets.
    fn from_str(text: &str) -> Result<Slo, String> {
        let (name, terms) = text.split_once(':').unwrap_or(("", text));
        let mut goal = Goal { name: name.trim().to_owned(), ..Goal::default() };
        if terms.trim() == "none" {
            return match goal.name.is_empty() {
                false => Ok(Slo(goal)),
                true => Err(
                    "whose? Of requests without classes leave --slo out; of a class write CLASS:none, as in batch:none"
                        .into(),
                ),
            };
        }
        for term in terms.split(',') {
            let (key, value) = term.split_once('=').ok_or_else(|| match goal.name.as_str() {
                "" => format!("`{term}` is no target: write ttft=2s,tpot=50ms, or CLASS:none of a class without any"),
                class => format!("`{term}` is no target: write {class}:ttft=2s,tpot=50ms, or {class}:none"),
            })?;
            let seconds = || -> Result<f64, String> {
                let seconds = duration(value)?;
                if 0.0 < seconds { Ok(seconds) } else { Err(format!("{} of 0 can never be met", key.trim())) }
            };
            let place = match key.trim() {
                "ttft" => &mut goal.ttft_s,
                "tpot" => &mut goal.tpot_s,
                other if value.trim() == "none" => {
                    return Err(format!(
                        "`{other}={}` is no target: a class without any is {other}:none",
                        value.trim()
                    ));
                }
                other => return Err(format!("`{other}` is no target; there are ttft and tpot")),
            };
            if place.replace(seconds()?).is_some() {
                return Err(format!("{} stands twice", key.trim()));
            }
        }
        Ok(Slo(goal))
    }
}

/// Seconds of `30s`, `50ms`, `2min`.
pub fn duration(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let seconds = match text.strip_suffix("ms") {
        Some(ms) => ms.trim().parse::<f64>().map_err(|_| format!("`{text}` is not a duration"))? / 1e3,
        None => duration_hours(text)? * 3600.0,
    };
    if (0.0..=1e9).contains(&seconds) { Ok(seconds) } else { Err("a time of 0 to 1e9 s".into()) }
}

/// A number of replicas, or its least and its most.
pub fn replicas(text: &str) -> Result<Replicas, String> {
    text.parse()
}

/// A name.
pub fn word(text: &str) -> Result<String, String> {
    Ok(text.trim().to_owned())
}

/// Chips of a replica.
pub fn chips(text: &str) -> Result<u32, String> {
    whole(text, 1, 1024).map(|chips| chips as u32)
}

/// Tokens of a replica's memory.
pub fn memory(text: &str) -> Result<u64, String> {
    whole(text, 2, 1_000_000_000_000)
}

fn whole(text: &str, least: u64, most: u64) -> Result<u64, String> {
    let found = text.trim().parse::<u64>().ok().filter(|n| (least..=most).contains(n));
    found.ok_or_else(|| format!("`{}` is not a whole number from {least} to {most}", text.trim()))
}

/// A number above 0.
pub fn positive(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(value) if (1e-9..=1e15).contains(&value) => Ok(value),
        _ => Err("a number above 0".into()),
    }
}

/// A share of 0 to below 1.
pub fn share(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(value) if (0.0..1.0).contains(&value) => Ok(value),
        _ => Err("a share from 0 to below 1".into()),
    }
}

/// Two instants: seconds, durations from the log's origin, or dates.
pub fn window(text: &str) -> Result<(Bound, Bound), String> {
    let (from, until) = text.split_once("..").ok_or("two instants, e.g. 0..600 or 0s..10min")?;
    let one = |text: &str| text.parse::<Bound>().or_else(|why| duration(text).map(Bound::Seconds).map_err(|_| why));
    Ok((one(from)?, one(until)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_as_values() {
        assert_eq!("2..8".parse(), Ok(Replicas { min: 2, max: 8 }));
        assert_eq!("4".parse::<Replicas>().unwrap().to_string(), "4");
        assert!(["0", "8..2", "x", "-1", "1..200000"].iter().all(|text| text.parse::<Replicas>().is_err()));
        let slo: Slo = "chat:ttft=2s,tpot=50ms".parse().unwrap();
        assert_eq!(slo.0, Goal { name: "chat".into(), ttft_s: Some(2.0), tpot_s: Some(0.05), patience_s: None });
        assert!(!"batch:none".parse::<Slo>().unwrap().0.aims() && chips("0").is_err() && memory("1").is_err());
        for bad in ["", "none", "ttft", "ttft=2", "e2e=2s", "ttft=2s,ttft=3s", "tpot=0s", "tpot=-1s"] {
            assert!(bad.parse::<Slo>().is_err(), "{bad}");
        }
        let told = |text: &str| text.parse::<Slo>().unwrap_err();
        assert!(told("none").contains("leave --slo out") && told("none").contains("batch:none"), "{}", told("none"));
        assert!(told("batch=none").contains("a class without any is batch:none"), "{}", told("batch=none"));
        assert!(told("batch:nothing").contains("batch:ttft=2s,tpot=50ms, or batch:none"), "{}", told("batch:nothing"));
        assert_eq!(window("0s..10min"), Ok((Bound::Seconds(0.0), Bound::Seconds(600.0))));
        assert_eq!(window("0..600").unwrap().1, Bound::Seconds(600.0));
        assert!(window("600").is_err() && positive("0").is_err() && share("1").is_err());
    }
}
