"""Makes the Python environments of peers whose packages do not go with the agent's own, once, in the user's cache."""

import shutil
import sys
from pathlib import Path

from agent.core.errors import AgentError
from agent.core.folders import cache_folder
from agent.core.settings import REPOSITORY
from benchmarks.processes import printed_by

MADE_WITHIN_S = 900.0
PYTHONS = ("3.11", "3.12")
"""For which MediaPipe 0.10.21 has wheels, of those that the agent runs on."""


async def environment(name: str) -> Path:
    """The interpreter of an environment with the packages that `benchmarks/NAME.txt` pins, and no others.

    Raises `AgentError` when it cannot be made.
    """
    requirements = Path(__file__).with_name(f"{name}.txt")
    folder = cache_folder() / name
    python, complete = folder / "bin" / "python", folder / "complete"
    wanted = requirements.read_text()
    if complete.is_file() and complete.read_text() == wanted and python.exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    uv = shutil.which("uv") or shutil.which("uv", path=REPOSITORY / ".tools" / "bin")
    if uv is not None:
        await _run(uv, "venv", "--quiet", "--python", _uv_python(), str(folder))
        await _run(
            uv, "pip", "install", "--quiet", "--no-deps", "--python", str(python), "--requirement", str(requirements)
        )
    else:
        await _run(_installed_python(), "-m", "venv", str(folder))
        await _run(str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", str(requirements))
    complete.write_text(wanted)
    return python


def _uv_python() -> str:
    """This interpreter where it will do, else what uv finds or fetches."""
    return sys.executable if _version() in PYTHONS else f">={PYTHONS[0]},<=3.12"


def _installed_python() -> str:
    if _version() in PYTHONS:
        return sys.executable
    for version in PYTHONS:
        if found := shutil.which(f"python{version}"):
            return found
    raise AgentError(f"MediaPipe 0.10.21 needs Python {' or '.join(PYTHONS)}; install one of them, or uv")


def _version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


async def _run(*command: str) -> None:
    # In the repository uv would apply the agent's own overrides, which leave one of the packages out.
    await printed_by(*command, folder=cache_folder(), within_s=MADE_WITHIN_S)
