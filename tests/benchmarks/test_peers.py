"""The benchmark of peers: one that does not run is named, and ratios are given only where they mean something."""

import sys
from pathlib import Path

import msgspec
import pytest

from agent.app.commands.bench_peers import peers as bench_peers
from agent.core.errors import AgentError
from agent.core.folders import cache_folder
from benchmarks import peer_run, peers
from benchmarks.encoded_media import EncodedMedia, Pictures
from benchmarks.peer_caller import NumberedCamera, Results
from benchmarks.peer_run import Peer, PeerRun
from benchmarks.peers import OTHERS, RATES_FPS, USUAL, fastest, measure, ratio
from benchmarks.peers_plot import plot


def run_of(*, p95_ms: float = 100.0, fps: float = 10.0, cpu_s: float = 0.5) -> PeerRun:
    return PeerRun(
        p50_ms=p95_ms / 2,
        p95_ms=p95_ms,
        finished_p95_ms=p95_ms - 1,
        analysed_fps=fps,
        with_face=1.0,
        cpu_s_per_call_s=cpu_s,
        rss_mb=300.0,
    )


def camera_of(frames: list[bytes]) -> NumberedCamera:
    pictures = [Pictures(fps=30, width_px=640, frames=frames, keyframes=[0])]
    return NumberedCamera(EncodedMedia(pictures=pictures, speech=[], hush=[b"h"]))


async def test_results_are_late_by_the_last_time_their_picture_was_sent() -> None:
    """A picture comes again in each loop; its result belongs to the last time, and other messages to nothing."""
    camera = camera_of([b"a", b"b"])
    results = Results(camera)
    results.take('{"type": "log"}')
    results.take('"hello"')
    results.take('{"frame": 1, "finished_ns": 5, "expression": null}')
    assert not results.all and not results.first.is_set()
    sent = [bytes(await camera.recv()) for _ in range(3)]
    again_ns = camera.handed_ns[0]
    results.take(f'{{"frame": 0, "finished_ns": {again_ns + 7}, "expression": [1.0]}}')
    assert sent == [b"a", b"b", b"a"]
    assert results.first.is_set()
    (result,) = results.all
    assert (result.handed_ns, result.finished_ns, result.face) == (again_ns, again_ns + 7, True)
    assert result.received_ns >= again_ns > camera.handed_ns[1]


def test_ratios_are_medians_over_rounds() -> None:
    """Ours over theirs round by round, so that a machine that slows down changes nothing; one bad round neither."""
    own = [run_of(p95_ms=10), run_of(p95_ms=20), run_of(p95_ms=500)]
    theirs = [run_of(p95_ms=100), run_of(p95_ms=200), run_of(p95_ms=100)]
    assert ratio(own, theirs, lambda run: run.p95_ms) == 0.1


def test_there_is_no_ratio_to_a_peer_that_analyses_fewer_frames() -> None:
    """Less work for less time is no comparison: such rounds do not count."""
    own = [run_of(cpu_s=0.1), run_of(cpu_s=0.1)]
    assert ratio(own, [run_of(fps=4, cpu_s=0.1), run_of(cpu_s=0.5)], lambda run: run.cpu_s_per_call_s) == 0.2
    assert ratio([run_of(fps=10)], [run_of(fps=8.9)], lambda run: run.p95_ms) is None
    assert ratio([run_of(fps=10)], [run_of(fps=9.1)], lambda run: run.p95_ms) == 1.0


@pytest.mark.parametrize(("bears_fps", "found"), [(40, 30), (20, 15), (12, 10), (3, 5)])
async def test_pictures_come_as_fast_as_the_usual_way_bears(bears_fps: float, found: float) -> None:
    """The highest rate at which it analyses all frames; the lowest where it bears none."""

    async def run(fps: float) -> PeerRun:
        return run_of(fps=min(fps, bears_fps))

    assert await fastest(run, lambda line: None) == found


