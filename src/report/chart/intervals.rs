//! Intervals: the spread of the runs in bold colour, its median, and the mean with its 95 % interval apart and grey, one row a name.
//! It never adds the two together.
use super::bars::{Names, level_ticks};
use super::font::{self, Face};
use super::frame::{self, HALF, LEADING, MARGIN, Rect, SMALL, Swatch};
use super::palette::{self, Color, ERROR, GREY, INK, PAPER};
use super::scene::{Anchor, Point, Scene};
use super::ticks::{self, Ticks};
use super::{Chart, Interval, Scale};

const BAR: f64 = 13.0;

/// All rows, their three columns at the right.
pub fn intervals(scene: &mut Scene, chart: &Chart, rows: &[Interval]) {
    let good = |v: f64| v.is_finite() && (chart.y.scale != Scale::Log || v > 0.0);
    let ci = |r: &Interval| r.simulation_ci.filter(|c| good(c.0) && good(c.1));
    let values =
        rows.iter().flat_map(|r| [r.p05, r.p50, r.p95].into_iter().chain(ci(r).into_iter().flat_map(|c| [c.0, c.1])));
    let values = values.chain(rows.iter().filter_map(|r| r.mean).filter(|m| good(*m)));
    let domain = frame::domain(values, chart.y.scale, false).expect("a chart with data has values");
    let mut columns = columns(rows);

    let top = frame::header(scene, chart);
    let mut top = legend(scene, top, rows.iter().any(|r| r.mean.is_some()), rows.iter().any(|r| ci(r).is_some()));
    if !chart.x.label.is_empty() {
        top = frame::label_above(scene, &chart.x.label, top);
    }
    let names: Vec<String> = rows.iter().map(|r| r.name.clone()).collect();
    let names = Names::new(scene, &names);
    let taken = |columns: &[Column]| columns.iter().map(|c| c.width + 18.0).sum::<f64>();
    if scene.width - 2.0 * MARGIN - names.width - taken(&columns) < 200.0 {
        // On a narrow sheet the picture goes before the numbers, all three columns or none.
        columns.clear();
    }
    let heads = columns.iter().map(|c| c.head.len()).max().unwrap_or(0) as f64 * LEADING;
    let foot = frame::foot(scene, &chart.y.label).1;
    let plot_top = top + heads + 4.0;
    scene.height = scene.height.max(plot_top + names.row.max(34.0) * rows.len() as f64 + foot + MARGIN);
    let rect = Rect {
        left: MARGIN + names.width + 14.0,
        top: plot_top,
        right: scene.width - MARGIN - taken(&columns) - if columns.is_empty() { 20.0 } else { 6.0 },
        bottom: scene.height - MARGIN - foot,
    };
    let ticks = level_ticks(chart.y.scale, domain, rect.width());
    frame::level_values(scene, &rect, &ticks, &chart.y.label, true);
    if ticks.lo < 0.0 && 0.0 < ticks.hi && chart.y.scale != Scale::Log {
        frame::ground(scene, &rect, &ticks, chart.y.scale, false);
    }
    names.draw(scene, &rect);

    let height = rect.height() / rows.len() as f64;
    for (k, row) in rows.iter().enumerate().filter(|(_, r)| [r.p05, r.p50, r.p95].into_iter().all(good)) {
        draw_row(scene, (&rect, &ticks), rect.top + height * (k as f64 + 0.5), row, ci(row));
    }
    let mut x = rect.right + 6.0;
    for column in &columns {
        x += column.width + 18.0;
        for (i, line) in column.head.iter().rev().enumerate() {
            scene.text((x, rect.top - 7.0 - LEADING * i as f64), line, SMALL - 1.0, Face::Normal, Anchor::End, GREY);
        }
        for (k, words) in column.cells.iter().enumerate() {
            let y = rect.top + height * (k as f64 + 0.5) + HALF;
            scene.text((x, y), words, SMALL, column.face, Anchor::End, column.color);
        }
    }
}

fn draw_row(scene: &mut Scene, (rect, ticks): (&Rect, &Ticks), y: f64, row: &Interval, ci: Option<(f64, f64)>) {
    let x = |v: f64| frame::x_of(rect, ticks, v);
    let y = if row.mean.is_some() { y - 3.5 } else { y };
    let (lo, hi) = (x(row.p05), x(row.p95));
    // Never thinner than a hair, so that a certain result is seen.
    let (lo, hi) = if hi - lo < 1.5 { (lo - 0.75, hi + 0.75) } else { (lo, hi) };
    scene.rect((lo, y - BAR / 2.0), (hi, y + BAR / 2.0), palette::series(0));
    let dot = |r: f64| palette::disc(r).iter().map(|d| (x(row.p50) + d.0, y + d.1)).collect::<Vec<Point>>();
    scene.polygon(dot(4.8), INK);
    scene.polygon(dot(3.2), PAPER);
    let below = y + BAR / 2.0 + 7.0;
    if let Some((low, high)) = ci {
        error_bar(scene, (x(low), x(high)), below);
    }
    if let Some(mean) = row.mean.filter(|m| m.is_finite()) {
        mean_tick(scene, (x(mean), below));
    }
}

