"""What a process may use of its machine, as control groups of either version say it."""

import math
from pathlib import Path

from agent.app.machine import processor_name, usable_cores, usable_memory_mb


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def _own(root: Path, text: str) -> Path:
    _write(root, {"own": text})
    return root / "own"


def test_without_limits_the_schedulers_cores_count(tmp_path: Path) -> None:
    """No control groups at all: at least one core, and a whole number of them."""
    cores = usable_cores(tmp_path, tmp_path / "absent")
    assert cores >= 1 and cores == round(cores)


def test_a_container_gets_its_quota_of_cores(tmp_path: Path) -> None:
    """Version 2: half a core in the root that a container sees, though the machine has more."""
    _write(tmp_path, {"cpu.max": "50000 100000\n"})
    assert usable_cores(tmp_path, _own(tmp_path, "0::/\n")) == 0.5


def test_the_tightest_of_nested_groups_counts(tmp_path: Path) -> None:
    """A service's own group is unlimited, but its slice is not."""
    _write(tmp_path, {"agent.slice/cpu.max": "30000 100000\n", "agent.slice/agent.service/cpu.max": "max 100000\n"})
    assert usable_cores(tmp_path, _own(tmp_path, "0::/agent.slice/agent.service\n")) == 0.3


def test_version_1_is_understood(tmp_path: Path) -> None:
    """Controllers mounted by name; -1 is no limit."""
    _write(tmp_path, {"cpu,cpuacct/box/cpu.cfs_quota_us": "25000", "cpu,cpuacct/box/cpu.cfs_period_us": "100000"})
    own = _own(tmp_path, "4:memory:/box\n3:cpu,cpuacct:/box\n0::/\n")
    assert usable_cores(tmp_path, own) == 0.25
    _write(tmp_path, {"cpu,cpuacct/box/cpu.cfs_quota_us": "-1"})
    assert usable_cores(tmp_path, own) >= 1


def test_memory_is_what_is_left_of_the_group_or_the_machine(tmp_path: Path) -> None:
    """The smaller of what the machine has available and what the group may still take."""
    _write(tmp_path, {"meminfo": "MemTotal: 9000000 kB\nMemAvailable:    2000000 kB\n"})
    own, meminfo = _own(tmp_path, "0::/\n"), tmp_path / "meminfo"
    assert usable_memory_mb(tmp_path, own, meminfo) == 2_048
    _write(tmp_path, {"memory.max": "1000000000\n", "memory.current": "400000000\n"})
    assert usable_memory_mb(tmp_path, own, meminfo) == 600
    _write(tmp_path, {"memory.max": "max\n"})
    assert usable_memory_mb(tmp_path, own, meminfo) == 2_048


def test_version_1_memory_is_understood(tmp_path: Path) -> None:
    """A number near 2**63 is no limit."""
    group = "memory/box/"
    _write(tmp_path, {group + "memory.limit_in_bytes": "500000000", group + "memory.usage_in_bytes": "100000000"})
    own = _own(tmp_path, "4:memory:/box\n")
    assert usable_memory_mb(tmp_path, own, tmp_path / "absent") == 400
    _write(tmp_path, {group + "memory.limit_in_bytes": "9223372036854771712"})
    assert usable_memory_mb(tmp_path, own, tmp_path / "absent") == math.inf


def test_the_processor_has_a_name() -> None:
    """Something to tell one machine from another."""
    assert processor_name()
