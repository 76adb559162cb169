//! The plain rows of the catalog: instances, fleets, models, Bedrock offers, deals, counts and figures.
//!
//! It does not look anything up; that is `Catalog`.
use super::known::{Known, Provenance};
use super::read::Row;

/// An instance type (one node of a pool). `catalog/instances.csv`.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Name in scenarios, such as `trn2.48xlarge`.
    pub name: String,
    /// Who sells it.
    pub cloud: String,
    /// Name of its chip.
    pub chip: String,
    /// Chips in one instance.
    pub chips: u64,
    /// Memory of each chip as the instance reports it [GiB].
    pub hbm_gib_per_chip: f64,
    /// Virtual CPUs.
    pub vcpu: u64,
    /// Host memory [GiB].
    pub host_mem_gib: f64,
    /// Network of the whole instance [Gbit/s].
    pub network_gbps: f64,
    /// Chips in one scale-up domain (UltraServer, rack) where gangs sit together.
    pub scale_up_chips: u64,
    /// Source, date and confidence.
    pub provenance: Provenance,
    /// Free text.
    pub note: String,
}

/// Chips of one instance type that a cloud has installed. `catalog/fleet.csv`.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// Whose.
    pub cloud: String,
    /// Instance type.
    pub instance: String,
    /// Name of its chip.
    pub chip: String,
    /// Chips installed, with how we know it.
    pub chips: Known<f64>,
    /// Free text.
    pub note: String,
}

/// A release of an AI model. `catalog/models.csv`.
#[derive(Clone, Debug)]
pub struct Model {
    /// Name.
    pub name: String,
    /// Who trained it.
    pub lab: String,
    /// Date of release.
    pub release: String,
    /// First-party list price [USD per million input tokens].
    pub input_usd_per_m_tokens: f64,
    /// First-party list price [USD per million output tokens].
    pub output_usd_per_m_tokens: f64,
    /// Price on Bedrock [USD per million input tokens], where listed.
    pub bedrock_input_usd_per_m_tokens: Option<f64>,
    /// Price on Bedrock [USD per million output tokens], where listed.
    pub bedrock_output_usd_per_m_tokens: Option<f64>,
    /// Whether its weights can be downloaded.
    pub open_weights: bool,
    /// Arena score on scale A (board of 2025-08-06). Never to be mixed with scale B.
    pub arena_a: Option<f64>,
    /// Arena score on scale B (board of 2026-04-19).
    pub arena_b: Option<f64>,
    /// Artificial Analysis index as quoted, with its version.
    pub aa_index: String,
    /// Source, date and confidence.
    pub provenance: Provenance,
    /// Free text.
    pub note: String,
}

/// A model offered on Amazon Bedrock. `catalog/bedrock.csv`.
#[derive(Clone, Debug)]
pub struct BedrockOffer {
    /// Identifier on Bedrock.
    pub model_id: String,
    /// Date of release; `None` where the source has only the stand-in date 2024-12-01.
    pub release: Option<String>,
    /// Price [USD per million input tokens].
    pub input_usd_per_m_tokens: f64,
    /// Price [USD per million output tokens].
    pub output_usd_per_m_tokens: f64,
    /// Price of cached input [USD per million tokens], where listed.
    pub cache_read_usd_per_m_tokens: Option<f64>,
    /// Longest context [tokens].
    pub context_tokens: u64,
    /// Source, date and confidence.
    pub provenance: Provenance,
    /// Free text.
    pub note: String,
}

/// A day or a week of relative demand. `catalog/profiles.csv`.
#[derive(Clone, Debug)]
pub struct DemandProfile {
    /// Name.
    pub name: String,
    /// Length [d]: 1, or 7 from Monday 00:00 UTC.
    pub days: u32,
    /// Relative demand, hour by hour; mean 1.
    pub points: Vec<f64>,
    /// Source, date and confidence.
    pub provenance: Provenance,
    /// Free text.
    pub note: String,
}

