//! What the catalog knows of serving: shapes of models, links between chips, fitted shares of peaks, speed of software by date, published
//! points. Joins them to the plain numbers of `perf`; computes no card itself.

use super::chip::ChipField;
use super::known::{Known, Provenance};
use super::read::Row;
use super::{Catalog, Chip, Instance, UnknownName, unknown};
use crate::perf::{self, Efficiency, Experts, Hardware, Lengths, Network, Precision, ScaleUp};
use crate::stats::math;

const GIB: f64 = (1u64 << 30) as f64;

/// A model's shape. `catalog/architectures.csv`.
#[derive(Clone, Debug)]
pub struct Architecture {
    /// Other names that lookups accept.
    pub aliases: Vec<String>,
    /// Its shape; its name is the row's.
    pub shape: perf::Architecture,
    /// Source, date and confidence.
    pub provenance: Provenance,
    /// Free text.
    pub note: String,
}

/// Bandwidth between the chips of a replica. `catalog/links.csv`.
#[derive(Clone, Debug)]
pub struct Link {
    /// Name of the chip.
    pub chip: String,
    /// Both ways added, per chip [GB/s].
    pub link_gb_s: Known<f64>,
    /// Chips that it joins, of chips without an instance in the catalog: of others their instances say it.
    pub scale_up_chips: Option<u32>,
    /// Free text.
    pub note: String,
}

/// Shares of peaks that the chips of a vendor's family reach. `catalog/efficiencies.csv`.
#[derive(Clone, Debug)]
pub struct FamilyEfficiency {
    /// Vendor of the chips.
    pub vendor: String,
    /// Family of the chips.
    pub family: String,
    /// Chips whose rows were fitted; none where the shares are carried over from another family.
    pub fitted_chips: Vec<String>,
    /// Precisions of those rows.
    pub fitted_precisions: Vec<Precision>,
    /// The shares, software of the rows' date.
    pub shares: Efficiency,
    /// Source, date and confidence.
    pub provenance: Provenance,
    /// Free text.
    pub note: String,
}

impl FamilyEfficiency {
    /// Whether rows of this chip and precision were fitted, and of models like this one: dense.
    pub fn fitted(&self, chip: &str, weights: Precision, shape: &perf::Architecture) -> bool {
        self.fitted_chips.iter().any(|name| name == chip)
            && self.fitted_precisions.contains(&weights)
            && shape.experts.is_none()
    }
}

/// Speed of serving software of a date against that of the fitted rows. `catalog/serving_software.csv`.
#[derive(Clone, Debug)]
pub struct SoftwareSpeed {
    /// From when on, ISO prefix.
    pub date: String,
    /// Factor on all rates [-].
    pub speed: Known<f64>,
    /// Free text.
    pub note: String,
}

/// A published point of a curve over concurrent clients. `catalog/serving_points.csv`.
#[derive(Clone, Debug)]
pub struct ServingPoint {
    /// Name of the architecture.
    pub architecture: String,
    /// Name of the chip.
    pub chip: String,
    /// Chips of the replica.
    pub tensor_parallel: u32,
    /// Of the weights.
    pub precision: Precision,
    /// Of the requests.
    pub lengths: Lengths,
    /// Clients.
    pub concurrency: u64,
    /// Mean time to the first token [ms].
    pub ttft_ms: f64,
    /// Mean time between tokens [ms].
    pub itl_ms: f64,
    /// Of the replica [1/s].
    pub output_tokens_per_s: f64,
    /// Source, date and confidence.
    pub provenance: Provenance,
}

/// What a card of the catalog is made of.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// Row of the chip.
    pub chip: &'a Chip,
    /// Its numbers.
    pub hardware: Hardware,
    /// Row of the model.
    pub architecture: &'a Architecture,
    /// Row of the shares.
    pub efficiency: &'a FamilyEfficiency,
}

impl Parts<'_> {
    /// The same on the chips of this instance type: its scale-up domain and its network.
    pub fn on(mut self, instance: &Instance) -> Self {
        assert!(instance.chip == self.chip.name, "{} has {}, not {}", instance.name, instance.chip, self.chip.name);
        self.hardware.scale_up = Some(instance.scale_up());
        self
    }
}

