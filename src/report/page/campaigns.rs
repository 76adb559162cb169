//! When training campaigns finish, and in how many runs they do.
use super::Drawn;
use super::data::{Data, Figure};
use super::find::once;
use super::tables;
use super::words::{list, short, with_error};
use crate::report::chart::{Axis, Chart, Kind, Line, Scale};
use crate::report::html::TableView;
use jiff::civil::Date;

/// Runs below which the median and spread of a date say too little to be drawn.
const ENOUGH: f64 = 10.0;

/// A campaign that finished in at least one run.
struct Campaign<'a> {
    workload: &'a str,
    number: f64,
    years: Figure,
}

/// Finish date of each campaign in turn, one line a workload; first strategy, first future.
pub fn build(data: &Data) -> Option<Drawn> {
    let cell = data.first_cell()?;
    let start: Date = data.manifest.start.get(..10)?.parse().ok()?;
    let found = data.of_kind(cell, "campaign", "campaign_finish").into_iter().filter(|r| r.1.figure.p50.is_some());
    let all: Vec<Campaign> = found
        .filter_map(|(scope, row)| {
            let (workload, number) = scope.rsplit_once('#')?;
            Some(Campaign { workload, number: number.parse().ok()?, years: row.figure })
        })
        .collect();
    let workloads = once(all.iter().map(|c| c.workload));
    let runs = data.runs().or(all.first()?.years.n)?;
    let drawn = |c: &&Campaign| c.years.n.is_some_and(|n| n >= ENOUGH.min(runs));
    let at = |years: f64| calendar_years(after(start, years)?);
    let line = |workload: &str| {
        let of = || all.iter().filter(drawn).filter(|c| c.workload == workload);
        let band = |c: &Campaign| Some((c.number, at(c.years.p05?)?, at(c.years.p95?)?));
        Line {
            name: workload.to_string(),
            points: of().map(|c| (c.number, c.years.p50.and_then(at))).collect(),
            band: of().filter_map(band).collect(),
            dashed: false,
        }
    };
    let few = all.iter().any(|c| !drawn(&c));
    let m = &data.manifest;
    let chart = Chart {
        title: title(data, cell, &workloads),
        subtitle: format!(
            "{}date of the end, median and p05 to p95 of the runs in which it ends by {}{}; {}",
            data.shown(cell),
            m.end,
            if few { format!(", where those are at least {ENOUGH}") } else { String::new() },
            data.dated_provenance(Some(runs))
        ),
        x: Axis {
            label: "Campaign in order of submission; 0 is submitted at the start, or runs by then".to_string(),
            scale: Scale::Whole,
        },
        y: Axis { label: "Finished".to_string(), scale: Scale::Dates },
        kind: Kind::Lines { series: workloads.iter().map(|w| line(w)).collect(), references: Vec::new() },
        empty_reason: "no campaign finished".to_string(),
    };
    Some(Drawn { chart, table: table(&all, &workloads, start, runs), notes: notes(data, cell, &all) })
}

/// How many finish, from the counts and not from the rows that have a date.
fn title(data: &Data, cell: super::find::Cell, workloads: &[&str]) -> String {
    let of = |metric, workload: &str| {
        data.of_kind(cell, "workload", metric).into_iter().find(|r| r.0 == workload).and_then(|r| r.1.figure.mean)
    };
    let said = |w: &&str| {
        let (finished, open) = (of("campaigns_finished", w)?, of("campaigns_open", w)?);
        Some(format!("{} of {} of {w}", short(finished), short(finished + open)))
    };
    let said: Vec<String> = workloads.iter().filter_map(said).collect();
    if said.is_empty() {
        return "When campaigns finish".to_string();
    }
    let mean = if data.runs() == Some(1.0) { "" } else { "in the mean, " };
    let said = list(&said.iter().map(String::as_str).collect::<Vec<_>>());
    format!("Campaigns finished by {}: {mean}{said}", data.manifest.end)
}

