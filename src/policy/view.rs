//! What a policy sees of a scheduling domain, and what it may ask for. Knows neither the engine nor true durations.

/// Which chips a start may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chips {
    /// The tenant's own guarantee only.
    Own,
    /// Its guarantee and the uncommitted chips.
    Any,
}

/// When a waiting job's turn comes among those of other tenants: the smaller goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    /// The tenant's part of what it should have, under `fair_share`; else 0 [2^-32 of the dominant pool, by weight].
    pub share: u64,
    /// The job's key in its queue.
    pub key: u128,
}

/// What came of taking jobs off for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// There is nobody to take off, or not enough.
    None,
    /// The chips are free now.
    Now,
    /// They will be free when a checkpoint is written.
    Soon,
}

/// The waiting jobs of each tenant in queue order, and what may be done with one.
pub trait View {
    /// Where a walk through a tenant's queue stands; the default is its head. Good until the queue changes, but for the removal of the
    /// job it stands on.
    type Cursor: Copy + Default;

    /// Tenants of the domain.
    fn tenants(&self) -> usize;
    /// Whether the tenant has a guarantee on some pool of the domain now.
    fn guaranteed(&self, tenant: usize) -> bool;
    /// Whether any chip of the domain is free.
    fn any_free(&self) -> bool;
    /// Whether jobs are taken off here.
    fn preempts(&self) -> bool;

    /// The job the cursor stands on; None past the last.
    fn turn(&mut self, tenant: usize, cursor: &mut Self::Cursor) -> Option<Turn>;
    /// The first job from the cursor on whose gang is not larger than all the chips it could have; the cursor then stands on it. None where a
    /// job of the tenant waits for chips that are on their way: nobody of it passes that.
    fn fitting(&mut self, tenant: usize, cursor: &mut Self::Cursor, chips: Chips) -> Option<Turn>;
    /// The same, of those that do not outlast the reservation or leave its chips.
    fn filling(&mut self, tenant: usize, cursor: &mut Self::Cursor, chips: Chips) -> Option<Turn>;
    /// To the next job.
    fn step(&self, cursor: &mut Self::Cursor);

    /// Starts the job there on one of its pools, and removes it; false when none has room.
    fn start(&mut self, tenant: usize, cursor: Self::Cursor, chips: Chips) -> bool;
    /// Takes running jobs off for the job there, as few as make room for it.
    fn make_room(&mut self, tenant: usize, cursor: &mut Self::Cursor, chips: Chips) -> Room;
    /// Reserves for the job there the earliest start that the expected ends of running jobs allow. It replaces any reservation before.
    fn reserve(&mut self, tenant: usize, cursor: Self::Cursor);
    /// As [`start`](View::start), only where the reserved start does not move.
    fn fill(&mut self, tenant: usize, cursor: Self::Cursor, chips: Chips) -> bool;

    /// Plans a start for each waiting job, as many as the domain plans for, none later than it was promised unless it must; starts
    /// those whose time is now.
    fn start_as_planned(&mut self);
}

/// The tenant whose job at its cursor goes first; None when nobody is left.
pub(super) fn first<V: View>(view: &mut V, mut turn: impl FnMut(&mut V, usize) -> Option<Turn>) -> Option<usize> {
    let mut best: Option<(Turn, usize)> = None;
    for tenant in 0..view.tenants() {
        if let Some(turn) = turn(view, tenant)
            && best.is_none_or(|(least, _)| turn < least)
        {
            best = Some((turn, tenant));
        }
    }
    best.map(|(_, tenant)| tenant)
}
