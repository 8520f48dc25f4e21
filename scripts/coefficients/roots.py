"""The first guess of a cube root."""

from minimax import Constant, fit, mp, write

write(
    "roots",
    [
        fit("cbrtGuess", "m^(1/3)", mp.cbrt, (1, 2), range(5)),
        Constant("cbrt2", "2^(1/3).", float(mp.cbrt(2))),
        Constant("cbrt4", "4^(1/3).", float(mp.cbrt(4))),
    ],
)
