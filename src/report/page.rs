//! A finished study as its reader sees it: charts, `report.html` and the table on a terminal, all from the CSV texts and `manifest.json` alone.
//! It computes no result, so that the same files always give the same page.
use std::path::{Path, PathBuf};

use super::chart::{self, Chart, Size};
use super::folder::{self, FolderError};
use super::html;

mod campaigns;
mod cash;
mod chip_hours;
mod data;
mod find;
mod fractions;
mod futures;
mod layout;
mod manifest;
mod npv;
mod parts;
mod power;
#[cfg(test)]
mod sample;
mod shares;
mod sheet;
mod tables;
mod terminal;
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
    /// The chart; `None` when the study does not hold what it needs.
    pub build: fn(&Data) -> Option<Chart>,
}

/// Every chart, in reading order.
pub const CHARTS: &[ChartEntry] = &[
    ChartEntry { name: "npv", what: "NPV by strategy", needs: "a cloud's money", build: npv::build },
    ChartEntry {
        name: "futures",
        what: "NPV by future and strategy",
        needs: "at least two futures",
        build: futures::build,
    },
    ChartEntry {
        name: "power",
        what: "Power by pool at the end of each year",
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
    let charts: Vec<(&ChartEntry, Chart)> = CHARTS.iter().filter_map(|e| Some((e, (e.build)(data)?))).collect();
    let left_out: Vec<&ChartEntry> = CHARTS.iter().filter(|e| charts.iter().all(|c| c.0.name != e.name)).collect();
    let mut files = Vec::new();
    for (entry, chart) in &charts {
        files.push((format!("charts/{}.png", entry.name), chart::to_png(chart, Size::default())));
        files.push((format!("charts/{}.svg", entry.name), chart::to_svg(chart, Size::default()).into_bytes()));
    }
    files.push(("report.html".to_string(), html::render(&layout::page(data, &charts, &left_out)).into_bytes()));
    files
}

/// Write the charts and the page of a finished folder again from its tables, which stay byte for byte; returns what was read.
pub fn rebuild(place: &Path) -> Result<Data, RebuildError> {
    let kept = folder::read(place, &["charts", "report.html"])
        .map_err(|(path, source)| RebuildError::Read { path, source })?;
    let is_text = |name: &str| name.ends_with(".csv") || name == folder::MANIFEST;
    let text = |(name, bytes): &(String, Vec<u8>)| (name.clone(), String::from_utf8_lossy(bytes).into_owned());
    let texts: Vec<(String, String)> = kept.iter().filter(|f| is_text(&f.0)).map(text).collect();
    let data = Data::parse(&texts)?;
    let made = pages(&data);
    let all = kept.iter().chain(&made).map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    folder::write_all(place, all)?;
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(files: &[(String, String)]) -> Data {
        Data::parse(files).unwrap()
    }

    #[test]
    #[ignore = "writes pages for the eye into target/report-samples"]
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
