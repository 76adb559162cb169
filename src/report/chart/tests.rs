//! Samples of every kind, and what must hold of each.
use super::*;

fn dates(from: f64, months: usize) -> Vec<f64> {
    (0..=months).map(|m| from + m as f64 / 12.0).collect()
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| (*n).to_string()).collect()
}

fn chart(title: &str, subtitle: &str, x: Axis, y: Axis, kind: Kind) -> Chart {
    Chart { title: title.into(), subtitle: subtitle.into(), x, y, kind, empty_reason: "nothing ran".into() }
}

/// A ramp from 0 at `start` to `top` at `start + years`.
fn ramp(x: f64, start: f64, years: f64, top: f64) -> f64 {
    ((x - start) / years).clamp(0.0, 1.0) * top
}

/// Rectangles over a day on `chips` rows.
fn bars(chips: u32) -> Vec<Bar> {
    let bar = |n: u32| {
        let (from, low) = (f64::from(n * 5 % 24), f64::from(n * 3 % chips));
        Bar { from, to: (from + 4.0).min(24.0), low, high: low + 1.0, class: n as usize % 3, pale: n.is_multiple_of(2) }
    };
    (0..3 * chips).map(bar).collect()
}

/// Three chips at five loads in two rows of three columns.
fn panels() -> Kind {
    let line = |chip: usize, k: f64| {
        let at = move |n: u32| (0.2 * f64::from(n), k * (1.0 + chip as f64) / (1.1 - 0.2 * f64::from(n)));
        (chip, Line::new("", (1..=5).map(at)))
    };
    let cell = |k: f64| Panel { lines: (0..3).map(|chip| line(chip, k)).collect(), ..Panel::default() };
    let row = |label: &str, target: f64| Row {
        y: Axis::log(label),
        references: vec![Reference { name: format!("target {target}"), value: target }],
        uprights: Vec::new(),
        shade: None,
        cells: [0.1, 0.4, 1.0].map(cell).to_vec(),
    };
    Kind::Panels {
        keys: strings(&["H100, p5.48xlarge TP 2", "Trainium2", "B200"]),
        columns: strings(&["p50", "p90", "p99"]),
        rows: vec![row("TTFT [s]", 2.0), row("TPOT [ms]", 5.0)],
    }
}

/// Two chips, what is on the frontier marked.
fn trade_off() -> Kind {
    let lines = vec![
        (0, Line::new("", [(10.0, 9.0), (20.0, 4.0), (40.0, 3.0)])),
        (1, Line::new("", [(15.0, 10.0), (30.0, 3.5), (60.0, 2.0)])),
    ];
    let best = vec![(10.0, 9.0), (20.0, 4.0), (30.0, 3.5), (40.0, 3.0), (60.0, 2.0)];
    let row = Row {
        y: Axis::log("USD per million tokens"),
        references: Vec::new(),
        uprights: vec![Reference { name: "target 50 ms".into(), value: 50.0 }],
        shade: None,
        cells: vec![Panel { lines, best, ..Panel::default() }],
    };
    Kind::Panels { keys: strings(&["H100", "Trainium2"]), columns: vec![String::new()], rows: vec![row] }
}

