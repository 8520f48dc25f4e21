"""Table and coefficients of pow: the logarithm to more than float64 precision."""

from minimax import Raw, fit, mp, mpf, round_to, typescript, write

# r = m j / 256 - 1 with j = 256 / m to the nearest, m up to sqrt 2: |r| <= m / 512.
LIMIT = mpf("0.002763")
FIRST, COUNT = 181, 256


def tail(r):
    """(ln(1 + r) - r + r^2 / 2) / r^3"""
    if abs(r) < mpf(2) ** -50:
        return mpf(1) / 3 - r / 4
    return (mp.log1p(r) - r + r**2 / 2) / r**3


def atanh_part(z):
    """2 atanh(s) / (s ln 2), of z = s^2"""
    s = mp.sqrt(z)
    return 2 / mp.ln(2) * (mp.atanh(s) / s if z else mpf(1))


highs, lows = [], []
for j in range(FIRST, FIRST + COUNT):
    value = mp.ln(mpf(256) / j) if j <= 363 else mpf(0)
    high = mp.ldexp(mp.nint(mp.ldexp(value, 42)), -42)
    highs.append(typescript(high))
    lows.append(typescript(round_to(value - high, 53)))


def table(name, comment, numbers):
    return Raw(f"/** {comment} */\nexport const {name}: readonly number[] = [\n  " + ", ".join(numbers) + ",\n];")


if __name__ == "__main__":
    write(
        "power",
        [
            fit(
                "log1pTail",
                "(ln(1 + r) - r + r^2 / 2) / r^3",
                tail,
                (-LIMIT, LIMIT),
                range(5),
                weight=("error relative to ln(1 + r):", lambda r: abs(r**3 / mp.log1p(r)) if r else mpf(0)),
            ),
            fit(
                "log2PowSingle",
                "2 atanh(s) / (s ln 2) in z = s^2",
                atanh_part,
                (0, mpf("0.17158") ** 2),
                range(6),
            ),
            table("lnHigh", f"ln(256 / (j + {FIRST})) to a multiple of 2^-42, for j up to 181; the rest is unused.", highs),
            table("lnLow", "What lnHigh lacks.", lows),
        ],
    )
