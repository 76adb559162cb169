use hedgerow::{kernel, spec, study, world::catalog::Catalog};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let sets: Vec<String> = args[2..].to_vec();
    let read = match spec::read(std::path::Path::new(&args[1]), &sets) {
        Ok(r) => r,
        Err(p) => {
            eprintln!("{}", p.render(false));
            std::process::exit(2)
        }
    };
    let dir = std::path::Path::new(&args[1]).parent().unwrap().to_owned();
    let rf = move |f: &str| std::fs::read_to_string(dir.join(f)).map_err(|e| e.to_string());
    let t = std::time::Instant::now();
    let plan = match study::plan(&read, Catalog::embedded(), &Default::default(), &rf) {
        Ok(p) => p,
        Err(p) => {
            eprintln!("{}", p.render(false));
            std::process::exit(2)
        }
    };
    println!("planned {} cells x {} in {:?}", plan.cells.len(), plan.runs_per_cell(), t.elapsed());
    let t = std::time::Instant::now();
    let r = kernel::simulate(&plan.cells[0].world, Default::default());
    println!(
        "one run: {} events {:?}, postings {}, events {}, {:.1} ns/event",
        r.events_handled,
        t.elapsed(),
        r.postings.len(),
        r.events.len(),
        t.elapsed().as_nanos() as f64 / r.events_handled as f64
    );
    let t = std::time::Instant::now();
    let o = study::run_plan(&plan, &|_| ());
    println!("study {:?}", t.elapsed());
    for (at, cell) in o.cells.iter().enumerate() {
        let w = &plan.cells[at].world;
        println!("== {} {} {:?}", cell.strategy, cell.future, cell.same_as);
        for (i, k) in cell.keys.iter().enumerate() {
            if k.period == hedgerow::measure::Period::All {
                let v: Vec<_> = cell.values.iter().map(|r| r[i]).collect();
                if let Some(s) = study::summarize(&v, o.replications as usize, o.independent) {
                    println!(
                        "{:30} {:30} {:>14.6} ± {:<12.6} p05 {:.5} p95 {:.5} share {:?} n {}",
                        k.scope.name(w),
                        k.metric.name,
                        s.mean,
                        s.half_width.unwrap_or(f64::NAN),
                        s.p05,
                        s.p95,
                        s.param_share,
                        s.n
                    )
                }
            }
        }
    }
}
