//! The conductor: one loop, one handler an event, one pass per changed domain per instant. Joins workload, policy, contract
//! and ledger, which do not know one another.

use super::calendar::Heap;
use super::event::{Class, Event, When};
use super::job::Jobs;
use super::money::MoneyDesk;
use super::nodes::Piece;
use super::notice::Notice;
use super::outlook::Outlook;
use super::pool::PoolState;
use super::preempt::Candidate;
use super::queue::Cursor;
use super::state::{
    CellState, DomainState, RepairJob, Right, WorkloadState, Workshop, cell_state, domain_states, set_advantages,
    workload_states,
};
use super::timeline::{self, Dated, Entry};
use super::watch::Watch;
use crate::record::{JobRow, RunKey, RunRecord};
use crate::stats::draw;
use crate::units::SimTime;
use crate::workload::{Draft, Lane};
use crate::world::{CellId, Live, WorkloadId, World};

/// Which run of a world, and what is held still in it.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Run {
    /// Draw and replication.
    pub key: RunKey,
    /// Unknowns take their medians (`--fixed`).
    pub fixed: bool,
    /// Unknowns load on no factor: what correlation is left without common causes.
    pub no_loadings: bool,
}

/// Switches that break one thing on purpose, so that tests see the identity it belongs to turn red.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Sabotage {
    /// Nothing is broken.
    #[default]
    None,
    /// Postings of this kind (by number) are dropped.
    Posting(usize),
    /// This counter is not counted.
    Counter(Counter),
    /// Something that should be freed is kept.
    Release(Release),
}

/// What a mutation may keep from being freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// A finished gang keeps its chips.
    Finish,
    /// A failed gang keeps its chips.
    Failure,
    /// A gang that is taken off keeps its chips.
    Yield,
    /// A repaired node does not return.
    Repair,
    /// A reservation keeps what it is no longer entitled to.
    Reservation,
    /// Retired nodes stay.
    Retirement,
    /// Nodes stay down when an outage is over.
    Outage,
    /// Borrowers keep what they were lent when its owner asks for it.
    Loan,
    /// A replica that is released keeps its chips.
    Replica,
}

/// Counters that a mutation may silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Idle chips when a gang starts.
    Idle,
    /// Chips held by gangs.
    Gangs,
    /// Reserved chips.
    Reserved,
    /// Chips down.
    Down,
    /// Chips that fail leave those that are up.
    Up,
    /// Chips in the ground, at a delivery.
    Installed,
    /// Work kept.
    Productive,
    /// Work lost.
    Lost,
    /// Checkpoints.
    Checkpoint,
    /// Restarts.
    Restart,
    /// Work lost, by what destroyed it.
    LostByReason,
    /// Restarts, by what made them.
    RestartByReason,
    /// Failures, by cause.
    Interruptions,
    /// Failures expected in goodput mode, by cause.
    ExpectedByReason,
    /// Checkpoints to yield.
    Yielding,
    /// Allocated chip-time.
    Allocated,
    /// Jobs in the system.
    InSystem,
    /// Energy.
    Energy,
    /// Installed megawatts.
    InstalledMw,
    /// Chips held beyond a guarantee.
    Billed,
    /// Chips held under a guarantee.
    Covered,
    /// Guaranteed chips.
    Guaranteed,
    /// Guaranteed chips offered.
    Offered,
    /// Guaranteed chips late or down.
    Late,
    /// Guaranteed chips on which others sit.
    Blocked,
    /// Offered chips that nobody holds.
    Unused,
    /// A tenant's reserved chips by contract.
    ReservedByContract,
    /// A tenant's reserved chips handed over.
    ReservedOffered,
    /// A tenant's reserved chips late or down.
    ReservedLate,
    /// A tenant's reserved chips on which gangs sit.
    ReservedBlocked,
    /// Chips of blocks in force.
    Block,
    /// Those held or free.
    BlockOffered,
    /// Those late or down.
    BlockLate,
    /// Those on which others sit.
    BlockBlocked,
    /// Those offered and held by nobody.
    BlockUnused,
    /// Jobs submitted.
    Submitted,
    /// Jobs started.
    Started,
    /// Jobs finished.
    Finished,
    /// Jobs refused by a full queue.
    Refused,
    /// Jobs not started at the end.
    Unstarted,
    /// Jobs not finished at the end.
    Unfinished,
    /// Jobs that waited.
    Waited,
    /// Jobs thinned by the volume.
    Thinned,
    /// Jobs sent elsewhere after a contract's end.
    Left,
    /// Failures of gangs.
    Failures,
    /// Outages that gangs met.
    Outages,
    /// Jobs stopped when what was expected of them was over.
    Killed,
    /// Jobs that went to the overflow pool.
    Overflowed,
    /// Jobs taken off.
    Preemptions,
    /// Sum of waits.
    WaitSum,
    /// Sum of the times so far of the unstarted.
    UnstartedSum,
    /// Sum of completion times.
    JctSum,
    /// Sum of the times so far of the unfinished.
    UnfinishedSum,
    /// Histogram of waits.
    Waits,
    /// Histogram of completion times.
    Jcts,
    /// Chips of replicas that are ready.
    Ready,
    /// Chips of replicas that are starting.
    Starting,
    /// Chip-time of replicas at work, of their pool.
    AtWork,
    /// The same, of their cell.
    CellAtWork,
    /// Tokens of users.
    TokensDemanded,
    /// Those served by the first choice.
    TokensFirst,
    /// Those it did not serve.
    TokensShed,
    /// Those served by the second choice.
    TokensSpilled,
    /// Those served by nobody.
    TokensLost,
    /// Tokens served for others.
    TokensReceived,
    /// Tokens that may wait.
    Deferrable,
    /// Those served.
    DeferrableServed,
    /// Those past their deadline.
    Expired,
    /// Those still waiting.
    Backlog,
    /// Replica time at work.
    ReplicasAtWork,
    /// Replica time ready.
    ReplicasReady,
}

