//! The cheapest replicas that keep a promise to a load: candidates of the catalog, the smallest number of each in the request tier, mixes of
//! two, and what binds. Opens no file and prints nothing.

mod answer;
mod binding;
mod candidates;
mod guess;
mod levels;
mod load;
mod mixes;
mod offer;
mod smallest;
#[cfg(test)]
mod tests;
mod trial;

pub use answer::{Answer, Apart, Candidate, Found, size};
pub use binding::{Binding, Constraint};
pub use candidates::{Asked, candidates};
pub use guess::{MOST_REPLICAS, guess};
pub use levels::{Curve, Level, Levels, Trade, frontier, levels};
pub use load::{Dispersion, Load};
pub use mixes::Tried;
pub use offer::{Mix, Offer, Passed, Promise};
pub use smallest::smallest;
pub use trial::{PERCENTILES, Trial, Yard};
