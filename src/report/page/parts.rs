//! Helpers of stacked charts: few enough parts to tell apart, and their sums. It draws nothing.
use crate::report::chart::Part;

/// At most `most` parts: the smallest beyond that become "others", at the end. Parts without anything are dropped.
pub fn fold_small(parts: Vec<Part>, most: usize) -> Vec<Part> {
    let mut parts: Vec<Part> = parts.into_iter().filter(|p| size(p) > 0.0).collect();
    if parts.len() <= most {
        return parts;
    }
    let mut sizes: Vec<f64> = parts.iter().map(size).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    let least = sizes[most - 2];
    let small: Vec<Part> = parts.extract_if(.., |p| size(p) < least).collect();
    let columns = small.iter().map(|p| p.values.len()).max().unwrap_or(0);
    let sum = |k: usize| small.iter().filter_map(|p| p.values.get(k).copied().flatten()).reduce(|a, b| a + b);
    parts.push(Part::of(format!("{} others", small.len()), (0..columns).map(sum).collect()));
    parts
}

/// Sum of the sizes of all values.
pub fn size(part: &Part) -> f64 {
    part.values.iter().flatten().map(|v| v.abs()).sum()
}

/// Sum of all values.
pub fn total(part: &Part) -> f64 {
    part.values.iter().flatten().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 5, 1, 0, 3, 2 in three parts: 5, 3 and the others, 1 + 2; the empty one is no part.
    #[test]
    fn the_smallest_become_others() {
        let parts = [5.0, 1.0, 0.0, 3.0, 2.0].map(|v| Part::new(v.to_string(), [v])).to_vec();
        let folded = fold_small(parts, 3);
        let got: Vec<_> = folded.iter().map(|p| (p.name.as_str(), total(p))).collect();
        assert_eq!(got, [("5", 5.0), ("3", 3.0), ("2 others", 3.0)]);
    }
}
