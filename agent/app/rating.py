"""Rates this machine for calls when the agent starts, and remembers what it measured for as long as nothing changes."""

import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from agent import __version__
from agent.app.calibration import PartCosts
from agent.app.capacity import Capacity, capacity_of
from agent.app.machine import processor_name, usable_cores, usable_memory_mb
from agent.core.folders import cache_folder
from agent.core.settings import Settings
from agent.inference.registry import MANIFEST, Registry
from agent.inference.sessions import cuda_fault

log = logging.getLogger(__name__)


def rated_capacity(
    settings: Settings, registry: Registry, measure: Callable[[], PartCosts], *, again: bool = False
) -> Capacity:
    """The capacity of this machine; `measure` is called if it was not measured before, or is to be `again`.

    What is remembered is what parts of a call cost, by processor, cores, models, settings and version of the program.
    Cores and memory are looked at each time. Blocks for as long as `measure` does.
    """
    path = remembered_at(settings, registry)
    costs = None if again else _remembered(path)
    if costs is None:
        costs = measure()
        _remember(path, costs)
    return capacity_of(costs, settings, cores=usable_cores(), memory_mb=usable_memory_mb())


def remembered_at(settings: Settings, registry: Registry) -> Path:
    """The file with what was measured on a machine like this, whether it is there or not."""
    matters = (
        __version__,
        processor_name(),
        round(usable_cores(), 2),
        None if settings.models.provider == "cpu" else cuda_fault(),
        (registry.folder / MANIFEST).read_bytes(),
        settings.vision.model_dump_json(),
        settings.perception.model_dump_json(),
        settings.hearing.model_dump_json(),
        sorted(registry.withheld),
    )
    digest = hashlib.sha256(repr(matters).encode()).hexdigest()[:16]
    return cache_folder() / f"capacity-{digest}.json"


def _remembered(path: Path) -> PartCosts | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=PartCosts)
    except (OSError, msgspec.MsgspecError):
        return None


def _remember(path: Path, costs: PartCosts) -> None:
    """A folder that cannot be written to costs a second at the next start, no more."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(msgspec.json.encode(costs))
        unfinished.replace(path)
    except OSError as error:
        log.warning("what calls cost was not kept in %s (%s); it is measured again next time", path.parent, error)
