//! A pool during a run: nodes, who holds what, who is entitled to what, and its meters. Every level is counted where it
//! changes; none is what the others leave.

use super::dark::{DarkRack, StandBy};
use super::lending::LeastOf;
use super::meter::Meter;
use super::nodes::{Nodes, Piece};
use super::sim::{Counter, Release, Sabotage};
use super::standing::Standing;
use super::state::{CellState, Right};
use crate::units::{SimTime, Span};
use crate::world::{CellId, Live, Placement, Source, World};

/// A tenant's share of a pool.
#[derive(Debug, Default)]
pub struct Share {
    /// Guaranteed by contract now [chips].
    pub guaranteed: u64,
    /// Of its idle guarantee, what others may use at most [chips].
    pub borrowable: u64,
    /// The least of its idle guarantee of late.
    pub idle_of_late: LeastOf,
    /// Reserved by contract now [chips].
    pub reserved: u64,
    /// Entitled reservation, whole nodes.
    pub reserved_entitled: u64,
    /// Reserved chips it has.
    pub reserved_has: u64,
    /// Nodes behind them.
    pub reserved_pieces: Vec<Piece>,
    /// Ever guaranteed, reserved or sold blocks: only then are its usage meters its own.
    pub committed: bool,
    /// Its capacity blocks here.
    pub blocks: Option<BlockShare>,
    /// Its cells on this pool, in order of workload.
    pub cells: Vec<CellId>,
}

/// A tenant's capacity blocks on a pool: one stock of chips [chips].
#[derive(Clone, Copy, Debug, Default)]
pub struct BlockShare {
    /// Number of its claim.
    pub claim: usize,
    /// In force.
    pub chips: u64,
    /// In which jobs may start still.
    pub open: u64,
}

/// Spot of a pool.
#[derive(Clone, Copy, Debug)]
pub struct SpotShare {
    /// Number of its claim.
    pub claim: usize,
    /// Chips that it may hold.
    pub chips: u64,
}

/// What is counted of a tenant's share; see `record::ShareMonth` [chips].
#[derive(Debug, Default)]
pub struct ShareMeters {
    /// Guaranteed by contract.
    pub guaranteed: Meter,
    /// Held under the guarantee or free for it.
    pub offered: Meter,
    /// Guaranteed and not entitled: late or down.
    pub late: Meter,
    /// Entitled, and other labs' gangs sit there.
    pub blocked: Meter,
    /// Offered and held by nobody.
    pub unused: Meter,
    /// Reserved by contract.
    pub reserved: Meter,
    /// Handed over.
    pub reserved_offered: Meter,
    /// Reserved and not entitled: late or down.
    pub reserved_late: Meter,
    /// Entitled, and gangs sit there.
    pub reserved_blocked: Meter,
    /// In blocks in force.
    pub block: Meter,
    /// Held in them or free for that.
    pub block_offered: Meter,
    /// In force and not entitled: late or down.
    pub block_late: Meter,
    /// Entitled, and others' gangs sit there.
    pub block_blocked: Meter,
    /// Offered and held by nobody.
    pub block_unused: Meter,
}

impl ShareMeters {
    /// Every meter.
    pub fn all(&mut self) -> [&mut Meter; 14] {
        [
            &mut self.guaranteed,
            &mut self.offered,
            &mut self.late,
            &mut self.blocked,
            &mut self.unused,
            &mut self.reserved,
            &mut self.reserved_offered,
            &mut self.reserved_late,
            &mut self.reserved_blocked,
            &mut self.block,
            &mut self.block_offered,
            &mut self.block_late,
            &mut self.block_blocked,
            &mut self.block_unused,
        ]
    }
}

/// Whether every gang that may run on the pool fills its nodes.
fn fills_nodes(world: &World, pool: crate::world::PoolId, per_node: u32) -> bool {
    let sizes = |workload: &crate::world::Workload| workload.elastic.as_ref().map(|terms| (terms.min, terms.step));
    world.cells.iter().filter(|cell| cell.pool == pool).all(|cell| match &world.workloads[cell.workload].source {
        _ if let Some((min, step)) = sizes(&world.workloads[cell.workload]) => {
            min % per_node == 0 && step % per_node == 0
        }
        Source::Campaigns(terms) => terms.chips % per_node == 0,
        Source::Stream(terms) => terms.chips.iter().all(|(chips, _)| chips % per_node == 0),
        // Without jobs it is their time that is not known yet: they come from outside.
        Source::Trace(jobs) => !jobs.is_empty() && jobs.iter().all(|job| job.chips % per_node == 0),
        Source::Service(id) => {
            let mut here = world.services[*id].places.iter().filter(|place| place.pool == pool);
            here.all(|place| (place.chips * place.together) % per_node == 0)
        }
    })
}

