//! Windows of a run in both tiers, in parallel; the same for any number of threads.

use crate::kernel::tier::Bench;
use crate::measure::value;
use crate::record::RunRecord;
use crate::tiers::{Candidate, Chosen, Compared, ModelError, candidates, choose, compare, model_errors};
use crate::world::{ServiceId, Tier, World};
use rayon::prelude::*;

/// A window in both tiers.
#[derive(Clone, Debug)]
pub struct Played {
    /// The tick.
    pub candidate: Candidate,
    /// Why it was chosen.
    pub chosen: Chosen,
    /// What both tiers say.
    pub compared: Compared,
}

/// What the two tiers make of a run.
#[derive(Clone, Debug, Default)]
pub struct TierCheck {
    /// Windows in order of time and service.
    pub windows: Vec<Played>,
    /// Errors of services over the run.
    pub errors: Vec<ModelError>,
    /// Services that the request tier cannot play, and why.
    pub refused: Vec<(ServiceId, String)>,
}

/// Plays windows of a run that left a row for each tick of its services.
pub fn check_tiers(
    world: &World,
    record: &RunRecord,
    windows: usize,
    seed: u64,
    told: &(dyn Fn(usize) + Sync),
) -> TierCheck {
    let bench = |id: ServiceId| {
        if world.services[id].tier == Tier::Request {
            return Err("every tick of it is played: there is nothing to compare".to_owned());
        }
        let z = world.services[id].card_speed.as_ref().map_or(0.0, |param| value(record, param));
        Bench::new(world, id, z)
    };
    let benches: Vec<Result<(Bench, f64), String>> = world
        .services
        .ids()
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|id| bench(id).map(|bench| (bench.clone(), bench.saturated_per_s(seed))))
        .collect();
    let mut all = candidates(world, record);
    // What `auto` has played already is no news.
    all.retain(|one| {
        let (service, bench) = (&world.services[one.row.service], &benches[one.row.service.index()]);
        bench.as_ref().is_ok_and(|(bench, _)| !bench.takes(service.tier, &one.tick))
    });
    let chosen = choose(&all, windows, seed);
    let played: Vec<(Chosen, Compared)> = chosen
        .into_par_iter()
        .map(|chosen| {
            let one = &all[chosen.at];
            let (bench, saturated_per_s) = benches[one.row.service.index()].as_ref().expect("others are left out");
            let compared = compare(world, one, bench, *saturated_per_s, seed);
            told(1);
            (chosen, compared)
        })
        .collect();
    let errors = model_errors(&all, &played);
    let windows =
        played.into_iter().map(|(chosen, compared)| Played { candidate: all[chosen.at].clone(), chosen, compared });
    let refused = world.services.ids().zip(benches).filter_map(|(id, bench)| bench.err().map(|why| (id, why)));
    TierCheck { windows: windows.collect(), errors, refused: refused.collect() }
}
