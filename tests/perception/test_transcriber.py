"""The transcriber serves the most urgent request first, refuses to read along when busy, and never dies."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from agent.core.clock import FakeClock, SystemClock
from agent.core.types import read_only
from agent.perception.end_of_turn import EndOfTurn
from agent.perception.transcriber import MOST_FINALS_A_CALL, Reader, Transcriber
from agent.perception.transcript import SpeechToText
from agent.perception.utterance import Answer, Request, Said, Urgency
from agent.perception.voice_emotion import Heard, VoiceEmotion
from agent.perception.wished import PLAIN, Decoding, Words
from tests.perception.sound import stamp_at


def request(call_id: str, utterance_id: int, urgency: Urgency) -> Request:
    return Request(
        call_id=call_id,
        utterance_id=utterance_id,
        piece=0,
        urgency=urgency,
        samples=read_only(np.zeros(1_600, np.float32)),
        heard_to_sample=0,
    )


def manner(call_id: str, utterance_id: int) -> Request:
    words = Words(text="words", mean_token_logprob=-0.1, no_speech_prob=0.0, stage_ms={})
    return replace(request(call_id, utterance_id, Urgency.MANNER), said=Said(words=words, end=stamp_at(0)))


class HeldReader(Reader):
    """Answers nothing until it is let go, so that requests pile up; each answer takes a second of the fake clock."""

    def __init__(self, clock: FakeClock) -> None:
        self.began = threading.Event()
        self.let_go = threading.Event()
        self._fake = clock

    def answers(self, request: Request) -> Iterator[Answer]:
        self.began.set()
        assert self.let_go.wait(10)
        self._fake.advance(ms=1_000)
        words = Words(text="words", mean_token_logprob=-0.1, no_speech_prob=0.0, stage_ms={})
        yield Answer(request=request, words=words)


class Desk:
    """A transcriber whose reader is held, and the answers that came of it."""

    def __init__(self, clock: FakeClock) -> None:
        self.answers: list[Answer] = []
        self.reader = HeldReader(clock)
        self.transcriber = Transcriber(self.reader, self._take, clock)
        self._told = threading.Condition()

    def hold(self) -> None:
        """Keeps the reader busy with a first request."""
        self.transcriber.ask(request("busy", 0, Urgency.FINAL))
        assert self.reader.began.wait(10)

    def served(self, count: int) -> list[tuple[str, int]]:
        """Lets the reader go and waits for `count` answers."""
        self.reader.let_go.set()
        with self._told:
            assert self._told.wait_for(lambda: len(self.answers) >= count, 10)
        return [(answer.request.call_id, answer.request.utterance_id) for answer in self.answers]

    def _take(self, answer: Answer) -> None:
        with self._told:
            self.answers.append(answer)
            self._told.notify()


@pytest.fixture
def desk(clock: FakeClock) -> Iterator[Desk]:
    desk = Desk(clock)
    desk.transcriber.start()
    yield desk
    desk.reader.let_go.set()
    desk.transcriber.stop()


def test_complete_utterances_come_before_pauses(desk: Desk) -> None:
    """A turn that has ended is served before one that may have, whoever asked first."""
    desk.hold()
    desk.transcriber.ask(request("a", 1, Urgency.PAUSE))
    desk.transcriber.ask(request("b", 2, Urgency.FINAL))
    assert desk.served(3) == [("busy", 0), ("b", 2), ("a", 1)]


def test_reading_along_is_refused_while_busy_and_for_a_while_after(desk: Desk, clock: FakeClock) -> None:
    """Partial transcripts are made of time that nobody else needs."""
    desk.hold()
    desk.transcriber.ask(request("a", 1, Urgency.PARTIAL))
    assert desk.served(1) == [("busy", 0)]
    desk.transcriber.ask(request("a", 2, Urgency.PARTIAL))
    assert desk.served(2)[1:] == [("a", 2)]
    desk.transcriber.ask(request("a", 3, Urgency.PARTIAL))
    clock.advance(ms=2_000)
    desk.transcriber.ask(request("a", 4, Urgency.PARTIAL))
    assert desk.served(3)[2:] == [("a", 4)]


def test_a_later_pause_of_a_call_replaces_the_earlier_one(desk: Desk) -> None:
    """What was asked before the speaker went on is not read any more; other calls' pauses are."""
    desk.hold()
    desk.transcriber.ask(request("a", 1, Urgency.PAUSE))
    desk.transcriber.ask(request("b", 1, Urgency.PAUSE))
    desk.transcriber.ask(request("a", 2, Urgency.PAUSE))
    assert desk.served(3) == [("busy", 0), ("b", 1), ("a", 2)]


