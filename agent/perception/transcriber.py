"""One thread that reads words for all calls, the most urgent first, and refuses to read along when it is busy."""

import itertools
import logging
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple, Protocol

from agent.core.clock import NS_PER_MS, Clock
from agent.core.sentences import tell
from agent.core.settings import HearingSettings
from agent.core.speech import VoiceEmotionReading
from agent.inference.runtime import Opened, Runtime
from agent.perception.end_of_turn import EndOfTurn
from agent.perception.languages import Languages, Recognizer
from agent.perception.patience import Wording, leaves_open, wording
from agent.perception.utterance import Answer, Request, Said, Urgency
from agent.perception.voice_emotion import Heard, VoiceEmotion

logger = logging.getLogger(__name__)

MOST_FINALS_A_CALL = 8
"""Complete utterances of one call that may wait; beyond, the oldest is given up and said to be."""
NOT_READ_HERE = "emotion in the voice is not read here"
PARTIAL_REST = 2
"""After reading along, the thread rests from it this many times as long as it took."""


class AnswersRequests(Protocol):
    """What reads words; `Reader` is one. One thread at a time may use it."""

    @property
    def languages(self) -> frozenset[str]: ...

    @property
    def models(self) -> tuple[Opened, ...]:
        """Those that no `Runtime` of this process knows."""
        ...

    @property
    def runs(self) -> Mapping[str, int]:
        """How often each of `models` has run."""
        ...

    @property
    def process_id(self) -> int | None:
        """Of the process that they run in, where it is another."""
        ...

    def answers(self, request: Request) -> Iterator[Answer]: ...

    def close(self) -> None: ...


class Reader:
    """The models that answer requests, in this process. One thread at a time may use it."""

    models: tuple[Opened, ...] = ()
    runs: Mapping[str, int] = {}
    process_id: int | None = None

    def __init__(
        self, recognizer: Recognizer, end_of_turn: EndOfTurn, voice_emotion: VoiceEmotion | None, clock: Clock
    ) -> None:
        """Without `voice_emotion` nothing can be said of how words are said."""
        self._recognizer = recognizer
        self._end_of_turn = end_of_turn
        self._voice_emotion = voice_emotion
        self._clock = clock

    @classmethod
    def open(cls, runtime: Runtime, settings: HearingSettings, clock: Clock) -> "Reader":
        """Loads the models. Raises `ModelError`s, and `SettingsError` for a language that they do not know."""
        languages, end_of_turn = Languages.open(runtime, settings), EndOfTurn(runtime.open("end_of_turn"))
        return cls(languages, end_of_turn, VoiceEmotion.open(runtime) if settings.emotion else None, clock)

    @property
    def languages(self) -> frozenset[str]:
        """That requests may be in."""
        return self._recognizer.languages

    def answer(self, request: Request) -> Answer:
        """Everything about `request` at once. Never raises."""
        return list(self.answers(request))[-1]

    def answers(self, request: Request) -> Iterator[Answer]:
        """Reads the words of `request`, and then whether the turn is over, where that is wanted and the words leave it
        open: the same answer with the probability in it. Of words that are known it reads how they were said. Never
        raises.
        """
        if request.said is not None:
            yield self._manner(request, request.said)
            return
        try:
            words = self._recognizer.read(
                request.samples,
                language=request.language,
                careful=request.urgency is not Urgency.PARTIAL,
                decoding=request.decoding,
                keep_states=request.keeps_states,
            )
            answer = Answer(request=request, words=words, stage_ms=dict(words.stage_ms))
            plain = bool(words.text) and wording(words.text, words.language) is Wording.PLAIN
            open_end = plain and leaves_open(words.complete_prob)
            if request.urgency is not Urgency.PAUSE or not open_end:
                yield answer
                return
            yield replace(answer, more=True)
            started_ns = self._clock.now_ns()
            prob = self._end_of_turn.finished_prob(request.samples)
            turn_ms = (self._clock.now_ns() - started_ns) / NS_PER_MS
            yield replace(answer, finished_prob=prob, stage_ms=answer.stage_ms | {"end_of_turn": turn_ms})
        except Exception as error:
            yield not_read(request, _logged(error, request))

    def _manner(self, request: Request, said: Said) -> Answer:
        if self._voice_emotion is None:
            return Answer(request=request, words=None, manner=_manner(request, said, Heard(reason=NOT_READ_HERE)))
        try:
            heard = self._voice_emotion.hear(request.samples, said.words.states)
        except Exception as error:
            heard = Heard(reason=f"reading emotion in the voice failed: {_logged(error, request)}")
        return Answer(request=request, words=None, manner=_manner(request, said, heard))

    def close(self) -> None:
        """Models need no closing."""


