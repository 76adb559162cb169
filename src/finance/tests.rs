//! Views on hand-made postings and on the run of the two labs; the corners of the contracts' state machine.

use super::testworld::{ALPHA, BETA, POOL, TWO_LABS, day, run, world, world_of};
use super::{book, cash, commitment, margin, npv};
use crate::contract::{Books, ShareTime};
use crate::record::{Posting, PostingKind, RunRecord, Sku};
use crate::units::{Money, Rate, SimTime, Span};
use crate::world::*;

fn close(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{what}: got {got}, want {want}");
}

const AWS: CloudId = CloudId::new(0);
const NPV_OPERATIONS: f64 = -50.1883975084623;
const NPV_EQUITY: f64 = -9.174853093193079;
const BOOK_END: f64 = 160076.4496919918;
const PRICE: InForce = InForce { rate: Rate(1_234_567_891), segment: 0 };

fn hand(at: SimTime, payer: usize, payee: usize, kind: PostingKind, usd: f64) -> Posting {
    Posting {
        at,
        month: 0,
        payer: PartyId::new(payer),
        payee: PartyId::new(payee),
        kind,
        sku: Sku::Pool(POOL),
        price_kind: None,
        segment: 0,
        quantity: 0,
        rate: Rate(0),
        amount: Money::from_usd(usd),
        internal: false,
        run: 0,
    }
}

/// k = 9 %. Capex 100 on the first day; usage 50 in January counts at 16 d: 50 x 1.09^(-16/365.25) = 49.811603; a tranche of 10 after
/// 365 d: 10 x 1.09^(-365/365.25) = 9.174853; an internal 1,000 counts nowhere.
#[test]
fn npv_of_hand_postings() {
    let world = world();
    let internal = hand(day(2026, 1, 9), 1, 0, PostingKind::Usage, 1000.0);
    let postings = vec![
        hand(day(2026, 1, 1), 0, 3, PostingKind::CapexOrder, 100.0),
        hand(day(2026, 2, 1), 1, 0, PostingKind::Usage, 50.0),
        hand(day(2027, 1, 1), 0, 1, PostingKind::Tranche, 10.0),
        Posting { internal: true, ..internal },
    ];
    let record = RunRecord { postings, ..RunRecord::default() };
    let got = npv::npv(&world, &record, AWS);
    close(got.operations, NPV_OPERATIONS, "operations");
    close(got.equity, NPV_EQUITY, "equity");
    close(got.total_none(), NPV_OPERATIONS + NPV_EQUITY, "total, terminal value none");
    close(got.total_book() - got.total_none(), got.terminal_book, "terminal value");
    assert_eq!(got.total(), got.total_book(), "this cloud's headline is book");
}

/// 20 chips of 10,000.5 aged 1 + 730/365.25 years and 10 aged 365/365.25, of 5, when the run ends.
#[test]
fn book_value_is_straight_line() {
    let (world, record) = (world(), run(&world()));
    close(book::book_value(&world, &record, POOL, world.end), BOOK_END, "at the end");
    close(book::book_value(&world, &record, POOL, world.start), 20.0 * 10_000.5 * 0.8, "at the start");
    let spent = book::depreciation(&world, &record, POOL, world.start, world.end);
    close(spent, 200_010.0 * 0.8 + 100_005.0 - BOOK_END, "what left the books was depreciated");
    let discounted = BOOK_END * npv::discount_factor(0.09, 730.0 / 365.25);
    close(npv::npv(&world, &record, AWS).terminal_book, discounted, "terminal value");
}

/// Of 20 chips aged 1 year, 6 are retired after a year: the oldest go first, and a life that is over depreciates no more.
#[test]
fn the_retired_and_the_old_leave_the_books() {
    let mut world = retiring("2027-01-01", 6);
    let record = run(&world);
    let kept = 14.0 / 20.0 * 10_000.5 * 20.0 * (1.0 - (1.0 + 730.0 / 365.25) / 5.0);
    let new = 10.0 * 10_000.5 * (1.0 - 365.0 / 365.25 / 5.0);
    close(book::book_value(&world, &record, POOL, world.end), kept + new, "6 gone");
    world.pools.0[0].useful_life_years = 1.0;
    close(book::depreciation(&world, &record, POOL, world.start, day(2027, 1, 1)), 0.0, "aged 1 of 1 at the start");
}

/// The two labs' world with a retirement.
fn retiring(at: &str, chips: u32) -> World {
    let retirement =
        format!("useful_life_years = 5\nretirements = [{{ name = \"old\", at = {at}, chips = {chips} }}]\n");
    world_of(&TWO_LABS.replacen("useful_life_years = 5\n", &retirement, 1))
}

