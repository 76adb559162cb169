//! A fleet on the load, in the request tier: who got what was promised. Remembers what it has seen; decides nothing.

use super::load::Load;
use super::offer::{Offer, Promise};
use crate::kernel::request::{Class, Done, End, Fleet, Model, Routing, Sink, Terms, Totals, serve};
use crate::perf::StepTimes;
use crate::replay::requests::{Goal, Tally};
use crate::stats::batches::{Batches, Estimate};
use std::collections::BTreeMap;

/// What became of the load's requests.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Trial {
    /// Replicas of every kind.
    pub replicas: u32,
    /// Requests.
    pub requests: u64,
    /// Of those: answered within both targets.
    pub attained: u64,
    /// Answered within the target per token, whatever the first took.
    pub attained_tpot: u64,
    /// Answered with the first token in time, whatever the others took.
    pub attained_ttft: u64,
    /// Gave up.
    pub shed: u64,
    /// Longer than any replica's memory or the context.
    pub refused: u64,
    /// Ends of the 95 % interval of the attained share, by batch means; None of too few requests.
    pub ends: Option<(f64, f64)>,
    /// Time to first token at p50 and p99 \[s\]; None of nobody.
    pub ttft_s: [Option<f64>; 2],
    /// Time per token after it at p50 and p99 \[s\].
    pub tpot_s: [Option<f64>; 2],
    /// Share of replica time in an iteration.
    pub busy: f64,
    /// From the first arrival to the last answer \[s\].
    pub duration_s: f64,
    /// Of that, after the last arrival \[s\].
    pub drain_s: f64,
    /// Tokens of prompts and answers of the finished.
    pub tokens: u64,
}

impl Trial {
    /// Share of all requests that got what was promised.
    pub fn share(&self) -> f64 {
        self.attained as f64 / self.requests as f64
    }

    /// A million tokens of prompts and answers on instances that cost so much an hour, used or not \[USD\]; None of no token. Eq. (141). From the first
    /// arrival to the last answer: filling and draining are in it, which a short load has much of, and a fleet that serves on has not.
    pub fn usd_per_million_tokens(&self, usd_per_hour: f64) -> Option<f64> {
        (0 < self.tokens).then(|| usd_per_hour * self.duration_s / 3600.0 / self.tokens as f64 * 1e6)
    }
}

/// Whether so many of all are the share that is promised.
pub fn is_enough(met: u64, all: u64, share: f64) -> bool {
    share * all as f64 <= met as f64 + 1e-9 * all as f64
}

/// Offers and the load on which they are tried.
pub struct Yard<'a, S> {
    /// What may be bought.
    pub offers: &'a [Offer<S>],
    /// What is to be served.
    pub load: &'a Load,
    /// How.
    pub promise: Promise,
    /// Who waits longer for the first look at the prompt gives up \[s\]; None: nobody does.
    pub patience_s: Option<f64>,
    seen: BTreeMap<Vec<(usize, u32)>, Trial>,
    /// Runs of the request tier so far.
    pub runs: u64,
}

