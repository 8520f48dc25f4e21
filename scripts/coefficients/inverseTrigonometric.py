"""Coefficients of asin and atan."""

from minimax import Constant, fit, mp, mpf, write


def asin_tail(z):
    """(asin(s) / s - 1) / z, of z = s^2"""
    if z < mpf(2) ** -60:
        return mpf(1) / 6 + 3 * z / 40
    s = mp.sqrt(z)
    return (mp.asin(s) / s - 1) / z


def atan_tail(z):
    """(atan(t) / t - 1) / z, of z = t^2"""
    if z < mpf(2) ** -60:
        return -mpf(1) / 3 + z / 5
    t = mp.sqrt(z)
    return (mp.atan(t) / t - 1) / z


def asin(name, count):
    return fit(
        name,
        "(asin(s) / s - 1) / z in z = s^2",
        asin_tail,
        (0, mpf("0.25")),
        range(count),
        weight=("error relative to asin s:", lambda z: z / (1 + z * asin_tail(z))),
    )


def atan(name, count):
    return fit(
        name,
        "(atan(t) / t - 1) / z in z = t^2",
        atan_tail,
        (0, mpf("0.11112")),
        range(count),
        weight=("error relative to atan t:", lambda z: z / (1 + z * atan_tail(z))),
    )


def pair(name, comment, value):
    high = float(value)
    return [Constant(name + "High", comment, high), Constant(name + "Low", "The rest.", float(value - mpf(high)))]


if __name__ == "__main__":
    write(
        "inverseTrigonometric",
        [
            asin("asinTail", 13),
            asin("asinTailSingle", 6),
            atan("atanTail", 10),
            atan("atanTailSingle", 5),
            *pair("atanHalf", "atan(1/2).", mp.atan(mpf(1) / 2)),
            *pair("pi", "pi.", mp.pi),
            *pair("halfPi", "pi/2.", mp.pi / 2),
        ],
    )
