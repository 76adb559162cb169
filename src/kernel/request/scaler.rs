//! How many replicas there are: started when much is outstanding, drained when little has been for a while. Eq. (138). Chips of a pool go to who
//! has most to do, Eq. (144).

use super::NEVER;
use super::fleet::Group;
use super::outcome::Sink;
use super::replica::{Doing, Phase};
use super::sabotage::{Release, Rule};
use super::sim::Sim;
use crate::perf::StepTimes;
use std::cmp::Ordering;

/// Looks at every fleet: first those go that are too many, in order of fleets, so that their chips are there for those that are too few.
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
        (sim.groups[group].there, sim.groups[group].lacking) = (there, wanted.saturating_sub(there));
        if there <= wanted {
            sim.groups[group].fewer_since_ns = None;
        } else {
            let now = sim.now_ns;
            let since = *sim.groups[group].fewer_since_ns.get_or_insert(now);
            if scaling.patience_ns <= now - since {
                (wanted..there).for_each(|_| drop_one(sim, group));
            }
        }
    }
    while let Some((group, replica)) = neediest(sim) {
        add(sim, replica);
        sim.groups[group].there += 1;
        sim.groups[group].lacking -= 1;
    }
}

/// Of the fleets that lack a replica and can have one, the one with the most outstanding tokens a replica that is up or starting, and the replica that it
/// gets. Ties to the first fleet. Eq. (144).
fn neediest<S: StepTimes, K: Sink>(sim: &Sim<'_, S, K>) -> Option<(usize, u32)> {
    let mut best: Option<(usize, u32)> = None;
    for (at, group) in sim.groups.iter().enumerate().filter(|(_, group)| 0 < group.lacking) {
        let Some(replica) = one_more(sim, group) else { continue };
        if best.is_none_or(|best| load(group, &sim.groups[best.0]) == Ordering::Greater) {
            best = Some((at, replica));
        }
    }
    best
}

/// Outstanding tokens a replica of one against those of another; without a replica they are more than any, and of two without the more tokens.
fn load(one: &Group, other: &Group) -> Ordering {
    let cross = |a: &Group, b: &Group| u128::from(a.all_outstanding) * u128::from(b.there);
    let without = (one.there == 0).cmp(&(other.there == 0));
    without.then_with(|| match one.there {
        0 => one.all_outstanding.cmp(&other.all_outstanding),
        _ => cross(one, other).cmp(&cross(other, one)),
    })
}

/// The first that drains, else the first that is off, if the pool has its chips.
fn one_more<S: StepTimes, K: Sink>(sim: &Sim<'_, S, K>, group: &Group) -> Option<u32> {
    let phase = |replica: &u32| sim.replicas[*replica as usize].phase;
    let mut replicas = group.replicas();
    if let Some(replica) = replicas.clone().find(|replica| phase(replica) == Phase::Draining) {
        return Some(replica);
    }
    let held = sim.chips_held + u64::from(group.terms.chips);
    if sim.terms.pool.is_some_and(|pool| pool < held) && !sim.sabotage.breaks(Rule::Pool) {
        return None;
    }
    replicas.find(|replica| phase(replica) == Phase::Off)
}

/// One that drains comes back; one that is off is ordered.
fn add<S: StepTimes, K: Sink>(sim: &mut Sim<'_, S, K>, replica: u32) {
    if sim.replicas[replica as usize].phase == Phase::Draining {
        return sim.open(replica);
    }
    let fleet = sim.fleet_of(replica);
    let start_ns = if sim.sabotage.breaks(Rule::ColdStart) { 0 } else { fleet.start_ns };
    sim.chips_held += u64::from(fleet.chips);
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
    if !sim.sabotage.breaks(Rule::Drain) {
        sim.groups[group].set_open(replica, false);
    }
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
    if !sim.sabotage.keeps(Release::Chips) {
        sim.chips_held -= u64::from(sim.fleet_of(replica).chips);
    }
    sim.due.set(replica, NEVER);
    sim.sink.replica(replica, sim.now_ns, false);
}
