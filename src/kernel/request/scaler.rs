//! How many replicas there are: started when much is outstanding, drained when little has been for a while. Eq. (138).

use super::NEVER;
use super::outcome::Sink;
use super::replica::{Doing, Phase};
use super::sim::Sim;
use crate::perf::StepTimes;

/// Looks at every fleet, in order, and orders what it needs.
pub(super) fn look<S: StepTimes, K: Sink>(sim: &mut Sim<'_, S, K>) {
    let scaling = sim.terms.scaling.as_ref().expect("only who scales looks");
    sim.look_ns = sim.now_ns + scaling.every_ns.max(1);
    for group in 0..sim.groups.len() {
        let here = &sim.groups[group];
        let fleet = here.terms;
        let enough = here.all_outstanding.div_ceil(scaling.tokens_per_replica.max(1));
        let wanted = enough.clamp(u64::from(fleet.min), u64::from(fleet.max)) as u32;
        let phase = |replica: u32| sim.replicas[replica as usize].phase;
        let there = here.replicas().filter(|replica| matches!(phase(*replica), Phase::Up | Phase::Starting));
        let there = there.count() as u32;
        if there <= wanted {
            sim.groups[group].fewer_since_ns = None;
            (there..wanted).for_each(|_| add(sim, group));
        } else {
            let now = sim.now_ns;
            let since = *sim.groups[group].fewer_since_ns.get_or_insert(now);
            if scaling.patience_ns <= now - since {
                (wanted..there).for_each(|_| drop_one(sim, group));
            }
        }
    }
}

/// One more: the first that drains, else the first that is off, if the pool has room.
fn add<S: StepTimes, K: Sink>(sim: &mut Sim<'_, S, K>, group: usize) {
    let phase = |replica: &u32| sim.replicas[*replica as usize].phase;
    let mut replicas = sim.groups[group].replicas();
    if let Some(replica) = replicas.clone().find(|replica| phase(replica) == Phase::Draining) {
        return sim.open(replica);
    }
    let running = sim.replicas.iter().filter(|it| it.phase != Phase::Off).count() as u32;
    if sim.terms.pool.is_some_and(|pool| pool <= running) {
        return;
    }
    let Some(replica) = replicas.find(|replica| phase(replica) == Phase::Off) else { return };
    let start_ns = sim.terms.scaling.as_ref().map_or(0, |scaling| scaling.start_ns);
    let it = &mut sim.replicas[replica as usize];
    (it.phase, it.held_since_ns) = (Phase::Starting, sim.now_ns);
    sim.sink.replica(replica, sim.now_ns, true);
    sim.due.set(replica, sim.now_ns.saturating_add(start_ns).min(NEVER - 1));
}

/// One fewer: the last that is starting, else the one with the least outstanding, of equals the last.
fn drop_one<S: StepTimes, K: Sink>(sim: &mut Sim<'_, S, K>, group: usize) {
    let here = &sim.groups[group];
    let phase = |replica: u32| sim.replicas[replica as usize].phase;
    if let Some(replica) = here.replicas().rev().find(|replica| phase(*replica) == Phase::Starting) {
        return switch_off(sim, replica);
    }
    let up = here.replicas().filter(|replica| phase(*replica) == Phase::Up);
    let Some(replica) = up.min_by_key(|replica| (here.outstanding(*replica), u32::MAX - replica)) else { return };
    sim.groups[group].set_open(replica, false);
    let it = &mut sim.replicas[replica as usize];
    it.phase = Phase::Draining;
    if it.doing == Doing::Nothing && it.is_idle() && it.used == 0 {
        switch_off(sim, replica);
    }
}

/// It is paid for no longer, and has nothing.
pub(super) fn switch_off<S: StepTimes, K: Sink>(sim: &mut Sim<'_, S, K>, replica: u32) {
    let it = &mut sim.replicas[replica as usize];
    if 0 < it.used {
        // Contexts on their way to another replica still lie here; the last of them wakes it.
        return;
    }
    it.phase = Phase::Off;
    it.spent.held_ns += sim.now_ns - it.held_since_ns;
    sim.due.set(replica, NEVER);
    sim.sink.replica(replica, sim.now_ns, false);
}
