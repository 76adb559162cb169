//! Commitments by contract year: anniversaries, shares, and how much lies within the horizon. Coupled-model entry 12.

use crate::stats::math::{log1p, pow};
use crate::units::{Date, fraction_of_year, year_fraction_days};
use crate::world::model::CommitInside;

/// Shares of the contract years [0..1], summing to 1; `ramp` empty: equal. Weights that sum to nothing give equal years too.
pub(super) fn shares(years: usize, ramp: &[f64]) -> Vec<f64> {
    let total: f64 = ramp.iter().sum();
    if ramp.is_empty() || total <= 0.0 {
        return vec![1.0 / years as f64; years];
    }
    ramp.iter().map(|weight| weight / total).collect()
}

/// The `k`-th anniversary of a signing, always counted from the signing itself, so that 29 February does not drift.
pub(super) fn anniversary(signed: Date, k: usize) -> Date {
    signed.saturating_add(jiff::Span::new().years(k as i64))
}

/// Share of a commitment within [`from`, `end`] and the share of the present value of what falls after `from` that lies
/// beyond `end`. Linear within each contract year by its days; flows discounted at `rate` over 365.25-day years.
///
/// `from` is the scenario's start; of a contract signed before, what fell before it is neither inside nor outside.
pub fn commit_inside(signed: Date, shares: &[f64], from: Date, end: Date, rate: f64) -> CommitInside {
    let years = (0..shares.len()).map(|k| (anniversary(signed, k), anniversary(signed, k + 1)));
    let pieces: Vec<Piece> = years
        .zip(shares)
        .map(|((begin, finish), share)| {
            let elapsed = |at: Date| fraction_of_year(begin, at).clamp(0.0, 1.0);
            let years = |at: Date| year_fraction_days(signed, at);
            Piece {
                share: *share,
                from: elapsed(from),
                to: elapsed(end),
                begins_y: years(begin),
                ends_y: years(finish),
            }
        })
        .collect();
    inside(&pieces, rate)
}

/// The same by contract years of 365.25 days from `signed`, as coupled.json entry 12 counts them.
pub fn commit_inside_years_of_365_25_days(
    signed: Date,
    shares: &[f64],
    from: Date,
    end: Date,
    rate: f64,
) -> CommitInside {
    let (from, end) = (year_fraction_days(signed, from), year_fraction_days(signed, end));
    let pieces: Vec<Piece> = shares
        .iter()
        .enumerate()
        .map(|(k, share)| {
            let k = k as f64;
            let elapsed = |at: f64| (at - k).clamp(0.0, 1.0);
            Piece { share: *share, from: elapsed(from), to: elapsed(end), begins_y: k, ends_y: k + 1.0 }
        })
        .collect();
    inside(&pieces, rate)
}

/// A contract year: its share, the parts of it elapsed at the horizon's ends, and its own ends in years from signing.
struct Piece {
    share: f64,
    from: f64,
    to: f64,
    begins_y: f64,
    ends_y: f64,
}

fn inside(pieces: &[Piece], rate: f64) -> CommitInside {
    let share = pieces.iter().map(|piece| piece.share * (piece.to - piece.from).max(0.0)).sum();
    let after_start: f64 = pieces.iter().map(|piece| piece.present_value(piece.from, 1.0, rate)).sum();
    let after_end: f64 = pieces.iter().map(|piece| piece.present_value(piece.to.max(piece.from), 1.0, rate)).sum();
    let pv_share_outside = if after_start == 0.0 { 0.0 } else { after_end / after_start };
    CommitInside { share, pv_share_outside }
}

impl Piece {
    /// Present value at signing of the flow between two fractions of this year, at a constant rate of payment.
    fn present_value(&self, from: f64, to: f64, rate: f64) -> f64 {
        let length = self.ends_y - self.begins_y;
        let (a, b) = (self.begins_y + from * length, self.begins_y + to * length);
        // Over a year the discount factor's mean is (v^a - v^b) / (ln(1+k) (b - a)); its limit at k = 0 is 1.
        let discounted_years =
            if rate == 0.0 { b - a } else { (pow(1.0 + rate, -a) - pow(1.0 + rate, -b)) / log1p(rate) };
        self.share / length * discounted_years
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const RAMP: [f64; 10] = [1.0, 2.0, 4.0, 7.0, 10.0, 12.0, 14.0, 16.0, 17.0, 17.0];

    fn entry_12() -> (Date, Vec<f64>, Date, Date) {
        let at = |y, m, d| date(y, m, d).at(0, 0, 0, 0);
        (at(2026, 4, 20), shares(10, &RAMP), at(2026, 1, 1), at(2034, 1, 1))
    }

    /// 1+2+4+7+10+12+14 = 50 in seven whole years, and 256/365 of the eighth's 16: 50 + 11.221918 = 61.221918 (20 April to 1 January: 256 days).
    #[test]
    fn by_anniversaries() {
        let (signed, shares, from, end) = entry_12();
        let inside = commit_inside(signed, &shares, from, end, 0.09);
        assert_eq!(format!("{:.6} {:.6}", 100.0 * inside.share, inside.pv_share_outside), "61.221918 0.315177");
    }

    /// coupled.json 12: 7.7015742642 years inside, 50 + 0.7015742642 x 16 = 61.225188.
    #[test]
    fn by_years_of_365_25_days() {
        let (signed, shares, from, end) = entry_12();
        let inside = commit_inside_years_of_365_25_days(signed, &shares, from, end, 0.09);
        assert_eq!(format!("{:.6} {:.6}", 100.0 * inside.share, inside.pv_share_outside), "61.225188 0.315140");
    }

    /// Signed a year before the start, two equal years, the second inside: half the total, nothing beyond, at any rate.
    #[test]
    fn what_fell_before_the_start_is_neither_inside_nor_outside() {
        let at = |y| date(y, 1, 1).at(0, 0, 0, 0);
        let inside = commit_inside(at(2025), &[0.5, 0.5], at(2026), at(2027), 0.0);
        assert_eq!(inside, CommitInside { share: 0.5, pv_share_outside: 0.0 });
    }
}
