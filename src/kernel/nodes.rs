//! The nodes of a pool: counts where nodes are interchangeable, interval lists over free-count buckets where they are not,
//! never id lists, so that a gang of 250,000 chips costs no more than one of 250. Knows no job.

use crate::policy::placement::{Bucket, choose};
use crate::world::Placement;

/// A run of nodes, each giving (or holding) `chips` chips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// First node.
    pub node: u32,
    /// How many nodes in a row.
    pub nodes: u32,
    /// Chips on each of them.
    pub chips: u32,
}

impl Piece {
    /// Its parts before `from`, within and from `to` on; those without a node are left out.
    pub fn cut(self, from: u32, to: u32) -> impl Iterator<Item = Piece> {
        let end = self.node + self.nodes;
        let (a, b) = (from.clamp(self.node, end), to.clamp(self.node, end));
        let part = move |(start, end): (u32, u32)| Piece { node: start, nodes: end - start, chips: self.chips };
        [(self.node, a), (a, b), (b, end)].into_iter().filter(|(start, end)| start < end).map(part)
    }

    /// The node after its last.
    fn end(&self) -> u32 {
        self.node + self.nodes
    }
}

/// Nodes [start, end) in descending order of start, so that the lowest node is at the end of the vector.
#[derive(Clone, Debug, Default)]
struct Intervals {
    runs: Vec<(u32, u32)>,
    count: u32,
}

impl Intervals {
    fn lowest(&self) -> Option<u32> {
        self.runs.last().map(|run| run.0)
    }

    fn insert(&mut self, start: u32, end: u32) {
        self.count += end - start;
        let at = self.runs.partition_point(|run| run.0 > start);
        let joins_lower = at < self.runs.len() && self.runs[at].1 == start;
        let joins_upper = at > 0 && self.runs[at - 1].0 == end;
        match (joins_lower, joins_upper) {
            (true, true) => {
                self.runs[at - 1].0 = self.runs[at].0;
                self.runs.remove(at);
            }
            (true, false) => self.runs[at].1 = end,
            (false, true) => self.runs[at - 1].0 = start,
            (false, false) => self.runs.insert(at, (start, end)),
        }
    }

    /// Takes the `n` lowest nodes, run by run.
    fn take_lowest(&mut self, mut n: u32, mut each: impl FnMut(u32, u32)) {
        assert!(n <= self.count, "took {n} of {} nodes", self.count);
        self.count -= n;
        while n > 0 {
            let run = self.runs.last_mut().expect("counted");
            let len = (run.1 - run.0).min(n);
            each(run.0, len);
            run.0 += len;
            if run.0 == run.1 {
                self.runs.pop();
            }
            n -= len;
        }
    }

    /// Takes those of [from, to), run by run.
    fn take_within(&mut self, from: u32, to: u32, mut each: impl FnMut(u32, u32)) {
        let mut kept = Vec::with_capacity(self.runs.len() + 1);
        for (start, end) in std::mem::take(&mut self.runs) {
            let (a, b) = (from.clamp(start, end), to.clamp(start, end));
            kept.extend([(b, end), (start, a)].into_iter().filter(|(start, end)| start < end));
            if a < b {
                each(a, b - a);
                self.count -= b - a;
            }
        }
        self.runs = kept;
    }

    /// Inserts `runs`, `nodes` in all, in descending order.
    fn merge(&mut self, runs: impl Iterator<Item = (u32, u32)>, nodes: u32, scratch: &mut Vec<(u32, u32)>) {
        self.count += nodes;
        scratch.clear();
        let mut push = |run: (u32, u32)| match scratch.last_mut() {
            Some(above) if above.0 == run.1 => above.0 = run.0,
            _ => scratch.push(run),
        };
        let mut own = self.runs.iter().copied().peekable();
        for run in runs {
            while let Some(higher) = own.next_if(|o| o.0 > run.0) {
                push(higher);
            }
            push(run);
        }
        own.for_each(push);
        std::mem::swap(&mut self.runs, scratch);
    }

