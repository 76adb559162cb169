//! A second look at what passes decide, for tests: reservations and plans worked out anew by brute force from who runs and who waits, nodes
//! counted one by one, each job's work added up. Changes nothing; a run that is not watched has none of it.

use super::nodes::{Nodes, Piece};
use super::planning::Plan;
use super::sim::{Run, Sabotage, Sim, draw_live};
use super::standing::Standing;
use super::state::WorkloadState;
use crate::record::RunRecord;
use crate::units::{SimTime, Span};
use crate::world::{Backfill, CellId, World, Yield};
use std::collections::BTreeMap;

/// What is remembered while a run is watched.
#[derive(Debug, Default)]
pub struct Watch {
    /// Estimates are exact, and nothing fails, is taken off or comes late: a first promise is kept.
    exact: bool,
    /// The head for whom the pass has reserved last.
    head: Option<u32>,
    /// Of each job that has run: work done on the reference chip [us], and in how many stretches.
    work: BTreeMap<(u32, i64), (f64, f64)>,
    /// Since when the head of a tenant, by workload and item, finds no room within its guarantee because others have borrowed it.
    owed: BTreeMap<(u32, i64), SimTime>,
    seen: Seen,
}

/// How often each law had something to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Passes.
    pub passes: u64,
    /// Jobs that passed a reserved head, whose start did not move.
    pub fills: u64,
    /// Starts before a job that was planned earlier, whose planned start did not move.
    pub overtakes: u64,
    /// First starts not later than promised.
    pub promises: u64,
    /// Waiting jobs that could not be let start.
    pub held_back: u64,
    /// Jobs whose work adds up, after more than one stretch.
    pub resumed: u64,
    /// Passes after which an owner waits for what it has lent.
    pub owed: u64,
}

/// As [`simulate`](super::simulate), and every pass is looked at again; for tests only. `exact`: see the laws of promises.
#[doc(hidden)]
pub fn simulate_watched(world: &World, run: Run, exact: bool) -> (RunRecord, Seen) {
    simulate_watched_sabotaged(world, run, exact, Sabotage::None)
}

/// The same with one thing broken.
#[doc(hidden)]
pub fn simulate_watched_sabotaged(world: &World, run: Run, exact: bool, sabotage: Sabotage) -> (RunRecord, Seen) {
    let mut sim = Sim::new(world, run, draw_live(world, run), sabotage);
    sim.watch = Some(Box::new(Watch { exact, ..Watch::default() }));
    sim.run();
    let seen = sim.watch.as_ref().expect("put there above").seen;
    (sim.finish(), seen)
}

/// A job's place in a plan made by brute force.
#[derive(Clone, Debug)]
struct Planned {
    pool: usize,
    tenant: usize,
    chips: u32,
    start: SimTime,
    end: SimTime,
    pieces: Vec<Piece>,
}

impl<'w> Sim<'w> {
    fn watching(&mut self) -> &mut Watch {
        self.watch.as_mut().expect("only asked when watched")
    }

    /// A pass begins, or begins again: nothing is reserved.
    pub(super) fn watch_begins(&mut self) {
        if let Some(watch) = &mut self.watch {
            watch.head = None;
        }
    }

    /// The head has a reservation: it is the earliest that the ends of running jobs allow.
    pub(super) fn watch_reserved(&mut self, domain: usize, slot: u32) {
        let brute = self.brute_start(slot);
        let kept = &self.domains[domain].reservation;
        let start = if kept.pool.is_some() { kept.start } else { SimTime::NEVER };
        assert!(start == brute, "{}: job {slot} has {start} reserved, by brute force {brute}", self.now);
        self.watching().head = Some(slot);
        if start < SimTime::NEVER {
            self.jobs.aside_mut(slot).promised.get_or_insert(start);
        }
    }

    /// The reserved start of the head, before and after another passes it.
    pub(super) fn watch_head(&self) -> SimTime {
        self.watch.as_ref().and_then(|watch| watch.head).map_or(SimTime::NEVER, |head| self.brute_start(head))
    }

