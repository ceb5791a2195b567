"""`agent engine check`: which parts of the reply protocol hold for an engine, found out by playing calls to it."""

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from agent.app.printing import JsonFlag, console, print_json
from agent.core.settings import load_settings
from agent.dialogue.conformance.kit import check as play
from agent.dialogue.conformance.line import Patience
from agent.dialogue.conformance.stage import LINES, Stage, Understand
from agent.dialogue.conformance.verdict import Finding, Report, Verdict
from agent.dialogue.protocol import Intent
from agent.dialogue.understanding import load_understanding
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.training.pack_head import open_reader

MARKS = {
    Verdict.HOLDS: "[green]holds[/]",
    Verdict.BROKEN: "[red]broken[/]",
    Verdict.UNSEEN: "[dim]not seen[/]",
    Verdict.UNTRIED: "[yellow]not tried[/]",
}


def register(app: typer.Typer) -> None:
    engine = typer.Typer(help="Reply engines: which parts of the protocol hold.", no_args_is_help=True)
    engine.command("check")(check)
    engine.callback()(_root)
    app.add_typer(engine, name="engine")


def _root() -> None:
    """Reply engines: which parts of the protocol hold."""


def check(
    url: Annotated[str, typer.Argument(help="WebSocket address of the engine, such as ws://127.0.0.1:9000.")],
    say: Annotated[list[str] | None, typer.Option(help="A line that the customer says; may be given again.")] = None,
    customer: Annotated[str, typer.Option(help="Pseudonym under which the customer is known.")] = "guest",
    domain: Annotated[str | None, typer.Option(help="Domain pack whose model tells the lines' intents.")] = None,
    within: Annotated[
        float | None, typer.Option(help="Seconds that an agent waits for an answer; as in the settings.", min=0.1)
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Name of a rule to try; may be given again.")] = None,
    json: JsonFlag = False,
) -> None:
    """Plays scripted calls to an engine and says which rules of docs/reply-protocol.md hold. Exit code 1 if one that
    calls need is broken.
    """
    settings = load_settings()
    stage = Stage(
        url=url,
        headers=settings.reply.bearer(),
        patience=Patience(answer_s=within or settings.reply.answer_within_ms / 1_000),
        lines=tuple(say) if say else LINES,
        customer=customer,
        understand=_understood_by(domain) if domain else lambda words: None,
    )
    report = asyncio.run(_shown(stage, only or [], quiet=json))
    if json:
        print_json(report)
    else:
        _conclude(report)
    if not report.ok:
        raise typer.Exit(1)


def _understood_by(domain: str) -> Understand:
    """What an agent with this pack makes of a line."""
    settings = load_settings()
    runtime = Runtime(Registry.load(settings.models.folder), "cpu")
    reader = open_reader(runtime, load_understanding(domain))

    def understand(words: str) -> Intent:
        read = reader.intent(words)
        return Intent(label=read.label, probability=read.probability, out_of_scope=read.out_of_scope, slots=read.slots)

    return understand


async def _shown(stage: Stage, only: list[str], *, quiet: bool) -> Report:
    """The report, with what is being tried on the screen meanwhile."""
    if quiet:
        return await play(stage, only=only)
    with console.status("calling") as status:
        return await play(stage, lambda finding: status.update(f"calling: {finding.title}"), only=only)


def _conclude(report: Report) -> None:
    title = f"{report.engine or 'the engine'} at {report.url}"
    table = Table("rule", "", "what was seen", title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for finding in report.findings:
        table.add_row(f"{finding.title}{'' if finding.required else ' (advice)'}", _mark(finding), finding.detail)
    console.print(table, highlight=False)
    broken = [one for one in report.findings if one.verdict is Verdict.BROKEN]
    if report.ok:
        advice = f"; {len(broken)} piece(s) of advice not followed" if broken else ""
        console.print(f"\n[green]An agent can work with it[/]{advice}.")
    else:
        count = sum(one.required for one in broken)
        console.print(f"\n[red]{count} rule(s) that calls need are broken[/]; docs/reply-protocol.md explains them.")


def _mark(finding: Finding) -> str:
    return "[yellow]broken[/]" if finding.verdict is Verdict.BROKEN and not finding.required else MARKS[finding.verdict]
