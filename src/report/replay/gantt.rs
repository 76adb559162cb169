//! The Gantt chart of a replay's window: a band a pool, chips up and time along, coloured by how long the job had waited. The rows of chips
//! are packed here: nodes whose chips are interchangeable have no names.

use super::about::{About, short_count, unit};
use super::charts::Drawn;
use crate::replay::{Outcome, Stay, Watch};
use crate::report::chart::{Axis, Band, Bar, Chart, Kind, percent, short};
use crate::report::html::TableView;
use std::collections::BTreeMap;

/// Rectangles drawn at most, the largest kept.
const MOST_BARS: usize = 4_000;
/// Chips shown at most, but for the first band.
const MOST_CHIPS: u64 = 512;
/// Longest wait of the middle class [us].
const LONG_US: u64 = 3_600_000_000;
/// Name, and colour by number.
const CLASSES: [(&str, usize); 4] =
    [("started at once", 0), ("waited up to 1 h", 5), ("waited longer", 1), ("resumed after it was taken off", 3)];

/// The window as a chart.
pub fn window(about: &About<'_>, outcome: &Outcome, watch: &Watch) -> Drawn {
    let (from_us, to_us) = watch.window().span_us();
    let (stays, not_kept) = watch.window().stays();
    let pools = pools(outcome, stays, (from_us, to_us));
    let (chosen, rest) = choose(&pools);
    let (name, us) = unit(to_us.saturating_sub(from_us).max(1));
    let mut bands: Vec<Band> = chosen.iter().map(|pool| band(pool, from_us, to_us, us)).collect();
    let cut = cut(&mut bands);
    let mut used: Vec<usize> = bands.iter().flat_map(|band| &band.bars).map(|bar| bar.class).collect();
    used.sort_unstable();
    used.dedup();
    for bar in bands.iter_mut().flat_map(|band| &mut band.bars) {
        bar.class = used.binary_search(&bar.class).expect("it is among them");
    }
    let classes: Vec<(String, usize)> =
        used.iter().map(|class| CLASSES[*class]).map(|(name, slot)| (name.to_owned(), slot)).collect();
    let begins = about.instant(from_us);
    let jobs = |pools: &[Pool<'_>]| pools.iter().map(|pool| pool.stays.len() as u64).sum::<u64>();
    let held: u128 = chosen.iter().map(|pool| pool.chip_us(from_us, to_us)).sum();
    let capacity: u128 = chosen.iter().map(|pool| u128::from(pool.chips) * u128::from(to_us - from_us)).sum();
    let of = if capacity > 0 { percent(held as f64 / capacity as f64) } else { "none".into() };
    let what = match chosen.as_slice() {
        [one] if outcome.shared || outcome.queues.len() == 1 => {
            format!("{of} of the {} chips are held", short_count(one.chips))
        }
        [one] => format!("{of} of {}'s {} chips are held", one.name, short_count(one.chips)),
        many => format!("{} of the chips of {} queues are held", of, many.len()),
    };
    let mut small = format!("{} jobs from {begins}", short_count(jobs(&chosen)));
    if !rest.is_empty() {
        small += &format!("; {} other queues with {} jobs are not shown", rest.len(), short_count(jobs(&rest)));
    }
    let lost = not_kept + cut;
    if 0 < lost {
        small += &format!("; the {} smallest rectangles are left out", short_count(lost));
    }
    let length = short((to_us - from_us) as f64 / us);
    let chart = Chart {
        title: format!("{}{} in the {length} {name} from {begins}", what[..1].to_uppercase(), &what[1..]),
        subtitle: format!(
            "A rectangle a job, its chips up and its time along; a band is as high as the queue has chips, its rows are no nodes; {small}; {}",
            about.provenance()
        ),
        x: Axis::clock(format!("Time since {begins} [{name}]")),
        y: Axis::categories(""),
        kind: Kind::Gantt { bands, classes },
        empty_reason: "no gang held chips in the window".into(),
    };
    let row = |pool: &Pool<'_>| {
        let waited = pool.stays.iter().filter(|stay| from_us <= stay.from_us && 0 < stay.waited_us).count();
        let started = pool.stays.iter().filter(|stay| from_us <= stay.from_us).count();
        let longest = pool.stays.iter().filter(|stay| from_us <= stay.from_us).map(|stay| stay.waited_us).max();
        let capacity = u128::from(pool.chips) * u128::from(to_us - from_us);
        let share = (capacity > 0).then(|| percent(pool.chip_us(from_us, to_us) as f64 / capacity as f64));
        vec![
            pool.name.clone(),
            short_count(pool.chips),
            short_count(started as u64),
            short_count(waited as u64),
            longest.map(|us| short(us as f64 / 3.6e9)).unwrap_or_default(),
            share.unwrap_or_default(),
        ]
    };
    let table = TableView {
        caption: "The window by queue".into(),
        headers: ["Queue", "chips", "started", "of them waited", "longest wait [h]", "held"]
            .map(str::to_owned)
            .to_vec(),
        numeric: vec![false, true, true, true, true, true],
        rows: chosen.iter().chain(&rest).map(row).collect(),
        ..TableView::default()
    };
    Drawn { name: "gantt", chart, table, notes: Vec::new() }
}

