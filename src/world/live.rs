//! A run's copy of everything that may change: drawn parameters, prices, shares, availability.
//! Decides nothing; only [`Effect`](super::Effect) changes it.

use super::model::{ContractId, Param, PoolId, PriceKind, TenantId, WorkloadId, World};
use crate::stats::quantile::{normal_cdf, normal_quantile};
use crate::units::Rate;

/// Prices of chip-hours that a pool may have, in the order of their slots.
pub const LISTED: [PriceKind; 4] =
    [PriceKind::OnDemand, PriceKind::Committed, PriceKind::CapacityBlock, PriceKind::Spot];

/// A price in force and how often it has stepped.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct InForce {
    /// Price [nano-USD per unit].
    pub rate: Rate,
    /// Steps since the start: the price segment of a ledger line.
    pub segment: u16,
}

/// What may change about a pool.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PoolLive {
    /// By slot of [`LISTED`]; None: the pool has no such price.
    pub prices: [Option<InForce>; LISTED.len()],
    /// Electricity [nano-USD per MWh].
    pub power: InForce,
    /// Facility [nano-USD per MW-hour installed].
    pub facility: InForce,
    /// Operations [nano-USD per MW-hour installed].
    pub operations: InForce,
    /// Guaranteed chips by tenant.
    pub guaranteed: Vec<u32>,
    /// Reserved chips by tenant.
    pub reserved: Vec<u32>,
    /// What others may use of its idle guarantee, by tenant.
    pub borrowable: Vec<u32>,
    /// Chips that spot may hold; None: no limit of its own.
    pub spot_chips: Option<u32>,
    /// Chips of blocks in force, by tenant.
    pub blocks: Vec<u32>,
    /// Purchase cost of a chip [nano-USD].
    pub cost_per_chip: Rate,
}

/// What may change about a contract.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ContractLive {
    /// By pool; None: the contract does not reach it.
    pub prices: Vec<Option<InForce>>,
}

/// A run's copy of what may change.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Live {
    /// Common factors, standard normal.
    pub factors: Vec<f64>,
    /// Values of the unknowns, by `UnknownId`.
    pub drawn: Vec<f64>,
    /// By pool.
    pub pools: Vec<PoolLive>,
    /// By contract.
    pub contracts: Vec<ContractLive>,
    /// Share of a workload's jobs that are ours [0..1].
    pub volumes: Vec<f64>,
    /// Power of each site [MW].
    pub site_mw: Vec<f64>,
}

impl Live {
    /// Empty tables of the world's shape; prices and shares come into force through effects at time zero.
    pub fn new(world: &World, factors: Vec<f64>, drawn: Vec<f64>) -> Live {
        assert_eq!(drawn.len(), world.unknowns.len(), "one value for each unknown");
        let tenants = world.tenants.len();
        let none = || vec![0; tenants];
        let pool = PoolLive {
            guaranteed: none(),
            reserved: none(),
            borrowable: none(),
            blocks: none(),
            ..PoolLive::default()
        };
        let contract = ContractLive { prices: vec![None; world.pools.len()] };
        Live {
            factors,
            drawn,
            pools: vec![pool; world.pools.len()],
            contracts: vec![contract; world.contracts.len()],
            volumes: vec![1.0; world.workloads.len()],
            site_mw: vec![0.0; world.sites.len()],
        }
    }

    /// Value of a parameter that does not vary by event; asking a varying one is our mistake.
    pub fn value(&self, param: &Param) -> f64 {
        match param {
            Param::Fixed(value) => *value,
            Param::Unknown(id) => self.drawn[id.index()],
            Param::Varies(..) => panic!("a parameter that varies by event has no single value"),
        }
    }

    /// Value of a parameter for one event with uniform `u`. Factors load as in design 4.6.
    pub fn value_at(&self, param: &Param, u: f64) -> f64 {
        match param {
            Param::Varies(law, loads) if loads.is_empty() => law.quantile(u),
            Param::Varies(law, loads) => law.quantile(loaded(u, loads, &self.factors)),
            other => self.value(other),
        }
    }

    /// Price of a pool's chip-hour by kind; None where it has none.
    pub fn price(&self, pool: PoolId, kind: PriceKind) -> Option<InForce> {
        let slot = LISTED.iter().position(|k| *k == kind)?;
        self.pools[pool.index()].prices[slot]
    }

    /// Price of a chip-hour of a pool under a contract; None when it does not reach the pool.
    pub fn contract_price(&self, contract: ContractId, pool: PoolId) -> Option<InForce> {
        self.contracts[contract.index()].prices[pool.index()]
    }

    /// Guaranteed chips [chips].
    pub fn guaranteed(&self, pool: PoolId, tenant: TenantId) -> u32 {
        self.pools[pool.index()].guaranteed[tenant.index()]
    }

    /// Share of a workload's jobs that are ours [0..1].
    pub fn volume(&self, workload: WorkloadId) -> f64 {
        self.volumes[workload.index()]
    }
}

/// A uniform that shares the common factors: Phi(sum w F + sqrt(1 - sum w^2) Phi^-1(u)). Eq. (2).
pub fn loaded(u: f64, loads: &[(usize, f64)], factors: &[f64]) -> f64 {
    if loads.is_empty() {
        return u;
    }
    let common: f64 = loads.iter().map(|(factor, weight)| weight * factors[*factor]).sum();
    let own = (1.0 - loads.iter().map(|(_, weight)| weight * weight).sum::<f64>()).max(0.0).sqrt();
    normal_cdf(common + own * normal_quantile(u)).clamp(1e-16, 1.0 - 1e-16)
}
