"""Backs models and pictures with huge pages where the system grants them, and keeps memory in few arenas.

A frame touches more memory than the processor can map in 4 KiB pages at once, the more so in a virtual machine, where
each miss walks two page tables. With transparent huge pages the perception of a frame took about a third less processor
time on such a machine (face, expression and search for hands, frame after frame: 8.6 against 5.8 ms). glibc asks for
them only when told so before a program starts, so the program starts itself anew, once.

It is told at the same time to spread memory over few arenas. By default there are eight for each core; calls come and
go in more threads than that, and every arena keeps holes that fit nobody else: with one for each core the process was
90 MB smaller, and no larger after a hundred short calls, where it had grown by 40 MB.
"""

import os
import platform
import sys
from pathlib import Path

TUNABLE = "glibc.malloc.hugetlb"
ARENAS = "glibc.malloc.arena_max"
LEAST_ARENAS = 2
_THP = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def restart_with_huge_pages() -> None:
    """Replaces this process by the same program with huge pages; returns if it has them or they cannot be had."""
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    if TUNABLE in tunables or not _can_be_had():
        return
    arenas = "" if ARENAS in tunables else f"{ARENAS}={max(LEAST_ARENAS, os.cpu_count() or 1)}"
    os.environ["GLIBC_TUNABLES"] = ":".join(filter(None, (tunables, f"{TUNABLE}=1", arenas)))
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _can_be_had() -> bool:
    """Whether this is glibc on a Linux that gives huge pages to those who ask."""
    try:
        return platform.libc_ver()[0] == "glibc" and "[never]" not in _THP.read_text()
    except OSError:
        return False
