//! Bars over categories, stacked or side by side; they lie down when their names would not fit under them.
//! It never turns words.
use super::font::{self, Face};
use super::frame::{self, HALF, Keys, LEADING, MARGIN, Rect, SMALL, Swatch};
use super::palette::{self, AXIS, GREY, INK};
use super::scene::{Anchor, Point, Scene};
use super::ticks::{self, Ticks};
use super::{Axis, Chart, Part, Scale, Step};

/// One stacked bar a category, negative parts below zero, and a net line with dots.
pub fn stacked(scene: &mut Scene, chart: &Chart, categories: &[String], parts: &[Part], net: Option<&Part>) {
    // A stack has no meaning on a log axis.
    let chart = &Chart { y: Axis::linear(chart.y.label.clone()), ..chart.clone() };
    let mut names: Vec<(String, Swatch)> = Vec::new();
    if let Some(net) = net {
        names.push((net.name.clone(), Swatch::Line { color: INK, dash: palette::SOLID, marker: Some(0) }));
    }
    names.extend(parts.iter().enumerate().rev().map(|(i, p)| (p.name.clone(), Swatch::Box(p.color(i)))));
    let keys = Keys::new(scene, names);
    let mut ends = Vec::new();
    for k in 0..categories.len() {
        let values = || parts.iter().filter_map(move |p| p.at(k));
        ends.extend([values().filter(|v| *v > 0.0).sum(), values().filter(|v| *v < 0.0).sum(), 0.0]);
        ends.extend(net.and_then(|n| n.at(k)));
    }
    let bars = Bars::new(scene, chart, categories, &keys, &ends, 1, false);
    let keys = if bars.lying { keys.reversed() } else { keys };
    for k in 0..categories.len() {
        let (mut up, mut down) = (0.0, 0.0);
        for (i, value) in parts.iter().enumerate().filter_map(|(i, p)| Some((i, p.at(k)?))) {
            let from = if value >= 0.0 { &mut up } else { &mut down };
            bars.bar(scene, (k as f64 + 0.19, k as f64 + 0.81), (*from, *from + value), parts[i].color(i));
            *from += value;
        }
    }
    frame::ground(scene, &bars.rect, &bars.ticks, Scale::Linear, !bars.lying);
    if let Some(net) = net {
        let dots: Vec<Option<Point>> =
            (0..categories.len()).map(|k| Some(bars.at(k as f64 + 0.5, net.at(k)?))).collect();
        for run in dots.split(Option::is_none) {
            let run: Vec<Point> = run.iter().copied().flatten().collect();
            scene.stroke(&run, palette::PAPER, 3.6, palette::SOLID);
            scene.stroke(&run, INK, 1.8, palette::SOLID);
        }
        for dot in dots.into_iter().flatten() {
            scene.marker(dot, &palette::marker(0), INK);
        }
    }
    keys.draw(scene, &bars.beside, &vec![None; parts.len() + usize::from(net.is_some())]);
}

