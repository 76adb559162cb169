//! One tick of one service, request by request: its own replicas, its demand's path, its bursts, its promises. Eq. (161) to (163). Knows no
//! pool and plans nothing.

use super::request::{Mix, Model, PATIENCE_S, Pace, Promised, Reference, Window, before_s, saturated_per_s, window};
use crate::perf::{Affine, Card, Iteration, Served, StepTimes, Work};
use crate::stats::draw::RunKey;
use crate::stats::law::{Law, LawKind};
use crate::units::Span;
use crate::workload::requests::{Length, Sway};
use crate::world::{Bursts, Service, ServiceId, Tier, World};

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
    bursts: Bursts,
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
    /// Index of dispersion whatever their rate.
    pub dispersion: f64,
    /// What moves their rate.
    pub sway: Option<Sway>,
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
            bursts: service.bursts,
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
    /// with probability p has the index of dispersion 1 + p (D - 1); what moves the rate moves it all the same. Eq. (162).
    pub fn sample(&self, tick: &Tick) -> Sample {
        let each_per_s = tick.load * self.fluid_per_s;
        let room = (Tier::ENOUGH / (each_per_s * tick.length.0 as f64 / 1e6)).floor();
        let most = room.clamp(Tier::FEWEST_REPLICAS, Tier::MOST_REPLICAS);
        let replicas = tick.replicas.round().clamp(1.0, most) as u32;
        let kept = (f64::from(replicas) / tick.replicas).min(1.0);
        let Bursts { idc, rate_scv, window_s } = self.bursts;
        let dispersion = 1.0 + kept * (idc - 1.0);
        let sway = (0.0 < rate_scv).then(|| Sway { cv: rate_scv.sqrt(), window_s });
        Sample { replicas, per_s: each_per_s * f64::from(replicas), dispersion, sway }
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
            Tier::Auto(most) => {
                let doubtful = tick.replicas < Tier::AUTO_REPLICAS || Tier::AUTO_LOAD < tick.peak();
                doubtful && self.requests(tick) <= f64::from(most)
            }
        }
    }

    /// What the requests of a tick meet; None where it is left to the table: by its terms, and where nobody came in the sample or nobody who was answered
    /// had a second token, for that says nothing of times. Where all are shed nobody has a time, and no token weighs one.
    pub fn meets(&self, tier: Tier, tick: &Tick, key: RunKey) -> Option<Served> {
        if !self.takes(tier, tick) {
            return None;
        }
        let window = self.play(tick, "tick", key);
        let shed = window.shed()?;
        if 1.0 <= shed {
            return Some(Served { shed, ..Served::default() });
        }
        let (attained, ttft_p99_s, tpot_s) = (window.kept()?, window.ttft_s(0.99)?, window.mean_tpot_s()?);
        Some(Served { shed, attained, ttft_p99_s, tpot_s })
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
        let Sample { replicas, per_s, dispersion, sway } = sample;
        let pace = Pace { per_s, dispersion, sway, points, from_s, to_s: from_s + length_s };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perf::{self, Deployment, Lengths, Precision};
    use crate::stats::interval::t_interval;
    use crate::world::catalog::Catalog;

    fn bench(model: Model<Times>, mix: Mix, fluid_per_s: f64, dispersion: f64, request_s: f64) -> Bench {
        let replicas = Reference { model, patience_s: Some(PATIENCE_S) };
        let bursts = Bursts { idc: dispersion, rate_scv: 0.0, window_s: 60.0 };
        Bench { replicas, mix, promised: Promised::default(), bursts, fluid_per_s, request_s }
    }

    /// A tick at a load that stays.
    fn flat(load: f64, replicas: f64, seconds: u64) -> Tick {
        Tick { k: 0, load, replicas, path: vec![(0.0, 1.0), (1.0, 1.0)], length: Span(seconds * 1_000_000) }
    }

    fn key(replication: u32) -> RunKey {
        RunKey { study_seed: 7, draw: 0, replication }
    }

    /// Stated rates, constant lengths, Poisson arrivals, one replica: M/D/1. A request of 30 tokens in and 10 out takes 0.03 + 0.1 = 0.13 s; at load
    /// 0.7 the mean wait is 0.7 x 0.13 / (2 x 0.3) s. Nobody waits for as long as 30 s, and what is served is what comes.
    #[test]
    fn stated_rates_of_constant_requests_are_md1() {
        let mix = Mix { name: "md1".into(), input: Length::Constant(30), output: Length::Constant(10) };
        let bench = bench(stated(1_000.0, 100.0), mix, 1.0 / 0.13, 1.0, 0.13);
        let waits: Vec<f64> = (0..24)
            .map(|n| {
                let window = bench.play(&flat(0.7, 1.0, 3_600), "tick", key(n));
                assert_eq!((window.gave_up, window.tokens), (0, 40 * window.arrived));
                window.waits_s.iter().sum::<f64>() / window.waits_s.len() as f64
            })
            .collect();
        let exact = 0.7 * 0.13 / (2.0 * 0.3);
        let found = t_interval(&waits, 0.95).unwrap();
        // Four standard errors of 24 values: the half-width is 2.07 of them.
        assert!((found.mean - exact).abs() < 4.0 / 2.07 * found.half_width.unwrap(), "{found:?} {exact}");
        let saturated = bench.saturated_per_s(7);
        assert!((saturated * 0.13 - 1.0).abs() < 1e-3, "{saturated}");
    }

    /// The replica of the table, conversation of constant lengths.
    fn card() -> Bench {
        let catalog = Catalog::embedded();
        let parts = catalog.card_parts("h100-sxm", "llama-3.3-70b").unwrap();
        let deployment = Deployment::new(2, Precision::Fp8);
        let lengths = Lengths { input_tokens: 1155, output_tokens: 211 };
        let shares = &parts.efficiency.shares;
        let (chip, shape) = (&parts.hardware, &parts.architecture.shape);
        let card = perf::card(chip, shape, deployment, lengths, shares, true, &[]).unwrap();
        let law = |mean| Length::Law { law: Law::by_mean(LawKind::Lognormal, mean, Some(0.6)).unwrap(), most: 60_000 };
        let mix = Mix { name: "conversation".into(), input: law(1155.0), output: law(211.0) };
        bench(by_card(&card, 1.0).0, mix, 8.3, 16.0, 15.0)
    }

    /// 64 replicas with a quarter of the requests, and bursts thinned with them, stand for 256 with all: at 0.9 of what they can and dispersion 16 what
    /// is shed, the median and the mean time per token lie within each other's intervals; Eq. (162). With bursts as they were they would not.
    #[test]
    fn a_sample_stands_for_all() {
        let (bench, tick) = (card(), flat(0.9, 256.0, 400));
        let sample = bench.sample(&tick);
        assert_eq!((sample.replicas, sample.dispersion), (64, 1.0 + 15.0 / 4.0));
        let all = Sample { replicas: 256, per_s: 4.0 * sample.per_s, dispersion: 16.0, sway: None };
        let figures = |sample: Sample| -> Vec<[f64; 3]> {
            let plays = (0..4).map(|n| bench.play_sample(&tick, sample, "tick", key(n)));
            plays.map(|w| [w.shed().unwrap(), w.ttft_s(0.5).unwrap(), w.mean_tpot_s().unwrap()]).collect()
        };
        let (few, many) = (figures(sample), figures(all));
        for (at, tolerance) in [1e-3, 0.02, 0.02].into_iter().enumerate() {
            let of = |plays: &[[f64; 3]]| {
                let values: Vec<f64> = plays.iter().map(|play| play[at]).collect();
                t_interval(&values, 0.95).map(|found| (found.mean, found.half_width.unwrap())).unwrap()
            };
            let ((a, da), (b, db)) = (of(&few), of(&many));
            let off = if at == 0 { a - b } else { a / b - 1.0 };
            let noise = if at == 0 { da + db } else { (da + db) / b };
            assert!(off.abs() <= noise + tolerance, "figure {at}: {a} +- {da} of 64, {b} +- {db} of 256");
        }
    }

    /// The same requests for the same tick, others for the next; a tick's path is what is played: 0.5 to 1.5 of the mean, rising.
    #[test]
    fn a_tick_is_the_same_again() {
        let (bench, mut tick) = (card(), flat(0.4, 2.0, 600));
        tick.path = vec![(0.0, 0.5), (1.0, 1.5)];
        let (a, b) = (bench.play(&tick, "tick", key(0)), bench.play(&tick, "tick", key(0)));
        assert_eq!(a, b);
        let other = bench.play(&Tick { k: 1, ..tick.clone() }, "tick", key(0));
        assert!(a != other && (tick.ramp(), tick.peak()) == (1.0, 0.6000000000000001));
        // 2 x 0.4 x 8.3 requests a second for 600 s, dispersion 16: within four standard deviations.
        let expected = 2.0 * 0.4 * 8.3 * 600.0;
        assert!((a.arrived as f64 - expected).abs() < 4.0 * (16.0 * expected).sqrt(), "{} {expected}", a.arrived);
    }
}
