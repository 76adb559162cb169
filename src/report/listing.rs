//! What there is to choose from, as tables: `list chips | instances | prices | models | deals | profiles | policies | metrics`.
//!
//! It does not choose a format and does not print.
use super::table::{Cell, Column, Table, show};
use crate::measure::Metric;
use crate::policy::matrix::{self, Refusal};
use crate::study;
use crate::world::catalog::{Catalog, ChipField, Known, PriceKind, Provenance};

/// What can be listed from the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Accelerators.
    Chips,
    /// Instance types with their prices.
    Instances,
    /// Prices by region and kind.
    Prices,
    /// AI models.
    Models,
    /// Deals.
    Deals,
    /// Causes of failure by chip.
    Causes,
    /// Demand profiles.
    Profiles,
}

impl Listing {
    /// All of them, in the order of help.
    pub const ALL: [Listing; 7] = [
        Listing::Chips,
        Listing::Instances,
        Listing::Prices,
        Listing::Models,
        Listing::Deals,
        Listing::Causes,
        Listing::Profiles,
    ];

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Listing::Chips => "chips",
            Listing::Instances => "instances",
            Listing::Prices => "prices",
            Listing::Models => "models",
            Listing::Deals => "deals",
            Listing::Causes => "causes",
            Listing::Profiles => "profiles",
        }
    }
}

/// One part of the catalog as a table. An estimate is marked `~` in the text; CSV and JSON add status, range, source and date.
pub fn list(catalog: &Catalog, which: Listing) -> Table {
    match which {
        Listing::Chips => chips(catalog),
        Listing::Instances => instances(catalog),
        Listing::Prices => prices(catalog),
        Listing::Models => models(catalog),
        Listing::Deals => deals(catalog),
        Listing::Causes => causes(catalog),
        Listing::Profiles => profiles(catalog),
    }
}

const ESTIMATE_NOTE: &str = "~ estimate, range and reason in csv and json; n.p. not published";

/// The value, with `~` before an estimate.
fn known_cell(known: &Known<f64>) -> Cell {
    match known {
        Known::Sourced { value, .. } => Cell::number(*value),
        Known::Estimate { value, .. } => Cell::Number { value: *value, shown: format!("~{}", show(*value)) },
        Known::NotPublished => Cell::NotPublished,
    }
}

fn known_text_cell(known: &Known<String>) -> Cell {
    Cell::text(known.get().map_or(known.status(), String::as_str))
}

fn provenance_columns() -> [Column; 3] {
    [Column::left("as_of"), Column::left("confidence"), Column::left("source")]
}

fn provenance_cells(provenance: &Provenance) -> [Cell; 3] {
    [Cell::text(&provenance.as_of), Cell::text(provenance.confidence.word()), Cell::text(&provenance.source)]
}

const SUPPLY: [&str; 4] = ["foundry", "process", "packaging", "hbm_supplier"];

fn chips(catalog: &Catalog) -> Table {
    let mut columns = vec![Column::left("chip"), Column::left("vendor"), Column::left("release")];
    columns.extend(ChipField::ALL.iter().map(|field| Column::right(field.name())));
    columns.extend(SUPPLY.iter().map(|name| Column::left(name)));
    columns.extend(provenance_columns());
    let fields = ChipField::ALL.iter().map(|field| field.name());
    columns.extend(fields.flat_map(|field| {
        ["status", "low", "high", "source", "as_of", "confidence"]
            .map(|part| Column::hidden(&format!("{field}_{part}")))
    }));
    columns.extend(SUPPLY.iter().flat_map(|field| {
        ["status", "source", "as_of", "confidence"].map(|part| Column::hidden(&format!("{field}_{part}")))
    }));
    columns.extend([Column::hidden("interconnect"), Column::hidden("note")]);
    let mut table = Table::new("chips: figures per chip (GB200 and GB300: per GPU), dense peaks in TFLOP/s", columns);
    for chip in &catalog.chips {
        let mut row = vec![Cell::text(&chip.name), Cell::text(&chip.vendor), Cell::text(&chip.release)];
        row.extend(ChipField::ALL.iter().map(|&field| known_cell(chip.field(field))));
        let supply = [&chip.foundry, &chip.process, &chip.packaging, &chip.hbm_supplier];
        row.extend(supply.iter().map(|known| known_text_cell(known)));
        row.extend(provenance_cells(&chip.provenance));
        for &field in &ChipField::ALL {
            let known = chip.field(field);
            let (low, high) = known.range().map_or((None, None), |(low, high)| (Some(*low), Some(*high)));
            row.extend([Cell::text(known.status()), Cell::maybe(low), Cell::maybe(high)]);
            row.extend(how_known(known));
        }
        for known in supply {
            row.push(Cell::text(known.status()));
            row.extend(how_known(known));
        }
        row.extend([Cell::text(&chip.interconnect), Cell::text(&chip.note)]);
        table.push(row);
    }
    table.note(ESTIMATE_NOTE.to_string());
    table
}

