"""`agent intents`: proposes new intents from what customers asked and nobody answered, for a person to decide on."""

from pathlib import Path
from typing import Annotated

import typer

from agent.app.printing import JsonFlag, console, print_json
from agent.core.errors import DataRejected
from agent.core.settings import load_settings
from agent.dialogue.understanding import load_understanding
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.training.pack_head import open_reader
from agent.training.proposals import EXAMPLES, Proposal, add_examples, load_proposals, propose, save_yaml

Kept = Annotated[Path, typer.Option("--proposals", help="File of what was proposed and decided.", dir_okay=False)]
Id = Annotated[str, typer.Argument(help="Of the proposal, or how its id begins.", metavar="ID")]

KEPT = Path("intent_proposals.yaml")


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="New intents, proposed from questions that belong to none.", no_args_is_help=True)
    group.command("propose")(propose_intents)
    group.command("list")(list_proposals)
    group.command("name")(name_proposal)
    group.command("discard")(discard_proposal)
    app.add_typer(group, name="intents")


def propose_intents(
    lines: Annotated[
        Path,
        typer.Option(help="What customers asked, a line each, from those who agreed to this use of it.", exists=True),
    ],
    domain: Annotated[str | None, typer.Option(help="Domain pack; the one of the settings when left out.")] = None,
    kept: Kept = KEPT,
    json: JsonFlag = False,
) -> None:
    """Groups the lines that belong to no intent of the pack; English. Numbers and e-mail addresses are blanked."""
    settings = load_settings()
    understanding = load_understanding(domain or settings.reply.domain)
    reader = open_reader(Runtime(Registry.load(settings.models.folder), "cpu"), understanding)
    try:
        asked = lines.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataRejected(f"{lines} cannot be read as lines of text: {error}") from error
    proposals = load_proposals(kept)
    fresh = proposals.add(propose(asked, lambda text: not reader.intent(text).out_of_scope, reader.embed))
    save_yaml(proposals, kept)
    _show(fresh, kept, json=json)


def list_proposals(kept: Kept = KEPT, json: JsonFlag = False) -> None:
    """Those on which nobody has decided yet."""
    _show([one for one in load_proposals(kept).proposals if one.state == "open"], kept, json=json)


def name_proposal(
    proposal: Id,
    name: Annotated[str, typer.Argument(help="Intent that the lines ask for, such as gift_card.")],
    examples: Annotated[
        Path, typer.Option(help="Your own file of examples, which the lines are added to.", dir_okay=False)
    ] = Path("intent_examples.en.yaml"),
    kept: Kept = KEPT,
) -> None:
    """Makes the lines examples of an intent. `reply.examples` in the settings names the file to the agent."""
    if not name.isidentifier() or name != name.lower():
        raise DataRejected(f"{name!r} is no name of an intent: small letters, digits and underscores, a letter first")
    proposals = load_proposals(kept)
    chosen = proposals.find(proposal)
    add_examples(examples, name, chosen.lines)
    chosen.state, chosen.name = "named", name
    save_yaml(proposals, kept)
    console.print(f"{len(chosen.lines)} lines are examples of {name} in {examples}", highlight=False)


def discard_proposal(proposal: Id, kept: Kept = KEPT) -> None:
    """The lines are no intent; they are not proposed again."""
    proposals = load_proposals(kept)
    chosen = proposals.find(proposal)
    chosen.state = "discarded"
    save_yaml(proposals, kept)
    console.print(f"{chosen.id} is discarded", highlight=False)


def _show(proposals: list[Proposal], kept: Path, *, json: bool) -> None:
    if json:
        print_json(proposals)
        return
    for one in proposals:
        console.print(f"[bold]{one.id}[/], {len(one.lines)} lines, alike {one.alike:.2f}", highlight=False)
        for line in one.lines[:EXAMPLES]:
            console.print(f"    {line}", highlight=False, markup=False)
    if proposals:
        console.print(f"`agent intents name ID NAME` or `agent intents discard ID`; kept in {kept}", highlight=False)
    else:
        console.print("Nothing is asked often enough that no intent covers.")
