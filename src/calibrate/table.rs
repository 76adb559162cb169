//! The table that services read: the reference replica, the mixes of the catalog, the grid, and its lines of text. Opens no file.

use super::sweep::{Grid, Point, sweep};
use super::window::Mix;
use crate::kernel::request::{self, Model, PATIENCE_S, Reference, saturated_per_s};
use crate::perf::Card;
use crate::stats::draw::RunKey;
use crate::stats::law::{Law, LawKind};
use crate::workload::requests::Length;
use crate::world::catalog::{Catalog, RequestMix};
use std::fmt::Write as _;

/// Tokens of an iteration: the default of vLLM on such chips, prompts in chunks.
const MAX_BATCH_TOKENS: u32 = 8192;
/// Replications of a mix's saturated rate.
const REPLICATIONS: u32 = 4;

/// The reference replica of a mix, the mix with the rate that saturates it, and that rate over the card's.
pub fn reference(catalog: &Catalog, row: &RequestMix, seed: u64) -> Result<(Reference<Card>, Mix, f64), String> {
    let card = catalog.reference_card(row)?;
    let most = u32::try_from(card.context_tokens() / 2).unwrap_or(u32::MAX);
    let law = |(mean, scv): (f64, f64)| -> Result<Length, String> {
        Ok(Length::Law { law: Law::by_mean(LawKind::Lognormal, mean, Some(scv))?, most })
    };
    let mixed = card.mixed(row.input.1, row.output.1);
    let by_card = mixed.saturated().output_tokens_per_s / row.output.0;
    let mut mix = Mix {
        lengths: request::Mix { name: row.mix.clone(), input: law(row.input)?, output: law(row.output)? },
        mean_tokens: (row.input.0, row.output.0),
        replica_per_s: by_card,
        request_s: row.output.0 * mixed.saturated().parts.total_s(),
        card: mixed,
    };
    let model = Model {
        kv_tokens: card.kv_tokens(),
        kv_reserve: 0,
        max_batch: card.deployment.max_requests,
        max_batch_tokens: MAX_BATCH_TOKENS,
        max_context: 2 * u64::from(most),
        chunked: true,
        transfer_s: (0.0, 0.0),
        times: card,
    };
    let reference = Reference { model, patience_s: Some(PATIENCE_S) };
    let key = |replication| RunKey { study_seed: seed, draw: 1, replication };
    let sum: f64 = (0..REPLICATIONS).map(|n| saturated_per_s(&reference, &mix.lengths, by_card, key(n))).sum();
    mix.replica_per_s = sum / f64::from(REPLICATIONS);
    let ratio = mix.replica_per_s / by_card;
    Ok((reference, mix, ratio))
}

/// Where the table is measured.
pub fn axes() -> (Vec<f64>, Vec<u32>, Vec<f64>) {
    (
        vec![0.2, 0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.4, 1.7, 2.0],
        vec![1, 2, 4, 8, 16, 32],
        vec![1.0, 4.0, 16.0, 64.0, 256.0],
    )
}

/// Points of the table.
pub fn points(catalog: &Catalog) -> usize {
    let (loads, replicas, dispersions) = axes();
    loads.len() * replicas.len() * dispersions.len() * catalog.request_mixes.len()
}

/// `catalog/admission.csv`, the same for the same seed.
pub fn admission(catalog: &Catalog, seed: u64, told: &mut dyn FnMut()) -> Result<String, String> {
    let mut made =
        catalog.request_mixes.iter().map(|row| reference(catalog, row, seed)).collect::<Result<Vec<_>, _>>()?;
    made.sort_by(|a, b| a.1.output_share().total_cmp(&b.1.output_share()));
    let (loads, replicas, dispersions) = axes();
    let mixes = made.iter().map(|one| one.1.clone()).collect();
    let grid = Grid { loads, replicas, dispersions, mixes };
    let references: Vec<Reference<Card>> = made.iter().map(|one| one.0.clone()).collect();
    let points = sweep(&references, &grid, seed, told);
    Ok(text(&grid, &made, &points))
}

fn text(grid: &Grid, made: &[(Reference<Card>, Mix, f64)], points: &[Point]) -> String {
    let mut text = String::from(HEADER);
    let mut points = points.iter();
    for load in &grid.loads {
        for replicas in &grid.replicas {
            for dispersion in &grid.dispersions {
                for (_, mix, ratio) in made {
                    let point = points.next().expect("a point for each");
                    let share = mix.output_share();
                    write!(
                        text,
                        "{load},{replicas},{dispersion},{share:.5},{},{:.5},{ratio:.4}",
                        mix.lengths.name, mix.replica_per_s
                    )
                    .expect("memory");
                    write!(text, ",{:.5}", point.shed).expect("memory");
                    point.waits_s.iter().for_each(|wait| write!(text, ",{wait:.4}").expect("memory"));
                    write!(text, ",{:.4}", point.tpot_ratio).expect("memory");
                    point.tpot_spread.iter().for_each(|ratio| write!(text, ",{ratio:.4}").expect("memory"));
                    writeln!(text, ",{:.5},{}", point.shed_se, point.requests).expect("memory");
                }
            }
        }
    }
    text
}

const HEADER: &str = "load,replicas,dispersion,output_share,mix,replica_per_s,capacity_ratio,shed,wait_p50_s,wait_p90_s,wait_p95_s,wait_p99_s,tpot_ratio,tpot_p50_ratio,tpot_p90_ratio,tpot_p99_ratio,shed_se,requests\n";
