use super::testing::{chip, shares, toy};
use super::*;
use proptest::prelude::*;

fn lengths(input_tokens: u64, output_tokens: u64) -> Lengths {
    Lengths { input_tokens, output_tokens }
}

fn toy_card(tensor_parallel: u32) -> Card {
    card(&chip(), &toy(), Deployment::new(tensor_parallel, Precision::Fp8), lengths(100, 100), &shares(), true, &[])
        .unwrap()
}

fn near(got: f64, want: f64) {
    assert!((got / want - 1.0).abs() < 1e-12, "{got} for {want}");
}

/// FP8 on one chip: 2e9 x 0.5 = 1e9 FLOP/s and 1e9 B/s. Weights 1e8 x 1 B x 1.03 = 0.103 GB of 0.9 usable; 0.797e9 / 1,000 B = 797,000 tokens.
/// A step of B at context c: weights max(2e8 B/1e9, 0.1) s, attention max(4 x 10 x 100 c B/1e9, 1,000 c B/1e9) = 4e-6 c B, 10 x 1 ms:
/// one at 100: 0.2 + 0.0004 + 0.01 = 0.2104 s; five at 1,000: 1 + 0.02 + 0.01 = 1.03 s. No link.
/// A prompt of 100: 2e8 x 100/1e9 = 20 s, attention 2 x 10 x 100 x 100^2/1e9 = 0.02 s, 0.01 s.
#[test]
fn a_card_by_hand() {
    let card = toy_card(1);
    assert_eq!((card.kv_tokens(), card.largest_batch(lengths(100, 100))), (797_000, 2048));
    assert_eq!((card.kv_bytes_per_token, card.watts, card.basis.word()), (1000.0, Some(100.0), "fitted"));
    near(card.step_seconds(1, 100.0), 0.2104);
    near(card.step_seconds(5, 1000.0), 1.03);
    near(card.prefill_seconds(100), 20.03);
    near(
        card.seconds(&Iteration { prompt_tokens: 100, prompt_pairs: 10_000, decodes: 1, context_tokens: 100 }),
        20.2304,
    );
    assert_eq!(card.seconds(&Iteration::default()), 0.0);
}

/// Two chips halve what is split. The link adds 2 sums x 2 (2 - 1)/2 x 10 layers x 100 x 2 B = 4,000 B a token at 1e8 B/s one way:
/// one token at context 100: 0.1 + 0.0002 + 0.00004 + 0.01.
#[test]
fn several_chips_pay_for_their_sums() {
    near(toy_card(2).step_seconds(1, 100.0), 0.11024);
}

/// Sixteen chips are two domains of eight. Each has 0.32 Gbit/s / 8 / 8 = 5 MB/s out of its own, below the link's 100 MB/s one way; 2 sums x 2 (16 - 1)/16 x
/// 10 layers x 100 x 2 B = 7,500 B a token: 1.5 ms. One token at context 100: weights 2e8/16e9 = 12.5 ms, the cache, which stands
/// eight times, 8 x 1e5/16e9 s = 0.05 ms, overhead 10 ms. A network faster than the link leaves the link: 7,500/1e8 = 75 us. Eq. (126).
#[test]
fn wider_than_a_scale_up_domain_by_hand() {
    let on = |chip: &Hardware, chips: u32| {
        card(chip, &toy(), Deployment::new(chips, Precision::Fp8), lengths(100, 100), &shares(), true, &[])
    };
    let joined_by = |network: Option<f64>, chips: u32| {
        let network = network.map(|gbit_s| Network { gbit_s, chips });
        Hardware { scale_up: Some(ScaleUp { of: "toy-server".into(), chips, network }), ..chip() }
    };
    let wide = on(&chip(), 16).unwrap();
    near(wide.step_seconds(1, 100.0), 0.0125 + 5e-5 + 1.5e-3 + 0.01);
    assert_eq!((wide.link_bytes_s, wide.basis, wide.uncertainty_sigma()), (Some(5e6), Basis::Extrapolated, 0.35));
    let within = on(&chip(), 8).unwrap();
    assert_eq!((within.link_bytes_s, within.basis), (Some(1e8), Basis::Fitted));
    assert_eq!(on(&chip(), 1).unwrap().link_bytes_s, None);
    let fast = on(&joined_by(Some(80.0), 8), 16).unwrap();
    near(fast.step_seconds(1, 100.0), 0.0125 + 5e-5 + 7.5e-5 + 0.01);
    assert_eq!((fast.link_bytes_s, fast.basis), (Some(1e8), Basis::Extrapolated));
    let refused = |chip: &Hardware, chips: u32| on(chip, chips).unwrap_err().to_string();
    assert_eq!(
        refused(&chip(), 12),
        "a replica of 12 x toy-chip: a scale-up domain of toy-server has 8 chips, and 12 / 8 = 1.50 is no whole number of them"
    );
    assert!(refused(&joined_by(None, 8), 16).contains("no network that joins 16 / 8 = 2 of them"));
    assert!(refused(&Hardware { scale_up: None, ..chip() }, 2).contains("`scale_up_chips` in links.csv"));
    // 1e9 x 2 B x 1.03 = 2.06 GB and 0.9 a chip: three at least. Whole domains where none holds it, and powers of two of them.
    let large = Architecture { total_params: 1e9, active_params: 1e9, ..toy() };
    let fewest = |chips: u32| {
        let (chip, plan) = (joined_by(Some(1.0), chips), Deployment::new(1, Precision::Bf16));
        let card = smallest(&chip, &large, plan, lengths(1, 1), &shares(), true).unwrap();
        (card.deployment.tensor_parallel, card.basis)
    };
    assert_eq!([1, 2, 3, 8].map(|chips| fewest(chips).0), [4, 4, 3, 4]);
    assert_eq!([2, 3].map(|chips| fewest(chips).1), [Basis::Extrapolated, Basis::Fitted]);
    assert_eq!((chip().told_of(4), chip().told_of(8)), (None, None));
    let told = [3, 16].map(|chips| chip().told_of(chips).unwrap());
    assert!(told[0].contains("beside 2 such replicas 2 of its chips are left over"), "{}", told[0]);
    assert!(told[1].contains("0.005 GB/s a chip one way = 0.32 Gbit/s / 8 / 8"), "{}", told[1]);
}

