//! What charts need of a replay, collected as it goes on: chips held and free through time, waits by size of the gang, one window of time.
//! Bounded, whatever the length of the log; draws nothing.

use super::clerk::{Held, JobLine, Lines, Place};
use super::fleet::Fleet;
use super::levels::Levels;
use super::window::Window;
use crate::stats::histogram::Histogram;
use crate::trace::Facts;

/// Queues with a series of their own; the rest are one.
const SHOWN: usize = 8;
/// Upper bounds of the size classes but the last [chips].
const SIZES: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];

/// Waits of gangs of a size.
#[derive(Clone, Debug, Default)]
pub struct SizeClass {
    /// Largest gang; None: any larger than those before.
    pub most: Option<u32>,
    /// From submission to first start [us].
    pub waits: Histogram,
    /// The longest of them [us].
    pub longest_us: u64,
    /// Jobs that started.
    pub jobs: u64,
}

impl SizeClass {
    /// Quantile of the waits; bins of 0.2 % never make it longer than the longest [us].
    pub fn quantile_us(&self, p: f64) -> Option<f64> {
        self.waits.quantile(p).map(|us| us.min(self.longest_us as f64))
    }

    /// `5 to 8 chips`.
    pub fn name(&self) -> String {
        let below = |most: u32| SIZES.iter().rev().find(|size| **size < most).map_or(0, |size| *size);
        match self.most {
            None => format!("over {} chips", SIZES[SIZES.len() - 1]),
            Some(1) => "1 chip".into(),
            Some(most) if below(most) + 1 == most => format!("{most} chips"),
            Some(most) => format!("{} to {most} chips", below(most) + 1),
        }
    }
}

/// Collects.
pub struct Watch {
    /// Names of the series of chips held: queues by demand, the others as one, the cloud; empty ones left out when they are read.
    names: Vec<String>,
    /// Series by queue.
    series_of: Vec<usize>,
    overflow: usize,
    held: Levels,
    /// Free chips on partly used nodes, and on completely free ones.
    free: Levels,
    /// What each pool had free last.
    pools: Vec<(u64, u64)>,
    sizes: Vec<SizeClass>,
    window: Window,
    end_us: u64,
}

impl Watch {
    /// Nothing has happened; all chips are free.
    pub fn new(fleet: &Fleet, facts: &Facts, window: Window) -> Watch {
        let demand = |queue: usize| -> u128 {
            facts.tally.months.iter().filter_map(|month| month.by_queue.get(queue)).map(|demand| demand.chip_us).sum()
        };
        let mut by_demand: Vec<(u128, usize)> = (0..fleet.queues.len()).map(|queue| (demand(queue), queue)).collect();
        by_demand.sort_by_key(|(demand, queue)| (std::cmp::Reverse(*demand), *queue));
        // One more that is alone among the others stands for itself.
        let shown = if fleet.queues.len() == SHOWN + 1 { SHOWN + 1 } else { SHOWN.min(fleet.queues.len()) };
        let mut series_of = vec![shown; fleet.queues.len()];
        let mut names = Vec::new();
        for (series, (_, queue)) in by_demand.iter().take(shown).enumerate() {
            series_of[*queue] = series;
            names.push(fleet.queues[*queue].clone());
        }
        names.push(format!("{} other queues", fleet.queues.len() - shown));
        names.push("overflow".into());
        let mut free = Levels::new(2);
        let per_node = u64::from(fleet.chips_per_node);
        let pools: Vec<(u64, u64)> = fleet.nodes.iter().map(|nodes| (nodes * per_node, nodes * per_node)).collect();
        free.add(1, 0, pools.iter().map(|pool| pool.1 as i64).sum());
        let sizes = SIZES.into_iter().map(Some).chain([None]);
        Watch {
            overflow: shown + 1,
            held: Levels::new(shown + 2),
            free,
            pools,
            sizes: sizes.map(|most| SizeClass { most, ..SizeClass::default() }).collect(),
            window,
            end_us: 0,
            names,
            series_of,
        }
    }

    /// The replay is over.
    pub fn close(&mut self) {
        self.window.close(self.end_us);
    }

    /// The last end of a job [us].
    pub fn end_us(&self) -> u64 {
        self.end_us
    }

    /// Middles of the bins [us].
    pub fn middles_us(&self) -> Vec<f64> {
        let width = self.held.width_us().max(self.free.width_us());
        let n = self.end_us.div_ceil(width);
        (0..n).map(|at| (at * width + ((at + 1) * width).min(self.end_us)) as f64 / 2.0).collect()
    }

    /// Chips held by the queues shown and the cloud, name and mean of each bin; who never held any is left out. `true` is the cloud.
    pub fn held(&self) -> Vec<(&str, bool, Vec<f64>)> {
        let row = |series: usize| {
            (self.names[series].as_str(), series == self.overflow, self.held.means(series, self.end_us))
        };
        (0..self.names.len()).map(row).filter(|row| row.2.iter().any(|mean| 0.0 < *mean)).collect()
    }

    /// Free chips of the fleet in each bin: on partly used nodes, on completely free ones.
    pub fn free(&self) -> [Vec<f64>; 2] {
        [0, 1].map(|level| self.free.means(level, self.end_us))
    }

    /// Free chip-time of the fleet: on partly used nodes, on completely free ones [chip-us].
    pub fn free_chip_us(&self) -> [i128; 2] {
        [0, 1].map(|level| self.free.integral(level, self.end_us))
    }

    /// Waits by size, sizes with jobs only.
    pub fn sizes(&self) -> impl Iterator<Item = &SizeClass> {
        self.sizes.iter().filter(|size| 0 < size.jobs)
    }

    /// The window.
    pub fn window(&self) -> &Window {
        &self.window
    }
}

impl Lines for Watch {
    fn line(&mut self, line: &JobLine<'_>) -> Result<(), String> {
        if let Some(start) = line.start_us {
            let size = &mut self.sizes[SIZES.partition_point(|most| *most < line.chips)];
            size.waits.record(start - line.submit_us);
            size.longest_us = size.longest_us.max(start - line.submit_us);
            size.jobs += 1;
        }
        Ok(())
    }

    fn held(&mut self, held: &Held<'_>) -> Result<(), String> {
        let at = held.at_us;
        self.end_us = at;
        let change = if held.takes { i64::from(held.chips) } else { -i64::from(held.chips) };
        match held.place {
            Place::Overflow => self.held.add(self.overflow, at, change),
            Place::Pool(pool) => {
                self.held.add(self.series_of[usize::from(held.queue)], at, change);
                let (free, whole) = self.pools[pool];
                let partly = (held.free - held.free_on_whole_nodes) as i64 - (free - whole) as i64;
                let wholly = held.free_on_whole_nodes as i64 - whole as i64;
                for (level, change) in [(0, partly), (1, wholly)].into_iter().filter(|(_, change)| *change != 0) {
                    self.free.add(level, at, change);
                }
                self.pools[pool] = (held.free, held.free_on_whole_nodes);
            }
        }
        self.window.held(held);
        Ok(())
    }
}
