//! Who is taken off for whom, how a job leaves and comes back, turns within a level, and waits that are over.

use super::event::{Class, When};
use super::job::NO_ROW;
use super::jobs::begin_cycle;
use super::queue::{Key, Waiting};
use super::sim::{Release, Sim};
use super::state::Right;
use crate::policy::Room;
use crate::units::{SimTime, Span};
use crate::world::{CellId, Interruption, InterruptionId, Preemption, Victim, Yield};

/// A running job that may be taken off; the smaller goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    /// By the rule of the domain.
    rank: (u64, u128, u64),
    slot: u32,
}

impl Sim<'_> {
    /// Takes jobs of the tenant off, as few as make room for the one that waits, on the first of its pools where that is possible. Jobs that are
    /// leaving already count as gone.
    pub(super) fn make_room(&mut self, domain: usize, queue: usize, waiting: &Waiting, any: bool) -> Room {
        let cells = self.workloads[self.jobs[waiting.slot].workload as usize].cells;
        for cell in cells.iter().copied() {
            // Nobody is taken off for chips that are had for a while only.
            let place = &self.cells[cell.index()];
            if place.right != Right::Own || self.pools[place.pool].is_shut() {
                continue;
            }
            let mut victims = std::mem::take(&mut self.victims);
            let enough = self.choose_victims(domain, queue, waiting, cell, any, &mut victims);
            let mut soon = self.anybody_leaves(domain, self.cells[cell.index()].pool);
            if enough {
                for victim in &victims {
                    soon |= !self.take_off(victim.slot, Interruption::PREEMPTION, None);
                }
            }
            victims.clear();
            self.victims = victims;
            if enough {
                return if soon { Room::Soon } else { Room::Now };
            }
        }
        Room::None
    }

    fn anybody_leaves(&self, domain: usize, pool: usize) -> bool {
        let running = self.domains[domain].running.iter().flatten();
        running.map(|slot| &self.jobs[*slot]).any(|job| job.leaving && self.cells[job.cell as usize].pool == pool)
    }

    /// Fills `victims` with the fewest, in their order, without whom the job finds room on the cell's pool; false when all of them do not do.
    fn choose_victims(
        &mut self,
        domain: usize,
        queue: usize,
        waiting: &Waiting,
        cell: CellId,
        any: bool,
        victims: &mut Vec<Candidate>,
    ) -> bool {
        let pool = self.cells[cell.index()].pool;
        let tenant = self.domains[domain].tenants[queue];
        let mut then = std::mem::take(&mut self.spare_outlook);
        then.look_at(&self.pools[pool]);
        let on_pool = |sim: &Self, slot: u32| sim.cells[sim.jobs[slot].cell as usize].pool == pool;
        for slot in self.domains[domain].running.iter().flatten().filter(|slot| on_pool(self, **slot)) {
            let job = &self.jobs[*slot];
            if job.leaving {
                then.release(self.cells[job.cell as usize].claim, job.chips, &job.pieces);
            }
        }
        let fits = |then: &super::outlook::Outlook| {
            u64::from(waiting.chips) <= then.standing.available(tenant, any, then.up)
                && then.nodes.has_room(waiting.chips)
        };
        let mut enough = fits(&then);
        if !enough {
            let behind = self.domains[domain].running[queue].iter().copied().filter(|slot| on_pool(self, *slot));
            victims.extend(behind.filter_map(|slot| self.candidate(domain, waiting, slot)));
            victims.sort_unstable();
            let mut taken = 0;
            while !enough && taken < victims.len() {
                let job = &self.jobs[victims[taken].slot];
                then.release(self.cells[job.cell as usize].claim, job.chips, &job.pieces);
                taken += 1;
                enough = fits(&then);
            }
            victims.truncate(taken);
            // One taken early may not be needed beside one taken late.
            let mut at = 0;
            while enough && at + 1 < victims.len() {
                let job = &self.jobs[victims[at].slot];
                let claim = self.cells[job.cell as usize].claim;
                then.hold(claim, job.chips, &job.pieces);
                if fits(&then) {
                    victims.remove(at);
                } else {
                    then.release(claim, job.chips, &job.pieces);
                    at += 1;
                }
            }
        }
        self.spare_outlook = then;
        enough
    }

    /// The running job in `slot` as one that may be taken off for the waiting one; None when it may not.
    fn candidate(&self, domain: usize, waiting: &Waiting, slot: u32) -> Option<Candidate> {
        let rules = self.domains[domain].rules;
        let (job, waits) = (&self.jobs[slot], &self.jobs[waiting.slot]);
        let (class, for_class) = (job.class, waits.class);
        if job.leaving {
            return None;
        }
        let rank = match rules.preemption {
            Preemption::Off => return None,
            Preemption::Class if class <= for_class => return None,
            Preemption::Class => match rules.victim {
                Victim::LeastLost => {
                    (u64::MAX - u64::from(class), self.lost_by_leaving(slot), u64::MAX - job.key.arrival())
                }
                Victim::Hash => (mix(waiting.key.arrival(), job.key.arrival()), 0, 0),
            },
            Preemption::OrderKey => {
                let key = self.running_key(slot);
                if key <= waiting.key {
                    return None;
                }
                // The last in the queue's order goes first.
                (0, u128::MAX - key.bits(), 0)
            }
        };
        Some(Candidate { rank, slot })
    }

    /// Chip-time that is lost when the job is taken off now [chip-us]. Coupling finding 10.
    pub(super) fn lost_by_leaving(&self, slot: u32) -> u128 {
        let job = &self.jobs[slot];
        let state = &self.workloads[job.workload as usize];
        let elapsed = self.now.since(job.attempt.start).0;
        let lost = match self.domains[state.domain].rules.yields {
            Yield::Graceful => state.cost_us,
            Yield::Abrupt => job.attempt.done_us(elapsed) - job.attempt.saved_us(elapsed),
        };
        u128::from(lost + state.restart_us) * u128::from(job.chips)
    }

    /// The key that a running job would have if it waited.
    pub(super) fn running_key(&self, slot: u32) -> Key {
        let job = &self.jobs[slot];
        let speed = self.speed_of(slot, CellId::new(job.cell as usize));
        let done = job.attempt.done_us(self.now.since(job.attempt.start).0) as f64 * speed;
        let left = job.expected_left_us().saturating_sub(done as u64).max(1);
        self.key_of(slot, left, job.key.arrival())
    }

    /// Takes a running job off for that reason: at once where leaving costs no time, else when its checkpoint is written. True when its chips are
    /// free now.
    pub(super) fn take_off(&mut self, slot: u32, is: InterruptionId, notice: Option<Span>) -> bool {
        let now = self.now;
        let job = &self.jobs[slot];
        let state = &self.workloads[job.workload as usize];
        let graceful = self.domains[state.domain].rules.yields == Yield::Graceful;
        let saves_us = if graceful { state.cost_us } else { 0 };
        let cost_us = notice.map_or(saves_us, |notice| saves_us.min(notice.0));
        let in_window = self.in_window(now);
        let state = &mut self.workloads[job.workload as usize];
        state.totals.preemptions += u64::from(in_window);
        state.interrupted(is, in_window);
        state.apart.preemptions_outside += u64::from(!in_window);
        let job = &mut self.jobs[slot];
        job.leaving = true;
        // Who cannot save in time leaves at the end of the notice and loses what is not saved.
        job.loses = !graceful || cost_us < saves_us;
        let aside = self.jobs.aside_mut(slot);
        (aside.leaves_in_us, aside.why) = (cost_us, is.index() as u16);
        if cost_us == 0 {
            self.again = true;
            self.leave(slot);
            return true;
        }
        let job = &mut self.jobs[slot];
        // One that finishes before its checkpoint is written just finishes.
        if now + Span(cost_us) < job.attempt.finish() {
            job.attempt.yields_from = Some(now);
            self.post_next(slot);
        }
        false
    }

    /// The job that was taken off frees its chips and waits again.
    pub(super) fn leave(&mut self, slot: u32) {
        let now = self.now;
        let abrupt = self.jobs[slot].loses;
        self.book_attempt(slot, abrupt.then_some(now));
        let speed = self.speed_of(slot, CellId::new(self.jobs[slot].cell as usize));
        let job = &mut self.jobs[slot];
        let worked = job.attempt.yields_from.unwrap_or(now).since(job.attempt.start).0;
        let kept = if abrupt { job.attempt.saved_us(worked) } else { job.attempt.done_us(worked) };
        job.keep(kept, speed);
        self.end_stretch(slot);
        let job = &mut self.jobs[slot];
        job.resumes = true;
        job.leaving = false;
        job.seq = u64::MAX;
        let aside = self.jobs.aside_mut(slot);
        aside.yields += 1;
        aside.since = aside.why;
        self.let_go(slot, Release::Yield, None);
        let walks = self.domains[self.workloads[self.jobs[slot].workload as usize].domain].walks;
        let (left, arrival) = (self.jobs[slot].expected_left_us(), self.jobs[slot].key.arrival());
        self.jobs[slot].key = if walks { self.new_key(slot) } else { self.key_of(slot, left, arrival) };
        self.enqueue(slot, false);
    }

    /// A wait is over, a checkpoint is written, or a turn has ended.
    pub(super) fn on_job_due(&mut self, slot: u32, seq: u64) {
        let job = &self.jobs[slot];
        if job.seq != seq {
            return;
        }
        if !job.running {
            self.overflow(slot);
        } else if self.notice_rings(slot) {
            // It has been told, or is gone.
        } else if self.jobs[slot].attempt.yields_from.is_some() {
            self.leave(slot);
        } else if self.cycle_is_over(slot) {
            self.begin_next_cycle(slot);
        } else {
            self.end_turn(slot);
        }
    }

    fn cycle_is_over(&self, slot: u32) -> bool {
        let job = &self.jobs[slot];
        let drawn = self.workloads[job.workload as usize].drawn_intervals.is_some();
        drawn && job.attempt.first_cycle_ends() == Some(self.now)
    }

    /// A checkpoint is written and the job works on, until the next that is drawn: its attempt begins anew from what is saved.
    fn begin_next_cycle(&mut self, slot: u32) {
        self.book_attempt(slot, None);
        self.end_stretch(slot);
        let speed = self.speed_of(slot, CellId::new(self.jobs[slot].cell as usize));
        let job = &mut self.jobs[slot];
        job.keep(job.attempt.interval_us, speed);
        job.attempt.restart_us = 0;
        let mut attempt = self.lay_out(slot, CellId::new(self.jobs[slot].cell as usize));
        let workload = self.jobs[slot].workload as usize;
        begin_cycle(&mut attempt, &mut self.jobs, slot, &self.workloads[workload]);
        self.jobs[slot].attempt = attempt;
        self.post_next(slot);
    }

    /// What a stretch of work that ends now has added to the job's service, and taken from its clock of failures.
    pub(super) fn end_stretch(&mut self, slot: u32) {
        let job = &mut self.jobs[slot];
        let elapsed = u128::from(self.now.since(job.attempt.start).0) * u128::from(job.chips);
        let rate = self.cells[job.cell as usize].failure_rate;
        job.exposure_left = job.exposure_left.saturating_sub(elapsed * u128::from(rate));
        if self.domains[self.workloads[job.workload as usize].domain].tracks {
            self.jobs.aside_mut(slot).attained += elapsed;
        }
    }

    /// The running job falls to the level of its service, or to the end of its own.
    fn end_turn(&mut self, slot: u32) {
        let now = self.now;
        let job = &self.jobs[slot];
        let domain = self.workloads[job.workload as usize].domain;
        let service =
            self.jobs.aside(slot).attained + u128::from(now.since(job.attempt.start).0) * u128::from(job.chips);
        let level = self.domains[domain].rules.las_levels.partition_point(|level| *level <= service) as u32;
        let aside = self.jobs.aside_mut(slot);
        aside.level = level;
        aside.turn_from = now;
        self.jobs[slot].key = self.new_key(slot);
        self.post_next(slot);
        self.touch(domain);
    }

    /// The job leaves the queue for an overflow pool without limit, where it starts at once; where there is a limit, it waits on and may start
    /// there too.
    pub(super) fn overflow(&mut self, slot: u32) {
        let workload = self.jobs[slot].workload as usize;
        if let Some(cell) = self.cell_without_limit(workload) {
            return self.overflow_to(slot, cell);
        }
        let (domain, key) = (self.workloads[workload].domain, self.jobs[slot].key);
        if self.world.workloads.0[workload].overflow.is_empty() || self.domains[domain].overflowing.contains(&slot) {
            return;
        }
        let at = self.domains[domain].overflowing.partition_point(|other| self.jobs[*other].key < key);
        self.domains[domain].overflowing.insert(at, slot);
        self.touch(domain);
    }

    fn cell_without_limit(&self, workload: usize) -> Option<CellId> {
        let cells = &self.world.workloads.0[workload].overflow;
        cells.iter().copied().find(|cell| self.pools[self.cells[cell.index()].pool].unlimited)
    }

    /// Jobs that have waited for long start on the overflow cells that have room, in their order and whoever waits before them; true when one has.
    pub(super) fn start_overflowing(&mut self, domain: usize) -> bool {
        let mut started = false;
        for slot in self.domains[domain].overflowing.clone() {
            let cells = &self.world.workloads.0[self.jobs[slot].workload as usize].overflow;
            if let Some(cell) = cells.iter().copied().find(|cell| self.has_room(slot, *cell, true))
                && (self.domains[domain].reservation.pool.is_none() || self.leaves_the_reservation(domain, slot, cell))
            {
                self.overflow_to(slot, cell);
                started = true;
            }
        }
        started
    }

    fn overflow_to(&mut self, slot: u32, cell: CellId) {
        let workload = self.jobs[slot].workload as usize;
        self.take_from_queue(slot);
        let in_window = self.in_window(self.jobs[slot].submit);
        self.workloads[workload].totals.overflowed += u64::from(in_window);
        self.start(slot, cell);
        self.touch(self.workloads[workload].domain);
    }

    /// Where nobody waits at all: arrivals of this instant that the pass did not start.
    ///
    /// True when there were any.
    pub(super) fn overflow_at_once(&mut self, domain: usize) -> bool {
        let state = &mut self.domains[domain];
        if state.rules.overflow.is_none_or(|overflow| overflow.after > Span::ZERO) || state.fresh.is_empty() {
            return false;
        }
        for slot in std::mem::take(&mut state.fresh) {
            self.overflow(slot);
        }
        true
    }

    /// The wait of a job that has just been queued ends, where it does: a wait after a start is a wait anew.
    pub(super) fn await_overflow(&mut self, slot: u32, domain: usize) {
        let job = &self.jobs[slot];
        let Some(overflow) = self.domains[domain].rules.overflow else { return };
        // A campaign stays: what comes after it waits for it.
        if job.campaign != NO_ROW || self.world.workloads.0[job.workload as usize].overflow.is_empty() {
            return;
        }
        // Where there is no wait, new jobs go at once after the pass, and who is taken off waits in its queue: it would be back at once, for
        // the same job to take it off again.
        if overflow.after > Span::ZERO {
            let from = if job.first_start == SimTime::NEVER { job.submit } else { self.now };
            let seq = self.heap.push(When::new(from + overflow.after, Class::Reclaim), slot);
            self.jobs[slot].seq = seq;
        }
    }

    /// What is kept of a job that starts where somebody looks at those who run.
    pub(super) fn track_start(&mut self, slot: u32) {
        let job = &self.jobs[slot];
        let state = &self.workloads[job.workload as usize];
        let domain = &mut self.domains[state.domain];
        let place = domain.running[state.queue].len() as u32;
        domain.running[state.queue].push(slot);
        let end = job.attempt.start + Span(self.expected_length_us(slot, CellId::new(job.cell as usize)));
        let pool = &mut self.pools[self.cells[job.cell as usize].pool];
        let at = pool.ends.partition_point(|other| *other < (end, slot));
        pool.ends.insert(at, (end, slot));
        let now = self.now;
        let aside = self.jobs.aside_mut(slot);
        (aside.turn_from, aside.among_running, aside.expected_end) = (now, place, end);
    }

    /// It ends.
    pub(super) fn track_end(&mut self, slot: u32) {
        let job = &self.jobs[slot];
        let state = &self.workloads[job.workload as usize];
        let running = &mut self.domains[state.domain].running[state.queue];
        let (place, end) = (self.jobs.aside(slot).among_running, self.jobs.aside(slot).expected_end);
        let pool = &mut self.pools[self.cells[job.cell as usize].pool];
        running.swap_remove(place as usize);
        if let Some(moved) = running.get(place as usize).copied() {
            self.jobs.aside_mut(moved).among_running = place;
        }
        let at = pool.ends.partition_point(|other| *other < (end, slot));
        assert_eq!(pool.ends[at], (end, slot), "an expected end stands where it was put");
        pool.ends.remove(at);
    }

    /// How long the job is expected to take if it starts there now: loading, the work its user expects, checkpoints [us].
    pub(super) fn expected_length_us(&self, slot: u32, cell: CellId) -> u64 {
        let job = &self.jobs[slot];
        let mut attempt = self.lay_out(slot, cell);
        attempt.interval_us = self.workloads[job.workload as usize].interval_us;
        let left = job.expected_left_us();
        let speed = self.speed_of(slot, cell);
        attempt.work_us =
            if speed == 1.0 { left } else { ((left as f64 / speed).ceil() as u64).clamp(1, SimTime::NEVER.0 / 8) };
        attempt.length_us()
    }
}

/// One of many, by two numbers: neither the engine nor a policy draws.
fn mix(a: u64, b: u64) -> u64 {
    let mut x = a.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b.wrapping_mul(0xd1b5_4a32_d192_ed03);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
