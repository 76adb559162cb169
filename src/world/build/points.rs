//! Measured points of a service's replica, as its scenario states them: which are of which replica, and which cannot be. Makes no card.

use super::assumptions::number;
use super::cards;
use super::desk::Desk;
use super::gangs::Supply;
use crate::perf::{self, Bound, Card, Lengths, Measured, Point};
use crate::spec::{Leaf, MeasuredSpec, MeasuredWhat, Named, Origin, ServiceSpec};
use crate::units::thousands;
use crate::world::catalog::Catalog;
use crate::world::model::PoolId;

/// A replica that points may be of: its chips, its model, and its card at any lengths.
pub(super) struct Of<'a, F: Fn(Lengths) -> Result<Card, perf::Refusal>> {
    pub pool: PoolId,
    pub card: &'a Card,
    pub bound: Bound<'a>,
    pub modelled: F,
}

/// Measured points of a service that are of this replica; a problem for each that cannot be of it.
pub(super) fn of_replica<F: Fn(Lengths) -> Result<Card, perf::Refusal>>(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    service: &Named<ServiceSpec>,
    of: &Of<'_, F>,
) -> Vec<Measured> {
    let here = |at: &&MeasuredSpec| is_of(desk.catalog, supply, at, of.pool, of.card.deployment.tensor_parallel);
    let mine: Vec<&MeasuredSpec> = service.table.replica.measured.iter().filter(here).collect();
    let mut found: Vec<(&MeasuredSpec, Measured)> = Vec::new();
    for at in mine {
        let point = quantity(desk, at, of.card.lengths);
        let wrong = impossible(desk, at, &point, of);
        if wrong.is_empty() {
            found.push((at, point));
        }
        for Wrong { origin, path, message, remedy } in wrong {
            desk.problem(origin, &path, message, remedy);
        }
    }
    refuse_contradictions(desk, &found);
    let points: Vec<Measured> = found.into_iter().map(|(_, point)| point).collect();
    let chip = &supply.chips[supply.pools[of.pool].chip].name;
    tell_misses(desk, service, chip, &points, of);
    points
}

/// A problem for each point that one replica cannot have done beside one before it.
fn refuse_contradictions(desk: &mut Desk<'_>, points: &[(&MeasuredSpec, Measured)]) {
    for (n, (at, point)) in points.iter().enumerate() {
        let other = points[..n].iter().find_map(|(_, other)| {
            let pair = if point.contradicts(other) { (point, other) } else { (other, point) };
            pair.0.contradicts(pair.1).then_some(pair)
        });
        let Some((less, more)) = other else { continue };
        let message = match less.what {
            Point::Step { .. } => {
                format!("{}, but {}: no more to do and longer", words(less), words(more))
            }
            Point::OutputPerS(_) => format!("{}, but {}: prompts no longer and slower", words(less), words(more)),
        };
        let remedy = "leave out the one that is wrong; two measurements of one replica differ by a third at most, 95 times of 100";
        desk.problem(at.leaf().origin, &at.leaf().path, message, remedy);
    }
}

/// `8 requests of 1,000 tokens each take 20 ms`.
fn words(point: &Measured) -> String {
    let Lengths { input_tokens, output_tokens } = point.lengths;
    match point.what {
        Point::Step { batch, context_tokens, seconds } => format!(
            "{} {} {} ms",
            requests(batch, context_tokens),
            if batch == 1 { "takes" } else { "take" },
            number(round(1e3 * seconds))
        ),
        Point::OutputPerS(rate) => format!(
            "requests of {} tokens in and {} out come to {} tokens/s",
            thousands(input_tokens),
            thousands(output_tokens),
            decimal(rate)
        ),
    }
}

/// `8 requests of 1,000 tokens each`.
fn requests(batch: u64, context_tokens: f64) -> String {
    let tokens = thousands(context_tokens.round() as u64);
    match batch {
        1 => format!("1 request of {tokens} tokens"),
        _ => format!("{} requests of {tokens} tokens each", thousands(batch)),
    }
}

/// Four digits.
fn round(x: f64) -> f64 {
    format!("{x:.3e}").parse().expect("a number")
}

