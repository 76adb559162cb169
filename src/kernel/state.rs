//! What a run keeps of each workload, cell, domain and repair, and how they stand at the start. Handles nothing.

use super::helios::walks;
use super::job::Jobs;
use super::meter::Meter;
use super::outlook::Reservation;
use super::planning::Plan;
use super::pool::PoolState;
use super::queue::{Key, Queue};
use crate::record::{InterruptionTotals, WorkloadTotals};
use crate::stats::draw::{self, Prefix, Purpose};
use crate::stats::law::Law;
use crate::units::{SimTime, Span};
use crate::world::{
    Backfill, CellId, DomainId, Elastic, Failures, InterruptionId, Live, Order, OverEstimate, Placement, PoolChoice,
    PoolId, Preemption, PriceKind, Rules, Service, Source, TenantId, World,
};

/// A workload during a run.
pub(super) struct WorkloadState<'w> {
    pub totals: WorkloadTotals,
    /// What each reason cost it, by `InterruptionId`.
    pub interruptions: Vec<InterruptionTotals>,
    /// Jobs of it in the system, and the integral.
    pub in_system: Meter,
    /// Its priority, the larger goes first.
    pub priority: i64,
    /// Copies of what the world says, beside the counters every event touches anyway (bounds checks and cache lines of the
    /// world's own tables cost 8 % of a run).
    pub tenant: usize,
    pub domain: usize,
    /// Its tenant's queue in the domain.
    pub queue: usize,
    pub cells: &'w [CellId],
    /// It may hold chips on spot or in blocks.
    pub for_a_while: bool,
    /// The largest gang that could start now if all chips were free: less than any while it waits for a price or a block.
    pub most_open: u32,
    pub failures: Failures,
    pub campaigns: bool,
    /// Jobs that outlast what was expected of them are stopped.
    pub kills: bool,
    /// Its gangs change their size, and what a change takes [us].
    pub elastic: Option<(&'w Elastic, u64)>,
    /// Time to finish a job in, from its submission.
    pub deadline: Option<Span>,
    /// Nobody looks at its running jobs: neither tracked nor walked over, killed or with cycles that are drawn. Asked at every start and
    /// end instead of the four.
    pub unwatched: bool,
    pub mark: Prefix,
    pub threshold: Prefix,
    pub failing_node: Prefix,
    pub cause: Prefix,
    pub repair_time: Prefix,
    pub repair_branch: Prefix,
    pub goodput: Prefix,
    pub reclaim: Prefix,
    /// From when on its lab's work goes elsewhere, and the volume without that.
    pub leaves_at: SimTime,
    pub volume_if_stayed: f64,
    /// Counted apart for the audit: arrivals in the window, failures out of it, failures of the jobs that are gone.
    pub arrived: u64,
    pub failures_outside: u64,
    pub failures_of_gone: u64,
    /// More of that kind.
    pub apart: Apart,
    /// The cells to which its jobs overflow.
    pub overflow_cells: &'w [CellId],
    /// Campaigns: one at a time; the others wait here in order.
    pub running_campaign: bool,
    pub waiting_campaigns: std::collections::VecDeque<u32>,
    /// Checkpoint interval and cost, restart [us].
    pub interval_us: u64,
    pub cost_us: u64,
    pub restart_us: u64,
    /// Intervals between checkpoints that are drawn, one a cycle; None where all are `interval_us`, else that is their mean.
    pub drawn_intervals: Option<DrawnIntervals>,
}

impl WorkloadState<'_> {
    /// One of its jobs starts on that cell; those submitted out of the window do not count.
    pub fn note_start(&mut self, cell: CellId, counted: bool) {
        self.apart.started_elsewhere += u64::from(counted && self.overflow_cells.contains(&cell));
    }

    /// One of its gangs is interrupted; those out of the window do not count.
    pub fn interrupted(&mut self, is: InterruptionId, counted: bool) {
        self.interruptions[is.index()].count += u64::from(counted);
    }
}

