//! The rows of a log that are jobs to replay, in the order of the file, and what became of the others. Keeps no job.

use super::fault::{self, Faults, Flaw};
use super::layout::{Field, Form};
use super::line::{Lines, Record};
use super::names::Names;
use super::row::{Columns, LeftOut, Reading, Row};
use crate::spec::{Problem, Problems, Sources};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

/// A job that is kept; its texts stay in the record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub what: Row,
    /// Row of the file, from 0; neither header nor blank lines are rows.
    pub row: u32,
    pub queue: u16,
    pub class: u16,
}

/// What became of the rows.
#[derive(Clone, Default, Debug)]
pub(super) struct Counts {
    pub rows: u64,
    pub outside: u64,
    pub shared: u64,
    pub left_out: BTreeMap<LeftOut, u64>,
    pub unknown_queues: BTreeMap<String, u64>,
}

/// Why a log is not read at all.
pub(super) enum Refusal {
    Io(io::Error),
    Problems(Problems),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        Refusal::Io(error)
    }
}

/// Ids whose hash more than one row has, sorted; and the first row of each.
#[derive(Default)]
struct Repeated {
    hashes: Vec<u64>,
    first: Vec<Option<(Box<[u8]>, u64)>>,
}

/// Jobs of a text.
pub(super) struct Sieve<R> {
    lines: Lines<R>,
    columns: Columns,
    /// Instants from the first on and before the second [us].
    window: (i64, i64),
    known: Option<BTreeSet<Box<[u8]>>>,
    repeated: Repeated,
    /// The first row was read in search of the end of the comments.
    held: bool,
    flaws: Vec<Flaw>,
    pub queues: Names,
    pub classes: Names,
    pub counts: Counts,
    pub faults: Faults,
}

impl<R: Read> Sieve<R> {
    /// Reads up to the first row. `repeated` are the hashes of ids, sorted, that must be looked at; the later rows of an id are faults.
    pub fn open(name: &str, input: R, reading: &Reading, repeated: Vec<u64>) -> Result<Sieve<R>, Refusal> {
        let mut lines = Lines::new(input, reading.layout.form);
        let (held, origin_us) = match reading.layout.form {
            Form::Comma if lines.read()? => (false, None),
            Form::Comma => return Err(Refusal::Problems(no_header(name, reading))),
            Form::Space => skip_comments(&mut lines)?,
        };
        let mut columns = Columns::of(reading, &lines.record).map_err(|mut flaws| {
            let mut faults = Faults::default();
            faults.row(&lines.record, &mut flaws);
            Refusal::Problems(faults.problems(name))
        })?;
        columns.clock.origin_us = origin_us;
        let window = window(reading, &columns).map_err(|why| Refusal::Problems(alone(why)))?;
        let known = |names: &BTreeSet<String>| names.iter().map(|name| name.as_bytes().into()).collect();
        Ok(Sieve {
            lines,
            columns,
            window,
            known: reading.queues.as_ref().map(known),
            repeated: Repeated { first: vec![None; repeated.len()], hashes: repeated },
            held,
            flaws: Vec::new(),
            queues: Names::default(),
            classes: Names::default(),
            counts: Counts::default(),
            faults: Faults::default(),
        })
    }

    /// The next job that is kept; rows that are none are counted.
    pub fn next(&mut self) -> io::Result<Option<Kept>> {
        while std::mem::take(&mut self.held) || self.lines.read()? {
            if self.lines.record.raw[0] == b';' && !self.columns.has_header() {
                continue;
            }
            let row = self.counts.rows as u32;
            self.counts.rows += 1;
            let what = self.columns.row(&self.lines.record, &mut self.flaws);
            let kept = what.and_then(|what| self.keep(what, row));
            if !self.flaws.is_empty() {
                self.faults.row(&self.lines.record, &mut self.flaws);
            }
            if kept.is_some() {
                return Ok(kept);
            }
        }
        Ok(None)
    }

    /// The row that was read last.
    pub fn record(&self) -> &Record {
        &self.lines.record
    }

    /// The id of the row that was read last; empty where ids are not kept.
    #[inline]
    pub fn id(&self) -> &[u8] {
        self.columns.text(&self.lines.record, Field::Id)
    }

