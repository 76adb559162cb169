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

/// A draw's speed moves times as it moves capacity: the day's mean time per token is that of the table at the draw's load over its speed, and so is the
/// time to first token but for what patience bends, by less than a hundredth here.
#[test]
fn the_speed_of_a_draw_moves_times() {
    let per_s = 150.0 * replica_per_s();
    let of = |fixed: bool, draw: u32| {
        let world = world(&text(per_s, ""));
        let record = simulate(&world, hedgerow::kernel::Run { fixed, ..run(draw, 0) });
        // Rows of ticks are of draw 0 alone; months are of all.
        let sum = |field: fn(&ServiceMonth) -> u128| record.services[0].iter().map(field).sum::<u128>() as f64;
        let load = sum(|did| did.required) / sum(|did| did.ready);
        let mean = |field: fn(&ServiceMonth) -> u128| sum(field) / sum(|did| did.first) / 1e6;
        let told = world.services.0[0].admission.at(load, 400.0);
        (load, mean(|did| did.tpot), mean(|did| did.ttft_p99), told)
    };
    let (median, ..) = of(true, 0);
    for draw in 0..3 {
        let (load, tpot_s, ttft_s, told) = of(false, draw);
        let speed = median / load;
        assert!((speed - 1.0).abs() > 1e-3, "{speed}");
        assert!((tpot_s * speed / told.tpot_s - 1.0).abs() < 1e-4, "{tpot_s} {told:?} {speed}");
        assert!((ttft_s * speed / told.ttft_p99_s - 1.0).abs() < 0.01, "{ttft_s} {told:?} {speed}");
    }
}

/// 1.25 x the modelled rate of 1,155 in and 211 out, measured: the card is `measured` at it, its iterations and its rate are 1.25 x as fast, its error smaller. A
/// step of 64 requests with 1,261 tokens each that took 20 ms takes 20 ms. Points of another chip or another size are of other replicas.
#[test]
fn measured_points_take_the_place_of_the_card() {
    let card = |points: &str| {
        let text =
            text(100.0, "").replace("precision = \"fp8\"", &format!("precision = \"fp8\", measured = [{points}]"));
        let place = world(&text).services.0[0].places[0].clone();
        (*place.card.unwrap(), place.rates, place.sigma)
    };
    let (plain, rates, sigma) = card("");
    let rate = 1.25 * plain.saturated().output_tokens_per_s;
    let source = "source = \"own runs\", as_of = 2026-11-21";
    let (fast, faster, smaller) =
        card(&format!("{{ chip = \"h100\", chips = 2, output_tokens_per_second = {rate}, {source} }}"));
    let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-9, "{a} {b}");
    close(fast.saturated().output_tokens_per_s, rate);
    close(fast.measured_speed, 1.25);
    close(faster.decode / rates.decode, 1.25);
    close(faster.prefill / rates.prefill, 1.25);
    assert_eq!((fast.basis, smaller, sigma), (perf::Basis::Measured, 0.10, 0.15));
    let (stepped, ..) = card(&format!("{{ step = \"20ms\", batch = 64, context_tokens = 1261, {source} }}"));
    close(stepped.step_seconds(64, 1261.0), 0.02);
    // Elsewhere the nearest point tells the speed, and the card keeps what it was.
    let (elsewhere, ..) = card(&format!("{{ input_tokens = 500, output_tokens_per_second = {rate}, {source} }}"));
    assert_eq!(elsewhere.basis, plain.basis);
    assert!(elsewhere.measured_speed != 1.0);
}

