//! One attempt of a gang: restart, then cycles of work and checkpoint, until it finishes or fails. Arithmetic on integers;
//! knows neither nodes nor money.

use crate::units::SimTime;

/// Chip-independent timeline of an attempt, all in wall microseconds on the chip it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Attempt {
    /// Begins.
    pub start: SimTime,
    /// Loading after a failure.
    pub restart_us: u64,
    /// Work to do.
    pub work_us: u64,
    /// Work between checkpoints; 0: none is written.
    pub interval_us: u64,
    /// Time to write one.
    pub cost_us: u64,
    /// Drawn overhead in goodput mode: (lost, restart); zero otherwise.
    pub drawn_lost_us: u64,
    /// See `drawn_lost_us`.
    pub drawn_restart_us: u64,
    /// From here on it writes the checkpoint with which it yields.
    pub yields_from: Option<SimTime>,
}

/// What a stretch of an attempt was spent on [us].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Phases {
    /// Kept work.
    pub productive: u64,
    /// Completed checkpoints.
    pub checkpoint: u64,
    /// Work and unfinished checkpoints that a failure destroyed.
    pub lost: u64,
    /// Loading.
    pub restart: u64,
    /// Writing the checkpoint with which it yields.
    pub yielding: u64,
}

impl Phases {
    /// All of it.
    #[cfg(test)]
    pub fn total(self) -> u64 {
        self.productive + self.checkpoint + self.lost + self.restart + self.yielding
    }
    /// What was added since `earlier`. Shares of a spread overhead are differences of rounded numbers: one that would be a microsecond below
    /// nothing is nothing, and the largest gives it; productive time is rounded by itself and never falls.
    fn minus(self, earlier: Phases) -> Phases {
        let added = |now: u64, before: u64| now as i64 - before as i64;
        let mut parts = [
            added(self.checkpoint, earlier.checkpoint),
            added(self.lost, earlier.lost),
            added(self.restart, earlier.restart),
        ];
        while let Some(below) = parts.iter().position(|part| *part < 0) {
            let most = (0..parts.len()).max_by_key(|at| parts[*at]).expect("three");
            parts[most] += std::mem::take(&mut parts[below]);
        }
        let [checkpoint, lost, restart] = parts.map(|part| part as u64);
        Phases {
            productive: self.productive - earlier.productive,
            checkpoint,
            lost,
            restart,
            yielding: self.yielding - earlier.yielding,
        }
    }
}

impl Attempt {
    /// Checkpoints written by the end of the work: one after each interval and a last one that saves the result.
    pub fn checkpoints(&self) -> u64 {
        if self.interval_us == 0 { 0 } else { self.work_us.div_ceil(self.interval_us) }
    }

    /// Length when nothing fails.
    pub fn length_us(&self) -> u64 {
        self.restart_us + self.work_us + self.checkpoints() * self.cost_us + self.drawn_lost_us + self.drawn_restart_us
    }

    /// When the first checkpoint is written, if it is not the last.
    pub fn first_cycle_ends(&self) -> Option<SimTime> {
        let more = 0 < self.interval_us && self.interval_us < self.work_us;
        more.then(|| SimTime(self.start.0 + self.restart_us + self.interval_us + self.cost_us))
    }

