"""Checks what is given on the command line, where more than one command takes it."""

from pathlib import Path
from urllib.parse import urlsplit

import typer
from sqlalchemy.engine import make_url

from agent.core.errors import CallNotFound
from agent.core.settings import Settings


def agent_address(url: str) -> str:
    """An agent's address or a customer's link, as it is. Raises `typer.BadParameter` for anything else."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise typer.BadParameter(f"{url} is no agent's address; give one such as http://127.0.0.1:8080")
    return url


def require_archive(settings: Settings) -> None:
    """Where only calls that are kept are asked for, no archive is made. Raises `CallNotFound` when there is none."""
    address = make_url(settings.storage.url)
    if address.get_backend_name() != "sqlite" or not address.database or address.database == ":memory:":
        return
    if not Path(address.database).exists():
        raise CallNotFound(
            f"no call is kept: there is no archive {address.database} here; `agent serve` makes it, in the folder that "
            "it is started in"
        )
