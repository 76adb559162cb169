//! Services on replica cards: what a load is, what is promised and kept, what is refused.

use crate::story::{run, world};
use hedgerow::kernel::simulate;
use hedgerow::perf::{self, Deployment, Lengths, Precision};
use hedgerow::record::{RunRecord, ServiceMonth};
use hedgerow::spec;
use hedgerow::study::{self, Options};
use hedgerow::world::World;
use hedgerow::world::catalog::Catalog;

/// A day of one service on 800 H100, two a replica, at a constant rate; `more` ends its table.
fn text(per_s: f64, more: &str) -> String {
    format!(
        "[scenario]\nname = \"c\"\nstart = 2026-01-01\nend = 2026-01-02\nspin_up = \"0h\"\n[run]\nticks = true\n\
         [pools.p]\ninstance = \"p5.48xlarge\"\nnodes = 100\nfailures_per_chip_hour = 0\n\
         [labs.a.services.s]\nmodel = \"llama-3.3-70b\"\npools = [\"p\"]\n\
         demand = {{ requests_per_second = {per_s}, input_tokens = 1155, output_tokens = 211, idc = 1 }}\n\
         replica = {{ chips = 2, precision = \"fp8\" }}\nautoscaler = {{ min = 400, max = 400 }}\n{more}"
    )
}

fn day(text: &str, draw: u32) -> (World, RunRecord) {
    let world = world(text);
    let record = simulate(&world, run(draw, 0));
    (world, record)
}

fn sums(record: &RunRecord, field: fn(&ServiceMonth) -> u128) -> f64 {
    record.service_ticks.iter().map(|row| field(&row.did)).sum::<u128>() as f64
}

/// The rate that one replica of the request tier serves, by the card of Eq. (115) and the ratio of Eq. (172).
fn replica_per_s() -> f64 {
    let catalog = Catalog::embedded();
    let parts = catalog.card_parts("h100-sxm", "llama-3.3-70b").unwrap();
    let lengths = Lengths { input_tokens: 1155, output_tokens: 211 };
    let deployment = Deployment::new(2, Precision::Fp8);
    let shares = &parts.efficiency.shares;
    let card = perf::card(&parts.hardware, &parts.architecture.shape, deployment, lengths, shares, true, &[]).unwrap();
    // Of code, conversation and reasoning in catalog/request_mixes.csv.
    let scv = |of_mix: &[f64]| catalog.admission.by_mix(of_mix, 211.0 / 1366.0);
    let card = card.mixed(scv(&[0.929, 0.922, 34.98]), scv(&[4.609, 0.595, 3.384]));
    card.saturated().output_tokens_per_s / 211.0 * catalog.admission.capacity_ratio(211.0 / 1366.0)
}

/// 400 replicas at 0.5 of what one serves each need 200; at the median speed of cards.
#[test]
fn a_load_is_of_what_the_request_tier_serves() {
    let per_s = 200.0 * replica_per_s();
    let world = world(&text(per_s, ""));
    let record = simulate(&world, hedgerow::kernel::Run { fixed: true, ..run(0, 0) });
    let load = sums(&record, |did| did.required) / sums(&record, |did| did.ready);
    assert!((load - 0.5).abs() < 1e-5, "{load}");
}

/// One draw moves the speed of every card, by exp(0.15 z): two services on cards have the same factor in a draw, another in the next.
#[test]
fn the_speed_of_cards_is_one_draw() {
    let second = "[labs.a.services.t]\nmodel = \"llama-3.1-8b\"\npools = [\"p\"]\ndemand = { requests_per_second = 10, input_tokens = 1155, output_tokens = 211 }\n\
                  replica = { chips = 1 }\nautoscaler = { min = 10, max = 10 }\n";
    let text = text(100.0, second).replace("nodes = 100", "nodes = 102");
    let loads = |fixed: bool, draw: u32| -> [f64; 2] {
        let world = world(&text);
        let record = simulate(&world, hedgerow::kernel::Run { fixed, ..run(draw, 0) });
        [0, 1].map(|service| {
            let sum =
                |field: fn(&ServiceMonth) -> u128| record.services[service].iter().map(field).sum::<u128>() as f64;
            sum(|did| did.required) / sum(|did| did.ready)
        })
    };
    let medians = loads(true, 0);
    let factors: Vec<[f64; 2]> = (0..3).map(|draw| [0, 1].map(|n| loads(false, draw)[n] / medians[n])).collect();
    for [one, other] in &factors {
        assert!((one / other - 1.0).abs() < 1e-4, "{factors:?}");
        assert!(0.5 < *one && *one < 2.0 && (one - 1.0).abs() > 1e-4, "{factors:?}");
    }
    assert!((factors[0][0] - factors[1][0]).abs() > 1e-4, "{factors:?}");
}

