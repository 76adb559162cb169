//! What becomes of a service's requests at a load: a table measured on the request tier over peak load, replicas, burstiness and mix, never
//! below what a fluid server must shed. Knows no service and measures nothing.

use crate::stats::math::{exp, ln};

/// A line of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct AdmissionRow {
    /// Peak load over what the replicas can.
    pub load: f64,
    /// Replicas.
    pub replicas: f64,
    /// Index of dispersion of the requests' numbers.
    pub dispersion: f64,
    /// Share of the answers in all tokens.
    pub output_share: f64,
    /// Requests that the reference replica serves where more than enough wait \[1/s\].
    pub replica_per_s: f64,
    /// That rate over the rate of its card, which knows mean lengths only.
    pub capacity_ratio: f64,
    /// What was measured.
    pub outcome: Outcome,
}

/// What becomes of requests. Shares of those that arrive, times of those that are answered.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Outcome {
    /// Share that gives up \[0..1\].
    pub shed: f64,
    /// Quantiles .5, .9, .95, .99 of the time to first token beyond what the prompt takes alone \[s\].
    pub waits_s: [f64; 4],
    /// Mean time per token over the card's at that load.
    pub tpot_ratio: f64,
    /// Quantiles .5, .9, .99 of the time per token over its mean.
    pub tpot_spread: [f64; 3],
}

/// Patience of those whose requests were measured \[s\]. Eq. (143).
pub const PATIENCE_S: f64 = 30.0;
/// Probabilities of [`Outcome::waits_s`].
const WAITS: [f64; 4] = [0.5, 0.9, 0.95, 0.99];
/// How often the largest number of replicas of the table is doubled: beyond, a service's bursts are those of single requests.
const DOUBLINGS: u32 = 12;

impl Outcome {
    /// Share of the answered whose wait is at most `seconds`. Eq. (174). Straight between quantiles, from 0 at 0; beyond the last the tail falls
    /// as between the last two.
    pub fn waits_within(&self, seconds: f64) -> f64 {
        share_within(&self.waits_s, &WAITS, seconds)
    }

    /// Share of the answered whose time per token is at most so many times its mean. Eq. (174).
    pub fn tpots_within(&self, ratio: f64) -> f64 {
        share_by_powers(&self.tpot_spread, ratio)
    }

    /// Where a replica's clock runs `theta` times as slow: waits, which patience bounds, are so much longer. Eq. (173).
    fn stretched(mut self, theta: f64) -> Outcome {
        self.waits_s.iter_mut().for_each(|wait| *wait = stretched(*wait, theta));
        self
    }

    fn blend(&mut self, other: &Outcome, weight: f64) {
        let add = |into: &mut f64, from: f64| *into += weight * from;
        add(&mut self.shed, other.shed);
        add(&mut self.tpot_ratio, other.tpot_ratio);
        self.waits_s.iter_mut().zip(other.waits_s).for_each(|(into, from)| add(into, from));
        self.tpot_spread.iter_mut().zip(other.tpot_spread).for_each(|(into, from)| add(into, from));
    }
}

/// A wait \[s\] on a clock `theta` times as slow, theta > 0. Without patience it is theta times as long. With it nobody waits much beyond
/// [`PATIENCE_S`], so that what is stretched is w/(1 - w/P), which the patience P turns into w; a wait of P or more is that of a queue as long as
/// patience, whatever the clock. Its inverse is that of 1/theta. Eq. (173).
fn stretched(wait_s: f64, theta: f64) -> f64 {
    if theta == 1.0 || PATIENCE_S <= wait_s || wait_s <= 0.0 {
        return wait_s;
    }
    let without = theta * wait_s / (1.0 - wait_s / PATIENCE_S);
    without / (1.0 + without / PATIENCE_S)
}

fn share_within(quantiles: &[f64], probabilities: &[f64], x: f64) -> f64 {
    if x < 0.0 {
        return 0.0;
    }
    let mut before = (0.0, 0.0);
    for (value, p) in quantiles.iter().zip(probabilities) {
        if x < *value {
            return before.1 + (p - before.1) * (x - before.0) / (value - before.0);
        }
        before = (*value, *p);
    }
    let last = quantiles.len() - 1;
    let (from, to) = (quantiles[last - 1], quantiles[last]);
    if to <= from {
        return 1.0;
    }
    // An exponential tail through the last two quantiles.
    let rate = ln((1.0 - probabilities[last - 1]) / (1.0 - probabilities[last])) / (to - from);
    1.0 - (1.0 - probabilities[last]) * exp(-rate * (x - to))
}