impl Instance {
    /// Its scale-up domain, and the network that joins it to others.
    pub fn scale_up(&self) -> ScaleUp {
        let count = |chips: u64| u32::try_from(chips).expect("fewer chips than 32 bits count");
        let network = Network { gbit_s: self.network_gbps, chips: count(self.chips) };
        let network = (0.0 < self.network_gbps).then_some(network);
        ScaleUp { of: self.name.clone(), chips: count(self.scale_up_chips), network }
    }
}

/// Why the catalog cannot make a card.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoParts {
    /// A chip or model that is not there.
    #[error(transparent)]
    Unknown(#[from] UnknownName),
    /// Figures of the chip that nobody published.
    #[error("the catalog has no {} of {chip}", fields.join(", "))]
    Missing {
        /// Name.
        chip: String,
        /// Names of the fields.
        fields: Vec<&'static str>,
    },
}

impl Catalog {
    /// Model's shape by name or alias, any case (`llama-3.3-70b`, `Llama-2-70B`).
    pub fn architecture(&self, name: &str) -> Result<&Architecture, UnknownName> {
        let asked = name.to_lowercase();
        let is = |row: &&Architecture| row.shape.name == asked || row.aliases.contains(&asked);
        self.architectures.iter().find(is).ok_or_else(|| {
            let names = self.architectures.iter().flat_map(|row| std::iter::once(&row.shape.name).chain(&row.aliases));
            unknown("architecture", name, names)
        })
    }

    /// A chip's numbers for cards; the names of the fields that are not published.
    pub fn hardware(&self, chip: &Chip) -> Result<Hardware, NoParts> {
        let needed = [ChipField::HbmGib, ChipField::HbmTbS];
        let missing = needed.into_iter().filter(|&field| chip.field(field).is_not_published());
        let fields: Vec<&'static str> = missing.map(ChipField::name).collect();
        let [Some(gib), Some(tb_s)] = needed.map(|field| chip.field(field).value()) else {
            return Err(NoParts::Missing { chip: chip.name.clone(), fields });
        };
        let tflops = |known: &Known<f64>| known.value().map(|tflops| tflops * 1e12);
        let link = self.links.iter().find(|link| link.chip == chip.name);
        Ok(Hardware {
            name: chip.name.clone(),
            peak_flop_s: [chip.bf16_tflops(), chip.fp8_tflops(), chip.fp4_tflops()].map(tflops),
            memory_bytes: gib * GIB,
            memory_bytes_s: tb_s * 1e12,
            link_bytes_s: link.and_then(|link| link.link_gb_s.value()).map(|gb_s| gb_s * 1e9),
            scale_up: self.widest(chip).or_else(|| {
                let chips = link?.scale_up_chips?;
                Some(ScaleUp { of: chip.name.clone(), chips, network: None })
            }),
            tdp_w: chip.tdp_w().value(),
        })
    }

    /// The widest scale-up domain of the chip's instances; of equal ones that with the most network a chip, of those the first.
    fn widest(&self, chip: &Chip) -> Option<ScaleUp> {
        let of_chip = self.instances.iter().filter(|row| row.chip == chip.name);
        let network = |row: &Instance| row.network_gbps / row.chips as f64;
        let wider = |a: &&Instance, b: &&Instance| {
            a.scale_up_chips.cmp(&b.scale_up_chips).then(network(a).total_cmp(&network(b)))
        };
        of_chip.reduce(|best, row| if wider(&best, &row).is_lt() { row } else { best }).map(Instance::scale_up)
    }

