//! What every kind of gang work shares: pools of one domain, room, price, speed, failures. Draws no job.

use super::contracts::chip_name;
use super::desk::{Desk, did_you_mean};
use super::shares::outside;
use super::sizes::most_planned;
use super::streams::law_of_mean;
use super::time::Times;
use crate::spec::{self, At, Common, Interval, Leaf, Named, Origin, Tables};
use crate::stats::law::Law;
use crate::units::{IdVec, Span};
use crate::world::model::{
    self, Chip, Contract, Domain, Failures, LawOf, Param, Pool, PoolId, PriceKind, Site, Tenant,
};
use crate::world::rules::{Backfill, Overflow, Placement};

/// What workloads run on, built before them.
pub(super) struct Supply<'s> {
    pub times: &'s Times,
    pub sites: &'s IdVec<Site>,
    pub pools: &'s IdVec<Pool>,
    pub domains: &'s IdVec<Domain>,
    pub chips: &'s IdVec<Chip>,
    pub contracts: &'s IdVec<Contract>,
    /// Names of the labs.
    pub labs: &'s [String],
}

/// Pools in order of preference; they must share a domain.
pub(super) fn pools(desk: &mut Desk<'_>, origin: Origin, path: &str, common: &Common) -> Vec<PoolId> {
    let spec = desk.spec;
    let mut found: Vec<PoolId> = Vec::new();
    for name in &common.pools {
        let Some(index) = desk.find(&spec.pools, name, "pool") else { continue };
        if found.contains(&PoolId::new(index)) {
            desk.problem(
                name.origin,
                &name.path,
                format!("`{}` names pool `{}` twice", path, name.value),
                "name it once",
            );
            continue;
        }
        found.push(PoolId::new(index));
    }
    if common.pools.is_empty() {
        let path = format!("{path}.pools");
        desk.problem(origin, &path, format!("`{path}` names no pool"), "name at least one");
    }
    let domain = |id: &PoolId| {
        let pool = &spec.pools[id.index()];
        pool.table.domain.as_ref().map_or(&pool.name, |domain| &domain.value)
    };
    if let Some(other) = found.iter().find(|id| domain(id) != domain(&found[0])) {
        let (first, other) = (&spec.pools[found[0].index()].name, &spec.pools[other.index()].name);
        let message = format!("`{path}` runs on pools `{first}` and `{other}`, which do not share a scheduler");
        desk.problem(origin, &format!("{path}.pools"), message, format!("put `domain = \"{first}\"` on both"));
    }
    found
}

/// Chips of the largest of these pools at its fullest.
pub(super) fn room(supply: &Supply<'_>, pools: &[PoolId]) -> u64 {
    let room = |id: &PoolId| {
        let pool = &supply.pools[*id];
        if pool.unlimited {
            return u64::MAX;
        }
        let stand_by = pool.spares.as_ref().map_or(0, |spares| u64::from(spares.nodes));
        most_planned(pool).saturating_sub(stand_by) * u64::from(pool.chips_per_node)
    };
    pools.iter().map(room).max().unwrap_or(0)
}

/// A gang that no pool ever holds is a problem.
pub(super) fn check_fit(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    workload: &Named<spec::Workload>,
    pools: &[PoolId],
    gangs: &[u32],
) {
    let room = room(supply, pools);
    let Some(gang) = gangs.iter().copied().filter(|gang| room < u64::from(*gang)).max() else { return };
    if !pools.is_empty() {
        let path = format!("{}.chips", workload.path);
        let message = format!(
            "a gang of `{}` takes {gang} chips, and its largest pool never has more than {room}",
            workload.path
        );
        desk.problem(workload.origin, &path, message, "make the gang smaller or a pool larger");
    }
}

