//! The smallest number that is enough, where more is never less. Knows nothing of replicas.

/// The smallest from 1 to `most` that is `enough`, sought from a guess outwards with doubled strides and then by halves; None: not even
/// `most` is. What is returned was asked and is enough, and one less was asked and is not. Eq. (179).
pub fn smallest(guess: u32, most: u32, mut enough: impl FnMut(u32) -> bool) -> Option<u32> {
    if most == 0 {
        return None;
    }
    let start = guess.clamp(1, most);
    let mut stride = (start / 8).max(1);
    // `low` is not enough (0 never is), `high` is.
    let (mut low, mut high) = if enough(start) {
        let mut high = start;
        loop {
            let lower = high.saturating_sub(stride);
            if lower == 0 || !enough(lower) {
                break (lower, high);
            }
            (high, stride) = (lower, stride.saturating_mul(2));
        }
    } else {
        let mut low = start;
        loop {
            if low == most {
                return None;
            }
            let higher = low.saturating_add(stride).min(most);
            if enough(higher) {
                break (low, higher);
            }
            (low, stride) = (higher, stride.saturating_mul(2));
        }
    };
    while 1 < high - low {
        let middle = low + (high - low) / 2;
        if enough(middle) { high = middle } else { low = middle }
    }
    Some(high)
}
