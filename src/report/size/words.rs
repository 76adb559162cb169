//! The answer of sizing in sentences: the cheapest, how it was verified, the runner-up, what binds, what was not tried.

use super::About;
use crate::report::chart::percent;
use crate::report::table::show;
use crate::size::{Binding, Found, Mix};
use std::collections::BTreeMap;

/// Every sentence, the answer first; none where nothing keeps the promise.
pub fn sentences(about: &About<'_>) -> Vec<String> {
    let Some(found) = &about.answer.found else { return Vec::new() };
    let mut lines = vec![cheapest(about, &found.best), verified(about, &found.best)];
    lines.extend(whole(about, found));
    lines.extend(runner_up(about, found));
    lines.push(binding(about, found));
    lines.push(headroom(about, found));
    lines.push(sought(about));
    lines.extend(not_tried(about));
    lines
}

fn cheapest(about: &About<'_>, mix: &Mix) -> String {
    let each = mix.trial.usd_per_million_tokens(mix.usd_per_hour);
    format!(
        "cheapest: {} = {} replicas at {}, USD {} an hour ({}; whole instances are paid), USD {} per million tokens by allocation, from the first request to the last answer: {} of that time is after the last request",
        about.named(&mix.parts),
        mix.trial.replicas,
        about.precisions(mix),
        show(mix.usd_per_hour),
        about.price,
        each.map_or("-".into(), show),
        percent(mix.trial.drain_s / mix.trial.duration_s)
    )
}

/// What the request tier showed of it.
fn verified(about: &About<'_>, mix: &Mix) -> String {
    let trial = &mix.trial;
    let time = |value: Option<f64>, unit: f64| value.map_or("-".into(), |value| show(value * unit));
    let ends = trial.ends.map_or(" (too few for an interval)".into(), |(low, high)| {
        format!(" (95 % interval {} to {})", exact(low), exact(high))
    });
    let mut line = format!(
        "verified on {} requests: {} attained{ends}; TTFT p50 {} s, p99 {} s; TPOT p50 {} ms, p99 {} ms; {} gave up; replicas busy {}",
        show(trial.requests as f64),
        exact(trial.share()),
        time(trial.ttft_s[0], 1.0),
        time(trial.ttft_s[1], 1.0),
        time(trial.tpot_s[0], 1e3),
        time(trial.tpot_s[1], 1e3),
        trial.shed,
        percent(trial.busy)
    );
    if 0 < trial.refused {
        line += &format!("; {} are longer than memory or context and count as missed", trial.refused);
    }
    if trial.ends.is_none_or(|(low, _)| low < about.promise.share) {
        line += "; the interval reaches below what is promised: on other requests of this kind it may be missed";
    }
    line
}

