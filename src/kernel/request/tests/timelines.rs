//! One mechanism each, worked by hand. An iteration takes a second and a tenth a prompt token.

use super::*;

/// 0 prefills 0..2 and has tokens at 2 and 3. 1 comes at 2.5, joins at 3, and its prompt runs alone until 5 while 0 pauses; a step 5..6
/// ends both.
#[test]
fn whole_prompts_run_before_decodes() {
    check(&terms(), &[request(0.0, 10, 3), request(2.5, 10, 2)], "0: first 2 end 6 at 0 | 1: first 5 end 6 at 0");
}

/// Six tokens an iteration: 0 is cut into 6 (0..1.6) and 4 (..3). Then 0 decodes beside 5 tokens of 1 (3..4.5) and the other 5 (..6), which
/// ends 0 and gives 1 its first token; 1 alone 6..7.
#[test]
fn chunks_run_beside_decodes() {
    let mut terms = terms();
    (terms.models[0].chunked, terms.models[0].max_batch_tokens) = (true, 6);
    check(&terms, &[request(0.0, 10, 3), request(2.5, 10, 2)], "0: first 3 end 6 at 0 | 1: first 6 end 7 at 0");
}

/// Eight tokens an iteration, of whole prompts: 10 are more and run alone all the same; 5 and 3 fit together, the next 5 do not.
#[test]
fn a_prompt_longer_than_the_budget_runs_alone() {
    let mut terms = terms();
    terms.models[0].max_batch_tokens = 8;
    check(
        &terms,
        &[request(0.0, 10, 1), request(0.0, 5, 1), request(0.0, 3, 1), request(0.0, 5, 1)],
        "0: first 2 end 2 at 0 | 1: first 3.8 end 3.8 at 0 | 2: first 3.8 end 3.8 at 0 | 3: first 5.3 end 5.3 at 0",
    );
}

/// Memory of 20. Both prompts of 8 hold 9 each with their next token and run 0..2.6; one step (..3.6) fills the memory. 1, the newest, is set
/// back with 2 of its 4 tokens. 0 has 6 more seconds to go (9.6), then 1's context of 10 is processed anew (..11.6) and yields its third token,
/// a step its fourth.
#[test]
fn the_newest_is_set_back_and_computed_anew() {
    let mut terms = terms();
    terms.models[0].kv_tokens = 20;
    let list = [request(0.0, 8, 8), request(0.0, 8, 4)];
    let (kept, totals) = check(&terms, &list, "0: first 2.6 end 9.6 at 0 | 1: first 2.6 end 12.6 at 0");
    assert_eq!((totals.preemptions, kept.done[1].preemptions, kept.kv_most()), (1, 1, 20));
    assert_eq!((totals.spent().prompt_tokens, totals.spent().output_tokens), (26, 12));
    // A prompt and an answer that together are 21 fit nowhere; neither does what is longer than the context.
    check(&terms, &[request(0.0, 17, 4)], "0: first - end 0 refused");
    (terms.models[0].kv_tokens, terms.models[0].max_context) = (100, 20);
    check(&terms, &[request(0.0, 17, 4)], "0: first - end 0 refused");
}

/// Memory of 100 at pace 1 and of 1,000 at pace 5, one at a time. 0 goes to the first (11 against 55) and 1 fits the second alone, 51 s; 2 as well, and
/// gives up there; 3 fits neither; 4 comes when 0 is done and both have nothing more: the first; 5 finds 11 there and goes to it still (22 against 5 x 512).
#[test]
fn unlike_fleets_take_what_fits_and_is_done_first() {
    let mut terms = terms();
    let small = Model { kv_tokens: 100, max_batch: 1, ..terms.models[0].clone() };
    terms.models = vec![small.clone(), Model { kv_tokens: 1_000, ..small }];
    terms.fleets = [0, 1].map(|model| Fleet::fixed(model, 1)).to_vec();
    terms.paces = vec![1.0, 5.0];
    terms.classes[0].patience_ns = Some(3_000_000_000);
    let list = [(0.0, 10), (0.0, 500), (1.0, 200), (1.0, 2_000), (2.5, 10), (2.5, 10)];
    let list = list.map(|(at_s, input)| request(at_s, input, 1));
    let want = "0: first 2 end 2 at 0 | 1: first 51 end 51 at 1 | 2: first - end 4.000000001 at 1 gave up | 3: first - end 1 refused | \
                4: first 4.5 end 4.5 at 0 | 5: first 6.5 end 6.5 at 0";
    check(&terms, &list, want);
}

