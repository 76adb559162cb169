//! Hands the jobs of a log to the kernel and their rows out again, in order of submission. Decides nothing.

use super::fleet::Fleet;
use crate::kernel::{Moved, Outside, OutsideJob};
use crate::record::JobRow;
use crate::trace::Log;
use crate::units::SimTime;
use crate::workload::Draft;
use crate::world::{CellId, WorkloadId, World};
use std::collections::VecDeque;

/// Where a job ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the pool of that number.
    Pool(usize),
    /// In the cloud, after its wait.
    Overflow,
}

/// What became of a job; times from the first submission [us].
#[derive(Clone, Copy, Debug)]
pub struct JobLine<'l> {
    /// As in the log.
    pub id: &'l str,
    /// Number of its queue.
    pub queue: u16,
    /// Submission.
    pub submit_us: u64,
    /// First start; None: it was not played, or never started.
    pub start_us: Option<u64>,
    /// End; None: stopped for outlasting its estimate, or never started.
    pub end_us: Option<u64>,
    /// Gang.
    pub chips: u32,
    /// Running time in the log.
    pub duration_us: u64,
    /// How often it was taken off.
    pub preemptions: u32,
    /// Where it ran last.
    pub place: Option<Place>,
}

/// A gang takes its chips or gives them back; times from the first submission [us].
#[derive(Clone, Copy, Debug)]
pub struct Held<'l> {
    /// As in the log.
    pub id: &'l str,
    /// Number of the job among those of the log, from 0.
    pub number: u64,
    /// Number of its queue.
    pub queue: u16,
    /// Gang.
    pub chips: u32,
    /// Where.
    pub place: Place,
    /// Its submission.
    pub submit_us: u64,
    /// Since when it has held them; now, where it takes them.
    pub since_us: u64,
    /// Now.
    pub at_us: u64,
    /// Takes, or gives back.
    pub takes: bool,
    /// How often it has taken chips before.
    pub before: u32,
    /// Chips that its place has free now; of the cloud none.
    pub free: u64,
    /// Those on completely free nodes.
    pub free_on_whole_nodes: u64,
}

/// Takes the lines.
pub trait Lines {
    /// The next job in order of submission. An error ends the writing and comes back at the end.
    fn line(&mut self, line: &JobLine<'_>) -> Result<(), String>;
    /// A gang takes its chips or gives them back, in order of time.
    fn held(&mut self, _: &Held<'_>) -> Result<(), String> {
        Ok(())
    }
}

/// Several that take the lines, each after the one before it.
impl Lines for Vec<&mut dyn Lines> {
    fn line(&mut self, line: &JobLine<'_>) -> Result<(), String> {
        self.iter_mut().try_for_each(|lines| lines.line(line))
    }

    fn held(&mut self, held: &Held<'_>) -> Result<(), String> {
        self.iter_mut().try_for_each(|lines| lines.held(held))
    }
}

/// What the clerk saw.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// Jobs that can never fit, by queue.
    pub never_fit: Vec<u64>,
    /// Of those, the ones that were not played, for there is no cloud for them either.
    pub not_run: Vec<u64>,
    /// Chip-time that they asked for [chip-us].
    pub not_run_chip_us: Vec<u128>,
}

/// A job between its submission and the writing of its line: that waits for all submitted before it.
struct Open {
    id: Box<str>,
    queue: u16,
    chips: u32,
    submit_us: u64,
    duration_us: u64,
    /// When it took its chips last, and how often it has.
    since_us: u64,
    attempts: u32,
    /// Once it is over.
    over: Option<Over>,
}

#[derive(Clone, Copy)]
struct Over {
    start_us: Option<u64>,
    end_us: Option<u64>,
    preemptions: u32,
    place: Option<Place>,
}

/// The clerk of one replay.
pub struct Clerk<'c, 'l> {
    world: &'c World,
    fleet: &'c Fleet,
    log: &'c mut Log<'l>,
    lines: &'c mut dyn Lines,
    /// Jobs from number `first` on whose lines are not written.
    open: VecDeque<Open>,
    first: u64,
    notes: Notes,
    /// Who never fits waits for the cloud like others.
    overflows: bool,
    failed: Option<String>,
}

