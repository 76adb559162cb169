//! Models of `replay requests`: whose replicas are how many, and who of the requests asks for which. Reads no file.

use super::words::Replicas;
use super::{Requests, Source, by};
use crate::cli::failure::Refusals;
use crate::spec::did_you_mean;

/// From an order to the first request where nothing is said [s].
const START_UP_S: f64 = 180.0;

impl Requests {
    /// Least and most replicas of a model.
    pub(super) fn replicas(&self, model: &str) -> Replicas {
        by::of(&self.replicas, model).copied().unwrap_or(Replicas { min: 1, max: 1 })
    }

    /// From an order to the first request of a replica of a model [s].
    pub(super) fn start_up(&self, model: &str) -> f64 {
        by::of(&self.start_up, model).copied().unwrap_or(START_UP_S)
    }

    /// Whether any fleet has a least and a most.
    pub(super) fn scales(&self) -> bool {
        self.model.iter().map(|model| self.replicas(model)).any(|replicas| replicas.min < replicas.max)
    }

    /// Values for models that are not served, and one model twice.
    pub(super) fn refuse_strange_models(&self, wrong: &mut Refusals) {
        let names = self.model_names();
        for (_, name) in names.iter().enumerate().filter(|(at, name)| names[..*at].contains(name)) {
            wrong.input(format!("--model {name} stands twice"), "more --replicas of it");
        }
        by::refuse_strangers(wrong, "--precision", &self.precision, &names, "model");
        by::refuse_strangers(wrong, "--tp", &self.tp, &names, "model");
        by::refuse_strangers(wrong, "--replicas", &self.replicas, &names, "model");
        by::refuse_strangers(wrong, "--kv-tokens", &self.kv_tokens, &names, "model");
        by::refuse_strangers(wrong, "--start-up", &self.start_up, &names, "model");
    }

    /// Models that are served, as they were written.
    pub(super) fn model_names(&self) -> Vec<&str> {
        self.model.iter().map(String::as_str).collect()
    }

    /// A pool without room for everybody's least, and for one replica of each beside it. Eq. (144).
    pub(super) fn refuse_full_pool(&self, wrong: &mut Refusals) {
        let Some(pool) = self.pool_chips else { return };
        let least = |model: &String| u64::from(self.replicas(model).min) * u64::from(self.tp(model));
        let prefill = u64::from(self.prefill_replicas.unwrap_or(0)) * u64::from(self.tp(&self.model[0]));
        let all: u64 = self.model.iter().map(least).sum::<u64>() + prefill;
        if pool < all {
            let each: Vec<String> = self.model.iter().map(|model| format!("{model} {}", least(model))).collect();
            wrong.input(
                format!("--pool-chips {pool}: the least of every model takes {all} chips ({})", each.join(", ")),
                format!("--pool-chips {all} or more, or fewer --replicas"),
            );
            return;
        }
        let waits = |model: &&String| self.replicas(model).min == 0 && pool < all + u64::from(self.tp(model));
        for model in self.model.iter().filter(waits) {
            let needed = all + u64::from(self.tp(model));
            wrong.input(
                format!(
                    "--pool-chips {pool}: beside the least of the others, {all} chips, no replica of {model} ever starts"
                ),
                format!("--pool-chips {needed} or more, or fewer least --replicas of the others"),
            );
        }
    }

    /// The place of each model of the source among those that are served.
    pub(super) fn model_places(&self, source: &Source, wrong: &mut Refusals) -> Option<Vec<u16>> {
        let asked = source.models();
        if asked.is_empty() && 1 < self.model.len() {
            wrong.input("several models are served: which requests ask for which?", source.model_cure(&self.model[0]));
            return None;
        }
        let mut place = |(model, place): &(String, String)| {
            let found = self.model.iter().position(|name| name == model);
            if found.is_none() {
                // The log is as it is: what is served may be misspelt, or it was forgotten.
                let near = did_you_mean(model, self.model_names(), "model");
                let instead = self.model.iter().find(|name| near.contains(&format!("`{name}`")));
                let cure = match instead {
                    Some(name) => format!("serve it: --model {model}, beside --model {name} or in its place"),
                    None => format!("serve it: --model {model}"),
                };
                wrong.input(format!("{place} asks for a model `{model}` that no --model names"), cure);
            }
            found.map(|place| place as u16)
        };
        let places: Vec<Option<u16>> = asked.iter().map(&mut place).collect();
        places.into_iter().collect()
    }
}
