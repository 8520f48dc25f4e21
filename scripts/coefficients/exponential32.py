"""Float32 coefficients of exp, exp2 and expm1."""

from exponential import HALF, LIMIT, exp2_part, exp_tail, expm1_tail
from minimax import SINGLE, Constant, fit, mp, mpf, words, write


def exp2_tail(f):
    """(2^f - 1 - f ln 2) / f^2"""
    if abs(f) < mpf(2) ** -60:
        return mp.ln(2) ** 2 / 2
    return (exp2_part(f) - mp.ln(2)) / f


high, low = words(mp.ln(2), (15,), SINGLE)
top, rest = words(mp.ln(2), (12,), SINGLE)

if __name__ == "__main__":
    write(
        "exponential32",
        [
            Constant("log2E", "1 / ln 2.", words(1 / mp.ln(2), (), SINGLE)[0], SINGLE),
            Constant("ln2High", "ln 2 to 15 bits: its product with a whole number below 2^9 is exact.", high, SINGLE),
            Constant("ln2Low", "ln 2 - ln2High.", low, SINGLE),
            Constant("ln2Top", "ln 2 to 12 bits: its product with 12 bits is exact.", top, SINGLE),
            Constant("ln2Rest", "ln 2 - ln2Top.", rest, SINGLE),
            fit(
                "expTail",
                "(e^r - 1 - r) / r^2",
                exp_tail,
                (-LIMIT, LIMIT),
                range(5),
                weight=("error relative to e^r:", lambda r: r**2 / mp.exp(r)),
                precision=SINGLE,
            ),
            fit(
                "expm1Tail",
                "(e^r - 1 - r - r^2 / 2) / r^3",
                expm1_tail,
                (-LIMIT, LIMIT),
                range(5),
                weight=("error relative to e^r - 1:", lambda r: abs(r**3 / mp.expm1(r)) if r else mpf(0)),
                precision=SINGLE,
            ),
            fit(
                "exp2Tail",
                "(2^f - 1 - f ln 2) / f^2",
                exp2_tail,
                (-HALF, HALF),
                range(5),
                weight=("error relative to 2^f:", lambda f: f**2 / mpf(2) ** f),
                precision=SINGLE,
            ),
        ],
    )
