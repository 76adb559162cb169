//! Names and short ways through the tables of a world. Computes nothing.

use super::model::{
    CellId, ChipPower, CloudId, ContractId, ContractPrice, Pool, PoolId, PriceKind, PricePath, TenantId, WorkloadId,
    World,
};
use crate::units::{Id, IdVec};

impl World {
    /// Pool of that name.
    pub fn pool_named(&self, name: &str) -> Option<PoolId> {
        position(&self.pools, |pool| pool.name == name)
    }
    /// Lab of that name.
    pub fn tenant_named(&self, name: &str) -> Option<TenantId> {
        position(&self.tenants, |tenant| tenant.name == name)
    }
    /// Workload of that dotted path, `labs.X.workloads.Y`.
    pub fn workload_at(&self, path: &str) -> Option<WorkloadId> {
        position(&self.workloads, |workload| workload.path == path)
    }
    /// Contract of that name.
    pub fn contract_named(&self, name: &str) -> Option<ContractId> {
        position(&self.contracts, |contract| contract.name == name)
    }
    /// The cell of a workload on a pool; None when it does not run there.
    pub fn cell(&self, workload: WorkloadId, pool: PoolId) -> Option<CellId> {
        self.workloads[workload].cells.iter().copied().find(|cell| self.cells[*cell].pool == pool)
    }
    /// `lab.workload@pool`, as tables print it; with its price kind where the workload has several on that pool.
    pub fn cell_label(&self, cell: CellId) -> String {
        let terms = &self.cells[cell];
        let pool = &self.pools[terms.pool].name;
        let mut others = self.cells.enumerate().filter(|(other, _)| *other != cell).map(|(_, other)| other);
        let several = others.any(|other| other.workload == terms.workload && other.pool == terms.pool);
        let kind = if several { format!(":{}", terms.price.name()) } else { String::new() };
        format!("{}@{pool}{kind}", self.workload_label(terms.workload))
    }
    /// Whether jobs of the cell run in capacity blocks of their lab, which are paid for: it has some on that pool.
    pub fn in_blocks(&self, cell: CellId) -> bool {
        let terms = &self.cells[cell];
        let tenant = self.workloads[terms.workload].tenant;
        terms.price == PriceKind::CapacityBlock
            && self.pools[terms.pool].blocks.iter().any(|block| block.tenant == tenant)
    }
    /// `lab.workload`, as tables print it.
    pub fn workload_label(&self, workload: WorkloadId) -> String {
        let workload = &self.workloads[workload];
        format!("{}.{}", self.tenants[workload.tenant].name, workload.name)
    }
    /// Owner of a pool; None for pools without site.
    pub fn cloud_of(&self, pool: PoolId) -> Option<CloudId> {
        self.pools[pool].site.map(|site| self.sites[site].cloud)
    }
    /// Price path of a pool by kind; None where it has none.
    pub fn price_path(&self, pool: PoolId, kind: PriceKind) -> Option<&PricePath> {
        self.pools[pool].prices.iter().find(|path| path.kind == kind)
    }
    /// What a contract charges for a pool; None where it does not reach it.
    pub fn contract_price(&self, contract: ContractId, pool: PoolId) -> Option<&ContractPrice> {
        self.contracts[contract].prices.iter().find(|price| price.0 == pool).map(|(_, price)| price)
    }
    /// Chips that stand in a pool at the run's first instant.
    pub fn initial_chips(&self, pool: PoolId) -> u64 {
        let pool = &self.pools[pool];
        pool.initial.iter().map(|vintage| u64::from(vintage.nodes)).sum::<u64>() * u64::from(pool.chips_per_node)
    }
}

impl Pool {
    /// Power of a reserved chip at the meter, mean [mW]: idle power, and the rest for its busy share. Rounded once, so that energy is exact.
    /// Eq. (14).
    pub fn reserved_mw(&self) -> u64 {
        let ChipPower { idle_mw, full_mw, .. } = self.power;
        idle_mw + ((full_mw - idle_mw) as f64 * self.reserved_busy).round() as u64
    }
}

fn position<T>(items: &IdVec<T>, is: impl Fn(&T) -> bool) -> Option<Id<T>> {
    items.iter().position(is).map(Id::new)
}
