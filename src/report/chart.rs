//! A chart as plain data, and its two renderings: PNG and SVG, byte for byte the same on every machine.
//! It chooses nothing about which numbers to show, and no type of the drawing library leaves this module.
mod bars;
mod font;
mod frame;
mod gantt;
mod intervals;
mod paint;
pub(crate) mod palette;
mod panels;
mod points;
mod scene;
mod through_time;
mod ticks;

use scene::Scene;
pub use ticks::{error, percent, short};

/// A figure: what it says, its axes, its numbers. Render it with [`to_png`] or [`to_svg`].
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// A finding ("Losing one lab halves use of site B") or a plain name; bold, wrapped, never cut.
    pub title: String,
    /// n, units, as-of date, strategy and future; grey, wrapped. May be empty.
    pub subtitle: String,
    /// The axis of time or of categories. For kinds that name categories only its label is used.
    pub x: Axis,
    /// The axis of values, with its unit in the label. Horizontal kinds draw it at the bottom.
    pub y: Axis,
    /// The numbers and the way they are drawn.
    pub kind: Kind,
    /// Why there may be nothing to draw; printed as "no data: reason" when there is not one finite number.
    pub empty_reason: String,
}

/// Label and scale of one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What is measured, with its unit: "Power \[MW\]". Empty draws no label.
    pub label: String,
    /// How numbers become positions.
    pub scale: Scale,
}

impl Axis {
    /// A linear axis.
    pub fn linear(label: impl Into<String>) -> Self {
        Self { label: label.into(), scale: Scale::Linear }
    }

    /// A linear axis from 0, of shares and counts.
    pub fn from_zero(label: impl Into<String>) -> Self {
        Self { label: label.into(), scale: Scale::FromZero }
    }

    /// A linear axis that ends where the data do, so that they fill a small panel.
    pub fn filled(label: impl Into<String>) -> Self {
        Self { label: label.into(), scale: Scale::Clock }
    }

    /// A logarithmic axis; values that are not positive are left out.
    pub fn log(label: impl Into<String>) -> Self {
        Self { label: label.into(), scale: Scale::Log }
    }

    /// Calendar time in years as a number: 2026.5 is the middle of 2026. It needs no label.
    pub fn dates() -> Self {
        Self { label: String::new(), scale: Scale::Dates }
    }

    /// Time in hours, days, minutes or seconds.
    pub fn clock(label: impl Into<String>) -> Self {
        Self { label: label.into(), scale: Scale::Clock }
    }

    /// Names along the axis; the label may be empty.
    pub fn categories(label: impl Into<String>) -> Self {
        Self::linear(label)
    }
}

/// How numbers become positions on an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps for equal differences.
    Linear,
    /// Linear from 0, of what is never below it; of noughts alone it ends at 1.
    FromZero,
    /// Equal steps for equal ratios.
    Log,
    /// Linear, of counted things: ticks at whole numbers only.
    Whole,
    /// Linear in years, with ticks at years, quarters or months.
    Dates,
    /// Linear in hours, days, minutes or seconds: ticks as clocks have them, and the axis ends where the data do.
    Clock,
}

