//! One integration binary: stories that go through the public face of the crate.

mod broken;
mod laws;
mod mutations;
mod story;
mod timelines;
