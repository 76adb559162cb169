//! What jobs experienced: waits, completion times, refusals, campaigns against their plan. Over the whole study; jobs that the
//! end cuts off are counted, and enter means and quantiles with their time so far: nobody is left out for having waited.

use super::{Better, Metric, Period, Scope, Sheet, ratio};
use crate::record::{RunRecord, WorkloadTotals};
use crate::units::Span;
use crate::world::{CellId, Failures, OverEstimate, PriceKind, Source, WorkloadId, World};

static SUBMITTED: Metric = Metric {
    name: "jobs_submitted",
    unit: "jobs",
    what: "Jobs submitted to us in [measured from, end).",
    better: Better::Neither,
};
static STARTED: Metric =
    Metric { name: "jobs_started", unit: "jobs", what: "Of those: started by the end.", better: Better::More };
static FINISHED: Metric =
    Metric { name: "jobs_finished", unit: "jobs", what: "Of those: finished by the end.", better: Better::More };
static UNSTARTED: Metric = Metric {
    name: "jobs_unstarted",
    unit: "jobs",
    what: "Of those: not started at the end; censored, their waits are lower bounds.",
    better: Better::Less,
};
static UNFINISHED: Metric = Metric {
    name: "jobs_unfinished",
    unit: "jobs",
    what: "Of those: waiting or running at the end; censored, their completion times are lower bounds.",
    better: Better::Less,
};
static THINNED: Metric = Metric {
    name: "jobs_thinned",
    unit: "jobs",
    what: "Jobs of the stream that are not ours, by the volume and each job's mark.",
    better: Better::Neither,
};
static LEFT: Metric = Metric {
    name: "jobs_left",
    unit: "jobs",
    what: "Jobs that would be ours and go elsewhere, since the strategy has ended their lab's contract.",
    better: Better::Neither,
};
static OVERFLOWED: Metric = Metric {
    name: "jobs_overflowed",
    unit: "jobs",
    what: "Starts of jobs in the overflow pool, or at its price, after their wait; one that is taken back may wait and go again; only where there is one.",
    better: Better::Neither,
};
static KILLED: Metric = Metric {
    name: "jobs_killed",
    unit: "jobs",
    what: "Of those submitted: stopped for outlasting what was expected of them; only where `over_estimate` is \"kill\".",
    better: Better::Less,
};
static BLOCKED: Metric = Metric {
    name: "blocked_fraction",
    unit: "-",
    what: "Jobs refused by a full queue / jobs submitted.",
    better: Better::Less,
};
static P_WAIT: Metric = Metric {
    name: "p_wait",
    unit: "-",
    what: "Jobs that waited / jobs that started or are unstarted at the end; an unstarted job has waited.",
    better: Better::Less,
};
static WAIT_MEAN: Metric = Metric {
    name: "wait_mean",
    unit: "h",
    what: "Mean time from submission to first start; the unstarted enter with their time so far, so that it is a lower bound where jobs_unstarted > 0.",
    better: Better::Less,
};
static WAIT_P50: Metric =
    Metric { name: "wait_p50", unit: "h", what: "Median wait, unstarted at their time so far.", better: Better::Less };
static WAIT_P90: Metric = Metric {
    name: "wait_p90",
    unit: "h",
    what: "90 % quantile of the wait, unstarted at their time so far.",
    better: Better::Less,
};
static WAIT_P99: Metric = Metric {
    name: "wait_p99",
    unit: "h",
    what: "99 % quantile of the wait, unstarted at their time so far.",
    better: Better::Less,
};
static JCT_MEAN: Metric = Metric {
    name: "jct_mean",
    unit: "h",
    what: "Mean time from submission to finish; the unfinished enter with their time so far, so that it is a lower bound where jobs_unfinished > 0.",
    better: Better::Less,
};
static JCT_P50: Metric = Metric {
    name: "jct_p50",
    unit: "h",
    what: "Median completion time, unfinished at their time so far.",
    better: Better::Less,
};
static JCT_P90: Metric = Metric {
    name: "jct_p90",
    unit: "h",
    what: "90 % quantile of the completion time, unfinished at their time so far.",
    better: Better::Less,
};
static JCT_P99: Metric = Metric {
    name: "jct_p99",
    unit: "h",
    what: "99 % quantile of the completion time, unfinished at their time so far.",
    better: Better::Less,
};
static FAILURES: Metric = Metric {
    name: "failures",
    unit: "failures",
    what: "Failures that stopped a gang, where each is simulated; in goodput mode blank, and failures_expected stands for it.",
    better: Better::Less,
};
static EXPECTED_FAILURES: Metric = Metric {
    name: "failures_expected",
    unit: "failures",
    what: "Goodput mode: the mean number of failures by which gangs advance, evenly over each gang's time; none is simulated. Eq. (6).",
    better: Better::Less,
};
static PREEMPTIONS: Metric = Metric {
    name: "preemptions_per_day",
    unit: "1/d",
    what: "Jobs taken off for others or for planned maintenance in [measured from, end) / days.",
    better: Better::Less,
};
static RECLAIMS: Metric = Metric {
    name: "reclaims_per_day",
    unit: "1/d",
    what: "Jobs given notice by spot (price above the bid, chips taken back) or at the end of a capacity block, in [measured from, end) / days; where jobs accept either.",
    better: Better::Less,
};
static RESIZES: Metric = Metric {
    name: "resizes_per_day",
    unit: "1/d",
    what: "Changes of the size of running elastic gangs in [measured from, end) / days.",
    better: Better::Less,
};
static ON_TIME: Metric = Metric {
    name: "deadline_met_fraction",
    unit: "-",
    what: "Jobs finished by their deadline over those whose deadline has passed or that are finished; blank without deadlines. Eq. (106).",
    better: Better::More,
};
static DELAY: Metric = Metric {
    name: "campaign_delay",
    unit: "d",
    what: "Finish less plan, mean over the finished campaigns; plan = submission + the time it needs alone, unfailed, on its first pool.",
    better: Better::Less,
};
static CAMPAIGNS: Metric = Metric {
    name: "campaigns_finished",
    unit: "campaigns",
    what: "Campaigns finished by the end.",
    better: Better::More,
};
static OPEN: Metric = Metric {
    name: "campaigns_open",
    unit: "campaigns",
    what: "Campaigns submitted and not finished at the end: censored.",
    better: Better::Less,
};
static FINISH: Metric = Metric {
    name: "campaign_finish",
    unit: "y",
    what: "Finish of the n-th campaign, years of 365.25 days from the start; blank when not finished.",
    better: Better::Less,
};
static MAKESPAN: Metric = Metric {
    name: "makespan",
    unit: "h",
    what: "Last finish less first submission of a trace whose jobs all finished.",
    better: Better::Less,
};

