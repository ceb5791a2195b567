"""Whole conversations with the shop, written as YAML, graded by what is said and by what the database then holds.

A turn is what the customer does (`says`, `sign`, `affect` for so many seconds, `cut_off_after`, `event`, `whispers`)
and what must come of it: `hears` and `then` begin or contain the replies, `shows` is a card's title, `because` the
kinds of signals named, `database` a query and its single value.
"""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import create_engine, text

from agent.core.clock import FakeClock
from agent.core.settings import REPOSITORY
from agent.dialogue.conversation import Conversation
from agent.dialogue.domain import Domain, load_domain
from agent.dialogue.domains.shop.tools import ShopTools
from agent.dialogue.policy import Incoming, step
from agent.dialogue.protocol import (
    BargeIn,
    CallStarted,
    Coach,
    Handoff,
    Hide,
    Intent,
    Resumed,
    Say,
    Show,
    SignalSeen,
    TakenOver,
    Utterance,
)
from agent.dialogue.tools import ToolCall
from agent.dialogue.turn import Outgoing
from agent.dialogue.understanding import load_understanding
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.text import TextReader
from agent.training.pack_head import open_reader
from tests.dialogue.wire import affect_signal, gesture_signal

SCENARIOS = sorted(Path(__file__).parent.glob("scenarios/*.yaml"))
TODAY = date(2026, 11, 18)
AFFECT_EVERY_MS = 500
KEYS = {
    "says", "intent", "probability", "out_of_scope", "slots", "sign", "affect", "cut_off_after", "event", "whispers",
    "hears", "then", "shows", "because", "tone", "hands_off", "silent", "database",
}  # fmt: skip


class Talk:
    """One conversation with the shop as of `TODAY`, with its database."""

    def __init__(self, domain: Domain, database: Path, customer: str, reader: TextReader | None = None) -> None:
        self.domain = domain
        self.reader = reader
        self.database = database
        self.tools = ShopTools(database, today=lambda: TODAY)
        self.clock = FakeClock()
        self.seq = 0
        self.conversation = Conversation(call_id="c1", customer=customer, say_prefix="s")

    def send(self, message: Incoming) -> list[Outgoing]:
        """What comes of a message, tools included."""
        everything: list[Outgoing] = []
        following: Incoming | None = message
        while following is not None:
            self.conversation, outgoing = step(self.conversation, following, self.clock.now_ns(), self.domain)
            following = None
            for out in outgoing:
                if isinstance(out, ToolCall):
                    following = self.tools.run(out)
                else:
                    everything.append(out)
        return everything

    def act(self, turn: dict[str, Any]) -> list[Outgoing]:
        """Does what the turn says the customer or a supervisor does."""
        self.seq += 1
        match turn:
            case {"says": words}:
                return self.send(Utterance(id=self.seq, text=words, intent=self.intent_of(turn)))
            case {"sign": name}:
                return self.send(SignalSeen(signal=gesture_signal(name, seq=self.seq)))
            case {"affect": [label, seconds]}:
                for _ in range(round(seconds * 1000 / AFFECT_EVERY_MS) + 1):
                    self.clock.advance(ms=AFFECT_EVERY_MS)
                    self.seq += 1
                    if label == "invalid":
                        signal = affect_signal(valence=None, label="anger", seq=self.seq)
                    else:
                        signal = affect_signal(valence=-0.5, label=label, seq=self.seq)
                    assert self.send(SignalSeen(signal=signal)) == []
                return []
            case {"cut_off_after": heard}:
                assert self.conversation.last_say is not None
                return self.send(BargeIn(say=self.conversation.last_say.id, heard_text=heard))
            case {"event": "taken_over"}:
                return self.send(TakenOver())
            case {"event": "resumed"}:
                return self.send(Resumed())
            case {"event": "call_started"}:
                return self.send(CallStarted(call_id="c1", customer=self.conversation.customer))
            case {"whispers": words}:
                return self.send(Coach(text=words))
            case _:
                raise ValueError(f"nothing happens in {turn}")

    def intent_of(self, turn: dict[str, Any]) -> Intent | None:
        """The intent that stands in the turn, or the one that the agent's own model finds in its words."""
        if "intent" not in turn and "out_of_scope" not in turn:
            return None
        if self.reader is not None and "probability" not in turn:
            read = self.reader.intent(turn["says"])
            return Intent(
                label=read.label,
                probability=read.probability,
                out_of_scope=read.out_of_scope,
                slots=read.slots,
                seq=self.seq,
            )
        return Intent(
            label=turn.get("intent", "help"),
            probability=turn.get("probability", 0.95),
            out_of_scope=turn.get("out_of_scope", False),
            slots=turn.get("slots", {}),
            seq=self.seq,
        )

    def holds(self, queries: dict[str, Any]) -> None:
        engine = create_engine(f"sqlite:///{self.database}")
        with engine.connect() as connection:
            for query, expected in queries.items():
                assert connection.scalar(text(query)) == expected, query
        engine.dispose()


