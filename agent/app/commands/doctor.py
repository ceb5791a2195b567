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
from agent.core.speech import MIC_RATE_HZ
from agent.inference.registry import ModelEntry, Registry
from agent.inference.runtime import Runtime
from agent.inference.sessions import cuda_fault
from agent.perception import whisper
from agent.perception.transcript import SpeechToText
from agent.transport.api import PAGES


class ModelCheck(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    ok: bool
    provider: str | None
    precision: str | None = None
    batch: int | None = None
    """Rows of different calls that may run together; 1 where they run one by one."""
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
        registry = Registry.of(settings.models)
        runtime = Runtime(registry, settings.models.provider, half=settings.models.half)
        used = [entry for entry in registry.entries if entry.name not in registry.withheld]
        models = tuple(_check(runtime, entry) for entry in used)
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
        cuda=_cuda(models),
        pages_built=pages_built,
        models=models,
        problems=tuple(problems),
        took_s=round(time.monotonic() - began_s, 2),
    )


def _cuda(models: tuple[ModelCheck, ...]) -> str:
    in_use = any(check.provider == "cuda" for check in models)
    return "in use" if in_use else cuda_fault() or "a GPU is there, but no model runs on it"


def _check(runtime: Runtime, entry: ModelEntry) -> ModelCheck:
    try:
        if entry.extra is not None and not runtime.registry.installed(entry.name):
            return ModelCheck(name=entry.name, ok=True, provider=None, ms=None, absent=f"uv sync --extra {entry.extra}")
        if entry.format == "ctranslate2":
            ms: float | None = _second_of_silence_ms(runtime, entry.name)
        elif entry.format == "data":
            runtime.registry.path(entry.name)
            return ModelCheck(name=entry.name, ok=True, provider=None, ms=None)
        else:
            runtime.open(entry.name)
            ms = None
    except ModelError as error:
        return ModelCheck(name=entry.name, ok=False, provider=None, ms=None, problem=str(error))
    opened = next(opened for opened in runtime.report() if opened.name == entry.name)
    took_ms = opened.ms if ms is None else ms
    return ModelCheck(
        name=entry.name,
        ok=True,
        provider=opened.provider,
        precision=opened.precision,
        batch=opened.batch,
        ms=None if took_ms is None else round(took_ms, 2),
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
    table = Table("model", "runs on", "precision", "batch", "ms", "")
    for check in diagnosis.models:
        mark = "[green]ok[/]" if check.ok else "[red]problem[/]"
        if check.absent:
            mark = f"not installed: `{check.absent}`"
        batch = f"up to {check.batch}" if check.batch is not None and check.batch > 1 else ""
        ms = "" if check.ms is None else f"{check.ms:.2f}"
        table.add_row(check.name, check.provider or "", check.precision or "", batch, ms, mark)
    console.print(table)
    for problem in diagnosis.problems:
        console.print("[red]✗[/]", problem, soft_wrap=True)
    if diagnosis.ok:
        console.print("[green]Everything is in order.[/]")
