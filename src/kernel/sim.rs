//! The conductor: one loop, one handler an event, one pass per changed domain per instant. Joins workload, policy, contract
//! and ledger, which do not know one another.

use super::calendar::Heap;
use super::event::{Class, Event, When};
use super::job::Jobs;
use super::meter::Meter;
use super::money::MoneyDesk;
use super::pool::PoolState;
use super::queue::Queue;
use super::timeline::{self, Dated, Entry};
use crate::record::{RunKey, RunRecord, WorkloadTotals};
use crate::stats::draw;
use crate::stats::draw::{Prefix, Purpose};
use crate::units::SimTime;
use crate::workload::{Draft, Lane};
use crate::world::{Backfill, CellId, DomainId, Live, PoolId, TenantId, World};

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
    /// A repaired node does not return.
    Repair,
    /// A reservation keeps what it is no longer entitled to.
    Reservation,
    /// Retired nodes stay.
    Retirement,
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
}

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
fn draw_live(world: &World, run: Run) -> Live {
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

/// A workload during a run.
pub(super) struct WorkloadState<'w> {
    pub totals: WorkloadTotals,
    /// Jobs of it in the system, and the integral.
    pub in_system: Meter,
    /// Level of its priority in the domain's queues.
    pub level: usize,
    /// Copies of what the world says, beside the counters every event touches anyway (bounds checks and cache lines of the
    /// world's own tables cost 8 % of a run).
    pub tenant: usize,
    pub domain: usize,
    /// Its tenant's queue in the domain.
    pub queue: usize,
    pub cells: &'w [CellId],
    pub failures: crate::world::Failures,
    pub campaigns: bool,
    pub mark: Prefix,
    pub threshold: Prefix,
    pub failing_node: Prefix,
    pub repair_time: Prefix,
    pub repair_branch: Prefix,
    pub goodput: Prefix,
    /// From when on its lab's work goes elsewhere, and the volume without that.
    pub leaves_at: SimTime,
    pub volume_if_stayed: f64,
    /// Counted apart for the audit: arrivals in the window, failures out of it, failures of the jobs that are gone.
    pub arrived: u64,
    pub failures_outside: u64,
    pub failures_of_gone: u64,
    /// Campaigns: one at a time; the others wait here in order.
    pub running_campaign: bool,
    pub waiting_campaigns: std::collections::VecDeque<u32>,
    /// Checkpoint interval and cost, restart [us].
    pub interval_us: u64,
    pub cost_us: u64,
    pub restart_us: u64,
}

/// A cell during a run.
#[derive(Default)]
pub(super) struct CellState {
    /// Chips held.
    pub allocated: Meter,
    /// Chips held beyond the tenant's guarantee.
    pub billed: Meter,
    /// Chips held under it: counted on its own, so that held = billed + covered can turn red.
    pub covered: Meter,
    /// Its pool.
    pub pool: usize,
    /// Speed relative to the workload's reference.
    pub speed: f64,
    /// Failures per 1e12 chip-hours.
    pub failure_rate: u64,
}

/// A domain during a run.
pub(super) struct DomainState<'w> {
    /// Tenants that submit here, and their queues.
    pub tenants: Vec<usize>,
    pub queues: Vec<Queue>,
    pub waiting: usize,
    pub changed: bool,
    pub pools: &'w [PoolId],
    pub backfill: Backfill,
    pub queue_limit: Option<u64>,
    /// Some tenant is ever guaranteed or reserved chips here.
    pub any_committed: bool,
    /// Jobs that arrived at this instant and wait, for the queue limit.
    pub fresh: Vec<u32>,
}

/// A failed node on its way back.
#[derive(Clone, Copy, Debug)]
pub(super) struct RepairJob {
    pub pool: u32,
    pub piece: super::nodes::Piece,
    pub time_us: u64,
    /// Not returned yet.
    pub pending: bool,
}

/// Repairs of a pool.
#[derive(Default)]
pub(super) struct Workshop {
    pub busy_crews: u32,
    pub waiting: std::collections::VecDeque<u32>,
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
    pub cursors: Vec<usize>,
    pub money: MoneyDesk,
    /// Month that is being metered; None before the books open.
    pub open_month: Option<usize>,
    pub record: RunRecord,
    pub sabotage: Sabotage,
    /// The counter it silences, one byte to look at.
    pub silent: Option<Counter>,
    pub next_full_audit: u64,
    /// Chips held by pool and by cell and chips down by pool, recounted by the audit.
    pub recount: [Vec<u64>; 3],
}

