//! Real logs and random ones through the reader of job logs.

use crate::golden::data;
use hedgerow::trace::{Log, LogJob, Reading, Sanity, gang_fits, layout, queues, scan};
use proptest::prelude::*;
use std::io::Read;

/// What a text gives under a reading that it must bear.
fn read<T>(text: &str, reading: &Reading, then: impl FnOnce(Log<'_>) -> T) -> T {
    let open = || -> std::io::Result<Box<dyn Read + '_>> { Ok(Box::new(text.as_bytes())) };
    then(scan("log.csv", &open, reading).unwrap_or_else(|problems| panic!("{problems}")))
}

fn philly(from: &str, until: &str, queues: impl IntoIterator<Item = String>) -> Reading {
    Reading {
        from: Some(from.parse().unwrap()),
        until: Some(until.parse().unwrap()),
        queues: Some(queues.into_iter().collect()),
        ..Reading::of(layout("philly").unwrap())
    }
}

/// Two months of Philly, queues with nodes only: 68,503 jobs, 7 rows of three other queues. Figures by an independent count in Python:
/// 36,835 steps backwards; 11cb48 asks for 29,341,844 GPU-seconds in October; the longest gap is 9,842 s.
#[test]
fn two_months_of_philly() {
    let (Some(text), Some(nodes)) = (data("traces/philly/philly.csv"), data("traces/philly/vc_nodes.csv")) else {
        return;
    };
    let nodes = queues("vc_nodes.csv", nodes.as_bytes()).unwrap();
    let reading = philly("2017-10-01", "2017-12-01", nodes.iter().map(|queue| queue.name.clone()));
    read(&text, &reading, |mut log| {
        let facts = log.facts.clone();
        assert_eq!((facts.rows, facts.jobs, facts.outside), (82_247, 68_503, 82_247 - 68_510));
        assert_eq!(facts.unknown_queues.values().sum::<u64>(), 7);
        assert_eq!((facts.unknown_queues.len(), facts.queues.len(), facts.backwards), (3, 11, 36_835));
        assert_eq!((facts.sorted_in_memory, facts.first().unwrap().to_string()), (true, "2017-10-01T00:00:45".into()));
        let of = |name: &str| nodes.iter().find(|queue| queue.name == name).unwrap().nodes;
        let sizes: Vec<u64> = facts.queues.iter().map(|name| of(name)).collect();
        let chips: Vec<u64> = sizes.iter().map(|nodes| 8 * nodes).collect();
        let sanity = Sanity::of(&facts, &chips, &|queue, chips| gang_fits(chips, sizes[usize::from(queue)], 8));
        let small = sanity.queues.iter().find(|queue| queue.queue == "11cb48").unwrap();
        assert_eq!(small.by_month[0].demand.chip_us, 29_341_844_000_000);
        assert_eq!(small.by_month[0].capacity_chip_us, 16 * 8 * 31 * 86_400_000_000);
        assert_eq!(
            (sanity.months.clone(), sanity.jobs_that_never_fit()),
            (vec!["2017-10".into(), "2017-11".into()], 0)
        );
        assert_eq!((facts.tally.gaps[0].length_us, sanity.gaps.len()), (9_842_000_000, 0));
        let mut before = 0;
        let mut count = 0;
        while let Some(job) = log.next() {
            assert!(before <= job.submit_us);
            assert_eq!(log.id(), count.to_string());
            (before, count) = (job.submit_us, count + 1);
        }
        assert_eq!((count, log.broken()), (68_503, None));
    });
}

/// The worked case: queue 11cb48 from 2017-10-01 until 2017-10-15 is the 3,028 jobs of the golden table, in its order
/// (its `seq` also counts jobs that the log does not have).
#[test]
fn the_worked_case_is_cut_from_the_log() {
    let (Some(text), Some(golden)) =
        (data("traces/philly/philly.csv"), data("golden/scheduling/philly_11cb48_4n_fifo.csv"))
    else {
        return;
    };
    let wanted: Vec<Vec<u64>> = csv::Reader::from_reader(golden.as_bytes()).deserialize().map(Result::unwrap).collect();
    read(&text, &philly("2017-10-01", "2017-10-15", ["11cb48".to_owned()]), |mut log| {
        let row = |job: LogJob| [job.submit_us / 1_000_000, u64::from(job.chips), job.duration_us / 1_000_000];
        let found: Vec<[u64; 3]> = std::iter::from_fn(|| log.next()).map(row).collect();
        assert_eq!((found.len(), wanted.len()), (3_028, 3_028));
        for (found, wanted) in found.iter().zip(&wanted) {
            assert_eq!(found[..], wanted[1..4], "submit, gpus, duration");
        }
    });
}

/// A job as a log may have it: id, submission [us], chips, duration [us], queue, priority, estimate [us], class.
type Written = (String, u64, u32, u64, String, i32, Option<u64>, String);

fn job() -> impl Strategy<Value = Written> {
    let text = || "[a-z\",\n é]{0,6}[a-z]";
    (
        text(),
        prop_oneof![0..5_u64, 0..3_000_000_000_000_000_u64],
        1..=1_000_000_000_u32,
        0..3_000_000_000_000_000_u64,
        text(),
        -1_000_000..=1_000_000,
        prop::option::of(0..3_000_000_000_000_000_u64),
        text(),
    )
}

fn seconds(us: u64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

fn write(jobs: &[Written], ending: &str) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut out = format!("job_id,submit_s,chips,duration_s,queue,priority,estimate_s,class{ending}");
    for (n, (id, submit, chips, duration, queue, priority, estimate, class)) in jobs.iter().enumerate() {
        let id = quoted(&format!("{id}{n}"));
        let (submit, duration) = (seconds(*submit), seconds(*duration));
        let (queue, class, estimate) = (quoted(queue), quoted(class), estimate.map_or(String::new(), seconds));
        out += &format!("{id},{submit},{chips},{duration},{queue},{priority},{estimate},{class}{ending}");
    }
    out
}

proptest! {
    /// What is written is read: every figure to the microsecond, in order of time, ties in the order of the file.
    #[test]
    fn a_log_that_is_written_is_read(jobs in prop::collection::vec(job(), 0..40), crlf in any::<bool>()) {
        let text = write(&jobs, if crlf { "\r\n" } else { "\n" });
        let mut order: Vec<usize> = (0..jobs.len()).collect();
        order.sort_by_key(|n| jobs[*n].1);
        let first = order.first().map_or(0, |n| jobs[*n].1);
        read(&text, &Reading::of(layout("plain").unwrap()), |mut log| {
            for n in &order {
                let (id, submit, chips, duration, queue, priority, estimate, class) = &jobs[*n];
                let job = log.next().expect("as many as were written");
                let facts = &log.facts;
                assert_eq!(log.id(), format!("{id}{n}").trim());
                assert_eq!((job.row, job.submit_us, job.chips, job.duration_us), (*n as u32, submit - first, *chips, *duration));
                assert_eq!((job.priority, job.estimate_us), (*priority, *estimate));
                assert_eq!(facts.queues[usize::from(job.queue)], queue.trim());
                assert_eq!(facts.classes[usize::from(job.class)], class.trim());
            }
            assert_eq!((log.next(), log.broken()), (None, None));
        });
    }
}
