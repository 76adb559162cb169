//! A log as a stream of jobs in order of submission: read once to be judged, then again job by job, or sorted in memory.
//! Simulates nothing.

use super::clock::{Bound, date_at, micros_of};
use super::fault::Kind;
use super::figure::LONGEST_US;
use super::layout::Field;
use super::row::{LeftOut, NO_ESTIMATE, Reading};
use super::sieve::{Counts, Kept, Refusal, Sieve, hash};
use super::store::Store;
use super::tally::Tally;
use crate::spec::{Problem, Problems, Sources};
use crate::units::{Date, Span};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};

/// Opens the log anew, from its beginning.
pub type Open<'a> = dyn Fn() -> io::Result<Box<dyn Read + 'a>> + 'a;

/// A job of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogJob {
    /// Row of the file, from 0; neither header nor blank lines are rows.
    pub row: u32,
    /// When submitted, from the first job kept [us].
    pub submit_us: u64,
    /// Running time; 0 is legal [us].
    pub duration_us: u64,
    /// Gang, 1 or more.
    pub chips: u32,
    /// Number of its queue in [`Facts::queues`].
    pub queue: u16,
    /// Number of its class in [`Facts::classes`].
    pub class: u16,
    /// Larger goes first; 0 where the log has none.
    pub priority: i32,
    /// Running time as its user expected it [us].
    pub estimate_us: Option<u64>,
}

/// What was found in a log.
#[derive(Clone, PartialEq, Debug)]
pub struct Facts {
    /// Rows, the sound and the bad.
    pub rows: u64,
    /// Jobs kept.
    pub jobs: u64,
    /// Whether its jobs have estimates, and priorities.
    pub has_estimates: bool,
    /// See `has_estimates`.
    pub has_priorities: bool,
    /// Whether instants are civil dates (UTC), then counted from 1970; else seconds from the log's own origin.
    pub has_dates: bool,
    /// First submission of a job kept [us, as the log counts]; 0 without jobs.
    pub first_us: i64,
    /// Last submission of a job kept [us].
    pub last_us: i64,
    /// What the log covers: from `from` until `until` where they are given, else from the first to the last submission [us].
    pub covers_us: (i64, i64),
    /// Whether the log was not in order of time and is sorted in memory.
    pub sorted_in_memory: bool,
    /// Jobs kept that are submitted before the job kept before them in the file.
    pub backwards: u64,
    /// Line of the first of them.
    pub first_backwards_line: Option<u64>,
    /// Rows before `from` or from `until` on.
    pub outside: u64,
    /// Jobs that ask for a share of one chip and get a whole one.
    pub shared: u64,
    /// Sound rows that are no jobs to replay.
    pub left_out: BTreeMap<LeftOut, u64>,
    /// Rows of queues that are not among the known ones.
    pub unknown_queues: BTreeMap<String, u64>,
    /// Bad rows left out, by the first thing wrong with each.
    pub skipped: BTreeMap<Kind, u64>,
    /// Queues in order of first appearance; `default` where a job names none.
    pub queues: Vec<String>,
    /// Classes in order of first appearance; `default` where a job has none.
    pub classes: Vec<String>,
    /// Demand, sizes, gaps.
    pub tally: Tally,
}

impl Facts {
    /// Date of the first submission, where the log has dates and jobs.
    pub fn first(&self) -> Option<Date> {
        (self.has_dates && 0 < self.jobs).then(|| date_at(self.first_us))
    }

    /// An instant of the log, from the first submission; negative before it [us]. The error says which kind of instant this log needs.
    pub fn since_first(&self, at: Bound) -> Result<i64, String> {
        let us = match at {
            Bound::Date(date) if self.has_dates => micros_of(date),
            Bound::Date(date) => return Err(format!("the log has no dates, so that {date} is nowhere in it")),
            Bound::Seconds(_) if self.has_dates => return Err("the log has dates, not seconds".into()),
            Bound::Seconds(seconds) => (seconds * 1e6).round() as i64,
        };
        Ok(us.saturating_sub(self.first_us))
    }

    /// From the first submission to the last.
    pub fn length(&self) -> Span {
        Span(self.last_us.abs_diff(self.first_us))
    }
}

/// A log that was judged and found sound, and its jobs in order of submission, ties in the order of the file.
pub struct Log<'a> {
    /// What was found.
    pub facts: Facts,
    name: String,
    open: &'a Open<'a>,
    reading: Reading,
    repeated: Vec<u64>,
    source: Source<'a>,
    /// Jobs handed out.
    taken: u64,
    id: Vec<u8>,
    /// Why the second reading ended early.
    broken: Option<String>,
}

enum Source<'a> {
    Streamed(Box<Sieve<Box<dyn Read + 'a>>>),
    Sorted(Store),
}

