//! Counter-based uniforms: one number per (study seed, draw, replication, purpose, entity, attribute, item), from no
//! state.
//!
//! It turns no uniform into a value (that is `quantile` and `law`), and it never sees a strategy or a future: these may
//! not enter a key, so that two strategies meet the same chance. Coupling section C1.
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// The odd integer nearest 2^64 / golden ratio: the step of SplitMix64.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
/// First word of an empty key: fractional digits of pi, as good as any.
const LANE_0: u64 = 0x243F_6A88_85A3_08D3;
/// Second word of an empty key.
const LANE_1: u64 = 0x1319_8A2E_0370_7344;

/// A key with everything mixed in but the item: store it once per (run, purpose, entity, attribute) and ask it for
/// numbers.
///
/// 128 bits, so that two of a million streams do not overlap; equal keys give equal prefixes on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    lane_0: u64,
    lane_1: u64,
}

impl Prefix {
    /// Prefix of an `unknown` or a common factor: drawn once per draw, the same in all replications, strategies and
    /// futures. Coupling C8.
    ///
    /// `path` is the dotted path as written, wildcard included. Numbers of its own per match (`each = true`) take the
    /// match's own path.
    pub fn for_unknown(study_seed: u64, draw: u32, path: &str) -> Prefix {
        Prefix::EMPTY.absorb(study_seed).absorb(u64::from(draw)).absorb(Purpose::Unknown.hash()).absorb(hash_name(path))
    }

    /// 64 random bits of one item. Items of one prefix never share their bits (the map is a permutation); `item` may be
    /// negative.
    #[inline]
    pub fn bits(self, item: i64) -> u64 {
        self.mixed(self.place(item))
    }

    /// Where an item stands in the sequence of this key; the next item stands a step further.
    #[inline]
    fn place(self, item: i64) -> u64 {
        self.lane_0.wrapping_add((item as u64).wrapping_mul(STEP))
    }

    /// The finalizer of SplitMix64 (Stafford's variant 13; Steele, Lea, Flood 2014) over base + item x step, with the second word
    /// of the key between its two multiplications.
    #[inline]
    fn mixed(self, mut x: u64) -> u64 {
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9) ^ self.lane_1;
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }

    /// Uniform number of one item, in the open interval (0, 1) [-]; u and 1 - u are both exact. Eq. (1).
    #[inline]
    pub fn unit(self, item: i64) -> f64 {
        unit_of(self.bits(item))
    }

    /// Uniform numbers of a block of items from `first` on: [`unit`](Prefix::unit) of each.
    #[inline]
    pub fn units<const N: usize>(self, first: i64) -> [f64; N] {
        let mut place = self.place(first);
        std::array::from_fn(|_| {
            let unit = unit_of(self.mixed(place));
            place = place.wrapping_add(STEP);
            unit
        })
    }

    /// A long private sequence for one item (the request tier, a bootstrap), seeded by the same key.
    pub fn sequence(self, item: i64) -> Sequence {
        let key = Prefix::EMPTY.absorb(self.lane_0).absorb(self.lane_1).absorb(item as u64);
        let mut seed = [0u8; 32];
        for (word, bytes) in seed.chunks_exact_mut(8).enumerate() {
            bytes.copy_from_slice(&key.bits(word as i64).to_le_bytes());
        }
        Sequence { generator: Xoshiro256PlusPlus::from_seed(seed) }
    }

    const EMPTY: Prefix = Prefix { lane_0: LANE_0, lane_1: LANE_1 };

    /// Mixes one more word into the key; for a given word a permutation of the 128 bits, so nothing already mixed in is
    /// lost.
    const fn absorb(self, word: u64) -> Prefix {
        let lane_0 = mix((self.lane_0 ^ word).wrapping_add(STEP));
        let lane_1 = mix((self.lane_1 ^ lane_0.rotate_left(32)).wrapping_add(STEP));
        Prefix { lane_0, lane_1 }
    }
}

/// The part of every key that one run shares: which study, which draw of what is not known, which replication of
/// chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunKey {
    /// The seed of the study, from the command line or the scenario.
    pub study_seed: u64,
    /// The draw of the unknowns, from 0.
    pub draw: u32,
    /// The replication inside the draw, from 0.
    pub replication: u32,
}

