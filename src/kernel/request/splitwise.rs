//! Splitwise-sim (Patel et al., ISCA 2024) as it is, quirks included: rows of requests that can be compared with its own. Another machine
//! than [`serve`](super::serve): its batch is put together anew at every boundary from five lists, one of which is never sorted again.
//!
//! It knows neither patience nor classes, caches or scaling.

use super::nanoseconds;
use super::outcome::{Done, End, Sink, Spent, Totals};
use super::tournament::Tournament;
use crate::perf::StepTable;
use crate::workload::requests::{Arrival, Arrivals};

/// Times passed over from which a task goes before all others.
const PASSED_OVER: u32 = 4;

/// A cluster of equal servers.
#[derive(Clone, Debug)]
pub struct Splitwise {
    /// Times of iterations. Eq. (131).
    pub times: StepTable,
    /// Servers, 1 or more.
    pub servers: u32,
    /// Most tasks in a batch.
    pub max_batch: u32,
    /// Most tokens of an iteration; its first task may have more.
    pub max_batch_tokens: u32,
    /// Tokens that fit a server's memory.
    pub kv_tokens: u64,
}

/// Half of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Task {
    slot: u32,
    prompt: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Request {
    at_ns: u64,
    row: u64,
    input: u32,
    output: u32,
    first_ns: Option<u64>,
    /// Tokens that its decode has made.
    made: u32,
    /// Times passed over, of the decode and of the prompt.
    passed: [u32; 2],
    /// Memory that it holds [tokens].
    held: u64,
    /// Whether its first unfinished task is in the batch.
    in_batch: bool,
    /// Whether its decode has its memory.
    has_decode_memory: bool,
}

impl Request {
    fn first_unfinished(&self, slot: u32) -> Task {
        Task { slot, prompt: self.first_ns.is_none() }
    }
}

#[derive(Debug, Default)]
struct Server {
    /// The waiting list, prompts and decodes; never sorted again.
    waiting: Vec<Task>,
    /// Decodes set aside, in that order.
    aside: Vec<u32>,
    /// In the order they joined.
    batch: Vec<Task>,
    /// Unfinished requests by arrival.
    all: Vec<u32>,
    used: u64,
    tokens: u64,
    began_ns: u64,
    /// Steps of a run of pure decodes; 1 of any other iteration; 0 when idle.
    steps: u64,
    step_s: f64,
    outstanding: u64,
    spent: Spent,
}

/// Serves all requests as splitwise-sim does. Reference: github.com/Mutinifni/splitwise-sim at 8f99e7d.
///
/// Requests that would never fit a server's memory are refused: there they would wait for ever. A server whose memory is full of prompts
/// that are done, so that no answer finds room, stands still as there; its requests are `in_flight` at the end and have no line.
pub fn splitwise(terms: &Splitwise, arrivals: &mut impl Arrivals, sink: &mut impl Sink) -> Totals {
    let mut next = Arrival::default();
    let mut more = arrivals.next(&mut next);
    let mut sim = Sim {
        terms,
        requests: Vec::new(),
        free: Vec::new(),
        servers: (0..terms.servers).map(|_| Server::default()).collect(),
        due: Tournament::new(terms.servers as usize),
        load: Tournament::new(terms.servers as usize),
        totals: Totals { first_ns: if more { next.at_ns } else { 0 }, ..Totals::default() },
        new: Vec::new(),
    };
    for server in 0..terms.servers {
        sim.load.set(server, 0);
        sink.replica(server, sim.totals.first_ns, true);
    }
    loop {
        let (due_ns, server) = sim.due.least();
        if more && next.at_ns <= due_ns {
            sim.totals.end_ns = next.at_ns;
            sim.arrive(&next, sink);
            more = arrivals.next(&mut next);
        } else if due_ns != u64::MAX {
            sim.totals.end_ns = due_ns;
            sim.boundary(server, due_ns, sink);
        } else {
            break;
        }
        sim.totals.events += 1;
    }
    sim.close(sink)
}

struct Sim<'t> {
    terms: &'t Splitwise,
    requests: Vec<Request>,
    free: Vec<u32>,
    servers: Vec<Server>,
    due: Tournament,
    load: Tournament,
    totals: Totals,
    /// The batch that is being put together.
    new: Vec<Task>,
}