/// Judges a log: every problem at once, else its jobs. `name` is what problems call the file; `open` is called for each reading.
///
/// A log in order of time is read twice and never held, but for 8 bytes a job where ids must differ; another is sorted in memory
/// (40 bytes a job and its id). Bad rows refuse the log unless `reading.skip_bad_rows`.
pub fn scan<'a>(name: &str, open: &'a Open<'a>, reading: &Reading) -> Result<Log<'a>, Problems> {
    let judged = judge(name, open, reading).map_err(|refusal| match refusal {
        Refusal::Problems(problems) => problems,
        Refusal::Io(error) => unreadable(name, &error),
    })?;
    let (facts, repeated, store) = judged;
    let source = match store {
        Some(store) => Source::Sorted(store),
        None => Source::Streamed(Box::new(reopen(name, open, reading, &repeated)?)),
    };
    let (name, reading) = (name.to_owned(), reading.clone());
    Ok(Log { facts, name, open, reading, repeated, source, taken: 0, id: Vec::new(), broken: None })
}

/// In order of submission, ties in the order of the file.
impl Iterator for Log<'_> {
    type Item = LogJob;

    /// The next job in order of submission.
    fn next(&mut self) -> Option<LogJob> {
        self.id.clear();
        let kept = match &mut self.source {
            Source::Sorted(store) => store.get(self.taken as usize).map(|(kept, id)| {
                self.id.extend_from_slice(id);
                kept
            }),
            Source::Streamed(sieve) if self.taken < self.facts.jobs => match sieve.next() {
                Ok(Some(kept)) if self.facts.first_us <= kept.what.instant_us => {
                    self.id.extend_from_slice(sieve.id());
                    Some(kept)
                }
                Ok(_) => return self.stop("it changed while it was read"),
                Err(error) => return self.stop(&error.to_string()),
            },
            Source::Streamed(_) => None,
        }?;
        if self.id.is_empty() {
            write!(self.id, "{}", self.taken).expect("memory takes it");
        }
        self.taken += 1;
        Some(job(&kept, self.facts.first_us))
    }
}

impl Log<'_> {
    /// Id of the job that `next` gave last; where the log has none, its number in order of submission, from 0.
    pub fn id(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.id)
    }

    /// Begins anew with the first job.
    pub fn rewind(&mut self) -> Result<(), Problems> {
        if matches!(self.source, Source::Streamed(_)) {
            self.source = Source::Streamed(Box::new(reopen(&self.name, self.open, &self.reading, &self.repeated)?));
        }
        (self.taken, self.broken) = (0, None);
        Ok(())
    }

    /// Why `next` ended before the last job: the file was changed or could not be read again; None where all is well.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Bytes of the jobs sorted in memory, where they are.
    #[cfg(test)]
    pub(super) fn bytes_held(&self) -> Option<usize> {
        match &self.source {
            Source::Sorted(store) => Some(store.bytes()),
            Source::Streamed(_) => None,
        }
    }

    #[cold]
    fn stop(&mut self, why: &str) -> Option<LogJob> {
        self.broken = Some(format!("`{}` job {}: {why}", self.name, self.taken));
        None
    }
}

fn job(kept: &Kept, first_us: i64) -> LogJob {
    let what = &kept.what;
    LogJob {
        row: kept.row,
        submit_us: what.instant_us.abs_diff(first_us),
        duration_us: what.duration_us,
        chips: what.chips,
        queue: kept.queue,
        class: kept.class,
        priority: what.priority,
        estimate_us: (what.estimate_us != NO_ESTIMATE).then_some(what.estimate_us),
    }
}

fn reopen<'a>(
    name: &str,
    open: &'a Open<'a>,
    reading: &Reading,
    repeated: &[u64],
) -> Result<Sieve<Box<dyn Read + 'a>>, Problems> {
    let sieve = open().map_err(Refusal::Io).and_then(|input| Sieve::open(name, input, reading, repeated.to_vec()));
    sieve.map_err(|refusal| match refusal {
        Refusal::Problems(problems) => problems,
        Refusal::Io(error) => unreadable(name, &error),
    })
}

fn unreadable(name: &str, error: &io::Error) -> Problems {
    let message = match error.kind() {
        io::ErrorKind::NotFound => format!("cannot read `{name}`: there is no such file"),
        _ => format!("cannot read `{name}`: {error}"),
    };
    Problems::new(Sources::default(), vec![Problem::at(Default::default(), message, "")])
}

/// What a reading of the whole log found.
struct Pass<R> {
    sieve: Sieve<R>,
    tally: Tally,
    jobs: u64,
    first_us: i64,
    last_us: i64,
    backwards: u64,
    first_backwards_line: Option<u64>,
    /// Of ids, where they must differ.
    hashes: Vec<u64>,
    /// The jobs, where they are sorted in memory.
    store: Option<Store>,
}

