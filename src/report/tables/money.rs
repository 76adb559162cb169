//! `cashflow.csv` and `ledger.csv`: means over the cell that add up, and every line of draw 0, replication 0.

use super::own;
use crate::record::{POSTING_KINDS, Posting, PostingKind, Sku};
use crate::report::csv_out::{Cell, to_csv};
use crate::study::{Outcome, Plan};
use crate::units::div_round_half_even;
use crate::world::World;

/// `cashflow.csv`: lines down, fiscal years across [USD]; internal transfers eliminated.
pub fn cashflow(plan: &Plan, outcome: &Outcome) -> String {
    let mut years = plan.cells[0].world.month_years.clone();
    years.dedup();
    let mut headers: Vec<String> = ["strategy", "future", "cloud", "line"].map(str::to_owned).to_vec();
    headers.extend(years.iter().map(i16::to_string));
    headers.push("total".into());
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (planned, cell) in own(plan, outcome) {
        let n = cell.values.len() as f64;
        for (cloud, terms) in planned.world.clouds.enumerate() {
            let usd = |kind: PostingKind, year: i16| {
                cell.cash.get(&(cloud, kind, year)).map_or(0.0, |sum| sum.0 as f64 / 1e6 / n)
            };
            let mut line = |name: &str, by_year: Vec<f64>| {
                let mut row: Vec<Cell> = vec![cell.strategy.as_str().into(), cell.future.as_str().into()];
                row.extend([terms.name.as_str().into(), name.into()]);
                let total: f64 = by_year.iter().sum();
                row.extend(by_year.into_iter().map(Cell::from));
                row.push(total.into());
                rows.push(row);
            };
            // Blocks have a line where there are some.
            let sold = plan.cells.iter().flat_map(|cell| cell.world.pools.iter()).any(|pool| !pool.blocks.is_empty());
            for kind in POSTING_KINDS.into_iter().filter(|kind| sold || *kind != PostingKind::Block) {
                line(kind.name(), years.iter().map(|year| usd(kind, *year)).collect());
            }
            let net = |year: &i16| POSTING_KINDS.iter().map(|kind| usd(*kind, *year)).sum();
            line("net", years.iter().map(net).collect());
        }
    }
    to_csv(&headers.iter().map(String::as_str).collect::<Vec<_>>(), rows)
}

/// `ledger.csv`.
pub fn ledger(plan: &Plan, outcome: &Outcome) -> String {
    let headers = [
        "strategy",
        "future",
        "draw",
        "replication",
        "at",
        "month",
        "payer",
        "payee",
        "kind",
        "sku",
        "price_kind",
        "segment",
        "quantity",
        "unit",
        "rate_usd",
        "amount_usd",
        "internal",
    ];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for (planned, cell) in own(plan, outcome) {
        let world = &planned.world;
        for posting in &cell.first.postings {
            let key = cell.first.keys[posting.run as usize];
            let mut row: Vec<Cell> = vec![cell.strategy.as_str().into(), cell.future.as_str().into()];
            row.extend([i64::from(key.draw).into(), i64::from(key.replication).into()]);
            row.extend(line(world, posting));
            rows.push(row);
        }
    }
    to_csv(&headers, rows)
}

fn line(world: &World, posting: &Posting) -> Vec<Cell> {
    let party = |id| Cell::from(world.parties[id].name.as_str());
    vec![
        world.calendar.date(posting.at).to_string().into(),
        world.month_names[usize::from(posting.month)].as_str().into(),
        party(posting.payer),
        party(posting.payee),
        posting.kind.name().into(),
        sku(world, posting.sku).into(),
        posting.price_kind.map(|kind| kind.name()).into(),
        i64::from(posting.segment).into(),
        Cell::Text(quantity(posting)),
        Unit::of(posting.kind).name.into(),
        Cell::Text(rate_usd(posting)),
        Cell::Text(posting.amount.to_string()),
        if posting.internal { "yes" } else { "no" }.into(),
    ]
}

/// The unit in which an analyst reads a kind's quantity, and multiplies it by the rate.
struct Unit {
    name: &'static str,
    /// Of the posting's own unit (chip-us, mW us, chips, micro-USD) in one of it.
    size: i128,
}

impl Unit {
    fn of(kind: PostingKind) -> Unit {
        let name = match kind {
            PostingKind::Usage | PostingKind::Reservation | PostingKind::ReservedInference => "chip-h",
            PostingKind::Block => "chip-h",
            PostingKind::Power => "MWh",
            PostingKind::Facility | PostingKind::Operations => "MW-h",
            PostingKind::CapexOrder | PostingKind::CapexDelivery | PostingKind::CancelFee => "chips",
            PostingKind::Shortfall | PostingKind::Tranche => return Unit { name: "USD", size: 1_000_000 },
        };
        Unit { name, size: kind.units_per_rate_unit() }
    }
}

/// Decimals of a quantity: enough to tell one chip-microsecond from the next, 2.8e-10 chip-h.
const QUANTITY_DECIMALS: u32 = 12;

/// Quantity in its unit, rounded half to even where it is not whole; zeros at the end are left off.
fn quantity(posting: &Posting) -> String {
    let size = Unit::of(posting.kind).size;
    let (whole, rest, scale) = (posting.quantity / size, posting.quantity % size, 10_i128.pow(QUANTITY_DECIMALS));
    let text = exact(whole * scale + div_round_half_even(rest * scale, size), QUANTITY_DECIMALS);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Price of one unit of the quantity [USD], exact: rates are per chip-hour, MWh, MW-hour and chip, and per micro-dollar of a sum of money.
fn rate_usd(posting: &Posting) -> String {
    let of_rate = Unit::of(posting.kind).size / posting.kind.units_per_rate_unit();
    exact(i128::from(posting.rate.0) * of_rate, 9)
}

/// An integer of 10^-digits as an exact decimal.
fn exact(value: i128, digits: u32) -> String {
    let (one, sign) = (10_u128.pow(digits), if value < 0 { "-" } else { "" });
    let size = value.unsigned_abs();
    format!("{sign}{}.{:0width$}", size / one, size % one, width = digits as usize)
}

/// What a line is for, in words.
pub fn sku(world: &World, sku: Sku) -> String {
    match sku {
        Sku::Cell(cell) => crate::measure::Scope::Cell(cell).name(world),
        Sku::Pool(pool) => world.pools[pool].name.clone(),
        Sku::Share(pool, tenant) => crate::measure::Scope::Share(pool, tenant).name(world),
        Sku::Delivery(pool, n) => {
            let pool = &world.pools[pool];
            format!("{}.deliveries.{}", pool.name, pool.deliveries[n as usize].name)
        }
        Sku::Block(pool, n) => {
            let pool = &world.pools[pool];
            format!("{}.blocks.{}", pool.name, pool.blocks[n as usize].name)
        }
        Sku::Period(contract, n) => format!("{} year {}", world.contracts[contract].name, n + 1),
        Sku::Tranche(investment, n) => {
            let investment = &world.investments[investment];
            format!("{}.{}", investment.name, investment.tranches[n as usize].name)
        }
    }
}
