//! Two labs, two years: the small scenario that the tests of money share, through the reader, the world and the kernel. Tests only.

use crate::kernel::{Run, simulate};
use crate::record::RunRecord;
use crate::spec;
use crate::units::{Calendar, SimTime, Span};
use crate::world::catalog::Catalog;
use crate::world::{PoolId, TenantId, World};
use jiff::civil::date;

/// Midnight of a civil day in a world that starts on 2026-01-01 without spin-up.
pub fn day(y: i16, m: i8, d: i8) -> SimTime {
    let calendar = Calendar::new(date(2026, 1, 1).at(0, 0, 0, 0), Span::ZERO);
    calendar.time(date(y, m, d).at(0, 0, 0, 0)).expect("not before the start")
}

pub const ALPHA: TenantId = TenantId::new(0);
pub const BETA: TenantId = TenantId::new(1);
pub const POOL: PoolId = PoolId::new(0);

/// alpha: 10 guaranteed chips from 2026-04-01 at 1.234567891, two of them in a hall that comes a month late; commitment 2 x 110,000 from then.
/// beta: a gang of 4 on demand, 2.00 and from July 1.50, and 2 reserved at 0.5; commitment 73,000 for 2026; ended on 2026-12-01. 20 chips of
/// 500 W, idle or not; 10 more on 2027-01-01; 2 ordered and cancelled.
pub const TWO_LABS: &str = r#"
[scenario]
name = "two-labs"
start = 2026-01-01
end = 2028-01-01
decide_at = 2026-12-01
[run]
draws = 1
replications = 1
[clouds.aws]
discount_rate = 0.09
at_end = "book"
[sites.site]
cloud = "aws"
region = "us-east-2"
pue = 1.0
mw = [{ at = 2025-01-01, mw = 1 }]
power_usd_per_mwh = 100
facility_usd_per_mw_year = 87_660
operations_usd_per_mw_year = 35_064
escalator_per_year = 0.025
[pools.pool]
site = "site"
instance = "inf2.xlarge"
tdp_w = 400
host_overhead = 1.25
idle_power_share = 1.0
cost_usd_per_chip = 10_000.5
useful_life_years = 5
deliveries = [
  { name = "d1", at = 2027-01-01, ordered = 2026-03-01, chips = 10 },
  { name = "d2", at = 2027-06-01, ordered = 2026-02-01, chips = 2, cancel_fee = 0.1, for_bet = "beta" },
]
guaranteed.alpha = [{ name = "first", at = 2026-04-01, chips = 8 }, { name = "all", at = 2026-05-01, chips = 10 }]
reserved.beta = [{ name = "start", at = 2026-01-01, chips = 2 }, { name = "over", at = 2027-01-01, chips = 0 }]
[pools.pool.prices.on_demand]
usd_per_chip_hour = 2.0
steps = [{ name = "july", at = 2026-07-01, usd_per_chip_hour = 1.5 }]
[pools.spare]
site = "site"
instance = "inf2.xlarge"
tdp_w = 0
cost_usd_per_chip = 0
useful_life_years = 5
deliveries = [{ name = "late", at = 2026-05-01, ordered = 2025-06-01, chips = 2 }]
guaranteed.alpha = [{ name = "late", at = 2026-04-01, chips = 2 }, { name = "over", at = 2026-05-01, chips = 0 }]
[labs.alpha]
[labs.beta.workloads.jobs]
kind = "trace"
pools = ["pool"]
file = "beta.csv"
price = "on_demand"
mfu = { inferentia2 = 0.4 }
[contracts.alpha]
between = ["alpha", "aws"]
start = 2026-04-01
commit = { usd = 220_000, years = 2 }
price = { usd_per_chip_hour = 1.234567891 }
[contracts.beta]
between = ["beta", "aws"]
start = 2026-01-01
commit = { usd = 73_000, years = 1 }
price = { usd_per_chip_hour = 0.5 }
[investments.alpha]
tranches = [{ name = "a", at = 2026-06-15, usd = 100 }, { name = "b", at = 2027-02-01, usd = 50 }]
[investments.beta]
tranches = [{ name = "a", at = 2026-09-01, usd = 40 }, { name = "b", at = 2027-01-01, usd = 60 }]
[initial.fleet]
pool = [{ name = "first", in_service = 2024-12-31T18:00:00, chips = 20 }]
[initial.cash]
aws = 1000
alpha = 500
[bets.beta]
invest = ["investments.beta"]
host = ["contracts.beta"]
[strategies.without_beta]
without = ["beta"]
"#;

/// The world of a text like [`TWO_LABS`], under its strategy: beta's gang of 4 runs for the two years.
pub fn world_of(text: &str) -> World {
    let read = spec::read_text("two-labs.toml", text, &[]).unwrap_or_else(|found| panic!("{}", found.render(false)));
    let file = |_: &str| Ok("submit_s,chips,duration_s\n0,4,63072000\n".to_owned());
    World::build(&read.spec, Catalog::embedded(), "without_beta", "base", &file)
        .unwrap_or_else(|found| panic!("{}", found.render(false)))
}

/// The world of the two labs.
pub fn world() -> World {
    world_of(TWO_LABS)
}

/// The run of a world.
pub fn run(world: &World) -> RunRecord {
    simulate(world, Run::default())
}
