//! Statistics: keyed draws, laws of chance, clocks, accumulators, intervals, tails, shares and the closed forms we test
//! against.
//!
//! It knows no job, pool or dollar, reads no file and prints nothing: plain numbers in, plain numbers out, the same
//! bytes on every CPU.
pub mod math;
pub mod quantile;
pub mod draw;
pub mod law;
pub mod clock;
pub mod chain;
pub mod histogram;
pub mod accumulate;
pub mod batches;
pub mod interval;
pub mod isotonic;
pub mod tail;
pub mod shares;
mod matrix;
pub mod phase;
pub mod mmpp;
pub mod queueing;
pub mod sharing;
pub mod renewal;
