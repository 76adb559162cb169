//! Reference loops the kernel is timed against: M/M/c and strict FIFO gangs, plain and tuned.
//!
//! They use nothing of the library, so that neither speed nor correctness is measured against itself. No records, measures
//! or audits: they are what the bare event loop costs.
#![allow(dead_code, reason = "each bench takes the loops it needs")]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::path::PathBuf;
use std::time::Instant;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// What an M/M/c loop did. Equal between [`plain_mmc`] and [`tuned_mmc`] for equal arguments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    /// Mean time from arrival to start [mean service times].
    pub mean_wait: f64,
    /// Arrivals and finishes handled [-]: twice the jobs.
    pub events: u64,
    /// Depends on time, job and order of every finish [-].
    pub checksum: u64,
}

/// A gang job: (submission [us], duration [us], chips [-]).
pub type GangJob = (u64, u64, u32);

/// What a gang loop did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GangStats {
    /// Mean time from submission to start [us].
    pub mean_wait_us: f64,
    /// Time of the last finish [us].
    pub makespan_us: u64,
    /// Jobs started [-].
    pub starts: u64,
    /// Submissions and finishes handled [-].
    pub events: u64,
    /// Depends on time, job and order of every finish [-].
    pub checksum: u64,
}

/// M/M/c queue as one would write it first: every event goes through std's binary heap, waiting jobs through a `VecDeque`.
///
/// `servers` and `jobs` >= 1; `load` is the load per server, 0 < load < 1; the mean service is 1 s and time is kept in microseconds.
/// Starts empty and runs until the last of `jobs` has finished. At one instant a finish comes before an arrival.
pub fn plain_mmc(servers: u32, load: f64, jobs: u32, seed: u64) -> Stats {
    let mut rng_arrival = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut rng_service = Xoshiro256PlusPlus::seed_from_u64(!seed);
    let mean_gap_us = mean_gap_us(servers, load);
    let mut heap = BinaryHeap::new();
    let mut waiting: VecDeque<(u32, u64)> = VecDeque::new();
    let (mut free, mut seq) = (servers, 0u64);
    let (mut events, mut wait_us, mut checksum) = (0u64, 0u64, 0u64);
    heap.push(Reverse((exponential_us(&mut rng_arrival, mean_gap_us), ARRIVAL, seq, 0)));
    while let Some(Reverse((now, class, _, job))) = heap.pop() {
        events += 1;
        if class == ARRIVAL {
            waiting.push_back((job, now));
            if job + 1 < jobs {
                seq += 1;
                heap.push(Reverse((now + exponential_us(&mut rng_arrival, mean_gap_us), ARRIVAL, seq, job + 1)));
            }
        } else {
            checksum = mixed(checksum, now, job);
            free += 1;
        }
        while 0 < free
            && let Some((job, arrived)) = waiting.pop_front()
        {
            free -= 1;
            wait_us += now - arrived;
            seq += 1;
            heap.push(Reverse((now + exponential_us(&mut rng_service, MEAN_SERVICE_US), FINISH, seq, job)));
        }
    }
    Stats { mean_wait: mean_wait(wait_us, jobs), events, checksum }
}

/// The same queue, as fast as we can make it in safe Rust: arrivals stay outside a 4-ary heap of packed 16-byte keys, a
/// finish whose server takes the next job replaces the top in one sift, draws are made ahead. No allocation once running.
///
/// Arguments, limits and result as [`plain_mmc`], to the last bit.
pub fn tuned_mmc(servers: u32, load: f64, jobs: u32, seed: u64) -> Stats {
    let mut gaps = Draws::new(seed, mean_gap_us(servers, load));
    let mut services = Draws::new(!seed, MEAN_SERVICE_US);
    let mut heap = KeyHeap::with_capacity(servers as usize);
    let mut waiting = Ring::with_capacity(1024);
    let (mut free, mut seq) = (servers, 0u64);
    let (mut events, mut wait_us, mut checksum) = (0u64, 0u64, 0u64);
    let (mut arrived, mut started) = (0u32, 0u32);
    let mut next_arrival = gaps.next();
    loop {
        let top = heap.top();
        events += 1;
        // The heap holds finishes only, and those come first at equal time.
        if top.time() <= next_arrival {
            if top == Key::LAST {
                break;
            }
            let now = top.time();
            checksum = mixed(checksum, now, top.payload());
            if let Some(since) = waiting.pop() {
                wait_us += now - since;
                seq += 1;
                heap.replace_top(Key::new(now + services.next(), FINISH, seq, started));
                started += 1;
            } else {
                heap.pop();
                free += 1;
            }
        } else {
            let now = next_arrival;
            arrived += 1;
            next_arrival = if arrived < jobs { now + gaps.next() } else { NEVER };
            if 0 < free {
                free -= 1;
                seq += 1;
                heap.push(Key::new(now + services.next(), FINISH, seq, started));
                started += 1;
            } else {
                waiting.push(now);
            }
        }
    }
    Stats { mean_wait: mean_wait(wait_us, jobs), events: events - 1, checksum }
}

