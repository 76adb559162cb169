//! The event calendar: a 4-ary heap of 16-byte entries for what lies in the future of running jobs. Arrivals and dated
//! lists have lanes of their own, so the heap holds running jobs, not all jobs.

use super::event::When;

/// A heap entry: time (52 bits), class (4), sequence (36), payload (32), the most significant first.
///
/// Compared as one number: two words compared by hand are compiled to unpredictable jumps (34 against 25 ns an event in the
/// reference loop).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Entry(u128);

/// Bits of a sequence number.
const SEQ_BITS: u32 = 36;
/// High words from here on are of places that hold nothing; no event reaches them. Each place of a line has its own, so that no
/// two are equal.
const EMPTY: u64 = u64::MAX - 3;

impl Entry {
    /// Later than every event.
    const NEVER: Entry = Entry(u128::MAX);

    #[inline]
    fn new(when: When, seq: u64, payload: u32) -> Entry {
        assert!(seq < 1 << SEQ_BITS, "{seq} events of one run do not fit the calendar's 36 bits");
        Entry(u128::from(when.bits()) << 68 | u128::from(seq) << 32 | u128::from(payload))
    }
    #[inline]
    fn of_words(high: u64, low: u64) -> Entry {
        Entry(u128::from(high) << 64 | u128::from(low))
    }
    #[inline]
    fn high(self) -> u64 {
        (self.0 >> 64) as u64
    }
    #[inline]
    fn is_empty(self) -> bool {
        EMPTY <= self.high()
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

/// The heap: a top, and below it nodes numbered from 0 whose four children share a cache line: node n is place n % 4 of line n / 4,
/// its children fill line n + 1.
///
/// A pop sinks the hole it leaves to where nothing lies below, the next push fills the latest hole. Moving the last entry into
/// the top instead, as is usual, compares it at each level only to sink it to the bottom again.
#[derive(Debug)]
pub struct Heap {
    top: Entry,
    lines: Vec<Line>,
    /// Nodes that pops left empty. Filled latest first, a parent is filled before its children.
    holes: Vec<u32>,
    /// Nodes that were ever filled.
    nodes: usize,
    next_seq: u64,
}

/// The children of one node, high words apart from low ones: who is first is nearly always found by the high words alone.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line {
    high: [u64; 4],
    low: [u64; 4],
}

impl Default for Heap {
    fn default() -> Heap {
        Heap { top: Entry::NEVER, lines: vec![Line::EMPTY], holes: Vec::new(), nodes: 0, next_seq: 0 }
    }
}

impl Heap {
    /// Puts an event in; returns its sequence number.
    #[inline]
    pub fn push(&mut self, when: When, payload: u32) -> u64 {
        let seq = self.next_seq;
        self.next_seq += 1;
        let entry = Entry::new(when, seq, payload);
        let (first, second) = if entry < self.top { (entry, self.top) } else { (self.top, entry) };
        self.top = first;
        if !second.is_empty() {
            self.push_below(second);
        }
        seq
    }

    /// When the earliest event is due; `When::NEVER` when there is none.
    #[inline]
    pub fn peek(&self) -> When {
        self.top.when()
    }

    /// Takes the earliest event out.
    #[inline]
    pub fn pop(&mut self) -> Option<Due> {
        let first = self.top;
        if first.is_empty() {
            return None;
        }
        let (mut line, (mut place, least)) = (0, self.lines[0].least());
        self.top = least;
        // While something lies below the place that moved up, its least moves up in turn.
        while !least.is_empty() {
            let node = 4 * line + place;
            match self.lines.get(node + 1).map(Line::least) {
                Some((next, child)) if !child.is_empty() => {
                    self.lines[line].put(place, child);
                    (line, place) = (node + 1, next);
                }
                _ => {
                    self.lines[line].clear(place);
                    self.holes.push(node as u32);
                    break;
                }
            }
        }
        Some(Due { when: first.when(), seq: first.seq(), payload: first.payload() })
    }

    /// Fills a hole, or a new node, with an entry that is not before the top.
    #[inline]
    fn push_below(&mut self, entry: Entry) {
        let mut node = self.holes.pop().map_or_else(|| self.new_node(), |hole| hole as usize);
        // The parent of node n is node n / 4 - 1; that of the first four is the top.
        while 4 <= node {
            let above = node / 4 - 1;
            let parent = self.lines[above / 4].get(above);
            if parent <= entry {
                break;
            }
            self.lines[node / 4].put(node, parent);
            node = above;
        }
        self.lines[node / 4].put(node, entry);
    }

    fn new_node(&mut self) -> usize {
        self.nodes += 1;
        if self.nodes > 4 * self.lines.len() {
            self.lines.push(Line::EMPTY);
        }
        self.nodes - 1
    }
}

impl Line {
    const EMPTY: Line = Line { high: [EMPTY, EMPTY + 1, EMPTY + 2, EMPTY + 3], low: [0; 4] };

    /// The entry at a place, given by any number that is the place modulo four.
    #[inline(always)]
    fn get(&self, place: usize) -> Entry {
        Entry::of_words(self.high[place % 4], self.low[place % 4])
    }

    #[inline(always)]
    fn put(&mut self, place: usize, entry: Entry) {
        self.high[place % 4] = entry.high();
        self.low[place % 4] = entry.0 as u64;
    }

    #[inline(always)]
    fn clear(&mut self, place: usize) {
        self.high[place % 4] = Line::EMPTY.high[place % 4];
    }

    /// The earliest of the four and its place, by selection and not by jumps: which child is least is a coin toss that no predictor
    /// learns. Equal high words are two events of one class at one microsecond.
    #[inline(always)]
    fn least(&self) -> (usize, Entry) {
        let [a, b, c, d] = self.high;
        let (left, right) = (a.min(b), c.min(d));
        if a == b || c == d || left == right {
            return self.least_of_equals();
        }
        let place = if left < right { usize::from(b < a) } else { 2 + usize::from(d < c) };
        (place, Entry::of_words(left.min(right), self.low[place]))
    }

    #[cold]
    fn least_of_equals(&self) -> (usize, Entry) {
        let entries = [0, 1, 2, 3].map(|place| (place, self.get(place)));
        entries.into_iter().min_by_key(|(_, entry)| *entry).expect("four")
    }
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
