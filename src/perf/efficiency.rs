//! How much of what a chip can do its software reaches, and how well that is known. Measures nothing itself: see `fit`.

/// Shares of peaks that are reached, the same for all models, batches and lengths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Efficiency {
    /// Of peak FLOP/s [-].
    pub mfu: f64,
    /// Of memory bandwidth [-].
    pub mbu: f64,
    /// Time of a layer that neither depends on the batch [s].
    pub overhead_s_per_layer: f64,
    /// Of the bandwidth between chips, in the sums over the chips of a replica [-].
    pub link_share: f64,
    /// Speed of the serving software against that of the rows these shares were fitted to [-].
    pub software: f64,
}

/// How a figure is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// It was measured at these very lengths.
    Measured,
    /// The chip, the precision and the kind of model are among those fitted.
    Fitted,
    /// One of them is not.
    Extrapolated,
}

impl Basis {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Basis::Measured => "measured",
            Basis::Fitted => "fitted",
            Basis::Extrapolated => "extrapolated",
        }
    }

    /// Standard deviation of the logarithm of the true speed around the card's [-], common to all cards of a draw.
    pub fn uncertainty_sigma(self) -> f64 {
        match self {
            Basis::Measured => 0.10,
            Basis::Fitted => 0.15,
            Basis::Extrapolated => 0.35,
        }
    }
}
