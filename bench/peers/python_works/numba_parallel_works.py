"""Peer numba-parallel: `parallel=True` and `prange` on all threads, no fast-math (values as IEEE 754 says)."""

import math

import numba
import numpy as np
from numba import prange

version = numba.__version__
target = "native jit"

EARTH_RADIUS = 6371
RATE, VOLATILITY = 0.02, 0.3
PRODUCT_SUMS = 20_000
PI_POINTS = 1_000_000_000

parallel = numba.njit(parallel=True)


@parallel
def add(a, b):
    out = np.empty_like(a)
    for i in prange(a.size):
        out[i] = a[i] + b[i]
    return out


@parallel
def sin(a):
    out = np.empty_like(a)
    for i in prange(a.size):
        out[i] = math.sin(a[i])
    return out


@parallel
def total(a):
    result = 0.0
    for i in prange(a.size):
        result += a[i]
    return result


@parallel
def chain3(a, b, c, d):
    out = np.empty_like(a)
    for i in prange(a.size):
        out[i] = (a[i] * b[i] + c[i]) / d[i]
    return out


@parallel
def chain5(a, b, c, d):
    out = np.empty_like(a)
    for i in prange(a.size):
        out[i] = math.sqrt((a[i] * b[i] + c[i]) / d[i]) - a[i]
    return out


@parallel
def chain10(a, b, c, d):
    out = np.empty_like(a)
    for i in prange(a.size):
        root = math.sqrt((a[i] * b[i] + c[i]) / d[i])
        out[i] = math.sqrt(math.exp(root - a[i]) * c[i] + b[i]) / a[i]
    return out


@numba.njit
def phi(x):
    """Abramowitz and Stegun 26.2.17."""
    k = 1 / (abs(x) * 0.2316419 + 1)
    polynomial = (((1.330274429 * k - 1.821255978) * k + 1.781477937) * k - 0.356563782) * k + 0.31938153
    tail = math.exp(x * x * -0.5) * (polynomial * k) / math.sqrt(2 * math.pi)
    return tail if x < 0 else 1 - tail


@parallel
def black_scholes(spot, strike, years):
    call = np.empty_like(spot)
    put = np.empty_like(spot)
    for i in prange(spot.size):
        deviation = math.sqrt(years[i]) * VOLATILITY
        d1 = (math.log(spot[i] / strike[i]) + years[i] * (RATE + VOLATILITY**2 / 2)) / deviation
        discounted = math.exp(years[i] * -RATE) * strike[i]
        call[i] = spot[i] * phi(d1) - discounted * phi(d1 - deviation)
        put[i] = call[i] - spot[i] + discounted
    return call, put


@parallel
def airports(latitude, longitude):
    n = latitude.size
    cosine = np.cos(latitude)
    nearest = np.empty(n, dtype=np.int64)
    shortest = np.empty(n)
    total = 0.0
    for i in prange(n):
        best = -1
        least = math.inf
        row = 0.0
        for j in range(n):
            sin_latitude = math.sin((latitude[i] - latitude[j]) / 2)
            sin_longitude = math.sin((longitude[i] - longitude[j]) / 2)
            haversine = sin_latitude**2 + cosine[i] * cosine[j] * sin_longitude**2
            distance = 2 * EARTH_RADIUS * math.asin(math.sqrt(haversine))
            row += distance
            if distance < least and i != j:
                least = distance
                best = j
        nearest[i] = best
        shortest[i] = least
        total += row
    return nearest, shortest, total / (n * n)


@parallel
def product_sums():
    sums = np.empty(PRODUCT_SUMS)
    # The longest are spread: Numba gives each thread one contiguous range.
    for k in prange(PRODUCT_SUMS):
        i = k // 2 if k % 2 == 0 else PRODUCT_SUMS - 1 - k // 2
        result = 0.0
        for _ in range(i + 1):
            result += np.random.normal() * np.random.normal()
        sums[i] = result
    squares = 0.0
    for i in range(PRODUCT_SUMS):
        squares += sums[i] ** 2 / (i + 1)
    return squares / PRODUCT_SUMS


@parallel
def monte_carlo_pi():
    inside = 0
    for _ in prange(PI_POINTS):
        x = np.random.random()
        y = np.random.random()
        inside += x * x + y * y < 1
    return 4 * inside / PI_POINTS


def call(function):
    return lambda **operands: (lambda: function(*operands.values()))


WORKS = {
    "add": call(add),
    "sin": call(sin),
    "sum": call(total),
    "chain3": call(chain3),
    "chain5": call(chain5),
    "chain10": call(chain10),
    "blackScholes": call(black_scholes),
    "airports": call(airports),
    "productSums": call(product_sums),
    "monteCarloPi": call(monte_carlo_pi),
}
