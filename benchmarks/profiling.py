"""Records where a running agent spends its time, with py-spy, which the project does not install."""

import shutil
from pathlib import Path

from agent.core.errors import AgentError
from benchmarks.processes import printed_by

SAMPLES_HZ = 200
STARTS_AND_WRITES_S = 30.0


def require_profiler() -> str:
    """Where py-spy is. Raises `AgentError` that says how to get it."""
    found = shutil.which("py-spy")
    if found is None:
        raise AgentError("a profile is recorded by py-spy, which is not here: `uv tool install py-spy`")
    return found


async def record_profile(pid: int, path: Path, seconds: float) -> None:
    """Samples every thread of a process for `seconds`, and writes a flame graph. Raises `AgentError`.

    Only threads that hold the interpreter or compute are counted, not those that wait.
    """
    where = ("--pid", str(pid), "--output", str(path), "--duration", str(max(1, round(seconds))))
    await printed_by(
        require_profiler(),
        "record",
        *where,
        *("--rate", str(SAMPLES_HZ), "--threads", "--format", "flamegraph"),
        folder=path.parent,
        within_s=seconds + STARTS_AND_WRITES_S,
    )