/// In the order of their columns.
pub static METRICS: &[&Metric] = &[
    &SUBMITTED,
    &STARTED,
    &FINISHED,
    &UNSTARTED,
    &UNFINISHED,
    &THINNED,
    &LEFT,
    &OVERFLOWED,
    &KILLED,
    &BLOCKED,
    &P_WAIT,
    &WAIT_MEAN,
    &WAIT_P50,
    &WAIT_P90,
    &WAIT_P99,
    &JCT_MEAN,
    &JCT_P50,
    &JCT_P90,
    &JCT_P99,
    &FAILURES,
    &EXPECTED_FAILURES,
    &PREEMPTIONS,
    &RECLAIMS,
    &RESIZES,
    &ON_TIME,
    &DELAY,
    &CAMPAIGNS,
    &OPEN,
    &FINISH,
    &MAKESPAN,
];

/// Campaigns whose finish has a row of its own.
const NAMED_CAMPAIGNS: u16 = 12;

/// Figures of workloads over the whole study.
pub fn measure(world: &World, record: &RunRecord, sheet: &mut Sheet) {
    let has_jobs = |id: &WorkloadId| !matches!(world.workloads[*id].source, Source::Service(_));
    for id in world.workloads.ids().filter(has_jobs) {
        measure_workload(id, world.workloads[id].failures, &record.workloads[id.index()], sheet);
        let preempted = record.workloads[id.index()].preemptions as f64;
        let days = world.end.since(world.measure_from).0 as f64 / Span::DAY.0 as f64;
        sheet.put(&PREEMPTIONS, Scope::Workload(id), Period::All, ratio(preempted, days));
        let terms = &world.workloads[id];
        let for_a_while = |cell: &CellId| world.cells[*cell].price == PriceKind::Spot || world.in_blocks(*cell);
        if terms.cells.iter().chain(&terms.overflow).any(for_a_while) {
            let reclaims = record.workloads[id.index()].reclaims as f64;
            sheet.put(&RECLAIMS, Scope::Workload(id), Period::All, ratio(reclaims, days));
        }
        let totals = &record.workloads[id.index()];
        if world.workloads[id].elastic.is_some() {
            sheet.put(&RESIZES, Scope::Workload(id), Period::All, ratio(totals.resizes as f64, days));
        }
        if world.workloads[id].deadline_h.is_some() {
            let met = ratio(totals.on_time as f64, (totals.on_time + totals.late) as f64);
            sheet.put(&ON_TIME, Scope::Workload(id), Period::All, met);
        }
        if terms.over_estimate == OverEstimate::Kill {
            sheet.put(&KILLED, Scope::Workload(id), Period::All, Some(totals.killed as f64));
        }
        if !world.workloads[id].overflow.is_empty() {
            let overflowed = record.workloads[id.index()].overflowed as f64;
            sheet.put(&OVERFLOWED, Scope::Workload(id), Period::All, Some(overflowed));
        }
        match world.workloads[id].source {
            Source::Campaigns(_) => measure_campaigns(world, record, id, sheet),
            Source::Trace(_) => sheet.put(&MAKESPAN, Scope::Workload(id), Period::All, makespan(record, id)),
            Source::Stream(_) | Source::Service(_) => {}
        }
    }
}

