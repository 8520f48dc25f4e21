"""Peer numpy: each work as its user would write it, temporaries and all."""

import numpy as np

version = np.__version__
target = "native"

EARTH_RADIUS = 6371
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
