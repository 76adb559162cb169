//! A replica: its queue, its batch, its memory, and who joins next. Does not know the other replicas, nor time to come.

use super::NONE;
use super::blocks::BlockCache;
use super::chain::Chain;
use super::outcome::Spent;
use super::requests::{Request, Requests, State};
use super::sabotage::{Release, Rule, Sabotage};
use super::terms::{CLASSES, Model};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Whether a replica is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// Not paid for.
    Off,
    /// Loading its model.
    Starting,
    /// Taking requests.
    Up,
    /// Finishing those it has.
    Draining,
}

/// What a replica does at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Doing {
    /// Nothing, or about to look at its queue.
    Nothing,
    /// So many steps in which all that decode get a token each.
    Steps(u64),
    /// One iteration over the prompts in `working`; with or without a token for those that decode.
    Prompts {
        /// Chunks beside decodes.
        mixed: bool,
    },
}

/// One replica.
#[derive(Debug)]
pub(super) struct Replica {
    pub phase: Phase,
    pub doing: Doing,
    pub began_ns: u64,
    /// Since when it is paid for [ns].
    pub held_since_ns: u64,
    /// Everyone in the batch, in the order they joined.
    pub members: Chain,
    /// Those of them that decode.
    pub decodes: u32,
    /// Steps decoded since the replica exists: who joins at c and wants n more tokens is done at c + n. Eq. (134).
    pub counter: u64,
    /// (counter at the last token, number of the join, slot); some have left their place since.
    pub finishing: BinaryHeap<Reverse<(u64, u64, u32)>>,
    /// Tokens in the contexts of those that decode.
    pub context: u64,
    /// Tokens of memory taken.
    pub used: u64,
    /// By class.
    pub waiting: [Chain; CLASSES],
    pub waits: u32,
    /// Prompts of this iteration and how many tokens of each.
    pub working: Vec<(u32, u32)>,
    /// The one of them that will not be done.
    pub partial: u32,
    pub cache: Option<BlockCache>,
    /// Tokens of a block.
    pub block_tokens: u32,
    pub spent: Spent,
    /// What a test has broken.
    pub sabotage: Sabotage,
    joins: u64,
}

impl Replica {
    /// One that is off. `cached` is (tokens of a block, blocks).
    pub fn new(max_batch: u32, cached: Option<(u32, u32)>) -> Replica {
        let room = max_batch.min(1 << 12) as usize;
        Replica {
            phase: Phase::Off,
            doing: Doing::Nothing,
            began_ns: 0,
            held_since_ns: 0,
            members: Chain::default(),
            decodes: 0,
            counter: 0,
            finishing: BinaryHeap::with_capacity(room),
            context: 0,
            used: 0,
            waiting: Default::default(),
            waits: 0,
            working: Vec::with_capacity(16),
            partial: NONE,
            cache: cached.map(|(_, blocks)| BlockCache::new(blocks)),
            block_tokens: cached.map_or(1, |(tokens, _)| tokens),
            spent: Spent::default(),
            sabotage: Sabotage::None,
            joins: 0,
        }
    }

    /// Nothing to do and nobody to do it for; memory may still be held for those on their way.
    pub fn is_idle(&self) -> bool {
        self.doing == Doing::Nothing && self.members.len() == 0 && self.waits == 0
    }

    /// A request joins the queue of its class.
    pub fn enqueue(&mut self, requests: &mut Requests, slot: u32) {
        requests[slot].state = State::Waiting;
        let queue = &mut self.waiting[usize::from(requests[slot].class)];
        if self.sabotage.breaks(Rule::Fifo) {
            queue.push_first(requests, slot);
        } else {
            queue.push(requests, slot);
        }
        self.waits += 1;
    }

    /// A request leaves the queue.
    pub fn dequeue(&mut self, requests: &mut Requests, slot: u32) {
        assert!(requests[slot].state == State::Waiting, "{:?}", requests[slot]);
        self.waiting[usize::from(requests[slot].class)].remove(requests, slot);
        self.waits -= 1;
    }

    /// Who joins next: the first of the first class.
    #[inline]
    pub fn head(&self) -> Option<u32> {
        if self.waits == 0 {
            return None;
        }
        if self.sabotage.breaks(Rule::Classes) {
            return self.waiting.iter().rev().find_map(Chain::first);
        }
        self.waiting.iter().find_map(Chain::first)
    }

