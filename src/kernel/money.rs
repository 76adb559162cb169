//! Reads the meters and hands their lines to contracts and ledger: at month closes, price steps, contract days and the end.
//! Knows no price of its own.

use super::sim::{Counter, Sabotage, Sim};
use crate::contract::{Books, Closing, ShareTime};
use crate::ledger::Ledger;
use crate::record::{MeterRow, Posting, PostingKind, Sku};
use crate::units::SimTime;
use crate::world::{CellId, ContractId, Effect, InForce, InvestmentId, PoolId, PriceKind, TenantId, World};

/// Contracts and ledger of a run, and when each meter was last read.
pub(super) struct MoneyDesk {
    pub books: Books,
    pub ledger: Ledger,
    cell_read: Vec<SimTime>,
    share_read: Vec<Vec<SimTime>>,
    power_read: Vec<SimTime>,
}

impl MoneyDesk {
    pub fn new(world: &World) -> MoneyDesk {
        MoneyDesk {
            books: Books::new(world),
            ledger: Ledger::new(world),
            cell_read: vec![SimTime::ZERO; world.cells.len()],
            share_read: vec![vec![SimTime::ZERO; world.tenants.len()]; world.pools.len()],
            power_read: vec![SimTime::ZERO; world.pools.len()],
        }
    }
}

