//! Spot of a pool: its process, when chips are taken back, and what nobody has published. Draws no price.

use super::desk::Desk;
use super::hardware::Hardware;
use super::shares::whole_chips;
use super::sites::last_at_each_instant;
use super::time::Times;
use crate::spec::{self, Leaf, Named, SpotSpec};
use crate::units::{IdVec, SimTime, Span};
use crate::world::catalog::PriceKind as Row;
use crate::world::model::{Param, PriceKind, PricePath, Site};
use crate::world::spot::Spot;

/// Notice of an interruption: two minutes (docs.aws.amazon.com, EC2 user guide, spot-instance-termination-notices).
const NOTICE: Span = Span(2 * 60_000_000);
/// Time between two prices, unless given.
const STEP: Span = Span::DAY;
/// In the one snapshot there is, no price lies outside these, over the on-demand price.
const RATIOS: (f64, f64) = (0.1, 1.0);
/// Price segments of a line are counted in 16 bits.
const MOST_STEPS: u64 = 60_000;

/// What the file says of a pool's spot, or None.
pub(super) fn spot(
    desk: &mut Desk<'_>,
    times: &Times,
    sites: &IdVec<Site>,
    pool: &Named<spec::Pool>,
    hardware: &Hardware,
    prices: &[PricePath],
) -> Option<Spot> {
    let written = pool.table.spot.as_deref()?;
    let (origin, path) = (written.origin, written.path.as_str());
    if pool.table.unlimited.as_ref().is_some_and(|at| at.value) {
        let message = format!("pool `{}` is unlimited and has spot: nothing is left over there", pool.name);
        desk.problem(origin, path, message, "leave out one of the two");
    }
    if !prices.iter().any(|path| path.kind == PriceKind::OnDemand) {
        let message = format!("spot of pool `{}` is a part of its on-demand price, and it has none", pool.name);
        desk.problem(origin, path, message, format!("set `{}.prices.on_demand.usd_per_chip_hour`", pool.path));
    }
    let region = hardware.site.map_or("", |site| sites[site].region.as_str());
    Some(Spot {
        mean_ratio: mean_ratio(desk, pool, written, &hardware.instance, region),
        sd_ratio: or_assumed(desk, &written.sd_ratio, path, "sd_ratio", (0.0, 2.0), 0.05, (0.02, 0.3), SD_REASON),
        relaxation_h: or_assumed(
            desk,
            &written.relaxation,
            path,
            "relaxation",
            (1e-3, 1e6),
            168.0,
            (24.0, 1440.0),
            "in hours; no series of prices is published",
        ),
        step: step(desk, times, written, prices),
        least_ratio: bound(desk, &written.least_ratio, RATIOS.0),
        most_ratio: most_ratio(desk, written),
        reclaims_per_node_hour: or_assumed(
            desk,
            &written.reclaims_per_node_hour,
            path,
            "reclaims_per_node_hour",
            (0.0, 1e3),
            7e-5,
            (7e-6, 1e-3),
            RECLAIM_REASON,
        ),
        notice: written.notice.as_ref().map_or(NOTICE, |leaf| Span::from_hours(desk.number(leaf))),
        chips: chips(desk, times, written),
    })
}

const SD_REASON: &str = "no series of prices is published; 12 discounted zones of p5.48xlarge differ by 0.05 (one standard deviation) in \
                         skypilot-catalog v9/aws/vms.csv, with the two undiscounted ones by 0.25";
const RECLAIM_REASON: &str =
    "5 in 100 instances a month (nops.io/blog/aws-spot-facts: below that); rates of GPU instances are not published";

/// Mean over the on-demand price: as written, else the catalog's two prices.
fn mean_ratio(
    desk: &mut Desk<'_>,
    pool: &Named<spec::Pool>,
    written: &SpotSpec,
    instance: &str,
    region: &str,
) -> Param {
    if let Some(leaf) = &written.mean_ratio {
        return desk.param(leaf, (0.0, 2.0));
    }
    let catalog = desk.catalog;
    let mut usd = |row: Row| {
        let answer =
            catalog.price(instance, region, row).filter(|answer| answer.row.usd_per_chip_hour.value().is_some());
        let answer = answer?;
        let path = format!("catalog.prices.{instance}.{}.{region}", answer.row.kind.word());
        desk.known(path, &answer.row.usd_per_chip_hour)
    };
    match (usd(Row::Spot), usd(Row::OnDemand)) {
        (Some(spot), Some(list)) if 0.0 < list => Param::Fixed(spot / list),
        _ => {
            let message = format!("the catalog has no spot and on-demand price of {instance} to compare in `{region}`");
            let path = format!("{}.mean_ratio", written.path);
            desk.problem(written.origin, &path, message, format!("set `{path}` of pool `{}`, e.g. 0.3", pool.name));
            Param::Fixed(1.0)
        }
    }
}

/// As written, else a default that the reader is told of.
#[allow(clippy::too_many_arguments)]
fn or_assumed(
    desk: &mut Desk<'_>,
    written: &Option<Leaf>,
    path: &str,
    key: &str,
    allowed: (f64, f64),
    default: f64,
    range: (f64, f64),
    reason: &str,
) -> Param {
    match written {
        Some(leaf) => desk.param(leaf, allowed),
        None => Param::Fixed(desk.assume(format!("{path}.{key}"), default, range, reason)),
    }
}

fn bound(desk: &mut Desk<'_>, written: &Option<Leaf>, default: f64) -> f64 {
    written.as_ref().map_or(default, |leaf| desk.number(leaf))
}

fn most_ratio(desk: &mut Desk<'_>, written: &SpotSpec) -> f64 {
    let (least, most) = (bound(desk, &written.least_ratio, RATIOS.0), bound(desk, &written.most_ratio, RATIOS.1));
    if most < least {
        let message = format!("spot is at most {most} and at least {least} of the on-demand price");
        desk.problem(written.origin, &format!("{}.most_ratio", written.path), message, "write `least_ratio` below it");
    }
    most.max(least)
}

fn step(desk: &mut Desk<'_>, times: &Times, written: &SpotSpec, prices: &[PricePath]) -> Span {
    let step = written.step.as_ref().map_or(STEP, |leaf| Span::from_hours(desk.number(leaf)));
    let others = prices.iter().filter(|path| path.kind == PriceKind::OnDemand).map(|path| path.steps.len() as u64);
    let steps = times.end.0 / step.0.max(1) + others.sum::<u64>();
    if MOST_STEPS < steps {
        let least = Span(times.end.0 / MOST_STEPS + 1).hours();
        let message =
            format!("a price of spot every {:.4} h steps {steps} times, and a line counts {MOST_STEPS}", step.hours());
        let path = format!("{}.step", written.path);
        desk.problem(written.origin, &path, message, format!("`step` of at least {least:.2} h, or a shorter study"));
        return Span(times.end.0.max(1));
    }
    step
}

/// Levels by date, whole chips.
fn chips(desk: &mut Desk<'_>, times: &Times, written: &SpotSpec) -> Vec<(SimTime, u32)> {
    let mut steps: Vec<&spec::Dated> = written.chips.iter().collect();
    steps.sort_by_key(|step| step.at.value);
    let steps: Vec<_> =
        steps.into_iter().map(|step| (times.in_force(step.at.value), whole_chips(desk, step))).collect();
    last_at_each_instant(steps.into_iter())
}
