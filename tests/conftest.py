"""What all tests share: the development data where it exists, and a clock that moves only when told."""

from pathlib import Path

import pytest

from agent.core.clock import FakeClock

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of development data beside the repository; a test that asks for it is skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the development data is not beside this checkout")
    return SHARED_DATA
