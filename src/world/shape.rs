//! A demand's shape through time, tick by tick: its mean and its peak in each. Draws nothing.

/// Relative demand of a tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InTick {
    /// Mean over the tick [-].
    pub mean: f64,
    /// Largest in it [-].
    pub peak: f64,
    /// The largest over the mean [-]; 1 where nothing is asked for.
    pub peak_over_mean: f64,
    /// Two levels over the mean that stand for it as its requests see it: mean and standard deviation of demand, weighed by demand, below and above;
    /// 1 where nothing is asked for. Eq. (168).
    pub levels_over_mean: (f64, f64),
}

impl InTick {
    /// Always 1.
    pub const FLAT: InTick = InTick { mean: 1.0, peak: 1.0, peak_over_mean: 1.0, levels_over_mean: (1.0, 1.0) };
}

/// Relative demand through time.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// By tick: of a period from its beginning, or from the scenario's start on, the last one staying.
    pub ticks: Vec<InTick>,
    /// It repeats: tick k of the run is `ticks[(k + phase) mod len]`. None: it does not, and `ticks[k]` counts from the start.
    pub phase: Option<u64>,
    /// What its ticks are made of.
    pub line: Line,
}

/// Points of a shape, for what happens inside a tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// As in [`Points`].
    pub values: Vec<f64>,
    /// Length of a slot [ticks].
    pub slot: f64,
    /// As in [`Points`].
    pub between: Between,
}

impl Shape {
    /// Always 1.
    pub fn flat() -> Shape {
        let line = Line { values: vec![1.0], slot: 1.0, between: Between::Steps };
        Shape { ticks: vec![InTick::FLAT], phase: Some(0), line }
    }

    /// The path inside tick `k`: (part of the tick, relative demand), from 0 to 1, straight between; its mean and peak are those of [`Shape::at`].
    pub fn path(&self, k: i64) -> Vec<(f64, f64)> {
        let points = Points {
            values: &self.line.values,
            slot: self.line.slot,
            repeats: self.phase.is_some(),
            between: self.line.between,
        };
        let from = match self.phase {
            Some(phase) => (k + phase as i64).rem_euclid(self.ticks.len() as i64),
            None => k.max(0),
        } as f64;
        points.path(from, from + 1.0)
    }

    /// In tick `k` from the scenario's start; before it the first of a path holds.
    pub fn at(&self, k: i64) -> InTick {
        self.ticks[self.place(k)]
    }

    /// Which of its ticks tick `k` is.
    pub fn place(&self, k: i64) -> usize {
        match self.phase {
            Some(phase) => (k + phase as i64).rem_euclid(self.ticks.len() as i64) as usize,
            None => (k.max(0) as usize).min(self.ticks.len() - 1),
        }
    }
}

/// How demand goes between the points that are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// Straight lines between the middles of slots. Coupling finding 8.
    Lines,
    /// The same throughout a slot.
    Steps,
}

/// Points at the middles of equal slots; beyond the ends the first and the last hold, or they repeat.
pub struct Points<'p> {
    /// Values.
    pub values: &'p [f64],
    /// Length of a slot [any unit].
    pub slot: f64,
    /// They repeat.
    pub repeats: bool,
    /// In between.
    pub between: Between,
}

