"""`agent reply`: the reply engine alone, for any agent that speaks the protocol."""

import asyncio
import ssl
from pathlib import Path
from typing import Annotated

import typer

from agent.app.reply import run_engine
from agent.core.addresses import is_loopback
from agent.core.errors import SettingsError
from agent.core.settings import ReplySettings, ServerSettings, load_settings


def register(app: typer.Typer) -> None:
    app.command("reply")(reply)


def reply(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 8090,
    host: Annotated[str, typer.Option(help="Address to listen on; others than loopback need reply.key.")] = "127.0.0.1",
    domain: Annotated[str | None, typer.Option(help="Business to answer for.")] = None,
    database: Annotated[Path | None, typer.Option(help="The business's SQLite file.")] = None,
    supervised: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Runs the reply engine alone, which answers calls over WebSocket; prints {"port": …} once it listens."""
    given = {key: value for key, value in (("domain", domain), ("database", database)) if value}
    loaded = load_settings()
    settings = ReplySettings(**loaded.reply.model_dump(exclude_unset=True) | given)
    tls = None if is_loopback(host) else _protection(host, settings, loaded.server)
    try:
        asyncio.run(run_engine(settings, loaded.models, host=host, port=port, supervised=supervised, tls=tls))
    except KeyboardInterrupt:
        return


def _protection(host: str, reply: ReplySettings, server: ServerSettings) -> ssl.SSLContext | None:
    """TLS for an address that other machines can reach, None where the network is said to be trusted.

    Raises `SettingsError` where anybody could talk to the engine, or read along.
    """
    if reply.key is None:
        raise SettingsError(f"other machines can reach {host}: set reply.key here and at the agent, the same")
    if reply.unencrypted:
        return None
    if server.tls_certificate is None or server.tls_key is None:
        raise SettingsError(
            f"other machines can reach {host}: set server.tls_certificate and tls_key, or reply.unencrypted where "
            "nobody else is on the network"
        )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(server.tls_certificate, server.tls_key)
    except OSError as fault:
        raise SettingsError(f"server.tls_certificate {server.tls_certificate} cannot be used: {fault}") from None
    return context
