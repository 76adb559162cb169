//! docs/calibration.md: every measured point beside what the cards say of it. Reads no file and fits nothing itself: `perf::fit` does.

mod data;
mod others;

pub use data::{Data, Published, Rate, StepTime};

use crate::perf::fit::{Case, Fit, Share, fit, mean_abs_error};
use crate::perf::{Deployment, Efficiency};
use crate::world::catalog::{Catalog, NoParts};
use std::collections::BTreeSet;

/// What one row says when it is fitted and when it is left out [-], modelled over measured.
struct Miss {
    fitted: f64,
    without_chip: f64,
    without_model: f64,
}

/// A fit of some of the rows, judged on the others.
struct LeftOut {
    what: &'static str,
    name: String,
    rows: Vec<usize>,
    fit: Fit,
}

/// The fit of the saturated rates and of all parts of them that leave a chip or a model out.
pub struct Calibration<'a> {
    data: &'a Data,
    catalog: &'a Catalog,
    cases: Vec<Case>,
    /// Of all rows.
    pub fit: Fit,
    left_out: Vec<LeftOut>,
}

/// Fits the rows of `data`; a row whose chip or model the catalog does not have is an error with its line.
pub fn calibrate<'a>(catalog: &'a Catalog, data: &'a Data) -> Result<Calibration<'a>, String> {
    let mut cases = Vec::new();
    for row in &data.rates {
        cases.push(case(catalog, row).map_err(|error| format!("{}:{}: {error}", data::RATES, row.line))?);
    }
    let whole = fit(&cases);
    let chips: BTreeSet<&str> = cases.iter().map(|case| case.hardware.name.as_str()).collect();
    let models: BTreeSet<&str> = cases.iter().map(|case| case.architecture.name.as_str()).collect();
    let of_chip = |case: &Case, name: &str| case.hardware.name == name;
    let of_model = |case: &Case, name: &str| case.architecture.name == name;
    let mut left_out = Vec::new();
    left_out.extend(chips.into_iter().filter_map(|name| leave_out(&cases, "chip", name, &of_chip)));
    left_out.extend(models.into_iter().filter_map(|name| leave_out(&cases, "model", name, &of_model)));
    Ok(Calibration { data, catalog, fit: whole, left_out, cases })
}

fn case(catalog: &Catalog, row: &Rate) -> Result<Case, NoParts> {
    let parts = catalog.card_parts(&row.chip, &row.model)?;
    Ok(Case {
        hardware: parts.hardware,
        architecture: parts.architecture.shape.clone(),
        deployment: Deployment::new(row.tensor_parallel, row.precision),
        lengths: row.lengths,
        output_tokens_per_s: row.output_tokens_per_s,
    })
}

fn leave_out(cases: &[Case], what: &'static str, name: &str, is: &dyn Fn(&Case, &str) -> bool) -> Option<LeftOut> {
    let kept: Vec<Case> = cases.iter().filter(|case| !is(case, name)).cloned().collect();
    let rows = (0..cases.len()).filter(|&row| is(&cases[row], name)).collect();
    (!kept.is_empty()).then(|| LeftOut { what, name: name.to_owned(), rows, fit: fit(&kept) })
}

