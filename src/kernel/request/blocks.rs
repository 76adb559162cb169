//! The blocks of prompts that a replica still has in memory: the least recently used goes first. Holds names, not tokens.

use super::NONE;

/// Least recently used out, at most so many. A table with open addresses and a list through its entries: no allocation once made.
#[derive(Clone, Debug)]
pub(super) struct BlockCache {
    entries: Vec<Entry>,
    /// Entry by hash of its name, [`NONE`] where there is none; a power of two, at least twice the entries.
    table: Vec<u32>,
    /// Most and least recently used.
    newest: u32,
    oldest: u32,
    capacity: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    name: u32,
    newer: u32,
    older: u32,
}

impl BlockCache {
    /// Room for so many blocks, 1 or more.
    pub fn new(capacity: u32) -> BlockCache {
        let capacity = capacity.max(1) as usize;
        let table = vec![NONE; (2 * capacity).next_power_of_two()];
        BlockCache { entries: Vec::with_capacity(capacity), table, newest: NONE, oldest: NONE, capacity }
    }

    /// How many of these, from the first, are there without a gap.
    pub fn hits(&self, names: &[u32]) -> usize {
        names.iter().take_while(|name| self.find(**name).is_ok()).count()
    }

    /// They were used now: all are there, the last the most recently. A prompt longer than the whole cache leaves its end.
    pub fn touch(&mut self, names: &[u32]) {
        for name in names {
            let entry = match self.find(*name) {
                Ok(place) => {
                    let entry = self.table[place];
                    self.unlink(entry);
                    entry
                }
                Err(_) => self.insert(*name),
            };
            self.link(entry);
        }
    }

    fn start(&self, name: u32) -> usize {
        (u64::from(name).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & (self.table.len() - 1)
    }

    /// Place of a name in the table, or the free place where it would stand.
    fn find(&self, name: u32) -> Result<usize, usize> {
        let mut place = self.start(name);
        loop {
            match self.table[place] {
                NONE => return Err(place),
                entry if self.entries[entry as usize].name == name => return Ok(place),
                _ => place = (place + 1) & (self.table.len() - 1),
            }
        }
    }

    fn insert(&mut self, name: u32) -> u32 {
        let entry = if self.entries.len() < self.capacity {
            self.entries.push(Entry { name, newer: NONE, older: NONE });
            (self.entries.len() - 1) as u32
        } else {
            let oldest = self.oldest;
            self.unlink(oldest);
            self.forget(self.entries[oldest as usize].name);
            self.entries[oldest as usize].name = name;
            oldest
        };
        let place = self.find(name).expect_err("a new name");
        self.table[place] = entry;
        entry
    }

    /// Takes a name out of the table; those behind it that hashed before the gap move up.
    fn forget(&mut self, name: u32) {
        let mask = self.table.len() - 1;
        let mut gap = self.find(name).expect("a name that is there");
        let mut place = gap;
        loop {
            place = (place + 1) & mask;
            let entry = self.table[place];
            if entry == NONE {
                break;
            }
            let start = self.start(self.entries[entry as usize].name);
            if place.wrapping_sub(start) & mask >= place.wrapping_sub(gap) & mask {
                self.table[gap] = entry;
                gap = place;
            }
        }
        self.table[gap] = NONE;
    }

    fn unlink(&mut self, entry: u32) {
        let Entry { newer, older, .. } = self.entries[entry as usize];
        match newer {
            NONE => self.newest = older,
            newer => self.entries[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            older => self.entries[older as usize].newer = newer,
        }
    }

    fn link(&mut self, entry: u32) {
        (self.entries[entry as usize].newer, self.entries[entry as usize].older) = (NONE, self.newest);
        match self.newest {
            NONE => self.oldest = entry,
            newest => self.entries[newest as usize].newer = entry,
        }
        self.newest = entry;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against a plain list: the same blocks are there after every prompt.
    #[test]
    fn the_least_recently_used_goes() {
        let mut cache = BlockCache::new(5);
        let mut plain: Vec<u32> = Vec::new();
        let mut x: u64 = 3;
        for _ in 0..2_000 {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let first = (x >> 40) as u32 % 9;
            let prompt: Vec<u32> = (0..(x >> 60) as u32 % 5).map(|n| first + n).collect();
            let known = prompt.iter().take_while(|name| plain.contains(name)).count();
            assert_eq!(cache.hits(&prompt), known, "{prompt:?} in {plain:?}");
            cache.touch(&prompt);
            for name in prompt {
                plain.retain(|other| *other != name);
                plain.push(name);
                if plain.len() > 5 {
                    plain.remove(0);
                }
            }
        }
    }
}
