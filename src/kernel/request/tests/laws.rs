//! Laws that hold in every world, on random ones.

use super::*;
use proptest::prelude::*;

/// Whole milliseconds and microseconds, so that many steps in one event and one by one take the same nanoseconds.
fn times() -> impl Strategy<Value = Affine> {
    (1..50_u32, 0..40_u32, 0..20_u32, 0..3_u32).prop_map(|(step, prompt, decode, context)| Affine {
        step_s: f64::from(step) * 1e-3,
        prompt_token_s: f64::from(prompt) * 1e-4,
        decode_s: f64::from(decode) * 1e-4,
        context_token_s: f64::from(context) * 1e-6,
    })
}

fn requests() -> impl Strategy<Value = Vec<Arrival>> {
    let one = (0..400_000_u64, 1..60_u32, 1..60_u32, 0..2_u8, prop::collection::vec(0..12_u32, 0..4));
    prop::collection::vec(one, 1..60).prop_map(|list| {
        let mut at_ns = 0;
        let arrival = |(gap, input, output, class, blocks)| {
            // Some together, some far apart.
            at_ns += if gap % 3 == 0 { 0 } else { gap * 1_000 };
            Arrival { at_ns, input, output, class, blocks, ..Arrival::default() }
        };
        list.into_iter().map(arrival).collect()
    })
}

fn worlds() -> impl Strategy<Value = Terms<Affine>> {
    let limits = (60..400_u64, 0..20_u64, 1..12_u32, 4..80_u32, any::<bool>());
    let fleet = (0..2_u32, 1..4_u32, any::<bool>(), any::<bool>());
    let rules = (0..3_u8, prop::option::of(5..400_u64), any::<bool>());
    (times(), limits, fleet, rules).prop_map(|(times, limits, fleet, (routing, patience, caches))| {
        let (kv_tokens, kv_reserve, max_batch, max_batch_tokens, chunked) = limits;
        let (min, more, split, scales) = fleet;
        let model = Model {
            times,
            kv_tokens,
            kv_reserve,
            max_batch,
            max_batch_tokens,
            max_context: 110,
            chunked,
            transfer_s: (3e-3, 1e-5),
        };
        let (min, max) = if scales { (min, min + more) } else { (more, more) };
        let fleet = |role| Fleet { model: 0, role, min, max };
        Terms {
            models: vec![model],
            fleets: if split { vec![fleet(Role::Prefill), fleet(Role::Decode)] } else { vec![fleet(Role::Both)] },
            classes: vec![Class { patience_ns: patience.map(|ms| ms * 1_000_000) }, Class::default()],
            routing: [Routing::ShortestQueue, Routing::RoundRobin, Routing::PrefixAware][usize::from(routing)],
            prefixes: caches.then_some(Prefixes { block_tokens: 8, blocks: 6 }),
            scaling: scales.then_some(Scaling {
                tokens_per_replica: 60,
                every_ns: 20_000_000,
                start_ns: 70_000_000,
                patience_ns: 40_000_000,
            }),
            pool: None,
            paces: Vec::new(),
            single_steps: false,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// One event for many steps is many events of one (`run`); every request ends once, whoever cannot be served is refused; a token is
    /// produced once; memory is never above its limit; nobody's first token comes before its prompt could be done.
    #[test]
    fn laws_of_the_request_tier(terms in worlds(), list in requests()) {
        let (kept, totals) = run(&terms, &list);
        let model = &terms.models[0];
        prop_assert_eq!(kept.done.len(), list.len());
        prop_assert_eq!(totals.arrived, totals.finished + totals.gave_up + totals.refused);
        prop_assert_eq!(totals.in_flight, 0);
        prop_assert!(kept.kv_most <= model.kv_tokens);
        let answers: u64 = kept.done.iter().filter(|done| done.end == End::Finished).map(|done| u64::from(done.output)).sum();
        prop_assert_eq!(totals.spent().output_tokens, answers);
        for (row, (done, asked)) in kept.done.iter().zip(&list).enumerate() {
            prop_assert_eq!((done.row, done.input, done.output), (row as u64, asked.input, asked.output));
            let tokens = u64::from(asked.input + asked.output);
            prop_assert_eq!(done.end == End::Refused, model.kv_tokens < tokens || model.max_context < tokens);
            if done.end != End::Finished {
                continue;
            }
            let first = done.first_ns.expect("who is answered has a first token");
            prop_assert!(asked.at_ns < first && first <= done.end_ns);
            let least = model.times.step_s * f64::from(asked.output);
            prop_assert!(least <= done.e2e_s().unwrap() + 1e-9);
        }
    }

    /// The same where fleets of unlike replicas serve one model: who fits either is served.
    #[test]
    fn laws_of_unlike_fleets(terms in worlds(), list in requests(), kv_tokens in 40..400_u64, pace in 1..40_u32) {
        let other = Model { kv_tokens, max_batch: 3, ..terms.models[0].clone() };
        let fleet = |model, n| Fleet { model, role: Role::Both, min: n, max: n };
        let terms = Terms {
            models: vec![terms.models[0].clone(), other],
            fleets: vec![fleet(0, terms.fleets[0].max), fleet(1, 2)],
            routing: Routing::ShortestQueue,
            scaling: None,
            paces: vec![1.0, f64::from(pace) / 8.0],
            ..terms
        };
        let (kept, totals) = run(&terms, &list);
        prop_assert_eq!(totals.arrived, totals.finished + totals.gave_up + totals.refused);
        prop_assert_eq!(totals.in_flight, 0);
        let most = terms.models[0].kv_tokens.max(kv_tokens).min(110);
        for (done, asked) in kept.done.iter().zip(&list) {
            prop_assert_eq!(done.end == End::Refused, most < u64::from(asked.input + asked.output));
            let at = done.replica.map(|replica| usize::from(terms.fleets[0].max <= replica));
            prop_assert!(at.is_none_or(|at| u64::from(asked.input + asked.output) <= terms.models[at].kv_tokens));
        }
    }

    /// Within a class and a replica who comes first has its first token first.
    #[test]
    fn first_come_first_served_within_a_class(mut terms in worlds(), list in requests()) {
        terms.scaling = None;
        terms.fleets.iter_mut().for_each(|fleet| (fleet.min, fleet.max) = (1, 1));
        let (kept, _) = run(&terms, &list);
        for class in 0..2 {
            let firsts: Vec<u64> =
                kept.done.iter().filter(|done| done.class == class).filter_map(|done| done.first_ns).collect();
            prop_assert!(firsts.is_sorted(), "{:?}", firsts);
        }
    }
}
