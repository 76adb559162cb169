//! What can happen, in which order at one instant, and the packed key. Events are facts; handlers answer them.

use crate::units::SimTime;

/// Class of an event: the order within one instant (design 5). Numbers are spaced by ten, as design 5 lists them; see [`When`] before one comes
/// between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// A job finishes: before everything, so that a job finishing when a node fails has finished.
    Finish = 10,
    /// A gang loses a node.
    Failure = 20,
    /// Reclaim, end of a notice, expiry of a wait.
    Reclaim = 30,
    /// Repair, delivery, retirement, site power, replica ready.
    Supply = 40,
    /// A contract year ends.
    ContractPeriodEnd = 50,
    /// A month closes.
    MonthClose = 60,
    /// A price path steps.
    PriceStep = 70,
    /// Shocks, `decide_at`, tranches, orders of chips, contract starts and ends, guarantees, hazard clocks.
    Shock = 80,
    /// A model is released.
    ModelRelease = 90,
    /// Enterprises choose.
    MarketEpoch = 100,
    /// A job arrives.
    Arrival = 110,
    /// Services are served.
    ServiceTick = 120,
    /// Replicas are ordered and released.
    ReplicaOrder = 130,
    /// The scheduling pass: never in the heap, run when no earlier class is left at the instant.
    Schedule = 140,
    /// Observation: never in the heap, meters settle lazily.
    Observe = 150,
}

impl Class {
    /// Every class, in order.
    pub const ALL: [Class; 15] = [
        Class::Finish,
        Class::Failure,
        Class::Reclaim,
        Class::Supply,
        Class::ContractPeriodEnd,
        Class::MonthClose,
        Class::PriceStep,
        Class::Shock,
        Class::ModelRelease,
        Class::MarketEpoch,
        Class::Arrival,
        Class::ServiceTick,
        Class::ReplicaOrder,
        Class::Schedule,
        Class::Observe,
    ];
}

// A tenth of the class has four bits in `When`: a class between two others needs them renumbered there too.
const _: () = {
    let mut at = 0;
    while at < Class::ALL.len() {
        assert!(Class::ALL[at] as usize == 10 * (at + 1) && at + 1 < 16);
        at += 1;
    }
};

/// Time and class of an event as one number: time above 4 bits of class. Class numbers are multiples of ten up to 150, so a
/// tenth keeps their order; the heap's entries hold the same bits, so that a look at the next event decodes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct When(u64);

impl When {
    /// Later than every event: all the bits that the heap's entries have for it.
    pub const NEVER: When = When(u64::MAX >> 4);

    /// `class` at `time`.
    #[inline]
    pub fn new(time: SimTime, class: Class) -> When {
        debug_assert!(time <= SimTime::NEVER);
        When((time.0 << 4) | (class as u64 / 10))
    }
    /// As the heap keeps it.
    #[inline]
    pub fn bits(self) -> u64 {
        self.0
    }
    /// Back from the heap.
    #[inline]
    pub fn from_bits(bits: u64) -> When {
        When(bits)
    }
    /// Its instant.
    #[inline]
    pub fn time(self) -> SimTime {
        SimTime(self.0 >> 4)
    }
    /// Its class number.
    #[inline]
    pub fn class(self) -> u8 {
        (self.0 & 15) as u8 * 10
    }
}

/// One thing that happened. Small and `Copy`: measured at half the CPU of boxed payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The job in `slot` finishes its attempt `seq`.
    JobFinished {
        /// Slot of the job.
        slot: u32,
        /// Attempt.
        seq: u64,
    },
    /// The gang in `slot` loses a node in attempt `seq`.
    GangFailed {
        /// Slot of the job.
        slot: u32,
        /// Attempt.
        seq: u64,
    },
    /// The job in `slot` has waited for long, has written the checkpoint with which it yields, or its turn is over.
    JobDue {
        /// Slot of the job.
        slot: u32,
        /// Attempt, or wait.
        seq: u64,
    },
    /// A pass of the domain is due though nothing happened.
    DomainDue {
        /// The domain.
        domain: u32,
    },
    /// A failed node returns.
    NodeRepaired {
        /// Slot of the repair.
        repair: u32,
    },
    /// A spare may come into the place of a node that went down.
    SparesDue {
        /// Pool.
        pool: u32,
    },
    /// A tick of all services ends and the next begins.
    ServiceTick,
    /// Replicas are ordered, or take the chips that were ordered for them.
    ReplicaOrder {
        /// Twice the lead time's number, and 1 where they take.
        order: u32,
    },
    /// Replicas have started.
    ReplicasReady {
        /// Their lead.
        lead: u32,
    },
    /// The next entry of the dated list.
    Dated {
        /// Its index.
        index: u32,
    },
    /// The head of an arrival lane.
    JobArrived {
        /// The workload.
        lane: u32,
    },
}
