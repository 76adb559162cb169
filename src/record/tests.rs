//! Records travel through bytes without loss and merge in any grouping; damaged bytes are errors.

use super::*;
use crate::stats::histogram::Histogram;
use crate::units::{Id, Money, Rate, SimTime};
use crate::world::{Change, EventKind, PriceKind};
use proptest::collection::vec;
use proptest::prelude::*;

/// Numbers where errors live: small ones, and all sizes up to the last bit.
fn wide() -> impl Strategy<Value = u128> {
    prop_oneof![
        0..200u128,
        any::<u64>().prop_map(u128::from),
        any::<u128>(),
        Just(u128::MAX),
        Just(1 << 127),
        Just((1 << 127) - 1)
    ]
}

/// As `wide`, small enough that three add up.
fn addable() -> impl Strategy<Value = u128> {
    wide().prop_map(|value| value >> 2)
}

fn signed() -> impl Strategy<Value = i128> {
    wide().prop_map(|value| value as i128)
}

fn time() -> impl Strategy<Value = SimTime> {
    prop_oneof![0..50u64, 0..(1u64 << 52), Just(u64::MAX)].prop_map(SimTime)
}

fn sku() -> impl Strategy<Value = Sku> {
    (0..7, prop_oneof![0..3u32, any::<u32>()], prop_oneof![0..3u32, any::<u32>()]).prop_map(|(choice, a, b)| {
        let n = a as usize;
        match choice {
            0 => Sku::Cell(Id::new(n)),
            1 => Sku::Pool(Id::new(n)),
            2 => Sku::Share(Id::new(n), Id::new(b as usize)),
            3 => Sku::Delivery(Id::new(n), b),
            4 => Sku::Period(Id::new(n), b),
            5 => Sku::Tranche(Id::new(n), b),
            _ => Sku::Block(Id::new(n), b),
        }
    })
}

fn kind() -> impl Strategy<Value = PostingKind> {
    (0..POSTING_KINDS.len()).prop_map(|at| POSTING_KINDS[at])
}

fn price_kind() -> impl Strategy<Value = Option<PriceKind>> {
    prop_oneof![
        Just(None),
        Just(Some(PriceKind::OnDemand)),
        Just(Some(PriceKind::Committed)),
        Just(Some(PriceKind::CapacityBlock)),
        Just(Some(PriceKind::Contract)),
        Just(Some(PriceKind::Free)),
        Just(Some(PriceKind::Spot)),
    ]
}

fn event_kind() -> impl Strategy<Value = EventKind> {
    use EventKind::*;
    let all = [
        Delivery,
        Retirement,
        DeliveryCancelled,
        Price,
        ContractPrice,
        PowerPrice,
        FacilityRate,
        OperationsRate,
        ChipCost,
        Guaranteed,
        Reserved,
        SiteMw,
        Volume,
        ContractStart,
        ContractEnd,
        Decide,
        Marker,
        Borrowable,
        SpotChips,
        BlockChips,
        BlockBought,
    ];
    (0..all.len()).prop_map(move |at| all[at])
}

fn pool_month() -> impl Strategy<Value = PoolMonth> {
    proptest::array::uniform12(addable()).prop_map(
        |[
            installed,
            up,
            down,
            gangs,
            ready,
            starting,
            at_work,
            reserved,
            idle,
            fragmented,
            energy_mw_us,
            installed_mw_us,
        ]| PoolMonth {
            installed,
            up,
            down,
            gangs,
            ready,
            starting,
            at_work,
            reserved,
            idle,
            fragmented,
            energy_mw_us,
            installed_mw_us,
        },
    )
}

fn service_month() -> impl Strategy<Value = ServiceMonth> {
    proptest::array::uniform16(addable()).prop_map(|counts| {
        let mut month = ServiceMonth::default();
        month.all().into_iter().zip(counts).for_each(|(field, count)| *field = count);
        month
    })
}

