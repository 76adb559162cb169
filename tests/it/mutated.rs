//! Scenario files and job logs with bytes flipped, lines deleted and doubled, tokens put in: read or refused, built or refused, played where they
//! are small, never a panic and never a hang.

use hedgerow::finance::reconcile::reconcile;
use hedgerow::kernel::{Run, simulate};
use hedgerow::spec::{print_config, read_bytes};
use hedgerow::study::with_the_worlds;
use hedgerow::trace::{LAYOUTS, Reading, Sanity, queues, scan};
use hedgerow::units::Span;
use hedgerow::world::catalog::Catalog;
use hedgerow::world::{Failures, Param, Pool, Source, Workload, World};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Whole files of every kind; the first names every key there is and need not build.
const FILES: [&str; 4] =
    ["tests/full.toml", "scenarios/quickstart.toml", "scenarios/dual-bet.toml", "scenarios/gang.toml"];

const TOKENS: [&str; 22] = [
    "[",
    "]",
    "{",
    "}",
    "=",
    ",",
    "\"",
    "'''",
    "\"\"\"",
    "unknown",
    "p5",
    "0",
    "-1",
    "1e999",
    "nan",
    "\n",
    "[[a]]",
    "set",
    "*",
    "é",
    "2026-02-30",
    "true",
];

/// One of a few numbers, from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    if bytes.is_empty() {
        return;
    }
    let at = dice.below(bytes.len());
    match dice.below(7) {
        0 => bytes[at] = dice.below(256) as u8,
        1 => bytes[at] ^= 1 << dice.below(8),
        2 | 3 => drop(bytes.splice(at..at, TOKENS[dice.below(TOKENS.len())].bytes())),
        4 => {
            let mut lines: Vec<Vec<u8>> = bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
            let (a, b) = (dice.below(lines.len()), dice.below(lines.len()));
            match dice.below(3) {
                0 => drop(lines.remove(a)),
                1 => lines.swap(a, b),
                _ => lines.insert(a, lines[b].clone()),
            }
            *bytes = lines.join(&b'\n');
        }
        // A digit for a digit: still a file, another world.
        5 => {
            let digits: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit()).collect();
            if !digits.is_empty() {
                bytes[digits[dice.below(digits.len())]] = b'0' + dice.below(10) as u8;
            }
        }
        _ => bytes.truncate(at.max(1)),
    }
}

/// Longest that one file may take, read, built and played.
const DEADLINE: Duration = Duration::from_secs(60);
/// Files are played whose run expects fewer events than this, and one in eight of those that expect fewer than that.
const SMALL: f64 = 2_000.0;
const MIDDLING: f64 = 150_000.0;

/// Arrivals and failures of a run, from above and roughly: at the larger of medians and p99, every chip at work.
fn expected_events(world: &World) -> f64 {
    let hours = Span(world.end.0).hours();
    let at = |param: &Param| match param {
        Param::Fixed(value) => *value,
        Param::Unknown(id) => world.unknowns[*id].law.quantile(0.99),
        Param::Varies(law, _) => law.quantile(0.05),
    };
    let of = |workload: &Workload| {
        let jobs = match &workload.source {
            Source::Stream(stream) => at(&stream.per_day) * hours / 24.0,
            Source::Campaigns(campaigns) => hours / at(&campaigns.every_h).max(1e-9),
            Source::Trace(jobs) => jobs.len() as f64,
            Source::Service(_) => 0.0,
        };
        let chips = |pool: &Pool| {
            let nodes = pool.initial.iter().map(|v| v.nodes).chain(pool.deliveries.iter().map(|d| d.nodes));
            nodes.map(f64::from).sum::<f64>() * f64::from(pool.chips_per_node)
        };
        let fails = |pool: &Pool| chips(pool) * pool.failures_per_chip_hour * hours;
        let sampled = workload.failures == Failures::Sampled;
        let pools = workload.cells.iter().map(|cell| &world.pools[world.cells[*cell].pool]);
        jobs + if sampled { pools.map(fails).sum::<f64>() } else { 0.0 }
    };
    world.workloads.iter().map(of).sum()
}

