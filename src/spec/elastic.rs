//! Elastic gangs as written: sizes, scaling curve, cost of a change. Resolves no name.

use super::model::{At, Leaf, Origin};

/// `chips = { min, max, step, reference, scaling, resize_cost }`.
#[derive(Clone, PartialEq, Debug)]
pub struct ElasticSpec {
    /// Smallest gang [chips].
    pub min: At<i64>,
    /// Largest gang [chips].
    pub max: At<i64>,
    /// Sizes differ by whole multiples of this [chips]; absent: the chips of a node.
    pub step: Option<At<i64>>,
    /// Gang in whose time work is stated [chips]; absent: the largest.
    pub reference: Option<At<i64>>,
    /// Throughput by size; absent: linear.
    pub scaling: Option<ScalingSpec>,
    /// Time without work at each change [h]; absent: the time to write a checkpoint and to load it.
    pub resize_cost: Option<Leaf>,
    /// Where it stands.
    pub origin: Origin,
    /// Dotted path of the table.
    pub path: String,
}

/// `scaling = { amdahl | power | table }`.
#[derive(Clone, PartialEq, Debug)]
pub enum ScalingSpec {
    /// Serial share of the work on one chip [0..1].
    Amdahl(Box<Leaf>),
    /// Exponent of the number of chips (0..1].
    Power(Box<Leaf>),
    /// (chips, throughput in any unit).
    Table(Vec<(At<i64>, Leaf)>),
}

impl ElasticSpec {
    /// Its numbers.
    pub fn leaves(&self) -> impl Iterator<Item = &Leaf> {
        let scaling: Vec<&Leaf> = match &self.scaling {
            None => Vec::new(),
            Some(ScalingSpec::Amdahl(leaf) | ScalingSpec::Power(leaf)) => vec![leaf],
            Some(ScalingSpec::Table(rows)) => rows.iter().map(|row| &row.1).collect(),
        };
        scaling.into_iter().chain(&self.resize_cost)
    }
}
