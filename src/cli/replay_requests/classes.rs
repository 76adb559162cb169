//! Classes of `replay requests`: their targets, their patience, and who of the requests is of which. Reads no file.

use super::{Requests, Source, by};
use crate::cli::failure::Failure;
use crate::kernel::request::CLASSES;
use crate::replay::requests::Goal;

impl Requests {
    /// Targets and patience in order of who goes first, and the place of each class of the source among them.
    pub(super) fn goals(&self, source: &Source) -> Result<(Vec<Goal>, Vec<u8>), Failure> {
        let named: Vec<&str> = self.slo.iter().map(|slo| slo.0.name.as_str()).collect();
        if let Some(name) = named.iter().enumerate().find(|(at, name)| named[..*at].contains(name)) {
            return Err(Failure::input(format!("--slo: the targets of `{}` stand twice", name.1), "one --slo a class"));
        }
        let known = source.classes();
        if named.is_empty() || named == [""] {
            self.patience_of(&[])?;
            let goal = self.slo.first().map(|slo| slo.0.clone()).unwrap_or_default();
            return Ok((vec![self.with_patience(goal)], vec![0; known.len()]));
        }
        if named.contains(&"") {
            return Err(Failure::input(
                "--slo: one has a class and one has none",
                "name the class in each: chat:ttft=2s,tpot=50ms",
            ));
        }
        if CLASSES < named.len() {
            return Err(Failure::input(format!("--slo: {} classes; at most {CLASSES}", named.len()), "join some"));
        }
        self.patience_of(&named)?;
        let place = |(class, place): &(String, String)| {
            let found = named.iter().position(|name| name == class);
            found.map(|place| place as u8).ok_or_else(|| {
                let cure = format!("give it targets: --slo {class}:ttft=2s,tpot=50ms; or none: --slo {class}:none");
                Failure::input(format!("{place} has a class `{class}` that no --slo names"), cure)
            })
        };
        let places = known.iter().map(place).collect::<Result<_, _>>()?;
        Ok((self.slo.iter().map(|slo| self.with_patience(slo.0.clone())).collect(), places))
    }

    fn patience_of(&self, named: &[&str]) -> Result<(), Failure> {
        if named.is_empty()
            && let Some(name) = self.patience.iter().find_map(|it| it.name.as_ref())
        {
            return Err(Failure::input(
                format!("--patience: there is no class `{name}`: no --slo names any"),
                format!("--slo {name}:ttft=2s,tpot=50ms, and one for each other class of the log"),
            ));
        }
        by::refuse_strangers("--patience", &self.patience, named, "class")
    }

    fn with_patience(&self, goal: Goal) -> Goal {
        Goal { patience_s: by::of(&self.patience, &goal.name).copied(), ..goal }
    }
}
