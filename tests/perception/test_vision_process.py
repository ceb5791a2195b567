"""Pictures are read in another process as they are here, and its end costs frames and not calls."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from av import VideoFrame

from agent.core.clock import NS_PER_MS, NS_PER_S, SystemClock
from agent.core.consent import Purpose
from agent.core.errors import CallNotFound, ModelMissing
from agent.core.pictures import Layout, Picture
from agent.core.settings import PerceptionSettings, VisionSettings
from agent.core.types import VisionReading
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception import vision_process
from agent.perception.vision import VisionAnalyser, VisionState
from agent.perception.vision_process import LOST, NO_PICTURE, NO_ROOM, VisionProcess
from tests.perception.pictures import consent, frame, with_face
from tests.serving import until

pytestmark = pytest.mark.timeout(90)

AGREED = consent(Purpose.EXPRESSION, Purpose.GESTURE)
CLOCK = SystemClock()


def process_of(runtime: Runtime) -> VisionProcess:
    return VisionProcess(runtime, VisionSettings(threads=1), PerceptionSettings(), CLOCK)


@asynccontextmanager
async def reading(runtime: Runtime) -> AsyncIterator[VisionProcess]:
    """A process that reads, with one call open."""
    process = process_of(runtime)
    await process.start()
    process.open_call("call", AGREED)
    try:
        yield process
    finally:
        await process.stop()


async def read(process: VisionProcess, number: int = 0, *, preview: bool = False) -> VisionReading:
    """The reading of a face, in a frame a third of a second after the one before."""
    shown = frame(with_face(face_px=150), at_ms=number * 333)
    return await process.submit("call", shown, CLOCK.now_ns() + 20 * NS_PER_S, preview=preview)


async def test_reads_what_is_read_here(runtime: Runtime) -> None:
    """The same landmarks and expression, to the last bit, and how long each stage took there."""
    async with reading(runtime) as process:
        there = await read(process, preview=True)
        assert process.threads == 1 and process.model_runs("call")["expression"] == 1
        assert "face_landmark" in {model.name for model in process.models}
        await until(lambda: process.busy_ns and process.runs["expression"], 10, "word of what it has done")
        await read(process, 1)
        assert process.used_ns("call") > 0
    here = VisionAnalyser(runtime, VisionSettings()).analyse(frame(with_face(face_px=150)), VisionState(AGREED))
    assert there.valid and there.stamp == here.stamp and (there.width_px, there.height_px) == (640, 480)
    np.testing.assert_array_equal(there.faces[0].landmarks_px, here.faces[0].landmarks_px)
    assert str(there.faces[0].expression) == str(here.faces[0].expression)
    assert {"queued", "face_mesh", "preview"} <= there.stage_ms.keys()
    assert there.preview_jpeg is not None and there.preview_jpeg[:2] == b"\xff\xd8"


async def test_withdrawal_reaches_the_models(runtime: Runtime) -> None:
    """The frame after a withdrawal is read without a face, in the process as well."""
    async with reading(runtime) as process:
        assert (await read(process)).faces
        before = process.model_runs("call")
        process.follow("call", AGREED.without(Purpose.EXPRESSION))
        assert not (await read(process, 1)).faces
        after = process.model_runs("call")
    assert all(after[model] == before[model] for model in ("face_detection", "face_landmark", "expression"))


async def test_a_killed_process_costs_frames_and_not_calls(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    """The frame that was there comes back unread, health tells, and soon frames of the same call are read again under
    the consent that stood."""
    async with reading(runtime) as process:
        process.follow("call", AGREED.without(Purpose.GESTURE))
        assert (await read(process)).valid
        lost_before = process.lost_threads
        child = process.process_id
        assert child is not None
        os.kill(child, signal.SIGSTOP)
        waiting = asyncio.ensure_future(read(process, 1))  # noqa: TID251
        await asyncio.sleep(0)
        os.kill(child, signal.SIGKILL)
        assert (await waiting).reason == LOST
        assert "is being started again" in str(process.fault)
        assert (await read(process, 2)).reason == LOST
        await until(lambda: process.fault is None, 40, "the process is back")
        again = await read(process, 3)
        assert again.valid and "palm_detection" not in process.model_runs("call")
        assert process.lost_threads == lost_before + 1
    assert any("ended with code -9" in record.getMessage() for record in caplog.records)


async def test_a_process_that_stands_still_is_replaced(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only death is noticed: silence is too."""
    monkeypatch.setattr(vision_process, "SILENT_S", 3.0)
    async with reading(runtime) as process:
        child = process.process_id
        assert child is not None
        os.kill(child, signal.SIGSTOP)
        await until(lambda: process.fault is not None, 20, "its silence is noticed")
        await until(lambda: process.fault is None, 40, "another has taken its place")
        assert process.process_id != child and (await read(process)).valid


async def test_a_picture_beyond_all_measure_spoils_one_frame(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes back unread and says why; the next is read."""
    async with reading(runtime) as process:
        monkeypatch.setattr(vision_process, "SLOT_BYTES", 1_000)
        assert (await read(process)).reason == NO_ROOM
        monkeypatch.undo()
        assert (await read(process, 1)).valid


class Misdescribed(Picture):
    """A picture that nobody can put together again."""

    def layout(self) -> Layout:
        return replace(super().layout(), pixel_format="of another kind")


async def test_a_picture_that_cannot_be_taken_over_spoils_one_frame(runtime: Runtime) -> None:
    """Its frame comes back unread instead of being waited for for ever; the next is read."""
    async with reading(runtime) as process:
        shown = frame(with_face(face_px=150))
        broken = replace(shown, pixels=Misdescribed(VideoFrame.from_ndarray(shown.pixels.rgb(), format="rgb24")))
        answer = process.submit("call", broken, CLOCK.now_ns() + 20 * NS_PER_S)
        assert (await asyncio.wait_for(answer, 20)).reason == NO_PICTURE
        assert (await read(process, 1)).valid


async def test_frames_that_wait_come_back_when_it_stops(runtime: Runtime) -> None:
    """Nobody waits for ever, and a call that is closed is not known any more."""
    async with reading(runtime) as process:
        waiting = process.submit("call", frame(with_face()), CLOCK.now_ns() + NS_PER_S)
        with pytest.raises(RuntimeError, match="has a frame here already"):
            process.submit("call", frame(with_face()), CLOCK.now_ns() + NS_PER_S)
        process.close_call("call")
        with pytest.raises(CallNotFound):
            process.submit("call", frame(with_face()), CLOCK.now_ns() + 250 * NS_PER_MS)
    assert waiting.done()


async def test_a_model_that_is_missing_stops_the_start(runtime: Runtime, tmp_path: Path) -> None:
    """Starting raises what loading raised in the process."""
    with pytest.raises(ModelMissing, match="face_detection"):
        await process_of(Runtime(Registry(tmp_path, ()), "cpu")).start()
