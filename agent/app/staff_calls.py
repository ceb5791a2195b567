"""Implements `transport.staff.StaffDesk`: what supervisors do goes to the call that it is about."""

from collections.abc import Callable

from agent.app.call import Call
from agent.core.clock import NS_PER_S, Clock
from agent.core.errors import CallNotFound
from agent.core.ice_servers import IceServer, ice_servers, own_ice_servers
from agent.core.lifecycle import EndReason
from agent.core.settings import Settings
from agent.media.candidates import CandidateSieve, reaches_for
from agent.transport.desk import Answered
from agent.transport.staff import Stays


class StaffCalls:
    """Belongs to the event loop."""

    def __init__(self, find: Callable[[str], Call | None], settings: Settings, clock: Clock) -> None:
        """`find` gives the call of an id, while it goes on."""
        self._find = find
        self._settings = settings
        self._clock = clock

    def ice_servers(self, call_id: str) -> tuple[IceServer, ...]:
        self._call(call_id)
        return ice_servers(self._settings.server, call_id=call_id, now_s=self._now_s())

    async def view(self, call_id: str, offer_sdp: str, *, client: str | None, stays: Stays) -> Answered:
        people = self._call(call_id).people
        session, answer = await people.view(offer_sdp, self._sieve(client), self._servers(call_id), stays)
        return Answered(call_id=call_id, sdp=answer, etag=session)

    async def stand_in(self, call_id: str, offer_sdp: str, *, client: str | None, stays: Stays) -> Answered:
        people = self._call(call_id).people
        session, answer = await people.stand_in(offer_sdp, self._sieve(client), self._servers(call_id), stays)
        return Answered(call_id=call_id, sdp=answer, etag=session)

    async def add_staff_candidates(self, call_id: str, session: str, fragment: str) -> None:
        await self._call(call_id).people.add_candidates(session, fragment)

    def leave(self, call_id: str, session: str) -> None:
        self._call(call_id).people.leave(session)

    def video_offset(self, call_id: str, session: str) -> int | None:
        return self._call(call_id).people.video_offset(session)

    def whisper(self, call_id: str, text: str) -> None:
        self._call(call_id).people.talk.whisper(text)

    def correct(self, call_id: str, text: str) -> None:
        self._call(call_id).people.talk.correct(text)

    def write(self, call_id: str, text: str) -> None:
        self._call(call_id).people.talk.write(text)

    def hand_back(self, call_id: str) -> None:
        self._call(call_id).people.hand_back()

    def end_call(self, call_id: str) -> None:
        self._call(call_id).end(EndReason.STAFF_ENDED)

    def _call(self, call_id: str) -> Call:
        call = self._find(call_id)
        if call is None:
            raise CallNotFound(f"there is no call {call_id[:64]}; it may have ended")
        return call

    def _sieve(self, client: str | None) -> CandidateSieve:
        media = self._settings.media
        return CandidateSieve(reaches_for(client, private=media.private_candidates), announced=media.announced_address)

    def _servers(self, call_id: str) -> tuple[IceServer, ...]:
        return own_ice_servers(self._settings, call_id=call_id, now_s=self._now_s())

    def _now_s(self) -> float:
        return self._clock.wall_ns() / NS_PER_S
