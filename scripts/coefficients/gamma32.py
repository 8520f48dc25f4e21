"""Float32 coefficients of ln gamma: near its zeros 1 and 2, about its minimum, and of Stirling's series."""

from gamma import log_gamma_over, stirling
from minimax import SINGLE, Constant, fit, mp, mpf, words, write


def two_words(value):
    high = words(value, (), SINGLE)[0]
    return high, words(value - mpf(high), (), SINGLE)[0]


def series(name, form, f, low, high, count):
    first, second = two_words(f(mpf(0)))
    found = fit(
        name, form, f, (low, high), range(count), fixed={0: mpf(first) + mpf(second)}, precision=SINGLE
    )
    return [found, Constant(name + "Low", f"What the first of {name} lacks.", second, SINGLE)]


def near(zero, name, low, high, count):
    return series(name, f"ln gamma({zero} + d) / d in d", log_gamma_over(zero), mpf(low), mpf(high), count)


minimum = words(mp.findroot(lambda x: mp.psi(0, x), 1.46), (), SINGLE)[0]


def about_minimum(low, high, count):
    return series(
        "lgammaNearLeast",
        "ln gamma(leastAt + e) in e",
        lambda e: mp.loggamma(minimum + e),
        mpf(low) - minimum,
        mpf(high) - minimum,
        count,
    )


constant, constant_low = two_words((mp.log(2 * mp.pi) - 1) / 2)

write(
    "gamma32",
    [
        *near(1, "lgammaNear1", "-0.301", "0.201", 11),
        *near(2, "lgammaNear2", "-0.301", "0.501", 9),
        Constant("leastAt", "Where lgamma is least, to 24 bits.", minimum, SINGLE),
        *about_minimum("1.199", "1.701", 10),
        fit(
            "stirling",
            "x (ln gamma x - (x - 1/2) ln x + x - ln(2 pi) / 2) in 1/x^2",
            stirling,
            (0, mpf(1) / 64),
            range(2),
            weight=(
                "error relative to ln gamma x:",
                lambda y: mp.sqrt(y) / mp.loggamma(1 / mp.sqrt(y)) if y else mpf(0),
            ),
            precision=SINGLE,
        ),
        Constant("stirlingConstant", "(ln(2 pi) - 1) / 2.", constant, SINGLE),
        Constant("pi", "pi.", words(mp.pi, (), SINGLE)[0], SINGLE),
    ],
)
