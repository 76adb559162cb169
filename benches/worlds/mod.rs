//! The worlds that are timed, as plans of studies. Shared with the test that a study leaves the very records that are timed.

use hedgerow::spec::{self, Read};
use hedgerow::study::{Options, Plan, plan};
use hedgerow::world::catalog::Catalog;
use std::path::{Path, PathBuf};

/// A scenario file of the crate, with changes as `--set` writes them; the error is its problems.
pub fn scenario(path: &str, sets: &[&str]) -> Result<Plan, String> {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let read = spec::read(&full, &sets).map_err(|problems| problems.render(false))?;
    planned(&read, full.parent().expect("a file lies in a folder").to_path_buf())
}

/// `scenarios/theory/mmc.toml` with c = 100, load 0.9.
pub fn mm100(sets: &[&str]) -> Result<Plan, String> {
    let sized = ["pools.servers.nodes=100", "labs.users.workloads.jobs.per_day=2160", "scenario.end=2026-12-01"];
    scenario("scenarios/theory/mmc.toml", &[&sized, sets].concat())
}

/// `scenarios/dual-bet.toml`.
pub fn dual_bet(sets: &[&str]) -> Result<Plan, String> {
    scenario("scenarios/dual-bet.toml", sets)
}

/// The golden gang log as a trace on one pool of 2,000 one-chip nodes; an error where the data folder is absent.
pub fn gang_fifo() -> Result<Plan, String> {
    let data = std::env::var_os("HEDGEROW_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let text = "[scenario]\nname = \"gang\"\nstart = 2026-01-01\nend = 2026-07-01\n[pools.p]\nchips_per_node = 1\nnodes = 2000\n\
        [labs.l.workloads.log]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"gang_fifo_100k.csv\"\n\
        submit = \"arrival_h\"\nduration = \"duration_h\"\nchips = \"gpus\"\ntime_unit = \"h\"\n";
    let read = spec::read_text("gang.toml", text, &[]).map_err(|problems| problems.render(false))?;
    planned(&read, data.join("golden/scheduling"))
}

/// Eight years of hourly ticks, 20 services, each on 6 of 30 pools, by the profile of a real week; pools and demand are `scale` times those of about 10,000
/// chips. `lively`: demand grows until pools are full, with noise of each and of all, replicas take ten minutes to start, headroom is for bursts, and what is shed
/// asks a second choice.
#[allow(dead_code)]
pub fn fluid(scale: u32, lively: bool) -> Result<Plan, String> {
    let mut text =
        String::from("[scenario]\nname = \"fluid\"\nstart = 2026-01-01\nend = 2034-01-01\nspin_up = \"0h\"\n");
    for pool in 0..30 {
        text += &format!("[pools.p{pool:02}]\nchips = {}\nchips_per_node = 8\n", 336 * scale);
    }
    for service in 0..20 {
        let pools: Vec<String> = (0..6).map(|n| format!("\"p{:02}\"", (service * 3 + n * 5) % 30)).collect();
        let profile = ["azure-conv", "azure-code", "servegen-m-mid", "servegen-m-large"][service % 4];
        let (moves, scaler, second) = if lively {
            (
                ", growth = { multiple_per_year = 1.15 }, noise = { sd = 0.1, common_sd = 0.05 }",
                ", start_up = \"10min\", burst_sds = 2",
                format!("second_choice = \"labs.a.services.s{:02}\"\n", (service + 1) % 20),
            )
        } else {
            ("", "", String::new())
        };
        text += &format!(
            "[labs.a.services.s{service:02}]\npools = [{}]\nreplica = {{ chips = 8, prefill_tokens_per_second = 20_000, decode_tokens_per_second = 2_000 }}\n\
             demand = {{ requests_per_second = {}, input_tokens = 1155, output_tokens = 211, profile = \"{profile}\"{moves} }}\n\
             autoscaler = {{ target = 0.85{scaler} }}\n{second}",
            pools.join(", "),
            100 * scale,
        );
    }
    let read = spec::read_text("fluid.toml", &text, &[]).map_err(|problems| problems.render(false))?;
    planned(&read, PathBuf::new())
}

/// 100,000 gangs on one strict queue, more work than the pool can do: thousands wait. Pool and gangs are `scale` times as large as on
/// 10,000 chips, so that every size has the same jobs waiting at the same instants.
pub fn backlog(scale: u32) -> Result<Plan, String> {
    let text = format!(
        "[scenario]\nname = \"backlog\"\nstart = 2026-01-01\nend = 2027-01-01\n[pools.p]\nchips_per_node = 8\nnodes = {}\n\
         [labs.l.workloads.w]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"backlog.csv\"\n",
        1_250 * scale
    );
    let mut rows = String::from("submit_s,chips,duration_s\n");
    let (mut dice, mut submit) = (1u64, 0);
    let mut below = |n: u64| {
        dice = dice.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (dice >> 33) % n
    };
    for _ in 0..100_000 {
        // 8 to 2,048 chips, 454 on average, for 1 to 2 h: a job each 245 s is all that 10,000 chips can do, and one comes each 200 s.
        let (gang, duration) = (8 << below(9), 3_600 + below(3_600));
        submit += below(401);
        rows += &format!("{submit},{},{duration}\n", gang * u64::from(scale));
    }
    let read = spec::read_text("backlog.toml", &text, &[]).map_err(|problems| problems.render(false))?;
    plan(&read, Catalog::embedded(), &Options::default(), &|_| Ok(rows.clone()))
        .map_err(|problems| problems.render(false))
}

fn planned(read: &Read, folder: PathBuf) -> Result<Plan, String> {
    let file = move |name: &str| std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string());
    plan(read, Catalog::embedded(), &Options::default(), &file).map_err(|problems| problems.render(false))
}
