//! Replicas that do the same for one model: how much each has outstanding, which one takes the next request, who waits for any.

use super::chain::Chain;
use super::replica::{Phase, Replica};
use super::requests::{Requests, State};
use super::sabotage::{Rule, Sabotage};
use super::terms::{CLASSES, Fleet, Routing};
use super::tournament::Tournament;

/// A fleet as it stands.
#[derive(Debug)]
pub(super) struct Group {
    pub terms: Fleet,
    /// Number of its first replica; the others follow.
    pub first: u32,
    /// Outstanding tokens by replica; of all of them and of who is at the door. Eq. (132).
    outstanding: Vec<u64>,
    pub all_outstanding: u64,
    /// The same of those that take requests, the greatest number for the others.
    open: Tournament,
    /// Who waits for a replica to open, by class.
    pub door: [Chain; CLASSES],
    /// Where round robin stands.
    turn: u32,
    /// Since when fewer replicas would be enough [ns].
    pub fewer_since_ns: Option<u64>,
    /// Up or starting, and how many more are wanted, at the look under way.
    pub there: u32,
    pub lacking: u32,
    /// What a test has broken.
    pub sabotage: Sabotage,
}

impl Group {
    pub fn new(terms: Fleet, first: u32) -> Group {
        Group {
            terms,
            first,
            outstanding: vec![0; terms.max as usize],
            all_outstanding: 0,
            open: Tournament::new(terms.max as usize),
            door: Default::default(),
            turn: 0,
            fewer_since_ns: None,
            there: 0,
            lacking: 0,
            sabotage: Sabotage::None,
        }
    }

    /// Numbers of its replicas.
    pub fn replicas(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.terms.max
    }

    /// A replica begins to take requests, or ceases to.
    pub fn set_open(&mut self, replica: u32, open: bool) {
        let place = replica - self.first;
        self.open.set(place, if open { self.outstanding[place as usize] } else { u64::MAX });
    }

    /// A replica has so many tokens more outstanding.
    #[inline]
    pub fn add(&mut self, replica: u32, tokens: u64) {
        self.all_outstanding += tokens;
        self.change(replica, tokens, 0);
    }

    /// A replica has so many tokens fewer outstanding.
    #[inline]
    pub fn take(&mut self, replica: u32, tokens: u64) {
        self.all_outstanding -= tokens;
        self.change(replica, 0, tokens);
    }

    #[inline]
    fn change(&mut self, replica: u32, more: u64, fewer: u64) {
        let place = replica - self.first;
        let tokens = &mut self.outstanding[place as usize];
        *tokens = *tokens + more - fewer;
        if self.open.key(place) != u64::MAX {
            self.open.set(place, *tokens);
        }
    }

    /// Outstanding tokens of a replica.
    pub fn outstanding(&self, replica: u32) -> u64 {
        self.outstanding[(replica - self.first) as usize]
    }

    /// Outstanding tokens where the fewest are; None where nobody takes requests.
    pub fn least_outstanding(&self) -> Option<u64> {
        let (least, _) = self.open.least();
        (least != u64::MAX).then_some(least)
    }

    /// Who takes this request; None where nobody takes any.
    #[inline]
    pub fn choose(&mut self, requests: &Requests, replicas: &[Replica], slot: u32, routing: Routing) -> Option<u32> {
        let (least, first) = self.open.least();
        if least == u64::MAX {
            return None;
        }
        let place = match routing {
            Routing::ShortestQueue if self.sabotage.breaks(Rule::ShortestQueue) => {
                (0..self.terms.max).rev().find(|place| self.open.key(*place) != u64::MAX).expect("one is open")
            }
            Routing::ShortestQueue => first,
            Routing::RoundRobin => {
                let n = self.terms.max;
                let next = |step: u32| (self.turn + step) % n;
                let place = (0..n).map(next).find(|place| self.open.key(*place) != u64::MAX).expect("one is open");
                self.turn = if self.sabotage.breaks(Rule::RoundRobin) { 0 } else { (place + 1) % n };
                place
            }
            Routing::PrefixAware => {
                let cost = |replica: u32| {
                    let cached = replicas[replica as usize].cached_tokens(requests, slot);
                    self.outstanding(replica) + u64::from(requests[slot].input - cached)
                };
                let open = self.replicas().filter(|replica| replicas[*replica as usize].phase == Phase::Up);
                open.min_by_key(|replica| (cost(*replica), *replica)).expect("one is open") - self.first
            }
        };
        Some(self.first + place)
    }

    /// Waits for a replica to open.
    pub fn wait_at_door(&mut self, requests: &mut Requests, slot: u32) {
        requests[slot].state = State::AtDoor;
        self.door[usize::from(requests[slot].class)].push(requests, slot);
    }

    /// The next who waits at the door, taken from it.
    pub fn call_in(&mut self, requests: &mut Requests) -> Option<u32> {
        let door = self.door.iter_mut().find(|door| 0 < door.len())?;
        let slot = door.first()?;
        door.remove(requests, slot);
        Some(slot)
    }
}
