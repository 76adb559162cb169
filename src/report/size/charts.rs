//! Charts of sizing: what candidates cost with the error of their cards, and who is served in time by what the fleet costs.

use super::About;
use super::by_load::{frontier, latency};
use super::per_token::per_token;
use crate::report::chart::{Axis, Chart, Kind, Line, Part, Reference, short};
use crate::report::html::TableView;
use crate::report::replay::Drawn;
use crate::report::table::show;
use crate::size::{Levels, Mix};
use crate::stats::math::exp;

/// Candidates of the chart of cost.
const BARS: usize = 12;

/// Every chart, in reading order; none where nothing keeps the promise.
pub fn charts(about: &About<'_>, levels: &Levels) -> Vec<Drawn> {
    if about.answer.found.is_none() {
        return Vec::new();
    }
    vec![cost(about), per_token(about, levels), attainment(about), latency(about, levels), frontier(about, levels)]
}

/// Load, promise and price: the begin of every subtitle.
pub(super) fn provenance(about: &About<'_>) -> String {
    format!(
        "{}, {} requests at {} a second; {}; {}",
        about.model,
        show(about.requests as f64),
        show(about.per_s),
        about.promised(),
        about.price
    )
}

/// What it costs where the card is one standard deviation too slow or too fast.
fn ends(about: &About<'_>, mix: &Mix) -> (f64, f64) {
    let (_, sigma) = about.known(mix);
    (mix.usd_per_hour * exp(-sigma), mix.usd_per_hour * exp(sigma))
}

fn cost(about: &About<'_>) -> Drawn {
    let ranked = about.listed();
    let listed = &ranked[..ranked.len().min(BARS)];
    let title = match (ranked.first(), ranked.get(1)) {
        (Some(first), Some(second)) => format!(
            "{} at USD {} an hour is the cheapest{}",
            about.named(&first.parts),
            short(first.usd_per_hour),
            margin(about, second.usd_per_hour / first.usd_per_hour - 1.0)
        ),
        (Some(first), None) => format!("Only {} keeps the promise", about.named(&first.parts)),
        _ => "Nothing keeps the promise".into(),
    };
    let part = Part::new("USD per hour, whole instances", listed.iter().map(|mix| mix.usd_per_hour))
        .with_ends(listed.iter().map(|mix| Some(ends(about, mix))).collect());
    let chart = Chart {
        title,
        subtitle: format!(
            "{}. Whiskers: where the true speed is a standard deviation above or below the card's",
            provenance(about)
        ),
        x: Axis::categories(""),
        y: Axis::linear("Price of the smallest fleet that keeps the promise [USD/h]"),
        kind: Kind::Bars { categories: listed.iter().map(|mix| about.named(&mix.parts)).collect(), parts: vec![part] },
        empty_reason: "nothing keeps the promise".into(),
    };
    let headers = [
        "",
        "Replicas",
        "USD/h",
        "USD/Mtok",
        "Attained [%]",
        "95 % interval",
        "TTFT p99 [s]",
        "TPOT p99 [ms]",
        "Card, sigma",
    ];
    let table = TableView {
        caption: "Candidates, each in its smallest number".into(),
        headers: headers.map(str::to_owned).to_vec(),
        numeric: vec![false, true, true, true, true, true, true, true, false],
        rows: listed.iter().map(|mix| row(about, mix)).collect(),
        ..TableView::default()
    };
    let more = about.ranked().len() - listed.len();
    let mut notes = vec![
        "USD/Mtok: price x seconds from the first request to the last answer over tokens of prompts and answers, used or not (Eq. (141)); filling and draining are in it"
            .into(),
    ];
    if 0 < more {
        notes.push(format!("{more} more in candidates.csv"));
    }
    Drawn { name: "cost", chart, table, notes }
}

/// By how much, and whether that is more than the cards are wrong by.
fn margin(about: &About<'_>, share: f64) -> String {
    if share <= 0.0 {
        return ", beside another of that price".into();
    }
    let doubt = about.answer.found.as_ref().and_then(|found| found.apart).is_some_and(|apart| !apart.is_told());
    let doubt = if doubt { ", less than the cards can tell" } else { "" };
    format!(" by {:.1} %{doubt}", 100.0 * share)
}

fn row(about: &About<'_>, mix: &Mix) -> Vec<String> {
    let (trial, (basis, sigma)) = (&mix.trial, about.known(mix));
    let cell = |value: Option<f64>| value.map(show).unwrap_or_default();
    vec![
        about.named(&mix.parts),
        trial.replicas.to_string(),
        show(mix.usd_per_hour),
        cell(trial.usd_per_million_tokens(mix.usd_per_hour)),
        format!("{:.2}", 100.0 * trial.share()),
        trial.ends.map(|(low, high)| format!("{:.2} to {:.2}", 100.0 * low, 100.0 * high)).unwrap_or_default(),
        cell(trial.ttft_s[1]),
        cell(trial.tpot_s[1].map(|s| s * 1e3)),
        format!("{basis}, {sigma}"),
    ]
}

fn attainment(about: &About<'_>) -> Drawn {
    let usd = |offer: usize, n: u32| f64::from(n) * about.offers[offer].usd_per_instance_hour;
    let mut series = Vec::new();
    let mut rows = Vec::new();
    for (offer, curve) in &about.answer.curves {
        let points = curve.iter().map(|(n, trial)| (usd(*offer, *n), 100.0 * trial.share()));
        series.push(Line::new(about.offers[*offer].name(), points));
        rows.extend(curve.iter().map(|(n, trial)| {
            vec![
                about.offers[*offer].name(),
                n.to_string(),
                trial.replicas.to_string(),
                show(usd(*offer, *n)),
                format!("{:.2}", 100.0 * trial.share()),
                show(trial.busy),
            ]
        }));
    }
    let share = 100.0 * about.promise.share;
    let chart = Chart {
        title: title(about),
        subtitle: format!("{}. The same arrivals for every fleet; one line a chip", provenance(about)),
        x: Axis::linear("Price of the fleet [USD/h]"),
        y: Axis::linear("Requests within the promise [%]"),
        kind: Kind::Lines {
            series,
            references: vec![Reference { name: format!("promised {} %", show(share)), value: share }],
        },
        empty_reason: "nothing keeps the promise".into(),
    };
    let table = TableView {
        caption: "Attained share by size of the fleet".into(),
        headers: ["", "Instances", "Replicas", "USD/h", "Attained [%]", "Busy"].map(str::to_owned).to_vec(),
        numeric: vec![false, true, true, true, true, true],
        rows,
        ..TableView::default()
    };
    Drawn { name: "attainment", chart, table, notes: Vec::new() }
}

/// What fewer of the cheapest of its kind would mean.
fn title(about: &About<'_>) -> String {
    let half = about.answer.curves.first().and_then(|(offer, curve)| {
        let kept = about.answer.candidates.iter().find(|candidate| candidate.offer == *offer)?.mix.as_ref()?;
        let (n, trial) = curve.iter().rev().find(|(n, _)| *n < kept.parts[0].1)?;
        Some(format!(
            "With {n} in place of {} {} only {:.1} % of the requests are served in time",
            kept.parts[0].1,
            about.offers[*offer].name(),
            100.0 * trial.share()
        ))
    });
    half.unwrap_or_else(|| "Who is served in time, by what the fleet costs".into())
}
