"""`agent settings`: every setting with the value in force."""

import re
from typing import Any

import typer
from rich.table import Table

from agent.app.printing import JsonFlag, console, print_json
from agent.core.settings import Settings, load_settings

HIDDEN = "**********"
_PASSWORD = re.compile(r"(?<=://)([^/@:\s]*):[^/\s]*@")
"""Of an address, such as that of a database (RFC 3986, section 3.2.1)."""


def register(app: typer.Typer) -> None:
    app.command("settings")(show_settings)


def show_settings(json: JsonFlag = False) -> None:
    """Shows what is in force from agent.toml, the environment and the defaults; secrets as stars."""
    tree = printable(load_settings())
    if json:
        print_json(tree)
        return
    table = Table("setting", "value", "environment variable", title="Settings")
    for section, values in tree.items():
        for key, value in values.items():
            table.add_row(f"{section}.{key}", str(value), f"AGENT_{section.upper()}__{key.upper()}")
    console.print(table)


def printable(settings: Settings) -> dict[str, Any]:
    """Every value by section and key, as JSON has it, without secrets and without the passwords in addresses."""
    hidden: dict[str, Any] = _without_passwords(settings.model_dump(mode="json"))
    return hidden


def _without_passwords(value: Any) -> Any:
    match value:
        case str():
            return _PASSWORD.sub(rf"\1:{HIDDEN}@", value)
        case dict():
            return {key: _without_passwords(part) for key, part in value.items()}
        case list():
            return [_without_passwords(part) for part in value]
    return value
