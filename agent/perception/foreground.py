"""Tells a voice behind the customer's, such as a television's, by how much quieter it is: no turn waits for its end."""

from collections import deque

from agent.core.speech import MIC_RATE_HZ
from agent.perception.activity import WINDOW_SAMPLES

BEHIND_DB = 12.0
"""A voice so much quieter than the loudest of late is not the customer's."""
VOICED_PROB = 0.35
BEHIND_WINDOWS = 20
"""640 ms of voice that is all too quiet make it known that somebody is behind. In 75 s of five readers this never came
about; half as long, it took their soft endings for another's voice."""
KNOWN_WINDOWS = 10 * MIC_RATE_HZ // WINDOW_SAMPLES
"""For ten seconds. While nobody is known to be there, quiet voices count as any other."""
FORGOTTEN_DB = 1.0 * WINDOW_SAMPLES / MIC_RATE_HZ
"""A window's share of the decibel a second by which the loudest voice is forgotten: a customer may move away."""
_BRIDGED_WINDOWS = 3
"""Between the syllables of one voice."""


class Foreground:
    """Follows one call's sound. One thread at a time may use it."""

    def __init__(self) -> None:
        self._near_db = float("-inf")
        self._levels_db: deque[float] = deque(maxlen=_BRIDGED_WINDOWS)
        self._quiet_windows = 0
        """Voiced ones in a row that were all too quiet."""
        self._known_for = 0
        """Windows for which it stays known that somebody is behind."""

    def is_behind(self, level_db: float, prob: float, *, mouth_talks: bool | None) -> bool:
        """Whether the next window, so loud and voiced, is another's voice; never while the customer is seen to talk."""
        self._levels_db.append(level_db)
        self._near_db -= FORGOTTEN_DB
        self._known_for -= self._known_for > 0
        quiet = max(self._levels_db) < self._near_db - BEHIND_DB
        if prob >= VOICED_PROB:
            self._quiet_windows = self._quiet_windows + 1 if quiet else 0
            self._near_db = max(self._near_db, level_db)
        if self._quiet_windows >= BEHIND_WINDOWS:
            self._known_for = KNOWN_WINDOWS
        return quiet and self._known_for > 0 and mouth_talks is not True
