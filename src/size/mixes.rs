//! Mixes of two offers in whole instances, where one alone would leave much of its last instance idle. Looks in order of what they cost at
//! least; tries them in the request tier. Eq. (180).

use super::offer::{Mix, Offer, usd_per_hour};
use super::smallest::smallest;
use super::trial::Yard;
use crate::perf::StepTimes;

/// Share of the load that a mix must serve when saturated to be tried: what is saturated is known by the card and a table, to some percent.
const BOUND: f64 = 0.9;
/// Runs of the request tier that mixes may take.
pub const MOST_RUNS: u64 = 300;

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// Offers that were put together in twos.
    pub offers: u64,
    /// Numbers of the dearer instance with those of the cheaper that might have been cheaper.
    pub rows: u64,
    /// Of those, not tried because [`MOST_RUNS`] were spent.
    pub left: u64,
}

/// Numbers of two offers: so many of the first with at least so many of the second.
struct Row {
    usd: f64,
    pair: (usize, usize),
    first: u32,
    least: u32,
}

/// Adds to `kept`, where every offer stands alone in its smallest number, those mixes of two that are cheaper than the second cheapest
/// composition of it.
pub fn mixes<S: StepTimes + Clone>(yard: &mut Yard<'_, S>, kept: &mut Vec<Mix>) -> Tried {
    let alone: Vec<(usize, u32)> = kept.iter().filter_map(|mix| mix.parts.first().copied()).collect();
    let members: Vec<(usize, u32)> =
        alone.iter().copied().filter(|one| !alone.iter().any(|other| spares(yard.offers, other.0, one.0))).collect();
    let mut rows = rows(yard.offers, yard.load.per_s(), &members, bar(yard.offers, kept));
    rows.sort_by(|a, b| a.usd.total_cmp(&b.usd).then((a.pair, a.first).cmp(&(b.pair, b.first))));
    let mut tried = Tried { offers: members.len() as u64, rows: rows.len() as u64, left: 0 };
    let (mut failed, begun) = (Vec::new(), yard.runs);
    for (at, row) in rows.iter().enumerate() {
        if bar(yard.offers, kept) <= row.usd {
            break;
        }
        if MOST_RUNS <= yard.runs - begun {
            tried.left = (rows.len() - at) as u64;
            break;
        }
        kept.extend(try_row(yard, row, bar(yard.offers, kept), &mut failed));
    }
    tried
}

/// Whether the first makes the second needless in a mix: the same replicas in smaller instances, and no dearer.
fn spares<S>(offers: &[Offer<S>], first: usize, second: usize) -> bool {
    let (a, b) = (&offers[first], &offers[second]);
    if first == second || a.shape != b.shape || !b.replicas_per_instance.is_multiple_of(a.replicas_per_instance) {
        return false;
    }
    let times = f64::from(b.replicas_per_instance / a.replicas_per_instance);
    let (usd, other) = (a.usd_per_instance_hour * times, b.usd_per_instance_hour);
    usd < other || usd == other && (1.0 < times || first < second)
}

/// What a mix must be cheaper than: the cheapest of other instance types than the cheapest of all.
fn bar<S>(offers: &[Offer<S>], kept: &[Mix]) -> f64 {
    let cheapest = kept.iter().min_by(|a, b| a.order(b));
    let others = kept.iter().filter(|mix| cheapest.is_some_and(|first| !mix.is_made_as(first, offers)));
    others.map(|mix| mix.usd_per_hour).fold(f64::INFINITY, f64::min)
}

fn rows<S>(offers: &[Offer<S>], per_s: f64, members: &[(usize, u32)], bar: f64) -> Vec<Row> {
    let mut rows = Vec::new();
    for (a, most) in members {
        for (b, _) in members {
            let (dear, cheap) = (&offers[*a], &offers[*b]);
            let order = (cheap.usd_per_instance_hour, *b) < (dear.usd_per_instance_hour, *a);
            if !order || dear.instance == cheap.instance {
                continue;
            }
            for first in 1..*most {
                let rest = BOUND * per_s - f64::from(first) * dear.instance_per_s();
                let least = (rest / cheap.instance_per_s()).ceil().max(1.0);
                let usd = f64::from(first) * dear.usd_per_instance_hour + least * cheap.usd_per_instance_hour;
                if usd < bar && least < f64::from(u32::MAX) {
                    rows.push(Row { usd, pair: (*a, *b), first, least: least as u32 });
                }
            }
        }
    }
    rows
}

/// The cheapest of a row that keeps the promise and costs less than `bar`, sought from the least upwards by doubled strides and then by halves: more
/// of a slow type may serve worse, so that the most that is still cheaper proves nothing. Who fails is remembered: with fewer of the dearer and as many of
/// the cheaper it fails as well.
fn try_row<S: StepTimes + Clone>(
    yard: &mut Yard<'_, S>,
    row: &Row,
    bar: f64,
    failed: &mut Vec<((usize, usize), u32, u32)>,
) -> Option<Mix> {
    let parts = |second: u32| {
        let mut parts = vec![(row.pair.0, row.first), (row.pair.1, second)];
        parts.sort_unstable();
        parts
    };
    let cheaper = |second: u32| usd_per_hour(yard.offers, &parts(second)) < bar;
    // The most of the second that is still cheaper than the bar.
    let mut most = row.least;
    while cheaper(most + 1) {
        most += 1;
    }
    let below = row.least - 1;
    let mut keeps = |second: u32| {
        if failed.iter().any(|f| f.0 == row.pair && row.first <= f.1 && second == f.2) {
            return false;
        }
        let keeps = yard.keeps(&parts(second));
        if !keeps {
            failed.push((row.pair, row.first, second));
        }
        keeps
    };
    let enough = smallest(1, most - below, |more| keeps(below + more))?;
    let parts = parts(below + enough);
    Some(Mix { usd_per_hour: usd_per_hour(yard.offers, &parts), trial: yard.trial(&parts), parts })
}
