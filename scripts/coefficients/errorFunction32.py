"""Float32 coefficients of erf and erfc."""

from errorFunction import CENTER, SHIFT, erf_tail
from minimax import SINGLE, Constant, fit, mp, mpf, words, write


def two_words(value):
    high = words(value, (), SINGLE)[0]
    return high, words(value - mpf(high), (), SINGLE)[0]


def scaled(v):
    """e^(x^2) erfc(x) / s"""
    s = CENTER + v
    x = 1 / s - SHIFT
    return mp.exp(x**2) * mp.erfc(x) / s


def exponent(u):
    return -mp.log(mp.erfc(1 + u))


first, first_low = two_words(scaled(mpf(0)))
least, least_low = two_words(exponent(mpf(0)))

if __name__ == "__main__":
    write(
        "errorFunction32",
        [
            fit(
                "erfTail",
                "erf(x) / x - 1 in z = x^2",
                erf_tail,
                (0, mpf("0.8126") ** 2),
                range(7),
                weight=("error relative to erf x:", lambda z: 1 / (1 + erf_tail(z))),
                precision=SINGLE,
            ),
            fit(
                "erfExponent",
                "-ln(1 - erf x) in u = x - 1",
                exponent,
                (mpf("0.73") - 1, mpf("4") - 1),
                range(9),
                weight=("error in erf x:", lambda u: mp.erfc(1 + u) / mp.erf(1 + u)),
                fixed={0: mpf(least) + mpf(least_low)},
                precision=SINGLE,
            ),
            Constant("erfExponentLow", "What the first of erfExponent lacks.", least_low, SINGLE),
            fit(
                "erfcScaled",
                f"e^(x^2) erfc(x) / s in s - {float(CENTER)}, s = 1 / (x + {float(SHIFT)})",
                scaled,
                (1 / (mpf("10.2") + SHIFT) - CENTER, 1 / (mpf("0.79") + SHIFT) - CENTER),
                range(11),
                fixed={0: mpf(first) + mpf(first_low)},
                precision=SINGLE,
            ),
            Constant("erfcScaledLow", "What the first of erfcScaled lacks.", first_low, SINGLE),
        ],
    )