/// Two rates at the same lengths, e^0.1 and e^-0.1 of the modelled one: the card's speed is the modelled one, and one more measurement is sqrt(3) x 0.1 off: 0.10 and that,
/// in squares 0.01 + 0.03, make 0.2. The same rate twice leaves 0.10.
#[test]
fn measured_points_that_scatter_widen_the_card() {
    let place = |points: &str| {
        let text =
            text(100.0, "").replace("precision = \"fp8\"", &format!("precision = \"fp8\", measured = [{points}]"));
        let world = world(&text);
        let place = world.services.0[0].places[0].clone();
        (place.card.unwrap().measured_speed, place.sigma, world.notes.join("\n"))
    };
    let rate = place("").0 * {
        let card = world(&text(100.0, "")).services.0[0].places[0].card.clone().unwrap();
        card.saturated().output_tokens_per_s
    };
    let point = |log: f64| {
        format!("{{ output_tokens_per_second = {}, source = \"own runs\", as_of = 2026-11-21 }}", rate * log.exp())
    };
    let (speed, sigma, notes) = place(&format!("{}, {}", point(0.1), point(-0.1)));
    assert!((speed - 1.0).abs() < 1e-9 && (sigma - 0.2).abs() < 1e-9, "{speed} {sigma}");
    assert!(notes.contains("adds 0.17 to its sigma"), "{notes}");
    let (_, sigma, notes) = place(&format!("{}, {}", point(0.1), point(0.1)));
    assert!((sigma - 0.10).abs() < 1e-9 && !notes.contains("scatter"), "{sigma} {notes}");
}

/// Points of no replica, that hold more than its memory, that take no time, that are longer than the model's context, beside stated rates: each with
/// its place.
#[test]
fn what_no_measured_point_can_be() {
    let told = |replica: &str| {
        let text = text(100.0, "").replace("chips = 2, precision = \"fp8\"", replica);
        let problems = match spec::read_text("t.toml", &text, &[]) {
            Ok(read) => study::plan(&read, Catalog::embedded(), &Options::default(), &|_: &str| Err(String::new()))
                .err()
                .unwrap_or_else(|| panic!("accepted:\n{text}")),
            Err(problems) => problems,
        };
        problems.render(false)
    };
    // Each with the key that it points at.
    let cases = [
        ("chips = 2, measured = [{ chip = ^\"h200\", output_tokens_per_second = 9 }]", "they are 2 x h100-sxm"),
        ("chips = 2, measured = [{ chips = ^4, output_tokens_per_second = 9 }]", "no replica of"),
        (
            "chips = 2, measured = [{ step = \"20ms\", batch = ^100_000 }]",
            "100,000 requests of 1,261 tokens each do not fit",
        ),
        ("chips = 2, measured = [{ step = \"20ms\", context_tokens = ^9e8 }]", "1 request of 900,000,000 tokens"),
        ("chips = 2, measured = [{ step = ^\"0s\" }]", "takes no time"),
        ("chips = 2, measured = [{ output_tokens_per_second = 9, input_tokens = ^1e8 }]", "correct the lengths"),
        ("chips = 2, measured = [{ output_tokens_per_second = 9, output_tokens = ^1e8 }]", "request of 100,001,155"),
        ("chips = 2, measured = [{ output_tokens_per_second = 9, batch = ^3 }]", "`batch` is of a `step`"),
        ("chips = 2, measured = [{ output_tokens_per_second = 9, context_tokens = ^3 }]", "`context_tokens` is of"),
        ("chips = 2, measured = [{ batch = 3 }]", "output_tokens_per_second"),
        ("chips = 2, measured = [{ step = \"20ms\", output_tokens_per_second = 9 }]", "step"),
        (
            "chips = 2, prefill_tokens_per_second = 9, decode_tokens_per_second = 9, measured = [{ output_tokens_per_second = ^9 }]",
            "leave one of them out",
        ),
        // 69.5e9 bytes of weights at 6.7e12 B/s are 10.4 ms.
        (
            "chips = 2, measured = [{ batch = 1, step = ^\"5ms\" }]",
            "1 request of 1,261 tokens takes 5 ms, and with all of its peak",
        ),
        (
            "chips = 2, measured = [{ output_tokens_per_second = ^1e6 }]",
            "come to 1,000,000 tokens/s, and all of the peak",
        ),
        (
            "chips = 2, measured = [{ batch = 8, step = \"20ms\" }, { batch = 64, step = ^\"15ms\" }]",
            "8 requests of 1,261 tokens each take 20 ms, but 64 requests of 1,261 tokens each take 15 ms",
        ),
        (
            "chips = 2, measured = [{ batch = 8, step = \"20ms\" }, { batch = 8, step = ^\"30ms\" }]",
            "each take 30 ms, but 8 requests of 1,261 tokens each take 20 ms",
        ),
        (
            "chips = 2, measured = [{ output_tokens_per_second = 2_000 }, { output_tokens_per_second = ^3_000 }]",
            "come to 2,000 tokens/s, but",
        ),
    ];
    for (marked, words) in cases {
        let replica = marked.replace('^', "");
        let told = told(&replica);
        assert!(told.contains(words) && told.contains("t.toml:16:"), "{words}\n{told}");
        let Some(key) = marked.find('^') else { continue };
        let line = text(100.0, "").lines().nth(15).unwrap().to_owned();
        let column = line.find("chips = 2, precision").unwrap() + key + 1;
        assert!(told.contains(&format!("t.toml:16:{column}")), "{words} at column {column}\n{told}");
    }
}

