//! A job inside a run. Slots are reused, so memory does not grow with the number of jobs.

use super::attempt::Attempt;
use super::nodes::Piece;
use super::queue::Key;
use crate::units::SimTime;
use std::ops::{Index, IndexMut};

/// Row of a campaign that means none.
pub const NO_ROW: u32 = u32::MAX;

/// A job alive.
#[derive(Clone, Debug)]
pub struct Job {
    /// Submission.
    pub submit: SimTime,
    /// Order key in the queue; a failed gang re-enters at its old place.
    pub key: Key,
    /// Work left on the reference chip [us].
    pub work_us: u64,
    /// Work at submission [us].
    pub total_us: u64,
    /// What its user, or the oracle, expects of that [us].
    pub expected_us: u64,
    /// Holds a planned start.
    pub planned: bool,
    /// It has run before: it loads what it saved.
    pub resumes: bool,
    /// Its size is being changed: its start costs that, and not a restart.
    pub resizing: bool,
    /// Its attempt ends when what was expected of it is over, not when its work is done.
    pub killed: bool,
    /// Taken off, and writing its checkpoint.
    pub leaving: bool,
    /// It loses what it has not saved.
    pub loses: bool,
    /// Sequence number of the pending event: the epoch of the attempt.
    pub seq: u64,
    /// Number in its stream.
    pub item: i64,
    /// Gang [chips].
    pub chips: u32,
    /// Failures so far.
    pub failures: u32,
    /// Workload.
    pub workload: u32,
    /// Of its priority, the smaller goes first.
    pub class: u32,
    /// Cell of the current or last attempt.
    pub cell: u32,
    /// Running now.
    pub running: bool,
    /// Something is written aside.
    pub has_aside: bool,
    /// The current or last attempt; of no meaning before the first.
    pub attempt: Attempt,
    /// Start of the first attempt; NEVER before it.
    pub first_start: SimTime,
    /// Exposure left until the next failure [chip-us x failures per 1e12 chip-hours]; see `stats::clock::HazardClock`.
    pub exposure_left: u128,
    /// Nodes held, when nodes have more than one chip. Its capacity is reused with the slot.
    pub pieces: Vec<Piece>,
    /// Row of the campaign in the record; [`NO_ROW`] for other jobs.
    pub campaign: u32,
}

impl Default for Job {
    /// One that has not started.
    fn default() -> Job {
        Job {
            submit: SimTime::ZERO,
            key: Key::default(),
            work_us: 0,
            total_us: 0,
            expected_us: 0,
            planned: false,
            resumes: false,
            resizing: false,
            killed: false,
            leaving: false,
            loses: false,
            seq: u64::MAX,
            item: 0,
            chips: 0,
            failures: 0,
            workload: 0,
            class: 0,
            cell: 0,
            running: false,
            has_aside: false,
            attempt: Attempt::default(),
            first_start: SimTime::NEVER,
            exposure_left: 0,
            pieces: Vec::new(),
            campaign: NO_ROW,
        }
    }
}

impl Job {
    /// Expected work left, at least the shortest there is: one that outlasts what was expected of it may end at any moment [us].
    #[inline]
    pub fn expected_left_us(&self) -> u64 {
        self.expected_us.saturating_sub(self.total_us - self.work_us).max(1)
    }

    /// Work that took `wall_us` at `speed` need not be done again; what little rounding leaves is done.
    pub fn keep(&mut self, wall_us: u64, speed: f64) {
        let work = if speed == 1.0 { wall_us } else { (wall_us as f64 * speed).floor() as u64 };
        self.work_us = self.work_us.saturating_sub(work).max(1);
    }
}

