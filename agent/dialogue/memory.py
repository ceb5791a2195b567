"""What a domain pack keeps of a customer from call to call, for whoever has to show, erase or retire all of it.

A pack that keeps something has `open_memory(database) -> CustomerMemory` beside its `open_tools`.
"""

import importlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from agent.core.errors import SettingsError
from agent.dialogue.packs import module_of


class CustomerMemory(Protocol):
    """A pack's memory on its business database. `customer` is the business's own id of a customer.

    Each method raises `StoreError` when the database does not answer.
    """

    def known(self, customer: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The rows that are kept of a customer by table, as plain values; no tables for somebody unknown."""
        ...

    def erase(self, customer: str) -> Mapping[str, int]:
        """Takes all of it away, for good. Returns how many rows were of each table."""
        ...

    def aged(self, before: date) -> int:
        """How many rows were agreed to or made before a day."""
        ...

    def retire(self, before: date) -> int:
        """Takes those away, and says how many they were."""
        ...

    def close(self) -> None: ...


def open_memory(pack: str, database: Path) -> CustomerMemory | None:
    """The memory of `pack` in `database`; None of a pack that keeps none, and where there is no database yet.

    May wait for the disk. Raises `SettingsError` where there is no such pack, `StoreError` for a file that is not its.
    """
    module = module_of(pack)
    try:
        opened = getattr(importlib.import_module(module), "open_memory", None)
    except ImportError:
        raise SettingsError(f"reply.domain is {pack!r}, but there is no package {module}") from None
    if opened is None or not database.is_file():
        return None
    memory: CustomerMemory = opened(database)
    return memory