fn ticks() -> impl Strategy<Value = (Vec<ServiceTickRow>, Vec<PoolTickRow>)> {
    let service = (0..3usize, time(), service_month(), 0..4u32);
    let pool = (0..3usize, time(), proptest::array::uniform6(addable()), 0..4u32);
    (
        vec(service.prop_map(|(of, at, did, run)| ServiceTickRow { service: Id::new(of), at, did, run }), 0..4),
        vec(pool.prop_map(|(of, at, chips, run)| PoolTickRow { pool: Id::new(of), at, chips, run }), 0..4),
    )
}

fn cell_month() -> impl Strategy<Value = CellMonth> {
    proptest::array::uniform11(addable()).prop_map(
        |[allocated, billed, covered, productive, checkpoint, lost, restart, yielding, ready, starting, at_work]| {
            CellMonth {
                allocated,
                billed,
                covered,
                productive,
                checkpoint,
                lost,
                restart,
                yielding,
                ready,
                starting,
                at_work,
            }
        },
    )
}

fn share_month() -> impl Strategy<Value = ShareMonth> {
    (proptest::array::uniform9(addable()), proptest::array::uniform5(addable())).prop_map(|(shares, blocks)| {
        let [guaranteed, offered, late, blocked, unused, reserved, reserved_offered, reserved_late, reserved_blocked] =
            shares;
        let [block, block_offered, block_late, block_blocked, block_unused] = blocks;
        ShareMonth {
            guaranteed,
            offered,
            late,
            blocked,
            unused,
            reserved,
            reserved_offered,
            reserved_late,
            reserved_blocked,
            block,
            block_offered,
            block_late,
            block_blocked,
            block_unused,
        }
    })
}

fn histogram() -> impl Strategy<Value = Histogram> {
    vec((any::<u64>(), 0..64u32, 1..1u64 << 60), 0..6).prop_map(|values| {
        let mut histogram = Histogram::new();
        values.into_iter().for_each(|(value, shift, times)| histogram.record_many(value >> shift, times >> shift));
        histogram
    })
}

fn totals() -> impl Strategy<Value = WorkloadTotals> {
    let counts = proptest::array::uniform19(any::<u64>().prop_map(|count| count >> 2));
    let times = (proptest::option::of(time()), proptest::option::of(time()));
    (counts, proptest::array::uniform6(addable()), histogram(), histogram(), times).prop_map(
        |(counts, sums, waits, jcts, times)| {
            let [
                submitted,
                started,
                finished,
                refused,
                unstarted,
                unfinished,
                waited,
                thinned,
                left,
                failures,
                outages,
                preemptions,
                reclaims,
                resizes,
                on_time,
                late,
                overflowed,
                killed,
                expected_failures_e6,
            ] = counts;
            let [wait_us, jct_us, in_system_us, sojourn_us, unstarted_us, unfinished_us] = sums;
            WorkloadTotals {
                submitted,
                started,
                finished,
                refused,
                unstarted,
                unfinished,
                waited,
                thinned,
                left,
                failures,
                outages,
                preemptions,
                reclaims,
                resizes,
                on_time,
                late,
                overflowed,
                killed,
                expected_failures_e6,
                wait_us,
                unstarted_us,
                waits,
                jct_us,
                unfinished_us,
                jcts,
                first_submit: times.0,
                last_finish: times.1,
                in_system_us,
                sojourn_us,
            }
        },
    )
}

prop_compose! {
    fn posting()(at in time(), month in any::<u16>(), parties in (0..3usize, 0..3usize), kind in kind(), sku in sku(),
                 price_kind in price_kind(), segment in any::<u16>(), quantity in signed(), rate in any::<i64>(),
                 amount in signed(), flags in (any::<bool>(), 0..4u32)) -> Posting {
        Posting { at, month, payer: Id::new(parties.0), payee: Id::new(parties.1), kind, sku, price_kind, segment, quantity,
                  rate: Rate(rate), amount: Money(amount), internal: flags.0, run: flags.1 }
    }
}

prop_compose! {
    fn meter()(kind in kind(), sku in sku(), month in 0..4u16, segment in any::<u16>(), from in time(), to in time(),
               quantity in wide(), undelivered in wide(), blocked in wide(), run in 0..4u32) -> MeterRow {
        MeterRow { kind, sku, month, segment, from, to, quantity, undelivered, blocked, run }
    }
}

