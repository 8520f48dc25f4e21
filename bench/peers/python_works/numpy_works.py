"""Peer numpy: each work as its user would write it, temporaries and all."""

import numpy as np

version = np.__version__
target = "native"

EARTH_RADIUS = 6371
RATE, VOLATILITY = 0.02, 0.3
PRODUCT_SUMS = 20_000
LAYERNORM_EPSILON = 1e-5
LONG_CHAIN_OPS = 1000


def into(ufunc, x, y):
    out = np.empty_like(x)
    return lambda: ufunc(x, y, out=out)


def chain5(a, b, c, d):
    return lambda: np.sqrt((a * b + c) / d) - a


def softmax(x):
    def call():
        powers = np.exp(x - x.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    return call


def layernorm(x):
    def call():
        centered = x - x.mean(axis=1, keepdims=True)
        return centered / np.sqrt(x.var(axis=1, keepdims=True) + LAYERNORM_EPSILON)

    return call


def airports(latitude, longitude):
    def half_sine(v):
        return np.sin((v[:, None] - v[None, :]) / 2) ** 2

    def call():
        cosine = np.cos(latitude)
        haversine = half_sine(latitude) + cosine[:, None] * cosine[None, :] * half_sine(longitude)
        distance = 2 * EARTH_RADIUS * np.arcsin(np.sqrt(haversine))
        mean = distance.mean()
        np.fill_diagonal(distance, np.inf)
        return distance.argmin(axis=1), distance.min(axis=1), mean

    return call


def phi(x):
    """Abramowitz and Stegun 26.2.17."""
    k = 1 / (np.abs(x) * 0.2316419 + 1)
    polynomial = (((1.330274429 * k - 1.821255978) * k + 1.781477937) * k - 0.356563782) * k + 0.31938153
    tail = np.exp(x * x * -0.5) * (polynomial * k) / np.sqrt(2 * np.pi)
    return np.where(x < 0, tail, 1 - tail)


def black_scholes(spot, strike, years):
    def call():
        deviation = np.sqrt(years) * VOLATILITY
        d1 = (np.log(spot / strike) + years * (RATE + VOLATILITY**2 / 2)) / deviation
        discounted = np.exp(years * -RATE) * strike
        price = spot * phi(d1) - discounted * phi(d1 - deviation)
        return price, price - spot + discounted

    return call


def product_of_normals(length):
    random = np.random.default_rng(length)
    return (random.standard_normal(length) * random.standard_normal(length)).sum()


def mean_square(sums):
    return np.mean(np.asarray(sums) ** 2 / np.arange(1, PRODUCT_SUMS + 1))


def long_chain(a, b):
    def call():
        value = a
        for _ in range(LONG_CHAIN_OPS // 2):
            value = value + b - b
        return value

    return call


WORKS = {
    "add": lambda a, b: lambda: a + b,
    "addInto": lambda a, b: into(np.add, a, b),
    "multiply": lambda c, d: lambda: c * d,
    "multiplyInto": lambda c, d: into(np.multiply, c, d),
    "productSum": lambda a, b: lambda: (a * b).sum(),
    "sinTimesSin": lambda a: lambda: np.sin(a) * np.sin(a),
    "sinSquared": lambda a: lambda: np.sin(a) ** 2,
    "sin": lambda a: lambda: np.sin(a),
    "sum": lambda a: lambda: a.sum(),
    "chain3": lambda a, b, c, d: lambda: (a * b + c) / d,
    "blackScholes": black_scholes,
    "productSums": lambda: lambda: mean_square([product_of_normals(i + 1) for i in range(PRODUCT_SUMS)]),
    "sort": lambda a: lambda: np.sort(a),
    "sortStable": lambda a: lambda: np.sort(a, kind="stable"),
    "argsort": lambda a: lambda: np.argsort(a),
    "argsortStable": lambda a: lambda: np.argsort(a, kind="stable"),
    "chain5": chain5,
    "chain5Compiled": chain5,
    "chain10": lambda a, b, c, d: lambda: np.sqrt(np.exp(np.sqrt((a * b + c) / d) - a) * c + b) / a,
    "addRow": lambda a, b: lambda: a + b,
    "addColumn": lambda a, b: lambda: a + b,
    "addTransposed": lambda a, b: lambda: a + b.T,
    "softmax": softmax,
    "layernorm": layernorm,
    "argmin": lambda a: lambda: a.argmin(),
    "argmax": lambda a: lambda: a.argmax(),
    "min": lambda a: lambda: a.min(),
    "max": lambda a: lambda: a.max(),
    "matmul": lambda a, b: lambda: a @ b,
    "matmulSingle": lambda a, b: lambda: a @ b,
    "airports": airports,
    "longChain": long_chain,
}
