"""One call: a task group in which camera, microphone, reply engine and mouth of one customer live and end together."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from agent.app.accounts import CallAccounts
from agent.app.agreement import Agreement
from agent.app.alerting import Alerting
from agent.app.attached import Attached
from agent.app.call_recorder import recorder_for
from agent.app.conversation import Conversation
from agent.app.kept_alerts import KeptAlerts
from agent.app.memory import give_memory_back
from agent.app.mouth import Mouth, Reply
from agent.app.page import Page
from agent.app.page_voice import PageVoice
from agent.app.people_on_call import PeopleOnCall
from agent.app.rooms import Rooms
from agent.app.senses import Senses
from agent.app.sent_record import SentRecord
from agent.app.sight import Sight
from agent.app.standing import Standing
from agent.app.track_recorder import TrackRecorder
from agent.core.consent import EMOTION, Consent, Purpose
from agent.core.lifecycle import CallEvent, CallLife, CallState, EndReason
from agent.core.mailbox import Mailbox
from agent.core.signed_customer import GUEST
from agent.core.speech import HearingEvent, MicWindow, Viseme
from agent.dialogue.client import ReplyClient
from agent.dialogue.protocol import CallStarted, ConsentChanged
from agent.fusion.alerts import EmotionForgotten, Stands
from agent.media.peer import Peer
from agent.perception.echo import Playout
from agent.transport.messages import (
    AgentSpeaking,
    CallStateChanged,
    Chat,
    DeviceState,
    FromPage,
    GiveConsent,
    Leave,
    MouthMoves,
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
        self._customer = customer
        self._kept_as = rooms.store.vault.keyring.pseudonym_of(customer)
        self._rooms = rooms
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
        self.agreement = Agreement(call_id, consent, peer, self._senses, rooms)
        self._standing = Standing(call_id, life, self.agreement, self._senses, rooms, self._stepped)
        tracks = TrackRecorder(call_id, lambda: self.agreement.consent, rooms.store)
        self._sight = Sight(call_id, self._senses, self._page, self._accounts, tracks, rooms)
        self._recorder = recorder_for(call_id, self.agreement, peer, rooms, self._recording_changed)
        self._page_voice = PageVoice(self._page.show, on_speaking=self._agent_speaks)
        self._reply: ReplyClient | None = None
        self._mouth = Mouth(
            rooms.synthesizer,
            peer.speaker,
            on_text=self._show_reply,
            on_fault=lambda fault: self._senses.report("voice", fault),
            page_voice=self._page_voice if peer.channel is not None else None,
        )
        self._talk = self._conversation()
        self.attached = Attached(
            call_id,
            self._talk,
            self.agreement,
            shows_model=rooms.settings.reply.shows_pictures,
            language_for=rooms.hearing.language_for,
            on_turn=self._accounts.types,
        )
        self.people = PeopleOnCall(call_id, peer, self._talk.staff, self._standing.step)
        self._alerting = Alerting(
            call_id,
            rooms.settings.supervision,
            lambda: peer.statistics,
            clock=rooms.clock,
            hub=rooms.hub,
            on_raised=KeptAlerts(rooms.store).raised,
        )
        self._connect_parts()

    def _connect_parts(self) -> None:
        """Lets the parts tell each other what happens."""
        self._senses.on_signals = self._alerting.follow
        self._senses.on_change = self._standing.announce
        self._talk.on_need = self._alerting.put
        self._mouth.on_first_speech = self._rooms.telemetry.metrics.synthesis.observe
        self.peer.on_line = self._line_changed
        self.peer.speaker.on_speaking = self._agent_speaks
        self.peer.speaker.lips.on_move = self._move_mouth

    def _conversation(self) -> Conversation:
        rooms = self._rooms
        return Conversation(
            self.call_id,
            senses=self._senses,
            page=self._page,
            mouth=self._mouth,
            hub=rooms.hub,
            store=rooms.store,
            read_intent=rooms.aside(rooms.text.intent),
            read_emotion=rooms.aside(rooms.text.emotion),
            reads=rooms.text.reads,
            interpreter=rooms.interpreter,
            translation_wait_ms=rooms.settings.translation.wait_ms,
            locale=self.agreement.consent.locale,
            answer_within_ms=rooms.settings.reply.answer_within_ms,
            clock=rooms.clock,
        )

    def end(self, reason: EndReason) -> None:
        """Ends the call; the first reason counts."""
        if not self._ending.done():
            self._ending.set_result(reason)

    def report_archive(self) -> None:
        """Says in the call's health how the archive stands."""
        self._senses.report("archive", self._rooms.store.health.fault)

    async def run(self) -> None:
        """Runs the call until it ends. Whatever belongs to it has ended, too, when this returns."""
        rooms = self._rooms
        self._standing.announce()
        await rooms.store.vault.reread()
        rooms.store.record_call_started(
            self.call_id,
            self.agreement.consent,
            self._standing.started_at,
            customer=None if self._customer == GUEST else self._kept_as,
            domain=self._standing.domain,
        )
        if rooms.store.health.fault is not None:
            self.report_archive()
        rooms.vision.open_call(self.call_id, self.agreement.consent)
        playout = Playout(lambda: self._senses.mouth_talks)
        self.peer.speaker.on_played = playout.put
        rooms.hearing.open_call(
            self.call_id,
            self._hear,
            playout,
            locale=self.agreement.consent.locale,
            reads_emotion=self.agreement.consent.allows(Purpose.VOICE_EMOTION),
        )
        reason = EndReason.INTERNAL_ERROR
        try:
            reason = await self._live()
        finally:
            rooms.hearing.close_call(self.call_id)
            rooms.vision.close_call(self.call_id)
            self._talk.close()
            self._accounts.close(reason)
            self._standing.step(CallEvent.END, reason)
            rooms.hub.drop_call(self.call_id)
            rooms.store.record_call_ended(self.call_id, reason, self._talk.outcome)
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
        self._standing.step(CallEvent.MEDIA_CONNECTED)
        self._greet_page()
        introduction = self._introduction()
        sent = SentRecord(self.call_id, self._kept_as, self._rooms.store)
        sent.put(introduction)
        reply = ReplyClient(
            self._rooms.reply_url(),
            introduction,
            headers=self._rooms.settings.reply.bearer(),
            on_link=self._talk.engine_link,
            on_send=sent.put,
        )
        self._senses.follow_with(reply)
        self._accounts.reply = self._reply = reply
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(reply.run(), name=f"reply engine of call {self.call_id}")
            parts = [tasks.create_task(part) for part in self._parts(reply)]
            reason = await asyncio.shield(self._ending)
            reply.finish(reason.value)
            for part in parts:
                part.cancel()

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
            self.people.run(),
            self._alerting.run(),
        ]
        if self.peer.frames is not None:
            parts.append(self._sight.watch(self.peer.frames))
        if self.peer.windows is not None:
            parts.append(self._listen(self.peer.windows))
        if self._recorder is not None:
            parts.append(self._recorder.run())
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
                self._agreed(changed=self.agreement.withdraw(purposes))
            case GiveConsent(purposes=purposes):
                self._agreed(changed=self.agreement.give(purposes))

    def _agreed(self, *, changed: bool) -> None:
        """Tells the page, the reply engine and supervisors what holds once the page has asked for another consent."""
        if changed and self._reply is not None:
            self._reply.send(ConsentChanged(purposes=self._purposes()))
        if not EMOTION.issubset(self.agreement.consent.purposes):
            self._alerting.put(EmotionForgotten())
        if changed and self._recorder is not None:
            self._recorder.follow()
        self._greet_page()
        self._standing.announce()

    def _purposes(self) -> tuple[str, ...]:
        return tuple(sorted(self.agreement.consent.purposes))

    def _greet_page(self) -> None:
        """Tells the page what holds for this call from now on."""
        hears = self._rooms.hearing.language_for(self.agreement.consent.locale)
        recorded = self._recorder is not None and self._recorder.records
        self._page.show(Welcome(call_id=self.call_id, analysis=self._purposes(), hears=hears, recorded=recorded))

    def _recording_changed(self) -> None:
        if self._recorder is not None:
            self._senses.report("recording", self._recorder.fault)
        self._greet_page()

    def _agent_speaks(self, speaks: bool) -> None:
        if speaks:
            self._accounts.speaks()
            if self._standing.life.state is CallState.CONNECTED:
                self._standing.step(CallEvent.SPEECH_BEGAN)
        self._page.show(AgentSpeaking(active=speaks))
        self._senses.agent_speaks(speaks)

    def _move_mouth(self, visemes: tuple[Viseme, ...]) -> None:
        shapes, at_ms = tuple(one.shape for one in visemes), tuple(one.at_ms for one in visemes)
        self._page.show(MouthMoves(shapes=shapes, at_ms=at_ms))

    def _line_changed(self, up: bool) -> None:
        """The customer's connection is lost, or another is up: whoever is back is shown how things stand."""
        log.info("call %s: %s", self.call_id, "resumed" if up else "connection lost")
        self._standing.away = not up
        self._senses.report("line", None if up else "the customer's connection is lost; they may come back")
        if up:
            self._greet_page()
            self._page.show(CallStateChanged(state=self._standing.life.state))
            self._page.show_again()
            self._talk.connected_again()
        self._standing.announce()

    def _stepped(self, life: CallLife) -> None:
        self._alerting.put(Stands(state=life.state))
        self._page.show(CallStateChanged(state=life.state))

    def _introduction(self) -> CallStarted:
        return CallStarted(
            call_id=self.call_id,
            customer=self._customer,
            locale=self.agreement.consent.locale,
            purposes=self._purposes(),
            consent_version=self.agreement.consent.version,
        )
