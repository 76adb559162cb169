//! Price paths as the rows of `events.csv` tell them. Knows no base price, step or ratio: only what came into force, and when.

use crate::record::RunRecord;
use crate::units::{Rate, SimTime};
use crate::world::EventKind;
use std::collections::BTreeMap;

/// What a path belongs to: kind of event, subject, object.
pub type PathKey = (EventKind, u32, u32);

/// Every path of a run.
pub struct Paths(BTreeMap<PathKey, Vec<(SimTime, Rate)>>);

impl Paths {
    /// Reads the rows in their order; of several at one instant the last one holds.
    pub fn read(record: &RunRecord) -> Paths {
        let mut paths: BTreeMap<PathKey, Vec<(SimTime, Rate)>> = BTreeMap::new();
        for row in &record.events {
            let change = row.change;
            let key = (change.kind, change.subject, change.object);
            paths.entry(key).or_default().push((row.at, Rate(change.value)));
        }
        Paths(paths)
    }

    /// Price in force from `at` on; None before the first row.
    pub fn at(&self, key: PathKey, at: SimTime) -> Option<Rate> {
        let path = self.0.get(&key)?;
        let begun = path.partition_point(|(from, _)| *from <= at);
        begun.checked_sub(1).map(|last| path[last].1)
    }

    /// Whether the price is another one somewhere in (from, to) than at `from`: a line may not cross a step.
    pub fn steps_inside(&self, key: PathKey, from: SimTime, to: SimTime) -> bool {
        let held = self.at(key, from);
        let path = self.0.get(&key).map_or(&[][..], Vec::as_slice);
        path.iter().any(|(at, rate)| from < *at && *at < to && Some(*rate) != held)
    }
}
