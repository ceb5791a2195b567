"""The server process: opens the models, starts every room, and serves calls until it is told to stop."""

import asyncio
import logging
import secrets
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from pydantic import SecretStr

from agent.app.attachments import LONGEST_NOTE_S, MOST_NOTES, CallAttachments
from agent.app.audit import noted_running, opened_audit
from agent.app.calibration import PartCosts, measure_parts, transcribe_and_wait
from agent.app.capacity import Capacity
from agent.app.desk import Desk
from agent.app.engine_process import EngineProcess
from agent.app.interpreter import Interpreter, open_interpreter
from agent.app.keeping import Keeping
from agent.app.kept_alerts import KeptAlerts
from agent.app.kept_data import opened_kept_data
from agent.app.licences import within_licences
from agent.app.load import Load
from agent.app.memory import settle_garbage
from agent.app.own_data import KeptOwnData
from agent.app.past_calls import LookingBack
from agent.app.plain_words import sentences_of_every_call
from agent.app.rating import rated_capacity
from agent.app.recording_room import RecordingRoom
from agent.app.rooms import Rooms
from agent.app.scribe import FileScribe
from agent.app.staff import opened_staff_door, require_safe_address
from agent.app.staff_calls import StaffCalls
from agent.app.summaries import Summaries
from agent.app.telemetry import Telemetry, TurnTracer
from agent.app.web_server import QuietServer, server_config
from agent.core.clock import Clock, SystemClock
from agent.core.errors import SettingsError
from agent.core.local_clock import LocalClock
from agent.core.settings import HearingSettings, ReplySettings, Settings, TelemetrySettings, TranslationSettings
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
from agent.storage.audit import Audit
from agent.storage.calls import CallStore
from agent.storage.database import Database
from agent.storage.recordings import recordings_folder
from agent.synthesis.endpoint import AT_ONCE, EndpointVoice
from agent.synthesis.remembered import RememberingVoice
from agent.synthesis.speech import Synthesizer
from agent.synthesis.vits import TEXT
from agent.synthesis.voice import PiperVoice, Unvoiced, Voice
from agent.training.pack_head import open_readers
from agent.transport.api import build_app
from agent.transport.hub import Hub

if TYPE_CHECKING:
    from agent.app.turn_traces import TurnTraces

log = logging.getLogger(__name__)

Progress = Callable[[str], None]
"""Told what is being done while the server starts."""


@asynccontextmanager
async def opened_rooms(settings: Settings, database: Database, say: Progress) -> AsyncIterator[Rooms]:
    """Loads every model and starts every thread; on leaving, ends them in the opposite order.

    Raises `ModelError` for a model that is missing or not the one of the manifest, `StoreError` for a spool that cannot
    be used, `EngineUnavailable` if the reply engine does not start.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        say("checking the models")
        registry = await asyncio.to_thread(Registry.of, settings.models)
        runtime = await asyncio.to_thread(Runtime, registry, settings.models.provider, half=settings.models.half)
        say("loading the models")
        reply, engine = await _launched_engine(settings.reply, stack)
        async with asyncio.TaskGroup() as loading:
            seeing = loading.create_task(_vision(settings, runtime, clock, stack))
            listening = loading.create_task(_hearing(settings, runtime, clock, stack))
            reading = loading.create_task(_text_readers(settings, runtime, stack))
            judge = await asyncio.to_thread(SceneModel, runtime) if settings.privacy.emotion else None
            voiceless = TEXT in registry.withheld
            own_voice = None if voiceless else await asyncio.to_thread(PiperVoice, runtime, settings.voice)
        vision, hearing, (text, text_thread) = seeing.result(), listening.result(), reading.result()
        interpreter = await _interpreter(settings.translation, hearing, stack)
        synthesizer = await _synthesizer(settings, own_voice, stack)
        say("starting the reply engine")
        reply_url = await _engine_address(reply, engine, stack)
        say("finding out how many calls this machine bears")
        capacity = await asyncio.to_thread(_rated, settings, registry, own_voice, hearing)
        say("opening the store")
        store, audit = await _archive(settings, database, clock, stack)
        hub, load = Hub(), Load(vision, hearing, clock)
        hub.on_seen_to = KeptAlerts(store).seen_to
        tracer = await _turn_tracer(settings.telemetry, stack)
        telemetry = Telemetry(
            hub, lambda: runtime.runs() + Counter(vision.runs) + Counter(hearing.runs), hearing, load, tracer
        )
        telemetry.metrics.follow_process("pictures", lambda: vision.process_id)
        telemetry.metrics.follow_process("words", lambda: hearing.process_id)
        yield Rooms(
            settings=settings.model_copy(update={"reply": reply}),
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
            recordings=_recordings(settings, stack),
            audit=audit,
            telemetry=telemetry,
            load=load,
            capacity=capacity,
            reply_url=reply_url,
        )


@asynccontextmanager
async def opened_scribe(rooms: Rooms, settings: Settings) -> AsyncIterator[FileScribe]:
    """Reads recordings on the models of `rooms`, as `settings` bound them, for as long as the context is open."""
    scribe = await asyncio.to_thread(FileScribe, rooms.runtime, rooms.hearing, settings)
    try:
        yield scribe
    finally:
        await asyncio.to_thread(scribe.stop)


def _for_notes(settings: Settings) -> Settings:
    """Voice notes are short, and wait for no program's recordings."""
    bounds = {"max_audio_s": LONGEST_NOTE_S, "max_waiting": MOST_NOTES}
    return settings.model_copy(update={"api": settings.api.model_copy(update=bounds)})


