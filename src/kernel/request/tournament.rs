//! The least of a fixed number of keys, kept as keys change: replicas by when they are due, or by how much waits for them.

/// Keys at the leaves of a binary tree whose every node knows the least below it; ties to the first.
#[derive(Clone, Debug)]
pub(super) struct Tournament {
    /// Node n has the children 2n and 2n + 1; the leaves are the last half.
    nodes: Vec<(u64, u32)>,
    leaves: usize,
}

impl Tournament {
    /// So many keys, all of them the greatest there is.
    pub fn new(keys: usize) -> Tournament {
        let leaves = keys.next_power_of_two().max(1);
        let mut nodes = vec![(u64::MAX, 0); 2 * leaves];
        for (place, node) in nodes[leaves..].iter_mut().enumerate() {
            node.1 = place as u32;
        }
        for node in (1..leaves).rev() {
            nodes[node] = nodes[2 * node];
        }
        Tournament { nodes, leaves }
    }

    /// The least key and whose it is.
    #[inline]
    pub fn least(&self) -> (u64, u32) {
        self.nodes[1]
    }

    /// A key.
    #[inline]
    pub fn key(&self, place: u32) -> u64 {
        self.nodes[self.leaves + place as usize].0
    }

    /// Changes a key.
    #[inline]
    pub fn set(&mut self, place: u32, key: u64) {
        let mut node = self.leaves + place as usize;
        self.nodes[node].0 = key;
        while 1 < node {
            node /= 2;
            let (left, right) = (self.nodes[2 * node], self.nodes[2 * node + 1]);
            let winner = if right.0 < left.0 { right } else { left };
            if self.nodes[node] == winner {
                return;
            }
            self.nodes[node] = winner;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against a scan, for every number of keys up to nine and many changes.
    #[test]
    fn the_least_is_that_of_a_scan() {
        for keys in 1..10_u32 {
            let mut tree = Tournament::new(keys as usize);
            let mut plain = vec![u64::MAX; keys as usize];
            let mut x: u64 = 7;
            for _ in 0..400 {
                x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let (place, key) = ((x >> 33) as u32 % keys, (x >> 50) % 6);
                tree.set(place, key);
                plain[place as usize] = key;
                let least = plain.iter().enumerate().map(|(at, key)| (*key, at as u32)).min().unwrap();
                assert_eq!(tree.least(), least, "{plain:?}");
                assert_eq!(tree.key(place), key);
            }
        }
    }
}
