//! A made-up finished study as its files, the same every time: two labs, four strategies, three futures, eight years.
//! Nothing in it is a result.
use crate::report::csv_out::{Cell, to_csv};
use crate::report::folder::MANIFEST;

const STRATEGIES: [(&str, f64); 4] =
    [("both", 1.0), ("anthropic_only", 0.55), ("host_and_resell_both_invest_in_none", 1.0), ("neither", 0.0)];
const FUTURES: [(&str, f64); 3] = [("baseline", 1.0), ("openai_fails_2028", 0.6), ("boom", 1.7)];
const POOLS: [(&str, &str, f64, f64); 4] = [
    ("rainier_trn2", "new_carlisle", 480.0, 620.0),
    ("trainium3", "new_carlisle", 0.0, 900.0),
    ("gb200", "virginia", 140.0, 320.0),
    ("h100", "virginia", 90.0, 60.0),
];

fn cells() -> impl Iterator<Item = ((&'static str, f64), (&'static str, f64))> {
    let own = STRATEGIES.into_iter().filter(|s| !s.0.starts_with("host"));
    own.flat_map(|s| FUTURES.into_iter().map(move |f| (s, f)))
}

fn months() -> impl Iterator<Item = (usize, String)> {
    (0..96).map(|k| (k, format!("{}-{:02}", 2026 + k / 12, k % 12 + 1)))
}

/// mean, ci_low, ci_high, p05, p50, p95.
fn figure(mean: f64, spread: f64) -> Vec<Cell> {
    let s = spread.abs();
    [mean, mean - 0.12 * s, mean + 0.12 * s, mean - s, mean - 0.08 * s, mean + 1.15 * s].map(Cell::from).to_vec()
}

fn row(keys: &[&str], numbers: Vec<Cell>) -> Vec<Cell> {
    keys.iter().map(|k| Cell::from(*k)).chain(numbers).collect()
}

fn csv(headers: &str, rows: Vec<Vec<Cell>>) -> String {
    to_csv(&headers.split(',').collect::<Vec<_>>(), rows)
}

/// The files of a study with money.
pub fn files() -> Vec<(String, String)> {
    let manifest = r#"{"name": "dual-bet", "title": "One cloud, two labs, 2026-2033",
        "question": "Is backing both labs a hedge, or one bet made twice?",
        "start": "2026-01-01", "end": "2034-01-01", "decide_at": "2026-12-01", "version": "0.1.0", "seed": 20260101,
        "draws": 50, "replications": 2,
        "bets": ["anthropic", "openai"],
        "without": {"both": [], "anthropic_only": ["openai"], "neither": ["anthropic", "openai"],
            "host_and_resell_both_invest_in_none": ["anthropic.invest", "openai.invest"]},
        "strategies": ["both", "anthropic_only", "host_and_resell_both_invest_in_none", "neither"],
        "futures": ["baseline", "openai_fails_2028", "boom"],
        "not_modelled": ["tax and financing", "conditional equity and what its stake is worth", "serving and the market of models"],
        "notes": ["OpenAI's contract states no termination terms: it ends at decide_at without fee."],
        "inputs": [{"file": "dual-bet.toml", "sha256": "9f2c5d1e8a7b6c5d4e3f2a1b0c9d8e7f"}],
        "same_as": [
            {"strategy": "host_and_resell_both_invest_in_none", "future": "baseline", "same_as": "= both (differs only in: conditional equity, not modelled)"},
            {"strategy": "host_and_resell_both_invest_in_none", "future": "boom", "same_as": "= both (differs only in: conditional equity, not modelled)"},
            {"strategy": "host_and_resell_both_invest_in_none", "future": "openai_fails_2028", "same_as": "= both (differs only in: conditional equity, not modelled)"}]}"#;
    let named = |name: &str, text: String| (name.to_string(), text);
    with_hashes(
        manifest,
        vec![
            named("summary.csv", summary()),
            named("pools.csv", pools()),
            named("tenants.csv", tenants()),
            named("cashflow.csv", cash()),
            named("concentration.csv", concentration()),
            named("risk.csv", risk()),
            named("differences.csv", differences()),
            named("assumptions.csv", assumptions()),
        ],
    )
}

/// The manifest with rows and hashes of the tables, and the tables.
fn with_hashes(manifest: &str, tables: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut manifest: serde_json::Value = serde_json::from_str(manifest).expect("the sample is JSON");
    for (name, text) in &tables {
        manifest["rows"][name] = (text.lines().count() - 1).into();
        manifest["sha256"][name] = crate::report::digest::sha256(text.as_bytes()).into();
    }
    std::iter::once((MANIFEST.to_string(), manifest.to_string())).chain(tables).collect()
}

