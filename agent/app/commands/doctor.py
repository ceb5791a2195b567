"""`agent doctor`: does everything run here, on which provider, and how fast."""

import os
import platform
import time

import msgspec
import numpy as np
import onnxruntime
import typer
from rich.table import Table

from agent.app.printing import JsonFlag, console, print_json
from agent.core.errors import AgentError, ModelError
from agent.core.settings import load_settings
from agent.core.types import MIC_RATE_HZ
from agent.inference.registry import ModelEntry, Registry
from agent.inference.runtime import Runtime, cuda_fault
from agent.perception import whisper
from agent.perception.transcript import SpeechToText
from agent.transport.api import PAGES


class ModelCheck(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    ok: bool
    provider: str | None
    ms: float | None
    """Of one run after warm-up, on a second of silence for speech recognition; None for what is no model but data."""
    problem: str | None = None
    absent: str | None = None
    """Of an optional model that is not installed: the command that installs it."""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    ok: bool
    python: str
    machine: str
    cores: int
    onnxruntime: str
    providers: tuple[str, ...]
    """In use, not merely built in."""
    cuda: str
    """"in use", or why not."""
    pages_built: bool
    models: tuple[ModelCheck, ...]
    problems: tuple[str, ...]
    took_s: float


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(json: JsonFlag = False) -> None:
    """Opens and runs every model once and checks what the agent needs; exit code 1 if something is wrong."""
    diagnosis = diagnose()
    if json:
        print_json(diagnosis)
    else:
        _show(diagnosis)
    if not diagnosis.ok:
        raise typer.Exit(1)


def diagnose() -> Diagnosis:
    """Everything that `agent doctor` reports."""
    began_s = time.monotonic()
    problems: list[str] = []
    models: tuple[ModelCheck, ...] = ()
    try:
        settings = load_settings()
        registry = Registry.load(settings.models.folder)
        runtime = Runtime(registry, settings.models.provider)
        models = tuple(_check(runtime, entry) for entry in registry.entries)
    except AgentError as error:
        problems.append(str(error))
    problems += [check.problem for check in models if check.problem]
    pages_built = (PAGES / "index.html").is_file()
    if not pages_built:
        problems.append("the pages are not built; run `make demo`")
    return Diagnosis(
        ok=not problems,
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}",
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        onnxruntime=onnxruntime.__version__,
        providers=tuple(sorted({check.provider for check in models if check.provider})),
        cuda=cuda_fault() or "in use",
        pages_built=pages_built,
        models=models,
        problems=tuple(problems),
        took_s=round(time.monotonic() - began_s, 2),
    )


def _check(runtime: Runtime, entry: ModelEntry) -> ModelCheck:
    try:
        if entry.extra is not None and not runtime.registry.installed(entry.name):
            return ModelCheck(name=entry.name, ok=True, provider=None, ms=None, absent=f"uv sync --extra {entry.extra}")
        if entry.format == "ctranslate2":
            ms = _second_of_silence_ms(runtime, entry.name)
            opened = next(opened for opened in runtime.report() if opened.name == entry.name)
            return ModelCheck(name=entry.name, ok=True, provider=opened.provider, ms=round(ms, 2))
        if entry.format == "data":
            runtime.registry.path(entry.name)
            return ModelCheck(name=entry.name, ok=True, provider=None, ms=None)
        runtime.open(entry.name)
        opened = next(opened for opened in runtime.report() if opened.name == entry.name)
    except ModelError as error:
        return ModelCheck(name=entry.name, ok=False, provider=None, ms=None, problem=str(error))
    return ModelCheck(
        name=entry.name,
        ok=True,
        provider=opened.provider,
        ms=None if opened.ms is None else round(opened.ms, 2),
    )


def _second_of_silence_ms(runtime: Runtime, name: str) -> float:
    """Milliseconds in which speech recognition reads a second of silence."""
    english = name == whisper.ENGLISH
    model = whisper.open_english(runtime) if english else whisper.open_multilingual(runtime)
    speech_to_text = SpeechToText(model, short_windows=english)
    silence = np.zeros(MIC_RATE_HZ, np.float32)
    speech_to_text.read(silence, careful=False)
    began_s = time.perf_counter()
    speech_to_text.read(silence, careful=False)
    return (time.perf_counter() - began_s) * 1_000


def _show(diagnosis: Diagnosis) -> None:
    console.print(
        f"Python {diagnosis.python}, {diagnosis.machine}, {diagnosis.cores} cores, "
        f"ONNX Runtime {diagnosis.onnxruntime}, CUDA: {diagnosis.cuda}"
    )
    table = Table("model", "runs on", "ms", "")
    for check in diagnosis.models:
        mark = "[green]ok[/]" if check.ok else "[red]problem[/]"
        if check.absent:
            mark = f"not installed: `{check.absent}`"
        table.add_row(check.name, check.provider or "", "" if check.ms is None else f"{check.ms:.2f}", mark)
    console.print(table)
    for problem in diagnosis.problems:
        console.print("[red]✗[/]", problem, soft_wrap=True)
    if diagnosis.ok:
        console.print("[green]Everything is in order.[/]")
