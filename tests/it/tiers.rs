//! The two tiers of serving: which windows are played, that they are the same for any number of threads, that services played request by request keep
//! every identity and agree with the table where it is to be believed, and what is refused.

use crate::story::{Files, plan, run, world};
use hedgerow::kernel::simulate;
use hedgerow::record::{RunRecord, ServiceMonth};
use hedgerow::report::{tables, tiers as told};
use hedgerow::spec;
use hedgerow::study::{self, Options, TierCheck, check_tiers, in_threads, run_plan};
use hedgerow::tiers::{Figure, Why, candidates, choose};
use hedgerow::world::World;
use hedgerow::world::catalog::Catalog;

/// Three services of a day with a profile; the second is beyond what it has at its peak.
fn text(run: &str, more: &str) -> String {
    format!(
        r#"
[scenario]
name = "tiers"
start = 2026-01-05
end = 2026-01-06
[run]
ticks = true
{run}
[pools.p]
instance = "p5.48xlarge"
nodes = 20
failures_per_chip_hour = 0
[labs.a.services.chat]
model = "llama-3.3-70b"
pools = ["p"]
replica = {{ chips = 2 }}
demand = {{ requests_per_second = 12, input_tokens = 1155, output_tokens = 211, profile = "azure-conv" }}
autoscaler = {{ target = 0.7 }}
slo = {{ ttft = "2s", tpot = "80ms" }}
{more}
[labs.a.services.code]
model = "llama-3.3-70b"
pools = ["p"]
replica = {{ chips = 2 }}
demand = {{ requests_per_second = 8, input_tokens = 2048, output_tokens = 28, profile = "azure-code", idc = 40 }}
autoscaler = {{ max = 2 }}
{more}
[labs.b.services.rates]
pools = ["p"]
replica = {{ chips = 1, prefill_tokens_per_second = 20_000, decode_tokens_per_second = 2_000 }}
demand = {{ requests_per_second = 5, input_tokens = 900, output_tokens = 90, profile = "servegen-m-mid", idc = 4 }}
second_choice = "labs.a.services.chat"
{more}
"#
    )
}

fn played(world: &World, windows: usize) -> TierCheck {
    let record = simulate(world, run(0, 0));
    check_tiers(world, &record, windows, 1, &|_| {})
}

/// Each service's highest load above 0.9 and steepest ramp are among the windows, the highest and the steepest of all even among two; the rest
/// covers as many strata as there are windows for; nothing is played twice, and another seed chooses others.
#[test]
fn strata_hold_what_they_promise() {
    let world = world(&text("", ""));
    let record = simulate(&world, run(0, 0));
    let all = candidates(&world, &record);
    assert_eq!(all.len(), 72);
    for windows in [2, 4, 9, 30, 72, 100] {
        let chosen = choose(&all, windows, 1);
        assert_eq!(chosen.len(), windows.min(all.len()));
        assert!(chosen.is_sorted_by(|a, b| a.at < b.at));
        let has = |at: usize| chosen.iter().any(|one| one.at == at);
        let best = |of: &dyn Fn(usize) -> f64, among: &[usize]| {
            *among.iter().max_by(|a, b| of(**a).total_cmp(&of(**b)).then(b.cmp(a))).unwrap()
        };
        let every: Vec<usize> = (0..all.len()).collect();
        let (peak, ramp) = (|at: usize| all[at].tick.peak(), |at: usize| all[at].tick.ramp().abs());
        assert!(0.9 < peak(best(&peak, &every)) && has(best(&peak, &every)) && has(best(&ramp, &every)));
        if 9 <= windows {
            for service in 0..3 {
                let own: Vec<usize> =
                    every.iter().copied().filter(|at| all[*at].row.service.index() == service).collect();
                let highest = best(&peak, &own);
                assert!(peak(highest) <= 0.9 || has(highest), "service {service} of {windows}");
                assert!(has(best(&ramp, &own)), "service {service} of {windows}");
            }
        }
        if windows == 30 {
            let mut of_all: Vec<_> = all.iter().map(|one| (one.row.service.index(), one.band)).collect();
            of_all.sort();
            of_all.dedup();
            let mut seen: Vec<_> =
                chosen.iter().map(|one| (all[one.at].row.service.index(), all[one.at].band)).collect();
            seen.sort();
            seen.dedup();
            assert!(of_all.len() <= 24 && seen == of_all, "{} strata, {} seen", of_all.len(), seen.len());
            assert!(chosen.iter().any(|one| one.why == Why::Stratum));
            assert_ne!(chosen, choose(&all, windows, 2));
        }
    }
}

