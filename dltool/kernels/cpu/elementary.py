"""Elementary functions of 16 lanes, by polynomials: correct to 2e-7, with the same bits on every machine.

Sources: exp, log, tanh and the split of ln 2 after Cephes (S. Moshier); erf after Cephes near zero, and after
Abramowitz and Stegun beyond.
"""

from __future__ import annotations

import numpy as np

from dltool.kernels.cpu.vector import (
    absolute,
    bits_as_floats,
    constant,
    floats_as_bits,
    floor,
    fma,
    select,
    splat,
    to_floats,
    to_words,
)


def exp(x):
    """eˣ; 0 below -86.6, where numbers lose their digits, infinity above 88.72, NaN for NaN."""
    n = floor(fma(x, constant(1.44269504), constant(0.5)))
    n = select(n < constant(-125.0), constant(-125.0), n)
    n = select(n > constant(128.0), constant(128.0), n)
    r = fma(n, constant(-0.693359375), x)
    r = fma(n, constant(2.12194440e-4), r)
    p = fma(constant(1.9875691500e-4), r, constant(1.3981999507e-3))
    p = fma(p, r, constant(8.3334519073e-3))
    p = fma(p, r, constant(4.1665795894e-2))
    p = fma(p, r, constant(1.6666665459e-1))
    p = fma(p, r, constant(5.0000001201e-1))
    p = fma(p, r * r, r) + constant(1.0)
    result = (p + p) * power_of_two(n - constant(1.0))  # 2¹²⁸ is out of range, 2 · 2¹²⁷ · p is not
    result = select(x > constant(88.7228), constant(np.inf), result)
    return select(x < constant(-86.6), constant(0.0), result)


def power_of_two(n):
    """2ⁿ for integral n in [-126, 127]."""
    return bits_as_floats((to_words(n) + splat(np.uint32(127))) << splat(np.uint32(23)))


def log(x):
    """ln x for x ≥ the smallest normal number; -infinity for 0, NaN below, infinity for infinity."""
    bits = floats_as_bits(x)
    exponent = to_floats((bits >> splat(np.uint32(23))) + splat(np.uint32(0xFFFFFF82)))  # - 126
    mantissa = bits_as_floats((bits & splat(np.uint32(0x007FFFFF))) ^ splat(np.uint32(0x3F000000)))
    small = mantissa < constant(0.707106781186547524)
    exponent = select(small, exponent - constant(1.0), exponent)
    r = select(small, mantissa + mantissa, mantissa) - constant(1.0)
    p = fma(constant(7.0376836292e-2), r, constant(-1.1514610310e-1))
    p = fma(p, r, constant(1.1676998740e-1))
    p = fma(p, r, constant(-1.2420140846e-1))
    p = fma(p, r, constant(1.4249322787e-1))
    p = fma(p, r, constant(-1.6668057665e-1))
    p = fma(p, r, constant(2.0000714765e-1))
    p = fma(p, r, constant(-2.4999993993e-1))
    p = fma(p, r, constant(3.3333331174e-1))
    square = r * r
    y = p * r * square
    y = fma(exponent, constant(-2.12194440e-4), y)
    y = fma(constant(-0.5), square, y)
    y = fma(exponent, constant(0.693359375), r + y)
    y = select(x > constant(3.4e38), x, y)
    tiny = x < constant(1.17549435e-38)
    return select(
        tiny, select(x < constant(0.0), constant(np.nan), constant(-np.inf)), select(x > constant(0.0), y, x + y)
    )


def tanh(x):
    """Hyperbolic tangent, by a polynomial near zero and by exp beyond."""
    size = absolute(x)
    square = x * x
    p = fma(constant(-5.70498872745e-3), square, constant(2.06390887954e-2))
    p = fma(p, square, constant(-5.37397155531e-2))
    p = fma(p, square, constant(1.33314422036e-1))
    p = fma(p, square, constant(-3.33332819422e-1))
    near = fma(p * square, x, x)
    far = constant(1.0) - constant(2.0) / (exp(size + size) + constant(1.0))
    far = select(x < constant(0.0), constant(0.0) - far, far)
    return select(size < constant(0.625), near, far)


def rational_tanh(x):
    """Hyperbolic tangent, correct to 4e-7, without branches: a quotient of polynomials, as in Eigen."""
    x = select(x < constant(-7.90531110763549805), constant(-7.90531110763549805), x)
    x = select(x > constant(7.90531110763549805), constant(7.90531110763549805), x)
    square = x * x
    p = fma(constant(-2.76076847742355e-16), square, constant(2.00018790482477e-13))
    p = fma(p, square, constant(-8.60467152213735e-11))
    p = fma(p, square, constant(5.12229709037114e-08))
    p = fma(p, square, constant(1.48572235717979e-05))
    p = fma(p, square, constant(6.37261928875436e-04))
    p = fma(p, square, constant(4.89352455891786e-03))
    q = fma(constant(1.19825839466702e-06), square, constant(1.18534705686654e-04))
    q = fma(q, square, constant(2.26843463243900e-03))
    q = fma(q, square, constant(4.89352518554385e-03))
    return x * p / q


def rational_sigmoid(x):
    """1 / (1 + e⁻ˣ), correct to 3e-7, from the hyperbolic tangent of half of x; 0 below -15.8."""
    y = fma(rational_tanh(x * constant(0.5)), constant(0.5), constant(0.5))
    return select(x < constant(-15.8), constant(0.0), y)


def sigmoid(x):
    """1 / (1 + e⁻ˣ)."""
    return constant(1.0) / (constant(1.0) + exp(constant(0.0) - x))


def softplus(x):
    """ln(1 + eˣ), without overflow."""
    rest = exp(constant(0.0) - absolute(x))
    # ln(1 + e) loses the digits of a small e; ln(1+e) · e / ((1+e) - 1) gives them back (Kahan)
    one_more = constant(1.0) + rest
    gained = one_more - constant(1.0)
    ratio = select(gained > constant(0.0), rest / gained, constant(0.0))
    extra = select(gained > constant(0.0), log(one_more) * ratio, rest)
    return select(x > constant(0.0), x, select(x < constant(0.0), constant(0.0), x)) + extra


def erf(x):
    """Error function: x · P(x²) below 1, and 1 - Q(t) · exp(-x²) beyond (Abramowitz and Stegun 7.1.26)."""
    size = absolute(x)
    square = x * x
    p = fma(constant(7.853861353153693e-5), square, constant(-8.010193625184903e-4))
    p = fma(p, square, constant(5.188327685732524e-3))
    p = fma(p, square, constant(-2.685381193529856e-2))
    p = fma(p, square, constant(1.128358514861418e-1))
    p = fma(p, square, constant(-3.761262582423300e-1))
    p = fma(p, square, constant(1.128379165726710))
    near = p * x
    t = constant(1.0) / fma(constant(0.3275911), size, constant(1.0))
    q = fma(constant(1.061405429), t, constant(-1.453152027))
    q = fma(q, t, constant(1.421413741))
    q = fma(q, t, constant(-0.284496736))
    q = fma(q, t, constant(0.254829592)) * t
    far = constant(1.0) - q * exp(constant(0.0) - square)
    far = select(x < constant(0.0), constant(0.0) - far, far)
    return select(size < constant(1.0), near, far)
