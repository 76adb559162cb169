//! `replay jobs` as a user meets it: published cases to the second, hand cases of overflow, every legal log, every malformed one, and
//! figures that add up.

use crate::cli::files;
use crate::golden::data;
use assert_cmd::Command;
use hedgerow::report::columns;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A row by its headers.
type Row = BTreeMap<String, String>;

/// A folder with a log, and what a replay of it leaves.
struct Desk {
    home: tempfile::TempDir,
}

impl Desk {
    fn new(log: &str) -> Desk {
        let home = tempfile::tempdir().expect("a folder can be made");
        std::fs::write(home.path().join("log.csv"), log).expect("the log can be written");
        Desk { home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn command(&self, args: &str) -> Command {
        let mut command = Command::cargo_bin("hedgerow").expect("the binary is built");
        command.current_dir(&self.home).args(["replay", "jobs", "log.csv", "-o", "out"]).args(args.split_whitespace());
        command
    }

    /// Standard output of a replay that succeeds.
    fn plays(&self, args: &str) -> String {
        let output = self.command(args).assert().code(0).get_output().stdout.clone();
        String::from_utf8(output).expect("output is text")
    }

    /// Standard error of one that refuses its input and leaves nothing.
    #[track_caller]
    fn refuses(&self, args: &str) -> String {
        let output = self.command(args).assert().code(2).stdout("").get_output().stderr.clone();
        assert!(!self.path("out").exists(), "a folder is left");
        let left: Vec<_> = std::fs::read_dir(&self.home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().contains("partial")), "{left:?}");
        String::from_utf8(output).expect("output is text")
    }

    fn rows(&self, file: &str) -> Vec<Row> {
        rows(&self.path("out").join(file))
    }

    /// Jobs as `id start..end place`.
    fn story(&self, args: &str) -> String {
        self.plays(&format!("{args} --quiet"));
        let one = |row: Row| format!("{} {}..{} {}", row["job_id"], row["start_s"], row["end_s"], row["placed_on"]);
        self.rows("jobs.csv").into_iter().map(one).collect::<Vec<_>>().join(" | ")
    }
}

fn rows(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {row:?}"))
}

const HEADER: &str = "job_id,submit_s,chips,duration_s\n";

fn log(jobs: &[(&str, u32, u32, u32)]) -> String {
    let row = |(id, submit, chips, duration): &(&str, u32, u32, u32)| format!("{id},{submit},{chips},{duration}\n");
    jobs.iter().fold(HEADER.to_owned(), |text, job| text + &row(job))
}

/// 3,028 real jobs on four nodes of eight: every start, end and preemption as two published simulators have them.
#[test]
fn published_cases_to_the_second_through_the_command() {
    let cases = [
        ("fifo", "--order fifo"),
        ("fifo", "--order fifo --compat helios"),
        ("fifo", "--order fifo --compat starburst"),
        ("fifo_skip_ahead", "--backfill skip-ahead"),
        ("sjf", "--order sjf --oracle"),
        ("srtf", "--order srtf --preemption order-key --compat helios"),
    ];
    for (file, args) in cases {
        let Some(golden) = data(&format!("golden/scheduling/philly_11cb48_4n_{file}.csv")) else { return };
        let mut reader = csv::Reader::from_reader(golden.as_bytes());
        let golden: Vec<BTreeMap<String, u64>> = reader.deserialize().map(|row| row.expect("whole numbers")).collect();
        let line = |row: &BTreeMap<String, u64>| {
            format!("{},{},{},{}\n", row["seq"], row["submit"], row["gpus"], row["duration"])
        };
        let desk = Desk::new(&golden.iter().map(line).fold(HEADER.to_owned(), |text, line| text + &line));
        desk.plays(&format!("{args} --nodes 4 --quiet"));
        let found = desk.rows("jobs.csv");
        assert_eq!((found.len(), golden.len()), (3_028, 3_028));
        for (found, golden) in found.iter().zip(&golden) {
            let wanted = ["seq", "start", "end"].map(|column| golden[column].to_string());
            let wanted = (wanted, golden.get("preemptions").copied().unwrap_or(0).to_string());
            let got =
                (["job_id", "start_s", "end_s"].map(|column| found[column].clone()), found["preemptions"].clone());
            assert_eq!(got, wanted, "{args}");
        }
    }
}

/// Four chips, and a cloud after 5 s of waiting. b waits from 1 until 6, when a still runs.
#[test]
fn a_wait_that_ends_ends_in_the_cloud() {
    let desk = Desk::new(&log(&[("a", 0, 4, 10), ("b", 1, 4, 3)]));
    assert_eq!(desk.story("--nodes 1 --chips-per-node 4 --overflow-after 5s"), "a 0..10 all | b 6..9 overflow");
    let queue = &desk.rows("queues.csv")[0];
    assert_eq!((queue["overflowed"].as_str(), number(queue, "overflow_chip_hours")), ("1", 4.0 * 3.0 / 3600.0));
}

/// The wait ends at the very instant at which a frees its chips: waits end before anybody is placed.
#[test]
fn a_wait_ends_before_freed_chips_are_given_out() {
    let desk = Desk::new(&log(&[("a", 0, 4, 10), ("b", 5, 4, 3)]));
    assert_eq!(desk.story("--nodes 1 --chips-per-node 4 --overflow-after 5s"), "a 0..10 all | b 10..13 overflow");
}

/// Nobody waits: who fits starts at once, c on the chips that a freed at that instant; b goes to the cloud.
#[test]
fn without_waiting_who_fits_stays() {
    let desk = Desk::new(&log(&[("a", 0, 4, 10), ("b", 3, 4, 2), ("c", 10, 4, 1)]));
    assert_eq!(
        desk.story("--nodes 1 --chips-per-node 4 --overflow-after 0s"),
        "a 0..10 all | b 3..5 overflow | c 10..11 all"
    );
}

/// Three at once: the strict scan stops at b, so that c, which would fit, goes to the cloud with it; with skip-ahead c stays.
#[test]
fn without_waiting_a_blocked_head_takes_those_behind_along() {
    let desk = Desk::new(&log(&[("a", 0, 2, 10), ("b", 0, 4, 2), ("c", 0, 2, 1)]));
    let args = "--nodes 1 --chips-per-node 4 --overflow-after 0s";
    assert_eq!(desk.story(args), "a 0..10 all | b 0..2 overflow | c 0..1 overflow");
    assert_eq!(desk.story(&format!("{args} --backfill skip-ahead")), "a 0..10 all | b 0..2 overflow | c 0..1 all");
}

/// Three nodes of eight, 3 chips of the first held by a. Starburst puts the 4 that b has above a node beside a, so that c finds a node;
/// otherwise they take the third node and c waits for b.
#[test]
fn the_rest_of_a_gang_goes_where_the_simulator_puts_it() {
    let desk = Desk::new(&log(&[("a", 0, 3, 100), ("b", 1, 12, 10), ("c", 2, 8, 5)]));
    assert_eq!(desk.story("--nodes 3 --compat starburst"), "a 0..100 all | b 1..11 all | c 2..7 all");
    assert_eq!(desk.story("--nodes 3"), "a 0..100 all | b 1..11 all | c 11..16 all");
}

/// A file with a header and nothing else; then one job; both with every output.
#[test]
fn no_job_and_one_job() {
    let desk = Desk::new(HEADER);
    assert!(desk.plays("--nodes 1 --price on_demand --timeline t.json").contains("no jobs in 0 rows"));
    assert!(desk.rows("jobs.csv").is_empty() && events(&desk).is_empty());
    assert!(std::fs::read_to_string(desk.path("out/charts/waits.svg")).unwrap().contains("no data: no job started"));
    let desk = Desk::new(&log(&[("only", 7, 3, 60)]));
    assert_eq!(desk.story("--nodes 1 --timeline t.json"), "only 0..60 all");
    assert_eq!(events(&desk).len(), 1);
}

/// A year passes between two jobs.
#[test]
fn an_idle_year() {
    let desk = Desk::new(&log(&[("a", 0, 1, 60), ("b", 31_557_600, 8, 60)]));
    assert_eq!(desk.story("--nodes 1"), "a 0..60 all | b 31557600..31557660 all");
    let all = &desk.rows("queues.csv")[1];
    assert_eq!((all["queue"].as_str(), number(all, "makespan_s")), ("all", 31_557_660.0));
}

/// 10,000 jobs of one chip for 10 s come in one second to 1,000 chips: ten rounds; the last hundred wait 90 s.
#[test]
fn ten_thousand_at_once() {
    let jobs: String = (0..10_000).map(|n| format!("{n},5,1,10\n")).collect();
    let desk = Desk::new(&(HEADER.to_owned() + &jobs));
    desk.plays("--nodes 125 --quiet --timeline t.json");
    let rows = desk.rows("jobs.csv");
    assert!(rows.iter().enumerate().all(|(n, row)| number(row, "start_s") == 10.0 * (n / 1_000) as f64));
    assert_eq!(number(&desk.rows("queues.csv")[0], "allocated_fraction"), 1.0);
    assert_eq!(events(&desk).len(), 10_000);
}

/// Ten chips do not fit eight: told before, not run, counted after. The others run as if it were not there.
#[test]
fn a_job_larger_than_the_pool() {
    let desk = Desk::new(&log(&[("a", 0, 8, 10), ("huge", 1, 10, 5), ("b", 2, 8, 5)]));
    let told = desk.plays("--nodes 1");
    assert!(told.contains("1 job never fits and does not run: 1 of 10 chips in default"), "{told}");
    assert!(told.contains("1 job can never fit and was not run"), "{told}");
    assert_eq!(desk.story("--nodes 1"), "a 0..10 all | huge ..  | b 10..15 all");
    let queue = &desk.rows("queues.csv")[0];
    assert_eq!(["jobs", "never_fit", "started"].map(|column| queue[column].as_str()), ["3", "1", "2"]);
}

/// The same with a cloud: huge holds the strict queue for a minute, and b, which came at 2, starts when it has gone. It is rented either way: at
/// USD 6.88 a chip-hour all jobs are (8 x 10 + 10 x 7 + 8 x 5) / 3600 x 6.88 and the cloud 70 / 3600 x 6.88. Without a cloud nobody rents for it.
#[test]
fn a_job_larger_than_the_pool_goes_to_the_cloud() {
    let desk = Desk::new(&log(&[("a", 0, 8, 10), ("huge", 1, 10, 7), ("b", 2, 8, 5)]));
    let args = "--nodes 1 --price on_demand --no-charts";
    let told = desk.plays(&format!("{args} --overflow-after 1min"));
    assert!(told.contains("1 job never fits and goes to the cloud after its wait: 1 of 10 chips in default"), "{told}");
    assert!(
        told.contains("1 job can never fit: it waited for the cloud") && told.contains("all jobs rented"),
        "{told}"
    );
    let story = desk.story(&format!("{args} --overflow-after 1min"));
    assert_eq!(story, "a 0..10 all | huge 61..68 overflow | b 61..66 all");
    let story = desk.story(&format!("{args} --overflow-after 1min --backfill skip_ahead"));
    assert_eq!(story, "a 0..10 all | huge 61..68 overflow | b 10..15 all");
    let usd = |chip_seconds: f64| 6.88 * chip_seconds / 3_600.0;
    let near = |column: &str, wanted: f64| {
        let found = number(&desk.rows("queues.csv")[0], column);
        assert!((found - wanted).abs() < 1e-9 * wanted, "{column}: {found}, not {wanted}");
    };
    near("all_rented_usd", usd(190.0));
    near("overflow_usd", usd(70.0));
    near("owning_breaks_even_usd_per_chip_hour", usd(120.0) / (8.0 * 68.0 / 3_600.0));
    assert_eq!(
        ["jobs", "never_fit", "started"].map(|column| desk.rows("queues.csv")[0][column].clone()),
        ["3", "1", "3"]
    );
    let told = desk.plays(args);
    assert!(told.contains("all jobs that ran rented"), "{told}");
    near("all_rented_usd", usd(120.0));
    near("demand_chip_hours", 190.0 / 3_600.0);
    near("owning_breaks_even_usd_per_chip_hour", usd(120.0) / (8.0 * 15.0 / 3_600.0));
}

/// low is taken off at 10, has waited for a minute anew at 70 and does its last 40 s in the cloud; late waits from 20 to 80.
#[test]
fn who_is_taken_off_goes_to_the_cloud_after_a_wait_anew() {
    let desk = Desk::new("job_id,submit_s,chips,duration_s,priority\nlow,0,8,50,0\nhigh,10,8,300,5\nlate,20,8,50,0\n");
    let rules = "--nodes 1 --order priority --preemption class --no-charts";
    let story = |after: &str| desk.story(&format!("{rules} --overflow-after {after}"));
    assert_eq!(story("60s"), "low 0..110 overflow | high 10..310 all | late 80..130 overflow");
    assert_eq!(story("0s"), "low 0..350 all | high 10..310 all | late 20..70 overflow");
}

/// A timeline may stand in the output folder, which then is a whole with it; what others put there stays when the replay is played again.
#[test]
fn a_timeline_in_the_output_folder() {
    let desk = Desk::new(&log(&[("a", 0, 8, 10), ("b", 1, 8, 10), ("c", 200, 8, 10)]));
    desk.plays("--nodes 1 --timeline out/t.json --quiet");
    let text = std::fs::read_to_string(desk.path("out/t.json")).unwrap();
    assert_eq!(text.matches("\"ph\":\"X\"").count(), 3);
    std::fs::write(desk.path("out/notes.txt"), "mine").unwrap();
    // Only the lanes of what is shown have names.
    desk.plays("--nodes 2 --timeline out/more/t.json --window 0..60 --no-charts --quiet");
    let text = std::fs::read_to_string(desk.path("out/more/t.json")).unwrap();
    assert_eq!((text.matches("\"ph\":\"X\"").count(), text.matches("thread_name").count()), (2, 2));
    assert_eq!(std::fs::read_to_string(desk.path("out/notes.txt")).unwrap(), "mine");
    assert!(!desk.path("out/charts").exists() && desk.path("out/jobs.csv").exists());
}

/// A flag that changes nothing is told.
#[test]
fn what_does_nothing_is_told() {
    let desk = Desk::new(&log(&[("a", 0, 8, 10), ("b", 1, 8, 10)]));
    let told = desk.plays("--nodes 1 --no-charts --compat helios --order srtf --preemption order_key --backfill easy");
    assert!(told.contains("--backfill easy changes nothing") && told.contains("srtf, quota walk, "), "{told}");
    assert!(!told.contains("srtf, easy"), "{told}");
    let told = desk.plays("--nodes 1 --no-charts --restart-cost inf:60 --window 0..5");
    assert!(told.contains("--restart-cost changes nothing") && told.contains("--window changes nothing"), "{told}");
}

/// A log of another layout is told as such.
#[test]
fn the_layout_whose_columns_match_is_named() {
    let helios = "job_id,user,gpu_num,cpu_num,node_num,state,submit_time,start_time,end_time,duration,queue,vc\n\
                  1,u,8,64,1,COMPLETED,2020-04-01 00:00:05,2020-04-01 00:00:05,2020-04-01 00:01:05,60,0,v\n";
    let desk = Desk::new(helios);
    let told = desk.refuses("--nodes 1");
    assert!(told.contains("layout `helios`, not of `plain`") && told.contains("--layout helios"), "{told}");
    assert!(!told.contains("did you mean"), "{told}");
    assert!(desk.refuses("--nodes 1 --layout openb").contains("--layout helios"));
    assert_eq!(desk.story("--nodes 1 --layout helios"), "1 0..60 all");
    let swf = Desk::new("; UnixStartTime: 0\n1 0 0 60 8 -1 -1 8 60 -1 1 1 1 1 1 1 -1 -1\n");
    assert!(swf.refuses("--nodes 1").contains("--layout swf"));
    let plain = Desk::new(&log(&[("a", 0, 8, 10)]));
    assert!(plain.refuses("--nodes 1 --layout philly").contains("--layout plain"));
}

/// A job that takes no time starts and ends at once, and waits for its turn like any other.
#[test]
fn a_job_of_no_length() {
    let desk = Desk::new(&log(&[("a", 0, 8, 10), ("z", 1, 8, 0), ("b", 2, 8, 1)]));
    assert_eq!(desk.story("--nodes 1 --timeline t.json"), "a 0..10 all | z 10..10 all | b 10..11 all");
}

/// 16 chips on nodes of 4, 8 and 16: a job of 6 beside one of 10 leaves no node of 4 or 8 whole.
#[test]
fn nodes_of_four_eight_and_sixteen() {
    let desk = Desk::new(&log(&[("a", 0, 6, 10), ("b", 0, 10, 10), ("c", 1, 1, 5)]));
    // 6 = 4 + 2, 10 = 4 + 4 + 2 on the two left over by a: all 16 are held.
    assert_eq!(desk.story("--nodes 4 --chips-per-node 4"), "a 0..10 all | b 0..10 all | c 10..15 all");
    // 6 on a node of 8 leave 2 there, 8 on the other: together 10.
    assert_eq!(desk.story("--nodes 2 --chips-per-node 8"), "a 0..10 all | b 0..10 all | c 10..15 all");
    assert_eq!(desk.story("--nodes 1 --chips-per-node 16"), "a 0..10 all | b 0..10 all | c 10..15 all");
    // 7 leave 1 beside them; 9 need a whole node and 1: fits on two of 8, not on four of 4 (7 = 4 + 3, 9 = 4 + 4 + 1).
    let desk = Desk::new(&log(&[("a", 0, 7, 10), ("b", 0, 9, 10)]));
    assert_eq!(desk.story("--nodes 2 --chips-per-node 8"), "a 0..10 all | b 0..10 all");
    assert_eq!(desk.story("--nodes 4 --chips-per-node 4"), "a 0..10 all | b 0..10 all");
}

/// Every malformed log is refused with line and column, exit 2, and nothing on disk; `--skip-bad-rows` counts it instead.
#[test]
fn malformed_logs_are_refused_where_they_are_wrong() {
    let good = "a,0,1,60\n";
    let cases = [
        ("text in a number", "b,0,x,60", "log.csv:3:5"),
        ("negative", "b,0,1,-5", "log.csv:3:7"),
        ("not a number", "b,NaN,1,5", "log.csv:3:3"),
        ("beyond all numbers", "b,0,1,1e300", "log.csv:3:7"),
        ("duplicate id", "a,0,1,5", "log.csv:3:1"),
        ("wrong separator", "b;0;1;5", "log.csv:3:"),
        ("truncated row", "b,0,1", "log.csv:3:"),
        ("no chips", "b,0,0,5", "log.csv:3:5"),
    ];
    for (what, row, place) in cases {
        let desk = Desk::new(&format!("{HEADER}{good}{row}\n"));
        let told = desk.refuses("--nodes 1");
        assert!(told.contains(place), "{what}: no {place} in\n{told}");
        let told = desk.plays("--nodes 1 --skip-bad-rows");
        assert!(told.contains("1 bad row left out"), "{what}: {told}");
        assert_eq!(desk.rows("jobs.csv").len(), 1, "{what}");
    }
    let desk = Desk::new("job_id,submit_s,duration_s\na,0,60\n");
    let told = desk.refuses("--nodes 1 --skip-bad-rows");
    assert!(told.contains("log.csv:1:") && told.contains("chips"), "a missing column: {told}");
}

/// Marks of other systems are no faults: a BOM, CRLF, no newline at the end.
#[test]
fn marks_of_other_systems_are_read() {
    let desk = Desk::new(&format!("\u{feff}{}a,0,1,60\r\nb,1,8,5", HEADER.replace('\n', "\r\n")));
    assert_eq!(desk.story("--nodes 1"), "a 0..60 all | b 60..65 all");
}

/// What is wrong with the arguments is told as such, before anything is written.
#[test]
fn wrong_arguments_are_refused() {
    let desk = Desk::new(&log(&[("a", 0, 1, 60)]));
    for (args, told) in [
        ("--nodes 1 --order fair_share --backfill conservative", "conservative"),
        ("--nodes 1 --placement split", "split_speed"),
        ("--nodes 1 --order las", "levels"),
        ("--nodes 1 --backfill foo", "for '--backfill <RULE>': one of strict, skip_ahead, easy, conservative"),
        ("--nodes 1 --order shortest", "for '--order <ORDER>': one of fifo, sjf, srtf, priority, fair_share"),
        ("--nodes 1 --preemption on", "for '--preemption <RULE>': one of off, class, order_key"),
        ("--nodes 1 --placement tight", "for '--placement <RULE>': one of first_fit, best_fit, spread, whole_node"),
        (
            "--nodes 1 --order fair-share --preemption order-key",
            "--order fair_share does not go with --preemption order_key",
        ),
        ("--nodes 1 --preemption class --restart-cost 1:7,8:30", "end with inf:SECONDS, e.g. 1:7,8:30,inf:60"),
        ("--nodes 1 --timeline out/jobs.csv", "is a file of the replay's own"),
        ("--nodes 1 --price spot --region eu-north-1", "on_demand"),
        ("--nodes 1 --price dear", "capacity_block"),
        ("--nodes 1 --window 2017-10-01..2017-10-02", "no dates"),
        ("--nodes 1 --window 5..5", "ends before it begins"),
        ("--nodes 1 --timeline log.csv", "overwrite"),
        ("--nodes 1 --region us-east-1", "--price"),
        ("", "--nodes"),
    ] {
        let said = desk.refuses(args);
        assert!(said.contains(told), "{args}: {said}");
    }
}

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % n
    }
}

