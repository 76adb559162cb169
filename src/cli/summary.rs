//! What a study would be: how many runs, over which time, on which pools. Judges nothing.

use crate::finance::median;
use crate::report::table::{Cell, Column, Table, show};
use crate::study::Plan;
use crate::units::SimTime;
use crate::world::{Pool, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A study before it is run.
pub struct Summary {
    name: String,
    question: String,
    strategies: Vec<String>,
    futures: Vec<String>,
    draws: u32,
    replications: u32,
    unknowns: usize,
    start: String,
    end: String,
    decide_at: Option<String>,
    years: f64,
    pools: Table,
    notes: Vec<String>,
}

impl Summary {
    /// Of a plan; pools are shown as the first strategy and future have them.
    pub fn of(plan: &Plan) -> Summary {
        let first = &plan.cells.first().expect("a study has at least one cell").world;
        let date = |at: SimTime| day(&first.calendar.date(at).to_string());
        let notes: BTreeSet<&String> = plan.cells.iter().flat_map(|cell| &cell.world.notes).collect();
        Summary {
            name: first.name.clone(),
            question: first.question.clone(),
            strategies: plan.strategies.clone(),
            futures: plan.futures.clone(),
            draws: plan.draws,
            replications: plan.replications,
            unknowns: first.unknowns.len(),
            start: date(first.start),
            end: date(first.end),
            decide_at: first.decide_at.map(date),
            years: first.end.since(first.start).hours() / (24.0 * 365.25),
            pools: pools(first),
            notes: notes.into_iter().cloned().collect(),
        }
    }

    /// Runs of the study: strategies x futures x draws x replications.
    pub fn runs(&self) -> u64 {
        self.strategies.len() as u64 * self.futures.len() as u64 * u64::from(self.draws) * u64::from(self.replications)
    }

    /// For people.
    pub fn text(&self) -> String {
        let count = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        let cells = [
            count(self.strategies.len(), "strategy", "strategies"),
            count(self.futures.len(), "future", "futures"),
            count(self.draws as usize, "draw", "draws"),
            count(self.replications as usize, "replication", "replications"),
        ];
        let mut out = String::new();
        if !self.question.is_empty() {
            out += &format!("{}\n", self.question);
        }
        out += &format!("study    {} = {}\n", cells.join(" x "), count_runs(self.runs()));
        let decided = self.decide_at.as_ref().map_or(String::new(), |at| format!(", decided {at}"));
        out += &format!("horizon  {} to {} ({} years){decided}\n", self.start, self.end, show(self.years));
        out += &format!("unknown  {}\n\n", count(self.unknowns, "number", "numbers"));
        out += &self.pools.to_text();
        if !self.notes.is_empty() {
            out += "\nto know\n";
            out.extend(self.notes.iter().map(|note| format!("  {note}\n")));
        }
        out
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "name": self.name,
            "question": self.question,
            "strategies": self.strategies,
            "futures": self.futures,
            "draws": self.draws,
            "replications": self.replications,
            "runs": self.runs(),
            "unknowns": self.unknowns,
            "start": self.start,
            "end": self.end,
            "decide_at": self.decide_at,
            "pools": self.pools.to_json()["rows"],
            "notes": self.notes,
        })
    }
}

/// A date without a midnight.
pub fn day(date: &str) -> String {
    date.strip_suffix("T00:00:00").unwrap_or(date).to_owned()
}

fn count_runs(runs: u64) -> String {
    format!("{} run{}", show(runs as f64), if runs == 1 { "" } else { "s" })
}

/// Sizes at the start, and what is still to come; abstract pools have neither power nor price: blank, not zero.
fn pools(world: &World) -> Table {
    let real = world.pools.iter().any(is_real);
    let mut columns = vec![Column::left("pool")];
    if real {
        columns.extend(["instance", "site"].map(Column::left));
    }
    columns.extend(["nodes", "chips"].map(Column::right));
    if real {
        columns.extend(["mw", "usd_bn"].map(Column::right));
    }
    columns.push(Column::right("nodes_to_come"));
    let mut table = Table::new("pools at the start", columns);
    for pool in world.pools.iter() {
        let nodes: u64 = pool.initial.iter().map(|vintage| u64::from(vintage.nodes)).sum();
        let to_come: u64 = pool.deliveries.iter().map(|delivery| u64::from(delivery.nodes)).sum();
        let chips = nodes as f64 * f64::from(pool.chips_per_node);
        let only_real = |value: f64| Cell::maybe(is_real(pool).then_some(value));
        let mut row = vec![Cell::text(&pool.name)];
        if real {
            let site = pool.site.map_or(Cell::Blank, |site| Cell::text(&world.sites[site].name));
            row.extend([Cell::text(&pool.instance), site]);
        }
        row.extend([Cell::number(nodes as f64), Cell::number(chips)]);
        if real {
            row.push(only_real(chips * pool.power.full_mw as f64 / 1e9));
            row.push(only_real(chips * median(world, &pool.cost_usd_per_chip) / 1e9));
        }
        row.push(Cell::number(to_come as f64));
        table.push(row);
    }
    if real {
        table.note(
            "mw at the meter, every chip at work; usd_bn at the median cost of a chip with its share of the server"
                .into(),
        );
    }
    table
}

fn is_real(pool: &Pool) -> bool {
    !pool.instance.is_empty()
}
