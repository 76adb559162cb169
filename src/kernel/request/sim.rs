//! The loop of the request tier: arrivals, hand-overs, patience, replicas. One event each, in order of time. Computes no percentile.

use super::fleet::Group;
use super::iteration::Yield;
use super::outcome::{Done, End, Sink, Totals};
use super::replica::{Doing, Phase, Replica};
use super::requests::{Requests, State};
use super::sabotage::{Release, Rule, Sabotage};
use super::scaler;
use super::terms::{CLASSES, Fleet, Model, Role, Routing, Terms};
use super::tournament::Tournament;
use super::{NEVER, NONE, nanoseconds};
use crate::perf::StepTimes;
use crate::workload::requests::{Arrival, Arrivals};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What comes of a request by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Alarm {
    /// Its context is where its answer goes on.
    Sent,
    /// It waits no longer.
    Impatient,
}

/// Serves all requests, or those until `until_ns`, and says what became of each.
///
/// At one instant arrivals come first, then alarms of requests, then the scaler, then replicas in order of their numbers. `terms` that
/// contradict themselves are our bug: a model without a fleet, no class, a memory or a batch of nothing.
pub fn serve<S: StepTimes>(
    terms: &Terms<S>,
    arrivals: &mut impl Arrivals,
    sink: &mut impl Sink,
    until_ns: Option<u64>,
) -> Totals {
    serve_sabotaged(terms, arrivals, sink, until_ns, Sabotage::None)
}

/// [`serve`] with one thing broken, for tests of the laws.
pub fn serve_sabotaged<S: StepTimes>(
    terms: &Terms<S>,
    arrivals: &mut impl Arrivals,
    sink: &mut impl Sink,
    until_ns: Option<u64>,
    sabotage: Sabotage,
) -> Totals {
    let mut sim = Sim::new(terms, sink);
    sim.break_on_purpose(sabotage);
    let mut next = Arrival::default();
    let mut more = arrivals.next(&mut next);
    sim.totals.first_ns = if more { next.at_ns } else { 0 };
    sim.open_least(sim.totals.first_ns);
    let until_ns = until_ns.unwrap_or(NEVER);
    loop {
        let arrives = if more { next.at_ns } else { NEVER };
        let alarm = sim.alarms.peek().map_or(NEVER, |alarm| alarm.0.0);
        let (replica_due, replica) = sim.due.least();
        let looks = if more || 0 < sim.requests.alive { sim.look_ns } else { NEVER };
        let now = arrives.min(alarm).min(replica_due).min(looks);
        if now == NEVER || until_ns <= now {
            break;
        }
        assert!(sim.now_ns <= now, "{now} after {}", sim.now_ns);
        sim.now_ns = now;
        sim.totals.events += 1;
        if now == arrives {
            sim.arrive(&mut next);
            let before = next.at_ns;
            more = arrivals.next(&mut next);
            assert!(!more || before <= next.at_ns, "row {} arrives before the one before it", next.row);
        } else if now == alarm {
            sim.ring();
        } else if now == looks {
            scaler::look(&mut sim);
        } else {
            sim.step(replica);
        }
    }
    let end_ns = if until_ns == NEVER { sim.now_ns } else { until_ns.max(sim.now_ns) };
    assert!(
        until_ns != NEVER || sim.requests.alive == 0,
        "{} requests are there and nothing happens any more",
        sim.requests.alive
    );
    sim.close(end_ns)
}

/// A run.
pub(super) struct Sim<'t, S, K> {
    pub terms: &'t Terms<S>,
    pub sink: &'t mut K,
    pub requests: Requests,
    pub replicas: Vec<Replica>,
    /// Fleet of each replica.
    pub group_of: Vec<u32>,
    pub groups: Vec<Group>,
    /// Fleets by model: where prompts go, and where answers go on (the same, where nothing is split).
    entry: Vec<(u32, u32)>,
    pub due: Tournament,
    /// (when, request, slot, what).
    alarms: BinaryHeap<Reverse<(u64, u64, u32, Alarm)>>,
    pub now_ns: u64,
    /// Chips of the replicas that are not off.
    pub chips_held: u64,
    /// When the scaler looks next.
    pub look_ns: u64,
    pub totals: Totals,
    yields: Vec<Yield>,
    /// What a test has broken.
    pub sabotage: Sabotage,
}

