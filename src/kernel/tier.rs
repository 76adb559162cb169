//! One tick of one service, request by request: its own replicas, its demand's path, its bursts, its promises. Eq. (161) to (163). Knows no
//! pool and plans nothing.

use super::request::{Mix, Model, PATIENCE_S, Pace, Promised, Reference, Window, before_s, saturated_per_s, window};
use crate::perf::{Affine, Card, Iteration, Served, StepTimes, Work};
use crate::stats::draw::RunKey;
use crate::stats::law::{Law, LawKind};
use crate::units::Span;
use crate::workload::requests::Length;
use crate::world::{Service, ServiceId, Tier, World};

/// Longest answer or prompt of rates that know no context [tokens].
const LONGEST: u32 = 1 << 24;
/// Replications of a saturated rate.
const REPLICATIONS: u32 = 4;

/// How long iterations of a service's replica take.
#[derive(Clone, Debug)]
pub enum Times {
    /// By its card, with the share of prompts that its prefix cache has.
    Card(Box<Card>, f64),
    /// By stated rates, one request at a time: all that two rates say.
    Stated(Affine),
}

impl StepTimes for Times {
    /// A cache that has a share x of each prompt leaves (1 - x) of its tokens and (1 - x^2) of its pairs. Eq. (114).
    fn seconds(&self, iteration: &Iteration) -> f64 {
        match self {
            Times::Card(card, hit) if 0.0 < *hit => card.times().work_seconds(&Work {
                prompt_tokens: iteration.prompt_tokens as f64 * (1.0 - hit),
                prompt_pairs: iteration.prompt_pairs as f64 * (1.0 - hit * hit),
                decodes: iteration.decodes as f64,
                context_tokens: iteration.context_tokens as f64,
            }),
            Times::Card(card, _) => card.seconds(iteration),
            Times::Stated(rates) => rates.seconds(iteration),
        }
    }
    fn decode_seconds(&self, decodes: u64, context_tokens: u64, steps: u64) -> f64 {
        match self {
            Times::Card(card, _) => card.decode_seconds(decodes, context_tokens, steps),
            Times::Stated(rates) => rates.decode_seconds(decodes, context_tokens, steps),
        }
    }
    fn decode_steps_within(&self, decodes: u64, context_tokens: u64, seconds: f64) -> u64 {
        match self {
            Times::Card(card, _) => card.decode_steps_within(decodes, context_tokens, seconds),
            Times::Stated(rates) => rates.decode_steps_within(decodes, context_tokens, seconds),
        }
    }
}

/// A service as the request tier plays it.
#[derive(Clone, Debug)]
pub struct Bench {
    replicas: Reference<Times>,
    mix: Mix,
    promised: Promised,
    dispersion: f64,
    /// Requests that a replica serves by the rates of the fluid tier [1/s].
    fluid_per_s: f64,
    /// What a mean answer takes on a saturated replica [s].
    request_s: f64,
}

/// A tick of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Its number from the scenario's start.
    pub k: i64,
    /// Mean load: demanded over what the replicas can.
    pub load: f64,
    /// Replicas ready, mean over the tick.
    pub replicas: f64,
    /// (part of the tick, demand over its mean), straight between.
    pub path: Vec<(f64, f64)>,
    /// How long it is.
    pub length: Span,
}

impl Tick {
    /// Tick `k` of a service.
    pub fn new(service: &Service, k: i64, length: Span, load: f64, replicas: f64) -> Tick {
        let mean = service.demand.shape.at(k).mean;
        let mut path = service.demand.shape.path(k);
        path.iter_mut().for_each(|point| point.1 = if 0.0 < mean { point.1 / mean } else { 1.0 });
        Tick { k, load, replicas, path, length }
    }

    /// Largest load in it.
    pub fn peak(&self) -> f64 {
        self.load * self.path.iter().map(|point| point.1).fold(0.0, f64::max)
    }

