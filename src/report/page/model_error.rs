//! Hourly tier less requests one by one, a panel a figure, every window against its load; from `model_error.csv` alone.
use super::Drawn;
use super::data::{Data, DataError, TierWindow, tier_window};
use super::find::once;
use super::sheet::Sheet;
use super::tables;
use super::words::short;
use crate::report::chart::{Axis, Chart, Dot, Kind, Panel, Row, Shade};
use crate::report::html::TableView;
use crate::tiers::{FIGURES, Figure};
use std::collections::BTreeSet;

/// An axis reaches so many tolerances; what is further off stands at its rim, with its number.
const REACH: f64 = 4.0;

/// Windows of the first strategy and future; None where none was played.
pub fn build(data: &Data) -> Option<Drawn> {
    let cell = data.first_cell()?;
    let here = |row: &&TierWindow| row.strategy == cell.strategy && row.future == cell.future;
    let rows: Vec<&TierWindow> = data.tier_windows.iter().filter(here).collect();
    let told = format!("{}draw 0; {}", data.shown(cell), data.dated_provenance(Some(1.0)));
    (!rows.is_empty()).then(|| drawn(&rows, &told))
}

/// The chart of one `model_error.csv`, of one strategy and future; `told` says of which run. The error is of a table that is not ours.
pub fn of_csv(text: &str, told: &str) -> Result<Drawn, DataError> {
    let rows = Sheet::parse("model_error.csv", text)?.map(tier_window)?;
    Ok(drawn(&rows.iter().collect::<Vec<_>>(), told))
}

fn drawn(rows: &[&TierWindow], told: &str) -> Drawn {
    let services = once(rows.iter().map(|row| row.service.as_str()));
    let panels = FIGURES.into_iter().filter_map(|figure| panel(figure, rows, &services));
    let windows: BTreeSet<(&str, &str)> = rows.iter().map(|row| (row.service.as_str(), row.tick.as_str())).collect();
    let chart = Chart {
        title: title(rows),
        subtitle: format!(
            "{} windows; points with the 95\u{a0}% interval of four plays of the request tier; axes end at {REACH} tolerances, numbers are of what lies beyond, where there is room, and always of the farthest; {told}",
            windows.len()
        ),
        x: Axis::filled("Peak load of the window [-]"),
        y: Axis::linear(""),
        kind: Kind::Panels {
            keys: services.iter().map(|name| (*name).to_string()).collect(),
            columns: vec![String::new()],
            rows: panels.collect(),
        },
        empty_reason: "no window was played".into(),
    };
    let notes = vec![
        "A service promises where it has targets and a card; rates that are stated tell no time to first token and none between tokens.".into(),
    ];
    Drawn { chart, table: table(rows, &services), notes }
}

fn of<'r>(rows: &'r [&TierWindow], figure: Figure) -> impl Iterator<Item = &'r TierWindow> {
    rows.iter().copied().filter(move |row| row.metric == figure.name())
}

/// Fluid less request on the scale of the tolerance, and half the interval of the request tier [percent or points].
fn scaled(figure: Figure, row: &TierWindow) -> (f64, f64) {
    let of = |value: f64| 100.0 * figure.scaled(value, row.request);
    (of(row.error), of(row.half_width))
}

/// A figure: its tolerance shaded around 0.
fn panel(figure: Figure, rows: &[&TierWindow], services: &[&str]) -> Option<Row> {
    let tolerance = 100.0 * figure.tolerance();
    let rim = REACH * tolerance;
    let dot = |row: &TierWindow| {
        let (off, half) = scaled(figure, row);
        let note = if off.abs() <= rim { String::new() } else { format!("{off:+.0}") };
        let ends = (off.abs() <= rim).then(|| ((off - half).max(-rim), (off + half).min(rim)));
        let key = services.iter().position(|name| *name == row.service).expect("its service has a key");
        (key, Dot { x: row.load, y: off.clamp(-rim, rim), ends, note })
    };
    // The largest first: where numbers would stand on others it keeps its own.
    let mut rows: Vec<&TierWindow> = of(rows, figure).collect();
    rows.sort_by(|a, b| scaled(figure, b).0.abs().total_cmp(&scaled(figure, a).0.abs()));
    let dots: Vec<(usize, Dot)> = rows.into_iter().map(dot).collect();
    let unit = if figure.relative() { "% of the request tier's" } else { "points" };
    (!dots.is_empty()).then(|| Row {
        y: Axis::linear(format!("{}: fluid less request [{unit}], tolerance {}", name(figure), short(tolerance))),
        references: Vec::new(),
        uprights: Vec::new(),
        shade: Some(Shade { name: "tolerance".into(), low: -tolerance, high: tolerance }),
        cells: vec![Panel { dots, ..Panel::default() }],
    })
}

