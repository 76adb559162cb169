//! The nearest monotone values: measured tables that theory says rise or fall along each of their axes. Draws nothing.

/// Direction of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// Values rise along it, or stay.
    Rises,
    /// They fall, or stay.
    Falls,
    /// Nothing is asked of them.
    Free,
}

/// Moves `values` (the last axis fastest) until they are monotone along every axis, each line in turn by pooling adjacent violators (Barlow,
/// Bartholomew, Bremner, Brunk 1972), the least-squares answer for one line. Monotone values stay as they are.
///
/// Panics where the axes' lengths do not multiply to the number of values.
pub fn monotone(values: &mut [f64], axes: &[(usize, Trend)]) {
    let points: usize = axes.iter().map(|axis| axis.0).product();
    assert!(points == values.len(), "{} values for {points} points", values.len());
    // Each sweep moves values less; what is left after many is below what any table prints.
    for _ in 0..1_000 {
        let mut moved = false;
        let mut step = points;
        for (length, trend) in axes {
            step /= length;
            if *trend == Trend::Free {
                continue;
            }
            for first in (0..points).filter(|at| (at / step).is_multiple_of(*length)) {
                let line: Vec<f64> = (0..*length).map(|k| values[first + k * step]).collect();
                for (k, value) in pooled(&line, *trend).into_iter().enumerate() {
                    moved |= 1e-12 < (values[first + k * step] - value).abs();
                    values[first + k * step] = value;
                }
            }
        }
        if !moved {
            return;
        }
    }
}

/// One line: neighbours in the wrong order become their mean, again and again.
fn pooled(line: &[f64], trend: Trend) -> Vec<f64> {
    let sign = if trend == Trend::Falls { -1.0 } else { 1.0 };
    let mut blocks: Vec<(f64, usize)> = Vec::with_capacity(line.len());
    for value in line {
        blocks.push((sign * value, 1));
        while let [.., (below, m), (above, n)] = blocks[..]
            && above < below
        {
            blocks.pop();
            let mean = (below * m as f64 + above * n as f64) / (m + n) as f64;
            *blocks.last_mut().expect("two were there") = (mean, m + n);
        }
    }
    blocks.into_iter().flat_map(|(value, n)| std::iter::repeat_n(sign * value, n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1, 3, 2, 4 rises as 1, 2.5, 2.5, 4; falling it is their mean four times.
    #[test]
    fn one_line_by_hand() {
        let mut line = [1.0, 3.0, 2.0, 4.0];
        monotone(&mut line, &[(4, Trend::Rises)]);
        assert_eq!(line, [1.0, 2.5, 2.5, 4.0]);
        let mut line = [1.0, 3.0, 2.0, 4.0];
        monotone(&mut line, &[(4, Trend::Falls)]);
        assert_eq!(line, [2.5; 4]);
    }

    /// A plane that rises along one axis and falls along the other stays; a bump in it is spread to its neighbours.
    #[test]
    fn planes_are_monotone_both_ways() {
        let axes = [(3, Trend::Rises), (2, Trend::Falls)];
        let plane = [0.2, 0.1, 0.4, 0.3, 0.6, 0.5];
        let mut same = plane;
        monotone(&mut same, &axes);
        assert_eq!(same, plane);
        let mut bump = [0.2, 0.1, 0.1, 0.9, 0.6, 0.5];
        monotone(&mut bump, &axes);
        for k in 0..4 {
            assert!(bump[k] <= bump[k + 2] + 1e-9, "{bump:?}");
        }
        for row in bump.chunks(2) {
            assert!(row[1] <= row[0] + 1e-9, "{bump:?}");
        }
    }
}
