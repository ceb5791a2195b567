"""Any endpoint of OpenAI's chat form, streamed: what a language model says piece by piece, and what it wants called."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from agent.core.clock import NS_PER_S
from agent.core.errors import LanguageModelFailed
from agent.core.settings import LlmSettings

CONNECT_WITHIN_S = 2.0
FAILURES_BEFORE_REST = 3
REST_S = 30.0
MOST_STREAMED_BYTES = 256 * 1024
"""A stream beyond this is broken off: no spoken answer is that long."""
MOST_CALLS = 3
"""Functions that one answer may ask for at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPiece:
    """The next words."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionWanted:
    """A function that the model asks for; whether it is called is decided elsewhere."""

    id: str
    name: str
    arguments: dict[str, str] = field(repr=False)


class _Function(msgspec.Struct, frozen=True):
    name: str | None = None
    arguments: str | None = None


class _CallPart(msgspec.Struct, frozen=True):
    index: int = 0
    id: str | None = None
    function: _Function = _Function()


class _Delta(msgspec.Struct, frozen=True):
    content: str | None = None
    tool_calls: tuple[_CallPart, ...] | None = None


class _Choice(msgspec.Struct, frozen=True):
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Chunk(msgspec.Struct, frozen=True):
    """One event of the stream; what else stands in it is not needed."""

    choices: tuple[_Choice, ...] = ()


@dataclass(slots=True)
class _Growing:
    """A function call whose parts are still coming."""

    id: str = ""
    name: str = ""
    arguments: str = ""

    def add(self, part: _CallPart) -> None:
        self.id = part.id or self.id
        self.name += part.function.name or ""
        self.arguments += part.function.arguments or ""

    def whole(self) -> FunctionWanted:
        try:
            arguments = msgspec.json.decode(self.arguments or "{}", type=dict[str, str | int | float | None])
        except msgspec.DecodeError:
            raise LanguageModelFailed("the language model asked for a function with arguments that are none") from None
        given = {name: str(value) for name, value in arguments.items() if value is not None}
        return FunctionWanted(id=self.id, name=self.name, arguments=given)


class ChatEndpoint:
    """`POST {url}/chat/completions` with `stream`. Belongs to one event loop."""

    def __init__(self, settings: LlmSettings) -> None:
        self.settings = settings
        self._failures = 0
        """In a row."""
        self._rests_until_ns = 0
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(settings.answer_within_s, connect=CONNECT_WITHIN_S),
            headers=settings.bearer(),
            trust_env=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    def available(self, now_ns: int) -> bool:
        """False for a while after it failed several times in a row, so that not every customer waits for it."""
        return now_ns >= self._rests_until_ns

    def worked(self) -> None:
        self._failures = 0

    def failed(self, now_ns: int) -> None:
        self._failures += 1
        if self._failures >= FAILURES_BEFORE_REST:
            self._failures = 0
            self._rests_until_ns = now_ns + round(REST_S * NS_PER_S)

    async def stream(
        self, messages: Sequence[dict[str, Any]], functions: Sequence[dict[str, Any]]
    ) -> AsyncGenerator[TextPiece | FunctionWanted, None]:
        """The answer as it comes, functions last.

        Raises `LanguageModelFailed` for everything that is no whole answer: no connection, another status than 200,
        too slow, not of the form, broken off, cut at the most tokens.
        """
        body: dict[str, Any] = {
            "model": self.settings.model,
            "messages": list(messages),
            "stream": True,
            "temperature": self.settings.temperature,
            "max_tokens": self.settings.max_tokens,
        }
        if functions:
            body["tools"] = list(functions)
        try:
            url = f"{self.settings.url.rstrip('/')}/chat/completions"
            async with self._client.stream("POST", url, json=body) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise LanguageModelFailed(f"the language model's endpoint answered {answer.status_code}")
                async for piece in _pieces(answer):
                    yield piece
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise LanguageModelFailed(f"the language model's endpoint: {type(fault).__name__}") from None


async def _pieces(answer: httpx.Response) -> AsyncIterator[TextPiece | FunctionWanted]:
    growing: dict[int, _Growing] = {}
    finished = False
    async for event in _events(answer):
        for choice in event.choices[:1]:
            if choice.delta.content:
                yield TextPiece(text=choice.delta.content)
            for part in choice.delta.tool_calls or ():
                growing.setdefault(part.index, _Growing()).add(part)
            if choice.finish_reason in ("length", "content_filter"):
                raise LanguageModelFailed(f"the language model stopped in the middle: {choice.finish_reason}")
            finished = finished or choice.finish_reason is not None
    if not finished:
        raise LanguageModelFailed("the language model's answer broke off")
    if len(growing) > MOST_CALLS:
        raise LanguageModelFailed(f"the language model asked for {len(growing)} functions at once")
    for index in sorted(growing):
        yield growing[index].whole()


async def _events(answer: httpx.Response) -> AsyncIterator[_Chunk]:
    """Server-sent events (HTML standard, section 9.2) up to `[DONE]`; only their `data` lines matter here."""
    unread, total = b"", 0
    async for chunk in answer.aiter_bytes():
        total += len(chunk)
        if total > MOST_STREAMED_BYTES:
            raise LanguageModelFailed(f"the language model's answer is longer than {MOST_STREAMED_BYTES} bytes")
        *lines, unread = (unread + chunk).replace(b"\r\n", b"\n").split(b"\n")
        for line in lines:
            data = line.removeprefix(b"data:").strip() if line.startswith(b"data:") else b""
            if data == b"[DONE]":
                return
            if data:
                yield _chunk(data)


def _chunk(data: bytes) -> _Chunk:
    try:
        return msgspec.json.decode(data, type=_Chunk)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise LanguageModelFailed("the language model's endpoint sent what is no chunk of an answer") from None
