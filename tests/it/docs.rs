//! Generated documents are fresh. `UPDATE_EXPECT=1` rewrites them.

use hedgerow::{cli, report, spec};

/// Fails where the file does not say `text`.
pub fn fresh(file: &str, text: &str) {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::create_dir_all("docs").expect("docs can be made");
        std::fs::write(file, text).expect("the document is writable");
    }
    let found = std::fs::read_to_string(file).unwrap_or_default();
    assert!(found == text, "{file} is stale: run the tests with UPDATE_EXPECT=1 and look at what changed");
}

#[test]
fn the_manual_of_the_scenario_file_is_fresh() {
    fresh("docs/scenario.md", &spec::manual());
}

#[test]
fn the_schema_is_fresh() {
    fresh("docs/scenario.schema.json", &cli::schema_text());
}

#[test]
fn the_definitions_of_metrics_are_fresh() {
    fresh("docs/metrics.md", &report::listing::metrics_manual());
}

#[test]
fn the_data_dictionary_is_fresh() {
    fresh("docs/records.md", &report::columns::manual());
}
