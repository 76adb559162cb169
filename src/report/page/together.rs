//! Whether two labs are a hedge or one bet made twice: how their margins move together, whether the bets add up, and their tails.
//! No sign is built in: every sentence is chosen by a figure and its interval.
use super::data::{Data, Difference, Figure, Risk};
use super::find::Cell;
use super::tables;
use super::words::{error, list, percent, short, with_interval};
use crate::report::html::Section;

/// Where an interval lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Above,
    Below,
    Unknown,
}

fn sign(low: Option<f64>, high: Option<f64>) -> Sign {
    match (low, high) {
        (Some(low), _) if low > 0.0 => Sign::Above,
        (_, Some(high)) if high < 0.0 => Sign::Below,
        _ => Sign::Unknown,
    }
}

/// The verdict's sentence, of the first strategy in the first future; `None` where no pair of labs has a correlation.
pub fn sentence(data: &Data) -> Option<String> {
    let (cell, found) = found(data)?;
    let value = found.value?;
    let figure = format!(
        "correlation {}, 95\u{a0}% interval, n = {}",
        with_interval(value, found.low, found.high),
        found.n.map(short).unwrap_or_default()
    );
    let labs = list(&found.name.split(" x ").collect::<Vec<_>>());
    let place = if data.futures().len() > 1 { format!(" in {}", cell.future) } else { String::new() };
    let reads = match sign(found.low, found.high) {
        Sign::Above => format!(
            "rise and fall together{place} ({figure}): no hedge; they share {} of their variance, where one bet made twice would share all",
            percent(value * value)
        ),
        Sign::Below => format!("move against each other{place} ({figure}): the one hedges the other"),
        Sign::Unknown => {
            format!(
                "cannot be told apart from moving independently{place} ({figure}): neither a hedge nor one bet twice is shown"
            )
        }
    };
    Some(format!("Margins of {labs} {reads}{}.", without_factors(data, cell, found)))
}

/// What the common factors do to it.
fn without_factors(data: &Data, cell: Cell, found: &Risk) -> String {
    let Some(other) = data.risk_of(cell, "margin_correlation_no_loadings").filter(|r| r.name == found.name) else {
        return String::new();
    };
    let Some(value) = other.value else { return String::new() };
    let reads = match sign(other.low, other.high) {
        Sign::Unknown => "cannot be told apart from 0",
        Sign::Above => "above 0 all the same",
        Sign::Below => "below 0",
    };
    let apart = match (found.low, found.high, other.low, other.high) {
        (Some(low), _, _, Some(high)) if low > high => "; the intervals part, so the common factors raise it",
        (_, Some(high), Some(low), _) if high < low => "; the intervals part, so the common factors lower it",
        (Some(_), Some(_), Some(_), Some(_)) => "; the two intervals overlap",
        _ => "",
    };
    format!(". Without the common factors it is {}, {reads}{apart}", with_interval(value, other.low, other.high))
}

/// The named finding at the head of the page; `None` where no pair of labs has a correlation.
pub fn section(data: &Data) -> Option<Section> {
    let (cell, found) = found(data)?;
    let labs = list(&found.name.split(" x ").collect::<Vec<_>>());
    let mut paragraphs: Vec<String> = sentence(data).into_iter().collect();
    paragraphs.extend(adds_up(data, cell));
    paragraphs.extend(tails(data, cell));
    let mut notes = vec![
        "A margin is what a lab is billed less its chip-hours at book unit cost, over the whole study. A hedge would show as a correlation \
         below 0, one bet made twice as one near 1."
            .to_string(),
    ];
    if data.risk.iter().any(|r| r.measure == "margin_correlation_no_loadings") {
        notes.push("Without common factors: further runs with every loading on a common factor at 0.".to_string());
    }
    Some(Section {
        heading: format!("Hedge or one bet: {labs} together"),
        paragraphs,
        table: tables::correlations(data),
        notes,
        ..Section::default()
    })
}

fn found(data: &Data) -> Option<(Cell<'_>, &Risk)> {
    let cell = data.first_cell()?;
    Some((cell, data.risk_of(cell, "margin_correlation").filter(|r| r.value.is_some())?))
}

/// Strategies that are wholly without all bets but `kept` of them, whichever those are.
fn keeping(data: &Data, kept: usize) -> Vec<&str> {
    let bets = &data.manifest.bets;
    let keeps = |strategy: &&str| {
        let without = data.manifest.without.get(*strategy);
        without.is_some_and(|w| w.len() + kept == bets.len() && w.iter().all(|bet| bets.contains(bet)))
    };
    data.distinct_strategies().into_iter().filter(keeps).collect()
}

/// Strategies that keep one bet each.
fn singles(data: &Data) -> Vec<&str> {
    keeping(data, 1)
}

