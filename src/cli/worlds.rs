//! From a scenario that was read to the worlds of its study: one for each strategy and future. Simulates nothing.

use super::failure::Failure;
use crate::spec::{Problem, Problems, Read, Spec};
use crate::world::World;
use crate::world::catalog::Catalog;
use std::path::Path;

/// Largest file that a scenario may name [bytes].
const LARGEST_TRACE: u64 = 1 << 30;

/// Every world of the study, strategies outermost; else every problem of all of them.
pub fn worlds(read: &Read, file: &Path) -> Result<Vec<World>, Failure> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let (mut worlds, mut problems) = (Vec::new(), Vec::new());
    for strategy in names(&read.spec.strategies) {
        for future in names(&read.spec.futures) {
            let built = tables(read, &strategy, &future)
                .and_then(|spec| World::build(&spec, Catalog::embedded(), &strategy, &future, &|name| open(folder, name)));
            match built {
                Ok(world) => worlds.push(world),
                Err(found) => problems.extend(found.iter().cloned()),
            }
        }
    }
    // A fault that several worlds share is one fault.
    let problems: Vec<Problem> = problems;
    if problems.is_empty() { Ok(worlds) } else { Err(Problems::new(read.sources.clone(), problems).into()) }
}

/// Names of the tables; without any there is one named `base`.
fn names<T>(tables: &[crate::spec::Named<T>]) -> Vec<String> {
    match tables {
        [] => vec!["base".to_owned()],
        some => some.iter().map(|table| table.name.clone()).collect(),
    }
}

/// The tables in a future under a strategy. What a strategy sets at `decide_at` is the world's to apply.
fn tables(read: &Read, strategy: &str, future: &str) -> Result<Spec, Problems> {
    let spec = &read.spec;
    let mut overrides = Vec::new();
    overrides.extend(spec.futures.iter().filter(|table| table.name == future).flat_map(|table| table.table.set.clone()));
    if spec.scenario.decide_at.is_none() {
        overrides
            .extend(spec.strategies.iter().filter(|table| table.name == strategy).flat_map(|table| table.table.set.clone()));
    }
    if overrides.is_empty() { Ok(spec.clone()) } else { read.with_overrides(&overrides) }
}

/// The text of a file named in the scenario, relative to its folder.
fn open(folder: &Path, name: &str) -> Result<String, String> {
    let path = folder.join(name);
    let facts = std::fs::metadata(&path).map_err(|error| reason(&error))?;
    if !facts.is_file() {
        return Err("it is not a file".into());
    }
    if LARGEST_TRACE < facts.len() {
        return Err(format!("it has more than {} MiB", LARGEST_TRACE >> 20));
    }
    std::fs::read_to_string(&path).map_err(|error| reason(&error))
}

/// The reason without the platform's error number.
fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::InvalidData => "it is not UTF-8".into(),
        kind => kind.to_string(),
    }
}
