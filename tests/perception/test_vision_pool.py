"""The pool serves the most urgent frame first, never a late one, and survives whatever a model does."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from agent.core.clock import NS_PER_MS, FakeClock
from agent.core.consent import Purpose
from agent.core.errors import CallNotFound, ModelMissing
from agent.core.settings import VisionSettings
from agent.core.types import CameraFrame, VisionReading
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.inference.sessions import Gpu
from agent.perception.vision import FrameAnalyser, VisionState, unread
from agent.perception.vision_pool import VisionPool
from tests.perception.pictures import BrokenPixels, consent, frame, with_face

PICTURE = np.zeros((48, 64, 3), np.uint8)
AGREED = consent(Purpose.EXPRESSION, Purpose.GESTURE)
PATIENCE_S = 15.0
"""How long a thread waits for another before the test has failed."""


class ScriptedAnalyser:
    """Analyses when it is let, notes the order, and fails on frames that say they are of the call "broken"."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.began = threading.Semaphore(0)
        self.may_go_on = threading.Semaphore(0)

    def analyse(
        self, frame: CameraFrame, state: VisionState, *, preview: bool = False, search: bool = True
    ) -> VisionReading:
        self.order.append(frame.call_id)
        state.model_runs["scripted"] += 1
        self.began.release()
        assert self.may_go_on.acquire(timeout=PATIENCE_S)
        if frame.call_id == "broken":
            raise RuntimeError("a model threw")
        return unread(frame, "scripted", now_ns=0)

    def search(self, state: VisionState) -> None:
        pass


class SearchingAnalyser:
    """Reads at once, then searches for as long as the test says."""

    def __init__(self) -> None:
        self.searching = threading.Event()
        self.may_end = threading.Event()

    def analyse(
        self, frame: CameraFrame, state: VisionState, *, preview: bool = False, search: bool = True
    ) -> VisionReading:
        return unread(frame, "read", now_ns=0)

    def search(self, state: VisionState) -> None:
        self.searching.set()
        assert self.may_end.wait(PATIENCE_S)


class UnreliableAnalyser:
    """Throws at every tenth frame."""

    def __init__(self) -> None:
        self.frames = 0

    def analyse(
        self, frame: CameraFrame, state: VisionState, *, preview: bool = False, search: bool = True
    ) -> VisionReading:
        self.frames += 1
        if self.frames % 10 == 0:
            raise RuntimeError("a model threw")
        return unread(frame, "read", now_ns=0)

    def search(self, state: VisionState) -> None:
        pass


class HangingAnalyser:
    """Does not come back from frames that say they are of the call "stuck" until the test says so."""

    def __init__(self, let_go: threading.Event) -> None:
        self.let_go = let_go
        self.stuck = threading.Event()
        self.left = threading.Event()

    def analyse(
        self, frame: CameraFrame, state: VisionState, *, preview: bool = False, search: bool = True
    ) -> VisionReading:
        if frame.call_id == "stuck":
            self.stuck.set()
            assert self.let_go.wait(PATIENCE_S)
            self.left.set()
        return unread(frame, "read", now_ns=0)

    def search(self, state: VisionState) -> None:
        pass


class MeetingAnalyser:
    """Analyses a frame only while another analyser analyses one."""

    def __init__(self, meeting: threading.Barrier) -> None:
        self._meeting = meeting

    def search(self, state: VisionState) -> None:
        pass

    def analyse(
        self, frame: CameraFrame, state: VisionState, *, preview: bool = False, search: bool = True
    ) -> VisionReading:
        self._meeting.wait(timeout=PATIENCE_S)
        return unread(frame, "met", now_ns=0)


async def begun(analyser: ScriptedAnalyser) -> None:
    """Waits until the analyser is at a frame."""
    assert await asyncio.to_thread(analyser.began.acquire, timeout=PATIENCE_S)