    /// Whether all of [from, to) are in here.
    fn contains(&self, from: u32, to: u32) -> bool {
        let at = self.runs.partition_point(|run| run.0 > from);
        self.runs.get(at).is_some_and(|run| to <= run.1)
    }

    /// Takes [from, to) out, all of which is in here.
    fn remove(&mut self, from: u32, to: u32) {
        self.count -= to - from;
        let at = self.runs.partition_point(|run| run.0 > from);
        let (start, end) = self.runs[at];
        assert!(start <= from && to <= end, "nodes {from}..{to} are not in this bucket");
        match (start == from, to == end) {
            (true, true) => {
                self.runs.remove(at);
            }
            (true, false) => self.runs[at].0 = to,
            (false, true) => self.runs[at].1 = from,
            (false, false) => {
                self.runs[at].1 = from;
                self.runs.insert(at, (to, end));
            }
        }
    }
}

/// The nodes of one pool.
#[derive(Clone, Debug)]
#[repr(C)]
pub struct Nodes {
    free_chips: u64,
    chips_per_node: u32,
    next_node: u32,
    /// By free chips on the node, 1..=chips_per_node; empty when nodes are interchangeable: their number is the state.
    buckets: Vec<Intervals>,
    /// Gangs that find no room together are split.
    splits: bool,
    /// Free chips of nodes that are partly used: a node's chips come back one job at a time.
    partial: Vec<(u32, u32)>,
    /// Scratch of `give_all`.
    merged: Vec<(u32, u32)>,
}

impl Nodes {
    /// No nodes yet. `whole_gangs`: every gang of the pool fills its nodes, so that none is ever partly used and their number
    /// is the whole state (a 12,500-node gang that failed gave its nodes back run by run: 60 % of a dual-bet run).
    pub fn new(chips_per_node: u32, whole_gangs: bool) -> Nodes {
        Nodes::with(chips_per_node, chips_per_node == 1 || whole_gangs)
    }

    /// No nodes yet; every node is known by its number, since where gangs stand matters.
    pub fn numbered(chips_per_node: u32) -> Nodes {
        Nodes::with(chips_per_node, false)
    }

    fn with(chips_per_node: u32, counted: bool) -> Nodes {
        let buckets = if counted { Vec::new() } else { vec![Intervals::default(); chips_per_node as usize + 1] };
        Nodes {
            chips_per_node,
            free_chips: 0,
            next_node: 0,
            splits: false,
            buckets,
            partial: Vec::new(),
            merged: Vec::new(),
        }
    }

    /// The same nodes, on which gangs are split that find no room together. Interchangeable nodes split nobody.
    pub fn splitting(self, splits: bool) -> Nodes {
        Nodes { splits: splits && !self.is_counted(), ..self }
    }

    /// Free chips.
    #[inline]
    pub fn free_chips(&self) -> u64 {
        self.free_chips
    }

    /// Completely free nodes.
    pub fn free_nodes(&self) -> u32 {
        if self.buckets.is_empty() {
            (self.free_chips / u64::from(self.chips_per_node)) as u32
        } else {
            self.buckets[self.chips_per_node as usize].count
        }
    }

    /// Adds new nodes, free.
    pub fn add_new(&mut self, nodes: u32) {
        let start = self.next_node;
        self.next_node += nodes;
        self.give(Piece { node: start, nodes, chips: self.chips_per_node });
    }

    /// Nodes that ever were are numbered below this.
    pub fn names(&self) -> u32 {
        self.next_node
    }

    /// Whether `chips` of one gang find room now.
    #[inline]
    pub fn has_room(&self, chips: u32) -> bool {
        if self.buckets.is_empty() {
            return u64::from(chips) <= self.free_chips;
        }
        u64::from(chips) <= self.free_chips && (self.splits || self.has_room_together(chips))
    }

    /// Whether they find room now on no more nodes than they need.
    pub fn has_room_together(&self, chips: u32) -> bool {
        if self.is_counted() || self.free_chips < u64::from(chips) {
            return u64::from(chips) <= self.free_chips;
        }
        let (whole, rest) = (chips / self.chips_per_node, chips % self.chips_per_node);
        let full = self.free_nodes();
        if whole > full {
            return false;
        }
        rest == 0
            || whole < full
            || self.buckets[rest as usize..self.chips_per_node as usize].iter().any(|b| b.count > 0)
    }