def hearing_settings(settings: Settings) -> HearingSettings:
    """With the vocabulary of the domain that the embedded engine talks about, where none was set."""
    hearing = settings.hearing.model_copy(update={"translates": settings.translation.backend == "whisper"})
    if hearing.vocabulary is not None or settings.reply.url is not None:
        return hearing
    vocabulary = load_vocabulary(settings.reply.domain, locale=hearing.language)
    return hearing.model_copy(update={"vocabulary": vocabulary})


async def _vision(settings: Settings, runtime: Runtime, clock: Clock, stack: AsyncExitStack) -> VisionProcess:
    """What reads pictures, started."""
    vision = VisionProcess(runtime, settings.vision, settings.perception, clock)
    stack.push_async_callback(vision.stop)
    await vision.start()
    return vision


async def _hearing(settings: Settings, runtime: Runtime, clock: Clock, stack: AsyncExitStack) -> Hearing:
    """What hears, started; when that is no longer waited for, it is stopped as soon as it has."""
    hearing = Hearing(runtime, hearing_settings(settings), clock, open_reader=ReaderProcess)
    starting = asyncio.get_running_loop().run_in_executor(None, hearing.start)

    async def stop() -> None:
        await asyncio.wait([starting])
        if starting.exception() is None:
            await asyncio.to_thread(hearing.stop)

    stack.push_async_callback(stop)
    await asyncio.shield(starting)
    return hearing


async def _interpreter(settings: TranslationSettings, hearing: Hearing, stack: AsyncExitStack) -> Interpreter | None:
    interpreter = await asyncio.to_thread(open_interpreter, settings, hearing)
    if interpreter is not None:
        stack.callback(interpreter.close)
    return interpreter


async def _text_readers(
    settings: Settings, runtime: Runtime, stack: AsyncExitStack
) -> tuple[Readers, ThreadPoolExecutor]:
    """What reads the lines of the domain, and the one thread that it was opened on and belongs to."""
    reply = settings.reply
    thread = stack.enter_context(ThreadPoolExecutor(max_workers=1, thread_name_prefix="text"))
    understandings = await asyncio.to_thread(load_understandings, reply.domain, reply.examples)
    today = LocalClock.of(reply.time_zone).today
    opening = partial(open_readers, runtime, understandings, today=today, feels=settings.privacy.emotion)
    return await asyncio.get_running_loop().run_in_executor(thread, opening), thread


async def _synthesizer(settings: Settings, own_voice: PiperVoice | None, stack: AsyncExitStack) -> Synthesizer:
    """Speaks with the voice of the settings; our own, where there is one, stands in for one that is away."""
    voice: Voice = own_voice or Unvoiced()
    threads = 1
    if settings.voice.backend == "openai":
        voice = endpoint = EndpointVoice(settings.voice, voice)
        stack.callback(endpoint.close)
        threads = AT_ONCE
    sentences = await asyncio.to_thread(sentences_of_every_call, settings.reply)
    synthesizer = Synthesizer(RememberingVoice(voice, sentences), threads=threads)
    synthesizer.start()
    stack.push_async_callback(asyncio.to_thread, synthesizer.stop)
    return synthesizer


