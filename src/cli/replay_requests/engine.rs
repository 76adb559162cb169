//! The flags of `replay requests` as terms of the request tier. The one place that knows where step times come from.

use super::times::Times;
use super::{Requests, Source};
use crate::cli::card;
use crate::cli::failure::Failure;
use crate::cli::replay::refuse_what_is_no_file;
use crate::kernel::request::{
    Class, Fleet, Model, Prefixes, Role, Routing, Scaling, Sink, Splitwise, Terms, Totals, serve, splitwise,
};
use crate::perf::{self, Deployment, Iteration, Lengths, Precision, StepTimes};
use crate::replay::requests::{Goal, KnownModel, Logged, Setup, step_table};
use crate::trace::step_times;
use crate::workload::requests::Arrivals;
use crate::world::catalog::Catalog;

/// Tokens of a block of a log that names them: Mooncake's.
const BLOCK_TOKENS: u32 = 512;
/// What no context is longer than where nothing is said.
const NO_LIMIT: u64 = u64::MAX;

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

/// A simulator and its terms.
pub(super) struct Engine {
    what: What,
    /// Chips of a replica.
    pub chips: u32,
    /// Tokens that fit a replica.
    pub kv_tokens: u64,
    notes: Vec<String>,
}

enum What {
    Own(Box<Terms<Times>>),
    Splitwise(Box<Splitwise>),
}

impl Engine {
    /// What was taken for granted, and targets that nobody can meet.
    pub fn notes(&self, goals: &[Goal]) -> Vec<String> {
        let one = |iteration: Iteration| match &self.what {
            What::Own(terms) => terms.models[0].times.seconds(&iteration),
            What::Splitwise(terms) => terms.times.seconds(&iteration),
        };
        let prompt = one(Iteration { prompt_tokens: 1, prompt_pairs: 1, ..Iteration::default() });
        let step = one(Iteration { decodes: 1, context_tokens: 1, ..Iteration::default() });
        let mut notes = self.notes.clone();
        for goal in goals {
            let class = if goal.name.is_empty() { String::new() } else { format!(" of {}", goal.name) };
            for (name, target, least, of) in [
                ("TTFT", goal.ttft_s, prompt, "a prompt of one token"),
                ("TPOT", goal.tpot_s, step, "a step of one request"),
            ] {
                if let Some(target) = target.filter(|target| *target < least) {
                    let show = crate::report::table::show;
                    notes.push(format!(
                        "the {name} target{class}, {} s, is below the time of {of}, {} s: hardly any request can meet it",
                        show(target),
                        show(least)
                    ));
                }
            }
        }
        notes
    }

    /// Serves all requests of the source; `places` are those of a log's classes.
    pub fn serve(
        &self,
        source: &Source,
        rate_scale: f64,
        places: Vec<u8>,
        classes: usize,
        sink: &mut impl Sink,
    ) -> Totals {
        match source {
            Source::Log(log) => self.serve_all(&mut Logged::new(log, rate_scale, places), classes, sink),
            Source::Generated(generated, _) => self.serve_all(&mut generated.as_ref().clone(), classes, sink),
        }
    }

    fn serve_all(&self, arrivals: &mut impl Arrivals, classes: usize, sink: &mut impl Sink) -> Totals {
        match &self.what {
            What::Splitwise(terms) => splitwise(terms, arrivals, sink),
            What::Own(terms) => {
                let mut terms = terms.as_ref().clone();
                terms.classes.resize(classes, terms.classes[0]);
                serve(&terms, arrivals, sink, None)
            }
        }
    }
}

