//! Jobs of a log that is not in order of time, sorted in memory: 40 bytes a job, and its id. Reads nothing.

use super::row::NO_ESTIMATE;
use super::sieve::Kept;

/// A job in memory [40 bytes].
#[derive(Clone, Copy, Debug)]
struct Stored {
    instant_us: i64,
    duration_us: u64,
    chips: u32,
    priority: i32,
    row: u32,
    /// Where its tail begins: id and estimate, which not every log has.
    tail: u32,
    queue: u16,
    class: u16,
}

/// Jobs, first in the order of the file, then in order of time.
#[derive(Clone, Default, Debug)]
pub(super) struct Store {
    jobs: Vec<Stored>,
    tails: Vec<u8>,
    ids: bool,
    estimates: bool,
}

impl Store {
    /// An empty store; says what is to be kept beside the figures of every log.
    pub fn new(ids: bool, estimates: bool) -> Store {
        Store { ids, estimates, ..Store::default() }
    }

    /// Adds a job; false when 4 GiB of ids are reached.
    pub fn push(&mut self, kept: &Kept, id: &[u8]) -> bool {
        let Ok(tail) = u32::try_from(self.tails.len()) else { return false };
        if self.ids {
            let length = u16::try_from(id.len()).unwrap_or(u16::MAX);
            match u8::try_from(length) {
                Ok(short) if short < u8::MAX => self.tails.push(short),
                _ => self.tails.extend([u8::MAX, (length >> 8) as u8, length as u8]),
            }
            self.tails.extend_from_slice(&id[..usize::from(length)]);
        }
        if self.estimates {
            self.tails.extend(kept.what.estimate_us.to_le_bytes());
        }
        let (what, queue, class, row) = (&kept.what, kept.queue, kept.class, kept.row);
        self.jobs.push(Stored {
            instant_us: what.instant_us,
            duration_us: what.duration_us,
            chips: what.chips,
            priority: what.priority,
            row,
            tail,
            queue,
            class,
        });
        true
    }

    /// Puts the jobs in order of time, ties in the order of the file; in place, where a stable sort would take half as much again.
    pub fn sort(&mut self) {
        self.jobs.sort_unstable_by_key(|job| (job.instant_us, job.row));
    }

    /// How many jobs there are.
    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// The job of that place and its id.
    #[inline]
    pub fn get(&self, place: usize) -> Option<(Kept, &[u8])> {
        let job = self.jobs.get(place)?;
        let mut tail = &self.tails[job.tail as usize..];
        let mut id: &[u8] = b"";
        if self.ids {
            let length;
            (length, tail) = match tail {
                [u8::MAX, high, low, rest @ ..] => (usize::from(*high) << 8 | usize::from(*low), rest),
                [short, rest @ ..] => (usize::from(*short), rest),
                [] => unreachable!("an id was stored for job {place}"),
            };
            (id, tail) = tail.split_at(length);
        }
        let estimate_us = match self.estimates {
            true => u64::from_le_bytes(tail[..8].try_into().expect("eight bytes")),
            false => NO_ESTIMATE,
        };
        let what = super::row::Row {
            instant_us: job.instant_us,
            duration_us: job.duration_us,
            chips: job.chips,
            shared: false,
            priority: job.priority,
            estimate_us,
            left_out: None,
        };
        Some((Kept { what, row: job.row, queue: job.queue, class: job.class }, id))
    }

    /// Bytes held.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.jobs.len() * size_of::<Stored>() + self.tails.len()
    }
}
