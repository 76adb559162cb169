//! Laws on random small worlds. A run that completes has passed its own audits (chips, gang time, Little); here is what they do not see.

use crate::story::{Files, run, world, world_with};
use hedgerow::finance::reconcile::reconcile;
use hedgerow::finance::{book, margin};
use hedgerow::kernel::simulate;
use hedgerow::policy::matrix::{self, Part};
use hedgerow::record::{JobRow, POSTING_KINDS, RunRecord};
use hedgerow::units::SimTime;
use hedgerow::world::{EventKind, Interruption, InterruptionId, PoolId, PriceKind, Rules, Workload, World, refused};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A random world: what shapes it, each drawn by proptest.
#[derive(Clone, Debug)]
struct Small {
    pools: Vec<SmallPool>,
    /// Workloads: (tenant, pools it may use as a bit mask, mean gang, jobs a day, mean hours, priority, failures 0 off 1 sampled 2 goodput).
    workloads: Vec<(usize, u32, u32, u32, f64, i32, u32)>,
    /// Guarantees: (pool, tenant, chips, from day, chips from two days later).
    guarantees: Vec<(usize, usize, u32, u32, u32)>,
    /// Reservations, in the same form.
    reservations: Vec<(usize, usize, u32, u32, u32)>,
    /// By lab: (first day of the contract, years, USD committed).
    contracts: Vec<(&'static str, u32, u32)>,
    /// Whether the first strategy is without the bet on `cy`, and the day it decides.
    without: bool,
    decide: u32,
    /// Day of the price step.
    step: u32,
    pays_contract: bool,
    priority: bool,
    skip_ahead: bool,
    best_fit: bool,
    limit: Option<u32>,
    repair: Option<Option<u32>>,
    faults: Faults,
    volume: f64,
    /// Gangs of jobs whose failures are not in closed form change their size.
    elastic: bool,
    seed: u32,
    /// Spot on every pool: reclaims per 1,000 node-hours, the days of its first chips and of their end; None: there is none.
    spot: Option<(u32, u32, u32)>,
    /// Blocks: (pool, lab, first day, days, nodes, by the published rules).
    blocks: Vec<(usize, usize, u32, u32, u32, bool)>,
    /// By workload: which kinds it accepts, where its lab has them.
    kinds: Vec<u32>,
    /// Jobs that waited so many hours may go anywhere at on-demand prices.
    overflow: Option<u32>,
}

/// What fails beside single nodes.
#[derive(Clone, Debug)]
struct Faults {
    /// Causes: none told apart, rates, or shares; two of three take a rack or the job alone.
    causes: u32,
    /// Nodes in a rack, for those, for racks by chance and for one on a date.
    rack_nodes: u32,
    each_rack: bool,
    rack_day: Option<u32>,
    region_day: Option<u32>,
    /// Minutes until a spare comes, where one node of a pool stands by.
    spares: Option<u32>,
}

fn faults() -> impl Strategy<Value = Faults> {
    let day = || prop::option::weighted(0.3, 0u32..9);
    let spares = prop::option::weighted(0.4, prop::sample::select(vec![0u32, 30]));
    (0u32..4, 1u32..4, any::<bool>(), day(), day(), spares).prop_map(
        |(causes, rack_nodes, each_rack, rack_day, region_day, spares)| Faults {
            causes,
            rack_nodes,
            each_rack,
            rack_day,
            region_day,
            spares,
        },
    )
}

/// A pool of one to twelve nodes.
#[derive(Clone, Debug)]
struct SmallPool {
    per_node: u32,
    nodes: u32,
    /// Delivery on this day, tagged for the bet or not.
    delivery: Option<(u32, bool)>,
    retirement: Option<u32>,
    slip_days: u32,
}

fn small_pool() -> impl Strategy<Value = SmallPool> {
    let day = prop::option::weighted(0.3, 0u32..9);
    let delivery = prop::option::weighted(0.5, (0u32..9, any::<bool>()));
    (prop::sample::select(vec![1u32, 6, 8]), 1u32..12, delivery, day, prop::sample::select(vec![0u32, 2])).prop_map(
        |(per_node, nodes, delivery, retirement, slip_days)| SmallPool {
            per_node,
            nodes,
            delivery,
            retirement,
            slip_days,
        },
    )
}

fn small() -> impl Strategy<Value = Small> {
    let workload = (0usize..3, 1u32..8, 1u32..12, 1u32..60, 0.05..8.0f64, 0i32..3, 0u32..3);
    let share = (0usize..3, 0usize..3, 1u32..24, 0u32..7, 0u32..24);
    let signed = prop::sample::select(vec!["2025-01-31", "2025-03-10", "2026-01-27", "2026-01-30"]);
    let tables = (
        prop::collection::vec(small_pool(), 1..4),
        prop::collection::vec(workload, 1..5),
        prop::collection::vec(share.clone(), 0..3),
        prop::collection::vec(share, 0..2),
        prop::collection::vec((signed, 1u32..3, 1_000u32..200_000), 3),
    );
    let schedule = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        prop::option::weighted(0.2, 0u32..5),
        prop::option::of(prop::option::of(1u32..3)),
    );
    let dates = (any::<bool>(), 1u32..9, 0u32..9, any::<bool>(), prop::bool::weighted(0.3));
    let block = (0usize..3, 0usize..3, 0u32..9, 1u32..4, 1u32..6, any::<bool>());
    let market = (
        prop::option::weighted(0.6, (0u32..30, 0u32..6, 2u32..10)),
        prop::collection::vec(block, 0..3),
        prop::collection::vec(0u32..6, 5),
        prop::option::weighted(0.3, 0u32..12),
    );
    (tables, schedule, dates, faults(), prop::sample::select(vec![1.0, 1.0, 0.6]), 0u32..1000, market).prop_map(
        |(tables, schedule, dates, faults, volume, seed, market)| {
            let (spot, blocks, kinds, overflow) = market;
            let (pools, workloads, guarantees, reservations, contracts) = tables;
            let (priority, skip_ahead, best_fit, limit, repair) = schedule;
            let (without, decide, step, pays_contract, elastic) = dates;
            Small {
                pools,
                workloads,
                guarantees,
                reservations,
                contracts,
                without,
                decide,
                step,
                pays_contract,
                priority,
                skip_ahead,
                best_fit,
                limit,
                repair,
                faults,
                volume,
                elastic,
                seed,
                spot,
                blocks,
                kinds,
                overflow,
            }
        },
    )
}