/// The mean: a tick of its own, taller than the ends of its interval.
fn mean_tick(scene: &mut Scene, (x, y): Point) {
    scene.stroke(&[(x, y - 5.0), (x, y + 5.0)], GREY, 2.4, palette::SOLID);
}

fn error_bar(scene: &mut Scene, (low, high): (f64, f64), y: f64) {
    scene.stroke(&[(low, y), (high.max(low + 1.0), y)], ERROR, 1.4, palette::SOLID);
    for end in [low, high] {
        scene.stroke(&[(end, y - 3.0), (end, y + 3.0)], ERROR, 1.4, palette::SOLID);
    }
}

/// What the marks mean, in one row (or more on a narrow sheet); returns where the space below begins.
fn legend(scene: &mut Scene, top: f64, with_mean: bool, with_error: bool) -> f64 {
    let (mut x, mut y) = (MARGIN, top + 6.0);
    let mean = if with_error { "mean with its 95\u{a0}% interval (simulation error)" } else { "mean" };
    let words = ["p05 to p95 of the runs (risk)", "median of the runs", mean];
    for (i, words) in words.into_iter().enumerate().take(if with_mean { 3 } else { 2 }) {
        let swatch = [20.0, 16.0, 26.0][i];
        let width = swatch + font::width(words, SMALL, Face::Normal);
        if x > MARGIN && x + width > scene.width - MARGIN {
            (x, y) = (MARGIN, y + LEADING + 2.0);
        }
        match i {
            0 => Swatch::Box(palette::series(0)).draw(scene, (x - 5.0, y)),
            1 => {
                let dot = |r: f64| palette::disc(r).iter().map(|d| (x + 5.0 + d.0, y + d.1)).collect::<Vec<Point>>();
                scene.polygon(dot(5.0), INK);
                scene.polygon(dot(3.3), PAPER);
            }
            _ => {
                if with_error {
                    error_bar(scene, (x, x + 20.0), y);
                }
                mean_tick(scene, (x + 10.0, y));
            }
        }
        scene.text((x + swatch, y + HALF), words, SMALL, Face::Normal, Anchor::Start, INK);
        x += width + 20.0;
    }
    y + 18.0
}

/// One column of words beside the plot.
struct Column {
    head: Vec<String>,
    cells: Vec<String>,
    width: f64,
    face: Face,
    color: Color,
}

/// Spread in bold with its median, share not known, the mean with its interval in grey; a column nobody fills is left out, an unknown cell is blank.
fn columns(rows: &[Interval]) -> Vec<Column> {
    let range = |r: &Interval| match [r.p05, r.p95].into_iter().all(f64::is_finite) {
        true => format!("{} to {}", ticks::short(r.p05), ticks::short(r.p95)),
        false => String::new(),
    };
    let share = |r: &Interval| r.param_share.filter(|s| s.is_finite()).map(ticks::percent).unwrap_or_default();
    let median = |r: &Interval| if r.p50.is_finite() { ticks::short(r.p50) } else { String::new() };
    let mean = |r: &Interval| {
        let half = r.simulation_ci.map(|c| (c.1 - c.0) / 2.0).filter(|h| h.is_finite());
        let half = half.filter(|h| *h > 0.0).map(|h| format!(" \u{b1}{}", ticks::error(h))).unwrap_or_default();
        r.mean.filter(|m| m.is_finite()).map(|m| format!("{}{half}", ticks::short(m))).unwrap_or_default()
    };
    let column = |head: &[&str], cells: Vec<String>, face: Face, color: Color| {
        let head: Vec<String> = head.iter().map(|h| (*h).to_string()).collect();
        let of_cells = cells.iter().map(|c| font::width(c, SMALL, face));
        let of_head = head.iter().map(|h| font::width(h, SMALL - 1.0, Face::Normal));
        let width = of_cells.chain(of_head).fold(0.0, f64::max);
        Column { head, cells, width, face, color }
    };
    let all = [
        column(&["median"], rows.iter().map(median).collect(), Face::Normal, INK),
        column(&["p05 to p95"], rows.iter().map(range).collect(), Face::Bold, INK),
        column(&["share", "not known"], rows.iter().map(share).collect(), Face::Normal, INK),
        column(&["mean, 95\u{a0}%", "interval"], rows.iter().map(mean).collect(), Face::Normal, GREY),
    ];
    all.into_iter().filter(|c| c.cells.iter().any(|words| !words.is_empty())).collect()
}
