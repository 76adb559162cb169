//! Reading job logs: two months of Philly judged, sorted and handed out; the same log in order of time, which is streamed.
//! Prints CPU time; fails on nothing but a crash.

mod reference;

use hedgerow::trace::{Log, Reading, layout, queues, scan};
use std::io::Read;
use std::path::PathBuf;

fn main() {
    let folder = std::env::var_os("HEDGEROW_DATA").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let read = |name: &str| std::fs::read(folder.join("traces/philly").join(name));
    let (Ok(log), Ok(nodes)) = (read("philly.csv"), read("vc_nodes.csv")) else {
        println!("Philly is not in the data folder, left out: set HEDGEROW_DATA");
        return;
    };
    let known = queues("vc_nodes.csv", &nodes).unwrap_or_else(|problems| panic!("{problems}"));
    let philly = Reading {
        from: Some("2017-10-01".parse().expect("a date")),
        until: Some("2017-12-01".parse().expect("a date")),
        queues: Some(known.into_iter().map(|queue| queue.name).collect()),
        ..Reading::of(layout("philly").expect("it is in the table"))
    };
    let plain = Reading::of(layout("plain").expect("it is in the table"));
    let sorted = as_plain(&log, &philly);
    let backwards = reversed(&sorted);
    let [unsorted, streamed, reversed] = reference::least_cpu_seconds(
        9,
        [&mut || all(&log, &philly), &mut || all(&sorted, &plain), &mut || all(&backwards, &plain)],
    );
    println!("two months of Philly, not in order: {:.1} ms (82,247 rows, 68,503 jobs); must 30 ms", unsorted * 1e3);
    println!("the same in layout plain, in order, read twice, ids compared: {:.1} ms", streamed * 1e3);
    println!("the same backwards, ids and estimates kept: {:.1} ms", reversed * 1e3);
}

fn with<T>(text: &[u8], reading: &Reading, then: impl FnOnce(Log<'_>) -> T) -> T {
    let open = || -> std::io::Result<Box<dyn Read + '_>> { Ok(Box::new(text)) };
    then(scan("log.csv", &open, reading).unwrap_or_else(|problems| panic!("{problems}")))
}

/// Reads a log to its end; a number that depends on all of it.
fn all(text: &[u8], reading: &Reading) -> u64 {
    with(text, reading, |mut log| {
        std::iter::from_fn(|| log.next()).map(|job| job.submit_us ^ job.duration_us ^ u64::from(job.chips)).sum()
    })
}

fn as_plain(text: &[u8], reading: &Reading) -> Vec<u8> {
    let mut out = String::from("job_id,submit_s,chips,duration_s,queue,estimate_s\n");
    with(text, reading, |mut log| {
        while let Some(job) = log.next() {
            let (submit, duration) = (job.submit_us / 1_000_000, job.duration_us / 1_000_000);
            let (queue, id) = (&log.facts.queues[usize::from(job.queue)], log.id());
            out += &format!("{id},{submit},{},{duration},{queue},{duration}\n", job.chips);
        }
    });
    out.into_bytes()
}

fn reversed(text: &[u8]) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    lines[1..].reverse();
    lines.concat()
}