/// What became of the files.
#[derive(Default)]
struct Tally {
    read: u64,
    built: u64,
    played: u64,
    events: u64,
}

/// Reads, prints, builds and plays one file, as far as it goes; its first strategy and future.
fn through(round: u64, bytes: Vec<u8>, tally: &mut Tally) {
    let read = match read_bytes("m.toml", bytes, &[]) {
        Ok(read) => read,
        Err(problems) => {
            assert!(!problems.is_empty());
            let file = |_: &str| Err("no file".to_owned());
            let _ = with_the_worlds(problems, Catalog::embedded(), &file).render(round.is_multiple_of(3));
            return;
        }
    };
    tally.read += 1;
    assert!(print_config(&read).contains("[scenario]"));
    for future in &read.spec.futures {
        let _ = read.with_overrides(&future.table.set).map_err(|problems| problems.to_json());
    }
    let strategy = read.spec.strategies.first().map_or("base", |s| s.name.as_str());
    let future = read.spec.futures.first().map_or("base", |f| f.name.as_str());
    let file = |_: &str| Ok("submit_s,chips,duration_s\n0,1,60\n".to_owned());
    match World::build(&read.spec, Catalog::embedded(), strategy, future, &file) {
        Ok(world) => {
            tally.built += 1;
            let expected = expected_events(&world);
            let chosen = (round / FILES.len() as u64).is_multiple_of(8);
            if expected < SMALL || chosen && expected < MIDDLING {
                let record = simulate(&world, Run::default());
                reconcile(&world, &record).unwrap_or_else(|mismatches| panic!("{mismatches:?}"));
                tally.played += 1;
                tally.events += record.events_handled;
            }
        }
        Err(problems) => assert!(!problems.is_empty()),
    }
}

/// Leaves the file behind and names it.
fn left(what: &str, seed: u64, file: Option<&(u64, Vec<u8>)>) -> ! {
    let (round, bytes) = file.expect("it began");
    let place = std::env::temp_dir().join(format!("hedgerow-mutated-{seed}-{round}.toml"));
    std::fs::write(&place, bytes).expect("a place for the file");
    panic!("mutation {round} of seed {seed} {what}: {}", place.display());
}

/// `HEDGEROW_MUTATIONS` files from `HEDGEROW_MUTATIONS_SEED`; what reads is built, and what is small is played with its audits. One that
/// hangs is named when its time is over.
#[test]
fn mutated_files_never_panic() {
    let number = |name: &str, default: u64| std::env::var(name).ok().and_then(|s| s.parse().ok()).unwrap_or(default);
    let (count, seed) = (number("HEDGEROW_MUTATIONS", 4_000), number("HEDGEROW_MUTATIONS_SEED", 1));
    let (sender, receiver) = channel();
    let worker = std::thread::spawn(move || {
        let mut dice = Dice(seed);
        let texts = FILES.map(|file| std::fs::read(file).unwrap_or_else(|e| panic!("{file}: {e}")));
        let mut tally = Tally::default();
        for round in 0..count {
            let mut bytes = texts[round as usize % texts.len()].clone();
            for _ in 0..=dice.below(4) {
                mutate(&mut bytes, &mut dice);
            }
            if round % 2 == 0 {
                bytes = String::from_utf8_lossy(&bytes).into_owned().into_bytes();
            }
            sender.send((round, bytes.clone())).expect("somebody watches");
            through(round, bytes, &mut tally);
        }
        tally
    });
    let mut under_way: Option<(u64, Vec<u8>)> = None;
    loop {
        match receiver.recv_timeout(DEADLINE) {
            Ok(next) => under_way = Some(next),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => left("hangs", seed, under_way.as_ref()),
        }
    }
    let Ok(tally) = worker.join() else { left("panics", seed, under_way.as_ref()) };
    println!(
        "{count} files: {} read, {} built, {} played ({} events)",
        tally.read, tally.built, tally.played, tally.events
    );
    let (few, fewer) = (count / 20, count / 50);
    assert!(
        few < tally.read && fewer < tally.built && fewer < tally.played,
        "{count} files, {} read, {} built, {} played: too few to tell",
        tally.read,
        tally.built,
        tally.played
    );
}