/// Four queues share three nodes of eight and a cloud after ten minutes; some jobs never fit. Every column of `queues.csv` that counts or adds
/// is recomputed from `jobs.csv`, and `fractions.csv` adds up.
#[test]
fn queues_are_the_sums_of_their_jobs() {
    for (seed, args) in [(1, "--backfill skip-ahead"), (2, "--order sjf"), (3, "--order srtf --preemption order-key")] {
        let mut dice = Dice(seed);
        let mut text = "job_id,submit_s,chips,duration_s,queue\n".to_owned();
        let mut submit = 0;
        for n in 0..400 {
            submit += dice.below(120);
            let chips = [1, 1, 2, 4, 8, 12, 24, 30][dice.below(8) as usize];
            text += &format!("{n},{submit},{chips},{},q{}\n", dice.below(900), dice.below(4));
        }
        let desk = Desk::new(&text);
        desk.plays(&format!("{args} --nodes 3 --overflow-after 10min --price on_demand --quiet"));
        let (jobs, queues) = (desk.rows("jobs.csv"), desk.rows("queues.csv"));
        assert_eq!((jobs.len(), queues.len()), (400, 5));
        let preemptive = args.contains("srtf");
        for queue in &queues {
            let ours: Vec<&Row> =
                jobs.iter().filter(|job| ["all", &job["queue"]].contains(&queue["queue"].as_str())).collect();
            let started: Vec<&&Row> = ours.iter().filter(|job| !job["start_s"].is_empty()).collect();
            let waits: Vec<f64> = started.iter().map(|job| number(job, "start_s") - number(job, "submit_s")).collect();
            let jcts: Vec<f64> = started.iter().map(|job| number(job, "end_s") - number(job, "submit_s")).collect();
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            let sum = |rows: &mut dyn Iterator<Item = &&&Row>, time: &str| -> f64 {
                rows.map(|job| number(job, "chips") * number(job, time) / 3600.0).sum()
            };
            let close = |column: &str, wanted: f64| {
                let found = number(queue, column);
                assert!(
                    (found - wanted).abs() <= 1e-3 + 1e-6 * wanted.abs(),
                    "{args}: {column} {found}, not {wanted}: {queue:?}"
                );
            };
            close("jobs", ours.len() as f64);
            close("started", started.len() as f64);
            close("finished", started.len() as f64);
            assert_eq!(ours.len(), started.len(), "who never fits goes to the cloud");
            close("never_fit", ours.iter().filter(|job| 24.0 < number(job, "chips")).count() as f64);
            close("p_wait", waits.iter().filter(|wait| 0.0 < **wait).count() as f64 / waits.len() as f64);
            close("wait_mean_s", mean(&waits));
            close("jct_mean_s", mean(&jcts));
            close("preemptions", started.iter().map(|job| number(job, "preemptions")).sum());
            let away = |job: &&&&Row| job["placed_on"] == "overflow";
            close("overflowed", started.iter().filter(away).count() as f64);
            // Who was taken off before has done a part of its work on the fleet.
            let held = number(queue, "allocated_chip_hours") + number(queue, "overflow_chip_hours");
            let wanted = sum(&mut started.iter(), "duration_s");
            assert!((held - wanted).abs() < 1e-6 * wanted, "{held} chip-hours held, not {wanted}");
            if !preemptive {
                close("overflow_chip_hours", sum(&mut started.iter().filter(away), "duration_s"));
            }
            let every: Vec<&&Row> = ours.iter().collect();
            close("demand_chip_hours", sum(&mut every.iter(), "duration_s"));
            let usd = number(queue, "usd_per_chip_hour");
            close("all_rented_usd", usd * number(queue, "demand_chip_hours"));
            close("overflow_usd", usd * number(queue, "overflow_chip_hours"));
            assert_eq!(queue["owning_breaks_even_usd_per_chip_hour"].is_empty(), queue["queue"] != "all");
            let parts: Vec<Row> =
                desk.rows("fractions.csv").into_iter().filter(|row| row["queue"] == queue["queue"]).collect();
            let spent: f64 = parts[1..].iter().map(|row| number(row, "chip_hours")).sum();
            assert!((spent - number(&parts[0], "chip_hours")).abs() < 1e-6, "{parts:?}");
        }
        assert_eq!(preemptive, 0.0 < number(&queues[4], "preemptions"), "{args}");
        assert!(0.0 < number(&queues[4], "overflowed") && 0.0 < number(&queues[4], "never_fit"), "{args}");
    }
}

