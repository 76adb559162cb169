//! Named points of two values with their intervals, and the frontier: those that no other is better than in both. Less is better, both ways.
use super::font::{self, Face};
use super::frame::{self, HALF, Keys, SMALL};
use super::palette::{self, ERROR, GREY, INK};
use super::scene::{Anchor, Point, Scene};
use super::through_time::Plot;
use super::{Chart, Scale, Spot};

/// All points, the frontier stepped through them.
pub fn frontier(scene: &mut Scene, chart: &Chart, points: &[Spot]) {
    let (x_log, y_log) = (chart.x.scale == Scale::Log, chart.y.scale == Scale::Log);
    // On a log axis a nought of `y` stands at the foot, as an open dot.
    let good = |p: &&Spot| p.x.is_finite() && (!x_log || p.x > 0.0) && p.y.is_finite() && (!y_log || p.y >= 0.0);
    let points: Vec<&Spot> = points.iter().filter(good).collect();
    let along = |which: usize, log: bool| {
        let ends = move |p: &&Spot| p.ends[which].map_or([None, None], |e| [Some(e.0), Some(e.1)]);
        let value = move |p: &&Spot| if which == 0 { p.x } else { p.y };
        points
            .iter()
            .flat_map(move |p| ends(p).into_iter().flatten().chain([value(p)]))
            .filter(move |v| !log || *v > 0.0)
    };
    let keys = Keys::new(scene, Vec::new());
    let plot = Plot::new(scene, chart, &keys, along(0, x_log), along(1, y_log), true);
    let best = best(&points);
    let foot = |p: &Spot| y_log && p.y <= 0.0;
    let place_of = |p: &Spot| (plot.x(p.x), if foot(p) { plot.rect.bottom } else { plot.y(p.y) });
    let path: Vec<Point> = best.iter().map(|i| place_of(points[*i])).collect();
    // Between two of them nothing is known but that one may choose either.
    let mut stairs: Vec<Point> = path.first().copied().into_iter().collect();
    for pair in path.windows(2) {
        stairs.extend([(pair[1].0, pair[0].1), pair[1]]);
    }
    scene.stroke(&stairs, ERROR, 1.4, palette::DASHED);
    for spot in &points {
        for (which, ends) in spot.ends.iter().enumerate() {
            let Some((low, high)) = ends.filter(|e| e.0 < e.1 && !foot(spot)) else { continue };
            let low = if which == 1 && y_log { low.max(plot.ticks_y.lo) } else { low };
            let at = |v: f64| if which == 0 { (plot.x(v), plot.y(spot.y)) } else { (plot.x(spot.x), plot.y(v)) };
            scene.stroke(&[at(low), at(high)], ERROR, 1.2, palette::SOLID);
        }
    }
    frame::ground(scene, &plot.rect, &plot.ticks_y, chart.y.scale, true);
    let mut taken: Vec<[f64; 4]> = Vec::new();
    for (i, spot) in points.iter().enumerate() {
        let at = place_of(spot);
        let on = best.contains(&i);
        let size = if on { 4.6 } else { 3.6 };
        scene.marker(at, &palette::disc(size), if on { palette::series(0) } else { GREY });
        if foot(spot) {
            scene.polygon(palette::disc(size - 1.6).iter().map(|d| (at.0 + d.0, at.1 + d.1)).collect(), palette::PAPER);
        }
        taken.push([at.0 - 5.0, at.1 - 5.0, at.0 + 5.0, at.1 + 5.0]);
    }
    // From the right rim, where there is least room, to the left.
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|a, b| points[*b].x.total_cmp(&points[*a].x).then(a.cmp(b)));
    let dots: Vec<Point> = points.iter().map(|spot| place_of(spot)).collect();
    let sheet = Sheet { rect: &plot.rect, width: scene.width, dots: &dots, stairs: &stairs };
    for (i, spot) in order.into_iter().map(|i| (i, points[i])) {
        let wide = font::width(&spot.name, SMALL, Face::Normal);
        let place = place(i, wide, &sheet, &taken);
        let own = around(place, wide);
        taken.push(own);
        let color = if best.contains(&i) { INK } else { GREY };
        if FAR < gap(&own, dots[i]) {
            let nearest = (dots[i].0.clamp(own[0], own[2]), dots[i].1.clamp(own[1], own[3]));
            scene.stroke(&[dots[i], nearest], ERROR, 0.8, palette::SOLID);
        }
        // On a bit of paper, so that no line crosses it.
        scene.rect((place.0 - 1.5, place.1 - 10.0), (place.0 + wide + 1.5, place.1 + 3.0), palette::PAPER);
        scene.text(place, &spot.name, SMALL, Face::Normal, Anchor::Start, color);
    }
}

/// The points that no other is at least as good as in both and better in one, from the left; of equal ones all.
fn best(points: &[&Spot]) -> Vec<usize> {
    let beats = |a: &Spot, b: &Spot| a.x <= b.x && a.y <= b.y && (a.x < b.x || a.y < b.y);
    let mut best: Vec<usize> = (0..points.len()).filter(|i| !points.iter().any(|p| beats(p, points[*i]))).collect();
    best.sort_by(|a, b| points[*a].x.total_cmp(&points[*b].x).then(points[*b].y.total_cmp(&points[*a].y)));
    best
}

