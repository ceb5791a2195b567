"""Percentiles as every benchmark prints them, and the machine that they were measured on."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np


class Percentiles(msgspec.Struct, frozen=True, kw_only=True):
    p50: float
    p95: float
    p99: float


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    processor: str
    cores: int
    system: str
    python: str


def percentiles(samples: Sequence[float]) -> Percentiles:
    """Of at least one sample, rounded to hundredths."""
    p50, p95, p99 = np.percentile(samples, [50, 95, 99])
    return Percentiles(p50=round(float(p50), 2), p95=round(float(p95), 2), p99=round(float(p99), 2))


def this_machine() -> Machine:
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
    )


def _processor() -> str:
    """The model's name where the system tells it, else the architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
