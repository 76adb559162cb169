//! A pool from now on, step by step, as expected ends and planned starts leave it. Plans a gang into it; starts nobody.

use super::nodes::Piece;
use super::outlook::Outlook;
use crate::units::{SimTime, Span};
use crate::world::Placement;

/// How the pool stands from each instant until the next; the last lasts.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    steps: Vec<(SimTime, Outlook)>,
}

/// A gang to be planned.
#[derive(Clone, Copy, Debug)]
pub struct Gang {
    /// Whose.
    pub tenant: usize,
    /// Size.
    pub chips: u32,
    /// Expected length.
    pub length: Span,
}

impl Profile {
    /// The pool as it stands at `now`.
    pub fn new(now: SimTime, pool: Outlook) -> Profile {
        Profile { steps: vec![(now, pool)] }
    }

    /// From `at` on, not before the last step, the gang is gone.
    pub fn release(&mut self, at: SimTime, tenant: usize, chips: u32, pieces: &[Piece]) {
        let (last, outlook) = self.steps.last().expect("now is a step");
        if *last < at {
            let next = outlook.clone();
            self.steps.push((at, next));
        }
        self.steps.last_mut().expect("now is a step").1.release(tenant, chips, pieces);
    }

    /// The earliest start at which the gang finds room and keeps it to its end, and its nodes; None when it never does.
    ///
    /// No earlier start has such nodes: who comes to stand here besides never makes the gang's start earlier.
    pub fn earliest(&self, gang: Gang, placement: Placement) -> Option<(SimTime, Vec<Piece>)> {
        (0..self.steps.len()).find_map(|at| Some((self.steps[at].0, self.place(at, gang, placement)?)))
    }

    /// Nodes for the gang from that step to its end: those that placement chooses at the start if they stay free, else of those that do.
    fn place(&self, at: usize, gang: Gang, placement: Placement) -> Option<Vec<Piece>> {
        let fits = |then: &Outlook| then.fits(gang.tenant, gang.chips);
        if !self.during(at, gang).all(fits) {
            return None;
        }
        let mut nodes = self.steps[at].1.nodes.clone();
        let mut pieces = Vec::new();
        nodes.clone().take(gang.chips, placement, &mut pieces);
        if self.during(at, gang).all(|then| then.has_free(gang.chips, &pieces)) {
            return Some(pieces);
        }
        self.during(at, gang).for_each(|then| nodes.keep_least(&then.nodes));
        pieces.clear();
        nodes.has_room(gang.chips).then(|| {
            nodes.take(gang.chips, placement, &mut pieces);
            pieces
        })
    }

    /// The steps while the gang is there that starts at that one.
    fn during(&self, at: usize, gang: Gang) -> impl Iterator<Item = &Outlook> {
        let end = self.steps[at].0 + gang.length;
        self.steps[at..].iter().take_while(move |(from, _)| *from < end).map(|(_, then)| then)
    }

    /// Whether those very nodes are free for the gang from `start`, the instant of a step, to its end.
    pub fn keeps(&self, start: SimTime, gang: Gang, pieces: &[Piece]) -> bool {
        let Ok(at) = self.steps.binary_search_by_key(&start, |step| step.0) else { return false };
        self.during(at, gang).all(|then| then.has_free(gang.chips, pieces) && then.fits(gang.tenant, gang.chips))
    }

    /// The gang is there from `start`, the instant of a step, for as long as it lasts.
    pub fn hold(&mut self, start: SimTime, gang: Gang, pieces: &[Piece]) {
        let end = start + gang.length;
        self.split(end);
        for (from, outlook) in &mut self.steps {
            if start <= *from && *from < end {
                outlook.hold(gang.tenant, gang.chips, pieces);
            }
        }
    }

    /// Makes `at` the instant of a step.
    fn split(&mut self, at: SimTime) {
        let next = self.steps.partition_point(|(from, _)| *from < at);
        if self.steps.get(next).is_none_or(|(from, _)| *from != at) {
            let outlook = self.steps[next - 1].1.clone();
            self.steps.insert(next, (at, outlook));
        }
    }
}
