//! The command line as a user meets it: exit codes, what goes to which stream, and what is left on disk.

use assert_cmd::Command;
use hedgerow::report::columns::{self, FILES};
use serde_json::Value;
use std::path::Path;

fn hedgerow(args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("hedgerow").expect("the binary is built");
    command.args(args);
    command
}

/// Standard output of a command that succeeds and has nothing else to say.
fn says(args: &[&str]) -> String {
    let output = hedgerow(args).assert().code(0).stderr("").get_output().stdout.clone();
    String::from_utf8(output).expect("output is text")
}

/// Standard error of a command that refuses its input and prints nothing else.
fn refuses(args: &[&str]) -> String {
    let output = hedgerow(args).assert().code(2).stdout("").get_output().stderr.clone();
    String::from_utf8(output).expect("output is text")
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&says(args)).expect("the output is JSON")
}

#[test]
fn help_lists_every_command_in_its_group_without_colour() {
    let help = says(&["--help"]);
    let at = |word: &str| help.find(word).unwrap_or_else(|| panic!("{word} not in\n{help}"));
    assert!(at("Ask:") < at("  run ") && at("  run ") < at("Write:"));
    assert!(at("Write:") < at("  new ") && at("  explain ") < at("Admin:") && at("Admin:") < at("  verify "));
    assert!(!help.contains('\x1b'), "{help:?}");
}

#[test]
fn a_wrong_argument_is_bad_input() {
    assert!(refuses(&["chekc"]).contains("check"));
    assert!(refuses(&["list", "chip"]).contains("chips"));
    assert!(refuses(&["run", "scenarios/gang.toml", "--threads", "0"]).contains("--threads"));
    assert!(refuses(&["explain", "wait_maen"]).contains("did you mean `wait_mean`"));
    assert!(refuses(&["explain", "scenarios/gang.toml", "strikt"]).contains("did you mean `strict`"));
    assert!(refuses(&["explain", "goodput_frac"]).contains("did you mean `goodput_"));
    assert!(refuses(&["run", "scenarios/gang.toml", "--draws", "0"]).contains("--draws"));
    assert!(refuses(&["run", "scenarios/gang.toml", "--fixed", "--draws", "5"]).contains("--fixed"));
    // A place that cannot be written is the user's to change: a file stands where a folder should, and where nobody may write.
    let file = tempfile::NamedTempFile::new().unwrap();
    let below = file.path().join("out");
    for place in [below.to_str().unwrap(), "/proc/nowhere/out"] {
        let text = refuses(&["run", "scenarios/gang.toml", "-o", place]);
        assert!(text.contains("cannot create") && text.contains("name another place with `-o`"), "{text}");
    }
    assert!(refuses(&["run", "scenarios/gang.toml", "-o", "."]).contains("name a folder of its own"));
    let told = refuses(&["check", "scenarios/theory/mh2c.toml", "--set", "labs.users.workloads.jobs.duration.scv=-1"]);
    assert!(told.contains("1 error") && !told.contains("needs `scv`"), "{told}");
}

#[test]
fn check_says_what_the_study_would_be() {
    let text = says(&["check", "scenarios/gang.toml"]);
    assert!(text.contains("2 strategies x 1 future x 1 draw x 1 replication = 2 runs"), "{text}");
    let answer = json(&["check", "scenarios/gang.toml", "--format", "json", "--quick"]);
    assert_eq!((&answer["ok"], &answer["summary"]["runs"]), (&Value::Bool(true), &16.into()));
    assert_eq!(says(&["check", "scenarios/gang.toml", "--quiet"]), "");
}

#[test]
fn check_says_what_is_wrong_to_programs_too() {
    let output = hedgerow(&["check", "tests/broken/twelve.toml", "--format", "json"]).assert().code(2).stderr("");
    let answer: Value = serde_json::from_slice(&output.get_output().stdout).expect("the output is JSON");
    assert_eq!((&answer["ok"], answer["problems"].as_array().map(Vec::len)), (&Value::Bool(false), Some(12)));
}

/// A world that cannot be built is bad input too: the file is sound, its trace is not there.
#[test]
fn check_builds_the_worlds() {
    let set = "labs.team.workloads.jobs.file=\"nowhere.csv\"";
    let text = refuses(&["check", "scenarios/gang.toml", "--set", set]);
    assert!(text.contains("cannot read `nowhere.csv`: there is no such file") && text.contains("--set #1"), "{text}");
}

