//! The cases of `verify`: built-in scenarios and the exact values that theory gives for them. Plays nothing.

use crate::stats::law::{Law, LawKind};
use crate::stats::mmpp::Mmpp;
use crate::stats::phase::mphc_waiting;
use crate::stats::queueing::{
    cobham_waits, erlang_b, erlang_c, gim1_p_wait, machine_repair, machine_repair_with_spares, mdc_mean_wait,
    mmc_mean_wait, mmc_wait_quantile,
};
use crate::stats::renewal::Checkpointed;
use crate::stats::sharing::{OneServer, fill_in, preemptive_pair};

/// A scenario with exact answers.
pub struct Case {
    /// In words.
    pub name: &'static str,
    /// File under scenarios/theory.
    pub file: &'static str,
    /// Its text.
    pub text: &'static str,
    /// The trace it names, where it names one.
    pub trace: Option<&'static str>,
    /// Changes, as after `--set`.
    pub sets: &'static [&'static str],
    /// Largest standard error over the exact value [-]; design 10.1.
    pub limit: f64,
    /// What is known exactly.
    pub quantities: Vec<Quantity>,
}

/// A figure of the whole study that is known exactly.
pub struct Quantity {
    /// Metric.
    pub metric: &'static str,
    /// Scope.
    pub of: &'static str,
    /// In the metric's unit.
    pub exact: f64,
}

fn quantity(metric: &'static str, of: &'static str, exact: f64) -> Quantity {
    Quantity { metric, of, exact }
}

const STABLE: &str = "the queue is stable";
const JOBS: &str = "users.jobs";
/// Limits of the standard error: as a rule, of high variance, of a hundred servers.
const RULE: f64 = 0.005;
const WIDE: f64 = 0.01;
const HUNDRED: f64 = 0.02;
const COUPLED: f64 = 0.02;

macro_rules! theory {
    ($file:literal) => {
        include_str!(concat!("../../scenarios/theory/", $file))
    };
}