const LABS: [&str; 3] = ["ada", "bob", "cy"];

impl Small {
    /// As a scenario file: ten days, one domain, one site; every lab under a contract that begins, or ends, before, at or inside the ten days.
    fn text(&self) -> String {
        let mut out = format!(
            "[scenario]\nname = \"small\"\nstart = 2026-01-27\nend = 2026-02-06\ndecide_at = {}\nspin_up = \"12h\"\n[run]\njobs = true\nseed = {}\n[clouds.aws]\ndiscount_rate = 0.09\n\
             [sites.s]\ncloud = \"aws\"\nregion = \"us-east-2\"\npue = 1.1\nmw = [{{ at = 2025-01-01, mw = 100 }}]\npower_usd_per_mwh = 60\nfacility_usd_per_mw_year = 1e5\noperations_usd_per_mw_year = 1e5\nescalator_per_year = 0.02\n",
            date(self.decide),
            self.seed
        );
        if let Some(day) = self.faults.region_day {
            let at = date(day);
            writeln!(out, "[regions.us-east-2.outages.quake]\nat = {at}T05:00:00\nduration = \"90min\"").unwrap();
        }
        for (n, pool) in self.pools.iter().enumerate() {
            self.pool(&mut out, n, pool);
        }
        out.push_str(&blocks_text(self));
        for (lab, (start, years, usd)) in LABS.iter().zip(&self.contracts) {
            writeln!(
                out,
                "[labs.{lab}]\nown = false\n[contracts.{lab}]\nbetween = [\"{lab}\", \"aws\"]\nstart = {start}\ncommit = {{ usd = {usd}, years = {years} }}\n\
                 price = {{ ratio_to = \"on_demand\", ratio = 0.41, from = 2025-01-01, until = 2030-01-01 }}"
            )
            .unwrap();
        }
        for (n, (tenant, mask, gang, per_day, hours, priority, failures)) in self.workloads.iter().enumerate() {
            let pools: Vec<usize> = (0..self.pools.len()).filter(|p| mask >> p & 1 == 1).collect();
            let pools = if pools.is_empty() { vec![0] } else { pools };
            let smallest = pools.iter().map(|p| self.pools[*p].nodes.div_ceil(2) * self.pools[*p].per_node).min();
            let large = (*gang).min(smallest.expect("not empty")).max(1);
            let names: Vec<String> = pools.iter().map(|p| format!("\"p{p}\"")).collect();
            let failures = ["off", "sampled", "goodput"][*failures as usize];
            let least = large.div_ceil(3);
            let chips = if self.elastic && failures != "goodput" {
                format!(
                    "{{ min = {least}, max = {large}, step = 1, scaling = {{ power = 0.8 }}, resize_cost = \"6min\" }}"
                )
            } else {
                format!("{{ values = [1, {large}], weights = [1, 1] }}")
            };
            let price = self.kinds_of(n, *tenant, &pools);
            writeln!(
                out,
                "[labs.{}.workloads.w{n}]\nkind = \"stream\"\n{price}\npools = [{}]\nper_day = {per_day}\nvolume = {}\nchips = {chips}\n\
                 duration = {{ dist = \"lognormal\", mean = \"{hours:.3}h\", scv = 2.0 }}\npriority = {priority}\nfailures = \"{failures}\"\ncheckpoint = {{ interval = \"30min\", cost = \"1min\" }}\nrestart = \"5min\"",
                LABS[*tenant],
                names.join(", "),
                self.volume
            )
            .unwrap();
        }
        writeln!(
            out,
            "[investments.cy]\ntranches = [{{ name = \"first\", at = 2026-01-28, usd = 1e4 }}, {{ name = \"second\", at = 2026-02-05, usd = 1e4 }}]\n\
             [bets.c]\nhost = [\"contracts.cy\"]\ninvest = [\"investments.cy\"]"
        )
        .unwrap();
        out.push_str(if self.without {
            "[strategies.without]\nwithout = [\"c\"]\n[strategies.all]\n"
        } else {
            "[strategies.all]\n[strategies.without]\nwithout = [\"c\"]\n"
        });
        // A chip weight may not be listed twice: one size is written once.
        out.replace("chips = { values = [1, 1], weights = [1, 1] }", "chips = 1")
    }