/// One chart of every kind, by name.
pub(crate) fn samples() -> Vec<(&'static str, Chart)> {
    let x = dates(2026.0, 60);
    let over = |f: &dyn Fn(f64) -> f64| -> Vec<f64> { x.iter().map(|x| f(*x)).collect() };
    let wave = |x: f64, k: f64| libm::sin(x * k);
    let line = |name: &str, f: &dyn Fn(f64) -> f64| Line::new(name, x.iter().map(|x| (*x, f(*x))));
    let used = |x: f64| 180.0 + ramp(x, 2026.0, 4.0, 1_450.0) + 30.0 * wave(x, 6.0);
    let power = Kind::StackedArea {
        x: x.clone(),
        areas: vec![
            Part::new("Trainium2, New Carlisle", over(&|x| 200.0 + ramp(x, 2026.0, 1.0, 500.0))),
            Part::new("Trainium3", over(&|x| ramp(x, 2026.5, 2.0, 700.0))),
            Part::new("GB200", over(&|x| 120.0 + ramp(x, 2027.0, 0.5, 180.0))),
            Part::new("Trainium1 & Inferentia2", over(&|x| 60.0 - ramp(x, 2027.0, 2.0, 60.0))),
        ],
        overlays: vec![
            line("site capacity", &|x| 450.0 + ramp(x, 2026.25, 3.5, 1_500.0)).dashed(),
            line("used", &used),
        ],
    };
    let cash = Kind::StackedBars {
        categories: strings(&["FY2026", "FY2027", "FY2028", "FY2029", "FY2030"]),
        parts: vec![
            Part::new("on demand", [3.0, 4.4, 6.1, 7.0, 7.7]),
            Part::new("commitments", [8.1, 14.2, 19.7, 24.0, 26.5]),
            Part::new("energy and site", [-1.5, -2.9, -3.8, -4.4, -4.6]),
            Part::new("chips", [-21.0, -24.5, -11.0, -6.0, -2.2]),
            Part::of("investment gain", vec![None, None, Some(2.0), Some(3.1), None]),
        ],
        net: Some(Part::new("net cash flow", [-11.4, -8.8, 13.0, 23.7, 27.4])),
    };
    let row = |name: &str, p: [f64; 3], share, ci: Option<(f64, f64)>| Interval {
        name: name.into(),
        p05: p[0],
        p50: p[1],
        p95: p[2],
        mean: ci.map(|(low, high)| (low + high) / 2.0),
        param_share: share,
        simulation_ci: ci,
    };
    let npv = Kind::Intervals {
        rows: vec![
            row("build as planned", [-8.3, 2.1, 9.7], Some(0.71), Some((1.4, 2.6))),
            row(
                "delay the second campus until the option of the anchor tenant is exercised",
                [-2.4, 2.9, 6.8],
                Some(0.64),
                Some((2.5, 3.2)),
            ),
            row("more Trainium, fewer GPUs", [-11.9, 1.2, 14.8], Some(0.83), Some((0.1, 1.8))),
            row("sell the reserve", [0.4, 1.1, 1.7], None, None),
        ],
    };
    let band = |f: &dyn Fn(f64) -> f64, w: f64| -> Vec<(f64, f64, f64)> {
        x.iter().map(|x| (*x, f(*x) - w * (x - 2025.9), f(*x) + w * (x - 2025.9))).collect()
    };
    let (a, b): (&dyn Fn(f64) -> f64, &dyn Fn(f64) -> f64) =
        (&|x| 44.0 - ramp(x, 2026.0, 5.0, 17.0), &|x| 12.0 + ramp(x, 2027.0, 3.0, 14.0));
    let shares = Kind::Lines {
        series: vec![
            line("Anthropic", a).with_band(band(a, 1.6)),
            line("OpenAI", b).with_band(band(b, 1.2)),
            line("next largest", &|x| 8.5 + wave(x, 3.0)),
            line("Project of a lab with a long name", &|x| 8.0 + 0.5 * wave(x, 4.0)),
        ],
        references: vec![
            Reference { name: "10 %".into(), value: 10.0 },
            Reference { name: "25 %".into(), value: 25.0 },
        ],
    };
    let hours = Kind::StackedBars {
        categories: (2026..2031).flat_map(|y| (1..=4).map(move |q| format!("Q{q} {y}"))).collect(),
        parts: ["Anthropic", "OpenAI", "Enterprise", "Internal", "Spot"]
            .iter()
            .enumerate()
            .map(|(i, n)| {
                Part::new(*n, (0..20).map(|q| 1e6 * (120.0 - 18.0 * i as f64 + 9.0 * f64::from(q) / (1.0 + i as f64))))
            })
            .collect(),
        net: None,
    };
    let wait =
        |y: Axis| {
            chart(
                "Pre-training waits longest, but serving feels it first",
                "Mean wait to first start; 200 draws x 5 replications; strategy \u{201c}base\u{201d}",
                Axis::categories(""),
                y,
                Kind::Bars {
                    categories: strings(&[
                        "pre-training, frontier",
                        "post-training and RL environments",
                        "evaluation",
                        "serving, batch tier",
                        "research jobs under 64 chips",
                    ]),
                    parts: vec![
                        Part::new("base", [412.0, 33.0, 2.4, 0.61, 7.9]),
                        Part::of("lab leaves", vec![Some(120.0), Some(9.1), Some(1.3), Some(0.0), None])
                            .with_ends(vec![Some((80.0, 160.0)), Some((-1.0, 19.2)), None, None, None]),
                    ],
                },
            )
        };
    let ecdf = |k: f64| {
        Line::new(format!("{k} chips"), (1..=40).map(move |i| (k * 0.01 * f64::from(i * i), f64::from(i) / 40.0)))
    };
    vec![
        (
            "power",
            chart(
                "Site capacity binds from mid 2027 on",
                "Installed power by pool, New Carlisle; mean of 400 runs; as of 2026-10-01",
                Axis::dates(),
                Axis::linear("Power [MW]"),
                power,
            ),
        ),
        (
            "chip_hours",
            chart(
                "Chip-hours by tenant",
                "Mean of 400 runs",
                Axis::categories("Quarter"),
                Axis::linear("Chip-hours [h]"),
                hours,
            ),
        ),
        (
            "cash",
            chart(
                "The build pays back from FY2028 on",
                "Cash flow by fiscal year; mean over the cell; strategy \u{201c}base\u{201d}, future \u{201c}exit\u{201d}",
                Axis::categories(""),
                Axis::linear("USD bn"),
                cash,
            ),
        ),
        (
            "npv",
            chart(
                "Waiting gives up little and avoids the worst",
                "Net present value by strategy at 9 %; 200 draws x 2 replications",
                Axis::categories(""),
                Axis::linear("NPV [USD bn]"),
                npv,
            ),
        ),
        (
            "shares",
            chart(
                "Two tenants stay over 25 % until 2029",
                "Share of revenue by tenant [%]; medians of 400 runs",
                Axis::dates(),
                Axis::linear("Share of revenue [%]"),
                shares,
            ),
        ),
        ("wait_linear", wait(Axis::linear("Mean wait [h]"))),
        ("wait_log", wait(Axis::log("Mean wait [h], log scale"))),
        (
            "bars_standing",
            chart(
                "Margin by year",
                "",
                Axis::categories("Fiscal year"),
                Axis::linear("Margin [%]"),
                Kind::Bars {
                    categories: strings(&["2026", "2027", "2028", "2029"]),
                    parts: vec![
                        Part::new("base", [-12.0, 3.5, 18.0, 22.5]),
                        Part::new("exit", [-12.0, -25.0, -4.2, 6.0]),
                    ],
                },
            ),
        ),
        (
            "ecdf",
            chart(
                "Nine of ten small jobs start within 16 hours",
                "Distribution of waits",
                Axis::log("Wait [h], log scale"),
                Axis::linear("Share of jobs [-]"),
                Kind::Steps {
                    series: vec![ecdf(8.0), ecdf(64.0), ecdf(512.0)],
                    references: vec![Reference { name: "90 %".into(), value: 0.9 }],
                },
            ),
        ),
        (
            "gantt",
            chart(
                "71 % of the chips of 2 queues are held in the 24 h from 2017-10-09 00:00",
                "A rectangle a job, its chips up and its time along",
                Axis::clock("Time since 2017-10-09 00:00 [h]"),
                Axis::categories(""),
                Kind::Gantt {
                    bands: vec![
                        Band { name: "11cb48 (16 chips)".into(), size: 16.0, bars: bars(16) },
                        Band { name: "b (4 chips)".into(), size: 4.0, bars: bars(4) },
                    ],
                    classes: vec![
                        ("started at once".into(), 0),
                        ("waited up to 1 h".into(), 5),
                        ("waited longer".into(), 1),
                    ],
                },
            ),
        ),
        (
            "waterfall",
            chart(
                "62 % of capacity is allocated, 90 % of that is work that was kept",
                "Chip-hours",
                Axis::categories(""),
                Axis::linear("Chip-hours"),
                Kind::Waterfall {
                    steps: [
                        ("capacity", 1_000_000.0, false),
                        ("idle", 380_000.0, true),
                        ("allocated", 620_000.0, false),
                        ("checkpoint", 20_000.0, true),
                        ("lost", 31_000.0, true),
                        ("restart", 11_000.0, true),
                        ("yielding", 0.0, true),
                        ("productive", 558_000.0, false),
                    ]
                    .into_iter()
                    .enumerate()
                    .map(|(slot, (name, value, taken))| Step { name: name.into(), value, taken, slot })
                    .collect(),
                },
            ),
        ),
        (
            "frontier",
            chart(
                "Six ways to wait less, and what they cost",
                "Of one run",
                Axis::linear("Bill of the cloud [USD]"),
                Axis::log("Mean wait [h], log scale; an open dot is 0"),
                Kind::Frontier {
                    points: [
                        ("fifo", 0.0, 21.0),
                        ("skip ahead", 0.0, 20.5),
                        ("sjf", 0.0, 4.0),
                        ("overflow after 8 h", 120_000.0, 3.8),
                        ("overflow after 1 h", 260_000.0, 0.6),
                        ("no wait", 400_000.0, 0.0),
                    ]
                    .map(|(name, x, y)| Spot { name: name.into(), x, y, ends: [None, Some((0.9 * y, 1.1 * y))] })
                    .to_vec(),
                },
            ),
        ),
        (
            "panels",
            chart("p99 is what load breaks first", "Of one run", Axis::linear("Load [-]"), Axis::linear(""), panels()),
        ),
        ("trade_off", chart("Slower is cheaper", "Of one run", Axis::log("TPOT [ms]"), Axis::linear(""), trade_off())),
        (
            "empty",
            chart(
                "Spot prices",
                "Future \u{201c}exit\u{201d}",
                Axis::dates(),
                Axis::linear("USD/h"),
                Kind::Lines { series: vec![Line::new("spot", [(2026.0, f64::NAN)])], references: vec![] },
            ),
        ),
        (
            "many_lines",
            chart(
                "Twelve tenants in one small figure need room for their names",
                "",
                Axis::dates(),
                Axis::log("USD per chip-hour, log scale"),
                Kind::Lines {
                    series: (0..12)
                        .map(|i| {
                            line(&format!("tenant {i}"), &move |x| {
                                (1.0 + f64::from(i)) * (1.0 + 0.2 * wave(x, 2.0 + f64::from(i)))
                            })
                        })
                        .collect(),
                    references: vec![],
                },
            ),
        ),
    ]
}

