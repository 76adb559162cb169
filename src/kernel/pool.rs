//! A pool during a run: nodes, who holds what, who is entitled to what, and its meters. Every level is counted where it
//! changes; none is what the others leave.

use super::meter::Meter;
use super::nodes::{Nodes, Piece};
use super::sim::CellState;
use crate::units::SimTime;
use crate::world::{CellId, Placement, Source, World};

/// A tenant's share of a pool.
#[derive(Debug, Default)]
pub struct Share {
    /// Guaranteed by contract now [chips].
    pub guaranteed: u64,
    /// Entitled to: the guarantee, or its part of the chips that are up.
    pub entitled: u64,
    /// Held by its gangs.
    pub held: u64,
    /// Reserved by contract now [chips].
    pub reserved: u64,
    /// Entitled reservation, whole nodes.
    pub reserved_entitled: u64,
    /// Reserved chips it has.
    pub reserved_has: u64,
    /// Nodes behind them.
    pub reserved_pieces: Vec<Piece>,
    /// Ever guaranteed or reserved: only then are its usage meters its own.
    pub committed: bool,
    /// Its cells on this pool, in order of workload.
    pub cells: Vec<CellId>,
    /// Integral of `guaranteed`.
    pub guaranteed_meter: Meter,
    /// Integral of `entitled`.
    pub offered_meter: Meter,
    /// Integral of `reserved`.
    pub reserved_meter: Meter,
    /// Integral of `reserved_has`.
    pub reserved_offered_meter: Meter,
}

impl Share {
    fn bill(&self, now: SimTime, cells: &mut [CellState]) {
        let mut covered = self.entitled;
        for cell in &self.cells {
            let cell = &mut cells[cell.index()];
            let held = cell.allocated.level();
            let free = held.min(covered);
            covered -= free;
            cell.covered.set(now, free);
            cell.billed.set(now, held - free);
        }
    }
}

/// Whether every gang that may run on the pool fills its nodes.
fn fills_nodes(world: &World, pool: crate::world::PoolId) -> bool {
    let per_node = world.pools[pool].chips_per_node;
    world.cells.iter().filter(|cell| cell.pool == pool).all(|cell| match &world.workloads[cell.workload].source {
        Source::Campaigns(terms) => terms.chips % per_node == 0,
        Source::Stream(terms) => terms.chips.iter().all(|(chips, _)| chips % per_node == 0),
        Source::Trace(jobs) => jobs.iter().all(|job| job.chips % per_node == 0),
    })
}

/// A pool during a run.
#[derive(Debug)]
pub struct PoolState {
    /// Its nodes.
    pub nodes: Nodes,
    /// Chips on a node.
    pub chips_per_node: u64,
    /// Placement of its domain.
    pub placement: Placement,
    /// A failed node is away for a while.
    pub repairs: bool,
    /// In the ground.
    pub installed: Meter,
    /// Not down.
    pub up: Meter,
    /// Failed.
    pub down: Meter,
    /// Held by gangs.
    pub gangs: Meter,
    /// Reserved.
    pub reserved: Meter,
    /// Up and nobody's.
    pub idle: Meter,
    /// Nodes to retire as soon as they are free.
    pub retiring_nodes: u32,
    /// By tenant.
    pub shares: Vec<Share>,
    /// Some tenant is ever guaranteed or reserved chips here.
    pub any_committed: bool,
    /// Sum of entitlements, reservations included.
    entitled_sum: u64,
    /// Chips held beyond entitlements, over tenants.
    beyond_sum: u64,
    scratch: Vec<Piece>,
}

