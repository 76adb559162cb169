//! Investments: who pays whom, when; what is sunk and what hangs on a condition. Pays nothing.

use super::desk::Desk;
use super::time::{Times, date_text};
use crate::spec::{self, Named};
use crate::units::IdVec;
use crate::world::model::{CloudId, Investment, TenantId, Tranche};

/// Investments in order of name.
pub(super) fn investments(desk: &mut Desk<'_>, times: &Times) -> IdVec<Investment> {
    let spec = desk.spec;
    IdVec(spec.investments.iter().map(|investment| one(desk, times, investment)).collect())
}

fn one(desk: &mut Desk<'_>, times: &Times, investment: &Named<spec::Investment>) -> Investment {
    let mut built = Investment {
        name: investment.name.clone(),
        cloud: payer(desk, investment),
        tenant: receiver(desk, investment),
        tranches: Vec::new(),
        sunk_usd: 0.0,
        conditional_usd: 0.0,
    };
    let mut tranches: Vec<&spec::Tranche> = investment.table.tranches.iter().collect();
    tranches.sort_by_key(|tranche| tranche.at.as_ref().map(|at| at.value));
    for tranche in tranches {
        place(desk, times, &mut built, tranche, &investment.path);
    }
    built
}

/// Puts a tranche where it belongs: sunk, inside, beyond the end, or conditional (told by the reader, never paid).
fn place(desk: &mut Desk<'_>, times: &Times, built: &mut Investment, tranche: &spec::Tranche, path: &str) {
    let Some(at) = &tranche.at else {
        built.conditional_usd += desk.median(&tranche.usd);
        return;
    };
    if times.before_start(at.value) {
        built.sunk_usd += desk.median(&tranche.usd);
        return;
    }
    let name = tranche.name.as_ref().map_or_else(|| date_text(at.value), |name| name.value.clone());
    let when = times.clip(at.value);
    if times.end <= when {
        desk.note(format!("{path}: tranche {name} falls on {}, beyond the end, and is not paid", date_text(at.value)));
        return;
    }
    built.tranches.push(Tranche { name, at: when, usd: desk.param(&tranche.usd, (0.0, 1e14)) });
}

fn payer(desk: &mut Desk<'_>, investment: &Named<spec::Investment>) -> CloudId {
    let clouds = &desk.spec.clouds;
    let found = match &investment.table.from {
        Some(name) => desk.find(clouds, name, "cloud"),
        None if clouds.len() == 1 => Some(0),
        None => {
            let message = format!("investment `{}` does not say which cloud pays", investment.name);
            desk.problem(investment.origin, &investment.path, message, "write `from = \"CLOUD\"`");
            None
        }
    };
    CloudId::new(found.unwrap_or(0))
}

fn receiver(desk: &mut Desk<'_>, investment: &Named<spec::Investment>) -> TenantId {
    let labs = &desk.spec.labs;
    let found = match &investment.table.lab {
        Some(name) => desk.find(labs, name, "lab"),
        None => labs.iter().position(|lab| lab.name == investment.name),
    };
    if found.is_none() && investment.table.lab.is_none() {
        let message =
            format!("investment `{}` does not say which lab receives, and no lab has its name", investment.name);
        desk.problem(investment.origin, &investment.path, message, "write `lab = \"LAB\"`");
    }
    TenantId::new(found.unwrap_or(0))
}