prop_compose! {
    fn period()(contract in 0..3usize, period in any::<u32>(), at in time(), amounts in proptest::array::uniform5(signed()),
                closed in any::<bool>(), run in 0..4u32) -> PeriodRow {
        let [commit, drawn, excused, blocked, shortfall] = amounts.map(Money);
        PeriodRow { contract: Id::new(contract), period, at, commit, drawn, excused, blocked, shortfall, closed, run }
    }
}

prop_compose! {
    fn event()(at in time(), class in any::<u8>(), kind in event_kind(), subject in any::<u32>(), object in any::<u32>(),
               value in any::<i64>(), run in 0..4u32) -> EventRow {
        EventRow { at, class, change: Change { kind, subject, object, value }, run }
    }
}

prop_compose! {
    fn interruption()(count in 0..1u64 << 60, expected_e6 in 0..1u64 << 60, lost in addable(), restart in addable()) -> InterruptionTotals {
        InterruptionTotals { count, expected_e6, lost, restart }
    }
}

prop_compose! {
    fn campaign()(workload in 0..3usize, number in any::<i64>(), submitted in time(), started in proptest::option::of(time()),
                  finished in proptest::option::of(time()), planned_finish in time(), failures in any::<u32>(), run in 0..4u32)
                  -> CampaignRow {
        CampaignRow { workload: Id::new(workload), number, submitted, started, finished, planned_finish, failures, run }
    }
}

prop_compose! {
    fn job()(workload in 0..3usize, item in any::<i64>(), submitted in time(), started in proptest::option::of(time()),
             finished in proptest::option::of(time()), chips in any::<u32>(), cell in proptest::option::of(any::<u32>()),
             failures in any::<u32>(), preemptions in any::<u32>(), run in 0..4u32) -> JobRow {
        let cell = cell.map(|cell| Id::new(cell as usize));
        JobRow { workload: Id::new(workload), item, submitted, started, finished, chips, cell, failures, preemptions, run }
    }
}

/// Records of one shape, so that they merge: 2 pools, 2 cells, 3 months, 2 tenants of which one has no share.
fn record() -> impl Strategy<Value = RunRecord> {
    let keys = vec((any::<u32>(), any::<u32>(), vec(any::<i32>().prop_map(f64::from), 0..3)), 1..3);
    let rows = (
        vec(campaign(), 0..4),
        vec(posting(), 0..12),
        vec(meter(), 0..12),
        vec(period(), 0..4),
        vec(event(), 0..6),
        vec(job(), 0..5),
        ticks(),
    );
    let tables = (
        vec(vec(pool_month(), 3), 2),
        vec(vec(cell_month(), 3), 2),
        vec(vec(share_month(), 3), 2),
        vec((totals(), vec(interruption(), 3)), 2),
        vec(signed().prop_map(|value| Money(value >> 3)), 3),
        vec(vec(service_month(), 3), 2),
    );
    (keys, tables, rows, 0..1u64 << 60).prop_map(
        |(keys, (pools, cells, shares, workloads, balances, services), rows, events_handled)| {
            let (workloads, interruptions) = workloads.into_iter().unzip();
            let (campaigns, postings, meters, periods, events, jobs, (service_ticks, pool_ticks)) = rows;
            RunRecord {
                keys: keys
                    .iter()
                    .map(|(draw, replication, _)| RunKey { draw: *draw, replication: *replication })
                    .collect(),
                drawn: keys.into_iter().map(|(_, _, drawn)| drawn).collect(),
                pools,
                cells,
                shares: shares.into_iter().map(|months| vec![Vec::new(), months]).collect(),
                services,
                service_ticks,
                pool_ticks,
                workloads,
                interruptions,
                campaigns,
                postings,
                meters,
                periods,
                balances,
                events,
                jobs,
                events_handled,
            }
        },
    )
}

