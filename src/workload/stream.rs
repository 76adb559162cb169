//! Random streams of gang jobs: unit-rate points inverted through an hour-of-week profile, attributes by quantile functions.
//! Rejects nothing and knows no pool.

use super::Draft;
use crate::stats::draw::{Prefix, Purpose, RunKey};
use crate::stats::law::Law;
use crate::stats::quantile::exponential_quantiles;
use crate::units::{SimTime, Span};
use crate::world::{LawOf, Live, Work, World};
use jiff::civil::Date as CivilDate;

/// Jobs drawn ahead: hashes and logarithms of a block are loops of their own, without a branch or call between two draws.
const BLOCK: usize = 64;

/// A lane of drawn jobs.
#[derive(Debug)]
pub struct Stream<'w> {
    chips: &'w [(u32, f64)],
    size: Prefix,
    points: Points,
    work: WorkDraw,
    start: SimTime,
    /// The current block; the spin-up's jobs are drawn backwards from the start and stand here first.
    block: Vec<Draft>,
    next: usize,
    next_item: i64,
}

impl<'w> Stream<'w> {
    /// Jobs 0, 1, ... after the start; -1, -2, ... backwards before it, so that its length moves nobody after it.
    pub fn new(world: &World, terms: &'w crate::world::Stream, path: &str, live: &Live, key: RunKey) -> Self {
        let law = terms.interval;
        let per_hour = live.value(&terms.per_day) / 24.0;
        let points = Points {
            interval: Draws::new(law, key, Purpose::Arrival, path, 0),
            micros_per_unit: Span::HOUR.0 as f64 / per_hour,
            last: 0.0,
            profile: Profile::new(&terms.profile, world.calendar.start_date()),
        };
        let mut lane = Stream {
            chips: &terms.chips,
            size: key.prefix(Purpose::Size, path, 0),
            points,
            work: WorkDraw::new(&terms.work, path, live, key),
            start: world.start,
            block: Vec::with_capacity(BLOCK),
            next: 0,
            next_item: 0,
        };
        lane.draw_spin_up();
        if lane.block.is_empty() {
            lane.draw_block();
        }
        lane
    }

    /// Submission of the next job.
    #[inline]
    pub fn next_at(&self) -> SimTime {
        self.block[self.next].submit
    }

    /// Takes the next job.
    #[inline]
    pub fn take(&mut self) -> Draft {
        let draft = self.block[self.next];
        self.next += 1;
        if self.next == self.block.len() {
            self.draw_block();
        }
        draft
    }

    /// S_-1 = -X_-1, S_-2 = S_-1 - X_-2, ... until before the run.
    fn draw_spin_up(&mut self) {
        let mut behind = 0.0;
        for item in (i64::MIN..0).rev() {
            behind -= self.points.interval.one(item);
            let micros = self.points.profile.invert(behind * self.points.micros_per_unit);
            if -micros > self.start.0 as f64 || self.start == SimTime::ZERO {
                break;
            }
            let submit = SimTime((self.start.0 as f64 + micros).round() as u64);
            self.block.push(self.draft(item, submit, self.work.units.one(item)));
        }
        self.block.reverse();
    }

    fn draw_block(&mut self) {
        self.next = 0;
        self.block.clear();
        let first = self.next_item;
        self.next_item += BLOCK as i64;
        let intervals = self.points.interval.block(first);
        let works = self.work.units.block(first);
        for (n, (interval, work)) in intervals.into_iter().zip(works).enumerate() {
            let item = first + n as i64;
            self.points.last += interval;
            let micros = self.points.profile.invert(self.points.last * self.points.micros_per_unit);
            let submit = self.start + Span::from_micros_f64(micros);
            self.block.push(self.draft(item, submit, work));
        }
    }

    #[inline(always)]
    fn draft(&self, item: i64, submit: SimTime, work: f64) -> Draft {
        let chips = self.draw_chips(item);
        Draft { item, submit, chips, work_us: self.work.micros(work, chips), done_us: 0 }
    }

    #[inline]
    fn draw_chips(&self, item: i64) -> u32 {
        if let [(only, _)] = self.chips {
            return *only;
        }
        let u = self.size.unit(item);
        let at = self.chips.partition_point(|(_, cumulative)| *cumulative <= u);
        self.chips[at.min(self.chips.len() - 1)].0
    }
}

/// Numbers of one law by item.
#[derive(Debug)]
struct Draws {
    law: Law,
    time: Prefix,
    branch: Option<Prefix>,
}