/// The price kinds that a workload accepts, in order, each of which its pools must have.
pub(super) fn prices(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    workload: &Named<spec::Workload>,
    common: &Common,
    tenant: &Tenant,
    pools: &[PoolId],
) -> Vec<PriceKind> {
    let billed = |id: &PoolId| supply.pools[*id].site.is_some();
    let words: Vec<&At<String>> = common.price.iter().chain(&common.price_kinds).collect();
    if !pools.iter().any(billed) {
        if let (Some(word), false) = (words.first(), pools.is_empty()) {
            let message =
                format!("`{}` states a price, and its pools stand at no site: nobody bills it", workload.path);
            desk.problem(
                word.origin,
                &word.path,
                message,
                "drop `price`, or give the pools an `instance` and a `site`",
            );
        }
        return vec![PriceKind::Free];
    }
    if let Some(free) = pools.iter().find(|id| !billed(id)) {
        let message = format!(
            "`{}` mixes pools at a site with `{}`, which stands at none",
            workload.path, supply.pools[*free].name
        );
        let remedy = "give every pool an `instance` and a `site`, or none of them";
        desk.problem(workload.origin, &format!("{}.pools", workload.path), message, remedy);
        return vec![PriceKind::Free];
    }
    let mut kinds: Vec<PriceKind> = Vec::new();
    for word in &words {
        let Some(kind) = kind_named(word) else {
            let remedy = did_you_mean(&word.value, ALL_KINDS.iter().map(|kind| kind.name()), "price kind");
            desk.problem(word.origin, &word.path, format!("there is no price kind `{}`", word.value), remedy);
            continue;
        };
        if kinds.contains(&kind) {
            let message = format!("`{}` accepts {} twice", workload.path, kind.name());
            desk.problem(word.origin, &word.path, message, "name it once");
        } else {
            kinds.push(kind);
        }
    }
    if kinds.is_empty() {
        kinds.push(if own_cloud(supply, tenant, pools) { PriceKind::Contract } else { PriceKind::OnDemand });
    }
    let origin = words.first().map_or(workload.origin, |word| word.origin);
    for kind in &kinds {
        check_kind(desk, supply, workload, tenant, pools, (*kind, origin));
    }
    if !common.price_kinds.is_empty() && kinds.contains(&PriceKind::CapacityBlock) {
        let mine =
            |id: &PoolId| supply.pools[*id].blocks.iter().any(|block| supply.labs[block.tenant.index()] == tenant.name);
        if !pools.iter().any(mine) {
            // One that is written and not built is over before the start; what else may be wrong with it has been told.
            let over = pools.iter().find_map(|id| {
                let pool = &desk.spec.pools[id.index()];
                pool.table.blocks.iter().find(|block| block.table.lab.value == tenant.name)
            });
            let why = match over {
                Some(block) => format!("`{}` is over before the scenario starts", block.path),
                None => format!("`{}` has no block on its pools", tenant.name),
            };
            let message = format!("`{}` accepts capacity_block, and {why}", workload.path);
            let remedy = match over {
                Some(block) => format!("move `{}.at` into the scenario, or leave the kind out", block.path),
                None => format!("write `pools.{}.blocks.X`, or leave the kind out", supply.pools[pools[0]].name),
            };
            desk.problem(origin, &format!("{}.price_kinds", workload.path), message, remedy);
        }
    }
    kinds
}

/// Every kind a workload may accept.
const ALL_KINDS: [PriceKind; 5] =
    [PriceKind::OnDemand, PriceKind::Committed, PriceKind::CapacityBlock, PriceKind::Contract, PriceKind::Spot];

pub(super) fn kind_named(word: &At<String>) -> Option<PriceKind> {
    ALL_KINDS.into_iter().find(|kind| kind.name() == word.value)
}

/// The kind must have a price on each of the pools, all the time.
fn check_kind(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    workload: &Named<spec::Workload>,
    tenant: &Tenant,
    pools: &[PoolId],
    (kind, origin): (PriceKind, Origin),
) {
    if let (PriceKind::Contract, Some(contract)) = (kind, tenant.contract) {
        let times = supply.times;
        if let Some((message, remedy)) = outside(times, &supply.contracts[contract], times.start, times.end) {
            let message = format!("gangs of `{}` {message}", workload.path);
            desk.problem(origin, &format!("{}.price", workload.path), message, format!("{remedy}, or another `price`"));
        }
    }
    for pool in pools {
        if !has_price(supply, tenant, *pool, kind) {
            let name = &supply.pools[*pool].name;
            let message = format!("`{}` pays the {} price, and pool `{name}` has none", workload.path, kind.name());
            desk.problem(origin, &format!("{}.price", workload.path), message, price_remedy(tenant, kind, name));
        }
    }
    let domain = pools.first().map(|pool| &supply.domains[supply.pools[*pool].domain]);
    let taken_back = kind == PriceKind::Spot
        || kind == PriceKind::CapacityBlock && pools.iter().any(|id| !supply.pools[*id].blocks.is_empty());
    if taken_back && domain.is_some_and(|domain| domain.rules.backfill == Backfill::Conservative) {
        let message = format!(
            "`{}` accepts {}, and `conservative` promises starts that it would break",
            workload.path,
            kind.name()
        );
        desk.problem(origin, &format!("{}.price_kinds", workload.path), message, "write backfill = \"easy\"");
    }
}