/// NPV of all bets less none against the sum of the single bets less none.
fn adds_up(data: &Data, cell: Cell) -> Option<String> {
    let (usd, base, singles) = (data.dollars(), data.baseline()?, singles(data));
    let all = *keeping(data, data.manifest.bets.len()).first()?;
    if singles.len() < 2 || singles.len() != data.manifest.bets.len() || !keeping(data, 0).contains(&base) {
        return None;
    }
    let of = |strategy: &str| -> Option<&Difference> {
        data.npv_difference(Cell { strategy: data.strategies().into_iter().find(|s| *s == strategy)?, ..cell })
    };
    let both = of(all)?.figure;
    let each: Vec<Figure> = singles.iter().map(|s| of(s).map(|d| d.figure)).collect::<Option<_>>()?;
    let sum: f64 = each.iter().filter_map(|f| f.mean).sum();
    let gap = both.mean? - sum;
    // The half-width of a sum is at most the sum of half-widths.
    let half = each.iter().chain([&both]).map(Figure::half_width).sum::<Option<f64>>();
    // What is left of sums of large numbers is no gap.
    let exact = gap.abs() <= 1e-9 * sum.abs();
    let (gap, half) = if exact { (0.0, None) } else { (gap, half) };
    let reads = match half {
        None if exact => "in the mean the bets add up",
        None => "without an interval",
        Some(h) if gap - h > 0.0 => "more than the sum",
        Some(h) if gap + h < 0.0 => "less than the sum",
        Some(_) => "cannot be told apart from the sum",
    };
    let terms: Vec<String> =
        singles.iter().zip(&each).map(|(s, f)| format!("{} for {s}", usd.signed(f.mean, f.half_width()))).collect();
    let at_most = half.map(|h| format!(" \u{b1}{} at most", error(usd.of(h)))).unwrap_or_default();
    Some(format!(
        "Against {base}, NPV in {} is {} for {all}, and {}, together {} [{}, means of paired differences with their 95\u{a0}% interval]. \
         All bets less the sum of the single ones: {}{at_most}: {reads}.",
        cell.future,
        usd.signed(both.mean, both.half_width()),
        list(&terms.iter().map(String::as_str).collect::<Vec<_>>()),
        usd.signed(Some(sum), None),
        usd.of_dollars(),
        usd.signed(Some(gap), None),
    ))
}

/// Value at risk and expected shortfall of both and of the single bets, side by side.
fn tails(data: &Data, cell: Cell) -> Option<String> {
    let usd = data.dollars();
    let mut names: Vec<&str> = data.distinct_strategies();
    names.retain(|s| *s == cell.strategy || singles(data).contains(s) || Some(*s) == data.baseline());
    if names.len() < 2 {
        return None;
    }
    let of = |strategy: &&str, measure| data.risk_of(Cell { strategy, ..cell }, measure);
    let level = of(&names[0], "npv_loss_es")?.level?;
    let said = |s: &&str| {
        let (var, es) = (of(s, "npv_loss_var")?.value?, of(s, "npv_loss_es")?.value?);
        Some(format!("{s} {} and {}", usd.show(var), usd.show(es)))
    };
    let each: Vec<String> = names.iter().filter_map(said).collect();
    if each.is_empty() {
        let why = of(&names[0], "npv_loss_es").map(|r| r.note.clone()).unwrap_or_default();
        return Some(format!("Tails of NPV at {level} are {}.", why.trim_end_matches('.')));
    }
    Some(format!(
        "Value at risk and expected shortfall of NPV at {level} [{}, a loss is positive], {}: {}. They are figures of {} runs without an interval.",
        usd.of_dollars(),
        cell.future,
        each.join("; "),
        of(&names[0], "npv_loss_es")?.n.map(short).unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::page::sample;

    /// The sample's study with other correlations: (value, low, high) with and without the common factors.
    fn said(with: (f64, f64, f64), without: (f64, f64, f64)) -> String {
        let mut data = Data::parse(&sample::files()).unwrap();
        for r in &mut data.risk {
            let of = match r.measure.as_str() {
                "margin_correlation" => with,
                "margin_correlation_no_loadings" => without,
                _ => continue,
            };
            (r.value, r.low, r.high) = (Some(of.0), Some(of.1), Some(of.2));
        }
        sentence(&data).unwrap()
    }

    /// Each sign of the interval has its sentence, and none is said where the interval spans zero.
    #[test]
    fn the_interval_chooses_the_sentence() {
        let together = said((0.345, 0.16, 0.51), (-0.07, -0.26, 0.13));
        assert!(together.contains("rise and fall together in baseline (correlation 0.345 [0.16, 0.51]"), "{together}");
        assert!(together.contains("share 12\u{a0}% of their variance"), "{together}");
        assert!(together.contains("\u{2212}0.07 [\u{2212}0.26, 0.13], cannot be told apart from 0; the intervals part, so the common factors raise it"), "{together}");
        assert!(said((-0.4, -0.6, -0.1), (0.0, -0.2, 0.2)).contains("the one hedges the other"));
        let unknown = said((0.1, -0.1, 0.3), (0.0, -0.2, 0.2));
        assert!(
            unknown.contains("neither a hedge nor one bet twice is shown")
                && unknown.contains("the two intervals overlap"),
            "{unknown}"
        );
    }

    /// both 26 - 22 = 4, the singles 0.55 x 4 = 2.2 each [USD bn], +- 1.68 a term (12 % of 14): 4 - 4.4 = -0.4 +- 5.04 spans zero.
    #[test]
    fn bets_are_added_with_an_interval_that_is_not_too_small() {
        let mut data = Data::parse(&sample::files()).unwrap();
        data.manifest.strategies.push("openai_only".into());
        data.manifest.without.insert("openai_only".into(), vec!["anthropic".into()]);
        let mut summary = data.summary.clone();
        summary.retain(|r| r.strategy == "anthropic_only");
        data.summary
            .extend(summary.into_iter().map(|r| super::super::data::Summary { strategy: "openai_only".into(), ..r }));
        let mut differences = data.differences.clone();
        differences.retain(|d| d.strategy == "anthropic_only");
        data.differences.extend(differences.into_iter().map(|d| Difference { strategy: "openai_only".into(), ..d }));
        let said = adds_up(&data, data.first_cell().unwrap()).unwrap();
        assert!(said.contains("+4 \u{b1}1.7 for both") && said.contains("together +4.4"), "{said}");
        assert!(said.ends_with("\u{2212}0.4 \u{b1}5 at most: cannot be told apart from the sum."), "{said}");
    }
}
