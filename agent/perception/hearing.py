"""Hears all calls: one thread follows their voices and is never held up, another reads their words."""

import asyncio
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from agent.core.clock import NS_PER_MS, NS_PER_S, Clock
from agent.core.consent import Consent, Purpose
from agent.core.errors import CallNotFound
from agent.core.settings import HearingSettings
from agent.core.speech import MIC_RATE_HZ, HearingEvent, HearingFailed, MicWindow, VoiceEmotionReading
from agent.inference.runtime import Opened, Runtime
from agent.perception.activity import VoiceActivity
from agent.perception.echo import Playout
from agent.perception.listening import Listener
from agent.perception.transcriber import AnswersRequests, Reader, Transcriber
from agent.perception.turns import Outcome
from agent.perception.utterance import Answer, Request
from agent.perception.voice_emotion import VOICE_EMOTION

logger = logging.getLogger(__name__)

MOST_WAITING_SAMPLES = 2 * MIC_RATE_HZ
"""Sound of one call that may wait to be heard; beyond, the oldest is dropped, which is a gap to the listener."""
NO_SOUND_MARGIN_MS = 200
"""A track that brings nothing for this long beyond the longest silence has fallen silent."""

Deliver = Callable[[HearingEvent], None]


@dataclass(slots=True, kw_only=True)
class _Call:
    """What the ears know of one call. `windows` and `answers` are guarded by the ears' lock, the rest is theirs."""

    call_id: str
    loop: asyncio.AbstractEventLoop
    deliver: Deliver
    activity: VoiceActivity
    listener: Listener
    heard_ns: int
    open: bool = True
    windows: deque[MicWindow] = field(default_factory=deque)
    waiting_samples: int = 0
    answers: deque[Answer] = field(default_factory=deque)
    runs: Counter[str] = field(default_factory=Counter)


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
        self._wake = threading.Condition()
        self._calls: dict[str, _Call] = {}
        self._ready: dict[str, _Call] = {}
        """Calls with something to take in, in order of arrival."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="ears", daemon=True)
        self.dropped_samples = 0
        """Sound that came faster than it could be heard, over all calls."""

    def start(self) -> None:
        """Loads and warms the models, and starts the threads; takes about a second.

        Raises `ModelError`s, and `SettingsError` for a language that the speech model does not know.
        """
        self._activity = self._runtime.open("voice_activity")
        self._reader = self._open_reader(self._runtime, self._settings, self._clock)
        self._transcriber = Transcriber(self._reader, self._put_answer, self._clock)
        self._transcriber.start()
        self._thread.start()

    def stop(self) -> None:
        """Ends both threads after what they are at; nothing is delivered afterwards."""
        with self._wake:
            self._stopping = True
            for call in self._calls.values():
                call.open = False
            self._wake.notify()
        self._thread.join()
        self._transcriber.stop()
        self._reader.close()

    @property
    def backlog_ms(self) -> float:
        """How much sound waits to be heard, of the call of which most does."""
        with self._wake:
            most = max((call.waiting_samples for call in self._calls.values()), default=0)
        return most / MIC_RATE_HZ * 1_000

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
        call = _Call(
            call_id=call_id,
            loop=asyncio.get_running_loop(),
            deliver=deliver,
            activity=activity,
            listener=Listener(call_id, activity, settings, playout),
            heard_ns=self._clock.now_ns(),
        )
        call.listener.reads_emotion = reads_emotion
        with self._wake:
            self._calls[call_id] = call

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
        with self._wake:
            call = self._calls.get(call_id)
        if call is None:
            raise CallNotFound(f"call {call_id} is not being heard")
        call.listener.reads_emotion = consent.allows(Purpose.VOICE_EMOTION)
        if not call.listener.reads_emotion:
            self._transcriber.forget_manner(call_id)
        if not consent.allows(Purpose.SPEECH):
            call.open = False
            self._transcriber.forget(call_id)

    def close_call(self, call_id: str) -> None:
        """Stops hearing a call: nothing of it is delivered from now on. A call that is not open is no error."""
        with self._wake:
            call = self._calls.pop(call_id, None)
            self._ready.pop(call_id, None)
            if call is not None:
                call.open = False
        self._transcriber.forget(call_id)

    def push(self, window: MicWindow) -> None:
        """Leaves the next window of a call to be heard; never waits. Raises `CallNotFound` for one that is not open."""
        with self._wake:
            call = self._calls.get(window.call_id)
            if call is None:
                raise CallNotFound(f"call {window.call_id} is not being heard; open it first")
            call.windows.append(window)
            call.waiting_samples += len(window.samples)
            while call.waiting_samples > MOST_WAITING_SAMPLES and len(call.windows) > 1:
                dropped = len(call.windows.popleft().samples)
                call.waiting_samples -= dropped
                self.dropped_samples += dropped
            self._ready[window.call_id] = call
            self._wake.notify()

    def read(self, request: Request, tell: Callable[[Answer], None]) -> None:
        """Has sound of no call read, of urgency `FILE`, behind everything that calls want. From any thread.

        `tell` gets the answer on the transcriber's thread, or never if the ears are stopped first.
        """
        self._transcriber.ask(request, tell)

    def model_runs(self, call_id: str) -> dict[str, int]:
        """How often each model has run for an open call. Raises `CallNotFound`."""
        with self._wake:
            call = self._calls.get(call_id)
            if call is None:
                raise CallNotFound(f"call {call_id} is not being heard")
            return {**call.runs, "voice_activity": call.activity.runs}

    def _put_answer(self, answer: Answer) -> None:
        with self._wake:
            call = self._calls.get(answer.request.call_id)
            if call is None:
                return
            call.answers.append(answer)
            self._ready[call.call_id] = call
            self._wake.notify()

    def _run(self) -> None:
        while (taken := self._take()) is not None:
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

    def _take(self) -> tuple[_Call, list[MicWindow], list[Answer]] | None:
        """Waits for a call with something to take in, or one with an open utterance that no sound comes for.

        None when the thread is to end.
        """
        with self._wake:
            while not self._stopping:
                if self._ready:
                    call = self._ready.pop(next(iter(self._ready)))
                    windows, answers = list(call.windows), list(call.answers)
                    call.windows.clear()
                    call.answers.clear()
                    call.waiting_samples = 0
                    return call, windows, answers
                due = [
                    (self._silent_from_ns(call), call)
                    for call in self._calls.values()
                    if call.open and call.listener.waits_for_silence
                ]
                first_ns, first = min(due, key=lambda pair: pair[0], default=(0, None))
                wait_ns = first_ns - self._clock.now_ns()
                if first is not None and wait_ns <= 0:
                    return first, [], []
                self._wake.wait(wait_ns / NS_PER_S if first is not None else None)
            return None

    def _silent_from_ns(self, call: _Call) -> int:
        return call.heard_ns + (self._settings.max_silence_ms + NO_SOUND_MARGIN_MS) * NS_PER_MS

    def _follow(self, call: _Call, outcome: Outcome) -> None:
        self._deliver(call, outcome.events)
        for request in outcome.requests if call.open else ():
            self._transcriber.ask(request)

    def _deliver(self, call: _Call, events: Iterable[HearingEvent]) -> None:
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

    def _count(self, call: _Call, answer: Answer) -> None:
        if answer.manner is not None:
            call.runs[VOICE_EMOTION] += answer.manner.valid
        elif answer.finished_prob is not None:
            call.runs["end_of_turn"] += 1
        elif answer.words is not None:
            call.runs["speech_to_text"] += 1


def _failed(call: _Call, window: MicWindow, error: Exception) -> HearingFailed:
    reason = f"hearing failed: {type(error).__name__}"
    return HearingFailed(call_id=call.call_id, stamp=window.stamp, reason=reason)
