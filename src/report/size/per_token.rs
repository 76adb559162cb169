//! The chart of sizing that sets chips side by side: what a million tokens cost within the promise. Computes no result.

use super::About;
use super::charts::provenance;
use crate::report::chart::{Axis, Chart, Kind, Part, short};
use crate::report::html::TableView;
use crate::report::replay::Drawn;
use crate::size::{Curve, Level, Levels};
use crate::stats::math::exp;

/// Cost of a million tokens by chip, at the load that was asked for and as full as the promise allows.
pub fn per_token(about: &About<'_>, levels: &Levels) -> Drawn {
    let best: Vec<&Curve> = levels.curves.iter().filter(|curve| curve.best_of_chip).collect();
    let usd = |level: Option<&Level>| level.and_then(|level| level.usd_per_million_tokens);
    let part = |name: &str, of: fn(&Curve) -> Option<&Level>| {
        let values: Vec<Option<f64>> = best.iter().map(|curve| usd(of(curve))).collect();
        let ends = best.iter().zip(&values).map(|(curve, value)| value.map(|value| ends(about, curve, value)));
        Part::of(name, values.clone()).with_ends(ends.collect())
    };
    let chart = Chart {
        title: title(about, &best),
        subtitle: format!(
            "{}. Whole instances over tokens of prompts and answers; whiskers: where the true speed is a standard deviation above or below the card's, which is measured, fitted or extrapolated",
            provenance(about)
        ),
        x: Axis::categories(""),
        y: Axis::linear("USD per million tokens within the promise"),
        kind: Kind::Bars {
            categories: best.iter().map(|curve| category(about, curve)).collect(),
            parts: vec![
                part("at the load that was asked for", |curve| Some(curve.asked())),
                part("at the highest load tried that keeps the promise", Curve::fullest),
            ],
        },
        empty_reason: "nothing keeps the promise".into(),
    };
    let mut out = vec![
        "From the first request to the last answer: filling and draining are in it, of a short load more than of a long one.".to_owned(),
    ];
    if !levels.left_out.is_empty() {
        out.push(format!("Dearer chips without a bar: {}.", levels.left_out.join(", ")));
    }
    Drawn { name: "cost_per_token", chart, table: table(about, &best), notes: out }
}

/// `h100, p5.48xlarge TP 2: fitted`, the word that says how its card is known.
fn category(about: &About<'_>, curve: &Curve) -> String {
    let offer = &about.offers[curve.offer];
    format!("{}, {}: {}", offer.chip, offer.name(), offer.basis.word())
}

/// What it costs where the card is one standard deviation too slow or too fast.
fn ends(about: &About<'_>, curve: &Curve, usd: f64) -> (f64, f64) {
    let sigma = about.offers[curve.offer].basis.uncertainty_sigma();
    (usd * exp(-sigma), usd * exp(sigma))
}

fn title(about: &About<'_>, best: &[&Curve]) -> String {
    let usd = |curve: &Curve| curve.asked().usd_per_million_tokens.unwrap_or(f64::INFINITY);
    let mut order = best.to_vec();
    order.sort_by(|a, b| usd(a).total_cmp(&usd(b)));
    let chip = |curve: &Curve| about.offers[curve.offer].chip.as_str();
    match order[..] {
        [first, second, ..] => format!(
            "At this load a million tokens cost USD {} on {} and USD {} on {}",
            short(usd(first)),
            chip(first),
            short(usd(second)),
            chip(second)
        ),
        [only] => format!("At this load a million tokens cost USD {} on {}", short(usd(only)), chip(only)),
        [] => "Nothing keeps the promise".into(),
    }
}

fn table(about: &About<'_>, best: &[&Curve]) -> TableView {
    let row = |curve: &&Curve| {
        let (offer, asked, fullest) = (&about.offers[curve.offer], curve.asked(), curve.fullest());
        let cost = |level: &Level| level.usd_per_million_tokens.map(short).unwrap_or_default();
        let range = |level: &Level| {
            let ends = level.usd_per_million_tokens.map(|usd| ends(about, curve, usd));
            ends.map(|(low, high)| format!("{} to {}", short(low), short(high))).unwrap_or_default()
        };
        vec![
            offer.chip.clone(),
            format!("{} x {}", curve.instances, offer.name()),
            cost(asked),
            range(asked),
            format!("{:.2}", asked.load),
            fullest.map(cost).unwrap_or_default(),
            fullest.map(range).unwrap_or_default(),
            fullest.map(|level| format!("{:.2}", level.load)).unwrap_or_default(),
            format!("{}, {}", offer.basis.word(), offer.basis.uncertainty_sigma()),
        ]
    };
    let headers = [
        "Chip",
        "Fleet",
        "USD/Mtok as asked",
        "One sigma",
        "Load",
        "USD/Mtok at the fullest",
        "One sigma",
        "Load",
        "Card, sigma",
    ];
    TableView {
        caption: "Cost of a million tokens by chip, at the load that was asked for and at the highest load tried up to which all keep the promise".into(),
        headers: headers.map(str::to_owned).to_vec(),
        numeric: vec![false, false, true, true, true, true, true, true, false],
        rows: best.iter().map(row).collect(),
        ..TableView::default()
    }
}