def not_read(request: Request, why: str) -> Answer:
    """The answer to a request that could not be read."""
    failure = tell("transcription_failed", error=why)
    if request.said is None:
        return Answer(request=request, words=None, failure=failure)
    return Answer(request=request, words=None, manner=_manner(request, request.said, Heard(reason=str(failure))))


def _manner(request: Request, said: Said, heard: Heard) -> VoiceEmotionReading:
    return VoiceEmotionReading(
        call_id=request.call_id,
        utterance_id=request.utterance_id,
        stamp=said.end,
        valid=heard.reason is None,
        reason=heard.reason,
        label=heard.label,
        probabilities=heard.probabilities,
    )


def _logged(error: Exception, request: Request) -> str:
    """The error's kind, after logging it with its place and no more: its text could quote what was said."""
    kind = type(error).__name__
    place = traceback.extract_tb(error.__traceback__)[-1]
    call_id, utterance_id = request.call_id, request.utterance_id
    logger.error(
        "call %s: utterance %d could not be read: %s at %s:%s", call_id, utterance_id, kind, place.name, place.lineno
    )
    return kind


Tell = Callable[[Answer], None]


class _Waiting(NamedTuple):
    request: Request
    tell: Tell


class Transcriber:
    """Requests wait here for the thread. `ask` and `forget` may be called from any thread and never block for long."""

    def __init__(self, reader: AnswersRequests, tell: Tell, clock: Clock) -> None:
        """`tell` gets the answers that go to calls, on the transcriber's thread or on the one that asked too much."""
        self._reader = reader
        self._tell = tell
        self._clock = clock
        self._wake = threading.Condition()
        self._waiting: dict[int, _Waiting] = {}
        """By order of arrival."""
        self._order = itertools.count()
        self._reading: Request | None = None
        self._rest_until_ns = 0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="transcriber", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after what it is reading; what waits is dropped."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()

    def ask(self, request: Request, tell: Tell | None = None) -> None:
        """Leaves a request. A later one of the same call replaces what it makes useless.

        A `PARTIAL` one is refused without a word while a call's request waits or is read, and for a while after the
        last one. The answer goes to `tell` where one is given.
        """
        given_up: list[_Waiting] = []
        with self._wake:
            if request.urgency is Urgency.PARTIAL:
                if self._occupied() or self._clock.now_ns() < self._rest_until_ns:
                    return
            elif request.urgency < Urgency.PARTIAL:
                self._drop_superseded(request.call_id)
            if request.urgency is Urgency.FINAL:
                given_up = self._make_room(request.call_id)
            self._waiting[next(self._order)] = _Waiting(request, tell or self._tell)
            self._wake.notify()
        for old in given_up:
            old.tell(Answer(request=old.request, words=None, failure="transcription is too far behind"))

    def forget(self, call_id: str) -> None:
        """Drops what waits of this call or file."""
        with self._wake:
            self._waiting = {key: one for key, one in self._waiting.items() if one.request.call_id != call_id}

    def forget_manner(self, call_id: str) -> None:
        """Drops what waits of this call to tell how words were said."""
        with self._wake:
            self._waiting = {
                key: one
                for key, one in self._waiting.items()
                if one.request.call_id != call_id or one.request.urgency is not Urgency.MANNER
            }

    def _occupied(self) -> bool:
        """Whether words of some call are read or waited for."""
        waiting = (one.request for one in self._waiting.values())
        return any(request is not None and request.urgency < Urgency.MANNER for request in (self._reading, *waiting))

    def _drop_superseded(self, call_id: str) -> None:
        self._waiting = {
            key: one
            for key, one in self._waiting.items()
            if one.request.call_id != call_id or one.request.urgency in (Urgency.FINAL, Urgency.MANNER)
        }

    def _make_room(self, call_id: str) -> list[_Waiting]:
        keys = [
            key
            for key, one in self._waiting.items()
            if one.request.call_id == call_id and one.request.urgency is Urgency.FINAL
        ]
        return [self._waiting.pop(key) for key in keys[: max(0, len(keys) - MOST_FINALS_A_CALL + 1)]]

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            request, tell = taken
            started_ns = self._clock.now_ns()
            for answer in self._reader.answers(request):
                if answer.more:
                    tell(answer)
            ended_ns = self._clock.now_ns()
            with self._wake:
                self._reading = None
                if request.urgency is Urgency.PARTIAL:
                    self._rest_until_ns = ended_ns + PARTIAL_REST * (ended_ns - started_ns)
            tell(answer)

    def _take(self) -> _Waiting | None:
        """Waits for the most urgent request; None when the thread is to end."""
        with self._wake:
            while not self._waiting and not self._stopping:
                self._wake.wait()
            if self._stopping:
                return None
            key = min(self._waiting, key=lambda key: (self._waiting[key].request.urgency, key))
            taken = self._waiting.pop(key)
            self._reading = taken.request
            return taken
