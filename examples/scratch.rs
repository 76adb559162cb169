use hedgerow::kernel::*; use hedgerow::world::*; use hedgerow::units::*; use hedgerow::stats::law::Law;
fn main() {
    let c: u32 = std::env::args().nth(1).map(|s| s.parse().unwrap()).unwrap_or(100);
    let rho = 0.9; let hours: u64 = 20_000;
    let start = jiff::civil::date(2026,1,1).at(0,0,0,0);
    let cal = Calendar::new(start, Span::ZERO);
    let end = SimTime(hours * 3_600_000_000);
    let enddate = cal.date(end);
    let mut months = vec![SimTime::ZERO]; for m in months_between(start, enddate) { let t = cal.time(m).unwrap(); if t < end { months.push(t) } }
    let n = months.len();
    let law = |m: f64| LawOf { shape: Law::Exponential{mean:1.0}, mean: Param::Fixed(m) };
    let w = World { name: "x".into(), title: "".into(), question: "".into(), strategy: "".into(), future: "".into(), calendar: cal, start: SimTime::ZERO, end, measure_from: SimTime(2000*3_600_000_000), decide_at: None, steady: true, months, month_names: vec!["".into(); n], month_years: vec![2026; n], seed: 1, draws: 1, replications: 1, job_rows: false, clouds: IdVec(vec![]), sites: IdVec(vec![]),
      chips: IdVec(vec![Chip{name:"abstract".into(), vendor:"".into(), bf16_tflops: None}]),
      pools: IdVec(vec![Pool{ name:"p".into(), path:"pools.p".into(), site: None, instance:"".into(), chip: ChipId::new(0), chips_per_node:1, domain: DomainId::new(0), initial: vec![Vintage{age_years:0.0,nodes:c}], deliveries: vec![], retirements: vec![], slip_h: Param::Fixed(0.0), power: ChipPower::default(), reserved_busy:0.0, cost_usd_per_chip: Param::Fixed(0.0), useful_life_years:5.0, prices: vec![], failures_per_chip_hour:0.0, repair: None, guaranteed: vec![], reserved: vec![] }]),
      domains: IdVec(vec![Domain{name:"p".into(), pools: vec![PoolId::new(0)], order: Order::Fifo, backfill: Backfill::Strict, placement: Placement::FirstFit, queue_limit: None}]),
      tenants: IdVec(vec![Tenant{name:"l".into(), own:false, party: PartyId::new(0), contract: None}]),
      workloads: IdVec(vec![Workload{name:"w".into(), path:"labs.l.workloads.w".into(), tenant: TenantId::new(0), domain: DomainId::new(0), cells: vec![CellId::new(0)], priority:0, price: PriceKind::Free, volume: Param::Fixed(1.0), checkpoint: None, restart_h: Param::Fixed(0.0), failures: Failures::Off, source: Source::Stream(Stream{per_day: Param::Fixed(24.0*rho*c as f64), interval: Law::Exponential{mean:1.0}, profile: vec![], chips: vec![(1,1.0)], work: Work::Hours(law(1.0))})}]),
      cells: IdVec(vec![Cell{workload: WorkloadId::new(0), pool: PoolId::new(0), speed: Param::Fixed(1.0), mfu: None}]),
      contracts: IdVec(vec![]), investments: IdVec(vec![]), parties: IdVec(vec![Party{name:"l".into(), boundary:false, opening_usd:0.0}]), factors: vec![], unknowns: IdVec(vec![]), without: Without::default(), fleet_sized: true, notes: vec![], assumptions: vec![] };
    let t = std::time::Instant::now();
    let r = simulate(&w, Run::default());
    let dt = t.elapsed().as_secs_f64();
    let tot = &r.workloads[0];
    println!("events {} {:.1} ns/event; wait {:.6} h; P(wait) {:.5}; p99 {:?}", r.events_handled, dt*1e9/r.events_handled as f64, tot.wait_us as f64/3.6e9/tot.started as f64, tot.waited as f64/tot.started as f64, tot.waits.quantile(0.99).map(|x| x/3.6e9));
}
