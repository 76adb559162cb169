//! Laws that hold in every world, on random ones. Each stands alone, so that `mutations` can see which one turns red.

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

pub(super) fn requests() -> impl Strategy<Value = Vec<Arrival>> {
    let one = (0..400_000_u64, 1..60_u32, 1..60_u32, 0..6_u8, prop::collection::vec(0..12_u32, 0..4));
    prop::collection::vec(one, 1..60).prop_map(|list| {
        let mut at_ns = 0;
        let arrival = |(gap, input, output, kind, blocks)| {
            // Some together, some far apart.
            at_ns += if gap % 3 == 0 { 0 } else { gap * 1_000 };
            let (class, model) = (kind % 2, u16::from(kind / 2));
            Arrival { at_ns, input, output, class, model, blocks, ..Arrival::default() }
        };
        list.into_iter().map(arrival).collect()
    })
}

pub(super) fn worlds() -> impl Strategy<Value = Terms<Affine>> {
    let limits = (60..400_u64, 0..20_u64, 1..12_u32, 4..80_u32, any::<bool>());
    let fleet = (0..2_u32, 1..4_u32, any::<bool>(), any::<bool>());
    let rules = (0..3_u8, prop::option::of(5..400_u64), any::<bool>(), prop::option::of(0..4_u64));
    let others = prop::collection::vec((60..400_u64, 1..4_u32, 10..90_u64, any::<bool>()), 0..3);
    (times(), limits, fleet, rules, others).prop_map(|(times, limits, fleet, rules, others)| {
        let (routing, patience, caches, room) = rules;
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
        let fleet = |role| Fleet { model: 0, role, min, max, chips: 2, start_ns: 70_000_000 };
        let mut fleets = if split { vec![fleet(Role::Prefill), fleet(Role::Decode)] } else { vec![fleet(Role::Both)] };
        let mut models = vec![model];
        for (at, (kv_tokens, chips, start_ms, least)) in others.into_iter().enumerate() {
            models.push(Model { kv_tokens, ..models[0].clone() });
            let (model, start_ns) = (at as u16 + 1, start_ms * 1_000_000);
            let min = if scales { u32::from(least) } else { max };
            fleets.push(Fleet { model, role: Role::Both, min, max, chips, start_ns });
        }
        // Room for the least, and beside it for the largest.
        let least: u64 = fleets.iter().map(|fleet| u64::from(fleet.min * fleet.chips)).sum();
        let largest = fleets.iter().map(|fleet| u64::from(fleet.chips)).max().unwrap_or(0);
        Terms {
            models,
            fleets,
            classes: vec![Class { patience_ns: patience.map(|ms| ms * 1_000_000) }, Class::default()],
            routing: [Routing::ShortestQueue, Routing::RoundRobin, Routing::PrefixAware][usize::from(routing)],
            prefixes: caches.then_some(Prefixes { block_tokens: 8, blocks: 6 }),
            scaling: scales.then_some(Scaling {
                tokens_per_replica: 60,
                every_ns: 20_000_000,
                patience_ns: 40_000_000,
            }),
            pool: room.filter(|_| scales).map(|room| least + largest + room),
            paces: Vec::new(),
            single_steps: false,
        }
    })
}

/// A world in which queues are simple: one replica of each kind, for ever.
pub(super) fn narrow(mut terms: Terms<Affine>) -> Terms<Affine> {
    (terms.scaling, terms.pool) = (None, None);
    terms.fleets.retain(|fleet| fleet.model == 0);
    terms.models.truncate(1);
    terms.fleets.iter_mut().for_each(|fleet| (fleet.min, fleet.max) = (1, 1));
    terms
}

/// The same requests, of models that there are.
fn asked(terms: &Terms<Affine>, list: &[Arrival]) -> Vec<Arrival> {
    let models = if terms.paces.is_empty() { terms.models.len() as u16 } else { 1 };
    list.iter().map(|it| Arrival { model: it.model % models, ..it.clone() }).collect()
}

/// One replica that serves one request at a time, whole prompts: when a prompt began follows from when it was done.
pub(super) fn one_at_a_time(terms: Terms<Affine>) -> Terms<Affine> {
    let mut terms = narrow(terms);
    terms.fleets.truncate(1);
    terms.fleets[0].role = Role::Both;
    terms.models.iter_mut().for_each(|model| (model.max_batch, model.chunked) = (1, false));
    terms
}

/// A run and what it was of.
pub(super) struct Ran<'w> {
    terms: &'w Terms<Affine>,
    list: Vec<Arrival>,
    kept: Kept,
    totals: Totals,
}