/// Four chips and two heads of the cache: everything of it stands twice, 2,000 B a token: (4 x 0.9e9 - 0.103e9) / 2,000 = 1,748,500 tokens.
/// A step reads it twice too: 1,000 tokens of context take max(4e6/4e9, 2e6/4e9) s.
#[test]
fn more_chips_than_heads_keep_the_cache_twice() {
    let card = toy_card(4);
    assert_eq!((card.kv_bytes_per_token, card.kv_tokens()), (2000.0, 1_748_500));
    let read = card.step_seconds(1, 1000.0) - card.step_seconds(1, 0.0);
    assert!((read / 1e-3 - 1.0).abs() < 1e-9, "{read}");
    let latent = Architecture { kv_heads: None, ..toy() };
    assert_eq!((toy().kv_copies(2), toy().kv_copies(4), latent.kv_copies(64)), (1.0, 2.0, 1.0));
}

/// 100 in and 100 out: 2,048 requests by their number, memory has room for 3,985. An iteration computes 2,048 prompt tokens, pairs 2,048 x 100:
/// 2e8 x 4,096/1e9 = 819.2 s, 2,048 x 150 x 4e-6 = 1.2288 s, 204,800 x 2e-6 = 0.4096 s, 0.01 s.
#[test]
fn saturated_by_hand() {
    let full = toy_card(1).saturated();
    assert_eq!((full.batch, full.limit, full.prompt_tokens), (2048.0, Limit::Requests, 2048.0));
    near(full.output_tokens_per_s, 2048.0 / 820.8484);
    let (prefill, decode) = toy_card(1).tokens_per_replica_hour(2048.0);
    near(decode, 3600.0 * 2048.0 / (409.6 + 1.2288 + 0.01));
    near(prefill, 3600.0 * 2048.0 / (409.6 + 0.4096));
    // Cached halves: 1,024 prompt tokens, and a prompt's 50 see the 50 before them: 50 x (2 x 50 + 50) = 7,500 pairs.
    let half = Deployment { cache_hit: 0.5, ..Deployment::new(1, Precision::Fp8) };
    let cached = card(&chip(), &toy(), half, lengths(100, 100), &shares(), true, &[]).unwrap();
    near(cached.prefill_seconds(100), 10.0 + 0.015 + 0.01);
    near(cached.saturated().prompt_tokens, 1024.0);
}

