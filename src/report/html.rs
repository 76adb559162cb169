//! One HTML page that opens without a network: the question, the verdict, charts each with its table, sources, and what is not modelled.
//! It escapes every word it is given; only finished SVG charts are taken as they are.
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, context};
use serde::Serialize;

use super::chart::palette;

/// A report page.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Page {
    /// Name of the scenario or study.
    pub title: String,
    /// The question it answers, as the user put it.
    pub question: String,
    /// The answer in a few sentences, each a paragraph.
    pub verdict: Vec<String>,
    /// In reading order; each is an entry of the table of contents.
    pub sections: Vec<Section>,
    /// Every assumption with its source; a table of its own at the end.
    pub assumptions: Option<TableView>,
    /// What the model leaves out, one sentence each.
    pub not_modelled: Vec<String>,
    /// Last line: version, seed, as-of date.
    pub footer: String,
}

/// One finding: words, a chart, and the numbers of that chart.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Section {
    /// The finding or the name of the part.
    pub heading: String,
    /// Plain text, one a paragraph.
    pub paragraphs: Vec<String>,
    /// The SVG of [`super::chart::to_svg`], inserted unescaped: never pass a user's text here.
    pub chart: Option<String>,
    /// The numbers, under the chart.
    pub table: Option<TableView>,
    /// Small print under the table.
    pub notes: Vec<String>,
}

/// A table ready to show.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TableView {
    /// What the rows are.
    pub caption: String,
    /// Names of the columns, units included.
    pub headers: Vec<String>,
    /// Whether a column holds numbers (right aligned); missing entries mean words.
    pub numeric: Vec<bool>,
    /// Cells as shown; an empty string stays an empty cell.
    pub rows: Vec<Vec<String>>,
    /// Columns in bold: the range over draws, which is the risk.
    pub strong: Vec<usize>,
    /// Columns in grey: the simulation error.
    pub faint: Vec<usize>,
}

/// The page as one HTML file.
pub fn render(page: &Page) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).build().expect("the usual delimiters"));
    environment.add_template("page", include_str!("html/page.html.jinja")).expect("our own template parses");
    let template = environment.get_template("page").expect("it was just added");
    let css = format!("{}\n{}", include_str!("html/page.css"), dark_charts());
    template.render(context! { page => Serde(page), css }).expect("our own template renders every page")
}

