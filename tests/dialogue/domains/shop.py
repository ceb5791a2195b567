"""A shop on the day of the tests, and ways to ask it and to look into its books."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from agent.dialogue.domains.shop.tools import ShopTools
from agent.dialogue.tools import ToolCall, ToolResult

TODAY = date(2026, 11, 18)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    path: Path
    tools: ShopTools

    def ask(self, name: str, customer: str = "dana", *, key: str = "", **arguments: str) -> ToolResult:
        return self.tools.run(ToolCall(name=name, customer=customer, arguments=arguments, key=key))

    def holds(self, query: str) -> Any:
        """The single value of a query."""
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(query).fetchone()[0]

    def change(self, statement: str, *values: object) -> None:
        """Does to the books what somebody else in the shop might."""
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute(statement, values)
            connection.commit()


def opened(path: Path) -> Shop:
    return Shop(path=path, tools=ShopTools(path, today=lambda: TODAY))