/// The same windows, plays and errors on one thread and on two.
#[test]
fn threads_change_no_window() {
    let world = world(&text("", ""));
    let record = simulate(&world, run(0, 0));
    let text = |threads: usize| {
        let check = in_threads(Some(threads), || check_tiers(&world, &record, 6, 1, &|_| {}));
        let errors = format!("{:?}", check.errors);
        (told::model_error_csv(std::iter::once(("base", "base", &world, &check))), errors)
    };
    let one = text(1);
    assert!(one == text(2));
    assert!(one.0.lines().count() > 18, "{}", one.0);
}

/// A replica of the table's own kind in mid load, smooth: every figure within its tolerance, or its interval.
#[test]
fn the_table_is_right_where_it_was_measured() {
    let text = text("", "").replace("profile = \"azure-conv\"", "profile_points = [1, 1]");
    let chat = text.find("[labs.a.services.code]").map(|at| &text[..at]).unwrap();
    let world = world(chat);
    let check = played(&world, 6);
    let mut figures = 0;
    for window in &check.windows {
        for found in &window.compared.found {
            let off = found.scaled().abs() - found.figure.scaled(found.half_width, found.request);
            assert!(off <= found.figure.tolerance(), "{found:?} at load {}", window.candidate.tick.peak());
            figures += 1;
        }
    }
    assert_eq!(figures, 30);
}

/// The same replicas where the rate of all clients moves by 10 % from minute to minute: the table at the loads that the rates bring says what the request tier
/// finds. Read as clumps of as many requests (an index of 40 at 60 a second) it would promise three quarters of what is kept.
#[test]
fn rates_that_move_are_gone_through() {
    let world = world(
        "[scenario]\nname = \"sway\"\nstart = 2026-01-05\nend = 2026-01-07\nspin_up = \"1d\"\n[run]\nticks = true\n\
         [pools.p]\ninstance = \"p5.48xlarge\"\nnodes = 10\nfailures_per_chip_hour = 0\n\
         [labs.a.services.s]\npools = [\"p\"]\nmodel = \"llama-3.3-70b\"\nreplica = { chips = 2 }\nslo = { ttft = \"2s\", tpot = \"60ms\" }\n\
         demand = { requests_per_second = 60, input_tokens = 1155, output_tokens = 211, common_cv = 0.1 }\n\
         autoscaler = { target = 0.76, min = 1 }\n",
    );
    for window in &played(&world, 6).windows {
        for found in &window.compared.found {
            let off = found.scaled().abs() - found.figure.scaled(found.half_width, found.request);
            assert!(off <= found.figure.tolerance(), "{found:?}");
        }
    }
}

fn of(record: &RunRecord, service: usize, field: fn(&ServiceMonth) -> u128) -> f64 {
    record.services[service].iter().map(field).sum::<u128>() as f64
}

/// A service whose ticks are played and one by the table: the same tokens are asked for; in mid load what is served is the same and promises and times
/// are as far apart as the tiers may be.
#[test]
fn tiers_agree_in_mid_load() {
    let smooth = |more: &str| text("", more).replace("profile = \"azure-conv\"", "profile_points = [1, 1]");
    let [fluid, request] = ["", "tier = \"request\""].map(|tier| simulate(&world(&smooth(tier)), run(0, 0)));
    let both = |field: fn(&ServiceMonth) -> u128| (of(&fluid, 0, field), of(&request, 0, field));
    let (a, b) = both(|did| did.demanded);
    assert_eq!(a, b);
    let (a, b) = both(|did| did.first);
    assert!((a / b - 1.0).abs() < Figure::Shed.tolerance(), "{a} {b}");
    let (a, b) = both(|did| did.attained);
    assert!((a - b).abs() / of(&fluid, 0, |did| did.demanded) < Figure::Attained.tolerance(), "{a} {b}");
    let (a, b) = both(|did| did.tpot);
    assert!((a / b - 1.0).abs() < Figure::Tpot.tolerance(), "{a} {b}");
    let (a, b) = both(|did| did.ttft_p99);
    assert!((a / b - 1.0).abs() < Figure::Ttft.tolerance(), "{a} {b}");
}

