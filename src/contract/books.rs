//! The lines of a run: one function for each reason why money moves. Holds the drawdown of the open contract periods, nothing else.

use super::period::OpenPeriod;
use crate::record::{Posting, PostingKind, Sku};
use crate::units::{Money, Rate, SimTime, div_round_half_even};
use crate::world::{
    CellId, CloudId, ContractId, InForce, InvestmentId, Live, PartyId, PoolId, PriceKind, TenantId, World,
};

/// Chip-time of a tenant's share between two readings [chip-us].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ShareTime {
    /// Up and offered: billed, used or not.
    pub offered: u128,
    /// In the contract but late or down: excused at the contract price.
    pub undelivered: u128,
    /// In the contract and up, but other labs' gangs still sit there: not billed and excused, for the provider failed to deliver.
    pub blocked: u128,
}

/// What a run owes: the parties outside, and what the open period of each contract has drawn.
///
/// Every function answers with the posting to make, or None when its quantity or its amount is nothing. Readings of meters are dated at
/// the reading and belong to the time before it; all else belongs to its own instant. `run` is left 0.
#[derive(Clone, Debug)]
pub struct Books {
    suppliers: Option<PartyId>,
    utilities: Option<PartyId>,
    facility_owners: Option<PartyId>,
    operations: Option<PartyId>,
    pub(super) periods: Vec<OpenPeriod>,
}

impl Books {
    /// Books in which nothing is drawn. Parties outside are found by name; a world without sites has none.
    pub fn new(world: &World) -> Books {
        let named = |name: &str| world.parties.enumerate().find(|(_, party)| party.name == name).map(|(id, _)| id);
        Books {
            suppliers: named("chip suppliers"),
            utilities: named("utilities"),
            facility_owners: named("facility owners"),
            operations: named("operations staff and network"),
            periods: vec![OpenPeriod::default(); world.contracts.len()],
        }
    }

    /// Gang chip-time of a cell beyond the guarantee, at its workload's price: chip-hours x price. Free pools bill nothing.
    pub fn usage(
        &mut self,
        world: &World,
        at: SimTime,
        cell: CellId,
        chip_us: u128,
        price: InForce,
    ) -> Option<Posting> {
        let terms = &world.cells[cell];
        if terms.price == PriceKind::Free {
            return None;
        }
        let line = Line { kind: PostingKind::Usage, sku: Sku::Cell(cell), price_kind: terms.price, price };
        self.chip_time(world, at, world.workloads[terms.workload].tenant, terms.pool, chip_us, line)
    }

    /// Guaranteed chip-time offered, at the contract price; what was not delivered is excused from the open period's commitment.
    pub fn reservation(
        &mut self,
        world: &World,
        at: SimTime,
        pool: PoolId,
        tenant: TenantId,
        time: ShareTime,
        price: InForce,
    ) -> Option<Posting> {
        self.share(world, at, PostingKind::Reservation, (pool, tenant), time, price)
    }

    /// Reserved (not simulated) chip-time offered, at the contract price; the rest is excused as for a guarantee.
    pub fn reserved_inference(
        &mut self,
        world: &World,
        at: SimTime,
        pool: PoolId,
        tenant: TenantId,
        time: ShareTime,
        price: InForce,
    ) -> Option<Posting> {
        self.share(world, at, PostingKind::ReservedInference, (pool, tenant), time, price)
    }

    fn share(
        &mut self,
        world: &World,
        at: SimTime,
        kind: PostingKind,
        (pool, tenant): (PoolId, TenantId),
        time: ShareTime,
        price: InForce,
    ) -> Option<Posting> {
        if let Some(contract) = self.drawing(world, at, tenant, pool) {
            let missed = |chip_us: u128| Money::of(chip_us as i128, price.rate, kind.units_per_rate_unit());
            let (late, blocked) = (missed(time.undelivered), missed(time.blocked));
            let open = &mut self.periods[contract.index()];
            open.excused += late + blocked;
            open.blocked += blocked;
        }
        let line = Line { kind, sku: Sku::Share(pool, tenant), price_kind: PriceKind::Contract, price };
        self.chip_time(world, at, tenant, pool, time.offered, line)
    }

    /// Chip-hours x price, lab to cloud, counted as drawn where a contract of the lab with this cloud is running.
    fn chip_time(
        &mut self,
        world: &World,
        at: SimTime,
        tenant: TenantId,
        pool: PoolId,
        chip_us: u128,
        line: Line,
    ) -> Option<Posting> {
        let cloud = cloud_of(world, pool)?;
        let parties = (world.tenants[tenant].party, world.clouds[cloud].party);
        let posting = metered(world, at, parties, line.kind, line.sku, chip_us, line.price)?;
        if let Some(contract) = self.drawing(world, at, tenant, pool) {
            self.periods[contract.index()].drawn += posting.amount;
        }
        Some(Posting { price_kind: Some(line.price_kind), internal: is_internal(world, tenant), ..posting })
    }

