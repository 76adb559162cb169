//! Contracts, investments and bets from judged tables.

use super::*;

pub(super) fn contract(mut t: Record) -> Contract {
    Contract {
        between: t.texts("between"),
        start: t.date("start"),
        commit: t.record("commit").map(|mut t| Commit {
            usd: t.must_leaf("usd"),
            years: t.must_integer("years"),
            ramp: t.leaves("ramp"),
        }),
        price: t.record("price").map(price),
        internal: t.bool("internal"),
    }
}

fn price(mut t: Record) -> ContractPrice {
    ContractPrice {
        ratio_to: t.text("ratio_to"),
        ratio: t.leaf("ratio"),
        usd_per_chip_hour: t.leaf_or_by_name("usd_per_chip_hour"),
        from: t.date("from"),
        until: t.date("until"),
    }
}

pub(super) fn investment(mut t: Record, not_modelled: &mut Vec<At<String>>) -> Investment {
    let tranche = |mut t: Record| {
        let tranche = Tranche {
            name: t.text("name"),
            usd: t.must_leaf("usd"),
            at: t.date("at"),
            when: t.text("when"),
            after: t.leaf("after"),
        };
        if let Some(when) = &tranche.when {
            let value = format!("conditional tranche ({}): never paid", when.value);
            not_modelled.push(At { value, origin: when.origin, path: t.path });
        }
        tranche
    };
    Investment { from: t.text("from"), lab: t.text("lab"), tranches: t.list("tranches", tranche) }
}

pub(super) fn bet(mut t: Record, not_modelled: &mut Vec<At<String>>) -> Bet {
    let bet = Bet { invest: t.texts("invest"), host: t.texts("host"), resell: t.texts("resell") };
    for model in &bet.resell {
        let value = format!("resale of {}: comes with the market", model.value);
        not_modelled.push(At { value, origin: model.origin, path: model.path.clone() });
    }
    bet
}
