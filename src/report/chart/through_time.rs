//! Lines, steps and stacked areas over a level axis of dates or numbers.
//! It does not smooth; where points are denser than pixels it keeps each column's extremes.
use super::frame::{self, Keys, Rect, Swatch};
use super::palette::{self, Dash, ERROR, GREY, INK, PAPER};
use super::scene::{Point, Scene};
use super::ticks::Ticks;
use super::{Axis, Chart, Line, Part, Reference, Scale};

/// Named lines with bands and reference lines; `steps` holds each value until the next point.
pub fn lines(scene: &mut Scene, chart: &Chart, series: &[Line], references: &[Reference], steps: bool) {
    let by_meaning = series.iter().any(|l| l.dashed);
    let banded = !steps && series.iter().any(|l| !l.band.is_empty());
    let style: Vec<(Dash, Option<usize>)> = series
        .iter()
        .enumerate()
        .map(|(i, l)| {
            let dash = dash_of(l, i, by_meaning);
            (dash, (!steps && series.len() > 1).then_some(i))
        })
        .collect();
    let named = |i: usize| Swatch::Line { color: palette::series(i), dash: style[i].0, marker: style[i].1 };
    let mut names: Vec<(String, Swatch)> = series.iter().enumerate().map(|(i, l)| (l.name.clone(), named(i))).collect();
    names.extend(references.iter().map(|r| (r.name.clone(), Swatch::Reference)));
    names.extend(banded.then(|| ("p05 to p95".to_string(), Swatch::Box(GREY.faded(0.25)))));
    let keys = Keys::new(scene, names);

    let values = series
        .iter()
        .flat_map(|l| l.points.iter().filter_map(|p| p.1).chain(l.band.iter().flat_map(|b| [b.1, b.2])))
        .chain(references.iter().map(|r| r.value));
    let xs = series.iter().flat_map(|l| l.points.iter().map(|p| p.0).chain(l.band.iter().map(|b| b.0)));
    let plot = Plot::new(scene, chart, &keys, xs, values, false);

    for reference in references.iter().filter(|r| plot.shows(r.value)) {
        let y = plot.y(reference.value);
        scene.stroke(&[(plot.rect.left, y), (plot.rect.right, y)], ERROR, 1.2, palette::DOTTED);
    }
    for (i, line) in series.iter().enumerate().filter(|_| !steps) {
        plot.band(scene, &line.band, palette::series(i));
    }
    for (i, line) in series.iter().enumerate() {
        for run in plot.runs(&line.points) {
            let path = thin(if steps { staircase(&run) } else { run.clone() });
            scene.stroke(&path, palette::series(i), 2.0, style[i].0);
            if path.len() == 1 {
                scene.mark(path[0], i, palette::series(i));
            }
        }
    }
    for (i, line) in series.iter().enumerate().filter(|(i, _)| style[*i].1.is_some()) {
        let all: Vec<Point> = plot.runs(&line.points).into_iter().flatten().collect();
        for at in sparse(&all, i, series.len()) {
            scene.mark(at, i, palette::series(i));
        }
    }
    frame::ground(scene, &plot.rect, &plot.ticks_y, chart.y.scale, true);
    let mut wants: Vec<Option<Point>> = series.iter().map(|l| plot.end_of(l)).collect();
    wants.extend(references.iter().map(|r| plot.shows(r.value).then(|| (plot.rect.right, plot.y(r.value)))));
    wants.extend(banded.then_some(None));
    keys.draw(scene, &plot.rect, &wants);
}

