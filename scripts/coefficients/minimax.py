"""Minimax polynomials with float64 or float32 coefficients: a Remez exchange in mpmath.

`fit` finds the polynomial with the given powers whose weighted error |weight(x) * (f(x) - p(x))| is smallest on an
interval. The coefficients are rounded to float64 one after the other, lowest power first, and what remains is
fitted anew each time, so later coefficients make up for the rounding of earlier ones. With weight 1 / f the
error is relative. Topics whose names end in 32 are those of src/ir/math32: all their numbers have 24 bits (`SINGLE`).

The exchange runs on a fine Chebyshev grid (discrete exchange: Cheney, "Introduction to Approximation Theory", chapter 3);
the reported error is measured on another, finer grid.

Usage, from a script of a topic:

    from minimax import fit, write
    write("exponential", [fit("exp", lambda r: ..., (-0.35, 0.35), range(12), ...)])
"""

import os
import struct
import subprocess
from dataclasses import dataclass, field

from mpmath import mp, mpf

mp.prec = 200

HERE = os.path.dirname(os.path.abspath(__file__))
IR = os.path.join(HERE, "..", "..", "src", "ir")

DOUBLE, SINGLE = 53, 24


def chebyshev_grid(interval, count):
    """Points of the interval, dense at the ends, which are among them."""
    low, high = map(mpf, interval)
    middle, half = (low + high) / 2, (high - low) / 2
    return [middle - half * mp.cos(mp.pi * i / (count - 1)) for i in range(count)]


def round_to(x, bits):
    """The nearest number with that many significant bits (of normal size)."""
    if x == 0:
        return mpf(0)
    shift = bits - 1 - int(mp.floor(mp.log(abs(x), 2)))
    return mp.ldexp(mp.nint(mp.ldexp(x, shift)), -shift)


def evaluate(powers, coefficients, x):
    return mp.fsum(c * x**p for p, c in zip(powers, coefficients))


def extremes(errors, count):
    """Indices of `count` local extremes of alternating sign, the largest there are."""
    runs = []
    for i, e in enumerate(errors):
        if runs and (e > 0) == (errors[runs[-1]] > 0):
            if abs(e) > abs(errors[runs[-1]]):
                runs[-1] = i
        else:
            runs.append(i)
    while len(runs) > count:
        # Too many: drop an end if one is in excess, else the smallest inner neighbours, keeping the alternation.
        if len(runs) - count >= 2:
            pair = min(range(len(runs) - 1), key=lambda i: max(abs(errors[runs[i]]), abs(errors[runs[i + 1]])))
            smaller_end = min(abs(errors[runs[0]]), abs(errors[runs[-1]]))
            if smaller_end >= max(abs(errors[runs[pair]]), abs(errors[runs[pair + 1]])):
                del runs[pair : pair + 2]
                continue
        if abs(errors[runs[0]]) < abs(errors[runs[-1]]):
            del runs[0]
        else:
            del runs[-1]
    return runs


def remez(points, values, weights, powers):
    """Best coefficients for the given powers on the points."""
    count = len(powers)
    if count == 0:
        return []
    if len(points) < count + 1:
        raise ValueError("too few points")
    basis = [[x**p for p in powers] for x in points]
    usable = [i for i, w in enumerate(weights) if w != 0 and any(b != 0 for b in basis[i])]
    # Start from points spread as the extremes of a Chebyshev polynomial: the grid already is.
    chosen = [usable[round(k * (len(usable) - 1) / count)] for k in range(count + 1)]
    best = None
    for _ in range(60):
        matrix = mp.matrix(count + 1, count + 1)
        right = mp.matrix(count + 1, 1)
        for row, i in enumerate(chosen):
            for column in range(count):
                matrix[row, column] = basis[i][column]
            matrix[row, count] = (-1) ** row / weights[i]
            right[row] = values[i]
        solution = mp.lu_solve(matrix, right)
        coefficients = [solution[j] for j in range(count)]
        level = abs(solution[count])
        errors = [
            weights[i] * (values[i] - sum(c * b for c, b in zip(coefficients, basis[i]))) for i in usable
        ]
        worst = max(abs(e) for e in errors)
        if best is None or worst < best[0]:
            best = (worst, coefficients)
        if worst <= level * mpf("1.001"):
            break
        found = extremes(errors, count + 1)
        if len(found) < count + 1:
            break
        chosen = [usable[i] for i in found]
    return best[1]


@dataclass
class Fit:
    name: str
    form: str
    interval: tuple
    weight: str
    coefficients: list  # floats, or mpf for a pair written as two words
    error: float  # log2
    notes: list = field(default_factory=list)
    precision: int = DOUBLE

    def lines(self):
        low, high = (mp.nstr(mpf(end), 8) for end in self.interval)
        yield f"/** {self.form} on [{low}, {high}]; {self.weight} 2^{self.error:.1f}." + (
            " " + " ".join(self.notes) if self.notes else ""
        ) + " */"
        yield f"export const {self.name}: readonly number[] = ["
        for c in self.coefficients:
            yield f"  {typescript(c, self.precision)},"
        yield "];"


