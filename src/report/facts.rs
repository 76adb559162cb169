//! What is true before any simulation: who paid and promised what to whom, and what Amazon has installed, with the arithmetic shown.
//!
//! It adds up catalog rows and nothing else; what has no row is listed, not guessed.
use super::table::{Cell, Column, Table, show};
use crate::world::catalog::{Catalog, Chip, Deal, DealKind, InstalledBase, Known, Provenance};

/// All sections, in reading order.
pub fn facts(catalog: &Catalog) -> Vec<Table> {
    let base = installed(catalog);
    vec![
        equity(catalog),
        promises(catalog),
        backlog(catalog),
        installed_table(&base),
        silicon_shares(&base),
        left_out(catalog),
        missing(catalog),
    ]
}

const INVESTOR: &str = "Amazon";
const CLOUD: &str = "AWS";
const LABS: [&str; 2] = ["Anthropic", "OpenAI"];

fn bn(usd: f64) -> f64 {
    usd / 1e9
}

/// `8 + 5 + 15`.
fn plus(terms: &[f64]) -> String {
    terms.iter().map(|&term| show(term)).collect::<Vec<_>>().join(" + ")
}

/// `28 paid = 8 + 5 + 15`.
fn sum_line(what: &str, terms: &[f64]) -> String {
    format!("{}{what} = {}", show(terms.iter().sum()), plus(terms))
}

fn source_cells(provenance: &Provenance) -> [Cell; 3] {
    [Cell::text(&provenance.as_of), Cell::text(provenance.confidence.word()), Cell::text(&provenance.source)]
}

/// Amazon's equity of one kind in one lab [USD bn], rows of one report added together (4 + 4 of 2023 and 2024 are one 8).
fn equity_terms(catalog: &Catalog, lab: &str, kind: DealKind) -> Vec<f64> {
    let mut reports: Vec<(&str, f64)> = Vec::new();
    for deal in catalog.deals.iter().filter(|deal| deal.from == INVESTOR && deal.to == lab && deal.kind == kind) {
        let Some(usd) = deal.amount_usd else { continue };
        match reports.iter_mut().find(|(as_of, _)| *as_of == deal.provenance.as_of) {
            Some((_, sum)) => *sum += bn(usd),
            None => reports.push((&deal.provenance.as_of, bn(usd))),
        }
    }
    reports.into_iter().map(|(_, sum)| sum).collect()
}

fn equity(catalog: &Catalog) -> Table {
    let mut columns = ["date", "to", "kind"].map(Column::left).to_vec();
    columns.push(Column::right("usd_bn"));
    columns.extend(["as_of", "confidence", "source"].map(Column::left));
    let mut table = Table::new("1. Amazon's equity in the labs (equity rows only, of Amazon's)", columns);
    let is_equity = |deal: &&Deal| matches!(deal.kind, DealKind::EquityPaid | DealKind::EquityOpen);
    for deal in catalog.deals.iter().filter(is_equity).filter(|deal| deal.from == INVESTOR) {
        let mut row = vec![Cell::text(&deal.date), Cell::text(&deal.to), Cell::text(deal.kind.word())];
        row.push(Cell::published(deal.amount_usd.map(bn)));
        row.extend(source_cells(&deal.provenance));
        table.push(row);
    }
    let of = |kind| LABS.map(|lab| equity_terms(catalog, lab, kind));
    let (paid, open) = (of(DealKind::EquityPaid), of(DealKind::EquityOpen));
    let by_lab: Vec<String> = paid.iter().zip(&open).map(|(p, o)| plus(&[p.clone(), o.clone()].concat())).collect();
    let (paid_all, open_all) = (paid.concat(), open.concat());
    let total: f64 = paid_all.iter().chain(&open_all).sum();
    table.note(format!(
        "{} pledged = {}",
        show(total),
        by_lab.iter().map(|terms| format!("({terms})")).collect::<Vec<_>>().join(" + ")
    ));
    table.note(format!("   {} ({}), {} ({})", LABS[0], by_lab[0], LABS[1], by_lab[1]));
    table.note(sum_line(" paid", &paid_all));
    table.note(sum_line(" open", &open_all));
    let late: f64 = paid[0].last().into_iter().chain(&open[0]).sum();
    let press = total - late;
    table.note(format!(
        "the {} of the press is {} less the {} of 2026-04 to Anthropic",
        show(press),
        show(total),
        show(late)
    ));
    table
}

