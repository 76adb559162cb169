//! Lengths of requests by what they ask for. Draws none.

use super::known::Provenance;
use super::read::Row;

/// Lengths of the requests of a kind: two lognormal laws.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestMix {
    /// Name.
    pub mix: String,
    /// Mean \[tokens\] and squared coefficient of variation of prompts.
    pub input: (f64, f64),
    /// Of answers.
    pub output: (f64, f64),
    /// Source, date, confidence.
    pub provenance: Provenance,
    /// Anything else.
    pub note: String,
}

pub(super) fn request_mix(row: &Row<'_>) -> RequestMix {
    RequestMix {
        mix: row.text("mix"),
        input: (row.number("input_mean"), row.number("input_scv")),
        output: (row.number("output_mean"), row.number("output_scv")),
        provenance: row.provenance(),
        note: row.maybe_text("note"),
    }
}
