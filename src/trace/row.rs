//! One row of a log made into a job, or into what is wrong with it. Keeps no job and cuts nothing out.

use super::clock::{Bound, Clock};
use super::fault::{self, Flaw, Kind};
use super::figure::{self, LONGEST_US};
use super::layout::{Column, FIELDS, Field, Form, LAYOUTS, Layout};
use super::line::Record;
use crate::spec::did_you_mean;
use std::collections::BTreeSet;
use std::fmt;

/// How a log is to be read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Its layout.
    pub layout: &'static Layout,
    /// Columns by another name than the layout's.
    pub columns: Vec<(Field, String)>,
    /// Unit of its times and durations, where they are numbers.
    pub unit: Unit,
    /// Whether jobs have names that must differ; without, a column of ids is passed over and may be missing.
    pub ids: bool,
    /// Rows that cannot be jobs are counted by kind and left out, instead of refusing the file.
    pub skip_bad_rows: bool,
    /// Only jobs submitted at or after.
    pub from: Option<Bound>,
    /// Only jobs submitted before.
    pub until: Option<Bound>,
    /// Only jobs of these queues; the others are counted by queue.
    pub queues: Option<BTreeSet<String>>,
}

impl Reading {
    /// The whole log as `layout` has it.
    pub fn of(layout: &'static Layout) -> Reading {
        Reading {
            layout,
            columns: Vec::new(),
            unit: Unit::Second,
            ids: true,
            skip_bad_rows: false,
            from: None,
            until: None,
            queues: None,
        }
    }
}

/// Unit of the times of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Seconds.
    Second,
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
}

impl Unit {
    fn seconds(self) -> u32 {
        match self {
            Unit::Second => 1,
            Unit::Minute => 60,
            Unit::Hour => 3600,
        }
    }
}

/// Why a sound row is no job to replay.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LeftOut {
    /// It asks for no chips.
    NoChips,
    /// It has no running time: it was never started.
    NeverRan,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LeftOut::NoChips => "no chips asked for",
            LeftOut::NeverRan => "never run",
        })
    }
}

/// No estimate.
pub(super) const NO_ESTIMATE: u64 = u64::MAX;

/// What a row says; texts stay in the record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// When submitted [us of the log's clock].
    pub instant_us: i64,
    pub duration_us: u64,
    pub chips: u32,
    /// A share of a chip was rounded up.
    pub shared: bool,
    pub priority: i32,
    /// [`NO_ESTIMATE`] where there is none.
    pub estimate_us: u64,
    pub left_out: Option<LeftOut>,
}

/// Where the fields stand in this file.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    layout: &'static Layout,
    /// Position and name by field.
    at: [Option<usize>; FIELDS],
    header: Vec<String>,
    seconds_per_unit: u32,
    pub clock: Clock,
}

impl Columns {
    /// The columns of a header; else what is missing from it.
    pub fn of(reading: &Reading, header: &Record) -> Result<Columns, Vec<Flaw>> {
        let names: Vec<String> = match reading.layout.form {
            Form::Space => reading.layout.header.iter().map(|name| (*name).to_owned()).collect(),
            Form::Comma => {
                (0..header.len()).map(|index| String::from_utf8_lossy(header.field(index)).into_owned()).collect()
            }
        };
        let mut flaws = Vec::new();
        let mut at = [None; FIELDS];
        for column in reading.layout.columns {
            if column.field == Field::Id && !reading.ids {
                continue;
            }
            let renamed: Vec<&str> =
                reading.columns.iter().filter(|(field, _)| *field == column.field).map(|(_, name)| &**name).collect();
            let wanted = if renamed.is_empty() { column.names } else { &renamed };
            match find(&names, wanted) {
                Ok(Some(index)) => at[column.field as usize] = Some(index),
                Ok(None) if !column.required && renamed.is_empty() => {}
                Ok(None) => flaws.push(missing(header, &names, wanted)),
                Err(twice) => flaws.push(flaw(header, twice, Kind::Fields, "the column stands twice", "rename one")),
            }
        }
        if let (false, Some(other)) = (flaws.is_empty(), layout_that_fits(reading, &names)) {
            let message = format!("the columns are those of layout `{}`, not of `{}`", other.name, reading.layout.name);
            let cure = format!("`--layout {0}`, in a scenario `layout = \"{0}\"`", other.name);
            let place = 0..header.raw.len();
            return Err(vec![Flaw { kind: Kind::Fields, place, message, cure }]);
        }
        if !flaws.is_empty() {
            return Err(flaws);
        }
        let seconds_per_unit = reading.unit.seconds();
        let clock = Clock::new(reading.layout.times, seconds_per_unit);
        Ok(Columns { layout: reading.layout, at, header: names, seconds_per_unit, clock })
    }

