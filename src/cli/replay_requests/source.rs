//! Where the requests of `replay requests` come from: a log, or loads of laws of chance. Serves none.

use super::Load;
use crate::cli::failure::Failure;
use crate::stats::draw::RunKey;
use crate::trace::RequestLog;
use crate::workload::requests::{Arrival, Arrivals, Generated, Mixed, Share};

/// Requests that are to be served.
pub(super) enum Source {
    Log(RequestLog),
    Generated(Loads),
}

/// Loads side by side.
#[derive(Clone)]
pub(super) struct Loads {
    shares: Vec<Share>,
    /// Class and model that each names.
    names: Vec<(Option<String>, Option<String>)>,
    first_ns: u64,
}

impl Loads {
    /// The error says what is wrong with a load, or that nobody comes.
    pub fn new(loads: &[Load], seed: u64) -> Result<Loads, Failure> {
        let key = RunKey { study_seed: seed, draw: 0, replication: 0 };
        let share = |(at, load): (usize, &Load)| {
            // Numbers of the first load are those of a load alone.
            let name = if at == 0 { "replay.requests".to_owned() } else { format!("replay.requests.{}", at + 1) };
            let source = Generated::new(&load.terms, key, &name)
                .map_err(|why| Failure::input(format!("--generate: {why}"), "see `replay requests --help`"))?;
            if !source.clone().next(&mut Arrival::default()) {
                return Err(Failure::input(
                    format!("--generate {load}: no request in that time"),
                    "a longer duration or a higher rate",
                ));
            }
            Ok(Share { source, class: 0, model: 0 })
        };
        let shares: Vec<Share> = loads.iter().enumerate().map(share).collect::<Result<_, _>>()?;
        if 1 < loads.len()
            && loads.iter().any(|load| load.model.is_some())
            && loads.iter().any(|load| load.model.is_none())
        {
            return Err(Failure::input("--generate: one load names a model and one does not", "model=NAME in each"));
        }
        let names = loads.iter().map(|load| (load.class.clone(), load.model.clone())).collect();
        let mut first = Arrival::default();
        Mixed::new(shares.clone()).next(&mut first);
        Ok(Loads { shares, names, first_ns: first.at_ns })
    }

    /// Gives each load its class and its model, by the places of the names in the order of [`Source::classes`] and [`Source::models`].
    pub fn place(&mut self, classes: &[u8], models: &[u16]) {
        let (known_classes, known_models) = (self.classes(), self.models());
        for (share, (class, model)) in self.shares.iter_mut().zip(&self.names) {
            let of = |name: &str, known: &[(String, String)]| known.iter().position(|it| it.0 == name);
            let class = of(class.as_deref().unwrap_or(DEFAULT), &known_classes).expect("its class is known");
            share.class = classes[class];
            share.model = model.as_ref().map_or(0, |name| models[of(name, &known_models).expect("its model is known")]);
        }
    }

    /// From the first.
    pub fn requests(&self) -> Mixed {
        Mixed::new(self.shares.clone())
    }

    fn classes(&self) -> Vec<(String, String)> {
        distinct(self.names.iter().map(|it| it.0.as_deref().unwrap_or(DEFAULT)))
    }

    fn models(&self) -> Vec<(String, String)> {
        distinct(self.names.iter().filter_map(|it| it.1.as_deref()))
    }
}

/// Class of a request that names none.
const DEFAULT: &str = "default";

/// Names once each, in order of first appearance, and where they stand.
fn distinct<'n>(names: impl Iterator<Item = &'n str>) -> Vec<(String, String)> {
    let mut seen: Vec<(String, String)> = Vec::new();
    for name in names {
        if seen.iter().all(|it| it.0 != name) {
            seen.push((name.to_owned(), "--generate".to_owned()));
        }
    }
    seen
}

/// Generated requests whose mean length stands for that of all.
const ENOUGH: usize = 10_000;

impl Source {
    /// Mean tokens of a prompt and of an answer; of generated requests those of the first 10,000.
    pub fn mean_tokens(&self) -> (f64, f64) {
        let mean = |tokens: &mut dyn Iterator<Item = (u32, u32)>| {
            let (mut n, mut prompts, mut answers) = (0u64, 0u64, 0u64);
            for (prompt, answer) in tokens {
                (n, prompts, answers) = (n + 1, prompts + u64::from(prompt), answers + u64::from(answer));
            }
            (prompts as f64 / n as f64, answers as f64 / n as f64)
        };
        match self {
            Source::Log(log) => mean(&mut log.requests.iter().map(|request| (request.input, request.output))),
            Source::Generated(loads) => {
                let (mut requests, mut one) = (loads.requests(), Arrival::default());
                let each = std::iter::from_fn(|| requests.next(&mut one).then_some((one.input, one.output)));
                mean(&mut each.take(ENOUGH))
            }
        }
    }

    /// First arrival [ns].
    pub fn first_ns(&self) -> u64 {
        match self {
            Source::Log(log) => log.requests[0].at_ns,
            Source::Generated(loads) => loads.first_ns,
        }
    }

    /// Classes by number, and where each is named first.
    pub fn classes(&self) -> Vec<(String, String)> {
        match self {
            Source::Log(log) => placed(&log.classes, &log.class_lines),
            Source::Generated(loads) => loads.classes(),
        }
    }

    /// Models by number, and where each is named first; none where nobody asks for any.
    pub fn models(&self) -> Vec<(String, String)> {
        match self {
            Source::Log(log) => placed(&log.models, &log.model_lines),
            Source::Generated(loads) => loads.models(),
        }
    }

    /// How requests are to ask for a model.
    pub fn model_cure(&self, model: &str) -> String {
        match self {
            Source::Log(_) => "a column `model` in the log, of layout plain".into(),
            Source::Generated(_) => format!("model={model} in its --generate, and one --generate for each other"),
        }
    }
}

fn placed(names: &[String], lines: &[u64]) -> Vec<(String, String)> {
    let place = |at: usize| match lines.get(at) {
        Some(line) => format!("line {line} of the log"),
        None => "the log".to_owned(),
    };
    names.iter().enumerate().map(|(at, name)| (name.clone(), place(at))).collect()
}
