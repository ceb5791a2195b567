"""How patient the agent is with a reply engine, and how soon it comes back to one that it has lost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTiming:
    """In seconds."""

    connect_within_s: float = 5.0
    """For the TCP and WebSocket handshake, and again for the engine's hello."""
    first_retry_s: float = 0.2
    longest_retry_s: float = 5.0
    stable_after_s: float = 10.0
    """A connection that lasted this long starts the backoff anew."""
    flush_within_s: float = 1.0
    """For what still waits when the call ends."""
    ping_every_s: float = 5.0
    pong_within_s: float = 10.0
    """An engine that answers no ping for this long is lost."""

    def retry_after_s(self, failures: int, random_share: float) -> float:
        """Seconds to wait after the n-th failure in a row: doubled each time, with full jitter over the upper half."""
        ceiling_s: float = min(self.longest_retry_s, self.first_retry_s * 2.0 ** min(failures - 1, 30))
        return ceiling_s * (0.5 + 0.5 * random_share)