/// What is counted of a workload a second time, where it can be seen, so that a counter that is not counted is missed.
#[derive(Default)]
pub(super) struct Apart {
    /// Outages that jobs met which are gone, and those out of the window.
    pub outages_of_gone: u64,
    /// See `outages_of_gone`.
    pub outages_outside: u64,
    /// How often jobs that are gone left after they were taken off.
    pub yields_of_gone: u64,
    /// Jobs taken off that finished or failed, or were still there at the end, before they had left.
    pub not_yielded: u64,
    /// Jobs taken off out of the window.
    pub preemptions_outside: u64,
    /// Jobs taken off spot or a block that were not on their way out before.
    pub reclaimed: u64,
    /// Starts of jobs of the window where they overflow to.
    pub started_elsewhere: u64,
}

impl Apart {
    /// The job is gone, or the run is over.
    #[inline]
    pub fn note_gone(&mut self, jobs: &Jobs, slot: u32) {
        if jobs[slot].has_aside {
            let aside = jobs.aside(slot);
            self.outages_of_gone += u64::from(aside.outages);
            self.yields_of_gone += u64::from(aside.yields);
            self.not_yielded += u64::from(jobs[slot].leaving);
        }
    }
}

/// Law of the work between two checkpoints, and its numbers.
pub(super) struct DrawnIntervals {
    pub shape: Law,
    pub mean_h: f64,
    pub time: Prefix,
    pub branch: Prefix,
}

impl DrawnIntervals {
    /// Work of cycle `cycle` of job `item` [us].
    pub fn draw_us(&self, item: i64, cycle: u32) -> u64 {
        let item = draw::cycle_item(item, cycle);
        let unit = self.shape.quantile2(self.branch.unit(item), self.time.unit(item));
        Span::from_hours(unit * self.mean_h).0.max(1)
    }
}

/// By which right jobs of a cell hold chips.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Right {
    /// The tenant's guarantee, and chips that nobody is promised.
    #[default]
    Own,
    /// Chips that nobody is promised, until they are taken back.
    Spot,
    /// The tenant's capacity blocks.
    Block,
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
    /// By which right its jobs hold chips there, and the number of that claim.
    pub right: Right,
    /// See `right`.
    pub claim: usize,
    /// Most it pays for spot, over the on-demand price.
    pub bid: f64,
    /// Nodes taken back per 1e12 node-hours.
    pub reclaim_rate: u64,
    /// Speed relative to the workload's reference.
    pub speed: f64,
    /// Of that, what is left of a gang that is split.
    pub split_speed: f64,
    /// Speed relative to the other workloads' here, each over its own mean: comparative advantage.
    pub advantage: f64,
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
    pub rules: &'w Rules,
    /// Classes go before the order.
    pub classes: bool,
    /// Pools are chosen by more than their order.
    pub chooses: bool,
    /// Gangs are rounded up to so many chips.
    pub whole: u32,
    /// Guaranteed chips that were idle for so long may be lent: loading and saving of its dearest job over the overhead that is allowed.
    pub min_lease: Span,
    /// Somebody may lend here.
    pub lends: bool,
    /// Some pool has spot, or somebody has blocks.
    pub lets_for_a_while: bool,
    /// Who runs is looked at here: jobs are taken off, or their ends are expected.
    pub tracks: bool,
    /// By tenant: the key of its job that waits for chips that are on their way, and that nobody of it passes.
    pub coming: Vec<Option<Key>>,
    /// Jobs of each tenant that run here, in no order; kept where jobs are taken off.
    pub running: Vec<Vec<u32>>,
    /// Jobs are taken off here.
    pub preempts: bool,
    /// Gangs change their size here.
    pub resizes: bool,
    /// This is an instant at which they do.
    pub resizing: bool,
    /// The next such instant that is awaited.
    pub resize_at: SimTime,
    /// The walk of Helios stands in for a policy.
    pub walks: bool,
    /// Speed of the fastest cell of its workloads.
    pub fastest: f64,
    /// New arrivals are remembered until the pass is over.
    pub wants_fresh: bool,
    /// Planned starts of waiting jobs, in the order of their first.
    pub planned: Vec<Plan>,
    /// The start that backfilling leaves alone.
    pub reservation: Reservation,
    /// Some tenant is ever guaranteed or reserved chips here.
    pub any_committed: bool,
    /// Places of services that wait for replicas, ascending.
    pub replicas_wait: Vec<u32>,
    /// Jobs that wait and may go to overflow cells as well, by key; where those have a limit.
    pub overflowing: Vec<u32>,
    /// Jobs that arrived at this instant and wait, where somebody asks: a queue limit, a wait of no time.
    pub fresh: Vec<u32>,
}

