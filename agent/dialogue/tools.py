"""What a policy may ask of the business, and what it is told: the border between talking and doing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from agent.core.cards import CardContent


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A request to one tool of a domain."""

    name: str
    customer: str
    """Pseudonym of the customer on whose behalf it is made."""
    arguments: dict[str, str] = field(default_factory=dict, repr=False)
    language: str = "en"
    """In which the answer is put into words."""
    key: str = ""
    """Of a write: the same only where the same request is made again, as after a time-out. "" for what reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What came of a call."""

    outcome: str
    """A name that the flow knows; `failed` when the business system did not answer."""
    values: dict[str, str] = field(default_factory=dict, repr=False)
    """What the reply's placeholders stand for."""
    rows: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Label and value, for a card."""
    card: CardContent = field(default=CardContent(), repr=False)
    """What else the card holds."""


FAILED = ToolResult(outcome="failed")


RunTool = Callable[[ToolCall], Awaitable[ToolResult]]
"""Asks whatever tool a call names. Never raises; `FAILED` for one that did."""


class Tools(Protocol):
    """The tools of a domain. Called in one thread that may wait; never on an event loop."""

    def run(self, call: ToolCall) -> ToolResult:
        """Reads or writes in one transaction. The same call twice has the effect of one."""
        ...

    def close(self) -> None:
        """Lets go of connections and files."""
        ...
