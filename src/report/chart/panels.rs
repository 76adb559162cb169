//! Small charts of lines in rows and columns, which share what is level over all and what is upright over a row, and one column of keys.
//! It knows no more of lines than the chart of one panel does.
use super::font::{self, Face};
use super::frame::{self, Keys, LEADING, MARGIN, Rect, SMALL, Swatch};
use super::palette::{self, AXIS, ERROR, GREY, INK};
use super::scene::{Anchor, Point, Scene};
use super::through_time::{Plot, sparse, thin};
use super::ticks::Ticks;
use super::{Chart, Dot, Line, Panel, Row, Scale};

/// Least height of a panel [px].
const LEAST: f64 = 150.0;
/// Between two columns [px].
const GAP: f64 = 26.0;
/// How much ink a shaded part of an axis has.
const SHADE: f64 = 0.16;

/// Whether one point of a row can be drawn.
pub fn has_data(chart: &Chart, row: &Row) -> bool {
    let sound = |v: f64, scale: Scale| v.is_finite() && (scale != Scale::Log || v > 0.0);
    let lines = row.cells.iter().flat_map(|cell| &cell.lines).flat_map(|(_, line)| &line.points);
    let dots = row.cells.iter().flat_map(|cell| &cell.dots).map(|(_, dot)| (dot.x, Some(dot.y)));
    lines.copied().chain(dots).any(|p| sound(p.0, chart.x.scale) && p.1.is_some_and(|y| sound(y, row.y.scale)))
}

/// Every row that has data, from the top.
pub fn panels(scene: &mut Scene, chart: &Chart, keys: &[String], columns: &[String], rows: &[Row]) {
    let rows: Vec<&Row> = rows.iter().filter(|row| has_data(chart, row)).collect();
    let names = Keys::new(scene, named(keys, &rows));
    let mut y = frame::header(scene, chart);
    let foot = frame::foot(scene, &chart.x.label).1;
    // Of what is left each row has its part; a label of its axis takes about two lines.
    let left = scene.height - y - foot - MARGIN - rows.len() as f64 * 2.6 * LEADING;
    let height = (left.max(names.height) / rows.len() as f64).max(LEAST);
    let ticks: Vec<Ticks> = rows.iter().map(|row| upright(row, height)).collect();
    let from = MARGIN + ticks.iter().map(frame::widest).fold(10.0, f64::max) + 7.0;
    let to = scene.width - MARGIN - names.width.max(20.0);
    let n = columns.len().max(1) as f64;
    let width = (to - from - GAP * (n - 1.0)) / n;
    let level = level(chart, &rows, width);
    let mut all = Rect { left: from, top: y, right: to, bottom: y };
    for (k, (row, ticks_y)) in rows.iter().zip(ticks).enumerate() {
        y = frame::label_above(scene, &row.y.label, y);
        if k == 0 {
            y = heads(scene, columns, (from, width), y);
            all.top = y;
        }
        all.bottom = y + height;
        for (c, cell) in row.cells.iter().enumerate() {
            let left = from + (width + GAP) * c as f64;
            let rect = Rect { left, top: y, right: left + width, bottom: all.bottom };
            let log = (chart.x.scale == Scale::Log, row.y.scale == Scale::Log);
            let plot = Plot::within(rect, level.clone(), ticks_y.clone(), log);
            shade(scene, &plot, row);
            axes(scene, &plot, c == 0, k + 1 == rows.len());
            // Under the lines: a mark that stands on it is seen whole.
            frame::ground(scene, &plot.rect, &plot.ticks_y, row.y.scale, true);
            panel(scene, &plot, row, cell, keys.len());
        }
        y = all.bottom + 12.0;
    }
    frame::level_label(scene, &all, all.bottom + 20.0, &chart.x.label);
    scene.height = scene.height.max(all.bottom + foot + MARGIN);
    names.draw(scene, &all, &vec![None; names.len()]);
}

