//! The built-in catalog: chips, instances, prices, models, deals and figures, embedded in the binary, read once.
//!
//! It holds facts and marked estimates only; a scenario's own values override them elsewhere, and nothing here simulates.
mod admission;
mod chip;
mod known;
mod mixes;
mod price;
mod read;
mod rows;
mod serving;

pub use chip::{Chip, ChipField};
pub use known::{Confidence, Known, Provenance};
pub use mixes::RequestMix;
pub use price::{EQUAL_US_REGIONS, PriceAnswer, PriceKind, PriceRow, PriceRule};
pub use rows::{
    BedrockOffer, Deal, DealKind, DemandProfile, FailureCause, Figure, Fleet, InstalledBase, Instance, LabFigure,
    Missing, Model, Takes, TrainingMfu,
};
pub use serving::{Architecture, FamilyEfficiency, Link, NoParts, Parts, ServingPoint, SoftwareSpeed};

use crate::perf::AdmissionTable;
use std::sync::OnceLock;

/// Everything under `catalog/`, typed; rows in file order.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// Accelerators.
    pub chips: Vec<Chip>,
    /// Instance types.
    pub instances: Vec<Instance>,
    /// Prices by instance, region and kind.
    pub prices: Vec<PriceRow>,
    /// Installed chips by instance type.
    pub fleets: Vec<Fleet>,
    /// Releases of AI models with list prices and scores.
    pub models: Vec<Model>,
    /// Models offered on Bedrock.
    pub bedrock: Vec<BedrockOffer>,
    /// Deals between labs, clouds and investors.
    pub deals: Vec<Deal>,
    /// Installed chips by owner.
    pub installed_base: Vec<InstalledBase>,
    /// Figures of the labs' business.
    pub lab_finance: Vec<LabFigure>,
    /// PUE, electricity, cost of halls and operations, lead times, AWS's own figures.
    pub facility: Vec<Figure>,
    /// Failure rates, repair, effective time.
    pub reliability: Vec<Figure>,
    /// Causes of failure by chip, with their shares.
    pub failure_causes: Vec<FailureCause>,
    /// Utilization reached in training.
    pub training_mfu: Vec<TrainingMfu>,
    /// Days and weeks of relative demand.
    pub profiles: Vec<DemandProfile>,
    /// What was looked for and not found.
    pub missing: Vec<Missing>,
    /// Shapes of language models.
    pub architectures: Vec<Architecture>,
    /// Bandwidth between the chips of a replica.
    pub links: Vec<Link>,
    /// Shares of peaks that serving reaches, by family of chips.
    pub efficiencies: Vec<FamilyEfficiency>,
    /// Speed of serving software by date, ascending.
    pub software: Vec<SoftwareSpeed>,
    /// Published latencies and rates over concurrent clients.
    pub serving_points: Vec<ServingPoint>,
    /// Lengths of requests by what they ask for.
    pub request_mixes: Vec<RequestMix>,
    /// What becomes of a service's requests at a load, measured on the request tier.
    pub admission: AdmissionTable,
}

/// A name the catalog does not have, with the nearest that it has.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("no {kind} `{name}` in the catalog{}", hint(.suggestions))]
pub struct UnknownName {
    /// `chip` or `instance`.
    pub kind: &'static str,
    /// The name asked for.
    pub name: String,
    /// Nearest names, best first; may be empty.
    pub suggestions: Vec<String>,
}

fn hint(suggestions: &[String]) -> String {
    match suggestions {
        [] => String::new(),
        names => format!("; did you mean `{}`?", names.join("`, `")),
    }
}

