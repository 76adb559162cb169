//! Models of `replay requests`: whose replicas are how many, and who of the requests asks for which. Reads no file.

use super::words::Replicas;
use super::{Requests, Source, by};
use crate::cli::failure::Failure;
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
    pub(super) fn refuse_strange_models(&self) -> Result<(), Failure> {
        let names: Vec<&str> = self.model.iter().map(String::as_str).collect();
        if let Some((_, name)) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
            return Err(Failure::input(format!("--model {name} stands twice"), "more --replicas of it"));
        }
        by::refuse_strangers("--precision", &self.precision, &names, "model")?;
        by::refuse_strangers("--tp", &self.tp, &names, "model")?;
        by::refuse_strangers("--replicas", &self.replicas, &names, "model")?;
        by::refuse_strangers("--kv-tokens", &self.kv_tokens, &names, "model")?;
        by::refuse_strangers("--start-up", &self.start_up, &names, "model")
    }

    /// A pool without room for everybody's least, and for one replica of each beside it. Eq. (144).
    pub(super) fn refuse_full_pool(&self) -> Result<(), Failure> {
        let Some(pool) = self.pool_chips else { return Ok(()) };
        let least = |model: &String| u64::from(self.replicas(model).min) * u64::from(self.tp(model));
        let prefill = u64::from(self.prefill_replicas.unwrap_or(0)) * u64::from(self.tp(&self.model[0]));
        let all: u64 = self.model.iter().map(least).sum::<u64>() + prefill;
        if pool < all {
            let each: Vec<String> = self.model.iter().map(|model| format!("{model} {}", least(model))).collect();
            return Err(Failure::input(
                format!("--pool-chips {pool}: the least of every model takes {all} chips ({})", each.join(", ")),
                format!("--pool-chips {all} or more, or fewer --replicas"),
            ));
        }
        let never =
            self.model.iter().find(|model| self.replicas(model).min == 0 && pool < all + u64::from(self.tp(model)));
        match never {
            Some(model) => {
                let needed = all + u64::from(self.tp(model));
                Err(Failure::input(
                    format!(
                        "--pool-chips {pool}: beside the least of the others, {all} chips, no replica of {model} ever starts"
                    ),
                    format!("--pool-chips {needed} or more, or fewer least --replicas of the others"),
                ))
            }
            None => Ok(()),
        }
    }

    /// The place of each model of the source among those that are served.
    pub(super) fn model_places(&self, source: &Source) -> Result<Vec<u16>, Failure> {
        let asked = source.models();
        if asked.is_empty() && 1 < self.model.len() {
            return Err(Failure::input(
                "several models are served: which requests ask for which?",
                source.model_cure(&self.model[0]),
            ));
        }
        let place = |(model, place): &(String, String)| {
            let found = self.model.iter().position(|name| name == model);
            found.map(|place| place as u16).ok_or_else(|| {
                let near = did_you_mean(model, self.model.iter().map(String::as_str), "model");
                let cure = if near.is_empty() { format!("serve it: --model {model}") } else { near };
                Failure::input(format!("{place} asks for a model `{model}` that no --model names"), cure)
            })
        };
        asked.iter().map(place).collect()
    }
}
