//! Handlers of a job's life: arrives, starts, fails, finishes. Decides nothing about who goes first.

use super::attempt::Attempt;
use super::event::{Class, When};
use super::job::{Job, exposure};
use super::queue;
use super::sim::{Counter, Release, RepairJob, Sabotage, Sim};
use crate::record::{CampaignRow, JobRow};
use crate::stats::draw::{failure_item, index_of};
use crate::stats::law::Law;
use crate::stats::math::{ln, log1p, square};
use crate::stats::quantile::exponential_quantile;
use crate::stats::renewal::Checkpointed;
use crate::units::{SimTime, Span};
use crate::world::{CellId, Failures, WorkloadId};

/// A row index that means none.
const NO_ROW: u32 = u32::MAX;

impl Sim<'_> {
    pub(super) fn on_job_arrived(&mut self, lane: u32) {
        let draft = self.lanes[lane as usize].take(&self.live);
        self.find_next_lane();
        let id = WorkloadId::new(lane as usize);
        let in_window = self.in_window(draft.submit);
        let volume = self.live.volume(id);
        let state = &mut self.workloads[lane as usize];
        // Volume thins by the job's own mark, so that two volumes share their jobs.
        if volume < 1.0 && state.mark.unit(draft.item) >= volume {
            state.totals.elsewhere += u64::from(in_window);
            return;
        }
        if in_window {
            state.totals.submitted += 1;
            state.totals.first_submit.get_or_insert(draft.submit);
        }
        let key = queue::key(state.level, self.arrivals);
        self.arrivals += 1;
        let slot = self.jobs.insert(Job {
            submit: draft.submit,
            key,
            work_us: draft.work_us - draft.done_us,
            seq: u64::MAX,
            item: draft.item,
            chips: draft.chips,
            failures: 0,
            workload: lane,
            cell: 0,
        });
        if self.workloads[lane as usize].failures == Failures::Sampled {
            let u = self.workloads[lane as usize].threshold.unit(failure_item(draft.item, 0));
            self.jobs.cold(slot).exposure_left = exposure(exponential_quantile(u));
        }
        let now = self.now;
        if !self.silenced(Counter::InSystem) {
            self.workloads[lane as usize].in_system.add(now, 1);
        }
        if self.workloads[lane as usize].campaigns {
            self.on_campaign_submitted(slot);
        } else {
            self.enqueue(slot, true);
        }
    }

    /// A campaign waits for its predecessor.
    fn on_campaign_submitted(&mut self, slot: u32) {
        let job = *self.jobs.get(slot);
        let terms = &self.world.workloads[WorkloadId::new(job.workload as usize)];
        let state = &self.workloads[job.workload as usize];
        let alone = Attempt {
            start: job.submit,
            // What was done before the run began is not part of its plan.
            work_us: job.work_us,
            interval_us: state.interval_us,
            cost_us: state.cost_us,
            ..Attempt::default()
        };
        let row = CampaignRow {
            workload: WorkloadId::new(job.workload as usize),
            number: job.item,
            submitted: job.submit,
            started: None,
            finished: None,
            planned_finish: alone.finish(),
            failures: 0,
            run: 0,
        };
        debug_assert!(!terms.cells.is_empty());
        self.jobs.cold(slot).campaign = self.record.campaigns.len() as u32;
        self.record.campaigns.push(row);
        let state = &mut self.workloads[job.workload as usize];
        if state.running_campaign {
            state.waiting_campaigns.push_back(slot);
        } else {
            state.running_campaign = true;
            self.enqueue(slot, false);
        }
    }

    fn enqueue(&mut self, slot: u32, fresh: bool) {
        let job = self.jobs.get(slot);
        let (key, workload) = (job.key, &self.workloads[job.workload as usize]);
        let domain = workload.domain;
        let state = &mut self.domains[domain];
        state.queues[workload.tenant].insert(key, slot);
        state.waiting += 1;
        if fresh && workload.limited {
            state.fresh.push(slot);
        }
        self.touch(domain);
    }

    /// Starts the job in `slot` on `cell`; it has left the queue and there is room.
    pub(super) fn start(&mut self, slot: u32, cell: CellId) {
        let now = self.now;
        let job = *self.jobs.get(slot);
        let workload = WorkloadId::new(job.workload as usize);
        let tenant = self.workloads[workload.index()].tenant;
        let pool = self.cells[cell.index()].pool;
        let placement = self.pools[pool].placement;
        self.pools[pool].nodes.take(job.chips, placement, &mut self.jobs.cold(slot).pieces);
        self.pools[pool].hold(now, tenant, u64::from(job.chips));
        self.sabotage_start(pool, u64::from(job.chips));
        if !self.silenced(Counter::Allocated) {
            self.cells[cell.index()].allocated.add(now, u64::from(job.chips));
        }
        self.bill_share(pool, tenant);
        self.pools[pool].assert_conserved(now);
        self.jobs.hot(slot).cell = cell.index() as u32;
        let first = self.jobs.cold_ref(slot).first_start == SimTime::NEVER;
        if first {
            self.jobs.cold(slot).first_start = now;
            self.count_start(workload, job.submit);
            let row = self.jobs.cold_ref(slot).campaign;
            if row != NO_ROW {
                self.record.campaigns[row as usize].started = Some(now);
            }
        }
        self.begin_attempt(slot, cell);
    }

    fn count_start(&mut self, workload: WorkloadId, submit: SimTime) {
        if self.in_window(submit) {
            let wait = self.now.since(submit).0;
            let totals = &mut self.workloads[workload.index()].totals;
            totals.started += 1;
            totals.waited += u64::from(wait > 0);
            totals.wait_us += u128::from(wait);
            totals.waits.record(wait);
        }
    }

    /// Lays out the attempt and posts its one pending event: the earlier of finish and failure.
    fn begin_attempt(&mut self, slot: u32, cell: CellId) {
        let job = *self.jobs.get(slot);
        let state = &self.workloads[job.workload as usize];
        let cell_state = &self.cells[cell.index()];
        let speed = cell_state.speed;
        let work_us = if speed == 1.0 { job.work_us } else { ((job.work_us as f64 / speed).ceil() as u64).max(1) };
        let mut attempt = Attempt {
            start: self.now,
            restart_us: if job.failures > 0 { state.restart_us } else { 0 },
            work_us,
            interval_us: state.interval_us,
            cost_us: state.cost_us,
            ..Attempt::default()
        };
        let rate = u128::from(cell_state.failure_rate) * u128::from(job.chips);
        let mut when = None;
        match self.workloads[job.workload as usize].failures {
            Failures::Off => {}
            Failures::Sampled if rate > 0 => {
                // Failing at the instant of the finish, the job has finished.
                let until =
                    self.jobs.cold_ref(slot).exposure_left.div_ceil(rate).clamp(1, u128::from(SimTime::NEVER.0)) as u64;
                if until < attempt.length_us() {
                    when = Some(When::new(self.now + Span(until), Class::Failure));
                }
            }
            Failures::Sampled => {}
            Failures::Goodput => self.draw_overhead(&mut attempt, &job, cell),
        }
        let finish = self.now + Span(attempt.length_us());
        let seq = self.heap.push(when.unwrap_or(When::new(finish, Class::Finish)), slot);
        self.jobs.hot(slot).seq = seq;
        let cold = self.jobs.cold(slot);
        cold.attempt = attempt;
        cold.running = true;
    }

    /// Goodput mode: the overhead is lognormal with the renewal mean and sd, one u per job. Eq. (7).
    ///
    /// Never below zero and of that very mean; a normal one cut at zero is 1.8 times too long on average where sd = 3 x mean (short
    /// jobs that rarely fail). Where the moments are beyond all numbers the gang never gets through.
    fn draw_overhead(&self, attempt: &mut Attempt, job: &Job, cell: CellId) {
        let per_hour = self.cells[cell.index()].failure_rate as f64 / 1e12 * f64::from(job.chips);
        if per_hour == 0.0 {
            return;
        }
        let state = &self.workloads[job.workload as usize];
        let interval = if attempt.interval_us == 0 { attempt.work_us } else { attempt.interval_us };
        let terms = Checkpointed {
            full_segments: attempt.work_us / interval,
            work: interval as f64,
            rest: (attempt.work_us % interval) as f64,
            checkpoint: if attempt.interval_us == 0 { 0.0 } else { attempt.cost_us as f64 },
            restart: state.restart_us as f64,
            mtbf: Span::HOUR.0 as f64 / per_hour,
        };
        let wall = terms.wall_time();
        let wasted = wall.lost + wall.restart;
        if wasted <= 0.0 {
            return;
        }
        if !(wasted.is_finite() && wall.sd.is_finite()) {
            attempt.drawn_lost_us = SimTime::NEVER.0;
            return;
        }
        let spread = log1p(square(wall.sd / wasted));
        let law = Law::Lognormal { mu: ln(wasted) - 0.5 * spread, sigma: spread.sqrt() };
        let drawn = law.quantile(state.goodput.unit(job.item));
        attempt.drawn_restart_us = Span::from_micros_f64(drawn * wall.restart / wasted).0;
        attempt.drawn_lost_us = Span::from_micros_f64(drawn).0.saturating_sub(attempt.drawn_restart_us);
    }

    pub(super) fn on_job_finished(&mut self, slot: u32, seq: u64) {
        if self.jobs.get(slot).seq != seq {
            return;
        }
        self.book_attempt(slot, None);
        self.let_go(slot, None);
        let job = *self.jobs.get(slot);
        let now = self.now;
        let in_window = self.in_window(job.submit);
        let state = &mut self.workloads[job.workload as usize];
        let sojourn = now.since(job.submit.max(SimTime::ZERO)).0;
        state.totals.sojourn_us += u128::from(sojourn);
        if in_window {
            state.totals.finished += 1;
            state.totals.jct_us += u128::from(sojourn);
            state.totals.jcts.record(sojourn);
            state.totals.last_finish = Some(now);
        }
        if !self.silenced(Counter::InSystem) {
            self.workloads[job.workload as usize].in_system.sub(now, 1);
        }
        self.on_campaign_over(slot, &job);
        self.write_row(slot, Some(now));
        self.jobs.remove(slot);
    }

    fn on_campaign_over(&mut self, slot: u32, job: &Job) {
        let row = self.jobs.cold_ref(slot).campaign;
        if row == NO_ROW {
            return;
        }
        self.record.campaigns[row as usize].finished = Some(self.now);
        self.record.campaigns[row as usize].failures = job.failures;
        match self.workloads[job.workload as usize].waiting_campaigns.pop_front() {
            Some(next) => self.enqueue(next, false),
            None => self.workloads[job.workload as usize].running_campaign = false,
        }
    }

    pub(super) fn on_gang_failed(&mut self, slot: u32, seq: u64) {
        if self.jobs.get(slot).seq != seq {
            return;
        }
        let now = self.now;
        let job = *self.jobs.get(slot);
        let attempt = self.jobs.cold_ref(slot).attempt;
        self.book_attempt(slot, Some(now));
        let saved = attempt.saved_us(now.since(attempt.start).0);
        let speed = self.cells[job.cell as usize].speed;
        let saved_work = if speed == 1.0 { saved } else { (saved as f64 * speed).floor() as u64 };
        let counted = self.in_window(now);
        let state = &mut self.workloads[job.workload as usize];
        state.totals.failures += u64::from(counted);
        let item = failure_item(job.item, job.failures);
        let u_node = state.failing_node.unit(item);
        let next = state.threshold.unit(failure_item(job.item, job.failures + 1));
        let failing = index_of(u_node, self.nodes_of(slot, &job));
        let hot = self.jobs.hot(slot);
        hot.work_us = (hot.work_us - saved_work.min(hot.work_us - 1)).max(1);
        hot.failures += 1;
        hot.seq = u64::MAX;
        self.jobs.cold(slot).exposure_left = exposure(exponential_quantile(next));
        self.let_go(slot, Some((failing, item)));
        self.enqueue(slot, false);
    }

    /// Nodes the gang stands on.
    fn nodes_of(&self, slot: u32, job: &Job) -> usize {
        let pool = self.world.cells[CellId::new(job.cell as usize)].pool.index();
        if self.pools[pool].nodes.is_counted() {
            job.chips.div_ceil(self.pools[pool].chips_per_node as u32) as usize
        } else {
            self.jobs.cold_ref(slot).pieces.iter().map(|piece| piece.nodes as usize).sum()
        }
    }

    /// The gang frees its chips, all but those on the node that failed.
    fn let_go(&mut self, slot: u32, failed: Option<(usize, i64)>) {
        let now = self.now;
        let job = *self.jobs.get(slot);
        let cell = CellId::new(job.cell as usize);
        let pool = self.cells[cell.index()].pool;
        let (tenant, domain) = {
            let workload = &self.workloads[job.workload as usize];
            (workload.tenant, workload.domain)
        };
        let release = if failed.is_some() { Release::Failure } else { Release::Finish };
        if self.sabotage == Sabotage::Release(release) {
            self.jobs.cold(slot).pieces.clear();
        } else {
            let down = self.free_nodes(slot, pool, &job, failed);
            self.pools[pool].let_go(now, tenant, u64::from(job.chips), down);
            self.sabotage_failure(pool, down);
        }
        if !self.silenced(Counter::Allocated) {
            self.cells[cell.index()].allocated.sub(now, u64::from(job.chips));
        }
        self.jobs.cold(slot).running = false;
        // A node that goes down may cut every tenant's entitlement, so all of them are billed anew.
        if failed.is_some() || self.pools[pool].retiring_nodes > 0 {
            self.after_supply(pool);
        } else {
            self.bill_share(pool, tenant);
            self.pools[pool].assert_conserved(now);
        }
        self.touch(domain);
    }

    /// Gives the nodes back, sends the failed one to repair; returns the chips that are down.
    fn free_nodes(&mut self, slot: u32, pool: usize, job: &Job, failed: Option<(usize, i64)>) -> u64 {
        let mut broken = None;
        let at = failed.filter(|_| self.repair_takes_time(pool)).map(|(node, _)| node as u32);
        if self.pools[pool].nodes.is_counted() {
            let chips = self.pools[pool].chips_per_node as u32;
            broken = at.map(|_| super::nodes::Piece { node: 0, nodes: 1, chips });
            let down = broken.map_or(0, |piece| piece.chips);
            self.pools[pool].nodes.give_counted(job.chips - down);
        } else {
            let mut pieces = std::mem::take(&mut self.jobs.cold(slot).pieces);
            if let Some(mut n) = at {
                let which = pieces.iter().position(|piece| {
                    let inside = n < piece.nodes;
                    n -= if inside { 0 } else { piece.nodes };
                    inside
                });
                let piece = pieces.swap_remove(which.expect("the failing node is the gang's"));
                broken = Some(self.split_off(pool, piece, n));
            }
            self.pools[pool].nodes.give_all(&mut pieces);
            self.jobs.cold(slot).pieces = pieces;
        }
        let Some(piece) = broken else { return 0 };
        let (_, item) = failed.expect("broken means failed");
        self.send_to_repair(pool, piece, job.workload as usize, item);
        u64::from(piece.chips)
    }

    /// Gives back all nodes of `piece` but the `n`-th, which is returned.
    fn split_off(&mut self, pool: usize, piece: super::nodes::Piece, n: u32) -> super::nodes::Piece {
        let nodes = &mut self.pools[pool].nodes;
        if n > 0 {
            nodes.give(super::nodes::Piece { nodes: n, ..piece });
        }
        if n + 1 < piece.nodes {
            nodes.give(super::nodes::Piece { node: piece.node + n + 1, nodes: piece.nodes - n - 1, ..piece });
        }
        super::nodes::Piece { node: piece.node + n, nodes: 1, chips: piece.chips }
    }

    fn repair_takes_time(&self, pool: usize) -> bool {
        self.world.pools.0[pool].repair.is_some()
    }

    fn send_to_repair(&mut self, pool: usize, piece: super::nodes::Piece, workload: usize, item: i64) {
        let repair = self.world.pools.0[pool].repair.as_ref().expect("asked before");
        let state = &self.workloads[workload];
        let unit = repair.law.shape.quantile2(state.repair_branch.unit(item), state.repair_time.unit(item));
        let time_us = Span::from_hours(unit * self.live.value(&repair.law.mean)).0.max(1);
        let job = RepairJob { pool: pool as u32, piece, time_us, pending: true };
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
        let crews = repair.crews;
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
        let RepairJob { pool, piece, .. } = self.repairs[index as usize];
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
            self.pools[pool].repair(now, piece);
        }
        self.after_supply(pool);
    }

    /// Books what the attempt was spent on, by month; `failed` when it ends in a failure. Months before the books open are
    /// not booked.
    pub(super) fn book_attempt(&mut self, slot: u32, failed: Option<SimTime>) {
        let job = self.jobs.get(slot);
        let (cell, chips) = (job.cell as usize, u128::from(job.chips));
        let attempt = self.jobs.cold_ref(slot).attempt;
        if self.now <= self.world.measure_from {
            return;
        }
        let Some(last) = self.open_month else { return };
        let from = attempt.start.max(self.world.measure_from);
        // Most jobs neither fail nor checkpoint and lie in one month: all of it is work.
        if failed.is_none() && attempt.is_plain() && self.world.months[last] <= from && self.sabotage == Sabotage::None
        {
            self.record.cells[cell][last].productive += u128::from(self.now.since(from).0) * chips;
            return;
        }
        let mut to = self.now;
        let mut month = last;
        // From the last month backwards: most attempts lie in one.
        loop {
            let begins = self.world.months[month].max(from);
            let phases = attempt.phases(begins.min(to), to, failed);
            let quiet = |counter| self.sabotage == Sabotage::Counter(counter);
            let row = &mut self.record.cells[cell][month];
            row.productive += if quiet(Counter::Productive) { 0 } else { u128::from(phases.productive) * chips };
            row.checkpoint += if quiet(Counter::Checkpoint) { 0 } else { u128::from(phases.checkpoint) * chips };
            row.lost += if quiet(Counter::Lost) { 0 } else { u128::from(phases.lost) * chips };
            row.restart += if quiet(Counter::Restart) { 0 } else { u128::from(phases.restart) * chips };
            if begins <= from || month == 0 {
                break;
            }
            to = begins;
            month -= 1;
        }
    }

    /// Jobs still there at the end: their attempts are booked as far as they got, their waits are lower bounds.
    pub(super) fn close_jobs(&mut self) {
        for slot in self.jobs.slots() {
            let job = *self.jobs.get(slot);
            let cold = self.jobs.cold_ref(slot);
            let (running, started) = (cold.running, cold.first_start != SimTime::NEVER);
            let row = cold.campaign;
            if running {
                self.book_attempt(slot, None);
            }
            if row != NO_ROW {
                self.record.campaigns[row as usize].failures = job.failures;
            }
            let in_system = self.now.since(job.submit).0;
            let in_window = self.in_window(job.submit);
            let totals = &mut self.workloads[job.workload as usize].totals;
            totals.sojourn_us += u128::from(in_system);
            if in_window && !started {
                totals.unstarted += 1;
                totals.waits.record(in_system);
            }
            self.write_row(slot, None);
        }
    }

    pub(super) fn write_row(&mut self, slot: u32, finished: Option<SimTime>) {
        if !self.world.job_rows {
            return;
        }
        let job = *self.jobs.get(slot);
        let started = Some(self.jobs.cold_ref(slot).first_start).filter(|at| *at != SimTime::NEVER);
        self.record.jobs.push(JobRow {
            workload: WorkloadId::new(job.workload as usize),
            item: job.item,
            submitted: job.submit,
            started,
            finished,
            chips: job.chips,
            cell: started.map(|_| CellId::new(job.cell as usize)),
            failures: job.failures,
            run: 0,
        });
    }

    /// Whether a job submitted at `submit` counts.
    #[inline]
    pub(super) fn in_window(&self, submit: SimTime) -> bool {
        self.world.measure_from <= submit && submit < self.world.end
    }

    /// Mutation tests only: undoes what a start counted.
    #[inline]
    fn sabotage_start(&mut self, pool: usize, chips: u64) {
        let now = self.now;
        if self.silenced(Counter::Idle) {
            self.pools[pool].idle.add(now, chips);
        }
        if self.silenced(Counter::Gangs) {
            self.pools[pool].gangs.sub(now, chips);
        }
    }

    /// Mutation tests only: undoes what a failure counted.
    fn sabotage_failure(&mut self, pool: usize, down: u64) {
        let now = self.now;
        if self.silenced(Counter::Down) {
            self.pools[pool].down.sub(now, down);
        }
        if self.silenced(Counter::Up) {
            self.pools[pool].up.add(now, down);
        }
    }
}