/// What a deal promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DealKind {
    /// Equity already paid.
    EquityPaid,
    /// Equity promised on conditions.
    EquityOpen,
    /// A promise to buy compute.
    CloudCommitment,
    /// Capacity built or reserved, no sum owed by it alone.
    Capacity,
    /// A plan to build, with an announced sum.
    BuildPlan,
    /// A change of licence terms.
    Licence,
    /// A filing.
    Filing,
}

impl DealKind {
    const ALL: [DealKind; 7] = [
        DealKind::EquityPaid,
        DealKind::EquityOpen,
        DealKind::CloudCommitment,
        DealKind::Capacity,
        DealKind::BuildPlan,
        DealKind::Licence,
        DealKind::Filing,
    ];

    /// The word in `deals.csv`.
    pub fn word(self) -> &'static str {
        match self {
            DealKind::EquityPaid => "equity_paid",
            DealKind::EquityOpen => "equity_open",
            DealKind::CloudCommitment => "cloud_commitment",
            DealKind::Capacity => "capacity",
            DealKind::BuildPlan => "build_plan",
            DealKind::Licence => "licence",
            DealKind::Filing => "filing",
        }
    }
}

/// A deal between labs, clouds and investors. `catalog/deals.csv`.
#[derive(Clone, Debug)]
pub struct Deal {
    /// Short name.
    pub name: String,
    /// Date, ISO prefix.
    pub date: String,
    /// Who promises or pays.
    pub from: String,
    /// To whom.
    pub to: String,
    /// What is promised.
    pub kind: DealKind,
    /// Sum [USD]; `None` where not published.
    pub amount_usd: Option<f64>,
    /// `up to`, `more than` or blank.
    pub bound: String,
    /// Length [years]; `None` where not published.
    pub term_years: Option<f64>,
    /// Power [GW]; `None` where not published.
    pub power_gw: Option<f64>,
    /// Readings that sources dispute, each with its name; blank where they agree.
    pub disputed: String,
    /// Source, date and confidence.
    pub provenance: Provenance,
    /// Terms, free text.
    pub note: String,
}

/// Chips an owner has installed, as counted by a source. `catalog/installed_base.csv`.
#[derive(Clone, Debug)]
pub struct InstalledBase {
    /// Whose.
    pub owner: String,
    /// What the source counts together.
    pub group: String,
    /// The catalog chip that stands for the group; `None` for a sum over chips.
    pub chip: Option<String>,
    /// Chips, median.
    pub units: f64,
    /// Chips, 5 % quantile.
    pub units_p5: f64,
    /// Chips, 95 % quantile.
    pub units_p95: f64,
    /// Chip power as the source computes it [MW]; `None` where not published.
    pub power_mw: Option<f64>,
    /// Whether this row enters sums: rows that overlap another do not.
    pub counted: bool,
    /// Why it is left out, or what to know of it.
    pub why: String,
    /// Source, date and confidence.
    pub provenance: Provenance,
}

/// A figure of a lab's business. `catalog/lab_finance.csv`.
#[derive(Clone, Debug)]
pub struct LabFigure {
    /// Which lab.
    pub lab: String,
    /// What it is.
    pub item: String,
    /// Period or date it is of, ISO prefix.
    pub period: String,
    /// Unit.
    pub unit: String,
    /// The figure.
    pub value: Known<f64>,
    /// Free text.
    pub note: String,
}

/// A figure with a dotted key. `catalog/facility.csv`, `catalog/reliability.csv`.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Key, such as `aws.pue`.
    pub key: String,
    /// Unit.
    pub unit: String,
    /// The figure.
    pub value: Known<f64>,
    /// Free text.
    pub note: String,
}