    /// The text of a field; empty where the file has no such column.
    #[inline]
    pub fn text<'a>(&self, record: &'a Record, field: Field) -> &'a [u8] {
        self.at[field as usize].map_or(b"", |index| record.field(index))
    }

    /// The text of a field that names a queue or a class; `default` where it is missing.
    #[inline]
    pub fn name<'a>(&self, record: &'a Record, field: Field) -> &'a [u8] {
        match self.text(record, field) {
            text if text.is_empty() || self.layout.is_missing(text) => b"default",
            text => text,
        }
    }

    /// Whether the first line of the file names its columns.
    pub fn has_header(&self) -> bool {
        self.layout.form == Form::Comma
    }

    /// Whether the file has the column.
    pub fn has(&self, field: Field) -> bool {
        self.at[field as usize].is_some()
    }

    /// The job of a row; else its flaws are added to `flaws`.
    pub fn row(&mut self, record: &Record, flaws: &mut Vec<Flaw>) -> Option<Row> {
        if let Some(broken) = record.broken {
            flaws.push(fault::broken(record, broken));
            return None;
        }
        if record.len() != self.header.len() {
            flaws.push(self.wrong_width(record));
            return None;
        }
        let sound = flaws.len();
        if self.has(Field::Id) && self.text(record, Field::Id).is_empty() {
            self.bad::<()>(record, Field::Id, Kind::Empty, flaws);
        }
        let instant = self.clock.instant(self.text(record, Field::Submit));
        let instant_us = instant.unwrap_or_else(|kind| self.bad(record, Field::Submit, kind, flaws));
        let (chips, shared) = self.chips(record, flaws);
        let duration_us = self.duration(record, flaws);
        let priority = self.priority(record, flaws);
        let estimate_us = self.estimate(record, flaws);
        let left_out = match (chips, duration_us) {
            (0, _) => Some(LeftOut::NoChips),
            (_, None) => Some(LeftOut::NeverRan),
            _ => None,
        };
        let duration_us = duration_us.unwrap_or(0);
        (flaws.len() == sound).then_some(Row {
            instant_us,
            duration_us,
            chips,
            shared,
            priority,
            estimate_us,
            left_out,
        })
    }

    /// Gang size, 0 for a job without chips; and whether a share of a chip was rounded up.
    fn chips(&self, record: &Record, flaws: &mut Vec<Flaw>) -> (u32, bool) {
        let mut field = Field::Chips;
        let absent = |text: &[u8]| self.layout.is_missing(text) || text == b"0";
        if self.has(Field::ChipsElse) && absent(self.text(record, field)) {
            field = Field::ChipsElse;
        }
        let text = self.text(record, field);
        if self.layout.is_missing(text) {
            return (0, false);
        }
        match figure::chips(text) {
            Ok((0, _)) if !self.layout.zero_chips_left_out => (self.bad(record, field, Kind::Zero, flaws), false),
            Ok((1, false)) if self.has(Field::ChipMilli) => (1, self.is_shared(record)),
            Ok(found) => found,
            Err(kind) => (self.bad(record, field, kind, flaws), false),
        }
    }

    fn is_shared(&self, record: &Record) -> bool {
        figure::chips(self.text(record, Field::ChipMilli)).is_ok_and(|(milli, _)| milli < 1000)
    }

    /// Running time; None where it was not recorded.
    fn duration(&self, record: &Record, flaws: &mut Vec<Flaw>) -> Option<u64> {
        if self.has(Field::Duration) {
            return self.span(record, Field::Duration, LONGEST_US, flaws);
        }
        let started = self.span(record, Field::Started, figure::LATEST_US, flaws)?;
        let ended = self.span(record, Field::Ended, figure::LATEST_US, flaws)?;
        match ended.checked_sub(started) {
            Some(span) if span <= LONGEST_US => Some(span),
            Some(_) => Some(self.bad(record, Field::Ended, Kind::TooLarge, flaws)),
            None => Some(self.bad(record, Field::Ended, Kind::Backwards, flaws)),
        }
    }

    fn estimate(&self, record: &Record, flaws: &mut Vec<Flaw>) -> u64 {
        if self.text(record, Field::Estimate).is_empty() {
            return NO_ESTIMATE;
        }
        self.span(record, Field::Estimate, LONGEST_US, flaws).unwrap_or(NO_ESTIMATE)
    }

    /// Microseconds of a field; None where it is missing as the layout writes it.
    #[inline]
    fn span(&self, record: &Record, field: Field, most_us: u64, flaws: &mut Vec<Flaw>) -> Option<u64> {
        let text = self.text(record, field);
        match figure::micros(text, self.seconds_per_unit, most_us) {
            Ok(us) => Some(us),
            Err(_) if self.layout.is_missing(text) => None,
            Err(kind) => Some(self.bad(record, field, kind, flaws)),
        }
    }

    fn priority(&self, record: &Record, flaws: &mut Vec<Flaw>) -> i32 {
        match self.text(record, Field::Priority) {
            b"" => 0,
            text => figure::priority(text).unwrap_or_else(|kind| self.bad(record, Field::Priority, kind, flaws)),
        }
    }

    /// Notes a flaw of a field and stands in for its value.
    #[cold]
    fn bad<T: Default>(&self, record: &Record, field: Field, kind: Kind, flaws: &mut Vec<Flaw>) -> T {
        let index = self.at[field as usize].expect("a field that was read has a column");
        let name = &self.header[index];
        let (message, cure) = match kind {
            Kind::Backwards => {
                let started = String::from_utf8_lossy(self.text(record, Field::Started)).into_owned();
                let ended = String::from_utf8_lossy(record.field(index)).into_owned();
                (format!("it ends at {ended} and starts at {started}"), "an end not before the start".to_owned())
            }
            _ => fault::figure(kind, name, record.field(index), &self.cure(field)),
        };
        flaws.push(Flaw { kind, place: record.place(index), message, cure });
        T::default()
    }

    /// What a field should say.
    fn cure(&self, field: Field) -> String {
        let dates = self.clock.has_dates() && self.layout.has_dates();
        match field {
            Field::Submit if dates => "a date and time without zone, e.g. 2017-10-09 07:01:55".into(),
            Field::Submit | Field::Started | Field::Ended => {
                "seconds from the log's origin, 0 or more, e.g. 86400 (not milliseconds)".into()
            }
            Field::Duration | Field::Estimate => "a time of 0 s to 100 years, e.g. 3600 or 66.5".into(),
            Field::Chips | Field::ChipsElse if self.layout.zero_chips_left_out => {
                "a whole number of chips from 0 to 1e9; a share of one chip is rounded up".into()
            }
            Field::Chips | Field::ChipsElse | Field::ChipMilli => {
                "a whole number of chips from 1 to 1e9; a share of one chip is rounded up".into()
            }
            Field::Priority => "a whole number from -1000000 to 1000000".into(),
            Field::Id => "a different id a job".into(),
            Field::Queue | Field::Class => "a text".into(),
        }
    }

    /// A row cut off, or with another separator.
    #[cold]
    fn wrong_width(&self, record: &Record) -> Flaw {
        let (found, wanted) = (record.len(), self.header.len());
        let last = record.place(found.min(wanted).saturating_sub(1));
        let place = if found < wanted { record.raw.len()..record.raw.len() } else { last.end..record.raw.len() };
        let message = format!("{found} field{} in place of {wanted}", if found == 1 { "" } else { "s" });
        let cure = match self.layout.form {
            Form::Space => "18 fields between spaces, -1 where one is missing".to_owned(),
            Form::Comma => match other_separator(record) {
                Some(word) => format!("separate the fields by commas, not by {word}"),
                None => format!("the header has {wanted}: {}", self.header.join(",")),
            },
        };
        Flaw { kind: Kind::Fields, place, message, cure }
    }

    /// A flaw of an id that an earlier line has.
    #[cold]
    pub fn twice(&self, record: &Record, first_line: u64) -> Flaw {
        let index = self.at[Field::Id as usize].expect("ids were compared");
        let id = String::from_utf8_lossy(record.field(index));
        let message = format!("`{id}` is already the {} of line {first_line}", self.header[index]);
        Flaw { kind: Kind::DuplicateId, place: record.place(index), message, cure: "a different id a job".into() }
    }
}

