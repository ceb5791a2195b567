"""`agent serve`: the whole agent on one address."""

import asyncio
import secrets
import time
from contextlib import ExitStack, nullcontext
from typing import Annotated

import msgspec
import typer
from pydantic import SecretStr
from rich.panel import Panel
from rich.status import Status
from rich.table import Table

from agent.app.local_key import offered, with_local_key
from agent.app.printing import JsonFlag, console, print_json
from agent.app.rooms import Rooms
from agent.app.server import serve
from agent.core.settings import Settings, load_settings
from agent.core.signed_customer import SignedCustomer, sign
from agent.dialogue.domain import load_domain

EXAMPLE_LASTS_S = 24 * 3600


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What `agent serve` says once calls can come."""

    url: str
    supervisor_url: str
    """While there is no account, with what lets a browser in."""
    signed_in_url: str | None
    """The customer page as the domain's example customer sees it; None where the domain has none."""
    reply_engine: str
    models: dict[str, str]
    """Provider by model, as really in use."""


def register(app: typer.Typer) -> None:
    app.command("serve")(serve_calls)


def serve_calls(
    port: Annotated[int | None, typer.Option(help="Port to serve on; 0 takes any free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Loopback address to serve on.")] = None,
    json: JsonFlag = False,
) -> None:
    """Serves the pages, takes calls and answers them, until Ctrl-C."""
    settings = load_settings()
    given = {"port": port, "host": host}
    own_secret = settings.server.customer_secret or SecretStr(secrets.token_urlsafe(32))
    changes = {key: value for key, value in given.items() if value is not None} | {"customer_secret": own_secret}
    server = settings.server.model_copy(update=changes)
    settings, local_key = with_local_key(settings.model_copy(update={"server": server}))
    with ExitStack() as offers, nullcontext() if json else console.status("starting") as status:

        def on_listening(rooms: Rooms, listening_port: int, link: str | None) -> None:
            ready = _ready(settings, rooms, listening_port, link)
            offers.enter_context(offered(ready.url, local_key))
            if status is None:
                print_json(ready)
            else:
                status.stop()
                console.print(_welcome(ready))
                # Beside the panel, whose border would break them in two.
                if link is not None:
                    console.print(f"As a supervisor, until there is an account: {ready.supervisor_url}", soft_wrap=True)
                if ready.signed_in_url is not None:
                    console.print(f"As a customer who is signed in: {ready.signed_in_url}", soft_wrap=True)

        try:
            asyncio.run(serve(settings, say=lambda step: _say(status, step), on_listening=on_listening))
        except KeyboardInterrupt:
            pass  # while it was still starting; once it serves, it ends in order by itself
    if not json:
        console.print("· stopped")


def _say(status: Status | None, step: str) -> None:
    if status is None:
        return
    if console.is_terminal:
        status.update(step)
    else:
        console.print(f"· {step}")


def _ready(settings: Settings, rooms: Rooms, port: int, link: str | None) -> Ready:
    scheme = "http" if settings.server.tls_certificate is None else "https"
    url = f"{scheme}://{settings.server.host}:{port}"
    return Ready(
        url=f"{url}/",
        supervisor_url=f"{url}/supervisor" + ("" if link is None else f"#link={link}"),
        signed_in_url=_signed_in_url(settings, url),
        reply_engine=settings.reply.url or f"embedded, {settings.reply.domain}",
        models={
            model.name: model.provider
            for model in (*rooms.runtime.report(), *rooms.vision.models, *rooms.hearing.models)
        },
    )


def _signed_in_url(settings: Settings, url: str) -> str | None:
    example = None if settings.reply.url else load_domain(settings.reply.domain).flows.example_customer
    secret = settings.server.customer_secret
    if example is None or secret is None:
        return None
    who = SignedCustomer(customer=example, expires_at=int(time.time()) + EXAMPLE_LASTS_S)
    token = sign(who, secret=secret.get_secret_value())
    return f"{url}/#customer={token}"


def _welcome(ready: Ready) -> Panel:
    """One screen: where to go, what runs where, and how to stop."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row("customer page", f"[bold]{ready.url}[/]")
    grid.add_row(
        "supervisor page",
        f"[bold]{ready.url}supervisor[/]" + (", by the address below" if "#" in ready.supervisor_url else ""),
    )
    grid.add_row("reply engine", ready.reply_engine)
    for provider in sorted(set(ready.models.values())):
        names = [name for name, place in ready.models.items() if place == provider]
        grid.add_row(f"models on {provider}", ", ".join(names))
    grid.add_row("stop", "Ctrl-C")
    return Panel(grid, title="The agent is ready", expand=False)