impl RunKey {
    /// Prefix of one stream of chance. `entity` is the full dotted table path of what the numbers belong to;
    /// `attribute` separates several numbers of one purpose and item (0 where there is one).
    pub fn prefix(self, purpose: Purpose, entity: &str, attribute: u32) -> Prefix {
        Prefix::EMPTY
            .absorb(self.study_seed)
            .absorb(u64::from(self.draw))
            .absorb(u64::from(self.replication))
            .absorb(purpose.hash())
            .absorb(hash_name(entity))
            .absorb(u64::from(attribute))
    }

    /// Prefix of an `unknown` or a common factor in this run's draw, whatever its replication.
    pub fn unknown(self, path: &str) -> Prefix {
        Prefix::for_unknown(self.study_seed, self.draw, path)
    }
}

/// What a number is for. Two purposes never share numbers, so a new one shifts nobody.
///
/// The name, not the position, enters the key: the list may be reordered and grow, a name may not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Gaps of a unit-rate arrival process.
    Arrival,
    /// States of a modulated arrival process and how long they last.
    Modulation,
    /// Chips or tokens a job asks for.
    Size,
    /// Work of a job.
    Work,
    /// Mark of a job: it is ours iff u < phi(t).
    Mark,
    /// Which branch of a mixture (hyperexponential) an item takes.
    Branch,
    /// Error of a user's estimate of a running time.
    Estimate,
    /// How long a waiting request stays.
    Patience,
    /// Which way a job or request is routed.
    Routing,
    /// Priority of a job.
    Priority,
    /// Unit-rate failure clock of a gang.
    Fail,
    /// Which node of a gang failed.
    FailedNode,
    /// Time to repair a node.
    Repair,
    /// Time a gang takes to restart.
    Restart,
    /// Work between two checkpoints of a job.
    Checkpoint,
    /// Deviation of a gang's progress in goodput mode.
    Goodput,
    /// Outages of racks, pools and regions, keyed by place.
    Outage,
    /// Training campaigns: start, size, overrun.
    Campaign,
    /// Releases of models: lag, jump.
    Release,
    /// Threshold of a hazard clock.
    Shock,
    /// Who is hit by a common shock.
    Victim,
    /// Noise in demand, by tick.
    Demand,
    /// Innovations of the spot price, by step of it from the start.
    Spot,
    /// Threshold of a job's clock of reclaims.
    Reclaim,
    /// Persistent tastes of clients.
    Taste,
    /// Slips of deliveries.
    Delivery,
    /// A `varies` without a purpose of its own.
    Varies,
    /// Unknowns and common factors: once per draw.
    Unknown,
    /// Resampling of results: bootstrap, permutations of a design.
    Resample,
}

impl Purpose {
    /// Every purpose, in the order of the declaration.
    pub const ALL: [Purpose; 29] = [
        Purpose::Arrival,
        Purpose::Modulation,
        Purpose::Size,
        Purpose::Work,
        Purpose::Mark,
        Purpose::Branch,
        Purpose::Estimate,
        Purpose::Patience,
        Purpose::Routing,
        Purpose::Priority,
        Purpose::Fail,
        Purpose::FailedNode,
        Purpose::Repair,
        Purpose::Restart,
        Purpose::Checkpoint,
        Purpose::Goodput,
        Purpose::Outage,
        Purpose::Campaign,
        Purpose::Release,
        Purpose::Shock,
        Purpose::Victim,
        Purpose::Demand,
        Purpose::Spot,
        Purpose::Reclaim,
        Purpose::Taste,
        Purpose::Delivery,
        Purpose::Varies,
        Purpose::Unknown,
        Purpose::Resample,
    ];

