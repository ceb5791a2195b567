"""What tests of perception share: one runtime over the models that ship, and the voice that speaks to hearing."""

import pytest

from agent.core.settings import ModelSettings
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from tests.perception.sound import Say, open_say


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    """The real models on the processor, each file verified once for the whole session."""
    return Runtime(Registry.load(ModelSettings().folder), "cpu")


@pytest.fixture(scope="session")
def say(runtime: Runtime) -> Say:
    """Speaks a line as 16 kHz sound."""
    return open_say(runtime)
