//! The table of admission, as `hedgerow calibrate serving` writes it. Measures nothing.

use super::read::Row;
use crate::perf::{AdmissionRow, Outcome};

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
