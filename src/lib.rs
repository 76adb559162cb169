//! hedgerow: who runs on which chips, what it costs, and what happens when one of them leaves.
pub mod units;
pub mod stats;
pub mod spec;
pub mod trace;
pub mod world;
pub mod record;
pub mod workload;
pub mod contract;
pub mod ledger;
pub mod policy;
pub mod kernel;
pub mod measure;
pub mod finance;
pub mod risk;
pub mod study;
pub mod report;
pub mod cli;
