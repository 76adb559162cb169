//! Tables, charts and pages made from results and from the catalog.
//!
//! It computes nothing a metric defines and prints nothing: `cli` is the only printer.
pub mod facts;
pub mod listing;
pub mod table;
