//! Identities 1 and 6 of the coupled model, Little's law and the ends of jobs, in every run: each term is counted where it happens.
//! A broken identity is our bug and panics with its numbers.

use super::sim::{Counter, Sim};
use crate::record::{CellMonth, InterruptionTotals, RunRecord, ServiceMonth, WorkloadTotals};
use crate::stats::histogram::Histogram;
use crate::units::SimTime;
use crate::world::{CellId, ServiceId, WorkloadId, World};

impl Sim<'_> {
    /// Recounts from the jobs themselves what the counters say.
    pub(super) fn full_audit(&mut self) {
        // Kept between audits: a run allocates nothing per event, and audits come every 4,096.
        let [mut held, mut cells, mut down] = std::mem::take(&mut self.recount);
        for (counts, len) in
            [(&mut held, self.pools.len()), (&mut cells, self.cells.len()), (&mut down, self.pools.len())]
        {
            counts.clear();
            counts.resize(len, 0);
        }
        for repair in self.repairs.iter().filter(|repair| repair.pending) {
            down[repair.pool as usize] += u64::from(repair.piece.chips);
        }
        for (pool, state) in self.pools.iter().enumerate() {
            down[pool] += state.dark_chips + state.dark_racks.iter().map(|rack| rack.chips).sum::<u64>();
        }
        self.audit_replicas(&mut cells);
        let mut running = 0;
        for job in self.jobs.all().filter(|job| job.running) {
            let cell = CellId::new(job.cell as usize);
            held[self.world.cells[cell].pool.index()] += u64::from(job.chips);
            cells[cell.index()] += u64::from(job.chips);
            running += 1;
        }
        for (pool, state) in self.pools.iter().enumerate() {
            let gangs = state.gangs.level();
            assert!(
                gangs == held[pool],
                "pool {pool} at {}: {gangs} chips in gangs, jobs hold {}",
                self.now,
                held[pool]
            );
            let shares: u64 = state.standing.tenants.iter().map(|claim| claim.held).sum();
            let all = gangs + state.serving();
            assert!(shares == all, "pool {pool} at {}: tenants hold {shares} of {all}", self.now);
            assert!(
                state.down.level() == down[pool],
                "pool {pool} at {}: {} chips down, {} await repair",
                self.now,
                state.down.level(),
                down[pool]
            );
            assert!(
                0 < state.dark || state.dark_chips == 0,
                "pool {pool} at {}: {} chips are down for an outage that is over",
                self.now,
                state.dark_chips
            );
            let due = state.due_to_retire();
            assert!(due == 0, "pool {pool} at {}: {due} nodes to retire are free and still there", self.now);
            state.assert_conserved(self.now);
        }
        for (cell, state) in self.cells.iter().enumerate() {
            let level = state.allocated.level();
            assert!(
                level == cells[cell],
                "cell {cell} at {}: metered {level} chips, jobs hold {}",
                self.now,
                cells[cell]
            );
        }
        let waiting: usize = self.domains.iter().map(|domain| domain.waiting).sum();
        let queued: usize = self.domains.iter().flat_map(|domain| &domain.queues).map(|queue| queue.len()).sum();
        let held_back: usize = self.workloads.iter().map(|workload| workload.waiting_campaigns.len()).sum();
        let alive = self.jobs.alive();
        assert!(waiting == queued, "{waiting} jobs counted as waiting, {queued} in queues at {}", self.now);
        assert!(
            running + waiting + held_back == alive,
            "{running} running + {waiting} waiting + {held_back} behind a predecessor != {alive} alive at {}",
            self.now
        );
        self.recount = [held, cells, down];
    }

    /// Closes the run at its end and returns the record.
    pub(super) fn finish(mut self) -> RunRecord {
        if self.outside.is_none() {
            self.now = self.world.end;
        }
        self.full_audit();
        self.close_jobs();
        self.close_money();
        for (id, workload) in self.workloads.iter_mut().enumerate() {
            let mut totals = std::mem::take(&mut workload.totals);
            totals.in_system_us = workload.in_system.take(self.now);
            if let Some(counter) = self.silent {
                silence(counter, &mut totals);
            }
            let path = &self.world.workloads[WorkloadId::new(id)].path;
            let WorkloadTotals { submitted, thinned, left, failures, outages, preemptions, overflowed, .. } = totals;
            assert!(
                workload.arrived == submitted + thinned + left,
                "jobs of {path}: {} arrived != {submitted} submitted + {thinned} thinned + {left} left",
                workload.arrived
            );
            assert!(
                workload.failures_of_gone == failures + workload.failures_outside,
                "failures of {path}: jobs had {} != {failures} in the window + {} outside",
                workload.failures_of_gone,
                workload.failures_outside
            );
            let apart = &workload.apart;
            assert!(
                apart.outages_of_gone == outages + apart.outages_outside,
                "outages of {path}: jobs met {} != {outages} in the window + {} outside",
                apart.outages_of_gone,
                apart.outages_outside
            );
            assert!(
                apart.yields_of_gone + apart.not_yielded == preemptions + apart.preemptions_outside + apart.reclaimed,
                "jobs of {path}: {} left and {} ended before they had != {preemptions} taken off in the window + {} outside + {} taken back",
                apart.yields_of_gone,
                apart.not_yielded,
                apart.preemptions_outside,
                apart.reclaimed
            );
            assert!(
                apart.started_elsewhere == overflowed,
                "jobs of {path}: {} started where they overflow to, {overflowed} overflowed",
                apart.started_elsewhere
            );
            self.record.workloads[id] = totals;
            self.record.interruptions[id] = std::mem::take(&mut workload.interruptions);
        }
        audit_record(self.world, &self.record, self.now);
        self.record
    }
}

