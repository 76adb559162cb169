//! Logs in text and the jobs they must give; broken ones and the line and column that is named.

use super::*;
use crate::spec::Problems;
use std::io::Read;

/// The jobs of a text, `id@submit chips x duration queue`, times in seconds.
fn jobs(log: &mut Log<'_>) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(job) = log.next() {
        let second = |us: u64| us as f64 / 1e6;
        let queue = &log.facts.queues[usize::from(job.queue)];
        let (submit, duration) = (second(job.submit_us), second(job.duration_us));
        found.push(format!("{}@{submit} {}x{duration} {queue}", log.id(), job.chips));
    }
    assert_eq!((log.broken(), found.len() as u64), (None, log.facts.jobs));
    found
}

fn with<T>(text: &[u8], reading: &Reading, then: impl FnOnce(Result<Log<'_>, Problems>) -> T) -> T {
    let open = || -> std::io::Result<Box<dyn Read + '_>> { Ok(Box::new(text)) };
    then(scan("log.csv", &open, reading))
}

/// The jobs of a sound text.
fn read(text: &str, reading: &Reading) -> String {
    with(text.as_bytes(), reading, |log| jobs(&mut log.unwrap_or_else(|problems| panic!("{problems}"))).join(" | "))
}

fn plain() -> Reading {
    Reading::of(layout("plain").unwrap())
}

#[test]
fn a_plain_log_is_its_rows() {
    let text = "job_id,submit_s,chips,duration_s,queue\na,10,4,66.5,q\nb,10,1,0,\n";
    assert_eq!(read(text, &plain()), "a@0 4x66.5 q | b@0 1x0 default");
}

/// Every problem of a text, `line:column message`.
fn problems(text: &[u8], reading: &Reading) -> Vec<String> {
    with(text, reading, |log| {
        let Err(problems) = log else { return Vec::new() };
        let place = |problem: &crate::spec::Problem| {
            let at = problems.sources().position(problem.origin);
            at.map_or("-".to_owned(), |(file, at)| {
                assert_eq!(file, "log.csv");
                format!("{}:{}", at.line, at.column)
            })
        };
        assert!(problems.render(false).contains("error"), "{problems}");
        problems.iter().map(|problem| format!("{} {}", place(problem), problem.message)).collect()
    })
}

/// One row behind the plain header; its problems.
#[track_caller]
fn check_row(row: &str, wanted: &[&str]) {
    let text = format!("job_id,submit_s,chips,duration_s,queue,priority,estimate_s,class\na,0,1,1,q,0,1,c\n{row}\n");
    assert_eq!(problems(text.as_bytes(), &plain()), wanted, "{row}");
}

const HEAD: &str = "job_id,submit_s,chips,duration_s\n";

#[test]
fn a_bad_row_is_named_with_line_and_column() {
    check_row("b,0,x,1,q,0,1,c", &["3:5 `chips` is `x`, not a number"]);
    check_row(
        "b,nan,1,NaN,q,0,1,c",
        &["3:3 `submit_s` is `nan`, not a number", "3:9 `duration_s` is `NaN`, not a number"],
    );
    check_row("b,-1,1,-0.5,q,0,1,c", &["3:3 `submit_s` is negative: -1", "3:8 `duration_s` is negative: -0.5"]);
    check_row(
        "b,0,1e300,1e300,q,0,1e300,c",
        &[
            "3:5 `chips` is too large: 1e300",
            "3:11 `duration_s` is too large: 1e300",
            "3:21 `estimate_s` is too large: 1e300",
        ],
    );
    check_row("b,1e999,1,1,q,0,1,c", &["3:3 `submit_s` is too large: 1e999"]);
    check_row("b,1508457600000,1,1,q,0,1,c", &["3:3 `submit_s` is too large: 1508457600000"]);
    check_row("b,0,1.5,1,q,0,1,c", &["3:5 `chips` is `1.5`, not a whole number"]);
    check_row("b,0,0,1,q,0,1,c", &["3:5 `chips` is 0"]);
    check_row("b,0,-4,1,q,0,1,c", &["3:5 `chips` is negative: -4"]);
    check_row("b,,1, ,q,0,1,c", &["3:3 `submit_s` is empty", "3:6 `duration_s` is empty"]);
    check_row("b,0,1,1,q,1.5,1,c", &["3:11 `priority` is `1.5`, not a whole number"]);
    check_row("b,0,1,1,q,high,1,c", &["3:11 `priority` is `high`, not a number"]);
    check_row("a,0,1,1,q,0,1,c", &["3:1 `a` is already the job_id of line 2"]);
    check_row(",0,1,1,q,0,1,c", &["3:1 `job_id` is empty"]);
    check_row("b,0,1", &["3:6 3 fields in place of 8"]);
    check_row("b;0;1;1;q;0;1;c", &["3:16 1 field in place of 8"]);
    check_row("b,0,1,1,q,0,1,c,d", &["3:16 9 fields in place of 8"]);
    check_row("\"é, b\",0,x,1,q,0,1,c", &["3:10 `chips` is `x`, not a number"]);
    check_row("\"b,0,1,1,q,0,1,c", &["3:1 the quote is not closed"]);
    check_row("b,2017-10-01,1,1,q,0,1,c", &["3:3 `submit_s` is `2017-10-01`, not a number"]);
}

#[test]
fn a_bad_header_is_named() {
    assert_eq!(problems(b"", &plain()), ["1:1 `log.csv` is empty"]);
    assert_eq!(problems(b"\n \n", &plain()), ["1:1 `log.csv` is empty"]);
    assert_eq!(problems(b"job_id,submit_s,chips\n", &plain()), ["1:1 there is no column `duration_s`"]);
    assert_eq!(problems(b"job_id;submit_s;chips;duration_s\n", &plain()).len(), 4);
    let twice = problems(b"job_id,submit_s,chips,chips,duration_s\n", &plain());
    assert_eq!(twice, ["1:23 the column stands twice"]);
    let semicolons = with(b"job_id;submit_s\n", &plain(), |log| log.map(|_| ()).unwrap_err().to_string());
    assert!(semicolons.contains("by commas, not by semicolons"), "{semicolons}");
    let typo = with(b"job_id,submit_s,chps,duration_s\n", &plain(), |log| log.map(|_| ()).unwrap_err().to_string());
    assert!(typo.contains("did you mean `chps`?") && typo.contains("--> log.csv:1:1"), "{typo}");
}

/// The first twenty are named, the others counted; with `skip_bad_rows` all are counted by kind and the rest runs.
#[test]
fn bad_rows_are_counted() {
    let rows: String = (0..30).map(|n| format!("{n},{n},x,1\n")).collect();
    let text = format!("{HEAD}{rows}30,5,1,1\n30,6,1,1\n31,7,1,-1\n32,8,1\n");
    let found = problems(text.as_bytes(), &plain());
    assert_eq!(found.len(), 21);
    let summary = "- 33 rows of `log.csv` cannot be read (1 wrong number of fields, 30 not a number, 1 negative, \
                   1 duplicate id); the first 20 follow";
    assert_eq!((found[0].as_str(), found[20].as_str()), (summary, "21:7 `chips` is `x`, not a number"));
    let skipping = Reading { skip_bad_rows: true, ..plain() };
    let counts = with(text.as_bytes(), &skipping, |log| {
        let mut log = log.unwrap();
        assert_eq!(jobs(&mut log), ["30@0 1x1 default"]);
        log.facts.skipped.into_iter().map(|(kind, rows)| format!("{kind} {rows}")).collect::<Vec<_>>()
    });
    assert_eq!(counts, ["wrong number of fields 1", "not a number 30", "negative 1", "duplicate id 1"]);
}

#[test]
fn legal_texts_are_read() {
    let wanted = "a@0 4x66.5 default | b@0.25 1x0 default";
    for (text, case) in [
        ("job_id,submit_s,chips,duration_s\na,10,4,66.5\nb,10.25,1,0\n", "plain"),
        ("job_id,submit_s,chips,duration_s\na,10,4,66.5\nb,10.25,1,0", "no last newline"),
        ("\u{feff}job_id,submit_s,chips,duration_s\r\na,10,4,66.5\r\nb,10.25,1,0\r\n", "BOM, CRLF"),
        ("duration_s,more,chips,submit_s,job_id\n66.5,x,4,10,a\n0,,1,10.25,b\n", "another order, more columns"),
        ("\njob_id,submit_s,chips,duration_s\n\na,10,4,66.5\n \nb,10.25,1,0\n\n", "blank lines"),
        (" job_id , submit_s,\"chips\",duration_s\n\"a\", 10 ,\"4\",6.65e1\n b,1025e-2,1.0,+0\n", "spaces, quotes"),
        ("job_id,submit_s,chips,duration_s,note\na,10,4,66.5,\"x,\n\"\"y\"\"\n\"\nb,10.25,1,0,\n", "lines in quotes"),
    ] {
        assert_eq!(read(text, &plain()), wanted, "{case}");
    }
    assert_eq!(read(HEAD, &plain()), "");
    assert_eq!(
        read(&format!("{HEAD}\"a,\"\"b\",0,1000000000,3155760000\n"), &plain()),
        "a,\"b@0 1000000000x3155760000 default"
    );
    let year = format!("{HEAD}a,0,1,1\nb,31536000,1,1\n");
    assert_eq!(read(&year, &plain()), "a@0 1x1 default | b@31536000 1x1 default");
    let crowd: String = (0..10_000).map(|n| format!("{n},7,1,1\n")).collect();
    assert_eq!(read(&format!("{HEAD}{crowd}"), &plain()).matches("@0 ").count(), 10_000);
}

/// b and c share an instant and keep the file's order; d goes backwards, in line 5, and all is sorted in memory.
#[test]
fn a_log_that_goes_backwards_is_sorted_stably() {
    let text = format!("{HEAD}a,5,1,1\nb,9,2,2\nc,9,3,3\nd,1,4,4\ne,5,5,5\n");
    let wanted = ["d@0 4x4 default", "a@4 1x1 default", "e@4 5x5 default", "b@8 2x2 default", "c@8 3x3 default"];
    with(text.as_bytes(), &plain(), |log| {
        let mut log = log.unwrap();
        assert_eq!(jobs(&mut log), wanted);
        log.rewind().unwrap();
        assert_eq!(jobs(&mut log), wanted);
        let facts = &log.facts;
        assert_eq!((facts.sorted_in_memory, facts.backwards, facts.first_backwards_line), (true, 1, Some(5)));
    });
    let straight = format!("{HEAD}b,5,1,1\na,5,2,2\n");
    with(straight.as_bytes(), &plain(), |log| {
        let mut log = log.unwrap();
        assert_eq!(jobs(&mut log), ["b@0 1x1 default", "a@0 2x2 default"]);
        log.rewind().unwrap();
        assert_eq!((jobs(&mut log).len(), log.facts.sorted_in_memory, log.facts.backwards), (2, false, 0));
    });
}

/// Four jobs of an instant each; from 20 until 30 leaves two, of which one waits in a queue nobody knows.
#[test]
fn a_cut_keeps_what_lies_in_it() {
    let text =
        format!("{}a,10,1,1,q\nb,20,1,1,r\nc,25,1,1,q\nd,30,1,1,q\n", "job_id,submit_s,chips,duration_s,queue\n");
    let cut = Reading {
        from: Some("20".parse().unwrap()),
        until: Some("30".parse().unwrap()),
        queues: Some(["q".to_owned()].into()),
        ..plain()
    };
    with(text.as_bytes(), &cut, |log| {
        let mut log = log.unwrap();
        assert_eq!(jobs(&mut log), ["c@0 1x1 q"]);
        let facts = &log.facts;
        assert_eq!((facts.rows, facts.outside, facts.first_us), (4, 2, 25_000_000));
        assert_eq!(facts.unknown_queues.iter().map(|(q, n)| format!("{q} {n}")).collect::<Vec<_>>(), ["r 1"]);
    });
    let dated = Reading { from: Some("2017-10-01".parse().unwrap()), ..plain() };
    assert!(problems(text.as_bytes(), &dated)[0].contains("no dates"));
    let none = Reading { until: Some("20".parse().unwrap()), ..cut };
    assert!(problems(text.as_bytes(), &none)[0].contains("does not lie after"));
    assert!("1.10.2017".parse::<Bound>().is_err() && "2017-13-01".parse::<Bound>().is_err());
}

/// Rows as published: github.com/S-Lab-System-Group/HeliosData, README; its column `queue` is a wait. Job 7 asks for no GPU.
#[test]
fn helios_is_read_as_published() {
    let text = "job_id,user,vc,gpu_num,cpu_num,node_num,state,submit_time,start_time,end_time,duration,queue\n\
        1425511,uXBbc,vcJkd,1,1,1,COMPLETED,2020-06-09 18:41:01,2020-06-09 18:41:01,2020-06-10 04:55:09,36848,0\n\
        7,uXBbc,vcJkd,0,1,1,COMPLETED,2020-06-09 18:41:02,2020-06-09 18:41:02,2020-06-09 18:41:03,1,0\n\
        1425512,uVMrF,vchbv,4,16,1,FAILED,2020-06-09 18:41:27,2020-06-09 18:41:27,2020-06-09 18:45:36,249,0\n";
    let helios = Reading::of(layout("helios").unwrap());
    assert_eq!(read(text, &helios), "1425511@0 1x36848 vcJkd | 1425512@26 4x249 vchbv");
    with(text.as_bytes(), &helios, |log| {
        let facts = log.unwrap().facts;
        assert_eq!(facts.left_out[&LeftOut::NoChips], 1);
        assert_eq!(facts.first().unwrap().to_string(), "2020-06-09T18:41:01");
        assert_eq!(facts.classes, ["COMPLETED", "FAILED"]);
    });
    let bad =
        problems(text.replace("2020-06-09 18:41:27,2020-06-09 18:41:27", "2020-02-30 18:41:27,").as_bytes(), &helios);
    assert_eq!(bad, ["4:35 `submit_time` is `2020-02-30 18:41:27`, not a date and time"]);
}

/// Rows as published: openb_pod_list_default.csv. 0004 without a GPU and 0061 never scheduled are left out; 0001 takes a share.
#[test]
fn openb_is_read_as_published() {
    let text = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n\
        openb-pod-0000,12000,16384,1,1000,,LS,Running,0,12537496,0\n\
        openb-pod-0001,6000,12288,1,460,,LS,Running,427061,12902960,427061\n\
        openb-pod-0005,20000,65536,0,0,,LS,Running,2759674,12902960,2759676\n\
        openb-pod-0017,88000,327680,8,1000,,Burstable,Succeeded,9437497,10769854,9437499\n\
        openb-pod-0061,11908,47104,1,1000,,BE,Pending,10001278,10001403,\n";
    let openb = Reading::of(layout("openb").unwrap());
    let wanted = "openb-pod-0000@0 1x12537496 default | openb-pod-0001@427061 1x12475899 default | openb-pod-0017@9437497 8x1332355 default";
    assert_eq!(read(text, &openb), wanted);
    with(text.as_bytes(), &openb, |log| {
        let facts = log.unwrap().facts;
        assert_eq!((facts.left_out[&LeftOut::NoChips], facts.left_out[&LeftOut::NeverRan], facts.shared), (1, 1, 1));
        assert_eq!(facts.classes, ["LS", "Burstable"]);
    });
    let bad = problems(text.replace("10769854,9437499", "10,9437499").as_bytes(), &openb);
    assert_eq!(bad, ["5:65 it ends at 10 and starts at 9437499"]);
}

/// Job 2 asks for what it was given, job 3 never ran, job 4 has neither queue nor estimate.
#[test]
fn swf_is_read_as_published() {
    let text = "; Version: 2.2\n; UnixStartTime: 820454400\n;\n\
        1 0 10 100 4 -1 -1 8 3600 -1 1 5 2 -1 1 0 -1 -1\n\
          2   50 20 200.5 8 -1 -1 -1 7200 -1 1 6 2 -1 3 0 -1 -1\n\
        3 100 -1 -1 -1 -1 -1 -1 -1 -1 5 7 2 -1 1 0 -1 -1\n\
        ; a comment\n\
        4\t100 0 5 1 -1 -1 1 -1 -1 1 7 2 -1 -1 0 -1 -1\n";
    let swf = Reading::of(layout("swf").unwrap());
    assert_eq!(read(text, &swf), "1@0 8x100 1 | 2@50 8x200.5 3 | 4@100 1x5 default");
    with(text.as_bytes(), &swf, |log| {
        let mut log = log.unwrap();
        assert_eq!(log.facts.first().unwrap().to_string(), "1996-01-01T00:00:00");
        let estimates: Vec<_> = std::iter::from_fn(|| log.next()).map(|job| job.estimate_us).collect();
        assert_eq!(estimates, [Some(3_600_000_000), Some(7_200_000_000), None]);
        assert_eq!((log.facts.left_out[&LeftOut::NoChips], log.facts.rows), (1, 4));
    });
    assert_eq!(
        problems(b"1 0 10 x 4 -1 -1 8 3600 -1 1 5 2 -1 1 0 -1 -1\n1 2\n", &swf),
        ["1:8 `run_time` is `x`, not a number", "2:4 2 fields in place of 18"]
    );
    assert_eq!(read("; nothing\n", &swf), "");
}

#[test]
fn philly_counts_in_order_of_submission() {
    let text = "timestamp,duration,num_gpus,gpu_time,cluster\n2017-10-09 07:01:55,66.0,1,66.0,11cb48\n\
        2017-10-09 06:13:03,2951.0,1,2951.0,6214e9\n2017-10-09T06:13:03,1.0,16,1.0,6214e9\n\n";
    let philly = Reading::of(layout("philly").unwrap());
    assert_eq!(read(text, &philly), "0@0 1x2951 6214e9 | 1@0 16x1 6214e9 | 2@2932 1x66 11cb48");
    let cut = Reading { from: Some("2017-10-09 07:00".parse().unwrap()), ..philly.clone() };
    assert_eq!(read(text, &cut), "0@0 1x66 11cb48");
    for bad in ["2017-10-09 24:00:00", "2017-10-09 07:61:55", "2017-10-09", "2017-10-09T07:01:55Z", "1507532515"] {
        let text = text.replacen("2017-10-09 07:01:55", bad, 1);
        let found = problems(text.as_bytes(), &philly);
        let sound = bad == "2017-10-09";
        assert_eq!(found.is_empty(), sound, "{bad}: {found:?}");
    }
}

#[test]
fn queues_are_read_in_both_spellings() {
    let found = queues("q.csv", b"vc,node num\n6214e9,64\n\"b, c\",0\n").unwrap();
    assert_eq!(found, [Queue { name: "6214e9".into(), nodes: 64 }, Queue { name: "b, c".into(), nodes: 0 }]);
    assert!(queues("q.csv", b"\xef\xbb\xbfqueue,nodes\r\n").unwrap().is_empty());
    let named = |text: &[u8]| {
        let problems = queues("q.csv", text).unwrap_err();
        let place = |origin| problems.sources().position(origin).map(|(_, at)| (at.line, at.column));
        problems.iter().map(|p| format!("{:?} {}", place(p.origin), p.message)).collect::<Vec<_>>()
    };
    assert_eq!(
        named(b"queue,nodes\na,x\na,1.5,\na,-1\n"),
        [
            "Some((2, 3)) `nodes` is `x`, not a number",
            "Some((3, 7)) 3 fields in place of 2",
            "Some((4, 1)) `a` already stands in line 2",
            "Some((4, 3)) `nodes` is negative: -1"
        ]
    );
    assert_eq!(named(b"name;size\n").len(), 2);
    assert_eq!(named(b"")[0], "None `q.csv` is empty");
}

/// q has 2 nodes of 4 chips, r none. Month 1 (30 days from the first job): 8 chips x 2,592,000 s = 20.736e6 chip-s; q asks for
/// 4 x 2,592,000 (half). The log ends with the job at day 45: half of month 2 is covered, 10.368e6 chip-s. b's 9 chips never fit.
#[test]
fn sanity_by_hand() {
    let text = "job_id,submit_s,chips,duration_s,queue\n\
        a,100,4,2592000,q\nb,200,9,0,q\nc,3888100,1,1036800,q\nd,3888100,1,5,r\n";
    with(text.as_bytes(), &plain(), |log| {
        let facts = log.unwrap().facts;
        let nodes = [2, 0];
        let fits = |queue: u16, chips| gang_fits(chips, nodes[usize::from(queue)], 4);
        let sanity = Sanity::of(&facts, &[8, 0], &fits);
        let ratio = |queue: usize, month: usize| sanity.queues[queue].by_month[month].ratio();
        assert_eq!((ratio(0, 0), ratio(0, 1), ratio(1, 1)), (Some(0.5), Some(0.1), None));
        assert_eq!(sanity.jobs_that_never_fit(), 2);
        assert_eq!(sanity.gaps, [Gap { from_us: 200_000_000, length_us: 3_887_900_000_000 }]);
        assert_eq!(
            sanity.lines().join("\n"),
            "\
4 jobs of 4 rows in 2 queues, over 45.0 days
demand over capacity, chip-time of the jobs submitted over that of the chips:
  queue  chips  jobs  days 0-30  days 30-60     all
  q          8     3     50.0 %      10.0 %  36.7 %
  r          0     1          -           -       -
  all        8     4     50.0 %      10.0 %  36.7 %
2 jobs never fit and do not run: 1 of 9 chips in q, 1 of 1 chips in r
gaps without a submission: 45.0 days from 100 s after the first job"
        );
    });
}

#[test]
fn sanity_of_nothing_and_of_one() {
    let lines = |text: &str| {
        with(text.as_bytes(), &plain(), |log| {
            let facts = log.unwrap().facts;
            Sanity::of(&facts, &vec![8; facts.queues.len()], &|_, chips| chips <= 8).lines().join("|")
        })
    };
    assert_eq!(lines(HEAD), "no jobs in 0 rows");
    let one = lines(&format!("{HEAD}a,0,9,1\n"));
    assert!(
        one.starts_with("1 job of 1 row in 1 queue, over 0 s|") && one.contains("1 job never fits and does not run"),
        "{one}"
    );
}

/// 100 jobs of short ids: 40 bytes each, and a byte more than its id.
#[test]
fn a_sorted_job_takes_at_most_64_bytes() {
    let text: String = (0..100).rev().map(|n| format!("{n:015},{n},1,1\n")).collect();
    with(format!("{HEAD}{text}").as_bytes(), &plain(), |log| {
        let bytes = log.unwrap().bytes_held().expect("it was not in order");
        assert_eq!(bytes, 100 * (40 + 1 + 15));
    });
}

/// Ids of any length survive the sort.
#[test]
fn long_ids_are_kept() {
    let long = "x".repeat(300);
    let text = format!("job_id,submit_s,chips,duration_s,estimate_s\n{long},5,1,1,7\nb,1,1,1,\n");
    with(text.as_bytes(), &plain(), |log| {
        let mut log = log.unwrap();
        assert_eq!(log.next().unwrap().estimate_us, None);
        assert_eq!(log.id(), "b");
        assert_eq!(log.next().unwrap().estimate_us, Some(7_000_000));
        assert_eq!(log.id(), long);
    });
}
