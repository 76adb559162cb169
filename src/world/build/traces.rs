//! Jobs from a log: every row that cannot be a job is a problem with its line and column. Opens no file itself.

use super::ReadFile;
use super::desk::Desk;
use super::gangs::SHORTEST;
use super::time::Times;
use crate::spec::{self, At, Named};
use crate::trace::{self, Bound, Field, Layout, LogJob, Reading, Unit};
use crate::units::{SimTime, Span};
use crate::world::model::TraceJob;
use std::io::Read;

/// Jobs sorted by submission, ties in the file's order; `room` is the largest gang that ever fits its pools, and where it may overflow to
/// [chips].
pub(super) fn jobs(
    desk: &mut Desk<'_>,
    times: &Times,
    workload: &Named<spec::Workload>,
    trace: &spec::Trace,
    (room, beyond): (u64, u64),
    read_file: &ReadFile<'_>,
) -> Vec<TraceJob> {
    let Some(file) = &trace.file else {
        let message = format!("trace `{}` has no `file`", workload.path);
        desk.problem(workload.origin, &workload.path, message, "name its CSV file");
        return Vec::new();
    };
    let text = match read_file(&file.value) {
        Ok(text) => text,
        Err(why) => {
            let message = format!("cannot read `{}`: {why}", file.value);
            desk.problem(file.origin, &file.path, message, "the path is relative to the scenario file");
            return Vec::new();
        }
    };
    let Some(reading) = reading(desk, trace) else { return Vec::new() };
    let Some(jobs) = rows(desk, file, &text, &reading) else { return Vec::new() };
    if jobs.is_empty() {
        desk.note(format!("{}: `{}` has no jobs", workload.path, file.value));
    }
    let larger_than = |most: u64| jobs.iter().filter(|job| most < u64::from(job.chips)).count();
    let told = |too_large: usize, room: u64| {
        let (all, file) = (jobs.len(), &file.value);
        format!("{too_large} of {all} jobs of `{file}` take more than the {room} chips its pools ever have")
    };
    match (larger_than(room), larger_than(beyond)) {
        (0, _) => {}
        (_, 0) if 0 == room => {}
        (waiting, 0) => {
            desk.note(format!("{}: {}: they overflow after their wait", workload.path, told(waiting, room)));
        }
        (_, too_large) if 0 < beyond => {
            let remedy =
                "make a pool larger, leave those rows out, or let them overflow to a pool with `unlimited = true`";
            desk.problem(file.origin, &file.path, told(too_large, beyond), remedy);
        }
        _ => {}
    }
    let length = times.end.since(times.start);
    note_late(desk, &workload.path, &jobs, length);
    jobs
}

/// Times so far out of the study that the unit may be another.
const FAR: f64 = 10.0;

/// Jobs that come after the end are not played, and those that outlast the whole study never finish: both are told.
fn note_late(desk: &mut Desk<'_>, path: &str, jobs: &[TraceJob], length: Span) {
    let late = jobs.iter().filter(|job| length <= job.submit).count();
    let far = |span: Span| FAR * length.hours() < span.hours();
    let hint = |far: bool| if far { "; is `time_unit` right?" } else { "" };
    if let (true, Some(last)) = (0 < late, jobs.last()) {
        let days = last.submit.hours() / 24.0;
        desk.note(format!(
            "{path}: {late} of {} jobs are submitted after the end and not played, the last {days:.0} days after the start{}",
            jobs.len(),
            hint(far(last.submit))
        ));
    }
    let endless = jobs.iter().filter(|job| length < job.duration).count();
    if let (true, Some(longest)) = (0 < endless, jobs.iter().map(|job| job.duration).max()) {
        desk.note(format!(
            "{path}: {endless} of {} jobs run longer than the study, the longest {:.0} days{}",
            jobs.len(),
            longest.hours() / 24.0,
            hint(far(longest))
        ));
    }
}

/// How the log is to be read; None when keys contradict each other.
fn reading(desk: &mut Desk<'_>, trace: &spec::Trace) -> Option<Reading> {
    let name = trace.layout.as_ref().map_or("plain", |at| &at.value);
    let layout = trace::layout(name).unwrap_or_else(|| panic!("`{name}` is no layout: spec and trace differ"));
    let renamed = [
        (Field::Submit, &trace.submit),
        (Field::Chips, &trace.chips),
        (Field::Duration, &trace.duration),
        (Field::Estimate, &trace.estimate),
    ];
    let columns = renamed.map(|(field, at)| at.as_ref().map(|at| (field, at.value.clone())));
    let unit = match trace.time_unit.as_ref().map(|at| at.value.as_str()) {
        Some("min") => Unit::Minute,
        Some("h") => Unit::Hour,
        _ => Unit::Second,
    };
    let of_plain = [&trace.submit, &trace.chips, &trace.duration, &trace.estimate, &trace.time_unit];
    let mut sound = true;
    for at in of_plain.into_iter().flatten().filter(|_| name != "plain") {
        let message = format!("layout `{name}` has columns and units of its own");
        desk.problem(at.origin, &at.path, message, "take it out, or use layout `plain`");
        sound = false;
    }
    sound.then(|| Reading {
        columns: columns.into_iter().flatten().collect(),
        unit,
        ids: false,
        from: trace.from.as_ref().map(|at| Bound::Date(at.value)),
        until: trace.until.as_ref().map(|at| Bound::Date(at.value)),
        queues: trace.queue.as_ref().map(|at| [at.value.clone()].into()),
        ..Reading::of(layout)
    })
}

/// The jobs of the log in order of submission; None when it is refused.
fn rows(desk: &mut Desk<'_>, file: &At<String>, text: &str, reading: &Reading) -> Option<Vec<TraceJob>> {
    let open = || -> std::io::Result<Box<dyn Read + '_>> { Ok(Box::new(text.as_bytes())) };
    let mut log = match trace::scan(&file.value, &open, reading) {
        Ok(log) => log,
        Err(problems) => {
            for problem in problems.iter() {
                let place = problems.sources().position(problem.origin);
                let place = place.map_or(String::new(), |(_, at)| format!(":{}:{}", at.line, at.column));
                let message = format!("`{}`{place}: {}", file.value, problem.message);
                desk.problem(file.origin, &file.path, message, &problem.remedy);
            }
            return None;
        }
    };
    let offset = offset_us(reading.layout, log.facts.first_us);
    let jobs = std::iter::from_fn(|| log.next()).map(|job| job_of(job, offset)).collect();
    assert_eq!(log.broken(), None, "a text in memory does not change");
    Some(jobs)
}

/// Submission of the first job, from the scenario's start: by its own seconds in the plain layout, else at once [us].
fn offset_us(layout: &Layout, first_us: i64) -> u64 {
    if layout.name == "plain" { first_us.unsigned_abs() } else { 0 }
}

/// A job that takes no time lasts the shortest time there is.
fn job_of(job: LogJob, offset_us: u64) -> TraceJob {
    TraceJob {
        row: job.row,
        submit: Span((offset_us + job.submit_us).min(SimTime::NEVER.0)),
        chips: job.chips,
        duration: Span(job.duration_us).max(SHORTEST),
        estimate: job.estimate_us.map(|us| Span(us).max(SHORTEST)),
        priority: job.priority,
    }
}
