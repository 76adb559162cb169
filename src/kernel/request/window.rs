//! A stretch of time of one service: requests at a pace, what waits, how long tokens take, who gives up. Eq. (170).

use super::outcome::{Done, End, Sink};
use super::sim::serve;
use super::terms::{Class, Fleet, Model, Routing, Terms};
use crate::perf::{Iteration, StepTimes};
use crate::stats::draw::{Purpose, RunKey};
use crate::stats::interval::quantile_type7;
use crate::stats::law::LawKind;
use crate::workload::requests::{Gaps, Generate, Generated, Length, Lengths, Paced, Process, Sway, Swayed};

/// Lengths of requests of one kind.
#[derive(Clone, Debug)]
pub struct Mix {
    /// Its name, part of every key of chance.
    pub name: String,
    /// Lengths, drawn by request.
    pub input: Length,
    /// Of the answers.
    pub output: Length,
}

/// The replicas that serve them.
#[derive(Clone, Debug)]
pub struct Reference<S> {
    /// Times and limits.
    pub model: Model<S>,
    /// A request whose turn has not come after so long gives up \[s\]; None: never.
    pub patience_s: Option<f64>,
}

/// Requests through time, and which of them are looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Pace {
    /// Requests where the factor is 1 \[1/s\].
    pub per_s: f64,
    /// Squared coefficient of variation of the gaps: gamma renewals, in clumps, so that the index of dispersion of numbers is about this at every
    /// stretch longer than a clump.
    pub dispersion: f64,
    /// What moves the rate besides; None: nothing.
    pub sway: Option<Sway>,
    /// (seconds, factor), times ascending from 0; straight between them, the last one holds until the end.
    pub points: Vec<(f64, f64)>,
    /// Those that arrive from here \[s\] ...
    pub from_s: f64,
    /// ... until here are looked at.
    pub to_s: f64,
}

/// Patience of interactive users \[s\].
pub use crate::perf::PATIENCE_S;
/// After what is looked at, so that its last requests meet others \[s\].
pub const AFTER_S: f64 = 60.0;

/// Before it, for batches and queues to become what they are at its load: at least so long \[s\], and so many times as long as a request takes on
/// a saturated replica.
const BEFORE_S: f64 = 300.0;
const BEFORE_REQUESTS: f64 = 10.0;

/// How long a load is played before what is looked at \[s\]; `request_s` is what a mean answer takes on a saturated replica \[s\].
pub fn before_s(request_s: f64) -> f64 {
    BEFORE_S.max(BEFORE_REQUESTS * request_s)
}

/// What was promised to each request; None: nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Promised {
    /// Time to first token \[s\].
    pub ttft_s: Option<f64>,
    /// Time per token after it \[s\].
    pub tpot_s: Option<f64>,
}

/// What a window showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// Requests that arrived in it.
    pub arrived: u64,
    /// Their tokens, prompts and answers.
    pub tokens: u64,
    /// Those of them that gave up, or were longer than a replica's memory.
    pub gave_up: u64,
    /// Their tokens.
    pub tokens_shed: u64,
    /// Those that were answered as promised.
    pub kept: u64,
    /// Time to first token beyond what the prompt takes alone, of those that got one, ascending \[s\].
    pub waits_s: Vec<f64>,
    /// Time to first token of the answered, ascending \[s\].
    pub ttfts_s: Vec<f64>,
    /// Time per token after the first, of those with two or more, ascending \[s\].
    pub tpots_s: Vec<f64>,
}

impl Window {
    /// Share of the tokens that were shed: those of long requests, which wait longer for memory, are more than their share. None of nobody.
    pub fn shed(&self) -> Option<f64> {
        (0 < self.tokens).then(|| self.tokens_shed as f64 / self.tokens as f64)
    }

    /// Share of the answered that had what was promised; None of nobody.
    pub fn kept(&self) -> Option<f64> {
        let answered = self.arrived - self.gave_up;
        (0 < answered).then(|| self.kept as f64 / answered as f64)
    }

    /// A quantile of the waits; None of nobody.
    pub fn wait_s(&self, p: f64) -> Option<f64> {
        quantile_type7(&self.waits_s, p)
    }

    /// A quantile of the times to first token; None of nobody.
    pub fn ttft_s(&self, p: f64) -> Option<f64> {
        quantile_type7(&self.ttfts_s, p)
    }

    /// A quantile of the times per token; None of nobody.
    pub fn tpot_s(&self, p: f64) -> Option<f64> {
        quantile_type7(&self.tpots_s, p)
    }

    /// Mean of the times per token; None of nobody.
    pub fn mean_tpot_s(&self) -> Option<f64> {
        let n = self.tpots_s.len();
        (0 < n).then(|| self.tpots_s.iter().sum::<f64>() / n as f64)
    }
}

