//! The packaged font (DejaVu Sans): widths, wrapping, outlines; the same on a machine without any font.
//! It does not paint. plotters' own text is not used for bitmaps: it drops the left bearing of every glyph.
use std::collections::BTreeSet;
use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont};

/// What an SVG asks of its viewer; each has about the width we measured with.
pub const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// Weight of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Regular.
    Normal,
    /// Bold.
    Bold,
}

/// Width of `words` at `em` px [px].
pub fn width(words: &str, em: f64, face: Face) -> f64 {
    walk(words, em, face, |_, _| {})
}

/// Glyph outlines of `words` from the origin of their base line, and the width, at `em` px.
pub fn place(words: &str, em: f64, face: Face) -> (Vec<ab_glyph::OutlinedGlyph>, f64) {
    let mut outlines = Vec::new();
    let width = walk(words, em, face, |font, glyph| outlines.extend(font.outline_glyph(glyph)));
    (outlines, width)
}

/// Each glyph where it stands, and the width of all. Apart from outlines, which took a tenth of a replay's time to measure words.
fn walk(words: &str, em: f64, face: Face, mut each: impl FnMut(&FontRef<'static>, ab_glyph::Glyph)) -> f64 {
    let font = font(face);
    let units = font.units_per_em().expect("the packaged font states its units");
    let scale = PxScale::from((em * f64::from(font.height_unscaled() / units)) as f32);
    let scaled = font.as_scaled(scale);
    let (mut x, mut last) = (0.0_f32, None);
    for c in words.chars() {
        let id = font.glyph_id(c);
        if let Some(last) = last {
            x += scaled.kern(last, id);
        }
        each(font, id.with_scale_and_position(scale, ab_glyph::point(x, 0.0)));
        x += scaled.h_advance(id);
        last = Some(id);
    }
    f64::from(x)
}

/// Break `words` at spaces into lines of at most `limit` px; a word that is too long is broken inside.
pub fn wrap(words: &str, limit: f64, em: f64, face: Face) -> Vec<String> {
    let fits = |s: &str| width(s, em, face) <= limit;
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in clean(words).split_whitespace() {
        let longer = if line.is_empty() { word.to_string() } else { format!("{line} {word}") };
        if fits(&longer) {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            line.push(c);
            if line.chars().count() > 1 && !fits(&line) {
                line.pop();
                lines.push(std::mem::replace(&mut line, c.to_string()));
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The words without control characters, which XML forbids and no font draws.
pub fn clean(words: &str) -> String {
    let bad = |c: char| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    words.chars().map(|c| if bad(c) { ' ' } else { c }).collect::<String>().trim().to_string()
}

/// Characters without a glyph, sorted, each once.
pub fn missing<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<char> {
    let font = font(Face::Normal);
    let none: BTreeSet<char> = texts.flat_map(str::chars).filter(|&c| font.glyph_id(c).0 == 0).collect();
    none.into_iter().collect()
}

fn font(face: Face) -> &'static FontRef<'static> {
    static FACES: OnceLock<[FontRef<'static>; 2]> = OnceLock::new();
    let faces = FACES.get_or_init(|| {
        let load = |bytes| FontRef::try_from_slice(bytes).expect("the packaged font is a font");
        [load(dejavu::sans::regular()), load(dejavu::sans::bold())]
    });
    match face {
        Face::Normal => &faces[0],
        Face::Bold => &faces[1],
    }
}
