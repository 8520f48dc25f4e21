"""Peer numexpr: expressions as strings, run in cache-sized blocks; what it cannot say is left to NumPy."""

import numexpr
import numpy as np

version = numexpr.__version__
target = "native"

EARTH_RADIUS = 6371

numexpr.set_num_threads(1)


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


CHAIN5 = "sqrt((a * b + c) / d) - a"

WORKS = {
    "add": expression("a + b"),
    "addInto": into("a + b"),
    "multiply": expression("c * d"),
    "multiplyInto": into("c * d"),
    "productSum": expression("sum(a * b)"),
    "sinTimesSin": expression("sin(a) * sin(a)"),
    "sinSquared": expression("sin(a) ** 2"),
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
