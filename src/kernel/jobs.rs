//! Handlers of a job's life: arrives, starts, fails, finishes. Decides nothing about who goes first.

use super::attempt::Attempt;
use super::event::{Class, When};
use super::failure::Failed;
use super::job::{Aside, Job, Jobs, NO_ROW, exposure};
use super::pool::PoolState;
use super::queue::{Key, Waiting};
use super::sim::{Counter, Release, Sabotage, Sim};
use super::state::{Right, WorkloadState};
use crate::policy::order::{Facts, rank};
use crate::record::JobRow;
use crate::stats::draw::failure_item;
use crate::stats::law::Law;
use crate::stats::math::{ln, log1p, square};
use crate::stats::quantile::exponential_quantile;
use crate::stats::renewal::Checkpointed;
use crate::units::{SimTime, Span};
use crate::world::{CellId, Failures, Order, Rules, WorkloadId};

impl Sim<'_> {
    #[inline]
    pub(super) fn on_job_arrived(&mut self, lane: u32) {
        let (lane, draft, class) = self.take_job(lane);
        let id = WorkloadId::new(lane as usize);
        let (now, in_window) = (self.now, self.in_window(draft.submit));
        let (volume, in_system) = (self.live.volume(id), !self.silenced(Counter::InSystem));
        let state = &mut self.workloads[lane as usize];
        state.arrived += u64::from(in_window);
        // Volume thins by the job's own mark, so that two volumes share their jobs.
        if volume < 1.0 && state.mark.unit(draft.item) >= volume {
            let left = state.leaves_at <= now && state.mark.unit(draft.item) < state.volume_if_stayed;
            let count = if left { &mut state.totals.left } else { &mut state.totals.thinned };
            *count += u64::from(in_window);
            return;
        }
        if in_window {
            state.totals.submitted += 1;
            state.totals.first_submit.get_or_insert(draft.submit);
        }
        if in_system {
            state.in_system.add(now, 1);
        }
        let exposure_left = match state.failures {
            Failures::Sampled => exposure(exponential_quantile(state.threshold.unit(failure_item(draft.item, 0)))),
            Failures::Off | Failures::Goodput => 0,
        };
        let (campaigns, domain) = (state.campaigns, state.domain);
        let smallest = state.elastic.map(|(terms, _)| terms.min);
        let work_us = draft.work_us - draft.done_us;
        let oracle = self.domains[domain].rules.oracle;
        let slot = self.jobs.insert(Job {
            submit: draft.submit,
            work_us,
            total_us: work_us,
            expected_us: if oracle { work_us } else { (draft.estimate_us.saturating_sub(draft.done_us)).max(1) },
            item: draft.item,
            // A gang that has its nodes for itself holds what it leaves over.
            chips: smallest.unwrap_or(draft.chips).next_multiple_of(self.domains[domain].whole),
            workload: lane,
            class,
            exposure_left,
            ..Job::default()
        });
        self.jobs[slot].key = self.new_key(slot);
        self.forget_notice(slot);
        if campaigns {
            self.on_campaign_submitted(slot);
        } else if !self.start_lone(slot, domain) {
            self.enqueue(slot, true);
        }
    }

    /// A key behind all others of its rank.
    #[inline]
    pub(super) fn new_key(&mut self, slot: u32) -> Key {
        self.arrivals += 1;
        self.key_of(slot, self.jobs[slot].expected_left_us(), self.arrivals - 1)
    }

    /// The job's place in its queue when it is expected to have that work left.
    #[inline(always)]
    pub(super) fn key_of(&self, slot: u32, left_us: u64, arrival: u64) -> Key {
        let job = &self.jobs[slot];
        let domain = &self.domains[self.workloads[job.workload as usize].domain];
        let class = if domain.classes { job.class } else { 0 };
        if domain.rules.order == Order::Fifo {
            return Key::new(class, 0, arrival);
        }
        self.ranked_key(slot, class, left_us, arrival)
    }

    #[inline(never)]
    fn ranked_key(&self, slot: u32, class: u32, left_us: u64, arrival: u64) -> Key {
        let job = &self.jobs[slot];
        let domain = &self.domains[self.workloads[job.workload as usize].domain];
        let load_us = match (domain.walks, job.resumes && !job.running) {
            (true, _) => self.jobs.aside(slot).owed_us,
            (false, true) => self.restart_us(job.workload as usize, job.chips),
            (false, false) => 0,
        };
        let facts = Facts {
            class: job.class,
            expected_us: job.expected_us,
            left_us: left_us + load_us,
            level: self.jobs.aside(slot).level,
        };
        Key::new(class, rank(domain.rules.order, &facts), arrival)
    }

    #[inline]
    pub(super) fn enqueue(&mut self, slot: u32, fresh: bool) {
        if let Some((terms, _)) = self.workloads[self.jobs[slot].workload as usize].elastic {
            self.jobs[slot].chips = terms.min;
        }
        let job = &self.jobs[slot];
        let workload = &self.workloads[job.workload as usize];
        let state = &mut self.domains[workload.domain];
        let waiting = Waiting { key: job.key, slot, chips: job.chips, expected_us: job.expected_left_us() };
        state.queues[workload.queue].insert(waiting);
        state.waiting += 1;
        if fresh && state.wants_fresh {
            state.fresh.push(slot);
        }
        let domain = workload.domain;
        if self.domains[domain].rules.overflow.is_some() {
            self.await_overflow(slot, domain);
        }
        self.touch(domain);
    }

    /// Starts the job in `slot` on `cell`; it has left the queue and there is room.
    #[inline(always)]
    pub(super) fn start(&mut self, slot: u32, cell: CellId) {
        let (now, counts) = (self.now, !self.silenced(Counter::Allocated));
        let job = &mut self.jobs[slot];
        let tenant = self.workloads[job.workload as usize].tenant;
        let place = &mut self.cells[cell.index()];
        let pool = &mut self.pools[place.pool];
        let chips = u64::from(job.chips);
        job.cell = cell.index() as u32;
        if pool.unlimited {
            pool.deliver(now, job.chips);
        }
        // One that was planned has its nodes.
        if job.pieces.is_empty() {
            pool.nodes.take(job.chips, pool.placement, &mut job.pieces);
        } else {
            job.pieces.iter().for_each(|piece| pool.nodes.claim(*piece));
        }
        let for_a_while = place.right != Right::Own;
        pool.hold(now, place.claim, chips);
        if let Some(counter) = self.silent {
            sabotage_start(counter, pool, now, chips);
        }
        if counts {
            place.allocated.add(now, chips);
        }
        pool.bill_share(now, tenant, &mut self.cells);
        pool.settle(now);
        if job.first_start == SimTime::NEVER {
            job.first_start = now;
            self.count_start(slot);
        }
        let job = &self.jobs[slot];
        if !self.workloads[job.workload as usize].overflow_cells.is_empty() {
            let in_window = self.in_window(job.submit);
            self.workloads[job.workload as usize].note_start(cell, in_window);
        }
        if for_a_while {
            self.begin_notice(slot);
        }
        if self.outside.is_some() {
            self.tell_outside(slot, true);
        }
        self.begin_attempt(slot);
        if self.watch.is_some() {
            self.watch_start(slot);
        }
    }

    #[inline(always)]
    fn count_start(&mut self, slot: u32) {
        let job = &self.jobs[slot];
        if job.campaign != NO_ROW {
            self.record.campaigns[job.campaign as usize].started = Some(self.now);
        }
        if self.in_window(job.submit) {
            let wait = self.now.since(job.submit).0;
            let totals = &mut self.workloads[job.workload as usize].totals;
            totals.started += 1;
            totals.waited += u64::from(wait > 0);
            totals.wait_us += u128::from(wait);
            totals.waits.record(wait);
        }
    }

    /// What loading costs a gang of that size [us].
    #[inline]
    pub(super) fn restart_us(&self, workload: usize, chips: u32) -> u64 {
        let state = &self.workloads[workload];
        let costs = &self.domains[state.domain].rules.restart_costs;
        costs.iter().find(|(most, _)| chips <= *most).map_or(state.restart_us, |(_, cost)| cost.0)
    }

    /// Speed of the job at its size on that cell, relative to the time in which its work is stated.
    #[inline(always)]
    pub(super) fn speed_of(&self, slot: u32, cell: CellId) -> f64 {
        let (job, place) = (&self.jobs[slot], &self.cells[cell.index()]);
        let mut speed = place.speed;
        if place.split_speed < 1.0 && self.is_split(slot, cell) {
            speed *= place.split_speed;
        }
        match self.workloads[job.workload as usize].elastic {
            None => speed,
            Some((terms, _)) => speed * terms.speed(job.chips),
        }
    }

    /// Whether the job stands on more nodes than it needs; one that stands nowhere, whether it would if it started there now.
    fn is_split(&self, slot: u32, cell: CellId) -> bool {
        let (job, pool) = (&self.jobs[slot], &self.pools[self.cells[cell.index()].pool]);
        if job.pieces.is_empty() {
            return pool.nodes.would_split(job.chips);
        }
        pool.nodes.is_split(job.chips, &job.pieces)
    }

    /// What the attempt would be if it began now on that cell, and nothing failed.
    #[inline(always)]
    pub(super) fn lay_out(&self, slot: u32, cell: CellId) -> Attempt {
        let job = &self.jobs[slot];
        let state = &self.workloads[job.workload as usize];
        let speed = self.speed_of(slot, cell);
        // One that takes longer than all time takes a part of it: no study lasts so long.
        let slowed = || ((job.work_us as f64 / speed).ceil() as u64).clamp(1, SimTime::NEVER.0 / 8);
        let restart_us = match (job.running, job.resumes) {
            (true, _) => job.attempt.restart_us,
            (false, _) if job.resizing => state.elastic.map_or(0, |(_, cost_us)| cost_us),
            (false, true) => self.restart_us(job.workload as usize, job.chips),
            (false, false) => 0,
        };
        Attempt {
            start: self.now,
            restart_us,
            work_us: if speed == 1.0 { job.work_us } else { slowed() },
            interval_us: state.interval_us,
            cost_us: state.cost_us,
            ..Attempt::default()
        }
    }

    /// Lays out the attempt.
    #[inline(always)]
    fn begin_attempt(&mut self, slot: u32) {
        let cell = CellId::new(self.jobs[slot].cell as usize);
        let state = &self.workloads[self.jobs[slot].workload as usize];
        if state.unwatched && state.failures != Failures::Goodput {
            let attempt = self.lay_out(slot, cell);
            let job = &mut self.jobs[slot];
            (job.attempt, job.running) = (attempt, true);
            return self.post_next(slot);
        }
        self.begin_watched(slot, cell);
    }

    /// The same where somebody looks at running jobs, or what failures cost is drawn.
    fn begin_watched(&mut self, slot: u32, cell: CellId) {
        let walks = self.domains[self.workloads[self.jobs[slot].workload as usize].domain].walks;
        let mut attempt = if walks { self.helios_attempt(slot, cell) } else { self.lay_out(slot, cell) };
        let job = &mut self.jobs[slot];
        let state = &self.workloads[job.workload as usize];
        let cell = &self.cells[job.cell as usize];
        let domain = state.domain;
        let mut expected = 0.0;
        begin_cycle(&mut attempt, &mut self.jobs, slot, state);
        let job = &mut self.jobs[slot];
        if state.failures == Failures::Goodput {
            expected = draw_overhead(&mut attempt, job, state, cell.failure_rate);
        }
        job.attempt = attempt;
        job.running = true;
        if self.domains[domain].tracks {
            self.track_start(slot);
        }
        self.post_next(slot);
        if 0.0 < expected {
            self.expect_failures(slot, expected);
        }
    }

    /// Posts the one pending event of a running job: the earliest of finish, failure, the end of its turn and of its last checkpoint.
    #[inline(always)]
    pub(super) fn post_next(&mut self, slot: u32) {
        let job = &self.jobs[slot];
        let state = &self.workloads[job.workload as usize];
        let cell_of = job.cell as usize;
        let cell = &self.cells[cell_of];
        let start = job.attempt.start;
        let mut when = When::new(start + Span(job.attempt.length_us()), Class::Finish);
        if state.failures == Failures::Sampled && cell.failure_rate > 0 {
            let rate = u128::from(cell.failure_rate) * u128::from(job.chips);
            // Failing at the instant of the finish, the job has finished.
            let until = job.exposure_left.div_ceil(rate).clamp(1, u128::from(SimTime::NEVER.0)) as u64;
            if start + Span(until) < when.time() {
                when = When::new(start + Span(until), Class::Failure);
            }
        }
        if !state.unwatched {
            when = self.next_of_watched(slot, CellId::new(cell_of), when);
        }
        self.jobs[slot].seq = self.heap.push(when, slot);
    }

    /// What a rule has to do with a running job before `when`, or `when`.
    fn next_of_watched(&mut self, slot: u32, cell: CellId, mut when: When) -> When {
        let job = &self.jobs[slot];
        let state = &self.workloads[job.workload as usize];
        let for_a_while = self.cells[cell.index()].right != Right::Own;
        if self.domains[state.domain].tracks || state.drawn_intervals.is_some() || for_a_while {
            when = when.min(due(job, self.jobs.aside(slot), state, self.domains[state.domain].rules));
        }
        if for_a_while {
            when = when.min(self.notice_due(slot));
        }
        if state.kills {
            let limit = When::new(job.attempt.start + Span(self.expected_length_us(slot, cell)), Class::Finish);
            let outlasts = limit < when;
            when = when.min(limit);
            self.jobs[slot].killed = outlasts;
        }
        when
    }

    /// Goodput mode: of the failures expected of an attempt, those of its time in the window, evenly over its length.
    fn expect_failures(&mut self, slot: u32, expected: f64) {
        let job = &self.jobs[slot];
        let (from, length) = (job.attempt.start.0, job.attempt.length_us());
        let (first, last) = (from.max(self.world.measure_from.0), (from + length).min(self.world.end.0));
        let share = last.saturating_sub(first) as f64 / length as f64;
        let count = (expected * share * 1e6).round().min(1e15) as u64;
        self.workloads[job.workload as usize].totals.expected_failures_e6 += count;
        self.expect_by_cause(slot, count);
    }

    #[inline]
    pub(super) fn on_job_finished(&mut self, slot: u32, seq: u64) {
        if self.jobs[slot].seq != seq {
            return;
        }
        let killed = self.jobs[slot].killed;
        if killed {
            self.on_killed(slot);
        }
        self.book_attempt(slot, killed.then_some(self.now));
        self.let_go(slot, Release::Finish, None);
        let (now, in_system) = (self.now, !self.silenced(Counter::InSystem));
        let job = &self.jobs[slot];
        let in_window = self.in_window(job.submit);
        let state = &mut self.workloads[job.workload as usize];
        let sojourn = now.since(job.submit).0;
        state.failures_of_gone += u64::from(job.failures);
        state.apart.note_gone(&self.jobs, slot);
        state.totals.sojourn_us += u128::from(sojourn);
        state.totals.killed += u64::from(in_window && killed);
        if let Some(deadline) = state.deadline.filter(|_| in_window) {
            let on_time = !killed && sojourn <= deadline.0;
            state.totals.on_time += u64::from(on_time);
            state.totals.late += u64::from(!on_time);
        }
        if in_window && !killed {
            state.totals.finished += 1;
            state.totals.jct_us += u128::from(sojourn);
            state.totals.jcts.record(sojourn);
            state.totals.last_finish = Some(now);
        }
        if in_system {
            state.in_system.sub(now, 1);
        }
        if job.campaign != NO_ROW {
            self.on_campaign_over(slot);
        }
        if self.watch.is_some() {
            self.watch_finish(slot, killed);
        }
        self.write_row(slot, Some(now).filter(|_| !killed));
        self.jobs.remove(slot);
    }

    pub(super) fn on_gang_failed(&mut self, slot: u32, seq: u64) {
        if self.jobs[slot].seq != seq {
            return;
        }
        let now = self.now;
        let cause = self.draw_cause(slot);
        let failed = self.draw_failed(slot, cause);
        self.jobs.aside_mut(slot).why = cause.is.index() as u16;
        self.book_attempt(slot, Some(now));
        let speed = self.speed_of(slot, CellId::new(self.jobs[slot].cell as usize));
        let counted = self.in_window(now);
        let interrupts = !self.silenced(Counter::Interruptions);
        let job = &mut self.jobs[slot];
        let pool = self.cells[job.cell as usize].pool;
        let state = &mut self.workloads[job.workload as usize];
        let saved = job.attempt.saved_us(now.since(job.attempt.start).0);
        state.totals.failures += u64::from(counted);
        state.failures_outside += u64::from(!counted);
        state.interrupted(cause.is, counted && interrupts);
        job.keep(saved, speed);
        self.end_stretch(slot);
        let job = &mut self.jobs[slot];
        job.failures += 1;
        job.resumes = true;
        // One that was saving to make room is not any more.
        let leaving = std::mem::take(&mut job.leaving);
        self.workloads[job.workload as usize].apart.not_yielded += u64::from(leaving);
        job.seq = u64::MAX;
        let next = self.workloads[job.workload as usize].threshold.unit(failure_item(job.item, job.failures));
        job.exposure_left = exposure(exponential_quantile(next));
        self.jobs.aside_mut(slot).since = cause.is.index() as u16;
        self.let_go(slot, Release::Failure, Some(failed));
        if let Some((rack, time_us)) = failed.rack {
            self.rack_fails(pool, rack, time_us, cause);
        }
        self.enqueue(slot, false);
    }

    /// Nodes the gang stands on.
    pub(super) fn nodes_of(&self, slot: u32) -> usize {
        let job = &self.jobs[slot];
        let pool = &self.pools[self.cells[job.cell as usize].pool];
        if pool.nodes.is_counted() {
            job.chips.div_ceil(pool.chips_per_node as u32) as usize
        } else {
            job.pieces.iter().map(|piece| piece.nodes as usize).sum()
        }
    }

    /// The gang frees its chips, all but those on the node that failed. Always inlined: what only a failure needs falls away where
    /// a job finishes.
    #[inline(always)]
    pub(super) fn let_go(&mut self, slot: u32, release: Release, failed: Option<Failed>) {
        let (now, counts) = (self.now, !self.silenced(Counter::Allocated));
        let state = &self.workloads[self.jobs[slot].workload as usize];
        let (tenant, domain) = (state.tenant, state.domain);
        if !state.unwatched {
            if self.domains[domain].tracks {
                self.track_end(slot);
            }
            if self.cells[self.jobs[slot].cell as usize].right != Right::Own {
                self.end_notice(slot);
            }
        }
        let job = &mut self.jobs[slot];
        let place = &mut self.cells[job.cell as usize];
        let at = place.pool;
        let pool = &mut self.pools[at];
        let chips = u64::from(job.chips);
        job.running = false;
        if counts {
            place.allocated.sub(now, chips);
        }
        if self.sabotage == Sabotage::Release(release) {
            job.pieces.clear();
        } else {
            let repair = failed.and_then(|failed| failed.node);
            let broken = pool.nodes.give_back(job.chips, &mut job.pieces, repair.map(|(node, _)| node));
            let down = broken.map_or(0, |piece| u64::from(piece.chips));
            pool.let_go(now, place.claim, chips, down);
            if pool.unlimited {
                pool.withdraw(now, chips);
            }
            if let Some(counter) = self.silent {
                sabotage_failure(counter, pool, now, down);
            }
            if let (Some(piece), Some((_, time_us))) = (broken, repair) {
                self.send_to_repair(at, piece, None, time_us);
                self.await_spares(at);
            }
        }
        // A node that goes down may cut every tenant's entitlement, so all of them are billed anew.
        let pool = &mut self.pools[at];
        if failed.is_some() || pool.wants_free_nodes() {
            self.after_supply(at);
        } else {
            pool.bill_share(now, tenant, &mut self.cells);
            pool.settle(now);
        }
        if self.domains[domain].lends {
            self.await_lending(domain);
        }
        if self.outside.is_some() {
            self.tell_outside(slot, false);
        }
        if !self.at_rest(domain) {
            self.touch(domain);
        }
    }

    /// Books what the attempt was spent on, by month; `failed` when it ends in a failure. Months before the books open are
    /// not booked.
    #[inline(always)]
    pub(super) fn book_attempt(&mut self, slot: u32, failed: Option<SimTime>) {
        if self.watch.is_some() {
            self.watch_stretch(slot, failed);
        }
        let Some(last) = self.open_month.filter(|_| self.world.measure_from < self.now) else { return };
        let job = &self.jobs[slot];
        let from = job.attempt.start.max(self.world.measure_from);
        // Most jobs neither fail nor checkpoint and lie in one month: all of it is work.
        let plain = failed.is_none() && job.attempt.is_plain() && self.sabotage == Sabotage::None;
        if plain && self.world.months[last] <= from {
            let work = u128::from(self.now.since(from).0) * u128::from(job.chips);
            self.record.cells[job.cell as usize][last].productive += work;
        } else {
            self.book_phases(slot, from, last, failed);
        }
    }

    /// The same for any attempt, from the last month backwards: most lie in one.
    fn book_phases(&mut self, slot: u32, from: SimTime, last: usize, failed: Option<SimTime>) {
        let job = &self.jobs[slot];
        let (cell, attempt, chips) = (job.cell as usize, job.attempt, u128::from(job.chips));
        let silent = self.silent;
        let quiet = |counter| silent == Some(counter);
        let mut to = self.now;
        for month in (0..=last).rev() {
            let begins = self.world.months[month].max(from);
            let phases = attempt.phases(begins.min(to), to, failed);
            let row = &mut self.record.cells[cell][month];
            row.productive += if quiet(Counter::Productive) { 0 } else { u128::from(phases.productive) * chips };
            row.checkpoint += if quiet(Counter::Checkpoint) { 0 } else { u128::from(phases.checkpoint) * chips };
            row.lost += if quiet(Counter::Lost) { 0 } else { u128::from(phases.lost) * chips };
            row.restart += if quiet(Counter::Restart) { 0 } else { u128::from(phases.restart) * chips };
            row.yielding += if quiet(Counter::Yielding) { 0 } else { u128::from(phases.yielding) * chips };
            self.book_reasons(slot, (begins.min(to), to), phases);
            if begins <= from {
                break;
            }
            to = begins;
        }
    }

    /// Jobs still there at the end: their attempts are booked as far as they got, their times are lower bounds.
    pub(super) fn close_jobs(&mut self) {
        for slot in self.jobs.slots() {
            if self.jobs[slot].running {
                self.book_attempt(slot, None);
            }
            let job = &self.jobs[slot];
            if job.campaign != NO_ROW {
                self.record.campaigns[job.campaign as usize].failures = job.failures;
            }
            let in_system = self.now.since(job.submit).0;
            let in_window = self.in_window(job.submit);
            let state = &mut self.workloads[job.workload as usize];
            state.failures_of_gone += u64::from(job.failures);
            state.apart.note_gone(&self.jobs, slot);
            let totals = &mut state.totals;
            totals.sojourn_us += u128::from(in_system);
            if in_window && job.first_start == SimTime::NEVER {
                totals.unstarted += 1;
                totals.unstarted_us += u128::from(in_system);
                totals.waits.record(in_system);
            }
            // Whose deadline lies beyond the end may still meet it: neither on time nor late.
            if let Some(deadline) = state.deadline {
                totals.late += u64::from(in_window && deadline.0 < in_system);
            }
            if in_window {
                totals.unfinished += 1;
                totals.unfinished_us += u128::from(in_system);
                totals.jcts.record(in_system);
            }
            self.write_row(slot, None);
        }
    }

    #[inline]
    pub(super) fn write_row(&mut self, slot: u32, finished: Option<SimTime>) {
        if !self.world.job_rows {
            return;
        }
        let job = &self.jobs[slot];
        let started = Some(job.first_start).filter(|at| *at != SimTime::NEVER);
        let row = JobRow {
            workload: WorkloadId::new(job.workload as usize),
            item: job.item,
            submitted: job.submit,
            started,
            finished,
            chips: job.chips,
            cell: started.map(|_| CellId::new(job.cell as usize)),
            failures: job.failures,
            preemptions: self.jobs.aside(slot).yields,
            run: 0,
        };
        match &mut self.outside {
            Some(outside) => outside.over(&row),
            None => self.record.jobs.push(row),
        }
    }

    /// Whether a job submitted at `submit` counts.
    #[inline]
    pub(super) fn in_window(&self, submit: SimTime) -> bool {
        self.world.measure_from <= submit && submit < self.world.end
    }
}

