//! Scheduling decisions over a read-only view. Knows neither the engine nor true durations; draws nothing; ties go by key.
//! A scheduler is a composition: order x backfill x preemption x placement x choice of the pool; each part is a registry.

mod conservative;
mod easy;
pub mod matrix;
pub mod order;
pub mod placement;
pub mod pool_choice;
mod skip_ahead;
mod strict;
mod view;

pub use view::{Chips, Room, Turn, View};

use crate::world::{Backfill, Preemption, Victim, Yield};

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

/// What a blocked head means for those behind it.
pub const BACKFILLS: [Entry<Backfill>; 4] = [strict::ENTRY, skip_ahead::ENTRY, easy::ENTRY, conservative::ENTRY];

/// Who is taken off.
pub const PREEMPTIONS: [Entry<Preemption>; 3] = [
    Entry { name: "off", value: Preemption::Off, what: "nobody is taken off", source: "-" },
    Entry {
        name: "class",
        value: Preemption::Class,
        what: "a tenant's jobs of lower priority make room for its higher",
        source: "White and Christie 1958, preemptive resume",
    },
    Entry {
        name: "order_key",
        value: Preemption::OrderKey,
        what: "a tenant's jobs make room for those that its queue puts before them",
        source: "Schrage 1968; Tiresias NSDI'19",
    },
];

/// How a job leaves that is taken off.
pub const YIELDS: [Entry<Yield>; 2] = [
    Entry {
        name: "graceful",
        value: Yield::Graceful,
        what: "it writes a checkpoint first and loses nothing",
        source: "Gavel OSDI'20, lease extensions; Slurm GraceTime",
    },
    Entry {
        name: "abrupt",
        value: Yield::Abrupt,
        what: "it loses what it did since its last checkpoint",
        source: "Spot reclaim; coupling model, entry 4b",
    },
];

/// Who goes first of those that may be taken off under `class`.
pub const VICTIMS: [Entry<Victim>; 2] = [
    Entry {
        name: "least_lost",
        value: Victim::LeastLost,
        what: "the lowest priority, then the least chip-time lost, then the latest submitted",
        source: "hedgerow, coupling finding 10",
    },
    Entry {
        name: "hash",
        value: Victim::Hash,
        what: "any of them with equal chance, whatever it loses",
        source: "coupling model, entry 4b",
    },
];

/// One pass over a changed domain: the tenants' guarantees first, then the uncommitted chips by the turn of the heads (design 5).
/// Whatever the policy, a job that waits alone starts if there is room: the kernel then need not ask.
pub fn pass<V: View>(backfill: Backfill, view: &mut V, cursors: &mut Vec<V::Cursor>) {
    // The match, not a trait object, so that the comparisons inside are static: per candidate a dyn call costs 1.4-2.7 x.
    match backfill {
        Backfill::Strict => strict::pass(view),
        Backfill::SkipAhead => skip_ahead::pass(view, cursors),
        Backfill::Easy => easy::pass(view, cursors),
        Backfill::Conservative => conservative::pass(view),
    }
}

/// The value registered under `name`.
pub fn find<T: Copy>(registry: &[Entry<T>], name: &str) -> Option<T> {
    registry.iter().find(|entry| entry.name == name).map(|entry| entry.value)
}
