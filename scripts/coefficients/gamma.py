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
    """The value at the zero is given in two words, the second apart."""
    first = float(log_gamma_over(zero)(mpf(0)))
    second = float(log_gamma_over(zero)(mpf(0)) - mpf(first))
    f = fit(
        name,
        f"ln gamma({zero} + d) / d in d",
        log_gamma_over(zero),
        (low, high),
        range(count),
        fixed={0: mpf(first) + mpf(second)},
    )
    return [f, Constant(name + "Low", f"What the first of {name} lacks.", second)]


minimum = float(mp.findroot(lambda x: mp.psi(0, x), 1.46))
least = mp.loggamma(mpf(minimum))


def around_minimum(name, low, high, count):
    first = float(least)
    second = float(least - mpf(first))
    f = fit(
        name,
        "ln gamma(leastAt + e) in e",
        lambda e: mp.loggamma(minimum + e),
        (mpf(low) - minimum, mpf(high) - minimum),
        range(count),
        fixed={0: mpf(first) + mpf(second)},
    )
    return [f, Constant(name + "Low", f"What the first of {name} lacks.", second)]


def stirling(y):
    """x (ln gamma(x) - (x - 1/2) ln x + x - ln(2 pi)/2), of y = 1/x^2"""
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


if __name__ == "__main__":
    write(
        "gamma",
        [
            *near(1, "lgammaNear1", "-0.301", "0.201", 20),
            *near(1, "lgammaNear1Single", "-0.301", "0.201", 10)[:1],
            *near(2, "lgammaNear2", "-0.301", "0.501", 18),
            *near(2, "lgammaNear2Single", "-0.301", "0.501", 10)[:1],
            Constant("leastAt", "Where lgamma is least, to 53 bits.", minimum),
            *around_minimum("lgammaNearLeast", "1.199", "1.701", 18),
            *around_minimum("lgammaNearLeastSingle", "1.199", "1.701", 11)[:1],
            series("stirling", 6),
            series("stirlingSingle", 2),
            Constant("stirlingConstant", "(ln(2 pi) - 1) / 2.", float((mp.log(2 * mp.pi) - 1) / 2)),
        ],
    )
