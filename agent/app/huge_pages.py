"""Backs models and pictures with huge pages where the system grants them.

A frame touches more memory than the processor can map in 4 KiB pages at once, the more so in a virtual machine, where
each miss walks two page tables. With transparent huge pages the perception of a frame took about a third less processor
time on such a machine (face, expression and search for hands, frame after frame: 8.6 against 5.8 ms). glibc asks for
them only when told so before a program starts, so the program starts itself anew, once.
"""

import os
import platform
import sys
from pathlib import Path

TUNABLE = "glibc.malloc.hugetlb"
_THP = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def restart_with_huge_pages() -> None:
    """Replaces this process by the same program with huge pages; returns if it has them or they cannot be had."""
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    if TUNABLE in tunables or not _can_be_had():
        return
    os.environ["GLIBC_TUNABLES"] = ":".join(filter(None, (tunables, f"{TUNABLE}=1")))
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _can_be_had() -> bool:
    """Whether this is glibc on a Linux that gives huge pages to those who ask."""
    try:
        return platform.libc_ver()[0] == "glibc" and "[never]" not in _THP.read_text()
    except OSError:
        return False
