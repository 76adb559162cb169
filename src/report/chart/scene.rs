//! A figure as a list of marks in CSS pixels: polygons, strokes, words.
//! It knows neither data nor pixels of a bitmap.
use super::font::{self, Face};
use super::palette::{self, Color, Dash, PAPER};

/// A position [px], y downwards.
pub type Point = (f64, f64);

/// The marks of one figure, painted in order.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Width [px].
    pub width: f64,
    /// Height [px]; a kind may raise it before it draws.
    pub height: f64,
    /// First painted first.
    pub marks: Vec<Mark>,
}

/// One thing to paint.
#[derive(Debug, Clone)]
pub enum Mark {
    /// A filled polygon.
    Polygon { points: Vec<Point>, fill: Color },
    /// An opaque stroke with round joins.
    Stroke { points: Vec<Point>, color: Color, width: f64 },
    /// Words on one base line.
    Text { at: Point, words: String, em: f64, face: Face, anchor: Anchor, color: Color },
}

/// Which end of the words `at` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Left end.
    Start,
    /// Centre.
    Middle,
    /// Right end.
    End,
}

impl Scene {
    /// An empty sheet.
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, marks: Vec::new() }
    }

    /// All words, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.marks.iter().filter_map(|m| match m {
            Mark::Text { words, .. } => Some(words.as_str()),
            Mark::Polygon { .. } | Mark::Stroke { .. } => None,
        })
    }

    /// Fill a polygon; fewer than three corners draw nothing.
    pub fn polygon(&mut self, points: Vec<Point>, fill: Color) {
        if points.len() >= 3 {
            self.marks.push(Mark::Polygon { points, fill });
        }
    }

    /// Fill the rectangle between two corners.
    pub fn rect(&mut self, a: Point, b: Point, fill: Color) {
        self.polygon(vec![a, (b.0, a.1), b, (a.0, b.1)], fill);
    }

    /// A stroke through `points`, dashed by arc length.
    pub fn stroke(&mut self, points: &[Point], color: Color, width: f64, dash: Dash) {
        for points in dashes(points, dash) {
            self.marks.push(Mark::Stroke { points, color, width });
        }
    }

    /// A filled shape around `at` with a rim of paper, so that it stays visible on lines.
    pub fn marker(&mut self, at: Point, shape: &[Point], fill: Color) {
        let grown = |k: f64| shape.iter().map(|&(x, y)| (at.0 + k * x, at.1 + k * y)).collect();
        self.polygon(grown(1.4), PAPER);
        self.polygon(grown(1.0), fill);
    }

    /// The mark of the series at `index`: colours come again after eight, and then marks are hollow.
    pub fn mark(&mut self, at: Point, index: usize, color: Color) {
        let shape = palette::marker(index);
        self.marker(at, &shape, color);
        if palette::is_hollow(index) {
            self.polygon(shape.into_iter().map(|(x, y)| (at.0 + 0.5 * x, at.1 + 0.5 * y)).collect(), PAPER);
        }
    }

    /// Words on one line; control characters become spaces.
    pub fn text(&mut self, at: Point, words: &str, em: f64, face: Face, anchor: Anchor, color: Color) {
        let words = font::clean(words);
        if !words.is_empty() {
            self.marks.push(Mark::Text { at, words, em, face, anchor, color });
        }
    }
}

/// Cut a polyline into its dashes; the pattern starts with the line.
fn dashes(points: &[Point], dash: Dash) -> Vec<Vec<Point>> {
    if points.len() < 2 {
        return Vec::new();
    }
    if dash.is_empty() {
        return vec![points.to_vec()];
    }
    let (mut pieces, mut piece) = (Vec::new(), vec![points[0]]);
    let (mut phase, mut left) = (0, dash[0]);
    for pair in points.windows(2) {
        let ((mut x, mut y), (x1, y1)) = (pair[0], pair[1]);
        loop {
            let length = ((x1 - x) * (x1 - x) + (y1 - y) * (y1 - y)).sqrt();
            if length <= left {
                left -= length;
                piece.push((x1, y1));
                break;
            }
            (x, y) = (x + (x1 - x) * left / length, y + (y1 - y) * left / length);
            piece.push((x, y));
            if phase % 2 == 0 {
                pieces.push(std::mem::take(&mut piece));
            }
            piece = vec![(x, y)];
            phase = (phase + 1) % dash.len();
            left = dash[phase];
        }
    }
    if phase % 2 == 0 && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}
