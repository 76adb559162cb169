//! Logs of requests for tokens: three published layouts, every bad row with line and column, requests in order of arrival. Simulates
//! nothing; holds 32 bytes a request, and the names of its blocks where it has them.

use super::clock::{Bound, Clock, micros_of};
use super::fault::{self, Faults, Flaw, Kind};
use super::figure::{self, LATEST_US, LONGEST_US};
use super::layout::{Form, Times};
use super::line::{Lines, Record};
use super::names::Names;
use crate::spec::{Problem, Problems, Sources, did_you_mean};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;

/// Names of the layouts, the plain one first.
pub const REQUEST_LAYOUTS: [&str; 3] = ["plain", "azure", "mooncake"];

/// Most tokens of a prompt or an answer.
const MOST_TOKENS: u64 = 1_000_000_000;

/// A layout of request logs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestLayout {
    /// CSV arrival_s,input_tokens,output_tokens[,class][,model].
    Plain,
    /// CSV TIMESTAMP,ContextTokens,GeneratedTokens, civil dates: Azure LLM inference traces 2023. github.com/Azure/AzurePublicDataset
    Azure,
    /// A JSON object a line: timestamp in ms, input_length, output_length, hash_ids of blocks of 512 tokens. github.com/kvcache-ai/Mooncake
    Mooncake,
}

impl RequestLayout {
    /// The layout of that name.
    pub fn parse(name: &str) -> Option<RequestLayout> {
        use RequestLayout::*;
        REQUEST_LAYOUTS.iter().zip([Plain, Azure, Mooncake]).find(|(known, _)| **known == name).map(|(_, it)| it)
    }

    /// Columns for arrival, prompt, answer, class and model.
    fn columns(self) -> [&'static str; 5] {
        match self {
            RequestLayout::Plain => ["arrival_s", "input_tokens", "output_tokens", "class", "model"],
            RequestLayout::Azure => ["TIMESTAMP", "ContextTokens", "GeneratedTokens", "", ""],
            RequestLayout::Mooncake => ["timestamp", "input_length", "output_length", "", ""],
        }
    }

    fn header(self) -> &'static str {
        match self {
            RequestLayout::Plain => "a header arrival_s,input_tokens,output_tokens and a row a request",
            RequestLayout::Azure => "a header TIMESTAMP,ContextTokens,GeneratedTokens and a row a request",
            RequestLayout::Mooncake => {
                "an object a line: {\"timestamp\": 27482, \"input_length\": 6955, \"output_length\": 52, \"hash_ids\": [46, 47]}"
            }
        }
    }
}

/// How a log of requests is to be read.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RequestReading {
    /// Its layout.
    pub layout: RequestLayout,
    /// Only requests that arrive at or after; in seconds as `arrival_s` of the result counts, or a date.
    pub from: Option<Bound>,
    /// Only requests that arrive before.
    pub until: Option<Bound>,
    /// Rows that cannot be requests are counted by kind and left out, instead of refusing the file.
    pub skip_bad_rows: bool,
}

/// A request of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRequest {
    /// When it arrives, from the log's origin: second 0, or the earliest row of a log with dates [ns].
    pub at_ns: u64,
    /// Row of the file, from 0; neither header nor blank lines are rows.
    pub row: u64,
    /// Tokens of its prompt, 1 or more.
    pub input: u32,
    /// Tokens of its answer, 1 or more.
    pub output: u32,
    /// Its class by number in [`RequestLog::classes`].
    pub class: u16,
    /// The model it asks for, by number in [`RequestLog::models`].
    pub model: u16,
    /// Where the names of its blocks stand in [`RequestLog::blocks`].
    pub blocks: Range<u32>,
}

