//! One integration binary: stories that go through the public face of the crate.

mod broken;
mod campaigns;
mod record;
mod story;
mod timelines;
