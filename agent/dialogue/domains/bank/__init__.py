"""A retail bank: accounts once it is clear who calls, cards blocked, payments disputed, loans and terms explained."""

from pathlib import Path

from agent.core.local_clock import LocalClock
from agent.dialogue.domains.bank.tools import BankTools
from agent.dialogue.tools import Tools


def open_tools(database: Path, clock: LocalClock) -> Tools:
    """The bank's tools on the SQLite file `database`, which is created and seeded when absent, by `clock`.

    Raises `StoreError` when the file cannot be used.
    """
    return BankTools(database, today=clock.today)
