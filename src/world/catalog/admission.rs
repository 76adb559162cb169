//! The table of admission, as `hedgerow calibrate serving` writes it. Measures nothing.

use super::read::Row;
use super::{Catalog, RequestMix};
use crate::perf::{self, AdmissionRow, Card, Deployment, Outcome, Precision};

/// Chip, model and chips of a replica on which the table is measured.
pub const REFERENCE: (&str, &str, u32) = ("h100-sxm", "llama-3.3-70b", 2);

impl Catalog {
    /// The card of the replica on which the table is measured, for the mean lengths of a mix. Eq. (170).
    pub fn reference_card(&self, row: &RequestMix) -> Result<Card, String> {
        let (chip, model, chips) = REFERENCE;
        let parts = self.card_parts(chip, model).map_err(|error| error.to_string())?;
        let lengths =
            perf::Lengths { input_tokens: row.input.0.round() as u64, output_tokens: row.output.0.round() as u64 };
        let deployment = Deployment::new(chips, Precision::Fp8);
        let (hardware, shape, shares) = (&parts.hardware, &parts.architecture.shape, &parts.efficiency.shares);
        perf::card(hardware, shape, deployment, lengths, shares, true, &[]).map_err(|refusal| refusal.to_string())
    }

    /// The same table with how the reference ran at each of its points. Eq. (173).
    pub(super) fn with_clocks(mut self) -> Catalog {
        let share = |row: &RequestMix| row.output.0 / (row.input.0 + row.output.0);
        let mut mixes: Vec<&RequestMix> = self.request_mixes.iter().collect();
        mixes.sort_by(|a, b| share(a).total_cmp(&share(b)));
        let card = |row: &&RequestMix| {
            let card =
                self.reference_card(row).unwrap_or_else(|error| panic!("request_mixes.csv: {}: {error}", row.mix));
            (card.mixed(row.input.1, row.output.1), row.output.0)
        };
        let cards: Vec<(Card, f64)> = mixes.iter().map(card).collect();
        self.admission = self.admission.clone().with_clocks(|mix, per_s| {
            let (card, output) = &cards[mix];
            card.clock(per_s * output)
        });
        self
    }
}

pub(super) fn admission_row(row: &Row<'_>) -> AdmissionRow {
    AdmissionRow {
        load: row.number("load"),
        replicas: row.number("replicas"),
        dispersion: row.number("dispersion"),
        output_share: row.number("output_share"),
        replica_per_s: row.number("replica_per_s"),
        capacity_ratio: row.number("capacity_ratio"),
        outcome: Outcome {
            shed: row.number("shed"),
            waits_s: ["wait_p50_s", "wait_p90_s", "wait_p95_s", "wait_p99_s"].map(|column| row.number(column)),
            tpot_ratio: row.number("tpot_ratio"),
            tpot_spread: ["tpot_p50_ratio", "tpot_p90_ratio", "tpot_p99_ratio"].map(|column| row.number(column)),
        },
    }
}