/// Strict FIFO gangs in one pool of `capacity` chips: the head of the queue starts when all its chips are free, nobody passes.
///
/// `jobs` sorted by submission, each with 1 <= chips <= `capacity`. One arrival at a time is in std's binary heap.
pub fn plain_gang_fifo(jobs: &[GangJob], capacity: u32) -> GangStats {
    assert!(jobs.is_sorted_by_key(|job| job.0), "jobs must be sorted by submission");
    assert!(jobs.iter().all(|job| 1 <= job.2 && job.2 <= capacity), "every gang must fit {capacity} chips");
    let mut heap = BinaryHeap::new();
    let mut waiting: VecDeque<u32> = VecDeque::new();
    let (mut free, mut seq) = (capacity, 0u64);
    let (mut events, mut starts, mut wait_us, mut makespan_us, mut checksum) = (0u64, 0u64, 0u64, 0u64, 0u64);
    if let Some(first) = jobs.first() {
        heap.push(Reverse((first.0, ARRIVAL, seq, 0u32)));
    }
    while let Some(Reverse((now, class, _, job))) = heap.pop() {
        events += 1;
        if class == ARRIVAL {
            waiting.push_back(job);
            if let Some(next) = jobs.get(job as usize + 1) {
                seq += 1;
                heap.push(Reverse((next.0, ARRIVAL, seq, job + 1)));
            }
        } else {
            checksum = mixed(checksum, now, job);
            free += jobs[job as usize].2;
            makespan_us = now;
        }
        while let Some(&job) = waiting.front() {
            let (submitted, duration, chips) = jobs[job as usize];
            if free < chips {
                break;
            }
            waiting.pop_front();
            free -= chips;
            starts += 1;
            wait_us += now - submitted;
            seq += 1;
            heap.push(Reverse((now + duration, FINISH, seq, job)));
        }
    }
    GangStats { mean_wait_us: wait_us as f64 / starts as f64, makespan_us, starts, events, checksum }
}

/// The 100,000 gang jobs of `golden/scheduling/gang_fifo_100k.csv`, or `None` where the data directory is absent.
///
/// The directory is `$HEDGEROW_DATA`, or `../shared` beside the crate. Hours are rounded to the nearest microsecond.
pub fn golden_gang_jobs() -> Option<Vec<GangJob>> {
    let crate_root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let data = std::env::var_os("HEDGEROW_DATA").map_or_else(|| crate_root.join("../shared"), PathBuf::from);
    let text = std::fs::read_to_string(data.join("golden/scheduling/gang_fifo_100k.csv")).ok()?;
    Some(text.lines().skip(1).map(gang_job).collect())
}

fn gang_job(line: &str) -> GangJob {
    let cells: Vec<&str> = line.split(',').collect();
    let [arrival_h, duration_h, gpus] = cells[..] else { panic!("three cells expected: {line}") };
    let us = |hours: &str| (hours.parse::<f64>().expect("hours") * US_PER_HOUR).round() as u64;
    (us(arrival_h), us(duration_h), gpus.parse().expect("chips"))
}

/// CPU time of the calling thread while `f` ran [s], and what it returned; wall time where the kernel does not tell.
pub fn cpu_seconds<T>(f: impl FnOnce() -> T) -> (f64, T) {
    let (cpu_before, clock) = (thread_cpu_ns(), Instant::now());
    let out = f();
    let wall = clock.elapsed().as_secs_f64();
    let cpu = cpu_before.and_then(|before| Some((thread_cpu_ns()? - before) as f64 * 1e-9));
    (cpu.unwrap_or(wall), out)
}

/// Least CPU time of each of `work` over `rounds` >= 1 rounds [s]. The works take turns, so that a slow spell of the
/// machine meets them all.
pub fn least_cpu_seconds<const N: usize>(rounds: u32, mut works: [&mut dyn FnMut() -> u64; N]) -> [f64; N] {
    let mut least = [f64::INFINITY; N];
    for _ in 0..rounds {
        for (work, least) in works.iter_mut().zip(&mut least) {
            let (seconds, checksum) = cpu_seconds(&mut *work);
            std::hint::black_box(checksum);
            *least = least.min(seconds);
        }
    }
    least
}

