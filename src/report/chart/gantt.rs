//! Who held what when: rectangles of time and chips in bands, each band as high as it has chips. It packs nothing.
use super::bars::{Names, level_ticks};
use super::frame::{self, Keys, MARGIN, Rect, Swatch};
use super::palette::{self, AXIS, GRID};
use super::scene::Scene;
use super::{Band, Chart};

/// Between bands [px].
const GAP: f64 = 7.0;
/// Least height of a band [px].
const LEAST: f64 = 17.0;
/// Height of one chip where there is room [px].
const ROOMY: f64 = 14.0;
/// What all bands together take at most [px].
const MOST: f64 = 620.0;

/// All bands over one axis of time.
pub fn gantt(scene: &mut Scene, chart: &Chart, bands: &[Band], classes: &[(String, usize)]) {
    let keys = Keys::new(scene, classes.iter().map(|c| (c.0.clone(), Swatch::Box(palette::fill(c.1)))).collect());
    let top = frame::header(scene, chart);
    let top = if chart.y.label.is_empty() { top } else { frame::label_above(scene, &chart.y.label, top) };
    let labels: Vec<String> = bands.iter().map(|band| band.name.clone()).collect();
    let names = Names::new(scene, &labels);
    let foot = frame::foot(scene, &chart.x.label).1;

    let total: f64 = bands.iter().map(|band| band.size).sum::<f64>().max(1.0);
    let gaps = GAP * (bands.len() as f64 - 1.0);
    let wanted = (total * ROOMY).clamp(160.0, MOST).max(bands.len() as f64 * LEAST);
    scene.height = scene.height.max(top + (wanted + gaps).max(keys.height) + foot + MARGIN);
    let rect = Rect {
        left: MARGIN + names.width + 10.0,
        top,
        right: scene.width - MARGIN - keys.width.max(20.0),
        bottom: scene.height - MARGIN - foot,
    };
    let sound = || bands.iter().flat_map(|band| &band.bars).filter(|bar| bar.is_sound());
    let from = sound().map(|bar| bar.from).fold(f64::INFINITY, f64::min);
    let to = sound().map(|bar| bar.to).fold(f64::NEG_INFINITY, f64::max);
    let ticks = level_ticks(chart.x.scale, (from, to.max(from)), rect.width());
    frame::level_values(scene, &rect, &ticks, &chart.x.label, true);

    let heights = heights(bands, rect.height() - gaps);
    let mut y = rect.top;
    let mut middles = Vec::new();
    for (band, height) in bands.iter().zip(&heights) {
        let bottom = y + height;
        scene.rect((rect.left, y), (rect.right, bottom), GRID.faded(0.55));
        let unit = height / band.size.max(1e-9);
        // A seam between neighbours where it does not eat them.
        let seam = if unit > 4.0 { 0.5 } else { 0.0 };
        for bar in band.bars.iter().filter(|bar| bar.is_sound()) {
            let (left, right) = (frame::x_of(&rect, &ticks, bar.from), frame::x_of(&rect, &ticks, bar.to));
            let right = if right - left > 1.5 { right - 0.4 } else { right.max(left + 0.3) };
            let (low, high) = (bottom - bar.low * unit - seam, bottom - bar.high * unit + seam);
            let color = palette::fill(classes.get(bar.class).map_or(0, |class| class.1));
            scene.rect((left, high), (right, low), if bar.pale { color.faded(0.8) } else { color });
        }
        scene.stroke(&[(rect.left, bottom), (rect.right, bottom)], AXIS, 0.8, palette::SOLID);
        middles.push((y + bottom) / 2.0);
        y = bottom + GAP;
    }
    names.draw_at(scene, &middles);
    keys.draw(scene, &rect, &vec![None; classes.len()]);
}

/// Heights as the sizes, none too low for its name.
fn heights(bands: &[Band], room: f64) -> Vec<f64> {
    let total: f64 = bands.iter().map(|band| band.size).sum::<f64>().max(1e-9);
    let raised: Vec<f64> = bands.iter().map(|band| (room * band.size / total).max(LEAST)).collect();
    let over = raised.iter().sum::<f64>() / room;
    raised.into_iter().map(|height| height / over.max(1.0)).collect()
}
