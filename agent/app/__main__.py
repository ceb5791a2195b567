"""The command line: `agent COMMAND`. Only the module of the command that is asked for is imported."""

import logging
import sys
from importlib import import_module

import typer
from rich.console import Console
from rich.logging import RichHandler

from agent.app.huge_pages import restart_with_huge_pages
from agent.core.errors import AgentError

COMMANDS = {
    "serve": "agent.app.commands.serve",
    "reply": "agent.app.commands.reply",
    "engine": "agent.app.commands.engine",
    "doctor": "agent.app.commands.doctor",
    "models": "agent.app.commands.models",
    "settings": "agent.app.commands.settings",
    "sbom": "agent.app.commands.sbom",
    "users": "agent.app.commands.users",
    "identity": "agent.app.commands.identity",
    "call": "agent.app.commands.call",
    "trace": "agent.app.commands.trace",
    "explain": "agent.app.commands.explain",
    "keys": "agent.app.commands.keys",
    "capacity": "agent.app.commands.capacity",
    "analyse": "agent.app.commands.analyse",
    "train": "agent.app.commands.train",
    "evaluate": "agent.app.commands.evaluate",
    "intents": "agent.app.commands.intents",
    "privacy": "agent.app.commands.privacy",
    "audit": "agent.app.commands.audit",
    "export": "agent.app.commands.export",
    "recording": "agent.app.commands.recording",
    "labels": "agent.app.commands.labels",
    "erase": "agent.app.commands.erase",
    "retention": "agent.app.commands.retention",
    "backup": "agent.app.commands.backup",
    "restore": "agent.app.commands.backup",
    "bench": "agent.app.commands.bench",
}
"""Module by command, in the order of the help page. Each has `register(app)`."""

HEAVY = frozenset({"serve", "analyse", "evaluate", "capacity"})
"""Commands that run models over and over."""


def build_app(arguments: list[str]) -> typer.Typer:
    """The command line with the command that `arguments` name, or with all of them for the help page."""
    app = typer.Typer(
        name="agent",
        help="A video-call support agent that sees and hears.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback()(_root)
    asked = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name in [asked] if asked in COMMANDS else COMMANDS:
        import_module(COMMANDS[name]).register(app)
    return app


def _root() -> None:
    """A video-call support agent that sees and hears."""


def main() -> None:
    """Runs the command line; an expected error is one sentence and exit code 1."""
    if HEAVY.intersection(sys.argv[1:2]):
        restart_with_huge_pages()
    console = Console(stderr=True)
    handler = RichHandler(console=console, show_path=False, rich_tracebacks=False)
    logging.basicConfig(level=logging.INFO, format="%(message)s", datefmt="%H:%M:%S", handlers=[handler])
    for noisy in ("aioice", "aiortc", "httpx", "websockets", "uvicorn.access", "faster_whisper", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        build_app(sys.argv[1:])()
    except (AgentError, ExceptionGroup) as error:
        expected = _expected(error)
        if expected is None:
            raise
        console.print("[bold red]error[/]", str(expected), soft_wrap=True, highlight=False)
        raise SystemExit(1) from None


def _expected(error: AgentError | ExceptionGroup[Exception]) -> AgentError | None:
    """The error itself, or the first of a group in which all are expected."""
    if isinstance(error, AgentError):
        return error
    expected, others = error.split(AgentError)
    first: Exception | None = None if others is not None else expected
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first if isinstance(first, AgentError) else None


if __name__ == "__main__":
    main()
