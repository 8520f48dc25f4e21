"""Peer numexpr: expressions as strings, run in cache-sized blocks; what it cannot say is left to NumPy."""

import os

import numexpr
import numpy as np

version = numexpr.__version__
target = "native"

EARTH_RADIUS = 6371
RATE, VOLATILITY = 0.02, 0.3

numexpr.set_num_threads(int(os.environ["NUMEXPR_NUM_THREADS"]))


def expression(text):
    def prepare(**operands):
        return lambda: numexpr.evaluate(text, local_dict=operands)

    return prepare


def into(text):
    def prepare(**operands):
        out = np.empty_like(next(iter(operands.values())))
        return lambda: numexpr.evaluate(text, local_dict=operands, out=out)

    return prepare


def airports(latitude, longitude):
    text = (
        f"{2 * EARTH_RADIUS} * arcsin(sqrt(sin((u - v) / 2) ** 2 + cu * cv * sin((s - t) / 2) ** 2))"
    )

    def call():
        cosine = np.cos(latitude)
        operands = {
            "u": latitude[:, None],
            "v": latitude[None, :],
            "cu": cosine[:, None],
            "cv": cosine[None, :],
            "s": longitude[:, None],
            "t": longitude[None, :],
        }
        distance = numexpr.evaluate(text, local_dict=operands)
        mean = distance.mean()
        np.fill_diagonal(distance, np.inf)
        return distance.argmin(axis=1), distance.min(axis=1), mean

    return call


PHI = "where({x} < 0, {tail}, 1 - {tail})"
TAIL = (
    "exp({x} * {x} * -0.5) * ((((1.330274429 * {k} - 1.821255978) * {k} + 1.781477937) * {k} - 0.356563782)"
    " * {k} + 0.31938153) * {k} / 2.5066282746310002"
)


def phi(x):
    k = f"(1 / (abs({x}) * 0.2316419 + 1))"
    return PHI.format(x=x, tail=TAIL.format(x=x, k=k))


def black_scholes(spot, strike, years):
    """In steps of one string each: numexpr has no names for parts of an expression."""

    def call():
        deviation = numexpr.evaluate(f"sqrt(years) * {VOLATILITY}", {"years": years})
        d1 = numexpr.evaluate(
            f"(log(spot / strike) + years * {RATE + VOLATILITY**2 / 2}) / deviation",
            {"spot": spot, "strike": strike, "years": years, "deviation": deviation},
        )
        discounted = numexpr.evaluate(f"exp(years * {-RATE}) * strike", {"years": years, "strike": strike})
        d2 = numexpr.evaluate("d1 - deviation", {"d1": d1, "deviation": deviation})
        price = numexpr.evaluate(
            f"spot * {phi('d1')} - discounted * {phi('d2')}",
            {"spot": spot, "discounted": discounted, "d1": d1, "d2": d2},
        )
        put = numexpr.evaluate(
            "price - spot + discounted", {"price": price, "spot": spot, "discounted": discounted}
        )
        return price, put

    return call


CHAIN5 = "sqrt((a * b + c) / d) - a"

WORKS = {
    "add": expression("a + b"),
    "addInto": into("a + b"),
    "multiply": expression("c * d"),
    "multiplyInto": into("c * d"),
    "productSum": expression("sum(a * b)"),
    "sinTimesSin": expression("sin(a) * sin(a)"),
    "sinSquared": expression("sin(a) ** 2"),
    "sin": expression("sin(a)"),
    "sum": expression("sum(a)"),
    "chain3": expression("(a * b + c) / d"),
    "blackScholes": black_scholes,
    "chain5": expression(CHAIN5),
    "chain5Compiled": expression(CHAIN5),
    "chain5Into": into(CHAIN5),
    "chain10": expression("sqrt(exp(sqrt((a * b + c) / d) - a) * c + b) / a"),
    "addRow": expression("a + b"),
    "addColumn": expression("a + b"),
    "addTransposed": lambda a, b: expression("a + b")(a=a, b=b.T),
    "min": expression("min(a)"),
    "max": expression("max(a)"),
    "airports": airports,
}
