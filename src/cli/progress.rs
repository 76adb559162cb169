//! A bar with the time that is left, on a terminal only. Knows nothing of what it counts.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// Progress of a known number of runs.
pub struct Bar(ProgressBar);

impl Bar {
    /// Of `total` runs; hidden when quiet or when standard error is no terminal.
    pub fn new(total: usize, quiet: bool) -> Bar {
        let seen = !quiet && std::io::stderr().is_terminal();
        let target = if seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} runs, {eta} left");
        let bar = ProgressBar::with_draw_target(Some(total as u64), target);
        Bar(bar.with_style(style.expect("the template is well formed")))
    }

    /// So many more are done.
    pub fn add(&self, n: usize) {
        self.0.inc(n as u64);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
