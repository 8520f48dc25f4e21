"""The first guess of a cube root in float32."""

from minimax import SINGLE, Constant, fit, mp, words, write

write(
    "roots32",
    [
        fit("cbrtGuess", "m^(1/3)", mp.cbrt, (1, 2), range(4), precision=SINGLE),
        Constant("cbrt2", "2^(1/3).", words(mp.cbrt(2), (), SINGLE)[0], SINGLE),
        Constant("cbrt4", "4^(1/3).", words(mp.cbrt(4), (), SINGLE)[0], SINGLE),
    ],
)
