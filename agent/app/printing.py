"""How commands print: one JSON object on standard output for programs, tables for people."""

import sys
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]

console = Console()


def print_json(value: Any) -> None:
    """Writes a struct, mapping or list as JSON on one line of standard output."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()