async def test_a_usual_way_that_is_ever_later_does_not_keep_up() -> None:
    """All frames analysed, but seconds late: the rate is too high; one that does not run at all ends the search."""

    async def late(fps: float) -> PeerRun:
        return run_of(fps=fps, p95_ms=3_000 if fps > 10 else 100)

    async def broken(fps: float) -> PeerRun:
        raise AgentError("no wheel for this machine")

    assert await fastest(late, lambda line: None) == 10
    assert await fastest(broken, lambda line: None) == RATES_FPS[-1]


async def test_a_peer_that_does_not_run_is_reported_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps its place, without figures; the others are measured in every round, and the plot names them all."""
    order: list[str] = []

    async def ours(media: Path, seconds: float) -> PeerRun:
        order.append("ours")
        return run_of(p95_ms=20, cpu_s=0.1)

    async def theirs(peer: Peer, media: Path, seconds: float) -> PeerRun:
        order.append(peer.name)
        if peer.name == "pipecat":
            raise AgentError("it needs a newer Python")
        return run_of(fps=10 if peer.name == "usual" else 5)

    monkeypatch.setattr(peers, "run_agent", ours)
    monkeypatch.setattr(peers, "run_peer", theirs)
    monkeypatch.setattr(peers, "_media", lambda folder, fps: tmp_path)
    report = await measure(seconds=1, repeats=2, fps=10)
    usual, pipecat, fastrtc = report.peers
    assert order == ["ours", "usual", "pipecat", "fastrtc", "ours", "usual", "fastrtc"]
    assert (report.ratio_p95, report.ratio_cpu) == (usual.ratio_p95, usual.ratio_cpu) == (0.2, 0.2)
    assert (pipecat.ok, pipecat.why, pipecat.p95_ms) == (False, "it needs a newer Python", None)
    assert fastrtc.ok and fastrtc.ratio_p95 is None and len(fastrtc.runs) == 2
    content = msgspec.to_builtins(report)
    assert content["ours"].keys() == content["peers"][0].keys() >= {"name", "ok", "why", "p95_ms", "cpu_s_per_call_s"}
    plot(report, tmp_path / "peers.svg")
    drawn = (tmp_path / "peers.svg").read_text()
    assert "<svg" in drawn


def test_the_command_prints_both_kinds_of_peers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Figures of those that ran, the reason of those that did not."""

    async def ours(media: Path, seconds: float) -> PeerRun:
        return run_of(p95_ms=20, cpu_s=0.1)

    async def theirs(peer: Peer, media: Path, seconds: float) -> PeerRun:
        if peer.name == "fastrtc":
            raise AgentError("gradio is missing")
        return run_of()

    monkeypatch.setattr(peers, "run_agent", ours)
    monkeypatch.setattr(peers, "run_peer", theirs)
    monkeypatch.setattr(peers, "_media", lambda folder, fps: tmp_path)
    bench_peers(seconds=2, repeats=1, fps=10, plot=None, json=False)
    printed = capsys.readouterr().out
    assert "usual" in printed and "0.200" in printed
    assert "fastrtc did not run: gradio is missing" in printed


async def test_a_worker_that_breaks_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker complained of when it ended is the reason in the report."""

    async def own_python(name: str) -> Path:
        return Path(sys.executable)

    monkeypatch.setattr(peer_run, "environment", own_python)
    broken = Peer(name="broken", what="", module="benchmarks.no_such_peer", environment="none")
    with pytest.raises(AgentError, match="no_such_peer"):
        await peer_run.run_peer(broken, tmp_path, 0.1)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("peer", [USUAL, *OTHERS], ids=lambda peer: peer.name)
async def test_a_peer_reads_a_real_call(peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each peer's worker sees the face in the frames of a real call and says which frames they were."""
    if not (cache_folder() / peer.environment / "complete").is_file():
        pytest.skip(f"the environment of {peer.name} is made by `agent bench peers`")
    monkeypatch.setattr(peer_run, "WARM_UP_S", 1.0)
    run = await peer_run.run_peer(peer, peers._media(tmp_path, 5), 2.0)
    assert run.analysed_fps > 0 and run.with_face > 0.5 and run.cpu_s_per_call_s > 0
    assert run.finished_p95_ms is not None and 0 < run.finished_p95_ms < run.p95_ms + 100
