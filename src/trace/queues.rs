//! The file that says how many nodes each queue has: CSV `queue,nodes`, or Philly's `vc,node num`. Knows no log.

use super::fault::{self, Faults, Flaw, Kind};
use super::figure;
use super::layout::Form;
use super::line::{Lines, Record};
use crate::spec::{Problem, Problems, Sources, did_you_mean};
use std::collections::BTreeMap;

/// A queue and its nodes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Queue {
    /// Its name, as the log writes it.
    pub name: String,
    /// Its nodes; 0 is legal, and no job of it ever runs.
    pub nodes: u64,
}

const NAME: [&str; 2] = ["queue", "vc"];
const NODES: [&str; 3] = ["nodes", "node num", "node_num"];

/// The queues of a file, in its order; else every problem with line, column and cure. `name` is what problems call the file.
pub fn queues(name: &str, bytes: &[u8]) -> Result<Vec<Queue>, Problems> {
    let mut lines = Lines::new(bytes, Form::Comma);
    let mut faults = Faults::default();
    let (mut queues, mut first) = (Vec::new(), BTreeMap::new());
    let mut columns = None;
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
            Some(columns) => queues.extend(queue(record, columns, &mut first, &mut flaws)),
        }
        faults.row(record, &mut flaws);
    }
    match columns {
        None => Err(alone(format!("`{name}` is empty"))),
        Some(_) if faults.is_empty() => Ok(queues),
        Some(_) => Err(faults.problems(name)),
    }
}

/// Positions of name and nodes, and how many fields a row has.
type Columns = (usize, usize, usize);

fn header(record: &Record) -> Result<Columns, Vec<Flaw>> {
    let names: Vec<String> =
        (0..record.len()).map(|index| String::from_utf8_lossy(record.field(index)).into_owned()).collect();
    let find = |wanted: &[&str]| names.iter().position(|name| wanted.contains(&&**name));
    let missing = |wanted: &[&str]| {
        let message = format!("there is no column `{}`", wanted[0]);
        let cure = did_you_mean(wanted[0], names.iter().map(String::as_str), "column");
        Flaw { kind: Kind::Fields, place: 0..record.raw.len(), message, cure }
    };
    match (find(&NAME), find(&NODES)) {
        (Some(name), Some(nodes)) => Ok((name, nodes, names.len())),
        (name, nodes) => {
            let lacking = [name.is_none().then(|| missing(&NAME)), nodes.is_none().then(|| missing(&NODES))];
            Err(lacking.into_iter().flatten().collect())
        }
    }
}

fn queue(
    record: &Record,
    (name, nodes, width): Columns,
    first: &mut BTreeMap<Vec<u8>, u64>,
    flaws: &mut Vec<Flaw>,
) -> Option<Queue> {
    let mut bad = |kind, place, message: String, cure: String| flaws.push(Flaw { kind, place, message, cure });
    if let Some(broken) = record.broken {
        flaws.push(fault::broken(record, broken));
        return None;
    }
    if record.len() != width {
        let end = record.raw.len();
        bad(Kind::Fields, end..end, format!("{} fields in place of {width}", record.len()), "queue,nodes".into());
        return None;
    }
    let text = record.field(name);
    if text.is_empty() {
        bad(Kind::Empty, record.place(name), "the queue has no name".into(), "its name as the log writes it".into());
        return None;
    }
    if let Some(line) = first.insert(text.to_vec(), record.line) {
        let message = format!("`{}` already stands in line {line}", String::from_utf8_lossy(text));
        bad(Kind::DuplicateId, record.place(name), message, "each queue once".into());
    }
    match figure::nodes(record.field(nodes)) {
        Ok(nodes) => Some(Queue { name: String::from_utf8_lossy(text).into_owned(), nodes }),
        Err(kind) => {
            let what = "a whole number of nodes from 0 to 1e9";
            let (message, cure) = fault::figure(kind, "nodes", record.field(nodes), what);
            bad(kind, record.place(nodes), message, cure);
            None
        }
    }
}

fn alone(message: String) -> Problems {
    let cure = "a header queue,nodes and a row a queue";
    Problems::new(Sources::default(), vec![Problem::at(Default::default(), message, cure)])
}
