"""`agent recording`: the recording of a call's picture and sound, decrypted, as a file that players open."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from agent.app.given import require_archive
from agent.app.kept_data import opened_kept_data
from agent.app.printing import JsonFlag, console, print_json
from agent.app.recorded_calls import WrittenRecording, in_words, write_recording
from agent.core.settings import Settings, load_settings


def register(app: typer.Typer) -> None:
    app.command("recording")(recording)


def recording(
    call: Annotated[str, typer.Argument(help="Id of the call.")],
    out: Annotated[Path, typer.Option(help="File to write; its ending says of which form: .webm, .mkv or .mp4.")],
    json: JsonFlag = False,
) -> None:
    """Writes the recording of a call, if its customer agreed to one, decrypted and as it was encoded: keep the file as
    carefully. The audit log says that it was taken out."""
    written = asyncio.run(_written(load_settings(), call, out))
    if json:
        figures = {"seconds": round(written.muxed.seconds, 3), "frames": written.muxed.frames}
        print_json({"out": str(written.out), "broken": written.broken, "whole": written.whole, **figures})
    else:
        console.print(in_words(written), highlight=False, soft_wrap=True)


async def _written(settings: Settings, call: str, out: Path) -> WrittenRecording:
    require_archive(settings)
    async with opened_kept_data(settings) as kept:
        await kept.audit.record("operator", "recording.exported", call)
        return await write_recording(kept, call, out)