/// Every case, times in hours.
pub fn cases() -> Vec<Case> {
    let simple =
        |name, file, text, limit, quantities| Case { name, file, text, trace: None, sets: &[], limit, quantities };
    let waits = |rate: f64, servers: u32, service: Result<Law, String>| {
        let service = service.expect("the law is sound");
        let exact = mphc_waiting(rate, servers, &service).expect(STABLE);
        vec![quantity("wait_mean", JOBS, exact.mean_wait), quantity("p_wait", JOBS, exact.p_wait)]
    };
    let classes = cobham_waits(&[2.0, 3.0, 3.0], 1.0, 10).expect(STABLE);
    let names = ["users.first", "users.second", "users.third"];
    let by_class = names.iter().zip(&classes).map(|(name, wait)| quantity("wait_mean", name, *wait)).collect();
    vec![
        mmc("M/M/1 at load 0.8", 1, 0.8, &SETS_1, RULE),
        mmc("M/M/2 at load 0.75", 2, 1.5, &SETS_2, RULE),
        mmc("M/M/10 at load 0.8", 10, 8.0, &[], RULE),
        mmc("M/M/100 at load 0.9", 100, 90.0, &SETS_100, HUNDRED),
        simple(
            "M/D/2 at load 0.75",
            "mdc.toml",
            theory!("mdc.toml"),
            RULE,
            vec![quantity("wait_mean", JOBS, mdc_mean_wait(1.5, 1.0, 2).expect(STABLE))],
        ),
        simple(
            "M/E2/2 at load 0.75",
            "mekc.toml",
            theory!("mekc.toml"),
            RULE,
            waits(1.5, 2, Law::by_mean(LawKind::Erlang, 1.0, Some(0.5))),
        ),
        simple(
            "M/H2/2 at load 0.75",
            "mh2c.toml",
            theory!("mh2c.toml"),
            WIDE,
            waits(1.5, 2, Law::by_mean(LawKind::Hyperexponential, 1.0, Some(4.0))),
        ),
        simple("gamma intervals, one server", "gim1.toml", theory!("gim1.toml"), WIDE, gim1(LawKind::Gamma, 2.0, 4.0)),
        Case {
            sets: &SETS_WEIBULL,
            ..simple(
                "Weibull intervals, one server",
                "gim1.toml",
                theory!("gim1.toml"),
                RULE,
                gim1(LawKind::Weibull, 1.25, 0.25),
            )
        },
        simple("modulated arrivals, one server", "mmpp.toml", theory!("mmpp.toml"), RULE, modulated()),
        simple(
            "Erlang B, 10 servers, 5 erlangs",
            "erlang_b.toml",
            theory!("erlang_b.toml"),
            RULE,
            vec![quantity("blocked_fraction", JOBS, erlang_b(10, 5.0))],
        ),
        simple("three priority classes", "priority.toml", theory!("priority.toml"), RULE, by_class),
        simple("preemptive priorities", "preemptive.toml", theory!("preemptive.toml"), COUPLED, preemptive()),
        Case {
            trace: Some(theory!("fill_in.csv")),
            ..simple("work lost to preemption", "fill_in.toml", theory!("fill_in.toml"), COUPLED, lost_work())
        },
        simple(
            "processor sharing by turns",
            "processor_sharing.toml",
            theory!("processor_sharing.toml"),
            WIDE,
            by_size("jct_mean", |size| varied().processor_sharing(size)),
        ),
        simple(
            "120 levels of attained service",
            "foreground_background.toml",
            theory!("foreground_background.toml"),
            WIDE,
            by_size("jct_mean", |size| varied().level(size - 1.0 / 60.0, size)),
        ),
        simple(
            "shortest job first",
            "sjf.toml",
            theory!("sjf.toml"),
            RULE,
            by_size("wait_mean", |size| sizes(Law::by_mean(LawKind::Exponential, 1.0, None)).shortest_first(size)),
        ),
        Case {
            trace: Some(theory!("spares.csv")),
            ..simple("five machines, two spares, one crew", "spares.toml", theory!("spares.toml"), WIDE, spares())
        },
        Case {
            name: "five machines, one crew",
            file: "machine_repair.toml",
            text: theory!("machine_repair.toml"),
            trace: Some(theory!("machine_repair.csv")),
            sets: &[],
            limit: WIDE,
            quantities: vec![quantity("availability", "machines", machine_repair(5, 1, 0.1, 1.0).availability)],
        },
        young_daly("Young/Daly, 16,384 chips", 1.0, 797.0, &[]),
        young_daly("Young/Daly, 16,384 chips in closed form", 1.0, 797.0, &SETS_GOODPUT),
        young_daly("Young/Daly, 4,096 chips", 0.25, 1_615.0, &SETS_4096),
        young_daly("Young/Daly, 4,096 chips in closed form", 0.25, 1_615.0, &SETS_4096_GOODPUT),
        young_daly("Young/Daly, 1,024 chips", 0.0625, 3_250.0, &SETS_1024),
        young_daly("Young/Daly, 1,024 chips in closed form", 0.0625, 3_250.0, &SETS_1024_GOODPUT),
        llama3("Llama 3, 54 days: an interruption in 3.09 h", &[]),
        llama3("Llama 3, 54 days in closed form", &SETS_LLAMA3_GOODPUT),
        simple(
            "checkpoints and failures",
            "checkpoint.toml",
            theory!("checkpoint.toml"),
            WIDE,
            vec![quantity("jct_mean", "users.training", checkpointed().wall_time().mean / 60.0)],
        ),
    ]
}

const SETS_1: [&str; 3] =
    ["pools.servers.nodes=1", "labs.users.workloads.jobs.per_day=19.2", "scenario.end=2066-01-01"];
const SETS_2: [&str; 3] = ["pools.servers.nodes=2", "labs.users.workloads.jobs.per_day=36", "scenario.end=2046-01-01"];
const SETS_100: [&str; 4] =
    ["pools.servers.nodes=100", "labs.users.workloads.jobs.per_day=2160", "run.draws=40", "scenario.end=2026-09-01"];

