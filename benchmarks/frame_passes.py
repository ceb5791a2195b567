"""Reads the same frames with any pipeline on one core and notes what each frame cost; needs nothing but NumPy.

Every pipeline runs this in a process of its own, some in an environment of their own.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_HANDS = 2
WARM_UP_FRAMES = 40
_LAST_CORE = 36
"""Where /proc/PID/stat names the core that a process last ran on, counted after the process's own name."""


@dataclass(frozen=True)
class Frames:
    """Decoded pictures of one clip."""

    i420: NDArray[np.uint8]
    """(n, height * 3 / 2, width): planar YUV as decoders give it; both sides are even."""
    at_ms: NDArray[np.float64]

    @classmethod
    def load(cls, path: Path) -> "Frames":
        with np.load(path) as file:
            return cls(file["i420"], file["at_ms"])

    def save(self, path: Path) -> None:
        np.savez(path, i420=self.i420, at_ms=self.at_ms)


class Seen(NamedTuple):
    """What a pipeline found in one frame."""

    face_px: NDArray[np.float32] | None
    """(468, 2) of the face that it reads."""
    hands_px: Sequence[NDArray[np.float32]]
    """(21, 2) each."""


@dataclass(frozen=True)
class Pass:
    """One way through the clip."""

    cpu_ms: NDArray[np.float64]
    """(n,) processor time of the whole process in each frame, conversion to RGB included."""
    faces_px: NDArray[np.float32]
    """(n, 468, 2), NaN where there was none."""
    hands_px: NDArray[np.float32]
    """(n, MAX_HANDS, 21, 2), NaN where there were fewer."""

    @classmethod
    def load(cls, path: Path) -> "Pass":
        with np.load(path) as file:
            return cls(file["cpu_ms"], file["faces_px"], file["hands_px"])

    def save(self, path: Path) -> None:
        np.savez(path, cpu_ms=self.cpu_ms, faces_px=self.faces_px, hands_px=self.hands_px)

    @property
    def has_face(self) -> NDArray[np.bool_]:
        return np.isfinite(self.faces_px[:, 0, 0])

    @property
    def hand_counts(self) -> NDArray[np.int64]:
        return np.asarray(np.isfinite(self.hands_px[:, :, 0, 0]).sum(axis=1))


def keep_to_one_core() -> None:
    """Where the system can: pipelines that start threads of their own get no more than one core for all of them.

    The core is the one that the system has just put this process on, as others may be busy.
    """
    if hasattr(os, "sched_setaffinity"):
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        os.sched_setaffinity(0, {int(fields[_LAST_CORE])})


def walk(count: int, read: Callable[[int], Seen]) -> Pass:
    """Reads frames 0 to `count` with `read`; only its time counts, not the noting of what it saw."""
    cpu_ms = np.zeros(count)
    faces_px = np.full((count, 468, 2), np.nan, np.float32)
    hands_px = np.full((count, MAX_HANDS, 21, 2), np.nan, np.float32)
    for number in range(count):
        began_ns = time.process_time_ns()
        seen = read(number)
        cpu_ms[number] = (time.process_time_ns() - began_ns) / 1e6
        if seen.face_px is not None:
            faces_px[number] = seen.face_px
        for place, hand_px in enumerate(seen.hands_px[:MAX_HANDS]):
            hands_px[number, place] = hand_px
    return Pass(cpu_ms, faces_px, hands_px)


def finish(done: Pass, out: Path, **facts: Any) -> None:
    """Saves the pass and prints its facts as one line of JSON."""
    done.save(out)
    sys.stdout.write(json.dumps(facts) + "\n")
