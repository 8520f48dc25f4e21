"""Coefficients of ln gamma: near its zeros 1 and 2, and of Stirling's series."""

from minimax import Constant, fit, mp, mpf, write


def log_gamma_over(zero):
    """ln gamma(zero + d) / d, with the limit at 0"""
    slope = mp.psi(0, zero)
    curve = mp.psi(1, zero) / 2

    def f(d):
        if abs(d) < mpf(2) ** -60:
            return slope + curve * d
        return mp.loggamma(zero + d) / d

    return f


def near(zero, name, low, high, count):
    return fit(name, f"ln gamma({zero} + d) / d in d", log_gamma_over(zero), (low, high), range(count))


def stirling(y):
    """z (ln gamma(x) - (x - 1/2) ln x + x - ln(2 pi)/2) / y of z = 1/x, y = z^2"""
    if y < mpf(2) ** -40:
        return mpf(1) / 12 - y / 360
    x = 1 / mp.sqrt(y)
    return (mp.loggamma(x) - (x - mpf(1) / 2) * mp.log(x) + x - mp.log(2 * mp.pi) / 2) * x


def series(name, count):
    return fit(
        name,
        "x (ln gamma x - (x - 1/2) ln x + x - ln(2 pi) / 2) in 1/x^2",
        stirling,
        (0, mpf(1) / 64),
        range(count),
        weight=("error relative to ln gamma x:", lambda y: mp.sqrt(y) / mp.loggamma(1 / mp.sqrt(y)) if y else mpf(0)),
    )


write(
    "gamma",
    [
        near(1, "lgammaNear1", "-0.3", "0.5", 25),
        near(1, "lgammaNear1Single", "-0.3", "0.5", 14),
        near(2, "lgammaNear2", "-0.5", "0.5", 23),
        near(2, "lgammaNear2Single", "-0.5", "0.5", 11),
        series("stirling", 6),
        series("stirlingSingle", 2),
        Constant("stirlingConstant", "(ln(2 pi) - 1) / 2.", float((mp.log(2 * mp.pi) - 1) / 2)),
    ],
)
