"""`agent keys`: the keys with which the archive is sealed."""

import asyncio
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from agent.app.audit import opened_audit
from agent.app.printing import JsonFlag, console, print_json
from agent.core.errors import StoreError
from agent.core.settings import Settings, load_settings
from agent.storage.data_keys import archive_of, open_keyring, rewrap, wrapped_by
from agent.storage.keyring import Keyring
from agent.storage.spool import spool_folder

OPERATOR = "operator"


class Key(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    made_on: str
    current: bool
    """Whether what is new is wrapped by it."""
    data_keys: int
    """Calls whose data key it has wrapped."""


def register(app: typer.Typer) -> None:
    keys = typer.Typer(help="The keys with which the archive is sealed.", no_args_is_help=True)
    keys.command("list")(list_keys)
    keys.command("rotate")(rotate)
    keys.command("forget")(forget)
    keys.command("new")(new)
    app.add_typer(keys, name="keys")


def list_keys(json: JsonFlag = False) -> None:
    """Prints which master keys there are, and how many calls depend on each; never the keys."""
    settings = load_settings()
    where, keys = asyncio.run(_listed(settings))
    if json:
        print_json({"where": where, "keys": keys})
        return
    table = Table("master key", "made on", "calls", "", title=f"Keys in {where}")
    for key in keys:
        table.add_row(key.id, key.made_on, str(key.data_keys), "wraps what is new" if key.current else "")
    console.print(table)


def rotate(json: JsonFlag = False) -> None:
    """Makes a new master key and wraps every call's data key by it. What is sealed need not be written again, and an
    agent that runs goes on: it takes the new key with its next call.

    Older keys stay, as backups from before need them, until `agent keys forget`.
    """
    key_id, rewrapped = asyncio.run(_rotated(load_settings()))
    if json:
        print_json({"master_key": key_id, "rewrapped": rewrapped})
        return
    console.print(
        f"master key {key_id} wraps the data keys of all calls now, {rewrapped} anew; keep a copy of the keys"
    )


def forget(
    key: Annotated[str, typer.Argument(help="Id of a master key that wraps nothing any more.")],
    json: JsonFlag = False,
) -> None:
    """Destroys an old master key: backups from before its rotation cannot be read any more, erased calls among them."""
    asyncio.run(_forgotten(load_settings(), key))
    if json:
        print_json({"forgotten": key})
    else:
        console.print(f"master key {key} is gone; backups from before it was rotated cannot be read any more")


def new(
    master: Annotated[bool, typer.Option("--master", help="Only a master key, to put after those there are.")] = False,
) -> None:
    """Prints new keys on one line, for AGENT_STORAGE__KEYS or a file that storage.keys_file names."""
    words = Keyring.fresh().text().split()
    print(words[-1] if master else " ".join(words))


async def _listed(settings: Settings) -> tuple[str, list[Key]]:
    keyring = await open_keyring(settings.storage)
    async with archive_of(settings.storage) as engine:
        calls = await wrapped_by(engine)
    where = "storage.keys" if keyring.path is None else str(keyring.path)
    return where, [
        Key(id=one.id, made_on=one.made_on, current=one is keyring.current, data_keys=calls.get(one.id, 0))
        for one in keyring.masters
    ]


async def _rotated(settings: Settings) -> tuple[str, int]:
    keyring = await open_keyring(settings.storage)
    if keyring.path is not None:
        keyring = keyring.rotated()
        await asyncio.to_thread(keyring.write)
    async with archive_of(settings.storage) as engine:
        rewrapped = await rewrap(engine, keyring)
    if keyring.path is None and not rewrapped:
        raise StoreError(
            "all is wrapped by the last key of storage.keys already; put one that `agent keys new --master` prints "
            "after it, restart the agent, and rotate then"
        )
    async with opened_audit(settings, keyring) as audit:
        await audit.record(OPERATOR, "keys.rotated", keyring.current.id, data_keys=rewrapped)
    return keyring.current.id, rewrapped


async def _forgotten(settings: Settings, key_id: str) -> None:
    keyring = await open_keyring(settings.storage)
    if keyring.master(key_id) is keyring.current:
        raise StoreError(f"master key {key_id} wraps what is new; run `agent keys rotate` first")
    if keyring.path is None:
        raise StoreError("the keys come from storage.keys, so take the old one out of there")
    if await asyncio.to_thread(lambda: any(spool_folder(settings.storage).glob("*/*.rows"))):
        raise StoreError("rows wait in the spool, and may need this key; start the agent until they are written")
    async with archive_of(settings.storage) as engine:
        if calls := (await wrapped_by(engine)).get(key_id):
            raise StoreError(f"the data keys of {calls} calls are wrapped by {key_id}; run `agent keys rotate` first")
    await asyncio.to_thread(keyring.without(key_id).write)
    async with opened_audit(settings, keyring) as audit:
        await audit.record(OPERATOR, "keys.forgotten", key_id)