/// Keys of the lines, of what is joined, of the references and of bands.
fn named(keys: &[String], rows: &[&Row]) -> Vec<(String, Swatch)> {
    let cells = || rows.iter().flat_map(|row| &row.cells);
    let traded = cells().any(|cell| !cell.best.is_empty());
    let lined = cells().any(|cell| !cell.lines.is_empty());
    let line = |(i, name): (usize, &String)| {
        let dash = if traded { palette::SOLID } else { palette::dash(i) };
        let color = palette::series(i);
        (name.clone(), if lined { Swatch::Line { color, dash, marker: Some(i) } } else { Swatch::Dot(color, i) })
    };
    let mut names: Vec<(String, Swatch)> = keys.iter().enumerate().map(line).collect();
    if traded {
        let swatch = Swatch::Line { color: ERROR, dash: palette::DASHED, marker: None };
        names.push(("frontier; what is not on it is pale".to_string(), swatch));
    }
    for reference in rows.iter().flat_map(|row| row.references.iter().chain(&row.uprights)) {
        if names.iter().all(|(name, _)| *name != reference.name) {
            names.push((reference.name.clone(), Swatch::Reference));
        }
    }
    for shade in rows.iter().filter_map(|row| row.shade.as_ref()) {
        if names.iter().all(|(name, _)| *name != shade.name) {
            names.push((shade.name.clone(), Swatch::Box(GREY.faded(SHADE))));
        }
    }
    if cells().flat_map(|cell| &cell.lines).any(|(_, line)| !line.band.is_empty()) {
        names.push(("p05 to p95".to_string(), Swatch::Box(GREY.faded(0.25))));
    }
    names
}

/// Ticks of a row.
fn upright(row: &Row, height: f64) -> Ticks {
    let (low, high) = frame::domain(row.values(), row.y.scale, false).expect("a row that is drawn has values");
    Ticks::new(row.y.scale, low, high, (height / 46.0).max(2.0))
}

/// Ticks of all columns.
fn level(chart: &Chart, rows: &[&Row], width: f64) -> Ticks {
    let xs = rows.iter().flat_map(|row| row.abscissas());
    let (low, high) = frame::domain(xs, chart.x.scale, false).expect("a chart with data has abscissas");
    let ticks = Ticks::new(chart.x.scale, low, high, (width / 78.0).max(1.0));
    let room = width / (frame::widest(&ticks) + 16.0);
    if ticks.marks.len() as f64 <= room {
        return ticks;
    }
    Ticks::new(chart.x.scale, low, high, (room * 0.6).max(1.0))
}

/// Names of the columns over the first row; returns where the panels begin.
fn heads(scene: &mut Scene, columns: &[String], (from, width): (f64, f64), y: f64) -> f64 {
    if columns.iter().all(String::is_empty) {
        return y;
    }
    for (c, name) in columns.iter().enumerate() {
        let middle = from + (width + GAP) * c as f64 + width / 2.0;
        scene.text((middle, y + 4.0), name, SMALL, Face::Bold, Anchor::Middle, INK);
    }
    y + LEADING
}

/// Grid of a panel; numbers at the left of the first column and under the last row.
fn axes(scene: &mut Scene, plot: &Plot, first: bool, last: bool) {
    let rect = &plot.rect;
    if first {
        frame::upright_values(scene, rect, &plot.ticks_y);
    } else {
        for (value, _) in &plot.ticks_y.marks {
            let y = plot.y(*value);
            scene.stroke(&[(rect.left, y), (rect.right, y)], palette::GRID, 1.0, palette::SOLID);
        }
    }
    if last {
        frame::level_values(scene, rect, &plot.ticks_x, "", false);
        return;
    }
    for (value, _) in &plot.ticks_x.marks {
        let x = plot.x(*value);
        scene.stroke(&[(x, rect.bottom), (x, rect.bottom + 4.0)], AXIS, 1.0, palette::SOLID);
    }
}

/// What of the axis of a row is shaded, under its grid.
fn shade(scene: &mut Scene, plot: &Plot, row: &Row) {
    if let Some(shade) = row.shade.as_ref().filter(|shade| plot.shows(shade.low) && plot.shows(shade.high)) {
        let rect = &plot.rect;
        scene.rect((rect.left, plot.y(shade.low)), (rect.right, plot.y(shade.high)), GREY.faded(SHADE));
    }
}

/// Points that nothing joins: intervals under marks, words beside them.
fn dots(scene: &mut Scene, plot: &Plot, dots: &[(usize, Dot)]) {
    let dots = || dots.iter().filter(|(_, dot)| dot.x.is_finite() && plot.shows(dot.y));
    for (key, dot) in dots() {
        if let Some((low, high)) = dot.ends.filter(|ends| plot.shows(ends.0) && plot.shows(ends.1)) {
            let x = plot.x(dot.x);
            scene.stroke(&[(x, plot.y(low)), (x, plot.y(high))], palette::series(*key).tint(), 1.2, palette::SOLID);
        }
    }
    let places = || dots().map(|(key, dot)| (*key, (plot.x(dot.x), plot.y(dot.y)), dot.note.as_str()));
    for (key, at, _) in places() {
        scene.mark(at, key, palette::series(key));
    }
    let marks: Vec<Point> = places().map(|(_, at, _)| at).collect();
    words(scene, &plot.rect, &marks, places().map(|(_, at, note)| (at, note)).filter(|place| !place.1.is_empty()));
}

