//! Chips: what one accelerator is, can do, draws and costs, each figure with how we know it.
//!
//! It does not know what a chip achieves on a workload (that is `perf`).
use super::known::{Known, Provenance};
use super::read::{Row, rows};

/// A numeric field of a chip, as named in `chip_fields.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChipField {
    /// Dense BF16 peak [TFLOP/s].
    Bf16Tflops,
    /// Dense FP8 peak [TFLOP/s].
    Fp8Tflops,
    /// Dense FP4 peak [TFLOP/s].
    Fp4Tflops,
    /// Memory on the package or card [GiB].
    HbmGib,
    /// Memory bandwidth [TB/s].
    HbmTbS,
    /// Thermal design power of the chip alone [W].
    TdpW,
    /// Price of one chip (with its board, for own silicon) to its buyer [USD].
    UnitCostUsd,
    /// Power of the server at full load over the TDP of its chips [-].
    HostOverhead,
    /// Power drawn idle over power drawn busy [-].
    IdlePowerShare,
    /// Cost of chip, host, storage and network over cost of the chip [-].
    HostCostRatio,
    /// Order to delivery [months].
    LeadTimeMonths,
    /// Failures that stop a job, per exposed chip-hour [1/h].
    FailuresPerChipHour,
    /// Share of unit cost left at the end of its useful life [-].
    ResidualShare,
    /// Design cost of own silicon [USD].
    ProgrammeCostUsd,
}

impl ChipField {
    /// All fields, in the order of tables.
    pub const ALL: [ChipField; 14] = [
        ChipField::Bf16Tflops,
        ChipField::Fp8Tflops,
        ChipField::Fp4Tflops,
        ChipField::HbmGib,
        ChipField::HbmTbS,
        ChipField::TdpW,
        ChipField::UnitCostUsd,
        ChipField::HostOverhead,
        ChipField::IdlePowerShare,
        ChipField::HostCostRatio,
        ChipField::LeadTimeMonths,
        ChipField::FailuresPerChipHour,
        ChipField::ResidualShare,
        ChipField::ProgrammeCostUsd,
    ];

    /// Fields without which a pool of this chip cannot be simulated.
    pub const POOL: [ChipField; 10] = [
        ChipField::Bf16Tflops,
        ChipField::HbmGib,
        ChipField::HbmTbS,
        ChipField::TdpW,
        ChipField::UnitCostUsd,
        ChipField::HostOverhead,
        ChipField::IdlePowerShare,
        ChipField::HostCostRatio,
        ChipField::LeadTimeMonths,
        ChipField::FailuresPerChipHour,
    ];

    /// Name in the catalog files and in the paths of problems, unit last.
    pub fn name(self) -> &'static str {
        match self {
            ChipField::Bf16Tflops => "bf16_tflops",
            ChipField::Fp8Tflops => "fp8_tflops",
            ChipField::Fp4Tflops => "fp4_tflops",
            ChipField::HbmGib => "hbm_gib",
            ChipField::HbmTbS => "hbm_tb_s",
            ChipField::TdpW => "tdp_w",
            ChipField::UnitCostUsd => "unit_cost_usd",
            ChipField::HostOverhead => "host_overhead",
            ChipField::IdlePowerShare => "idle_power_share",
            ChipField::HostCostRatio => "host_cost_ratio",
            ChipField::LeadTimeMonths => "lead_time_months",
            ChipField::FailuresPerChipHour => "failures_per_chip_hour",
            ChipField::ResidualShare => "residual_share",
            ChipField::ProgrammeCostUsd => "programme_cost_usd",
        }
    }
}

/// One accelerator. Figures are per chip (of GB200 and GB300: per GPU). `catalog/chips.csv`, `catalog/chip_fields.csv`.
#[derive(Clone, Debug)]
pub struct Chip {
    /// Name in scenarios, such as `trainium2`.
    pub name: String,
    /// Other names that lookups accept, such as `trn2`.
    pub aliases: Vec<String>,
    /// Who designs it: `aws`, `nvidia`, `google`, `microsoft`, `amd`.
    pub vendor: String,
    /// `trainium`, `inferentia`, `gpu`, `tpu`, `maia`.
    pub family: String,
    /// First availability, ISO prefix.
    pub release: String,
    /// Free text.
    pub interconnect: String,
    /// Of the identity row; each figure carries its own.
    pub provenance: Provenance,
    /// Disagreements between sources, free text.
    pub note: String,
    /// Who makes the wafers.
    pub foundry: Known<String>,
    /// Process node.
    pub process: Known<String>,
    /// Who packages it, and how.
    pub packaging: Known<String>,
    /// Who supplies its memory.
    pub hbm_supplier: Known<String>,
    figures: Vec<Known<f64>>,
}

impl Chip {
    /// One figure of this chip with how we know it.
    pub fn field(&self, field: ChipField) -> &Known<f64> {
        &self.figures[field as usize]
    }

