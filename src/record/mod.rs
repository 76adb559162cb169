//! What a run writes: the seam between simulating and measuring. Deliberately knows neither.

mod bytes;
mod init;
mod merge;
mod model;
#[cfg(test)]
mod tests;
pub use bytes::{BytesError, SCHEMA};
pub use model::*;
