"""What tests of perception share: one runtime over the models that ship."""

import pytest

from agent.core.settings import ModelSettings
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    """The real models on the processor, each file verified once for the whole session."""
    return Runtime(Registry.load(ModelSettings().folder), "cpu")
