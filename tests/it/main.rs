//! One integration binary: stories that go through the public face of the crate.

mod architecture;
mod arrivals;
mod assumptions;
mod broken;
mod campaigns;
mod record;
mod golden;
mod laws;
mod mutated;
mod mutations;
mod outputs;
mod policies;
mod plans;
mod randomness;
mod renewal;
mod replays;
mod statistics;
mod theory;
mod cli;
mod docs;
mod source;
mod story;
mod timed;
mod timelines;
mod traces;
mod value;
