"""`agent users`: accounts of staff, the first admin's among them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from agent.app.audit import opened_audit
from agent.app.printing import JsonFlag, console, print_json
from agent.app.staff import opened_users
from agent.core.errors import AccountError
from agent.core.identity import STAFF, Account, Role
from agent.core.settings import load_settings
from agent.storage.audit import Audit
from agent.storage.users import Users
from agent.transport.passwords import hash_password, require_good_password
from agent.transport.totp import enrolment_uri, new_recovery_codes, new_secret, recovery_digest, step_of

ISSUER = "Attentive agent"
OPERATOR = "operator"

Name = Annotated[str, typer.Argument(help="Of the account, in lower case.")]
StaffRole = Annotated[Role, typer.Option(help="supervisor: watches calls; engineer: metrics and times; admin: all.")]
PasswordFile = Annotated[
    Path | None, typer.Option(help="Holds the password; without it, it is asked for. /dev/stdin reads a pipe.")
]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An account as the command line tells of it."""

    name: str
    role: str
    password: bool
    """False for who signs in at an identity provider."""
    second_factor: bool
    recovery_codes_left: int
    created_at: float
    disabled: bool


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A second factor that was switched on; none of it is shown again."""

    name: str
    uri: str
    recovery_codes: tuple[str, ...]


def register(app: typer.Typer) -> None:
    users = typer.Typer(help="Accounts of staff: make, list, change and disable them.", no_args_is_help=True)
    users.command("add")(add)
    users.command("list")(list_accounts)
    users.command("role")(change_role)
    users.command("reset")(reset)
    users.command("totp")(second_factor)
    users.command("disable")(disable)
    app.add_typer(users, name="users")


def add(name: Name, role: StaffRole, password_file: PasswordFile = None, json: JsonFlag = False) -> None:
    """Makes an account. The password is asked for, or read from a file; it is never an argument, which others see."""
    _require_staff(role)
    hashed = _asked_password(name, password_file)

    async def made() -> Account:
        async with _opened() as (users, audit):
            await users.require_free(name)
            await audit.record(OPERATOR, "user.added", name.casefold(), role=role.value)
            return await users.add(name, role, hashed)

    _tell(asyncio.run(made()), "is there; sign in at /signin", json=json)


def list_accounts(json: JsonFlag = False) -> None:
    """Lists all accounts, disabled ones too."""

    async def listed() -> list[Account]:
        async with opened_users(load_settings()) as users:
            return await users.all()

    accounts = [_shown(account) for account in asyncio.run(listed())]
    if json:
        print_json({"users": accounts})
        return
    if not accounts:
        console.print("There is no account yet. `agent users add NAME --role admin` makes the first.")
        return
    table = Table("name", "role", "second factor", "since", "", title="Accounts")
    for account in accounts:
        since = datetime.fromtimestamp(account.created_at, UTC).strftime("%Y-%m-%d")
        factor = f"yes, {account.recovery_codes_left} recovery codes left" if account.second_factor else "no"
        state = "disabled" if account.disabled else "" if account.password else "signs in elsewhere"
        table.add_row(escape(account.name), account.role, factor, since, state)
    console.print(table)


def change_role(name: Name, role: Annotated[Role, typer.Argument(help="The new one.")], json: JsonFlag = False) -> None:
    """Gives an account another role, within seconds also where it is signed in."""
    _require_staff(role)

    async def changed() -> Account:
        async with _opened() as (users, audit):
            account = await users.of(name)
            await audit.record(OPERATOR, "user.role", account.name, role=role.value, before=account.role.value)
            await users.set_role(account, role)
            return await users.of(name)

    _tell(asyncio.run(changed()), f"is {role.value} now", json=json)


def reset(
    name: Name,
    password_file: PasswordFile = None,
    without_totp: Annotated[bool, typer.Option("--without-totp", help="Takes the second factor away, too.")] = False,
    json: JsonFlag = False,
) -> None:
    """Sets a new password, enables the account and ends its sessions."""
    hashed = _asked_password(name, password_file)

    async def done() -> Account:
        async with _opened() as (users, audit):
            account = await users.of(name)
            await audit.record(OPERATOR, "user.reset", account.name, without_totp=without_totp)
            await users.set_password(account, hashed)
            if without_totp:
                await users.set_second_factor(account, None)
            return await users.of(name)

    _tell(asyncio.run(done()), "has a new password and is signed out everywhere", json=json)


def disable(name: Name, json: JsonFlag = False) -> None:
    """Keeps an account from signing in and ends its sessions; `agent users reset` enables it again."""

    async def done() -> Account:
        async with _opened() as (users, audit):
            account = await users.of(name)
            await audit.record(OPERATOR, "user.disabled", account.name)
            await users.disable(account)
            return await users.of(name)

    _tell(asyncio.run(done()), "is disabled and signed out everywhere", json=json)


def second_factor(
    name: Name,
    off: Annotated[bool, typer.Option("--off", help="Switches it off.")] = False,
    json: JsonFlag = False,
) -> None:
    """Switches an account's second factor on, with an authenticator app's codes (TOTP), and ends its sessions."""
    if off:
        _tell(asyncio.run(_switched_off(name)), "has no second factor and is signed out everywhere", json=json)
    else:
        asyncio.run(_switch_on(name, json=json))


async def _switched_off(name: str) -> Account:
    async with _opened() as (users, audit):
        account = await users.of(name)
        await audit.record(OPERATOR, "user.second_factor", account.name, on=False)
        await users.set_second_factor(account, None)
        return await users.of(name)


async def _switch_on(name: str, *, json: bool) -> None:
    async with _opened() as (users, audit):
        account = await users.of(name)
        if account.password_hash is None:
            raise AccountError(
                f"{account.name} signs in at the identity provider, which asks for second factors itself"
            )
        secret, codes = new_secret(), new_recovery_codes()
        enrolment = Enrolment(
            name=account.name, uri=enrolment_uri(secret, name=account.name, issuer=ISSUER), recovery_codes=codes
        )
        if not json:
            _show_enrolment(enrolment, secret)
            await asyncio.to_thread(_ask_for_code, secret)
        await audit.record(OPERATOR, "user.second_factor", account.name, on=True)
        await users.set_second_factor(account, secret, tuple(recovery_digest(code) for code in codes))
    if json:
        print_json(enrolment)
    else:
        console.print(f"{escape(account.name)} needs a code to sign in from now on.")


def _show_enrolment(enrolment: Enrolment, secret: str) -> None:
    console.print("Add this to an authenticator app, as an address or as a key:")
    console.print(f"  {enrolment.uri}", soft_wrap=True, markup=False)
    console.print(f"  {secret}", markup=False)
    console.print("Keep these recovery codes; each signs in once without the app, and none is shown again:")
    console.print("  " + "  ".join(enrolment.recovery_codes), markup=False)


def _ask_for_code(secret: str) -> None:
    """Whoever cannot show a code yet must not be locked out by the next sign-in."""
    code = typer.prompt("The code that the app shows now")
    if step_of(secret, code, now=time.time()) is None:
        raise AccountError("this is not the code of now; is the clock right? Nothing was changed")


def _asked_password(name: str, file: Path | None) -> str:
    """The hash of a password that is good enough. Raises `AccountError`."""
    if file is None:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        try:
            password = file.read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as fault:
            raise AccountError(f"the password file {file} cannot be read: {fault}") from None
    require_good_password(password, name=name)
    return hash_password(password)


def _require_staff(role: Role) -> None:
    if role not in STAFF:
        raise AccountError(f"accounts have the role {', '.join(STAFF)}; {role.value} is none of staff's")


@asynccontextmanager
async def _opened() -> AsyncIterator[tuple[Users, Audit]]:
    settings = load_settings()
    async with opened_users(settings) as users, opened_audit(settings) as audit:
        yield users, audit


def _shown(account: Account) -> Shown:
    return Shown(
        name=account.name,
        role=account.role.value,
        password=account.password_hash is not None,
        second_factor=account.totp_secret is not None,
        recovery_codes_left=len(account.recovery_codes),
        created_at=account.created_at,
        disabled=account.disabled_at is not None,
    )


def _tell(account: Account, what: str, *, json: bool) -> None:
    if json:
        print_json(_shown(account))
    else:
        console.print(f"{escape(account.name)}, {account.role.value}, {what}.", highlight=False)
