//! State machines of money: who owes what to whom at the kernel's instants, and how far each contract period is drawn.
//!
//! It returns postings and keeps no balance; it meters nothing, decides no price and does not know when it will be called next.

mod books;
mod period;
pub use books::{Books, ShareTime};
pub use period::Closing;
