//! What of a pool is dark, and what stands by for it: which nodes are away and which are held back. Fails no gang.

use super::nodes::Piece;
use super::pool::PoolState;
use crate::units::SimTime;

/// A rack that is dark.
#[derive(Debug)]
pub struct DarkRack {
    /// Which.
    pub rack: u32,
    /// Reasons why.
    pub reasons: u32,
    /// Since when.
    pub since: SimTime,
    /// Its nodes that are down because of it, and their chips.
    pub pieces: Vec<Piece>,
    /// See `pieces`.
    pub chips: u64,
}

/// Nodes that stand by.
#[derive(Debug, Default)]
pub struct StandBy {
    /// How many are to.
    pub nodes: u32,
    /// Of them, how many are not: they are in the place of nodes that are down.
    pub in_place: u32,
    /// How many do.
    pub held: u32,
    pieces: Vec<Piece>,
}

impl StandBy {
    /// That many are to; none does yet.
    pub fn of(nodes: u32) -> StandBy {
        StandBy { nodes, ..StandBy::default() }
    }
}

impl PoolState {
    /// Chips that are up and do not stand by.
    #[inline]
    pub fn usable(&self) -> u64 {
        self.up.level() - self.standing_by()
    }

    /// Chips that stand by: idle, and nobody's to take.
    #[inline]
    pub fn standing_by(&self) -> u64 {
        u64::from(self.stand_by.held) * self.chips_per_node
    }

    /// Chips that are to stand by, whether they are free for it yet or not: nobody is entitled to them.
    #[inline]
    pub fn meant_to_stand_by(&self) -> u64 {
        u64::from(self.stand_by.nodes - self.stand_by.in_place) * self.chips_per_node
    }

    /// Somebody waits for nodes to become free: to retire, to go dark, or to stand by.
    #[inline]
    pub fn wants_free_nodes(&self) -> bool {
        let StandBy { nodes, in_place, held, .. } = self.stand_by;
        self.retiring_nodes + self.dark + self.dark_racks.len() as u32 > 0 || held + in_place < nodes
    }

    /// A rack goes dark, for one more reason.
    pub fn darken_rack(&mut self, now: SimTime, rack: u32) {
        match self.dark_racks.iter_mut().find(|dark| dark.rack == rack) {
            Some(dark) => dark.reasons += 1,
            None => self.dark_racks.push(DarkRack { rack, reasons: 1, since: now, pieces: Vec::new(), chips: 0 }),
        }
    }

    /// What is free, or reserved, in what is dark goes down: nodes that came back or were delivered, and those that gangs left. Of a dark pool a
    /// partly used node waits until the rest of it is free too; of a dark rack each part goes as it becomes free.
    pub fn darken(&mut self, now: SimTime) {
        if self.dark == 0 && self.dark_racks.is_empty() {
            return;
        }
        // Whoever stands by stands in the dark like others.
        self.hold_back(0);
        if self.dark > 0 {
            self.give_up_reserved(now, None);
            let nodes = self.nodes.free_nodes();
            if nodes > 0 {
                self.nodes.take_whole(nodes, &mut self.dark_pieces);
                let chips = u64::from(nodes) * self.chips_per_node;
                self.dark_chips += chips;
                self.go_down(now, chips);
            }
        }
        for at in 0..self.dark_racks.len() {
            let (from, to) = self.rack_range(self.dark_racks[at].rack);
            self.give_up_reserved(now, Some((from, to)));
            let dark = &mut self.dark_racks[at];
            let chips = self.nodes.take_within(from, to, &mut dark.pieces);
            dark.chips += chips;
            self.go_down(now, chips);
        }
    }

    fn go_down(&mut self, now: SimTime, chips: u64) {
        self.idle.sub(now, chips);
        self.up.sub(now, chips);
        self.down.add(now, chips);
    }

    fn come_up(&mut self, now: SimTime, chips: u64) {
        self.down.sub(now, chips);
        self.up.add(now, chips);
        self.idle.add(now, chips);
    }

    /// Reserved nodes in the dark, all of them or those of a rack, are free for a moment, and then down with the others.
    fn give_up_reserved(&mut self, now: SimTime, within: Option<(u32, u32)>) {
        for share in &mut self.shares {
            let mut chips = 0;
            if self.nodes.is_counted() {
                chips = share.reserved_has;
                self.nodes.give_counted(chips as u32);
            } else {
                let (from, to) = within.unwrap_or((0, u32::MAX));
                for piece in std::mem::take(&mut share.reserved_pieces) {
                    for part in piece.cut(from, to) {
                        if from <= part.node && part.node < to {
                            self.nodes.give(part);
                            chips += u64::from(part.nodes) * u64::from(part.chips);
                        } else {
                            share.reserved_pieces.push(part);
                        }
                    }
                }
            }
            share.reserved_has -= chips;
            self.reserved.sub(now, chips);
            self.idle.add(now, chips);
        }
    }

    /// The pool's nodes come back.
    pub fn light(&mut self, now: SimTime) {
        let chips = std::mem::take(&mut self.dark_chips);
        if self.nodes.is_counted() {
            self.nodes.give_counted(chips as u32);
        } else {
            let mut pieces = std::mem::take(&mut self.dark_pieces);
            self.nodes.give_all(&mut pieces);
        }
        self.come_up(now, chips);
    }

    /// One reason less for a rack to be dark; without any its nodes come back.
    pub fn light_rack(&mut self, now: SimTime, rack: u32) {
        let at = self.dark_racks.iter().position(|dark| dark.rack == rack).expect("it is dark");
        self.dark_racks[at].reasons -= 1;
        if self.dark_racks[at].reasons == 0 {
            let mut dark = self.dark_racks.remove(at);
            self.nodes.give_all(&mut dark.pieces);
            self.come_up(now, dark.chips);
        }
    }

    /// First node of a rack, and the first behind it.
    pub fn rack_range(&self, rack: u32) -> (u32, u32) {
        (rack.saturating_mul(self.rack_nodes), (rack + 1).saturating_mul(self.rack_nodes))
    }

    /// Spares are in the place of nodes that are `away`: those stand by no more.
    pub fn call_spares(&mut self, away: u32) {
        self.stand_by.in_place = away.min(self.stand_by.nodes);
        self.hold_back(self.stand_by.held.min(self.stand_by.nodes - self.stand_by.in_place));
    }

    /// As many nodes stand by as are to: fewer while fewer are free.
    pub fn fill_spares(&mut self) {
        self.hold_back(self.stand_by.nodes - self.stand_by.in_place);
    }

    /// That many stand by, or as many as are free.
    fn hold_back(&mut self, nodes: u32) {
        let StandBy { held, .. } = self.stand_by;
        if nodes < held {
            if self.nodes.is_counted() {
                self.nodes.give_counted((held - nodes) * self.chips_per_node as u32);
            } else {
                let mut left = held - nodes;
                while left > 0 {
                    let piece = self.stand_by.pieces.last_mut().expect("they stand on nodes");
                    let few = left.min(piece.nodes);
                    piece.nodes -= few;
                    let given = Piece { node: piece.node + piece.nodes, nodes: few, chips: piece.chips };
                    if piece.nodes == 0 {
                        self.stand_by.pieces.pop();
                    }
                    self.nodes.give(given);
                    left -= few;
                }
            }
            self.stand_by.held = nodes;
        } else {
            let more = (nodes - held).min(self.nodes.free_nodes());
            self.nodes.take_whole(more, &mut self.stand_by.pieces);
            self.stand_by.held += more;
        }
    }
}
