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
    /// Asked for by its replicas, and not theirs yet: nobody else may take it.
    pub waits: u64,
    /// What its replicas are forecast to need within a lease, beyond what they hold and wait for: its gangs may not start on it.
    pub ahead: u64,
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
    /// Replicas are waited for, or forecast.
    pub keeps: bool,
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
        if self.keeps {
            return self.available_beside_replicas(tenant, any, up);
        }
        if !any {
            return own;
        }
        own + (up + self.lent_to(tenant)).saturating_sub(self.entitled_sum + self.beyond_sum)
    }

    /// The same where replicas keep chips: of the tenant's own, what they wait for or are forecast to need; of the uncommitted, what any tenant's wait
    /// for beyond its own. Eq. (160).
    #[cold]
    fn available_beside_replicas(&self, tenant: usize, any: bool, up: u64) -> u64 {
        let claim = &self.tenants[tenant];
        let kept = claim.waits + claim.ahead;
        let own = claim.unused().saturating_sub(kept);
        if !any {
            return own;
        }
        let open = (up + self.lent_to(tenant)).saturating_sub(self.entitled_sum + self.beyond_sum);
        own + open.saturating_sub(self.others_wait(tenant) + kept.saturating_sub(claim.unused()))
    }

    /// Chips that replicas of the tenant may take of `up`: its own, and the uncommitted that nobody holds or waits for. What others lend is for gangs.
    pub fn open_to_replicas(&self, tenant: usize, up: u64) -> u64 {
        let open = up.saturating_sub(self.entitled_sum + self.beyond_sum);
        self.tenants[tenant].unused() + open.saturating_sub(self.others_wait(tenant))
    }

    /// Chips of `up` that the tenant's replicas may plan with: what it holds, less what others are entitled to so far as it holds more than its own, for
    /// nothing else would free that; and what is open to its replicas.
    #[inline]
    pub fn to_be_had(&self, tenant: usize, up: u64) -> u64 {
        let claim = &self.tenants[tenant];
        let taken = self.entitled_sum + self.beyond_sum;
        // As a rule nobody has borrowed and nobody waits.
        if taken <= up && !self.keeps {
            return claim.held.max(claim.entitled) + (up - taken);
        }
        claim.held - self.borrowed(up).min(claim.beyond()) + self.open_to_replicas(tenant, up)
    }

    /// What replicas of other tenants wait for beyond their tenants' own chips.
    fn others_wait(&self, tenant: usize) -> u64 {
        let others = self.tenants.iter().enumerate().filter(|(of, _)| *of != tenant);
        others.map(|(_, claim)| claim.waits.saturating_sub(claim.unused())).sum()
    }

    /// What replicas of a tenant wait for, and are forecast to need.
    pub fn keep(&mut self, tenant: usize, waits: u64, ahead: u64) {
        let claim = &mut self.tenants[tenant];
        if (claim.waits, claim.ahead) == (waits, ahead) {
            return;
        }
        (claim.waits, claim.ahead) = (waits, ahead);
        self.keeps = self.tenants.iter().any(|claim| claim.waits + claim.ahead > 0);
    }

    /// Idle guaranteed chips of others that the tenant may use, those included that are in use already.
    #[inline]
    fn lent_to(&self, tenant: usize) -> u64 {
        if !self.lending {
            return 0;
        }
        let others = self.tenants.iter().enumerate().filter(|(of, _)| *of != tenant);
        let spare = |claim: &Claim| claim.unused().saturating_sub(claim.waits + claim.ahead);
        others.map(|(_, claim)| claim.lends.min(spare(claim))).sum()
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
