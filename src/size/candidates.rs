//! Every instance type of the catalog x chips of a replica as an offer for a load, or why it is none. Runs nothing.

use super::load::Load;
use super::offer::{Offer, Passed, Promise};
use super::trial::is_enough;
use crate::kernel::request::Model;
use crate::perf::{self, Card, Deployment, Iteration, Lengths, Precision, StepTimes};
use crate::replay::Tariff;
use crate::world::catalog::{Catalog, Instance, Parts};

/// Chips that may share the layers of a replica.
const TENSOR_PARALLEL: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Architecture of the catalog.
    pub model: &'a str,
    /// Of the weights; None: FP8 where the chip has it, else BF16.
    pub precision: Option<Precision>,
    /// Names of chips as the catalog has them; None: all.
    pub chips: Option<Vec<String>>,
    /// One of [`Tariff::WORDS`].
    pub price: &'a str,
    /// Where.
    pub region: &'a str,
    /// Most requests of a batch.
    pub max_batch: u32,
    /// Most tokens of an iteration.
    pub max_batch_tokens: u32,
    /// Share of the memory left free when a request joins others.
    pub kv_reserve: f64,
    /// Whether prompts are cut into chunks.
    pub chunked: bool,
}

/// What can serve the load, and what cannot and why. The error: a model that the catalog does not have.
pub fn candidates(
    catalog: &Catalog,
    asked: &Asked<'_>,
    load: &Load,
    promise: &Promise,
) -> Result<(Vec<Offer<Card>>, Vec<Passed>), String> {
    catalog.architecture(asked.model).map_err(|error| error.to_string())?;
    let desk = Desk { catalog, asked, load, promise };
    let (mut offers, mut passed) = (Vec::new(), Vec::new());
    let wanted = |row: &&Instance| asked.chips.as_ref().is_none_or(|chips| chips.contains(&row.chip));
    for row in catalog.instances.iter().filter(wanted) {
        desk.instance(row, &mut offers, &mut passed);
    }
    let mut shapes: Vec<(String, u32)> = Vec::new();
    for offer in &mut offers {
        let shape = (offer.chip.clone(), offer.chips_per_replica);
        offer.shape = shapes.iter().position(|known| *known == shape).unwrap_or(shapes.len());
        if offer.shape == shapes.len() {
            shapes.push(shape);
        }
    }
    Ok((offers, passed))
}

struct Desk<'a> {
    catalog: &'a Catalog,
    asked: &'a Asked<'a>,
    load: &'a Load,
    promise: &'a Promise,
}

