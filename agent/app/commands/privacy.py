"""`agent privacy`: the documents that a privacy officer needs, filled in from the settings in force."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from agent.app.printing import JsonFlag, print_json
from agent.app.privacy_documents import impact_assessment, processing_record
from agent.core.errors import AgentError
from agent.core.settings import Settings, load_settings

Out = Annotated[Path | None, typer.Option(help="File to write; standard output if absent.")]


def register(app: typer.Typer) -> None:
    privacy = typer.Typer(help="Documents for the privacy officer, filled in from the settings.", no_args_is_help=True)
    privacy.command("record")(record)
    privacy.command("dpia")(dpia)
    app.add_typer(privacy, name="privacy")


def record(out: Out = None, json: JsonFlag = False) -> None:
    """The record of processing activities (GDPR Art. 30), as Markdown."""
    _hand_out(processing_record, out, json=json)


def dpia(out: Out = None, json: JsonFlag = False) -> None:
    """A data protection impact assessment (GDPR Art. 35) to be completed, as Markdown."""
    _hand_out(impact_assessment, out, json=json)


def _hand_out(make: Callable[[Settings, date], str], out: Path | None, *, json: bool) -> None:
    document = make(load_settings(), date.today())
    if out is not None:
        try:
            out.write_text(document, "utf-8")
        except OSError as fault:
            raise AgentError(f"{out} cannot be written: {fault.strerror}") from None
    if json:
        print_json({"markdown": document, "out": None if out is None else str(out)})
    elif out is None:
        typer.echo(document)