/// Two seconds fixed and a tenth a token on the way: 0 has its first token at 2 and its 11 tokens of context are there at 3.6; two steps
/// end it at 5.6. 1 prefills 2..4, is there at 5.6 too and joins then.
#[test]
fn answers_go_on_elsewhere() {
    let mut terms = terms();
    terms.models[0].transfer_s = (0.5, 0.1);
    terms.fleets =
        vec![Fleet { role: Role::Prefill, ..Fleet::fixed(0, 1) }, Fleet { role: Role::Decode, ..Fleet::fixed(0, 1) }];
    check(
        &terms,
        &[request(0.0, 10, 3), request(1.0, 10, 2), request(9.0, 10, 1)],
        "0: first 2 end 5.6 at 1 | 1: first 4 end 6.6 at 1 | 2: first 11 end 11 at 0",
    );
    // A memory of 13 holds one context at a time, also while it is on its way: 1's prompt begins when 0's is gone at 3.6, is done at 5.6 and its
    // context there at 7.2.
    terms.models[0].kv_tokens = 13;
    check(&terms, &[request(0.0, 10, 3), request(1.0, 10, 2)], "0: first 2 end 5.6 at 1 | 1: first 5.6 end 8.2 at 1");
}

/// Three seconds of patience, one at a time: 1 leaves the queue at 4; 2, which came at 3.5, is begun at 6 and stays though its first token comes
/// at 8; 3 leaves at 10.5, for its turn would come at 12.
#[test]
fn who_waits_too_long_gives_up() {
    let mut terms = terms();
    terms.models[0].max_batch = 1;
    terms.classes[0].patience_ns = Some(3_000_000_000);
    let list = [request(0.0, 10, 5), request(1.0, 10, 5), request(3.5, 10, 5), request(7.5, 10, 1)];
    let (_, totals) = check(
        &terms,
        &list,
        "0: first 2 end 6 at 0 | 1: first - end 4.000000001 at 0 gave up | 2: first 8 end 12 at 0 | 3: first - end 10.500000001 at 0 gave up",
    );
    assert_eq!((totals.finished, totals.gave_up, totals.spent().prompt_tokens), (2, 2, 20));
}

/// One at a time: the later request of the first class goes before the earlier one of the second.
#[test]
fn the_first_class_goes_first() {
    let mut terms = terms();
    (terms.models[0].max_batch, terms.classes) = (1, vec![Class::default(); 2]);
    let of = |class: u8, request: Arrival| Arrival { class, ..request };
    check(
        &terms,
        &[of(1, request(0.0, 10, 2)), of(1, request(1.0, 10, 2)), of(0, request(1.5, 10, 2))],
        "0: first 2 end 3 at 0 | 1: first 8 end 9 at 0 | 2: first 5 end 6 at 0",
    );
}

fn scaled(tokens_per_replica: u64, start_s: u64) -> Terms<Affine> {
    let second = 1_000_000_000;
    let scaling = Scaling { tokens_per_replica, every_ns: second, patience_ns: 2 * second };
    let fleets = vec![Fleet { max: 2, start_ns: start_s * second, ..Fleet::fixed(0, 1) }];
    Terms { scaling: Some(scaling), fleets, ..terms() }
}

