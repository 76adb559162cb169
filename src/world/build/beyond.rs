//! Says where a service lies beyond what the table of admission was measured at. Changes nothing.

use super::assumptions::number;
use super::desk::Desk;
use crate::perf::{Asked, Beyond, Range};
use crate::spec::{Named, ServiceSpec};
use crate::units::thousands;

/// A note of every axis of the table whose end is read for the service; many replicas are told once, for every large service has them.
pub(super) fn tell(desk: &mut Desk<'_>, service: &Named<ServiceSpec>, asked: &Asked<'_>, range: &Range) {
    let found = desk.catalog.admission.beyond(asked, range);
    if let Some(most) =
        found.iter().find_map(|beyond| if let Beyond::Replicas { most, .. } = beyond { Some(most) } else { None })
    {
        desk.note(format!(
            "services of more than {most} replicas meet what the table of admission has for {most} with their part of the requests, Eq. (173)"
        ));
    }
    let told: Vec<String> = found.iter().filter_map(words).collect();
    if !told.is_empty() {
        desk.note(format!("{} lies beyond the table of admission: {}", service.path, told.join("; ")));
    }
}

fn words(beyond: &Beyond) -> Option<String> {
    let whole = |x: f64| thousands(x.round() as u64);
    Some(match *beyond {
        Beyond::Bursts { dispersion, most, replicas } => {
            let until = match replicas.is_finite() {
                true => format!(" on up to {} replicas", whole(replicas.floor())),
                false => String::new(),
            };
            format!(
                "its index of dispersion, {} as the reference replica meets it, is read as {most}{until}, and it sheds less and answers sooner than it would",
                whole(dispersion)
            )
        }
        Beyond::Smooth { dispersion, least } => format!(
            "its index of dispersion, {}, is read as {least}, and it sheds more and answers later than it would",
            number(dispersion)
        ),
        Beyond::Mix { output_share, end } => format!(
            "{:.1} % of its tokens are answers, and waits and times are read at {:.1} %",
            100.0 * output_share,
            100.0 * end
        ),
        Beyond::Replicas { .. } => return None,
        Beyond::Load { load, most } => format!(
            "its peak load is {load:.2} even on all replicas it may have, and those who are answered meet what they would at {most}"
        ),
    })
}