/// A pool and who held its chips.
struct Pool<'a> {
    name: String,
    chips: u64,
    stays: Vec<&'a Stay>,
}

impl Pool<'_> {
    /// Chip-time held in the window.
    fn chip_us(&self, from: u64, to: u64) -> u128 {
        let of = |stay: &&Stay| {
            u128::from(stay.chips) * u128::from(stay.to_us.min(to).saturating_sub(stay.from_us.max(from)))
        };
        self.stays.iter().map(of).sum()
    }

    /// Chip-time that its jobs had waited.
    fn waited(&self) -> u128 {
        self.stays.iter().map(|stay| u128::from(stay.chips) * u128::from(stay.waited_us)).sum()
    }
}

/// Pools with somebody on them; those whose jobs waited most first, then the fullest.
fn pools<'a>(outcome: &Outcome, stays: &'a [Stay], (from_us, to_us): (u64, u64)) -> Vec<Pool<'a>> {
    let mut by_pool: BTreeMap<usize, Vec<&Stay>> = BTreeMap::new();
    for stay in stays {
        by_pool.entry(stay.pool).or_default().push(stay);
    }
    let pool = |(pool, stays): (usize, Vec<&'a Stay>)| {
        let name = if outcome.shared { "all".to_owned() } else { outcome.queues[pool].name.clone() };
        Pool { name, chips: outcome.queues[pool].chips, stays }
    };
    let mut pools: Vec<Pool> = by_pool.into_iter().map(pool).collect();
    let held = |pool: &Pool| pool.chip_us(from_us, to_us) as f64 / pool.chips.max(1) as f64;
    pools.sort_by(|a, b| b.waited().cmp(&a.waited()).then(held(b).total_cmp(&held(a))));
    pools
}

/// The first pools, as many as are seen apart; and the rest.
fn choose<'a>(pools: &[Pool<'a>]) -> (Vec<Pool<'a>>, Vec<Pool<'a>>) {
    let copy = |pool: &Pool<'a>| Pool { name: pool.name.clone(), chips: pool.chips, stays: pool.stays.clone() };
    let mut chips = 0;
    let mut shown = Vec::new();
    let mut rest = Vec::new();
    for pool in pools {
        if shown.is_empty() || rest.is_empty() && chips + pool.chips <= MOST_CHIPS {
            chips += pool.chips;
            shown.push(copy(pool));
        } else {
            rest.push(copy(pool));
        }
    }
    (shown, rest)
}