/// One at a time, 12 outstanding tokens a replica. At 1 there are 22: another is ordered and up at 4. At 4.5 it takes request 2. From 7 on
/// one would be enough, at 9 it is for 2 s: the idle one goes, the last of equals. 3 finds the first. Paid: 16 s and 8 s.
#[test]
fn replicas_start_cold_and_go() {
    let mut terms = scaled(12, 3);
    terms.models[0].max_batch = 1;
    let list = [request(0.0, 10, 3), request(0.5, 10, 3), request(4.5, 10, 3), request(12.0, 10, 3)];
    let want = "0: first 2 end 4 at 0 | 1: first 6 end 8 at 0 | 2: first 6.5 end 8.5 at 1 | 3: first 14 end 16 at 0";
    let (kept, totals) = check(&terms, &list, want);
    let second = 1_000_000_000;
    let paid = [(0, 0, true), (1, second, true), (1, 9 * second, false), (0, 16 * second, false)];
    assert_eq!(kept.running, paid);
    assert_eq!(totals.replicas.iter().map(|spent| spent.held_ns / second).collect::<Vec<_>>(), [16, 8]);
}

/// 100 tokens a replica: the second, ordered at 1, is up at 2 and takes request 2 alone, prefills 2.5..4.5, answers until 23.5. At 17 one
/// would be enough, at 19 the one with less to do drains: 3 goes to the first although that has more, and the second is paid until 23.5.
#[test]
fn a_draining_replica_finishes_what_it_has() {
    let list = [request(0.0, 150, 20), request(0.5, 10, 20), request(2.5, 10, 20), request(20.0, 10, 2)];
    let want =
        "0: first 16 end 39 at 0 | 1: first 18 end 39 at 0 | 2: first 4.5 end 23.5 at 1 | 3: first 22 end 23 at 0";
    let (kept, totals) = check(&scaled(100, 1), &list, want);
    assert_eq!(kept.running[2], (1, 23_500_000_000, false));
    assert_eq!(totals.replicas[1].held_ns, 22_500_000_000);
}

/// A fleet that may have none: request 0 waits at the door, a replica is ordered at the first look and up 3 s later.
#[test]
fn from_nothing() {
    let mut terms = scaled(100, 3);
    terms.fleets[0].min = 0;
    check(&terms, &[request(5.0, 10, 2)], "0: first 11 end 12 at 0");
}

/// (model, arrival).
fn of(model: u16, request: Arrival) -> Arrival {
    Arrival { model, ..request }
}

/// Three chips; the first model's replicas take one and start in a second, the second's take two and start in three. At 1 the first has 22 tokens
/// outstanding and wants two, the second 11 and wants one, and neither has any: the one with more comes first and gets its first, and now has 22 a
/// replica, less than the second, which has none and gets its two chips. No chip is left. The first's is up at 2 and done with both at 6, the
/// second's up at 4 and done at 6. The looks at 7 find nothing to do, and at 9 both go. At 20.5 another comes for the first: ordered at 21.
#[test]
fn who_has_most_to_do_gets_the_chips() {
    let mut terms = scaled(12, 1);
    terms.models.push(terms.models[0].clone());
    terms.models.iter_mut().for_each(|model| model.max_batch = 1);
    let second = 1_000_000_000;
    let small = Fleet { min: 0, chips: 1, start_ns: second, ..terms.fleets[0] };
    terms.fleets = vec![small, Fleet { model: 1, chips: 2, start_ns: 3 * second, ..small }];
    terms.pool = Some(3);
    let list = [
        of(0, request(0.0, 10, 1)),
        of(0, request(0.0, 10, 1)),
        of(1, request(0.5, 10, 1)),
        of(0, request(20.5, 10, 1)),
    ];
    let want = "0: first 4 end 4 at 0 | 1: first 6 end 6 at 0 | 2: first 6 end 6 at 2 | 3: first 24 end 24 at 0";
    let (kept, _) = check(&terms, &list, want);
    let seconds = |(replica, at, on): &(u32, u64, bool)| (*replica, at / second, *on);
    let running: Vec<_> = kept.running.iter().map(seconds).collect();
    let paid = [(0, 1, true), (2, 1, true), (0, 9, false), (2, 9, false), (0, 21, true), (0, 24, false)];
    assert_eq!(running, paid);
}

