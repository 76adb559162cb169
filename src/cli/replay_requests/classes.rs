//! Classes of `replay requests`: their targets, their patience, and who of the requests is of which. Reads no file.

use super::by::By;
use super::{Requests, Source, by};
use crate::cli::failure::Refusals;
use crate::kernel::request::CLASSES;
use crate::replay::requests::Goal;

impl Requests {
    /// Targets and patience in order of who goes first, and the place of each class of the source among them; a refusal of each that nobody can tell.
    pub(super) fn goals(&self, source: &Source, wrong: &mut Refusals) -> Option<(Vec<Goal>, Vec<u8>)> {
        let named: Vec<&str> = self.slo.iter().map(|slo| slo.0.name.as_str()).collect();
        for (at, name) in named.iter().enumerate().filter(|(at, name)| named[..*at].contains(name)) {
            let whose = if name.is_empty() { "all".to_owned() } else { format!("`{name}`") };
            let ordinal = named[..=at].iter().filter(|it| *it == name).count();
            if ordinal == 2 {
                wrong.input(format!("--slo: the targets of {whose} stand twice"), "one --slo a class");
            }
        }
        let known = source.classes();
        if named.iter().all(|name| name.is_empty()) {
            self.refuse_patience_of_classes(&known, wrong);
            let goal = self.slo.first().map(|slo| slo.0.clone()).unwrap_or_default();
            return Some((vec![self.with_patience(goal)], vec![0; known.len()]));
        }
        if named.contains(&"") {
            wrong.input("--slo: one has a class and one has none", "name the class in each: chat:ttft=2s,tpot=50ms");
        }
        if CLASSES < named.len() {
            wrong.input(format!("--slo: {} classes; at most {CLASSES}", named.len()), "join some");
        }
        by::refuse_strangers(wrong, "--patience", &self.patience, &named, "class");
        let mut place = |(class, place): &(String, String)| {
            let found = named.iter().position(|name| name == class);
            if found.is_none() {
                let cure = format!("give it targets: --slo {class}:ttft=2s,tpot=50ms; or none: --slo {class}:none");
                wrong.input(format!("{place} has a class `{class}` that no --slo names"), cure);
            }
            found.map(|place| place as u8)
        };
        let places: Vec<Option<u8>> = known.iter().map(&mut place).collect();
        let places: Vec<u8> = places.into_iter().collect::<Option<_>>()?;
        Some((self.slo.iter().map(|slo| self.with_patience(slo.0.clone())).collect(), places))
    }

    /// Patience of a class where no --slo names any: classes are told apart by their --slo.
    fn refuse_patience_of_classes(&self, known: &[(String, String)], wrong: &mut Refusals) {
        for it in &self.patience {
            let Some(name) = &it.name else { continue };
            let message = format!("--patience {name}={}s: no --slo names a class `{name}`", it.value);
            let cure = if known.iter().any(|class| class.0 == *name) {
                let each: Vec<String> = known.iter().map(|(class, _)| format!("--slo {class}:none")).collect();
                format!("{}, with targets in place of `none` where a class has any", each.join(" "))
            } else {
                format!("--patience {}s: no request has a class `{name}`", it.value)
            };
            wrong.input(message, cure);
        }
        let of_all = |it: &&By<f64>| it.name.is_none();
        if 1 < self.patience.iter().filter(of_all).count() {
            wrong.input("--patience: two values for all", "one for each class");
        }
    }

    fn with_patience(&self, goal: Goal) -> Goal {
        Goal { patience_s: by::of(&self.patience, &goal.name).copied(), ..goal }
    }
}