/// How a replica runs at a load: the closed form of Eq. (172).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// Mean time of an iteration \[s\].
    pub iteration_s: f64,
    /// Requests that decode, in the mean.
    pub batch: f64,
}

/// What is looked up in the table.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// Index of dispersion of the requests' numbers.
    pub dispersion: f64,
    /// Share of the answers in all tokens.
    pub output_share: f64,
    /// What a mean request takes a saturated replica \[s\].
    pub seconds_per_request: f64,
    /// How the replica runs at each load of the table; None: its rates are all that is known.
    pub clocks: Option<&'a [Clock]>,
}

/// Share of the times per token up to x, from their quantiles .5, .9, .99: those above fall as a power of x between quantiles and beyond the last, those
/// below the median as they do above it. Times per token are means over many iterations, skewed to the right where answers are short.
fn share_by_powers(quantiles: &[f64; 3], x: f64) -> f64 {
    let [median, high, last] = *quantiles;
    if x <= 0.0 {
        return 0.0;
    }
    // How much is left of a share from one quantile to another, a part of the way in logarithms.
    let falls = |over: f64, (from, to): (f64, f64), left: f64| {
        if from < to { exp(ln(left) * ln(over) / ln(to / from)) } else { 0.0 }
    };
    if x < median {
        return 0.5 * falls(median / x, (median, high), 0.2);
    }
    if x < high {
        return 1.0 - 0.5 * falls(x / median, (median, high), 0.2);
    }
    1.0 - 0.1 * falls(x / high, (high, last), 0.1)
}

/// The whole table.
#[derive(Clone, Debug, PartialEq)]
pub struct AdmissionTable {
    loads: Vec<f64>,
    replicas: Vec<f64>,
    dispersions: Vec<f64>,
    shares: Vec<f64>,
    /// By mix: seconds a request takes a saturated reference replica, and its rate over the card's.
    seconds: Vec<f64>,
    ratios: Vec<f64>,
    outcomes: Vec<Outcome>,
    /// How the reference ran: loads outermost, then mixes; empty: not known.
    clocks: Vec<Clock>,
}

impl AdmissionTable {
    /// From its lines: loads outermost, then replicas, dispersions, mixes by their share of answers. The error says which line is not where
    /// it should be, or what does not rise with the load.
    pub fn new(rows: &[AdmissionRow]) -> Result<AdmissionTable, String> {
        let axis = |of: fn(&AdmissionRow) -> f64| {
            let mut values: Vec<f64> = rows.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            values
        };
        let table = AdmissionTable {
            loads: axis(|row| row.load),
            replicas: axis(|row| row.replicas),
            dispersions: axis(|row| row.dispersion),
            shares: axis(|row| row.output_share),
            seconds: Vec::new(),
            ratios: Vec::new(),
            outcomes: rows.iter().map(|row| row.outcome).collect(),
            clocks: Vec::new(),
        };
        let mut lines = rows.iter().enumerate();
        for load in &table.loads {
            for replicas in &table.replicas {
                for dispersion in &table.dispersions {
                    for share in &table.shares {
                        let here = |row: &AdmissionRow| {
                            (row.load, row.replicas, row.dispersion, row.output_share)
                                == (*load, *replicas, *dispersion, *share)
                        };
                        if !lines.next().is_some_and(|(_, row)| here(row)) {
                            return Err(format!(
                                "no line of load {load}, {replicas} replicas, dispersion {dispersion}, share {share}"
                            ));
                        }
                    }
                }
            }
        }
        if lines.next().is_some() || rows.is_empty() {
            return Err("as many lines as the axes have points, and at least one".into());
        }
        let step = rows.len() / table.loads.len();
        for (at, row) in rows.iter().enumerate().skip(step) {
            let before = &rows[at - step].outcome;
            if row.outcome.shed < before.shed || row.outcome.waits_s[3] < before.waits_s[3] {
                return Err(format!("line {}: less at a higher load", at + 1));
            }
        }
        let mixes = &rows[..table.shares.len()];
        let seconds = mixes.iter().map(|row| 1.0 / row.replica_per_s).collect();
        Ok(AdmissionTable { seconds, ratios: mixes.iter().map(|row| row.capacity_ratio).collect(), ..table })
    }

