//! Laws on random small worlds. A run that completes has passed its own audits (chips, gang time, Little); here is what they do not see.

use crate::story::{Files, run, world, world_with};
use hedgerow::finance::reconcile::reconcile;
use hedgerow::kernel::simulate;
use hedgerow::record::{JobRow, RunRecord};
use hedgerow::units::SimTime;
use hedgerow::world::World;
use proptest::prelude::*;
use std::fmt::Write as _;

/// A random world: what shapes it, each drawn by proptest.
#[derive(Clone, Debug)]
struct Small {
    /// Pools: (log2 of chips per node up to 8, nodes, delivery on this day, retirement on this day).
    pools: Vec<(u32, u32, Option<u32>, Option<u32>)>,
    /// Workloads: (tenant, pools it may use as a bit mask, mean gang, jobs a day, mean hours, priority, failures 0 off 1 sampled 2 goodput).
    workloads: Vec<(usize, u32, u32, u32, f64, i32, u32)>,
    /// Guarantees: (pool, tenant, chips, from day).
    guarantees: Vec<(usize, usize, u32, u32)>,
    /// Reservations, in the same form.
    reservations: Vec<(usize, usize, u32, u32)>,
    priority: bool,
    skip_ahead: bool,
    best_fit: bool,
    limit: Option<u32>,
    repair: Option<Option<u32>>,
    volume: f64,
    seed: u32,
}

fn small() -> impl Strategy<Value = Small> {
    let day = prop::option::weighted(0.3, 0u32..9);
    let pool = (prop::sample::select(vec![0u32, 2, 3]), 1u32..12, day.clone(), day);
    let workload = (0usize..3, 1u32..8, 1u32..12, 1u32..60, 0.05..8.0f64, 0i32..3, 0u32..3);
    let share = (0usize..3, 0usize..3, 1u32..24, 0u32..9);
    (
        prop::collection::vec(pool, 1..4),
        prop::collection::vec(workload, 1..5),
        prop::collection::vec(share.clone(), 0..3),
        prop::collection::vec(share, 0..2),
        (any::<bool>(), any::<bool>(), any::<bool>()),
        prop::option::weighted(0.2, 0u32..5),
        prop::option::of(prop::option::of(1u32..3)),
        prop::sample::select(vec![1.0, 1.0, 0.6]),
        0u32..1000,
    )
        .prop_map(
            |(
                pools,
                workloads,
                guarantees,
                reservations,
                (priority, skip_ahead, best_fit),
                limit,
                repair,
                volume,
                seed,
            )| Small {
                pools,
                workloads,
                guarantees,
                reservations,
                priority,
                skip_ahead,
                best_fit,
                limit,
                repair,
                volume,
                seed,
            },
        )
}

const LABS: [&str; 3] = ["ada", "bob", "cy"];

