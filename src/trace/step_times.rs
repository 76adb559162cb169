//! A file of measured times of iterations, in the layout of splitwise-sim's perf_model.csv. Fits nothing.

use super::fault::{self, Faults, Flaw, Kind};
use super::figure;
use super::layout::Form;
use super::line::{Lines, Record};
use crate::spec::{Problem, Problems, Sources, did_you_mean};

/// The columns that are read; others are passed over.
const COLUMNS: [&str; 7] =
    ["model", "hardware", "tensor_parallel", "prompt_size", "batch_size", "prompt_time", "token_time"];

/// A row of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StepTime {
    /// Model, as the file calls it.
    pub model: String,
    /// Chip, as the file calls it.
    pub hardware: String,
    /// Chips that share each layer.
    pub tensor_parallel: u32,
    /// Tokens of each prompt.
    pub prompt_size: u32,
    /// Requests in the batch.
    pub batch_size: u32,
    /// Time to process all prompts [ms].
    pub prompt_ms: f64,
    /// Time of one step of decoding [ms].
    pub token_ms: f64,
}

/// The rows of a file; else every problem with line, column and cure. `name` is what problems call the file.
pub fn step_times(name: &str, bytes: &[u8]) -> Result<Vec<StepTime>, Problems> {
    let mut lines = Lines::new(bytes, Form::Comma);
    let (mut faults, mut rows, mut columns) = (Faults::default(), Vec::new(), None);
    while lines.read().map_err(|error| alone(format!("cannot read `{name}`: {error}")))? {
        let record = &lines.record;
        let mut flaws = Vec::new();
        match columns {
            None => match header(record) {
                Ok(found) => columns = Some(found),
                Err(mut flaws) => {
                    faults.row(record, &mut flaws);
                    return Err(faults.problems(name));
                }
            },
            Some((at, width)) => rows.extend(row(record, at, width, &mut flaws)),
        }
        faults.row(record, &mut flaws);
    }
    match columns {
        None => Err(alone(format!("`{name}` is empty"))),
        Some(_) if faults.is_empty() => Ok(rows),
        Some(_) => Err(faults.problems(name)),
    }
}

fn alone(message: String) -> Problems {
    let cure = format!("a header with {} and a row a measurement", COLUMNS.join(","));
    Problems::new(Sources::default(), vec![Problem::at(Default::default(), message, &cure)])
}

fn header(record: &Record) -> Result<([usize; 7], usize), Vec<Flaw>> {
    let names: Vec<String> =
        (0..record.len()).map(|index| String::from_utf8_lossy(record.field(index)).into_owned()).collect();
    let at = COLUMNS.map(|wanted| names.iter().position(|name| name == wanted));
    let missing = COLUMNS.iter().zip(at).filter(|(_, at)| at.is_none()).map(|(wanted, _)| Flaw {
        kind: Kind::Fields,
        place: 0..record.raw.len(),
        message: format!("there is no column `{wanted}`"),
        cure: did_you_mean(wanted, names.iter().map(String::as_str), "column"),
    });
    let flaws: Vec<Flaw> = missing.collect();
    if flaws.is_empty() { Ok((at.map(|at| at.expect("found")), names.len())) } else { Err(flaws) }
}

fn row(record: &Record, at: [usize; 7], width: usize, flaws: &mut Vec<Flaw>) -> Option<StepTime> {
    if let Some(broken) = record.broken {
        flaws.push(fault::broken(record, broken));
        return None;
    }
    if record.len() != width {
        let (end, found) = (record.raw.len(), record.len());
        let message = format!("{found} fields in place of {width}");
        flaws.push(Flaw {
            kind: Kind::Fields,
            place: end..end,
            message,
            cure: "a field a column of the header".into(),
        });
        return None;
    }
    let text = |which: usize| String::from_utf8_lossy(record.field(at[which])).into_owned();
    let mut bad = |which: usize, kind: Kind, what: &str| {
        let (message, cure) = fault::figure(kind, COLUMNS[which], record.field(at[which]), what);
        flaws.push(Flaw { kind, place: record.place(at[which]), message, cure });
    };
    let mut whole = |which: usize| match figure::nodes(record.field(at[which])) {
        Ok(n) if 0 < n && n <= u64::from(u32::MAX) => Some(n as u32),
        Ok(0) => {
            bad(which, Kind::Zero, "a whole number of 1 or more");
            None
        }
        found => {
            bad(which, found.err().unwrap_or(Kind::TooLarge), "a whole number of 1 or more");
            None
        }
    };
    let (tensor_parallel, prompt_size, batch_size) = (whole(2), whole(3), whole(4));
    let mut time = |which: usize| {
        let text = text(which);
        match text.parse::<f64>() {
            Ok(ms) if 0.0 < ms && ms < 1e9 => Some(ms),
            Ok(ms) => {
                let kind = if ms < 0.0 {
                    Kind::Negative
                } else if ms == 0.0 {
                    Kind::Zero
                } else {
                    Kind::TooLarge
                };
                bad(which, kind, "a time in milliseconds above 0");
                None
            }
            Err(_) => {
                let kind = if text.is_empty() { Kind::Empty } else { Kind::NotANumber };
                bad(which, kind, "a time in milliseconds above 0");
                None
            }
        }
    };
    let (prompt_ms, token_ms) = (time(5), time(6));
    Some(StepTime {
        model: text(0),
        hardware: text(1),
        tensor_parallel: tensor_parallel?,
        prompt_size: prompt_size?,
        batch_size: batch_size?,
        prompt_ms: prompt_ms?,
        token_ms: token_ms?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns in any order, others beside them; each fault at its place.
    #[test]
    fn rows_and_faults() {
        let head = "model,hardware,prompt_size,batch_size,peak_power,prompt_time,token_time,tensor_parallel\n";
        let rows = step_times("t", format!("{head}a,h,512,2,1.0,196.25,54.9,8\n").as_bytes()).unwrap();
        assert_eq!((rows[0].prompt_size, rows[0].batch_size, rows[0].token_ms), (512, 2, 54.9));
        let told = step_times("t", format!("{head}a,h,0,2,1.0,x,-1,8\n").as_bytes()).unwrap_err().render(false);
        for part in ["t:2:5", "t:2:13", "t:2:15"] {
            assert!(told.contains(part), "{part} is not in:\n{told}");
        }
        assert!(step_times("t", b"model\n").unwrap_err().render(false).contains("no column `hardware`"));
    }
}
