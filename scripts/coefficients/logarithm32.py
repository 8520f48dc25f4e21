"""Float32 coefficients of the logarithms: with f = m - 1 a polynomial in f, for no division is exact there."""

from minimax import SINGLE, Constant, fit, mp, mpf, words, write

# m between sqrt(1/2) and sqrt 2, and a little more: what comes after the first 12 bits may lead beyond.
INTERVAL = (mp.sqrt(mpf(1) / 2) - 1 - mpf("4e-4"), mp.sqrt(2) - 1 + mpf("7e-4"))


def tail(f):
    """(ln(1 + f) - f + f^2 / 2) / f^3"""
    if abs(f) < mpf(2) ** -50:
        return mpf(1) / 3 - f / 4
    return (mp.log1p(f) - f + f**2 / 2) / f**3


def pair(name, value, bits, comment):
    high, low = words(value, (bits,), SINGLE)
    return [
        Constant(name + "High", f"{comment} to {bits} bits.", high, SINGLE),
        Constant(name + "Low", f"{comment} - {name}High.", low, SINGLE),
    ]


if __name__ == "__main__":
    write(
        "logarithm32",
        [
            *pair("log10Of2", mp.log10(2), 15, "log10 2"),
            *pair("log2E", 1 / mp.ln(2), 12, "log2 e"),
            *pair("log10E", 1 / mp.ln(10), 12, "log10 e"),
            fit(
                "logTail",
                "(ln(1 + f) - f + f^2 / 2) / f^3",
                tail,
                INTERVAL,
                range(9),
                weight=("error relative to ln(1 + f):", lambda f: abs(f**3 / mp.log1p(f)) if f else mpf(0)),
                precision=SINGLE,
            ),
        ],
    )
