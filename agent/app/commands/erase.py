"""`agent erase`: takes away everything that is kept of a customer, or of one call, and certifies it."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from agent.app.commands.export import CallId, CustomerId, require_one
from agent.app.erasing import SIGNS_CERTIFICATES, Erasing
from agent.app.kept_data import opened_kept_data
from agent.app.printing import JsonFlag, console, print_json
from agent.core.errors import StoreError
from agent.core.settings import Settings, load_settings
from agent.storage.certificate import Certificate, is_genuine, public_key_of, read_certificate
from agent.storage.data_keys import open_keyring


def register(app: typer.Typer) -> None:
    erase = typer.Typer(help="Takes away all that is kept of a customer.", invoke_without_command=True)
    erase.callback()(erase_one)
    erase.command("verify")(verify)
    app.add_typer(erase, name="erase")


def erase_one(
    context: typer.Context,
    customer: CustomerId = None,
    call: CallId = None,
    out: Annotated[
        Path | None, typer.Option(help="File for the certificate; erased-TIME.json in this folder if absent.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: JsonFlag = False,
) -> None:
    """Takes away everything that is kept of a customer, wherever it is, and writes a signed certificate."""
    if context.invoked_subcommand is not None:
        return
    require_one(customer, call)
    if not yes:
        typer.confirm("This cannot be undone. Erase?", abort=True, err=True)
    certificate = asyncio.run(_erased(load_settings(), customer, call))
    path = out or Path(f"erased-{certificate.erased_at.replace(':', '')}.json")
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(certificate), indent=1) + b"\n")
    except OSError as fault:
        print_json(certificate)
        raise StoreError(
            f"all is erased, but {path} cannot be written ({fault.strerror}); keep what is above"
        ) from None
    if json:
        print_json(msgspec.to_builtins(certificate) | {"out": str(path)})
        return
    _show(certificate)
    console.print(f"certificate: {path}", highlight=False, soft_wrap=True)


def verify(
    certificate: Annotated[Path, typer.Argument(help="A certificate that `agent erase` wrote.")],
    public_key: Annotated[
        str | None, typer.Option(help="Of the agent that signed it, in hex; this one's if absent.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Says whether a certificate is as this agent signed it; exit code 1 if not."""
    found = read_certificate(certificate)
    key = public_key or asyncio.run(_own_key(load_settings()))
    genuine = is_genuine(found, key)
    if json:
        print_json({"ok": genuine, "erased_at": found.erased_at, "customer": found.customer, "public_key": key})
    elif genuine:
        _show(found)
        console.print("The certificate is as it was signed.")
    else:
        console.print("[bold red]The certificate was altered, or another agent signed it.[/]")
    if not genuine:
        raise typer.Exit(1)


async def _erased(settings: Settings, customer: str | None, call: str | None) -> Certificate:
    async with opened_kept_data(settings) as kept:
        erasing = Erasing(kept)
        if customer is not None:
            return await erasing.erase_customer(customer, actor="operator")
        return await erasing.erase_call(call or "", actor="operator")


async def _own_key(settings: Settings) -> str:
    return public_key_of((await open_keyring(settings.storage)).secret(SIGNS_CERTIFICATES))


def _show(certificate: Certificate) -> None:
    who = f"customer {certificate.customer}, " if certificate.customer is not None else ""
    console.print(f"[bold]erased[/] {certificate.erased_at}: {who}{len(certificate.calls)} calls", highlight=False)
    for name, rows in certificate.erased.items():
        console.print(f"  {name}: {rows}", highlight=False)
    if certificate.going_on:
        console.print(
            f"  {len(certificate.going_on)} of the calls went on; no more of them is written", highlight=False
        )
    for sentence in certificate.not_erased:
        console.print(f"[dim]{escape(sentence)}[/]", highlight=False, soft_wrap=True)
