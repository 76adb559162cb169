//! Times the reference loops themselves, after checking that they are right; says how far apart plain and tuned are.
//! Does not touch the library: `kernel` compares it with these loops.

mod reference;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use reference::{GangJob, US_PER_HOUR};

const JOBS: u32 = 1_000_000;
const GANG_CAPACITY: u32 = 2_000;

fn main() {
    let gang_jobs = reference::golden_gang_jobs();
    check_mmc(10, 0.8, 0.204590, 4);
    check_mmc(100, 0.9, 0.021694, 12);
    gang_jobs.as_deref().map_or_else(|| println!("gang FIFO left out: no golden data, set HEDGEROW_DATA"), check_gang);

    print_ratios(gang_jobs.as_deref());

    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    bench_mmc(&mut criterion);
    if let Some(jobs) = gang_jobs {
        bench_gang(&mut criterion, &jobs);
    }
    criterion.final_summary();
}

/// Both loops agree to the last bit, and with Erlang's mean wait: the mean of `runs` runs within 3 %.
fn check_mmc(servers: u32, load: f64, mean_wait: f64, runs: u64) {
    assert_eq!(
        reference::plain_mmc(servers, load, JOBS, 7),
        reference::tuned_mmc(servers, load, JOBS, 7),
        "plain and tuned differ"
    );
    let waits: Vec<f64> = (0..runs).map(|seed| reference::tuned_mmc(servers, load, 5 * JOBS, seed).mean_wait).collect();
    let mean = waits.iter().sum::<f64>() / runs as f64;
    let error = waits.iter().map(|wait| (wait - mean).powi(2)).sum::<f64>().sqrt() / runs as f64;
    println!("M/M/{servers} load {load}: mean wait {mean:.6} +- {error:.6}, theory {mean_wait:.6}");
    assert!((mean / mean_wait - 1.0).abs() < 0.03, "mean wait {mean}, theory {mean_wait}");
}

/// Golden values of an independent simulator: mean wait 0.7765 h, makespan 3180.559 h.
fn check_gang(jobs: &[GangJob]) {
    let gang = reference::plain_gang_fifo(jobs, GANG_CAPACITY);
    let (mean_wait_h, makespan_h) = (gang.mean_wait_us / US_PER_HOUR, gang.makespan_us as f64 / US_PER_HOUR);
    println!("gang FIFO: {} starts, mean wait {mean_wait_h:.4} h, makespan {makespan_h:.3} h", gang.starts);
    assert!((mean_wait_h - 0.7765).abs() < 0.00005, "mean wait {mean_wait_h} h");
    assert!((makespan_h - 3180.559).abs() < 0.0005, "makespan {makespan_h} h");
    assert_eq!(gang.starts, jobs.len() as u64);
}

fn print_ratios(gang_jobs: Option<&[GangJob]>) {
    for (servers, load) in [(10, 0.8), (100, 0.9), (1000, 0.97)] {
        let [plain, tuned] = reference::least_cpu_seconds(
            7,
            [&mut || reference::plain_mmc(servers, load, JOBS, 1).checksum, &mut || {
                reference::tuned_mmc(servers, load, JOBS, 1).checksum
            }],
        )
        .map(|seconds| seconds * 1e9 / (2.0 * f64::from(JOBS)));
        println!(
            "M/M/{servers} load {load}: plain {plain:.1} ns an event, tuned {tuned:.1}, plain / tuned {:.2}",
            plain / tuned
        );
    }
    if let Some(jobs) = gang_jobs {
        let [plain] =
            reference::least_cpu_seconds(9, [&mut || reference::plain_gang_fifo(jobs, GANG_CAPACITY).checksum]);
        let ns = plain * 1e9 / (2.0 * jobs.len() as f64);
        println!("gang FIFO, {} jobs: plain {:.2} ms, {ns:.1} ns an event", jobs.len(), plain * 1e3);
    }
}

fn bench_mmc(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("reference_mmc");
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(2 * u64::from(JOBS)));
    for (servers, load) in [(10, 0.8), (100, 0.9)] {
        group.bench_function(BenchmarkId::new("plain", servers), |bencher| {
            bencher.iter(|| reference::plain_mmc(servers, load, JOBS, 1));
        });
        group.bench_function(BenchmarkId::new("tuned", servers), |bencher| {
            bencher.iter(|| reference::tuned_mmc(servers, load, JOBS, 1));
        });
    }
    group.finish();
}

fn bench_gang(criterion: &mut Criterion, jobs: &[GangJob]) {
    let mut group = criterion.benchmark_group("reference_gang_fifo");
    group.sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(2 * jobs.len() as u64));
    group.bench_function("plain", |bencher| bencher.iter(|| reference::plain_gang_fifo(jobs, GANG_CAPACITY)));
    group.finish();
}
