//! Where a service lies beyond what the table of admission was measured at: there its end is read. Judges nothing.

use super::{AdmissionTable, Asked, place};

/// How a service is used, as far as the table has an axis for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Fewest replicas, and those that its peak needs.
    pub replicas: (f64, f64),
    /// Peak load even of the most replicas it may have.
    pub peak_load: f64,
}

/// An axis whose end is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Beyond {
    /// Bursts larger than any measured.
    Bursts {
        /// Index of dispersion that is looked up: the service's, as the reference replica would meet it.
        dispersion: f64,
        /// Of the table.
        most: f64,
        /// Replicas up to which it is; with more, each has too small a part of them.
        replicas: f64,
    },
    /// Numbers smoother than any measured.
    Smooth {
        /// The service's.
        dispersion: f64,
        /// Of the table.
        least: f64,
    },
    /// A share of answers in all tokens outside of the mixes.
    Mix {
        /// The service's.
        output_share: f64,
        /// The end that is read.
        end: f64,
    },
    /// More replicas than measured: as the most that were, with their part of the requests. Eq. (173).
    Replicas {
        /// Those that its peak needs.
        replicas: f64,
        /// Of the table.
        most: f64,
    },
    /// A load above those measured.
    Load {
        /// The service's.
        load: f64,
        /// Of the table.
        most: f64,
    },
}

impl AdmissionTable {
    /// Every axis beyond whose end the service lies. Loads and replicas are only those it cannot avoid.
    pub fn beyond(&self, asked: &Asked<'_>, range: &Range) -> Vec<Beyond> {
        let last = |axis: &[f64]| axis[axis.len() - 1];
        let mut found = Vec::new();
        let (least, most) = (self.dispersions[0], last(&self.dispersions));
        let factor = self.largest_factor(asked);
        if most < asked.dispersion * factor {
            let measured = last(&self.replicas);
            // 1 + (n_most/n)(D - 1), times the factor, is the end of the axis.
            let part = most / factor - 1.0;
            let until = if part <= 0.0 { f64::INFINITY } else { measured * (asked.dispersion - 1.0) / part };
            if range.replicas.0 <= until {
                found.push(Beyond::Bursts { dispersion: asked.dispersion * factor, most, replicas: until });
            }
        } else if asked.dispersion < least {
            found.push(Beyond::Smooth { dispersion: asked.dispersion, least });
        }
        let end = asked.output_share.clamp(self.shares[0], last(&self.shares));
        if end != asked.output_share {
            found.push(Beyond::Mix { output_share: asked.output_share, end });
        }
        let most = last(&self.replicas);
        if most < range.replicas.1 {
            found.push(Beyond::Replicas { replicas: range.replicas.1, most });
        }
        let most = last(&self.loads);
        if most < range.peak_load {
            found.push(Beyond::Load { load: range.peak_load, most });
        }
        found
    }

    /// The largest factor under which the table looks up a dispersion. Eq. (173).
    fn largest_factor(&self, asked: &Asked<'_>) -> f64 {
        let (mix, part) = place(&self.shares, asked.output_share);
        let slower = asked.seconds_per_request / super::between(&self.seconds, mix, part);
        let mixes = [(mix, 1.0 - part), (mix + 1, part)].into_iter().filter(|(_, weight)| 0.0 < *weight);
        let factors = mixes.flat_map(|(mix, _)| {
            (0..self.loads.len()).filter_map(move |load| Some(self.as_reference(asked, load, mix)?.0))
        });
        factors.fold(slower, f64::max)
    }
}