/// Name of a figure for people.
fn name(figure: Figure) -> &'static str {
    match figure {
        Figure::Busy => "busy fraction",
        Figure::Tpot => "TPOT",
        Figure::Attained => "SLO attainment",
        Figure::Shed => "shed",
        Figure::Ttft => "TTFT p99",
    }
}

/// Shares of the windows within tolerance, figure by figure.
fn title(rows: &[&TierWindow]) -> String {
    let share = |figure: Figure| {
        let all = of(rows, figure).count();
        let within = of(rows, figure).filter(|row| row.verdict == "ok").count();
        (0 < all).then(|| format!("{} {within} of {all}", name(figure)))
    };
    let shares: Vec<String> = FIGURES.into_iter().filter_map(share).collect();
    format!("Windows in which the hourly tier is within tolerance: {}", shares.join(", "))
}

/// Of each service and figure: windows, within tolerance, mean and largest error.
fn table(rows: &[&TierWindow], services: &[&str]) -> TableView {
    let mut body = Vec::new();
    for service in services {
        for figure in FIGURES {
            let offs: Vec<(f64, bool)> = of(rows, figure)
                .filter(|row| row.service == *service)
                .map(|row| (scaled(figure, row).0, row.verdict == "ok"))
                .filter(|(off, _)| off.is_finite())
                .collect();
            if offs.is_empty() {
                continue;
            }
            let n = offs.len() as f64;
            let within = offs.iter().filter(|(_, within)| *within).count();
            let mean = offs.iter().map(|(off, _)| off).sum::<f64>() / n;
            let largest = offs.iter().map(|(off, _)| *off).max_by(|a, b| a.abs().total_cmp(&b.abs()));
            let unit = if figure.relative() { "%" } else { "points" };
            body.push(vec![
                (*service).to_string(),
                format!("{} [{unit}]", name(figure)),
                offs.len().to_string(),
                within.to_string(),
                format!("{mean:+.1}"),
                largest.map(|off| format!("{off:+.1}")).unwrap_or_default(),
            ]);
        }
    }
    let headers = ["Service", "Figure", "Windows", "Within tolerance", "Mean error", "Largest error"];
    tables::table("Fluid tier less request tier".into(), headers.map(str::to_string).to_vec(), 2, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "strategy,future,lab,service,tick,peak_load,metric,fluid,request,request_half_width,model_error,verdict\n";

    /// 0.11 s for 0.10 s is 10 % too slow, 0.6 s for 0.1 s 500 %, which stands at the rim of 4 tolerances of 10 % with its number; attainment of 0.97
    /// for 0.99 is 2 points too low. Two of three are within.
    #[test]
    fn points_by_hand() {
        let text = format!(
            "{HEAD}base,all,a,chat,2026-01-05T00:00,0.5,tpot_mean_s,0.11,0.10,0.01,0.01,ok\n\
             base,all,a,chat,2026-01-05T01:00,0.9,tpot_mean_s,0.6,0.1,0.01,0.5,MISS\n\
             base,all,a,code,2026-01-05T01:00,0.7,slo_attainment,0.97,0.99,0,-0.02,ok\n"
        );
        let drawn = of_csv(&text, "seed 1").unwrap();
        let Kind::Panels { keys, rows, .. } = &drawn.chart.kind else { panic!("panels") };
        assert_eq!((keys.len(), rows.len()), (2, 2));
        let dots: Vec<_> =
            rows[0].cells[0].dots.iter().map(|(key, dot)| (*key, dot.x, dot.y, dot.note.as_str())).collect();
        assert_eq!((dots[1].0, dots[1].1, dots[1].3), (0, 0.5, ""));
        assert!((dots[1].2 - 10.0).abs() < 1e-9, "{dots:?}");
        assert_eq!(dots[0], (0, 0.9, 40.0, "+500"));
        let (key, dot) = &rows[1].cells[0].dots[0];
        assert!(*key == 1 && (dot.y + 2.0).abs() < 1e-9, "{dot:?}");
        assert_eq!(
            drawn.chart.title,
            "Windows in which the hourly tier is within tolerance: TPOT 1 of 2, SLO attainment 1 of 1"
        );
        assert!(drawn.chart.subtitle.starts_with("3 windows"), "{}", drawn.chart.subtitle);
    }

    #[test]
    fn a_table_that_is_not_ours_is_told() {
        let error = of_csv("tick\n2026\n", "").err().expect("columns are missing").to_string();
        assert!(error.contains("model_error.csv has no column"), "{error}");
    }
}
