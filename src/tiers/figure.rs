//! What the tiers are compared on, and how far they may differ.

/// A figure of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// Replica time that the service's own served tokens take, over replica time ready.
    Busy,
    /// Mean time per token after the first.
    Tpot,
    /// Share that had what was promised.
    Attained,
    /// Share that was not served.
    Shed,
    /// 99th percentile of the time to first token.
    Ttft,
}

/// All, in order.
pub const FIGURES: [Figure; 5] = [Figure::Busy, Figure::Tpot, Figure::Attained, Figure::Shed, Figure::Ttft];

impl Figure {
    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Figure::Busy => "busy_fraction",
            Figure::Tpot => "tpot_mean_s",
            Figure::Attained => "slo_attainment",
            Figure::Shed => "shed_fraction",
            Figure::Ttft => "ttft_p99_s",
        }
    }

    /// The metric of services beside which its error stands.
    pub fn metric(self) -> &'static str {
        match self {
            Figure::Busy => "replica_load",
            other => other.name(),
        }
    }

    /// How far the fluid tier may be off: a share of the request tier's figure, or of the whole where the figure is a share itself.
    pub fn tolerance(self) -> f64 {
        match self {
            Figure::Busy => 0.03,
            Figure::Tpot => 0.10,
            Figure::Attained => 0.02,
            Figure::Shed => 0.01,
            Figure::Ttft => 0.30,
        }
    }

    /// Whether the tolerance is a share of the request tier's figure.
    pub fn relative(self) -> bool {
        matches!(self, Figure::Busy | Figure::Tpot | Figure::Ttft)
    }

    /// An error, or a half-width, on the scale of the tolerance.
    pub fn scaled(self, error: f64, request: f64) -> f64 {
        match (self.relative(), 0.0 < request) {
            (false, _) => error,
            (true, true) => error / request,
            (true, false) => f64::INFINITY,
        }
    }
}
