"""A process for models starts, answers, fails and ends where its parent can see it."""

import logging
import os
import signal
import time

import pytest

from agent.core.errors import ModelMissing, ModelProcessEnded
from agent.inference import model_process
from agent.inference.model_process import Link, ModelProcess

pytestmark = pytest.mark.timeout(60)


def echoing(link: Link, setup: str) -> None:
    """A child that says back what it is told, and some things of its own."""
    logging.getLogger("child").warning("echoes %s", setup)
    link.send((setup, os.getpid()))
    while True:
        message = link.receive()
        if message == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if message == "hang":
            time.sleep(60)
        link.send(message)


def failing(link: Link, setup: str) -> None:
    """A child without its models."""
    raise ModelMissing(f"{setup} is not there")


def test_messages_go_there_and_back_and_the_child_ends_with_the_link(caplog: pytest.LogCaptureFixture) -> None:
    """The first message is what `start` returns; what the child logs is logged here."""
    process = ModelProcess("echoes", echoing, "setup")
    setup, child = process.start()
    assert (setup, child) == ("setup", process.process_id)
    process.send([1, "two"])
    assert process.receive(20) == [1, "two"]
    process.stop()
    assert [record.getMessage() for record in caplog.records if record.name == "child"] == ["echoes setup"]
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_what_keeps_a_child_from_starting_is_raised() -> None:
    """The very error that the child met."""
    with pytest.raises(ModelMissing, match="the model is not there"):
        ModelProcess("nothing", failing, "the model").start()


def test_a_child_that_crashes_is_told_and_can_be_started_again() -> None:
    """Its signal is in the message; a new one takes its place."""
    process = ModelProcess("echoes", echoing, "setup")
    process.start()
    process.send("crash")
    with pytest.raises(ModelProcessEnded, match=f"the process for echoes ended with code -{signal.SIGSEGV:d}"):
        process.receive(20)
    process.stop()
    process.start()
    process.send("again")
    assert process.receive(20) == "again"
    process.stop()


def test_a_child_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting has an end, and stopping it another, by force."""
    monkeypatch.setattr(model_process, "STOPS_WITHIN_S", 0.2)
    process = ModelProcess("echoes", echoing, "setup")
    process.start()
    process.send("hang")
    with pytest.raises(ModelProcessEnded, match="does not answer any more"):
        process.receive(0.2)
    child = process.process_id
    assert child is not None
    process.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_nobody_to_send_to() -> None:
    """Sending before the start, or after the end, says so."""
    process = ModelProcess("echoes", echoing, "setup")
    with pytest.raises(BrokenPipeError):
        process.send("hello")
