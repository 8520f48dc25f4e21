"""Writes numpyPrinting.json: arrays and the text NumPy prints them as (made with NumPy 2.4.6, as 1.24 to 2.2 print).

    /usr/bin/python3 test/api/numpyPrinting.py > test/api/numpyPrinting.json
"""
import json
import sys

import numpy as np

np.set_printoptions(legacy="2.2")
nan, inf = float("nan"), float("inf")
floats = [
    [1, 2, 3], [1, 2.5, 3], [0.1, 0.2, 0.1 + 0.2], [-0.0, 0.0, 1], [nan, 1, 2], [inf, 1, 2], [-inf, 1], [nan, inf], [nan, -inf],
    [1e8, 1], [99999999.0, 1e5], [1e-4, 0.1], [1e-5, 1], [0.00009999, 1], [1, 1000], [1, 1001], [1e-3, 1], [1e-3, 1.0001],
    [123456.789, 1000.5], [1e100, 1], [1e-300, 1e300], [5e-324], [1.7976931348623157e308], [1 / 3, 2 / 3], [1e9 / 3, 2 / 3],
    [0.001953125], [0.005859375], [100195312.5], [1.001953125e8, 1], [3.001953125], [-3.001953125, 2.5], [123456789.123456789],
    [12345678.123456789], [0.123456789012], [1e16, 1], [1e22], [1e23], [nan, 1e10], [-inf, 1e-10, nan], [9.999999999],
    [99999.999999999], [9.9999999999e10], [0.0], [-0.0], [0.0, 1e10], [1.5, -22.25, 333.125], [99999999999.0], [1e15],
    [55631848.0, 16085895.0], [91541456.0, nan], [104269136.0], [1351.40625, -1367.8242], [4.35, 4.349999999999999],
]
scalars = [1.0, 0.1, 1e-5, 1e16, 1e15, 123456789.123, -0.0, nan, inf, -inf, 1e22, 0.0001, 0.00012345, 9999999999999998.0, 1 / 3]
cases = []


def number(x):
    if isinstance(x, float):
        return "NaN" if x != x else "Infinity" if x == inf else "-Infinity" if x == -inf else "-0" if x == 0 and np.signbit(x) else repr(x)
    return str(int(x))


def add(array):
    values = [number(x) for x in np.asarray(array).ravel().tolist()]
    cases.append({"dtype": str(array.dtype), "shape": list(array.shape), "values": " ".join(values), "text": str(array)})


def add_range(shape, divisor=1, shift=0, dtype="float64"):
    array = (np.arange(float(np.prod(shape))) / divisor - shift).astype(dtype).reshape(shape)
    cases.append({"dtype": dtype, "shape": list(shape), "divisor": divisor, "shift": shift, "text": str(array)})


random = np.random.default_rng(0)
for dtype in (np.float64, np.float32, np.float16):
    for values in floats + scalars:
        with np.errstate(over="ignore"):
            add(np.array(values, dtype=dtype))
for shape in [(3, 4), (2, 3, 4), (1, 1, 1, 2), (4, 20), (2, 2, 2, 2), (30,), (3, 1)]:
    add(random.normal(size=shape).round(12))
    add(random.normal(size=shape).astype(np.float32))
    add((random.normal(size=shape) * 10).round())
    add((random.normal(size=shape) * 10.0 ** random.integers(-6, 6, size=shape)).astype(np.float32))
    add((np.random.default_rng(1).normal(size=shape) * 100).astype(np.float16))
    add(np.random.default_rng(2).integers(0, 2**16, size=shape).astype(np.uint16).view(np.float16))
    add(random.integers(-100, 100, size=shape))
    add(random.integers(0, 2, size=shape).astype(bool))
for values in ([2**63 - 1, -(2**63)], 5, True, False, [True, False]):
    add(np.array(values))
add(np.array([2**64 - 1, 0], dtype=np.uint64))
for shape in [(0,), (0, 3), (3, 0), (2, 0, 3)]:
    add(np.zeros(shape))
add_range((1001,))
add_range((1000,), 7)
add_range((2, 1000))
add_range((1000, 2), 7)
add_range((10, 12, 10), dtype="int64")
add_range((5, 600), dtype="int16")
add_range((3, 5, 100), 1, 5e7)
add_range((7, 7, 11, 13), dtype="int32")
add_range((7, 11, 13), dtype="float32")
add_range((7, 11, 13), dtype="float16")
add_range((6, 167), dtype="bool")
json.dump(cases, sys.stdout, indent=0)
