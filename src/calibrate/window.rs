//! One stretch of time of one service in the request tier: what waits, how long tokens take, who gives up. Eq. (170).

use crate::kernel::request::{Class, Done, End, Fleet, Model, Role, Routing, Sink, Terms, serve};
use crate::perf::{Iteration, StepTimes};
use crate::stats::draw::RunKey;
use crate::stats::interval::quantile_type7;
use crate::stats::law::LawKind;
use crate::workload::requests::{Gaps, Generate, Generated, Length, Lengths, Paced, Process};

/// Requests of one kind, and what one replica makes of them.
#[derive(Clone, Debug)]
pub struct Mix {
    /// Its name, part of every key of chance.
    pub name: String,
    /// Lengths, drawn by request.
    pub input: Length,
    /// Of the answers.
    pub output: Length,
    /// Means \[tokens\].
    pub mean_tokens: (f64, f64),
    /// Requests that a saturated replica serves \[1/s\]: load 1.
    pub replica_per_s: f64,
    /// Seconds that a mean answer takes on it \[s\].
    pub request_s: f64,
}

impl Mix {
    /// Share of the answers in all tokens.
    pub fn output_share(&self) -> f64 {
        self.mean_tokens.1 / (self.mean_tokens.0 + self.mean_tokens.1)
    }
}

/// The replica on which tables are measured.
#[derive(Clone, Debug)]
pub struct Reference<S> {
    /// Times and limits.
    pub model: Model<S>,
    /// A request whose turn has not come after so long gives up \[s\].
    pub patience_s: f64,
}

/// How the load moves in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// It stays.
    Flat,
    /// It rises to its peak.
    Rising,
    /// It falls from its peak, which came before the window's begin.
    Falling,
}

/// Share of the peak from which ramps come and to which they go: what an hour of the steepest real profile changes.
const FOOT: f64 = 0.6;
/// Before a window, for batches and queues to become what they are at its load: at least so long \[s\], and so many times as long as a request
/// takes on a saturated replica.
const BEFORE_S: f64 = 300.0;
const BEFORE_REQUESTS: f64 = 10.0;
/// After it, so that its last requests meet others \[s\].
const AFTER_S: f64 = 60.0;

/// What a window showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// Requests that arrived in it.
    pub arrived: u64,
    /// Those of them that gave up.
    pub gave_up: u64,
    /// Time to first token beyond what the prompt takes alone, of those that got one, ascending \[s\].
    pub waits_s: Vec<f64>,
    /// Time per token after the first, of those with two or more, ascending \[s\].
    pub tpots_s: Vec<f64>,
}

impl Window {
    /// Share that gave up; None of nobody.
    pub fn shed(&self) -> Option<f64> {
        (0 < self.arrived).then(|| self.gave_up as f64 / self.arrived as f64)
    }

    /// A quantile of the waits; None of nobody.
    pub fn wait_s(&self, p: f64) -> Option<f64> {
        quantile_type7(&self.waits_s, p)
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

/// Measures a window of `length_s` at a peak load on so many replicas. Arrivals are gamma renewals: in clumps, so that the index of
/// dispersion of numbers is about `dispersion` at every window longer than a clump.
pub fn window<S: StepTimes + Clone>(
    reference: &Reference<S>,
    mix: &Mix,
    (load, replicas, dispersion): (f64, u32, f64),
    (shape, length_s): (Shape, f64),
    key: RunKey,
) -> Window {
    let per_s = load * f64::from(replicas) * mix.replica_per_s;
    let gaps = Gaps::by_rate(per_s, dispersion.sqrt(), LawKind::Gamma).expect("a positive rate");
    let lengths = Lengths::Apart { input: mix.input.clone(), output: mix.output.clone() };
    let from_s = BEFORE_S.max(BEFORE_REQUESTS * mix.request_s);
    let to_s = from_s + length_s;
    let (begin, end) = match shape {
        Shape::Flat => (1.0, 1.0),
        Shape::Rising => (FOOT, 1.0),
        Shape::Falling => (1.0, FOOT),
    };
    let points = vec![(0.0, begin), (from_s, begin), (to_s, end), (to_s + AFTER_S, end)];
    let area = begin * from_s + (begin + end) / 2.0 * length_s + end * AFTER_S;
    let generate =
        Generate { process: Process::One(gaps), lengths, classes: vec![1.0], requests: u64::MAX, until_s: area };
    let generated = Generated::new(&generate, key, &mix.name).expect("terms that can be generated");
    let mut arrivals = Paced::new(generated, points).expect("a line of factors");
    let terms = terms(reference, replicas, Some(reference.patience_s));
    let mut gather = Gather { times: &reference.model.times, from_s, to_s, window: Window::default() };
    serve(&terms, &mut arrivals, &mut gather, None);
    gather.window.waits_s.sort_by(f64::total_cmp);
    gather.window.tpots_s.sort_by(f64::total_cmp);
    gather.window
}

fn terms<S: Clone>(reference: &Reference<S>, replicas: u32, patience_s: Option<f64>) -> Terms<S> {
    Terms {
        models: vec![reference.model.clone()],
        fleets: vec![Fleet { model: 0, role: Role::Both, min: replicas, max: replicas }],
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
    window: Window,
}

impl<S: StepTimes> Sink for Gather<'_, S> {
    fn done(&mut self, done: &Done) {
        let at_s = done.at_ns as f64 / 1e9;
        if at_s < self.from_s || self.to_s <= at_s {
            return;
        }
        self.window.arrived += 1;
        self.window.gave_up += u64::from(done.end == End::GaveUp);
        if let Some(ttft_s) = done.ttft_s().filter(|_| done.end == End::Finished) {
            let tokens = u64::from(done.input);
            let prompt = Iteration { prompt_tokens: tokens, prompt_pairs: tokens * tokens, ..Iteration::default() };
            self.window.waits_s.push((ttft_s - self.times.seconds(&prompt)).max(0.0));
        }
        self.window.tpots_s.extend(done.tpot_s());
    }
}
