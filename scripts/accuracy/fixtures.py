#!/usr/bin/python3
"""Writes test/fixtures/accuracy: arguments of each math function with the exact result, from mpmath.

usage: scripts/accuracy/fixtures.py [--out DIR] [--function NAME] [--seed N] [--random N]

Needs Debian's python3-mpmath (and python3-gmpy2 for speed). The points are those of `points_of_one` and
`points_of_two`, and the worst that searches have found (worst.txt, lines of `npm run accuracy -- --worst N`). With
--random N there are N random arguments from the main range besides, for such a search outside the repository.

A file NAME.DTYPE.bin holds columns of little-endian numbers, one entry a point: x, y for functions of two arguments,
the exact result rounded to the dtype, all in the dtype; then as float32 what the exact result has beyond that, in
units of the last place of the rounded result. An infinite result with remainder 0 is exactly infinite; with another
remainder it is an overflow. Likewise for zero and underflow.
"""
import argparse
import ctypes
import math
import pathlib
import random
import struct

from mpmath import mp, mpf

HERE = pathlib.Path(__file__).resolve().parent
libm = ctypes.CDLL('libm.so.6')

# ---------------------------------------------------------------------------------------------------------
# Formats


class Format:
    def __init__(self, name, code, precision, least, top):
        self.name = name
        self.code = code  # of struct
        self.precision = precision  # bits of the significand
        self.least = least  # exponent of the smallest subnormal
        self.top = top  # 2^top overflows
        self.normal = least + precision - 1  # exponent of the smallest normal number

    def round(self, x):
        """A Python float as a number of this format, None where it overflows."""
        if self.code == 'd':
            return x
        try:
            return struct.unpack('<f', struct.pack('<f', x))[0]
        except OverflowError:
            return None

    def step(self, x, count):
        """The number `count` places after x; x is not negative."""
        kind = '<q' if self.code == 'd' else '<i'
        bits = struct.unpack(kind, struct.pack('<' + self.code, x))[0] + count
        return struct.unpack('<' + self.code, struct.pack(kind, abs(bits)))[0]

    @property
    def largest(self):
        return self.step(math.inf, -1)


float64 = Format('float64', 'd', 53, -1074, 1024)
float32 = Format('float32', 'f', 24, -149, 128)


def rounded(value, fmt):
    """`value` (exact enough) as the nearest number, half to even, and the remainder in its last places."""
    if value == 0:
        return 0.0, 0.0
    sign = -1 if value < 0 else 1
    value = abs(value)
    exponent = int(mp.frexp(value)[1])  # value < 2^exponent
    if exponent > fmt.top:
        return sign * math.inf, sign * math.inf
    last = max(exponent - fmt.precision, fmt.least)
    scaled = mp.ldexp(value, -last)
    whole = mp.nint(scaled)
    remainder = scaled - whole
    if whole == 2**fmt.precision:
        last, whole, remainder = last + 1, whole / 2, remainder / 2
    if last + fmt.precision > fmt.top:
        return sign * math.inf, sign * float(remainder)
    # A remainder too small for float32 must not look like none.
    small = float(remainder)
    if remainder != 0 and abs(small) < 1e-30:
        small = 1e-30 if remainder > 0 else -1e-30
    return sign * math.ldexp(int(whole), last), sign * small


# ---------------------------------------------------------------------------------------------------------
# Functions


def signed(function):
    return lambda x: function(x) if x > 0 else -function(-x)


def lgamma(x):
    return mp.loggamma(x).real if x > 0 else mp.log(abs(mp.gamma(x)))


