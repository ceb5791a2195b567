"""`agent backup` and `agent restore`: a copy of the archive while calls go on, and the archive made of a copy again."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from agent.app.audit import opened_audit
from agent.app.printing import JsonFlag, console, print_json
from agent.core.settings import Settings, load_settings
from agent.storage.backup import Backup, back_up, restore, source_of


def register(app: typer.Typer) -> None:
    app.command("backup")(back_up_archive)
    app.command("restore")(restore_archive)


def back_up_archive(
    file: Annotated[Path, typer.Argument(help="File to write; the calls' keys go beside it, into FILE.keys.")],
    json: JsonFlag = False,
) -> None:
    """Copies the archive, an SQLite file, as it is at this moment; calls may go on."""
    made = asyncio.run(_backed_up(load_settings(), file))
    if json:
        print_json(_told(made))
        return
    console.print(f"{made.file} has {made.calls} calls; the keys of {made.readable} are in {made.keys}", soft_wrap=True)
    console.print(
        f"Of files like {made.keys.name} keep only this newest one: it opens older copies, too, but not what was "
        "erased meanwhile. The archive's own keys (storage.key_file) belong apart from both.",
        soft_wrap=True,
    )


def restore_archive(
    file: Annotated[Path, typer.Argument(help="A copy that `agent backup` has made.")],
    keys: Annotated[Path, typer.Option(help="The newest of the files of keys that were written beside copies.")],
    json: JsonFlag = False,
) -> None:
    """Puts a copy that `agent backup` made in the archive's place. The agent must not run, and the file of storage.url
    must not be there."""
    made = restore(load_settings().storage.url, file, keys)
    if json:
        print_json(_told(made))
        return
    console.print(f"The archive has {made.calls} calls; {made.readable} of them can be read.", soft_wrap=True)
    console.print("What was erased since the copy was made is erased again when the agent starts.", soft_wrap=True)


async def _backed_up(settings: Settings, file: Path) -> Backup:
    source_of(settings.storage.url)
    async with opened_audit(settings) as audit:
        await audit.record("operator", "archive.backed_up", subject=file.name[:128])
        return await asyncio.to_thread(back_up, settings.storage.url, file)


def _told(made: Backup) -> dict[str, object]:
    return {"file": str(made.file), "keys": str(made.keys), "calls": made.calls, "readable": made.readable}
