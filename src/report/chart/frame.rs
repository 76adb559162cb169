//! What every figure shares: header, axes, grid, and the column of keys with labels that never overlap.
//! It draws no data.
use super::font::{self, Face};
use super::palette::{self, AXIS, Color, Dash, ERROR, GREY, GRID, INK};
use super::scene::{Anchor, Point, Scene};
use super::ticks::Ticks;
use super::{Chart, Scale};

/// Free rim of the sheet [px].
pub const MARGIN: f64 = 18.0;
/// Size of tick labels and keys [px].
pub const SMALL: f64 = 11.5;
/// Distance of base lines of small words [px].
pub const LEADING: f64 = 14.5;
/// From the middle of a line of small words down to its base line [px].
pub const HALF: f64 = 4.1;

const TITLE: f64 = 16.0;
const SUBTITLE: f64 = 12.0;
const SWATCH: f64 = 20.0;

/// The plot's rectangle [px].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    /// Width [px].
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Height [px].
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// A figure without numbers: the header and the reason, in words.
pub fn no_data(scene: &mut Scene, chart: &Chart) {
    let top = header(scene, chart);
    let reason = if chart.empty_reason.trim().is_empty() { "no finite value" } else { chart.empty_reason.trim() };
    let lines = font::wrap(&format!("no data: {reason}"), scene.width * 0.7, 13.0, Face::Normal);
    let height = lines.len() as f64 * 18.0;
    scene.height = scene.height.max(top + height + 3.0 * MARGIN);
    let mut y = (top + scene.height - MARGIN - height) / 2.0 + 13.0;
    for line in lines {
        scene.text((scene.width / 2.0, y), &line, 13.0, Face::Normal, Anchor::Middle, GREY);
        y += 18.0;
    }
}

/// Title and subtitle, wrapped; returns where the space below them begins.
pub fn header(scene: &mut Scene, chart: &Chart) -> f64 {
    let room = scene.width - 2.0 * MARGIN;
    let mut y = MARGIN - 4.0;
    for line in font::wrap(&chart.title, room, TITLE, Face::Bold) {
        y += TITLE + 5.0;
        scene.text((MARGIN, y - 3.0), &line, TITLE, Face::Bold, Anchor::Start, INK);
    }
    for line in font::wrap(&chart.subtitle, room, SUBTITLE, Face::Normal) {
        y += SUBTITLE + 4.5;
        scene.text((MARGIN, y - 1.0), &line, SUBTITLE, Face::Normal, Anchor::Start, GREY);
    }
    y + 12.0
}

/// The label of the upright axis, laid flat over it; returns where the plot may begin.
pub fn label_above(scene: &mut Scene, label: &str, top: f64) -> f64 {
    let mut y = top;
    for line in font::wrap(label, scene.width - 2.0 * MARGIN, SMALL, Face::Normal) {
        y += LEADING;
        scene.text((MARGIN, y - 2.0), &line, SMALL, Face::Normal, Anchor::Start, INK);
    }
    y + 11.0
}

/// Lines of the label under the plot, and the height that ticks and label need there [px].
pub fn foot(scene: &Scene, label: &str) -> (Vec<String>, f64) {
    let lines = font::wrap(label, scene.width - 4.0 * MARGIN, SMALL, Face::Normal);
    let height = 20.0 + if lines.is_empty() { 0.0 } else { 3.0 + LEADING * lines.len() as f64 };
    (lines, height)
}

/// The widest tick label [px].
pub fn widest(ticks: &Ticks) -> f64 {
    ticks.marks.iter().map(|m| font::width(&m.1, SMALL, Face::Normal)).fold(0.0, f64::max)
}

/// Where `value` stands on the upright axis [px].
pub fn y_of(rect: &Rect, ticks: &Ticks, value: f64) -> f64 {
    rect.bottom - ticks.share(value) * rect.height()
}

/// Where `value` stands on the level axis [px].
pub fn x_of(rect: &Rect, ticks: &Ticks, value: f64) -> f64 {
    rect.left + ticks.share(value) * rect.width()
}

/// Grid and labels of the upright axis of values.
pub fn upright_values(scene: &mut Scene, rect: &Rect, ticks: &Ticks) {
    for (value, label) in &ticks.marks {
        let y = y_of(rect, ticks, *value);
        scene.stroke(&[(rect.left, y), (rect.right, y)], GRID, 1.0, palette::SOLID);
        scene.text((rect.left - 7.0, y + HALF), label, SMALL, Face::Normal, Anchor::End, GREY);
    }
}

/// The line where bars and areas stand, drawn over them: zero where the axis holds it, else its low end.
pub fn ground(scene: &mut Scene, rect: &Rect, ticks: &Ticks, scale: Scale, upright: bool) {
    let value = if scale != Scale::Log && ticks.lo < 0.0 { ticks.hi.min(0.0) } else { ticks.lo };
    let line = if upright {
        let y = y_of(rect, ticks, value);
        [(rect.left, y), (rect.right, y)]
    } else {
        let x = x_of(rect, ticks, value);
        [(x, rect.top), (x, rect.bottom)]
    };
    scene.stroke(&line, AXIS, 1.2, palette::SOLID);
}