impl Small {
    /// As a scenario file: ten days, one domain.
    fn text(&self) -> String {
        let mut out = format!(
            "[scenario]\nname = \"small\"\nstart = 2026-01-27\nend = 2026-02-06\nspin_up = \"12h\"\n[run]\njobs = true\nseed = {}\n[clouds.aws]\ndiscount_rate = 0.09\n\
             [sites.s]\ncloud = \"aws\"\nregion = \"us-east-2\"\npue = 1.1\nmw = [{{ at = 2025-01-01, mw = 100 }}]\npower_usd_per_mwh = 60\nfacility_usd_per_mw_year = 1e5\noperations_usd_per_mw_year = 1e5\n",
            self.seed
        );
        for (n, (log, nodes, delivery, retirement)) in self.pools.iter().enumerate() {
            let per_node = 1 << log;
            let order = if self.priority { "priority" } else { "fifo" };
            let backfill = if self.skip_ahead { "skip_ahead" } else { "strict" };
            let placement = if self.best_fit { "best_fit" } else { "first_fit" };
            let limit = self.limit.map_or(String::new(), |limit| format!(", queue_limit = {limit}"));
            writeln!(out, "[pools.p{n}]\nchips_per_node = {per_node}\nnodes = {nodes}\ndomain = \"d\"\nfailures_per_chip_hour = 2e-3").unwrap();
            writeln!(
                out,
                "schedule = {{ order = \"{order}\", backfill = \"{backfill}\", placement = \"{placement}\"{limit} }}"
            )
            .unwrap();
            if let Some(crews) = self.repair {
                let crews = crews.map_or(String::new(), |crews| format!(", crews = {crews}"));
                writeln!(out, "repair = {{ time = {{ dist = \"exponential\", mean = \"6h\" }}{crews} }}").unwrap();
            }
            if let Some(day) = delivery {
                writeln!(
                    out,
                    "deliveries = [{{ name = \"d\", at = {}, ordered = 2025-06-01, nodes = 2 }}]",
                    date(*day)
                )
                .unwrap();
            }
            // Gangs must fit what stands at the end: one node stays.
            if let Some(day) = retirement.filter(|_| *nodes > 1) {
                writeln!(out, "retirements = [{{ name = \"r\", at = {}, nodes = {} }}]", date(day), (nodes / 2).max(1))
                    .unwrap();
            }
            for (key, shares) in [("guaranteed", &self.guarantees), ("reserved", &self.reservations)] {
                let mine: Vec<_> = shares.iter().filter(|share| share.0 % self.pools.len() == n).collect();
                if let Some((_, tenant, chips, day)) = mine.first() {
                    let most = nodes * per_node;
                    let chips = (chips.min(&(most / 2)) / per_node * per_node).min(most / 2);
                    writeln!(
                        out,
                        "{key} = {{ {} = [{{ name = \"s\", at = {}, chips = {chips} }}] }}",
                        LABS[*tenant],
                        date(*day)
                    )
                    .unwrap();
                }
            }
        }
        for lab in LABS {
            writeln!(out, "[labs.{lab}]\nown = false").unwrap();
        }
        for (n, (tenant, mask, gang, per_day, hours, priority, failures)) in self.workloads.iter().enumerate() {
            let pools: Vec<usize> = (0..self.pools.len()).filter(|p| mask >> p & 1 == 1).collect();
            let pools = if pools.is_empty() { vec![0] } else { pools };
            let smallest =
                pools.iter().map(|p| self.pools[*p].1.div_ceil(2) << self.pools[*p].0).min().expect("not empty");
            let large = (*gang).min(smallest).max(1);
            let names: Vec<String> = pools.iter().map(|p| format!("\"p{p}\"")).collect();
            let failures = ["off", "sampled", "goodput"][*failures as usize];
            writeln!(
                out,
                "[labs.{}.workloads.w{n}]\nkind = \"stream\"\npools = [{}]\nper_day = {per_day}\nvolume = {}\nchips = {{ values = [1, {large}], weights = [1, 1] }}\n\
                 duration = {{ dist = \"lognormal\", mean = \"{hours:.3}h\", scv = 2.0 }}\npriority = {priority}\nfailures = \"{failures}\"\ncheckpoint = {{ interval = \"30min\", cost = \"1min\" }}\nrestart = \"5min\"",
                LABS[*tenant],
                names.join(", "),
                self.volume
            )
            .unwrap();
        }
        // A chip weight may not be listed twice: one size is written once.
        out.replace("chips = { values = [1, 1], weights = [1, 1] }", "chips = 1")
    }
}

/// Day n of the ten as a date.
fn date(day: u32) -> String {
    if day < 5 { format!("2026-01-{:02}", 27 + day) } else { format!("2026-02-{:02}", day - 4) }
}

/// Jobs that ran, as (from, to, chips).
fn stretches(rows: &[JobRow], end: SimTime) -> Vec<(SimTime, SimTime, u64)> {
    rows.iter().filter_map(|row| Some((row.started?, row.finished.unwrap_or(end), u64::from(row.chips)))).collect()
}

/// Most chips ever held on a pool at once, from the rows alone; a job that ends at t has freed its chips for one that starts at t.
fn peak(rows: &[JobRow], end: SimTime) -> u64 {
    let mut steps: Vec<(SimTime, i64)> = Vec::new();
    for (from, to, chips) in stretches(rows, end) {
        steps.extend([(from, chips as i64), (to, -(chips as i64))]);
    }
    steps.sort_unstable();
    let mut level = 0;
    steps
        .iter()
        .map(|step| {
            level += step.1;
            level
        })
        .max()
        .unwrap_or(0) as u64
}

