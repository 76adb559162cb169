//! The study's instants: start, end, decision, months, and how long is simulated before. Judges dates, not tables.

use super::desk::Desk;
use crate::spec::{At, Workload};
use crate::units::{Calendar, Date, SimTime, Span, months_between};

/// Every instant of the study.
pub(super) struct Times {
    pub calendar: Calendar,
    pub start: SimTime,
    pub end: SimTime,
    pub measure_from: SimTime,
    pub decide_at: Option<SimTime>,
    pub steady: bool,
    pub months: Vec<SimTime>,
    pub month_names: Vec<String>,
    pub month_years: Vec<i16>,
}

/// Default spin-up of dated studies with streams or campaigns: 8 weeks fill their queues.
const SPIN_UP: Span = Span(56 * Span::DAY.0);
/// Longest simulated time [h]: 100 years, within the 142 that the calendar key holds.
const LONGEST_H: f64 = 876_600.0;

impl Times {
    /// Simulated time of a date; what was in force before the run begins is in force at its first instant.
    pub fn clip(&self, date: Date) -> SimTime {
        self.calendar.time(date).unwrap_or(SimTime::ZERO).min(SimTime::NEVER)
    }
    /// Simulated time of a level's date: what is in force at the scenario's start is in force in the spin-up before it.
    pub fn in_force(&self, date: Date) -> SimTime {
        if date <= self.calendar.start_date() { SimTime::ZERO } else { self.clip(date) }
    }
    /// Whether a date lies before the scenario's start.
    pub fn before_start(&self, date: Date) -> bool {
        date < self.calendar.start_date()
    }
    /// Civil date of an instant, for messages.
    pub fn date(&self, time: SimTime) -> String {
        date_text(self.calendar.date(time))
    }
}

/// `2027-03-01`, with the time of day only where there is one.
pub(super) fn date_text(date: Date) -> String {
    if date == date.date().to_datetime(jiff::civil::Time::midnight()) {
        date.date().to_string()
    } else {
        date.to_string()
    }
}

/// The instants of the study; missing dates are problems and replaced so that the rest can be judged.
pub(super) fn times(desk: &mut Desk<'_>) -> Times {
    let scenario = &desk.spec.scenario;
    let steady = scenario.analysis.as_ref().is_some_and(|analysis| analysis.value == "steady");
    let (from, to) = horizon(desk);
    let calendar = Calendar::new(from, spin_up(desk, steady));
    let start = calendar.start();
    let end = calendar.time(to).expect("the end follows the start");
    let measure_from = start + warm_up(desk, steady);
    if end <= measure_from {
        let origin = scenario.warm_up.as_ref().map_or_else(Default::default, |leaf| leaf.origin);
        desk.problem(origin, "scenario.warm_up", "nothing is left after the warm-up", "shorten it or move `end`");
    }
    let decide_at = scenario.decide_at.as_ref().map(|at| decision(desk, at, from, to, &calendar));
    let mut dates = vec![from];
    dates.extend(months_between(from, to).into_iter().filter(|month| *month < to));
    Times {
        calendar,
        start,
        end,
        measure_from,
        decide_at,
        steady,
        months: dates.iter().map(|date| calendar.time(*date).expect("months follow the start")).collect(),
        month_names: dates.iter().map(|date| format!("{:04}-{:02}", date.year(), date.month())).collect(),
        month_years: dates.iter().map(|date| date.year()).collect(),
    }
}

fn horizon(desk: &mut Desk<'_>) -> (Date, Date) {
    let scenario = &desk.spec.scenario;
    let missing = |desk: &mut Desk<'_>, key: &str, example: &str| {
        let path = format!("scenario.{key}");
        desk.problem(
            Default::default(),
            &path,
            format!("[scenario] has no `{key}`"),
            format!("write `{key} = {example}`"),
        );
    };
    let stand_in = jiff::civil::date(2026, 1, 1).at(0, 0, 0, 0);
    let from = scenario.start.as_ref().map_or(stand_in, |at| at.value);
    if scenario.start.is_none() {
        missing(desk, "start", "2026-01-01");
    }
    let after = from.saturating_add(jiff::Span::new().years(1));
    let Some(to) = &scenario.end else {
        missing(desk, "end", "2034-01-01");
        return (from, after);
    };
    let hours = (to.value.duration_since(from)).as_secs_f64() / 3600.0;
    if hours <= 0.0 {
        let message = format!("the scenario ends at {}, not after its start {}", date_text(to.value), date_text(from));
        desk.problem(to.origin, &to.path, message, "move `end` after `start`");
        return (from, after);
    }
    if LONGEST_H < hours {
        desk.problem(to.origin, &to.path, "the scenario is longer than 100 years", "move `end` nearer to `start`");
        return (from, after);
    }
    (from, to.value)
}

fn spin_up(desk: &mut Desk<'_>, steady: bool) -> Span {
    if let Some(leaf) = &desk.spec.scenario.spin_up {
        return Span::from_hours(desk.number(leaf).max(0.0));
    }
    let mut kinds = desk.spec.labs.iter().flat_map(|lab| &lab.table.workloads).map(|workload| &workload.table);
    let random = kinds.any(|kind| matches!(kind, Workload::Stream(_) | Workload::Pretraining(_)));
    if random && !steady { SPIN_UP } else { Span::ZERO }
}

fn warm_up(desk: &mut Desk<'_>, steady: bool) -> Span {
    match (&desk.spec.scenario.warm_up, steady) {
        (Some(leaf), true) => Span::from_hours(desk.number(leaf).max(0.0)),
        (None, true) => {
            let message = "a steady analysis has no `warm_up`";
            let remedy = "write how much of the start to leave out, e.g. `warm_up = \"30d\"`";
            desk.problem(Default::default(), "scenario.warm_up", message, remedy);
            Span::ZERO
        }
        (Some(leaf), false) => {
            let message = "`warm_up` belongs to a steady analysis";
            let remedy = "add `analysis = \"steady\"`, or write `spin_up`";
            desk.problem(leaf.origin, &leaf.path, message, remedy);
            Span::ZERO
        }
        (None, false) => Span::ZERO,
    }
}

fn decision(desk: &mut Desk<'_>, at: &At<Date>, from: Date, to: Date, calendar: &Calendar) -> SimTime {
    if !(from <= at.value && at.value < to) {
        let message = format!("`decide_at` {} lies outside the scenario", date_text(at.value));
        let remedy = format!("choose a date from {} and before {}", date_text(from), date_text(to));
        desk.problem(at.origin, &at.path, message, remedy);
        return calendar.start();
    }
    calendar.time(at.value).expect("decide_at follows the start")
}