fn merged(a: &RunRecord, b: &RunRecord) -> RunRecord {
    let mut sum = a.clone();
    sum.merge(b);
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn bytes_lose_nothing(record in record()) {
        let bytes = record.to_bytes();
        let back = RunRecord::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&back, &record);
        prop_assert_eq!(back.to_bytes(), bytes);
    }

    /// (a + b) + c = a + (b + c), rows and bytes included.
    #[test]
    fn merging_is_associative_to_the_bit(a in record(), b in record(), c in record()) {
        let left = merged(&merged(&a, &b), &c);
        let right = merged(&a, &merged(&b, &c));
        prop_assert_eq!(&left, &right);
        prop_assert_eq!(left.to_bytes(), right.to_bytes());
        prop_assert_eq!(left.hash(), right.hash());
        let nothing = RunRecord::default();
        prop_assert_eq!(&merged(&nothing, &a), &a);
        prop_assert_eq!(&merged(&a, &nothing), &a);
    }

    /// Any cut and any changed byte is an error.
    #[test]
    fn damage_is_an_error(record in record(), at in any::<prop::sample::Index>(), change in 1..=255u8) {
        let mut bytes = record.to_bytes();
        prop_assert!(RunRecord::from_bytes(&bytes[..at.index(bytes.len())]).is_err());
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert!(RunRecord::from_bytes(&bytes).is_err());
        bytes[at] ^= change;
        bytes.push(change);
        prop_assert!(RunRecord::from_bytes(&bytes).is_err());
    }

    /// Bytes whose checksum is right and whose content is junk: an error or a record, never a panic.
    #[test]
    fn junk_behind_a_right_checksum_does_not_panic(record in record(), junk in vec((any::<prop::sample::Index>(), any::<u8>()), 0..8)) {
        let mut plain = super::bytes::plain(&record);
        for (at, byte) in junk {
            let at = at.index(plain.len());
            plain[at] = byte;
        }
        let _ = RunRecord::from_bytes(&super::bytes::seal(&plain));
    }
}

/// Not-a-numbers and negative zeros keep their bits, which `==` would not see.
#[test]
fn drawn_values_keep_their_bits() {
    let values = [f64::NAN, -0.0, f64::from_bits(0x7ff0_0000_0000_0001), f64::INFINITY, f64::MIN_POSITIVE / 2.0];
    let record = RunRecord { drawn: vec![values.to_vec()], keys: vec![RunKey::default()], ..RunRecord::default() };
    let back = RunRecord::from_bytes(&record.to_bytes()).unwrap();
    let bits = |record: &RunRecord| record.drawn[0].iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&back), bits(&record));
}

/// Errors say what is wrong; a table that promises 2^60 rows is refused before memory is asked for.
#[test]
fn errors_say_what_is_wrong() {
    assert_eq!(RunRecord::from_bytes(b"draw,replication"), Err(BytesError::NotARecord));
    let mut bytes = RunRecord::default().to_bytes();
    bytes[4] = SCHEMA + 1;
    let told = RunRecord::from_bytes(&bytes).unwrap_err();
    assert!(told.to_string().contains("run the study again"), "{told}");
    let promise = super::bytes::seal(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]);
    assert_eq!(RunRecord::from_bytes(&promise), Err(BytesError::Damaged("more rows than bytes")));
}

#[test]
#[should_panic(expected = "merging records of 1 and of 2 pools")]
fn other_shapes_do_not_merge() {
    let of = |pools| RunRecord { pools: vec![vec![]; pools], ..RunRecord::default() };
    let mut one = of(1);
    one.merge(&of(2));
}

/// One month at the largest integer in each field: sums that do not fit panic with the numbers, bytes hold them.
#[test]
fn the_largest_integers_travel() {
    let most = u128::MAX;
    let pools = vec![vec![
        PoolMonth {
            installed: most,
            up: 1,
            down: most,
            gangs: most,
            ready: most,
            starting: 0,
            at_work: most,
            reserved: most,
            idle: most,
            fragmented: 0,
            energy_mw_us: most,
            installed_mw_us: most
        };
        4
    ]];
    let record = RunRecord { pools, ..RunRecord::default() };
    assert_eq!(RunRecord::from_bytes(&record.to_bytes()).unwrap(), record);
}