/// Bars side by side; on a log axis dots on stems.
pub fn grouped(scene: &mut Scene, chart: &Chart, categories: &[String], parts: &[Part]) {
    let log = chart.y.scale == Scale::Log;
    let names: Vec<_> = parts.iter().enumerate().map(|(i, p)| (p.name.clone(), Swatch::Box(p.color(i)))).collect();
    let keys = Keys::new(scene, if parts.len() > 1 { names } else { Vec::new() });
    let slots = || 0..categories.len();
    let values = parts.iter().flat_map(|p| slots().filter_map(|k| p.at(k)));
    let ends = parts.iter().flat_map(|p| slots().filter_map(|k| p.ends_at(k)).flat_map(|e| [e.0, e.1]));
    let mut values: Vec<f64> = values.chain(ends).collect();
    // What is a hundred thousand times smaller than the largest would squeeze all others: it stands at the foot with its number.
    let most = values.iter().copied().fold(0.0, f64::max);
    let floor = if log { 1e-5 * most } else { f64::MIN };
    if log {
        let drawn = |v: &f64| *v >= floor && *v > 0.0;
        // Room under the smallest for its stem, and a place of their own for those at the foot.
        let foot = parts.iter().any(|p| slots().filter_map(|k| p.at(k)).any(|v| !drawn(&v)));
        values.retain(drawn);
        let least = values.iter().copied().fold(f64::MAX, f64::min);
        values.push(least / if foot { 4.0 } else { 1.6 });
    }
    let bars = Bars::new(scene, chart, categories, &keys, &values, parts.len(), true);
    let width = 0.72 / parts.len() as f64;
    let mut open: Vec<(Vec<Point>, palette::Color)> = Vec::new();
    for (k, (i, part)) in (0..categories.len()).flat_map(|k| parts.iter().enumerate().map(move |p| (k, p))) {
        let Some(value) = part.at(k) else { continue };
        let u = k as f64 + 0.14 + width * i as f64;
        let color = part.color(i);
        if log && (value <= 0.0 || value < floor) {
            // No place on the axis, but known: an open dot at the foot and its number.
            let foot = bars.at(u + width / 2.0, bars.ticks.lo);
            let dot = |r: f64| palette::disc(r).iter().map(|d| (foot.0 + d.0, foot.1 + d.1)).collect::<Vec<Point>>();
            open.push((dot(4.4), color));
            open.push((dot(2.9), palette::PAPER));
            bars.say(scene, u + width / 2.0, width, (bars.ticks.lo, value));
            continue;
        }
        let middle = u + width / 2.0;
        if log {
            scene.stroke(&[bars.at(middle, bars.ticks.lo), bars.at(middle, value)], color, 1.6, palette::SOLID);
        } else {
            bars.bar(scene, (u + 0.04 * width, u + 0.96 * width), (0.0, value), color);
        }
        let mut tip = value;
        // An interval too small to be seen is left out.
        let seen = |e: &(f64, f64)| if log { e.1 > 1.05 * e.0.max(floor) } else { e.1 - e.0 > 2e-3 * most };
        if let Some((low, high)) = part.ends_at(k).filter(seen) {
            let (low, high) = (low.max(bars.ticks.lo), high.min(bars.ticks.hi));
            bars.whisker(scene, middle, width, (low, high));
            tip = if value < 0.0 { low.min(value) } else { high.max(value) };
        }
        if log {
            let at = bars.at(middle, value);
            scene.polygon(palette::disc(4.4).iter().map(|d| (at.0 + d.0, at.1 + d.1)).collect(), color);
        }
        bars.say(scene, middle, width, (tip, value));
    }
    frame::ground(scene, &bars.rect, &bars.ticks, chart.y.scale, !bars.lying);
    for (shape, fill) in open {
        scene.polygon(shape, fill);
    }
    keys.draw(scene, &bars.beside, &vec![None; if parts.len() > 1 { parts.len() } else { 0 }]);
}

/// Levels on the ground and what is taken off between them, each with its number; thin lines lead from one to the next.
pub fn waterfall(scene: &mut Scene, chart: &Chart, steps: &[Step]) {
    // A difference has no length on a log axis.
    let chart = &Chart { y: Axis::linear(chart.y.label.clone()), ..chart.clone() };
    let categories: Vec<String> = steps.iter().map(|step| step.name.clone()).collect();
    let keys = Keys::new(scene, Vec::new());
    let ends: Vec<f64> = steps.iter().map(|step| step.value).filter(|v| v.is_finite()).chain([0.0]).collect();
    let bars = Bars::new(scene, chart, &categories, &keys, &ends, 1, true);
    let mut level = 0.0;
    for (k, step) in steps.iter().enumerate().filter(|(_, step)| step.value.is_finite()) {
        let (from, to) = if step.taken { (level, level - step.value) } else { (0.0, step.value) };
        let k = k as f64;
        if k > 0.0 && step.taken {
            scene.stroke(&[bars.at(k - 0.19, level), bars.at(k + 0.19, level)], AXIS, 0.8, palette::DOTTED);
        }
        bars.bar(scene, (k + 0.19, k + 0.81), (from, to), palette::fill(step.slot));
        bars.say(scene, k + 0.5, 0.9, (from.max(to), step.value));
        level = to;
    }
    frame::ground(scene, &bars.rect, &bars.ticks, Scale::Linear, !bars.lying);
}

