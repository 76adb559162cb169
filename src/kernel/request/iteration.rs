//! Iterations of a replica: who is in the next one, how long it takes, what it yields. Eq. (134) to (137).

use super::replica::{Doing, Replica};
use super::requests::{Requests, State};
use super::sabotage::{Release, Rule};
use super::terms::{Model, Role};
use super::{NEVER, NONE, nanoseconds};
use crate::perf::{Iteration, StepTimes};

/// What an iteration yielded for a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Yield {
    /// Its first token; it stays.
    First(u32),
    /// Its last token, which was the first as well where `first`; its memory is free.
    Last { slot: u32, first: bool },
    /// Its first token, and another replica does the rest; its memory stays taken until it is there.
    HandOver(u32),
}

impl Replica {
    /// Books the iteration that ends now.
    pub fn finish(&mut self, requests: &mut Requests, role: Role, now_ns: u64, out: &mut Vec<Yield>) {
        let lasted = now_ns - self.began_ns;
        let (decodes, used) = (u64::from(self.decodes), self.used);
        let steps = match self.doing {
            Doing::Nothing => return,
            Doing::Steps(steps) => steps,
            Doing::Prompts { mixed } => u64::from(mixed),
        };
        let grown = decodes * steps;
        self.spent.busy_ns += lasted;
        self.spent.iterations += if let Doing::Steps(steps) = self.doing { steps } else { 1 };
        self.spent.batch_ns += u128::from(self.members.len()) * u128::from(lasted);
        self.spent.kv_ns += u128::from(2 * used + grown.saturating_sub(decodes)) * u128::from(lasted) / 2;
        self.counter += steps;
        self.used += grown;
        self.context += grown;
        self.spent.output_tokens += grown;
        self.spent.kv_most = self.spent.kv_most.max(self.used);
        while let Some(slot) = self.take_done(requests) {
            self.end(requests, slot);
            out.push(Yield::Last { slot, first: false });
        }
        let mut working = std::mem::take(&mut self.working);
        for (slot, chunk) in working.drain(..) {
            self.spent.prompt_tokens += u64::from(chunk);
            requests[slot].todo -= chunk;
            self.after_chunk(requests, slot, role, now_ns, out);
        }
        self.working = working;
        self.doing = Doing::Nothing;
    }

    fn after_chunk(&mut self, requests: &mut Requests, slot: u32, role: Role, now_ns: u64, out: &mut Vec<Yield>) {
        if 0 < requests[slot].todo {
            return;
        }
        if self.partial == slot {
            self.partial = NONE;
        }
        if let Some(cache) = &mut self.cache {
            cache.touch(requests.blocks(slot));
        }
        let request = &mut requests[slot];
        let first = request.first_ns == NEVER;
        if first {
            request.first_ns = now_ns;
        }
        let missing = self.sabotage.breaks(Rule::TokenMissing) && request.produced + 2 <= request.output;
        request.produced += 1 + u32::from(missing);
        self.spent.output_tokens += 1;
        if request.produced == request.output {
            self.end(requests, slot);
            out.push(Yield::Last { slot, first });
        } else if role == Role::Prefill && !self.sabotage.breaks(Rule::HandOver) {
            self.leave(requests, slot);
            requests[slot].state = State::Sent;
            out.push(Yield::HandOver(slot));
        } else {
            self.begin_decoding(requests, slot);
            if first {
                out.push(Yield::First(slot));
            }
        }
    }

    fn end(&mut self, requests: &mut Requests, slot: u32) {
        self.leave(requests, slot);
        if !self.sabotage.keeps(Release::Finish) {
            self.release(requests, slot);
        }
    }

    /// Begins the next iteration now: when it ends, and how many requests were set back for it. [`NEVER`] where there is nothing to do.
    pub fn plan<S: StepTimes>(
        &mut self,
        requests: &mut Requests,
        model: &Model<S>,
        now_ns: u64,
        single: bool,
    ) -> (u64, u64) {
        assert!(self.doing == Doing::Nothing, "{self:?}");
        self.began_ns = now_ns;
        // First room, then who joins: who is set back may make room for the first of a higher class.
        let set_back = self.make_room(requests, model);
        self.admit(requests, model);
        if !self.working.is_empty() {
            let mixed = model.chunked && 0 < self.decodes;
            self.doing = Doing::Prompts { mixed };
            let iteration = self.iteration(requests, mixed);
            let most =
                if !model.chunked && self.working.len() == 1 { u64::MAX } else { u64::from(model.max_batch_tokens) };
            let tokens = iteration.prompt_tokens;
            assert!(tokens <= most, "{tokens} tokens of prompts in an iteration of at most {most}");
            let lasts = nanoseconds(model.times.seconds(&iteration));
            return (self.at_least_later(now_ns, lasts), set_back);
        }
        if self.decodes == 0 {
            return (NEVER, set_back);
        }
        let next = self.used + u64::from(self.decodes);
        assert!(next <= model.kv_tokens, "a step to {next} tokens in a memory of {}", model.kv_tokens);
        let room = (model.kv_tokens - self.used) / u64::from(self.decodes);
        let steps = if single { 1 } else { self.steps_to_first_done(requests).min(room) };
        self.doing = Doing::Steps(steps);
        (self.end_of(model, steps), set_back)
    }

