//! Capacity blocks of a pool, and the published rules they follow. Buys none.
//!
//! The rules are those of AWS, read on docs.aws.amazon.com, EC2 user guide, in 2026: `capacity-blocks-purchase` (lengths, sizes, end at 11:30
//! UTC), `capacity-blocks-monitor` (told 40 minutes before the end that instances terminate in 10), and booked up to 8 weeks ahead.

use super::desk::{Desk, did_you_mean};
use super::hardware::Hardware;
use super::time::{Times, date_text};
use crate::spec::{self, BlockSpec, Named, Origin};
use crate::units::{Date, SimTime, Span};
use crate::world::model::{PriceKind, PricePath, TenantId};
use crate::world::spot::Block;

/// Instances end so long before the block does.
const STOPPED_BEFORE: Span = Span(30 * 60_000_000);
/// They are told so long before that.
const WARNING: Span = Span(10 * 60_000_000);
/// Nodes of a block, and of a buyer's blocks at one time.
const MOST_NODES: (i64, u64) = (64, 256);
/// Booked at most so many days ahead.
const MOST_AHEAD_DAYS: f64 = 56.0;
const SOURCE: &str = "docs.aws.amazon.com, capacity-blocks-purchase";
const SOURCE_AHEAD: &str = "docs.aws.amazon.com, ec2-capacity-blocks";

/// Blocks of a pool, in order of name.
pub(super) fn blocks(
    desk: &mut Desk<'_>,
    times: &Times,
    pool: &Named<spec::Pool>,
    hardware: &Hardware,
    prices: &[PricePath],
) -> Vec<Block> {
    let written = &pool.table.blocks;
    if let (Some(first), false) = (written.first(), prices.iter().any(|path| path.kind == PriceKind::CapacityBlock)) {
        let message = format!("pool `{}` sells blocks and has no capacity_block price", pool.name);
        let remedy = format!("set `{}.prices.capacity_block.usd_per_chip_hour`", pool.path);
        desk.problem(first.origin, &first.path, message, remedy);
        return Vec::new();
    }
    let built: Vec<(bool, Block)> =
        written.iter().filter_map(|block| one(desk, times, block, hardware.chips_per_node)).collect();
    check_together(desk, times, pool, &built, hardware.chips_per_node);
    built.into_iter().map(|(_, block)| block).collect()
}

/// The block, and whether it follows AWS's rules.
fn one(desk: &mut Desk<'_>, times: &Times, named: &Named<BlockSpec>, chips_per_node: u32) -> Option<(bool, Block)> {
    let block = &named.table;
    if block.nodes.value == 0 {
        return None;
    }
    let Some(lab) = desk.spec.labs.iter().position(|lab| lab.name == block.lab.value) else {
        let remedy = did_you_mean(&block.lab.value, desk.spec.labs.iter().map(|lab| lab.name.as_str()), "lab");
        desk.problem(block.lab.origin, &block.lab.path, format!("there is no lab `{}`", block.lab.value), remedy);
        return None;
    };
    let free = block.terms.as_ref().is_some_and(|word| word.value == "free");
    let length = Span::from_hours(desk.number(&block.length));
    let (stopped_before, warning) = if free {
        let mut span =
            |leaf: &Option<spec::Leaf>| leaf.as_ref().map_or(Span::ZERO, |leaf| Span::from_hours(desk.number(leaf)));
        (span(&block.stopped_before), span(&block.warning))
    } else {
        check_rules(desk, named, length);
        (STOPPED_BEFORE, WARNING)
    };
    if length.0 <= stopped_before.0 + warning.0 {
        let message = format!("block `{}` ends before its jobs are told that it does", named.name);
        desk.problem(block.length.origin, &block.length.path, message, "make it longer");
        return None;
    }
    let end = ends(block, length);
    if end <= times.calendar.start_date() {
        desk.note(format!("{}: it is over before the scenario starts", named.path));
        return None;
    }
    let booked = block.booked.as_ref().map_or(&block.at, |booked| booked);
    check_dates(desk, named, booked);
    let sunk = times.before_start(booked.value);
    if sunk {
        desk.note(format!("{}: bought on {}, before the start: sunk, not posted", named.path, date_text(booked.value)));
    }
    let to = times.clip(end);
    let nodes = block.nodes.value.clamp(1, i64::from(u32::MAX / chips_per_node)) as u32;
    Some((
        !free,
        Block {
            name: named.name.clone(),
            tenant: TenantId::new(lab),
            from: times.clip(block.at.value),
            usable_to: SimTime(to.0.saturating_sub(stopped_before.0)),
            to,
            warning,
            booked: (!sunk).then(|| times.clip(booked.value)),
            length,
            chips: nodes * chips_per_node,
        },
    ))
}

