"""Student's t and the beta distribution: their distribution functions and quantiles.

The standard library alone. Sources: the incomplete beta function by Lentz's continued fraction (Numerical Recipes,
section 6.4); Student 1908 through it; quantiles by Newton's steps kept inside a shrinking bracket.
"""

from __future__ import annotations

import math
from functools import lru_cache

_TINY = 1e-300
_TURNS = 500
_STEPS = 80
NORMAL = 1e6
"""Degrees of freedom from which on Student's quantile is the normal one to six digits."""
LEAST_FREE = 0.5
"""One cluster that holds nearly all weight leaves next to none: the quantile is then 165."""
Z = 1.959963984540054
"""Two-sided 95%."""


def student_cdf(t: float, freedom: float) -> float:
    """P(T <= t) for Student's T with so many degrees of freedom."""
    tail = 0.5 * incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)
    return tail if t <= 0 else 1 - tail


@lru_cache(maxsize=4096)
def student_quantile(freedom: float) -> float:
    """The two-sided 95% quantile of Student's T: P(|T| <= t) = .95; at least LEAST_FREE degrees of freedom."""
    if freedom >= NORMAL:
        return Z
    freedom = max(freedom, LEAST_FREE)
    x = beta_quantile(0.05, freedom / 2, 0.5)
    return math.sqrt(freedom * (1 - x) / x)


@lru_cache(maxsize=65536)
def beta_quantile(chance: float, a: float, b: float) -> float:
    """The x in [0, 1] with I_x(a, b) = chance, to 1e-12."""
    if not 0 < chance < 1:
        return 0.0 if chance <= 0 else 1.0
    low, high = 0.0, 1.0
    x = a / (a + b)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    for _ in range(_STEPS):
        away = incomplete_beta(x, a, b) - chance
        low, high = (x, high) if away < 0 else (low, x)
        if abs(away) < 1e-15 or high - low < 1e-15:
            break
        density = math.exp(front + (a - 1) * math.log(x) + (b - 1) * math.log1p(-x))
        step = x - away / density if density > _TINY else -1.0
        # near an end the root may be many powers of ten away: halve its logarithm's distance there
        near = step if low < step < high else math.sqrt(low * high) if low > 1e-12 else (low + high) / 2
        if abs(near - x) < 1e-13 * max(x, 1e-3):
            return near
        x = near
    return x


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), x in [0, 1]."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x),
    )
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's continued fraction of the incomplete beta function."""
    c, d = 1.0, 1 / _apart(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, _TURNS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        step = 1.0
        for term in (even, odd):
            d = 1 / _apart(1 + term * d)
            c = _apart(1 + term / c)
            step = c * d
            result *= step
        if abs(step - 1) < 1e-15:
            break
    return result


def _apart(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
