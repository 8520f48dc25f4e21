"""Peer numba: loops compiled by LLVM for this processor, one thread, no fast-math (values as IEEE 754 says)."""

import math

import numba
import numpy as np

version = numba.__version__
target = "native jit"

EARTH_RADIUS = 6371
LAYERNORM_EPSILON = 1e-5
LONG_CHAIN_OPS = 1000


@numba.njit
def add_into(out, a, b):
    for i in range(a.size):
        out[i] = a[i] + b[i]
    return out


@numba.njit
def add(a, b):
    return add_into(np.empty_like(a), a, b)


@numba.njit
def multiply_into(out, c, d):
    for i in range(c.size):
        out[i] = c[i] * d[i]
    return out


@numba.njit
def multiply(c, d):
    return multiply_into(np.empty_like(c), c, d)


@numba.njit
def product_sum(a, b):
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@numba.njit
def sin_times_sin(a):
    out = np.empty_like(a)
    for i in range(a.size):
        out[i] = math.sin(a[i]) * math.sin(a[i])
    return out


@numba.njit
def sin_squared(a):
    out = np.empty_like(a)
    for i in range(a.size):
        out[i] = math.sin(a[i]) ** 2
    return out


@numba.njit
def chain5_into(out, a, b, c, d):
    for i in range(a.size):
        out[i] = math.sqrt((a[i] * b[i] + c[i]) / d[i]) - a[i]
    return out


@numba.njit
def chain5(a, b, c, d):
    return chain5_into(np.empty_like(a), a, b, c, d)


@numba.njit
def chain10(a, b, c, d):
    out = np.empty_like(a)
    for i in range(a.size):
        root = math.sqrt((a[i] * b[i] + c[i]) / d[i])
        out[i] = math.sqrt(math.exp(root - a[i]) * c[i] + b[i]) / a[i]
    return out


@numba.njit
def add_row(a, row):
    out = np.empty_like(a)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j] + row[j]
    return out


@numba.njit
def add_column(a, column):
    out = np.empty_like(a)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j] + column[i, 0]
    return out


@numba.njit
def add_transposed(a, b):
    out = np.empty_like(a)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            out[i, j] = a[i, j] + b[j, i]
    return out


@numba.njit
def softmax(x):
    out = np.empty_like(x)
    rows, columns = x.shape
    for i in range(rows):
        largest = -math.inf
        for j in range(columns):
            largest = max(largest, x[i, j])
        total = 0.0
        for j in range(columns):
            out[i, j] = math.exp(x[i, j] - largest)
            total += out[i, j]
        for j in range(columns):
            out[i, j] /= total
    return out


@numba.njit
def layernorm(x):
    out = np.empty_like(x)
    rows, columns = x.shape
    for i in range(rows):
        total = 0.0
        for j in range(columns):
            total += x[i, j]
        mean = total / columns
        squares = 0.0
        for j in range(columns):
            squares += (x[i, j] - mean) ** 2
        scale = math.sqrt(squares / columns + LAYERNORM_EPSILON)
        for j in range(columns):
            out[i, j] = (x[i, j] - mean) / scale
    return out


@numba.njit
def argmin(a):
    return a.argmin()


@numba.njit
def argmax(a):
    return a.argmax()


@numba.njit
def least(a):
    return a.min()


@numba.njit
def most(a):
    return a.max()


@numba.njit
def matmul(a, b):
    return a @ b


@numba.njit
def airports(latitude, longitude):
    n = latitude.size
    cosine = np.cos(latitude)
    nearest = np.empty(n, dtype=np.int64)
    shortest = np.empty(n)
    total = 0.0
    for i in range(n):
        nearest[i] = -1
        shortest[i] = math.inf
        for j in range(n):
            sin_latitude = math.sin((latitude[i] - latitude[j]) / 2)
            sin_longitude = math.sin((longitude[i] - longitude[j]) / 2)
            haversine = sin_latitude**2 + cosine[i] * cosine[j] * sin_longitude**2
            distance = 2 * EARTH_RADIUS * math.asin(math.sqrt(haversine))
            total += distance
            if distance < shortest[i] and i != j:
                shortest[i] = distance
                nearest[i] = j
    return nearest, shortest, total / (n * n)


@numba.njit
def long_chain(a, b):
    out = np.empty_like(a)
    for i in range(a.size):
        value = a[i]
        for _ in range(LONG_CHAIN_OPS // 2):
            value = value + b[i] - b[i]
        out[i] = value
    return out


def call(function):
    return lambda **operands: (lambda: function(*operands.values()))


def flat(function):
    """Loops over one index see matrices as vectors; the result keeps the shape of the operands."""
    return lambda **operands: (lambda: function(*(x.reshape(-1) for x in operands.values())))


def into(function):
    def prepare(**operands):
        out = np.empty_like(next(iter(operands.values())))
        return lambda: function(out, *operands.values())

    return prepare


WORKS = {
    "add": flat(add),
    "addInto": into(add_into),
    "multiply": call(multiply),
    "multiplyInto": into(multiply_into),
    "productSum": call(product_sum),
    "sinTimesSin": call(sin_times_sin),
    "sinSquared": call(sin_squared),
    "chain5": call(chain5),
    "chain5Compiled": call(chain5),
    "chain5Into": into(chain5_into),
    "chain10": call(chain10),
    "addRow": call(add_row),
    "addColumn": call(add_column),
    "addTransposed": call(add_transposed),
    "softmax": call(softmax),
    "layernorm": call(layernorm),
    "argmin": call(argmin),
    "argmax": call(argmax),
    "min": call(least),
    "max": call(most),
    "matmul": call(matmul),
    "matmulSingle": call(matmul),
    "airports": call(airports),
    "longChain": call(long_chain),
}