/// 100 equal clients of 40 requests a second together, each with a rate that moves by 50 % over 60 s and all by 5 %: (0.05^2 + 1.0025 x 0.25/100) x 2,400 more than
/// the index 3 that each has. The table is read at that 3, at the loads that the rates bring.
#[test]
fn a_population_has_bursts_of_its_own_and_common_ones() {
    let of = |bursts: &str| world(&text(40.0, "").replace("idc = 1", bursts)).services.0[0].clone();
    let population = "population = { clients = 100, zipf = 0, idc = 3, cv = 0.5 }, common_cv = 0.05";
    let (service, plain) = (of(population), of("idc = 3"));
    let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-12, "{a} {b}");
    let scv = 0.05 * 0.05 + (1.0 + 0.05 * 0.05) * 0.25 / 100.0;
    close(service.bursts.idc_at(40.0), 3.0 + 2_400.0 * scv);
    assert_eq!(of("population = { clients = 100, zipf = 0, idc = 3 }").bursts, plain.bursts);
    assert_eq!(of("population = { clients = 1, zipf = 1.3, idc = 3 }").admission, plain.admission);
    assert_eq!(service.admission, plain.admission);
    // At load 1 on 32 replicas, each rate with its share of the requests: what it sheds, and what its answered meet.
    let rates = service.bursts.rates();
    let each: Vec<_> = rates.iter().map(|rate| (rate / 5.0, service.admission.at(*rate, 32.0))).collect();
    let shed: f64 = each.iter().map(|(part, served)| part * served.shed).sum();
    let kept: f64 = each.iter().map(|(part, served)| part * (1.0 - served.shed) * served.attained).sum();
    let through = service.admission.through(&rates, (1.0, 1.0), 32.0);
    close(through.shed, shed);
    close(through.attained, kept / (1.0 - shed));
}

