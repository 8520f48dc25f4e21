"""Float32 coefficients of sin, cos and tan, pi/2 in parts, and the bits of 2/pi."""

from minimax import SINGLE, Constant, Raw, fit, mp, mpf, words, write
from trigonometric import SQUARES, cos_tail, sin_tail

with mp.workprec(400):
    half_pi = mp.pi / 2
    one, two, three, four = words(half_pi, (12, 12, 12), SINGLE)
    high = words(half_pi, (), SINGLE)[0]
    low = words(half_pi - mpf(high), (), SINGLE)[0]
    top, rest = words(half_pi, (12,), SINGLE)
    digits = int(mp.floor(mp.ldexp(2 / mp.pi, 32 * 7)))

words_of_two_over_pi = [(digits >> (32 * (6 - i))) & 0xFFFFFFFF for i in range(7)]
table = "\n".join(f"  0x{w:08x}," for w in words_of_two_over_pi)

if __name__ == "__main__":
    write(
        "trigonometric32",
        [
            Constant("twoOverPi", "2/pi.", words(2 / mp.pi, (), SINGLE)[0], SINGLE),
            Constant("halfPi1", "pi/2 to 12 bits.", one, SINGLE),
            Constant("halfPi2", "The next bits: 12 at most.", two, SINGLE),
            Constant("halfPi3", "The next bits: 12 at most.", three, SINGLE),
            Constant("halfPi4", "The rest.", four, SINGLE),
            Constant("halfPiHigh", "pi/2.", high, SINGLE),
            Constant("halfPiLow", "pi/2 - halfPiHigh.", low, SINGLE),
            Constant("halfPiTop", "pi/2 to 12 bits: its product with 12 bits is exact.", top, SINGLE),
            Constant("halfPiRest", "pi/2 - halfPiTop.", rest, SINGLE),
            Raw(
                "/** The bits of 2/pi behind the point, in words. */\n"
                f"export const twoOverPiWords: readonly number[] = [\n{table}\n];"
            ),
            fit(
                "sinTail",
                "(1 - sin(r) / r) / z in z = r^2",
                sin_tail,
                SQUARES,
                range(4),
                weight=("error relative to sin r:", lambda z: z / (1 - z * sin_tail(z))),
                precision=SINGLE,
            ),
            fit(
                "cosTail",
                "(cos(r) - 1 + z / 2) / z^2 in z = r^2",
                cos_tail,
                SQUARES,
                range(3),
                weight=("error relative to cos r:", lambda z: z * z / mp.cos(mp.sqrt(z))),
                precision=SINGLE,
            ),
        ],
    )
