//! Pre-training campaigns: one after another, submitted at intervals drawn per campaign number.
//! Does not wait for predecessors (the kernel does) and knows no failures.

use super::Draft;
use crate::stats::draw::{Prefix, Purpose, RunKey};
use crate::units::{SimTime, Span};
use crate::world::{Live, Param, World};

/// What a chip of the first pool delivers.
#[derive(Clone, Copy, Debug)]
pub struct Speed {
    /// Dense BF16 peak [FLOP/s].
    pub peak_flop_per_s: f64,
    /// Model FLOP utilization [-].
    pub mfu: f64,
}

/// A lane of campaigns.
#[derive(Debug)]
pub struct Campaigns<'w> {
    terms: &'w crate::world::Campaigns,
    speed: Speed,
    interval: Prefix,
    size: Prefix,
    next_item: i64,
    next_at: SimTime,
    /// Age of the running campaign 0 at the start [h]; it enters when the run begins or at its submission if later.
    running_age_h: Option<f64>,
    start: SimTime,
}

impl<'w> Campaigns<'w> {
    /// Campaign 0 is the one that runs at the start, if there is one, else the one submitted at the start.
    pub fn new(
        world: &World,
        terms: &'w crate::world::Campaigns,
        path: &str,
        speed: Speed,
        live: &Live,
        key: RunKey,
    ) -> Self {
        let running_age_h = terms.running_age.as_ref().map(|age| live.value(age));
        let start = world.start;
        let next_at = match running_age_h {
            Some(age) => SimTime(start.0.saturating_sub(Span::from_hours(age).0)),
            None => start,
        };
        let interval = key.prefix(Purpose::Campaign, path, 0);
        let size = key.prefix(Purpose::Work, path, 0);
        Campaigns { terms, speed, interval, size, next_item: 0, next_at, running_age_h, start }
    }

    /// Submission of the next campaign.
    pub fn next_at(&self) -> SimTime {
        self.next_at
    }

    /// Takes the next campaign.
    pub fn take(&mut self, live: &Live) -> Draft {
        let item = self.next_item;
        let submit = self.next_at;
        self.next_item += 1;
        let interval_h = live.value_at(&self.terms.every_h, self.interval.unit(item));
        self.next_at = match self.running_age_h.filter(|_| item == 0) {
            // Campaign 0 has run `age` at the start: the next one is due after the residual of an interval of that age.
            Some(age) => {
                self.start + Span::from_hours(residual_h(&self.terms.every_h, live, self.interval.unit(0), age))
            }
            None => submit + Span::from_hours(interval_h),
        };
        let work_us = self.work_us(live, item);
        let before_run_h = self.running_age_h.filter(|_| item == 0).map(|age| age - self.start.since(submit).hours());
        let done_us = before_run_h.map_or(0, |h| Span::from_hours(h.max(0.0)).0.min(work_us - 1));
        Draft { item, submit, chips: self.terms.chips, work_us, done_us, estimate_us: work_us }
    }

    /// Time alone: FLOPs over gang x peak x MFU x campaign efficiency. Eq. (3).
    fn work_us(&self, live: &Live, item: i64) -> u64 {
        let flops = live.value_at(&self.terms.flops, self.size.unit(item));
        let efficiency = live.value(&self.terms.campaign_efficiency);
        let rate = f64::from(self.terms.chips) * self.speed.peak_flop_per_s * self.speed.mfu * efficiency;
        Span::from_seconds(flops / rate).0.max(1)
    }
}

/// What is left of an interval of known age: F^-1(F(a) + u (1 - F(a))) - a; a fixed interval leaves the rest, or nothing.
fn residual_h(every: &Param, live: &Live, u: f64, age_h: f64) -> f64 {
    match every {
        Param::Varies(law, _) => law.residual(u, age_h),
        fixed => (live.value(fixed) - age_h).max(0.0),
    }
}
