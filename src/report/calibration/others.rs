//! Points that were not fitted, beside what the cards say of them: concurrent clients, step times of older software, single figures.

use super::data::{Published, StepTime};
use super::{percent, signed};
use crate::perf::{Card, Deployment, Efficiency, Iteration, Lengths, Precision, Refusal, StepTimes, card};
use crate::stats::math;
use crate::world::catalog::{Catalog, Parts};
use std::collections::BTreeMap;

fn made(parts: &Parts<'_>, deployment: Deployment, lengths: Lengths, shares: &Efficiency) -> Result<Card, Refusal> {
    card(&parts.hardware, &parts.architecture.shape, deployment, lengths, shares, true, &[])
}

/// Latency and rate over concurrent clients. Eq. (118).
pub(super) fn clients(out: &mut String, catalog: &Catalog, shares: &Efficiency) {
    *out += "## Concurrent clients\n\nNIM 1.8.0 (docs.nvidia.com), each client sends its next request when the last is answered. Not fitted. The rate is \
             flat from the largest batch on, and from there the first token waits for a place.\n\n\
             | model | chips | in | out | clients | TTFT ms | modelled | ITL ms | modelled | tok/s | modelled | miss |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n";
    let mut misses = Vec::new();
    for point in &catalog.serving_points {
        let parts = catalog.card_parts(&point.chip, &point.architecture).expect("asserted when the catalog was read");
        let deployment = Deployment::new(point.tensor_parallel, point.precision);
        let card = made(&parts, deployment, point.lengths, shares).expect("what was measured fits");
        let (first_s, step_s) = card.closed_loop(point.concurrency);
        // Of a lone request's time the first token is a part; the batch of Eq. (115) spreads it over the steps.
        let rate = card.with_batch(point.concurrency as f64).output_tokens_per_s;
        let miss = rate / point.output_tokens_per_s - 1.0;
        misses.push(miss.abs());
        *out += &format!(
            "| {} | {} x {} | {} | {} | {} | {:.0} | {:.0} | {:.1} | {:.1} | {:.0} | {:.0} | {} |\n",
            point.architecture,
            point.tensor_parallel,
            point.chip,
            point.lengths.input_tokens,
            point.lengths.output_tokens,
            point.concurrency,
            point.ttft_ms,
            first_s * 1e3,
            point.itl_ms,
            step_s * 1e3,
            point.output_tokens_per_s,
            rate,
            signed(miss)
        );
    }
    let mean = misses.iter().sum::<f64>() / misses.len() as f64;
    *out += &format!("\nMean absolute error of the rates: {}.\n\n", percent(mean));
}

/// Name in the catalog of hardware of the step times.
fn chip_of(hardware: &str) -> &str {
    match hardware {
        "a100-80gb" => "a100-80g",
        "h100-80gb" => "h100-sxm",
        other => other,
    }
}

/// Step times of splitwise-sim's table, and by how much its software was slower.
pub(super) fn steps(out: &mut String, catalog: &Catalog, rows: &[StepTime], shares: &Efficiency) {
    let mut table = String::new();
    let mut logs: BTreeMap<(&str, &str), [Vec<f64>; 2]> = BTreeMap::new();
    for row in rows {
        let Some([prompt_s, token_s]) = modelled_step(catalog, row, shares) else {
            continue;
        };
        let ratios = [prompt_s * 1e3 / row.prompt_ms, token_s * 1e3 / row.token_ms];
        let group = logs.entry((&row.model, &row.hardware)).or_default();
        for (values, ratio) in group.iter_mut().zip(ratios) {
            values.push(math::ln(ratio));
        }
        table += &format!(
            "| {} | {} x {} | {} | {} | {:.1} | {:.1} | {} | {:.1} | {:.1} | {} |\n",
            row.model,
            row.tensor_parallel,
            row.hardware,
            row.prompt_tokens,
            row.batch,
            row.prompt_ms,
            prompt_s * 1e3,
            signed(ratios[0] - 1.0),
            row.token_ms,
            token_s * 1e3,
            signed(ratios[1] - 1.0)
        );
    }
    *out += "## Step times of 2023\n\nMedians of splitwise-sim's measured table (BF16, data/perf_model.csv @8f99e7d), without the rows under a power cap. Not \
             fitted: the shares are those of 2025's software, so that modelled times are shorter. The ratios of both, by model and hardware, are what the \
             factor of serving software by date rests on (catalog/serving_software.csv); its spread between prompts and steps is that factor's error.\n\n\
             | model | hardware | speed of prompts | speed of steps |\n|---|---|---|---|\n";
    let mut all = Vec::new();
    for ((model, hardware), [prompts, steps]) in &logs {
        let speed = |logs: &[f64]| math::exp(logs.iter().sum::<f64>() / logs.len() as f64);
        all.extend(prompts.iter().chain(steps));
        *out += &format!("| {model} | {hardware} | {:.2} | {:.2} |\n", speed(prompts), speed(steps));
    }
    let speed = math::exp(all.iter().sum::<f64>() / all.len() as f64);
    let spread = all.iter().map(|log| (log - math::ln(speed)).abs()).sum::<f64>() / all.len() as f64;
    *out += &format!(
        "\nSpeed of that software against the fitted rows': {speed:.2} in the geometric mean; with it the mean absolute error is {}.\n\n",
        percent(math::exp(spread) - 1.0)
    );
    *out += "| model | hardware | prompt | batch | prompts ms | modelled | miss | step ms | modelled | miss |\n|---|---|---|---|---|---|---|---|---|---|\n";
    *out += &table;
    out.push('\n');
}