fn npv(strategy: f64, future: f64) -> (f64, f64) {
    (1e9 * (4.0 + strategy * (26.0 * future - 22.0)), 1e9 * (12.0 + 24.0 * strategy))
}

const SUMMARY: &str =
    "strategy,future,scope_kind,scope,period,metric,unit,draws,n,mean,ci_low,ci_high,p05,p50,p95,param_share";

fn summary() -> String {
    let mut rows = Vec::new();
    for ((s, weight), (f, growth)) in cells() {
        let mut put =
            |kind: &str, scope: &str, metric: &str, unit: &str, mean: f64, spread: f64, share: Option<f64>| {
                let numbers =
                    [50_i64.into(), 100_i64.into()].into_iter().chain(figure(mean, spread)).chain([share.into()]);
                rows.push(row(&[s, f, kind, scope, "all", metric, unit], numbers.collect()));
            };
        let (mean, spread) = npv(weight, growth);
        put("cloud", "aws", "npv_total", "USD", mean, spread, Some(0.83));
        put("cloud", "aws", "npv_operations", "USD", mean + 12e9 * weight, spread, Some(0.83));
        put("cloud", "aws", "npv_equity", "USD", -12e9 * weight, 0.0, None);
        put("cloud", "aws", "capex", "USD", 21e9 + 40e9 * weight * growth, 4e9, Some(0.7));
        put("cloud", "aws", "equity_paid", "USD", 28e9 + 15e9 * weight, 0.0, None);
        for (k, (pool, ..)) in POOLS.iter().enumerate() {
            let k = k as f64;
            put("pool", pool, "allocated_fraction", "1", 0.86 - 0.09 * k, 0.05, None);
            put("pool", pool, "busy_fraction", "1", 0.83 - 0.09 * k, 0.05, None);
            put("pool", pool, "goodput_fraction", "1", 0.78 - 0.1 * k, 0.05, None);
            put("pool", pool, "mfu", "1", 0.36 - 0.04 * k, 0.02, None);
        }
        for (k, w) in
            ["anthropic.frontier", "anthropic.research", "openai.frontier", "openai.finetune"].iter().enumerate()
        {
            let hours = 3_600.0 * [240.0, 3.1, 180.0, 0.4][k];
            put("workload", w, "wait_mean", "s", hours, 0.4 * hours, None);
            put("workload", w, "wait_p50", "s", 0.3 * hours, 0.1 * hours, None);
            put("workload", w, "wait_p90", "s", 2.1 * hours, 0.1 * hours, None);
            put("workload", w, "wait_p99", "s", 5.2 * hours, 0.1 * hours, None);
            put("workload", w, "p_wait", "1", 0.4 + 0.1 * k as f64, 0.1, None);
            for (metric, jobs) in [
                ("jobs_started", 1000.0),
                ("jobs_unstarted", 4.0 * k as f64),
                ("jobs_finished", 990.0),
                ("jobs_unfinished", 10.0),
            ] {
                put("workload", w, metric, "jobs", jobs, 0.0, None);
            }
        }
        for (lab, finished, open) in [("anthropic", 14.5, 1.5), ("openai", 7.04, 1.0)] {
            let workload = format!("{lab}.frontier");
            put("workload", &workload, "campaigns_finished", "campaigns", finished, 1.5, None);
            put("workload", &workload, "campaigns_open", "campaigns", open, 0.2, None);
        }
        for (lab, every, dated) in [("anthropic", 0.5, 12), ("openai", 0.9, 8)] {
            for n in 0..12 {
                let years = every * f64::from(n + 1);
                let (runs, numbers): (i64, _) = match n {
                    7 if lab == "openai" => (4, figure(years, 0.08 * years)),
                    n if n < dated => (100, figure(years, 0.08 * years)),
                    _ => (0, vec![Cell::Blank; 6]),
                };
                let cells = [50_i64.into(), runs.into()].into_iter().chain(numbers).chain([Cell::Blank]);
                let scope = format!("{lab}.frontier#{n}");
                rows.push(row(&[s, f, "campaign", &scope, "all", "campaign_finish", "y"], cells.collect()));
            }
        }
    }
    csv(SUMMARY, rows)
}

