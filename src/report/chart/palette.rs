//! Colours, dashes and markers of the house: Okabe and Ito (2008), safe for the colour blind, each with a second cue.
//! Their yellow is too faint for a line on paper: grey and Tol's wine take its place.
//! It draws nothing.

/// A colour with its opacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Color {
    /// Red, green, blue.
    pub rgb: (u8, u8, u8),
    /// 1 is opaque.
    pub alpha: f64,
}

impl Color {
    const fn new(r: u8, g: u8, b: u8) -> Self {
        Self { rgb: (r, g, b), alpha: 1.0 }
    }

    /// The same colour, see-through.
    pub const fn faded(self, alpha: f64) -> Self {
        Self { rgb: self.rgb, alpha }
    }

    /// A paler one, opaque.
    pub const fn tint(self) -> Self {
        const fn mix(part: u8) -> u8 {
            (part as u16 * 38 / 100 + 255 * 62 / 100) as u8
        }
        Self { rgb: (mix(self.rgb.0), mix(self.rgb.1), mix(self.rgb.2)), alpha: self.alpha }
    }

    /// As written in an SVG attribute, upper case, which is how a page finds it to recolour.
    pub fn hex(self) -> String {
        format!("#{:02X}{:02X}{:02X}", self.rgb.0, self.rgb.1, self.rgb.2)
    }
}

/// Background.
pub const PAPER: Color = Color::new(255, 255, 255);
/// Title and labels.
pub const INK: Color = Color::new(26, 26, 26);
/// Subtitle, ticks, simulation error.
pub const GREY: Color = Color::new(95, 99, 104);
/// Reference lines and the marks of simulation error.
pub const ERROR: Color = Color::new(140, 144, 149);
/// Grid.
pub const GRID: Color = Color::new(228, 230, 233);
/// Axis and zero line.
pub const AXIS: Color = Color::new(110, 114, 120);

const SERIES: [Color; 8] = [
    Color::new(0, 114, 178),
    Color::new(213, 94, 0),
    Color::new(0, 158, 115),
    Color::new(204, 121, 167),
    Color::new(230, 159, 0),
    Color::new(86, 180, 233),
    Color::new(128, 132, 138),
    Color::new(136, 34, 85),
];

/// Colour of the series at `index`; after eight they come again, with another dash and another marker, which is hollow.
pub fn series(index: usize) -> Color {
    SERIES[index % SERIES.len()]
}

/// Colour of the area or bar at `index`: a fill has no dash, so after eight the same come paler.
pub fn fill(index: usize) -> Color {
    if (index / SERIES.len()).is_multiple_of(2) { series(index) } else { series(index).tint() }
}

/// Dash lengths [px], on and off in turn; empty is solid.
pub type Dash = &'static [f64];

/// Solid line.
pub const SOLID: Dash = &[];
/// The dash that carries meaning.
pub const DASHED: Dash = &[6.0, 4.0];
/// Reference lines.
pub const DOTTED: Dash = &[2.0, 3.0];

/// Dash that tells the line at `index` from its neighbours.
pub fn dash(index: usize) -> Dash {
    const DASHES: [Dash; 5] = [SOLID, &[9.0, 3.5], &[4.0, 2.5], &[9.0, 3.0, 2.0, 3.0], &[2.0, 2.5]];
    DASHES[(index + index / SERIES.len()) % DASHES.len()]
}

/// Whether the mark of series `index` has only an outline, so that it is not taken for the one whose colour it has.
pub fn is_hollow(index: usize) -> bool {
    !(index / SERIES.len()).is_multiple_of(2)
}

/// Corners of the marker of series `index`, relative to its centre, about 3 px in radius: as many shapes as colours, so that two of one colour or of one shape
/// come only after eight, and two of both only after 64.
pub fn marker(index: usize) -> Vec<(f64, f64)> {
    match (index + index / SERIES.len()) % SERIES.len() {
        0 => disc(3.0),
        1 => vec![(-2.7, -2.7), (2.7, -2.7), (2.7, 2.7), (-2.7, 2.7)],
        2 => vec![(0.0, -3.6), (3.3, 2.5), (-3.3, 2.5)],
        3 => vec![(0.0, -3.9), (3.9, 0.0), (0.0, 3.9), (-3.9, 0.0)],
        4 => vec![(0.0, 3.6), (3.3, -2.5), (-3.3, -2.5)],
        5 => cross(),
        6 => cross().into_iter().map(|(x, y)| (TURN * (x - y), TURN * (x + y))).collect(),
        _ => vec![(-3.4, -3.0), (3.4, -3.0), (0.8, 0.0), (3.4, 3.0), (-3.4, 3.0), (-0.8, 0.0)],
    }
}

/// Sine and cosine of an eighth of a turn.
const TURN: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// An upright cross.
fn cross() -> Vec<(f64, f64)> {
    let (arm, half) = (3.8, 1.2);
    let quarter = [(half, arm), (half, half), (arm, half)];
    let turned = |turns: usize, at: (f64, f64)| (0..turns).fold(at, |(x, y), _| (y, -x));
    (0..4).flat_map(|turns| quarter.map(|at| turned(turns, at))).collect()
}

/// A disc as 24 corners; the sine is a table so that no libm is asked.
pub fn disc(radius: f64) -> Vec<(f64, f64)> {
    const SIN: [f64; 7] = [0.0, 0.258_819_045, 0.5, std::f64::consts::FRAC_1_SQRT_2, 0.866_025_404, 0.965_925_826, 1.0];
    let sin = |k: usize| match k % 24 {
        k @ 0..=6 => SIN[k],
        k @ 7..=12 => SIN[12 - k],
        k @ 13..=18 => -SIN[k - 12],
        k => -SIN[24 - k],
    };
    (0..24).map(|k| (radius * sin(k + 6), radius * sin(k))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sixth colour is near the first: no two of eight have one shape, and no two of 64 both colour and shape. The corners of a cross go round it: its
    /// area is that of four arms and their middle, 4 x 2.4 x 2.6 + 2.4^2.
    #[test]
    fn every_series_has_its_mark() {
        let same = |a: usize, b: usize| marker(a) == marker(b);
        for a in 0..64 {
            for b in 0..a {
                assert!(!(same(a, b) && series(a) == series(b)), "{a} and {b}");
                assert!(a >= 8 || !same(a, b), "{a} and {b} have one shape");
            }
        }
        let area = |corners: Vec<(f64, f64)>| {
            let next = corners.iter().cycle().skip(1);
            corners.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f64>().abs() / 2.0
        };
        let cross = 4.0 * 2.4 * 2.6 + 2.4 * 2.4;
        assert!((area(marker(5)) - cross).abs() < 1e-9 && (area(marker(6)) - cross).abs() < 1e-9);
    }
}
