//! Jobs of a file, in its order of time. Draws nothing.

use super::Draft;
use crate::units::SimTime;
use crate::world::TraceJob;

/// A lane over the rows of a trace.
#[derive(Debug)]
pub struct Trace<'w> {
    start: SimTime,
    jobs: &'w [TraceJob],
    next: usize,
}

impl<'w> Trace<'w> {
    /// Jobs submitted at `start` plus their own time.
    pub fn new(start: SimTime, jobs: &'w [TraceJob]) -> Self {
        Trace { start, jobs, next: 0 }
    }

    /// Submission of the next job.
    pub fn next_at(&self) -> SimTime {
        self.jobs.get(self.next).map_or(SimTime::NEVER, |job| self.start + job.submit)
    }

    /// What the next job has beyond the workload's priority.
    #[inline]
    pub fn next_priority(&self) -> i32 {
        self.jobs[self.next].priority
    }

    /// Takes the next job.
    pub fn take(&mut self) -> Draft {
        let job = self.jobs[self.next];
        self.next += 1;
        let work_us = job.duration.0.max(1);
        Draft {
            item: i64::from(job.row),
            submit: self.start + job.submit,
            chips: job.chips,
            work_us,
            done_us: 0,
            estimate_us: job.estimate.map_or(work_us, |said| said.0.max(1)),
        }
    }
}
