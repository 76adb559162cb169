//! What the file declares by name, and whether a reference finds it. Purely by name: dates and megawatts are the world's.

use super::define::Refers;
use super::suggest;
use super::syntax::Lost;
use super::tree::Node;
use std::collections::BTreeSet;

/// Names declared by the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub factors: BTreeSet<String>,
    clouds: BTreeSet<String>,
    sites: BTreeSet<String>,
    pools: BTreeSet<String>,
    labs: BTreeSet<String>,
    parties: BTreeSet<String>,
    workloads: BTreeSet<String>,
    investments: BTreeSet<String>,
    contracts: BTreeSet<String>,
    bets: BTreeSet<String>,
    bet_parts: BTreeSet<String>,
}

impl Names {
    /// The names a merged file declares.
    pub fn of(tree: &Node) -> Names {
        let keys = |table: &str| -> BTreeSet<String> {
            tree.get(table).and_then(Node::entries).map(|e| e.keys().cloned().collect()).unwrap_or_default()
        };
        let under = |table: &str| keys(table).iter().map(|name| format!("{table}.{name}")).collect();
        let (clouds, labs, bets) = (keys("clouds"), keys("labs"), keys("bets"));
        let mut workloads = BTreeSet::new();
        for lab in &labs {
            let of_lab = tree.get("labs").and_then(|labs| labs.get(lab)?.get("workloads")?.entries());
            workloads.extend(of_lab.into_iter().flat_map(|w| w.keys()).map(|w| format!("labs.{lab}.workloads.{w}")));
        }
        let parts = ["", ".invest", ".host", ".resell"];
        Names {
            factors: keys("factors"),
            sites: keys("sites"),
            pools: keys("pools"),
            parties: clouds.union(&labs).cloned().collect(),
            clouds,
            labs,
            workloads,
            investments: under("investments"),
            contracts: under("contracts"),
            bet_parts: bets.iter().flat_map(|bet| parts.iter().map(move |part| format!("{bet}{part}"))).collect(),
            bets,
        }
    }

    /// What is wrong with a reference, and the cure; None when it finds what it names.
    pub fn judge(&self, name: &str, refers: Refers, lost: &Lost) -> Option<(String, String)> {
        let (known, what) = match refers {
            Refers::Anything => return None,
            Refers::Cloud => (&self.clouds, "cloud"),
            Refers::Site => (&self.sites, "site"),
            Refers::Pool => (&self.pools, "pool"),
            Refers::Lab => (&self.labs, "lab"),
            Refers::Party => (&self.parties, "lab or cloud"),
            Refers::Workload => (&self.workloads, "workload"),
            Refers::Investment => (&self.investments, "investment"),
            Refers::Contract => (&self.contracts, "contract"),
            Refers::Bet => (&self.bets, "bet"),
            Refers::BetPart => (&self.bet_parts, "bet or part of a bet"),
        };
        let is_lost = lost.all || name.split('.').any(|part| lost.names.contains(part) || lost.keys.contains(part));
        if known.contains(name) || is_lost {
            return None;
        }
        let prefixed = known.iter().find(|path| path.rsplit('.').next() == Some(name));
        let remedy = match prefixed {
            Some(path) => format!("write the full path `{path}`"),
            None => suggest::remedy(name, known.iter().map(String::as_str), what),
        };
        Some((format!("there is no {what} `{name}`"), remedy))
    }

    /// True for a lab.
    pub fn is_lab(&self, name: &str) -> bool {
        self.labs.contains(name)
    }
    /// True for a cloud.
    pub fn is_cloud(&self, name: &str) -> bool {
        self.clouds.contains(name)
    }
}
