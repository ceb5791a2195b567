"""A language model's endpoint on a real socket that says what a test has written for it, chunk by chunk."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

HANG = object()
"""Sends nothing more and keeps the connection open."""
DROP = object()
"""Closes the connection in the middle."""
Act = bytes | object


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """One event of the stream."""
    return (
        b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).encode() + b"\n\n"
    )


def says(*pieces: str, finish: str = "stop") -> list[Act]:
    return [*(chunk({"content": piece}) for piece in pieces), chunk({}, finish), b"data: [DONE]\n\n"]


def wants(name: str, *, before: str = "", **arguments: str) -> list[Act]:
    """Asks for a function, its arguments in two parts as endpoints send them."""
    written = json.dumps(arguments)
    parts = [
        {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": ""}},
        {"index": 0, "function": {"arguments": written[:5]}},
        {"index": 0, "function": {"arguments": written[5:]}},
    ]
    spoken = [chunk({"content": before})] if before else []
    return [*spoken, *(chunk({"tool_calls": [part]}) for part in parts), chunk({}, "tool_calls"), b"data: [DONE]\n\n"]


@dataclass
class FakeLlm:
    """Answers each request with the next of `script`."""

    script: list[list[Act]]
    status: int = 200
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of the requests that came."""
    keys: list[str] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once a client has hung up on an answer that hangs."""

    @property
    def prompt(self) -> str:
        """Everything that the last request told the model."""
        return json.dumps(self.asked[-1]["messages"])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n"))
        }
        self.keys.append(fields.get("authorization", ""))
        self.asked.append(json.loads(await reader.readexactly(int(fields["content-length"]))))
        head = f"HTTP/1.1 {self.status} X\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        await self._act(self.script.pop(0), reader, writer)
        writer.close()

    async def _act(self, acts: Iterable[Act], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for act in acts:
            if isinstance(act, bytes):
                writer.write(act)
                await writer.drain()
            elif act is HANG:
                await reader.read()
                self.gone.set()
            else:
                writer.transport.abort()
                return


@asynccontextmanager
async def fake_llm(*script: list[Act], status: int = 200) -> AsyncIterator[FakeLlm]:
    """Serves while the context is open."""
    fake = FakeLlm(list(script), status)
    server = await asyncio.start_server(fake._serve, "127.0.0.1", 0)
    fake.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        yield fake