impl<'a, S: StepTimes + Clone> Yard<'a, S> {
    /// Nothing tried yet.
    pub fn new(offers: &'a [Offer<S>], load: &'a Load, promise: Promise, patience_s: Option<f64>) -> Yard<'a, S> {
        Yard { offers, load, promise, patience_s, seen: BTreeMap::new(), runs: 0 }
    }

    /// So many instances of offers, all their replicas serving.
    pub fn trial(&mut self, parts: &[(usize, u32)]) -> Trial {
        let fleet = self.replicas(parts);
        let key: Vec<(usize, u32)> = fleet.iter().map(|(offer, n)| (self.offers[*offer].shape, *n)).collect();
        if let Some(trial) = self.seen.get(&key) {
            return trial.clone();
        }
        self.runs += 1;
        let trial = self.run(&fleet, self.load, 1);
        self.seen.insert(key, trial.clone());
        trial
    }

    /// Whether they keep the promise.
    pub fn keeps(&mut self, parts: &[(usize, u32)]) -> bool {
        let trial = self.trial(parts);
        is_enough(trial.attained, trial.requests, self.promise.share)
    }

    /// Whether so many replicas of an offer do, instances or not.
    pub fn keeps_replicas(&mut self, offer: usize, replicas: u32) -> bool {
        self.runs += 1;
        let trial = self.run(&[(offer, replicas)], self.load, 1);
        is_enough(trial.attained, trial.requests, self.promise.share)
    }

    /// The same on another load, with memory for `memory` times as many tokens.
    pub fn keeps_otherwise(&mut self, parts: &[(usize, u32)], load: &Load, memory: u64) -> bool {
        self.runs += 1;
        let trial = self.run(&self.replicas(parts), load, memory);
        is_enough(trial.attained, trial.requests, self.promise.share)
    }

    /// Replicas of the instances, those of one shape together, shapes in order.
    fn replicas(&self, parts: &[(usize, u32)]) -> Vec<(usize, u32)> {
        let mut fleet: Vec<(usize, u32)> = Vec::new();
        for (offer, instances) in parts.iter().copied().filter(|part| 0 < part.1) {
            let replicas = instances * self.offers[offer].replicas_per_instance;
            let shape = self.offers[offer].shape;
            match fleet.iter_mut().find(|one| self.offers[one.0].shape == shape) {
                Some(one) => one.1 += replicas,
                None => fleet.push((offer, replicas)),
            }
        }
        fleet.sort_by_key(|one| self.offers[one.0].shape);
        fleet
    }

    fn run(&self, fleet: &[(usize, u32)], load: &Load, memory: u64) -> Trial {
        self.judged(fleet, load, memory, |judge, totals| judge.trial(totals))
    }

    /// What `read` makes of a run of replicas, those of one shape together.
    fn judged<T>(
        &self,
        fleet: &[(usize, u32)],
        load: &Load,
        memory: u64,
        read: impl Fn(&Judge<'_>, &Totals) -> T,
    ) -> T {
        let terms = self.terms(fleet, memory);
        let goals = [Goal { ttft_s: self.promise.ttft_s, tpot_s: self.promise.tpot_s, ..Goal::default() }];
        let tally = Tally::new(&goals, false, load.first_ns());
        let mut judge = Judge { promise: self.promise, tally, span_s: load.span_s(), ttft: 0, tpot: 0 };
        let totals = serve(&terms, &mut load.arrivals(), &mut judge, None);
        read(&judge, &totals)
    }

    /// What instances of one offer do on another load. Eq. (183).
    pub(super) fn measured(&self, (offer, instances): (usize, u32), load: &Load) -> Measured {
        self.judged(&self.replicas(&[(offer, instances)]), load, 1, |judge, totals| Measured {
            trial: judge.trial(totals),
            ttft_s: seconds(&judge.tally.classes[0].ttft_ns),
            tpot_s: seconds(&judge.tally.classes[0].tpot_ns),
            output_tokens: totals.output_tokens,
        })
    }

    fn terms(&self, fleet: &[(usize, u32)], memory: u64) -> Terms<S> {
        let model = |offer: usize| {
            let model = &self.offers[offer].model;
            Model { kv_tokens: model.kv_tokens * memory, ..model.clone() }
        };
        let several = 1 < fleet.len();
        let pace = |offer: usize| 1.0 / self.offers[offer].replica_per_s;
        let place = |(at, (_, n)): (usize, &(usize, u32))| Fleet::fixed(at as u16, *n);
        Terms {
            models: fleet.iter().map(|one| model(one.0)).collect(),
            fleets: fleet.iter().enumerate().map(place).collect(),
            classes: vec![Class { patience_ns: self.patience_s.map(|seconds| (seconds * 1e9).round() as u64) }],
            routing: Routing::ShortestQueue,
            prefixes: None,
            scaling: None,
            pool: None,
            paces: if several { fleet.iter().map(|one| pace(one.0)).collect() } else { Vec::new() },
            single_steps: false,
        }
    }
}

/// A trial with more of its times.
pub(super) struct Measured {
    /// As every trial.
    pub trial: Trial,
    /// Time to first token at [`PERCENTILES`] \[s\].
    pub ttft_s: [Option<Estimate>; 3],
    /// Time per token after it.
    pub tpot_s: [Option<Estimate>; 3],
    /// Tokens of answers of the finished.
    pub output_tokens: u64,
}

/// Percentiles of latencies by load.
pub const PERCENTILES: [f64; 3] = [0.5, 0.9, 0.99];

fn seconds(of: &Batches) -> [Option<Estimate>; 3] {
    PERCENTILES.map(|p| of.quantile(p).map(|found| found.scaled(1e-9)))
}

/// Counts who got what.
struct Judge<'g> {
    promise: Promise,
    tally: Tally<'g>,
    /// From the first arrival to the last \[s\].
    span_s: f64,
    ttft: u64,
    tpot: u64,
}

impl Sink for Judge<'_> {
    fn done(&mut self, done: &Done) {
        self.tally.done(done);
        let within =
            |time: Option<f64>, most: Option<f64>| most.is_none_or(|most| time.is_none_or(|time| time <= most));
        if done.end == End::Finished {
            self.ttft += u64::from(within(done.ttft_s(), self.promise.ttft_s));
            self.tpot += u64::from(within(done.tpot_s(), self.promise.tpot_s));
        }
    }
}

impl Judge<'_> {
    fn trial(&self, totals: &Totals) -> Trial {
        let class = &self.tally.classes[0];
        let attained = class.attained.share(1_000).unwrap_or(Estimate { value: 0.0, ends: None });
        let quantiles = |of: &Batches| [0.5, 0.99].map(|p| of.quantile(p).map(|found| found.value * 1e-9));
        let spent = totals.spent();
        let duration_s = (totals.end_ns - totals.first_ns) as f64 / 1e9;
        let Estimate { value: share, ends } = attained;
        Trial {
            replicas: totals.replicas.len() as u32,
            requests: class.ended,
            attained: (share * class.ended as f64).round() as u64,
            attained_tpot: self.tpot,
            attained_ttft: self.ttft,
            shed: class.gave_up,
            refused: class.refused,
            ends,
            ttft_s: quantiles(&class.ttft_ns),
            tpot_s: quantiles(&class.tpot_ns),
            busy: if 0 < spent.held_ns { spent.busy_ns as f64 / spent.held_ns as f64 } else { 0.0 },
            duration_s,
            drain_s: duration_s - self.span_s,
            tokens: totals.input_tokens + totals.output_tokens,
        }
    }
}
