//! Replica cards for people: the table of all of them, and one with its whole arithmetic. Computes none: `perf` does.

use super::table::{Cell, Column, Table, show};
use crate::perf::{
    Architecture, Basis, Card, Deployment, Efficiency, Hardware, Lengths, MEMORY_SHARE, Measured, Precision,
    WEIGHT_OVERHEAD, card, smallest,
};
use crate::world::catalog::{Catalog, FamilyEfficiency, Parts};
use std::fmt::Write;

/// Lengths of the requests of `list cards` [tokens].
pub const LISTED: Lengths = Lengths { input_tokens: 1000, output_tokens: 1000 };

/// Every chip x architecture x precision on the fewest chips that hold it.
pub fn cards(catalog: &Catalog) -> Table {
    let mut columns = ["chip", "architecture", "precision"].map(Column::left).to_vec();
    columns.extend(
        ["tensor_parallel", "kv_tokens", "batch", "step_ms", "output_tokens_per_s", "per_chip", "watts"]
            .map(Column::right),
    );
    columns.push(Column::left("basis"));
    columns.push(Column::right("uncertainty_sigma"));
    let Lengths { input_tokens, output_tokens } = LISTED;
    let title = format!(
        "replica cards: {input_tokens} tokens in, {output_tokens} out, saturated, on the fewest chips that hold the model"
    );
    let mut table = Table::new(&title, columns);
    let (mut unknown, mut large) = (Vec::new(), 0);
    for chip in &catalog.chips {
        let Ok(hardware) = catalog.hardware(chip) else {
            unknown.push(chip.name.as_str());
            continue;
        };
        let family = catalog.efficiency(chip);
        for model in &catalog.architectures {
            for precision in hardware.precisions() {
                match listed(&hardware, &model.shape, precision, family) {
                    Some(row) => table.push(row),
                    None => large += 1,
                }
            }
        }
    }
    table.note(format!("Not listed: {large} that do not fit 64 chips or need a link or a network between scale-up domains that is not known."));
    if !unknown.is_empty() {
        table.note(format!("Chips without published memory: {}.", unknown.join(", ")));
    }
    table.note(
        "sigma: standard deviation of the logarithm of the true speed; `explain card CHIP MODEL` has the arithmetic"
            .into(),
    );
    table
}

fn listed(
    hardware: &Hardware,
    shape: &Architecture,
    precision: Precision,
    family: &FamilyEfficiency,
) -> Option<Vec<Cell>> {
    let fitted = family.fitted(&hardware.name, precision, shape);
    let card = smallest(hardware, shape, Deployment::new(1, precision), LISTED, &family.shares, fitted).ok()?;
    let full = card.saturated();
    let chips = f64::from(card.deployment.tensor_parallel);
    Some(vec![
        Cell::text(&hardware.name),
        Cell::text(&shape.name),
        Cell::text(precision.word()),
        Cell::number(chips),
        Cell::number(card.kv_tokens() as f64),
        Cell::number(full.batch.floor()),
        Cell::number(1e3 * full.parts.total_s()),
        Cell::number(full.output_tokens_per_s),
        Cell::number(full.output_tokens_per_s / chips),
        Cell::published(card.watts),
        Cell::text(card.basis.word()),
        Cell::number(card.uncertainty_sigma()),
    ])
}

/// Shapes of the models that cards know.
pub fn architectures(catalog: &Catalog) -> Table {
    let mut columns = vec![Column::left("architecture")];
    columns.extend(
        [
            "total_params_bn",
            "active_params_bn",
            "layers",
            "hidden",
            "kv_values_per_token",
            "experts",
            "experts_per_token",
            "context_tokens",
        ]
        .map(Column::right),
    );
    columns.extend(["aliases", "as_of", "confidence", "source"].map(Column::left));
    columns.push(Column::hidden("note"));
    let mut table = Table::new("architectures: shapes of models, for replica cards", columns);
    for row in &catalog.architectures {
        let shape = &row.shape;
        let mut cells = vec![Cell::text(&shape.name)];
        cells.extend([shape.total_params / 1e9, shape.active_params / 1e9].map(Cell::number));
        cells.extend([shape.layers, shape.hidden, shape.kv_values()].map(Cell::number));
        cells.push(Cell::maybe(shape.experts.map(|experts| experts.count)));
        cells.push(Cell::maybe(shape.experts.map(|experts| experts.per_token)));
        cells.push(Cell::number(shape.context_tokens as f64));
        let from = &row.provenance;
        let words = [row.aliases.join(" "), from.as_of.clone(), from.confidence.word().into(), from.source.clone()];
        cells.extend(words.iter().map(|word| Cell::text(word)));
        cells.push(Cell::text(&row.note));
        table.push(cells);
    }
    table
}