impl Sim<'_> {
    /// Metering begins: what the meters counted before was spin-up or warm-up and is dropped.
    pub(super) fn open_books(&mut self) {
        let now = self.now;
        self.open_month = Some(usize::from(self.world.month_of(now)));
        for pool in &mut self.pools {
            for meter in [
                &mut pool.installed,
                &mut pool.up,
                &mut pool.down,
                &mut pool.gangs,
                &mut pool.ready,
                &mut pool.starting,
                &mut pool.reserved,
                &mut pool.idle,
                &mut pool.fragmented,
            ] {
                meter.take(now);
            }
            pool.at_work = 0;
            for meters in &mut pool.share_meters {
                for meter in meters.all() {
                    meter.take(now);
                }
            }
        }
        for cell in &mut self.cells {
            cell.allocated.take(now);
            cell.billed.take(now);
            cell.covered.take(now);
        }
        let money = &mut self.money;
        money.cell_read.fill(now);
        money.power_read.fill(now);
        money.share_read.iter_mut().for_each(|reads| reads.fill(now));
    }

    pub(super) fn on_month_close(&mut self) {
        self.close_all();
        self.open_month = self.open_month.map(|month| (month + 1).min(self.world.months.len() - 1));
    }

    fn close_all(&mut self) {
        if let Some(month) = self.open_month {
            self.book_ticks(month);
        }
        for cell in self.world.cells.ids() {
            self.close_cell(cell);
        }
        for pool in self.world.pools.ids() {
            self.close_power(pool);
            for tenant in self.world.tenants.ids() {
                self.close_share(pool, tenant);
            }
        }
    }

    /// Reads the usage meters of a pool at one price kind, before that price steps.
    pub(super) fn close_usage_of(&mut self, pool: PoolId, kind: PriceKind) {
        for cell in self.world.cells.ids() {
            let terms = &self.world.cells[cell];
            if terms.pool == pool && terms.price == kind {
                self.close_cell(cell);
            }
        }
    }

    /// Reads what a contract prices on one pool.
    pub(super) fn close_contract_pool(&mut self, contract: ContractId, pool: PoolId) {
        let tenant = self.world.contracts[contract].tenant;
        for cell in self.world.cells.ids() {
            let terms = &self.world.cells[cell];
            if terms.pool == pool && self.world.workloads[terms.workload].tenant == tenant {
                self.close_cell(cell);
            }
        }
        self.close_share(pool, tenant);
    }

    /// Reads everything a contract prices.
    pub(super) fn close_contract(&mut self, contract: ContractId) {
        for pool in self.world.pools.ids() {
            self.close_contract_pool(contract, pool);
        }
    }

    fn close_cell(&mut self, cell: CellId) {
        let (now, Some(month)) = (self.now, self.open_month) else { return };
        let from = std::mem::replace(&mut self.money.cell_read[cell.index()], now);
        if from == now {
            // Nothing to read; at the very start the price may not be in force yet.
            return;
        }
        let terms = &self.world.cells[cell];
        let workload = &self.world.workloads[terms.workload];
        let committed = self.pools[terms.pool.index()].shares[workload.tenant.index()].committed;
        let state = &mut self.cells[cell.index()];
        let allocated = state.allocated.take(now);
        // Without a guarantee everything held is billed, and the one meter serves both.
        let billed = if committed { state.billed.take(now) } else { allocated };
        let covered = state.covered.take(now);
        let row = &mut self.record.cells[cell.index()][month];
        row.allocated += allocated;
        row.billed += billed;
        row.covered += covered;
        if terms.price == PriceKind::Free {
            return;
        }
        let price = self.price_in_force(cell);
        let price = price.unwrap_or_else(|| panic!("{} has no {} price", workload.path, terms.price.name()));
        self.meter(PostingKind::Usage, Sku::Cell(cell), month, price, (from, now), [billed, 0, 0]);
        let posting = self.money.books.usage(self.world, now, cell, billed, price);
        self.post(posting);
    }

    /// What a chip-hour of the cell costs now; None where nobody pays.
    pub(super) fn price_in_force(&self, cell: CellId) -> Option<InForce> {
        let terms = &self.world.cells[cell];
        match terms.price {
            PriceKind::Free => None,
            PriceKind::Contract => {
                let contract = self.world.tenants[self.world.workloads[terms.workload].tenant].contract;
                contract.and_then(|contract| self.live.contract_price(contract, terms.pool))
            }
            PriceKind::OnDemand | PriceKind::Committed | PriceKind::CapacityBlock | PriceKind::Spot => {
                self.live.price(terms.pool, terms.price)
            }
        }
    }

    fn close_share(&mut self, pool: PoolId, tenant: TenantId) {
        let (now, Some(month)) = (self.now, self.open_month) else { return };
        if !self.pools[pool.index()].shares[tenant.index()].committed {
            return;
        }
        let from = std::mem::replace(&mut self.money.share_read[pool.index()][tenant.index()], now);
        if from == now {
            return;
        }
        let read = self.pools[pool.index()].share_meters[tenant.index()].all().map(|meter| meter.take(now));
        let [shared @ .., block, block_offered, block_late, block_blocked, block_unused] = read;
        let [guaranteed, offered, late, blocked, unused, reserved, reserved_offered, reserved_late, reserved_blocked] =
            shared;
        let row = &mut self.record.shares[pool.index()][tenant.index()][month];
        row.guaranteed += guaranteed;
        row.offered += offered;
        row.late += late;
        row.blocked += blocked;
        row.unused += unused;
        row.reserved += reserved;
        row.reserved_offered += reserved_offered;
        row.reserved_late += reserved_late;
        row.reserved_blocked += reserved_blocked;
        row.block += block;
        row.block_offered += block_offered;
        row.block_late += block_late;
        row.block_blocked += block_blocked;
        row.block_unused += block_unused;
        let Some(contract) = self.world.tenants[tenant].contract else { return };
        let Some(price) = self.live.contract_price(contract, pool) else { return };
        let sku = Sku::Share(pool, tenant);
        if offered + late + blocked > 0 {
            let time = ShareTime { offered, undelivered: late, blocked };
            self.meter(PostingKind::Reservation, sku, month, price, (from, now), [offered, late, blocked]);
            let posting = self.money.books.reservation(self.world, now, pool, tenant, time, price);
            self.post(posting);
        }
        if reserved_offered + reserved_late + reserved_blocked > 0 {
            let time = ShareTime { offered: reserved_offered, undelivered: reserved_late, blocked: reserved_blocked };
            let counted = [reserved_offered, reserved_late, reserved_blocked];
            self.meter(PostingKind::ReservedInference, sku, month, price, (from, now), counted);
            let posting = self.money.books.reserved_inference(self.world, now, pool, tenant, time, price);
            self.post(posting);
        }
    }

    /// Reads a pool's chips: integrals of the month, energy (Eq. (14)), and the three lines of owning it.
    pub(super) fn close_power(&mut self, pool: PoolId) {
        let (now, Some(month)) = (self.now, self.open_month) else { return };
        let from = std::mem::replace(&mut self.money.power_read[pool.index()], now);
        if from == now {
            return;
        }
        self.book_ticks(month);
        let terms = &self.world.pools[pool];
        let state = &mut self.pools[pool.index()];
        let (installed, up, down) = (state.installed.take(now), state.up.take(now), state.down.take(now));
        let (gangs, reserved, idle) = (state.gangs.take(now), state.reserved.take(now), state.idle.take(now));
        let fragmented = state.fragmented.take(now);
        let (ready, starting) = (state.ready.take(now), state.starting.take(now));
        let replicas_at_work = std::mem::take(&mut state.at_work);
        let (at_idle, at_work) = (u128::from(terms.power.idle_mw), u128::from(terms.power.full_mw));
        // Idle draws the idle share, gangs full power, reserved chips full power for their busy share, replicas that of idle chips and the rest of it
        // while they work. Down chips draw nothing.
        let quiet = |counter| self.sabotage == Sabotage::Counter(counter);
        let energy = if quiet(Counter::Energy) {
            0
        } else {
            (idle + ready + starting) * at_idle
                + gangs * at_work
                + replicas_at_work * (at_work - at_idle)
                + reserved * u128::from(terms.reserved_mw())
        };
        let installed_mw = if quiet(Counter::InstalledMw) { 0 } else { installed * at_work };
        let row = &mut self.record.pools[pool.index()][month];
        row.installed += installed;
        row.up += up;
        row.down += down;
        row.gangs += gangs;
        row.ready += ready;
        row.starting += starting;
        row.at_work += replicas_at_work;
        row.reserved += reserved;
        row.idle += idle;
        row.fragmented += fragmented;
        row.energy_mw_us += energy;
        row.installed_mw_us += installed_mw;
        if terms.site.is_none() {
            return;
        }
        let live = &self.live.pools[pool.index()];
        let (power, facility, operations) = (live.power, live.facility, live.operations);
        let sku = Sku::Pool(pool);
        self.meter(PostingKind::Power, sku, month, power, (from, now), [energy, 0, 0]);
        self.meter(PostingKind::Facility, sku, month, facility, (from, now), [installed_mw, 0, 0]);
        self.meter(PostingKind::Operations, sku, month, operations, (from, now), [installed_mw, 0, 0]);
        let books = &self.money.books;
        let lines = [
            books.power(self.world, now, pool, energy, power),
            books.facility(self.world, now, pool, installed_mw, facility),
            books.operations(self.world, now, pool, installed_mw, operations),
        ];
        for line in lines {
            self.post(line);
        }
    }

    fn meter(
        &mut self,
        kind: PostingKind,
        sku: Sku,
        month: usize,
        price: InForce,
        (from, to): (SimTime, SimTime),
        [quantity, undelivered, blocked]: [u128; 3],
    ) {
        if quantity + undelivered + blocked > 0 {
            let (month, segment) = (month as u16, price.segment);
            let row = MeterRow { kind, sku, month, segment, from, to, quantity, undelivered, blocked, run: 0 };
            self.record.meters.push(row);
        }
    }

    fn post(&mut self, posting: Option<Posting>) {
        if let Some(posting) = posting
            && self.sabotage != Sabotage::Posting(posting.kind as usize)
        {
            self.money.ledger.post(posting);
        }
    }

    fn post_closing(&mut self, closing: Option<Closing>) {
        if let Some(closing) = closing {
            self.record.periods.push(closing.row);
            self.post(closing.posting);
        }
    }

    pub(super) fn on_period_end(&mut self, contract: ContractId, n: u32) {
        self.close_contract(contract);
        let closing = self.money.books.period_end(self.world, &self.live, self.now, contract, n);
        self.post_closing(closing);
    }

    pub(super) fn on_contract_end(&mut self, contract: ContractId, class: u8) {
        self.close_contract(contract);
        let closing = self.money.books.contract_ended(self.world, &self.live, self.now, contract);
        self.post_closing(closing);
        self.apply(Effect::ContractEnd(contract), class);
    }

    pub(super) fn on_tranche(&mut self, investment: InvestmentId, n: u32) {
        let posting = self.money.books.tranche(self.world, &self.live, self.now, investment, n);
        self.post(posting);
    }

    pub(super) fn post_block(&mut self, pool: PoolId, n: u32) {
        let price = self.live.price(pool, PriceKind::CapacityBlock);
        let price = price.expect("a pool with blocks has their price");
        let posting = self.money.books.block(self.world, self.now, pool, n, price);
        self.post(posting);
    }

    pub(super) fn post_order(&mut self, pool: PoolId, n: u32) {
        let terms = &self.world.pools[pool].deliveries[n as usize];
        let cost = self.live.pools[pool.index()].cost_per_chip;
        let posting = self.money.books.capex_order(self.world, self.now, pool, n, cost, terms.deposit);
        self.post(posting);
    }

    pub(super) fn post_delivery(&mut self, pool: PoolId, n: u32) {
        let terms = &self.world.pools[pool].deliveries[n as usize];
        let cost = self.live.pools[pool.index()].cost_per_chip;
        let posting = self.money.books.capex_delivery(self.world, self.now, pool, n, cost, terms.deposit);
        self.post(posting);
    }

    pub(super) fn post_cancel_fee(&mut self, pool: PoolId, n: u32) {
        let terms = &self.world.pools[pool].deliveries[n as usize];
        let cost = self.live.pools[pool.index()].cost_per_chip;
        let posting = self.money.books.cancel_fee(self.world, self.now, pool, n, cost, terms.cancel_fee);
        self.post(posting);
    }

    /// Period rows of contracts that the end cuts; then the ledger's lines and balances.
    pub(super) fn close_money(&mut self) {
        for contract in self.world.contracts.ids() {
            let row = self.money.books.open_period_at_end(self.world, &self.live, self.now, contract);
            self.record.periods.extend(row);
        }
        let ledger = std::mem::replace(&mut self.money.ledger, Ledger::new(self.world));
        (self.record.postings, self.record.balances) = ledger.close();
    }
}
