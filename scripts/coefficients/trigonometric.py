"""Coefficients of sin, cos and tan on [-pi/4, pi/4]."""

from minimax import fit, mp, mpf, round_to, write

# Reduction rounds to the nearest multiple of pi/2: a little beyond pi/4.
LIMIT = mp.pi / 4 * mpf("1.00001")
SQUARES = (0, LIMIT**2)


def sin_tail(z):
    """(1 - sin(r) / r) / z, of z = r^2"""
    if z < mpf(2) ** -60:
        return mpf(1) / 6 - z / 120
    r = mp.sqrt(z)
    return (1 - mp.sin(r) / r) / z


def cos_tail(z):
    """(cos(r) - 1 + z / 2) / z^2, of z = r^2"""
    if z < mpf(2) ** -40:
        return mpf(1) / 24 - z / 720 + z * z / 40320
    return (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2


def tan_over(z):
    """tan(r) / r, of z = r^2"""
    r = mp.sqrt(z)
    return mp.tan(r) / r if z else mpf(1)


def sin_cos(suffix, sin_count, cos_count):
    return [
        fit(
            "sinTail" + suffix,
            "(1 - sin(r) / r) / z in z = r^2",
            sin_tail,
            SQUARES,
            range(sin_count),
            weight=("error relative to sin r:", lambda z: z / (1 - z * sin_tail(z))),
        ),
        fit(
            "cosTail" + suffix,
            "(cos(r) - 1 + z / 2) / z^2 in z = r^2",
            cos_tail,
            SQUARES,
            range(cos_count),
            weight=("error relative to cos r:", lambda z: z * z / mp.cos(mp.sqrt(z))),
        ),
    ]


def tangent(suffix, above, below):
    """
    tan r = (r - r z N(z)) / (1 - z/2 + z^2 D(z)). D comes from interpolation of tan(r)/r (1 - z/2 + z^2 D) = 1 - z N
    at Chebyshev points, and is rounded; N is then fitted to the rounded D.
    """
    count = above + below
    nodes = [
        LIMIT**2 / 2 * (1 - mp.cos(mp.pi * (2 * i + 1) / (2 * count + 2))) for i in range(count + 1)
    ]
    # One node more than unknowns: a level of alternating error is the last unknown.
    matrix, right = mp.matrix(count + 1, count + 1), mp.matrix(count + 1, 1)
    for row, z in enumerate(nodes):
        t = tan_over(z)
        for i in range(above):
            matrix[row, i] = -(z ** (i + 1))
        for i in range(below):
            matrix[row, above + i] = -t * z ** (i + 2)
        matrix[row, count] = (-1) ** row
        right[row] = t * (1 - z / 2) - 1
    solution = mp.lu_solve(matrix, right)
    divisor = [round_to(solution[above + i], 53) for i in range(below)]

    def bottom(z):
        return 1 - z / 2 + z**2 * mp.fsum(c * z**i for i, c in enumerate(divisor))

    def top(z):
        if z < mpf(2) ** -60:
            return mpf(1) / 6
        return (1 - tan_over(z) * bottom(z)) / z

    numerator = fit(
        "tanAbove" + suffix,
        "tan r = (r - r z N(z)) / (1 - z/2 + z^2 D(z)), z = r^2: N",
        top,
        SQUARES,
        range(above),
        weight=("error relative to tan r:", lambda z: z / (tan_over(z) * bottom(z))),
    )
    below_fit = type(numerator)(
        "tanBelow" + suffix, "D of the same", SQUARES, "the same", [float(c) for c in divisor], numerator.error
    )
    return [numerator, below_fit]


if __name__ == "__main__":
    write(
        "trigonometric",
        sin_cos("", 6, 6) + sin_cos("Single", 4, 3) + tangent("", 4, 3) + tangent("Single", 2, 2),
    )
