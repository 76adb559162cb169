//! A job inside a run. Slots are reused, so memory does not grow with the number of jobs.

use super::attempt::Attempt;
use super::nodes::Piece;
use crate::units::SimTime;
use std::ops::{Index, IndexMut};

/// Row of a campaign that means none.
pub const NO_ROW: u32 = u32::MAX;

/// A job alive.
#[derive(Clone, Debug)]
pub struct Job {
    /// Submission.
    pub submit: SimTime,
    /// Order key in the queue; kept when a failed gang re-enters.
    pub key: u64,
    /// Work left on the reference chip [us].
    pub work_us: u64,
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
    /// Cell of the current or last attempt.
    pub cell: u32,
    /// Running now.
    pub running: bool,
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
            key: 0,
            work_us: 0,
            seq: u64::MAX,
            item: 0,
            chips: 0,
            failures: 0,
            workload: 0,
            cell: 0,
            running: false,
            attempt: Attempt::default(),
            first_start: SimTime::NEVER,
            exposure_left: 0,
            pieces: Vec::new(),
            campaign: NO_ROW,
        }
    }
}

/// Jobs alive, by slot.
#[derive(Debug, Default)]
pub struct Jobs {
    slots: Vec<Job>,
    free: Vec<u32>,
}

impl Jobs {
    /// Takes a slot for `job`, which holds no nodes.
    #[inline]
    pub fn insert(&mut self, job: Job) -> u32 {
        let Some(slot) = self.free.pop() else {
            self.slots.push(job);
            return (self.slots.len() - 1) as u32;
        };
        let place = &mut self.slots[slot as usize];
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
        let all = size_of::<Job>() + place;
        assert!(all <= crate::world::JOB_ALIVE_BYTES, "{all} bytes, counted as {}", crate::world::JOB_ALIVE_BYTES);
    }
}
