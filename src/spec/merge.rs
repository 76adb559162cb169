//! One tree laid over another, as `extends` and `set` do: tables are joined, everything else is replaced.

use super::define::Kind;
use super::tree::{Node, Value};

/// Lays `over` over `base`, which has this kind.
pub(super) fn overlay(base: &mut Node, over: Node, kind: Option<&'static Kind>) {
    let joined = kind.filter(|kind| kind.is_container() && !changes_variant(base, &over, kind));
    let (Some(kind), true) = (joined, base.entries().is_some() && over.entries().is_some()) else {
        *base = over;
        return;
    };
    let children: Vec<_> = over.entries().into_iter().flatten().map(|(name, _)| kind.child(base, name)).collect();
    let rivals: Vec<_> = over.entries().into_iter().flatten().map(|(name, _)| rivals(base, kind, name)).collect();
    base.origin = over.origin;
    let (Value::Table(entries), Value::Table(overs)) = (&mut base.value, over.value) else { return };
    for ((name, entry), (child, rivals)) in overs.into_iter().zip(children.into_iter().zip(rivals)) {
        for rival in rivals {
            entries.remove(rival);
        }
        match entries.get_mut(&name) {
            Some(existing) => {
                existing.key = entry.key;
                overlay(&mut existing.node, entry.node, child);
            }
            None => drop(entries.insert(name, entry)),
        }
    }
}

/// Keys that say the same thing as `name` another way: giving one takes the others out of what it is laid over.
pub(super) fn rivals(node: &Node, kind: &'static Kind, name: &str) -> Vec<&'static str> {
    let groups = kind.table(node).map_or(&[][..], |table| table.groups);
    groups
        .iter()
        .filter(|g| g.keys.contains(&name))
        .flat_map(|g| g.keys.iter().copied())
        .filter(|k| *k != name)
        .collect()
}

/// True when `over` makes another kind of workload of `base`.
fn changes_variant(base: &Node, over: &Node, kind: &Kind) -> bool {
    let tag = |node: &Node| node.get("kind").and_then(Node::text).map(str::to_owned);
    matches!(kind, Kind::Variant(..)) && tag(over).is_some_and(|new| tag(base) != Some(new))
}
