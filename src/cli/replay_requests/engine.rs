//! The flags of `replay requests` as terms of the request tier. The one place that knows where step times come from.

use super::hardware::Hardware;
use super::times::Times;
use super::words::Replicas;
use super::{Requests, Source};
use crate::cli::failure::{Failure, Refusals};
use crate::kernel::request::{
    Class, Fleet, Model, Prefixes, Role, Routing, Scaling, Sink, Splitwise, Terms, Totals, serve, splitwise,
};
use crate::perf::{Iteration, StepTimes};
use crate::replay::requests::{Goal, Logged, Served};
use crate::workload::requests::Arrivals;

/// Tokens of a block of a log that names them: Mooncake's.
const BLOCK_TOKENS: u32 = 512;
/// What no context is longer than where nothing is said.
const NO_LIMIT: u64 = u64::MAX;

/// A simulator and its terms.
pub(super) struct Engine {
    what: What,
    /// The models and their replicas.
    pub served: Vec<Served>,
    notes: Vec<String>,
}

enum What {
    Own(Box<Terms<Times>>),
    Splitwise(Box<Splitwise>),
}

impl Engine {
    /// What was taken for granted, and targets that nobody can meet.
    pub fn notes(&self, goals: &[Goal]) -> Vec<String> {
        let mut notes = self.notes.clone();
        let several = 1 < self.served.len();
        for (at, served) in self.served.iter().enumerate() {
            let one = |iteration: Iteration| match &self.what {
                What::Own(terms) => terms.models[at].times.seconds(&iteration),
                What::Splitwise(terms) => terms.times.seconds(&iteration),
            };
            let prompt = one(Iteration { prompt_tokens: 1, prompt_pairs: 1, ..Iteration::default() });
            let step = one(Iteration { decodes: 1, context_tokens: 1, ..Iteration::default() });
            let on = if several { format!(" on {}", served.name) } else { String::new() };
            goals.iter().for_each(|goal| notes.extend(never_met(goal, &on, (prompt, step))));
        }
        notes
    }

    /// Serves all requests of the source; `places` are those of its classes and of its models.
    pub fn serve(
        &self,
        source: Source,
        rate_scale: f64,
        (classes, models): (Vec<u8>, Vec<u16>),
        sink: &mut impl Sink,
    ) -> Totals {
        match source {
            Source::Log(log) => self.serve_all(&mut Logged::new(&log, rate_scale, classes).with_models(models), sink),
            Source::Generated(mut generated) => {
                generated.place(&classes, &models);
                self.serve_all(&mut generated.requests(), sink)
            }
        }
    }

    fn serve_all(&self, arrivals: &mut impl Arrivals, sink: &mut impl Sink) -> Totals {
        match &self.what {
            What::Splitwise(terms) => splitwise(terms, arrivals, sink),
            What::Own(terms) => serve(terms, arrivals, sink, None),
        }
    }
}

/// Targets below the time of the least iteration, `prompt` or `step` seconds.
fn never_met(goal: &Goal, on: &str, (prompt, step): (f64, f64)) -> Vec<String> {
    let class = if goal.name.is_empty() { String::new() } else { format!(" of {}", goal.name) };
    let show = crate::report::table::show;
    let both =
        [("TTFT", goal.ttft_s, prompt, "a prompt of one token"), ("TPOT", goal.tpot_s, step, "a step of one request")];
    let below = both.into_iter().filter_map(|(name, target, least, of)| {
        let target = target.filter(|target| *target < least)?;
        Some(format!(
            "the {name} target{class}, {} s, is below the time of {of}{on}, {} s: hardly any request can meet it",
            show(target),
            show(least)
        ))
    });
    below.collect()
}

impl Requests {
    /// Step times and memory of every model; a refusal of each that has none.
    pub(super) fn hardware_of_all(&self, wrong: &mut Refusals) -> Option<Vec<Hardware>> {
        let mut all = Vec::new();
        for (at, name) in self.model.iter().enumerate() {
            // Named twice it is refused already, and looked up once.
            if !self.model[..at].contains(name) {
                all.push(wrong.take(self.hardware(name)));
            }
        }
        all.into_iter().collect::<Option<Vec<_>>>().filter(|all| all.len() == self.model.len())
    }

