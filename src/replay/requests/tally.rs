//! What is counted while requests are served: latencies in batches by class, levels through time. Bounded, whatever the length.

use super::figures::Goal;
use super::served::Served;
use crate::kernel::request::{Done, End, Sink};
use crate::replay::Levels;
use crate::stats::batches::Batches;

/// Levels through time.
const BATCH: usize = 0;
const KV: usize = 1;
const RUNNING: usize = 2;
const BUSY: usize = 3;
/// From here on the chips of each model, where there are several.
const CHIPS: usize = 4;

/// Of one class.
#[derive(Clone, Debug, Default)]
pub struct ClassTally {
    /// Time to first token of all that had one [ns].
    pub ttft_ns: Batches,
    /// Time per token after the first, of all that finished with two or more [ns].
    pub tpot_ns: Batches,
    /// From arrival to the last token, of all that finished [ns].
    pub e2e_ns: Batches,
    /// Requests that ended, however.
    pub ended: u64,
    /// Of those: gave up.
    pub gave_up: u64,
    /// Of those: refused.
    pub refused: u64,
    /// Within both targets, 1,000 each, in batches; of several classes together only those that have a target.
    pub attained: Batches,
    /// Tokens of prompts and answers of the finished, and of their answers alone.
    pub tokens: u64,
    /// Of those of answers.
    pub output_tokens: u64,
}

/// Counts as requests end.
pub struct Tally<'g> {
    goals: &'g [Goal],
    /// Whether time per token is over all tokens, as splitwise-sim has it.
    over_all_tokens: bool,
    origin_ns: u64,
    levels: Levels,
    /// Classes in order, then all together where there are several.
    pub classes: Vec<ClassTally>,
    served: &'g [Served],
    /// By model, where there are several.
    pub models: Vec<ClassTally>,
}

impl<'g> Tally<'g> {
    /// Of classes with these targets, one at least; `origin_ns` is the first arrival.
    pub fn new(goals: &'g [Goal], over_all_tokens: bool, origin_ns: u64) -> Tally<'g> {
        let classes = if goals.len() == 1 { 1 } else { goals.len() + 1 };
        let classes = vec![ClassTally::default(); classes];
        let (levels, models) = (Levels::new(CHIPS), Vec::new());
        Tally { goals, over_all_tokens, origin_ns, levels, classes, served: &[], models }
    }

    /// The same, before the first request, where several models are served: each of them is counted apart.
    pub fn with_models(self, served: &'g [Served]) -> Tally<'g> {
        let several = if served.len() < 2 { &[] } else { served };
        let (levels, models) = (Levels::new(CHIPS + several.len()), vec![ClassTally::default(); several.len()]);
        Tally { served: several, levels, models, ..self }
    }

    /// Models that are counted apart; none where there is one.
    pub fn served(&self) -> &'g [Served] {
        self.served
    }

    /// Means of the chips that a model's replicas hold, in bins until `end_ns`.
    pub fn chips_through_time(&self, model: usize, end_ns: u64) -> Vec<f64> {
        self.levels.means(CHIPS + model, self.micros(end_ns))
    }

    /// Time per token of a request, as this replay counts it [s]. Eq. (135).
    pub fn tpot_s(&self, done: &Done) -> Option<f64> {
        if !self.over_all_tokens {
            return done.tpot_s();
        }
        Some((done.e2e_s()? - done.ttft_s()?) / f64::from(done.output))
    }

    /// Means in bins until `end_ns`: requests in batches, tokens in memory, replicas running, replicas in an iteration.
    pub fn through_time(&self, end_ns: u64) -> [Vec<f64>; 4] {
        let end_us = self.micros(end_ns);
        [BATCH, KV, RUNNING, BUSY].map(|level| self.levels.means(level, end_us))
    }

    /// Width of a bin [s].
    pub fn bin_s(&self) -> f64 {
        self.levels.width_us() as f64 / 1e6
    }

    fn micros(&self, at_ns: u64) -> u64 {
        (at_ns - self.origin_ns) / 1_000
    }
}

impl Sink for Tally<'_> {
    fn done(&mut self, done: &Done) {
        let ns = |seconds: f64| (seconds * 1e9).round() as u64;
        let (ttft, tpot, e2e) = (done.ttft_s(), self.tpot_s(done), done.e2e_s());
        let goal = &self.goals[usize::from(done.class)];
        let within =
            |time: Option<f64>, most: Option<f64>| most.is_none_or(|most| time.is_none_or(|time| time <= most));
        let attained = done.end == End::Finished && within(ttft, goal.ttft_s) && within(tpot, goal.tpot_s);
        let (own, all) = (usize::from(done.class), self.classes.len() - 1);
        let both = self.classes.iter_mut().enumerate().filter(|(at, _)| *at == own || *at == all);
        let model = self.models.get_mut(usize::from(done.model));
        // Who was promised nothing is no case of a promise kept, but for its own class.
        let (aims, models) = (goal.aims(), model.into_iter().map(|class| (all + 1, class)));
        for (at, class) in both.chain(models) {
            ttft.into_iter().for_each(|time| class.ttft_ns.record(ns(time)));
            tpot.into_iter().for_each(|time| class.tpot_ns.record(ns(time)));
            e2e.into_iter().for_each(|time| class.e2e_ns.record(ns(time)));
            if aims || at == own {
                class.attained.record(if attained { 1_000 } else { 0 });
            }
            class.ended += 1;
            class.gave_up += u64::from(done.end == End::GaveUp);
            class.refused += u64::from(done.end == End::Refused);
            if done.end == End::Finished {
                class.tokens += u64::from(done.input) + u64::from(done.output);
                class.output_tokens += u64::from(done.output);
            }
        }
    }

    fn span(&mut self, _: u32, from_ns: u64, to_ns: u64, batch: u32, kv_from: u64, kv_to: u64) {
        let (from, to) = (self.micros(from_ns), self.micros(to_ns));
        self.levels.add(BATCH, from, i64::from(batch));
        self.levels.add(BATCH, to, -i64::from(batch));
        self.levels.add(BUSY, from, 1);
        self.levels.add(BUSY, to, -1);
        self.levels.add(KV, from, kv_from as i64);
        // What grows a step at a time is booked in the middle: the integral over the stretch is right, within it the bins are not.
        self.levels.add(KV, from + (to - from) / 2, (kv_to - kv_from) as i64);
        self.levels.add(KV, to, -(kv_to as i64));
    }

    fn replica(&mut self, replica: u32, at_ns: u64, runs: bool) {
        let (at, sign) = (self.micros(at_ns), if runs { 1 } else { -1 });
        self.levels.add(RUNNING, at, sign);
        if let Some(model) = Served::of_replica(self.served, replica) {
            self.levels.add(CHIPS + model, at, sign * i64::from(self.served[model].chips));
        }
    }
}
