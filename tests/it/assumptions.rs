//! What the shipped studies assume: every number with where it is from, every estimate with how far it may be off.

use hedgerow::spec::read;
use hedgerow::world::World;
use hedgerow::world::catalog::Catalog;
use std::path::Path;

/// No row of assumptions.csv is without a source, no dated source without its date, no estimate without range and reason; defaults of
/// ours are estimates too.
#[test]
fn every_number_of_the_shipped_studies_has_its_source() {
    for (file, strategy, future, least) in
        [("scenarios/dual-bet.toml", "both", "no_shocks", 250), ("scenarios/quickstart.toml", "keep", "base", 60)]
    {
        let read = read(Path::new(file), &[]).unwrap_or_else(|problems| panic!("{problems}"));
        let none = |name: &str| Err(name.to_owned());
        let world = World::build(&read.spec, Catalog::embedded(), strategy, future, &none)
            .unwrap_or_else(|problems| panic!("{problems}"));
        assert!(least <= world.assumptions.len(), "{file}: only {} assumptions", world.assumptions.len());
        let mut lacking: Vec<String> = Vec::new();
        for row in &world.assumptions {
            let ours = row.source == "default of hedgerow";
            let estimate = ours || row.source.starts_with("estimate") || row.confidence == "estimate";
            let lacks = [
                ("a source", row.source.is_empty()),
                ("a date", row.as_of.is_empty() && !ours),
                ("a range", estimate && row.range.is_empty()),
                ("a reason", estimate && row.reason.is_empty()),
            ];
            let lacks = lacks.into_iter().filter(|(_, missing)| *missing).map(|(what, _)| what);
            lacking.extend(lacks.map(|what| format!("{file}: {} has not {what}", row.path)));
        }
        assert!(lacking.is_empty(), "{}", lacking.join("\n"));
    }
}

/// The value of a fixed number with a range lies in it.
#[test]
fn ranges_hold_their_values() {
    for file in ["scenarios/dual-bet.toml", "scenarios/quickstart.toml"] {
        let read = read(Path::new(file), &[]).unwrap();
        let (strategy, future) = (&read.spec.strategies[0].name, read.spec.futures.first());
        let future = future.map_or("base", |future| &future.name);
        let none = |name: &str| Err(name.to_owned());
        let world = World::build(&read.spec, Catalog::embedded(), strategy, future, &none).unwrap();
        for row in world.assumptions.iter().filter(|row| !row.range.is_empty()) {
            let (low, high) = row.range.split_once("..").unwrap_or_else(|| panic!("{row:?}"));
            let [low, value, high] = [low, &row.value, high].map(|text| text.parse::<f64>().unwrap());
            assert!(low <= value && value <= high, "{file}: {row:?}");
        }
    }
}