/// A card with its whole arithmetic, as text.
pub fn explain(parts: &Parts<'_>, card: &Card, software: &str) -> String {
    let shares = &parts.efficiency.shares;
    let mut out = String::new();
    head(&mut out, parts, card);
    memory(&mut out, parts, card);
    speeds(&mut out, parts, card, shares, software);
    steps(&mut out, card);
    saturated(&mut out, card);
    known(&mut out, parts, card);
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes what is written");
    out.push('\n');
}

fn head(out: &mut String, parts: &Parts<'_>, card: &Card) {
    let Deployment { tensor_parallel, weights, kv, cache_hit, .. } = card.deployment;
    let Lengths { input_tokens, output_tokens } = card.lengths;
    line(out, format_args!("{} on {tensor_parallel} x {}", parts.architecture.shape.name, parts.hardware.name));
    line(
        out,
        format_args!(
            "  weights {}, KV cache {}; {input_tokens} tokens in (of which {} in the prefix cache), {output_tokens} out",
            weights.word(),
            kv.word(),
            show(input_tokens as f64 * cache_hit)
        ),
    );
}

fn memory(out: &mut String, parts: &Parts<'_>, card: &Card) {
    let (shape, d) = (&parts.architecture.shape, &card.deployment);
    let gb = |bytes: f64| format!("{:.1} GB", bytes / 1e9);
    line(out, format_args!("\nmemory, Eq. (113)"));
    line(
        out,
        format_args!(
            "  usable   {} = {MEMORY_SHARE} x {} x {}",
            gb(card.usable_bytes),
            d.tensor_parallel,
            gb(parts.hardware.memory_bytes)
        ),
    );
    line(
        out,
        format_args!(
            "  weights  {} = {WEIGHT_OVERHEAD} x {:.1}e9 parameters x {} B",
            gb(card.weight_bytes),
            shape.total_params / 1e9,
            d.weights.bytes()
        ),
    );
    line(
        out,
        format_args!(
            "  cache    {} tokens = {} / {:.1} kB; a token has {} layers x {} values x {} B{}",
            show(card.kv_tokens() as f64),
            gb(card.usable_bytes - card.weight_bytes),
            card.kv_bytes_per_token / 1e3,
            shape.attention_layers,
            shape.kv_values_per_layer,
            d.kv.bytes(),
            copies(shape.kv_copies(d.tensor_parallel))
        ),
    );
    line(
        out,
        format_args!(
            "  batch    {} requests at most: each keeps room for all its tokens; at most {} requests and {} tokens an iteration",
            show(card.largest_batch(card.lengths) as f64),
            d.max_requests,
            d.max_tokens
        ),
    );
}

/// Where heads are fewer than chips.
fn copies(times: f64) -> String {
    if times > 1.0 { format!(" x {times}, as there are more chips than heads of the cache") } else { String::new() }
}

fn speeds(out: &mut String, parts: &Parts<'_>, card: &Card, shares: &Efficiency, software: &str) {
    let chips = card.deployment.tensor_parallel;
    let [matmul, attention, memory] = card.times().reached();
    line(out, format_args!("\nwhat the chips reach, Eq. (110)"));
    line(out, format_args!("  weights    {:.1} TFLOP/s = {chips} x peak x MFU {:.3}", matmul / 1e12, shares.mfu));
    line(out, format_args!("  attention  {:.1} TFLOP/s at the cache's precision", attention / 1e12));
    line(
        out,
        format_args!(
            "  memory     {:.2} TB/s = {chips} x {:.2} x MBU {:.3}",
            memory / 1e12,
            parts.hardware.memory_bytes_s / 1e12,
            shares.mbu
        ),
    );
    if let Some(one_way) = card.link_bytes_s {
        line(
            out,
            format_args!(
                "  link       {} GB/s one way = {} x share {:.3}",
                show(one_way * shares.link_share / 1e9),
                show(one_way / 1e9),
                shares.link_share
            ),
        );
    }
    if let Some(told) = parts.hardware.told_of(chips) {
        line(out, format_args!("             {told}"));
    }
    line(
        out,
        format_args!(
            "  overhead   {:.2} ms an iteration = {} layers x {:.1} us",
            1e3 * shares.overhead_s_per_layer * parts.architecture.shape.layers,
            parts.architecture.shape.layers,
            1e6 * shares.overhead_s_per_layer
        ),
    );
    line(
        out,
        format_args!("  speed      {} of all times: {software}", show(card.times().speed() / card.measured_speed)),
    );
    if card.measured_speed != 1.0 {
        let speed = show(card.measured_speed);
        line(out, format_args!("  measured   {speed} of the modelled speed, all times over it, Eq. (117)"));
    }
}

