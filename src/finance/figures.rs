//! One run's figures in dollars: NPV in three columns, cash lines, contracts, margins, unit costs. Averages nothing over runs.

use super::{book, cash, commitment, margin, npv};
use crate::measure::{Better, Metric, Period, Scope, Sheet};
use crate::record::{PeriodRow, PostingKind, RunRecord};
use crate::units::Money;
use crate::world::{CloudId, ContractId, World};

macro_rules! metric {
    ($name:ident, $text:literal, $unit:literal, $what:literal) => {
        metric!($name, $text, $unit, $what, Neither);
    };
    ($name:ident, $text:literal, $unit:literal, $what:literal, $better:ident) => {
        static $name: Metric = Metric { name: $text, unit: $unit, what: $what, better: Better::$better };
    };
}

metric!(
    NPV_OPERATIONS,
    "npv_operations",
    "USD",
    "Present value of cash across the group's border at each transfer's own date, without equity and terminal value. Eq. (20).",
    More
);
metric!(
    NPV_EQUITY,
    "npv_equity",
    "USD",
    "Present value of dated tranches (negative); the value of stakes and conditional tranches are not modelled.",
    More
);
metric!(NPV_TOTAL, "npv_total", "USD", "Operations + equity + terminal value in the scenario's mode.", More);
metric!(NPV_NONE, "npv_total_none", "USD", "Operations + equity, without terminal value.", More);
metric!(
    NPV_BOOK,
    "npv_total_book",
    "USD",
    "Operations + equity + book value of the fleet at the end, discounted.",
    More
);
metric!(
    TERMINAL,
    "terminal_book",
    "USD",
    "Book value of the fleet at the end, discounted: straight line over the useful life from the in-service date."
);
metric!(
    REVENUE,
    "revenue",
    "USD",
    "Usage, reservations, reserved inference, capacity blocks and shortfalls paid by labs outside the group.",
    More
);
metric!(INTERNAL, "internal_revenue", "USD", "What the group's own labs were charged: eliminated, a memo.");
metric!(
    CAPEX,
    "capex",
    "USD",
    "Chips with their servers, when paid: deposits, rest at delivery, cancellation fees.",
    Less
);
metric!(POWER, "power_cost", "USD", "Electricity.", Less);
metric!(
    FACILITY,
    "facility_cost",
    "USD",
    "Shell, mechanical and electrical, as a charge on megawatts installed.",
    Less
);
metric!(
    OPERATIONS,
    "operations_cost",
    "USD",
    "Staff, maintenance and network, as a charge on megawatts installed.",
    Less
);
metric!(EQUITY, "equity_paid", "USD", "Dated tranches paid.", Less);
metric!(
    BILLED,
    "billed_usd",
    "USD",
    "Billed to a lab: usage, reservations, reserved inference, capacity blocks, shortfalls.",
    More
);
metric!(
    MARGIN,
    "margin_usd",
    "USD",
    "Billed to a lab less its gang and reserved chip-hours at book unit cost; no capital charge. Eq. (23).",
    More
);
metric!(
    UNUSED,
    "unused_commitment_usd",
    "USD",
    "Paid by a lab and not used: the idle part of its guarantees at the mean price paid in the period, and shortfalls."
);
metric!(
    UNIT_COST,
    "unit_cost_book_usd_per_chip_hour",
    "USD/chip-h",
    "Depreciation, power, facility and operations per up chip-hour; label book, without capital charge. Eq. (22).",
    Less
);
metric!(
    IDLE_COST,
    "uncommitted_idle_usd",
    "USD",
    "Idle chip-hours that nobody paid for x book unit cost of the period, so that years do not add up: nobody's margin.",
    Less
);
metric!(
    UNUSED_GUARANTEE,
    "unused_guarantee_usd",
    "USD",
    "Guaranteed chip-hours, and those in capacity blocks, offered and left idle x book unit cost of the period: paid for by a lab, in no lab's cost.",
    Less
);
metric!(
    UNUSED_BLOCK,
    "unused_block_usd",
    "USD",
    "Capacity blocks paid by a lab and left idle: chip-hours that were free for its gangs x mean price of its blocks on the pool. Eq. (99)."
);
metric!(
    INSIDE,
    "commitment_inside_share",
    "-",
    "Share of a commitment that falls inside the horizon, by contract years and days. Eq. (24)."
);
metric!(
    OUTSIDE,
    "commitment_pv_share_outside",
    "-",
    "Share of its present value beyond the end, each contract year flowing evenly. Eq. (25)."
);
metric!(BEYOND, "beyond_horizon_usd", "USD", "Still committed when the study ends: no true-up inside.");
metric!(
    SHORTFALL,
    "shortfall_usd",
    "USD",
    "Shortfalls of closed contract years: commitment less drawn less excused; in the fiscal year of the close. Eq. (21)."
);
metric!(
    EXCUSED,
    "excused_usd",
    "USD",
    "Contract price x guaranteed and reserved chip-hours that were late, down or blocked; by contract years, in the fiscal year of the close.",
    Less
);
metric!(
    EXCUSED_BLOCKED,
    "excused_blocked_usd",
    "USD",
    "Of that: chip-hours that were up while other labs' gangs still held them.",
    Less
);
metric!(
    DRAWN,
    "drawn_usd",
    "USD",
    "Usage, reservations and reserved inference that counted toward the commitment; by contract years, in the fiscal year of the close.",
    More
);

