//! From the scenario as written to the world: names become ids, sizes become nodes, and every problem is collected.
//! Reads no file itself (the caller lends a function for traces) and draws nothing.

mod assumptions;
mod bets;
mod beyond;
mod blocks;
mod cards;
mod commit;
mod contracts;
mod decided;
mod desk;
mod domains;
mod elastic;
mod failures;
mod gangs;
mod hardware;
mod initial;
mod investments;
mod labs;
mod leaves;
mod limits;
mod load;
mod modulated;
mod outages;
mod parties;
mod points;
mod pools;
mod prices;
mod services;
mod shares;
mod sites;
mod sizes;
mod spot;
mod streams;
mod time;
mod traces;
mod unknowns;

pub use commit::{commit_inside, commit_inside_years_of_365_25_days};
pub use limits::JOB_ALIVE_BYTES;

use super::catalog::Catalog;
use super::model::World;
use crate::spec::{Problems, Sources, Spec};
use crate::units::IdVec;
use desk::Desk;

/// Reads a file named in the scenario, relative to it; the error says why not.
pub type ReadFile<'a> = dyn Fn(&str) -> Result<String, String> + 'a;

impl World {
    /// The world of `spec` (after the overrides of `future`) under `strategy`; else every problem at once.
    ///
    /// The problems carry origins without their texts: `Problems::new(sources, found.iter().cloned().collect())` joins them.
    /// `read_file` opens traces, by their path as written.
    pub fn build(
        spec: &Spec,
        catalog: &Catalog,
        strategy: &str,
        future: &str,
        read_file: &ReadFile<'_>,
    ) -> Result<World, Problems> {
        let changed = decided::spec(spec, strategy);
        let mut desk = Desk::new(changed.as_ref().unwrap_or(spec), spec, catalog);
        let world = assemble(&mut desk, strategy, future, read_file);
        if desk.problems.is_empty() { Ok(world) } else { Err(Problems::new(Sources::default(), desk.problems)) }
    }
}

/// Builds part after part, each seeing those before; a part with a problem leaves a stand-in, so that ids hold and the rest is checked too.
fn assemble(desk: &mut Desk<'_>, strategy: &str, future: &str, read_file: &ReadFile<'_>) -> World {
    let spec = desk.spec;
    let factors = unknowns::collect(desk);
    desk.notes.extend(spec.not_modelled.iter().map(|sentence| sentence.value.clone()));
    let times = time::times(desk);
    let parties = parties::parties(desk);
    let clouds = sites::clouds(desk);
    let sites = sites::sites(desk, &times);
    let hardware = hardware::of_pools(desk, &sites);
    let chips = hardware::chips(desk, &hardware);
    let domains = domains::domains(desk);
    let interruptions = failures::interruptions(desk);
    outages::check(desk, &times, &sites);
    let pools = pools::pools(desk, &times, &sites, &hardware, &chips, &domains, &interruptions);
    domains::check_nodes(desk, &domains, &pools);
    sizes::check_sites(desk, &times, &sites, &pools);
    let contracts = contracts::contracts(desk, &times, &clouds, &sites, &pools, &chips);
    let tenants = labs::tenants(desk, &contracts);
    shares::check(desk, &times, &sites, &pools, &tenants, &contracts);
    let labs: Vec<String> = tenants.iter().map(|tenant| tenant.name.clone()).collect();
    let supply = gangs::Supply {
        times: &times,
        sites: &sites,
        pools: &pools,
        domains: &domains,
        chips: &chips,
        contracts: &contracts,
        labs: &labs,
    };
    let (mut workloads, mut cells) = labs::workloads(desk, &supply, &tenants, read_file);
    let tick = services::tick(desk, &times);
    let services = services::services(desk, &supply, &tenants, tick, &mut workloads, &mut cells);
    let investments = investments::investments(desk, &times);
    let without = bets::without(desk, strategy, &times, &workloads);
    bets::check_future(desk, future);
    contracts::note_intensity(desk, &times, &contracts, &sites, &pools);
    let run = limits::run(desk);
    let name = spec.scenario.name.as_ref().map_or("scenario", |at| &at.value).to_owned();
    let mut world = World {
        title: spec.scenario.title.as_ref().map_or(name.clone(), |at| at.value.clone()),
        name,
        question: spec.scenario.question.as_ref().map_or(String::new(), |at| at.value.clone()),
        strategy: strategy.to_owned(),
        future: future.to_owned(),
        calendar: times.calendar,
        start: times.start,
        end: times.end,
        measure_from: times.measure_from,
        decide_at: times.decide_at,
        steady: times.steady,
        months: times.months,
        month_names: times.month_names,
        month_years: times.month_years,
        seed: run.seed,
        draws: run.draws,
        replications: run.replications,
        job_rows: run.job_rows,
        clouds,
        sites,
        chips,
        pools,
        domains,
        tenants,
        workloads,
        services,
        tick,
        tick_rows: run.tick_rows,
        model_error_windows: run.model_error_windows,
        cells,
        interruptions,
        contracts,
        investments,
        parties,
        factors,
        unknowns: IdVec::default(),
        without,
        fleet_sized: run.fleet_sized,
        notes: Vec::new(),
        assumptions: Vec::new(),
    };
    limits::check(desk, &world);
    desk.note_clamped();
    world.assumptions = assumptions::assumptions(desk);
    world.unknowns = IdVec(std::mem::take(&mut desk.unknowns));
    world.notes = desk.notes.iter().cloned().collect();
    world
}

#[cfg(test)]
mod tests;