    /// Somebody passed the head.
    pub(super) fn watch_filled(&mut self, slot: u32, before: SimTime) {
        let after = self.watch_head();
        assert!(
            after <= before,
            "{}: job {slot} passes and moves the reserved start from {before} to {after}",
            self.now
        );
        self.watching().seen.fills += 1;
    }

    /// Where the jobs planned before are expected to start.
    pub(super) fn watch_planned(&self, domain: usize) -> Vec<SimTime> {
        let ahead = &self.domains[domain].planned;
        let brute = self.brute_plan(ahead);
        for (Plan { slot, start, .. }, brute) in ahead.iter().zip(&brute) {
            assert!(start == brute, "{}: job {slot} is planned for {start}, by brute force for {brute}", self.now);
        }
        brute
    }

    /// Somebody started before jobs planned earlier.
    pub(super) fn watch_overtaken(&mut self, domain: usize, slot: u32, before: &[SimTime]) {
        let ahead = &self.domains[domain].planned;
        let after = self.brute_plan(ahead);
        for ((of, before), after) in ahead.iter().zip(before).zip(&after) {
            let of = of.slot;
            assert!(after <= before, "{}: job {slot} starts and moves job {of} from {before} to {after}", self.now);
        }
        self.watching().seen.overtakes += u64::from(!before.is_empty());
    }

    /// A job starts.
    pub(super) fn watch_start(&mut self, slot: u32) {
        let job = &self.jobs[slot];
        assert!(job.submit <= self.now, "job {slot} starts at {} before {}", self.now, job.submit);
        let first = job.first_start == self.now;
        if let (true, Some(promised)) = (first && self.watching().exact, self.jobs.aside(slot).promised) {
            assert!(self.now <= promised, "job {slot} was promised {promised} and starts at {}", self.now);
            self.watching().seen.promises += 1;
        }
    }

    /// A stretch of work ends.
    pub(super) fn watch_stretch(&mut self, slot: u32, failed: Option<SimTime>) {
        let job = &self.jobs[slot];
        let speed = self.speed_of(slot, CellId::new(job.cell as usize));
        let phases = job.attempt.phases(job.attempt.start, self.now, failed);
        let key = (job.workload, job.item);
        let (work, rounding) = self.watching().work.entry(key).or_default();
        *work += phases.productive as f64 * speed;
        // Each stretch is a whole number of microseconds on either chip, and leaves one at least to do.
        *rounding += 2.0 + 2.0 * speed;
    }

    /// A job finishes: its stretches add up to its work.
    pub(super) fn watch_finish(&mut self, slot: u32, killed: bool) {
        let job = &self.jobs[slot];
        let (total, resumes) = (job.total_us as f64, job.resumes);
        let (work, rounding) = self.watch.as_mut().and_then(|w| w.work.remove(&(job.workload, job.item))).expect("ran");
        let enough = killed || total - rounding <= work;
        assert!(enough && work <= total + rounding, "job {slot} did {work} us of {total} ({rounding} of rounding)");
        self.watching().seen.resumed += u64::from(resumes);
    }

    /// A pass is over: what the policy promises holds, and nodes hold what jobs have.
    pub(super) fn watch_pass(&mut self, domain: usize) {
        self.watching().seen.passes += 1;
        self.full_audit();
        for pool in self.domains[domain].pools {
            self.watch_nodes(pool.index());
        }
        self.watch_loans(domain);
        let leaves = |slot: &u32| self.jobs[*slot].leaving;
        // Behind a job for which others are leaving nobody starts.
        if self.domains[domain].running.iter().flatten().any(leaves) {
            return;
        }
        let could = match self.domains[domain].rules.backfill {
            Backfill::Strict => self.head(domain).filter(|slot| self.has_brute_room(*slot, true)),
            Backfill::SkipAhead => self.waiting(domain).into_iter().find(|slot| self.has_brute_room(*slot, true)),
            Backfill::Easy => self.could_have_passed(domain),
            Backfill::Conservative => {
                let waits = |plan: &&Plan| self.jobs[plan.slot].planned;
                let planned: Vec<Plan> = self.domains[domain].planned.iter().filter(waits).cloned().collect();
                let starts = self.brute_plan(&planned);
                planned.iter().zip(&starts).find(|(_, start)| **start == self.now).map(|(plan, _)| plan.slot)
            }
        };
        assert!(
            could.is_none(),
            "{}: job {could:?} waits and could start: {}",
            self.now,
            self.standing_of(domain, could)
        );
        for queue in 0..self.domains[domain].tenants.len() {
            let own = self.heads(domain, queue).filter(|slot| self.has_brute_room(*slot, false));
            assert!(own.is_none(), "{}: job {own:?} waits and could start in its own guarantee", self.now);
        }
        let waiting = self.domains[domain].waiting as u64;
        self.watching().seen.held_back += waiting;
    }

