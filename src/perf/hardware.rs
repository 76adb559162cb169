//! What one chip can do at most, as plain numbers. Knows no model and no efficiency.

use super::precision::Precision;
use super::scale_up::ScaleUp;

/// One accelerator.
#[derive(Clone, Debug, PartialEq)]
pub struct Hardware {
    /// Name, for messages.
    pub name: String,
    /// Dense peak by precision, in the order of [`Precision::ALL`] [FLOP/s]; `None` where the chip has none.
    pub peak_flop_s: [Option<f64>; 3],
    /// Memory [bytes].
    pub memory_bytes: f64,
    /// Memory bandwidth [bytes/s].
    pub memory_bytes_s: f64,
    /// Bandwidth to the other chips of a replica, both ways added [bytes/s]; `None` where it is not known.
    pub link_bytes_s: Option<f64>,
    /// The chips that this link joins; `None` where it is not known how many they are.
    pub scale_up: Option<ScaleUp>,
    /// Thermal design power [W]; `None` where nobody published it.
    pub tdp_w: Option<f64>,
}

impl Hardware {
    /// Dense peak at a precision [FLOP/s].
    pub fn peak(&self, precision: Precision) -> Option<f64> {
        self.peak_flop_s[precision as usize]
    }

    /// Precisions that have a peak, widest first.
    pub fn precisions(&self) -> Vec<Precision> {
        Precision::ALL.into_iter().filter(|&precision| self.peak(precision).is_some()).collect()
    }

    /// Peak at which attention over a cache of this format is computed [FLOP/s]: its own, else the next wider that the chip has, else any.
    pub(super) fn attention_peak(&self, cache: Precision) -> Option<f64> {
        let wider = Precision::ALL.into_iter().filter(|&p| p <= cache).rev();
        wider.chain(Precision::ALL).find_map(|precision| self.peak(precision))
    }
}
