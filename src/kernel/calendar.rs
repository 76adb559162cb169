//! The event calendar: a 4-ary heap of 16-byte entries for what lies in the future of running jobs. Arrivals and dated
//! lists have lanes of their own, so the heap holds running jobs, not all jobs.

use super::event::When;

/// A heap entry: time (52 bits), class (4), sequence (36), payload (32), in one number: compared as two words by hand it is
/// compiled to unpredictable jumps (34 against 25 ns an event in the reference loop).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Entry(u128);

/// Bits of a sequence number.
const SEQ_BITS: u32 = 36;

impl Entry {
    #[inline]
    fn new(when: When, seq: u64, payload: u32) -> Entry {
        assert!(seq < 1 << SEQ_BITS, "{seq} events of one run do not fit the calendar's 36 bits");
        Entry(u128::from(when.bits()) << 68 | u128::from(seq) << 32 | u128::from(payload))
    }
    #[inline]
    fn when(self) -> When {
        When::from_bits((self.0 >> 68) as u64)
    }
    #[inline]
    fn seq(self) -> u64 {
        (self.0 >> 32) as u64 & ((1 << SEQ_BITS) - 1)
    }
    #[inline]
    fn payload(self) -> u32 {
        self.0 as u32
    }
}

/// A popped or peeked event of the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// When and of which class.
    pub when: When,
    /// Its sequence number: also the epoch of the job's attempt.
    pub seq: u64,
    /// Slot of the job or repair.
    pub payload: u32,
}

/// The heap. After a pop its root is a hole that the next push fills in one sift (replace-top): a finish that starts a
/// waiting job, the common case of a busy pool, costs one sift instead of two.
#[derive(Debug, Default)]
pub struct Heap {
    entries: Vec<Entry>,
    hole: bool,
    next_seq: u64,
}

impl Heap {
    /// Puts an event in; returns its sequence number.
    pub fn push(&mut self, when: When, payload: u32) -> u64 {
        let seq = self.next_seq;
        self.next_seq += 1;
        let entry = Entry::new(when, seq, payload);
        if self.hole {
            self.hole = false;
            self.sift_down(entry);
        } else {
            self.entries.push(entry);
            self.sift_up(self.entries.len() - 1);
        }
        seq
    }

    /// When the earliest event is due; `When::NEVER` when there is none.
    ///
    /// A hole at the root stays open, so that whoever starts next may fill it: then the least of its children is next.
    #[inline]
    pub fn peek(&self) -> When {
        if self.hole {
            let children = self.entries.get(1..self.entries.len().min(5)).unwrap_or_default();
            return least_of(children).map_or(When::NEVER, |(_, entry)| entry.when());
        }
        self.entries.first().map_or(When::NEVER, |entry| entry.when())
    }

    /// Takes the earliest event out.
    pub fn pop(&mut self) -> Option<Due> {
        self.fill_hole();
        let first = *self.entries.first()?;
        self.hole = true;
        Some(Due { when: first.when(), seq: first.seq(), payload: first.payload() })
    }

    fn fill_hole(&mut self) {
        if self.hole {
            self.hole = false;
            let last = self.entries.pop().expect("a hole is an entry");
            if !self.entries.is_empty() {
                self.sift_down(last);
            }
        }
    }

    fn sift_up(&mut self, mut at: usize) {
        let entry = self.entries[at];
        while at > 0 {
            let parent = (at - 1) / 4;
            if self.entries[parent] <= entry {
                break;
            }
            self.entries[at] = self.entries[parent];
            at = parent;
        }
        self.entries[at] = entry;
    }

    /// Puts `entry` in at the root.
    fn sift_down(&mut self, entry: Entry) {
        let entries = self.entries.as_mut_slice();
        let mut at = 0;
        loop {
            let first = 4 * at + 1;
            let children = &entries[first.min(entries.len())..(first + 4).min(entries.len())];
            let Some((offset, least)) = least_of(children) else { break };
            if entry <= least {
                break;
            }
            entries[at] = least;
            at = first + offset;
        }
        entries[at] = entry;
    }
}

/// The earliest of up to four children and its place among them. Four are compared in pairs by selection, not by jumps: which
/// child is least is a coin toss that no predictor learns.
#[inline(always)]
fn least_of(children: &[Entry]) -> Option<(usize, Entry)> {
    if let [a, b, c, d] = children {
        let (low, left) = if b < a { (1, *b) } else { (0, *a) };
        let (high, right) = if d < c { (3, *d) } else { (2, *c) };
        return Some(if right < left { (high, right) } else { (low, left) });
    }
    let (at, least) = children.iter().enumerate().min_by_key(|(_, child)| **child)?;
    Some((at, *least))
}

#[cfg(test)]
mod tests {
    use super::super::event::Class;
    use super::*;
    use crate::units::SimTime;

    /// Popped in order of (time, class, sequence), whatever the order of pushing and with pops in between.
    #[test]
    fn pops_in_order() {
        let mut heap = Heap::default();
        let mut popped = Vec::new();
        let mut x: u64 = 1;
        for round in 0..2_000u32 {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let class = if x & 1 == 0 { Class::Finish } else { Class::Failure };
            let floor = popped.last().map_or(0, |due: &Due| due.when.time().0);
            heap.push(When::new(SimTime(floor + (x >> 40) % 500), class), round);
            if x & 6 == 0 {
                popped.extend(heap.pop());
            }
        }
        let tail: Vec<Due> = std::iter::from_fn(|| heap.pop()).collect();
        assert!(tail.windows(2).all(|w| (w[0].when, w[0].seq) < (w[1].when, w[1].seq)));
        assert_eq!(tail.len() + popped.len(), 2_000);
        assert_eq!(heap.peek(), When::NEVER);
    }
}
