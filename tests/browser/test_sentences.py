"""Whatever sentence the agent writes for staff, their Chinese pages have it, with the same values."""

import json
import re
from collections.abc import Iterable

import pytest
import yaml

from agent.app.conversation import ENGINE_GONE, ENGINE_LATE, NO_ANSWER_IN_TIME
from agent.app.load import OTHERS_ARE_SHORT
from agent.app.supervisors_words import IN_OTHER_WORDS
from agent.core.budget import IN_WORDS as MEASURES
from agent.core.budget import Measured, Rung, strain
from agent.core.sentences import SENTENCES, values_in
from agent.core.settings import REPOSITORY
from agent.dialogue.hearing import NO_INTENT, NOT_MINE, REACTIONS
from agent.dialogue.mood import NEGATIVE
from agent.dialogue.policy import IN_THESE_WORDS, ONLY_SAYS
from agent.dialogue.situation import IN_WORDS as SITUATIONS
from agent.dialogue.turn import EFFECTS
from agent.fusion.health import MODELS_FAIL
from agent.storage.database import AWAY, UNFIT
from agent.storage.writer import TAKES_NOTHING

SENTENCES_IN_CHINESE = REPOSITORY / "webclient" / "src" / "staff" / "sentences" / "zh.ts"
DOMAINS = REPOSITORY / "agent" / "dialogue" / "domains"
LIST = re.compile(r"^export const (\w+) = \{$(.*?)^\};$", re.MULTILINE | re.DOTALL)
KIND = re.compile(r"^  (\w+): \{(.*?)\},$", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r'(?:("(?:[^"\\]|\\.)+")|(\w+)): ("(?:[^"\\]|\\.)+")')
EVERYTHING_IS_WRONG = Measured(
    late_share=1.0,
    unread_share=1.0,
    busy_share=1.0,
    loop_lag_ms=1e6,
    hearing_backlog_ms=1e6,
    others_strained=True,
    costs_most=True,
)


def _entries(body: str) -> dict[str, str]:
    found = ENTRY.findall(body)
    return {json.loads(quoted) if quoted else plain: json.loads(said) for quoted, plain, said in found}


def _list(name: str) -> str:
    lists: dict[str, str] = dict(LIST.findall(SENTENCES_IN_CHINESE.read_text("utf-8")))
    return lists[name]


def _domains(key: str) -> set[str]:
    """What stands under `key` anywhere in the domains' files of flows."""

    def found(part: object) -> Iterable[str]:
        if isinstance(part, dict):
            yield from (value for name, value in part.items() if name == key and isinstance(value, str))
            part = list(part.values())
        for inner in part if isinstance(part, list) else ():
            yield from found(inner)

    files = [*DOMAINS.glob("*/flows.yaml"), *DOMAINS.glob("*.yaml")]
    return {words for file in files for words in found(yaml.safe_load(file.read_text("utf-8")))}


def test_every_sentence_has_words_with_the_same_values() -> None:
    """One that the agent gained, or a value that it gained or lost, is missed here."""
    chinese = _entries(_list("sentences"))
    assert {code: values_in(text) for code, text in chinese.items()} == {
        code: values_in(text) for code, text in SENTENCES.items()
    }


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("mood", NEGATIVE),
        ("effect", EFFECTS),
        ("situation", SITUATIONS.values()),
        ("means", _domains("means") | set(REACTIONS.values())),
        ("measure", [words for rung, words in MEASURES.items() if rung is not Rung.FULL]),
        ("strain", {*strain(EVERYTHING_IS_WRONG), OTHERS_ARE_SHORT}),
        ("why", {TAKES_NOTHING, AWAY, UNFIT}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_stands_in_sentences_has_words(kind: str, written: Iterable[str]) -> None:
    """A phrase that the agent gained leaves its sentences in English until it is here."""
    assert set(written) - set(_entries(dict(KIND.findall(_list("phrases")))[kind])) == set()


def test_sentences_without_values_have_words() -> None:
    """They are known by their very words."""
    ours = {NO_INTENT, NOT_MINE, IN_THESE_WORDS, ONLY_SAYS, IN_OTHER_WORDS.words, MODELS_FAIL}
    ours |= {ENGINE_GONE, ENGINE_LATE, NO_ANSWER_IN_TIME} | _domains("handoff")
    assert len(ours) > 12
    assert ours - set(_entries(_list("whole"))) == set()
