//! What jobs experienced: waits, completion times, refusals, campaigns against their plan. Over the whole study; the
//! unstarted are counted, and their waits enter the quantiles as lower bounds.

use super::{Metric, Period, Scope, Sheet, ratio};
use crate::record::{RunRecord, WorkloadTotals};
use crate::units::Span;
use crate::world::{Source, WorkloadId, World};

static SUBMITTED: Metric =
    Metric { name: "jobs_submitted", unit: "jobs", what: "Jobs submitted to us in [measured from, end)." };
static STARTED: Metric = Metric { name: "jobs_started", unit: "jobs", what: "Of those: started by the end." };
static FINISHED: Metric = Metric { name: "jobs_finished", unit: "jobs", what: "Of those: finished by the end." };
static UNSTARTED: Metric = Metric {
    name: "jobs_unstarted",
    unit: "jobs",
    what: "Of those: not started at the end; censored, their waits are lower bounds.",
};
static ELSEWHERE: Metric = Metric {
    name: "jobs_elsewhere",
    unit: "jobs",
    what: "Jobs that went elsewhere: thinned by the volume, or of a lab whose contract ended.",
};
static BLOCKED: Metric =
    Metric { name: "blocked_fraction", unit: "-", what: "Jobs refused by a full queue / jobs submitted." };
static P_WAIT: Metric = Metric { name: "p_wait", unit: "-", what: "Started jobs that waited / started jobs." };
static WAIT_MEAN: Metric = Metric {
    name: "wait_mean",
    unit: "h",
    what: "Mean time from submission to first start, of the started; the unstarted are not in it: see jobs_unstarted.",
};
static WAIT_P50: Metric = Metric { name: "wait_p50", unit: "h", what: "Median wait, unstarted at their time so far." };
static WAIT_P90: Metric =
    Metric { name: "wait_p90", unit: "h", what: "90 % quantile of the wait, unstarted at their time so far." };
static WAIT_P99: Metric =
    Metric { name: "wait_p99", unit: "h", what: "99 % quantile of the wait, unstarted at their time so far." };
static JCT_MEAN: Metric =
    Metric { name: "jct_mean", unit: "h", what: "Mean time from submission to finish, of the finished." };
static JCT_P50: Metric = Metric { name: "jct_p50", unit: "h", what: "Median completion time of the finished." };
static JCT_P90: Metric =
    Metric { name: "jct_p90", unit: "h", what: "90 % quantile of the completion time of the finished." };
static JCT_P99: Metric =
    Metric { name: "jct_p99", unit: "h", what: "99 % quantile of the completion time of the finished." };
static FAILURES: Metric = Metric {
    name: "failures",
    unit: "failures",
    what: "Failures that stopped a gang, where each is simulated; blank in goodput mode.",
};
static DELAY: Metric = Metric {
    name: "campaign_delay",
    unit: "d",
    what: "Finish less plan, mean over the finished campaigns; plan = submission + the time it needs alone, unfailed, on its first pool.",
};
static CAMPAIGNS: Metric =
    Metric { name: "campaigns_finished", unit: "campaigns", what: "Campaigns finished by the end." };
static OPEN: Metric = Metric {
    name: "campaigns_open",
    unit: "campaigns",
    what: "Campaigns submitted and not finished at the end: censored.",
};
static FINISH: Metric = Metric {
    name: "campaign_finish",
    unit: "y",
    what: "Finish of the n-th campaign, years of 365.25 days from the start; blank when not finished.",
};
static MAKESPAN: Metric = Metric {
    name: "makespan",
    unit: "h",
    what: "Last finish less first submission of a trace whose jobs all finished.",
};

/// In the order of their columns.
pub static METRICS: &[&Metric] = &[
    &SUBMITTED, &STARTED, &FINISHED, &UNSTARTED, &ELSEWHERE, &BLOCKED, &P_WAIT, &WAIT_MEAN, &WAIT_P50, &WAIT_P90,
    &WAIT_P99, &JCT_MEAN, &JCT_P50, &JCT_P90, &JCT_P99, &FAILURES, &DELAY, &CAMPAIGNS, &OPEN, &FINISH, &MAKESPAN,
];

/// Campaigns whose finish has a row of its own.
const NAMED_CAMPAIGNS: u16 = 12;

/// Figures of workloads over the whole study.
pub fn measure(world: &World, record: &RunRecord, sheet: &mut Sheet) {
    for id in world.workloads.ids() {
        measure_workload(world, id, &record.workloads[id.index()], sheet);
        match world.workloads[id].source {
            Source::Campaigns(_) => measure_campaigns(world, record, id, sheet),
            Source::Trace(_) => sheet.put(&MAKESPAN, Scope::Workload(id), Period::All, makespan(record, id)),
            Source::Stream(_) => {}
        }
    }
}

fn measure_workload(world: &World, id: WorkloadId, totals: &WorkloadTotals, sheet: &mut Sheet) {
    let scope = Scope::Workload(id);
    let hours = |us: f64| us / Span::HOUR.0 as f64;
    let mut put = |metric, value| sheet.put(metric, scope, Period::All, value);
    put(&SUBMITTED, Some(totals.submitted as f64));
    put(&STARTED, Some(totals.started as f64));
    put(&FINISHED, Some(totals.finished as f64));
    put(&UNSTARTED, Some(totals.unstarted as f64));
    put(&ELSEWHERE, Some(totals.elsewhere as f64));
    put(&BLOCKED, ratio(totals.refused as f64, totals.submitted as f64));
    put(&P_WAIT, ratio(totals.waited as f64, totals.started as f64));
    put(&WAIT_MEAN, ratio(hours(totals.wait_us as f64), totals.started as f64));
    for (metric, p) in [(&WAIT_P50, 0.5), (&WAIT_P90, 0.9), (&WAIT_P99, 0.99)] {
        put(metric, totals.waits.quantile(p).map(hours));
    }
    put(&JCT_MEAN, ratio(hours(totals.jct_us as f64), totals.finished as f64));
    for (metric, p) in [(&JCT_P50, 0.5), (&JCT_P90, 0.9), (&JCT_P99, 0.99)] {
        put(metric, totals.jcts.quantile(p).map(hours));
    }
    let sampled = world.workloads[id].failures == crate::world::Failures::Sampled;
    put(&FAILURES, sampled.then_some(totals.failures as f64));
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
