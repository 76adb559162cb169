//! Logs in text and the jobs they must give; broken ones and the line and column that is named.

use super::*;
use crate::spec::Problems;
use std::io::Read;

/// The jobs of a text, `id@submit chips x duration queue`, times in seconds.
fn jobs(log: &mut Log<'_>) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(job) = log.next() {
        let second = |us: u64| us as f64 / 1e6;
        let queue = &log.facts.queues[usize::from(job.queue)];
        let (submit, duration) = (second(job.submit_us), second(job.duration_us));
        found.push(format!("{}@{submit} {}x{duration} {queue}", log.id(), job.chips));
    }
    assert_eq!((log.broken(), found.len() as u64), (None, log.facts.jobs));
    found
}

fn with<T>(text: &[u8], reading: &Reading, then: impl FnOnce(Result<Log<'_>, Problems>) -> T) -> T {
    let open = || -> std::io::Result<Box<dyn Read + '_>> { Ok(Box::new(text)) };
    then(scan("log.csv", &open, reading))
}

/// The jobs of a sound text.
fn read(text: &str, reading: &Reading) -> String {
    with(text.as_bytes(), reading, |log| jobs(&mut log.unwrap_or_else(|problems| panic!("{problems}"))).join(" | "))
}

fn plain() -> Reading {
    Reading::of(layout("plain").unwrap())
}

#[test]
fn a_plain_log_is_its_rows() {
    let text = "job_id,submit_s,chips,duration_s,queue\na,10,4,66.5,q\nb,10,1,0,\n";
    assert_eq!(read(text, &plain()), "a@0 4x66.5 q | b@0 1x0 default");
}