impl DomainState<'_> {
    /// A job waits no longer.
    #[inline]
    pub fn forget_fresh(&mut self, slot: u32) {
        if let Some(at) = self.overflowing.iter().position(|other| *other == slot) {
            self.overflowing.remove(at);
        }
        if let Some(at) = self.fresh.iter().position(|fresh| *fresh == slot) {
            self.fresh.remove(at);
        }
    }
}

/// A failed node on its way back.
#[derive(Clone, Copy, Debug)]
pub(super) struct RepairJob {
    pub pool: u32,
    /// The node; none where a rack is repaired as a whole.
    pub piece: super::nodes::Piece,
    /// The rack.
    pub rack: Option<u32>,
    pub since: SimTime,
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

pub(super) fn cell_state(world: &World, live: &Live, pools: &[PoolState], id: CellId) -> CellState {
    let cell = &world.cells[id];
    let first = world.workloads[cell.workload].cells[0];
    let mut speed = live.value(&cell.speed);
    if let (Some(here), Some(reference)) = (&cell.mfu, &world.cells[first].mfu) {
        speed *= live.value(here) / live.value(reference);
    }
    let rate = world.pools[cell.pool].failures_per_chip_hour;
    let split_speed = live.value(&cell.split_speed);
    let (pool, tenant) = (&pools[cell.pool.index()], world.workloads[cell.workload].tenant.index());
    let (right, claim) = match (pool.spot, pool.shares[tenant].blocks) {
        (Some(spot), _) if cell.price == PriceKind::Spot => (Right::Spot, spot.claim),
        (_, Some(blocks)) if cell.price == PriceKind::CapacityBlock => (Right::Block, blocks.claim),
        _ => (Right::Own, tenant),
    };
    let spot = world.pools[cell.pool].spot.as_ref().filter(|_| right == Right::Spot);
    CellState {
        pool: cell.pool.index(),
        speed,
        split_speed,
        failure_rate: super::job::failure_rate(rate),
        right,
        claim,
        bid: live.value(&world.workloads[cell.workload].max_spot_ratio),
        reclaim_rate: spot.map_or(0, |spot| super::job::failure_rate(live.value(&spot.reclaims_per_node_hour))),
        ..CellState::default()
    }
}

pub(super) fn workload_states<'w>(world: &'w World, live: &Live, key: draw::RunKey) -> Vec<WorkloadState<'w>> {
    let micros = |hours: f64| crate::units::Span::from_hours(hours).0;
    let state = |id| {
        let terms: &'w crate::world::Workload = &world.workloads[id];
        let prefix = |purpose, attribute| key.prefix(purpose, &terms.path, attribute);
        let (interval_us, cost_us) = match &terms.checkpoint {
            Some(terms) => (micros(live.value(&terms.interval.mean)).max(1), micros(live.value(&terms.cost))),
            None => (0, 0),
        };
        let for_a_while = |cell: &CellId| world.cells[*cell].price == PriceKind::Spot || world.in_blocks(*cell);
        let drawn = terms.checkpoint.as_ref().filter(|terms| !matches!(terms.interval.shape, Law::Constant { .. }));
        WorkloadState {
            totals: WorkloadTotals::default(),
            in_system: Meter::default(),
            priority: i64::from(terms.priority),
            tenant: terms.tenant.index(),
            domain: terms.domain.index(),
            queue: tenants_of(world, terms.domain).iter().position(|t| *t == terms.tenant.index()).expect("submits"),
            cells: &terms.cells,
            for_a_while: terms.cells.iter().any(for_a_while),
            most_open: u32::MAX,
            failures: terms.failures,
            campaigns: matches!(terms.source, crate::world::Source::Campaigns(_)),
            kills: terms.over_estimate == OverEstimate::Kill,
            elastic: terms.elastic.as_ref().map(|terms| (&**terms, micros(live.value(&terms.resize_cost_h)))),
            deadline: terms.deadline_h.as_ref().map(|hours| Span::from_hours(live.value(hours))),
            unwatched: terms.over_estimate == OverEstimate::Keep
                && drawn.is_none()
                && !terms.cells.iter().chain(&terms.overflow).any(for_a_while)
                && !tracks(world, terms.domain)
                && !walks(&world.domains[terms.domain].rules),
            mark: prefix(Purpose::Mark, 0),
            threshold: prefix(Purpose::Fail, 0),
            failing_node: prefix(Purpose::Fail, 1),
            cause: prefix(Purpose::Fail, 2),
            interruptions: vec![InterruptionTotals::default(); world.interruptions.len()],
            repair_time: prefix(Purpose::Repair, 0),
            repair_branch: prefix(Purpose::Repair, 1),
            goodput: prefix(Purpose::Goodput, 0),
            reclaim: prefix(Purpose::Reclaim, 0),
            leaves_at: if world.without.contracts.iter().any(|c| world.contracts[*c].tenant == terms.tenant) {
                world.decide_at.unwrap_or(SimTime::NEVER)
            } else {
                SimTime::NEVER
            },
            volume_if_stayed: live.value(&terms.volume),
            arrived: 0,
            failures_outside: 0,
            failures_of_gone: 0,
            apart: Apart::default(),
            overflow_cells: &terms.overflow,
            running_campaign: false,
            waiting_campaigns: Default::default(),
            interval_us,
            cost_us,
            restart_us: micros(live.value(&terms.restart_h)),
            drawn_intervals: drawn.map(|terms| DrawnIntervals {
                shape: terms.interval.shape,
                mean_h: live.value(&terms.interval.mean),
                time: prefix(Purpose::Checkpoint, 0),
                branch: prefix(Purpose::Checkpoint, 1),
            }),
        }
    };
    world.workloads.ids().map(state).collect()
}

