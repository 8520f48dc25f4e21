"""Float32 coefficients of pow: log2 m = s (c0 + z (c1 + z R(z))) with s = (m - 1) / (m + 1), z = s^2."""

from logarithm import LIMIT, atanh_part
from minimax import SINGLE, Constant, fit, mp, mpf, words, write

C0, C1 = 2 / mp.ln(2), 2 / mp.ln(2) / 3


def rest(z):
    """(2 atanh(s) / (s ln 2) - c0 - c1 z) / z^2"""
    if z < mpf(2) ** -30:
        return C0 / 5 + C0 * z / 7
    return (C0 * atanh_part(z) - C0 - C1 * z) / z**2


def pair(name, comment, value):
    high, low = words(value, (12,), SINGLE)
    return [
        Constant(name + "Top", f"{comment} to 12 bits.", high, SINGLE),
        Constant(name + "Rest", "The rest.", low, SINGLE),
    ]


write(
    "power32",
    [
        *pair("first", "c0 = 2 / ln 2", C0),
        *pair("second", "c1 = 2 / (3 ln 2)", C1),
        fit(
            "powTail",
            "R of log2 m = s (c0 + z (c1 + z R(z))), z = s^2",
            rest,
            (0, LIMIT**2),
            range(4),
            weight=("error relative to log2 m:", lambda z: z * z / (C0 * atanh_part(z))),
            precision=SINGLE,
        ),
    ],
)
