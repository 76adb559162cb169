//! Figures of a replay of requests: percentiles with intervals, attainment, rates, what tokens cost. Plain values by name.

use super::served::Served;
use super::tally::{ClassTally, Tally};
use crate::kernel::request::{Spent, Totals};
use crate::replay::Tariff;
use crate::stats::batches::{Batches, Estimate};

/// Targets of a class.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Goal {
    /// Its name; empty where there is one class.
    pub name: String,
    /// Time to first token [s].
    pub ttft_s: Option<f64>,
    /// Time per token after the first [s].
    pub tpot_s: Option<f64>,
    /// Who has waited for its turn for so long gives up; None: nobody does [s]. Eq. (143).
    pub patience_s: Option<f64>,
}

impl Goal {
    /// Whether there is a target to be met.
    pub fn aims(&self) -> bool {
        self.ttft_s.or(self.tpot_s).is_some()
    }
}

/// Name of a statistic and its quantile; None is the mean.
pub const QUANTILES: [(&str, Option<f64>); 5] =
    [("mean", None), ("p50", Some(0.5)), ("p90", Some(0.9)), ("p95", Some(0.95)), ("p99", Some(0.99))];

/// A figure of a class.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Class, or `all`.
    pub class: String,
    /// Model, or `all`.
    pub model: String,
    /// What it is.
    pub metric: String,
    /// Its unit.
    pub unit: &'static str,
    /// Its value; None where it has none.
    pub value: Option<f64>,
    /// Ends of its 95 % interval by batch means, where there are batches enough.
    pub ends: Option<(f64, f64)>,
}

/// What tokens cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Replicas for as long as they ran, used or not [USD].
    pub allocation_usd: f64,
    /// Replicas for as long as they were in an iteration [USD].
    pub usage_usd: f64,
    /// A million tokens of prompts and answers, by allocation [USD].
    pub allocation_usd_per_mtok: Option<f64>,
    /// The same by usage [USD].
    pub usage_usd_per_mtok: Option<f64>,
    /// A million tokens of answers, by allocation [USD].
    pub allocation_usd_per_mtok_out: Option<f64>,
    /// The same by usage [USD].
    pub usage_usd_per_mtok_out: Option<f64>,
}

impl Cost {
    /// What the finished requests cost on the replicas of these models at a price. Eq. (141).
    pub fn of(totals: &Totals, served: &[Served], tariff: &Tariff) -> Cost {
        let chip_us = |of: fn(&Spent) -> u64| {
            let one = |model: &Served| u128::from(of(&spent(totals, model)) / 1_000) * u128::from(model.chips);
            served.iter().map(one).sum::<u128>()
        };
        let usd = (tariff.usd(chip_us(|spent| spent.held_ns)), tariff.usd(chip_us(|spent| spent.busy_ns)));
        Cost::over(usd, (totals.input_tokens + totals.output_tokens, totals.output_tokens))
    }

    /// Dollars by allocation and by usage over tokens of prompts and answers, and of answers alone.
    fn over((allocation_usd, usage_usd): (f64, f64), (all, output): (u64, u64)) -> Cost {
        let per = |usd: f64, tokens: u64| (0 < tokens).then(|| usd / tokens as f64 * 1e6);
        Cost {
            allocation_usd,
            usage_usd,
            allocation_usd_per_mtok: per(allocation_usd, all),
            usage_usd_per_mtok: per(usage_usd, all),
            allocation_usd_per_mtok_out: per(allocation_usd, output),
            usage_usd_per_mtok_out: per(usage_usd, output),
        }
    }
}

/// What the replicas of a model did.
fn spent(totals: &Totals, model: &Served) -> Spent {
    let mut sum = Spent::default();
    totals.replicas[model.replicas.start as usize..model.replicas.end as usize].iter().for_each(|spent| sum.add(spent));
    sum
}

/// Every figure of a replay.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Sums of the engine.
    pub totals: Totals,
    /// In order of classes, then of all together where there are several, then of models where there are several.
    pub list: Vec<Figure>,
    /// With a price.
    pub cost: Option<Cost>,
    /// How far times to first token drift through the run, [`Batches::drift`]; None of too few.
    pub drift: Option<f64>,
}

/// Name of class `at` of these goals; `all` of the one beyond them, or of the only one.
pub fn of_class(goals: &[Goal], at: usize) -> &str {
    goals.get(at).map(|goal| goal.name.as_str()).filter(|name| !name.is_empty()).unwrap_or("all")
}

impl Figures {
    /// From what was counted.
    pub fn of(
        tally: &Tally<'_>,
        totals: Totals,
        goals: &[Goal],
        (served, tariff): (&[Served], Option<&Tariff>),
    ) -> Figures {
        let cost = tariff.map(|tariff| Cost::of(&totals, served, tariff));
        let mut list = Vec::new();
        for (at, class) in tally.classes.iter().enumerate() {
            let name = of_class(goals, at);
            latencies(name, class, &mut list);
            counts(name, class, goals.get(at).is_none_or(Goal::aims), &mut list);
        }
        sums(&totals, &mut list);
        if let Some(cost) = &cost {
            costs(cost, &mut list);
        }
        for (model, class) in tally.served().iter().zip(&tally.models) {
            let from = list.len();
            latencies("all", class, &mut list);
            counts("all", class, goals.iter().any(Goal::aims), &mut list);
            held(&spent(&totals, model), model, &mut list);
            if let Some(tariff) = tariff {
                costs(&cost_of_model(&totals, model, class, tariff), &mut list);
            }
            list[from..].iter_mut().for_each(|figure| figure.model.clone_from(&model.name));
        }
        let drift = tally.classes.last().and_then(|all| all.ttft_ns.drift());
        Figures { totals, list, cost, drift }
    }