fn no_pool_is_oversubscribed(world: &World, record: &RunRecord) {
    for pool in world.pools.ids() {
        let terms = &world.pools[pool];
        let nodes: u32 =
            terms.initial.iter().map(|v| v.nodes).sum::<u32>() + terms.deliveries.iter().map(|d| d.nodes).sum::<u32>();
        let rows: Vec<JobRow> = record
            .jobs
            .iter()
            .copied()
            .filter(|row| row.cell.is_some_and(|cell| world.cells[cell].pool == pool))
            .collect();
        let (held, installed) = (peak(&rows, world.end), u64::from(nodes) * u64::from(terms.chips_per_node));
        assert!(held <= installed, "pool {}: rows hold {held} of {installed} chips", terms.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the world: the run completes with its audits, twice the same bytes; starts follow submissions, finishes
    /// starts; every unfailed gang that was never down to fewer chips held all of them for its time; without failures
    /// no pool is ever oversubscribed; and the second route finds every dollar.
    #[test]
    fn every_run_keeps_the_laws(small in small()) {
        let world = world(&small.text());
        let record = simulate(&world, run(0, 0));
        prop_assert_eq!(&record, &simulate(&world, run(0, 0)), "the same run twice");
        prop_assert!(reconcile(&world, &record).is_ok());
        for row in &record.jobs {
            prop_assert!(row.started.is_none_or(|start| row.submitted <= start), "{:?}", row);
            prop_assert!(row.finished.is_none_or(|end| row.started.is_some_and(|start| start < end)), "{:?}", row);
        }
        if world.workloads.iter().all(|w| w.failures != hedgerow::world::Failures::Sampled) {
            no_pool_is_oversubscribed(&world, &record);
            // All or nothing: what the cells held is what whole gangs held, from the first chip to the last.
            let rows: u128 = stretches(&record.jobs, world.end).iter()
                .map(|(from, to, chips)| u128::from(to.0.saturating_sub(from.0.max(world.start.0))) * u128::from(*chips)).sum();
            let held: u128 = record.cells.iter().flatten().map(|month| month.allocated).sum();
            prop_assert_eq!(rows, held);
        }
        for totals in &record.workloads {
            prop_assert!(totals.started + totals.refused + totals.unstarted == totals.submitted, "{:?}", totals);
            prop_assert!(totals.finished <= totals.started);
        }
    }

    /// One-chip pools of one tenant, nothing fails: nobody waits while a chip is free. At each start later than its submission
    /// the pool was full until that instant, so between submission and start all chips were held.
    #[test]
    fn work_is_conserved(chips in 1u32..8, skip in any::<bool>(), jobs in prop::collection::vec((0u32..500, 1u32..200), 1..60)) {
        let mut csv = String::from("submit_s,chips,duration_s\n");
        jobs.iter().for_each(|(at, length)| writeln!(csv, "{at},1,{length}").unwrap());
        let backfill = if skip { "skip_ahead" } else { "strict" };
        let text = format!("[scenario]\nname = \"w\"\nstart = 2026-01-01\nend = 2026-01-02\n[run]\njobs = true\n[pools.p]\nchips = {chips}\nschedule = {{ backfill = \"{backfill}\" }}\n[labs.a.workloads.t]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"t.csv\"\n");
        let world = world_with(&text, &Files::from([("t.csv".to_owned(), csv)]));
        let record = simulate(&world, run(0, 0));
        for row in &record.jobs {
            let start = row.started.expect("a day is enough");
            // The pool is full at every start and finish while this one waits; in between nothing changes.
            for at in record.jobs.iter().flat_map(|other| [other.started.unwrap(), other.finished.unwrap()]).filter(|at| row.submitted <= *at && *at < start) {
                let held = record.jobs.iter().filter(|other| other.started.unwrap() <= at && at < other.finished.unwrap()).count();
                prop_assert_eq!(held as u32, chips, "{:?} waits at {} while a chip is free", row, at);
            }
        }
    }

    /// The guarantee law: e = the guarantee, or guarantee x up / (sum of guarantees) when fewer chips are up. A tenant whose demand
    /// of n <= e one-chip tasks stands before anybody else's holds n, whatever the others ask; one whose demand comes later
    /// holds n at once too, for nobody was let onto its chips.
    #[test]
    fn a_guarantee_holds(
        up in 2u32..20,
        wants in prop::collection::vec((0u32..20, 0u32..30, 0u32..100), 3),
        gang in 1u32..6,
        skip in any::<bool>(),
    ) {
        let sum: u32 = wants.iter().map(|w| w.0).sum();
        let e = |n: usize| if sum <= up { wants[n].0 } else { (u64::from(wants[n].0) * u64::from(up) / u64::from(sum)) as u32 };
        let backfill = if skip { "skip_ahead" } else { "strict" };
        let mut text = format!("[scenario]\nname = \"g\"\nstart = 2026-01-01\nend = 2026-01-02\n[run]\njobs = true\n[pools.p]\nchips = {up}\nschedule = {{ backfill = \"{backfill}\" }}\n");
        if up < sum {
            // More is promised than stands; the rest comes after everything that is asked here.
            writeln!(text, "deliveries = [{{ name = \"late\", at = 2026-01-01T23:59:00, ordered = 2025-06-01, nodes = {} }}]", sum - up).unwrap();
        }
        text.push_str("[pools.p.guaranteed]\n");
        let mut files = Files::new();
        let mut labs = String::new();
        for (n, (guaranteed, demand, at)) in wants.iter().enumerate() {
            writeln!(text, "{} = [{{ name = \"g\", at = 2026-01-01, chips = {guaranteed} }}]", LABS[n]).unwrap();
            let mut csv = String::from("submit_s,chips,duration_s\n");
            // The last tenant asks in gangs, to be in the way of the others.
            let chips = if n == 2 { gang.min(up) } else { 1 };
            (0..*demand).for_each(|_| writeln!(csv, "{at},{chips},80000").unwrap());
            files.insert(format!("{}.csv", LABS[n]), csv);
            writeln!(labs, "[labs.{0}.workloads.t]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"{0}.csv\"", LABS[n]).unwrap();
        }
        let world = world_with(&(text + &labs), &files);
        let record = simulate(&world, run(0, 0));
        for (n, (_, demand, at)) in wants.iter().enumerate().take(2) {
            let at = crate::story::at(&world, f64::from(*at));
            let held = record.jobs.iter().filter(|row| row.workload.index() == n && row.started == Some(at)).count() as u32;
            prop_assert!(e(n).min(*demand) <= held, "{} demands {demand}, is entitled to {} of {up} and holds {held}", LABS[n], e(n));
        }
    }
}