fn steps(out: &mut String, card: &Card) {
    let Lengths { input_tokens, output_tokens } = card.lengths;
    let context = input_tokens as f64 + output_tokens as f64 / 2.0;
    line(out, format_args!("\ntimes"));
    line(
        out,
        format_args!(
            "  prompt     {:.1} ms alone; {} tokens/s of prompts alone, Eq. (114)",
            1e3 * card.prefill_seconds(input_tokens),
            show(card.prefill_tokens_per_s())
        ),
    );
    let largest = card.largest_batch(card.lengths);
    let batches = [1, 4, 16, 64, 256, 1024].into_iter().filter(|&batch| batch < largest).chain([largest]);
    for batch in batches {
        let seconds = card.step_seconds(batch, context);
        line(
            out,
            format_args!(
                "  step       {:.2} ms with {batch} requests of {} tokens of context: {} tokens/s",
                1e3 * seconds,
                show(context),
                show(batch as f64 / seconds)
            ),
        );
    }
}

fn saturated(out: &mut String, card: &Card) {
    let full = card.saturated();
    let parts = full.parts;
    let ms = |seconds: f64| format!("{:.2}", 1e3 * seconds);
    line(out, format_args!("\nsaturated, Eq. (115)"));
    line(
        out,
        format_args!(
            "  an iteration decodes {} requests ({}) and computes {} prompt tokens",
            show(full.batch),
            full.limit.words(),
            show(full.prompt_tokens)
        ),
    );
    line(
        out,
        format_args!(
            "  {} ms = weights {} (arithmetic {}, memory {}) + attention of steps {} + of prompts {} + link {} + overhead {}",
            ms(parts.total_s()),
            ms(parts.matmul_s),
            ms(parts.matmul_flop_s),
            ms(parts.matmul_bytes_s),
            ms(parts.decode_attention_s),
            ms(parts.prefill_attention_s),
            ms(parts.link_s),
            ms(parts.overhead_s)
        ),
    );
    let chips = f64::from(card.deployment.tensor_parallel);
    line(
        out,
        format_args!(
            "  {} output tokens/s, {} a chip",
            show(full.output_tokens_per_s),
            show(full.output_tokens_per_s / chips)
        ),
    );
    let (prefill, decode) = card.tokens_per_replica_hour(full.batch);
    line(
        out,
        format_args!(
            "  tokens per replica-hour at that batch, Eq. (116): {} of prompts, {} of answers",
            show(prefill),
            show(decode)
        ),
    );
    let watts = card.watts.map_or("power not published".into(), |watts| {
        format!("{} W of chips at their thermal design power", show(watts))
    });
    line(out, format_args!("  {watts}"));
}

fn known(out: &mut String, parts: &Parts<'_>, card: &Card) {
    let family = parts.efficiency;
    line(
        out,
        format_args!(
            "\n{}: sigma {} of the logarithm of the true speed, one draw for all cards",
            card.basis.word(),
            card.uncertainty_sigma()
        ),
    );
    line(out, format_args!("  shares: {} {}: {}", family.vendor, family.family, family.provenance.source));
    if card.basis == Basis::Extrapolated {
        let fitted = match family.fitted_chips.as_slice() {
            [] => "no rows of this family of chips were fitted".into(),
            chips => format!(
                "fitted: dense models on {} at {}",
                chips.join(", "),
                family.fitted_precisions.iter().map(|p| p.word()).collect::<Vec<_>>().join(", ")
            ),
        };
        line(out, format_args!("  {fitted}"));
        if parts.hardware.is_beyond(card.deployment.tensor_parallel) {
            line(out, format_args!("  a replica wider than its scale-up domain: no rows of any were fitted"));
        }
    }
    line(out, format_args!("  shape of the model: {}", parts.architecture.provenance.source));
    if !parts.architecture.note.is_empty() {
        line(out, format_args!("    {}", parts.architecture.note));
    }
}

/// The card of `explain card`.
pub fn of(
    parts: &Parts<'_>,
    deployment: Deployment,
    tensor_parallel: Option<u32>,
    lengths: Lengths,
    software: f64,
    measured: &[Measured],
) -> Result<Card, crate::perf::Refusal> {
    let family = parts.efficiency;
    let shape = &parts.architecture.shape;
    let fitted = family.fitted(&parts.hardware.name, deployment.weights, shape);
    let shares = Efficiency { software, ..family.shares };
    match tensor_parallel {
        Some(tensor_parallel) => {
            let deployment = Deployment { tensor_parallel, ..deployment };
            card(&parts.hardware, shape, deployment, lengths, &shares, fitted, measured)
        }
        None => {
            let least = smallest(&parts.hardware, shape, deployment, lengths, &shares, fitted)?;
            card(&parts.hardware, shape, least.deployment, lengths, &shares, fitted, measured)
        }
    }
}
