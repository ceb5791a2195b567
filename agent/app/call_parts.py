"""The parts of one call – eyes, ears, mouth, talk, page, people – and what they tell each other."""

import logging
from collections.abc import Callable

from agent.app.accounts import CallAccounts
from agent.app.agreement import Agreement
from agent.app.alerting import alerting_for
from agent.app.attached import Attached
from agent.app.call_recorder import recorder_for
from agent.app.conversation import Conversation
from agent.app.mouth import Mouth, Reply
from agent.app.page import Page
from agent.app.page_voice import PageVoice
from agent.app.people_on_call import PeopleOnCall
from agent.app.rooms import Rooms
from agent.app.senses import Senses
from agent.app.sight import Sight
from agent.app.standing import Standing
from agent.app.terms import Terms
from agent.app.track_recorder import TrackRecorder
from agent.core.consent import Consent
from agent.core.lifecycle import CallEvent, CallLife, CallState, EndReason
from agent.core.speech import HearingEvent, Viseme
from agent.dialogue.client import ReplyClient
from agent.fusion.alerts import Stands
from agent.media.peer import Peer
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
    WithdrawConsent,
)

log = logging.getLogger(__name__)


class CallParts:
    """Made and connected as one; `Call` runs them. Belongs to the event loop."""

    def __init__(
        self,
        call_id: str,
        customer: str,
        consent: Consent,
        life: CallLife,
        peer: Peer,
        rooms: Rooms,
        *,
        end: Callable[[EndReason], None],
    ) -> None:
        """`end` ends the call, when its page says so."""
        self._call_id = call_id
        self._peer = peer
        self._rooms = rooms
        self._end = end
        self.page = Page(peer.channel, peer.page_clock, rooms.clock)
        self.accounts = CallAccounts(
            call_id,
            peer,
            guesses=lambda: (self.talk.customer.guesses_right, self.talk.customer.guesses),
            clock=rooms.clock,
            hub=rooms.hub,
            telemetry=rooms.telemetry,
        )
        self.senses = Senses(
            call_id,
            consent,
            camera=peer.frames is not None,
            frames=self.accounts.frames.counts,
            clock=rooms.clock,
            hub=rooms.hub,
            store=rooms.store,
            judge=rooms.judge,
        )
        self.agreement = Agreement(call_id, consent, peer, self.senses, rooms)
        self.standing = Standing(call_id, life, self.agreement, self.senses, rooms, self._stepped)
        self.alerting = alerting_for(call_id, peer, rooms)
        self.recorder = recorder_for(call_id, self.agreement, peer, rooms, self._recording_changed)
        self.terms = self._made_terms(customer)
        tracks = TrackRecorder(call_id, lambda: self.agreement.consent, rooms.store)
        self.sight = Sight(call_id, self.senses, self.page, self.accounts, tracks, rooms)
        self._page_voice = PageVoice(self.page.show, on_speaking=self._agent_speaks)
        self.mouth = self._made_mouth()
        self.talk = self._made_conversation()
        self.attached = self._made_attached()
        self.people = PeopleOnCall(call_id, peer, self.talk.staff, self.standing.step)
        self._connect()

    def follow(self, reply: ReplyClient) -> None:
        """The reply engine is there."""
        self.senses.follow_with(reply)
        self.accounts.reply = self.terms.reply = reply

    def hear(self, event: HearingEvent) -> None:
        """The customer's voice, or words of theirs."""
        speaker = self._peer.speaker
        was_speaking = speaker.speaking and not speaker.paused
        self.talk.hear(event)
        self.accounts.hears(event, was_speaking=was_speaking)

    def heed_page(self, message: FromPage) -> None:
        """Does what the customer's page asks for."""
        match message:
            case Chat(text=text):
                self.accounts.types()
                self.talk.chat(text)
            case PageSpoken():
                self._page_voice.heed(message)
            case DeviceState(camera=camera) if self._peer.frames is not None:
                self.sight.camera(on=camera)
            case Leave():
                self._end(EndReason.CUSTOMER_LEFT)
            case WithdrawConsent(purposes=purposes):
                self.terms.withdraw(purposes)
            case GiveConsent(purposes=purposes):
                self.terms.give(purposes)

    # ---- what is made ----------------------------------------------------------------------------------------------

    def _made_terms(self, customer: str) -> Terms:
        return Terms(
            self._call_id,
            customer,
            agreement=self.agreement,
            recorder=self.recorder,
            page=self.page,
            standing=self.standing,
            alerting=self.alerting,
            hearing=self._rooms.hearing,
        )

    def _made_mouth(self) -> Mouth:
        return Mouth(
            self._rooms.synthesizer,
            self._peer.speaker,
            on_text=self._show_reply,
            on_fault=lambda fault: self.senses.report("voice", fault),
            page_voice=self._page_voice if self._peer.channel is not None else None,
        )

    def _made_conversation(self) -> Conversation:
        rooms = self._rooms
        return Conversation(
            self._call_id,
            senses=self.senses,
            page=self.page,
            mouth=self.mouth,
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

    def _made_attached(self) -> Attached:
        return Attached(
            self._call_id,
            self.talk,
            self.agreement,
            shows_model=self._rooms.settings.reply.shows_pictures,
            language_for=self._rooms.hearing.language_for,
            on_turn=self.accounts.types,
        )

    # ---- what they tell each other ----------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.senses.on_signals = self.alerting.follow
        self.senses.on_change = self.standing.announce
        self.talk.on_need = self.alerting.put
        self.mouth.on_first_speech = self._rooms.telemetry.metrics.synthesis.observe
        self._peer.on_line = self._line_changed
        self._peer.speaker.on_speaking = self._agent_speaks
        self._peer.speaker.lips.on_move = self._move_mouth

    def _show_reply(self, reply: Reply) -> None:
        self.accounts.replies()
        self.talk.show_reply(reply)

    def _recording_changed(self) -> None:
        if self.recorder is not None:
            self.senses.report("recording", self.recorder.fault)
        self.terms.greet_page()

    def _agent_speaks(self, speaks: bool) -> None:
        if speaks:
            self.accounts.speaks()
            if self.standing.life.state is CallState.CONNECTED:
                self.standing.step(CallEvent.SPEECH_BEGAN)
        self.page.show(AgentSpeaking(active=speaks))
        self.senses.agent_speaks(speaks)

    def _move_mouth(self, visemes: tuple[Viseme, ...]) -> None:
        shapes, at_ms = tuple(one.shape for one in visemes), tuple(one.at_ms for one in visemes)
        self.page.show(MouthMoves(shapes=shapes, at_ms=at_ms))

    def _line_changed(self, up: bool) -> None:
        """The customer's connection is lost, or another is up: whoever is back is shown how things stand."""
        log.info("call %s: %s", self._call_id, "resumed" if up else "connection lost")
        self.standing.away = not up
        self.senses.report("line", None if up else "the customer's connection is lost; they may come back")
        if up:
            self.terms.greet_page()
            self.page.show(CallStateChanged(state=self.standing.life.state))
            self.page.show_again()
            self.talk.connected_again()
        self.standing.announce()

    def _stepped(self, life: CallLife) -> None:
        self.alerting.put(Stands(state=life.state))
        self.page.show(CallStateChanged(state=life.state))