/// Every sample is drawn at both sizes; for the eye they are left in target/report-samples.
#[test]
fn draws_samples() {
    let folder = std::path::Path::new("target/report-samples");
    std::fs::create_dir_all(folder).unwrap();
    for (name, chart) in samples() {
        let size = if name == "many_lines" { Size { width: 480, height: 260 } } else { Size::default() };
        let narrow = to_png(&chart, Size { width: 480, height: 240 });
        std::fs::write(folder.join(format!("{name}_narrow.png")), narrow).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), to_png(&chart, size)).unwrap();
        std::fs::write(folder.join(format!("{name}.svg")), to_svg(&chart, size)).unwrap();
    }
}

#[test]
fn the_same_chart_gives_the_same_bytes() {
    for (name, chart) in samples() {
        let size = Size { width: 420, height: 240 };
        let png = to_png(&chart, size);
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n", "{name}");
        assert!(png == to_png(&chart, size), "{name}: PNG differs from itself");
        assert_eq!(to_svg(&chart, size), to_svg(&chart, size), "{name}");
    }
}

/// Every tag that opens closes, in order; attributes are quoted; words are escaped.
#[test]
fn svg_is_well_formed_and_names_itself() {
    for (name, mut chart) in samples() {
        chart.title = "A < B & \"C\" </svg>\u{0}\n<script>".into();
        let svg = to_svg(&chart, Size::default());
        assert!(svg.starts_with("<svg ") && svg.contains("role=\"img\"") && svg.contains("<desc>"), "{name}");
        assert!(svg.contains("<title>A &lt; B &amp; \"C\" &lt;/svg&gt;  &lt;script&gt;</title>"), "{name}");
        let mut open: Vec<String> = Vec::new();
        for piece in svg.split('<').skip(1) {
            let (tag, text) = piece.split_once('>').expect("a tag ends");
            assert!(!text.contains('>') && tag.matches('"').count() % 2 == 0, "{name}: {piece}");
            let word = tag.trim_start_matches('/').split([' ', '/']).next().unwrap().to_string();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(word), "{name}");
            } else if !tag.ends_with('/') {
                open.push(word);
            }
        }
        assert!(open.is_empty(), "{name}: {open:?} left open");
    }
}

