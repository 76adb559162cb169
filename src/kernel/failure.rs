//! What a gang's failure comes from and takes down, and what interruptions cost by reason. Decides nobody's turn.

use super::attempt::Phases;
use super::event::{Class, When};
use super::job::Job;
use super::sim::{Counter, Release, Sabotage, Sim};
use super::state::{RepairJob, WorkloadState};
use crate::record::InterruptionTotals;
use crate::stats::draw::{failure_item, index_of};
use crate::units::{SimTime, Span};
use crate::world::{Cause, Interruption, LawOf, Takes};

/// A failure of a gang, as drawn before the gang lets go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed {
    /// Which of the gang's nodes goes for repair, and for how long [us]; None: none does.
    pub node: Option<(u32, u64)>,
    /// The rack that fails with it, and for how long; no time: it is back at once.
    pub rack: Option<(u32, Option<u64>)>,
}

impl<'w> Sim<'w> {
    /// What the failure of the job in `slot` comes from: one of the pool's causes, by its share. Eq. (91).
    pub(super) fn draw_cause(&self, slot: u32) -> &'w Cause {
        let job = &self.jobs[slot];
        let causes = &self.world.pools.0[self.cells[job.cell as usize].pool].causes;
        if causes.len() == 1 {
            return &causes[0];
        }
        let u = self.workloads[job.workload as usize].cause.unit(failure_item(job.item, job.failures));
        // The last ends at 1, and u lies below.
        &causes[causes.partition_point(|cause| cause.cumulative <= u)]
    }

    /// What that takes down: node and time by (job, failure number).
    pub(super) fn draw_failed(&self, slot: u32, cause: &Cause) -> Failed {
        let job = &self.jobs[slot];
        let state = &self.workloads[job.workload as usize];
        let item = failure_item(job.item, job.failures);
        let node = index_of(state.failing_node.unit(item), self.nodes_of(slot)) as u32;
        let time_us = cause.repair.as_ref().map(|law| self.repair_us(state, law, item));
        match cause.takes {
            Takes::Job => Failed { node: None, rack: None },
            Takes::Node => Failed { node: time_us.map(|time_us| (node, time_us)), rack: None },
            Takes::Rack => {
                let pool = &self.pools[self.cells[job.cell as usize].pool];
                Failed { node: None, rack: Some((standing_on(job, node) / pool.rack_nodes, time_us)) }
            }
        }
    }

    fn repair_us(&self, state: &WorkloadState, law: &LawOf, item: i64) -> u64 {
        let unit = law.shape.quantile2(state.repair_branch.unit(item), state.repair_time.unit(item));
        Span::from_hours(unit * self.live.value(&law.mean)).0.max(1)
    }

    /// The rack goes with the gang that failed: every other gang there fails too, and its nodes are away until a crew has repaired it.
    pub(super) fn rack_fails(&mut self, pool: usize, rack: u32, time_us: Option<u64>, cause: &Cause) {
        self.fail_there(pool, Some(rack), cause.is);
        if let Some(time_us) = time_us {
            self.send_to_repair(pool, super::nodes::Piece { node: 0, nodes: 0, chips: 0 }, Some(rack), time_us);
            self.go_dark(pool, Some(rack));
        }
    }

    /// A node, or a rack as a whole, waits for a crew.
    pub(super) fn send_to_repair(&mut self, pool: usize, piece: super::nodes::Piece, rack: Option<u32>, time_us: u64) {
        let job = RepairJob { pool: pool as u32, piece, rack, since: self.now, time_us, pending: true };
        let index = match self.free_repairs.pop() {
            Some(index) => {
                self.repairs[index as usize] = job;
                index
            }
            None => {
                self.repairs.push(job);
                (self.repairs.len() - 1) as u32
            }
        };
        let crews = self.world.pools.0[pool].repair_crews;
        let shop = &mut self.workshops[pool];
        if crews.is_some_and(|crews| shop.busy_crews >= crews) {
            shop.waiting.push_back(index);
        } else {
            shop.busy_crews += 1;
            self.heap.push(When::new(self.now + Span(time_us), Class::Supply), index);
        }
    }

    pub(super) fn on_node_repaired(&mut self, index: u32) {
        let now = self.now;
        let RepairJob { pool, piece, rack, .. } = self.repairs[index as usize];
        let pool = pool as usize;
        self.repairs[index as usize].pending = false;
        self.free_repairs.push(index);
        match self.workshops[pool].waiting.pop_front() {
            Some(next) => {
                let time_us = self.repairs[next as usize].time_us;
                self.heap.push(When::new(now + Span(time_us), Class::Supply), next);
            }
            None => self.workshops[pool].busy_crews -= 1,
        }
        if self.sabotage != Sabotage::Release(Release::Repair) {
            match rack {
                Some(rack) => self.pools[pool].light_rack(now, rack),
                None => self.pools[pool].repair(now, piece),
            }
        }
        self.after_supply(pool);
    }

    /// The job is stopped for outlasting what was expected of it.
    #[cold]
    pub(super) fn on_killed(&mut self, slot: u32) {
        // As their counter has it, by their submission.
        let counted = self.in_window(self.jobs[slot].submit);
        self.jobs.aside_mut(slot).why = Interruption::OVER_ESTIMATE.index() as u16;
        self.workloads[self.jobs[slot].workload as usize].interrupted(Interruption::OVER_ESTIMATE, counted);
    }

    /// What a stretch of an attempt lost and loaded, by reason: drawn overheads by the exact shares of the pool's causes, the rest by what
    /// ended this attempt and the one before.
    pub(super) fn book_reasons(&mut self, slot: u32, (from, to): (SimTime, SimTime), all: Phases) {
        if all.lost + all.restart == 0 {
            return;
        }
        let job = &self.jobs[slot];
        let attempt = job.attempt;
        let chips = u128::from(job.chips);
        let causes: &[Cause] = &self.world.pools.0[self.cells[job.cell as usize].pool].causes;
        let drawn_us = attempt.drawn_lost_us + attempt.drawn_restart_us;
        let drawn = if drawn_us == 0 { Phases::default() } else { attempt.phases(from, to, None) };
        let drawn_lost = drawn.lost.min(all.lost);
        // Of the loading, the part that was drawn.
        let whole = u128::from((attempt.restart_us + attempt.drawn_restart_us).max(1));
        let drawn_restart = if drawn_us == 0 {
            0
        } else {
            (u128::from(all.restart) * u128::from(attempt.drawn_restart_us) / whole) as u64
        };
        let aside = self.jobs.aside(slot);
        let (why, since) = (usize::from(aside.why), usize::from(aside.since));
        let quiet = |counter| self.silent == Some(counter);
        let (no_lost, no_restart) = (quiet(Counter::LostByReason), quiet(Counter::RestartByReason));
        let rows = &mut self.workloads[self.jobs[slot].workload as usize].interruptions;
        let times = |us: u64, quiet: bool| if quiet { 0 } else { u128::from(us) * chips };
        spread(rows, causes, times(drawn_lost, no_lost), |row| &mut row.lost);
        spread(rows, causes, times(drawn_restart, no_restart), |row| &mut row.restart);
        rows[why].lost += times(all.lost - drawn_lost, no_lost);
        rows[since].restart += times(all.restart - drawn_restart, no_restart);
    }

    /// Goodput mode: failures expected of a gang, by the exact shares of its pool's causes.
    pub(super) fn expect_by_cause(&mut self, slot: u32, count_e6: u64) {
        if self.silenced(Counter::ExpectedByReason) {
            return;
        }
        let job = &self.jobs[slot];
        let causes: &[Cause] = &self.world.pools.0[self.cells[job.cell as usize].pool].causes;
        let rows = &mut self.workloads[self.jobs[slot].workload as usize].interruptions;
        let mut before = 0;
        for cause in causes {
            let until = part(u128::from(count_e6), cause.cumulative) as u64;
            rows[cause.is.index()].expected_e6 += until - before;
            before = until;
        }
    }
}

