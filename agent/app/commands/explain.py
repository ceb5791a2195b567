"""`agent explain`: why the agent said what it said in a call, and what it would have said without emotion."""

import asyncio
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from agent.app.emotion_off import Comparison, compared
from agent.app.explanation import Explanation, Reading, Turn, explained, kept_call
from agent.app.given import require_archive
from agent.app.kept_data import opened_archive
from agent.app.printing import JsonFlag, console, print_json
from agent.core.errors import AgentError
from agent.core.settings import Settings, load_settings
from agent.core.signed_customer import GUEST
from agent.dialogue.replay import Answer
from agent.storage.data_keys import open_keyring
from agent.storage.history import CallHistory


def register(app: typer.Typer) -> None:
    app.command("explain")(explain)


def explain(
    call: Annotated[str, typer.Argument(help="Id of a call that is kept or goes on, or how it begins.")] = "",
    without_emotion: Annotated[
        bool, typer.Option("--without-emotion", help="Also say which replies would differ without emotion.")
    ] = False,
    customer: Annotated[
        str,
        typer.Option(
            help="Who called, as the business calls them: the archive does not know, and without it flows are played "
            "again as for a guest."
        ),
    ] = GUEST,
    json: JsonFlag = False,
) -> None:
    """Prints a call turn by turn: what was understood and felt, which flow and tools answered, and because of what.
    Without a call, the latest.
    """
    explanation, comparison = asyncio.run(_explained(load_settings(), call, customer, compare=without_emotion))
    if json:
        found: dict[str, Any] = msgspec.structs.asdict(explanation)
        print_json(found if comparison is None else found | {"without_emotion": comparison})
        return
    _show(explanation)
    if comparison is not None:
        _show_comparison(comparison)


async def _explained(
    settings: Settings, name: str, customer: str, *, compare: bool
) -> tuple[Explanation, Comparison | None]:
    require_archive(settings)
    keyring = await open_keyring(settings.storage)
    async with (
        opened_archive(settings.storage.mongo_url) as archive,
        CallHistory.opened(settings.storage.url, keyring, archive) as history,
    ):
        kept = await kept_call(history, name)
    if customer != GUEST and keyring.pseudonym_of(customer) != kept.call.customer:
        raise AgentError(f"call {kept.call.id} was not with the customer of that --customer; leave the option out")
    if not compare:
        return explained(kept), None
    if settings.reply.url is not None:
        raise AgentError(
            "reply.url names an engine of your own; only the engine that ships can be asked again, so unset it"
        )
    return explained(kept), await compared(kept.sent, settings, customer)


def _show(explanation: Explanation) -> None:
    how = explanation.ended_because or "not ended"
    console.print(f"[bold]call {escape(explanation.call)}[/], {how.replace('_', ' ')}", highlight=False, soft_wrap=True)
    if not explanation.turns:
        console.print("Nothing is kept of what its reply engine was sent: it is from before that was kept.")
    for turn in explanation.turns:
        _show_turn(turn)


def _show_turn(turn: Turn) -> None:
    number = f" (turn {turn.turn})" if turn.turn is not None else ""
    words = f" “{escape(turn.text)}”" if turn.text else ""
    console.print(f"\n[dim]{turn.at_s:7.1f} s[/] [bold]{turn.what}{number}[/]{words}", highlight=False, soft_wrap=True)
    if turn.translation is not None:
        _detail(f"translated to {turn.translation.language}", f"“{turn.translation.text}”")
    if turn.intent is not None:
        out = ", out of scope" if turn.intent.out_of_scope else ""
        _detail("understood", f"{turn.intent.label} ({turn.intent.probability:.0%}{out})")
        if turn.intent.slots:
            _detail("named", ", ".join(f"{name} {value}" for name, value in turn.intent.slots.items()))
    for reading in turn.readings:
        _detail(reading.kind.replace("_", " "), _felt(reading))
    for reply in turn.replies:
        console.print(
            f"[dim]{reply.at_s:7.1f} s[/]   [green]agent[/] “{escape(reply.text)}”", highlight=False, soft_wrap=True
        )
        for reason in reply.because:
            numbers = f" [signal {', '.join(str(seq) for seq in reason.seqs)}]" if reason.seqs else ""
            _detail("because", f"{reason.kind}: {reason.words}{numbers}")


def _detail(name: str, value: str) -> None:
    console.print(f"            [dim]{name}[/] {escape(value)}", highlight=False, soft_wrap=True)


def _felt(reading: Reading) -> str:
    sure = f" ({reading.confidence:.0%})" if reading.confidence is not None else ""
    trend = f", {reading.trend}" if reading.trend not in (None, "unknown") else ""
    changed = f", {reading.changed} than before" if reading.changed else ""
    return f"{reading.label}{sure}{trend}{changed} [signal {reading.seq}, {reading.age_s:.1f} s before]"


def _show_comparison(comparison: Comparison) -> None:
    differing = comparison.differing
    console.print(
        f"\n[bold]without emotion[/], {len(differing)} of {comparison.answered} answers would have been different. "
        "Both were played anew, by flows and help pages, on a copy of the business's database as it is now.",
        highlight=False,
        soft_wrap=True,
    )
    for one in differing:
        console.print(f"\n[dim]{one.at_s:7.1f} s[/] [bold]{escape(one.on)}[/]", highlight=False, soft_wrap=True)
        _detail("with   ", _answer(one.with_emotion))
        _detail("without", _answer(one.without_emotion))


def _answer(answer: Answer) -> str:
    said = " ".join(answer.said) or "nothing is said"
    style = f" [{answer.tone}, rate {answer.rate:g}]" if answer.said else ""
    cards = f" [card {', '.join(answer.cards)}]" if answer.cards else ""
    return f"{said}{style}{cards}" + (f" [a person is called, {answer.handoff}]" if answer.handoff else "")