/// Words beside marks, at the side that has room; those that would stand on others or on marks are left out, but for the first: it goes as far up or down as it
/// must, with a line to its mark.
fn words<'n>(scene: &mut Scene, rect: &Rect, marks: &[Point], notes: impl Iterator<Item = (Point, &'n str)>) {
    let mut taken: Vec<(f64, f64, f64)> = Vec::new();
    for ((x, y), note) in notes {
        let width = font::width(note, SMALL, Face::Normal);
        let free = |at: &Point| {
            let (from, to) = (at.0, at.0 + width);
            let on_words = |other: &(f64, f64, f64)| {
                (other.2 - at.1).abs() < LEADING && from < other.1 + 4.0 && other.0 - 4.0 < to
            };
            let on_mark =
                |mark: &Point| (mark.1 - at.1).abs() < LEADING / 2.0 && from - 4.0 < mark.0 && mark.0 < to + 4.0;
            let within = rect.left <= from && to <= rect.right;
            within && !taken.iter().any(on_words) && !marks.iter().any(on_mark)
        };
        let beside = |level: f64| [x + 7.0, x - 7.0 - width].map(|from| (from, level));
        let farther = (1..).map(|n| LEADING * f64::from(n)).take_while(|by| *by < rect.bottom - rect.top);
        let farther =
            farther.flat_map(|by| [y - by, y + by]).filter(|level| rect.top <= *level && *level <= rect.bottom);
        let mut found = beside(y).into_iter().find(&free);
        if found.is_none() && taken.is_empty() {
            found = farther.flat_map(beside).find(&free);
            if let Some((from, level)) = found {
                let end = if x < from { from - 2.0 } else { from + width + 2.0 };
                scene.stroke(&[(x, y), (end, level)], GREY, 0.8, palette::SOLID);
            }
        }
        if let Some((from, level)) = found {
            taken.push((from, from + width, level));
            scene.text((from, level + frame::HALF), note, SMALL, Face::Normal, Anchor::Start, GREY);
        }
    }
}

/// References, bands, lines and their marks, and points of their own.
fn panel(scene: &mut Scene, plot: &Plot, row: &Row, cell: &Panel, of: usize) {
    let rect = plot.rect;
    for reference in row.references.iter().filter(|r| plot.shows(r.value)) {
        let y = plot.y(reference.value);
        scene.stroke(&[(rect.left, y), (rect.right, y)], ERROR, 1.2, palette::DOTTED);
    }
    for reference in row.uprights.iter().filter(|r| r.value.is_finite()) {
        let x = plot.x(reference.value);
        scene.stroke(&[(x, rect.top), (x, rect.bottom)], ERROR, 1.2, palette::DOTTED);
    }
    for (key, line) in &cell.lines {
        plot.band(scene, &line.band, palette::series(*key));
    }
    dots(scene, plot, &cell.dots);
    if !cell.best.is_empty() {
        return traded(scene, plot, cell);
    }
    for (key, line) in &cell.lines {
        for run in plot.runs(&line.points) {
            scene.stroke(&thin(run), palette::series(*key), 1.8, palette::dash(*key));
        }
    }
    for (key, line) in &cell.lines {
        let all: Vec<Point> = plot.runs(&line.points).into_iter().flatten().collect();
        for at in sparse(&all, *key, of) {
            scene.mark(at, *key, palette::series(*key));
        }
    }
}

