"""`agent retention run`: takes away what was kept long enough, as the agent does by itself every day."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

import typer

from agent.app.keeping import Keeping
from agent.app.kept_data import opened_kept_data
from agent.app.printing import JsonFlag, console, print_json
from agent.core.settings import Settings, load_settings


def register(app: typer.Typer) -> None:
    retention = typer.Typer(help="How long what is kept of calls stays.", no_args_is_help=True)
    retention.callback()(_retention)
    retention.command("run")(run)
    app.add_typer(retention, name="retention")


def _retention() -> None:
    """How long what is kept of calls stays."""


def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    json: JsonFlag = False,
) -> None:
    """Takes away what was kept as long as the settings under `retention` say. `agent serve` does it every day."""
    rows = asyncio.run(_run(load_settings(), dry_run=dry_run))
    if json:
        print_json({"dry_run": dry_run, "rows": rows})
        return
    verb = "would go" if dry_run else "gone"
    for name, count in rows.items():
        console.print(f"{name}: {count} {verb}", highlight=False)
    if not rows:
        console.print("Nothing has been kept long enough to go.")


async def _run(settings: Settings, *, dry_run: bool) -> Mapping[str, int]:
    async with opened_kept_data(settings) as kept:
        keeping = Keeping(kept)
        return await (keeping.due() if dry_run else keeping.retire(actor="operator"))
