//! `hedgerow calibrate`: what was measured beside what the models say, written as a document. Reads the data and writes the file; fits nothing itself.

use super::failure::Failure;
use super::terminal;
use crate::calibrate;
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
    /// Admission of services, by the request tier: minutes on one core
    Serving(Serving),
}

#[derive(clap::Args, Debug)]
struct Serving {
    /// Names the chance of its windows
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// File to write
    #[arg(short, long, value_name = "FILE", default_value = "catalog/admission.csv")]
    output: PathBuf,
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
    let args = match &args.what {
        What::Cards(args) => args,
        What::Serving(args) => return serving(args),
    };
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

/// Measures and writes.
fn serving(args: &Serving) -> Result<(), Failure> {
    let bar = super::progress::Bar::new(calibrate::points(Catalog::embedded()), false);
    let mut told = || bar.add(1);
    let table =
        calibrate::admission(Catalog::embedded(), args.seed, &mut told).map_err(|error| Failure::input(error, ""))?;
    bar.finish();
    std::fs::write(&args.output, &table).map_err(|error| {
        Failure::input(format!("cannot write {}: {error}", args.output.display()), "name another place with `-o`")
    })?;
    Ok(terminal::say(&format!("wrote {}\n", args.output.display()))?)
}

fn read(folder: &Path, name: &str) -> Result<String, String> {
    let path = folder.join(name);
    std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}