fn measure_workload(id: WorkloadId, failures: Failures, totals: &WorkloadTotals, sheet: &mut Sheet) {
    let scope = Scope::Workload(id);
    let hours = |us: f64| us / Span::HOUR.0 as f64;
    let mut put = |metric, value| sheet.put(metric, scope, Period::All, value);
    put(&SUBMITTED, Some(totals.submitted as f64));
    put(&STARTED, Some(totals.started as f64));
    put(&FINISHED, Some(totals.finished as f64));
    put(&UNSTARTED, Some(totals.unstarted as f64));
    put(&UNFINISHED, Some(totals.unfinished as f64));
    put(&THINNED, Some(totals.thinned as f64));
    put(&LEFT, Some(totals.left as f64));
    put(&BLOCKED, ratio(totals.refused as f64, totals.submitted as f64));
    // Nobody is unstarted at the instant of submission: the window ends before the end does.
    let all = (totals.started + totals.unstarted) as f64;
    put(&P_WAIT, ratio((totals.waited + totals.unstarted) as f64, all));
    put(&WAIT_MEAN, ratio(hours((totals.wait_us + totals.unstarted_us) as f64), all));
    for (metric, p) in [(&WAIT_P50, 0.5), (&WAIT_P90, 0.9), (&WAIT_P99, 0.99)] {
        put(metric, totals.waits.quantile(p).map(hours));
    }
    let all = (totals.finished + totals.unfinished) as f64;
    put(&JCT_MEAN, ratio(hours((totals.jct_us + totals.unfinished_us) as f64), all));
    for (metric, p) in [(&JCT_P50, 0.5), (&JCT_P90, 0.9), (&JCT_P99, 0.99)] {
        put(metric, totals.jcts.quantile(p).map(hours));
    }
    put(&FAILURES, (failures == Failures::Sampled).then_some(totals.failures as f64));
    if failures == Failures::Goodput {
        put(&EXPECTED_FAILURES, Some(totals.expected_failures_e6 as f64 / 1e6));
    }
}

fn measure_campaigns(world: &World, record: &RunRecord, id: WorkloadId, sheet: &mut Sheet) {
    let rows = || record.campaigns.iter().filter(|row| row.workload == id);
    let delays: Vec<f64> = rows()
        .filter_map(|row| row.finished.map(|at| (at.0 as f64 - row.planned_finish.0 as f64) / Span::DAY.0 as f64))
        .collect();
    let scope = Scope::Workload(id);
    sheet.put(&CAMPAIGNS, scope, Period::All, Some(delays.len() as f64));
    sheet.put(&OPEN, scope, Period::All, Some((rows().count() - delays.len()) as f64));
    sheet.put(
        &DELAY,
        scope,
        Period::All,
        ratio(delays.iter().sum(), delays.len() as f64).filter(|_| !delays.is_empty()),
    );
    for n in 0..NAMED_CAMPAIGNS {
        let finish = rows().find(|row| row.number == i64::from(n)).and_then(|row| row.finished);
        let years = finish.map(|at| world.calendar.years_from_start(at));
        sheet.put(&FINISH, Scope::Campaign(id, n), Period::All, years);
    }
}

/// Last finish less first submission; None while a job is open: a makespan is of finished work.
fn makespan(record: &RunRecord, id: WorkloadId) -> Option<f64> {
    let totals = &record.workloads[id.index()];
    let (first, last) = (totals.first_submit?, totals.last_finish?);
    let all = totals.finished + totals.refused == totals.submitted;
    all.then(|| last.since(first).hours())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four jobs: one starts at once and runs 2 h, three have waited ten days when the study ends. Three of four waited; the mean wait is
    /// at least 3 x 240 / 4 = 180 h, the mean completion time at least (2 + 3 x 240) / 4 = 180.5 h, and the medians are ten days.
    #[test]
    fn those_who_never_start_have_waited() {
        let (hour, days) = (3_600_000_000_u64, 10 * 24 * 3_600_000_000_u64);
        let mut totals = WorkloadTotals { submitted: 4, started: 1, finished: 1, unstarted: 3, ..Default::default() };
        (totals.unfinished, totals.jct_us) = (3, u128::from(2 * hour));
        (totals.unstarted_us, totals.unfinished_us) = (u128::from(3 * days), u128::from(3 * days));
        totals.waits.record(0);
        totals.jcts.record(2 * hour);
        (0..3).for_each(|_| totals.waits.record(days));
        (0..3).for_each(|_| totals.jcts.record(days));
        let (id, mut sheet) = (WorkloadId::new(0), Sheet::default());
        measure_workload(id, Failures::Off, &totals, &mut sheet);
        let get = |metric| sheet.get(metric, Scope::Workload(id), Period::All).unwrap();
        assert_eq!((get("p_wait"), get("wait_mean"), get("jct_mean")), (0.75, 180.0, 180.5));
        assert_eq!((get("jobs_unstarted"), get("jobs_unfinished")), (3.0, 3.0));
        for median in [get("wait_p50"), get("jct_p50")] {
            assert!((median - 240.0).abs() < 0.002 * 240.0, "{median}");
        }
    }
}