fn promised<'a>(catalog: &'a Catalog, lab: &'a str) -> impl Iterator<Item = &'a Deal> {
    let is_promise = |deal: &&Deal| matches!(deal.kind, DealKind::CloudCommitment | DealKind::Capacity);
    catalog.deals.iter().filter(is_promise).filter(move |deal| deal.from == lab)
}

fn promises(catalog: &Catalog) -> Table {
    let mut columns = ["lab", "to", "date", "bound"].map(Column::left).to_vec();
    columns.extend(["usd_bn", "years", "gw"].map(Column::right));
    columns.extend(["as_of", "confidence", "disputed", "source"].map(Column::left));
    let mut table = Table::new("2. What each lab has promised to whom", columns);
    for lab in LABS {
        for deal in promised(catalog, lab) {
            let mut row = vec![Cell::text(lab), Cell::text(&deal.to), Cell::text(&deal.date), Cell::text(&deal.bound)];
            row.extend([
                Cell::maybe(deal.amount_usd.map(bn)),
                Cell::maybe(deal.term_years),
                Cell::maybe(deal.power_gw),
            ]);
            let [as_of, confidence, source] = source_cells(&deal.provenance);
            row.extend([as_of, confidence, Cell::text(&deal.disputed), source]);
            table.push(row);
        }
    }
    for lab in LABS {
        let sums: Vec<f64> = promised(catalog, lab).filter_map(|deal| deal.amount_usd.map(bn)).collect();
        let aws: f64 =
            promised(catalog, lab).filter(|deal| deal.to == CLOUD).filter_map(|deal| deal.amount_usd.map(bn)).sum();
        let without = promised(catalog, lab).filter(|deal| deal.amount_usd.is_none()).count();
        let total: f64 = sums.iter().sum();
        table.note(format!(
            "{lab}: {}, of it {} to {CLOUD} ({} %); {without} without a sum",
            sum_line(" bn", &sums),
            show(aws),
            show(100.0 * aws / total)
        ));
    }
    table.note("n.p. not published; a sum takes the larger reading of a disputed total".to_string());
    table
}

fn backlog(catalog: &Catalog) -> Table {
    let columns = vec![
        Column::left("reading"),
        Column::right("labs_usd_bn"),
        Column::right("backlog_usd_bn"),
        Column::right("labs_share_pct"),
        Column::left("arithmetic"),
    ];
    let mut table = Table::new("3. The two labs in the backlog of AWS", columns);
    let amount = |name: &str| {
        let deal = catalog.deals.iter().find(|deal| deal.name == name);
        let Some(usd) = deal.and_then(|deal| deal.amount_usd) else { panic!("deals.csv: `{name}` has no amount") };
        bn(usd)
    };
    let Some(before) = catalog.facility("aws.backlog") else { panic!("facility.csv: no `aws.backlog`") };
    let Some(usd) = before.value.value() else { panic!("facility.csv: `aws.backlog` is blank") };
    let (anthropic, first, second) = (amount("anthropic-aws"), amount("openai-aws-2025"), amount("openai-aws-2026"));
    let all = bn(usd) + anthropic;
    for (reading, openai) in [("138 in all for OpenAI", vec![first, second]), ("100 in all for OpenAI", vec![second])] {
        let terms = [openai, vec![anthropic]].concat();
        let labs: f64 = terms.iter().sum();
        let arithmetic = format!("({}) / ({} + {})", plus(&terms), show(bn(usd)), show(anthropic));
        let share = 100.0 * labs / all;
        table.push(vec![
            Cell::text(reading),
            Cell::number(labs),
            Cell::number(all),
            Cell::number(share),
            Cell::text(&arithmetic),
        ]);
    }
    let as_of = before.value.as_of().unwrap_or("no date");
    table.note(format!(
        "backlog {} bn of {as_of}, {}; {}",
        show(bn(usd)),
        before.note,
        before.value.source().unwrap_or("no source")
    ));
    table
}

/// One counted group of Amazon's chips in the units of this page.
struct Installed<'a> {
    row: &'a InstalledBase,
    chip: &'a Chip,
    chip_mw: Option<f64>,
    bf16_eflops: Option<f64>,
    cost_usd_bn: Option<f64>,
}