/// What is drawn. A missing value is `None` (or not finite): a gap, never a zero.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Named lines with optional bands, and horizontal reference lines.
    Lines {
        /// Lines in the order of the palette.
        series: Vec<Line>,
        /// Horizontal lines with a name, e.g. 10 %.
        references: Vec<Reference>,
    },
    /// Right-continuous steps: distribution functions, installed capacity.
    Steps {
        /// Lines in the order of the palette; bands are not drawn.
        series: Vec<Line>,
        /// Horizontal lines with a name.
        references: Vec<Reference>,
    },
    /// Areas stacked through time, the first at the bottom; negative values are clamped to 0.
    StackedArea {
        /// Common abscissas, ascending.
        x: Vec<f64>,
        /// Areas; `values` run along `x`.
        areas: Vec<Part>,
        /// Lines on top, e.g. site capacity.
        overlays: Vec<Line>,
    },
    /// One stacked bar a category; negative parts stack below zero.
    StackedBars {
        /// Names of the bars.
        categories: Vec<String>,
        /// Parts; `values` run along `categories`.
        parts: Vec<Part>,
        /// A line with dots over the bars, e.g. net cash.
        net: Option<Part>,
    },
    /// Bars side by side; on a log axis dots on stems, since a bar there has no honest base.
    Bars {
        /// Names of the groups.
        categories: Vec<String>,
        /// One bar a part in every group.
        parts: Vec<Part>,
    },
    /// Risk and error side by side, one row a category.
    Intervals {
        /// Rows, from the top.
        rows: Vec<Interval>,
    },
    /// Who held what when: rectangles of time x chips in bands one above the other, whose heights are as their sizes.
    Gantt {
        /// Bands, from the top.
        bands: Vec<Band>,
        /// Classes of rectangles: name, and colour by number.
        classes: Vec<(String, usize)>,
    },
    /// What becomes of a whole: levels that stand on the ground, and what is taken off between them.
    Waterfall {
        /// Steps, from the left or the top.
        steps: Vec<Step>,
    },
    /// Named points of two values, groups in order of the palette; those that no other is below in both are joined.
    Frontier {
        /// Points.
        points: Vec<Spot>,
    },
    /// Small charts of lines in rows and columns: what is level is the same for all, what is upright for a row.
    Panels {
        /// Names of lines, in the order of the palette.
        keys: Vec<String>,
        /// Names of the columns; of one column it may be empty.
        columns: Vec<String>,
        /// Rows, from the top.
        rows: Vec<Row>,
    },
}

/// A row of [`Kind::Panels`].
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its axis of values.
    pub y: Axis,
    /// Level lines with a name.
    pub references: Vec<Reference>,
    /// Upright lines with a name; their values are of the level axis.
    pub uprights: Vec<Reference>,
    /// What lies between two values is shaded.
    pub shade: Option<Shade>,
    /// A panel a column.
    pub cells: Vec<Panel>,
}

/// A shaded part of an axis of values.
#[derive(Debug, Clone, PartialEq)]
pub struct Shade {
    /// Its name among the keys.
    pub name: String,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A point of its own in a [`Panel`].
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// Along the level axis.
    pub x: f64,
    /// Along the upright axis.
    pub y: f64,
    /// Interval of `y`.
    pub ends: Option<(f64, f64)>,
    /// Words beside it; may be empty.
    pub note: String,
}

/// A panel of [`Kind::Panels`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Panel {
    /// Lines, each with the place of its key; one key may have several.
    pub lines: Vec<(usize, Line)>,
    /// Points of these lines that no other is better than in both, from the left: they are joined by steps, and all else is paler. Empty: no frontier.
    pub best: Vec<(f64, f64)>,
    /// Points that nothing joins, each with the place of its key.
    pub dots: Vec<(usize, Dot)>,
}

impl Row {
    /// Values of lines, bands and references.
    fn values(&self) -> impl Iterator<Item = f64> {
        let of = |line: &Line| -> Vec<f64> {
            let points = line.points.iter().filter_map(|p| p.1);
            points.chain(line.band.iter().flat_map(|b| [b.1, b.2])).collect()
        };
        let lines = self.cells.iter().flat_map(|cell| &cell.lines).flat_map(move |(_, line)| of(line));
        let dots = self.cells.iter().flat_map(|cell| &cell.dots);
        let dots = dots.flat_map(|(_, dot)| dot.ends.map_or([dot.y; 3], |ends| [ends.0, dot.y, ends.1]));
        let shade = self.shade.iter().flat_map(|shade| [shade.low, shade.high]);
        lines.chain(dots).chain(shade).chain(self.references.iter().map(|r| r.value))
    }

    /// Abscissas of what has a value, and of the upright lines.
    fn abscissas(&self) -> impl Iterator<Item = f64> {
        let of = |line: &Line| -> Vec<f64> {
            let points = line.points.iter().filter(|p| p.1.is_some()).map(|p| p.0);
            points.chain(line.band.iter().map(|b| b.0)).collect()
        };
        let lines = self.cells.iter().flat_map(|cell| &cell.lines).flat_map(move |(_, line)| of(line));
        let dots = self.cells.iter().flat_map(|cell| &cell.dots).map(|(_, dot)| dot.x);
        lines.chain(dots).chain(self.uprights.iter().map(|r| r.value))
    }
}