    /// Blocks of a pool: in all at most half its nodes, of labs in order.
    fn blocks_of(&self, n: usize) -> impl Iterator<Item = (usize, &'static str, u32, u32, u32, bool)> {
        let half = self.pools[n].nodes / 2;
        let reserved = self.reservations.iter().any(|share| share.0 % self.pools.len() == n);
        let mine =
            self.blocks.iter().enumerate().filter(move |(_, block)| block.0 % self.pools.len() == n && !reserved);
        let first = mine.filter(move |_| half > 0).take(1);
        first.map(move |(at, (_, lab, day, days, nodes, ruled))| {
            (at, LABS[*lab], *day, *days, *nodes.min(&half), *ruled)
        })
    }

    /// `price` or `price_kinds` of a workload.
    fn kinds_of(&self, n: usize, tenant: usize, pools: &[usize]) -> String {
        let price = if self.pays_contract { "contract" } else { "on_demand" };
        let in_block = pools.iter().any(|pool| self.blocks_of(*pool).any(|block| block.1 == LABS[tenant]));
        // A kind must have a price on every pool.
        let kinds = match (self.kinds[n], self.spot.is_some(), in_block) {
            (0 | 1, true, _) => format!("\"spot\", \"{price}\""),
            (2, true, _) => "\"spot\"".into(),
            (3, _, true) => format!("\"capacity_block\", \"{price}\""),
            (4, true, true) => format!("\"{price}\", \"capacity_block\", \"spot\""),
            (5, _, true) => "\"capacity_block\"".into(),
            _ => return format!("price = \"{price}\""),
        };
        format!("price_kinds = [{kinds}]\nmax_spot_ratio = 0.{}", 3 + n)
    }