/// The plot with categories along one axis and values along the other.
struct Bars {
    rect: Rect,
    /// The plot and the numbers at its right: where the keys begin.
    beside: Rect,
    ticks: Ticks,
    slots: f64,
    lying: bool,
}

impl Bars {
    /// `ends` are the values the axis must hold; `abreast` bars stand in a slot; `said` leaves room for their numbers.
    fn new(
        scene: &mut Scene,
        chart: &Chart,
        categories: &[String],
        keys: &Keys,
        ends: &[f64],
        abreast: usize,
        said: bool,
    ) -> Self {
        let (lo, hi) = frame::domain(ends.iter().copied(), chart.y.scale, true).expect("a chart with data has values");
        let top = frame::header(scene, chart);
        let slots = categories.len() as f64;
        let slot = (scene.width - 2.0 * MARGIN - keys.width - 55.0) / slots;
        let timely = slot > 5.0 && categories.iter().all(|c| names_a_year(c));
        // Where numbers are written, every one of them must have its room.
        let wide = |v: &f64| font::width(&ticks::short(*v), SMALL - 1.0, Face::Normal);
        let widest = if said { ends.iter().map(wide).fold(0.0, f64::max) } else { 0.0 };
        let roomy = 0.72 * slot / abreast as f64 > widest.max(5.0);
        if roomy && (timely || stand_side_by_side(categories, slot - 6.0)) {
            Self::standing(scene, chart, categories, keys, (lo, hi), top, said)
        } else {
            Self::lying(scene, chart, categories, keys, (lo, hi), top, abreast)
        }
    }

    fn standing(
        scene: &mut Scene,
        chart: &Chart,
        categories: &[String],
        keys: &Keys,
        (lo, hi): (f64, f64),
        top: f64,
        said: bool,
    ) -> Self {
        let top = frame::label_above(scene, &chart.y.label, top) + if said { 8.0 } else { 0.0 };
        let right = scene.width - MARGIN - keys.width;
        let slots = categories.len() as f64;
        let slot = (right - MARGIN - 55.0) / slots;
        // Dates need not all be named: every second, fourth, twelfth will do.
        let fits = |n: &usize| stand_side_by_side(categories, slot * *n as f64 - 6.0);
        let every = [1, 2, 4, 6, 12, 24, 60].into_iter().find(fits).unwrap_or(120);
        let wrap = |c: &String| font::wrap(c, slot * every as f64 - 6.0, SMALL, Face::Normal);
        let names: Vec<_> = categories.iter().step_by(every).map(wrap).collect();
        let tallest = names.iter().map(Vec::len).max().unwrap_or(1) as f64;
        let foot = frame::foot(scene, &chart.x.label).1 + LEADING * (tallest - 1.0);
        scene.height = scene.height.max(top + keys.height.max(80.0) + foot + MARGIN);
        let bottom = scene.height - MARGIN - foot;
        // Room for the numbers under bars that hang to the very end of the axis.
        let bottom = if said && lo < 0.0 { bottom - 14.0 } else { bottom };
        let ticks = Ticks::new(chart.y.scale, lo, hi, ((bottom - top) / 52.0).max(2.0));
        let rect = Rect { left: MARGIN + frame::widest(&ticks) + 7.0, top, right, bottom };
        frame::upright_values(scene, &rect, &ticks);
        let bars = Self { rect, beside: rect, ticks, slots, lying: false };
        let under = if said && lo < 0.0 { 14.0 } else { 0.0 };
        for (k, lines) in names.iter().enumerate() {
            let half = lines.iter().map(|l| font::width(l, SMALL, Face::Normal)).fold(0.0, f64::max) / 2.0;
            let x = bars.at((k * every) as f64 + 0.5, bars.ticks.lo).0.min(scene.width - 4.0 - half);
            for (i, line) in lines.iter().enumerate() {
                let y = rect.bottom + under + 17.0 + LEADING * i as f64;
                scene.text((x, y), line, SMALL, Face::Normal, Anchor::Middle, INK);
            }
        }
        frame::level_label(scene, &rect, rect.bottom + under + 20.0 + LEADING * (tallest - 1.0), &chart.x.label);
        bars
    }

