"""Coefficients of erf and erfc."""

from minimax import Constant, fit, mp, mpf, write


def erf_tail(z):
    """erf(x) / x - 1, of z = x^2"""
    if z < mpf(2) ** -80:
        return 2 / mp.sqrt(mp.pi) - 1
    x = mp.sqrt(z)
    return mp.erf(x) / x - 1


def small(name, count):
    return fit(
        name,
        "erf(x) / x - 1 in z = x^2",
        erf_tail,
        (0, mpf("0.8126") ** 2),
        range(count),
        weight=("error relative to erf x:", lambda z: 1 / (1 + erf_tail(z))),
    )


def exponent(name, last, count):
    """Beyond `last` the difference of erf x from 1 is lost in rounding."""
    return fit(
        name,
        "-ln(1 - erf x) in u = x - 1",
        lambda u: -mp.log(mp.erfc(1 + u)),
        (mpf("0.73") - 1, mpf(last) - 1),
        range(count),
        weight=("error in erf x:", lambda u: mp.erfc(1 + u) / mp.erf(1 + u)),
    )


# e^(x^2) erfc x is nearly proportional to s = 1 / (x + SHIFT). The factor e^-SCALE keeps e^(SCALE - x^2) normal. Powers of
# s - CENTER, and not of s, do not cancel each other; the difference is exact.
SHIFT, SCALE, CENTER = mpf("3.5"), 40, mpf("0.09375")


def scaled(name, low, high, count):
    def f(v):
        s = CENTER + v
        x = 1 / s - SHIFT
        return mp.exp(x**2 - SCALE) * mp.erfc(x) / s

    first = float(f(mpf(0)))
    second = float(f(mpf(0)) - mpf(first))
    found = fit(
        name,
        f"e^(x^2 - {SCALE}) erfc(x) / s in s - {float(CENTER)}, s = 1 / (x + {float(SHIFT)})",
        f,
        (1 / (mpf(high) + SHIFT) - CENTER, 1 / (mpf(low) + SHIFT) - CENTER),
        range(count),
        fixed={0: mpf(first) + mpf(second)},
    )
    return [found, Constant(name + "Low", f"What the first of {name} lacks.", second)]


def slope(name, low, high, count):
    """How an error of s is felt: the derivative of ln(e^(x^2) erfc x) by ln s, less 1, divided by s."""

    def f(s):
        x = 1 / s - SHIFT
        inverse = 1 / (mp.exp(x**2) * mp.erfc(x))
        return ((2 * inverse / mp.sqrt(mp.pi) - 2 * x) / s - 1) / s

    return fit(
        name,
        "(d ln(e^(x^2) erfc x) / d ln s - 1) / s in s",
        f,
        (1 / (mpf(high) + SHIFT), 1 / (mpf(low) + SHIFT)),
        range(count),
    )


if __name__ == "__main__":
    write(
        "errorFunction",
        [
            small("erfTail", 12),
            small("erfTailSingle", 7),
            exponent("erfExponent", "5.95", 20),
            exponent("erfExponentSingle", "4.2", 9),
            *scaled("erfcScaled", "0.79", "27.3", 21),
            slope("erfcSlope", "0.79", "27.3", 3),
            *scaled("erfcScaledSingle", "0.79", "10.2", 10)[:1],
        ],
    )