    /// Requests join the batch from the head of the queue, none past another, while they fit.
    fn admit<S>(&mut self, requests: &mut Requests, model: &Model<S>) {
        let decoding = if model.chunked { self.decodes } else { 0 };
        let mut budget = model.max_batch_tokens.saturating_sub(decoding);
        if self.sabotage.breaks(Rule::Budget) {
            budget = u32::MAX;
        }
        if self.partial != NONE {
            let chunk = requests[self.partial].todo.min(budget);
            if 0 < chunk {
                self.working.push((self.partial, chunk));
            }
            budget -= chunk;
            if chunk < requests[self.partial].todo {
                return;
            }
        }
        while let Some(slot) = self.head() {
            if !self.has_room(model, &requests[slot], self.used) {
                return;
            }
            if requests[slot].todo == 0 {
                // Its context came from another replica.
                self.dequeue(requests, slot);
                self.hold(requests, slot, requests[slot].context(), model);
                self.begin_decoding(requests, slot);
                budget = if model.chunked { budget.saturating_sub(1) } else { budget };
                continue;
            }
            let cached = self.cached_tokens(requests, slot);
            let todo = requests[slot].context() - cached;
            if model.chunked && budget == 0 || !model.chunked && budget < todo && !self.working.is_empty() {
                return;
            }
            self.dequeue(requests, slot);
            self.hold(requests, slot, requests[slot].context() + 1, model);
            let chunk = if model.chunked { todo.min(budget) } else { todo };
            let request = &mut requests[slot];
            (request.state, request.todo, request.cached) = (State::Prompt, todo, request.cached + cached);
            self.working.push((slot, chunk));
            budget = budget.saturating_sub(chunk);
            if chunk < todo {
                self.partial = slot;
                return;
            }
        }
    }

    fn iteration(&self, requests: &Requests, mixed: bool) -> Iteration {
        let mut iteration = Iteration::default();
        for (slot, chunk) in &self.working {
            let (request, chunk) = (&requests[*slot], u64::from(*chunk));
            let before = u64::from(request.context() - request.todo);
            iteration.prompt_tokens += chunk;
            iteration.prompt_pairs += chunk * (2 * before + chunk);
        }
        if mixed {
            (iteration.decodes, iteration.context_tokens) = (u64::from(self.decodes), self.context);
        }
        iteration
    }

    /// When so many steps from the begin of the iteration have been done.
    fn end_of<S: StepTimes>(&self, model: &Model<S>, steps: u64) -> u64 {
        let lasts = nanoseconds(model.times.decode_seconds(u64::from(self.decodes), self.context, steps));
        self.at_least_later(self.began_ns, lasts)
    }

    /// Time goes on even where an iteration takes none, and ends before never.
    fn at_least_later(&self, from_ns: u64, lasts_ns: u64) -> u64 {
        from_ns.saturating_add(lasts_ns.max(1)).min(NEVER - 1)
    }

    /// Somebody came or left: where steps are under way and the head of the queue can join, they end with the one that is under way;
    /// then the new end.
    pub fn interrupt<S: StepTimes>(&mut self, requests: &Requests, model: &Model<S>, now_ns: u64) -> Option<u64> {
        let Doing::Steps(planned) = self.doing else { return None };
        if planned == 1 {
            return None;
        }
        let head = self.head()?;
        let elapsed = now_ns.saturating_sub(self.began_ns);
        let (decodes, context) = (u64::from(self.decodes), self.context);
        let mut steps = model.times.decode_steps_within(decodes, context, elapsed as f64 / 1e9).clamp(1, planned);
        // The first step that ends now or later, whatever the last digit of the estimate.
        while 1 < steps && now_ns <= self.end_of(model, steps - 1) {
            steps -= 1;
        }
        while steps < planned && self.end_of(model, steps) < now_ns {
            steps += 1;
        }
        if steps == planned || !self.has_room(model, &requests[head], self.used + decodes * steps) {
            return None;
        }
        self.doing = Doing::Steps(steps);
        Some(self.end_of(model, steps))
    }
}
