//! The replica card: a model on the chips of one replica, at given lengths: what fits, how fast, how well known. Knows no price and no load.

use super::admission::{AdmissionTable, Clock};
use super::architecture::Architecture;
use super::efficiency::{Basis, Efficiency};
use super::hardware::Hardware;
use super::measured::{self, Measured};
use super::mixed::{self, Mixed, Moments};
use super::precision::Precision;
use super::refusal::Refusal;
use super::roofline::{Layout, Parts, Roofline, Work};
use super::step::{Iteration, StepTimes};
use crate::stats::math;

/// Share of memory that serving may use: what is left goes to activations and to the system.
pub const MEMORY_SHARE: f64 = 0.9;
/// Memory of the weights over their parameters x bytes: buffers, padding, parts kept in wider formats.
pub const WEIGHT_OVERHEAD: f64 = 1.03;

/// How a model is laid out on a replica's chips.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Deployment {
    /// Chips of a replica, each with a part of every layer; at least 1.
    pub tensor_parallel: u32,
    /// Format of the weights.
    pub weights: Precision,
    /// Format of the KV cache.
    pub kv: Precision,
    /// Most requests in an iteration.
    pub max_requests: u32,
    /// Most tokens in an iteration, prompts in chunks and one of every request that decodes.
    pub max_tokens: u32,
    /// Share of a prompt that is found in the prefix cache and not computed, 0 <= hit < 1.
    pub cache_hit: f64,
}

impl Deployment {
    /// On so many chips at that precision, with the cache's format of [`Precision::of_kv_cache`] and the limits that TensorRT-LLM has where
    /// nothing is said: 2,048 requests and 8,192 tokens an iteration.
    pub fn new(tensor_parallel: u32, weights: Precision) -> Deployment {
        let kv = weights.of_kv_cache();
        Deployment { tensor_parallel, weights, kv, max_requests: 2048, max_tokens: 8192, cache_hit: 0.0 }
    }
}

/// Tokens of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lengths {
    /// Of its prompt; at least 1.
    pub input_tokens: u64,
    /// Of its answer; at least 1.
    pub output_tokens: u64,
}

/// What fits and how long it takes. Made by [`card`].
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// Of the request.
    pub lengths: Lengths,
    /// Chips and formats.
    pub deployment: Deployment,
    /// Memory that serving may use [bytes].
    pub usable_bytes: f64,
    /// Memory of the weights [bytes].
    pub weight_bytes: f64,
    /// Memory of the KV cache of one token, on all chips [bytes].
    pub kv_bytes_per_token: f64,
    /// Thermal design power of the chips [W]; `None` where nobody published it.
    pub watts: Option<f64>,
    /// Bandwidth between its chips, one way and per chip [bytes/s]; `None` of one chip. Eq. (126).
    pub link_bytes_s: Option<f64>,
    /// How it is known.
    pub basis: Basis,
    /// Speed of measured points over the model's [-]; 1 where there are none.
    pub measured_speed: f64,
    /// Standard deviation of the logarithm of what one more measurement would say beside those there are [-]; 0 where there are none. Eq. (122).
    pub measured_scatter: f64,
    /// Lengths of requests that are not all of the card's, see [`Card::mixed`]; None: all are, and keep room for all their tokens.
    pub mixed: Option<Mixed>,
    times: Roofline,
}

/// A replica that never waits for requests of the card's lengths. Eq. (115).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Saturated {
    /// Requests that decode, in the mean.
    pub batch: f64,
    /// What limits them.
    pub limit: Limit,
    /// Prompt tokens that an iteration computes besides, in the mean.
    pub prompt_tokens: f64,
    /// Where its time goes.
    pub parts: Parts,
    /// Output tokens [1/s].
    pub output_tokens_per_s: f64,
}

impl Saturated {
    /// What the request tier serves of this closed form's rate \[-\], for a share of answers in all tokens: measured where memory is the limit, as
    /// it is on the reference; all of it where it is not. Eq. (172).
    pub fn of_closed_form(&self, table: &AdmissionTable, output_share: f64) -> f64 {
        match self.limit {
            Limit::Memory => table.capacity_ratio(output_share),
            Limit::Requests | Limit::Tokens => 1.0,
        }
    }
}