/// Price kind of what overflows to a pool; Free where it stands at no site.
pub(super) fn overflow_price(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    workload: &Named<spec::Workload>,
    overflow: &Overflow,
    to: PoolId,
    tenant: &Tenant,
) -> PriceKind {
    let pool = &supply.pools[to];
    if pool.site.is_none() {
        return PriceKind::Free;
    }
    if !has_price(supply, tenant, to, overflow.price) {
        let (kind, name) = (overflow.price.name(), &pool.name);
        let message = format!("`{}` overflows to pool `{name}`, which has no {kind} price", workload.path);
        let remedy = format!("set `pools.{name}.prices.{kind}.usd_per_chip_hour`, or `price` of the overflow");
        desk.problem(workload.origin, &workload.path, message, remedy);
    }
    overflow.price
}

fn price_remedy(tenant: &Tenant, kind: PriceKind, pool: &str) -> String {
    match (kind, tenant.contract) {
        (PriceKind::Contract, None) => {
            format!("write a contract between `{}` and the pool's cloud, or another `price`", tenant.name)
        }
        (PriceKind::Contract, Some(_)) => {
            "give the contract's `price` a `ratio_to` that the pool has, or `usd_per_chip_hour`".into()
        }
        (PriceKind::Spot, _) => format!("write a table `[pools.{pool}.prices.spot]`, or choose another `price`"),
        _ => format!("set `pools.{pool}.prices.{}.usd_per_chip_hour`, or choose another `price`", kind.name()),
    }
}

/// Whether the tenant has a contract with the cloud of all these pools.
pub(super) fn own_cloud(supply: &Supply<'_>, tenant: &Tenant, pools: &[PoolId]) -> bool {
    let cloud = |id: &PoolId| supply.pools[*id].site.map(|site| supply.sites[site].cloud);
    tenant.contract.is_some_and(|contract| pools.iter().all(|id| cloud(id) == Some(supply.contracts[contract].cloud)))
}

pub(super) fn has_price(supply: &Supply<'_>, tenant: &Tenant, pool: PoolId, kind: PriceKind) -> bool {
    match kind {
        PriceKind::Contract => {
            let prices = tenant.contract.map(|contract| &supply.contracts[contract].prices);
            prices.is_some_and(|prices| prices.iter().any(|price| price.0 == pool))
        }
        PriceKind::Free => supply.pools[pool].site.is_none(),
        PriceKind::Spot => supply.pools[pool].spot.is_some(),
        PriceKind::OnDemand | PriceKind::Committed | PriceKind::CapacityBlock => {
            supply.pools[pool].prices.iter().any(|path| path.kind == kind)
        }
    }
}

/// How failures are played: as the workload says, else the run, else by how many fall into a tick.
pub(super) fn failures(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    path: &str,
    common: &Common,
    pools: &[PoolId],
    gang: u32,
    elastic: bool,
) -> Failures {
    if let Some(mode) = written_mode(desk, common) {
        if let (Failures::Goodput, true, Some(word)) = (mode, elastic, &common.failures) {
            let message = "failures in closed form (`goodput`) know gangs of one size only";
            desk.problem(
                word.origin,
                &word.path,
                message,
                "write failures = \"sampled\" beside `chips = { min, max }`",
            );
        }
        if elastic && mode == Failures::Goodput {
            desk.note(format!("{path}: gangs that change their size play failures one by one, not in closed form"));
            return Failures::Sampled;
        }
        return mode;
    }
    let worst = pools.iter().map(|id| supply.pools[*id].failures_per_chip_hour).fold(0.0, f64::max);
    let tick_h = desk.spec.run.tick.as_ref().map_or(1.0, |leaf| desk.number(leaf));
    match f64::from(gang) * worst * tick_h {
        0.0 => Failures::Off,
        in_a_tick if 1.0 < in_a_tick && !elastic => Failures::Goodput,
        _ => Failures::Sampled,
    }
}

