"""Float32 coefficients of asin and atan."""

from inverseTrigonometric import asin_tail, atan_tail
from minimax import SINGLE, Constant, fit, mp, mpf, words, write


def pair(name, comment, value):
    high = words(value, (), SINGLE)[0]
    low = words(value - mpf(high), (), SINGLE)[0]
    return [Constant(name + "High", comment, high, SINGLE), Constant(name + "Low", "The rest.", low, SINGLE)]


if __name__ == "__main__":
    write(
        "inverseTrigonometric32",
        [
            fit(
                "asinTail",
                "(asin(s) / s - 1) / z in z = s^2",
                asin_tail,
                (0, mpf("0.25")),
                range(6),
                weight=("error relative to asin s:", lambda z: z / (1 + z * asin_tail(z))),
                precision=SINGLE,
            ),
            fit(
                "atanTail",
                "(atan(t) / t - 1) / z in z = t^2",
                atan_tail,
                (0, mpf("0.11112")),
                range(5),
                weight=("error relative to atan t:", lambda z: z / (1 + z * atan_tail(z))),
                precision=SINGLE,
            ),
            *pair("atanHalf", "atan(1/2).", mp.atan(mpf(1) / 2)),
            *pair("pi", "pi.", mp.pi),
            *pair("halfPi", "pi/2.", mp.pi / 2),
        ],
    )