/// What limits the requests of an iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Memory of the KV cache.
    Memory,
    /// [`Deployment::max_requests`].
    Requests,
    /// [`Deployment::max_tokens`].
    Tokens,
}

impl Limit {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Limit::Memory => "memory of the KV cache",
            Limit::Requests => "requests an iteration",
            Limit::Tokens => "tokens an iteration",
        }
    }
}

/// The card of a model on a replica, or why there is none.
///
/// `fitted` says whether `shares` were fitted to chips, precisions and models of this kind. `measured` are rates and steps of this very
/// replica; they move the card's speed as Eq. (117) says.
pub fn card(
    chip: &Hardware,
    model: &Architecture,
    deployment: Deployment,
    lengths: Lengths,
    shares: &Efficiency,
    fitted: bool,
    measured: &[Measured],
) -> Result<Card, Refusal> {
    let plain = modelled(chip, model, deployment, lengths, shares, fitted)?;
    if measured.is_empty() {
        return Ok(plain);
    }
    let ratio = |point: &Measured| -> Result<f64, Refusal> {
        let there = modelled(chip, model, deployment, point.lengths, shares, fitted)?;
        Ok(point.over(&there))
    };
    let ratios =
        measured.iter().map(|point| Ok((point.lengths, ratio(point)?))).collect::<Result<Vec<_>, Refusal>>()?;
    let speed = measured::speed(&ratios, lengths);
    let here = measured.iter().any(|point| point.lengths == lengths);
    let basis = if here { Basis::Measured } else { plain.basis };
    let times = plain.times.faster(speed.value);
    Ok(Card { times, measured_speed: speed.value, measured_scatter: speed.scatter, basis, ..plain })
}

/// The card without measured points.
fn modelled(
    chip: &Hardware,
    model: &Architecture,
    deployment: Deployment,
    lengths: Lengths,
    shares: &Efficiency,
    fitted: bool,
) -> Result<Card, Refusal> {
    let layout = layout(chip, model, &deployment, lengths)?;
    let chips = f64::from(deployment.tensor_parallel);
    let usable_bytes = MEMORY_SHARE * chips * chip.memory_bytes;
    let weight_bytes = WEIGHT_OVERHEAD * model.total_params * deployment.weights.bytes();
    let copies = model.kv_copies(deployment.tensor_parallel);
    let kv_bytes_per_token = copies * model.kv_values() * deployment.kv.bytes();
    let card = Card {
        lengths,
        deployment,
        usable_bytes,
        weight_bytes,
        kv_bytes_per_token,
        watts: chip.tdp_w.map(|each| chips * each),
        link_bytes_s: layout.link_bytes_s,
        // No row was measured over a network between servers.
        basis: if fitted && !chip.is_beyond(deployment.tensor_parallel) { Basis::Fitted } else { Basis::Extrapolated },
        measured_speed: 1.0,
        measured_scatter: 0.0,
        mixed: None,
        times: Roofline::new(chip, model, layout, shares),
    };
    if usable_bytes <= weight_bytes {
        return Err(Refusal::weights(chip, model, &card));
    }
    if card.largest_batch(lengths) < 1 {
        return Err(Refusal::cache(chip, model, &card));
    }
    Ok(card)
}

/// Peaks and links that the deployment needs, or which of them the chip does not have.
fn layout(chip: &Hardware, model: &Architecture, deployment: &Deployment, lengths: Lengths) -> Result<Layout, Refusal> {
    let Deployment { tensor_parallel, weights, kv, max_requests, max_tokens, cache_hit } = *deployment;
    let wrong = |what: &str| Err(Refusal::Value { what: what.into() });
    if tensor_parallel == 0 {
        return wrong("a replica has at least one chip");
    }
    if max_requests == 0 || max_tokens == 0 {
        return wrong("an iteration has room for at least one request and one token");
    }
    if !(0.0 <= cache_hit && cache_hit < 1.0) {
        return wrong(&format!("a prefix cache that has {cache_hit} of each prompt: at least 0 and below 1"));
    }
    let Lengths { input_tokens, output_tokens } = lengths;
    if input_tokens == 0 || output_tokens == 0 {
        return wrong("a request has at least one token of input and one of output");
    }
    let tokens = input_tokens.saturating_add(output_tokens);
    if model.context_tokens < tokens {
        return Err(Refusal::Context { model: model.name.clone(), context: model.context_tokens, tokens });
    }
    let Some(matmul_peak) = chip.peak(weights) else { return Err(Refusal::peak(chip, weights)) };
    let Some(attention_peak) = chip.attention_peak(kv) else { return Err(Refusal::peak(chip, kv)) };
    let link_bytes_s = chip.link_one_way(tensor_parallel)?;
    Ok(Layout { tensor_parallel, weights, kv, matmul_peak, attention_peak, link_bytes_s })
}

