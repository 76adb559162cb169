//! The requests of a log as arrivals, closer together or further apart. Reads no file.

use crate::trace::RequestLog;
use crate::workload::requests::{Arrival, Arrivals};

/// A log on its way through time.
pub struct Logged<'l> {
    log: &'l RequestLog,
    next: usize,
    first_ns: u64,
    rate_scale: f64,
    /// Place of each class of the log among those of the terms.
    classes: Vec<u8>,
    /// Place of each of its models; empty: all ask for the first.
    models: Vec<u16>,
}

impl<'l> Logged<'l> {
    /// All requests; the gaps after the first are divided by `rate_scale`, which is positive. `classes` has a place for each of the log's.
    pub fn new(log: &'l RequestLog, rate_scale: f64, classes: Vec<u8>) -> Logged<'l> {
        let first_ns = log.requests.first().map_or(0, |request| request.at_ns);
        Logged { log, next: 0, first_ns, rate_scale, classes, models: Vec::new() }
    }

    /// The same, where each of the log's models has a place among those that are served.
    pub fn with_models(self, models: Vec<u16>) -> Logged<'l> {
        Logged { models, ..self }
    }
}

impl Arrivals for Logged<'_> {
    fn next(&mut self, into: &mut Arrival) -> bool {
        let Some(request) = self.log.requests.get(self.next) else { return false };
        self.next += 1;
        let since_ns = request.at_ns - self.first_ns;
        let scaled_ns =
            if self.rate_scale == 1.0 { since_ns } else { (since_ns as f64 / self.rate_scale).round() as u64 };
        into.at_ns = self.first_ns + scaled_ns;
        (into.row, into.input, into.output) = (request.row, request.input, request.output);
        into.class = self.classes[usize::from(request.class)];
        into.model = self.models.get(usize::from(request.model)).copied().unwrap_or(0);
        into.blocks.clear();
        into.blocks.extend_from_slice(&self.log.blocks[request.blocks.start as usize..request.blocks.end as usize]);
        true
    }
}
