//! Two labs, two years, one pool: the small world that the tests of money share, and a hand-cranked run of it. Tests only.

use crate::contract::{Books, ShareTime};
use crate::ledger::Ledger;
use crate::record::*;
use crate::units::*;
use crate::world::*;
use jiff::civil::date;

/// Midnight of a civil day in a world that starts on 2026-01-01 without spin-up.
pub fn day(y: i16, m: i8, d: i8) -> SimTime {
    calendar().time(date(y, m, d).at(0, 0, 0, 0)).expect("not before the start")
}

fn calendar() -> Calendar {
    Calendar::new(date(2026, 1, 1).at(0, 0, 0, 0), Span::ZERO)
}

pub const ALPHA: TenantId = TenantId::new(0);
pub const BETA: TenantId = TenantId::new(1);
pub const POOL: PoolId = PoolId::new(0);
const CELL: CellId = CellId::new(0);

/// alpha: 10 guaranteed chips from 2026-04-01 at 1.234567891, commitment 2 x 110,000 from then. beta: 4 chips on demand and 2 reserved
/// at 0.5, commitment 73,000 for 2026, ended on 2026-12-01. 20 chips of 500 W; 10 more on 2027-01-01; 2 ordered and cancelled.
pub fn world() -> World {
    let (start, end) = (day(2026, 1, 1), day(2028, 1, 1));
    let months: Vec<SimTime> = (0..24).map(|k| day(2026 + k / 12, (k % 12) as i8 + 1, 1)).collect();
    let party = |name: &str, boundary, opening_usd| Party { name: name.into(), boundary, opening_usd };
    let fixed = Param::Fixed;
    let lab = |name: &str, party, contract| Tenant {
        name: name.into(),
        own: false,
        party: PartyId::new(party),
        contract: Some(ContractId::new(contract)),
    };
    World {
        name: "two-labs".into(),
        title: String::new(),
        question: String::new(),
        strategy: "without_beta".into(),
        future: "base".into(),
        calendar: calendar(),
        start,
        end,
        measure_from: start,
        decide_at: Some(day(2026, 12, 1)),
        steady: false,
        month_names: (0..24).map(|k| format!("{}-{:02}", 2026 + k / 12, k % 12 + 1)).collect(),
        month_years: (0..24).map(|k| 2026 + k / 12).collect(),
        months,
        seed: 1,
        draws: 1,
        replications: 1,
        job_rows: false,
        clouds: IdVec(vec![Cloud {
            name: "aws".into(),
            discount_rate: fixed(0.09),
            at_end_book: true,
            party: PartyId::new(0),
        }]),
        sites: IdVec(vec![Site {
            name: "site".into(),
            cloud: CloudId::new(0),
            region: "us-east-2".into(),
            pue: 1.1,
            mw: vec![(start, 1.0)],
            power_usd_per_mwh: fixed(100.0),
            facility_usd_per_mw_year: fixed(87_660.0),
            operations_usd_per_mw_year: fixed(35_064.0),
            escalator_per_year: fixed(0.025),
        }]),
        chips: IdVec(vec![Chip { name: "trn".into(), vendor: "Amazon".into(), bf16_tflops: Some(100.0) }]),
        pools: IdVec(vec![pool(start)]),
        domains: IdVec(Vec::new()),
        tenants: IdVec(vec![lab("alpha", 1, 0), lab("beta", 2, 1)]),
        workloads: IdVec(vec![Workload {
            name: "jobs".into(),
            path: "labs.beta.workloads.jobs".into(),
            tenant: BETA,
            domain: DomainId::new(0),
            cells: vec![CELL],
            priority: 0,
            price: PriceKind::OnDemand,
            volume: fixed(1.0),
            checkpoint: None,
            restart_h: fixed(0.0),
            failures: Failures::Off,
            source: Source::Trace(Vec::new()),
        }]),
        cells: IdVec(vec![Cell { workload: WorkloadId::new(0), pool: POOL, speed: fixed(1.0), mfu: Some(fixed(0.4)) }]),
        contracts: IdVec(contracts()),
        investments: IdVec(investments()),
        parties: IdVec(vec![
            party("aws", false, 1000.0),
            party("alpha", false, 500.0),
            party("beta", false, 0.0),
            party("chip suppliers", true, 0.0),
            party("utilities", true, 0.0),
            party("facility owners", true, 0.0),
            party("operations staff and network", true, 0.0),
        ]),
        factors: Vec::new(),
        unknowns: IdVec(Vec::new()),
        without: Without {
            contracts: vec![ContractId::new(1)],
            investments: vec![InvestmentId::new(1)],
            hosts_of: vec!["beta".into()],
            volumes: Vec::new(),
        },
        fleet_sized: true,
        notes: Vec::new(),
        assumptions: Vec::new(),
    }
}

