//! What a run writes: the seam between simulating and measuring. Deliberately knows neither.

mod init;
mod model;
pub use model::*;
