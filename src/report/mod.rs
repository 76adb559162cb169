//! What a reader sees of a finished study: charts, one offline page, CSV text, and the folder they land in.
//! It computes no result: every number arrives ready, and empty stays empty.
pub mod calibration;
pub mod cards;
pub mod chart;
pub mod columns;
pub mod csv_out;
mod digest;
pub mod facts;
pub mod folder;
pub mod html;
pub mod listing;
pub mod page;
pub mod replay;
pub mod requests;
pub mod size;
pub mod table;
pub mod tables;
pub mod tiers;