impl Points<'_> {
    fn value(&self, slot: i64) -> f64 {
        let slots = self.values.len() as i64;
        let slot = if self.repeats { slot.rem_euclid(slots) } else { slot.clamp(0, slots - 1) };
        self.values[slot as usize]
    }

    /// Value at a time on straight lines.
    fn on_line(&self, at: f64) -> f64 {
        let place = at / self.slot - 0.5;
        let before = place.floor();
        let part = place - before;
        let (a, b) = (self.value(before as i64), self.value(before as i64 + 1));
        a + part * (b - a)
    }

    /// Mean and peak in [from, to), from < to. Eq. (151).
    pub fn within(&self, from: f64, to: f64) -> InTick {
        assert!(from < to, "a tick from {from} to {to}");
        // Where straight lines bend, or steps end.
        let shift = if self.between == Between::Lines { 0.5 } else { 0.0 };
        let (mut sum, mut squares, mut cubes, mut peak, mut at) = (0.0, 0.0, 0.0, f64::NEG_INFINITY, from);
        let mut next = (from / self.slot - shift).floor() as i64 + 1;
        while at < to {
            let end = ((next as f64 + shift) * self.slot).min(to);
            next += 1;
            if end <= at {
                continue;
            }
            let (a, b) = match self.between {
                Between::Lines => (self.on_line(at), self.on_line(end)),
                Between::Steps => {
                    let level = self.value((0.5 * (at + end) / self.slot).floor() as i64);
                    (level, level)
                }
            };
            sum += 0.5 * (a + b) * (end - at);
            squares += (a * a + a * b + b * b) / 3.0 * (end - at);
            cubes += (a + b) * (a * a + b * b) / 4.0 * (end - at);
            peak = peak.max(a).max(b);
            at = end;
        }
        let mean = sum / (to - from);
        // Rounding must not put the mean above the peak.
        let peak = peak.max(mean);
        if sum <= 0.0 {
            return InTick { mean, peak, ..InTick::FLAT };
        }
        let middle = squares / sum;
        let sd = (cubes / sum - middle * middle).max(0.0).sqrt();
        // What never moves must not be moved by rounding.
        let levels_over_mean =
            if sd <= 1e-6 * middle { (1.0, 1.0) } else { ((middle - sd) / mean, (middle + sd) / mean) };
        InTick { mean, peak, peak_over_mean: peak / mean, levels_over_mean }
    }

    /// Bends of the path through [from, to): (part of it, value), from 0 to 1. A step is a line that takes a millionth of it.
    pub fn path(&self, from: f64, to: f64) -> Vec<(f64, f64)> {
        assert!(from < to, "a path from {from} to {to}");
        const STEP: f64 = 1e-6;
        let part = |at: f64| (at - from) / (to - from);
        let shift = if self.between == Between::Lines { 0.5 } else { 0.0 };
        let mut path: Vec<(f64, f64)> = Vec::new();
        let mut next = (from / self.slot - shift).floor() as i64 + 1;
        let mut at = from;
        while at < to {
            let end = ((next as f64 + shift) * self.slot).min(to);
            next += 1;
            if end - at <= STEP * (to - from) && end < to {
                continue;
            }
            let (a, b) = match self.between {
                Between::Lines => (self.on_line(at), self.on_line(end)),
                Between::Steps => {
                    let level = self.value((0.5 * (at + end) / self.slot).floor() as i64);
                    (level, level)
                }
            };
            match path.last() {
                None => path.push((0.0, a)),
                Some(_) if self.between == Between::Steps && part(at) + STEP < part(end) => {
                    path.push((part(at) + STEP, a))
                }
                Some(_) => {}
            }
            path.push((if end < to { part(end) } else { 1.0 }, b));
            at = end;
        }
        path
    }

    /// Tick by tick from 0, `n` of them of length `tick`.
    pub fn ticks(&self, tick: f64, n: usize) -> Vec<InTick> {
        (0..n).map(|k| self.within(k as f64 * tick, (k + 1) as f64 * tick)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: InTick, mean: f64, peak: f64) {
        assert!((found.mean - mean).abs() < 1e-12 && (found.peak - peak).abs() < 1e-12, "{found:?} {mean} {peak}");
    }

    /// Points 1, 3, 2 at 0.5, 1.5, 2.5. In [0, 1): 1 until 0.5, then up to 2: mean (0.5 + 0.75) = 1.25. In [1, 2): 2 to 3 to 2.5: 2.625.
    #[test]
    fn straight_lines_between_middles() {
        let points = Points { values: &[1.0, 3.0, 2.0], slot: 1.0, repeats: false, between: Between::Lines };
        close(points.within(0.0, 1.0), 1.25, 2.0);
        close(points.within(1.0, 2.0), 2.625, 3.0);
        close(points.within(2.0, 3.0), 2.125, 2.5);
        close(points.within(7.0, 9.0), 2.0, 2.0);
        assert_eq!(points.path(1.0, 2.0), [(0.0, 2.0), (0.5, 3.0), (1.0, 2.5)]);
        assert_eq!(points.path(1.0, 1.25), [(0.0, 2.0), (1.0, 2.5)]);
        // A third of a slot.
        close(points.within(1.0, 1.25), 2.25, 2.5);
    }

    /// The same repeated: the line from 2 at 2.5 to 1 at 3.5 crosses 3 at 1.5, so that the mean over all is that of the points.
    #[test]
    fn a_period_keeps_its_mean() {
        let points = Points { values: &[1.0, 3.0, 2.0], slot: 1.0, repeats: true, between: Between::Lines };
        close(points.within(0.0, 1.0), 0.5 * 0.5 * (1.5 + 1.0) + 0.5 * 0.5 * (1.0 + 2.0), 2.0);
        close(points.within(0.0, 3.0), 2.0, 3.0);
        close(points.within(-3.0, 0.0), 2.0, 3.0);
    }

    /// From 1 to 3 in a tick: weighed by demand the mean is (1 + 3 + 9)/3 / 2 = 13/6, the mean square 4 x 10/4 / 2 = 5, the standard deviation
    /// sqrt(5 - 169/36) = sqrt(11)/6. The two levels have the same mean square and, on a line, the same mean cube to rounding of its skewness.
    #[test]
    fn two_levels_stand_for_a_line() {
        let points = Points { values: &[1.0, 3.0], slot: 1.0, repeats: false, between: Between::Lines };
        let (low, high) = points.within(0.5, 1.5).levels_over_mean;
        let sd = 11f64.sqrt() / 6.0;
        let near = |x: f64, y: f64| assert!((2.0 * x - y).abs() < 1e-12, "{low} {high}");
        near(low, 13.0 / 6.0 - sd);
        near(high, 13.0 / 6.0 + sd);
        assert_eq!(points.within(7.0, 9.0), InTick { mean: 3.0, peak: 3.0, ..InTick::FLAT });
    }

    #[test]
    fn steps_stay() {
        let points = Points { values: &[8.0, 12.0, 26.0], slot: 1.0, repeats: false, between: Between::Steps };
        close(points.within(1.0, 2.0), 12.0, 12.0);
        close(points.within(0.5, 1.5), 10.0, 12.0);
        assert_eq!(points.path(0.5, 1.5), [(0.0, 8.0), (0.5, 8.0), (0.500001, 12.0), (1.0, 12.0)]);
        close(points.within(5.0, 6.0), 26.0, 26.0);
    }
}