/// Plays requests at a pace before so many replicas. The same for the same key and name of the mix.
pub fn window<S: StepTimes + Clone>(
    reference: &Reference<S>,
    mix: &Mix,
    replicas: u32,
    pace: &Pace,
    promised: Promised,
    key: RunKey,
) -> Window {
    let gaps = Gaps::by_rate(pace.per_s, pace.dispersion.sqrt(), LawKind::Gamma).expect("a positive rate");
    let lengths = Lengths::Apart { input: mix.input.clone(), output: mix.output.clone() };
    let end_s = pace.to_s + AFTER_S;
    let last = pace.points.last().expect("a line of factors");
    let lines: f64 = pace.points.windows(2).map(|pair| (pair[0].1 + pair[1].1) / 2.0 * (pair[1].0 - pair[0].0)).sum();
    let area = lines + last.1 * (end_s - last.0).max(0.0);
    let until_s = if pace.sway.is_some() { f64::INFINITY } else { area };
    let generate = Generate { process: Process::One(gaps), lengths, classes: vec![1.0], requests: u64::MAX, until_s };
    let generated = Generated::new(&generate, key, &mix.name).expect("terms that can be generated");
    let arrivals = Paced::new(generated, pace.points.clone()).expect("a line of factors");
    let terms = terms(reference, replicas, reference.patience_s);
    let (from_s, to_s) = (pace.from_s, pace.to_s);
    let mut gather = Gather { times: &reference.model.times, from_s, to_s, promised, window: Window::default() };
    // What moves the rate moves the end of what is generated: it is cut by the clock.
    let _ = match pace.sway {
        None => serve(&terms, &mut { arrivals }, &mut gather, None),
        Some(sway) => {
            let chance = key.prefix(Purpose::Modulation, &mix.name, 0).sequence(0);
            let mut arrivals = Swayed::new(arrivals, sway, end_s, chance).expect("a factor that moves");
            serve(&terms, &mut arrivals, &mut gather, None)
        }
    };
    let mut window = gather.window;
    [&mut window.waits_s, &mut window.ttfts_s, &mut window.tpots_s]
        .into_iter()
        .for_each(|times| times.sort_by(f64::total_cmp));
    window
}

fn terms<S: Clone>(reference: &Reference<S>, replicas: u32, patience_s: Option<f64>) -> Terms<S> {
    Terms {
        models: vec![reference.model.clone()],
        fleets: vec![Fleet::fixed(0, replicas)],
        classes: vec![Class { patience_ns: patience_s.map(|seconds| (seconds * 1e9) as u64) }],
        routing: Routing::ShortestQueue,
        prefixes: None,
        scaling: None,
        pool: None,
        paces: Vec::new(),
        single_steps: false,
    }
}

/// Requests that one replica serves where more than enough wait \[1/s\]: finished from half an hour after the begin to an hour and a half, over
/// that time. `guess_per_s` is about what it will be, so that enough come.
pub fn saturated_per_s<S: StepTimes + Clone>(
    reference: &Reference<S>,
    mix: &Mix,
    guess_per_s: f64,
    key: RunKey,
) -> f64 {
    let (from_s, to_s) = (1_800.0, 5_400.0);
    let gaps = Gaps::by_rate(3.0 * guess_per_s, 1.0, LawKind::Gamma).expect("a positive rate");
    let lengths = Lengths::Apart { input: mix.input.clone(), output: mix.output.clone() };
    let generate =
        Generate { process: Process::One(gaps), lengths, classes: vec![1.0], requests: u64::MAX, until_s: to_s };
    let mut arrivals = Generated::new(&generate, key, &mix.name).expect("terms that can be generated");
    let mut count = Finished { from_ns: (from_s * 1e9) as u64, finished: 0 };
    serve(&terms(reference, 1, None), &mut arrivals, &mut count, Some((to_s * 1e9) as u64));
    count.finished as f64 / (to_s - from_s)
}

/// Those who are answered from an instant on.
struct Finished {
    from_ns: u64,
    finished: u64,
}

impl Sink for Finished {
    fn done(&mut self, done: &Done) {
        self.finished += u64::from(done.end == End::Finished && self.from_ns <= done.end_ns);
    }
}

/// Those who arrive in the window.
struct Gather<'a, S> {
    times: &'a S,
    from_s: f64,
    to_s: f64,
    promised: Promised,
    window: Window,
}

impl<S: StepTimes> Sink for Gather<'_, S> {
    fn done(&mut self, done: &Done) {
        let at_s = done.at_ns as f64 / 1e9;
        if at_s < self.from_s || self.to_s <= at_s {
            return;
        }
        let window = &mut self.window;
        window.arrived += 1;
        let tokens = u64::from(done.input) + u64::from(done.output);
        window.tokens += tokens;
        if done.end != End::Finished {
            window.gave_up += 1;
            window.tokens_shed += tokens;
        }
        if let Some(ttft_s) = done.ttft_s().filter(|_| done.end == End::Finished) {
            let input = u64::from(done.input);
            let prompt = Iteration { prompt_tokens: input, prompt_pairs: input * input, ..Iteration::default() };
            window.waits_s.push((ttft_s - self.times.seconds(&prompt)).max(0.0));
            window.ttfts_s.push(ttft_s);
            let within = |most: Option<f64>, took: Option<f64>| most.zip(took).is_none_or(|(most, took)| took <= most);
            let kept = within(self.promised.ttft_s, Some(ttft_s)) && within(self.promised.tpot_s, done.tpot_s());
            window.kept += u64::from(kept);
        }
        window.tpots_s.extend(done.tpot_s());
    }
}