/// A band of [`Kind::Gantt`].
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// Its name, at the left.
    pub name: String,
    /// Its size, in the unit of `low` and `high` of its bars.
    pub size: f64,
    /// Its rectangles.
    pub bars: Vec<Bar>,
}

/// A rectangle of a [`Band`]: from `from` to `to` along the level axis, from `low` to `high` within the band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Begin.
    pub from: f64,
    /// End.
    pub to: f64,
    /// Lower end within the band.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Its class, by position.
    pub class: usize,
    /// Slightly paler, to part it from its neighbours.
    pub pale: bool,
}

/// A step of [`Kind::Waterfall`].
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Taken off what stood before; else a level of its own.
    pub taken: bool,
    /// Its colour by number.
    pub slot: usize,
}

impl Bar {
    /// Whether it has a place.
    fn is_sound(&self) -> bool {
        [self.from, self.to, self.low, self.high].into_iter().all(f64::is_finite) && self.from <= self.to
    }
}

/// A point of [`Kind::Frontier`].
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    /// Its direct label.
    pub name: String,
    /// Along the level axis, and the interval of it.
    pub x: f64,
    /// Along the upright axis.
    pub y: f64,
    /// (low, high) of each where known: x, then y.
    pub ends: [Option<(f64, f64)>; 2],
}

/// A named line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its direct label.
    pub name: String,
    /// (x, y), x ascending; `None` breaks the line.
    pub points: Vec<(f64, Option<f64>)>,
    /// (x, p05, p95), x ascending; empty for none.
    pub band: Vec<(f64, f64, f64)>,
    /// Dashed by meaning (a plan, a bound). When no line of a chart is, dashes merely tell lines apart.
    pub dashed: bool,
}

impl Line {
    /// A plain line without a band.
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let points = points.into_iter().map(|(x, y)| (x, Some(y))).collect();
        Self { name: name.into(), points, band: Vec::new(), dashed: false }
    }

    /// The same line with a band of (x, p05, p95).
    pub fn with_band(mut self, band: impl IntoIterator<Item = (f64, f64, f64)>) -> Self {
        self.band = band.into_iter().collect();
        self
    }

    /// The same line, dashed by meaning.
    pub fn dashed(mut self) -> Self {
        self.dashed = true;
        self
    }
}

/// A named row of values that runs along the abscissas or categories of its chart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Part {
    /// Its label.
    pub name: String,
    /// One value a category; shorter rows are blank at the end, `None` is blank.
    pub values: Vec<Option<f64>>,
    /// (low, high) of an interval around each value, drawn as whiskers of bars side by side; empty for none.
    pub ends: Vec<Option<(f64, f64)>>,
    /// Its colour by number, so that one name has one colour in every chart; `None` takes the next.
    pub slot: Option<usize>,
    /// A lighter shade of its colour; without a name it has no key.
    pub light: bool,
}

impl Part {
    /// A row without blanks.
    pub fn new(name: impl Into<String>, values: impl IntoIterator<Item = f64>) -> Self {
        Self::of(name, values.into_iter().map(Some).collect())
    }

    /// A row as it is.
    pub fn of(name: impl Into<String>, values: Vec<Option<f64>>) -> Self {
        Self { name: name.into(), values, ..Self::default() }
    }

    /// The same row with an interval around each value.
    pub fn with_ends(mut self, ends: Vec<Option<(f64, f64)>>) -> Self {
        self.ends = ends;
        self
    }

    /// The same row in the colour of `slot`.
    pub fn in_slot(mut self, slot: usize) -> Self {
        self.slot = Some(slot);
        self
    }

    /// The same row in a lighter shade.
    pub fn light(mut self) -> Self {
        self.light = true;
        self
    }

    /// Its colour as the row at `index` of a chart.
    fn color(&self, index: usize) -> palette::Color {
        let color = palette::fill(self.slot.unwrap_or(index));
        if self.light { color.tint() } else { color }
    }

    /// The interval around the value at `index`, both ends finite.
    fn ends_at(&self, index: usize) -> Option<(f64, f64)> {
        self.ends.get(index).copied().flatten().filter(|e| e.0.is_finite() && e.1.is_finite())
    }