/// A trace's running times hold their failures already, unless the file says otherwise.
pub(super) fn failures_of_trace(desk: &Desk<'_>, common: &Common) -> Failures {
    written_mode(desk, common).unwrap_or(Failures::Off)
}

fn written_mode(desk: &Desk<'_>, common: &Common) -> Option<Failures> {
    let word = common.failures.as_ref().or(desk.spec.run.failures.as_ref())?;
    match word.value.as_str() {
        "sampled" => Some(Failures::Sampled),
        "goodput" => Some(Failures::Goodput),
        "off" => Some(Failures::Off),
        _ => None,
    }
}

/// Work between checkpoints and the time to write one; the closed form of goodput knows equal intervals only.
pub(super) fn checkpoint(
    desk: &mut Desk<'_>,
    written: &spec::Checkpoint,
    failures: Failures,
) -> Option<model::Checkpoint> {
    let cost = desk.param(&written.cost, (0.0, 1e9));
    let interval = match &written.interval {
        Interval::Equal(leaf) => LawOf { shape: Law::Constant { value: 1.0 }, mean: desk.param(leaf, (1e-6, 1e9)) },
        Interval::Drawn(law) => {
            let drawn = law_of_mean(desk, law)?;
            if failures == Failures::Goodput && !matches!(drawn.shape, Law::Constant { .. }) {
                let message = "failures in closed form (`goodput`) know checkpoints at equal intervals only";
                desk.problem(law.dist.origin, &law.dist.path, message, "write failures = \"sampled\"");
            }
            drawn
        }
    };
    Some(model::Checkpoint { interval, cost })
}

/// A share above 0: nothing can be divided by less.
pub(super) fn positive(desk: &mut Desk<'_>, leaf: &Leaf) -> Param {
    let param = desk.param(leaf, (1e-6, 1.0));
    if param == Param::Fixed(0.0) {
        desk.problem(leaf.origin, &leaf.path, format!("`{}` is 0", leaf.path), "write a share above 0");
        return Param::Fixed(1.0);
    }
    param
}

/// Campaigns count FLOPs, so each pool's chip needs a BF16 peak and a stated utilization.
pub(super) fn check_mfu(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    workload: &Named<spec::Workload>,
    common: &Common,
    pools: &[PoolId],
) {
    let mut chips: Vec<&Chip> = pools.iter().map(|id| &supply.chips[supply.pools[*id].chip]).collect();
    chips.dedup();
    for chip in chips {
        let path = format!("{}.mfu.{}", workload.path, chip.name);
        if chip.bf16_tflops.is_none() {
            let message = format!("`{}` counts FLOPs, and {} has no published BF16 peak", workload.path, chip.name);
            desk.problem(workload.origin, &path, message, "run it on a pool of an `instance` whose chip has one");
        } else if !common.mfu.iter().any(|row| desk.catalog.chip(&row.name).is_ok_and(|known| known.name == chip.name))
        {
            let message = format!("`{}` states no mfu on {}", workload.path, chip.name);
            desk.problem(workload.origin, &path, message, format!("set `{path}`, e.g. 0.35"));
        }
    }
}

/// (pool, speed, mfu) in order of preference.
pub(super) fn cells(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    workload: &Named<spec::Workload>,
    common: &Common,
    pools: &[PoolId],
) -> Vec<(PoolId, Param, Option<Param>)> {
    let mfu = by_chip(desk, &common.mfu, true);
    let Some(first) = pools.first() else { return Vec::new() };
    let first = supply.chips[supply.pools[*first].chip].name.as_str();
    let none = Tables::new();
    let (reference, speeds) = match &workload.table {
        spec::Workload::Stream(stream) if stream.tokens.is_some() => {
            return cells_of_tokens(desk, supply, workload, stream, pools);
        }
        spec::Workload::Stream(stream) => (reference_chip(desk, stream, first), &stream.speed),
        spec::Workload::Pretraining(_) | spec::Workload::Trace(_) => (first.to_owned(), &none),
    };
    let speeds = by_chip(desk, speeds, false);
    let scale = Scale { reference, first: first.to_owned(), speeds, mfu };
    let cells = pools.iter().map(|id| {
        let chip = &supply.chips[supply.pools[*id].chip];
        (*id, scale.speed(desk, workload, chip), find(&scale.mfu, &chip.name).cloned())
    });
    cells.collect()
}

