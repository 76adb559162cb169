//! What is counted while requests are served: latencies in batches by class, levels through time. Bounded, whatever the length.

use super::figures::Goal;
use crate::kernel::request::{Done, End, Sink};
use crate::replay::Levels;
use crate::stats::batches::Batches;

/// Levels through time.
const BATCH: usize = 0;
const KV: usize = 1;
const RUNNING: usize = 2;
const BUSY: usize = 3;

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
    /// Of those: within both targets, 1,000 each, in batches.
    pub attained: Batches,
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
}

impl<'g> Tally<'g> {
    /// Of classes with these targets, one at least; `origin_ns` is the first arrival.
    pub fn new(goals: &'g [Goal], over_all_tokens: bool, origin_ns: u64) -> Tally<'g> {
        let classes = if goals.len() == 1 { 1 } else { goals.len() + 1 };
        let classes = vec![ClassTally::default(); classes];
        Tally { goals, over_all_tokens, origin_ns, levels: Levels::new(4), classes }
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
        for (_, class) in both {
            ttft.into_iter().for_each(|time| class.ttft_ns.record(ns(time)));
            tpot.into_iter().for_each(|time| class.tpot_ns.record(ns(time)));
            e2e.into_iter().for_each(|time| class.e2e_ns.record(ns(time)));
            class.attained.record(if attained { 1_000 } else { 0 });
            class.ended += 1;
            class.gave_up += u64::from(done.end == End::GaveUp);
            class.refused += u64::from(done.end == End::Refused);
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

    fn replica(&mut self, _: u32, at_ns: u64, runs: bool) {
        self.levels.add(RUNNING, self.micros(at_ns), if runs { 1 } else { -1 });
    }
}
