"""A shop for tests that talk to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dialogue.domains.shop import Shop, opened


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The shop on the day of the tests, in a file of its own."""
    shop = opened(tmp_path / "shop.sqlite3")
    yield shop
    shop.tools.close()
