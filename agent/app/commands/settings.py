"""`agent settings`: every setting with the value in force."""

import typer
from rich.table import Table

from agent.app.printing import JsonFlag, console, print_json
from agent.core.settings import load_settings


def register(app: typer.Typer) -> None:
    app.command("settings")(show_settings)


def show_settings(json: JsonFlag = False) -> None:
    """Shows what is in force from agent.toml, the environment and the defaults."""
    tree = load_settings().model_dump(mode="json")
    if json:
        print_json(tree)
        return
    table = Table("setting", "value", "environment variable", title="Settings")
    for section, values in tree.items():
        for key, value in values.items():
            table.add_row(f"{section}.{key}", str(value), f"AGENT_{section.upper()}__{key.upper()}")
    console.print(table)