impl Requests {
    /// The simulator that was asked for; the error names the flags that contradict each other.
    pub(super) fn engine(&self) -> Result<Engine, Failure> {
        self.refuse_contradictions()?;
        let hardware = self.hardware()?;
        let (chips, kv_tokens, mut notes) = (self.tp, hardware.kv_tokens, hardware.notes.clone());
        if self.replicas.min < self.replicas.max && self.scale_at.is_none() {
            let tokens = self.max_batch_tokens;
            notes.push(format!(
                "scaling by default: --scale-at {tokens}, the outstanding tokens of one iteration a replica (Eq. (138))"
            ));
        }
        let what = match (self.compat, &hardware.times) {
            (Some(super::CompatWith::Splitwise), Times::Card(_)) => {
                return Err(Failure::input(
                    "splitwise-sim knows measured times only",
                    "--step-times FILE --hardware NAME, or leave out --compat splitwise",
                ));
            }
            (Some(super::CompatWith::Splitwise), Times::Table(times)) => What::Splitwise(Box::new(Splitwise {
                times: times.clone(),
                servers: self.replicas.max,
                max_batch: self.max_batch,
                max_batch_tokens: self.max_batch_tokens,
                kv_tokens,
            })),
            (None, _) => What::Own(Box::new(self.terms(hardware)?)),
        };
        Ok(Engine { what, chips, kv_tokens, notes })
    }

