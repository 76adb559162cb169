//! `hedgerow explain card CHIP MODEL`: one replica card with its arithmetic. Computes nothing.

use super::args::Format;
use super::failure::Failure;
use super::terminal;
use crate::perf::{Deployment, Lengths, Measured, Point, Precision};
use crate::report::cards;
use crate::world::catalog::{Catalog, NoParts};
use serde_json::json;

/// What `explain card` may be told.
#[derive(clap::Args, Debug, Default)]
pub struct Terms {
    /// Of a card: chips of a replica [default: the fewest that hold the model, within the widest scale-up domain of the chip if any do]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    tp: Option<u32>,
    /// Of a card: bf16, fp8 or fp4 [default: fp8, else bf16]
    #[arg(long, value_name = "PRECISION", value_parser = precision)]
    precision: Option<Precision>,
    /// Of a card: format of the KV cache [default: as the weights, at least fp8]
    #[arg(long, value_name = "PRECISION", value_parser = precision)]
    kv_precision: Option<Precision>,
    /// Of a card: tokens of a prompt [default: 1000]
    #[arg(long = "in", value_name = "N")]
    input: Option<u64>,
    /// Of a card: tokens of an answer [default: 1000]
    #[arg(long = "out", value_name = "N")]
    output: Option<u64>,
    /// Of a card: share of a prompt that the prefix cache has [default: 0]
    #[arg(long, value_name = "SHARE")]
    cache_hit: Option<f64>,
    /// Of a card: serving software of this date [default: that of the fitted rows]
    #[arg(long, value_name = "DATE", value_parser = date)]
    software: Option<String>,
    /// Of a card: what somebody measured of this replica, output tokens a second where more than enough waits; may be repeated
    #[arg(long, value_name = "IN/OUT=TOKENS_PER_S", value_parser = measured)]
    measured: Vec<Measured>,
}

/// `1000/1000=4205`.
fn measured(word: &str) -> Result<Measured, String> {
    let read = || {
        let (lengths, rate) = word.split_once('=')?;
        let (input, output) = lengths.split_once('/')?;
        let lengths = Lengths { input_tokens: input.parse().ok()?, output_tokens: output.parse().ok()? };
        let rate = rate.parse::<f64>().ok().filter(|rate| 0.0 < *rate && rate.is_finite())?;
        Some(Measured { lengths, what: Point::OutputPerS(rate) })
    };
    read().ok_or_else(|| "tokens in and out of the requests and the rate above 0: 1000/1000=4205".into())
}

fn precision(word: &str) -> Result<Precision, String> {
    Precision::parse(word).ok_or_else(|| "one of bf16, fp8, fp4".into())
}

fn date(word: &str) -> Result<String, String> {
    let parts: Vec<&str> = word.split('-').collect();
    let digits = |part: &&str, width: usize| part.len() == width && part.bytes().all(|b| b.is_ascii_digit());
    let good = parts.len() <= 3 && parts.iter().zip([4, 2, 2]).all(|(part, width)| digits(part, width));
    if good { Ok(word.to_owned()) } else { Err("a date, or its beginning: 2025-06".into()) }
}

impl Terms {
    /// Whether any of them was given.
    pub fn given(&self) -> bool {
        let Terms { tp, precision, kv_precision, input, output, cache_hit, software, measured } = self;
        tp.is_some()
            || precision.is_some()
            || kv_precision.is_some()
            || input.is_some()
            || output.is_some()
            || cache_hit.is_some()
            || software.is_some()
            || !measured.is_empty()
    }
}

/// Prints the card of a chip and a model.
pub fn explain(names: &[String], terms: &Terms, format: Format) -> Result<(), Failure> {
    let [chip, model] = names else {
        return Err(Failure::input(
            "`explain card` takes a chip and a model",
            "`hedgerow explain card h100 llama-3.3-70b --tp 2`; `hedgerow list chips` and `hedgerow list architectures` have the names",
        ));
    };
    let catalog = Catalog::embedded();
    let parts = catalog.card_parts(chip, model).map_err(no_parts)?;
    let has = parts.hardware.precisions();
    let usual = if has.contains(&Precision::Fp8) { Precision::Fp8 } else { Precision::Bf16 };
    let weights = terms.precision.unwrap_or(usual);
    let usual = Deployment::new(1, weights);
    let deployment = Deployment {
        kv: terms.kv_precision.unwrap_or(usual.kv),
        cache_hit: terms.cache_hit.unwrap_or_default(),
        ..usual
    };
    let lengths = Lengths {
        input_tokens: terms.input.unwrap_or(cards::LISTED.input_tokens),
        output_tokens: terms.output.unwrap_or(cards::LISTED.output_tokens),
    };
    let speed = terms.software.as_deref().map_or(1.0, |date| catalog.software_speed(date));
    let card = cards::of(&parts, deployment, terms.tp, lengths, speed, &terms.measured)
        .map_err(|refusal| Failure::input(refusal.to_string(), remedy(&refusal)))?;
    let software = match &terms.software {
        Some(date) => format!("serving software of {date} against that of the fitted rows"),
        None => format!("serving software as of the fitted rows, {}", parts.efficiency.provenance.as_of),
    };
    let text = match format {
        Format::Human => cards::explain(&parts, &card, &software),
        Format::Json => {
            let full = card.saturated();
            let (prefill, decode) = card.tokens_per_replica_hour(full.batch);
            let value = json!({
                "chip": parts.hardware.name, "architecture": parts.architecture.shape.name,
                "tensor_parallel": card.deployment.tensor_parallel, "precision": weights.word(),
                "kv_precision": deployment.kv.word(), "input_tokens": lengths.input_tokens,
                "output_tokens": lengths.output_tokens, "cache_hit": deployment.cache_hit,
                "scale_up_chips": parts.hardware.scale_up.as_ref().map(|domain| domain.chips), "link_bytes_per_s": card.link_bytes_s,
                "kv_tokens": card.kv_tokens(), "batch": full.batch, "iteration_s": full.parts.total_s(),
                "output_tokens_per_s": full.output_tokens_per_s, "prefill_s": card.prefill_seconds(lengths.input_tokens),
                "prefill_tokens_per_s": card.prefill_tokens_per_s(), "prefill_tokens_per_replica_hour": prefill,
                "decode_tokens_per_replica_hour": decode, "watts": card.watts, "basis": card.basis.word(),
                "uncertainty_sigma": card.uncertainty_sigma(), "measured_speed": card.measured_speed,
            });
            format!("{value:#}\n")
        }
    };
    Ok(terminal::say(&text)?)
}

pub(super) fn no_parts(error: NoParts) -> Failure {
    let remedy = match &error {
        NoParts::Unknown(unknown) if unknown.kind == "chip" => "`hedgerow list chips` has the names",
        NoParts::Unknown(_) => "`hedgerow list architectures` has the names",
        NoParts::Missing { .. } => "choose another chip",
    };
    Failure::input(error.to_string(), remedy)
}

pub(super) fn remedy(refusal: &crate::perf::Refusal) -> &'static str {
    use crate::perf::Refusal;
    match refusal {
        Refusal::Memory { .. } => "more chips with `--tp`, a narrower `--precision`, or shorter requests",
        Refusal::Peak { .. } => "name one of these with `--precision`",
        Refusal::Context { .. } => "shorter requests with `--in` and `--out`",
        Refusal::Link { .. } => "`--tp 1`",
        Refusal::Domain { .. } => {
            "a `--tp` up to the scale-up domain (1 where it is not known) or of 2, 3 ... whole ones; a narrower `--precision`, or another chip"
        }
        Refusal::Value { .. } => "",
    }
}
