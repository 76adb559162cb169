//! hedgerow: who runs on which chips, what it costs, and what happens when one of them leaves.
pub mod units;
pub mod report;
