"""One caller's camera does what no camera should; the call beside it has every frame read, in time, as if alone."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from av import VideoFrame

from agent.app.accounts import CallAccounts
from agent.app.journey import Moments
from agent.app.load import Load
from agent.app.page import Page
from agent.app.rooms import Rooms
from agent.app.senses import Senses
from agent.app.sight import Sight
from agent.app.track_recorder import TrackRecorder
from agent.core.clock import NS_PER_MS, NS_PER_S, FakeClock
from agent.core.consent import Purpose
from agent.core.frames import FrameOutcome
from agent.core.mailbox import Mailbox
from agent.core.pictures import Picture
from agent.core.settings import Settings, VisionSettings
from agent.core.signals import ExpressionSignal, Signal
from agent.core.types import CameraFrame, CaptureOrigin, Stamp, VisionReading
from agent.fusion.health import outcome_of
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.media.capture_clock import PageClock
from agent.perception.vision import VisionState
from agent.perception.vision_pool import VisionPool
from agent.storage.calls import CallStore
from agent.transport.hub import Hub
from tests.fusion import readings
from tests.perception.pictures import consent

TICK_MS = 40.0
TICKS = 150
AGREED = consent(Purpose.EXPRESSION, Purpose.GESTURE)
PATIENCE_S = 15.0

BadCamera = Callable[[int, FakeClock], list[CameraFrame]]
"""What arrives of a camera in a tick."""


def picture(
    call_id: str, number: int, clock: FakeClock, *, width: int = 640, height: int = 480, jump_ns: int = 0
) -> CameraFrame:
    now_ns = clock.now_ns()
    stamp = Stamp(
        frame_id=number,
        rtp_timestamp=0,
        arrived_ns=now_ns,
        captured_ns=now_ns + jump_ns,
        captured_error_ns=0,
        captured_from=CaptureOrigin.SENDER,
        media_ms=(now_ns + jump_ns) / NS_PER_MS,
    )
    pixels = Picture(VideoFrame(16, 16, "rgb24"))
    return CameraFrame(call_id=call_id, stamp=stamp, width_px=width, height_px=height, pixels=pixels)


def greedy(tick: int, clock: FakeClock) -> list[CameraFrame]:
    """Sixty frames a second of 1920x1080, and more."""
    return [picture("bad", 3 * tick + number, clock, width=1920, height=1080) for number in range(3)]


def stalling(tick: int, clock: FakeClock) -> list[CameraFrame]:
    """Nothing for two seconds, then all of it at once."""
    return [picture("bad", tick + number, clock) for number in range(50)] if tick % 50 == 0 else []


def jumping(tick: int, clock: FakeClock) -> list[CameraFrame]:
    """The sender's clock is an hour ahead, then an hour behind, then right."""
    return [picture("bad", tick, clock, jump_ns=(0, 3_600, -3_600)[tick // 10 % 3] * NS_PER_S)]


def vanishing(tick: int, clock: FakeClock) -> list[CameraFrame]:
    """Two seconds of pictures, and never a word again."""
    return [picture("bad", tick, clock)] if tick < 50 else []


def throwing(tick: int, clock: FakeClock) -> list[CameraFrame]:
    """An ordinary camera; the models throw on every tenth of its frames."""
    return [picture("bad", tick, clock)]


@dataclass
class Analyser:
    """Sees a happy face in every frame, and throws on every tenth of the bad call's under the test of that."""

    throws: bool

    def analyse(
        self, frame: CameraFrame, state: VisionState, *, preview: bool = False, search: bool = True
    ) -> VisionReading:
        if self.throws and frame.call_id == "bad" and frame.stamp.frame_id % 10 == 9:
            raise RuntimeError("a model threw")
        seen = readings.frame(0.0, expression=readings.expressed(happiness=0.9))
        return replace(seen, call_id=frame.call_id, stamp=frame.stamp, finished_ns=frame.stamp.arrived_ns)

    def search(self, state: VisionState) -> None:
        pass


def pool_of(analyser: Analyser, clock: FakeClock) -> VisionPool:
    """One thread, and no model."""
    runtime = Runtime(Registry(Path(), ()), "cpu")
    return VisionPool(runtime, VisionSettings(threads=1), clock, open_analyser=lambda: analyser)


@dataclass
class Accounts:
    """Counts frames by what became of them."""

    outcomes: Counter[FrameOutcome] = field(default_factory=Counter)
    signals: list[Signal] = field(default_factory=list)
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    def skip(self, frame: CameraFrame, outcome: FrameOutcome) -> None:
        self.outcomes[outcome] += 1
        self.settled.set()

    def saw(self, frame: CameraFrame, reading: VisionReading, signals: Sequence[Signal], at: Moments) -> None:
        self.outcomes[outcome_of(reading)] += 1
        self.signals += signals
        self.settled.set()


class Ears:
    backlog_ms = 0.0


class Scene:
    """Two calls on one pool of one thread, with a clock that the test moves."""

    def __init__(self, clock: FakeClock, pool: VisionPool) -> None:
        self.hub = Hub()
        self.load = Load(pool, Ears(), clock)
        self.accounts = {call_id: Accounts() for call_id in ("bad", "good")}
        self.frames: dict[str, Mailbox[CameraFrame]] = {call_id: Mailbox(1) for call_id in self.accounts}
        self._clock = clock
        store = cast(CallStore, SimpleNamespace(record_signal=lambda signal: None))
        rooms = cast(
            Rooms, SimpleNamespace(settings=Settings(), clock=clock, vision=pool, hub=self.hub, load=self.load)
        )
        self.sights = {}
        for call_id, accounts in self.accounts.items():
            senses = Senses(call_id, AGREED, camera=True, clock=clock, hub=self.hub, store=store)
            page = Page(None, PageClock(), clock)
            tracks = TrackRecorder(call_id, lambda: AGREED, store)
            self.sights[call_id] = Sight(call_id, senses, page, cast(CallAccounts, accounts), tracks, rooms)

    async def lives(self, camera: BadCamera) -> None:
        """Six seconds, tick by tick; in each, the good call sends one frame, and waits until it knows its fate."""
        async with asyncio.TaskGroup() as tasks:
            watching = [tasks.create_task(self.sights[one].watch(self.frames[one])) for one in self.sights]
            good = self.accounts["good"]
            for tick in range(TICKS):
                self._clock.advance(ms=TICK_MS)
                for frame in camera(tick, self._clock):
                    self.frames["bad"].put(frame)
                good.settled.clear()
                self.frames["good"].put(picture("good", tick, self._clock))
                async with asyncio.timeout(PATIENCE_S):
                    await good.settled.wait()
                if tick % 6 == 5:
                    self.load.look(lag_ms=1.0)
            for task in watching:
                task.cancel()


@pytest.mark.parametrize("camera", [greedy, stalling, jumping, vanishing, throwing])
async def test_nobody_else_notices(clock: FakeClock, camera: BadCamera) -> None:
    """Every frame of the good call is analysed and every expression of it valid; neither call goes down the ladder,
    and a subscriber that never reads holds up nobody."""
    pool = pool_of(Analyser(throws=camera is throwing), clock)
    await pool.start()
    try:
        scene = Scene(clock, pool)
        asleep = scene.hub.subscribe()
        scene.hub.watch(asleep, "good", pictures=True, traces=False)
        for call_id in ("bad", "good"):
            pool.open_call(call_id, AGREED)
        await scene.lives(camera)
    finally:
        await pool.stop()
    good, bad = scene.accounts["good"], scene.accounts["bad"]
    assert good.outcomes == {FrameOutcome.ANALYSED: TICKS}
    expressions = [signal for signal in good.signals if isinstance(signal, ExpressionSignal)]
    assert len(expressions) == TICKS
    assert all(signal.valid and signal.value.label == "happiness" for signal in expressions[5:])
    assert bad.outcomes[FrameOutcome.ANALYSED] > 2
    if camera is throwing:
        assert bad.outcomes[FrameOutcome.FAILED] == TICKS // 10
    assert scene.load.changes.total() == 0


async def test_a_camera_faster_than_a_face_is_read_no_faster(clock: FakeClock) -> None:
    """Of a hundred frames a second thirty are read; the rest are left out on purpose, and booked as that."""
    pool = pool_of(Analyser(throws=False), clock)
    await pool.start()
    try:
        scene = Scene(clock, pool)
        pool.open_call("good", AGREED)
        accounts, mailbox = scene.accounts["good"], scene.frames["good"]
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(scene.sights["good"].watch(mailbox))
            for number in range(400):
                clock.advance(ms=10)
                accounts.settled.clear()
                mailbox.put(picture("good", number, clock))
                async with asyncio.timeout(PATIENCE_S):
                    await accounts.settled.wait()
            watching.cancel()
    finally:
        await pool.stop()
    assert accounts.outcomes.total() == 400
    assert accounts.outcomes[FrameOutcome.ANALYSED] == pytest.approx(120, abs=3)
    assert accounts.outcomes[FrameOutcome.PAUSED] == pytest.approx(280, abs=3)
