//! Measured points of a service's replica, as its scenario states them: which are of which replica, and which cannot be. Makes no card.

use super::cards;
use super::desk::Desk;
use super::gangs::Supply;
use crate::perf::{self, Card, Lengths, Measured, Point};
use crate::spec::{Leaf, MeasuredSpec, MeasuredWhat, Named, ServiceSpec};
use crate::world::catalog::Catalog;
use crate::world::model::PoolId;

/// Measured points of a service that are of this replica; a problem for each that cannot be of it. `modelled` is its card at lengths.
pub(super) fn of_replica(
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
        let point = quantity(desk, at, card.lengths);
        match impossible(at, &point, &modelled) {
            None => found.push(point),
            Some((message, remedy)) => desk.problem(at.leaf().origin, &at.leaf().path, message, remedy),
        }
    }
    let chip = &supply.chips[supply.pools[pool].chip].name;
    tell_misses(desk, service, chip, &found, &modelled);
    found
}

/// What was measured, at the demand's lengths where it names none.
fn quantity(desk: &mut Desk<'_>, at: &MeasuredSpec, usual: Lengths) -> Measured {
    let whole =
        |leaf: &Option<Leaf>, usual: u64| leaf.as_ref().map_or(usual, |leaf| desk.median(leaf).round().max(1.0) as u64);
    let lengths = Lengths {
        input_tokens: whole(&at.input_tokens, usual.input_tokens),
        output_tokens: whole(&at.output_tokens, usual.output_tokens),
    };
    let value = desk.number(at.leaf());
    let what = match &at.what {
        MeasuredWhat::Rate(_) => Point::OutputPerS(value),
        MeasuredWhat::Step(_) => {
            let mean = lengths.input_tokens as f64 + lengths.output_tokens as f64 / 2.0;
            let context_tokens = at.context_tokens.as_ref().map_or(mean, |leaf| desk.number(leaf));
            let batch = at.batch.as_ref().map_or(1, |at| at.value.max(1) as u64);
            Point::Step { batch, context_tokens, seconds: value * 3_600.0 }
        }
    };
    Measured { lengths, what }
}

/// Why a point cannot be of this replica, and the cure: longer than the model's context, a step without time or with more than memory holds, a rate with a batch.
fn impossible(
    at: &MeasuredSpec,
    point: &Measured,
    modelled: &impl Fn(Lengths) -> Result<Card, perf::Refusal>,
) -> Option<(String, &'static str)> {
    let card = match modelled(point.lengths) {
        Ok(card) => card,
        Err(refusal) => return Some((refusal.to_string(), "correct the lengths of what was measured")),
    };
    let check = "check the number and what it was measured on";
    match point.what {
        Point::OutputPerS(_) if at.batch.is_some() || at.context_tokens.is_some() => Some((
            "`batch` and `context_tokens` are of a `step`, and this is a rate where more than enough waits".into(),
            "leave them out, or give the time of the step",
        )),
        Point::OutputPerS(_) => None,
        Point::Step { seconds, .. } if seconds <= 0.0 => Some(("a step that takes no time".into(), check)),
        Point::Step { batch, context_tokens, .. } => {
            let (chips, room) = (card.deployment.tensor_parallel, card.kv_tokens());
            let message = format!(
                "{batch} requests of {context_tokens} tokens each do not fit: the cache of {chips} chips holds {room} tokens"
            );
            ((room as f64) < batch as f64 * context_tokens).then_some((message, check))
        }
    }
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
pub(super) fn unused(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    service: &Named<ServiceSpec>,
    replicas: &[(PoolId, u32)],
) {
    for at in &service.table.replica.measured {
        let leaf = at.leaf();
        if !cards::by_card(&service.table) {
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
