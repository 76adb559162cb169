//! Who is entitled to what of a pool, who holds what, and what is left for whom. Counts chips; knows no node and no time.

/// A tenant's part of a pool.
#[derive(Clone, Copy, Debug, Default)]
pub struct Claim {
    /// Entitled to: the guarantee, or its part of the chips that are up.
    pub entitled: u64,
    /// Held by its gangs.
    pub held: u64,
    /// Of its idle guarantee, what others may use; a pass looks it up anew.
    pub lends: u64,
}

impl Claim {
    /// Entitled to and not held.
    #[inline]
    pub fn unused(&self) -> u64 {
        self.entitled.saturating_sub(self.held)
    }
    /// Held and not entitled to.
    #[inline]
    pub fn beyond(&self) -> u64 {
        self.held.saturating_sub(self.entitled)
    }
}

/// The parts of all tenants [chips].
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// By tenant.
    pub tenants: Vec<Claim>,
    /// Sum of entitlements, reservations included.
    pub entitled_sum: u64,
    /// Sum of entitlements to guaranteed chips.
    pub guaranteed_sum: u64,
    /// Chips held beyond entitlements, over tenants.
    pub beyond_sum: u64,
    /// Somebody lends.
    pub lending: bool,
}

impl Standing {
    /// Nobody holds anything.
    pub fn new(tenants: usize) -> Standing {
        Standing { tenants: vec![Claim::default(); tenants], ..Standing::default() }
    }

    /// Chips the tenant may take of `up`: its own unused entitlement, and with `any` the uncommitted chips that nobody holds.
    #[inline]
    pub fn available(&self, tenant: usize, any: bool, up: u64) -> u64 {
        let own = self.tenants[tenant].unused();
        if !any {
            return own;
        }
        own + (up + self.lent_to(tenant)).saturating_sub(self.entitled_sum + self.beyond_sum)
    }

    /// Idle guaranteed chips of others that the tenant may use, those included that are in use already.
    #[inline]
    fn lent_to(&self, tenant: usize) -> u64 {
        if !self.lending {
            return 0;
        }
        let others = self.tenants.iter().enumerate().filter(|(of, _)| *of != tenant);
        others.map(|(_, claim)| claim.lends.min(claim.unused())).sum()
    }

    /// Chips in use that are neither their holders' own nor uncommitted.
    pub fn borrowed(&self, up: u64) -> u64 {
        (self.entitled_sum + self.beyond_sum).saturating_sub(up)
    }

    /// A gang of the tenant takes chips.
    #[inline]
    pub fn hold(&mut self, tenant: usize, chips: u64) {
        let claim = &mut self.tenants[tenant];
        let before = claim.beyond();
        claim.held += chips;
        self.beyond_sum += claim.beyond() - before;
    }

    /// A gang of the tenant gives them back.
    #[inline]
    pub fn let_go(&mut self, tenant: usize, chips: u64) {
        let claim = &mut self.tenants[tenant];
        let before = claim.beyond();
        claim.held -= chips;
        self.beyond_sum -= before - claim.beyond();
    }

    /// New entitlements: (guaranteed, reserved) by tenant, what each of them is entitled to.
    pub fn entitle(&mut self, entitled: impl Iterator<Item = (u64, u64)>) {
        (self.entitled_sum, self.guaranteed_sum, self.beyond_sum) = (0, 0, 0);
        for (claim, (guaranteed, reserved)) in self.tenants.iter_mut().zip(entitled) {
            claim.entitled = guaranteed;
            self.guaranteed_sum += guaranteed;
            self.entitled_sum += guaranteed + reserved;
            self.beyond_sum += claim.beyond();
        }
    }
}