/// The identities of a finished record.
pub fn audit_record(world: &World, record: &RunRecord, now: SimTime) {
    for (pool, months) in record.pools.iter().enumerate() {
        for (month, row) in months.iter().enumerate() {
            assert!(
                row.fragmented <= row.idle,
                "pool {pool} month {month}: {} of {} idle chip-us are on nodes in use",
                row.fragmented,
                row.idle
            );
            let sum = row.ready + row.starting + row.gangs + row.reserved + row.idle + row.down;
            assert!(
                sum == row.installed && row.up + row.down == row.installed,
                "identity 1, {} month {month}: ready {} + starting {} + gangs {} + reserved {} + idle {} + down {} != installed {} (up {})",
                world.pools.0[pool].name,
                row.ready,
                row.starting,
                row.gangs,
                row.reserved,
                row.idle,
                row.down,
                row.installed,
                row.up
            );
            let power = &world.pools.0[pool].power;
            let (at_idle, at_work) = (u128::from(power.idle_mw), u128::from(power.full_mw));
            let reserved_mw = u128::from(world.pools.0[pool].reserved_mw());
            let quiet = row.idle + row.ready + row.starting;
            let busy = row.gangs * at_work + row.at_work * (at_work - at_idle);
            let energy = quiet * at_idle + busy + row.reserved * reserved_mw;
            assert!(
                row.energy_mw_us == energy && row.installed_mw_us == row.installed * at_work,
                "energy, {} month {month}: metered {} mW us, its chips draw {energy} (installed {})",
                world.pools.0[pool].name,
                row.energy_mw_us,
                row.installed_mw_us
            );
            let here = || world.cells.ids().filter(|c| world.cells[*c].pool.index() == pool);
            let of_cells =
                |field: fn(&CellMonth) -> u128| here().map(|c| field(&record.cells[c.index()][month])).sum::<u128>();
            for (what, cells, whole) in [
                ("hold", of_cells(|row| row.allocated), row.gangs + row.ready + row.starting),
                ("have ready", of_cells(|row| row.ready), row.ready),
                ("are starting", of_cells(|row| row.starting), row.starting),
                ("work", of_cells(|row| row.at_work), row.at_work),
            ] {
                let name = &world.pools.0[pool].name;
                assert!(cells == whole, "pool {name} month {month}: cells {what} {cells} chip-us, the pool {whole}");
            }
            audit_shares(world, record, pool, month);
        }
    }
    for (cell, months) in record.cells.iter().enumerate() {
        for (month, row) in months.iter().enumerate() {
            let work = row.productive + row.checkpoint + row.lost + row.restart + row.yielding;
            let spent = work + row.ready + row.starting;
            assert!(
                spent == row.allocated,
                "identity 6, cell {cell} month {month}: productive {} + checkpoint {} + lost {} + restart {} + yielding {} + ready {} + starting {} != allocated {}",
                row.productive,
                row.checkpoint,
                row.lost,
                row.restart,
                row.yielding,
                row.ready,
                row.starting,
                row.allocated
            );
            assert!(
                row.billed + row.covered == row.allocated,
                "{} month {month}: billed {} + under the guarantee {} != held {} chip-us",
                world.workloads[world.cells.0[cell].workload].path,
                row.billed,
                row.covered,
                row.allocated
            );
        }
    }
    for id in world.services.ids() {
        audit_service(world, record, id);
    }
    for id in world.workloads.ids() {
        audit_interruptions(world, record, id);
    }
    for (id, totals) in record.workloads.iter().enumerate() {
        audit_jobs(&world.workloads[WorkloadId::new(id)].path, totals);
        assert!(
            totals.in_system_us == totals.sojourn_us,
            "Little, {} at {now}: integral of jobs {} us, sum of their times {} us",
            world.workloads[WorkloadId::new(id)].path,
            totals.in_system_us,
            totals.sojourn_us
        );
    }
}

