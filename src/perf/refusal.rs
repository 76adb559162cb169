//! Why a model has no card on a chip, with the arithmetic. Decides nothing.

use super::architecture::Architecture;
use super::card::{Card, MEMORY_SHARE, WEIGHT_OVERHEAD};
use super::hardware::Hardware;
use super::precision::Precision;
use crate::units::thousands;

/// Why there is no card.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// A number that cannot be.
    #[error("{what}")]
    Value {
        /// What is wrong with it.
        what: String,
    },
    /// A request longer than the model reads.
    #[error("{model} has a context of {} tokens, and a request of {} does not fit into it", thousands(*context), thousands(*tokens))]
    Context {
        /// Name.
        model: String,
        /// Its context [tokens].
        context: u64,
        /// Of the request, input and output.
        tokens: u64,
    },
    /// The chip does not compute at that precision.
    #[error("{chip} has no peak at {precision}; it has {}", has.join(" and "))]
    Peak {
        /// Name.
        chip: String,
        /// Asked for.
        precision: &'static str,
        /// Those it has; may be empty.
        has: Vec<&'static str>,
    },
    /// Several chips without a known link.
    #[error(
        "a replica of {chips} {chip} needs the bandwidth between them, which the catalog does not have: `link_gb_s` of links.csv"
    )]
    Link {
        /// Name.
        chip: String,
        /// Of the replica.
        chips: u32,
    },
    /// More chips than one interconnect joins, and nothing known that joins them; or domains cut in pieces.
    #[error("a replica of {chips} x {chip}: {arithmetic}")]
    Domain {
        /// Name.
        chip: String,
        /// Of the replica.
        chips: u32,
        /// What is there and what is not.
        arithmetic: String,
    },
    /// Weights or one request do not fit.
    #[error("{model} does not fit {chips} x {chip}: {arithmetic}")]
    Memory {
        /// Name.
        model: String,
        /// Name.
        chip: String,
        /// Of the replica.
        chips: u32,
        /// Gigabytes needed and there.
        arithmetic: String,
    },
}

impl Refusal {
    pub(super) fn peak(chip: &Hardware, precision: Precision) -> Refusal {
        let has = chip.precisions().into_iter().map(Precision::word).collect();
        Refusal::Peak { chip: chip.name.clone(), precision: precision.word(), has }
    }

    pub(super) fn weights(chip: &Hardware, model: &Architecture, card: &Card) -> Refusal {
        let arithmetic = format!("{}; {}", weights(model, card), usable(chip, card));
        Refusal::memory(chip, model, card, arithmetic)
    }

    pub(super) fn cache(chip: &Hardware, model: &Architecture, card: &Card) -> Refusal {
        let tokens = card.lengths.input_tokens + card.lengths.output_tokens;
        let arithmetic = format!(
            "one request of {} tokens x {:.1} kB takes {:.1} GB of KV cache; {} and leave {:.1} GB of it for the cache; {}",
            thousands(tokens),
            card.kv_bytes_per_token / 1e3,
            tokens as f64 * card.kv_bytes_per_token / 1e9,
            weights(model, card),
            (card.usable_bytes - card.weight_bytes) / 1e9,
            usable(chip, card),
        );
        Refusal::memory(chip, model, card, arithmetic)
    }

    fn memory(chip: &Hardware, model: &Architecture, card: &Card, arithmetic: String) -> Refusal {
        let (model, chip) = (model.name.clone(), chip.name.clone());
        Refusal::Memory { model, chip, chips: card.deployment.tensor_parallel, arithmetic }
    }
}

/// `its weights take 831.9 GB = 405.9e9 x 2 B x 1.03`.
pub fn weights(model: &Architecture, card: &Card) -> String {
    let (billions, bytes) = (model.total_params / 1e9, card.deployment.weights.bytes());
    format!("its weights take {:.1} GB = {billions:.1}e9 x {bytes} B x {WEIGHT_OVERHEAD}", card.weight_bytes / 1e9)
}

/// `618.5 GB are usable = 8 x 85.9 GB x 0.9`.
pub fn usable(chip: &Hardware, card: &Card) -> String {
    let (chips, each) = (card.deployment.tensor_parallel, chip.memory_bytes / 1e9);
    format!("{:.1} GB are usable = {chips} x {each:.1} GB x {MEMORY_SHARE}", card.usable_bytes / 1e9)
}
