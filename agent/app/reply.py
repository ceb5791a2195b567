"""Runs the reply engine alone: what `agent reply` does, and what `agent serve` starts as its child process."""

import asyncio
import json
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from ssl import SSLContext

import numpy as np
from numpy.typing import NDArray

from agent.core.settings import ModelSettings, ReplySettings
from agent.dialogue.engine import serve_engine
from agent.dialogue.faq_search import Embed


async def run_engine(
    settings: ReplySettings,
    models: ModelSettings,
    *,
    host: str,
    port: int,
    supervised: bool,
    tls: SSLContext | None = None,
) -> None:
    """Serves until cancelled or, when `supervised`, until standard input closes, which is how a parent ends it.

    Prints one line of JSON with the port that it listens on.
    """

    def announce(listening_port: int) -> None:
        print(json.dumps({"port": listening_port}), flush=True)

    serving = serve_engine(host, port, settings, announce, embedding=partial(embedder, models), tls=tls)
    if not supervised:
        await serving
        return
    async with asyncio.TaskGroup() as tasks:
        served = tasks.create_task(serving)
        await _parent_gone()
        served.cancel()


def embedder(models: ModelSettings, language: str) -> Embed:
    """Sentences of `language` to vectors; everything that it takes is loaded by the first that come."""
    opened: list[Embed] = []

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        if not opened:
            opened.append(import_module("agent.app.embedding").open_embedding(models, language))
        return opened[0](texts)

    return embed


async def _parent_gone() -> None:
    """Waits until standard input ends."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass
