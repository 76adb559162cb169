//! Money as a reader of the files would check it: nothing here imports the crate, only what `run` wrote.

use assert_cmd::Command;
use jiff::civil::{Date, DateTime};
use std::collections::BTreeMap;
use std::path::Path;

type Row = BTreeMap<String, String>;

fn rows(folder: &Path, file: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(folder.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    reader.deserialize().map(|row| row.unwrap_or_else(|e| panic!("{file}: {e}"))).collect()
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column} of {row:?}"))
}

/// What is metered through a month, and so counts at its end less 15 days; all else counts on its own date (equation 19).
const METERED: [&str; 6] = ["usage", "reservation", "reserved_inference", "power", "facility", "operations"];

/// Years of 365.25 days from the start.
fn years(start: Date, row: &Row) -> f64 {
    let days =
        |at: DateTime| at.duration_since(start.to_datetime(jiff::civil::Time::midnight())).as_secs_f64() / 86_400.0;
    if METERED.contains(&row["kind"].as_str()) {
        let first: Date = format!("{}-01", row["month"]).parse().expect("a month");
        let next = first.last_of_month().tomorrow().expect("a day");
        return (days(next.into()) - 15.0) / 365.25;
    }
    days(row["at"].parse().expect("an instant")) / 365.25
}

/// The NPV columns of every cell are its discounted ledger lines, and its cash lines are their sums: one run of the shipped study at a fixed rate
/// that is not its default, so that the rate of the file is seen to act.
#[test]
fn npv_is_the_discounted_ledger() {
    const RATE: f64 = 0.12;
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("hedgerow"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["run", "scenarios/dual-bet.toml", "--quiet"]);
    command.args(["--draws", "1", "--replications", "1", "--set", &format!("clouds.aws.discount_rate={RATE}"), "-o"]);
    command.arg(&out).assert().success();
    let start: Date = "2026-01-01".parse().unwrap();
    let (ledger, summary, cash) = (rows(&out, "ledger.csv"), rows(&out, "summary.csv"), rows(&out, "cashflow.csv"));
    let mut cells: Vec<(&str, &str)> =
        ledger.iter().map(|row| (row["strategy"].as_str(), row["future"].as_str())).collect();
    cells.dedup();
    assert!(16 <= cells.len(), "{cells:?}");
    for (strategy, future) in cells {
        let here = |row: &&Row| row["strategy"] == strategy && row["future"] == future;
        let (mut operations, mut equity, mut lines) = (0.0, 0.0, BTreeMap::<&str, f64>::new());
        for row in ledger.iter().filter(here).filter(|row| row["internal"] == "no") {
            let sign = match (row["payee"] == "aws", row["payer"] == "aws") {
                (true, false) => 1.0,
                (false, true) => -1.0,
                sides => panic!("aws on {sides:?} sides of {row:?}"),
            };
            let amount = sign * number(row, "amount_usd");
            let present = amount * (1.0 + RATE).powf(-years(start, row));
            *(if row["kind"] == "tranche" { &mut equity } else { &mut operations }) += present;
            *lines.entry(&row["kind"]).or_default() += amount;
        }
        let close = |what: &str, got: f64, want: f64| {
            assert!(
                (got - want).abs() <= 1e-9 * want.abs() + 1e-3,
                "{strategy} x {future}: {what}: {got}, by hand {want}"
            );
        };
        let figure = |metric: &str| {
            let row = summary.iter().filter(here).find(|row| row["metric"] == metric && row["period"] == "all");
            number(row.unwrap_or_else(|| panic!("{strategy} x {future}: no {metric}")), "mean")
        };
        close("npv_operations", figure("npv_operations"), operations);
        close("npv_equity", figure("npv_equity"), equity);
        close("npv_total_none", figure("npv_total_none"), operations + equity);
        for (line, sum) in &lines {
            let row = cash.iter().filter(here).find(|row| row["line"] == **line);
            close(line, number(row.unwrap_or_else(|| panic!("no cash line {line}")), "total"), *sum);
        }
        // What is counted by contract years and by postings adds up over the fiscal years.
        let mut scopes = 0;
        for metric in ["shortfall_usd", "excused_usd", "drawn_usd", "revenue"] {
            let of = |row: &&Row| row["metric"] == metric && !row["mean"].is_empty();
            for all in summary.iter().filter(here).filter(of).filter(|row| row["period"] == "all") {
                let years = summary.iter().filter(here).filter(of).filter(|row| row["scope"] == all["scope"]);
                let years: Vec<f64> =
                    years.filter(|row| row["period"] != "all").map(|row| number(row, "mean")).collect();
                assert_eq!(years.len(), 8, "{strategy} x {future}: {metric} of {}", all["scope"]);
                close(metric, years.iter().sum(), number(all, "mean"));
                scopes += 1;
            }
        }
        assert!(7 <= scopes, "{scopes} figures have fiscal years");
    }
}
