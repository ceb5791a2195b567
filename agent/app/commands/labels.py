"""`agent labels`: what staff said of moments of calls, as a file to measure by or to learn from."""

import asyncio
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from agent.app.call_tables import written
from agent.app.kept_data import opened_kept_data
from agent.app.kept_labels import KeptLabel, kept_labels
from agent.app.printing import JsonFlag, console, print_json
from agent.app.private_file import write_privately
from agent.core.settings import Settings, load_settings


class Kind(StrEnum):
    EMOTION = "emotion"
    GESTURE = "gesture"
    INTENT = "intent"


def register(app: typer.Typer) -> None:
    labels = typer.Typer(help="What staff said of moments of calls.", no_args_is_help=True)
    labels.callback()(_labels)
    labels.command("export")(export)
    app.add_typer(labels, name="labels")


def _labels() -> None:
    """What staff said of moments of calls."""


def export(
    out: Annotated[Path, typer.Option(help="File to write: .csv, or .json for anything else.")],
    kind: Annotated[Kind | None, typer.Option(help="Only labels of this kind.")] = None,
    for_training: Annotated[
        bool, typer.Option("--for-training", help="Only of calls whose customers agreed that labels are learnt from.")
    ] = False,
    lines: Annotated[
        bool,
        typer.Option("--lines", help="Of intents the lines and what they meant, as `agent train intent --data` takes."),
    ] = False,
    json: JsonFlag = False,
) -> None:
    """Writes labels down. Lines of customers are in it only where they agreed that labels are learnt from."""
    wanted = Kind.INTENT if lines else kind
    found = asyncio.run(_found(load_settings(), wanted, for_training=for_training or lines))
    if lines:
        table = [{"text": one.text, "category": one.right} for one in found if one.text and one.right]
    else:
        table = [msgspec.structs.asdict(one) for one in found]
    write_privately(out, written(table, "csv" if out.suffix == ".csv" else "json"))
    right = Counter(one.kind for one in found if one.correct)
    kinds = {name: {"n": n, "right": right[name]} for name, n in sorted(Counter(one.kind for one in found).items())}
    if json:
        print_json({"out": str(out), "rows": len(table), "kinds": kinds})
        return
    console.print(f"{len(table)} rows in {out}", highlight=False, soft_wrap=True)
    for name, counts in kinds.items():
        console.print(f"{name}: {counts['right']} of {counts['n']} were right", highlight=False)


async def _found(settings: Settings, kind: str | None, *, for_training: bool) -> list[KeptLabel]:
    async with opened_kept_data(settings) as kept:
        return await kept_labels(kept, kind=kind, for_training=for_training, actor="operator")