    /// Borrowed chips come back to who asks for them within the notice, or as long as saving takes at most.
    fn watch_loans(&mut self, domain: usize) {
        let state = &self.domains[domain];
        if !state.lends {
            return;
        }
        let here = |workload: &&WorkloadState| workload.domain == domain;
        let saving_us = self.workloads.iter().filter(here).map(|workload| workload.cost_us).max().unwrap_or(0);
        let within = match (state.rules.yields, state.rules.notice) {
            (Yield::Abrupt, _) => Span::ZERO,
            (Yield::Graceful, notice) => notice.map_or(Span(saving_us), |notice| notice.min(Span(saving_us))),
        };
        let heads: Vec<u32> = (0..state.tenants.len()).filter_map(|queue| self.heads(domain, queue)).collect();
        let owed: Vec<(u32, i64)> = heads
            .into_iter()
            .filter(|slot| self.is_owed(*slot))
            .map(|slot| (self.jobs[slot].workload, self.jobs[slot].item))
            .collect();
        let now = self.now;
        let of_domain = |workload: u32| self.workloads[workload as usize].domain == domain;
        let before = &self.watch.as_ref().expect("watched").owed;
        let mut after: BTreeMap<_, _> =
            before.iter().filter(|((of, _), _)| !of_domain(*of)).map(|(key, since)| (*key, *since)).collect();
        for key in &owed {
            let since = *before.get(key).unwrap_or(&now);
            assert!(now.since(since) < within, "{now}: job {key:?} is owed what others borrowed since {since}");
            after.insert(*key, since);
        }
        let watch = self.watching();
        watch.owed = after;
        watch.seen.owed += owed.len() as u64;
    }

    /// The waiting job is within its tenant's guarantee, and only borrowers are in its way: on interchangeable nodes that is a matter of numbers.
    fn is_owed(&self, slot: u32) -> bool {
        let job = &self.jobs[slot];
        let workload = &self.workloads[job.workload as usize];
        workload.cells.iter().any(|cell| {
            let pool = &self.pools[self.cells[cell.index()].pool];
            let lent = pool.standing.borrowed(pool.usable());
            let own = u64::from(job.chips) <= pool.available(workload.tenant, false);
            own && pool.nodes.is_counted() && !pool.is_shut() && 0 < lent
        })
    }

    /// Who waits and who runs, for the message of a broken law.
    fn standing_of(&self, domain: usize, slot: Option<u32>) -> String {
        let head = self.watch.as_ref().and_then(|watch| watch.head);
        let mut out = format!("head {head:?}");
        if let Some(head) = head {
            let (kept, brute) = (&self.domains[domain].reservation, self.brute_start(head));
            out += &format!(" of {} chips at {} ({brute})", kept.chips, kept.start);
        }
        for waiting in self.waiting(domain).into_iter().map(|slot| &self.jobs[slot]) {
            out += &format!("; {} chips wait, expected {} us", waiting.chips, waiting.expected_left_us());
        }
        let could = slot.map(|slot| &self.jobs[slot]);
        out += &format!("; could: {:?}", could.map(|job| (job.chips, job.item, job.workload, job.failures)));
        for pool in self.domains[domain].pools {
            let (nodes, ends) = (&self.pools[pool.index()].nodes, self.brute_ends(pool.index()));
            out += &format!("; {pool:?} has {} free, ends", nodes.free_chips());
            ends.iter().for_each(|(end, slot)| out += &format!(" {} at {end}", self.jobs[*slot].chips));
        }
        out
    }