/// Identities 2, 3 and 5 of the coupled model, by month: tokens of interactive users, replica time, tokens that may wait.
fn audit_service(world: &World, record: &RunRecord, id: ServiceId) {
    let path = &world.services[id].path;
    let mut waiting = None;
    for (month, row) in record.services[id.index()].iter().enumerate() {
        let ServiceMonth { demanded, first, shed, spilled, lost, .. } = *row;
        assert!(
            demanded == first + spilled + lost,
            "identity 2, {path} month {month}: {demanded} tokens demanded != {first} served + {spilled} spilled + {lost} lost"
        );
        assert!(
            shed == spilled + lost,
            "identity 2, {path} month {month}: {shed} tokens shed != {spilled} spilled + {lost} lost"
        );
        let (served, ready) = (row.served, row.ready);
        assert!(served <= ready, "identity 3, {path} month {month}: {served} replica-us at work of {ready} ready");
        let ServiceMonth { deferrable, deferrable_served, expired, backlog_from, backlog, .. } = *row;
        assert!(
            backlog_from + deferrable == deferrable_served + expired + backlog,
            "identity 5, {path} month {month}: backlog {backlog_from} + {deferrable} new != {deferrable_served} served + {expired} expired + {backlog} left"
        );
        if let Some(before) = waiting {
            assert!(before == backlog_from, "{path} month {month}: backlog {before} at its eve, then {backlog_from}");
        }
        waiting = (world.measure_from < world.month_end(month as u16)).then_some(backlog);
        let places = world.services[id].places.iter();
        let of_cells: u128 =
            places.map(|place| record.cells[place.cell.index()][month].at_work / u128::from(place.chips)).sum();
        assert!(of_cells == served, "{path} month {month}: its cells work {of_cells} replica-us, it {served}");
    }
    let month_sum = |field: fn(&ServiceMonth) -> u128, of: ServiceId| -> u128 {
        record.services[of.index()].iter().map(field).sum()
    };
    let asked = world.services.enumerate().filter(|(_, service)| service.second_choice == Some(id));
    let spilled: u128 = asked.map(|(of, _)| month_sum(|row| row.spilled, of)).sum();
    let received = month_sum(|row| row.received, id);
    assert!(spilled == received, "{path}: {spilled} tokens spilled to it, {received} received");
}

