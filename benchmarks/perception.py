"""What reading a frame costs, stage by stage, and beside MediaPipe's own pipelines on the same frames in the same run.

Every pipeline has a process of its own on one core, and they take turns, so that all of them meet the machine in the
same moods. Time is the processor time of the whole process, from the decoded frame (planar YUV) to landmarks; a first
stretch of the clip is read beforehand to warm up.
"""

import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import av
import msgspec
import numpy as np

from agent.app.huge_pages import TUNABLE
from agent.core.errors import AgentError, NotMedia
from agent.core.settings import REPOSITORY
from agent.training.progress import Progress, unheard
from benchmarks.agreement import Distance, face_distance, hand_distance
from benchmarks.frame_passes import Frames, Pass
from benchmarks.peer_environment import environment
from benchmarks.percentiles import Machine, this_machine
from benchmarks.processes import printed_by

FRAMES_MB = 400
"""A clip's frames are held in memory; of a large picture there are fewer."""
PASS_WITHIN_S = 600.0


class InView(msgspec.Struct, frozen=True, kw_only=True):
    """The frames in which so much was found."""

    face: bool
    hands: int
    frames: int
    cpu_ms_per_frame: float


class PeerReport(msgspec.Struct, frozen=True, kw_only=True):
    """A pipeline beside ours; without figures when it could not run."""

    what: str
    ok: bool
    why: str | None = None
    """Why it could not run."""
    cpu_ms_per_frame: float | None = None
    ratio: float | None = None
    """Ours over theirs, of the whole frame: ours reads expression and gesture too."""
    runs_ms: tuple[float, ...] = ()
    frames_with_face: int | None = None
    frames_with_hand: int | None = None
    face: Distance | None = None
    hands: Distance | None = None


class PerceptionReport(msgspec.Struct, frozen=True, kw_only=True):
    """Medians over the runs."""

    video: str
    width_px: int
    height_px: int
    frames: int
    runs: int
    cpu_ms_per_frame: float
    runs_ms: tuple[float, ...]
    stages: dict[str, float]
    """Processor milliseconds by stage, over all frames, whether the stage ran in them or not."""
    in_view: tuple[InView, ...]
    frames_with_face: int
    frames_with_hand: int
    peers: dict[str, PeerReport]
    machine: Machine


@dataclass
class Pipeline:
    """Something that reads frames, and what came of its runs."""

    name: str
    what: str
    command: Callable[[], Awaitable[list[str]]]
    """The worker's command line up to the paths of frames and results; may take long the first time."""
    bundles: tuple[str, ...] = ()
    passes: list[Pass] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    why: str | None = None

    @property
    def runs_ms(self) -> tuple[float, ...]:
        return tuple(round(float(one.cpu_ms.mean()), 2) for one in self.passes)


async def measure(
    video: Path,
    *,
    frames: int,
    runs: int,
    mediapipe: bool,
    face_task: Path | None,
    hand_task: Path | None,
    progress: Progress = unheard,
) -> PerceptionReport:
    """Raises `AgentError` when our own pipeline cannot run; a peer that cannot is reported with the reason."""
    clip = decoded(video, frames)
    ours = Pipeline("ours", "face, expression, hands, gesture", _ours)
    peers = _mediapipe(face_task, hand_task) if mediapipe else []
    with tempfile.TemporaryDirectory() as folder:
        frames_path = Path(folder) / "frames.npz"
        clip.save(frames_path)
        for run in range(runs):
            for place, pipeline in enumerate((ours, *peers)):
                if pipeline.why is None:
                    progress(f"run {run + 1} of {runs}", (1 + place) / (1 + len(peers)), pipeline.name)
                    await _run(pipeline, frames_path, Path(folder) / "pass.npz")
    if ours.why is not None:
        raise AgentError(f"the agent's own perception did not run: {ours.why}")
    return _report(video, clip, ours, peers)


