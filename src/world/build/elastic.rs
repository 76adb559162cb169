//! Gangs that change their size: which sizes, how fast on each, what a change costs. Places nobody.

use super::desk::Desk;
use super::gangs::Supply;
use super::labs::common;
use crate::spec::{self, At, ChipsSpec, ElasticSpec, Leaf, Named, ScalingSpec};
use crate::world::elastic::{Elastic, Scaling};
use crate::world::model::{Param, PoolId};
use crate::world::rules::{Backfill, Placement, Rules};

/// The gang for which the work of an elastic workload is stated [chips].
pub(super) fn reference(written: &ElasticSpec) -> u32 {
    chips(written.reference.as_ref().unwrap_or(&written.max))
}

/// The sizes of the workload's gangs as written; None where gangs keep one size.
fn written(workload: &spec::Workload) -> Option<&ElasticSpec> {
    let chips = match workload {
        spec::Workload::Pretraining(campaigns) => campaigns.chips.as_ref(),
        spec::Workload::Stream(stream) => stream.chips.as_ref(),
        spec::Workload::Trace(_) => None,
    };
    match chips {
        Some(ChipsSpec::Elastic(written)) => Some(written),
        _ => None,
    }
}

/// Whether its gangs are to change their size.
pub(super) fn is_elastic(workload: &spec::Workload) -> bool {
    written(workload).is_some()
}

fn chips(at: &At<i64>) -> u32 {
    at.value.clamp(1, 1_000_000_000) as u32
}

/// Terms of the workload's gangs; None where they do not change their size.
pub(super) fn elastic(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    workload: &Named<spec::Workload>,
    pools: &[PoolId],
) -> Option<Box<Elastic>> {
    let written = written(&workload.table)?;
    let common = common(&workload.table);
    let nodes = || pools.iter().map(|pool| supply.pools[*pool].chips_per_node);
    let (min, max) = (chips(&written.min), chips(&written.max));
    let step = written.step.as_ref().map_or_else(|| nodes().max().unwrap_or(1), chips);
    if max < min || !(max - min).is_multiple_of(step) {
        let message = format!("gangs of `{}` change between {min} and {max} chips in steps of {step}", workload.path);
        let remedy = "`max` is `min` and a whole number of steps";
        desk.problem(written.origin, &written.path, message, remedy);
        return None;
    }
    let room = super::gangs::room(supply, pools);
    if !pools.is_empty() && room < u64::from(max) {
        let message = format!(
            "gangs of `{}` grow to {max} chips, and its largest pool never has more than {room}",
            workload.path
        );
        desk.problem(written.max.origin, &written.max.path, message, "make `max` smaller or a pool larger");
        return None;
    }
    let cost_h = match (&written.resize_cost, &common.checkpoint) {
        (Some(leaf), _) => desk.param(leaf, (0.0, 1e9)),
        (None, checkpoint) => {
            let mut sum = 0.0;
            for leaf in checkpoint.iter().map(|terms| &terms.cost).chain(&common.restart) {
                sum += desk.number(leaf);
            }
            let reason = "a change of size writes a checkpoint and loads it again";
            Param::Fixed(desk.assume(format!("{}.resize_cost", written.path), sum, (0.0, 2.0 * sum), reason))
        }
    };
    let reference = reference(written);
    let scaling = scaling(desk, written, max.max(reference));
    Some(Box::new(Elastic { min, max, step, reference, scaling, resize_cost_h: cost_h }))
}

/// What the rules of the domain make impossible.
pub(super) fn check_rules(
    desk: &mut Desk<'_>,
    rules: &Rules,
    workload: &Named<spec::Workload>,
    pools: &[PoolId],
    supply: &Supply<'_>,
    terms: Option<&Elastic>,
) {
    let Some(terms) = terms else { return };
    let path = format!("{}.chips", workload.path);
    if rules.backfill == Backfill::Conservative {
        let message = format!("`conservative` promises starts, and gangs of `{}` that shrink end later", workload.path);
        desk.problem(workload.origin, &path, message, "write backfill = \"easy\", or one size");
    }
    let whole = |per_node: u32| terms.min.is_multiple_of(per_node) && terms.step.is_multiple_of(per_node);
    if rules.placement == Placement::WholeNode && !pools.iter().all(|pool| whole(supply.pools[*pool].chips_per_node)) {
        let message = format!("gangs of `{}` fill whole nodes, and not all of their sizes do", workload.path);
        desk.problem(workload.origin, &path, message, "make `min` and `step` multiples of the chips of a node");
    }
}

fn scaling(desk: &mut Desk<'_>, written: &ElasticSpec, largest: u32) -> Scaling {
    match &written.scaling {
        None => {
            let reason = "throughput grows in proportion to the chips";
            let path = format!("{}.scaling.power", written.path);
            Scaling::Power { exponent: desk.assume(path, 1.0, (0.7, 1.0), reason) }
        }
        Some(ScalingSpec::Amdahl(leaf)) => Scaling::Amdahl { serial_share: desk.number(leaf) },
        Some(ScalingSpec::Power(leaf)) => Scaling::Power { exponent: desk.number(leaf) },
        Some(ScalingSpec::Table(rows)) => {
            let rows: Vec<(&Leaf, u32, f64)> =
                rows.iter().map(|(n, leaf)| (leaf, chips(n), desk.number(leaf))).collect();
            check_table(desk, written, &rows, largest);
            Scaling::Table(rows.into_iter().map(|(_, n, throughput)| (n, throughput)).collect())
        }
    }
}

/// Sizes rise and reach the largest; throughputs rise, and by less for each chip: chips are divided by what the next step adds.
fn check_table(desk: &mut Desk<'_>, written: &ElasticSpec, rows: &[(&Leaf, u32, f64)], largest: u32) {
    let (mut before, mut slope) = ((0, 0.0), f64::INFINITY);
    for (leaf, n, throughput) in rows {
        let next = (throughput - before.1) / f64::from(n.saturating_sub(before.0));
        if *n <= before.0 || !(0.0 < next && next <= slope * (1.0 + 1e-12)) {
            let message = format!(
                "throughput {throughput} on {n} chips after {} on {}: each chip more adds something, and less than the one before",
                before.1, before.0
            );
            let remedy = "rows in order of chips, a curve that rises and bends down";
            return desk.problem(leaf.origin, &leaf.path, message, remedy);
        }
        (before, slope) = ((*n, *throughput), next);
    }
    if before.0 < largest {
        let message = format!("`{}` ends at {} chips, and gangs reach {largest}", written.path, before.0);
        desk.problem(written.origin, &written.path, message, "add a row for the largest gang");
    }
}