    fn lying(
        scene: &mut Scene,
        chart: &Chart,
        categories: &[String],
        keys: &Keys,
        (lo, hi): (f64, f64),
        top: f64,
        abreast: usize,
    ) -> Self {
        let top = if chart.x.label.is_empty() { top } else { frame::label_above(scene, &chart.x.label, top) };
        let names = Names::new(scene, categories);
        let foot = frame::foot(scene, &chart.y.label).1;
        let row = names.row.max(abreast as f64 * 17.0 + 6.0);
        let wanted = (row * categories.len() as f64).max(keys.height);
        scene.height = scene.height.max(top + wanted + foot + MARGIN);
        let said = frame::widest(&Ticks::new(chart.y.scale, lo, hi, 4.0)) + 8.0;
        let left = MARGIN + names.width + 9.0 + if lo < 0.0 { said } else { 0.0 };
        let right = scene.width - MARGIN - keys.width - if keys.width > 0.0 { said } else { said + 6.0 };
        let rect = Rect { left, top, right, bottom: scene.height - MARGIN - foot };
        let ticks = level_ticks(chart.y.scale, (lo, hi), rect.width());
        frame::level_values(scene, &rect, &ticks, &chart.y.label, true);
        names.draw(scene, &rect);
        let beside = Rect { right: rect.right + said, ..rect };
        Self { rect, beside, ticks, slots: categories.len() as f64, lying: true }
    }

    /// Where slot coordinate `u` and `value` meet.
    fn at(&self, u: f64, value: f64) -> Point {
        let share = u / self.slots;
        if self.lying {
            (frame::x_of(&self.rect, &self.ticks, value), self.rect.top + share * self.rect.height())
        } else {
            (self.rect.left + share * self.rect.width(), frame::y_of(&self.rect, &self.ticks, value))
        }
    }

    fn bar(&self, scene: &mut Scene, u: (f64, f64), value: (f64, f64), color: palette::Color) {
        if value.0 != value.1 {
            scene.rect(self.at(u.0, value.0), self.at(u.1, value.1), color);
        }
    }

    /// An interval around the end of a bar, on paper so that it is seen on every colour.
    fn whisker(&self, scene: &mut Scene, u: f64, width: f64, (low, high): (f64, f64)) {
        let half = (0.22 * width).min(0.04);
        let bar = |scene: &mut Scene, a: (f64, f64), b: (f64, f64)| {
            let ends = [self.at(a.0, a.1), self.at(b.0, b.1)];
            scene.stroke(&ends, palette::PAPER, 3.0, palette::SOLID);
        };
        bar(scene, (u, low), (u, high));
        for (from, to) in
            [((u, low), (u, high)), ((u - half, low), (u + half, low)), ((u - half, high), (u + half, high))]
        {
            scene.stroke(&[self.at(from.0, from.1), self.at(to.0, to.1)], INK, 1.2, palette::SOLID);
        }
    }