impl Desk<'_> {
    fn instance(&self, row: &Instance, offers: &mut Vec<Offer<Card>>, passed: &mut Vec<Passed>) {
        let pass = |kind, chips_per_replica, usd_per_instance_hour, why| Passed {
            instance: row.name.clone(),
            chip: row.chip.clone(),
            chips_per_replica,
            usd_per_instance_hour,
            kind,
            why,
        };
        let tariff = match Tariff::find(self.catalog, self.asked.price, &row.name, self.asked.region) {
            Ok(tariff) => tariff,
            Err(why) => return passed.push(pass("price", None, None, why)),
        };
        let usd = tariff.rate.usd() * row.chips as f64;
        let parts = match self.catalog.card_parts(&row.chip, self.asked.model) {
            Ok(parts) => parts.on(row),
            Err(error) => return passed.push(pass("data", None, Some(usd), error.to_string())),
        };
        for chips in TENSOR_PARALLEL.into_iter().filter(|chips| u64::from(*chips) <= row.chips) {
            let offer = self.card(&parts, chips).map_err(|refusal| ("memory", refusal.to_string()));
            match offer.and_then(|card| self.offer(row, &tariff, (usd, parts.architecture.shape.context_tokens), card))
            {
                Ok(offer) => offers.push(offer),
                Err((kind, why)) => passed.push(pass(kind, Some(chips), Some(usd), why)),
            }
        }
    }

    fn card(&self, parts: &Parts<'_>, chips: u32) -> Result<Card, perf::Refusal> {
        let has = parts.hardware.precisions();
        let usual = if has.contains(&Precision::Fp8) { Precision::Fp8 } else { Precision::Bf16 };
        let weights = self.asked.precision.unwrap_or(usual);
        let (max_requests, max_tokens) = (self.asked.max_batch, self.asked.max_batch_tokens);
        let deployment = Deployment { max_requests, max_tokens, ..Deployment::new(chips, weights) };
        let (input, output) = self.load.mean_tokens();
        let whole = |tokens: f64| tokens.round().max(1.0) as u64;
        let lengths = Lengths { input_tokens: whole(input), output_tokens: whole(output) };
        let shape = &parts.architecture.shape;
        let fitted = parts.efficiency.fitted(&parts.hardware.name, weights, shape);
        perf::card(&parts.hardware, shape, deployment, lengths, &parts.efficiency.shares, fitted, &[])
    }

    /// The offer; else that even alone on a replica too few requests would meet the targets.
    fn offer(
        &self,
        row: &Instance,
        tariff: &Tariff,
        (usd_per_instance_hour, context_tokens): (f64, u64),
        card: Card,
    ) -> Result<Offer<Card>, (&'static str, String)> {
        let (input, output) = self.load.mean_tokens();
        let model = self.model(&card, context_tokens);
        let alone = alone(&model, self.load, self.promise);
        if !is_enough(alone, self.load.requests(), self.promise.share) {
            return Err(("slo", self.too_slow(&model, alone)));
        }
        let share = output / (input + output);
        let (input_scv, output_scv) = self.load.length_scv();
        let mixed = card.mixed(input_scv, output_scv);
        let saturated = mixed.saturated();
        let of_closed_form = saturated.of_closed_form(&self.catalog.admission, share);
        let output_per_s = of_closed_form * saturated.output_tokens_per_s;
        let replica_per_s = output_per_s / output;
        let window_s = (output * saturated.parts.total_s()).max(self.promise.ttft_s.unwrap_or(0.0));
        let dispersion = self.load.dispersion(window_s).index;
        let alone_s = card.prefill_seconds(card.lengths.input_tokens);
        let promised =
            perf::Promise { ttft_s: self.promise.ttft_s, tpot_s: self.promise.tpot_s, alone_s: vec![(1.0, alone_s)] };
        let table = &self.catalog.admission;
        let clocks: Vec<perf::Clock> = table.loads().iter().map(|load| mixed.clock(load * output_per_s)).collect();
        let asked = perf::Asked {
            dispersion,
            output_share: share,
            seconds_per_request: 1.0 / replica_per_s,
            clocks: Some(&clocks),
        };
        Ok(Offer {
            instance: row.name.clone(),
            chip: row.chip.clone(),
            chips_per_instance: row.chips,
            chips_per_replica: card.deployment.tensor_parallel,
            replicas_per_instance: (row.chips / u64::from(card.deployment.tensor_parallel)) as u32,
            usd_per_instance_hour,
            price: tariff.because.clone(),
            shape: 0,
            replica_per_s,
            table: table.of(&asked).promise(promised),
            window_s,
            basis: card.basis,
            model,
        })
    }

    /// A replica in the request tier.
    fn model(&self, card: &Card, context_tokens: u64) -> Model<Card> {
        Model {
            kv_tokens: card.kv_tokens(),
            kv_reserve: (card.kv_tokens() as f64 * self.asked.kv_reserve) as u64,
            max_batch: self.asked.max_batch,
            max_batch_tokens: self.asked.max_batch_tokens,
            max_context: context_tokens,
            chunked: self.asked.chunked,
            transfer_s: (0.0, 0.0),
            times: card.clone(),
        }
    }

    fn too_slow(&self, model: &Model<Card>, alone: u64) -> String {
        let (input, output) = self.load.mean_tokens();
        let (n, o) = (input.round().max(1.0) as u32, output.round().max(2.0) as u32);
        let (first_s, each_s) = times_alone(model, n, o);
        let target = |time: Option<f64>, unit: f64, word: &str| {
            time.map_or(String::new(), |time| format!(", the target is {:.4} {word}", time * unit))
        };
        let why = [
            format!(
                "alone on a replica {:.2} % of the requests meet the targets, {:.2} % must",
                100.0 * alone as f64 / self.load.requests() as f64,
                100.0 * self.promise.share
            ),
            format!("a mean prompt of {n} tokens takes {first_s:.4} s{}", target(self.promise.ttft_s, 1.0, "s")),
            format!(
                "a step of one request {:.4} ms{}",
                each_s.unwrap_or(0.0) * 1e3,
                target(self.promise.tpot_s, 1e3, "ms")
            ),
        ];
        why.join("; ")
    }
}

/// Requests that would meet the targets alone on a replica each: more never do. Eq. (177).
pub fn alone<S: StepTimes>(model: &Model<S>, load: &Load, promise: &Promise) -> u64 {
    let within = |time: f64, most: Option<f64>| most.is_none_or(|most| time <= most);
    let meets = |(input, output): &(u32, u32)| {
        let tokens = u64::from(*input) + u64::from(*output);
        let (first, each) = times_alone(model, *input, *output);
        tokens <= model.kv_tokens
            && tokens <= model.max_context
            && within(first, promise.ttft_s)
            && each.is_none_or(|each| within(each, promise.tpot_s))
    };
    load.lengths().filter(meets).count() as u64
}

/// Seconds to the first token of a request alone, and a token after it where there are any, to the nanosecond as the request tier counts.
fn times_alone<S: StepTimes>(model: &Model<S>, input: u32, output: u32) -> (f64, Option<f64>) {
    let whole = |seconds: f64| ((seconds * 1e9).round() as u64).max(1);
    let (mut first_ns, mut before) = (0, 0_u64);
    let prompt = u64::from(input);
    while before < prompt {
        let chunk = if model.chunked { u64::from(model.max_batch_tokens).min(prompt - before) } else { prompt };
        let pairs = chunk * (2 * before + chunk);
        let iteration = Iteration { prompt_tokens: chunk, prompt_pairs: pairs, ..Iteration::default() };
        first_ns += whole(model.times.seconds(&iteration));
        before += chunk;
    }
    let steps = u64::from(output) - 1;
    let each = (0 < steps).then(|| whole(model.times.decode_seconds(1, prompt + 1, steps)) as f64 / 1e9 / steps as f64);
    (first_ns as f64 / 1e9, each)
}
