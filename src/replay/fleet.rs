//! What a log is played on: nodes by queue and the rules of the schedulers, written as a scenario and built as one.

use crate::policy::matrix::{Part, refusals};
use crate::spec::{self, Problems};
use crate::trace::{Facts, gang_fits};
use crate::units::{SimTime, Span};
use crate::world::catalog::Catalog;
use crate::world::{Compat, Placement, World};
use std::fmt::Write as _;

/// The rules, as written on the command line.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// `schedule` of a scenario, key and word: order, backfill, preemption, placement, ...
    pub words: Vec<(&'static str, String)>,
    /// Policies see true durations.
    pub oracle: bool,
    /// What resuming costs by size: (up to so many chips, time), ascending.
    pub restart_costs: Vec<(u32, Span)>,
    /// How long a job waits before it goes to the cloud.
    pub overflow_after: Option<Span>,
    /// Quirks of a published simulator.
    pub compat: Option<Compat>,
}

impl Terms {
    fn word(&self, key: &str) -> Option<&str> {
        self.words.iter().find(|(of, _)| *of == key).map(|(_, word)| word.as_str())
    }

    /// Whether the quota walk of Helios's simulator stands in for preemption and backfill.
    pub fn walks(&self) -> bool {
        self.compat == Some(Compat::Helios)
            && self.word("order") == Some("srtf")
            && self.word("preemption") == Some("order_key")
    }

    /// Why two of the words have no meaning together; None where all have.
    pub fn refused(&self) -> Option<String> {
        let chosen = |part: &Part| self.word(part.key) == Some(part.name);
        let pair = refusals().into_iter().find(|pair| chosen(&pair.one) && chosen(&pair.other))?;
        let flag = |part: &Part| format!("--{} {}", part.key, part.name);
        Some(format!("{} does not go with {}: {}", flag(&pair.one), flag(&pair.other), pair.why))
    }
}

/// Nodes by queue of the log.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// Names of the log's queues, by their number.
    pub queues: Vec<String>,
    /// Nodes by queue; one number where all share them.
    pub nodes: Vec<u64>,
    /// Whether all queues share one pool of nodes.
    pub shared: bool,
    /// Chips on a node.
    pub chips_per_node: u32,
}

impl Fleet {
    /// Chips that a queue can use.
    pub fn chips(&self, queue: u16) -> u64 {
        self.nodes[self.pool_of(queue)] * u64::from(self.chips_per_node)
    }

    /// Pool of a queue.
    pub fn pool_of(&self, queue: u16) -> usize {
        if self.shared { 0 } else { usize::from(queue) }
    }

    /// Name of a pool.
    pub fn pool_name(&self, pool: usize) -> &str {
        if self.shared { "all" } else { &self.queues[pool] }
    }

    /// Whether a gang can ever start in that queue.
    pub fn fits(&self, queue: u16, chips: u32) -> bool {
        gang_fits(chips, self.nodes[self.pool_of(queue)], u64::from(self.chips_per_node))
    }
}

/// The fleet as a world without jobs: pool and lab `qNNNN` for queue N, and a cloud where jobs overflow to. What is wrong with the rules comes back
/// as problems of the command line.
pub fn world(fleet: &Fleet, terms: &Terms, facts: &Facts) -> Result<World, Problems> {
    let read = spec::read_text("the command line", &text(fleet, terms, facts), &[])?;
    let no_jobs = |_: &str| Ok("submit_s,chips,duration_s\n".to_owned());
    let mut world = World::build(&read.spec, Catalog::embedded(), "base", "base", &no_jobs)?;
    // One period, as long as it takes: the run ends with its last job.
    world.end = SimTime(1 << 51);
    world.months.truncate(1);
    for domain in &mut world.domains.0 {
        domain.rules.restart_costs.clone_from(&terms.restart_costs);
        domain.rules.compat = terms.compat;
        domain.rules.oracle |= terms.oracle;
        if terms.compat == Some(Compat::Starburst) && domain.rules.placement == Placement::BestFit {
            domain.rules.placement = Placement::FullestRest;
        }
    }
    Ok(world)
}

fn text(fleet: &Fleet, terms: &Terms, facts: &Facts) -> String {
    let start = facts.first().map_or("2000-01-01".to_owned(), |date| date.date().to_string());
    let year: i32 = start[..4].parse().expect("a date begins with its year");
    let mut out = format!(
        "[scenario]\nname = \"replay\"\nstart = {start}\nend = {}-01-01\n[run]\njobs = true\nfailures = \"off\"\n",
        year + 2
    );
    let mut rules: Vec<String> = terms.words.iter().map(|(key, word)| format!("{key} = \"{word}\"")).collect();
    if let Some(after) = terms.overflow_after {
        rules.push(format!("overflow = {{ after = \"{}s\", to = \"overflow\" }}", after.0 as f64 / 1e6));
        out.push_str("[pools.overflow]\nunlimited = true\n");
    }
    for (pool, nodes) in fleet.nodes.iter().enumerate() {
        let chips = nodes * u64::from(fleet.chips_per_node);
        let per_node = fleet.chips_per_node;
        writeln!(
            out,
            "[pools.q{pool:04}]\nchips = {chips}\nchips_per_node = {per_node}\nschedule = {{ {} }}",
            rules.join(", ")
        )
        .expect("a string takes it");
    }
    for queue in 0..fleet.queues.len() {
        let pool = fleet.pool_of(queue as u16);
        writeln!(out, "[labs.q{queue:04}.workloads.jobs]\nkind = \"trace\"\npools = [\"q{pool:04}\"]\nfile = \"log\"")
            .expect("a string takes it");
    }
    out
}
