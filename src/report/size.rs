//! What sizing leaves: every candidate as a line, the answer in sentences, charts and a page. Knows no file and no clock.

mod by_load;
mod charts;
mod load;
mod page;
mod per_token;
mod words;

pub use charts::charts;
pub use load::load_csv;
pub use page::page;
pub use words::{binding, not_tried, sentences};

use super::columns::headers;
use super::csv_out::{Cell, to_csv};
use super::table::{Cell as Shown, Column, Table};
use crate::perf::Card;
use crate::size::{Answer, Candidate, Dispersion, Mix, Offer, Passed, Promise};

/// Candidates in the table on the terminal.
const LISTED: usize = 12;

/// Of what it was.
pub struct About<'a> {
    /// Name of the load.
    pub load: &'a str,
    /// Architecture.
    pub model: &'a str,
    /// Requests, and their rate \[1/s\].
    pub requests: u64,
    /// Requests \[1/s\].
    pub per_s: f64,
    /// How bursty they are.
    pub dispersion: Dispersion,
    /// What is promised.
    pub promise: Promise,
    /// Price kind and region.
    pub price: String,
    /// What may be bought.
    pub offers: &'a [Offer<Card>],
    /// What was not tried.
    pub passed: &'a [Passed],
    /// What was tried.
    pub answer: &'a Answer,
}

impl About<'_> {
    /// `TTFT 2 s, TPOT 50 ms for 99 %`.
    pub fn promised(&self) -> String {
        let show = super::table::show;
        let ttft = self.promise.ttft_s.map(|s| format!("TTFT {} s", show(s)));
        let tpot = self.promise.tpot_s.map(|s| format!("TPOT {} ms", show(s * 1e3)));
        let targets: Vec<String> = ttft.into_iter().chain(tpot).collect();
        format!("{} for {} %", targets.join(", "), show(self.promise.share * 100.0))
    }

    /// `2 x p5.48xlarge TP 4 + 3 x p5.4xlarge TP 1`.
    pub fn named(&self, parts: &[(usize, u32)]) -> String {
        let one = |(offer, n): &(usize, u32)| format!("{n} x {}", self.offers[*offer].name());
        parts.iter().map(one).collect::<Vec<_>>().join(" + ")
    }

    /// What keeps the promise, the cheapest first: every offer alone, and of each pair of offers the cheapest mix.
    pub fn ranked(&self) -> Vec<&Mix> {
        let alone = self.answer.candidates.iter().filter_map(|candidate| candidate.mix.as_ref());
        let mut all: Vec<&Mix> = alone.chain(&self.answer.mixes).collect();
        all.sort_by(|a, b| a.order(b));
        let mut ranked: Vec<&Mix> = Vec::new();
        for mix in all {
            let offers = |mix: &Mix| mix.parts.iter().map(|part| part.0).collect::<Vec<_>>();
            if !ranked.iter().any(|known| offers(known) == offers(mix)) {
                ranked.push(mix);
            }
        }
        ranked
    }

    /// Of those the cheapest of each set of instance types.
    pub fn listed(&self) -> Vec<&Mix> {
        let mut listed: Vec<&Mix> = Vec::new();
        for mix in self.ranked() {
            if !listed.iter().any(|known| known.is_made_as(mix, self.offers)) {
                listed.push(mix);
            }
        }
        listed
    }

    /// How the cards of a mix are known, the least first: its word and its sigma.
    pub fn known(&self, mix: &Mix) -> (&'static str, f64) {
        let basis = mix.parts.iter().map(|part| self.offers[part.0].basis).max().expect("a mix has parts");
        (basis.word(), basis.uncertainty_sigma())
    }

    /// Of the weights: `fp8`, or of two kinds of replicas `bf16 and fp8`.
    pub fn precisions(&self, mix: &Mix) -> String {
        let word = |part: &(usize, u32)| self.offers[part.0].model.times.deployment.weights.word();
        let mut words: Vec<&str> = mix.parts.iter().map(word).collect();
        words.dedup();
        words.join(" and ")
    }

    fn by_table(&self, mix: &Mix) -> Option<u32> {
        let [(offer, _)] = mix.parts[..] else { return None };
        self.answer.candidates.iter().find(|candidate| candidate.offer == offer).map(|candidate| candidate.by_table)
    }
}

/// `candidates.csv`: what keeps the promise, the cheapest first, then what does not and why.
pub fn candidates_csv(about: &About<'_>) -> String {
    let kept = about.ranked().into_iter().map(|mix| kept_row(about, mix));
    let short = about.answer.candidates.iter().filter(|candidate| candidate.mix.is_none());
    let short = short.map(|candidate| short_row(about, candidate));
    let passed = about.passed.iter().map(passed_row);
    to_csv(&headers("size/candidates.csv"), kept.chain(short).chain(passed))
}