/// Class of a priority, 0 the highest: files allow a million either way, of a workload and of a job of its log.
pub(super) fn class_of(priority: i64) -> u32 {
    const MOST: i64 = 2_000_000;
    (MOST - priority.clamp(-MOST, MOST)) as u32
}

/// A lane of jobs that are not the world's own.
const OUTSIDE: u32 = u32::MAX;

/// Jobs that come from outside while the run goes on, in order of time, and what becomes of them: a log that is never held in memory.
pub trait Outside {
    /// The next job; None: no more will come.
    fn next(&mut self) -> Option<OutsideJob>;
    /// A job has ended, or the run has and the job is still there.
    fn over(&mut self, row: &JobRow);
    /// A gang has taken its chips or given them back; before `over`.
    fn moved(&mut self, moved: &Moved);
}

/// A gang takes its chips or gives them back, and what its pool has free then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// When.
    pub at: SimTime,
    /// The job, as in its draft.
    pub item: i64,
    /// Where.
    pub cell: CellId,
    /// Takes, or gives back.
    pub takes: bool,
    /// Free chips of the pool.
    pub free: u64,
    /// Those on completely free nodes.
    pub free_on_whole_nodes: u64,
}

/// A job from outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutsideJob {
    /// Whose it is.
    pub workload: WorkloadId,
    /// The job; submitted not before the one before it.
    pub draft: Draft,
    /// Rank of its priority, 0 the highest.
    pub class: u32,
}

/// Simulates a world whose only jobs come from outside, until the last of them has ended; a job that never fits waits for ever, unless it
/// overflows to a cloud, and must not come. Every row goes out.
pub fn replay<'w>(world: &'w World, run: Run, outside: &'w mut (dyn Outside + 'w)) -> RunRecord {
    let live = draw_live(world, run);
    let mut sim = Sim::new(world, run, live, Sabotage::None);
    assert!(sim.next_arrival == When::NEVER, "a world with jobs of its own");
    sim.dated.retain(|entry| entry.at < world.end);
    sim.dated_at = sim.peek_dated();
    sim.outside = Some(outside);
    sim.ask_outside();
    sim.run();
    // The one month ends with the last job.
    sim.on_month_close();
    sim.finish()
}

