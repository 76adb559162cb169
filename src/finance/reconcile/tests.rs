use super::*;
use crate::finance::testworld::{TWO_LABS, run, world, world_of};
use crate::kernel::{Run, Sabotage, simulate_sabotaged};
use crate::record::POSTING_KINDS;
use crate::world::*;

/// By kind, over two years. Usage, beta's 4 chips: (181 d x 2.00 + 153 d x 1.50 + 396 d x 1.50) x 24 x 4 = 34,752 + 22,032 + 57,024.
/// Reserved: 334 d x 24 x 2 x 0.5 = 8,016. Reservation, alpha's 10 chips at 1.234567891, each month rounded: 28 d 6,720 h =
/// 8,296.296228; 30 d 7,200 h = 8,888.888815; 31 d 7,440 h = 9,185.185109; April 2026 only 8 are up: 5,760 h = 7,111.111052.
/// Period 1 (2026-04 to 2027-03): 7,111.111052 + 7 x 9,185.185109 + 3 x 8,888.888815 + 8,296.296228 = 106,370.369488; excused
/// 2 chips x 720 h = 1,777.777763; shortfall 110,000 - 106,370.369488 - 1,777.777763 = 1,851.852749. Period 2 until the end:
/// 4 x 8,888.888815 + 5 x 9,185.185109 = 81,481.480805. beta: 73,000 x 334/365 = 66,800 less 34,752 + 22,032 + 8,016 = 2,000.
/// Capex: 12 chips x 10,000.5 x 0.3 = 36,001.8; 10 x 7,000.35 = 70,003.5; fee 2 x 1,000.05 = 2,000.1. Energy 87.6 MWh at 100 and 131.4
/// at 102.5; the same megawatt-hours at 10 and 10.25, and at 4 and 4.1. Tranches 100 + 50 + 40; beta's second falls after the decision.
#[test]
fn two_labs_two_years_by_hand() {
    let world = world();
    let record = run(&world);
    let total = |kind| -> Money { record.postings.iter().filter(|p| p.kind == kind).map(|p| p.amount).sum() };
    let told: Vec<String> = POSTING_KINDS.iter().map(|kind| format!("{} {}", kind.name(), total(*kind))).collect();
    assert_eq!(
        told,
        [
            "usage 113808.000000",
            "reservation 187851.850293",
            "reserved_inference 8016.000000",
            "shortfall 3851.852749",
            "capex_order 36001.800000",
            "capex_delivery 70003.500000",
            "cancel_fee 2000.100000",
            "power 22228.500000",
            "facility 2222.850000",
            "operations 889.140000",
            "tranche 190.000000",
            "capacity_block 0.000000",
        ]
    );
}

/// alpha: 500 + 150 - 187,851.850293 - 1,851.852749; beta: 40 - 113,808 - 8,016 - 2,000; aws: 1,000 + 189,703.703042 + 123,824 - 190 -
/// 108,005.4 - 22,228.5 - 2,222.85 - 889.14; two parties outside have no part in it.
#[test]
fn closing_balances_by_hand() {
    let told: Vec<String> = run(&world()).balances.iter().map(Money::to_string).collect();
    let want = [
        "180991.813042",
        "-189053.703042",
        "-123784.000000",
        "108005.400000",
        "22228.500000",
        "2222.850000",
        "889.140000",
        "0.000000",
        "0.000000",
    ];
    assert_eq!(told, want);
}

/// Rows: beta prorated and trued up, alpha's first year with excused capacity, its second cut by the end: 110,000 - 81,481.480805 =
/// 28,518.519195 lie beyond the horizon.
#[test]
fn periods_by_hand() {
    let record = run(&world());
    let row = |p: &crate::record::PeriodRow| {
        format!("{} {} {} {} {} {}", p.period, p.commit, p.drawn, p.excused, p.shortfall, p.closed)
    };
    let told: Vec<String> = record.periods.iter().map(row).collect();
    assert_eq!(
        told,
        [
            "0 66800.000000 64800.000000 0.000000 2000.000000 true",
            "0 110000.000000 106370.369488 1777.777763 1851.852749 true",
            "1 110000.000000 81481.480805 0.000000 0.000000 false",
        ]
    );
}

#[test]
fn the_second_route_agrees() {
    let world = world();
    assert_eq!(reconcile(&world, &run(&world)), Ok(()));
}

/// Identities that are red after a mutation.
fn red(mutate: impl FnOnce(&mut RunRecord)) -> BTreeSet<&'static str> {
    let world = world_of(&(TWO_LABS.to_owned() + BLOCK));
    let mut record = run(&world);
    mutate(&mut record);
    let mismatches = reconcile(&world, &record).expect_err("the mutation must be seen");
    mismatches.iter().map(|mismatch| mismatch.identity).collect()
}

/// What the two labs lack: a capacity block, of one chip for a day.
const BLOCK: &str = "[pools.spare.prices.capacity_block]\nusd_per_chip_hour = 0.25\n[pools.spare.blocks.day]\nlab = \"alpha\"\nat = 2026-06-01T11:30:00\nlength = \"1d\"\nnodes = 1\nbooked = 2026-05-20\n";

/// A posting left out, or one micro-dollar off, turns its kind red, and the balance with it.
#[test]
fn every_posting_kind_can_turn_red() {
    for kind in POSTING_KINDS {
        let left_out = red(|record| {
            let first = record.postings.iter().position(|p| p.kind == kind).expect("this world has every kind");
            record.postings.remove(first);
        });
        let altered = red(|record| {
            let first = record.postings.iter_mut().find(|p| p.kind == kind).expect("this world has every kind");
            first.amount += Money(1);
        });
        assert_eq!(left_out, BTreeSet::from([kind.name(), "balance"]));
        assert_eq!(altered, BTreeSet::from([kind.name(), "balance"]));
    }
}

