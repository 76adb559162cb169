//! A model that is served: which replicas are its, and what they are. Knows no request.

use std::ops::Range;

/// A model and its replicas.
#[derive(Clone, Debug, PartialEq)]
pub struct Served {
    /// Its name.
    pub name: String,
    /// Numbers of its replicas, those that never run included.
    pub replicas: Range<u32>,
    /// Chips of one of them.
    pub chips: u32,
    /// Tokens that fit the memory of one of them.
    pub kv_tokens: u64,
}

impl Served {
    /// Whose a replica is, by place in the list.
    pub fn of_replica(list: &[Served], replica: u32) -> Option<usize> {
        list.iter().position(|served| served.replicas.contains(&replica))
    }
}