/// Seconds of `batch` prompts together, and of a decode step of as many, halfway through their answers; `None` where the catalog or the chip's memory
/// does not have them.
fn modelled_step(catalog: &Catalog, row: &StepTime, shares: &Efficiency) -> Option<[f64; 2]> {
    let parts = catalog.card_parts(chip_of(&row.hardware), &row.model).ok()?;
    let deployment = Deployment::new(row.tensor_parallel, Precision::Bf16);
    // The table goes beyond the context that the models were trained for; times do not know.
    let mut parts = parts;
    let mut architecture = parts.architecture.clone();
    architecture.shape.context_tokens = u64::MAX;
    parts.architecture = &architecture;
    let lengths = Lengths { input_tokens: row.prompt_tokens, output_tokens: row.output_tokens };
    let card = made(&parts, deployment, lengths, shares).ok()?;
    let prompts = Iteration {
        prompt_tokens: row.batch * row.prompt_tokens,
        prompt_pairs: row.batch * row.prompt_tokens * row.prompt_tokens,
        ..Iteration::default()
    };
    let context = row.prompt_tokens as f64 + row.output_tokens as f64 / 2.0;
    Some([card.seconds(&prompts), card.step_seconds(row.batch, context)])
}

/// Lengths and precision of a single figure where its row does not say them.
struct Terms {
    precision: Precision,
    lengths: Lengths,
    why: &'static str,
}

/// What MLPerf's data sets and the rows' words say; recalled, not read in a source.
fn terms(row: &Published) -> Option<Terms> {
    let at = |precision, input_tokens, output_tokens, why| {
        Some(Terms { precision, lengths: Lengths { input_tokens, output_tokens }, why })
    };
    let blackwell = ["b200", "gb200", "b300", "gb300"].contains(&row.chip.as_str());
    let precision = if blackwell { Precision::Fp4 } else { Precision::Fp8 };
    match (row.model.to_lowercase().as_str(), row.scenario.contains("MLPerf")) {
        ("llama-2-70b", true) => at(precision, 294, 295, "OpenOrca, mean 294 in and 295 out"),
        ("llama-3.1-8b", true) => at(precision, 778, 73, "CNN-DailyMail, mean 778 in and 73 out"),
        ("llama-3.1-405b", true) => at(precision, 9428, 684, "mean 9,428 in and 684 out"),
        ("deepseek-r1", true) => at(precision, 800, 3880, "mean 800 in and 3,880 out"),
        ("llama-3-8b", false) => at(Precision::Fp8, 128, 3968, "8-bit weights, 128 in and 3,968 out"),
        ("llama-3-70b", false) => at(Precision::Bf16, 128, 1024, "BF16, 128 in and 1,024 out"),
        _ => None,
    }
}

/// Single figures with numbers of chips and a rate.
pub(super) fn published(out: &mut String, catalog: &Catalog, rows: &[Published], shares: &Efficiency) {
    *out += "## Single figures\n\nMLPerf and others. Not fitted; lengths and precisions are recalled where the source has none. Replicas have \
             the number of chips with the most tokens a chip; rows with a batch are compared at that batch on all chips of the system. A rate of MLPerf is the best that a vendor's engineers reach with any \
             means (FP4, speculative steps, several replicas in concert), so that it bounds the cards from above more than it tests them.\n\n\
             | model | system | what | measured tok/s a chip | modelled | miss | confidence |\n|---|---|---|---|---|---|---|\n";
    let mut without = Vec::new();
    for row in rows {
        match figure(catalog, row, shares) {
            Some((measured, modelled, why)) => {
                *out += &format!(
                    "| {} | {} | {}; {why} | {measured:.1} | {modelled:.1} | {} | {} |\n",
                    row.model,
                    row.system,
                    row.scenario,
                    signed(modelled / measured - 1.0),
                    row.confidence
                );
            }
            None => without.push(format!("{} on {} ({})", row.model, row.system, row.scenario)),
        }
    }
    *out +=
        &format!("\nNo card to compare with, as lengths, chips or a rate are not stated: {}.\n", without.join("; "));
}

/// (measured, modelled) output tokens a second and chip, and on what terms.
fn figure(catalog: &Catalog, row: &Published, shares: &Efficiency) -> Option<(f64, f64, &'static str)> {
    let terms = terms(row)?;
    let number = |text: &str| text.trim_start_matches('~').parse::<f64>().ok();
    let (chips, rate) = (number(&row.n_chips)?, number(&row.system_output_tok_s)?);
    let parts = catalog.card_parts(&row.chip, &row.model).ok()?;
    let modelled = match number(&row.batch) {
        Some(batch) => {
            let deployment = Deployment::new(chips as u32, terms.precision);
            made(&parts, deployment, terms.lengths, shares).ok()?.with_batch(batch).output_tokens_per_s / chips
        }
        None => best_a_chip(&parts, &terms, chips as u32, shares)?,
    };
    Some((rate / chips, modelled, terms.why))
}

/// Most saturated output tokens a second and chip over the replicas of 1, 2, 4 ... chips that the system can be cut into.
fn best_a_chip(parts: &Parts<'_>, terms: &Terms, chips: u32, shares: &Efficiency) -> Option<f64> {
    let sizes = (0..16).map(|power| 1u32 << power).take_while(|size| *size <= chips);
    let rate = |size| {
        let card = made(parts, Deployment::new(size, terms.precision), terms.lengths, shares).ok()?;
        Some(card.saturated().output_tokens_per_s / f64::from(size))
    };
    sizes.filter_map(rate).reduce(f64::max)
}