impl Installed<'_> {
    fn own(&self) -> bool {
        self.chip.vendor == "aws"
    }
}

fn installed(catalog: &Catalog) -> Vec<Installed<'_>> {
    let counted = catalog.installed_base.iter().filter(|row| row.owner == "amazon" && row.counted);
    let with_chip = counted.filter_map(|row| row.chip.as_ref().map(|name| (row, name)));
    let figures = with_chip.map(|(row, name)| {
        let Ok(chip) = catalog.chip(name) else { panic!("installed_base.csv: no chip `{name}`") };
        let times = |known: &Known<f64>, scale: f64| known.value().map(|each| row.units * each / scale);
        Installed {
            row,
            chip,
            chip_mw: times(chip.tdp_w(), 1e6),
            bf16_eflops: times(chip.bf16_tflops(), 1e6),
            cost_usd_bn: times(chip.unit_cost_usd(), 1e9),
        }
    });
    figures.collect()
}

fn installed_table(base: &[Installed<'_>]) -> Table {
    let mut columns = ["group", "stands_for"].map(Column::left).to_vec();
    columns.extend(["chips", "p5", "p95", "chip_mw", "bf16_eflops", "usd_bn", "unit_cost_usd"].map(Column::right));
    columns.extend(["cost_status", "as_of", "confidence", "know", "source"].map(Column::left));
    let mut table =
        Table::new("4. Amazon's installed chips: rows that do not overlap, each with its own date", columns);
    for group in base {
        let InstalledBase { group: name, units, units_p5, units_p95, why, provenance, .. } = group.row;
        let mut row = vec![Cell::text(name), Cell::text(&group.chip.name)];
        row.extend([*units, *units_p5, *units_p95].map(Cell::number));
        row.extend(
            [group.chip_mw, group.bf16_eflops, group.cost_usd_bn, group.chip.unit_cost_usd().value()]
                .map(Cell::published),
        );
        let [as_of, confidence, source] = source_cells(provenance);
        row.extend([Cell::text(group.chip.unit_cost_usd().status()), as_of, confidence, Cell::text(why), source]);
        table.push(row);
    }
    table.note("chip_mw = chips x TDP (no host, no PUE); bf16_eflops = chips x dense BF16 peak; usd_bn = chips x unit cost at median".to_string());
    for (name, of) in BASES {
        let terms: Vec<f64> = base.iter().filter_map(of).collect();
        table.note(sum_line(&format!(" {name}"), &terms));
    }
    let differs = base.iter().filter_map(|group| {
        let (ours, theirs) = (group.chip_mw?, group.row.power_mw?);
        ((ours - theirs).abs() > 0.05 * theirs).then(|| {
            format!("{}: the source's own {} MW is not chips x TDP = {} MW", group.row.group, show(theirs), show(ours))
        })
    });
    table.notes.extend(differs.collect::<Vec<_>>());
    table
}

/// A base of comparison: its name and how much of it a group has.
type Base = (&'static str, fn(&Installed<'_>) -> Option<f64>);

const BASES: [Base; 4] = [
    ("chips", |group| Some(group.row.units)),
    ("MW of chips", |group| group.chip_mw),
    ("EFLOP/s of BF16", |group| group.bf16_eflops),
    ("USD bn at estimated cost", |group| group.cost_usd_bn),
];