impl Card {
    /// Tokens that the KV cache holds. Eq. (113).
    pub fn kv_tokens(&self) -> u64 {
        ((self.usable_bytes - self.weight_bytes) / self.kv_bytes_per_token) as u64
    }

    /// Most requests of these lengths that run together: each keeps room for all its tokens, and no iteration is above its limit.
    pub fn largest_batch(&self, lengths: Lengths) -> u64 {
        let tokens = lengths.input_tokens + lengths.output_tokens;
        let Deployment { max_requests, max_tokens, .. } = self.deployment;
        (self.kv_tokens() / tokens).min(u64::from(max_requests)).min(u64::from(max_tokens))
    }

    /// Standard deviation of the logarithm of the true speed around this [-]; one draw for all cards. What its basis has, and beside it how far measured
    /// points are apart. Eq. (122).
    pub fn uncertainty_sigma(&self) -> f64 {
        if self.measured_scatter == 0.0 {
            return self.basis.uncertainty_sigma();
        }
        (math::square(self.basis.uncertainty_sigma()) + math::square(self.measured_scatter)).sqrt()
    }

    /// Seconds to compute a prompt of so many tokens alone, what the prefix cache has left out. Eq. (114).
    pub fn prefill_seconds(&self, input_tokens: u64) -> f64 {
        self.times.work_seconds(&self.prompt(input_tokens as f64, 1.0))
    }

    /// Prompt tokens a second where nothing else runs, as many prompts of the card's length together as an iteration has room for.
    pub fn prefill_tokens_per_s(&self) -> f64 {
        let prompt = self.prompt(self.lengths.input_tokens as f64, 1.0);
        let together = (f64::from(self.deployment.max_tokens) / prompt.prompt_tokens).max(1.0);
        let input = self.lengths.input_tokens as f64;
        together * input / self.times.work_seconds(&self.prompt(input, together))
    }

    /// Seconds of a step in which `batch` requests decode with that many tokens of context each. Eq. (110).
    pub fn step_seconds(&self, batch: u64, context_tokens: f64) -> f64 {
        let decodes = batch as f64;
        self.times.work_seconds(&Work { decodes, context_tokens: decodes * context_tokens, ..Work::default() })
    }

    /// The rate of a replica that never waits. Eq. (115).
    pub fn saturated(&self) -> Saturated {
        let room = match self.mixed {
            None => (self.kv_tokens() / (self.lengths.input_tokens + self.lengths.output_tokens)) as f64,
            Some(_) => self.kv_tokens() as f64 / self.context(),
        };
        let requests = f64::from(self.deployment.max_requests);
        let work = self.steady(1.0);
        let tokens = f64::from(self.deployment.max_tokens) / (1.0 + work.prompt_tokens);
        let limits = [(room, Limit::Memory), (requests, Limit::Requests), (tokens, Limit::Tokens)];
        let (batch, limit) = limits.into_iter().reduce(|a, b| if b.0 < a.0 { b } else { a }).expect("three limits");
        self.loaded(batch, limit)
    }

    /// The rate of a replica on which `batch` requests always run. Eq. (115).
    pub fn with_batch(&self, batch: f64) -> Saturated {
        let most = self.saturated();
        if batch < most.batch { self.loaded(batch, Limit::Requests) } else { most }
    }

    /// How the replica runs at a rate of output tokens \[1/s\]. Eq. (121), (172).
    pub fn clock(&self, output_tokens_per_s: f64) -> Clock {
        let at = self.at_rate(output_tokens_per_s);
        Clock { iteration_s: at.parts.total_s(), batch: at.batch }
    }

