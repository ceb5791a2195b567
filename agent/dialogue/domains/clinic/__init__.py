"""A clinic: where to go with a complaint, appointments made, moved, cancelled, and a person at once in an emergency."""

from pathlib import Path

from agent.core.local_clock import LocalClock
from agent.dialogue.domains.clinic.tools import ClinicTools
from agent.dialogue.tools import Tools


def open_tools(database: Path, clock: LocalClock) -> Tools:
    """The clinic's tools on the SQLite file `database`, which is created and seeded when absent, by `clock`.

    Raises `StoreError` when the file cannot be used.
    """
    return ClinicTools(database, clock)