    /// Where step times and memory come from.
    fn hardware(&self) -> Result<Hardware, Failure> {
        let Some((path, hardware)) = self.step_times.as_ref().zip(self.hardware.as_ref()) else {
            return self.card();
        };
        refuse_what_is_no_file(path)?;
        let name = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|error| Failure::input(format!("cannot read {name}: {error}"), ""))?;
        let rows = step_times(&name, &bytes)?;
        let setup = Setup { model: self.model.clone(), hardware: hardware.clone(), tensor_parallel: self.tp };
        let times = step_table(&rows, &setup)
            .map_err(|why| Failure::input(format!("{name}: {why}"), "name another --model, --hardware or --tp"))?;
        let known = KnownModel::find(&self.model);
        let mut notes = Vec::new();
        if let Some(precision) = &self.precision {
            notes.push(format!("--precision {precision} is not asked for: measured times have theirs"));
        }
        let kv_tokens = match (self.kv_tokens, known) {
            (Some(tokens), _) => tokens,
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
                    format!("how many tokens fit the memory of a replica of {}?", self.model),
                    "--kv-tokens N: what is left beside the weights over the bytes of a token's keys and values",
                ));
            }
        };
        let kv_bytes_per_token = self.kv_bytes_per_token.or(known.map(|known| known.bytes_per_token()));
        Ok(Hardware { times: Times::Table(times), kv_tokens, context_tokens: None, kv_bytes_per_token, notes })
    }

    /// By the card of the model on the instance's chips.
    fn card(&self) -> Result<Hardware, Failure> {
        let Some(instance) = &self.instance else {
            return Err(Failure::input(
                format!("how long do iterations of {} take?", self.model),
                "--instance NAME: by the card of the model on its chips; or --step-times FILE --hardware NAME: measured times in the layout of splitwise-sim's perf_model.csv",
            ));
        };
        let catalog = Catalog::embedded();
        let row = catalog
            .instance(instance)
            .map_err(|error| Failure::input(error.to_string(), "`hedgerow list instances` has the names"))?;
        let parts = catalog.card_parts(&row.chip, &self.model).map_err(card::no_parts)?;
        let has = parts.hardware.precisions();
        let usual = if has.contains(&Precision::Fp8) { Precision::Fp8 } else { Precision::Bf16 };
        let weights = match &self.precision {
            None => usual,
            Some(word) => Precision::parse(word)
                .ok_or_else(|| Failure::input(format!("there is no precision `{word}`"), "one of bf16, fp8, fp4"))?,
        };
        let (max_requests, max_tokens) = (self.max_batch, self.max_batch_tokens);
        let deployment = Deployment { max_requests, max_tokens, ..Deployment::new(self.tp, weights) };
        let (shape, lengths) = (&parts.architecture.shape, Lengths { input_tokens: 1, output_tokens: 1 });
        let fitted = parts.efficiency.fitted(&parts.hardware.name, weights, shape);
        let made = perf::card(&parts.hardware, shape, deployment, lengths, &parts.efficiency.shares, fitted, &[])
            .map_err(|refusal| Failure::input(refusal.to_string(), card::remedy(&refusal)))?;
        let kv_tokens = self.kv_tokens.unwrap_or(made.kv_tokens());
        let notes = vec![format!(
            "times by the card of {} at {} on {} {}, {}: the logarithm of the true speed has a standard deviation of {} around it; {} tokens fit beside the weights (`explain card`)",
            shape.name,
            weights.word(),
            self.tp,
            row.chip,
            made.basis.word(),
            made.uncertainty_sigma(),
            crate::report::table::show(kv_tokens as f64)
        )];
        Ok(Hardware {
            kv_tokens,
            context_tokens: Some(shape.context_tokens),
            kv_bytes_per_token: Some(self.kv_bytes_per_token.unwrap_or(made.kv_bytes_per_token)),
            times: Times::Card(Box::new(made)),
            notes,
        })
    }

    fn refuse_contradictions(&self) -> Result<(), Failure> {
        let scales = self.replicas.min < self.replicas.max;
        if !scales && self.scale_at.is_some() {
            return Err(Failure::input("--scale-at without a least and a most", "--replicas 2..8"));
        }
        if self.routing == "prefix" && self.prefix_cache_blocks.is_none() {
            return Err(Failure::input("--routing prefix without a cache", "--prefix-cache-blocks N"));
        }
        if self.compat.is_none() {
            return Ok(());
        }
        let others = [
            ("--replicas MIN..MAX", scales),
            ("--chunked-prefill", self.chunked_prefill),
            ("--prefill-replicas", self.prefill_replicas.is_some()),
            ("--routing", self.routing != "jsq"),
            ("--prefix-cache-blocks", self.prefix_cache_blocks.is_some()),
            ("--patience", self.patience.is_some()),
            ("--max-context", self.max_context.is_some()),
        ];
        let named: Vec<&str> = others.into_iter().filter(|(_, asked)| *asked).map(|(flag, _)| flag).collect();
        if named.is_empty() {
            return Ok(());
        }
        Err(Failure::input(
            format!("splitwise-sim knows no {}", named.join(", ")),
            "leave them out, or leave out --compat splitwise",
        ))
    }

    fn terms(&self, hardware: Hardware) -> Result<Terms<Times>, Failure> {
        let ns = |seconds: f64| (seconds * 1e9).round() as u64;
        let transfer_s = match (self.kv_transfer_gb_per_s, hardware.kv_bytes_per_token) {
            (None, _) => (0.0, 0.0),
            (Some(rate), Some(bytes)) => (0.0, bytes / (rate * 1e9)),
            (Some(_), None) => {
                return Err(Failure::input(
                    format!("how many bytes has a token of {} in memory?", self.model),
                    "--kv-bytes-per-token N: 2 x layers x key-value heads x head size x bytes of a number",
                ));
            }
        };
        let fleet = |role, min, max| Fleet { model: 0, role, min, max, chips: self.tp, start_ns: ns(self.start_up) };
        let (min, max) = (self.replicas.min, self.replicas.max);
        let fleets = match self.prefill_replicas {
            None => vec![fleet(Role::Both, min, max)],
            Some(n) => vec![fleet(Role::Prefill, n, n), fleet(Role::Decode, min, max)],
        };
        let scaling = (min < max).then(|| Scaling {
            tokens_per_replica: self.scale_at.unwrap_or(u64::from(self.max_batch_tokens)),
            every_ns: ns(self.scale_every),
            patience_ns: ns(self.scale_in_after),
        });
        Ok(Terms {
            models: vec![Model {
                times: hardware.times,
                kv_tokens: hardware.kv_tokens,
                kv_reserve: (hardware.kv_tokens as f64 * self.kv_reserve) as u64,
                max_batch: self.max_batch,
                max_batch_tokens: self.max_batch_tokens,
                max_context: self.max_context.or(hardware.context_tokens).unwrap_or(NO_LIMIT),
                chunked: self.chunked_prefill,
                transfer_s,
            }],
            fleets,
            classes: vec![Class { patience_ns: self.patience.map(ns) }],
            routing: match self.routing.as_str() {
                "round_robin" => Routing::RoundRobin,
                "prefix" => Routing::PrefixAware,
                _ => Routing::ShortestQueue,
            },
            prefixes: self.prefix_cache_blocks.map(|blocks| Prefixes { block_tokens: BLOCK_TOKENS, blocks }),
            scaling,
            pool: None,
            paces: Vec::new(),
            single_steps: false,
        })
    }
}