/// Areas stacked from the first up, lines over them.
pub fn areas(scene: &mut Scene, chart: &Chart, x: &[f64], areas: &[Part], overlays: &[Line]) {
    // A stack has no meaning on a log axis.
    let chart = &Chart { y: Axis::linear(chart.y.label.clone()), ..chart.clone() };
    let by_meaning = overlays.iter().any(|l| l.dashed);
    let over = |k: usize| (INK, dash_of(&overlays[k], k, by_meaning));
    // Keys from the top: overlays first, then the stack as the eye meets it.
    let mut names: Vec<(String, Swatch)> = (0..overlays.len())
        .map(|k| (overlays[k].name.clone(), Swatch::Line { color: over(k).0, dash: over(k).1, marker: None }))
        .collect();
    let named: Vec<usize> = (0..areas.len()).rev().filter(|i| !areas[*i].name.is_empty()).collect();
    names.extend(named.iter().map(|i| (areas[*i].name.clone(), Swatch::Box(areas[*i].color(*i)))));
    let keys = Keys::new(scene, names);

    // An area without any figure is an entry of the key. Where another lacks one, the stack has a gap: it would read as less.
    let keyed = |area: &Part| (0..x.len()).all(|k| area.at(k).is_none());
    let drawn: Vec<bool> = areas.iter().map(|area| !keyed(area)).collect();
    let whole = |k: &usize| areas.iter().zip(&drawn).all(|(area, drawn)| !drawn || area.at(*k).is_some());
    let columns: Vec<usize> = (0..x.len()).filter(|k| x[*k].is_finite()).filter(whole).collect();
    let mut tops = vec![vec![0.0; columns.len()]];
    for area in areas {
        let below = tops.last().expect("the ground is the first top");
        tops.push(columns.iter().zip(below).map(|(k, b)| b + area.at(*k).unwrap_or(0.0).max(0.0)).collect());
    }
    let values =
        tops.iter().flatten().copied().chain(overlays.iter().flat_map(|l| l.points.iter().filter_map(|p| p.1)));
    let xs = columns.iter().map(|k| x[*k]).chain(overlays.iter().flat_map(|l| l.points.iter().map(|p| p.0)));
    let plot = Plot::new(scene, chart, &keys, xs, values, true);

    let edge =
        |level: &[f64]| -> Vec<Point> { columns.iter().zip(level).map(|(k, v)| (plot.x(x[*k]), plot.y(*v))).collect() };
    for i in 0..areas.len() {
        let mut shape = edge(&tops[i + 1]);
        shape.extend(edge(&tops[i]).into_iter().rev());
        scene.polygon(shape, areas[i].color(i));
    }
    // A seam of paper between areas, so that neighbours part without colour.
    for top in tops.iter().skip(1).take(areas.len().saturating_sub(1)) {
        scene.stroke(&edge(top), PAPER, 0.8, palette::SOLID);
    }
    for (k, line) in overlays.iter().enumerate() {
        for run in plot.runs(&line.points) {
            scene.stroke(&thin(run.clone()), PAPER, 4.0, palette::SOLID);
            scene.stroke(&thin(run), over(k).0, 2.0, over(k).1);
        }
    }
    frame::ground(scene, &plot.rect, &plot.ticks_y, Scale::Linear, true);
    // Where all areas end in nothing the names are a list.
    let end = tops.last().and_then(|top| top.last()).map_or(0.0, |top| plot.y(0.0) - plot.y(*top));
    let listed = !areas.is_empty() && end < 3.0;
    let mut wants: Vec<Option<Point>> = overlays.iter().map(|l| plot.end_of(l).filter(|_| !listed)).collect();
    wants.extend(named.into_iter().map(|i| {
        let last = columns.len().checked_sub(1).filter(|_| !listed)?;
        Some((plot.x(x[columns[last]]), plot.y((tops[i][last] + tops[i + 1][last]) / 2.0)))
    }));
    keys.draw(scene, &plot.rect, &wants);
}

/// Dashes carry meaning where any line is dashed, else they tell lines apart.
fn dash_of(line: &Line, index: usize, by_meaning: bool) -> Dash {
    match (by_meaning, line.dashed) {
        (true, true) => palette::DASHED,
        (true, false) => palette::SOLID,
        (false, _) => palette::dash(index),
    }
}

/// The plot with both axes drawn, ready for data.
pub struct Plot {
    /// Where the data stand.
    pub rect: Rect,
    /// Of the level axis.
    pub ticks_x: Ticks,
    /// Of the upright axis.
    pub ticks_y: Ticks,
    log: (bool, bool),
}

impl Plot {
    /// Axes for data at `xs` and `ys`.
    pub fn new(
        scene: &mut Scene,
        chart: &Chart,
        keys: &Keys,
        xs: impl Iterator<Item = f64>,
        ys: impl Iterator<Item = f64>,
        with_zero: bool,
    ) -> Self {
        let (x_lo, x_hi) = frame::domain(xs, chart.x.scale, false).expect("a chart with data has abscissas");
        let (y_lo, y_hi) = frame::domain(ys, chart.y.scale, with_zero).expect("a chart with data has values");
        let top = frame::header(scene, chart);
        let top = frame::label_above(scene, &chart.y.label, top);
        let foot = frame::foot(scene, &chart.x.label).1;
        scene.height = scene.height.max(top + keys.height.max(80.0) + foot + frame::MARGIN);
        let bottom = scene.height - frame::MARGIN - foot;
        let ticks_y = Ticks::new(chart.y.scale, y_lo, y_hi, ((bottom - top) / 52.0).max(2.0));
        let left = frame::MARGIN + frame::widest(&ticks_y).max(10.0) + 7.0;
        let right = scene.width - frame::MARGIN - keys.width.max(20.0);
        let mut ticks_x = Ticks::new(chart.x.scale, x_lo, x_hi, ((right - left) / 78.0).max(1.0));
        let room = (right - left) / (frame::widest(&ticks_x) + 16.0);
        if ticks_x.marks.len() as f64 > room {
            ticks_x = Ticks::new(chart.x.scale, x_lo, x_hi, (room * 0.6).max(1.0));
        }
        let rect = Rect { left, top, right, bottom };
        frame::upright_values(scene, &rect, &ticks_y);
        frame::level_values(scene, &rect, &ticks_x, &chart.x.label, false);
        let log = (chart.x.scale == Scale::Log, chart.y.scale == Scale::Log);
        Self { rect, ticks_x, ticks_y, log }
    }

