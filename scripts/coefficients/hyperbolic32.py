"""Float32 coefficients of sinh and cosh near zero, and of asinh."""

from hyperbolic import LIMIT, cosh_tail, sinh_tail
from minimax import SINGLE, fit, mp, mpf, write


def asinh_tail(z):
    """(asinh(x) / x - 1) / z, of z = x^2"""
    if z < mpf(2) ** -60:
        return -mpf(1) / 6 + 3 * z / 40
    x = mp.sqrt(z)
    return (mp.asinh(x) / x - 1) / z


if __name__ == "__main__":
    write(
        "hyperbolic32",
        [
            fit(
                "coshTail",
                "(cosh r - 1) / z in z = r^2",
                cosh_tail,
                (0, LIMIT**2),
                range(3),
                weight=("error relative to cosh r:", lambda z: z / mp.cosh(mp.sqrt(z))),
                precision=SINGLE,
            ),
            fit(
                "sinhTail",
                "(sinh(r) / r - 1) / z in z = r^2",
                sinh_tail,
                (0, LIMIT**2),
                range(3),
                weight=("error relative to sinh r:", lambda z: z / (1 + z * sinh_tail(z))),
                precision=SINGLE,
            ),
            fit(
                "asinhTail",
                "(asinh(x) / x - 1) / z in z = x^2",
                asinh_tail,
                (0, mpf("0.2501")),
                range(6),
                weight=("error relative to asinh x:", lambda z: z / (1 + z * asinh_tail(z))),
                precision=SINGLE,
            ),
        ],
    )
