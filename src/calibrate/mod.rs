//! Tables that the coarse tier reads, measured on the fine one. Opens no file and prints nothing.

mod sweep;
mod table;
mod window;

pub use sweep::{Grid, Point, sweep};
pub use table::{admission, axes, points, reference};
pub use window::{Mix, window};
