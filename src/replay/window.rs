//! Who held chips in one stretch of time, the stated one or the busiest day: gangs with start and end, a bounded number of them.
//! Draws nothing.

use super::clerk::{Held, Place};
use crate::units::Span;

/// Stays kept; of more, those that hold the most chip-time.
const MOST: usize = 6_000;

/// A gang on its chips without a break; times from the first submission [us].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Number of the job in the log.
    pub number: u64,
    /// Number of its queue.
    pub queue: u16,
    /// Gang.
    pub chips: u32,
    /// Number of its pool.
    pub pool: usize,
    /// Begin.
    pub from_us: u64,
    /// End.
    pub to_us: u64,
    /// From its submission to this start.
    pub waited_us: u64,
    /// It had been taken off before.
    pub resumed: bool,
}

impl Stay {
    fn chip_us(&self) -> u128 {
        u128::from(self.chips) * u128::from(self.to_us - self.from_us)
    }
}

/// A stretch of time and the gangs that held chips in it.
#[derive(Clone, Debug, Default)]
struct Stretch {
    from_us: u64,
    to_us: u64,
    chip_us: u128,
    stays: Vec<Stay>,
    left_out: u64,
}

impl Stretch {
    fn keep(&mut self, stay: Stay) {
        if stay.from_us < self.to_us && self.from_us < stay.to_us {
            self.stays.push(stay);
            if 2 * MOST < self.stays.len() {
                self.prune();
            }
        }
    }

    fn prune(&mut self) {
        if MOST < self.stays.len() {
            self.stays.sort_by_key(|stay| std::cmp::Reverse((stay.chip_us(), stay.number)));
            self.left_out += (self.stays.len() - MOST) as u64;
            self.stays.truncate(MOST);
        }
    }
}

/// Collects the stretch while the replay goes on.
#[derive(Clone, Debug)]
pub struct Window {
    best: Stretch,
    /// The day that is not over, where days compete.
    today: Option<Stretch>,
    /// Chips held on the fleet's nodes, and since when they have been counted.
    level: u64,
    counted_us: u64,
}

impl Window {
    /// The stated stretch.
    pub fn stated(from_us: u64, to_us: u64) -> Window {
        let best = Stretch { from_us, to_us, ..Stretch::default() };
        Window { best, today: None, level: 0, counted_us: 0 }
    }

    /// The day with the most chip-time held, of equal ones the first; days begin `first_us` after midnight.
    pub fn busiest_day(first_us: u64) -> Window {
        let today = Stretch { to_us: Span::DAY.0 - first_us % Span::DAY.0, ..Stretch::default() };
        Window { best: Stretch::default(), today: Some(today), level: 0, counted_us: 0 }
    }

    /// First and last instant [us].
    pub fn span_us(&self) -> (u64, u64) {
        (self.best.from_us, self.best.to_us)
    }

    /// Gangs in order of their start, and how many are left out.
    pub fn stays(&self) -> (&[Stay], u64) {
        (&self.best.stays, self.best.left_out)
    }

    pub(super) fn held(&mut self, held: &Held<'_>) {
        let Place::Pool(pool) = held.place else { return };
        self.advance(held.at_us);
        let chips = u64::from(held.chips);
        if held.takes {
            self.level += chips;
            return;
        }
        self.level -= chips;
        let stay = Stay {
            number: held.number,
            queue: held.queue,
            chips: held.chips,
            pool,
            from_us: held.since_us,
            to_us: held.at_us,
            waited_us: held.since_us - held.submit_us,
            resumed: held.before > 0,
        };
        self.best.keep(stay);
        if let Some(today) = &mut self.today {
            today.keep(stay);
        }
    }

    /// Counts what is held until now; days that end compete.
    fn advance(&mut self, now_us: u64) {
        let Some(today) = &mut self.today else { return };
        let held = |from: u64, to: u64, level: u64| u128::from(to - from) * u128::from(level);
        while today.to_us <= now_us {
            today.chip_us += held(self.counted_us, today.to_us, self.level);
            self.counted_us = today.to_us;
            let next = Stretch { from_us: today.to_us, to_us: today.to_us + Span::DAY.0, ..Stretch::default() };
            let over = std::mem::replace(today, next);
            if self.best.chip_us < over.chip_us {
                self.best = over;
            }
        }
        today.chip_us += held(self.counted_us, now_us, self.level);
        self.counted_us = now_us;
    }

    /// The replay is over at `end_us`: the last day competes, and no stretch goes on beyond it.
    pub(super) fn close(&mut self, end_us: u64) {
        self.advance(end_us);
        if let Some(today) = self.today.take()
            && (self.best.chip_us < today.chip_us || self.best.to_us == 0)
        {
            self.best = today;
        }
        self.best.to_us = self.best.to_us.min(end_us).max(self.best.from_us);
        self.best.prune();
        self.best.stays.sort_by_key(|stay| (stay.from_us, stay.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000_000;

    fn held(takes: bool, since_h: u64, at_h: u64, chips: u32) -> Held<'static> {
        Held {
            id: "",
            number: since_h,
            queue: 0,
            chips,
            place: Place::Pool(0),
            submit_us: 0,
            since_us: since_h * HOUR,
            at_us: at_h * HOUR,
            takes,
            before: 0,
            free: 0,
            free_on_whole_nodes: 0,
        }
    }

    /// Days begin at hours 12, 36, 60. 2 chips 0..40 h, 1 chip 30..50 h: the day 12..36 has 48 + 6 chip-hours, 36..60 has 8 + 14; both gangs
    /// held chips on the first.
    #[test]
    fn the_busiest_day_is_found_as_it_goes() {
        let mut window = Window::busiest_day(12 * HOUR);
        for held in [held(true, 0, 0, 2), held(true, 30, 30, 1), held(false, 0, 40, 2), held(false, 30, 50, 1)] {
            window.held(&held);
        }
        window.close(50 * HOUR);
        assert_eq!(window.span_us(), (12 * HOUR, 36 * HOUR));
        let (stays, left_out) = window.stays();
        assert_eq!((stays.iter().map(|stay| stay.from_us / HOUR).collect::<Vec<_>>(), left_out), (vec![0, 30], 0));
    }

    /// A log of an hour has no busier day than that hour.
    #[test]
    fn a_short_log_is_its_own_window() {
        let mut window = Window::busiest_day(0);
        window.held(&held(true, 0, 0, 1));
        window.held(&held(false, 0, 1, 1));
        window.close(HOUR);
        assert_eq!((window.span_us(), window.stays().0.len()), ((0, HOUR), 1));
    }
}
