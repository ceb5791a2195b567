"""Whole calls over a real WebSocket, written as YAML, graded by what comes back and by what the database then holds.

`tests/scenarios/<pack>/*.yaml` hold, besides `about`, `customer` and the `locale` of the page, a `talk` of turns. In a
turn the customer `says` or `types` something, which the pack's own intent model reads unless an `intent` [label,
probability] is written, gives a `sign`, shows an `affect` [label, seconds], "invalid" for one that is not valid, is
`cut_off_after` some words, `taps` a button of a card that lies there, or `fills` its form; or a supervisor `whispers`,
or the `event` is "taken_over" or "resumed". `locked` does it while the database is held by somebody else. `hears` is in
the first reply that comes, `then` in the second; without `hears` there must be none. `because` lists the kinds of the
first reply's reasons, flows and tools aside. `shows` is a card's title ("nothing" for no card), `rows` what its rows
hold, `reference` the number on it, `table` the cells of rows by their names, `hands_off` the urgency with which a
person is called. No reply or card of the call may contain what `never` lists. `database` holds queries with their
single value, after a turn or at the end.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.core.settings import REPOSITORY
from agent.core.understanding import Understanding
from agent.dialogue.protocol import FromEngine, Handoff, Say, Show
from agent.dialogue.understanding import load_understandings
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.readers import Readers
from agent.perception.text import SentenceEmbedder, TextReader, shipped_head
from agent.training.pack_head import head_name
from tests.scenarios.caller import TODAY, Caller, calling

SCENARIOS = sorted(Path(__file__).parent.glob("*/*.yaml"))
DEEDS = {"says", "types", "sign", "affect", "cut_off_after", "taps", "fills", "event", "whispers", "intent", "locked"}
REPLIES = {"hears", "then", "because", "shows", "rows", "table", "reference", "hands_off", "tone", "database"}


@lru_cache(maxsize=2)
def readers_of(pack: str) -> Readers:
    """The pack's shipped intent models, on the day of the scenarios."""
    runtime = Runtime(Registry.load(REPOSITORY / "models_onnx"), "cpu")
    return Readers({each.language: _reader(runtime, each) for each in load_understandings(pack)})


def _reader(runtime: Runtime, understanding: Understanding) -> TextReader:
    embedder = SentenceEmbedder(runtime, language=understanding.language)
    head = shipped_head(runtime, head_name(understanding))
    return TextReader(embedder, head, understanding.intents, understanding.slots, today=lambda: TODAY)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_scenario(path: Path, tmp_path: Path) -> None:
    """The call goes as it is written, and leaves the database as written."""
    pack = path.parent.name
    scenario = written(path)
    assert scenario.keys() <= {"about", "customer", "locale", "talk", "database", "never"}
    customer, locale = scenario.get("customer", "guest"), scenario.get("locale", "en")
    heard: list[FromEngine] = []
    async with calling(pack, customer, tmp_path / "b.sqlite3", readers_of(pack), locale=locale) as caller:
        for turn in scenario["talk"]:
            replies = await (caller.act_while_locked(turn) if turn.get("locked") else caller.act(turn))
            check_replies(turn, replies)
            check_database(turn.get("database", {}), caller)
            heard += replies
        check_database(scenario.get("database", {}), caller)
    for secret in scenario.get("never", ()):
        assert secret not in str(heard)


def written(path: Path) -> dict[str, Any]:
    scenario: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return scenario


def check_replies(turn: dict[str, Any], replies: list[FromEngine]) -> None:
    """Compares what came of a turn with what it asks for."""
    assert turn.keys() <= DEEDS | REPLIES, turn
    says = [reply for reply in replies if isinstance(reply, Say)]
    said = [say.text for say in says]
    expected = [turn[key] for key in ("hears", "then") if key in turn]
    assert len(said) == len(expected), (turn, said)
    for text, part in zip(said, expected, strict=True):
        assert part in text, (turn, said)
    cards = [reply.card for reply in replies if isinstance(reply, Show)]
    if "shows" in turn:
        assert [card.title for card in cards] == ([] if turn["shows"] == "nothing" else [turn["shows"]]), turn
    for label, value in turn.get("rows", {}).items():
        assert value in {row.label: row.value for card in cards for row in card.rows}[label], (label, cards)
    tables = {
        cells[0]: cells[1:] for card in cards if card.table for cells in (*card.table.rows, card.table.total) if cells
    }
    for label, cells in turn.get("table", {}).items():
        assert " ".join(tables[label]).strip() == cells, (label, tables)
    if "reference" in turn:
        assert [card.reference for card in cards] == [turn["reference"]], turn
    urgencies = [reply.urgency for reply in replies if isinstance(reply, Handoff)]
    assert urgencies == ([turn["hands_off"]] if "hands_off" in turn else []), turn
    if "tone" in turn:
        assert says[0].style.tone == turn["tone"]
    if "because" in turn:
        kinds = [because.kind for because in says[0].because]
        assert [kind for kind in kinds if kind not in ("flow", "tool")] == turn["because"], turn


def check_database(queries: dict[str, Any], caller: Caller) -> None:
    for query, expected in queries.items():
        assert caller.holds(query) == expected, query