/// No word or mark of any sample leaves its sheet, wide or narrow.
#[test]
fn nothing_is_clipped() {
    for ((name, chart), width) in samples().into_iter().flat_map(|s| [480, 640, 1100].map(|w| (s.clone(), w))) {
        let scene = compose(&chart, Size { width, height: 260 });
        let inside = |x: f64, y: f64, what: &str| {
            let good = 0.0 <= x && x <= scene.width && 0.0 <= y && y <= scene.height;
            assert!(good, "{name} at {width}: {what} at {x:.1},{y:.1} outside {}x{}", scene.width, scene.height);
        };
        for mark in &scene.marks {
            match mark {
                scene::Mark::Polygon { points, .. } | scene::Mark::Stroke { points, .. } => {
                    points.iter().for_each(|p| inside(p.0, p.1, "mark"));
                }
                scene::Mark::Text { at, words, em, face, anchor, .. } => {
                    let wide = font::width(words, *em, *face);
                    let left = match anchor {
                        scene::Anchor::Start => at.0,
                        scene::Anchor::Middle => at.0 - wide / 2.0,
                        scene::Anchor::End => at.0 - wide,
                    };
                    inside(left, at.1 - 0.8 * em, words);
                    inside(left + wide, at.1 + 0.25 * em, words);
                }
            }
        }
    }
}