impl Catalog {
    /// The catalog in the binary, read at first use. A file that cannot be read is our bug and panics with its line.
    pub fn embedded() -> &'static Catalog {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        CATALOG.get_or_init(Catalog::read)
    }

    fn read() -> Catalog {
        macro_rules! text {
            ($file:literal) => {
                include_str!(concat!("../../catalog/", $file))
            };
        }
        let catalog = Catalog {
            chips: chip::read(text!("chips.csv"), text!("chip_fields.csv")),
            instances: read::rows("instances.csv", text!("instances.csv"), rows::instance),
            prices: read::rows("prices.csv", text!("prices.csv"), price::price_row),
            fleets: read::rows("fleet.csv", text!("fleet.csv"), rows::fleet),
            models: read::rows("models.csv", text!("models.csv"), rows::model),
            bedrock: read::rows("bedrock.csv", text!("bedrock.csv"), rows::bedrock_offer),
            deals: read::rows("deals.csv", text!("deals.csv"), rows::deal),
            installed_base: read::rows("installed_base.csv", text!("installed_base.csv"), rows::installed_base),
            lab_finance: read::rows("lab_finance.csv", text!("lab_finance.csv"), rows::lab_figure),
            facility: read::rows("facility.csv", text!("facility.csv"), rows::figure),
            reliability: read::rows("reliability.csv", text!("reliability.csv"), rows::figure),
            failure_causes: read::rows("failure_causes.csv", text!("failure_causes.csv"), rows::failure_cause),
            training_mfu: read::rows("training_mfu.csv", text!("training_mfu.csv"), rows::training_mfu),
            profiles: read::rows("profiles.csv", text!("profiles.csv"), rows::profile),
            missing: read::rows("missing.csv", text!("missing.csv"), rows::missing),
            architectures: read::rows("architectures.csv", text!("architectures.csv"), serving::architecture),
            links: read::rows("links.csv", text!("links.csv"), serving::link),
            efficiencies: read::rows("efficiencies.csv", text!("efficiencies.csv"), serving::family_efficiency),
            software: read::rows("serving_software.csv", text!("serving_software.csv"), serving::software_speed),
            admission: AdmissionTable::new(&read::rows(
                "admission.csv",
                text!("admission.csv"),
                admission::admission_row,
            ))
            .unwrap_or_else(|error| panic!("admission.csv: {error}; write it anew by `hedgerow calibrate serving`")),
            request_mixes: read::rows("request_mixes.csv", text!("request_mixes.csv"), mixes::request_mix),
            serving_points: read::rows("serving_points.csv", text!("serving_points.csv"), serving::serving_point),
        };
        catalog.assert_whole();
        catalog.assert_serving_whole();
        catalog.with_clocks()
    }

    /// Every name that a row mentions must exist: what holds between files is checked where they are joined.
    fn assert_whole(&self) {
        for instance in &self.instances {
            assert!(self.chip(&instance.chip).is_ok(), "instances.csv: {}: no chip `{}`", instance.name, instance.chip);
        }
        for row in &self.prices {
            assert!(self.chip(&row.chip).is_ok(), "prices.csv: {}: no chip `{}`", row.instance, row.chip);
            if row.cloud == "aws" {
                let Ok(instance) = self.instance(&row.instance) else {
                    panic!("prices.csv: no instance `{}`", row.instance)
                };
                assert!(
                    instance.chip == row.chip,
                    "prices.csv: {} has {}, not {}",
                    row.instance,
                    instance.chip,
                    row.chip
                );
            }
        }
        for fleet in &self.fleets {
            assert!(self.instance(&fleet.instance).is_ok(), "fleet.csv: no instance `{}`", fleet.instance);
        }
        for base in &self.installed_base {
            if let Some(chip) = &base.chip {
                assert!(self.chip(chip).is_ok(), "installed_base.csv: no chip `{chip}`");
            }
        }
        for row in &self.training_mfu {
            assert!(self.chip(&row.chip).is_ok(), "training_mfu.csv: no chip `{}`", row.chip);
        }
        for row in &self.failure_causes {
            assert!(self.chip(&row.chip).is_ok(), "failure_causes.csv: no chip `{}`", row.chip);
            let sum: f64 = self.causes_of(&row.chip).filter_map(|row| row.share.value()).sum();
            assert!((sum - 1.0).abs() < 1e-8, "failure_causes.csv: shares of {} add up to {sum}", row.chip);
        }
    }

    /// Causes of failure of a chip, by its name; none where the catalog tells none apart.
    pub fn causes_of<'a>(&'a self, chip: &'a str) -> impl Iterator<Item = &'a FailureCause> {
        self.failure_causes.iter().filter(move |row| row.chip == chip)
    }

    /// Chip by name or alias (`trainium2`, `trn2`).
    pub fn chip(&self, name: &str) -> Result<&Chip, UnknownName> {
        let found = self.chips.iter().find(|chip| chip.name == name || chip.aliases.iter().any(|alias| alias == name));
        found.ok_or_else(|| {
            let names = self.chips.iter().flat_map(|chip| std::iter::once(&chip.name).chain(&chip.aliases));
            unknown("chip", name, names)
        })
    }

    /// Instance type by name.
    pub fn instance(&self, name: &str) -> Result<&Instance, UnknownName> {
        let found = self.instances.iter().find(|instance| instance.name == name);
        found.ok_or_else(|| unknown("instance", name, self.instances.iter().map(|instance| &instance.name)))
    }

    /// Chips of this instance type that its cloud has installed; `NotPublished` where the catalog has no row.
    pub fn fleet_chips(&self, instance: &str) -> &Known<f64> {
        static NONE: Known<f64> = Known::NotPublished;
        self.fleets.iter().find(|fleet| fleet.instance == instance).map_or(&NONE, |fleet| &fleet.chips)
    }

    /// Dotted paths of what a pool of this instance needs and the catalog leaves blank, such as `chips.trainium4.tdp_w`.
    ///
    /// A pool whose size the scenario writes does not need the path that starts with `fleet.`.
    pub fn missing_for_pool(&self, instance: &Instance) -> Vec<String> {
        let Ok(chip) = self.chip(&instance.chip) else { panic!("{}: no chip `{}`", instance.name, instance.chip) };
        let fields = chip.missing_for_pool().into_iter().map(|field| format!("chips.{}.{}", chip.name, field.name()));
        let fleet = self.fleet_chips(&instance.name).is_not_published().then(|| format!("fleet.{}", instance.name));
        fields.chain(fleet).collect()
    }

    /// Demand profile by name.
    pub fn profile(&self, name: &str) -> Result<&DemandProfile, UnknownName> {
        let found = self.profiles.iter().find(|profile| profile.name == name);
        found.ok_or_else(|| unknown("demand profile", name, self.profiles.iter().map(|profile| &profile.name)))
    }

    /// A facility figure by key, such as `aws.pue` [-], `electricity` [USD/MWh] or `useful_life` [years].
    pub fn facility(&self, key: &str) -> Option<&Figure> {
        self.facility.iter().find(|figure| figure.key == key)
    }

    /// A reliability figure by key, such as `repair_hours`.
    pub fn reliability(&self, key: &str) -> Option<&Figure> {
        self.reliability.iter().find(|figure| figure.key == key)
    }

    /// Utilization in training on a chip at a precision: a measured row before an estimate, then the one with most chips.
    pub fn training_mfu(&self, chip: &str, precision: &str) -> Option<&TrainingMfu> {
        let rows = self.training_mfu.iter().filter(|row| row.chip == chip && row.precision == precision);
        rows.max_by(|a, b| {
            let measured = |row: &TrainingMfu| row.mfu.confidence() != Confidence::Estimate;
            let by_chips = || a.chips.partial_cmp(&b.chips).expect("chip counts are finite");
            measured(a).cmp(&measured(b)).then_with(by_chips)
        })
    }
}

/// At most three of `names` that resemble `name`, best first.
fn unknown<'a>(kind: &'static str, name: &str, names: impl Iterator<Item = &'a String>) -> UnknownName {
    let asked = name.to_lowercase();
    let mut near: Vec<(usize, &String)> = names
        .map(|known| (strsim::osa_distance(&asked, known), known))
        .filter(|&(distance, known)| distance <= 1 + asked.len() / 4 || (asked.len() >= 3 && known.starts_with(&asked)))
        .collect();
    near.sort();
    UnknownName {
        kind,
        name: name.to_string(),
        suggestions: near.into_iter().take(3).map(|(_, known)| known.clone()).collect(),
    }
}

#[cfg(test)]
mod tests;