def _rated(settings: Settings, registry: Registry, voice: PiperVoice | None, hearing: Hearing) -> Capacity:
    """What this machine bears, measured with the models that are open already. Blocks."""

    def measure() -> PartCosts:
        return measure_parts(registry, settings, voice, lambda sound: transcribe_and_wait(hearing, sound))

    return rated_capacity(settings, registry, measure)


async def _archive(
    settings: Settings, database: Database, clock: Clock, stack: AsyncExitStack
) -> tuple[CallStore, Audit]:
    """What is kept of calls, and who did what; the log says from now on that the agent runs."""
    keyring = database.keyring
    audit = await stack.enter_async_context(opened_audit(settings, keyring, clock, database=database))
    await stack.enter_async_context(noted_running(audit, settings, there=database.there))
    return await stack.enter_async_context(CallStore.opened(settings.storage, keyring, clock, database=database)), audit


def _recordings(settings: Settings, stack: AsyncExitStack) -> RecordingRoom | None:
    """Where picture and sound are recorded, if that may be asked for at all."""
    if not settings.privacy.recording:
        return None
    room = RecordingRoom(recordings_folder(settings.storage), leave_bytes=settings.storage.recordings_leave_bytes)
    stack.push_async_callback(asyncio.to_thread, room.close)
    return room


async def _launched_engine(reply: ReplySettings, stack: AsyncExitStack) -> tuple[ReplySettings, EngineProcess | None]:
    """Settings with the key that the engine asks for, and the embedded engine, unless the settings name another; it
    starts while models are loaded."""
    if reply.url is not None:
        return reply, None
    made_up = secrets.token_urlsafe(32) if reply.key is None else None
    if made_up is not None:
        reply = reply.model_copy(update={"key": SecretStr(made_up)})
    engine = EngineProcess(domain=reply.domain, database=str(reply.database), key=made_up)
    stack.push_async_callback(engine.end)
    await engine.launch()
    return reply, engine


async def _engine_address(
    reply: ReplySettings, engine: EngineProcess | None, stack: AsyncExitStack
) -> Callable[[], str]:
    """Where the engine in use listens, once it does; the embedded one is kept alive from now on."""
    if engine is None:
        url = str(reply.url)
        return lambda: url
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


async def serve(settings: Settings, *, say: Progress, on_listening: Callable[[Rooms, int, str | None], None]) -> None:
    """Serves until cancelled. Once calls can come, `on_listening` gets the rooms, the port, and the secret of the link
    to print, which there is while there is no account."""
    database = await Database.found(settings.storage)
    await require_safe_address(settings, database)
    settings = await asyncio.to_thread(within_licences, settings)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    async with (
        opened_rooms(settings, database, say) as rooms,
        opened_scribe(rooms, rooms.settings) as scribe,
        opened_scribe(rooms, _for_notes(rooms.settings)) as note_scribe,
        opened_staff_door(settings, rooms.clock, rooms.audit.record, database) as door,
        opened_kept_data(
            settings, rooms.clock, audit=rooms.audit, caught_up=rooms.store.caught_up, database=database
        ) as kept,
    ):
        settle_garbage()
        desk = Desk(rooms, rooms.capacity)
        summaries = Summaries(kept)
        app = build_app(
            desk,
            rooms.hub,
            scribe,
            rooms.telemetry.metrics,
            settings,
            door.sign_in,
            own_data=KeptOwnData(kept),
            staff=StaffCalls(desk.call, settings, rooms.clock),
            attachments=CallAttachments(desk.call, desk.find_own, note_scribe),
            past=LookingBack(kept, summaries),
            record=rooms.audit.record,
        )
        config = server_config(app, settings.server)
        server = QuietServer(config, lambda port: on_listening(rooms, port, door.link))
        async with asyncio.TaskGroup() as tasks:
            beside = (
                tasks.create_task(rooms.load.run(), name="load of all calls"),
                tasks.create_task(database.run(), name="archive's database"),
                tasks.create_task(_once_there(database, Keeping(kept).run), name="what is kept long enough"),
                tasks.create_task(_once_there(database, summaries.run), name="summaries of calls"),
            )
            await desk.run(server.serve)
            for task in beside:
                task.cancel()


async def _once_there(database: Database, run: Callable[[], Awaitable[None]]) -> None:
    """Runs what has nothing to do without the archive's database."""
    await database.there()
    await run()
