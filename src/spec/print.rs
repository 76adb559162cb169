//! The merged file as text, with where each value came from. Prints to nowhere: the caller does.

use super::define::{Kind, ROOT};
use super::read::Read;
use super::sources::Sources;
use super::tree::{Node, Value, bare_or_quoted};

/// The file after `extends` and `--set`, each leaf followed by `# from file:line:col` or `# from --set #n`.
///
/// What it returns is itself a scenario file that means the same.
pub fn print_config(read: &Read) -> String {
    static WHOLE: Kind = Kind::Table(&ROOT);
    let mut out = String::new();
    section(&read.tree, &WHOLE, "", &read.sources, &mut out);
    out
}

/// Leaves first, then the tables below, each with its header.
fn section(node: &Node, kind: &'static Kind, header: &str, sources: &Sources, out: &mut String) {
    let Some(entries) = node.entries() else { return };
    let names: Vec<&String> = match kind.table(node) {
        Some(table) => {
            table.keys.iter().filter_map(|key| entries.get_key_value(key.name)).map(|(name, _)| name).collect()
        }
        None => entries.keys().collect(),
    };
    let notes = entries.keys().filter(|name| !names.contains(name));
    let names: Vec<&String> = names.iter().copied().chain(notes).collect();
    let child = |name: &str| kind.child(node, name);
    let is_section =
        |name: &&&String| child(name).is_some_and(Kind::is_container) && entries[**name].node.entries().is_some();
    let (below, leaves): (Vec<&&String>, Vec<&&String>) = names.iter().partition(is_section);
    if !header.is_empty() && (!leaves.is_empty() || below.is_empty()) {
        out.push_str(&format!("\n[{header}]\n"));
    }
    for name in leaves {
        leaf(name, &entries[*name].node, sources, out);
    }
    for name in below {
        let key = bare_or_quoted(name);
        let own = if header.is_empty() { key } else { format!("{header}.{key}") };
        if let Some(child) = child(name) {
            section(&entries[*name].node, child, &own, sources, out);
        }
    }
}

fn leaf(name: &str, node: &Node, sources: &Sources, out: &mut String) {
    let from = |node: &Node| sources.describe(node.origin).replace(['\n', '\r'], " ");
    let key = bare_or_quoted(name);
    match &node.value {
        Value::List(items) if items.iter().any(|item| item.entries().is_some()) => {
            out.push_str(&format!("{key} = [\n"));
            for item in items {
                out.push_str(&format!("  {},  # from {}\n", item.to_toml(), from(item)));
            }
            out.push_str("]\n");
        }
        _ => out.push_str(&format!("{key} = {}  # from {}\n", node.to_toml(), from(node))),
    }
}
