"""Hears all calls: one thread follows their voices and is never held up, another reads their words."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Mapping

from agent.core.clock import Clock
from agent.core.consent import Consent, Purpose
from agent.core.sentences import tell
from agent.core.settings import HearingSettings
from agent.core.speech import HearingEvent, HearingFailed, MicWindow, VoiceEmotionReading
from agent.inference.runtime import Opened, Runtime
from agent.perception.activity import VoiceActivity
from agent.perception.echo import Playout
from agent.perception.listening import Listener
from agent.perception.sound_line import Deliver, HeardCall, SoundLine
from agent.perception.transcriber import AnswersRequests, Reader, Transcriber
from agent.perception.turns import Outcome
from agent.perception.utterance import Answer, Request
from agent.perception.voice_emotion import VOICE_EMOTION

logger = logging.getLogger(__name__)


class Hearing:
    """Ears and transcriber of the process. Calls are opened, fed and closed from the event loop."""

    def __init__(
        self,
        runtime: Runtime,
        settings: HearingSettings,
        clock: Clock,
        *,
        open_reader: Callable[[Runtime, HearingSettings, Clock], AnswersRequests] = Reader.open,
    ) -> None:
        self._open_reader = open_reader
        self._runtime = runtime
        self._settings = settings
        self._clock = clock
        self._line = SoundLine(clock, max_silence_ms=settings.max_silence_ms)
        self._thread = threading.Thread(target=self._run, name="ears", daemon=True)

    def start(self) -> None:
        """Loads and warms the models, and starts the threads; takes about a second.

        Raises `ModelError`s, and `SettingsError` for a language that the speech model does not know.
        """
        self._activity = self._runtime.open("voice_activity")
        self._reader = self._open_reader(self._runtime, self._settings, self._clock)
        self._transcriber = Transcriber(self._reader, self._line.put_answer, self._clock)
        self._transcriber.start()
        self._thread.start()

    def stop(self) -> None:
        """Ends both threads after what they are at; nothing is delivered afterwards."""
        self._line.stop()
        self._thread.join()
        self._transcriber.stop()
        self._reader.close()

    @property
    def backlog_ms(self) -> float:
        """How much sound waits to be heard, of the call of which most does."""
        return self._line.backlog_ms

    @property
    def dropped_samples(self) -> int:
        """Sound that came faster than it could be heard, over all calls."""
        return self._line.dropped_samples

    @property
    def models(self) -> tuple[Opened, ...]:
        """Those that run in another process."""
        return self._reader.models

    @property
    def process_id(self) -> int | None:
        """Of that process; None where there is none."""
        return self._reader.process_id

    @property
    def runs(self) -> Mapping[str, int]:
        """How often each of `models` has run."""
        return self._reader.runs

    def understands(self, language: str) -> bool:
        """Whether words in this language can be read."""
        return language in self._reader.languages

    def open_call(
        self,
        call_id: str,
        deliver: Deliver,
        playout: Playout | None = None,
        *,
        locale: str = "en",
        reads_emotion: bool = False,
    ) -> None:
        """Begins to hear a call. `deliver` is called on the event loop that runs now, in order, until `close_call`.

        `playout` is what the call's speaker plays, so that its echo is not taken for the customer. `locale` is the
        page's, such as "zh-CN"; see `language_for`. `reads_emotion`: whether the customer agreed to
        `Purpose.VOICE_EMOTION`.
        """
        activity = VoiceActivity(self._activity)
        settings = self._settings.in_language(self.language_for(locale))
        call = HeardCall(
            call_id=call_id,
            loop=asyncio.get_running_loop(),
            deliver=deliver,
            activity=activity,
            listener=Listener(call_id, activity, settings, playout),
            heard_ns=self._clock.now_ns(),
        )
        call.listener.reads_emotion = reads_emotion
        self._line.open(call)

    def language_for(self, locale: str) -> str:
        """The language that a caller with a page in `locale` is understood in, ISO 639-1 or `AUTO`: the one of the
        settings, but the page's where they say nothing but English and it can be read.
        """
        language = locale.partition("-")[0].lower()
        theirs = self._settings.language == "en" and self.understands(language)
        return language if theirs else self._settings.language

    def follow(self, call_id: str, consent: Consent) -> None:
        """Hears from now on only what `consent` allows: words, and how they are said. What else waits to be read is
        dropped, what has been read is not delivered, and without words a call stays deaf. Raises `CallNotFound`."""
        call = self._line.find(call_id)
        call.listener.reads_emotion = consent.allows(Purpose.VOICE_EMOTION)
        if not call.listener.reads_emotion:
            self._transcriber.forget_manner(call_id)
        if not consent.allows(Purpose.SPEECH):
            call.open = False
            self._transcriber.forget(call_id)

    def close_call(self, call_id: str) -> None:
        """Stops hearing a call: nothing of it is delivered from now on. A call that is not open is no error."""
        self._line.close(call_id)
        self._transcriber.forget(call_id)

    def push(self, window: MicWindow) -> None:
        """Leaves the next window of a call to be heard; never waits. Raises `CallNotFound` for one that is not open."""
        self._line.put(window)

    def read(self, request: Request, tell: Callable[[Answer], None]) -> None:
        """Has sound of no call read, of urgency `FILE`, behind everything that calls want. From any thread.

        `tell` gets the answer on the transcriber's thread, or never if the ears are stopped first.
        """
        self._transcriber.ask(request, tell)

    def model_runs(self, call_id: str) -> dict[str, int]:
        """How often each model has run for an open call. Raises `CallNotFound`."""
        call = self._line.find(call_id)
        return {**call.runs, "voice_activity": call.activity.runs}

    def _run(self) -> None:
        while (taken := self._line.take()) is not None:
            call, windows, answers = taken
            if not call.open:
                continue
            try:
                for answer in answers:
                    self._count(call, answer)
                    self._follow(call, call.listener.take(answer, self._clock.now_ns()))
                for window in windows:
                    self._follow(call, call.listener.hear(window, self._clock.now_ns()))
                if windows or not answers:
                    call.heard_ns = self._clock.now_ns()
                if not windows and not answers:
                    self._follow(call, call.listener.hear_nothing(self._clock.now_ns()))
            except Exception as error:
                logger.exception("call %s: hearing failed", call.call_id)
                self._deliver(call, [_failed(call, stamped, error) for stamped in windows[:1]])

    def _follow(self, call: HeardCall, outcome: Outcome) -> None:
        self._deliver(call, outcome.events)
        for request in outcome.requests if call.open else ():
            self._transcriber.ask(request)

    def _deliver(self, call: HeardCall, events: Iterable[HearingEvent]) -> None:
        def hand_over(event: HearingEvent) -> None:
            unwanted = isinstance(event, VoiceEmotionReading) and not call.listener.reads_emotion
            if call.open and not unwanted:
                call.deliver(event)

        for event in events:
            try:
                call.loop.call_soon_threadsafe(hand_over, event)
            except RuntimeError:
                # The loop has closed, and with it whoever listened.
                call.open = False
                return

    def _count(self, call: HeardCall, answer: Answer) -> None:
        if answer.manner is not None:
            call.runs[VOICE_EMOTION] += answer.manner.valid
        elif answer.finished_prob is not None:
            call.runs["end_of_turn"] += 1
        elif answer.words is not None:
            call.runs["speech_to_text"] += 1


def _failed(call: HeardCall, window: MicWindow, error: Exception) -> HearingFailed:
    reason = tell("hearing_failed", error=type(error).__name__)
    return HearingFailed(call_id=call.call_id, stamp=window.stamp, reason=reason)