    /// Rate of a saturated replica over its card's, for a mix. Eq. (172).
    pub fn capacity_ratio(&self, output_share: f64) -> f64 {
        self.by_mix(&self.ratios, output_share)
    }

    /// A figure that each mix has, for this share of answers: straight between mixes, the end beyond the ends. `of_mix` has one for each, by
    /// ascending share.
    pub fn by_mix(&self, of_mix: &[f64], output_share: f64) -> f64 {
        assert_eq!(of_mix.len(), self.shares.len(), "a figure for each mix");
        let (low, part) = place(&self.shares, output_share);
        between(of_mix, low, part)
    }

    /// With how the reference ran: by the number of a mix, by ascending share of answers, and the requests that come to a replica \[1/s\].
    pub fn with_clocks(mut self, clock: impl Fn(usize, f64) -> Clock) -> AdmissionTable {
        for load in &self.loads {
            self.clocks.extend(self.seconds.iter().enumerate().map(|(mix, seconds)| clock(mix, load / seconds)));
        }
        self
    }

    /// Loads at which it was measured, ascending.
    pub fn loads(&self) -> &[f64] {
        &self.loads
    }

    /// The part for requests of this burstiness and mix on such replicas. Eq. (173).
    ///
    /// What is shed is a queue of requests times the seconds each takes against a patience of seconds: a burst of I requests before a replica that
    /// takes c times as long as the reference sheds as one of c I requests before the reference. Times are another matter: a replica on which B
    /// requests run and whose iterations take theta times as long is as the reference with its B_r on a clock theta times as slow, and a burst of I
    /// requests among B is as one of I B_r/B among B_r. So they are looked up under that dispersion and stretched by theta; where rates are all that is
    /// known, under c I and not stretched.
    pub fn of(&self, asked: &Asked<'_>) -> Cut {
        let (mix, mix_part) = place(&self.shares, asked.output_share);
        let slower = asked.seconds_per_request / between(&self.seconds, mix, mix_part);
        // More replicas than were measured are as the most that were, with their part of the requests.
        let measured = self.replicas.len();
        let most = self.replicas[measured - 1];
        let mut replicas = self.replicas.clone();
        replicas.extend((1..=DOUBLINGS).map(|n| most * f64::from(1u32 << n)));
        let mut outcomes = Vec::with_capacity(self.loads.len() * replicas.len());
        for row in 0..self.loads.len() {
            for (count, n) in replicas.iter().enumerate() {
                let kept = (most / n).min(1.0);
                let dispersion = 1.0 + kept * (asked.dispersion - 1.0);
                let line = row * measured + count.min(measured - 1);
                let mut sum = Outcome::default();
                for (m, weight) in [(mix, 1.0 - mix_part), (mix + 1, mix_part)] {
                    if 0.0 < weight {
                        let (bursts, theta) = self.as_reference(asked, row, m).unwrap_or((slower, 1.0));
                        sum.blend(&self.at(line, dispersion * bursts, m).stretched(theta), weight);
                    }
                }
                let shed = self.shed(line, dispersion * slower, (mix, mix_part));
                outcomes.push(Outcome { shed, ..sum });
            }
        }
        let iteration_s = asked.clocks.unwrap_or_default().iter().map(|clock| clock.iteration_s).collect();
        Cut { loads: self.loads.clone(), replicas, outcomes, iteration_s }
    }

    /// Factor on bursts and on times that makes of a replica the reference before a mix, at a load by number; None where a clock is not known.
    fn as_reference(&self, asked: &Asked<'_>, load: usize, mix: usize) -> Option<(f64, f64)> {
        let own = asked.clocks?.get(load)?;
        let reference = self.clocks.get(load * self.shares.len() + mix)?;
        Some((reference.batch / own.batch, own.iteration_s / reference.iteration_s))
    }

