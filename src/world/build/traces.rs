//! Jobs from a CSV file: every row that cannot be a job is a problem. Opens no file itself.

use super::ReadFile;
use super::desk::{Desk, did_you_mean};
use super::gangs::SHORTEST;
use super::time::Times;
use crate::spec::{self, At, Named};
use crate::units::Span;
use crate::world::model::TraceJob;

/// Bad rows named before the rest is counted.
const NAMED_ROWS: usize = 20;

/// Jobs sorted by submission, ties in the file's order; `room` is the largest gang that ever fits [chips].
pub(super) fn jobs(
    desk: &mut Desk<'_>,
    times: &Times,
    workload: &Named<spec::Workload>,
    trace: &spec::Trace,
    room: u64,
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
    if text.trim().is_empty() {
        let message = format!("`{}` is empty", file.value);
        desk.problem(file.origin, &file.path, message, "a header, e.g. submit_s,chips,duration_s, and a row a job");
        return Vec::new();
    }
    let Some(table) = Columns::of(desk, trace, file, &text) else { return Vec::new() };
    let mut jobs = table.rows(desk, file, &text);
    if jobs.is_empty() {
        desk.note(format!("{}: `{}` has no jobs", workload.path, file.value));
    }
    let too_large = jobs.iter().filter(|job| room < u64::from(job.chips)).count();
    if 0 < too_large && 0 < room {
        let message = format!(
            "{too_large} of {} jobs of `{}` take more than the {room} chips its pools ever have",
            jobs.len(),
            file.value
        );
        desk.problem(file.origin, &file.path, message, "make a pool larger, or leave those rows out");
    }
    jobs.sort_by_key(|job| job.submit);
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

/// Where a job's three numbers stand, and the unit of its times.
struct Columns {
    submit: usize,
    chips: usize,
    duration: usize,
    seconds_per_unit: f64,
}

impl Columns {
    fn of(desk: &mut Desk<'_>, trace: &spec::Trace, file: &At<String>, text: &str) -> Option<Columns> {
        let header: Vec<String> = match reader(text).headers() {
            Ok(header) => header.iter().map(str::to_owned).collect(),
            Err(error) => {
                desk.problem(
                    file.origin,
                    &file.path,
                    format!("`{}` has no header: {error}", file.value),
                    "a header, e.g. submit_s,chips,duration_s",
                );
                return None;
            }
        };
        let mut column = |written: &Option<At<String>>, default: &str| {
            let name = written.as_ref().map_or(default, |at| &at.value);
            let found = header.iter().position(|column| column == name);
            if found.is_none() {
                let at = written.as_ref().unwrap_or(file);
                let remedy = did_you_mean(name, header.iter().map(String::as_str), "column");
                desk.problem(at.origin, &at.path, format!("`{}` has no column `{name}`", file.value), remedy);
            }
            found
        };
        let submit = column(&trace.submit, "submit_s");
        let chips = column(&trace.chips, "chips");
        let duration = column(&trace.duration, "duration_s");
        let seconds_per_unit = match trace.time_unit.as_ref().map(|at| at.value.as_str()) {
            Some("min") => 60.0,
            Some("h") => 3600.0,
            _ => 1.0,
        };
        Some(Columns { submit: submit?, chips: chips?, duration: duration?, seconds_per_unit })
    }

    fn rows(&self, desk: &mut Desk<'_>, file: &At<String>, text: &str) -> Vec<TraceJob> {
        let mut jobs = Vec::new();
        let mut bad = 0;
        for (row, record) in reader(text).records().enumerate() {
            let read = record.map_err(|error| error.to_string());
            match read.and_then(|record| self.job(row as u32, &record)) {
                Ok(job) => jobs.push(job),
                Err(why) => {
                    bad += 1;
                    if bad <= NAMED_ROWS {
                        let message = format!("`{}` row {} (after the header): {why}", file.value, row + 1);
                        desk.problem(file.origin, &file.path, message, "correct the row or leave it out");
                    }
                }
            }
        }
        if NAMED_ROWS < bad {
            let message = format!("`{}` has {} more rows that cannot be read", file.value, bad - NAMED_ROWS);
            desk.problem(file.origin, &file.path, message, "correct the rows or leave them out");
        }
        jobs
    }

    /// A job of one row; one that takes no time lasts the shortest time there is.
    fn job(&self, row: u32, record: &csv::StringRecord) -> Result<TraceJob, String> {
        let number = |column: usize, what: &str| {
            let text = record.get(column).unwrap_or("");
            match text.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(value),
                _ => Err(format!("{what} `{text}` is not a number")),
            }
        };
        let submit = number(self.submit, "the submission time")? * self.seconds_per_unit;
        let chips = number(self.chips, "the gang size")?;
        let duration = number(self.duration, "the running time")? * self.seconds_per_unit;
        if submit < 0.0 {
            return Err(format!("submitted {submit} s before the start"));
        }
        if duration < 0.0 {
            return Err(format!("a running time of {duration} s"));
        }
        if chips != chips.floor() || !(1.0..=1e9).contains(&chips) {
            return Err(format!("a gang of {chips} chips"));
        }
        let duration = Span::from_seconds(duration).max(SHORTEST);
        Ok(TraceJob { row, submit: Span::from_seconds(submit), chips: chips as u32, duration })
    }
}

fn reader(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes())
}
