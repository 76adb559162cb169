//! Random streams of gang jobs: unit-rate points inverted through the integrated rate, attributes by quantile functions.
//! Rejects nothing and knows no pool.

use super::Draft;
use super::modulation::Modulation;
use super::profile::Profile;
use crate::stats::draw::{Prefix, Purpose, RunKey};
use crate::stats::law::Law;
use crate::stats::quantile::exponential_quantiles;
use crate::units::{SimTime, Span};
use crate::world::{Estimate, LawOf, Live, Work, World};

/// Jobs drawn ahead: hashes and logarithms of a block are loops of their own, without a branch or call between two draws.
const BLOCK: usize = 64;

/// A lane of drawn jobs.
#[derive(Debug)]
pub struct Stream<'w> {
    chips: &'w [(u32, f64)],
    size: Prefix,
    points: Points<'w>,
    work: WorkDraw,
    estimate: Option<EstimateDraw>,
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
            clock: Clock::new(world, terms, path, live, key),
        };
        let mut lane = Stream {
            chips: &terms.chips,
            size: key.prefix(Purpose::Size, path, 0),
            points,
            work: WorkDraw::new(&terms.work, path, live, key),
            estimate: terms.estimate.as_ref().map(|estimate| EstimateDraw::new(estimate, path, live, key)),
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
            let micros = self.points.clock.real(behind * self.points.micros_per_unit);
            if -micros > self.start.0 as f64 || self.start == SimTime::ZERO {
                break;
            }
            // Rounded from the start, so that a longer spin-up moves nobody by a microsecond.
            let submit = SimTime(self.start.0.saturating_sub(Span::from_micros_f64(-micros).0));
            self.block.push(self.draft(item, submit, self.work.units.one(item)));
        }
        self.block.reverse();
        self.draw_estimates();
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
            let micros = self.points.clock.real(self.points.last * self.points.micros_per_unit);
            let submit = self.start + Span::from_micros_f64(micros);
            self.block.push(self.draft(item, submit, work));
        }
        self.draw_estimates();
    }

    /// Users who do not know how long their jobs run; without them the block stands as it is.
    fn draw_estimates(&mut self) {
        let Some(estimate) = &self.estimate else { return };
        for draft in &mut self.block {
            draft.estimate_us = estimate.micros(draft.item, draft.work_us);
        }
    }

    #[inline(always)]
    fn draft(&self, item: i64, submit: SimTime, work: f64) -> Draft {
        let chips = self.draw_chips(item);
        let work_us = self.work.micros(work, chips);
        Draft { item, submit, chips, work_us, done_us: 0, estimate_us: work_us }
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
struct Points<'w> {
    /// Of mean 1.
    interval: Draws,
    micros_per_unit: f64,
    last: f64,
    clock: Clock<'w>,
}

/// How operational time, in which points come at their mean rate, passes.
#[derive(Debug)]
enum Clock<'w> {
    /// As real time.
    Even,
    /// By the hour of the week.
    Weekly(Profile),
    /// By the state of a modulated stream, and the hour of the week.
    Modulated(Box<Modulation<'w>>),
}

impl<'w> Clock<'w> {
    fn new(world: &World, terms: &'w crate::world::Stream, path: &str, live: &Live, key: RunKey) -> Self {
        let profile = || Profile::new(&terms.profile, world.calendar.start_date());
        match &terms.modulated {
            Some(states) => Clock::Modulated(Box::new(Modulation::new(world, states, profile(), path, live, key))),
            None if terms.profile.is_empty() => Clock::Even,
            None => Clock::Weekly(profile()),
        }
    }

    /// Real time at which the integrated rate over its mean reaches `flat_us`, both from the start; negative before it. Eq. (4), (51).
    #[inline(always)]
    fn real(&mut self, flat_us: f64) -> f64 {
        if let Clock::Even = self { flat_us } else { self.bent(flat_us) }
    }

    /// Out of line: within the loop of the even clock it cost 17 instructions a job (callgrind, M/M/100, 2026-11-21).
    #[inline(never)]
    fn bent(&mut self, flat_us: f64) -> f64 {
        match self {
            Clock::Even => flat_us,
            Clock::Weekly(profile) => profile.invert(flat_us),
            Clock::Modulated(modulation) => modulation.real(flat_us),
        }
    }
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
        let (LawOf { shape, mean }, per_chip, per_hour) = match work {
            Work::ChipHours(law) => (law, true, 1.0),
            Work::Hours(law) => (law, false, 1.0),
            Work::Tokens(law, per_hour) => (law, true, *per_hour),
        };
        let units = Draws::new(*shape, key, Purpose::Work, path, 1);
        WorkDraw { units, mean_us: live.value(mean) / per_hour * Span::HOUR.0 as f64, per_chip }
    }

    #[inline]
    fn micros(&self, units: f64, chips: u32) -> u64 {
        let us = units * self.mean_us;
        Span::from_micros_f64(if self.per_chip { us / f64::from(chips) } else { us }).0.max(1)
    }
}

/// What users say their jobs take: a number a job, beside that of its work. Eq. (52).
#[derive(Debug)]
struct EstimateDraw {
    ratio: Draws,
    mean: f64,
    at_least: f64,
}

impl EstimateDraw {
    fn new(estimate: &Estimate, path: &str, live: &Live, key: RunKey) -> Self {
        let LawOf { shape, mean } = &estimate.ratio;
        let ratio = Draws::new(*shape, key, Purpose::Estimate, path, 2);
        EstimateDraw { ratio, mean: live.value(mean), at_least: live.value(&estimate.at_least) }
    }

    fn micros(&self, item: i64, work_us: u64) -> u64 {
        let ratio = (self.ratio.one(item) * self.mean).max(self.at_least);
        Span::from_micros_f64(ratio * work_us as f64).0.max(1)
    }
}