/// Model FLOP utilization reached in training. `catalog/training_mfu.csv`.
#[derive(Clone, Debug)]
pub struct TrainingMfu {
    /// Model trained; `dense` for an estimate of dense models in general.
    pub model: String,
    /// Name of the chip.
    pub chip: String,
    /// Chips used; `None` where not published.
    pub chips: Option<f64>,
    /// Precision whose dense peak is the denominator: `bf16` or `fp8`.
    pub precision: String,
    /// Useful FLOP over peak FLOP of that precision [-].
    pub mfu: Known<f64>,
    /// Free text.
    pub note: String,
}

/// What was looked for and has no row. `catalog/missing.csv`.
#[derive(Clone, Debug)]
pub struct Missing {
    /// What is not known.
    pub item: String,
    /// Its unit.
    pub unit: String,
    /// Who looked, and when.
    pub provenance: Provenance,
}

/// What goes down with a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// The gang alone.
    Job,
    /// The node it fails on.
    Node,
    /// That node's rack, with every gang there.
    Rack,
}

impl Takes {
    /// As written in files; None for another word.
    pub fn parse(word: &str) -> Option<Takes> {
        [Takes::Job, Takes::Node, Takes::Rack].into_iter().find(|takes| takes.name() == word)
    }

    /// As written in files.
    pub fn name(self) -> &'static str {
        match self {
            Takes::Job => "job",
            Takes::Node => "node",
            Takes::Rack => "rack",
        }
    }
}

/// A cause of failure of gangs on a chip, and its share of them. `catalog/failure_causes.csv`.
#[derive(Clone, Debug)]
pub struct FailureCause {
    /// Name of the chip.
    pub chip: String,
    /// Name of the cause.
    pub cause: String,
    /// What goes down.
    pub takes: Takes,
    /// Share of the chip's failures [0..1].
    pub share: Known<f64>,
    /// Free text.
    pub note: String,
}

pub(super) fn failure_cause(row: &Row<'_>) -> FailureCause {
    let Some(takes) = Takes::parse(&row.text("takes")) else { row.bug("a failure takes a job, node or rack") };
    FailureCause {
        chip: row.text("chip"),
        cause: row.text("cause"),
        takes,
        share: row.known("share", "low", "high"),
        note: row.maybe_text("note"),
    }
}

pub(super) fn missing(row: &Row<'_>) -> Missing {
    Missing { item: row.text("item"), unit: row.text("unit"), provenance: row.provenance() }
}

pub(super) fn instance(row: &Row<'_>) -> Instance {
    Instance {
        name: row.text("instance"),
        cloud: row.text("cloud"),
        chip: row.text("chip"),
        chips: row.count("chips"),
        hbm_gib_per_chip: row.number("hbm_gib_per_chip"),
        vcpu: row.count("vcpu"),
        host_mem_gib: row.number("host_mem_gib"),
        network_gbps: row.number("network_gbps"),
        scale_up_chips: row.count("scale_up_chips"),
        provenance: row.provenance(),
        note: row.maybe_text("note"),
    }
}

pub(super) fn profile(row: &Row<'_>) -> DemandProfile {
    let number = |text: &str| match text.parse::<f64>() {
        Ok(value) if 0.0 <= value && value.is_finite() => value,
        _ => row.bug(&format!("`{text}` is no relative demand")),
    };
    let points: Vec<f64> = row.text("points").split(' ').map(number).collect();
    let days = match row.text("period").as_str() {
        "day" => 1,
        "week" => 7,
        _ => row.bug("a period is a day or a week"),
    };
    let mean = points.iter().sum::<f64>() / points.len() as f64;
    if points.len() != 24 * days as usize || (mean - 1.0).abs() > 1e-3 {
        row.bug(&format!("{} points of mean {mean} for {days} days of hours", points.len()));
    }
    DemandProfile {
        name: row.text("profile"),
        days,
        points,
        provenance: row.provenance(),
        note: row.maybe_text("note"),
    }
}

