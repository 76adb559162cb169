//! Handlers of campaigns: one of a workload at a time, the others wait behind it. Starts nobody.

use super::attempt::Attempt;
use super::sim::Sim;
use crate::record::CampaignRow;
use crate::world::WorkloadId;

impl Sim<'_> {
    /// A campaign waits for its predecessor.
    pub(super) fn on_campaign_submitted(&mut self, slot: u32) {
        let job = &mut self.jobs[slot];
        let state = &mut self.workloads[job.workload as usize];
        let alone = Attempt {
            start: job.submit,
            // What was done before the run began is not part of its plan.
            work_us: job.work_us,
            interval_us: state.interval_us,
            cost_us: state.cost_us,
            ..Attempt::default()
        };
        job.campaign = self.record.campaigns.len() as u32;
        self.record.campaigns.push(CampaignRow {
            workload: WorkloadId::new(job.workload as usize),
            number: job.item,
            submitted: job.submit,
            started: None,
            finished: None,
            planned_finish: alone.finish(),
            failures: 0,
            run: 0,
        });
        if state.running_campaign {
            state.waiting_campaigns.push_back(slot);
        } else {
            state.running_campaign = true;
            self.enqueue(slot, false);
        }
    }

    /// It has finished: the next one may go.
    pub(super) fn on_campaign_over(&mut self, slot: u32) {
        let job = &self.jobs[slot];
        let row = &mut self.record.campaigns[job.campaign as usize];
        row.finished = Some(self.now);
        row.failures = job.failures;
        let state = &mut self.workloads[job.workload as usize];
        match state.waiting_campaigns.pop_front() {
            Some(next) => self.enqueue(next, false),
            None => state.running_campaign = false,
        }
    }
}