/// Two chips. The first model has its one replica for ever and wants another, the second wants its first: at 1 the first has 66 tokens a replica, the
/// second none, so that the one chip is the second's, up at 2. It is done at 4, not needed from 5 on and gone at 7: that look gives the chip to the first,
/// which has 33 outstanding still (2 s a request, the fourth under way from 6 to 8). Its second replica is up at 8 and takes who comes at 8.5.
#[test]
fn what_drains_gives_its_chips_to_others() {
    let mut terms = scaled(12, 1);
    terms.models.push(terms.models[0].clone());
    terms.models.iter_mut().for_each(|model| model.max_batch = 1);
    terms.fleets.push(Fleet { model: 1, min: 0, ..terms.fleets[0] });
    terms.pool = Some(2);
    let mut list: Vec<Arrival> = (0..6).map(|_| of(0, request(0.0, 10, 1))).collect();
    list.push(of(1, request(0.5, 10, 1)));
    list.push(of(0, request(8.5, 10, 1)));
    let want = "0: first 2 end 2 at 0 | 1: first 4 end 4 at 0 | 2: first 6 end 6 at 0 | 3: first 8 end 8 at 0 | 4: first 10 end 10 at 0 | \
                5: first 12 end 12 at 0 | 6: first 4 end 4 at 2 | 7: first 10.5 end 10.5 at 1";
    check(&terms, &list, want);
}

/// Blocks of 4. 1 begins like 0, so that 8 of its 10 tokens are there: 1.2 s. Prefix-aware routing sends it where they are, and 2, which has
/// nothing there, elsewhere as long as the first is not free of work.
#[test]
fn known_beginnings_are_not_computed_again() {
    let mut terms = terms();
    terms.prefixes = Some(Prefixes { block_tokens: 4, blocks: 100 });
    terms.routing = Routing::PrefixAware;
    terms.fleets[0] = Fleet::fixed(0, 2);
    let with = |blocks: &[u32], request: Arrival| Arrival { blocks: blocks.to_vec(), ..request };
    let list = [
        with(&[1, 2, 3], request(0.0, 10, 2)),
        with(&[1, 2, 9], request(4.0, 10, 2)),
        with(&[7, 8, 9], request(4.0, 10, 2)),
        with(&[1, 2, 3], request(20.0, 10, 1)),
    ];
    let want =
        "0: first 2 end 3 at 0 | 1: first 5.2 end 6.2 at 0 | 2: first 6 end 7 at 1 | 3: first 21.1 end 21.1 at 0";
    let (kept, totals) = check(&terms, &list, want);
    // Of three blocks of 4 all ten tokens are known; one is computed all the same, for its answer.
    assert_eq!(kept.done.iter().map(|done| done.cached).collect::<Vec<_>>(), [0, 8, 0, 9]);
    assert_eq!(totals.cached_tokens, 17);
}

/// Round robin takes turns whatever waits where; the shortest queue counts tokens of prompts until their end.
#[test]
fn routing_rules() {
    let mut terms = terms();
    terms.fleets[0] = Fleet::fixed(0, 2);
    let list = [request(0.0, 100, 1), request(0.0, 10, 1), request(0.0, 10, 1)];
    check(&terms, &list, "0: first 11 end 11 at 0 | 1: first 3 end 3 at 1 | 2: first 3 end 3 at 1");
    terms.routing = Routing::RoundRobin;
    check(&terms, &list, "0: first 12 end 12 at 0 | 1: first 2 end 2 at 1 | 2: first 12 end 12 at 0");
}

/// Cut short at 2.5 s: 0 has its first token and is in flight, 1 has not arrived.
#[test]
fn a_run_may_be_cut_short() {
    let list = [request(0.0, 10, 3), request(2.5, 10, 2)];
    let totals = serve(&terms(), &mut Listed(&list, 0), &mut Kept::default(), Some(2_500_000_000));
    assert_eq!((totals.arrived, totals.in_flight, totals.finished, totals.end_ns), (1, 1, 0, 2_500_000_000));
}