/// A log that was found sound.
#[derive(Clone, Debug, Default)]
pub struct RequestLog {
    /// In order of arrival, ties in the order of the file; one at least.
    pub requests: Vec<LogRequest>,
    /// Names of blocks.
    pub blocks: Vec<u32>,
    /// Classes in order of first appearance; `default` where a request names none.
    pub classes: Vec<String>,
    /// Line on which each of them is named first.
    pub class_lines: Vec<u64>,
    /// Models in order of first appearance; empty where the log has no such column, `default` where a row leaves it blank.
    pub models: Vec<String>,
    /// Line on which each of them is named first.
    pub model_lines: Vec<u64>,
    /// Rows of the file.
    pub rows: u64,
    /// Rows outside the window.
    pub outside: u64,
    /// Requests that arrive before the one before them in the file; they were sorted.
    pub backwards: u64,
    /// Line of the first of them.
    pub first_backwards_line: Option<u64>,
    /// Bad rows left out, by the first thing wrong with each.
    pub skipped: BTreeMap<Kind, u64>,
    /// Civil instant of the origin, where the log has dates [us since 1970].
    pub origin_us: Option<i64>,
}

/// Reads a log; else every problem with line, column and cure. `name` is what problems call the file.
pub fn requests(name: &str, input: impl Read, reading: &RequestReading) -> Result<RequestLog, Problems> {
    let form = if reading.layout == RequestLayout::Mooncake { Form::Space } else { Form::Comma };
    let mut reader = Reader {
        lines: Lines::new(input, form),
        layout: reading.layout,
        columns: None,
        clock: Clock::new(if reading.layout == RequestLayout::Azure { Times::Civil } else { Times::Seconds }, 1),
        log: RequestLog::default(),
        faults: Faults::default(),
        origin_ns: None,
        before_ns: 0,
        classes: Names::default(),
        models: Names::default(),
    };
    reader.read(name)?;
    if !reader.faults.is_empty() && !reading.skip_bad_rows {
        return Err(reader.faults.problems(name));
    }
    let mut log = reader.log;
    log.skipped = reader.faults.rows;
    (log.classes, log.models) = (reader.classes.into_names(), reader.models.into_names());
    log.model_lines.truncate(log.models.len());
    if let Some(origin_ns) = reader.origin_ns.filter(|_| reading.layout == RequestLayout::Azure) {
        log.origin_us = Some((origin_ns / 1_000) as i64);
        log.requests.iter_mut().for_each(|request| request.at_ns -= origin_ns);
    }
    let times = || log.requests.iter().map(|request| request.at_ns);
    let (first_ns, last_ns) = (times().min(), times().max());
    log.cut(reading).map_err(|why| alone(format!("`{name}`: {why}"), "e.g. 0..600 in seconds"))?;
    if log.requests.is_empty() {
        let Some((first_ns, last_ns)) = first_ns.zip(last_ns) else {
            return Err(alone(format!("`{name}` holds no request"), reading.layout.header()));
        };
        let message = format!("`{name}` holds no request in the window; {} lie outside", log.outside);
        let (first_s, last_s) = (first_ns as f64 / 1e9, last_ns as f64 / 1e9);
        let cure = format!("its requests arrive from {first_s} to {last_s} s: a window that reaches into that");
        return Err(alone(message, &cure));
    }
    log.requests.sort_by_key(|request| request.at_ns);
    Ok(log)
}

fn alone(message: String, cure: &str) -> Problems {
    Problems::new(Sources::default(), vec![Problem::at(Default::default(), message, cure)])
}

impl RequestLog {
    /// Drops what lies outside the window.
    fn cut(&mut self, reading: &RequestReading) -> Result<(), String> {
        let at = |bound: Option<Bound>, open: f64| -> Result<f64, String> {
            match (bound, self.origin_us) {
                (None, _) => Ok(open),
                (Some(Bound::Seconds(seconds)), _) => Ok(seconds * 1e9),
                (Some(Bound::Date(date)), Some(origin)) => Ok((micros_of(date) - origin) as f64 * 1e3),
                (Some(Bound::Date(date)), None) => {
                    Err(format!("the log has no dates, so that {date} is nowhere in it"))
                }
            }
        };
        let (from, until) = (at(reading.from, f64::NEG_INFINITY)?, at(reading.until, f64::INFINITY)?);
        if until <= from {
            return Err("the window ends before it begins".into());
        }
        let before = self.requests.len();
        self.requests.retain(|request| from <= request.at_ns as f64 && (request.at_ns as f64) < until);
        self.outside = (before - self.requests.len()) as u64;
        Ok(())
    }
}

