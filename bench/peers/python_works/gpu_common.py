"""What the peers on a GPU share."""

RATE = 0.02
VOLATILITY = 0.3
LAYERNORM_EPSILON = 1e-5
SQRT2 = 2**0.5


def black_scholes(spot, strike, years, math):
    """Call and put; `math` is a library with exp, log, sqrt, erf."""
    deviation = math.sqrt(years) * VOLATILITY
    d1 = (math.log(spot / strike) + (RATE + VOLATILITY**2 / 2) * years) / deviation
    discounted = math.exp(-RATE * years) * strike
    call = spot * normal_cdf(d1, math) - discounted * normal_cdf(d1 - deviation, math)
    return call, call - spot + discounted


def normal_cdf(x, math):
    return (math.erf(x / SQRT2) + 1) / 2


def chain10(a, b, c, d, math):
    return math.sqrt(math.exp(math.sqrt((a * b + c) / d) - a) * c + b) / a
