//! Where the search for a number of replicas begins: by the table of admission, with its headroom for bursts. Runs nothing.

use super::offer::Offer;

/// Load below which no table is asked: what it says there holds below as well.
const LIGHT: f64 = 0.2;
/// Most replicas of a candidate.
pub const MOST_REPLICAS: u32 = 100_000;

/// Replicas that the table takes to keep the promise to a share of requests that come at `per_s`; without a table what a fluid server needs.
/// Eq. (178).
pub fn guess<S>(offer: &Offer<S>, per_s: f64, share: f64) -> u32 {
    let needed = per_s / offer.replica_per_s;
    let whole = |replicas: f64| replicas.ceil().clamp(1.0, f64::from(MOST_REPLICAS)) as u32;
    if !offer.table.is_measured() {
        return whole(needed);
    }
    let enough = |replicas: u32| {
        let served = offer.table.at(needed / f64::from(replicas), f64::from(replicas));
        share <= (1.0 - served.shed) * served.attained
    };
    let most = whole(needed / LIGHT);
    // Less load and more replicas never do worse: the first that is enough lies between what fluid needs and five times as many.
    let (mut low, mut high) = (whole(needed).min(most), most);
    while low < high {
        let middle = low + (high - low) / 2;
        if enough(middle) { high = middle } else { low = middle + 1 }
    }
    high
}
