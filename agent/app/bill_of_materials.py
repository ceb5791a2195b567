"""What this installation is made of, as CycloneDX 1.6: Python packages, what the pages were built with, and models."""

import base64
import json
import re
import time
import uuid
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from typing import Any

from agent.core.clock import iso_time
from agent.inference.registry import Ancestor, ModelEntry, Registry, commercially_free

PROGRAM = "attentive-agent"
BUILDS_PAGES = "vite"
"""Among the dependencies in package.json, as pages are built without those of development; no part of a page."""
SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_REQUIRED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
_FOR_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
_SPDX = re.compile(r"MIT|ISC|0BSD|Zlib|[A-Za-z0-9.]+(?:-[A-Za-z0-9.+]+)+")

Json = dict[str, Any]


def bill_of_materials(registry: Registry, package_lock: Path | None) -> Json:
    """The whole document. `package_lock` is npm's, where the pages' sources are there.

    https://cyclonedx.org/docs/1.6/json/ says what each field is.
    """
    installed = {_normal(found.metadata["Name"]): found for found in distributions()}
    needs = _needs_of_all(installed)
    libraries = [_library(installed[name]) for name in sorted(needs.keys() - {PROGRAM})]
    pages = [] if package_lock is None else _page_libraries(package_lock)
    models = [_model(entry) for entry in registry.entries]
    program = _library(distribution(PROGRAM)) | {"type": "application"}
    uses = {name: [_purl(installed[need]) for need in sorted(needs[name])] for name in sorted(needs)}
    uses[PROGRAM] += [component["bom-ref"] for component in (*pages, *models)]
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {"timestamp": iso_time(time.time()), "component": program},
        "components": [*libraries, *pages, *models],
        "dependencies": [{"ref": _purl(installed[name]), "dependsOn": refs} for name, refs in uses.items()],
    }


def _normal(name: str) -> str:
    """As package indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _needs_of_all(installed: dict[str, Distribution]) -> dict[str, set[str]]:
    """What the program needs, and what that needs in turn, by who needs it. Of optional parts what is installed counts,
    the program's own and those that somebody asks for (PEP 508)."""
    own_extras = frozenset(installed[PROGRAM].metadata.get_all("Provides-Extra") or ())
    needs: dict[str, set[str]] = {}
    seen, waiting = set[tuple[str, frozenset[str]]](), [(PROGRAM, own_extras)]
    while waiting:
        name, extras = waiting.pop()
        if name not in installed or (name, extras) in seen:
            continue
        seen.add((name, extras))
        wanted = list(_needs(installed[name], extras))
        needs.setdefault(name, set()).update(need for need, _ in wanted if need in installed)
        waiting += wanted
    return needs


def _needs(found: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Name and extras of each package that this one requires with these extras of its own."""
    for requirement in found.requires or ():
        only_for = set(_FOR_EXTRA.findall(requirement))
        required = _REQUIRED.match(requirement)
        if required is not None and (not only_for or only_for & extras):
            asked = (required[2] or "").split(",")
            yield _normal(required[1]), frozenset(extra.strip() for extra in asked if extra.strip())


def _purl(found: Distribution) -> str:
    return f"pkg:pypi/{_normal(found.metadata['Name'])}@{found.version}"


def _library(found: Distribution) -> Json:
    return {
        "type": "library",
        "bom-ref": _purl(found),
        "name": found.metadata["Name"],
        "version": found.version,
        "purl": _purl(found),
        "licenses": _licences(_licence_of(found)),
    }


def _licence_of(found: Distribution) -> str:
    """By its expression (PEP 639), its own short words, or its classifiers."""
    fields = found.metadata
    said = next((fields[name] for name in ("License-Expression", "License") if name in fields), "")
    if said and "\n" not in said:
        return said
    classifiers = fields.get_all("Classifier") or []
    named = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License :: ")]
    return ", ".join(named) or "unknown"


def _licences(said: str) -> list[Json]:
    """Of CycloneDX's two forms the expression, where all parts are names of the SPDX list."""
    expression = all(_SPDX.fullmatch(part.strip("() ")) for part in re.split(r" (?:AND|OR|WITH) ", said))
    return [{"expression": said}] if expression else [{"license": {"name": said}}]


def _page_libraries(package_lock: Path) -> list[Json]:
    """What ends up in the pages; what only builds or tests them does not."""
    packages: dict[str, Json] = json.loads(package_lock.read_text("utf-8"))["packages"]
    waiting = [name for name in packages[""]["dependencies"] if name != BUILDS_PAGES]
    found: list[Json] = []
    seen = set(waiting)
    while waiting:
        name = waiting.pop()
        package = packages[f"node_modules/{name}"]
        further = package.get("dependencies", {}).keys() - seen
        seen |= further
        waiting += further
        version = package["version"]
        purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
        library: Json = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
        library["licenses"] = _licences(package.get("license", "unknown"))
        algorithm, _, digest = package.get("integrity", "").partition("-")
        if algorithm == "sha512":
            library["hashes"] = [{"alg": "SHA-512", "content": base64.b64decode(digest).hex()}]
        found.append(library)
    return found


def _model(entry: ModelEntry) -> Json:
    return {
        "type": "machine-learning-model" if entry.format != "data" else "data",
        "bom-ref": f"model:{entry.name}",
        "name": entry.name,
        "version": entry.files[0].sha256[:12],
        "description": entry.source,
        "licenses": _licences(entry.licence),
        "hashes": [{"alg": "SHA-256", "content": entry.files[0].sha256}],
        "pedigree": {"ancestors": [_ancestor(ancestor) for ancestor in entry.ancestry]},
        "properties": [{"name": "commercial", "value": str(commercially_free(entry)).lower()}],
    }


def _ancestor(ancestor: Ancestor) -> Json:
    return {
        "type": "data",
        "name": ancestor.name,
        "licenses": _licences(ancestor.licence),
        "properties": [{"name": "commercial", "value": str(ancestor.commercial).lower()}],
    }