    fn pool(&self, out: &mut String, n: usize, pool: &SmallPool) {
        let SmallPool { per_node, nodes, delivery, retirement, slip_days } = pool;
        let instance = match per_node {
            1 => "inf2.xlarge",
            6 => "inf2.24xlarge",
            _ => "p5en.48xlarge",
        };
        let order = if self.priority { "priority" } else { "fifo" };
        let backfill = if self.skip_ahead { "skip_ahead" } else { "strict" };
        let placement = if self.best_fit { "best_fit" } else { "first_fit" };
        let limit = self.limit.map_or(String::new(), |limit| format!(", queue_limit = {limit}"));
        let overflow = self
            .overflow
            .map_or(String::new(), |hours| format!(", overflow = {{ after = \"{hours}h\", price = \"on_demand\" }}"));
        let limit = limit + &overflow;
        writeln!(
            out,
            "[pools.p{n}]\nsite = \"s\"\ninstance = \"{instance}\"\nnodes = {nodes}\ndomain = \"d\"\nreserved_busy = 0.7\nslip = \"{slip_days}d\"\n\
             prices.on_demand = {{ usd_per_chip_hour = 5.37, steps = [{{ name = \"q\", at = {}T07:00:00, times = 0.7 }}] }}\n\
             schedule = {{ order = \"{order}\", backfill = \"{backfill}\", placement = \"{placement}\"{limit} }}",
            date(self.step)
        )
        .unwrap();
        self.failing(out, *nodes);
        if let Some(crews) = self.repair {
            let crews = crews.map_or(String::new(), |crews| format!(", crews = {crews}"));
            writeln!(out, "repair = {{ time = {{ dist = \"exponential\", mean = \"6h\" }}{crews} }}").unwrap();
        }
        if let Some((day, tagged)) = delivery {
            let bet = if *tagged { ", cancel_fee = 0.1, for_bet = \"c\"" } else { "" };
            let ordered = if *day < 3 { "2025-06-01" } else { "2026-01-28" };
            let at = date(*day);
            writeln!(out, "deliveries = [{{ name = \"d\", at = {at}, ordered = {ordered}, nodes = 2{bet} }}]").unwrap();
        }
        // Gangs must fit what stands at the end: one node stays.
        if let Some(day) = retirement.filter(|_| *nodes > 1) {
            writeln!(out, "retirements = [{{ name = \"r\", at = {}, nodes = {} }}]", date(day), (nodes / 2).max(1))
                .unwrap();
        }
        out.push_str("prices.capacity_block.usd_per_chip_hour = 3.21\n");
        if let Some((reclaims, from, to)) = self.spot {
            writeln!(
                out,
                "prices.spot = {{ mean_ratio = 0.35, sd_ratio = 0.1, relaxation = \"1d\", step = \"7h\", reclaims_per_node_hour = {:.3}, notice = \"2min\", chips = [{{ at = {}, chips = {} }}, {{ at = {}T05:00:00, chips = {per_node} }}] }}",
                f64::from(reclaims) / 1e3,
                date(from),
                nodes * per_node,
                date((from + to).min(9))
            )
            .unwrap();
        }
        for (key, shares) in [("guaranteed", &self.guarantees), ("reserved", &self.reservations)] {
            let Some((_, tenant, chips, day, later)) = shares.iter().find(|share| share.0 % self.pools.len() == n)
            else {
                continue;
            };
            let most = nodes * per_node / 2;
            let whole = |chips: &u32| chips.min(&most) / per_node * per_node;
            writeln!(
                out,
                "{key} = {{ {} = [{{ name = \"s\", at = {}, chips = {} }}, {{ name = \"t\", at = {}, chips = {} }}] }}",
                LABS[*tenant],
                date(*day),
                whole(chips),
                date(*day + 2),
                whole(later)
            )
            .unwrap();
        }
    }
}

