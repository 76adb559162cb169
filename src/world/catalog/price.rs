//! Prices of instances by region and price kind, and the one rule by which a missing region borrows another's.
//!
//! It does not build price paths over time (that is the world's pool).
use super::Catalog;
use super::known::{Known, Provenance};
use super::read::Row;

/// How an instance is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PriceKind {
    /// By the hour, no promise on either side.
    OnDemand,
    /// A dated block, paid up front.
    CapacityBlock,
    /// A one-year commitment.
    Committed1y,
    /// A three-year commitment.
    Committed3y,
    /// Reclaimable at any time.
    Spot,
}

impl PriceKind {
    /// All kinds, in the order of tables.
    pub const ALL: [PriceKind; 5] = [
        PriceKind::OnDemand,
        PriceKind::CapacityBlock,
        PriceKind::Committed1y,
        PriceKind::Committed3y,
        PriceKind::Spot,
    ];

    /// As written in `prices.csv`; `None` for any other word.
    pub fn parse(word: &str) -> Option<PriceKind> {
        PriceKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The word in `prices.csv`.
    pub fn word(self) -> &'static str {
        match self {
            PriceKind::OnDemand => "on_demand",
            PriceKind::CapacityBlock => "capacity_block",
            PriceKind::Committed1y => "committed_1y",
            PriceKind::Committed3y => "committed_3y",
            PriceKind::Spot => "spot",
        }
    }
}

/// One price. `catalog/prices.csv`.
#[derive(Clone, Debug)]
pub struct PriceRow {
    /// Who sells: `aws`, `gcp`, `azure`, `oracle`, `coreweave`, `lambda`, `nebius`.
    pub cloud: String,
    /// Instance type, or the product name of another cloud.
    pub instance: String,
    /// Name of the chip.
    pub chip: String,
    /// Region; `us` for a figure that holds over most US regions or is a mean over their zones.
    pub region: String,
    /// How it is bought.
    pub kind: PriceKind,
    /// `1y`, `3y`, `reserved` or blank.
    pub term: String,
    /// Price of the whole instance [USD/h], where the source gives it.
    pub usd_per_instance_hour: Option<f64>,
    /// Price of one chip of it [USD/h], with its range.
    pub usd_per_chip_hour: Known<f64>,
    /// Source, date and confidence.
    pub provenance: Provenance,
    /// Free text.
    pub note: String,
}

/// How a price was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceRule {
    /// A row of this very region.
    SameRegion,
    /// On-demand only: us-east-1 = us-east-2 = us-west-2 wherever both are listed, so one stands for the other.
    EqualUsRegion,
    /// A row that holds for most US regions (region `us`).
    UsWide,
}

/// A price and how it was found.
#[derive(Clone, Copy, Debug)]
pub struct PriceAnswer<'a> {
    /// The row used.
    pub row: &'a PriceRow,
    /// Why this row.
    pub rule: PriceRule,
}

impl PriceAnswer<'_> {
    /// Which row was used and why, for tables and problems.
    pub fn because(&self) -> String {
        let PriceRow { instance, region, kind, provenance, .. } = self.row;
        let row = format!("{instance} {} in {region} of {}", kind.word(), provenance.as_of);
        match self.rule {
            PriceRule::SameRegion => row,
            PriceRule::EqualUsRegion => format!("{row} (us-east-1 = us-east-2 = us-west-2 wherever both are listed)"),
            PriceRule::UsWide => format!("{row} (holds for most US regions)"),
        }
    }
}

/// AWS regions whose on-demand prices are equal wherever more than one of them is listed (facts, section 1).
pub const EQUAL_US_REGIONS: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];

impl Catalog {
    /// Newest price of `instance` in `region` by `kind`; `None` when no row answers.
    ///
    /// A row of the region itself comes first; then, for on-demand prices, one of the equal US regions; then, in the
    /// United States (no local zone), a row that holds for most US regions. Nothing else is borrowed. An answer may say `not published`.
    pub fn price(&self, instance: &str, region: &str, kind: PriceKind) -> Option<PriceAnswer<'_>> {
        let newest = |wanted: &str| {
            self.prices
                .iter()
                .filter(|row| row.instance == instance && row.region == wanted && row.kind == kind)
                .max_by(|a, b| a.provenance.as_of.cmp(&b.provenance.as_of))
        };
        if let Some(row) = newest(region) {
            return Some(PriceAnswer { row, rule: PriceRule::SameRegion });
        }
        if kind == PriceKind::OnDemand && EQUAL_US_REGIONS.contains(&region) {
            let equal = EQUAL_US_REGIONS.into_iter().find_map(newest);
            if let Some(row) = equal {
                return Some(PriceAnswer { row, rule: PriceRule::EqualUsRegion });
            }
        }
        let is_us_region = region.starts_with("us-") && region.split('-').count() == 3;
        if is_us_region { newest("us").map(|row| PriceAnswer { row, rule: PriceRule::UsWide }) } else { None }
    }
}

/// One row of `prices.csv`.
pub(super) fn price_row(row: &Row<'_>) -> PriceRow {
    let Some(kind) = PriceKind::parse(&row.text("price_kind")) else { row.bug("no such price kind") };
    PriceRow {
        cloud: row.text("cloud"),
        instance: row.text("instance"),
        chip: row.text("chip"),
        region: row.text("region"),
        kind,
        term: row.maybe_text("term"),
        usd_per_instance_hour: row.maybe_number("usd_per_instance_hour"),
        usd_per_chip_hour: row.known("usd_per_chip_hour", "low_usd_per_chip_hour", "high_usd_per_chip_hour"),
        provenance: row.provenance(),
        note: row.maybe_text("note"),
    }
}
