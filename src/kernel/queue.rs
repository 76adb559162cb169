//! The waiting jobs of one tenant in one domain, in order of key. Knows no chips.

use std::collections::VecDeque;

/// A queue in levels: level is the rank of the priority, inside a level by order of arrival.
#[derive(Debug, Default)]
pub struct Queue {
    levels: Vec<VecDeque<(u64, u32)>>,
    len: usize,
}

/// Bits of a key below its level: the order of arrival.
const LEVEL_SHIFT: u32 = 48;

/// Order key of the `arrival`-th job of the run at priority `level` (0 first).
pub fn key(level: usize, arrival: u64) -> u64 {
    assert!(arrival < 1 << LEVEL_SHIFT);
    (level as u64) << LEVEL_SHIFT | arrival
}

impl Queue {
    /// A queue with as many levels as there are priorities.
    pub fn new(levels: usize) -> Queue {
        Queue { levels: vec![VecDeque::new(); levels], len: 0 }
    }

    /// Jobs waiting.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Inserts a job where its key belongs: at the end for an arrival, further up for a gang that failed.
    #[inline]
    pub fn insert(&mut self, key: u64, slot: u32) {
        let level = &mut self.levels[(key >> LEVEL_SHIFT) as usize];
        self.len += 1;
        if level.back().is_none_or(|last| last.0 < key) {
            level.push_back((key, slot));
        } else {
            let at = level.partition_point(|entry| entry.0 < key);
            level.insert(at, (key, slot));
        }
    }

    /// Key and slot of the job at `place`.
    #[inline]
    pub fn get(&self, mut place: usize) -> Option<(u64, u32)> {
        for level in &self.levels {
            if place < level.len() {
                return Some(level[place]);
            }
            place -= level.len();
        }
        None
    }

    /// Takes the job at `place` out.
    #[inline]
    pub fn remove(&mut self, mut place: usize) -> u32 {
        for level in &mut self.levels {
            if place < level.len() {
                self.len -= 1;
                let entry = if place == 0 { level.pop_front() } else { level.remove(place) };
                return entry.expect("place is inside").1;
            }
            place -= level.len();
        }
        panic!("no job at {place}");
    }

    /// Takes out the job with this key.
    pub fn remove_key(&mut self, key: u64) -> u32 {
        let level = &mut self.levels[(key >> LEVEL_SHIFT) as usize];
        let at = level.partition_point(|entry| entry.0 < key);
        self.len -= 1;
        level.remove(at).expect("the key waits").1
    }
}
