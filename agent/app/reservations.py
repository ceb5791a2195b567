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

    def put(self, call_id: str, share: float) -> None:
        """Holds `share` for a call, in place of what it held before."""
        self._shares[call_id] = share

    def free(self, call_id: str) -> None:
        """Gives back what a call held; nothing for one that holds nothing."""
        self._shares.pop(call_id, None)
