//! Small worlds in a line of text, and the whole path from TOML to a run. Holds no test.

use hedgerow::kernel::{self, Run};
use hedgerow::record::{JobRow, RunKey, RunRecord};
use hedgerow::spec;
use hedgerow::study::{self, Options, Plan};
use hedgerow::units::{SimTime, Span};
use hedgerow::world::World;
use hedgerow::world::catalog::Catalog;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Files that a scenario's traces name.
pub type Files = BTreeMap<String, String>;

/// The plan of a scenario's text; its problems are the test's mistake.
pub fn plan(text: &str, files: &Files) -> Plan {
    let read = spec::read_text("story.toml", text, &[]).unwrap_or_else(|p| panic!("{}\n{text}", p.render(false)));
    let file = |name: &str| files.get(name).cloned().ok_or_else(|| "no such file".to_owned());
    study::plan(&read, Catalog::embedded(), &Options::default(), &file)
        .unwrap_or_else(|p| panic!("{}\n{text}", p.render(false)))
}

/// The world of the first cell of a scenario's text.
pub fn world(text: &str) -> World {
    world_with(text, &Files::new())
}

/// The same with the files it names.
pub fn world_with(text: &str, files: &Files) -> World {
    plan(text, files).cells.swap_remove(0).world
}

/// The run of one draw and replication.
pub fn run(draw: u32, replication: u32) -> Run {
    Run { key: RunKey { draw, replication }, ..Run::default() }
}

/// A story as a world: `pool 4 chips nodes 8 fifo|priority strict|skip_ahead best_fit|first_fit limit N; x at 0 gang 4 for 10 of lab priority 1; ...`
///
/// Seconds from 2026-01-01. Each job is a workload of its own name, so that jobs of one instant arrive in order of lab, then name.
/// `toml` is appended; a line `[[x]]` of it adds what follows to the table of job x.
pub fn story(text: &str, toml: &str) -> World {
    let mut parts = text.split(';').map(str::trim);
    let words: Vec<&str> = parts.next().expect("a pool").split_whitespace().collect();
    let after = |words: &[&str], key: &str| words.iter().position(|w| *w == key).map(|at| words[at + 1].to_owned());
    let has = |key: &str| words.contains(&key);
    let mut schedule = Vec::new();
    for (key, values) in [
        ("order", ["fifo", "priority"]),
        ("backfill", ["strict", "skip_ahead"]),
        ("placement", ["first_fit", "best_fit"]),
    ] {
        schedule.extend(values.iter().filter(|v| has(v)).map(|value| format!("{key} = \"{value}\"")));
    }
    // Other rules as the file has them: `order=srtf`.
    let rules = words.iter().filter_map(|word| word.split_once('='));
    let is_word = |value: &str| value.starts_with(|c: char| c.is_ascii_alphabetic()) && value != "true";
    schedule.extend(
        rules.map(
            |(key, value)| {
                if is_word(value) { format!("{key} = \"{value}\"") } else { format!("{key} = {value}") }
            },
        ),
    );
    schedule.extend(after(&words, "limit").map(|limit| format!("queue_limit = {limit}")));
    let mut out =
        String::from("[scenario]\nname = \"story\"\nstart = 2026-01-01\nend = 2026-01-02\n[run]\njobs = true\n");
    let (chips, per_node) =
        (after(&words, "pool").expect("pool N chips"), after(&words, "nodes").unwrap_or("1".into()));
    writeln!(out, "[pools.p]\nchips = {chips}\nchips_per_node = {per_node}\nschedule = {{ {} }}", schedule.join(", "))
        .unwrap();
    let (toml, of_jobs) = split_extra(toml);
    // `end = ...` moves the end and `seed = ...` the chance; keys before the first table belong to the pool.
    for line in toml.lines().map(str::trim) {
        match (line.strip_prefix("end = "), line.strip_prefix("seed = ")) {
            (Some(end), _) => out = out.replacen("end = 2026-01-02", &format!("end = {end}"), 1),
            (_, Some(seed)) => out = out.replacen("jobs = true", &format!("jobs = true\nseed = {seed}"), 1),
            (None, None) => writeln!(out, "{line}").unwrap(),
        }
    }
    let mut files = Files::new();
    for job in parts.filter(|part| !part.is_empty()) {
        let words: Vec<&str> = job.split_whitespace().collect();
        let get = |key: &str| after(&words, key);
        let (name, lab) = (words[0], get("of").unwrap_or("lab".into()));
        writeln!(out, "[labs.{lab}.workloads.{name}]\nkind = \"trace\"\npools = [\"p\"]\nfile = \"{name}.csv\"")
            .unwrap();
        if let Some(priority) = get("priority") {
            writeln!(out, "priority = {priority}").unwrap();
        }
        out.push_str(of_jobs.get(name).map_or("", String::as_str));
        let (at, gang, length) = (get("at").expect("at"), get("gang").expect("gang"), get("for").expect("for"));
        files.insert(format!("{name}.csv"), format!("submit_s,chips,duration_s\n{at},{gang},{length}\n"));
    }
    world_with(&out, &files)
}

/// Text before the first `[[x]]`, and by job what follows its marker.
fn split_extra(toml: &str) -> (String, BTreeMap<String, String>) {
    let (mut common, mut jobs, mut current) = (String::new(), BTreeMap::<String, String>::new(), None);
    for line in toml.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]")) {
            current = Some(name.to_owned());
        } else {
            let to = current.as_ref().map_or(&mut common, |name| jobs.entry(name.clone()).or_default());
            writeln!(to, "{line}").unwrap();
        }
    }
    (common, jobs)
}

/// `x 0..10 | y 10..`: the jobs in order of name, seconds from the start. No start: `x -`; a failure: `x 0..12 failed 1`; taken off: `x 0..9 yielded 1`.
pub fn timeline(world: &World, record: &RunRecord) -> String {
    let mut rows: Vec<&JobRow> = record.jobs.iter().collect();
    rows.sort_by_key(|row| (&world.workloads[row.workload].name, row.item));
    let seconds = |at: SimTime| at.since(world.start).seconds();
    let text = |row: &&JobRow| {
        let name = &world.workloads[row.workload].name;
        let Some(start) = row.started else { return format!("{name} -") };
        let end = row.finished.map_or(String::new(), |at| seconds(at).to_string());
        let times = |what: &str, n: u32| if n > 0 { format!(" {what} {n}") } else { String::new() };
        let (failed, yielded) = (times("failed", row.failures), times("yielded", row.preemptions));
        format!("{name} {}..{end}{failed}{yielded}", seconds(start))
    };
    rows.iter().map(text).collect::<Vec<_>>().join(" | ")
}

/// Runs a story and compares its timeline.
#[track_caller]
pub fn check(text: &str, expected: &str) {
    check_with(text, "", expected);
}

/// The same with more TOML.
#[track_caller]
pub fn check_with(text: &str, toml: &str, expected: &str) {
    let world = story(text, toml);
    let record = kernel::simulate(&world, Run::default());
    assert_eq!(timeline(&world, &record), expected, "{text}");
}

/// `seconds` after the start.
pub fn at(world: &World, seconds: f64) -> SimTime {
    world.start + Span::from_seconds(seconds)
}

/// Whether the slow tests run; says so when they do not.
pub fn slow(test: &str) -> bool {
    let on = std::env::var_os("HEDGEROW_SLOW").is_some_and(|value| value == "1");
    if !on {
        eprintln!("{test}: skipped, set HEDGEROW_SLOW=1 to run it");
    }
    on
}
