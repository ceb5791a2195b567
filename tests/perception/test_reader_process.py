"""Words are read in another process as they are here, and its end costs one request."""

import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest

from agent.core.clock import SystemClock
from agent.core.errors import SettingsError
from agent.core.settings import HearingSettings
from agent.core.types import read_only
from agent.inference.runtime import Runtime
from agent.perception.reader_process import ReaderProcess
from agent.perception.utterance import Answer, Request, Urgency
from tests.perception.sound import Say

pytestmark = pytest.mark.timeout(120)

CLOCK = SystemClock()


@pytest.fixture
def reader(runtime: Runtime) -> Iterator[ReaderProcess]:
    process = ReaderProcess(runtime, HearingSettings(), CLOCK)
    yield process
    process.close()


def answers(reader: ReaderProcess, say: Say, urgency: Urgency = Urgency.FINAL) -> tuple[Request, list[Answer]]:
    samples = read_only(np.concatenate([say("Where is my order?"), np.zeros(4_000, np.float32)]))
    request = Request(
        call_id="call", utterance_id=1, piece=0, urgency=urgency, samples=samples, heard_to_sample=len(samples)
    )
    return request, list(reader.answers(request))


def test_reads_words_and_gives_the_request_back(reader: ReaderProcess, say: Say) -> None:
    """The sound does not travel back; the answer is about the very request."""
    request, (answer,) = answers(reader, say)
    assert answer.request is request
    assert answer.words is not None and answer.words.text.lower().endswith("my order?")
    assert "en" in reader.languages and {model.name for model in reader.models} >= {"speech_to_text", "end_of_turn"}


def test_a_pause_is_answered_twice_where_the_words_leave_it_open(reader: ReaderProcess, say: Say) -> None:
    """Only the last answer is without `more`, and the model for the end of turn has run as often as it told."""
    _, given = answers(reader, say, Urgency.PAUSE)
    assert [answer.more for answer in given] == [True] * (len(given) - 1) + [False]
    asked = sum(answer.finished_prob is not None for answer in given)
    warm_up = min(reader.runs["end_of_turn"], 3)
    assert reader.runs["end_of_turn"] - warm_up == asked


def test_a_killed_process_costs_one_request(reader: ReaderProcess, say: Say, caplog: pytest.LogCaptureFixture) -> None:
    """That one says that it failed, the next is read by a new process, and nothing of what was said is logged."""
    child = reader.process_id
    assert child is not None
    os.kill(child, signal.SIGKILL)
    _, (failed,) = answers(reader, say)
    assert failed.words is None and failed.failure == "transcription failed: its process ended"
    _, (answer,) = answers(reader, say)
    assert answer.words is not None and answer.words.text and reader.process_id != child
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "call call: utterance 1 could not be read: the process for words ended with code -9"
    ]


def test_a_language_that_nobody_knows_stops_the_start(runtime: Runtime) -> None:
    """Starting raises what opening the models raised in the process."""
    with pytest.raises(SettingsError, match="'xx'"):
        ReaderProcess(runtime, HearingSettings(language="xx"), CLOCK)