    /// How many replicas of so many chips find room now, up to `most`, each on no more nodes than it needs; of one that fills no whole number of nodes,
    /// at least so many.
    pub fn replicas(&self, chips: u32, most: u64) -> u64 {
        let per_node = self.chips_per_node;
        if self.is_counted() {
            // A quotient only where there is less than enough.
            let all = most.saturating_mul(u64::from(chips)) <= self.free_chips;
            return if all { most } else { self.free_chips / u64::from(chips) };
        }
        if per_node < chips {
            return u64::from(self.free_nodes() / chips.div_ceil(per_node)).min(most);
        }
        // The emptiest nodes first: as a rule they are enough.
        let mut found = 0;
        for (free, bucket) in self.buckets.iter().enumerate().skip(chips as usize).rev() {
            if 0 < bucket.count {
                found += u64::from(free as u32 / chips) * u64::from(bucket.count);
            }
            if most <= found {
                return most;
            }
        }
        found
    }

    /// Takes so many replicas; there must be room. What fits no whole node goes together where least is left over, and where no node has room for all
    /// of it, on the emptiest first.
    pub fn take_replicas(&mut self, replicas: u64, chips: u32, pieces: &mut Vec<Piece>) {
        let per_node = self.chips_per_node;
        if self.is_counted() {
            let taken = replicas.saturating_mul(u64::from(chips));
            assert!(taken <= self.free_chips, "{replicas} of {chips}, free {}", self.free_chips);
            self.free_chips -= taken;
            return;
        }
        if chips.is_multiple_of(per_node) {
            return self.take_whole((replicas * u64::from(chips / per_node)) as u32, pieces);
        }
        if per_node < chips {
            return (0..replicas).for_each(|_| {
                self.free_chips -= u64::from(chips);
                self.take_pieces(chips, Placement::BestFit, pieces);
            });
        }
        let on_a_node = u64::from(per_node / chips);
        let fills = per_node.is_multiple_of(chips);
        let whole = if fills { (replicas / on_a_node).min(u64::from(self.free_nodes())) } else { 0 };
        self.take_whole(whole as u32, pieces);
        let mut left = replicas - whole * on_a_node;
        while 0 < left {
            let together = left.min(on_a_node) as u32 * chips;
            let free = |bucket: &usize| 0 < self.buckets[*bucket].count;
            let best = (together as usize..self.buckets.len()).find(free);
            let bucket = best.or_else(|| (chips as usize..together as usize).rev().find(free)).expect("has room");
            let taken = together.min(bucket as u32 / chips * chips);
            let node = self.buckets[bucket].lowest().expect("looked at");
            self.buckets[bucket].remove(node, node + 1);
            self.set_partial(node, bucket as u32 - taken);
            self.free_chips -= u64::from(taken);
            pieces.push(Piece { node, nodes: 1, chips: taken });
            left -= u64::from(taken / chips);
        }
    }

    /// Gives so many chips of the pieces back: whole nodes first, the last ones first, then parts of nodes, then part of a whole one.
    pub fn give_some(&mut self, mut chips: u64, pieces: &mut Vec<Piece>) {
        if self.is_counted() {
            self.free_chips += chips;
            return;
        }
        let per_node = u64::from(self.chips_per_node);
        let mut at = pieces.len();
        while per_node <= chips && 0 < at {
            at -= 1;
            let piece = pieces[at];
            if u64::from(piece.chips) < per_node {
                continue;
            }
            let nodes = (chips / per_node).min(u64::from(piece.nodes)) as u32;
            self.give(Piece { node: piece.node + piece.nodes - nodes, nodes, chips: piece.chips });
            chips -= u64::from(nodes) * per_node;
            pieces[at].nodes -= nodes;
            if pieces[at].nodes == 0 {
                pieces.remove(at);
            }
        }
        while 0 < chips {
            let parts = pieces.iter().rposition(|piece| u64::from(piece.chips) < per_node);
            let at = parts.unwrap_or_else(|| pieces.len().checked_sub(1).expect("chips stand on nodes"));
            let piece = pieces[at];
            let (last, given) = (piece.node + piece.nodes - 1, u64::from(piece.chips).min(chips) as u32);
            self.give(Piece { node: last, nodes: 1, chips: given });
            chips -= u64::from(given);
            pieces[at].nodes -= 1;
            if pieces[at].nodes == 0 {
                pieces.remove(at);
            }
            if given < piece.chips {
                pieces.push(Piece { node: last, nodes: 1, chips: piece.chips - given });
            }
        }
    }