/// 6 clients of a replica with room for 4: 4 at work, and by Little's law 6 = X (first + 99 step), X = rate / 100.
#[test]
fn those_above_the_batch_wait() {
    let four = Deployment { max_requests: 4, ..Deployment::new(1, Precision::Fp8) };
    let card = card(&chip(), &toy(), four, lengths(100, 100), &shares(), true, &[]).unwrap();
    let ((first, step), rate) = (card.closed_loop(6), card.saturated().output_tokens_per_s);
    near(rate / 100.0 * (first + 99.0 * step), 6.0);
    assert_eq!(card.closed_loop(2).0, card.prefill_seconds(100));
}

/// A replica measured at twice the modelled rate runs every iteration twice as fast, and says measured there and nowhere else.
#[test]
fn a_measured_point_is_exact() {
    let plain = toy_card(1);
    let rate = 2.0 * plain.saturated().output_tokens_per_s;
    let point = Measured { lengths: lengths(100, 100), what: Point::OutputPerS(rate) };
    let make =
        |asked| card(&chip(), &toy(), Deployment::new(1, Precision::Fp8), asked, &shares(), true, &[point]).unwrap();
    let here = make(lengths(100, 100));
    near(here.saturated().output_tokens_per_s, rate);
    near(here.step_seconds(1, 100.0), 0.1052);
    assert_eq!((here.basis, here.uncertainty_sigma()), (Basis::Measured, 0.10));
    assert_eq!(
        (make(lengths(200, 100)).basis, make(lengths(200, 100)).measured_speed),
        (Basis::Fitted, here.measured_speed)
    );
}

/// A step of 4 requests with 150 tokens each that took half of what the card says makes it twice as fast; with a rate of half the modelled one at the same
/// lengths it is as fast as modelled, sqrt(2 x 1/2).
#[test]
fn measured_steps_count_as_rates_do() {
    let plain = toy_card(1);
    let step = Point::Step { batch: 4, context_tokens: 150.0, seconds: plain.step_seconds(4, 150.0) / 2.0 };
    let rate = Point::OutputPerS(plain.saturated().output_tokens_per_s / 2.0);
    let make = |points: &[Point]| {
        let measured: Vec<Measured> =
            points.iter().map(|what| Measured { lengths: lengths(100, 100), what: *what }).collect();
        card(&chip(), &toy(), Deployment::new(1, Precision::Fp8), lengths(100, 100), &shares(), false, &measured)
            .unwrap()
    };
    let fast = make(&[step]);
    near(fast.measured_speed, 2.0);
    near(fast.step_seconds(4, 150.0), plain.step_seconds(4, 150.0) / 2.0);
    assert_eq!(fast.basis, Basis::Measured);
    near(make(&[step, rate]).measured_speed, 1.0);
}

fn refused(tensor_parallel: u32, precision: Precision, asked: Lengths, model: &Architecture) -> String {
    let deployment = Deployment::new(tensor_parallel, precision);
    card(&chip(), model, deployment, asked, &shares(), true, &[]).unwrap_err().to_string()
}

/// 1e9 parameters of 2 bytes and 3 %: 2.06 GB; two chips have 0.9 x 2 x 1 GB. Nine hundred tokens of a cache of 1 MB a token: 0.9 GB.
#[test]
fn what_does_not_fit_is_refused_with_the_arithmetic() {
    let large = Architecture { total_params: 1e9, ..toy() };
    assert_eq!(
        refused(2, Precision::Bf16, lengths(1, 1), &large),
        "toy-model does not fit 2 x toy-chip: its weights take 2.1 GB = 1.0e9 x 2 B x 1.03; 1.8 GB are usable = 2 x 1.0 GB x 0.9"
    );
    let wide = Architecture { kv_values_per_layer: 1e5, ..toy() };
    let text = refused(1, Precision::Fp8, lengths(800, 100), &wide);
    assert!(
        text.contains("one request of 900 tokens x 1000.0 kB takes 0.9 GB of KV cache")
            && text.contains("leave 0.8 GB"),
        "{text}"
    );
    assert_eq!(refused(1, Precision::Fp4, lengths(1, 1), &toy()), "toy-chip has no peak at fp4; it has bf16 and fp8");
    assert!(
        refused(1, Precision::Fp8, lengths(9_000, 1_001), &toy())
            .contains("a context of 10,000 tokens, and a request of 10,001")
    );
    assert!(
        refused(1, Precision::Fp8, lengths(1, 0), &toy()).contains("at least one token of input and one of output")
    );
    assert!(refused(0, Precision::Fp8, lengths(1, 1), &toy()).contains("at least one chip"));
    let lone = Hardware { link_bytes_s: None, ..chip() };
    let refusal = card(&lone, &toy(), Deployment::new(2, Precision::Fp8), lengths(1, 1), &shares(), true, &[]);
    assert!(refusal.unwrap_err().to_string().contains("link_gb_s"));
    let fits = smallest(&chip(), &large, Deployment::new(1, Precision::Bf16), lengths(1, 1), &shares(), true).unwrap();
    assert_eq!(fits.deployment.tensor_parallel, 4);
}

