"""Coefficients of erfcinv."""

import functools

from minimax import Constant, fit, mp, mpf, write

SHIFT = 2


@functools.lru_cache(None)
def inverse(y):
    """erfcinv(y) for 0 < y <= 1"""
    if y > 0.3:
        return mp.erfinv(1 - y)
    goal = mp.log(y)
    x = mp.sqrt(-goal - mp.log(mp.sqrt(mp.pi * (0.5 - goal)))) if goal < -2 else mpf("0.8")
    while True:  # Newton's method on log erfc
        e = mp.erfc(x)
        step = (mp.log(e) - goal) * e * mp.sqrt(mp.pi) / 2 * mp.exp(x * x)
        x += step
        if abs(step) < x * mpf(2) ** -100:  # squared by the step itself
            return x


def below_one(w):
    """y and 1 - y for w = -ln(y (2 - y))"""
    x = mp.sqrt(-mp.expm1(-w))
    return mp.exp(-w) / (1 + x), x


def near(w):
    if w <= 0:
        return mp.sqrt(mp.pi) / 2
    y, x = below_one(w)
    return inverse(y) / x


AT_ZERO = mp.sqrt(mp.pi) / 2


def middle(name, last, count):
    """What is above the value for w = 0, divided by w: the less there is of it, the less its error counts."""
    center = mpf(last) / 2

    def f(v):
        w = max(v + center, mpf(2) ** -60)
        return (near(w) - AT_ZERO) / w

    return fit(
        name,
        f"(erfcinv(y) / (1 - y) - sqrt(pi) / 2) / w in w - {float(center)}, w = -ln(y (2 - y))",
        f,
        (-center, center),
        range(count),
        weight=("error relative to erfcinv y:", lambda v: (v + center) / near(v + center)),
    )


def tail(name, low, high, center, count):
    center = mpf(center)

    def f(v):
        s = 1 / (v + center) - SHIFT
        return inverse(below_one(s * s)[0]) / s

    first = float(f(mpf(0)))
    second = float(f(mpf(0)) - mpf(first))
    found = fit(
        name,
        f"erfcinv(y) / s in 1 / (s + {SHIFT}) - {float(center)}, s = sqrt w",
        f,
        (1 / (mpf(high) + SHIFT) - center, 1 / (mpf(low) + SHIFT) - center),
        range(count),
        fixed={0: mpf(first) + mpf(second)},
    )
    return [found, Constant(name + "Low", f"What the first of {name} lacks.", second)]


if __name__ == "__main__":
    high = float(AT_ZERO)
    write(
        "inverseErrorFunction",
        [
            Constant("inverseAtZero", "sqrt(pi) / 2", high),
            Constant("inverseAtZeroLow", "What that lacks.", float(AT_ZERO - mpf(high))),
            middle("inverseMiddle", 5, 20),
            middle("inverseMiddleSingle", 5, 12),
            *tail("inverseTail", "2.236", 4, 0.203125, 18),
            *tail("inverseFarTail", 4, "7.5", 0.140625, 18),
            *tail("inverseFarthestTail", "7.5", "27.31", 0.0703125, 21),
            tail("inverseTailSingle", "2.236", "10.25", 0.15625, 16)[0],
        ],
    )