    /// Takes `chips` for one gang; there must be room. Pieces are appended to `pieces`, none when nodes are one chip.
    #[inline]
    pub fn take(&mut self, chips: u32, placement: Placement, pieces: &mut Vec<Piece>) {
        assert!(self.has_room(chips), "asked {chips} chips, free {}", self.free_chips);
        let together = !self.splits || self.has_room_together(chips);
        self.free_chips -= u64::from(chips);
        if !together {
            self.take_split(chips, pieces);
        } else if !self.buckets.is_empty() {
            self.take_pieces(chips, placement, pieces);
        }
    }

    /// Takes the nodes with most free chips, and for what is left at the end the fullest that has room for it.
    fn take_split(&mut self, chips: u32, pieces: &mut Vec<Piece>) {
        let per_node = self.chips_per_node;
        let whole = (chips / per_node).min(self.buckets[per_node as usize].count);
        self.buckets[per_node as usize]
            .take_lowest(whole, |node, nodes| pieces.push(Piece { node, nodes, chips: per_node }));
        let mut left = chips - whole * per_node;
        while left > 0 {
            let free = |bucket: &usize| self.buckets[*bucket].count > 0;
            let fitting = (left as usize..self.buckets.len()).find(free);
            let bucket =
                fitting.or_else(|| (1..self.buckets.len().min(left as usize)).rev().find(free)).expect("has room");
            let node = self.buckets[bucket].lowest().expect("asked before");
            let taken = left.min(bucket as u32);
            self.buckets[bucket].remove(node, node + 1);
            self.set_partial(node, bucket as u32 - taken);
            pieces.push(Piece { node, nodes: 1, chips: taken });
            left -= taken;
        }
    }

    /// Whether a gang that starts now is split.
    pub fn would_split(&self, chips: u32) -> bool {
        self.splits && !self.has_room_together(chips)
    }

    /// Whether a gang on these pieces is on more nodes than it needs.
    pub fn is_split(&self, chips: u32, pieces: &[Piece]) -> bool {
        self.splits && chips.div_ceil(self.chips_per_node) < pieces.iter().map(|piece| piece.nodes).sum()
    }

    fn take_pieces(&mut self, chips: u32, placement: Placement, pieces: &mut Vec<Piece>) {
        let per_node = self.chips_per_node;
        let (whole, rest) = (chips / per_node, chips % per_node);
        self.buckets[per_node as usize]
            .take_lowest(whole, |node, nodes| pieces.push(Piece { node, nodes, chips: per_node }));
        if rest > 0 {
            let bucket = self.bucket_for(rest, whole > 0, placement);
            let node = self.buckets[bucket].lowest().expect("has room");
            self.buckets[bucket].remove(node, node + 1);
            self.set_partial(node, bucket as u32 - rest);
            pieces.push(Piece { node, nodes: 1, chips: rest });
        }
    }

    /// Bucket of the node that gets `rest` chips, by placement.
    fn bucket_for(&self, rest: u32, above_a_node: bool, placement: Placement) -> usize {
        let bucket = |free: usize| self.buckets[free].lowest().map(|lowest| Bucket { free: free as u32, lowest });
        let fitting = (rest as usize..self.buckets.len()).filter_map(bucket);
        choose(placement, above_a_node, fitting).expect("has room") as usize
    }

    /// Free chips on a node.
    fn free_on(&self, node: u32) -> u32 {
        let part = self.partial_free(node);
        let whole = &self.buckets[self.chips_per_node as usize];
        if part == 0 && whole.contains(node, node + 1) { self.chips_per_node } else { part }
    }

