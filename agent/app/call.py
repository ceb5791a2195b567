"""One call: a task group in which camera, microphone, reply engine and mouth of one customer live and end together."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from agent.app.call_parts import CallParts
from agent.app.memory import give_memory_back
from agent.app.rooms import Rooms
from agent.app.sent_record import SentRecord
from agent.core.consent import Consent, Purpose
from agent.core.lifecycle import CallEvent, CallLife, CallState, EndReason
from agent.core.mailbox import Mailbox
from agent.core.signed_customer import GUEST
from agent.core.speech import MicWindow
from agent.dialogue.client import ReplyClient
from agent.media.peer import Peer
from agent.perception.echo import Playout
from agent.transport.messages import CallStateChanged

log = logging.getLogger(__name__)


class Call:
    """One customer's call, from the answered offer to its end. `run` holds everything; `end` stops it."""

    def __init__(self, call_id: str, customer: str, consent: Consent, life: CallLife, peer: Peer, rooms: Rooms) -> None:
        self.call_id = call_id
        self.peer = peer
        self._customer = customer
        self._kept_as = rooms.store.vault.keyring.pseudonym_of(customer)
        self._rooms = rooms
        self._ending: asyncio.Future[EndReason] = asyncio.get_running_loop().create_future()
        self._parts = CallParts(call_id, customer, consent, life, peer, rooms, end=self.end)
        self.agreement = self._parts.agreement
        self.attached = self._parts.attached
        self.people = self._parts.people

    def end(self, reason: EndReason) -> None:
        """Ends the call; the first reason counts."""
        if not self._ending.done():
            self._ending.set_result(reason)

    def report_archive(self) -> None:
        """Says in the call's health how the archive stands."""
        self._parts.senses.report("archive", self._rooms.store.health.fault)

    async def run(self) -> None:
        """Runs the call until it ends. Whatever belongs to it has ended, too, when this returns."""
        await self._open()
        reason = EndReason.INTERNAL_ERROR
        try:
            reason = await self._live()
        finally:
            self._close(reason)
            await self.peer.close()
            await asyncio.to_thread(give_memory_back)

    async def _open(self) -> None:
        """Supervisors, the archive, eyes and ears learn of the call."""
        rooms, standing = self._rooms, self._parts.standing
        standing.announce()
        await rooms.store.vault.reread()
        consent = self.agreement.consent
        rooms.store.record_call_started(
            self.call_id,
            consent,
            standing.started_at,
            customer=None if self._customer == GUEST else self._kept_as,
            domain=standing.domain,
        )
        if rooms.store.health.fault is not None:
            self.report_archive()
        rooms.vision.open_call(self.call_id, consent)
        playout = Playout(lambda: self._parts.senses.mouth_talks)
        self.peer.speaker.on_played = playout.put
        rooms.hearing.open_call(
            self.call_id,
            self._parts.hear,
            playout,
            locale=consent.locale,
            reads_emotion=consent.allows(Purpose.VOICE_EMOTION),
        )

    def _close(self, reason: EndReason) -> None:
        rooms, parts = self._rooms, self._parts
        rooms.hearing.close_call(self.call_id)
        rooms.vision.close_call(self.call_id)
        parts.talk.close()
        parts.accounts.close(reason)
        parts.standing.step(CallEvent.END, reason)
        rooms.hub.drop_call(self.call_id)
        rooms.store.record_call_ended(self.call_id, reason, parts.talk.outcome)
        log.info("call %s ended: %s", self.call_id, reason.value)
        log.info("call %s: camera frames %s", self.call_id, parts.accounts.frames.counts())
        if parts.talk.customer.guesses:
            right, made = parts.talk.customer.guesses_right, parts.talk.customer.guesses
            log.info("call %s: %d of %d early guesses at the end of a turn were right", self.call_id, right, made)

    async def _live(self) -> EndReason:
        """The call's tasks, from the first packet to the end."""
        async with asyncio.TaskGroup() as tasks:
            media = tasks.create_task(self._carry_media(), name=f"media of call {self.call_id}")
            talk = tasks.create_task(self._talk_once_connected(), name=f"talk of call {self.call_id}")
            reason = await asyncio.shield(self._ending)
            self._parts.page.show(CallStateChanged(state=CallState.ENDED, reason=reason))
            media.cancel()
            if not self.peer.connected.is_set():
                talk.cancel()
        return reason

    async def _carry_media(self) -> None:
        self.end(await self.peer.run())

    async def _talk_once_connected(self) -> None:
        """Everything that makes sense only once media flows; the reply engine is the last to learn of the end."""
        await self.peer.connected.wait()
        self._parts.standing.step(CallEvent.MEDIA_CONNECTED)
        self._parts.terms.greet_page()
        reply = self._reply_client()
        self._parts.follow(reply)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(reply.run(), name=f"reply engine of call {self.call_id}")
            running = [tasks.create_task(part) for part in self._running(reply)]
            reason = await asyncio.shield(self._ending)
            reply.finish(reason.value)
            for part in running:
                part.cancel()

    def _reply_client(self) -> ReplyClient:
        """What it is sent is kept, from the introduction on."""
        introduction = self._parts.terms.introduction()
        sent = SentRecord(self.call_id, self._kept_as, self._rooms.store)
        sent.put(introduction)
        return ReplyClient(
            self._rooms.reply_url(),
            introduction,
            headers=self._rooms.settings.reply.bearer(),
            on_link=self._parts.talk.engine_link,
            on_send=sent.put,
        )

    def _running(self, reply: ReplyClient) -> list[Coroutine[Any, Any, None]]:
        """The tasks of a connected call. A purpose that was not agreed to has no mailbox, and so no task."""
        parts = self._parts
        running = [
            parts.talk.listen_to_engine(reply),
            parts.talk.customer.listen_to_heard(),
            parts.talk.customer.listen_to_written(),
            parts.talk.lines.run(),
            parts.mouth.run(),
            parts.page.listen(parts.heed_page),
            parts.page.follow_clock(),
            parts.people.run(),
            parts.alerting.run(),
        ]
        if self.peer.frames is not None:
            running.append(parts.sight.watch(self.peer.frames))
        if self.peer.windows is not None:
            running.append(self._listen(self.peer.windows))
        if parts.recorder is not None:
            running.append(parts.recorder.run())
        return running

    async def _listen(self, windows: Mailbox[MicWindow]) -> None:
        async for window in windows:
            self._rooms.hearing.push(window)