    /// Everything that cards of this chip and model are made of; the scale-up domain is the widest of the chip's instances, see [`Parts::on`].
    pub fn card_parts(&self, chip: &str, architecture: &str) -> Result<Parts<'_>, NoParts> {
        let chip = self.chip(chip)?;
        let architecture = self.architecture(architecture)?;
        Ok(Parts { chip, hardware: self.hardware(chip)?, architecture, efficiency: self.efficiency(chip) })
    }

    /// Shares of the chip's family. Every family has a row.
    pub fn efficiency(&self, chip: &Chip) -> &FamilyEfficiency {
        let found = self.efficiencies.iter().find(|row| row.vendor == chip.vendor && row.family == chip.family);
        found.unwrap_or_else(|| panic!("efficiencies.csv: no row of {} {}", chip.vendor, chip.family))
    }

    /// Speed of serving software at a date (ISO, or its beginning) against that of the fitted rows [-]: between two rows geometric in time, before
    /// the first and after the last theirs. Eq. (120).
    pub fn software_speed(&self, date: &str) -> f64 {
        let points: Vec<(f64, f64)> =
            self.software.iter().map(|row| (years(&row.date), row.speed.value().expect("assert_whole"))).collect();
        let at = years(date);
        let after = points.iter().position(|(year, _)| at < *year);
        match after {
            Some(0) => points[0].1,
            None => points[points.len() - 1].1,
            Some(next) => {
                let ((from, a), (to, b)) = (points[next - 1], points[next]);
                a * math::pow(b / a, (at - from) / (to - from))
            }
        }
    }

    pub(super) fn assert_serving_whole(&self) {
        for link in &self.links {
            assert!(self.chip(&link.chip).is_ok(), "links.csv: no chip `{}`", link.chip);
        }
        for row in &self.instances {
            let whole = 0 < row.chips && row.scale_up_chips.is_multiple_of(row.chips);
            assert!(whole && 0 < row.scale_up_chips, "instances.csv: {}: no whole instances in its domain", row.name);
        }
        for chip in &self.chips {
            self.efficiency(chip);
        }
        for point in &self.serving_points {
            assert!(self.chip(&point.chip).is_ok(), "serving_points.csv: no chip `{}`", point.chip);
            assert!(self.architecture(&point.architecture).is_ok(), "serving_points.csv: {}", point.architecture);
        }
        assert!(self.software.is_sorted_by(|a, b| a.date < b.date), "serving_software.csv: dates ascend");
        assert!(self.software.iter().all(|row| row.speed.value().is_some()), "serving_software.csv: a blank speed");
    }
}

/// Years since nought of a date or its beginning, months of equal length.
fn years(date: &str) -> f64 {
    let part = |index: usize| date.split('-').nth(index).and_then(|part| part.parse::<f64>().ok());
    part(0).unwrap_or(0.0) + (part(1).unwrap_or(1.0) - 1.0 + (part(2).unwrap_or(1.0) - 1.0) / 31.0) / 12.0
}

fn words(row: &Row<'_>, column: &str) -> Vec<String> {
    row.maybe_text(column).split(';').filter(|word| !word.is_empty()).map(String::from).collect()
}

fn precision(row: &Row<'_>, word: &str) -> Precision {
    Precision::parse(word).unwrap_or_else(|| row.bug("no such precision"))
}

pub(super) fn architecture(row: &Row<'_>) -> Architecture {
    let experts = row.maybe_number("experts").map(|count| Experts {
        count,
        per_token: row.number("experts_per_token"),
        params: row.number("expert_params"),
    });
    let shape = perf::Architecture {
        name: row.text("architecture"),
        total_params: row.number("total_params"),
        active_params: row.number("active_params"),
        lookup_params: row.number("lookup_params"),
        layers: row.number("layers"),
        hidden: row.number("hidden"),
        prefill_width: row.number("heads") * row.number("head_dim"),
        decode_width: row.number("decode_width"),
        kv_heads: row.maybe_number("kv_heads"),
        kv_values_per_layer: row.number("kv_values_per_layer"),
        attention_layers: row.number("attention_layers"),
        experts,
        context_tokens: row.count("context_tokens"),
    };
    let experts_params = experts.map_or(0.0, |e| e.count * e.params);
    if shape.active_params > shape.total_params || experts_params >= shape.total_params {
        row.bug("parts of the parameters exceed their sum");
    }
    Architecture { aliases: words(row, "aliases"), shape, provenance: row.provenance(), note: row.maybe_text("note") }
}

pub(super) fn link(row: &Row<'_>) -> Link {
    let chips =
        |chips: f64| if 1.0 <= chips && chips < 1e6 { chips as u32 } else { row.bug("no such number of chips") };
    Link {
        chip: row.text("chip"),
        link_gb_s: row.known("link_gb_s", "low", "high"),
        scale_up_chips: row.maybe_number("scale_up_chips").map(chips),
        note: row.maybe_text("note"),
    }
}

pub(super) fn family_efficiency(row: &Row<'_>) -> FamilyEfficiency {
    FamilyEfficiency {
        vendor: row.text("vendor"),
        family: row.text("family"),
        fitted_chips: words(row, "fitted_chips"),
        fitted_precisions: words(row, "fitted_precisions").iter().map(|word| precision(row, word)).collect(),
        shares: Efficiency {
            mfu: row.number("mfu"),
            mbu: row.number("mbu"),
            overhead_s_per_layer: row.number("overhead_s_per_layer"),
            link_share: row.number("link_share"),
            software: 1.0,
        },
        provenance: row.provenance(),
        note: row.maybe_text("note"),
    }
}