/// What words must not cover.
struct Sheet<'a> {
    rect: &'a frame::Rect,
    width: f64,
    dots: &'a [Point],
    stairs: &'a [Point],
}

/// Words further from their point than this are led to it by a line [px].
const FAR: f64 = 14.0;

/// What words that begin there cover: left, top, right, bottom.
fn around(place: Point, wide: f64) -> [f64; 4] {
    [place.0, place.1 - 10.0, place.0 + wide, place.1 + 3.0]
}

fn apart(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[2] < b[0] || b[2] < a[0] || a[3] < b[1] || b[3] < a[1]
}

/// From a point to the nearest of what words cover [px].
fn gap(words: &[f64; 4], at: Point) -> f64 {
    let along = (words[0] - at.0).max(at.0 - words[2]).max(0.0);
    let up = (words[1] - at.1).max(at.1 - words[3]).max(0.0);
    (along * along + up * up).sqrt()
}

/// Where the words beside a point begin: the first place around it that is free, off the frontier and nearer to it than to any other point; else off
/// the frontier; else free; else at its right.
fn place(which: usize, wide: f64, sheet: &Sheet<'_>, taken: &[[f64; 4]]) -> Point {
    let at = sheet.dots[which];
    let offsets = [0.0, -8.0, 8.0, -12.0, 12.0, -18.0, 18.0, -25.0, 25.0, -38.0, 38.0, -51.0, 51.0];
    let beside = |dy: f64| [(at.0 + 8.0, at.1 + HALF + dy), (at.0 - 8.0 - wide, at.1 + HALF + dy)];
    let above = |dy: f64| [(at.0 - wide / 2.0, at.1 + HALF + dy), (at.0 - wide / 3.0, at.1 + HALF + dy)];
    let places = || {
        offsets
            .into_iter()
            .flat_map(move |dy| beside(dy).into_iter().chain(above(dy).into_iter().filter(move |_| 14.0 < dy.abs())))
    };
    let free = |p: &Point| {
        let own = around(*p, wide);
        let rect = sheet.rect;
        let inside =
            rect.left <= own[0] && own[2] <= sheet.width - 4.0 && rect.top - 12.0 <= own[1] && own[3] <= rect.bottom;
        inside && taken.iter().all(|t| apart(&own, t))
    };
    let clear = |p: &Point| {
        let own = around(*p, wide);
        let line = |a: Point, b: Point| [a.0.min(b.0), a.1.min(b.1), a.0.max(b.0), a.1.max(b.1)];
        // A step of the frontier that sets out from the point itself may pass under its words.
        let mut steps = sheet.stairs.windows(2).filter(|step| step[0] != at && step[1] != at);
        steps.all(|step| apart(&own, &line(step[0], step[1])))
    };
    let belongs = |p: &Point| {
        let own = around(*p, wide);
        let others = sheet.dots.iter().enumerate().filter(|(other, _)| *other != which);
        others.into_iter().all(|(_, dot)| gap(&own, at) < gap(&own, *dot))
    };
    let found = places().find(|p| free(p) && clear(p) && belongs(p));
    let found = found.or_else(|| places().find(|p| free(p) && clear(p)));
    let right = (at.0 + 8.0, at.1 + HALF);
    found.or_else(|| places().find(free)).unwrap_or((right.0.min(sheet.width - 4.0 - wide), right.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// b is dearer and slower than a; a and c are each better in one thing.
    #[test]
    fn what_is_worse_in_both_is_not_on_the_frontier() {
        let spot = |x: f64, y: f64| Spot { name: String::new(), x, y, ends: [None, None] };
        let (a, b, c) = (spot(1.0, 5.0), spot(2.0, 6.0), spot(3.0, 1.0));
        assert_eq!(best(&[&c, &b, &a]), [2, 0]);
        assert_eq!(best(&[&a, &a]), [0, 1], "equal ones both stand on it");
    }

    /// Two dots at the left of one at the foot, near the right rim, and the frontier between them: the words of the last stand nearest to it and off the line.
    #[test]
    fn words_stand_by_their_own_point() {
        let rect = frame::Rect { left: 60.0, top: 40.0, right: 800.0, bottom: 300.0 };
        let dots = [(677.0, 258.0), (733.0, 278.0), (778.0, 300.0)];
        let stairs = [dots[0], (733.0, 258.0), dots[1], (778.0, 278.0), dots[2]];
        let sheet = Sheet { rect: &rect, width: 860.0, dots: &dots, stairs: &stairs };
        let taken: Vec<[f64; 4]> = dots.iter().map(|d| [d.0 - 5.0, d.1 - 5.0, d.0 + 5.0, d.1 + 5.0]).collect();
        let own = around(place(2, 76.0, &sheet, &taken), 76.0);
        assert!(gap(&own, dots[2]) < FAR && gap(&own, dots[2]) < gap(&own, dots[1]), "{own:?}");
        assert!(apart(&own, &[733.0, 278.0, 778.0, 278.0]), "{own:?}");
    }
}