/// The pool's gangs as rectangles within the window.
fn band(pool: &Pool<'_>, from_us: u64, to_us: u64, unit_us: f64) -> Band {
    let mut rows = Rows { free: vec![(0, pool.chips)] };
    let mut ends: std::collections::BinaryHeap<std::cmp::Reverse<(u64, usize)>> = Default::default();
    let mut pieces: Vec<Vec<(u64, u64)>> = Vec::new();
    let mut bars = Vec::new();
    for (at, stay) in pool.stays.iter().enumerate() {
        while let Some(std::cmp::Reverse((end, gone))) = ends.peek().copied()
            && end <= stay.from_us
        {
            ends.pop();
            std::mem::take(&mut pieces[gone]).into_iter().for_each(|piece| rows.give(piece));
        }
        let taken = rows.take(u64::from(stay.chips));
        let along = |us: u64| us.clamp(from_us, to_us).saturating_sub(from_us) as f64 / unit_us;
        let class = match (stay.resumed, stay.waited_us) {
            (true, _) => 3,
            (false, 0) => 0,
            (false, waited) => {
                if waited <= LONG_US {
                    1
                } else {
                    2
                }
            }
        };
        let bar = |(low, high): &(u64, u64)| Bar {
            from: along(stay.from_us),
            to: along(stay.to_us),
            low: *low as f64,
            high: *high as f64,
            class,
            pale: at % 2 == 1,
        };
        bars.extend(taken.iter().map(bar));
        pieces.push(taken);
        ends.push(std::cmp::Reverse((stay.to_us, at)));
    }
    Band { name: format!("{} ({} chips)", pool.name, short_count(pool.chips)), size: pool.chips as f64, bars }
}

/// Rows of chips that are free, as [low, high), ascending and apart.
struct Rows {
    free: Vec<(u64, u64)>,
}

impl Rows {
    /// The lowest stretch that holds them all, else the lowest stretches there are.
    fn take(&mut self, mut chips: u64) -> Vec<(u64, u64)> {
        let mut taken = Vec::new();
        if let Some(at) = self.free.iter().position(|(low, high)| chips <= high - low) {
            let low = self.free[at].0;
            self.free[at].0 += chips;
            taken.push((low, low + chips));
            chips = 0;
        }
        while 0 < chips && !self.free.is_empty() {
            let (low, high) = self.free[0];
            let n = chips.min(high - low);
            taken.push((low, low + n));
            self.free[0].0 += n;
            chips -= n;
            self.free.retain(|(low, high)| low < high);
        }
        self.free.retain(|(low, high)| low < high);
        taken
    }

    fn give(&mut self, (low, high): (u64, u64)) {
        let at = self.free.partition_point(|free| free.0 < low);
        self.free.insert(at, (low, high));
        if at + 1 < self.free.len() && self.free[at + 1].0 == high {
            self.free[at].1 = self.free.remove(at + 1).1;
        }
        if 0 < at && self.free[at - 1].1 == low {
            self.free[at - 1].1 = self.free.remove(at).1;
        }
    }
}

/// Keeps the largest rectangles; how many were left out.
fn cut(bands: &mut [Band]) -> u64 {
    let area = |bar: &Bar| (bar.to - bar.from) * (bar.high - bar.low);
    let mut areas: Vec<f64> = bands.iter().flat_map(|band| &band.bars).map(area).collect();
    if areas.len() <= MOST_BARS {
        return 0;
    }
    areas.sort_by(|a, b| b.total_cmp(a));
    let least = areas[MOST_BARS];
    let before = areas.len();
    bands.iter_mut().for_each(|band| band.bars.retain(|bar| least < area(bar)));
    (before - bands.iter().map(|band| band.bars.len()).sum::<usize>()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eight rows: 3, 2 and 3 are taken, the 2 come back, 3 more find no stretch and take what is there.
    #[test]
    fn rows_are_taken_whole_where_they_can_be() {
        let mut rows = Rows { free: vec![(0, 8)] };
        assert_eq!((rows.take(3), rows.take(2), rows.take(2)), (vec![(0, 3)], vec![(3, 5)], vec![(5, 7)]));
        rows.give((3, 5));
        assert_eq!(rows.take(3), [(3, 5), (7, 8)]);
        rows.give((5, 7));
        rows.give((7, 8));
        rows.give((3, 5));
        assert_eq!(rows.free, [(3, 8)]);
    }
}
