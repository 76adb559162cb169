//! A finished study as its reader sees it: charts, `report.html` and the table on a terminal, all from the CSV texts and `manifest.json` alone.
//! It computes no result, so that the same files always give the same page.
use std::path::{Path, PathBuf};

use super::chart::{self, Chart, Size};
use super::folder::{self, FolderError};
use super::html::{self, TableView};

mod attainment;
mod campaigns;
mod cash;
mod chip_hours;
mod data;
mod day;
mod find;
mod fractions;
mod frontier;
mod futures;
mod goodput;
mod intact;
mod layout;
mod manifest;
mod model_error;
mod npv;
mod parts;
mod power;
#[cfg(test)]
mod sample;
mod served;
mod shares;
mod sheet;
mod tables;
mod terminal;
pub mod tier_check;
mod together;
mod vendors;
mod verdict;
mod waits;
mod words;

pub use data::{Data, DataError};
pub use manifest::Manifest;
pub use terminal::terminal;

/// A chart of the report.
pub struct ChartEntry {
    /// Name of its files: `charts/<name>.png` and `.svg`.
    pub name: &'static str,
    /// What it shows, one line.
    pub what: &'static str,
    /// What a study must hold for it.
    pub needs: &'static str,
    /// The chart with its numbers; `None` when the study does not hold what it needs.
    pub build: fn(&Data) -> Option<Drawn>,
}

/// A chart with its numbers.
pub struct Drawn {
    /// The picture.
    pub chart: Chart,
    /// Its numbers, with intervals where the tables hold them.
    pub table: TableView,
    /// What to know of them, small print.
    pub notes: Vec<String>,
}

/// Name of the chart of the windows that both tiers played; `verify serving` draws it too.
pub const MODEL_ERROR: &str = "model_error";

/// Every chart, in reading order.
pub const CHARTS: &[ChartEntry] = &[
    ChartEntry {
        name: "frontier",
        what: "Waits against what the labs are billed, by strategy",
        needs: "strategies and a pool to overflow to, spot or capacity blocks",
        build: frontier::build,
    },
    ChartEntry { name: "npv", what: "NPV by strategy", needs: "a cloud's money", build: npv::build },
    ChartEntry {
        name: "futures",
        what: "NPV by future and strategy",
        needs: "at least two futures",
        build: futures::build,
    },
    ChartEntry {
        name: "power",
        what: "Power by pool, month by month",
        needs: "pools with a stated power",
        build: power::build,
    },
    ChartEntry {
        name: "chip_hours",
        what: "Chip-hours by lab and year",
        needs: "contracts of labs",
        build: chip_hours::build,
    },
    ChartEntry { name: "cash", what: "Cash by fiscal year and line", needs: "a cloud's money", build: cash::build },
    ChartEntry {
        name: "shares",
        what: "Shares of labs in revenue",
        needs: "labs that are billed",
        build: shares::build,
    },
    ChartEntry {
        name: "vendors",
        what: "Shares of silicon vendors by unit",
        needs: "shares by silicon vendor",
        build: vendors::build,
    },
    ChartEntry { name: "waits", what: "Waits by workload", needs: "jobs", build: waits::build },
    ChartEntry {
        name: "campaigns",
        what: "Dates at which campaigns finish",
        needs: "training campaigns",
        build: campaigns::build,
    },
    ChartEntry {
        name: "day",
        what: "A day of one pool: serving, training, starting, idle, down",
        needs: "services and `[run] ticks = true`",
        build: day::build,
    },
    ChartEntry {
        name: "attainment",
        what: "What services promise and keep, month by month, and what they shed",
        needs: "services",
        build: attainment::build,
    },
    ChartEntry {
        name: MODEL_ERROR,
        what: "Hourly tier less requests one by one, window by window against load, with tolerances",
        needs: "services and `[run] model_error_windows`",
        build: model_error::build,
    },
    ChartEntry { name: "fractions", what: "The four fractions by pool", needs: "pools", build: fractions::build },
];

/// Why a page could not be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The tables do not read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The folder could not be written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file could not be read.
    #[error("cannot read {path}; name the folder of a finished study, for example output/dual-bet", path = .path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Charts and page of a study as (path in its folder, bytes).