    /// The simulator that was asked for, on this hardware of each model; the error names what it lacks.
    ///
    /// `tokens`: of a mean prompt and a mean answer.
    pub(super) fn engine(
        &self,
        hardware: Vec<Hardware>,
        goals: &[Goal],
        tokens: (f64, f64),
    ) -> Result<Engine, Failure> {
        let served = self.served(&hardware);
        let mut notes: Vec<String> = hardware.iter().flat_map(|hardware| hardware.notes.clone()).collect();
        if self.scales() && self.scale_at.is_none() {
            let at = self.scale_at(&hardware, tokens);
            let what = match self.prefill_replicas {
                None => "the outstanding tokens of one iteration a replica",
                Some(_) => "the requests that run at once on a replica that only decodes",
            };
            notes.push(format!("scaling by default: --scale-at {at}, {what} (Eq. (138))"));
        }
        notes.extend(self.idle_context(&hardware));
        let what = match (self.compat, &hardware[0].times) {
            (Some(super::CompatWith::Splitwise), Times::Card(_)) => {
                return Err(Failure::input(
                    "splitwise-sim knows measured times only",
                    "--step-times FILE --hardware NAME, or leave out --compat splitwise",
                ));
            }
            (Some(super::CompatWith::Splitwise), Times::Table(times)) => What::Splitwise(Box::new(Splitwise {
                times: times.clone(),
                servers: self.replicas(&self.model[0]).max,
                max_batch: self.max_batch,
                max_batch_tokens: self.max_batch_tokens,
                kv_tokens: hardware[0].kv_tokens,
            })),
            (None, _) => What::Own(Box::new(self.terms(hardware, goals, tokens)?)),
        };
        Ok(Engine { what, served, notes })
    }

    /// A longest context that no replica has room for, or that its model has anyway.
    fn idle_context(&self, hardware: &[Hardware]) -> Option<String> {
        let most = self.max_context?;
        let takes = |of: &Hardware| of.kv_tokens.min(of.context_tokens.unwrap_or(NO_LIMIT));
        let same = hardware.iter().all(|of| of.kv_tokens.min(most) == takes(of));
        let longest = hardware.iter().map(takes).max().expect("one model at least");
        same.then(|| {
            format!(
                "--max-context {most} changes nothing: no replica takes a request of more than {} tokens",
                crate::units::thousands(longest)
            )
        })
    }

    /// Flags that contradict each other or name who is not there, and a pool that somebody never gets into.
    pub(super) fn refuse_contradictions(&self, wrong: &mut Refusals) {
        self.refuse_strange_models(wrong);
        if !self.scales() && self.scale_at.is_some() {
            wrong.input("--scale-at without a least and a most", "--replicas 2..8");
        }
        if self.routing() == "prefix" && self.prefix_cache_blocks.is_none() {
            wrong.input("--routing prefix without a cache", "--prefix-cache-blocks N");
        }
        if 1 < self.model.len() && self.prefill_replicas.is_some() {
            wrong.input("--prefill-replicas with several models: of which?", "leave it out, or serve one model");
        }
        self.refuse_full_pool(wrong);
        if self.compat.is_some() {
            self.refuse_what_splitwise_lacks(wrong);
        }
    }

    fn refuse_what_splitwise_lacks(&self, wrong: &mut Refusals) {
        let others = [
            ("--replicas MIN..MAX", self.scales()),
            ("--start-up", !self.start_up.is_empty()),
            ("--scale-every", self.scale_every.is_some()),
            ("--scale-in-after", self.scale_in_after.is_some()),
            ("second --model", 1 < self.model.len()),
            ("--pool-chips", self.pool_chips.is_some()),
            ("--chunked-prefill", self.chunked_prefill),
            ("--prefill-replicas", self.prefill_replicas.is_some()),
            ("--routing", self.routing() != "jsq"),
            ("--prefix-cache-blocks", self.prefix_cache_blocks.is_some()),
            ("--patience", !self.patience.is_empty()),
            ("--max-context", self.max_context.is_some()),
            ("--kv-reserve", self.kv_reserve.is_some()),
        ];
        let named: Vec<&str> = others.into_iter().filter(|(_, asked)| *asked).map(|(flag, _)| flag).collect();
        if !named.is_empty() {
            wrong.input(
                format!("splitwise-sim knows no {}", named.join(", ")),
                "leave them out, or leave out --compat splitwise",
            );
        }
    }

    /// Which replica takes a request.
    pub(super) fn routing(&self) -> &str {
        self.routing.as_deref().unwrap_or("jsq")
    }

    /// Share of memory left free when a request joins others.
    pub(super) fn kv_reserve(&self) -> f64 {
        self.kv_reserve.unwrap_or(0.01)
    }