/// 18 of 20 chips are to go on 2026-06-01, when a gang holds 4: 16 go, the reserved 2 among them, for 2 are left of 12 promised; 2 more go
/// with the delivery of 2027. What the books hold is month by month what the run had installed.
#[test]
fn what_is_due_to_retire_leaves_when_it_is_free() {
    let world = retiring("2026-06-01", 18);
    let record = run(&world);
    let rows = record.events.iter().filter(|row| row.change.kind == EventKind::Retirement);
    let left: Vec<_> = rows.map(|row| (row.at, row.change.value)).collect();
    assert_eq!(left, [(day(2026, 6, 1), 16), (day(2027, 1, 1), 2)]);
    for month in 0..24 {
        let (from, to) = (world.months[month], world.month_end(month as u16));
        let stood: f64 = book::vintages(&world, &record, POOL)
            .iter()
            .map(|vintage| {
                let until = vintage.until.unwrap_or(world.end).min(to).0 as f64;
                vintage.chips * (until - (vintage.since_us as f64).max(from.0 as f64)).max(0.0)
            })
            .sum();
        close(stood, record.pools[0][month].installed as f64, &format!("month {month}"));
    }
    assert_eq!(super::reconcile::reconcile(&world, &record), Ok(()));
}

/// Every dollar of owning a pool is in one line: labs' costs + uncommitted idle + unused guarantees = depreciation + running cash.
#[test]
fn the_cost_of_a_pool_is_all_somewhere() {
    let world = world();
    let record = run(&world);
    for months in [0..1, 4..5, 0..12, 0..24] {
        let labs: f64 =
            [ALPHA, BETA].map(|lab| margin::lab_margin(&world, &record, lab, months.clone()).cost).iter().sum();
        let idle = margin::idle(&world, &record, POOL, months.clone());
        let (from, to) = (world.months[months.start as usize], world.month_end(months.end - 1));
        let spent = book::depreciation(&world, &record, POOL, from, to) + book::running_cash(&record, POOL, &months);
        close(labs + idle.uncommitted_cost + idle.unused_cost, spent, &format!("months {months:?}"));
        assert!(idle.unused_cost > 0.0 || months == (0..1), "alpha leaves its chips idle from April on");
    }
}

/// January 2026: 20 chips x 10,000.5 x 31 d / (5 x 365.25 d) = 3,395.104 and 744 + 74.4 + 29.76 of cash over 20 x 744 chip-hours.
/// beta: 5,952 on demand + 744 reserved less 6/20 of that cost; 14/20 idle and uncommitted. In May alpha's 10 stand unused: 4/20 are
/// uncommitted, 10/20 unused, and alpha paid all of it: 9,185.185109.
#[test]
fn margins_and_idle_lines() {
    let (world, record) = (world(), run(&world()));
    let cost = 20.0 * 10_000.5 * 31.0 / (5.0 * 365.25) + 848.16;
    close(book::unit_cost(&world, &record, POOL, 0..1).unwrap(), cost / 14_880.0, "unit cost");
    let beta = margin::lab_margin(&world, &record, BETA, 0..1);
    close(beta.margin(), 6_696.0 - 0.3 * cost, "beta");
    close(margin::idle(&world, &record, POOL, 0..1).uncommitted_cost, 0.7 * cost, "idle in January");
    let may = margin::idle(&world, &record, POOL, 4..5);
    close(may.uncommitted_cost, 0.2 * cost, "idle in May");
    close(may.unused_cost, 0.5 * cost, "unused in May");
    let unused = margin::unused_commitment(&world, &record, ALPHA, 4..5);
    close(unused.reservation, 9_185.185109, "paid and not used");
    close(margin::unused_commitment(&world, &record, ALPHA, 0..24).shortfall, 1_851.852749, "shortfall");
    assert_eq!(book::unit_cost(&world, &record, POOL, 0..0), None);
}

/// Remaining at the end of March 2026: alpha 220,000, beta 73,000 - 90 d x 24 x (4 x 2.00 + 2 x 0.5) = 53,560; beta has none after its
/// end; beyond the horizon alpha still owes 110,000 - 81,481.480805.
#[test]
fn remaining_commitment_by_hand() {
    let (world, record) = (world(), run(&world()));
    let left = |contract, at| commitment::remaining(&world, &record, ContractId::new(contract), at).map(Money::usd);
    assert_eq!(left(0, day(2026, 3, 1)), None, "not signed");
    assert_eq!(left(0, day(2026, 4, 1)), Some(220_000.0));
    // April: 7,111.111052 drawn and 1,777.777763 excused.
    assert_eq!(left(0, day(2026, 5, 1)), Some(211_111.111185));
    assert_eq!(left(1, day(2026, 4, 1)), Some(53_560.0));
    assert_eq!(left(1, day(2026, 12, 1)), None, "ended");
    let beyond = commitment::beyond_horizon(&world, &record, ContractId::new(0));
    assert_eq!(beyond.map(|m| m.to_string()), Some("28518.519195".into()));
    let alpha = commitment::stranded(&world, &record, ALPHA).unwrap();
    close(alpha.mw(), 10.0 * 0.0005, "alpha: 10 chips of 500 W");
    let beta = commitment::stranded(&world, &record, BETA).unwrap();
    close(beta.mw(), 6.0 * 0.0005, "beta: 2 reserved and 4 held");
}

