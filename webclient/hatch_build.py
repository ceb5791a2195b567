"""Builds the pages into agent/static when the package is built, with the Node that a build requirement carries."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = ("package.json", "package-lock.json", "tsconfig.json", "*.html", "*.ts", "src/**/*", "public/**/*")
STAMP = "sources.sha256"
"""In agent/static: what it was built from. Written last, so that a build which failed is never taken for a good one."""


class PageBuildFailed(Exception):
    """The pages could not be built; the message says which step failed and what to do."""


class PageBuild(BuildHookInterface):
    """The hatchling build hook. A source distribution carries the pages' sources; a wheel carries them built."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "wheel":
            build_pages(Path(self.root), say=self.app.display_info)


def build_pages(root: Path, *, say: Callable[[str], None] = print) -> bool:
    """Builds `root`/webclient into `root`/agent/static, unless that was built from the very same sources.

    Returns whether anything was built. Raises `PageBuildFailed`.
    """
    webclient, static = root / "webclient", root / "agent" / "static"
    digest = _digest(webclient)
    stamp = static / STAMP
    if stamp.is_file() and stamp.read_text() == digest:
        say("pages: up to date")
        return False
    began = time.monotonic()
    if not _installed(webclient):
        say("pages: installing what the build needs")
        _npm(webclient, "ci", "--omit=dev", "--no-audit", "--no-fund")
    say("pages: building")
    _npm(webclient, "run", "build")
    stamp.write_text(digest)
    say(f"pages: built in {time.monotonic() - began:.1f} s")
    return True


def _digest(webclient: Path) -> str:
    """SHA-256 over the names and contents of everything that the built pages depend on."""
    files = {path for pattern in SOURCES for path in webclient.glob(pattern) if path.is_file()}
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(webclient).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _installed(webclient: Path) -> bool:
    """Whether node_modules already holds every package that the build needs, in the locked version."""
    try:
        present = json.loads((webclient / "node_modules" / ".package-lock.json").read_text())["packages"]
    except (OSError, ValueError, KeyError):
        return False
    locked = json.loads((webclient / "package-lock.json").read_text())["packages"]
    return all(
        present.get(name, {}).get("version") == package["version"]
        for name, package in locked.items()
        if name and not any(package.get(kind) for kind in ("dev", "optional"))
    )


def _npm(webclient: Path, *arguments: str) -> None:
    """Runs npm; its last words go into the error if it fails."""
    finished = subprocess.run(
        [sys.executable, str(webclient / "npm.py"), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if finished.returncode:
        tail = "\n".join(finished.stdout.splitlines()[-30:])
        raise PageBuildFailed(
            f"`npm {' '.join(arguments)}` failed in {webclient} with exit code {finished.returncode}:\n\n{tail}\n\n"
            "If a package could not be fetched, look at the network and the npm registry setting; "
            "otherwise delete webclient/node_modules and build again."
        )
