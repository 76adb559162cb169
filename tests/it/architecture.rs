//! The rules of ARCHITECTURE.md that a machine can check. What may import what, where each thing lives, what lives nowhere.

use super::source::{Source, layers, source, sources};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Fails with every breach at once.
fn none(breaches: Vec<String>) {
    assert!(breaches.is_empty(), "{} breaches:\n{}", breaches.len(), breaches.join("\n"));
}

/// Layers that a file imports.
fn imports(source: &Source) -> BTreeSet<String> {
    source.paths.iter().filter(|path| path[0] == "crate" && path.len() > 1).map(|path| path[1].clone()).collect()
}

/// What is planted is seen, in groups and behind `super`; what stands in comments, texts and tests is not.
#[test]
fn the_reader_of_sources_sees_what_is_there() {
    let text = r##"
        //! std::env and unsafe in words
        use crate::{units::{SimTime, Span}, kernel::Run};
        use super::super::ledger as books;
        use std::{fs, collections::BTreeMap};
        fn f(x: f64) -> &'static str { let _ = ('"', '\'', b"unsafe"); x.ln(); r#"HashMap "quoted""# }
        #[cfg(test)]
        mod tests { use rayon::prelude::*; fn g() { unsafe {} } }
        fn h() { println!("unsafe"); rand::random(); }
    "##;
    let source = source(std::path::Path::new("src/policy/strict.rs"), text.to_owned());
    assert_eq!(imports(&source).into_iter().collect::<Vec<_>>(), ["kernel", "ledger", "units"]);
    assert!(source.uses(&["std", "fs"]) && source.uses(&["rand"]) && source.says(&["println", "!"]));
    assert!(source.says(&[".", "ln", "("]));
    assert!(
        !source.uses(&["std", "env"])
            && !source.uses(&["rayon"])
            && !source.says(&["unsafe"])
            && !source.says(&["HashMap"])
    );
}

/// A layer may import only layers declared above it in `lib.rs`.
#[test]
fn layers_import_only_those_above() {
    let order = layers();
    let place = |name: &str| order.iter().position(|layer| layer == name);
    let mut breaches = Vec::new();
    for source in sources().iter().filter(|source| !source.layer.is_empty()) {
        let Some(own) = place(&source.layer) else {
            breaches.push(format!("src/{}: `{}` is not declared in lib.rs", source.name, source.layer));
            continue;
        };
        for import in imports(source) {
            if place(&import).is_some_and(|other| other > own) {
                breaches.push(format!("src/{}: `{}` imports `{import}`, which is below it", source.name, source.layer));
            }
        }
    }
    none(breaches);
}

/// Only the kernel joins them.
#[test]
fn siblings_do_not_know_each_other() {
    const SIBLINGS: [&str; 6] = ["workload", "market", "contract", "shock", "ledger", "policy"];
    let mut breaches = Vec::new();
    for source in sources().iter().filter(|source| SIBLINGS.contains(&source.layer.as_str())) {
        for import in imports(source).iter().filter(|name| **name != source.layer && SIBLINGS.contains(&name.as_str()))
        {
            breaches.push(format!("src/{}: `{}` imports its sibling `{import}`", source.name, source.layer));
        }
    }
    none(breaches);
}

/// Things with one home: paths that begin so stand only in files that begin so.
const HOMES: [(&[&[&str]], &[&str]); 5] = [
    (&[&["std", "fs"]], &["spec/", "trace/", "study/store", "report/", "cli/"]),
    (&[&["std", "env"], &["std", "io", "stdout"], &["std", "io", "stderr"], &["std", "process"]], &["cli/", "main.rs"]),
    (&[&["rand"], &["rand_xoshiro"], &["rand_distr"]], &["stats/"]),
    (&[&["rayon"]], &["study/"]),
    (&[&["plotters"], &["minijinja"]], &["report/"]),
];

#[test]
fn each_thing_has_one_home() {
    let mut breaches = Vec::new();
    for source in sources() {
        let at_home = |homes: &[&str]| homes.iter().any(|home| source.name.starts_with(home));
        for (things, homes) in HOMES {
            for thing in things.iter().filter(|thing| source.uses(thing) && !at_home(homes)) {
                breaches.push(format!("src/{}: `{}` lives in {homes:?}", source.name, thing.join("::")));
            }
        }
        let prints = ["print", "println", "eprint", "eprintln", "dbg"];
        for word in prints.iter().filter(|word| source.says(&[word, "!"]) && !at_home(&["cli/", "main.rs"])) {
            breaches.push(format!("src/{}: `{word}!`, and only cli prints", source.name));
        }
        if source.says(&["Instant"]) && !at_home(&["study/", "cli/"]) {
            breaches.push(format!("src/{}: the wall clock lives in study and cli", source.name));
        }
    }
    none(breaches);
}