    /// Energy x price, cloud to the utilities: MWh x USD per MWh.
    pub fn power(&self, world: &World, at: SimTime, pool: PoolId, mw_us: u128, price: InForce) -> Option<Posting> {
        self.owning(world, at, PostingKind::Power, pool, mw_us, price)
    }

    /// Installed power x time x rate, cloud to the facility owners: MW-hours x USD per MW-hour.
    pub fn facility(&self, world: &World, at: SimTime, pool: PoolId, mw_us: u128, price: InForce) -> Option<Posting> {
        self.owning(world, at, PostingKind::Facility, pool, mw_us, price)
    }

    /// Installed power x time x rate, cloud to operations staff and network: MW-hours x USD per MW-hour.
    pub fn operations(&self, world: &World, at: SimTime, pool: PoolId, mw_us: u128, price: InForce) -> Option<Posting> {
        self.owning(world, at, PostingKind::Operations, pool, mw_us, price)
    }

    fn owning(
        &self,
        world: &World,
        at: SimTime,
        kind: PostingKind,
        pool: PoolId,
        mw_us: u128,
        price: InForce,
    ) -> Option<Posting> {
        let cloud = cloud_of(world, pool)?;
        let payee = match kind {
            PostingKind::Power => self.utilities,
            PostingKind::Facility => self.facility_owners,
            _ => self.operations,
        };
        let payee = payee.unwrap_or_else(|| panic!("a world with sites has a party for {}", kind.name()));
        metered(world, at, (world.clouds[cloud].party, payee), kind, Sku::Pool(pool), mw_us, price)
    }

    /// Deposit at the order: chips x (cost x deposit share, rounded half-even to two micro-dollars per chip).
    ///
    /// With [`capex_delivery`](Books::capex_delivery) it adds up to chips x cost, rounded once, to the micro-dollar.
    pub fn capex_order(
        &self,
        world: &World,
        at: SimTime,
        pool: PoolId,
        delivery: u32,
        cost: Rate,
        deposit: f64,
    ) -> Option<Posting> {
        self.supply(world, at, PostingKind::CapexOrder, pool, delivery, deposit_rate(cost, deposit))
    }

    /// Rest at the delivery: chips x (cost less the deposit per chip).
    pub fn capex_delivery(
        &self,
        world: &World,
        at: SimTime,
        pool: PoolId,
        delivery: u32,
        cost: Rate,
        deposit: f64,
    ) -> Option<Posting> {
        let rest = Rate(cost.0 - deposit_rate(cost, deposit).0);
        self.supply(world, at, PostingKind::CapexDelivery, pool, delivery, rest)
    }

    /// Fee for a delivery cancelled after its order: chips x (cost x fee share, rounded half-even to the nano-dollar per chip).
    /// The deposit is not paid back.
    pub fn cancel_fee(
        &self,
        world: &World,
        at: SimTime,
        pool: PoolId,
        delivery: u32,
        cost: Rate,
        fee: f64,
    ) -> Option<Posting> {
        let rate = Rate(div_round_half_even(i128::from(cost.0) * share_ppb(fee), 1_000_000_000) as i64);
        self.supply(world, at, PostingKind::CancelFee, pool, delivery, rate)
    }

    fn supply(
        &self,
        world: &World,
        at: SimTime,
        kind: PostingKind,
        pool: PoolId,
        delivery: u32,
        rate: Rate,
    ) -> Option<Posting> {
        let cloud = cloud_of(world, pool)?;
        let payee = self.suppliers.expect("a world with sites has a party `chip suppliers`");
        let pool_world = &world.pools[pool];
        let nodes = pool_world.deliveries[delivery as usize].nodes;
        let chips = i128::from(nodes) * i128::from(pool_world.chips_per_node);
        let parties = (world.clouds[cloud].party, payee);
        let posting = dated(world, at, parties, kind, Sku::Delivery(pool, delivery), chips, rate);
        (posting.amount != Money::ZERO).then_some(posting)
    }

    /// A capacity block, lab to cloud, when it is booked: chips x length x price in force. It counts toward no commitment. Eq. (98).
    pub fn block(&self, world: &World, at: SimTime, pool: PoolId, block: u32, price: InForce) -> Option<Posting> {
        let cloud = cloud_of(world, pool)?;
        let terms = &world.pools[pool].blocks[block as usize];
        let parties = (world.tenants[terms.tenant].party, world.clouds[cloud].party);
        let chip_us = i128::try_from(terms.chip_us()).expect("a block of chips for days");
        let posting = dated(world, at, parties, PostingKind::Block, Sku::Block(pool, block), chip_us, price.rate);
        let (price_kind, internal) = (Some(PriceKind::CapacityBlock), is_internal(world, terms.tenant));
        let posting = Posting { price_kind, segment: price.segment, internal, ..posting };
        (posting.amount != Money::ZERO).then_some(posting)
    }