fn decimal(x: f64) -> String {
    if x < 1e3 { number(round(x)) } else { thousands(x.round() as u64) }
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

/// What is wrong with a point, and at which of its keys.
struct Wrong {
    origin: Origin,
    path: String,
    message: String,
    remedy: String,
}

/// Why a point cannot be of this replica, each with the cure: longer than the model's context, a step without time or with more than memory holds,
/// a rate with a batch, and what the chip cannot do at 100 % of its peaks.
fn impossible<F: Fn(Lengths) -> Result<Card, perf::Refusal>>(
    desk: &Desk<'_>,
    at: &MeasuredSpec,
    point: &Measured,
    of: &Of<'_, F>,
) -> Vec<Wrong> {
    let wrong = |(origin, path): (Origin, &str), message: String, remedy: &str| Wrong {
        origin,
        path: path.to_owned(),
        message,
        remedy: remedy.to_owned(),
    };
    fn leaf(leaf: &Leaf) -> (Origin, &str) {
        (leaf.origin, &leaf.path)
    }
    let (itself, check) = (leaf(at.leaf()), "check the number and what it was measured on");
    let batch = at.batch.as_ref().map(|at| (at.origin, at.path.as_str()));
    let context = at.context_tokens.as_ref().map(leaf);
    let card = match (of.modelled)(point.lengths) {
        Ok(card) => card,
        Err(refusal) => {
            let longer = |leaf: &&Leaf| desk.median(leaf);
            let written = at.input_tokens.iter().chain(&at.output_tokens);
            let longest = written.max_by(|a, b| longer(a).total_cmp(&longer(b))).map_or(itself, leaf);
            return vec![wrong(longest, refusal.to_string(), "correct the lengths of what was measured")];
        }
    };
    let chip = format!("{} x {}", card.deployment.tensor_parallel, of.bound.chip.name);
    match point.what {
        Point::OutputPerS(_) if batch.is_some() || context.is_some() => {
            let told = [("batch", batch), ("context_tokens", context)];
            let stray = |(key, at): (&str, Option<(Origin, &str)>)| {
                let message = format!("`{key}` is of a `step`, and this is a rate where more than enough waits");
                Some(wrong(at?, message, "leave it out, or give the time of the step"))
            };
            told.into_iter().filter_map(stray).collect()
        }
        Point::OutputPerS(rate) => {
            let most = of.bound.output_per_s(point.lengths).filter(|most| *most < rate);
            let beyond = |most: f64| {
                let message = format!(
                    "{}, and all of the peak arithmetic and memory bandwidth of {chip} is enough for {}",
                    words(point),
                    decimal(most)
                );
                wrong(itself, message, "check the number, its unit, and the chips and `precision` it was measured on")
            };
            most.map(beyond).into_iter().collect()
        }
        Point::Step { seconds, .. } if seconds <= 0.0 => {
            vec![wrong(itself, "a step that takes no time".into(), check)]
        }
        Point::Step { batch: running, context_tokens, seconds } => {
            let (chips, room) = (card.deployment.tensor_parallel, card.kv_tokens());
            if (room as f64) < running as f64 * context_tokens {
                let message = format!(
                    "{} do not fit: the cache of {chips} chips holds {} tokens",
                    requests(running, context_tokens),
                    thousands(room)
                );
                return vec![wrong(batch.or(context).unwrap_or(itself), message, check)];
            }
            let least = of.bound.step_seconds(running, context_tokens).filter(|least| seconds < *least);
            let beyond = |least: f64| {
                let message = format!(
                    "{}, and with all of its peak arithmetic and memory bandwidth {chip} needs {} ms",
                    words(point),
                    number(round(1e3 * least))
                );
                wrong(itself, message, "check the number, its unit, and the chips and `precision` it was measured on")
            };
            least.map(beyond).into_iter().collect()
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
            // The key that differs: the number of chips where the chip is right.
            let same_chip = MeasuredSpec { chips: None, ..at.clone() };
            let right = replicas.iter().any(|(pool, chips)| is_of(desk.catalog, supply, &same_chip, *pool, *chips));
            let chips = at.chips.as_ref().filter(|_| right).map(|at| (at.origin, &at.path));
            let chip = at.chip.as_ref().map(|at| (at.origin, &at.path));
            let (origin, path) = chips.or(chip).unwrap_or((leaf.origin, &leaf.path));
            desk.problem(origin, path, message, "correct `chip` or `chips` of the point, or leave it out");
        }
    }
}

/// What the points make of the card, how far the farthest of several stays from it, and what their scatter makes of its sigma.
fn tell_misses<F: Fn(Lengths) -> Result<Card, perf::Refusal>>(
    desk: &mut Desk<'_>,
    service: &Named<ServiceSpec>,
    chip: &str,
    points: &[Measured],
    of: &Of<'_, F>,
) {
    let ratio = |point: &Measured| Some((point.lengths, point.over(&(of.modelled)(point.lengths).ok()?)));
    let ratios: Vec<(Lengths, f64)> = points.iter().filter_map(ratio).collect();
    if ratios.is_empty() {
        return;
    }
    let miss = |(lengths, ratio): &(Lengths, f64)| perf::measured_speed(&ratios, *lengths).value / ratio - 1.0;
    let farthest = ratios.iter().map(miss).fold(0.0, |a: f64, b| if a.abs() < b.abs() { b } else { a });
    let scatter = perf::measured_speed(&ratios, of.card.lengths).scatter;
    let n = ratios.len();
    desk.note(format!(
        "{}: {n} measured point{} of {chip}, {} of the modelled speed; the card is at most {:+.1} % off {}{}",
        service.path,
        if n == 1 { "" } else { "s" },
        ratios.iter().map(|(_, ratio)| format!("{ratio:.2}")).collect::<Vec<_>>().join(", "),
        100.0 * farthest,
        if n == 1 { "it" } else { "them" },
        if scatter < 0.005 {
            String::new()
        } else {
            format!("; their scatter adds {scatter:.2} to its sigma, in squares")
        }
    ));
}