impl<'w> Sim<'w> {
    fn new(world: &'w World, run: Run, live: Live, sabotage: Sabotage) -> Sim<'w> {
        let key = draw_key(world, run.key);
        let lanes: Vec<Lane> = world.workloads.ids().map(|id| Lane::new(world, id, &live, key)).collect();
        let dated = timeline::timeline(world, &live);
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
            last: When::new(world.end, Class::MonthClose),
            jobs: Jobs::default(),
            pools: world.pools.ids().map(|id| PoolState::new(world, id)).collect(),
            cells: world.cells.ids().map(|id| cell_state(world, &live, id)).collect(),
            workloads: workload_states(world, &live, key),
            domains: domain_states(world),
            changed: Vec::new(),
            repairs: Vec::new(),
            free_repairs: Vec::new(),
            workshops: world.pools.ids().map(|_| Workshop::default()).collect(),
            cursors: Vec::new(),
            money: MoneyDesk::new(world),
            open_month: None,
            record: RunRecord::for_world(world, run.key, live.drawn.clone()),
            silent: if let Sabotage::Counter(counter) = sabotage { Some(counter) } else { None },
            sabotage,
            next_full_audit: 4_096,
            recount: Default::default(),
            world,
            live,
        };
        for pool in world.pools.ids() {
            sim.pools[pool.index()].sabotage = sabotage;
            let nodes: u32 = world.pools[pool].initial.iter().map(|vintage| vintage.nodes).sum();
            sim.pools[pool.index()].deliver(SimTime::ZERO, nodes);
        }
        sim.find_next_lane();
        sim.dated_at = sim.peek_dated();
        sim
    }

