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
from agent.app.service_level import DAY_S, HOUR_S, ServiceLevel
from agent.app.waiting_line import WaitingLine
from agent.core.clock import NS_PER_S
from agent.core.consent import Consent
from agent.core.errors import AtCapacity, CallNotFound, LimitReached, OfferRejected
from agent.core.ice_servers import IceServer, own_ice_servers
from agent.core.lifecycle import CallEvent, CallLife, EndReason
from agent.core.sentences import sentence
from agent.media.peer import Peer
from agent.transport.desk import Answered, Archive, CallWish, Occupancy, Ticket
from agent.transport.supervisor_messages import CallSummary, Service

log = logging.getLogger(__name__)

TICKET_LASTS_S = 120
"""A customer who has chosen has this long to connect."""
MOST_IN_LINE = 100
USUAL_CALL_S = 180.0
"""How long calls are taken to last before any has ended."""
LAST_CALL_WEIGHT = 0.2
LIMIT_RETRY_S = 30
"""When an address that has all the calls that it may have is told to come back."""
RECOUNT_AFTER_S = 10.0
"""Whoever goes away from the line without a word is told of by nobody: while customers wait they are counted anew."""
TOLD_AGAIN_AFTER_S = 30.0
"""Otherwise: shares of the last hour change by themselves."""


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
        self._served = ServiceLevel(rooms.settings.supervision.answered_within_s)
        self._line = WaitingLine(MOST_IN_LINE, self._wait_is_over)
        self._calls_last_s = USUAL_CALL_S
        self._any_ended = False
        """Before that nobody is told how long they may have to wait."""
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
            self._rooms.store.on_change = self._report_archive
            self._tell_supervisors()
            try:
                await serving()
            finally:
                if self._recount is not None:
                    self._recount.cancel()
                self._tasks = None
                for call in self._calls.values():
                    call.end(EndReason.SERVER_STOPPED)

    def open(self, wish: CallWish) -> Ticket:
        self._forget_stale_tickets()
        now_ns = self._rooms.clock.now_ns()
        self._check_limit(wish, now_ns)
        consent = wish.consent(given_at=self._rooms.clock.wall_ns() / NS_PER_S)
        share = self._capacity.share(consent)
        if not self._line.enter(wish.place, share, self._reserved.fits, now_ns):
            come_back = self._come_back(wish, share, now_ns)
            self._tell_supervisors()
            raise come_back
        life = CallLife(entered_ns=now_ns).step(CallEvent.CONSENT_GIVEN, now_ns=now_ns)
        call_id, token = secrets.token_hex(8), secrets.token_urlsafe(24)
        self._reserved.put(call_id, share, wish.client)
        self._tell_supervisors()
        self._waiting[call_id] = _Waiting(
            token=token, customer=wish.customer, consent=consent, life=life, opened_ns=now_ns
        )
        return Ticket(call_id=call_id, token=token, purposes=tuple(sorted(consent.purposes)))

    async def answer(self, token: str, offer_sdp: str, *, client: str | None = None) -> Answered:
        assert self._tasks is not None, "the desk answers only while it runs"
        self._forget_stale_tickets()
        call_id = next((key for key, ticket in self._waiting.items() if _same(ticket.token, token)), None)
        if call_id is None:
            return await self._resume(token, offer_sdp, client)
        # Taken before the first await, so that one token never makes two calls; given back if there is no call.
        ticket = self._waiting.pop(call_id)
        try:
            peer = await Peer.answer(
                offer_sdp,
                call_id=call_id,
                consent=ticket.consent,
                clock=self._rooms.clock,
                settings=self._rooms.settings.media,
                ice_servers=self._own_ice_servers(call_id),
                client=client,
            )
            call = Call(call_id, ticket.customer, ticket.consent, ticket.life, peer, self._rooms)
        except BaseException:
            # Its share stays reserved until the ticket is too old, so that who was admitted may try again.
            self._waiting[call_id] = ticket
            raise
        call.agreement.may_take = lambda consent: self._may_take(call, consent)
        if peer.frames is None:
            self._reserved.put(call_id, self._capacity.share(ticket.consent, camera=False))
        self._calls[call_id], self._tokens[call_id] = call, token
        self._tasks.create_task(self._attend(call), name=f"call {call_id}")
        return Answered(call_id=call_id, sdp=peer.answer_sdp, etag=peer.session)

    async def _resume(self, token: str, offer_sdp: str, client: str | None) -> Answered:
        """Puts another connection in the place of a call's; its token is the only thing that proves whose it is."""
        call_id = next((key for key, kept in self._tokens.items() if _same(kept, token)), None)
        if call_id is None:
            raise CallNotFound("this token is unknown or too old, or its call has ended; POST to /api/calls again")
        peer = self._calls[call_id].peer
        answer_sdp = await peer.resume(offer_sdp, ice_servers=self._own_ice_servers(call_id), client=client)
        return Answered(call_id=call_id, sdp=answer_sdp, etag=peer.session)

    def _own_ice_servers(self, call_id: str) -> tuple[IceServer, ...]:
        return own_ice_servers(self._rooms.settings, call_id=call_id, now_s=self._rooms.clock.wall_ns() / NS_PER_S)

    async def add_candidates(self, call_id: str, token: str, etag: str | None, fragment: str) -> None:
        call = self.find_own(call_id, token)
        if etag is not None and etag != call.peer.session:
            raise OfferRejected(
                "these candidates are for another ICE session; this one has the ETag of its 201", status=412
            )
        await call.peer.add_candidates(fragment)

    async def hang_up(self, call_id: str, token: str) -> None:
        self.find_own(call_id, token).end(EndReason.CUSTOMER_LEFT)

    def archive(self) -> Archive:
        health = self._rooms.store.health
        return Archive(
            state=health.state,
            kept_rows=health.kept_rows,
            spooled_bytes=health.spooled_bytes,
            dropped_rows=health.dropped_rows,
            fault=health.fault,
        )

    def _report_archive(self) -> None:
        for call in self._calls.values():
            call.report_archive()

    def call(self, call_id: str) -> Call | None:
        """A call that goes on."""
        return self._calls.get(call_id)

    def calls(self) -> tuple[CallSummary, ...]:
        return self._rooms.hub.calls()

    def withdraw(self, call_id: str) -> bool:
        if self._waiting.pop(call_id, None) is None:
            return False
        self._reserved.free(call_id)
        self._tell_supervisors()
        return True

    def leave_line(self, place: str) -> None:
        self._line.leave(place, self._rooms.clock.now_ns())
        self._tell_supervisors()

    def occupancy(self) -> Occupancy:
        self._forget_stale_tickets()
        return Occupancy(
            rated=self._capacity.rated_calls,
            in_use=len(self._reserved),
            free_share=round(self._reserved.free_share, 3),
            in_line=self._line.length(self._rooms.clock.now_ns()),
        )

    def _wait_is_over(self, waited_ns: int, served: bool) -> None:
        self._served.over(waited_ns, served=served, now_ns=self._rooms.clock.now_ns())

    def _tell_supervisors(self) -> None:
        """Now, and again while customers wait or what is told would grow old."""
        service = self._service()
        self._rooms.hub.put_service(service)
        if self._recount is not None:
            self._recount.cancel()
            self._recount = None
        if self._tasks is not None:
            again_s = RECOUNT_AFTER_S if service.in_line else TOLD_AGAIN_AFTER_S
            self._recount = asyncio.get_running_loop().call_later(again_s, self._tell_supervisors)

    def _service(self) -> Service:
        full, clock = self.occupancy(), self._rooms.clock
        now_ns = clock.now_ns()
        longest_ns = self._line.longest_wait_ns(now_ns)
        wrong = (self._rooms.store.health.fault, self._rooms.vision.fault)
        faults = tuple(sentence(fault) for fault in wrong if fault is not None)
        return Service(
            rated=full.rated,
            in_use=full.in_use,
            free_share=full.free_share,
            in_line=full.in_line,
            waiting_since=None if longest_ns is None else round((clock.wall_ns() - longest_ns) / NS_PER_S, 1),
            answered_within_s=self._served.answered_within_s,
            last_hour=self._served.of_last(HOUR_S, now_ns),
            last_day=self._served.of_last(DAY_S, now_ns),
            faults=tuple(fault.words for fault in faults),
            told_faults=faults,
        )

    def _check_limit(self, wish: CallWish, now_ns: int) -> None:
        """Raises `LimitReached` where an address has all the calls and places in line that one may have."""
        if wish.client is None:
            return
        most = self._rooms.settings.limits.calls
        held = self._reserved.held_by(wish.client) + self._line.held_by(wish.client, now_ns, but=wish.place)
        if held >= most:
            raise LimitReached(
                f"{most} calls of your network are going on or waiting already", retry_after_s=LIMIT_RETRY_S
            )

    def _come_back(self, wish: CallWish, share: float, now_ns: int) -> AtCapacity:
        """What who cannot be taken is told: their place in line, and when to ask again."""
        ends_every_s = self._calls_last_s / max(1, len(self._reserved))
        stands = self._line.stand(wish.place, share, ends_every_s=ends_every_s, now_ns=now_ns, holder=wish.client)
        if stands is None:
            busy = "all lines are busy, and too many customers wait already; please try again later"
            return AtCapacity(busy, retry_after_s=round(self._calls_last_s))
        return AtCapacity(
            f"all lines are busy; you are number {stands.position} in line",
            retry_after_s=stands.ask_again_s,
            place=stands.token,
            position=stands.position,
            wait_s=round(stands.position * ends_every_s) if self._any_ended else None,
        )

    def _may_take(self, call: Call, consent: Consent) -> bool:
        """Holds what a call needs under another consent in place of what it needed, if there is room; less than before
        leaves room for others."""
        took = self._reserved.change(call.call_id, self._capacity.share(consent, camera=call.peer.frames is not None))
        self._tell_supervisors()
        return took

    def find_own(self, call_id: str, token: str) -> Call:
        """A call that goes on, to who shows its token. Raises `CallNotFound`."""
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
            self._tell_supervisors()
            lasted_s = (self._rooms.clock.now_ns() - began_ns) / NS_PER_S
            self._any_ended = True
            self._calls_last_s += LAST_CALL_WEIGHT * (lasted_s - self._calls_last_s)

    def _forget_stale_tickets(self) -> None:
        oldest_ns = self._rooms.clock.now_ns() - TICKET_LASTS_S * NS_PER_S
        for call_id in [key for key, ticket in self._waiting.items() if ticket.opened_ns <= oldest_ns]:
            del self._waiting[call_id]
            self._reserved.free(call_id)


def _same(token: str, offered: str) -> bool:
    return hmac.compare_digest(token.encode(), offered.encode())
