//! Mutations: one sum, one release or one rule is broken, and a law or an audit turns red. A law that cannot be red proves nothing.

use super::laws::{Ran, narrow, one_at_a_time, requests, worlds};
use super::*;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The same random worlds each time.
fn sample() -> Vec<(Terms<Affine>, Vec<Arrival>)> {
    let mut runner = TestRunner::deterministic();
    let both = (worlds(), requests());
    (0..400).map(|_| both.new_tree(&mut runner).expect("a world").current()).collect()
}

/// What is said where a world is red.
fn red(terms: &Terms<Affine>, list: &[Arrival], sabotage: Sabotage) -> Option<String> {
    let judge = || {
        Ran::new(terms, list, sabotage).obeys();
        Ran::new(&narrow(terms.clone()), list, sabotage).first_come_first_served();
        Ran::new(&one_at_a_time(terms.clone()), list, sabotage).classes_and_patience();
    };
    let panic = catch_unwind(AssertUnwindSafe(judge)).err()?;
    let text = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string()));
    Some(text.expect("a panic with words"))
}

/// Words of the law or audit that misses it. A new mutation without its words does not compile.
fn words(sabotage: Sabotage) -> &'static str {
    match sabotage {
        Sabotage::None => "",
        Sabotage::Counter(counter) => match counter {
            Counter::Arrived => "0 requests arrived",
            Counter::Finished | Counter::GaveUp | Counter::Refused => "are accounted for",
            Counter::Preemptions => "times set back",
            Counter::CachedTokens => "tokens of caches",
            Counter::InputTokens => "tokens of prompts",
            Counter::OutputTokens => "tokens made for 0",
            Counter::Held => "is paid for",
            Counter::Busy => "time in iterations",
            Counter::Iterations => "0 iterations",
            Counter::PromptTokens => "tokens of context",
            Counter::AnswerTokens => "0 tokens made for",
            Counter::Batch => "requests in the batch x time",
            Counter::Kv => "tokens in memory x time",
            Counter::KvMost => "most tokens in memory",
        },
        Sabotage::Release(release) => match release {
            Release::Finish | Release::HandOver | Release::Outstanding => "outstanding at rest",
            Release::SetBack => "requests never end",
            Release::Chips => "of replicas that are not off",
        },
        Sabotage::Rule(rule) => match rule {
            Rule::Fifo => "first come, not first served",
            Rule::Classes => "before one of the first class",
            Rule::Memory => "tokens in a memory of",
            Rule::Growth => "a step to",
            Rule::Batch => "requests in a batch of",
            Rule::Budget => "in an iteration of at most",
            Rule::Context => "tokens are refused where they fit, or taken",
            Rule::Model => "served by another model",
            Rule::Patience => "begun after its patience",
            Rule::Drop => "requests never end",
            Rule::TokenTwice | Rule::TokenMissing => "tokens made for",
            Rule::HandOver => "answered by a replica that does Prefill",
            Rule::Transfer => "a context is elsewhere too early",
            Rule::ColdStart => "a start that is not cold",
            Rule::Drain => "which is Draining",
            Rule::ShortestQueue => "routed by ShortestQueue",
            Rule::RoundRobin => "routed by RoundRobin",
            Rule::Pool => "chips in a pool",
        },
    }
}

const COUNTERS: [Counter; 16] = [
    Counter::Arrived,
    Counter::Finished,
    Counter::GaveUp,
    Counter::Refused,
    Counter::Preemptions,
    Counter::CachedTokens,
    Counter::InputTokens,
    Counter::OutputTokens,
    Counter::Held,
    Counter::Busy,
    Counter::Iterations,
    Counter::PromptTokens,
    Counter::AnswerTokens,
    Counter::Batch,
    Counter::Kv,
    Counter::KvMost,
];

const RELEASES: [Release; 5] =
    [Release::Finish, Release::SetBack, Release::HandOver, Release::Outstanding, Release::Chips];

const RULES: [Rule; 19] = [
    Rule::Fifo,
    Rule::Classes,
    Rule::Memory,
    Rule::Growth,
    Rule::Batch,
    Rule::Budget,
    Rule::Context,
    Rule::Model,
    Rule::Patience,
    Rule::Drop,
    Rule::TokenTwice,
    Rule::TokenMissing,
    Rule::HandOver,
    Rule::Transfer,
    Rule::ColdStart,
    Rule::Drain,
    Rule::ShortestQueue,
    Rule::RoundRobin,
    Rule::Pool,
];

/// Unbroken, every sampled world is green; each mutation turns one of them red, by the law that it breaks.
#[test]
fn every_mutation_turns_its_law_red() {
    let sample = sample();
    for (terms, list) in &sample {
        assert_eq!(red(terms, list, Sabotage::None), None);
    }
    let counters = COUNTERS.into_iter().map(Sabotage::Counter);
    let all = counters.chain(RELEASES.into_iter().map(Sabotage::Release)).chain(RULES.into_iter().map(Sabotage::Rule));
    let mut missed = Vec::new();
    for sabotage in all {
        let mut others = Vec::new();
        let mut told = sample.iter().filter_map(|(terms, list)| red(terms, list, sabotage));
        let seen = told.find(|told| {
            others.push(told.lines().next().unwrap_or_default().to_owned());
            told.contains(words(sabotage))
        });
        others.truncate(5);
        if seen.is_none() {
            missed.push(format!("{sabotage:?}: nobody says `{}`; {others:?}", words(sabotage)));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