/// A share near 1, with enough digits to be told from the promised one.
fn exact(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

fn whole(about: &About<'_>, found: &Found) -> Option<String> {
    let needed = found.replicas_needed.filter(|needed| *needed < found.best.trial.replicas)?;
    let [(offer, _)] = found.best.parts[..] else { return None };
    Some(format!(
        "{needed} of its {} replicas would do: a {} has {} and is paid whole",
        found.best.trial.replicas, about.offers[offer].instance, about.offers[offer].replicas_per_instance
    ))
}

fn runner_up(about: &About<'_>, found: &Found) -> Vec<String> {
    let (Some(second), Some(apart)) = (&found.second, &found.apart) else {
        return vec!["runner-up: none, nothing else keeps the promise".into()];
    };
    let ((a, sigma_a), (b, sigma_b)) = (about.known(&found.best), about.known(second));
    let judged = if apart.sigma == 0.0 {
        "both stand on the same cards, whose error moves both alike".to_owned()
    } else {
        let verdict = if apart.is_told() { "told apart" } else { "the two cannot be told apart" };
        format!(
            "{verdict}: cards' error {} (one standard deviation of the ratio of their speeds; {a} {sigma_a}, {b} {sigma_b}), margin {}",
            percent(apart.sigma),
            percent(apart.share)
        )
    };
    let mut lines = vec![format!(
        "runner-up: {}, USD {} an hour, USD {} ({}) more; {judged}",
        about.named(&second.parts),
        show(second.usd_per_hour),
        show(apart.usd_per_hour),
        percent(apart.share)
    )];
    if let Some(other) = found.other_chips.as_ref().filter(|other| !other.is_made_as(second, about.offers)) {
        lines.push(format!(
            "cheapest on other chips: {}, USD {} an hour, {} more ({} {})",
            about.named(&other.parts),
            show(other.usd_per_hour),
            percent(other.usd_per_hour / found.best.usd_per_hour - 1.0),
            about.known(other).0,
            about.known(other).1
        ));
    }
    lines
}

/// Which constraint stands in the way of something cheaper.
pub fn binding(about: &About<'_>, found: &Found) -> String {
    let mut bound: Vec<&Binding> = found.bindings.iter().filter(|binding| 0.0 < binding.saves_usd_per_hour).collect();
    bound.sort_by(|a, b| b.saves_usd_per_hour.total_cmp(&a.saves_usd_per_hour));
    let throughput = found.load_with_one_less.filter(|load| 1.0 <= *load);
    let mut words: Vec<String> = bound
        .iter()
        .map(|binding| {
            format!(
                "{} ({} {} would do, USD {} an hour less)",
                binding.constraint.word(),
                binding.constraint.without(),
                about.named(&binding.parts),
                show(binding.saves_usd_per_hour)
            )
        })
        .collect();
    if let Some(load) = throughput {
        words.insert(
            0,
            format!("throughput (with one instance less the load is {} of what saturated replicas serve)", show(load)),
        );
    }
    let free: Vec<&str> = found
        .bindings
        .iter()
        .filter(|binding| binding.saves_usd_per_hour <= 0.0)
        .map(|binding| binding.constraint.word())
        .collect();
    let free = if free.is_empty() { String::new() } else { format!("; not {}", free.join(", ")) };
    match words.is_empty() {
        true if found.best.parts.iter().map(|part| part.1).sum::<u32>() == 1 => {
            format!("binds: one instance is the least that can be bought{free}")
        }
        true => format!("binds: no constraint alone, taken away, lets fewer of these instances do{free}"),
        false => format!("binds: {}{free}", words.join("; ")),
    }
}

fn headroom(about: &About<'_>, found: &Found) -> String {
    let d = &about.dispersion;
    let mut line = format!(
        "bursts: {} requests a second, index of dispersion {} in {} windows of {} s",
        show(about.per_s),
        show(d.index),
        show(d.windows as f64),
        show(d.window_s)
    );
    line += &format!("; the load is {} of what the answer's saturated replicas serve", show(found.load));
    if 1.0 <= found.load {
        line += ": not settled, a longer load may need more (`--requests`)";
    }
    if let Some(by_table) = about.by_table(&found.best) {
        line += &format!("; the table of admission takes {by_table} replicas, verified {}", found.best.trial.replicas);
    }
    line
}

fn sought(about: &About<'_>) -> String {
    let (answer, tried) = (about.answer, &about.answer.tried);
    let left = match tried.left {
        0 => String::new(),
        n => format!(", {n} of them left untried: a cheaper mix is not ruled out"),
    };
    format!(
        "sought: {} candidates alone; mixes of two among {} of them, {} combinations that might be cheaper{left}; {} runs of the request tier on the same arrivals",
        answer.candidates.len(),
        tried.offers,
        tried.rows,
        answer.runs
    )
}

/// What was not tried, by reason, with one example each.
pub fn not_tried(about: &About<'_>) -> Vec<String> {
    let mut kinds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, passed) in about.passed.iter().enumerate() {
        kinds.entry(passed.kind).or_default().push(at);
    }
    let line = |(kind, places): (&str, Vec<usize>)| {
        let said = match kind {
            "price" => "have no such price",
            "memory" => "cannot hold the model or have no peak or link for it",
            "slo" => "are too slow even for a request alone",
            _ => "lack published figures",
        };
        let first = &about.passed[places[0]];
        let chips = first.chips_per_replica.map(|n| format!(" TP {n}")).unwrap_or_default();
        format!("not tried: {} {said}, e.g. {}{chips}: {}", places.len(), first.instance, first.why)
    };
    kinds.into_iter().map(line).collect()
}