/// What the dates leave out.
fn notes(data: &Data, cell: super::find::Cell, all: &[Campaign]) -> Vec<String> {
    let mut notes = vec![
        "A date is of the runs in which the campaign ends in time: where those are few, they are the fast ones."
            .to_string(),
    ];
    let dated = all.iter().map(|c| c.number).fold(0.0, f64::max) + 1.0;
    let most = data.of_kind(cell, "workload", "campaigns_finished").into_iter().filter_map(|r| r.1.figure.p95);
    let most = most.fold(0.0, f64::max);
    if most > dated {
        notes.push(format!(
            "Only the first {dated} campaigns of a workload have a date; up to {} finish (p95 of the runs).",
            short(most)
        ));
    }
    notes
}

/// Campaigns down; of each workload the median date, its spread and the runs it is of.
fn table(all: &[Campaign], workloads: &[&str], start: Date, runs: f64) -> TableView {
    let date = |years: Option<f64>| years.and_then(|y| after(start, y)).map(|d| d.to_string()).unwrap_or_default();
    let month = |years: Option<f64>| date(years).get(..7).unwrap_or_default().to_string();
    let mut rows = Vec::new();
    for workload in workloads {
        for c in all.iter().filter(|c| c.workload == *workload) {
            let f = &c.years;
            rows.push(vec![
                (*workload).to_string(),
                short(c.number),
                f.n.map(|n| format!("{n} of {runs}")).unwrap_or_default(),
                date(f.p50),
                format!("{} to {}", month(f.p05), month(f.p95)),
                with_error(f.mean, f.half_width()),
            ]);
        }
    }
    let headers =
        ["Workload", "Campaign", "Runs in which it ends", "Median date", "p05 to p95", "Mean [years from the start]"];
    let caption = "Ends of campaigns, of the runs in which they end in time; the mean with its 95\u{a0}% interval";
    tables::table(caption.to_string(), headers.map(str::to_string).to_vec(), 1, rows)
}

/// The day that is `years` of 365.25 days after the start.
fn after(start: Date, years: f64) -> Option<Date> {
    let hours = (years * 365.25 * 24.0).round() as i64;
    let at = start.to_datetime(jiff::civil::Time::midnight()).checked_add(jiff::SignedDuration::from_hours(hours));
    at.ok().map(|at| at.date())
}

/// A day as calendar time in years: 2026-07-02 is 2026 and 182 of 365 days.
fn calendar_years(date: Date) -> Option<f64> {
    let days = f64::from(date.day_of_year()) - 1.0;
    Some(f64::from(date.year()) + days / f64::from(date.days_in_year()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::page::sample;

    /// From 2026-03-10, 114 days on is 2026-07-02: March has 21 left, April 30, May 31, June 30, and 2 more.
    #[test]
    fn dates_count_from_the_day_of_the_start() {
        let start: Date = "2026-03-10".parse().unwrap();
        let end = after(start, 114.0 / 365.25).unwrap();
        assert_eq!(end.to_string(), "2026-07-02");
        assert!((calendar_years(end).unwrap() - (2026.0 + 182.0 / 365.0)).abs() < 1e-12);
    }

    /// The sample has 12 dated campaigns of the one lab, of which 14.5 finish and 1.5 stay open, and 8 of the other; slot 9 of
    /// it never existed, and campaign 7 ends in 4 of 100 runs: in the table, not in the chart.
    #[test]
    fn campaigns_are_counted_and_not_slots() {
        let drawn = build(&crate::report::page::Data::parse(&sample::files()).unwrap()).unwrap();
        let said = "in the mean, 14.5 of 16 of anthropic.frontier and 7.04 of 8.04 of openai.frontier";
        assert!(drawn.chart.title.contains(said), "{}", drawn.chart.title);
        assert_eq!(drawn.table.rows.len(), 12 + 8);
        assert_eq!(drawn.table.rows[19][2], "4 of 100");
        let Kind::Lines { series, .. } = &drawn.chart.kind else { panic!("lines") };
        assert_eq!((series[0].points.len(), series[1].points.len()), (12, 7));
        assert!(drawn.notes[1].contains("Only the first 12 campaigns"), "{:?}", drawn.notes);
    }
}
