//! Every point of the grid, measured in windows, made monotone. Eq. (171).

use super::window::{Mix, window};
use crate::kernel::request::{Reference, Window};
use crate::perf::Card;
use crate::stats::draw::RunKey;
use crate::stats::isotonic::{Trend, monotone};

/// Where the table has points; each axis ascends.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Peak loads over what the replicas can.
    pub loads: Vec<f64>,
    /// Replicas.
    pub replicas: Vec<u32>,
    /// Indices of dispersion.
    pub dispersions: Vec<f64>,
    /// Mixes, by their share of answers.
    pub mixes: Vec<Mix>,
}

/// A point of the table.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Point {
    /// Share of the requests that give up.
    pub shed: f64,
    /// Quantiles .5, .9, .95, .99 of the wait \[s\].
    pub waits_s: [f64; 4],
    /// Mean time per token over the closed form's.
    pub tpot_ratio: f64,
    /// Quantiles .5, .9, .99 of the time per token over its mean.
    pub tpot_spread: [f64; 3],
    /// Standard error of `shed` over windows.
    pub shed_se: f64,
    /// Requests measured.
    pub requests: u64,
}

/// Windows of a point.
const WINDOWS: u32 = 4;
/// Longest and shortest window \[s\], and the requests at which one is long enough.
const LONGEST_S: f64 = 900.0;
const SHORTEST_S: f64 = 120.0;
const ENOUGH: f64 = 20_000.0;

/// Measures every point, each mix on its own replica; loads outermost, then replicas, dispersions, mixes. The same for the same seed. `told` is called after each.
pub fn sweep(references: &[Reference<Card>], grid: &Grid, seed: u64, told: &mut dyn FnMut()) -> Vec<Point> {
    let all = grid.loads.len() * grid.replicas.len() * grid.dispersions.len() * grid.mixes.len();
    let mut points = Vec::with_capacity(all);
    for load in &grid.loads {
        for replicas in &grid.replicas {
            for dispersion in &grid.dispersions {
                for (mix, reference) in grid.mixes.iter().zip(references) {
                    points.push(point(reference, mix, (*load, *replicas, *dispersion), seed));
                    told();
                }
            }
        }
    }
    smooth(grid, &mut points);
    points
}

fn point(reference: &Reference<Card>, mix: &Mix, (load, replicas, dispersion): (f64, u32, f64), seed: u64) -> Point {
    let per_s = load * f64::from(replicas) * mix.replica_per_s;
    let length_s = (ENOUGH / per_s).clamp(SHORTEST_S, LONGEST_S);
    // The closed form counts prompts among the steps they stretch.
    let closed_s = mix.card.at_rate(load * mix.replica_per_s * mix.mean_tokens.1).parts.total_s();
    // The same chance at every point of a mix: what differs between two points is what the axes do.
    let key = |replication| RunKey { study_seed: seed, draw: 0, replication };
    let windows: Vec<Window> =
        (0..WINDOWS).map(|n| window(reference, mix, (load, replicas, dispersion), length_s, key(n))).collect();
    let mean = |of: &dyn Fn(&Window) -> Option<f64>| {
        let found: Vec<f64> = windows.iter().filter_map(of).collect();
        assert!(!found.is_empty(), "nothing measured at load {load} on {replicas} replicas of {}", mix.lengths.name);
        found.iter().sum::<f64>() / found.len() as f64
    };
    let shed = mean(&Window::shed);
    let squares: f64 = windows.iter().filter_map(Window::shed).map(|one| (one - shed) * (one - shed)).sum();
    let n = windows.len() as f64;
    let tpot = mean(&Window::mean_tpot_s);
    Point {
        shed,
        waits_s: [0.5, 0.9, 0.95, 0.99].map(|p| mean(&|window: &Window| window.wait_s(p))),
        tpot_ratio: tpot / closed_s,
        tpot_spread: [0.5, 0.9, 0.99].map(|p| mean(&|window: &Window| window.tpot_s(p)) / tpot),
        shed_se: (squares / (n - 1.0) / n).sqrt(),
        requests: windows.iter().map(|window| window.arrived).sum(),
    }
}

/// More is shed, and waits are longer, at higher load, in fewer replicas, with larger bursts.
fn smooth(grid: &Grid, points: &mut [Point]) {
    let axes = [
        (grid.loads.len(), Trend::Rises),
        (grid.replicas.len(), Trend::Falls),
        (grid.dispersions.len(), Trend::Rises),
        (grid.mixes.len(), Trend::Free),
    ];
    let mut column = |of: &dyn Fn(&mut Point) -> &mut f64| {
        let mut values: Vec<f64> = points.iter_mut().map(|point| *of(point)).collect();
        monotone(&mut values, &axes);
        points.iter_mut().zip(values).for_each(|(point, value)| *of(point) = value);
    };
    column(&|point| &mut point.shed);
    (0..4).for_each(|k| column(&|point| &mut point.waits_s[k]));
}
