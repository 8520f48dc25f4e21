"""Constants for the reduction by pi/2: its head in parts, and 2/pi in chunks of 24 bits."""

from minimax import Constant, Raw, mp, mpf, words, write

mp.prec = 1400

half_pi = mp.pi / 2


def cut(value, lowest):
    """`value` down to the bit 2^lowest."""
    return mp.ldexp(mp.floor(mp.ldexp(value, -lowest)), lowest)


one, two, three = cut(half_pi, -32), cut(half_pi, -53), cut(half_pi, -85)
one, two, three, four = one, two - one, three - two, half_pi - three
# For float32 arguments below 2^24: a whole number of 24 bits times 28 bits is exact.
single_one, single_two = words(half_pi, (28,))
high, low = float(half_pi), float(half_pi - mpf(float(half_pi)))

CHUNK, LENGTH, LEADING = 24, 64, 2


def chunks():
    """2/pi = sum of chunk[i] 2^(-24 (i - 1)), i from 2; two zeros stand before."""
    digits = int(mp.floor(mp.ldexp(2 / mp.pi, CHUNK * (LENGTH - LEADING))))
    values = [(digits >> (CHUNK * (LENGTH - LEADING - 1 - i))) & (2**CHUNK - 1) for i in range(LENGTH - LEADING)]
    return [0] * LEADING + values


table = "\n".join(f"  {c}," for c in chunks())

write(
    "reduction",
    [
        Constant("twoOverPi", "2/pi.", float(2 / mp.pi)),
        Constant("halfPi1", "pi/2 to 33 bits, the last of them 2^-32.", float(one)),
        Constant("halfPi2", "The next bits, to 2^-53: 20 at most.", float(two)),
        Constant("halfPi3", "The next bits, to 2^-85: 32 at most.", float(three)),
        Constant("halfPi4", "The rest, to 53 bits.", float(four)),
        Constant("halfPiSingle1", "pi/2 to 28 bits.", single_one),
        Constant("halfPiSingle2", "The rest, to 53 bits.", single_two),
        Constant("halfPiHigh", "pi/2.", high),
        Constant("halfPiLow", "pi/2 - halfPiHigh.", low),
        Raw(
            "/** The bits of 2/pi by 24, first those of 2^-1 to 2^-24, after two zeros for arguments that need none. */\n"
            f"export const twoOverPiChunks: readonly number[] = [\n{table}\n];"
        ),
    ],
)
