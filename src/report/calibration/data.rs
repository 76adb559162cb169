//! Measured rows as published: saturated rates, step times, single figures. A row that cannot be read is an error with file and line.

use crate::perf::{Lengths, Precision};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// File of the saturated rates in the data folder.
pub const RATES: &str = "golden/serving/trtllm_rows.csv";
/// File of the step times.
pub const STEPS: &str = "golden/serving/perf_model.csv";
/// File of the single figures.
pub const PUBLISHED: &str = "facts/efficiency_inference.csv";

/// All of them.
#[derive(Clone, Debug)]
pub struct Data {
    /// Fitted.
    pub rates: Vec<Rate>,
    /// Compared.
    pub steps: Vec<StepTime>,
    /// Compared.
    pub published: Vec<Published>,
}

/// A saturated rate of a replica.
#[derive(Clone, Debug)]
pub struct Rate {
    /// Line of the file.
    pub line: u64,
    /// Model, as the file names it.
    pub model: String,
    /// Chip, as the file names it.
    pub chip: String,
    /// Of the weights.
    pub precision: Precision,
    /// Chips.
    pub tensor_parallel: u32,
    /// Of the requests.
    pub lengths: Lengths,
    /// Of the replica [1/s].
    pub output_tokens_per_s: f64,
}

/// Medians of measured times of prompts and of decode steps.
#[derive(Clone, Debug)]
pub struct StepTime {
    /// Model, as the file names it.
    pub model: String,
    /// Hardware, as the file names it.
    pub hardware: String,
    /// Chips.
    pub tensor_parallel: u32,
    /// Tokens of a prompt.
    pub prompt_tokens: u64,
    /// Prompts and decodes together.
    pub batch: u64,
    /// Tokens that were decoded.
    pub output_tokens: u64,
    /// Of the prompts [ms].
    pub prompt_ms: f64,
    /// Of a decode step [ms].
    pub token_ms: f64,
}

/// A single published figure.
#[derive(Clone, Debug, Deserialize)]
pub struct Published {
    /// Model.
    pub model: String,
    /// Whole system.
    pub system: String,
    /// Chip.
    pub chip: String,
    /// Chips, if stated.
    pub n_chips: String,
    /// Output tokens [1/s] of the system, if stated.
    pub system_output_tok_s: String,
    /// What was measured.
    pub scenario: String,
    /// Median time between tokens [ms], if stated.
    pub tpot_p50_ms: String,
    /// Requests together, if stated.
    pub batch: String,
    /// How far to trust it.
    pub confidence: String,
}

#[derive(Deserialize)]
struct RateCells {
    model: String,
    precision: String,
    chip: String,
    tensor_parallel: u32,
    input_tokens: u64,
    output_tokens: u64,
    output_tokens_per_s: f64,
}

#[derive(Deserialize)]
struct StepCells {
    model: String,
    hardware: String,
    prompt_size: u64,
    batch_size: u64,
    token_size: u64,
    prompt_time: f64,
    token_time: f64,
    tensor_parallel: u32,
}

impl Data {
    /// The rows of the three files, opened by `open` under their names below the data folder.
    pub fn read(open: &dyn Fn(&str) -> Result<String, String>) -> Result<Data, String> {
        Ok(Data {
            rates: rates(&open(RATES)?)?,
            steps: steps(&open(STEPS)?)?,
            published: rows::<Published>(PUBLISHED, &open(PUBLISHED)?)?.into_iter().map(|(_, row)| row).collect(),
        })
    }
}

fn rows<T: DeserializeOwned>(file: &str, text: &str) -> Result<Vec<(u64, T)>, String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns = reader.headers().map_err(|error| format!("{file}: {error}"))?.clone();
    let mut out = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| format!("{file}: {error}"))?;
        let line = record.position().map_or(0, csv::Position::line);
        out.push((line, record.deserialize(Some(&columns)).map_err(|error| format!("{file}:{line}: {error}"))?));
    }
    if out.is_empty() { Err(format!("{file}: no rows")) } else { Ok(out) }
}

fn rates(text: &str) -> Result<Vec<Rate>, String> {
    let one = |(line, cells): (u64, RateCells)| {
        let RateCells { model, precision, chip, tensor_parallel, input_tokens, output_tokens, output_tokens_per_s } =
            cells;
        let Some(precision) = Precision::parse(&precision) else {
            return Err(format!("{RATES}:{line}: no precision `{precision}`; there are bf16, fp8 and fp4"));
        };
        if !(0.0 < output_tokens_per_s && output_tokens_per_s.is_finite()) {
            return Err(format!("{RATES}:{line}: a rate of {output_tokens_per_s}"));
        }
        let lengths = Lengths { input_tokens, output_tokens };
        Ok(Rate { line, model, chip, precision, tensor_parallel, lengths, output_tokens_per_s })
    };
    rows(RATES, text)?.into_iter().map(one).collect()
}

/// Medians by model, hardware, chips, prompt and batch, in that order. Rows of chips whose power was capped are left out.
fn steps(text: &str) -> Result<Vec<StepTime>, String> {
    let mut groups: BTreeMap<(String, String, u32, u64, u64), Vec<StepCells>> = BTreeMap::new();
    for (_, cells) in rows::<StepCells>(STEPS, text)? {
        if !cells.hardware.ends_with("-pcap") {
            let key = (
                cells.model.clone(),
                cells.hardware.clone(),
                cells.tensor_parallel,
                cells.prompt_size,
                cells.batch_size,
            );
            groups.entry(key).or_default().push(cells);
        }
    }
    let one = |((model, hardware, tensor_parallel, prompt_tokens, batch), cells): (_, Vec<StepCells>)| StepTime {
        model,
        hardware,
        tensor_parallel,
        prompt_tokens,
        batch,
        output_tokens: cells[0].token_size,
        prompt_ms: median(cells.iter().map(|row| row.prompt_time).collect()),
        token_ms: median(cells.iter().map(|row| row.token_time).collect()),
    };
    Ok(groups.into_iter().map(one).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_row_is_named_by_file_and_line() {
        let head = "model,precision,chip,tensor_parallel,input_tokens,output_tokens,output_tokens_per_s\n";
        let told = |row: &str| rates(&format!("{head}m,fp8,c,1,1,1,5\n{row}\n")).unwrap_err();
        assert!(told("m,fp9,c,1,1,1,5").starts_with("golden/serving/trtllm_rows.csv:3: no precision `fp9`"));
        assert!(told("m,fp8,c,1,1,x,5").starts_with("golden/serving/trtllm_rows.csv:3: "));
        assert!(told("m,fp8,c,1,1,1,0").contains("a rate of 0"));
        assert!(rates(head).unwrap_err().contains("no rows"));
    }

    #[test]
    fn a_median_of_an_even_number_lies_between() {
        assert_eq!((median(vec![3.0, 1.0, 2.0]), median(vec![4.0, 1.0, 2.0, 3.0])), (2.0, 2.5));
    }
}