struct Reader<R> {
    lines: Lines<R>,
    layout: RequestLayout,
    /// Positions of arrival, prompt, answer, class and model, and how many fields a row has.
    columns: Option<([Option<usize>; 5], usize)>,
    clock: Clock,
    log: RequestLog,
    faults: Faults,
    origin_ns: Option<u64>,
    before_ns: u64,
    classes: Names,
    models: Names,
}

/// An object of Mooncake's log.
#[derive(Deserialize)]
struct Object {
    timestamp: f64,
    input_length: u64,
    output_length: u64,
    #[serde(default)]
    hash_ids: Vec<u32>,
}

impl<R: Read> Reader<R> {
    fn read(&mut self, name: &str) -> Result<(), Problems> {
        let mut flaws = Vec::new();
        while self.lines.read().map_err(|error| alone(format!("cannot read `{name}`: {error}"), ""))? {
            if self.columns.is_none() && self.layout != RequestLayout::Mooncake {
                match header(&self.lines.record, self.layout) {
                    Ok(columns) => self.columns = Some(columns),
                    Err(mut flaws) => {
                        self.faults.row(&self.lines.record, &mut flaws);
                        return Err(self.faults.problems(name));
                    }
                }
                continue;
            }
            let row = self.log.rows;
            self.log.rows += 1;
            let found = match self.layout {
                RequestLayout::Mooncake => self.object(&mut flaws),
                _ => self.row(&mut flaws),
            };
            if let Some(request) = found.filter(|_| flaws.is_empty()) {
                self.keep(LogRequest { row, ..request });
            }
            self.faults.row(&self.lines.record, &mut flaws);
        }
        if self.columns.is_none() && self.layout != RequestLayout::Mooncake {
            return Err(alone(format!("`{name}` is empty"), self.layout.header()));
        }
        Ok(())
    }

    fn keep(&mut self, request: LogRequest) {
        self.origin_ns = Some(self.origin_ns.map_or(request.at_ns, |origin| origin.min(request.at_ns)));
        if request.at_ns < self.before_ns {
            self.log.backwards += 1;
            self.log.first_backwards_line.get_or_insert(self.lines.record.line);
        }
        self.before_ns = request.at_ns;
        self.log.requests.push(request);
    }