    /// How much demand rises from its beginning to its end, over its mean [-].
    pub fn ramp(&self) -> f64 {
        self.path.last().map_or(0.0, |last| last.1 - self.path[0].1)
    }
}

/// How many replicas stand for all, the requests that come to them and how bursty those are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Replicas.
    pub replicas: u32,
    /// Requests [1/s].
    pub per_s: f64,
    /// Index of dispersion.
    pub dispersion: f64,
}

impl Bench {
    /// A service on its first place, its cards so many standard deviations `z` faster than their medians; the error says why the request
    /// tier cannot play it.
    pub fn new(world: &World, id: ServiceId, z: f64) -> Result<Bench, String> {
        let service = &world.services[id];
        let Some(place) = service.places.first() else { return Err("it has no pool".into()) };
        let (input, output) = (service.input_tokens, service.output_tokens);
        if input < 1.0 || output < 1.0 {
            return Err(format!("{input} tokens in and {output} out: a request has at least one of each"));
        }
        let speed = crate::stats::math::exp(place.sigma * z);
        let (model, most, request_s) = match &place.card {
            Some(card) => {
                let (model, most) = by_card(card, speed);
                let full = card.mixed(service.length_scv.0, service.length_scv.1).saturated();
                (model, most, output * full.parts.total_s() / speed)
            }
            None => {
                let (prefill, decode) = (place.rates.prefill * speed, place.rates.decode * speed);
                (stated(prefill, decode), LONGEST, input / prefill + output / decode)
            }
        };
        let law = |mean: f64, scv: f64| -> Result<Length, String> {
            Ok(Length::Law { law: Law::by_mean(LawKind::Lognormal, mean, Some(scv))?, most })
        };
        let (input_scv, output_scv) = service.length_scv;
        let mix = Mix { name: service.path.clone(), input: law(input, input_scv)?, output: law(output, output_scv)? };
        let per_hour = (speed * place.rates.tokens_per_hour(input, output)).round().max(1.0);
        let (ttft_s, tpot_s) = service.promised_s;
        Ok(Bench {
            replicas: Reference { model, patience_s: Some(PATIENCE_S) },
            mix,
            promised: Promised { ttft_s, tpot_s: tpot_s.filter(|_| place.card.is_some()) },
            dispersion: service.idc,
            fluid_per_s: per_hour / 3_600.0 / (input + output),
            request_s,
        })
    }

    /// Requests that a saturated replica serves [1/s], measured; whatever the run.
    pub fn saturated_per_s(&self, seed: u64) -> f64 {
        let key = |replication| RunKey { study_seed: seed, draw: 0, replication };
        let one = |n| saturated_per_s(&self.replicas, &self.mix, self.fluid_per_s, key(n));
        (0..REPLICATIONS).map(one).sum::<f64>() / f64::from(REPLICATIONS)
    }

    /// Replicas that stand for all of a tick: at most [`Tier::MOST_REPLICAS`], fewer where requests are many. A stream of which each request is kept
    /// with probability p has the index of dispersion 1 + p (D - 1). Eq. (162).
    pub fn sample(&self, tick: &Tick) -> Sample {
        let each_per_s = tick.load * self.fluid_per_s;
        let room = (Tier::ENOUGH / (each_per_s * tick.length.0 as f64 / 1e6)).floor();
        let most = room.clamp(Tier::FEWEST_REPLICAS, Tier::MOST_REPLICAS);
        let replicas = tick.replicas.round().clamp(1.0, most) as u32;
        let kept = (f64::from(replicas) / tick.replicas).min(1.0);
        let dispersion = 1.0 + kept * (self.dispersion - 1.0);
        Sample { replicas, per_s: each_per_s * f64::from(replicas), dispersion }
    }

    /// Requests that a tick plays, what comes before it included.
    pub fn requests(&self, tick: &Tick) -> f64 {
        let seconds = tick.length.0 as f64 / 1e6 + before_s(self.request_s);
        self.sample(tick).per_s * seconds
    }

