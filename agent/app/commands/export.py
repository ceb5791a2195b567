"""`agent export`: everything that is kept of a customer, or of one call, as JSON and as a text."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from agent.app.exporting import Export, Exporting, readable
from agent.app.kept_data import KeptData, opened_kept_data
from agent.app.printing import JsonFlag, console, print_json
from agent.app.private_file import write_privately
from agent.app.recorded_calls import in_words, write_recording
from agent.core.errors import AgentError
from agent.core.settings import Settings, load_settings

CustomerId = Annotated[str | None, typer.Option("--customer", help="The business's own id of a customer.")]
CallId = Annotated[str | None, typer.Option("--call", help="Id of one call, such as a guest's.")]


def register(app: typer.Typer) -> None:
    app.command("export")(export)


def export(
    out: Annotated[Path, typer.Option(help="File of JSON; a text for people lies beside it, as .txt.")],
    customer: CustomerId = None,
    call: CallId = None,
    json: JsonFlag = False,
) -> None:
    """Writes down everything that is kept of a customer, wherever it is, unsealed: keep the files as carefully."""
    require_one(customer, call)
    found, recordings = asyncio.run(_exported(load_settings(), customer, call, out))
    text = out.with_suffix(".txt")
    write_privately(out, msgspec.json.format(msgspec.json.encode(found), indent=1))
    write_privately(text, readable(found).encode())
    if json:
        print_json({"out": str(out), "text": str(text), "calls": len(found.calls), "recordings": recordings})
        return
    console.print(f"{len(found.calls)} calls in {out}, and to be read in {text}", highlight=False, soft_wrap=True)
    for call_id, what in recordings.items():
        console.print(f"recording of call {call_id}: {what}", highlight=False, soft_wrap=True)


def require_one(customer: str | None, call: str | None) -> None:
    """Raises `AgentError` unless exactly one is given."""
    if (customer is None) == (call is None):
        raise AgentError("give either --customer with the business's id of a customer, or --call with a call's id")


async def _exported(
    settings: Settings, customer: str | None, call: str | None, out: Path
) -> tuple[Export, dict[str, str]]:
    """All that is kept; and by call what became of the recordings among it, which are written beside `out`."""
    async with opened_kept_data(settings) as kept:
        exporting = Exporting(kept)
        if customer is not None:
            found = await exporting.customer(customer, actor="operator")
        else:
            found = await exporting.call(call or "", actor="operator")
        recorded = [str(one["id"]) for one in found.calls if one["recordings"]]
        return found, {call_id: await _recording(kept, call_id, out) for call_id in recorded}


async def _recording(kept: KeptData, call_id: str, out: Path) -> str:
    """What became of a call's recording: one that cannot be read keeps nothing else back."""
    try:
        beside = out.with_name(f"{out.stem}-{call_id}")
        return in_words(await write_recording(kept, call_id, beside, choose_ending=True))
    except AgentError as fault:
        return str(fault)