def test_a_call_that_is_too_far_behind_is_told_so(desk: Desk) -> None:
    """The oldest utterance is given up as a failure; it is never dropped in silence."""
    desk.hold()
    for number in range(MOST_FINALS_A_CALL + 1):
        desk.transcriber.ask(request("a", number, Urgency.FINAL))
    served = desk.served(MOST_FINALS_A_CALL + 2)
    assert served[0] == ("a", 0)
    assert desk.answers[0].failure is not None
    assert all(answer.failure is None for answer in desk.answers[1:])


def test_a_call_that_ended_is_forgotten(desk: Desk) -> None:
    """Nothing that waits of a closed call is read."""
    desk.hold()
    desk.transcriber.ask(request("a", 1, Urgency.FINAL))
    desk.transcriber.ask(request("b", 1, Urgency.FINAL))
    desk.transcriber.forget("a")
    assert desk.served(2) == [("busy", 0), ("b", 1)]


class BrokenSpeechToText(SpeechToText):
    """A model that fails in a way that quotes what it heard."""

    def __init__(self) -> None: ...

    def read(
        self,
        samples: np.ndarray,
        *,
        language: str = "en",
        careful: bool = True,
        decoding: Decoding = PLAIN,
        keep_states: bool = False,
    ) -> Words:
        raise RuntimeError("I live at 12 Elm Street")


class NoEndOfTurn(EndOfTurn):
    def __init__(self) -> None: ...


class BrokenVoiceEmotion(VoiceEmotion):
    def __init__(self) -> None: ...

    def hear(self, samples: np.ndarray, states: np.ndarray | None) -> Heard:
        raise RuntimeError("I live at 12 Elm Street")


def test_a_model_that_fails_is_answered_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    """The failure names the kind of error; neither it nor the log tells what was said."""
    reader = Reader(BrokenSpeechToText(), NoEndOfTurn(), BrokenVoiceEmotion(), SystemClock())
    answer = reader.answer(request("a", 1, Urgency.FINAL))
    assert answer.words is None
    assert answer.failure == "transcription failed: RuntimeError"
    assert "Elm" not in caplog.text


def test_a_manner_that_cannot_be_read_is_told_as_that(caplog: pytest.LogCaptureFixture) -> None:
    """A broken model of emotion in the voice fails nothing that was heard, and says so without quoting anything."""
    reader = Reader(BrokenSpeechToText(), NoEndOfTurn(), BrokenVoiceEmotion(), SystemClock())
    answer = reader.answer(manner("a", 1))
    assert answer.failure is None and answer.manner is not None and not answer.manner.valid
    assert answer.manner.reason == "reading emotion in the voice failed: RuntimeError"
    assert "Elm" not in caplog.text


def test_how_words_were_said_comes_after_all_words_and_before_files(desk: Desk) -> None:
    """Neither the end of a turn nor reading along waits for it, and a later pause of the call does not drop it."""
    desk.hold()
    desk.transcriber.ask(request("files", 9, Urgency.FILE))
    desk.transcriber.ask(manner("a", 1))
    desk.transcriber.ask(request("a", 2, Urgency.PAUSE))
    desk.transcriber.ask(request("b", 1, Urgency.FINAL))
    assert desk.served(5) == [("busy", 0), ("b", 1), ("a", 2), ("a", 1), ("files", 9)]


def test_how_words_were_said_is_forgotten_alone(desk: Desk) -> None:
    """A call that withdraws keeps its words, and other calls what waits for them."""
    desk.hold()
    for call_id in ("a", "b"):
        desk.transcriber.ask(manner(call_id, 1))
    desk.transcriber.ask(request("a", 2, Urgency.FINAL))
    desk.transcriber.forget_manner("a")
    assert desk.served(3) == [("busy", 0), ("a", 2), ("b", 1)]
