"""What the HTTP side asks of the calls: a seam, so that routes know nothing of how a call is made."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

from agent.core.consent import USUALLY_ASKED, Asked, Choice, Consent, Purpose, consent_for
from agent.core.signed_customer import GUEST
from agent.transport.notice import language_shown
from agent.transport.supervisor_messages import CallSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWish:
    """A call that a customer asks for, by their choice on the notice."""

    choice: Choice
    locale: str
    place: str | None = None
    """In line: the one that an earlier `AtCapacity` carried. Who shows it keeps it; those ahead of it come first."""
    customer: str = GUEST
    """As the business knows them."""
    client: str | None = None
    """The address that the call counts for; None for one that is not counted."""
    asked: Asked = USUALLY_ASKED
    """By the notice that was shown."""
    extras: Collection[Purpose] = ()
    """What was said yes to apart from the choice."""

    def consent(self, *, given_at: float) -> Consent:
        """What the customer agrees to. Raises `ConsentMissing` for a yes to what was not asked for."""
        return consent_for(
            self.choice,
            locale=self.locale,
            given_at=given_at,
            language=language_shown(self.locale),
            asked=self.asked,
            extras=self.extras,
        )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Whether what happens is kept."""

    state: Literal["good", "spooling", "dropping"]
    """Spooling: the database takes nothing, and rows are kept on disk until it does. Dropping: nothing takes all."""
    kept_rows: int
    """Since the agent started; in the database or on disk."""
    spooled_bytes: int
    dropped_rows: int
    """Since the agent started."""
    fault: str | None = None
    """What is wrong, in a sentence; None while the state is good."""


class CallDesk(Protocol):
    """Makes, answers and ends calls."""

    def open(self, wish: CallWish) -> Ticket:
        """Raises `AtCapacity` when one more call cannot be served, `LimitReached` when the address that it counts for
        has as many calls and places in line as it may, `ConsentMissing` for a yes to what was not asked for.
        """
        ...

    def withdraw(self, call_id: str) -> bool:
        """Takes a ticket back that no call was made of; false where one was, or the ticket is too old."""
        ...

    def leave_line(self, place: str) -> None:
        """Gives up a place in line; one that is lost or unknown is no error."""
        ...

    def occupancy(self) -> Occupancy: ...

    def archive(self) -> Archive: ...

    async def answer(self, token: str, offer_sdp: str, *, client: str | None = None) -> Answered:
        """Answers an offer that came from the address `client`, None for one of this process.

        With the token of a call that goes on, the new connection takes the place of its present one. Raises
        `CallNotFound` for a token that is unknown, too old or of a call that has ended, `OfferRejected` for an offer
        without an answer.
        """
        ...

    async def add_candidates(self, call_id: str, token: str, etag: str | None, fragment: str) -> None:
        """Raises `CallNotFound`, `OfferRejected` (400 for a bad fragment, 412 for another ICE session)."""
        ...

    async def hang_up(self, call_id: str, token: str) -> None:
        """Raises `CallNotFound`."""
        ...

    def calls(self) -> tuple[CallSummary, ...]: ...
