//! Scheduling decisions over a read-only view. Knows neither the engine nor true durations; draws nothing; ties go by key.

mod skip_ahead;
mod strict;

use crate::world::{Backfill, Order, Placement};

/// Which chips a start may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chips {
    /// The tenant's own guarantee only.
    Own,
    /// Its guarantee and the uncommitted chips.
    Any,
}

/// What a policy sees of one scheduling domain: the waiting jobs of each tenant in queue order, and whether one starts.
pub trait View {
    /// Tenants of the domain.
    fn tenants(&self) -> usize;
    /// Whether the tenant has a guarantee on some pool of the domain now.
    fn guaranteed(&self, tenant: usize) -> bool;
    /// Order key of the tenant's waiting job at `place` (0 is the head); smaller goes first. None past the last.
    fn key(&self, tenant: usize, place: usize) -> Option<u64>;
    /// Starts that job on the first of its pools that has room, and removes it; false when none has.
    fn start(&mut self, tenant: usize, place: usize, chips: Chips) -> bool;
    /// Whether any chip of the domain is free: a pass over a full domain ends at once.
    fn any_free(&self) -> bool;
}

/// One pass over a changed domain: the tenants' guarantees first, then the uncommitted chips by the order of the heads (design 5).
/// Whatever the policy, a job that waits alone starts if there is room: the kernel then need not ask.
pub fn pass<V: View>(backfill: Backfill, view: &mut V, cursors: &mut Vec<usize>) {
    // The match, not a trait object, so that the comparisons inside are static: per candidate a dyn call costs 1.4-2.7 x.
    match backfill {
        Backfill::Strict => strict::pass(view),
        Backfill::SkipAhead => skip_ahead::pass(view, cursors),
    }
}

/// The tenant whose waiting job at its cursor goes first; None when nobody waits.
fn first_by_key<V: View>(view: &V, cursor: impl Fn(usize) -> usize) -> Option<usize> {
    let mut best: Option<(u64, usize)> = None;
    for tenant in 0..view.tenants() {
        if let Some(key) = view.key(tenant, cursor(tenant))
            && best.is_none_or(|(least, _)| key < least)
        {
            best = Some((key, tenant));
        }
    }
    best.map(|(_, tenant)| tenant)
}

/// A part of the composition: what it is called in files and where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Entry<T> {
    /// As written in scenario files.
    pub name: &'static str,
    /// What it chooses.
    pub value: T,
    /// One sentence.
    pub what: &'static str,
    /// Where it is described.
    pub source: &'static str,
}

/// Orders of the waiting queue.
pub const ORDERS: [Entry<Order>; 2] = [
    Entry { name: "fifo", value: Order::Fifo, what: "by submission", source: "Erlang 1917" },
    Entry {
        name: "priority",
        value: Order::Priority,
        what: "by priority, then submission; nobody is preempted",
        source: "Cobham 1954",
    },
];

/// What a blocked head means for those behind it.
pub const BACKFILLS: [Entry<Backfill>; 2] = [
    Entry { name: "strict", value: Backfill::Strict, what: "a blocked head blocks", source: "Helios simulator, FIFO" },
    Entry {
        name: "skip_ahead",
        value: Backfill::SkipAhead,
        what: "whoever fits may pass a blocked head",
        source: "Feitelson 1996, backfilling without reservation",
    },
];

/// Which nodes a job gets.
pub const PLACEMENTS: [Entry<Placement>; 2] = [
    Entry { name: "first_fit", value: Placement::FirstFit, what: "lowest nodes with room", source: "Knuth 1968" },
    Entry {
        name: "best_fit",
        value: Placement::BestFit,
        what: "fullest node with room; a gang above a node takes whole nodes and its rest the emptiest",
        source: "Helios simulator, consolidate",
    },
];

/// The value registered under `name`.
pub fn find<T: Copy>(registry: &[Entry<T>], name: &str) -> Option<T> {
    registry.iter().find(|entry| entry.name == name).map(|entry| entry.value)
}