/// Charts carry the colours of paper as attributes; in the dark the page exchanges the neutral ones.
fn dark_charts() -> String {
    let neutral = [
        (palette::PAPER, "--paper"),
        (palette::INK, "--ink"),
        (palette::GREY, "--grey"),
        (palette::ERROR, "--grey"),
        (palette::GRID, "--line"),
        (palette::AXIS, "--grey"),
    ];
    let rules = neutral.map(|(color, name)| {
        let hex = color.hex();
        format!("  figure svg [fill=\"{hex}\"] {{ fill: var({name}); }} figure svg [stroke=\"{hex}\"] {{ stroke: var({name}); }}")
    });
    // The palette's blue and wine are too deep for a dark ground.
    let deep = [(palette::series(0), "#3d9bd9"), (palette::series(7), "#c65f93")].map(|(color, light)| {
        let hex = color.hex();
        format!(
            "  figure svg [fill=\"{hex}\"] {{ fill: {light}; }} figure svg [stroke=\"{hex}\"] {{ stroke: {light}; }}"
        )
    });
    let rules = [rules.join("\n"), deep.join("\n")];
    format!("@media screen and (prefers-color-scheme: dark) {{\n{}\n}}", rules.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Page {
        let chart = |name: &str| {
            let found = crate::report::chart::tests::samples().into_iter().find(|s| s.0 == name).unwrap().1;
            Some(crate::report::chart::to_svg(&found, Default::default()))
        };
        let words = |w: &[&str]| w.iter().map(|s| (*s).to_string()).collect::<Vec<_>>();
        let npv = TableView {
            caption: "Net present value by strategy [USD bn]".into(),
            headers: words(&["Strategy", "p05", "p50", "p95", "share not known", "simulation error"]),
            numeric: vec![false, true, true, true, true, true],
            rows: vec![
                words(&["build as planned", "\u{2212}8.3", "2.1", "9.7", "71 %", "\u{b1}0.6"]),
                words(&["sell the reserve", "0.4", "1.1", "1.7", "", ""]),
            ],
            strong: vec![1, 3],
            faint: vec![5],
        };
        let assumptions = TableView {
            caption: "Assumptions with sources".into(),
            headers: words(&["Path", "Value", "Range", "Source", "As of", "Confidence"]),
            numeric: vec![false, true, true, false, false, false],
            rows: vec![
                words(&[
                    "pools.trn2.price_usd_per_chip_hour",
                    "1.34",
                    "1.1 to 1.6",
                    "public price list, capacity blocks",
                    "2026-09-30",
                    "high",
                ]),
                words(&["labs.anthropic.growth", "0.9", "0.4 to 1.6", "estimate", "2026-10-01", "low"]),
            ],
            ..TableView::default()
        };
        let section = |heading: &str, name: &str, table: Option<TableView>| Section {
            heading: heading.into(),
            paragraphs: words(&[
                "The wide bar is the risk over draws; the thin grey line is what more runs would remove.",
            ]),
            chart: chart(name),
            table,
            notes: words(&["Means over the cell, so that rows add up."]),
        };
        Page {
            title: "Both labs".into(),
            question: "What happens to the second campus if one lab leaves in 2027?".into(),
            verdict: words(&[
                "Delaying the second campus is better in 71 % of draws and loses at most USD 2.4 bn.",
                "Two tenants hold over half of revenue until 2029.",
            ]),
            sections: vec![
                section("Waiting gives up little and avoids the worst", "npv", Some(npv.clone())),
                section("Site capacity binds from mid 2027 on", "power", Some(npv)),
                section("Two tenants stay over 25 % until 2029", "shares", None),
            ],
            assumptions: Some(assumptions),
            not_modelled: words(&["Network topology within a site.", "Taxes other than income tax."]),
            footer: "hedgerow 0.1.0, seed 42".into(),
        }
    }

    /// For the eye.
    #[test]
    fn writes_sample_page() {
        std::fs::create_dir_all("target/report-samples").unwrap();
        std::fs::write("target/report-samples/report.html", render(&sample())).unwrap();
    }

    /// A user's words never become markup; the chart does; nothing is fetched.
    #[test]
    fn words_are_escaped_and_charts_are_not() {
        let evil = "<script>alert(1)</script> & \"q\" {{ page }}";
        let table = TableView {
            caption: evil.into(),
            headers: vec![evil.into()],
            numeric: vec![],
            rows: vec![vec![evil.into()]],
            ..TableView::default()
        };
        let section = Section {
            heading: evil.into(),
            paragraphs: vec![evil.into()],
            table: Some(table.clone()),
            notes: vec![evil.into()],
            ..sample().sections.remove(0)
        };
        let page = Page {
            title: evil.into(),
            question: evil.into(),
            verdict: vec![evil.into()],
            sections: vec![section],
            assumptions: Some(table),
            not_modelled: vec![evil.into()],
            footer: evil.into(),
        };
        let html = render(&page);
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;"));
        assert!(html.contains("{{ page }}") && html.contains("<svg xmlns=") && html.contains("role=\"img\""));
        let outside = html.replace("http://www.w3.org/2000/svg", "");
        assert!(!outside.contains("http:") && !outside.contains("https:") && !outside.contains("src="));
    }

    #[test]
    fn a_page_is_the_same_twice_and_an_empty_one_is_still_a_page() {
        assert_eq!(render(&sample()), render(&sample()));
        let html = render(&Page::default());
        assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"));
        assert!(!html.contains("<nav") && !html.contains("Not modelled"));
    }
}