    /// What is shed at a line of load and replicas, by ratios between dispersions, straight between mixes.
    fn shed(&self, line: usize, dispersion: f64, (mix, mix_part): (usize, f64)) -> f64 {
        let (burst, part) = place_log(&self.dispersions, dispersion);
        let mut shed = 0.0;
        for (b, weight_b) in [(burst, 1.0 - part), (burst + 1, part)] {
            for (m, weight_m) in [(mix, 1.0 - mix_part), (mix + 1, mix_part)] {
                if 0.0 < weight_b * weight_m {
                    let at = (line * self.dispersions.len() + b) * self.shares.len() + m;
                    shed += weight_b * weight_m * self.outcomes[at].shed;
                }
            }
        }
        shed
    }

    /// What was measured at a line of load and replicas, by ratios between dispersions.
    fn at(&self, line: usize, dispersion: f64, mix: usize) -> Outcome {
        let (burst, part) = place_log(&self.dispersions, dispersion);
        let mut sum = Outcome::default();
        for (b, weight) in [(burst, 1.0 - part), (burst + 1, part)] {
            if 0.0 < weight {
                sum.blend(&self.outcomes[(line * self.dispersions.len() + b) * self.shares.len() + mix], weight);
            }
        }
        sum
    }
}

/// Where a value lies on an ascending axis: the point below it and the part of the way to the next. Beyond the ends, the end.
fn place(axis: &[f64], value: f64) -> (usize, f64) {
    let low = axis.partition_point(|point| *point <= value).saturating_sub(1);
    match axis.get(low + 1) {
        Some(next) => (low, ((value - axis[low]) / (next - axis[low])).clamp(0.0, 1.0)),
        None => (low, 0.0),
    }
}

/// As [`place`], by the ratios of values: counts are as far from 4 to 8 as from 8 to 16.
fn place_log(axis: &[f64], value: f64) -> (usize, f64) {
    let low = axis.partition_point(|point| *point <= value).saturating_sub(1);
    match axis.get(low + 1) {
        Some(next) if axis[low] < value => (low, ln(value / axis[low]) / ln(next / axis[low])),
        _ => (low, 0.0),
    }
}

fn between(values: &[f64], low: usize, part: f64) -> f64 {
    if part <= 0.0 { values[low] } else { values[low] + part * (values[low + 1] - values[low]) }
}

/// A service's part of the table, by load and replicas: outcomes in units that its promise and its replica give a meaning.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Cut {
    loads: Vec<f64>,
    replicas: Vec<f64>,
    outcomes: Vec<Outcome>,
    /// Time of an iteration by load \[s\]; empty where no card tells.
    iteration_s: Vec<f64>,
}

/// What a service promises, and what its replica takes where nothing waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Promise {
    /// Time to first token \[s\]; None: nothing is promised.
    pub ttft_s: Option<f64>,
    /// Time per token after it \[s\].
    pub tpot_s: Option<f64>,
    /// Times that prompts take alone \[s\], with the share of requests that has each; shares add up to 1.
    pub alone_s: Vec<(f64, f64)>,
}

impl Default for Promise {
    /// Nothing is promised, and prompts take no time.
    fn default() -> Promise {
        Promise { ttft_s: None, tpot_s: None, alone_s: vec![(1.0, 0.0)] }
    }
}

impl Promise {
    /// Share of the answered whose first token comes within `seconds`: the wait and the prompt's own time, as if apart from each other, on a clock that
    /// runs `speed` times as fast.
    fn ttft_within(&self, outcome: &Outcome, seconds: f64, speed: f64) -> f64 {
        let within = |alone_s: f64| {
            let left = seconds - alone_s / speed;
            // Waits that a faster clock shortens to this.
            outcome.waits_within(stretched(left, speed))
        };
        self.alone_s.iter().map(|(share, alone_s)| share * within(*alone_s)).sum()
    }

    /// The 99th percentile of the time to first token \[s\], to a thousandth.
    fn ttft_p99_s(&self, outcome: &Outcome) -> f64 {
        let longest = self.alone_s.iter().map(|(_, alone_s)| *alone_s).fold(0.0, f64::max);
        let (mut low, mut high) = (0.0, longest + outcome.waits_s[3] + 1e-9);
        while self.ttft_within(outcome, high, 1.0) < 0.99 {
            (low, high) = (high, 2.0 * high);
        }
        while 1e-3 * high < high - low {
            let middle = (low + high) / 2.0;
            if self.ttft_within(outcome, middle, 1.0) < 0.99 { low = middle } else { high = middle }
        }
        high
    }
}

