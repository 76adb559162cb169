//! The request tier: each request served by replicas that batch continuously, one event for as many steps as nothing else happens.
//! A simulator of its own: it knows neither pools nor money, and its clock counts nanoseconds.
//!
//! [`serve`] is the model of this project; [`splitwise`] follows a published simulator in its quirks. Both take requests from an
//! [`Arrivals`](crate::workload::requests::Arrivals) and give what became of each to a [`Sink`]. They hold the requests that are there at
//! once, not those that were or will be.

mod blocks;
mod chain;
mod fleet;
mod iteration;
mod outcome;
mod replica;
mod requests;
mod sabotage;
mod scaler;
mod sim;
mod splitwise;
mod terms;
mod tournament;
mod window;
#[cfg(test)]
mod tests;

pub use outcome::{Done, End, Sink, Spent, Totals};
pub use sabotage::{Counter, Release, Rule, Sabotage};
pub use sim::{serve, serve_sabotaged};
pub use splitwise::{Splitwise, splitwise};
pub use terms::{CLASSES, Class, Fleet, Model, Prefixes, Role, Routing, Scaling, Terms};
pub use window::{AFTER_S, Mix, PATIENCE_S, Pace, Promised, Reference, Window, before_s, saturated_per_s, window};

/// An instant that never comes [ns].
const NEVER: u64 = u64::MAX;
/// No request.
const NONE: u32 = u32::MAX;

/// Whole nanoseconds, to the nearest.
#[inline]
fn nanoseconds(seconds: f64) -> u64 {
    assert!(0.0 <= seconds, "an iteration of {seconds} s");
    (seconds * 1e9).round() as u64
}
