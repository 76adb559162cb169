//! Replicas of services by the cards of their models, and what the table of admission says of them. Measures nothing.

use super::desk::{Desk, did_you_mean};
use super::gangs::Supply;
use crate::perf::{self, Admission, Asked, Card, Clock, Deployment, Lengths, Measured, Point, Precision, Promise};
use crate::spec::{At, Leaf, MeasuredSpec, MeasuredWhat, Named, ServiceSpec};
use crate::stats::law::{Law, LawKind};
use crate::world::bursts::Bursts;
use crate::world::catalog::{Catalog, NoParts, RequestMix};
use crate::world::model::PoolId;
use crate::world::service::Rates;

/// Key of the one draw that moves the speed of every card: a standard normal number.
pub(super) const SPEED: &str = "cards.speed";

/// A replica on a pool.
pub(super) struct Replica {
    pub chips: u32,
    pub rates: Rates,
    /// Standard deviation of the logarithm of its speed; 0 of measured rates.
    pub sigma: f64,
    /// None: its rates are stated.
    pub card: Option<Card>,
}

/// Whether the replicas of a service are by cards: nothing is said of their rates.
pub(super) fn by_card(service: &ServiceSpec) -> bool {
    service.replica.prefill.is_empty() && service.replica.decode.is_empty()
}

/// The card of a service's model on a pool, on so many chips or the fewest that hold it; problems with their cure where there is none.
pub(super) fn replica(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    service: &Named<ServiceSpec>,
    pool: PoolId,
    chips: Option<f64>,
) -> Option<Replica> {
    let Some(model) = &service.table.model else {
        let message = format!("nothing says what a replica of `{}` does", service.path);
        let remedy = "name a `model` of `hedgerow list architectures`, or state both rates in `replica`";
        desk.problem(service.origin, &format!("{}.replica", service.path), message, remedy);
        return None;
    };
    let chip = supply.chips[supply.pools[pool].chip].name.clone();
    let catalog = desk.catalog;
    let parts = match catalog.card_parts(&chip, &model.value) {
        Ok(parts) => parts,
        Err(error) => {
            let remedy = match &error {
                NoParts::Unknown(_) => {
                    let names = catalog.architectures.iter().map(|row| row.shape.name.as_str());
                    did_you_mean(&model.value, names, "architecture")
                }
                NoParts::Missing { .. } => "state both rates of the replica, or leave the pool out".to_owned(),
            };
            desk.problem(model.origin, &model.path, error.to_string(), remedy);
            return None;
        }
    };
    let written = &service.table.replica;
    let has = parts.hardware.precisions();
    let usual = if has.contains(&Precision::Fp8) { Precision::Fp8 } else { Precision::Bf16 };
    let weights = written.precision.as_ref().and_then(|at| Precision::parse(&at.value)).unwrap_or(usual);
    let cache_hit = written.cache_hit.as_ref().map_or(0.0, |leaf| desk.number(leaf));
    let mut shares = parts.efficiency.shares;
    if let Some(date) = written.software.as_ref().filter(|date| is_date(desk, date)) {
        shares.software = catalog.software_speed(&date.value);
    }
    let fitted = parts.efficiency.fitted(&parts.hardware.name, weights, &parts.architecture.shape);
    let deployment = Deployment { cache_hit, ..Deployment::new(chips.map_or(1, |chips| chips as u32), weights) };
    let (hardware, shape, lengths) = (&parts.hardware, &parts.architecture.shape, lengths(desk, &service.table));
    let made = match chips {
        Some(_) => perf::card(hardware, shape, deployment, lengths, &shares, fitted, &[]),
        None => perf::smallest(hardware, shape, deployment, lengths, &shares, fitted),
    };
    let made = made.and_then(|card| {
        let points = points(desk, supply, service, pool, &card, |lengths| {
            perf::card(hardware, shape, card.deployment, lengths, &shares, fitted, &[])
        });
        if points.is_empty() {
            return Ok(card);
        }
        perf::card(hardware, shape, card.deployment, lengths, &shares, fitted, &points)
    });
    let card = match made {
        Ok(card) => card,
        Err(refusal) => {
            let remedy = "more chips a replica, a smaller precision, or another pool";
            desk.problem(model.origin, &model.path, format!("`{}` on {chip}: {refusal}", service.path), remedy);
            return None;
        }
    };
    let (input, output) = (lengths.input_tokens as f64, lengths.output_tokens as f64);
    let (input_scv, output_scv) = length_scv(desk, input, output);
    let mixed = card.mixed(input_scv, output_scv);
    let ratio = mixed.saturated().of_closed_form(&desk.catalog.admission, output / (input + output));
    let (prefill, decode) = mixed.tokens_per_replica_hour(mixed.saturated().batch);
    let rates = Rates { prefill: prefill * ratio / 3_600.0, decode: decode * ratio / 3_600.0 };
    Some(Replica { chips: card.deployment.tensor_parallel, rates, sigma: card.uncertainty_sigma(), card: Some(card) })
}

