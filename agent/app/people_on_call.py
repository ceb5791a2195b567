"""People of the business on one call: those who watch, and the one who speaks in the agent's place."""

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from agent.app.staff_in_talk import StaffInTalk
from agent.core.errors import CallNotFound, OfferRejected
from agent.core.ice_servers import IceServer
from agent.core.lifecycle import CallEvent
from agent.media.candidates import CandidateSieve
from agent.media.peer import Peer
from agent.media.relay import EncodedTrack, Relay
from agent.media.staff_link import StaffLink
from agent.transport.staff import Stays

log = logging.getLogger(__name__)

MOST_LINKS = 16
"""Connections of staff to one call; each viewer is sent every packet that the customer sends."""


class PeopleOnCall:
    """Belongs to a call and to its event loop. `run` holds the connections, and ends them with the call."""

    def __init__(self, call_id: str, peer: Peer, talk: StaffInTalk, step: Callable[[CallEvent], None]) -> None:
        """`step` moves the call's life."""
        self._call_id = call_id
        self._peer = peer
        self.talk = talk
        """For what is told or written without a connection."""
        self._step = step
        self._links: dict[str, StaffLink] = {}
        self._standing_in: str | None = None
        """The connection of the person who has the call, or is about to."""
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            try:
                await asyncio.Event().wait()
            finally:
                self._tasks = None
                for link in self._links.values():
                    link.end()

    async def view(
        self, offer_sdp: str, sieve: CandidateSieve, servers: Sequence[IceServer], stays: Stays
    ) -> tuple[str, str]:
        """Shows the customer to whoever offers; the connection's name, and the answer. Raises `OfferRejected`."""
        self._check_room()
        peer = self._peer
        link = await StaffLink.viewing(offer_sdp, sieve, relays=peer.relays, codecs=peer.codecs, servers=servers)
        return await self._attend(link, stays), link.answer_sdp

    async def stand_in(
        self, offer_sdp: str, sieve: CandidateSieve, servers: Sequence[IceServer], stays: Stays
    ) -> tuple[str, str]:
        """Lets a person speak in the agent's place as soon as they are connected. Raises `OfferRejected`."""
        self._check_room()
        if self._standing_in is not None:
            raise OfferRejected("a person has this call already", status=409)
        self._standing_in = "?"
        try:
            link = await StaffLink.standing_in(offer_sdp, sieve, codecs=self._peer.codecs, servers=servers)
            self._standing_in = session = await self._attend(link, stays, stands_in=True)
        except BaseException:
            self._standing_in = None
            raise
        return session, link.answer_sdp

    async def add_candidates(self, session: str, fragment: str) -> None:
        """Raises `CallNotFound`, `OfferRejected`."""
        await self._found(session).add_candidates(fragment)

    def leave(self, session: str) -> None:
        """Ends a connection; who stood in hands the call back. Raises `CallNotFound`."""
        self._found(session).end()

    def hand_back(self) -> None:
        """The person who has the call gives it back to the agent. Raises `CallNotFound` when nobody has it."""
        if self._standing_in is None:
            raise CallNotFound("nobody has taken this call over")
        self.leave(self._standing_in)

    def video_offset(self, session: str) -> int | None:
        """What to add to a frame's RTP time for that under which this viewer gets it. Raises `CallNotFound`."""
        return self._found(session).outgoing_offset("video")

    def _found(self, session: str) -> StaffLink:
        link = self._links.get(session)
        if link is None:
            raise CallNotFound("there is no such connection to this call, or it has ended")
        return link

    def _check_room(self) -> None:
        if self._tasks is None:
            raise OfferRejected("the customer is not connected yet", status=409)
        if len(self._links) >= MOST_LINKS:
            raise OfferRejected(f"{MOST_LINKS} people are on this call already", status=503)

    async def _attend(self, link: StaffLink, stays: Stays, *, stands_in: bool = False) -> str:
        if self._tasks is None:
            await link.close()
            raise CallNotFound("the call has ended meanwhile")
        session = secrets.token_hex(8)
        self._links[session] = link
        hold = self._hold_the_floor(link) if stands_in else link.run()
        self._tasks.create_task(self._until_over(session, link, hold, stays), name=f"staff on call {self._call_id}")
        return session

    async def _until_over(self, session: str, link: StaffLink, hold: Coroutine[Any, Any, None], stays: Stays) -> None:
        """A connection of staff that breaks costs the call nothing, and one of who may not stay is ended."""
        try:
            async with asyncio.TaskGroup() as tasks:
                allowed = tasks.create_task(stays())
                allowed.add_done_callback(lambda done: link.end())
                await hold
                allowed.cancel()
        except Exception:
            log.exception("call %s: a connection of staff ended by an error", self._call_id)
        finally:
            del self._links[session]
            if self._standing_in == session:
                self._standing_in = None
            await link.close()

    async def _hold_the_floor(self, link: StaffLink) -> None:
        """The customer hears and sees the person from connecting until the connection ends, then the agent again."""
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(link.run())
            connected = tasks.create_task(link.connected.wait())
            await asyncio.wait([running, connected], return_when=asyncio.FIRST_COMPLETED)
            connected.cancel()
            if link.over or running.done():
                return
            tracks = {kind: (relay, relay.open()) for kind, relay in link.incoming.items()}
            self._begin(tracks)
            try:
                await asyncio.wait([running])
            finally:
                self._give_back(tracks)

    def _begin(self, tracks: dict[str, tuple[Relay, EncodedTrack]]) -> None:
        self.talk.take_over()
        if "audio" in tracks:
            self._peer.set_voice_track(tracks["audio"][1])
        if "video" in tracks:
            self._peer.set_staff_video(tracks["video"][1])
        self._step(CallEvent.TAKE_OVER)

    def _give_back(self, tracks: dict[str, tuple[Relay, EncodedTrack]]) -> None:
        self._peer.set_voice_track(None)
        self._peer.set_staff_video(None)
        for relay, track in tracks.values():
            relay.close(track)
        self._step(CallEvent.HAND_BACK)
        self.talk.hand_back()
