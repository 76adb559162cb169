//! What a run says on a terminal: one aligned table, what differs in the inputs, and the verdict. It does not print.
use super::data::Data;
use super::find::Cell;
use super::words::{maybe, percent, with_error};
use super::{frontier, served, verdict};
use crate::report::html::TableView;
use crate::report::table::{Cell as Shown, Column, Table};

/// The table, the line of what is not modelled, and the sentences, each on a line of its own.
pub fn terminal(data: &Data) -> String {
    let mut lines = match frontier::build(data) {
        Some(drawn) => patience(data, &drawn.table),
        None if data.cloud().is_some() => money(data),
        None => queues(data),
    };
    if let Some(table) = served::table(data) {
        lines.push_str(&format!("\n{}", table.to_text()));
    }
    lines.push('\n');
    for sentence in verdict::sentences(data) {
        lines.push_str(&format!("{sentence}\n"));
    }
    let tables: Vec<String> = data.manifest.rows.iter().map(|(file, rows)| format!("{file} ({rows})")).collect();
    let tables = if tables.is_empty() { "tables as CSV".to_string() } else { tables.join(", ") };
    lines.push_str(&format!("\nfiles: report.html, charts/*.svg and *.png, {tables}\n"));
    lines
}

/// A study with a pool to overflow to: waits against bills.
fn patience(data: &Data, view: &TableView) -> String {
    let m = &data.manifest;
    let name = if m.title.is_empty() { &m.name } else { &m.title };
    let column = |(at, name): (usize, &String)| if at == 0 { Column::left(name) } else { Column::right(name) };
    let columns = view.headers.iter().enumerate().map(column).collect();
    let mut table = Table::new(&format!("{name}: waits and bills ({})", data.provenance(None)), columns);
    for row in &view.rows {
        table.push(row.iter().map(|cell| Shown::text(cell)).collect());
    }
    for line in not_modelled(data) {
        table.note(line);
    }
    table.to_text()
}

fn money(data: &Data) -> String {
    let (m, base, usd) = (&data.manifest, data.baseline(), data.dollars());
    let n = data.first_cell().and_then(|c| data.money(c, "npv_total")).and_then(|r| r.figure.n);
    let title = format!(
        "{}: NPV total of {} [{}], pre-tax; {}",
        if m.title.is_empty() { &m.name } else { &m.title },
        data.cloud().unwrap_or_default(),
        usd.of_dollars(),
        data.provenance(n)
    );
    let mut columns = vec![Column::left("future"), Column::left("strategy")];
    columns.extend(["mean \u{b1}", "p05", "median", "p95", "not known"].map(Column::right));
    let versus = base.map(|b| format!("less {b}, mean \u{b1}"));
    if let Some(versus) = &versus {
        columns.extend([versus.as_str(), "p05 to p95", "higher in"].map(Column::right));
    }
    let mut table = Table::new(&title, columns);
    let mut future = "";
    for cell in data.cells(&data.distinct_strategies()) {
        let Some(npv) = data.money(cell, "npv_total") else { continue };
        let f = &npv.figure;
        let mut row = vec![
            Shown::text(if cell.future == future { "" } else { cell.future }),
            Shown::text(cell.strategy),
            Shown::text(&usd.with_error(f.mean, f.half_width())),
            Shown::text(&usd.maybe(f.p05)),
            Shown::text(&usd.maybe(f.p50)),
            Shown::text(&usd.maybe(f.p95)),
            Shown::text(&npv.param_share.map(percent).unwrap_or_default()),
        ];
        future = cell.future;
        if versus.is_some() {
            let d = data.npv_difference(cell);
            row.push(Shown::text(&d.map(|d| usd.signed(d.figure.mean, d.figure.half_width())).unwrap_or_default()));
            row.push(Shown::text(&d.map(|d| usd.span(d.figure.p05, d.figure.p95)).unwrap_or_default()));
            row.push(Shown::text(&d.and_then(|d| data.higher_in(d)).map(percent).unwrap_or_default()));
        }
        table.push(row);
    }
    for line in not_modelled(data) {
        table.note(line);
    }
    table.note(
        "mean \u{b1}: with its 95\u{a0}% interval, the simulation error; less: of paired differences".to_string(),
    );
    let shares = data.summary.iter().any(|r| r.metric == "npv_total" && r.param_share.is_some());
    let not_known = if shares { "; not known: share of it that is not chance" } else { "" };
    table.note(format!("p05, median, p95: {}, the risk{not_known}", data.spread_of()));
    for line in differing(data) {
        table.note(line);
    }
    table.to_text()
}

