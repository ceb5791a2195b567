"""A small shop: advice, orders and what becomes of them, complaints, and a memory for those who want to be known."""

from pathlib import Path

from agent.core.local_clock import LocalClock
from agent.dialogue.domains.shop.kept import ShopMemory
from agent.dialogue.domains.shop.tools import ShopTools
from agent.dialogue.memory import CustomerMemory
from agent.dialogue.tools import Tools


def open_tools(database: Path, clock: LocalClock) -> Tools:
    """The shop's tools on the SQLite file `database`, which is created and seeded when absent, by `clock`.

    Raises `StoreError` when the file cannot be used.
    """
    return ShopTools(database, today=clock.today)


def open_memory(database: Path) -> CustomerMemory:
    """What the shop keeps of customers beyond its books. Raises `StoreError` when the file cannot be used."""
    return ShopMemory(database)
