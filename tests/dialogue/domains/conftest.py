"""A clinic's tools on a file of their own."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent.dialogue.domains.clinic.tools import ClinicTools
from tests.dialogue.domains.clinic_calls import NINE


@pytest.fixture
def clinic_path(tmp_path: Path) -> Path:
    return tmp_path / "clinic.sqlite3"


@pytest.fixture
def clinic(clinic_path: Path) -> Iterator[ClinicTools]:
    with closing(ClinicTools(clinic_path, NINE)) as tools:
        yield tools
