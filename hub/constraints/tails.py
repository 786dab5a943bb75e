"""How likely so many reports are by chance: the upper tails of two counting distributions."""

from math import exp, lgamma, log

ENOUGH = 1e-12
"""A sum ends when what is added is less than this part of it."""


def poisson_tail(count: int, mean: float) -> float:
    """P(X >= count) of a Poisson count with this mean."""
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    term = exp(count * log(mean) - mean - lgamma(count + 1))
    total, number = term, count
    while number < mean or term > total * ENOUGH:
        number += 1
        term *= mean / number
        total += term
    return min(1.0, total)


def negative_binomial_tail(count: int, mean: float, dispersion: float) -> float:
    """P(X >= count) of a count whose variance is `dispersion` times its mean; a dispersion of 1 is Poisson's."""
    if dispersion <= 1.0001:
        return poisson_tail(count, mean)
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    size, odds = mean / (dispersion - 1), 1 - 1 / dispersion
    term = exp(
        lgamma(count + size) - lgamma(size) - lgamma(count + 1) - size * log(dispersion) + count * log(odds)
    )
    total, number = term, count
    while number < mean or term > total * ENOUGH:
        term *= (number + size) / (number + 1) * odds
        number += 1
        total += term
    return min(1.0, total)