fn any_card() -> impl Strategy<Value = Card> {
    let model = (1e6f64..1e9, 1.0f64..100.0, 1.0f64..1000.0, prop::option::of((2u32..64, 1u32..8)));
    (model, 1u32..5, 0.1f64..1.0, 0.0f64..1e-2).prop_map(|((params, layers, width, experts), power, mfu, overhead)| {
        let experts = experts.map(|(count, taken)| Experts {
            count: f64::from(count),
            per_token: f64::from(taken.min(count)),
            params: 0.9 * params / f64::from(count),
        });
        let active = experts.map_or(params, |e| params - (e.count - e.per_token) * e.params);
        let model = Architecture {
            total_params: params,
            active_params: active,
            layers,
            hidden: width,
            prefill_width: width,
            decode_width: 2.0 * width,
            kv_values_per_layer: width,
            attention_layers: layers,
            experts,
            ..toy()
        };
        let shares = Efficiency { mfu, overhead_s_per_layer: overhead, ..shares() };
        let chip = Hardware { memory_bytes: 1e11, ..chip() };
        card(&chip, &model, Deployment::new(1 << (power - 1), Precision::Fp8), lengths(10, 10), &shares, true, &[])
            .unwrap()
    })
}

proptest! {
    /// Each kind of work may grow, and no iteration gets shorter.
    #[test]
    fn more_work_never_takes_less(card in any_card(), a in prop::array::uniform4(0u64..5000), b in prop::array::uniform4(0u64..5000)) {
        let work = |w: [u64; 4]| Iteration { prompt_tokens: w[0], prompt_pairs: w[1], decodes: w[2], context_tokens: w[3] };
        let both = std::array::from_fn(|i| a[i] + b[i]);
        prop_assert!(card.seconds(&work(a)) <= card.seconds(&work(both)));
    }

    /// A run of decode steps is the sum of its steps, and as many steps end within its time as it has.
    #[test]
    fn runs_of_steps_and_their_inverse(card in any_card(), decodes in 1u64..3000, context in 0u64..1_000_000, steps in 1u64..2000, part in 0.0f64..1.0) {
        let one = |k: u64| card.seconds(&Iteration { decodes, context_tokens: context + k * decodes, ..Iteration::default() });
        let run = card.decode_seconds(decodes, context, steps);
        let sum: f64 = (0..steps).map(one).sum();
        prop_assert!((run / sum - 1.0).abs() < 1e-9, "{run} for {sum}");
        prop_assert_eq!(card.decode_steps_within(decodes, context, run), steps);
        let short = run + part * (card.decode_seconds(decodes, context, steps + 1) - run) * 0.999;
        prop_assert_eq!(card.decode_steps_within(decodes, context, short), steps);
        prop_assert_eq!(card.decode_steps_within(decodes, context, one(0) * 0.999), 0);
    }

    /// A prompt takes as much arithmetic in chunks as whole: only overhead and reading weights again is added.
    #[test]
    fn chunks_add_up_to_the_whole(card in any_card(), first in 1u64..4000, second in 1u64..4000) {
        let pairs = |before: u64, tokens: u64| tokens * (2 * before + tokens);
        prop_assert_eq!(pairs(0, first) + pairs(first, second), pairs(0, first + second));
        let chunk = |before, tokens| card.seconds(&Iteration { prompt_tokens: tokens, prompt_pairs: pairs(before, tokens), ..Iteration::default() });
        prop_assert!(chunk(0, first) + chunk(first, second) >= chunk(0, first + second) * (1.0 - 1e-12));
    }

    /// Coupling B2, T5: the card's own mix at its operating batch needs exactly one replica.
    #[test]
    fn the_saturated_mix_needs_one_replica(card in any_card(), share in 0.01f64..1.0) {
        let load = card.with_batch(card.saturated().batch * share);
        let (prefill, decode) = card.tokens_per_replica_hour(load.batch);
        let output = 3600.0 * load.output_tokens_per_s;
        let need = output * (10.0 / 10.0) / prefill + output / decode;
        prop_assert!((need - 1.0).abs() < 1e-9, "{}", need);
    }
}