/// Position of the first of `wanted` that is there; the error is the place of a name that stands twice.
fn find(names: &[String], wanted: &[&str]) -> Result<Option<usize>, usize> {
    let Some(index) = wanted.iter().find_map(|name| names.iter().position(|known| known == name)) else {
        return Ok(None);
    };
    match names[index + 1..].iter().position(|name| *name == names[index]) {
        None => Ok(Some(index)),
        Some(more) => Err(index + 1 + more),
    }
}

fn flaw(record: &Record, index: usize, kind: Kind, message: &str, cure: &str) -> Flaw {
    Flaw { kind, place: record.place(index), message: message.to_owned(), cure: cure.to_owned() }
}

/// The other layout of which the header has every column that must be there; of several the one of which it has most.
fn layout_that_fits(reading: &Reading, names: &[String]) -> Option<&'static Layout> {
    // One row without a header: fields between spaces, or a comment of that layout.
    if let [only] = names
        && (only.starts_with(';') || only.split_whitespace().count() == 18)
    {
        return LAYOUTS.iter().find(|layout| layout.form == Form::Space);
    }
    let has = |column: &Column| matches!(find(names, column.names), Ok(Some(_)));
    let fits = |layout: &&Layout| {
        let mut needed = layout.columns.iter().filter(|column| column.required);
        layout.form == Form::Comma && layout.name != reading.layout.name && needed.all(has)
    };
    let count = |layout: &&Layout| layout.columns.iter().filter(|column| has(column)).count();
    LAYOUTS.iter().filter(fits).max_by_key(count).filter(|_| reading.columns.is_empty())
}

fn missing(header: &Record, names: &[String], wanted: &[&str]) -> Flaw {
    let message = format!("there is no column `{}`", wanted.join("` or `"));
    let cure = match other_separator(header) {
        Some(word) if header.len() == 1 => format!("separate the columns by commas, not by {word}"),
        _ => did_you_mean(wanted[0], names.iter().map(String::as_str), "column"),
    };
    Flaw { kind: Kind::Fields, place: 0..header.raw.len(), message, cure }
}

/// What seems to separate the fields of a line.
fn other_separator(record: &Record) -> Option<&'static str> {
    [(b';', "semicolons"), (b'\t', "tabs"), (b'|', "bars")]
        .into_iter()
        .find(|(byte, _)| record.raw.contains(byte))
        .map(|(_, word)| word)
}
