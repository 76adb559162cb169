use super::*;
use std::collections::BTreeSet;

fn catalog() -> &'static Catalog {
    Catalog::embedded()
}

/// The instances that the shipped scenarios' pools use.
const SHIPPED: [&str; 7] = [
    "trn2.48xlarge",
    "trn3-gen1-ultraserver",
    "trn3-gen2-ultraserver",
    "inf2.48xlarge",
    "p5en.48xlarge",
    "p6-b200.48xlarge",
    "u-p6e-gb200x72",
];

/// Source, as_of and confidence stand in every row (the reader refuses a blank one); here, that a source says something.
#[test]
fn every_row_says_where_it_comes_from() {
    let c = catalog();
    let rows = (c.chips.iter().map(|r| &r.provenance))
        .chain(c.instances.iter().map(|r| &r.provenance))
        .chain(c.prices.iter().map(|r| &r.provenance))
        .chain(c.models.iter().map(|r| &r.provenance))
        .chain(c.bedrock.iter().map(|r| &r.provenance))
        .chain(c.deals.iter().map(|r| &r.provenance))
        .chain(c.installed_base.iter().map(|r| &r.provenance))
        .chain(c.architectures.iter().map(|r| &r.provenance))
        .chain(c.efficiencies.iter().map(|r| &r.provenance))
        .chain(c.serving_points.iter().map(|r| &r.provenance));
    for provenance in rows {
        assert!(provenance.source.len() >= 6 && provenance.source != "same", "{provenance:?}");
        assert!("2019" <= provenance.as_of.as_str() && provenance.as_of.as_str() <= "2026-11-21", "{provenance:?}");
    }
}

fn assert_unique<T: Ord + std::fmt::Debug>(file: &str, keys: impl Iterator<Item = T>) {
    let mut seen = BTreeSet::new();
    for key in keys {
        let shown = format!("{key:?}");
        assert!(seen.insert(key), "{file}: twice {shown}");
    }
}

#[test]
fn no_key_stands_twice() {
    let c = catalog();
    assert_unique("chips", c.chips.iter().flat_map(|r| std::iter::once(&r.name).chain(&r.aliases)));
    assert_unique("instances", c.instances.iter().map(|r| &r.name));
    assert_unique(
        "prices",
        c.prices.iter().map(|r| (&r.cloud, &r.instance, &r.region, r.kind, &r.term, &r.provenance.as_of)),
    );
    assert_unique("fleet", c.fleets.iter().map(|r| &r.instance));
    assert_unique("models", c.models.iter().map(|r| &r.name));
    assert_unique("bedrock", c.bedrock.iter().map(|r| &r.model_id));
    assert_unique("deals", c.deals.iter().map(|r| &r.name));
    assert_unique("installed base", c.installed_base.iter().map(|r| (&r.owner, &r.group, &r.provenance.as_of)));
    assert_unique("lab finance", c.lab_finance.iter().map(|r| (&r.lab, &r.item, &r.period)));
    assert_unique("facility", c.facility.iter().map(|r| &r.key));
    assert_unique("reliability", c.reliability.iter().map(|r| &r.key));
    assert_unique(
        "architectures",
        c.architectures.iter().flat_map(|r| std::iter::once(&r.shape.name).chain(&r.aliases)),
    );
    assert_unique("links", c.links.iter().map(|r| &r.chip));
    assert_unique("efficiencies", c.efficiencies.iter().map(|r| (&r.vendor, &r.family)));
    assert_unique("training mfu", c.training_mfu.iter().map(|r| (&r.model, &r.chip, &r.precision)));
}

