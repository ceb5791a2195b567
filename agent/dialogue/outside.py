"""Tools from outside: a business system that is described by OpenAPI or served by MCP, in place of a pack's own."""

import asyncio
import hashlib
import importlib
import logging
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

from agent.core.errors import SettingsError, ToolFailed
from agent.core.settings import McpSettings, ReplySettings
from agent.dialogue.domain import Domain
from agent.dialogue.outside_openapi import open_operations
from agent.dialogue.tools import FAILED, ToolCall, ToolResult

log = logging.getLogger(__name__)

FOUND, NOT_FOUND = "found", "not_found"
LONGEST_VALUE = 500
MOST_VALUES, MOST_ROWS = 60, 60
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Source(Protocol):
    """A system that some tools come from."""

    @property
    def names(self) -> frozenset[str]:
        """Its tools, by their names in flows.yaml."""
        ...

    @property
    def answer_within_s(self) -> float: ...

    async def ask(self, call: ToolCall, key: str) -> Any:
        """What the system answers, as JSON; None for what it does not have. `key` is the same for the same write.

        Raises whatever goes wrong.
        """
        ...


class Outside:
    """All tools from outside. Belongs to one event loop."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        """Raises `SettingsError` for a tool that two sources have."""
        self._by_name: dict[str, Source] = {}
        for source in sources:
            twice = sorted(source.names & self._by_name.keys())
            if twice:
                raise SettingsError(f"tool {twice[0]} comes from two systems outside; keep one")
            self._by_name |= dict.fromkeys(source.names, source)

    def has(self, tool: str) -> bool:
        return tool in self._by_name

    async def run(self, call: ToolCall) -> ToolResult:
        """Asks the system behind a tool; `failed` for one that is slow, down, or answers what is no answer."""
        source = self._by_name[call.name]
        try:
            async with asyncio.timeout(source.answer_within_s):
                answer = await source.ask(call, hashlib.sha256(call.key.encode()).hexdigest() if call.key else "")
            return ToolResult(outcome=NOT_FOUND) if answer is None else result_of(answer)
        except Exception as fault:
            reason = fault if isinstance(fault, ToolFailed) else type(fault).__name__
            log.warning("tool %s from outside failed: %s", call.name, reason)
            return FAILED


@asynccontextmanager
async def opened(settings: ReplySettings, domain: Domain) -> AsyncIterator[Outside]:
    """The tools that the settings name, ready to be asked while the context is open.

    Raises `SettingsError` for a system that cannot be reached now, does not have a tool, or whose tool writes where a
    flow of `domain` only looks something up.
    """
    async with AsyncExitStack() as stack:
        sources: list[Source] = []
        for one in settings.openapi:
            sources.append(await stack.enter_async_context(open_operations(one, domain.writing_tools)))
        for server in settings.mcp:
            sources.append(await stack.enter_async_context(_open_mcp(server)))
        yield Outside(tuple(sources))


def _open_mcp(settings: McpSettings) -> Any:
    try:
        module = importlib.import_module("agent.dialogue.outside_mcp")
    except ImportError:
        raise SettingsError(
            "reply.mcp is set, but the MCP client is not installed: run `uv sync --extra mcp`"
        ) from None
    return module.open_server(settings)


def result_of(answer: Any) -> ToolResult:
    """A system's JSON as a flow takes it.

    An object may name its `outcome`, with `values` for placeholders and `rows` of a card as pairs of label and value;
    without `values`, its own numbers and texts are the values, as they are named. A list is rows. All of it is spoken
    and shown as text only, without control characters, and cut.
    """
    if isinstance(answer, list):
        return ToolResult(outcome=FOUND if answer else NOT_FOUND, rows=_rows(answer))
    if not isinstance(answer, Mapping):
        return ToolResult(outcome=FOUND, values={"answer": _text(answer)})
    outcome = answer.get("outcome", FOUND)
    if not isinstance(outcome, str) or not _NAME.fullmatch(outcome):
        return FAILED
    values = answer.get("values", {name: value for name, value in answer.items() if name != "outcome"})
    spoken = {
        name: _text(value)
        for name, value in (values.items() if isinstance(values, Mapping) else ())
        if isinstance(name, str) and _NAME.fullmatch(name) and isinstance(value, str | int | float)
    }
    rows = answer.get("rows", [])
    return ToolResult(
        outcome=outcome,
        values=dict(list(spoken.items())[:MOST_VALUES]),
        rows=_rows(rows if isinstance(rows, list) else []),
    )


def _rows(rows: list[Any]) -> tuple[tuple[str, str], ...]:
    """Pairs, `{label, value}` objects, or objects whose first two fields are taken."""
    found = []
    for row in rows[:MOST_ROWS]:
        parts = list(row.values()) if isinstance(row, Mapping) else row
        if isinstance(row, Mapping) and {"label", "value"} <= row.keys():
            parts = [row["label"], row["value"]]
        if isinstance(parts, list) and len(parts) >= 2:
            found.append((_text(parts[0]), _text(parts[1])))
    return tuple(found)


def _text(value: Any) -> str:
    spaced = "".join(letter if letter.isprintable() else " " for letter in str(value)[: 2 * LONGEST_VALUE])
    return " ".join(spaced.split())[:LONGEST_VALUE]
