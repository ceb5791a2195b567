"""The English front end and the real voice, loaded once."""

import pytest

from agent.core.settings import ModelSettings, VoiceSettings
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.synthesis.front_end import FrontEnd
from agent.synthesis.voice import PiperVoice


@pytest.fixture(scope="session")
def front_end() -> FrontEnd:
    return FrontEnd.load()


@pytest.fixture(scope="session")
def registry() -> Registry:
    return Registry.load(ModelSettings().folder)


@pytest.fixture(scope="session")
def voice(registry: Registry) -> PiperVoice:
    return PiperVoice(Runtime(registry, "cpu"), VoiceSettings())