    /// Whether all chips of the piece are free.
    pub fn has_free(&self, piece: Piece) -> bool {
        if piece.chips == self.chips_per_node {
            return self.buckets[piece.chips as usize].contains(piece.node, piece.node + piece.nodes);
        }
        (piece.node..piece.node + piece.nodes).all(|node| piece.chips <= self.free_on(node))
    }

    /// Takes these very chips, which are free.
    pub fn claim(&mut self, piece: Piece) {
        if piece.chips == self.chips_per_node {
            self.buckets[piece.chips as usize].remove(piece.node, piece.node + piece.nodes);
            self.free_chips -= u64::from(piece.nodes) * u64::from(piece.chips);
            return;
        }
        for node in piece.node..piece.node + piece.nodes {
            let free = self.free_on(node);
            assert!(piece.chips <= free, "node {node} has {free} chips free, {} are claimed", piece.chips);
            self.buckets[free as usize].remove(node, node + 1);
            self.set_partial(node, free - piece.chips);
            self.free_chips -= u64::from(piece.chips);
        }
    }

    /// Of each node, as many chips stay free as are free here and there; not for interchangeable nodes.
    pub fn keep_least(&mut self, there: &Nodes) {
        let (own, other) = (self.free_runs(), there.free_runs());
        self.buckets.iter_mut().for_each(|bucket| *bucket = Intervals::default());
        self.partial.clear();
        self.free_chips = 0;
        let (mut a, mut b) = (own.iter().peekable(), other.iter().peekable());
        while let (Some(mine), Some(theirs)) = (a.peek(), b.peek()) {
            let (from, to) = (mine.node.max(theirs.node), mine.end().min(theirs.end()));
            let chips = mine.chips.min(theirs.chips);
            if mine.end() <= theirs.end() {
                a.next()
            } else {
                b.next()
            };
            if from < to {
                let nodes = if chips == self.chips_per_node { to - from } else { 1 };
                (from..to).step_by(nodes as usize).for_each(|node| self.give(Piece { node, nodes, chips }));
            }
        }
    }

    /// Free chips of every node that has any, in order.
    fn free_runs(&self) -> Vec<Piece> {
        let whole = self.buckets[self.chips_per_node as usize].runs.iter();
        let whole = whole.map(|(from, to)| Piece { node: *from, nodes: to - from, chips: self.chips_per_node });
        let partly = self.partial.iter().map(|(node, chips)| Piece { node: *node, nodes: 1, chips: *chips });
        let mut runs: Vec<Piece> = whole.chain(partly).collect();
        runs.sort_unstable_by_key(|run| run.node);
        runs
    }

    /// Gives a gang's piece back.
    pub fn give(&mut self, piece: Piece) {
        self.free_chips += u64::from(piece.nodes) * u64::from(piece.chips);
        if self.buckets.is_empty() {
            return;
        }
        if piece.chips == self.chips_per_node {
            self.buckets[piece.chips as usize].insert(piece.node, piece.node + piece.nodes);
            return;
        }
        assert_eq!(piece.nodes, 1, "a partly used node stands alone");
        let before = self.partial_free(piece.node);
        if before > 0 {
            self.buckets[before as usize].remove(piece.node, piece.node + 1);
        }
        self.set_partial(piece.node, before + piece.chips);
    }

    /// Gives all pieces of a gang back. Whole nodes are merged into the free ones in one walk over both.
    pub fn give_all(&mut self, pieces: &mut Vec<Piece>) {
        let whole = self.chips_per_node;
        if self.buckets.is_empty() || pieces.len() < 4 {
            pieces.drain(..).for_each(|piece| self.give(piece));
            return;
        }
        pieces.retain(|piece| {
            if piece.chips != whole {
                self.give(*piece);
            }
            piece.chips == whole
        });
        pieces.sort_unstable_by_key(|piece| std::cmp::Reverse(piece.node));
        let nodes: u32 = pieces.iter().map(|piece| piece.nodes).sum();
        self.free_chips += u64::from(nodes) * u64::from(whole);
        let runs = pieces.drain(..).map(|piece| (piece.node, piece.node + piece.nodes));
        self.buckets[whole as usize].merge(runs, nodes, &mut self.merged);
    }

