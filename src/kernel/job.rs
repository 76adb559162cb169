//! A job inside a run: a hot part that every event touches and a cold part it does not. Slots are reused, so memory does not
//! grow with the number of jobs.

use super::attempt::Attempt;
use super::nodes::Piece;
use crate::units::SimTime;

/// What every event of a job touches.
#[derive(Clone, Copy, Debug, Default)]
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
}

/// What only starts, failures and rows touch.
#[derive(Clone, Debug, Default)]
pub struct Cold {
    /// The current attempt.
    pub attempt: Attempt,
    /// Start of the first attempt; NEVER before it.
    pub first_start: SimTime,
    /// Exposure left until the next failure [chip-us x failures per 1e12 chip-hours]; see `Clock`.
    pub exposure_left: u128,
    /// Nodes held, when nodes have more than one chip. Its capacity is reused with the slot.
    pub pieces: Vec<Piece>,
    /// Row of the campaign in the record, for campaigns.
    pub campaign: u32,
    /// Running now.
    pub running: bool,
}

/// Jobs alive, by slot.
#[derive(Debug, Default)]
pub struct Jobs {
    hot: Vec<Job>,
    cold: Vec<Cold>,
    free: Vec<u32>,
}

impl Jobs {
    /// Takes a slot for `job`.
    pub fn insert(&mut self, job: Job) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.hot[slot as usize] = job;
            let cold = &mut self.cold[slot as usize];
            cold.first_start = SimTime::NEVER;
            cold.running = false;
            cold.campaign = u32::MAX;
            cold.exposure_left = 0;
            return slot;
        }
        self.hot.push(job);
        self.cold.push(Cold { first_start: SimTime::NEVER, campaign: u32::MAX, ..Cold::default() });
        (self.hot.len() - 1) as u32
    }

    /// Gives the slot back.
    pub fn remove(&mut self, slot: u32) {
        assert!(self.cold[slot as usize].pieces.is_empty(), "slot {slot} still holds nodes");
        self.hot[slot as usize].seq = u64::MAX;
        self.free.push(slot);
    }

    /// The hot part.
    #[inline]
    pub fn hot(&mut self, slot: u32) -> &mut Job {
        &mut self.hot[slot as usize]
    }

    /// The hot part, to read.
    #[inline]
    pub fn get(&self, slot: u32) -> &Job {
        &self.hot[slot as usize]
    }

    /// The cold part.
    #[inline]
    pub fn cold(&mut self, slot: u32) -> &mut Cold {
        &mut self.cold[slot as usize]
    }

    /// The cold part, to read.
    #[inline]
    pub fn cold_ref(&self, slot: u32) -> &Cold {
        &self.cold[slot as usize]
    }

    /// Slots, free ones included: no job of a free slot is running.
    pub fn slot_count(&self) -> u32 {
        self.hot.len() as u32
    }

    /// Jobs alive.
    pub fn alive(&self) -> usize {
        self.hot.len() - self.free.len()
    }

    /// Slots of the jobs alive, in order of slot.
    pub fn slots(&self) -> Vec<u32> {
        let mut gone = vec![false; self.hot.len()];
        for slot in &self.free {
            gone[*slot as usize] = true;
        }
        (0..self.hot.len() as u32).filter(|slot| !gone[*slot as usize]).collect()
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
