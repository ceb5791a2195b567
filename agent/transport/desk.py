"""What the HTTP side asks of the calls: a seam, so that routes know nothing of how a call is made."""

from dataclasses import dataclass
from typing import Protocol

from agent.core.consent import Choice
from agent.transport.messages import CallSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A right to one call, made when a customer has chosen."""

    call_id: str
    token: str
    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A WHIP session that was set up."""

    call_id: str
    sdp: str
    etag: str
    """Names the ICE session, as RFC 9725 section 4.3.1 asks."""


class CallDesk(Protocol):
    """Makes, answers and ends calls."""

    def open(self, choice: Choice, *, locale: str) -> Ticket:
        """Raises `AtCapacity` when one more call cannot be served."""
        ...

    async def answer(self, token: str, offer_sdp: str) -> Answered:
        """Raises `CallNotFound` for a token that is unknown or used, `OfferRejected` for an offer without an answer."""
        ...

    async def add_candidates(self, call_id: str, token: str, etag: str | None, fragment: str) -> None:
        """Raises `CallNotFound`, `OfferRejected` (400 for a bad fragment, 412 for another ICE session)."""
        ...

    async def hang_up(self, call_id: str, token: str) -> None:
        """Raises `CallNotFound`."""
        ...

    def calls(self) -> tuple[CallSummary, ...]: ...
