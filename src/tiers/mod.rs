//! The two tiers of serving check each other: ticks of a fluid run, chosen by strata, played again request by request, and what differs. Reads a
//! record and changes nothing.

mod compare;
mod error;
mod figure;
mod sample;

pub use compare::{Compared, Found, Verdict, compare};
pub use error::{ModelError, model_errors};
pub use figure::{FIGURES, Figure};
pub use sample::{Band, Candidate, Chosen, Why, candidates, choose};
