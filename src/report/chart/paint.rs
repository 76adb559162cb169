//! Marks to bytes through plotters' two backends.
//! The bitmap is painted at twice its size and averaged down; the SVG counts in tenths of a pixel, since both take integers only.
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, IntoFont, RGBAColor, RGBColor, ShapeStyle, TextStyle};

use super::font::{self, Face};
use super::palette::{Color, PAPER, disc};
use super::scene::{Anchor, Mark, Point, Scene};

/// Pixels of the PNG a CSS pixel.
const DENSITY: u32 = 2;
/// Samples a pixel of the PNG, each way.
const OVERSAMPLE: u32 = 2;
/// Units of the SVG's view box a CSS pixel.
const SVG_UNITS: f64 = 10.0;

/// The scene as a PNG of twice its size.
pub fn to_png(scene: &Scene) -> Vec<u8> {
    let scale = f64::from(DENSITY * OVERSAMPLE);
    let (w, h) = (scene.width as u32 * DENSITY * OVERSAMPLE, scene.height as u32 * DENSITY * OVERSAMPLE);
    let mut raw = vec![255_u8; 3 * w as usize * h as usize];
    {
        let mut sheet = BitMapBackend::with_buffer(&mut raw, (w, h));
        for mark in &scene.marks {
            paint_pixels(&mut sheet, mark, scale);
        }
        sheet.present().expect("a bitmap in memory accepts every mark");
    }
    encode(&average(&raw, w), w / OVERSAMPLE, h / OVERSAMPLE)
}

/// The scene as one SVG element with a name and a description for those who cannot see it.
pub fn to_svg(scene: &Scene, title: &str, description: &str) -> String {
    let (w, h) = (scene.width, scene.height);
    let mut text = String::new();
    {
        let mut sheet = SVGBackend::with_string(&mut text, ((w * SVG_UNITS) as u32, (h * SVG_UNITS) as u32));
        let ground = vec![(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)];
        paint_svg(&mut sheet, &Mark::Polygon { points: ground, fill: PAPER });
        for mark in &scene.marks {
            paint_svg(&mut sheet, mark);
        }
        sheet.present().expect("a string accepts every mark");
    }
    let body = text.split_once('>').expect("the backend opens with its own svg tag").1;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {} {}\" \
         stroke-linejoin=\"round\">\n<title>{}</title>\n<desc>{}</desc>{body}",
        w * SVG_UNITS,
        h * SVG_UNITS,
        escape(title),
        escape(description),
    )
}

fn paint_pixels(sheet: &mut BitMapBackend<'_>, mark: &Mark, scale: f64) {
    match mark {
        Mark::Polygon { points, fill } => fill_pixels(sheet, points, *fill, scale),
        // plotters' own thick lines tear at sharp corners: a quadrilateral a segment, a disc a corner.
        Mark::Stroke { points, color, width } => {
            for pair in points.windows(2) {
                fill_pixels(sheet, &ribbon(pair[0], pair[1], *width), *color, scale);
            }
            for &(x, y) in points.iter().skip(1).take(points.len().saturating_sub(2)) {
                let joint: Vec<Point> = disc(width / 2.0).iter().map(|d| (x + d.0, y + d.1)).collect();
                fill_pixels(sheet, &joint, *color, scale);
            }
        }
        Mark::Text { at, words, em, face, anchor, color } => {
            let (glyphs, width) = font::place(words, em * scale, *face);
            let x0 = at.0 * scale - align(*anchor) * width;
            for glyph in glyphs {
                // Outlines are rasterised where the font puts them; only their box moves, by whole samples.
                let corner = glyph.px_bounds().min;
                let (x, y) = (x0 as i32 + corner.x as i32, (at.1 * scale) as i32 + corner.y as i32);
                glyph.draw(|dx, dy, cover| {
                    let ink = rgba(Color { rgb: color.rgb, alpha: color.alpha * f64::from(cover) });
                    if cover > 0.0 {
                        let at = (x + dx as i32, y + dy as i32);
                        sheet.draw_pixel(at, ink.to_backend_color()).expect("a bitmap in memory accepts every pixel");
                    }
                });
            }
        }
    }
}