fn pool(start: SimTime) -> Pool {
    let delivery = |name: &str, at, ordered, nodes, for_bet: Option<&str>| Delivery {
        name: name.into(),
        at,
        ordered: Some(ordered),
        ordered_before_start: false,
        nodes,
        deposit: 0.3,
        cancel_fee: 0.1,
        for_bet: for_bet.map(str::to_string),
    };
    let share = |tenant, at, chips| Share { tenant, at, chips };
    Pool {
        name: "pool".into(),
        path: "pools.pool".into(),
        site: Some(SiteId::new(0)),
        instance: "x".into(),
        chip: ChipId::new(0),
        chips_per_node: 2,
        domain: DomainId::new(0),
        initial: vec![Vintage { age_years: 1.0, nodes: 10 }],
        deliveries: vec![
            delivery("d1", day(2027, 1, 1), day(2026, 3, 1), 5, None),
            delivery("d2", day(2027, 6, 1), day(2026, 2, 1), 1, Some("beta")),
        ],
        retirements: Vec::new(),
        slip_h: Param::Fixed(0.0),
        power: ChipPower { tdp_mw: 400_000, idle_mw: 200_000, full_mw: 500_000 },
        reserved_busy: 1.0,
        cost_usd_per_chip: Param::Fixed(10_000.5),
        useful_life_years: 5.0,
        prices: Vec::new(),
        failures_per_chip_hour: 0.0,
        repair: None,
        guaranteed: vec![share(ALPHA, day(2026, 4, 1), 10)],
        reserved: vec![share(BETA, start, 2)],
    }
}

fn contracts() -> Vec<Contract> {
    let period = |from, to, share| ContractPeriod { from, to, share };
    let contract = |name: &str, tenant, start, usd, periods, price| Contract {
        name: name.into(),
        tenant,
        cloud: CloudId::new(0),
        periods,
        start,
        inside: CommitInside::default(),
        commit_usd: Some(Param::Fixed(usd)),
        prices: vec![(POOL, ContractPrice::PerChipHour(Param::Fixed(price)))],
        internal: false,
    };
    let (a, b, c) = (day(2026, 4, 1), day(2027, 4, 1), day(2028, 4, 1));
    let year = period(day(2026, 1, 1), day(2027, 1, 1), 1.0);
    vec![
        contract("alpha", ALPHA, Some(a), 220_000.0, vec![period(a, b, 0.5), period(b, c, 0.5)], 1.234567891),
        contract("beta", BETA, None, 73_000.0, vec![year], 0.5),
    ]
}

fn investments() -> Vec<Investment> {
    let tranche = |name: &str, at, usd| Tranche { name: name.into(), at, usd: Param::Fixed(usd) };
    let investment = |name: &str, tenant, tranches| Investment {
        name: name.into(),
        cloud: CloudId::new(0),
        tenant,
        tranches,
        sunk_usd: 0.0,
        conditional_usd: 1e9,
    };
    vec![
        investment("alpha", ALPHA, vec![tranche("a", day(2026, 6, 15), 100.0), tranche("b", day(2027, 2, 1), 50.0)]),
        investment("beta", BETA, vec![tranche("a", day(2026, 9, 1), 40.0), tranche("b", day(2027, 1, 1), 60.0)]),
    ]
}

/// A run of [`world`] cranked by hand: levels are constant between months, every meter is read at each month's end.
pub struct Crank<'a> {
    world: &'a World,
    live: Live,
    books: Books,
    ledger: Ledger,
    record: RunRecord,
    now: SimTime,
}