impl<'c, 'l> Clerk<'c, 'l> {
    /// Begins with the log's first job.
    pub fn new(world: &'c World, fleet: &'c Fleet, log: &'c mut Log<'l>, lines: &'c mut dyn Lines) -> Self {
        let queues = fleet.queues.len();
        let notes = Notes { never_fit: vec![0; queues], not_run: vec![0; queues], not_run_chip_us: vec![0; queues] };
        let overflows = world.domains.iter().any(|domain| domain.rules.overflow.is_some());
        Clerk { world, fleet, log, lines, open: VecDeque::new(), first: 0, notes, overflows, failed: None }
    }

    /// What was seen, or what went wrong outside.
    pub fn close(mut self) -> Result<Notes, String> {
        self.write_lines();
        match (self.failed, self.log.broken()) {
            (Some(why), _) => Err(why),
            (None, Some(why)) => Err(why.to_owned()),
            (None, None) => Ok(self.notes),
        }
    }

    /// Writes the lines of the first jobs that are over.
    fn write_lines(&mut self) {
        while let Some(Open { over: Some(over), .. }) = self.open.front() {
            let over = *over;
            let job = self.open.pop_front().expect("looked at");
            self.first += 1;
            let line = JobLine {
                id: &job.id,
                queue: job.queue,
                submit_us: job.submit_us,
                start_us: over.start_us,
                end_us: over.end_us,
                chips: job.chips,
                duration_us: job.duration_us,
                preemptions: over.preemptions,
                place: over.place,
            };
            if self.failed.is_none() {
                self.failed = self.lines.line(&line).err();
            }
        }
    }

    fn since_start(&self, at: SimTime) -> u64 {
        at.since(self.world.start).0
    }

    fn place(&self, cell: CellId) -> Place {
        let cell = &self.world.cells[cell];
        if self.world.pools[cell.pool].unlimited {
            Place::Overflow
        } else {
            let queue = self.world.workloads[cell.workload].tenant.index();
            Place::Pool(self.fleet.pool_of(queue as u16))
        }
    }
}

impl Outside for Clerk<'_, '_> {
    fn next(&mut self) -> Option<OutsideJob> {
        loop {
            let job = self.log.next().filter(|_| self.failed.is_none())?;
            let fits = self.fleet.fits(job.queue, job.chips);
            let runs = fits || self.overflows;
            let queue = usize::from(job.queue);
            self.notes.never_fit[queue] += u64::from(!fits);
            let never = Over { start_us: None, end_us: None, preemptions: 0, place: None };
            self.open.push_back(Open {
                id: self.log.id().into(),
                queue: job.queue,
                chips: job.chips,
                submit_us: job.submit_us,
                duration_us: job.duration_us,
                since_us: 0,
                attempts: 0,
                over: (!runs).then_some(never),
            });
            if !runs {
                self.notes.not_run[queue] += 1;
                self.notes.not_run_chip_us[queue] += u128::from(job.duration_us) * u128::from(job.chips);
                self.write_lines();
                continue;
            }
            let work_us = job.duration_us.max(1);
            return Some(OutsideJob {
                workload: WorkloadId::new(queue),
                draft: Draft {
                    item: (self.first + self.open.len() as u64 - 1) as i64,
                    submit: SimTime(self.world.start.0 + job.submit_us),
                    chips: job.chips,
                    work_us,
                    done_us: 0,
                    estimate_us: job.estimate_us.map_or(work_us, |estimate| estimate.max(1)),
                },
                // Larger priorities first.
                class: (i64::from(i32::MAX) - i64::from(job.priority)) as u32,
            });
        }
    }

    fn over(&mut self, row: &JobRow) {
        let at = (row.item as u64 - self.first) as usize;
        let place = row.cell.map(|cell| self.place(cell));
        self.open[at].over = Some(Over {
            start_us: row.started.map(|at| self.since_start(at)),
            end_us: row.finished.map(|at| self.since_start(at)),
            preemptions: row.preemptions,
            place,
        });
        self.write_lines();
    }

    fn moved(&mut self, moved: &Moved) {
        let at_us = self.since_start(moved.at);
        let place = self.place(moved.cell);
        let job = &mut self.open[(moved.item as u64 - self.first) as usize];
        if moved.takes {
            job.since_us = at_us;
            job.attempts += 1;
        }
        let held = Held {
            id: &job.id,
            number: moved.item as u64,
            queue: job.queue,
            chips: job.chips,
            place,
            submit_us: job.submit_us,
            since_us: job.since_us,
            at_us,
            takes: moved.takes,
            before: job.attempts - 1,
            free: moved.free,
            free_on_whole_nodes: moved.free_on_whole_nodes,
        };
        if self.failed.is_none() {
            self.failed = self.lines.held(&held).err();
        }
    }
}