@asynccontextmanager
async def pool_of(
    runtime: Runtime, clock: FakeClock, *analysers: FrameAnalyser, calls: tuple[str, ...] = ()
) -> AsyncIterator[VisionPool]:
    """A started pool with one thread an analyser, and calls open on it."""
    left = iter(analysers)
    pool = VisionPool(runtime, VisionSettings(threads=len(analysers)), clock, open_analyser=lambda: next(left))
    await pool.start()
    for call_id in calls:
        pool.open_call(call_id, AGREED)
    try:
        yield pool
    finally:
        for analyser in analysers:
            if isinstance(analyser, ScriptedAnalyser):
                analyser.may_go_on.release(1_000)
        await pool.stop()


def deadline_ns(clock: FakeClock, *, ms: float) -> int:
    return clock.now_ns() + round(ms * NS_PER_MS)


async def test_the_earliest_deadline_goes_first(runtime: Runtime, clock: FakeClock) -> None:
    """While one frame is analysed others queue up; they are then taken by deadline, not by arrival."""
    analyser = ScriptedAnalyser()
    async with pool_of(runtime, clock, analyser, calls=("first", "late", "soon", "middle")) as pool:
        answers = [pool.submit("first", frame(PICTURE, call_id="first"), deadline_ns(clock, ms=100))]
        await begun(analyser)
        for call_id, ms in (("late", 90), ("soon", 10), ("middle", 50)):
            answers.append(pool.submit(call_id, frame(PICTURE, call_id=call_id), deadline_ns(clock, ms=ms)))
        analyser.may_go_on.release(4)
        readings = await asyncio.gather(*answers)
    assert analyser.order == ["first", "soon", "middle", "late"]
    assert [reading.reason for reading in readings] == ["scripted"] * 4


async def test_a_frame_past_its_deadline_is_not_analysed(runtime: Runtime, clock: FakeClock) -> None:
    """A frame that waited too long comes back unread with its reason, and costs nothing."""
    analyser = ScriptedAnalyser()
    async with pool_of(runtime, clock, analyser, calls=("a", "b")) as pool:
        first = pool.submit("a", frame(PICTURE, call_id="a"), deadline_ns(clock, ms=100))
        await begun(analyser)
        second = pool.submit("b", frame(PICTURE, call_id="b"), deadline_ns(clock, ms=100))
        clock.advance(ms=101)
        analyser.may_go_on.release()
        assert (await first).reason == "scripted"
        reading = await second
        assert not reading.valid and reading.reason == "budget"
        assert pool.model_runs("b") == {}
    assert analyser.order == ["a"]


async def test_queueing_is_part_of_the_stages(runtime: Runtime, clock: FakeClock) -> None:
    """The wait for a thread is told, on the pool's clock."""
    analyser = ScriptedAnalyser()
    async with pool_of(runtime, clock, analyser, calls=("a", "b")) as pool:
        first = pool.submit("a", frame(PICTURE, call_id="a"), deadline_ns(clock, ms=100))
        await begun(analyser)
        second = pool.submit("b", frame(PICTURE, call_id="b"), deadline_ns(clock, ms=100))
        clock.advance(ms=30)
        analyser.may_go_on.release(2)
        await first
        assert (await second).stage_ms["queued"] == 30


