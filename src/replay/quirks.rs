//! What `--compat` follows of published simulators, and what happens without it. Words only: the code is in `kernel/helios.rs`,
//! `policy/placement`, `replay/fleet.rs` and `kernel/request/splitwise.rs`.

/// A documented peculiarity.
#[derive(Clone, Copy, Debug)]
pub struct Quirk {
    /// The command: `jobs` or `requests`.
    pub command: &'static str,
    /// Whose: as `--compat` spells it.
    pub of: &'static str,
    /// When it shows; empty: always.
    pub when: &'static str,
    /// What it does.
    pub with: &'static str,
    /// What happens without the flag.
    pub without: &'static str,
}

/// All of them.
pub const QUIRKS: &[Quirk] = &[
    Quirk {
        command: "jobs",
        of: "helios",
        when: "",
        with: "SJF and SRTF see true durations, as with --oracle",
        without: "they see the log's estimates where it has them",
    },
    Quirk {
        command: "jobs",
        of: "helios",
        when: "preemption",
        with: "a job that resumes pays 7 s (1 chip), 30 s (up to 8) or 60 s (more), unless --restart-cost says otherwise",
        without: "resuming is free unless --restart-cost says otherwise",
    },
    Quirk {
        command: "jobs",
        of: "helios",
        when: "order srtf, preemption order_key",
        with: "each second a walk over waiting and running jobs by what remains shares out the queue's chips by count, without regard to \
               nodes; who is beyond the quota is taken off, who is within and finds no place is passed over; --backfill is not asked",
        without: "a waiting job takes off those with more left to do only where that makes room for it on the nodes, and --backfill \
                  decides who may pass",
    },
    Quirk {
        command: "jobs",
        of: "helios",
        when: "order srtf, preemption order_key",
        with: "every stretch of work occupies its chips a second longer than it takes: the simulator looks whether a job is done before it \
               counts down; fractions.csv and the goodput chart have these seconds under checkpoint",
        without: "a job occupies its chips for as long as it runs",
    },
    Quirk {
        command: "jobs",
        of: "helios",
        when: "order srtf, preemption order_key",
        with: "of equal remaining time the waiting go before the running, then as they came to their list; a job that was taken off comes \
               to the end of the queue",
        without: "ties go by submission, and a job that was taken off keeps its place",
    },
    Quirk {
        command: "jobs",
        of: "helios",
        when: "order srtf, preemption order_key",
        with: "what is still owed of one restart is paid beside the next",
        without: "a restart that was cut short is paid anew, once",
    },
    Quirk {
        command: "jobs",
        of: "starburst",
        when: "",
        with: "policies see true durations, as with --oracle",
        without: "they see the log's estimates where it has them",
    },
    Quirk {
        command: "jobs",
        of: "starburst",
        when: "placement best_fit",
        with: "the rest of a gang above a node goes to the fullest node with room",
        without: "the rest takes a completely free node if there is one, else the emptiest (item 5 of Helios's semantics)",
    },
    Quirk {
        command: "requests",
        of: "splitwise",
        when: "",
        with: "tpot_s is (E2E - TTFT) over all tokens of the answer",
        without: "it is over the tokens after the first, and blank for one token",
    },
    Quirk {
        command: "requests",
        of: "splitwise",
        when: "",
        with: "a request is two tasks, prompt and decode, and the batch is put together anew at every boundary from five lists: the leading tasks passed over 4 times, waiting prompts by arrival, decodes set aside, decodes of the old batch, all others by arrival; each list is left at the first task that does not fit 512 tasks, 2,048 tokens or the memory, but the first list passes over who finds no memory",
        without: "who is in the batch stays until done; others join from the head of one queue a class, none past another",
    },
    Quirk {
        command: "requests",
        of: "splitwise",
        when: "",
        with: "the waiting list is sorted by a binary search on counters that change afterwards, and never again",
        without: "a queue is in order of arrival; who was set back comes first",
    },
    Quirk {
        command: "requests",
        of: "splitwise",
        when: "",
        with: "prompts run beside decodes, in 1.1 times the time of as many prompt tokens, and are never cut into chunks; a prompt longer than the budget runs alone",
        without: "prompts run whole and before decodes, which pause, or in chunks beside them with --chunked-prefill",
    },
    Quirk {
        command: "requests",
        of: "splitwise",
        when: "",
        with: "an arrival of any size ends a run of pure decodes with the step under way, even if it cannot join, unless the batch is full and its prompt longer than the budget",
        without: "it does so where the head of the queue can join",
    },
    Quirk {
        command: "requests",
        of: "splitwise",
        when: "",
        with: "a prompt takes input + 1 tokens of memory, its decode the other output - 1 at once when it first runs: nobody is ever set back for memory, and prompts that are done may hold what all answers need for ever",
        without: "memory grows by a token a step; where it is full the newest are set back and computed anew",
    },
    Quirk {
        command: "requests",
        of: "splitwise",
        when: "",
        with: "a decode that is set aside keeps its memory and its tokens",
        without: "nobody is set aside but for want of memory",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quirks_say_both_sides() {
        for quirk in QUIRKS {
            assert!(
                ["helios", "starburst", "splitwise"].contains(&quirk.of)
                    && !quirk.with.is_empty()
                    && !quirk.without.is_empty()
            );
        }
    }
}
