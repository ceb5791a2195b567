"""A small shop: where an order is, sending goods back, getting money back, and a person when that is better."""

from pathlib import Path

from agent.core.local_clock import LocalClock
from agent.dialogue.domains.shop.tools import ShopTools
from agent.dialogue.tools import Tools


def open_tools(database: Path, clock: LocalClock) -> Tools:
    """The shop's tools on the SQLite file `database`, which is created and seeded when absent, by `clock`.

    Raises `StoreError` when the file cannot be used.
    """
    return ShopTools(database, today=clock.today)
