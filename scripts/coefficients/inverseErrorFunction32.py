"""Float32 coefficients of erfcinv."""

from inverseErrorFunction import AT_ZERO, SHIFT, below_one, inverse, near
from minimax import SINGLE, Constant, fit, mp, mpf, words, write


def two_words(value):
    high = words(value, (), SINGLE)[0]
    return high, words(value - mpf(high), (), SINGLE)[0]


MIDDLE, TAIL = mpf("2.5"), mpf("0.15625")


def middle(v):
    w = max(v + MIDDLE, mpf(2) ** -60)
    return (near(w) - AT_ZERO) / w


def tail(v):
    s = 1 / (v + TAIL) - SHIFT
    return inverse(below_one(s * s)[0]) / s


at_zero, at_zero_low = two_words(AT_ZERO)
first, first_low = two_words(tail(mpf(0)))

write(
    "inverseErrorFunction32",
    [
        Constant("inverseAtZero", "sqrt(pi) / 2", at_zero, SINGLE),
        Constant("inverseAtZeroLow", "What that lacks.", at_zero_low, SINGLE),
        fit(
            "inverseMiddle",
            "(erfcinv(y) / (1 - y) - sqrt(pi) / 2) / w in w - 2.5, w = -ln(y (2 - y))",
            middle,
            (-MIDDLE, MIDDLE),
            range(12),
            weight=("error relative to erfcinv y:", lambda v: (v + MIDDLE) / near(v + MIDDLE)),
            precision=SINGLE,
        ),
        fit(
            "inverseTail",
            f"erfcinv(y) / s in 1 / (s + {SHIFT}) - {float(TAIL)}, s = sqrt w",
            tail,
            (1 / (mpf("10.25") + SHIFT) - TAIL, 1 / (mpf("2.236") + SHIFT) - TAIL),
            range(14),
            fixed={0: mpf(first) + mpf(first_low)},
            precision=SINGLE,
        ),
        Constant("inverseTailLow", "What the first of inverseTail lacks.", first_low, SINGLE),
    ],
)
