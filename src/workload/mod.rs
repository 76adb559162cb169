//! Demand lowered to gang jobs: each workload is a lane of jobs in order of submission. Knows no pool and no other lane.

mod campaign;
mod modulation;
mod profile;
pub mod requests;
mod stream;
mod trace;

use crate::stats::draw::RunKey;
use crate::units::SimTime;
use crate::world::{Live, Source, WorkloadId, World};

/// A job as it is submitted; its attributes depend on (stream, item) alone, never on policy or pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draft {
    /// Number in its stream; negative in the spin-up.
    pub item: i64,
    /// Submission.
    pub submit: SimTime,
    /// Gang [chips].
    pub chips: u32,
    /// Time it needs on the reference chip, at least 1 [us].
    pub work_us: u64,
    /// Of that, done before the run began (a campaign that runs at the start) [us].
    pub done_us: u64,
    /// What its user says it takes on the reference chip, at least 1; the truth where nobody says otherwise [us]. Eq. (52).
    pub estimate_us: u64,
}

/// Jobs of one workload, in order of submission.
#[derive(Debug)]
pub enum Lane<'w> {
    /// Pre-training campaigns.
    Campaigns(campaign::Campaigns<'w>),
    /// A random stream.
    Stream(Box<stream::Stream<'w>>),
    /// A file.
    Trace(trace::Trace<'w>),
}

impl<'w> Lane<'w> {
    /// The lane of `workload` in this run.
    pub fn new(world: &'w World, workload: WorkloadId, live: &Live, key: RunKey) -> Lane<'w> {
        let path = &world.workloads[workload].path;
        match &world.workloads[workload].source {
            Source::Campaigns(terms) => {
                let first = world.workloads[workload].cells[0];
                let pool = &world.pools[world.cells[first].pool];
                let chip = &world.chips[pool.chip];
                let mfu = world.cells[first].mfu.as_ref().map(|mfu| live.value(mfu));
                let speed = campaign::Speed {
                    peak_flop_per_s: chip.bf16_tflops.expect("World::build refuses a campaign on an unrated chip")
                        * 1e12,
                    mfu: mfu.expect("World::build refuses a campaign without MFU"),
                };
                Lane::Campaigns(campaign::Campaigns::new(world, terms, path, speed, live, key))
            }
            Source::Stream(terms) => Lane::Stream(Box::new(stream::Stream::new(world, terms, path, live, key))),
            Source::Trace(jobs) => Lane::Trace(trace::Trace::new(world.start, jobs)),
            // Its replicas are no jobs.
            Source::Service(_) => Lane::Trace(trace::Trace::new(world.start, &[])),
        }
    }

    /// Submission of the next job; `SimTime::NEVER` when there is none.
    #[inline]
    pub fn next_at(&self) -> SimTime {
        match self {
            Lane::Stream(lane) => lane.next_at(),
            Lane::Campaigns(lane) => lane.next_at(),
            Lane::Trace(lane) => lane.next_at(),
        }
    }

    /// What the next job has beyond the workload's priority: only a file says so of each job; there must be one.
    #[inline]
    pub fn next_priority(&self) -> i32 {
        match self {
            Lane::Trace(lane) => lane.next_priority(),
            Lane::Stream(_) | Lane::Campaigns(_) => 0,
        }
    }

    /// Takes the next job; there must be one.
    #[inline]
    pub fn take(&mut self, live: &Live) -> Draft {
        match self {
            Lane::Stream(lane) => lane.take(),
            Lane::Campaigns(lane) => lane.take(live),
            Lane::Trace(lane) => lane.take(),
        }
    }
}