/// Ticks, labels and name of a level axis of numbers or dates; `grid` draws its lines through the plot.
pub fn level_values(scene: &mut Scene, rect: &Rect, ticks: &Ticks, label: &str, grid: bool) {
    for (value, label) in &ticks.marks {
        let x = x_of(rect, ticks, *value);
        if grid {
            scene.stroke(&[(x, rect.top), (x, rect.bottom)], GRID, 1.0, palette::SOLID);
        } else {
            scene.stroke(&[(x, rect.bottom), (x, rect.bottom + 4.0)], AXIS, 1.0, palette::SOLID);
        }
        scene.text((x, rect.bottom + 17.0), label, SMALL, Face::Normal, Anchor::Middle, GREY);
    }
    level_label(scene, rect, rect.bottom + 20.0, label);
}

/// The name of the level axis, centred under the plot from `top` on.
pub fn level_label(scene: &mut Scene, rect: &Rect, top: f64, label: &str) {
    let (lines, _) = foot(scene, label);
    let half = lines.iter().map(|l| font::width(l, SMALL, Face::Normal)).fold(0.0, f64::max) / 2.0;
    let middle = (rect.left + rect.right) / 2.0;
    let middle = middle.min(scene.width - MARGIN - half).max(MARGIN + half);
    for (i, line) in lines.iter().enumerate() {
        let y = top + LEADING * (i + 1) as f64;
        scene.text((middle, y), line, SMALL, Face::Normal, Anchor::Middle, INK);
    }
}

/// How a key shows what it names.
#[derive(Debug, Clone, Copy)]
pub enum Swatch {
    /// A stroke, with the marker of that series.
    Line { color: Color, dash: Dash, marker: Option<usize> },
    /// The marker of that series alone.
    Dot(Color, usize),
    /// A filled box.
    Box(Color),
    /// A reference line.
    Reference,
}

/// The column of names to the right of the plot.
pub struct Keys {
    rows: Vec<(Vec<String>, Swatch)>,
    /// Room the column takes, gap included; 0 when empty [px].
    pub width: f64,
    /// Least height of a plot beside it [px].
    pub height: f64,
}

