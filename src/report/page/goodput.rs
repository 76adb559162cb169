//! Why gangs were interrupted and what it cost them, by workload and reason; first strategy, first future.
use super::data::{Data, Figure, Goodput};
use super::find::once;
use super::tables::{share_with_error, table};
use super::words::{Unit, plain, with_error};
use crate::report::html::TableView;

/// Interruptions, lost and restart chip-hours by reason, below each workload's whole; `None` where nothing was interrupted.
pub fn by_reason(data: &Data) -> Option<TableView> {
    let cell = data.first_cell()?;
    let rows: Vec<&Goodput> = data.goodput_of(cell).filter(|row| row.scope_kind == "workload").collect();
    let figure = |scope: &str, reason: &str, metric: &str| -> Option<Figure> {
        let is = |row: &&&Goodput| row.scope == scope && row.reason == reason && row.metric == metric;
        rows.iter().find(is).map(|row| row.figure)
    };
    let unit = Unit::fit(rows.iter().filter(|row| row.metric == "lost_chip_hours").filter_map(|row| row.figure.mean));
    let with = |of: Option<Figure>| of.map(|f| with_error(f.mean, f.half_width())).unwrap_or_default();
    let hours = |of: Option<Figure>| of.map(|f| unit.with_error(f.mean, f.half_width())).unwrap_or_default();
    let mut body = Vec::new();
    for scope in once(rows.iter().map(|row| row.scope.as_str())) {
        if figure(scope, "", "interruptions").and_then(|f| f.mean).is_none_or(|mean| mean <= 0.0) {
            continue;
        }
        let happened = |reason: &&str| {
            reason.is_empty()
                || figure(scope, reason, "interruptions").and_then(|f| f.mean).is_some_and(|mean| 0.0 < mean)
        };
        for reason in once(rows.iter().filter(|row| row.scope == scope).map(|row| row.reason.as_str()))
            .into_iter()
            .filter(happened)
        {
            body.push(vec![
                scope.to_string(),
                if reason.is_empty() { "all".to_string() } else { plain(reason) },
                with(figure(scope, reason, "interruptions")),
                hours(figure(scope, reason, "lost_chip_hours")),
                hours(figure(scope, reason, "restart_chip_hours")),
                figure(scope, reason, "effective_fraction").map(share_with_error).unwrap_or_default(),
            ]);
        }
    }
    let lost = format!("Lost [{} chip-h] \u{b1}", unit.word).replace("[ ", "[");
    let restart = format!("Restart [{} chip-h] \u{b1}", unit.word).replace("[ ", "[");
    let headers = ["Workload", "Reason", "Interruptions \u{b1}", &lost, &restart, "Kept of its gangs' time \u{b1}"];
    let caption = format!("Interruptions by reason over the whole study, {}{}", data.shown(cell), data.mean_words());
    (!body.is_empty()).then(|| table(caption, headers.map(str::to_string).to_vec(), 2, body))
}