pub(super) fn fleet(row: &Row<'_>) -> Fleet {
    Fleet {
        cloud: row.text("cloud"),
        instance: row.text("instance"),
        chip: row.text("chip"),
        chips: row.known("chips", "low", "high"),
        note: row.maybe_text("note"),
    }
}

pub(super) fn model(row: &Row<'_>) -> Model {
    Model {
        name: row.text("model"),
        lab: row.text("lab"),
        release: row.date("release"),
        input_usd_per_m_tokens: row.number("input_usd_per_m_tokens"),
        output_usd_per_m_tokens: row.number("output_usd_per_m_tokens"),
        bedrock_input_usd_per_m_tokens: row.maybe_number("bedrock_input_usd_per_m_tokens"),
        bedrock_output_usd_per_m_tokens: row.maybe_number("bedrock_output_usd_per_m_tokens"),
        open_weights: row.yes("open_weights"),
        arena_a: row.maybe_number("arena_a_2025_08"),
        arena_b: row.maybe_number("arena_b_2026_04"),
        aa_index: row.maybe_text("aa_index"),
        provenance: row.provenance(),
        note: row.maybe_text("note"),
    }
}

pub(super) fn bedrock_offer(row: &Row<'_>) -> BedrockOffer {
    BedrockOffer {
        model_id: row.text("model_id"),
        release: row.published_text("release"),
        input_usd_per_m_tokens: row.number("input_usd_per_m_tokens"),
        output_usd_per_m_tokens: row.number("output_usd_per_m_tokens"),
        cache_read_usd_per_m_tokens: row.maybe_number("cache_read_usd_per_m_tokens"),
        context_tokens: row.count("context_tokens"),
        provenance: row.provenance(),
        note: row.maybe_text("note"),
    }
}

pub(super) fn deal(row: &Row<'_>) -> Deal {
    let word = row.text("kind");
    let Some(kind) = DealKind::ALL.into_iter().find(|kind| kind.word() == word) else {
        row.bug("no such kind of deal")
    };
    Deal {
        name: row.text("deal"),
        date: row.date("date"),
        from: row.text("from"),
        to: row.text("to"),
        kind,
        amount_usd: row.published_number("amount_usd"),
        bound: row.maybe_text("bound"),
        term_years: row.published_number("term_years"),
        power_gw: row.published_number("power_gw"),
        disputed: row.maybe_text("disputed"),
        provenance: row.provenance(),
        note: row.maybe_text("note"),
    }
}

pub(super) fn installed_base(row: &Row<'_>) -> InstalledBase {
    let chip = row.maybe_text("chip");
    let counted = row.yes("counted");
    if counted && chip.is_empty() {
        row.bug("a counted row must name its chip");
    }
    InstalledBase {
        owner: row.text("owner"),
        group: row.text("group"),
        chip: if chip.is_empty() { None } else { Some(chip) },
        units: row.number("units"),
        units_p5: row.number("units_p5"),
        units_p95: row.number("units_p95"),
        power_mw: row.published_number("power_mw"),
        counted,
        why: row.maybe_text("why"),
        provenance: row.provenance(),
    }
}

pub(super) fn lab_figure(row: &Row<'_>) -> LabFigure {
    LabFigure {
        lab: row.text("lab"),
        item: row.text("item"),
        period: row.date("period"),
        unit: row.text("unit"),
        value: row.known("value", "low", "high"),
        note: row.maybe_text("note"),
    }
}

pub(super) fn figure(row: &Row<'_>) -> Figure {
    Figure {
        key: row.text("key"),
        unit: row.text("unit"),
        value: row.known("value", "low", "high"),
        note: row.maybe_text("note"),
    }
}

pub(super) fn training_mfu(row: &Row<'_>) -> TrainingMfu {
    TrainingMfu {
        model: row.text("model"),
        chip: row.text("chip"),
        chips: row.published_number("chips"),
        precision: row.text("precision"),
        mfu: row.known("mfu", "low", "high"),
        note: row.maybe_text("note"),
    }
}
