//! The page of a replay: what was found in the log, the charts with their numbers, what it would cost. Opens without a network.

use super::about::About;
use super::charts::{Drawn, bill};
use crate::replay::{Outcome, Tariff};
use crate::report::html::{self, Page, Section, TableView};
use crate::report::table::{Cell, Table};

/// The page as one HTML file; `svgs` run along `drawn`.
pub fn page(
    about: &About<'_>,
    outcome: &Outcome,
    table: &Table,
    notes: &[String],
    drawn: &[Drawn],
    svgs: &[String],
    tariff: Option<&Tariff>,
) -> String {
    let mut sections = vec![Section {
        heading: "Queues".into(),
        table: Some(view(table)),
        notes: vec!["allocated: chip-time held over that of the queue's chips, first submission to last end".into()],
        ..Section::default()
    }];
    sections.extend(drawn.iter().zip(svgs).map(|(drawn, svg)| drawn.section(svg)));
    if let (Some(table), Some(tariff)) = (bill(outcome, tariff), tariff) {
        sections.push(Section {
            heading: "What the same log would have cost".into(),
            paragraphs: vec![tariff.sentence()],
            table: Some(table),
            notes: vec![
                "owning breaks even: what all jobs rented cost less what overflow costs, over the fleet's chip-hours from the first \
                 submission to the last end; owning is cheaper where a chip costs less than that for an hour, used or not"
                    .into(),
            ],
            ..Section::default()
        });
    }
    sections.push(Section {
        heading: "What was found in the log".into(),
        paragraphs: found(notes),
        ..Section::default()
    });
    let page = Page {
        title: format!("Replay of {}", about.log),
        question: format!("{} chips on {} nodes; {}", about.chips, about.nodes, about.rules),
        verdict: drawn
            .iter()
            .filter(|drawn| drawn.name != "gantt")
            .map(|drawn| format!("{}.", drawn.chart.title))
            .collect(),
        sections,
        assumptions: None,
        not_modelled: vec![
            "Failures of nodes: the log's running times are what was seen with them.".into(),
            "How fast another chip would be: a job runs as long as in the log, wherever it runs.".into(),
            "Users who would have submitted otherwise had they waited otherwise.".into(),
        ],
        footer: format!("hedgerow {}", env!("CARGO_PKG_VERSION")),
    };
    html::render(&page)
}

/// The report on the log, its table's rows as lines.
fn found(notes: &[String]) -> Vec<String> {
    notes.iter().filter(|line| !line.starts_with("  ")).map(|line| line.trim_end_matches(':').to_owned()).collect()
}

fn view(table: &Table) -> TableView {
    let shown = |cell: &Cell| match cell {
        Cell::Blank => String::new(),
        Cell::NotPublished => "n.p.".into(),
        Cell::Text(words) => words.clone(),
        Cell::Number { shown, .. } => shown.clone(),
    };
    let columns = &table.columns;
    TableView {
        caption: table.title.clone(),
        headers: columns.iter().map(|column| column.name.clone()).collect(),
        numeric: columns.iter().map(|column| column.align == crate::report::table::Align::Right).collect(),
        rows: table.rows().iter().map(|row| row.iter().map(shown).collect()).collect(),
        ..TableView::default()
    }
}
