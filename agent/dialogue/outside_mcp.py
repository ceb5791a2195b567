"""Tools of an MCP server, over its standard input and output or over streamable HTTP; needs the extra `mcp`."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CONNECTION_CLOSED, RequestParamsMeta

from agent.core.errors import SettingsError, ToolFailed
from agent.core.settings import McpSettings
from agent.dialogue.tools import ToolCall

log = logging.getLogger(__name__)

STARTS_WITHIN_S = 15.0
FIRST_RETRY_S = 0.5
LONGEST_RETRY_S = 30.0
KEY_META = "attentive-agent/idempotency-key"
"""Where the key of a write goes in a call's `_meta`: the same call twice is one."""


class ServerTools:
    """A `Source` of one server, which is connected to again when it goes away."""

    def __init__(self, settings: McpSettings) -> None:
        self._settings = settings
        self._client: Client | None = None
        self._takes: dict[str, frozenset[str]] = {}
        """By tool of the server, the arguments that it declares."""
        self._lost = asyncio.Event()

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._settings.tools)

    @property
    def answer_within_s(self) -> float:
        return self._settings.answer_within_s

    async def ask(self, call: ToolCall, key: str) -> Any:
        """Raises `ToolFailed` while the server cannot be reached, that or `MCPError` for what it refuses."""
        client, tool = self._client, self._settings.tools[call.name]
        if client is None:
            raise ToolFailed("its server is gone, and connected to again")
        known = call.arguments | {"customer": call.customer, "language": call.language}
        arguments = {name: value for name, value in known.items() if name in self._takes[tool]}
        meta = cast(RequestParamsMeta, {KEY_META: key}) if key else None
        try:
            result = await client.call_tool(tool, arguments, meta=meta)
        except Exception as fault:
            if not isinstance(fault, MCPError) or fault.code == CONNECTION_CLOSED:
                self._lost.set()
            raise
        if result.is_error:
            raise ToolFailed("the server's tool answered with an error")
        return result.structured_content if result.structured_content is not None else _text_of(result.content)

    async def run(self, ready: asyncio.Future[None]) -> None:
        """Stays connected until cancelled; what goes wrong before the first connection goes to `ready`."""
        retry_s = FIRST_RETRY_S
        while True:
            try:
                async with _client(self._settings) as client:
                    await self._learn(client)
                    self._lost.clear()
                    self._client, retry_s = client, FIRST_RETRY_S
                    if not ready.done():
                        ready.set_result(None)
                    await self._lost.wait()
            except Exception as fault:
                if not ready.done():
                    ready.set_exception(_explained(fault, self._settings))
                    return
                log.warning("an MCP server is gone (%s); trying again", type(fault).__name__)
            finally:
                self._client = None
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, LONGEST_RETRY_S)

    async def _learn(self, client: Client) -> None:
        async with asyncio.timeout(STARTS_WITHIN_S):
            listed = (await client.list_tools()).tools
        self._takes = {tool.name: frozenset(tool.input_schema.get("properties", {})) for tool in listed}
        missing = sorted(set(self._settings.tools.values()) - self._takes.keys())
        if missing:
            raise SettingsError(f"reply.mcp: the server has no tool {missing[0]!r}; it has {', '.join(self._takes)}")


@asynccontextmanager
async def open_server(settings: McpSettings) -> AsyncIterator[ServerTools]:
    """The tools of one server while the context is open. Raises `SettingsError` when it cannot be reached or has none
    of that name."""
    tools = ServerTools(settings)
    ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    faults: list[Exception] = []
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(tools.run(ready), name="MCP server")
        try:
            await ready
            yield tools
        except Exception as fault:
            # Raised once the group has ended, as it is: a group would wrap it.
            faults.append(fault)
        finally:
            running.cancel()
    if faults:
        raise faults[0]


@asynccontextmanager
async def _client(settings: McpSettings) -> AsyncIterator[Client]:
    if settings.url is None:
        command, *arguments = settings.command
        environment = {name: value.get_secret_value() for name, value in settings.env.items()}
        started = StdioServerParameters(command=command, args=arguments, env=environment)
        async with Client(started) as client:
            yield client
    else:
        async with (
            httpx2.AsyncClient(headers=settings.bearer(), trust_env=False) as http,
            Client(streamable_http_client(settings.url, http_client=http)) as client,
        ):
            yield client


def _explained(fault: Exception, settings: McpSettings) -> SettingsError:
    while isinstance(fault, ExceptionGroup):
        fault = fault.exceptions[0]
    if isinstance(fault, SettingsError):
        return fault
    where = settings.url or " ".join(settings.command)
    return SettingsError(f"reply.mcp: {where} cannot be used: {type(fault).__name__}: {fault}")


def _text_of(content: list[Any]) -> Any:
    """The text blocks of an answer, as JSON where they are that."""
    text = "\n".join(block.text for block in content if block.type == "text")
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
