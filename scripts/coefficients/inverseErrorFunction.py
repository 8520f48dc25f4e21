"""Coefficients of erfcinv."""

import functools

from minimax import fit, mp, mpf, write

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


def middle(name, last, count):
    center = mpf(last) / 2
    return fit(
        name,
        f"erfcinv(y) / (1 - y) in w - {float(center)}, w = -ln(y (2 - y))",
        lambda v: near(v + center),
        (-center, center),
        range(count),
    )


def tail(name, low, high, center, count):
    center = mpf(center)

    def f(v):
        s = 1 / (v + center) - SHIFT
        return inverse(below_one(s * s)[0]) / s

    return fit(
        name,
        f"erfcinv(y) / s in 1 / (s + {SHIFT}) - {float(center)}, s = sqrt w",
        f,
        (1 / (mpf(high) + SHIFT) - center, 1 / (mpf(low) + SHIFT) - center),
        range(count),
    )


if __name__ == "__main__":
    write(
        "inverseErrorFunction",
        [
            middle("inverseMiddle", 5, 22),
            middle("inverseMiddleSingle", 5, 13),
            tail("inverseTail", "2.236", 4, 0.203125, 18),
            tail("inverseFarTail", 4, "7.5", 0.140625, 18),
            tail("inverseFarthestTail", "7.5", "27.31", 0.0703125, 21),
            tail("inverseTailSingle", "2.236", "10.25", 0.15625, 16),
        ],
    )
