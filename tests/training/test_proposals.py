"""Questions of no intent are grouped only where there are enough that are alike, and what was decided stays decided."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest
import yaml

from agent.core.errors import DataRejected
from agent.core.settings import ModelSettings
from agent.inference.registry import Registry
from agent.inference.runtime import Runtime
from agent.perception.text import SentenceEmbedder
from agent.training.proposals import (
    LEAST_LINES,
    Proposals,
    add_examples,
    load_proposals,
    propose,
    redacted,
    save_yaml,
)

GIFTS = [
    "can you gift wrap it",
    "do you wrap presents",
    "please wrap it as a gift",
    "is gift wrapping possible",
    "I'd like it wrapped as a present",
    "could you put it in gift paper",
]
HOURS = [
    "when do you open on Sunday",
    "what are your opening hours",
    "till when is the shop open today",
    "are you open on Saturday morning",
    "at what time do you close",
]
STRAY = ["my cat is asleep", "who won the match", "sing me a song", "what is seven times eight"]


@pytest.fixture(scope="module")
def embedder() -> SentenceEmbedder:
    return SentenceEmbedder(Runtime(Registry.load(ModelSettings().folder), "cpu"))


def nothing_known(text: str) -> bool:
    return False


def test_what_is_asked_often_is_proposed(embedder: SentenceEmbedder) -> None:
    """Two subjects are found among strays, which are in no group; the same lines give the same again."""
    lines = [line for pair in zip(GIFTS, [*HOURS, STRAY[0]], strict=True) for line in pair] + STRAY
    found = propose(lines, nothing_known, embedder.embed)
    assert [set(one.lines) for one in found] == [set(GIFTS), set(HOURS)]
    assert propose(lines, nothing_known, embedder.embed) == found
    assert all(0.4 <= one.alike <= 1 and one.state == "open" for one in found)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("draw", range(3))
def test_most_hidden_intents_are_found_among_strays(draw: int, embedder: SentenceEmbedder, shared_data: Path) -> None:
    """Of ten intents of CLINC150 among two hundred lines of none seven or more, with most of their lines; more than
    four of five lines of all groups belong to the intent that their group is of."""
    parts = json.loads((shared_data / "intent" / "clinc150_trainval.json").read_text(encoding="utf-8"))
    dice = random.Random(draw)
    ten = dice.sample(sorted({intent for _, intent in parts["val"]}), 10)
    hidden = {text: intent for text, intent in parts["val"] if intent in ten}
    lines = [*hidden, *(text for name in ("oos_train", "oos_val") for text, _ in parts[name])]
    dice.shuffle(lines)
    groups = [[hidden.get(line) for line in one.lines] for one in propose(lines, nothing_known, embedder.embed)]
    commonest = [Counter(group).most_common(1)[0] for group in groups]
    assert len({intent for intent, _ in commonest if intent is not None}) >= 7
    assert sum(count for intent, count in commonest if intent is not None) > 0.55 * len(hidden)
    assert sum(count for _, count in commonest) > 0.8 * sum(map(len, groups))


def test_few_known_and_repeated_lines_give_no_proposal(embedder: SentenceEmbedder) -> None:
    """One line said often is not many lines, and what the pack understands is no new intent."""
    assert propose(GIFTS[: LEAST_LINES - 1], nothing_known, embedder.embed) == []
    assert propose([GIFTS[0], GIFTS[0].upper(), f"{GIFTS[0]}?"] * 9, nothing_known, embedder.embed) == []
    assert propose(GIFTS, lambda text: "wrap" in text, embedder.embed) == []
    assert propose(["", "12345", "?!"], nothing_known, embedder.embed) == []


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("my card 4929 1234 5678 9012 was stolen", "my card # was stolen"),
        ("write to jane.doe@example.org please", "write to @ please"),
        ("order A1042 on 3/12/2026", "order A# on #"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_numbers_and_addresses_are_blanked(said: str, kept: str) -> None:
    """No number and no address of a customer is written down."""
    assert redacted(said) == kept


def test_decisions_are_kept(embedder: SentenceEmbedder, tmp_path: Path) -> None:
    """What was discarded is not proposed again, also with a line more; open ones are replaced by what is found now."""
    file = tmp_path / "proposals.yaml"
    kept = load_proposals(file)
    fresh = kept.add(propose([*GIFTS, *HOURS], nothing_known, embedder.embed))
    kept.find(fresh[0].id[:4]).state = "discarded"
    save_yaml(kept, file)
    again = load_proposals(file)
    assert again == kept
    more = [*GIFTS, "wrap the gift for my mother", *HOURS, "do you open early"]
    found = again.add(propose(more, nothing_known, embedder.embed))
    assert [set(one.lines) >= set(HOURS) for one in found] == [True]
    assert [one.state for one in again.proposals] == ["discarded", "open"]


def test_what_cannot_be_found_or_read_is_said(tmp_path: Path) -> None:
    """An id of nothing open, and files of something else, are refused by name."""
    with pytest.raises(DataRejected, match="no open proposal"):
        Proposals().find("abc")
    file = tmp_path / "x.yaml"
    file.write_text("proposals: 3\n", encoding="utf-8")
    with pytest.raises(DataRejected, match=r"x\.yaml"):
        load_proposals(file)
    for other in ("- a\n", "", "intents:\n", "intents: {gift: a line}\n", "intents: [\n"):
        file.write_text(other, encoding="utf-8")
        with pytest.raises(DataRejected, match=r"x\.yaml"):
            add_examples(file, "gift", GIFTS)
        assert file.read_text(encoding="utf-8") == other


def test_examples_are_added_once(tmp_path: Path) -> None:
    """Lines join those of their intent, each once, in a file of the form that packs have."""
    file = tmp_path / "examples.yaml"
    add_examples(file, "gift", GIFTS[:2])
    add_examples(file, "hours", HOURS[:1])
    add_examples(file, "gift", GIFTS[1:3])
    assert yaml.safe_load(file.read_text(encoding="utf-8")) == {"intents": {"gift": GIFTS[:3], "hours": HOURS[:1]}}