/// A pool during a run. What replicas that come and go look at stands first and together, in this order: a fluid run goes round all pools in each tick,
/// and where their parts lay scattered it waited for memory for half of its time.
#[derive(Debug)]
#[repr(C)]
pub struct PoolState {
    /// Reasons why it is dark: its free nodes are down.
    pub dark: u32,
    /// Reasons why nothing starts here.
    pub closed: u32,
    /// Nodes to retire as soon as they are free.
    pub retiring_nodes: u32,
    /// Tenants lend what is idle of their guarantees, less this share of the chips that are up.
    pub lends: bool,
    /// Some tenant is ever guaranteed or reserved chips here.
    pub any_committed: bool,
    /// Some tenant is kept from chips it is entitled to.
    blocked: bool,
    /// What a mutation test breaks.
    pub sabotage: Sabotage,
    /// Chips on a node; on an UltraServer, where placement keeps those together: it then stands for the node.
    pub chips_per_node: u64,
    /// What they are entitled to and hold, and spot and blocks beside them.
    pub standing: Standing,
    /// Not down.
    pub up: Meter,
    /// Nodes that stand by.
    pub stand_by: StandBy,
    /// Up and nobody's.
    pub idle: Meter,
    /// Held by replicas that are ready.
    pub ready: Meter,
    /// Held by replicas that are starting.
    pub starting: Meter,
    /// In the ground.
    pub installed: Meter,
    /// Failed.
    pub down: Meter,
    /// Held by gangs.
    pub gangs: Meter,
    /// Reserved.
    pub reserved: Meter,
    /// Racks that are dark for themselves.
    pub dark_racks: Vec<DarkRack>,
    /// Its nodes.
    pub nodes: Nodes,
    /// Chip-time of replicas at work since it was last read [chip-us].
    pub at_work: u128,
    /// Of what is idle, on nodes of which a part is held.
    pub fragmented: Meter,
    /// Nodes of the world in one of ours.
    pub group: u32,
    /// Placement of its domain.
    pub placement: Placement,
    /// Chips come with each gang and go with it.
    pub unlimited: bool,
    /// Expected ends of its gangs, in order, where somebody plans by them.
    pub ends: Vec<(SimTime, u32)>,
    /// See `lends`.
    pub lend_margin: f64,
    /// Nodes that are down because it is dark, and their chips.
    pub dark_pieces: Vec<Piece>,
    /// See `dark_pieces`.
    pub dark_chips: u64,
    /// Nodes in a rack; 0: nothing befalls racks.
    pub rack_nodes: u32,
    /// From a node going down to a spare in its place.
    pub spares_after: Span,
    /// By tenant.
    pub shares: Vec<Share>,
    /// Spot, where there is some.
    pub spot: Option<SpotShare>,
    /// There is spot or somebody has blocks.
    pub lets_for_a_while: bool,
    /// What is counted of them, by tenant.
    pub share_meters: Vec<ShareMeters>,
    scratch: Vec<Piece>,
}