impl Cut {
    /// With a promise. Eq. (174).
    pub fn promise(self, promise: Promise) -> Admission {
        let ttft = |outcome: &Outcome| promise.ttft_p99_s(outcome);
        let ttft_p99_s: Vec<f64> = self.outcomes.iter().map(ttft).collect();
        let (loads, replicas) = (self.loads.clone(), self.replicas.clone());
        let behind = Behind { cut: self, promise, ttft_p99_s };
        let steps = replicas.windows(2).map(|pair| ln(pair[1] / pair[0])).collect();
        Admission { lines: behind.lines(1.0), loads, replicas, steps, behind: Some(Box::new(behind)) }
    }
}

/// What a table of a promise was made from, so that it can be made anew for another speed.
#[derive(Clone, Debug, PartialEq)]
struct Behind {
    cut: Cut,
    promise: Promise,
    /// At speed 1 \[s\].
    ttft_p99_s: Vec<f64>,
}

impl Behind {
    /// Lines of a replica so many times as fast, at the same loads.
    fn lines(&self, speed: f64) -> Vec<Served> {
        let (cut, promise) = (&self.cut, &self.promise);
        let iteration_s = |at: usize| cut.iteration_s.get(at / cut.replicas.len()).copied();
        let line = |(at, (outcome, ttft_p99_s)): (usize, (&Outcome, &f64))| {
            let tpot_s = iteration_s(at).map(|seconds| outcome.tpot_ratio * seconds / speed);
            let first = promise.ttft_s.map_or(1.0, |most| promise.ttft_within(outcome, most, speed));
            let next = promise.tpot_s.zip(tpot_s).map_or(1.0, |(most, mean)| outcome.tpots_within(most / mean));
            let ttft_p99_s = stretched(*ttft_p99_s, 1.0 / speed);
            Served { shed: outcome.shed, attained: first * next, ttft_p99_s, tpot_s: tpot_s.unwrap_or(0.0) }
        };
        cut.outcomes.iter().zip(&self.ttft_p99_s).enumerate().map(line).collect()
    }
}

/// What becomes of a service's requests at a load.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Served {
    /// Share of the requests that gives up \[0..1\].
    pub shed: f64,
    /// Share of the answered that have what was promised \[0..1\].
    pub attained: f64,
    /// 99th percentile of the time to first token \[s\].
    pub ttft_p99_s: f64,
    /// Mean time per token after it \[s\]; 0 where no card tells.
    pub tpot_s: f64,
}

/// What a service's requests meet, by load and replicas. Eq. (156), (173), (174).
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Admission {
    /// Ascending; empty: no table.
    loads: Vec<f64>,
    replicas: Vec<f64>,
    /// Logarithms of the ratios of each count to the one before: a tick asks twice, a logarithm takes as long as the rest of the answer.
    steps: Vec<f64>,
    lines: Vec<Served>,
    /// None: no table, or one for a speed that was asked for.
    behind: Option<Box<Behind>>,
}

impl Admission {
    /// The bound alone: F = max(0, 1 - 1/u), what a server that never idles while work waits cannot serve at a peak load u, and the only law
    /// that needs no measurement.
    pub fn fluid() -> Admission {
        Admission::default()
    }

    /// The same of replicas so many times as fast as their cards say, speed > 0: at a load, which is what they are asked for over what they can, less time is
    /// waited and taken, and as much is shed. Eq. (174).
    pub fn faster(&self, speed: f64) -> Admission {
        let lines = match &self.behind {
            Some(behind) if speed != 1.0 => behind.lines(speed),
            _ => self.lines.clone(),
        };
        let (loads, replicas, steps) = (self.loads.clone(), self.replicas.clone(), self.steps.clone());
        Admission { loads, replicas, steps, lines, behind: None }
    }

