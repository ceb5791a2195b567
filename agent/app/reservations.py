"""What has been promised to calls: each holds its share from the ticket to the end."""

from collections.abc import Sequence

_ROUNDING = 1e-9
"""Shares are sums of floating numbers; a call is not refused for the last digit."""


class Reservations:
    """Shares by call. A single call always fits, whatever it needs: better a degraded call than a dead service."""

    def __init__(self, total: float, *, most_calls: int) -> None:
        """`total` is what the shares of all calls may add up to."""
        self._total = total
        self._most_calls = most_calls
        self._shares: dict[str, float] = {}
        self._holders: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._shares)

    @property
    def free_share(self) -> float:
        """Of the total, 0 to 1; 0 while no call more may be taken."""
        if len(self._shares) >= self._most_calls:
            return 0.0
        return max(0.0, 1 - sum(self._shares.values()) / self._total)

    def fits(self, shares: Sequence[float]) -> bool:
        """Whether calls of these shares could be taken besides those that are held."""
        calls = len(self._shares) + len(shares)
        wanted = sum(self._shares.values()) + sum(shares)
        return calls <= 1 or (calls <= self._most_calls and wanted <= self._total + _ROUNDING)

    def put(self, call_id: str, share: float, holder: str | None = None) -> None:
        """Holds `share` for a call, in place of what it held before, and counts it for `holder` if one is named."""
        self._shares[call_id] = share
        if holder is not None:
            self._holders[call_id] = holder

    def held_by(self, holder: str) -> int:
        """How many calls are held for `holder`."""
        return sum(other == holder for other in self._holders.values())

    def change(self, call_id: str, share: float) -> bool:
        """Holds `share` in place of what a call held; false, and it holds what it did, where there is no room for more.

        Less always fits, as does anything for a call that is alone.
        """
        held = self._shares.get(call_id, 0.0)
        others = sum(self._shares.values()) - held
        if share > held and others and others + share > self._total + _ROUNDING:
            return False
        self._shares[call_id] = share
        return True

    def free(self, call_id: str) -> None:
        """Gives back what a call held; nothing for one that holds nothing."""
        self._shares.pop(call_id, None)
        self._holders.pop(call_id, None)