/// Payloads of the heap from here on name domains; no run has as many jobs alive.
pub(super) const DOMAIN_DUE: u32 = 1 << 31;
/// The same of supply: a look at the spares of a pool.
pub(super) const SPARES_DUE: u32 = 1 << 31;
/// The same of supply: replicas of a lead that have started.
pub(super) const READY_DUE: u32 = 3 << 30;

/// Simulates one run. A valid world cannot be wrong: a broken invariant is our bug and panics with its numbers.
pub fn simulate(world: &World, run: Run) -> RunRecord {
    simulate_sabotaged(world, run, Sabotage::None)
}

/// As [`simulate`] with one thing broken; for mutation tests only.
#[doc(hidden)]
pub fn simulate_sabotaged(world: &World, run: Run, sabotage: Sabotage) -> RunRecord {
    let live = draw_live(world, run);
    let mut sim = Sim::new(world, run, live, sabotage);
    sim.run();
    sim.finish()
}

/// As [`simulate`] with events that only write their row: they show the order of classes, those without a handler included.
#[doc(hidden)]
pub fn simulate_with_markers(world: &World, run: Run, markers: &[(SimTime, Class)]) -> RunRecord {
    let live = draw_live(world, run);
    let mut sim = Sim::new(world, run, live, Sabotage::None);
    sim.dated.extend(markers.iter().map(|(at, class)| Entry { at: *at, class: *class, what: Dated::Marker }));
    sim.dated.sort_by_key(|entry| (entry.at, entry.class));
    sim.run();
    sim.finish()
}

/// Factors and unknowns of this run's draw. Coupling C1, C8; design 4.6.
pub(super) fn draw_live(world: &World, run: Run) -> Live {
    let key = draw_key(world, run.key);
    let factors: Vec<f64> = world
        .factors
        .iter()
        .map(|name| {
            let u = key.unknown(&format!("factors.{name}")).unit(0);
            if run.fixed { 0.0 } else { crate::stats::quantile::normal_quantile(u) }
        })
        .collect();
    let drawn = world
        .unknowns
        .iter()
        .map(|unknown| {
            if run.fixed {
                return unknown.law.median().clamp(unknown.range.0, unknown.range.1);
            }
            let u = key.unknown(&unknown.key).unit(0);
            let loads: &[(usize, f64)] = if run.no_loadings { &[] } else { &unknown.loads_on };
            unknown.law.quantile(crate::world::loaded(u, loads, &factors)).clamp(unknown.range.0, unknown.range.1)
        })
        .collect();
    Live::new(world, factors, drawn)
}

fn draw_key(world: &World, key: RunKey) -> draw::RunKey {
    draw::RunKey { study_seed: world.seed, draw: key.draw, replication: key.replication }
}

/// One run in progress.
pub(super) struct Sim<'w> {
    pub world: &'w World,
    pub live: Live,
    pub now: SimTime,
    pub heap: Heap,
    pub dated: Vec<Entry>,
    pub next_dated: usize,
    pub dated_at: When,
    pub lanes: Vec<Lane<'w>>,
    /// When the next job of each lane comes, which lane is the earliest, and its job.
    pub lane_at: Vec<SimTime>,
    pub next_lane: usize,
    pub next_arrival: When,
    pub arrivals: u64,
    /// Where jobs come from and go to when they are not the world's own.
    pub outside: Option<&'w mut (dyn Outside + 'w)>,
    pub next_outside: Option<OutsideJob>,
    /// At `end`, classes finish to month close run, later ones do not.
    pub last: When,
    pub jobs: Jobs,
    pub pools: Vec<PoolState>,
    pub cells: Vec<CellState>,
    pub workloads: Vec<WorkloadState<'w>>,
    pub domains: Vec<DomainState<'w>>,
    pub changed: Vec<u32>,
    pub repairs: Vec<RepairJob>,
    pub free_repairs: Vec<u32>,
    pub workshops: Vec<Workshop>,
    pub cursors: Vec<Cursor>,
    /// Memory that passes use again.
    pub spare_outlook: Outlook,
    pub spare_pieces: Vec<Piece>,
    pub victims: Vec<Candidate>,
    /// By slot: clocks and notices of jobs on spot or in blocks; empty where there is neither.
    pub notices: Vec<Notice>,
    pub serving: Option<Box<super::serving::Serving<'w>>>,
    pub money: MoneyDesk,
    /// Month that is being metered; None before the books open.
    pub open_month: Option<usize>,
    pub record: RunRecord,
    pub sabotage: Sabotage,
    /// The counter it silences, one byte to look at.
    pub silent: Option<Counter>,
    /// The pass under way has made room for somebody it has passed: by taking off more than was needed, or by starting a head before whom
    /// another of its tenant waits that fits into the guarantee.
    pub again: bool,
    /// Tests look at every pass again.
    pub watch: Option<Box<Watch>>,
    pub next_full_audit: u64,
    /// Chips held by pool and by cell and chips down by pool, recounted by the audit.
    pub recount: [Vec<u64>; 3],
}

