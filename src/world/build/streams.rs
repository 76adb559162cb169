//! Random streams of gang jobs: rate, intervals, profile, sizes, work, estimates. Draws nothing.

use super::desk::{Desk, did_you_mean, fault_and_cure};
use super::elastic::reference;
use super::modulated::modulated;
use crate::spec::{self, At, ChipsSpec, LawSpec, Leaf, Named};
use crate::stats::law::{Law, LawKind};
use crate::stats::math::square;
use crate::world::arrivals::{Estimate, OverEstimate};
use crate::world::model::{LawOf, Param, Stream, Work};

/// Hours of a week, the length of a profile.
const HOURS_OF_WEEK: usize = 168;
/// Smallest and largest draw of a mean: nothing is divided by 0.
const MEANS: (f64, f64) = (1e-9, 1e15);

/// A stream of the file.
///
/// `reference_rate`: tokens that a chip of the first pool does in a second, of batch inference.
pub(super) fn stream(
    desk: &mut Desk<'_>,
    workload: &Named<spec::Workload>,
    stream: &spec::Stream,
    reference_rate: f64,
) -> Stream {
    let (per_day, interval) = arrivals(desk, workload, stream);
    Stream {
        per_day,
        interval,
        profile: profile(desk, &stream.profile),
        chips: sizes(desk, stream),
        work: work(desk, workload, stream, reference_rate),
        modulated: stream.modulated.as_ref().and_then(|written| modulated(desk, written)),
        estimate: stream.estimate.as_ref().and_then(|written| estimate(desk, written)),
    }
}

fn estimate(desk: &mut Desk<'_>, written: &spec::EstimateSpec) -> Option<Box<Estimate>> {
    let ratio = law_of_mean(desk, &written.ratio)?;
    Some(Box::new(Estimate { ratio, at_least: desk.param_or(&written.at_least, (0.0, 1e9), 0.0) }))
}

/// What becomes of a job that runs beyond its estimate. Who kills needs an estimate: without one users are taken to know.
pub(super) fn over_estimate(desk: &mut Desk<'_>, workload: &Named<spec::Workload>) -> OverEstimate {
    let kills = |word: &Option<At<String>>| word.as_ref().is_some_and(|at| at.value == "kill");
    match &workload.table {
        spec::Workload::Stream(stream) if kills(&stream.over_estimate) => {
            if stream.estimate.is_none() {
                assume_exact_estimates(desk, &workload.path);
            }
            OverEstimate::Kill
        }
        spec::Workload::Trace(trace) if kills(&trace.over_estimate) => OverEstimate::Kill,
        spec::Workload::Stream(_) | spec::Workload::Trace(_) | spec::Workload::Pretraining(_) => OverEstimate::Keep,
    }
}

/// Tells that users of a stream are taken to know how long their jobs run, where something asks them.
pub(super) fn assume_exact_estimates(desk: &mut Desk<'_>, path: &str) {
    let reason = "users know how long their jobs run on the reference chip";
    desk.assume(format!("{path}.estimate.ratio"), 1.0, (0.5, 10.0), reason);
}

/// Mean arrivals a day and the unit-mean law of their intervals.
fn arrivals(desk: &mut Desk<'_>, workload: &Named<spec::Workload>, stream: &spec::Stream) -> (Param, Law) {
    let poisson = Law::Exponential { mean: 1.0 };
    match (&stream.per_day, &stream.interval) {
        (Some(leaf), None) => (rate(desk, leaf), poisson),
        (None, Some(spec)) => {
            let Some(law) = law_of_mean(desk, spec) else { return (Param::Fixed(1.0), poisson) };
            let Param::Fixed(mean_h) = law.mean else {
                let message = format!("`{}` is not known, and a rate is its inverse", spec.mean.path);
                let remedy = "write the mean as one number, or a Poisson stream by an unknown `per_day`";
                desk.problem(spec.mean.origin, &spec.mean.path, message, remedy);
                return (Param::Fixed(1.0), poisson);
            };
            (Param::Fixed(24.0 / mean_h), law.shape)
        }
        _ => {
            let message = format!("stream `{}` has not exactly one of `per_day` and `interval`", workload.path);
            desk.problem(
                workload.origin,
                &workload.path,
                message,
                "write how many jobs come a day, or the law of their intervals",
            );
            (Param::Fixed(1.0), poisson)
        }
    }
}

fn rate(desk: &mut Desk<'_>, leaf: &Leaf) -> Param {
    let param = desk.param(leaf, (1e-9, 1e9));
    if param == Param::Fixed(0.0) {
        let remedy = "write more than 0, or take the workload out";
        desk.problem(leaf.origin, &leaf.path, format!("`{}` is 0: nothing arrives", leaf.path), remedy);
    }
    param
}