    /// Whether a request may join when `used` tokens of memory are taken. Eq. (136).
    #[inline]
    pub fn has_room<S>(&self, model: &Model<S>, request: &Request, used: u64) -> bool {
        if model.max_batch <= self.members.len() && !self.sabotage.breaks(Rule::Batch) {
            return false;
        }
        if self.sabotage.breaks(Rule::Memory) {
            return true;
        }
        // Its context, its next token, and one more for each that decodes.
        let need = u64::from(request.context()) + 1 + u64::from(self.decodes);
        let free = model.kv_tokens - used;
        if self.members.len() == 0 { need <= free } else { need + model.kv_reserve <= free }
    }

    /// Takes memory for a context and the token that follows it, or only for the context.
    pub fn hold<S>(&mut self, requests: &mut Requests, slot: u32, tokens: u32, model: &Model<S>) {
        requests[slot].held = tokens;
        self.used += u64::from(tokens);
        assert!(self.used <= model.kv_tokens, "{} tokens in a memory of {}", self.used, model.kv_tokens);
        self.members.push(requests, slot);
        self.joins += 1;
        requests[slot].joined = self.joins;
    }

    /// From the next step on it gets a token a step.
    pub fn begin_decoding(&mut self, requests: &mut Requests, slot: u32) {
        let request = &mut requests[slot];
        request.state = State::Decoding;
        request.target = self.counter + u64::from(request.output - request.produced);
        self.finishing.push(Reverse((request.target, request.joined, slot)));
        self.decodes += 1;
        self.context += u64::from(request.context());
    }

    /// It decodes no longer: what it has got since it began is its own again.
    fn end_decoding(&mut self, requests: &mut Requests, slot: u32) {
        let request = &mut requests[slot];
        let left = (request.target - self.counter) as u32;
        let got = request.output - left - request.produced;
        if !self.sabotage.breaks(Rule::TokenTwice) {
            request.produced += got;
        }
        request.held += got;
        self.decodes -= 1;
        self.context -= u64::from(request.context());
    }

    /// Leaves the batch; its memory stays taken.
    pub fn leave(&mut self, requests: &mut Requests, slot: u32) {
        if requests[slot].state == State::Decoding {
            self.end_decoding(requests, slot);
        }
        self.members.remove(requests, slot);
    }

    /// Gives back the memory of one that has left.
    pub fn release(&mut self, requests: &Requests, slot: u32) {
        self.used -= u64::from(requests[slot].held);
    }

    /// The next of those that are done at this count of steps.
    pub fn take_done(&mut self, requests: &Requests) -> Option<u32> {
        loop {
            let Reverse((target, joined, slot)) = *self.finishing.peek()?;
            let request = &requests[slot];
            let stale = request.state != State::Decoding || request.joined != joined || request.target != target;
            if !stale && self.counter < target {
                return None;
            }
            self.finishing.pop();
            if !stale {
                return Some(slot);
            }
        }
    }

    /// Steps until the first of those that decode is done.
    pub fn steps_to_first_done(&mut self, requests: &Requests) -> u64 {
        loop {
            let Reverse((target, joined, slot)) = *self.finishing.peek().expect("somebody decodes");
            let request = &requests[slot];
            if request.state == State::Decoding && request.joined == joined && request.target == target {
                return target - self.counter;
            }
            self.finishing.pop();
        }
    }

    /// Sets the newest members back until every other can have one more token; how many. Eq. (137).
    pub fn make_room<S>(&mut self, requests: &mut Requests, model: &Model<S>) -> u64 {
        let mut set_back = 0;
        if self.sabotage.breaks(Rule::Growth) {
            return 0;
        }
        while model.kv_tokens < self.used + u64::from(self.decodes) {
            let slot = self.members.last().expect("one request alone fits");
            self.leave(requests, slot);
            if !self.sabotage.keeps(Release::SetBack) {
                self.release(requests, slot);
            }
            if self.partial == slot {
                self.partial = NONE;
            }
            let request = &mut requests[slot];
            (request.state, request.held, request.todo) = (State::Waiting, 0, request.context());
            request.preemptions = request.preemptions.saturating_add(1);
            set_back += 1;
            if self.sabotage.breaks(Rule::Drop) {
                continue;
            }
            self.waiting[usize::from(request.class)].push_first(requests, slot);
            self.waits += 1;
        }
        set_back
    }

    /// Tokens of a prompt that need not be processed, because their blocks are there; at least one is processed.
    pub fn cached_tokens(&self, requests: &Requests, slot: u32) -> u32 {
        let Some(cache) = &self.cache else { return 0 };
        let hits = cache.hits(requests.blocks(slot)) as u32;
        hits.saturating_mul(self.block_tokens).min(requests[slot].input - 1)
    }
}
