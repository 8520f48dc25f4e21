"""Coefficients of exp, exp2 and expm1, and of everything that reduces its argument by ln 2."""

from minimax import Constant, fit, mp, mpf, words, write

# |x - n ln 2| for the nearest n, and a little more: n is chosen by a rounded product.
LIMIT = mpf("0.3475")
HALF = mpf("0.501")


def exp_tail(r):
    """(e^r - 1 - r) / r^2"""
    if abs(r) < mpf(2) ** -60:
        return mpf(1) / 2 + r / 6
    return (mp.exp(r) - 1 - r) / r**2


def expm1_tail(r):
    """(e^r - 1 - r - r^2 / 2) / r^3"""
    if abs(r) < mpf(2) ** -50:
        return mpf(1) / 6 + r / 24
    return (mp.exp(r) - 1 - r - r**2 / 2) / r**3


def exp2_part(f):
    """(2^f - 1) / f"""
    return mp.expm1(f * mp.ln(2)) / f if f else mp.ln(2)


high, low = words(mp.ln(2), (42,))


if __name__ == "__main__":
    write(
        "exponential",
        [
            Constant("log2E", "1 / ln 2.", float(1 / mp.ln(2))),
            Constant("ln2", "ln 2.", float(mp.ln(2))),
            Constant("ln2High", "ln 2 to 42 bits: its product with a whole number below 2^11 is exact.", high),
            Constant("ln2Low", "ln 2 - ln2High.", low),
            fit(
                "expTail",
                "(e^r - 1 - r) / r^2",
                exp_tail,
                (-LIMIT, LIMIT),
                range(10),
                weight=("error relative to e^r:", lambda r: r**2 / mp.exp(r)),
            ),
            fit(
                "expm1Tail",
                "(e^r - 1 - r - r^2 / 2) / r^3",
                expm1_tail,
                (-LIMIT, LIMIT),
                range(10),
                weight=("error relative to e^r - 1:", lambda r: abs(r**3 / mp.expm1(r)) if r else mpf(0)),
            ),
            fit(
                "exp2Tail",
                "(2^f - 1) / f",
                exp2_part,
                (-HALF, HALF),
                range(11),
                weight=("error relative to 2^f:", lambda f: abs(f) / mpf(2) ** f),
            ),
            fit(
                "exp2Single",
                "2^f",
                lambda f: mpf(2) ** f,
                (-HALF, HALF),
                range(8),
                fixed={0: 1},
            ),
            fit(
                "exp2m1Single",
                "(2^f - 1) / f",
                exp2_part,
                (-HALF, HALF),
                range(8),
            ),
        ],
    )
