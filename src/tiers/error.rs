//! What windows say of a whole run: each stratum's mean error, weighed by what it stands for. Eq. (166).

use super::compare::Compared;
use super::figure::{FIGURES, Figure};
use super::sample::{Band, Candidate, Chosen, Why};
use crate::world::ServiceId;
use std::collections::BTreeMap;

/// Error of a figure of a service over a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelError {
    /// Service.
    pub service: ServiceId,
    /// Figure.
    pub figure: Figure,
    /// Fluid less request, in the figure's unit.
    pub error: f64,
    /// Windows behind it.
    pub windows: usize,
    /// Share of the run, by weight, whose strata had a window.
    pub covered: f64,
}

/// Errors of the services that had windows. What was not chosen by chance stands for itself alone; a stratum without a window is left out.
pub fn model_errors(candidates: &[Candidate], played: &[(Chosen, Compared)]) -> Vec<ModelError> {
    let mut services: Vec<ServiceId> = played.iter().map(|(chosen, _)| candidates[chosen.at].row.service).collect();
    services.sort_unstable();
    services.dedup();
    let of =
        |service: ServiceId| FIGURES.into_iter().filter_map(move |figure| one(candidates, played, service, figure));
    services.into_iter().flat_map(of).collect()
}

fn one(
    candidates: &[Candidate],
    played: &[(Chosen, Compared)],
    service: ServiceId,
    figure: Figure,
) -> Option<ModelError> {
    let weight = |at: usize| weight(&candidates[at], figure);
    // By stratum: weight of all that chance could choose, sum and number of errors.
    let mut strata: BTreeMap<Band, (f64, f64, usize)> = BTreeMap::new();
    let mut all = 0.0;
    for one in candidates.iter().filter(|one| one.row.service == service) {
        all += self::weight(one, figure);
        strata.entry(one.band).or_default().0 += self::weight(one, figure);
    }
    let (mut sum, mut covered, mut windows) = (0.0, 0.0, 0);
    for (chosen, compared) in played.iter().filter(|(chosen, _)| candidates[chosen.at].row.service == service) {
        let stratum = strata.get_mut(&candidates[chosen.at].band).expect("its stratum");
        let found = compared.found.iter().find(|found| found.figure == figure);
        if chosen.why != Why::Stratum {
            stratum.0 -= weight(chosen.at);
        }
        let Some(found) = found else { continue };
        windows += 1;
        if chosen.why == Why::Stratum {
            stratum.1 += found.error();
            stratum.2 += 1;
        } else {
            sum += weight(chosen.at) * found.error();
            covered += weight(chosen.at);
        }
    }
    for (of_stratum, errors, n) in strata.into_values().filter(|stratum| 0 < stratum.2) {
        sum += of_stratum * errors / n as f64;
        covered += of_stratum;
    }
    (0.0 < covered).then(|| ModelError { service, figure, error: sum / covered, windows, covered: covered / all })
}

/// What the metric beside it is a mean over.
fn weight(one: &Candidate, figure: Figure) -> f64 {
    let did = &one.row.did;
    match figure {
        Figure::Busy => did.ready as f64,
        Figure::Attained | Figure::Shed => did.demanded as f64,
        Figure::Tpot | Figure::Ttft => did.first as f64,
    }
}
