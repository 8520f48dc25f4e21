"""The twin of bench/cases/inputs.ts: element i is a hash (lowbias32) of i and the seed, scaled to [low, high)."""

import math

import numpy as np

GOLDEN = 0x9E3779B9


def generate(spec):
    size = math.prod(spec["shape"])
    start = np.uint32(spec["seed"] * GOLDEN % 2**32)
    unit = mix(np.arange(size, dtype=np.uint32) + start) / 2.0**32
    values = spec["low"] + (spec["high"] - spec["low"]) * unit
    dtype = np.dtype(spec.get("dtype", "float64"))
    if dtype.kind != "f":
        values = np.floor(values)
    values = values.astype(dtype, copy=False)
    if "order" in spec:
        values = np.sort(values)
    if spec.get("order") == "reversed":
        values = values[::-1].copy()
    return values.reshape(spec["shape"])


def mix(x):
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x21F0AAAD)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x735A2D97)
    return x ^ (x >> np.uint32(15))