impl<'t, S: StepTimes, K: Sink> Sim<'t, S, K> {
    fn new(terms: &'t Terms<S>, sink: &'t mut K) -> Sim<'t, S, K> {
        assert!((1..=CLASSES).contains(&terms.classes.len()), "{} classes", terms.classes.len());
        let cached = terms.prefixes.map(|prefixes| (prefixes.block_tokens, prefixes.blocks));
        let (mut replicas, mut groups, mut group_of) = (Vec::new(), Vec::new(), Vec::new());
        for (at, fleet) in terms.fleets.iter().enumerate() {
            assert!(fleet.min <= fleet.max && 0 < fleet.max, "{fleet:?}");
            groups.push(Group::new(*fleet, replicas.len() as u32));
            let model = &terms.models[usize::from(fleet.model)];
            assert!(0 < model.max_batch && 0 < model.max_batch_tokens && 0 < model.kv_tokens, "limits of 0");
            for _ in 0..fleet.max {
                replicas.push(Replica::new(model.max_batch, cached));
                group_of.push(at as u32);
            }
        }
        refuse_who_never_starts(terms);
        let together = terms.fleets.iter().all(|fleet| fleet.role == Role::Both && fleet.min == fleet.max)
            && (terms.paces.len(), terms.routing) == (terms.fleets.len(), Routing::ShortestQueue)
            && terms.scaling.is_none();
        assert!(terms.paces.is_empty() || together, "unlike fleets that cannot serve together: {:?}", terms.fleets);
        let of = |model: usize, role: Role| {
            let is = |fleet: &Fleet| usize::from(fleet.model) == model && fleet.role == role;
            terms.fleets.iter().position(is).map(|at| at as u32)
        };
        let entry = (0..terms.models.len()).map(|model| match of(model, Role::Both) {
            Some(both) => (both, both),
            None => of(model, Role::Prefill).zip(of(model, Role::Decode)).expect("a model has replicas"),
        });
        Sim {
            terms,
            sink,
            requests: Requests::default(),
            due: Tournament::new(replicas.len()),
            entry: entry.collect(),
            replicas,
            group_of,
            groups,
            alarms: BinaryHeap::new(),
            now_ns: 0,
            chips_held: 0,
            look_ns: NEVER,
            totals: Totals::default(),
            yields: Vec::with_capacity(64),
            sabotage: Sabotage::None,
        }
    }

    fn break_on_purpose(&mut self, sabotage: Sabotage) {
        self.sabotage = sabotage;
        self.replicas.iter_mut().for_each(|replica| replica.sabotage = sabotage);
        self.groups.iter_mut().for_each(|group| group.sabotage = sabotage);
    }

    /// The least number of every fleet is up when the first request arrives.
    fn open_least(&mut self, at_ns: u64) {
        self.now_ns = at_ns;
        for group in 0..self.groups.len() {
            let first = self.groups[group].first;
            for replica in first..first + self.groups[group].terms.min {
                self.replicas[replica as usize].held_since_ns = at_ns;
                self.chips_held += u64::from(self.groups[group].terms.chips);
                self.sink.replica(replica, at_ns, true);
                self.open(replica);
            }
        }
        if let Some(scaling) = &self.terms.scaling {
            self.look_ns = at_ns + scaling.every_ns.max(1);
        }
    }

    /// The terms of a replica's fleet.
    pub fn fleet_of(&self, replica: u32) -> Fleet {
        self.groups[self.group_of[replica as usize] as usize].terms
    }

    /// A replica takes requests from now on.
    pub fn open(&mut self, replica: u32) {
        self.replicas[replica as usize].phase = Phase::Up;
        let group = self.group_of[replica as usize] as usize;
        self.groups[group].set_open(replica, true);
        while let Some(slot) = self.groups[group].call_in(&mut self.requests) {
            // The door's share of the load goes to whoever takes it.
            let weight = self.weight(group, slot);
            self.groups[group].all_outstanding -= weight;
            self.send(group, slot);
        }
    }

    /// Outstanding tokens of a request that comes to a fleet. Eq. (132).
    fn weight(&self, group: usize, slot: u32) -> u64 {
        let prompt = self.groups[group].terms.role != Role::Decode;
        1 + if prompt { u64::from(self.requests[slot].input) } else { 0 }
    }

    fn arrive(&mut self, arrival: &mut Arrival) {
        assert!(0 < arrival.input && 0 < arrival.output, "row {} has no tokens", arrival.row);
        self.totals.arrived += 1;
        let class = usize::from(arrival.class);
        let slot = self.requests.take(arrival);
        let Some(group) = self.entry_of(slot) else {
            self.totals.refused += 1;
            self.tell(slot, End::Refused);
            return self.requests.free(slot);
        };
        if let Some(patience) = self.terms.classes[class].patience_ns {
            // A token that comes at the very instant is in time.
            let at = self.now_ns.saturating_add(patience).saturating_add(1);
            self.alarms.push(Reverse((at, self.requests[slot].born, slot, Alarm::Impatient)));
        }
        self.send(group, slot);
    }

    /// The fleet that a request goes to; None where it is longer than memory or context. Of unlike fleets the one where it and what is before
    /// it would be done first, ties to the first. Eq. (175).
    fn entry_of(&self, slot: u32) -> Option<usize> {
        let request = &self.requests[slot];
        let tokens = u64::from(request.input) + u64::from(request.output);
        let long = self.sabotage.breaks(Rule::Context);
        let fits = |model: &Model<S>| tokens <= model.kv_tokens && (tokens <= model.max_context || long);
        if self.terms.paces.is_empty() {
            let last = self.terms.models.len() - 1;
            let model = if self.sabotage.breaks(Rule::Model) { last } else { usize::from(request.model) };
            return fits(&self.terms.models[model]).then_some(self.entry[model].0 as usize);
        }
        let fitting = (0..self.groups.len())
            .filter(|group| fits(&self.terms.models[usize::from(self.groups[*group].terms.model)]));
        let done = |group: &usize| {
            let before = self.groups[*group].least_outstanding().expect("fleets that serve together are up");
            self.terms.paces[*group] * (before + self.weight(*group, slot)) as f64
        };
        fitting.min_by(|a, b| done(a).total_cmp(&done(b)))
    }

    /// A request goes to a replica of a fleet, or waits at its door.
    fn send(&mut self, group: usize, slot: u32) {
        let weight = self.weight(group, slot);
        let chosen = self.groups[group].choose(&self.requests, &self.replicas, slot, self.terms.routing);
        let Some(replica) = chosen else {
            self.groups[group].all_outstanding += weight;
            return self.groups[group].wait_at_door(&mut self.requests, slot);
        };
        let phase = self.replicas[replica as usize].phase;
        assert!(phase == Phase::Up, "a request is sent to replica {replica}, which is {phase:?}");
        self.groups[group].add(replica, weight);
        self.requests[slot].replica = replica;
        self.replicas[replica as usize].enqueue(&mut self.requests, slot);
        self.nudge(replica);
    }

    /// Somebody came to a replica's queue or left it.
    fn nudge(&mut self, replica: u32) {
        let model = &self.terms.models[usize::from(self.groups[self.group_of[replica as usize] as usize].terms.model)];
        let it = &mut self.replicas[replica as usize];
        if it.doing == Doing::Nothing {
            if it.phase != Phase::Starting {
                // After every arrival of this instant.
                self.due.set(replica, self.now_ns);
            }
        } else if let Some(due) = it.interrupt(&self.requests, model, self.now_ns) {
            self.due.set(replica, due);
        }
    }

    fn ring(&mut self) {
        let Some(Reverse((_, born, slot, alarm))) = self.alarms.pop() else { return };
        if self.requests[slot].born != born || self.requests[slot].state == State::Free {
            return;
        }
        match alarm {
            Alarm::Sent => {
                let from = self.requests[slot].replica;
                if !self.sabotage.keeps(Release::HandOver) {
                    self.replicas[from as usize].release(&self.requests, slot);
                }
                self.requests[slot].held = 0;
                self.nudge(from);
                let group = self.entry[usize::from(self.requests[slot].model)].1 as usize;
                self.send(group, slot);
            }
            Alarm::Impatient if self.sabotage.breaks(Rule::Patience) => {}
            Alarm::Impatient if self.requests[slot].first_ns == NEVER => self.give_up(slot),
            Alarm::Impatient => {}
        }
    }

    fn give_up(&mut self, slot: u32) {
        let group = self.entry[usize::from(self.requests[slot].model)].0 as usize;
        match self.requests[slot].state {
            State::AtDoor => {
                self.groups[group].door[usize::from(self.requests[slot].class)].remove(&mut self.requests, slot);
                let weight = self.weight(group, slot);
                self.groups[group].all_outstanding -= weight;
                self.gone(slot);
            }
            State::Waiting => {
                let replica = self.requests[slot].replica;
                let group = self.group_of[replica as usize] as usize;
                self.replicas[replica as usize].dequeue(&mut self.requests, slot);
                let weight = self.weight(group, slot);
                self.groups[group].take(replica, weight);
                self.gone(slot);
                self.nudge(replica);
            }
            // Its turn has come. To leave now would waste what it is given: behind a queue as long as patience everyone would, and nobody be served.
            State::Prompt => {}
            State::Free | State::Decoding | State::Sent => unreachable!("{:?}", self.requests[slot]),
        }
    }

    fn gone(&mut self, slot: u32) {
        self.totals.gave_up += 1;
        self.tell(slot, End::GaveUp);
        self.requests.free(slot);
    }

    fn tell(&mut self, slot: u32, end: End) {
        let request = &self.requests[slot];
        self.sink.done(&Done {
            row: request.row,
            class: request.class,
            model: request.model,
            input: request.input,
            output: request.output,
            at_ns: request.at_ns,
            first_ns: (request.first_ns != NEVER).then_some(request.first_ns),
            end_ns: self.now_ns,
            end,
            replica: (request.replica != NONE).then_some(request.replica),
            preemptions: request.preemptions,
            cached: request.cached,
        });
    }

    /// A replica's iteration is over, or it has started, or it is woken: what it yielded, and what it does next.
    fn step(&mut self, replica: u32) {
        let group = self.group_of[replica as usize] as usize;
        let it = &mut self.replicas[replica as usize];
        if it.phase == Phase::Starting {
            self.due.set(replica, NEVER);
            return self.open(replica);
        }
        let fleet = self.groups[group].terms;
        if it.doing != Doing::Nothing {
            let (began, batch, kv) = (it.began_ns, it.members.len(), it.used);
            let mut yields = std::mem::take(&mut self.yields);
            let grown = match it.doing {
                Doing::Steps(steps) => steps * u64::from(it.decodes),
                Doing::Prompts { mixed } => u64::from(mixed) * u64::from(it.decodes),
                Doing::Nothing => 0,
            };
            it.finish(&mut self.requests, fleet.role, self.now_ns, &mut yields);
            self.sink.span(replica, began, self.now_ns, batch, kv, kv + grown);
            yields.drain(..).for_each(|one| self.settle(replica, group, one));
            self.yields = yields;
        }
        let model = &self.terms.models[usize::from(fleet.model)];
        let it = &mut self.replicas[replica as usize];
        let (due, set_back) = it.plan(&mut self.requests, model, self.now_ns, self.terms.single_steps);
        self.totals.preemptions += set_back;
        self.due.set(replica, due);
        if due == NEVER {
            assert!(
                it.is_idle() || it.members.len() == 0 && 0 < it.used,
                "a replica with nothing to do and somebody waiting: {it:?}"
            );
            if it.phase == Phase::Draining {
                scaler::switch_off(self, replica);
            }
        }
    }

    fn settle(&mut self, replica: u32, group: usize, one: Yield) {
        match one {
            Yield::First(slot) => {
                if !self.sabotage.keeps(Release::Outstanding) {
                    let tokens = u64::from(self.requests[slot].input);
                    self.groups[group].take(replica, tokens);
                }
            }
            Yield::Last { slot, first } => {
                let prompt = if first { u64::from(self.requests[slot].input) } else { 0 };
                self.groups[group].take(replica, prompt + 1);
                self.totals.finished += 1;
                self.totals.input_tokens += u64::from(self.requests[slot].input);
                self.totals.output_tokens += u64::from(self.requests[slot].output);
                self.totals.cached_tokens += u64::from(self.requests[slot].cached);
                self.tell(slot, End::Finished);
                self.requests.free(slot);
            }
            Yield::HandOver(slot) => {
                let weight = self.weight(group, slot);
                self.groups[group].take(replica, weight);
                let request = &self.requests[slot];
                let (fixed, token) = self.terms.models[usize::from(request.model)].transfer_s;
                let at_once = self.sabotage.breaks(Rule::Transfer);
                let lasts = if at_once { 0 } else { nanoseconds(fixed + token * f64::from(request.context())) };
                let at = self.now_ns.saturating_add(lasts).min(NEVER - 1);
                self.alarms.push(Reverse((at, request.born, slot, Alarm::Sent)));
            }
        }
    }

    /// The sums, and the identities that hold in every run.
    fn close(mut self, end_ns: u64) -> Totals {
        let mut chips = 0;
        for (at, it) in self.replicas.iter_mut().enumerate() {
            if it.phase != Phase::Off {
                chips += u64::from(self.groups[self.group_of[at] as usize].terms.chips);
                it.spent.held_ns += end_ns - it.held_since_ns;
                self.sink.replica(at as u32, end_ns, false);
            }
        }
        assert!(chips == self.chips_held, "{} chips held, {chips} of replicas that are not off", self.chips_held);
        let totals = &mut self.totals;
        (totals.in_flight, totals.end_ns) = (self.requests.alive, end_ns);
        totals.replicas = self.replicas.iter().map(|it| it.spent).collect();
        if let Sabotage::Counter(counter) = self.sabotage {
            counter.silence(totals);
        }
        let ended = totals.finished + totals.gave_up + totals.refused + totals.in_flight;
        assert!(totals.arrived == ended, "{} requests arrived, {ended} are accounted for", totals.arrived);
        let produced = totals.spent().output_tokens;
        if totals.in_flight == 0 {
            assert!(produced == totals.output_tokens, "{produced} tokens made for {}", totals.output_tokens);
            let used: u64 = self.replicas.iter().map(|it| it.used).sum();
            let outstanding: u64 = self.groups.iter().map(|group| group.all_outstanding).sum();
            assert!(used == 0 && outstanding == 0, "{used} tokens of memory and {outstanding} outstanding at rest");
        }
        self.totals
    }
}

/// A pool has room for the least of every fleet, and beside the others' least for one of each: who waits for a replica gets one in the end.
fn refuse_who_never_starts<S>(terms: &Terms<S>) {
    let Some(pool) = terms.pool else { return };
    let least = |fleet: &Fleet| u64::from(fleet.min) * u64::from(fleet.chips);
    let all: u64 = terms.fleets.iter().map(least).sum();
    assert!(all <= pool, "{all} chips at least, {pool} in the pool");
    for fleet in terms.fleets.iter().filter(|fleet| fleet.min == 0) {
        assert!(
            all + u64::from(fleet.chips) <= pool,
            "{fleet:?} never starts: {all} chips of others in a pool of {pool}"
        );
    }
}