    /// Gives back a gang's `chips`, standing on `pieces`, but for its `broken`-th node, which is returned.
    #[inline(always)]
    pub fn give_back(&mut self, chips: u32, pieces: &mut Vec<Piece>, broken: Option<u32>) -> Option<Piece> {
        if self.is_counted() {
            let piece = broken.map(|_| Piece { node: 0, nodes: 1, chips: self.chips_per_node });
            self.give_counted(chips - piece.map_or(0, |piece| piece.chips));
            return piece;
        }
        self.give_back_pieces(pieces, broken)
    }

    fn give_back_pieces(&mut self, pieces: &mut Vec<Piece>, broken: Option<u32>) -> Option<Piece> {
        let piece = broken.map(|node| self.split_off(pieces, node));
        self.give_all(pieces);
        piece
    }

    /// Takes the `n`-th node out of `pieces`; the rest of its piece is given back.
    fn split_off(&mut self, pieces: &mut Vec<Piece>, mut n: u32) -> Piece {
        let which = pieces.iter().position(|piece| {
            let inside = n < piece.nodes;
            n -= if inside { 0 } else { piece.nodes };
            inside
        });
        let piece = pieces.swap_remove(which.expect("the node is the gang's"));
        if n > 0 {
            self.give(Piece { nodes: n, ..piece });
        }
        if n + 1 < piece.nodes {
            self.give(Piece { node: piece.node + n + 1, nodes: piece.nodes - n - 1, ..piece });
        }
        Piece { node: piece.node + n, nodes: 1, chips: piece.chips }
    }

    /// Gives back `chips` of a pool whose nodes are interchangeable.
    #[inline]
    pub fn give_counted(&mut self, chips: u32) {
        debug_assert!(self.buckets.is_empty());
        self.free_chips += u64::from(chips);
    }

    /// True when nodes are interchangeable and no pieces are kept.
    #[inline]
    pub fn is_counted(&self) -> bool {
        self.buckets.is_empty()
    }

    /// Takes completely free nodes away (reserved or retired); there must be as many.
    pub fn take_whole(&mut self, nodes: u32, pieces: &mut Vec<Piece>) {
        assert!(nodes <= self.free_nodes(), "took {nodes} of {} free nodes", self.free_nodes());
        self.free_chips -= u64::from(nodes) * u64::from(self.chips_per_node);
        let per_node = self.chips_per_node;
        if !self.buckets.is_empty() {
            let full = &mut self.buckets[per_node as usize];
            full.take_lowest(nodes, |node, nodes| pieces.push(Piece { node, nodes, chips: per_node }));
        }
    }

    /// Takes all free chips of the nodes [from, to) away; returns how many.
    pub fn take_within(&mut self, from: u32, to: u32, pieces: &mut Vec<Piece>) -> u64 {
        let per_node = self.chips_per_node;
        let before = pieces.len();
        self.buckets[per_node as usize]
            .take_within(from, to, |node, nodes| pieces.push(Piece { node, nodes, chips: per_node }));
        let part = |entry: &&(u32, u32)| from <= entry.0 && entry.0 < to;
        let parts: Vec<(u32, u32)> = self.partial.iter().filter(part).copied().collect();
        for (node, chips) in parts {
            self.buckets[chips as usize].remove(node, node + 1);
            self.set_partial(node, 0);
            pieces.push(Piece { node, nodes: 1, chips });
        }
        let taken = pieces[before..].iter().map(|piece| u64::from(piece.nodes) * u64::from(piece.chips)).sum();
        self.free_chips -= taken;
        taken
    }

    fn partial_free(&self, node: u32) -> u32 {
        let at = self.partial.partition_point(|entry| entry.0 < node);
        self.partial.get(at).filter(|entry| entry.0 == node).map_or(0, |entry| entry.1)
    }

