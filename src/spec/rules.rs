//! What must hold between the keys of one table. Across tables it is the world that judges.

use super::cook::{Cook, Cooked};
use super::model::{At, Leaf, Origin, Quantity};
use crate::units::Date;
use std::collections::BTreeMap;

/// Judged values of a table by key.
pub(super) type Fields = BTreeMap<&'static str, Cooked>;
/// A rule of one table; it sees the fields that were read, and reports.
pub(super) type Rule = fn(&mut Cook<'_>, &Fields, Origin, &str);

fn date<'a>(fields: &'a Fields, key: &str) -> Option<&'a At<Date>> {
    match fields.get(key) {
        Some(Cooked::Date(date)) => Some(date),
        _ => None,
    }
}
fn text<'a>(fields: &'a Fields, key: &str) -> Option<&'a At<String>> {
    match fields.get(key) {
        Some(Cooked::Text(text)) => Some(text),
        _ => None,
    }
}
fn texts<'a>(fields: &'a Fields, key: &str) -> Option<&'a [At<String>]> {
    match fields.get(key) {
        Some(Cooked::Texts(list)) => Some(list),
        _ => None,
    }
}
fn leaves<'a>(fields: &'a Fields, key: &str) -> Option<&'a [Leaf]> {
    match fields.get(key) {
        Some(Cooked::Leaves(list)) => Some(list),
        _ => None,
    }
}
fn leaf<'a>(fields: &'a Fields, key: &str) -> Option<&'a Leaf> {
    match fields.get(key) {
        Some(Cooked::Leaf(leaf)) => Some(leaf),
        _ => None,
    }
}

/// Whether a key stands in the file and was lost to another problem.
fn absent_for_a_reason(cook: &Cook<'_>, key: &str) -> bool {
    cook.lost.keys.contains(key) || cook.refused.contains(&key)
}

/// `first` must be before `second`.
fn ordered(cook: &mut Cook<'_>, first: Option<&At<Date>>, second: Option<&At<Date>>, or_same: bool) {
    let (Some(first), Some(second)) = (first, second) else { return };
    if first.value < second.value || (or_same && first.value == second.value) {
        return;
    }
    let name = |at: &At<Date>| super::cook::last(&at.path).to_owned();
    let message = format!(
        "`{}` ({}) is not before `{}` ({})",
        name(first),
        first.value.date(),
        name(second),
        second.value.date()
    );
    // The end of a scenario is what the start is measured against; everything else is measured against the scenario.
    let wrong =
        if name(second) == "end" && name(first) != "start" || name(first) == "ordered" { first } else { second };
    cook.error(wrong.origin, &wrong.path, message, format!("`{}` comes first, then `{}`", name(first), name(second)));
}

/// Start before end, the decision between them, a name fit for a folder.
pub(super) fn scenario(cook: &mut Cook<'_>, fields: &Fields, _: Origin, _: &str) {
    let (start, end, decide) = (date(fields, "start"), date(fields, "end"), date(fields, "decide_at"));
    ordered(cook, start, end, false);
    ordered(cook, start, decide, true);
    ordered(cook, decide, end, false);
    if let Some(name) = text(fields, "name") {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if name.value.is_empty() || name.value.len() > 64 || !name.value.bytes().all(plain) {
            let remedy = "it names the output folder: letters, digits, `-`, `_`, at most 64";
            cook.error(name.origin, &name.path, format!("`{}` cannot be the name of a scenario", name.value), remedy);
        }
    }
}

/// Ordered before it comes.
pub(super) fn delivery(cook: &mut Cook<'_>, fields: &Fields, _: Origin, _: &str) {
    ordered(cook, date(fields, "ordered"), date(fields, "at"), true);
}

/// A mix has a weight for every value, and one above zero; elastic gangs have a smallest and a largest size.
pub(super) fn sizes(cook: &mut Cook<'_>, fields: &Fields, origin: Origin, path: &str) {
    let mixed = |key: &&str| ["values", "weights"].contains(key);
    let (mix, elastic): (Vec<&str>, Vec<&str>) = fields.keys().copied().partition(|key| mixed(key));
    if let (Some(one), Some(other)) = (mix.first(), elastic.first()) {
        let message = format!("`{one}` belongs to a mix of sizes and `{other}` to elastic gangs");
        cook.error(origin, path, message, "write one of the two");
    }
    for (this, that) in [("values", "weights"), ("min", "max")] {
        if fields.contains_key(this) && !fields.contains_key(that) && !absent_for_a_reason(cook, that) {
            cook.error(origin, path, format!("`{this}` without `{that}`"), format!("add `{that}`"));
        }
    }
    let (Some(Cooked::Integers(values)), Some(weights)) = (fields.get("values"), leaves(fields, "weights")) else {
        return;
    };
    if values.len() != weights.len() || values.is_empty() {
        let message = format!("{} values but {} weights", values.len(), weights.len());
        cook.error(origin, path, message, "one weight for each value");
    } else {
        some_weight(cook, weights, origin, path);
    }
}

fn some_weight(cook: &mut Cook<'_>, weights: &[Leaf], origin: Origin, path: &str) {
    if !weights.is_empty() && weights.iter().all(|w| w.quantity == Quantity::Fixed(0.0)) {
        cook.error(origin, path, "every weight is zero", "at least one above zero");
    }
}

