"""Straight lines through measurements, and how sure their slopes are."""

from collections.abc import Sequence

import msgspec
import numpy as np

STUDENT_95 = (
    12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10, 2.09
)  # fmt: skip
"""Two-sided 95 % quantiles of Student's t for 1 to 19 degrees of freedom; beyond, the last errs by 6 % at most."""


class Slope(msgspec.Struct, frozen=True, kw_only=True):
    """A straight line y = alone + per_unit x, with the slope's 95 % confidence interval."""

    per_unit: float
    low: float
    high: float
    alone: float
    r2: float
    """Share of the variance that the line explains."""


def slope(points: Sequence[tuple[float, float]]) -> Slope | None:
    """Least squares with independent errors; None of fewer than three points, or all at one place."""
    if len(points) < 3 or len({x for x, _ in points}) < 2:
        return None
    x, y = np.array(points, np.float64).T
    apart = x - x.mean()
    per_unit = float(apart @ y / (apart @ apart))
    alone = float(y.mean() - per_unit * x.mean())
    unexplained = float(np.sum(np.square(y - per_unit * x - alone)))
    spread = float(np.sum(np.square(y - y.mean())))
    freedom = len(points) - 2
    margin = STUDENT_95[min(freedom, len(STUDENT_95)) - 1] * (unexplained / freedom / float(apart @ apart)) ** 0.5
    # Adding 0.0 makes a rounded -0.0 positive.
    return Slope(
        per_unit=round(per_unit, 5) + 0.0,
        low=round(per_unit - margin, 5) + 0.0,
        high=round(per_unit + margin, 5) + 0.0,
        alone=round(alone, 3),
        r2=1.0 if spread == 0 else round(1 - unexplained / spread, 4),
    )