/// Events of `t.json` beside the log: stays on chips, by job.
fn events(desk: &Desk) -> Vec<Value> {
    let text = std::fs::read_to_string(desk.path("t.json")).expect("a timeline");
    let trace: Value = serde_json::from_str(&text).expect("JSON");
    let all = trace["traceEvents"].as_array().expect("events").clone();
    all.into_iter().filter(|event| event["ph"] == "X").collect()
}

/// Every event of the timeline is a row of `jobs.csv` and every started row an event; no two of a track overlap; a window leaves out what
/// lies outside; preempted jobs have as many events as stays.
#[test]
fn the_timeline_is_the_jobs() {
    let jobs: String = (0..60).map(|n| format!("job {n},{},{},{}\n", 3 * n, 1 + n % 5, 20 + 7 * (n % 4))).collect();
    let desk = Desk::new(&(HEADER.to_owned() + &jobs));
    desk.plays("--nodes 1 --overflow-after 30s --quiet --timeline t.json");
    let events = |desk: &Desk| self::events(desk);
    let mut found: Vec<(String, f64, f64, f64)> = events(&desk)
        .iter()
        .map(|event| {
            let seconds = |of: &str| event[of].as_f64().expect("a number") / 1e6;
            let chips = event["args"]["chips"].as_f64().expect("a number");
            (event["name"].as_str().expect("a name").to_owned(), seconds("ts"), seconds("ts") + seconds("dur"), chips)
        })
        .collect();
    let mut wanted: Vec<(String, f64, f64, f64)> = desk
        .rows("jobs.csv")
        .iter()
        .map(|row| (row["job_id"].clone(), number(row, "start_s"), number(row, "end_s"), number(row, "chips")))
        .collect();
    found.sort_by(|a, b| a.partial_cmp(b).unwrap());
    wanted.sort_by(|a, b| a.partial_cmp(b).unwrap());
    assert_eq!(found, wanted);
    let mut tracks: BTreeMap<(i64, i64), Vec<(f64, f64)>> = BTreeMap::new();
    for event in events(&desk) {
        let at = |of: &str| event[of].as_f64().expect("a number");
        let track = (event["pid"].as_i64().unwrap(), event["tid"].as_i64().unwrap());
        tracks.entry(track).or_default().push((at("ts"), at("ts") + at("dur")));
    }
    for (track, mut stays) in tracks {
        stays.sort_by(|a, b| a.partial_cmp(b).unwrap());
        assert!(stays.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{track:?}: {stays:?}");
    }
    desk.plays("--nodes 1 --overflow-after 30s --quiet --timeline t.json --window 50..80");
    let overlaps = wanted.iter().filter(|job| job.1 < 80.0 && 50.0 < job.2).count();
    assert_eq!(events(&desk).len(), overlaps);
    desk.plays("--nodes 1 --order srtf --preemption order-key --quiet --timeline t.json");
    let stays: f64 = desk.rows("jobs.csv").iter().map(|row| 1.0 + number(row, "preemptions")).sum();
    assert_eq!(events(&desk).len() as f64, stays);
}

/// The folder of a replay is the same twice; its tables have the columns of the data dictionary, its page opens without a network, its charts
/// have no number that is none.
#[test]
fn a_replay_leaves_tables_charts_and_a_page() {
    let mut text = "job_id,submit_s,chips,duration_s,queue\n".to_owned();
    for n in 0..200 {
        text += &format!("{n},{},{},{},<q>{}\n", 60 * n, 1 + n % 11, 600 + 13 * (n % 7), n % 10);
    }
    let desk = Desk::new(&text);
    let args = "--nodes 4 --overflow-after 1h --price committed --order srtf --preemption order_key";
    let told = desk.plays(args);
    assert!(told.contains("prices: by default --instance p5.48xlarge --region us-east-1"), "{told}");
    assert!(told.contains("at committed_1y, all jobs rented: USD") && told.contains("estimate"), "{told}");
    let first = files(&desk.path("out"));
    let names: Vec<&str> = first.iter().map(|file| file.0.as_str()).collect();
    let charts = ["allocation", "fragmentation", "gantt", "goodput", "waits"].map(|name| format!("charts/{name}.svg"));
    let mut wanted: Vec<&str> = charts.iter().map(String::as_str).collect();
    wanted.extend(["fractions.csv", "jobs.csv", "manifest.json", "queues.csv", "report.html"]);
    assert_eq!(names, wanted);
    desk.plays(args);
    assert!(first == files(&desk.path("out")), "the same replay left other bytes");
    for (name, bytes) in &first {
        let text = String::from_utf8_lossy(bytes);
        if name.ends_with(".csv") {
            let header: Vec<&str> = text.lines().next().unwrap_or_default().split(',').collect();
            assert_eq!(header, columns::headers(&format!("replay/{name}")), "{name}");
        }
        assert!(!text.contains("NaN"), "{name}");
        if name.ends_with(".svg") || name.ends_with(".html") {
            assert!(!text.contains("<q>"), "{name}: a name became markup");
            let outside = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!outside.contains("http:") && !outside.contains("src="), "{name}");
        }
    }
    desk.plays("--nodes 4 --no-charts --quiet");
    assert_eq!(files(&desk.path("out")).len(), 4);
}

/// What `--compat` follows is told, each with what happens otherwise.
#[test]
fn compat_is_explained() {
    let output = Command::cargo_bin("hedgerow").unwrap().args(["explain", "compat"]).assert().code(0);
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let both = text.contains("helios (replay jobs --compat)") && text.contains("starburst (replay jobs --compat)");
    let both = both && text.contains("splitwise (replay requests --compat)");
    assert!(both && text.contains("a second longer") && text.matches("  without: ").count() >= 8, "{text}");
}
