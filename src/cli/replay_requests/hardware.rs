//! Where step times and memory of a model's replicas come from: measurements, or its card on the chips of the instance. Serves nothing.

use super::times::Times;
use super::{Requests, by};
use crate::cli::card;
use crate::cli::failure::Failure;
use crate::cli::replay::refuse_what_is_no_file;
use crate::perf::{self, Card, Deployment, Lengths, Precision, Refusal};
use crate::replay::requests::{KnownModel, Setup, step_table};
use crate::report::cards::LISTED;
use crate::trace::step_times;
use crate::world::catalog::{Catalog, Parts};

/// Chips that share each layer of a replica where nothing is said, unless the scale-up domain of the instance has fewer or the model needs more.
const TP: u32 = 8;

/// What a replica is made of.
pub(super) struct Hardware {
    /// How long iterations take.
    pub times: Times,
    /// Tokens that fit beside the weights.
    pub kv_tokens: u64,
    /// Longest prompt and answer that the model takes, where it is known.
    pub context_tokens: Option<u64>,
    /// Bytes of a token's keys and values, where they are known.
    pub kv_bytes_per_token: Option<f64>,
    /// What was taken for granted.
    pub notes: Vec<String>,
}

impl Requests {
    /// Chips that share each layer of a replica.
    pub(super) fn tp(&self, model: &str) -> u32 {
        by::of(&self.tp, model).copied().or_else(|| self.tp_by_card(model)).unwrap_or(TP)
    }

    /// Eight chips where they are within the instance's scale-up domain and hold the model with a request of [`LISTED`] tokens; else the fewest that do, within
    /// the domain if any, else whole ones. None: measured times, or no card, which is refused with its reason.
    fn tp_by_card(&self, model: &str) -> Option<u32> {
        let (None, Some(instance)) = (&self.step_times, &self.instance) else { return None };
        let asked = self.asked(model, instance).ok()?;
        let usual = || asked.card(TP, LISTED).ok().filter(|_| !asked.parts.hardware.is_beyond(TP));
        let found = usual().or_else(|| asked.smallest(LISTED).ok())?;
        Some(found.deployment.tensor_parallel)
    }

