//! What `--compat` follows of two published simulators, and what happens without it. Words only: the code is in `kernel/helios.rs`,
//! `policy/placement` and `replay/fleet.rs`.

/// A documented peculiarity.
#[derive(Clone, Copy, Debug)]
pub struct Quirk {
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
        of: "helios",
        when: "",
        with: "SJF and SRTF see true durations, as with --oracle",
        without: "they see the log's estimates where it has them",
    },
    Quirk {
        of: "helios",
        when: "preemption",
        with: "a job that resumes pays 7 s (1 chip), 30 s (up to 8) or 60 s (more), unless --restart-cost says otherwise",
        without: "resuming is free unless --restart-cost says otherwise",
    },
    Quirk {
        of: "helios",
        when: "order srtf, preemption order_key",
        with: "each second a walk over waiting and running jobs by what remains shares out the queue's chips by count, without regard to \
               nodes; who is beyond the quota is taken off, who is within and finds no place is passed over; --backfill is not asked",
        without: "a waiting job takes off those with more left to do only where that makes room for it on the nodes, and --backfill \
                  decides who may pass",
    },
    Quirk {
        of: "helios",
        when: "order srtf, preemption order_key",
        with: "every stretch of work occupies its chips a second longer than it takes: the simulator looks whether a job is done before it \
               counts down; fractions.csv and the goodput chart have these seconds under checkpoint",
        without: "a job occupies its chips for as long as it runs",
    },
    Quirk {
        of: "helios",
        when: "order srtf, preemption order_key",
        with: "of equal remaining time the waiting go before the running, then as they came to their list; a job that was taken off comes \
               to the end of the queue",
        without: "ties go by submission, and a job that was taken off keeps its place",
    },
    Quirk {
        of: "helios",
        when: "order srtf, preemption order_key",
        with: "what is still owed of one restart is paid beside the next",
        without: "a restart that was cut short is paid anew, once",
    },
    Quirk {
        of: "starburst",
        when: "",
        with: "policies see true durations, as with --oracle",
        without: "they see the log's estimates where it has them",
    },
    Quirk {
        of: "starburst",
        when: "placement best_fit",
        with: "the rest of a gang above a node goes to the fullest node with room",
        without: "the rest takes a completely free node if there is one, else the emptiest (item 5 of Helios's semantics)",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quirks_say_both_sides() {
        for quirk in QUIRKS {
            assert!(["helios", "starburst"].contains(&quirk.of) && !quirk.with.is_empty() && !quirk.without.is_empty());
        }
    }
}
