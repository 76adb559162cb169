//! The empty record of a world. Counts nothing.

use super::model::{
    CellMonth, InterruptionTotals, PoolMonth, RunKey, RunRecord, ServiceMonth, ShareMonth, WorkloadTotals,
};
use crate::world::World;

impl RunRecord {
    /// Tables of the world's shape, all zero: one row a pool, cell and committed share for each month.
    pub fn for_world(world: &World, key: RunKey, drawn: Vec<f64>) -> RunRecord {
        let months = world.months.len();
        let committed = |pool: &crate::world::Pool, tenant| {
            pool.guaranteed.iter().chain(&pool.reserved).any(|share| share.tenant == tenant)
                || pool.blocks.iter().any(|block| block.tenant == tenant)
        };
        let shares = |pool: &crate::world::Pool| {
            let rows = |tenant| if committed(pool, tenant) { vec![ShareMonth::default(); months] } else { Vec::new() };
            world.tenants.ids().map(rows).collect()
        };
        RunRecord {
            keys: vec![key],
            drawn: vec![drawn],
            pools: vec![vec![PoolMonth::default(); months]; world.pools.len()],
            cells: vec![vec![CellMonth::default(); months]; world.cells.len()],
            shares: world.pools.iter().map(shares).collect(),
            services: vec![vec![ServiceMonth::default(); months]; world.services.len()],
            interruptions: vec![vec![InterruptionTotals::default(); world.interruptions.len()]; world.workloads.len()],
            workloads: vec![WorkloadTotals::default(); world.workloads.len()],
            ..RunRecord::default()
        }
    }
}