    fn row(&mut self, flaws: &mut Vec<Flaw>) -> Option<LogRequest> {
        let (columns, width) = self.columns.expect("the header was read");
        let record = &self.lines.record;
        if let Some(broken) = record.broken {
            flaws.push(fault::broken(record, broken));
            return None;
        }
        if record.len() != width {
            let (end, found) = (record.raw.len(), record.len());
            let message = format!("{found} field{} in place of {width}", if found == 1 { "" } else { "s" });
            flaws.push(Flaw { kind: Kind::Fields, place: end..end, message, cure: self.layout.header().into() });
            return None;
        }
        let names = self.layout.columns();
        let column = |which: usize| columns[which].expect("required columns were found");
        let mut bad = |which: usize, kind: Kind, what: &str| {
            let (message, cure) = fault::figure(kind, names[which], record.field(column(which)), what);
            flaws.push(Flaw { kind, place: record.place(column(which)), message, cure });
        };
        let at = match self.layout {
            RequestLayout::Azure => civil_ns(&mut self.clock, record.field(column(0))),
            _ => seconds_ns(record.field(column(0))),
        };
        let cure = match self.layout {
            RequestLayout::Azure => "a date and time without zone, e.g. 2023-11-16 18:15:46.68",
            _ => "seconds from the log's origin, 0 or more, e.g. 12.5 (not milliseconds)",
        };
        let at_ns = at.map_err(|kind| bad(0, kind, cure)).ok();
        let mut tokens = |which: usize| {
            match figure::nodes(record.field(column(which))) {
                Ok(0) => Err(Kind::Zero),
                found => found,
            }
            .map_err(|kind| bad(which, kind, "a whole number of tokens from 1 to 1e9"))
            .ok()
        };
        let (input, output) = (tokens(1), tokens(2));
        let class = match columns[3].map(|place| record.field(place)) {
            None | Some(b"") => self.classes.number(b"default"),
            Some(name) => self.classes.number(name),
        };
        let model = match columns[4].map(|place| record.field(place)) {
            None => Some(0),
            Some(b"") => self.models.number(b"default"),
            Some(name) => self.models.number(name),
        };
        let Some((class, model)) = class.zip(model) else {
            flaws.push(fault::too_many_names());
            return None;
        };
        for (number, lines) in [(class, &mut self.log.class_lines), (model, &mut self.log.model_lines)] {
            if lines.len() <= usize::from(number) {
                lines.resize(usize::from(number) + 1, record.line);
            }
        }
        let (at_ns, input, output) = (at_ns?, input? as u32, output? as u32);
        Some(LogRequest { at_ns, row: 0, input, output, class, model, blocks: 0..0 })
    }

    fn object(&mut self, flaws: &mut Vec<Flaw>) -> Option<LogRequest> {
        let record = &self.lines.record;
        if let Some(broken) = record.broken {
            flaws.push(fault::broken(record, broken));
            return None;
        }
        let object: Object = match serde_json::from_slice(&record.raw) {
            Ok(object) => object,
            Err(error) => {
                let at = error.column().saturating_sub(1).min(record.raw.len());
                let text = error.to_string();
                let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
                let cure = self.layout.header().to_owned();
                flaws.push(Flaw { kind: Kind::NotANumber, place: at..at + 1, message, cure });
                return None;
            }
        };
        let mut bad = |name: &str, kind: Kind, text: String, what: &str| {
            let start = find(&record.raw, name).unwrap_or(0);
            let (message, cure) = fault::figure(kind, name, text.as_bytes(), what);
            flaws.push(Flaw { kind, place: start..start + name.len(), message, cure });
        };
        let mut tokens = |name: &str, tokens: u64| {
            let kind = match tokens {
                0 => Kind::Zero,
                _ if MOST_TOKENS < tokens => Kind::TooLarge,
                _ => return Some(tokens as u32),
            };
            bad(name, kind, tokens.to_string(), "a whole number of tokens from 1 to 1e9");
            None
        };
        let (input, output) =
            (tokens("input_length", object.input_length), tokens("output_length", object.output_length));
        let ms = object.timestamp;
        if !(0.0..=LATEST_US as f64 / 1e3).contains(&ms) {
            let kind = if ms < 0.0 { Kind::Negative } else { Kind::TooLarge };
            bad("timestamp", kind, ms.to_string(), "milliseconds from the log's origin, 0 or more");
            return None;
        }
        let class = self.classes.number(b"default").expect("the first name fits");
        let from = self.log.blocks.len() as u32;
        self.log.blocks.extend(object.hash_ids);
        let blocks = from..self.log.blocks.len() as u32;
        let at_ns = (ms * 1e6).round() as u64;
        Some(LogRequest { at_ns, row: 0, input: input?, output: output?, class, model: 0, blocks })
    }
}

fn find(text: &[u8], word: &str) -> Option<usize> {
    text.windows(word.len()).position(|part| part == word.as_bytes())
}