def decoded(video: Path, count: int) -> Frames:
    """The first frames of a clip, at most `count` and no more than memory is set aside for. Raises `NotMedia`."""
    planes, at_ms = [], []
    try:
        with av.open(str(video)) as container:
            stream = container.streams.video[0]
            width, height = stream.width & ~1, stream.height & ~1
            count = min(count, FRAMES_MB * 1_000_000 // (width * height * 3 // 2))
            for number, frame in enumerate(container.decode(stream)):
                if number == count:
                    break
                planes.append(frame.reformat(width=width, height=height, format="yuv420p").to_ndarray())
                at_ms.append(1_000 * (frame.time if frame.time is not None else number / 25))
    except (av.FFmpegError, OSError, IndexError) as error:
        raise NotMedia(f"{video} holds no video that can be decoded ({type(error).__name__})") from None
    if not planes:
        raise NotMedia(f"{video} holds no picture")
    return Frames(np.array(planes, np.uint8), np.array(at_ms) - at_ms[0])


async def _ours() -> list[str]:
    return [sys.executable, "-m", "benchmarks.perception_worker"]


def _mediapipe(face_task: Path | None, hand_task: Path | None) -> list[Pipeline]:
    async def solutions() -> list[str]:
        return [str(await environment("mediapipe-0.10.21")), "-m", "benchmarks.mediapipe_worker", "solutions"]

    async def tasks() -> list[str]:
        if face_task is None:
            raise AgentError("it needs Google's face_landmarker.task: give it with --face-task")
        return [sys.executable, "-m", "benchmarks.mediapipe_worker", "tasks"]

    bundles = tuple(str(path.resolve()) for path in (face_task, hand_task) if path is not None)
    found = "face only, as no --hand-task was given" if hand_task is None else "face and hands"
    return [
        Pipeline("mediapipe", "MediaPipe 0.10.21 solutions: FaceMesh and Hands, default settings", solutions),
        Pipeline("mediapipe_tasks", f"MediaPipe tasks, VIDEO mode, default settings: {found}", tasks, bundles),
    ]


async def _run(pipeline: Pipeline, frames_path: Path, out: Path) -> None:
    """One pass in a new process; notes in the pipeline why it failed if it did."""
    try:
        command = await pipeline.command()
        printed = await _output([*command, str(frames_path), str(out), *pipeline.bundles])
    except (AgentError, OSError) as error:
        pipeline.why = str(error)
        return
    pipeline.facts.append(json.loads(printed))
    pipeline.passes.append(Pass.load(out))


async def _output(command: list[str]) -> str:
    """The last line that a worker prints. Raises `AgentError` with its last words when it fails."""
    environment = {**os.environ, "GLIBC_TUNABLES": f"{TUNABLE}=1"}  # as `agent serve` runs; peers get it too
    printed = await printed_by(*command, folder=REPOSITORY, within_s=PASS_WITHIN_S, environment=environment)
    return printed.strip().splitlines()[-1]


def _report(video: Path, clip: Frames, ours: Pipeline, peers: list[Pipeline]) -> PerceptionReport:
    stages = {name for facts in ours.facts for name in facts["stages"]}
    seen = ours.passes[-1]
    cpu_ms = median(ours.runs_ms)
    return PerceptionReport(
        video=video.name,
        width_px=clip.i420.shape[2],
        height_px=clip.i420.shape[1] * 2 // 3,
        frames=len(clip.i420),
        runs=len(ours.passes),
        cpu_ms_per_frame=cpu_ms,
        runs_ms=ours.runs_ms,
        stages={
            name: round(median(facts["stages"].get(name, 0.0) for facts in ours.facts), 3) for name in sorted(stages)
        },
        in_view=_in_view(ours.passes),
        frames_with_face=int(seen.has_face.sum()),
        frames_with_hand=int((seen.hand_counts > 0).sum()),
        peers={peer.name: _peer_report(peer, seen, cpu_ms) for peer in peers},
        machine=this_machine(),
    )


def _in_view(passes: list[Pass]) -> tuple[InView, ...]:
    """What was seen is the same in every run; costs are medians over runs of the mean over frames."""
    seen = passes[-1]
    kinds = sorted(set(zip(seen.has_face.tolist(), seen.hand_counts.tolist(), strict=True)))
    rows = []
    for face, hands in kinds:
        those = (seen.has_face == face) & (seen.hand_counts == hands)
        cost_ms = median(float(one.cpu_ms[those].mean()) for one in passes)
        rows.append(InView(face=face, hands=hands, frames=int(those.sum()), cpu_ms_per_frame=round(cost_ms, 2)))
    return tuple(rows)


def _peer_report(peer: Pipeline, ours: Pass, ours_ms: float) -> PeerReport:
    if peer.why is not None:
        return PeerReport(what=peer.what, ok=False, why=peer.why)
    seen, cpu_ms = peer.passes[-1], median(peer.runs_ms)
    return PeerReport(
        what=peer.what,
        ok=True,
        cpu_ms_per_frame=cpu_ms,
        ratio=round(ours_ms / cpu_ms, 3),
        runs_ms=peer.runs_ms,
        frames_with_face=int(seen.has_face.sum()),
        frames_with_hand=int((seen.hand_counts > 0).sum()),
        face=face_distance(ours, seen),
        hands=hand_distance(ours, seen),
    )