/// Random services on cards and on rates, played in every tick or where it is doubtful: every identity is audited in the run itself, tokens asked for are
/// served, spilled or lost, what is served had replicas for it, and the same run gives the same bytes.
#[test]
fn services_request_by_request_keep_the_identities() {
    for n in 0..4u32 {
        let tier = if n % 2 == 0 { "tier = \"request\"" } else { "tier = \"auto\"" };
        let more = format!("{tier}\naccepts_up_to = 0.{}", 5 + n % 4);
        let text = text(&format!("seed = {n}\ntick = \"{}\"", ["1h", "30min", "2h"][n as usize % 3]), &more)
            .replace(
                "requests_per_second = 8,",
                &format!("requests_per_second = {}, noise = {{ sd = 0.4 }},", 3 + 2 * n),
            )
            .replace("end = 2026-01-06", "end = 2026-01-05T08:00:00");
        let world = world(&text);
        let (a, b) = (simulate(&world, run(0, 0)), simulate(&world, run(0, 0)));
        assert!(a.to_bytes() == b.to_bytes(), "world {n} differs from itself");
        for service in 0..3 {
            let sum = |field: fn(&ServiceMonth) -> u128| of(&a, service, field);
            assert_eq!(sum(|did| did.demanded), sum(|did| did.first) + sum(|did| did.spilled) + sum(|did| did.lost));
            assert_eq!(sum(|did| did.shed), sum(|did| did.spilled) + sum(|did| did.lost));
            assert!(sum(|did| did.served) <= sum(|did| did.ready) && sum(|did| did.attained) <= sum(|did| did.first));
        }
    }
}

/// Two strategies that leave a service alone play the same requests: the draws of a tick know nothing of strategies.
#[test]
fn strategies_are_paired() {
    let strategies = "[strategies.x]\n[strategies.y]\nset = { \"labs.b.services.rates.autoscaler.min\" = 3 }\n";
    let text = text("", "tier = \"request\"").replace("end = 2026-01-06", "end = 2026-01-05T06:00:00");
    let plan = plan(&format!("{text}{strategies}"), &Files::new());
    let records: Vec<RunRecord> = plan.cells.iter().map(|cell| simulate(&cell.world, run(0, 0))).collect();
    assert_eq!(records[0].services[1], records[1].services[1]);
    assert_ne!(records[0].services[2], records[1].services[2]);
}

