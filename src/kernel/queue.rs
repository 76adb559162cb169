//! The waiting jobs of one tenant in one domain, in order of key. Knows no chips.

use std::collections::VecDeque;

/// A waiting job as passes see it: what decides whether its turn has come, beside the slot of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Order: smaller goes first.
    pub key: Key,
    /// Where the job stands.
    pub slot: u32,
    /// Gang [chips].
    pub chips: u32,
    /// Time it is expected to take on its reference chip [us].
    pub expected_us: u64,
}

/// Class, rank by the queue's order, and number of the arrival, the first the most significant: no two jobs of a run are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Key(u128);

impl Key {
    /// The `arrival`-th job of the run at `rank` of `class` (0 first). A rank of more than 52 bits (142 years) is the last.
    #[inline]
    pub fn new(class: u32, rank: u64, arrival: u64) -> Key {
        assert!(arrival >> ARRIVAL_BITS == 0, "{arrival} arrivals of one run do not fit 44 bits");
        let rank = rank.min((1 << RANK_BITS) - 1);
        Key(u128::from(class) << (RANK_BITS + ARRIVAL_BITS) | u128::from(rank) << ARRIVAL_BITS | u128::from(arrival))
    }
    /// As one number.
    #[inline]
    pub fn bits(self) -> u128 {
        self.0
    }
    /// The number of the arrival.
    #[inline]
    pub fn arrival(self) -> u64 {
        self.0 as u64 & ((1 << ARRIVAL_BITS) - 1)
    }
}

/// Bits of a key for the number of the arrival, and for the rank above it.
const ARRIVAL_BITS: u32 = 44;
const RANK_BITS: u32 = 52;

/// Where a walk through a queue has come to. Stays good when the job it stands on is removed; any other change of the queue ends the walk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    chunk: u32,
    place: u32,
}

/// Jobs in a chunk at most. A job that goes between others moves half of these, and a walk for small gangs passes over a chunk of large
/// ones with one look.
const CHUNK: usize = 256;

/// Neighbours in the queue. `least` is at most the smallest gang in here: what leaves does not raise it until a walk has found that out.
#[derive(Debug, Default)]
struct Chunk {
    jobs: VecDeque<Waiting>,
    least: u32,
}

/// A sorted queue in chunks.
#[derive(Debug)]
pub struct Queue {
    chunks: VecDeque<Chunk>,
    /// Emptied chunks: a queue in a steady state allocates nothing.
    spare: Vec<Chunk>,
    len: usize,
}

impl Default for Queue {
    fn default() -> Queue {
        Queue { chunks: VecDeque::from([Chunk::default()]), spare: Vec::new(), len: 0 }
    }
}

impl Queue {
    /// Jobs waiting.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The first job.
    #[cfg(test)]
    pub fn head(&self) -> Option<&Waiting> {
        self.chunks[0].jobs.front()
    }