/// Source or reason, date and confidence of one field.
fn how_known<T>(known: &Known<T>) -> [Cell; 3] {
    let maybe = |text: Option<&str>| text.map_or(Cell::Blank, Cell::text);
    [maybe(known.source()), maybe(known.as_of()), Cell::text(known.confidence().word())]
}

/// Chips whose failures the catalog tells apart, and one row for all of each other chip's.
fn causes(catalog: &Catalog) -> Table {
    let mut columns = vec![Column::left("chip"), Column::left("cause"), Column::left("takes")];
    columns.extend(["share", "failures_per_chip_hour", "mttf_chip_hours"].map(Column::right));
    columns.extend(provenance_columns());
    columns.push(Column::hidden("note"));
    let mut table =
        Table::new("failures that stop a gang; shares by cause where the catalog tells them apart", columns);
    let provenance = |known: &Known<f64>| {
        let [source, as_of, confidence] = how_known(known);
        [as_of, confidence, source]
    };
    for chip in &catalog.chips {
        let rate = chip.failures_per_chip_hour();
        let Some(all) = rate.value() else { continue };
        let figures = |share: Option<f64>| {
            let rate = share.map(|share| all * share);
            [Cell::maybe(share), Cell::maybe(rate), Cell::maybe(rate.filter(|rate| 0.0 < *rate).map(|rate| 1.0 / rate))]
        };
        let mut row = vec![Cell::text(&chip.name), Cell::text("all"), Cell::text("node")];
        row.extend(figures(Some(1.0)));
        row.extend(provenance(rate));
        row.push(Cell::text(""));
        table.push(row);
        for cause in catalog.causes_of(&chip.name) {
            let mut row = vec![Cell::text(&chip.name), Cell::text(&cause.cause), Cell::text(cause.takes.name())];
            row.extend(figures(cause.share.value()));
            row.extend(provenance(&cause.share));
            row.push(Cell::text(&cause.note));
            table.push(row);
        }
    }
    table.note("`causes_of = CHIP` of a pool takes a chip's shares; its rate stays the pool's own".to_string());
    table
}

fn profiles(catalog: &Catalog) -> Table {
    let mut columns = vec![Column::left("profile"), Column::left("period")];
    columns.extend(["peak", "least"].map(Column::right));
    columns.extend(provenance_columns());
    columns.push(Column::hidden("note"));
    let mut table = Table::new("days and weeks of relative demand, hour by hour, mean 1", columns);
    for profile in &catalog.profiles {
        let ends = profile.points.iter().fold((f64::MAX, 0.0_f64), |(l, h), point| (l.min(*point), h.max(*point)));
        let provenance = &profile.provenance;
        table.push(vec![
            Cell::text(&profile.name),
            Cell::text(if profile.days == 1 { "day" } else { "week" }),
            Cell::number(ends.1),
            Cell::number(ends.0),
            Cell::text(&provenance.as_of),
            Cell::text(provenance.confidence.word()),
            Cell::text(&provenance.source),
            Cell::text(&profile.note),
        ]);
    }
    table.note("`profile = NAME` in the `demand` of a service; a week begins on Monday 00:00 UTC".to_string());
    table
}

/// The region whose prices stand in the list of instances.
const HOME: &str = "us-east-2";

fn instances(catalog: &Catalog) -> Table {
    let mut columns = vec![Column::left("instance"), Column::left("chip")];
    columns.extend(
        ["chips", "hbm_gib_per_chip", "vcpu", "host_mem_gib", "network_gbps", "scale_up_chips"].map(Column::right),
    );
    columns.extend(PriceKind::ALL.iter().map(|kind| Column::right(&format!("{}_usd_per_chip_hour", kind.word()))));
    columns.push(Column::right("fleet_chips"));
    columns.extend(provenance_columns());
    columns.push(Column::hidden("note"));
    let mut table =
        Table::new(&format!("instances; prices in {HOME}, newest row by the rule of `list prices`"), columns);
    for instance in &catalog.instances {
        let mut row = vec![Cell::text(&instance.name), Cell::text(&instance.chip)];
        row.extend([
            Cell::number(instance.chips as f64),
            Cell::number(instance.hbm_gib_per_chip),
            Cell::number(instance.vcpu as f64),
            Cell::number(instance.host_mem_gib),
            Cell::number(instance.network_gbps),
            Cell::number(instance.scale_up_chips as f64),
        ]);
        let price = |kind| {
            catalog.price(&instance.name, HOME, kind).map_or(Cell::Blank, |p| known_cell(&p.row.usd_per_chip_hour))
        };
        row.extend(PriceKind::ALL.map(price));
        row.push(known_cell(catalog.fleet_chips(&instance.name)));
        row.extend(provenance_cells(&instance.provenance));
        row.push(Cell::text(&instance.note));
        table.push(row);
    }
    table.note(ESTIMATE_NOTE.to_string());
    table
}