/// Measured points of a service that are of this replica; a problem for each that cannot be of it. `modelled` is its card at lengths.
fn points(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    service: &Named<ServiceSpec>,
    pool: PoolId,
    card: &Card,
    modelled: impl Fn(Lengths) -> Result<Card, perf::Refusal>,
) -> Vec<Measured> {
    let here = |at: &&MeasuredSpec| is_of(desk.catalog, supply, at, pool, card.deployment.tensor_parallel);
    let mine: Vec<&MeasuredSpec> = service.table.replica.measured.iter().filter(here).collect();
    let mut found: Vec<Measured> = Vec::new();
    for at in mine {
        let leaf = at.leaf();
        let usual = card.lengths;
        let whole = |leaf: &Option<Leaf>, usual: u64| {
            leaf.as_ref().map_or(usual, |leaf| desk.median(leaf).round().max(1.0) as u64)
        };
        let lengths = Lengths {
            input_tokens: whole(&at.input_tokens, usual.input_tokens),
            output_tokens: whole(&at.output_tokens, usual.output_tokens),
        };
        let there = match modelled(lengths) {
            Ok(there) => there,
            Err(refusal) => {
                desk.problem(leaf.origin, &leaf.path, refusal.to_string(), "correct the lengths of what was measured");
                continue;
            }
        };
        let value = desk.number(leaf);
        let what = match &at.what {
            MeasuredWhat::Rate(_) => Point::OutputPerS(value),
            MeasuredWhat::Step(_) => {
                let mean = lengths.input_tokens as f64 + lengths.output_tokens as f64 / 2.0;
                let context_tokens = at.context_tokens.as_ref().map_or(mean, |leaf| desk.number(leaf));
                let batch = at.batch.as_ref().map_or(1, |at| at.value.max(1) as u64);
                Point::Step { batch, context_tokens, seconds: value * 3_600.0 }
            }
        };
        if matches!(what, Point::OutputPerS(_)) && (at.batch.is_some() || at.context_tokens.is_some()) {
            let message =
                "`batch` and `context_tokens` are of a `step`, and this is a rate where more than enough waits";
            desk.problem(leaf.origin, &leaf.path, message, "leave them out, or give the time of the step");
            continue;
        }
        if let Some(message) = impossible(&what, &there) {
            desk.problem(leaf.origin, &leaf.path, message, "check the number and what it was measured on");
            continue;
        }
        found.push(Measured { lengths, what });
    }
    let chip = &supply.chips[supply.pools[pool].chip].name;
    tell_misses(desk, service, chip, &found, &modelled);
    found
}

/// Whether a point was measured on a replica of so many chips of that pool, by any name of the chip or by its instance.
fn is_of(catalog: &Catalog, supply: &Supply<'_>, at: &MeasuredSpec, pool: PoolId, chips: u32) -> bool {
    let terms = &supply.pools[pool];
    let chip = &supply.chips[terms.chip].name;
    let names = |name: &str| {
        name == terms.instance || name == chip || catalog.chip(name).is_ok_and(|found| found.name == *chip)
    };
    at.chip.as_ref().is_none_or(|at| names(&at.value))
        && at.chips.as_ref().is_none_or(|at| at.value == i64::from(chips))
}