    /// The replica at a rate of output tokens \[1/s\], with as many requests as it then has; the saturated one above its rate. Eq. (121).
    pub fn at_rate(&self, output_tokens_per_s: f64) -> Saturated {
        let most = self.saturated();
        if most.output_tokens_per_s <= output_tokens_per_s {
            return most;
        }
        // More requests never make it slower: halve until neither the batch nor its rate is told apart.
        let (mut low, mut high) = (0.0, most.batch);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if self.loaded(middle, Limit::Requests).output_tokens_per_s < output_tokens_per_s {
                low = middle;
            } else {
                high = middle;
            }
        }
        self.loaded(high, Limit::Requests)
    }

    fn loaded(&self, batch: f64, limit: Limit) -> Saturated {
        let work = self.steady(batch);
        let parts = match self.mixed {
            None => self.times.parts(&work),
            Some(_) => self.over_prompts(&work),
        };
        // Tokens of the card's length: requests are what is counted.
        let output_tokens_per_s = batch / parts.total_s() / self.output_mean();
        Saturated { batch, limit, prompt_tokens: work.prompt_tokens, parts, output_tokens_per_s }
    }

    /// Mean parts of an iteration where prompts come at random: an iteration with one takes longer than the mean of one, which reads its weights
    /// in less time than it computes.
    fn over_prompts(&self, work: &Work) -> Parts {
        if work.prompt_tokens <= 0.0 {
            return self.times.parts(work);
        }
        let Deployment { cache_hit, max_tokens, .. } = self.deployment;
        let input = self.mixed.map_or(1.0, |mixed| mixed.input.mean) * self.lengths.input_tokens as f64;
        let each = (input * (1.0 - cache_hit)).min(f64::from(max_tokens));
        let mean = work.prompt_tokens / each;
        let pairs = work.prompt_pairs / mean;
        mixed::over_prompts(mean, |n| {
            self.times.parts(&Work { prompt_tokens: n * each, prompt_pairs: n * pairs, ..*work })
        })
    }

    /// Mean answer over the card's.
    fn output_mean(&self) -> f64 {
        self.mixed.map_or(1.0, |mixed| mixed.output.mean)
    }

    /// Tokens that one replica-hour can take, of prompts (cached ones counted) and of answers, at `batch` requests: a load needs the sum
    /// of its shares, and the load of the card's lengths at that batch needs one replica. Eq. (116).
    pub fn tokens_per_replica_hour(&self, batch: f64) -> (f64, f64) {
        let load = self.with_batch(batch);
        let work = self.steady(load.batch);
        let step = self.times.work_seconds(&Work { prompt_tokens: 0.0, prompt_pairs: 0.0, ..work });
        let requests = load.batch / self.output_mean();
        let input = requests * self.lengths.input_tokens as f64 / self.lengths.output_tokens as f64;
        let decode = 3600.0 * requests / step;
        (3600.0 * input / (load.parts.total_s() - step), decode)
    }

    /// Seconds until the first token and between tokens with `concurrency` clients that each send the next request when the last is
    /// answered. Those above the batch wait, and by Little's law so long that all are somewhere. Eq. (118).
    pub fn closed_loop(&self, concurrency: u64) -> (f64, f64) {
        let load = self.with_batch(concurrency as f64);
        let (step, output) = (load.parts.total_s(), self.lengths.output_tokens as f64);
        let whole = concurrency as f64 * output / load.output_tokens_per_s;
        let alone = self.prefill_seconds(self.lengths.input_tokens);
        let first = if load.batch < concurrency as f64 { (whole - (output - 1.0) * step).max(alone) } else { alone };
        (first, step)
    }

    /// Prompts of so many tokens, without what the prefix cache has.
    fn prompt(&self, input: f64, prompts: f64) -> Work {
        let computed = input * (1.0 - self.deployment.cache_hit);
        let cached = input - computed;
        let pairs = prompts * computed * (2.0 * cached + computed);
        Work { prompt_tokens: prompts * computed, prompt_pairs: pairs, ..Work::default() }
    }

    /// An iteration of the mean while `batch` requests of the card's lengths decode: of each the input and half its output stands in the
    /// cache, and one prompt comes for every `output_tokens` tokens.
    fn steady(&self, batch: f64) -> Work {
        let output = self.lengths.output_tokens as f64 * self.output_mean();
        let input = self.lengths.input_tokens as f64;
        let prompt = self.prompt(input, batch / output);
        let Moments { mean, square } = self.mixed.map_or(Moments { mean: 1.0, square: 1.0 }, |mixed| mixed.input);
        Work {
            decodes: batch,
            context_tokens: batch * self.context(),
            prompt_tokens: prompt.prompt_tokens * mean,
            prompt_pairs: prompt.prompt_pairs * square,
        }
    }

    /// Mean context of a request that decodes [tokens]: its prompt and half its answer, long answers counted as often as they are longer.
    fn context(&self) -> f64 {
        let one = Moments { mean: 1.0, square: 1.0 };
        let Mixed { input, output } = self.mixed.unwrap_or(Mixed { input: one, output: one });
        let half = self.lengths.output_tokens as f64 / 2.0;
        self.lengths.input_tokens as f64 * input.mean + half * output.square / output.mean
    }

    /// The same replica before lognormal requests with these squared coefficients of variation of prompts and answers, each cut at half the model's
    /// context; memory taken as tokens come, and prompts that come at random. Eq. (172).
    pub fn mixed(&self, input_scv: f64, output_scv: f64) -> Card {
        let most = self.context_tokens() as f64 / 2.0;
        let moments = |mean: u64, scv: f64| Moments::lognormal(mean as f64, scv, most);
        let Lengths { input_tokens, output_tokens } = self.lengths;
        let mixed = Mixed { input: moments(input_tokens, input_scv), output: moments(output_tokens, output_scv) };
        Card { mixed: Some(mixed), ..self.clone() }
    }

    /// Most tokens of a prompt and its answer that the model takes.
    pub fn context_tokens(&self) -> u64 {
        self.times.architecture().context_tokens
    }

    /// The same card, so many times as fast.
    pub fn faster(self, speed: f64) -> Card {
        Card { times: self.times.faster(speed), ..self }
    }

    /// The times behind it.
    pub fn times(&self) -> &Roofline {
        &self.times
    }
}

