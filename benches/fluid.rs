//! The fluid tier beside a bare loop over the same hours, in one run: `simulate`, which `run` calls, with records, meters and audits on. Prints seconds;
//! fails on nothing but a crash.

mod reference;
#[allow(dead_code)]
mod worlds;

use hedgerow::kernel::{Run, simulate};

/// Hours of eight years, services, and eligible pools of each.
const HOURS: usize = 70_128;
const SERVICES: usize = 20;
const POOLS: usize = 6;

/// Demand, capacity, shed, plan and fill of each service and hour, in floats and without a clock, events, meters or records.
fn bare_loop() -> u64 {
    let mut replicas = [[0.0_f64; POOLS]; SERVICES];
    let (mut level, mut shed_sum) = ([1.0_f64; SERVICES], 0.0_f64);
    for hour in 0..HOURS {
        let week = hour % 168;
        for service in 0..SERVICES {
            let profile = 1.0 + 0.5 * ((week * (service + 3)) % 17) as f64 / 17.0;
            let demand = std::hint::black_box(100.0) * profile * (1.0 + hour as f64 / HOURS as f64);
            let capacity: f64 = replicas[service].iter().sum();
            let u = demand / capacity.max(1e-9);
            shed_sum += if 1.0 < u { demand * (1.0 - 1.0 / u) } else { 0.0 };
            level[service] = 0.9 * level[service] + 0.1 * demand / profile;
            let mut wanted = level[service] * profile / 0.85;
            for pool in &mut replicas[service] {
                let here = wanted.min(60.0).ceil();
                *pool = here;
                wanted = (wanted - here).max(0.0);
            }
        }
    }
    shed_sum as u64
}

fn main() {
    for (scale, lively) in [(1, true), (100, true), (1, false)] {
        let plan = worlds::fluid(scale, lively).unwrap_or_else(|why| panic!("{why}"));
        let world = &plan.cells[0].world;
        let [ours, bare] =
            reference::least_cpu_seconds(5, [&mut || simulate(world, Run::default()).events_handled, &mut bare_loop]);
        let record = simulate(world, Run::default());
        let shed: u128 = record.services.iter().flatten().map(|month| month.shed).sum();
        let demanded: u128 = record.services.iter().flatten().map(|month| month.demanded).sum();
        println!(
            "fluid, {} chips, {}: {ours:.3} s a run ({:.0} ns a service and tick, {} events, {:.2} % shed, {} bytes), bare loop {bare:.4} s; must 0.15 s, aim 0.08 s",
            10_080 * scale,
            if lively { "growth, noise, start-ups, spill" } else { "profiles alone" },
            ours * 1e9 / (HOURS * SERVICES) as f64,
            record.events_handled,
            100.0 * shed as f64 / demanded as f64,
            record.to_bytes().len()
        );
    }
}