impl PoolState {
    /// The pool as it stands at the run's start.
    pub fn new(world: &World, live: &Live, pool: crate::world::PoolId) -> PoolState {
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
        // Claims: the tenants' own, then that of spot, then one for each tenant with blocks.
        let mut claims = shares.len();
        let spot = terms.spot.as_ref().map(|spot| {
            claims += 1;
            SpotShare { claim: claims - 1, chips: if spot.chips.is_empty() { u64::MAX } else { 0 } }
        });
        for (tenant, share) in shares.iter_mut().enumerate() {
            if terms.blocks.iter().any(|block| block.tenant.index() == tenant) {
                share.committed = true;
                share.blocks = Some(BlockShare { claim: claims, ..BlockShare::default() });
                claims += 1;
            }
        }
        let placement = world.domains[terms.domain].rules.placement;
        let group = if placement == Placement::UltraServer { terms.ultraserver_nodes } else { 1 };
        let chips_per_node = terms.chips_per_node * group;
        let whole = placement == Placement::WholeNode || fills_nodes(world, pool, chips_per_node);
        let rack_nodes = terms.rack_nodes.map_or(0, |nodes| nodes / group);
        let spares = terms.spares.as_ref();
        let nodes = if 0 < rack_nodes { Nodes::numbered(chips_per_node) } else { Nodes::new(chips_per_node, whole) };
        PoolState {
            nodes: nodes.splitting(placement == Placement::Split),
            chips_per_node: u64::from(chips_per_node),
            group,
            placement,
            unlimited: terms.unlimited,
            ends: Vec::new(),
            lends: !terms.borrowable.is_empty(),
            lend_margin: world.domains[terms.domain].rules.lend_margin,
            dark: 0,
            closed: 0,
            dark_pieces: Vec::new(),
            dark_chips: 0,
            dark_racks: Vec::new(),
            rack_nodes,
            stand_by: StandBy::of(spares.map_or(0, |spares| spares.nodes / group)),
            spares_after: Span::from_hours(spares.map_or(0.0, |spares| live.value(&spares.after_h))),
            installed: Meter::default(),
            up: Meter::default(),
            down: Meter::default(),
            gangs: Meter::default(),
            ready: Meter::default(),
            starting: Meter::default(),
            at_work: 0,
            reserved: Meter::default(),
            idle: Meter::default(),
            fragmented: Meter::default(),
            retiring_nodes: 0,
            any_committed: shares.iter().any(|share: &Share| share.committed),
            share_meters: shares.iter().map(|_| ShareMeters::default()).collect(),
            standing: Standing::new(claims),
            lets_for_a_while: claims > shares.len(),
            spot,
            shares,
            sabotage: Sabotage::None,
            blocked: false,
            scratch: Vec::new(),
        }
    }

    /// New nodes of the world enter service, free.
    pub fn deliver(&mut self, now: SimTime, nodes: u32) {
        let nodes = nodes / self.group;
        let chips = u64::from(nodes) * self.chips_per_node;
        self.nodes.add_new(nodes);
        self.installed.add(now, chips);
        self.up.add(now, chips);
        self.idle.add(now, chips);
    }

    /// Nothing starts here now.
    #[inline]
    pub fn is_shut(&self) -> bool {
        self.closed + self.dark > 0
    }

    /// Chips of a pool without limit go with the gang that had them.
    pub fn withdraw(&mut self, now: SimTime, chips: u64) {
        self.nodes.take_whole(chips as u32, &mut self.scratch);
        self.installed.sub(now, chips);
        self.up.sub(now, chips);
        self.idle.sub(now, chips);
    }

    /// Nodes that are to retire and free: none is left when an event is over.
    pub fn due_to_retire(&self) -> u32 {
        self.retiring_nodes.min(self.nodes.free_nodes())
    }

    /// Retires what is due and free; returns the nodes that left.
    pub fn retire_free(&mut self, now: SimTime) -> u32 {
        let nodes = self.due_to_retire();
        if nodes > 0 && self.sabotage != Sabotage::Release(Release::Retirement) {
            self.scratch.clear();
            self.nodes.take_whole(nodes, &mut self.scratch);
            self.retiring_nodes -= nodes;
            let chips = u64::from(nodes) * self.chips_per_node;
            self.installed.sub(now, chips);
            self.up.sub(now, chips);
            self.idle.sub(now, chips);
            return nodes;
        }
        0
    }