/// M/M/c, mean length 1 h: mean wait, share that waits, and the tail of the wait.
fn mmc(name: &'static str, servers: u32, rate: f64, sets: &'static [&'static str], limit: f64) -> Case {
    let tail = |p| mmc_wait_quantile(rate, 1.0, servers, p).expect(STABLE);
    let quantities = vec![
        quantity("wait_mean", JOBS, mmc_mean_wait(rate, 1.0, servers).expect(STABLE)),
        quantity("p_wait", JOBS, erlang_c(servers, rate)),
        quantity("wait_p90", JOBS, tail(0.9)),
        quantity("wait_p99", JOBS, tail(0.99)),
    ];
    Case { name, file: "mmc.toml", text: theory!("mmc.toml"), trace: None, sets, limit, quantities }
}

const SETS_WEIBULL: [&str; 1] =
    ["labs.users.workloads.jobs.interval={ dist = \"weibull\", mean = \"1.25h\", cv = 0.5 }"];

/// GI/M/1 of intervals with this mean [h] and scv, mean length 1 h.
fn gim1(kind: LawKind, mean: f64, scv: f64) -> Vec<Quantity> {
    let interval = Law::by_mean(kind, mean, Some(scv)).expect("the law is sound");
    let waits = gim1_p_wait(&interval, 1.0).expect(STABLE);
    vec![quantity("wait_mean", JOBS, waits / (1.0 - waits)), quantity("p_wait", JOBS, waits)]
}

/// Half a job an hour: a sixth an hour in spells of 12 h, one and a half in spells of 4 h.
fn modulated() -> Vec<Quantity> {
    let arrivals = Mmpp { rates: vec![1.0 / 6.0, 1.5], leaving: vec![vec![0.0, 1.0 / 12.0], vec![0.25, 0.0]] };
    let exact = arrivals.wait_at_one_server(1.0).expect(STABLE);
    vec![quantity("wait_mean", JOBS, exact.mean_wait), quantity("p_wait", JOBS, exact.p_wait)]
}

/// Four important jobs an hour and four others on ten servers, mean length 1 h.
fn preemptive() -> Vec<Quantity> {
    let exact = preemptive_pair(4.0, 4.0, 1.0, 10).expect(STABLE);
    vec![
        quantity("jct_mean", "users.important", exact.first),
        quantity("jct_mean", "users.others", exact.second),
        quantity("preemptions_per_day", "users.others", 24.0 * exact.preemptions),
    ]
}

/// Six important jobs an hour on ten servers, of mean length 1 h: all their work is kept.
fn lost_work() -> Vec<Quantity> {
    let exact = fill_in(6.0, 1.0, 10, 0.5).expect(STABLE);
    vec![
        quantity("goodput_fraction", "servers", (6.0 + exact.goodput) / 10.0),
        quantity("preemptions_per_day", "users.endless", 24.0 * exact.preemptions),
    ]
}

/// Load 0.5: a quarter of a job an hour of varied length, and jobs of 30 min, 1 h and 2 h.
fn sizes(varied: Result<Law, String>) -> OneServer {
    let equal = |value| Law::Constant { value };
    let varied = varied.expect("the law is sound");
    OneServer(vec![(0.25, varied), (0.1, equal(0.5)), (0.08, equal(1.0)), (0.06, equal(2.0))])
}

fn varied() -> OneServer {
    sizes(Law::by_mean(LawKind::Hyperexponential, 1.0, Some(4.0)))
}

fn by_size(metric: &'static str, exact: impl Fn(f64) -> Option<f64>) -> Vec<Quantity> {
    let streams = [("users.short", 0.5), ("users.middle", 1.0), ("users.long", 2.0)];
    streams.map(|(of, size)| quantity(metric, of, exact(size).expect(STABLE))).into()
}

fn spares() -> Vec<Quantity> {
    let exact = machine_repair_with_spares(5, 2, 1, 0.1, 1.0);
    vec![
        quantity("availability", "machines", exact.availability),
        quantity("allocated_fraction", "machines", exact.mean_at_work / (7.0 - exact.mean_down)),
    ]
}

const MODE: &str = "labs.lab.workloads.gang.failures=\"goodput\"";
const RATE_4096: &str = "pools.machines.failures_per_chip_hour=4.93320418e-6";
const RATE_1024: &str = "pools.machines.failures_per_chip_hour=1.233301045e-6";
const EACH_4096: &str = "labs.lab.workloads.gang.checkpoint.interval=\"1615s\"";
const EACH_1024: &str = "labs.lab.workloads.gang.checkpoint.interval=\"3250s\"";
const SETS_GOODPUT: [&str; 1] = [MODE];
const SETS_4096: [&str; 2] = [RATE_4096, EACH_4096];
const SETS_4096_GOODPUT: [&str; 3] = [RATE_4096, EACH_4096, MODE];
const SETS_1024: [&str; 2] = [RATE_1024, EACH_1024];
const SETS_1024_GOODPUT: [&str; 3] = [RATE_1024, EACH_1024, MODE];
const SETS_LLAMA3_GOODPUT: [&str; 2] = ["labs.meta.workloads.llama3.failures=\"goodput\"", "run.draws=80"];
/// Standard errors of what is compared within 1 %: a quarter of that, at most.
const QUARTER: f64 = 0.0025;
/// Failures of an H100 [1 per chip-hour]; chips of a gang of Llama 3.
const H100: f64 = 1.973281672e-5;
const LLAMA3_CHIPS: f64 = 16_384.0;

/// A gang of that part of 16,384 chips with Daly's interval [s], checkpoint 30 s, restart 600 s.
fn young_daly(name: &'static str, part: f64, interval_s: f64, sets: &'static [&'static str]) -> Case {
    Case {
        name,
        file: "young_daly.toml",
        text: theory!("young_daly.toml"),
        trace: Some(theory!("endless.csv")),
        sets,
        limit: QUARTER,
        quantities: vec![quantity("effective_fraction", "lab.gang", effective(part, interval_s, 30.0))],
    }
}

/// Work over the mean wall time of a segment; Daly 2006. Eq. (103).
fn effective(part: f64, interval_s: f64, checkpoint_s: f64) -> f64 {
    let mtbf = 3_600.0 / (LLAMA3_CHIPS * part * H100);
    let segment =
        Checkpointed { full_segments: 1, work: interval_s, rest: 0.0, checkpoint: checkpoint_s, restart: 600.0, mtbf };
    interval_s / segment.wall_time().mean
}

/// 54 days of 16,384 chips: 419 interruptions by their published causes, and what a checkpoint of 10 s leaves.
fn llama3(name: &'static str, sets: &'static [&'static str]) -> Case {
    let by = |of, count| quantity("interruptions", of, count);
    Case {
        name,
        file: "llama3.toml",
        text: theory!("llama3.toml"),
        trace: Some(theory!("endless.csv")),
        sets,
        limit: WIDE,
        quantities: vec![
            by("meta.llama3", 419.0),
            by("meta.llama3/gpu", 148.0),
            by("meta.llama3/hbm3", 72.0),
            by("meta.llama3/network", 35.0),
            quantity("effective_fraction", "meta.llama3", effective(1.0, 465.0, 10.0)),
        ],
    }
}

/// 10,000 min of work in segments of 116.69 min: 85 whole ones and a rest; one failure a day.
fn checkpointed() -> Checkpointed {
    let (work, total) = (116.69, 10_000.0);
    Checkpointed {
        full_segments: 85,
        work,
        rest: total - 85.0 * work,
        checkpoint: 5.0,
        restart: 10.0,
        mtbf: 24.0 * 60.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers that open the scenario files, from golden/methods/queueing.json.
    #[test]
    fn exact_values_are_those_the_files_state() {
        for case in cases() {
            for quantity in &case.quantities {
                let exact = if case.file == "checkpoint.toml" { quantity.exact * 60.0 } else { quantity.exact };
                let stated = case.text.lines().take_while(|line| line.starts_with('#')).any(|line| near(line, exact));
                assert!(stated, "{}: {} {} is not in {}", case.name, quantity.metric, exact, case.file);
            }
        }
    }

    fn near(line: &str, exact: f64) -> bool {
        let mut numbers = line
            .split(|c: char| !(c.is_ascii_digit() || c == '.'))
            .filter_map(|word| word.trim_end_matches('.').parse::<f64>().ok());
        numbers.any(|number| (number - exact).abs() <= 1e-6 * exact)
    }
}
