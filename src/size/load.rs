//! The requests that are to be served, held so that every candidate meets the same ones, and how bursty they are. Knows no replica.

use crate::workload::requests::{Arrival, Arrivals};

/// Windows that an index of dispersion takes at least.
const LEAST_WINDOWS: u64 = 10;

/// A request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct One {
    at_ns: u64,
    row: u64,
    input: u32,
    output: u32,
}

/// Requests in order of arrival; two at least, not all at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    requests: Vec<One>,
}

/// How bursty numbers of requests are. Eq. (176).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dispersion {
    /// Variance of the requests in a window over their mean \[-\].
    pub index: f64,
    /// Length of a window \[s\].
    pub window_s: f64,
    /// How many.
    pub windows: u64,
}

impl Load {
    /// All that come; the error says why there is nothing to size for.
    pub fn gather(arrivals: &mut impl Arrivals) -> Result<Load, String> {
        let (mut requests, mut next) = (Vec::new(), Arrival::default());
        while arrivals.next(&mut next) {
            requests.push(One { at_ns: next.at_ns, row: next.row, input: next.input, output: next.output });
        }
        let load = Load { requests };
        match load.requests.len() {
            0 | 1 => Err(format!("{} requests have no rate", load.requests.len())),
            n if load.span_s() <= 0.0 => Err(format!("all {n} requests arrive at one instant: they have no rate")),
            _ => Ok(load),
        }
    }

    /// How many.
    pub fn requests(&self) -> u64 {
        self.requests.len() as u64
    }

    /// From the first arrival to the last \[s\].
    pub fn span_s(&self) -> f64 {
        match (self.requests.first(), self.requests.last()) {
            (Some(first), Some(last)) => (last.at_ns - first.at_ns) as f64 / 1e9,
            _ => 0.0,
        }
    }

    /// When the first arrives \[ns\].
    pub fn first_ns(&self) -> u64 {
        self.requests[0].at_ns
    }

    /// Requests \[1/s\]: the gaps between them over the span.
    pub fn per_s(&self) -> f64 {
        (self.requests.len() - 1) as f64 / self.span_s()
    }

    /// Mean tokens of prompts and of answers.
    pub fn mean_tokens(&self) -> (f64, f64) {
        let mean = |of: fn(&One) -> u32| {
            self.requests.iter().map(|it| u64::from(of(it))).sum::<u64>() as f64 / self.requests.len() as f64
        };
        (mean(|it| it.input), mean(|it| it.output))
    }

    /// Squared coefficients of variation of prompts and answers \[-\]; 0 where all are alike, or of no token.
    pub fn length_scv(&self) -> (f64, f64) {
        let (input, output) = self.mean_tokens();
        let scv = |of: fn(&One) -> u32, mean: f64| {
            let squares: f64 =
                self.requests.iter().map(|it| (f64::from(of(it)) - mean) * (f64::from(of(it)) - mean)).sum();
            if 0.0 < mean { squares / self.requests.len() as f64 / (mean * mean) } else { 0.0 }
        };
        (scv(|it| it.input, input), scv(|it| it.output, output))
    }

    /// (prompt, answer) of each \[tokens\].
    pub fn lengths(&self) -> impl Iterator<Item = (u32, u32)> {
        self.requests.iter().map(|it| (it.input, it.output))
    }

    /// Variance over mean of the numbers in windows of `window_s`, side by side from the first arrival, the last part of one left out; where
    /// there are fewer than ten, a tenth of the span is the window. Eq. (176).
    pub fn dispersion(&self, window_s: f64) -> Dispersion {
        let window_s = window_s.clamp(1e-9, self.span_s() / LEAST_WINDOWS as f64);
        // A span that is a whole number of windows has them all, whatever the last digit.
        let windows = ((self.span_s() / window_s + 1e-9) as u64).clamp(LEAST_WINDOWS, 1 << 24);
        let first_ns = self.first_ns();
        let (mut counts, mut at) = (vec![0_u32; windows as usize], 0);
        for request in &self.requests {
            at = at.max(((request.at_ns - first_ns) as f64 / 1e9 / window_s) as usize);
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
        }
        let n = windows as f64;
        let mean = counts.iter().map(|count| f64::from(*count)).sum::<f64>() / n;
        let squares = counts.iter().map(|count| (f64::from(*count) - mean) * (f64::from(*count) - mean)).sum::<f64>();
        Dispersion { index: if 0.0 < mean { squares / (n - 1.0) / mean } else { 1.0 }, window_s, windows }
    }

    /// The same requests at equal distances over the same span.
    pub fn even(&self) -> Load {
        let (first_ns, last) = (self.first_ns(), self.requests.len() - 1);
        let span_ns = u128::from(self.requests[last].at_ns - first_ns);
        let at = |place: usize| first_ns + (span_ns * place as u128 / last as u128) as u64;
        let requests = self.requests.iter().enumerate().map(|(place, it)| One { at_ns: at(place), ..*it });
        Load { requests: requests.collect() }
    }

    /// The first so many of them; all where those are at one instant.
    pub fn first(&self, most: usize) -> Load {
        let first = Load { requests: self.requests[..most.clamp(2, self.requests.len())].to_vec() };
        if 0.0 < first.span_s() { first } else { self.clone() }
    }

    /// The same requests, the gaps between them divided by `rate_scale`, which is positive.
    pub fn scaled(&self, rate_scale: f64) -> Load {
        let first_ns = self.first_ns();
        let scaled = |since_ns: u64| {
            if rate_scale == 1.0 { since_ns } else { (since_ns as f64 / rate_scale).round() as u64 }
        };
        let requests = self.requests.iter().map(|it| One { at_ns: first_ns + scaled(it.at_ns - first_ns), ..*it });
        Load { requests: requests.collect() }
    }

    /// From the first.
    pub fn arrivals(&self) -> Replayed<'_> {
        Replayed(self.requests.iter())
    }
}

/// A load on its way through time.
pub struct Replayed<'l>(std::slice::Iter<'l, One>);

impl Arrivals for Replayed<'_> {
    fn next(&mut self, into: &mut Arrival) -> bool {
        let Some(one) = self.0.next() else { return false };
        (into.at_ns, into.row, into.input, into.output) = (one.at_ns, one.row, one.input, one.output);
        (into.class, into.model) = (0, 0);
        into.blocks.clear();
        true
    }
}
