//! One integration binary: stories that go through the public face of the crate.

mod architecture;
mod broken;
mod cli;
mod docs;
mod source;
mod story;
mod timelines;
