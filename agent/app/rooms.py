"""Everything that the calls of one process share: models on their threads, the hub, the store and the clock."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

from agent.app.capacity import Capacity
from agent.app.interpreter import Interpreter
from agent.app.load import Load
from agent.app.recording_room import RecordingRoom
from agent.app.telemetry import Telemetry
from agent.core.clock import Clock
from agent.core.settings import Settings
from agent.fusion.scene import Judge
from agent.inference.runtime import Runtime
from agent.perception.hearing import Hearing
from agent.perception.readers import Readers
from agent.perception.vision_process import VisionProcess
from agent.storage.audit import Audit
from agent.storage.calls import CallStore
from agent.synthesis.speech import Synthesizer
from agent.transport.hub import Hub

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """Shared by all calls; each is started before the first call and stopped after the last."""

    settings: Settings
    clock: Clock
    runtime: Runtime
    vision: VisionProcess
    hearing: Hearing
    text: Readers
    text_thread: ThreadPoolExecutor
    """One thread that reads text, as the models behind `text` belong to it."""
    judge: Judge | None
    """Tells the scene of any call; belongs to the event loop, where it takes 0.03 ms a call and second. None where no
    emotion is read."""
    interpreter: Interpreter | None
    """Translates text, where that is set."""
    synthesizer: Synthesizer
    hub: Hub
    store: CallStore
    recordings: RecordingRoom | None
    """None where picture and sound are never recorded."""
    audit: Audit
    telemetry: Telemetry
    load: Load
    capacity: Capacity
    """What was promised to calls may not exceed it."""
    reply_url: Callable[[], str]

    def aside(self, read: Callable[P, T]) -> Callable[P, Awaitable[T]]:
        """Runs a reader of text on the one thread that all of them belong to."""

        def reading(*line: P.args, **named: P.kwargs) -> Awaitable[T]:
            loop = asyncio.get_running_loop()
            return loop.run_in_executor(self.text_thread, partial(read, *line, **named))

        return reading