impl<'w> Sim<'w> {
    pub(super) fn new(world: &'w World, run: Run, live: Live, sabotage: Sabotage) -> Sim<'w> {
        let key = draw_key(world, run.key);
        let lanes: Vec<Lane> = world.workloads.ids().map(|id| Lane::new(world, id, &live, key)).collect();
        let dated = timeline::timeline(world, &live, key);
        let pools: Vec<PoolState> = world.pools.ids().map(|id| PoolState::new(world, &live, id)).collect();
        let mut sim = Sim {
            now: SimTime::ZERO,
            heap: Heap::default(),
            dated,
            next_dated: 0,
            dated_at: When::NEVER,
            lane_at: lanes.iter().map(Lane::next_at).collect(),
            lanes,
            next_lane: 0,
            next_arrival: When::NEVER,
            arrivals: 0,
            outside: None,
            next_outside: None,
            last: When::new(world.end, Class::MonthClose),
            jobs: Jobs::default(),
            cells: world.cells.ids().map(|id| cell_state(world, &live, &pools, id)).collect(),
            pools,
            workloads: workload_states(world, &live, key),
            domains: domain_states(world, &live),
            changed: Vec::new(),
            repairs: Vec::new(),
            free_repairs: Vec::new(),
            workshops: world.pools.ids().map(|_| Workshop::default()).collect(),
            cursors: Vec::new(),
            spare_outlook: Outlook::default(),
            spare_pieces: Vec::new(),
            victims: Vec::new(),
            notices: Vec::new(),
            serving: super::serving::serving(world, &live, key, run.key == crate::record::RunKey::default()),
            money: MoneyDesk::new(world),
            open_month: None,
            record: RunRecord::for_world(world, run.key, live.drawn.clone()),
            silent: if let Sabotage::Counter(counter) = sabotage { Some(counter) } else { None },
            sabotage,
            again: false,
            watch: None,
            next_full_audit: 4_096,
            recount: Default::default(),
            world,
            live,
        };
        for workload in sim.workloads.iter_mut().filter(|workload| workload.for_a_while) {
            // Until a price is in force, or a block.
            let own = workload.cells.iter().any(|cell| sim.cells[cell.index()].right == Right::Own);
            workload.most_open = if own { u32::MAX } else { 0 };
        }
        set_advantages(world, &mut sim.cells);
        sim.find_fastest();
        for pool in world.pools.ids() {
            sim.pools[pool.index()].sabotage = sabotage;
            let nodes: u32 = world.pools[pool].initial.iter().map(|vintage| vintage.nodes).sum();
            sim.pools[pool.index()].deliver(SimTime::ZERO, nodes);
            sim.pools[pool.index()].fill_spares();
        }
        if sim.serving.is_some() {
            sim.heap.push(When::new(SimTime::ZERO, Class::ServiceTick), 0);
        }
        sim.find_next_lane();
        sim.dated_at = sim.peek_dated();
        sim
    }

    pub(super) fn run(&mut self) {
        while let Some(event) = self.next_event() {
            match event {
                Event::JobFinished { slot, seq } => self.on_job_finished(slot, seq),
                Event::GangFailed { slot, seq } => self.on_gang_failed(slot, seq),
                Event::JobDue { slot, seq } => self.on_job_due(slot, seq),
                Event::DomainDue { domain } => self.touch(domain as usize),
                Event::NodeRepaired { repair } => self.on_node_repaired(repair),
                Event::SparesDue { pool } => self.after_supply(pool as usize),
                Event::Dated { index } => self.on_dated(index),
                Event::JobArrived { lane } => self.on_job_arrived(lane),
                Event::ServiceTick => self.on_service_tick(),
                Event::ReplicaOrder { order } => self.on_replica_order(order),
                Event::ReplicasReady { lead } => self.on_replicas_ready(lead as usize),
            }
            self.record.events_handled += 1;
            if !self.changed.is_empty() && self.instant_is_over() {
                self.schedule_changed_domains();
            }
            if self.record.events_handled >= self.next_full_audit {
                self.full_audit();
                self.next_full_audit = self.record.events_handled + 4_096.max(self.jobs.alive() as u64);
            }
        }
    }

    /// Moves to the earliest of the heap, the dated list and the arrival lanes; None past the end.
    #[inline(always)]
    fn next_event(&mut self) -> Option<Event> {
        let (heap, dated, arrival) = (self.heap.peek(), self.dated_at, self.next_arrival);
        let when = heap.min(dated).min(arrival);
        if self.last < when {
            return None;
        }
        assert!(self.now <= when.time(), "time runs backwards at {}", self.now);
        self.now = when.time();
        // Within a class the dated list goes first: a delivery before a repair, as it was known before.
        if when == dated {
            self.next_dated += 1;
            self.dated_at = self.peek_dated();
            return Some(Event::Dated { index: (self.next_dated - 1) as u32 });
        }
        if when == arrival {
            let lane = if self.next_outside.is_some() { OUTSIDE } else { self.next_lane as u32 };
            return Some(Event::JobArrived { lane });
        }
        let due = self.heap.pop().expect("peeked");
        Some(match due.when.class() {
            class if class == Class::Finish as u8 => Event::JobFinished { slot: due.payload, seq: due.seq },
            class if class == Class::Failure as u8 => Event::GangFailed { slot: due.payload, seq: due.seq },
            class if class == Class::Reclaim as u8 && DOMAIN_DUE <= due.payload => {
                Event::DomainDue { domain: due.payload - DOMAIN_DUE }
            }
            class if class == Class::Reclaim as u8 => Event::JobDue { slot: due.payload, seq: due.seq },
            class if class == Class::ServiceTick as u8 => Event::ServiceTick,
            class if class == Class::ReplicaOrder as u8 => Event::ReplicaOrder { order: due.payload },
            _ if READY_DUE <= due.payload => Event::ReplicasReady { lead: due.payload - READY_DUE },
            _ if SPARES_DUE <= due.payload => Event::SparesDue { pool: due.payload - SPARES_DUE },
            _ => Event::NodeRepaired { repair: due.payload },
        })
    }

    #[inline]
    fn peek_dated(&self) -> When {
        self.dated.get(self.next_dated).map_or(When::NEVER, |entry| When::new(entry.at, entry.class))
    }

    /// No class before `Schedule` is left at this instant.
    #[inline]
    pub fn instant_is_over(&self) -> bool {
        let limit = When::new(self.now, Class::Schedule);
        self.next_arrival > limit && self.heap.peek() > limit && self.dated_at > limit && limit <= self.last
    }

    /// The next job of the earliest lane, or from outside: its workload, itself, its class.
    #[inline]
    pub fn take_job(&mut self, lane: u32) -> (u32, Draft, u32) {
        if lane == OUTSIDE {
            return self.take_from_outside();
        }
        let jobs = &mut self.lanes[lane as usize];
        let more = jobs.next_priority();
        let draft = jobs.take(&self.live);
        self.lane_at[lane as usize] = jobs.next_at();
        self.find_next_lane();
        let priority = self.workloads[lane as usize].priority;
        (lane, draft, class_of(priority + i64::from(more)))
    }

    #[cold]
    #[inline(never)]
    fn take_from_outside(&mut self) -> (u32, Draft, u32) {
        let job = self.next_outside.take().expect("its arrival was the next event");
        self.ask_outside();
        (job.workload.index() as u32, job.draft, job.class)
    }

    /// Tells whoever is outside that the gang has taken its chips or given them back.
    #[cold]
    #[inline(never)]
    pub(super) fn tell_outside(&mut self, slot: u32, takes: bool) {
        let job = &self.jobs[slot];
        let pool = &self.pools[self.cells[job.cell as usize].pool];
        let moved = Moved {
            at: self.now,
            item: job.item,
            cell: CellId::new(job.cell as usize),
            takes,
            free: pool.nodes.free_chips(),
            free_on_whole_nodes: u64::from(pool.nodes.free_nodes()) * pool.chips_per_node,
        };
        self.outside.as_mut().expect("asked before").moved(&moved);
    }

    /// The next job from outside, not before this instant.
    fn ask_outside(&mut self) {
        self.next_outside = self.outside.as_mut().and_then(|outside| outside.next());
        if let Some(job) = &self.next_outside {
            assert!(self.now <= job.draft.submit, "job {} from outside comes at {}", job.draft.item, job.draft.submit);
            self.next_arrival = When::new(job.draft.submit, Class::Arrival);
        } else {
            self.next_arrival = When::NEVER;
        }
    }

    /// The lane with the earliest job; ties go to the lower workload.
    #[inline]
    fn find_next_lane(&mut self) {
        let mut best = SimTime::NEVER;
        for (lane, at) in self.lane_at.iter().enumerate() {
            if *at < best {
                best = *at;
                self.next_lane = lane;
            }
        }
        self.next_arrival = if best < SimTime::NEVER { When::new(best, Class::Arrival) } else { When::NEVER };
    }

    /// Marks the domain for a pass at the end of this instant.
    #[inline]
    pub fn touch(&mut self, domain: usize) {
        let state = &mut self.domains[domain];
        if !state.changed {
            state.changed = true;
            self.changed.push(domain as u32);
        }
    }

    /// Whether a counter is silenced by a mutation test.
    #[inline]
    pub fn silenced(&self, counter: Counter) -> bool {
        self.silent == Some(counter)
    }

    fn on_dated(&mut self, index: u32) {
        self.settle_services();
        let entry = self.dated[index as usize];
        let class = entry.class as u8;
        match entry.what {
            Dated::Takes(effect) => self.on_effect(effect, class),
            Dated::Delivery(pool, n) => self.on_delivery(pool, n, class),
            Dated::Order(pool, n) => self.on_order(pool, n),
            Dated::Cancel(pool, n, ordered) => self.on_cancel(pool, n, ordered, class),
            Dated::Retire(pool, nodes) => self.on_retire(pool, nodes),
            Dated::Outage(pool, rack, is) => self.on_outage(pool, rack, is),
            Dated::Drain(pool) => self.on_drain(pool),
            Dated::Maintenance(pool) => self.on_maintenance(pool),
            Dated::Light(pool, rack) => self.on_light(pool, rack),
            Dated::Guarantee(pool, tenant, chips) => self.on_share(pool, tenant, chips, false, class),
            Dated::Reserve(pool, tenant, chips) => self.on_share(pool, tenant, chips, true, class),
            Dated::Blocks(pool, tenant, chips, open) => self.on_blocks(pool, tenant, chips, open, class),
            Dated::BlockWarning(pool, tenant, open, warning) => self.on_block_warning(pool, tenant, open, warning),
            Dated::BuyBlock(pool, n) => self.on_buy_block(pool, n, class),
            Dated::Borrow(pool, tenant, chips) => self.on_borrowable(pool, tenant, chips, class),
            Dated::PeriodEnd(contract, n) => self.on_period_end(contract, n),
            Dated::ContractEnd(contract) => self.on_contract_end(contract, class),
            Dated::Tranche(investment, n) => self.on_tranche(investment, n),
            Dated::OpenBooks => self.open_books(),
            Dated::MonthClose => self.on_month_close(),
            Dated::Marker => self.on_marker(class),
        }
    }
}