    /// Whether anything but the bound is known.
    pub fn is_measured(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Whether the time between tokens is known.
    pub fn has_tpot(&self) -> bool {
        self.lines.iter().any(|line| 0.0 < line.tpot_s)
    }

    /// The mean of [`Admission::over`] while the rate goes through `rates`, means of equal parts of the time: what is shed is a share of the requests, times and
    /// promises are of those who are answered. Eq. (153).
    pub fn through(&self, rates: &[f64], (low, high): (f64, f64), replicas: f64) -> Served {
        let (mut came, mut answered, mut sum) = (0.0, 0.0, Served::default());
        let count = self.count(replicas);
        for rate in rates {
            let one = self.along((low * rate, high * rate), count);
            let of = rate * (1.0 - one.shed);
            came += rate;
            answered += of;
            sum.attained += of * one.attained;
            sum.ttft_p99_s += of * one.ttft_p99_s;
            sum.tpot_s += of * one.tpot_s;
        }
        if answered <= 0.0 {
            return Served { shed: 1.0, ..Served::default() };
        }
        let mean = |x: f64| x / answered;
        Served {
            shed: 1.0 - answered / came,
            attained: mean(sum.attained),
            ttft_p99_s: mean(sum.ttft_p99_s),
            tpot_s: mean(sum.tpot_s),
        }
    }

    /// The mean of [`Admission::at`] over a tick in which the load goes from a to b, as its requests see it: two points stand for the path.
    /// Eq. (168).
    #[inline]
    pub fn over(&self, loads: (f64, f64), replicas: f64) -> Served {
        self.along(loads, self.count(replicas))
    }

    #[inline]
    fn along(&self, loads: (f64, f64), count: (usize, f64)) -> Served {
        let (a, b) = (self.read(loads.0, count), self.read(loads.1, count));
        let shed = 0.5 * (a.shed + b.shed);
        // Times and promises are of those who are answered.
        let (of_a, of_b) = (1.0 - a.shed, 1.0 - b.shed);
        let all = of_a + of_b;
        if all <= 0.0 {
            return Served { shed, ..a };
        }
        let mean = |x: f64, y: f64| (of_a * x + of_b * y) / all;
        Served {
            shed,
            attained: mean(a.attained, b.attained),
            ttft_p99_s: mean(a.ttft_p99_s, b.ttft_p99_s),
            tpot_s: mean(a.tpot_s, b.tpot_s),
        }
    }

    /// What becomes of requests at a peak load `u` on so many replicas; without a table what is shed alone. Never less is shed than by the
    /// bound. Linear between loads, by ratios between counts of replicas; beyond the ends the end. A load below 0 is our mistake; an infinite one
    /// sheds all.
    #[inline]
    pub fn at(&self, u: f64, replicas: f64) -> Served {
        self.read(u, self.count(replicas))
    }

    /// Where so many replicas lie among the counts, by ratios.
    #[inline]
    fn count(&self, replicas: f64) -> (usize, f64) {
        if self.steps.is_empty() {
            return (0, 0.0);
        }
        let low = self.replicas.partition_point(|point| *point <= replicas).saturating_sub(1);
        match self.steps.get(low) {
            Some(step) if self.replicas[low] < replicas => (low, ln(replicas / self.replicas[low]) / step),
            _ => (low, 0.0),
        }
    }

    #[inline]
    fn read(&self, u: f64, (count, count_part): (usize, f64)) -> Served {
        assert!(0.0 <= u, "a load of {u}");
        let bound = if u <= 1.0 { 0.0 } else { 1.0 - 1.0 / u };
        if self.lines.is_empty() {
            return Served { shed: bound, ..Served::default() };
        }
        let (load, load_part) = place(&self.loads, u);
        let mut sum = Served::default();
        for (l, weight_l) in [(load, 1.0 - load_part), (load + 1, load_part)] {
            for (c, weight_c) in [(count, 1.0 - count_part), (count + 1, count_part)] {
                let weight = weight_l * weight_c;
                if 0.0 < weight {
                    let line = &self.lines[l * self.replicas.len() + c];
                    sum.shed += weight * line.shed;
                    sum.attained += weight * line.attained;
                    sum.ttft_p99_s += weight * line.ttft_p99_s;
                    sum.tpot_s += weight * line.tpot_s;
                }
            }
        }
        sum.shed = sum.shed.max(bound);
        sum
    }
}

mod beyond;
pub use beyond::{Beyond, Range};

#[cfg(test)]
mod tests;
