"""What the HTTP side asks of the calls: a seam, so that routes know nothing of how a call is made."""

from dataclasses import dataclass
from typing import Protocol

from agent.core.consent import Choice
from agent.core.signed_customer import GUEST
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """How full the agent is."""

    rated: int
    """Calls with everything in them that may go on at a time."""
    in_use: int
    """Calls that go on, and those that were consented to and are awaited."""
    free_share: float
    """Of what all calls may use, 0 to 1."""
    in_line: int
    """Customers who wait."""


class CallDesk(Protocol):
    """Makes, answers and ends calls."""

    def open(self, choice: Choice, *, locale: str, place: str | None = None, customer: str = GUEST) -> Ticket:
        """Raises `AtCapacity` when one more call cannot be served. `customer` is a pseudonym. `place` is the one that
        an earlier one carried: who shows it again keeps it, and those ahead of it come first.
        """
        ...

    def leave_line(self, place: str) -> None:
        """Gives up a place in line; one that is lost or unknown is no error."""
        ...

    def occupancy(self) -> Occupancy: ...

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