    /// Recomputes entitlements: e = the guarantee, or guarantee x up / (sum of guarantees) where fewer chips are up.
    /// Reservations count as guarantees, in whole nodes. Eq. (8).
    pub fn entitle(&mut self, now: SimTime) {
        if !self.any_committed {
            return;
        }
        let leaving = u64::from(self.retiring_nodes) * self.chips_per_node;
        let up = self.up.level().saturating_sub(leaving + self.meant_to_stand_by());
        let in_blocks = |share: &Share| share.blocks.map_or(0, |blocks| blocks.chips);
        let promised: u64 = self.shares.iter().map(|s| s.guaranteed + s.reserved + in_blocks(s)).sum();
        let part = |chips: u64| {
            if promised <= up { chips } else { (u128::from(chips) * u128::from(up) / u128::from(promised)) as u64 }
        };
        let whole = self.chips_per_node;
        for share in &mut self.shares {
            share.reserved_entitled = part(share.reserved) / whole * whole;
        }
        let own = self.shares.iter().map(|share| (part(share.guaranteed), share.reserved_entitled));
        let spot = self.spot.iter().map(|_| (0, 0));
        let blocks = self.shares.iter().filter_map(|share| share.blocks).map(|blocks| (part(blocks.chips), 0));
        self.standing.entitle(own.chain(spot).chain(blocks));
        self.release_reserved(now);
        self.note_idle(now);
        self.offer_all(now);
    }

    /// What is idle of each guarantee changed, or may have.
    fn note_idle(&mut self, now: SimTime) {
        if self.lends {
            for (share, claim) in self.shares.iter_mut().zip(&self.standing.tenants) {
                share.idle_of_late.set(now, claim.unused());
            }
        }
    }

    /// What each tenant lends: what was idle of its guarantee for the whole of a lease, less the margin, up to what it allows. Eq. (49).
    pub fn refresh_lending(&mut self, now: SimTime, lease: Span) {
        let margin = (self.lend_margin * self.usable() as f64).floor() as u64;
        self.standing.lending = false;
        for (share, claim) in self.shares.iter_mut().zip(&mut self.standing.tenants) {
            let idle = share.idle_of_late.least(now, lease);
            claim.lends = share.borrowable.min(idle.saturating_sub(margin));
            self.standing.lending |= claim.lends > 0;
        }
    }

    /// After a change of who holds what: what is offered to `tenant`, and to all where somebody is or was blocked. Eq. (36).
    ///
    /// Only a growing entitlement or a chip lost can block, so that as a rule one tenant's unused chips are all that changes.
    #[inline]
    pub fn offer(&mut self, now: SimTime, tenant: usize) {
        if self.blocked || self.idle.level() - self.standing_by() < self.unused_sum() {
            return self.offer_all(now);
        }
        if self.shares[tenant].committed {
            let unused = self.heard(Counter::Unused, self.standing.tenants[tenant].unused());
            self.share_meters[tenant].unused.set(now, unused);
            if let Some(blocks) = self.shares[tenant].blocks {
                self.count_block(now, tenant, blocks, self.standing.tenants[blocks.claim].unused(), 0);
            }
        }
    }

    /// Entitled to and not held, over tenants: guarantees less what is held under them.
    #[inline]
    fn unused_sum(&self) -> u64 {
        (self.standing.guaranteed_sum + self.standing.beyond_sum).saturating_sub(self.gangs.level() + self.serving())
    }

    /// What of each tenant's guarantee and reservation is offered, late, blocked, unused.
    ///
    /// Free chips below what is entitled and unused are open to the tenants in proportion to it, whole chips.
    fn offer_all(&mut self, now: SimTime) {
        let (unused_sum, free) = (self.unused_sum(), self.idle.level() - self.standing_by());
        self.blocked = free < unused_sum;
        let missing = unused_sum.saturating_sub(free);
        let part = |unused: u64, of: u64| u128::from(unused) * u128::from(of);
        let whole = u128::from(unused_sum.max(1));
        for tenant in 0..self.shares.len() {
            let share = &self.shares[tenant];
            if !share.committed {
                continue;
            }
            let split = |unused: u64| {
                if missing == 0 {
                    return (unused, 0);
                }
                ((part(unused, free) / whole) as u64, part(unused, missing).div_ceil(whole) as u64)
            };
            let claim = self.standing.tenants[tenant];
            let (open, blocked) = split(claim.unused());
            let of_blocks = share.blocks.map(|blocks| (blocks, split(self.standing.tenants[blocks.claim].unused())));
            let levels = [
                (Counter::Guaranteed, share.guaranteed),
                (Counter::Offered, claim.held.min(claim.entitled) + open),
                (Counter::Late, share.guaranteed.saturating_sub(claim.entitled)),
                (Counter::Blocked, blocked),
                (Counter::Unused, open),
                (Counter::ReservedByContract, share.reserved),
                (Counter::ReservedOffered, share.reserved_has),
                (Counter::ReservedLate, share.reserved.saturating_sub(share.reserved_entitled)),
                (Counter::ReservedBlocked, share.reserved_entitled.saturating_sub(share.reserved_has)),
            ];
            let sabotage = self.sabotage;
            for (meter, (counter, level)) in self.share_meters[tenant].all().into_iter().zip(levels) {
                meter.set(now, if sabotage == Sabotage::Counter(counter) { 0 } else { level });
            }
            if let Some((blocks, (open, blocked))) = of_blocks {
                self.count_block(now, tenant, blocks, open, blocked);
            }
        }
    }