    /// What a replica should have outstanding, unless stated as much as one can work on at once: the tokens of an iteration; where replicas only decode,
    /// whose requests count 1 each, the requests that its batch and, with half of the answer there, its memory have room for. Eq. (138).
    fn scale_at(&self, hardware: &[Hardware], (prompt, answer): (f64, f64)) -> u64 {
        if let Some(stated) = self.scale_at {
            return stated;
        }
        if self.prefill_replicas.is_none() {
            return u64::from(self.max_batch_tokens);
        }
        let memory = hardware[0].kv_tokens as f64 * (1.0 - self.kv_reserve());
        ((memory / (prompt + answer / 2.0)) as u64).clamp(1, u64::from(self.max_batch))
    }

    /// How often the load is looked at \[s\].
    pub(super) fn scale_every(&self) -> f64 {
        self.scale_every.unwrap_or(5.0)
    }

    /// How long fewer must have been enough before one is drained \[s\].
    pub(super) fn scale_in_after(&self) -> f64 {
        self.scale_in_after.unwrap_or(300.0)
    }

    /// One model after the other, each with its fleets.
    fn terms(&self, hardware: Vec<Hardware>, goals: &[Goal], tokens: (f64, f64)) -> Result<Terms<Times>, Failure> {
        let mut fleets = Vec::new();
        for (at, model) in self.model.iter().enumerate() {
            let (Replicas { min, max }, start_ns) = (self.replicas(model), ns(self.start_up(model)));
            let chips = self.tp(model);
            let fleet = |role, min, max| Fleet { model: at as u16, role, min, max, chips, start_ns };
            match self.prefill_replicas {
                None => fleets.push(fleet(Role::Both, min, max)),
                Some(n) => fleets.extend([fleet(Role::Prefill, n, n), fleet(Role::Decode, min, max)]),
            }
        }
        let scaling = self.scales().then(|| Scaling {
            tokens_per_replica: self.scale_at(&hardware, tokens),
            every_ns: ns(self.scale_every()),
            patience_ns: ns(self.scale_in_after()),
        });
        let models = self.model.iter().zip(hardware).map(|(name, hardware)| self.model(name, hardware));
        Ok(Terms {
            models: models.collect::<Result<_, _>>()?,
            fleets,
            classes: goals.iter().map(|goal| Class { patience_ns: goal.patience_s.map(ns) }).collect(),
            routing: match self.routing() {
                "round_robin" => Routing::RoundRobin,
                "prefix" => Routing::PrefixAware,
                _ => Routing::ShortestQueue,
            },
            prefixes: self.prefix_cache_blocks.map(|blocks| Prefixes { block_tokens: BLOCK_TOKENS, blocks }),
            scaling,
            pool: self.pool_chips,
            paces: Vec::new(),
            single_steps: false,
        })
    }

    fn model(&self, name: &str, hardware: Hardware) -> Result<Model<Times>, Failure> {
        let transfer_s = match (self.kv_transfer_gb_per_s, hardware.kv_bytes_per_token) {
            (None, _) => (0.0, 0.0),
            (Some(rate), Some(bytes)) => (0.0, bytes / (rate * 1e9)),
            (Some(_), None) => {
                return Err(Failure::input(
                    format!("how many bytes has a token of {name} in memory?"),
                    "--kv-bytes-per-token N: 2 x layers x key-value heads x head size x bytes of a number",
                ));
            }
        };
        Ok(Model {
            times: hardware.times,
            kv_tokens: hardware.kv_tokens,
            kv_reserve: (hardware.kv_tokens as f64 * self.kv_reserve()) as u64,
            max_batch: self.max_batch,
            max_batch_tokens: self.max_batch_tokens,
            max_context: self.max_context.or(hardware.context_tokens).unwrap_or(NO_LIMIT),
            chunked: self.chunked_prefill,
            transfer_s,
        })
    }

    /// The models that are served, with the numbers of their replicas.
    fn served(&self, hardware: &[Hardware]) -> Vec<Served> {
        let mut first = 0;
        let one = |(name, hardware): (&String, &Hardware)| {
            let replicas = self.replicas(name).max + self.prefill_replicas.unwrap_or(0);
            first += replicas;
            let (chips, kv_tokens) = (self.tp(name), hardware.kv_tokens);
            Served { name: name.clone(), replicas: first - replicas..first, chips, kv_tokens }
        };
        self.model.iter().zip(hardware).map(one).collect()
    }
}

fn ns(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}