    /// Where step times and memory come from.
    pub(super) fn hardware(&self, model: &str) -> Result<Hardware, Failure> {
        let Some((path, hardware)) = self.step_times.as_ref().zip(self.hardware.as_ref()) else {
            return self.card(model);
        };
        refuse_what_is_no_file(path)?;
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| Failure::input(format!("cannot read {name}: {error}"), ""))?;
        let rows = step_times(&name, &bytes)?;
        let setup = Setup { model: model.to_owned(), hardware: hardware.clone(), tensor_parallel: self.tp(model) };
        let times = step_table(&rows, &setup)
            .map_err(|why| Failure::input(format!("{name}: {why}"), "name another --model, --hardware or --tp"))?;
        let known = KnownModel::find(model);
        let mut notes = Vec::new();
        let kv_tokens = match (by::of(&self.kv_tokens, model), known) {
            (Some(tokens), _) => *tokens,
            (None, Some(known)) => {
                let tokens = known.kv_tokens();
                notes.push(format!(
                    "memory by default: {} tokens beside the weights of {} on a server of 8 x 80 GiB, without grouped queries (Eq. (140))",
                    crate::report::table::show(tokens as f64),
                    known.name
                ));
                tokens
            }
            (None, None) => {
                return Err(Failure::input(
                    format!("how many tokens fit the memory of a replica of {model}?"),
                    "--kv-tokens N: what is left beside the weights over the bytes of a token's keys and values",
                ));
            }
        };
        let kv_bytes_per_token = self.kv_bytes_per_token.or(known.map(|known| known.bytes_per_token()));
        Ok(Hardware { times: Times::Table(times), kv_tokens, context_tokens: None, kv_bytes_per_token, notes })
    }

    /// By the card of the model on the instance's chips.
    fn card(&self, model: &str) -> Result<Hardware, Failure> {
        let Some(instance) = &self.instance else {
            return Err(Failure::input(
                format!("how long do iterations of {model} take?"),
                "--instance NAME: by the card of the model on its chips; or --step-times FILE --hardware NAME: measured times in the layout of splitwise-sim's perf_model.csv",
            ));
        };
        let asked = self.asked(model, instance)?;
        let tp = self.tp(model);
        let made = asked
            .card(tp, Lengths { input_tokens: 1, output_tokens: 1 })
            .map_err(|refusal| Failure::input(refusal.to_string(), card::remedy(&refusal)))?;
        let (shape, hardware) = (&asked.parts.architecture.shape, &asked.parts.hardware);
        let kv_tokens = by::of(&self.kv_tokens, model).copied().unwrap_or(made.kv_tokens());
        let mut notes = vec![format!(
            "times by the card of {} at {} on {tp} {}, {}: the logarithm of the true speed has a standard deviation of {} around it; {} tokens fit beside the weights (`explain card`)",
            shape.name,
            asked.deployment.weights.word(),
            hardware.name,
            made.basis.word(),
            made.uncertainty_sigma(),
            crate::report::table::show(kv_tokens as f64)
        )];
        if by::of(&self.tp, model).is_none() && tp != TP {
            notes.push(format!(
                "--tp {tp} by default for {model}: the fewest chips of {instance} that hold it, within its scale-up domain where any do"
            ));
        }
        notes.extend(hardware.told_of(tp));
        Ok(Hardware {
            kv_tokens,
            context_tokens: Some(shape.context_tokens),
            kv_bytes_per_token: Some(self.kv_bytes_per_token.unwrap_or(made.kv_bytes_per_token)),
            times: Times::Card(Box::new(made)),
            notes,
        })
    }

    /// What cards of a model on an instance are made of.
    fn asked(&self, model: &str, instance: &str) -> Result<Asked, Failure> {
        let catalog = Catalog::embedded();
        let row = catalog
            .instance(instance)
            .map_err(|error| Failure::input(error.to_string(), "`hedgerow list instances` has the names"))?;
        let parts = catalog.card_parts(&row.chip, model).map_err(card::no_parts)?.on(row);
        let has = parts.hardware.precisions();
        let usual = if has.contains(&Precision::Fp8) { Precision::Fp8 } else { Precision::Bf16 };
        let weights = match by::of(&self.precision, model) {
            None => usual,
            Some(word) => Precision::parse(word)
                .ok_or_else(|| Failure::input(format!("there is no precision `{word}`"), "one of bf16, fp8, fp4"))?,
        };
        let (max_requests, max_tokens) = (self.max_batch, self.max_batch_tokens);
        let deployment = Deployment { max_requests, max_tokens, ..Deployment::new(1, weights) };
        Ok(Asked { parts, deployment })
    }
}

/// Cards of a model on the chips of an instance.
struct Asked {
    parts: Parts<'static>,
    /// On any number of chips.
    deployment: Deployment,
}

impl Asked {
    fn card(&self, tensor_parallel: u32, lengths: Lengths) -> Result<Card, Refusal> {
        let deployment = Deployment { tensor_parallel, ..self.deployment };
        let (hardware, shape, shares) = self.made_of();
        perf::card(hardware, shape, deployment, lengths, shares, self.fitted(), &[])
    }

    fn smallest(&self, lengths: Lengths) -> Result<Card, Refusal> {
        let (hardware, shape, shares) = self.made_of();
        perf::smallest(hardware, shape, self.deployment, lengths, shares, self.fitted())
    }

    fn made_of(&self) -> (&perf::Hardware, &perf::Architecture, &perf::Efficiency) {
        (&self.parts.hardware, &self.parts.architecture.shape, &self.parts.efficiency.shares)
    }

    fn fitted(&self) -> bool {
        let Parts { hardware, architecture, efficiency, .. } = &self.parts;
        efficiency.fitted(&hardware.name, self.deployment.weights, &architecture.shape)
    }
}