/// The goodput table: what each reason cost adds up to what the gangs lost and loaded, and their counts to failures, outages and the rest.
fn audit_interruptions(world: &World, record: &RunRecord, id: WorkloadId) {
    let (path, totals, rows) =
        (&world.workloads[id].path, &record.workloads[id.index()], &record.interruptions[id.index()]);
    let months = || {
        let cells = world.cells.enumerate().filter(|(_, cell)| cell.workload == id);
        cells.flat_map(|(cell, _)| &record.cells[cell.index()])
    };
    let spent = |field: fn(&CellMonth) -> u128| months().map(field).sum::<u128>();
    let cost = |field: fn(&InterruptionTotals) -> u128| rows.iter().map(field).sum::<u128>();
    for (what, by_reason, whole) in [
        ("lost", cost(|row| row.lost), spent(|month| month.lost)),
        ("loaded after", cost(|row| row.restart), spent(|month| month.restart)),
    ] {
        assert!(by_reason == whole, "interruptions of {path}: {by_reason} chip-us {what} by reason != {whole} in all");
    }
    let WorkloadTotals { failures, outages, preemptions, resizes, reclaims, killed, expected_failures_e6, .. } =
        *totals;
    let counted: u64 = rows.iter().map(|row| row.count).sum();
    assert!(
        counted == failures + outages + preemptions + killed + resizes + reclaims,
        "interruptions of {path}: {counted} by reason != {failures} failures + {outages} outages + {preemptions} taken off + {killed} stopped + {resizes} resized + {reclaims} reclaimed"
    );
    let expected: u64 = rows.iter().map(|row| row.expected_e6).sum();
    assert!(
        expected == expected_failures_e6,
        "interruptions of {path}: {expected}e-6 expected by cause != {expected_failures_e6}e-6 in all"
    );
}

/// Each job submitted ends in one way, by when it started and by when it finished; sums lie between the ends of the histograms' bins.
fn audit_jobs(path: &str, totals: &WorkloadTotals) {
    let WorkloadTotals { submitted, started, finished, refused, unstarted, unfinished, waited, killed, .. } = *totals;
    assert!(
        submitted == started + refused + unstarted,
        "jobs of {path}: {submitted} submitted != {started} started + {refused} refused + {unstarted} unstarted"
    );
    assert!(
        submitted == finished + killed + refused + unfinished,
        "jobs of {path}: {submitted} submitted != {finished} finished + {killed} stopped + {refused} refused + {unfinished} unfinished"
    );
    let censored = [("unstarted", unstarted, totals.unstarted_us), ("unfinished", unfinished, totals.unfinished_us)];
    for (what, jobs, sum) in censored {
        assert!((jobs == 0) == (sum == 0), "jobs of {path}: {jobs} are {what}, with {sum} us so far");
    }
    let at_once = totals.waits.bins().find(|(bin, _)| *bin == 0).map_or(0, |(_, count)| count);
    assert!(
        at_once + waited == started,
        "waits of {path}: {at_once} started at once + {waited} waited != {started} started"
    );
    let waits = totals.wait_us + totals.unstarted_us;
    audit_sum(path, "waits", &totals.waits, started + unstarted, waits);
    audit_sum(path, "completion times", &totals.jcts, finished + unfinished, totals.jct_us + totals.unfinished_us);
}

/// A histogram against the counter and the sum of what went into it.
fn audit_sum(path: &str, what: &str, histogram: &Histogram, jobs: u64, sum: u128) {
    assert!(histogram.count() == jobs, "{what} of {path}: {} in the histogram, {jobs} counted", histogram.count());
    let ends = |end: fn((u64, u64)) -> u64| -> u128 {
        histogram.bins().map(|(bin, count)| u128::from(end(Histogram::bin_ends(bin))) * u128::from(count)).sum()
    };
    let (low, high) = (ends(|bin| bin.0), ends(|bin| bin.1));
    assert!(low <= sum && sum <= high, "{what} of {path}: a sum of {sum} us, the histogram has {low} to {high}");
}

