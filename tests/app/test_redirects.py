"""Nobody that the agent asks can send it elsewhere, such as to an internal address, with its key and the words."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agent.core.errors import AgentError, LanguageModelFailed, SettingsError, SynthesisError, TranslationFailed
from agent.core.settings import LlmSettings, McpSettings, OpenApiSettings, TranslationSettings, VoiceSettings
from agent.dialogue.llm import ChatEndpoint
from agent.dialogue.outside_mcp import open_server
from agent.dialogue.outside_openapi import open_operations
from agent.perception.translation_endpoint import EndpointTranslator
from agent.synthesis.endpoint import EndpointVoice
from agent.synthesis.voice import Style, Unvoiced

KEY = "a key that nobody else may see"
Answer = Callable[[BaseHTTPRequestHandler], None]
Ask = Callable[[str, str], Awaitable[None]]
"""Asks something of the service at an address; the second is its host as settings name it."""


class Elsewhere:
    """A server whose every answer points to another one, and what that other one was asked."""

    def __init__(self) -> None:
        self.pointed: list[str] = []
        self.reached: list[str] = []
        self._target = self._serving(self._note)
        self._pointing = self._serving(self._point)
        self.url = f"http://127.0.0.1:{self._pointing.server_port}"
        self.host = self.url.removeprefix("http://")

    def close(self) -> None:
        for server in (self._pointing, self._target):
            server.shutdown()
            server.server_close()

    def _serving(self, answer: Answer) -> ThreadingHTTPServer:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer(self)

            do_GET = do_DELETE = do_POST

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return server

    def _point(self, handler: BaseHTTPRequestHandler) -> None:
        self.pointed.append(handler.path)
        handler.send_response(307)
        handler.send_header("Location", f"http://127.0.0.1:{self._target.server_port}/latest/meta-data")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def _note(self, handler: BaseHTTPRequestHandler) -> None:
        self.reached.append(handler.path)
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    server = Elsewhere()
    yield server
    server.close()


async def ask_language_model(url: str, host: str) -> None:
    model = ChatEndpoint(LlmSettings(url=url, model="m", key=KEY))
    try:
        async for _ in model.stream([{"role": "user", "content": "words"}], []):
            pass
    finally:
        await model.close()


async def ask_voice(url: str, host: str) -> None:
    voice = EndpointVoice(VoiceSettings(backend="openai", url=url, key=KEY), Unvoiced())
    try:
        await asyncio.to_thread(lambda: list(voice.stream("Hello there.", Style())))
    finally:
        voice.close()


async def ask_translator(url: str, host: str) -> None:
    translator = EndpointTranslator(TranslationSettings(backend="openai", url=url, model="m", key=KEY))
    try:
        await asyncio.to_thread(lambda: translator.translate("Hola", source="es"))
    finally:
        translator.close()


async def ask_openapi(url: str, host: str) -> None:
    settings = OpenApiSettings(document=f"{url}/openapi.json", hosts=(host,), tools={}, key=KEY)
    async with open_operations(settings, frozenset()):
        pass


async def ask_mcp(url: str, host: str) -> None:
    async with open_server(McpSettings(url=f"{url}/mcp", tools={"one": "one"}, key=KEY)):
        pass


@pytest.mark.parametrize(
    ("ask", "fault"),
    [
        (ask_language_model, LanguageModelFailed),
        (ask_voice, SynthesisError),
        (ask_translator, TranslationFailed),
        (ask_openapi, SettingsError),
        (ask_mcp, SettingsError),
    ],
)
async def test_a_redirect_is_followed_nowhere(ask: Ask, fault: type[AgentError], elsewhere: Elsewhere) -> None:
    """It is the answer of a system that is not there."""
    with pytest.raises(fault):
        await ask(elsewhere.url, elsewhere.host)
    assert elsewhere.pointed and not elsewhere.reached