/// A problem for each measured point that no replica of the service takes; `replicas` are its pools and their chips.
pub(super) fn unused_points(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    service: &Named<ServiceSpec>,
    replicas: &[(PoolId, u32)],
) {
    for at in &service.table.replica.measured {
        let leaf = at.leaf();
        if !by_card(&service.table) {
            let message = format!("`{}` states the rates of its replica and measured points of a card", service.path);
            desk.problem(leaf.origin, &leaf.path, message, "leave one of them out");
            return;
        }
        if !replicas.is_empty() && !replicas.iter().any(|(pool, chips)| is_of(desk.catalog, supply, at, *pool, *chips))
        {
            let has: Vec<String> = replicas
                .iter()
                .map(|(pool, chips)| format!("{chips} x {}", supply.chips[supply.pools[*pool].chip].name))
                .collect();
            let message = format!("no replica of `{}` is what was measured; they are {}", service.path, has.join(", "));
            desk.problem(leaf.origin, &leaf.path, message, "correct `chip` or `chips` of the point, or leave it out");
        }
    }
}

/// Why a point cannot be of this replica: it takes no time, or more memory than there is.
fn impossible(what: &Point, card: &Card) -> Option<String> {
    match *what {
        Point::Step { seconds, .. } if seconds <= 0.0 => Some("a step that takes no time".into()),
        Point::Step { batch, context_tokens, .. } if (card.kv_tokens() as f64) < batch as f64 * context_tokens => {
            Some(format!(
                "{batch} requests of {context_tokens} tokens each do not fit: the cache of {} chips holds {} tokens",
                card.deployment.tensor_parallel,
                card.kv_tokens()
            ))
        }
        _ => None,
    }
}

/// What the points make of the card, and how far the farthest of several stays from it.
fn tell_misses(
    desk: &mut Desk<'_>,
    service: &Named<ServiceSpec>,
    chip: &str,
    points: &[Measured],
    modelled: &impl Fn(Lengths) -> Result<Card, perf::Refusal>,
) {
    let ratios: Vec<(Lengths, f64)> =
        points.iter().filter_map(|point| Some((point.lengths, point.over(&modelled(point.lengths).ok()?)))).collect();
    if ratios.is_empty() {
        return;
    }
    let miss = |(lengths, ratio): &(Lengths, f64)| perf::measured_speed(&ratios, *lengths) / ratio - 1.0;
    let farthest = ratios.iter().map(miss).fold(0.0, |a: f64, b| if a.abs() < b.abs() { b } else { a });
    let n = ratios.len();
    desk.note(format!(
        "{}: {n} measured point{} of {chip}, {} of the modelled speed; the card is at most {:+.1} % off {}",
        service.path,
        if n == 1 { "" } else { "s" },
        ratios.iter().map(|(_, ratio)| format!("{ratio:.2}")).collect::<Vec<_>>().join(", "),
        100.0 * farthest,
        if n == 1 { "it" } else { "them" }
    ));
}

/// Whole tokens of a mean request, at least one each.
fn lengths(desk: &mut Desk<'_>, service: &ServiceSpec) -> Lengths {
    let whole =
        |leaf: &Option<crate::spec::Leaf>| leaf.as_ref().map_or(1, |leaf| desk.median(leaf).round().max(1.0) as u64);
    Lengths { input_tokens: whole(&service.demand.input_tokens), output_tokens: whole(&service.demand.output_tokens) }
}

fn is_date(desk: &mut Desk<'_>, date: &At<String>) -> bool {
    let parts: Vec<&str> = date.value.split('-').collect();
    let digits = |(part, width): (&&str, usize)| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
    let good = parts.len() <= 3 && parts.iter().zip([4, 2, 2]).all(digits);
    if !good {
        let message = format!("`{}` is no date", date.value);
        desk.problem(date.origin, &date.path, message, "write one, or its beginning: \"2025-06\"");
    }
    good
}