/// The amount goes to the causes by their shares; each boundary is rounded down, so that the parts add up to it.
fn spread(
    rows: &mut [InterruptionTotals],
    causes: &[Cause],
    amount: u128,
    field: impl Fn(&mut InterruptionTotals) -> &mut u128,
) {
    let mut before = 0;
    for cause in causes {
        let until = part(amount, cause.cumulative);
        *field(&mut rows[cause.is.index()]) += until - before;
        before = until;
    }
}

/// A share of an amount, all of it at 1.
fn part(amount: u128, share: f64) -> u128 {
    if 1.0 <= share { amount } else { ((amount as f64 * share) as u128).min(amount) }
}

/// Number of the node that is the `n`-th of the gang.
fn standing_on(job: &Job, mut n: u32) -> u32 {
    for piece in &job.pieces {
        if n < piece.nodes {
            return piece.node + n;
        }
        n -= piece.nodes;
    }
    panic!("the gang stands on fewer nodes than it has: {n} too few");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 by shares 0.25, 0.5 and 0.25: boundaries 2.5 -> 2, 7.5 -> 7 and 10, so 2, 5 and 3.
    #[test]
    fn parts_add_up_to_the_whole() {
        let cause = |is, cumulative| Cause { is, cumulative, takes: Takes::Node, repair: None };
        let causes =
            [cause(Interruption::FAILURE, 0.25), cause(Interruption::POOL, 0.75), cause(Interruption::SITE, 1.0)];
        let mut rows = vec![InterruptionTotals::default(); 4];
        spread(&mut rows, &causes, 10, |row| &mut row.lost);
        assert_eq!(rows.iter().map(|row| row.lost).collect::<Vec<_>>(), [2, 0, 5, 3]);
    }
}
