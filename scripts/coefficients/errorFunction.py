"""Coefficients of erf and erfc."""

from minimax import fit, mp, mpf, write


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
        (0, 1),
        range(count),
        weight=("error relative to erf x:", lambda z: 1 / (1 + erf_tail(z))),
    )


def exponent(name, last, count):
    """Beyond `last` the difference of erf x from 1 is lost in rounding."""
    return fit(
        name,
        "-ln(1 - erf x) in u = x - 1",
        lambda u: -mp.log(mp.erfc(1 + u)),
        (0, mpf(last) - 1),
        range(count),
        weight=("error in erf x:", lambda u: mp.erfc(1 + u) / mp.erf(1 + u)),
    )


# e^(x^2) erfc x is nearly proportional to s = 1 / (x + SHIFT). The factor e^-SCALE keeps e^(SCALE - x^2) normal.
SHIFT, SCALE = mpf("3.5"), 40


def scaled(name, low, high, count):
    return fit(
        name,
        f"e^(x^2 - {SCALE}) erfc(x) / s in s = 1 / (x + {float(SHIFT)})",
        lambda s: mp.exp((1 / s - SHIFT) ** 2 - SCALE) * mp.erfc(1 / s - SHIFT) / s,
        (1 / (mpf(high) + SHIFT), 1 / (mpf(low) + SHIFT)),
        range(count),
    )


write(
    "errorFunction",
    [
        small("erfTail", 14),
        small("erfTailSingle", 8),
        exponent("erfExponent", "5.95", 19),
        exponent("erfExponentSingle", "4.2", 9),
        scaled("erfcScaled", "0.79", "27.3", 21),
        scaled("erfcScaledSingle", "0.79", "10.2", 10),
    ],
)
