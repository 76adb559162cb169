//! Arrival rates that change at random: states, their rates and times, and the chain between them. Draws nothing.

use super::desk::{Desk, did_you_mean};
use crate::spec::{self, StateSpec};
use crate::stats::chain::Chain;
use crate::world::arrivals::{Modulated, State};
use crate::world::model::Param;

/// Most states of a chain.
const MOST_STATES: usize = 100;

/// The states of the file and their chain; None after a problem.
pub(super) fn modulated(desk: &mut Desk<'_>, written: &spec::Modulated) -> Option<Modulated> {
    let states = &written.states;
    if !(2..=MOST_STATES).contains(&states.len()) {
        let message = format!("`{}` has {} states", written.path, states.len());
        let remedy = format!("two to {MOST_STATES}; a rate that does not change needs no `modulated`");
        desk.problem(written.origin, &written.path, message, remedy);
        return None;
    }
    let built: Vec<State> = states
        .iter()
        .map(|state| State {
            rate: desk.param(&state.rate, (1e-9, 1e9)),
            mean_h: desk.param(&state.mean_time, (1e-6, 1e9)),
        })
        .collect();
    if built.iter().all(|state| state.rate == Param::Fixed(0.0)) {
        let message = format!("every state of `{}` has rate 0: nothing arrives", written.path);
        desk.problem(written.origin, &written.path, message, "give one of them a rate above 0");
        return None;
    }
    let rows: Option<Vec<Vec<f64>>> = (0..states.len()).map(|at| weights(desk, states, at)).collect();
    let chain = Chain::new(&rows?);
    if chain.is_none() {
        let message = format!("the states of `{}` do not all lead to one another", written.path);
        desk.problem(written.origin, &written.path, message, "let `to` lead from every state to every other, in steps");
    }
    Some(Modulated { states: built, chain: chain? })
}

/// Weights of the states that follow state `at`; None after a problem.
fn weights(desk: &mut Desk<'_>, states: &[StateSpec], at: usize) -> Option<Vec<f64>> {
    let mut row = vec![0.0; states.len()];
    if states[at].to.is_empty() {
        row[(at + 1) % states.len()] = 1.0;
        return Some(row);
    }
    let mut sound = true;
    for weight in &states[at].to {
        let names = || states.iter().filter_map(|state| state.name.as_ref().map(|name| name.value.as_str()));
        let found = states.iter().position(|state| state.name.as_ref().is_some_and(|name| name.value == weight.name));
        match found {
            Some(same) if same == at => {
                let message = format!("state `{}` leads to itself", weight.name);
                desk.problem(weight.origin, &weight.path, message, "leave it out: a state lasts until another begins");
                sound = false;
            }
            Some(other) => row[other] = desk.number(&weight.table),
            None => {
                let remedy = did_you_mean(&weight.name, names(), "state with a `name`");
                desk.problem(weight.origin, &weight.path, format!("there is no state `{}`", weight.name), remedy);
                sound = false;
            }
        }
    }
    if sound && row.iter().all(|weight| *weight == 0.0) {
        let path = format!("{}.to", states[at].rate.path.trim_end_matches(".rate"));
        desk.problem(states[at].origin, &path, "every weight is zero", "at least one above zero");
        sound = false;
    }
    sound.then_some(row)
}
