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