    /// Every job, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Waiting> {
        self.chunks.iter().flat_map(|chunk| &chunk.jobs)
    }

    /// Inserts a job where its key belongs: at the end for an arrival under `fifo`, further up for one that comes back.
    #[inline]
    pub fn insert(&mut self, job: Waiting) {
        self.len += 1;
        let last = self.chunks.len() - 1;
        let chunk = &mut self.chunks[last];
        if chunk.jobs.back().is_none_or(|end| end.key < job.key) && chunk.jobs.len() < CHUNK {
            chunk.least = if chunk.jobs.is_empty() { job.chips } else { chunk.least.min(job.chips) };
            chunk.jobs.push_back(job);
        } else {
            self.insert_between(job);
        }
    }

    fn insert_between(&mut self, job: Waiting) {
        let at = self.chunks.partition_point(|chunk| chunk.jobs.back().is_some_and(|end| end.key < job.key));
        if at == self.chunks.len() {
            let mut chunk = self.spare.pop().unwrap_or_default();
            chunk.least = job.chips;
            chunk.jobs.push_back(job);
            self.chunks.push_back(chunk);
            return;
        }
        let chunk = &mut self.chunks[at];
        let place = chunk.jobs.partition_point(|other| other.key < job.key);
        chunk.jobs.insert(place, job);
        chunk.least = chunk.least.min(job.chips);
        if CHUNK < chunk.jobs.len() {
            let mut upper = self.spare.pop().unwrap_or_default();
            upper.jobs.extend(chunk.jobs.drain(CHUNK / 2..));
            upper.least = chunk.least;
            self.chunks.insert(at + 1, upper);
        }
    }

    /// The first job from `cursor` on that takes at most `most` chips and that `wanted` accepts; the cursor then stands on it.
    #[inline]
    pub fn seek(&mut self, cursor: &mut Cursor, most: u32, wanted: impl Fn(&Waiting) -> bool) -> Option<Waiting> {
        while let Some(chunk) = self.chunks.get_mut(cursor.chunk as usize) {
            if chunk.least <= most {
                let from = cursor.place as usize;
                let found = chunk.jobs.range(from..).position(|job| job.chips <= most && wanted(job));
                if let Some(n) = found {
                    cursor.place += n as u32;
                    return Some(chunk.jobs[from + n]);
                }
                if from == 0 && chunk.least < most {
                    chunk.least = chunk.jobs.iter().map(|job| job.chips).min().unwrap_or(u32::MAX);
                }
            }
            *cursor = Cursor { chunk: cursor.chunk + 1, place: 0 };
        }
        None
    }

    /// The next job after the one the cursor stands on.
    #[inline]
    pub fn step(cursor: &mut Cursor) {
        cursor.place += 1;
    }

    /// Takes out the job on which the cursor stands; it then stands on the next.
    #[inline]
    pub fn remove(&mut self, cursor: Cursor) -> Waiting {
        let chunk = &mut self.chunks[cursor.chunk as usize];
        let place = cursor.place as usize;
        let job =
            if place == 0 { chunk.jobs.pop_front() } else { chunk.jobs.remove(place) }.expect("a job stands there");
        self.len -= 1;
        if chunk.jobs.is_empty() && 1 < self.chunks.len() {
            self.spare.extend(self.chunks.remove(cursor.chunk as usize));
        }
        job
    }

    /// Where the job with this key stands, or would.
    pub fn find(&self, key: Key) -> Cursor {
        let chunk = self.chunks.partition_point(|chunk| chunk.jobs.back().is_some_and(|end| end.key < key));
        let place = self.chunks.get(chunk).map_or(0, |chunk| chunk.jobs.partition_point(|job| job.key < key));
        Cursor { chunk: chunk as u32, place: place as u32 }
    }

    /// Whether the job with this key waits.
    pub fn holds(&self, key: Key) -> bool {
        let Cursor { chunk, place } = self.find(key);
        let job = self.chunks.get(chunk as usize).and_then(|chunk| chunk.jobs.get(place as usize));
        job.is_some_and(|job| job.key == key)
    }

    /// Takes out the job with this key.
    pub fn remove_key(&mut self, key: Key) -> Waiting {
        let job = self.remove(self.find(key));
        assert_eq!(job.key, key, "the key waits");
        job
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn job(key: u64, chips: u32) -> Waiting {
        Waiting { key: Key::new(key as u32 / 9, key / 3, key), slot: key as u32, chips, expected_us: 0 }
    }

    proptest! {
        /// Whatever goes in and out, the queue is a sorted list; a walk for gangs of at most `most` chips sees each of them once, in order,
        /// and takes out every third.
        #[test]
        fn a_sorted_list(ops in prop::collection::vec((0u64..5_000, 1u32..9, 0u32..4), 1..1_500), most in 0u32..9) {
            let mut queue = Queue::default();
            let mut list: Vec<Waiting> = Vec::new();
            for (key, chips, op) in ops {
                let at = list.partition_point(|other| other.key < job(key, 0).key);
                if list.get(at).is_some_and(|other| other.slot == key as u32) {
                    prop_assert_eq!(queue.remove_key(list.remove(at).key).slot, key as u32);
                } else if op == 0 && !list.is_empty() {
                    prop_assert_eq!(queue.remove(Cursor::default()), list.remove(0));
                } else {
                    list.insert(at, job(key, chips));
                    queue.insert(job(key, chips));
                }
                prop_assert_eq!(queue.holds(job(key, 0).key), list.iter().any(|other| other.slot == key as u32));
                prop_assert_eq!(queue.len(), list.len());
                prop_assert_eq!(queue.head(), list.first());
            }
            prop_assert!(queue.iter().eq(&list));
            let mut cursor = Cursor::default();
            let mut seen = Vec::new();
            while let Some(found) = queue.seek(&mut cursor, most, |_| true) {
                seen.push(found);
                if seen.len() % 3 == 0 { prop_assert_eq!(queue.remove(cursor), found) } else { Queue::step(&mut cursor) }
            }
            prop_assert_eq!(seen, list.iter().copied().filter(|job| job.chips <= most).collect::<Vec<_>>());
        }
    }
}
