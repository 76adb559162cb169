//! Tables that the coarse tier reads, measured on the fine one. Opens no file and prints nothing.

mod sweep;
mod window;

pub use sweep::{Grid, Point, sweep};
pub use window::{Mix, Reference, Shape, Window};
