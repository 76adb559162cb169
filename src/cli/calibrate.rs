//! `hedgerow calibrate`: what was measured beside what the models say, written as a document. Reads the data and writes the file; fits nothing itself.

use super::failure::Failure;
use super::terminal;
use crate::report::calibration::{self, Data};
use crate::world::catalog::Catalog;
use clap::Subcommand;
use std::path::{Path, PathBuf};

/// Fit models to measurements and write down every miss
#[derive(clap::Args, Debug)]
pub struct Calibrate {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Replica cards against published rates and step times
    Cards(Cards),
}

#[derive(clap::Args, Debug)]
struct Cards {
    /// Folder that has facts/ and golden/serving/
    data: PathBuf,
    /// File to write
    #[arg(short, long, value_name = "FILE", default_value = "docs/calibration.md")]
    output: PathBuf,
}

/// Fits and writes.
pub fn run(args: &Calibrate) -> Result<(), Failure> {
    let What::Cards(args) = &args.what;
    let open = |name: &str| read(&args.data, name);
    let data = Data::read(&open).map_err(|error| Failure::input(error, ""))?;
    let found = calibration::calibrate(Catalog::embedded(), &data).map_err(|error| Failure::input(error, ""))?;
    let document = found.document();
    std::fs::write(&args.output, &document).map_err(|error| {
        Failure::input(format!("cannot write {}: {error}", args.output.display()), "name another place with `-o`")
    })?;
    let shares = &found.fit.shares;
    let mut text = format!(
        "fitted: MFU {:.4}, MBU {:.4}, overhead {:.4e} s a layer, link share {:.4}; mean absolute error {:.1} %\n",
        shares.mfu,
        shares.mbu,
        shares.overhead_s_per_layer,
        shares.link_share,
        100.0 * found.error()
    );
    for (what, name, error, doubts) in found.left_out() {
        text += &format!("without {what} {name}: {:.1} % on it\n", 100.0 * error);
        text.extend(doubts.iter().map(|doubt| format!("  {doubt}\n")));
    }
    text.extend(found.fit.doubts.iter().map(|doubt| format!("{doubt}\n")));
    text += &format!("wrote {}\n", args.output.display());
    Ok(terminal::say(&text)?)
}

fn read(folder: &Path, name: &str) -> Result<String, String> {
    let path = folder.join(name);
    std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