/// Lines of which each point is a choice: those on the frontier in full colour, over steps that join them.
fn traded(scene: &mut Scene, plot: &Plot, cell: &Panel) {
    for (key, line) in &cell.lines {
        for run in plot.runs(&line.points) {
            scene.stroke(&run, palette::series(*key).tint(), 1.2, palette::SOLID);
        }
    }
    let best: Vec<Point> = cell.best.iter().map(|(x, y)| (plot.x(*x), plot.y(*y))).collect();
    let mut stairs: Vec<Point> = best.first().copied().into_iter().collect();
    for pair in best.windows(2) {
        stairs.extend([(pair[1].0, pair[0].1), pair[1]]);
    }
    scene.stroke(&stairs, ERROR, 1.4, palette::DASHED);
    let of = |line: &Line| -> Vec<Point> { plot.runs(&line.points).into_iter().flatten().collect() };
    let small = |key: usize| palette::marker(key).into_iter().map(|(x, y)| (0.75 * x, 0.75 * y)).collect::<Vec<_>>();
    for (key, line) in &cell.lines {
        for at in of(line).into_iter().filter(|at| !best.contains(at)) {
            scene.marker(at, &small(*key), palette::series(*key).tint());
        }
    }
    for (key, line) in &cell.lines {
        for at in of(line).into_iter().filter(|at| best.contains(at)) {
            scene.mark(at, *key, palette::series(*key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::{Axis, Kind, Reference, Size, compose, to_svg};

    fn chart(rows: Vec<Row>) -> Chart {
        Chart {
            title: "t".into(),
            subtitle: String::new(),
            x: Axis::linear("x"),
            y: Axis::linear(""),
            kind: Kind::Panels { keys: vec!["a".into()], columns: vec!["p50".into(), "p99".into()], rows },
            empty_reason: "nothing".into(),
        }
    }

    fn row(values: [f64; 2]) -> Row {
        let cell = |y: f64| Panel {
            lines: vec![(0, Line::new("", [(0.0, 0.0), (1.0, y)]))],
            best: Vec::new(),
            dots: Vec::new(),
        };
        let references = vec![Reference { name: "target".into(), value: 2.0 }];
        let (y, cells) = (Axis::linear("y"), values.map(cell).to_vec());
        Row { y, references, uprights: Vec::new(), shade: None, cells }
    }

    /// Both panels of a row stand on one axis: 4 in the first is as high as 4 in the second, though it has 8 as well; the name of a reference stands once.
    #[test]
    fn panels_of_a_row_share_their_axis() {
        let scene = compose(&chart(vec![row([4.0, 8.0]), row([1.0, 1.0])]), Size::default());
        let words: Vec<&str> = scene.texts().collect();
        assert_eq!(words.iter().filter(|word| **word == "target").count(), 1, "{words:?}");
        assert_eq!(words.iter().filter(|word| **word == "8").count(), 1, "one axis a row: {words:?}");
        assert_eq!(words.iter().filter(|word| **word == "p99").count(), 1, "{words:?}");
    }

    /// A row without a number is left out; of none there is no chart.
    #[test]
    fn rows_without_data_are_left_out() {
        let svg = to_svg(&chart(vec![row([f64::NAN, f64::NAN]), row([1.0, 2.0])]), Size::default());
        assert!(!svg.contains("no data"));
        let empty = Row { cells: vec![Panel::default(), Panel::default()], ..row([0.0, 0.0]) };
        assert!(to_svg(&chart(vec![empty]), Size::default()).contains("no data: nothing"));
    }

    /// Forty marks in a row at the rim, the fifth of them the worst: its number stands below the others, with a line to its mark, whatever stands beside it. The others' have no room.
    #[test]
    fn the_first_word_always_has_a_place() {
        let dot = |n: u32, note: &str| (0, Dot { x: f64::from(n) / 10.0, y: 4.0, ends: None, note: note.into() });
        let mut dots = vec![dot(5, "+999")];
        dots.extend((0..40).filter(|n| *n != 5).map(|n| dot(n, "+777")));
        dots.push((0, Dot { x: 2.0, y: -4.0, ends: None, note: String::new() }));
        let panel = Panel { dots, ..Panel::default() };
        let one = Row { cells: vec![panel], references: Vec::new(), ..row([0.0, 0.0]) };
        let chart = Chart {
            kind: Kind::Panels { keys: vec!["a".into()], columns: vec![String::new()], rows: vec![one] },
            ..chart(Vec::new())
        };
        let scene = compose(&chart, Size::default());
        let words: Vec<&str> = scene.texts().collect();
        assert_eq!(words.iter().filter(|word| **word == "+999").count(), 1, "{words:?}");
        assert!(words.iter().filter(|word| **word == "+777").count() < 39, "{words:?}");
    }

    /// The ninth series has the colour of the first, and neither its shape nor its filling.
    #[test]
    fn the_ninth_mark_is_not_the_first() {
        let polygons = |key: usize| {
            let mut scene = Scene::new(100.0, 100.0);
            scene.mark((50.0, 50.0), key, palette::series(key));
            scene.marks.len()
        };
        assert_eq!((polygons(0), polygons(8), polygons(16)), (2, 3, 2));
        assert_eq!(palette::series(0), palette::series(8));
        assert_ne!(palette::marker(0), palette::marker(8));
    }
}