fn prices(catalog: &Catalog) -> Table {
    let mut columns = ["cloud", "instance", "chip", "region", "price_kind", "term"].map(Column::left).to_vec();
    columns.extend(["usd_per_instance_hour", "usd_per_chip_hour", "low", "high"].map(Column::right));
    columns.push(Column::left("status"));
    columns.extend(provenance_columns());
    columns.push(Column::hidden("note"));
    let mut table = Table::new("prices", columns);
    for price in &catalog.prices {
        let (low, high) = price.usd_per_chip_hour.range().map_or((None, None), |(low, high)| (Some(*low), Some(*high)));
        let words = [&price.cloud, &price.instance, &price.chip, &price.region];
        let mut row: Vec<Cell> = words.into_iter().map(|word| Cell::text(word)).collect();
        row.extend([Cell::text(price.kind.word()), Cell::text(&price.term), Cell::maybe(price.usd_per_instance_hour)]);
        row.extend([known_cell(&price.usd_per_chip_hour), Cell::maybe(low), Cell::maybe(high)]);
        row.push(Cell::text(price.usd_per_chip_hour.status()));
        row.extend(provenance_cells(&price.provenance));
        row.push(Cell::text(&price.note));
        table.push(row);
    }
    table.note(
        "a missing region takes, on demand only, the price of us-east-1, us-east-2 or us-west-2 within these three"
            .to_string(),
    );
    table.note("(equal wherever more than one is listed), then region `us`, which holds for most US regions; nothing else is borrowed".to_string());
    table
}

fn models(catalog: &Catalog) -> Table {
    let mut columns = vec![Column::left("model"), Column::left("lab"), Column::left("release")];
    columns.extend(
        [
            "input_usd_per_m_tokens",
            "output_usd_per_m_tokens",
            "bedrock_input_usd_per_m_tokens",
            "bedrock_output_usd_per_m_tokens",
        ]
        .map(Column::right),
    );
    columns.push(Column::left("open_weights"));
    columns.extend(["arena_a", "arena_b"].map(Column::right));
    columns.push(Column::left("aa_index"));
    columns.extend(provenance_columns());
    columns.push(Column::hidden("note"));
    let mut table = Table::new("models, by release", columns);
    for model in &catalog.models {
        let mut row = vec![Cell::text(&model.name), Cell::text(&model.lab), Cell::text(&model.release)];
        row.extend([Cell::number(model.input_usd_per_m_tokens), Cell::number(model.output_usd_per_m_tokens)]);
        row.extend([
            Cell::maybe(model.bedrock_input_usd_per_m_tokens),
            Cell::maybe(model.bedrock_output_usd_per_m_tokens),
        ]);
        row.push(Cell::text(if model.open_weights { "yes" } else { "no" }));
        row.extend([Cell::maybe(model.arena_a), Cell::maybe(model.arena_b), Cell::text(&model.aa_index)]);
        row.extend(provenance_cells(&model.provenance));
        row.push(Cell::text(&model.note));
        table.push(row);
    }
    table.note(
        "arena_a (board of 2025-08-06) and arena_b (2026-04-19) are different scales; blank: not on that board"
            .to_string(),
    );
    table
}