def erfcinv(y):
    """For 0 < y < 2, by Newton's method on log erfc."""
    if y > 1:
        return -erfcinv(2 - y)
    if y > 0.3:
        return mp.erfinv(1 - y)
    goal = mp.log(y)
    x = mp.sqrt(-goal - mp.log(mp.sqrt(mp.pi * (0.5 - goal)))) if goal < -2 else mpf('0.8')
    while True:
        value = mp.erfc(x)
        step = (mp.log(value) - goal) * value * mp.sqrt(mp.pi) / 2 * mp.exp(x * x)
        x += step
        if abs(step) < x * mp.ldexp(1, -(mp.prec // 2) - 5):
            return x


exact = {
    'exp': mp.exp,
    'exp2': lambda x: mp.power(2, x),
    'expm1': mp.expm1,
    'log': mp.log,
    'log1p': mp.log1p,
    'log2': lambda x: mp.log(x) / mp.ln2,
    'log10': lambda x: mp.log(x) / mp.ln10,
    'pow': mp.power,
    'sin': mp.sin,
    'cos': mp.cos,
    'tan': mp.tan,
    'asin': mp.asin,
    'acos': mp.acos,
    'atan': mp.atan,
    'atan2': mp.atan2,
    'sinh': mp.sinh,
    'cosh': mp.cosh,
    'tanh': mp.tanh,
    'asinh': signed(mp.asinh),
    'acosh': mp.acosh,
    'atanh': mp.atanh,
    'cbrt': signed(mp.cbrt),
    'hypot': lambda x, y: mp.sqrt(x * x + y * y),
    'erf': mp.erf,
    'erfc': mp.erfc,
    'erfcinv': erfcinv,
    'lgamma': lgamma,
}
of_two = ('pow', 'atan2', 'hypot')


def special(name, arguments):
    """The result by C99's rules where it is no matter of accuracy, else None."""
    if name == 'erfcinv':
        (y,) = arguments
        return {0: math.inf, 2: -math.inf}.get(y) if 0 <= y <= 2 else math.nan
    function = getattr(libm, name)
    function.restype = ctypes.c_double
    function.argtypes = [ctypes.c_double] * len(arguments)
    result = function(*arguments)
    pole = math.isinf(result) and name in ('log1p', 'atanh', 'lgamma') and arguments[0] <= 1
    if math.isnan(result) or pole or any(x == 0 or math.isinf(x) or math.isnan(x) for x in arguments):
        return result
    return None


# An exact result of these arguments or beyond is far outside both formats, or equal to its limit.
def saturated(name, arguments):
    x = arguments[0]
    if name in ('exp', 'exp2', 'expm1') and x > 2000:
        return mpf(2) ** 5000
    if name in ('exp', 'exp2') and x < -2000:
        return mpf(2) ** -5000
    if name == 'expm1' and x < -2000:
        return mpf(-1) + mpf(2) ** -2000
    if name in ('sinh', 'cosh') and abs(x) > 2000:
        return mpf(2) ** 5000 * (-1 if x < 0 and name == 'sinh' else 1)
    if name in ('tanh', 'erf') and abs(x) > 2000:
        return (1 - mpf(2) ** -2000) * (-1 if x < 0 else 1)
    if name == 'erfc' and abs(x) > 2000:
        return mpf(2) ** -5000 if x > 0 else 2 - mpf(2) ** -2000
    return None


def value_of(name, arguments):
    """The exact result to 100 bits or more: precision goes up until two computations agree."""
    mp.prec = 2100
    known = saturated(name, arguments)
    if known is not None:
        return known
    arguments = [mpf(x) for x in arguments]
    precision = 180
    previous = None
    while precision < 12000:
        mp.prec = precision
        value = mp.mpf(exact[name](*arguments))
        if previous is not None:
            if abs(value - previous) <= mp.ldexp(abs(value), -110):
                return value
        previous = value
        precision = precision + 100 if precision < 400 else 2 * precision + 100
    raise ValueError(f'{name}{arguments} does not converge')


# ---------------------------------------------------------------------------------------------------------
# Arguments

PI = math.pi
LN2 = math.log(2)

# Where each function does something: the main range, and points with neighbours (interval joins, zeros of the
# function, borders of overflow and underflow of either format).
ranges = {
    'exp': [(-2, 2), (-745.2, 709.8), (-103.98, 88.73)],
    'exp2': [(-2, 2), (-1075, 1024), (-150, 128)],
    'expm1': [(-1, 1), (-40, 40), (-20, 709.8), (-18, 88.73)],
    'log': [(0.5, 2), (0.9, 1.1), (0, 100)],
    'log1p': [(-0.99, 1), (-0.1, 0.1), (0, 100)],
    'log2': [(0.5, 2), (0.9, 1.1), (0, 100)],
    'log10': [(0.5, 2), (0.9, 1.1), (0, 1000)],
    'sin': [(-PI, PI), (-100, 100), (-1e6, 1e6)],
    'cos': [(-PI, PI), (-100, 100), (-1e6, 1e6)],
    'tan': [(-PI / 2, PI / 2), (-100, 100), (-1e6, 1e6)],
    'asin': [(-1, 1), (0.4, 0.6), (0.97, 1)],
    'acos': [(-1, 1), (-0.1, 0.1), (-1, -0.97), (0.97, 1)],
    'atan': [(-1, 1), (-5, 5), (0, 50)],
    'sinh': [(-1, 1), (-25, 25), (-710.5, 710.5), (-89.5, 89.5)],
    'cosh': [(-1, 1), (-25, 25), (-710.5, 710.5), (-89.5, 89.5)],
    'tanh': [(-1, 1), (-23, 23)],
    'asinh': [(-1, 1), (-10, 10), (0, 1000)],
    'acosh': [(1, 1.1), (1, 3), (1, 1000)],
    'atanh': [(-0.5, 0.5), (-1, 1), (0.99, 1)],
    'cbrt': [(-1, 1), (1, 8), (0, 1000)],
    'erf': [(-1, 1), (-6.1, 6.1)],
    'erfc': [(-1, 1), (-6.1, 6.1), (0, 28), (0, 10.1)],
    'erfcinv': [(0, 2), (0, 1), (0.9, 1.1), (0, 0.01)],
    'lgamma': [(0, 1), (0.5, 2.5), (1, 20), (0, 300)],
}

quarters = [k * PI / 8 for k in range(1, 25)] + [k * PI / 2 for k in range(13, 200, 7)]
halves = [0.125, 0.25, 0.5, 0.75, 1, 1.5, 2]
tiny = [2.0**-k for k in (8, 11, 12, 13, 14, 26, 27, 28, 29, 30, 52, 53, 54, 55)]
joins = {
    'exp': [k * LN2 / 2 for k in range(-9, 10)] + [709.782712893384, 88.72283905206835, -708.3964185322641, -87.33654475055310, -745.1332191019411, -103.97207708399179, -744.4400719213812, *tiny],
    'exp2': [k / 2 for k in range(-9, 10)] + [1024, 128, -1022, -126, -1074, -149, -1075, -150, *tiny],
    'expm1': [k * LN2 / 2 for k in range(-9, 10)] + [709.782712893384, 88.72283905206835, -37.42994775023705, -36.7368005696771, -17.328679513998633, *tiny],
    'log': [1, math.sqrt(0.5), math.sqrt(2), 0.75, 1.5, 2, 0.5, 0.9375, 1.0625, 1.4142, 4 / 3, 2 / 3],
    'log1p': [math.sqrt(0.5) - 1, math.sqrt(2) - 1, -0.5, 1, 0.5, 0.25, -0.25, -1, *tiny],
    'log2': [1, math.sqrt(0.5), math.sqrt(2), 0.75, 1.5, 2, 0.5, 0.9375, 1.0625, 4, 8, 1024],
    'log10': [1, math.sqrt(0.5), math.sqrt(2), 0.75, 1.5, 2, 0.5, 0.9375, 1.0625, 10, 100, 1000, 1e22],
    'sin': quarters + tiny,
    'cos': quarters + tiny,
    'tan': quarters + tiny,
    'asin': halves[:5] + tiny + [0.975, math.sqrt(0.5), math.sqrt(0.75)],
    'acos': halves[:5] + tiny + [0.975, math.sqrt(0.5), math.sqrt(0.75)],
    'atan': halves + tiny + [7 / 16, 11 / 16, 19 / 16, 39 / 16, math.tan(PI / 8), math.tan(3 * PI / 8), 1e16, 2.0**66],
    'sinh': halves + tiny + [22, 9, LN2 / 2, 709.782712893384, 710.4758600739439, 88.72283905206835, 89.41598629223294],
    'cosh': halves + tiny + [22, 9, LN2 / 2, 709.782712893384, 710.4758600739439, 88.72283905206835, 89.41598629223294],
    'tanh': halves + tiny + [22, 20, 19.0615474653985, 9.010913339828708, LN2 / 2, 0.625],
    'asinh': halves + tiny + [2.0**k for k in (26, 27, 28, 500, 511, 512)],
    'acosh': [1, 1.25, 1.5, 2, 2.0**26, 2.0**27, 2.0**28, 2.0**511, 2.0**512, 2.0**1023],
    'atanh': halves[:5] + tiny,
    'cbrt': [1, 8, 27, 64, 125, 1000, 2, 4, 0.5, 0.125, 1e-300],
    'erf': halves + tiny + [0.84375, 1.25, 1 / 0.35, 3.92, 5.921587195794507, 6],
    'erfc': halves + tiny + [0.84375, 1.25, 1 / 0.35, 6, 26.543, 27.226017111108366, 9.194, 10.054, 28],
    'erfcinv': [1, 0.5, 1.5, 2, 0.0033747, 1.9966253, math.exp(-16) / 2, math.exp(-56.25) / 2, *tiny],
    'lgamma': [1, 2, 0.5, 0.23164, 0.7316, 0.9, 1.23164, 1.4616321449683622, 1.7316, 3, 4, 7, 8, 1e17, 2.0**52, 2.0**58, 2.5563481638716906e305, 4.0850034e36, *tiny],
}

# The domain, and the magnitudes outside of which there is little to see.
positive = {'log', 'log2', 'log10', 'lgamma', 'erfcinv'}
largest = {'exp': 2**11, 'exp2': 2**12, 'expm1': 2**11, 'sinh': 2**11, 'cosh': 2**11, 'tanh': 2**6, 'erf': 2**4, 'erfc': 2**6, 'erfcinv': 1}
unit = {'asin', 'acos', 'atanh'}
smallest = {'acosh': 0}

# Arguments next to multiples of pi/2: the nearest of all float64 (Kahan; Muller: Elementary Functions, table 11.1).
hard = [
    math.ldexp(6381956970095103, 797),
    math.ldexp(6411027962775774, -47),
    math.ldexp(6381956970095103, 796),
    math.ldexp(6411027962775774, -48),
    math.ldexp(5319372648326541, 416),
    math.ldexp(16367173, 72),
    math.ldexp(6134899525417045, 0),
    1e22,
    2.0**1023,
    float64.largest,
]


def multiples_of_half_pi(fmt, generator, count):
    """Numbers of the format next to k pi/2, for k of every size."""
    mp.prec = 1200
    found = []
    for size in range(count):
        bits = 1 + size * (fmt.top - 2) // count
        k = generator.getrandbits(bits) | (1 << (bits - 1))
        near = rounded(k * mp.pi / 2, fmt)[0]
        if math.isfinite(near):
            found += [near, fmt.step(near, 1), fmt.step(near, -1)]
    return found


def in_domain(name, x):
    if name in positive and x <= 0:
        return False
    if name == 'log1p' and x <= -1:
        return False
    if name in unit and abs(x) > 1:
        return False
    if name == 'erfcinv' and x >= 2:
        return False
    return not (name == 'acosh' and x < 1)


def points_of_one(name, fmt, generator, extra):
    yield from (0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0)
    # Outside the domain, too.
    yield from (-2.0, 2.0) if name not in positive or name == 'log1p' else (-1.5, -math.ldexp(1, fmt.least))
    if name == 'lgamma':
        yield from (-1.0, -2.0)
    found = []
    for low, high in ranges[name]:
        count = (800 if fmt is float64 else 700) // len(ranges[name])
        found += [low + (high - low) * (k + generator.random()) / count for k in range(count)]
        found += [low + (high - low) * generator.random() for _ in range(extra // len(ranges[name]))]
    for join in joins[name]:
        at = fmt.round(join)
        if at is None:
            continue
        if at != 0 and (math.ldexp(1, fmt.normal) <= abs(at)):
            near = [fmt.step(abs(at), k) for k in (-2, -1, 0, 1, 2)]
            near = [math.copysign(x, at) for x in near]
            found += near if name in positive or join < 0 else near + [-x for x in near]
    # Every exponent, signs in turns.
    top = min(fmt.top, int(math.log2(largest.get(name, 2.0**1023))) + 1)
    if name in unit:
        top = 0
    for exponent in range(fmt.least, top):
        signs = (1, -1) if fmt is float32 else ((-1) ** exponent,)
        for sign in signs:
            x = fmt.round(math.ldexp(1 + generator.random(), exponent) if exponent > fmt.least else math.ldexp(1, exponent))
            if x is not None:
                found.append(x if name in positive or name == 'acosh' else sign * x)
    # Borders of the format.
    found += [math.ldexp(1, fmt.least), fmt.step(math.ldexp(1, fmt.normal), -1), math.ldexp(1, fmt.normal), fmt.largest]
    if name in ('sin', 'cos', 'tan'):
        found += [x for x in hard if fmt is float64]
        found += multiples_of_half_pi(fmt, generator, 100 if fmt is float64 else 40)
    if name in ('exp', 'exp2', 'expm1', 'sinh', 'cosh', 'erfc'):
        # Subnormal results, and the last finite ones.
        for low, high in {
            'exp': [(-745.2, -708.3), (-104, -87.3), (709, 710), (88.6, 88.8)],
            'exp2': [(-1075.1, -1021.9), (-150.1, -125.9), (1023, 1024.1), (127, 128.1)],
            'expm1': [(709, 710), (88.6, 88.8)],
            'sinh': [(710, 711), (89.2, 89.5)],
            'cosh': [(710, 711), (89.2, 89.5)],
            'erfc': [(26.5, 27.3), (9.1, 10.1)],
        }[name]:
            found += [low + (high - low) * generator.random() for _ in range(60)]
    if name in ('log', 'log2', 'log10', 'log1p', 'lgamma', 'acosh', 'erfcinv'):
        # Near the zeros of the function, by powers of two.
        for zero in {'log1p': [0], 'lgamma': [1, 2]}.get(name, [1]):
            for k in range(2, fmt.precision):
                for sign in (1, -1):
                    found.append(zero + sign * math.ldexp(1 + generator.random(), -k))
    for x in found:
        x = fmt.round(x)
        if x is not None and math.isfinite(x) and in_domain(name, x):
            yield x


def number(fmt, generator, low, high):
    """A number of the format with an exponent between `low` and `high`."""
    exponent = generator.randint(max(low, fmt.normal), min(high, fmt.top - 1))
    x = fmt.round(math.ldexp(1 + generator.random(), exponent))
    return fmt.largest if x is None or math.isinf(x) else x


def points_of_two(name, fmt, generator, extra):
    specials = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 0.5, -2.0, 3.0, fmt.largest, math.ldexp(1, fmt.least)]
    yield from ((x, y) for x in specials for y in specials)
    sign = lambda: generator.choice((1, -1))
    found = []
    many = (2700 if fmt is float64 else 1400) + extra
    if name == 'pow':
        limit = fmt.top * LN2
        for _ in range(many // 3):
            # Results of every size, from bases of every size.
            x = number(fmt, generator, fmt.normal, fmt.top)
            target = generator.uniform(-limit * 1.08, limit * 1.01)
            if abs(math.log(x)) > 1e-300:
                found.append((x, target / math.log(x)))
            # Bases near one, where the exponent magnifies.
            x = 1 + sign() * math.ldexp(1 + generator.random(), -generator.randint(1, fmt.precision))
            x = fmt.round(x)
            if x > 0 and x != 1:
                found.append((x, generator.uniform(-limit * 1.08, limit * 1.01) / math.log(x)))
            found.append((generator.uniform(0, 20), generator.uniform(-20, 20)))
        for k in range(2, 60):
            found += [(-generator.uniform(0, 10), float(sign() * k)), (float(k), generator.uniform(-30, 30))]
            found += [(generator.uniform(0, 10), 0.5), (generator.uniform(0, 10), float(k)), (2.0, generator.uniform(fmt.least, fmt.top))]
    if name == 'atan2':
        for _ in range(many // 3):
            found.append((sign() * generator.random(), sign() * generator.random()))
            found.append((sign() * number(fmt, generator, -12, 12), sign() * number(fmt, generator, -12, 12)))
            found.append((sign() * number(fmt, generator, fmt.normal, fmt.top), sign() * number(fmt, generator, fmt.normal, fmt.top)))
        for join in joins['atan']:
            y = fmt.round(generator.uniform(1, 2))
            found += [(sign() * join * y, sign() * y)]
        for k in range(100):
            # Subnormal quotients.
            y = number(fmt, generator, fmt.normal, -10)
            found.append((sign() * y, number(fmt, generator, -fmt.normal - 30, fmt.top)))
    if name == 'hypot':
        for _ in range(many // 3):
            found.append((sign() * generator.random(), generator.random()))
            x = number(fmt, generator, fmt.normal, fmt.top - 1)
            y = fmt.round(math.ldexp(x, generator.randint(-fmt.precision // 2 - 2, 0)) * generator.uniform(0.5, 1))
            found.append((x, sign() * y))
            found.append((number(fmt, generator, -3, 3), number(fmt, generator, -3, 3)))
        for k in range(100):
            found.append((number(fmt, generator, fmt.top - 1, fmt.top), number(fmt, generator, fmt.top - 2, fmt.top)))
            found.append((math.ldexp(generator.random(), fmt.normal + 3), math.ldexp(generator.random(), fmt.normal + 3)))
        found += [(3.0, 4.0), (5.0, 12.0), (8.0, 15.0), (math.ldexp(3, fmt.top - 4), math.ldexp(4, fmt.top - 4))]
    for x, y in found:
        try:
            x, y = fmt.round(x), fmt.round(y)
        except OverflowError:
            continue
        if x is not None and y is not None and math.isfinite(x) and math.isfinite(y):
            yield (x, y)


# ---------------------------------------------------------------------------------------------------------


def row(name, arguments, fmt):
    result = special(name, arguments)
    if result is not None:
        nearest = fmt.round(result)
        # C99's specials are exact but for multiples of pi/4, whose remainders follow from mpmath.
        if not math.isfinite(result) or result == 0 or result == 1 or nearest == abs(arguments[0]):
            return nearest, 0.0
        if name in ('acos', 'atan', 'atan2') and result != 0:
            mp.prec = 200
            quarters = mp.nint(mpf(result) * 4 / mp.pi)
            return rounded(quarters * mp.pi / 4, fmt)
        if all(math.isfinite(x) for x in arguments) and name != 'pow':
            return rounded(value_of(name, arguments), fmt)
        return nearest, 0.0
    return rounded(value_of(name, arguments), fmt)


def found_by_search(name, fmt):
    for line in (HERE / 'worst.txt').read_text().splitlines():
        function, dtype, *arguments = line.split()
        if function == name and dtype == fmt.name:
            yield tuple(float(x) for x in arguments)


def write(name, fmt, options):
    generator = random.Random(f'{options.seed} {name} {fmt.name}')
    if name in of_two:
        points = list(points_of_two(name, fmt, generator, options.random))
    else:
        points = [(x,) for x in points_of_one(name, fmt, generator, options.random)]
    points += found_by_search(name, fmt)
    points = list({struct.pack(f'<{len(p)}{fmt.code}', *p): p for p in points}.values())
    results = [row(name, point, fmt) for point in points]
    columns = [*zip(*points), [nearest for nearest, _ in results]]
    remainders = [max(-3e38, min(3e38, remainder)) for _, remainder in results]
    content = b''.join(struct.pack(f'<{len(column)}{fmt.code}', *column) for column in columns)
    content += struct.pack(f'<{len(remainders)}f', *remainders)
    (options.out / f'{name}.{fmt.name}.bin').write_bytes(content)
    print(f'{name} {fmt.name}: {len(points)} points, {len(content)} bytes', flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--out', type=pathlib.Path, default=HERE.parent.parent / 'test/fixtures/accuracy')
    parser.add_argument('--function', choices=list(exact), action='append')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--random', type=int, default=0)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.function or exact:
        for fmt in (float64, float32):
            write(name, fmt, options)


if __name__ == '__main__':
    main()
