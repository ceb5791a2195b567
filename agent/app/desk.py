"""Where calls are made, found and ended: tickets for those who consented, and one task a call."""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.app.call import Call
from agent.app.rooms import Rooms
from agent.core.clock import NS_PER_S
from agent.core.consent import Choice, Consent, consent_for
from agent.core.errors import AtCapacity, CallNotFound, OfferRejected
from agent.core.lifecycle import CallEvent, CallLife, EndReason
from agent.media.peer import Peer
from agent.transport.desk import Answered, Ticket
from agent.transport.messages import CallSummary

log = logging.getLogger(__name__)

TICKET_LASTS_S = 120
"""A customer who has chosen has this long to connect."""
RETRY_AFTER_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """A call that was consented to and has no media yet."""

    token: str
    consent: Consent
    life: CallLife
    opened_ns: int


class Desk:
    """Implements `transport.desk.CallDesk`. Belongs to the event loop; `run` holds the task group of all calls."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._waiting: dict[str, _Waiting] = {}
        self._calls: dict[str, Call] = {}
        self._tokens: dict[str, str] = {}
        """Token by id of a live call."""
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self, serving: Callable[[], Awaitable[None]]) -> None:
        """Runs calls for as long as `serving` goes on, then ends those that are left."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                await serving()
            finally:
                for call in self._calls.values():
                    call.end(EndReason.SERVER_STOPPED)

    def open(self, choice: Choice, *, locale: str) -> Ticket:
        self._forget_stale_tickets()
        limit = self._rooms.settings.server.max_calls
        if len(self._calls) + len(self._waiting) >= limit:
            raise AtCapacity(f"all {limit} lines are in use; try again in a moment", retry_after_s=RETRY_AFTER_S)
        now_ns = self._rooms.clock.now_ns()
        consent = consent_for(choice, locale=locale, given_at=self._rooms.clock.wall_ns() / NS_PER_S)
        life = CallLife(entered_ns=now_ns).step(CallEvent.CONSENT_GIVEN, now_ns=now_ns)
        call_id, token = secrets.token_hex(8), secrets.token_urlsafe(24)
        self._waiting[call_id] = _Waiting(token=token, consent=consent, life=life, opened_ns=now_ns)
        return Ticket(call_id=call_id, token=token, purposes=tuple(sorted(consent.purposes)))

    async def answer(self, token: str, offer_sdp: str) -> Answered:
        assert self._tasks is not None, "the desk answers only while it runs"
        self._forget_stale_tickets()
        call_id = next((key for key, ticket in self._waiting.items() if _same(ticket.token, token)), None)
        if call_id is None:
            raise CallNotFound("this token is unknown, used or too old; POST the customer's choice to /api/calls again")
        # Taken before the first await, so that one token never makes two calls; given back if the offer is bad.
        ticket = self._waiting.pop(call_id)
        settings = self._rooms.settings
        try:
            peer = await Peer.answer(
                offer_sdp,
                call_id=call_id,
                consent=ticket.consent,
                clock=self._rooms.clock,
                settings=settings.media,
                ice_servers=settings.server.public_ice_servers,
            )
        except OfferRejected:
            self._waiting[call_id] = ticket
            raise
        call = Call(call_id, ticket.consent, ticket.life, peer, self._rooms)
        self._calls[call_id], self._tokens[call_id] = call, token
        self._tasks.create_task(self._attend(call), name=f"call {call_id}")
        return Answered(call_id=call_id, sdp=peer.answer_sdp, etag=call_id)

    async def add_candidates(self, call_id: str, token: str, etag: str | None, fragment: str) -> None:
        call = self._find(call_id, token)
        if etag is not None and etag != call_id:
            raise OfferRejected(
                "these candidates are for another ICE session; this one has the ETag of its 201", status=412
            )
        await call.peer.add_candidates(fragment)

    async def hang_up(self, call_id: str, token: str) -> None:
        self._find(call_id, token).end(EndReason.CUSTOMER_LEFT)

    def calls(self) -> tuple[CallSummary, ...]:
        return self._rooms.hub.calls()

    def _find(self, call_id: str, token: str) -> Call:
        call = self._calls.get(call_id)
        if call is None or not _same(self._tokens[call_id], token):
            raise CallNotFound("there is no such call, or it has ended, or the token is another call's")
        return call

    async def _attend(self, call: Call) -> None:
        """Runs one call to its end; whatever happens in it stays in it."""
        try:
            await call.run()
        except Exception:
            log.exception("call %s ended by an error", call.call_id)
        finally:
            del self._calls[call.call_id], self._tokens[call.call_id]

    def _forget_stale_tickets(self) -> None:
        oldest_ns = self._rooms.clock.now_ns() - TICKET_LASTS_S * NS_PER_S
        self._waiting = {key: ticket for key, ticket in self._waiting.items() if ticket.opened_ns > oldest_ns}


def _same(token: str, offered: str) -> bool:
    return hmac.compare_digest(token.encode(), offered.encode())
