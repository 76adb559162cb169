//! Small worlds for the tests of the request tier, and what they say of each request.

mod laws;
mod limits;
mod mutations;
mod timelines;

use super::*;
use crate::perf::Affine;
use crate::workload::requests::{Arrival, Arrivals};

/// Requests as they stand in a list.
struct Listed<'l>(&'l [Arrival], usize);

impl Arrivals for Listed<'_> {
    fn next(&mut self, into: &mut Arrival) -> bool {
        let Some(next) = self.0.get(self.1) else { return false };
        into.clone_from(next);
        self.1 += 1;
        true
    }
}

/// Keeps every line.
#[derive(Default)]
struct Kept {
    done: Vec<Done>,
    running: Vec<(u32, u64, bool)>,
    spans: Vec<Span>,
}

/// An iteration, or as many steps as are one event.
#[derive(Clone, Copy, Debug)]
struct Span {
    replica: u32,
    from_ns: u64,
    to_ns: u64,
    batch: u32,
    kv_from: u64,
    kv_to: u64,
}

impl Kept {
    fn kv_most(&self) -> u64 {
        self.spans.iter().map(|span| span.kv_to).max().unwrap_or(0)
    }
}

impl Sink for Kept {
    fn done(&mut self, done: &Done) {
        self.done.push(*done);
    }

    fn span(&mut self, replica: u32, from_ns: u64, to_ns: u64, batch: u32, kv_from: u64, kv_to: u64) {
        assert!(from_ns < to_ns && 0 < batch, "an iteration of nobody or of no time");
        self.spans.push(Span { replica, from_ns, to_ns, batch, kv_from, kv_to });
    }

    fn replica(&mut self, replica: u32, at_ns: u64, runs: bool) {
        self.running.push((replica, at_ns, runs));
    }
}

/// A second an iteration and a tenth a prompt token; memory and batches without end; one replica, one class.
fn terms() -> Terms<Affine> {
    let times = Affine { step_s: 1.0, prompt_token_s: 0.1, ..Affine::default() };
    let model = Model {
        times,
        kv_tokens: 1 << 40,
        kv_reserve: 0,
        max_batch: 1 << 20,
        max_batch_tokens: 1 << 20,
        max_context: 1 << 40,
        chunked: false,
        transfer_s: (0.0, 0.0),
    };
    Terms {
        models: vec![model],
        fleets: vec![Fleet::fixed(0, 1)],
        classes: vec![Class::default()],
        routing: Routing::ShortestQueue,
        prefixes: None,
        scaling: None,
        pool: None,
        paces: Vec::new(),
        single_steps: false,
    }
}

/// (arrival [s], prompt, answer).
fn request(at_s: f64, input: u32, output: u32) -> Arrival {
    Arrival { at_ns: (at_s * 1e9).round() as u64, input, output, ..Arrival::default() }
}

/// Runs it in steps of many and of one, which must agree; what became of each request, in order of the list.
fn run(terms: &Terms<Affine>, list: &[Arrival]) -> (Kept, Totals) {
    run_sabotaged(terms, list, Sabotage::None)
}

/// Long after every random world is done, where nothing is broken [ns].
const HORIZON_NS: u64 = 2_000_000_000_000;

fn run_sabotaged(terms: &Terms<Affine>, list: &[Arrival], sabotage: Sabotage) -> (Kept, Totals) {
    // Who is lost would be waited for without end.
    let until_ns = (sabotage != Sabotage::None).then_some(HORIZON_NS);
    let numbered: Vec<Arrival> =
        list.iter().enumerate().map(|(row, arrival)| Arrival { row: row as u64, ..arrival.clone() }).collect();
    let both = [false, true].map(|single_steps| {
        let mut kept = Kept::default();
        let terms = Terms { single_steps, ..terms.clone() };
        let mut totals = serve_sabotaged(&terms, &mut Listed(&numbered, 0), &mut kept, until_ns, sabotage);
        totals.events = 0;
        (kept, totals)
    });
    let [(mut kept, totals), (single, single_totals)] = both;
    assert_eq!(kept.done, single.done, "one event a step gives other results than one for many");
    // Its integral is rounded by half a token-nanosecond an event.
    let plain = |totals: &Totals| {
        let mut plain = totals.clone();
        plain.replicas.iter_mut().for_each(|spent| spent.kv_ns = 0);
        plain
    };
    assert_eq!(plain(&totals), plain(&single_totals));
    assert_eq!(kept.running, single.running);
    let steps = totals.spent().iterations;
    assert_eq!(single.spans.len() as u64, steps, "{steps} iterations, {} of them seen", single.spans.len());
    kept.done.sort_by_key(|done| done.row);
    (kept, totals)
}

/// `0: first 2 end 4 at 0`, seconds; the replica behind `at`.
fn told(done: &[Done]) -> String {
    let one = |done: &Done| {
        let seconds = |ns: u64| format!("{}", ns as f64 / 1e9);
        let first = done.first_ns.map_or_else(|| "-".into(), seconds);
        let how = match done.end {
            End::Finished => String::new(),
            End::GaveUp => " gave up".into(),
            End::Refused => " refused".into(),
        };
        let replica = done.replica.map_or_else(String::new, |replica| format!(" at {replica}"));
        format!("{}: first {first} end {}{replica}{how}", done.row, seconds(done.end_ns))
    };
    done.iter().map(one).collect::<Vec<_>>().join(" | ")
}

fn check(terms: &Terms<Affine>, list: &[Arrival], want: &str) -> (Kept, Totals) {
    let (kept, totals) = run(terms, list);
    assert_eq!(told(&kept.done), want);
    (kept, totals)
}