/// First number of schedstat: time on the CPU [ns]. Linux brings it up to date when the thread yields, else once a tick.
fn thread_cpu_ns() -> Option<u64> {
    std::thread::yield_now();
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

/// Microseconds in an hour.
pub const US_PER_HOUR: f64 = 3.6e9;
const MEAN_SERVICE_US: f64 = 1e6;
const FINISH: u8 = 0;
const ARRIVAL: u8 = 1;
const NEVER: u64 = (1 << 52) - 1;

fn mean_gap_us(servers: u32, load: f64) -> f64 {
    assert!(0.0 < load && load < 1.0, "a queue of load {load} has no steady state");
    MEAN_SERVICE_US / (f64::from(servers) * load)
}

fn mean_wait(wait_us: u64, jobs: u32) -> f64 {
    wait_us as f64 / MEAN_SERVICE_US / f64::from(jobs)
}

fn mixed(checksum: u64, now: u64, job: u32) -> u64 {
    checksum.rotate_left(7) ^ (now + u64::from(job))
}

fn exponential_us(rng: &mut Xoshiro256PlusPlus, mean_us: f64) -> u64 {
    exponential_of_bits(rng.next_u64(), mean_us)
}

fn exponential_of_bits(bits: u64, mean_us: f64) -> u64 {
    // 53 bits in (0, 1]: the logarithm is finite. Signed conversions are one instruction, unsigned ones five.
    let u = ((bits >> 11) as i64 + 1) as f64 * (1.0 / (1u64 << 53) as f64);
    (0.5 - u.ln() * mean_us) as i64 as u64
}

/// Exponential draws made a batch ahead: their logarithms overlap when nothing branches between them.
struct Draws {
    rng: Xoshiro256PlusPlus,
    mean_us: f64,
    ahead: [u64; Draws::BATCH],
    used: usize,
}

impl Draws {
    const BATCH: usize = 64;

    fn new(seed: u64, mean_us: f64) -> Self {
        Draws { rng: Xoshiro256PlusPlus::seed_from_u64(seed), mean_us, ahead: [0; Draws::BATCH], used: Draws::BATCH }
    }

    #[inline(always)]
    fn next(&mut self) -> u64 {
        if self.used == Draws::BATCH {
            self.refill();
        }
        let draw = self.ahead[self.used % Draws::BATCH];
        self.used += 1;
        draw
    }

    #[inline(never)]
    fn refill(&mut self) {
        // Two passes: the generator stays in registers, which a call to the logarithm between two draws would spill.
        let mut rng = self.rng.clone();
        for draw in &mut self.ahead {
            *draw = rng.next_u64();
        }
        self.rng = rng;
        for draw in &mut self.ahead {
            *draw = exponential_of_bits(*draw, self.mean_us);
        }
        self.used = 0;
    }
}

/// Arrival times of waiting jobs, oldest first; doubles when full.
struct Ring {
    slots: Vec<u64>,
    head: usize,
    tail: usize,
}

impl Ring {
    fn with_capacity(slots: usize) -> Self {
        Ring { slots: vec![0; slots.next_power_of_two()], head: 0, tail: 0 }
    }

    #[inline(always)]
    fn push(&mut self, time: u64) {
        if self.tail - self.head == self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        self.slots[self.tail & mask] = time;
        self.tail += 1;
    }

    #[inline(always)]
    fn pop(&mut self) -> Option<u64> {
        if self.head == self.tail {
            return None;
        }
        let mask = self.slots.len() - 1;
        let time = self.slots[self.head & mask];
        self.head += 1;
        Some(time)
    }

    #[cold]
    fn grow(&mut self) {
        let mask = self.slots.len() - 1;
        let mut slots: Vec<u64> = (self.head..self.tail).map(|at| self.slots[at & mask]).collect();
        self.tail = slots.len();
        slots.resize(2 * self.slots.len(), 0);
        (self.slots, self.head) = (slots, 0);
    }
}

/// An event's order and payload in 16 bytes: time 52 bits, class 8, sequence 36, payload 32, the most significant first.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    /// Time, class, the upper 4 bits of the sequence.
    high: u64,
    low: u64,
}

impl Key {
    /// After every event; its time is [`NEVER`].
    const LAST: Key = Key { high: u64::MAX, low: u64::MAX };

    #[inline(always)]
    fn new(time: u64, class: u8, seq: u64, payload: u32) -> Self {
        debug_assert!(time < NEVER && seq < 1 << 36, "time {time} or sequence {seq} outgrew its bits");
        Key { high: time << 12 | u64::from(class) << 4 | seq >> 32, low: seq << 32 | u64::from(payload) }
    }

    #[inline(always)]
    fn time(self) -> u64 {
        self.high >> 12
    }

    #[inline(always)]
    fn payload(self) -> u32 {
        self.low as u32
    }

