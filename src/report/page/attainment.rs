//! What services promised and kept, month by month, and what they did not serve beneath; first strategy, first future.
use super::Drawn;
use super::data::{Data, ServiceMonth, Spread};
use super::find::{Cell, month_middle, once};
use super::tables;
use super::words::{percent_span, plain};
use crate::report::chart::{Axis, Chart, Kind, Line, Panel, Row, short};
use crate::report::html::TableView;

/// What is drawn of a service: column of `services.csv`, label.
const METRICS: [(&str, &str); 2] = [
    ("slo_attainment", "Tokens of requests within their targets [%]"),
    ("shed_fraction", "Tokens not served by the service itself [%]"),
];

/// A line a service with p05 to p95 over the runs, the share within targets over the share that was shed.
pub fn build(data: &Data) -> Option<Drawn> {
    let cell = data.first_cell()?;
    let all: Vec<&ServiceMonth> = rows(data, cell).collect();
    let names = once(all.iter().map(|row| row.name.as_str()));
    let of = |name: &str| all.iter().copied().filter(|row| row.name == name).collect::<Vec<_>>();
    let services: Vec<(&str, Vec<&ServiceMonth>)> = names.into_iter().map(|name| (name, of(name))).collect();
    let row = |(metric, label): (&str, &str)| {
        let panel = panel(&services, metric);
        // What is kept may be all but whole, and is looked at where it differs.
        let y = if metric == METRICS[0].0 && varies(&panel) { Axis::linear(label) } else { Axis::from_zero(label) };
        Row { y, references: Vec::new(), uprights: Vec::new(), shade: None, cells: vec![panel] }
    };
    // A service without targets attains nothing and is shown by what it sheds; a study of such services has that row alone.
    let shown = |metric: &str| all.iter().any(|row| row.values.contains_key(metric));
    let rows: Vec<Row> = METRICS.into_iter().filter(|(metric, _)| shown(metric)).map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let targets = if shown(METRICS[0].0) {
        ", targets over each tick's path by the table of admission or request by request"
    } else {
        ""
    };
    let n = all.iter().filter_map(|row| row.n).reduce(f64::max);
    let chart = Chart {
        title: title(&all),
        subtitle: format!(
            "{}by month, mean and p05 to p95 {}; shares of the tokens demanded{targets}; {}",
            data.shown(cell),
            data.spread_of(),
            data.dated_provenance(n)
        ),
        x: Axis::dates(),
        y: Axis::linear("Share of the tokens demanded [%]"),
        kind: Kind::Panels {
            keys: services.iter().map(|service| service.0.to_string()).collect(),
            columns: vec![String::new()],
            rows,
        },
        empty_reason: "no service was asked for a token".to_string(),
    };
    let notes = vec![
        "What is shed has not attained; it may have been served by a second choice. A month in which nothing was demanded is blank."
            .to_string(),
    ];
    Some(Drawn { chart, table: table(&services), notes })
}

fn rows<'d>(data: &'d Data, cell: Cell<'d>) -> impl Iterator<Item = &'d ServiceMonth> {
    data.services.iter().filter(move |row| row.strategy == cell.strategy && row.future == cell.future)
}

fn panel(services: &[(&str, Vec<&ServiceMonth>)], metric: &str) -> Panel {
    let line = |(key, (_, months)): (usize, &(&str, Vec<&ServiceMonth>))| {
        let at = |row: &&ServiceMonth| Some((month_middle(&row.month)?, row.values.get(metric).copied()));
        let values: Vec<(f64, Option<Spread>)> = months.iter().filter_map(at).collect();
        let points = values.iter().map(|(x, of)| (*x, of.map(|of| 100.0 * of.mean))).collect();
        let band = values.iter().filter_map(|(x, of)| {
            let of = (*of)?;
            Some((*x, 100.0 * of.p05?, 100.0 * of.p95?))
        });
        (key, Line { name: String::new(), points, band: band.collect(), dashed: false })
    };
    let lines = services.iter().enumerate().map(line).filter(|(_, line)| line.points.iter().any(|p| p.1.is_some()));
    Panel { lines: lines.collect(), ..Panel::default() }
}

/// Whether its lines or bands have two different values.
fn varies(panel: &Panel) -> bool {
    let of = |line: &Line| -> Vec<f64> {
        let bands = line.band.iter().flat_map(|band| [band.1, band.2]);
        line.points.iter().filter_map(|point| point.1).chain(bands).collect()
    };
    let values: Vec<f64> = panel.lines.iter().flat_map(|(_, line)| of(line)).collect();
    values.windows(2).any(|pair| pair[0] != pair[1])
}

/// The service and the month that attain least, else that shed most.
fn title(all: &[&ServiceMonth]) -> String {
    let of = |metric: &'static str| all.iter().filter_map(move |row| Some((*row, row.values.get(metric)?.mean)));
    let share = |value: f64| format!("{}\u{a0}%", short(100.0 * value));
    if let Some((row, least)) = of("slo_attainment").min_by(|a, b| a.1.total_cmp(&b.1)) {
        return format!(
            "{} keeps its promise to {} of its tokens in the worst month, {}",
            row.name,
            share(least),
            row.month
        );
    }
    match of("shed_fraction").max_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((row, most)) if 0.0 < most => {
            format!("{} does not serve {} of its tokens in the worst month, {}", row.name, share(most), row.month)
        }
        _ => "Every service serves all its tokens in every month".to_string(),
    }
}

