//! The least of a function in a box, without derivatives and without chance. Nelder and Mead 1965.

/// Steps before it stops whatever was found.
const MOST_STEPS: usize = 4_000;
/// Spread of values, and of each coordinate over its bounds, below which the simplex has nothing left to say. Of values alone it would
/// stop astride a floor.
const FLAT: f64 = 1e-10;

/// The point in `bounds` (low and high of each coordinate) with the least `value` that a descent from `start` finds, and that value.
///
/// A point outside is moved to the nearest inside. Equal bounds hold a coordinate fixed.
pub(super) fn least<const N: usize>(
    value: &dyn Fn(&[f64; N]) -> f64,
    start: [f64; N],
    bounds: &[(f64, f64); N],
) -> ([f64; N], f64) {
    let inside = |point: [f64; N]| std::array::from_fn(|i| point[i].clamp(bounds[i].0, bounds[i].1));
    let at = |point: [f64; N]| {
        let point = inside(point);
        (point, value(&point))
    };
    let mut corners: Vec<([f64; N], f64)> = vec![at(start)];
    for axis in 0..N {
        let mut point = corners[0].0;
        let (low, high) = bounds[axis];
        let step = (high - low) * 0.2;
        point[axis] += if point[axis] + step <= high { step } else { -step };
        corners.push(at(point));
    }
    for _ in 0..MOST_STEPS {
        corners.sort_by(|a, b| a.1.total_cmp(&b.1));
        if corners[N].1 - corners[0].1 < FLAT && small(&corners, bounds) {
            break;
        }
        step(&mut corners, &at);
    }
    corners.sort_by(|a, b| a.1.total_cmp(&b.1));
    corners[0]
}

fn small<const N: usize>(corners: &[([f64; N], f64)], bounds: &[(f64, f64); N]) -> bool {
    let near = |i: usize| {
        corners.iter().all(|corner| (corner.0[i] - corners[0].0[i]).abs() <= FLAT * (bounds[i].1 - bounds[i].0))
    };
    (0..N).all(near)
}

/// Reflects the worst corner in the middle of the others, farther where that is best of all, nearer where it is no use; else draws all to the
/// best.
fn step<const N: usize>(corners: &mut [([f64; N], f64)], at: &dyn Fn([f64; N]) -> ([f64; N], f64)) {
    let middle: [f64; N] =
        std::array::from_fn(|i| corners[..N].iter().map(|corner| corner.0[i]).sum::<f64>() / N as f64);
    let (best, next, worst) = (corners[0], corners[N - 1], corners[N]);
    let along = |by: f64| at(std::array::from_fn(|i| middle[i] + by * (middle[i] - worst.0[i])));
    let reflected = along(1.0);
    if reflected.1 < best.1 {
        let farther = along(2.0);
        corners[N] = if farther.1 < reflected.1 { farther } else { reflected };
    } else if reflected.1 < next.1 {
        corners[N] = reflected;
    } else {
        let nearer = if reflected.1 < worst.1 { along(0.5) } else { along(-0.5) };
        if nearer.1 < reflected.1.min(worst.1) {
            corners[N] = nearer;
        } else {
            for corner in &mut corners[1..] {
                *corner = at(std::array::from_fn(|i| (corner.0[i] + best.0[i]) / 2.0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rosenbrock's valley has its floor at (1, 1); with the first coordinate held at 0.5 the floor is at its square.
    #[test]
    fn it_walks_down_a_bent_valley_and_along_a_wall() {
        let valley = |p: &[f64; 2]| {
            let (a, b) = (1.0 - p[0], p[1] - p[0] * p[0]);
            a * a + 100.0 * b * b
        };
        let (floor, _) = least(&valley, [-1.0, 2.0], &[(-2.0, 2.0), (-2.0, 2.0)]);
        assert!((floor[0] - 1.0).abs() < 1e-4 && (floor[1] - 1.0).abs() < 1e-4, "{floor:?}");
        let (wall, _) = least(&valley, [0.5, 2.0], &[(0.5, 0.5), (-2.0, 2.0)]);
        assert!(wall[0] == 0.5 && (wall[1] - 0.25).abs() < 1e-4, "{wall:?}");
    }
}