/// A log of each layout, in the order of `LAYOUTS`, with quotes, ids, estimates and rows that are left out.
const LOGS: [&str; 5] = [
    "job_id,submit_s,chips,duration_s,queue,priority,estimate_s,class\na,0,1,60,q,1,90,x\n\"b,\"\"c\",2.5,8,1e3,r,-2,,y\nd,9,4,0,q,,7,\n",
    "timestamp,duration,num_gpus,gpu_time,cluster\n2017-10-09 07:01:55,66.0,1,66.0,11cb48\n2017-10-09 06:13:03,2951.0,16,2951.0,6214e9\n",
    "job_id,user,vc,gpu_num,cpu_num,node_num,state,submit_time,start_time,end_time,duration,queue\n1,u,v,1,1,1,COMPLETED,2020-06-09 18:41:01,2020-06-09 18:41:01,2020-06-10 04:55:09,36848,0\n2,u,w,0,1,1,FAILED,2020-06-09 18:41:02,,,1,0\n",
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\np0,12000,16384,1,1000,,LS,Running,0,12537496,0\np1,6000,12288,1,460,,LS,Running,427061,12902960,427061\np2,1,1,1,1000,,BE,Pending,10001278,10001403,\n",
    "; UnixStartTime: 820454400\n1 0 10 100 4 -1 -1 8 3600 -1 1 5 2 -1 1 0 -1 -1\n2 50 20 200.5 8 -1 -1 -1 7200 -1 1 6 2 -1 3 0 -1 -1\n3 60 -1 -1 -1 -1 -1 -1 -1 -1 5 7 2 -1 1 0 -1 -1\n",
];

/// As many logs; what is judged sound gives as many jobs as were counted, in order of time, and a sanity report.
#[test]
fn mutated_logs_never_panic() {
    let number = |name: &str, default: u64| std::env::var(name).ok().and_then(|s| s.parse().ok()).unwrap_or(default);
    let mut dice = Dice(number("HEDGEROW_MUTATIONS_SEED", 1));
    let (count, mut sound) = (number("HEDGEROW_MUTATIONS", 4_000), 0);
    for round in 0..count {
        let kind = round as usize % LOGS.len();
        let mut bytes = LOGS[kind].as_bytes().to_vec();
        for _ in 0..=dice.below(3) {
            mutate(&mut bytes, &mut dice);
        }
        let skip_bad_rows = dice.below(2) == 0;
        let reading = Reading { skip_bad_rows, ids: dice.below(4) != 0, ..Reading::of(&LAYOUTS[kind]) };
        let open = || -> std::io::Result<Box<dyn std::io::Read + '_>> { Ok(Box::new(&bytes[..])) };
        let mut log = match scan("log", &open, &reading) {
            Ok(log) => log,
            Err(problems) => {
                assert!(!problems.is_empty() && !problems.render(round % 3 == 0).is_empty());
                continue;
            }
        };
        sound += 1;
        let (mut jobs, mut before) = (0, 0);
        while let Some(job) = log.next() {
            assert!(before <= job.submit_us && 1 <= job.chips && !log.id().is_empty());
            (jobs, before) = (jobs + 1, job.submit_us);
        }
        assert_eq!((jobs, log.broken()), (log.facts.jobs, None));
        let chips = vec![8; log.facts.queues.len()];
        assert!(!Sanity::of(&log.facts, &chips, &|_, chips| chips <= 8).lines().is_empty());
        let _ = queues("queues", &bytes).map_err(|problems| problems.to_json());
    }
    assert!(count / 10 < sound, "{count} logs, {sound} sound: too few to tell");
}