/// Relative rates by hour of week with mean 1; a day is repeated.
fn profile(desk: &mut Desk<'_>, written: &[Leaf]) -> Vec<f64> {
    let Some(first) = written.first() else { return Vec::new() };
    let hours: Vec<f64> = written.iter().map(|leaf| desk.number(leaf)).collect();
    let total: f64 = hours.iter().sum();
    if ![24, HOURS_OF_WEEK].contains(&hours.len()) || total <= 0.0 {
        let message = format!("a profile of {} numbers that sum to {total}", hours.len());
        desk.problem(first.origin, &first.path, message, "write 24 or 168 numbers, one of them above 0");
        return Vec::new();
    }
    let mean = total / hours.len() as f64;
    hours.iter().cycle().take(HOURS_OF_WEEK).map(|rate| rate / mean).collect()
}

/// Gang sizes, smallest first, with cumulative probabilities.
fn sizes(desk: &mut Desk<'_>, stream: &spec::Stream) -> Vec<(u32, f64)> {
    let chips = |value: i64| value.clamp(1, 1_000_000_000) as u32;
    let (values, weights) = match &stream.chips {
        None => return vec![(1, 1.0)],
        Some(ChipsSpec::Fixed(at)) => return vec![(chips(at.value), 1.0)],
        Some(ChipsSpec::Elastic(written)) => return vec![(reference(written), 1.0)],
        Some(ChipsSpec::Mix { values, weights }) => (values, weights),
    };
    let weights: Vec<f64> = weights.iter().map(|leaf| desk.number(leaf)).collect();
    let total: f64 = weights.iter().sum();
    if values.len() != weights.len() || total <= 0.0 {
        if let Some(first) = values.first() {
            let message = format!("{} gang sizes with {} weights that sum to {total}", values.len(), weights.len());
            desk.problem(first.origin, &first.path, message, "write one weight for each size, one of them above 0");
        }
        return vec![(1, 1.0)];
    }
    let mut sizes: Vec<(u32, f64)> =
        values.iter().map(|at| chips(at.value)).zip(weights).filter(|size| 0.0 < size.1).collect();
    sizes.sort_by_key(|size| size.0);
    let mut before = 0.0;
    for size in &mut sizes {
        before += size.1;
        size.1 = before / total;
    }
    // The last is 1 whatever the sum's rounding, so that every draw finds a size.
    sizes.last_mut().expect("a weight is above 0").1 = 1.0;
    sizes
}

fn work(desk: &mut Desk<'_>, workload: &Named<spec::Workload>, stream: &spec::Stream, reference_rate: f64) -> Work {
    let stand_in = || LawOf { shape: Law::Constant { value: 1.0 }, mean: Param::Fixed(1.0) };
    if let Some(tokens) = &stream.tokens {
        return Work::Tokens(law_of_mean(desk, tokens).unwrap_or_else(stand_in), 3600.0 * reference_rate);
    }
    match (&stream.work_chip_hours, &stream.duration) {
        (Some(spec), None) => Work::ChipHours(law_of_mean(desk, spec).unwrap_or_else(stand_in)),
        (None, Some(spec)) => Work::Hours(law_of_mean(desk, spec).unwrap_or_else(stand_in)),
        _ => {
            let message = format!("stream `{}` has not exactly one of `work_chip_hours` and `duration`", workload.path);
            desk.problem(workload.origin, &workload.path, message, "write how much a job works, or how long it runs");
            Work::Hours(stand_in())
        }
    }
}

/// A law given by its mean: the unit-mean shape, and the mean apart, which may be unknown.
pub(super) fn law_of_mean(desk: &mut Desk<'_>, spec: &LawSpec) -> Option<LawOf> {
    let dist = &spec.dist;
    let Some(kind) = LawKind::parse(&dist.value) else {
        let remedy = did_you_mean(&dist.value, LawKind::ALL.iter().map(|kind| kind.name()), "law");
        desk.problem(dist.origin, &dist.path, format!("there is no law `{}`", dist.value), remedy);
        return None;
    };
    let scv = match (&spec.scv, &spec.cv) {
        (_, Some(leaf)) => Some(square(desk.number(leaf))),
        (scv, None) => scv.as_ref().map(|leaf| desk.number(leaf)),
    };
    let shape = match Law::by_mean(kind, 1.0, scv) {
        Ok(shape) => shape,
        Err(message) => {
            let (message, remedy) = fault_and_cure(&message);
            desk.problem(dist.origin, &dist.path, message, remedy);
            return None;
        }
    };
    let mean = desk.param(&spec.mean, MEANS);
    if mean == Param::Fixed(0.0) {
        let leaf = &spec.mean;
        desk.problem(leaf.origin, &leaf.path, format!("`{}` is 0", leaf.path), "write a mean above 0");
        return None;
    }
    Some(LawOf { shape, mean })
}
