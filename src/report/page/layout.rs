//! The report page: the question, the verdict, the decision, every chart with its numbers, sources, and what is not modelled.
use super::data::Data;
use super::words::{list, plain, sentence};
use super::{ChartEntry, Drawn, goodput, npv, tables, together, verdict};
use crate::report::chart::{self, Size};
use crate::report::html::{Page, Section};

/// The page of a study; `charts` are those that could be drawn, `left_out` those that could not.
pub fn page(data: &Data, charts: &[(&ChartEntry, Drawn)], left_out: &[&ChartEntry]) -> Page {
    let m = &data.manifest;
    let mut sections = Vec::new();
    if data.cloud().is_some() {
        sections.extend(together::section(data));
        sections.push(decision(data));
        sections.extend(against(data));
        sections.extend(inputs(data));
    } else {
        sections.extend(against_in_queues(data));
    }
    sections.extend(charts.iter().map(|(entry, drawn)| of_chart(entry, drawn)));
    let part = |heading: &str, words: &str, table| Section {
        heading: heading.to_string(),
        paragraphs: vec![words.to_string()],
        table: Some(table),
        ..Section::default()
    };
    let interrupted = "What stopped gangs, what it destroyed, and what loading again took. In closed form (goodput) failures are expected ones, by the exact \
         shares of their causes.";
    sections.extend(goodput::by_reason(data).map(|t| part("Interruptions by reason", interrupted, t)));
    let concentration = "The same chips and dollars in several units: an index is a headline, the unit decides who leads. HHI runs to 10,000, one owner of all. \
         Effective FLOP are of workloads that state an MFU: the last column says of how much of the productive chip-hours.";
    sections.extend(tables::concentration(data).map(|t| part("Concentration by unit", concentration, t)));
    let tail = "The mean of the worst runs, and how many they are; a figure from too few of them is refused.";
    let with_refusals = |t| Section { notes: tables::refusals(data), ..part("The tail", tail, t) };
    sections.extend(tables::tail(data).map(with_refusals));
    let exit = "Commitment not yet paid for, and megawatts that one lab holds, when strategies part.";
    let of_exit = |t| Section { notes: tables::decide_notes(data), ..part("At the decision", exit, t) };
    sections.extend(tables::at_decide(data).map(of_exit));
    sections.extend(notes(data, left_out));
    Page {
        title: if m.title.is_empty() { m.name.clone() } else { m.title.clone() },
        question: m.question.clone(),
        verdict: verdict::sentences(data),
        sections,
        assumptions: tables::assumptions(data),
        not_modelled: m.not_modelled.clone(),
        footer: footer(data),
    }
}

fn decision(data: &Data) -> Section {
    let m = &data.manifest;
    let when = if m.decide_at.is_empty() {
        "Strategies may differ from the start.".to_string()
    } else {
        format!(
            "Strategies may differ only after {}; what was paid or built before is the same in all of them.",
            m.decide_at
        )
    };
    let mut notes = Vec::new();
    if !m.not_modelled.is_empty() {
        let all: Vec<&str> = m.not_modelled.iter().map(|n| n.trim_end_matches('.')).collect();
        notes.push(format!("Not modelled: {}.", all.join("; ")));
    }
    notes.push(format!("{} Nothing is averaged over futures: they have no probabilities.", npv::explained(data)));
    notes.extend(data.same().into_iter().map(|same| format!("{same}.")));
    Section {
        heading: "The decision".to_string(),
        paragraphs: vec![when],
        table: Some(tables::decision(data)),
        notes,
        ..Section::default()
    }
}

fn against(data: &Data) -> Option<Section> {
    let words = "The mean is that of paired differences, \u{b1} its 95\u{a0}% interval. \"Higher\" and \"lower\" are said only where neither \
                 p05 to p95 of the differences nor that interval spans zero; else the two cannot be told apart, and one chooses on risk.";
    Some(Section {
        heading: format!("Against {}, run by run", data.baseline()?),
        table: Some(tables::against(data)?),
        notes: vec![words.to_string()],
        ..Section::default()
    })
}

fn against_in_queues(data: &Data) -> Option<Section> {
    Some(Section {
        heading: format!("Against {}, run by run", data.baseline()?),
        table: Some(tables::against_in_queues(data)?),
        ..Section::default()
    })
}

fn inputs(data: &Data) -> Option<Section> {
    Some(Section {
        heading: "What differs in the inputs".to_string(),
        paragraphs: vec!["Strategies that build or spend differently are no like-for-like comparison: read NPV with these beside it.".to_string()],
        table: Some(tables::inputs(data)?),
        ..Section::default()
    })
}

pub(super) fn of_chart(entry: &ChartEntry, drawn: &Drawn) -> Section {
    Section {
        heading: entry.what.to_string(),
        chart: Some(chart::to_svg(&drawn.chart, Size::default())),
        table: Some(drawn.table.clone()),
        notes: drawn.notes.clone(),
        ..Section::default()
    }
}

/// Notes of the run, and the charts that have no data, with the reason.
fn notes(data: &Data, left_out: &[&ChartEntry]) -> Option<Section> {
    let mut paragraphs = data.manifest.notes.clone();
    if let Some(cell) = data.first_cell() {
        paragraphs
            .extend(data.censored(cell).into_iter().map(|line| sentence(&format!("{}{line}.", data.shown(cell)))));
    }
    if !left_out.is_empty() {
        let names: Vec<String> = left_out.iter().map(|e| format!("{} (needs {})", plain(e.name), e.needs)).collect();
        let names = list(&names.iter().map(String::as_str).collect::<Vec<_>>());
        paragraphs.push(sentence(&format!("not drawn, for want of data in this study: {names}.")));
    }
    (!paragraphs.is_empty()).then(|| Section { heading: "Notes".to_string(), paragraphs, ..Section::default() })
}

fn footer(data: &Data) -> String {
    let m = &data.manifest;
    let count = |n: Option<u64>, what: &str| n.map(|n| format!("{n} {what}"));
    let mut parts = vec![format!("hedgerow {}", m.version), format!("seed {}", m.seed)];
    parts.extend([count(m.draws, "draws"), count(m.replications, "replications")].into_iter().flatten());
    parts.push(format!("{} to {}", m.start, m.end));
    parts.extend(m.inputs.iter().map(|(file, sha)| format!("{file} sha256 {}", sha.get(..16).unwrap_or(sha))));
    parts.extend(m.rows.iter().map(|(file, rows)| format!("{file} {rows} rows")));
    parts.join(" \u{b7} ")
}
