//! The plan of a study: one world for each strategy x future, and how often each is run. Simulates nothing.

use crate::spec::{Problem, Problems, Read, Readable, SetLeaf};
use crate::world::catalog::Catalog;
use crate::world::{ContractId, World};

/// What the command line may change about a study.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Draws.
    pub draws: Option<u32>,
    /// Unknowns at their medians.
    pub fixed: bool,
    /// Threads; None: as many as there are.
    pub threads: Option<usize>,
}

/// One strategy under one future.
#[derive(Debug)]
pub struct CellPlan {
    /// Strategy.
    pub strategy: String,
    /// Future.
    pub future: String,
    /// Its world.
    pub world: World,
    /// Position of an earlier cell that is equal by construction: it is run once.
    pub same_as: Option<usize>,
}

/// A study before it runs.
#[derive(Debug)]
pub struct Plan {
    /// Strategies in the order of the file, then futures.
    pub cells: Vec<CellPlan>,
    /// Strategies.
    pub strategies: Vec<String>,
    /// Futures.
    pub futures: Vec<String>,
    /// Draws.
    pub draws: u32,
    /// Replications.
    pub replications: u32,
    /// Unknowns at their medians.
    pub fixed: bool,
    /// Threads.
    pub threads: Option<usize>,
}

impl Plan {
    /// Runs of one cell.
    pub fn runs_per_cell(&self) -> usize {
        self.draws as usize * self.replications as usize
    }
    /// Whether the file names anything unknown: without it all runs are independent.
    pub fn independent(&self) -> bool {
        self.fixed || self.cells.iter().all(|cell| cell.world.unknowns.is_empty())
    }
}