impl Calibration<'_> {
    /// (what is left out, its name, mean absolute error on it [-], doubts of the fit without it).
    pub fn left_out(&self) -> Vec<(&'static str, &str, f64, &[String])> {
        let one = |out: &LeftOut| self.error_on(out);
        self.left_out.iter().map(|out| (out.what, out.name.as_str(), one(out), out.fit.doubts.as_slice())).collect()
    }

    /// Mean absolute error of all rows when all are fitted [-].
    pub fn error(&self) -> f64 {
        mean_abs_error(&self.cases, &self.fit.shares)
    }

    fn error_on(&self, out: &LeftOut) -> f64 {
        let cases: Vec<Case> = out.rows.iter().map(|&row| self.cases[row].clone()).collect();
        mean_abs_error(&cases, &out.fit.shares)
    }

    fn misses(&self) -> Vec<Miss> {
        let ratio = |row: usize, shares: &Efficiency| {
            let case = &self.cases[row];
            case.modelled(shares).map_or(f64::NAN, |rate| rate / case.output_tokens_per_s)
        };
        let without = |row: usize, what: &str| {
            let found = self.left_out.iter().find(|out| out.what == what && out.rows.contains(&row));
            found.map_or(f64::NAN, |out| ratio(row, &out.fit.shares))
        };
        let one = |row: usize| Miss {
            fitted: ratio(row, &self.fit.shares),
            without_chip: without(row, "chip"),
            without_model: without(row, "model"),
        };
        (0..self.cases.len()).map(one).collect()
    }

    /// The document.
    pub fn document(&self) -> String {
        let mut out = String::from(HEAD);
        self.shares(&mut out);
        self.left_out_table(&mut out);
        self.rows(&mut out);
        let shares = &self.fit.shares;
        others::clients(&mut out, self.catalog, shares);
        others::steps(&mut out, self.catalog, &self.data.steps, shares);
        others::published(&mut out, self.catalog, &self.data.published, shares);
        out
    }

    fn shares(&self, out: &mut String) {
        let Fit { shares, doubts, loss, .. } = &self.fit;
        let misses: Vec<f64> = self.misses().iter().map(|miss| (miss.fitted - 1.0).abs()).collect();
        let mut sorted = misses.clone();
        sorted.sort_by(f64::total_cmp);
        *out += &format!(
            "## Saturated rates: the fit\n\n{} rows. Mean absolute error {}, nine tenths of the rows within {}, the worst {}.\n\n",
            self.cases.len(),
            percent(self.error()),
            percent(sorted[(sorted.len() * 9).div_ceil(10) - 1]),
            percent(sorted[sorted.len() - 1]),
        );
        *out += "| share | fitted | bounds | loss at -20 % | loss at +20 % |\n|---|---|---|---|---|\n";
        let values = [shares.mfu, shares.mbu, shares.overhead_s_per_layer, shares.link_share];
        for (share, value) in Share::ALL.into_iter().zip(values) {
            let (low, high) = share.bounds();
            let cell = |loss: Option<f64>| loss.map_or("out of bounds".into(), |loss| format!("{loss:.4}"));
            let [lower, higher] = loss[share as usize].map(cell);
            *out += &format!("| {} | {} | {low} to {high} | {lower} | {higher} |\n", share.word(), figure(value));
        }
        *out += "\nLoss: how much the mean absolute logarithm of modelled over measured rises when the share is held there and the others are \
                 fitted anew.\n\nWhat the rows do not tell:\n\n";
        for doubt in doubts {
            *out += &format!("* {doubt}.\n");
        }
        out.push('\n');
    }

    fn left_out_table(&self, out: &mut String) {
        *out += "## Saturated rates: left out\n\nFitted to the rows of the others, judged on the rows left out.\n\n\
                 | left out | rows | mean absolute error | bias | MFU | MBU | overhead a layer [s] | link share |\n|---|---|---|---|---|---|---|---|\n";
        for left in &self.left_out {
            let Fit { shares: s, .. } = &left.fit;
            let ratios = left.rows.iter().map(|&row| {
                let case = &self.cases[row];
                case.modelled(s).map_or(0.0, |rate| rate / case.output_tokens_per_s)
            });
            let bias = ratios.sum::<f64>() / left.rows.len() as f64 - 1.0;
            *out += &format!(
                "| {} {} | {} | {} | {} | {} | {} | {} | {} |\n",
                left.what,
                left.name,
                left.rows.len(),
                percent(self.error_on(left)),
                signed(bias),
                figure(s.mfu),
                figure(s.mbu),
                figure(s.overhead_s_per_layer),
                figure(s.link_share)
            );
        }
        out.push('\n');
        for left in &self.left_out {
            for doubt in &left.fit.doubts {
                *out += &format!("* Without {} {}: {doubt}.\n", left.what, left.name);
            }
        }
        out.push('\n');
    }

    fn rows(&self, out: &mut String) {
        *out += "## Saturated rates: every row\n\nOutput tokens a second of the replica; misses are modelled over measured - 1: of the fit of all rows, of the \
                 fit without the row's chip, of the fit without its model.\n\n\
                 | model | precision | chips | in | out | measured | modelled | miss | without chip | without model |\n|---|---|---|---|---|---|---|---|---|---|\n";
        for (row, miss) in self.data.rates.iter().zip(self.misses()) {
            *out += &format!(
                "| {} | {} | {} x {} | {} | {} | {:.0} | {:.0} | {} | {} | {} |\n",
                row.model,
                row.precision.word(),
                row.tensor_parallel,
                row.chip,
                row.lengths.input_tokens,
                row.lengths.output_tokens,
                row.output_tokens_per_s,
                row.output_tokens_per_s * miss.fitted,
                signed(miss.fitted - 1.0),
                signed(miss.without_chip - 1.0),
                signed(miss.without_model - 1.0)
            );
        }
        out.push('\n');
    }
}

const HEAD: &str = "# Calibration of the replica cards\n\n\
    Written by `hedgerow calibrate cards`; do not edit. What the cards compute is in docs/model.md, Eq. (110) to (120). Saturated rates of \
    TensorRT-LLM (NVIDIA/TensorRT-LLM docs/source/performance/perf-overview.md @00f3768) are fitted; all other tables were not, and are there to \
    be compared with.\n\n";

/// `12.3 %`, or blank where there is nothing.
fn percent(share: f64) -> String {
    if share.is_nan() { String::new() } else { format!("{:.1} %", 100.0 * share) }
}

/// `+12.3 %`, or blank where there is nothing.
fn signed(share: f64) -> String {
    if share.is_nan() { String::new() } else { format!("{:+.1} %", 100.0 * share) }
}

/// Four digits.
fn figure(value: f64) -> String {
    if value != 0.0 && value < 0.01 { format!("{value:.3e}") } else { format!("{value:.4}") }
}
