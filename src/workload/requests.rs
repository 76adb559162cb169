//! Requests for tokens in order of arrival, from a log or from laws of chance. Knows no replica.

mod client;
mod generate;
mod length;
mod mixed;
mod paced;
mod swayed;

pub use client::{Clients, Gaps, State};
pub use generate::{Generate, Generated, Process};
pub use length::{Length, Lengths};
pub use mixed::{Mixed, Share};
pub use paced::Paced;
pub use swayed::{Sway, Swayed};

/// A request as it arrives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// When it arrives, from an origin that all share [ns].
    pub at_ns: u64,
    /// Its number where it comes from: the row of a file, from 0.
    pub row: u64,
    /// Tokens of its prompt, 1 or more.
    pub input: u32,
    /// Tokens that it will be answered with, 1 or more.
    pub output: u32,
    /// Its class by number, 0 first.
    pub class: u8,
    /// The model it asks for, by number.
    pub model: u16,
    /// Names of the blocks of its prompt, from its beginning; equal names are equal beginnings. Empty: unknown.
    pub blocks: Vec<u32>,
}

/// Where requests come from, in order of arrival.
pub trait Arrivals {
    /// Puts the next request in place of the last; false when there is none. Allocates nothing but a longer list of blocks.
    fn next(&mut self, into: &mut Arrival) -> bool;
}