/// Headroom for two standard deviations of the numbers over 60 s: 100 requests a second of 40 tokens need 100 replicas of 40 tokens a second; with an index of 4 and a
/// common 5 %, 2 sqrt(4/6,000 + 0.0025) = 0.1125 of them more, 112 in all; without what is common 0.0516, 106.
#[test]
fn headroom_for_common_bursts_by_hand() {
    let replicas = |bursts: &str| {
        let text = format!(
            "[scenario]\nname = \"h\"\nstart = 2026-01-01\nend = 2026-01-02\nspin_up = \"0h\"\n[run]\nticks = true\n\
             [pools.p]\ninstance = \"p5.48xlarge\"\nnodes = 20\nfailures_per_chip_hour = 0\n\
             [labs.a.services.s]\npools = [\"p\"]\n\
             replica = {{ chips = 1, prefill_tokens_per_second = 40, decode_tokens_per_second = 40 }}\n\
             demand = {{ requests_per_second = 100, input_tokens = 30, output_tokens = 10, {bursts} }}\n\
             autoscaler = {{ target = 1, burst_sds = 2 }}\n"
        );
        let (_, record) = day(&text, 0);
        let last = record.service_ticks.last().unwrap().did;
        last.ready as f64 / 3.6e9
    };
    assert_eq!((replicas("idc = 4, common_cv = 0.05"), replicas("idc = 4")), (112.0, 106.0));
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
    refused(&base.replace("\"fp8\"", "\"fp4\""), &["fp4", "h100", "name one of these in `replica.precision`"]);
    let long = base.replace("output_tokens = 211", "output_tokens = 400_000");
    refused(&long, &["a context of 131,072 tokens", "or a model of a longer context"]);
    let unanswered = text(10.0, "slo = { tpot = \"1h\" }\n").replace("output_tokens = 211", "output_tokens = 0");
    refused(&unanswered, &["s.slo.tpot", "`output_tokens` is 0", "leave it out"]);
    refused(&base.replace("model = \"llama-3.3-70b\"\n", ""), &["nothing says what a replica", "list architectures"]);
    refused(&base.replace("precision = \"fp8\"", "prefill_tokens_per_second = 10"), &["decode_tokens_per_second"]);
    refused(&text(10.0, "slo = { ttft = \"1ms\" }\n"), &["ttft", "promise more time"]);
    // A step of a 70B model on two H100 takes about 20 ms, whatever its batch makes in a second.
    refused(&text(10.0, "slo = { tpot = \"5ms\" }\n"), &["tpot", "a step of one request", "promise more time"]);
}

/// What lies beyond the table of admission is told, each with its numbers: 300 is read as 256, and answers of 4,000 after 1,000 tokens as a table's half; nothing of it where all is within.
#[test]
fn what_lies_beyond_the_table_is_told() {
    let told = |text: &str| {
        let notes = world(text).notes;
        notes.into_iter().filter(|note| note.contains("beyond the table of admission")).collect::<Vec<_>>().join("\n")
    };
    let within = text(5.0, "").replace("min = 400, max = 400", "min = 1, max = 30");
    assert_eq!(told(&within), "");
    let bursty = told(&within.replace("idc = 1", "idc = 3000"));
    assert!(bursty.contains("labs.a.services.s lies beyond") && bursty.contains("is read as 256 on up to"), "{bursty}");
    let smooth = told(&within.replace("idc = 1", "idc = 0.2"));
    assert!(smooth.contains("its index of dispersion, 0.2, is read as 1"), "{smooth}");
    let long =
        told(&within.replace("input_tokens = 1155, output_tokens = 211", "input_tokens = 1000, output_tokens = 4000"));
    assert!(long.contains("80.0 % of its tokens are answers, and waits and times are read at 51.4 %"), "{long}");
    // Of every large service the same: told once.
    let large = |text: &str| {
        world(text).notes.iter().filter(|note| note.starts_with("services of more than 32 replicas")).count()
    };
    assert_eq!((large(&text(2_000.0, "")), large(&within)), (1, 0));
    let swamped = told(&text(2_000.0, "").replace("min = 400, max = 400", "min = 1, max = 30"));
    assert!(
        swamped.contains("even on all replicas it may have, and those who are answered meet what they would at 2"),
        "{swamped}"
    );
    // Where the table is not asked the load is told all the same; and nothing of one that can be served.
    let all = |text: &str| world(text).notes.into_iter().collect::<Vec<_>>().join("\n");
    let over = "times what all replicas it may have can do";
    for (more, says) in [("admission = \"bound\"", true), ("tier = \"request\"", true), ("", false)] {
        let swamped = text(2_000.0, "").replace("min = 400, max = 400 }", &format!("min = 1, max = 30 }}\n{more}"));
        let idle = text(5.0, "").replace("min = 400, max = 400 }", &format!("min = 1, max = 30 }}\n{more}"));
        assert_eq!((all(&swamped).contains(over), all(&idle).contains(over)), (says, false), "{more}");
    }
    assert_eq!(
        told(&within.replace("idc = 1", "idc = 3000").replace("max = 30 }", "max = 30 }\ntier = \"request\"")),
        ""
    );
}