#[test]
fn shipped_pools_have_every_field_they_use() {
    for name in SHIPPED {
        let instance = catalog().instance(name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(catalog().missing_for_pool(instance), Vec::<String>::new(), "{name}");
    }
}

/// Trainium4 is announced without figures; a pool of it would be refused with these paths.
#[test]
fn a_blank_field_is_named_by_its_path() {
    let missing = catalog().chip("trn4").unwrap().missing_for_pool();
    assert!(missing.contains(&ChipField::TdpW) && missing.contains(&ChipField::UnitCostUsd), "{missing:?}");
    let a10g = catalog().instance("g5.xlarge").unwrap();
    assert_eq!(catalog().missing_for_pool(a10g), ["chips.a10g.unit_cost_usd", "fleet.g5.xlarge"]);
}

#[test]
fn not_published_is_neither_blank_nor_zero() {
    let c = catalog();
    assert!(c.chip("gb200").unwrap().packaging.is_not_published());
    assert!(c.chip("trainium2").unwrap().hbm_supplier.is_not_published());
    assert_eq!(c.chip("trainium2").unwrap().packaging.get().unwrap(), "TSMC CoWoS-S/R");
    assert!(c.chip("tpu-v6e").unwrap().foundry.is_not_published());
    assert_eq!(c.chip("a10g").unwrap().foundry.get().unwrap(), "Samsung");
    assert_eq!(c.chip("maia-200").unwrap().bf16_tflops().value(), None);
    let trn3 = c.price("trn3-gen2-ultraserver", "us-east-2", PriceKind::OnDemand).unwrap();
    assert_eq!((trn3.row.usd_per_chip_hour.value(), trn3.row.usd_per_chip_hour.status()), (None, "not published"));
}

/// 10,200 W / (8 x 700 W) = 1.8214; 80.3 W / 700 W = 0.1147; (.39 + .13 + .03 + .01) / .39 = 1.4359; 419 / (54 x 24 x 16,384) = 1.973e-5.
#[test]
fn ratios_are_those_of_the_rows_they_cite() {
    let c = catalog();
    let near =
        |value: Option<f64>, want: f64| assert!((value.unwrap() / want - 1.0).abs() < 1e-6, "{value:?} for {want}");
    near(c.chip("h200").unwrap().host_overhead().value(), 10_200.0 / 5_600.0);
    near(c.chip("h200").unwrap().idle_power_share().value(), 80.3 / 700.0);
    near(c.chip("gb200").unwrap().host_cost_ratio().value(), 0.56 / 0.39);
    near(c.chip("h100").unwrap().failures_per_chip_hour().value(), 419.0 / (54.0 * 24.0 * 16_384.0));
}

/// An instance's hour is its chips' hours: the two price columns agree to the cent.
#[test]
fn instance_price_is_chips_times_chip_price() {
    for row in &catalog().prices {
        if let (Some(whole), Some(each), "aws") =
            (row.usd_per_instance_hour, row.usd_per_chip_hour.value(), row.cloud.as_str())
        {
            let chips = catalog().instance(&row.instance).unwrap().chips as f64;
            assert!((whole - chips * each).abs() < 0.005, "{row:?}");
        }
    }
}

#[test]
fn a_price_is_borrowed_only_by_the_stated_rule() {
    let c = catalog();
    let asked = |instance, region, kind| c.price(instance, region, kind).map(|a| (a.row.region.as_str(), a.rule));
    assert_eq!(asked("p5.48xlarge", "eu-west-2", PriceKind::OnDemand), Some(("eu-west-2", PriceRule::SameRegion)));
    assert_eq!(asked("trn2.48xlarge", "us-west-2", PriceKind::OnDemand), Some(("us-east-2", PriceRule::EqualUsRegion)));
    assert_eq!(asked("p5en.48xlarge", "us-east-2", PriceKind::CapacityBlock), Some(("us", PriceRule::UsWide)));
    assert_eq!(asked("trn2.48xlarge", "us-west-2", PriceKind::CapacityBlock), None);
    assert_eq!(asked("p5en.48xlarge", "eu-central-1", PriceKind::OnDemand), None);
    assert_eq!(asked("p5.48xlarge", "us-east-1-dfw", PriceKind::Spot), None);
    let newest = c.price("p5en.48xlarge", "us-east-1", PriceKind::CapacityBlock).unwrap();
    assert_eq!(newest.because(), "p5en.48xlarge capacity_block in us of 2026-01 (holds for most US regions)");
    assert_eq!(newest.row.usd_per_instance_hour, Some(41.61));
}

#[test]
fn a_wrong_name_gets_the_nearest_ones() {
    let error = catalog().instance("trn2.48xlrage").unwrap_err();
    assert_eq!(error.suggestions[0], "trn2.48xlarge");
    assert!(
        error.to_string().starts_with("no instance `trn2.48xlrage` in the catalog; did you mean `trn2.48xlarge`"),
        "{error}"
    );
    assert_eq!(catalog().chip("tranium2").unwrap_err().suggestions[0], "trainium2");
    assert_eq!(catalog().chip("zzzzzzzzz").unwrap_err().suggestions, Vec::<String>::new());
}

/// The source dates some offers 2024-12-01, among them models of 2025: a placeholder, dropped. Real dates stay.
#[test]
fn bedrock_placeholder_dates_are_dropped() {
    let c = catalog();
    assert!(c.bedrock.iter().all(|offer| offer.release.as_deref() != Some("2024-12-01")));
    let of = |id: &str| c.bedrock.iter().find(|offer| offer.model_id == id).unwrap().release.as_deref();
    assert_eq!(of("amazon.nova-2-lite-v1:0"), None);
    assert_eq!(of("amazon.nova-pro-v1:0"), Some("2024-12-03"));
}

#[test]
fn the_chips_that_were_asked_for_are_there() {
    for name in [
        "trainium1",
        "trainium2",
        "trainium3",
        "inferentia1",
        "inferentia2",
        "a100",
        "h100",
        "h200",
        "b200",
        "b300",
        "gb200",
        "gb300",
    ]
    .into_iter()
    .chain(["l4", "l40s", "tpu-v5e", "tpu-v5p", "tpu-v6e", "tpu7x", "maia-100", "maia-200", "mi300x", "mi355x"])
    {
        assert!(catalog().chip(name).is_ok(), "{name}");
    }
}

#[test]
fn a_measured_utilization_comes_before_an_estimate() {
    let of = |chip, precision| catalog().training_mfu(chip, precision).map(|row| row.model.as_str());
    assert_eq!(of("h100-sxm", "bf16"), Some("Llama 3 405B"));
    assert_eq!(of("trainium2", "bf16"), Some("dense"));
    assert_eq!(of("trainium2", "fp4"), None);
}

/// Fields are stored by their place in the enum, so the list of them must stand in that order.
#[test]
fn chip_fields_are_listed_in_the_order_of_the_enum() {
    for (index, field) in ChipField::ALL.into_iter().enumerate() {
        assert_eq!(field as usize, index, "{}", field.name());
    }
}

/// A row that cannot be read stops with its file and line, whatever is wrong with it.
#[test]
fn a_bad_row_is_named_by_file_and_line() {
    let header = "value,low,high,status,source,as_of,confidence\n";
    for (row, why) in [
        ("1,,,sourced,page,2026,estimate", "do not go together"),
        ("1,,,estimate,guess,2026,estimate", "an estimate without a range"),
        ("9,1,2,estimate,guess,2026,estimate", "outside its range"),
        (",,,sourced,page,2026,high", "not a number"),
        ("0,,,not published,nobody,2026,none", "do not go together"),
        ("1,,,sourced,,2026,high", "`source` is blank"),
        ("1,,,sourced,page,soon,high", "not a date"),
    ] {
        let text = format!("{header}{row}\n");
        let caught = std::panic::catch_unwind(|| read::rows("x.csv", &text, |row| row.known("value", "low", "high")));
        let message = *caught.expect_err(row).downcast::<String>().expect("a formatted message");
        assert!(message.starts_with("catalog/x.csv:2: ") && message.contains(why), "{message}");
    }
}