impl Sim<'_> {
    fn arrive(&mut self, arrival: &Arrival, sink: &mut impl Sink) {
        self.totals.arrived += 1;
        let request = Request {
            at_ns: arrival.at_ns,
            row: arrival.row,
            input: arrival.input,
            output: arrival.output,
            ..Request::default()
        };
        if self.terms.kv_tokens < u64::from(arrival.input) + u64::from(arrival.output) {
            self.totals.refused += 1;
            return sink.done(&done(&request, arrival.at_ns, End::Refused, None));
        }
        let slot = match self.free.pop() {
            Some(slot) => {
                self.requests[slot as usize] = request;
                slot
            }
            None => {
                self.requests.push(request);
                (self.requests.len() - 1) as u32
            }
        };
        let at = self.load.least().1;
        self.outstanding(at, u64::from(arrival.input) + 1, 0);
        let server = &mut self.servers[at as usize];
        server.all.push(slot);
        enter(&mut server.waiting, &self.requests, Task { slot, prompt: true });
        let idle = server.steps == 0;
        if idle {
            self.wake(at, arrival.at_ns, u64::from(arrival.input) + 1);
        }
        if 1 < arrival.output {
            enter(&mut self.servers[at as usize].waiting, &self.requests, Task { slot, prompt: false });
            // One that stands still looks again when the decode comes.
            if self.servers[at as usize].steps == 0 {
                self.wake(at, arrival.at_ns, u64::from(arrival.output) - 1);
            }
        }
        if !idle {
            self.interrupt(at, arrival.at_ns, arrival.input);
        }
    }

    /// A server without a batch looks for one, if the task that comes has room in its memory.
    fn wake(&mut self, at: u32, now_ns: u64, memory: u64) {
        if self.servers[at as usize].used + memory <= self.terms.kv_tokens {
            self.begin(at, now_ns);
        }
    }

    /// A run of pure decodes ends with the step under way, unless the batch is full and the prompt that comes longer than a whole one.
    fn interrupt(&mut self, at: u32, now_ns: u64, input: u32) {
        let server = &mut self.servers[at as usize];
        let full = self.terms.max_batch as usize <= server.batch.len()
            || u64::from(self.terms.max_batch_tokens) <= server.tokens;
        if server.steps <= 1 || full && self.terms.max_batch_tokens < input {
            return;
        }
        let elapsed_s = (now_ns - server.began_ns) as f64 / 1e9;
        let steps = (elapsed_s / server.step_s).floor() as u64 + 1;
        if steps < server.steps {
            server.steps = steps;
            self.due.set(at, server.began_ns + nanoseconds(steps as f64 * server.step_s));
        }
    }

    fn outstanding(&mut self, at: u32, more: u64, fewer: u64) {
        let server = &mut self.servers[at as usize];
        server.outstanding = server.outstanding + more - fewer;
        self.load.set(at, server.outstanding);
    }

    /// An iteration, or a run of them, ends.
    fn boundary(&mut self, at: u32, now_ns: u64, sink: &mut impl Sink) {
        self.book(at, now_ns, sink);
        let batch = std::mem::take(&mut self.servers[at as usize].batch);
        let steps = self.servers[at as usize].steps as u32;
        let mut left = Vec::with_capacity(batch.len());
        for task in batch {
            let request = &mut self.requests[task.slot as usize];
            if task.prompt {
                request.first_ns = Some(now_ns);
                request.in_batch = false;
                let input = u64::from(request.input);
                self.outstanding(at, 0, input);
            } else {
                request.made += steps;
            }
            let request = &self.requests[task.slot as usize];
            if request.made + 1 == request.output {
                self.end(at, task.slot, now_ns, sink);
            } else if !task.prompt {
                left.push(task);
            }
        }
        self.servers[at as usize].batch = left;
        self.begin(at, now_ns);
    }

    fn book(&mut self, at: u32, now_ns: u64, sink: &mut impl Sink) {
        let server = &mut self.servers[at as usize];
        let (lasted, n) = (now_ns - server.began_ns, server.batch.len() as u32);
        let spent = &mut server.spent;
        spent.busy_ns += lasted;
        spent.iterations += server.steps;
        spent.batch_ns += u128::from(n) * u128::from(lasted);
        spent.kv_ns += u128::from(server.used) * u128::from(lasted);
        spent.kv_most = spent.kv_most.max(server.used);
        spent.output_tokens += u64::from(n) * server.steps;
        let prompts = server.batch.iter().filter(|task| task.prompt);
        spent.prompt_tokens += prompts.map(|task| u64::from(self.requests[task.slot as usize].input)).sum::<u64>();
        sink.span(at, server.began_ns, now_ns, n, server.used, server.used);
    }

    fn end(&mut self, at: u32, slot: u32, now_ns: u64, sink: &mut impl Sink) {
        let request = self.requests[slot as usize];
        self.totals.finished += 1;
        self.totals.input_tokens += u64::from(request.input);
        self.totals.output_tokens += u64::from(request.output);
        sink.done(&done(&request, now_ns, End::Finished, Some(at)));
        self.outstanding(at, 0, 1);
        let server = &mut self.servers[at as usize];
        server.used -= request.held;
        let place = server.all.iter().position(|other| *other == slot).expect("unfinished until now");
        server.all.remove(place);
        self.free.push(slot);
    }

    /// Puts the next batch together and starts it; the server rests when there is nothing.
    fn begin(&mut self, at: u32, now_ns: u64) {
        self.choose(at);
        let server = &mut self.servers[at as usize];
        let new = &self.new;
        let taken = |task: &Task| new.contains(task);
        // Old decodes that were not taken are set aside, in batch order, and keep their memory.
        let mut old = std::mem::take(&mut server.batch);
        for task in old.iter().filter(|task| !taken(task)) {
            self.requests[task.slot as usize].in_batch = false;
            enter(&mut server.waiting, &self.requests, *task);
            server.aside.push(task.slot);
        }
        old.retain(|task| taken(task));
        let fresh: Vec<Task> = new.iter().filter(|task| !old.contains(task)).copied().collect();
        for task in &fresh {
            server.waiting.retain(|other| other != task);
            server.aside.retain(|slot| task.prompt || *slot != task.slot);
            let request = &mut self.requests[task.slot as usize];
            request.in_batch = true;
            let memory = memory(request, task.prompt);
            request.has_decode_memory |= !task.prompt;
            request.held += memory;
            server.used += memory;
        }
        old.extend(fresh);
        server.batch = old;
        for slot in &server.all {
            let request = &mut self.requests[*slot as usize];
            if !request.in_batch {
                request.passed[usize::from(request.first_ns.is_none())] += 1;
            }
        }
        self.start(at, now_ns);
    }

    fn start(&mut self, at: u32, now_ns: u64) {
        let server = &mut self.servers[at as usize];
        let requests = &self.requests;
        server.began_ns = now_ns;
        if server.batch.is_empty() {
            // At rest; or stuck for ever, where prompts that are done hold the memory that the rest of their answers would need.
            server.steps = 0;
            return self.due.set(at, u64::MAX);
        }
        let size = |task: &Task| if task.prompt { u64::from(requests[task.slot as usize].input) } else { 1 };
        let n: u64 = server.batch.iter().map(size).sum();
        let prompts = server.batch.iter().filter(|task| task.prompt).count();
        let left = |task: &Task| {
            let request = &requests[task.slot as usize];
            u64::from(request.output - 1 - request.made)
        };
        let times = &self.terms.times;
        (server.steps, server.step_s) = if prompts == server.batch.len() {
            (1, times.prompt_s(n))
        } else if 0 < prompts {
            (1, times.mixed_s(n))
        } else {
            (server.batch.iter().map(left).min().expect("not empty"), times.decode_s(n))
        };
        server.tokens = n;
        self.due.set(at, now_ns + nanoseconds(server.steps as f64 * server.step_s));
    }

    /// The tasks of the next batch, from five lists; each list is left at the first task that does not fit, but the first one passes over who
    /// finds no memory.
    fn choose(&mut self, at: u32) {
        let server = &self.servers[at as usize];
        let requests = &self.requests;
        let mut pick =
            Pick { terms: self.terms, requests, used: server.used, tokens: 0, new: std::mem::take(&mut self.new) };
        pick.new.clear();
        let passed = |task: &&Task| PASSED_OVER <= requests[task.slot as usize].passed[usize::from(task.prompt)];
        pick.from(List::PassedOver, server.waiting.iter().take_while(passed).copied());
        let mut prompts: Vec<Task> = server.waiting.iter().filter(|task| task.prompt).copied().collect();
        prompts.sort_by_key(|task| requests[task.slot as usize].at_ns);
        pick.from(List::Other, prompts.into_iter());
        pick.from(List::Other, server.aside.iter().map(|slot| Task { slot: *slot, prompt: false }));
        pick.from(List::Other, server.batch.iter().copied());
        let all = server.all.iter().map(|slot| requests[*slot as usize].first_unfinished(*slot));
        pick.from(List::All, all);
        self.new = pick.new;
    }

    fn close(mut self, sink: &mut impl Sink) -> Totals {
        let (first, end) = (self.totals.first_ns, self.totals.end_ns);
        for (at, server) in self.servers.iter_mut().enumerate() {
            server.spent.held_ns = end - first;
            sink.replica(at as u32, end, false);
        }
        let totals = &mut self.totals;
        totals.replicas = self.servers.iter().map(|server| server.spent).collect();
        totals.in_flight = self.servers.iter().map(|server| server.all.len() as u64).sum();
        let ended = totals.finished + totals.refused + totals.in_flight;
        assert!(totals.arrived == ended, "{} requests arrived, {ended} are accounted for", totals.arrived);
        if totals.in_flight == 0 {
            let produced = totals.spent().output_tokens;
            assert!(produced == totals.output_tokens, "{produced} tokens made for {}", totals.output_tokens);
            assert!(self.servers.iter().all(|server| server.used == 0 && server.outstanding == 0), "memory at rest");
        }
        self.totals
    }
}

