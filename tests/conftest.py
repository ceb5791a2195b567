"""What all tests share: an event loop that nothing may block, a clock that moves when told, the development data."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from agent.core.clock import FakeClock

QUICK = ("os.stat", "os.path.abspath", "io.TextIOWrapper.read")
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def unblocked_loop() -> Iterator[BlockBuster]:
    """Sleeping, waiting for a lock, a socket or a database on an event loop is an error wherever the agent does it.

    Looking a small file up is not: applications are put together, and packages' versions read, on the loop.
    """
    with blockbuster_ctx("agent") as blockbuster:
        for quick in QUICK:
            blockbuster.functions[quick].deactivate()
        for function in blockbuster.functions.values():
            # Servers are migrated on a loop of a thread's own, which nothing else runs on.
            function.can_block_in("agent/storage/schema.py", {"_run_migrations"})
        yield blockbuster


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of development data beside the repository; a test that asks for it is skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the development data is not beside this checkout")
    return SHARED_DATA
