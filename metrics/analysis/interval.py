"""Confidence interval of a rate."""

from math import sqrt

Z = 1.96
"""Two-sided 95 % of the normal distribution."""


def wilson(hits: float, n: float, z: float = Z) -> tuple[float, float] | None:
    """The Wilson score interval of a share hits / n, as two shares; None without a sample.

    Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference".
    """
    if n <= 0 or not 0 <= hits <= n:
        return None
    share, spread = hits / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)
