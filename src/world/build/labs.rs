//! Labs and their workloads: who runs what, on which pools, at which price. Plays nothing.

use super::desk::Desk;
use super::gangs::{self, Supply};
use super::{ReadFile, elastic, initial, parties, streams, traces};
use crate::spec::{self, Common, Named};
use crate::units::IdVec;
use crate::world::model::{
    Campaigns, Cell, CellId, Contract, ContractId, DomainId, Failures, Param, PoolId, PriceKind, Source, Tenant,
    TenantId, Workload, WorkloadId,
};

/// Interval of a workload that has one campaign only, at the start: beyond every horizon [h].
const NEVER_H: f64 = 1e9;

/// Labs in order of name.
pub(super) fn tenants(desk: &mut Desk<'_>, contracts: &IdVec<Contract>) -> IdVec<Tenant> {
    let spec = desk.spec;
    let tenants = spec.labs.iter().enumerate().map(|(index, lab)| Tenant {
        name: lab.name.clone(),
        own: lab.table.own.as_ref().is_some_and(|own| own.value),
        party: parties::of_lab(desk, index),
        contract: contract_of(desk, contracts, TenantId::new(index)),
    });
    IdVec(tenants.collect())
}

/// A contract whose parties could not be resolved belongs to nobody; its problem is noted.
fn contract_of(desk: &Desk<'_>, contracts: &IdVec<Contract>, tenant: TenantId) -> Option<ContractId> {
    let name = &desk.spec.labs[tenant.index()].name;
    let named = |id: ContractId| desk.spec.contracts[id.index()].table.between.iter().any(|party| party.value == *name);
    contracts.enumerate().find(|(id, contract)| contract.tenant == tenant && named(*id)).map(|(id, _)| id)
}

/// Workloads in order of lab and name, and their cells in order of preference.
pub(super) fn workloads(
    desk: &mut Desk<'_>,
    supply: &Supply<'_>,
    tenants: &IdVec<Tenant>,
    read_file: &ReadFile<'_>,
) -> (IdVec<Workload>, IdVec<Cell>) {
    let spec = desk.spec;
    let (mut workloads, mut cells) = (IdVec::default(), IdVec::default());
    for (lab, (id, tenant)) in spec.labs.iter().zip(tenants.enumerate()) {
        for workload in &lab.table.workloads {
            let place = Place { workload, tenant: (id, tenant), id: WorkloadId::new(workloads.len()) };
            let built = place.build(desk, supply, &mut cells, read_file);
            workloads.0.push(built);
        }
    }
    (workloads, cells)
}

/// A workload of the file, and whose it is.
struct Place<'p> {
    workload: &'p Named<spec::Workload>,
    tenant: (TenantId, &'p Tenant),
    id: WorkloadId,
}