#[test]
fn a_posting_made_twice_or_to_another_party_is_seen() {
    let twice = red(|record| record.postings.push(record.postings[0]));
    assert_eq!(twice, BTreeSet::from(["usage", "balance"]));
    let astray = red(|record| record.postings[0].payee = PartyId::new(4));
    assert_eq!(astray, BTreeSet::from(["usage", "balance"]));
    let kept = red(|record| record.balances[0] += Money(1));
    assert_eq!(kept, BTreeSet::from(["balance"]));
}

/// A meter that counts one chip-hour more disagrees with its integral and with its line; an integral off disagrees with the meter.
#[test]
fn every_meter_and_integral_can_turn_red() {
    for kind in POSTING_KINDS.into_iter().filter(|kind| kind.is_metered()) {
        let identities = red(|record| {
            let row = record.meters.iter_mut().find(|row| row.kind == kind && 0 < row.quantity).expect("metered");
            row.quantity += row.quantity / 100;
        });
        assert!(identities.contains("meter") && identities.contains(kind.name()), "{}: {identities:?}", kind.name());
    }
    let again = red(|record| record.meters[7].from.0 -= 1);
    assert!(again.contains("meter"), "{again:?}");
    assert!(red(|record| record.meters[7].month += 1).contains("meter"));
    assert_eq!(red(|record| record.cells[0][5].billed += 1), BTreeSet::from(["meter"]));
    assert_eq!(red(|record| record.shares[0][0][5].guaranteed += 1), BTreeSet::from(["chips"]));
    assert_eq!(red(|record| record.shares[0][0][5].late += 1), BTreeSet::from(["chips", "meter"]));
    assert_eq!(red(|record| record.shares[0][0][5].blocked += 1), BTreeSet::from(["meter"]));
    assert_eq!(red(|record| record.pools[0][5].energy_mw_us += 1), BTreeSet::from(["chips", "meter"]));
    assert_eq!(red(|record| record.pools[0][5].installed_mw_us += 1), BTreeSet::from(["chips", "meter"]));
}

/// Each column of a period is recomputed; a row too few or too many is seen.
#[test]
fn every_period_column_can_turn_red() {
    let period = BTreeSet::from(["period"]);
    assert_eq!(red(|record| record.periods[1].commit += Money(1)), period);
    assert_eq!(red(|record| record.periods[1].drawn += Money(1)), period);
    assert_eq!(red(|record| record.periods[1].excused += Money(1)), period);
    assert_eq!(red(|record| record.periods[1].shortfall += Money(1)), period);
    assert_eq!(red(|record| record.periods[2].closed = true), period);
    assert_eq!(red(|record| record.periods.truncate(2)), period);
}

/// A price row that moves by one nano-dollar moves the lines under it; a step inside a reading is a mismatch of its own.
#[test]
fn the_price_path_counts() {
    let on_demand = |row: &crate::record::EventRow| {
        row.change.kind == EventKind::Price && (row.change.subject, row.change.object) == (0, 0)
    };
    let price = red(|record| {
        let row = record.events.iter_mut().find(|row| on_demand(row)).expect("a price");
        row.change.value += 1_000_000;
    });
    assert!(price.contains("usage") && price.contains("period"), "{price:?}");
    let late = red(|record| {
        let mut rows = record.events.iter_mut().filter(|row| on_demand(row));
        rows.nth(1).expect("the step of July").at.0 += 1;
    });
    assert!(late.contains("price path"), "{late:?}");
}

#[test]
fn a_mismatch_tells_both_numbers() {
    let world = world();
    let mut record = run(&world);
    record.postings[0].amount += Money(7);
    let told = reconcile(&world, &record).unwrap_err()[0].to_string();
    let want = "usage: month 0, Cell(#0), beta to aws: the second route gives 5952000000 micro-USD, the record holds 5952000007";
    assert!(told.starts_with(want), "{told}");
}

/// A list price that steps on 2026-07-15 inside a month, alpha's contract year that ends on 2027-04-10 inside another.
fn inside_months(sabotage: Sabotage) -> Result<(), Vec<Mismatch>> {
    let text = TWO_LABS
        .replace("at = 2026-07-01, usd_per_chip_hour", "at = 2026-07-15, usd_per_chip_hour")
        .replace("start = 2026-04-01\n", "start = 2026-04-10\n")
        .replace("usd_per_chip_hour = 1.234567891 }", "usd_per_chip_hour = 1.234567891, from = 2026-04-01 }");
    let world = world_of(&(text + BLOCK));
    let record = simulate_sabotaged(&world, Run::default(), sabotage);
    let again =
        record.postings.iter().filter(|posting| posting.month == 15 && posting.kind == PostingKind::Reservation);
    if sabotage == Sabotage::None {
        assert_eq!((again.count(), record.periods.len()), (2, 3), "April 2027 is read twice");
    }
    reconcile(&world, &record)
}

#[test]
fn lines_inside_a_month_agree() {
    assert_eq!(inside_months(Sabotage::None), Ok(()));
}

/// The kernel forgets to post one kind: that kind turns red, and only that kind.
#[test]
fn a_kind_the_kernel_forgets_turns_red() {
    for kind in POSTING_KINDS {
        let mismatches = inside_months(Sabotage::Posting(kind as usize)).expect_err(kind.name());
        let identities: BTreeSet<_> = mismatches.iter().map(|mismatch| mismatch.identity).collect();
        assert_eq!(identities, BTreeSet::from([kind.name()]));
    }
}