    /// What of a tenant's blocks is offered, late, blocked, unused. Eq. (99).
    fn count_block(&mut self, now: SimTime, tenant: usize, blocks: BlockShare, open: u64, blocked: u64) {
        let claim = self.standing.tenants[blocks.claim];
        let levels = [
            (Counter::Block, blocks.chips),
            (Counter::BlockOffered, claim.held + open),
            (Counter::BlockLate, blocks.chips.saturating_sub(claim.entitled.max(claim.held))),
            (Counter::BlockBlocked, blocked),
            (Counter::BlockUnused, open),
        ];
        let levels = levels.map(|(counter, level)| self.heard(counter, level));
        let meters = &mut self.share_meters[tenant];
        let counted = [
            &mut meters.block,
            &mut meters.block_offered,
            &mut meters.block_late,
            &mut meters.block_blocked,
            &mut meters.block_unused,
        ];
        for (meter, level) in counted.into_iter().zip(levels) {
            meter.set(now, level);
        }
    }

    /// A level as its meter hears it: 0 where a mutation test silences the counter.
    #[inline]
    fn heard(&self, counter: Counter, level: u64) -> u64 {
        if self.sabotage == Sabotage::Counter(counter) { 0 } else { level }
    }

    /// Reserved chips above the entitlement become idle.
    fn release_reserved(&mut self, now: SimTime) {
        if self.sabotage == Sabotage::Release(Release::Reservation) {
            return;
        }
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
            }
        }
    }

    /// Reservations below their entitlement fill from completely free nodes, before any gang starts.
    pub fn fill_reserved(&mut self, now: SimTime) {
        let mut filled = false;
        for share in &mut self.shares {
            let missing = share.reserved_entitled.saturating_sub(share.reserved_has) / self.chips_per_node;
            let nodes = missing.min(u64::from(self.nodes.free_nodes())) as u32;
            if nodes > 0 {
                self.nodes.take_whole(nodes, &mut share.reserved_pieces);
                let chips = u64::from(nodes) * self.chips_per_node;
                share.reserved_has += chips;
                self.idle.sub(now, chips);
                self.reserved.add(now, chips);
                filled = true;
            }
        }
        if filled {
            self.offer_all(now);
        }
    }

    /// Chips the tenant may take: its own unused entitlement, and with `any` the uncommitted chips that nobody holds.
    #[inline]
    pub fn available(&self, tenant: usize, any: bool) -> u64 {
        self.standing.available(tenant, any, self.usable())
    }

    /// A gang takes `chips` on a claim; the nodes are taken by the caller.
    #[inline]
    pub fn hold(&mut self, now: SimTime, claim: usize, chips: u64) {
        self.standing.hold(claim, chips);
        self.note_idle(now);
        self.idle.sub(now, chips);
        self.gangs.add(now, chips);
    }

    /// A gang gives `chips` of a claim back, of which `down` are on a failed node.
    #[inline(always)]
    pub fn let_go(&mut self, now: SimTime, claim: usize, chips: u64, down: u64) {
        self.standing.let_go(claim, chips);
        self.note_idle(now);
        self.gangs.sub(now, chips);
        self.idle.add(now, chips - down);
        if down > 0 {
            self.up.sub(now, down);
            self.down.add(now, down);
        }
    }

    /// Chips held by replicas.
    #[inline]
    pub fn serving(&self) -> u64 {
        self.ready.level() + self.starting.level()
    }

    /// Room for `waits` chips that replicas of a tenant wait for, and among them for so many replicas of so many chips.
    pub fn has_room_for_replicas(&self, tenant: usize, waits: u64, replicas: u64, chips: u64) -> bool {
        let free = self.standing.open_to_replicas(tenant, self.usable()).min(self.nodes.free_chips());
        waits <= free && replicas == self.nodes.replicas(chips as u32, replicas)
    }

    /// Replicas take `chips` of their tenant's claim, ready at once or to start; the nodes are taken by the caller.
    pub fn hold_replicas(&mut self, now: SimTime, tenant: usize, chips: u64, ready: bool) {
        self.standing.hold(tenant, chips);
        self.note_idle(now);
        self.idle.sub(now, chips);
        let (state, counter) =
            if ready { (&mut self.ready, Counter::Ready) } else { (&mut self.starting, Counter::Starting) };
        if self.sabotage != Sabotage::Counter(counter) {
            state.add(now, chips);
        }
    }

    /// Replicas have started.
    pub fn replicas_ready(&mut self, now: SimTime, chips: u64) {
        self.starting.sub(now, chips);
        self.ready.add(now, chips);
    }

    /// Replicas give chips back: those of `ready` ones and of `starting` ones.
    pub fn let_replicas_go(&mut self, now: SimTime, tenant: usize, ready: u64, starting: u64) {
        self.standing.let_go(tenant, ready + starting);
        self.note_idle(now);
        self.ready.sub(now, ready);
        if 0 < starting {
            self.starting.sub(now, starting);
        }
        self.idle.add(now, ready + starting);
    }

    /// After a change of what a tenant holds: what it is offered, and what it holds beyond its guarantee. A pool without any commitment
    /// has nothing to do.
    #[inline]
    pub fn bill_share(&mut self, now: SimTime, tenant: usize, cells: &mut [CellState]) {
        if self.any_committed {
            self.offer(now, tenant);
            self.spread(now, tenant, cells);
        }
    }

    /// Spreads what a tenant holds beyond its guarantee over its workloads: the guarantee covers them in their order.
    fn spread(&self, now: SimTime, tenant: usize, cells: &mut [CellState]) {
        let share = &self.shares[tenant];
        if !share.committed {
            return;
        }
        let mut left = self.standing.tenants[tenant].entitled;
        for cell in &share.cells {
            let cell = &mut cells[cell.index()];
            let held = cell.allocated.level();
            let covered = match cell.right {
                Right::Own => held.min(left),
                Right::Spot => 0,
                Right::Block => held,
            };
            cell.covered.set(now, self.heard(Counter::Covered, covered));
            cell.billed.set(now, self.heard(Counter::Billed, held - covered));
            left -= if cell.right == Right::Own { covered } else { 0 };
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

    /// After a change of who holds what: the free chips on partly used nodes, and identity 1.
    #[inline]
    pub fn settle(&mut self, now: SimTime) {
        if !self.nodes.is_counted() {
            let whole = u64::from(self.nodes.free_nodes()) * self.chips_per_node;
            self.fragmented.set(now, self.nodes.free_chips() - whole);
        }
        self.assert_conserved(now);
    }

    /// Identity 1 at this instant: ready + starting + gangs + reserved + idle + down = installed, up + down = installed, and the idle chips
    /// counted at every change are the chips the nodes say are free, and those that stand by.
    #[inline]
    pub fn assert_conserved(&self, now: SimTime) {
        let (installed, down, idle) = (self.installed.level(), self.down.level(), self.idle.level());
        let sum = self.gangs.level() + self.serving() + self.reserved.level() + idle + down;
        if sum != installed
            || self.up.level() + down != installed
            || idle != self.nodes.free_chips() + self.standing_by()
        {
            self.not_conserved(now);
        }
    }

    #[cold]
    fn not_conserved(&self, now: SimTime) -> ! {
        let (gangs, reserved, idle) = (self.gangs.level(), self.reserved.level(), self.idle.level());
        let (ready, starting) = (self.ready.level(), self.starting.level());
        panic!(
            "chips at {now}: ready {ready} + starting {starting} + gangs {gangs} + reserved {reserved} + idle {idle} + down {} != installed {} (up {}), or free on nodes: {} and standing by: {}",
            self.down.level(),
            self.installed.level(),
            self.up.level(),
            self.nodes.free_chips(),
            self.standing_by()
        );
    }
}