    /// The first of all queues.
    fn head(&self, domain: usize) -> Option<u32> {
        let queues = 0..self.domains[domain].tenants.len();
        let turn = |queue: usize| {
            let slot = self.heads(domain, queue)?;
            Some((self.share_in_turn(domain, queue), self.jobs[slot].key, slot))
        };
        queues.filter_map(turn).min().map(|(_, _, slot)| slot)
    }

    fn heads(&self, domain: usize, queue: usize) -> Option<u32> {
        let of = |slot: &u32| self.workloads[self.jobs[*slot].workload as usize].queue == queue;
        self.waiting(domain).into_iter().filter(of).min_by_key(|slot| self.jobs[*slot].key)
    }

    /// Every job that waits in the domain, from its queues.
    fn waiting(&self, domain: usize) -> Vec<u32> {
        self.domains[domain].queues.iter().flat_map(|queue| queue.iter()).map(|waiting| waiting.slot).collect()
    }

    /// A job that could pass the head without moving its reserved start; None where nothing is reserved.
    fn could_have_passed(&self, domain: usize) -> Option<u32> {
        let head = self.watch.as_ref().and_then(|watch| watch.head)?;
        if self.jobs[head].running {
            return None;
        }
        let (before, others) = (self.brute_start(head), self.waiting(domain));
        let passes = |slot: u32| {
            let workload = &self.workloads[self.jobs[slot].workload as usize];
            // Where nodes differ, a job that would have stood in the way may stand elsewhere when another has taken that place: a sweep that has
            // passed it does not come back.
            let counted = |cell: &&CellId| self.pools[self.cells[cell.index()].pool].nodes.is_counted();
            let rooms = workload.cells.iter().filter(|cell| self.has_brute_room_on(slot, **cell, true));
            rooms.filter(counted).any(|cell| self.brute_start_beside(head, slot, *cell) <= before)
        };
        others.into_iter().find(|slot| if *slot == head { self.has_brute_room(head, true) } else { passes(*slot) })
    }

    fn has_brute_room(&self, slot: u32, any: bool) -> bool {
        let cells = self.workloads[self.jobs[slot].workload as usize].cells;
        cells.iter().any(|cell| self.has_brute_room_on(slot, *cell, any))
    }

    fn has_brute_room_on(&self, slot: u32, cell: CellId, any: bool) -> bool {
        let job = &self.jobs[slot];
        let pool = self.cells[cell.index()].pool;
        let (nodes, standing) = self.brute_state(pool, self.now, &[]);
        let tenant = self.workloads[job.workload as usize].tenant;
        let up = self.pools[pool].usable();
        let room = u64::from(job.chips) <= standing.available(tenant, any, up) && nodes.has_room(job.chips);
        room && !self.pools[pool].is_shut()
    }

    /// Running jobs of the pool and when they are expected to end: not before the next microsecond.
    fn brute_ends(&self, pool: usize) -> Vec<(SimTime, u32)> {
        let here = |slot: &u32| {
            let job = &self.jobs[*slot];
            job.running && self.cells[job.cell as usize].pool == pool
        };
        let end = |slot: u32| (self.jobs.aside(slot).expected_end.max(SimTime(self.now.0 + 1)), slot);
        self.jobs.slots().into_iter().filter(here).map(end).collect()
    }

    /// The pool at `at`: running jobs gone that are expected to be, planned ones there that are to be.
    fn brute_state(&self, pool: usize, at: SimTime, planned: &[Planned]) -> (Nodes, Standing) {
        let (mut nodes, mut standing) = (self.pools[pool].nodes.clone(), self.pools[pool].standing.clone());
        for (_, slot) in self.brute_ends(pool).into_iter().filter(|(end, _)| *end <= at && self.now < at) {
            let job = &self.jobs[slot];
            standing.let_go(self.workloads[job.workload as usize].tenant, u64::from(job.chips));
            match nodes.is_counted() {
                true => nodes.give_counted(job.chips),
                false => job.pieces.iter().for_each(|piece| nodes.give(*piece)),
            }
        }
        for gang in planned.iter().filter(|gang| gang.pool == pool && gang.start <= at && at < gang.end) {
            standing.hold(gang.tenant, u64::from(gang.chips));
            match nodes.is_counted() {
                true => nodes.take(gang.chips, self.pools[pool].placement, &mut Vec::new()),
                false => gang.pieces.iter().for_each(|piece| nodes.claim(*piece)),
            }
        }
        (nodes, standing)
    }

