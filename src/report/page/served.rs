//! What services kept and shed over the whole study, a row a service, for a terminal. Draws nothing.
use super::data::Data;
use super::find::Cell;
use super::words::with_error;
use crate::report::table::{Cell as Shown, Column, Table};

/// Figures of a service that are shown: metric, heading, by how much it is multiplied.
const SHOWN: [(&str, &str, f64); 4] = [
    ("slo_attainment", "within targets [%] \u{b1}", 100.0),
    ("shed_fraction", "shed [%] \u{b1}", 100.0),
    ("replicas_ready", "replicas \u{b1}", 1.0),
    ("replica_load", "load \u{b1}", 1.0),
];

/// Of every strategy and future; None of a study without services.
pub fn table(data: &Data) -> Option<Table> {
    let columns = [Column::left("service")].into_iter().chain(SHOWN.map(|shown| Column::right(shown.1)));
    let mut table = Table::new("services, means over the study", columns.chain([Column::left("cell")]).collect());
    for cell in data.cells(&data.distinct_strategies()) {
        for (service, _) in data.of_kind(cell, "service", "tokens_demanded") {
            table.push(row(data, cell, service));
        }
    }
    if table.rows().is_empty() {
        return None;
    }
    let note = "within targets, shed: of the tokens demanded, blank where nothing was promised; \u{b1}: 95\u{a0}% interval over runs";
    table.note(note.to_string());
    Some(table)
}

fn row(data: &Data, cell: Cell, service: &str) -> Vec<Shown> {
    let figure = |(metric, _, times): (&str, &str, f64)| {
        let found = data.of_kind(cell, "service", metric).into_iter().find(|found| found.0 == service);
        let figure = found.map(|found| &found.1.figure);
        let scaled = |value: Option<f64>| value.map(|value| times * value);
        Shown::text(&figure.map_or(String::new(), |of| with_error(scaled(of.mean), scaled(of.half_width()))))
    };
    let words = data.shown(cell).trim_end_matches("; ").to_string();
    [Shown::text(service)].into_iter().chain(SHOWN.map(figure)).chain([Shown::text(&words)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::folder::MANIFEST;

    const HEAD: &str =
        "strategy,future,scope_kind,scope,period,metric,unit,draws,n,mean,ci_low,ci_high,p05,p50,p95,param_share\n";

    fn told(rows: &str) -> Option<String> {
        let manifest =
            (MANIFEST.to_string(), r#"{"name": "x", "seed": 7, "strategies": ["s"], "futures": ["f"]}"#.to_string());
        let data = Data::parse(&[manifest, ("summary.csv".to_string(), format!("{HEAD}{rows}"))]).unwrap();
        table(&data).map(|table| table.to_text())
    }

    /// 0.9 (0.8 to 1) of the tokens within targets is 90 +-10 %; what is not promised is blank; figures of a year are not of the study.
    #[test]
    fn a_row_a_service() {
        let row = |service: &str, period: &str, metric: &str, mean: &str, ends: &str| {
            format!("s,f,service,{service},{period},{metric},-,4,4,{mean},{ends},,,,\n")
        };
        let rows = [
            row("a.chat", "all", "tokens_demanded", "5", "5,5"),
            row("a.chat", "all", "slo_attainment", "0.9", "0.8,1"),
            row("a.chat", "2026", "slo_attainment", "0.1", "0,0.2"),
            row("a.chat", "all", "shed_fraction", "0.25", "0.2,0.3"),
            row("a.batch", "all", "tokens_demanded", "5", "5,5"),
            row("a.batch", "all", "replicas_ready", "12", "10,14"),
        ];
        let text = told(&rows.concat()).unwrap();
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[3][..5], ["a.chat", "90", "\u{b1}10", "25", "\u{b1}5"], "{text}");
        assert_eq!(lines[4], ["a.batch", "12", "\u{b1}2"], "{text}");
        assert_eq!(told("s,f,workload,a.b,all,wait_mean,s,4,4,1,1,1,,,,\n"), None);
    }
}
