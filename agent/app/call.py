"""One call: a task group in which camera, microphone, reply engine and mouth of one customer live and end together."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from agent.app.accounts import CallAccounts
from agent.app.conversation import Conversation
from agent.app.memory import give_memory_back
from agent.app.mouth import Mouth, Reply
from agent.app.page import Page
from agent.app.page_voice import PageVoice
from agent.app.rooms import Rooms
from agent.app.senses import Senses
from agent.app.sight import Sight
from agent.core.clock import NS_PER_S
from agent.core.consent import Consent, Purpose
from agent.core.errors import IllegalTransition
from agent.core.lifecycle import CallEvent, CallLife, CallState, EndReason
from agent.core.mailbox import Mailbox
from agent.core.types import HearingEvent, IntentReading, MicWindow, Stamp, TextEmotionReading
from agent.dialogue.client import ReplyClient
from agent.dialogue.protocol import CallStarted, ConsentChanged, SignalSeen, ToEngine, Utterance
from agent.media.peer import Peer
from agent.perception.echo import Playout
from agent.transport.messages import (
    AgentSpeaking,
    CallStateChanged,
    CallSummary,
    Chat,
    DeviceState,
    FromPage,
    Leave,
    PageSpoken,
    Welcome,
    WithdrawConsent,
)

log = logging.getLogger(__name__)


class Call:
    """One customer's call, from the answered offer to its end. `run` holds everything; `end` stops it."""

    def __init__(self, call_id: str, customer: str, consent: Consent, life: CallLife, peer: Peer, rooms: Rooms) -> None:
        self.call_id = call_id
        self.peer = peer
        self.life = life
        self._customer = customer
        self._consent = consent
        self._rooms = rooms
        self._started_at = rooms.clock.wall_ns() / NS_PER_S
        self._ending: asyncio.Future[EndReason] = asyncio.get_running_loop().create_future()
        self._page = Page(peer.channel, peer.page_clock, rooms.clock)
        self._accounts = CallAccounts(
            call_id,
            peer,
            guesses=lambda: (self._talk.guesses_right, self._talk.guesses),
            clock=rooms.clock,
            hub=rooms.hub,
            telemetry=rooms.telemetry,
        )
        self._senses = Senses(
            call_id,
            consent,
            camera=peer.frames is not None,
            frames=self._accounts.frames.counts,
            clock=rooms.clock,
            hub=rooms.hub,
            store=rooms.store,
            judge=rooms.judge,
        )
        self._sight = Sight(call_id, self._senses, self._page, self._accounts, rooms)
        self._page_voice = PageVoice(self._page.show, on_speaking=self._agent_speaks)
        self._reply: ReplyClient | None = None
        self._mouth = Mouth(
            rooms.synthesizer,
            peer.speaker,
            on_text=self._show_reply,
            on_fault=lambda fault: self._senses.report("voice", fault),
            page_voice=self._page_voice if peer.channel is not None else None,
        )
        self._talk = Conversation(
            call_id,
            senses=self._senses,
            page=self._page,
            mouth=self._mouth,
            hub=rooms.hub,
            store=rooms.store,
            read_intent=self._read_intent,
            read_emotion=self._read_emotion,
            reads=rooms.text.reads,
            interpreter=rooms.interpreter,
            translation_wait_ms=rooms.settings.translation.wait_ms,
            locale=self._consent.locale,
            answer_within_ms=rooms.settings.reply.answer_within_ms,
            clock=rooms.clock,
        )
        peer.speaker.on_speaking = self._agent_speaks
        self._mouth.on_first_speech = rooms.telemetry.metrics.synthesis.observe
        self._senses.on_change = self._announce

    def end(self, reason: EndReason) -> None:
        """Ends the call; the first reason counts."""
        if not self._ending.done():
            self._ending.set_result(reason)

    async def run(self) -> None:
        """Runs the call until it ends. Whatever belongs to it has ended, too, when this returns."""
        rooms = self._rooms
        self._announce()
        rooms.store.record_call_started(self.call_id, self._consent, self._started_at)
        rooms.vision.open_call(self.call_id, self._consent)
        playout = Playout(lambda: self._senses.mouth_talks)
        self.peer.speaker.on_played = playout.put
        rooms.hearing.open_call(
            self.call_id,
            self._hear,
            playout,
            locale=self._consent.locale,
            reads_emotion=self._consent.allows(Purpose.VOICE_EMOTION),
        )
        reason = EndReason.INTERNAL_ERROR
        try:
            reason = await self._live()
        finally:
            rooms.hearing.close_call(self.call_id)
            rooms.vision.close_call(self.call_id)
            self._talk.close()
            self._accounts.close(reason)
            self._step(CallEvent.END, reason)
            rooms.hub.drop_call(self.call_id)
            rooms.store.record_call_ended(self.call_id, reason)
            log.info("call %s ended: %s", self.call_id, reason.value)
            log.info("call %s: camera frames %s", self.call_id, self._accounts.frames.counts())
            if self._talk.guesses:
                right, made = self._talk.guesses_right, self._talk.guesses
                log.info("call %s: %d of %d early guesses at the end of a turn were right", self.call_id, right, made)
            await self.peer.close()
            await asyncio.to_thread(give_memory_back)

    async def _live(self) -> EndReason:
        """The call's tasks, from the first packet to the end."""
        async with asyncio.TaskGroup() as tasks:
            media = tasks.create_task(self._carry_media(), name=f"media of call {self.call_id}")
            talk = tasks.create_task(self._talk_once_connected(), name=f"talk of call {self.call_id}")
            reason = await asyncio.shield(self._ending)
            self._page.show(CallStateChanged(state=CallState.ENDED, reason=reason))
            media.cancel()
            if not self.peer.connected.is_set():
                talk.cancel()
        return reason

    async def _carry_media(self) -> None:
        self.end(await self.peer.run())

    async def _talk_once_connected(self) -> None:
        """Everything that makes sense only once media flows; the reply engine is the last to learn of the end."""
        await self.peer.connected.wait()
        self._step(CallEvent.MEDIA_CONNECTED)
        self._greet_page()
        introduction = self._introduction()
        self._keep(introduction)
        reply = ReplyClient(self._rooms.reply_url(), introduction, on_link=self._talk.engine_link, on_send=self._keep)
        self._senses.follow_with(reply)
        self._accounts.reply = self._reply = reply
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(reply.run(), name=f"reply engine of call {self.call_id}")
            parts = [tasks.create_task(part) for part in self._parts(reply)]
            reason = await asyncio.shield(self._ending)
            reply.finish(reason.value)
            for part in parts:
                part.cancel()

    def _keep(self, message: ToEngine) -> None:
        """Keeps what the engine is sent, so that its replies can be explained later; signals are kept anyway."""
        if not isinstance(message, SignalSeen) and not (isinstance(message, Utterance) and not message.final):
            self._rooms.store.record_sent(self.call_id, message)

    def _parts(self, reply: ReplyClient) -> list[Coroutine[Any, Any, None]]:
        """The tasks of a connected call. A purpose that was not agreed to has no mailbox, and so no task."""
        parts = [
            self._talk.listen_to_engine(reply),
            self._talk.listen_to_customer(),
            self._talk.listen_to_chat(),
            self._talk.lines.run(),
            self._mouth.run(),
            self._page.listen(self._heed_page),
            self._page.follow_clock(),
        ]
        if self.peer.frames is not None:
            parts.append(self._sight.watch(self.peer.frames))
        if self.peer.windows is not None:
            parts.append(self._listen(self.peer.windows))
        return parts

    async def _listen(self, windows: Mailbox[MicWindow]) -> None:
        async for window in windows:
            self._rooms.hearing.push(window)

    def _hear(self, event: HearingEvent) -> None:
        speaker = self.peer.speaker
        was_speaking = speaker.speaking and not speaker.paused
        self._talk.hear(event)
        self._accounts.hears(event, was_speaking=was_speaking)

    def _show_reply(self, reply: Reply) -> None:
        self._accounts.replies()
        self._talk.show_reply(reply)

    async def _read_intent(self, text: str, language: str) -> IntentReading:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._rooms.text_thread, self._rooms.text.intent, text, language)

    async def _read_emotion(
        self, text: str, language: str, stamp: Stamp, utterance_id: int | None
    ) -> TextEmotionReading:
        read, loop = self._rooms.text.emotion, asyncio.get_running_loop()
        return await loop.run_in_executor(self._rooms.text_thread, read, text, language, stamp, utterance_id)

    def _heed_page(self, message: FromPage) -> None:
        match message:
            case Chat(text=text):
                self._accounts.types()
                self._talk.chat(text)
            case PageSpoken():
                self._page_voice.heed(message)
            case DeviceState(camera=camera) if self.peer.frames is not None:
                self._sight.camera(on=camera)
            case Leave():
                self.end(EndReason.CUSTOMER_LEFT)
            case WithdrawConsent(purposes=purposes):
                self._withdraw({Purpose(name) for name in purposes if name in set(Purpose)})

    def _withdraw(self, purposes: set[Purpose]) -> None:
        """Takes effect with the next frame and word: models, fusion and, where nothing is left to read, the decoder."""
        self._consent = self._consent.without(*purposes)
        self._rooms.vision.withdraw(self.call_id, self._consent)
        self._rooms.hearing.withdraw(self.call_id, self._consent)
        self.peer.withdraw(self._consent)
        self._senses.withdraw(self._consent)
        self._rooms.store.record_consent(self.call_id, self._consent)
        if self._reply is not None:
            self._reply.send(ConsentChanged(purposes=tuple(sorted(self._consent.purposes))))
        self._greet_page()
        self._announce()

    def _greet_page(self) -> None:
        """Tells the page what holds for this call from now on."""
        hears = self._rooms.hearing.language_for(self._consent.locale)
        analysis = tuple(sorted(self._consent.purposes))
        self._page.show(Welcome(call_id=self.call_id, analysis=analysis, hears=hears))

    def _agent_speaks(self, speaks: bool) -> None:
        if speaks:
            self._accounts.speaks()
            if self.life.state is CallState.CONNECTED:
                self._step(CallEvent.SPEECH_BEGAN)
        self._page.show(AgentSpeaking(active=speaks))
        self._senses.agent_speaks(speaks)

    def _step(self, event: CallEvent, reason: EndReason | None = None) -> None:
        try:
            self.life = self.life.step(event, now_ns=self._rooms.clock.now_ns(), reason=reason)
        except IllegalTransition as error:
            log.warning("call %s: %s", self.call_id, error)
            return
        if not self.life.over:
            self._page.show(CallStateChanged(state=self.life.state))
            self._announce()

    def _announce(self) -> None:
        """Tells supervisors how this call stands."""
        self._rooms.hub.put_call(
            CallSummary(
                call_id=self.call_id,
                state=self.life.state.value,
                started_at=self._started_at,
                locale=self._consent.locale,
                purposes=tuple(sorted(self._consent.purposes)),
                affect=self._senses.affect,
                last_intent=self._senses.last_intent,
            )
        )

    def _introduction(self) -> CallStarted:
        return CallStarted(
            call_id=self.call_id,
            customer=self._customer,
            locale=self._consent.locale,
            purposes=tuple(sorted(self._consent.purposes)),
            consent_version=self._consent.version,
        )
