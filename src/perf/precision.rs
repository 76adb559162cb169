//! Number formats of weights and of the KV cache: how many bytes, and which peak of a chip they are computed at.

/// A number format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// 16-bit floating point, BF16 or FP16.
    Bf16,
    /// 8-bit floating point.
    Fp8,
    /// 4-bit floating point with a scale of 8 bits for 16 values (NVFP4).
    Fp4,
}

impl Precision {
    /// All of them, widest first.
    pub const ALL: [Precision; 3] = [Precision::Bf16, Precision::Fp8, Precision::Fp4];

    /// The word on the command line and in tables.
    pub fn word(self) -> &'static str {
        match self {
            Precision::Bf16 => "bf16",
            Precision::Fp8 => "fp8",
            Precision::Fp4 => "fp4",
        }
    }

    /// The format of that word; `fp16` is a name of `bf16`. `None` for any other.
    pub fn parse(word: &str) -> Option<Precision> {
        let word = if word == "fp16" { "bf16" } else { word };
        Precision::ALL.into_iter().find(|precision| precision.word() == word)
    }

    /// Bytes of one value, scales included.
    pub fn bytes(self) -> f64 {
        match self {
            Precision::Bf16 => 2.0,
            Precision::Fp8 => 1.0,
            Precision::Fp4 => 0.5 + 1.0 / 16.0,
        }
    }

    /// Format of the KV cache beside weights of this format where nothing is said: as the weights, at least FP8.
    pub fn of_kv_cache(self) -> Precision {
        match self {
            Precision::Bf16 => Precision::Bf16,
            Precision::Fp8 | Precision::Fp4 => Precision::Fp8,
        }
    }
}