#[test]
fn forbidden_words_stand_nowhere() {
    const WORDS: [&[&str]; 5] = [&["HashMap"], &["HashSet"], &["SystemTime"], &["static", "mut"], &["unsafe"]];
    let says = |source: &Source| -> Vec<String> {
        let found = WORDS.iter().filter(|word| source.says(word));
        found.map(|word| format!("src/{}: `{}`", source.name, word.join(" "))).collect()
    };
    none(sources().iter().flat_map(says).collect());
}

/// Functions of std whose last digit differs between machines; `stats::math` has those of libm.
#[test]
fn only_our_own_transcendental_functions() {
    const NAMES: [&str; 27] = [
        "exp", "exp2", "exp_m1", "ln", "ln_1p", "log", "log2", "log10", "powf", "powi", "sin", "cos", "tan", "sin_cos",
        "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "cbrt", "hypot", "gamma",
    ];
    let mut breaches = Vec::new();
    for source in sources().iter().filter(|source| source.name != "stats/math.rs") {
        for name in NAMES {
            if source.says(&[".", name, "("]) || source.says(&["f64", "::", name]) {
                breaches.push(format!("src/{}: `{name}` of std", source.name));
            }
        }
    }
    none(breaches);
}

#[test]
fn every_folder_is_described() {
    let described = std::fs::read_to_string("ARCHITECTURE.md").expect("ARCHITECTURE.md is there");
    let missing = layers().into_iter().filter(|layer| !described.contains(&format!("{layer}/")));
    none(missing.map(|layer| format!("ARCHITECTURE.md says nothing of `{layer}/`")).collect());
}

/// The number of the equation that a line defines.
fn defines(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("**(").or_else(|| line.strip_prefix("    ("))?;
    let (number, _) = rest.split_once(')')?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}

/// `Eq. (7)` in a comment leads to where docs/model.md defines (7): a paragraph that begins with **(7) ...**, or a line of a list of
/// equations that begins with it. A mention of (7) is none, and nothing is defined twice.
#[test]
fn every_cited_equation_exists() {
    let mut cited: BTreeMap<String, String> = BTreeMap::new();
    for source in sources() {
        for rest in source.text.split("Eq. (").skip(1) {
            let number = rest.split(')').next().unwrap_or_default();
            if number.chars().all(|c| c.is_ascii_digit()) && !number.is_empty() {
                cited.entry(number.to_owned()).or_insert_with(|| source.name.clone());
            }
        }
    }
    assert!(20 <= cited.len(), "only {} equations are cited: {:?}", cited.len(), cited.keys());
    let model = std::fs::read_to_string("docs/model.md").expect("docs/model.md is there");
    let defined: Vec<&str> = model.lines().filter_map(defines).collect();
    let once: BTreeSet<&str> = defined.iter().copied().collect();
    assert_eq!(once.len(), defined.len(), "an equation is defined twice: {defined:?}");
    assert_eq!((defines("    (9)   a = b"), defines("as in (9)"), defines("eta of **(3)**")), (Some("9"), None, None));
    let missing = cited.iter().filter(|(number, _)| !once.contains(number.as_str()));
    none(
        missing
            .map(|(number, file)| format!("src/{file} cites Eq. ({number}), which docs/model.md does not have"))
            .collect(),
    );
}

#[test]
fn files_stay_pleasant() {
    let long = sources().into_iter().filter(|source| source.text.lines().count() > 700);
    none(long.map(|source| format!("src/{}: {} lines", source.name, source.text.lines().count())).collect());
}

/// The default tree builds with Rust alone: no C compiler, no CMake, no system library.
#[test]
fn no_dependency_needs_another_compiler() {
    let arguments =
        ["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"];
    let output = std::process::Command::new(env!("CARGO")).args(arguments).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let nodes: BTreeMap<String, Value> =
        list(&metadata["resolve"]["nodes"]).into_iter().map(|node| (node["id"].to_string(), node)).collect();
    // From the root along normal and build dependencies.
    let (mut open, mut seen) = (vec![metadata["resolve"]["root"].to_string()], BTreeSet::new());
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let needed = |dependency: &Value| list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev");
        open.extend(list(&nodes[&id]["deps"]).iter().filter(|d| needed(d)).map(|d| d["pkg"].to_string()));
    }
    let packages = list(&metadata["packages"]);
    let names: BTreeSet<&str> =
        packages.iter().filter(|p| seen.contains(&p["id"].to_string())).filter_map(|p| p["name"].as_str()).collect();
    assert!(names.contains("hedgerow") && names.contains("clap"), "{names:?}");
    let foreign = ["cc", "cmake", "pkg-config", "bindgen"].into_iter().filter(|name| names.contains(name));
    none(foreign.map(|name| format!("`{name}` is in the tree: cargo tree --invert {name}")).collect());
}