fn joined<T: ToString>(about: &About<'_>, mix: &Mix, of: impl Fn(&Offer<Card>, u32) -> T) -> Cell {
    let parts = mix.parts.iter().map(|(offer, n)| of(&about.offers[*offer], *n).to_string());
    parts.collect::<Vec<_>>().join(" + ").into()
}

fn kept_row(about: &About<'_>, mix: &Mix) -> Vec<Cell> {
    let trial = &mix.trial;
    let (basis, sigma) = about.known(mix);
    vec![
        joined(about, mix, |offer, _| offer.instance.clone()),
        joined(about, mix, |offer, _| offer.chip.clone()),
        joined(about, mix, |offer, _| offer.chips_per_replica),
        joined(about, mix, |offer, n| n * offer.replicas_per_instance),
        joined(about, mix, |_, n| n),
        mix.usd_per_hour.into(),
        trial.usd_per_million_tokens(mix.usd_per_hour).into(),
        (trial.requests as f64).into(),
        trial.share().into(),
        trial.ends.map(|ends| ends.0).into(),
        trial.ends.map(|ends| ends.1).into(),
        trial.ttft_s[0].into(),
        trial.ttft_s[1].into(),
        trial.tpot_s[0].into(),
        trial.tpot_s[1].into(),
        (trial.shed as f64).into(),
        (trial.refused as f64).into(),
        trial.busy.into(),
        about.by_table(mix).map(f64::from).into(),
        basis.into(),
        sigma.into(),
        joined(about, mix, |offer, _| offer.price.clone()),
        "".into(),
        "".into(),
    ]
}

fn blank_row(head: [Cell; 3], kind: &str, why: String) -> Vec<Cell> {
    let columns = headers("size/candidates.csv").len();
    let mut row: Vec<Cell> = head.into_iter().collect();
    row.resize_with(columns - 2, || Cell::Blank);
    row.extend([kind.into(), why.into()]);
    row
}

fn short_row(about: &About<'_>, candidate: &Candidate) -> Vec<Cell> {
    let offer = &about.offers[candidate.offer];
    let head = [offer.instance.clone().into(), offer.chip.clone().into(), offer.chips_per_replica.to_string().into()];
    let why = format!("not even {} replicas keep the promise", crate::size::MOST_REPLICAS);
    blank_row(head, "slo", why)
}

fn passed_row(passed: &Passed) -> Vec<Cell> {
    let chips = passed.chips_per_replica.map(|n| n.to_string()).unwrap_or_default();
    let head = [passed.instance.clone().into(), passed.chip.clone().into(), chips.into()];
    blank_row(head, passed.kind, passed.why.clone())
}

/// The table on the terminal: the cheapest compositions and the answer below them.
pub fn table(about: &About<'_>) -> Table {
    let mut columns = vec![Column::left("instances")];
    let names = ["replicas", "USD/h", "more [%]", "USD/Mtok", "attained [%]", "TTFT p99 [s]", "TPOT p99 [ms]", "busy"];
    columns.extend(names.map(Column::right));
    columns.extend([Column::right("by table"), Column::left("card"), Column::right("sigma")]);
    let title = format!("{} on {}: {}", about.model, about.load, about.promised());
    let mut table = Table::new(&title, columns);
    let listed = about.listed();
    let shown = &listed[..listed.len().min(LISTED)];
    for mix in shown {
        table.push(shown_row(about, mix, listed[0]));
    }
    let more = about.ranked().len() - shown.len();
    if 0 < more {
        table.note(format!(
            "{more} more keep the promise, other chips per replica of these types among them: candidates.csv"
        ));
    }
    sentences(about).into_iter().for_each(|line| table.note(line));
    table
}

fn shown_row(about: &About<'_>, mix: &Mix, first: &Mix) -> Vec<Shown> {
    let (trial, (basis, sigma)) = (&mix.trial, about.known(mix));
    vec![
        Shown::text(&about.named(&mix.parts)),
        Shown::number(f64::from(trial.replicas)),
        Shown::number(mix.usd_per_hour),
        Shown::number(100.0 * (mix.usd_per_hour / first.usd_per_hour - 1.0)),
        Shown::maybe(trial.usd_per_million_tokens(mix.usd_per_hour)),
        Shown::number(100.0 * trial.share()),
        Shown::maybe(trial.ttft_s[1]),
        Shown::maybe(trial.tpot_s[1].map(|s| s * 1e3)),
        Shown::number(trial.busy),
        Shown::maybe(about.by_table(mix).map(f64::from)),
        Shown::text(basis),
        Shown::number(sigma),
    ]
}