@pytest.fixture(scope="module")
def domain() -> Domain:
    return load_domain("shop")


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return open_reader(Runtime(Registry.load(REPOSITORY / "models_onnx"), "cpu"), load_understanding("shop"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path, domain: Domain, tmp_path: Path) -> None:
    """The conversation goes as it is written, with the intents written there, and leaves the database as written."""
    play(path, Talk(domain, tmp_path / "shop.sqlite3", customer_of(path)))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_with_the_real_intent_model(path: Path, domain: Domain, tmp_path: Path, reader: TextReader) -> None:
    """The same conversation goes the same way when the agent's own model reads the words."""
    play(path, Talk(domain, tmp_path / "shop.sqlite3", customer_of(path), reader))


def customer_of(path: Path) -> str:
    customer: str = yaml.safe_load(path.read_text(encoding="utf-8"))["customer"]
    return customer


def play(path: Path, talk: Talk) -> None:
    """Goes through a scenario turn by turn and grades each."""
    scenario = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert scenario.keys() <= {"about", "customer", "talk", "database"}
    try:
        if scenario["talk"][0].get("event") != "call_started":
            talk.act({"event": "call_started"})
        for turn in scenario["talk"]:
            assert turn.keys() <= KEYS, turn
            grade(turn, talk.act(turn))
            talk.clock.advance(ms=3_000)
            talk.holds(turn.get("database", {}))
        talk.holds(scenario.get("database", {}))
    finally:
        talk.tools.close()


def grade(turn: dict[str, Any], outgoing: list[Outgoing]) -> None:
    """Compares what came out with what the turn asks for."""
    said = [out for out in outgoing if isinstance(out, Say)]
    cards = [out.card.title for out in outgoing if isinstance(out, Show)]
    handoffs = [out.urgency for out in outgoing if isinstance(out, Handoff)]
    if "hears" not in turn:
        assert all(isinstance(out, Hide) for out in outgoing), turn
        return
    assert said, turn
    assert turn["hears"] in said[0].text
    assert len(said) == (2 if "then" in turn else 1), [say.text for say in said]
    assert turn.get("then", "") in said[-1].text
    assert handoffs == ([turn["hands_off"]] if "hands_off" in turn else [])
    if "shows" in turn:
        assert cards == ([] if turn["shows"] == "nothing" else [turn["shows"]])
    if "because" in turn:
        assert [because.kind for because in said[0].because] == turn["because"]
    if "tone" in turn:
        assert said[0].style.tone == turn["tone"]


def test_replies_name_the_signals_that_shaped_them(domain: Domain, tmp_path: Path) -> None:
    """Numbers of the intent and affect signals, and words for people, go with each reply."""
    talk = Talk(domain, tmp_path / "shop.sqlite3", "dana")
    talk.act({"affect": ["sadness", 6.0]})
    last_affect = talk.seq
    said = [out for out in talk.act({"says": "help", "intent": "help"}) if isinstance(out, Say)]
    intent, affect = said[0].because
    assert (intent.seqs, intent.words) == ((last_affect + 1,), "the question what this agent can do (95%)")
    assert affect.seqs == (2, last_affect)
    assert affect.words == "sadness for 6 s, so acknowledged first and spoken shorter and more slowly"
    talk.tools.close()
