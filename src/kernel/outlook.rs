//! A pool at an instant to come: its nodes and shares, if jobs end when they are expected to. Changes nothing of the pool.

use super::nodes::{Nodes, Piece};
use super::pool::PoolState;
use super::standing::Standing;
use crate::units::SimTime;
use crate::world::Placement;

/// Nodes and shares of a pool as they would stand.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// Its nodes.
    pub nodes: Nodes,
    /// Its shares.
    pub standing: Standing,
    /// Chips that are up.
    pub up: u64,
}

impl Default for Outlook {
    fn default() -> Outlook {
        Outlook { nodes: Nodes::new(1, true), standing: Standing::default(), up: 0 }
    }
}

impl Outlook {
    /// The pool as it stands; what memory there is is used again.
    pub fn look_at(&mut self, pool: &PoolState) {
        self.nodes.clone_from(&pool.nodes);
        self.standing.clone_from(&pool.standing);
        self.up = pool.usable();
    }

    /// A gang of the tenant would be gone.
    pub fn release(&mut self, tenant: usize, chips: u32, pieces: &[Piece]) {
        self.standing.let_go(tenant, u64::from(chips));
        if self.nodes.is_counted() {
            self.nodes.give_counted(chips);
        } else {
            pieces.iter().for_each(|piece| self.nodes.give(*piece));
        }
    }

    /// A gang of the tenant would be there, on nodes that are free.
    pub fn hold(&mut self, tenant: usize, chips: u32, pieces: &[Piece]) {
        self.standing.hold(tenant, u64::from(chips));
        if self.nodes.is_counted() {
            self.nodes.take(chips, Placement::FirstFit, &mut Vec::new());
        } else {
            pieces.iter().for_each(|piece| self.nodes.claim(*piece));
        }
    }

    /// Whether those nodes would be free.
    pub fn has_free(&self, chips: u32, pieces: &[Piece]) -> bool {
        if self.nodes.is_counted() {
            return u64::from(chips) <= self.nodes.free_chips();
        }
        pieces.iter().all(|piece| self.nodes.has_free(*piece))
    }

    /// Whether a gang of the tenant would find room.
    pub fn fits(&self, tenant: usize, chips: u32) -> bool {
        u64::from(chips) <= self.standing.available(tenant, true, self.up) && self.nodes.has_room(chips)
    }
}

/// The start that backfilling leaves alone.
#[derive(Clone, Debug, Default)]
pub struct Reservation {
    /// The pool it is on; None: no pool could ever take the job, and nobody is in its way.
    pub pool: Option<usize>,
    /// Pools where it could be as early.
    pub as_early: Vec<usize>,
    /// When.
    pub start: SimTime,
    /// Whose.
    pub tenant: usize,
    /// Gang [chips].
    pub chips: u32,
    /// The pool then, with what was started since and will still be there.
    pub then: Outlook,
}
