"""What this process may use of its machine: cores and memory, as containers limit them; and what the processor is."""

import math
import os
import platform
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
_NO_LIMIT = 1 << 60
"""Version 1 writes a number near 2**63 where there is no limit of memory."""


def usable_cores(cgroups: Path = CGROUPS, own: Path = Path("/proc/self/cgroup")) -> float:
    """Cores: those that the scheduler may use for this process, or the share of them that its control groups allow."""
    cores = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    for folder in _own_groups(cgroups, own, "cpu"):
        quota, period = _quota(folder)
        if quota > 0 and period > 0:
            cores = min(cores, quota / period)
    return cores


def usable_memory_mb(
    cgroups: Path = CGROUPS, own: Path = Path("/proc/self/cgroup"), meminfo: Path = Path("/proc/meminfo")
) -> float:
    """Megabytes (10**6 bytes) that may still be taken; infinite where the system does not tell."""
    free_mb = math.inf
    for line in _text(meminfo).splitlines():
        if line.startswith("MemAvailable:"):
            free_mb = int(line.split()[1]) * 1024 / 1e6
    for folder in _own_groups(cgroups, own, "memory"):
        limit = _number(folder / "memory.max", _number(folder / "memory.limit_in_bytes", _NO_LIMIT))
        used = _number(folder / "memory.current", _number(folder / "memory.usage_in_bytes", 0))
        if limit < _NO_LIMIT:
            free_mb = min(free_mb, max(0, limit - used) / 1e6)
    return free_mb


def processor_name() -> str:
    """The model of the processor as the system names it."""
    for line in _text(Path("/proc/cpuinfo")).splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _own_groups(cgroups: Path, own: Path, controller: str) -> Iterator[Path]:
    """Folders of this process's control groups, from its own up to the root: version 2 (kernel's cgroup-v2.rst), and
    version 1 where its controllers are mounted by name. A container sees its own group as the root."""
    for line in _text(own).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            root = cgroups
        elif controller in controllers.split(","):
            root = cgroups / controllers
            root = root if root.is_dir() else cgroups / controller
        else:
            continue
        parts = Path(path.lstrip("/")).parts
        for depth in range(len(parts), -1, -1):
            yield root.joinpath(*parts[:depth])


def _quota(folder: Path) -> tuple[float, float]:
    """Microseconds of processor time in each period of so many; zeros without a limit."""
    words = _text(folder / "cpu.max").split()
    if len(words) == 2 and words[0] != "max":
        return float(words[0]), float(words[1])
    return float(_number(folder / "cpu.cfs_quota_us", -1)), float(_number(folder / "cpu.cfs_period_us", 0))


def _number(path: Path, otherwise: int) -> int:
    text = _text(path).strip()
    return int(text) if text.isdigit() else otherwise


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