    /// The earliest start of a waiting job on any of its pools if nobody else starts; NEVER when there is none.
    fn brute_start(&self, slot: u32) -> SimTime {
        self.brute_start_with(slot, &[])
    }

    /// The same when the other starts now on that cell.
    fn brute_start_beside(&self, slot: u32, other: u32, cell: CellId) -> SimTime {
        let pool = self.cells[cell.index()].pool;
        let (mut pieces, chips) = (Vec::new(), self.jobs[other].chips);
        self.pools[pool].nodes.clone().take(chips, self.pools[pool].placement, &mut pieces);
        let tenant = self.workloads[self.jobs[other].workload as usize].tenant;
        let end = self.now + Span(self.expected_length_us(other, cell));
        self.brute_start_with(slot, &[Planned { pool, tenant, chips, start: self.now, end, pieces }])
    }

    fn brute_start_with(&self, slot: u32, others: &[Planned]) -> SimTime {
        let job = &self.jobs[slot];
        let workload = &self.workloads[job.workload as usize];
        let mut earliest = SimTime::NEVER;
        for cell in workload.cells {
            let pool = self.cells[cell.index()].pool;
            if self.pools[pool].is_shut() {
                continue;
            }
            for at in self.brute_times(pool, others) {
                let (nodes, standing) = self.brute_state(pool, at, others);
                let may = standing.available(workload.tenant, true, self.pools[pool].usable());
                if u64::from(job.chips) <= may && nodes.has_room(job.chips) {
                    earliest = earliest.min(at);
                    break;
                }
            }
        }
        earliest
    }

    /// Now, and every instant at which the pool is expected to change.
    fn brute_times(&self, pool: usize, planned: &[Planned]) -> Vec<SimTime> {
        let here = planned.iter().filter(|gang| gang.pool == pool);
        let mut times: Vec<SimTime> = here.flat_map(|gang| [gang.start, gang.end]).collect();
        times.extend(self.brute_ends(pool).into_iter().map(|(end, _)| end));
        times.push(self.now);
        times.sort_unstable();
        times.dedup();
        times
    }

    /// Starts of waiting jobs, each planned after those before it; NEVER where there is none. Of starts that are equal what the job was planned for
    /// before stands if it can.
    fn brute_plan(&self, plans: &[Plan]) -> Vec<SimTime> {
        let mut planned: Vec<Planned> = Vec::new();
        let plan = |before: &Plan| {
            let slot = before.slot;
            let workload = &self.workloads[self.jobs[slot].workload as usize];
            let ways = workload.cells.iter().filter_map(|cell| self.brute_place(slot, *cell, &planned));
            let Some(best) = ways.min_by_key(|way| way.start) else { return SimTime::NEVER };
            let start = best.start;
            let kept = (before.start == start).then(|| self.brute_kept(before, &planned)).flatten();
            planned.push(kept.unwrap_or(best));
            start
        };
        plans.iter().map(plan).collect()
    }

    /// The earliest start on the cell: the first instant from which, to the end of the job, there is room on nodes that stay free.
    fn brute_place(&self, slot: u32, cell: CellId, planned: &[Planned]) -> Option<Planned> {
        let pool = self.cells[cell.index()].pool;
        let chips = self.jobs[slot].chips;
        let state = &self.pools[pool];
        let times = self.brute_times(pool, planned);
        times.into_iter().filter(|_| !state.is_shut()).find_map(|start| {
            let gang = self.brute_gang(slot, cell, start);
            let during = self.brute_during(&gang, planned)?;
            let mut pieces = Vec::new();
            during[0].clone().take(chips, state.placement, &mut pieces);
            if !during.iter().all(|nodes| pieces.iter().all(|piece| nodes.has_free(*piece))) {
                let mut least = least_of(&during, state.chips_per_node as u32);
                if !least.has_room(chips) {
                    return None;
                }
                pieces.clear();
                least.take(chips, state.placement, &mut pieces);
            }
            Some(Planned { pieces, ..gang })
        })
    }