fn header(record: &Record, layout: RequestLayout) -> Result<([Option<usize>; 5], usize), Vec<Flaw>> {
    let names: Vec<String> =
        (0..record.len()).map(|index| String::from_utf8_lossy(record.field(index)).into_owned()).collect();
    let mut flaws = Vec::new();
    let columns = layout.columns();
    let at = columns.map(|wanted| names.iter().position(|name| name == wanted && !wanted.is_empty()));
    for wanted in (0..3).filter(|which| at[*which].is_none()) {
        let message = format!("there is no column `{}`", columns[wanted]);
        let near = did_you_mean(columns[wanted], names.iter().map(String::as_str), "column");
        let cure = if near.is_empty() { layout.header().to_owned() } else { near };
        flaws.push(Flaw { kind: Kind::Fields, place: 0..record.raw.len(), message, cure });
    }
    if flaws.is_empty() { Ok((at, names.len())) } else { Err(flaws) }
}

/// Nanoseconds of a text in seconds: to the nanosecond where it has digits for it.
fn seconds_ns(text: &[u8]) -> Result<u64, Kind> {
    let (whole, fraction) = match text.iter().position(|byte| *byte == b'.') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &b""[..]),
    };
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    if !whole.is_empty() && whole.len() <= 10 && digits(whole) && digits(fraction) && fraction.len() <= 9 {
        let seconds = whole.iter().fold(0, |value, byte| value * 10 + u64::from(byte - b'0'));
        let ns = fraction.iter().chain(b"000000000").take(9).fold(0, |value, byte| value * 10 + u64::from(byte - b'0'));
        return if seconds * 1_000_000 <= LATEST_US { Ok(seconds * 1_000_000_000 + ns) } else { Err(Kind::TooLarge) };
    }
    figure::micros(text, 1, LATEST_US).map(|us| us * 1_000)
}