    /// Whether the request tier says what becomes of a tick's requests. Eq. (167).
    pub fn takes(&self, tier: Tier, tick: &Tick) -> bool {
        match tier {
            Tier::Fluid => false,
            Tier::Request => true,
            Tier::Auto => {
                let doubtful = tick.replicas < Tier::AUTO_REPLICAS || Tier::AUTO_LOAD < tick.peak();
                doubtful && self.requests(tick) <= Tier::AUTO_REQUESTS
            }
        }
    }

    /// What the requests of a tick meet; None where it is left to the table. Where nobody comes, nobody is shed.
    pub fn meets(&self, tier: Tier, tick: &Tick, key: RunKey) -> Option<Served> {
        if !self.takes(tier, tick) {
            return None;
        }
        let window = self.play(tick, "tick", key);
        Some(Served {
            shed: window.shed().unwrap_or(0.0),
            attained: window.kept().unwrap_or(if window.arrived == 0 { 1.0 } else { 0.0 }),
            ttft_p99_s: window.ttft_s(0.99).unwrap_or(0.0),
            tpot_s: window.mean_tpot_s().unwrap_or(0.0),
        })
    }

    /// Plays a tick. `stream` names its chance beside the service and the tick.
    pub fn play(&self, tick: &Tick, stream: &str, key: RunKey) -> Window {
        self.play_sample(tick, self.sample(tick), stream, key)
    }

    /// Plays a tick on so many replicas.
    pub fn play_sample(&self, tick: &Tick, sample: Sample, stream: &str, key: RunKey) -> Window {
        let from_s = before_s(self.request_s);
        let length_s = tick.length.0 as f64 / 1e6;
        let factor = |value: f64| value.max(1e-6);
        let mut points = vec![(0.0, factor(tick.path[0].1))];
        points.extend(tick.path.iter().map(|(part, value)| (from_s + part * length_s, factor(*value))));
        let Sample { replicas, per_s, dispersion } = sample;
        let pace = Pace { per_s, dispersion, points, from_s, to_s: from_s + length_s };
        let mix = Mix { name: format!("{} {stream} {}", self.mix.name, tick.k), ..self.mix.clone() };
        window(&self.replicas, &mix, replicas, &pace, self.promised, key)
    }

    /// Requests that a replica serves by the rates of the fluid tier [1/s].
    pub fn fluid_per_s(&self) -> f64 {
        self.fluid_per_s
    }
}

/// A replica by its card: limits as the table's. Returns the longest length too.
fn by_card(card: &Card, speed: f64) -> (Model<Times>, u32) {
    let hit = card.deployment.cache_hit;
    let card = card.clone().faster(speed);
    let most = u32::try_from(card.context_tokens() / 2).unwrap_or(u32::MAX);
    let model = Model {
        kv_tokens: card.kv_tokens(),
        kv_reserve: 0,
        max_batch: card.deployment.max_requests,
        // Tokens that the cache has take no room in an iteration.
        max_batch_tokens: (f64::from(card.deployment.max_tokens) / (1.0 - hit)) as u32,
        max_context: 2 * u64::from(most),
        chunked: true,
        transfer_s: (0.0, 0.0),
        times: Times::Card(Box::new(card), hit),
    };
    (model, most)
}

/// Two rates: prompts and answers follow one another, one request at a time. The iteration that reads the prompt writes the first token.
fn stated(prefill: f64, decode: f64) -> Model<Times> {
    let rates = Affine { step_s: 1.0 / decode, prompt_token_s: 1.0 / prefill, decode_s: 0.0, context_token_s: 0.0 };
    Model {
        times: Times::Stated(rates),
        kv_tokens: 4 * u64::from(LONGEST),
        kv_reserve: 0,
        max_batch: 1,
        max_batch_tokens: u32::MAX,
        max_context: 2 * u64::from(LONGEST),
        chunked: false,
        transfer_s: (0.0, 0.0),
    }
}