#[test]
fn new_files_check_and_are_not_overwritten() {
    for (kind, file) in [("dual-bet", "dual-bet.toml"), ("queue", "queue.toml"), ("gang", "gang.toml")] {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("study");
        let (dir, path) = (dir.to_str().unwrap(), dir.join(file));
        says(&["new", kind, dir]);
        says(&["check", path.to_str().unwrap()]);
        let before = std::fs::read(&path).unwrap();
        assert!(refuses(&["new", kind, dir]).contains("already"));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[test]
fn every_list_has_three_forms() {
    for what in ["chips", "instances", "prices", "models", "architectures", "cards", "deals", "policies", "metrics"] {
        let text = says(&["list", what]);
        let table = json(&["list", what, "--format", "json"]);
        let rows = table["rows"].as_array().expect("rows are a list").len();
        let csv = says(&["list", what, "--format", "csv"]);
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        assert_eq!(
            reader.records().filter(|row| row.as_ref().is_ok_and(|row| !row.is_empty())).count(),
            rows,
            "{what}"
        );
        assert!(rows > 0 && text.lines().count() > rows, "{what}");
    }
    assert!(json(&["facts", "--format", "json"]).as_array().is_some_and(|sections| sections.len() >= 5));
}

#[test]
fn explain_knows_metrics_columns_files_policies_and_strategies() {
    assert!(says(&["explain", "allocated_fraction"]).contains("(metric)"));
    assert!(says(&["explain", "summary.csv:param_share"]).contains("(column)"));
    assert!(says(&["explain", "ledger.csv"]).contains("amount_usd"));
    assert!(says(&["explain", "skip_ahead"]).contains("(backfill)"));
    let both = says(&["explain", "wait_mean", "npv_total"]);
    assert!(both.contains("wait_mean (metric)") && both.contains("npv_total (metric)"), "{both}");
    assert!(says(&["explain", "scenarios/gang.toml", "skip_ahead"]).contains("backfill to \"skip_ahead\""));
}

#[test]
fn print_config_is_a_scenario_that_means_the_same() {
    let config = says(&["run", "scenarios/gang.toml", "--print-config", "--seed", "7"]);
    let read = hedgerow::spec::read_text("config.toml", &config, &[]).expect("it is a scenario");
    assert_eq!(read.spec.run.seed.map(|seed| seed.value), Some(7));
}

/// The same bytes at one and two threads, with charts and page.
#[test]
fn run_leaves_a_folder_that_threads_do_not_change() {
    let home = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for threads in ["1", "2"] {
        let dir = home.path().join(threads);
        let out = dir.to_str().unwrap();
        says(&["run", "scenarios/gang.toml", "-o", out, "--threads", threads, "--draws", "4", "--quiet"]);
        all.push(files(&dir));
    }
    assert!(all[0] == all[1], "threads changed the bytes");
}

/// Every CSV of a study has the columns that the data dictionary describes, and every described file is written.
#[test]
fn the_data_dictionary_describes_what_is_written() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("out");
    let out = out.to_str().unwrap();
    says(&["run", "scenarios/quickstart.toml", "-o", out, "--quick", "--set", "run.jobs=true", "--quiet"]);
    let mut files = files(Path::new(out));
    // Services stand in another study.
    let served = home.path().join("served");
    let short = ["--set", "scenario.end=2026-01-12", "--set", "run.model_error_windows=1", "--fixed", "--quiet"];
    let to = served.to_str().unwrap();
    says(&[&["run", "scenarios/day-and-night.toml", "-o", to, "--quick"], &short[..]].concat());
    let of_services = |(name, _): &(String, Vec<u8>)| {
        name.starts_with("services") || ["pools_by_tick.csv", "model_error.csv"].contains(&name.as_str())
    };
    files.extend(self::files(&served).into_iter().filter(of_services));
    files.sort();
    let written: Vec<&str> =
        files.iter().map(|(name, _)| name.as_str()).filter(|name| name.ends_with(".csv")).collect();
    let mut described: Vec<&str> = FILES.iter().map(|file| file.name).collect();
    described.sort_unstable();
    assert_eq!(written, described);
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".csv")) {
        let text = String::from_utf8_lossy(bytes);
        let known = columns::headers(name);
        let header = text.lines().next().unwrap_or_default().split(',').map(|header| pattern(header, &known));
        let mut found: Vec<String> = header.collect();
        found.dedup();
        while let Some(at) = found.windows(6).position(|six| six[..3] == six[3..] && six[0] == "METRIC") {
            found.drain(at..at + 3);
        }
        assert_eq!(found, known, "{name}");
    }
}

/// A header as the dictionary has it: years and metrics stand for themselves only.
fn pattern(header: &str, known: &[&str]) -> String {
    if known.contains(&header) {
        return header.into();
    }
    if header.len() == 4 && header.bytes().all(|b| b.is_ascii_digit()) {
        return "YEAR".into();
    }
    let is_metric = |name: &str| hedgerow::study::registry().iter().any(|metric| metric.name == name);
    for end in ["", "_p05", "_p95"] {
        if header.strip_suffix(end).is_some_and(is_metric) {
            return format!("METRIC{end}");
        }
    }
    header.to_owned()
}

/// Charts and page come back from the tables alone; the tables stay as they are.
#[test]
fn report_rebuilds_what_was_lost() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("out");
    let out = dir.to_str().unwrap();
    says(&["run", "scenarios/gang.toml", "-o", out, "--quiet"]);
    let before = files(&dir);
    std::fs::remove_file(dir.join("report.html")).unwrap();
    std::fs::remove_dir_all(dir.join("charts")).unwrap();
    says(&["report", out]);
    assert!(files(&dir) == before, "the folder is not what it was");
    assert!(refuses(&["report", home.path().to_str().unwrap()]).contains("manifest.json"));
}

#[test]
fn run_refuses_a_folder_that_is_not_its_own() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("thesis.tex"), "years").unwrap();
    let text = refuses(&["run", "scenarios/gang.toml", "-o", home.path().to_str().unwrap()]);
    assert!(text.contains("may not be ours"), "{text}");
    assert_eq!(files(home.path()).len(), 1);
}

/// A reader that stops reading is no fault.
#[cfg(unix)]
#[test]
fn a_closed_pipe_does_not_panic() {
    let binary = assert_cmd::cargo::cargo_bin("hedgerow");
    let mut child = std::process::Command::new(binary)
        .args(["list", "prices", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

/// Files below a folder with their bytes, by name.
pub fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            out.extend(files(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else {
            out.push((name, std::fs::read(&path).expect("it can be read")));
        }
    }
    out.sort();
    out
}