    /// The name that enters the key, and that `compare` prints when two runs share no numbers.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Arrival => "arrival",
            Purpose::Modulation => "modulation",
            Purpose::Size => "size",
            Purpose::Work => "work",
            Purpose::Mark => "mark",
            Purpose::Branch => "branch",
            Purpose::Estimate => "estimate",
            Purpose::Patience => "patience",
            Purpose::Routing => "routing",
            Purpose::Priority => "priority",
            Purpose::Fail => "fail",
            Purpose::FailedNode => "failed_node",
            Purpose::Repair => "repair",
            Purpose::Restart => "restart",
            Purpose::Checkpoint => "checkpoint",
            Purpose::Goodput => "goodput",
            Purpose::Outage => "outage",
            Purpose::Campaign => "campaign",
            Purpose::Release => "release",
            Purpose::Shock => "shock",
            Purpose::Victim => "victim",
            Purpose::Demand => "demand",
            Purpose::Spot => "spot",
            Purpose::Reclaim => "reclaim",
            Purpose::Taste => "taste",
            Purpose::Delivery => "delivery",
            Purpose::Varies => "varies",
            Purpose::Unknown => "unknown",
            Purpose::Resample => "resample",
        }
    }

    const fn hash(self) -> u64 {
        hash_name(self.name())
    }
}

/// A named generator (xoshiro256++; Blackman and Vigna 2021) where one item needs a long private sequence of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    generator: Xoshiro256PlusPlus,
}

impl Sequence {
    /// The next uniform number, in the open interval (0, 1) [-].
    #[inline]
    pub fn unit(&mut self) -> f64 {
        unit_of(self.generator.next_u64())
    }

    /// The next index, uniform in 0..n by multiplication (bias below n 2^-52). Panics when n is 0.
    #[inline]
    pub fn index(&mut self, n: usize) -> usize {
        assert!(0 < n, "an index of an empty set");
        index_of(self.unit(), n)
    }
}

/// 64-bit hash H of a name [-]: the same on every machine and in every version. Coupling C1.
pub const fn hash_name(name: &str) -> u64 {
    let bytes = name.as_bytes();
    // The length goes first, so that the zero padding of the last word is told apart from zero bytes.
    let mut hash = mix((bytes.len() as u64).wrapping_add(STEP));
    let mut at = 0;
    while at < bytes.len() {
        let mut word = 0u64;
        let mut byte = 0;
        while byte < 8 && at + byte < bytes.len() {
            word |= (bytes[at + byte] as u64) << (8 * byte);
            byte += 1;
        }
        hash = mix((hash ^ word).wrapping_add(STEP));
        at += 8;
    }
    hash
}

/// Item number of failure `failure` of job `job`: job x 2^20 + failure. Eq. (1). `World::build` refuses gangs
/// that would fail so often, so that a million failures of one job are our bug and panic.
pub fn failure_item(job: i64, failure: u32) -> i64 {
    assert!(
        failure < 1 << 20,
        "job {job}: failure number {failure} of one job, and its number has 20 bits: World::build refuses gangs that fail so often"
    );
    (job << 20) + i64::from(failure)
}

/// Item number of cycle `cycle` of job `job`, between two checkpoints; after 2^20 cycles of one job they come again. Eq. (67).
pub fn cycle_item(job: i64, cycle: u32) -> i64 {
    failure_item(job, cycle & ((1 << 20) - 1))
}

/// floor(u n), an index in 0..n for u in [0, 1). Panics when n is 0.
#[inline]
pub fn index_of(u: f64, n: usize) -> usize {
    assert!(0 < n && 0.0 <= u && u < 1.0, "index at u = {u} of {n}");
    // u n may round up to n when n is beyond 2^52; the clamp costs nothing.
    ((u * n as f64) as usize).min(n - 1)
}

/// ((h >> 12) + 1/2) 2^-52: never 0, never 1, and 1 - u exact. As the mantissa of a number in [1, 2), less one, exactly and without a
/// conversion.
#[inline]
fn unit_of(bits: u64) -> f64 {
    f64::from_bits(1.0f64.to_bits() | bits >> 12) - (1.0 - 0.5 / (1u64 << 52) as f64)
}