    /// Compares as one 128-bit number: two instructions and no branch, where `high` first, `low` on a tie, was compiled to
    /// jumps that cannot be foretold (25 against 34 ns an event at 100 servers).
    #[inline(always)]
    fn before(self, other: Key) -> bool {
        (u128::from(self.high) << 64 | u128::from(self.low)) < (u128::from(other.high) << 64 | u128::from(other.low))
    }
}

/// 4-ary heap whose four children share a cache line; empty slots hold [`Key::LAST`], so no line is ever partial.
///
/// Nodes below the top are numbered from 0; node n sits in line n / 4 and its children fill line n + 1.
/// A pop sinks the hole it leaves to where nothing lies below and remembers it; the next push fills it. Moving the last key
/// into the top instead, as is usual, costs 2 ns an event more at 100 servers.
struct KeyHeap {
    top: Key,
    lines: Vec<Line>,
    /// Nodes left empty by pops, the latest last. Used in that order, a parent is filled before its children.
    holes: Vec<usize>,
    len: usize,
}

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([Key; 4]);

impl KeyHeap {
    fn with_capacity(keys: usize) -> Self {
        let lines = vec![Line([Key::LAST; 4]); keys / 4 + 1];
        KeyHeap { top: Key::LAST, lines, holes: Vec::with_capacity(keys), len: 0 }
    }

    /// The first key, or [`Key::LAST`] when empty.
    #[inline(always)]
    fn top(&self) -> Key {
        self.top
    }

    /// Pop and push in one sift.
    #[inline(always)]
    fn replace_top(&mut self, key: Key) {
        let mut hole = None;
        let mut line_at = 0;
        while let Some(line) = self.lines.get(line_at) {
            let (slot, child) = least(&line.0);
            if !child.before(key) {
                break;
            }
            self.fill(hole, child);
            let node = 4 * line_at + slot;
            hole = Some(node);
            line_at = node + 1;
        }
        self.fill(hole, key);
    }

    /// Removes the top; the heap must not be empty.
    #[inline(always)]
    fn pop(&mut self) {
        self.len -= 1;
        let mut hole = None;
        let mut line_at = 0;
        while let Some(line) = self.lines.get(line_at) {
            let (slot, child) = least(&line.0);
            if child == Key::LAST {
                break;
            }
            self.fill(hole, child);
            let node = 4 * line_at + slot;
            hole = Some(node);
            line_at = node + 1;
        }
        self.fill(hole, Key::LAST);
        self.holes.extend(hole);
    }

    #[inline(always)]
    fn push(&mut self, key: Key) {
        self.len += 1;
        if self.len == 1 {
            self.top = key;
            return;
        }
        let mut node = self.holes.pop().unwrap_or(self.len - 2);
        if node / 4 == self.lines.len() {
            self.lines.push(Line([Key::LAST; 4]));
        }
        // The parent of node n is node n / 4 - 1, and of the first four the top.
        while 4 <= node {
            let parent = self.key(node / 4 - 1);
            if !key.before(parent) {
                self.fill(Some(node), key);
                return;
            }
            self.fill(Some(node), parent);
            node = node / 4 - 1;
        }
        let (first, second) = if key.before(self.top) { (key, self.top) } else { (self.top, key) };
        self.fill(Some(node), second);
        self.top = first;
    }

    #[inline(always)]
    fn key(&self, node: usize) -> Key {
        self.lines[node / 4].0[node % 4]
    }

    /// `None` is the top.
    #[inline(always)]
    fn fill(&mut self, node: Option<usize>, key: Key) {
        match node {
            None => self.top = key,
            Some(node) => self.lines[node / 4].0[node % 4] = key,
        }
    }
}

/// The first of four keys and its slot. Looks at the high words only, without a branch, unless two are equal
/// (0.7 ns an event less than comparing whole keys).
#[inline(always)]
fn least(keys: &[Key; 4]) -> (usize, Key) {
    let [a, b, c, d] = [keys[0].high, keys[1].high, keys[2].high, keys[3].high];
    let least = a.min(b).min(c.min(d));
    let equal =
        u32::from(a == least) | u32::from(b == least) << 1 | u32::from(c == least) << 2 | u32::from(d == least) << 3;
    if !equal.is_power_of_two() {
        return least_of_equals(keys);
    }
    let slot = equal.trailing_zeros() as usize % 4;
    (slot, keys[slot])
}

#[cold]
fn least_of_equals(keys: &[Key; 4]) -> (usize, Key) {
    let mut slot = 0;
    for other in 1..4 {
        if keys[other].before(keys[slot]) {
            slot = other;
        }
    }
    (slot, keys[slot])
}
