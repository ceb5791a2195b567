"""How quickly the agent answers, gives way and waits, heard at the customer's end of real WebRTC calls.

Latency scenes run alone. Pauses and false alarms, where only what happens counts, run side by side afterwards. The
figures are those of a machine that does nothing else: another busy program shows in all of them.
"""

import asyncio
import re
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import msgspec
from matplotlib.figure import Figure

from agent.core.errors import AgentError
from benchmarks.percentiles import Machine, Percentiles, percentiles, this_machine
from benchmarks.processes import running_agent
from benchmarks.voice_caller import Observed

SCENE_WITHIN_S = 900.0


class Guesses(msgspec.Struct, frozen=True, kw_only=True):
    """Pauses that the agent took early for the end of a turn, to have the reply ready by the time that it is one."""

    made: int
    right: int


class VoiceReport(msgspec.Struct, frozen=True, kw_only=True):
    """Times run from the customer's last voiced sample until what is named reached the customer."""

    speech_end_to_final_ms: Percentiles
    speech_end_to_text_ms: Percentiles
    speech_end_to_audio_ms: Percentiles
    interrupt_ms: Percentiles
    """From the first voiced sample of a customer who speaks over the agent until the agent is silent."""
    cutoffs_per_100: float
    """Turns with a pause of 0.3 to 1.2 s inside, in which the agent spoke before the customer had finished."""
    splits_per_100: float
    """The same turns, when their words came as more than one final transcript."""
    false_interruptions_per_100: float
    """Backchannels, coughs, noises and echoes that cost the agent its words or were answered."""
    turns: dict[str, int]
    answered_too_early: int
    """Lines without a pause put into them, in which the agent spoke all the same; no times are taken from these."""
    unanswered: int
    held_ms: float
    """How long the agent held its breath over a false alarm, on average."""
    guesses: Guesses | None
    """Over all scenes, those with pauses too; None where the agent was not asked."""
    recordings: bool
    """Whether people spoke, or the agent's own voice."""
    machine: Machine
    observed: tuple[Observed, ...]


async def measure(*, turns: int, recordings: Path | None) -> VoiceReport:
    """Starts an agent and callers of its own. `recordings` is a manifest of speech. Raises `AgentError`."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        url, _ = await stack.enter_async_context(running_agent(folder))
        observed = await _scene(url, "answers", turns, recordings)
        observed += await _scene(url, "interruptions", max(2, turns * 2 // 3), recordings)
        async with asyncio.TaskGroup() as tasks:
            others = [tasks.create_task(_scene(url, name, turns, recordings)) for name in ("pauses", "false alarms")]
        guesses = await _guesses(url)
    observed += [one for other in others for one in other.result()]
    return report(observed, recordings=recordings is not None, guesses=guesses)


async def _guesses(url: str) -> Guesses:
    """What the agent has counted. Raises `AgentError` when it does not tell."""
    try:
        async with httpx.AsyncClient(base_url=url, timeout=10) as client:
            told = (await client.get("/metrics")).raise_for_status().text
    except httpx.HTTPError as error:
        raise AgentError(f"the agent does not show its metrics: {error}") from None
    return Guesses(made=counted(told, "agent_guesses"), right=counted(told, "agent_guesses_right"))


def counted(metrics: str, name: str) -> int:
    """A counter without labels in OpenMetrics text; 0 where it is missing."""
    found = re.search(rf"^{name}_total ([\d.e+]+)", metrics, re.MULTILINE)
    return round(float(found[1])) if found else 0


async def _scene(url: str, scene: str, turns: int, recordings: Path | None) -> list[Observed]:
    """What one customer in a process of its own observed."""
    arguments = [url, scene, str(turns), *([str(recordings)] if recordings else [])]
    async with _child("benchmarks.voice_caller", *arguments) as process:
        try:
            async with asyncio.timeout(SCENE_WITHIN_S):
                output, _ = await process.communicate()
            return msgspec.json.decode(output, type=list[Observed])
        except (TimeoutError, msgspec.DecodeError):
            raise AgentError(
                f"the customer of the scene {scene!r} did not finish; run `python -m benchmarks.voice_caller "
                f"URL {scene!r} {turns}` by hand to see why"
            ) from None


@asynccontextmanager
async def _child(module: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, *arguments, stdout=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def report(observed: Sequence[Observed], *, recordings: bool, guesses: Guesses | None = None) -> VoiceReport:
    """Figures of all turns. Raises `AgentError` when too little was observed for any."""
    spoken = [one for one in observed if one.scene in ("answer", "interruption") and not one.spoke_too_early]
    pauses = [one for one in observed if one.scene == "pause"]
    alarms = [one for one in observed if one.scene == "false alarm"]
    return VoiceReport(
        speech_end_to_final_ms=_percentiles("final transcript", [one.end_to_final_ms for one in spoken]),
        speech_end_to_text_ms=_percentiles("reply text", [one.end_to_text_ms for one in spoken]),
        speech_end_to_audio_ms=_percentiles("audible reply", [one.end_to_audio_ms for one in spoken]),
        interrupt_ms=_percentiles("interruption", [one.interrupt_ms for one in spoken if one.scene == "interruption"]),
        cutoffs_per_100=_per_100(pauses, [one.spoke_too_early for one in pauses]),
        splits_per_100=_per_100(pauses, [one.finals > 1 for one in pauses]),
        false_interruptions_per_100=_per_100(alarms, [one.reply_lost for one in alarms]),
        turns={name: sum(one.scene == name for one in observed) for name in sorted({one.scene for one in observed})},
        answered_too_early=sum(one.scene == "answer" and one.spoke_too_early for one in observed),
        unanswered=sum(one.end_to_audio_ms is None for one in spoken),
        held_ms=round(sum(one.held_ms for one in alarms) / max(1, len(alarms)), 1),
        guesses=guesses,
        recordings=recordings,
        machine=this_machine(),
        observed=tuple(observed),
    )


def plot(found: VoiceReport, path: Path) -> None:
    """Every turn as a point, stage by stage, with its target."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for row, (name, target_ms) in enumerate(
        (("end_to_final_ms", 350), ("end_to_text_ms", 400), ("end_to_audio_ms", 500), ("interrupt_ms", 150))
    ):
        times = [value for one in found.observed if (value := getattr(one, name)) is not None]
        axes.plot(times, [row] * len(times), "o", alpha=0.5)
        axes.plot([target_ms] * 2, [row - 0.3, row + 0.3], color="black")
    axes.set_yticks(range(4), ["final transcript", "reply text", "reply audible", "agent silent"])
    axes.set_xlabel("ms from the last (agent silent: first) voiced sample; black: wanted median")
    axes.set_xlim(left=0)
    figure.savefig(path)


def _percentiles(what: str, times: Sequence[float | None]) -> Percentiles:
    known = [time for time in times if time is not None]
    if not known:
        raise AgentError(f"no {what} was observed in {len(times)} turns; does the agent hear and speak?")
    return percentiles(known)


def _per_100(turns: Sequence[Observed], counted: Sequence[bool]) -> float:
    return round(100 * sum(counted) / max(1, len(turns)), 1)
