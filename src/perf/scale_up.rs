//! The chips that one interconnect joins, and the network that joins several such domains. Knows no model and no efficiency.

use super::hardware::Hardware;
use super::refusal::Refusal;

/// A scale-up domain: the chips of a server, an UltraServer, a rack or a pod that one interconnect joins.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaleUp {
    /// Whose it is, for messages: an instance type, or the chip where the catalog has no instance of it.
    pub of: String,
    /// Chips on it; at least 1.
    pub chips: u32,
    /// What joins it to others; `None` where it is not known.
    pub network: Option<Network>,
}

/// Network of one instance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Network {
    /// Of all its chips, one way [Gbit/s].
    pub gbit_s: f64,
    /// Chips of the instance, each with the same share of it; at least 1.
    pub chips: u32,
}

impl Network {
    /// What each chip has of it, one way [bytes/s].
    pub fn chip_bytes_s(&self) -> f64 {
        self.gbit_s * 1e9 / 8.0 / f64::from(self.chips)
    }
}

impl Hardware {
    /// Whether so many chips are more than one interconnect joins.
    pub fn is_beyond(&self, chips: u32) -> bool {
        self.scale_up.as_ref().is_some_and(|domain| domain.chips < chips)
    }

    /// Bandwidth between so many chips, one way and per chip [bytes/s]: the interconnect's within a scale-up domain, beyond it the slower of that and of
    /// the chip's share of the network. `None` of one chip. Refused where the catalog does not know one of them, and where domains would be cut. Eq. (126).
    pub fn link_one_way(&self, chips: u32) -> Result<Option<f64>, Refusal> {
        if chips <= 1 {
            return Ok(None);
        }
        let Some(both) = self.link_bytes_s else { return Err(Refusal::Link { chip: self.name.clone(), chips }) };
        let refuse = |arithmetic| Err(Refusal::Domain { chip: self.name.clone(), chips, arithmetic });
        let Some(domain) = &self.scale_up else {
            return refuse("how many chips its interconnect joins is not known: the catalog has no instance of it, and no `scale_up_chips` in links.csv".into());
        };
        if !self.is_beyond(chips) {
            return Ok(Some(both / 2.0));
        }
        let (each, of) = (domain.chips, &domain.of);
        if !chips.is_multiple_of(each) {
            let domains = f64::from(chips) / f64::from(each);
            return refuse(format!(
                "a scale-up domain of {of} has {each} chips, and {chips} / {each} = {domains:.2} is no whole number of them"
            ));
        }
        match domain.network {
            None => refuse(format!(
                "a scale-up domain of {of} has {each} chips, and the catalog has no network that joins {chips} / {each} = {} of them",
                chips / each
            )),
            Some(network) => Ok(Some((both / 2.0).min(network.chip_bytes_s()))),
        }
    }

    /// What there is to tell of so many chips and their scale-up domain: that they are wider than it, or that they do not divide it.
    pub fn told_of(&self, chips: u32) -> Option<String> {
        let (domain, name) = (self.scale_up.as_ref()?, &self.name);
        let (each, of) = (domain.chips, &domain.of);
        if let (true, Some(network), Some(both)) = (self.is_beyond(chips), domain.network, self.link_bytes_s) {
            let Network { gbit_s, chips: among } = network;
            return Some(format!(
                "{chips} x {name} are {} scale-up domains of {each} ({of}): the sums of their layers go over its network, {} GB/s a chip one way = {gbit_s} Gbit/s / 8 / {among}, \
                 not only over the interconnect's {}; extrapolated, Eq. (126)",
                chips / each,
                shown(network.chip_bytes_s()),
                shown(both / 2.0)
            ));
        }
        let idle = each % chips.max(1);
        (0 < idle && !self.is_beyond(chips)).then(|| {
            format!(
                "{chips} x {name} do not divide the scale-up domain of {each} ({of}): beside {} such replicas {idle} of its chips are left over",
                each / chips
            )
        })
    }
}

/// GB/s, to the tenth of a MB/s.
fn shown(bytes_s: f64) -> f64 {
    (bytes_s / 1e5).round() / 1e4
}