/// Where a task is looked for: what does not fit is taken differently.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    /// Tasks passed over too often.
    PassedOver,
    /// Prompts, decodes set aside, decodes of the old batch.
    Other,
    /// All unfinished requests.
    All,
}

/// A batch as it grows.
struct Pick<'t> {
    terms: &'t Splitwise,
    requests: &'t [Request],
    used: u64,
    tokens: u64,
    new: Vec<Task>,
}

impl Pick<'_> {
    /// Takes from a list what fits. Who was taken from an earlier list still ends this one where it would not fit once more, but not the last.
    fn from(&mut self, list: List, tasks: impl Iterator<Item = Task>) {
        for task in tasks {
            let taken = self.new.contains(&task);
            if taken && list == List::All {
                continue;
            }
            if self.is_full_for(task) {
                return;
            }
            let memory = memory(&self.requests[task.slot as usize], task.prompt);
            if taken {
                continue;
            } else if self.used + memory <= self.terms.kv_tokens {
                self.used += memory;
                self.tokens += self.tokens_of(task);
                self.new.push(task);
            } else if list != List::PassedOver {
                return;
            }
        }
    }

    fn tokens_of(&self, task: Task) -> u64 {
        if task.prompt { u64::from(self.requests[task.slot as usize].input) } else { 1 }
    }

    /// Whether it is one task or one token too many; a batch takes its first whatever its tokens.
    fn is_full_for(&self, task: Task) -> bool {
        self.terms.max_batch as usize <= self.new.len()
            || !self.new.is_empty() && u64::from(self.terms.max_batch_tokens) < self.tokens + self.tokens_of(task)
    }
}

/// Memory that a task takes when it joins a batch [tokens]: none where it has it.
fn memory(request: &Request, prompt: bool) -> u64 {
    match prompt {
        true => u64::from(request.input) + 1,
        false if request.has_decode_memory => 0,
        false => u64::from(request.output) - 1,
    }
}

/// Joins the waiting list behind all that a binary search takes for not greater in (times passed over, arrival) as they stand now.
fn enter(waiting: &mut Vec<Task>, requests: &[Request], task: Task) {
    let key = |task: &Task| {
        let request = &requests[task.slot as usize];
        (request.passed[usize::from(task.prompt)], request.at_ns)
    };
    let own = key(&task);
    let (mut low, mut high) = (0, waiting.len());
    while low < high {
        let middle = (low + high) / 2;
        if own < key(&waiting[middle]) { high = middle } else { low = middle + 1 }
    }
    waiting.insert(low, task);
}

fn done(request: &Request, end_ns: u64, end: End, replica: Option<u32>) -> Done {
    Done {
        row: request.row,
        class: 0,
        model: 0,
        input: request.input,
        output: request.output,
        at_ns: request.at_ns,
        first_ns: request.first_ns,
        end_ns,
        end,
        replica,
        preemptions: 0,
        cached: 0,
    }
}