pub fn pages(data: &Data) -> Vec<(String, Vec<u8>)> {
    let mut charts: Vec<(&ChartEntry, Drawn)> = CHARTS.iter().filter_map(|e| Some((e, (e.build)(data)?))).collect();
    for (_, drawn) in &mut charts {
        drawn.chart.subtitle = words::sentence(&drawn.chart.subtitle);
    }
    let left_out: Vec<&ChartEntry> = CHARTS.iter().filter(|e| charts.iter().all(|c| c.0.name != e.name)).collect();
    let mut files: Vec<(String, Vec<u8>)> =
        charts.iter().flat_map(|(entry, drawn)| pictures(entry.name, &drawn.chart)).collect();
    files.push(("report.html".to_string(), html::render(&layout::page(data, &charts, &left_out)).into_bytes()));
    files
}

/// A chart as the two files that it stands in: (path in the folder, bytes).
pub fn pictures(name: &str, chart: &Chart) -> [(String, Vec<u8>); 2] {
    [
        (format!("charts/{name}.png"), chart::to_png(chart, Size::default())),
        (format!("charts/{name}.svg"), chart::to_svg(chart, Size::default()).into_bytes()),
    ]
}

/// Write the charts and the page of a finished folder, of a study or of `verify serving`, again from its tables, which stay byte for byte.
pub fn rebuild(place: &Path) -> Result<(), RebuildError> {
    let kept = folder::read(place, &["charts", "report.html"])
        .map_err(|(path, source)| RebuildError::Read { path, source })?;
    let is_text = |name: &str| name.ends_with(".csv") || name == folder::MANIFEST;
    let text = |(name, bytes): &(String, Vec<u8>)| (name.clone(), String::from_utf8_lossy(bytes).into_owned());
    let texts: Vec<(String, String)> = kept.iter().filter(|f| is_text(&f.0)).map(text).collect();
    let manifest = texts.iter().find(|f| f.0 == folder::MANIFEST).ok_or(DataError::NoManifest)?;
    let told = Manifest::parse(&manifest.1)?;
    intact::check(&told, &kept)?;
    let made = if told.kind == tier_check::KIND {
        let table = texts.iter().find(|f| f.0 == tier_check::TABLE).map_or("", |f| f.1.as_str());
        tier_check::pages(&manifest.1, table)?
    } else {
        pages(&Data::parse(&texts)?)
    };
    let all = kept.iter().chain(&made).map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    Ok(folder::write_all(place, all)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(files: &[(String, String)]) -> Data {
        Data::parse(files).unwrap()
    }

    /// A study with money has every chart twice and the page; of a queue the page says what is not drawn, and why.
    #[test]
    fn charts_without_data_are_named_and_not_drawn() {
        let names = |files: &[(String, Vec<u8>)]| files.iter().map(|f| f.0.clone()).collect::<Vec<_>>();
        let study = pages(&data(&sample::files()));
        // All but the frontier, the day, the attainment and the model error: that study has no pool to overflow to, and no service.
        assert_eq!(study.len(), 2 * (CHARTS.len() - 4) + 1);
        assert_eq!(study, pages(&data(&sample::files())));
        let theory = pages(&data(&sample::theory()));
        let drawn =
            ["charts/waits.png", "charts/waits.svg", "charts/fractions.png", "charts/fractions.svg", "report.html"];
        assert_eq!(names(&theory), drawn);
        let html = String::from_utf8(theory.last().unwrap().1.clone()).unwrap();
        assert!(html.contains("cash (needs a cloud&#x27;s money)"), "{html}");
        assert!(html.contains("theory.jobs waits 60.2 \u{b1}0.72 s on average"));
    }

    /// Every chart says n, and of which date its inputs are: the latest source, 2026-04-20; what is not a date is none; a study without
    /// a source says nothing.
    #[test]
    fn subtitles_say_the_date_of_the_inputs() {
        let mut study = data(&sample::files());
        study.assumptions[0].as_of = "recalled, 2031".into();
        let charts = pages(&study);
        let svgs: Vec<String> = charts
            .iter()
            .filter(|(name, _)| name.ends_with(".svg"))
            .map(|(_, bytes)| String::from_utf8(bytes.clone()).unwrap())
            .collect();
        assert!(6 <= svgs.len(), "{}", svgs.len());
        for svg in &svgs {
            let told = svg.split("<desc>").nth(1).and_then(|rest| rest.split("</desc>").next()).unwrap();
            assert!(told.contains("nputs as of 2026-04-20; "), "{told}");
        }
        study.assumptions.iter_mut().for_each(|row| row.as_of.clear());
        assert_eq!(study.as_of(), None);
        assert!(!study.dated_provenance(Some(4.0)).contains("as of"));
    }

    /// The baseline's rows are zero apart, ranges that span zero are never called higher, and nothing is said over all futures at once.
    #[test]
    fn the_verdict_says_higher_only_where_no_interval_spans_zero() {
        let said = verdict::sentences(&data(&sample::files()));
        let want = "Against strategy neither, run by run: both has the higher NPV in boom; both cannot be told apart from it in \
                    baseline and openai_fails_2028; anthropic_only cannot be told apart from it in all 3 futures.";
        assert_eq!((said.len(), said[1].as_str()), (3, want));
        assert!(said[0].starts_with("Margins of anthropic and openai"), "{}", said[0]);
        assert!(said[2].contains("so its sign is not known"), "{}", said[2]);
    }

    /// What is not modelled is the first line under the table; strategies that are the same are named, not counted twice.
    #[test]
    fn the_terminal_shows_every_future_apart() {
        let text = terminal(&data(&sample::files()));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[12].starts_with("  not modelled: tax and financing"), "{text}");
        assert!(lines[..14].iter().all(|l| l.chars().count() < 130), "{text}");
        assert!(text.contains(
            "host_and_resell_both_invest_in_none = both (differs only in: conditional equity, not modelled)"
        ));
        assert!(text.contains("both against neither: +1,140 MW at the end, USD +40\u{a0}bn of capex"));
    }

    /// Of openai.frontier's jobs 8 of 1,008 had not started: below 1 %; of openai.finetune's 12 of 1,012, which is told. 10 of 1,000 unfinished
    /// is 1 % and not more.
    #[test]
    fn figures_of_cut_off_jobs_are_flagged() {
        let data = data(&sample::files());
        let told = data.censored(data.first_cell().unwrap());
        let want = "openai.finetune: 1\u{a0}% of its jobs had not started at the end: they count with their time so far, and the figures \
                    are lower bounds";
        assert_eq!(told, [want]);
        let html = String::from_utf8(pages(&data).pop().unwrap().1).unwrap();
        assert!(html.contains("openai.finetune: 1\u{a0}% of its jobs"), "the page flags it");
    }

    /// A cell is the same as another in its own future only: what holds in one of three is not said of all.
    #[test]
    fn a_strategy_may_be_the_same_in_one_future() {
        let mut data = data(&sample::files());
        assert_eq!(data.same().len(), 1);
        data.manifest.same_as.retain(|(_, future, _)| future == "boom");
        data.manifest.same_as.push((
            "anthropic_only".into(),
            "boom".into(),
            "= neither (differs only in: nothing)".into(),
        ));
        let want = [
            "host_and_resell_both_invest_in_none = both (differs only in: conditional equity, not modelled) in boom",
            "anthropic_only = neither (differs only in: nothing) in boom",
        ];
        assert_eq!(data.same(), want);
    }

    /// A rebuilt folder keeps its tables byte for byte, loses stale charts, and has the same page again.
    #[test]
    fn a_folder_is_rebuilt_from_its_tables() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("study");
        let files = sample::theory();
        let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_bytes()));
        folder::write_all(&place, texts.chain([("charts/stale.png", b"x".as_slice()), ("notes/mine.txt", b"y")]))
            .unwrap();
        rebuild(&place).unwrap();
        let there = folder::read(&place, &[]).unwrap();
        let find = |name: &str| there.iter().find(|f| f.0 == name).map(|f| f.1.clone());
        assert_eq!(find("summary.csv").unwrap(), files[1].1.as_bytes());
        assert_eq!(find("report.html"), pages(&data(&files)).pop().map(|f| f.1));
        assert_eq!(find("charts/stale.png"), None);
        assert_eq!(std::fs::read(place.join("notes/mine.txt")).unwrap(), b"y");
        assert!(rebuild(&home.path().join("absent")).unwrap_err().to_string().contains("finished study"));
    }

    /// Every page and chart of both samples is drawn; for the eye they are left in target/report-samples.
    #[test]
    fn writes_sample_pages() {
        for (name, files) in [("study", sample::files()), ("theory", sample::theory())] {
            let data = data(&files);
            for (path, bytes) in pages(&data) {
                let path = Path::new("target/report-samples").join(name).join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
            std::fs::write(format!("target/report-samples/{name}/terminal.txt"), terminal(&data)).unwrap();
        }
    }
}
