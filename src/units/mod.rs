//! The quantities every other layer speaks in: time, money, identifiers. Deliberately knows nothing of the model.

mod calendar;
mod count;
mod id;
mod money;
mod time;

pub use calendar::{Calendar, Date, fraction_of_year, months_between, year_fraction_days};
pub use count::thousands;
pub use id::{Id, IdVec};
pub use money::{Money, Rate, div_round_half_even};
pub use time::{SimTime, Span};