/// Nanoseconds since 1970 of a civil date and time.
fn civil_ns(clock: &mut Clock, text: &[u8]) -> Result<u64, Kind> {
    let (until_second, fraction) = match text.iter().position(|byte| *byte == b'.') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &b""[..]),
    };
    if !fraction.iter().all(u8::is_ascii_digit) || 9 < fraction.len() {
        return Err(Kind::NotADate);
    }
    let us = clock.instant(until_second)?;
    let us = u64::try_from(us).ok().filter(|us| *us <= 3 * LONGEST_US).ok_or(Kind::NotADate)?;
    let ns = fraction.iter().chain(b"000000000").take(9).fold(0, |value, byte| value * 10 + u64::from(byte - b'0'));
    Ok(us * 1_000 + ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(layout: RequestLayout) -> RequestReading {
        RequestReading { layout, from: None, until: None, skip_bad_rows: false }
    }

    fn read(layout: RequestLayout, text: &str) -> Result<RequestLog, String> {
        requests("log", text.as_bytes(), &reading(layout)).map_err(|problems| problems.render(false))
    }

    /// The same three requests in the three layouts, one of them with BOM and CRLF; a row out of order is sorted and told.
    #[test]
    fn layouts_say_the_same() {
        let plain = read(
            RequestLayout::Plain,
            "\u{feff}arrival_s,input_tokens,output_tokens\r\n0,374,44\r\n4.3145790,396,109\r\n4,1,2\r\n",
        );
        let azure = read(
            RequestLayout::Azure,
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109\n2023-11-16 18:15:50.6805900,1,2\n",
        );
        let object = |ms: &str, input: u32, output: u32| {
            format!(
                "{{\"timestamp\": {ms}, \"input_length\": {input}, \"output_length\": {output}, \"hash_ids\": [1, {input}]}}\n"
            )
        };
        let mooncake = read(
            RequestLayout::Mooncake,
            &(object("0", 374, 44) + &object("4314.579", 396, 109) + &object("4000", 1, 2)),
        );
        for log in [plain.unwrap(), azure.unwrap(), mooncake.unwrap()] {
            let found: Vec<_> = log.requests.iter().map(|it| (it.row, it.at_ns, it.input, it.output)).collect();
            assert_eq!(found, [(0, 0, 374, 44), (2, 4_000_000_000, 1, 2), (1, 4_314_579_000, 396, 109)]);
            assert_eq!((log.backwards, log.first_backwards_line.is_some(), log.rows), (1, true, 3));
            assert!(log.blocks.is_empty() || log.blocks[log.requests[1].blocks.start as usize..][..2] == [1, 1]);
        }
    }

    /// Everything wrong is told at once, each with its line and column.
    #[test]
    fn bad_rows_have_their_place() {
        let text = "arrival_s,input_tokens,output_tokens\n0,0,5\n1,5,0\n-1,5,5\nx,1.5,2000000000\n1,2\n";
        let told = read(RequestLayout::Plain, text).unwrap_err();
        for part in [
            "log:2:3",
            "log:3:5",
            "`output_tokens` is 0",
            "log:4:1",
            "negative",
            "log:5:1",
            "log:5:3",
            "log:5:7",
            "too large",
            "log:6:",
            "2 fields in place of 3",
        ] {
            assert!(told.contains(part), "{part} is not in:\n{told}");
        }
        let mut skip = reading(RequestLayout::Plain);
        skip.skip_bad_rows = true;
        let text = text.to_owned() + "2,3,4\n";
        let log = requests("log", text.as_bytes(), &skip).unwrap();
        assert_eq!((log.requests.len(), log.requests[0].row, log.skipped.values().sum::<u64>()), (1, 5, 5));
        for (layout, text, part) in [
            (RequestLayout::Plain, "", "is empty"),
            (RequestLayout::Plain, "arrival_s,input_tokens,output_tokens\n", "holds no request"),
            (RequestLayout::Plain, "arrival_s,input,output_tokens\n0,1,1\n", "there is no column `input_tokens`"),
            (RequestLayout::Mooncake, "{\"timestamp\": 1}\n", "missing field"),
            (RequestLayout::Mooncake, "{\"timestamp\": 1, \"input_length\": 0, \"output_length\": 4}\n", "log:1:19"),
            (RequestLayout::Mooncake, "nonsense\n", "log:1:"),
            (RequestLayout::Azure, "TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,1,1\n", "not a date"),
        ] {
            let told = read(layout, text).unwrap_err();
            assert!(told.contains(part), "{part} is not in:\n{told}");
        }
    }

    /// Classes and models by name, in either order of columns; where each stands first; a blank is the default.
    #[test]
    fn classes_and_models_are_named() {
        let text = "model,class,arrival_s,input_tokens,output_tokens\nb,x,0,1,1\na,,0,1,1\n,x,0,1,1\nb,y,1,1,1\n";
        let log = read(RequestLayout::Plain, text).unwrap();
        assert_eq!((log.classes, log.class_lines), (["x", "default", "y"].map(String::from).to_vec(), vec![2, 3, 5]));
        assert_eq!((log.models, log.model_lines), (["b", "a", "default"].map(String::from).to_vec(), vec![2, 3, 4]));
        let of: Vec<_> = log.requests.iter().map(|it| (it.class, it.model)).collect();
        assert_eq!(of, [(0, 0), (1, 1), (0, 2), (2, 0)]);
    }

    /// From 1 s to before 3 s: one of three; a window in which nobody arrives is refused.
    #[test]
    fn windows_cut() {
        let text = "arrival_s,input_tokens,output_tokens\n0,1,1\n2,1,1\n3,1,1\n";
        let within = |from: f64, until: f64| {
            let (from, until) = (Some(Bound::Seconds(from)), Some(Bound::Seconds(until)));
            requests("log", text.as_bytes(), &RequestReading { from, until, ..reading(RequestLayout::Plain) })
        };
        let log = within(1.0, 3.0).unwrap();
        assert_eq!((log.requests.len(), log.requests[0].row, log.outside), (1, 1, 2));
        assert!(within(5.0, 6.0).unwrap_err().render(false).contains("no request in the window"));
        assert!(within(6.0, 5.0).unwrap_err().render(false).contains("ends before it begins"));
    }
}