/// The run of `world()`.
pub fn run(world: &World) -> RunRecord {
    let mut crank = Crank {
        world,
        live: Live::new(world, Vec::new(), Vec::new()),
        books: Books::new(world),
        ledger: Ledger::new(world),
        record: RunRecord { keys: vec![RunKey::default()], drawn: vec![Vec::new()], ..RunRecord::default() },
        now: SimTime::ZERO,
    };
    crank.record.pools = vec![vec![PoolMonth::default(); 24]];
    crank.record.cells = vec![vec![CellMonth::default(); 24]];
    crank.record.shares = vec![vec![vec![ShareMonth::default(); 24]; 2]];
    crank.takes_all(SimTime::ZERO);
    for month in 0..24 {
        crank.month(month);
    }
    for contract in world.contracts.ids() {
        let row = crank.books.open_period_at_end(world, &crank.live, world.end, contract);
        crank.record.periods.extend(row);
    }
    (crank.record.postings, crank.record.balances) = crank.ledger.close();
    crank.record
}

impl Crank<'_> {
    fn take(&mut self, at: SimTime, effect: Effect) {
        let change = effect.apply(&mut self.live);
        self.record.events.push(EventRow { at, class: 0, change, run: 0 });
    }

    fn takes_all(&mut self, at: SimTime) {
        let usd = Rate::from_usd;
        self.take(at, Effect::Price(POOL, PriceKind::OnDemand, usd(2.0)));
        self.take(at, Effect::ContractPrice(ContractId::new(0), POOL, usd(1.234567891)));
        self.take(at, Effect::ContractPrice(ContractId::new(1), POOL, usd(0.5)));
        self.take(at, Effect::ChipCost(POOL, usd(10_000.5)));
        self.take(at, Effect::Reserved(POOL, BETA, 2));
        self.rates(at, 1.0);
    }

    fn rates(&mut self, at: SimTime, factor: f64) {
        self.take(at, Effect::PowerPrice(POOL, Rate::from_usd(100.0 * factor)));
        self.take(at, Effect::FacilityRate(POOL, Rate::from_usd(10.0 * factor)));
        self.take(at, Effect::OperationsRate(POOL, Rate::from_usd(4.0 * factor)));
    }

    fn month(&mut self, month: usize) {
        self.dated(month);
        let to = self.world.month_end(month as u16);
        self.meters(month, to);
        self.now = to;
        if to == day(2027, 4, 1) {
            let closing = self.books.period_end(self.world, &self.live, to, ContractId::new(0), 0);
            let closing = closing.expect("alpha's contract is running");
            self.record.periods.push(closing.row);
            closing.posting.into_iter().for_each(|posting| self.ledger.post(posting));
        }
    }

    /// What falls on dates of this month, before its meters run.
    fn dated(&mut self, month: usize) {
        let (world, at) = (self.world, self.world.months[month]);
        let cost = self.live.pools[0].cost_per_chip;
        let (date, next) = (|y, m, d| day(y, m, d) == at, self.world.month_end(month as u16));
        let mut lines = Vec::new();
        if date(2026, 2, 1) {
            lines.push(self.books.capex_order(world, at, POOL, 1, cost, 0.3));
        }
        if date(2026, 3, 1) {
            lines.push(self.books.capex_order(world, at, POOL, 0, cost, 0.3));
        }
        if date(2026, 4, 1) {
            self.take(at, Effect::Guaranteed(POOL, ALPHA, 10));
        }
        if date(2026, 7, 1) {
            self.take(at, Effect::Price(POOL, PriceKind::OnDemand, Rate::from_usd(1.5)));
        }
        if date(2026, 12, 1) {
            self.take(at, Effect::DeliveryCancelled(POOL, 1));
            lines.push(self.books.cancel_fee(world, at, POOL, 1, cost, 0.1));
            self.take(at, Effect::Reserved(POOL, BETA, 0));
            self.take(at, Effect::ContractEnd(ContractId::new(1)));
            let closing = self.books.contract_ended(world, &self.live, at, ContractId::new(1)).expect("running");
            self.record.periods.push(closing.row);
            lines.push(closing.posting);
        }
        if date(2027, 1, 1) {
            self.rates(at, 1.025);
            self.take(at, Effect::Delivered(POOL, 0, 30));
            lines.push(self.books.capex_delivery(world, at, POOL, 0, cost, 0.3));
        }
        for (investment, tranche) in [(0, 0), (0, 1), (1, 0)] {
            let due = world.investments.0[investment].tranches[tranche].at;
            if at <= due && due < next {
                let id = InvestmentId::new(investment);
                lines.push(self.books.tranche(world, &self.live, due, id, tranche as u32));
            }
        }
        lines.into_iter().flatten().for_each(|posting| self.ledger.post(posting));
    }

    fn meters(&mut self, month: usize, to: SimTime) {
        let us = u128::from(to.since(self.now).0);
        let chips = if self.now < day(2027, 1, 1) { 20 } else { 30 };
        let guaranteed = u128::from(self.live.guaranteed(POOL, ALPHA));
        let late = if self.now == day(2026, 4, 1) { 2 } else { 0 };
        let alpha = ShareTime { offered: (guaranteed - late) * us, undelivered: late * us };
        let beta = ShareTime { offered: u128::from(self.live.pools[0].reserved[1]) * us, undelivered: 0 };
        let mw_us = chips * 500_000 * us;
        self.integrals(month, us, chips, alpha, beta);
        let (world, pool) = (self.world, self.live.pools[0].clone());
        let contract = |id| self.live.contract_price(ContractId::new(id), POOL).expect("priced");
        let (at_alpha, at_beta) = (contract(0), contract(1));
        let list = pool.prices[0].expect("priced");
        let (guarantee, reserved) = (Sku::Share(POOL, ALPHA), Sku::Share(POOL, BETA));
        let books = &mut self.books;
        let lines = [
            books.usage(world, to, CELL, 4 * us, list),
            books.reservation(world, to, POOL, ALPHA, alpha, at_alpha),
            books.reserved_inference(world, to, POOL, BETA, beta, at_beta),
            books.power(world, to, POOL, mw_us, pool.power),
            books.facility(world, to, POOL, mw_us, pool.facility),
            books.operations(world, to, POOL, mw_us, pool.operations),
        ];
        lines.into_iter().flatten().for_each(|posting| self.ledger.post(posting));
        self.read(PostingKind::Usage, Sku::Cell(CELL), to, 4 * us, 0, list);
        self.read(PostingKind::Reservation, guarantee, to, alpha.offered, alpha.undelivered, at_alpha);
        self.read(PostingKind::ReservedInference, reserved, to, beta.offered, 0, at_beta);
        self.read(PostingKind::Power, Sku::Pool(POOL), to, mw_us, 0, pool.power);
        self.read(PostingKind::Facility, Sku::Pool(POOL), to, mw_us, 0, pool.facility);
        self.read(PostingKind::Operations, Sku::Pool(POOL), to, mw_us, 0, pool.operations);
    }

    fn read(&mut self, kind: PostingKind, sku: Sku, to: SimTime, quantity: u128, undelivered: u128, price: InForce) {
        let (month, from, segment) = (self.world.month_before(to), self.now, price.segment);
        self.record.meters.push(MeterRow { kind, sku, month, segment, from, to, quantity, undelivered, run: 0 });
    }

    /// beta's gangs hold 4 chips, alpha's none; the rest of what is up is idle.
    fn integrals(&mut self, month: usize, us: u128, chips: u128, alpha: ShareTime, beta: ShareTime) {
        let installed = chips * us;
        let down = alpha.undelivered;
        let (gangs, reserved) = (4 * us, beta.offered);
        let up = installed - down;
        self.record.pools[0][month] = PoolMonth {
            installed,
            up,
            down,
            gangs,
            reserved,
            idle: up - gangs - reserved,
            energy_mw_us: chips * 500_000 * us,
            installed_mw_us: chips * 500_000 * us,
        };
        self.record.cells[0][month] =
            CellMonth { allocated: gangs, billed: gangs, productive: gangs, ..CellMonth::default() };
        let guaranteed = alpha.offered + alpha.undelivered;
        self.record.shares[0][0][month] = ShareMonth { guaranteed, offered: alpha.offered, ..ShareMonth::default() };
        self.record.shares[0][1][month] = ShareMonth { reserved, reserved_offered: reserved, ..ShareMonth::default() };
    }
}
