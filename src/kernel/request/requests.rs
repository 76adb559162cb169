//! The requests that are there at once, in slots that are used again. Knows no replica's rules.

use super::{NEVER, NONE};
use crate::workload::requests::Arrival;

/// Where a request is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Nowhere: the slot is free.
    Free,
    /// At the door: no replica takes requests.
    AtDoor,
    /// In a replica's queue.
    Waiting,
    /// In a replica's batch, its prompt not all processed.
    Prompt,
    /// In a replica's batch, a token a step.
    Decoding,
    /// On its way to another replica.
    Sent,
}

/// A request that is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub at_ns: u64,
    pub row: u64,
    /// When its first token came; [`NEVER`] until then [ns].
    pub first_ns: u64,
    /// Different for each request that ever held this slot.
    pub born: u64,
    /// Its batch's counter of steps when its last token comes, while it decodes.
    pub target: u64,
    /// When it joined its batch, as a number that grows.
    pub joined: u64,
    pub input: u32,
    pub output: u32,
    /// Tokens that it was answered with, but for those since it last began to decode.
    pub produced: u32,
    /// Tokens of context still to be processed before its next token.
    pub todo: u32,
    /// Tokens of its prompt that were found in a cache.
    pub cached: u32,
    /// Tokens of memory that it holds, but for those of steps since it last began to decode.
    pub held: u32,
    pub replica: u32,
    /// Neighbours in the one chain it is in.
    pub next: u32,
    pub before: u32,
    pub preemptions: u16,
    pub model: u16,
    pub class: u8,
    pub state: State,
}

/// Slots.
#[derive(Debug, Default)]
pub(super) struct Requests {
    slots: Vec<Request>,
    /// Names of the blocks of each prompt, by slot.
    blocks: Vec<Vec<u32>>,
    free: Vec<u32>,
    born: u64,
    pub alive: u64,
}

impl Requests {
    /// Takes a request in.
    pub fn take(&mut self, arrival: &mut Arrival) -> u32 {
        self.born += 1;
        self.alive += 1;
        let request = Request {
            at_ns: arrival.at_ns,
            row: arrival.row,
            first_ns: NEVER,
            born: self.born,
            target: 0,
            joined: 0,
            input: arrival.input,
            output: arrival.output,
            produced: 0,
            todo: arrival.input,
            cached: 0,
            held: 0,
            replica: NONE,
            next: NONE,
            before: NONE,
            preemptions: 0,
            model: arrival.model,
            class: arrival.class,
            state: State::AtDoor,
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = request;
                slot
            }
            None => {
                self.slots.push(request);
                self.blocks.push(Vec::new());
                (self.slots.len() - 1) as u32
            }
        };
        if !arrival.blocks.is_empty() || !self.blocks[slot as usize].is_empty() {
            std::mem::swap(&mut self.blocks[slot as usize], &mut arrival.blocks);
        }
        slot
    }

    /// Gives a slot back.
    pub fn free(&mut self, slot: u32) {
        self.slots[slot as usize].state = State::Free;
        self.alive -= 1;
        self.free.push(slot);
    }

    /// Names of the blocks of its prompt.
    pub fn blocks(&self, slot: u32) -> &[u32] {
        &self.blocks[slot as usize]
    }
}

impl std::ops::Index<u32> for Requests {
    type Output = Request;
    #[inline]
    fn index(&self, slot: u32) -> &Request {
        &self.slots[slot as usize]
    }
}

impl std::ops::IndexMut<u32> for Requests {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut Request {
        &mut self.slots[slot as usize]
    }
}

impl Request {
    /// Tokens of its context: the prompt and what it was answered with.
    pub fn context(&self) -> u32 {
        self.input + self.produced
    }
}