    fn run(&mut self) {
        while let Some(event) = self.next_event() {
            match event {
                Event::JobFinished { slot, seq } => self.on_job_finished(slot, seq),
                Event::GangFailed { slot, seq } => self.on_gang_failed(slot, seq),
                Event::NodeRepaired { repair } => self.on_node_repaired(repair),
                Event::Dated { index } => self.on_dated(index),
                Event::JobArrived { lane } => self.on_job_arrived(lane),
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
            return Some(Event::JobArrived { lane: self.next_lane as u32 });
        }
        let due = self.heap.pop().expect("peeked");
        Some(match due.when.class() {
            class if class == Class::Finish as u8 => Event::JobFinished { slot: due.payload, seq: due.seq },
            class if class == Class::Failure as u8 => Event::GangFailed { slot: due.payload, seq: due.seq },
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

    /// The next job of the earliest lane.
    #[inline]
    pub fn take_job(&mut self, lane: usize) -> Draft {
        let jobs = &mut self.lanes[lane];
        let draft = jobs.take(&self.live);
        self.lane_at[lane] = jobs.next_at();
        self.find_next_lane();
        draft
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
        let entry = self.dated[index as usize];
        let class = entry.class as u8;
        match entry.what {
            Dated::Takes(effect) => self.on_effect(effect, class),
            Dated::Delivery(pool, n) => self.on_delivery(pool, n, class),
            Dated::Order(pool, n) => self.on_order(pool, n),
            Dated::Cancel(pool, n, ordered) => self.on_cancel(pool, n, ordered, class),
            Dated::Retire(pool, nodes) => self.on_retire(pool, nodes),
            Dated::Guarantee(pool, tenant, chips) => self.on_share(pool, tenant, chips, false, class),
            Dated::Reserve(pool, tenant, chips) => self.on_share(pool, tenant, chips, true, class),
            Dated::PeriodEnd(contract, n) => self.on_period_end(contract, n),
            Dated::ContractEnd(contract) => self.on_contract_end(contract, class),
            Dated::Tranche(investment, n) => self.on_tranche(investment, n),
            Dated::OpenBooks => self.open_books(),
            Dated::MonthClose => self.on_month_close(),
            Dated::Marker => self.on_marker(class),
        }
    }
}

fn cell_state(world: &World, live: &Live, id: CellId) -> CellState {
    let cell = &world.cells[id];
    let first = world.workloads[cell.workload].cells[0];
    let mut speed = live.value(&cell.speed);
    if let (Some(here), Some(reference)) = (&cell.mfu, &world.cells[first].mfu) {
        speed *= live.value(here) / live.value(reference);
    }
    let rate = world.pools[cell.pool].failures_per_chip_hour;
    CellState { pool: cell.pool.index(), speed, failure_rate: super::job::failure_rate(rate), ..CellState::default() }
}

fn workload_states<'w>(world: &'w World, live: &Live, key: draw::RunKey) -> Vec<WorkloadState<'w>> {
    let micros = |hours: f64| crate::units::Span::from_hours(hours).0;
    let state = |id| {
        let terms: &'w crate::world::Workload = &world.workloads[id];
        let mut priorities: Vec<i32> =
            world.workloads.iter().filter(|w| w.domain == terms.domain).map(|w| w.priority).collect();
        priorities.sort_unstable_by(|a, b| b.cmp(a));
        priorities.dedup();
        let ordered = world.domains[terms.domain].order == crate::world::Order::Priority;
        let level = if ordered { priorities.iter().position(|p| *p == terms.priority).expect("listed") } else { 0 };
        let prefix = |purpose, attribute| key.prefix(purpose, &terms.path, attribute);
        let (interval_us, cost_us) = match &terms.checkpoint {
            Some((interval, cost)) => (micros(live.value(interval)).max(1), micros(live.value(cost))),
            None => (0, 0),
        };
        WorkloadState {
            totals: WorkloadTotals::default(),
            in_system: Meter::default(),
            level,
            tenant: terms.tenant.index(),
            domain: terms.domain.index(),
            queue: tenants_of(world, terms.domain).iter().position(|t| *t == terms.tenant.index()).expect("submits"),
            cells: &terms.cells,
            failures: terms.failures,
            campaigns: matches!(terms.source, crate::world::Source::Campaigns(_)),
            mark: prefix(Purpose::Mark, 0),
            threshold: prefix(Purpose::Fail, 0),
            failing_node: prefix(Purpose::Fail, 1),
            repair_time: prefix(Purpose::Repair, 0),
            repair_branch: prefix(Purpose::Repair, 1),
            goodput: prefix(Purpose::Goodput, 0),
            leaves_at: if world.without.contracts.iter().any(|c| world.contracts[*c].tenant == terms.tenant) {
                world.decide_at.unwrap_or(SimTime::NEVER)
            } else {
                SimTime::NEVER
            },
            volume_if_stayed: live.value(&terms.volume),
            arrived: 0,
            failures_outside: 0,
            failures_of_gone: 0,
            running_campaign: false,
            waiting_campaigns: Default::default(),
            interval_us,
            cost_us,
            restart_us: micros(live.value(&terms.restart_h)),
        }
    };
    world.workloads.ids().map(state).collect()
}

/// Tenants that submit to the domain, in their order.
fn tenants_of(world: &World, domain: DomainId) -> Vec<usize> {
    let submits = |tenant: &TenantId| world.workloads.iter().any(|w| w.domain == domain && w.tenant == *tenant);
    world.tenants.ids().filter(submits).map(TenantId::index).collect()
}

fn domain_states(world: &World) -> Vec<DomainState<'_>> {
    let state = |id| {
        let mut priorities: Vec<i32> = world.workloads.iter().filter(|w| w.domain == id).map(|w| w.priority).collect();
        priorities.sort_unstable();
        priorities.dedup();
        let levels = priorities.len().max(1);
        let tenants = tenants_of(world, id);
        let terms = &world.domains[id];
        let commits =
            |pool: &PoolId| !(world.pools[*pool].guaranteed.is_empty() && world.pools[*pool].reserved.is_empty());
        DomainState {
            queues: tenants.iter().map(|_| Queue::new(levels)).collect(),
            tenants,
            waiting: 0,
            changed: false,
            pools: &terms.pools,
            backfill: terms.backfill,
            queue_limit: terms.queue_limit,
            any_committed: terms.pools.iter().any(commits),
            fresh: Vec::new(),
        }
    };
    world.domains.ids().map(state).collect()
}