impl StepTimes for Card {
    fn seconds(&self, iteration: &Iteration) -> f64 {
        self.times.seconds(iteration)
    }
    fn decode_seconds(&self, decodes: u64, context_tokens: u64, steps: u64) -> f64 {
        self.times.decode_seconds(decodes, context_tokens, steps)
    }
    fn decode_steps_within(&self, decodes: u64, context_tokens: u64, seconds: f64) -> u64 {
        self.times.decode_steps_within(decodes, context_tokens, seconds)
    }
}

/// Largest replica that [`smallest`] tries [chips].
pub const MOST_CHIPS: u32 = 64;

/// The card on the fewest chips of [`sizes`] on which the model has room; else the refusal of the most.
pub fn smallest(
    chip: &Hardware,
    model: &Architecture,
    deployment: Deployment,
    lengths: Lengths,
    shares: &Efficiency,
    fitted: bool,
) -> Result<Card, Refusal> {
    let on = |tensor_parallel| {
        let deployment = Deployment { tensor_parallel, ..deployment };
        card(chip, model, deployment, lengths, shares, fitted, &[])
    };
    let domain = chip.scale_up.as_ref().map_or(MOST_CHIPS, |domain| domain.chips);
    let larger = sizes(domain).into_iter().skip(1);
    larger.fold(on(1), |found, size| if matches!(found, Err(Refusal::Memory { .. })) { on(size) } else { found })
}

/// Chips of a replica that are tried, up to [`MOST_CHIPS`]: powers of two within a scale-up domain of that many chips and the whole of it, then 2, 4, 8 ...
/// domains, as layers are cut into equal parts.
fn sizes(domain: u32) -> Vec<u32> {
    let within = (0..).map(|power| 1 << power).take_while(|size| *size < domain.min(MOST_CHIPS));
    let beyond = (0..).map(|power| domain << power).take_while(|size| *size <= MOST_CHIPS);
    let mut sizes: Vec<u32> = within.chain(beyond).collect();
    if MOST_CHIPS < domain {
        sizes.push(MOST_CHIPS);
    }
    sizes
}