    /// Dense BF16 peak [TFLOP/s].
    pub fn bf16_tflops(&self) -> &Known<f64> {
        self.field(ChipField::Bf16Tflops)
    }

    /// Dense FP8 peak [TFLOP/s].
    pub fn fp8_tflops(&self) -> &Known<f64> {
        self.field(ChipField::Fp8Tflops)
    }

    /// Dense FP4 peak [TFLOP/s].
    pub fn fp4_tflops(&self) -> &Known<f64> {
        self.field(ChipField::Fp4Tflops)
    }

    /// Memory [GiB].
    pub fn hbm_gib(&self) -> &Known<f64> {
        self.field(ChipField::HbmGib)
    }

    /// Memory bandwidth [TB/s].
    pub fn hbm_tb_s(&self) -> &Known<f64> {
        self.field(ChipField::HbmTbS)
    }

    /// Thermal design power of the chip alone [W].
    pub fn tdp_w(&self) -> &Known<f64> {
        self.field(ChipField::TdpW)
    }

    /// Price of one chip to its buyer [USD].
    pub fn unit_cost_usd(&self) -> &Known<f64> {
        self.field(ChipField::UnitCostUsd)
    }

    /// Power of the server at full load over the TDP of its chips [-].
    pub fn host_overhead(&self) -> &Known<f64> {
        self.field(ChipField::HostOverhead)
    }

    /// Power drawn idle over power drawn busy [-].
    pub fn idle_power_share(&self) -> &Known<f64> {
        self.field(ChipField::IdlePowerShare)
    }

    /// Cost of chip, host, storage and network over cost of the chip [-].
    pub fn host_cost_ratio(&self) -> &Known<f64> {
        self.field(ChipField::HostCostRatio)
    }

    /// Order to delivery [months].
    pub fn lead_time_months(&self) -> &Known<f64> {
        self.field(ChipField::LeadTimeMonths)
    }

    /// Failures that stop a job, per exposed chip-hour [1/h].
    pub fn failures_per_chip_hour(&self) -> &Known<f64> {
        self.field(ChipField::FailuresPerChipHour)
    }

    /// Share of unit cost left at the end of its useful life [-].
    pub fn residual_share(&self) -> &Known<f64> {
        self.field(ChipField::ResidualShare)
    }

    /// Design cost of own silicon [USD].
    pub fn programme_cost_usd(&self) -> &Known<f64> {
        self.field(ChipField::ProgrammeCostUsd)
    }

    /// Fields a pool needs that have neither a source nor an estimate.
    pub fn missing_for_pool(&self) -> Vec<ChipField> {
        ChipField::POOL.into_iter().filter(|&field| self.field(field).is_not_published()).collect()
    }
}

/// One row of `chip_fields.csv`.
struct Figure {
    chip: String,
    field: String,
    number: Known<f64>,
    text: Known<String>,
}

const TEXT_FIELDS: [&str; 4] = ["foundry", "process", "packaging", "hbm_supplier"];

fn figure(row: &Row<'_>) -> Figure {
    let field = row.text("field");
    let is_text = TEXT_FIELDS.contains(&field.as_str());
    if !is_text && !ChipField::ALL.iter().any(|known| known.name() == field) {
        row.bug("no such chip field");
    }
    Figure {
        chip: row.text("chip"),
        number: if is_text { Known::NotPublished } else { row.known("value", "low", "high") },
        text: if is_text { row.known_text("value") } else { Known::NotPublished },
        field,
    }
}

/// Chips in file order. Each must say something, if only `not published`, of every field.
pub(super) fn read(identities: &str, fields: &str) -> Vec<Chip> {
    let figures = rows("chip_fields.csv", fields, figure);
    let chips = rows("chips.csv", identities, |row| {
        let name = row.text("chip");
        let of = |field: &str| {
            let mut found = figures.iter().filter(|figure| figure.chip == name && figure.field == field);
            match (found.next(), found.next()) {
                (Some(figure), None) => figure,
                (None, _) => row.bug(&format!("chip_fields.csv has no row `{field}`")),
                (Some(_), Some(_)) => row.bug(&format!("chip_fields.csv has two rows `{field}`")),
            }
        };
        Chip {
            aliases: row.maybe_text("aliases").split(';').filter(|alias| !alias.is_empty()).map(String::from).collect(),
            vendor: row.text("vendor"),
            family: row.text("family"),
            release: row.date("release"),
            interconnect: row.maybe_text("interconnect"),
            provenance: row.provenance(),
            note: row.maybe_text("note"),
            foundry: of("foundry").text.clone(),
            process: of("process").text.clone(),
            packaging: of("packaging").text.clone(),
            hbm_supplier: of("hbm_supplier").text.clone(),
            figures: ChipField::ALL.iter().map(|field| of(field.name()).number.clone()).collect(),
            name,
        }
    });
    for figure in &figures {
        assert!(chips.iter().any(|chip| chip.name == figure.chip), "chip_fields.csv: no chip `{}`", figure.chip);
    }
    chips
}