async def test_a_model_that_throws_spoils_one_frame(
    runtime: Runtime, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The reading says that models failed, the thread serves the next frame, and the log names call and frame."""
    analyser = ScriptedAnalyser()
    analyser.may_go_on.release(3)
    async with pool_of(runtime, clock, analyser, calls=("broken", "fine")) as pool:
        reading = await pool.submit("broken", frame(PICTURE, call_id="broken"), deadline_ns(clock, ms=100))
        assert not reading.valid and reading.reason == "models failed: RuntimeError"
        assert (
            await pool.submit("fine", frame(PICTURE, call_id="fine"), deadline_ns(clock, ms=100))
        ).reason == "scripted"
        again = await pool.submit("broken", frame(PICTURE, call_id="broken"), deadline_ns(clock, ms=100))
        assert again.reason == "models failed: RuntimeError"
    assert "call broken, frame 0" in caplog.text


async def test_closing_a_call_while_its_frame_is_analysed(runtime: Runtime, clock: FakeClock) -> None:
    """The frame still comes back, others go on, and the call is unknown from then on; closing twice is nothing."""
    analyser = ScriptedAnalyser()
    async with pool_of(runtime, clock, analyser, calls=("a", "b")) as pool:
        flying = pool.submit("a", frame(PICTURE, call_id="a"), deadline_ns(clock, ms=100))
        await begun(analyser)
        waiting = pool.submit("b", frame(PICTURE, call_id="b"), deadline_ns(clock, ms=100))
        pool.close_call("a")
        pool.close_call("b")
        pool.close_call("b")
        analyser.may_go_on.release()
        assert (await flying).reason == "scripted"
        assert (await waiting).reason == "call closed"
        for ask in (pool.model_runs, lambda call_id: pool.follow(call_id, AGREED)):
            with pytest.raises(CallNotFound, match="no open call a"):
                ask("a")
        with pytest.raises(CallNotFound):
            pool.submit("a", frame(PICTURE), deadline_ns(clock, ms=100))


async def test_nobody_may_wait_for_a_reading(runtime: Runtime, clock: FakeClock) -> None:
    """A waiter that was cancelled is no error, and the call can submit again once the frame is through."""
    analyser = ScriptedAnalyser()
    async with pool_of(runtime, clock, analyser, calls=("a", "b")) as pool:
        flying = pool.submit("a", frame(PICTURE, call_id="a"), deadline_ns(clock, ms=100))
        await begun(analyser)
        flying.cancel()
        with pytest.raises(RuntimeError, match="has a frame in the pool already"):
            pool.submit("a", frame(PICTURE), deadline_ns(clock, ms=100))
        analyser.may_go_on.release(3)
        await pool.submit("b", frame(PICTURE, call_id="b"), deadline_ns(clock, ms=100))
        assert (await pool.submit("a", frame(PICTURE), deadline_ns(clock, ms=100))).reason == "scripted"


async def test_stopping_returns_every_frame(runtime: Runtime, clock: FakeClock) -> None:
    """Frames that wait when the pool stops come back unread, as do frames that come after."""
    analyser = ScriptedAnalyser()
    async with pool_of(runtime, clock, analyser, calls=("a", "b")) as pool:
        flying = pool.submit("a", frame(PICTURE, call_id="a"), deadline_ns(clock, ms=100))
        await begun(analyser)
        waiting = pool.submit("b", frame(PICTURE, call_id="b"), deadline_ns(clock, ms=100))
        analyser.may_go_on.release(1)
        await pool.stop()
        assert (await flying).reason == "scripted"
        assert (await waiting).reason in ("stopped", "scripted")
        assert (await pool.submit("a", frame(PICTURE), deadline_ns(clock, ms=100))).reason == "stopped"


async def test_threads_work_at_the_same_time(runtime: Runtime, clock: FakeClock) -> None:
    """Two threads hold two frames at once: neither goes on before both have begun."""
    meeting = threading.Barrier(2)
    async with pool_of(runtime, clock, MeetingAnalyser(meeting), MeetingAnalyser(meeting), calls=("a", "b")) as pool:
        answers = [
            pool.submit(call_id, frame(PICTURE, call_id=call_id), deadline_ns(clock, ms=100)) for call_id in "ab"
        ]
        assert [(await answer).reason for answer in answers] == ["met", "met"]


async def test_a_failure_is_logged_once_until_it_is_over(
    runtime: Runtime, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A call whose every frame fails fills no log: one line when it begins, one when it begins again."""
    analyser = ScriptedAnalyser()
    analyser.may_go_on.release(6)
    async with pool_of(runtime, clock, analyser, calls=("a",)) as pool:
        for name in ("broken", "broken", "broken", "fine", "broken"):
            await pool.submit("a", frame(PICTURE, call_id=name), deadline_ns(clock, ms=100))
    assert len(caplog.records) == 2


async def test_a_model_that_is_missing_stops_the_start(tmp_path: Path, clock: FakeClock) -> None:
    """Starting raises what loading raised, and leaves no thread behind."""
    runtime = Runtime(Registry(tmp_path, ()), "cpu")
    pool = VisionPool(runtime, VisionSettings(threads=2), clock)
    with pytest.raises(ModelMissing, match="face_detection"):
        await pool.start()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("perception-")]


