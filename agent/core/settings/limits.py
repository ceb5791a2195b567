"""Settings of how much one address may ask for, so that nobody takes the lines from the others."""

from pydantic import Field, IPvAnyNetwork, TypeAdapter

from agent.core.settings.section import Section

_LOOPBACK = tuple(map(TypeAdapter(IPvAnyNetwork).validate_python, ("127.0.0.0/8", "::1/128")))


class LimitSettings(Section):
    """Of one address, or of one IPv6 network of 64 bits; docs/access.md."""

    exempt: tuple[IPvAnyNetwork, ...] = _LOOPBACK
    """Addresses and networks without limits, such as your own offices'."""
    calls: int = Field(10, ge=1)
    """Calls, calls about to begin and places in line that guests of one address have at a time."""
    asks_per_minute: int = Field(240, ge=1)
    """How often guests of one address may ask for a call, those in line included, who ask every few seconds; customers
    for their own data; and staff for the way to an identity provider. So many may ask at once, too."""
    sockets: int = Field(32, ge=1)
    """WebSockets of one address at a time."""
    handshakes_per_s: float = Field(4.0, gt=0)
    """New WebSockets of one address, on average; five times as many may come at once."""
    messages_per_s: float = Field(20.0, gt=0)
    """On one WebSocket, on average, with five times as many at once; who sends more is let go."""