    /// The finite value at `index`, if there is one.
    fn at(&self, index: usize) -> Option<f64> {
        self.values.get(index).copied().flatten().filter(|v| v.is_finite())
    }
}

/// A horizontal line with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// Its direct label: "25 %".
    pub name: String,
    /// Where it lies on the axis of values.
    pub value: f64,
}

/// One row of [`Kind::Intervals`]: the columns of a result, which are never merged into one.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// Strategy, metric or whatever the row is about.
    pub name: String,
    /// Spread of the runs (the risk), 5th percentile.
    pub p05: f64,
    /// Median of the runs.
    pub p50: f64,
    /// Spread of the runs (the risk), 95th percentile.
    pub p95: f64,
    /// Mean of the runs, to which the interval belongs; `None` leaves it blank.
    pub mean: Option<f64>,
    /// Share of the variance that is not known rather than chance, 0..=1; `None` leaves it blank.
    pub param_share: Option<f64>,
    /// Simulation error: 95 % interval of the mean (low, high); `None` leaves it blank.
    pub simulation_ci: Option<(f64, f64)>,
}

/// Width and least height of a chart, in CSS pixels; a chart with many rows or labels grows downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Width; at least 480 is used, for names and numbers need their room.
    pub width: u32,
    /// Least height; at least 220 is used.
    pub height: u32,
}

impl Default for Size {
    /// One column of a report page.
    fn default() -> Self {
        Self { width: 860, height: 440 }
    }
}

/// The chart as a PNG of twice `size` in pixels (192 dpi).
pub fn to_png(chart: &Chart, size: Size) -> Vec<u8> {
    paint::to_png(&compose(chart, size))
}

/// The chart as a stand-alone SVG element with `role="img"`, `<title>` and `<desc>`.
/// Text stays text; house colours are presentation attributes, so a page may recolour them for dark mode.
pub fn to_svg(chart: &Chart, size: Size) -> String {
    paint::to_svg(&compose(chart, size), &chart.title, &describe(chart))
}

/// Characters of the chart's words which its font cannot draw (they would print as boxes), sorted, each once.
pub fn missing_glyphs(chart: &Chart) -> Vec<char> {
    font::missing(compose(chart, Size::default()).texts())
}

/// Lay the whole figure out as marks. The choice of kind is made here, once.
fn compose(chart: &Chart, size: Size) -> Scene {
    let mut scene = Scene::new(f64::from(size.width.max(480)), f64::from(size.height.max(220)));
    if !has_data(chart) {
        frame::no_data(&mut scene, chart);
        return scene;
    }
    match &chart.kind {
        Kind::Lines { series, references } => through_time::lines(&mut scene, chart, series, references, false),
        Kind::Steps { series, references } => through_time::lines(&mut scene, chart, series, references, true),
        Kind::StackedArea { x, areas, overlays } => through_time::areas(&mut scene, chart, x, areas, overlays),
        Kind::StackedBars { categories, parts, net } => {
            bars::stacked(&mut scene, chart, categories, parts, net.as_ref());
        }
        Kind::Bars { categories, parts } => bars::grouped(&mut scene, chart, categories, parts),
        Kind::Intervals { rows } => intervals::intervals(&mut scene, chart, rows),
        Kind::Gantt { bands, classes } => gantt::gantt(&mut scene, chart, bands, classes),
        Kind::Waterfall { steps } => bars::waterfall(&mut scene, chart, steps),
        Kind::Frontier { points } => points::frontier(&mut scene, chart, points),
        Kind::Panels { keys, columns, rows } => panels::panels(&mut scene, chart, keys, columns, rows),
    }
    scene
}