/// A chip that `split_speed` names and nobody has is a slip of the pen.
pub(super) fn check_split(desk: &mut Desk<'_>, supply: &Supply<'_>, common: &Common) {
    for named in common.split_speed.iter().filter(|named| !named.name.is_empty()) {
        if !supply.chips.iter().any(|chip| chip.name == named.name) {
            chip_name(desk, named);
        }
    }
}

/// What is left of the speed of a gang that is split on that pool: as stated for its chip or for all, else all of it.
pub(super) fn split_speed(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    path: &str,
    common: &Common,
    pool: PoolId,
) -> Param {
    let pool = &supply.pools[pool];
    let chip = &supply.chips[pool.chip].name;
    let splits = supply.domains[pool.domain].rules.placement == Placement::Split;
    for named in &common.split_speed {
        let canonical = desk.catalog.chip(&named.name).map_or(named.name.clone(), |known| known.name.clone());
        if named.name.is_empty() || canonical == *chip {
            if !splits {
                desk.note(format!("{}: placement of pool {} splits no gang", named.path, pool.name));
            }
            return desk.param(&named.table, (1e-6, 1.0));
        }
    }
    let reason = "a gang that is split over more nodes is as fast as one that is not";
    if splits {
        Param::Fixed(desk.assume(format!("{path}.split_speed"), 1.0, (0.5, 1.0), reason))
    } else {
        Param::Fixed(1.0)
    }
}

/// Tokens that a chip of the workload's first pool does in a second; 1 where it counts none, or states none.
pub(super) fn reference_rate(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    workload: &Named<spec::Workload>,
    stream: &spec::Stream,
    pools: &[PoolId],
) -> f64 {
    match pools.first() {
        Some(pool) if stream.tokens.is_some() => rate_on(desk, supply, workload, stream, *pool),
        _ => 1.0,
    }
}

/// Tokens that a chip of the pool does in a second; one that is not stated is a problem.
fn rate_on(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    workload: &Named<spec::Workload>,
    stream: &spec::Stream,
    pool: PoolId,
) -> f64 {
    let chip = supply.chips[supply.pools[pool].chip].name.clone();
    for row in &stream.tokens_per_chip_second {
        if row.name == chip || desk.catalog.chip(&row.name).is_ok_and(|known| known.name == chip) {
            return desk.number(&row.table);
        }
    }
    let path = format!("{}.tokens_per_chip_second.{chip}", workload.path);
    let message = format!("`{}` says of no {chip} how many tokens it does", workload.path);
    desk.problem(workload.origin, &path, message, format!("set `{path}`, or use pools of another chip"));
    1.0
}

/// Speeds of batch inference: rates over that of the first pool's chip.
fn cells_of_tokens(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    workload: &Named<spec::Workload>,
    stream: &spec::Stream,
    pools: &[PoolId],
) -> Vec<(PoolId, Param, Option<Param>)> {
    let rates: Vec<f64> = pools.iter().map(|pool| rate_on(desk, supply, workload, stream, *pool)).collect();
    pools.iter().zip(&rates).map(|(pool, rate)| (*pool, Param::Fixed(rate / rates[0]), None)).collect()
}

/// In which chip's hours a workload counts, and what it states by chip.
struct Scale {
    reference: String,
    /// Chip of the first pool: a run multiplies by mfu over this chip's, where both are stated.
    first: String,
    speeds: Vec<(String, Param)>,
    mfu: Vec<(String, Param)>,
}