fn deals(catalog: &Catalog) -> Table {
    let mut columns = ["deal", "date", "from", "to", "kind"].map(Column::left).to_vec();
    columns.push(Column::left("bound"));
    columns.extend(["amount_usd_bn", "term_years", "power_gw"].map(Column::right));
    columns.extend(["as_of", "confidence", "disputed", "source"].map(Column::left));
    columns.push(Column::hidden("note"));
    let mut table = Table::new("deals", columns);
    for deal in &catalog.deals {
        let mut row: Vec<Cell> =
            [&deal.name, &deal.date, &deal.from, &deal.to].into_iter().map(|word| Cell::text(word)).collect();
        row.extend([Cell::text(deal.kind.word()), Cell::text(&deal.bound)]);
        row.extend([
            Cell::maybe(deal.amount_usd.map(|usd| usd / 1e9)),
            Cell::maybe(deal.term_years),
            Cell::maybe(deal.power_gw),
        ]);
        let [as_of, confidence, source] = provenance_cells(&deal.provenance);
        row.extend([as_of, confidence, Cell::text(&deal.disputed), source, Cell::text(&deal.note)]);
        table.push(row);
    }
    table.note("n.p. not published".to_string());
    table
}

/// Every scheduling policy, what it does not go together with and why.
pub fn policies() -> Table {
    let refusals = matrix::refusals();
    let columns = ["part", "name", "what", "not with", "source"].map(Column::left).to_vec();
    let mut table = Table::new("policies: schedule = { order = \"...\", ... } of a pool", columns);
    for part in matrix::parts() {
        let others = refusals.iter().filter_map(|pair| match part {
            part if part == pair.one => Some(pair.other.name),
            part if part == pair.other => Some(pair.one.name),
            _ => None,
        });
        let others = others.collect::<Vec<_>>().join(", ");
        table.push([part.key, part.name, part.what, &others, part.source].map(Cell::text).to_vec());
    }
    table.note("All others combine, whatever the pools; `conservative` promises starts and is refused beside spot, blocks and elastic gangs too, `whole_node` in a domain of unlike nodes. What does not:".to_string());
    for Refusal { one, other, why } in refusals {
        table.note(format!("{} = {}, {} = {}: {why}", one.key, one.name, other.key, other.name));
    }
    table
}

/// Every metric of every layer.
pub fn metric_registry() -> Vec<&'static Metric> {
    study::registry()
}

/// Metrics with their units and definitions.
pub fn metrics() -> Table {
    let mut table = Table::new("metrics", ["metric", "unit", "better", "what"].map(Column::left).to_vec());
    for metric in metric_registry() {
        table.push([metric.name, metric.unit, metric.better.name(), metric.what].map(Cell::text).to_vec());
    }
    table
}

/// docs/metrics.md.
pub fn metrics_manual() -> String {
    let mut out = String::from(
        "# Metrics\n\nMade from the registry of metrics; do not edit. `hedgerow list metrics` and `hedgerow explain METRIC` say the same.\n\
         A metric without a value in a run is blank, not zero. Better: which way is, all else equal; blank: neither.\n\n\
         `summary.csv` has the whole study (`all`) and its fiscal years; pools and tenants also by month in `pools.csv` and `tenants.csv`. Waits,\n\
         completion times, counts of jobs and campaigns are of the whole study only: a run keeps one histogram a workload, and a job that waits over\n\
         New Year belongs to two years. NPV, its terminal values and shares of a commitment are of the whole study by their nature.\n\n| metric | unit | better | definition |\n|---|---|---|---|\n",
    );
    for Metric { name, unit, what, better } in metric_registry() {
        out += &format!("| `{name}` | {unit} | {} | {} |\n", better.name(), what.replace('|', "\\|"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listing_has_a_row_for_every_entry() {
        let catalog = Catalog::embedded();
        let lengths = Listing::ALL.map(|which| list(catalog, which).rows().len());
        let sizes = [
            catalog.chips.len(),
            catalog.instances.len(),
            catalog.prices.len(),
            catalog.models.len(),
            catalog.deals.len(),
            // All of each chip, and those that are told apart.
            catalog.chips.len() + catalog.failure_causes.len(),
            catalog.profiles.len(),
        ];
        assert_eq!(lengths, sizes);
    }

    /// An estimate is a number to machines, marked for people, and carries its range; a blank is null.
    #[test]
    fn estimates_are_marked_and_blanks_stay_blank() {
        let table = list(Catalog::embedded(), Listing::Chips);
        assert!(table.to_text().contains("~5,000"));
        let json = table.to_json();
        let trn2 = json["rows"].as_array().unwrap().iter().find(|row| row["chip"] == "trainium2").unwrap();
        assert_eq!((&trn2["unit_cost_usd"], &trn2["unit_cost_usd_low"]), (&5000.0.into(), &3500.0.into()));
        assert_eq!((trn2["fp4_tflops"].is_null(), trn2["fp4_tflops_status"].as_str()), (true, Some("not published")));
        assert_eq!(trn2["hbm_supplier"], "not published");
    }
}