/// Whether one number of the chart can be drawn on its axes.
fn has_data(chart: &Chart) -> bool {
    let log = chart.y.scale == Scale::Log;
    let good = |v: f64| v.is_finite() && (!log || v > 0.0);
    let line = |l: &Line| {
        let x_log = chart.x.scale == Scale::Log;
        let at = |x: f64| x.is_finite() && (!x_log || x > 0.0);
        l.points.iter().any(|&(x, y)| at(x) && y.is_some_and(good))
            || l.band.iter().any(|&(x, lo, hi)| at(x) && good(lo) && good(hi))
    };
    let part = |p: &Part| p.values.iter().any(|v| v.is_some_and(good));
    match &chart.kind {
        Kind::Lines { series, .. } | Kind::Steps { series, .. } => series.iter().any(line),
        Kind::StackedArea { x, areas, overlays } => {
            (x.iter().any(|v| v.is_finite()) && areas.iter().any(part)) || overlays.iter().any(line)
        }
        Kind::StackedBars { categories, parts, net } => {
            !categories.is_empty() && parts.iter().chain(net.iter()).any(part)
        }
        Kind::Bars { categories, parts } => !categories.is_empty() && parts.iter().any(part),
        Kind::Intervals { rows } => rows.iter().any(|r| [r.p05, r.p50, r.p95].into_iter().all(good)),
        Kind::Gantt { bands, .. } => bands.iter().any(|band| band.size > 0.0 && band.bars.iter().any(Bar::is_sound)),
        Kind::Waterfall { steps } => steps.iter().any(|step| good(step.value)),
        Kind::Frontier { points } => points.iter().any(|spot| spot.x.is_finite() && good(spot.y)),
        Kind::Panels { rows, .. } => rows.iter().any(|row| panels::has_data(chart, row)),
    }
}

/// What a reader who cannot see the chart is told.
fn describe(chart: &Chart) -> String {
    let names = |names: Vec<&str>| names.join(", ");
    let lines = |series: &[Line]| names(series.iter().map(|l| l.name.as_str()).collect());
    let parts = |parts: &[Part]| names(parts.iter().map(|p| p.name.as_str()).collect());
    let what = match &chart.kind {
        Kind::Lines { series, .. } => format!("Lines: {}", lines(series)),
        Kind::Steps { series, .. } => format!("Steps: {}", lines(series)),
        Kind::StackedArea { areas, overlays, .. } if overlays.is_empty() => format!("Stacked areas: {}", parts(areas)),
        Kind::StackedArea { areas, overlays, .. } => {
            format!("Stacked areas: {}; lines: {}", parts(areas), lines(overlays))
        }
        Kind::StackedBars { categories, parts: p, .. } => {
            format!("Stacked bars of {} for {}", parts(p), categories.join(", "))
        }
        Kind::Bars { categories, parts: p } => format!("Bars of {} for {}", parts(p), categories.join(", ")),
        Kind::Intervals { rows } => {
            format!(
                "Spread p05 to p95 with median, and mean with its 95 % interval: {}",
                names(rows.iter().map(|r| r.name.as_str()).collect())
            )
        }
        Kind::Gantt { bands, classes } => format!(
            "Time along, chips up, a band each for {}; colours: {}",
            names(bands.iter().map(|b| b.name.as_str()).collect()),
            classes.iter().map(|class| class.0.as_str()).collect::<Vec<_>>().join(", ")
        ),
        Kind::Waterfall { steps } => {
            let step = |s: &Step| format!("{} {}{}", s.name, if s.taken { "less " } else { "" }, short(s.value));
            format!("Waterfall: {}", steps.iter().map(step).collect::<Vec<_>>().join(", "))
        }
        Kind::Frontier { points } => {
            let spot = |p: &Spot| format!("{} ({}, {})", p.name, short(p.x), short(p.y));
            format!("Points: {}", points.iter().map(spot).collect::<Vec<_>>().join(", "))
        }
        Kind::Panels { keys, columns, rows } => {
            let across = if columns.len() > 1 { format!(" by {}", columns.join(", ")) } else { String::new() };
            let down: Vec<&str> = rows.iter().map(|row| row.y.label.as_str()).collect();
            format!("Panels of {}{across}; lines: {}", down.join(", "), keys.join(", "))
        }
    };
    let axis = if chart.y.label.is_empty() { String::new() } else { format!(" {}.", chart.y.label) };
    let subtitle = if chart.subtitle.is_empty() { String::new() } else { format!(" {}.", chart.subtitle) };
    format!("{what}.{axis}{subtitle}")
}

#[cfg(test)]
pub(crate) mod tests;
