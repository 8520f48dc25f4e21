"""Coefficients of the logarithms: with s = (m - 1) / (m + 1) is ln m = 2 atanh s, an odd function of s."""

from minimax import Constant, fit, mp, mpf, words, write

# s of m = sqrt 2, and a little more.
LIMIT = mpf("0.17158")


def atanh_part(z):
    """atanh(s) / s, of z = s^2"""
    s = mp.sqrt(z)
    return mp.atanh(s) / s if z else mpf(1)


def tail(z):
    """(2 atanh(s) / s - 2) / z, of z = s^2"""
    if z < mpf(2) ** -60:
        return mpf(2) / 3 + 2 * z / 5
    return 2 * (atanh_part(z) - 1) / z


def single(name, form, scale, count):
    return fit(name, form, lambda z: scale * atanh_part(z), (0, LIMIT**2), range(count))


ln2_high, ln2_low = words(mp.ln(2), (42,))
log10_2_high, log10_2_low = words(mp.log10(2), (42,))
log2_e_high, log2_e_low = words(1 / mp.ln(2), (32,))
log10_e_high, log10_e_low = words(1 / mp.ln(10), (32,))


if __name__ == "__main__":
    write(
        "logarithm",
        [
            Constant("ln2High", "ln 2 to 42 bits: its product with a whole number below 2^11 is exact.", ln2_high),
            Constant("ln2Low", "ln 2 - ln2High.", ln2_low),
            Constant("log10Of2High", "log10 2 to 42 bits.", log10_2_high),
            Constant("log10Of2Low", "log10 2 - log10Of2High.", log10_2_low),
            Constant("log2EHigh", "log2 e to 32 bits: its product with a highHalf is exact.", log2_e_high),
            Constant("log2ELow", "log2 e - log2EHigh.", log2_e_low),
            Constant("log10EHigh", "log10 e to 32 bits: its product with a highHalf is exact.", log10_e_high),
            Constant("log10ELow", "log10 e - log10EHigh.", log10_e_low),
            Constant("ln2", "ln 2.", float(mp.ln(2))),
            Constant("log10Of2", "log10 2.", float(mp.log10(2))),
            fit(
                "logTail",
                "(2 atanh(s) / s - 2) / z with z = s^2",
                tail,
                (0, LIMIT**2),
                range(7),
                weight=("error relative to atanh s:", lambda z: z / (2 * atanh_part(z))),
            ),
            single("logSingle", "2 atanh(s) / s in z = s^2", mpf(2), 4),
            single("log2Single", "2 atanh(s) / (s ln 2) in z = s^2", 2 / mp.ln(2), 4),
            single("log10Single", "2 atanh(s) / (s ln 10) in z = s^2", 2 / mp.ln(10), 4),
        ],
    )
