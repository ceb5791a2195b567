"""Asks pip-audit and npm for known weaknesses of what is locked: `python -m tests.security.audit` in `make security`.

Exit code 1 where one is known, and with `--strict` also where advisories could not be had for everything.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
REPORTS = REPOSITORY / "build" / "audit"
WITHIN_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What one of the two said."""

    known: tuple[str, ...]
    """Weaknesses, a line each."""
    unasked: tuple[str, ...]
    """Packages of which nobody could say anything, or why nothing could be said at all."""
    asked: int
    """Packages of which something could be said."""


def of_pip_audit(report: dict[str, Any]) -> Findings:
    """From `pip-audit --format json`."""
    found, unasked, asked = [], [], 0
    for package in report["dependencies"]:
        if "skip_reason" in package:
            unasked.append(package["name"])
            continue
        asked += 1
        for weakness in package["vulns"]:
            fixed = ", ".join(weakness["fix_versions"]) or "no version yet"
            found.append(f"{package['name']} {package['version']}: {weakness['id']}, mended in {fixed}")
    return Findings(known=tuple(found), unasked=tuple(unasked), asked=asked)


def of_npm(report: dict[str, Any]) -> Findings:
    """From `npm audit --json`."""
    if "vulnerabilities" not in report:
        return Findings(known=(), unasked=(f"npm: {report.get('message') or report.get('error')}",), asked=0)
    found = tuple(f"{name}: {one['severity']}" for name, one in report["vulnerabilities"].items())
    return Findings(known=found, unasked=(), asked=report["metadata"]["dependencies"]["total"])


def main(arguments: Sequence[str]) -> int:
    REPORTS.mkdir(parents=True, exist_ok=True)
    findings = {"Python packages": _python(), "the pages' packages": _pages()}
    for what, found in findings.items():
        print(f"{what}: {len(found.known)} known weaknesses in {found.asked}")
        print("".join(f"  {line}\n" for line in found.known), end="")
        if found.unasked:
            some = ", ".join(found.unasked[:5])
            print(f"  NOT ASKED: no advisories could be had for {len(found.unasked)}, such as {some}")
    weak = any(found.known for found in findings.values())
    unsure = "--strict" in arguments and any(found.unasked for found in findings.values())
    return int(weak or unsure)


def _python() -> Findings:
    """What the program runs with in all its extras, as uv.lock has it."""
    uv = shutil.which("uv") or str(REPOSITORY / ".tools" / "bin" / "uv")
    locked, report = REPORTS / "locked.txt", REPORTS / "pip-audit.json"
    report.unlink(missing_ok=True)
    kinds = ("--no-dev", "--no-emit-project", "--no-hashes", "--extra", "multilingual", "--extra", "telemetry")
    _run(uv, "export", "--quiet", "--frozen", *kinds, "--output-file", str(locked))
    asking = ("pip-audit", "--requirement", str(locked), "--no-deps", "--disable-pip", "--progress-spinner", "off")
    said = _run(uv, "tool", "run", *asking, "--format", "json", "--output", str(report))
    if not report.is_file():
        return Findings(known=(), unasked=(f"pip-audit: {said.strip()[-200:]}",), asked=0)
    return of_pip_audit(json.loads(report.read_text("utf-8")))


def _pages() -> Findings:
    said = _run(sys.executable, "webclient/npm.py", "audit", "--omit=dev", "--json")
    (REPORTS / "npm-audit.json").write_text(said, encoding="utf-8")
    try:
        return of_npm(json.loads(said[said.index("{") : said.rindex("}") + 1]))
    except ValueError:
        return Findings(known=(), unasked=(f"npm: {said.strip()[-200:]}",), asked=0)


def _run(*command: str) -> str:
    """Both outputs, whatever the exit code: these tools use it for their findings."""
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=WITHIN_S)
    return done.stdout + done.stderr


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