def typescript(c, precision=DOUBLE):
    """A number as JavaScript writes it: shortest decimal that reads back to the same float64 or float32."""
    assert mpf(float(c)) == mpf(c), c
    if precision == DOUBLE:
        text = repr(float(c))
        return text[:-2] if text.endswith(".0") else text
    value = float(c)
    assert as_single(value) == value, c
    text = next(text for text in (f"{value:.{digits}g}" for digits in range(1, 10)) if as_single(float(text)) == value)
    return text.replace("e-0", "e-").replace("e+0", "e")


def round_word(c, precision):
    """The first word of a coefficient that was fixed to two of them."""
    return float(round_to(c, precision))


def as_single(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def fit(name, form, f, interval, powers, weight=None, fixed=None, bits=None, grid=None, precision=DOUBLE):
    """
    f: the function, given and giving mpf; it must handle removable singularities itself.
    powers: of the terms, rising.
    weight: None for relative error, a function of x otherwise (lambda x: 1 for absolute error), or a pair
        (text for the header, function).
    fixed: {power: value} coefficients known beforehand, such as {0: 1}.
    bits: {power: significant bits} where fewer than `precision` are wanted.
    grid: number of points, 30 per coefficient unless given.
    Returns a Fit whose coefficients stand in order of `powers`.
    """
    powers = list(powers)
    count = grid or 30 * (len(powers) + 1)
    points = chebyshev_grid(interval, count)
    values = [mpf(f(x)) for x in points]
    kind = "absolute error" if weight is not None else "relative error"
    if isinstance(weight, tuple):
        kind, weight = weight
    weigh = weight or (lambda x: 1 / abs(f(x)))
    weights = [mpf(weigh(x)) for x in points]

    known = {p: mpf(c) for p, c in (fixed or {}).items()}
    for power in powers:
        if power in known:
            continue
        open_powers = [p for p in powers if p not in known]
        rest = [v - evaluate(known.keys(), known.values(), x) for x, v in zip(points, values)]
        best = remez(points, rest, weights, open_powers)
        known[power] = round_to(best[0], (bits or {}).get(power, precision))
    coefficients = [known[p] for p in powers]

    finer = chebyshev_grid(interval, 4 * count + 1)
    worst = max(abs(mpf(weigh(x)) * (f(x) - evaluate(powers, coefficients, x))) for x in finer)
    error = float(mp.log(worst, 2)) if worst else float("-inf")
    print(f"{name}: {len(powers)} coefficients, {kind} 2^{error:.2f}")
    return Fit(name, form, interval, kind, [round_word(c, precision) for c in coefficients], error, precision=precision)


def words(value, bits=(53,), last=DOUBLE):
    """`value` as a sum of numbers: each but the last has the given bits (cut, not rounded), the last as many as `last` says."""
    parts = []
    rest = mpf(value)
    for width in bits:
        part = mp.sign(rest) * mp.floor(mp.ldexp(abs(rest), width - 1 - int(mp.floor(mp.log(abs(rest), 2)))))
        part = mp.ldexp(part, int(mp.floor(mp.log(abs(rest), 2))) - width + 1)
        parts.append(part)
        rest -= part
    parts.append(round_to(rest, last))
    return [float(p) for p in parts]


@dataclass
class Constant:
    """A single number under a name, with a sentence that says what it is."""

    name: str
    comment: str
    value: float
    precision: int = DOUBLE

    def lines(self):
        yield f"/** {self.comment} */"
        yield f"export const {self.name} = {typescript(self.value, self.precision)};"


@dataclass
class Raw:
    """A table or anything else, as lines of TypeScript."""

    text: str

    def lines(self):
        yield self.text


def write(topic, items, header=()):
    """The file of a topic: src/ir/math/coefficients/<topic>.ts; that of <topic>32 is src/ir/math32/coefficients/<topic>.ts."""
    folder, name = ("math32", topic[:-2]) if topic.endswith("32") else ("math", topic)
    target = os.path.join(IR, folder, "coefficients")
    os.makedirs(target, exist_ok=True)
    path = os.path.normpath(os.path.join(target, f"{name}.ts"))
    with open(path, "w") as file:
        file.write(f"// Generated by scripts/coefficients/{topic}.py; do not edit.\n")
        for line in header:
            file.write(line + "\n")
        for item in items:
            file.write("\n" + "\n".join(item.lines()) + "\n")
    prettier = os.path.join(HERE, "..", "..", "node_modules", ".bin", "prettier")
    if os.path.exists(prettier):
        node = os.path.join(HERE, "..", "..", "node_modules", ".bin", "node")
        subprocess.run([node, prettier, "--write", "--log-level", "warn", path], check=True)
    print(path)