impl Draws {
    /// `branch` is the attribute under which the branches of a mixture are drawn.
    fn new(law: Law, key: RunKey, purpose: Purpose, path: &str, branch: u32) -> Self {
        let branch = law.needs_branch().then(|| key.prefix(Purpose::Branch, path, branch));
        Draws { law, time: key.prefix(purpose, path, 0), branch }
    }

    fn one(&self, item: i64) -> f64 {
        let u = self.time.unit(item);
        self.branch.map_or_else(|| self.law.quantile(u), |branch| self.law.quantile2(branch.unit(item), u))
    }

    /// [`one`](Draws::one) of a block of items from `first` on.
    fn block(&self, first: i64) -> [f64; BLOCK] {
        match self.law {
            // The common law, without the way through the general quantile.
            Law::Exponential { mean } => exponential_quantiles(&self.time.units(first)).map(|unit| mean * unit),
            _ => std::array::from_fn(|n| self.one(first + n as i64)),
        }
    }
}

/// Points of the arrival process in operational time.
#[derive(Debug)]
struct Points {
    /// Of mean 1.
    interval: Draws,
    micros_per_unit: f64,
    last: f64,
    profile: Profile,
}

/// Time a job needs on the reference chip.
#[derive(Debug)]
struct WorkDraw {
    units: Draws,
    mean_us: f64,
    per_chip: bool,
}

impl WorkDraw {
    fn new(work: &Work, path: &str, live: &Live, key: RunKey) -> Self {
        let (LawOf { shape, mean }, per_chip) = match work {
            Work::ChipHours(law) => (law, true),
            Work::Hours(law) => (law, false),
        };
        let units = Draws::new(*shape, key, Purpose::Work, path, 1);
        WorkDraw { units, mean_us: live.value(mean) * Span::HOUR.0 as f64, per_chip }
    }

    #[inline]
    fn micros(&self, units: f64, chips: u32) -> u64 {
        let us = units * self.mean_us;
        Span::from_micros_f64(if self.per_chip { us / f64::from(chips) } else { us }).0.max(1)
    }
}

/// Relative rate by hour of week; turns flat time into real time, both from the start [us].
#[derive(Debug)]
struct Profile {
    /// Cumulative rate from Monday 00:00 to each hour [flat hours]; empty: flat.
    cumulative: Vec<f64>,
    rate: Vec<f64>,
    /// The start's place in the week [h], and its cumulative rate.
    phase_h: f64,
    phase_flat_h: f64,
}

/// Hours in a week.
const WEEK: usize = 168;

impl Profile {
    fn new(rate: &[f64], start: crate::units::Date) -> Self {
        if rate.is_empty() {
            return Profile { cumulative: Vec::new(), rate: Vec::new(), phase_h: 0.0, phase_flat_h: 0.0 };
        }
        assert_eq!(rate.len(), WEEK, "a profile has 168 hours");
        let mut cumulative = vec![0.0; WEEK + 1];
        for hour in 0..WEEK {
            cumulative[hour + 1] = cumulative[hour] + rate[hour];
        }
        let day: CivilDate = start.date();
        let phase_h = f64::from(day.weekday().to_monday_zero_offset()) * 24.0
            + f64::from(start.hour())
            + f64::from(start.minute()) / 60.0;
        let hour = phase_h.floor();
        let phase_flat_h = cumulative[hour as usize] + (phase_h - hour) * rate[hour as usize];
        Profile { cumulative, rate: rate.to_vec(), phase_h, phase_flat_h }
    }

    /// Real time at which the integrated rate reaches `flat_us`, both from the start; negative before it. Eq. (4).
    #[inline]
    fn invert(&self, flat_us: f64) -> f64 {
        if self.cumulative.is_empty() {
            return flat_us;
        }
        let flat_h = flat_us / Span::HOUR.0 as f64 + self.phase_flat_h;
        let week = self.cumulative[WEEK];
        let weeks = (flat_h / week).floor();
        let rest = flat_h - weeks * week;
        let hour = self.cumulative.partition_point(|c| *c <= rest).clamp(1, WEEK) - 1;
        let into = if self.rate[hour] > 0.0 { (rest - self.cumulative[hour]) / self.rate[hour] } else { 0.0 };
        (weeks * WEEK as f64 + hour as f64 + into.min(1.0) - self.phase_h) * Span::HOUR.0 as f64
    }
}