fn pools() -> String {
    const METRICS: [&str; 10] = [
        "installed_chips",
        "availability",
        "allocated_fraction",
        "busy_fraction",
        "goodput_fraction",
        "mfu",
        "reserved_chips",
        "idle_chips",
        "mw_installed",
        "mw_used",
    ];
    let headers = METRICS.map(|m| format!("{m},{m}_p05,{m}_p95")).join(",");
    let mut rows = Vec::new();
    for ((s, weight), (f, growth)) in cells() {
        for (k, month) in months() {
            for (pool, site, start, add) in POOLS {
                let grown = (k as f64 / 95.0).min(1.0) * add * (0.4 + 0.6 * weight) * growth;
                let mw = start + grown;
                let used = mw * (0.9 - 0.25 * ((k * 7) % 12) as f64 / 12.0);
                let values = [mw * 900.0, 0.97, 0.8, 0.75, 0.7, 0.35, 0.0, mw * 90.0, mw, used];
                let triple = |v: f64| [v.into(), (0.9 * v).into(), (1.1 * v).into()];
                let numbers: Vec<Cell> =
                    std::iter::once(100_i64.into()).chain(values.into_iter().flat_map(triple)).collect();
                rows.push(row(&[s, f, &month, pool, site], numbers));
            }
        }
    }
    csv(&format!("strategy,future,month,pool,site,n,{headers}"), rows)
}

fn tenants() -> String {
    let headers = ["held_chip_hours", "unused_chip_hours"].map(|m| format!("{m},{m}_p05,{m}_p95")).join(",");
    let mut rows = Vec::new();
    for ((s, weight), (f, growth)) in cells() {
        for (k, month) in months() {
            for (lab, size) in [("anthropic", 1.0), ("openai", 0.6), ("amazon_nova", 0.15)] {
                let hours = 4e8 * size * (0.3 + k as f64 / 60.0) * growth * (0.3 + weight);
                let triple = |v: f64| [Cell::from(v), (0.9 * v).into(), (1.1 * v).into()];
                let mut put = |kind: &str, held: Option<f64>, unused: Option<f64>| {
                    let of = |v: Option<f64>| v.map_or([Cell::Blank, Cell::Blank, Cell::Blank], triple);
                    let numbers = [of(held), of(unused)].into_iter().flatten();
                    rows.push(row(
                        &[s, f, &month, lab, "rainier_trn2", kind],
                        std::iter::once(100_i64.into()).chain(numbers).collect(),
                    ));
                };
                put("committed", Some(0.25 * hours), None);
                if size > 0.2 {
                    put("guaranteed", Some(0.9 * hours), None);
                    put("guaranteed", None, Some(0.1 * hours));
                }
                if lab == "openai" {
                    put("reserved", Some(0.4 * hours), None);
                }
            }
        }
    }
    csv(&format!("strategy,future,month,lab,pool,price_kind,n,{headers}"), rows)
}

fn cash() -> String {
    let mut rows = Vec::new();
    for ((s, weight), (f, growth)) in cells() {
        let lines: [(&str, &dyn Fn(f64) -> f64); 9] = [
            ("usage", &|y| 1.1 + 0.9 * y * growth),
            ("reservation", &|y| weight * (2.0 + 2.4 * y) * growth),
            ("shortfall", &|y| if y > 4.0 { 0.6 * weight } else { 0.0 }),
            ("capex_order", &|y| -2.5 * (5.0 - y).max(0.0)),
            ("capex_delivery", &|y| -5.1 * (6.0 - y).max(0.0) * (0.3 + weight)),
            ("power", &|y| -0.4 - 0.2 * y),
            ("facility", &|y| -0.3 - 0.1 * y),
            ("operations", &|y| -0.2 - 0.1 * y),
            ("tranche", &|y| if y < 1.0 { -15.0 } else { 0.0 }),
        ];
        let mut put = |line: &str, years: Vec<f64>| {
            let total: f64 = years.iter().sum();
            rows.push(row(&[s, f, "aws", line], years.into_iter().chain([total]).map(Cell::from).collect()));
        };
        let year = |value: &dyn Fn(f64) -> f64| (0..8).map(|y| 1e9 * value(f64::from(y))).collect::<Vec<_>>();
        for (name, value) in lines {
            put(name, year(value));
        }
        put("net", year(&|y| lines.iter().map(|l| l.1(y)).sum()));
    }
    csv("strategy,future,cloud,line,2026,2027,2028,2029,2030,2031,2032,2033,total", rows)
}

fn concentration() -> String {
    let mut rows = Vec::new();
    for ((s, weight), (f, _)) in cells() {
        for (k, month) in months() {
            let mut put = |axis: &str, base: &str, measure: &str, name: &str, mean: f64, spread: f64| {
                let numbers = std::iter::once(100_i64.into()).chain(figure(mean, spread)).collect();
                rows.push(row(&[s, f, &month, axis, base, measure, name], numbers));
            };
            let a = 0.62 - 0.2 * k as f64 / 95.0;
            for (name, share) in
                [("anthropic", a), ("openai", 0.36 * weight + 0.1), ("amazon_nova", 0.9 - a - 0.36 * weight)]
            {
                put("lab", "revenue", "share", name, share.max(0.01), 0.02 + 0.06 * k as f64 / 95.0);
            }
            put("lab", "revenue", "hhi", "", 4_300.0, 200.0);
            put("lab", "revenue", "effective_number", "", 2.3, 0.1);
            for (base, amazon) in [("revenue", 0.61), ("mw", 0.52), ("effective_flop", 0.44), ("usd_at_cost", 0.28)] {
                put("silicon_vendor", base, "share", "amazon", amazon, 0.05);
                put("silicon_vendor", base, "share", "nvidia", 1.0 - amazon, 0.05);
                put("silicon_vendor", base, "hhi", "", 5_100.0, 50.0);
            }
        }
    }
    csv("strategy,future,period,axis,base,measure,name,n,mean,ci_low,ci_high,p05,p50,p95", rows)
}

