//! The page of sizing: the answer in sentences, charts with their numbers, what was not tried and why.

use super::{About, sentences};
use crate::report::html::{self, Page, Section, TableView};
use crate::report::replay::Drawn;
use crate::report::table::show;
use crate::size::Found;

/// The page as one HTML file; `svgs` run along `drawn`.
pub fn page(about: &About<'_>, notes: &[String], drawn: &[Drawn], svgs: &[String]) -> String {
    let mut sections: Vec<Section> = drawn.iter().zip(svgs).map(|(drawn, svg)| drawn.section(svg)).collect();
    if let Some(found) = &about.answer.found {
        sections.push(Section {
            heading: "What binds".into(),
            paragraphs: vec![
                "Each constraint taken away alone, and what then keeps the promise in the request tier.".into(),
            ],
            table: Some(constraints(about, found)),
            ..Section::default()
        });
    }
    sections.push(Section {
        heading: "What cannot serve, and why".into(),
        table: Some(passed(about)),
        ..Section::default()
    });
    sections.push(Section {
        heading: "What was found in the load, and stated for the replicas".into(),
        paragraphs: notes.to_vec(),
        ..Section::default()
    });
    html::render(&Page {
        title: format!("Size of {} for {}", about.model, about.load),
        question: format!("What is the cheapest that serves {} with {}?", about.load, about.promised()),
        verdict: sentences(about)
            .into_iter()
            .filter(|line| !line.starts_with("not tried"))
            .map(|line| capital(&line))
            .collect(),
        sections,
        assumptions: None,
        not_modelled: vec![
            "Failures of replicas, spot instances that are taken back, and spares for either.".into(),
            "Scaling by the hour: the fleet is the same from the first request to the last.".into(),
            "Network and tokenizer time before a replica and behind it; prefix caches; prefill on replicas of its own."
                .into(),
            "Whether so many instances can be had.".into(),
        ],
        footer: format!(
            "hedgerow {}; charts and page are drawn by `size` alone: `hedgerow report` draws those of a run again",
            env!("CARGO_PKG_VERSION")
        ),
    })
}

fn capital(line: &str) -> String {
    let mut chars = line.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + chars.as_str() + "."
}

fn constraints(about: &About<'_>, found: &Found) -> TableView {
    let row = |binding: &crate::size::Binding| {
        vec![
            binding.constraint.word().to_owned(),
            binding.constraint.without().to_owned(),
            about.named(&binding.parts),
            show(binding.usd_per_hour),
            show(binding.saves_usd_per_hour),
        ]
    };
    TableView {
        caption: "Constraints".into(),
        headers: ["Constraint", "Taken away", "Would do", "USD/h", "Less [USD/h]"].map(str::to_owned).to_vec(),
        numeric: vec![false, false, false, true, true],
        rows: found.bindings.iter().map(row).collect(),
        ..TableView::default()
    }
}

fn passed(about: &About<'_>) -> TableView {
    let row = |passed: &crate::size::Passed| {
        vec![
            passed.instance.clone(),
            passed.chips_per_replica.map(|n| n.to_string()).unwrap_or_default(),
            passed.why.clone(),
        ]
    };
    TableView {
        caption: "Instance types and chips per replica".into(),
        headers: ["Instance", "Chips per replica", "Why not"].map(str::to_owned).to_vec(),
        numeric: vec![false, true, false],
        rows: about.passed.iter().map(row).collect(),
        ..TableView::default()
    }
}