impl<'w> Ran<'w> {
    pub fn new(terms: &'w Terms<Affine>, list: &[Arrival], sabotage: Sabotage) -> Ran<'w> {
        let list = asked(terms, list);
        let (kept, totals) = run_sabotaged(terms, &list, sabotage);
        Ran { terms, list, kept, totals }
    }

    /// Laws of every world.
    pub fn obeys(&self) {
        self.every_request_ends_once();
        self.tokens_are_produced_once();
        self.replicas_add_up();
        self.limits_hold();
        self.nobody_is_early();
        self.replicas_start_cold_within_the_pool();
        self.routing_is_as_stated();
    }

    fn finished(&self) -> impl Iterator<Item = &Done> {
        self.kept.done.iter().filter(|done| done.end == End::Finished)
    }

    fn fleet_of(&self, replica: u32) -> &Fleet {
        let mut first = 0;
        let here = |fleet: &&Fleet| {
            first += fleet.max;
            replica < first
        };
        self.terms.fleets.iter().find(here).expect("a replica of a fleet")
    }

    fn model_of(&self, replica: u32) -> &Model<Affine> {
        &self.terms.models[usize::from(self.fleet_of(replica).model)]
    }

    /// Who arrives ends once: answered, refused where it is too long, or gone when patience is over.
    fn every_request_ends_once(&self) {
        let totals = &self.totals;
        assert_eq!(totals.in_flight, 0, "{} requests never end", totals.in_flight);
        assert_eq!(self.kept.done.len(), self.list.len(), "requests that ended and that arrived");
        assert_eq!(totals.arrived, self.list.len() as u64);
        for (end, counted) in
            [(End::Finished, totals.finished), (End::GaveUp, totals.gave_up), (End::Refused, totals.refused)]
        {
            let told = self.kept.done.iter().filter(|done| done.end == end).count() as u64;
            assert_eq!(told, counted, "{end:?}: {told} told of, {counted} counted");
        }
        for (row, (done, asked)) in self.kept.done.iter().zip(&self.list).enumerate() {
            assert_eq!((done.row, done.input, done.output), (row as u64, asked.input, asked.output));
            let tokens = u64::from(asked.input + asked.output);
            let fits = |model: &Model<Affine>| tokens <= model.kv_tokens && tokens <= model.max_context;
            let somewhere = match self.terms.paces.is_empty() {
                true => fits(&self.terms.models[usize::from(asked.model)]),
                false => self.terms.models.iter().any(fits),
            };
            assert_eq!(done.end == End::Refused, !somewhere, "{tokens} tokens are refused where they fit, or taken");
            let patience = self.terms.classes[usize::from(asked.class)].patience_ns;
            let gone = (done.end == End::GaveUp).then_some(done.end_ns);
            assert!(gone.is_none() || gone == patience.map(|ns| asked.at_ns + ns + 1), "{done:?} gave up at no end");
        }
    }

    /// Tokens made are those of the answers that were finished, and no prompt is processed twice unless it is set back.
    fn tokens_are_produced_once(&self) {
        let sum = |of: fn(&Done) -> u32| self.finished().map(|done| u64::from(of(done))).sum::<u64>();
        let (totals, spent) = (&self.totals, self.totals.spent());
        assert_eq!(spent.output_tokens, sum(|done| done.output), "tokens made for answers");
        assert_eq!(totals.output_tokens, sum(|done| done.output), "tokens of answers");
        assert_eq!(totals.input_tokens, sum(|done| done.input), "tokens of prompts");
        assert_eq!(totals.cached_tokens, sum(|done| done.cached), "tokens of caches");
        let set_back: u64 = self.kept.done.iter().map(|done| u64::from(done.preemptions)).sum();
        assert_eq!(totals.preemptions, set_back, "times set back");
        let fresh = sum(|done| done.input).saturating_sub(totals.cached_tokens);
        match set_back {
            0 => assert_eq!(spent.prompt_tokens, fresh, "tokens of context"),
            _ => assert!(fresh <= spent.prompt_tokens + u64::from(u32::MAX) * u64::from(self.terms.prefixes.is_some())),
        }
    }

    /// What a replica is said to have done is what was seen of it, iteration by iteration; none of them overlap.
    fn replicas_add_up(&self) {
        for (at, spent) in self.totals.replicas.iter().enumerate() {
            let of = at as u32;
            let here = || self.kept.spans.iter().filter(|span| span.replica == of);
            let lasted = |span: &Span| span.to_ns - span.from_ns;
            let held: i128 = self.kept.running.iter().filter(|it| it.0 == of).map(|it| signed(it.1, !it.2)).sum();
            assert_eq!(i128::from(spent.held_ns), held, "time that replica {at} is paid for");
            assert_eq!(spent.busy_ns, here().map(lasted).sum::<u64>(), "time in iterations");
            let batch: u128 = here().map(|span| u128::from(span.batch) * u128::from(lasted(span))).sum();
            assert_eq!(spent.batch_ns, batch, "requests in the batch x time");
            let kv = |of: fn(&Span) -> u64| here().map(|span| u128::from(of(span)) * u128::from(lasted(span))).sum();
            let (least, most): (u128, u128) = (kv(|span| span.kv_from), kv(|span| span.kv_to));
            assert!(least <= spent.kv_ns && spent.kv_ns <= most, "tokens in memory x time: {} of {most}", spent.kv_ns);
            assert_eq!(spent.kv_most, here().map(|span| span.kv_to).max().unwrap_or(0), "most tokens in memory");
            let mut before = 0;
            for span in here() {
                assert!(before <= span.from_ns, "two iterations at once");
                before = span.to_ns;
            }
        }
    }

    fn limits_hold(&self) {
        for span in &self.kept.spans {
            let model = self.model_of(span.replica);
            assert!(span.kv_to <= model.kv_tokens, "{} tokens in a memory of {}", span.kv_to, model.kv_tokens);
            assert!(span.batch <= model.max_batch, "{} requests in a batch of {}", span.batch, model.max_batch);
        }
    }

    /// No token comes before it can, and each from a replica that may make it.
    fn nobody_is_early(&self) {
        for done in self.finished() {
            let replica = done.replica.expect("who is answered has a replica");
            let (fleet, model) = (self.fleet_of(replica), self.model_of(replica));
            let first = done.first_ns.expect("who is answered has a first token");
            assert!(done.at_ns < first && first <= done.end_ns, "{done:?}");
            let split = self.terms.fleets.iter().any(|it| it.role == Role::Prefill && it.model == fleet.model);
            assert!(fleet.model == done.model || !self.terms.paces.is_empty(), "served by another model: {done:?}");
            let last_by = if split && 1 < done.output { Role::Decode } else { fleet.role };
            assert!(fleet.role == last_by, "answered by a replica that does {:?}: {done:?}", fleet.role);
            let step_ns = nanoseconds(model.times.step_s);
            let steps = u64::from(done.output) * step_ns;
            assert!(steps <= done.end_ns - done.at_ns, "{} tokens in fewer steps: {done:?}", done.output);
            if fleet.role == Role::Decode {
                let (fixed, token) = model.transfer_s;
                let sent = nanoseconds(fixed + token * f64::from(done.input + 1)) + steps - step_ns;
                assert!(first + sent <= done.end_ns, "a context is elsewhere too early: {done:?}");
            }
        }
    }

    /// A replica takes its first request when it has started; those that run are never more than the pool has room for.
    fn replicas_start_cold_within_the_pool(&self) {
        let begin = self.totals.first_ns;
        let mut held = 0;
        for (replica, at, on) in &self.kept.running {
            let fleet = self.fleet_of(*replica);
            let chips = u64::from(fleet.chips);
            held = if *on { held + chips } else { held - chips };
            assert!(self.terms.pool.is_none_or(|pool| held <= pool), "{held} chips in a pool of {:?}", self.terms.pool);
            if !*on || *at <= begin {
                continue;
            }
            let works = self.kept.spans.iter().find(|span| span.replica == *replica && *at <= span.from_ns);
            assert!(
                works.is_none_or(|span| at + fleet.start_ns <= span.from_ns),
                "a start that is not cold: {works:?}"
            );
        }
    }

    /// Who was there first, by the rules of routing, where the number of replicas is fixed. Eq. (132).
    fn routing_is_as_stated(&self) {
        if self.terms.routing == Routing::PrefixAware || self.terms.scaling.is_some() || !self.terms.paces.is_empty() {
            return;
        }
        let mut first = 0;
        for fleet in &self.terms.fleets {
            if fleet.role == Role::Both {
                self.routing_within(fleet, first);
            }
            first += fleet.max;
        }
    }

    fn routing_within(&self, fleet: &Fleet, first: u32) {
        let replicas = first..first + fleet.max;
        let taken = self.kept.done.iter().filter(|done| done.end != End::Refused && done.model == fleet.model);
        let taken: Vec<&Done> = taken.collect();
        for (at, one) in taken.iter().enumerate() {
            let there = |other: &Done, until: Option<u64>| {
                until.is_none_or(|until| one.at_ns <= until) as u64 * u64::from(other.input)
            };
            let tokens = |replica: u32| -> u64 {
                let here =
                    taken[..at].iter().filter(|other| other.replica == Some(replica) && one.at_ns <= other.end_ns);
                here.map(|other| 1 + there(other, other.first_ns)).sum()
            };
            let expected = match self.terms.routing {
                Routing::RoundRobin => first + at as u32 % fleet.max,
                _ => replicas.clone().min_by_key(|replica| (tokens(*replica), *replica)).expect("one at least"),
            };
            assert_eq!(one.replica, Some(expected), "routed by {:?}: {one:?}", self.terms.routing);
        }
    }

    /// Within a class who comes first has its first token first; of a [`narrow`] world.
    pub fn first_come_first_served(&self) {
        for class in 0..2 {
            let of = self.kept.done.iter().filter(|done| done.class == class);
            let firsts: Vec<u64> = of.filter_map(|done| done.first_ns).collect();
            assert!(firsts.is_sorted(), "first come, not first served: {firsts:?}");
        }
    }

    /// When its prompt began, of a world [`one_at_a_time`].
    fn begin_ns(&self, done: &Done) -> Option<u64> {
        let prompt = crate::perf::Iteration {
            prompt_tokens: u64::from(done.input - done.cached),
            ..crate::perf::Iteration::default()
        };
        let times = &self.terms.models[usize::from(done.model)].times;
        Some(done.first_ns? - nanoseconds(crate::perf::StepTimes::seconds(times, &prompt)))
    }

    /// No prompt begins when its user has gone, nor before one of the first class that waits; of a world [`one_at_a_time`].
    pub fn classes_and_patience(&self) {
        for done in &self.kept.done {
            let Some(begin) = self.begin_ns(done) else { continue };
            let patience = self.terms.classes[usize::from(done.class)].patience_ns;
            let most = patience.map_or(u64::MAX, |ns| done.at_ns + ns);
            assert!(begin <= most, "begun after its patience: {done:?}");
            if done.class == 0 {
                continue;
            }
            let waits = |other: &&Done| {
                let until = self.begin_ns(other).unwrap_or(other.end_ns);
                other.class == 0 && other.end != End::Refused && other.at_ns <= begin && begin < until
            };
            let passed = self.kept.done.iter().find(waits);
            assert!(passed.is_none(), "{done:?} begins at {begin} before one of the first class: {passed:?}");
        }
    }
}

fn signed(at_ns: u64, positive: bool) -> i128 {
    if positive { i128::from(at_ns) } else { -i128::from(at_ns) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// One event for many steps is many events of one (`run`); every request ends once, whoever cannot be served is refused; a token is
    /// produced once; memory, batch and pool are never above their limits; sums are those of what was seen; nobody's token comes before it can.
    #[test]
    fn laws_of_the_request_tier(terms in worlds(), list in requests()) {
        Ran::new(&terms, &list, Sabotage::None).obeys();
    }

    /// The same where fleets of unlike replicas serve one model: who fits either is served.
    #[test]
    fn laws_of_unlike_fleets(terms in worlds(), list in requests(), kv_tokens in 40..400_u64, pace in 1..40_u32) {
        let other = Model { kv_tokens, max_batch: 3, ..terms.models[0].clone() };
        let terms = Terms {
            models: vec![terms.models[0].clone(), other],
            fleets: vec![Fleet::fixed(0, terms.fleets[0].max), Fleet::fixed(1, 2)],
            routing: Routing::ShortestQueue,
            scaling: None,
            pool: None,
            paces: vec![1.0, f64::from(pace) / 8.0],
            ..terms
        };
        let ran = Ran::new(&terms, &list, Sabotage::None);
        ran.obeys();
        for (done, asked) in ran.kept.done.iter().zip(&list) {
            let fits = |replica| u64::from(asked.input + asked.output) <= ran.model_of(replica).kv_tokens;
            prop_assert!(done.replica.is_none_or(fits));
        }
    }

    /// Within a class and a replica who comes first has its first token first.
    #[test]
    fn first_come_first_served_within_a_class(terms in worlds(), list in requests()) {
        Ran::new(&narrow(terms), &list, Sabotage::None).first_come_first_served();
    }

    /// The first class goes first, and who waits too long is gone when its turn comes.
    #[test]
    fn the_first_class_goes_first_and_patience_ends(terms in worlds(), list in requests()) {
        Ran::new(&one_at_a_time(terms), &list, Sabotage::None).classes_and_patience();
    }
}