/// `model_error` stands beside the five figures of services of the whole study and nowhere else, blank without windows; `model_error.csv` has the windows.
#[test]
fn a_study_shows_its_model_error() {
    let study = |windows: &str| {
        let text = text(windows, "");
        let read = spec::read_text("story.toml", &text, &[]).unwrap();
        let plan = plan(&text, &Files::new());
        tables::tables(&plan, &run_plan(&plan, &|_| {}), &read)
    };
    let of =
        |files: &[(String, String)], name: &str| files.iter().find(|file| file.0 == name).map(|file| file.1.clone());
    let column = |text: &str| -> Vec<(String, String, String, String)> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers().unwrap().clone();
        let at = |name: &str| headers.iter().position(|header| header == name).unwrap();
        let places = ["scope", "period", "metric", "model_error"].map(at);
        reader.records().map(|row| places.map(|at| row.as_ref().unwrap()[at].to_owned()).into()).collect()
    };
    let without = study("");
    assert!(of(&without, "model_error.csv").is_none());
    assert!(column(&of(&without, "summary.csv").unwrap()).iter().all(|row| row.3.is_empty()));
    let with = study("model_error_windows = 9");
    let rows = column(&of(&with, "summary.csv").unwrap());
    let filled: Vec<_> = rows.iter().filter(|row| !row.3.is_empty()).collect();
    let figures = |service: &str| {
        let mut names: Vec<&str> = filled.iter().filter(|row| row.0 == service).map(|row| row.2.as_str()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(figures("a.chat"), ["replica_load", "shed_fraction", "slo_attainment", "tpot_mean_s", "ttft_p99_s"]);
    assert_eq!(figures("b.rates"), ["replica_load", "shed_fraction"]);
    assert!(filled.iter().all(|row| row.1 == "all"));
    assert!(of(&with, "model_error.csv").unwrap().lines().count() > 9);
    let rest =
        |text: &str| -> Vec<String> { text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect() };
    assert_eq!(rest(&of(&with, "summary.csv").unwrap()), rest(&of(&without, "summary.csv").unwrap()));
}

/// Too many requests for a run, and requests without an answer, are refused with place and cure.
#[test]
fn what_is_not_played() {
    let cases = [
        (text("", "tier = \"request\"").replace("end = 2026-01-06", "end = 2032-01-05"), "at most 2e8"),
        (text("", "tier = \"request\"").replace("output_tokens = 90", "output_tokens = 0"), "0 out"),
        (text("", "tier = \"requests\""), "request"),
        (text("model_error_windows = -1", ""), "model_error_windows"),
    ];
    for (text, words) in cases {
        let read = spec::read_text("bad.toml", &text, &[]);
        let plan = read
            .and_then(|read| study::plan(&read, Catalog::embedded(), &Options::default(), &|_| Err("no file".into())));
        let told = plan.err().map(|problems| problems.render(false)).unwrap_or_default();
        assert!(told.contains(words) && told.contains("bad.toml:"), "{words}:\n{told}");
    }
    let auto = text("", "tier = \"auto\"").replace("end = 2026-01-06", "end = 2027-01-05");
    let read = spec::read_text("good.toml", &auto, &[]).unwrap();
    assert!(study::plan(&read, Catalog::embedded(), &Options::default(), &|_| Err("no file".into())).is_ok());
}

/// The folder of `verify serving`: its manifest names the table with its hash, a second run of the same replaces it byte for byte and keeps what others put there, `report` draws
/// chart and page anew as they were, and refuses a table that was changed. A folder without a manifest is still nobody's to replace.
#[test]
fn the_folder_of_verify_serving_is_one_of_ours() {
    let home = tempfile::tempdir().unwrap();
    let (scenario, place) = (home.path().join("small.toml"), home.path().join("check"));
    std::fs::write(&scenario, text("", "")).unwrap();
    let hedgerow = |words: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("hedgerow").unwrap();
        command.args(words).current_dir(home.path()).assert()
    };
    let verify = || hedgerow(&["verify", "serving", "small.toml", "--windows", "3", "--quiet", "-o", "check"]);
    let files = || {
        let read = hedgerow::report::folder::read(&place, &[]).unwrap();
        assert_eq!(read.iter().map(|file| file.0.as_str()).collect::<Vec<_>>(), FOLDER);
        read
    };
    const FOLDER: [&str; 5] =
        ["charts/model_error.png", "charts/model_error.svg", "manifest.json", "model_error.csv", "report.html"];
    verify().success();
    let first = files();
    let manifest: serde_json::Value = serde_json::from_slice(&first[2].1).unwrap();
    assert_eq!((&manifest["kind"], &manifest["windows"]), (&"verify serving".into(), &3.into()));
    let lines = first[3].1.split(|byte| *byte == b'\n').count() - 2;
    assert_eq!(manifest["rows"]["model_error.csv"], lines);
    assert_eq!(manifest["inputs"][0]["file"], "small.toml");
    std::fs::write(place.join("mine.txt"), "mine").unwrap();
    verify().success();
    assert_eq!(files(), first);
    assert!(place.join("mine.txt").exists());
    std::fs::remove_file(place.join("charts/model_error.svg")).unwrap();
    std::fs::write(place.join("report.html"), "spoilt").unwrap();
    hedgerow(&["report", "check"]).success();
    assert_eq!(files(), first);
    std::fs::write(place.join("model_error.csv"), "spoilt").unwrap();
    let told = |assert: assert_cmd::assert::Assert| String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    let refused = told(hedgerow(&["report", "check"]).code(2));
    assert!(refused.contains("model_error.csv has 0 lines"), "{refused}");
    std::fs::remove_file(place.join("manifest.json")).unwrap();
    let refused = told(verify().code(2));
    assert!(refused.contains("may not be ours to replace"), "{refused}");
}