    /// What the job was planned for before, if those very nodes are free all the time.
    fn brute_kept(&self, plan: &Plan, planned: &[Planned]) -> Option<Planned> {
        let gang = self.brute_gang(plan.slot, plan.cell, plan.start);
        let during = self.brute_during(&gang, planned).filter(|_| !self.pools[gang.pool].is_shut())?;
        let free = during.iter().all(|nodes| plan.pieces.iter().all(|piece| nodes.has_free(*piece)));
        free.then(|| Planned { pieces: plan.pieces.clone(), ..gang })
    }

    /// The job from `start` on that cell, on no nodes yet.
    fn brute_gang(&self, slot: u32, cell: CellId, start: SimTime) -> Planned {
        let tenant = self.workloads[self.jobs[slot].workload as usize].tenant;
        let end = start + Span(self.expected_length_us(slot, cell));
        let pool = self.cells[cell.index()].pool;
        Planned { pool, tenant, chips: self.jobs[slot].chips, start, end, pieces: Vec::new() }
    }

    /// Nodes of the gang's pool at each change while it is there; None where it has no room at one of them.
    fn brute_during(&self, gang: &Planned, planned: &[Planned]) -> Option<Vec<Nodes>> {
        let times = self.brute_times(gang.pool, planned);
        let later = times.into_iter().filter(|at| gang.start < *at && *at < gang.end);
        let room = |at: SimTime| {
            let (nodes, standing) = self.brute_state(gang.pool, at, planned);
            let may = standing.available(gang.tenant, true, self.pools[gang.pool].usable());
            (u64::from(gang.chips) <= may && nodes.has_room(gang.chips)).then_some(nodes)
        };
        std::iter::once(gang.start).chain(later).map(room).collect()
    }

    /// All or nothing: each gang stands on as many chips as it has, and no node holds more than there are on it.
    fn watch_nodes(&self, pool: usize) {
        let state = &self.pools[pool];
        let mut by_node: BTreeMap<u32, u64> = BTreeMap::new();
        let mut held = 0;
        for (_, slot) in self.brute_ends(pool) {
            let job = &self.jobs[slot];
            held += u64::from(job.chips);
            if state.nodes.is_counted() {
                continue;
            }
            let stands: u32 = job.pieces.iter().map(|piece| piece.nodes * piece.chips).sum();
            assert!(stands == job.chips, "job {slot} has {} chips and stands on {stands}", job.chips);
            for piece in &job.pieces {
                for node in piece.node..piece.node + piece.nodes {
                    let on = by_node.entry(node).or_default();
                    *on += u64::from(piece.chips);
                    assert!(*on <= state.chips_per_node, "node {node} of pool {pool} holds {on} chips");
                }
            }
        }
        let (up, free) = (state.usable(), state.nodes.free_chips());
        let reserved = state.reserved.level();
        assert!(
            held + reserved + free == up,
            "pool {pool}: {held} held + {reserved} reserved + {free} free != {up} up"
        );
        let idle = state.idle.level() - state.standing_by();
        assert!(free == idle, "pool {pool}: {free} free, {idle} counted idle");
    }
}

/// The fewest free chips of each node, node by node.
fn least_of(states: &[Nodes], per_node: u32) -> Nodes {
    let mut least = states[0].clone();
    let free = |nodes: &Nodes, node: u32| {
        (1..=per_node).rev().find(|chips| nodes.has_free(Piece { node, nodes: 1, chips: *chips })).unwrap_or(0)
    };
    for node in 0..states[0].names() {
        let (has, keeps) = (free(&least, node), states.iter().map(|nodes| free(nodes, node)).min().unwrap_or(0));
        if keeps < has {
            least.claim(Piece { node, nodes: 1, chips: has - keeps });
        }
    }
    least
}
