//! Campaigns from text to figures: their plan, their useful FLOP, and gangs that hardly or never get through.

use hedgerow::kernel::{self, Run};
use hedgerow::measure::{Period, Scope, Sheet, measure};
use hedgerow::record::RunKey;
use hedgerow::spec;
use hedgerow::study;
use hedgerow::units::{Id, Span};
use hedgerow::world::World;
use hedgerow::world::catalog::Catalog;

const CAMPAIGN: &str = r#"
[scenario]
name = "campaign"
start = 2026-01-01
end = 2027-01-01
[clouds.c]
[sites.s]
cloud = "c"
region = "us-east-2"
pue = 1.0
mw = [{ at = 2025-01-01, mw = 100 }]
[pools.p]
site = "s"
instance = "trn2.48xlarge"
[initial.fleet]
p = [{ in_service = 2025-01-01, nodes = 100 }]
[initial.campaigns.lab]
workload = "labs.lab.workloads.frontier"
age = "90d"
[labs.lab.workloads.frontier]
kind = "pretraining"
pools = ["p"]
flops = 2.4e24
chips = 1_600
mfu = { trainium2 = 0.4 }
campaign_efficiency = 0.5
failures = "off"
every = "6mo"
price = "on_demand"
"#;

fn campaign(sets: &[&str]) -> World {
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    let read = spec::read_text("campaign.toml", CAMPAIGN, &sets).unwrap_or_else(|p| panic!("{}", p.render(false)));
    let plan = study::plan(&read, Catalog::embedded(), &Default::default(), &|name| Err(name.to_owned()));
    plan.unwrap_or_else(|p| panic!("{}", p.render(false))).cells.swap_remove(0).world
}

/// A campaign that has run 90 days when the study starts, 34 of them before the run begins (spin-up 56 days), alone and unfailed:
/// it finishes as planned, 90 days less than it needs alone after the start. Eq. (3).
#[test]
fn the_plan_of_a_campaign_under_way_counts_what_is_done() {
    let world = campaign(&[]);
    let record = kernel::simulate(&world, Run::default());
    let first = record.campaigns[0];
    assert_eq!(first.finished, Some(first.planned_finish));
    let alone_s = 2.4e24 / (1_600.0 * world.chips[Id::new(0)].bf16_tflops.unwrap() * 1e12 * 0.4 * 0.5);
    let want = world.start + Span::from_seconds(alone_s - 90.0 * 86_400.0);
    assert!(first.planned_finish.0.abs_diff(want.0) <= 1, "{} against {want}", first.planned_finish);
}

/// Productive all the time it holds chips at MFU 0.4 and campaign efficiency 0.5: mfu 0.2. Eq. (12).
#[test]
fn mfu_counts_useful_flop() {
    let world = campaign(&[]);
    let record = kernel::simulate(&world, Run::default());
    let mut sheet = Sheet::default();
    measure(&world, &record, &mut sheet);
    let wanted = |key: &hedgerow::measure::Key| {
        key.metric.name == "mfu" && key.period == Period::All && key.scope == Scope::Pool(Id::new(0))
    };
    let at = sheet.keys.iter().position(wanted).unwrap();
    assert!((sheet.values[at].unwrap() - 0.2).abs() < 1e-12, "{:?}", sheet.values[at]);
}

/// 1,600 chips without checkpoints fail every 21 h at 3e-5 per chip-hour, every 4 h at 1.5e-4, every 38 min at 1e-3: 96 days of work in
/// one piece need e^110, e^550 and e^3700 tries. Whatever number is drawn, that does not end within the year. Eq. (7).
#[test]
fn a_gang_that_cannot_get_through_never_finishes() {
    for rate in ["3e-5", "1.5e-4", "1e-3"] {
        let set = format!("pools.p.failures_per_chip_hour={rate}");
        let world = campaign(&["labs.lab.workloads.frontier.failures=\"goodput\"", &set]);
        for draw in 0..20 {
            let record = kernel::simulate(&world, Run { key: RunKey { draw, replication: 0 }, ..Run::default() });
            assert_eq!(record.campaigns[0].finished, None, "rate {rate}, draw {draw}");
        }
    }
}
