//! What may be bought: an instance type with replicas of so many of its chips, and mixes of two. Plain values; decides nothing.

use super::trial::Trial;
use crate::kernel::request::Model;
use crate::perf::{Admission, Basis};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// What requests are promised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Promise {
    /// Time to first token \[s\]; None: nothing.
    pub ttft_s: Option<f64>,
    /// Time per token after it \[s\]; None: nothing.
    pub tpot_s: Option<f64>,
    /// Share of the requests that both are promised to, 0 < share <= 1.
    pub share: f64,
}

/// An instance type and replicas on it.
#[derive(Clone, Debug)]
pub struct Offer<S> {
    /// Instance type.
    pub instance: String,
    /// Its chip.
    pub chip: String,
    /// Chips of an instance.
    pub chips_per_instance: u64,
    /// Chips of a replica.
    pub chips_per_replica: u32,
    /// Whole replicas on an instance.
    pub replicas_per_instance: u32,
    /// Price of a whole instance \[USD/h\].
    pub usd_per_instance_hour: f64,
    /// The price: row, region, date.
    pub price: String,
    /// Equal for offers whose replicas are the same.
    pub shape: usize,
    /// A replica in the request tier.
    pub model: Model<S>,
    /// Requests of the load that a saturated replica serves \[1/s\].
    pub replica_per_s: f64,
    /// What its table says of the load, by load and replicas.
    pub table: Admission,
    /// Window over which the load's index of dispersion was taken for the table \[s\]. Eq. (176).
    pub window_s: f64,
    /// How its card is known.
    pub basis: Basis,
}

impl<S> Offer<S> {
    /// `p5.48xlarge TP 2`.
    pub fn name(&self) -> String {
        format!("{} TP {}", self.instance, self.chips_per_replica)
    }

    /// Requests that an instance with all its replicas saturated serves \[1/s\].
    pub fn instance_per_s(&self) -> f64 {
        self.replica_per_s * f64::from(self.replicas_per_instance)
    }
}

/// What was not tried, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Passed {
    /// Instance type.
    pub instance: String,
    /// Its chip.
    pub chip: String,
    /// Chips of a replica; None: whatever they are.
    pub chips_per_replica: Option<u32>,
    /// Price of a whole instance \[USD/h\], where there is one.
    pub usd_per_instance_hour: Option<f64>,
    /// The reason in a word: `price`, `data`, `memory`, `slo`.
    pub kind: &'static str,
    /// With the arithmetic.
    pub why: String,
}

/// Instances of one or two offers, and how they did.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    /// (offer by number, instances), ascending.
    pub parts: Vec<(usize, u32)>,
    /// All of them \[USD/h\].
    pub usd_per_hour: f64,
    /// On the load, with every replica of the instances that are paid.
    pub trial: Trial,
}

impl Mix {
    /// The cheaper first, of equal prices the one that attains more.
    pub fn order(&self, other: &Mix) -> Ordering {
        self.usd_per_hour.total_cmp(&other.usd_per_hour).then(other.trial.attained.cmp(&self.trial.attained))
    }

    /// Whether the same instance types are bought, in whatever numbers and however their chips are put together.
    pub fn is_made_as<S>(&self, other: &Mix, offers: &[Offer<S>]) -> bool {
        let types = |mix: &Mix| mix.parts.iter().map(|part| offers[part.0].instance.as_str()).collect::<BTreeSet<_>>();
        types(self) == types(other)
    }
}

/// Price of so many instances \[USD/h\], to the micro-dollar, so that equal prices are equal.
pub fn usd_per_hour<S>(offers: &[Offer<S>], parts: &[(usize, u32)]) -> f64 {
    let one = |(offer, instances): &(usize, u32)| f64::from(*instances) * offers[*offer].usd_per_instance_hour;
    (parts.iter().map(one).sum::<f64>() * 1e6).round() / 1e6
}