impl PoolState {
    /// The pool as it stands at the run's start.
    pub fn new(world: &World, pool: crate::world::PoolId) -> PoolState {
        let terms = &world.pools[pool];
        let mut shares: Vec<Share> = world.tenants.ids().map(|_| Share::default()).collect();
        for (id, cell) in world.cells.enumerate() {
            if cell.pool == pool {
                shares[world.workloads[cell.workload].tenant.index()].cells.push(id);
            }
        }
        for share in terms.guaranteed.iter().chain(&terms.reserved) {
            shares[share.tenant.index()].committed = true;
        }
        PoolState {
            nodes: Nodes::new(terms.chips_per_node, fills_nodes(world, pool)),
            chips_per_node: u64::from(terms.chips_per_node),
            placement: world.domains[terms.domain].placement,
            repairs: terms.repair.is_some(),
            installed: Meter::default(),
            up: Meter::default(),
            down: Meter::default(),
            gangs: Meter::default(),
            reserved: Meter::default(),
            idle: Meter::default(),
            retiring_nodes: 0,
            any_committed: shares.iter().any(|share: &Share| share.committed),
            shares,
            entitled_sum: 0,
            beyond_sum: 0,
            scratch: Vec::new(),
        }
    }

    /// New nodes enter service, free.
    pub fn deliver(&mut self, now: SimTime, nodes: u32) {
        let chips = u64::from(nodes) * self.chips_per_node;
        self.nodes.add_new(nodes);
        self.installed.add(now, chips);
        self.up.add(now, chips);
        self.idle.add(now, chips);
    }

    /// Retires what is due and free; returns the nodes that left.
    pub fn retire_free(&mut self, now: SimTime) -> u32 {
        let nodes = self.retiring_nodes.min(self.nodes.free_nodes());
        if nodes > 0 {
            self.scratch.clear();
            self.nodes.take_whole(nodes, &mut self.scratch);
            self.retiring_nodes -= nodes;
            let chips = u64::from(nodes) * self.chips_per_node;
            self.installed.sub(now, chips);
            self.up.sub(now, chips);
            self.idle.sub(now, chips);
        }
        nodes
    }

    /// Recomputes entitlements: e = the guarantee, or guarantee x up / (sum of guarantees) where fewer chips are up.
    /// Reservations count as guarantees, in whole nodes. Eq. (8).
    pub fn entitle(&mut self, now: SimTime) {
        let leaving = u64::from(self.retiring_nodes) * self.chips_per_node;
        let up = self.up.level().saturating_sub(leaving);
        let promised: u64 = self.shares.iter().map(|s| s.guaranteed + s.reserved).sum();
        let part = |chips: u64| {
            if promised <= up { chips } else { (u128::from(chips) * u128::from(up) / u128::from(promised)) as u64 }
        };
        self.entitled_sum = 0;
        self.beyond_sum = 0;
        for share in &mut self.shares {
            if !share.committed {
                self.beyond_sum += share.held;
                continue;
            }
            share.entitled = part(share.guaranteed);
            share.reserved_entitled = part(share.reserved) / self.chips_per_node * self.chips_per_node;
            share.guaranteed_meter.set(now, share.guaranteed);
            share.reserved_meter.set(now, share.reserved);
            share.offered_meter.set(now, share.entitled);
            self.entitled_sum += share.entitled + share.reserved_entitled;
            self.beyond_sum += share.held.saturating_sub(share.entitled);
        }
        self.release_reserved(now);
    }

    /// Reserved chips above the entitlement become idle.
    fn release_reserved(&mut self, now: SimTime) {
        for share in &mut self.shares {
            while share.reserved_has > share.reserved_entitled {
                let surplus = share.reserved_has - share.reserved_entitled;
                if self.nodes.is_counted() {
                    self.nodes.give_counted(surplus as u32);
                    share.reserved_has -= surplus;
                    self.reserved.sub(now, surplus);
                    self.idle.add(now, surplus);
                } else {
                    let piece = share.reserved_pieces.last_mut().expect("reserved chips stand on nodes");
                    let nodes = (surplus / self.chips_per_node).min(u64::from(piece.nodes)) as u32;
                    let given = Piece { node: piece.node + piece.nodes - nodes, nodes, chips: piece.chips };
                    piece.nodes -= nodes;
                    if piece.nodes == 0 {
                        share.reserved_pieces.pop();
                    }
                    self.nodes.give(given);
                    let chips = u64::from(nodes) * self.chips_per_node;
                    share.reserved_has -= chips;
                    self.reserved.sub(now, chips);
                    self.idle.add(now, chips);
                }
                share.reserved_offered_meter.set(now, share.reserved_has);
            }
        }
    }