    /// What the file has and how it counts time.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Instants from the first on and before the second [us].
    pub fn window(&self) -> (i64, i64) {
        self.window
    }

    fn keep(&mut self, what: Row, row: u32) -> Option<Kept> {
        if !(self.window.0 <= what.instant_us && what.instant_us < self.window.1) {
            self.counts.outside += 1;
            return None;
        }
        if let Some(why) = what.left_out {
            *self.counts.left_out.entry(why).or_default() += 1;
            return None;
        }
        let record = &self.lines.record;
        let queue = self.columns.name(record, Field::Queue);
        if !self.queues.knows(queue) && self.known.as_ref().is_some_and(|known| !known.contains(queue)) {
            let name = String::from_utf8_lossy(queue).into_owned();
            *self.counts.unknown_queues.entry(name).or_default() += 1;
            return None;
        }
        if !self.repeated.hashes.is_empty() && self.repeated.is_second(&self.columns, record, &mut self.flaws) {
            return None;
        }
        let class = self.columns.name(record, Field::Class);
        let (Some(queue), Some(class)) = (self.queues.number(queue), self.classes.number(class)) else {
            self.flaws.push(fault::too_many_names());
            return None;
        };
        self.counts.shared += u64::from(what.shared);
        Some(Kept { what, row, queue, class })
    }
}

impl Repeated {
    /// Whether an earlier row that was kept has this row's id.
    fn is_second(&mut self, columns: &Columns, record: &Record, flaws: &mut Vec<Flaw>) -> bool {
        let id = columns.text(record, Field::Id);
        let Ok(index) = self.hashes.binary_search(&hash(id)) else { return false };
        match &mut self.first[index] {
            Some((first, line)) if **first == *id => {
                flaws.push(columns.twice(record, *line));
                true
            }
            // Another id of the same hash: that it has a second row of its own, too, is beyond what 64 bits let happen.
            Some(_) => false,
            first => {
                *first = Some((id.into(), record.line));
                false
            }
        }
    }
}

/// 64 bits of an id: FNV-1a.
#[inline]
pub(super) fn hash(id: &[u8]) -> u64 {
    id.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// Reads to the first row of a log without header: whether there is one, and what instant its second 0 is, where a comment says so.
fn skip_comments<R: Read>(lines: &mut Lines<R>) -> io::Result<(bool, Option<i64>)> {
    let mut origin_us = None;
    while lines.read()? {
        let Some(comment) = lines.record.raw.strip_prefix(b";") else { return Ok((true, origin_us)) };
        if let Some(written) = comment.trim_ascii().strip_prefix(b"UnixStartTime:") {
            let seconds = std::str::from_utf8(written).ok().and_then(|text| text.trim().parse::<i64>().ok());
            // Logs of unknown beginning write 0 there, or UNKNOWN.
            origin_us = seconds.filter(|s| 0 < *s && *s < 10_000_000_000).map(|s| s * 1_000_000);
        }
    }
    Ok((false, origin_us))
}

fn window(reading: &Reading, columns: &Columns) -> Result<(i64, i64), String> {
    let bound = |bound: Option<_>, none| bound.map_or(Ok(none), |bound| columns.clock.bound(bound));
    let (from, until) = (bound(reading.from, i64::MIN)?, bound(reading.until, i64::MAX)?);
    if until <= from { Err("`until` does not lie after `from`".to_owned()) } else { Ok((from, until)) }
}

fn no_header(name: &str, reading: &Reading) -> Problems {
    let names: Vec<&str> = reading.layout.columns.iter().filter(|c| c.required).map(|c| c.names[0]).collect();
    let mut sources = Sources::default();
    let origin = sources.excerpt(name, 1, "", 0..0);
    let cure = format!("a header, e.g. {}, and a row a job", names.join(","));
    Problems::new(sources, vec![Problem::at(origin, format!("`{name}` is empty"), cure)])
}

/// A problem of how the file is to be read, not of the file.
fn alone(why: String) -> Problems {
    let cure = "`from` and `until` are dates for a log with dates, seconds for one without; from <= t < until";
    Problems::new(Sources::default(), vec![Problem::at(Default::default(), why, cure)])
}
