"""Long work says how far it is: bars on a terminal, a line now and then in a log, and never on standard output."""

import logging

import pytest

from agent.app import progress


def test_a_log_gets_a_line_now_and_then(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is said about short stages; a long one says its share and note when enough time has passed."""
    now_s = 100.0
    monkeypatch.setattr("agent.app.progress.time.monotonic", lambda: now_s)
    with caplog.at_level(logging.INFO), progress.shown() as heard:
        heard("faces", 0.0)
        heard("faces", 0.5)
        assert caplog.messages == []
        now_s += progress.LINE_EVERY_S
        heard("faces", 0.75, "75 of 100")
        heard("faces", 0.8)
    assert caplog.messages == ["faces: 75 % 75 of 100"]
    assert capsys.readouterr().out == ""


def test_a_terminal_gets_a_bar_for_each_stage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal every stage has its bar, on standard error."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with progress.shown() as heard:
        heard("reading", 1.0)
        heard("fitting", 0.25, "loss 0.8")
    captured = capsys.readouterr()
    assert captured.out == ""
    for said in ("reading", "fitting", "100", "25", "loss 0.8"):
        assert said in captured.err