/// Tenants that submit to the domain, in their order.
fn tenants_of(world: &World, domain: DomainId) -> Vec<usize> {
    let submits = |tenant: &TenantId| world.workloads.iter().any(|w| w.domain == domain && w.tenant == *tenant);
    world.tenants.ids().filter(submits).map(TenantId::index).collect()
}

fn lends(world: &World, domain: DomainId) -> bool {
    world.domains[domain].pools.iter().any(|pool| !world.pools[*pool].borrowable.is_empty())
}

/// L_min = (restart + checkpoint) / overhead, of the dearest job. Coupling finding 10, Eq. (49).
fn min_lease(world: &World, live: &Live, domain: DomainId) -> Span {
    min_lease_of(world, live, domain, |_| true)
}

/// The same of some of the domain's workloads.
pub(super) fn min_lease_of(
    world: &World,
    live: &Live,
    domain: DomainId,
    of: impl Fn(&crate::world::Workload) -> bool,
) -> Span {
    let cost_h = |workload: &crate::world::Workload| {
        live.value(&workload.restart_h) + workload.checkpoint.as_ref().map_or(0.0, |terms| live.value(&terms.cost))
    };
    let dearest = world.workloads.iter().filter(|w| w.domain == domain && of(w)).map(cost_h).fold(0.0, f64::max);
    Span::from_hours(dearest / world.domains[domain].rules.lend_overhead)
}

/// Gangs here change their size.
fn resizes(world: &World, id: DomainId) -> bool {
    world.workloads.iter().any(|workload| workload.domain == id && workload.elastic.is_some())
}

/// Whoever may be taken off must be known, and whose end is planned by.
fn tracks(world: &World, id: DomainId) -> bool {
    let terms = &world.domains[id];
    let serves = |service: &Service| service.places.iter().any(|place| world.pools[place.pool].domain == id);
    lends(world, id)
        || world.services.iter().any(serves)
        || terms.pools.iter().any(|pool| !world.pools[*pool].maintenance.is_empty())
        || resizes(world, id)
        || terms.rules.preemption != Preemption::Off
        || matches!(terms.rules.backfill, Backfill::Easy | Backfill::Conservative)
        || terms.rules.order == Order::Las
}

