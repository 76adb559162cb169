//! Records of real runs: lossless in bytes, small, and the same whenever they are written.

use hedgerow::kernel::{self, Run};
use hedgerow::record::RunRecord;
use hedgerow::spec::{self, Read};
use hedgerow::study;
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
        let (service_ticks, pool_ticks) = Default::default();
        let kept = RunRecord { jobs: Vec::new(), service_ticks, pool_ticks, ..record };
        assert!(kept.to_bytes().len() <= 100_000, "{}: {} bytes", path.display(), kept.to_bytes().len());
        runs += 1;
    }
    assert!(0 < runs, "no scenario found");
}
