"""The agent's own perception over the frames of a benchmark, every purpose agreed to, in a process of its own.

python -m benchmarks.perception_worker FRAMES OUT
"""

import sys
import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import numpy as np
from av import VideoFrame

from agent.core.consent import Choice, consent_for
from agent.core.pictures import Picture
from agent.core.settings import load_settings
from agent.core.types import CameraFrame, CaptureOrigin, Stamp, VisionReading
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.vision import VisionAnalyser, VisionState
from benchmarks.frame_passes import WARM_UP_FRAMES, Frames, Pass, Seen, finish, keep_to_one_core, walk


def main() -> None:
    frames_path, out = sys.argv[1:]
    keep_to_one_core()
    settings = load_settings()
    runtime = Runtime(Registry.load(settings.models.folder), settings.models.provider)
    analyser = VisionAnalyser(
        runtime, settings.vision, perception=settings.perception, stage_clock_ns=time.thread_time_ns
    )
    frames = _camera_frames(Frames.load(Path(frames_path)))
    _walk(frames[:WARM_UP_FRAMES], analyser)
    done, stage_ms = _walk(frames, analyser)
    finish(done, Path(out), stages={name: ms / len(frames) for name, ms in stage_ms.items()})


def _walk(frames: list[CameraFrame], analyser: VisionAnalyser) -> tuple[Pass, dict[str, float]]:
    """One call through all frames; processor milliseconds by stage, over all frames, beside it."""
    stage_ms: dict[str, float] = defaultdict(float)

    def read(number: int) -> Seen:
        reading = analyser.analyse(frames[number], state)
        for name, took_ms in reading.stage_ms.items():
            stage_ms[name] += took_ms
        return _seen(reading)

    with closing(VisionState(consent_for(Choice.AGREE, locale="en", given_at=0.0))) as state:
        return walk(len(frames), read), stage_ms


def _seen(reading: VisionReading) -> Seen:
    return Seen(
        reading.faces[0].landmarks_px[:, :2] if reading.faces else None,
        [hand.landmarks_px[:, :2] for hand in reading.hands],
    )


def _camera_frames(frames: Frames) -> list[CameraFrame]:
    """The frames as they come out of a call's decoder."""
    camera_frames = []
    for number, (planes, at_ms) in enumerate(zip(frames.i420, frames.at_ms, strict=True)):
        picture = Picture(VideoFrame.from_ndarray(np.ascontiguousarray(planes), format="yuv420p"))
        stamp = Stamp(
            frame_id=number,
            rtp_timestamp=round(at_ms * 90),
            arrived_ns=round(at_ms * 1e6),
            captured_ns=round(at_ms * 1e6),
            captured_error_ns=0,
            captured_from=CaptureOrigin.FILE,
            media_ms=float(at_ms),
        )
        camera_frames.append(
            CameraFrame(
                call_id="benchmark",
                stamp=stamp,
                width_px=picture.width_px,
                height_px=picture.height_px,
                pixels=picture,
            )
        )
    return camera_frames


if __name__ == "__main__":
    main()
