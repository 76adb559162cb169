//! What an output folder holds, by its content: sums, units, directions, and what is told. Imports nothing of the crate.

use assert_cmd::Command;
use std::collections::BTreeMap;
use std::path::Path;

type Row = BTreeMap<String, String>;

fn rows(folder: &Path, file: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(folder.join(file)).expect("the table is there");
    reader.deserialize().map(|row| row.expect("a row of text")).collect()
}

/// A decimal as an integer of 10^-digits.
fn exact(text: &str, digits: usize) -> i128 {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    assert!(part.len() <= digits, "{text} has more than {digits} decimals");
    sign * format!("{whole}{part:0<digits$}").parse::<i128>().expect("a number")
}

/// 0 for a blank.
fn number(row: &Row, column: &str) -> f64 {
    let text = row[column].as_str();
    if text.is_empty() { 0.0 } else { text.parse().unwrap_or_else(|_| panic!("{column} = {text:?} in {row:?}")) }
}

/// The shipped study, two draws of one replication.
#[test]
fn tables_say_what_their_columns_promise() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("hedgerow"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["run", "scenarios/dual-bet.toml", "--quiet"]);
    command.args(["--draws", "2", "--replications", "1", "-o"]).arg(&out).assert().success();
    a_ledger_line_multiplies_out(&rows(&out, "ledger.csv"));
    tenants_hold_each_hour_once(&rows(&out, "tenants.csv"), &rows(&out, "summary.csv"));
    less_cost_is_better(&rows(&out, "differences.csv"));
    concentration_is_on_its_scales(&rows(&out, "concentration.csv"));
    what_is_told_is_told_once(&out);
}

/// quantity x rate_usd is amount_usd within half a micro-dollar and what the twelfth decimal of the quantity is worth: exact integers.
fn a_ledger_line_multiplies_out(ledger: &[Row]) {
    let mut units: BTreeMap<&str, &str> = BTreeMap::new();
    for row in ledger {
        let (quantity, rate) = (exact(&row["quantity"], 12), exact(&row["rate_usd"], 9));
        let off = (quantity * rate - exact(&row["amount_usd"], 6) * 10_i128.pow(15)).abs();
        assert!(off <= 5 * 10_i128.pow(14) + rate / 2 + 1, "{off} x 1e-21 USD off: {row:?}");
        assert!(["yes", "no"].contains(&row["internal"].as_str()), "{row:?}");
        units.insert(&row["kind"], &row["unit"]);
    }
    let want = [
        ("capex_delivery", "chips"),
        ("capex_order", "chips"),
        ("facility", "MW-h"),
        ("operations", "MW-h"),
        ("power", "MWh"),
        ("reservation", "chip-h"),
        ("tranche", "USD"),
    ];
    for (kind, unit) in want {
        assert_eq!(units.get(kind), Some(&unit), "{kind}");
    }
}

/// Over a year, the rows of a lab and pool hold what its gangs and its reservation held, and those paid by guarantee are the guarantee.
fn tenants_hold_each_hour_once(tenants: &[Row], summary: &[Row]) {
    type Key = [String; 5];
    let key = |row: &Row, year: &str, lab: &str, pool: &str| -> Key {
        [row["strategy"].clone(), row["future"].clone(), year.into(), lab.into(), pool.into()]
    };
    let (mut held, mut guaranteed) = (BTreeMap::<Key, f64>::new(), BTreeMap::<Key, f64>::new());
    for row in tenants {
        let key = key(row, &row["month"][..4], &row["lab"], &row["pool"]);
        *held.entry(key.clone()).or_default() += number(row, "held_chip_hours");
        if row["price_kind"] == "guaranteed" {
            *guaranteed.entry(key).or_default() += number(row, "held_chip_hours") + number(row, "unused_chip_hours");
        }
    }
    let (mut want, mut promised) = (BTreeMap::<Key, f64>::new(), BTreeMap::<Key, f64>::new());
    for row in summary.iter().filter(|row| row["period"] != "all") {
        let Some((who, pool)) = row["scope"].split_once('@') else { continue };
        let key = key(row, &row["period"], who.split('.').next().expect("a lab"), pool);
        match row["metric"].as_str() {
            "allocated_chip_hours" | "reserved_chip_hours" => *want.entry(key).or_default() += number(row, "mean"),
            "guaranteed_chip_hours" => *promised.entry(key).or_default() += number(row, "mean"),
            _ => {}
        }
    }
    for (what, got, want) in [("held", &held, &want), ("guaranteed", &guaranteed, &promised)] {
        assert!(50 < want.len() && want.values().any(|hours| 1e6 < *hours), "{what}: {} sums", want.len());
        for (key, hours) in want {
            let got = got.get(key).copied().unwrap_or(0.0);
            assert!((got - hours).abs() <= 1e-6 * hours + 1e-3, "{what} {key:?}: rows add up to {got}, not {hours}");
        }
    }
}