/// Of each service and year: the month that attains least, or sheds most where nothing is promised.
fn table(services: &[(&str, Vec<&ServiceMonth>)]) -> TableView {
    let mut body = Vec::new();
    for (name, months) in services {
        for year in once(months.iter().filter_map(|row| row.month.get(..4))) {
            let of_year = months.iter().filter(|row| row.month.starts_with(year));
            let worse = |row: &&&ServiceMonth| {
                let of = |metric: &str| row.values.get(metric).map(|of| of.mean);
                of("slo_attainment").or(of("shed_fraction").map(|shed| 1.0 - shed))
            };
            let worst = of_year
                .filter(|row| worse(row).is_some())
                .min_by(|a, b| worse(a).partial_cmp(&worse(b)).expect("finite"));
            body.extend(worst.map(|row| line(name, row)));
        }
    }
    let headers = ["Service", "Worst month", "n"].map(str::to_string).into_iter();
    let headers = headers.chain(METRICS.iter().flat_map(|(metric, _)| [plain(metric), "p05 to p95".to_string()]));
    tables::table(
        "Worst month of each year, mean over the runs and their spread".to_string(),
        headers.collect(),
        2,
        body,
    )
}

fn line(name: &str, row: &ServiceMonth) -> Vec<String> {
    let mut line = vec![name.to_string(), row.month.clone(), row.n.map(|n| n.to_string()).unwrap_or_default()];
    for (metric, _) in METRICS {
        let of = row.values.get(metric);
        line.push(of.map(|of| format!("{:.2}\u{a0}%", 100.0 * of.mean)).unwrap_or_default());
        line.push(of.map(|of| percent_span(of.p05, of.p95)).unwrap_or_default());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::Scale;
    use crate::report::folder::MANIFEST;

    const HEAD: &str = "strategy,future,month,lab,service,n,shed_fraction,shed_fraction_p05,shed_fraction_p95,\
                        slo_attainment,slo_attainment_p05,slo_attainment_p95\n";

    fn drawn(rows: &str) -> Option<Drawn> {
        let manifest = (
            MANIFEST.to_string(),
            r#"{"name": "x", "seed": 7, "strategies": ["both", "one"], "futures": ["f"]}"#.to_string(),
        );
        build(&Data::parse(&[manifest, ("services.csv".to_string(), format!("{HEAD}{rows}"))]).unwrap())
    }

    /// Chat attains 98 % (96 to 99) in January and nothing is known of February; batch promises nothing and sheds 5 %. The other strategy is not
    /// shown. A share of 0.98 is 98 on the axis, in the middle of January: 2026 + 1/24.
    #[test]
    fn figures_are_those_of_the_table() {
        let rows = "both,f,2026-01,lab,chat,4,0.01,0,0.02,0.98,0.96,0.99\n\
                    both,f,2026-02,lab,chat,,,,,,,\n\
                    both,f,2026-01,lab,batch,4,0.05,0.04,0.06,,,\n\
                    one,f,2026-01,lab,chat,4,0.5,0.5,0.5,0.5,0.5,0.5\n";
        let Drawn { chart, table, .. } = drawn(rows).unwrap();
        let Kind::Panels { keys, rows, .. } = &chart.kind else { panic!("panels") };
        assert_eq!(keys, &["lab.chat", "lab.batch"]);
        let january = 2026.0 + 1.0 / 12.0 - 1.0 / 24.0;
        let (kept, shed) = (&rows[0].cells[0].lines, &rows[1].cells[0].lines);
        assert_eq!(kept.len(), 1, "batch promises nothing");
        assert_eq!(kept[0].1.points, [(january, Some(98.0)), (2026.0 + 2.0 / 12.0 - 1.0 / 24.0, None)]);
        assert_eq!(kept[0].1.band, [(january, 96.0, 99.0)]);
        assert_eq!((shed.len(), shed[1].0, shed[1].1.points[0]), (2, 1, (january, Some(5.0))));
        assert_eq!(chart.title, "lab.chat keeps its promise to 98\u{a0}% of its tokens in the worst month, 2026-01");
        assert_eq!(table.rows[0][..4], ["lab.chat", "2026-01", "4", "98.00\u{a0}%"].map(str::to_string));
        assert_eq!(table.rows[1][3], "", "blank, not zero");
    }

    /// Of 98 and 99 % kept the axis shows where they differ; where all is kept and nothing shed both stand on 0.
    #[test]
    fn a_share_stands_on_zero() {
        let scales = |rows: &str| {
            let Kind::Panels { rows, .. } = drawn(rows).unwrap().chart.kind else { panic!("panels") };
            rows.iter().map(|row| row.y.scale).collect::<Vec<_>>()
        };
        let two = "both,f,2026-01,lab,chat,4,0.01,0,0.02,0.98,0.96,0.99\nboth,f,2026-02,lab,chat,4,0,0,0,0.99,,\n";
        assert_eq!(scales(two), [Scale::Linear, Scale::FromZero]);
        assert_eq!(scales("both,f,2026-01,lab,chat,4,0,0,0,1,1,1\n"), [Scale::FromZero, Scale::FromZero]);
    }

    /// Of a study without services there is no chart.
    #[test]
    fn no_service_no_chart() {
        assert!(drawn("").is_none());
        assert!(drawn("both,f,2026-01,lab,chat,,,,,,,\n").is_none());
    }
}
