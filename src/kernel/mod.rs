//! The discrete-event engine.

mod calendar;
mod event;
mod nodes;