/// The finalizer of SplitMix64 (Stafford's variant 13): a permutation of the 64-bit words.
const fn mix(word: u64) -> u64 {
    let x = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: RunKey = RunKey { study_seed: 2026, draw: 3, replication: 1 };

    /// The recipe is a contract: another CPU, compiler or version must give these very numbers (restated in
    /// docs/model.md).
    #[test]
    fn the_recipe_gives_fixed_numbers() {
        let prefix = RUN.prefix(Purpose::Arrival, "jobs.research", 0);
        let got = format!(
            "{:016x} {:016x} {:016x} | {:?} {:?} {:?} | {:016x} {:016x} | {:?} {:?}",
            hash_name(""),
            hash_name("arrival"),
            hash_name("pools.us-east.trainium2"),
            prefix.unit(0),
            prefix.unit(1),
            prefix.unit(-1),
            prefix.bits(i64::MAX),
            prefix.bits(i64::MIN),
            RUN.unknown("segments.*.growth").unit(0),
            prefix.sequence(7).unit(),
        );
        assert_eq!(
            got,
            "e220a8397b1dcdaf 5a116282938ad5de 1b9dad20173d1ec2 | \
             0.7535715808433702 0.9001332367854927 0.5019464137077042 | \
             229b3669c71ce960 1e0fab95e3453e1e | 0.3457035406168866 0.8340672458700106"
        );
    }

    #[test]
    fn each_part_of_the_key_counts_and_an_unknown_ignores_the_replication() {
        let base = RUN.prefix(Purpose::Fail, "pools.a", 0);
        let others = [
            RunKey { study_seed: 2027, ..RUN }.prefix(Purpose::Fail, "pools.a", 0),
            RunKey { draw: 4, ..RUN }.prefix(Purpose::Fail, "pools.a", 0),
            RunKey { replication: 2, ..RUN }.prefix(Purpose::Fail, "pools.a", 0),
            RunKey { draw: 1, replication: 3, ..RUN }.prefix(Purpose::Fail, "pools.a", 0),
            RUN.prefix(Purpose::Repair, "pools.a", 0),
            RUN.prefix(Purpose::Fail, "pools.a\0", 0),
            RUN.prefix(Purpose::Fail, "pools.b", 0),
            RUN.prefix(Purpose::Fail, "pools.a", 1),
        ];
        for (i, other) in others.iter().enumerate() {
            assert_ne!(base.bits(0), other.bits(0), "variant {i}");
        }
        assert_eq!(RUN.unknown("eta"), RunKey { replication: 9, ..RUN }.unknown("eta"));
        assert_ne!(RUN.unknown("eta"), RunKey { draw: 9, ..RUN }.unknown("eta"));
    }

    #[test]
    fn purposes_have_names_of_their_own() {
        let mut names: Vec<&str> = Purpose::ALL.iter().map(|p| p.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Purpose::ALL.len());
    }

    #[test]
    fn the_interval_is_open_and_the_complement_exact() {
        assert_eq!(unit_of(0), 0.5 / (1u64 << 52) as f64);
        assert_eq!(unit_of(u64::MAX), 1.0 - 0.5 / (1u64 << 52) as f64);
        for bits in [0, 1, 1 << 12, u64::MAX, 0x8000_0000_0000_0000, 0x1234_5678_9ABC_DEF0] {
            let u = unit_of(bits);
            assert!(0.0 < u && u < 1.0 && 1.0 - (1.0 - u) == u && unit_of(!bits) == 1.0 - u, "{u}");
        }
    }

    /// Chi-square of 1,000 bins over n numbers: mean 999, sd 44.7. Five sd either side.
    fn assert_uniform(name: &str, numbers: impl Iterator<Item = f64>) {
        let mut bins = [0u64; 1000];
        let mut n = 0.0;
        for u in numbers {
            bins[(u * 1000.0) as usize] += 1;
            n += 1.0;
        }
        let expected = n / 1000.0;
        let chi2: f64 = bins.iter().map(|&b| (b as f64 - expected) * (b as f64 - expected) / expected).sum();
        assert!((chi2 - 999.0).abs() < 5.0 * 44.7, "{name}: chi2 {chi2}");
    }

    /// Correlation of pairs under independence has sd 1 / sqrt(n); five of them.
    fn assert_uncorrelated(name: &str, pairs: impl Iterator<Item = (f64, f64)>) {
        let (mut n, mut sum) = (0.0, 0.0);
        for (a, b) in pairs {
            n += 1.0;
            sum += (a - 0.5) * (b - 0.5);
        }
        let correlation: f64 = sum / n * 12.0;
        assert!(correlation.abs() < 5.0 / f64::sqrt(n), "{name}: correlation {correlation} of {n}");
    }

    const N: i64 = 200_000;

    #[test]
    fn numbers_are_uniform_along_every_axis_of_the_key() {
        let p = RUN.prefix(Purpose::Work, "jobs.a", 0);
        assert_uniform("items", (0..N).map(|i| p.unit(i)));
        assert_uniform("negative items", (-N..0).map(|i| p.unit(i)));
        assert_uniform("failures", (0..N).map(|i| p.unit(failure_item(i / 16, (i % 16) as u32))));
        assert_uniform("high items", (0..N).map(|i| p.unit(i << 40)));
        assert_uniform("attributes", (0..N as u32).map(|k| RUN.prefix(Purpose::Work, "jobs.a", k).unit(0)));
        assert_uniform(
            "draws",
            (0..N as u32).map(|draw| RunKey { draw, ..RUN }.prefix(Purpose::Work, "jobs.a", 0).unit(0)),
        );
        assert_uniform("seeds", (0..N as u64).map(|study_seed| RunKey { study_seed, ..RUN }.unknown("eta").unit(0)));
        assert_uniform("names", (0..N).map(|i| RUN.prefix(Purpose::Taste, &format!("clients.{i}"), 0).unit(0)));
        let low_bits = (0..N).map(|i| ((p.bits(i) << 40) >> 12) as f64 / (1u64 << 52) as f64);
        assert_uniform("low bits", low_bits);
        let mut sequence = p.sequence(0);
        assert_uniform("sequence", (0..N).map(|_| sequence.unit()));
    }

    #[test]
    fn numbers_are_uncorrelated_along_every_axis_of_the_key() {
        let p = RUN.prefix(Purpose::Work, "jobs.a", 0);
        let q = RUN.prefix(Purpose::Work, "jobs.a", 1);
        for lag in [1, 2, 3, 7, 1 << 20, 1 << 40] {
            assert_uncorrelated("lag", (-N..N).map(|i| (p.unit(i), p.unit(i.wrapping_add(lag)))));
        }
        assert_uncorrelated("attributes", (-N..N).map(|i| (p.unit(i), q.unit(i))));
        assert_uncorrelated("sign", (1..N).map(|i| (p.unit(i), p.unit(-i))));
        let next = RunKey { replication: RUN.replication + 1, ..RUN }.prefix(Purpose::Work, "jobs.a", 0);
        assert_uncorrelated("replications", (-N..N).map(|i| (p.unit(i), next.unit(i))));
        // Consecutive pairs fall into 25 x 40 cells evenly: a lattice would leave some empty.
        let cell = |i: i64| (p.unit(2 * i) * 25.0).floor() * 40.0 + (p.unit(2 * i + 1) * 40.0).floor();
        assert_uniform("pairs", (0..N).map(|i| (cell(i) + 0.5) / 1000.0));
    }

    /// Turning one bit of the item, or of the seed, turns half of the output bits: each of 64 x 64 pairs within five sd
    /// of 1/2.
    #[test]
    fn one_turned_bit_turns_half_of_the_others() {
        let p = RUN.prefix(Purpose::Size, "jobs.a", 0);
        let n = 4000;
        for bit in 0..64 {
            let mut turned = [[0u32; 2]; 64];
            for item in 0..n {
                let by_item = p.bits(item) ^ p.bits(item ^ (1i64 << bit));
                let seeded = |study_seed| RunKey { study_seed, ..RUN }.prefix(Purpose::Size, "jobs.a", 0).bits(5);
                let by_seed = seeded(item as u64) ^ seeded(item as u64 ^ (1u64 << bit));
                for (out, counts) in turned.iter_mut().enumerate() {
                    counts[0] += (by_item >> out & 1) as u32;
                    counts[1] += (by_seed >> out & 1) as u32;
                }
            }
            for count in turned.iter().flatten() {
                let z = (f64::from(*count) - n as f64 / 2.0) / (n as f64 / 4.0).sqrt();
                assert!(z.abs() < 5.5, "input bit {bit}: {count} of {n}");
            }
        }
    }

    #[test]
    fn items_of_one_prefix_never_share_their_bits() {
        let p = RUN.prefix(Purpose::Size, "jobs.a", 0);
        let mut all: Vec<u64> = (-N..N).map(|i| p.bits(i)).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 2 * N as usize);
    }

    #[test]
    fn an_index_stays_inside() {
        assert_eq!((index_of(0.0, 3), index_of(0.34, 3), index_of(1.0 - 1e-16, 3)), (0, 1, 2));
    }
}
