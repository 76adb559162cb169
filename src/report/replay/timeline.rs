//! A replay as a trace of Chrome's event format, for ui.perfetto.dev: a process a pool, a track a lane, an event a stay on chips. Streams;
//! holds no event.

use crate::replay::{Fleet, Held, JobLine, Lines, Place};
use serde_json::json;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::io::Write;

/// Events written at most.
pub const MOST_EVENTS: u64 = 100_000;

/// Tracks of a pool: a gang takes the lowest that is free.
#[derive(Default)]
struct Lanes {
    free: BinaryHeap<Reverse<u32>>,
    used: u32,
    /// Those with an event in the file.
    shown: BTreeSet<u32>,
}

/// Writes the file.
pub struct Timeline<W: Write> {
    out: W,
    /// Only what overlaps [from, to) [us from the first submission].
    window: Option<(u64, u64)>,
    queues: Vec<String>,
    pools: Vec<String>,
    lanes: Vec<Lanes>,
    lane_of: BTreeMap<u64, u32>,
    written: u64,
    left_out: u64,
}

impl<W: Write> Timeline<W> {
    /// Begins the file.
    pub fn new(mut out: W, fleet: &Fleet, window: Option<(u64, u64)>) -> Result<Timeline<W>, String> {
        out.write_all(b"{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n").map_err(|error| error.to_string())?;
        let mut pools: Vec<String> = (0..fleet.nodes.len()).map(|pool| fleet.pool_name(pool).to_owned()).collect();
        pools.push("overflow".into());
        Ok(Timeline {
            out,
            window,
            queues: fleet.queues.clone(),
            lanes: pools.iter().map(|_| Lanes::default()).collect(),
            pools,
            lane_of: BTreeMap::new(),
            written: 0,
            left_out: 0,
        })
    }

    /// Ends the file with the names of pools and lanes that have events; how many events were written, and how many left out for being too
    /// many.
    pub fn finish(mut self) -> Result<(u64, u64), String> {
        let mut names = Vec::new();
        for (pool, lanes) in self.lanes.iter().enumerate().filter(|(_, lanes)| !lanes.shown.is_empty()) {
            let name = |what: &str, tid: u32, name: &str| json!({ "name": what, "ph": "M", "pid": pool + 1, "tid": tid, "args": { "name": name } });
            names.push(name("process_name", 0, &self.pools[pool]));
            names.extend(lanes.shown.iter().map(|lane| name("thread_name", lane + 1, &format!("lane {}", lane + 1))));
        }
        let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        let comma = if 0 < self.written && !names.is_empty() { ",\n" } else { "" };
        let tail = format!("{comma}{}\n]}}\n", names.join(",\n"));
        self.out.write_all(tail.as_bytes()).and_then(|()| self.out.flush()).map_err(|error| error.to_string())?;
        Ok((self.written, self.left_out))
    }

    fn pool(&self, place: Place) -> usize {
        match place {
            Place::Pool(pool) => pool,
            Place::Overflow => self.lanes.len() - 1,
        }
    }

    fn write(&mut self, held: &Held<'_>, pool: usize, lane: u32) -> std::io::Result<()> {
        let event = json!({
            "name": held.id,
            "cat": "job",
            "ph": "X",
            "ts": held.since_us,
            "dur": held.at_us - held.since_us,
            "pid": pool + 1,
            "tid": lane + 1,
            "args": {
                "job_id": held.id,
                "queue": self.queues[usize::from(held.queue)],
                "chips": held.chips,
                "submit_s": held.submit_us as f64 / 1e6,
                "since_submission_s": (held.since_us - held.submit_us) as f64 / 1e6,
                "preempted_before": held.before,
            },
        });
        if 0 < self.written {
            self.out.write_all(b",\n")?;
        }
        serde_json::to_writer(&mut self.out, &event).map_err(std::io::Error::from)
    }
}

impl<W: Write> Lines for Timeline<W> {
    fn line(&mut self, _: &JobLine<'_>) -> Result<(), String> {
        Ok(())
    }

    fn held(&mut self, held: &Held<'_>) -> Result<(), String> {
        let pool = self.pool(held.place);
        if held.takes {
            let lanes = &mut self.lanes[pool];
            let lane = lanes.free.pop().map_or(lanes.used, |free| free.0);
            lanes.used = lanes.used.max(lane + 1);
            self.lane_of.insert(held.number, lane);
            return Ok(());
        }
        let lane = self.lane_of.remove(&held.number).expect("it took its chips before");
        self.lanes[pool].free.push(Reverse(lane));
        if self.window.is_some_and(|(from, to)| held.at_us <= from || to <= held.since_us) {
            return Ok(());
        }
        if self.written == MOST_EVENTS {
            self.left_out += 1;
            return Ok(());
        }
        self.write(held, pool, lane).map_err(|error| format!("cannot write the timeline: {error}"))?;
        self.written += 1;
        self.lanes[pool].shown.insert(lane);
        Ok(())
    }
}