/// Builds the world of every cell; every problem of every cell at once.
pub fn plan(
    read: &Read,
    catalog: &Catalog,
    options: &Options,
    read_file: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Plan, Problems> {
    let names = |tables: Vec<String>| if tables.is_empty() { vec!["base".to_owned()] } else { tables };
    let strategies = names(as_written(read, read.spec.strategies.iter().map(|s| (s.name.clone(), s.origin))));
    let futures = names(as_written(read, read.spec.futures.iter().map(|f| (f.name.clone(), f.origin))));
    let mut cells: Vec<CellPlan> = Vec::new();
    let mut problems: Option<Problems> = None;
    for strategy in &strategies {
        for future in &futures {
            match world_of(read, catalog, strategy, future, options, read_file) {
                Ok(world) => {
                    let same_as = cells.iter().position(|cell: &CellPlan| {
                        cell.future == *future && cell.same_as.is_none() && equal_by_construction(&cell.world, &world)
                    });
                    cells.push(CellPlan { strategy: strategy.clone(), future: future.clone(), world, same_as });
                }
                Err(more) => match &mut problems {
                    Some(all) => all.extend(more.iter().cloned()),
                    None => problems = Some(more),
                },
            }
        }
    }
    if let Some(problems) = problems {
        return Err(problems);
    }
    let world = &cells[0].world;
    let (draws, replications) = (world.draws, world.replications);
    Ok(Plan { cells, strategies, futures, draws, replications, fixed: options.fixed, threads: options.threads })
}

/// What reading found, with what the world finds wrong in the rest of the file: problems that do not come from what could not be read.
pub fn with_the_worlds(
    mut found: Problems,
    catalog: &Catalog,
    read_file: &dyn Fn(&str) -> Result<String, String>,
) -> Problems {
    let of = |part: &Readable| -> Vec<Problem> {
        let problems = World::build(&part.spec, catalog, "base", "base", read_file).err();
        problems.iter().flat_map(Problems::iter).filter(|problem| !part.hides(problem)).cloned().collect()
    };
    let parts: Vec<Vec<Problem>> = found.readable().iter().map(of).collect();
    if let Some((first, others)) = parts.split_first() {
        let common = first.iter().filter(|problem| others.iter().all(|other| other.contains(problem)));
        found.extend(common.cloned());
    }
    found
}

/// Names in the order of the file: the first strategy is the one the others are compared with.
fn as_written(read: &Read, tables: impl Iterator<Item = (String, crate::spec::Origin)>) -> Vec<String> {
    let place = |origin| read.sources.position(origin).map(|(file, at)| (file.to_owned(), at.line, at.column));
    let mut placed: Vec<_> = tables.map(|(name, origin)| (place(origin), name)).collect();
    placed.sort();
    placed.into_iter().map(|(_, name)| name).collect()
}

fn world_of(
    read: &Read,
    catalog: &Catalog,
    strategy: &str,
    future: &str,
    options: &Options,
    read_file: &dyn Fn(&str) -> Result<String, String>,
) -> Result<World, Problems> {
    let mut sets: Vec<SetLeaf> = Vec::new();
    if let Some(future) = read.spec.futures.iter().find(|f| f.name == future) {
        sets.extend(future.table.set.iter().cloned());
    }
    // With `decide_at` a strategy acts then, as effects; without it, strategies may differ from the start.
    if read.spec.scenario.decide_at.is_none()
        && let Some(strategy) = read.spec.strategies.iter().find(|s| s.name == strategy)
    {
        sets.extend(strategy.table.set.iter().cloned());
    }
    let spec = read.with_overrides(&sets)?;
    let built = World::build(&spec, catalog, strategy, future, read_file);
    // The world knows origins, not files: the positions come from what was read.
    let mut world = built.map_err(|found| Problems::new(read.sources.clone(), found.iter().cloned().collect()))?;
    world.draws = options.draws.unwrap_or(world.draws);
    if options.fixed {
        world.draws = 1;
    }
    Ok(world)
}

/// Whether two strategies of one future simulate the same: they differ in nothing that is simulated or paid.
fn equal_by_construction(a: &World, b: &World) -> bool {
    let (mut left, mut right) = (effective(a), effective(b));
    left.0.sort();
    right.0.sort();
    left == right && a.without.volumes == b.without.volumes && alike_but_for_without(a, b)
}

/// What of `without` acts: ended contracts, investments with a dated tranche after `decide_at`, cancelled deliveries.
fn effective(world: &World) -> (Vec<ContractId>, Vec<String>, Vec<String>) {
    let decide = world.decide_at.unwrap_or(world.start);
    let mut unpaid: Vec<String> = Vec::new();
    for investment in &world.without.investments {
        let terms = &world.investments[*investment];
        unpaid.extend(terms.tranches.iter().filter(|t| t.at >= decide).map(|t| format!("{}.{}", terms.name, t.name)));
    }
    let mut cancelled: Vec<String> = Vec::new();
    for pool in world.pools.iter().filter(|_| world.fleet_sized) {
        for delivery in &pool.deliveries {
            if delivery.for_bet.as_ref().is_some_and(|bet| world.without.hosts_of.contains(bet)) {
                cancelled.push(format!("{}.{}", pool.name, delivery.name));
            }
        }
    }
    unpaid.sort();
    cancelled.sort();
    (world.without.contracts.clone(), unpaid, cancelled)
}

/// Whether two worlds are the same in everything but `without`, names and notes. Every field is named, so that a new one has to be judged.
fn alike_but_for_without(a: &World, b: &World) -> bool {
    let World {
        name: _,
        title: _,
        question: _,
        strategy: _,
        future: _,
        calendar,
        start,
        end,
        measure_from,
        decide_at,
        steady,
        months,
        month_names: _,
        month_years: _,
        seed,
        draws,
        replications,
        job_rows,
        clouds,
        sites,
        chips,
        pools,
        domains,
        tenants,
        workloads,
        services,
        tick,
        tick_rows,
        model_error_windows,
        cells,
        interruptions,
        contracts,
        investments,
        parties,
        factors,
        unknowns,
        without: _,
        fleet_sized,
        notes: _,
        assumptions: _,
    } = a;
    let time = (calendar, start, end, measure_from, decide_at, steady, months)
        == (&b.calendar, &b.start, &b.end, &b.measure_from, &b.decide_at, &b.steady, &b.months);
    let chance =
        (seed, draws, replications, factors, unknowns) == (&b.seed, &b.draws, &b.replications, &b.factors, &b.unknowns);
    let rows = (job_rows, tick_rows, model_error_windows) == (&b.job_rows, &b.tick_rows, &b.model_error_windows);
    let serving = (services, tick) == (&b.services, &b.tick);
    let supply = (clouds, sites, chips, pools, domains, fleet_sized)
        == (&b.clouds, &b.sites, &b.chips, &b.pools, &b.domains, &b.fleet_sized);
    let demand = (tenants, workloads, cells, interruptions) == (&b.tenants, &b.workloads, &b.cells, &b.interruptions);
    let money = (contracts, investments, parties) == (&b.contracts, &b.investments, &b.parties);
    time && chance && rows && supply && demand && serving && money
}