    /// A dated tranche, cloud to lab. Conditional tranches are never paid.
    pub fn tranche(
        &self,
        world: &World,
        live: &Live,
        at: SimTime,
        investment: InvestmentId,
        tranche: u32,
    ) -> Option<Posting> {
        let terms = &world.investments[investment];
        let amount = Money::from_usd(live.value(&terms.tranches[tranche as usize].usd));
        let parties = (world.clouds[terms.cloud].party, world.tenants[terms.tenant].party);
        let sku = Sku::Tranche(investment, tranche);
        let posting = dated(world, at, parties, PostingKind::Tranche, sku, amount.0, PER_MICRO_USD);
        let internal = world.tenants[terms.tenant].own;
        (amount != Money::ZERO).then_some(Posting { internal, ..posting })
    }

    /// Contract whose open period a reading at `at` draws on: the lab's, with this pool's cloud, begun and neither ended nor over.
    fn drawing(&self, world: &World, at: SimTime, tenant: TenantId, pool: PoolId) -> Option<ContractId> {
        let contract = world.tenants[tenant].contract?;
        let terms = &world.contracts[contract];
        let open = &self.periods[contract.index()];
        let period = terms.periods.get(open.index).filter(|_| !open.ended)?;
        let cloud = cloud_of(world, pool)?;
        // A reading counts time before it, so one at the very start of a period belongs to the period before.
        (terms.cloud == cloud && period.from < at && at <= period.to).then_some(contract)
    }
}

/// What a chip-time line says beside its quantity.
struct Line {
    kind: PostingKind,
    sku: Sku,
    price_kind: PriceKind,
    price: InForce,
}

/// A micro-dollar's price: amounts that are not a quantity times a price are counted in micro-dollars.
pub(super) const PER_MICRO_USD: Rate = Rate(1_000);

/// Cloud that owns a pool; None: abstract, without site and without money.
fn cloud_of(world: &World, pool: PoolId) -> Option<CloudId> {
    world.pools[pool].site.map(|site| world.sites[site].cloud)
}

/// Whether what a lab pays stays in the group.
pub(super) fn is_internal(world: &World, tenant: TenantId) -> bool {
    let lab = &world.tenants[tenant];
    lab.own || lab.contract.is_some_and(|contract| world.contracts[contract].internal)
}

/// A line read from a meter at `at`; it belongs to the month of the time before. None when nothing was counted.
fn metered(
    world: &World,
    at: SimTime,
    parties: (PartyId, PartyId),
    kind: PostingKind,
    sku: Sku,
    quantity: u128,
    price: InForce,
) -> Option<Posting> {
    if quantity == 0 {
        return None;
    }
    let quantity = i128::try_from(quantity).unwrap_or_else(|_| panic!("{quantity} units overflow"));
    let posting = dated(world, at, parties, kind, sku, quantity, price.rate);
    Some(Posting { month: world.month_before(at), segment: price.segment, ..posting })
}

/// A line that falls on its own date.
pub(super) fn dated(
    world: &World,
    at: SimTime,
    (payer, payee): (PartyId, PartyId),
    kind: PostingKind,
    sku: Sku,
    quantity: i128,
    rate: Rate,
) -> Posting {
    Posting {
        at,
        month: world.month_of(at),
        payer,
        payee,
        kind,
        sku,
        price_kind: None,
        segment: 0,
        quantity,
        rate,
        amount: Money::of(quantity, rate, kind.units_per_rate_unit()),
        internal: false,
        run: 0,
    }
}

/// A share in parts per billion, nearest.
fn share_ppb(share: f64) -> i128 {
    assert!(0.0 <= share && share <= 1.0, "a share cannot be {share}");
    (share * 1e9).round_ties_even() as i128
}

/// Deposit per chip [nano-USD], a multiple of two micro-dollars. Eq. (16).
fn deposit_rate(cost: Rate, deposit: f64) -> Rate {
    // An even number of micro-dollars taken away leaves the rounding of the rest as it was, so deposit + rest = total exactly.
    const GRAIN: i128 = 2_000;
    let grains = div_round_half_even(i128::from(cost.0) * share_ppb(deposit), 1_000_000_000 * GRAIN);
    // A grain too much would make the rest negative.
    Rate((grains * GRAIN).min(i128::from(cost.0)) as i64)
}