impl Place<'_> {
    fn build(
        &self,
        desk: &mut Desk<'_>,
        supply: &Supply<'_>,
        cells: &mut IdVec<Cell>,
        read_file: &ReadFile<'_>,
    ) -> Workload {
        let path = &self.workload.path;
        let common = common(&self.workload.table);
        let pools = gangs::pools(desk, self.workload.origin, path, common);
        let (source, mut gangs) = self.source(desk, supply, common, &pools, read_file);
        let elastic = elastic::elastic(desk, supply, self.workload, &pools);
        let domain = domain(supply, &pools);
        elastic::check_rules(desk, &supply.domains[domain].rules, self.workload, &pools, supply, elastic.as_deref());
        // It starts when its smallest size finds room.
        if let Some(terms) = &elastic {
            gangs = vec![terms.min];
        }
        // Sizes that were refused have their problem already.
        if elastic.is_some() || !elastic::is_elastic(&self.workload.table) {
            gangs::check_fit(desk, supply, self.workload, &self.may_run_on(supply, &pools), &gangs);
        }
        let kinds = gangs::prices(desk, supply, self.workload, common, self.tenant.1, &pools);
        if let (Some(bid), false) = (&common.max_spot_ratio, kinds.contains(&PriceKind::Spot)) {
            desk.note(format!(
                "`{}` bids for a price kind that `{path}` does not accept: nothing is bought at spot",
                bid.path
            ));
        }
        let largest = gangs.iter().copied().max().unwrap_or(0);
        let mode = match self.workload.table {
            spec::Workload::Trace(_) => gangs::failures_of_trace(desk, common),
            spec::Workload::Pretraining(_) | spec::Workload::Stream(_) => {
                gangs::failures(desk, supply, path, common, &pools, largest, elastic.is_some())
            }
        };
        let mine = gangs::cells(desk, supply, self.workload, common, &pools);
        let first = cells.len();
        gangs::check_split(desk, supply, common);
        let split: Vec<Param> =
            pools.iter().map(|pool| gangs::split_speed(desk, supply, path, common, *pool)).collect();
        // The kind it likes best on each of its pools, then the next.
        for price in &kinds {
            let cell = |((pool, speed, mfu), split_speed): ((PoolId, Param, Option<Param>), Param)| Cell {
                workload: self.id,
                pool,
                price: *price,
                speed,
                split_speed,
                mfu,
            };
            cells.0.extend(mine.iter().cloned().zip(split.iter().cloned()).map(cell));
        }
        let last = cells.len();
        self.overflow(desk, supply, &pools, &kinds, cells);
        Workload {
            name: self.workload.name.clone(),
            path: path.clone(),
            tenant: self.tenant.0,
            domain,
            overflow: (last..cells.len()).map(CellId::new).collect(),
            cells: (first..last).map(CellId::new).collect(),
            priority: common.priority.as_ref().map_or(0, |at| at.value.clamp(-1_000_000, 1_000_000) as i32),
            price: kinds[0],
            max_spot_ratio: desk.param_or(&common.max_spot_ratio, (0.0, 1.0), 1.0),
            volume: desk.param_or(&common.volume, (0.0, 1.0), 1.0),
            checkpoint: common.checkpoint.as_ref().and_then(|written| gangs::checkpoint(desk, written, mode)),
            restart_h: match &common.restart {
                Some(leaf) => desk.param(leaf, (0.0, 1e9)),
                None if mode == Failures::Off => Param::Fixed(0.0),
                None => Param::Fixed(desk.assume(
                    format!("{path}.restart"),
                    0.0,
                    (0.0, 0.5),
                    "a gang resumes at once after a failure",
                )),
            },
            failures: mode,
            over_estimate: streams::over_estimate(desk, self.workload),
            elastic,
            deadline_h: deadline(&self.workload.table).map(|leaf| desk.param(leaf, (1e-9, 1e9))),
            source,
        }
    }

    /// Its pools and those to which its jobs may overflow; campaigns stay.
    fn may_run_on(&self, supply: &Supply<'_>, pools: &[PoolId]) -> Vec<PoolId> {
        let stays = matches!(self.workload.table, spec::Workload::Pretraining(_));
        let overflow = pools.first().and_then(|_| supply.domains[domain(supply, pools)].rules.overflow);
        let to = overflow.filter(|_| !stays).and_then(|overflow| overflow.to);
        pools.iter().copied().chain(to).collect()
    }

    /// Cells of jobs that have waited for long.
    fn overflow(
        &self,
        desk: &mut Desk<'_>,
        supply: &Supply<'_>,
        pools: &[PoolId],
        kinds: &[PriceKind],
        cells: &mut IdVec<Cell>,
    ) {
        let Some(first) = pools.first() else { return };
        let Some(overflow) = supply.domains[domain(supply, pools)].rules.overflow else { return };
        let common = common(&self.workload.table);
        let to: Vec<PoolId> = overflow.to.map_or(pools.to_vec(), |to| vec![to]);
        for to in to {
            if pools.contains(&to) && kinds.contains(&overflow.price) {
                // It takes that already, without a wait.
                continue;
            }
            // Speeds count from the first pool of the workload, so that it stands first here too.
            let both = [*first, to];
            let there = gangs::cells(desk, supply, self.workload, common, &both).pop().expect("two pools");
            let price = gangs::overflow_price(desk, supply, self.workload, &overflow, to, self.tenant.1);
            let split_speed = gangs::split_speed(desk, supply, &self.workload.path, common, to);
            cells.0.push(Cell { workload: self.id, pool: there.0, price, speed: there.1, split_speed, mfu: there.2 });
        }
    }

    /// What arrives, and the gang sizes that must fit.
    fn source(
        &self,
        desk: &mut Desk<'_>,
        supply: &Supply<'_>,
        common: &Common,
        pools: &[PoolId],
        read_file: &ReadFile<'_>,
    ) -> (Source, Vec<u32>) {
        match &self.workload.table {
            spec::Workload::Stream(stream) => {
                let rate = gangs::reference_rate(desk, supply, self.workload, stream, pools);
                let stream = streams::stream(desk, self.workload, stream, rate);
                let gangs = stream.chips.iter().map(|(chips, _)| *chips).collect();
                (Source::Stream(stream), gangs)
            }
            spec::Workload::Pretraining(written) => {
                let campaigns = self.campaigns(desk, written);
                gangs::check_mfu(desk, supply, self.workload, common, pools);
                let gangs = vec![campaigns.chips];
                (Source::Campaigns(campaigns), gangs)
            }
            // Rows too large are counted where they are read: a file of a million rows has one problem, not a million.
            spec::Workload::Trace(trace) => {
                let room = (gangs::room(supply, pools), gangs::room(supply, &self.may_run_on(supply, pools)));
                (Source::Trace(traces::jobs(desk, supply.times, self.workload, trace, room, read_file)), Vec::new())
            }
        }
    }

    fn campaigns(&self, desk: &mut Desk<'_>, written: &spec::Pretraining) -> Campaigns {
        let mut needs = |key: &str, there: bool| {
            if !there {
                let path = format!("{}.{key}", self.workload.path);
                let message = format!("pretraining workload `{}` has no `{key}`", self.workload.name);
                desk.problem(self.workload.origin, &path, message, format!("set `{path}`"));
            }
        };
        needs("flops", written.flops.is_some());
        needs("chips", written.chips.is_some());
        let efficiency = &written.campaign_efficiency;
        let running_age = initial::running_age(desk, &self.workload.path);
        Campaigns {
            flops: written.flops.as_ref().map_or(Param::Fixed(1e12), |leaf| desk.param_by_event(leaf, (1e6, 1e40))),
            campaign_efficiency: match efficiency {
                Some(leaf) => gangs::positive(desk, leaf),
                None => {
                    let path = format!("{}.campaign_efficiency", self.workload.path);
                    Param::Fixed(desk.assume(
                        path,
                        1.0,
                        (0.6, 1.0),
                        "all work is of use: no run is started over or thrown away",
                    ))
                }
            },
            chips: match &written.chips {
                Some(spec::ChipsSpec::Fixed(at)) => at.value.clamp(1, 1_000_000_000) as u32,
                Some(spec::ChipsSpec::Elastic(sizes)) => elastic::reference(sizes),
                Some(spec::ChipsSpec::Mix { .. }) | None => 1,
            },
            every_h: written
                .every
                .as_ref()
                .map_or(Param::Fixed(NEVER_H), |leaf| desk.param_by_event(leaf, (1e-6, 1e9))),
            running_age,
        }
    }
}

/// Keys shared by every kind.
/// What every kind of workload states.
pub(super) fn common(workload: &spec::Workload) -> &Common {
    match workload {
        spec::Workload::Pretraining(campaigns) => &campaigns.common,
        spec::Workload::Stream(stream) => &stream.common,
        spec::Workload::Trace(trace) => &trace.common,
    }
}

/// Time to finish a job in.
fn deadline(workload: &spec::Workload) -> Option<&spec::Leaf> {
    match workload {
        spec::Workload::Pretraining(campaigns) => campaigns.deadline.as_ref(),
        spec::Workload::Stream(stream) => stream.deadline.as_ref(),
        spec::Workload::Trace(_) => None,
    }
}

/// The domain of the first pool; a workload without pools has a problem and stands in the first domain.
fn domain(supply: &Supply<'_>, pools: &[PoolId]) -> DomainId {
    pools.first().map_or(DomainId::new(0), |pool| supply.pools[*pool].domain)
}