    /// A plot where its place and its axes are known; it draws neither.
    pub fn within(rect: Rect, ticks_x: Ticks, ticks_y: Ticks, log: (bool, bool)) -> Self {
        Self { rect, ticks_x, ticks_y, log }
    }

    /// Place along the level axis [px].
    pub fn x(&self, value: f64) -> f64 {
        frame::x_of(&self.rect, &self.ticks_x, value)
    }

    /// Place along the upright axis [px].
    pub fn y(&self, value: f64) -> f64 {
        frame::y_of(&self.rect, &self.ticks_y, value)
    }

    /// Whether a value has a place on the upright axis.
    pub fn shows(&self, value: f64) -> bool {
        value.is_finite() && (!self.log.1 || value > 0.0)
    }

    /// Unbroken stretches of a line, in pixels.
    pub fn runs(&self, points: &[(f64, Option<f64>)]) -> Vec<Vec<Point>> {
        let mut runs = vec![Vec::new()];
        for &(x, y) in points {
            let good_x = x.is_finite() && (!self.log.0 || x > 0.0);
            match y.filter(|y| good_x && self.shows(*y)) {
                Some(y) => runs.last_mut().expect("there is always a run").push((self.x(x), self.y(y))),
                None => runs.push(Vec::new()),
            }
        }
        runs.retain(|r| !r.is_empty());
        runs
    }

    /// The band of a line, under it.
    pub fn band(&self, scene: &mut Scene, band: &[(f64, f64, f64)], color: palette::Color) {
        let good: Vec<_> = band.iter().filter(|b| b.0.is_finite() && self.shows(b.1) && self.shows(b.2)).collect();
        let mut shape: Vec<Point> = good.iter().map(|b| (self.x(b.0), self.y(b.2))).collect();
        shape.extend(good.iter().rev().map(|b| (self.x(b.0), self.y(b.1))));
        scene.polygon(shape, color.faded(0.16));
    }

    /// Where the label of a line wants to stand.
    fn end_of(&self, line: &Line) -> Option<Point> {
        self.runs(&line.points).last().and_then(|r| r.last()).copied()
    }
}

/// Each value held until the next point.
fn staircase(points: &[Point]) -> Vec<Point> {
    let mut path = vec![points[0]];
    for pair in points.windows(2) {
        path.extend([(pair[1].0, pair[0].1), pair[1]]);
    }
    path
}

/// At most four points a pixel column: first, extremes, last.
pub fn thin(points: Vec<Point>) -> Vec<Point> {
    let column = |p: &Point| p.0.floor();
    points
        .chunk_by(|a, b| column(a) == column(b))
        .flat_map(|c| {
            let pick = |better: fn(f64, f64) -> bool| {
                (1..c.len()).fold(0, |best, k| if better(c[k].1, c[best].1) { k } else { best })
            };
            let mut keep = vec![0, pick(|a, b| a < b), pick(|a, b| a > b), c.len() - 1];
            keep.sort_unstable();
            keep.dedup();
            keep.into_iter().map(|k| c[k]).collect::<Vec<_>>()
        })
        .collect()
}

/// Places for the markers of series `index` of `of`: every point of a short line, else six, staggered, and the end.
pub fn sparse(points: &[Point], index: usize, of: usize) -> Vec<Point> {
    const MARKERS: usize = 6;
    if points.len() <= 12 {
        return points.to_vec();
    }
    let last = points.len() - 1;
    let at = |k: usize| (k * of + index) * last / (MARKERS * of);
    (0..MARKERS).map(|k| points[at(k)]).chain([points[last]]).collect()
}