fn risk() -> String {
    let mut rows = Vec::new();
    for ((s, weight), (f, growth)) in cells() {
        let (mean, spread) = npv(weight, growth);
        for (measure, value) in [("npv_loss_var", 0.8 * spread - mean), ("npv_loss_es", 1.1 * spread - mean)] {
            let numbers = vec![
                0.9.into(),
                "USD".into(),
                100_i64.into(),
                10_i64.into(),
                value.into(),
                (0.8 * value).into(),
                (1.2 * value).into(),
                Cell::Blank,
            ];
            rows.push(row(&[s, f, measure, "aws"], numbers));
        }
        let numbers = |value: f64, note: &str| {
            let interval = [value, value - 0.18, value + 0.18].map(Cell::from);
            let start = [0.95.into(), "-".into(), 100_i64.into(), Cell::Blank];
            start.into_iter().chain(interval).chain([note.into()]).collect::<Vec<Cell>>()
        };
        rows.push(row(&[s, f, "margin_correlation", "anthropic x openai"], numbers(0.34, "")));
        if (s, f) == ("both", "baseline") {
            let measure = "margin_correlation_no_loadings";
            rows.push(row(&[s, f, measure, "anthropic x openai"], numbers(-0.07, "further runs")));
        }
    }
    csv("strategy,future,measure,name,level,unit,n,n_tail,value,low,high,note", rows)
}

fn differences() -> String {
    let mut rows = Vec::new();
    for ((s, weight), (f, growth)) in cells().filter(|c| c.0.0 != "neither") {
        let mut numbers: Vec<Cell> = std::iter::once(100_i64.into()).collect();
        let mean = npv(weight, growth).0 - npv(0.0, growth).0;
        let better = if mean > 15e9 { 0.97 } else { 0.41 };
        numbers.extend(figure(mean, 14e9));
        numbers.extend([0.81.into(), 3.2.into(), better.into(), Cell::Blank]);
        rows.push(row(&[s, "neither", f, "cloud", "aws", "npv_total", "USD"], numbers));
    }
    csv(
        "strategy,versus,future,scope_kind,scope,metric,unit,n,mean,ci_low,ci_high,p05,p50,p95,correlation,variance_reduction,share_of_draws_better,note",
        rows,
    )
}

fn assumptions() -> String {
    let rows = [
        ["pools.rainier_trn2.nodes", "62500", "", "press release", "2025-10-29", "high", "as announced"],
        [
            "contracts.anthropic.price.ratio",
            "0.39",
            "0.25 to 0.60",
            "estimate",
            "2026-04-20",
            "low",
            "no contract price is public",
        ],
        ["segments.banks.growth", "3", "1.5 to 6", "estimate", "2026-01-01", "low", ""],
        ["clouds.aws.discount_rate", "0.09", "", "estimate", "2026-01-01", "medium", "usual for the sector"],
    ];
    csv("path,value,range,source,as_of,confidence,reason", rows.into_iter().map(|r| row(&r, vec![])).collect())
}

/// The files of a study without money: one queue.
pub fn theory() -> Vec<(String, String)> {
    let manifest = r#"{"name": "mmc", "title": "M/M/c, c = 10, load 0.9", "question": "How long do jobs wait?", "start": "2026-01-01",
        "end": "2027-01-01", "version": "0.1.0", "seed": 1, "draws": 1, "replications": 20, "strategies": [], "futures": []}"#;
    let mut rows = Vec::new();
    for (kind, scope, metric, unit, mean) in [
        ("workload", "theory.jobs", "wait_mean", "s", 60.2),
        ("workload", "theory.jobs", "wait_p90", "s", 190.0),
        ("workload", "theory.jobs", "p_wait", "1", 0.67),
        ("pool", "servers", "allocated_fraction", "1", 0.9),
        ("pool", "servers", "busy_fraction", "1", 0.9),
    ] {
        let numbers = [1_i64.into(), 20_i64.into()].into_iter().chain(figure(mean, 0.1 * mean)).chain([Cell::Blank]);
        rows.push(row(&["base", "base", kind, scope, "all", metric, unit], numbers.collect()));
    }
    with_hashes(manifest, vec![("summary.csv".to_string(), csv(SUMMARY, rows))])
}