/// Mutation tests only: a counter that was never counted.
fn silence(counter: Counter, totals: &mut WorkloadTotals) {
    match counter {
        Counter::Submitted => totals.submitted = 0,
        Counter::Started => totals.started = 0,
        Counter::Finished => totals.finished = 0,
        Counter::Refused => totals.refused = 0,
        Counter::Unstarted => totals.unstarted = 0,
        Counter::Unfinished => totals.unfinished = 0,
        Counter::Waited => totals.waited = 0,
        Counter::Thinned => totals.thinned = 0,
        Counter::Left => totals.left = 0,
        Counter::Failures => totals.failures = 0,
        Counter::Outages => totals.outages = 0,
        Counter::Killed => totals.killed = 0,
        Counter::Overflowed => totals.overflowed = 0,
        Counter::Preemptions => totals.preemptions = 0,
        Counter::WaitSum => totals.wait_us = 0,
        Counter::UnstartedSum => totals.unstarted_us = 0,
        Counter::JctSum => totals.jct_us = 0,
        Counter::UnfinishedSum => totals.unfinished_us = 0,
        Counter::Waits => totals.waits = Histogram::new(),
        Counter::Jcts => totals.jcts = Histogram::new(),
        _ => {}
    }
}

/// What the shares of a pool were offered, was late or blocked, against what was promised, held and up.
fn audit_shares(world: &World, record: &RunRecord, pool: usize, month: usize) {
    let (name, row) = (&world.pools.0[pool].name, &record.pools[pool][month]);
    let cells = |tenant: Option<usize>, which: &dyn Fn(CellId) -> bool, of: fn(&CellMonth) -> u128| -> u128 {
        let here = world.cells.ids().filter(|id| world.cells[*id].pool.index() == pool);
        let lab = |id: &CellId| world.workloads[world.cells[*id].workload].tenant.index();
        here.filter(|id| tenant.is_none_or(|tenant| lab(id) == tenant) && which(*id))
            .map(|id| of(&record.cells[id.index()][month]))
            .sum()
    };
    let (mut offered, mut unused, mut reserved) = (0, 0, 0);
    for (tenant, months) in record.shares[pool].iter().enumerate() {
        let Some(share) = months.get(month) else { continue };
        let whose = || format!("{} on {name} month {month}", world.tenants.0[tenant].name);
        assert!(
            share.guaranteed == share.offered + share.late + share.blocked,
            "guarantee of {}: {} chip-us != offered {} + late or down {} + blocked {}",
            whose(),
            share.guaranteed,
            share.offered,
            share.late,
            share.blocked
        );
        assert!(
            share.reserved == share.reserved_offered + share.reserved_late + share.reserved_blocked,
            "reservation of {}: {} chip-us != offered {} + late or down {} + blocked {}",
            whose(),
            share.reserved,
            share.reserved_offered,
            share.reserved_late,
            share.reserved_blocked
        );
        let in_blocks = |cell: CellId| world.in_blocks(cell);
        let covered = cells(Some(tenant), &|cell| !in_blocks(cell), |month| month.covered);
        let held = cells(Some(tenant), &in_blocks, |month| month.covered);
        assert!(
            share.block == share.block_offered + share.block_late + share.block_blocked,
            "blocks of {}: {} chip-us != offered {} + late or down {} + blocked {}",
            whose(),
            share.block,
            share.block_offered,
            share.block_late,
            share.block_blocked
        );
        assert!(
            share.block_offered == held + share.block_unused,
            "blocks of {}: offered {} chip-us != held in them {held} + unused {}",
            whose(),
            share.block_offered,
            share.block_unused
        );
        assert!(
            share.offered == covered + share.unused,
            "guarantee of {}: offered {} chip-us != held under it {covered} + unused {}",
            whose(),
            share.offered,
            share.unused
        );
        offered += share.offered + share.block_offered;
        unused += share.unused + share.block_unused;
        reserved += share.reserved_offered;
    }
    assert!(
        reserved == row.reserved,
        "reservations on {name} month {month}: tenants were handed {reserved} chip-us, the pool counts {}",
        row.reserved
    );
    assert!(unused <= row.idle, "{name} month {month}: {unused} chip-us offered and unused, only {} idle", row.idle);
    let billed = cells(None, &|_| true, |month| month.billed);
    assert!(
        billed + offered + reserved <= row.up,
        "{name} month {month}: billed usage {billed} + offered {offered} + reserved {reserved} chip-us > up {}",
        row.up
    );
}
