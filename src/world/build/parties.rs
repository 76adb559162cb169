//! Everyone money moves between: clouds and labs by name, then the boundary. Moves nothing.

use super::desk::{Desk, did_you_mean};
use crate::units::IdVec;
use crate::world::model::{Party, PartyId};

/// Outside every balance, in this order after clouds and labs.
pub(crate) const BOUNDARY: [&str; 6] = [
    "chip suppliers",
    "utilities",
    "facility owners",
    "operations staff and network",
    "outside investors",
    "end customers",
];

/// Clouds, labs and the boundary, with their opening cash.
pub(super) fn parties(desk: &mut Desk<'_>) -> IdVec<Party> {
    let spec = desk.spec;
    let clouds = spec.clouds.iter().map(|cloud| &cloud.name);
    let mut parties: Vec<Party> =
        clouds.chain(spec.labs.iter().map(|lab| &lab.name)).map(|name| party(name, false)).collect();
    for lab in &spec.labs {
        let taken = BOUNDARY.contains(&lab.name.as_str()) || spec.clouds.iter().any(|cloud| cloud.name == lab.name);
        if taken {
            let message = format!("`{}` names two parties, and money moves between parties by name", lab.name);
            desk.problem(lab.origin, &lab.path, message, "rename the lab, e.g. the cloud's own lab `amazon_lab`");
        }
    }
    for cash in &spec.initial.cash {
        let usd = desk.number(&cash.table);
        match parties.iter_mut().find(|party| party.name == cash.name) {
            Some(party) => party.opening_usd = usd,
            None => {
                let remedy = did_you_mean(&cash.name, parties.iter().map(|party| party.name.as_str()), "cloud or lab");
                desk.problem(cash.origin, &cash.path, format!("there is no cloud or lab `{}`", cash.name), remedy);
            }
        }
    }
    parties.extend(BOUNDARY.iter().map(|name| party(name, true)));
    IdVec(parties)
}

/// Party of the `index`-th cloud.
pub(super) fn of_cloud(index: usize) -> PartyId {
    PartyId::new(index)
}

/// Party of the `index`-th lab.
pub(super) fn of_lab(desk: &Desk<'_>, index: usize) -> PartyId {
    PartyId::new(desk.spec.clouds.len() + index)
}

fn party(name: &str, boundary: bool) -> Party {
    Party { name: name.to_owned(), boundary, opening_usd: 0.0 }
}
