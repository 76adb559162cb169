//! Records of real runs: lossless in bytes, small, and the same whenever they are written.

use hedgerow::kernel::{self, Run};
use hedgerow::measure::{Period, Scope, Sheet, measure};
use hedgerow::record::RunRecord;
use hedgerow::spec::{self, Read};
use hedgerow::study;
use hedgerow::units::{Id, Span};
use hedgerow::world::World;
use hedgerow::world::catalog::Catalog;
use std::path::PathBuf;

fn world(read: &Read, folder: PathBuf) -> World {
    let file = move |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|e| e.to_string());
    let plan = study::plan(read, Catalog::embedded(), &Default::default(), &file);
    plan.unwrap_or_else(|p| panic!("{}", p.render(false))).cells.swap_remove(0).world
}

/// One run of every shipped scenario: at most 100 KB (design 3), and back without loss.
#[test]
fn a_run_of_every_scenario_takes_at_most_100_kb() {
    let mut runs = 0;
    for entry in std::fs::read_dir("scenarios").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let read = spec::read(&path, &[]).unwrap_or_else(|p| panic!("{}", p.render(false)));
        let record = kernel::simulate(&world(&read, PathBuf::from("scenarios")), Run::default());
        let bytes = record.to_bytes();
        let back = RunRecord::from_bytes(&bytes).unwrap();
        assert_eq!(back, record, "{}", path.display());
        assert_eq!(back.hash(), record.hash());
        // Rows that were asked for one by one are not part of the promise.
        let kept = RunRecord { jobs: Vec::new(), ..record };
        assert!(kept.to_bytes().len() <= 100_000, "{}: {} bytes", path.display(), kept.to_bytes().len());
        runs += 1;
    }
    assert!(0 < runs, "no scenario found");
}

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

fn campaign() -> World {
    let read = spec::read_text("campaign.toml", CAMPAIGN, &[]).unwrap_or_else(|p| panic!("{}", p.render(false)));
    world(&read, PathBuf::new())
}

/// A campaign that has run 90 days when the study starts, 34 of them before the run begins (spin-up 56 days), alone and unfailed:
/// it finishes as planned, 90 days less than it needs alone after the start. Eq. (3).
#[test]
fn the_plan_of_a_campaign_under_way_counts_what_is_done() {
    let world = campaign();
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
    let world = campaign();
    let record = kernel::simulate(&world, Run::default());
    let mut sheet = Sheet::default();
    measure(&world, &record, &mut sheet);
    let wanted = |key: &hedgerow::measure::Key| {
        key.metric.name == "mfu" && key.period == Period::All && key.scope == Scope::Pool(Id::new(0))
    };
    let at = sheet.keys.iter().position(wanted).unwrap();
    assert!((sheet.values[at].unwrap() - 0.2).abs() < 1e-12, "{:?}", sheet.values[at]);
}
