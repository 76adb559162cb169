//! The page of a replay of requests: the charts with their numbers, what tokens cost, what was found in the log.

use super::About;
use crate::replay::Tariff;
use crate::replay::requests::Figures;
use crate::report::html::{self, Page, Section, TableView};
use crate::report::replay::Drawn;
use crate::report::table::{Table, show};

/// The page as one HTML file; `svgs` run along `drawn`.
pub fn page(
    about: &About<'_>,
    figures: &Figures,
    table: &Table,
    notes: &[String],
    drawn: &[Drawn],
    svgs: &[String],
    tariff: Option<&Tariff>,
) -> String {
    let mut sections: Vec<Section> = drawn.iter().zip(svgs).map(|(drawn, svg)| drawn.section(svg)).collect();
    if let Some(tariff) = tariff {
        sections.push(Section {
            heading: "What tokens cost".into(),
            paragraphs: vec![tariff.sentence()],
            table: Some(costs(figures)),
            notes: vec![
                "by allocation a replica costs for as long as it runs, by usage for as long as it is in an iteration: the difference is the price \
                 of being ready"
                    .into(),
            ],
            ..Section::default()
        });
    }
    sections.push(Section {
        heading: "What was found in the log, and stated for the replicas".into(),
        paragraphs: notes.to_vec(),
        ..Section::default()
    });
    let page = Page {
        title: format!("Replay of {}", about.log),
        question: about.rules.clone(),
        verdict: drawn.iter().map(|drawn| format!("{}.", drawn.chart.title)).chain(table.notes.iter().cloned()).collect(),
        sections,
        assumptions: None,
        not_modelled: vec![
            "Users who would have asked otherwise had they waited otherwise; sessions whose next question waits for the last answer.".into(),
            "Network and tokenizer time before a replica and behind it.".into(),
            "Failures of replicas.".into(),
        ],
        footer: format!("hedgerow {}", env!("CARGO_PKG_VERSION")),
    };
    html::render(&page)
}

fn costs(figures: &Figures) -> TableView {
    let cost = figures.cost.as_ref().expect("with a price there is a cost");
    let cell = |value: Option<f64>| value.map(show).unwrap_or_default();
    let row =
        |name: &str, allocation: Option<f64>, usage: Option<f64>| vec![name.to_owned(), cell(allocation), cell(usage)];
    TableView {
        caption: "USD".into(),
        headers: ["", "by allocation", "by usage"].map(str::to_owned).to_vec(),
        numeric: vec![false, true, true],
        rows: vec![
            row("all", Some(cost.allocation_usd), Some(cost.usage_usd)),
            row("per million tokens", cost.allocation_usd_per_mtok, cost.usage_usd_per_mtok),
            row("per million tokens of answers", cost.allocation_usd_per_mtok_out, cost.usage_usd_per_mtok_out),
        ],
        ..TableView::default()
    }
}