    /// Reservations below their entitlement fill from completely free nodes, before any gang starts.
    pub fn fill_reserved(&mut self, now: SimTime) {
        for share in &mut self.shares {
            let missing = share.reserved_entitled.saturating_sub(share.reserved_has) / self.chips_per_node;
            let nodes = missing.min(u64::from(self.nodes.free_nodes())) as u32;
            if nodes > 0 {
                self.nodes.take_whole(nodes, &mut share.reserved_pieces);
                let chips = u64::from(nodes) * self.chips_per_node;
                share.reserved_has += chips;
                self.idle.sub(now, chips);
                self.reserved.add(now, chips);
                share.reserved_offered_meter.set(now, share.reserved_has);
            }
        }
    }

    /// Chips the tenant may take: its own unused entitlement, and with `any` the uncommitted chips that nobody holds.
    #[inline]
    pub fn available(&self, tenant: usize, any: bool) -> u64 {
        let share = &self.shares[tenant];
        let own = share.entitled.saturating_sub(share.held);
        if !any {
            return own;
        }
        let uncommitted = self.up.level().saturating_sub(self.entitled_sum + self.beyond_sum);
        own + uncommitted
    }

    /// A gang of the tenant takes `chips`; the nodes are taken by the caller.
    #[inline]
    pub fn hold(&mut self, now: SimTime, tenant: usize, chips: u64) {
        let share = &mut self.shares[tenant];
        let before = share.held.saturating_sub(share.entitled);
        share.held += chips;
        self.beyond_sum += share.held.saturating_sub(share.entitled) - before;
        self.idle.sub(now, chips);
        self.gangs.add(now, chips);
    }

    /// A gang of the tenant gives `chips` back, of which `down` are on a failed node.
    #[inline(always)]
    pub fn let_go(&mut self, now: SimTime, tenant: usize, chips: u64, down: u64) {
        let share = &mut self.shares[tenant];
        let before = share.held.saturating_sub(share.entitled);
        share.held -= chips;
        self.beyond_sum -= before - share.held.saturating_sub(share.entitled);
        self.gangs.sub(now, chips);
        self.idle.add(now, chips - down);
        if down > 0 {
            self.up.sub(now, down);
            self.down.add(now, down);
        }
    }

    /// Spreads what a tenant holds beyond its guarantee over its workloads: the guarantee covers them in their order.
    #[inline]
    pub fn bill_share(&self, now: SimTime, tenant: usize, cells: &mut [CellState]) {
        if self.any_committed && self.shares[tenant].committed {
            self.shares[tenant].bill(now, cells);
        }
    }

    /// Chips of a failed node return.
    pub fn repair(&mut self, now: SimTime, piece: Piece) {
        let chips = u64::from(piece.chips);
        if self.nodes.is_counted() {
            self.nodes.give_counted(piece.chips);
        } else {
            self.nodes.give(piece);
        }
        self.down.sub(now, chips);
        self.up.add(now, chips);
        self.idle.add(now, chips);
    }

    /// Identity 1 at this instant: gangs + reserved + idle + down = installed, up + down = installed, and the idle chips
    /// counted at every change are the chips the nodes say are free.
    #[inline]
    pub fn assert_conserved(&self, now: SimTime) {
        let (installed, down, idle) = (self.installed.level(), self.down.level(), self.idle.level());
        let sum = self.gangs.level() + self.reserved.level() + idle + down;
        if sum != installed || self.up.level() + down != installed || idle != self.nodes.free_chips() {
            self.not_conserved(now);
        }
    }

    #[cold]
    fn not_conserved(&self, now: SimTime) -> ! {
        let (gangs, reserved, idle) = (self.gangs.level(), self.reserved.level(), self.idle.level());
        panic!(
            "chips at {now}: gangs {gangs} + reserved {reserved} + idle {idle} + down {} != installed {} (up {}), or free on nodes: {}",
            self.down.level(),
            self.installed.level(),
            self.up.level(),
            self.nodes.free_chips()
        );
    }
}