fn ends(block: &BlockSpec, length: Span) -> Date {
    block.at.value.saturating_add(jiff::SignedDuration::from_micros(length.0 as i64))
}

fn check_dates(desk: &mut Desk<'_>, named: &Named<BlockSpec>, booked: &spec::At<Date>) {
    if named.table.at.value < booked.value {
        let message = format!("block `{}` is booked after it begins", named.name);
        desk.problem(booked.origin, &booked.path, message, "book it earlier");
    }
}

/// What AWS publishes of one block.
fn check_rules(desk: &mut Desk<'_>, named: &Named<BlockSpec>, length: Span) {
    let block = &named.table;
    let mut wrong = |origin: Origin, path: &str, what: String, rule: &str, cure: String| {
        desk.problem(origin, path, format!("block `{}` {what}; AWS: {rule}", named.name), cure);
    };
    for leaf in block.stopped_before.iter().chain(&block.warning) {
        let rule = "stopped from 30 minutes before the end, told 10 before that (docs.aws.amazon.com, capacity-blocks-monitor)";
        let cure = "leave it out, or say terms = \"free\"".to_owned();
        wrong(leaf.origin, &leaf.path, "states when its jobs are stopped".into(), rule, cure);
    }
    let days = length.0 as f64 / Span::DAY.0 as f64;
    let allowed =
        days == days.floor() && (1.0..=14.0).contains(&days) || days % 7.0 == 0.0 && (7.0..=182.0).contains(&days);
    if !allowed {
        let near = if days < 14.0 { days.round().max(1.0) } else { ((days / 7.0).round() * 7.0).clamp(14.0, 182.0) };
        let rule = format!("1 to 14 days, or 7-day steps to 182 ({SOURCE})");
        wrong(
            block.length.origin,
            &block.length.path,
            format!("lasts {days} days"),
            &rule,
            format!("length = \"{near}d\""),
        );
    }
    if MOST_NODES.0 < block.nodes.value {
        let rule = format!("up to {} instances a block, {} in all ({SOURCE})", MOST_NODES.0, MOST_NODES.1);
        let what = format!("has {} nodes", block.nodes.value);
        wrong(block.nodes.origin, &block.nodes.path, what, &rule, "write several blocks".into());
    }
    let end = ends(block, length);
    if (end.hour(), end.minute(), end.second()) != (11, 30, 0) {
        let rule = format!("all end at 11:30 UTC ({SOURCE})");
        let cure = format!("at = {}T11:30:00", block.at.value.date());
        wrong(block.at.origin, &block.at.path, format!("ends at {}", end.time()), &rule, cure);
    }
    if let Some(booked) = &block.booked {
        let ahead = block.at.value.duration_since(booked.value).as_secs_f64() / 86_400.0;
        if MOST_AHEAD_DAYS < ahead {
            let rule = format!("booked up to 8 weeks ahead ({SOURCE_AHEAD})");
            let first = block.at.value.saturating_sub(jiff::SignedDuration::from_hours(56 * 24));
            let cure = format!("booked = {} at the earliest", date_text(first));
            wrong(booked.origin, &booked.path, format!("is booked {ahead:.0} days ahead"), &rule, cure);
        }
    }
}

/// Blocks of one pool at one time: never more than a buyer may have; AWS counts them over pools too, which is not looked at.
fn check_together(
    desk: &mut Desk<'_>,
    times: &Times,
    pool: &Named<spec::Pool>,
    built: &[(bool, Block)],
    chips_per_node: u32,
) {
    for (_, first) in built {
        let nodes = |block: &Block| u64::from(block.chips / chips_per_node);
        let there = |block: &Block| block.from <= first.from && first.from < block.to;
        let mine = built.iter().filter(|(ruled, block)| *ruled && block.tenant == first.tenant && there(block));
        let sum: u64 = mine.map(|(_, block)| nodes(block)).sum();
        if MOST_NODES.1 < sum {
            let message = format!(
                "blocks of pool `{}` have {sum} nodes of one lab on {}; AWS: up to {} instances in all ({SOURCE})",
                pool.name,
                times.date(first.from.max(times.start)),
                MOST_NODES.1
            );
            return desk.problem(pool.origin, &format!("{}.blocks", pool.path), message, "buy fewer at one time");
        }
    }
}