/// A weight for every year.
pub(super) fn commit(cook: &mut Cook<'_>, fields: &Fields, origin: Origin, path: &str) {
    let (Some(Cooked::Integer(years)), Some(ramp)) = (fields.get("years"), leaves(fields, "ramp")) else { return };
    if years.value as usize != ramp.len() {
        let message = format!("`ramp` has {} weights for {} years", ramp.len(), years.value);
        cook.error(ramp.first().map_or(origin, |leaf| leaf.origin), path, message, "one weight for each contract year");
    } else {
        some_weight(cook, ramp, origin, path);
    }
}

/// A profile of a day or a week.
pub(super) fn stream(cook: &mut Cook<'_>, fields: &Fields, origin: Origin, path: &str) {
    let Some(profile) = leaves(fields, "profile") else { return };
    if profile.len() != 24 && profile.len() != 168 {
        let message = format!("`profile` has {} numbers", profile.len());
        cook.error(profile.first().map_or(origin, |leaf| leaf.origin), path, message, "24 for a day or 168 for a week");
    } else {
        some_weight(cook, profile, origin, path);
    }
}

/// What each shape needs and what it leaves open: `scv`, or `cv`, its root.
pub(super) fn law(cook: &mut Cook<'_>, fields: &Fields, _: Origin, path: &str) {
    let Some(dist) = text(fields, "dist") else { return };
    let shape = dist.value.as_str();
    let (key, spread) = match leaf(fields, "cv") {
        Some(cv) => ("cv", Some(cv)),
        None => ("scv", leaf(fields, "scv")),
    };
    if spread.is_none() && !["constant", "exponential"].contains(&shape) {
        if !absent_for_a_reason(cook, "scv") && !absent_for_a_reason(cook, "cv") {
            let remedy = "the squared coefficient of variation, e.g. scv = 4.0";
            cook.error(dist.origin, path, format!("a law that is {shape} needs `scv`"), remedy);
        }
        return;
    }
    let Some(spread) = spread else { return };
    let fixed = match spread.quantity {
        Quantity::Fixed(x) => Some(if key == "cv" { x * x } else { x }),
        _ => None,
    };
    if let Some((message, remedy)) = refused_spread(shape, key, fixed) {
        cook.error(spread.origin, path, message, remedy);
    }
}

/// What a shape says to its squared coefficient of variation, given by `key`; `fixed` is None where it is not one number.
fn refused_spread(shape: &str, key: &str, fixed: Option<f64>) -> Option<(String, &'static str)> {
    match shape {
        "constant" | "exponential" => {
            let message = format!("a law that is {shape} has no `{key}` to choose");
            Some((message, "take it out, or choose another `dist`"))
        }
        "hyperexponential" if fixed.is_some_and(|x| x < 1.0) => {
            let message = format!("a hyperexponential law has `{key}` of at least 1");
            Some((message, "for less than 1 say dist = \"erlang\""))
        }
        "erlang" if fixed.is_some_and(|x| !(0.0 < x && x <= 1.0)) => {
            let message = format!("an erlang law has `{key}` above 0 and at most 1");
            Some((message, "scv = 1, 0.5, 0.25 ...: one over the number of stages"))
        }
        "gamma" | "weibull" if fixed.is_some_and(|x| x < 1e-4) => {
            let least = if key == "cv" { "0.01" } else { "0.0001" };
            let message = format!("a {shape} law has `{key}` of at least {least}");
            Some((message, "for no variation say dist = \"constant\""))
        }
        "lognormal" if fixed == Some(0.0) => {
            let message = format!("a lognormal law has `{key}` above 0");
            Some((message, "for no variation say dist = \"constant\""))
        }
        _ => None,
    }
}

/// One lab and one cloud.
pub(super) fn contract(cook: &mut Cook<'_>, fields: &Fields, origin: Origin, path: &str) {
    let Some(between) = texts(fields, "between") else { return };
    let labs = between.iter().filter(|name| cook.names.is_lab(&name.value)).count();
    let clouds = between.iter().filter(|name| cook.names.is_cloud(&name.value)).count();
    let known = between.iter().all(|name| cook.names.is_lab(&name.value) || cook.names.is_cloud(&name.value));
    let one_each =
        between.len() == 2 && between.iter().any(|n| cook.names.is_lab(&n.value)) && clouds >= 1 && labs >= 1;
    if (known || between.len() != 2) && !one_each {
        let at = between.first().map_or(origin, |name| name.origin);
        cook.error(at, path, "`between` names one lab and one cloud", "between = [\"lab\", \"cloud\"]");
    }
}

/// A ratio has something to refer to.
pub(super) fn contract_price(cook: &mut Cook<'_>, fields: &Fields, origin: Origin, path: &str) {
    if ["ratio", "ratio_to", "usd_per_chip_hour"].iter().any(|key| absent_for_a_reason(cook, key)) {
        return;
    }
    match (leaf(fields, "ratio"), text(fields, "ratio_to")) {
        (Some(ratio), None) => cook.error(ratio.origin, path, "`ratio` to what?", "add ratio_to = \"capacity_block\""),
        (None, Some(to)) if !fields.contains_key("ratio") => {
            cook.error(to.origin, path, "`ratio_to` without `ratio`", "add ratio = 0.4");
        }
        _ if fields.is_empty() => cook.error(
            origin,
            path,
            "a price needs `ratio` or `usd_per_chip_hour`",
            "ratio_to = \"capacity_block\", ratio = 0.4",
        ),
        _ => {}
    }
}

/// A delay follows a condition.
pub(super) fn tranche(cook: &mut Cook<'_>, fields: &Fields, _: Origin, path: &str) {
    if let (Some(after), Some(_)) = (leaf(fields, "after"), date(fields, "at")) {
        cook.error(
            after.origin,
            path,
            "`after` delays a condition; a date needs no delay",
            "move the date, or say `when`",
        );
    }
}
