"""`agent serve`: the whole agent on one address."""

import asyncio
from typing import Annotated

import typer
from rich.panel import Panel
from rich.status import Status
from rich.table import Table

from agent.app.printing import console
from agent.app.rooms import Rooms
from agent.app.server import serve
from agent.core.settings import Settings, load_settings


def register(app: typer.Typer) -> None:
    app.command("serve")(serve_calls)


def serve_calls(
    port: Annotated[int | None, typer.Option(help="Port to serve on; 0 takes any free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Loopback address to serve on.")] = None,
) -> None:
    """Serves the pages, takes calls and answers them, until Ctrl-C."""
    settings = load_settings()
    given = {"port": port, "host": host}
    server = settings.server.model_copy(update={key: value for key, value in given.items() if value is not None})
    settings = settings.model_copy(update={"server": server})
    with console.status("starting") as status:

        def on_listening(rooms: Rooms, listening_port: int) -> None:
            status.stop()
            console.print(_welcome(settings, rooms, listening_port))

        try:
            asyncio.run(serve(settings, say=lambda step: _say(status, step), on_listening=on_listening))
        except KeyboardInterrupt:
            console.print("· stopped")


def _say(status: Status, step: str) -> None:
    if console.is_terminal:
        status.update(step)
    else:
        console.print(f"· {step}")


def _welcome(settings: Settings, rooms: Rooms, port: int) -> Panel:
    """One screen: where to go, what runs where, and how to stop."""
    address = f"http://{settings.server.host}:{port}"
    grid = Table.grid(padding=(0, 2))
    grid.add_row("customer page", f"[bold]{address}/[/]")
    grid.add_row("supervisor page", f"[bold]{address}/supervisor[/]")
    grid.add_row("reply engine", settings.reply.url or f"embedded, {settings.reply.domain}")
    opened = rooms.runtime.report()
    for provider in sorted({model.provider for model in opened}):
        names = [model.name for model in opened if model.provider == provider]
        grid.add_row(f"models on {provider}", ", ".join(names))
    grid.add_row("stop", "Ctrl-C")
    return Panel(grid, title="The agent is ready", expand=False)
