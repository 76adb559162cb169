//! Investments of the scenario file as written. Pays nothing.

use super::model::{At, Leaf};
use crate::units::Date;

/// `[investments.X]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Investment {
    /// Who pays; default the only cloud.
    pub from: Option<At<String>>,
    /// Lab that receives; default the table's name.
    pub lab: Option<At<String>>,
    /// Tranches.
    pub tranches: Vec<Tranche>,
}

/// One tranche, dated or conditional.
#[derive(Clone, PartialEq, Debug)]
pub struct Tranche {
    /// Name, used in paths.
    pub name: Option<At<String>>,
    /// Amount [USD].
    pub usd: Leaf,
    /// Date, or ...
    pub at: Option<At<Date>>,
    /// ... a condition (read, listed as not modelled, never paid) ...
    pub when: Option<At<String>>,
    /// ... with its delay [h].
    pub after: Option<Leaf>,
}