impl Keys {
    /// Keys from the top; names are wrapped to about a quarter of the sheet, nameless ones are left out of the words.
    pub fn new(scene: &Scene, names: Vec<(String, Swatch)>) -> Self {
        let limit = (scene.width * 0.24).clamp(80.0, 210.0);
        let rows: Vec<_> = names.into_iter().map(|(n, s)| (font::wrap(&n, limit, SMALL, Face::Normal), s)).collect();
        let widest = rows.iter().flat_map(|r| &r.0).map(|l| font::width(l, SMALL, Face::Normal)).fold(0.0, f64::max);
        let width = if rows.is_empty() { 0.0 } else { 14.0 + SWATCH + 5.0 + widest };
        let height = rows.iter().map(|r| height_of(&r.0)).sum();
        Self { rows, width, height }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The same keys from the bottom.
    pub fn reversed(mut self) -> Self {
        self.rows.reverse();
        self
    }

    /// Draw each key as near to its wanted height as the others allow; a thin leader shows where it belongs.
    /// `wants` runs along the keys; `None` has no place of its own and goes to the top. What ends before the rim has no leader.
    pub fn draw(&self, scene: &mut Scene, rect: &Rect, wants: &[Option<Point>]) {
        assert_eq!(self.rows.len(), wants.len(), "every key needs its wanted height");
        let heights: Vec<f64> = self.rows.iter().map(|r| height_of(&r.0)).collect();
        let places: Vec<f64> = wants.iter().map(|w| w.map_or(rect.top, |p| p.1)).collect();
        let centres = spread(&places, &heights, rect.top - 6.0, rect.bottom + 6.0);
        let x = rect.right + 14.0;
        for (i, (lines, swatch)) in self.rows.iter().enumerate() {
            let y = centres[i];
            if let Some(want) = wants[i].filter(|w| (w.1 - y).abs() > 2.5 && w.0 > rect.right - 6.0) {
                scene.stroke(&[(rect.right + 2.0, want.1), (x - 2.0, y)], ERROR, 0.7, palette::SOLID);
            }
            swatch.draw(scene, (x, y));
            let first = y - LEADING * (lines.len() as f64 - 1.0) / 2.0 + HALF;
            for (k, line) in lines.iter().enumerate() {
                let at = (x + SWATCH + 5.0, first + LEADING * k as f64);
                scene.text(at, line, SMALL, Face::Normal, Anchor::Start, INK);
            }
        }
    }
}

impl Swatch {
    /// Draw it with its left middle at `at`.
    pub fn draw(self, scene: &mut Scene, at: Point) {
        let (x, y) = at;
        match self {
            Self::Line { color, dash, marker } => {
                scene.stroke(&[(x, y), (x + SWATCH, y)], color, 2.0, dash);
                if let Some(index) = marker {
                    scene.mark((x + SWATCH / 2.0, y), index, color);
                }
            }
            Self::Dot(color, index) => scene.mark((x + SWATCH / 2.0, y), index, color),
            Self::Box(color) => scene.rect((x + 5.0, y - 5.0), (x + SWATCH - 3.0, y + 5.0), color),
            Self::Reference => scene.stroke(&[(x, y), (x + SWATCH, y)], ERROR, 1.2, palette::DOTTED),
        }
    }
}

fn height_of(lines: &[String]) -> f64 {
    LEADING * lines.len().max(1) as f64 + 2.5
}

/// Centres near `wants` for boxes of `heights` between `top` and `bottom`, none on another: touching boxes move as one,
/// by the mean of what they want (pool adjacent violators). Boxes that do not fit run over the bottom.
fn spread(wants: &[f64], heights: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    struct Pool {
        members: Vec<usize>,
        height: f64,
        wish: f64, // sum of wanted tops of the pool
        start: f64,
    }
    let mut order: Vec<usize> = (0..wants.len()).collect();
    order.sort_by(|a, b| wants[*a].total_cmp(&wants[*b]).then(a.cmp(b)));
    let settle = |p: &mut Pool| {
        p.start = (p.wish / p.members.len() as f64).min(bottom - p.height).max(top);
    };
    let mut pools: Vec<Pool> = Vec::new();
    for i in order {
        let wish = wants[i] - heights[i] / 2.0;
        let mut pool = Pool { members: vec![i], height: heights[i], wish, start: 0.0 };
        settle(&mut pool);
        while let Some(above) = pools.pop_if(|above| above.start + above.height > pool.start) {
            let shift = above.height * pool.members.len() as f64;
            pool = Pool {
                members: above.members.into_iter().chain(pool.members).collect(),
                height: above.height + pool.height,
                wish: above.wish + pool.wish - shift,
                start: 0.0,
            };
            settle(&mut pool);
        }
        pools.push(pool);
    }
    let mut centres = vec![0.0; wants.len()];
    for pool in pools {
        let mut y = pool.start;
        for i in pool.members {
            centres[i] = y + heights[i] / 2.0;
            y += heights[i];
        }
    }
    centres
}

/// The axis' domain for `values`: zero belongs to it when the data comes near it. `None` without data.
pub fn domain(values: impl Iterator<Item = f64>, scale: Scale, with_zero: bool) -> Option<(f64, f64)> {
    let log = scale == Scale::Log;
    let span = values
        .filter(|v| v.is_finite() && (!log || *v > 0.0))
        .fold(None, |span: Option<(f64, f64)>, v| Some(span.map_or((v, v), |(lo, hi)| (lo.min(v), hi.max(v)))));
    span.map(|(lo, hi)| match scale {
        Scale::Log | Scale::Dates | Scale::Whole | Scale::Clock => (lo, hi),
        Scale::FromZero if lo == 0.0 && hi == 0.0 => (0.0, 1.0),
        Scale::FromZero => (lo.min(0.0), hi.max(0.0)),
        Scale::Linear if lo > 0.0 && (with_zero || lo <= 0.5 * hi) => (0.0, hi),
        Scale::Linear if hi < 0.0 && (with_zero || hi >= 0.5 * lo) => (lo, 0.0),
        Scale::Linear => (lo, hi),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of noughts alone an axis from zero ends at 1 and does not begin below; 3 to 4 % stand on 0, and where a linear axis begins is its own matter.
    #[test]
    fn a_share_stands_on_zero() {
        let of = |values: &[f64], scale| domain(values.iter().copied(), scale, false).unwrap();
        assert_eq!(of(&[0.0, 0.0], Scale::FromZero), (0.0, 1.0));
        assert_eq!(of(&[3.0, 4.0], Scale::FromZero), (0.0, 4.0));
        assert_eq!(of(&[3.0, 4.0], Scale::Linear), (3.0, 4.0));
        let ticks = Ticks::new(Scale::FromZero, 0.0, 1.0, 2.0);
        assert_eq!((ticks.lo, ticks.hi), (0.0, 1.0));
    }

    /// Three boxes of 10 want 50, 52 and 90: the first two share the middle 51 (46 and 56), the third stays.
    #[test]
    fn labels_that_would_overlap_share_the_displacement() {
        assert_eq!(spread(&[52.0, 50.0, 90.0], &[10.0; 3], 0.0, 100.0), [56.0, 46.0, 90.0]);
        assert_eq!(spread(&[0.0, 0.0, 100.0], &[10.0; 3], 0.0, 100.0), [5.0, 15.0, 95.0]);
    }
}
