"""Where calls are made, found and ended: tickets for those who consented, and one task a call."""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent.app.call import Call
from agent.app.capacity import Capacity
from agent.app.reservations import Reservations
from agent.app.rooms import Rooms
from agent.app.waiting_line import WaitingLine
from agent.core.clock import NS_PER_S
from agent.core.consent import Choice, Consent, consent_for
from agent.core.errors import AtCapacity, CallNotFound, OfferRejected
from agent.core.lifecycle import CallEvent, CallLife, EndReason
from agent.core.signed_customer import GUEST
from agent.media.peer import Peer
from agent.transport.desk import Answered, Occupancy, Ticket
from agent.transport.messages import CallSummary

log = logging.getLogger(__name__)

TICKET_LASTS_S = 120
"""A customer who has chosen has this long to connect."""
MOST_IN_LINE = 100
USUAL_CALL_S = 180.0
"""How long calls are taken to last before any has ended."""
LAST_CALL_WEIGHT = 0.2
RECOUNT_AFTER_S = 10.0
"""Whoever goes away from the line without a word is told of by nobody: while customers wait they are counted anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """A call that was consented to and has no media yet."""

    token: str
    customer: str
    consent: Consent
    life: CallLife
    opened_ns: int


class Desk:
    """Implements `transport.desk.CallDesk`. Belongs to the event loop; `run` holds the task group of all calls."""

    def __init__(self, rooms: Rooms, capacity: Capacity) -> None:
        self._rooms = rooms
        self._capacity = capacity
        self._reserved = Reservations(capacity.cores, most_calls=capacity.most_calls)
        self._line = WaitingLine(MOST_IN_LINE)
        self._calls_last_s = USUAL_CALL_S
        self._waiting: dict[str, _Waiting] = {}
        self._calls: dict[str, Call] = {}
        self._tokens: dict[str, str] = {}
        """Token by id of a live call."""
        self._tasks: asyncio.TaskGroup | None = None
        self._recount: asyncio.TimerHandle | None = None

    async def run(self, serving: Callable[[], Awaitable[None]]) -> None:
        """Runs calls for as long as `serving` goes on, then ends those that are left."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self._tell_supervisors()
            try:
                await serving()
            finally:
                for call in self._calls.values():
                    call.end(EndReason.SERVER_STOPPED)

    def open(self, choice: Choice, *, locale: str, place: str | None = None, customer: str = GUEST) -> Ticket:
        self._forget_stale_tickets()
        now_ns = self._rooms.clock.now_ns()
        consent = consent_for(choice, locale=locale, given_at=self._rooms.clock.wall_ns() / NS_PER_S)
        share = self._capacity.share(consent)
        if not self._line.enter(place, share, self._reserved.fits, now_ns):
            come_back = self._come_back(place, share, now_ns)
            self._tell_supervisors()
            raise come_back
        life = CallLife(entered_ns=now_ns).step(CallEvent.CONSENT_GIVEN, now_ns=now_ns)
        call_id, token = secrets.token_hex(8), secrets.token_urlsafe(24)
        self._reserved.put(call_id, share)
        self._tell_supervisors()
        self._waiting[call_id] = _Waiting(token=token, customer=customer, consent=consent, life=life, opened_ns=now_ns)
        return Ticket(call_id=call_id, token=token, purposes=tuple(sorted(consent.purposes)))

    async def answer(self, token: str, offer_sdp: str) -> Answered:
        assert self._tasks is not None, "the desk answers only while it runs"
        self._forget_stale_tickets()
        call_id = next((key for key, ticket in self._waiting.items() if _same(ticket.token, token)), None)
        if call_id is None:
            raise CallNotFound("this token is unknown, used or too old; POST the customer's choice to /api/calls again")
        # Taken before the first await, so that one token never makes two calls; given back if there is no call.
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
            call = Call(call_id, ticket.customer, ticket.consent, ticket.life, peer, self._rooms)
        except BaseException:
            # Its share stays reserved until the ticket is too old, so that who was admitted may try again.
            self._waiting[call_id] = ticket
            raise
        if peer.frames is None:
            self._reserved.put(call_id, self._capacity.share(ticket.consent, camera=False))
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

    def leave_line(self, place: str) -> None:
        self._line.leave(place)
        self._tell_supervisors()

    def occupancy(self) -> Occupancy:
        self._forget_stale_tickets()
        return Occupancy(
            rated=self._capacity.rated_calls,
            in_use=len(self._reserved),
            free_share=round(self._reserved.free_share, 3),
            in_line=self._line.length(self._rooms.clock.now_ns()),
        )

    def _tell_supervisors(self) -> None:
        full = self.occupancy()
        self._rooms.hub.put_line(rated=full.rated, in_line=full.in_line)
        if self._recount is not None:
            self._recount.cancel()
            self._recount = None
        if full.in_line and self._tasks is not None:
            self._recount = asyncio.get_running_loop().call_later(RECOUNT_AFTER_S, self._tell_supervisors)

    def _come_back(self, place: str | None, share: float, now_ns: int) -> AtCapacity:
        """What who cannot be taken is told: their place in line, and when to ask again."""
        ends_every_s = self._calls_last_s / max(1, len(self._reserved))
        stands = self._line.stand(place, share, ends_every_s=ends_every_s, now_ns=now_ns)
        if stands is None:
            busy = "all lines are busy, and too many customers wait already; please try again later"
            return AtCapacity(busy, retry_after_s=round(self._calls_last_s))
        return AtCapacity(
            f"all lines are busy; you are number {stands.position} in line",
            retry_after_s=stands.ask_again_s,
            place=stands.token,
            position=stands.position,
        )

    def _find(self, call_id: str, token: str) -> Call:
        call = self._calls.get(call_id)
        if call is None or not _same(self._tokens[call_id], token):
            raise CallNotFound("there is no such call, or it has ended, or the token is another call's")
        return call

    async def _attend(self, call: Call) -> None:
        """Runs one call to its end; whatever happens in it stays in it."""
        began_ns = self._rooms.clock.now_ns()
        try:
            await call.run()
        except Exception:
            log.exception("call %s ended by an error", call.call_id)
        finally:
            del self._calls[call.call_id], self._tokens[call.call_id]
            self._reserved.free(call.call_id)
            lasted_s = (self._rooms.clock.now_ns() - began_ns) / NS_PER_S
            self._calls_last_s += LAST_CALL_WEIGHT * (lasted_s - self._calls_last_s)

    def _forget_stale_tickets(self) -> None:
        oldest_ns = self._rooms.clock.now_ns() - TICKET_LASTS_S * NS_PER_S
        for call_id in [key for key, ticket in self._waiting.items() if ticket.opened_ns <= oldest_ns]:
            del self._waiting[call_id]
            self._reserved.free(call_id)


def _same(token: str, offered: str) -> bool:
    return hmac.compare_digest(token.encode(), offered.encode())