/// Facts, hashes of ids that more than one row has, and the jobs where they had to be sorted.
fn judge<'a>(name: &str, open: &'a Open<'a>, reading: &Reading) -> Result<(Facts, Vec<u64>, Option<Store>), Refusal> {
    let mut repeated = Vec::new();
    let mut sort = false;
    loop {
        let sieve = Sieve::open(name, open()?, reading, repeated.clone())?;
        // A log that turns out not to be in order is read again from its beginning, keeping its jobs.
        let Some(mut pass) = Pass::of(sieve, sort)? else {
            sort = true;
            continue;
        };
        let found = twice(std::mem::take(&mut pass.hashes));
        if repeated.is_empty() && !found.is_empty() {
            repeated = found;
            continue;
        }
        let faults = &pass.sieve.faults;
        if !faults.is_empty() && !reading.skip_bad_rows {
            return Err(Refusal::Problems(faults.problems(name)));
        }
        if 0 < pass.jobs && LONGEST_US < pass.last_us.abs_diff(pass.first_us) {
            return Err(Refusal::Problems(too_long(name)));
        }
        let store = pass.store.take();
        return Ok((pass.facts(store.is_some()), repeated, store));
    }
}

impl<R: Read> Pass<R> {
    /// Reads a log to its end; None when it is not in order of time and jobs were not to be kept.
    fn of(sieve: Sieve<R>, sort: bool) -> io::Result<Option<Pass<R>>> {
        let tally = Tally::new(sieve.columns().clock.has_dates());
        let (ids, estimates) = (sieve.columns().has(Field::Id), sieve.columns().has(Field::Estimate));
        let store = sort.then(|| Store::new(ids, estimates));
        let (first_us, last_us) = (i64::MAX, i64::MIN);
        let (hashes, first_backwards_line) = (Vec::new(), None);
        let mut pass =
            Pass { sieve, tally, jobs: 0, first_us, last_us, backwards: 0, first_backwards_line, hashes, store };
        let mut before = i64::MIN;
        while let Some(kept) = pass.sieve.next()? {
            let instant_us = kept.what.instant_us;
            if instant_us < before {
                if pass.store.is_none() {
                    return Ok(None);
                }
                pass.backwards += 1;
                pass.first_backwards_line.get_or_insert(pass.sieve.record().line);
            }
            before = instant_us;
            pass.keep(&kept, ids);
        }
        if let Some(store) = &mut pass.store {
            store.sort();
            for (kept, _) in (0..store.len()).map_while(|place| store.get(place)) {
                pass.tally.add(kept.what.instant_us, kept.queue, kept.what.chips, kept.what.duration_us);
            }
        }
        Ok(Some(pass))
    }

    fn keep(&mut self, kept: &Kept, ids: bool) {
        let what = &kept.what;
        self.jobs += 1;
        self.first_us = self.first_us.min(what.instant_us);
        self.last_us = self.last_us.max(what.instant_us);
        if ids {
            self.hashes.push(hash(self.sieve.id()));
        }
        match &mut self.store {
            None => self.tally.add(what.instant_us, kept.queue, what.chips, what.duration_us),
            Some(store) => assert!(store.push(kept, self.sieve.id()), "more than 4 GiB of ids"),
        }
    }

    fn facts(self, sorted_in_memory: bool) -> Facts {
        let columns = self.sieve.columns();
        let (has_estimates, has_priorities) = (columns.has(Field::Estimate), columns.has(Field::Priority));
        let has_dates = columns.clock.has_dates();
        let (first_us, last_us) = if self.jobs == 0 { (0, 0) } else { (self.first_us, self.last_us) };
        let (from, until) = self.sieve.window();
        let covers_us =
            (if from == i64::MIN { first_us } else { from }, if until == i64::MAX { last_us } else { until });
        let Counts { rows, outside, shared, left_out, unknown_queues } = self.sieve.counts;
        Facts {
            rows,
            jobs: self.jobs,
            has_estimates,
            has_priorities,
            has_dates,
            first_us,
            last_us,
            covers_us,
            sorted_in_memory,
            backwards: self.backwards,
            first_backwards_line: self.first_backwards_line,
            outside,
            shared,
            left_out,
            unknown_queues,
            skipped: self.sieve.faults.rows,
            queues: self.sieve.queues.into_names(),
            classes: self.sieve.classes.into_names(),
            tally: self.tally,
        }
    }
}

/// The hashes that stand in the list more than once, sorted.
fn twice(mut hashes: Vec<u64>) -> Vec<u64> {
    hashes.sort_unstable();
    let mut found: Vec<u64> = hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    found.dedup();
    found
}

fn too_long(name: &str) -> Problems {
    let message = format!("the first and the last job of `{name}` lie more than 100 years apart");
    let cure = "is a time in milliseconds, or a date wrong? `from` and `until` cut a part out";
    Problems::new(Sources::default(), vec![Problem::at(Default::default(), message, cure)])
}
