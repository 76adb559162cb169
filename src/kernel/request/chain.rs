//! A list of requests through their own neighbours: joins, leaves and heads cost the same whatever its length.

use super::NONE;
use super::requests::Requests;

/// The first and the last of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    first: u32,
    last: u32,
    len: u32,
}

impl Default for Chain {
    fn default() -> Chain {
        Chain { first: NONE, last: NONE, len: 0 }
    }
}

impl Chain {
    /// How many.
    #[inline]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// The first.
    #[inline]
    pub fn first(&self) -> Option<u32> {
        (self.first != NONE).then_some(self.first)
    }

    /// The last.
    #[inline]
    pub fn last(&self) -> Option<u32> {
        (self.last != NONE).then_some(self.last)
    }

    /// Joins at the end.
    pub fn push(&mut self, requests: &mut Requests, slot: u32) {
        (requests[slot].before, requests[slot].next) = (self.last, NONE);
        match self.last {
            NONE => self.first = slot,
            last => requests[last].next = slot,
        }
        self.last = slot;
        self.len += 1;
    }

    /// Joins at the head.
    pub fn push_first(&mut self, requests: &mut Requests, slot: u32) {
        (requests[slot].before, requests[slot].next) = (NONE, self.first);
        match self.first {
            NONE => self.last = slot,
            first => requests[first].before = slot,
        }
        self.first = slot;
        self.len += 1;
    }

    /// Leaves, from wherever it stands.
    pub fn remove(&mut self, requests: &mut Requests, slot: u32) {
        let (before, next) = (requests[slot].before, requests[slot].next);
        match before {
            NONE => self.first = next,
            before => requests[before].next = next,
        }
        match next {
            NONE => self.last = before,
            next => requests[next].before = before,
        }
        self.len -= 1;
    }
}
