//! Requests from laws of chance: an arrival process, lengths, classes. Holds no request but the next of each client.

use super::client::{Client, Clients, Gaps};
use super::length::Lengths;
use super::{Arrival, Arrivals};
use crate::stats::chain::{cumulative, pick};
use crate::stats::draw::{Purpose, RunKey, Sequence};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// An arrival process.
#[derive(Clone, Debug, PartialEq)]
pub enum Process {
    /// One client.
    One(Gaps),
    /// Many clients side by side.
    Many(Clients),
}

/// What is to be generated.
#[derive(Clone, Debug, PartialEq)]
pub struct Generate {
    /// When requests arrive.
    pub process: Process,
    /// How long they are.
    pub lengths: Lengths,
    /// Weight of each class; one class for none.
    pub classes: Vec<f64>,
    /// How many requests at most.
    pub requests: u64,
    /// No request from here on [s].
    pub until_s: f64,
}

/// Requests as they are generated, the same for the same key and name.
#[derive(Clone, Debug)]
pub struct Generated {
    clients: Vec<Client>,
    /// When each client sends next, the earliest first, ties to the first client.
    next: BinaryHeap<Reverse<(u64, u32)>>,
    lengths: Lengths,
    length: Sequence,
    classes: Vec<f64>,
    class: Sequence,
    left: u64,
    until_ns: u64,
    row: u64,
}

impl Generated {
    /// Begins at 0. `entity` names whose requests they are; the error says which term is wrong.
    pub fn new(terms: &Generate, key: RunKey, entity: &str) -> Result<Generated, String> {
        let gaps = match &terms.process {
            Process::One(gaps) => vec![gaps.clone()],
            Process::Many(clients) => {
                let of = |per_s: f64| Gaps::by_rate(per_s, clients.cv, clients.kind);
                clients.rates().into_iter().map(of).collect::<Result<Vec<_>, _>>()?
            }
        };
        if gaps.is_empty() {
            return Err("no client; give 1 or more".into());
        }
        if let Lengths::Seen(pairs) = &terms.lengths
            && pairs.is_empty()
        {
            return Err("no lengths to draw from".into());
        }
        let chance = |purpose, item: usize| key.prefix(purpose, entity, 0).sequence(item as i64);
        let clients = gaps.into_iter().enumerate();
        let clients: Vec<Client> = clients.map(|(at, gaps)| Client::new(gaps, chance(Purpose::Arrival, at))).collect();
        let mut generated = Generated {
            next: BinaryHeap::with_capacity(clients.len() + 1),
            clients,
            lengths: terms.lengths.clone(),
            length: chance(Purpose::Size, 0),
            classes: cumulative(&terms.classes),
            class: chance(Purpose::Priority, 0),
            left: terms.requests,
            until_ns: nanoseconds(terms.until_s),
            row: 0,
        };
        (0..generated.clients.len()).for_each(|client| generated.push(client as u32));
        Ok(generated)
    }

    fn push(&mut self, client: u32) {
        let at_ns = nanoseconds(self.clients[client as usize].next_s());
        if at_ns < self.until_ns {
            self.next.push(Reverse((at_ns, client)));
        }
    }
}

fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

impl Arrivals for Generated {
    fn next(&mut self, into: &mut Arrival) -> bool {
        if self.left == 0 {
            return false;
        }
        let Some(Reverse((at_ns, client))) = self.next.pop() else { return false };
        self.push(client);
        let (input, output) = self.lengths.draw(&mut self.length);
        let class = if self.classes.len() < 2 { 0 } else { pick(&self.classes, self.class.unit()) as u8 };
        into.blocks.clear();
        (into.at_ns, into.row, into.input, into.output, into.class, into.model) =
            (at_ns, self.row, input, output, class, 0);
        self.row += 1;
        self.left -= 1;
        true
    }
}