async def test_has_more_threads_where_they_wait_for_a_gpu(clock: FakeClock) -> None:
    """Two a core on a GPU, one on the processor, and as many as the settings say where they say it."""
    nothing = Registry(Path(), ())
    gpu = Gpu(execution_provider="CPUExecutionProvider", memory="cpu", fault=lambda: None)
    on_gpu, on_processor = Runtime(nothing, "auto", gpu=gpu), Runtime(nothing, "cpu")
    cores = VisionPool(on_processor, VisionSettings(), clock).threads
    assert VisionPool(on_gpu, VisionSettings(), clock).threads == 2 * cores
    assert VisionPool(on_gpu, VisionSettings(threads=3), clock).threads == 3


async def test_says_that_the_gpu_failed(runtime: Runtime, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call's health tells why pictures take longer, beside what else is wrong."""
    pool = VisionPool(runtime, VisionSettings(threads=1), clock)
    monkeypatch.setattr(Runtime, "fault", "the GPU failed")
    assert pool.fault == "0 of 1 threads that read pictures work; the GPU failed"


async def test_withdrawal_reaches_the_models(runtime: Runtime, clock: FakeClock) -> None:
    """With real models: after emotion is withdrawn the count of every face model stands still."""
    pool = VisionPool(runtime, VisionSettings(threads=1), clock)
    await pool.start()
    try:
        pool.open_call("call", AGREED)
        picture = with_face(face_px=150)
        first = await pool.submit("call", frame(picture, at_ms=0), deadline_ns(clock, ms=100))
        assert first.valid and "queued" in first.stage_ms
        before = pool.model_runs("call")
        pool.follow("call", AGREED.without(Purpose.EXPRESSION))
        for at_ms in (1_000, 2_000):
            reading = await pool.submit("call", frame(picture, at_ms=at_ms), deadline_ns(clock, ms=100))
            assert reading.valid and reading.faces == ()
        after = pool.model_runs("call")
        for model in ("face_detection", "face_landmark", "expression"):
            assert after[model] == before[model] > 0
        assert after["palm_detection"] > 0
    finally:
        await pool.stop()


async def test_a_picture_that_cannot_be_converted_spoils_one_frame(runtime: Runtime, clock: FakeClock) -> None:
    """With real models: a broken picture gives a reading that says so, and the next one is read."""
    pool = VisionPool(runtime, VisionSettings(threads=1), clock)
    await pool.start()
    try:
        pool.open_call("call", AGREED)
        whole = frame(with_face(face_px=150))
        broken = CameraFrame(call_id="call", stamp=whole.stamp, width_px=640, height_px=480, pixels=BrokenPixels())
        assert (await pool.submit("call", broken, deadline_ns(clock, ms=100))).reason == "models failed: ValueError"
        assert (await pool.submit("call", whole, deadline_ns(clock, ms=100))).valid
    finally:
        await pool.stop()


async def test_a_reading_does_not_wait_for_the_search_for_hands(runtime: Runtime, clock: FakeClock) -> None:
    """The reading comes while the search goes on, and the next frame is read once that has ended."""
    analyser = SearchingAnalyser()
    async with pool_of(runtime, clock, analyser, calls=("call",)) as pool:
        late_ns = deadline_ns(clock, ms=1_000)
        first = await pool.submit("call", frame(PICTURE), late_ns)
        assert first.reason == "read" and not analyser.may_end.is_set()
        second = pool.submit("call", frame(PICTURE), late_ns)
        assert await asyncio.to_thread(analyser.searching.wait, PATIENCE_S)
        assert not second.done()
        analyser.may_end.set()
        assert (await second).reason == "read"


async def test_every_tenth_frame_throwing_costs_every_tenth_frame(runtime: Runtime, clock: FakeClock) -> None:
    """With a model that throws every tenth run, two calls get nine of ten of their frames read."""
    async with pool_of(runtime, clock, UnreliableAnalyser(), calls=("a", "b")) as pool:
        reasons = [
            (await pool.submit(call_id, frame(PICTURE, call_id=call_id), deadline_ns(clock, ms=100))).reason
            for _ in range(25)
            for call_id in "ab"
        ]
    assert Counter(reasons) == {"read": 45, "models failed: RuntimeError": 5}
    assert pool.lost_threads == 0


def seconds_pass(pool: VisionPool, clock: FakeClock, seconds: int) -> None:
    """As the pool lives through them: it looks after its threads every second."""
    for _ in range(seconds):
        clock.advance(ms=1_000)
        pool.look_after_threads()


async def test_a_model_that_hangs_costs_one_frame_and_no_other_call(runtime: Runtime, clock: FakeClock) -> None:
    """The frame comes back as failed, the other call is read all the while, and a new thread takes the place of the
    one that hangs; what that one makes of the frame later is told to nobody."""
    let_go = threading.Event()
    first, second, third = (HangingAnalyser(let_go) for _ in range(3))
    left = iter((first, second, third))
    settings = VisionSettings(threads=2)
    pool = VisionPool(runtime, settings, clock, open_analyser=lambda: next(left))
    await pool.start()
    for call_id in ("stuck", "fine"):
        pool.open_call(call_id, AGREED)
    try:
        hanging = pool.submit("stuck", frame(PICTURE, call_id="stuck"), deadline_ns(clock, ms=100))
        assert await asyncio.to_thread(lambda: any(one.stuck.wait(PATIENCE_S / 2) for one in (first, second)))
        for _ in range(3):
            seconds_pass(pool, clock, 2)
            reading = await pool.submit("fine", frame(PICTURE, call_id="fine"), deadline_ns(clock, ms=100))
            assert reading.reason == "read"
        assert (await hanging).reason == "models failed: no answer"
        assert pool.lost_threads == 1
        assert pool.fault is None
        again = await pool.submit("stuck", frame(PICTURE, call_id="other"), deadline_ns(clock, ms=100))
        assert again.reason == "read"
        let_go.set()
        assert await asyncio.to_thread(lambda: any(one.left.wait(PATIENCE_S / 2) for one in (first, second)))
    finally:
        let_go.set()
        await pool.stop()


async def test_a_call_on_which_models_always_hang_is_no_longer_read(runtime: Runtime, clock: FakeClock) -> None:
    """The second time that a call costs a thread is the last; other calls go on."""
    let_go = threading.Event()
    opened: list[HangingAnalyser] = []

    def open_analyser() -> HangingAnalyser:
        opened.append(HangingAnalyser(let_go))
        return opened[-1]

    pool = VisionPool(runtime, VisionSettings(threads=1), clock, open_analyser=open_analyser)
    await pool.start()
    for call_id in ("stuck", "fine"):
        pool.open_call(call_id, AGREED)
    try:
        for count in (1, 2):
            hanging = pool.submit("stuck", frame(PICTURE, call_id="stuck"), deadline_ns(clock, ms=100))
            assert await asyncio.to_thread(opened[-1].stuck.wait, PATIENCE_S)
            seconds_pass(pool, clock, 6)
            assert (await hanging).reason == "models failed: no answer"
            # Served by the new thread, so that it is there.
            await pool.submit("fine", frame(PICTURE, call_id="fine"), deadline_ns(clock, ms=100))
            assert pool.lost_threads == count
        refused = await pool.submit("stuck", frame(PICTURE, call_id="stuck"), deadline_ns(clock, ms=100))
        assert refused.reason == "models failed: no answer"
        assert pool.lost_threads == 2
        pool.close_call("stuck")
    finally:
        let_go.set()
        await pool.stop()
