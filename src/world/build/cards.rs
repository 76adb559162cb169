//! Replicas of services by the cards of their models, and what the table of admission says of them. Measures nothing.

use super::beyond;
use super::desk::{Desk, did_you_mean};
use super::gangs::Supply;
use super::points;
use crate::perf::{self, Admission, Asked, Card, Clock, Deployment, Lengths, Precision, Promise, Range, Refusal};
use crate::spec::{At, Named, ServiceSpec};
use crate::stats::law::{Law, LawKind};
use crate::units::thousands;
use crate::world::bursts::Bursts;
use crate::world::catalog::{NoParts, RequestMix};
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
        // Without an instance the widest scale-up domain of the chip's stands in.
        Ok(parts) => match catalog.instance(&supply.pools[pool].instance) {
            Ok(instance) => parts.on(instance),
            Err(_) => parts,
        },
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
        let of = points::Of {
            pool,
            card: &card,
            bound: perf::Bound { chip: hardware, model: shape, deployment: card.deployment },
            modelled: |lengths| perf::card(hardware, shape, card.deployment, lengths, &shares, fitted, &[]),
        };
        let points = points::of_replica(desk, supply, service, &of);
        if points.is_empty() {
            return Ok(card);
        }
        perf::card(hardware, shape, card.deployment, lengths, &shares, fitted, &points)
    });
    let card = match made {
        Ok(card) => card,
        Err(refusal) => {
            let message = format!("`{}` on {chip}: {refusal}", service.path);
            let remedy = remedy(&refusal, chips.is_some());
            match (&refusal, written.chips.first()) {
                (Refusal::Domain { .. }, Some(at)) => {
                    desk.problem(at.origin, &format!("{}.replica.chips", service.path), message, remedy);
                }
                _ => desk.problem(model.origin, &model.path, message, remedy),
            }
            return None;
        }
    };
    if let Some(told) = hardware.told_of(card.deployment.tensor_parallel) {
        desk.note(format!("replica of `{}` on pool `{}`: {told}", service.path, supply.pools[pool].name));
    }
    let (input, output) = (lengths.input_tokens as f64, lengths.output_tokens as f64);
    let (input_scv, output_scv) = length_scv(desk, input, output);
    let mixed = card.mixed(input_scv, output_scv);
    let ratio = mixed.saturated().of_closed_form(&desk.catalog.admission, output / (input + output));
    let (prefill, decode) = mixed.tokens_per_replica_hour(mixed.saturated().batch);
    let rates = Rates { prefill: prefill * ratio / 3_600.0, decode: decode * ratio / 3_600.0 };
    Some(Replica { chips: card.deployment.tensor_parallel, rates, sigma: card.uncertainty_sigma(), card: Some(card) })
}

/// What helps against a refusal; `stated`: the file says of how many chips a replica is, else every number was tried.
fn remedy(refusal: &Refusal, stated: bool) -> &'static str {
    match refusal {
        Refusal::Memory { .. } if stated => "more chips a replica, a smaller precision, or another pool",
        Refusal::Memory { .. } => "a smaller precision, shorter requests, or another pool",
        Refusal::Context { .. } => "fewer `input_tokens` or `output_tokens`, or a model of a longer context",
        Refusal::Peak { has, .. } if has.is_empty() => "leave the pool out",
        Refusal::Peak { .. } => "name one of these in `replica.precision`, or leave the pool out",
        Refusal::Link { .. } => "replicas of one chip, or another pool",
        Refusal::Domain { .. } => "as many as the scale-up domain has, fewer, or 2, 3 ... whole ones; or another pool",
        Refusal::Value { .. } => "another value of that key of `replica`",
    }
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
    range: &Range,
) -> Admission {
    let table = &service.table;
    refuse_tpot_without_answers(desk, service, output);
    let asked = table.admission.as_ref().map(|at| at.value.as_str());
    let by_table = asked.unwrap_or(if by_card(table) { "table" } else { "bound" }) == "table";
    let played = table.tier.as_ref().is_some_and(|at| at.value == "request");
    if !by_table || played {
        tell_overload(desk, service, range);
    }
    let Some(replica) = first.filter(|_| by_table) else {
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
    // Rates that move are no clumps of requests: the service goes through their loads.
    let dispersion = bursts.idc;
    let asked = Asked { dispersion, output_share: share, seconds_per_request, clocks: clocks.as_deref() };
    if !played {
        beyond::tell(desk, service, &asked, range);
    }
    catalog.admission.of(&asked).promise(Promise { ttft_s, tpot_s, alone_s })
}

/// Time per token after the first is promised to nobody who gets none.
fn refuse_tpot_without_answers(desk: &mut Desk<'_>, service: &Named<ServiceSpec>, output: f64) {
    let Some(tpot) = service.table.slo.as_ref().and_then(|slo| slo.tpot.as_ref()).filter(|_| output <= 0.0) else {
        return;
    };
    let message = format!("`{}` promises time per token of answers, and `output_tokens` is 0", tpot.path);
    desk.problem(tpot.origin, &tpot.path, message, "leave it out, or state how long answers are");
}

/// A peak that all replicas together cannot serve, where the table does not tell it.
fn tell_overload(desk: &mut Desk<'_>, service: &Named<ServiceSpec>, range: &Range) {
    // Not for a load of 1 to within rounding.
    if range.peak_load < 1.005 {
        return;
    }
    let load = if range.peak_load < 100.0 {
        format!("{:.2}", range.peak_load)
    } else {
        thousands(range.peak_load.round() as u64)
    };
    desk.note(format!(
        "{} asks at its peak for {load} times what all replicas it may have can do: the rest it does not serve",
        service.path
    ));
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