impl Scale {
    /// Speed of a chip: as stated, else the ratio of BF16 peaks, times the ratio of utilizations where both are stated.
    fn speed(&self, desk: &mut Desk<'_>, workload: &Named<spec::Workload>, chip: &Chip) -> Param {
        let mfu = |chip: &str| find(&self.mfu, chip);
        let by_run = mfu(&chip.name).zip(mfu(&self.first));
        if let Some(stated) = find(&self.speeds, &chip.name) {
            return match by_run {
                Some((here, first)) if chip.name != self.first => {
                    undone(desk, workload, &chip.name, [stated, here, first])
                }
                _ => stated.clone(),
            };
        }
        if chip.name == self.reference {
            // The reference runs at 1; where the run would scale it against another first chip, that is undone.
            return match by_run {
                Some((here, first)) if chip.name != self.first => {
                    undone(desk, workload, &chip.name, [&Param::Fixed(1.0), here, first])
                }
                _ => Param::Fixed(1.0),
            };
        }
        // What remains of mfu / mfu of the reference once the run has multiplied by mfu / mfu of the first chip.
        let rest = match (by_run, mfu(&chip.name), mfu(&self.reference)) {
            (Some((_, first)), _, Some(reference)) if self.reference != self.first => {
                self.ratio(desk, workload, first, reference)
            }
            (None, Some(here), Some(reference)) => self.ratio(desk, workload, here, reference),
            _ => 1.0,
        };
        Param::Fixed(self.peaks(desk, workload, chip) * rest)
    }

    /// Ratio of BF16 peaks to the reference; where one is missing a speed must be stated.
    fn peaks(&self, desk: &mut Desk<'_>, workload: &Named<spec::Workload>, chip: &Chip) -> f64 {
        let reference = desk.catalog.chip(&self.reference).ok().and_then(|chip| chip.bf16_tflops().value());
        if let (Some(peak), Some(reference)) = (chip.bf16_tflops, reference) {
            return peak / reference;
        }
        // A campaign without a peak has its problem already.
        if !matches!(workload.table, spec::Workload::Pretraining(_)) {
            let path = format!("{}.speed.{}", workload.path, chip.name);
            let message =
                format!("no BF16 peaks to compare {} with {} in `{}`", chip.name, self.reference, workload.path);
            desk.problem(workload.origin, &path, message, format!("set `{path}`, or use pools of one chip"));
        }
        1.0
    }

    fn ratio(&self, desk: &mut Desk<'_>, workload: &Named<spec::Workload>, over: &Param, under: &Param) -> f64 {
        if !matches!((over, under), (Param::Fixed(_), Param::Fixed(_))) {
            desk.note(format!("{}: speeds against {} take mfu at its median", workload.path, self.reference));
        }
        desk.median_of(over) / desk.median_of(under)
    }
}

/// A whole speed, less the mfu / mfu of the first chip that a run will multiply by; needs all three known.
fn undone(
    desk: &mut Desk<'_>,
    workload: &Named<spec::Workload>,
    chip: &str,
    [speed, here, first]: [&Param; 3],
) -> Param {
    if let (Param::Fixed(speed), Param::Fixed(here), Param::Fixed(first)) = (speed, here, first) {
        return Param::Fixed(speed * first / here);
    }
    let message =
        format!("`{}` has a speed on {chip} and an mfu that is not known: both would scale its work", workload.path);
    desk.problem(
        workload.origin,
        &format!("{}.speed.{chip}", workload.path),
        message,
        "keep the speed or the unknown mfu",
    );
    speed.clone()
}

fn find<'p>(rows: &'p [(String, Param)], chip: &str) -> Option<&'p Param> {
    rows.iter().find(|(name, _)| name == chip).map(|(_, param)| param)
}

/// Parameters by chip, under the catalog's names.
fn by_chip(desk: &mut Desk<'_>, rows: &Tables<Leaf>, share: bool) -> Vec<(String, Param)> {
    let mut built = Vec::new();
    for row in rows {
        let param = if share { positive(desk, &row.table) } else { desk.param(&row.table, (1e-6, 1e6)) };
        if let Some(name) = chip_name(desk, row) {
            built.push((name, param));
        }
    }
    built
}

fn reference_chip(desk: &mut Desk<'_>, stream: &spec::Stream, first: &str) -> String {
    let Some(name) = &stream.reference_chip else { return first.to_owned() };
    let catalog = desk.catalog;
    if name.value == first {
        return first.to_owned();
    }
    catalog.chip(&name.value).map_or_else(
        |_| {
            let remedy = did_you_mean(&name.value, catalog.chips.iter().map(|chip| chip.name.as_str()), "chip");
            desk.problem(name.origin, &name.path, format!("the catalog has no chip `{}`", name.value), remedy);
            first.to_owned()
        },
        |chip| chip.name.clone(),
    )
}

/// Shortest stretch of work.
pub(super) const SHORTEST: Span = Span(1);
