//! Elementary functions that give the same bytes on every CPU: the one door to the `libm` crate.
//!
//! It does not wrap what IEEE 754 already makes exact (`sqrt`, `floor`, `abs`), and it knows no distribution. The
//! functions of std (`f64::exp`, `ln`, `powf`, ...) call the C library, whose last bit differs with and without FMA.

/// e^x [-]; overflows to infinity above 709.78 and to 0 below -745.13; NaN stays NaN.
#[inline]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// e^x - 1 without cancellation near 0 [-].
#[inline]
pub fn expm1(x: f64) -> f64 {
    libm::expm1(x)
}

/// Natural logarithm [-]; minus infinity at 0, NaN below.
#[inline]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// Natural logarithm of a normal positive number, to the bits of [`ln`] [-]. The same series as libm's (msun `e_log.c`), its special
/// cases left out and the exponent made a float without an integer conversion: a loop over a block becomes vector code, 63
/// instructions a number become 20.
#[inline]
pub fn ln_normal(x: f64) -> f64 {
    debug_assert!(x.is_normal() && 0.0 < x, "ln_normal of {x}");
    // Adding the distance from sqrt(2)/2 to 1 carries into the exponent where the mantissa is above sqrt(2).
    const ROOT_HALF: u64 = 0x3FE6_A09E << 32;
    const ONE: u64 = 0x3FF0_0000 << 32;
    const MANTISSA: u64 = (1 << 52) - 1;
    let bits = x.to_bits() + (ONE - ROOT_HALF);
    // 2^52 + e as a float has e in its last bits.
    let exponent = f64::from_bits(0x433 << 52 | bits >> 52) - ((1u64 << 52) + 1023) as f64;
    let f = f64::from_bits((bits & MANTISSA) + ROOT_HALF) - 1.0;
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (LG[1] + w * (LG[3] + w * LG[5]));
    let odd = z * (LG[0] + w * (LG[2] + w * (LG[4] + w * LG[6])));
    s * (half_square + (odd + even)) + exponent * LN_2_LOW - half_square + f + exponent * LN_2_HIGH
}

/// ln 2 in two parts: a product of the first with an exponent is exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Minimax polynomial of (ln((1 + s) / (1 - s)) - 2 s) / s in s^2.
const LG: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];

/// ln(1 + x) without cancellation near 0 [-]; minus infinity at -1, NaN below.
#[inline]
pub fn log1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// Base-2 logarithm [-]; minus infinity at 0, NaN below.
#[inline]
pub fn log2(x: f64) -> f64 {
    libm::log2(x)
}

/// Base-10 logarithm [-]; minus infinity at 0, NaN below.
#[inline]
pub fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// `base` to the power `exponent` [-]; NaN for a negative base with a fractional exponent.
#[inline]
pub fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

/// Cube root [-], of any sign.
#[inline]
pub fn cbrt(x: f64) -> f64 {
    libm::cbrt(x)
}

/// Sine of an angle [rad].
#[inline]
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// Cosine of an angle [rad].
#[inline]
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// Tangent of an angle [rad].
#[inline]
pub fn tan(x: f64) -> f64 {
    libm::tan(x)
}

/// Error function [-].
#[inline]
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// Complementary error function 1 - erf(x) [-], exact in relative terms far into the right tail.
#[inline]
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// ln |gamma(x)| [-]; infinity at 0 and at the negative integers.
#[inline]
pub fn lgamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// x^2 [-]: std's `powi` leaves its rounding to the compiler, a product does not.
#[inline]
pub fn square(x: f64) -> f64 {
    x * x
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bit for bit, over every exponent and where the reduction and the exponent change.
    #[test]
    fn the_short_logarithm_is_the_long_one() {
        let mut x = 1u64;
        let random = std::iter::repeat_with(|| {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (f64::from_bits((x >> 12) % (0x7FE << 52) + (1 << 52)), f64::from_bits((0x3FE << 52) + (x >> 12)))
        });
        let edges = [0x3FE6_A09Eu64 << 32, 0x3FF6_A09E << 32, 1.0f64.to_bits(), 0.5f64.to_bits(), 1 << 52];
        let near = edges
            .into_iter()
            .flat_map(|edge| (0..2000).map(move |n| f64::from_bits((edge + n).max((1 << 52) + 1000) - 1000)));
        for x in
            random.take(200_000).flat_map(|(any, unit)| [any, unit]).chain(near).chain([f64::MAX, f64::MIN_POSITIVE])
        {
            assert_eq!(ln_normal(x).to_bits(), ln(x).to_bits(), "ln {x:e}");
        }
    }

    /// Values to 16 digits from Abramowitz & Stegun tables 4.4, 7.1 and 6.1; they fix which library answers, not only
    /// that one does.
    #[test]
    fn elementary_functions_have_fixed_bits() {
        // One unit in the last place above e: it is libm's answer, and it must stay so.
        assert_eq!(exp(1.0), 2.718_281_828_459_045_5);
        assert_eq!(ln(2.0), std::f64::consts::LN_2);
        assert_eq!(expm1(1e-20), 1e-20);
        assert_eq!(log1p(1e-20), 1e-20);
        assert_eq!(cbrt(27.0), 3.0);
        assert_eq!(pow(2.0, 10.0), 1024.0);
        assert!((erf(0.5) - 0.520_499_877_813_046_5).abs() < 1e-16);
        assert!((lgamma(10.0) - 12.801_827_480_081_469).abs() < 2e-15);
        assert!(
            (sin(1.0) - 0.841_470_984_807_896_5).abs() < 1e-16 && (cos(1.0) - 0.540_302_305_868_139_7).abs() < 2e-16
        );
    }
}