/// What the table says of a service's requests on its first place; the bound alone where it says so or there is none. Eq. (172) to (174).
pub(super) fn admission(
    desk: &mut Desk<'_>,
    service: &Named<ServiceSpec>,
    bursts: &Bursts,
    (input, output): (f64, f64),
    first: Option<&Replica>,
) -> Admission {
    let table = &service.table;
    let asked = table.admission.as_ref().map(|at| at.value.as_str());
    let Some(replica) = first.filter(|_| asked.unwrap_or(if by_card(table) { "table" } else { "bound" }) == "table")
    else {
        if table.slo.is_some() {
            desk.note(format!(
                "{}.slo is read, and its attainment is not modelled: its admission is the bound alone, write `admission = \"table\"`",
                service.path
            ));
        }
        return Admission::fluid();
    };
    let Rates { prefill, decode } = replica.rates;
    let slo = table.slo.as_ref();
    let mut seconds = |leaf: Option<&crate::spec::Leaf>| leaf.map(|leaf| desk.number(leaf) * 3_600.0);
    let (ttft_s, tpot_s) =
        (seconds(slo.and_then(|slo| slo.ttft.as_ref())), seconds(slo.and_then(|slo| slo.tpot.as_ref())));
    let (input_scv, output_scv) = length_scv(desk, input, output);
    let alone_s = prompts(input, input_scv, |tokens| match &replica.card {
        Some(card) => card.prefill_seconds(tokens.round().clamp(1.0, card.context_tokens() as f64 / 2.0) as u64),
        None => tokens / prefill,
    });
    if let (Some(_), None) = (tpot_s, &replica.card) {
        desk.note(format!(
            "{}.slo.tpot is not modelled: rates alone do not tell the time between tokens, a card does (`model`)",
            service.path
        ));
    }
    let catalog = desk.catalog;
    let share = output / (input + output).max(1e-9);
    let seconds_per_request = input / prefill + output / decode;
    let clocks: Option<Vec<Clock>> = replica.card.as_ref().map(|card| {
        let mixed = card.mixed(input_scv, output_scv);
        let saturated = mixed.saturated();
        let rate = saturated.of_closed_form(&catalog.admission, share) * saturated.output_tokens_per_s;
        catalog.admission.loads().iter().map(|load| mixed.clock(load * rate)).collect()
    });
    // At a load on so many replicas so many requests come.
    let dispersion = |load: f64, replicas: f64| bursts.idc_at(load * replicas / seconds_per_request);
    let asked = Asked { dispersion: &dispersion, output_share: share, seconds_per_request, clocks: clocks.as_deref() };
    catalog.admission.of(&asked).promise(Promise { ttft_s, tpot_s, alone_s })
}

/// Squared coefficients of variation of prompts and answers: those of the mixes of the catalog between which the share of answers lies. Eq. (161).
pub(super) fn length_scv(desk: &Desk<'_>, input: f64, output: f64) -> (f64, f64) {
    let mut mixes: Vec<&RequestMix> = desk.catalog.request_mixes.iter().collect();
    let share = |mix: &RequestMix| mix.output.0 / (mix.input.0 + mix.output.0);
    mixes.sort_by(|a, b| share(a).total_cmp(&share(b)));
    let of = |of: fn(&RequestMix) -> f64| {
        let values: Vec<f64> = mixes.iter().map(|mix| of(mix)).collect();
        desk.catalog.admission.by_mix(&values, output / (input + output).max(1e-9))
    };
    (of(|mix| mix.input.1), of(|mix| mix.output.1))
}

/// Shares of the requests between which prompts are told apart.
const PROMPTS: [f64; 18] =
    [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.94, 0.97, 0.98, 0.988, 0.992, 0.996, 0.999, 1.0];

/// Times that prompts of a lognormal law take, each with its share of the requests.
fn prompts(mean: f64, scv: f64, seconds: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    let Ok(law) = Law::by_mean(LawKind::Lognormal, mean, Some(scv)) else { return vec![(1.0, seconds(mean))] };
    let part = |ends: &[f64]| (ends[1] - ends[0], seconds(law.quantile((ends[0] + ends[1]) / 2.0)));
    PROMPTS.windows(2).map(part).collect()
}