    /// The number of a bar at its end (`at`), where there is room for it, on a bit of paper so that no grid crosses it.
    fn say(&self, scene: &mut Scene, u: f64, width: f64, (at, value): (f64, f64)) {
        let words = ticks::short(value);
        let (x, y) = self.at(u, at);
        let away = if at < 0.0 { -1.0 } else { 1.0 };
        let em = SMALL - 1.0;
        let wide = font::width(&words, em, Face::Normal);
        let (left, base) = if self.lying {
            (x + 7.0 * away - if at < 0.0 { wide } else { 0.0 }, y + HALF - 0.4)
        } else if wide < width * self.rect.width() / self.slots {
            (x - wide / 2.0, if at < 0.0 { y + 13.0 } else { y - 6.5 })
        } else {
            return;
        };
        scene.rect((left - 1.5, base - 9.5), (left + wide + 1.5, base + 1.5), palette::PAPER);
        scene.text((left, base), &words, em, Face::Normal, Anchor::Start, GREY);
    }
}

/// Whether names stand in slots of `slot` px on at most two lines, no word broken.
fn stand_side_by_side(names: &[String], slot: f64) -> bool {
    let fits = |word: &str| font::width(word, SMALL, Face::Normal) <= slot;
    names.iter().all(|n| n.split_whitespace().all(fits) && font::wrap(n, slot, SMALL, Face::Normal).len() <= 2)
}

/// Whether a category is a date: "FY2027", "Q1 2027", "2027-03".
fn names_a_year(name: &str) -> bool {
    let mut numbers = name.split(|c: char| !c.is_ascii_digit());
    name.chars().count() <= 12 && numbers.any(|n| n.len() == 4 && (n.starts_with("19") || n.starts_with("20")))
}

/// Names of lying rows, wrapped to at most three tenths of the sheet.
pub struct Names {
    lines: Vec<Vec<String>>,
    /// The widest line [px].
    pub width: f64,
    /// Least height of a row [px].
    pub row: f64,
}

impl Names {
    /// Wrap the names of the rows.
    pub fn new(scene: &Scene, names: &[String]) -> Self {
        let limit = scene.width * 0.3;
        let lines: Vec<_> = names.iter().map(|n| font::wrap(n, limit, SMALL, Face::Normal)).collect();
        let width = lines.iter().flatten().map(|l| font::width(l, SMALL, Face::Normal)).fold(0.0, f64::max);
        let row = lines.iter().map(Vec::len).max().unwrap_or(1).max(1) as f64 * LEADING + 7.0;
        Self { lines, width, row }
    }

    /// Write them left of the plot's rows, aligned to the left rim.
    pub fn draw(&self, scene: &mut Scene, rect: &Rect) {
        let row = rect.height() / self.lines.len() as f64;
        let middles: Vec<f64> = (0..self.lines.len()).map(|k| rect.top + row * (k as f64 + 0.5)).collect();
        self.draw_at(scene, &middles);
        scene.stroke(&[(rect.left, rect.bottom), (rect.right, rect.bottom)], AXIS, 1.0, palette::SOLID);
    }

    /// Write them with their middles at these heights, aligned to the left rim.
    pub fn draw_at(&self, scene: &mut Scene, middles: &[f64]) {
        for (lines, middle) in self.lines.iter().zip(middles) {
            let first = middle - LEADING * (lines.len() as f64 - 1.0) / 2.0 + HALF;
            for (i, line) in lines.iter().enumerate() {
                let at = (MARGIN, first + LEADING * i as f64);
                scene.text(at, line, SMALL, Face::Normal, Anchor::Start, INK);
            }
        }
    }
}

/// Ticks for a level axis of values, few enough that their labels keep apart.
pub fn level_ticks(scale: Scale, (lo, hi): (f64, f64), width: f64) -> Ticks {
    let mut count = (width / 78.0).max(1.5);
    loop {
        let ticks = Ticks::new(scale, lo, hi, count);
        if count < 1.5 || (frame::widest(&ticks) + 12.0) * (ticks.marks.len() as f64 - 1.0) <= width {
            return ticks;
        }
        count /= 1.5;
    }
}
