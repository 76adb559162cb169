//! Handlers of what is dated about chips: deliveries, orders, cancellations, retirements, shares, effects.

use super::event::Class;
use super::sim::{Counter, Sim};
use crate::record::EventRow;
use crate::world::{Change, Effect, EventKind, PoolId, PriceKind, TenantId};

impl Sim<'_> {
    /// Applies an effect and writes its row: the only way `Live` changes.
    pub(super) fn apply(&mut self, effect: Effect, class: u8) {
        let change = effect.apply(&mut self.live);
        self.record.events.push(EventRow { at: self.now, class, change, run: 0 });
    }

    /// A dated effect; meters whose line it ends are read first.
    pub(super) fn on_effect(&mut self, effect: Effect, class: u8) {
        match effect {
            Effect::Price(pool, PriceKind::Spot, _) => {
                self.close_usage_of(pool, PriceKind::Spot);
                self.apply(effect, class);
                return self.on_spot_price(pool);
            }
            Effect::SpotChips(pool, chips) => {
                self.apply(effect, class);
                return self.on_spot_chips(pool, chips);
            }
            Effect::Price(pool, kind, _) => {
                self.close_usage_of(pool, kind);
                self.prices_moved();
            }
            Effect::ContractPrice(contract, pool, _) => {
                self.close_contract_pool(contract, pool);
                self.prices_moved();
            }
            Effect::ContractStart(contract) => self.close_contract(contract),
            Effect::PowerPrice(pool, _) | Effect::FacilityRate(pool, _) | Effect::OperationsRate(pool, _) => {
                self.close_power(pool)
            }
            Effect::Guaranteed(..)
            | Effect::Reserved(..)
            | Effect::Borrowable(..)
            | Effect::BlockChips(..)
            | Effect::BlockBought(..)
            | Effect::SiteMw(..)
            | Effect::Volume(..)
            | Effect::ContractEnd(_)
            | Effect::Delivered(..)
            | Effect::DeliveryCancelled(..)
            | Effect::Retired(..)
            | Effect::Decide
            | Effect::ChipCost(..) => {}
        }
        self.apply(effect, class);
    }

    /// A test's marker.
    pub(super) fn on_marker(&mut self, class: u8) {
        let change = Change { kind: EventKind::Marker, subject: 0, object: 0, value: i64::from(class) };
        self.record.events.push(EventRow { at: self.now, class, change, run: 0 });
    }

    pub(super) fn on_delivery(&mut self, pool: PoolId, n: u32, class: u8) {
        let terms = &self.world.pools[pool].deliveries[n as usize];
        self.pools[pool.index()].deliver(self.now, terms.nodes);
        if self.silenced(Counter::Installed) {
            let chips = u64::from(terms.nodes * self.world.pools[pool].chips_per_node);
            self.pools[pool.index()].installed.sub(self.now, chips);
        }
        self.post_delivery(pool, n);
        let chips = terms.nodes * self.world.pools[pool].chips_per_node;
        self.apply(Effect::Delivered(pool, n, chips), class);
        self.after_supply(pool.index());
    }

    pub(super) fn on_order(&mut self, pool: PoolId, n: u32) {
        self.post_order(pool, n);
    }

    pub(super) fn on_cancel(&mut self, pool: PoolId, n: u32, ordered: bool, class: u8) {
        self.apply(Effect::DeliveryCancelled(pool, n), class);
        if ordered {
            self.post_cancel_fee(pool, n);
        }
    }

    pub(super) fn on_retire(&mut self, pool: PoolId, nodes: u32) {
        let state = &mut self.pools[pool.index()];
        state.retiring_nodes += nodes / state.group;
        self.after_supply(pool.index());
    }

    pub(super) fn on_share(&mut self, pool: PoolId, tenant: TenantId, chips: u32, reserved: bool, class: u8) {
        let effect =
            if reserved { Effect::Reserved(pool, tenant, chips) } else { Effect::Guaranteed(pool, tenant, chips) };
        self.apply(effect, class);
        // What is promised lives in `Live`; a pass looks it up beside what is held.
        let (live, share) = (&self.live.pools[pool.index()], &mut self.pools[pool.index()].shares[tenant.index()]);
        share.guaranteed = u64::from(live.guaranteed[tenant.index()]);
        share.reserved = u64::from(live.reserved[tenant.index()]);
        self.after_supply(pool.index());
    }

    pub(super) fn on_borrowable(&mut self, pool: PoolId, tenant: TenantId, chips: u32, class: u8) {
        self.apply(Effect::Borrowable(pool, tenant, chips), class);
        let allowed = self.live.pools[pool.index()].borrowable[tenant.index()];
        self.pools[pool.index()].shares[tenant.index()].borrowable = u64::from(allowed);
        self.after_supply(pool.index());
    }

    /// The chips that are up or promised changed, or some became free while nodes are to retire: retirements, entitlements,
    /// what is billed, and a pass.
    pub(super) fn after_supply(&mut self, pool: usize) {
        self.pools[pool].darken(self.now);
        self.call_spares(pool);
        self.pools[pool].entitle(self.now);
        let left = self.pools[pool].retire_free(self.now);
        if left > 0 {
            // Its row says what left and when: a node that a gang holds at the planned date leaves when the gang lets go.
            let id = PoolId::new(pool);
            self.apply(Effect::Retired(id, left * self.pools[pool].chips_per_node as u32), Class::Supply as u8);
            self.pools[pool].entitle(self.now);
        }
        // What is to retire goes before what is to stand by.
        if 0 < self.pools[pool].stand_by.nodes {
            self.pools[pool].fill_spares();
        }
        for tenant in 0..self.world.tenants.len() {
            self.pools[pool].bill_share(self.now, tenant, &mut self.cells);
        }
        self.pools[pool].settle(self.now);
        let domain = self.world.pools.0[pool].domain.index();
        if self.domains[domain].lends {
            self.await_lending(domain);
        }
        self.touch(self.world.pools.0[pool].domain.index());
    }
}
