"""`agent reply`: the reply engine alone, for any agent that speaks the protocol."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from agent.app.reply import run_engine
from agent.core.errors import SettingsError
from agent.core.settings import ReplySettings, load_settings

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def register(app: typer.Typer) -> None:
    app.command("reply")(reply)


def reply(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 8090,
    host: Annotated[str, typer.Option(help="Loopback address to listen on.")] = "127.0.0.1",
    domain: Annotated[str | None, typer.Option(help="Business to answer for.")] = None,
    database: Annotated[Path | None, typer.Option(help="The business's SQLite file.")] = None,
    supervised: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Answers calls over WebSocket; prints {"port": …} once it listens."""
    if host not in LOOPBACK:
        raise SettingsError(f"the reply engine has no login yet and listens on loopback only, not on {host}")
    given = {key: value for key, value in (("domain", domain), ("database", database)) if value}
    loaded = load_settings()
    settings = ReplySettings(**loaded.reply.model_dump(exclude_unset=True) | given)
    try:
        asyncio.run(run_engine(settings, loaded.models, host=host, port=port, supervised=supervised))
    except KeyboardInterrupt:
        return
