"""`agent identity`: keys by which programs show who they are."""

import hashlib
import secrets
from typing import Annotated

import msgspec
import typer

from agent.app.printing import JsonFlag, console, print_json
from agent.core.errors import SettingsError
from agent.core.identity import Role


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    """Nobody keeps it; what is lost is made anew."""
    sha256: str
    role: str
    name: str


def register(app: typer.Typer) -> None:
    identity = typer.Typer(help="Keys by which programs show who they are.", no_args_is_help=True)
    identity.callback()(_root)
    identity.command("key")(make_key)
    app.add_typer(identity, name="identity")


def _root() -> None:
    """Keys by which programs show who they are."""


def make_key(
    role: Annotated[Role, typer.Option(help="What the program may do; with business, make links for customers.")],
    name: Annotated[str, typer.Option(help="Of the program, for the audit log.")] = "",
    json: JsonFlag = False,
) -> None:
    """Makes a key for a program and prints it, once, with what the settings need to know it."""
    if role is Role.CUSTOMER:
        raise SettingsError("customers have links instead of keys; a program with the role business makes them")
    key = secrets.token_urlsafe(32)
    made = NewKey(key=key, sha256=hashlib.sha256(key.encode()).hexdigest(), role=role.value, name=name or role.value)
    if json:
        print_json(made)
        return
    console.print("The key, for the program; it is printed this once and kept by nobody:")
    console.print(f"\n    {made.key}\n", soft_wrap=True, highlight=False)
    console.print("For agent.toml, which needs only its digest:")
    toml = f'\n[[identity.keys]]\nname = {_quoted(made.name)}\nrole = "{made.role}"\nsha256 = "{made.sha256}"'
    console.print(toml, soft_wrap=True, highlight=False, markup=False)


def _quoted(text: str) -> str:
    """As a TOML string, which JSON's are."""
    return msgspec.json.encode(text).decode()