impl Small {
    /// What fails in a pool.
    fn failing(&self, out: &mut String, nodes: u32) {
        let Faults { causes, rack_nodes, each_rack, rack_day, spares, .. } = &self.faults;
        let repair = "repair = { dist = \"exponential\", mean = \"3h\" }";
        let stated = |key: &str, scale: f64| {
            format!(
                "causes.bug = {{ {key} = {}, takes = \"job\" }}\ncauses.gpu = {{ {key} = {} }}\ncauses.power = {{ {key} = {}, takes = \"rack\", {repair} }}\n",
                0.25 * scale,
                0.5 * scale,
                0.25 * scale
            )
        };
        match causes {
            0 | 1 => out.push_str("failures_per_chip_hour = 2e-3\n"),
            2 => out.push_str(&stated("per_chip_hour", 2e-3)),
            _ => write!(out, "failures_per_chip_hour = 2e-3\n{}", stated("share", 1.0)).unwrap(),
        }
        writeln!(out, "rack_nodes = {rack_nodes}").unwrap();
        if *each_rack {
            out.push_str("outages.each = { per_year = 60, duration = \"2h\", each_rack = true }\n");
        }
        if let Some(day) = rack_day {
            writeln!(out, "outages.first = {{ at = {}T09:00:00, duration = \"4h\", rack = 0 }}", date(*day)).unwrap();
        }
        if let Some(after) = spares.filter(|_| 4 <= nodes) {
            writeln!(out, "spares = {{ nodes = 1, after = \"{after}min\" }}").unwrap();
        }
    }
}

