"""The server process: opens the models, starts every room, and serves calls until it is told to stop."""

import asyncio
import logging
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from importlib import import_module
from ipaddress import ip_address
from typing import TYPE_CHECKING

import uvicorn

from agent.app.calibration import PartCosts, measure_parts, transcribe_and_wait
from agent.app.capacity import Capacity
from agent.app.desk import Desk
from agent.app.engine_process import EngineProcess
from agent.app.interpreter import open_interpreter
from agent.app.load import Load
from agent.app.memory import settle_garbage
from agent.app.plain_words import sentences_of_every_call
from agent.app.rating import rated_capacity
from agent.app.rooms import Rooms
from agent.app.scribe import FileScribe
from agent.app.telemetry import Telemetry, TurnTracer
from agent.core.clock import SystemClock
from agent.core.errors import SettingsError
from agent.core.local_clock import LocalClock
from agent.core.settings import HearingSettings, ReplySettings, Settings, TelemetrySettings
from agent.dialogue.domain import load_vocabulary
from agent.dialogue.understanding import load_understandings
from agent.fusion.scene import SceneModel
from agent.inference.model_process import SWITCH_INTERVAL_S
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.hearing import Hearing
from agent.perception.reader_process import ReaderProcess
from agent.perception.readers import Readers
from agent.perception.vision_process import VisionProcess
from agent.storage.calls import CallStore
from agent.synthesis.endpoint import AT_ONCE, EndpointVoice
from agent.synthesis.remembered import RememberingVoice
from agent.synthesis.speech import Synthesizer
from agent.synthesis.voice import PiperVoice, Voice
from agent.training.pack_head import open_readers
from agent.transport.api import build_app
from agent.transport.hub import Hub

if TYPE_CHECKING:
    from agent.app.turn_traces import TurnTraces

log = logging.getLogger(__name__)

Progress = Callable[[str], None]
"""Told what is being done while the server starts."""


class QuietServer(uvicorn.Server):
    """A uvicorn server that says when it listens, and on SIGINT or SIGTERM ends in order instead of being cancelled."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[int], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._stop)
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_listening(self.servers[0].sockets[0].getsockname()[1])


def require_loopback(host: str) -> None:
    """Raises `SettingsError` for an address that other machines can reach: nobody has to log in yet."""
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise SettingsError(
            f"server.host is {host}, which other machines can reach, but staff cannot log in yet; use 127.0.0.1"
        )


@asynccontextmanager
async def opened_rooms(settings: Settings, say: Progress) -> AsyncIterator[Rooms]:
    """Loads every model and starts every thread; on leaving, ends them in the opposite order.

    Raises `ModelError` for a model that is missing or not the one of the manifest, `StoreError` for a database that
    cannot be used, `EngineUnavailable` if the reply engine does not start.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        say("checking the models")
        registry = await asyncio.to_thread(Registry.load, settings.models.folder)
        runtime = await asyncio.to_thread(Runtime, registry, settings.models.provider, half=settings.models.half)
        say("loading vision")
        vision = VisionProcess(runtime, settings.vision, settings.perception, clock)
        await vision.start()
        stack.push_async_callback(vision.stop)
        say("loading hearing")
        hearing = Hearing(runtime, hearing_settings(settings), clock, open_reader=ReaderProcess)
        await asyncio.to_thread(hearing.start)
        stack.push_async_callback(asyncio.to_thread, hearing.stop)
        text, text_thread = await _text_readers(settings.reply, runtime, stack)
        judge = await asyncio.to_thread(SceneModel, runtime)
        interpreter = await asyncio.to_thread(open_interpreter, settings.translation, hearing)
        if interpreter is not None:
            stack.callback(interpreter.close)
        say("loading the voice")
        own_voice = await asyncio.to_thread(PiperVoice, runtime, settings.voice)
        synthesizer = await _synthesizer(settings, own_voice, stack)
        say("finding out how many calls this machine bears")
        capacity = await asyncio.to_thread(_rated, settings, registry, own_voice, hearing)
        say("opening the store")
        store = await stack.enter_async_context(CallStore.opened(settings.storage.url, clock))
        hub, load = Hub(), Load(vision, hearing, clock)
        tracer = await _turn_tracer(settings.telemetry, stack)
        telemetry = Telemetry(
            hub, lambda: runtime.runs() + Counter(vision.runs) + Counter(hearing.runs), hearing, load, tracer
        )
        telemetry.metrics.follow_process("pictures", lambda: vision.process_id)
        telemetry.metrics.follow_process("words", lambda: hearing.process_id)
        say("starting the reply engine")
        reply_url = await _reply_engine(settings, stack)
        yield Rooms(
            settings=settings,
            clock=clock,
            runtime=runtime,
            vision=vision,
            hearing=hearing,
            text=text,
            text_thread=text_thread,
            judge=judge,
            interpreter=interpreter,
            synthesizer=synthesizer,
            hub=hub,
            store=store,
            telemetry=telemetry,
            load=load,
            capacity=capacity,
            reply_url=reply_url,
        )


