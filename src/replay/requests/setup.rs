//! What is known of measured models and which rows of a file of step times are meant. Reads no file.

use crate::perf::{StepRow, StepTable};
use crate::trace::StepTime;

/// What is known of a model beside its step times: how much memory a token takes, and its weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KnownModel {
    /// Its name in splitwise-sim's table.
    pub name: &'static str,
    /// Bytes of its weights.
    pub weights_bytes: f64,
    /// Width of a layer.
    pub hidden: u32,
    /// Layers.
    pub layers: u32,
}

/// Models of splitwise-sim's table. Source: github.com/Mutinifni/splitwise-sim at 8f99e7d, its models: FP16, keys and values of every
/// head (its llama2-70b has no grouped queries).
const KNOWN: [KnownModel; 2] = [
    KnownModel { name: "llama2-70b", weights_bytes: 135e9, hidden: 8_192, layers: 80 },
    KnownModel { name: "bloom-176b", weights_bytes: 329e9, hidden: 14_336, layers: 70 },
];

/// Memory of a server of that simulator: 8 x 80 GiB.
const SERVER_BYTES: f64 = 8.0 * 80.0 * 1_073_741_824.0;

impl KnownModel {
    /// The model of that name.
    pub fn find(name: &str) -> Option<KnownModel> {
        KNOWN.into_iter().find(|model| model.name == name)
    }

    /// Bytes that a token takes: a key and a value of two bytes a layer and width.
    pub fn bytes_per_token(&self) -> f64 {
        2.0 * f64::from(self.hidden) * f64::from(self.layers) * 2.0
    }

    /// Tokens that fit a server of 8 chips beside the weights. Eq. (140).
    pub fn kv_tokens(&self) -> u64 {
        ((SERVER_BYTES - self.weights_bytes) / self.bytes_per_token()).floor() as u64
    }
}

/// Which rows of a file of step times are meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// Model, as the file calls it.
    pub model: String,
    /// Chip, as the file calls it.
    pub hardware: String,
    /// Chips that share each layer.
    pub tensor_parallel: u32,
}

/// The times of these rows; the error says what the file has instead.
pub fn step_table(rows: &[StepTime], setup: &Setup) -> Result<StepTable, String> {
    let is = |row: &&StepTime| {
        row.model == setup.model && row.hardware == setup.hardware && row.tensor_parallel == setup.tensor_parallel
    };
    let measured = |row: &StepTime| StepRow {
        prompt_size: row.prompt_size,
        batch_size: row.batch_size,
        prompt_s: row.prompt_ms / 1e3,
        token_s: row.token_ms / 1e3,
    };
    let measured: Vec<StepRow> = rows.iter().filter(is).map(measured).collect();
    let asked = format!("{} on {} with TP {}", setup.model, setup.hardware, setup.tensor_parallel);
    if measured.is_empty() {
        let name = |row: &StepTime| format!("{} on {} with TP {}", row.model, row.hardware, row.tensor_parallel);
        let mut there: Vec<String> = rows.iter().map(name).collect();
        there.sort();
        there.dedup();
        return Err(format!("no measurement of {asked}; there are: {}", there.join(", ")));
    }
    let tokens = |row: &StepRow| u64::from(row.prompt_size) * u64::from(row.batch_size);
    let one = measured.windows(2).all(|pair| tokens(&pair[0]) == tokens(&pair[1]));
    let why = if one {
        format!(
            "they all have {} tokens (prompt size x batch size), and a line takes two different numbers",
            tokens(&measured[0])
        )
    } else {
        "straight lines through the medians of their times, which go on straight before the first number of tokens and beyond the last, are not above 0 at each of 1 to 8,191 tokens (Eq. (131))".to_owned()
    };
    StepTable::new(&measured).ok_or_else(|| format!("the measurements of {asked} make no times: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One number of tokens in two shapes makes no line. 100 tokens in 100 ms and 200 in 90 ms: 110 ms at none, and 0 at 1,100.
    #[test]
    fn what_makes_no_line_says_why() {
        let row = |prompt_size, batch_size, prompt_ms| StepTime {
            model: "toy".into(),
            hardware: "chip".into(),
            tensor_parallel: 1,
            prompt_size,
            batch_size,
            prompt_ms,
            token_ms: 10.0,
        };
        let setup = Setup { model: "toy".into(), hardware: "chip".into(), tensor_parallel: 1 };
        let told = |rows: &[StepTime]| step_table(rows, &setup).unwrap_err();
        let one = told(&[row(100, 2, 50.0), row(200, 1, 60.0)]);
        assert!(one.contains("they all have 200 tokens") && !one.contains("above 0"), "{one}");
        let falls = told(&[row(100, 1, 100.0), row(200, 1, 90.0)]);
        assert!(falls.contains("beyond the last") && falls.contains("not above 0 at each of 1 to 8,191"), "{falls}");
        assert!(step_table(&[row(100, 1, 100.0), row(200, 1, 110.0)], &setup).is_ok());
    }

    /// 687,194,767,360 B less 135e9 B over 2,621,440 B a token; less 329e9 B over 4,014,080 B.
    #[test]
    fn memory_of_the_known_models() {
        assert_eq!(KnownModel::find("llama2-70b").unwrap().kv_tokens(), 210_645);
        assert_eq!(KnownModel::find("bloom-176b").unwrap().kv_tokens(), 89_234);
        assert_eq!(KnownModel::find("gpt-9"), None);
    }
}