    /// Records that `node` has `free` chips and files it in that bucket.
    fn set_partial(&mut self, node: u32, free: u32) {
        let at = self.partial.partition_point(|entry| entry.0 < node);
        let known = self.partial.get(at).is_some_and(|entry| entry.0 == node);
        if free == 0 || free == self.chips_per_node {
            if known {
                self.partial.remove(at);
            }
        } else if known {
            self.partial[at].1 = free;
        } else {
            self.partial.insert(at, (node, free));
        }
        if free > 0 {
            self.buckets[free as usize].insert(node, node + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 3 nodes of 8. 12 chips: node 0 whole and 4 of node 1. 3 more, best fit: node 1 (4 left), first fit: node 1 too.
    #[test]
    fn best_fit_fills_the_fullest_node() {
        let mut nodes = Nodes::new(8, false);
        nodes.add_new(3);
        let mut gang = Vec::new();
        nodes.take(12, Placement::BestFit, &mut gang);
        assert_eq!(gang, [Piece { node: 0, nodes: 1, chips: 8 }, Piece { node: 1, nodes: 1, chips: 4 }]);
        let mut small = Vec::new();
        nodes.take(3, Placement::BestFit, &mut small);
        assert_eq!(small, [Piece { node: 1, nodes: 1, chips: 3 }]);
        assert!(nodes.has_room(9), "node 2 whole and the 1 left on node 1");
        assert!(!nodes.has_room(10), "node 2 whole, and 2 are on no other node");
    }

    proptest! {
        /// What is left of two states of the same nodes, node by node.
        #[test]
        fn the_least_of_two_states(free in prop::collection::vec((0u32..=4, 0u32..=4), 1..40)) {
            let state = |of: fn(&(u32, u32)) -> u32| {
                let mut nodes = Nodes::new(4, false);
                nodes.add_new(free.len() as u32);
                let held = free.iter().zip(0..).map(|(pair, node)| Piece { node, nodes: 1, chips: 4 - of(pair) });
                held.filter(|piece| piece.chips > 0).for_each(|piece| nodes.claim(piece));
                nodes
            };
            let mut least = state(|pair| pair.0);
            least.keep_least(&state(|pair| pair.1));
            for (node, pair) in free.iter().enumerate() {
                prop_assert_eq!(least.free_on(node as u32), pair.0.min(pair.1));
            }
            prop_assert_eq!(least.free_chips(), free.iter().map(|pair| u64::from(pair.0.min(pair.1))).sum::<u64>());
            let whole = free.iter().filter(|pair| pair.0.min(pair.1) == 4).count();
            prop_assert_eq!(least.free_nodes(), whole as u32);
        }

        /// Whatever is taken and given back, chips are conserved and everything returns to whole nodes.
        #[test]
        fn chips_are_conserved(per_node in 1u32..9, count in 1u32..40, asks in prop::collection::vec((1u32..60, any::<bool>()), 1..80)) {
            let mut nodes = Nodes::new(per_node, false);
            nodes.add_new(count);
            let total = u64::from(per_node) * u64::from(count);
            let mut held: Vec<(u32, Vec<Piece>)> = Vec::new();
            for (chips, back) in asks {
                if nodes.has_room(chips) {
                    let mut pieces = Vec::new();
                    nodes.take(chips, if back { Placement::BestFit } else { Placement::FirstFit }, &mut pieces);
                    if per_node > 1 {
                        prop_assert_eq!(pieces.iter().map(|p| p.nodes * p.chips).sum::<u32>(), chips);
                    }
                    held.push((chips, pieces));
                } else if let Some((chips, pieces)) = (!held.is_empty()).then(|| held.remove(0)) {
                    if nodes.is_counted() { nodes.give_counted(chips) }
                    let mut pieces = pieces; nodes.give_all(&mut pieces);
                }
                let out: u64 = held.iter().map(|(chips, _)| u64::from(*chips)).sum();
                prop_assert_eq!(nodes.free_chips() + out, total);
            }
            for (chips, pieces) in held {
                if nodes.is_counted() { nodes.give_counted(chips) }
                let mut pieces = pieces; nodes.give_all(&mut pieces);
            }
            prop_assert_eq!(nodes.free_nodes(), count);
        }
    }
}