/// What differs in the inputs, one line a strategy; first future.
fn differing(data: &Data) -> Vec<String> {
    let inputs = verdict::inputs(data);
    let Some(base) = data.baseline().and_then(|b| inputs.iter().find(|i| i.strategy == b)) else { return Vec::new() };
    let others = inputs.iter().filter(|i| i.strategy != base.strategy);
    let line = |i: &verdict::Input| format!("inputs, {} against {}: {}", i.strategy, base.strategy, i.against(base));
    others.map(line).chain(data.same()).collect()
}

/// What is left out, in lines of at most 110 letters.
fn not_modelled(data: &Data) -> Vec<String> {
    let list = data.manifest.not_modelled.iter().map(|l| l.trim_end_matches('.')).collect::<Vec<_>>().join("; ");
    let said = if list.is_empty() { "nothing is named" } else { &list };
    let mut lines = vec!["not modelled:".to_string()];
    for word in said.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < 110 => *line += &format!(" {word}"),
            _ => lines.push(format!("  {word}")),
        }
    }
    lines
}

/// A study without money: waits by workload, then fractions by pool.
fn queues(data: &Data) -> String {
    let m = &data.manifest;
    let title = format!("{} ({})", if m.title.is_empty() { &m.name } else { &m.title }, data.provenance(None));
    let columns = [Column::left("workload")].into_iter();
    let columns = columns.chain(["runs", "mean wait \u{b1}", "p90", "waits", "blocked"].map(Column::right));
    let columns = columns.chain([Column::left("cell")]);
    let waits = data.summary.iter().any(|row| row.metric == "wait_mean" && row.scope_kind == "workload");
    let mut table = Table::new(&title, if waits { columns.collect() } else { Vec::new() });
    for cell in data.cells(&data.distinct_strategies()) {
        for (workload, row) in data.of_kind(cell, "workload", "wait_mean") {
            let other =
                |metric| data.of_kind(cell, "workload", metric).into_iter().find(|r| r.0 == workload)?.1.figure.mean;
            let unit = if row.figure.mean.is_some() { format!(" {}", row.unit) } else { String::new() };
            table.push(vec![
                Shown::text(workload),
                Shown::maybe(row.figure.n),
                Shown::text(&format!("{}{unit}", with_error(row.figure.mean, row.figure.half_width()))),
                Shown::text(&maybe(other("wait_p90"))),
                Shown::text(&other("p_wait").map(percent).unwrap_or_default()),
                Shown::text(&other("blocked_fraction").map(percent).unwrap_or_default()),
                Shown::text(&in_words(data, cell)),
            ]);
        }
    }
    for line in not_modelled(data) {
        table.note(line);
    }
    if waits && data.runs().is_some_and(|n| n > 1.0) {
        table.note("\u{b1}: 95\u{a0}% interval of the mean over runs; p90: mean of each run's".to_string());
    }
    for cell in data.cells(&data.distinct_strategies()) {
        for line in data.censored(cell) {
            table.note(format!("{line}{}", tail(&in_words(data, cell))));
        }
    }
    for cell in data.cells(&data.distinct_strategies()) {
        for (pool, row) in data.of_kind(cell, "pool", "allocated_fraction") {
            let other = |metric| {
                data.of_kind(cell, "pool", metric).into_iter().find(|r| r.0 == pool).and_then(|r| r.1.figure.mean)
            };
            let said = |name: &str, value: Option<f64>| value.map(|v| format!("{name} {}", percent(v)));
            let parts = [
                said("allocated", row.figure.mean),
                said("busy", other("busy_fraction")),
                said("goodput", other("goodput_fraction")),
                said("MFU", other("mfu")),
            ];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            table.note(format!("{pool}: {}{}", parts.join(", "), tail(&in_words(data, cell))));
        }
    }
    table.to_text()
}

fn in_words(data: &Data, cell: Cell) -> String {
    data.shown(cell).trim_end_matches("; ").to_string()
}

fn tail(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(" ({words})") }
}
