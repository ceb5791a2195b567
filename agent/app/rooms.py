"""Everything that the calls of one process share: models on their threads, the hub, the store and the clock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from agent.app.capacity import Capacity
from agent.app.interpreter import Interpreter
from agent.app.load import Load
from agent.app.telemetry import Telemetry
from agent.core.clock import Clock
from agent.core.settings import Settings
from agent.fusion.scene import Judge
from agent.inference.runtime import Runtime
from agent.perception.hearing import Hearing
from agent.perception.readers import Readers
from agent.perception.vision_process import VisionProcess
from agent.storage.calls import CallStore
from agent.synthesis.speech import Synthesizer
from agent.transport.hub import Hub


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
    judge: Judge
    """Tells the scene of any call; belongs to the event loop, where it takes 0.03 ms a call and second."""
    interpreter: Interpreter | None
    """Translates text, where that is set."""
    synthesizer: Synthesizer
    hub: Hub
    store: CallStore
    telemetry: Telemetry
    load: Load
    capacity: Capacity
    """What was promised to calls may not exceed it."""
    reply_url: Callable[[], str]
