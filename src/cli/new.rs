//! `hedgerow new`: commented scenario files that run as they are, to be changed. Overwrites nothing.

use super::failure::Failure;
use super::{schema, terminal};
use clap::ValueEnum;
use std::path::{Path, PathBuf};

/// Write a commented scenario that runs as it is
#[derive(clap::Args, Debug)]
pub struct New {
    /// Which one
    #[arg(value_enum)]
    kind: Kind,
    /// Folder to write it to; made when it is not there
    dir: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// One cloud that backs two labs: five strategies, four futures, eight years
    DualBet,
    /// Jobs that wait for one of ten servers, with the exact answer beside it
    Queue,
    /// Jobs of a trace file that need all their chips at once
    Gang,
}

/// A file to write: its name and its text.
type File = (&'static str, &'static str);

const SCHEMA: &str = "scenario.schema.json";

impl Kind {
    /// The scenario first, then what it needs.
    fn files(self) -> &'static [File] {
        match self {
            Kind::DualBet => &[("dual-bet.toml", include_str!("../../scenarios/dual-bet.toml"))],
            Kind::Queue => &[("queue.toml", include_str!("../../scenarios/theory/mmc.toml"))],
            Kind::Gang => &[
                ("gang.toml", include_str!("../../scenarios/gang.toml")),
                ("gang.csv", include_str!("../../scenarios/gang.csv")),
            ],
        }
    }
}

/// Writes the files, and the schema that editors check them with.
pub fn run(args: &New) -> Result<(), Failure> {
    let files = args.kind.files();
    let schema = schema::text();
    let texts = files.iter().map(|(name, text)| (*name, here(text)));
    let texts: Vec<(&str, String)> = texts.chain([(SCHEMA, schema)]).collect();
    refuse_to_overwrite(&args.dir, &texts)?;
    let cannot = |what: &Path| format!("cannot write {}", what.display());
    std::fs::create_dir_all(&args.dir).map_err(|error| Failure::system(cannot(&args.dir), error))?;
    let mut said = String::new();
    for (name, text) in &texts {
        let path = args.dir.join(name);
        // A schema that is there already is the same or its owner's.
        if !path.exists() {
            std::fs::write(&path, text).map_err(|error| Failure::system(cannot(&path), error))?;
            said += &format!("wrote {}\n", path.display());
        }
    }
    said += &format!("next: hedgerow check {}\n", args.dir.join(files[0].0).display());
    Ok(terminal::say(&said)?)
}

fn refuse_to_overwrite(dir: &Path, texts: &[(&str, String)]) -> Result<(), Failure> {
    if dir.exists() && !dir.is_dir() {
        return Err(Failure::input(format!("`{}` is not a folder", dir.display()), "name a folder, or a new one"));
    }
    let there = texts.iter().map(|(name, _)| dir.join(name)).filter(|path| path.exists() && !path.ends_with(SCHEMA));
    let there: Vec<String> = there.map(|path| format!("`{}`", path.display())).collect();
    match there.as_slice() {
        [] => Ok(()),
        [one] => Err(Failure::input(format!("{one} exists already"), "name another folder, or move the file away")),
        _ => Err(Failure::input(
            format!("{} exist already", there.join(", ")),
            "name another folder, or move the files away",
        )),
    }
}

/// The text as it stands alone: the schema beside it, and its own name in the commands it shows.
fn here(text: &str) -> String {
    let text = text.replacen("#:schema ../docs/scenario.schema.json", "#:schema scenario.schema.json", 1);
    text.replace("scenarios/theory/mmc.toml", "queue.toml").replace("scenarios/dual-bet.toml", "dual-bet.toml")
}
