//! What services were asked for and did: tokens, replicas, what was promised and kept, and what the served tokens are worth. Times and attainment
//! are those of the table of admission over each tick's path, or of its requests one by one.

use super::{Better, Metric, Period, Scope, Sheet, ratio, sum, value};
use crate::record::{RunRecord, ServiceMonth};
use crate::world::{ServiceId, Tier, World};
use std::ops::Range;

macro_rules! metric {
    ($id:ident, $name:literal, $unit:literal, $better:ident, $what:literal) => {
        static $id: Metric = Metric { name: $name, unit: $unit, what: $what, better: Better::$better };
    };
}

metric!(DEMANDED, "tokens_demanded", "Mtok", Neither, "Tokens that interactive users asked for, input and output.");
metric!(LEFT, "tokens_left", "Mtok", Neither, "Tokens that went elsewhere after the lab's contract had ended.");
metric!(FIRST, "tokens_served", "Mtok", More, "Tokens served by the service that was asked first.");
metric!(
    SHED,
    "tokens_shed",
    "Mtok",
    Less,
    "Tokens that it did not serve: users wait no longer than their patience. Eq. (156)."
);
metric!(SPILLED, "tokens_spilled", "Mtok", Neither, "Of the shed: served by the second choice. Eq. (159).");
metric!(LOST, "tokens_lost", "Mtok", Less, "Of the shed: served by nobody.");
metric!(RECEIVED, "tokens_received", "Mtok", Neither, "Tokens served for services whose second choice this is.");
metric!(
    ATTAINED,
    "slo_attainment",
    "-",
    More,
    "Tokens of requests that had what their `slo` promised / tokens demanded, by the table of admission. Eq. (174)."
);
metric!(
    TTFT_P99,
    "ttft_p99_s",
    "s",
    Less,
    "99th percentile of the time to first token in a tick, mean over served tokens. Eq. (174)."
);
metric!(
    TPOT,
    "tpot_mean_s",
    "s",
    Less,
    "Mean time per token after the first in a tick, mean over served tokens. Eq. (174)."
);
metric!(SHED_SHARE, "shed_fraction", "-", Less, "Tokens shed / tokens demanded.");
metric!(LOST_SHARE, "lost_fraction", "-", Less, "Tokens lost / tokens demanded.");
metric!(DEFERRABLE, "tokens_deferrable", "Mtok", Neither, "Tokens with a deadline, as they came.");
metric!(DEFERRED_SERVED, "deferrable_served", "Mtok", More, "Of those with a deadline: served before it.");
metric!(EXPIRED, "deferrable_expired", "Mtok", Less, "Of those with a deadline: not served before it.");
metric!(BACKLOG, "deferrable_backlog", "Mtok", Neither, "Those waiting when the period ended.");
metric!(READY, "replicas_ready", "replicas", Neither, "Replicas ready, mean over time.");
metric!(
    STARTING,
    "replicas_starting",
    "replicas",
    Less,
    "Replicas that hold chips and are not ready yet, mean over time."
);
metric!(
    REQUIRED,
    "replicas_required",
    "replicas",
    Neither,
    "Replicas that the demanded tokens need, mean over time. Eq. (154)."
);
metric!(AT_WORK, "replicas_at_work", "replicas", Neither, "Replica time that all served tokens took, mean over time.");
metric!(LOAD, "replica_load", "-", Neither, "Replica time at work / ready.");
metric!(
    VALUE,
    "token_value_usd",
    "USD",
    More,
    "Served tokens, at the price of the service that was asked: what users would pay, no money moves."
);

/// In the order of their columns.
pub static METRICS: &[&Metric] = &[
    &DEMANDED,
    &LEFT,
    &FIRST,
    &SHED,
    &SPILLED,
    &LOST,
    &RECEIVED,
    &SHED_SHARE,
    &LOST_SHARE,
    &ATTAINED,
    &TTFT_P99,
    &TPOT,
    &DEFERRABLE,
    &DEFERRED_SERVED,
    &EXPIRED,
    &BACKLOG,
    &READY,
    &STARTING,
    &REQUIRED,
    &AT_WORK,
    &LOAD,
    &VALUE,
];

/// Figures of services, for every period.
pub fn measure(world: &World, record: &RunRecord, every: &[Period], sheet: &mut Sheet) {
    for period in every {
        let months = period.months(world);
        for id in world.services.ids() {
            measure_service(world, record, id, *period, &months, sheet);
        }
    }
}

fn measure_service(
    world: &World,
    record: &RunRecord,
    id: ServiceId,
    period: Period,
    months: &Range<u16>,
    sheet: &mut Sheet,
) {
    let (terms, rows) = (&world.services[id], &record.services[id.index()]);
    let total = |field: fn(&ServiceMonth) -> u128| sum(rows, months, field) as f64;
    let mtok = |field: fn(&ServiceMonth) -> u128| Some(total(field) / 1e6);
    let us = super::chips::months_us(world, months);
    let mean = |field: fn(&ServiceMonth) -> u128| ratio(total(field), us);
    let scope = Scope::Service(id);
    let mut put = |metric, value| sheet.put(metric, scope, period, value);
    put(&DEMANDED, mtok(|row| row.demanded));
    put(&FIRST, mtok(|row| row.first));
    put(&SHED, mtok(|row| row.shed));
    put(&LOST, mtok(|row| row.lost));
    put(&SHED_SHARE, ratio(total(|row| row.shed), total(|row| row.demanded)));
    put(&LOST_SHARE, ratio(total(|row| row.lost), total(|row| row.demanded)));
    put(&LEFT, mtok(|row| row.left));
    let played = terms.tier == Tier::Request;
    if terms.admission.is_measured() || played {
        let first = total(|row| row.first);
        let seconds = |sum: f64| ratio(sum / 1e6, first);
        put(&TTFT_P99, seconds(total(|row| row.ttft_p99)));
        if terms.admission.has_tpot() || played {
            put(&TPOT, seconds(total(|row| row.tpot)));
        }
        if terms.promises {
            put(&ATTAINED, ratio(total(|row| row.attained), total(|row| row.demanded)));
        }
    }
    if terms.second_choice.is_some() {
        put(&SPILLED, mtok(|row| row.spilled));
    }
    if world.services.iter().any(|other| other.second_choice == Some(id)) {
        put(&RECEIVED, mtok(|row| row.received));
    }
    if terms.deferrable.is_some() {
        put(&DEFERRABLE, mtok(|row| row.deferrable));
        put(&DEFERRED_SERVED, mtok(|row| row.deferrable_served));
        put(&EXPIRED, mtok(|row| row.expired));
        let last = usize::from(months.end).checked_sub(1).and_then(|month| rows.get(month));
        put(&BACKLOG, last.map(|row| row.backlog as f64 / 1e6));
    }
    put(&READY, mean(|row| row.ready));
    put(&STARTING, mean(|row| row.starting));
    put(&REQUIRED, mean(|row| row.required));
    put(&AT_WORK, mean(|row| row.served));
    put(&LOAD, ratio(total(|row| row.served), total(|row| row.ready)));
    if let Some(price) = &terms.usd_per_million_tokens {
        let served = total(|row| row.first + row.spilled + row.deferrable_served) / 1e6;
        put(&VALUE, Some(value(record, price) * served));
    }
}
