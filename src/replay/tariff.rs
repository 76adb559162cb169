//! What chip-time would cost at one price of the catalog. Knows no job.

use crate::units::Rate;
use crate::world::catalog::{Catalog, PriceKind};

/// A price per chip-hour and where it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Tariff {
    /// How it is bought.
    pub kind: PriceKind,
    /// Instance type.
    pub instance: String,
    /// Region asked for.
    pub region: String,
    /// Price of a chip [per chip-hour].
    pub rate: Rate,
    /// Which row was used and why.
    pub because: String,
    /// Where that row was read.
    pub source: String,
    /// Its date.
    pub as_of: String,
    /// How far to trust it.
    pub confidence: &'static str,
}

/// Chip-microseconds of a chip-hour.
const CHIP_HOUR: f64 = 3.6e9;

impl Tariff {
    /// Words of `--price`: the kinds of the catalog, and `committed` for the shortest commitment there is a price of.
    pub const WORDS: [&'static str; 6] =
        ["on_demand", "committed", "committed_1y", "committed_3y", "capacity_block", "spot"];

    /// The newest row of the catalog; else what there is instead.
    pub fn find(catalog: &Catalog, word: &str, instance: &str, region: &str) -> Result<Tariff, String> {
        let kinds = match word {
            "committed" => vec![PriceKind::Committed1y, PriceKind::Committed3y],
            word => PriceKind::parse(word).into_iter().collect(),
        };
        let tariff = |kind: PriceKind| -> Option<Tariff> {
            let answer = catalog.price(instance, region, kind)?;
            let provenance = &answer.row.provenance;
            Some(Tariff {
                kind,
                instance: instance.into(),
                region: region.into(),
                rate: Rate::from_usd(*answer.row.usd_per_chip_hour.get()?),
                because: answer.because(),
                source: provenance.source.clone(),
                as_of: provenance.as_of.clone(),
                confidence: provenance.confidence.word(),
            })
        };
        if let Some(found) = kinds.into_iter().find_map(tariff) {
            return Ok(found);
        }
        let there: Vec<&str> =
            PriceKind::ALL.into_iter().filter(|kind| tariff(*kind).is_some()).map(PriceKind::word).collect();
        let there = match there.as_slice() {
            [] => "`list prices` shows which instances and regions have prices".to_owned(),
            kinds => format!("there it has: {}", kinds.join(", ")),
        };
        Err(format!("the catalog has no {word} price of {instance} in {region}; {there}"))
    }

    /// What so much chip-time costs [USD]. A view, not a posting: a legal log may ask for more than micro-dollars can count.
    pub fn usd(&self, chip_us: u128) -> f64 {
        chip_us as f64 / CHIP_HOUR * self.rate.usd()
    }

    /// One sentence.
    pub fn sentence(&self) -> String {
        format!(
            "USD {} per chip-hour: {}; {} (confidence: {})",
            self.rate.usd(),
            self.because,
            self.source,
            self.confidence
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// p5.48xlarge on demand in us-east-1 is USD 55.04 an hour for 8 chips: 6.88; three chips for two hours, 41.28.
    #[test]
    fn chip_hours_cost_what_the_catalog_says() {
        let found = |word: &str| Tariff::find(Catalog::embedded(), word, "p5.48xlarge", "us-east-1");
        let tariff = found("on_demand").unwrap();
        assert_eq!(tariff.rate, Rate::from_usd(6.88));
        assert!((tariff.usd(3 * 2 * 3_600_000_000) - 41.28).abs() < 1e-9);
        assert_eq!(found("committed").unwrap().kind, PriceKind::Committed1y);
        let error = Tariff::find(Catalog::embedded(), "spot", "p5.48xlarge", "eu-north-1").unwrap_err();
        assert!(error.contains("no spot price") && error.contains("on_demand"), "{error}");
    }
}
