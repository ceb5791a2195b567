"""`agent intents` takes lines to proposals, and a named proposal to examples that the domain learns."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.app.__main__ import build_app
from agent.dialogue.understanding import load_understanding, load_understandings
from tests.training.test_proposals import GIFTS

pytestmark = pytest.mark.timeout(60)


def agent(*arguments: object) -> str:
    words = ["intents", *map(str, arguments)]
    done = CliRunner().invoke(build_app(words), words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_from_lines_to_examples(tmp_path: Path) -> None:
    """What customers asked is proposed, listed, named by a person, and then an example; nothing is proposed twice."""
    lines, kept, examples = (tmp_path / name for name in ("lines.txt", "proposals.yaml", "examples.yaml"))
    lines.write_text("\n".join([*GIFTS, "what is my balance", "hello"]), encoding="utf-8")
    ask = ("propose", "--lines", lines, "--domain", "bank", "--proposals", kept, "--json")
    (proposal,) = json.loads(agent(*ask))
    assert set(proposal["lines"]) <= set(GIFTS) and len(proposal["lines"]) >= 5
    assert json.loads(agent("list", "--proposals", kept, "--json")) == [proposal]
    agent("name", proposal["id"], "gift_wrapping", "--proposals", kept, "--examples", examples)
    assert json.loads(agent(*ask)) == []
    assert "gift_wrapping" in examples.read_text(encoding="utf-8")


def test_examples_of_operators_are_learnt(tmp_path: Path) -> None:
    """Lines of an intent that the pack has are examples of it; others are none of its business; Chinese has none."""
    examples = tmp_path / "examples.yaml"
    examples.write_text("intents: {loan: [lend me a fortune], gift_wrapping: [wrap it]}\n", encoding="utf-8")
    plain, (english, *others) = load_understanding("bank"), load_understandings("bank", examples)
    label = dict(zip(english.texts, english.labels, strict=True))
    assert (label["lend me a fortune"], label["wrap it"]) == ("loan", None)
    assert english.intents == plain.intents and english.digest != plain.digest
    assert all("wrap it" not in other.texts for other in others)
