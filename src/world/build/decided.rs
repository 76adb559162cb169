//! What a strategy sets at `decide_at` among shares of chips and prices: entries of the tables, dated. Knows no effect.

use super::bets::matches;
use crate::spec::{At, Dated, Leaf, Named, Note, Origin, PriceSpec, PriceStep, Quantity, SetLeaf, Spec};
use crate::units::Date;

/// The scenario as `strategy` has it from `decide_at` on; None where it sets no dated leaf.
///
/// An entry dated at or after `decide_at` has another amount; one in force before is followed by an entry of that day. So every
/// check of the world sees it, and before `decide_at` nothing differs. What cannot be set so is left to `bets::without` to refuse.
pub(super) fn spec(spec: &Spec, strategy: &str) -> Option<Spec> {
    let decide = spec.scenario.decide_at.as_ref()?.value;
    let strategy = spec.strategies.iter().find(|table| table.name == strategy)?;
    let acts =
        |leaf: &SetLeaf| leaf.toml.trim().parse::<f64>().is_ok() && dated(spec, &leaf.path.value, decide).is_ok();
    let sets: Vec<&SetLeaf> = strategy.table.set.iter().filter(|leaf| acts(leaf)).collect();
    if sets.is_empty() {
        return None;
    }
    let mut changed = spec.clone();
    for leaf in sets {
        let set =
            Set { pattern: &leaf.path.value, at: &leaf.path, value: leaf.toml.trim().parse().expect("tried"), decide };
        for pool in &mut changed.pools {
            let shares = pool.table.guaranteed.iter_mut().chain(&mut pool.table.reserved);
            shares.for_each(|tenant| set.share(&mut tenant.table));
            pool.table.prices.iter_mut().for_each(|price| set.price(price));
        }
    }
    Some(changed)
}

/// How many shares and prices `pattern` matches that can be set at `decide`; else why one of them cannot.
pub(super) fn dated(spec: &Spec, pattern: &str, decide: Date) -> Result<usize, String> {
    let mut found = 0;
    for pool in &spec.pools {
        for tenant in pool.table.guaranteed.iter().chain(&pool.table.reserved) {
            for (n, entry) in tenant.table.iter().enumerate() {
                if matches(pattern, &entry.amount.path) {
                    if !stands(&tenant.table, n, decide) {
                        let on = entry.at.value.date();
                        return Err(format!("`{}` holds from {on} and is over by then", entry.amount.path));
                    }
                    found += 1;
                }
            }
        }
        for price in &pool.table.prices {
            for step in &price.table.steps {
                let leaves = step.times.iter().chain(&step.usd_per_chip_hour);
                if let Some(leaf) = leaves.into_iter().find(|leaf| matches(pattern, &leaf.path)) {
                    if step.at.value < decide {
                        return Err(format!("`{}` has happened by then, on {}", leaf.path, step.at.value.date()));
                    }
                    found += 1;
                }
            }
            found += usize::from(matches(pattern, &base(price)));
        }
    }
    if found == 0 { Err(String::new()) } else { Ok(found) }
}

/// Whether the entry at `n` is in force at `decide` or comes later.
fn stands(entries: &[Dated], n: usize, decide: Date) -> bool {
    let at = entries[n].at.value;
    decide <= at || !entries.iter().any(|other| at < other.at.value && other.at.value <= decide)
}

fn base(price: &Named<PriceSpec>) -> String {
    format!("{}.usd_per_chip_hour", price.path)
}

/// One leaf that a strategy sets.
struct Set<'s> {
    pattern: &'s str,
    at: &'s At<String>,
    value: f64,
    decide: Date,
}

impl Set<'_> {
    fn leaf(&self, path: &str, note: Note) -> Leaf {
        let origin: Origin = self.at.origin;
        Leaf { quantity: Quantity::Fixed(self.value), origin, path: path.to_owned(), note }
    }

    fn share(&self, entries: &mut Vec<Dated>) {
        for n in 0..entries.len() {
            let entry = &entries[n];
            if !matches(self.pattern, &entry.amount.path) {
                continue;
            }
            if self.decide <= entry.at.value {
                entries[n].amount = self.leaf(&entry.amount.path.clone(), Note::default());
            } else {
                let at = At { value: self.decide, origin: self.at.origin, path: self.at.path.clone() };
                entries.push(Dated { at, amount: self.leaf(&self.at.path, Note::default()) });
            }
        }
    }

    fn price(&self, price: &mut Named<PriceSpec>) {
        let base = base(price);
        for step in &mut price.table.steps {
            for leaf in step.times.iter_mut().chain(&mut step.usd_per_chip_hour) {
                if matches(self.pattern, &leaf.path) {
                    *leaf = self.leaf(&leaf.path.clone(), Note::default());
                }
            }
        }
        if matches(self.pattern, &base) {
            let at = At { value: self.decide, origin: self.at.origin, path: self.at.path.clone() };
            let usd = self.leaf(&self.at.path, Note::default());
            price.table.steps.push(PriceStep { name: None, at, times: None, usd_per_chip_hour: Some(usd) });
        }
    }
}