/// No two words of any sample cover each other.
#[test]
fn words_do_not_overlap() {
    for ((name, chart), width) in samples().into_iter().flat_map(|s| [480, 860].map(|w| (s.clone(), w))) {
        let scene = compose(&chart, Size { width, height: 300 });
        let boxes: Vec<(f64, f64, f64, f64, &str)> = scene
            .marks
            .iter()
            .filter_map(|m| match m {
                scene::Mark::Text { at, words, em, face, anchor, .. } => {
                    let wide = font::width(words, *em, *face);
                    let left = match anchor {
                        scene::Anchor::Start => at.0,
                        scene::Anchor::Middle => at.0 - wide / 2.0,
                        scene::Anchor::End => at.0 - wide,
                    };
                    Some((left, left + wide, at.1 - 0.72 * em, at.1, words.as_str()))
                }
                scene::Mark::Polygon { .. } | scene::Mark::Stroke { .. } => None,
            })
            .collect();
        for (i, a) in boxes.iter().enumerate() {
            for b in &boxes[i + 1..] {
                let apart = a.1 <= b.0 || b.1 <= a.0 || a.3 <= b.2 || b.3 <= a.2;
                assert!(apart, "{name} at {width}: {:?} covers {:?}", a, b);
            }
        }
    }
}

/// Without a finite number the chart says so, in the words of the caller.
#[test]
fn an_empty_chart_says_why() {
    let none: Vec<Kind> = vec![
        Kind::Lines { series: vec![], references: vec![Reference { name: "10 %".into(), value: 10.0 }] },
        Kind::StackedArea { x: vec![], areas: vec![], overlays: vec![] },
        Kind::StackedBars { categories: vec![], parts: vec![], net: None },
        Kind::Bars { categories: strings(&["a"]), parts: vec![Part::of("p", vec![None])] },
        Kind::Intervals { rows: vec![] },
        Kind::Gantt { bands: vec![Band { name: "a".into(), size: 8.0, bars: vec![] }], classes: vec![] },
        Kind::Waterfall { steps: vec![] },
        Kind::Frontier { points: vec![] },
    ];
    for kind in none {
        let chart = chart("Waits", "", Axis::dates(), Axis::linear("h"), kind);
        assert!(to_svg(&chart, Size::default()).contains("no data: nothing ran"));
    }
}

/// One value, all zeros, huge and tiny numbers: still a chart.
#[test]
fn odd_data_is_drawn() {
    for values in
        [vec![0.0], vec![5.0], vec![0.0, 0.0], vec![-3.0], vec![1e300, 1.0], vec![1e-300], vec![7.0, 7.0 + 1e-15]]
    {
        for y in [Axis::linear("y"), Axis::log("y")] {
            let categories = (0..values.len()).map(|i| format!("c{i}")).collect::<Vec<_>>();
            let points = values.iter().enumerate().map(|(i, v)| (2026.0 + i as f64, *v)).collect::<Vec<_>>();
            for kind in [
                Kind::Lines { series: vec![Line::new("a", points.clone())], references: vec![] },
                Kind::Bars { categories: categories.clone(), parts: vec![Part::new("a", values.clone())] },
                Kind::StackedBars { categories, parts: vec![Part::new("a", values.clone())], net: None },
            ] {
                let svg = to_svg(&chart("t", "", Axis::dates(), y.clone(), kind), Size { width: 400, height: 240 });
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{values:?}");
            }
        }
    }
}

#[test]
fn characters_without_a_glyph_are_reported() {
    let mut chart = samples().remove(0).1;
    assert_eq!(missing_glyphs(&chart), [' '; 0]);
    chart.title = "算力 needs \u{6F22}".into();
    assert_eq!(missing_glyphs(&chart), ['力', '漢', '算']);
}

/// Bars say every value, on a log axis also a nought and the smallest one, which stands clear of the foot.
#[test]
fn every_bar_has_its_number() {
    for (name, chart) in samples() {
        let Kind::Bars { parts, .. } = &chart.kind else { continue };
        let scene = compose(&chart, Size::default());
        let words: Vec<&str> = scene.texts().collect();
        for value in parts.iter().flat_map(|p| p.values.iter().flatten()) {
            assert!(words.contains(&short(*value).as_str()), "{name}: {value} is not said");
        }
    }
}