fn fill_pixels(sheet: &mut BitMapBackend<'_>, points: &[Point], fill: Color, scale: f64) {
    sheet.fill_polygon(integers(points, scale), &filled(fill)).expect("a bitmap in memory accepts every polygon");
}

/// Rectangle of `width` around the segment a-b.
fn ribbon(a: Point, b: Point, width: f64) -> [Point; 4] {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = (dx * dx + dy * dy).sqrt().max(1e-9);
    let (nx, ny) = (-dy / length * width / 2.0, dx / length * width / 2.0);
    [(a.0 + nx, a.1 + ny), (b.0 + nx, b.1 + ny), (b.0 - nx, b.1 - ny), (a.0 - nx, a.1 - ny)]
}

fn paint_svg(sheet: &mut SVGBackend<'_>, mark: &Mark) {
    let done = match mark {
        Mark::Polygon { points, fill } => sheet.fill_polygon(integers(points, SVG_UNITS), &filled(*fill)),
        Mark::Stroke { points, color, width } => {
            let style = filled(*color).stroke_width((width * SVG_UNITS).round() as u32);
            sheet.draw_path(integers(points, SVG_UNITS), &style)
        }
        Mark::Text { at, words, em, face, anchor, color } => {
            // The backend writes size / 1.24 and, anchored at the top, shifts by 0.76 em: undo both.
            let em = (em * SVG_UNITS).round();
            let size = [em * 1.24, (em * 1.24).next_up(), (em * 1.24).next_down()];
            let size = size.into_iter().find(|s| s / 1.24 == em).unwrap_or(em * 1.24);
            let style = match face {
                Face::Normal => FontStyle::Normal,
                Face::Bold => FontStyle::Bold,
            };
            let place = match anchor {
                Anchor::Start => HPos::Left,
                Anchor::Middle => HPos::Center,
                Anchor::End => HPos::Right,
            };
            let ink = rgba(*color);
            let style = TextStyle::from((font::FAMILY, size).into_font().style(style))
                .color(&ink)
                .pos(Pos::new(place, VPos::Top));
            let base = ((at.0 * SVG_UNITS).round() as i32, (at.1 * SVG_UNITS - 0.76 * em).round() as i32);
            sheet.draw_text(words, &style, base)
        }
    };
    done.expect("a string accepts every mark");
}

/// Share of the width that lies left of the anchor.
fn align(anchor: Anchor) -> f64 {
    match anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => 0.5,
        Anchor::End => 1.0,
    }
}

fn integers(points: &[Point], scale: f64) -> Vec<(i32, i32)> {
    points.iter().map(|&(x, y)| ((x * scale).round() as i32, (y * scale).round() as i32)).collect()
}

fn rgba(color: Color) -> RGBAColor {
    RGBColor(color.rgb.0, color.rgb.1, color.rgb.2).mix(color.alpha)
}

fn filled(color: Color) -> ShapeStyle {
    rgba(color).filled()
}

/// Mean of every block of samples. Down the columns first, whole rows at once: a quarter of the time of block by block.
fn average(raw: &[u8], width: u32) -> Vec<u8> {
    let (n, row) = (OVERSAMPLE as usize, 3 * width as usize);
    let mut out = Vec::with_capacity(raw.len() / (n * n));
    let mut sums = vec![0_u16; row];
    for rows in raw.chunks_exact(row * n) {
        sums.fill(0);
        for samples in rows.chunks_exact(row) {
            sums.iter_mut().zip(samples).for_each(|(sum, sample)| *sum += u16::from(*sample));
        }
        for block in sums.chunks_exact(3 * n) {
            let mut mean = [0_u16; 3];
            for sample in block.chunks_exact(3) {
                mean.iter_mut().zip(sample).for_each(|(sum, value)| *sum += value);
            }
            out.extend_from_slice(&mean.map(|sum| (sum / (n * n) as u16) as u8));
        }
    }
    out
}

fn encode(rgb: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // 192 dpi: a word processor places it at its CSS size.
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: 7559, yppu: 7559, unit: png::Unit::Meter }));
    let mut writer = encoder.write_header().expect("a PNG in memory accepts its header");
    writer.write_image_data(rgb).expect("the image has the size its header states");
    writer.finish().expect("a PNG in memory accepts its end");
    out
}

/// Text as XML content.
fn escape(text: &str) -> String {
    font::clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