/// Blocks of all pools, behind the pools' own keys.
fn blocks_text(small: &Small) -> String {
    let mut out = String::new();
    for n in 0..small.pools.len() {
        for (at, lab, day, days, nodes, ruled) in small.blocks_of(n) {
            let terms = if ruled {
                format!("at = {}T11:30:00\nlength = \"{days}d\"", date(day))
            } else {
                format!(
                    "at = {}\nlength = \"{}h\"\nterms = \"free\"\nstopped_before = \"1h\"\nwarning = \"90s\"",
                    date(day),
                    9 * days
                )
            };
            let booked = if day < 2 { "2026-01-20" } else { "2026-01-28" };
            writeln!(out, "[pools.p{n}.blocks.b{at}]\nlab = \"{lab}\"\nnodes = {nodes}\nbooked = {booked}\n{terms}")
                .unwrap();
        }
    }
    out
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

/// What the random worlds must have had among them: otherwise a law about it says nothing.
#[derive(Default)]
struct Seen {
    kinds: BTreeSet<&'static str>,
    parts: BTreeSet<&'static str>,
}

impl Seen {
    fn note(&mut self, record: &RunRecord) {
        self.kinds.extend(record.postings.iter().filter(|p| p.amount.0 > 0).map(|p| p.kind.name()));
        let shares = || record.shares.iter().flatten().flatten();
        let reason = |is: InterruptionId| record.interruptions.iter().any(|rows| rows[is.index()].lost > 0);
        let rows = |kind: EventKind| record.events.iter().any(|row| row.change.kind == kind);
        for (part, there) in [
            ("late", shares().any(|m| m.late > 0)),
            ("blocked", shares().any(|m| m.blocked > 0)),
            ("unused", shares().any(|m| m.unused > 0)),
            ("reserved late", shares().any(|m| m.reserved_late > 0)),
            ("reserved blocked", shares().any(|m| m.reserved_blocked > 0)),
            ("covered", record.cells.iter().flatten().any(|m| m.covered > 0)),
            ("down", record.pools.iter().flatten().any(|m| m.down > 0)),
            ("excused", record.periods.iter().any(|row| row.closed && row.excused.0 > 0)),
            ("excused, blocked", record.periods.iter().any(|row| row.closed && row.blocked.0 > 0)),
            ("cut by the end", record.periods.iter().any(|row| !row.closed)),
            ("contract end", rows(EventKind::ContractEnd)),
            ("cancelled", rows(EventKind::DeliveryCancelled)),
            ("retired", rows(EventKind::Retirement)),
            ("price step", record.postings.iter().any(|p| p.price_kind.is_some() && p.segment > 0)),
            ("refused", record.workloads.iter().any(|w| w.refused > 0)),
            ("failure", record.workloads.iter().any(|w| w.failures > 0)),
            ("rack outage", reason(Interruption::RACK)),
            ("region outage", reason(Interruption::REGION)),
            (
                "several causes",
                record.interruptions.iter().flatten().skip(Interruption::NAMES.len()).any(|row| row.lost > 0),
            ),
            ("reclaim", record.workloads.iter().any(|w| w.reclaims > 0)),
            ("overflow", record.workloads.iter().any(|w| w.overflowed > 0)),
            ("block held", shares().any(|m| m.block_offered > m.block_unused)),
            ("block unused", shares().any(|m| m.block_unused > 0)),
            ("block blocked", shares().any(|m| m.block_blocked > 0)),
            ("block late", shares().any(|m| m.block_late > 0)),
            ("spot", record.postings.iter().any(|p| p.price_kind == Some(PriceKind::Spot))),
            ("resize", record.workloads.iter().any(|w| w.resizes > 0)),
        ] {
            if there {
                self.parts.insert(part);
            }
        }
    }
}

/// Labs' costs + uncommitted idle + unused guarantees = depreciation + running cash of every pool that was up.
fn every_cost_is_somewhere(world: &World, record: &RunRecord) {
    let months = 0..world.months.len() as u16;
    let up = |pool: PoolId| record.pools[pool.index()].iter().map(|month| month.up).sum::<u128>() > 0;
    let spent: f64 = (world.pools.ids().filter(|pool| up(*pool)))
        .map(|pool| {
            book::depreciation(world, record, pool, world.start, world.end) + book::running_cash(record, pool, &months)
        })
        .sum();
    let labs: f64 = world.tenants.ids().map(|lab| margin::lab_margin(world, record, lab, months.clone()).cost).sum();
    let idle: f64 = (world.pools.ids().map(|pool| margin::idle(world, record, pool, months.clone())))
        .map(|idle| idle.uncommitted_cost + idle.unused_cost)
        .sum();
    assert!((labs + idle - spent).abs() <= 1e-9 * spent, "labs {labs} + idle {idle} USD != spent {spent}");
}

/// The waterfall and its table by reason, to the microsecond: allocated = productive + checkpoint + lost + restart + yielding of each workload, and
/// lost and restart are the sums of theirs by reason.
fn every_microsecond_has_its_reason(world: &World, record: &RunRecord) {
    for id in world.workloads.ids() {
        let cells = world.cells.enumerate().filter(|(_, cell)| cell.workload == id);
        let mut sum = [0u128; 6];
        for month in cells.flat_map(|(cell, _)| &record.cells[cell.index()]) {
            let parts = [month.productive, month.checkpoint, month.lost, month.restart, month.yielding];
            sum.iter_mut().zip(parts.into_iter().chain([month.allocated])).for_each(|(sum, part)| *sum += part);
        }
        let [productive, checkpoint, lost, restart, yielding, allocated] = sum;
        assert_eq!(allocated, productive + checkpoint + lost + restart + yielding);
        let rows = &record.interruptions[id.index()];
        assert_eq!(rows.iter().map(|row| row.lost).sum::<u128>(), lost);
        assert_eq!(rows.iter().map(|row| row.restart).sum::<u128>(), restart);
    }
}

/// Whatever the world: the run completes with its audits, twice the same bytes; starts follow submissions, finishes
/// starts; every unfailed gang that was never down to fewer chips held all of them for its time; without failures
/// no pool is ever oversubscribed; and the second route finds every dollar, of every kind there is.
#[test]
fn every_run_keeps_the_laws() {
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    let (seen, rigid) = (RefCell::new(Seen::default()), RefCell::new(0));
    let law = |small: Small| {
        let world = world(&small.text());
        let record = simulate(&world, run(0, 0));
        prop_assert_eq!(&record, &simulate(&world, run(0, 0)), "the same run twice");
        let found = reconcile(&world, &record).err().unwrap_or_default();
        prop_assert!(found.is_empty(), "{} mismatches, first {}", found.len(), found[0]);
        every_cost_is_somewhere(&world, &record);
        every_microsecond_has_its_reason(&world, &record);
        seen.borrow_mut().note(&record);
        for row in &record.jobs {
            prop_assert!(row.started.is_none_or(|start| row.submitted <= start), "{:?}", row);
            prop_assert!(row.finished.is_none_or(|end| row.started.is_some_and(|start| start < end)), "{:?}", row);
        }
        let stays = record.workloads.iter().all(|totals| totals.reclaims == 0);
        // A row has the last size of a gang that changes it.
        let simple = |w: &Workload| w.elastic.is_none();
        let uninterrupted = record.interruptions.iter().flatten().all(|row| row.count == 0);
        // What happened before the books opened is in no count: rows tell failures and being taken off, nobody an outage of a rack.
        let whole = record.jobs.iter().all(|row| row.failures + row.preemptions == 0) && !small.faults.each_rack;
        if stays && whole && uninterrupted && world.workloads.iter().all(simple) {
            *rigid.borrow_mut() += 1;
            no_pool_is_oversubscribed(&world, &record);
            // All or nothing: what the cells held is what whole gangs held, from the first chip to the last.
            let rows: u128 = (stretches(&record.jobs, world.end).iter())
                .map(|(from, to, chips)| {
                    u128::from(to.0.saturating_sub(from.0.max(world.start.0))) * u128::from(*chips)
                })
                .sum();
            let held: u128 = record.cells.iter().flatten().map(|month| month.allocated).sum();
            prop_assert_eq!(rows, held);
        }
        for totals in &record.workloads {
            prop_assert!(totals.started + totals.refused + totals.unstarted == totals.submitted, "{:?}", totals);
            prop_assert!(totals.finished <= totals.started);
        }
        Ok(())
    };
    TestRunner::new(config).run(&small(), law).unwrap_or_else(|broken| panic!("{broken}"));
    assert!(rigid.into_inner() >= 10, "too few worlds in which rows tell who holds what");
    let seen = seen.into_inner();
    for kind in POSTING_KINDS {
        assert!(seen.kinds.contains(kind.name()), "no world of 400 has a {}", kind.name());
    }
    assert_eq!(seen.parts.len(), 27, "the worlds had among them only {:?}", seen.parts);
}

/// Every combination of order, backfill, preemption and placement that is not refused, as a schedule.
fn every_rule() -> Vec<String> {
    let parts = |key: &str| -> Vec<Part> { matrix::parts().into_iter().filter(|part| part.key == key).collect() };
    let mut all = Vec::new();
    for order in parts("order") {
        for backfill in parts("backfill") {
            for preemption in parts("preemption") {
                for placement in parts("placement") {
                    let chosen = [order, backfill, preemption, placement];
                    let mut rules = Rules::default();
                    chosen.iter().for_each(|part| part.choice.set(&mut rules));
                    if refused(&rules).is_none() {
                        let words = chosen.iter().map(|part| format!("{} = \"{}\"", part.key, part.name));
                        let mut words: Vec<String> = words.collect();
                        words.extend((order.name == "las").then(|| "las = { levels_chip_hours = [1, 8] }".to_owned()));
                        all.push(words.join(", "));
                    }
                }
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

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
    /// holds n at once too, for nobody was let onto its chips. Under every order, backfill, preemption and placement.
    #[test]
    fn a_guarantee_holds(
        up in 2u32..20,
        wants in prop::collection::vec((0u32..20, 0u32..30, 0u32..100), 3),
        gang in 1u32..6,
        rules in prop::sample::select(every_rule()),
    ) {
        let sum: u32 = wants.iter().map(|w| w.0).sum();
        let e = |n: usize| if sum <= up { wants[n].0 } else { (u64::from(wants[n].0) * u64::from(up) / u64::from(sum)) as u32 };
        let mut text = format!("[scenario]\nname = \"g\"\nstart = 2026-01-01\nend = 2026-01-02\n[run]\njobs = true\n[pools.p]\nchips = {up}\nschedule = {{ {rules} }}\n");
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
