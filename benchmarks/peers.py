"""The same customer before the agent and before other people's ways to analyse a call, in turn, with ratios.

Each peer is a small worker written after its library's examples, in an environment of its own, that reads the same
things in every frame and sends them back: aiortc and MediaPipe in one event loop ("usual"), pipecat, fastrtc. Ratios
are against the usual way at equal analysed frames a second: pictures come at the highest of `RATES_FPS` that the usual
way keeps up with, as its aiortc holds a frame back until the next one begins, which costs more the slower they come.
The agent does more than peers do in the same time: it listens, reads gestures, draws conclusions and keeps a record.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import msgspec
import numpy as np

from agent.core.errors import AgentError
from benchmarks.encoded_media import HUSH_S, SOUND_HZ, WIDTHS_PX, EncodedMedia, encoded_face, encoded_sound
from benchmarks.peer_run import Peer, PeerRun, run_agent, run_peer
from benchmarks.percentiles import Machine, this_machine

RATES_FPS = (30, 15, 10, 5)
KEEPS_UP, LATEST_MS = 0.95, 1_000.0
"""Whoever analyses this share of the frames, 95 % of them no later than this, keeps up."""
EQUAL_RATES = 0.1
"""A round counts for ratios where analysed frames a second differ by no more."""
PROBE_S = 5.0

USUAL = Peer(
    name="usual",
    what="aiortc as it comes, MediaPipe and ONNX Runtime with default settings, one event loop",
    module="benchmarks.peer_usual",
    environment="peer-usual",
)
OTHERS = (
    Peer(
        name="pipecat",
        what="pipecat's SmallWebRTC transport, the same models as a processor",
        module="benchmarks.peer_pipecat",
        environment="peer-pipecat",
    ),
    Peer(
        name="fastrtc",
        what="fastrtc's video stream, the same models in its handler",
        module="benchmarks.peer_fastrtc",
        environment="peer-fastrtc",
    ),
)


class PeerReport(msgspec.Struct, frozen=True, kw_only=True):
    """Medians over the runs; no figures where it did not run."""

    name: str
    what: str
    ok: bool
    why: str | None = None
    """Why it did not run."""
    p50_ms: float | None = None
    p95_ms: float | None = None
    """From the moment a packet is handed to the sender until what its frame shows has arrived."""
    finished_p95_ms: float | None = None
    """The same until the peer itself knew; None of the agent."""
    analysed_fps: float | None = None
    with_face: float | None = None
    cpu_s_per_call_s: float | None = None
    rss_mb: float | None = None
    ratio_p95: float | None = None
    ratio_cpu: float | None = None
    """Ours over theirs, the median over the rounds in which both analysed equally many frames; None without any."""
    runs: tuple[PeerRun, ...] = ()


class PeersReport(msgspec.Struct, frozen=True, kw_only=True):
    ours: PeerReport
    peers: tuple[PeerReport, ...]
    ratio_p95: float | None
    ratio_cpu: float | None
    """Against the usual way."""
    fps: float
    """Frames sent a second."""
    seconds: float
    repeats: int
    machine: Machine


async def measure(
    *, seconds: float, repeats: int, fps: float | None = None, tell: Callable[[str], None] = lambda line: None
) -> PeersReport:
    """Runs everyone `repeats` times, in turn. Raises `AgentError` when the agent itself does not run.

    Without `fps`, the usual way is tried first to find the rate that it keeps up with.
    """
    with tempfile.TemporaryDirectory() as folder:
        fps = fps or await fastest(lambda rate: run_peer(USUAL, _media(Path(folder), rate), PROBE_S), tell)
        media = await asyncio.to_thread(_media, Path(folder), fps)
        own: list[PeerRun] = []
        theirs: dict[str, list[PeerRun]] = {peer.name: [] for peer in (USUAL, *OTHERS)}
        failed: dict[str, str] = {}
        for number in range(1, repeats + 1):
            own.append(await run_agent(media, seconds))
            tell(_line("ours", number, own[-1]))
            for peer in (USUAL, *OTHERS):
                if peer.name in failed:
                    continue
                try:
                    theirs[peer.name].append(await run_peer(peer, media, seconds))
                except (AgentError, OSError, TimeoutError) as error:
                    failed[peer.name] = str(error) or type(error).__name__
                    tell(f"{peer.name} did not run: {failed[peer.name]}")
                else:
                    tell(_line(peer.name, number, theirs[peer.name][-1]))
    peers = tuple(_peer_report(peer, theirs[peer.name], own, failed.get(peer.name)) for peer in (USUAL, *OTHERS))
    return PeersReport(
        ours=_report("ours", "agent serve", own),
        peers=peers,
        ratio_p95=peers[0].ratio_p95,
        ratio_cpu=peers[0].ratio_cpu,
        fps=fps,
        seconds=seconds,
        repeats=repeats,
        machine=this_machine(),
    )


async def fastest(run: Callable[[float], Awaitable[PeerRun]], tell: Callable[[str], None]) -> float:
    """The highest of `RATES_FPS` that `run` keeps up with; the lowest where it keeps up with none or does not run."""
    for fps in RATES_FPS[:-1]:
        try:
            probed = await run(fps)
        except (AgentError, OSError, TimeoutError):
            break
        tell(
            f"the usual way, {fps} frames a second sent: {probed.analysed_fps:.1f} analysed, p95 {probed.p95_ms:.0f} ms"
        )
        if probed.analysed_fps >= KEEPS_UP * fps and probed.p95_ms <= LATEST_MS:
            return fps
    return RATES_FPS[-1]


def _media(folder: Path, fps: float) -> Path:
    """The file that callers send from, made where it is missing."""
    path = folder / f"{fps:g}.msgpack"
    if not path.is_file():
        hush = encoded_sound(np.zeros(HUSH_S * SOUND_HZ, np.float32))
        media = EncodedMedia(pictures=[encoded_face(fps, WIDTHS_PX[0], numbered=True)], speech=[], hush=hush)
        path.write_bytes(msgspec.msgpack.encode(media))
    return path


def _line(name: str, number: int, run: PeerRun) -> str:
    return (
        f"{name}, run {number}: p95 {run.p95_ms:.0f} ms, {run.analysed_fps:.1f} frames a second, "
        f"{run.cpu_s_per_call_s:.2f} CPU seconds a second"
    )


def _peer_report(peer: Peer, runs: list[PeerRun], own: list[PeerRun], why: str | None) -> PeerReport:
    if why is not None:
        return PeerReport(name=peer.name, what=peer.what, ok=False, why=why)
    report = _report(peer.name, peer.what, runs)
    return msgspec.structs.replace(
        report,
        ratio_p95=ratio(own, runs, lambda run: run.p95_ms),
        ratio_cpu=ratio(own, runs, lambda run: run.cpu_s_per_call_s),
    )


def ratio(own: list[PeerRun], theirs: list[PeerRun], figure: Callable[[PeerRun], float]) -> float | None:
    """Ours over theirs, the median over the rounds in which both analysed equally many frames; None without any."""
    ratios = [figure(ours) / figure(other) for ours, other in zip(own, theirs, strict=True) if _equal(ours, other)]
    return round(median(ratios), 3) if ratios else None


def _equal(ours: PeerRun, theirs: PeerRun) -> bool:
    return abs(ours.analysed_fps - theirs.analysed_fps) <= EQUAL_RATES * max(ours.analysed_fps, theirs.analysed_fps)


def _report(name: str, what: str, runs: list[PeerRun]) -> PeerReport:
    finished = [run.finished_p95_ms for run in runs if run.finished_p95_ms is not None]
    return PeerReport(
        name=name,
        what=what,
        ok=True,
        p50_ms=median(run.p50_ms for run in runs),
        p95_ms=median(run.p95_ms for run in runs),
        finished_p95_ms=median(finished) if finished else None,
        analysed_fps=median(run.analysed_fps for run in runs),
        with_face=median(run.with_face for run in runs),
        cpu_s_per_call_s=median(run.cpu_s_per_call_s for run in runs),
        rss_mb=median(run.rss_mb for run in runs),
        runs=tuple(runs),
    )