/// What only some rules ask of a job. Kept apart: jobs alive that fill few lines of the cache are a third of the time of a run
/// without such rules.
#[derive(Clone, Debug, Default)]
pub struct Aside {
    /// Service before the current attempt [chip-us].
    pub attained: u128,
    /// Level of that, under order `las`.
    pub level: u32,
    /// When its turn within the level began.
    pub turn_from: SimTime,
    /// Loading that it owes from being taken off, where that is added to what remains [us].
    pub owed_us: u64,
    /// The first start that it was promised.
    pub promised: Option<SimTime>,
    /// Why its attempt ends early, and why the one before did: rows of the goodput table.
    pub why: u16,
    /// See `why`.
    pub since: u16,
    /// How often its pool or rack went dark under it.
    pub outages: u32,
    /// How often it was taken off.
    pub yields: u32,
    /// Cycles of work and checkpoint that it has begun, where their lengths are drawn.
    pub cycles: u32,
    /// How long it takes to leave [us].
    pub leaves_in_us: u64,
    /// When the attempt is expected to end.
    pub expected_end: SimTime,
    /// Place among the running jobs of its tenant.
    pub among_running: u32,
}

/// Jobs alive, by slot.
#[derive(Debug, Default)]
pub struct Jobs {
    slots: Vec<Job>,
    /// As long as `slots`.
    asides: Vec<Aside>,
    free: Vec<u32>,
}

impl Jobs {
    /// Takes a slot for `job`, which holds no nodes.
    #[inline]
    pub fn insert(&mut self, job: Job) -> u32 {
        let Some(slot) = self.free.pop() else {
            self.slots.push(job);
            self.asides.push(Aside::default());
            return (self.slots.len() - 1) as u32;
        };
        let place = &mut self.slots[slot as usize];
        if place.has_aside {
            self.asides[slot as usize] = Aside::default();
        }
        // Its start lays out an attempt; until then the last job's stands there.
        *place = Job { pieces: std::mem::take(&mut place.pieces), attempt: place.attempt, ..job };
        slot
    }

    /// Gives the slot back.
    #[inline]
    pub fn remove(&mut self, slot: u32) {
        let job = &mut self.slots[slot as usize];
        assert!(job.pieces.is_empty(), "slot {slot} still holds nodes");
        job.seq = u64::MAX;
        self.free.push(slot);
    }

    /// What only some rules ask of the job.
    #[inline]
    pub fn aside(&self, slot: u32) -> &Aside {
        &self.asides[slot as usize]
    }

    /// The same, to change it.
    #[inline]
    pub fn aside_mut(&mut self, slot: u32) -> &mut Aside {
        self.slots[slot as usize].has_aside = true;
        &mut self.asides[slot as usize]
    }

    /// Every slot, free ones included: no job of a free slot is running.
    pub fn all(&self) -> impl Iterator<Item = &Job> {
        self.slots.iter()
    }

    /// Jobs alive.
    pub fn alive(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Slots of the jobs alive, in order of slot.
    pub fn slots(&self) -> Vec<u32> {
        let mut gone = vec![false; self.slots.len()];
        for slot in &self.free {
            gone[*slot as usize] = true;
        }
        (0..self.slots.len() as u32).filter(|slot| !gone[*slot as usize]).collect()
    }
}

impl Index<u32> for Jobs {
    type Output = Job;
    #[inline]
    fn index(&self, slot: u32) -> &Job {
        &self.slots[slot as usize]
    }
}

impl IndexMut<u32> for Jobs {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut Job {
        &mut self.slots[slot as usize]
    }
}

/// Rates of failure are integers, so that exposure is exact: failures per 1e12 chip-hours.
pub fn failure_rate(per_chip_hour: f64) -> u64 {
    (per_chip_hour * 1e12).round() as u64
}

/// A unit-rate threshold as exposure [chip-us x failures per 1e12 chip-hours]: 1 is 3.6e9 x 1e12. Eq. (5).
pub fn exposure(threshold: f64) -> u128 {
    (threshold * 3.6e21) as u128
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The estimate of memory by which a study is refused counts a job and its place in a queue, a key and a slot.
    #[test]
    fn a_job_takes_no_more_than_is_counted_for_it() {
        let place = size_of::<(u64, u32)>();
        let all = size_of::<Job>() + size_of::<Aside>() + place;
        assert!(all <= crate::world::JOB_ALIVE_BYTES, "{all} bytes, counted as {}", crate::world::JOB_ALIVE_BYTES);
    }
}