/// What is promised without limit is kept by all who are served; of nothing promised nothing is told; no promise that no replica keeps is taken.
#[test]
fn promises_are_judged() {
    let per_s = 300.0 * replica_per_s();
    let kept = |slo: &str| {
        let (world, record) = day(&text(per_s, slo), 0);
        assert_eq!(world.services.0[0].promises, !slo.is_empty());
        sums(&record, |did| did.attained) / sums(&record, |did| did.first)
    };
    let (loose, tight) =
        (kept("slo = { ttft = \"1h\", tpot = \"1h\" }\n"), kept("slo = { ttft = \"300ms\", tpot = \"1h\" }\n"));
    assert!((loose - 1.0).abs() < 1e-9, "{loose}");
    assert!(0.3 < tight && tight < 1.0, "{tight}");
    let (_, record) = day(&text(per_s, ""), 0);
    let ttft_s = sums(&record, |did| did.ttft_p99) / sums(&record, |did| did.first) / 1e6;
    let tpot_s = sums(&record, |did| did.tpot) / sums(&record, |did| did.first) / 1e6;
    assert!(0.1 < ttft_s && ttft_s < 30.0 && 0.005 < tpot_s && tpot_s < 0.5, "{ttft_s} {tpot_s}");
}

/// More load is never served better, and above what replicas can at least the rest is shed.
#[test]
fn more_load_is_never_served_better() {
    let at = |load: f64| {
        let world = world(&text(400.0 * load * replica_per_s(), "slo = { ttft = \"1s\", tpot = \"100ms\" }\n"));
        let record = simulate(&world, hedgerow::kernel::Run { fixed: true, ..run(0, 0) });
        let demanded = sums(&record, |did| did.demanded);
        (sums(&record, |did| did.shed) / demanded, sums(&record, |did| did.attained) / demanded)
    };
    let found: Vec<(f64, f64)> = [0.3, 0.6, 0.9, 1.0, 1.2, 2.0].map(at).to_vec();
    for pair in found.windows(2) {
        assert!(pair[0].0 <= pair[1].0 + 1e-9 && pair[1].1 <= pair[0].1 + 1e-9, "{found:?}");
    }
    // What a replica does in an hour is a whole number of tokens, some ten million.
    assert!(found[5].0 >= 0.5 - 1e-7, "{found:?}");
}

/// A model that fits nowhere, one nobody knows, one that the catalog has no peak for, rates half stated, a promise no replica keeps.
#[test]
fn what_cannot_be_is_refused() {
    let refused = |text: &str, words: &[&str]| {
        let problems = match spec::read_text("t.toml", text, &[]) {
            Ok(read) => study::plan(&read, Catalog::embedded(), &Options::default(), &|_: &str| Err(String::new()))
                .err()
                .unwrap_or_else(|| panic!("accepted:\n{text}")),
            Err(problems) => problems,
        };
        let told = problems.render(false);
        for word in words {
            assert!(told.contains(word), "{word}\n{told}");
        }
    };
    let base = text(10.0, "");
    refused(&base.replace("chips = 2,", "chips = 1,").replace("\"fp8\"", "\"bf16\""), &["GB", "more chips a replica"]);
    refused(&base.replace("llama-3.3-70b", "llama-3.3-71b"), &["no architecture", "llama-3.3-70b"]);
    refused(&base.replace("\"fp8\"", "\"fp4\""), &["fp4", "h100"]);
    refused(&base.replace("model = \"llama-3.3-70b\"\n", ""), &["nothing says what a replica", "list architectures"]);
    refused(&base.replace("precision = \"fp8\"", "prefill_tokens_per_second = 10"), &["decode_tokens_per_second"]);
    refused(&text(10.0, "slo = { ttft = \"1ms\" }\n"), &["ttft", "promise more time"]);
}