    /// Nothing but work.
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.restart_us == 0
            && self.interval_us == 0
            && self.drawn_lost_us + self.drawn_restart_us == 0
            && self.yields_from.is_none()
    }

    /// End when nothing fails.
    pub fn finish(&self) -> SimTime {
        SimTime(self.start.0 + self.length_us())
    }

    /// Work that a checkpoint holds when the attempt fails `elapsed_us` after its start.
    pub fn saved_us(&self, elapsed_us: u64) -> u64 {
        let worked = self.yields_from.map_or(elapsed_us, |from| elapsed_us.min(from.since(self.start).0));
        if self.is_spread() {
            // Checkpoints come after equal work, wherever the drawn overhead lies.
            let done = self.spread(worked).productive;
            return done.checked_div(self.interval_us).map_or(0, |cycles| cycles * self.interval_us);
        }
        let done = worked.saturating_sub(self.restart_us);
        match self.cycle_us() {
            Some(cycle) => (done / cycle * self.interval_us).min(self.work_us),
            None => 0,
        }
    }

    /// Phases of [from, to) of this attempt, when it failed at `failed` (or has not).
    pub fn phases(&self, from: SimTime, to: SimTime, failed: Option<SimTime>) -> Phases {
        assert!(self.start <= from && from <= to, "a stretch {from}..{to} of an attempt from {}", self.start);
        self.until(to, failed).minus(self.until(from, failed))
    }

    /// Work done `elapsed_us` after its start, saved or not.
    pub fn done_us(&self, elapsed_us: u64) -> u64 {
        let end = SimTime(self.start.0 + elapsed_us);
        self.at_work(self.yields_from.map_or(end, |from| from.min(end)), None).productive
    }

    /// Phases of [start, to).
    fn until(&self, to: SimTime, failed: Option<SimTime>) -> Phases {
        let leaves = self.yields_from.map_or(to, |from| from.min(to));
        // A gang that fails while it writes that checkpoint loses what it would have saved.
        let mut phases = self.at_work(leaves, failed.map(|at| self.yields_from.map_or(at, |from| from.min(at))));
        phases.yielding = to.since(leaves).0;
        phases
    }

    /// Phases of [start, to) before it yields.
    fn at_work(&self, to: SimTime, failed: Option<SimTime>) -> Phases {
        let elapsed = to.since(self.start).0;
        if self.is_spread() {
            let mut phases = self.spread(elapsed);
            if let Some(at) = failed {
                let kept = phases.productive.min(self.saved_us(at.since(self.start).0));
                phases.lost += phases.productive - kept;
                phases.productive = kept;
            }
            return phases;
        }
        let restart = elapsed.min(self.restart_us);
        let done = elapsed - restart;
        match failed {
            Some(at) => {
                let fail_done = at.since(self.start).0.saturating_sub(self.restart_us);
                let cycles = self.cycle_us().map_or(0, |cycle| fail_done / cycle);
                // What is kept ends with the last whole cycle; from there to the failure all is lost.
                let kept_end = cycles * self.cycle_us().unwrap_or(0);
                let (productive, checkpoint) = self.split(done.min(kept_end));
                let lost = done.min(fail_done).saturating_sub(kept_end);
                Phases { productive, checkpoint, lost, restart, yielding: 0 }
            }
            None => {
                let (productive, checkpoint) = self.split(done);
                Phases { productive, checkpoint, lost: 0, restart, yielding: 0 }
            }
        }
    }

    /// (work, checkpoint) of the first `done_us` after the restart.
    fn split(&self, done_us: u64) -> (u64, u64) {
        let Some(cycle) = self.cycle_us() else { return (done_us, 0) };
        let full = (done_us / cycle).min(self.work_us / self.interval_us);
        let rest = done_us - full * cycle;
        // The open cycle: its work ends here, and then its checkpoint runs for its own cost.
        let work_end = (self.work_us - full * self.interval_us).min(self.interval_us);
        let (work, checkpoint) = (rest.min(work_end), rest.saturating_sub(work_end).min(self.cost_us));
        (full * self.interval_us + work, full * self.cost_us + checkpoint)
    }

    /// Goodput mode: the phases advance in proportion, each cumulative boundary rounded down, so that they add up exactly.
    fn spread(&self, elapsed_us: u64) -> Phases {
        let length = u128::from(self.length_us());
        let scaled = |amount: u64| (u128::from(amount) * u128::from(elapsed_us) / length) as u64;
        let work = self.work_us;
        let checkpoint = work + self.checkpoints() * self.cost_us;
        let lost = checkpoint + self.drawn_lost_us;
        Phases {
            productive: scaled(work),
            checkpoint: scaled(checkpoint) - scaled(work),
            lost: scaled(lost) - scaled(checkpoint),
            restart: scaled(length as u64) - scaled(lost),
            yielding: 0,
        }
    }

    /// An overhead is drawn for the whole of it.
    fn is_spread(&self) -> bool {
        self.drawn_lost_us + self.drawn_restart_us > 0
    }

    fn cycle_us(&self) -> Option<u64> {
        (self.interval_us > 0).then(|| self.interval_us + self.cost_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Restart 2, then cycles of 10 work + 1 checkpoint. Fails at 2 + 11 + 11 + 7: two cycles kept, 7 of work lost.
    #[test]
    fn a_failure_keeps_whole_cycles() {
        let attempt = Attempt {
            start: SimTime(100),
            restart_us: 2,
            work_us: 35,
            interval_us: 10,
            cost_us: 1,
            ..Attempt::default()
        };
        assert_eq!(attempt.length_us(), 2 + 35 + 4);
        assert_eq!(attempt.saved_us(31), 20);
        let phases = attempt.phases(SimTime(100), SimTime(131), Some(SimTime(131)));
        assert_eq!(phases, Phases { productive: 20, checkpoint: 2, lost: 7, restart: 2, yielding: 0 });
        // Failing during the second checkpoint keeps one cycle: 10 + 1, and loses 10 of work and half a checkpoint's time.
        let phases = attempt.phases(SimTime(100), SimTime(123), Some(SimTime(123)));
        assert_eq!(phases, Phases { productive: 10, checkpoint: 1, lost: 10, restart: 2, yielding: 0 });
    }

    proptest! {
        /// However an attempt is cut at a month's end, the parts add up to the whole and to the time that passed.
        #[test]
        fn parts_add_up(restart in 0u64..5, work in 1u64..200, interval in 0u64..40, cost in 0u64..5, lost in 0u64..30, cut in 0.0..1.0f64, fail in any::<bool>()) {
            let attempt = Attempt { start: SimTime(7), restart_us: restart, work_us: work, interval_us: interval, cost_us: cost, drawn_lost_us: lost, drawn_restart_us: lost / 2, yields_from: None };
            let end = if fail { SimTime(7 + attempt.length_us() * 2 / 3) } else { attempt.finish() };
            let failed = fail.then_some(end);
            let middle = SimTime(7 + ((end.0 - 7) as f64 * cut) as u64);
            let whole = attempt.phases(SimTime(7), end, failed);
            let (a, b) = (attempt.phases(SimTime(7), middle, failed), attempt.phases(middle, end, failed));
            prop_assert_eq!(a.total() + b.total(), whole.total());
            prop_assert_eq!(a.total(), middle.0 - 7);
            prop_assert_eq!(a.productive + b.productive, whole.productive);
            if fail { prop_assert_eq!(whole.productive, attempt.saved_us(end.0 - 7)); } else { prop_assert_eq!(whole.productive, work); }
        }
    }
}