fn silicon_shares(base: &[Installed<'_>]) -> Table {
    let mut columns = vec![Column::left("base")];
    columns.extend(["own_silicon", "bought", "own_share_pct"].map(Column::right));
    let mut table = Table::new("5. Own silicon against bought: the share depends on the base", columns);
    for (name, of) in BASES {
        let sum = |own: bool| base.iter().filter(|group| group.own() == own).filter_map(of).sum::<f64>();
        let (own, bought) = (sum(true), sum(false));
        table.push(vec![
            Cell::text(name),
            Cell::number(own),
            Cell::number(bought),
            Cell::number(100.0 * own / (own + bought)),
        ]);
    }
    let dates = |own: bool| {
        let mut of: Vec<&str> =
            base.iter().filter(|group| group.own() == own).map(|group| group.row.provenance.as_of.as_str()).collect();
        of.sort_unstable();
        of.dedup();
        of.join(" and ")
    };
    table.note(format!("dates: own silicon {}, bought {}", dates(true), dates(false)));
    table
}

fn left_out(catalog: &Catalog) -> Table {
    let columns = vec![
        Column::left("group"),
        Column::left("as_of"),
        Column::right("chips"),
        Column::left("why"),
        Column::left("source"),
    ];
    let mut table = Table::new("6. Rows of Amazon's left out of the sums above", columns);
    for row in catalog.installed_base.iter().filter(|row| row.owner == "amazon" && !row.counted) {
        let Provenance { as_of, source, .. } = &row.provenance;
        table.push(vec![
            Cell::text(&row.group),
            Cell::text(as_of),
            Cell::number(row.units),
            Cell::text(&row.why),
            Cell::text(source),
        ]);
    }
    table
}

fn missing(catalog: &Catalog) -> Table {
    let mut table = Table::new("7. What has no row", ["item", "unit", "as_of", "source"].map(Column::left).to_vec());
    for row in &catalog.missing {
        let Provenance { as_of, source, .. } = &row.provenance;
        table.push([&row.item, &row.unit, as_of, source].map(|text| Cell::text(text)).to_vec());
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 83 = (8 + 5 + 20) + (15 + 35); 28 = 8 + 5 + 15; 55 = 20 + 35; 58 = 83 - 25.
    #[test]
    fn pledges_add_up_to_83_of_which_28_are_paid() {
        let notes = equity(Catalog::embedded()).notes.join("\n");
        for line in [
            "83 pledged = (8 + 5 + 20) + (15 + 35)",
            "28 paid = 8 + 5 + 15",
            "55 open = 20 + 35",
            "the 58 of the press is 83 less the 25",
        ] {
            assert!(notes.contains(line), "{line} not in\n{notes}");
        }
        assert_eq!(equity(Catalog::embedded()).rows().len(), 6);
    }

    /// OpenAI 38 + 100 + 250 + 300 = 688, AWS 138; Anthropic 100 + 200 + 30 + 45 = 375, AWS 100.
    #[test]
    fn promises_add_up_by_lab() {
        let notes = promises(Catalog::embedded()).notes.join("\n");
        assert!(notes.contains("OpenAI: 688 bn = 38 + 100 + 250 + 300, of it 138 to AWS (20.06 %)"), "{notes}");
        assert!(notes.contains("Anthropic: 375 bn = 100 + 200 + 30 + 45, of it 100 to AWS (26.67 %)"), "{notes}");
    }

    /// 238 / 464 = 51.3 %, 200 / 464 = 43.1 %.
    #[test]
    fn the_labs_are_43_to_51_percent_of_the_backlog() {
        let shares: Vec<Cell> = backlog(Catalog::embedded()).rows().iter().map(|row| row[3].clone()).collect();
        assert_eq!(shares, [Cell::number(100.0 * 238.0 / 464.0), Cell::number(100.0 * 200.0 / 464.0)]);
    }

    /// Chips 1.84 M of 2,779,968 = 66.2 %; BF16 (1.4 M x 667 + 440 k x 190) / 2,395 EFLOP/s = 42.5 %.
    #[test]
    fn no_chip_is_counted_twice() {
        let base = installed(Catalog::embedded());
        let groups: Vec<&str> = base.iter().map(|group| group.row.group.as_str()).collect();
        assert_eq!(
            groups,
            ["trainium2 cumulative", "trainium1 cumulative (2024 only)", "h100/h200", "b200", "b300", "a100"]
        );
        let shares = silicon_shares(&base);
        let share = |row: usize| match shares.rows()[row][3] {
            Cell::Number { value, .. } => value,
            Cell::Blank | Cell::NotPublished | Cell::Text(_) => panic!("{:?}", shares.rows()[row]),
        };
        assert!((share(0) - 100.0 * 1_840_000.0 / 2_779_968.0).abs() < 1e-9, "{}", share(0));
        assert!((share(2) - 42.5).abs() < 0.1, "{}", share(2));
    }

    #[test]
    fn every_row_of_every_section_has_its_date_or_its_arithmetic() {
        for section in facts(Catalog::embedded()) {
            assert!(!section.rows().is_empty(), "{}", section.title);
            let dated = section.columns.iter().any(|column| column.name == "as_of");
            assert!(dated || !section.notes.is_empty(), "{}", section.title);
        }
    }
}