/// `both` builds more than `neither` in every draw: it is better in none by capex, and by megawatts there is no better.
fn less_cost_is_better(differences: &[Row]) {
    let of = |metric: &'static str| {
        let of = differences.iter().filter(move |row| row["metric"] == metric && row["versus"] == "neither");
        of.filter(|row| row["strategy"] == "both").collect::<Vec<_>>()
    };
    let capex = of("capex");
    assert!(!capex.is_empty());
    for row in capex {
        assert!(0.0 < number(row, "mean") && row["share_of_draws_better"] == "0", "{row:?}");
    }
    assert!(of("mw_used").iter().all(|row| row["share_of_draws_better"].is_empty()) && !of("mw_used").is_empty());
}

/// HHI of 0 to 10,000 is 10,000 over the effective number; every workload of the study states an MFU.
fn concentration_is_on_its_scales(rows: &[Row]) {
    let mut by_place: BTreeMap<[&str; 5], BTreeMap<&str, f64>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row["measure"] != "share") {
        let place = ["strategy", "future", "period", "axis", "base"].map(|column| row[column].as_str());
        by_place.entry(place).or_default().insert(&row["measure"], number(row, "p50"));
        if row["measure"] == "covered" {
            assert_eq!((row["base"].as_str(), number(row, "mean")), ("effective_flop", 1.0), "{row:?}");
        }
    }
    assert!(rows.iter().any(|row| row["measure"] == "covered"));
    for (place, at) in by_place {
        assert!(
            1.0 <= at["hhi"] && at["hhi"] <= 10_000.0 + 1e-6 && 1.0 - 1e-9 <= at["effective_number"],
            "{place:?}: {at:?}"
        );
    }
}

/// What is not modelled stands there once; draws beyond a field's bounds are told, in the notes and beside the assumption.
fn what_is_told_is_told_once(out: &Path) {
    let text = std::fs::read_to_string(out.join("manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let list = |key: &str| -> Vec<String> {
        let list = manifest[key].as_array().unwrap_or_else(|| panic!("{key} is no list"));
        list.iter().map(|v| v.as_str().unwrap_or_default().to_owned()).collect()
    };
    let (notes, not_modelled) = (list("notes"), list("not_modelled"));
    assert!(not_modelled.iter().all(|what| !notes.contains(what)), "{notes:#?}");
    let volume = "labs.anthropic.workloads.research.volume";
    assert!(notes.iter().any(|note| note.starts_with(volume) && note.contains("of draws lie above 1")), "{notes:#?}");
    let assumptions = rows(out, "assumptions.csv");
    let row = assumptions.iter().find(|row| row["path"] == volume).expect("the volume is an assumption");
    assert!(row["reason"].contains("of draws lie above 1"), "{row:?}");
    let same = manifest["same_as"].as_array().expect("a list of cells");
    assert!(same.iter().all(|cell| cell["strategy"].is_string() && cell["future"].is_string()), "{same:?}");
    assert!(same.len() >= 4, "the same in each of four futures: {same:?}");
}