/// Mutation tests only: undoes what a start counted.
fn sabotage_start(silent: Counter, pool: &mut PoolState, now: SimTime, chips: u64) {
    match silent {
        Counter::Idle => pool.idle.add(now, chips),
        Counter::Gangs => pool.gangs.sub(now, chips),
        _ => {}
    }
}

/// Mutation tests only: undoes what a failure counted.
fn sabotage_failure(silent: Counter, pool: &mut PoolState, now: SimTime, down: u64) {
    match silent {
        Counter::Down => pool.down.sub(now, down),
        Counter::Up => pool.up.add(now, down),
        _ => {}
    }
}

/// The work until its next checkpoint, where that is drawn.
#[inline(always)]
pub(super) fn begin_cycle(attempt: &mut Attempt, jobs: &mut Jobs, slot: u32, state: &WorkloadState) {
    if let Some(drawn) = &state.drawn_intervals {
        let item = jobs[slot].item;
        let aside = jobs.aside_mut(slot);
        attempt.interval_us = drawn.draw_us(item, aside.cycles);
        aside.cycles += 1;
    }
}

/// Goodput mode: the overhead is lognormal with the renewal mean and sd, one u per job. Eq. (7).
///
/// Never below zero and of that very mean; a normal one cut at zero is 1.8 times too long on average where sd = 3 x mean (short
/// jobs that rarely fail). Where the moments are beyond all numbers the gang never gets through. Returns the failures expected.
fn draw_overhead(attempt: &mut Attempt, job: &Job, state: &WorkloadState, failure_rate: u64) -> f64 {
    let per_hour = failure_rate as f64 / 1e12 * f64::from(job.chips);
    if per_hour == 0.0 {
        return 0.0;
    }
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
        return 0.0;
    }
    if !(wasted.is_finite() && wall.sd.is_finite()) {
        attempt.drawn_lost_us = SimTime::NEVER.0;
        // It fails at its rate as long as there is time.
        return per_hour * Span(attempt.length_us()).hours();
    }
    let spread = log1p(square(wall.sd / wasted));
    let law = Law::Lognormal { mu: ln(wasted) - 0.5 * spread, sigma: spread.sqrt() };
    let drawn = law.quantile(state.goodput.unit(job.item));
    attempt.drawn_restart_us = Span::from_micros_f64(drawn * wall.restart / wasted).0;
    attempt.drawn_lost_us = Span::from_micros_f64(drawn).0.saturating_sub(attempt.drawn_restart_us);
    wall.failures
}

/// When a running job is due for something that is neither its finish nor a failure: the end of its last checkpoint or of one after which
/// a cycle is drawn, the next level, the end of its turn.
fn due(job: &Job, aside: &Aside, state: &WorkloadState, rules: &Rules) -> When {
    if let Some(from) = job.attempt.yields_from {
        return When::new(from + Span(aside.leaves_in_us), Class::Reclaim);
    }
    let cycle = state.drawn_intervals.as_ref().and_then(|_| job.attempt.first_cycle_ends());
    if rules.order != Order::Las {
        return cycle.map_or(When::NEVER, |at| When::new(at, Class::Reclaim));
    }
    let start = job.attempt.start;
    let next = rules.las_levels.get(aside.level as usize);
    let level =
        next.map(|level| start + Span(level.saturating_sub(aside.attained).div_ceil(u128::from(job.chips)) as u64));
    let turn = rules.las_quantum.map(|quantum| aside.turn_from + quantum);
    level.into_iter().chain(turn).chain(cycle).min().map_or(When::NEVER, |at| When::new(at, Class::Reclaim))
}