@asynccontextmanager
async def opened_scribe(rooms: Rooms) -> AsyncIterator[FileScribe]:
    """Reads recordings on the models of `rooms` for as long as the context is open."""
    scribe = await asyncio.to_thread(FileScribe, rooms.runtime, rooms.hearing, rooms.settings)
    try:
        yield scribe
    finally:
        await asyncio.to_thread(scribe.stop)


def hearing_settings(settings: Settings) -> HearingSettings:
    """With the vocabulary of the domain that the embedded engine talks about, where none was set."""
    hearing = settings.hearing.model_copy(update={"translates": settings.translation.backend == "whisper"})
    if hearing.vocabulary is not None or settings.reply.url is not None:
        return hearing
    vocabulary = load_vocabulary(settings.reply.domain, locale=hearing.language)
    return hearing.model_copy(update={"vocabulary": vocabulary})


async def _text_readers(
    reply: ReplySettings, runtime: Runtime, stack: AsyncExitStack
) -> tuple[Readers, ThreadPoolExecutor]:
    """What reads the lines of the domain, and the one thread that it was opened on and belongs to."""
    thread = stack.enter_context(ThreadPoolExecutor(max_workers=1, thread_name_prefix="text"))
    understandings = await asyncio.to_thread(load_understandings, reply.domain, reply.examples)
    today = LocalClock.of(reply.time_zone).today
    opening = partial(open_readers, runtime, understandings, today=today)
    return await asyncio.get_running_loop().run_in_executor(thread, opening), thread


async def _synthesizer(settings: Settings, own_voice: PiperVoice, stack: AsyncExitStack) -> Synthesizer:
    """Speaks with the voice of the settings; our own stands in for one that is away."""
    voice: Voice = own_voice
    threads = 1
    if settings.voice.backend == "openai":
        voice = endpoint = EndpointVoice(settings.voice, own_voice)
        stack.callback(endpoint.close)
        threads = AT_ONCE
    sentences = await asyncio.to_thread(sentences_of_every_call, settings.reply)
    synthesizer = Synthesizer(RememberingVoice(voice, sentences), threads=threads)
    synthesizer.start()
    stack.push_async_callback(asyncio.to_thread, synthesizer.stop)
    return synthesizer


def _rated(settings: Settings, registry: Registry, voice: PiperVoice, hearing: Hearing) -> Capacity:
    """What this machine bears, measured with the models that are open already. Blocks."""

    def measure() -> PartCosts:
        return measure_parts(registry, settings, voice, lambda sound: transcribe_and_wait(hearing, sound))

    return rated_capacity(settings, registry, measure)


async def _reply_engine(settings: Settings, stack: AsyncExitStack) -> Callable[[], str]:
    """The address of the engine in use; starts the embedded one unless the settings name another."""
    if settings.reply.url is not None:
        url = settings.reply.url
        return lambda: url
    engine = EngineProcess(domain=settings.reply.domain, database=str(settings.reply.database))
    tasks = await stack.enter_async_context(asyncio.TaskGroup())
    ready = asyncio.Event()
    running = tasks.create_task(engine.run(ready), name="reply engine")
    stack.callback(running.cancel)
    await ready.wait()
    return lambda: engine.url


async def _turn_tracer(settings: TelemetrySettings, stack: AsyncExitStack) -> TurnTracer | None:
    """Where traces of turns go, if anywhere. Raises `SettingsError` when the packages for it are not installed."""
    if settings.otlp_url is None:
        return None
    try:
        module = await asyncio.to_thread(import_module, "agent.app.turn_traces")
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"telemetry.otlp_url is set, but {error.name} is not installed; run `uv sync --extra telemetry`"
        ) from None
    traces: TurnTraces = module.TurnTraces.to_collector(settings.otlp_url, share=settings.trace_share)
    stack.push_async_callback(asyncio.to_thread, traces.close)
    return traces


async def serve(settings: Settings, *, say: Progress, on_listening: Callable[[Rooms, int], None]) -> None:
    """Serves until cancelled. `on_listening` gets the rooms and the port once calls can come."""
    require_loopback(settings.server.host)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    async with opened_rooms(settings, say) as rooms, opened_scribe(rooms) as scribe:
        settle_garbage()
        desk = Desk(rooms, rooms.capacity)
        config = uvicorn.Config(
            build_app(desk, rooms.hub, scribe, rooms.telemetry.metrics, settings),
            host=settings.server.host,
            port=settings.server.port,
            log_level="warning",
            access_log=False,
            ws="websockets-sansio",
            ws_max_size=64 * 1024,
            ws_per_message_deflate=False,
            server_header=False,
            timeout_graceful_shutdown=2,
            lifespan="off",
        )
        server = QuietServer(config, lambda port: on_listening(rooms, port))
        async with asyncio.TaskGroup() as tasks:
            load = tasks.create_task(rooms.load.run(), name="load of all calls")
            await desk.run(server.serve)
            load.cancel()