    /// A figure of a class by name, over all models.
    pub fn find(&self, class: &str, metric: &str) -> Option<&Figure> {
        self.list.iter().find(|it| it.class == class && it.model == "all" && it.metric == metric)
    }

    /// A figure of a model by name, over all classes.
    pub fn find_of_model(&self, model: &str, metric: &str) -> Option<&Figure> {
        self.list.iter().find(|it| it.class == "all" && it.model == model && it.metric == metric)
    }
}

fn cost_of_model(totals: &Totals, model: &Served, class: &ClassTally, tariff: &Tariff) -> Cost {
    let spent = spent(totals, model);
    let usd = |ns: u64| tariff.usd(u128::from(ns / 1_000) * u128::from(model.chips));
    Cost::over((usd(spent.held_ns), usd(spent.busy_ns)), (class.tokens, class.output_tokens))
}

fn costs(cost: &Cost, list: &mut Vec<Figure>) {
    let mut usd = |metric: &str, value: Option<f64>| list.push(plain("all", metric, "USD", value));
    usd("allocation_usd", Some(cost.allocation_usd));
    usd("usage_usd", Some(cost.usage_usd));
    usd("allocation_usd_per_million_tokens", cost.allocation_usd_per_mtok);
    usd("usage_usd_per_million_tokens", cost.usage_usd_per_mtok);
    usd("allocation_usd_per_million_output_tokens", cost.allocation_usd_per_mtok_out);
    usd("usage_usd_per_million_output_tokens", cost.usage_usd_per_mtok_out);
}

/// Of the replicas of a model.
fn held(spent: &Spent, model: &Served, list: &mut Vec<Figure>) {
    let hours = |ns: u64| ns as f64 / 3.6e12;
    let mut push = |metric: &str, unit, value| list.push(plain("all", metric, unit, value));
    push("replica_hours", "h", Some(hours(spent.held_ns)));
    push("chip_hours", "chip-h", Some(hours(spent.held_ns) * f64::from(model.chips)));
    push("busy_fraction", "-", (0 < spent.held_ns).then(|| spent.busy_ns as f64 / spent.held_ns as f64));
    push("kv_tokens_most", "tokens", Some(spent.kv_most as f64));
}

fn plain(class: &str, metric: &str, unit: &'static str, value: Option<f64>) -> Figure {
    Figure { class: class.into(), model: "all".into(), metric: metric.into(), unit, value, ends: None }
}

fn estimate(class: &str, metric: String, unit: &'static str, found: Option<Estimate>, scale: f64) -> Figure {
    let found = found.map(|found| found.scaled(scale));
    let (value, ends) = (found.map(|found| found.value), found.and_then(|found| found.ends));
    Figure { class: class.into(), model: "all".into(), metric, unit, value, ends }
}

fn latencies(name: &str, class: &ClassTally, list: &mut Vec<Figure>) {
    for (metric, batches) in [("ttft", &class.ttft_ns), ("tpot", &class.tpot_ns), ("e2e", &class.e2e_ns)] {
        for (statistic, p) in QUANTILES {
            let of = |batches: &Batches| p.map_or_else(|| batches.mean(), |p| batches.quantile(p));
            list.push(estimate(name, format!("{metric}_s_{statistic}"), "s", of(batches), 1e-9));
        }
    }
}

/// `aims`: whether there are targets; without, nothing is attained or missed.
fn counts(name: &str, class: &ClassTally, aims: bool, list: &mut Vec<Figure>) {
    let count = |metric: &str, n: u64| plain(name, metric, "-", Some(n as f64));
    list.push(count("requests", class.ended));
    list.push(count("gave_up", class.gave_up));
    list.push(count("refused", class.refused));
    list.push(estimate(name, "attainment".into(), "-", class.attained.share(1_000).filter(|_| aims), 1.0));
}

fn sums(totals: &Totals, list: &mut Vec<Figure>) {
    let spent = totals.spent();
    let seconds = (totals.end_ns - totals.first_ns) as f64 / 1e9;
    let of = |part: f64, whole: f64| (0.0 < whole).then(|| part / whole);
    let mut push = |metric: &str, unit, value| list.push(plain("all", metric, unit, value));
    push("duration", "s", Some(seconds));
    push("input_tokens", "tokens", Some(totals.input_tokens as f64));
    push("output_tokens", "tokens", Some(totals.output_tokens as f64));
    push("output_tokens_per_s", "tokens/s", of(totals.output_tokens as f64, seconds));
    push("cached_tokens", "tokens", Some(totals.cached_tokens as f64));
    push("preemptions", "-", Some(totals.preemptions as f64));
    push("replica_hours", "h", Some(spent.held_ns as f64 / 3.6e12));
    push("busy_hours", "h", Some(spent.busy_ns as f64 / 3.6e12));
    push("busy_fraction", "-", of(spent.busy_ns as f64, spent.held_ns as f64));
    push("batch_mean", "-", of(spent.batch_ns as f64, spent.busy_ns as f64));
    push("kv_tokens_mean", "tokens", of(spent.kv_ns as f64, spent.busy_ns as f64));
    push("kv_tokens_most", "tokens", Some(spent.kv_most as f64));
    push("iterations", "-", Some(spent.iterations as f64));
}