pub(super) fn domain_states<'w>(world: &'w World, live: &Live) -> Vec<DomainState<'w>> {
    let state = |id| {
        let tenants = tenants_of(world, id);
        let terms = &world.domains[id];
        let commits = |pool: &PoolId| {
            let pool = &world.pools[*pool];
            !(pool.guaranteed.is_empty() && pool.reserved.is_empty() && pool.blocks.is_empty())
        };
        DomainState {
            queues: tenants.iter().map(|_| Queue::default()).collect(),
            tenants,
            waiting: 0,
            changed: false,
            pools: &terms.pools,
            rules: &terms.rules,
            classes: terms.rules.order == Order::Priority || terms.rules.preemption == Preemption::Class,
            chooses: terms.rules.pool_choice != PoolChoice::InOrder,
            whole: if terms.rules.placement == Placement::WholeNode {
                terms.pools.iter().map(|pool| world.pools[*pool].chips_per_node).max().unwrap_or(1)
            } else {
                1
            },
            min_lease: min_lease(world, live, id),
            lends: lends(world, id),
            lets_for_a_while: terms.pools.iter().any(|pool| {
                let pool = &world.pools[*pool];
                pool.spot.is_some() || !pool.blocks.is_empty()
            }),
            tracks: tracks(world, id),
            preempts: terms.rules.preemption != Preemption::Off,
            walks: walks(&terms.rules),
            resizes: resizes(world, id),
            resizing: false,
            resize_at: SimTime::NEVER,
            fastest: 1.0,
            wants_fresh: terms.rules.queue_limit.is_some()
                || terms.rules.overflow.is_some_and(|overflow| overflow.after == Span::ZERO),
            coming: tenants_of(world, id).iter().map(|_| None).collect(),
            running: tenants_of(world, id).iter().map(|_| Vec::new()).collect(),
            planned: Vec::new(),
            reservation: Reservation::default(),
            any_committed: terms.pools.iter().any(commits),
            replicas_wait: Vec::new(),
            overflowing: Vec::new(),
            fresh: Vec::new(),
        }
    };
    world.domains.ids().map(state).collect()
}

impl super::sim::Sim<'_> {
    /// The fastest cell of each domain.
    pub(super) fn find_fastest(&mut self) {
        for workload in &self.workloads {
            let least = workload.elastic.map_or(1.0, |(terms, _)| terms.speed(terms.min));
            let speeds = workload.cells.iter().map(|cell| self.cells[cell.index()].speed * least);
            let fastest = &mut self.domains[workload.domain].fastest;
            *fastest = speeds.fold(*fastest, f64::max);
        }
    }
}

/// Comparative advantage of each cell: its speed over the mean of its workload's cells, over the mean of that at its pool.
pub(super) fn set_advantages(world: &World, cells: &mut [CellState]) {
    let relative: Vec<f64> = (world.cells.ids())
        .map(|id| {
            let own = &world.workloads[world.cells[id].workload].cells;
            let mean = own.iter().map(|cell| cells[cell.index()].speed).sum::<f64>() / own.len().max(1) as f64;
            cells[id.index()].speed / mean
        })
        .collect();
    for id in world.cells.ids() {
        let here: Vec<f64> = world
            .cells
            .ids()
            .filter(|other| world.cells[*other].pool == world.cells[id].pool)
            // Replicas are not sent where they are fastest: that is planned otherwise.
            .filter(|other| *other == id || !is_of_service(world, *other))
            .map(|other| relative[other.index()])
            .collect();
        cells[id.index()].advantage = relative[id.index()] / (here.iter().sum::<f64>() / here.len() as f64);
    }
}

fn is_of_service(world: &World, cell: CellId) -> bool {
    matches!(world.workloads[world.cells[cell].workload].source, Source::Service(_))
}
