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
    for (i, spot) in order.into_iter().map(|i| (i, points[i])) {
        let at = place_of(spot);
        let wide = font::width(&spot.name, SMALL, Face::Normal);
        let place = place(at, wide, &plot.rect, scene.width, &taken);
        taken.push([place.0, place.1 - 10.0, place.0 + wide, place.1 + 3.0]);
        let color = if best.contains(&i) { INK } else { GREY };
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

/// Where the words beside a point begin: the first place around it that is free, else at its right.
fn place(at: Point, wide: f64, rect: &frame::Rect, sheet: f64, taken: &[[f64; 4]]) -> Point {
    let offsets = [0.0, -12.0, 12.0, -25.0, 25.0, -38.0, 38.0, -51.0, 51.0];
    let places =
        offsets.into_iter().flat_map(|dy| [(at.0 + 8.0, at.1 + HALF + dy), (at.0 - 8.0 - wide, at.1 + HALF + dy)]);
    let free = |p: &Point| {
        let own = [p.0, p.1 - 10.0, p.0 + wide, p.1 + 3.0];
        let inside = rect.left <= own[0] && own[2] <= sheet - 4.0 && rect.top - 12.0 <= own[1] && own[3] <= rect.bottom;
        inside && taken.iter().all(|t| own[2] < t[0] || t[2] < own[0] || own[3] < t[1] || t[3] < own[1])
    };
    let right = (at.0 + 8.0, at.1 + HALF);
    places.into_iter().find(free).unwrap_or((right.0.min(sheet - 4.0 - wide), right.1))
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
}
