"""Coefficients of sinh and cosh near zero."""

from minimax import fit, mp, mpf, write

# |x - n ln 2| for the nearest n, and a little more.
LIMIT = mpf("0.3475")


def cosh_tail(z):
    """(cosh r - 1) / z, of z = r^2"""
    if z < mpf(2) ** -60:
        return mpf(1) / 2 + z / 24
    return (mp.cosh(mp.sqrt(z)) - 1) / z


def sinh_tail(z):
    """(sinh(r) / r - 1) / z, of z = r^2"""
    if z < mpf(2) ** -60:
        return mpf(1) / 6 + z / 120
    r = mp.sqrt(z)
    return (mp.sinh(r) / r - 1) / z


def pair(suffix, cosh_count, sinh_count):
    return [
        fit(
            "coshTail" + suffix,
            "(cosh r - 1) / z in z = r^2",
            cosh_tail,
            (0, LIMIT**2),
            range(cosh_count),
            weight=("error relative to cosh r:", lambda z: z / mp.cosh(mp.sqrt(z))),
        ),
        fit(
            "sinhTail" + suffix,
            "(sinh(r) / r - 1) / z in z = r^2",
            sinh_tail,
            (0, LIMIT**2),
            range(sinh_count),
            weight=("error relative to sinh r:", lambda z: z / (1 + z * sinh_tail(z))),
        ),
    ]


if __name__ == "__main__":
    write("hyperbolic", pair("", 5, 5) + pair("Single", 3, 3))