/// In the order of their columns.
pub static METRICS: &[&Metric] = &[
    &NPV_OPERATIONS,
    &NPV_EQUITY,
    &NPV_TOTAL,
    &NPV_NONE,
    &NPV_BOOK,
    &TERMINAL,
    &REVENUE,
    &INTERNAL,
    &CAPEX,
    &POWER,
    &FACILITY,
    &OPERATIONS,
    &EQUITY,
    &BILLED,
    &MARGIN,
    &UNUSED,
    &UNIT_COST,
    &IDLE_COST,
    &UNUSED_GUARANTEE,
    &UNUSED_BLOCK,
    &INSIDE,
    &OUTSIDE,
    &BEYOND,
    &SHORTFALL,
    &EXCUSED,
    &EXCUSED_BLOCKED,
    &DRAWN,
];

/// Dollars of one run. A world without sites has none.
pub fn figures(world: &World, record: &RunRecord, sheet: &mut Sheet) {
    for cloud in world.clouds.ids() {
        if world.sites.iter().any(|site| site.cloud == cloud) {
            cloud_figures(world, record, cloud, sheet);
        }
    }
    let yearly = Period::yearly(world);
    for (tenant, terms) in world.tenants.enumerate() {
        if terms.contract.is_none() {
            continue;
        }
        for period in &yearly {
            let line = margin::lab_margin(world, record, tenant, period.months(world));
            sheet.put(&BILLED, Scope::Tenant(tenant), *period, Some(line.billed));
            sheet.put(&MARGIN, Scope::Tenant(tenant), *period, Some(line.margin()));
        }
        for period in &yearly {
            let unused = margin::unused_commitment(world, record, tenant, period.months(world));
            sheet.put(&UNUSED, Scope::Tenant(tenant), *period, Some(unused.reservation + unused.shortfall));
        }
    }
    for (pool, terms) in world.pools.enumerate() {
        if terms.site.is_some() {
            for period in &yearly {
                let months = period.months(world);
                let unit_cost = book::unit_cost(world, record, pool, months.clone());
                sheet.put(&UNIT_COST, Scope::Pool(pool), *period, unit_cost);
                let idle = margin::idle(world, record, pool, months);
                sheet.put(&IDLE_COST, Scope::Pool(pool), *period, Some(idle.uncommitted_cost));
                sheet.put(&UNUSED_GUARANTEE, Scope::Pool(pool), *period, Some(idle.unused_cost));
            }
            for tenant in world.tenants.ids().filter(|tenant| terms.blocks.iter().any(|b| b.tenant == *tenant)) {
                for period in &yearly {
                    let usd = margin::unused_block_usd(world, record, pool, tenant, period.months(world));
                    sheet.put(&UNUSED_BLOCK, Scope::Share(pool, tenant), *period, usd);
                }
            }
        }
    }
    for contract in world.contracts.ids() {
        contract_figures(world, record, contract, sheet);
    }
}

fn cloud_figures(world: &World, record: &RunRecord, cloud: CloudId, sheet: &mut Sheet) {
    let npv = npv::npv(world, record, cloud);
    let scope = Scope::Cloud(cloud);
    for (metric, value) in [
        (&NPV_OPERATIONS, npv.operations),
        (&NPV_EQUITY, npv.equity),
        (&NPV_TOTAL, npv.total()),
        (&NPV_NONE, npv.total_none()),
        (&NPV_BOOK, npv.total_book()),
        (&TERMINAL, npv.terminal_book),
    ] {
        sheet.put(metric, scope, Period::All, Some(value));
    }
    let lines = cash::cash_lines(world, record, cloud);
    for period in Period::yearly(world) {
        let inside = |year: i16| match period {
            Period::Year(y) => y == year,
            Period::All | Period::Month(_) => true,
        };
        let sum = |kinds: &[PostingKind], internal: bool| {
            let of = lines.iter().filter(|line| kinds.contains(&line.kind) && inside(line.year));
            of.map(|line| if internal { line.internal } else { line.amount }).sum::<Money>().usd()
        };
        use PostingKind::*;
        let billed = [Usage, Reservation, ReservedInference, Shortfall, Block];
        sheet.put(&REVENUE, scope, period, Some(sum(&billed, false)));
        sheet.put(&INTERNAL, scope, period, Some(sum(&billed, true)));
        sheet.put(&CAPEX, scope, period, Some(-sum(&[CapexOrder, CapexDelivery, CancelFee], false)));
        sheet.put(&POWER, scope, period, Some(-sum(&[Power], false)));
        sheet.put(&FACILITY, scope, period, Some(-sum(&[Facility], false)));
        sheet.put(&OPERATIONS, scope, period, Some(-sum(&[Operations], false)));
        sheet.put(&EQUITY, scope, period, Some(-sum(&[Tranche], false)));
    }
}

fn contract_figures(world: &World, record: &RunRecord, contract: ContractId, sheet: &mut Sheet) {
    let terms = &world.contracts[contract];
    if terms.commit_usd.is_none() {
        return;
    }
    let scope = Scope::Contract(contract);
    let mut put = |metric, value| sheet.put(metric, scope, Period::All, value);
    put(&INSIDE, Some(terms.inside.share));
    put(&OUTSIDE, Some(terms.inside.pv_share_outside));
    put(&BEYOND, commitment::beyond_horizon(world, record, contract).map(Money::usd));
    for period in Period::yearly(world) {
        // A contract year belongs to the month that contains its close, the last one to the last month.
        let months = period.months(world);
        let month = |row: &PeriodRow| world.months.partition_point(|from| *from <= row.at).saturating_sub(1) as u16;
        let rows = || record.periods.iter().filter(|row| row.contract == contract && months.contains(&month(row)));
        let mut put = |metric, value: Money| sheet.put(metric, scope, period, Some(value.usd()));
        put(&SHORTFALL, rows().map(|row| row.shortfall).sum());
        put(&EXCUSED, rows().map(|row| row.excused).sum());
        put(&EXCUSED_BLOCKED, rows().map(|row| row.blocked).sum());
        put(&DRAWN, rows().map(|row| row.drawn).sum());
    }
}