pub(super) fn software_speed(row: &Row<'_>) -> SoftwareSpeed {
    SoftwareSpeed { date: row.date("date"), speed: row.known("speed", "low", "high"), note: row.maybe_text("note") }
}

pub(super) fn serving_point(row: &Row<'_>) -> ServingPoint {
    ServingPoint {
        architecture: row.text("architecture"),
        chip: row.text("chip"),
        tensor_parallel: u32::try_from(row.count("tensor_parallel")).unwrap_or_else(|_| row.bug("too many chips")),
        precision: precision(row, &row.text("precision")),
        lengths: Lengths { input_tokens: row.count("input_tokens"), output_tokens: row.count("output_tokens") },
        concurrency: row.count("concurrency"),
        ttft_ms: row.number("ttft_ms"),
        itl_ms: row.number("itl_ms"),
        output_tokens_per_s: row.number("output_tokens_per_s"),
        provenance: row.provenance(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> &'static Catalog {
        Catalog::embedded()
    }

    /// 2 x 8 heads x 128 x 80 layers = 163,840 values; latent attention 576 x 61 = 35,136.
    #[test]
    fn shapes_of_models_are_those_of_their_pages() {
        let values = |name: &str| catalog().architecture(name).unwrap().shape.kv_values();
        assert_eq!(values("llama-3.3-70b"), 163_840.0);
        assert_eq!((values("Llama-2-70B"), values("llama3.1-8b")), (163_840.0, 65_536.0));
        // Without grouped queries: 2 x 14,336 x 70.
        assert_eq!(values("bloom-176b"), 2_007_040.0);
        assert_eq!(values("deepseek-r1"), 35_136.0);
        for row in &catalog().architectures {
            let Some(e) = row.shape.experts else { continue };
            let active = row.shape.total_params - (e.count - e.per_token) * e.params;
            assert!((active / row.shape.active_params - 1.0).abs() < 0.01, "{}: {active:e}", row.shape.name);
        }
    }

    #[test]
    fn a_wrong_name_of_a_model_gets_the_nearest() {
        let error = catalog().architecture("lama-3.3-70b").unwrap_err();
        assert_eq!(error.suggestions[0], "llama-3.3-70b");
        assert!(error.to_string().starts_with("no architecture `lama-3.3-70b` in the catalog; did you mean"));
        let missing = catalog().card_parts("trainium4", "llama-3.3-70b").unwrap_err().to_string();
        assert_eq!(missing, "the catalog has no hbm_gib, hbm_tb_s of trainium4");
    }

    /// Of the chip alone the widest domain, of equal ones the most network a chip; an instance has its own; a chip without one that of links.csv.
    #[test]
    fn scale_up_domains_are_those_of_instances() {
        let widest = |chip: &str| catalog().hardware(catalog().chip(chip).unwrap()).unwrap().scale_up;
        let of = |chip: &str| widest(chip).map(|domain| (domain.of, domain.chips));
        assert_eq!(of("h100-sxm"), Some(("p5.48xlarge".into(), 8)));
        assert_eq!((of("trainium1"), of("gb300")), (Some(("trn1n.32xlarge".into(), 16)), Some(("gb300".into(), 72))));
        assert_eq!((of("maia-100"), of("gb200").unwrap().1, of("trainium2").unwrap().1), (None, 72, 64));
        let lone = catalog().card_parts("h100", "llama-3.3-70b").unwrap().on(catalog().instance("p5.4xlarge").unwrap());
        let domain = lone.hardware.scale_up.unwrap();
        assert_eq!((domain.chips, domain.network), (1, Some(Network { gbit_s: 100.0, chips: 1 })));
    }

    /// Halfway between two dates the speed is the geometric mean of theirs; outside it is that of the end.
    #[test]
    fn software_speed_is_geometric_between_dates() {
        let rows = &catalog().software;
        let speed = |index: usize| rows[index].speed.value().unwrap();
        assert_eq!(catalog().software_speed("2019"), speed(0));
        assert_eq!(catalog().software_speed("2030"), speed(rows.len() - 1));
        assert_eq!(catalog().software_speed(&rows[1].date), speed(1));
        assert_eq!(years("2024-07"), 2024.5);
    }
}
