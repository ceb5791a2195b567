"""RTP's 16- and 32-bit counters wrap round; here they are made to run on, so that order and distance are plain."""


class RunningCounter:
    """Extends a wrapping counter of `bits` bits; each value is taken as the one nearest to the highest seen."""

    def __init__(self, bits: int) -> None:
        self._size = 1 << bits
        self._highest: int | None = None

    def extend(self, value: int) -> int:
        """`value` modulo 2**bits as an integer that does not wrap; it is below earlier ones when it came late."""
        if self._highest is None:
            self._highest = value
            return value
        ahead = (value - self._highest) % self._size
        if ahead >= self._size // 2:
            return self._highest + ahead - self._size
        self._highest += ahead
        return self._highest