/// Lines of aws by year add up to its balance.
#[test]
fn cash_lines_add_up() {
    let (world, mut record) = (world(), run(&world()));
    let lines = cash::cash_lines(&world, &record, AWS);
    let total: Money = lines.iter().map(|line| line.amount).sum();
    assert_eq!(total + Money::from_usd(1000.0), record.balances[0]);
    let power = lines.iter().find(|line| line.kind == PostingKind::Power && line.year == 2027).unwrap();
    assert_eq!(power.amount.to_string(), "-13468.500000");
    record.postings.iter_mut().for_each(|posting| posting.internal = true);
    assert!(cash::cash_lines(&world, &record, AWS).iter().all(|line| line.amount == Money::ZERO));
}

/// Deposit and rest add up to chips x cost, rounded once, whatever the cost and the share.
#[test]
fn deposit_and_rest_are_the_price() {
    let world = world();
    let books = Books::new(&world);
    for cost in [Rate(10_000_500_000_000), Rate(9_876_543_210_987), Rate(1_501), Rate(999)] {
        for share in [0.0, 0.1, 0.3, 1.0 / 3.0, 0.999, 1.0] {
            let amount = |line: Option<Posting>| line.map_or(Money::ZERO, |posting| posting.amount);
            let order = amount(books.capex_order(&world, day(2026, 3, 1), POOL, 0, cost, share));
            let rest = amount(books.capex_delivery(&world, day(2027, 1, 1), POOL, 0, cost, share));
            assert_eq!(order + rest, Money::of(10, cost, 1), "cost {cost:?} share {share}");
        }
    }
}

/// A meter read when a period ends counted time before it: it draws on that period and belongs to the month before. One chip-hour at
/// 1.234567891 each.
#[test]
fn a_reading_draws_on_the_time_before_it() {
    let (world, live) = (world(), Live::new(&world(), Vec::new(), Vec::new()));
    let mut books = Books::new(&world);
    let alpha = ContractId::new(0);
    let hour = ShareTime { offered: 3_600_000_000, undelivered: 0, blocked: 0 };
    let to = day(2027, 4, 1);
    let line = books.reservation(&world, to, POOL, ALPHA, hour, PRICE).unwrap();
    assert_eq!((line.month, line.amount), (14, Money(1_234_568)));
    let first = books.period_end(&world, &live, to, alpha, 0).unwrap();
    assert_eq!((first.row.drawn, first.posting.unwrap().month), (Money(1_234_568), 15));
    books.reservation(&world, to + Span(1), POOL, ALPHA, hour, PRICE).unwrap();
    let cut = books.open_period_at_end(&world, &live, world.end, alpha).unwrap();
    assert_eq!((cut.period, cut.drawn, cut.closed), (1, Money(1_234_568), false));
}

/// Nothing is drawn before a contract begins nor after it is ended; an ended contract closes no more periods.
#[test]
fn an_ended_contract_owes_nothing_more() {
    let (world, live) = (world(), Live::new(&world(), Vec::new(), Vec::new()));
    let hour = ShareTime { offered: 3_600_000_000, undelivered: 3_600_000_000, blocked: 0 };
    let alpha = ContractId::new(0);
    let mut early = Books::new(&world);
    early.reservation(&world, day(2026, 4, 1), POOL, ALPHA, hour, PRICE).unwrap();
    assert_eq!(early.contract_ended(&world, &live, day(2026, 4, 1), alpha), None, "before its first day: no period");
    let mut books = Books::new(&world);
    // Half of 365 days: 110,000 x 182.5/365 = 55,000.
    let half = day(2026, 4, 1) + Span(365 * Span::DAY.0 / 2);
    let closing = books.contract_ended(&world, &live, half, alpha).unwrap();
    assert_eq!(closing.row.commit, Money::from_usd(55_000.0));
    assert_eq!(closing.posting.map(|posting| posting.amount), Some(Money::from_usd(55_000.0)));
    assert_eq!(books.period_end(&world, &live, day(2027, 4, 1), alpha, 0), None);
    assert_eq!(books.open_period_at_end(&world, &live, world.end, alpha), None);
}

/// The cloud's own lab pays inside the group; a free workload and an empty meter make no line.
#[test]
fn internal_free_and_empty() {
    let mut world = world();
    world.tenants.0[1].own = true;
    let usage =
        |world: &World, chip_us| Books::new(world).usage(world, day(2026, 2, 1), CellId::new(0), chip_us, PRICE);
    assert!(usage(&world, 3_600_000_000).unwrap().internal);
    assert_eq!(usage(&world, 0), None);
    world.workloads.0[0].price = PriceKind::Free;
    world.cells.0.iter_mut().for_each(|cell| cell.price = PriceKind::Free);
    assert_eq!(usage(&world, 3_600_000_000), None);
}
