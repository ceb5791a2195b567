"""`agent audit`: who did what to whom, and whether anybody has altered that since."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from agent.app.audit import opened_audit
from agent.app.printing import JsonFlag, console, print_json
from agent.core.clock import NS_PER_MS, NS_PER_S
from agent.core.settings import load_settings
from agent.storage.audit_chain import Anchor, Entry, Verdict

MS_PER_S = NS_PER_S // NS_PER_MS
DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def register(app: typer.Typer) -> None:
    audit = typer.Typer(help="Who did what to whom, and whether that was altered since.", no_args_is_help=True)
    audit.command("list")(list_entries)
    audit.command("verify")(verify)
    app.add_typer(audit, name="audit")


def list_entries(
    since: Annotated[
        datetime | None,
        typer.Option(help="Only what was done from then on, in UTC.", formats=DATES),
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Prints the entries, the oldest first."""
    since_ms = 0 if since is None else round(since.replace(tzinfo=UTC).timestamp() * MS_PER_S)
    entries = asyncio.run(_entries(since_ms))
    if json:
        print_json({"entries": entries})
        return
    table = Table("entry", "when, UTC", "who", "did what", "to whom", "details", title="Audit log")
    for entry in entries:
        when = datetime.fromtimestamp(entry.at_ms / MS_PER_S, UTC).strftime("%Y-%m-%d %H:%M:%S")
        details = "" if entry.details == "{}" else entry.details
        table.add_row(str(entry.seq), when, *map(escape, (entry.actor, entry.action, entry.subject, details)))
    console.print(table)


def verify(
    anchor: Annotated[
        str | None, typer.Option(help="A head that an earlier run printed, instead of the one kept on this machine.")
    ] = None,
    known: Annotated[
        int, typer.Option(help="Losses in entries up to this one are known, as of a backup that was restored.", min=0)
    ] = 0,
    json: JsonFlag = False,
) -> None:
    """Checks that no entry was altered, removed, moved or cut off; exit code 1 if one was."""
    verdict = asyncio.run(_verdict(None if anchor is None else Anchor.parse(anchor), known))
    if json:
        print_json(verdict)
    else:
        _show(verdict)
    if not verdict.ok:
        raise typer.Exit(1)


async def _entries(since_ms: int) -> list[Entry]:
    async with opened_audit(load_settings()) as audit:
        return [entry async for entry in audit.entries(since_ms=since_ms)]


async def _verdict(anchor: Anchor | None, known: int) -> Verdict:
    async with opened_audit(load_settings()) as audit:
        return await audit.verify(anchor, known_losses_up_to=known)


def _show(verdict: Verdict) -> None:
    for fault in verdict.faults:
        console.print("[bold red]fault[/]", escape(fault), soft_wrap=True, highlight=False)
    if verdict.ok:
        console.print(f"{verdict.entries} entries, all as they were written", highlight=False)
    if verdict.later:
        console.print(f"{verdict.later} of them are later than the anchor", highlight=False)
    if verdict.head is not None:
        console.print(
            f"To check against this end later, keep it somewhere else: --anchor {verdict.head}",
            soft_wrap=True,
            highlight=False,
        )
