"""Tells a movement to and fro from drift, jumps and noise: the swings of a value over measured time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 20.0
"""What readings of any rate are brought to."""
LONGEST_GAP_S = 0.45
"""What was missed for longer is not guessed."""

Series = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """A move from one extreme to the next."""

    size: float
    """With its sign."""
    middle_s: float
    """When it was half-way; the time between two of these is half a period, wherever the extremes lingered."""
    crossing_s: float
    """How long the middle half of it took."""


def resampled(at_s: Series, values: Series, window_s: float) -> tuple[Series, Series]:
    """The last `window_s` of (n, k) values at rising times (n,), at `RATE_HZ` and ending now: times (m,) and (m, k)."""
    begin_s = max(at_s[0], at_s[-1] - window_s)
    count = int((at_s[-1] - begin_s) * RATE_HZ) + 1
    even_s = at_s[-1] - np.arange(count)[::-1] / RATE_HZ
    return even_s, np.stack([np.interp(even_s, at_s, column) for column in values.T], axis=1)


def swings(at_s: Series, values: Series, floor: float) -> list[Swing]:
    """The alternating moves of at least `floor`, oldest first; the last one may still go on."""
    turns = _turns(values.tolist(), floor)
    return [
        _swing(at_s[begin : end + 1], values[begin : end + 1]) for begin, end in zip(turns, turns[1:], strict=False)
    ]


def _turns(values: list[float], floor: float) -> list[int]:
    """Places of the extremes between which values move by `floor` or more."""
    high = low = 0
    rising: bool | None = None
    turns: list[int] = []
    for place, value in enumerate(values):
        if value > values[high]:
            high = place
        if value < values[low]:
            low = place
        if rising is not True and value - values[low] >= floor:
            turns.append(low)
            rising, high = True, place
        elif rising is not False and values[high] - value >= floor:
            turns.append(high)
            rising, low = False, place
    return [] if rising is None else [*turns, high if rising else low]


def _swing(at_s: Series, values: Series) -> Swing:
    size = float(values[-1] - values[0])
    travelled = np.maximum.accumulate((values - values[0]) / size)
    quarter_s, half_s, most_s = np.interp((0.25, 0.5, 0.75), travelled, at_s)
    return Swing(size=size, middle_s=float(half_s), crossing_s=float(most_s - quarter_s))
